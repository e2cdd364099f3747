-- SPDX-License-Identifier: Apache-2.0
-- exitbrain_host itself: what specs rely on, and that documents name what ctx has.

local host = require "exitbrain_host"

local ROOT = os.getenv("EB_ROOT") or "."

local function script(body)
  return assert(host.open { files = { ["init.lua"] =
    "local up = {} return { name = 't', version = '1', decide = function(ctx) " .. body .. " end }" } })
end

local function read(path)
  local file = assert(io.open(ROOT .. "/" .. path))
  local text = file:read("a")
  file:close()
  return text
end

describe("host.open", function()
  for _, wrong in ipairs {
    { {}, "give dir or files" },
    { { dir = "x", files = { ["init.lua"] = "" } }, "give dir or files" },
    { { dirr = "x" }, "unknown option 'dirr'" },
    { { dir = 5, instructions_max = -1 }, "instructions_max" },
  } do
    it("raises: " .. wrong[2], function()
      local ok, err = pcall(host.open, wrong[1])
      assert.is_false(ok)
      assert.matches(wrong[2], err, 1, true)
    end)
  end

  it("returns what is wrong with a set", function()
    local policy, err = host.open { files = { ["init.lua"] = "return {" } }
    assert.is_nil(policy)
    assert.matches("init.lua:1:", err, 1, true)
    assert.is_nil(host.open { dir = "/nonexistent" })
  end)

  it("loads files that require each other", function()
    local policy = assert(host.open { files = {
      ["init.lua"] = "return { name = 'n', version = '2', settings = { a = 1 }, decide = require('x.y') }",
      ["x/y.lua"] = "return function() return { type = 'full_exit' } end",
    }, settings = { "a=3" } })
    assert.equal("ok", (policy:consult(host.context())))
    local info = policy:info()
    assert.same({ "n", "2", 2, 1, 64 }, { info.name, info.version, info.files, info.consults, #info.hash })
    assert.equal("a = 3\n", policy:settings())
    policy:close()
    assert.is_false(pcall(policy.consult, policy, {}))
  end)
end)

describe("host.context", function()
  it("fills in what follows", function()
    local ctx = host.context { side = "SHORT", entry = 100, price = 98, qty = 2, r = 2, leverage = 4, stop = 102 }
    assert.same({ -1, 4, 2, 1, 196, 49 }, { ctx.sign, ctx.pnl, ctx.pnl_pct, ctx.pnl_r, ctx.notional, ctx.margin })
    assert.same({ 98, 98, "plan", 102, 2 }, { ctx.mark, ctx.peak, ctx.stop_kind, ctx.plan_stop, ctx.leg_base })
  end)

  it("is read back literally", function()
    local policy = script "return { type = 'no_change', reason = tostring(ctx.balance) .. ctx.symbol }"
    local ctx = host.context { memory = { a = 1, b = true, c = "x" }, legs = { { r = 1, fraction = 0.5 } } }
    assert.same(ctx, host.context(ctx))
    assert.equal("10000.0BTCUSDT", select(2, policy:consult(ctx)).decisions[1].reason)
    ctx.balance = nil
    assert.equal("nilBTCUSDT", select(2, policy:consult(ctx)).decisions[1].reason)
  end)

  for _, wrong in ipairs {
    { { makr = 1 }, "ctx has no field 'makr'" },
    { { side = "UP" }, "'UP' is not one of its words" },
    { { price = 0 / 0 }, "price: expected a finite number" },
    { { hits = 300 }, "hits: expected a whole number" },
    { { sign = -1 }, "sign: does not agree with side" },
    { { legs = { { prize = 1 } } }, "legs[i] has no field 'prize'" },
    { { memory = { a = {} } }, "string expected" },
    { { symbol = ("X"):rep(30) }, "symbol: expected a text of at most 23 bytes" },
  } do
    it("raises: " .. wrong[2], function()
      local ok, err = pcall(host.context, wrong[1])
      assert.is_false(ok)
      assert.matches(wrong[2], err, 1, true)
    end)
  end
end)

describe("a policy", function()
  it("names how a consult ended", function()
    for body, expected in pairs {
      ["return nil"] = "keep", ["return { type = 'full_exit' }"] = "ok", ["error('x')"] = "error",
      ["return 1"] = "invalid",
      ["while true do end"] = "budget", ["local t = {} for i = 1, 1e9 do t[i] = {} end"] = "memory",
    } do
      local result, answer, err = script(body):consult(host.context())
      assert.equal(expected, result)
      assert.equal(expected == "ok" or expected == "keep", answer ~= nil)
      assert.equal(answer == nil, err ~= nil)
    end
  end)

  it("gives answers back as they were written", function()
    local decisions = {
      { type = "move_stop", pct = 1.5, role = "plan", allow_loosen = false, reason = "r", confidence = 0.5 },
      { type = "move_stop", price = 99.5, risk_price = 99, role = "risk_floor", allow_loosen = true },
      { type = "update_tp_limits", levels = { { r = 0.4, fraction = 0.35, soft = true, id = 3 },
        { pct = 2, fraction = 0.25, soft = false }, { price = 110, fraction = 0.4, soft = false } } },
      { type = "set_trailing", activation_r = 0, callback_pct = 0.8, tighten = { { r = 1.4, callback_pct = 0.5 } } },
      { type = "set_ratchet", rules = { { after_hits = 1, to = "first_hit", offset_pct = -0.5 } } },
      { type = "partial_close", fraction = 0.3, emergency = false },
      { type = "full_exit", emergency = true },
    }
    local extras = { memory = { a = 1, b = false, c = "x", d = 0.5 }, wake = { at_ms = 5, above = 101, below = 99 },
      regime = "CHOP", profile = "p" }
    local function text(value)
      if type(value) ~= "table" then return string.format("%q", value) end
      local parts = {}
      for k, v in pairs(value) do parts[#parts + 1] = "[" .. string.format("%q", k) .. "]=" .. text(v) end
      return "{" .. table.concat(parts, ",") .. "}"
    end
    local result, answer, err = script("return " .. text(decisions) .. "," .. text(extras)):consult(host.context())
    assert.equal("ok", result, err)
    assert.same(decisions, answer.decisions)
    answer.decisions = nil
    extras.owner = "t"
    assert.same(extras, answer)
  end)

  it("knows purity", function()
    assert.is_true(script("return { type = 'move_stop', price = ctx.price }"):pure(host.context()))
    local pure, why = script("up.n = (up.n or 0) + 1 return { type = 'move_stop', pct = up.n }"):pure(host.context())
    assert.is_false(pure)
    assert.matches("second consult", why, 1, true)
    assert.equal("ok", (script("return { type = 'full_exit' }"):consult_fresh(host.context())))
  end)

  it("keeps its log", function()
    local policy = script "log('seen ' .. ctx.symbol) log(ctx)"
    policy:consult(host.context())
    local lines = policy:log()
    assert.matches('"text":"seen BTCUSDT"', lines, 1, true)
    assert.matches('"text":"ctx"', lines, 1, true)
    assert.equal("", policy:log())
    policy:idle()
  end)
end)

describe("documents", function()
  for _, path in ipairs { "docs/POLICIES.md", "lua/exitbrain/types.lua" } do
    it("name every field: " .. path, function()
      local text = read(path)
      for _, names in pairs(host.fields) do
        for _, name in ipairs(names) do
          assert.is_truthy(text:find("%f[%w_]" .. name .. "%f[^%w_]"), name)
        end
      end
    end)
  end

  it("have examples that load", function()
    local text = read("docs/POLICIES.md")
    local example = text:match("```lua\n(%-%- init.lua.-)```")
    local policy = assert(host.open { files = { ["init.lua"] = example }, lib = ROOT .. "/lua/exitbrain" })
    local result, answer, err = policy:consult(host.context())
    assert.equal("ok", result, err)
    assert.equal(3, #answer.decisions)
  end)
end)
