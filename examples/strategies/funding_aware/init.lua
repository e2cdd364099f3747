-- SPDX-License-Identifier: Apache-2.0
-- Funding aware: before a funding payment that this position would pay, compares it with what is left to gain. Costs it
-- more than that is worth, the position leaves; else it stays, behind a close stop. What it would receive it waits for.
--     cost = rate that this side pays        worth = hope x way to the next target

local check = require "exitbrain.check"
local rules = require "exitbrain.rules"
local unit = require "exitbrain.unit"

local pct, r, atr = unit.pct, unit.r, unit.atr

local settings = {
  stop_atr = 2.0,            -- first stop in ATR of hours, and
  stop_pct = 2.0,            -- in percent of entry while there are too few bars
  first_r = 1.0,             -- first target in R,
  second_r = 2.5,            -- second target in R, half of the size each
  before_minutes = 15,       -- so long before a payment it is looked at
  ignore_pct = 0.005,        -- a rate below this is no reason for anything, percent of the position
  hope = 0.25,               -- the part of the way to the next target that is to be expected until the next payment
  close_stop_pct = 0.6,      -- how far behind the price the stop then lies, percent of entry
}

local MINUTE_MS, STEP_PCT = 60000, 0.1

-- What is due soon, in percent of the position; nil where nothing is, or where it is received.
local function cost_pct(ctx, draft)
  local due_ms, before_ms = ctx.next_funding_ms, settings.before_minutes * MINUTE_MS // 1
  if not ctx.planned or ctx.price == nil or due_ms == nil or due_ms <= ctx.now_ms then return nil end
  if due_ms - ctx.now_ms > before_ms then
    rules.draft.wake_at(draft, due_ms - before_ms)
    return nil
  end
  draft.every_cycle = true -- the rate moves until it is paid
  local cost = ctx.sign * ctx.funding_rate_pct
  return cost > 0 and cost >= settings.ignore_pct and cost or nil
end

-- The way from the price to the next target, percent of entry; where none lies ahead one R.
local function left_pct(ctx)
  local way
  for _, leg in ipairs(ctx.legs) do
    local ahead = leg.price and ctx.sign * (leg.price - ctx.price) or 0
    if leg.state ~= "hit" and ahead > 0 and (way == nil or ahead < way) then way = ahead end
  end
  return (way or ctx.r or 0) / ctx.entry * 100
end

local funding = {
  name = "funding",
  close = function(ctx, draft)
    local cost = cost_pct(ctx, draft)
    local worth = cost and settings.hope * left_pct(ctx)
    if cost and cost > worth then return string.format("funding of %.4f %% is due for %.4f %% to gain", cost, worth) end
  end,
  keep = function(ctx, draft)
    if cost_pct(ctx, draft) == nil then return end
    local near = ctx.price - ctx.sign * ctx.entry * settings.close_stop_pct / 100
    rules.draft.tighten(draft, near, "close stop over a funding payment", ctx.entry * STEP_PCT / 100)
  end,
}

return rules.strategy {
  name = "funding_aware",
  version = "1.0.0",
  settings = settings,
  rules = function()
    return {
      rules.initial_stop(atr(settings.stop_atr, "h1"), pct(settings.stop_pct)),
      rules.scale_out { { r(settings.first_r), 0.5 }, { r(settings.second_r), 0.5 } },
      rules.breakeven_after(r(settings.first_r)),
      funding,
    }
  end,
  self_test = function()
    check.number("stop_atr", settings.stop_atr, 0.2, 20)
    check.number("stop_pct", settings.stop_pct, 0.2, 50)
    check.number("first_r", settings.first_r, 0.1, 20)
    check.number("second_r", settings.second_r, settings.first_r, 50)
    check.number("before_minutes", settings.before_minutes, 1, 240)
    check.number("ignore_pct", settings.ignore_pct, 0, 5)
    check.number("hope", settings.hope, 0, 1)
    check.number("close_stop_pct", settings.close_stop_pct, 0.1, 20)
  end,
}
