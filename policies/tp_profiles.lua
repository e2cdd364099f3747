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
  return { name = name, levels = ladder.from_percent(legs), trailing = trailing }
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
  if S.profile ~= "DEFAULT" then return profiles.all[S.profile] end
  local name, best = regime, -1
  for _, rule in ipairs(S.profile_rules) do
    local points = score(rule, ctx, regime)
    if points and points > best then name, best = rule.profile, points end
  end
  return profiles.all[name]
end

-- A number that stands for everything in a profile: when it differs from the one in memory, the plan is another.
function profiles.mark(p)
  if p.mark then return p.mark end
  local parts = { p.name, S.min_target_fees, S.ratchet_fees, S.challenge_tp1_r, S.challenge_atr_mult }
  local function add(...)
    for _, value in ipairs({ ... }) do parts[#parts + 1] = tostring(value) end
  end
  for _, level in ipairs(p.levels) do add(level.r, level.fraction, level.soft) end
  if p.trailing then
    add(p.trailing.activation_r, p.trailing.callback_pct)
    for _, step in ipairs(p.trailing.tighten) do add(step.r, step.callback_pct) end
  end
  local text, mark = table.concat(parts, " "), 0
  for i = 1, #text do mark = (mark * 33 + string.byte(text, i)) % 4294967291 end
  p.mark = mark
  return mark
end

function profiles.self_test()
  local names = {}
  for name, p in pairs(profiles.all) do
    names[#names + 1] = name
    check.levels("tp_profiles." .. name .. ".levels", p.levels)
    check.rising("tp_profiles." .. name .. ".levels", p.levels)
    if p.trailing then check.trailing("tp_profiles." .. name .. ".trailing", p.trailing) end
  end
  if S.profile ~= "DEFAULT" then check.one_of("profile", S.profile, names) end
  for i, rule in ipairs(S.profile_rules) do check.one_of("profile_rules[" .. i .. "].profile", rule.profile, names) end
end

return profiles
