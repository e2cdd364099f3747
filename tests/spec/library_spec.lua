-- SPDX-License-Identifier: Apache-2.0
-- lua/exitbrain: what policies are written with, piece by piece. Plain Lua, so required directly.

local host = require "exitbrain_host"

local check = require "exitbrain.check"
local curve = require "exitbrain.curve"
local decide = require "exitbrain.decision"
local ladder = require "exitbrain.ladder"
local side = require "exitbrain.side"
local unit = require "exitbrain.unit"
local wake = require "exitbrain.wake"
local position = require "position"

local regime = require "exitbrain.regime"
local stop = require "exitbrain.stop"

local price, r, atr, pct = unit.price, unit.r, unit.atr, unit.pct

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

  -- { what the set returns, part of the answer, why it is refused }
  local UNITS = {
    { "d.stop(u.pct(-1.5), ctx)", { pct = 1.5 } },
    { 'd.stop(u.atr(-2), ctx, "why")', { price = 99.4, reason = "why" } },
    { "d.stop(u.price(98), ctx)", { price = 98 } },
    { "d.stop(u.pct(1), ctx, nil, u.pct(-2))", { price = 101, risk_price = 98 } },
    { "d.stop(u.pct(1.5), ctx)", nil, "stop: 1.5 % does not lie on the loss side of entry, and there is no R yet: "
      .. "write -1.5 %, or say by `risk` what R is measured to" },
    { "d.stop(u.r(-1), ctx)", nil, "stop: -1 R: R is not known before the first plan" },
    { "d.stop(u.r(-1))", nil, "stop: -1 R is no price without ctx: give it as well" },
    { "d.risk_floor(u.pct(-3), nil, ctx)", { price = 97, role = "risk_floor" } },
    { "d.risk_floor(97)", { price = 97, role = "risk_floor" } },
    { "d.trailing { from = u.r(1), by = u.pct(0.8), tighten = { { from = u.r(2), by = u.pct(0.5) } } }",
      { activation_r = 1, callback_pct = 0.8, tighten = { { r = 2, callback_pct = 0.5 } } } },
    { "d.trailing({ from = u.pct(3), by = u.atr(2) }, nil, ctx, 2)", { activation_r = 1.5, callback_pct = 0.6 } },
    { "d.trailing { from = u.pct(3), by = u.pct(1) }", nil, "trailing: 3 % is no R without ctx" },
    { "d.trailing { from = u.r(3), by = u.atr(1) }", nil, "trailing: 1 ATR (m15) is no percent without ctx" },
    { "d.trailing({ from = u.r(1), by = u.r(1) }, nil, ctx)", nil, "trailing: 1 R: R is not known" },
    { "d.trailing({ from = u.r(1), by = u.price(1) }, nil, ctx)", nil,
      "a trail follows at a distance: price 1 is a level" },
  }
  for _, case in ipairs(UNITS) do
    local call, wanted, why = table.unpack(case, 1, 3)
    it(call .. (wanted and " is taken" or " is refused"), function()
      local policy = position.script("return " .. call)
      local answer = position.ask(policy, position.new())
      if why then return assert.matches(why, tostring(answer.err), 1, true) end
      assert.equal("ok", answer.result, answer.err)
      for key, value in pairs(wanted) do
        if type(value) == "number" then
          assert.near(value, answer.decisions[1][key], 1e-9)
        else
          assert.same(value, answer.decisions[1][key])
        end
      end
    end)
  end

  it("levels lie at any unit", function()
    local policy = position.script([[return d.targets({ { at = u.r(1), fraction = 0.1 },
      { at = u.pct(2), fraction = 0.1 }, { at = u.price(105), fraction = 0.1, soft = true },
      { at = u.atr(30), fraction = 0.1 }, { r = 10, fraction = 0.1 } }, "why", ctx)]])
    local answer = position.ask(policy, position.new { r = 1, plan_revision = 1 })
    local where = {}
    for i, level in ipairs(answer.decisions[1].levels) do
      where[i] = { level.r or 0, level.pct or 0, level.price or 0 }
    end
    assert.same({ { 1, 0, 0 }, { 0, 2, 0 }, { 0, 0, 105 }, { 0, 0, 109 }, { 10, 0, 0 } }, where)
    assert.is_true(answer.decisions[1].levels[3].soft)
  end)

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

  it("joins legs that are less than a tick apart: they would be one price", function()
    assert.equal(LEGS, ladder.at_least(LEGS, 0.5, 0.5))
    assert.same({ { r = 0.5, fraction = 0.35, soft = false }, LEGS[3] }, ladder.at_least(LEGS, 0.5, 0.51))
  end)

  it("is built of units, and says in one place what is wrong with it", function()
    local levels = ladder.build { { r(0.5), 0.25 }, { r(1), 0.25, soft = true }, { pct(3), 0.25 }, { atr(8), 0.125 },
      { price(130), 0.125 } }
    assert.same({ r = 0.5, fraction = 0.25, soft = false }, levels[1])
    assert.same({ r = 1, fraction = 0.25, soft = true }, levels[2])
    assert.equal(3, levels[3].pct)
    assert.is_true(levels[4].at == atr(8))
    assert.equal(130, levels[5].price)
    assert.equal(1, ladder.sum(levels))
    assert.equal(0.5, ladder.sum(ladder.build { { r(1), 0.5 }, runner = true }))
    for words, list in pairs {
      ["ladder: expected a list of 1 to 12 elements, got 0"] = {},
      ["ladder: the fractions sum to 0.5: say runner = true"] = { { r(1), 0.5 } },
      ["ladder: the fractions sum to 1.25, more than the position"] = { { r(1), 0.75 }, { r(2), 0.5 } },
      ["ladder: runner = true, but nothing is left"] = { { r(1), 1 }, runner = true },
      ["ladder[2][1]: expected more than 2 R, got 1 R: sort the ladder"] = { { r(2), 0.5 }, { r(1), 0.5 } },
      ["ladder[1][1]: expected unit.r, unit.pct, unit.atr, unit.price, got 1: write unit.r(1)"] = { { 1, 1 } },
      ["ladder[1][1]: expected unit.pct from 1e-08 to 10000000000, got -1 %"] = { { pct(-1), 1 } },
      ["ladder[1][2]: expected a number from 1e-06 to 1, got 50: take 1"] = { { r(1), 50 } },
      ["ladder[1]: unknown key \"sofft\": there are soft"] = { { r(1), 1, sofft = true } },
      ["ladder: unknown key \"runer\": there are runner"] = { { r(1), 0.5 }, runer = true },
    } do
      local ok, err = pcall(ladder.build, list)
      assert.is_false(ok)
      assert.matches(words, tostring(err), 1, true)
    end
  end)

  it("is counted in R for a position, nearest first, without what is not known", function()
    local ctx = host.context { entry = 100, side = "SHORT", features = { m15 = { atr = 0.5 } } }
    local levels = ladder.build { { pct(3), 0.25 }, { r(0.5), 0.25 }, { atr(2), 0.25 }, { price(92), 0.25 } }
    local out, missing = ladder.in_r(levels, ctx, 2)
    local where = {}
    for i, level in ipairs(out) do where[i] = level.r end
    assert.same({ 0.5, 0.5, 1.5, 4 }, where)
    assert.is_nil(missing)
    out, missing = ladder.in_r(levels, host.context { entry = 100 }, 2)
    assert.equal(2, #out) -- a price of 92 is no target of a LONG, and there is no ATR
    assert.matches("the ATR of m15 is not warm", missing, 1, true)
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

  it("is made of units or of an ATR for a position", function()
    local ctx = host.context { entry = 100, price = 110, peak = 125, r = 2, features = { h1 = { atr = 2.5 } } }
    assert.same({ { r = 1, callback_pct = 2 }, { r = 5, callback_pct = 4 } },
      curve.of_units({ { r(1), pct(2) }, { pct(10), atr(2, "h1") } }, ctx))
    assert.same({ { r = 1, callback_pct = 6 }, { r = 3, callback_pct = 4 } },
      curve.by_atr({ { 1, 3 }, { 3, 2 } }, ctx, "h1"))
    local none, why = curve.by_atr({ { 1, 3 } }, ctx, "m5")
    assert.is_nil(none)
    assert.matches("the ATR of m5 is not warm", why, 1, true)
    none, why = curve.of_units({ { pct(1), pct(1) } }, host.context())
    assert.is_nil(none)
    assert.matches("R is not known", why, 1, true)
  end)

  for _, case in ipairs { { -1, 2 }, { 0, 2 }, { 1, 1.5 }, { 2, 1 }, { 3, 2.5 }, { 4, 4 }, { 9, 4 } } do
    it("goes straight from point to point, at " .. case[1], function()
      assert.equal(case[2], curve.between({ { 0, 2 }, { 2, 1 }, { 4, 4 } }, case[1]))
      assert.is_true(curve.between({ { 0, r(2) }, { 2, r(1) }, { 4, r(4) } }, case[1]) == r(case[2]))
    end)
  end
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
    says("mode: expected one of a, b, got \"c\"", check.one_of, "mode", "c", { "a", "b" })
    says("legs[2].fraction", check.levels, "legs", { { r = 1, fraction = 0.5 }, { r = 2, fraction = 0 } })
    says("legs: expected fractions", check.levels, "legs", { { r = 1, fraction = 0.5 }, { r = 2, fraction = 0.6 } })
    says("legs[2].r: expected more than 2", check.rising, "legs", { { r = 2 }, { r = 2 } })
    says("trail.tighten[1].callback_pct", check.trailing, "trail",
      { activation_r = 1, callback_pct = 1, tighten = { { r = 2, callback_pct = 0 } } })
    says("trail.activation_r", check.trailing, "trail", { callback_pct = 1 })
  end)

  -- { words, validator, arguments after the path "x" }
  local WRONG = {
    { "x: expected a number from 0 to 1, got 2: take 1", check.number, 2, 0, 1 },
    { "x: expected a number from 0 to 1, got -2: take 0", check.number, -2, 0, 1 },
    { 'x: expected a number from 0 to 1, got "0.5": write it without quotes', check.number, "0.5", 0, 1 },
    { "x: expected a number from 0 to 1, got nil", check.number, nil, 0, 1 },
    { "x: expected a whole number from 0 to 9, got 1.6: take 2", check.integer, 1.6, 0, 9 },
    { "x: expected a whole number from 0 to 9, got 10: take 9", check.integer, 10, 0, 9 },
    { "x: expected true or false, got nil", check.boolean, nil },
    { "x: expected a text of 1 to 3 bytes, got \"long\"", check.text, "long", 3 },
    { "x: expected a text of 1 to 3 bytes, got \"\"", check.text, "", 3 },
    { "x: expected a function, got 1", check.func, 1 },
    { 'x: expected one of TREND, RANGE, got "trend": write "TREND"', check.one_of, "trend", { "TREND", "RANGE" } },
    { 'x: unknown key "b": there are a, c', check.keys, { a = 1, b = 1 }, { "a", "c" } },
    { "x: expected a table, got 3", check.keys, 3, {} },
    { "x: expected a list of 1 to 2 elements, got 3", check.list, { 1, 2, 3 }, 1, 2, function() end },
    { "x: expected unit.pct, got 1.5: write unit.pct(1.5)", check.unit, 1.5, { "pct" }, 0, 9 },
    { "x: expected unit.r, unit.pct, got 1 ATR (m15)", check.unit, atr(1), { "r", "pct" }, 0, 9 },
    { "x: expected unit.r from 0.1 to 9, got 0 R: take 0.1", check.unit, r(0), { "r" }, 0.1, 9 },
    { "x[2].r: expected more than 2, got 1: sort the list by r", check.rising, { { r = 2 }, { r = 1 } } },
    { "x[1].pct: expected a number from 0.01 to 1000, got 0", check.levels, { { pct = 0, fraction = 1 } } },
    { "x[1].at: expected unit.r", check.levels, { { at = 1, fraction = 1 } } },
    { "x[1].price: expected a number", check.levels, { { price = 0, fraction = 1 } } },
    { "x: expected fractions that sum to at most 1, got 1.1: lower one by 0.1", check.levels,
      { { r = 1, fraction = 0.6 }, { r = 2, fraction = 0.5 } } },
    { "x.tighten: expected a list of 0 to 6 elements, got 7", check.trailing,
      { activation_r = 1, callback_pct = 1, tighten = { {}, {}, {}, {}, {}, {}, {} } } },
    { "x[1].after_hits: expected a whole number from 1 to 12, got 0: take 1", check.ratchet, { { after_hits = 0 } } },
    { 'x[1].to: expected one of entry, first_hit, got "ENTRY": write "entry"', check.ratchet,
      { { after_hits = 1, to = "ENTRY" } } },
    { "x[1].offset_pct: expected a number from -50 to 50, got 60: take 50", check.ratchet,
      { { after_hits = 1, to = "entry", offset_pct = 60 } } },
  }
  for _, case in ipairs(WRONG) do
    it("says: " .. case[1], function() says(case[1], case[2], "x", table.unpack(case, 3, 6)) end)
  end

  it("lets pass what is right", function()
    check.number("x", 0, 0, 1)
    check.integer("x", 3, 0, 3)
    check.unit("x", pct(1), { "r", "pct" }, 1, 1)
    check.keys("x", { 5, a = 1 }, { "a" })
    check.levels("x", { { at = r(1), fraction = 0.5 }, { price = 3, fraction = 0.25 }, { pct = 3, fraction = 0.25 } })
    check.ratchet("x", { { after_hits = 1, to = "entry" }, { after_hits = 2, to = "first_hit", offset_pct = -0.1 } })
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

describe("regime", function()
  it("has the figures of the default set", function()
    local settings = dofile((os.getenv("EB_ROOT") or ".") .. "/policies/settings.lua")
    for key, limits in pairs(regime.LIMITS) do assert.same(settings[key], limits, key) end
  end)

  -- { what differs from calm bars, to enter, what it is on the other side of the figure }
  for name, cases in pairs {
    VOLATILE = { { { vol_day_pct = 8 }, { vol_day_pct = 7.9 }, { vol_day_pct = 6.5 }, { vol_day_pct = 6.4 } } },
    TREND = { { { trend_pct = -1, efficiency = 0.35 }, { trend_pct = -1, efficiency = 0.34 },
      { trend_pct = 0.6, efficiency = 0.2 }, { trend_pct = 0.59, efficiency = 0.2 } } },
    CHOP = { { { efficiency = 0.1, avg_range_pct = 0.7 }, { efficiency = 0.11, avg_range_pct = 0.7 },
      { efficiency = 0.15, avg_range_pct = 0.6 }, { efficiency = 0.15, avg_range_pct = 0.59, trend_pct = 0.8 } } },
    RANGE = { { { trend_pct = 0.5, avg_range_pct = 0.5 }, { trend_pct = 0.51, avg_range_pct = 0.5 },
      { trend_pct = -0.7, avg_range_pct = 0.6 }, { trend_pct = -0.7, avg_range_pct = 0.61 } } },
  } do
    it("finds " .. name .. " from its figures on, and stays in it longer", function()
      for _, case in ipairs(cases) do
        local enter, before, stay, after = table.unpack(case)
        assert.equal(name, regime.classify(position.features(enter), "NORMAL"))
        assert.equal("NORMAL", regime.classify(position.features(before)))
        assert.equal(name, regime.classify(position.features(stay), name))
        assert.equal("NORMAL", regime.classify(position.features(after), name))
      end
    end)
  end

  it("stays what it was while the bars are warming", function()
    local cold = { m15 = { warm = false } }
    assert.equal("NORMAL", regime.of { regime = "UNKNOWN", features = cold })
    assert.equal("CHOP", regime.of { regime = "CHOP", features = cold })
    assert.equal("TREND", regime.of { regime = "CHOP", features = { m15 = position.features(position.MARKET.TREND) } })
  end)

  it("takes other figures", function()
    local limits = {}
    for key, pair in pairs(regime.LIMITS) do limits[key] = pair end
    limits.volatile_vol_day_pct = { 2, 1 }
    assert.equal("VOLATILE", regime.of({ regime = "NORMAL", features = { m15 = position.features() } }, limits))
  end)
end)

describe("stop.first", function()
  local function first(over, pct_wanted)
    return stop.first(host.context(over), pct_wanted, "why")
  end

  it("is as far as wanted, in percent", function()
    local decision, risk = first({ entry = 200 }, 1.50004)
    assert.same({ "move_stop", 1.5, "why" }, { decision.type, decision.pct, decision.reason })
    assert.equal(3, risk)
  end)

  it("is nowhere that the guard would refuse", function()
    assert.near(0.21, first({ entry = 100, tick = 0.01 }, 0.05).pct, 1e-9) -- 0.2 % and a tick of rounding
    assert.near(3, first({ entry = 100, tick = 1 }, 0.05).pct, 1e-9) -- two ticks and one
    assert.near(95, first({ entry = 100 }, 300).pct, 1e-9)
    assert.near(1.5, first({ entry = 100, liquidation = 97.5 }, 4).pct, 1e-9)
    assert.near(1.5, first({ entry = 100, side = "SHORT", liquidation = 102.5 }, 4).pct, 1e-9)
    assert.near(4, first({ entry = 100, liquidation = 103 }, 4).pct, 1e-9) -- on no side that could be
    assert.is_nil(stop.room_pct(host.context { entry = 100 }))
    assert.near(1.5, stop.room_pct(host.context { entry = 100, liquidation = 97.5 }), 1e-9)
  end)

  it("is never looser than the stop in force, which then gives R if it can", function()
    local decision, risk = first({ entry = 100, stop = 99 }, 2)
    assert.same({ 99, 1 }, { decision.price, risk })
    assert.equal(2, first({ entry = 100, stop = 97 }, 2).pct)
    decision, risk = first({ entry = 100, price = 103, stop = 101 }, 2)
    assert.same({ 101, 98, 2 }, { decision.price, decision.risk_price, risk })
    decision, risk = first({ entry = 100, price = 103, stop = 101, r = 1.25 }, 2)
    assert.same({ 101, 1.25 }, { decision.price, risk })
    assert.is_nil(decision.risk_price)
    decision, risk = first({ entry = 100, price = 103, stop = 101, r = 1.25, r_provisional = true }, 2)
    assert.same({ 98, 2 }, { decision.risk_price, risk })
  end)
end)
