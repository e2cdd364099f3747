/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a position is asked about, and with what. Each position has its own next consult time, spread over the cycle;
 * a wake condition only suppresses cycle consults (semantics 10).
 */
#include "engine/state.h"

#include <string.h>

/* What must be asked about even if this process does not live to hear the answer. A position without a plan is asked
 * about anyway, and what concerns every position waits for its cycle. */
static bool is_owed(enum eb_consult_reason why)
{
    return why == EB_CONSULT_HIT || why == EB_CONSULT_SIZE || why == EB_CONSULT_MARGIN || why == EB_CONSULT_REJECTION ||
           why == EB_CONSULT_ADOPTED || why == EB_CONSULT_SIGNAL;
}

void eb_want_consult(struct eb_engine *e, struct eb_slot *s, enum eb_consult_reason why)
{
    uint8_t owed = (uint8_t)(why + 1);
    if (is_owed(why) && (s->d.owed == 0 || owed < s->d.owed)) {
        s->d.owed = owed;
        eb_touch(e);
    }
    if (!s->wants_consult || why < s->consult_reason) {
        s->consult_reason = (uint8_t)why;
    }
    s->wants_consult = true;
}

static int64_t ratio_ppm(eb_i128 num, int64_t den)
{
    int64_t out;
    return den > 0 && eb_div_i64(num * EB_PPM, den, EB_ROUND_HALF_EVEN, &out) ? out : 0;
}

static void fill_legs(const struct eb_slot *s, struct eb_context *ctx)
{
    ctx->leg_count = s->d.plan.leg_count;
    for (unsigned i = 0; i < s->d.plan.leg_count; i++) {
        const struct eb_leg *leg = &s->d.plan.leg[i];
        ctx->legs[i] = (struct eb_leg_view){.id = leg->id,
                                            .state = leg->state,
                                            .soft = leg->soft,
                                            .r_ppm = leg->r_ppm,
                                            .fraction_ppm = leg->fraction_ppm,
                                            .price = leg->price,
                                            .qty = leg->qty,
                                            .filled = leg->filled};
    }
}

static void fill_market(const struct eb_engine *e, const struct eb_slot *s, struct eb_context *ctx, int64_t now_ns)
{
    eb_symbol_id id = eb_slot_symbol(e, s);
    struct eb_symbol *y = eb_symbol_of(e, s);
    const struct eb_hot *mark = eb_hot_of(e, id, EB_SRC_MARK);
    const struct eb_hot *book = eb_hot_of(e, id, EB_SRC_BOOK);
    memcpy(ctx->symbol, y->inst.symbol, sizeof ctx->symbol);
    ctx->price_age_ms = mark->price > 0 ? (now_ns - mark->received_ns) / EB_NS_PER_MS : -1;
    ctx->price = eb_judge_price(e, s);
    ctx->mark.e8 = mark->price;
    ctx->last.e8 = eb_hot_of(e, id, EB_SRC_LAST)->price;
    ctx->bid.e8 = book->price;
    ctx->ask.e8 = book->ask;
    ctx->funding_rate_ppm8 = y->funding_rate_e8;
    ctx->next_funding_ms = y->next_funding_ms;
    ctx->tick = y->inst.tick;
    ctx->step = y->inst.step;
    ctx->min_qty = y->inst.min_qty;
    ctx->min_notional = y->inst.min_notional;
    for (unsigned i = 0; i < EB_TF_COUNT; i++) {
        eb_market_features(&y->market, (enum eb_timeframe)i, &ctx->features[i]);
    }
}

static void fill_money(const struct eb_engine *e, const struct eb_slot *s, struct eb_context *ctx)
{
    const struct eb_durable *d = &s->d;
    enum eb_side side = eb_side_of(s);
    eb_price price = ctx->price.e8 > 0 ? ctx->price : d->entry;
    int64_t favour = eb_favour_e8(side, d->entry, price);
    ctx->pnl_ppm = ratio_ppm(favour, d->entry.e8);
    ctx->pnl_r_ppm = ratio_ppm(favour, d->r.e8);
    ctx->mfe_r_ppm = ratio_ppm(eb_favour_e8(side, d->entry, s->best), d->r.e8);
    ctx->mae_r_ppm = ratio_ppm(eb_favour_e8(side, d->entry, s->worst), d->r.e8);
    if (!eb_notional(price, d->qty, EB_ROUND_HALF_EVEN, &ctx->notional)) {
        ctx->notional.e8 = 0;
    }
    ctx->margin = d->margin;
    if (d->margin.e8 == 0 && d->leverage_ppm > 0) {
        ctx->margin.e8 = ratio_ppm(ctx->notional.e8, d->leverage_ppm);
    }
    int64_t pnl;
    ctx->pnl.e8 = eb_mul_div(favour, d->qty.e8, EB_E8, EB_ROUND_FLOOR, &pnl) ? pnl : 0;
    ctx->balance = e->balance;
}

void eb_context_fill(const struct eb_engine *e, const struct eb_slot *s, struct eb_context *ctx, int64_t now_ns,
                     int64_t now_ms)
{
    const struct eb_durable *d = &s->d;
    const struct eb_symbol *y = eb_symbol_of(e, s);
    memset(ctx, 0, sizeof *ctx);
    fill_market(e, s, ctx, now_ns);
    ctx->episode = d->episode;
    ctx->plan_revision = d->plan.revision;
    ctx->position = eb_slot_index(e, s);
    ctx->side = d->side;
    ctx->position_side = d->position_side;
    ctx->regime = d->regime;
    ctx->hits = d->hits;
    ctx->adopted = d->adopted;
    ctx->live = eb_is_live(e);
    ctx->r_provisional = d->r_state != EB_R_FROZEN;
    ctx->trailing_active = d->plan.trail.set && d->plan.trail.active;
    memcpy(ctx->strategy_id, d->strategy_id, sizeof ctx->strategy_id);
    memcpy(ctx->profile, d->profile, sizeof ctx->profile);
    memcpy(ctx->owner, d->owner, sizeof ctx->owner);
    ctx->exit_mode = e->mode.exit_mode;
    ctx->planned = d->planned;
    ctx->now_ms = now_ms;
    ctx->opened_ms = d->opened_ms;
    ctx->entry = d->entry;
    ctx->liquidation = eb_guard_of(e, s).liquidation;
    enum eb_stop_kind kind;
    ctx->stop = eb_stop_in_force(e, s, &kind);
    ctx->stop_kind = (uint8_t)kind;
    ctx->plan_stop = d->plan.stop;
    ctx->ratchet_stop = d->plan.ratchet_stop;
    ctx->risk_floor = d->plan.risk_floor;
    if (!eb_trail_stop(&d->plan.trail, &y->inst, eb_side_of(s), d->entry, d->r, &ctx->trail_stop)) {
        ctx->trail_stop.e8 = 0;
    }
    ctx->peak = ctx->trailing_active ? d->plan.trail.peak : s->best;
    ctx->r = d->r;
    ctx->qty = d->qty;
    ctx->leg_base = d->base;
    ctx->first_qty = d->first_qty;
    ctx->leverage_ppm = d->leverage_ppm;
    ctx->fee_taker_ppm = e->c.fee_taker_ppm;
    ctx->fee_maker_ppm = e->c.fee_maker_ppm;
    ctx->min_stop_distance_ppm = e->c.min_stop_distance_ppm;
    ctx->liquidation_buffer_ppm = e->c.liquidation_buffer_ppm;
    ctx->memory = d->memory;
    eb_signals_fill(e, eb_slot_symbol(e, s), now_ms, &ctx->signals);
    fill_legs(s, ctx);
    fill_money(e, s, ctx);
}

static int64_t spread_ns(const struct eb_engine *e, const struct eb_slot *s)
{
    /* a fixed phase per slot, so that 10,000 positions never come due together */
    int64_t cycle_ns = e->c.cycle_ms * EB_NS_PER_MS;
    return (int64_t)((uint64_t)eb_slot_index(e, s) * UINT64_C(2654435761) % (uint64_t)cycle_ns);
}

static void plan_next(const struct eb_engine *e, struct eb_slot *s, int64_t now_ns)
{
    int64_t cycle_ns = e->c.cycle_ms * EB_NS_PER_MS;
    int64_t phase = spread_ns(e, s);
    int64_t in_cycle = (now_ns - phase) % cycle_ns;
    in_cycle = in_cycle < 0 ? in_cycle + cycle_ns : in_cycle;
    s->next_consult_ns = now_ns - in_cycle + cycle_ns;
}

void eb_consult_resume(const struct eb_engine *e, struct eb_slot *s)
{
    int64_t now_ns = e->ev->now_ns;
    plan_next(e, s, now_ns);
    bool at_instant = s->next_consult_ns - e->c.cycle_ms * EB_NS_PER_MS == now_ns;
    if (at_instant && s->last_verdict_ms < e->ev->now_ms) { /* nobody knows whether it was asked at this very instant */
        s->next_consult_ns = now_ns;
    }
}

static bool may_consult(const struct eb_engine *e, const struct eb_slot *s)
{
    return s->d.open && !s->d.shadow_done && !e->paused && !e->flattening && eb_is_owner(e, s) && !s->d.intent.active;
}

void eb_consult_now(struct eb_engine *e, struct eb_slot *s, enum eb_consult_reason why)
{
    struct eb_actions *out = e->out;
    if (!may_consult(e, s)) {
        return;
    }
    if (out->ctx_count >= EB_CONSULTS_MAX) {
        s->next_consult_ns = e->ev->now_ns; /* in the next CLOCK step of this turn's time */
        return;
    }
    struct eb_context *ctx = &out->ctx[out->ctx_count];
    eb_context_fill(e, s, ctx, e->ev->now_ns, e->ev->now_ms);
    ctx->reason = (uint8_t)why;
    ctx->consult_id = ++e->consult_serial;
    s->consult_id = ctx->consult_id;
    s->consult_pending = true;
    s->last_consult_ns = e->ev->now_ns;
    s->last_consult_ms = e->ev->now_ms;
    s->suppressed_until_ms = 0;
    eb_signals_asked(s, &ctx->signals);
    s->consults++;
    e->stats.consults++;
    plan_next(e, s, e->ev->now_ns);
    eb_emit(e, EB_ACT_CONSULT)->u.consult.ctx = out->ctx_count++;
}

/* Whether the policy asked to be left alone for now. */
static bool asleep(const struct eb_engine *e, const struct eb_slot *s, int64_t now_ns, int64_t now_ms, eb_price now)
{
    const struct eb_wake *w = &s->wake;
    if (!w->set || now_ns >= s->last_consult_ns + e->c.consult_max_ms * EB_NS_PER_MS) {
        return false;
    }
    bool met = (w->at_ms > 0 && now_ms >= w->at_ms) || (w->above.e8 > 0 && now.e8 >= w->above.e8) ||
               (w->below.e8 > 0 && now.e8 > 0 && now.e8 <= w->below.e8);
    return !met;
}

static bool suppressed(const struct eb_engine *e, struct eb_slot *s)
{
    if (!asleep(e, s, e->ev->now_ns, e->ev->now_ms, eb_judge_price(e, s))) {
        return false;
    }
    int64_t until = s->last_consult_ms + e->c.consult_max_ms;
    s->suppressed_until_ms = s->wake.at_ms > 0 && s->wake.at_ms < until ? s->wake.at_ms : until;
    return true;
}

bool eb_engine_cycle_due(const struct eb_engine *e, eb_position_id position, int64_t now_ns, int64_t now_ms,
                         eb_price price)
{
    const struct eb_slot *s = eb_slot_at(e, position);
    return s->d.open && !asleep(e, s, now_ns, now_ms, price);
}

bool eb_engine_hedge(const struct eb_engine *e)
{
    return e->hedge;
}

bool eb_engine_open_side(const struct eb_engine *e, eb_position_id position, enum eb_side *side)
{
    if (position >= e->symbol_count * 2 || !eb_slot_at(e, position)->d.open) {
        return false;
    }
    *side = eb_side_of(eb_slot_at(e, position));
    return true;
}

void eb_consult_due(struct eb_engine *e, struct eb_slot *s)
{
    bool at_close = e->c.bars && e->ev->kind == EB_EV_PATH;
    if (!may_consult(e, s) || (!at_close && e->c.bars) || e->ev->witness != NULL) {
        return; /* a fold: the verdicts are in the record */
    }
    bool is_over = eb_signals_over(e, s);
    if (!is_over && !at_close && e->ev->now_ns < s->next_consult_ns) {
        return;
    }
    if (s->quarantined && e->ev->now_ns < s->quarantine_ns) {
        plan_next(e, s, e->ev->now_ns);
        return;
    }
    if (!is_over && suppressed(e, s)) {
        plan_next(e, s, e->ev->now_ns);
        return;
    }
    eb_consult_now(e, s, is_over ? EB_CONSULT_SIGNAL : EB_CONSULT_CYCLE);
}

static void sooner_ms(const struct eb_engine *e, int64_t at_ms, int64_t *at_ns)
{
    if (at_ms > 0) {
        int64_t ns = e->ev->now_ns + (at_ms - e->ev->now_ms) * EB_NS_PER_MS;
        *at_ns = ns < *at_ns ? ns : *at_ns;
    }
}

/* A stale mark asks REST at once, then once a second. */
static void stale_deadline(struct eb_engine *e, struct eb_slot *s, int64_t *at_ns)
{
    if (e->c.bars || s->d.shadow_done) {
        return;
    }
    eb_symbol_id id = eb_slot_symbol(e, s);
    const struct eb_hot *h = eb_hot_of(e, id, (enum eb_price_source)e->c.stop_source);
    int64_t age_ms = e->c.stop_source == EB_SRC_MARK ? e->c.max_age_mark_ms : e->c.max_age_last_ms;
    int64_t stale_ns = h->price > 0 ? h->received_ns + age_ms * EB_NS_PER_MS + 1 : e->ev->now_ns;
    if (e->ev->now_ns >= stale_ns) {
        if (e->ev->now_ns - s->refresh_ns >= 1000 * EB_NS_PER_MS || s->refresh_ns == 0) {
            s->refresh_ns = e->ev->now_ns;
            eb_emit(e, EB_ACT_REFRESH_PRICE)->u.refresh.symbol = id;
            if (h->price > 0 && h->received_ns >= s->stale_told_ns) { /* once for each time that it stops */
                s->stale_told_ns = e->ev->now_ns;
                eb_alert(e, s, EB_ALERT_STALE_PRICE, (eb_price){h->price}, 0, "no fresh price: asking by REST");
            }
        }
        stale_ns = s->refresh_ns + 1000 * EB_NS_PER_MS;
    }
    *at_ns = stale_ns < *at_ns ? stale_ns : *at_ns;
}

/* The slot's next deadline from everything that waits for time. Before its first picture only questions about orders
 * are due. */
void eb_schedule(struct eb_engine *e, struct eb_slot *s)
{
    int64_t at = INT64_MAX;
    const struct eb_durable *d = &s->d;
    bool gated = eb_gated(e, s);
    if (d->episode == 0) {
        return;
    }
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        if (s->order[i].state != EB_OS_NONE && !(gated && s->order[i].ended_as != EB_OS_NONE)) {
            sooner_ms(e, s->order[i].timer_ms, &at);
        }
    }
    if (d->open && gated) {
        int64_t alarm_ms = eb_backstop_alarm_ms(e, s);
        sooner_ms(e, alarm_ms > e->ev->now_ms ? alarm_ms : 0, &at);
    } else if (d->open) {
        if (!e->c.bars && may_consult(e, s)) {
            at = s->next_consult_ns < at ? s->next_consult_ns : at;
            sooner_ms(e, eb_signals_deadline_ms(e, s), &at);
        }
        if (d->intent.active) {
            sooner_ms(e, d->intent.retry_ms, &at);
        }
        if (s->soft_since_ns != 0 && !e->c.bars) {
            int64_t ns = s->soft_since_ns + e->c.soft_fallback_ms * EB_NS_PER_MS;
            at = ns > e->ev->now_ns && ns < at ? ns : at;
        }
        sooner_ms(e, d->leg_retry_ms > e->ev->now_ms ? d->leg_retry_ms : 0, &at);
        sooner_ms(e, d->claim_ms, &at);
        sooner_ms(e, e->hold_ms > e->ev->now_ms ? e->hold_ms : 0, &at);
        if (s->wants_consult && eb_start_waits(e, s)) {
            int64_t ns = e->start_ns + e->c.max_age_mark_ms * EB_NS_PER_MS;
            at = ns < at ? ns : at;
        }
        sooner_ms(e, eb_backstop_deadline_ms(e, s), &at);
        stale_deadline(e, s, &at);
        int64_t jump = eb_jump_deadline_ns(e, eb_slot_symbol(e, s));
        at = jump < at ? jump : at;
    }
    eb_deadline_set(e, s, at);
}
