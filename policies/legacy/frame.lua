-- SPDX-License-Identifier: Apache-2.0
-- What the legacy owners share. Each of them set orders in its own way and took away what others had set; here an owner
-- says what it wants in percent of entry, and gets one whole plan where none of its own stands:
--     exit(ctx) -> plan(ctx, own) where there is none of its own -> manage(ctx, own) where there is

local decide = require "exitbrain.decision"
local levels = require "legacy.levels"

local frame = {}

local UNCONFIRMED_MS = 60000 -- an exit that waits for a person is asked for again after this

local function size(ctx) return ctx.leg_base or ctx.qty end

-- plan: { stop_pct, legs, trail_pct, trail_from_pct }; without trail_pct none. An earlier owner's trail and ratchet are
-- switched off; what they have reached stays.
function frame.open(ctx, plan, grown, why)
  local first, r_pct = levels.stop(ctx, plan.stop_pct, grown, why)
  local list = { first, levels.targets(ctx, plan.legs, why) }
  local trailing = plan.trail_pct
    and { activation_r = plan.trail_from_pct / r_pct, callback_pct = levels.callback(plan.trail_pct) }
  if trailing or ctx.plan_revision > 0 then list[3] = decide.trailing(trailing, why) end
  if ctx.plan_revision > 0 then list[#list + 1] = decide.ratchet({}, why) end
  return list
end

local function needs_plan(ctx, own)
  if not ctx.planned then return ctx.plan_revision == 0 and "new position" or "instead of another plan" end
  if own.leg_base and size(ctx) > own.leg_base then return "size increased" end
  return nil
end

-- The answer of an owner: { name, exit = function(ctx), plan = function(ctx, own), manage = function(ctx, own) }.
-- own: what it remembers of the position; only added to.
function frame.decide(ctx, owner)
  local own = copy(ctx.memory)
  local exit = owner.exit and owner.exit(ctx)
  if exit and not ctx.adopted then return exit end
  local why = needs_plan(ctx, own)
  local list = why and frame.open(ctx, owner.plan(ctx, own), why == "size increased", owner.name .. ": " .. why)
    or owner.manage(ctx, own)
  own.leg_base = size(ctx) -- may also have been reduced by another hand
  local answer = { memory = own, wake = nil }
  if exit then
    -- A position that was found open is closed by a person's confirmation; until then it is managed.
    list[#list + 1] = exit
    answer.wake = { at_ms = ctx.now_ms + UNCONFIRMED_MS }
  end
  return #list > 0 and list or nil, answer
end

return frame
