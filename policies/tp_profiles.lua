-- SPDX-License-Identifier: Apache-2.0
-- The take-profit profiles of Exit Brain V3 (settings.profiles) and their choice. Legs are { r, percent of the leg
-- base, soft }: a soft leg is a resting limit order, a hard one a market order at its trigger. What the legs leave over
-- is the runner. Trailing is a stop for all that remains, so VOLATILE and NORMAL have it although their legs sum to
-- 100 % (V3 built none then).

local S = require "settings"
local check = require "exitbrain.check"
local curve = require "exitbrain.curve"
local ladder = require "exitbrain.ladder"
local regime_names = require("regime").NAMES

local profiles = {}

local HARD, SOFT = false, true

S.profiles = {
  TREND = {
    legs = { { 0.5, 15, SOFT }, { 1.0, 20, HARD }, { 2.0, 30, HARD } },
    trailing = { activation_r = 1.5, callback_pct = 2.0, tighten = { { 3, 1.5 }, { 5, 1.0 } } },
  },
  RANGE = { legs = { { 0.2, 35, SOFT }, { 0.4, 35, HARD }, { 0.7, 30, HARD } }, trailing = false },
  VOLATILE = {
    legs = { { 0.4, 25, SOFT }, { 0.8, 35, HARD }, { 1.5, 40, HARD } },
    trailing = { activation_r = 1.0, callback_pct = 2.5, tighten = {} },
  },
  CHOP = { legs = { { 0.15, 40, SOFT }, { 0.35, 40, HARD }, { 0.6, 20, HARD } }, trailing = false },
  NORMAL = {
    legs = { { 0.5, 25, SOFT }, { 1.0, 25, HARD }, { 2.0, 50, HARD } },
    trailing = { activation_r = 1.0, callback_pct = 1.5, tighten = { { 3, 1.0 } } },
  },
  CHALLENGE_100 = {
    legs = { { 1.0, 30, HARD } }, trailing = { activation_r = 1.0, callback_pct = 2.0, tighten = {} },
  },
}

local built = {} -- name -> { name, levels, trailing, full }: settings may be overridden until decide is first called

local function build(name, figures)
  local levels, trailing = ladder.from_percent(figures.legs), nil
  if figures.trailing then
    local rule = figures.trailing
    trailing = { activation_r = rule.activation_r, callback_pct = rule.callback_pct,
      tighten = curve.from_pairs(rule.tighten) }
  end
  return { name = name, levels = levels, trailing = trailing, full = ladder.sum(levels) == 1 }
end

local function of(name)
  local p = built[name]
  if p == nil then
    p = build(name, S.profiles[name])
    built[name] = p
  end
  return p
end

-- V3's branch for a plan that is made in a large profit: what it says is computed in targets.lua.
profiles.PROFIT_LOCK = build("PROFIT_LOCK", { legs = {} })

-- How specific a rule is for this position: symbol 100, strategy 10, regime 1 (NORMAL fits any); nil: does not fit.
local function score(rule, ctx, regime)
  local points = 0
  if rule.symbol then
    if rule.symbol ~= ctx.symbol then return nil end
    points = points + 100
  end
  if rule.strategy then
    if rule.strategy ~= ctx.strategy_id then return nil end
    points = points + 10
  end
  if rule.regime == regime then
    points = points + 1
  elseif rule.regime and rule.regime ~= "NORMAL" then
    return nil
  end
  return points
end

-- The profile of a position: the pinned one, else the most specific rule's (first of equals), else the regime's own.
function profiles.select(ctx, regime)
  if S.profiles[S.profile] then return of(S.profile) end
  local name, best = regime, -1
  for i = 1, #S.profile_rules do
    local rule = S.profile_rules[i]
    local points = score(rule, ctx, regime)
    if points and points > best then name, best = rule.profile, points end
  end
  return of(name)
end

function profiles.self_test()
  local names = { "DEFAULT", "V3_FAITHFUL" }
  for name in pairs(S.profiles) do
    local path = "profiles." .. name .. ".legs"
    for i, leg in ipairs(S.profiles[name].legs) do
      check.number(path .. "[" .. i .. "][1]", leg[1], 0.01, 100)
      check.number(path .. "[" .. i .. "][2]", leg[2], 0.01, 100)
    end
    names[#names + 1] = name
    local p = of(name)
    check.levels(path, p.levels)
    check.rising(path, p.levels)
    if p.trailing then check.trailing("profiles." .. name .. ".trailing", p.trailing) end
  end
  check.one_of("profile", S.profile, names)
  check.keys("profile_rules", S.profile_rules, {}) -- a list
  for i, rule in ipairs(S.profile_rules) do
    local path = "profile_rules[" .. i .. "]"
    check.keys(path, rule, { "symbol", "strategy", "regime", "profile" }) -- a slip would fit every position
    check.one_of(path .. ".profile", rule.profile, { table.unpack(names, 3) })
    for _, key in ipairs { "symbol", "strategy" } do
      if rule[key] ~= nil then check.text(path .. "." .. key, rule[key], 31) end
    end
    if rule.regime ~= nil then check.one_of(path .. ".regime", rule.regime, regime_names) end
  end
end

return profiles
