-- SPDX-License-Identifier: Apache-2.0
-- With which ruler targets are measured, which profiles trail, and what a plan in a large profit looks like.

local position = require "position"

local function near(expected, got) assert.is_true(math.abs(expected - got) < 1e-6, expected .. " is not " .. got) end

local function open(...) return assert(position.open("policies", { settings = { ... } })) end

local function ask(policy, over)
  local ctx = position.new(over)
  local answer = position.ask(policy, ctx)
  assert.equal("ok", answer.result, answer.err)
  return answer, ctx
end

describe("targets", function()
  it("are measured in the R that stands, at any leverage", function()
    local levels = position.find(ask(open(), { leverage = 20 }), "update_tp_limits").levels
    near(1.0, levels[2].r) -- of 0.5 %
  end)

  it("with one_ruler = false by the stop as the regime wanted it", function()
    local policy = open("one_ruler=false", "min_target_fees=0.0")
    for name, pct in pairs { NORMAL = 2.5, VOLATILE = 3.75, RANGE = 3.0 } do
      local levels = position.find(ask(policy, { leverage = 20, market = position.MARKET[name] }),
        "update_tp_limits").levels
      near((name == "NORMAL" and 1.0 or name == "RANGE" and 0.4 or 0.8) * pct, levels[2].pct)
    end
    local levels = position.find(ask(policy, { leverage = 20, signals = { risk_mode = "CRITICAL", tp_hint_pct = 6 } }),
      "update_tp_limits").levels
    near(1.0 * 1.25 * 2, levels[2].pct)
  end)

  it("of the dynamic calculator follow the wanted stop where there are two rulers", function()
    local policy = open('tp_source="dynamic"', "one_ruler=false")
    local over = { leverage = 10, market = { vol_day_pct = 9.0 } } -- VOLATILE: 1.4 times 0.7, the stop times 1.5
    near(1.5 * 1.4 * 0.7 * 1.5, position.find(ask(policy, over), "update_tp_limits").levels[1].pct)
    near(1.5 * 0.7 * 1.2, position.find(ask(policy, { leverage = 10, market = position.MARKET.RANGE }),
      "update_tp_limits").levels[1].pct)
  end)

  it("full_trail = false leaves profiles that sum to 100 % without a trail, and none with the calculator", function()
    local policy = open "full_trail=false"
    for name, trails in pairs { TREND = true, NORMAL = false, VOLATILE = false, RANGE = false } do
      local answer = ask(policy, { market = position.MARKET[name] })
      assert.equal(trails, position.find(answer, "set_trailing") ~= nil, name)
    end
    policy = open("full_trail=false", 'tp_source="dynamic"')
    assert.is_nil(position.find(ask(policy, { market = position.MARKET.TREND }), "set_trailing"))
  end)

  it("and the profit is then followed at a distance", function()
    local policy = open "full_trail=false"
    local ctx = position.new()
    ctx = position.accept(ctx, position.ask(policy, ctx), { price = 104 })
    near(104 * 0.985, position.find(position.ask(policy, ctx), "move_stop").price)
  end)

  describe("of a plan made in a profit above 10 %", function()
    for _, side in ipairs { "LONG", "SHORT" } do
      it("are one: all of it at 1.5 times the profit, the stop at 0.2 %, " .. side, function()
        local sign = side == "LONG" and 1 or -1
        local answer, ctx = ask(open(), { side = side, price = 100 + sign * 12, adopted = true, reason = "adopted" })
        assert.equal("PROFIT_LOCK", answer.profile)
        local levels = position.find(answer, "update_tp_limits").levels
        assert.equal(1, #levels)
        near(18, levels[1].pct)
        near(1, levels[1].fraction)
        local stop = position.find(answer, "move_stop")
        near(100 + sign * 0.2, stop.price)
        near(100 - sign * 2.5, stop.risk_price)
        assert.is_nil(position.find(answer, "set_trailing"))
        assert.equal(2, #position.find(answer, "set_ratchet").rules)
        assert.equal("PROFIT_LOCK", position.ask(open(), position.accept(ctx, answer)).profile)
      end)
    end

    it("begin above 10 %, not at it", function()
      assert.equal("NORMAL", ask(open(), { price = 110 }).profile)
      assert.equal("PROFIT_LOCK", ask(open(), { price = 110.01 }).profile)
    end)

    it("stay so: no regime changes them, and the profit is followed at a distance", function()
      local policy = open()
      local answer, ctx = ask(policy, { price = 112 })
      ctx = position.accept(ctx, answer)
      answer = position.ask(policy, ctx)
      near(112 * 0.985, position.find(answer, "move_stop").price)
      ctx = position.accept(ctx, answer, { market = position.MARKET.TREND, now_ms = ctx.now_ms + 60000 })
      ctx = position.accept(ctx, position.ask(policy, ctx), { now_ms = ctx.now_ms + 31 * 60000 })
      answer = position.ask(policy, ctx)
      assert.equal("TREND", answer.regime)
      assert.equal("PROFIT_LOCK", answer.profile)
      assert.equal("keep", answer.result)
    end)

    it("keep a stop that is tighter", function()
      near(105, position.find(ask(open(), { price = 112, plan_revision = 1, r_provisional = true, r = 2, stop = 105,
        stop_kind = "protective" }), "move_stop").price)
    end)

    it("of a SHORT never lie below half the price", function()
      near(80, position.find(ask(open(), { side = "SHORT", price = 40 }), "update_tp_limits").levels[1].pct)
    end)

    it("end with an increase at a smaller profit", function()
      local policy = open()
      local answer, ctx = ask(policy, { price = 112 })
      ctx = position.accept(ctx, answer, { entry = 106, qty = 20, leg_base = 20, reason = "size" })
      answer = position.ask(policy, ctx)
      assert.equal("NORMAL", answer.profile)
      assert.is_truthy(position.find(answer, "set_trailing"))
    end)

    it("are none of CHALLENGE_100's", function()
      local policy = assert(position.open("policies", { profile = "CHALLENGE_100" }))
      assert.equal("CHALLENGE_100", ask(policy, { price = 112 }).profile)
    end)

    it("follow an edit of their figures", function()
      local answer, ctx = ask(open(), { price = 112 })
      ctx = position.accept(ctx, answer)
      answer = position.ask(open "profit_lock_tp_factor=2.0", ctx)
      near(24, position.find(answer, "update_tp_limits").levels[1].pct)
    end)
  end)

  -- A reload that changes one figure, of a plan that then is another.
  for _, case in ipairs {
    { 'profile="CHALLENGE_100"', "challenge_risk_pct=0.5" }, { 'profile="CHALLENGE_100"', "challenge_max_tp1_pct=1.0" },
    { 'profile="CHALLENGE_100"', "challenge_tp1_r=0.5" }, { 'tp_source="plain"', "max_tp_pct=2.0" },
    { 'tp_source="plain"', "min_tp_pct=5.0" }, { 'tp_source="dynamic"', 'volatility="bar"' },
    { "one_ruler=false", "base_stop_pct=2.0" }, { "one_ruler=false", "stop_factor.NORMAL=1.4" },
    { "one_ruler=false", "max_stop_pct=1.5" }, { "one_ruler=false", "min_stop_pct=3.0" },
  } do
    it("reach a running plan where they shape it: " .. case[2], function()
      local function of(...) return assert(position.open("policies", { settings = { ... } })) end
      local before, after = of(case[1]), of(case[1], case[2])
      local answer, ctx = ask(before, { balance = 10000, leverage = 10 })
      ctx = position.accept(ctx, answer, { reason = "reload" })
      local wanted = position.find((ask(after, { balance = 10000, leverage = 10 })), "update_tp_limits").levels
      assert.same(wanted, position.find(position.ask(after, ctx), "update_tp_limits").levels)
      assert.are_not.same(wanted, position.find(answer, "update_tp_limits").levels)
    end)
  end

  it("do not move for a figure that shapes no plan", function()
    local answer, ctx = ask(assert(position.open "policies"), {})
    ctx = position.accept(ctx, answer, { reason = "reload" })
    for _, setting in ipairs { "base_stop_pct=2.0", "loss_guard_pct=9.0", "breakeven_at_pct=2.0" } do
      assert.equal("keep", position.ask(assert(position.open("policies", { settings = { setting } })), ctx).result)
    end
  end)
end)
