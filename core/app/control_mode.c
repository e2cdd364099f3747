/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modes by a journaled command (semantics 8): which of the three flags changes, what that comes to, what is begun anew
 * and what stays at the venue. What makes orders leave, or leaves open positions alone, is confirmed by a person.
 */
#include "app/control_inner.h"

#include <stdio.h>
#include <string.h>

#include "app/answer_words.h"

static bool leaves(const struct eb_ev_config *m)
{
    return m->executor_live && m->rollout_enabled;
}

/* One flag: names[0] and names[1] are its values. */
static bool read_flag(struct eb_request *q, const char *key, const char *text, const char *const names[3], bool *value)
{
    int64_t index = *value ? 1 : 0;
    struct eb_err err;
    if (text != NULL && eb_value_choice(key, text, names, &index, &err) != EB_OK) {
        (void)eb_request_refuse(q, EB_STATUS_USAGE, "%s", err.msg);
        return false;
    }
    *value = index != 0;
    return true;
}

static bool read_mode(struct eb_request *q, struct eb_ev_config *m)
{
    static const char *const executors[] = {"SHADOW", "LIVE", NULL};
    static const char *const rollouts[] = {"DISABLED", "ENABLED", NULL};
    static const char *const exits[] = {"LEGACY", "EXIT_BRAIN_V3", NULL};
    bool brain = m->exit_mode == EB_EXIT_MODE_EXIT_BRAIN_V3;
    if (!read_flag(q, "executor", q->args.executor, executors, &m->executor_live) ||
        !read_flag(q, "rollout", q->args.rollout, rollouts, &m->rollout_enabled) ||
        !read_flag(q, "exit", q->args.exit, exits, &brain)) {
        return false;
    }
    m->exit_mode = brain ? EB_EXIT_MODE_EXIT_BRAIN_V3 : EB_EXIT_MODE_LEGACY;
    return true;
}

static void mode_doc(struct eb_doc *d, const char *key, const struct eb_ev_config *m)
{
    eb_doc_begin(d, key, '{');
    eb_doc_text(d, "comes_to", eb_mode_name(m));
    eb_doc_text(d, "exit_mode", m->exit_mode == EB_EXIT_MODE_EXIT_BRAIN_V3 ? "EXIT_BRAIN_V3" : "LEGACY");
    eb_doc_text(d, "executor_mode", m->executor_live ? "LIVE" : "SHADOW");
    eb_doc_text(d, "live_rollout", m->rollout_enabled ? "ENABLED" : "DISABLED");
    eb_doc_end(d, '}');
}

/* No flag named: which they are. */
static enum eb_control_when tell_mode(struct eb_request *q, const struct eb_ev_config *now)
{
    char flag[EB_FLAG_TEXT_MAX];
    eb_request_say(q, "%s: %s", eb_mode_name(now), eb_mode_meaning(q->live, now));
    for (unsigned i = 0; i < EB_FLAG_MODES; i++) {
        eb_request_say(q, "  %s", eb_answer_flag(q->live, i, flag));
    }
    mode_doc(&q->answer.doc, "mode", now);
    return EB_ANSWER_NOW;
}

static enum eb_control_when ask_before(struct eb_request *q, const struct eb_ev_config *now,
                                       const struct eb_ev_config *then)
{
    unsigned open = eb_open_count(q->live, EB_NO_SYMBOL);
    (void)snprintf(q->answer.confirm, sizeof(q->answer.confirm), "%s", eb_mode_name(then));
    if (!leaves(now) && leaves(then)) {
        return eb_request_refuse(q, EB_STATUS_USAGE,
                                 "%s -> %s: from now on orders are sent; %u open position%s decided anew; confirm it "
                                 "with --yes",
                                 eb_mode_name(now), eb_mode_name(then), open, open == 1 ? " is" : "s are");
    }
    return eb_request_refuse(q, EB_STATUS_USAGE, "%s -> %s with %u open position%s: %s; confirm it with --yes",
                             eb_mode_name(now), eb_mode_name(then), open, open == 1 ? "" : "s",
                             leaves(now) && !leaves(then)
                                 ? "nothing more is sent for them, only the backstops at the venue stay"
                                 : "their exits change hands");
}

static void tell_change(struct eb_request *q, const struct eb_ev_config *now, const struct eb_ev_config *then)
{
    eb_request_say(q, "%s -> %s: %s", eb_mode_name(now), eb_mode_name(then), eb_mode_meaning(q->live, then));
    if (!leaves(now) && leaves(then)) {
        eb_request_say(q, "each open position is rebuilt from the venue: virtual fills and peaks are gone, levels that "
                          "price has crossed are parked, missing backstops are placed first");
    } else if (leaves(now) && !leaves(then)) {
        eb_request_say(q, "resting targets are taken back; what stays at the venue:");
        eb_request_backstops(q, EB_NO_SYMBOL, "; it is not moved any more");
    }
    if (now->exit_mode != then->exit_mode) {
        bool owns = eb_engine_owns(eb_host_engine(q->live->host), (enum eb_exit_mode)then->exit_mode);
        eb_request_say(q, then->exit_mode == EB_EXIT_MODE_EXIT_BRAIN_V3
                              ? "the brain owns the exits of every position that is not released"
                          : owns ? "the legacy owners of the set own the exits of every position that is not released"
                                 : "nobody here owns the exits; backstops of the engine stay");
    }
    const struct eb_ev_config *at_start = &q->live->o.config.engine.mode;
    if (at_start->exit_mode != then->exit_mode || leaves(at_start) != leaves(then)) {
        eb_request_say(q, "this lasts until the next start, which takes the modes of the configuration: %s",
                       eb_mode_name(at_start));
    }
}

enum eb_control_when eb_control_mode(struct eb_request *q)
{
    struct eb_ev_command c = {.verb = EB_CMD_MODE};
    struct eb_ev_config now = eb_engine_mode(eb_host_engine(q->live->host));
    bool again;
    c.mode = now;
    if (!read_mode(q, &c.mode)) {
        return EB_ANSWER_NOW;
    }
    if (q->args.executor == NULL && q->args.rollout == NULL && q->args.exit == NULL) {
        return tell_mode(q, &now);
    }
    if (leaves(&c.mode) && q->live->yields) {
        return eb_request_refuse(q, EB_STATUS_BAD_NEWS,
                                 "another engine works on this account and this one yields until it is restarted: stop "
                                 "the other, then start this one again");
    }
    struct eb_err why;
    if (!leaves(&now) && leaves(&c.mode) && eb_live_may_trade(q->live, &why) != EB_OK) {
        return eb_request_refuse(q, EB_STATUS_BAD_NEWS, "%s", why.msg);
    }
    bool comes_to_another = leaves(&now) != leaves(&c.mode) || now.exit_mode != c.mode.exit_mode;
    bool matters = (!leaves(&now) && leaves(&c.mode)) || eb_open_count(q->live, EB_NO_SYMBOL) > 0;
    if (comes_to_another && matters && !q->args.yes) {
        return ask_before(q, &now, &c.mode);
    }
    if (!eb_request_command(q, &c, EB_NO_SYMBOL, &again)) {
        return EB_ANSWER_NOW;
    }
    mode_doc(&q->answer.doc, "before", &now);
    mode_doc(&q->answer.doc, "mode", &c.mode);
    (void)eb_request_list(q, EB_NO_SYMBOL, "positions");
    tell_change(q, &now, &c.mode);
    return EB_ANSWER_DURABLE;
}
