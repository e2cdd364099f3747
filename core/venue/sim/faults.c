/* SPDX-License-Identifier: Apache-2.0 */
/* Chance: each fault draws from a stream of its own, so that changing one does not shift the others. */
#include "venue/sim/internal.h"

static const char *const names[EB_SIM_F_COUNT] = {
    [EB_SIM_F_LOST] = "lost",
    [EB_SIM_F_NO_REPLY] = "no_reply",
    [EB_SIM_F_UNKNOWN_DONE] = "unknown_done",
    [EB_SIM_F_UNKNOWN_NOT] = "unknown_not",
    [EB_SIM_F_MUTE] = "mute",
    [EB_SIM_F_REJECT] = "reject",
    [EB_SIM_F_THROTTLE] = "throttle",
    [EB_SIM_F_PARTIAL] = "partial",
    [EB_SIM_F_DUPLICATE] = "duplicate",
    [EB_SIM_F_DELAY] = "delay",
    [EB_SIM_F_REORDER] = "reorder",
    [EB_SIM_F_DROP] = "drop",
    [EB_SIM_F_CANCEL_FILLED] = "cancel_filled",
    [EB_SIM_F_STUCK] = "stuck",
    [EB_SIM_F_SNAPSHOT] = "snapshot",
    [EB_SIM_F_QUERY] = "query",
};

const char *eb_sim_fault_name(enum eb_sim_fault fault)
{
    return (unsigned)fault < EB_SIM_F_COUNT ? names[fault] : "unknown";
}

void eb_sim_faults_init(struct eb_sim *sim)
{
    struct eb_rng root;
    eb_rng_seed(&root, sim->config.seed);
    for (unsigned i = 0; i < EB_SIM_F_COUNT; i++) {
        sim->chance[i] = (struct sim_chance_state){.rng = eb_rng_split(&root)};
    }
    sim->delay_rng = eb_rng_split(&root);
    sim->part_rng = eb_rng_split(&root);
}

bool eb_sim_strikes(struct eb_sim *sim, enum eb_sim_fault fault)
{
    const struct eb_sim_chance *rate = &sim->config.faults.rate[fault];
    struct sim_chance_state *state = &sim->chance[fault];
    bool strikes = rate->num > 0 && rate->den > 0 && eb_rng_chance(&state->rng, rate->num, rate->den);
    if (state->next > 0) {
        state->next--;
        strikes = true;
    }
    if (strikes) {
        sim->stats.faults[fault]++;
    }
    return strikes;
}

void eb_sim_fault_next(struct eb_sim *sim, enum eb_sim_fault fault, uint32_t n, int32_t code)
{
    EB_ASSERT((unsigned)fault < EB_SIM_F_COUNT);
    sim->chance[fault].next = n;
    if (fault == EB_SIM_F_REJECT && code != 0) {
        sim->next_reject = code;
    }
}

void eb_sim_set_faults(struct eb_sim *sim, const struct eb_sim_faults *faults)
{
    sim->config.faults = *faults;
}

static int32_t draw_reject(struct eb_sim *sim, const struct eb_order_request *req)
{
    bool scripted = sim->chance[EB_SIM_F_REJECT].next > 0;
    if (eb_sim_strikes(sim, EB_SIM_F_REJECT)) {
        int32_t configured = sim->config.faults.reject_code != 0 ? sim->config.faults.reject_code : -2022;
        return scripted && sim->next_reject != 0 ? sim->next_reject : configured;
    }
    if (eb_sim_strikes(sim, EB_SIM_F_THROTTLE)) {
        bool exempt = req->reduce_only || req->close_position;
        return exempt ? -1003 : -1008;
    }
    return 0;
}

struct sim_fate eb_sim_draw_fate(struct eb_sim *sim, const struct eb_order_request *req)
{
    struct sim_fate fate = {0};
    fate.lost = eb_sim_strikes(sim, EB_SIM_F_LOST);
    fate.unknown_not = !fate.lost && eb_sim_strikes(sim, EB_SIM_F_UNKNOWN_NOT);
    if (fate.lost || fate.unknown_not) {
        return fate;
    }
    fate.no_reply = eb_sim_strikes(sim, EB_SIM_F_NO_REPLY);
    fate.unknown_done = !fate.no_reply && eb_sim_strikes(sim, EB_SIM_F_UNKNOWN_DONE);
    if (fate.no_reply || fate.unknown_done) {
        fate.mute = eb_sim_strikes(sim, EB_SIM_F_MUTE);
    } else if (req != NULL) {
        fate.reject = draw_reject(sim, req);
    }
    return fate;
}

eb_qty eb_sim_draw_part(struct eb_sim *sim, eb_qty qty, eb_qty step)
{
    int64_t steps = qty.e8 / step.e8;
    if (steps < 2) {
        return qty;
    }
    return (eb_qty){eb_rng_range(&sim->part_rng, 1, steps - 1) * step.e8};
}
