-- SPDX-License-Identifier: Apache-2.0
-- V3's dynamic calculator rule by rule: the figure at which a rule begins, what it multiplies, which sizes it sets.

local position = require "position"

local function near(expected, got) assert.is_true(math.abs(expected - got) < 1e-6, expected .. " is not " .. got) end

describe("dynamic_tp", function()
  local policy
  local function open(...)
    return assert(position.open("policies", { settings = { 'tp_source="dynamic"', ... } }))
  end
  before_each(function() policy = open() end)

  -- 10x, 1000 USD, 2.9 % a day, NORMAL: no rule applies.
  local function levels_of(over)
    local all = { leverage = 10 }
    for key, value in pairs(over or {}) do all[key] = value end
    local answer = position.ask(policy, position.new(all))
    assert.equal("ok", answer.result, answer.err)
    return position.find(answer, "update_tp_limits").levels
  end

  local function assert_levels(expected, sizes, levels)
    assert.equal(#expected, #levels)
    for i, pct in ipairs(expected) do
      near(pct, levels[i].pct)
      near(sizes[i] / 100, levels[i].fraction)
      assert.is_false(levels[i].soft or false)
    end
  end

  local function times(factor) return { 1.5 * factor, 2.5 * factor, 4.0 * factor } end

  local BASE, LARGE, TREND, ILLIQUID = { 30, 30, 40 }, { 40, 35, 25 }, { 20, 30, 50 }, { 45, 35, 20 }
  local function signals(values) return { signals = values } end

  local CASES = { -- what differs, factor, sizes
    { "nothing", {}, 1, BASE },
    { "leverage 15", { leverage = 15 }, 0.7, BASE },
    { "leverage below 15", { leverage = 14.99 }, 1, BASE },
    { "leverage 5", { leverage = 5 }, 1.3, BASE },
    { "leverage above 5", { leverage = 5.01 }, 1, BASE },
    { "2000 USD", { qty = 20 }, 0.8, LARGE },
    { "less than 2000 USD", { qty = 19.99 }, 1, BASE },
    { "3.5 % a day", { market = { vol_day_pct = 3.5 } }, 1.4, BASE },
    { "less than 3.5 % a day", { market = { vol_day_pct = 3.49 } }, 1, BASE },
    { "1.5 % a day", { market = { vol_day_pct = 1.5 } }, 0.75, BASE },
    { "more than 1.5 % a day", { market = { vol_day_pct = 1.51 } }, 1, BASE },
    { "TREND", { market = position.MARKET.TREND }, 1.5, TREND },
    { "RANGE", { market = position.MARKET.RANGE }, 0.7, BASE },
    { "VOLATILE, with its volatility", { market = position.MARKET.VOLATILE }, 1.4 * 0.7, BASE },
    { "CHOP, as RANGE", { market = position.MARKET.CHOP }, 0.7, BASE },
    { "confidence 0.85", signals { confidence = 0.85 }, 1.3, BASE },
    { "confidence below 0.85", signals { confidence = 0.849 }, 1, BASE },
    { "confidence 0.6", signals { confidence = 0.6 }, 0.75, BASE },
    { "confidence above 0.6", signals { confidence = 0.601 }, 1, BASE },
    { "less than 100,000 USD a day", signals { liquidity_usd = 99999 }, 0.8, ILLIQUID },
    { "100,000 USD a day", signals { liquidity_usd = 100000 }, 1, BASE },
    { "5 % of profit", { price = 105 }, 0.8, BASE },
    { "less than 5 % of profit", { price = 104.99 }, 1, BASE },
    { "large in a trend: the later sizes win", { qty = 20, market = position.MARKET.TREND }, 0.8 * 1.5, TREND },
    { "large and illiquid", { qty = 20, signals = { liquidity_usd = 1 } }, 0.8 * 0.8, ILLIQUID },
    { "a critical risk mode, whatever the calculator says", signals { risk_mode = "CRITICAL" }, 0.5, BASE },
  }
  for _, case in ipairs(CASES) do
    for _, side in ipairs { "LONG", "SHORT" } do
      it(case[1] .. ", " .. side, function()
        local over = { side = side }
        for key, value in pairs(case[2]) do over[key] = value end
        if over.price and side == "SHORT" then over.price = 200 - over.price end
        assert_levels(times(case[3]), case[4], levels_of(over))
      end)
    end
  end

  it("the order of multiplying does not matter, the clamp comes last: 10 % at most", function()
    policy = open("dynamic_tp.base_pct.1=1.2")
    local levels = levels_of { leverage = 5, market = { trend_pct = 1.8, efficiency = 0.5, vol_day_pct = 3.5 },
      signals = { confidence = 0.9 } }
    local factor = 1.3 * 1.4 * 1.5 * 1.3
    assert_levels({ 1.2 * factor, 2.5 * factor, 10.0 }, TREND, levels)
  end)

  it("and 0.5 % at least, where targets that meet become one", function()
    local over = { leverage = 15, qty = 20, market = { trend_pct = 0.1, avg_range_pct = 0.3, vol_day_pct = 1.5 },
      signals = { confidence = 0.5, liquidity_usd = 1 } }
    local factor = 0.7 * 0.8 * 0.75 * 0.7 * 0.75 * 0.8
    assert.is_true(2.5 * factor < 0.5 and 4.0 * factor > 0.5)
    assert_levels({ 0.5, 4.0 * factor }, { 80, 20 }, levels_of(over))
  end)

  it("few bars say nothing about volatility", function()
    assert_levels(times(1), BASE, levels_of { market = { warm = false } })
  end)

  it("an unknown leverage and notional say nothing", function()
    local ctx = position.new { leverage = 10 }
    ctx.leverage, ctx.margin = 0, 0
    assert_levels(times(1), BASE, position.find(position.ask(policy, ctx), "update_tp_limits").levels)
  end)

  it("the regime's trail goes on beside it", function()
    local answer = position.ask(policy, position.new { market = position.MARKET.TREND })
    near(2.0, position.find(answer, "set_trailing").callback_pct)
  end)

  it("plans once: what it reads may change without new targets", function()
    local ctx = position.new { leverage = 10 }
    ctx = position.accept(ctx, position.ask(policy, ctx), { leverage = 9.9, market = { vol_day_pct = 3.6 } })
    ctx.signals = { confidence = 0.9 }
    assert.equal("keep", position.ask(policy, ctx).result)
  end)

  it("an edit of its figures is in the next plan of a position that is open", function()
    local ctx = position.new { leverage = 10 }
    ctx = position.accept(ctx, position.ask(policy, ctx))
    policy = open("dynamic_tp.base_pct={1.6,2.6,4.1}")
    assert_levels({ 1.6, 2.6, 4.1 }, BASE, position.find(position.ask(policy, ctx), "update_tp_limits").levels)
  end)
end)
