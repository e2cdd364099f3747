/* SPDX-License-Identifier: Apache-2.0 */
/* The walks over what a policy was asked and what it answered. Counted arrays carry only the entries that count. */
#include "store/codec.h"

#include "base/cursor.h"

#define U8(f) eb_cursor_u8(w, &(f))
#define U32(f) eb_cursor_u32(w, &(f))
#define U64(f) eb_cursor_u64(w, &(f))
#define I64(f) eb_cursor_i64(w, &(f))
#define E8(f) eb_cursor_i64(w, &(f).e8)
#define BOOL(f) eb_cursor_bool(w, &(f))
#define BELOW(f, count) eb_cursor_below(w, &(f), (count), #f)
#define AT_MOST(f, max) eb_cursor_below(w, &(f), (max) + 1, #f)
#define TEXT(f) eb_cursor_text(w, (f), sizeof(f), #f)

void eb_cursor_memory_entry(struct eb_cursor *w, struct eb_memory_entry *v)
{
    TEXT(v->key);
    BELOW(v->kind, EB_MEM_TEXT + 1);
    eb_cursor_f64(w, &v->number);
    TEXT(v->text);
}

static void wire_memory(struct eb_cursor *w, struct eb_memory *v)
{
    AT_MOST(v->count, EB_MEMORY_MAX);
    for (uint8_t i = 0; i < v->count && w->code == EB_OK; i++) {
        eb_cursor_memory_entry(w, &v->entry[i]);
    }
}

static void wire_features(struct eb_cursor *w, struct eb_features *v)
{
    eb_cursor_u16(w, &v->bars);
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

static void wire_leg_view(struct eb_cursor *w, struct eb_leg_view *v)
{
    U8(v->id);
    BELOW(v->state, EB_LEG_STATE_COUNT);
    BOOL(v->soft);
    I64(v->r_ppm);
    I64(v->fraction_ppm);
    E8(v->price);
    E8(v->qty);
    E8(v->filled);
}

static void wire_context_head(struct eb_cursor *w, struct eb_context *v)
{
    U64(v->consult_id);
    U32(v->episode);
    U32(v->plan_revision);
    U32(v->position);
    BELOW(v->side, EB_SHORT + 1);
    BELOW(v->position_side, EB_PS_SHORT + 1);
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

static void wire_context_prices(struct eb_cursor *w, struct eb_context *v)
{
    eb_price *const prices[] = {&v->entry,        &v->price,       &v->mark, &v->last,      &v->bid,
                                &v->ask,          &v->liquidation, &v->stop, &v->plan_stop, &v->trail_stop,
                                &v->ratchet_stop, &v->risk_floor,  &v->peak, &v->r,         &v->tick};
    for (size_t i = 0; i < EB_COUNT(prices); i++) {
        E8(*prices[i]);
    }
    eb_qty *const quantities[] = {&v->qty, &v->leg_base, &v->first_qty, &v->step, &v->min_qty};
    for (size_t i = 0; i < EB_COUNT(quantities); i++) {
        E8(*quantities[i]);
    }
    eb_money *const amounts[] = {&v->notional, &v->margin, &v->pnl, &v->balance, &v->min_notional};
    for (size_t i = 0; i < EB_COUNT(amounts); i++) {
        E8(*amounts[i]);
    }
}

static void wire_context_ratios(struct eb_cursor *w, struct eb_context *v)
{
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
}

void eb_cursor_context(struct eb_cursor *w, struct eb_context *v)
{
    wire_context_head(w, v);
    wire_context_prices(w, v);
    wire_context_ratios(w, v);
    AT_MOST(v->leg_count, EB_LEGS_MAX);
    for (uint8_t i = 0; i < v->leg_count && w->code == EB_OK; i++) {
        wire_leg_view(w, &v->legs[i]);
    }
    for (size_t i = 0; i < EB_TF_COUNT; i++) {
        wire_features(w, &v->features[i]);
    }
    TEXT(v->memory.version);
    wire_memory(w, &v->memory);
    wire_memory(w, &v->signals);
}

static void wire_targets(struct eb_cursor *w, struct eb_decision *v)
{
    AT_MOST(v->u.targets.count, EB_LEGS_MAX);
    for (uint8_t i = 0; i < v->u.targets.count && w->code == EB_OK; i++) {
        struct eb_leg_spec *leg = &v->u.targets.leg[i];
        U8(leg->id);
        BOOL(leg->soft);
        I64(leg->r_ppm);
        I64(leg->pct_ppm);
        E8(leg->price);
        I64(leg->fraction_ppm);
    }
}

static void wire_trailing(struct eb_cursor *w, struct eb_decision *v)
{
    BOOL(v->u.trailing.off);
    I64(v->u.trailing.activation_r_ppm);
    I64(v->u.trailing.callback_ppm);
    AT_MOST(v->u.trailing.curve_count, EB_CURVE_MAX);
    for (uint8_t i = 0; i < v->u.trailing.curve_count && w->code == EB_OK; i++) {
        I64(v->u.trailing.curve[i].r_ppm);
        I64(v->u.trailing.curve[i].callback_ppm);
    }
}

static void wire_ratchet(struct eb_cursor *w, struct eb_decision *v)
{
    AT_MOST(v->u.ratchet.count, EB_RATCHET_MAX);
    for (uint8_t i = 0; i < v->u.ratchet.count && w->code == EB_OK; i++) {
        U8(v->u.ratchet.rule[i].after_hits);
        BELOW(v->u.ratchet.rule[i].to, EB_RATCHET_FIRST_HIT + 1);
        I64(v->u.ratchet.rule[i].offset_ppm);
    }
}

static void wire_decision(struct eb_cursor *w, struct eb_decision *v)
{
    BELOW(v->kind, EB_DECISION_KIND_COUNT);
    BOOL(v->emergency);
    I64(v->confidence_ppm);
    TEXT(v->reason);
    switch ((enum eb_decision_kind)v->kind) {
    case EB_PARTIAL_CLOSE:
        I64(v->u.partial.fraction_ppm);
        return;
    case EB_MOVE_STOP:
        E8(v->u.stop.price);
        I64(v->u.stop.pct_ppm);
        E8(v->u.stop.risk_price);
        BOOL(v->u.stop.risk_floor);
        BOOL(v->u.stop.allow_loosen);
        return;
    case EB_UPDATE_TP_LIMITS:
        wire_targets(w, v);
        return;
    case EB_SET_TRAILING:
        wire_trailing(w, v);
        return;
    case EB_SET_RATCHET:
        wire_ratchet(w, v);
        return;
    case EB_NO_CHANGE:
    case EB_FULL_EXIT:
    case EB_DECISION_KIND_COUNT:
        return;
    }
}

void eb_cursor_verdict(struct eb_cursor *w, struct eb_verdict *v)
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
    AT_MOST(v->count, EB_DECISIONS_MAX);
    for (uint8_t i = 0; i < v->count && w->code == EB_OK; i++) {
        wire_decision(w, &v->decision[i]);
    }
    TEXT(v->memory.version);
    wire_memory(w, &v->memory);
    eb_cursor_bytes(w, v->policy_hash, sizeof(v->policy_hash));
}
