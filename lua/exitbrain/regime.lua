-- SPDX-License-Identifier: Apache-2.0
-- Which market this is, from closed 15-minute bars, for strategies that stand alone: VOLATILE, TREND, CHOP, RANGE, else
-- NORMAL. The figures are those of the default set (policies/settings.lua); it is easier to stay in a regime than to
-- enter it, and what it is now the engine remembers: the answer's `regime` comes back as ctx.regime.
--
--     local name = regime.of(ctx)     return decisions, { regime = name }

---@class exitbrain.lib.regime
local regime = {}

regime.BAR_MS = 15 * 60000
regime.NAMES = { "TREND", "RANGE", "VOLATILE", "CHOP", "NORMAL" }

-- Each { to enter, to stay }; _pct in percent, efficiency from 0 (chop) to 1 (a straight line).
regime.LIMITS = {
  volatile_vol_day_pct = { 8.0, 6.5 }, -- at least this volatility per day
  trend_distance_pct = { 1.0, 0.6 },   -- at least this far from the mean of 20 bars, and
  trend_efficiency = { 0.35, 0.20 },   -- at least this straight
  chop_efficiency = { 0.10, 0.15 },    -- at most this straight, and
  chop_avg_range_pct = { 0.7, 0.6 },   -- bars at least this long
  range_distance_pct = { 0.5, 0.7 },   -- at most this far from the mean, and
  range_avg_range_pct = { 0.5, 0.6 },  -- bars at most this long
}

-- The regime of warm features, seen from the regime in force. limits: like LIMITS, which is the default.
function regime.classify(f, current, limits)
  limits = limits or regime.LIMITS
  local function limit(key, name) return limits[key][name == current and 2 or 1] end
  local distance, straight, range = math.abs(f.trend_pct), f.efficiency, f.avg_range_pct
  if f.vol_day_pct >= limit("volatile_vol_day_pct", "VOLATILE") then return "VOLATILE" end
  if distance >= limit("trend_distance_pct", "TREND") and straight >= limit("trend_efficiency", "TREND") then
    return "TREND"
  end
  if straight <= limit("chop_efficiency", "CHOP") and range >= limit("chop_avg_range_pct", "CHOP") then
    return "CHOP"
  end
  if distance <= limit("range_distance_pct", "RANGE") and range <= limit("range_avg_range_pct", "RANGE") then
    return "RANGE"
  end
  return "NORMAL"
end

-- The regime of a position's market; what it was while there are too few bars, NORMAL at first.
function regime.of(ctx, limits)
  local f, current = ctx.features.m15, ctx.regime
  if f.warm then return regime.classify(f, current, limits) end
  return current ~= "UNKNOWN" and current or "NORMAL"
end

return regime
