/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of REST, WebSocket API and streams share. */
#pragma once

#include "venue/binance/budget.h"
#include "venue/binance/outcome.h"
#include "venue/binance/rest.h"

#define BN_MS INT64_C(1000000) /* ns */
#define BN_NEVER INT64_MAX

/* ---- params.c ---- */
const char *bn_params_value(const struct bn_params *p, size_t i);
/* Text in room of its owner; what does not fit marks it failed and is left out. */
struct bn_text {
    char *at;
    size_t len, cap;
    bool failed;
};
void bn_text_add(struct bn_text *t, const char *bytes, size_t len);
void bn_text_str(struct bn_text *t, const char *text);
void bn_text_i64(struct bn_text *t, int64_t value);
void bn_text_encoded(struct bn_text *t, const char *bytes, size_t len); /* percent-encoded */
void bn_params_query(const struct bn_params *p, struct bn_text *out);

/* ---- rest*.c ---- */
#define BN_QUEUE_MAX 1024
#define BN_QUEUE_READS 768 /* of them at most, so that orders find a place whatever is read */
#define BN_READS_MAX 16
#define BN_CLOCK_WAITERS 8
#define BN_URL_MAX 8192

enum bn_entry_state { BN_ENTRY_FREE = 0, BN_ENTRY_QUEUED, BN_ENTRY_UNDER_WAY, BN_ENTRY_ENDED };
struct bn_entry {
    struct bn_call call;
    struct bn_rest *rest;
    struct bn_entry *prev, *next; /* within the queue; next: within the free list */
    uint8_t state;
    bool wants_clock; /* the clock it was signed by was wrong */
    bool withdrawn;
    uint8_t tries, clock_tries;
    uint64_t age;
    int64_t deadline_ns, not_before_ns, sent_ms;
    struct eb_web_call *web;
    struct bn_judged last; /* what became of the last try; http and code 0, msg "": there was none */
};
struct bn_clock {
    bool known, running, doubted; /* doubted: the exchange refused a timestamp, what we know is wrong */
    unsigned rounds, answered;
    int64_t best_ns;               /* round trip of the shortest this time */
    int64_t at_ns, at_ms, trip_ns; /* the exchange's time was at_ms at at_ns */
    int64_t correction_ms;         /* what the last measurement changed */
    int64_t measured_ns;
    uint32_t failures;
    char why[160]; /* what the last question that failed came to */
    struct {
        void (*done)(void *user, bool known);
        void *user;
    } waiter[BN_CLOCK_WAITERS];
    size_t waiters;
    struct eb_web_timer *timer;
};
/* A refused key: calls of the kind are refused here, but for one now and then that tries: seldom where the key is wrong
 * for good, and soon enough for exits where it was a moment's refusal. */
struct bn_gate {
    bool closed;
    uint32_t bad_signatures; /* in a row */
    uint32_t refusals;       /* since it closed */
    int64_t probe_ns;        /* when the next one may try */
    int64_t probe_max_ms;    /* between two tries */
};
struct bn_rest {
    struct eb_binance_config c;
    char base[256];
    char key_header[512];
    const char *headers[2];
    struct bn_budget budget;
    struct bn_clock clock;
    struct bn_entry *entries, *free, *first, *last;
    uint32_t queued, reads, mutating, taken; /* taken: entries that are not free */
    uint64_t ages;
    bool pumping, again, ended; /* ended: there are entries in that state */
    struct eb_web_timer *timer;
    int64_t stop_ns; /* nothing leaves before */
    char stop_why[160];
    struct bn_gate gate[2]; /* reads, mutating */
    uint64_t sent, repeated, unknown, refused;
    char url[BN_URL_MAX];
};
int64_t bn_rest_now_ns(const struct bn_rest *r);
/* Our ns for a duration of the exchange's. */
int64_t bn_rest_ns(const struct bn_rest *r, int64_t ms);
void bn_rest_pump(struct bn_rest *r);
/* rest_send.c: signs and hands over; the entry is under way, or ENDED where even that failed. */
void bn_rest_send(struct bn_rest *r, struct bn_entry *e);
/* Ends an entry and tells; it is free when the callback runs. */
void bn_rest_finish(struct bn_rest *r, struct bn_entry *e, const struct bn_result *result);
/* Back into the queue, not before so long from now. */
void bn_rest_requeue(struct bn_rest *r, struct bn_entry *e, int64_t delay_ms);
/* Whether a stop or a refused key forbids a call now; err says until when. */
int bn_rest_forbidden(const struct bn_rest *r, uint8_t security, bool mutating, struct eb_err *err);
/* What a refusal or an acceptance means for all calls: stops, the order count, the key, the clock. */
void bn_rest_learn(struct bn_rest *r, const struct bn_judged *j, uint8_t security, bool mutating);
void bn_rest_trouble(struct bn_rest *r, const char *name, bool raised, const char *text);
/* A call that leaves although the key was refused is the one that tries: the next may a minute later. */
int64_t bn_gate_wait_ns(const struct bn_gate *g); /* from a refusal to the next try */
void bn_rest_probe(struct bn_rest *r, uint8_t security, bool mutating);
int64_t bn_rest_wait_ms(struct bn_rest *r, uint8_t priority, uint32_t weight, uint32_t orders); /* of the budget */
bool bn_rest_clock_good(const struct bn_rest *r); /* known, and not in doubt: signed calls may leave */
int64_t bn_backoff_ms(uint32_t tries);            /* 200, 400, 800, 1,600, then 3,200 */

/* rest_clock.c */
EB_NODISCARD int bn_clock_open(struct bn_rest *r, struct eb_err *err);
void bn_clock_close(struct bn_rest *r);
void bn_clock_doubt(struct bn_rest *r); /* a timestamp was refused: measures, signed calls wait until then */

/* ---- sockets ---- */
/* Delay before the n-th try to connect again: 250 ms, doubling to 30 s, and up to a quarter more by a counter. */
int64_t bn_reconnect_ns(uint32_t failures, uint64_t salt);
