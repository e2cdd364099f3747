-- SPDX-License-Identifier: Apache-2.0
-- What all legacy owners have in common: a whole and legal plan wherever they begin, nothing said twice, no stop
-- loosened when a position comes to them from another owner or grows.

local legacy = require "legacy"
local position = require "position"
local random = require "random"

local near, levels = legacy.near, legacy.levels
local CASES = 1000
local NAMES = { "dynamic_trailing_rearm", "hybrid_tpsl", "position_monitor", "trailing_stop_manager" }

-- A position that another owner has planned: R of 4, its stop, a leg of 30 % that was hit.
local function taken_over(over)
  local ctx = {
    plan_revision = 3, r = 4, stop = 96, plan_stop = 96, stop_kind = "plan", hits = 1, planned = false,
    reason = "reload", leg_base = 10, qty = 7, trailing_active = true,
    legs = { { id = 1, state = "hit", soft = false, r = 0.2, fraction = 0.3, price = 100.8, qty = 3, filled = 3 } },
  }
  for key, value in pairs(over or {}) do ctx[key] = value end
  return position.new(ctx)
end

for _, name in ipairs(NAMES) do
  describe(name, function()
    it("gives any position a valid answer, from its context alone and cheaply", function()
      math.randomseed(20240131)
      local policy, most = legacy.open(name), 0
      for i = 1, CASES do
        local ctx = random.position()
        random.assert_valid(ctx, position.ask(policy, ctx))
        most = math.max(most, policy:info().last_instructions)
        if i % 25 == 0 then assert(policy:pure(ctx)) end
      end
      assert.is_true(most <= 5000, most .. " instructions")
    end)

    it("says nothing twice", function()
      for _, side in ipairs { "LONG", "SHORT" } do
        local life = legacy.begin(name, { side = side })
        for _ = 1, 3 do assert.equal("keep", life:at(100).result) end
        local sign = life.ctx.sign
        for _, pct in ipairs { 1.6, 3.1, 5.5, 11, 21 } do
          life:at(100 + sign * pct, { opened_ms = position.NOON - position.HOUR })
          assert.equal("keep", life:at(100 + sign * pct).result)
        end
      end
    end)

    it("asks for no looser stop, and for none beyond the price", function()
      math.randomseed(5)
      local life = legacy.begin(name, { leverage = 5, side = "SHORT" })
      local price = 100
      for _ = 1, 400 do
        price = math.min(price * (1 - (math.random() - 0.48) / 100), life:stop() - 0.01)
        local before = life:stop()
        local stop = legacy.stop_of(life.ctx, life:at(price, { signals = { confidence = math.random() } }))
        assert.is_true(stop == nil or stop <= before and stop > price)
      end
    end)

    it("plans anew what another owner had planned, and loosens nothing", function()
      local ctx = taken_over()
      local answer = position.ask(legacy.open(name), ctx)
      assert.is_true(legacy.stop_of(ctx, answer) > 96)
      assert.is_nil(position.find(answer, "move_stop").risk_price) -- R is what it was
      assert.is_truthy(position.find(answer, "update_tp_limits"))
      assert.same({}, position.find(answer, "set_ratchet").rules)
      assert.is_truthy(position.find(answer, "set_trailing"))
      local tight = taken_over { stop = 101, plan_stop = 101, price = 103 }
      near(101, legacy.stop_of(tight, position.ask(legacy.open(name), tight)))
    end)

    it("sets no stop behind the price where an older one stands", function()
      local ctx = taken_over { price = 96.5 }
      near(96, legacy.stop_of(ctx, position.ask(legacy.open(name), ctx)))
    end)

    it("takes the place of the built-in plan", function()
      local ctx = position.new { plan_revision = 1, r_provisional = true, r = 2, stop = 95, plan_stop = 95,
        stop_kind = "plan", reason = "cycle" }
      local answer = position.ask(legacy.open(name), ctx)
      assert.is_true(legacy.stop_of(ctx, answer) > 95)
      assert.matches("instead of another plan", position.find(answer, "move_stop").reason, 1, true)
    end)

    it("plans again when the size was increased, and only then", function()
      local life = legacy.begin(name)
      life:at(100, { qty = 8, leg_base = 8, reason = "size" })
      local answer = life:at(101, { qty = 16, leg_base = 16, entry = 100.5, reason = "size" })
      assert.is_truthy(position.find(answer, "update_tp_limits"))
      assert.matches("size increased", position.find(answer, "move_stop").reason, 1, true)
      assert.equal("keep", life:at(101).result)
    end)
  end)
end

describe("first stop of a legacy owner", function()
  -- Stop as a price, from where on the trail runs in R, the decision.
  local function first(over, settings)
    local ctx = position.new(over)
    local answer = position.ask(legacy.open("position_monitor", settings), ctx)
    return legacy.stop_of(ctx, answer), position.find(answer, "set_trailing").activation_r,
      position.find(answer, "move_stop")
  end

  it("is legal however near it is wanted: the least distance and a tick", function()
    near(99.79, (first({ tick = 0.01 }, { "sl_pct=0.2" })))
  end)

  it("gives R to the trail that is measured in it", function()
    local stop, activation_r = first({ tick = 0.5 }, { "sl_pct=0.2" })
    near(98.5, stop) -- two ticks, and one for rounding
    near(2, activation_r)
  end)

  it("lies inside the liquidation buffer", function()
    local stop, activation_r = first({ liquidation = 98.5 })
    near(99.5, stop)
    near(6, activation_r)
  end)

  it("is the built-in one where that is tighter", function()
    local stop, activation_r = first { plan_revision = 1, r_provisional = true, r = 1, stop = 99, plan_stop = 99 }
    near(99, stop)
    near(3, activation_r)
    local decision
    stop, activation_r, decision = first { plan_revision = 1, r_provisional = true, r = 1, stop = 99.95,
      plan_stop = 99.95 }
    near(99.95, stop)
    near(98, decision.risk_price)
    near(1.5, activation_r)
  end)

  it("after an increase measures R to the stop in force, or keeps it where that one is in profit", function()
    for _, case in ipairs { { stop = 99, activation = 3 }, { stop = 100.5, activation = 0.75 } } do
      local ctx = position.new { plan_revision = 2, planned = true, r = 4, stop = case.stop, plan_stop = case.stop,
        price = 101, qty = 20, memory = { leg_base = 10 } }
      local answer = position.ask(legacy.open("position_monitor"), ctx)
      near(case.activation, position.find(answer, "set_trailing").activation_r)
    end
  end)

  it("leaves R alone where a plan is taken over", function()
    local answer = position.ask(legacy.open("position_monitor"), taken_over())
    near(0.75, position.find(answer, "set_trailing").activation_r)
  end)
end)

describe("targets of a legacy owner", function()
  it("lie two ticks away at least, and become one where they meet", function()
    for tick, expected in pairs { [0.1] = "0.2@20 0.28@20 0.35@30", [0.15] = "0.3@40 0.35@30" } do
      local ctx = position.new { leverage = 100, tick = tick, price = 100.5 }
      local answer = position.ask(legacy.open("position_monitor"), ctx)
      assert.equal(expected, levels(position.find(answer, "update_tp_limits")))
    end
  end)

  it("take no more than what is left", function()
    local ctx = position.new { plan_revision = 2, r = 2, stop = 98, qty = 1, leg_base = 10, hits = 1,
      legs = { { id = 1, state = "hit", soft = false, r = 1, fraction = 0.9, price = 102, qty = 9, filled = 9 } } }
    local answer = position.ask(legacy.open("hybrid_tpsl"), ctx)
    assert.equal("3@10", levels(position.find(answer, "update_tp_limits")))
    answer = position.ask(legacy.open("trailing_stop_manager"), ctx)
    assert.same({}, position.find(answer, "update_tp_limits").levels)
  end)
end)
