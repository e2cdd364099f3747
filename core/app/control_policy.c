/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies by command: reload, plan, rollback. A trial takes a while on another thread; its request waits for the
 * report and, where a set was swapped, until that is durable.
 */
#include "app/control_inner.h"

static void report(struct eb_request *q, const struct eb_reload_report *r)
{
    bool bad = r->outcome == EB_RELOAD_REFUSED || r->outcome == EB_RELOAD_STAGED || r->outcome == EB_RELOAD_BUSY ||
               (r->outcome == EB_RELOAD_PLANNED && r->needs_confirmation);
    bool swapped = r->outcome == EB_RELOAD_SWAPPED || r->outcome == EB_RELOAD_ROLLED_BACK;
    q->answer.status = bad ? EB_STATUS_BAD_NEWS : EB_STATUS_DONE;
    q->seq = swapped ? eb_engine_durable_count(eb_host_engine(q->live->host)) : 0;
    if (!q->answer.no_text) {
        eb_reload_text(r, q->answer.colour, &q->answer.text);
    }
    if (!q->answer.no_doc) {
        eb_reload_doc(r, &q->answer.doc);
    }
}

static void done(void *user, const struct eb_reload_report *r)
{
    struct eb_request *q = user;
    report(q, r);
    eb_request_ready(q);
}

static enum eb_control_when begin_trial(struct eb_request *q, enum eb_reload_cause cause)
{
    if (q->args.dir != NULL && q->args.dir[0] != '/') {
        return eb_request_refuse(q, EB_STATUS_USAGE, "args.dir: %.80s: must be an absolute path", q->args.dir);
    }
    eb_reload_try(q->live->reload, &(struct eb_reload_request){.cause = (uint8_t)cause,
                                                               .dir = q->args.dir,
                                                               .confirm = q->args.confirm,
                                                               .who = q->who,
                                                               .why = q->args.why != NULL ? q->args.why : "",
                                                               .view = {.all = q->args.all,
                                                                        .colour = q->answer.colour,
                                                                        .no_text = q->answer.no_text,
                                                                        .no_doc = q->answer.no_doc,
                                                                        .columns = q->answer.columns},
                                                               .done = done,
                                                               .user = q});
    return EB_ANSWER_LATER;
}

enum eb_control_when eb_control_reload(struct eb_request *q)
{
    return begin_trial(q, EB_RELOAD_COMMAND);
}

enum eb_control_when eb_control_plan(struct eb_request *q)
{
    return begin_trial(q, EB_RELOAD_PLAN);
}

enum eb_control_when eb_control_rollback(struct eb_request *q)
{
    struct eb_reload_report r;
    eb_reload_rollback(q->live->reload, q->who, q->args.why != NULL ? q->args.why : "", &r);
    report(q, &r);
    return EB_ANSWER_DURABLE;
}
