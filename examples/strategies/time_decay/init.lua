-- SPDX-License-Identifier: Apache-2.0
-- Time decay: an idea that does not work soon is worth less each hour. After some time the targets come nearer and the
-- stop comes up, like two walls that close around the price; what a wall reaches is sold.
--     age -> step of the closing -> targets and stop at a part of their first distance

local check = require "exitbrain.check"
local decide = require "exitbrain.decision"
local ladder = require "exitbrain.ladder"
local side = require "exitbrain.side"
local stop = require "exitbrain.stop"

local settings = {
  stop_pct = 2.0,                       -- first stop, percent of entry: 1 R
  legs = { { 1.0, 40 }, { 2.0, 60 } },  -- { R, percent of the size }
  still_hours = 4,                      -- for so long nothing moves,
  closing_hours = 20,                   -- then the walls close for so long,
  steps = 10,                           -- in so many steps,
  target_left = 0.25,                   -- until targets lie at this part of their first distance
  stop_left = 0.0,                      -- and the stop at this part of its own (0: at entry)
}

local HOUR_MS = 3600000
local AGAIN_MS = 60000 -- an exit that waits for a person is asked for again after this

local function step_ms() return settings.closing_hours * HOUR_MS // settings.steps end

-- The step of now, 0 to `steps`; an age that is not known is none.
local function step_of(ctx)
  local closing_ms = (ctx.age_ms or 0) - settings.still_hours * HOUR_MS
  return math.max(0, math.min(settings.steps, closing_ms // step_ms()))
end

-- What a step leaves of a first distance, of which `left` remains in the end.
local function part(left, step) return 1 - (1 - left) * step / settings.steps end

-- As far away as they begin, whatever the age: the next consult moves them. What was hit before stays hit.
local function plan(ctx)
  local why = "time decay: first plan"
  local first, levels = stop.next(ctx, settings.stop_pct, why), ladder.from_percent(settings.legs)
  local targets = decide.targets(ladder.ahead(levels, nil, 1 - ladder.taken(ctx)), why)
  return { first, targets, decide.trailing(nil), decide.ratchet {} }, { memory = { step = 0 } }
end

local function exit(ctx, why) return decide.full_exit(why), { wake = { at_ms = ctx.now_ms + AGAIN_MS } } end

-- Both walls at their place of this step, from where they were.
local function close_in(ctx, step)
  local price, r = ctx.price, ctx.r
  local _, _, moving = ladder.taken(ctx)
  if price == nil or r == nil or moving then return nil end -- not under the feet of a leg that is firing
  local at_r, stop_r = ctx.sign * (price - ctx.entry) / r, -part(settings.stop_left, step)
  if at_r <= stop_r then return exit(ctx, "time decay: the stop has come to the price") end

  local nearer = part(settings.target_left, step) / part(settings.target_left, ctx.memory.step or 0)
  local reached, ahead = 0, {}
  for _, leg in ipairs(ctx.legs) do
    local level = { r = leg.r * nearer, fraction = leg.fraction }
    if leg.state ~= "hit" and (level.r > at_r or ctx.adopted) then -- found open: sold when a person says so
      ahead[#ahead + 1] = level
    elseif leg.state ~= "hit" then
      reached = reached + leg.fraction
    end
  end
  if reached > 0 and #ahead == 0 then return exit(ctx, "time decay: the last target has come to the price") end

  local why = string.format("time decay: step %d of %d", step // 1, settings.steps // 1)
  local at, list = ctx.entry + ctx.sign * stop_r * r, { decide.targets(ahead, why) }
  if side.tighter(ctx, at, ctx.stop) then list[#list + 1] = decide.stop_at(at, why) end
  if reached > 0 then list[#list + 1] = decide.partial_close(reached, "time decay: a target has come to the price") end
  return list, { memory = { step = step } }
end

return {
  name = "time_decay",
  version = "1.0.0",
  settings = settings,
  decide = function(ctx)
    if not ctx.planned then return plan(ctx) end
    local step = step_of(ctx)
    if step ~= ctx.memory.step then return close_in(ctx, step) end
    local next_ms = ctx.now_ms - (ctx.age_ms or 0) + settings.still_hours * HOUR_MS + (step + 1) * step_ms()
    return nil, { wake = { at_ms = math.max(next_ms, ctx.now_ms) // 1 } }
  end,
  self_test = function()
    check.number("stop_pct", settings.stop_pct, 0.2, 50)
    check.levels("legs", ladder.from_percent(settings.legs))
    check.rising("legs", ladder.from_percent(settings.legs))
    for i, leg in ipairs(settings.legs) do -- a SHORT cannot earn more than all of the price
      check.number("legs[" .. i .. "] in percent of entry", leg[1] * settings.stop_pct, 0.01, 95)
    end
    check.number("still_hours", settings.still_hours, 0, 8760)
    check.number("closing_hours", settings.closing_hours, 0.1, 8760)
    check.integer("steps", settings.steps, 1, 100)
    check.number("target_left", settings.target_left, 0.01, 1)
    check.number("stop_left", settings.stop_left, 0, 1)
  end,
}
