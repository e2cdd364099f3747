/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process dies and another begins with what was durable.
 *
 *     dies: between turns, or within one before its n-th record or request
 *     down: what was sent arrives, what is told reaches nobody; the exchange's clock stands still or moves on
 *     begins: fold (perhaps from an image) -> host -> instruments, account, missed trades -> START -> picture
 */
#include "world.h"

#include <string.h>

#include "venue/sim/internal.h"

static struct eb_rng *chance(struct world *w)
{
    return &w->rng[WORLD_S_CRASH];
}

/* ---- death ------------------------------------------------------------------------------------------------------- */

/* Before each effect on the world outside: whether there is one any more. */
bool world_dies(struct world *w)
{
    if (!w->dead && w->dies_in > 0 && --w->dies_in == 0) {
        w->dead = true;
    }
    return w->dead;
}

/* The step in which it died is the last that was real. */
void world_last_breath(struct world *w, const struct eb_actions *actions)
{
    uint32_t submits = 0;
    for (uint16_t i = 0; i < actions->count; i++) {
        submits += actions->action[i].kind == EB_ACT_SUBMIT;
    }
    if (!w->breathed) {
        w->breathed = true;
        w->unsent = submits > w->oracle.wired_count ? submits - w->oracle.wired_count : 0;
    }
}

/* Answers and events on their way go to a connection that is no more; so do answers to what was only asked. */
static void hang_up(struct world *w)
{
    struct sim_queue *q = &w->sim->queue;
    for (uint32_t i = 0; i < q->count; i++) {
        struct sim_item *item = &q->item[q->heap[i].item];
        bool asks = item->kind == SIM_ITEM_QUERY || item->kind == SIM_ITEM_SNAPSHOT || item->kind == SIM_ITEM_REFRESH;
        if (asks || item->kind == SIM_ITEM_EVENT) {
            item->kind = SIM_ITEM_EVENT;
            item->u.event.ev = (struct eb_event){.kind = EB_EV_COUNT}; /* the sink drops it */
        }
    }
}

static void die(struct world *w)
{
    struct eb_turn_times times;
    eb_host_turn_times(w->host, &times);
    uint64_t durable = world_durable_seq(w);
    bool recorded = durable > w->oracle.observed;
    if (w->oracle.wired_count > 0) {
        oracle_wired_unseen(&w->oracle);
    }
    unsigned stages = oracle_stages(&w->oracle, durable);
    if (w->unsent > 0) {
        stages |= 1u << (recorded ? ORACLE_STAGE_DURABLE : ORACLE_STAGE_DECIDED);
        stages &= ~(1u << ORACLE_STAGE_NOTHING);
    }
    w->unsent = 0;
    w->breathed = false;
    for (unsigned i = 0; i < ORACLE_STAGE_COUNT; i++) {
        w->figures.stages[i] += stages >> i & 1;
    }
    w->figures.crashes++;
    w->figures.lost_records += w->oracle.durable > durable ? w->oracle.durable - durable : 0;
    world_twin_end(w);
    world_life_end(w);
    eb_host_destroy(w->host);
    w->host = NULL;
    w->suspended = false;
    w->held_count = 0;
    w->dead = false;
    w->dies_in = 0;
    w->down = true;
    w->oracle.died_ms = w->now_ms;
    bool halted = eb_rng_below(chance(w), 2) == 0;
    w->up_ms = w->now_ms + (halted ? 0 : eb_rng_range(chance(w), 20, eb_rng_below(chance(w), 4) == 0 ? 60000 : 4000));
    w->figures.halted += halted;
}

/* ---- another begins ---------------------------------------------------------------------------------------------- */

static void tell_trades(struct world *w, eb_symbol_id id)
{
    size_t count;
    const struct eb_sim_trade *t = eb_sim_trades(w->sim, &count);
    uint64_t after = eb_engine_last_trade(eb_host_engine(w->host), id);
    for (size_t i = 0; i < count && !w->oracle.violated; i++) {
        if (t[i].symbol != id || t[i].trade_id <= after) {
            continue;
        }
        struct eb_event ev = world_event(w, EB_EV_FILL, id);
        ev.u.fill = (struct eb_ev_fill){.client_id = t[i].client_id,
                                        .venue_order_id = t[i].venue_order_id,
                                        .trade_id = t[i].trade_id,
                                        .price = t[i].price,
                                        .qty = t[i].qty,
                                        .fee = t[i].fee,
                                        .order_side = t[i].order_side,
                                        .position_side = t[i].position_side,
                                        .maker = t[i].maker,
                                        .liquidation = t[i].liquidation,
                                        .venue_ms = t[i].venue_ms};
        world_turn(w, &ev);
        t = eb_sim_trades(w->sim, &count); /* a turn may trade */
    }
}

void world_tell_trades(struct world *w)
{
    for (eb_symbol_id id = 0; id < w->symbols; id++) {
        tell_trades(w, id);
    }
}

static void count_again(struct world *w, const struct eb_event *ev, const struct eb_actions *actions,
                        struct eb_engine *engine)
{
    oracle_recount(&w->oracle, ev, actions, engine);
}

/* The state as of the last durable record: from the beginning (the oracle counts along), and perhaps by an image. */
static void recover(struct world *w)
{
    struct eb_engine *whole = world_engine(w);
    oracle_recount_begin(&w->oracle);
    if (!world_fold(w, whole, 0, count_again)) {
        eb_engine_destroy(whole);
        return;
    }
    struct eb_engine *state = whole;
    if (w->image_len > 0 && eb_rng_below(chance(w), 2) == 0) {
        state = world_engine(w);
        if (world_image_load(w, state, w->image, w->image_len) && world_fold(w, state, w->image_seq, NULL)) {
            ORACLE_CHECK(&w->oracle, eb_engine_durable_hash(state) == eb_engine_durable_hash(whole),
                         "an image with the records after it is not the fold of all");
        }
        w->figures.by_image++;
        eb_engine_destroy(whole);
    }
    world_image(w, state); /* of a segment's beginning: what the new engine is made of */
    eb_engine_destroy(state);
    (void)world_image_load(w, eb_host_engine(w->host), w->image, w->image_len);
}

static void command_start(struct world *w)
{
    /* nothing overtakes in this exchange: what was sent before START arrives before what is asked after it */
    struct eb_ev_command c = {.verb = EB_CMD_START, .who = "host", .why = "simulated", .settled = w->settled};
    struct eb_event ev = world_event(w, EB_EV_COMMAND, EB_NO_SYMBOL);
    ev.u.command = &c;
    world_turn(w, &ev);
}

void world_start(struct world *w)
{
    for (eb_symbol_id id = 0; id < w->symbols; id++) {
        struct eb_event ev = world_event(w, EB_EV_INSTRUMENT, id);
        ev.u.instrument = &w->symbol[id].inst;
        world_turn(w, &ev);
    }
    struct eb_sim_account_view view;
    eb_sim_account(w->sim, &view);
    struct eb_event account = world_event(w, EB_EV_ACCOUNT, EB_NO_SYMBOL);
    account.u.account = (struct eb_ev_account){view.wallet, w->hedge};
    world_turn(w, &account);
    world_tell_trades(w);
    world_tell_policy(w);
    command_start(w);
    if (eb_rng_below(chance(w), 4) == 0) {
        world_tell_trades(w); /* once more: no harm */
    }
}

static void restart(struct world *w)
{
    struct eb_err err = {0};
    hang_up(w);
    w->down = false;
    w->store_failed = false;
    EB_ASSERT(world_life_begin(w, &err) && world_host(w, &err));
    recover(w);
    if (w->oracle.violated) {
        return;
    }
    oracle_restart(&w->oracle, eb_host_engine(w->host), w->now_ms, world_ns(w, w->now_ms));
    w->timer_seen_ns = INT64_MIN;
    w->retell = true;
    world_sink_again(w);
    world_start(w);
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

int64_t world_crash_next(const struct world *w)
{
    bool lives_on = w->calm || w->lives == WORLD_LIVES_MAX;
    return w->down ? w->up_ms : lives_on ? INT64_MAX : w->crash_ms;
}

void world_crash_due(struct world *w)
{
    if (w->dead) { /* within this moment's turns */
        die(w);
    }
    if (w->down) {
        if (w->now_ms >= w->up_ms || w->calm) {
            restart(w);
        }
        return;
    }
    if (w->calm || w->now_ms < w->crash_ms || w->lives == WORLD_LIVES_MAX) {
        return;
    }
    struct eb_rng *r = chance(w);
    w->crash_ms = w->now_ms + eb_rng_range(r, 300, 60000);
    if (!world_strikes(w, WORLD_F_CRASH, WORLD_S_CRASH)) {
        return;
    }
    if (eb_rng_below(r, 4) == 0) {
        die(w);
    } else {
        w->dies_in = (uint32_t)eb_rng_range(r, 1, 12); /* before its n-th effect from now on */
    }
}
