-- SPDX-License-Identifier: Apache-2.0
-- Constructors of the seven decisions, so that a policy reads as sentences and cannot misspell a field.
--
--     local decide = require "exitbrain.decision"
--     return { decide.stop_pct(1.5, "first plan"), decide.targets(levels) }

local decision = {}

function decision.no_change(reason) return { type = "no_change", reason = reason } end

-- fraction: of the leg base, above 0 and at most 1.
function decision.partial_close(fraction, reason)
  return { type = "partial_close", fraction = fraction, reason = reason }
end

-- pct: distance from entry on the loss side, in percent of entry.
function decision.stop_pct(pct, reason) return { type = "move_stop", pct = pct, reason = reason } end

-- risk_price: what R is measured to, needed only where the stop itself does not lie on the loss side.
function decision.stop_at(price, reason, risk_price)
  return { type = "move_stop", price = price, risk_price = risk_price, reason = reason }
end

-- A stop of its own beside the plan's: the most that may be lost, whatever the plan says.
function decision.risk_floor(price, reason)
  return { type = "move_stop", role = "risk_floor", price = price, reason = reason }
end

-- levels: see exitbrain.ladder; they replace every leg that was not hit.
function decision.targets(levels, reason) return { type = "update_tp_limits", levels = levels, reason = reason } end

-- rule: { activation_r, callback_pct, tighten = { { r, callback_pct }, ... } }; nil or false switches trailing off.
function decision.trailing(rule, reason)
  if not rule then return { type = "set_trailing", off = true, reason = reason } end
  return {
    type = "set_trailing",
    activation_r = rule.activation_r,
    callback_pct = rule.callback_pct,
    tighten = rule.tighten,
    reason = reason,
  }
end

-- rules: list of { after_hits, to = "entry" | "first_hit", offset_pct }.
function decision.ratchet(rules, reason) return { type = "set_ratchet", rules = rules, reason = reason } end

function decision.full_exit(reason) return { type = "full_exit", reason = reason } end

-- The same, reported as an emergency (loss guard, over-leverage).
function decision.emergency_exit(reason) return { type = "full_exit", emergency = true, reason = reason } end

return decision
