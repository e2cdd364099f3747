/* SPDX-License-Identifier: Apache-2.0 */
/* The set in force: swapped, watched while it is new, rolled back by hand or by itself. */
#include <stdio.h>
#include <string.h>

#include "app/reload_inner.h"
#include "base/hash.h"

#define HASH_SHOWN 12

static void close_policy(void *policy)
{
    eb_policy_close(policy);
}

static void closed_policy(void *policy)
{
    (void)policy;
}

/* Freeing a Lua state takes longer than a price should wait. */
static void retire(struct eb_reload *r, struct eb_reload_set *set)
{
    if (eb_work_run(r->c.loop, close_policy, closed_policy, set->policy, NULL) != EB_OK) {
        eb_policy_close(set->policy);
    }
    set->policy = NULL;
}

static void saved(void *user)
{
    eb_reload_try(user, &(struct eb_reload_request){.cause = EB_RELOAD_SAVED, .who = "saved file", .why = ""});
}

/* The directory of the set in force is the one that is watched. A watch that stands is left alone: it may have seen
 * something already that it has not told. */
void eb_reload_watch(struct eb_reload *r)
{
    struct eb_err err = {.msg = ""};
    if (!r->c.watch || (r->watch != NULL && strcmp(r->watched, r->now.choice.dir) == 0)) {
        return;
    }
    eb_watch_close(r->watch);
    eb_reload_text_copy(r->watched, sizeof(r->watched), r->now.choice.dir);
    if (eb_watch_open(r->c.loop, r->watched, r->c.quiet_ms, saved, r, &r->watch, &err) != EB_OK) {
        r->watch = NULL;
        eb_log(r->c.log, EB_LOG_WARN, "policy.not_watched", EB_STR("dir", r->watched), EB_STR("why", err.msg));
    }
}

static void ban(struct eb_reload *r, const uint8_t hash[EB_HASH_SIZE])
{
    memcpy(r->banned[r->banned_next], hash, EB_HASH_SIZE);
    r->banned_next = (r->banned_next + 1) % EB_RELOAD_BANNED;
}

static void unban(struct eb_reload *r, const uint8_t hash[EB_HASH_SIZE])
{
    for (unsigned i = 0; i < EB_RELOAD_BANNED; i++) {
        if (memcmp(r->banned[i], hash, EB_HASH_SIZE) == 0) {
            memset(r->banned[i], 0, EB_HASH_SIZE);
        }
    }
}

static void announce(struct eb_reload *r)
{
    r->generation++;
    r->has_staged = false; /* what it would change was told of another set */
    eb_reload_watch(r);
    r->c.swap(r->c.user, r->now.policy, &r->now.event);
}

void eb_reload_fill_event(struct eb_reload_set *set, const char *who, const char *why)
{
    struct eb_policy_info info;
    eb_policy_info(set->policy, &info);
    memset(&set->event, 0, sizeof(set->event));
    memcpy(set->event.hash, info.hash, EB_HASH_SIZE);
    set->event.legacy = info.legacy;
    eb_reload_text_copy(set->event.name, sizeof(set->event.name), info.name);
    eb_reload_text_copy(set->event.version, sizeof(set->event.version), info.version);
    eb_reload_text_copy(set->event.who, sizeof(set->event.who), who);
    eb_reload_text_copy(set->event.why, sizeof(set->event.why), why);
}

void eb_reload_swap_in(struct eb_reload *r, struct eb_reload_job *j)
{
    if (r->before_count == EB_RELOAD_KEPT) {
        retire(r, &r->before[0]);
        memmove(&r->before[0], &r->before[1], sizeof(r->before[0]) * (EB_RELOAD_KEPT - 1));
        r->before_count--;
    }
    r->before[r->before_count++] = r->now;
    r->now.policy = j->candidate;
    r->now.choice = j->choice;
    j->candidate = NULL;
    eb_reload_fill_event(&r->now, j->wanted.who, j->wanted.why);
    eb_policy_set_log(r->now.policy, r->c.log);
    unban(r, r->now.event.hash);
    const struct eb_engine *e = r->c.engine(r->c.user);
    eb_probation_begin(&r->probation, j, e != NULL ? eb_engine_symbol_count(e) : 0, r->c.trial_failures,
                       r->c.now_ms(r->c.user));
    announce(r);
}

static void go_back(struct eb_reload *r, const char *who, const char *why, struct eb_reload_report *p)
{
    struct eb_reload_set left = r->now;
    r->now = r->before[--r->before_count];
    eb_reload_text_copy(r->now.event.who, sizeof(r->now.event.who), who);
    eb_reload_text_copy(r->now.event.why, sizeof(r->now.event.why), why);
    ban(r, left.event.hash);
    eb_probation_end(&r->probation);
    p->outcome = EB_RELOAD_ROLLED_BACK;
    eb_hex(r->now.event.hash, EB_HASH_SIZE, p->hash);
    eb_reload_text_copy(p->name, sizeof(p->name), r->now.event.name);
    eb_reload_text_copy(p->version, sizeof(p->version), r->now.event.version);
    eb_reload_text_copy(p->dir, sizeof(p->dir), r->now.choice.dir);
    announce(r);
    retire(r, &left);
}

void eb_reload_rollback(struct eb_reload *r, const char *who, const char *why, struct eb_reload_report *out)
{
    eb_reload_begin_report(r, out, who, why);
    out->cause = EB_RELOAD_COMMAND;
    if (r->before_count == 0) {
        out->outcome = EB_RELOAD_REFUSED;
        eb_reload_text_copy(out->message, sizeof(out->message),
                            "there is no set before this one in memory; to load another: exitbrain reload DIR");
    } else {
        struct eb_ev_policy left = r->now.event;
        go_back(r, who, why, out);
        (void)snprintf(out->message, sizeof(out->message),
                       "by hand, from %s %s (%.*s) to %s %s (%.*s); the files are as they were: what they hold is not "
                       "loaded by itself until one of them changes",
                       left.name, left.version, HASH_SHOWN, out->hash_before, out->name, out->version, HASH_SHOWN,
                       out->hash);
        r->last = *out;
        r->has_last = true;
    }
    eb_reload_tell(r, out);
}

void eb_reload_probation_failed(void *user)
{
    struct eb_reload *r = user;
    struct eb_reload_report p;
    if (!r->probation.failed || r->before_count == 0) {
        return;
    }
    struct eb_ev_policy left = r->now.event;
    char first[sizeof(r->probation.first)];
    unsigned failures = r->probation.failures;
    memcpy(first, r->probation.first, sizeof(first));
    eb_reload_begin_report(r, &p, "", "the new set failed in its first cycles");
    go_back(r, "exitbrain", "the new set failed in its first cycles", &p);
    (void)snprintf(p.message, sizeof(p.message),
                   "%u of the first consults of %s %s (%.*s) failed, so %s %s (%.*s) is back; the first of them: %s",
                   failures, left.name, left.version, HASH_SHOWN, p.hash_before, p.name, p.version, HASH_SHOWN, p.hash,
                   first);
    r->last = p;
    r->has_last = true;
    eb_reload_tell(r, &p);
}

void eb_reload_observe(struct eb_reload *r, const struct eb_event *ev, const struct eb_actions *actions)
{
    if (r->probation.on && eb_probation_hear(&r->probation, r->c.engine(r->c.user), ev, actions)) {
        eb_wake_send(r->failed);
    }
}
