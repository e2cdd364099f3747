/* SPDX-License-Identifier: Apache-2.0 */
/* What the challengers' files share with each other and with nobody else. */
#pragma once

#include "app/challengers.h"
#include "app/tally.h"
#include "app/tap.h"
#include <exitbrain/host.h>
#include <exitbrain/policy.h>

struct eb_challenger_job;
struct eb_challenger {
    struct eb_challengers *all;
    struct eb_challenger_spec spec;
    struct eb_policy_choice choice;
    struct eb_policy *policy;
    struct eb_host *host;
    struct eb_tally *tally;
    struct eb_challenger_job *job; /* a reload under way; NULL none */
    uint64_t next;                 /* number of the event that it comes to next */
    int64_t now_ns, now_ms;        /* of its last turn */
    bool behind;                   /* events were lost: it begins anew with the next picture */
    uint64_t overflows, refused;
    unsigned quarantines;
    char failure[EB_REASON_MAX], failure_symbol[EB_SYMBOL_MAX];
};

struct eb_challengers {
    struct eb_challengers_config c;
    struct eb_tap *tap;
    struct eb_timer *slice;
    bool lockstep, sliced; /* sliced: the timer is set */
    uint64_t clock_end;    /* of the tap when time was told last, and that time */
    int64_t clock_ms;
    unsigned count, turn; /* turn: whose is the next */
    struct eb_challenger one[EB_CHALLENGERS_MAX];
};

/* A copy whose settings lie in itself. */
void eb_challenger_copy_spec(struct eb_challenger_spec *to, const struct eb_challenger_spec *from);
/* Opens the set of a challenger; err names it. Needs nothing of the loop's thread. */
EB_NODISCARD int eb_challenger_open_set(const struct eb_challenger_spec *spec, const struct eb_policy_choice *choice,
                                        struct eb_policy **out, struct eb_err *err);
/* Announces the set in force to its engine. */
void eb_challenger_announce(struct eb_challenger *one);
/* Its loop is over: whoever waits for a reload is not told. */
void eb_challenger_forget_job(struct eb_challenger *one);
