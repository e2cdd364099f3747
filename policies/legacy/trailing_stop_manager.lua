-- SPDX-License-Identifier: Apache-2.0
-- Legacy owner: the trailing stop manager. Three steps of profit, in percent of price: the stop goes to entry, then
-- behind a locked profit, then follows the best price. It moves by no less than step_pct.
-- Differences from the original:
--   * It set neither a first stop nor a target but trusted that others had. Here it begins with what the position
--     monitor set beside it: QT_SL_PCT, and QT_TP_PCT for a part.
--   * Without a trailing leg in somebody's plan it did nothing, silently. Here it acts on every position it owns.
--   * It cancelled every stop before it placed its own. Here the stop in force stays until a tighter one does.
--   * QT_TRAILING_MIN_PROFIT (0.5 %) lay below its first step and so decided nothing; it is not here.

local check = require "exitbrain.check"
local frame = require "legacy.frame"
local levels = require "legacy.levels"
local side = require "exitbrain.side"

local S = {
  sl_pct = 2.0,              -- QT_SL_PCT, percent of entry
  tp_pct = 3.0,              -- QT_TP_PCT, percent of entry
  tp_size_pct = 50,          -- percent of the size
  breakeven_at_pct = 1.5,    -- at this profit, percent of price, the stop goes to entry
  lock_at_pct = 3.0,         -- at this profit it goes to
  lock_pct = 1.5,            -- entry plus this, percent of entry
  trail_at_pct = 5.0,        -- from this profit on it follows the best price at
  trail_pct = 1.0,           -- this distance, percent of that price
  step_pct = 0.1,            -- the stop moves by at least this, percent of entry
}

local function first_plan()
  return { stop_pct = S.sl_pct, legs = { { S.tp_pct, S.tp_size_pct } } }
end

-- Where the stop belongs at this profit, and why; nil below the first step.
local function wanted(ctx)
  local pnl = ctx.pnl_pct
  if pnl >= S.trail_at_pct then
    local best = ctx.peak or ctx.price
    if side.tighter(ctx, ctx.price, best) then best = ctx.price end
    return best * (1 - ctx.sign * S.trail_pct / 100), string.format("trailing by %.2f %%", S.trail_pct)
  end
  if pnl >= S.lock_at_pct then return side.price(ctx, S.lock_pct), string.format("%.2f %% locked", S.lock_pct) end
  if pnl >= S.breakeven_at_pct then return ctx.entry, "breakeven" end
  return nil
end

local function follow(ctx)
  if ctx.price == nil then return {} end
  local target, why = wanted(ctx)
  return { target and levels.raise(ctx, target, 0, S.step_pct, why) or nil }
end

local owner = { name = "trailing_stop_manager", plan = first_plan, manage = follow }

return {
  name = owner.name,
  settings = S,
  decide = function(ctx) return frame.decide(ctx, owner) end,
  self_test = function()
    local at = "legacy.trailing_stop_manager."
    check.number(at .. "sl_pct", S.sl_pct, 0.2, 50)
    check.number(at .. "tp_pct", S.tp_pct, 0.01, 50)
    check.number(at .. "tp_size_pct", S.tp_size_pct, 1, 100)
    check.number(at .. "breakeven_at_pct", S.breakeven_at_pct, 0, S.lock_at_pct)
    check.number(at .. "lock_at_pct", S.lock_at_pct, S.lock_pct, S.trail_at_pct)
    check.number(at .. "lock_pct", S.lock_pct, 0, 50)
    check.number(at .. "trail_at_pct", S.trail_at_pct, S.lock_at_pct, 100)
    check.number(at .. "trail_pct", S.trail_pct, 0.1, 50)
    check.number(at .. "step_pct", S.step_pct, 0, 5)
  end,
}
