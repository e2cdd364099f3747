-- SPDX-License-Identifier: Apache-2.0
-- exitbrain.testing under the names that the specs of this repository have for it.
--     local policy = position.open("policies");  local answer = position.ask(policy, position.new { price = 101 })

local host = require "exitbrain_host"
local testing = require "exitbrain.testing"

local position = {}

for name, value in pairs(testing) do position[name] = value end

local ROOT = os.getenv("EB_ROOT") or "."

-- A set of this checkout, or nil and why not.
function position.open(dir, options)
  options = options or {}
  options.dir = ROOT .. "/" .. dir
  options.lib = ROOT .. "/lua/exitbrain"
  return host.open(options)
end

-- A set of one file: `body` is its decide, in it `d` the constructors of decisions, `u` the units.
function position.script(body)
  return testing.set('local d, u = require "exitbrain.decision", require "exitbrain.unit" '
    .. 'return { name = "t", version = "1", ' .. "decide = function(ctx) " .. body .. " end }")
end

-- A position whose plan, if it has one, is nobody's unless `planned` says so.
function position.new(over)
  local all = { planned = false }
  for key, value in pairs(over or {}) do all[key] = value end
  return testing.long(all)
end

position.accept = testing.after

return position
