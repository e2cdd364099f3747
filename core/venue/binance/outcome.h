/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an answer, or its absence, means: accepted, refused (certainly not executed), unknown; and what follows from it.
 * Pure. The rules are those of the exchange's documents: docs/VENUES.md has the table.
 */
#pragma once

#include "net/web.h"

#include "venue/binance/rest.h"

enum bn_next {
    BN_NEXT_DONE = 0, /* this is the outcome */
    BN_NEXT_AGAIN,    /* not executed, or a read: again after a backoff */
    BN_NEXT_CLOCK,    /* not executed: the timestamp was wrong; measure the clock, then again */
    BN_NEXT_ORDERS,   /* not executed: too many orders; again in the next window */
    BN_NEXT_STOP,     /* not executed, and nothing at all may be sent for wait_ms */
};
struct bn_judged {
    uint8_t outcome; /* enum bn_outcome, if it ends here */
    uint8_t reject;  /* enum eb_reject_class */
    uint8_t next;    /* enum bn_next */
    bool key;        /* the key, its signature or its permissions were refused */
    bool signature;  /* by -1022, which a single odd request can bring about */
    int32_t code;
    int http;
    int64_t wait_ms; /* STOP */
    char msg[160];
};
/* now_ms: the exchange's time, for bans that name an end. */
void bn_judge_http(const struct eb_web_answer *a, bool mutating, int64_t now_ms, struct bn_judged *out);
/* An error of the WebSocket API: its status, code and message. retry_after_ms: 0 not told. */
void bn_judge_ws(int status, int32_t code, const char *msg, bool mutating, int64_t now_ms, int64_t retry_after_ms,
                 struct bn_judged *out);
