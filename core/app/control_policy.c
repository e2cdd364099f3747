/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies by command: reload, plan, rollback. A trial takes a while on another thread; its request waits for the
 * report and, where a set was swapped, until that is durable.
 */
#include "app/challengers.h"
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

/* ---- a challenger's ---------------------------------------------------------------------------------------------- */

static void told_challenger(void *user, const struct eb_challenger_report *r)
{
    struct eb_request *q = user;
    q->seq = 0;
    q->answer.status = r->done || r->unchanged ? EB_STATUS_DONE : EB_STATUS_BAD_NEWS;
    const char *outcome = r->done ? "swapped" : r->unchanged ? "unchanged" : "refused";
    if (r->done) {
        eb_request_say(q, "challenger %s swapped: %.12s (before %.12s); what is open there counts as partial", r->name,
                       r->hash, r->hash_before);
    } else {
        eb_request_say(q, "challenger %s %s: %s", r->name, outcome, r->unchanged ? r->hash : r->message);
    }
    if (!q->answer.no_doc) {
        eb_doc_text(&q->answer.doc, "challenger", r->name);
        eb_doc_text(&q->answer.doc, "outcome", outcome);
        eb_doc_text(&q->answer.doc, "sha256", r->hash[0] != '\0' ? r->hash : NULL);
        eb_doc_text(&q->answer.doc, "sha256_before", r->hash_before[0] != '\0' ? r->hash_before : NULL);
        eb_doc_text(&q->answer.doc, "message", r->message[0] != '\0' ? r->message : NULL);
    }
    eb_request_ready(q);
}

static enum eb_control_when reload_challenger(struct eb_request *q)
{
    const char *wrong = q->args.confirm != NULL ? "args.confirm: nothing of a challenger is staged" : NULL;
    if (q->args.dir != NULL && q->args.dir[0] != '/') {
        wrong = "args.dir: must be an absolute path";
    }
    if (wrong != NULL) {
        return eb_request_refuse(q, EB_STATUS_USAGE, "%s", wrong);
    }
    eb_challengers_reload(q->live->challengers, q->args.challenger, q->args.dir, told_challenger, q);
    return EB_ANSWER_LATER;
}

/* ---- the owner's ------------------------------------------------------------------------------------------------- */

enum eb_control_when eb_control_reload(struct eb_request *q)
{
    if (q->args.challenger != NULL) {
        return reload_challenger(q);
    }
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
