/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of ctx, its legs and features, declared once: name in Lua, kind, place in the struct. */
#include "policy/view.h"

#include <stddef.h>

#include "policy/names.h"

#define CTX(name, kind, member)                                  \
    {                                                            \
        name, kind, offsetof(struct eb_context, member), NULL, 0 \
    }
#define CTX_TEXT(name, member)                                                                               \
    {                                                                                                        \
        name, EB_F_TEXT, offsetof(struct eb_context, member), NULL, sizeof(((struct eb_context *)0)->member) \
    }
#define CTX_ENUM(name, member, words)                                                \
    {                                                                                \
        name, EB_F_ENUM, offsetof(struct eb_context, member), words, EB_COUNT(words) \
    }

const struct eb_field eb_context_fields[] = {
    CTX_TEXT("symbol", symbol),
    CTX_TEXT("strategy_id", strategy_id),
    CTX_TEXT("profile", profile),
    CTX_TEXT("owner", owner),
    CTX_ENUM("side", side, eb_lua_sides),
    CTX("sign", EB_F_SIGN, side),
    CTX_ENUM("reason", reason, eb_lua_consult_reasons),
    CTX_ENUM("regime", regime, eb_lua_regimes),
    CTX_ENUM("stop_kind", stop_kind, eb_lua_stop_kinds),
    CTX_ENUM("exit_mode", exit_mode, eb_lua_exit_modes),
    CTX("episode", EB_F_COUNT32, episode),
    CTX("plan_revision", EB_F_COUNT32, plan_revision),
    CTX("hits", EB_F_COUNT, hits),
    CTX("leg_count", EB_F_COUNT, leg_count),
    CTX("adopted", EB_F_BOOL, adopted),
    CTX("live", EB_F_BOOL, live),
    CTX("r_provisional", EB_F_BOOL, r_provisional),
    CTX("planned", EB_F_BOOL, planned),
    CTX("trailing_active", EB_F_BOOL, trailing_active),
    CTX("now_ms", EB_F_MS, now_ms),
    CTX("opened_ms", EB_F_MS, opened_ms),
    CTX("age_ms", EB_F_AGE, opened_ms),
    CTX("price_age_ms", EB_F_AGE_MS, price_age_ms),
    CTX("next_funding_ms", EB_F_MS, next_funding_ms),
    CTX("entry", EB_F_AMOUNT, entry),
    CTX("price", EB_F_AMOUNT, price),
    CTX("mark", EB_F_AMOUNT, mark),
    CTX("last", EB_F_AMOUNT, last),
    CTX("bid", EB_F_AMOUNT, bid),
    CTX("ask", EB_F_AMOUNT, ask),
    CTX("liquidation", EB_F_AMOUNT, liquidation),
    CTX("stop", EB_F_AMOUNT, stop),
    CTX("plan_stop", EB_F_AMOUNT, plan_stop),
    CTX("trail_stop", EB_F_AMOUNT, trail_stop),
    CTX("ratchet_stop", EB_F_AMOUNT, ratchet_stop),
    CTX("risk_floor", EB_F_AMOUNT, risk_floor),
    CTX("peak", EB_F_AMOUNT, peak),
    CTX("r", EB_F_AMOUNT, r),
    CTX("qty", EB_F_AMOUNT, qty),
    CTX("leg_base", EB_F_AMOUNT, leg_base),
    CTX("first_qty", EB_F_AMOUNT, first_qty),
    CTX("notional", EB_F_AMOUNT, notional),
    CTX("margin", EB_F_AMOUNT, margin),
    CTX("pnl", EB_F_SIGNED, pnl),
    CTX("balance", EB_F_AMOUNT, balance),
    CTX("leverage", EB_F_RATIO_NIL, leverage_ppm),
    CTX("pnl_pct", EB_F_PCT, pnl_ppm),
    CTX("pnl_r", EB_F_IN_R, pnl_r_ppm),
    CTX("mfe_r", EB_F_IN_R, mfe_r_ppm),
    CTX("mae_r", EB_F_IN_R, mae_r_ppm),
    CTX("funding_rate_pct", EB_F_PCT_E8, funding_rate_ppm8),
    CTX("fee_taker_pct", EB_F_PCT, fee_taker_ppm),
    CTX("fee_maker_pct", EB_F_PCT, fee_maker_ppm),
    CTX("min_stop_distance_pct", EB_F_PCT, min_stop_distance_ppm),
    CTX("liquidation_buffer_pct", EB_F_PCT, liquidation_buffer_ppm),
    CTX("tick", EB_F_AMOUNT, tick),
    CTX("step", EB_F_AMOUNT, step),
    CTX("min_qty", EB_F_AMOUNT, min_qty),
    CTX("min_notional", EB_F_AMOUNT, min_notional),
};
const size_t eb_context_field_count = EB_COUNT(eb_context_fields);

#define LEG(name, kind, member)                                   \
    {                                                             \
        name, kind, offsetof(struct eb_leg_view, member), NULL, 0 \
    }

const struct eb_field eb_leg_fields[] = {
    LEG("id", EB_F_COUNT, id),
    {"state", EB_F_ENUM, offsetof(struct eb_leg_view, state), eb_lua_leg_states, EB_COUNT(eb_lua_leg_states)},
    LEG("soft", EB_F_BOOL, soft),
    LEG("r", EB_F_RATIO, r_ppm),
    LEG("fraction", EB_F_RATIO, fraction_ppm),
    LEG("price", EB_F_AMOUNT, price),
    LEG("qty", EB_F_SIGNED, qty),
    LEG("filled", EB_F_SIGNED, filled),
};
const size_t eb_leg_field_count = EB_COUNT(eb_leg_fields);

#define FEATURE(name, kind, member)                               \
    {                                                             \
        name, kind, offsetof(struct eb_features, member), NULL, 0 \
    }

const struct eb_field eb_feature_fields[] = {
    FEATURE("warm", EB_F_BOOL, warm),
    FEATURE("bars", EB_F_COUNT16, bars),
    FEATURE("close", EB_F_WARM_AMOUNT, close_e8),
    FEATURE("atr", EB_F_WARM_AMOUNT, atr_e8),
    FEATURE("atr_pct", EB_F_WARM_PCT, atr_ppm),
    FEATURE("vol_bar_pct", EB_F_WARM_PCT, vol_bar_ppm),
    FEATURE("vol_std_bar_pct", EB_F_WARM_PCT, vol_std_bar_ppm),
    FEATURE("vol_day_pct", EB_F_WARM_PCT, vol_day_ppm),
    FEATURE("trend_pct", EB_F_WARM_PCT, trend_ppm),
    FEATURE("avg_range_pct", EB_F_WARM_PCT, avg_range_ppm),
    FEATURE("efficiency", EB_F_WARM_RATIO, efficiency_ppm),
};
const size_t eb_feature_field_count = EB_COUNT(eb_feature_fields);
