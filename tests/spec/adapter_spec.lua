-- SPDX-License-Identifier: Apache-2.0
-- The order of decisions over the life of a position: one whole plan, silence, changes that respect what was taken.

local position = require "position"

local function near(expected, got) assert.is_true(math.abs(expected - got) < 1e-6, expected .. " is not " .. got) end

local function sum_of(levels)
  local sum = 0
  for _, level in ipairs(levels) do sum = sum + level.fraction end
  return sum
end

describe("adapter", function()
  local policy
  before_each(function() policy = assert(position.open("policies")) end)

  local function begin(over)
    local ctx = position.new(over)
    local answer = position.ask(policy, ctx)
    assert.equal("ok", answer.result, answer.err)
    return position.accept(ctx, answer), answer
  end

  -- Minutes later and with another market, dwell time included.
  local function change_to(ctx, name)
    local market = position.MARKET[name]
    local answer = position.ask(policy, position.accept(ctx, { decisions = {} }, { market = market }))
    assert.equal("keep", answer.result, answer.err)
    local later = position.accept(ctx, answer, { market = market, now_ms = ctx.now_ms + 31 * 60000 })
    return later, position.ask(policy, later)
  end

  it("gives a new position stop, targets, trailing and ratchet in one answer", function()
    local _, answer = begin { market = position.MARKET.TREND }
    assert.equal(4, #answer.decisions)
    for _, kind in ipairs { "move_stop", "update_tp_limits", "set_trailing", "set_ratchet" } do
      assert.is_truthy(position.find(answer, kind), kind)
    end
  end)

  it("then has nothing to say, but names regime and profile", function()
    local ctx = begin { market = position.MARKET.TREND }
    for _ = 1, 3 do
      local answer = position.ask(policy, ctx)
      assert.equal("keep", answer.result, answer.err)
      assert.same({}, answer.decisions)
      assert.is_nil(answer.memory)
      assert.equal("TREND", answer.regime)
      assert.equal("TREND", answer.profile)
      ctx = position.accept(ctx, answer)
    end
  end)

  it("plans again where the built-in plan had to stand in", function()
    local ctx = position.new { plan_revision = 1, r_provisional = true, r = 2, stop = 98, plan_stop = 98,
      stop_kind = "plan" }
    assert.equal(4, #position.ask(policy, ctx).decisions)
  end)

  it("but leaves R alone once a leg of that plan was hit", function()
    local ctx = position.new { plan_revision = 2, r_provisional = true, r = 2, stop = 98, plan_stop = 98,
      stop_kind = "plan", hits = 1 }
    local answer = position.ask(policy, ctx)
    assert.is_nil(position.find(answer, "move_stop"))
    assert.is_truthy(position.find(answer, "update_tp_limits"))
  end)

  describe("wake", function()
    it("is the end of the bar, the loss guard and breakeven", function()
      local ctx = begin()
      local wake = position.ask(policy, ctx).wake
      assert.equal(0, wake.at_ms % 900000)
      assert.is_true(wake.at_ms > ctx.now_ms and wake.at_ms <= ctx.now_ms + 900000)
      near(101.5, wake.above)
      near(87.5, wake.below)
    end)

    it("is mirrored for a SHORT and nearer in a volatile market", function()
      local wake = position.ask(policy, (begin { side = "SHORT", market = position.MARKET.VOLATILE })).wake
      near(98.5, wake.below)
      near(105, wake.above)
    end)

    it("is the next step of the profit lock where there is no trail", function()
      local ctx = begin { market = position.MARKET.RANGE }
      ctx.stop = 100.1
      near(104, position.ask(policy, ctx).wake.above)
      ctx.stop = 102.44
      near(102.54 / 0.985, position.ask(policy, ctx).wake.above)
    end)

    it("no longer waits for breakeven once the stop is there", function()
      local ctx = begin()
      ctx.stop = 100.1
      assert.is_nil(position.ask(policy, ctx).wake.above)
    end)

    it("is the time stop's loss once it is old enough", function()
      near(98, position.ask(policy, (begin { opened_ms = position.NOON - 50 * position.HOUR })).wake.below)
    end)

    it("does not oversleep the time stop", function()
      local born = position.NOON - 48 * position.HOUR + 5000
      local ctx = begin { opened_ms = born }
      ctx.now_ms, ctx.age_ms = position.NOON, position.NOON - born
      assert.equal(born + 48 * position.HOUR, position.ask(policy, ctx).wake.at_ms)
    end)

    it("is not given with a decision, which is looked at once more in the next cycle", function()
      local ctx, answer = begin { price = 112 }
      assert.is_nil(answer.wake)
      answer = position.ask(policy, ctx) -- breakeven
      assert.equal("ok", answer.result)
      assert.is_nil(answer.wake)
      assert.is_truthy(position.ask(policy, position.accept(ctx, answer)).wake)
    end)

    it("waits for no price where none is known", function()
      local ctx = begin()
      ctx.price, ctx.mark = 0, 0
      local answer = position.ask(policy, ctx)
      assert.equal("keep", answer.result, answer.err)
      assert.is_nil(answer.wake.above or answer.wake.below)
    end)
  end)

  describe("change of regime", function()
    it("brings the other profile, and leaves the stop alone", function()
      local ctx, answer = change_to(begin { market = position.MARKET.RANGE }, "TREND")
      assert.equal("ok", answer.result, answer.err)
      assert.is_nil(position.find(answer, "move_stop"))
      assert.equal("TREND", answer.profile)
      assert.matches("RANGE becomes TREND", position.find(answer, "update_tp_limits").reason, 1, true)
      near(2.0, position.find(answer, "set_trailing").callback_pct)
      assert.equal("keep", position.ask(policy, position.accept(ctx, answer)).result)
    end)

    it("switches trailing off for a profile without", function()
      local _, answer = change_to(begin { market = position.MARKET.TREND }, "RANGE")
      assert.is_true(position.find(answer, "set_trailing").off)
    end)

    it("respects what was hit: only legs beyond, for what is left, in the profile's proportions", function()
      local ctx = position.hit(begin { market = position.MARKET.RANGE }, 1) -- 0.2 R, 35 %
      local _, answer = change_to(ctx, "TREND")
      local levels = position.find(answer, "update_tp_limits").levels
      assert.equal(3, #levels)
      near(0.65 * 0.15, levels[1].fraction)
      near(0.65 * 0.20, levels[2].fraction)
      near(0.65 * 0.30, levels[3].fraction)
    end)

    it("takes all that is left where the profile has no runner", function()
      local ctx = position.hit(begin { market = position.MARKET.TREND }, 1) -- 0.5 R, 15 %
      local _, answer = change_to(ctx, "NORMAL")
      local levels = position.find(answer, "update_tp_limits").levels
      near(1.0, levels[1].r)
      near(0.85, sum_of(levels))
    end)

    it("sets no leg behind the price", function()
      local ctx = begin { market = position.MARKET.TREND }
      ctx = position.accept(ctx, { decisions = {} }, { price = 101.3 }) -- 0.65 R
      local _, answer = change_to(ctx, "RANGE")
      local levels = position.find(answer, "update_tp_limits").levels
      assert.equal(1, #levels)
      near(0.7, levels[1].r)
      near(1, levels[1].fraction)
    end)

    it("leaves the old targets where the new profile has none ahead", function()
      local ctx = begin { market = position.MARKET.TREND }
      ctx = position.accept(ctx, { decisions = {} }, { price = 101.49 }) -- 0.745 R
      local _, answer = change_to(ctx, "RANGE")
      assert.is_nil(position.find(answer, "update_tp_limits"))
      assert.is_true(position.find(answer, "set_trailing").off)
    end)

    it("waits for a leg that is firing, and asks to be asked", function()
      local ctx = begin { market = position.MARKET.RANGE }
      ctx.legs[1].state = "firing"
      local later, answer = change_to(ctx, "TREND")
      assert.equal("keep", answer.result, answer.err)
      assert.is_nil(answer.wake)
      later = position.accept(later, answer)
      later.legs[1].state = "armed"
      assert.is_truthy(position.find(position.ask(policy, later), "update_tp_limits"))
    end)

    it("that was hit down to nothing has no targets left to give", function()
      local ctx = begin { market = position.MARKET.RANGE }
      for _, leg in ipairs(ctx.legs) do leg.state = "hit" end
      ctx.hits, ctx.qty = 3, 0.001
      local _, answer = change_to(ctx, "TREND")
      assert.is_nil(position.find(answer, "update_tp_limits"))
    end)
  end)

  describe("size", function()
    it("increased: plans again without loosening the stop", function()
      local ctx = begin { market = position.MARKET.NORMAL }
      ctx = position.accept(ctx, { decisions = {} },
        { entry = 101, price = 102, qty = 20, leg_base = 20, reason = "size" })
      local answer = position.ask(policy, ctx)
      local stop = position.find(answer, "move_stop")
      near(98.475, position.stop_price(ctx, stop))
      assert.is_truthy(position.find(answer, "update_tp_limits"))
      assert.equal("keep", position.ask(policy, position.accept(ctx, answer)).result)
    end)

    it("increased with the stop in profit: R and stop stay", function()
      local ctx = begin { market = position.MARKET.NORMAL }
      ctx = position.accept(ctx, { decisions = {} },
        { entry = 101, price = 104, qty = 20, leg_base = 20, stop = 102, stop_kind = "trail", reason = "size" })
      local answer = position.ask(policy, ctx)
      local stop = position.find(answer, "move_stop")
      near(102, stop.price)
      assert.is_nil(stop.risk_price)
      assert.is_truthy(position.find(answer, "update_tp_limits"))
    end)

    it("increased while a leg is being filled: plans only what is not taken", function()
      local ctx = begin { market = position.MARKET.RANGE }
      ctx = position.accept(ctx, { decisions = {} }, { qty = 20, leg_base = 20, reason = "size" })
      ctx.legs[1].state, ctx.legs[1].filled = "partial", 1
      near(0.65, sum_of(position.find(position.ask(policy, ctx), "update_tp_limits").levels))
    end)

    it("reduced by another hand: nothing to plan, but a later add is seen", function()
      local ctx = begin()
      ctx = position.accept(ctx, { decisions = {} }, { qty = 5, leg_base = 5, reason = "size" })
      local answer = position.ask(policy, ctx)
      assert.equal("keep", answer.result, answer.err)
      ctx = position.accept(ctx, answer, { qty = 8, leg_base = 8, reason = "size" })
      assert.is_truthy(position.find(position.ask(policy, ctx), "update_tp_limits"))
    end)
  end)

  it("another set's plan is changed to its own at a reload, the stop untouched", function()
    local ctx = position.new { plan_revision = 4, r = 2, stop = 98, plan_stop = 98, stop_kind = "plan",
      reason = "reload", leverage = 10 }
    local answer = position.ask(policy, ctx)
    assert.is_nil(position.find(answer, "move_stop"))
    near(99, position.find(answer, "move_stop", "risk_floor").price)
    assert.is_truthy(position.find(answer, "update_tp_limits"))
    assert.equal("keep", position.ask(policy, position.accept(ctx, answer)).result)
  end)

  it("settings that change the plan change it at a reload", function()
    local ctx = begin { market = position.MARKET.RANGE }
    policy = assert(position.open("policies", { settings = { "min_target_fees=10.0" } }))
    local answer = position.ask(policy, ctx)
    near(0.27, position.find(answer, "update_tp_limits").levels[1].r) -- ten round trips of 0.08 % and a tick
  end)
end)
