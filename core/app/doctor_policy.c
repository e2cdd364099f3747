/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the policy set as a whole (what runs against what lies on the disk), and of alarms. */
#define _POSIX_C_SOURCE 200809L

#include "app/doctor_inner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/answer_words.h"

#define HASH_SHOWN 12

static const struct eb_reload_report *last_report(const struct eb_exam *x, enum eb_reload_outcome outcome)
{
    const struct eb_reload_report *r = x->live->reload != NULL ? eb_reload_last(x->live->reload) : NULL;
    bool meant = r != NULL && r->outcome == outcome && r->cause != EB_RELOAD_PLAN;
    return meant ? r : NULL;
}

void eb_check_refused_policy(struct eb_exam *x)
{
    const struct eb_reload_report *r = last_report(x, EB_RELOAD_REFUSED);
    EB_SAY(x->fine, "nothing that was saved was refused");
    if (r != NULL && strcmp(r->hash, r->hash_before) != 0) { /* else the hash confirmed was wrong, not the files */
        struct eb_finding *f = eb_finding_add(x, EB_BAD, "");
        EB_SAY(f->evidence, "refused %s ago: %s", EB_AGE(x->now_ms - r->at_ms), r->message);
        EB_SAY(f->cause, "what lies on the disk is not what runs: the set before it stays in force");
        EB_SAY(f->remedy, "correct it and save, or `exitbrain reload`; `exitbrain check` tries it without the engine");
    }
}

void eb_check_staged(struct eb_exam *x)
{
    const struct eb_reload_report *r = x->live->reload != NULL ? eb_reload_staged(x->live->reload) : NULL;
    EB_SAY(x->fine, "no candidate waits");
    if (r != NULL) {
        struct eb_finding *f = eb_finding_add(x, EB_NOTE, "");
        EB_SAY(f->evidence, "%.*s waits since %s: %s", HASH_SHOWN, r->hash, EB_AGE(x->now_ms - r->at_ms), r->message);
        EB_SAY(f->cause, "it would park levels, move a stop, or move a level by more than 0.25 R: a person decides");
        EB_SAY(f->remedy, "`exitbrain plan` shows the difference; `exitbrain reload --confirm %.*s` takes it",
               HASH_SHOWN, r->hash);
    }
}

void eb_check_rolled_back(struct eb_exam *x)
{
    const struct eb_reload_report *r = last_report(x, EB_RELOAD_ROLLED_BACK);
    EB_SAY(x->fine, "no set was taken back");
    if (r != NULL) {
        bool by_hand = r->who[0] != '\0';
        struct eb_finding *f = eb_finding_add(x, by_hand ? EB_NOTE : EB_BAD, "");
        EB_SAY(f->evidence, "%s ago, %s%s: %s", EB_AGE(x->now_ms - r->at_ms), by_hand ? "by " : "by itself",
               by_hand ? r->who : "", r->message);
        EB_SAY(f->cause, "%s",
               by_hand ? "the set before is in force again; the files on the disk are still the newer ones"
                       : "the new set failed in its first cycles, the one before is in force again");
        EB_SAY(f->remedy, "correct the files and save them; a restart would load what lies on the disk");
    }
}

void eb_check_unwatched(struct eb_exam *x)
{
    EB_SAY(x->fine, "%s", x->live->reload != NULL ? "saved files are tried by themselves" : "no policy set of its own");
    if (x->live->reload != NULL && !x->live->o.config.watch) {
        eb_find(x, EB_NOTE, "", "policy.watch = false: saved files change nothing by themselves",
                "`exitbrain reload` or SIGHUP after each edit, or policy.watch = true",
                "the policy directory is not watched");
    }
}

void eb_check_policy_gone(struct eb_exam *x)
{
    const char *dir = x->live->o.choice.dir;
    char path[EB_SHARE_PATH_MAX + 16];
    EB_SAY(x->fine, "%s", dir);
    (void)snprintf(path, sizeof(path), "%s/init.lua", dir);
    if (dir[0] != '\0' && access(path, R_OK) != 0) {
        int why = errno;
        eb_find(x, EB_BAD, "", "the set in force is in memory and goes on; a restart could not load it",
                "put the directory back, or `exitbrain reload DIR` with another and set policy.dir", "%.150s: %s", path,
                strerror(why));
    }
}

/* ---- alarms ------------------------------------------------------------------------------------------------------ */

/* A check of its own says these with their evidence. */
static bool is_told(const char *name)
{
    static const char *const told[] = {
        "policy_failed",  "quarantined",   "verdict_refused",    "builtin_plan",  "parked",         "no_legal_stop",
        "stale_price",    "unprotected",   "unprotectable",      "tripped",       "foreign_owner",  "unknown_order",
        "shadow",         "store_failed",  "events_lost",        "venue_offline", "journal_failed", "another_engine",
        "policy_refused", "policy_staged", "policy_rolled_back", "protect_only"};
    for (size_t i = 0; i < EB_COUNT(told); i++) {
        if (strcmp(name, told[i]) == 0) {
            return true;
        }
    }
    return false;
}

void eb_check_alarms(struct eb_exam *x)
{
    const struct eb_alarms *a = x->live->alarms;
    EB_SAY(x->fine, "%u alarms stand", eb_alarms_standing(a));
    for (unsigned i = 0; i < eb_alarms_count(a); i++) {
        const struct eb_alarm *one = eb_alarms_at(a, i);
        if (one->over || is_told(one->name)) {
            continue;
        }
        bool lint = strcmp(one->name, eb_alert_name(EB_ALERT_LINT)) == 0;
        bool passing = lint || strcmp(one->name, eb_alert_name(EB_ALERT_ORDER_REFUSED)) == 0; /* is tried again */
        struct eb_finding *f = eb_finding_add(x, passing ? EB_NOTE : EB_BAD, one->symbol);
        EB_SAY(f->evidence, "alarm %s, %" PRIu64 " times, the last %s ago: %s", one->name, one->count,
               EB_AGE(x->now_ms - one->last_ms), one->text);
        EB_SAY(f->cause, "%s",
               lint ? "a plan of the policy set will not do all that it says"
                    : "docs/OPERATIONS.md says what it means");
        if (one->symbol[0] == '\0') {
            EB_SAY(f->remedy, "the log's lines of that time");
            continue;
        }
        EB_SAY(f->remedy,
               lint ? "`exitbrain check` names the setting; `exitbrain explain %s` shows the plan"
                    : "`exitbrain explain %s` and the log's lines of that time",
               one->symbol);
    }
}

void eb_check_alarm_command(struct eb_exam *x)
{
    const char *trouble = eb_alarms_trouble(x->live->alarms);
    const char *command = x->live->o.config.on_alarm;
    EB_SAY(x->fine, "%s",
           command[0] != '\0' ? "the command for alarms has done its work" : "no command for alarms is set");
    if (trouble[0] != '\0') {
        eb_find(
            x, EB_BAD, "", "alarms reach the log and `exitbrain status`, and nobody else",
            "run the command by hand with a line of JSON on its standard input; look for on_alarm.failed in the log",
            "%.100s: %s", command, trouble);
    }
}
