-- SPDX-License-Identifier: Apache-2.0
-- What the set remembers of a position, and nothing else; the engine holds and journals it.

local memory = {}

local FIELDS = {
  "episode",   -- of which position this is the memory: another one's counts as none
  "plan",      -- mark of the profile that was planned (tp_profiles.mark)
  "leg_base",  -- size that the plan was made for
  "leverage",  -- for which the risk floor was set
  "factor",    -- of the risk mode when R was set (signals.lua)
  "tuned",     -- what the signals said when the plan was last looked at
  "locked",    -- the plan is PROFIT_LOCK
  "partials",  -- how many of settings.partials were closed
  "regime",    -- the regime in force
  "candidate", -- another one that has been seen
  "since_ms",  -- since then
  "callback",  -- CHALLENGE_100: the trail's callback in percent
}

-- What is remembered, to be changed freely, and the same as it was.
function memory.read(ctx)
  local own, before = {}, {}
  for field, value in pairs(ctx.memory) do
    own[field], before[field] = value, value
  end
  if own.episode ~= ctx.episode then return { episode = ctx.episode }, {} end
  return own, before
end

-- `own` if it says something new, else nil: memory that does not change is not written again.
function memory.changed(own, before)
  for i = 1, #FIELDS do
    local field = FIELDS[i]
    if own[field] ~= before[field] then return own end
  end
  return nil
end

return memory
