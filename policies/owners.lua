-- SPDX-License-Identifier: Apache-2.0
-- Who answers for a position: the brain (adapter.lua), a strategy of strategies/, or one of the owners that Exit Brain
-- V3 grew up beside (legacy/). One owner per position, always: every consult asks exactly one of them, and the engine
-- is told which, so that another one begins with an empty memory and a plan of its own.
--     ctx -> pin or most specific rule -> that owner's decide

local S = require "settings"
local adapter = require "adapter"
local check = require "exitbrain.check"

local owners = {}

-- A strategy's settings stand in settings.strategies.NAME, a legacy owner's in settings.legacy.NAME.
S.owner = "auto"                     -- a name pins that one for every position ("auto": rules, else the brain)
S.strategy_rules = {}                -- { symbol = "BTCUSDT", strategy = "scalp", use = NAME }, either may be left out
S.legacy_owner = "position_monitor"  -- EXIT_MODE=LEGACY: who owns where no rule of legacy_rules fits
S.legacy_rules = {}                  -- as strategy_rules, for EXIT_MODE=LEGACY
S.qt_trailing_stop_enabled = true    -- QT_TRAILING_STOP_ENABLED: false takes trailing_stop_manager off duty
S.strategies, S.legacy = {}, {}

local SYMBOL, STRATEGY = 100, 10 -- V3: how specific a rule is
local LEGACY = {
  require "legacy.dynamic_trailing_rearm", require "legacy.hybrid_tpsl", require "legacy.position_monitor",
  require "legacy.trailing_stop_manager",
}

local known, names = { brain = { decide = adapter.decide } }, { "brain" } -- name -> { decide, settings, self_test }

local function add(name, answers, place)
  if known[name] or name == "auto" or #name > 31 then
    error(place .. ": the name '" .. name .. "' is taken or longer than 31 bytes: give the strategy another", 0)
  end
  if type(answers) ~= "table" or type(answers.decide) ~= "function" then
    error(place .. ": expected a table with a function decide, as init.lua returns it", 0)
  end
  known[name], names[#names + 1] = answers, name
end

local legacy_names = {}
for i, legacy in ipairs(LEGACY) do
  legacy_names[i] = legacy.name
  add(legacy.name, legacy, "legacy." .. legacy.name)
  S.legacy[legacy.name] = legacy.settings
end

-- strategies/NAME.lua and strategies/NAME/init.lua.
for _, module in ipairs(modules("strategies")) do
  local name, strategy = string.sub(module, #"strategies." + 1), require(module)
  add(name, strategy, module)
  S.strategies[name] = strategy.settings
end

-- The most specific of the rules that fit this position (the first of equals), else `name`.
local function by_rule(rules, ctx, name)
  local best = -1
  for i = 1, #rules do
    local rule = rules[i]
    local points = (rule.symbol and SYMBOL or 0) + (rule.strategy and STRATEGY or 0)
    local fits = (rule.symbol == nil or rule.symbol == ctx.symbol)
      and (rule.strategy == nil or rule.strategy == ctx.strategy_id)
    if fits and points > best then name, best = rule.use, points end
  end
  return name
end

local function ask(name, ctx)
  owner(name)
  local answer, extras = known[name].decide(ctx)
  if name ~= "brain" then -- reports name what planned: of another owner that is its own name
    extras = extras == nil and {} or extras
    if type(extras) == "table" and extras.profile == nil then extras.profile = name end
  end
  return answer, extras
end

function owners.decide(ctx)
  return ask(S.owner ~= "auto" and S.owner or by_rule(S.strategy_rules, ctx, "brain"), ctx)
end

-- EXIT_MODE=LEGACY: nothing but a legacy owner answers, so that a pin on another one does not count here.
function owners.legacy(ctx)
  if S.legacy[S.owner] then return ask(S.owner, ctx) end
  return ask(by_rule(S.legacy_rules, ctx, S.legacy_owner), ctx)
end

local function check_name(path, name, allowed)
  check.one_of(path, name, allowed)
  if name == "trailing_stop_manager" and not S.qt_trailing_stop_enabled then
    error(path .. ": trailing_stop_manager is off duty (QT_TRAILING_STOP_ENABLED=false): choose another owner", 0)
  end
end

local function check_rules(path, rules, allowed)
  check.keys(path, rules, {}) -- one rule without the brackets of a list would count for nothing
  for i, rule in ipairs(rules) do
    local here = path .. "[" .. i .. "]"
    if type(rule) ~= "table" then error(here .. ": expected { symbol =, strategy =, use = }", 0) end
    for key, value in pairs(rule) do
      check.one_of(here .. ": field", key, { "symbol", "strategy", "use" })
      if type(value) ~= "string" then error(here .. "." .. key .. ": expected a text, got " .. tostring(value), 0) end
    end
    check_name(here .. ".use", rule.use, allowed)
  end
end

function owners.self_test()
  check_name("owner", S.owner, { "auto", table.unpack(names) })
  check_name("legacy_owner", S.legacy_owner, legacy_names)
  check_rules("strategy_rules", S.strategy_rules, names)
  check_rules("legacy_rules", S.legacy_rules, legacy_names)
  for _, name in ipairs(names) do
    local test = known[name].self_test
    if test then
      local passed, why = test()
      if passed == false then error(name .. ": " .. tostring(why), 0) end
    end
  end
end

return owners
