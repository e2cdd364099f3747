-- SPDX-License-Identifier: Apache-2.0
-- CHALLENGE_100: account money as the unit of risk and of the first target, R for everything else.

local position = require "position"

local function near(expected, got) assert.is_true(math.abs(expected - got) < 1e-6, expected .. " is not " .. got) end

describe("challenge_100", function()
  local policy
  before_each(function() policy = assert(position.open("policies", { profile = "CHALLENGE_100" })) end)

  -- Balance 10000: account_r is 150. 100 coins at 100: 150 is a move of 1.5 %. ATR 0.3 %: a swing is 0.6 %.
  local function new(over)
    local all = { qty = 100 }
    for key, value in pairs(over or {}) do all[key] = value end
    return position.new(all)
  end

  local function begin(over)
    local ctx = new(over)
    local answer = position.ask(policy, ctx)
    assert.equal("ok", answer.result, answer.err)
    return position.accept(ctx, answer), answer, ctx
  end

  for _, side in ipairs { "LONG", "SHORT" } do
    it("plans stop, first target, trail and ratchet, " .. side, function()
      local _, answer, ctx = begin { side = side }
      assert.equal("CHALLENGE_100", answer.profile)
      near(100 - ctx.sign * 0.6, position.stop_price(ctx, position.find(answer, "move_stop")))
      local levels = position.find(answer, "update_tp_limits").levels
      assert.equal(1, #levels)
      near(100 + ctx.sign * 1.5, levels[1].price)
      near(0.30, levels[1].fraction)
      local trail = position.find(answer, "set_trailing")
      near(1.5 / 0.6, trail.activation_r)
      near(0.6, trail.callback_pct)
      local rules = position.find(answer, "set_ratchet").rules
      assert.equal(1, #rules)
      near(0.08, rules[1].offset_pct)
    end)
  end

  it("the first stop loses at most 1.5 account_r", function()
    local _, answer, ctx = begin { qty = 1000 } -- 2 ATR would lose 600, 1.5 account_r are 225
    near(100 - 0.225, position.stop_price(ctx, position.find(answer, "move_stop")))
  end)

  it("the risk floor holds here too", function()
    local m5 = position.features { atr_pct = 2 }
    local ctx = new { leverage = 10 }
    ctx.features.m5 = m5
    near(99, position.stop_price(ctx, position.find(position.ask(policy, ctx), "move_stop")))
  end)

  it("takes 1 % of price for the ATR while bars are few", function()
    local ctx = new()
    ctx.features.m5 = { warm = false, bars = 2 }
    local answer = position.ask(policy, ctx)
    near(98, position.stop_price(ctx, position.find(answer, "move_stop")))
    near(2.0, position.find(answer, "set_trailing").callback_pct) -- V3's figure of the profile
  end)

  it("the callback lies between 0.1 and 5 %", function()
    for atr_pct, callback_pct in pairs { [0.02] = 0.1, [0.06] = 0.12, [2.4] = 4.8, [2.6] = 5.0 } do
      local ctx = new { leverage = 1 }
      ctx.features.m5 = position.features { atr_pct = atr_pct }
      near(callback_pct, position.find(position.ask(policy, ctx), "set_trailing").callback_pct)
    end
  end)

  it("the first target is neither past any price nor within the fees", function()
    local _, answer = begin { qty = 1 } -- 150 a coin
    near(115, position.find(answer, "update_tp_limits").levels[1].price)
    _, answer = begin { qty = 20000 } -- 0.0075 %
    near(100.17, position.find(answer, "update_tp_limits").levels[1].price)
  end)

  it("without a balance the first target is one R", function()
    local ctx = new()
    ctx.balance = 0
    near(100.6, position.find(position.ask(policy, ctx), "update_tp_limits").levels[1].price)
  end)

  it("ends a position without a first target after two hours, and no other", function()
    local ctx = begin()
    ctx = position.accept(ctx, { decisions = {} }, { now_ms = ctx.opened_ms + 7199999 })
    assert.equal("keep", position.ask(policy, ctx).result)
    assert.equal(ctx.opened_ms + 7200000, position.ask(policy, ctx).wake.at_ms)
    ctx = position.accept(ctx, { decisions = {} }, { now_ms = ctx.opened_ms + 7200000 })
    assert.matches("first target", position.find(position.ask(policy, ctx), "full_exit").reason, 1, true)
    assert.equal("keep", position.ask(policy, position.hit(ctx, 1)).result)
  end)

  it("renews the callback when the ATR has changed by a tenth, and only while the trail runs", function()
    local ctx = position.hit(begin(), 1)
    ctx.stop = 100.5
    ctx.trailing_active = true
    for _, atr_pct in ipairs { 0.3299, 0.2701 } do
      ctx.features.m5 = position.features { atr_pct = atr_pct }
      assert.equal("keep", position.ask(policy, ctx).result)
    end
    for _, atr_pct in ipairs { 0.3301, 0.2699 } do
      ctx.features.m5 = position.features { atr_pct = atr_pct }
      near(2 * atr_pct, position.find(position.ask(policy, ctx), "set_trailing").callback_pct)
    end
    ctx.features.m5 = position.features { atr_pct = 0.2 }
    ctx.trailing_active = false
    assert.equal("keep", position.ask(policy, ctx).result)
    ctx.trailing_active = true
    local answer = position.ask(policy, ctx)
    near(0.4, position.find(answer, "set_trailing").callback_pct)
    near(0, position.find(answer, "set_trailing").activation_r)
    assert.equal("keep", position.ask(policy, position.accept(ctx, answer)).result)
  end)

  it("gives no second first target after an add", function()
    local ctx = position.hit(begin(), 1)
    ctx = position.accept(ctx, { decisions = {} }, { qty = 150, leg_base = 150, reason = "size" })
    local answer = position.ask(policy, ctx)
    assert.is_nil(position.find(answer, "update_tp_limits"))
    assert.is_truthy(position.find(answer, "set_trailing"))
  end)
end)
