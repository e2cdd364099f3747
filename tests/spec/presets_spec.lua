-- SPDX-License-Identifier: Apache-2.0
-- Where a setting's value comes from: the file, EXIT_BRAIN_PROFILE, QT_TRAILING_STOP_ENABLED, a preset, an override.

local host = require "exitbrain_host"

local function set(presets, more)
  return { ["init.lua"] = [[
    local S = { profile = "DEFAULT", stop_pct = 1.5, on = true, trail = { callback_pct = 0.8, from_r = 1 },
      legs = { 0.5, 0.5 }, step = { { r = 1 } } ]] .. (more or "") .. [[ }
    local trail = S.trail -- files keep references to tables of settings
    return { name = "n", version = "1", settings = S, presets = ]] .. presets .. [[,
      decide = function() return { type = "no_change", reason = S.profile .. " " .. trail.callback_pct } end }]] }
end

local function open(files, options)
  options = options or {}
  options.files = files
  return host.open(options)
end

local function value(policy, name)
  return ("\n" .. policy:settings()):match("\n" .. name .. " = ([^\n]*)")
end

local PRESETS = [[{
  V3 = { stop_pct = 2.5, ["trail.callback_pct"] = 1.5, legs = { 1 }, ["step.1.r"] = 4 },
  OFF = { on = false, trail = false },
  WHOLE = { trail = { callback_pct = 3, from_r = 2 } },
}]]

describe("a preset", function()
  it("writes its settings when the profile names it", function()
    for _, how in ipairs { { profile = "V3" }, { settings = { 'profile="V3"' } },
      { profile = "OFF", settings = { 'profile="V3"' } } } do
      local policy = assert(open(set(PRESETS), how))
      assert.equal("2.5", value(policy, "stop_pct"))
      assert.equal('"V3"', value(policy, "profile"))
      assert.equal("{1}", value(policy, "legs"))
      assert.equal("{callback_pct = 1.5, from_r = 1}", value(policy, "trail"))
      assert.equal("{{r = 4}}", value(policy, "step"))
      assert.equal("true", value(policy, "on"))
    end
  end)

  it("reaches tables that files hold", function()
    local policy = assert(open(set(PRESETS), { profile = "WHOLE" }))
    local _, answer = policy:consult(host.context())
    assert.equal("WHOLE 3", answer.decisions[1].reason)
  end)

  it("is weaker than an override, wherever that stands", function()
    local policy = assert(open(set(PRESETS), { settings = { "stop_pct=9", 'profile="V3"', "trail.callback_pct=7" } }))
    assert.equal("9", value(policy, "stop_pct"))
    assert.equal("{callback_pct = 7, from_r = 1}", value(policy, "trail"))
  end)

  it("may switch tables and booleans off", function()
    local policy = assert(open(set(PRESETS), { profile = "OFF" }))
    assert.equal("false", value(policy, "on"))
    assert.equal("false", value(policy, "trail"))
  end)

  it("leaves a profile that is none alone", function()
    local policy = assert(open(set(PRESETS), { profile = "TREND_DEFAULT" }))
    assert.equal("1.5", value(policy, "stop_pct"))
    assert.equal('"TREND_DEFAULT"', value(policy, "profile"))
  end)

  it("shows keywords as keys that Lua reads back", function()
    local policy = assert(open(set("{}", ", ['end'] = 1")))
    assert.matches('["end"] = 1\n', policy:settings(), 1, true)
  end)

  it("is part of the set's hash", function()
    local plain, v3 = assert(open(set(PRESETS))), assert(open(set(PRESETS), { profile = "V3" }))
    assert.are_not.equal(plain:info().hash, v3:info().hash)
  end)

  for presets, message in pairs {
    ["{ A = { stop = 1 } }"] = "presets.A: the set has no setting 'stop'; it has: legs, on, profile",
    ["{ A = { ['trail.x'] = 1 } }"] = "presets.A: the set has no setting 'trail.x'",
    ["{ A = { stop_pct = 'x' } }"] = "presets.A: setting 'stop_pct': expected a number, got a string",
    ["{ A = { stop_pct = false } }"] = "presets.A: setting 'stop_pct': expected a number, got a boolean",
    ["{ A = { trail = true } }"] = "presets.A: setting 'trail': expected a table, got a boolean",
    ["{ A = { trail = { function() end } } }"] = "presets.A: settings hold numbers, texts, booleans and tables",
    ["{ A = { 1 } }"] = "presets.A: a preset holds settings by their names, not [1]",
    ["{ A = { profile = 'B' } }"] = "presets.A: 'profile' is what names the preset",
    ["{ A = 5 }"] = "presets.A: expected a table of settings, got a number",
    ["{ { stop_pct = 1 } }"] = "presets: a preset's name is a text of 1 to 31 bytes, not 1",
    ["{ [('x'):rep(32)] = {} }"] = "presets: a preset's name is a text of 1 to 31 bytes",
    ["5"] = "init.lua.presets: expected table, got 5",
  } do
    it("is refused: " .. message, function()
      local policy, err = open(set(presets))
      assert.is_nil(policy)
      assert.matches(message, err, 1, true)
    end)
  end

  it("is refused with its own mistake, also when another profile is asked for", function()
    local policy, err = open(set "{ A = { stop_pct = 2 }, B = { stop = 2 } }", { profile = "A" })
    assert.is_nil(policy)
    assert.matches("presets.B: ", err, 1, true)
  end)
end)

describe("QT_TRAILING_STOP_ENABLED", function()
  local files = set("{}", ", qt_trailing_stop_enabled = true")

  it("reaches a set that asks for it", function()
    for given, expected in pairs { [true] = "true", [false] = "false" } do
      local policy = assert(open(files, { qt_trailing_stop_enabled = given }))
      assert.equal(expected, value(policy, "qt_trailing_stop_enabled"))
    end
    assert.equal("true", value(assert(open(files)), "qt_trailing_stop_enabled"))
  end)

  it("is weaker than an override", function()
    local policy = assert(open(files,
      { qt_trailing_stop_enabled = false, settings = { "qt_trailing_stop_enabled=true" } }))
    assert.equal("true", value(policy, "qt_trailing_stop_enabled"))
  end)

  it("is nothing to a set that does not", function()
    assert.is_nil(value(assert(open(set "{}", { qt_trailing_stop_enabled = false })), "qt_trailing_stop_enabled"))
    local number = assert(open(set("{}", ", qt_trailing_stop_enabled = 1"), { qt_trailing_stop_enabled = false }))
    assert.equal("1", value(number, "qt_trailing_stop_enabled"))
  end)
end)
