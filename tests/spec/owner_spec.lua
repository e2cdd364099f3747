-- SPDX-License-Identifier: Apache-2.0
-- owner(name), ctx.planned, legacy and migrate: whose answer it is, and what is left of the last one's memory.

local host = require "exitbrain_host"

local function set(body, more)
  return assert(host.open { files = { ["init.lua"] =
    "return { name = 'n', version = '2', decide = function(ctx) " .. body .. " end " .. (more or "") .. " }" } })
end

local SHOW = "return { type = 'no_change', reason = tostring(ctx.memory.a) .. ' ' .. tostring(ctx.planned) }"

local function ctx(more)
  local c = host.context { reason = "cycle", memory = { a = 1 }, planned = true }
  for k, v in pairs(more or {}) do c[k] = v end
  return c
end

-- The reason of the one decision, the memory that is kept, who answered.
local function ask(policy, context)
  local result, answer, err = policy:consult(context)
  assert.equal("ok", result, err)
  assert.is_true(policy:pure(context))
  return answer.decisions[1].reason, answer.memory, answer.owner
end

local function refused(policy, context, expected)
  local result, _, err = policy:consult(context)
  assert.equal(expected or "error", result)
  return err
end

describe("owner", function()
  it("is the set itself where nobody is named", function()
    for _, before in ipairs { false, "n" } do
      local reason, memory, owner = ask(set(SHOW), ctx { owner = before or nil })
      assert.same({ "1 true", nil, "n" }, { reason, memory, owner })
    end
    assert.equal("nil false", (ask(set(SHOW), ctx { owner = "brain" })))
  end)

  it("sees its own memory and plan only", function()
    local policy = set("owner 'brain' " .. SHOW)
    for before, reason in pairs { brain = "1 true", n = "nil false", chandelier = "nil false" } do
      assert.same({ reason, nil, "brain" }, { ask(policy, ctx { owner = before }) })
    end
    assert.equal("1 true", (ask(policy, ctx())))
    assert.equal("1 false", (ask(policy, ctx { owner = "brain", planned = false })))
  end)

  it("gives memory back without saying it again, unless it is new, of another version, or another owner's", function()
    local policy = set("local m = copy(ctx.memory) m.b = ctx.signals.b owner 'n' return nil, { memory = m }")
    local function memory(more)
      local _, answer, err = policy:consult(ctx(more))
      assert.is_nil(err)
      return answer.memory
    end
    assert.is_nil(memory {})
    assert.is_nil(memory { owner = "n", memory_version = "2" })
    assert.is_nil(memory { memory = { a = "x", z = true } })
    assert.same({ a = 1 }, memory { owner = "n", memory_version = "1" })
    assert.same({ a = 1, b = 2 }, memory { signals = { b = 2 } })
    assert.same({}, memory { owner = "other" })
    assert.is_nil(memory { memory = {} })
  end)

  it("changes what is seen from there on", function()
    local policy = set("local before = tostring(ctx.memory.a) owner 'b' for k in pairs(ctx.memory) do before = k end "
      .. "return { type = 'no_change', reason = before .. tostring(ctx.memory.a) }")
    assert.equal("1nil", (ask(policy, ctx { owner = "n" })))
    assert.equal("a1", (ask(policy, ctx { owner = "b" })))
  end)

  it("may be said twice, of one", function()
    assert.equal("1 true", (ask(set("owner 'b' owner 'b' " .. SHOW), ctx { owner = "b" })))
    assert.matches("owner('c'): 'b' answers this consult already",
      refused(set "owner 'b' owner 'c'", ctx()), 1, true)
  end)

  it("may stand in the second result", function()
    assert.equal("n", (select(3, ask(set "return { type = 'no_change' , reason = '' }, { owner = 'n' }", ctx()))))
    -- said too late: decide has seen the memory and the plan of another
    assert.matches([[owner: "x" in the second result: what ctx says of memory and plan was that of "n"; say owner "x"]],
      refused(set "return nil, { owner = 'x' }", ctx(), "invalid"), 1, true)
    assert.equal('owner: "y" in the second result, "x" by owner()',
      refused(set "owner 'x' return nil, { owner = 'y' }", ctx(), "invalid"))
  end)

  for text, message in pairs {
    ["owner()"] = "string expected", ["owner ''"] = "owner(''): a text of 1 to 31 bytes",
    ["owner(('x'):rep(32))"] = "a text of 1 to 31 bytes", ["owner {}"] = "string expected",
  } do
    it("refuses " .. text, function()
      assert.matches(message, refused(set(text), ctx()), 1, true)
    end)
  end

  it("belongs inside decide", function()
    local policy, err = host.open { files = { ["init.lua"] = "owner 'x'" } }
    assert.is_nil(policy)
    assert.matches("owner('x') says who answers a consult: it belongs inside decide", err, 1, true)
  end)
end)

describe("legacy", function()
  local LEGACY = ctx { exit_mode = "LEGACY" }

  it("answers in LEGACY mode", function()
    local policy = set("return { type = 'no_change', reason = 'brain' }",
      ", legacy = function(c) owner 'monitor' return { type = 'no_change', reason = c.exit_mode } end")
    assert.same({ "LEGACY", nil, "monitor" }, { ask(policy, LEGACY) })
    assert.equal("brain", (ask(policy, ctx())))
    assert.is_true(policy:info().legacy)
  end)

  it("is not there in most sets", function()
    assert.is_false(set(SHOW):info().legacy)
    assert.matches("EXIT_MODE is LEGACY, and the set has no `legacy` function", refused(set(SHOW), LEGACY), 1, true)
  end)

  for _, name in ipairs { "legacy", "migrate", "decide", "self_test" } do
    it("is refused unless it is a function, as " .. name .. " is", function()
      local policy, err = host.open { files = { ["init.lua"] =
        "local t = { name = 'n', version = '2', decide = function() end } t." .. name .. " = 5 return t" } }
      assert.is_nil(policy)
      assert.matches("init.lua." .. name .. ": expected function, got 5", err, 1, true)
    end)
  end

  it("has no fields beside it that nobody knows", function()
    local policy, err = host.open { files = { ["init.lua"] =
      "return { name = 'n', version = '2', decide = function() end, legcy = function() end }" } }
    assert.is_nil(policy)
    assert.matches("unknown key 'legcy' in what init.lua returns (name, version, decide, legacy, mi", err, 1, true)
  end)
end)

describe("migrate", function()
  local function migrating(how, body)
    return set(body or SHOW, ", migrate = function(memory, version, who) " .. how .. " end")
  end
  local OLD = ctx { memory_version = "1" }

  it("is asked for memory that another version wrote", function()
    local policy = migrating "memory.a = memory.a + 10 memory.b = version .. tostring(who) return memory"
    assert.same({ "11 true", { a = 11, b = "1nil" }, "n" }, { ask(policy, OLD) })
    assert.same({ "11 true", { a = 11, b = "1n" }, "n" }, { ask(policy, ctx { memory_version = "1", owner = "n" }) })
    assert.same({ "1 true", nil, "n" }, { ask(policy, ctx { memory_version = "2" }) })
    assert.same({ "1 true", nil, "n" }, { ask(policy, ctx()) })
    assert.same({ "nil true", nil, "n" }, { ask(policy, ctx { memory_version = "1", memory = {} }) })
  end)

  it("empties the memory with nil", function()
    assert.same({ "nil true", {}, "n" }, { ask(migrating "return nil", OLD) })
  end)

  it("gives way to what decide remembers", function()
    local policy = migrating("memory.a = 5 return memory",
      "return { type = 'no_change', reason = '' .. ctx.memory.a }, { memory = { c = true } }")
    assert.same({ "5", { c = true }, "n" }, { ask(policy, OLD) })
  end)

  it("is not asked for another owner's memory", function()
    local policy = migrating("error 'asked'", "owner 'brain' " .. SHOW)
    assert.equal("nil false", (ask(policy, ctx { memory_version = "1", owner = "chandelier" })))
    assert.matches("asked", refused(policy, ctx { memory_version = "1", owner = "brain" }), 1, true)
  end)

  it("is asked once the owner is known", function()
    local policy = migrating("return { a = who }", "owner 'brain' " .. SHOW)
    assert.same({ "brain true", { a = "brain" }, "brain" },
      { ask(policy, ctx { memory_version = "1", owner = "brain" }) })
    assert.same({ "nil true", { a = nil }, "brain" }, { ask(policy, OLD) })
  end)

  it("spends the consult's budget", function()
    assert.matches("more than 200000 instructions", refused(migrating "while true do end", OLD, "budget"), 1, true)
  end)

  for how, message in pairs {
    ["return 5"] = "migrate: expected nil or a table of what is remembered, got 5",
    ["return { a = { 1 } }"] = "migrate.a: expected boolean, number or text, got table",
    ["return { 1 }"] = "migrate: keys of memory are texts",
    ["return { a = 0 / 0 }"] = "migrate.a: expected finite number, got nan",
    ["return { [('k'):rep(24)] = 1 }"] = "keys of memory have 1 to 23 bytes",
    ["return { a = ('v'):rep(32) }"] = "migrate.a: expected text of at most 31 bytes",
    ["for i = 1, 17 do memory[string.format('k%d', i)] = i end return memory"] = "migrate: more than 16 entries",
  } do
    it("is refused: " .. message, function()
      assert.matches(message, refused(migrating(how), OLD, "invalid"), 1, true)
    end)
  end

  it("fails the consult when it raises, whatever decide makes of it", function()
    assert.matches("init.lua:1: too old", refused(migrating "error('too old')", OLD), 1, true)
    local hiding = migrating("error('too old')", "pcall(owner, 'brain') return nil")
    assert.matches("migrate failed, and decide went on",
      refused(hiding, ctx { memory_version = "1", owner = "brain" }, "invalid"), 1, true)
  end)

  it("does not answer for anybody", function()
    local policy = migrating("owner 'x' return memory", "owner 'brain'")
    assert.matches("owner('x')", refused(policy, ctx { memory_version = "1", owner = "brain" }), 1, true)
    assert.matches("migrate is running, or has failed", refused(migrating "owner 'x'", OLD), 1, true)
  end)
end)
