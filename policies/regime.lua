-- SPDX-License-Identifier: Apache-2.0
-- Which market this is, from closed 15-minute bars: VOLATILE, TREND, CHOP, RANGE, else NORMAL (one vocabulary
-- everywhere). Volatility is per day, so that thresholds and figure have the same time scale. Two brakes against
-- flicker: it is easier to stay in a regime than to enter it, and a new one counts only after regime_dwell_ms.

local S = require "settings"

local regime, abs = {}, math.abs

regime.BAR_MS = 15 * 60000
regime.NAMES = { "TREND", "RANGE", "VOLATILE", "CHOP", "NORMAL" }

local function limit(pair, name, current)
  if name == current then return pair[2] end
  return pair[1]
end

-- V3's rules and their order; its TREND is called TRENDING there, and CHOP was never found.
local function classify_v3(f)
  local T, vol = S.v3_regime, S.volatility == "bar" and f.vol_bar_pct or f.vol_day_pct
  local distance = abs(f.trend_pct)
  if distance > T.trend_pct and vol < T.trend_vol_pct then return "TREND" end
  if f.avg_range_pct < T.range_avg_range_pct and distance < T.range_trend_pct then return "RANGE" end
  return vol > T.volatile_vol_pct and "VOLATILE" or "NORMAL"
end

-- The regime of these features, seen from the regime in force (nil: none yet).
function regime.classify(f, current)
  if S.regime_method == "v3" then return classify_v3(f) end
  local distance, straight, range = abs(f.trend_pct), f.efficiency, f.avg_range_pct
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
  if seen ~= own.regime and seen ~= own.candidate then own.candidate, own.since_ms = seen, ctx.now_ms end
  if own.regime == nil or seen == own.regime or ctx.now_ms - own.since_ms >= S.regime_dwell_ms then
    own.regime, own.candidate, own.since_ms = seen, nil, nil
  end
  return own.regime
end

-- Staying must not be harder than entering, or the regime would flicker more than without hysteresis.
function regime.self_test()
  local function pair(name, rising)
    local enter, stay = S[name][1], S[name][2]
    if rising and stay > enter or not rising and stay < enter then
      error(string.format("%s[2]: expected at %s %s, as easy to stay in as to enter, got %s", name,
        rising and "most" or "least", enter, stay), 0)
    end
  end
  pair("volatile_vol_day_pct", true)
  pair("trend_distance_pct", true)
  pair("trend_efficiency", true)
  pair("chop_efficiency", false)
  pair("chop_avg_range_pct", true)
  pair("range_distance_pct", false)
  pair("range_avg_range_pct", false)
end

return regime
