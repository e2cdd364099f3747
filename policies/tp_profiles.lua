-- SPDX-License-Identifier: Apache-2.0
-- The take-profit profiles of Exit Brain V3 and their choice. Legs are { r, percent of the leg base, soft }: a soft leg
-- is a resting limit order, a hard one a market order at its trigger. What the legs leave over is the runner. Trailing
-- is a stop for all that remains, so VOLATILE and NORMAL have it although their legs sum to 100 % (V3 built none then).

local S = require "settings"
local check = require "exitbrain.check"
local curve = require "exitbrain.curve"
local ladder = require "exitbrain.ladder"

local profiles = {}

local HARD, SOFT = false, true

local function profile(name, legs, trailing)
  if trailing then trailing.tighten = curve.from_pairs(trailing.tighten) end
  local levels = ladder.from_percent(legs)
  return { name = name, levels = levels, trailing = trailing, full = ladder.sum(levels) == 1 }
end

profiles.all = {
  TREND = profile("TREND", { { 0.5, 15, SOFT }, { 1.0, 20, HARD }, { 2.0, 30, HARD } },
    { activation_r = 1.5, callback_pct = 2.0, tighten = { { 3, 1.5 }, { 5, 1.0 } } }),
  RANGE = profile("RANGE", { { 0.2, 35, SOFT }, { 0.4, 35, HARD }, { 0.7, 30, HARD } }),
  VOLATILE = profile("VOLATILE", { { 0.4, 25, SOFT }, { 0.8, 35, HARD }, { 1.5, 40, HARD } },
    { activation_r = 1.0, callback_pct = 2.5 }),
  CHOP = profile("CHOP", { { 0.15, 40, SOFT }, { 0.35, 40, HARD }, { 0.6, 20, HARD } }),
  NORMAL = profile("NORMAL", { { 0.5, 25, SOFT }, { 1.0, 25, HARD }, { 2.0, 50, HARD } },
    { activation_r = 1.0, callback_pct = 1.5, tighten = { { 3, 1.0 } } }),
  CHALLENGE_100 = profile("CHALLENGE_100", { { 1.0, 30, HARD } }, { activation_r = 1.0, callback_pct = 2.0 }),
}

-- V3's branch for a plan that is made in a large profit: what it says is computed in targets.lua.
profiles.PROFIT_LOCK = profile("PROFIT_LOCK", {})

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
  local pinned = profiles.all[S.profile]
  if pinned then return pinned end
  local name, best = regime, -1
  for _, rule in ipairs(S.profile_rules) do
    local points = score(rule, ctx, regime)
    if points and points > best then name, best = rule.profile, points end
  end
  return profiles.all[name]
end

-- Settings that shape a plan beside the profile.
local SHAPING = { "tp_source", "one_ruler", "full_trail", "min_target_fees", "ratchet_fees", "base_tp_pct", "tp_factor",
  "base_trail_pct", "profit_lock_tp_factor", "dynamic_tp", "challenge_tp1_r", "challenge_atr_mult" }

local function mix(mark, value)
  if type(value) == "table" then
    for key, inner in pairs(value) do mark = mix(mix(mark, key), inner) end
    return mark
  end
  local text = tostring(value)
  for i = 1, #text do mark = (mark * 33 + string.byte(text, i)) % 4294967291 end
  return (mark * 33) % 4294967291
end

-- A number that stands for everything in a profile: when it differs from the one in memory, the plan is another.
function profiles.mark(p)
  if p.mark == nil then
    local mark = mix(mix(mix(0, p.name), p.levels), p.trailing)
    for _, name in ipairs(SHAPING) do mark = mix(mark, S[name]) end
    p.mark = mark
  end
  return p.mark
end

function profiles.self_test()
  local names = { "DEFAULT", "V3_FAITHFUL" }
  for name, p in pairs(profiles.all) do
    names[#names + 1] = name
    check.levels("tp_profiles." .. name .. ".levels", p.levels)
    check.rising("tp_profiles." .. name .. ".levels", p.levels)
    if p.trailing then check.trailing("tp_profiles." .. name .. ".trailing", p.trailing) end
  end
  check.one_of("profile", S.profile, names)
  for i, rule in ipairs(S.profile_rules) do
    check.one_of("profile_rules[" .. i .. "].profile", rule.profile, { table.unpack(names, 3) })
  end
end

return profiles
