/* SPDX-License-Identifier: Apache-2.0 */
/* The faults from inside: rules (faults_rules.c), what waits (faults_queue.c), and where they strike (faults.c). */
#pragma once

#include "base/rng.h"
#include "venue/fapi/faults.h"

enum fault_kind {
    FAULT_LOSE_REQUEST = 0, /* never arrives; the connection is reset */
    FAULT_HANG_REQUEST,     /* never arrives; nothing comes back */
    FAULT_LOSE_ANSWER,      /* executed; the connection is reset */
    FAULT_HANG_ANSWER,      /* executed; nothing comes back */
    FAULT_HTTP,             /* a status and body of its own, executed or not */
    FAULT_REFUSE,           /* a code, not executed */
    FAULT_DELAY_REQUEST,    /* arrives `ms` later than it would */
    FAULT_DELAY_ANSWER,     /* executed at once, told `ms` later */
    FAULT_STALE,            /* the answer of the time before */
    FAULT_LIMITED,          /* 429 or 418 (code) until `ms` have passed */
    FAULT_KEY_REFUSED,      /* -2015 to whatever is keyed, until `ms` have passed */
    FAULT_DUPLICATE,        /* an event of the account is told twice */
    FAULT_REORDER,          /* it is told up to `ms` later: others overtake it */
    FAULT_DROP,             /* it is never told */
    FAULT_DELAY,            /* all are told `ms` later */
    FAULT_SILENT,           /* a route says nothing until `ms` have passed */
    FAULT_STUCK,            /* a conditional order that was met stays TRIGGERING */
    FAULT_ODD,              /* JSON as it may be written tomorrow, until `ms` have passed */
    FAULT_KINDS
};
enum {                        /* of FAULT_ODD, combined */
       FAULT_ODD_UNKNOWN = 1, /* members that nobody knows, in every object */
       FAULT_ODD_STRANGERS =
           2,                /* a COIN-M row at the end of every list of symbols, and a COIN-M twin of account events */
       FAULT_ODD_QUOTED = 4, /* numbers as texts */
       FAULT_ODD_BARE = 8,   /* texts that are decimals as numbers */
};
#define FAULT_FOREVER UINT32_MAX
#define FAULT_RULES_MAX 32
#define FAULT_BODY_MAX 192
#define FAULT_TEXT_MAX ((size_t)64 << 20) /* of an answer */
struct fault_rule {
    uint8_t kind;   /* enum fault_kind */
    uint8_t name;   /* index of its name */
    char path[48];  /* beginning of a path, or a method of the WebSocket API; "" : whatever changes orders. Of events:
                       the name of those that are meant, "" all */
    char method[8]; /* "" any */
    uint32_t left;  /* times it still strikes */
    uint32_t chance_ppm;
    int64_t ms, until_ms;
    int32_t code;
    int status;
    bool executed;
    bool exempt; /* orders that only reduce are spared */
    uint8_t odd; /* FAULT_ODD_... */
    uint8_t route;
    char body[FAULT_BODY_MAX];
};

enum wait_kind { WAIT_REQUEST = 0, WAIT_ANSWER, WAIT_WS_REQUEST, WAIT_MESSAGE };
/* Something on its way; texts are one block behind it. */
struct wait_item {
    int64_t due_ms;
    uint64_t seq;
    size_t size;  /* bytes */
    uint8_t kind; /* enum wait_kind */
    bool cut;
    int status;
    void (*done)(void *user, const struct eb_fapi_answer *a);
    void *user;
    struct eb_fapi_peer peer;
    struct fapi_account **logged, *own; /* own: of a peer that is gone */
    struct fault_rule rule;
    bool ruled;
    struct eb_fapi_request request; /* its texts point into text[] */
    const char *headers, *body;     /* ANSWER; body: MESSAGE and WS_REQUEST too */
    size_t len;
    char text[];
};

#define FAULT_STALE_PATHS 16
#define FAULT_WAITING_MAX ((size_t)256 << 20) /* bytes on their way; more is lost, as over a bad wire */
struct fapi_faults {
    struct fault_rule rule[FAULT_RULES_MAX];
    size_t rules;
    uint64_t struck[64]; /* by name */
    int64_t request_ms, answer_ms, event_ms, market_ms, trigger_ms;
    struct eb_rng rng;
    struct wait_item **heap;
    size_t count, cap, bytes; /* bytes: of all that waits */
    uint64_t seq;
    struct fapi_reply reply; /* reused */
    struct eb_buffer ws;     /* reused */
    bool busy;               /* reply is in use */
    struct {
        char path[48], key[80], symbol[EB_SYMBOL_MAX];
        uint64_t used; /* when, by count of answers kept */
        struct eb_buffer body;
    } stale[FAULT_STALE_PATHS];
};

/* faults_queue.c */
/* A copy of texts behind an item; NULL: out of memory, and what was to be told is lost as over a bad wire. */
struct wait_item *fapi_wait_new(size_t text);
void fapi_wait_add(struct fapi_faults *x, struct wait_item *w, int64_t due_ms);
struct wait_item *fapi_wait_take(struct fapi_faults *x, int64_t now_ms); /* due, or NULL */
int64_t fapi_wait_next_ms(const struct fapi_faults *x);
/* Drops those that keep says no to. */
void fapi_wait_drop(struct fapi_faults *x, bool (*drop)(const struct wait_item *w, const void *user), const void *user);

/* faults_rules.c */
struct fault_rule *fapi_fault_strikes(struct eb_fapi *f, enum fault_kind first, enum fault_kind last,
                                      const char *method, const char *path, unsigned route);
/* Which oddities stand for a path ("" : a message). */
unsigned fapi_fault_odd(struct eb_fapi *f, const char *path);

/* faults.c */
struct fapi_params;
/* The error object of a rule that strikes; body: room for one that is put together. */
const char *fapi_fault_error(const struct eb_fapi *f, const struct fault_rule *rule, char *body, size_t cap);
/* Whether parameters are of an order that can only reduce: the exchange spares it where it throttles others. */
bool fapi_fault_spares(const struct fapi_params *p, const struct fapi_account *a);
/* The rule, or NULL and as if it had not struck, where it exempts what is spared. */
struct fault_rule *fapi_fault_unless(struct eb_fapi *f, struct fault_rule *rule, bool spared);

/* faults_sockets.c: a message of the WebSocket API has arrived. id: its id as JSON. */
void fapi_fault_ws(struct eb_fapi *f, const struct eb_fapi_peer *peer, const char *address, const char *text,
                   size_t len, struct fapi_account **logged, const struct fault_rule *rule, const char *id);

/* faults_json.c: appends the text with FAULT_ODD_... done to it; false: it is no JSON, or too much. */
bool fapi_json_odd(struct eb_buffer *out, const char *text, size_t len, unsigned kinds);
/* The same event of a symbol of another market; false: it is of none. */
bool fapi_json_stranger(struct eb_buffer *out, const char *text, size_t len);
