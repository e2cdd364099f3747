-- SPDX-License-Identifier: Apache-2.0
-- What ends a position, what secures its profit, and that nothing is said twice.

local position = require "position"

local function near(expected, got) assert.is_true(math.abs(expected - got) < 1e-6, expected .. " is not " .. got) end

describe("risk", function()
  local policy
  before_each(function() policy = assert(position.open("policies")) end)

  local function at(pct, side, over)
    local all = { side = side, price = 100 * (1 + (side == "SHORT" and -1 or 1) * pct / 100) }
    for key, value in pairs(over or {}) do all[key] = value end
    return position.new(all)
  end

  -- A position with its plan, then at `pct` percent profit.
  local function planned(pct, side, over)
    local ctx = at(0, side, over)
    ctx = position.accept(ctx, position.ask(policy, ctx))
    return position.accept(ctx, { decisions = {} }, { price = at(pct, side).price })
  end

  describe("forced exits", function()
    local OLD = { opened_ms = position.NOON - 48 * position.HOUR }
    local YOUNG = { opened_ms = position.NOON - 48 * position.HOUR + 1 }
    local CASES = { -- profit in percent, what differs, exit, emergency
      { -12.4, {}, nil },
      { -12.5, {}, "loss guard", true },
      { -20, {}, "loss guard", true },
      { 0, { leverage = 50 }, nil },
      { 0, { leverage = 51 }, "over-leveraged", true },
      { -5, { market = position.MARKET.VOLATILE }, "volatile", false },
      { -4.9, { market = position.MARKET.VOLATILE }, nil },
      { -5, { market = position.MARKET.CHOP }, nil },
      { -2.1, OLD, "time stop", false },
      { -2, OLD, nil },
      { -2.1, YOUNG, nil },
    }
    for i, case in ipairs(CASES) do
      for _, side in ipairs { "LONG", "SHORT" } do
        it(string.format("%d: %s at %.1f %%: %s", i, side, case[1], case[3] or "none"), function()
          local answer = position.ask(policy, at(case[1], side, case[2]))
          local exit = position.find(answer, "full_exit")
          if case[3] == nil then
            assert.is_nil(exit)
          else
            assert.matches(case[3], exit.reason, 1, true)
            assert.equal(case[4], exit.emergency or false)
            assert.equal(1, #answer.decisions)
          end
        end)
      end
    end

    it("no time rule acts while the age is unknown", function()
      local ctx = at(-2.1, "LONG")
      ctx.opened_ms = 0
      assert.is_nil(position.find(position.ask(policy, ctx), "full_exit"))
    end)

    it("of a position that was found open comes with the plan, for it waits for a person", function()
      local answer = position.ask(policy, at(-13, "LONG", { adopted = true, reason = "adopted" }))
      assert.is_truthy(position.find(answer, "full_exit"))
      assert.is_truthy(position.find(answer, "move_stop"))
      assert.is_truthy(position.find(answer, "update_tp_limits"))
      assert.equal(position.NOON + 60000, answer.wake.at_ms)
    end)
  end)

  describe("breakeven", function()
    for _, side in ipairs { "LONG", "SHORT" } do
      it("puts the stop in profit, once, " .. side, function()
        local ctx = planned(1.5, side)
        local answer = position.ask(policy, ctx)
        local stop = assert(position.find(answer, "move_stop"))
        near(100 + ctx.sign * 0.1, stop.price)
        assert.equal(1, #answer.decisions)
        assert.equal("keep", position.ask(policy, position.accept(ctx, answer)).result)
      end)
    end

    it("does nothing before", function() assert.equal("keep", position.ask(policy, planned(1.49, "LONG")).result) end)

    it("covers the fees where they are more than the setting", function()
      local answer = position.ask(policy, planned(1.5, "LONG", { fee_taker_pct = 0.1 }))
      near(100.2, position.find(answer, "move_stop").price)
    end)

    it("never moves a stop that is tighter already", function()
      local ctx = planned(1.6, "LONG")
      ctx.stop = 101
      assert.equal("keep", position.ask(policy, ctx).result)
    end)
  end)

  describe("profit lock", function()
    local RANGE = { market = position.MARKET.RANGE }

    it("follows profiles that have no trailing", function()
      local answer = position.ask(policy, planned(4, "LONG", RANGE))
      near(104 * 0.985, position.find(answer, "move_stop").price)
      answer = position.ask(policy, planned(4, "SHORT", RANGE))
      near(96 * 1.015, position.find(answer, "move_stop").price)
    end)

    it("moves in steps", function()
      local ctx = planned(4, "LONG", RANGE)
      ctx = position.accept(ctx, position.ask(policy, ctx), { price = 104.05 })
      assert.equal("keep", position.ask(policy, ctx).result)
      ctx = position.accept(ctx, { decisions = {} }, { price = 104.2 })
      near(104.2 * 0.985, position.find(position.ask(policy, ctx), "move_stop").price)
    end)

    it("leaves profiles with trailing to their trail", function()
      near(100.1, position.find(position.ask(policy, planned(4, "LONG")), "move_stop").price) -- breakeven only
    end)
  end)

  describe("partial closes", function()
    local PARTIALS = { settings = { "partials={{pct=2,fraction=0.25},{pct=3,fraction=0.5}}" } }
    before_each(function() policy = assert(position.open("policies", PARTIALS)) end)

    for _, side in ipairs { "LONG", "SHORT" } do
      it("are made once each, in order, " .. side, function()
        local ctx = planned(1.99, side)
        ctx = position.accept(ctx, position.ask(policy, ctx)) -- breakeven
        local wake = position.ask(policy, ctx).wake
        near(100 + ctx.sign * 2, ctx.sign > 0 and wake.above or wake.below)
        ctx = position.accept(ctx, { decisions = {} }, { price = 100 + ctx.sign * 3.5 })
        local answer = position.ask(policy, ctx)
        near(0.25, position.find(answer, "partial_close").fraction)
        assert.is_false(position.find(answer, "partial_close").emergency or false)
        ctx = position.accept(ctx, answer)
        answer = position.ask(policy, ctx)
        near(0.5, position.find(answer, "partial_close").fraction)
        assert.equal("keep", position.ask(policy, position.accept(ctx, answer)).result)
      end)
    end

    it("wait for the plan", function()
      assert.is_nil(position.find(position.ask(policy, at(5, "LONG")), "partial_close"))
    end)
  end)

  describe("risk floor", function()
    it("comes nearer when leverage rises, and is said once", function()
      local ctx = planned(0, "LONG")
      ctx.leverage, ctx.reason = 10, "margin"
      local answer = position.ask(policy, ctx)
      local floor = assert(position.find(answer, "move_stop", "risk_floor"))
      near(99, floor.price)
      assert.equal("keep", position.ask(policy, position.accept(ctx, answer)).result)
    end)

    it("further away than the stop is not said, also not later", function()
      local ctx = planned(0, "LONG", { market = position.MARKET.TREND }) -- 2 %
      ctx.leverage, ctx.reason = 4, "margin" -- 2.5 %
      local answer = position.ask(policy, ctx)
      assert.equal("keep", answer.result)
      assert.equal(4, answer.memory.leverage)
    end)

    it("never moves away when leverage falls", function()
      local ctx = planned(0, "SHORT", { leverage = 10 })
      ctx.leverage = 2
      assert.equal("keep", position.ask(policy, ctx).result)
    end)
  end)

  it("the ratchet's entry lies two taker fees in profit, then the first target", function()
    local rules = position.find(position.ask(policy, position.new()), "set_ratchet").rules
    assert.equal(2, #rules)
    assert.equal(1, rules[1].after_hits)
    assert.equal("entry", rules[1].to)
    near(0.08, rules[1].offset_pct)
    assert.equal(2, rules[2].after_hits)
    assert.equal("first_hit", rules[2].to)
  end)
end)
