-- SPDX-License-Identifier: Apache-2.0
-- What a position may lose and what it may not give back: risk floor, forced exits, breakeven, ratchet.
-- Profit and loss are ctx.pnl_pct, percent of price without leverage; margin enters in one place, the risk floor.

local S = require "settings"
local decide = require "exitbrain.decision"
local stops = require "exitbrain.stop"
local side = require "exitbrain.side"

local risk, max = {}, math.max

-- Leverage of the position: the venue's, else notional over margin, at least 1; nil where neither is known.
function risk.leverage(ctx)
  local leverage = ctx.leverage
  if leverage == nil and ctx.margin then leverage = ctx.qty * ctx.entry / ctx.margin end
  return leverage and max(leverage, 1)
end

-- The move against the position, in percent of price, that costs the allowed part of its margin; nil if not known.
function risk.allowed_pct(ctx)
  local leverage = risk.leverage(ctx)
  return leverage and S.risk_floor_margin_pct / leverage
end

-- How long the position has been open; 0 where that is not known, so that no time rule acts on a guess.
function risk.age_ms(ctx) return ctx.age_ms or 0 end

-- The rules that end a position, gravest first; nil where none applies.
function risk.full_exit(ctx, regime, hints)
  local pnl, allowed = ctx.pnl_pct, risk.allowed_pct(ctx)
  if pnl <= -S.loss_guard_pct then
    return decide.emergency_exit(string.format("loss guard: %.2f %%", pnl))
  end
  if allowed and allowed < S.over_leverage_move_pct then
    return decide.emergency_exit(string.format("over-leveraged: only %.3f %% of room", allowed))
  end
  if hints.mode == "ESS_ACTIVE" then return decide.emergency_exit("signals: ESS_ACTIVE") end
  if regime == "VOLATILE" and pnl <= -S.volatile_exit_pct then
    return decide.full_exit(string.format("%.2f %% in a volatile market", pnl))
  end
  if risk.age_ms(ctx) >= S.time_stop_ms and pnl < -S.time_stop_loss_pct then
    return decide.full_exit(string.format("time stop: %.2f %% after %.0f h", pnl, risk.age_ms(ctx) / 3600000))
  end
  return nil
end

-- A leverage higher than the one planned for brings the floor nearer; it never moves away again.
function risk.floor(ctx, own)
  local leverage = risk.leverage(ctx)
  if leverage == nil or own.leverage and leverage <= own.leverage then return nil end
  own.leverage = leverage
  local floor = side.price(ctx, -risk.allowed_pct(ctx))
  if not side.tighter(ctx, floor, ctx.stop) then return nil end
  return decide.risk_floor(floor, string.format("leverage rose to %.2f", leverage))
end

-- The nearest useful target: round trips of fees, and the tick by which rounding may bring a target nearer.
function risk.least_target_pct(ctx)
  return S.min_target_fees * 2 * (ctx.fee_taker_pct or 0) + ctx.tick / ctx.entry * 100
end

local function fees_pct(ctx) return S.ratchet_fees * (ctx.fee_taker_pct or 0) end

local function breakeven_price(ctx) return side.price(ctx, max(S.breakeven_offset_pct, fees_pct(ctx))) end

-- The next of settings.partials, once it is reached.
function risk.partial(ctx, own)
  local step = S.partials[(own.partials or 0) + 1]
  if step == nil or ctx.pnl_pct < step.pct then return nil end
  own.partials = (own.partials or 0) + 1
  return decide.partial_close(step.fraction, string.format("partial close at %.2f %%", ctx.pnl_pct))
end

-- Where the stop of a profit belongs, and why: at breakeven; without a trail of its own it then follows at a distance.
function risk.secured(ctx, trails)
  if not trails and ctx.pnl_pct >= S.lock_at_pct then
    local target = ctx.price * (1 - ctx.sign * S.lock_distance_pct / 100)
    local step = ctx.sign * ctx.entry * S.lock_step_pct / 100
    if side.tighter(ctx, target, ctx.stop and ctx.stop + step) then return target, "profit lock" end
  end
  if ctx.pnl_pct >= S.breakeven_at_pct then return breakeven_price(ctx), "breakeven" end
  return nil
end

-- After the first hit what remains cannot lose, fees included; after the second the first target is kept.
function risk.ratchet(ctx, single)
  local rules = { { after_hits = 1, to = "entry", offset_pct = fees_pct(ctx) } }
  if not single then rules[2] = { after_hits = 2, to = "first_hit" } end
  return ctx.planned and rules or stops.ratchet_next(ctx, rules)
end

-- Prices at which one of these rules would say something new.
function risk.prices(ctx, regime, own, trails)
  local loss = regime == "VOLATILE" and S.volatile_exit_pct or S.loss_guard_pct
  if risk.age_ms(ctx) >= S.time_stop_ms then loss = S.time_stop_loss_pct end
  local out, stop = { side.price(ctx, -loss) }, ctx.stop
  if side.tighter(ctx, breakeven_price(ctx), stop) then out[2] = side.price(ctx, S.breakeven_at_pct) end
  local part = S.partials[(own.partials or 0) + 1]
  if part then out[#out + 1] = side.price(ctx, part.pct) end
  if stop and not trails then
    local step = ctx.sign * ctx.entry * S.lock_step_pct / 100
    local next_lock = (stop + step) / (1 - ctx.sign * S.lock_distance_pct / 100)
    local first = side.price(ctx, S.lock_at_pct)
    out[#out + 1] = side.tighter(ctx, next_lock, first) and next_lock or first
  end
  return out
end

return risk
