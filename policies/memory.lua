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

-- What is remembered of this position, to be changed freely. Given back as it was it is not written again.
function memory.read(ctx)
  local own = copy(ctx.memory)
  if own.episode ~= ctx.episode then return { episode = ctx.episode } end
  return own
end

return memory
