-- SPDX-License-Identifier: Apache-2.0
-- exitbrain.unit: what can be reckoned, what is refused in which words, what ctx makes of it. The same code runs here
-- and in the sandbox, where it is charged.

local host = require "exitbrain_host"
local unit = require "exitbrain.unit"

local price, r, atr, pct = unit.price, unit.r, unit.atr, unit.pct

local LONG = host.context { entry = 200, price = 210, r = 4, features = { m15 = { atr = 3 }, h1 = { atr = 5 } } }
local SHORT = host.context { entry = 200, price = 190, r = 4, side = "SHORT", features = { m15 = { atr = 3 } } }
local NEW = host.context { entry = 200 } -- neither R nor warm bars

local function says(words, fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  assert.matches(words, tostring(err), 1, true)
end

describe("units", function()
  it("print as people write them", function()
    local text = { "1.5 R", "1.5 %", "3 ATR (m15)", "2 ATR (h1)", "price 101.5", "0 R" }
    for i, value in ipairs { r(1.5), pct(1.5), atr(3), atr(2, "h1"), price(101.5), -r(0) } do
      assert.equal(text[i], tostring(value))
    end
  end)

  it("are reckoned within one ruler and with plain numbers", function()
    assert.is_true(r(1) + r(0.5) == r(1.5))
    assert.is_true(pct(1) - pct(3) == pct(-2))
    assert.is_true(-atr(2, "h1") == atr(-2, "h1"))
    assert.is_true(2 * pct(1.5) == pct(3) and pct(1.5) * 2 == pct(3) and pct(3) / 2 == pct(1.5))
    assert.is_true(r(1) < r(2) and r(1) <= r(1) and r(2) > r(1) and r(1) ~= r(2))
    assert.is_true(math.max(r(1), r(3), r(2)) == r(3))
    assert.is_false(r(1) == 1) -- a number is nothing of the kind, and Lua asks nobody
  end)

  it("cannot be mixed", function()
    says("cannot add percent and R", function() return pct(1) + r(1) end)
    says("cannot subtract price and percent", function() return price(1) - pct(1) end)
    says("cannot add R and a number", function() return r(1) + 1 end)
    says("cannot add a number and R", function() return 1 + r(1) end)
    says("cannot compare R and percent", function() return r(1) < pct(1) end)
    says("cannot compare percent and R", function() return pct(1) <= r(1) end)
    says("cannot compare R and percent", function() return r(1) == pct(1) end)
    says("cannot compare R and a number", function() return r(1) < 2 end)
    says("cannot compare R and percent", function() return math.max(r(1), pct(1)) end)
    says("cannot add ATR (m15) and ATR (h1)", function() return atr(1) + atr(1, "h1") end)
    says("cannot multiply R by R", function() return r(1) * r(1) end)
    says("cannot multiply a string by R", function() return "2" * r(1) end)
    says("cannot divide a number by R", function() return 1 / r(1) end)
    says("cannot divide R by percent", function() return r(1) / pct(1) end)
    says("convert with unit.to_price, to_pct or to_r", function() return pct(1) + r(1) end)
  end)

  it("are finite numbers", function()
    says("unit.r: expected a finite number, got nan", r, 0 / 0)
    says("unit.pct: expected a finite number, got inf", function() return pct(1) / 0 end)
    says("unit.atr: expected a finite number, got -inf", function() return atr(-1e308) * 1e308 end)
    says("unit.r: expected a number, got 1 %", r, pct(1))
    says("unit.price: expected a number, got no value", price)
    says("unit.r: expected a number, got string", r, "1")
    says("unit.atr: expected a time frame (m1, m5, m15, h1), got 'd1'", atr, 1, "d1")
  end)

  it("tell their ruler and their number", function()
    assert.same({ "r", n = 1 }, table.pack(unit.kind(r(1))))
    assert.same({ "atr", "h1" }, { unit.kind(atr(1, "h1")) })
    assert.is_nil(unit.kind(1))
    assert.is_nil(unit.kind(nil))
    assert.equal(1.5, unit.value(pct(1.5)))
    says("unit.value: expected a unit (unit.price, r, atr or pct), got number", unit.value, 1.5)
  end)
end)

describe("conversions", function()
  it("go from entry towards profit, and towards loss if negative", function()
    for _, case in ipairs {
      { pct(1.5), 203, 197, 1.5, 0.75 }, { pct(-1), 198, 202, -1, -0.5 }, { r(1), 204, 196, 2, 1 },
      { r(-0.5), 198, 202, -1, -0.5 }, { atr(2), 206, 194, 3, 1.5 }, { atr(-2), 194, 206, -3, -1.5 },
    } do
      local u, long, short, percent, in_r = table.unpack(case)
      assert.near(long, unit.to_price(u, LONG), 1e-9)
      assert.near(short, unit.to_price(u, SHORT), 1e-9)
      assert.near(percent, unit.to_pct(u, LONG), 1e-9)
      assert.near(in_r, unit.to_r(u, SHORT), 1e-9)
    end
    assert.near(205, unit.to_price(atr(1, "h1"), LONG), 1e-9)
  end)

  it("take a price for what it is", function()
    assert.equal(198, unit.to_price(price(198), LONG))
    assert.equal(198, unit.to_price(price(198), SHORT))
    assert.near(-1, unit.to_pct(price(198), LONG), 1e-9)
    assert.near(1, unit.to_pct(price(198), SHORT), 1e-9)
    assert.near(-0.5, unit.to_r(price(198), LONG), 1e-9)
  end)

  it("say nil and why where ctx does not know the ruler", function()
    local value, why = unit.to_price(atr(1), NEW)
    assert.is_nil(value)
    assert.equal("the ATR of m15 is not warm: too few closed bars", why)
    value, why = unit.to_pct(r(1), NEW)
    assert.is_nil(value)
    assert.matches("R is not known before the first plan", why, 1, true)
    value, why = unit.to_r(pct(1), NEW)
    assert.is_nil(value)
    assert.matches("R is not known", why, 1, true)
    assert.equal(2, unit.to_r(r(2), NEW)) -- needs none
  end)

  it("take an R that is not in ctx yet", function()
    assert.near(203, unit.to_price(r(1.5), NEW, 2), 1e-9)
    assert.near(0.5, unit.to_r(pct(0.5), NEW, 2), 1e-9)
    says("R is a price distance above 0", unit.to_price, r(1), NEW, 0)
  end)

  it("choose the first that is known", function()
    assert.is_true(unit.first(NEW, atr(2), r(1), pct(1.5)) == pct(1.5))
    assert.is_true(unit.first(LONG, atr(2), pct(1.5)) == atr(2))
    assert.is_nil(unit.first(NEW, atr(2)))
  end)

  it("want ctx", function()
    says("unit.to_price: the second argument is ctx, got no value", unit.to_price, pct(1))
    says("unit.to_pct: expected a unit", unit.to_pct, 1.5, LONG)
    says("unit: ctx has no entry or sign", unit.to_pct, pct(1), {})
    says("unit.first: the first argument is ctx, got number", unit.first, 1)
  end)
end)

describe("in the sandbox", function()
  local function set(body, options)
    options = options or {}
    options.files = { ["init.lua"] = 'local unit = require "exitbrain.unit" return { name = "t", version = "1", '
      .. "decide = function(ctx) " .. body .. " end }" }
    return assert(host.open(options))
  end

  it("needs no library on disk, and texts show the value", function()
    local policy = set 'error(string.format("%s and ", unit.r(1.5)) .. tostring(unit.pct(2)), 0)'
    local result, _, err = policy:consult(LONG)
    assert.same({ "error", "1.5 R and 2 %" }, { result, err })
  end)

  it("converts by the real view", function()
    local policy = set 'return { type = "move_stop", price = unit.to_price(unit.atr(-2), ctx) }'
    local _, answer, err = policy:consult(LONG)
    assert.equal(194, answer and answer.decisions[1].price, err)
  end)

  it("a unit where a number belongs is named", function()
    local policy = set 'return { type = "move_stop", pct = unit.pct(1.5) }'
    local _, _, err = policy:consult(LONG)
    assert.equal("decision.pct: expected number > 0, got 1.5 % (a unit: see exitbrain.decision)", err)
  end)

  it("is charged and bounded", function()
    local policy = set "local u = unit.r(0) for i = 1, 100 do u = u + unit.r(1) end"
    assert.equal("keep", (policy:consult(LONG)))
    assert.is_true(policy:info().last_instructions > 200 * 16)
    for body, result in pairs {
      ["local a, b = unit.r(1), unit.r(2) while true do pcall(function() while a < b do end end) end"] = "budget",
      ["while true do pcall(unit.to_price, unit.r(1), ctx) end"] = "budget",
      ["local t = {} for i = 1, 100000 do t[i] = unit.r(i) end"] = "memory",
    } do
      assert.equal(result, (set(body):consult(LONG)))
    end
  end)

  it("offers no way to a unit's type", function()
    local result, _, err = set("return unit.r(1).value"):consult(LONG)
    assert.equal("error", result)
    assert.matches("attempt to index", err, 1, true)
  end)
end)
