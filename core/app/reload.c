/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reload on the loop's thread: requests, one trial at a time, what becomes of it, and the way back.
 *
 *     try --> wanted --> job: build (worker) --> clone, twin --> try (worker) --> finish: staged | swapped ... --> told
 *     observe --> probation --> wake --> roll back
 */
#define _POSIX_C_SOURCE 200809L

#include "app/reload.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/reload_inner.h"
#include "base/hash.h"

#define QUIET_MS 200
#define FAILURES 3
#define TRIES 4 /* of one request, when the ground moves under it */
#define HASH_SHOWN 12

/* ---- reports ----------------------------------------------------------------------------------------------------- */

static const char *event_name(uint8_t outcome, enum eb_log_level *level)
{
    switch ((enum eb_reload_outcome)outcome) {
    case EB_RELOAD_REFUSED:
        *level = EB_LOG_WARN;
        return "policy.refused";
    case EB_RELOAD_STAGED:
        *level = EB_LOG_WARN;
        return "policy.staged";
    case EB_RELOAD_SWAPPED:
        *level = EB_LOG_INFO;
        return "policy.swapped";
    case EB_RELOAD_ROLLED_BACK:
        *level = EB_LOG_WARN;
        return "policy.rolled_back";
    case EB_RELOAD_UNCHANGED:
    case EB_RELOAD_PLANNED:
    case EB_RELOAD_BUSY:
    case EB_RELOAD_OUTCOME_COUNT:
        break;
    }
    return NULL;
}

static void write_log(const struct eb_reload *r, const struct eb_reload_report *p)
{
    enum eb_log_level level = EB_LOG_INFO;
    const char *event = p->cause == EB_RELOAD_PLAN ? NULL : event_name(p->outcome, &level);
    if (event != NULL) {
        eb_log(r->c.log, level, event, EB_STR("hash", p->hash), EB_STR("hash_before", p->hash_before),
               EB_STR("name", p->name), EB_STR("version", p->version), EB_STR("dir", p->dir), EB_STR("who", p->who),
               EB_STR("why", p->why), EB_STR("message", p->message), EB_I64("positions", p->positions),
               EB_I64("changes", p->changed_positions), EB_I64("parked", p->parked),
               EB_I64("stops_moved", p->stops_moved), EB_I64("levels_moved", p->levels_moved),
               EB_I64("closes", p->closes), EB_I64("took_ms", p->took_ns / 1000000));
    }
}

void eb_reload_tell(struct eb_reload *r, const struct eb_reload_report *p)
{
    write_log(r, p);
    if (r->c.told != NULL) {
        r->c.told(r->c.user, p);
    }
}

void eb_reload_begin_report(const struct eb_reload *r, struct eb_reload_report *p, const char *who, const char *why)
{
    memset(p, 0, sizeof(*p));
    eb_reload_text_copy(p->who, sizeof(p->who), who);
    eb_reload_text_copy(p->why, sizeof(p->why), why);
    eb_hex(r->now.event.hash, EB_HASH_SIZE, p->hash_before);
    p->at_ms = r->c.now_ms(r->c.user);
}

/* An answer to a request that never became a trial. */
static void answer_at_once(struct eb_reload *r, const struct eb_reload_wanted *w, enum eb_reload_outcome outcome,
                           const char *message)
{
    struct eb_reload_report p;
    eb_reload_begin_report(r, &p, w->who, w->why);
    p.cause = w->cause;
    p.outcome = (uint8_t)outcome;
    eb_reload_text_copy(p.message, sizeof(p.message), message);
    eb_reload_tell(r, &p);
    if (w->done != NULL) {
        w->done(w->user, &p);
    }
}

/* ---- one trial --------------------------------------------------------------------------------------------------- */

static void begin(struct eb_reload *r, const struct eb_reload_wanted *w);
static void start_build(struct eb_reload *r, struct eb_reload_job *j);

/* The staged candidate is what lies in its directory: when something else does, nobody can confirm it any more. */
static void review_staged(struct eb_reload *r, const struct eb_reload_report *p)
{
    if (p->cause != EB_RELOAD_PLAN && r->has_staged && strcmp(p->dir, r->staged.dir) == 0 &&
        strcmp(p->hash, r->staged.hash) != 0) {
        r->has_staged = false;
    }
}

/* NOLINTBEGIN(misc-no-recursion): a trial that cannot begin ends at once: as deep as requests can wait */
static void finish(struct eb_reload *r, struct eb_reload_job *j)
{
    struct eb_reload_report *p = &j->report;
    r->job = NULL;
    p->took_ns = eb_monotonic_ns() - j->began_ns;
    p->at_ms = r->c.now_ms(r->c.user);
    review_staged(r, p);
    if (p->cause != EB_RELOAD_PLAN) {
        r->last = *p;
        r->has_last = true;
    }
    if (p->outcome == EB_RELOAD_SWAPPED) {
        eb_reload_swap_in(r, j);
    } else if (p->outcome == EB_RELOAD_STAGED) {
        r->staged = *p;
        r->has_staged = true;
    }
    eb_reload_tell(r, p);
    if (j->wanted.done != NULL) {
        j->wanted.done(j->wanted.user, p);
    }
    eb_reload_job_destroy(j);
    if (r->job == NULL && r->waiting_count > 0) {
        struct eb_reload_wanted next = r->waiting[0];
        memmove(&r->waiting[0], &r->waiting[1], sizeof(next) * --r->waiting_count);
        begin(r, &next);
    }
}

static void ended(struct eb_reload_job *j)
{
    EB_ASSERT(pthread_mutex_lock(&j->lock) == 0);
    j->working = false;
    (void)pthread_cond_signal(&j->ended);
    EB_ASSERT(pthread_mutex_unlock(&j->lock) == 0);
}

static void work_build(void *user)
{
    eb_reload_job_build(user);
    ended(user);
}

static void work_try(void *user)
{
    eb_reload_job_try(user);
    ended(user);
}

/* What the trial took for granted does not hold any more: somebody rolled back, or the mode is another. */
static bool again(struct eb_reload *r, struct eb_reload_job *j)
{
    bool same = j->generation == r->generation && j->live == r->c.live(r->c.user);
    if (same || j->report.outcome == EB_RELOAD_REFUSED) {
        return false;
    }
    eb_policy_close(j->candidate);
    j->candidate = NULL;
    if (++j->tries >= TRIES) {
        eb_reload_job_settle(j, EB_RELOAD_REFUSED,
                             "the set in force or the mode changed during each of %d trials: try again", TRIES);
        return false;
    }
    start_build(r, j);
    return true;
}

static void done_try(void *user)
{
    struct eb_reload_job *j = user;
    if (j->owner == NULL) {
        eb_reload_job_destroy(j);
    } else if (!again(j->owner, j)) {
        finish(j->owner, j);
    }
}

/* The live engine's part: a clone of it and a twin of the set in force, both the worker's from then on. */
static int take_ground(struct eb_reload *r, struct eb_reload_job *j, struct eb_err *err)
{
    const struct eb_engine *e = r->c.engine(r->c.user);
    j->now_ms = r->c.now_ms(r->c.user);
    if (e == NULL) {
        return EB_OK;
    }
    int rc = EB_OK;
    if (j->room != NULL && eb_engine_configuration(e).symbols_max == j->room_config.symbols_max) {
        eb_engine_clone_into(e, j->room);
        j->clone = j->room;
        j->room = NULL;
    } else {
        rc = eb_engine_clone(e, &j->clone, err);
    }
    return rc == EB_OK ? eb_policy_copy(r->now.policy, &j->twin, err) : rc;
}

static void start_try(struct eb_reload *r, struct eb_reload_job *j)
{
    struct eb_err err = {.msg = ""};
    int rc = take_ground(r, j, &err);
    j->working = rc == EB_OK;
    rc = rc == EB_OK ? eb_work_run(r->c.loop, work_try, done_try, j, &err) : rc;
    if (rc != EB_OK) {
        j->working = false;
        eb_reload_job_settle(j, EB_RELOAD_REFUSED, "the trial could not be begun: %s", err.msg);
        finish(r, j);
    }
}

static void done_build(void *user)
{
    struct eb_reload_job *j = user;
    if (j->owner == NULL) {
        eb_reload_job_destroy(j);
    } else if (again(j->owner, j)) {
        return;
    } else if (j->settled) {
        finish(j->owner, j);
    } else {
        start_try(j->owner, j);
    }
}

static void start_build(struct eb_reload *r, struct eb_reload_job *j)
{
    struct eb_err err = {.msg = ""};
    eb_reload_begin_report(r, &j->report, j->wanted.who, j->wanted.why);
    j->report.cause = j->wanted.cause;
    eb_reload_text_copy(j->report.dir, sizeof(j->report.dir), j->choice.dir);
    memcpy(j->in_force, r->now.event.hash, EB_HASH_SIZE);
    memcpy(j->banned, r->banned, sizeof(j->banned));
    j->generation = r->generation;
    j->live = r->c.live(r->c.user);
    j->settled = false;
    j->excused_count = 0;
    const struct eb_engine *e = r->c.engine(r->c.user);
    if (e != NULL) {
        j->room_config = eb_engine_configuration(e);
        j->room_config.hedge = eb_engine_hedge(e);
        j->room_symbols = eb_engine_symbol_count(e);
    }
    j->working = true;
    if (eb_work_run(r->c.loop, work_build, done_build, j, &err) != EB_OK) {
        j->working = false;
        eb_reload_job_settle(j, EB_RELOAD_REFUSED, "the trial could not be begun: %s", err.msg);
        finish(r, j);
    }
}

/* One directory has one name, so that names can be compared: absolute, without a slash at its end. Symbolic links stay:
 * where they point to is what is loaded, today and tomorrow. */
static void name_directory(char dir[EB_SHARE_PATH_MAX])
{
    char here[EB_SHARE_PATH_MAX];
    size_t len = strlen(dir);
    if (dir[0] != '/' && getcwd(here, sizeof(here)) != NULL) {
        const char *rest = strcmp(dir, ".") == 0 ? "" : strncmp(dir, "./", 2) == 0 ? dir + 2 : dir;
        size_t prefix = strlen(here);
        if (prefix + 1 + strlen(rest) < sizeof(here)) {
            here[prefix] = '/';
            memcpy(here + prefix + 1, rest, strlen(rest) + 1);
            len = strlen(here);
            memcpy(dir, here, len + 1);
        }
    }
    while (len > 1 && dir[len - 1] == '/') {
        dir[--len] = '\0';
    }
}

static void begin(struct eb_reload *r, const struct eb_reload_wanted *w)
{
    struct eb_reload_job *j = eb_reload_job_create();
    if (j == NULL) {
        answer_at_once(r, w, EB_RELOAD_REFUSED, "no memory for a trial");
        return;
    }
    bool of_staged =
        w->confirm[0] != '\0' && r->has_staged && strncmp(r->staged.hash, w->confirm, strlen(w->confirm)) == 0;
    j->owner = r;
    j->wanted = *w;
    j->choice = r->now.choice;
    eb_reload_text_copy(j->choice.dir, sizeof(j->choice.dir),
                        w->dir[0] != '\0' ? w->dir
                        : of_staged       ? r->staged.dir
                                          : r->now.choice.dir);
    name_directory(j->choice.dir);
    j->began_ns = eb_monotonic_ns();
    r->job = j;
    start_build(r, j);
}
/* NOLINTEND(misc-no-recursion) */

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static bool read_confirm(const char *text, char out[2 * EB_HASH_SIZE + 1])
{
    size_t len = strlen(text);
    if (len < EB_RELOAD_CONFIRM_DIGITS || len > (size_t)2 * EB_HASH_SIZE) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!isxdigit((unsigned char)text[i])) {
            return false;
        }
        out[i] = (char)tolower((unsigned char)text[i]);
    }
    out[len] = '\0';
    return true;
}

static bool read_request(const struct eb_reload_request *q, struct eb_reload_wanted *w, char *message, size_t room)
{
    memset(w, 0, sizeof(*w));
    w->cause = q->cause;
    w->done = q->done;
    w->user = q->user;
    w->view = q->view;
    eb_reload_text_copy(w->who, sizeof(w->who), q->who);
    eb_reload_text_copy(w->why, sizeof(w->why), q->why);
    eb_reload_text_copy(w->dir, sizeof(w->dir), q->dir);
    if (q->dir != NULL && strlen(q->dir) >= sizeof(w->dir)) {
        (void)snprintf(message, room, "%.60s...: path too long", q->dir);
        return false;
    }
    if (q->confirm != NULL && !read_confirm(q->confirm, w->confirm)) {
        (void)snprintf(message, room, "\"%.80s\" is no hash of a policy set: give its first %d digits or more",
                       q->confirm, EB_RELOAD_CONFIRM_DIGITS);
        return false;
    }
    return true;
}

static bool nobody_waits(const struct eb_reload_wanted *w)
{
    return w->done == NULL && (w->cause == EB_RELOAD_SAVED || w->cause == EB_RELOAD_SIGHUP);
}

static void wait_for_job(struct eb_reload *r, const struct eb_reload_wanted *w)
{
    for (unsigned i = 0; nobody_waits(w) && i < r->waiting_count; i++) {
        if (nobody_waits(&r->waiting[i])) {
            return; /* one look at the files, after the trial under way, is enough */
        }
    }
    if (r->waiting_count == EB_RELOAD_WAITING_MAX) {
        answer_at_once(r, w, EB_RELOAD_BUSY, "a trial is under way and others wait: try again");
        return;
    }
    r->waiting[r->waiting_count++] = *w;
}

void eb_reload_try(struct eb_reload *r, const struct eb_reload_request *q)
{
    struct eb_reload_wanted w;
    char message[160];
    if (!read_request(q, &w, message, sizeof(message))) {
        answer_at_once(r, &w, EB_RELOAD_REFUSED, message);
    } else if (r->job != NULL) {
        wait_for_job(r, &w);
    } else {
        begin(r, &w);
    }
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

int eb_reload_create(const struct eb_reload_config *c, struct eb_reload **out, struct eb_err *err)
{
    *out = NULL;
    struct eb_reload *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "reload", "no memory for the reload of policies");
    }
    r->c = *c;
    r->c.quiet_ms = c->quiet_ms > 0 ? c->quiet_ms : QUIET_MS;
    r->c.trial_failures = c->trial_failures > 0 ? c->trial_failures : FAILURES;
    r->now.choice = *c->choice;
    name_directory(r->now.choice.dir);
    int rc = eb_policy_open_choice(c->choice, NULL, c->log, &r->now.policy, err);
    rc = rc == EB_OK ? eb_wake_open(c->loop, eb_reload_probation_failed, r, &r->failed, err) : rc;
    if (rc != EB_OK) {
        eb_reload_destroy(r);
        return rc;
    }
    eb_reload_fill_event(&r->now, "", "");
    eb_reload_watch(r);
    *out = r;
    return EB_OK;
}

/* The worker's half that runs comes to its end; what it leaves is freed by its callback, which the loop still owes. */
static void abandon(struct eb_reload_job *j)
{
    atomic_store(&j->stop, true);
    EB_ASSERT(pthread_mutex_lock(&j->lock) == 0);
    while (j->working) {
        (void)pthread_cond_wait(&j->ended, &j->lock);
    }
    EB_ASSERT(pthread_mutex_unlock(&j->lock) == 0);
    j->owner = NULL;
}

void eb_reload_destroy(struct eb_reload *r)
{
    if (r == NULL) {
        return;
    }
    if (r->job != NULL) {
        abandon(r->job);
    }
    eb_watch_close(r->watch);
    eb_wake_close(r->failed);
    eb_probation_end(&r->probation);
    for (unsigned i = 0; i < r->before_count; i++) {
        eb_policy_close(r->before[i].policy);
    }
    eb_policy_close(r->now.policy);
    free(r);
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

struct eb_policy *eb_reload_policy(const struct eb_reload *r)
{
    return r->now.policy;
}

void eb_reload_event(const struct eb_reload *r, struct eb_ev_policy *out)
{
    *out = r->now.event;
}

const struct eb_reload_report *eb_reload_staged(const struct eb_reload *r)
{
    return r->has_staged ? &r->staged : NULL;
}

const struct eb_reload_report *eb_reload_last(const struct eb_reload *r)
{
    return r->has_last ? &r->last : NULL;
}

bool eb_reload_busy(const struct eb_reload *r)
{
    return r->job != NULL;
}

bool eb_reload_watching(const struct eb_reload *r)
{
    return r->watch != NULL;
}
