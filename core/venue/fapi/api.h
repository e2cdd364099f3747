/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests inside: a call is one of them, whatever it came by; endpoints read its parameters and write its answer.
 *
 *     HTTP  -> api.c --params.c, auth.c, limits.c--> endpoint (api_*.c) --json_*.c--> body, headers
 *     socket -> api_ws.c --the same-------------------^
 *
 * An error is kept in the call: once there is one, questions for parameters answer nothing, so an endpoint reads all of
 * them and looks once. Errors are the exchange's codes; their texts come from venue/codes.h.
 */
#pragma once

#include "base/rng.h"
#include "venue/fapi/exchange.h"
#include "venue/fapi/streams.h"

#define FAPI_PARAMS_MAX 48
#define FAPI_PARAMS_TEXT 32768 /* bytes of all names and values, decoded */
#define FAPI_LISTEN_KEY 64     /* characters */
#define FAPI_TOKENS 1024       /* of a batch or a message of the WebSocket API */
#define FAPI_DETAIL_MAX 192

struct fapi_param {
    const char *name, *value; /* decoded, zero-terminated, without zeros inside */
};
struct fapi_params {
    unsigned count;
    size_t used;
    struct fapi_param at[FAPI_PARAMS_MAX];
    char text[FAPI_PARAMS_TEXT];
};

struct fapi_call {
    struct eb_fapi *f;
    struct fapi_params *p;
    struct fapi_account *a; /* NULL: nobody needed to be named */
    const char *peer;
    struct eb_buffer *out; /* the answer is appended */
    int32_t code;          /* 0, or the error */
    int status;            /* HTTP status of an error; 0: the code's usual one */
    int64_t retry_s;       /* Retry-After, 0 none */
    bool ws;
    char detail[FAPI_DETAIL_MAX]; /* what "%s" of the code's text stands for */
    const char *text;             /* in place of the code's text; may hold a "%s" */
};

/* ---- params.c ---- */
void fapi_params_clear(struct fapi_params *p);
/* Reads "a=1&b=2", percent-decoded. What is there already stays (the query is read first, and wins). 0, or -1100 (bytes
 * that cannot be), -1101 (too many, or twice in this text). */
int32_t fapi_params_read(struct fapi_params *p, const char *text, size_t len);
/* The members of a JSON object that are texts, numbers or truth values; null is left out, what is nested is kept as it
 * stands. -1100, -1101. */
int32_t fapi_params_json(struct fapi_params *p, struct eb_tok object);
const char *fapi_param(const struct fapi_params *p, const char *name); /* NULL: was not sent */
/* Sets the call's error unless there is one. detail may be NULL. */
void fapi_fail(struct fapi_call *c, int32_t code, const char *detail);
void fapi_fail_text(struct fapi_call *c, int32_t code, const char *text);
/* Of an account's refusal of an order of the symbol. */
void fapi_refuse(struct fapi_call *c, int32_t code, uint32_t symbol);
/* The code's text with the detail in it. */
void fapi_error_text(const struct fapi_call *c, char *out, size_t cap);

/* Each: false when it was not sent (must: -1102) or is wrong (-1105 empty, -1100 form, or the code given). */
bool fapi_get_text(struct fapi_call *c, const char *name, bool must, const char **out);
bool fapi_get_e8(struct fapi_call *c, const char *name, bool must, int64_t *out); /* more than 8 decimals: -1111 */
bool fapi_get_u64(struct fapi_call *c, const char *name, bool must, uint64_t *out);
bool fapi_get_ms(struct fapi_call *c, const char *name, bool must, int64_t *out);
bool fapi_get_bool(struct fapi_call *c, const char *name, bool must, bool *out);
bool fapi_get_symbol(struct fapi_call *c, const char *name, bool must, uint32_t *out); /* -1121 */
bool fapi_get_client_id(struct fapi_call *c, const char *name, char out[FAPI_ID_MAX]); /* "" : not sent. -4015 */
struct fapi_word {
    const char *word;
    uint8_t value;
};
bool fapi_get_word(struct fapi_call *c, const char *name, bool must, const struct fapi_word *words, size_t count,
                   int32_t code, uint8_t *out);
/* limit of a list: of 1..max, else_limit when it was not sent. -1130 */
size_t fapi_get_limit(struct fapi_call *c, size_t else_limit, size_t max);

/* ---- words.c: enums as the exchange writes them ---- */
const char *fapi_type_name(uint8_t type);
const char *fapi_tif_name(uint8_t tif);
const char *fapi_status_name(uint8_t status);
const char *fapi_algo_status_name(uint8_t status);
const char *fapi_side_name(uint8_t side);
const char *fapi_position_side_name(uint8_t side);
/* An order as the call asks for it (newClientOrderId, type, ...); algo: of the conditional kind. Errors in the call. */
void fapi_terms_read(struct fapi_call *c, bool algo, struct fapi_terms *t);

/* ---- auth.c ---- */
enum fapi_security { FAPI_PUBLIC = 0, FAPI_KEYED, FAPI_SIGNED, FAPI_TRADE };
/* Who asks: c->a by key; for FAPI_SIGNED and FAPI_TRADE time and signature over query and body as sent. */
void fapi_auth_http(struct fapi_call *c, enum fapi_security s, const struct eb_fapi_request *r);
/* The same of a message; logged: its socket's account, whose messages need no signature. */
void fapi_auth_ws(struct fapi_call *c, enum fapi_security s, struct fapi_account *logged);
/* The text that was signed: query and body without the parameter signature. NULL and -1101 when it does not fit. */
const char *fapi_auth_payload(struct eb_buffer *room, const char *query, const char *body, size_t body_len,
                              size_t *len);
void fapi_auth_sorted(struct eb_buffer *room, const struct fapi_params *p);

/* ---- limits.c ---- */
struct fapi_limits;
EB_NODISCARD int fapi_limits_create(struct fapi_limits **out, struct eb_err *err);
void fapi_limits_destroy(struct fapi_limits *l);
struct fapi_cost {
    uint32_t weight, orders_10s, orders_1m;
};
/* Counts what a call costs; -1003 and -1015 go into it, with status and Retry-After. */
void fapi_limits_take(struct fapi_call *c, const struct fapi_cost *cost);
uint32_t fapi_limits_weight(struct eb_fapi *f, const char *peer); /* used in the present minute */
void fapi_limits_orders(struct eb_fapi *f, const struct fapi_account *a, uint32_t *in_10s, uint32_t *in_1m);
struct fapi_caps {
    uint32_t weight_1m, orders_10s, orders_1m;
};
struct fapi_caps fapi_limits_caps(const struct eb_fapi *f);

/* ---- api.c ---- */
struct fapi_endpoint {
    const char *method, *path;
    uint8_t security; /* enum fapi_security */
    uint8_t weigh;    /* enum fapi_weigh */
    uint16_t weight, all;
    uint8_t orders_10s, orders_1m;
    void (*run)(struct fapi_call *c);
};
enum fapi_weigh { FAPI_W_FIXED = 0, FAPI_W_SYMBOL /* without symbol: all */, FAPI_W_KLINES, FAPI_W_DEPTH };
struct fapi_routes {
    const struct fapi_endpoint *row;
    size_t count;
};
struct fapi_routes fapi_routes_market(void);
struct fapi_routes fapi_routes_account(void);
struct fapi_routes fapi_routes_settings(void);
struct fapi_routes fapi_routes_orders(void);
struct fapi_routes fapi_routes_algo(void);
struct fapi_cost fapi_cost_of(const struct fapi_endpoint *e, const struct fapi_params *p);
int fapi_http_status(int32_t code);

/* startTime and endTime: a window of at most a week (-1023, -1127); true: it has a beginning of its own. */
bool fapi_get_window(struct fapi_call *c, int64_t *from_ms, int64_t *to_ms);

/* Endpoints that both REST and the WebSocket API have. */
void fapi_do_exchange_info(struct fapi_call *c);
void fapi_do_order_place(struct fapi_call *c);
void fapi_do_order_modify(struct fapi_call *c);
void fapi_do_order_cancel(struct fapi_call *c);
void fapi_do_order_query(struct fapi_call *c);
void fapi_do_algo_place(struct fapi_call *c);
void fapi_do_algo_cancel(struct fapi_call *c);
void fapi_do_positions_v2(struct fapi_call *c);
void fapi_do_positions_v3(struct fapi_call *c);
void fapi_do_account_v2(struct fapi_call *c);
void fapi_do_account_v3(struct fapi_call *c);
void fapi_do_balance(struct fapi_call *c);
void fapi_do_book_ticker(struct fapi_call *c);
void fapi_do_price_v2(struct fapi_call *c);
void fapi_do_depth(struct fapi_call *c);
void fapi_do_key_start(struct fapi_call *c);
void fapi_do_key_ping(struct fapi_call *c);
void fapi_do_key_stop(struct fapi_call *c);
void fapi_do_batch_place(struct fapi_call *c);
void fapi_do_batch_modify(struct fapi_call *c);
void fapi_do_batch_cancel(struct fapi_call *c);

/* ---- json_*.c: members are written with their commas; members begin after '{' or '[' ---- */
void fapi_j_key(struct eb_buffer *b, const char *key);
void fapi_j_text(struct eb_buffer *b, const char *key, const char *plain);        /* not escaped: ours, or checked */
void fapi_j_e8(struct eb_buffer *b, const char *key, int64_t e8, int decimals);   /* in quotes */
void fapi_j_zero(struct eb_buffer *b, const char *key, int64_t e8, int decimals); /* the same; 0 is "0" */
void fapi_j_bare(struct eb_buffer *b, const char *key, int64_t e8);               /* no quotes, shortest */
void fapi_j_i64(struct eb_buffer *b, const char *key, int64_t v);
void fapi_j_u64(struct eb_buffer *b, const char *key, uint64_t v);
void fapi_j_bool(struct eb_buffer *b, const char *key, bool v);
void fapi_j_open(struct eb_buffer *b, const char *bracket); /* "{" or "[" as an element of a list */
enum fapi_order_form { FAPI_FORM_ACK = 0, FAPI_FORM_QUERY, FAPI_FORM_MODIFY };
void fapi_json_order(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_order *o,
                     enum fapi_order_form form, uint64_t modify_id);
enum fapi_algo_form { FAPI_FORM_PLACED = 0, FAPI_FORM_ONE, FAPI_FORM_ROW };
void fapi_json_algo(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_algo *o,
                    enum fapi_algo_form form);
int64_t fapi_quote_e8(eb_price price, eb_qty qty);       /* 0: more than can be shown */
eb_price fapi_order_average(const struct fapi_order *o); /* of what is filled; 0 */
void fapi_json_symbol(struct eb_buffer *b, const struct fapi_symbol *y);
unsigned fapi_legs(const struct fapi_account *a);
/* The position side that a leg has in the account's mode, for positions that are flat as well. */
uint8_t fapi_leg_side(const struct fapi_account *a, unsigned leg);

/* ---- listen_keys.c ---- */
struct fapi_listen_keys;
EB_NODISCARD int fapi_listen_keys_create(uint64_t seed, struct fapi_listen_keys **out, struct eb_err *err);
void fapi_listen_keys_destroy(struct fapi_listen_keys *k);
const char *fapi_listen_key_start(struct eb_fapi *f, struct fapi_account *a); /* NULL: no room */
const char *fapi_listen_key_ping(struct eb_fapi *f, struct fapi_account *a);  /* NULL: there is none */
void fapi_listen_key_stop(struct eb_fapi *f, struct fapi_account *a);

/* ---- countdown.c: orders of a symbol are cancelled unless the client says again that it lives ---- */
struct fapi_countdowns;
EB_NODISCARD int fapi_countdowns_create(struct fapi_countdowns **out, struct eb_err *err);
void fapi_countdowns_destroy(struct fapi_countdowns *c);
bool fapi_countdown_set(struct eb_fapi *f, struct fapi_account *a, uint32_t symbol, int64_t after_ms); /* 0: stop */
void fapi_countdowns_run(struct eb_fapi *f);
int64_t fapi_countdowns_next_ms(const struct eb_fapi *f);

/* ---- user_stream.c ---- */
struct fapi_user_news;
EB_NODISCARD int fapi_user_news_create(struct fapi_user_news **out, struct eb_err *err);
void fapi_user_news_destroy(struct fapi_user_news *n);
/* What a client named its change of an order (modifyId), told with AMENDMENT; 0 none. */
void fapi_user_news_modify_id(struct eb_fapi *f, uint64_t id);

struct fapi_api {
    struct fapi_limits *limits;
    struct fapi_listen_keys *keys;
    struct fapi_user_news *news;
    struct fapi_countdowns *countdowns;
    struct fapi_params params, element; /* of the request; of one of a batch */
    struct eb_buffer scratch;           /* payloads that are put together for a signature */
    struct eb_buffer part;              /* of an answer */
    struct eb_token token[FAPI_TOKENS];
    uint8_t *marked; /* per symbol, for questions that collect; all 0 between calls */
    uint32_t marks;
    const struct fapi_endpoint **route; /* open addressing by method and path */
    size_t routes;
};
