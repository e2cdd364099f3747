-- SPDX-License-Identifier: Apache-2.0
-- The defects of Exit Brain V3 that policies could bring back (docs/DEFECTS.md), each as the case that showed it.

local position = require "position"

local MINUTE = 60000

local function near(expected, got) assert.is_true(math.abs(expected - got) < 1e-6, expected .. " is not " .. got) end

describe("defect", function()
  local policy
  before_each(function() policy = assert(position.open("policies")) end)

  local function begin(over)
    local ctx = position.new(over)
    local answer = position.ask(policy, ctx)
    return position.accept(ctx, answer), answer, ctx
  end

  it("B1: the plan's stop is in the first answer, and inside the risk floor, at 20x too", function()
    -- Of the log: entry 138.73, SHORT, 20x, stop 152.603: ten percent away, far beyond liquidation.
    local _, answer, ctx = begin { side = "SHORT", entry = 138.73, leverage = 20, liquidation = 144.9 }
    local stop = assert(position.find(answer, "move_stop"))
    near(138.73 * 1.005, position.stop_price(ctx, stop))
    assert.is_truthy(position.find(answer, "update_tp_limits"))
  end)

  it("B4: every regime that is named has a profile, a stop and its own rules", function()
    for name, market in pairs(position.MARKET) do
      local _, answer = begin { market = market }
      assert.equal(name, answer.regime)
      assert.equal(name, answer.profile)
    end
    local crash = position.new { price = 94, market = position.MARKET.VOLATILE }
    assert.is_truthy(position.find(position.ask(policy, crash), "full_exit"))
    local other = position.script 'return nil, { regime = "RANGE_BOUND" }'
    assert.equal("invalid", position.ask(other, position.new()).result)
  end)

  it("B5: volatility is compared on its own time scale", function()
    -- A calm and a wild day of 15-minute bars, told per bar and per day.
    local calm, wild = 0.30, 0.95
    local function regime_of(per_bar)
      local _, answer = begin { market = { vol_bar_pct = per_bar, vol_day_pct = per_bar * math.sqrt(96) } }
      return answer.regime
    end
    assert.equal("NORMAL", regime_of(calm))
    assert.equal("VOLATILE", regime_of(wild))
  end)

  it("B6: age and last regime are there: the time stop acts, a change of regime plans again", function()
    local old = position.new { price = 97.5, opened_ms = position.NOON - 49 * position.HOUR }
    assert.is_truthy(position.find(position.ask(policy, old), "full_exit"))
    local ctx = begin { market = position.MARKET.RANGE }
    for _ = 1, 32 do
      local answer = position.ask(policy, ctx)
      if position.find(answer, "update_tp_limits") then return end
      ctx = position.accept(ctx, answer, { now_ms = ctx.now_ms + MINUTE, market = position.MARKET.TREND })
    end
    error("never planned again")
  end)

  it("B7: profiles with trailing set it, also where the legs take everything", function()
    for _, name in ipairs { "TREND", "VOLATILE", "NORMAL" } do
      local _, answer = begin { market = position.MARKET[name] }
      assert.is_truthy(position.find(answer, "set_trailing"), name)
    end
  end)

  it("B8: percent is percent: a large profit puts the stop into profit and no target out of reach", function()
    for _, side in ipairs { "LONG", "SHORT" } do
      local price = side == "LONG" and 112 or 88
      local ctx, answer = begin { side = side, price = price }
      local levels = position.find(answer, "update_tp_limits").levels
      assert.equal(1, #levels)
      near(18, levels[1].pct) -- V3 meant 1.5 times 12 %, and set it at +1800 %
      for _, of in ipairs { answer, position.ask(policy, ctx) } do
        local stop = position.find(of, "move_stop")
        assert.is_true(ctx.sign * (stop.price - ctx.entry) > 0)
        assert.is_true(ctx.sign * (price - stop.price) > 0)
      end
    end
  end)

  it("B10: fractions are of the initial size and leave exactly the runner", function()
    local RUNNER = { TREND = 0.35, RANGE = 0, VOLATILE = 0, CHOP = 0, NORMAL = 0 }
    for name, runner in pairs(RUNNER) do
      local ctx = begin { market = position.MARKET[name] }
      ctx = position.hit(ctx, #ctx.legs)
      near(runner, ctx.qty / ctx.first_qty)
    end
  end)

  it("B13: a new episode inherits nothing from the one before", function()
    local ctx, first = begin()
    local answer = position.ask(policy, position.new { episode = 8, memory = position.accept(ctx, first).memory })
    assert.equal(4, #answer.decisions)
    assert.equal(8, answer.memory.episode)
  end)

  it("B17: a misspelt field of ctx or key of a decision is an error that names it", function()
    local answer = position.ask(position.script "return ctx.tp_target_pct", position.new())
    assert.equal("error", answer.result)
    assert.matches("tp_target_pct", tostring(answer.err), 1, true)
    answer = position.ask(position.script 'return { type = "move_stop", sl_pct = 1 }', position.new())
    assert.equal("invalid", answer.result)
    answer = position.ask(position.script 'return { type = "full_exit", risk_mode = "CRITICAL" }', position.new())
    assert.equal("invalid", answer.result)
    assert.matches("risk_mode", tostring(answer.err), 1, true)
  end)

  it("B18: profit is of price: leverage changes no threshold of it", function()
    for _, leverage in ipairs { 1, 5, 30 } do
      local calm = position.ask(policy, position.new { price = 95.1, leverage = leverage })
      assert.is_nil(position.find(calm, "full_exit"))
      local guarded = position.ask(policy, position.new { price = 87.5, leverage = leverage })
      assert.is_true(position.find(guarded, "full_exit").emergency)
    end
  end)

  it("B19: nothing pre-empts the profile: an edit of it is in the next plan", function()
    local pinned = assert(position.open("policies", { profile = "CHALLENGE_100" }))
    assert.equal("CHALLENGE_100", position.ask(pinned, position.new { market = position.MARKET.RANGE }).profile)
    local rules = 'profile_rules={{symbol="SOLUSDT",profile="CHOP"}}'
    local ruled = assert(position.open("policies", { settings = { rules } }))
    near(0.15, position.find(position.ask(ruled, position.new()), "update_tp_limits").levels[1].r)
  end)

  it("B20: while bars are few the regime says so, and no figure is made up", function()
    local ctx = position.new()
    for _, frame in pairs(ctx.features) do
      for key in pairs(frame) do frame[key] = nil end
      frame.warm, frame.bars = false, 3
    end
    local answer = position.ask(policy, ctx)
    assert.equal("NORMAL", answer.regime)
    assert.matches("warming", position.find(answer, "move_stop").reason, 1, true)
  end)

  it("B28: no target within two round trips of fees, no ratchet below them", function()
    for _, leverage in ipairs { 2, 5, 10, 20, 50 } do
      for name, market in pairs(position.MARKET) do
        local _, answer, ctx = begin { market = market, leverage = leverage }
        local stop = position.stop_price(ctx, position.find(answer, "move_stop"))
        local nearest = position.find(answer, "update_tp_limits").levels[1].r * (ctx.entry - stop)
        assert.is_true(nearest >= 0.16 - 1e-9, name .. " at " .. leverage .. "x: " .. nearest)
        near(0.08, position.find(answer, "set_ratchet").rules[1].offset_pct)
      end
    end
  end)
end)
