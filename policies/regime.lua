-- SPDX-License-Identifier: Apache-2.0
-- Which market this is, from closed 15-minute bars: VOLATILE, TREND, CHOP, RANGE, else NORMAL (one vocabulary
-- everywhere). Volatility is per day, so that thresholds and figure have the same time scale. Two brakes against
-- flicker: it is easier to stay in a regime than to enter it, and a new one counts only after regime_dwell_ms.

local S = require "settings"
local check = require "exitbrain.check"

local regime = {}

regime.BAR_MS = 15 * 60000
regime.NAMES = { "TREND", "RANGE", "VOLATILE", "CHOP", "NORMAL" }

local function limit(pair, name, current)
  if name == current then return pair[2] end
  return pair[1]
end

-- The regime of these features, seen from the regime in force (nil: none yet).
function regime.classify(f, current)
  local distance, straight, range = math.abs(f.trend_pct), f.efficiency, f.avg_range_pct
  if f.vol_day_pct >= limit(S.volatile_vol_day_pct, "VOLATILE", current) then return "VOLATILE" end
  if distance >= limit(S.trend_distance_pct, "TREND", current)
    and straight >= limit(S.trend_efficiency, "TREND", current) then
    return "TREND"
  end
  if straight <= limit(S.chop_efficiency, "CHOP", current)
    and range >= limit(S.chop_avg_range_pct, "CHOP", current) then
    return "CHOP"
  end
  if distance <= limit(S.range_distance_pct, "RANGE", current)
    and range <= limit(S.range_avg_range_pct, "RANGE", current) then
    return "RANGE"
  end
  return "NORMAL"
end

-- Regime in force and "warming" where there are too few bars: then NORMAL, or what it was, for a restart is no news of
-- the market. `own` (memory.lua) is brought up to date.
function regime.update(ctx, own)
  local f = ctx.features.m15
  if not f.warm then return own.regime or "NORMAL", "warming" end
  local seen = regime.classify(f, own.regime)
  if own.regime == nil then
    own.regime = seen
  elseif seen == own.regime then
    own.candidate, own.since_ms = nil, nil
  elseif seen ~= own.candidate then
    own.candidate, own.since_ms = seen, ctx.now_ms
  elseif ctx.now_ms - own.since_ms >= S.regime_dwell_ms then
    own.regime, own.candidate, own.since_ms = seen, nil, nil
  end
  return own.regime
end

-- Staying must not be harder than entering, or the regime would flicker more than without hysteresis.
function regime.self_test()
  local function pair(name, rising)
    local enter, stay = S[name][1], S[name][2]
    check.number(name .. "[1]", enter, 0, 1000)
    if rising then
      check.number(name .. "[2]", stay, 0, enter)
    else
      check.number(name .. "[2]", stay, enter, 1000)
    end
  end
  pair("volatile_vol_day_pct", true)
  pair("trend_distance_pct", true)
  pair("trend_efficiency", true)
  pair("chop_efficiency", false)
  pair("chop_avg_range_pct", true)
  pair("range_distance_pct", false)
  pair("range_avg_range_pct", false)
  check.number("regime_dwell_ms", S.regime_dwell_ms, 0, 7 * 86400000)
end

return regime
