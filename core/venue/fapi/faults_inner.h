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
    FAULT_KINDS
};
#define FAULT_FOREVER UINT32_MAX
#define FAULT_RULES_MAX 32
#define FAULT_BODY_MAX 192
struct fault_rule {
    uint8_t kind;   /* enum fault_kind */
    uint8_t name;   /* index of its name */
    char path[48];  /* beginning of a path, or a method of the WebSocket API; "" : whatever changes orders */
    char method[8]; /* "" any */
    uint32_t left;  /* times it still strikes */
    uint32_t chance_ppm;
    int64_t ms, until_ms;
    int32_t code;
    int status;
    bool executed;
    uint8_t route;
    char body[FAULT_BODY_MAX];
};

enum wait_kind { WAIT_REQUEST = 0, WAIT_ANSWER, WAIT_WS_REQUEST, WAIT_MESSAGE };
/* Something on its way; texts are one block behind it. */
struct wait_item {
    int64_t due_ms;
    uint64_t seq;
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

#define FAULT_STALE_PATHS 4
struct fapi_faults {
    struct fault_rule rule[FAULT_RULES_MAX];
    size_t rules;
    uint64_t struck[64]; /* by name */
    int64_t request_ms, answer_ms, event_ms, market_ms, trigger_ms;
    struct eb_rng rng;
    struct wait_item **heap;
    size_t count, cap;
    uint64_t seq;
    struct fapi_reply reply; /* reused */
    struct eb_buffer ws;     /* reused */
    bool busy;               /* reply is in use */
    struct {
        char path[48], key[80];
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
