-- SPDX-License-Identifier: Apache-2.0
-- Legacy owner: dynamic trailing rearm. From a profit of 2 % on a trail runs, whose callback shrinks as profit grows;
-- higher profit also splits the one target into parts. Profit is percent of price.
-- Differences from the original:
--   * It only proposed, and its one caller passed the wrong arguments. Here what it proposes is done.
--   * It set no stop and no target. Here it begins with dynamic_tpsl's base, which came with it: 2.5 % and 6 %.
--   * A part that the price has passed when the target is split is left out: it would be sold at once.
--   * It scaled the callback that was in force, so that scaling compounded. Here the usual callback is scaled, and a
--     trail is only ever made narrower.

local check = require "exitbrain.check"
local decide = require "exitbrain.decision"
local frame = require "legacy.frame"
local levels = require "legacy.levels"

local S = {
  sl_pct = 2.5,               -- percent of entry
  tp_pct = 6.0,               -- percent of entry; a signal tp_hint_pct goes before
  callback_pct = 1.5,         -- QT_TRAIL_CALLBACK, percent of price
  -- From this profit on (percent of price) the callback times this; the first one also says where trailing begins.
  scale = { { 2, 1.0 }, { 5, 0.75 }, { 10, 0.50 }, { 15, 0.30 }, { 20, 0.20 } },
  min_callback_pct = 0.5,
  max_callback_pct = 5.0,
  min_age_ms = 5 * 60000,     -- a position must be this old
  min_change_pct = 10,        -- a callback must change by more than this, percent of itself,
  min_interval_ms = 30000,    -- and this long after the last change
  -- Above this profit (percent of price) the target is split: { percent of its distance, percent of the size }.
  splits = {
    { above_pct = 5, parts = { { 66, 50 }, { 100, 50 } } },
    { above_pct = 10, parts = { { 50, 30 }, { 75, 40 }, { 100, 30 } } },
  },
}

local function split_of(ctx)
  local chosen = 0
  for i, split in ipairs(S.splits) do
    if ctx.pnl_pct > split.above_pct then chosen = i end
  end
  return chosen
end

local function legs_of(ctx, split)
  local tp, legs = levels.hint(ctx, "tp_hint_pct", S.tp_pct), {}
  if split == 0 then return { { tp } } end
  for i, part in ipairs(S.splits[split].parts) do legs[i] = { tp * part[1] / 100, part[2] } end
  return legs
end

local function first_plan(ctx, own)
  own.split = math.max(own.split or 0, split_of(ctx))
  return { stop_pct = S.sl_pct, legs = legs_of(ctx, own.split) }
end

-- The callback for this profit; nil below the first step.
local function callback_of(ctx)
  local factor
  for _, step in ipairs(S.scale) do
    if ctx.pnl_pct >= step[1] then factor = step[2] end
  end
  if factor == nil then return nil end
  return math.max(S.min_callback_pct, math.min(S.max_callback_pct, S.callback_pct * factor))
end

local function rearm(ctx, own)
  local callback = callback_of(ctx)
  if callback == nil or (ctx.age_ms or 0) < S.min_age_ms then return nil end
  local used = own.callback
  if used then
    if used - callback <= used * S.min_change_pct / 100 then return nil end
    if ctx.now_ms - own.changed_ms < S.min_interval_ms then return nil end
  end
  own.callback, own.changed_ms = callback, ctx.now_ms
  return decide.trailing({ activation_r = 0, callback_pct = callback },
    string.format("%.2f %% in profit: callback %.3f %%", ctx.pnl_pct, callback))
end

local function manage(ctx, own)
  local list, split = {}, split_of(ctx)
  if split > (own.split or 0) then
    own.split = split
    list[1] = levels.targets(ctx, legs_of(ctx, split),
      string.format("above %.0f %%: targets split", S.splits[split].above_pct), true)
  end
  list[#list + 1] = rearm(ctx, own)
  return list
end

local owner = { name = "dynamic_trailing_rearm", plan = first_plan, manage = manage }

return {
  name = owner.name,
  settings = S,
  decide = function(ctx) return frame.decide(ctx, owner) end,
  self_test = function()
    local at = "legacy.dynamic_trailing_rearm."
    check.number(at .. "sl_pct", S.sl_pct, 0.2, 50)
    check.number(at .. "tp_pct", S.tp_pct, 0.01, 50)
    check.number(at .. "callback_pct", S.callback_pct, 0.1, 50)
    check.number(at .. "min_callback_pct", S.min_callback_pct, 0.1, S.max_callback_pct)
    check.number(at .. "max_callback_pct", S.max_callback_pct, S.min_callback_pct, 50)
    check.number(at .. "min_age_ms", S.min_age_ms, 0, 86400000)
    check.number(at .. "min_change_pct", S.min_change_pct, 0, 100)
    check.number(at .. "min_interval_ms", S.min_interval_ms, 0, 3600000)
    for i, step in ipairs(S.scale) do
      local here, before = at .. "scale[" .. i .. "]", S.scale[i - 1] or { 0, 1 }
      check.number(here .. "[1]", step[1], before[1], 1000)
      check.number(here .. "[2]", step[2], 0.01, before[2])
    end
    for i, split in ipairs(S.splits) do
      local here, before = at .. "splits[" .. i .. "].", S.splits[i - 1]
      check.number(here .. "above_pct", split.above_pct, before and before.above_pct or 0, 1000)
      levels.check_legs(here .. "parts", split.parts)
    end
  end,
}
