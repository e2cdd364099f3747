-- SPDX-License-Identifier: Apache-2.0
-- V3's ladder without profiles: 25 % at half of the target distance, 25 % at the whole, 50 % trailed or sold at twice.

local position = require "position"

local function near(expected, got) assert.is_true(math.abs(expected - got) < 1e-6, expected .. " is not " .. got) end

describe("plain_ladder", function()
  local policy
  local function open(...) return assert(position.open("policies", { settings = { 'tp_source="plain"', ... } })) end
  before_each(function() policy = open() end)

  local function ask(over)
    local ctx = position.new(over)
    local answer = position.ask(policy, ctx)
    assert.equal("ok", answer.result, answer.err)
    return position.find(answer, "update_tp_limits").levels, position.find(answer, "set_trailing"), answer
  end

  local DISTANCES = { -- regime, target distance, callback (nil: the runner is sold), R in percent of price
    { "NORMAL", 3.0, 1.5, 2.5 },
    { "TREND", 4.5, 1.5, 2.0 },
    { "VOLATILE", 3.9 },
    { "RANGE", 2.4 },
    { "CHOP", 2.4 },
  }
  for _, case in ipairs(DISTANCES) do
    for _, side in ipairs { "LONG", "SHORT" } do
      it(case[1] .. ": " .. case[2] .. " %, " .. side, function()
        local levels, trail = ask { side = side, market = position.MARKET[case[1]] }
        near(case[2] * 0.5, levels[1].pct)
        near(0.25, levels[1].fraction)
        near(case[2], levels[2].pct)
        near(0.25, levels[2].fraction)
        if case[3] then
          assert.equal(2, #levels)
          near(case[3], trail.callback_pct)
          near(case[2] * 0.5 / case[4], trail.activation_r)
        else
          near(case[2] * 2, levels[3].pct)
          near(0.50, levels[3].fraction)
          assert.is_nil(trail)
        end
      end)
    end
  end

  it("the distance is clamped between 1.5 and 15 %", function()
    local levels = ask { signals = { tp_hint_pct = 30 } }
    near(15, levels[2].pct)
    levels = ask { signals = { risk_mode = "ESS_ACTIVE" }, adopted = true }
    near(1.5, levels[2].pct)
  end)

  it("hint, risk mode and regime are multiplied", function()
    local levels, trail = ask { market = position.MARKET.TREND,
      signals = { tp_hint_pct = 5, risk_mode = "CONSERVATIVE", trail_hint_pct = 0.9 } }
    near(5 * 0.7 * 1.5, levels[2].pct)
    near(0.9, trail.callback_pct)
  end)

  it("a hint without confidence is none", function()
    near(3.0, (ask { signals = { tp_hint_pct = 5, confidence = 0.4 } })[2].pct)
  end)

  it("a profit is followed at a distance where the runner is sold, and left to the trail where not", function()
    for name, expected in pairs { RANGE = 104 * 0.985, NORMAL = 100.1 } do
      local ctx = position.new { market = position.MARKET[name] }
      ctx = position.accept(ctx, position.ask(policy, ctx), { price = 104 })
      near(expected, position.find(position.ask(policy, ctx), "move_stop").price)
    end
  end)

  it("what was hit stays hit", function()
    local ctx = position.new { market = position.MARKET.NORMAL }
    ctx = position.hit(position.accept(ctx, position.ask(policy, ctx)), 1)
    policy = open "base_tp_pct=4.0"
    local levels = position.find(position.ask(policy, ctx), "update_tp_limits").levels
    near(2.0, levels[1].pct)
    near(0.1875, levels[1].fraction) -- a quarter of the 75 % that are left
    near(4.0, levels[2].pct)
  end)
end)
