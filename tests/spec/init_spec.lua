-- SPDX-License-Identifier: Apache-2.0
-- The set as a whole: it loads, its settings can be overridden, and mistakes in them are found when it is loaded.

local position = require "position"

describe("default set", function()
  it("loads with every profile", function()
    for _, name in ipairs { "DEFAULT", "TREND", "RANGE", "VOLATILE", "CHOP", "NORMAL", "CHALLENGE_100" } do
      assert(position.open("policies", { profile = name }))
    end
  end)

  it("takes overrides of its settings", function()
    local policy = assert(position.open("policies", { settings = { "base_stop_pct=1.5", 'profile="CHOP"' } }))
    local ctx = position.new()
    local answer = position.ask(policy, ctx)
    assert.equal("CHOP", answer.profile)
    assert.is_true(math.abs(position.stop_price(ctx, position.find(answer, "move_stop")) - 98.5) < 1e-9)
  end)

  for _, wrong in ipairs { "base_stop_percent=2", 'base_stop_pct="2"', "base_stop_pct={2}", "profile=3" } do
    it("refuses " .. wrong, function()
      local policy, err = position.open("policies", { settings = { wrong } })
      assert.is_nil(policy)
      assert.matches(wrong:match("^[%w_]+"), tostring(err), 1, true)
    end)
  end
end)
