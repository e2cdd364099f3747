-- SPDX-License-Identifier: Apache-2.0
-- What others say about a position: `exitbrain signal [SYMBOL] NAME VALUE`, or the program that embeds the engine.
--   risk_mode       NORMAL, CONSERVATIVE, CRITICAL: stop and targets nearer (risk_factor); ESS_ACTIVE: out at once
--   confidence      0 to 1, in the trade's direction: gates tp_hint_pct, and the dynamic calculator reads it
--   tp_hint_pct     percent of price, instead of base_tp_pct: the whole ladder is stretched by their quotient
--   sl_hint_pct     percent of price, instead of base_stop_pct; a plan that stands is only tightened by it
--   trail_hint_pct  instead of a profile's trailing callback, 0.1 to 5
--   liquidity_usd   traded in 24 hours, for the dynamic calculator
-- A value that makes no sense is said in the log and counts as none: V3 spelt the names differently on both ends, and
-- nothing ever arrived (B17).

local S = require "settings"

local signals = {}

local MIN_TRAIL_PCT, MAX_TRAIL_PCT = 0.1, 5.0

local NONE = { factor = 1, stretch = 1, key = "" }

local function complain(ctx, name, wanted, value)
  if ctx.reason == "cycle" then return end -- said when it came
  log("signal " .. name .. ": expected " .. wanted .. ", got " .. tostring(value) .. "; ignored")
end

local function number(ctx, name, low, high)
  local value = ctx.signals[name]
  if value == nil or type(value) == "number" and value >= low and value <= high then return value end
  complain(ctx, name, "a number from " .. low .. " to " .. high, value)
  return nil
end

local function risk_mode(ctx)
  local mode = ctx.signals.risk_mode
  if mode == nil or S.risk_factor[mode] then return mode or "NORMAL" end
  complain(ctx, "risk_mode", "NORMAL, CONSERVATIVE, CRITICAL or ESS_ACTIVE", mode)
  return "NORMAL"
end

-- { mode, factor = of the risk mode, stretch = of the ladder, sl_pct, trail_pct, tp_pct, confidence, liquidity_usd,
-- key = a text that differs when a running plan has to be looked at again, "" where nothing is asked for }.
function signals.read(ctx)
  if #ctx.signals == 0 then return NONE end
  local hints = {
    mode = risk_mode(ctx),
    confidence = number(ctx, "confidence", 0, 1),
    tp_pct = number(ctx, "tp_hint_pct", 0.01, 1000),
    sl_pct = number(ctx, "sl_hint_pct", 0.01, 1000),
    trail_pct = number(ctx, "trail_hint_pct", MIN_TRAIL_PCT, MAX_TRAIL_PCT),
    liquidity_usd = number(ctx, "liquidity_usd", 0, math.huge),
    stretch = 1,
  }
  hints.factor = S.risk_factor[hints.mode]
  if hints.tp_pct and hints.confidence and hints.confidence < S.hint_confidence then hints.tp_pct = nil end
  if hints.tp_pct then
    hints.stretch = math.max(S.min_tp_pct, math.min(S.max_tp_pct, hints.tp_pct)) / S.base_tp_pct
  end
  local tuned = hints.factor ~= 1 or hints.stretch ~= 1 or hints.sl_pct or hints.trail_pct
  hints.key = tuned and string.format("%.4g %.4g %.4g %.4g", hints.factor, hints.stretch, hints.sl_pct or 0,
    hints.trail_pct or 0) or ""
  return hints
end

return signals
