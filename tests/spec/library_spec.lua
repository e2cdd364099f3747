-- SPDX-License-Identifier: Apache-2.0
-- lua/exitbrain: what policies are written with, piece by piece. Plain Lua, so required directly.

local check = require "exitbrain.check"
local curve = require "exitbrain.curve"
local decide = require "exitbrain.decision"
local ladder = require "exitbrain.ladder"
local side = require "exitbrain.side"
local wake = require "exitbrain.wake"
local position = require "position"

describe("decision", function()
  local ANSWERS = {
    no_change = 'd.no_change("why")',
    partial_close = 'd.partial_close(0.25, "why")',
    move_stop = 'd.stop_pct(1.5, "why")',
    update_tp_limits = 'd.targets({ { r = 1, fraction = 0.5, soft = true } }, "why")',
    set_trailing = 'd.trailing { activation_r = 1, callback_pct = 1, tighten = { { r = 2, callback_pct = 0.5 } } }',
    set_ratchet = 'd.ratchet({ { after_hits = 1, to = "entry" } }, "why")',
    full_exit = 'd.full_exit("why")',
    ["move_stop by price"] = 'd.stop_at(101, "why", 98)',
    ["move_stop as risk floor"] = 'd.risk_floor(97, "why")',
    ["set_trailing off"] = 'd.trailing(nil, "why")',
    ["full_exit as emergency"] = 'd.emergency_exit("why")',
  }
  for name, call in pairs(ANSWERS) do
    it(name .. " is one that the engine takes", function()
      local policy = position.script("return " .. call)
      local answer = position.ask(policy, position.new())
      assert.equal("ok", answer.result, answer.err)
      assert.equal(name:match("^[%w_]+"), answer.decisions[1].type)
    end)
  end

  it("an emergency exit says so", function()
    assert.is_true(decide.emergency_exit("x").emergency)
    assert.is_nil(decide.full_exit("x").emergency)
  end)
end)

describe("side", function()
  local LONG = { entry = 200, sign = 1, tick = 0.1 }
  local SHORT = { entry = 200, sign = -1, tick = 0.1 }

  it("turns percent into prices and back", function()
    assert.equal(198, side.price(LONG, -1))
    assert.equal(202, side.price(SHORT, -1))
    assert.equal(-1, side.pct(LONG, 198))
    assert.equal(1, side.pct(SHORT, 198))
  end)

  it("knows which stop is tighter, beyond what rounding explains", function()
    assert.is_true(side.tighter(LONG, 199, 198))
    assert.is_false(side.tighter(LONG, 198, 199))
    assert.is_true(side.tighter(SHORT, 201, 202))
    assert.is_false(side.tighter(SHORT, 202, 201))
    assert.is_false(side.tighter(LONG, 198.04, 198))
    assert.is_true(side.tighter(SHORT, 500, nil))
  end)
end)

describe("ladder", function()
  local LEGS = ladder.from_percent { { 0.5, 15, true }, { 1, 20 }, { r = 2, percent = 30 } }

  local function fractions(levels)
    local out = {}
    for i, level in ipairs(levels) do out[i] = level.fraction end
    return out
  end

  it("is made of r and percent", function()
    assert.same({ r = 0.5, fraction = 0.15, soft = true }, LEGS[1])
    assert.same({ r = 2, fraction = 0.3, soft = false }, LEGS[3])
    assert.equal(0.65, ladder.sum(LEGS))
  end)

  it("is itself where nothing was taken", function() assert.same(LEGS, ladder.ahead(LEGS, nil, 1)) end)

  it("keeps its proportions for what is left", function()
    assert.same({ 0.075, 0.1, 0.15 }, fractions(ladder.ahead(LEGS, nil, 0.5)))
    assert.same({ 1, 2 }, { ladder.ahead(LEGS, 0.5, 1)[1].r, ladder.ahead(LEGS, 0.5, 1)[2].r })
    assert.same({}, ladder.ahead(LEGS, 2, 1))
  end)

  it("never sums to more than what is free, and to all of it without a runner", function()
    local whole = ladder.from_percent { { 0.2, 35 }, { 0.4, 35 }, { 0.7, 30 } }
    for taken = 0, 999999, 7919 do
      local free = (1000000 - taken) / 1000000
      assert.is_true(math.abs(ladder.sum(ladder.ahead(whole, nil, free)) - free) < 1e-12)
      assert.is_true(ladder.sum(ladder.ahead(LEGS, nil, free)) <= free)
    end
  end)

  it("moves legs out to a least distance and joins those that meet", function()
    assert.same(LEGS, ladder.at_least(LEGS, 0.5))
    local joined = ladder.at_least(LEGS, 1.2)
    assert.same({ { r = 1.2, fraction = 0.35, soft = false }, LEGS[3] }, joined)
    assert.same({ { r = 0.7, fraction = 0.15, soft = true }, LEGS[2], LEGS[3] }, ladder.at_least(LEGS, 0.7))
  end)

  it("reads what was taken from the position's legs", function()
    local ctx = { entry = 100, sign = -1, legs = {
      { state = "hit", fraction = 0.2, price = 99, filled = 2 },
      { state = "hit", fraction = 0.1, price = 98, filled = 1 },
      { state = "armed", fraction = 0.7, price = 97, filled = 0 },
    } }
    local taken, furthest, moving = ladder.taken(ctx)
    assert.equal(0.3, taken)
    assert.equal(2, furthest)
    assert.is_false(moving)
    ctx.legs[3].state = "firing"
    taken, furthest, moving = ladder.taken(ctx)
    assert.same({ 1, 3, true }, { taken, furthest, moving })
  end)
end)

describe("curve", function()
  local STEPS = curve.from_pairs { { 3, 1.5 }, { r = 5, callback_pct = 1 } }
  local RULE = { activation_r = 1, callback_pct = 2, tighten = STEPS }
  for _, case in ipairs { { 0.99, nil }, { 1, 2 }, { 2.99, 2 }, { 3, 1.5 }, { 4.99, 1.5 }, { 5, 1 }, { 50, 1 } } do
    it("at " .. case[1] .. " R", function() assert.equal(case[2], curve.callback(RULE, case[1])) end)
  end
  it("may be empty", function() assert.same({}, curve.from_pairs(nil)) end)
end)

describe("check", function()
  local function says(words, fn, ...)
    local ok, err = pcall(fn, ...)
    assert.is_false(ok)
    assert.matches(words, tostring(err), 1, true)
  end

  it("names the path of what is wrong", function()
    says("stop: expected a number from 0 to 1, got 2", check.number, "stop", 2, 0, 1)
    says("stop: expected a number", check.number, "stop", 0 / 0, 0, 1) -- nan is in no range
    says("mode: expected one of a, b, got c", check.one_of, "mode", "c", { "a", "b" })
    says("legs[2].fraction", check.levels, "legs", { { r = 1, fraction = 0.5 }, { r = 2, fraction = 0 } })
    says("legs: expected fractions", check.levels, "legs", { { r = 1, fraction = 0.5 }, { r = 2, fraction = 0.6 } })
    says("legs[2].r: expected more than 2", check.rising, "legs", { { r = 2 }, { r = 2 } })
    says("trail.tighten[1].callback_pct", check.trailing, "trail",
      { activation_r = 1, callback_pct = 1, tighten = { { r = 2, callback_pct = 0 } } })
    says("trail.activation_r", check.trailing, "trail", { callback_pct = 1 })
  end)
end)

describe("wake", function()
  it("is the next end of a bar", function()
    assert.equal(900000, wake.bar_end(0, 900000))
    assert.equal(900000, wake.bar_end(899999, 900000))
    assert.equal(1800000, wake.bar_end(900000, 900000))
  end)

  it("is the earliest time to come and the nearest price on either side", function()
    assert.same({ at_ms = 60, above = 101, below = 99 },
      wake.at({ now_ms = 50, price = 100 }, { 70, 60, 40 }, { 102, 101, 98, 99 }))
    assert.same({}, wake.at({ now_ms = 50, price = 100 }, {}, { -5, 0 }))
    assert.same({}, wake.at({ now_ms = 50, price = 100 }, {}, {}))
  end)
end)
