-- SPDX-License-Identifier: Apache-2.0
-- Every threshold of the default set, with its unit in its name: _pct percent of price (leverage-free) unless the name
-- says margin, _r multiples of R, _ms milliseconds. `--set NAME=LUA` and EXIT_BRAIN_PROFILE (profile) override them.
-- "V3" marks a figure that Exit Brain V3 had.

return {
  -- tp_profiles.lua: DEFAULT chooses by regime; any profile name pins that one (CHALLENGE_100: challenge_100.lua).
  profile = "DEFAULT",
  -- Finer choice: { symbol = "BTCUSDT", strategy = "scalp", regime = "TREND", profile = "NORMAL" }, any of the first
  -- three may be left out; the most specific wins.
  profile_rules = {},

  -- regime.lua: each pair is { to enter, to stay }. Calibrated on 15-minute bars of ten USDT pairs, 2023 to 2026.
  -- V3 held 15-minute volatility (0.1 to 1 %) against daily figures (2 to 4 %) and so found RANGE nearly always.
  volatile_vol_day_pct = { 8.0, 6.5 },   -- at least this volatility per day
  trend_distance_pct = { 1.0, 0.6 },     -- at least this far from the mean of 20 bars, and
  trend_efficiency = { 0.35, 0.20 },     -- at least this straight (0 .. 1)
  chop_efficiency = { 0.10, 0.15 },      -- at most this straight, and
  chop_avg_range_pct = { 0.7, 0.6 },     -- bars at least this long
  range_distance_pct = { 0.5, 0.7 },     -- at most this far from the mean, and
  range_avg_range_pct = { 0.5, 0.6 },    -- bars at most this long
  regime_dwell_ms = 30 * 60000,          -- a new regime must be seen this long before it counts: two more bars

  -- planner.lua
  base_stop_pct = 2.5,                   -- V3; times the factor of the regime (V3 had none for CHOP)
  stop_factor = { TREND = 0.8, RANGE = 1.2, VOLATILE = 1.5, CHOP = 1.0, NORMAL = 1.0 },
  min_stop_pct = 1.0,                    -- V3: the stop is clamped between these, before the risk floor
  max_stop_pct = 5.0,
  -- The nearest useful target, in round trips of taker fees. A nearer one (RANGE's and CHOP's first legs under high
  -- leverage, where R shrinks) moves out to this distance, and legs that meet there become one. V3 ignored fees.
  min_target_fees = 2.0,

  -- risk.lua
  risk_floor_margin_pct = 10.0,          -- V3: a position may lose this much of its margin
  over_leverage_move_pct = 0.2,          -- V3: less room than this before the floor or liquidation: out at once
  loss_guard_pct = 12.5,                 -- V3
  volatile_exit_pct = 5.0,               -- V3: a loss like this in a VOLATILE market ends the position
  time_stop_ms = 48 * 3600000,           -- V3: after this long a loss of
  time_stop_loss_pct = 2.0,              -- V3: this much ends the position
  breakeven_at_pct = 1.5,                -- V3: at this profit the stop goes to entry plus
  breakeven_offset_pct = 0.1,            -- V3: this, or ratchet_fees taker fees if that is more
  lock_at_pct = 4.0,                     -- V3: profiles without trailing, from this profit on: the stop follows at
  lock_distance_pct = 1.5,               -- V3: this distance, in steps of
  lock_step_pct = 0.1,                   -- V3
  ratchet_fees = 2.0,                    -- the ratchet's entry lies this many taker fees in profit (V3: none, a loss)

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
