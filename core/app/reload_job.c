/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One trial of one candidate: the two halves that run on a worker.
 *
 *     build: read, compile, self tests, quiet market   --> settled, or
 *     try:   the dry run on clones, the rule of semantics 8 --> settled
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/plan.h"
#include "app/reload_inner.h"
#include "app/trial.h"

#define HASH_SHOWN 12

struct eb_reload_job *eb_reload_job_create(void)
{
    struct eb_reload_job *j = calloc(1, sizeof(*j));
    if (j != NULL) {
        EB_ASSERT(pthread_mutex_init(&j->lock, NULL) == 0 && pthread_cond_init(&j->ended, NULL) == 0);
        atomic_init(&j->stop, false);
    }
    return j;
}

void eb_reload_job_destroy(struct eb_reload_job *j)
{
    if (j == NULL) {
        return;
    }
    eb_policy_close(j->candidate);
    eb_policy_close(j->twin);
    eb_engine_destroy(j->clone);
    eb_engine_destroy(j->room);
    eb_plan_free(j->plan);
    (void)pthread_cond_destroy(&j->ended);
    (void)pthread_mutex_destroy(&j->lock);
    free(j);
}

void eb_reload_job_settle(struct eb_reload_job *j, enum eb_reload_outcome outcome, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(j->report.message, sizeof(j->report.message), fmt, args);
    va_end(args);
    j->report.outcome = (uint8_t)outcome;
    j->settled = true;
}

/* ---- the first half ---------------------------------------------------------------------------------------------- */

static void name_candidate(struct eb_reload_job *j, uint8_t hash[EB_HASH_SIZE])
{
    struct eb_policy_info info;
    eb_policy_info(j->candidate, &info);
    memcpy(hash, info.hash, EB_HASH_SIZE);
    memcpy(j->report.hash, info.hash_text, sizeof(j->report.hash));
    (void)snprintf(j->report.name, sizeof(j->report.name), "%s", info.name);
    (void)snprintf(j->report.version, sizeof(j->report.version), "%s", info.version);
}

static bool confirmed(const struct eb_reload_job *j)
{
    size_t digits = strlen(j->wanted.confirm);
    return digits > 0 && strncmp(j->report.hash, j->wanted.confirm, digits) == 0;
}

/* Only what a person asks for is tried again after it was rolled back. */
static bool is_banned(const struct eb_reload_job *j, const uint8_t hash[EB_HASH_SIZE])
{
    bool banned = false;
    for (unsigned i = 0; i < EB_RELOAD_BANNED; i++) {
        banned = banned || memcmp(j->banned[i], hash, EB_HASH_SIZE) == 0;
    }
    return banned && (j->wanted.cause == EB_RELOAD_SAVED || j->wanted.cause == EB_RELOAD_SIGHUP);
}

/* What is known by the hash alone. */
static void judge_hash(struct eb_reload_job *j)
{
    uint8_t hash[EB_HASH_SIZE];
    name_candidate(j, hash);
    bool wrong = j->wanted.confirm[0] != '\0' && !confirmed(j);
    if (memcmp(hash, j->in_force, EB_HASH_SIZE) == 0 && !wrong) {
        eb_reload_job_settle(j, EB_RELOAD_UNCHANGED, "%s", "");
    } else if (memcmp(hash, j->in_force, EB_HASH_SIZE) == 0) {
        eb_reload_job_settle(j, EB_RELOAD_REFUSED,
                             "%s was confirmed, and nothing of that hash waits: what lies in %s runs",
                             j->wanted.confirm, j->choice.dir);
    } else if (wrong) {
        eb_reload_job_settle(
            j, EB_RELOAD_REFUSED,
            "%s was confirmed, and the hash of the files in %s is %.*s: mistyped, or they have changed "
            "since; look at what they would do (exitbrain plan, exitbrain reload), confirm that",
            j->wanted.confirm, j->choice.dir, HASH_SHOWN, j->report.hash);
    } else if (is_banned(j, hash)) {
        eb_reload_job_settle(j, EB_RELOAD_REFUSED,
                             "%s: this very set (%.*s) was rolled back; it is not loaded by itself until a file "
                             "changes, exitbrain reload loads it all the same",
                             j->choice.dir, HASH_SHOWN, j->report.hash);
    }
}

void eb_reload_job_build(struct eb_reload_job *j)
{
    struct eb_err err = {.msg = ""};
    eb_plan_free(j->plan); /* of a trial that has to be made anew */
    j->plan = NULL;
    /* No log: what a candidate writes is nobody's, and the log belongs to the loop's thread. */
    if (atomic_load(&j->stop) || eb_policy_open_choice(&j->choice, NULL, NULL, &j->candidate, &err) != EB_OK) {
        eb_reload_job_settle(j, EB_RELOAD_REFUSED, "%s", err.msg);
        return;
    }
    judge_hash(j);
    if (!j->settled && eb_trial(j->candidate, &err) != EB_OK) {
        eb_reload_job_settle(j, EB_RELOAD_REFUSED, "%s", err.msg);
    }
    if (j->settled) {
        eb_policy_close(j->candidate);
        j->candidate = NULL;
    } else if (j->room_symbols > 0 && j->room == NULL) { /* without it, cloning takes longer: no failure */
        (void)eb_engine_room(&j->room_config, j->room_symbols, &j->room, NULL);
    }
}

/* ---- the second half --------------------------------------------------------------------------------------------- */

static const char *plural(unsigned n)
{
    return n == 1 ? "" : "s";
}

/* "2 stops move, 1 level would be parked": what needs a person. */
static void say_why(const struct eb_reload_report *r, char *out, size_t room)
{
    const struct {
        unsigned n;
        const char *one, *more;
    } part[] = {
        {r->closes, "position would be closed or reduced", "positions would be closed or reduced"},
        {r->parked, "level would be parked", "levels would be parked"},
        {r->stops_moved, "stop moves", "stops move"},
        {r->levels_moved, "level moves more than 0.25 R, appears or goes",
         "levels move more than 0.25 R, appear or go"},
        {r->untried, "position could not be judged (no fresh price, or nobody may ask about it now)",
         "positions could not be judged (no fresh price, or nobody may ask about them now)"},
        {r->failing, "position fails as under the set in force", "positions fail as under the set in force"},
    };
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < EB_COUNT(part) && used < room; i++) {
        if (part[i].n > 0) {
            int n = snprintf(out + used, room - used, "%s%u %s", used > 0 ? ", " : "", part[i].n,
                             part[i].n == 1 ? part[i].one : part[i].more);
            used += n > 0 ? (size_t)n : 0;
        }
    }
}

/* Semantics 8: what a file may do by itself while orders leave. */
static void apply_rule(struct eb_reload_job *j)
{
    struct eb_reload_report *r = &j->report;
    char why[360];
    say_why(r, why, sizeof(why));
    r->needs_confirmation = why[0] != '\0';
    if (j->wanted.cause == EB_RELOAD_PLAN) {
        eb_reload_job_settle(j, EB_RELOAD_PLANNED, "%s", why);
    } else if (j->live && r->needs_confirmation && !confirmed(j)) {
        eb_reload_job_settle(j, EB_RELOAD_STAGED, "%s; to load it: exitbrain reload --confirm %.*s", why, HASH_SHOWN,
                             r->hash);
    } else {
        eb_reload_job_settle(j, EB_RELOAD_SWAPPED, "%s", "");
    }
}

static const struct eb_dry_position *by_id(const struct eb_dry *d, eb_position_id id)
{
    return &d->position[d->place[id]];
}

static void refuse(struct eb_reload_job *j, const struct eb_dry *d, const struct eb_dry_problem *problem)
{
    const struct eb_dry_position *p = by_id(d, problem->position);
    char more[48] = "";
    if (problem->count > 1) {
        (void)snprintf(more, sizeof(more), " (and %u other position%s)", problem->count - 1,
                       plural(problem->count - 1));
    }
    eb_reload_job_settle(j, EB_RELOAD_REFUSED, "%s %s%s: %s: %s", p->symbol, eb_side_name((enum eb_side)p->side), more,
                         problem->refused ? "the engine refuses what decide(ctx) says" : "decide(ctx) failed",
                         problem->text);
}

static void excuse(struct eb_reload_job *j, const struct eb_dry *d)
{
    for (uint32_t i = 0; i < d->count && j->excused_count < EB_RELOAD_EXCUSED_MAX; i++) {
        if (d->position[i].next.fails) {
            j->excused[j->excused_count++] = d->position[i].id;
        }
    }
}

/* What the trial runs on: the clone for the candidate, one of it for the set in force, one more to find out causes. */
struct ground {
    struct eb_engine *candidate, *in_force, *causes; /* owned until a run takes them */
};

static int take_ground(struct eb_reload_job *j, struct ground *g, struct eb_err *err)
{
    *g = (struct ground){.candidate = j->clone};
    j->clone = NULL;
    int rc = eb_engine_clone(g->candidate, &g->in_force, err);
    return rc == EB_OK && j->wanted.cause == EB_RELOAD_PLAN ? eb_engine_clone(g->candidate, &g->causes, err) : rc;
}

static void leave_ground(struct ground *g)
{
    eb_engine_destroy(g->candidate);
    eb_engine_destroy(g->in_force);
    eb_engine_destroy(g->causes);
}

/* A run takes its engine in any case. */
static struct eb_engine *give(struct eb_engine **e)
{
    struct eb_engine *given = *e;
    *e = NULL;
    return given;
}

/* The set in force first: whoever fails under it too is no reason against the candidate. */
static int run_both(struct eb_reload_job *j, struct ground *g, struct eb_dry *d, struct eb_dry_problem *problem,
                    struct eb_err *err)
{
    int rc = eb_dry_open(d, j->clone, j->now_ms, err);
    rc = rc == EB_OK ? eb_policy_build(j->twin, err) : rc;
    rc = rc == EB_OK ? take_ground(j, g, err) : rc;
    rc = rc == EB_OK ? eb_dry_run(d, give(&g->in_force), j->twin, false, NULL, &j->stop, err) : rc;
    return rc == EB_OK ? eb_dry_run(d, give(&g->candidate), j->candidate, true, problem, &j->stop, err) : rc;
}

/* Position by position, with causes. */
static int plan(struct eb_reload_job *j, const struct eb_dry *d, const struct eb_engine *ground, struct eb_err *err)
{
    j->plan = calloc(1, sizeof(*j->plan));
    if (j->plan == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "reload.plan", "no memory for a plan");
    }
    int rc = eb_plan_rows(j->plan, d, err);
    rc = rc == EB_OK ? eb_plan_causes(j->plan, d, ground, j->twin, j->candidate, &j->stop, err) : rc;
    if (rc == EB_OK) {
        eb_plan_render(j->plan, &j->wanted.view);
        j->report.plan = j->plan;
    }
    return rc;
}

static void judge(struct eb_reload_job *j, const struct eb_dry *d, const struct eb_dry_problem *problem,
                  const struct eb_engine *ground)
{
    struct eb_err err = {.msg = ""};
    eb_dry_compare(d, &j->report);
    if (problem->count > 0) {
        refuse(j, d, problem);
    } else if (j->wanted.cause == EB_RELOAD_PLAN && plan(j, d, ground, &err) != EB_OK) {
        eb_reload_job_settle(j, EB_RELOAD_REFUSED, "the plan could not be made: %s", err.msg);
    } else {
        excuse(j, d);
        apply_rule(j);
    }
}

static void try_on_positions(struct eb_reload_job *j)
{
    struct eb_err err = {.msg = ""};
    struct eb_dry d = {0};
    struct ground g = {0};
    struct eb_dry_problem problem = {0};
    if (run_both(j, &g, &d, &problem, &err) == EB_OK) {
        judge(j, &d, &problem, g.causes);
    } else {
        eb_reload_job_settle(j, EB_RELOAD_REFUSED, "the trial could not be made: %s", err.msg);
    }
    leave_ground(&g);
    eb_dry_close(&d);
}

void eb_reload_job_try(struct eb_reload_job *j)
{
    struct eb_err err = {.msg = ""};
    if (j->clone != NULL) {
        try_on_positions(j);
    } else if (j->wanted.cause == EB_RELOAD_PLAN) {
        j->report.needs_confirmation = true;
        eb_reload_job_settle(j, EB_RELOAD_PLANNED,
                             "the engine is not connected to its venue: it loads, and could not be tried on positions");
    } else if (j->live && !confirmed(j)) {
        j->report.needs_confirmation = true;
        eb_reload_job_settle(j, EB_RELOAD_STAGED,
                             "the engine is not connected to its venue, so it could not be tried on positions; to load "
                             "it: exitbrain reload --confirm %.*s",
                             HASH_SHOWN, j->report.hash);
    } else {
        apply_rule(j);
    }
    if (j->report.outcome == EB_RELOAD_SWAPPED && eb_policy_renew(j->candidate, &err) != EB_OK) {
        eb_reload_job_settle(j, EB_RELOAD_REFUSED, "%s", err.msg);
    }
    if (j->report.outcome != EB_RELOAD_SWAPPED) { /* here and not on the loop's thread: it takes its time */
        eb_policy_close(j->candidate);
        j->candidate = NULL;
    }
    eb_policy_close(j->twin);
    j->twin = NULL;
    eb_engine_destroy(j->clone);
    j->clone = NULL;
}
