-- SPDX-License-Identifier: Apache-2.0
-- The order of decisions: exit, plan, change of profile or signals, partial close, stop. A new position gets stop,
-- targets, trailing and ratchet in one answer: V3 gave one of them per cycle, and the stop's turn never came. Nothing
-- new to say is nil, with a wake that saves the consults in between; what was said is looked at once more.

local S = require "settings"
local challenge = require "challenge_100"
local decide = require "exitbrain.decision"
local ladder = require "exitbrain.ladder"
local mark = require "mark"
local memory = require "memory"
local planner = require "planner"
local profiles = require "tp_profiles"
local regime = require "regime"
local risk = require "risk"
local side = require "exitbrain.side"
local signals = require "signals"
local targets = require "targets"
local wake = require "exitbrain.wake"

local adapter = {}

local UNCONFIRMED_MS = 60000 -- an exit that waits for a person is asked for again after this

local function is_challenge(case) return case.profile.name == "CHALLENGE_100" end

local function size(ctx) return ctx.leg_base or ctx.qty end

local function needs_plan(ctx, own)
  if ctx.plan_revision == 0 then return "new position" end
  if ctx.r_provisional and ctx.hits == 0 then return "instead of the built-in plan" end
  if own.leg_base and size(ctx) > own.leg_base then return "size increased" end
  return nil
end

-- Everything that this consult is judged by; wanted_pct is there once a plan is made.
local function case_of(ctx, own)
  local name, warming = regime.update(ctx, own)
  local profile, why = profiles.select(ctx, name), needs_plan(ctx, own)
  if why then own.locked = profile.name ~= "CHALLENGE_100" and ctx.pnl_pct > S.profit_lock_at_pct or nil end
  if own.locked then profile = profiles.PROFIT_LOCK end
  return { own = own, hints = signals.read(ctx), why = why, regime = name, warming = warming, profile = profile,
    trails = targets.trails(name, profile), wanted_pct = nil }
end

-- One stop: of those that are asked for the tightest, if it is tighter than what stands.
local function tighten(ctx, case, list, because)
  list[#list + 1] = risk.floor(ctx, case.own)
  local stop, why = risk.secured(ctx, case.trails)
  local nearer = because and planner.nearer_stop(ctx, case)
  if nearer and side.tighter(ctx, nearer, stop) then stop, why = nearer, because end
  if stop and side.tighter(ctx, stop, ctx.stop) then list[#list + 1] = decide.stop_at(stop, why) end
  return list
end

local function manage(ctx, case)
  local list = { risk.partial(ctx, case.own) }
  if is_challenge(case) then list[#list + 1] = challenge.retrail(ctx, case.profile, case.own) end
  return tighten(ctx, case, list, nil)
end

local function planned(ctx, case)
  local own = case.own
  case.wanted_pct = planner.wanted_pct(ctx, case)
  own.plan, own.leg_base, own.tuned = mark(case.profile), size(ctx), case.hints.key
  own.callback = is_challenge(case) and challenge.callback_pct(ctx, case.profile) or nil
end

-- The plan's decisions, and whether something is left over for the next cycle.
local function plan(ctx, case)
  local own, profile = case.own, case.profile
  if case.why then
    planned(ctx, case)
    own.leverage = risk.leverage(ctx)
    return planner.open(ctx, case, case.why .. ": " .. profile.name .. (case.warming and " (warming)" or "")), false
  end
  own.leg_base = size(ctx) -- may have been reduced by another hand
  local retuned = (own.tuned or "") ~= case.hints.key
  if own.plan == mark(profile) and not retuned then return manage(ctx, case), false end
  local _, _, moving = ladder.taken(ctx)
  if moving then return manage(ctx, case), true end -- not under the feet of a leg that is firing
  local from = retuned and "signals" or ctx.profile or "other plan"
  local why = from .. (retuned and " changed: " or " becomes ") .. profile.name
  planned(ctx, case)
  -- Another owner's stop, or one that signals find too far away: this plan's where that is tighter.
  local signal = retuned and case.hints.key ~= "" and "signals: " .. case.hints.mode
  return tighten(ctx, case, planner.change(ctx, case, why), signal or not ctx.planned and why), false
end

local function next_consult(ctx, case)
  local born = ctx.now_ms - risk.age_ms(ctx)
  return wake.at(ctx, {
    wake.bar_end(ctx.now_ms, is_challenge(case) and 5 * 60000 or regime.BAR_MS),
    born + S.time_stop_ms,
    is_challenge(case) and ctx.hits == 0 and born + S.challenge_time_stop_ms or 0,
  }, risk.prices(ctx, case.regime, case.own, case.trails))
end

function adapter.decide(ctx)
  local own = memory.read(ctx)
  local case = case_of(ctx, own)
  local answer = { regime = case.regime, profile = case.profile.name, memory = own, wake = nil }

  local exit = risk.full_exit(ctx, case.regime, case.hints) or is_challenge(case) and challenge.time_stop(ctx) or nil
  if exit and not ctx.adopted then return exit, answer end

  local list, again = plan(ctx, case)
  if exit then
    -- A position that was found open is closed by a person's confirmation; until then it is managed.
    list[#list + 1] = exit
    answer.wake = { at_ms = ctx.now_ms + UNCONFIRMED_MS }
  elseif #list == 0 and not again then
    answer.wake = next_consult(ctx, case)
  end
  return #list > 0 and list or nil, answer
end

return adapter
