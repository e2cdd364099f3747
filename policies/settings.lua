-- SPDX-License-Identifier: Apache-2.0
-- Every threshold of the default set, with its unit in its name: _pct percent of price (leverage-free) unless the name
-- says margin, _r multiples of R, _ms milliseconds. `--set NAME=LUA` and EXIT_BRAIN_PROFILE (profile) override them.
-- "V3" marks a figure that Exit Brain V3 had; what is unlike it, and why, is in v3_faithful.lua. Limits: limits.lua.

return {
  -- tp_profiles.lua: DEFAULT chooses by regime; any profile name pins that one (CHALLENGE_100: challenge_100.lua);
  -- V3_FAITHFUL chooses by regime with V3's own figures.
  profile = "DEFAULT",
  -- Finer choice: { symbol = "BTCUSDT", strategy = "scalp", regime = "TREND", profile = "NORMAL" }, any of the first
  -- three may be left out; the most specific wins.
  profile_rules = {},

  -- regime.lua: each pair is { to enter, to stay }. docs/REGIMES.md: where they come from and what they do to ten real
  -- months. regime_method = "v3" takes V3's rules instead, without the second figures and without dwelling.
  regime_method = "calibrated",
  volatile_vol_day_pct = { 8.0, 6.5 },   -- at least this volatility per day
  trend_distance_pct = { 1.0, 0.6 },     -- at least this far from the mean of 20 bars, and
  trend_efficiency = { 0.35, 0.20 },     -- at least this straight (0 .. 1)
  chop_efficiency = { 0.10, 0.15 },      -- at most this straight, and
  chop_avg_range_pct = { 0.7, 0.6 },     -- bars at least this long
  range_distance_pct = { 0.5, 0.7 },     -- at most this far from the mean, and
  range_avg_range_pct = { 0.5, 0.6 },    -- bars at most this long
  regime_dwell_ms = 30 * 60000,          -- a new regime must be seen this long before it counts: two more bars
  -- V3's: more than trend_pct away below trend_vol_pct of volatility; short bars near the mean; else volatility alone.
  v3_regime = { trend_pct = 2.0, trend_vol_pct = 3.0, range_avg_range_pct = 1.5, range_trend_pct = 1.0,
    volatile_vol_pct = 4.0 },
  volatility = "day",                    -- what v3_regime and dynamic_tp compare: of a "day", or of a 15-minute "bar"

  -- planner.lua: the stop. Base or sl_hint_pct, times risk mode, times regime (V3 had none for CHOP), clamped.
  base_stop_pct = 2.5,                   -- V3
  stop_factor = { TREND = 0.8, RANGE = 1.2, VOLATILE = 1.5, CHOP = 1.0, NORMAL = 1.0 },
  min_stop_pct = 1.0,                    -- V3, before the risk floor
  max_stop_pct = 5.0,                    -- V3
  risk_factor = { NORMAL = 1.0, CONSERVATIVE = 0.7, CRITICAL = 0.5, ESS_ACTIVE = 0.3 }, -- V3, signals.lua

  -- targets.lua: "profile" the profile's ladder, "dynamic" dynamic_tp.lua, "plain" plain_ladder.lua.
  tp_source = "profile",
  one_ruler = true,                      -- targets in the R that stands; false: by the stop before the risk floor
  full_trail = true,                     -- profiles that sum to 100 % trail as well
  -- The nearest useful target, in round trips of taker fees. A nearer one (RANGE's and CHOP's first legs under high
  -- leverage, where R shrinks) moves out to this distance, and legs that meet there become one.
  min_target_fees = 2.0,
  base_tp_pct = 3.0,                     -- V3: what tp_hint_pct replaces, and the plain ladder's distance, times
  tp_factor = { TREND = 1.5, RANGE = 0.8, VOLATILE = 1.3, CHOP = 0.8, NORMAL = 1.0 }, -- V3, CHOP as RANGE
  min_tp_pct = 1.5,                      -- V3
  max_tp_pct = 15.0,                     -- V3
  base_trail_pct = 1.5,                  -- V3, of the plain ladder
  hint_confidence = 0.5,                 -- V3: tp_hint_pct with less confidence than this does not count
  -- A plan made in a profit above the first: the stop locks the second, all of it is sold at this times the profit.
  profit_lock_at_pct = 10.0,             -- V3
  profit_lock_stop_pct = 0.2,            -- V3
  profit_lock_tp_factor = 1.5,           -- V3

  dynamic_tp = {                         -- V3, dynamic_tp.lua: percent of price, sizes in percent of the leg base
    base_pct = { 1.5, 2.5, 4.0 }, sizes = { 30, 30, 40 }, min_pct = 0.5, max_pct = 10.0,
    high_leverage = { at = 15, factor = 0.7 }, low_leverage = { at = 5, factor = 1.3 },
    large = { at = 2000, factor = 0.8, sizes = { 40, 35, 25 } },  -- notional in USD
    volatile = { at = 3.5, factor = 1.4 }, calm = { at = 1.5, factor = 0.75 },
    regime = { TREND = { factor = 1.5, sizes = { 20, 30, 50 } }, RANGE = { factor = 0.7 }, VOLATILE = { factor = 0.7 },
      CHOP = { factor = 0.7 } },
    confident = { at = 0.85, factor = 1.3 }, doubtful = { at = 0.6, factor = 0.75 },
    illiquid = { at = 100000, factor = 0.8, sizes = { 45, 35, 20 } },
    in_profit = { at = 5.0, factor = 0.8 },
  },

  -- risk.lua
  risk_floor_margin_pct = 10.0,          -- V3: a position may lose this much of its margin
  over_leverage_move_pct = 0.2,          -- V3: less room than this before the floor or liquidation: out at once
  loss_guard_pct = 12.5,                 -- V3
  volatile_exit_pct = 5.0,               -- V3: a loss like this in a VOLATILE market ends the position
  time_stop_ms = 48 * 3600000,           -- V3: after this long a loss of
  time_stop_loss_pct = 2.0,              -- V3: this much ends the position
  partials = {},                         -- { { pct =, fraction = }, ... }: closed once, in order, at this profit
  breakeven_at_pct = 1.5,                -- V3: at this profit the stop goes to entry plus
  breakeven_offset_pct = 0.1,            -- V3: this, or ratchet_fees taker fees if that is more
  lock_at_pct = 4.0,                     -- V3: profiles without trailing, from this profit on: the stop follows at
  lock_distance_pct = 1.5,               -- V3: this distance, in steps of
  lock_step_pct = 0.1,                   -- V3
  ratchet_fees = 2.0,                    -- the ratchet's entry lies this many taker fees in profit

  -- challenge_100.lua: account_r is money, balance times challenge_risk_pct; R stays the distance to the stop.
  challenge_risk_pct = 1.5,              -- V3, of the wallet balance
  challenge_max_risk_r = 1.5,            -- V3: the first stop loses at most this many account_r
  challenge_tp1_r = 1.0,                 -- V3: first target, in account_r
  challenge_atr_mult = 2.0,              -- V3: stop and trail, in ATR(14) of 5-minute bars
  challenge_atr_pct = 1.0,               -- ATR while the bars are warming (V3 took 0.01 of price for 1 %)
  challenge_time_stop_ms = 7200000,      -- V3: without a first target by then: out
  challenge_retrail_pct = 10.0,          -- the callback is renewed when the ATR has changed by this much
  challenge_max_tp1_pct = 15.0,          -- V3's limit on targets: a small position's account_r may lie past any price
}
