-- SPDX-License-Identifier: Apache-2.0
-- What a person or another program says about a position, and what becomes of its plan.

local position = require "position"

local function near(expected, got) assert.is_true(math.abs(expected - got) < 1e-6, expected .. " is not " .. got) end

describe("signals", function()
  local policy
  before_each(function() policy = assert(position.open("policies")) end)

  local function plan_of(said, over)
    local all = { signals = said }
    for key, value in pairs(over or {}) do all[key] = value end
    local ctx = position.new(all)
    local answer = position.ask(policy, ctx)
    assert.equal("ok", answer.result, answer.err)
    local stop = position.find(answer, "move_stop")
    return stop and -ctx.sign * (position.stop_price(ctx, stop) - ctx.entry), answer, ctx
  end

  -- A position with its plan, then with something said.
  local function later(said, over)
    local ctx = position.new(over)
    ctx = position.accept(ctx, position.ask(policy, ctx), { signals = said, reason = "signal" })
    return ctx, position.ask(policy, ctx)
  end

  describe("risk_mode", function()
    local MODES = { NORMAL = 2.5, CONSERVATIVE = 1.75, CRITICAL = 1.25 }
    for mode, pct in pairs(MODES) do
      for _, side in ipairs { "LONG", "SHORT" } do
        it(mode .. " brings the first stop to " .. pct .. " %, and targets with it, " .. side, function()
          local stop, answer = plan_of({ risk_mode = mode }, { side = side })
          near(pct, stop)
          near(0.5, position.find(answer, "update_tp_limits").levels[1].r) -- of the nearer R
          near(1.0, position.find(answer, "set_trailing").activation_r)
        end)
      end
    end

    it("ESS_ACTIVE ends a position at once", function()
      local _, answer = later { risk_mode = "ESS_ACTIVE" }
      local exit = position.find(answer, "full_exit")
      assert.is_true(exit.emergency)
      assert.matches("ESS_ACTIVE", exit.reason, 1, true)
      assert.equal(1, #answer.decisions)
    end)

    it("ESS_ACTIVE gives one that was found open the nearest plan until a person confirms", function()
      policy = assert(position.open("policies", { settings = { "base_stop_pct=4.0" } }))
      local stop, answer = plan_of({ risk_mode = "ESS_ACTIVE" }, { adopted = true, reason = "adopted" })
      near(4.0 * 0.3, stop)
      assert.is_truthy(position.find(answer, "full_exit"))
    end)

    it("is multiplied before the clamp", function()
      near(1.0, (plan_of({ risk_mode = "CRITICAL" }, { market = position.MARKET.TREND, leverage = 1 })))
      near(3.75 * 0.7, (plan_of({ risk_mode = "CONSERVATIVE" }, { market = position.MARKET.VOLATILE, leverage = 1 })))
    end)

    it("holds for CHALLENGE_100's stop too", function()
      policy = assert(position.open("policies", { profile = "CHALLENGE_100" }))
      near(0.3, (plan_of({ risk_mode = "CRITICAL" }, { qty = 100 }))) -- 2 ATR are 0.6 %
    end)

    for _, side in ipairs { "LONG", "SHORT" } do
      it("that rises later brings stop, targets and trail nearer, once, " .. side, function()
        local ctx, answer = later({ risk_mode = "CRITICAL" }, { side = side })
        local stop = position.find(answer, "move_stop")
        near(100 - ctx.sign * 1.25, stop.price)
        assert.matches("CRITICAL", stop.reason, 1, true)
        local levels = position.find(answer, "update_tp_limits").levels
        near(0.25, levels[1].r)
        near(1.0, levels[3].r)
        local trail = position.find(answer, "set_trailing")
        near(0.5, trail.activation_r)
        near(1.5, trail.tighten[1].r)
        near(1.0, trail.tighten[1].callback_pct)
        assert.equal("keep", position.ask(policy, position.accept(ctx, answer)).result)
      end)
    end

    it("that falls again gives the targets back, and no stop", function()
      local ctx, answer = later { risk_mode = "CRITICAL" }
      ctx = position.accept(ctx, answer, { reason = "signal" })
      ctx.signals = {}
      answer = position.ask(policy, ctx)
      assert.is_nil(position.find(answer, "move_stop"))
      near(0.5, position.find(answer, "update_tp_limits").levels[1].r)
      near(1.0, position.find(answer, "set_trailing").activation_r)
    end)

    it("brings no stop into the minimum distance", function()
      local ctx, answer = later({ risk_mode = "CRITICAL" }, { min_stop_distance_pct = 1.5 })
      near(100 - 1.51, position.find(answer, "move_stop").price) -- and a tick
      assert.equal("keep", position.ask(policy, position.accept(ctx, answer)).result)
    end)

    it("leaves a stop alone that is tighter already, and takes the tighter of two reasons", function()
      local ctx = position.new()
      ctx = position.accept(ctx, position.ask(policy, ctx), { price = 101.6, signals = { risk_mode = "CRITICAL" } })
      local stop = position.find(position.ask(policy, ctx), "move_stop")
      near(100.1, stop.price)
      assert.equal("breakeven", stop.reason)
      ctx.stop = 101
      assert.is_nil(position.find(position.ask(policy, ctx), "move_stop"))
    end)

    it("that nobody knows is said in the log and counts as NORMAL", function()
      near(2.5, (plan_of { risk_mode = "CRITCAL" }))
      assert.matches("risk_mode: expected NORMAL, CONSERVATIVE, CRITICAL or ESS_ACTIVE, got CRITCAL",
        policy:log(), 1, true)
    end)
  end)

  describe("hints", function()
    it("sl_hint_pct takes the place of the base, then comes what always comes", function()
      near(2.0, (plan_of { sl_hint_pct = 2 }))
      near(2.4, (plan_of({ sl_hint_pct = 2 }, { market = position.MARKET.RANGE })))
      near(1.4, (plan_of { sl_hint_pct = 2, risk_mode = "CONSERVATIVE" }))
      near(5.0, (plan_of({ sl_hint_pct = 30 }, { leverage = 1 })))
      near(1.0, (plan_of { sl_hint_pct = 0.2 }))
      near(2.0, (plan_of { sl_hint_pct = 2, confidence = 0.1 })) -- V3: confidence gates targets only
    end)

    it("a later sl_hint_pct tightens the stop and never loosens it", function()
      local ctx, answer = later { sl_hint_pct = 1.5 }
      near(98.5, position.find(answer, "move_stop").price)
      assert.equal("keep", position.ask(policy, position.accept(ctx, answer)).result)
      ctx, answer = later { sl_hint_pct = 4 }
      assert.equal(97.5, ctx.stop)
      assert.is_nil(position.find(answer, "move_stop"))
    end)

    it("tp_hint_pct stretches the ladder by its quotient with the base of 3 %", function()
      local _, answer = plan_of { tp_hint_pct = 4.5 }
      local levels = position.find(answer, "update_tp_limits").levels
      near(0.75, levels[1].r)
      near(3.0, levels[3].r)
      near(1.0, position.find(answer, "set_trailing").activation_r)
      _, answer = plan_of { tp_hint_pct = 40 }
      near(0.5 * 5, position.find(answer, "update_tp_limits").levels[1].r) -- 15 % at most
      _, answer = plan_of { tp_hint_pct = 0.1 }
      near(0.5 * 0.5, position.find(answer, "update_tp_limits").levels[1].r) -- 1.5 % at least
    end)

    it("tp_hint_pct counts from a confidence of 0.5 on, or without one", function()
      local _, answer = plan_of { tp_hint_pct = 6, confidence = 0.5 }
      near(1.0, position.find(answer, "update_tp_limits").levels[1].r)
      _, answer = plan_of { tp_hint_pct = 6, confidence = 0.499 }
      near(0.5, position.find(answer, "update_tp_limits").levels[1].r)
    end)

    it("a later tp_hint_pct sets the targets anew, respecting what was hit", function()
      local ctx = position.new()
      ctx = position.hit(position.accept(ctx, position.ask(policy, ctx)), 1) -- 0.5 R
      ctx.signals, ctx.reason = { tp_hint_pct = 6 }, "signal"
      local answer = position.ask(policy, ctx)
      local levels = position.find(answer, "update_tp_limits").levels
      near(1.0, levels[1].r)
      near(4.0, levels[3].r)
      near(0.75, levels[1].fraction + levels[2].fraction + levels[3].fraction)
      assert.matches("signals changed", position.find(answer, "update_tp_limits").reason, 1, true)
      assert.equal("keep", position.ask(policy, position.accept(ctx, answer)).result)
    end)

    it("trail_hint_pct takes the place of the callback and of wider steps", function()
      local _, answer = plan_of({ trail_hint_pct = 1.2 }, { market = position.MARKET.TREND })
      local trail = position.find(answer, "set_trailing")
      near(1.2, trail.callback_pct)
      assert.equal(1, #trail.tighten) -- 3 R: 1.5 % is wider
      near(5, trail.tighten[1].r)
      near(1.0, trail.tighten[1].callback_pct)
      _, answer = plan_of({ trail_hint_pct = 1.2 }, { market = position.MARKET.RANGE })
      assert.is_nil(position.find(answer, "set_trailing"))
    end)

    it("a SHORT's targets stay above a price of nothing", function()
      local ctx = position.new { side = "SHORT", signals = { tp_hint_pct = 15 }, plan_revision = 3, r = 40, stop = 98,
        price = 99, plan_stop = 98, stop_kind = "plan" }
      local levels = position.find(position.ask(policy, ctx), "update_tp_limits").levels
      assert.equal(1, #levels)
      near(95 / 40, levels[1].r)
    end)
  end)

  local WRONG = { -- name, values that are refused, values that are not
    { "confidence", { -0.01, 1.01, "high", true }, { 0, 1 } },
    { "tp_hint_pct", { 0, 0.009, 1001, "6" }, { 0.01, 1000 } },
    { "sl_hint_pct", { 0, 0.009, 1001, false }, { 0.01, 1000 } },
    { "trail_hint_pct", { 0.099, 5.01, "wide" }, { 0.1, 5.0 } },
    { "liquidity_usd", { -1, "thin" }, { 0, 1e12 } },
  }
  for _, case in ipairs(WRONG) do
    it(case[1] .. " that makes no sense changes nothing and is said", function()
      local plain = position.ask(policy, position.new()).decisions
      policy:log()
      for _, value in ipairs(case[2]) do
        local _, answer = plan_of { [case[1]] = value }
        assert.same(plain, answer.decisions)
        assert.matches("signal " .. case[1] .. ": expected a number from", policy:log(), 1, true)
      end
      for _, value in ipairs(case[3]) do
        plan_of { [case[1]] = value }
        assert.equal("", policy:log())
      end
    end)
  end

  it("nobody knows are none of the set's business", function()
    local plain = position.ask(policy, position.new()).decisions
    local _, answer = plan_of { moon_phase = "full" }
    assert.same(plain, answer.decisions)
  end)

  it("wrong ones are not said again every cycle", function()
    local ctx = later { risk_mode = "CRITCAL" }
    policy:log()
    ctx.reason = "cycle"
    position.ask(policy, ctx)
    assert.equal("", policy:log())
  end)
end)
