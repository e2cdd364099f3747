-- SPDX-License-Identifier: Apache-2.0
-- The order of decisions: exit, plan, change of profile, then what a running plan needs. A new position gets stop,
-- targets, trailing and ratchet in one answer: V3 gave one of them per cycle, and the stop's turn never came.
-- Nothing new to say is nil, with a wake that saves the consults in between; what was said is looked at once more.

local S = require "settings"
local challenge = require "challenge_100"
local ladder = require "exitbrain.ladder"
local memory = require "memory"
local planner = require "planner"
local profiles = require "tp_profiles"
local regime = require "regime"
local risk = require "risk"
local wake = require "exitbrain.wake"

local adapter = {}

local UNCONFIRMED_MS = 60000 -- an exit that waits for a person is asked for again after this

local function is_challenge(profile) return profile.name == "CHALLENGE_100" end

local function size(ctx) return ctx.leg_base or ctx.qty end

local function needs_plan(ctx, own)
  if ctx.plan_revision == 0 then return "new position" end
  if ctx.r_provisional and ctx.hits == 0 then return "instead of the built-in plan" end
  if own.leg_base and size(ctx) > own.leg_base then return "size increased" end
  return nil
end

local function planned(ctx, own, profile)
  own.plan, own.leg_base = profiles.mark(profile), size(ctx)
  own.callback = is_challenge(profile) and challenge.callback_pct(ctx) or nil
end

-- What the stop of a running plan needs now; in general nothing.
local function tighten(ctx, own, profile, list)
  list[#list + 1] = risk.floor(ctx, own)
  list[#list + 1] = risk.secure(ctx, profile)
  return list
end

local function manage(ctx, own, profile)
  return tighten(ctx, own, profile, { is_challenge(profile) and challenge.retrail(ctx, own) or nil })
end

-- The plan's decisions, and whether something is left over for the next cycle.
local function plan(ctx, own, name, profile, warming)
  local why = needs_plan(ctx, own)
  if why then
    planned(ctx, own, profile)
    own.leverage = risk.leverage(ctx)
    return planner.open(ctx, name, profile, why .. ": " .. profile.name .. (warming and " (warming)" or "")), false
  end
  own.leg_base = size(ctx) -- may have been reduced by another hand
  if own.plan == profiles.mark(profile) then return manage(ctx, own, profile), false end
  local _, _, moving = ladder.taken(ctx)
  if moving then return manage(ctx, own, profile), true end -- not under the feet of a leg that is firing
  planned(ctx, own, profile)
  local list = planner.change(ctx, profile, (ctx.profile or "other plan") .. " becomes " .. profile.name)
  return tighten(ctx, own, profile, list), false
end

local function next_consult(ctx, name, profile)
  local born = ctx.now_ms - risk.age_ms(ctx)
  return wake.at(ctx, {
    wake.bar_end(ctx.now_ms, is_challenge(profile) and 5 * 60000 or regime.BAR_MS),
    born + S.time_stop_ms,
    is_challenge(profile) and ctx.hits == 0 and born + S.challenge_time_stop_ms or 0,
  }, risk.prices(ctx, name, profile))
end

function adapter.decide(ctx)
  local own, before = memory.read(ctx)
  local name, warming = regime.update(ctx, own)
  local profile = profiles.select(ctx, name)
  local answer = { regime = name, profile = profile.name }

  local exit = risk.full_exit(ctx, name) or is_challenge(profile) and challenge.time_stop(ctx) or nil
  if exit and not ctx.adopted then return exit, answer end

  local list, again = plan(ctx, own, name, profile, warming)
  if exit then
    -- A position that was found open is closed by a person's confirmation; until then it is managed.
    list[#list + 1] = exit
    answer.wake = { at_ms = ctx.now_ms + UNCONFIRMED_MS }
  elseif #list == 0 and not again then
    answer.wake = next_consult(ctx, name, profile)
  end
  answer.memory = memory.changed(own, before)
  return #list > 0 and list or nil, answer
end

return adapter
