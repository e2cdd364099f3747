-- SPDX-License-Identifier: Apache-2.0
-- A number that stands for everything that shapes a profile's plan. When it differs from the one in memory, the plan
-- that is running is another, and an edit reaches it; a setting that shapes no plan moves no level.

local S = require "settings"

-- Settings that shape a plan beside the profile.
local SHAPING = { "tp_source", "one_ruler", "full_trail", "min_target_fees", "ratchet_fees", "base_tp_pct", "tp_factor",
  "min_tp_pct", "max_tp_pct", "base_trail_pct", "profit_lock_tp_factor", "dynamic_tp", "volatility",
  "challenge_risk_pct", "challenge_tp1_r", "challenge_max_tp1_pct", "challenge_atr_mult" }
-- Where targets are measured by the stop that is wanted (one_ruler = false), what shapes that as well.
local BY_THE_STOP = { "base_stop_pct", "stop_factor", "min_stop_pct", "max_stop_pct", "risk_factor" }

local known = {} -- name of a profile -> its mark: neither it nor a setting changes while the set lives

local function mix(mark, value)
  if type(value) == "table" then
    for key, inner in pairs(value) do mark = mix(mix(mark, key), inner) end
    return mark
  end
  local text = tostring(value)
  for i = 1, #text do mark = (mark * 33 + string.byte(text, i)) % 4294967291 end
  return (mark * 33) % 4294967291
end

-- profile: as tp_profiles.lua gives it.
return function(profile)
  local mark = known[profile.name]
  if mark == nil then
    mark = mix(mix(mix(0, profile.name), profile.levels), profile.trailing)
    for _, name in ipairs(SHAPING) do mark = mix(mark, S[name]) end
    for _, name in ipairs(S.one_ruler and {} or BY_THE_STOP) do mark = mix(mark, S[name]) end
    known[profile.name] = mark
  end
  return mark
end
