-- SPDX-License-Identifier: Apache-2.0
-- What the set remembers: of this episode only, and written only when it changes.

local position = require "position"

describe("memory", function()
  local policy
  before_each(function() policy = assert(position.open("policies")) end)

  it("is given with the plan and not again", function()
    local ctx = position.new()
    local answer = position.ask(policy, ctx)
    assert.equal(7, answer.memory.episode)
    assert.equal(10, answer.memory.leg_base)
    assert.equal(2, answer.memory.leverage)
    assert.equal("NORMAL", answer.memory.regime)
    assert.is_nil(position.ask(policy, position.accept(ctx, answer)).memory)
  end)

  it("of another episode counts as none", function()
    local ctx = position.new { market = position.MARKET.RANGE }
    ctx = position.accept(ctx, position.ask(policy, ctx), { episode = 8, market = position.MARKET.TREND })
    local answer = position.ask(policy, ctx)
    assert.equal("TREND", answer.regime) -- at once: there is no RANGE to stay in
    assert.equal(8, answer.memory.episode)
  end)

  it("is flat and small", function()
    local count = 0
    for key, value in pairs(position.ask(policy, position.new()).memory) do
      assert.is_true(#key < 24)
      assert.is_true(type(value) == "number" or type(value) == "string" and #value < 32)
      count = count + 1
    end
    assert.is_true(count <= 16)
  end)
end)
