-- SPDX-License-Identifier: Apache-2.0
-- What every setting may be: a figure with a slipped decimal point, and one that contradicts another, is refused when
-- the set is loaded, with its name, its value and its range. A setting without limits is refused as well.

local S = require "settings"
local check = require "exitbrain.check"

local limits = {}

local HOUR_MS, DAY_MS = 3600000, 86400000

-- { least, most } of a setting, or of all numbers in it; "a.b" for a part of it that is unlike the rest.
local RANGE = {
  volatile_vol_day_pct = { 0.1, 100 }, trend_distance_pct = { 0.05, 50 }, trend_efficiency = { 0, 1 },
  chop_efficiency = { 0, 1 }, chop_avg_range_pct = { 0.01, 50 }, range_distance_pct = { 0.01, 50 },
  range_avg_range_pct = { 0.01, 50 }, regime_dwell_ms = { 0, 7 * DAY_MS }, v3_regime = { 0.05, 50 },
  base_stop_pct = { 0.1, 50 }, stop_factor = { 0.1, 10 }, min_stop_pct = { 0.1, 50 }, max_stop_pct = { 0.1, 50 },
  risk_factor = { 0.05, 1 }, min_target_fees = { 0, 50 }, base_tp_pct = { 0.1, 90 }, tp_factor = { 0.1, 10 },
  min_tp_pct = { 0.1, 90 }, max_tp_pct = { 0.1, 90 }, base_trail_pct = { 0.1, 20 }, hint_confidence = { 0, 1 },
  profit_lock_at_pct = { 0.5, 500 }, profit_lock_stop_pct = { 0, 50 }, profit_lock_tp_factor = { 1.05, 10 },
  dynamic_tp = { 0.05, 90 },
  ["dynamic_tp.large.at"] = { 1, 1000000000 }, ["dynamic_tp.illiquid.at"] = { 1, 1000000000 },
  ["dynamic_tp.high_leverage.at"] = { 1, 200 }, ["dynamic_tp.low_leverage.at"] = { 1, 200 },
  ["dynamic_tp.confident.at"] = { 0, 1 }, ["dynamic_tp.doubtful.at"] = { 0, 1 },
  risk_floor_margin_pct = { 0.5, 100 }, over_leverage_move_pct = { 0, 5 }, loss_guard_pct = { 0.5, 100 },
  volatile_exit_pct = { 0.5, 100 }, time_stop_ms = { HOUR_MS, 365 * DAY_MS }, time_stop_loss_pct = { 0, 100 },
  partials = { 0.05, 500 }, ["partials.fraction"] = { 0.01, 1 }, breakeven_at_pct = { 0.05, 100 },
  breakeven_offset_pct = { 0, 50 }, lock_at_pct = { 0.1, 100 }, lock_distance_pct = { 0.05, 50 },
  lock_step_pct = { 0.01, 10 }, ratchet_fees = { 0, 50 },
  challenge_risk_pct = { 0.01, 20 }, challenge_max_risk_r = { 0.1, 20 }, challenge_tp1_r = { 0.1, 50 },
  challenge_atr_mult = { 0.1, 20 }, challenge_atr_pct = { 0.01, 20 }, challenge_time_stop_ms = { 60000, 30 * DAY_MS },
  challenge_retrail_pct = { 1, 100 }, challenge_max_tp1_pct = { 0.5, 90 },
}

local WORDS = {
  regime_method = { "calibrated", "v3" }, volatility = { "day", "bar" }, tp_source = { "profile", "dynamic", "plain" },
}

-- The first must not be more than the second.
local ORDER = {
  { "min_stop_pct", "max_stop_pct" }, { "min_tp_pct", "max_tp_pct" }, { "breakeven_offset_pct", "breakeven_at_pct" },
  { "lock_distance_pct", "lock_at_pct" }, { "profit_lock_stop_pct", "profit_lock_at_pct" },
}

-- Settings of other kinds: tp_profiles.lua and owners.lua look at theirs.
local function is_figure(value) return type(value) == "number" or type(value) == "table" end

local function walk(path, plain, value, range)
  range = RANGE[plain] or range
  if type(value) == "number" then
    if not range then error(path .. ": a setting without limits: give it some in limits.lua", 0) end
    check.number(path, value, range[1], range[2])
  elseif type(value) == "table" then
    for key, inner in pairs(value) do
      if type(key) == "number" then
        walk(path .. "[" .. key .. "]", plain, inner, range)
      else
        walk(path .. "." .. key, plain .. "." .. key, inner, range)
      end
    end
  end
end

-- Sizes of the dynamic calculator: one for each of its targets, together not more than the position.
local function check_sizes(path, sizes)
  local wanted, sum = #S.dynamic_tp.base_pct, 0
  if #sizes ~= wanted then error(path .. ": expected " .. wanted .. " sizes, got " .. #sizes, 0) end
  for _, size in ipairs(sizes) do sum = sum + size end
  check.number(path .. ", their sum", sum, 1, 100)
end

-- Partial closes have both fields: walk() sees only what is there.
local function check_partials()
  for i, step in ipairs(S.partials) do
    local path = "partials[" .. i .. "]"
    if type(step) ~= "table" then error(path .. ": expected { pct =, fraction = }, got " .. tostring(step), 0) end
    for _, field in ipairs({ "pct", "fraction" }) do
      if step[field] == nil then error(path .. "." .. field .. ": expected a number, got nil", 0) end
    end
  end
end

function limits.self_test(elsewhere)
  for name, value in pairs(S) do
    if is_figure(value) and not elsewhere[name] then walk(name, name, value, nil) end
  end
  for name, words in pairs(WORDS) do check.one_of(name, S[name], words) end
  for _, pair in ipairs(ORDER) do
    if S[pair[1]] > S[pair[2]] then
      error(string.format("%s: expected at most %s (%s), got %s", pair[1], pair[2], S[pair[2]], S[pair[1]]), 0)
    end
  end
  check_partials()
  check_sizes("dynamic_tp.sizes", S.dynamic_tp.sizes)
  for _, name in ipairs({ "large", "illiquid" }) do
    check_sizes("dynamic_tp." .. name .. ".sizes", S.dynamic_tp[name].sizes)
  end
  check_sizes("dynamic_tp.regime.TREND.sizes", S.dynamic_tp.regime.TREND.sizes)
end

return limits
