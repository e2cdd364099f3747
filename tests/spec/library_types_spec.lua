-- SPDX-License-Identifier: Apache-2.0
-- lua/exitbrain/types.lua says of ctx and the library what is there: neither less nor more, so that they cannot drift.

local host = require "exitbrain_host"

local ROOT = os.getenv("EB_ROOT") or "."

local function read(path)
  local file = assert(io.open(ROOT .. "/" .. path))
  local text = file:read("a")
  file:close()
  return text
end

local TYPES = read("lua/exitbrain/types.lua")

-- name -> type and the rest, of one class.
local function fields_of(class)
  local out, inside = {}, false
  for line in (TYPES .. "\n"):gmatch("(.-)\n") do
    local name = line:match("^%-%-%-@class ([%w_.]+)")
    if name then inside = name == class elseif line == "" then inside = false end
    local field, rest = line:match("^%-%-%-@field ([%w_]+) (.*)$")
    if inside and field then
      assert(out[field] == nil, class .. "." .. field .. " stands twice")
      out[field] = rest
    end
  end
  assert(next(out), "no class " .. class)
  return out
end

local function names_of(tbl)
  local names = {}
  for name in pairs(tbl) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- The words of an alias: "a"|"b".
local function words_of(alias)
  local text, words = assert(TYPES:match("%-%-%-@alias " .. alias .. " ([^\n]*)"), alias), {}
  for word in text:gmatch('"([^"]*)"') do words[#words + 1] = word end
  return words
end

describe("types.lua", function()
  for class, view in pairs { ["exitbrain.Context"] = "ctx", ["exitbrain.Leg"] = "legs",
    ["exitbrain.Features"] = "features" } do
    it("has the fields of " .. class, function()
      local wanted = {}
      for _, name in ipairs(host.fields[view]) do wanted[name] = true end
      if view == "ctx" then
        for _, name in ipairs { "legs", "features", "memory", "signals" } do wanted[name] = true end
      end
      assert.same(names_of(wanted), names_of(fields_of(class)))
    end)
  end

  it("has the time frames", function()
    assert.same(words_of("exitbrain.Timeframe"), { "m1", "m5", "m15", "h1" })
    assert.same({ "h1", "m1", "m15", "m5" }, names_of(fields_of("exitbrain.FeatureSet")))
    assert.same({ "h1", "m1", "m15", "m5" }, names_of(host.context().features))
  end)

  it("says what may be nil", function()
    local policy = assert(host.open { files = { ["init.lua"] = [[return { name = "t", version = "1",
      decide = function(ctx) return { type = "no_change", reason = tostring(ctx[ctx.strategy_id] ~= nil) } end }]] } })
    local function is_known(ctx, name)
      ctx.strategy_id = name
      local _, answer, err = policy:consult(ctx)
      return assert(answer, err).decisions[1].reason == "true"
    end
    for name, type in pairs(fields_of("exitbrain.Context")) do
      if not type:find("?", 1, true) then
        assert.is_true(is_known(host.context(), name), name .. " is nil")
      elseif name ~= "strategy_id" then
        assert.is_false(is_known({ side = "LONG" }, name), name .. " is known, who knows nothing")
      end
    end
  end)

  it("has the words of the view", function()
    for alias, field in pairs { ["exitbrain.Reason"] = "reason", ["exitbrain.StopKind"] = "stop_kind",
      ["exitbrain.Regime"] = "regime" } do
      local words = words_of(alias)
      assert.is_true(#words >= 6)
      for _, word in ipairs(words) do assert.equal(word, host.context({ [field] = word })[field]) end
    end
    for _, word in ipairs(words_of("exitbrain.LegState")) do
      assert.equal(word, host.context({ legs = { { state = word, r = 1, fraction = 1 } } }).legs[1].state)
    end
  end)

  for _, name in ipairs { "unit", "decision", "ladder", "curve", "side", "stop", "regime", "wake", "check", "rules",
    "testing" } do
    it("has what exitbrain." .. name .. " has", function()
      assert.same(names_of(require("exitbrain." .. name)), names_of(fields_of("exitbrain.lib." .. name)))
    end)
    it("is named by exitbrain." .. name, function()
      assert.matches("exitbrain.lib." .. name, read("lua/exitbrain/" .. name .. ".lua"), 1, true)
    end)
  end

  it("has what rules.draft has", function()
    assert.same(names_of(require("exitbrain.rules").draft), names_of(fields_of("exitbrain.lib.draft")))
  end)

  it("has the functions that a set may name beyond Lua's own", function()
    for _, name in ipairs { "log", "owner", "modules", "copy" } do
      assert.matches("function " .. name .. "(", TYPES, 1, true)
    end
    assert.matches("\nhost = {}", TYPES, 1, true)
  end)

  it("has the fields of a set", function()
    local fields = fields_of("exitbrain.Set")
    local _, err = host.open { files = { ["init.lua"] =
      'return { name = "t", version = "1", decide = function() end, unknown = 1 }' } }
    local names = {}
    for name in assert(tostring(err):match("%((.-)%)")):gmatch("[%w_]+") do names[name] = true end
    assert.same(names_of(names), names_of(fields))
  end)
end)
