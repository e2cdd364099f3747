-- SPDX-License-Identifier: Apache-2.0
-- Who answers: modes, pins, rules; strategies beside the brain; a change of owner while a position is open.

local host = require "exitbrain_host"
local position = require "position"
local random = require "random"

local ROOT = os.getenv("EB_ROOT") or "."

-- The default set's files and some more: what a trader has who has put something into strategies/.
local function files(extra)
  local out, dir = {}, ROOT .. "/policies/"
  local list = io.popen("cd '" .. dir .. "' && find . -name '*.lua' -type f")
  for name in list:lines() do
    local file = assert(io.open(dir .. name, "rb"))
    out[name:sub(3)] = file:read "a"
    file:close()
  end
  list:close()
  for name, text in pairs(extra) do out[name] = text end
  return out
end

local function open(extra, settings)
  return host.open { files = files(extra), lib = ROOT .. "/lua/exitbrain", settings = settings }
end

-- A strategy whose stop says which one it is, and which remembers how often it was asked.
local function strategy(pct, more)
  return string.format([[
local d = require "exitbrain.decision"
local settings = { stop_pct = %s }
return {
  name = "s", version = "1", settings = settings,
  decide = function(ctx)
    local extras = { memory = { asked = (ctx.memory.asked or 0) + 1 } }
    if ctx.planned then return nil, extras end
    return { d.stop_pct(settings.stop_pct, "mine"), d.targets { { r = 1, fraction = 1 } } }, extras
  end,
  %s
}]], pct, more or "")
end

local SET = { ["strategies/narrow.lua"] = strategy(1.0), ["strategies/wide/init.lua"] = strategy(4.0) }

local function owner_of(set, ctx) return position.ask(set, ctx).owner end

local function refused(extra, settings, text)
  local set, err = open(extra, settings)
  assert.is_nil(set)
  assert.matches(text, tostring(err), 1, true)
end

describe("owner", function()
  it("is the brain, where nothing else is said", function()
    local answer = position.ask(assert(position.open("policies")), position.new())
    assert.equal("brain", answer.owner)
    assert.equal("NORMAL", answer.profile)
  end)

  it("in LEGACY mode is the position monitor", function()
    local answer = position.ask(assert(position.open("policies")), position.new { exit_mode = "LEGACY" })
    assert.equal("position_monitor", answer.owner)
    assert.equal("position_monitor", answer.profile)
  end)

  it("in LEGACY mode is the most specific of legacy_rules", function()
    local set = assert(position.open("policies", { settings = {
      'legacy_rules={ { strategy = "trend", use = "hybrid_tpsl" },'
        .. ' { symbol = "SOLUSDT", use = "trailing_stop_manager" },'
        .. ' { symbol = "SOLUSDT", use = "position_monitor" },'
        .. ' { symbol = "ETHUSDT", strategy = "trend", use = "position_monitor" } }',
      'legacy_owner="dynamic_trailing_rearm"' } }))
    local function ask(symbol, strategy_id)
      return owner_of(set, position.new { exit_mode = "LEGACY", symbol = symbol, strategy_id = strategy_id })
    end
    assert.equal("hybrid_tpsl", ask("BTCUSDT", "trend"))
    assert.equal("trailing_stop_manager", ask("SOLUSDT", "trend"))
    assert.equal("position_monitor", ask("ETHUSDT", "trend"))
    assert.equal("dynamic_trailing_rearm", ask("ETHUSDT", "scalp"))
    assert.equal("brain", owner_of(set, position.new()))
  end)

  it("is whoever is pinned; in LEGACY mode only a legacy owner can be", function()
    for _, case in ipairs { { "narrow", "narrow", "position_monitor" }, { "brain", "brain", "position_monitor" },
      { "hybrid_tpsl", "hybrid_tpsl", "hybrid_tpsl" } } do
      local set = assert(open(SET, { 'owner="' .. case[1] .. '"',
        'strategy_rules={ { symbol = "SOLUSDT", use = "wide" } }' }))
      assert.equal(case[2], owner_of(set, position.new()))
      assert.equal(case[3], owner_of(set, position.new { exit_mode = "LEGACY" }))
    end
  end)

  it("is the most specific of strategy_rules: symbol before strategy, both before one", function()
    local set = assert(open(SET, { 'strategy_rules={ { strategy = "trend", use = "narrow" },'
      .. ' { symbol = "SOLUSDT", use = "wide" }, { symbol = "SOLUSDT", strategy = "grid", use = "hybrid_tpsl" },'
      .. ' { symbol = "XRPUSDT", use = "brain" } }' }))
    local function ask(symbol, strategy_id)
      return owner_of(set, position.new { symbol = symbol, strategy_id = strategy_id })
    end
    assert.equal("narrow", ask("BTCUSDT", "trend"))
    assert.equal("wide", ask("SOLUSDT", "trend"))
    assert.equal("hybrid_tpsl", ask("SOLUSDT", "grid"))
    assert.equal("brain", ask("XRPUSDT", "trend"))
    assert.equal("brain", ask("BTCUSDT", "grid"))
    assert.equal("position_monitor",
      owner_of(set, position.new { symbol = "SOLUSDT", exit_mode = "LEGACY" }))
  end)
end)

describe("strategies/", function()
  it("holds files and folders, each with settings of its own", function()
    local set = assert(open(SET, { 'owner="wide"', "strategies.wide.stop_pct=3.0" }))
    local answer = position.ask(set, position.new())
    assert.equal(3, position.find(answer, "move_stop").pct)
    assert.equal("wide", answer.profile)
    local settings = set:settings()
    assert.is_truthy(settings)
  end)

  it("may name a profile of its own, and remember", function()
    local text = strategy(1.0):gsub("extras = {", 'extras = { profile = "mine",')
    local set = assert(open({ ["strategies/a.lua"] = text }, { 'owner="a"' }))
    local ctx = position.new()
    local answer = position.ask(set, ctx)
    assert.equal("mine", answer.profile)
    assert.equal(1, answer.memory.asked)
    assert.equal(2, position.ask(set, position.accept(ctx, answer)).memory.asked)
  end)

  it("takes any strategy that gives no extras, or wrong ones, for what it is", function()
    local set = assert(open({ ["strategies/a.lua"] = 'return { name = "a", version = "1", decide = function()'
      .. ' return { type = "full_exit" }, 5 end }' }, { 'owner="a"' }))
    local answer = position.ask(set, position.new())
    assert.equal("invalid", answer.result)
    set = assert(open({ ["strategies/a.lua"] = 'return { name = "a", version = "1", decide = function() end }' },
      { 'owner="a"' }))
    answer = position.ask(set, position.new())
    assert.equal("keep", answer.result)
    assert.equal("a", answer.owner)
  end)

  it("is refused with a name that is taken, or without decide", function()
    refused({ ["strategies/brain.lua"] = strategy(1) }, nil, "strategies.brain: the name 'brain' is taken")
    refused({ ["strategies/auto.lua"] = strategy(1) }, nil, "the name 'auto' is taken")
    refused({ ["strategies/hybrid_tpsl.lua"] = strategy(1) }, nil, "the name 'hybrid_tpsl' is taken")
    refused({ ["strategies/" .. ("a"):rep(32) .. ".lua"] = strategy(1) }, nil, "longer than 31 bytes")
    assert(open { ["strategies/" .. ("a"):rep(31) .. ".lua"] = strategy(1) })
    refused({ ["strategies/a.lua"] = "return 5" }, nil, "strategies.a: expected a table with a function decide")
    refused({ ["strategies/a.lua"] = "return { decide = 5 }" }, nil, "strategies.a: expected a table")
  end)

  it("is refused where one of them fails its own test", function()
    refused({ ["strategies/a.lua"] = strategy(1, 'self_test = function() return false, "too wide" end') }, nil,
      "a: too wide")
    refused({ ["strategies/a.lua"] = strategy(1, 'self_test = function() error("no stop", 0) end') }, nil, "no stop")
  end)
end)

describe("settings of owners", function()
  for _, case in ipairs {
    { 'owner="chandelier"', "owner: expected one of auto, brain, dynamic_trailing_rearm, hybrid_tpsl" },
    { 'legacy_owner="brain"', "legacy_owner: expected one of dynamic_trailing_rearm, hybrid_tpsl" },
    { 'strategy_rules={ { symbol = "BTCUSDT", use = "none" } }', "strategy_rules[1].use: expected one of brain" },
    { 'strategy_rules={ { symbol = "BTCUSDT" } }', "strategy_rules[1].use: expected one of brain" },
    { 'strategy_rules={ { sybol = "BTCUSDT", use = "brain" } }', "strategy_rules[1]: field: expected one of symbol" },
    { "strategy_rules={ { symbol = 5, use = \"brain\" } }", "strategy_rules[1].symbol: expected a text, got 5" },
    { 'strategy_rules={ symbol = "BTCUSDT", use = "brain" }', 'strategy_rules: unknown key "symbol"' },
    { 'legacy_rules={ use = "hybrid_tpsl" }', 'legacy_rules: unknown key "use"' },
    { "strategy_rules={ 5 }", "strategy_rules[1]: expected { symbol" },
    { 'legacy_rules={ { use = "brain" } }', "legacy_rules[1].use: expected one of dynamic_trailing_rearm" },
    { "legacy.position_monitor.sl_pct=99", "legacy.position_monitor.sl_pct: expected a number from" },
    { "legacy.position_monitor.ladder.2.from_margin_pct=4", "legacy.position_monitor.ladder[2].from_margin_pct" },
    { "legacy.position_monitor.ladder.1.targets.1.2=101", "ladder[1].targets[1][2]" },
    { "legacy.position_monitor.ladder.3.targets.3.2=61", "percent of the size together" },
    { "legacy.trailing_stop_manager.lock_at_pct=1", "legacy.trailing_stop_manager.breakeven_at_pct" },
    { "legacy.dynamic_trailing_rearm.scale.2.2=2", "legacy.dynamic_trailing_rearm.scale[2][2]" },
    { "legacy.dynamic_trailing_rearm.scale.1.2=1.5", "legacy.dynamic_trailing_rearm.scale[1][2]" },
    { "legacy.dynamic_trailing_rearm.splits.1.parts.1.1=101", "splits[1].parts[2][1]" },
    { "legacy.hybrid_tpsl.low_confidence=0.9", "legacy.hybrid_tpsl.low_confidence" },
  } do
    it("refuse " .. case[1], function() refused({}, { case[1] }, case[2]) end)
  end

  it("keep trailing_stop_manager off duty everywhere", function()
    for _, setting in ipairs { 'legacy_owner="trailing_stop_manager"',
      'legacy_rules={ { symbol = "BTCUSDT", use = "trailing_stop_manager" } }',
      'strategy_rules={ { symbol = "BTCUSDT", use = "trailing_stop_manager" } }' } do
      assert(position.open("policies", { settings = { setting } }))
      refused({}, { "qt_trailing_stop_enabled=false", setting }, "trailing_stop_manager is off duty")
    end
    assert(position.open("policies", { settings = { "qt_trailing_stop_enabled=false" } }))
  end)
end)

describe("change of owner", function()
  -- A position that lives under one mode, and then is asked about under another.
  local function change(from, to, over)
    local set = assert(position.open("policies"))
    local ctx = position.new(over)
    ctx.exit_mode = from
    local first = position.ask(set, ctx)
    ctx = position.accept(ctx, first)
    assert.equal("keep", position.ask(set, ctx).result)
    local before = position.accept(ctx, { decisions = {} }, { exit_mode = to, reason = "mode" })
    local answer = position.ask(set, before)
    assert.equal("ok", answer.result, answer.err)
    return before, answer, set
  end

  for _, case in ipairs { { "LEGACY", "EXIT_BRAIN_V3", "brain" }, { "EXIT_BRAIN_V3", "LEGACY", "position_monitor" } } do
    it("from " .. case[1] .. " to " .. case[2] .. " is a new plan with an empty memory, and no looser stop", function()
      for _, side in ipairs { "LONG", "SHORT" } do
        local before, answer, set = change(case[1], case[2], { side = side })
        assert.equal(case[3], answer.owner)
        assert.is_truthy(position.find(answer, "update_tp_limits"))
        local stop = position.find(answer, "move_stop")
        assert.is_true(stop == nil or before.sign * (position.stop_price(before, stop) - before.stop) >= 0)
        for key in pairs(before.memory) do
          assert.is_true(answer.memory[key] == nil or answer.memory[key] ~= before.memory[key] or key == "episode"
            or key == "leg_base" or key == "leverage", key .. " was inherited")
        end
        local after = position.accept(before, answer)
        assert.equal(case[3], after.owner)
        assert.is_true(after.planned)
        assert.equal("keep", position.ask(set, after).result)
      end
    end)
  end

  -- A position of another owner, with a stop far away, that the brain is asked about.
  local function taken_over(over)
    local ctx = { owner = "wide", plan_revision = 2, reason = "reload", entry = 100, r = 9, leverage = 1 }
    for key, value in pairs(over) do ctx[key] = value end
    local set = assert(position.open("policies"))
    ctx = position.new(ctx)
    local answer = position.ask(set, ctx)
    assert.equal("brain", answer.owner)
    return position.find(answer, "move_stop"), ctx, answer
  end

  it("to the brain brings its own stop, where that is tighter and price has not passed it", function()
    for _, case in ipairs { { "LONG", 91, 101, 97.5 }, { "SHORT", 109, 99, 102.5 }, { "LONG", 99, 101, nil },
      { "LONG", 91, 97, nil } } do
      local stop = taken_over { side = case[1], stop = case[2], price = case[3] }
      assert.equal(case[4], stop and stop.price)
    end
    assert.is_nil((taken_over { stop = 91, price = 98, signals = { risk_mode = "CRITICAL" } })) -- 1.25 %: passed
    assert.equal(98.75, taken_over({ stop = 91, price = 99, signals = { risk_mode = "CRITICAL" } }).price)
    assert.is_nil((taken_over { stop = 91, price = 0 })) -- no fresh price to judge it by
  end)

  it("to the brain sets no ratchet that price has passed: the next hit does", function()
    for _, case in ipairs { { "LONG", 99, 2, 2 }, { "SHORT", 101, 2, 2 }, { "LONG", 100.5, 1, 2 },
      { "LONG", 103, 1, 2 } } do
      local hit = case[1] == "LONG" and 102 or 98
      local _, _, answer = taken_over { side = case[1], stop = case[1] == "LONG" and 98 or 102, r = 2, price = case[2],
        hits = 1, legs = { { id = 1, state = "hit", price = hit, fraction = 0.5, r = 1 } } }
      local rules = position.find(answer, "set_ratchet").rules
      assert.equal(case[3], rules[1].after_hits)
      assert.equal(case[4], rules[2].after_hits)
    end
    local legs = { { id = 1, state = "hit", price = 102, fraction = 0.3, r = 1 },
      { id = 2, state = "hit", price = 103, fraction = 0.3, r = 1.5 } }
    local _, _, answer = taken_over { stop = 98, r = 2, price = 101, hits = 2, legs = legs }
    assert.equal(1, position.find(answer, "set_ratchet").rules[1].after_hits) -- entry is behind the price
    assert.equal(3, position.find(answer, "set_ratchet").rules[2].after_hits) -- the first target is not
  end)

  it("by a rule at a reload is the same", function()
    local set = assert(open(SET))
    local ctx = position.new()
    ctx = position.accept(ctx, position.ask(set, ctx))
    set = assert(open(SET, { 'strategy_rules={ { symbol = "SOLUSDT", use = "narrow" } }' }))
    ctx = position.accept(ctx, { decisions = {} }, { reason = "reload" })
    local answer = position.ask(set, ctx)
    assert.equal("narrow", answer.owner)
    assert.equal(1, answer.memory.asked)
    assert.equal(1, position.find(answer, "move_stop").pct)
    ctx = position.accept(ctx, answer)
    answer = position.ask(set, ctx)
    assert.equal("keep", answer.result)
    assert.equal(2, answer.memory.asked)
  end)

  it("gives any position a valid answer, whoever planned it", function()
    math.randomseed(41)
    local set = assert(open(SET, { 'strategy_rules={ { strategy = "scalp", use = "wide" } }' }))
    local seen = {}
    for i = 1, 800 do
      local ctx = random.position()
      ctx.exit_mode = math.random(3) == 1 and "LEGACY" or "EXIT_BRAIN_V3"
      local answer = position.ask(set, ctx)
      if answer.owner ~= "wide" then random.assert_valid(ctx, answer) end
      seen[answer.owner] = true
      if i % 20 == 0 then assert(set:pure(ctx)) end
    end
    assert.is_true(seen.brain and seen.position_monitor and seen.wide)
  end)
end)
