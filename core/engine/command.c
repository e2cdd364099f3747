/* SPDX-License-Identifier: Apache-2.0 */
/* Operator commands: events like any other, idempotent by id, each a verb of semantics 8. */
#include "engine/state.h"

static void rearm(struct eb_engine *e, struct eb_slot *s)
{
    for (unsigned i = 0; i < s->d.plan.leg_count; i++) {
        if (s->d.plan.leg[i].state == EB_LEG_PARKED) {
            s->d.plan.leg[i].state = EB_LEG_ARMED;
            eb_touch(e);
        }
    }
}

static void for_symbol(struct eb_engine *e, struct eb_slot *s, enum eb_command verb)
{
    if (!s->d.open) {
        return;
    }
    switch (verb) {
    case EB_CMD_FLATTEN:
        if (eb_is_live(e)) {
            eb_exit_all(e, s, EB_PURPOSE_FLATTEN, EB_EXIT_FLATTEN, eb_judge_price(e, s));
        } else {
            eb_alert(e, s, EB_ALERT_SHADOW, (eb_price){0}, 0, "shadow: flatten asked for, nothing sent");
        }
        break;
    case EB_CMD_RELEASE:
        s->d.released = true;
        s->d.intent.active = false;
        eb_touch(e);
        eb_alert(e, s, EB_ALERT_FOREIGN_OWNER, s->d.backstop.trigger, 0,
                 s->d.backstop.trigger.e8 > 0 ? "released: nothing more is sent; the backstop stays at this price"
                                              : "released: nothing more is sent; no backstop stands");
        break;
    case EB_CMD_ADOPT:
        s->d.released = false;
        eb_touch(e);
        eb_want_consult(e, s, EB_CONSULT_ADOPTED);
        break;
    case EB_CMD_REARM:
        rearm(e, s);
        break;
    case EB_CMD_CONFIRM:
        s->d.confirmed = true;
        eb_touch(e);
        eb_want_consult(e, s, EB_CONSULT_MODE);
        break;
    case EB_CMD_PAUSE:
    case EB_CMD_RESUME:
    case EB_CMD_SNAPSHOT:
    case EB_CMD_START:
    case EB_CMD_MODE:
    case EB_CMD_COUNT:
        break;
    }
}

void eb_set_mode(struct eb_engine *e, const struct eb_ev_config *mode)
{
    if (mode->exit_mode == e->mode.exit_mode && mode->executor_live == e->mode.executor_live &&
        mode->rollout_enabled == e->mode.rollout_enabled) {
        return;
    }
    e->mode = *mode;
    eb_sweep_start(e, EB_SWEEP_MODE);
    eb_touch(e);
}

static void for_account(struct eb_engine *e, const struct eb_ev_command *c)
{
    switch ((enum eb_command)c->verb) {
    case EB_CMD_PAUSE:
        e->paused = true;
        eb_sweep_start(e, EB_SWEEP_MODE); /* resting targets are taken back */
        eb_touch(e);
        break;
    case EB_CMD_RESUME:
        e->paused = false;
        e->flattening = false;
        eb_sweep_start(e, EB_SWEEP_MODE);
        eb_touch(e);
        break;
    case EB_CMD_FLATTEN:
        if (eb_is_live(e)) {
            e->flattening = true;
            e->flatten_upto = e->episode_serial;
            eb_sweep_start(e, EB_SWEEP_FLATTEN);
            eb_touch(e);
        } else {
            eb_alert(e, NULL, EB_ALERT_SHADOW, (eb_price){0}, 0, "shadow: flatten asked for, nothing sent");
        }
        break;
    case EB_CMD_SNAPSHOT:
        eb_emit(e, EB_ACT_SNAPSHOT);
        break;
    case EB_CMD_START:
        eb_start(e, c->settled);
        break;
    case EB_CMD_MODE:
        eb_set_mode(e, &c->mode);
        break;
    case EB_CMD_RELEASE:
    case EB_CMD_ADOPT:
    case EB_CMD_REARM:
    case EB_CMD_CONFIRM:
    case EB_CMD_COUNT:
        break; /* these need a symbol */
    }
}

/* Whether a command with this id was taken before; it is remembered. */
static bool repeated(struct eb_engine *e, uint64_t id)
{
    for (unsigned i = 0; i < EB_COMMANDS_KEPT; i++) {
        if (e->command_id[i] == id) {
            return true;
        }
    }
    e->command_id[e->command_next] = id;
    e->command_next = (uint8_t)((e->command_next + 1) % EB_COMMANDS_KEPT);
    eb_touch(e);
    return false;
}

void eb_step_command(struct eb_engine *e, const struct eb_event *ev)
{
    const struct eb_ev_command *c = ev->u.command;
    bool again = c->id != 0 && repeated(e, c->id);
    if (c->verb >= EB_CMD_COUNT || (again && c->verb != EB_CMD_START)) {
        return;
    }
    if (ev->symbol == EB_NO_SYMBOL) {
        for_account(e, c);
        return;
    }
    for (unsigned leg = 0; leg < 2; leg++) {
        for_symbol(e, eb_slot_at(e, ev->symbol * 2 + leg), (enum eb_command)c->verb);
    }
}
