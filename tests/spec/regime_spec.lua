-- SPDX-License-Identifier: Apache-2.0
-- Five regimes from 15-minute bars: where they begin, that they do not flicker, and what holds while bars are few.

local position = require "position"

local MINUTE = 60000

describe("regime", function()
  local policy
  before_each(function() policy = assert(position.open("policies")) end)

  local CASES = {
    { "VOLATILE", { vol_day_pct = 8.0 } },
    { "NORMAL", { vol_day_pct = 7.9 } },
    { "VOLATILE", { vol_day_pct = 12, trend_pct = 3, efficiency = 0.9 }, "volatility comes before trend" },
    { "TREND", { trend_pct = 1.0, efficiency = 0.35 } },
    { "TREND", { trend_pct = -1.0, efficiency = 0.35 }, "a trend down is one" },
    { "NORMAL", { trend_pct = 1.0, efficiency = 0.34 }, "a distance without a straight way is none" },
    { "NORMAL", { trend_pct = 0.99, efficiency = 0.9 } },
    { "CHOP", { efficiency = 0.10, avg_range_pct = 0.7 } },
    { "NORMAL", { efficiency = 0.10, avg_range_pct = 0.69 } },
    { "NORMAL", { efficiency = 0.101, avg_range_pct = 0.9 } },
    { "RANGE", { trend_pct = -0.5, avg_range_pct = 0.5 } },
    { "NORMAL", { trend_pct = 0.51, avg_range_pct = 0.5 } },
    { "NORMAL", { trend_pct = 0.1, avg_range_pct = 0.51 } },
  }
  for i, case in ipairs(CASES) do
    it(string.format("%d: %s %s", i, case[1], case[3] or ""), function()
      assert.equal(case[1], position.ask(policy, position.new { market = case[2] }).regime)
    end)
  end

  -- Asks once a minute and returns the regime after each step: { minutes, features }.
  local function walk(steps)
    local ctx = position.new { market = steps[1][2] }
    local answer = position.ask(policy, ctx)
    local seen = { answer.regime }
    for i = 2, #steps do
      for _ = 1, steps[i][1] do
        ctx = position.accept(ctx, answer, { now_ms = ctx.now_ms + MINUTE, market = steps[i][2] })
        answer = position.ask(policy, ctx)
      end
      seen[i] = answer.regime
    end
    return seen
  end

  local BETWEEN = { -- enough to stay in, not to enter; and just not enough
    { "VOLATILE", { vol_day_pct = 6.5 }, { vol_day_pct = 6.4 } },
    { "TREND", { trend_pct = 0.6, efficiency = 0.2 }, { trend_pct = 0.6, efficiency = 0.19 } },
    { "TREND", { trend_pct = 0.6, efficiency = 0.2 }, { trend_pct = 0.59, efficiency = 0.2 } },
    { "CHOP", { efficiency = 0.15, avg_range_pct = 0.6 }, { efficiency = 0.16, avg_range_pct = 0.6 } },
    { "CHOP", { efficiency = 0.15, avg_range_pct = 0.6 }, { efficiency = 0.15, avg_range_pct = 0.59 } },
    { "RANGE", { trend_pct = 0.7, avg_range_pct = 0.6 }, { trend_pct = 0.71, avg_range_pct = 0.6 } },
    { "RANGE", { trend_pct = 0.7, avg_range_pct = 0.6 }, { trend_pct = 0.7, avg_range_pct = 0.61 } },
  }
  for i, case in ipairs(BETWEEN) do
    it(i .. ": " .. case[1] .. " is easier to stay in than to enter", function()
      local name, stay, leave = case[1], case[2], case[3]
      local market = position.MARKET[name]
      assert.same({ name, name, "NORMAL" }, walk { { 0, market }, { 90, stay }, { 32, leave } })
      assert.same({ "NORMAL", "NORMAL" }, walk { { 0, {} }, { 90, stay } })
    end)
  end

  it("changes only after the dwell time", function()
    local trend = position.MARKET.TREND
    assert.same({ "RANGE", "RANGE", "TREND" }, walk { { 0, position.MARKET.RANGE }, { 30, trend }, { 1, trend } })
  end)

  it("begins to wait again when the market changes its mind", function()
    local range, trend, chop = position.MARKET.RANGE, position.MARKET.TREND, position.MARKET.CHOP
    assert.same({ "RANGE", "RANGE", "RANGE", "RANGE" },
      walk { { 0, range }, { 29, trend }, { 1, range }, { 29, trend } })
    assert.same({ "RANGE", "RANGE", "RANGE" }, walk { { 0, range }, { 29, trend }, { 29, chop } })
  end)

  it("is NORMAL with the reason warming while bars are few, and known at once when they are there", function()
    local ctx = position.new { market = { warm = false } }
    for _, key in ipairs { "close", "atr", "atr_pct", "vol_bar_pct", "vol_std_bar_pct", "vol_day_pct", "trend_pct",
      "avg_range_pct", "efficiency" } do
      ctx.features.m15[key] = nil
    end
    local answer = position.ask(policy, ctx)
    assert.equal("NORMAL", answer.regime)
    assert.matches("warming", position.find(answer, "update_tp_limits").reason, 1, true)
    ctx = position.accept(ctx, answer, { market = position.MARKET.TREND })
    answer = position.ask(policy, ctx)
    assert.equal("TREND", answer.regime)
    assert.equal("TREND", answer.profile)
  end)

  it("stays what it was when the bars are lost, as after a restart", function()
    local ctx = position.new { market = position.MARKET.TREND }
    ctx = position.accept(ctx, position.ask(policy, ctx))
    ctx.features.m15 = { warm = false, bars = 3 }
    local answer = position.ask(policy, ctx)
    assert.equal("keep", answer.result, answer.err)
    assert.equal("TREND", answer.regime)
  end)

  it("refuses thresholds that are easier to enter than to stay in", function()
    local refused, err = position.open("policies", { settings = { "volatile_vol_day_pct={6,8}" } })
    assert.is_nil(refused)
    assert.matches("volatile_vol_day_pct[2]", tostring(err), 1, true)
  end)
end)
