/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the link share: one struct, and who does what with it.
 *
 *     streams -> events.c -> account.c, orders.c, market prices -> bn_tell() -> listener.event, bn_flush() -> tick
 *     connect.c   clock, reads, hello, ready          symbols.c history.c   names, ids, filters, bars before positions
 *     port.c      submit, cancel                      query.c   what became of an order, with its fills
 *     snapshot.c  the complete picture                trades.c  trades since one that is known
 *
 * A listener may end the connection within any call: whoever tells something and goes on afterwards compares
 * bn_epoch() with what it was before.
 */
#pragma once

#include "venue/binance/binance.h"
#include "venue/binance/codec.h"
#include "venue/binance/rest.h"

#define BN_SYMBOLS_MAX 4096 /* of the exchange's list; those of COIN-M are not in it */
#define BN_HASH_SLOTS 8192  /* power of two, twice the symbols */
#define BN_ORDERS_MAX 4096
#define BN_ORDER_BUCKETS 4096 /* power of two */
#define BN_OPS_MAX 1024
#define BN_OPS_QUERIES 768 /* of them at most: orders and cancels find a place whatever is asked */
#define BN_NO_RECORD UINT32_MAX
#define BN_KEPT_BARS 8
#define BN_KEPT_TEXT ((size_t)1 << 20) /* bytes of account events that arrive before ready */
#define BN_STRANGERS 64
#define BN_JOBS 4

#define BN_NS_IN_MS INT64_C(1000000)
#define BN_MINUTE_MS INT64_C(60000)

enum bn_stage { BN_ABSENT = 0, BN_CLOCK, BN_READING, BN_PICTURE, BN_GREETED, BN_READY };

/* One side of a symbol's position, by enum eb_position_side, as last told by whichever source was newer. */
struct bn_leg {
    uint8_t side;
    bool known;   /* something was told since the connection began, or a complete picture lacked it */
    bool adopted; /* it was not seen opening */
    bool pending; /* changed, to be told once the symbol is no longer held */
    eb_qty qty;   /* 0: flat */
    eb_price entry, liquidation;
    eb_money margin;
    int64_t known_ms;  /* the exchange's time of it */
    int64_t opened_ms; /* 0: not seen */
    int64_t heard_ns;  /* when the stream last told it; 0 never */
    uint32_t stops;    /* conditional orders of ours that rest for it */
};

struct bn_symbol {
    char name[EB_SYMBOL_MAX];
    eb_symbol_id id; /* the engine's; EB_NO_SYMBOL until introduced */
    bool refused;    /* the engine leaves it out */
    bool usable;
    bool unusable_told, left_out_told; /* troubles that stand, also over the end of a connection */
    bool wanted;                       /* found while connecting: introduced with the greeting */
    char status[24], why[96];
    struct eb_ev_instrument inst;
    bool config_known, isolated;
    int64_t leverage_ppm;
    struct bn_leg leg[3];
    int64_t price_ms[EB_SRC_COUNT]; /* of the last told */
    int64_t stream_ms;              /* of the last mark that the stream told; 0 none */
    bool mark_wanted;               /* from the next answer about all */
    int64_t rate_e8, funding_ms;
    /* bars, held.c */
    bool history_due, premium_due;
    int64_t held_ns;  /* positions are not told before; 0 not held */
    int64_t bar_ms;   /* open time of the newest that was told; 0 none */
    int64_t retry_ns; /* history is asked again; 0 not */
    unsigned kept;
    struct eb_ev_bar kept_bar[BN_KEPT_BARS];
    /* account.c: positionRisk of this symbol */
    bool risk_wanted, risk_under_way, config_under_way;
    int64_t risk_next_ns;
    int64_t margin_called_ns; /* 0: no trouble stands for it */
    /* trades.c */
    bool trades_wanted;
    uint8_t trades_refusals;
    uint64_t trades_after;
};

/* An order of the account, ours or not, by ids. */
struct bn_record {
    bool used, algo;
    eb_client_id id;             /* zero: not ours */
    uint32_t symbol;             /* of the list */
    uint8_t state;               /* enum eb_order_state, as told */
    uint8_t position_side, type; /* type: enum eb_order_type */
    bool rests;                  /* counted in leg.stops */
    uint64_t venue_id, child_id; /* orderId, or algoId and the child's orderId; 0 unknown */
    eb_qty filled, told;         /* cumulative by states; sum of fills that were told */
    uint64_t last_trade;
    int64_t sent_ns; /* when a request of unknown outcome left at the latest; 0 none */
    int64_t told_ns; /* when its state was last told */
    uint32_t next_id, next_venue, next_child;
};
struct bn_orders {
    struct bn_record *record; /* BN_ORDERS_MAX */
    uint32_t hand;            /* the next to be used: oldest first */
    uint32_t count;
    uint32_t by_id[BN_ORDER_BUCKETS], by_venue[BN_ORDER_BUCKETS], by_child[BN_ORDER_BUCKETS];
};

enum bn_op_kind { BN_OP_SUBMIT = 0, BN_OP_CANCEL, BN_OP_QUERY };
enum bn_query_step { BN_ASK_ORDER = 0, BN_ASK_ALGO, BN_ASK_CHILD, BN_ASK_FILLS };
/* A call of the port under way. Its tag is generation and index, so that a late answer finds nobody. */
struct bn_op {
    bool taken_back;        /* a submit: cancelled before it left */
    bool used, algo, quiet; /* quiet: a question of our own, told as news and not as an answer */
    uint8_t kind, step;     /* enum bn_op_kind, enum bn_query_step */
    uint8_t type, position_side;
    bool answered; /* answer holds what the step before said */
    uint32_t generation, symbol, next_free;
    eb_client_id id;
    uint64_t venue_id;
    int64_t asked_ns; /* a question: when it was put */
    struct bn_order answer;
};

struct bn_picture;
struct bn_job;

struct eb_binance {
    struct eb_binance_config c;
    char *texts[6]; /* owned strings of c */
    struct bn_rest *rest;
    struct bn_wsapi *wsapi; /* NULL: there is none */
    struct bn_streams *streams;
    struct eb_web_timer *timer;
    int64_t timer_ns; /* when it fires; 0 not set */
    enum bn_stage stage;
    uint64_t epoch; /* of the connection */
    bool hedge, multi_assets, can_trade, config_read;
    eb_money balance;
    bool private_up, seen_private;
    bool watching; /* since a complete picture nothing was missed: what opens now is seen opening */
    unsigned reads_due;
    int64_t began_ns, phase_ns;
    bool changed_mode; /* a trouble stands for it */

    struct bn_symbol *symbol; /* BN_SYMBOLS_MAX */
    uint32_t symbols;
    uint16_t hash[BN_HASH_SLOTS]; /* index + 1 */
    uint32_t *by_id;              /* symbols_max, index into symbol[] or BN_NO_RECORD */
    uint32_t introduced;
    uint64_t stranger[BN_STRANGERS]; /* hashes of names that the list does not have, and was read again for */
    unsigned strangers;
    bool list_under_way, list_wanted;
    int64_t list_next_ns;
    struct bn_orders orders;
    struct bn_op *op; /* BN_OPS_MAX */
    uint32_t op_free, ops;
    struct bn_picture *picture;
    struct bn_job *job;             /* BN_JOBS */
    struct bn_preflight *preflight; /* NULL: none is under way */
    struct bn_user user;            /* reused */
    struct bn_market market;

    char *kept; /* account events of before ready: length and text each */
    size_t kept_len;
    bool kept_overflow;

    uint64_t ticks, told; /* told: events since the last tick */
    int64_t due_ns;       /* of the first of them; 0 none */
    int64_t second_ns;    /* the last time that the once-a-second work was done */
    int64_t account_next_ns;
    bool account_under_way;
    bool all_risk_wanted, all_risk_asked; /* positionRisk of all symbols */
    int64_t all_risk_next_ns;
    int64_t gap_told_ns;
    bool gap_due; /* one was noticed within a second of the last */
    int64_t marks_ns;
    unsigned marks;                         /* asked for one by one since marks_ns */
    bool all_marks_wanted, all_marks_asked; /* those of all symbols: to be asked for in a second; under way */
    struct {
        uint64_t unknown_symbols, unreadable, gaps, rereads, stale_prices, fees_other, late_answers, margin_calls;
    } count;
};

/* ---- link.c ---- */
uint64_t bn_epoch(const struct eb_binance *b);
int64_t bn_now_ns(const struct eb_binance *b);
struct eb_event bn_event(const struct eb_binance *b, enum eb_event_kind kind, eb_symbol_id symbol);
void bn_tell(struct eb_binance *b, const struct eb_event *ev);
/* A tick where anything was told: what has come may be acted upon. */
void bn_flush(struct eb_binance *b);
void bn_trouble(struct eb_binance *b, const char *name, const char *subject, bool raised, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void bn_gap(struct eb_binance *b, const char *why); /* at most one a second */
/* A read by REST; done as bn_call's. Codes of bn_rest_call(). */
typedef void (*bn_done)(void *user, uint64_t tag, const struct bn_result *r);
EB_NODISCARD int bn_read(struct eb_binance *b, const char *path, const struct bn_params *params, uint16_t weight,
                         uint8_t priority, bn_done done, uint64_t tag);
/* The whole end of a connection, without a word; and with one. */
void bn_close(struct eb_binance *b);
void bn_lose(struct eb_binance *b, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void bn_arm_timer(struct eb_binance *b);
void bn_on_timer(void *user);
void bn_on_pass(void *user); /* after each pass of the loop in which texts came */

/* ---- connect.c ---- */
int bn_connect(void *link, struct eb_err *err);
void bn_connect_private_up(struct eb_binance *b);
void bn_connect_second(struct eb_binance *b); /* deadlines of the phases */
void bn_connect_released(struct eb_binance *b);
/* "-2015 Invalid API-key: remedy" into out. */
void bn_say_result(const struct bn_result *r, char *out, size_t cap);

/* ---- symbols.c ---- */
struct bn_symbol *bn_symbol_find(struct eb_binance *b, const char *name);
uint32_t bn_symbol_index(const struct eb_binance *b, const struct bn_symbol *s);
struct bn_symbol *bn_symbol_of(struct eb_binance *b, eb_symbol_id id); /* introduces it where the engine names it */
/* Finds and introduces; NULL: not in the list (counted, and the list is read again once for it), or left out. */
struct bn_symbol *bn_symbol_seen(struct eb_binance *b, const char *name);
bool bn_symbol_introduce(struct eb_binance *b, struct bn_symbol *s);
void bn_symbols_forget(struct eb_binance *b); /* ids, held positions, prices: another connection begins */
EB_NODISCARD int bn_symbols_take(struct eb_binance *b, const struct bn_result *r, struct eb_err *err);
EB_NODISCARD int bn_symbols_take_brackets(struct eb_binance *b, const struct bn_result *r, struct eb_err *err);
EB_NODISCARD int bn_symbols_take_configs(struct eb_binance *b, const struct bn_result *r, struct eb_err *err);
void bn_symbols_second(struct eb_binance *b);

/* ---- history.c ---- */
void bn_history_begin(struct eb_binance *b, struct bn_symbol *s);
void bn_history_closed(struct eb_binance *b, struct bn_symbol *s, const struct eb_ev_bar *bar);
bool bn_symbol_held(const struct eb_binance *b, const struct bn_symbol *s);
bool bn_any_held(const struct eb_binance *b);
void bn_hold_for_terms(struct eb_binance *b,
                       struct bn_symbol *s); /* a new position's liquidation price is on its way */
/* Looks whether symbols are to be held no longer, and tells what waited for that. */
void bn_release(struct eb_binance *b);
EB_NODISCARD int bn_ask_premium(struct eb_binance *b, struct bn_symbol *s, uint8_t priority, bool held);

/* ---- events.c ---- */
void bn_on_message(void *user, enum bn_stream_class class, const char *text, size_t len, int64_t read_ns);
void bn_on_state(void *user, enum bn_stream_class class, bool up, const char *why);
void bn_on_trouble(void *user, const struct eb_link_trouble *t);
void bn_events_replay(struct eb_binance *b);
int bn_port_refresh(void *venue, eb_symbol_id symbol, struct eb_err *err);
void bn_marks_second(struct eb_binance *b);

/* ---- account.c ---- */
void bn_account_event(struct eb_binance *b, const struct bn_user *u);
void bn_account_leverage(struct eb_binance *b, const struct bn_user *u);
void bn_account_assets(struct eb_binance *b, bool multi_assets);
void bn_account_margin_call(struct eb_binance *b, const struct bn_user *u);
void bn_account_tell(struct eb_binance *b);
void bn_account_reread(struct eb_binance *b);
void bn_account_second(struct eb_binance *b);
void bn_config_take(struct eb_binance *b, const struct bn_account_config *c);
void bn_leg_tell(struct eb_binance *b, struct bn_symbol *s, unsigned leg);
void bn_leg_from_row(struct bn_leg *leg, const struct bn_position_row *r);
/* The terms of a row for a leg that the stream knows better. */
void bn_leg_terms(struct bn_leg *leg, const struct bn_position_row *r);
void bn_risk_want(struct eb_binance *b, struct bn_symbol *s);

/* ---- records.c ---- */
int bn_orders_create(struct bn_orders *o);
void bn_orders_destroy(struct bn_orders *o);
struct bn_record *bn_record_by_id(struct eb_binance *b, eb_client_id id);
struct bn_record *bn_record_by_venue(struct eb_binance *b, uint64_t venue_id, bool algo);
struct bn_record *bn_record_by_child(struct eb_binance *b, uint64_t child_id);
/* NULL: no place for an order of somebody else. */
struct bn_record *bn_record_make(struct eb_binance *b, eb_client_id id, uint64_t venue_id, bool algo, uint32_t symbol);
void bn_record_venue(struct eb_binance *b, struct bn_record *r, uint64_t venue_id);
void bn_record_child(struct eb_binance *b, struct bn_record *r, uint64_t child_id);
void bn_record_state(struct eb_binance *b, struct bn_record *r, uint8_t state);
/* The record of an order as an answer or event has it, made where there is none. A child's is its parent's. */
struct bn_record *bn_record_of(struct eb_binance *b, struct bn_symbol *s, const struct bn_order *o);

/* ---- orders.c ---- */
bool bn_id_is_ours(eb_client_id id);
bool bn_id_is_algo(eb_client_id id); /* purposes that rest as conditional orders */
/* The state of an order of ours is told unless it is older than what was told. from_query: an answer, always told. */
void bn_order_tell(struct eb_binance *b, struct bn_symbol *s, const struct bn_order *o, bool from_query);
void bn_order_tell_raw(struct eb_binance *b, struct bn_symbol *s, const struct eb_ev_order *told);
void bn_fill_tell(struct eb_binance *b, struct bn_symbol *s, struct bn_record *r, uint64_t order_id, uint8_t order_side,
                  uint8_t position_side, const struct bn_fill *f);
void bn_order_event(struct eb_binance *b, const struct bn_user *u);
void bn_algo_event(struct eb_binance *b, const struct bn_user *u);

/* ---- port.c ---- */
int bn_ops_create(struct eb_binance *b);
void bn_ops_forget(struct eb_binance *b);
struct bn_op *bn_op_take(struct eb_binance *b, enum bn_op_kind kind);
void bn_op_give(struct eb_binance *b, struct bn_op *op);
uint64_t bn_op_tag(const struct eb_binance *b, const struct bn_op *op);
struct bn_op *bn_op_of(struct eb_binance *b, uint64_t tag); /* NULL: late */
/* Whether the request of an order may still arrive: that it is not there says nothing yet. */
bool bn_may_arrive(const struct eb_binance *b, eb_client_id id, const struct bn_record *r);
int bn_port_submit(void *venue, const struct eb_order_request *order, struct eb_err *err);
int bn_port_cancel(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                   struct eb_err *err);
int bn_not_connected(const struct eb_binance *b, struct eb_err *err);

/* ---- query.c ---- */
int bn_port_query(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                  struct eb_err *err);
/* A question of our own: what became of the child of a conditional order, or fills that were counted and not told. */
void bn_query_quiet(struct eb_binance *b, const struct bn_record *r, enum bn_query_step step, const struct bn_order *o);

/* ---- snapshot.c ---- */
int bn_picture_create(struct eb_binance *b);
void bn_picture_destroy(struct eb_binance *b);
void bn_picture_forget(struct eb_binance *b);
int bn_port_snapshot(void *venue, struct eb_err *err);
void bn_picture_released(struct eb_binance *b);

/* ---- trades.c ---- */
int bn_trades_create(struct eb_binance *b);
void bn_trades_destroy(struct eb_binance *b);
void bn_trades_forget(struct eb_binance *b);
int bn_ask_trades(void *link, eb_symbol_id symbol, uint64_t after);
void bn_trades_second(struct eb_binance *b);

/* ---- preflight.c ---- */
void bn_preflight_end(struct eb_binance *b); /* without a word */
