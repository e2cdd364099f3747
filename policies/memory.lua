-- SPDX-License-Identifier: Apache-2.0
-- What the set remembers of a position, and nothing else; the engine holds and journals it.
--   episode      of which position this is the memory: another one's counts as none
--   plan         mark of the profile that was planned (tp_profiles.mark)
--   leg_base     size that the plan was made for
--   leverage     for which the risk floor was set
--   regime       the regime in force; candidate, since_ms: another one that has been seen since then
--   callback     CHALLENGE_100: the trail's callback in percent

local memory = {}

local function copy(m)
  return {
    episode = m.episode, plan = m.plan, leg_base = m.leg_base, leverage = m.leverage,
    regime = m.regime, candidate = m.candidate, since_ms = m.since_ms, callback = m.callback,
  }
end

-- What is remembered, to be changed freely, and the same as it was.
function memory.read(ctx)
  local stored, episode = ctx.memory, ctx.episode
  if stored.episode ~= episode then return { episode = episode }, {} end
  local own = copy(stored)
  return own, copy(own)
end

-- `own` if it says something new, else nil: memory that does not change is not written again.
function memory.changed(own, before)
  local same = own.episode == before.episode and own.plan == before.plan and own.leg_base == before.leg_base
    and own.leverage == before.leverage and own.regime == before.regime and own.candidate == before.candidate
    and own.since_ms == before.since_ms and own.callback == before.callback
  return not same and own or nil
end

return memory
