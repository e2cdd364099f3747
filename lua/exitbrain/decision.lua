-- SPDX-License-Identifier: Apache-2.0
-- Constructors of the seven decisions, so that a policy reads as sentences and cannot misspell a field.
--
--     local decide = require "exitbrain.decision"
--     return { decide.stop_pct(1.5, "first plan"), decide.targets(levels) }
--
-- Where a constructor takes a unit (exitbrain.unit) it says where: from entry towards profit, negative towards loss.
--     return { decide.stop(-atr(2), ctx), decide.targets({ { at = r(1), fraction = 0.5 } }) }

local side = require "exitbrain.side"
local unit = require "exitbrain.unit"

---@class exitbrain.lib.decision
local decision = {}

local function price_of(what, at, ctx)
  if ctx == nil then error(what .. ": " .. tostring(at) .. " is no price without ctx: give it as well", 0) end
  local price, why = unit.to_price(at, ctx)
  if price == nil then
    error(what .. ": " .. tostring(at) .. ": " .. why .. "; unit.first(ctx, a, b) takes the first that is known", 0)
  end
  return price
end

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

-- at: a unit, -pct(1.5) for a loss of as much. risk: a unit too, where the stop does not lie on the loss side.
function decision.stop(at, ctx, reason, risk)
  local price = price_of("stop", at, ctx)
  if risk == nil and (ctx.r == nil or ctx.r_provisional) and ctx.sign * (ctx.entry - price) <= 0 then
    error("stop: " .. tostring(at) .. " does not lie on the loss side of entry, and there is no R yet: write "
      .. tostring(-at) .. ", or say by `risk` what R is measured to", 0)
  end
  local kind = unit.kind(at)
  if kind == "pct" and unit.value(at) < 0 then
    return { type = "move_stop", pct = -unit.value(at), risk_price = risk and price_of("risk", risk, ctx),
      reason = reason }
  end
  return decision.stop_at(price, reason, risk and price_of("risk", risk, ctx))
end

-- A stop of its own beside the plan's: the most that may be lost, whatever the plan says. A price, or a unit and ctx.
function decision.risk_floor(price, reason, ctx)
  if unit.kind(price) then price = price_of("risk_floor", price, ctx) end
  return { type = "move_stop", role = "risk_floor", price = price, reason = reason }
end

local function plain_level(level, ctx)
  local at = level.at
  if at == nil then return level end
  local kind = unit.kind(at)
  local out = { fraction = level.fraction, soft = level.soft, id = level.id }
  if kind == "r" or kind == "pct" or kind == "price" then
    out[kind] = unit.value(at)
  else
    out.price = price_of("targets", at, ctx)
  end
  return out
end

-- levels: see exitbrain.ladder, or { at = unit, fraction = }; they replace every leg that was not hit. ctx: needed for
-- an ATR only.
function decision.targets(levels, reason, ctx)
  local out = {}
  for i = 1, #levels do out[i] = plain_level(levels[i], ctx) end
  return { type = "update_tp_limits", levels = out, reason = reason }
end

local function activation_r(from, ctx, r)
  if unit.kind(from) == "r" then return unit.value(from) end
  if ctx == nil then error("trailing: " .. tostring(from) .. " is no R without ctx: give it as well", 0) end
  local value, why = unit.to_r(from, ctx, r)
  return value or error("trailing: " .. tostring(from) .. ": " .. why, 0)
end

local function callback(by, ctx, r)
  if unit.kind(by) == "pct" then return unit.value(by) end
  if ctx == nil then error("trailing: " .. tostring(by) .. " is no percent without ctx: give it as well", 0) end
  local value, why = side.callback_pct(ctx, by, r)
  return value or error("trailing: " .. tostring(by) .. ": " .. why, 0)
end

-- rule: { activation_r, callback_pct, tighten = { { r, callback_pct }, ... } }, or with units { from =, by =, tighten =
-- { { from =, by = }, ... } }; nil or false switches trailing off. ctx: for units other than r and pct; r: R as a
-- price distance, for a plan whose R is not in ctx yet.
function decision.trailing(rule, reason, ctx, r)
  if not rule then return { type = "set_trailing", off = true, reason = reason } end
  local tighten = rule.tighten
  if rule.from or rule.by then
    tighten = {}
    for i, step in ipairs(rule.tighten or {}) do
      tighten[i] = {
        r = step.from and activation_r(step.from, ctx, r) or step.r,
        callback_pct = step.by and callback(step.by, ctx, r) or step.callback_pct,
      }
    end
  end
  return {
    type = "set_trailing",
    activation_r = rule.from and activation_r(rule.from, ctx, r) or rule.activation_r,
    callback_pct = rule.by and callback(rule.by, ctx, r) or rule.callback_pct,
    tighten = tighten,
    reason = reason,
  }
end

-- rules: list of { after_hits, to = "entry" | "first_hit", offset_pct }.
function decision.ratchet(rules, reason) return { type = "set_ratchet", rules = rules, reason = reason } end

function decision.full_exit(reason) return { type = "full_exit", reason = reason } end

-- The same, reported as an emergency (loss guard, over-leverage).
function decision.emergency_exit(reason) return { type = "full_exit", emergency = true, reason = reason } end

return decision
