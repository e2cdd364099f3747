-- SPDX-License-Identifier: Apache-2.0
-- Any position that the engine could show, drawn from math.random: seed it, and all runs agree. And what every answer
-- must be, whoever gave it.
--     math.randomseed(7);  local ctx = random.position();  random.assert_valid(ctx, position.ask(policy, ctx))

local assert = require "luassert"
local position = require "position"

local random = {}

local STATES = { "armed", "parked", "resting", "hit", "firing", "partial" }
random.TAKEN = { hit = true, firing = true, partial = true }
local REASONS = { "new", "cycle", "hit", "size", "margin", "mode", "rejection", "reload", "adopted", "signal" }

local function pick(list) return list[math.random(#list)] end
local function chance(percent) return math.random(100) <= percent end
local function between(low, high) return low + (high - low) * math.random() end

local function random_features()
  if chance(15) then return { warm = false, bars = math.random(0, 14) } end
  return position.features {
    vol_day_pct = between(0, 15), trend_pct = between(-4, 4), avg_range_pct = between(0, 2), efficiency = math.random(),
    atr_pct = between(0, 3),
  }
end

-- What a host or an operator may have said, sense or not.
local function random_signals()
  local out = {}
  if chance(30) then out.confidence = pick { 0, 0.1, 0.2, 0.49, 0.8, 1, 7, -1, "high" } end
  if chance(20) then out.tp_hint_pct = pick { 0.5, 3, 8, 40, 0, -2, 900, "far" } end
  if chance(20) then out.sl_hint_pct = pick { 0.05, 1, 4, 40, 0, -2, 900, true } end
  if chance(20) then out.trail_hint_pct = pick { 0.01, 0.5, 2, 20, 0, -2, 900, false } end
  if chance(15) then out.risk_mode = pick { "NORMAL", "CONSERVATIVE", "CRITICAL", "ESS_ACTIVE", "PANIC", 3 } end
  if chance(10) then out.liquidity_usd = pick { 0, 50000, 1e9, "thin" } end
  return out
end

local function random_legs(ctx, r)
  local legs, left = {}, 1000000
  for i = 1, math.random(0, 5) do
    local part = math.random(1, math.max(1, left // 2))
    left = left - part
    local distance = i * 0.4
    legs[i] = { id = i, state = pick(STATES), soft = chance(30), r = distance, fraction = part / 1000000,
      price = ctx.entry + (ctx.side == "LONG" and 1 or -1) * distance * r, qty = ctx.leg_base * part / 1000000,
      filled = 0 }
  end
  return legs
end

-- Prices over nine orders of magnitude, stops and legs of any plan, missing amounts, any reason.
function random.position()
  local entry = 10 ^ between(-4, 5)
  local tick = 10 ^ math.floor(math.log(entry, 10) - math.random(2, 5))
  tick = math.max(tick, 1e-8)
  local qty = 10 ^ between(-2, 6)
  local over = {
    side = pick { "LONG", "SHORT" }, entry = entry, tick = tick, qty = qty, first_qty = qty,
    price = entry * (1 + between(-14, 14) / 100), leverage = between(1, 60), balance = 10 ^ between(1, 6),
    opened_ms = position.NOON - math.random(0, 60) * position.HOUR, reason = pick(REASONS), adopted = chance(20),
    strategy_id = pick { "trend", "scalp" }, fee_taker_pct = pick { 0, 0.04, 0.1 },
  }
  over.leg_base = chance(80) and qty or qty * between(0.5, 3)
  local sign = over.side == "LONG" and 1 or -1
  if chance(60) then
    over.plan_revision = math.random(1, 9)
    over.r = entry * between(0.2, 4) / 100
    over.r_provisional = chance(20)
    over.stop = entry * (1 + sign * between(-4, 6) / 100)
    over.plan_stop, over.stop_kind = over.stop, "plan"
    over.legs = random_legs({ entry = entry, side = over.side, leg_base = over.leg_base }, over.r)
    over.hits = 0
    for _, leg in ipairs(over.legs) do over.hits = over.hits + (leg.state == "hit" and 1 or 0) end
    over.trailing_active = chance(30)
    over.owner = chance(50) and pick { "brain", "position_monitor", "somebody" } or nil
    over.planned = not over.r_provisional and chance(70)
  end
  over.signals = random_signals()
  if chance(70) then
    local best = entry * (1 + sign * between(0, 16) / 100)
    over.peak = sign == 1 and math.max(best, over.price) or math.min(best, over.price)
  end
  if chance(50) then over.liquidation = entry * (1 - sign * between(0.3, 60) / 100) end
  local ctx = position.new(over)
  ctx.features = { m1 = random_features(), m5 = random_features(), m15 = random_features(), h1 = random_features() }
  if chance(10) then ctx.leverage = 0 end
  if chance(10) then ctx.margin = 0 end
  if chance(10) then ctx.balance = 0 end
  if chance(5) then ctx.opened_ms = 0 end
  return ctx
end

local function assert_stop(ctx, stop)
  local price = position.stop_price(ctx, stop)
  if stop.risk_price then
    assert.is_true(ctx.sign * (ctx.entry - stop.risk_price) > 0, "R on the wrong side")
  elseif ctx.stop == nil then
    local loss = ctx.sign * (ctx.entry - price)
    assert.is_true(loss >= 2 * ctx.tick * 0.999999, "stop nearer than two ticks")
    assert.is_true(loss / ctx.entry * 100 >= ctx.min_stop_distance_pct * 0.999999, "stop nearer than allowed")
  else
    assert.is_true(ctx.sign * (price - ctx.stop) > -ctx.tick, "stop loosened")
  end
end

local function assert_levels(ctx, levels)
  local planned = 0
  for _, level in ipairs(levels) do
    planned = planned + math.floor(level.fraction * 1000000 + 0.5)
    assert.is_true(level.price == nil or ctx.sign * (level.price - ctx.entry) > 0, "target on the loss side")
  end
  for _, leg in ipairs(ctx.legs) do
    if random.TAKEN[leg.state] then planned = planned + math.floor(leg.fraction * 1000000 + 0.5) end
  end
  assert.is_true(planned <= 1000000, "hit and planned make more than the position")
end

-- The answer was accepted by the reader of verdicts; its stop and targets are such as the engine takes; a position that
-- has no plan gets a stop and targets.
function random.assert_valid(ctx, answer)
  assert.is_true(answer.result == "ok" or answer.result == "keep", answer.result .. ": " .. tostring(answer.err))
  local stop, levels = position.find(answer, "move_stop"), position.find(answer, "update_tp_limits")
  if stop then assert_stop(ctx, stop) end
  if levels then assert_levels(ctx, levels.levels) end
  if ctx.plan_revision == 0 and not position.find(answer, "full_exit") then
    assert.is_truthy(stop and levels, "a first plan that is not whole")
  end
end

return random
