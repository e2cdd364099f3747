/* SPDX-License-Identifier: Apache-2.0 */
/* Extremes are frequent: full and empty arrays, texts of full length, the ends of the integers. */
#include "fill.h"

#include <string.h>

static uint64_t word(struct eb_rng *r)
{
    static const uint64_t edges[] = {0, 1, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN, UINT32_MAX};
    return eb_rng_chance(r, 1, 4) ? edges[eb_rng_below(r, EB_COUNT(edges))] : eb_rng_next(r);
}

/* A number from 0 to max, its ends half of the time. */
static uint8_t upto(struct eb_rng *r, unsigned max)
{
    uint64_t any = eb_rng_below(r, max + 1u);
    return (uint8_t)(eb_rng_chance(r, 1, 4) ? 0 : eb_rng_chance(r, 1, 3) ? max : any);
}

static void text(struct eb_rng *r, char *out, size_t cap)
{
    size_t len = upto(r, (unsigned)cap - 1);
    for (size_t i = 0; i < len; i++) {
        out[i] = (char)eb_rng_range(r, 1, 127);
    }
}

static void bytes(struct eb_rng *r, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)eb_rng_next(r);
    }
}

#define I64(f) ((f) = (int64_t)word(r))
#define E8(f) ((f).e8 = (int64_t)word(r))
#define U64(f) ((f) = word(r))
#define U32(f) ((f) = (uint32_t)word(r))
#define U16(f) ((f) = (uint16_t)word(r))
#define U8(f) ((f) = (uint8_t)word(r))
#define BOOL(f) ((f) = eb_rng_chance(r, 1, 2))
#define BELOW(f, count) ((f) = upto(r, (unsigned)(count)-1))
#define TEXT(f) text(r, (f), sizeof(f))

static void fill_client_id(struct eb_rng *r, eb_client_id *v)
{
    U32(v->instance);
    U32(v->episode);
    U32(v->attempt);
    U8(v->purpose);
    U8(v->leg);
    U8(v->slice);
}

static void fill_price(struct eb_rng *r, struct eb_ev_price *v)
{
    BELOW(v->source, EB_SRC_COUNT);
    BOOL(v->from_rest);
    E8(v->price);
    E8(v->ask);
    E8(v->min);
    E8(v->max);
    I64(v->venue_ms);
}

static void fill_path(struct eb_rng *r, struct eb_ev_path *v)
{
    BELOW(v->kind, EB_PATH_QUIET + 1);
    BOOL(v->has_mark);
    E8(v->from);
    E8(v->to);
    E8(v->mark_from);
    E8(v->mark_to);
}

static void fill_bar(struct eb_rng *r, struct eb_ev_bar *v)
{
    I64(v->open_ms);
    I64(v->length_ms);
    E8(v->open);
    E8(v->high);
    E8(v->low);
    E8(v->close);
}

static void fill_instrument(struct eb_rng *r, struct eb_ev_instrument *v)
{
    TEXT(v->symbol);
    E8(v->tick);
    E8(v->min_price);
    E8(v->max_price);
    E8(v->step);
    E8(v->min_qty);
    E8(v->max_qty);
    E8(v->market_step);
    E8(v->market_min_qty);
    E8(v->market_max_qty);
    E8(v->min_notional);
    I64(v->percent_up_ppm);
    I64(v->percent_down_ppm);
    I64(v->market_take_bound_ppm);
    I64(v->maintenance_ppm);
    U32(v->max_orders);
    U32(v->max_algo_orders);
    BOOL(v->trading);
}

static void fill_position(struct eb_rng *r, struct eb_ev_position *v)
{
    BELOW(v->position_side, 3);
    BELOW(v->side, 2);
    BOOL(v->adopted);
    E8(v->qty);
    E8(v->entry);
    E8(v->liquidation);
    E8(v->margin);
    I64(v->leverage_ppm);
    I64(v->opened_ms);
    I64(v->venue_ms);
    TEXT(v->strategy_id);
}

static void fill_open_order(struct eb_rng *r, struct eb_ev_open_order *v)
{
    fill_client_id(r, &v->client_id);
    U64(v->venue_order_id);
    BELOW(v->position_side, 3);
    BELOW(v->order_side, 2);
    BELOW(v->type, 4);
    BELOW(v->state, EB_OS_COUNT);
    BOOL(v->close_position);
    BOOL(v->reduce_only);
    E8(v->qty);
    E8(v->filled);
    E8(v->price);
    E8(v->trigger);
}

static void fill_fill(struct eb_rng *r, struct eb_ev_fill *v)
{
    fill_client_id(r, &v->client_id);
    U64(v->venue_order_id);
    U64(v->trade_id);
    E8(v->price);
    E8(v->qty);
    E8(v->fee);
    BELOW(v->order_side, 2);
    BELOW(v->position_side, 3);
    BOOL(v->maker);
    BOOL(v->liquidation);
    I64(v->venue_ms);
}

static void fill_order(struct eb_rng *r, struct eb_ev_order *v)
{
    fill_client_id(r, &v->client_id);
    U64(v->venue_order_id);
    BELOW(v->state, EB_OS_COUNT);
    BELOW(v->reject, EB_REJ_COUNT);
    BOOL(v->cancel_failed);
    BOOL(v->from_query);
    v->code = (int32_t)word(r);
    E8(v->filled);
    I64(v->venue_ms);
}

static void fill_witness(struct eb_rng *r, struct eb_witness *v)
{
    U32(v->symbol);
    U32(v->foreign_conditional);
    for (size_t i = 0; i < EB_SRC_COUNT; i++) {
        E8(v->price[i]);
        I64(v->received_ns[i]);
        E8(v->min[i]);
        E8(v->max[i]);
    }
    E8(v->ask);
    E8(v->jump_price);
    E8(v->jump_from);
    I64(v->jump_ns);
    BELOW(v->jump_source, EB_SRC_COUNT);
    E8(v->substitute_price);
    I64(v->substitute_ns);
    for (size_t i = 0; i < 2; i++) {
        E8(v->best[i]);
        E8(v->worst[i]);
        E8(v->path[i]);
        E8(v->path_mark[i]);
        I64(v->soft_since_ns[i]);
    }
    U64(v->absent);
    U8(v->sweep);
    BOOL(v->gated);
    BOOL(v->pictured);
}

static void fill_entry(struct eb_rng *r, struct eb_memory_entry *v)
{
    TEXT(v->key);
    BELOW(v->kind, EB_MEM_TEXT + 1);
    uint64_t bits = word(r); /* any double, NaNs among them */
    memcpy(&v->number, &bits, sizeof(bits));
    TEXT(v->text);
}

static void fill_memory(struct eb_rng *r, struct eb_memory *v)
{
    v->count = upto(r, EB_MEMORY_MAX);
    for (uint8_t i = 0; i < v->count; i++) {
        fill_entry(r, &v->entry[i]);
    }
}

static void fill_features(struct eb_rng *r, struct eb_features *v)
{
    U16(v->bars);
    BOOL(v->warm);
    I64(v->close_e8);
    I64(v->atr_e8);
    I64(v->atr_ppm);
    I64(v->vol_bar_ppm);
    I64(v->vol_std_bar_ppm);
    I64(v->vol_day_ppm);
    I64(v->trend_ppm);
    I64(v->avg_range_ppm);
    I64(v->efficiency_ppm);
}

static void fill_context_head(struct eb_rng *r, struct eb_context *v)
{
    U64(v->consult_id);
    U32(v->episode);
    U32(v->plan_revision);
    U32(v->position);
    BELOW(v->side, 2);
    BELOW(v->position_side, 3);
    BELOW(v->reason, EB_CONSULT_REASON_COUNT);
    BELOW(v->regime, EB_REGIME_COUNT);
    BELOW(v->stop_kind, EB_STOP_KIND_COUNT);
    U8(v->hits);
    BELOW(v->exit_mode, EB_EXIT_MODE_COUNT);
    BOOL(v->adopted);
    BOOL(v->live);
    BOOL(v->r_provisional);
    BOOL(v->trailing_active);
    BOOL(v->planned);
    TEXT(v->symbol);
    TEXT(v->strategy_id);
    TEXT(v->profile);
    TEXT(v->owner);
    I64(v->now_ms);
    I64(v->opened_ms);
    I64(v->price_age_ms);
}

static void fill_context_figures(struct eb_rng *r, struct eb_context *v)
{
    E8(v->entry);
    E8(v->price);
    E8(v->mark);
    E8(v->last);
    E8(v->bid);
    E8(v->ask);
    E8(v->liquidation);
    E8(v->stop);
    E8(v->plan_stop);
    E8(v->trail_stop);
    E8(v->ratchet_stop);
    E8(v->risk_floor);
    E8(v->peak);
    E8(v->r);
    E8(v->qty);
    E8(v->leg_base);
    E8(v->first_qty);
    E8(v->notional);
    E8(v->margin);
    E8(v->pnl);
    E8(v->balance);
    I64(v->leverage_ppm);
    I64(v->pnl_ppm);
    I64(v->pnl_r_ppm);
    I64(v->mfe_r_ppm);
    I64(v->mae_r_ppm);
    I64(v->funding_rate_ppm8);
    I64(v->next_funding_ms);
    I64(v->fee_taker_ppm);
    I64(v->fee_maker_ppm);
    I64(v->min_stop_distance_ppm);
    I64(v->liquidation_buffer_ppm);
    E8(v->tick);
    E8(v->step);
    E8(v->min_qty);
    E8(v->min_notional);
}

static void fill_context(struct eb_rng *r, struct eb_context *v)
{
    fill_context_head(r, v);
    fill_context_figures(r, v);
    v->leg_count = upto(r, EB_LEGS_MAX);
    for (uint8_t i = 0; i < v->leg_count; i++) {
        struct eb_leg_view *leg = &v->legs[i];
        U8(leg->id);
        BELOW(leg->state, EB_LEG_STATE_COUNT);
        BOOL(leg->soft);
        I64(leg->r_ppm);
        I64(leg->fraction_ppm);
        E8(leg->price);
        E8(leg->qty);
        E8(leg->filled);
    }
    for (size_t i = 0; i < EB_TF_COUNT; i++) {
        fill_features(r, &v->features[i]);
    }
    TEXT(v->memory.version);
    fill_memory(r, &v->memory);
    fill_memory(r, &v->signals);
}

static void fill_targets(struct eb_rng *r, struct eb_decision *v)
{
    v->u.targets.count = upto(r, EB_LEGS_MAX);
    for (uint8_t i = 0; i < v->u.targets.count; i++) {
        struct eb_leg_spec *leg = &v->u.targets.leg[i];
        U8(leg->id);
        BOOL(leg->soft);
        I64(leg->r_ppm);
        I64(leg->pct_ppm);
        E8(leg->price);
        I64(leg->fraction_ppm);
    }
}

static void fill_trailing(struct eb_rng *r, struct eb_decision *v)
{
    BOOL(v->u.trailing.off);
    I64(v->u.trailing.activation_r_ppm);
    I64(v->u.trailing.callback_ppm);
    v->u.trailing.curve_count = upto(r, EB_CURVE_MAX);
    for (uint8_t i = 0; i < v->u.trailing.curve_count; i++) {
        I64(v->u.trailing.curve[i].r_ppm);
        I64(v->u.trailing.curve[i].callback_ppm);
    }
}

static void fill_ratchet(struct eb_rng *r, struct eb_decision *v)
{
    v->u.ratchet.count = upto(r, EB_RATCHET_MAX);
    for (uint8_t i = 0; i < v->u.ratchet.count; i++) {
        U8(v->u.ratchet.rule[i].after_hits);
        BELOW(v->u.ratchet.rule[i].to, 2);
        I64(v->u.ratchet.rule[i].offset_ppm);
    }
}

static void fill_decision(struct eb_rng *r, struct eb_decision *v)
{
    v->kind = (uint8_t)eb_rng_below(r, EB_DECISION_KIND_COUNT);
    BOOL(v->emergency);
    I64(v->confidence_ppm);
    TEXT(v->reason);
    if (v->kind == EB_PARTIAL_CLOSE) {
        I64(v->u.partial.fraction_ppm);
    } else if (v->kind == EB_MOVE_STOP) {
        E8(v->u.stop.price);
        I64(v->u.stop.pct_ppm);
        E8(v->u.stop.risk_price);
        BOOL(v->u.stop.risk_floor);
        BOOL(v->u.stop.allow_loosen);
    } else if (v->kind == EB_UPDATE_TP_LIMITS) {
        fill_targets(r, v);
    } else if (v->kind == EB_SET_TRAILING) {
        fill_trailing(r, v);
    } else if (v->kind == EB_SET_RATCHET) {
        fill_ratchet(r, v);
    }
}

static void fill_verdict(struct eb_rng *r, struct eb_verdict *v)
{
    BOOL(v->keep);
    BOOL(v->has_memory);
    BELOW(v->regime, EB_REGIME_COUNT);
    TEXT(v->profile);
    TEXT(v->owner);
    BOOL(v->wake.set);
    I64(v->wake.at_ms);
    E8(v->wake.above);
    E8(v->wake.below);
    v->count = upto(r, EB_DECISIONS_MAX);
    for (uint8_t i = 0; i < v->count; i++) {
        fill_decision(r, &v->decision[i]);
    }
    TEXT(v->memory.version);
    fill_memory(r, &v->memory);
    bytes(r, v->policy_hash, sizeof(v->policy_hash));
}

static void fill_config(struct eb_rng *r, struct eb_ev_config *v)
{
    BELOW(v->exit_mode, 2);
    BOOL(v->executor_live);
    BOOL(v->rollout_enabled);
}

/* Payloads that the event holds itself. */
static void fill_inside(struct eb_rng *r, struct eb_event *ev)
{
    switch ((int)ev->kind) {
    case EB_EV_PRICE:
        fill_price(r, &ev->u.price);
        return;
    case EB_EV_PATH:
        fill_path(r, &ev->u.path);
        return;
    case EB_EV_BAR:
        fill_bar(r, &ev->u.bar);
        return;
    case EB_EV_FUNDING:
        I64(ev->u.funding.rate_e8);
        I64(ev->u.funding.next_ms);
        return;
    case EB_EV_ACCOUNT:
        E8(ev->u.account.balance);
        BOOL(ev->u.account.hedge);
        return;
    case EB_EV_OPEN_ORDER:
        fill_open_order(r, &ev->u.open_order);
        return;
    case EB_EV_FILL:
        fill_fill(r, &ev->u.fill);
        return;
    case EB_EV_ORDER:
        fill_order(r, &ev->u.order);
        return;
    case EB_EV_CONFIG:
        fill_config(r, &ev->u.config);
        return;
    default: /* no payload, or one behind a pointer */
        return;
    }
}

static void fill_behind(struct eb_rng *r, struct eb_decoded_event *out)
{
    switch ((int)out->ev.kind) {
    case EB_EV_INSTRUMENT:
        fill_instrument(r, &out->instrument);
        out->ev.u.instrument = &out->instrument;
        return;
    case EB_EV_POSITION:
        fill_position(r, &out->position);
        out->ev.u.venue_position = &out->position;
        return;
    case EB_EV_COMMAND:
        BELOW(out->command.verb, EB_CMD_COUNT);
        BELOW(out->command.mode.exit_mode, EB_EXIT_MODE_EXIT_BRAIN_V3 + 1);
        BOOL(out->command.mode.executor_live);
        BOOL(out->command.mode.rollout_enabled);
        BOOL(out->command.settled);
        U64(out->command.id);
        TEXT(out->command.who);
        TEXT(out->command.why);
        out->ev.u.command = &out->command;
        return;
    case EB_EV_POLICY:
        bytes(r, out->policy.hash, sizeof(out->policy.hash));
        BOOL(out->policy.legacy);
        TEXT(out->policy.name);
        TEXT(out->policy.version);
        TEXT(out->policy.who);
        TEXT(out->policy.why);
        out->ev.u.policy = &out->policy;
        return;
    case EB_EV_SIGNAL:
        fill_entry(r, &out->signal.value);
        I64(out->signal.expires_ms);
        U64(out->signal.id);
        TEXT(out->signal.who);
        TEXT(out->signal.why);
        out->ev.u.signal = &out->signal;
        return;
    case EB_EV_VERDICT:
        fill_context(r, &out->ctx);
        fill_verdict(r, &out->verdict);
        out->ev.u.verdict = (struct eb_ev_verdict){.ctx = &out->ctx, .verdict = &out->verdict};
        return;
    case EB_EV_POLICY_FAILED:
        fill_context(r, &out->ctx);
        BELOW(out->failed.result, EB_POLICY_RESULT_COUNT);
        TEXT(out->failed.message);
        out->failed.ctx = &out->ctx;
        out->ev.u.policy_failed = &out->failed;
        return;
    default:
        return;
    }
}

void fill_event(struct eb_rng *r, enum eb_event_kind kind, struct eb_decoded_event *out)
{
    memset(out, 0, sizeof(*out));
    out->ev.kind = (uint16_t)kind;
    I64(out->ev.now_ns);
    I64(out->ev.now_ms);
    U32(out->ev.symbol);
    U32(out->ev.position);
    fill_inside(r, &out->ev);
    fill_behind(r, out);
    BOOL(out->durable);
    if (eb_rng_chance(r, 1, 2)) {
        fill_witness(r, &out->witness);
        out->ev.witness = &out->witness;
    }
}

void fill_engine_config(struct eb_rng *r, struct eb_engine_config *v)
{
    memset(v, 0, sizeof(*v));
    U32(v->symbols_max);
    U32(v->instance);
    fill_config(r, &v->mode);
    BOOL(v->bars);
    BOOL(v->hedge);
    BELOW(v->stop_source, EB_SRC_COUNT);
    BELOW(v->target_source, EB_TARGET_MARK + 1);
    BELOW(v->on_no_legal_stop, 2);
    BOOL(v->allow_loosen);
    BOOL(v->act_on_adopted);
    int64_t *const numbers[] = {&v->min_stop_distance_ppm,
                                &v->liquidation_buffer_ppm,
                                &v->max_loss_ppm,
                                &v->builtin_stop_ppm,
                                &v->maintenance_ppm,
                                &v->max_jump_ppm,
                                &v->max_age_mark_ms,
                                &v->max_age_last_ms,
                                &v->cycle_ms,
                                &v->consult_max_ms,
                                &v->quarantine_ms,
                                &v->backstop_r_ppm,
                                &v->backstop_min_ppm,
                                &v->backstop_renew_r_ppm,
                                &v->backstop_renew_ms,
                                &v->protect_ms,
                                &v->confirm_ms,
                                &v->triggering_ms,
                                &v->unknown_query_ms,
                                &v->absent_after_ms,
                                &v->full_close_ms,
                                &v->soft_fallback_ms,
                                &v->snapshot_ms,
                                &v->fee_taker_ppm,
                                &v->fee_maker_ppm};
    for (size_t i = 0; i < EB_COUNT(numbers); i++) {
        I64(*numbers[i]);
    }
    U32(v->failures_max);
    BOOL(v->backstop);
    U32(v->slots_max);
    U32(v->slots_reserve);
    U32(v->orders_per_minute_max);
}
