-- SPDX-License-Identifier: Apache-2.0
-- V3's ladder without profiles (use_profiles = False), tp_source = "plain": a quarter of the position at half of the
-- regime's target distance, a quarter at the whole of it, and half as the runner: trailed where the regime allows it,
-- else sold at twice the distance.

local S = require "settings"

local plain = {}

local FIRST, SECOND, RUNNER = 0.5, 1.0, 2.0 -- of the target distance
local QUARTER, HALF = 25, 50 -- percent of the leg base

-- Regimes whose runner is trailed; the others sell it.
local TRAILS = { NORMAL = true, TREND = true }

function plain.trails(regime) return TRAILS[regime] or false end

-- The target distance in percent of price: base or hint, times risk mode, times regime, clamped.
function plain.target_pct(regime, hints)
  local pct = (hints.tp_pct or S.base_tp_pct) * hints.factor * S.tp_factor[regime]
  return math.max(S.min_tp_pct, math.min(S.max_tp_pct, pct))
end

-- Legs { percent of price, percent of the leg base } as exitbrain.ladder.from_percent takes them.
function plain.legs(regime, hints)
  local pct = plain.target_pct(regime, hints)
  local legs = { { FIRST * pct, QUARTER }, { SECOND * pct, QUARTER } }
  if not TRAILS[regime] then legs[3] = { RUNNER * pct, HALF } end
  return legs
end

-- The runner's trail begins where the first target lies.
function plain.trailing(regime, hints, r_pct)
  local activation_pct = FIRST * plain.target_pct(regime, hints)
  return { activation_r = activation_pct / r_pct, callback_pct = hints.trail_pct or S.base_trail_pct }
end

return plain
