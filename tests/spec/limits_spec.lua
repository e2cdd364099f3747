-- SPDX-License-Identifier: Apache-2.0
-- Each setting at the edges of what it may be, and a little beyond them: refused with its name and its range.

local position = require "position"

local DAY_MS = 86400000

-- name = { least, most, what else must be set for the least and for the most to make sense }
local RANGES = {
  ["volatile_vol_day_pct.1"] = { 0.1, 100, { "volatile_vol_day_pct.2=0.1" } },
  ["volatile_vol_day_pct.2"] = { 0.1, 100, nil, { "volatile_vol_day_pct.1=100.0" } },
  ["trend_distance_pct.1"] = { 0.05, 50, { "trend_distance_pct.2=0.05" } },
  ["trend_efficiency.1"] = { 0, 1, { "trend_efficiency.2=0.0" } },
  ["chop_efficiency.1"] = { 0, 1, nil, { "chop_efficiency.2=1.0" } },
  ["chop_avg_range_pct.1"] = { 0.01, 50, { "chop_avg_range_pct.2=0.01" } },
  ["range_distance_pct.1"] = { 0.01, 50, nil, { "range_distance_pct.2=50.0" } },
  ["range_avg_range_pct.1"] = { 0.01, 50, nil, { "range_avg_range_pct.2=50.0" } },
  regime_dwell_ms = { 0, 7 * DAY_MS },
  ["v3_regime.trend_pct"] = { 0.05, 50 }, ["v3_regime.volatile_vol_pct"] = { 0.05, 50 },
  base_stop_pct = { 0.1, 50 }, ["stop_factor.TREND"] = { 0.1, 10 }, ["stop_factor.NORMAL"] = { 0.1, 10 },
  min_stop_pct = { 0.1, 50, nil, { "max_stop_pct=50.0" } },
  max_stop_pct = { 0.1, 50, { "min_stop_pct=0.1" } },
  ["risk_factor.CRITICAL"] = { 0.05, 1 }, min_target_fees = { 0, 50 }, base_tp_pct = { 0.1, 90 },
  ["tp_factor.RANGE"] = { 0.1, 10 },
  min_tp_pct = { 0.1, 90, nil, { "max_tp_pct=90.0" } },
  max_tp_pct = { 0.1, 90, { "min_tp_pct=0.1" } },
  base_trail_pct = { 0.1, 20 }, hint_confidence = { 0, 1 },
  profit_lock_at_pct = { 0.5, 500 },
  profit_lock_stop_pct = { 0, 50, nil, { "profit_lock_at_pct=50.0" } },
  profit_lock_tp_factor = { 1.05, 10 },
  ["dynamic_tp.base_pct.1"] = { 0.05, 90 }, ["dynamic_tp.min_pct"] = { 0.05, 90 },
  ["dynamic_tp.calm.factor"] = { 0.05, 90 },
  ["dynamic_tp.large.at"] = { 1, 1000000000 }, ["dynamic_tp.illiquid.at"] = { 1, 1000000000 },
  ["dynamic_tp.high_leverage.at"] = { 1, 200 }, ["dynamic_tp.low_leverage.at"] = { 1, 200 },
  ["dynamic_tp.confident.at"] = { 0, 1 }, ["dynamic_tp.doubtful.at"] = { 0, 1 },
  risk_floor_margin_pct = { 0.5, 100 }, over_leverage_move_pct = { 0, 5 }, loss_guard_pct = { 0.5, 100 },
  volatile_exit_pct = { 0.5, 100 }, time_stop_ms = { 3600000, 365 * DAY_MS }, time_stop_loss_pct = { 0, 100 },
  breakeven_at_pct = { 0.05, 100, { "breakeven_offset_pct=0.05" } },
  breakeven_offset_pct = { 0, 50, nil, { "breakeven_at_pct=50.0" } },
  lock_at_pct = { 0.1, 100, { "lock_distance_pct=0.1" } },
  lock_distance_pct = { 0.05, 50, nil, { "lock_at_pct=50.0" } },
  lock_step_pct = { 0.01, 10 }, ratchet_fees = { 0, 50 },
  challenge_risk_pct = { 0.01, 20 }, challenge_max_risk_r = { 0.1, 20 }, challenge_tp1_r = { 0.1, 50 },
  challenge_atr_mult = { 0.1, 20 }, challenge_atr_pct = { 0.01, 20 },
  challenge_time_stop_ms = { 60000, 30 * DAY_MS }, challenge_retrail_pct = { 1, 100 },
  challenge_max_tp1_pct = { 0.5, 90 },
}

local function open(name, value, also)
  local settings = { name .. "=" .. string.format(math.type(value) == "integer" and "%d" or "%.6f", value) }
  for _, other in ipairs(also or {}) do settings[#settings + 1] = other end
  return position.open("policies", { settings = settings })
end

-- "a.b.1" as the message writes it: "a.b[1]".
local function written(name) return (name:gsub("%.(%d+)", "[%1]")) end

local function refused(name, value)
  local policy, err = open(name, value)
  assert.is_nil(policy, name)
  assert.matches(written(name) .. ": expected a number from", tostring(err), 1, true)
end

describe("limits", function()
  for name, range in pairs(RANGES) do
    it("of " .. name, function()
      local least, most = range[1], range[2]
      assert(open(name, least, range[3]))
      assert(open(name, most, range[4]))
      refused(name, least == 0 and -0.001 or least - math.min(least * 0.004, 0.5))
      refused(name, most + math.min(most * 0.004, 0.5))
    end)
  end

  it("of every figure among the settings are known", function()
    local known = {}
    for name in pairs(RANGES) do known[name:match "^[%w_]+"] = true end
    for name, value in pairs(require "settings") do
      if type(value) == "number" or type(value) == "table" and next(value) then
        assert.is_true(known[name] or name == "strategies" or name == "legacy" or name == "profiles", name)
      end
    end
  end)

  local REFUSED = { -- what is set, what the message says
    { "min_stop_pct=6.0", "min_stop_pct: expected at most max_stop_pct (5.0), got 6.0" },
    { "min_tp_pct=16.0", "min_tp_pct: expected at most max_tp_pct (15.0), got 16.0" },
    { "breakeven_offset_pct=1.6", "breakeven_offset_pct: expected at most breakeven_at_pct (1.5), got 1.6" },
    { "lock_distance_pct=4.1", "lock_distance_pct: expected at most lock_at_pct (4.0), got 4.1" },
    { "profit_lock_stop_pct=11.0", "profit_lock_stop_pct: expected at most profit_lock_at_pct (10.0), got 11.0" },
    { 'tp_source="dynamics"', "tp_source: expected one of profile, dynamic, plain" },
    { 'regime_method="V3"', "regime_method: expected one of calibrated, v3" },
    { 'volatility="hour"', "volatility: expected one of day, bar" },
    { "dynamic_tp.sizes={50,50}", "dynamic_tp.sizes: expected 3 sizes, got 2" },
    { "dynamic_tp.large.sizes={50,50,1}", "dynamic_tp.large.sizes, their sum: expected a number from 1 to 100" },
    { "dynamic_tp.illiquid.sizes={50,50,1}", "dynamic_tp.illiquid.sizes, their sum" },
    { "dynamic_tp.regime.TREND.sizes={50,50,1}", "dynamic_tp.regime.TREND.sizes, their sum" },
    { "dynamic_tp.base_pct={1.5,2.5}", "dynamic_tp.sizes: expected 2 sizes, got 3" },
    { "partials={{pct=0.04,fraction=0.5}}", "partials[1].pct: expected a number from 0.05 to 500" },
    { "partials={{pct=500.5,fraction=0.5}}", "partials[1].pct: expected a number from 0.05 to 500" },
    { "partials={{pct=5,fraction=1.01}}", "partials[1].fraction: expected a number from 0.01 to 1" },
    { "partials={{pct=5,fraction=0.009}}", "partials[1].fraction: expected a number from 0.01 to 1" },
    { "partials={{pct=5}}", "partials[1].fraction" },
  }
  for _, case in ipairs(REFUSED) do
    it("refuse " .. case[1], function()
      local policy, err = position.open("policies", { settings = { case[1] } })
      assert.is_nil(policy)
      assert.matches(case[2], tostring(err), 1, true)
    end)
  end

  it("accept partial closes at their edges", function()
    assert(position.open("policies", { settings = { "partials={{pct=0.05,fraction=0.01},{pct=500,fraction=1}}" } }))
  end)
end)
