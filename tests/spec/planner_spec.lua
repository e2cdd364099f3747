-- SPDX-License-Identifier: Apache-2.0
-- Where the first stop goes, that R is measured to that very stop, and where targets may not lie.

local position = require "position"

local function near(expected, got) assert.is_true(math.abs(expected - got) < 1e-6, expected .. " is not " .. got) end

describe("planner", function()
  local policy
  before_each(function() policy = assert(position.open("policies")) end)

  local function stop_of(over)
    local ctx = position.new(over)
    local answer = position.ask(policy, ctx)
    assert.equal("ok", answer.result, answer.err)
    return assert(position.find(answer, "move_stop")), ctx, answer
  end

  describe("the stop's distance", function()
    local M = position.MARKET
    local CASES = { -- market, leverage, percent of entry, why
      { M.NORMAL, 2, 2.5, "base" },
      { M.CHOP, 2, 2.5, "V3 had no factor for CHOP" },
      { M.TREND, 2, 2.0, "times 0.8" },
      { M.RANGE, 2, 3.0, "times 1.2" },
      { M.VOLATILE, 2, 3.75, "times 1.5" },
      { M.VOLATILE, 4, 2.5, "risk floor: 10 % of the margin at 4x" },
      { M.TREND, 10, 1.0, "risk floor at 10x" },
      { M.NORMAL, 20, 0.5, "risk floor at 20x" },
      { M.NORMAL, 3, 2.5, "a floor further away does not matter" },
    }
    for _, case in ipairs(CASES) do
      for _, side in ipairs { "LONG", "SHORT" } do
        it(string.format("%s: %.2f %% at %dx, %s", side, case[3], case[2], case[4]), function()
          local stop, ctx = stop_of { side = side, market = case[1], leverage = case[2] }
          near(ctx.entry * (1 - ctx.sign * case[3] / 100), position.stop_price(ctx, stop))
        end)
      end
    end

    it("is clamped by the settings before the risk floor", function()
      policy = assert(position.open("policies", { settings = { "base_stop_pct=9.0" } }))
      near(95, position.stop_price(position.new(), (stop_of { leverage = 1 })))
      policy = assert(position.open("policies", { settings = { "base_stop_pct=0.1" } }))
      near(99, position.stop_price(position.new(), (stop_of { leverage = 1 })))
    end)

    it("without a known leverage comes from the margin", function()
      local ctx = position.new()
      ctx.leverage, ctx.margin = 0, 100 -- notional 1000
      near(99, position.stop_price(ctx, position.find(position.ask(policy, ctx), "move_stop")))
    end)

    it("is that of a leverage of 1 at least, however much margin there is", function()
      policy = assert(position.open("policies", { settings = { "risk_floor_margin_pct=2.0" } }))
      local ctx = position.new()
      ctx.leverage, ctx.margin = 0, 2000
      near(98, position.stop_price(ctx, position.find(position.ask(policy, ctx), "move_stop")))
    end)

    it("without leverage and margin is the regime's", function()
      local ctx = position.new()
      ctx.leverage, ctx.margin = 0, 0
      near(97.5, position.stop_price(ctx, position.find(position.ask(policy, ctx), "move_stop")))
    end)
  end)

  it("keeps the stop inside the liquidation buffer", function()
    local stop, ctx = stop_of { leverage = 2, liquidation = 98 }
    near(99, position.stop_price(ctx, stop))
    stop, ctx = stop_of { side = "SHORT", leverage = 2, liquidation = 102 }
    near(101, position.stop_price(ctx, stop))
  end)

  it("says what R is where the liquidation buffer leaves no room for it", function()
    local stop, ctx = stop_of { leverage = 2, liquidation = 98.9 }
    near(99.9, stop.price)
    assert.is_true(stop.risk_price < ctx.entry * (1 - ctx.min_stop_distance_pct / 100))
  end)

  it("ignores a liquidation price on the profit side, as accounts with other positions may show it", function()
    near(97.5, position.stop_price(position.new(), (stop_of { liquidation = 130 })))
  end)

  it("leaves room for rounding to a coarse tick", function()
    for _, tick in ipairs { 0.0001, 0.001, 0.002, 0.01 } do
      local stop, ctx = stop_of { entry = 1.0031, tick = tick, leverage = 50 } -- floor at 0.2 %
      local rounded = math.ceil(position.stop_price(ctx, stop) / tick - 1e-9) * tick
      assert.is_true(ctx.entry - rounded >= 2 * tick - 1e-12, "two ticks of " .. tick)
      assert.is_true((ctx.entry - rounded) / ctx.entry * 100 >= ctx.min_stop_distance_pct, "0.2 %")
    end
  end)

  it("takes over a tighter stop that is in force instead of asking for a looser one", function()
    local stop, ctx = stop_of { plan_revision = 1, r_provisional = true, r = 2, stop = 98, plan_stop = 98,
      stop_kind = "plan" }
    near(98, position.stop_price(ctx, stop))
    assert.is_nil(stop.risk_price)
  end)

  it("gives R its price where the stop in force lies in profit", function()
    local stop = stop_of { price = 106, plan_revision = 1, r_provisional = true, r = 2, stop = 101,
      stop_kind = "protective" }
    near(101, stop.price)
    near(97.5, stop.risk_price)
  end)

  describe("targets nearer than two round trips of fees", function()
    local function levels_of(over)
      local _, _, answer = stop_of(over)
      return position.find(answer, "update_tp_limits").levels
    end

    it("move out to that distance", function() -- R is 0.5 %, 0.2 R would be 0.1 %
      local levels = levels_of { market = position.MARKET.RANGE, leverage = 20 }
      near(0.34, levels[1].r) -- 0.16 % and a tick
      near(0.4, levels[2].r)
      assert.equal(3, #levels)
    end)

    it("become one where they meet", function() -- R is 0.25 %: 0.35 R, too, lies within 0.16 %
      local levels = levels_of { market = position.MARKET.CHOP, leverage = 40 }
      assert.equal(1, #levels) -- so does 0.6 R
      near(1, levels[1].fraction)
      near(0.68, levels[1].r)
      assert.is_false(levels[1].soft or false)
    end)

    it("stay where they are when fees are nothing", function()
      near(0.2, levels_of({ market = position.MARKET.RANGE, leverage = 20, fee_taker_pct = 0 })[1].r)
    end)
  end)
end)
