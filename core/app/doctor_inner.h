/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the doctor's files share: one examination, how a check tells what it found, and the checks by stage.
 *
 * A check is about the account (once) or about positions (once for each that is open, with its evidence). One cause is
 * one BAD finding: a check whose trouble is explained by another check's says so as a NOTE or nothing.
 */
#pragma once

#include "app/doctor.h"
#include "app/live.h"

struct eb_exam {
    const struct eb_live *live;
    const struct eb_engine *engine;
    const struct eb_engine_config *config;
    struct eb_ev_config mode; /* in force */
    bool owns, has_legacy;    /* somebody of the policy set decides in it; would in LEGACY */
    int64_t now_ms, now_ns;   /* venue time */
    bool stalled;             /* connected, and no turns are run though the engine wants to act */
    bool running;             /* connected, told everything, and not stalled: what is missing is missing now */
    bool paused, flattening;
    unsigned open, ours; /* positions; of them decided about here */
    struct eb_turn_times times;

    struct eb_findings *out;
    const char *check; /* under way */
    uint8_t rank;
    unsigned *found;         /* by it so far */
    char fine[240];          /* what it has seen, should it find nothing */
    struct eb_finding spare; /* what finds no room is written here */
};

/* An open position. */
struct eb_patient {
    eb_position_id position;
    eb_symbol_id symbol;
    const struct eb_evidence *v;
    char subject[EB_SYMBOL_MAX + 8];
    bool ours;           /* somebody of the policy set decides about it: not released, not ended in shadow */
    bool policy_missing; /* its last consult found no policy set */
};

/* A finding of the check under way; fill evidence, cause and remedy with eb_say(). */
struct eb_finding *eb_finding_add(struct eb_exam *x, enum eb_severity severity, const char *subject);
/* Writes into an array of characters. */
#define EB_SAY(array, ...) eb_say((array), sizeof(array), __VA_ARGS__)
void eb_say(char *out, size_t room, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* All three at once, where cause and remedy need no figures. */
void eb_find(struct eb_exam *x, enum eb_severity severity, const char *subject, const char *cause, const char *remedy,
             const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* doctor_loop.c */
#define EB_DOCTOR_LATE_MS 1000
/* For how long what is due has waited, at most since the last turn. */
int64_t eb_doctor_late_ms(const struct eb_exam *x);
void eb_check_loop_stalled(struct eb_exam *x);
void eb_check_loop_gap(struct eb_exam *x);
void eb_check_clock(struct eb_exam *x);
void eb_check_queue(struct eb_exam *x);
void eb_check_refused_events(struct eb_exam *x);
void eb_check_delay(struct eb_exam *x);

/* doctor_market.c */
void eb_check_offline(struct eb_exam *x);
void eb_check_reconnecting(struct eb_exam *x);
void eb_check_picture(struct eb_exam *x);
void eb_check_no_price(struct eb_exam *x, const struct eb_patient *p);
void eb_check_stale_price(struct eb_exam *x, const struct eb_patient *p);

/* doctor_link.c */
void eb_check_venue_clock(struct eb_exam *x);
void eb_check_venue_limits(struct eb_exam *x);
void eb_check_venue_requests(struct eb_exam *x);
void eb_check_venue_key(struct eb_exam *x);
void eb_check_venue_streams(struct eb_exam *x);
void eb_check_venue_ws_api(struct eb_exam *x);
void eb_check_venue_rest(struct eb_exam *x);

/* doctor_mode.c */
void eb_check_legacy(struct eb_exam *x);
void eb_check_shadow(struct eb_exam *x);
void eb_check_mode_differs(struct eb_exam *x);
void eb_check_legacy_trailing(struct eb_exam *x);
void eb_check_yielded(struct eb_exam *x);
void eb_check_other_engine(struct eb_exam *x);
void eb_check_paused(struct eb_exam *x);
void eb_check_flattening(struct eb_exam *x);

/* doctor_stages.c */
void eb_check_consult(struct eb_exam *x, const struct eb_patient *p);
void eb_check_levels(struct eb_exam *x, const struct eb_patient *p);
void eb_check_no_stop(struct eb_exam *x, const struct eb_patient *p);
void eb_check_parked(struct eb_exam *x, const struct eb_patient *p);
void eb_check_not_free(struct eb_exam *x, const struct eb_patient *p);
void eb_check_released(struct eb_exam *x, const struct eb_patient *p);
void eb_check_tripped(struct eb_exam *x, const struct eb_patient *p);
void eb_check_quarantined(struct eb_exam *x, const struct eb_patient *p);
void eb_check_failing(struct eb_exam *x, const struct eb_patient *p);
void eb_check_no_policy(struct eb_exam *x, const struct eb_patient *p);

/* doctor_orders.c */
void eb_check_foreign_owner(struct eb_exam *x, const struct eb_patient *p);
void eb_check_foreign_orders(struct eb_exam *x);
void eb_check_orphans(struct eb_exam *x);
void eb_check_unknown(struct eb_exam *x);
void eb_check_backstops_off(struct eb_exam *x);
void eb_check_unprotected(struct eb_exam *x, const struct eb_patient *p);
void eb_check_unprotectable(struct eb_exam *x, const struct eb_patient *p);
void eb_check_foreign_stop(struct eb_exam *x, const struct eb_patient *p);

/* doctor_store.c */
void eb_check_protect_only(struct eb_exam *x);
void eb_check_journal_failed(struct eb_exam *x);
void eb_check_journal_held(struct eb_exam *x);
void eb_check_journal_differs(struct eb_exam *x);
void eb_check_journal_images(struct eb_exam *x);
void eb_check_disk_full(struct eb_exam *x);
void eb_check_disk_slow(struct eb_exam *x);
void eb_check_tape(struct eb_exam *x);

/* doctor_policy.c */
void eb_check_refused_policy(struct eb_exam *x);
void eb_check_staged(struct eb_exam *x);
void eb_check_rolled_back(struct eb_exam *x);
void eb_check_unwatched(struct eb_exam *x);
void eb_check_policy_gone(struct eb_exam *x);
void eb_check_alarms(struct eb_exam *x);
void eb_check_alarm_command(struct eb_exam *x);

/* doctor_challengers.c */
void eb_check_challengers(struct eb_exam *x);
void eb_check_ledger(struct eb_exam *x);
