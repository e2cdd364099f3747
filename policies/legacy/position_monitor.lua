-- SPDX-License-Identifier: Apache-2.0
-- Legacy owner: the position monitor. A new position gets a stop, a target for a part and a trail for the rest; profit,
-- counted in percent of margin, then climbs a ladder whose steps lock more and more of the gain and set other targets.
-- Differences from the original, each where it contradicted itself or the exchange:
--   * It cancelled every order of the symbol before it placed new ones. Here a plan replaces a plan, the stop stays.
--   * Its trailing order began at once, and nearer than its stop. Here the trail begins at the first target.
--   * Targets of a step mostly lay behind the market already (refused: -2021). Here those are left out, and what was
--     taken before counts for the nearest ones. The ladder is only climbed: a retreat changes nothing.
--   * Its flash-crash rule watched a wallet that open positions do not move: nothing to be meant by it.

local check = require "exitbrain.check"
local decide = require "exitbrain.decision"
local frame = require "legacy.frame"
local levels = require "legacy.levels"
local side = require "exitbrain.side"

local S = {
  -- First protection, percent of entry; a signal tp_hint_pct, sl_hint_pct, trail_hint_pct goes before.
  tp_pct = 3.0,              -- QT_TP_PCT
  tp_size_pct = 50,          -- percent of the size that the first target takes (the original: "a part")
  sl_pct = 2.0,              -- QT_SL_PCT
  trail_pct = 1.5,           -- QT_TRAIL_PCT, taken as a callback from 0.1 to 5
  -- The ladder: from this profit on, in percent of margin, the stop keeps lock_pct of the price gain (0: entry plus
  -- breakeven_pct), and the targets are { percent of margin, percent of the size }.
  ladder = {
    { from_margin_pct = 5, lock_pct = 0, targets = { { 8, 25 } } },
    { from_margin_pct = 10, lock_pct = 50, targets = { { 10, 25 }, { 15, 25 } } },
    { from_margin_pct = 20, lock_pct = 70, targets = { { 12, 20 }, { 18, 20 }, { 25, 30 } } },
    { from_margin_pct = 35, lock_pct = 85, targets = { { 20, 20 }, { 28, 20 }, { 35, 30 } } },
    { from_margin_pct = 60, lock_pct = 90, targets = { { 30, 15 }, { 40, 15 }, { 50, 20 } } },
  },
  breakeven_pct = 0.1,       -- percent of entry
  least_distance_pct = 0.5,  -- percent of price: the stop stays this far from it
  step_pct = 0.1,            -- percent of entry: the stop moves by at least this
  usual_leverage = 30,       -- where the exchange does not say
  emergency_pct = 10.0,      -- a loss of more than this, percent of price, ends the position
}

local function leverage(ctx)
  local known = ctx.leverage or ctx.margin and ctx.qty * ctx.entry / ctx.margin
  return math.max(known or S.usual_leverage, 1)
end

-- The highest step that profit has reached; 0: none.
local function reached(ctx)
  local margin_pct, step = ctx.pnl_pct * leverage(ctx), 0
  for i, rung in ipairs(S.ladder) do
    if margin_pct >= rung.from_margin_pct then step = i end
  end
  return step
end

-- Targets of a step in percent of entry.
local function legs_of(ctx, step)
  local legs, times = {}, leverage(ctx)
  for i, target in ipairs(S.ladder[step].targets) do legs[i] = { target[1] / times, target[2] } end
  return legs
end

local function first_plan(ctx, own)
  local tp = levels.hint(ctx, "tp_hint_pct", S.tp_pct)
  own.step = math.max(own.step or 0, reached(ctx))
  return {
    stop_pct = levels.hint(ctx, "sl_hint_pct", S.sl_pct),
    legs = own.step > 0 and legs_of(ctx, own.step) or { { tp, S.tp_size_pct } },
    trail_pct = levels.hint(ctx, "trail_hint_pct", S.trail_pct),
    trail_from_pct = tp,
  }
end

local function lock(ctx, step)
  local rung = S.ladder[step]
  if rung == nil then return nil end
  local gain_pct = rung.lock_pct > 0 and ctx.pnl_pct * rung.lock_pct / 100 or S.breakeven_pct
  return levels.raise(ctx, side.price(ctx, gain_pct), S.least_distance_pct, S.step_pct,
    string.format("%.0f %% of margin: %s", rung.from_margin_pct,
      rung.lock_pct > 0 and string.format("%.0f %% of the gain locked", rung.lock_pct) or "breakeven"))
end

local function climb(ctx, own)
  local list, step = {}, reached(ctx)
  if step > (own.step or 0) then
    own.step = step
    list[1] = levels.targets(ctx, legs_of(ctx, step),
      string.format("targets from %.0f %% of margin on", S.ladder[step].from_margin_pct), true)
  end
  list[#list + 1] = step > 0 and lock(ctx, step) or nil
  return list
end

local function emergency(ctx)
  return ctx.pnl_pct < -S.emergency_pct
    and decide.emergency_exit(string.format("position monitor: %.2f %%", ctx.pnl_pct)) or nil
end

local owner = { name = "position_monitor", exit = emergency, plan = first_plan, manage = climb }

return {
  name = owner.name,
  settings = S,
  decide = function(ctx) return frame.decide(ctx, owner) end,
  self_test = function()
    local at = "legacy.position_monitor."
    check.number(at .. "tp_pct", S.tp_pct, 0.01, 50)
    check.number(at .. "tp_size_pct", S.tp_size_pct, 1, 100)
    check.number(at .. "sl_pct", S.sl_pct, 0.2, 50)
    check.number(at .. "trail_pct", S.trail_pct, 0.1, 5)
    check.number(at .. "breakeven_pct", S.breakeven_pct, 0, 5)
    check.number(at .. "least_distance_pct", S.least_distance_pct, 0.01, 10)
    check.number(at .. "step_pct", S.step_pct, 0, 5)
    check.number(at .. "usual_leverage", S.usual_leverage, 1, 125)
    check.number(at .. "emergency_pct", S.emergency_pct, 0.5, 100)
    for i, rung in ipairs(S.ladder) do
      local here, before = at .. "ladder[" .. i .. "].", S.ladder[i - 1]
      check.number(here .. "from_margin_pct", rung.from_margin_pct, before and before.from_margin_pct or 0, 1000)
      check.number(here .. "lock_pct", rung.lock_pct, 0, 99)
      levels.check_legs(here .. "targets", rung.targets)
    end
  end,
}
