-- SPDX-License-Identifier: Apache-2.0
-- host.NAME: functions of the embedding program, as a set sees them.

local host = require "exitbrain_host"

local function open(body, functions, more)
  return host.open { functions = functions, files = { ["init.lua"] = (more or "") ..
    " return { name = 'n', version = '1', decide = function(ctx) " .. body .. " end }" } }
end

local function ask(body, functions)
  local policy = assert(open(body, functions))
  local result, answer, err = policy:consult(host.context { price = 101 })
  return result, answer and answer.decisions[1] and answer.decisions[1].reason, err
end

local SHOW = "return { type = 'no_change', reason = tostring(%s) }"

describe("a host function", function()
  it("takes numbers and gives one", function()
    local result, reason, err = ask(SHOW:format "host.add(1, ctx.price, 0.5)",
      { add = function(a, b, c) return a + b + c end })
    assert.same({ "ok", "102.5" }, { result, reason }, err)
    assert.same({ "ok", "7.0" }, { ask(SHOW:format "host.seven()", { seven = function() return 7 end }) })
  end)

  it("may know nothing", function()
    assert.same({ "ok", "nil" }, { ask(SHOW:format "host.none()", { none = function() end }) })
  end)

  it("is as pure as the function is", function()
    local count = 0
    local policy = assert(open("return { type = 'move_stop', pct = host.count(ctx.price) }",
      { count = function() count = count + 1 return count end }))
    assert.is_false(policy:pure(host.context()))
    policy = assert(open("return { type = 'move_stop', pct = host.half(ctx.price) }",
      { half = function(x) return x / 2 end }))
    assert.is_true(policy:pure(host.context()))
  end)

  it("is charged to the budget", function()
    local result, _, err = ask("while true do host.one() end", { one = function() return 1 end })
    assert.equal("budget", result)
    assert.matches("more than 200000 instructions", err, 1, true)
    local policy = assert(open("host.one()", { one = function() return 1 end }))
    policy:consult(host.context())
    assert.is_true(policy:info().last_instructions >= 100)
  end)

  it("passes on what a spec's function raises", function()
    local policy = assert(open("host.bad()", { bad = function() error("no data", 0) end }))
    local ok, err = pcall(policy.consult, policy, host.context())
    assert.is_false(ok)
    assert.matches("a function of the host raised: no data", err, 1, true)
  end)

  local functions = { one = function() return 1 end, nan = function() return 0 / 0 end, two = function() return 2 end }
  for body, message in pairs {
    ["host.three()"] = "no function host.three; this program has registered: ",
    ["local f = host[1]"] = "no function host.1;",
    ["host.x = 1"] = "host is read-only: 'x'",
    ["host.one('x')"] = "host.one: argument 1: expected a finite number, got x",
    ["host.one(1, nil)"] = "host.one: argument 2: expected a finite number, got nil",
    ["host.one(0 / 0)"] = "host.one: argument 1: expected a finite number, got",
    ["host.one(math.huge)"] = "host.one: argument 1: expected a finite number, got",
    ["host.one(1, 2, 3, 4, 5, 6, 7, 8, 9)"] = "host.one: more than 8 arguments",
    ["host.nan()"] = "host.nan: the program answered with a number that is not finite",
  } do
    it("refuses " .. body, function()
      local result, _, err = ask(body, functions)
      assert.equal("error", result)
      assert.matches(message, err, 1, true)
    end)
  end

  it("answers in decide only", function()
    local policy, err = open("", functions, "host.one()")
    assert.is_nil(policy)
    assert.matches("host.one answers only while decide(ctx) runs", err, 1, true)
  end)

  it("is there by name only, which a script can look for", function()
    assert.same({ "ok", "false" },
      { ask(SHOW:format "pcall(function() return host.model end)") })
    local _, _, err = ask("host.model()")
    assert.matches("no function host.model; this program has registered: none", err, 1, true)
  end)

  for name, message in pairs {
    ["two words"] = "'two words' is no name that a script can write", ["end"] = "'end' is no name",
    [""] = "'' is no name", [("x"):rep(32)] = "names are texts of at most 31 bytes",
  } do
    it("is refused as '" .. name .. "'", function()
      local ok, policy, err = pcall(open, "", { [name] = function() end })
      assert.is_falsy(ok and policy)
      assert.matches(message, ok and err or policy, 1, true)
    end)
  end
end)
