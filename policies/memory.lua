-- SPDX-License-Identifier: Apache-2.0
-- What the set remembers of a position, and nothing else; the engine holds and journals it.
--   episode      of which position this is the memory: another one's counts as none
--   plan         mark of the profile that was planned (tp_profiles.mark)
--   leg_base     size that the plan was made for
--   leverage     for which the risk floor was set
--   regime       the regime in force; candidate, since_ms: another one that has been seen since then
--   callback     CHALLENGE_100: the trail's callback in percent

local KEYS = { "episode", "plan", "leg_base", "leverage", "regime", "candidate", "since_ms", "callback" }

local memory = {}

function memory.read(ctx)
  local stored = ctx.memory
  if stored.episode ~= ctx.episode then return { episode = ctx.episode } end
  local own = {}
  for i = 1, #KEYS do
    local key = KEYS[i]
    own[key] = stored[key]
  end
  return own
end

-- `own` if it says something new, else nil: memory that does not change is not written again.
function memory.changed(ctx, own)
  local stored = ctx.memory
  for i = 1, #KEYS do
    local key = KEYS[i]
    if stored[key] ~= own[key] then return own end
  end
  return nil
end

return memory
