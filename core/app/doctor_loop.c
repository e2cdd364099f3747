/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of what carries everything: the loop, its clock, the queue between exchange and turn, how long prices take. */
#include "app/doctor_inner.h"

#include <inttypes.h>
#include <string.h>

#include "app/answer_words.h"

#define NS_IN_MS INT64_C(1000000)
#define RECENT_MS (15 * INT64_C(60000)) /* what happened and was repaired is bad news for so long, then a note */
#define OFFSET_MAX_MS 500
#define DELAY_MAX_NS NS_IN_MS
#define DELAYS_MIN 1000 /* fewer say nothing about one in a thousand */

int64_t eb_doctor_late_ms(const struct eb_exam *x)
{
    int64_t due_ns = eb_engine_next_deadline(x->engine);
    int64_t late_ms = due_ns != INT64_MAX && due_ns < x->now_ns ? (x->now_ns - due_ns) / NS_IN_MS : 0;
    int64_t idle_ms = x->now_ms - x->live->now_ms;
    return late_ms < idle_ms ? late_ms : idle_ms; /* what is due since ever is due at once */
}

void eb_check_loop_stalled(struct eb_exam *x)
{
    int64_t idle_ms = x->now_ms - x->live->now_ms;
    EB_SAY(x->fine, "last turn %s ago, no deadline is overdue, %" PRIu64 " turns", EB_AGE(idle_ms), x->times.turns);
    if (x->stalled) {
        eb_find(x, EB_BAD, "", "the loop answers, but runs no turns: consults, retries and price checks wait",
                "look at the last lines of the log, then restart the engine; stops at the exchange go on meanwhile",
                "the engine wanted to act %s ago; its last turn was %s ago", EB_AGE(eb_doctor_late_ms(x)),
                EB_AGE(idle_ms));
    }
}

void eb_check_loop_gap(struct eb_exam *x)
{
    const struct eb_live *l = x->live;
    int64_t ago_ms = x->now_ms - l->last_gap_ms;
    EB_SAY(x->fine, "the longest time in which the loop did not run is %s", EB_DELAY(l->longest_gap_ns));
    if (l->gaps > 0) {
        eb_find(x, ago_ms < RECENT_MS ? EB_BAD : EB_NOTE, "",
                l->lockstep
                    ? "the process was stopped or starved; the simulated clock waited for it"
                    : "the process was stopped or starved, or the machine slept: prices in between were not seen",
                "everything was read anew by itself; find what stopped it (suspend, SIGSTOP, a busy or swapping host)",
                "the loop did not run for %s, %" PRIu64 " times longer than 5 s, the last time %s ago",
                EB_DELAY(l->longest_gap_ns), l->gaps, EB_AGE(ago_ms));
    }
}

void eb_check_clock(struct eb_exam *x)
{
    const struct eb_live *l = x->live;
    if (!l->wall_known) {
        EB_SAY(x->fine, "the exchange's clock is not comparable with this machine's: it is simulated");
        return;
    }
    int64_t off_ms = l->wall_offset_ms < 0 ? -l->wall_offset_ms : l->wall_offset_ms;
    EB_SAY(x->fine, "this machine's clock differs from the exchange's by %" PRId64 " ms", l->wall_offset_ms);
    if (off_ms > OFFSET_MAX_MS) {
        eb_find(x, EB_BAD, "", "this machine's clock is set wrong, or was changed",
                "start a time service (`timedatectl set-ntp true`, chrony); the engine itself uses the exchange's time",
                "this machine's clock is %s %s of the exchange's (at most %d ms)", EB_AGE(off_ms),
                l->wall_offset_ms > 0 ? "ahead" : "behind", OFFSET_MAX_MS);
    }
}

/* Whether an alarm of that name stands; without alarms: true, for nobody can say that it is over. */
static bool stands(const struct eb_exam *x, const char *name)
{
    bool found = x->live->alarms == NULL;
    for (unsigned i = 0; i < eb_alarms_count(x->live->alarms); i++) {
        const struct eb_alarm *a = eb_alarms_at(x->live->alarms, i);
        found = found || (!a->over && strcmp(a->name, name) == 0);
    }
    return found;
}

void eb_check_queue(struct eb_exam *x)
{
    EB_SAY(x->fine, "no event was lost, %zu prices wait", x->live->pump != NULL ? eb_pump_waiting(x->live->pump) : 0);
    if (x->times.overflows > 0) {
        eb_find(x, stands(x, eb_alert_name(EB_ALERT_EVENTS_LOST)) ? EB_BAD : EB_NOTE, "",
                "the exchange told more within one turn than the queue holds; a complete picture was asked for since",
                "raise account.symbols_max: the queue grows by 8 events for each",
                "%" PRIu64 " events were lost, the queue holds %" PRIu32, x->times.overflows,
                (uint32_t)EB_TURN_QUEUE(x->config->symbols_max));
    }
}

/* History that is told again after a lost connection is no news, and counted with the rest. */
void eb_check_refused_events(struct eb_exam *x)
{
    bool again = x->live->connects > 1;
    EB_SAY(x->fine, "%" PRIu64 " events were not taken%s", x->times.refused,
           x->times.refused > 0 ? ": history that was told again after a lost connection" : "");
    if (x->times.refused > 0 && !again) {
        eb_find(x, EB_NOTE, "", "events of symbols that the engine does not know, or more symbols than it has room for",
                "look for event.refused and symbol.no_room in the log; raise account.symbols_max",
                "%" PRIu64 " events were not taken", x->times.refused);
    }
}

void eb_check_delay(struct eb_exam *x)
{
    const struct eb_delay *d = &x->live->price_delay;
    int64_t p999 = eb_delay_at(d, 999);
    EB_SAY(x->fine, "prices: p50 %s, p99 %s, p99.9 %s, longest %s of %" PRIu64, EB_DELAY(eb_delay_at(d, 500)),
           EB_DELAY(eb_delay_at(d, 990)), EB_DELAY(p999), EB_DELAY(d->max_ns), d->count);
    if (p999 > DELAY_MAX_NS && d->count >= DELAYS_MIN) {
        struct eb_finding *f = eb_finding_add(x, EB_NOTE, "");
        EB_SAY(f->evidence, "%s", x->fine);
        EB_SAY(f->cause,
               "one price in a thousand waits longer than 1 ms for its turn: the machine is busy with others");
        EB_SAY(f->remedy,
               "give the engine a core (CPUAffinity=, Nice=-5 in the unit), or let it alone on the machine%s",
               x->live->venue.speed_ppm > EB_PPM ? "; or a simulated exchange is to run faster than it can" : "");
    }
}
