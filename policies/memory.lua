-- SPDX-License-Identifier: Apache-2.0
-- What the set remembers of a position, and nothing else; the engine holds and journals it.

local memory = {}

-- episode     of which position this is the memory: another one's counts as none
-- plan        mark of the profile that was planned (mark.lua)
-- leg_base    size that the plan was made for
-- leverage    for which the risk floor was set
-- factor      of the risk mode when R was set (signals.lua)
-- tuned       what the signals said when the plan was last looked at
-- locked      the plan is PROFIT_LOCK
-- partials    how many of settings.partials were closed
-- regime      the regime in force; candidate, since_ms: another one that has been seen since then
-- callback    CHALLENGE_100: the trail's callback in percent
local function copy(m)
  return {
    episode = m.episode, plan = m.plan, leg_base = m.leg_base, leverage = m.leverage, factor = m.factor,
    tuned = m.tuned, locked = m.locked, partials = m.partials, regime = m.regime, candidate = m.candidate,
    since_ms = m.since_ms, callback = m.callback,
  }
end

-- What is remembered, to be changed freely, and the same as it was.
function memory.read(ctx)
  local own = copy(ctx.memory)
  if own.episode ~= ctx.episode then return { episode = ctx.episode }, {} end
  return own, copy(own)
end

-- `own` if it says something new, else nil: memory that does not change is not written again.
function memory.changed(own, before)
  local same = own.episode == before.episode and own.plan == before.plan and own.leg_base == before.leg_base
    and own.leverage == before.leverage and own.factor == before.factor and own.tuned == before.tuned
    and own.locked == before.locked and own.partials == before.partials and own.regime == before.regime
    and own.candidate == before.candidate and own.since_ms == before.since_ms and own.callback == before.callback
  return not same and own or nil
end

return memory
