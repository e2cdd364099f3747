-- SPDX-License-Identifier: Apache-2.0
-- Rules that make a plan: the first stop, the targets, the ratchet.

local check = require "exitbrain.check"
local decide = require "exitbrain.decision"
local ladder = require "exitbrain.ladder"
local stop = require "exitbrain.stop"
local unit = require "exitbrain.unit"

local plan = {}

local DISTANCES = { "pct", "atr", "price" }

-- The first stop lies this far on the loss side (a price: there); of several the first that is known when it is needed.
--     rules.initial_stop(atr(2), pct(1.5))     two ATR, or 1.5 % while the bars are warming
function plan.initial_stop(...)
  local choices = { ... }
  check.list("initial_stop", choices, 1, 8, function(path, at) check.unit(path, at, DISTANCES, 1e-8, 1e10) end)
  if unit.kind(choices[#choices]) == "atr" then
    error("initial_stop: " .. tostring(choices[#choices]) .. " is not known while bars are warming: end with a pct", 0)
  end
  return {
    name = "first_stop",
    risk = function(ctx)
      local at = unit.first(ctx, table.unpack(choices))
      local pct = unit.to_pct(at, ctx)
      return unit.kind(at) == "price" and math.max(-pct, 0) or pct
    end,
  }
end

-- The first stop loses at most this part of the margin, or of the wallet balance, whatever else it would be.
--     rules.max_loss { margin_pct = 10 }       rules.max_loss { balance_pct = 1 }
function plan.max_loss(limit)
  check.keys("max_loss", limit, { "margin_pct", "balance_pct" })
  if (limit.margin_pct == nil) == (limit.balance_pct == nil) then
    error("max_loss: give margin_pct or balance_pct", 0)
  end
  check.number("max_loss", limit.margin_pct or limit.balance_pct, 0.01, 100)
  return {
    name = "max_loss",
    risk = function(ctx)
      local size, money = ctx.qty * ctx.entry, ctx.balance
      if limit.margin_pct then money = ctx.margin or ctx.leverage and size / ctx.leverage end
      return money and money * (limit.margin_pct or limit.balance_pct) / size
    end,
  }
end

-- The targets: a ladder (exitbrain.ladder.build); what was hit stays hit, and the rest is sized for what is left.
--     rules.scale_out { { r(1), 0.5 }, { pct(6), 0.25 }, runner = true }
function plan.scale_out(list)
  local levels = ladder.build(list)
  local figures = ""
  for i = 1, #list do figures = figures .. tostring(list[i][1]) .. " " .. list[i][2] .. tostring(list[i].soft) end
  return {
    name = "scale_out", slot = "targets", figures = figures,
    plan = function(ctx, draft, why)
      local taken, furthest = ladder.taken(ctx)
      if draft.beyond_pct and draft.beyond_pct > (furthest or 0) then furthest = draft.beyond_pct end
      local beyond = furthest and furthest / 100 * ctx.entry / draft.r
      local ahead = ladder.ahead(ladder.in_r(levels, ctx, draft.r), beyond, 1 - taken)
      return #ahead > 0 and decide.targets(ahead, why, ctx) or nil
    end,
  }
end

local RATCHET = { { 1, "entry" }, { 2, "first_hit" } }

-- After so many hits the stop goes to entry (plus `fees` taker fees, 2 if left out: what remains cannot lose) or to the
-- first target that was hit; the engine does it in the moment of the hit.
--     rules.ratchet()     rules.ratchet { { 1, "entry" }, { 3, "first_hit" }, fees = 2 }
function plan.ratchet(list)
  list = list or RATCHET
  check.keys("ratchet", list, { "fees" })
  local fees, figures = list.fees or 2, ""
  check.number("ratchet.fees", fees, 0, 20)
  local rules = {}
  for i = 1, #list do
    check.list("ratchet[" .. i .. "]", list[i], 2, 2, function() end)
    rules[i] = { after_hits = list[i][1], to = list[i][2] }
    figures = figures .. list[i][1] .. list[i][2]
  end
  check.ratchet("ratchet", rules)
  return {
    name = "ratchet", slot = "ratchet", figures = figures .. fees,
    plan = function(ctx, _, why)
      local out = {}
      for i = 1, #rules do
        local offset = rules[i].to == "entry" and fees * ctx.fee_taker_pct or 0
        out[i] = { after_hits = rules[i].after_hits, to = rules[i].to, offset_pct = offset }
      end
      return decide.ratchet(ctx.planned and out or stop.ratchet_next(ctx, out), why)
    end,
  }
end

return plan
