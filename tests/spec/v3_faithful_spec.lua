-- SPDX-License-Identifier: Apache-2.0
-- EXIT_BRAIN_PROFILE=V3_FAITHFUL: the original figures, and a table that says what the default has in their place.

local position = require "position"

local function near(expected, got) assert.is_true(math.abs(expected - got) < 1e-6, expected .. " is not " .. got) end

describe("v3_faithful", function()
  local policy
  before_each(function() policy = assert(position.open("policies", { profile = "V3_FAITHFUL" })) end)

  local function begin(over)
    local ctx = position.new(over)
    local answer = position.ask(policy, ctx)
    assert.equal("ok", answer.result, answer.err)
    return position.accept(ctx, answer), answer, ctx
  end

  it("its table names the figures that are in force, on both sides, with a reason", function()
    local rows = require("v3_faithful").table
    local default, seen = require "settings", {}
    for _, row in ipairs(rows) do
      local name, original, ours, reason = row[1], row[2], row[3], row[4]
      assert.equal(ours, default[name], name)
      assert.is_true(original ~= ours, name)
      assert.is_true(#reason > 20, name)
      assert.is_nil(seen[name])
      seen[name] = original
    end
    assert.same({ regime_method = "v3", volatility = "bar", regime_dwell_ms = 0, tp_source = "dynamic",
      one_ruler = false, full_trail = false, min_target_fees = 0, ratchet_fees = 0 }, seen)
    assert.same(seen, require("v3_faithful").preset)
  end)

  it("a setting that is named beside it wins", function()
    policy = assert(position.open("policies", { profile = "V3_FAITHFUL", settings = { 'tp_source="profile"' } }))
    local _, answer = begin { market = position.MARKET.TREND }
    assert.equal(3, #position.find(answer, "update_tp_limits").levels)
    assert.is_true(position.find(answer, "update_tp_limits").levels[1].soft)
  end)

  describe("regime", function()
    local CASES = { -- V3's rules in V3's order, on 15-minute volatility
      { "TREND", { trend_pct = 2.01, vol_bar_pct = 2.99, avg_range_pct = 2 } },
      { "TREND", { trend_pct = -2.01, vol_bar_pct = 2.99, avg_range_pct = 1 } },
      { "NORMAL", { trend_pct = 2.0, vol_bar_pct = 2.99, avg_range_pct = 2 } },
      { "NORMAL", { trend_pct = 2.01, vol_bar_pct = 3.0, avg_range_pct = 2 } },
      { "RANGE", { trend_pct = 0.99, vol_bar_pct = 0.3, avg_range_pct = 1.49 } },
      { "NORMAL", { trend_pct = 1.0, vol_bar_pct = 0.3, avg_range_pct = 1.49 } },
      { "NORMAL", { trend_pct = 0.99, vol_bar_pct = 0.3, avg_range_pct = 1.5 } },
      { "RANGE", { trend_pct = 0.5, vol_bar_pct = 5.0, avg_range_pct = 1.0 }, "RANGE is asked before VOLATILE" },
      { "VOLATILE", { trend_pct = 0.5, vol_bar_pct = 4.01, avg_range_pct = 2 } },
      { "NORMAL", { trend_pct = 0.5, vol_bar_pct = 4.0, avg_range_pct = 2 } },
      { "NORMAL", { trend_pct = 1.5, vol_bar_pct = 0.5, vol_day_pct = 30, avg_range_pct = 2 }, "a day counts nothing" },
      { "RANGE", { trend_pct = 0.1, efficiency = 0.01, avg_range_pct = 1.4 }, "CHOP is never found" },
    }
    for i, case in ipairs(CASES) do
      it(string.format("%d: %s %s", i, case[1], case[3] or ""), function()
        assert.equal(case[1], position.ask(policy, position.new { market = case[2] }).regime)
      end)
    end

    it("changes at once, without dwelling", function()
      local ctx = begin { market = { trend_pct = 0.1 } }
      ctx = position.accept(ctx, { decisions = {} }, { market = { trend_pct = 2.5 } })
      local answer = position.ask(policy, ctx)
      assert.equal("TREND", answer.regime)
      assert.is_truthy(position.find(answer, "update_tp_limits"))
    end)

    it("its thresholds can be tried with the volatility of a day", function()
      policy = assert(position.open("policies", { settings = { 'regime_method="v3"' } }))
      local seen = position.ask(policy, position.new { market = { vol_day_pct = 4.01, avg_range_pct = 2 } })
      assert.equal("VOLATILE", seen.regime)
    end)
  end)

  it("plans with the calculator, on 15-minute volatility, times the regime's stop", function()
    local _, answer = begin { leverage = 10, market = { trend_pct = 0.1, vol_std_bar_pct = 0.3, vol_day_pct = 9 } }
    assert.equal("RANGE", answer.profile)
    local levels = position.find(answer, "update_tp_limits").levels
    near(1.5 * 0.75 * 0.7 * 1.2, levels[1].pct)
    near(0.3, levels[1].fraction)
    assert.is_nil(position.find(answer, "set_trailing"))
  end)

  it("does not know fees: targets within them, a ratchet at entry, breakeven at 0.1 %", function()
    local ctx, answer = begin { leverage = 10, fee_taker_pct = 2.0 }
    assert.is_true(position.find(answer, "update_tp_limits").levels[1].pct < 4)
    near(0, position.find(answer, "set_ratchet").rules[1].offset_pct)
    ctx = position.accept(ctx, { decisions = {} }, { price = 101.5 })
    near(100.1, position.find(position.ask(policy, ctx), "move_stop").price)
  end)

  it("follows a profit of 4 % at 1.5 % in every regime", function()
    local ctx = begin { market = { trend_pct = 2.5 } }
    ctx = position.accept(ctx, { decisions = {} }, { price = 104 })
    near(104 * 0.985, position.find(position.ask(policy, ctx), "move_stop").price)
  end)

  it("sets the stop that V3 planned and never set, inside the risk floor", function()
    local _, answer, ctx = begin { leverage = 2 }
    near(97, position.stop_price(ctx, position.find(answer, "move_stop"))) -- RANGE: 2.5 times 1.2
    _, answer, ctx = begin { leverage = 20 }
    near(99.5, position.stop_price(ctx, position.find(answer, "move_stop")))
  end)
end)
