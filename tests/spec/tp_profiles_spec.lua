-- SPDX-License-Identifier: Apache-2.0
-- The six profiles figure by figure, and which position gets which.

local position = require "position"

local H, S = false, true
local FIGURES = {
  TREND = { sum = 0.65, legs = { { 0.5, 0.15, S }, { 1.0, 0.20, H }, { 2.0, 0.30, H } },
    trail = { 1.5, 2.0, { 3, 1.5 }, { 5, 1.0 } } },
  RANGE = { sum = 1, legs = { { 0.2, 0.35, S }, { 0.4, 0.35, H }, { 0.7, 0.30, H } } },
  VOLATILE = { sum = 1, legs = { { 0.4, 0.25, S }, { 0.8, 0.35, H }, { 1.5, 0.40, H } }, trail = { 1.0, 2.5 } },
  CHOP = { sum = 1, legs = { { 0.15, 0.40, S }, { 0.35, 0.40, H }, { 0.6, 0.20, H } } },
  NORMAL = { sum = 1, legs = { { 0.5, 0.25, S }, { 1.0, 0.25, H }, { 2.0, 0.50, H } },
    trail = { 1.0, 1.5, { 3, 1.0 } } },
}

local function near(expected, got) assert.is_true(math.abs(expected - got) < 1e-9, expected .. " is not " .. got) end

local function assert_trail(expected, trailing)
  if not expected then
    assert.is_nil(trailing)
    return
  end
  near(expected[1], trailing.activation_r)
  near(expected[2], trailing.callback_pct)
  assert.equal(#expected - 2, #(trailing.tighten or {}))
  for i = 3, #expected do
    near(expected[i][1], trailing.tighten[i - 2].r)
    near(expected[i][2], trailing.tighten[i - 2].callback_pct)
  end
end

describe("tp_profiles", function()
  for name, figures in pairs(FIGURES) do
    for _, side in ipairs { "LONG", "SHORT" } do
      it(name .. " has its figures for a " .. side, function()
        local policy = assert(position.open("policies"))
        local answer = position.ask(policy, position.new { side = side, market = position.MARKET[name] })
        assert.equal("ok", answer.result, answer.err)
        assert.equal(name, answer.profile)
        assert.equal(name, answer.regime)
        local levels = position.find(answer, "update_tp_limits").levels
        assert.equal(#figures.legs, #levels)
        local sum = 0
        for i, leg in ipairs(figures.legs) do
          near(leg[1], levels[i].r)
          near(leg[2], levels[i].fraction)
          assert.equal(leg[3], levels[i].soft or false)
          sum = sum + levels[i].fraction
        end
        near(figures.sum, sum)
        assert_trail(figures.trail, position.find(answer, "set_trailing"))
      end)
    end
  end

  it("a pinned profile is used whatever the regime", function()
    local policy = assert(position.open("policies", { profile = "CHOP" }))
    local answer = position.ask(policy, position.new { market = position.MARKET.TREND })
    assert.equal("CHOP", answer.profile)
    assert.equal("TREND", answer.regime)
  end)

  it("refuses a profile that does not exist and names those that do", function()
    local policy, err = position.open("policies", { profile = "AGGRESSIVE" })
    assert.is_nil(policy)
    assert.matches("CHALLENGE_100, CHOP, NORMAL, RANGE, TREND, VOLATILE", tostring(err), 1, true)
    assert.matches("AGGRESSIVE", tostring(err), 1, true)
  end)

  it("refuses a rule whose profile does not exist", function()
    local policy, err = position.open("policies", { settings = { 'profile_rules={{profile="TREN"}}' } })
    assert.is_nil(policy)
    assert.matches("profile_rules[1].profile", tostring(err), 1, true)
    for rules, complaint in pairs { -- each would have counted for nothing, or for every position
      ['{symbol="SOLUSDT",profile="TREND"}'] = 'profile_rules: unknown key "',
      ['{{symbl="SOLUSDT",profile="TREND"}}'] = 'profile_rules[1]: unknown key "symbl"',
      ['{{regime="TRENDING",profile="TREND"}}'] = "profile_rules[1].regime: expected one of TREND, RANGE",
      ['{{symbol=5,profile="TREND"}}'] = "profile_rules[1].symbol: expected a text",
      ['{5}'] = "profile_rules[1]: expected a table, got 5",
    } do
      local refused, why = position.open("policies", { settings = { "profile_rules=" .. rules } })
      assert.is_nil(refused)
      assert.matches(complaint, tostring(why), 1, true)
    end
  end)

  it("takes overrides of a leg, of a curve and of a whole profile", function()
    local policy = assert(position.open("policies", { settings = { "profiles.TREND.legs.1.1=0.6",
      "profiles.TREND.trailing.tighten={{2,1.2}}", "profiles.NORMAL.trailing=false",
      "profiles.RANGE.legs={{0.3,50,true},{0.6,50,false}}" } }))
    local answer = position.ask(policy, position.new { market = position.MARKET.TREND })
    near(0.6, position.find(answer, "update_tp_limits").levels[1].r)
    local trail = position.find(answer, "set_trailing")
    assert.equal(1, #trail.tighten)
    near(1.2, trail.tighten[1].callback_pct)
    assert.is_nil(position.find(position.ask(policy, position.new()), "set_trailing"))
    assert.equal(2, #position.find(position.ask(policy, position.new { market = position.MARKET.RANGE }),
      "update_tp_limits").levels)
  end)

  it("refuses legs and curves that make no sense, with their place", function()
    local REFUSED = {
      { "profiles.TREND.legs.1.1=0.009", "profiles.TREND.legs[1][1]: expected a number from 0.01 to 100" },
      { "profiles.TREND.legs.3.1=100.1", "profiles.TREND.legs[3][1]: expected a number from 0.01 to 100" },
      { "profiles.TREND.legs.1.2=0.009", "profiles.TREND.legs[1][2]: expected a number from 0.01 to 100" },
      { "profiles.CHOP.legs={{0.5}}", "profiles.CHOP.legs[1][2]" },
      { "profiles.CHOP.legs.1.2=41", "profiles.CHOP.legs" },
      { "profiles.TREND.legs.2.1=0.4", "profiles.TREND.legs[2].r" },
      { "profiles.TREND.trailing.callback_pct=0.0", "profiles.TREND.trailing.callback_pct" },
    }
    for _, case in ipairs(REFUSED) do
      local policy, err = position.open("policies", { settings = { case[1] } })
      assert.is_nil(policy, case[1])
      assert.matches(case[2], tostring(err), 1, true)
    end
  end)

  describe("rules", function()
    local RULES = 'profile_rules={{regime="NORMAL",profile="VOLATILE"},{strategy="trend",profile="TREND"},'
      .. '{strategy="trend",regime="RANGE",profile="RANGE"},{symbol="BTCUSDT",profile="CHOP"},'
      .. '{symbol="BTCUSDT",profile="NORMAL"}}'
    local CASES = {
      { { symbol = "BTCUSDT" }, "CHOP", "a symbol outweighs a strategy, the first of equals wins" },
      { { symbol = "SOLUSDT" }, "TREND", "a strategy outweighs a regime" },
      { { strategy_id = "scalp", market = position.MARKET.TREND }, "VOLATILE", "NORMAL fits any regime" },
      { { market = position.MARKET.RANGE }, "RANGE", "strategy and regime outweigh the strategy alone" },
      { { market = position.MARKET.CHOP }, "TREND", "a rule for another regime does not count" },
    }
    for _, case in ipairs(CASES) do
      it(case[3], function()
        local policy = assert(position.open("policies", { settings = { RULES } }))
        assert.equal(case[2], position.ask(policy, position.new(case[1])).profile)
      end)
    end
  end)
end)
