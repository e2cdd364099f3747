/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A challenger's set anew: read, built and tried in a quiet market on a worker, then swapped in on the loop's thread.
 * What it would change on open positions is nobody's loss: nothing is compared, and no one is asked.
 */
#include "app/challengers_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/trial.h"

struct eb_challenger_job {
    struct eb_challenger *one; /* NULL: the challengers are gone */
    struct eb_policy_choice choice;
    struct eb_policy *policy; /* owned */
    struct eb_challenger_spec copy;
    struct eb_err err;
    struct eb_challenger_report report;
    void (*told)(void *user, const struct eb_challenger_report *r);
    void *user;
};

static void refuse(struct eb_challenger_report *r, const char *why)
{
    (void)snprintf(r->message, sizeof(r->message), "%s", why);
}

/* On the worker: nothing here is the loop's. */
static void build(void *user)
{
    struct eb_challenger_job *j = user;
    int rc = eb_challenger_open_set(&j->copy, &j->choice, &j->policy, &j->err);
    if (rc == EB_OK && eb_trial(j->policy, &j->err) != EB_OK) {
        eb_policy_close(j->policy);
        j->policy = NULL;
    }
}

static void swap(struct eb_challenger_job *j)
{
    struct eb_challenger *one = j->one;
    struct eb_policy *before = one->policy;
    one->policy = j->policy;
    one->choice = j->choice;
    one->failure[0] = '\0';
    j->policy = NULL;
    eb_policy_set_log(one->policy, one->all->c.log);
    (void)eb_policy_renew(one->policy, NULL); /* fails: the next consult tries again */
    eb_host_set_policy(one->host, eb_policy_as_port(one->policy));
    eb_challenger_announce(one);
    eb_policy_close(before);
    j->report.done = true;
    eb_log(one->all->c.log, EB_LOG_INFO, "challenger.swapped", EB_STR("name", one->spec.name),
           EB_STR("sha256", j->report.hash), EB_STR("before", j->report.hash_before));
}

static void built(void *user)
{
    struct eb_challenger_job *j = user;
    struct eb_policy_info info;
    if (j->one != NULL) {
        j->one->job = NULL;
        if (j->policy == NULL) {
            refuse(&j->report, j->err.msg);
        } else {
            eb_policy_info(j->policy, &info);
            memcpy(j->report.hash, info.hash_text, sizeof(j->report.hash));
            j->report.unchanged = strcmp(j->report.hash, j->report.hash_before) == 0;
            if (!j->report.unchanged) {
                swap(j);
            }
        }
        j->told(j->user, &j->report);
    }
    eb_policy_close(j->policy);
    free(j);
}

void eb_challenger_forget_job(struct eb_challenger *one)
{
    if (one->job != NULL) {
        one->job->one = NULL;
        one->job = NULL;
    }
}

static struct eb_challenger *find(struct eb_challengers *c, const char *name)
{
    for (unsigned i = 0; c != NULL && i < c->count; i++) {
        if (strcmp(c->one[i].spec.name, name) == 0) {
            return &c->one[i];
        }
    }
    return NULL;
}

static struct eb_challenger_job *make_job(struct eb_challenger *one, const char *dir)
{
    struct eb_policy_info info;
    struct eb_challenger_job *j = calloc(1, sizeof(*j));
    if (j == NULL) {
        return NULL;
    }
    j->one = one;
    eb_challenger_copy_spec(&j->copy, &one->spec);
    j->choice = one->choice;
    if (dir != NULL) {
        (void)snprintf(j->choice.dir, sizeof(j->choice.dir), "%s", dir);
    }
    eb_policy_info(one->policy, &info);
    memcpy(j->report.hash_before, info.hash_text, sizeof(j->report.hash_before));
    return j;
}

void eb_challengers_reload(struct eb_challengers *c, const char *name, const char *dir,
                           void (*told)(void *user, const struct eb_challenger_report *r), void *user)
{
    struct eb_challenger_report r;
    struct eb_challenger *one = find(c, name);
    memset(&r, 0, sizeof(r));
    (void)snprintf(r.name, sizeof(r.name), "%s", name);
    if (one == NULL) {
        (void)snprintf(r.message, sizeof(r.message), "no challenger is called %.40s (exitbrain status names them)",
                       name);
        told(user, &r);
        return;
    }
    struct eb_challenger_job *j = one->job == NULL ? make_job(one, dir) : NULL;
    if (j == NULL) {
        refuse(&r, one->job != NULL ? "a reload of it is under way" : "out of memory");
        told(user, &r);
        return;
    }
    memcpy(j->report.name, r.name, sizeof(r.name));
    j->told = told;
    j->user = user;
    one->job = j;
    if (eb_work_run(c->c.loop, build, built, j, &j->err) != EB_OK) {
        built(j);
    }
}
