-- SPDX-License-Identifier: Apache-2.0
-- The default policy set: Exit Brain V3's exits as they were meant.
--     ctx -> adapter (order of decisions) -> regime, tp_profiles, planner, risk, challenge_100

local settings = require "settings"
local adapter = require "adapter"
local profiles = require "tp_profiles"
local regime = require "regime"

return {
  name = "exit-brain",
  version = "1.0.0",
  settings = settings,
  decide = adapter.decide,
  self_test = function()
    profiles.self_test()
    regime.self_test()
  end,
}
