-- SPDX-License-Identifier: Apache-2.0
-- Chandelier exit: the stop hangs some ATRs under the highest price since entry (a SHORT's above the lowest) and is
-- only ever drawn tighter. There are no targets: a trend is left when it turns, and not before.
--     line = best price - atr_mult x ATR        it moves the stop; a price that is beyond it ends the position

local check = require "exitbrain.check"
local decide = require "exitbrain.decision"
local stop = require "exitbrain.stop"
local unit = require "exitbrain.unit"
local wake = require "exitbrain.wake"

local settings = {
  atr_mult = 3.0,     -- ATRs between the best price and the line
  timeframe = "h1",   -- of the bars whose ATR counts: m1, m5, m15, h1
  warming_pct = 2.5,  -- that distance in percent of entry, while there are too few bars
  step_pct = 0.1,     -- the stop moves by at least this, percent of entry
}

local BAR_MS = { m1 = 60000, m5 = 300000, m15 = 900000, h1 = 3600000 }
local AGAIN_MS = 60000 -- an exit that waits for a person is asked for again after this

-- Between the best price and the line, percent of entry; a market that stands still has an ATR of next to nothing.
local function distance_pct(ctx)
  local pct = unit.to_pct(unit.atr(settings.atr_mult, settings.timeframe), ctx) or settings.warming_pct
  return math.max(pct, ctx.min_stop_distance_pct)
end

-- A whole plan, so that nothing stays of what another owner may have planned.
local function plan(ctx)
  local first = stop.next(ctx, distance_pct(ctx), "chandelier: first stop")
  return { first, decide.targets {}, decide.trailing(nil), decide.ratchet {} }
end

local function follow(ctx)
  local best, price, at = ctx.peak, ctx.price, ctx.stop
  if not (best and price and at) then return nil end
  local distance, step = ctx.entry * distance_pct(ctx) / 100, ctx.entry * settings.step_pct / 100
  local line = best - ctx.sign * distance
  if ctx.sign * (line - at) < step then
    -- Nothing new before the ATR is another one, or the best price lies a step further.
    local bar_end = wake.bar_end(ctx.now_ms, BAR_MS[settings.timeframe])
    return nil, { wake = wake.at(ctx, { bar_end }, { at + ctx.sign * (distance + step) }) }
  end
  local why = string.format("chandelier: %.4g %% behind the best price", distance / ctx.entry * 100)
  if ctx.sign * (price - line) > (ctx.tick or 0) then return decide.stop_at(line, why) end
  return decide.full_exit("chandelier: the price is beyond the line"), { wake = { at_ms = ctx.now_ms + AGAIN_MS } }
end

return {
  name = "chandelier",
  version = "1.0.0",
  settings = settings,
  decide = function(ctx)
    if not ctx.planned then return plan(ctx) end
    return follow(ctx)
  end,
  self_test = function()
    check.number("atr_mult", settings.atr_mult, 0.5, 20)
    check.one_of("timeframe", settings.timeframe, { "m1", "m5", "m15", "h1" })
    check.number("warming_pct", settings.warming_pct, 0.2, 50)
    check.number("step_pct", settings.step_pct, 0.01, 5)
  end,
}
