-- SPDX-License-Identifier: Apache-2.0
-- The default policy set: Exit Brain V3's exits as they were meant, or, with EXIT_BRAIN_PROFILE=V3_FAITHFUL, with the
-- figures that it ran with.
--     ctx -> owners (who answers) -> adapter (order of decisions) -> signals, regime, tp_profiles
--                                 -> planner, targets, risk, challenge_100; or a strategy, or a legacy owner

local settings = require "settings"
local faithful = require "v3_faithful"
local limits = require "limits"
local owners = require "owners"
local profiles = require "tp_profiles"
local regime = require "regime"

return {
  name = "exit-brain",
  version = "1.0.0",
  settings = settings,
  presets = { V3_FAITHFUL = faithful.preset },
  decide = owners.decide,
  legacy = owners.legacy,
  self_test = function()
    owners.self_test()
    limits.self_test({ strategies = true, legacy = true, profiles = true, profile_rules = true })
    profiles.self_test()
    regime.self_test()
  end,
}
