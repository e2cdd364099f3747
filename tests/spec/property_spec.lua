-- SPDX-License-Identifier: Apache-2.0
-- Whatever the position, the default set answers with a valid verdict within its budget, a first stop lies on the loss
-- side, fractions make at most what is left, and a plan that was just given is not given again. Seeded: all runs agree.

local position = require "position"
local random = require "random"

local CASES = 4000

local REGIMES = { "TREND", "RANGE", "VOLATILE", "CHOP", "NORMAL" }

local function assert_valid(ctx, answer)
  random.assert_valid(ctx, answer)
  if ctx.plan_revision == 0 and not position.find(answer, "full_exit") then
    assert.is_truthy(position.find(answer, "set_ratchet"), "a first plan that is not whole")
  end
end

describe("any position", function()
  for _, profile in ipairs { "DEFAULT", "CHALLENGE_100", "TREND" } do
    it("gets a valid answer under " .. profile, function()
      math.randomseed(20251212)
      local policy = assert(position.open("policies", { profile = profile }))
      for _ = 1, CASES do
        local ctx = random.position()
        assert_valid(ctx, position.ask(policy, ctx))
      end
    end)
  end

  it("is not told the same twice", function()
    math.randomseed(7)
    local policy = assert(position.open("policies"))
    local compared = 0
    for _ = 1, CASES do
      local ctx = random.position()
      local answer = position.ask(policy, ctx)
      if ctx.plan_revision == 0 and answer.result == "ok" and not position.find(answer, "full_exit") then
        local pnl = math.abs(ctx.pnl_pct)
        local again = position.ask(policy, position.accept(ctx, answer))
        assert.is_nil(position.find(again, "update_tp_limits"))
        if pnl < 1.4 then
          compared = compared + 1
          assert.equal("keep", again.result)
        end
      end
    end
    assert.is_true(compared > 50)
  end)

  it("is answered the same by a fresh policy: nothing is kept between consults", function()
    math.randomseed(11)
    local policy = assert(position.open("policies"))
    for _ = 1, 300 do assert(policy:pure(random.position())) end
  end)

  it("is answered with a tenth of the budget at most", function()
    math.randomseed(13)
    local policy, most = assert(position.open("policies")), 0
    for _ = 1, 1000 do
      position.ask(policy, random.position())
      most = math.max(most, policy:info().last_instructions)
    end
    assert.is_true(most > 0 and most <= 20000, most .. " instructions")
  end)

  it("of every regime is met", function()
    math.randomseed(3)
    local policy, seen = assert(position.open("policies")), {}
    for _ = 1, 300 do
      local answer = position.ask(policy, random.position())
      if answer.regime then seen[answer.regime] = true end
    end
    for _, name in ipairs(REGIMES) do assert.is_true(seen[name], name) end
  end)
end)
