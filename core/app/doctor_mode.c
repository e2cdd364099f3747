/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of who may do what: the three flags and where they come from, other owners, the operator's own verbs. */
#include "app/doctor_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/answer.h"
#include "app/words.h"

enum flag { FLAG_EXIT_MODE = 0, FLAG_EXECUTOR, FLAG_ROLLOUT };
#define FLAGS_TEXT_MAX ((size_t)3 * EB_FLAG_TEXT_MAX)

/* Where a key's value comes from: enum eb_config_source. */
static unsigned source_of(const struct eb_exam *x, const char *name)
{
    unsigned count;
    const struct eb_config_key *key = eb_config_keys(&count);
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(key[i].name, name) == 0) {
            return x->live->o.config.source[i];
        }
    }
    EB_ASSERT(false);
}

/* "EXIT_MODE=EXIT_BRAIN_V3 (file), ..." of all three. */
static const char *flags_text(const struct eb_exam *x, char out[FLAGS_TEXT_MAX])
{
    char flag[3][EB_FLAG_TEXT_MAX];
    (void)snprintf(out, FLAGS_TEXT_MAX, "%s, %s, %s", eb_answer_flag(x->live, FLAG_EXIT_MODE, flag[0]),
                   eb_answer_flag(x->live, FLAG_EXECUTOR, flag[1]), eb_answer_flag(x->live, FLAG_ROLLOUT, flag[2]));
    return out;
}

static bool sends(const struct eb_ev_config *m)
{
    return m->executor_live && m->rollout_enabled;
}

static bool same_modes(const struct eb_ev_config *a, const struct eb_ev_config *b)
{
    return a->exit_mode == b->exit_mode && a->executor_live == b->executor_live &&
           a->rollout_enabled == b->rollout_enabled;
}

void eb_check_legacy(struct eb_exam *x)
{
    char flags[FLAGS_TEXT_MAX];
    EB_SAY(x->fine, "the %s exits: %s",
           x->mode.exit_mode == EB_EXIT_MODE_LEGACY ? "legacy owners of the policy set own" : "brain owns",
           flags_text(x, flags));
    if (!x->owns) {
        struct eb_finding *f = eb_finding_add(x, x->open > 0 ? EB_BAD : EB_NOTE, "");
        EB_SAY(f->evidence, "%s; %u positions are open", flags, x->open);
        EB_SAY(f->cause, "EXIT_MODE=LEGACY gives every exit to legacy owners, and the policy set has none: nobody here "
                         "decides about anything");
        EB_SAY(f->remedy, "if the brain is to decide: EXIT_MODE=EXIT_BRAIN_V3 (mode.exit_mode) and a restart; else "
                          "load a set with legacy owners (policies/), or see that one runs elsewhere");
    }
}

/* Nobody has said SHADOW, or one flag asks for LIVE and another says no: not what somebody wanted. */
static bool silent_shadow(const struct eb_exam *x)
{
    const struct eb_ev_config *m = &x->mode;
    bool executor_said = source_of(x, "mode.executor_mode") != EB_FROM_DEFAULT;
    bool rollout_said = source_of(x, "mode.live_rollout") != EB_FROM_DEFAULT;
    if (m->executor_live || m->rollout_enabled) {
        return true;
    }
    return !executor_said && !rollout_said;
}

void eb_check_shadow(struct eb_exam *x)
{
    const struct eb_ev_config *wanted = &x->live->o.config.engine.mode;
    char flags[FLAGS_TEXT_MAX];
    EB_SAY(x->fine, "%s", sends(&x->mode) ? "all flags that send are on" : "");
    if (!x->owns) {
        EB_SAY(x->fine, "nobody here decides about exits");
        return;
    }
    if (sends(&x->mode) || x->live->yields) {
        return;
    }
    bool by_command = sends(wanted);
    bool bad = by_command || silent_shadow(x);
    const char *stops = x->mode.executor_live ? "EXIT_BRAIN_V3_LIVE_ROLLOUT is not ENABLED"
                        : x->mode.rollout_enabled
                            ? "EXIT_EXECUTOR_MODE is not LIVE"
                            : "EXIT_EXECUTOR_MODE is not LIVE, EXIT_BRAIN_V3_LIVE_ROLLOUT not ENABLED";
    struct eb_finding *f = eb_finding_add(x, bad ? EB_BAD : EB_NOTE, "");
    EB_SAY(f->evidence, "%s", flags_text(x, flags));
    EB_SAY(f->cause, "shadow, nothing is sent: %s%s", stops,
           by_command                ? ", by a command"
           : x->mode.executor_live   ? ", though EXIT_EXECUTOR_MODE asks for LIVE"
           : x->mode.rollout_enabled ? ", though EXIT_BRAIN_V3_LIVE_ROLLOUT allows it"
           : bad                     ? ", though nothing says SHADOW outright"
                                     : "");
    if (by_command) {
        EB_SAY(f->remedy, "the configuration says LIVE: it is in force again after a restart");
    } else {
        EB_SAY(f->remedy, "for LIVE: EXIT_EXECUTOR_MODE=LIVE and EXIT_BRAIN_V3_LIVE_ROLLOUT=ENABLED (section mode of "
                          "exitbrain.lua) and a restart; if shadow is meant: SHADOW and DISABLED, said outright");
    }
}

void eb_check_mode_differs(struct eb_exam *x)
{
    const struct eb_ev_config *wanted = &x->live->o.config.engine.mode;
    char flags[FLAGS_TEXT_MAX];
    EB_SAY(x->fine, "the modes are the configured ones");
    bool told = x->live->yields || (sends(wanted) && !sends(&x->mode)); /* by others */
    if (!same_modes(wanted, &x->mode) && !told) {
        eb_find(x, EB_NOTE, "", "a command has changed the modes; the configuration has not been changed",
                "write it into the configuration if it is to outlast a restart", "in force: %s (configured: %s)",
                flags_text(x, flags), eb_mode_name(wanted));
    }
}

void eb_check_legacy_trailing(struct eb_exam *x)
{
    bool on = x->live->o.config.legacy_trailing;
    unsigned source = source_of(x, "mode.legacy_trailing_stop");
    EB_SAY(x->fine, "QT_TRAILING_STOP_ENABLED=%s", on ? "true, and legacy owners have the exits" : "false");
    bool embedded = source_of(x, "mode.exit_mode") == EB_FROM_DEFAULT; /* the built-in demonstration: nobody else */
    if (!on || x->mode.exit_mode == EB_EXIT_MODE_LEGACY) {
        return;
    }
    if (source == EB_FROM_DEFAULT && embedded) {
        EB_SAY(x->fine, "the embedded account knows no legacy owners");
    } else if (source == EB_FROM_DEFAULT) {
        eb_find(x, EB_NOTE, "", "where nobody says otherwise the legacy trailing manager starts with its own system",
                "set QT_TRAILING_STOP_ENABLED=false here and where that system runs, to say that it is off",
                "QT_TRAILING_STOP_ENABLED is not set: its default is true");
    } else {
        /* a set that has the manager gives each position one owner; the system that it comes from may run as well */
        eb_find(x, x->has_legacy ? EB_NOTE : EB_BAD, "",
                x->has_legacy ? "trailing_stop_manager of this set owns what is assigned to it and nothing else; the "
                                "system that it comes from would move and cancel stops of every position"
                              : "two owners: the legacy trailing manager moves and cancels stops of the brain's "
                                "positions",
                x->has_legacy
                    ? "see that it is off where that system runs (`exitbrain owners` shows orders of others); "
                      "if nothing is assigned to it here: QT_TRAILING_STOP_ENABLED=false"
                    : "set QT_TRAILING_STOP_ENABLED=false (mode.legacy_trailing_stop) here and where that "
                      "system runs, then restart both",
                "QT_TRAILING_STOP_ENABLED=true (%s) while EXIT_MODE=EXIT_BRAIN_V3",
                source == EB_FROM_FILE          ? "file"
                : source == EB_FROM_ENVIRONMENT ? "environment"
                                                : "command line");
    }
}

void eb_check_yielded(struct eb_exam *x)
{
    EB_SAY(x->fine, "this engine has not yielded to another");
    if (x->live->yields) {
        eb_find(x, EB_BAD, "",
                "another engine works on this account; the later one yields to SHADOW until it is restarted",
                "stop one of the two; to go on with this one: stop the other, see that its orders are gone "
                "(`exitbrain orders`), restart this one",
                "engine %" PRIu32 " has orders here, this one is %" PRIu32, x->live->other_engine, x->config->instance);
    }
}

void eb_check_other_engine(struct eb_exam *x)
{
    EB_SAY(x->fine, "no other engine's orders were seen");
    if (x->live->other_engine != 0 && !x->live->yields) {
        eb_find(x, EB_BAD, "", "another engine has orders on this account; it came later and was to yield",
                "stop the other engine (is it an old release, or a test on the real account?)",
                "orders of engine %" PRIu32 " stand here, this one is %" PRIu32, x->live->other_engine,
                x->config->instance);
    }
}

void eb_check_paused(struct eb_exam *x)
{
    bool by_recovery = x->live->recovery.why[0] != '\0';
    EB_SAY(x->fine, "no pause stands");
    if (x->paused) {
        eb_find(x, by_recovery ? EB_NOTE : EB_BAD, "",
                by_recovery ? "the start was protect-only, see recovery.protect_only"
                            : "an operator has paused the engine: no consult, no target, no partial close",
                "`exitbrain resume`; stops, trails and backstops go on meanwhile",
                "paused; %u open positions get no consult and fire no target", x->open);
    }
}

void eb_check_flattening(struct eb_exam *x)
{
    EB_SAY(x->fine, "nothing is being flattened");
    if (x->flattening) {
        eb_find(
            x, EB_BAD, "", "an operator asked for everything to be closed; new positions get only the built-in stop",
            "`exitbrain resume` ends it once everything is flat", "flattening; %u positions are still open", x->open);
    }
}
