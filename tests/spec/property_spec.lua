-- SPDX-License-Identifier: Apache-2.0
-- Whatever the position, the default set answers with a valid verdict within its budget, a first stop lies on the loss
-- side, fractions make at most what is left, and a plan that was just given is not given again. Seeded: all runs agree.

local position = require "position"

local CASES = 4000

local REGIMES = { "TREND", "RANGE", "VOLATILE", "CHOP", "NORMAL" }
local STATES = { "armed", "parked", "resting", "hit", "firing", "partial" }
local TAKEN = { hit = true, firing = true, partial = true }
local REASONS = { "new", "cycle", "hit", "size", "margin", "mode", "rejection", "reload", "adopted" }

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
local function random_position()
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
    if TAKEN[leg.state] then planned = planned + math.floor(leg.fraction * 1000000 + 0.5) end
  end
  assert.is_true(planned <= 1000000, "hit and planned make more than the position")
end

local function assert_valid(ctx, answer)
  assert.is_true(answer.result == "ok" or answer.result == "keep", answer.result .. ": " .. tostring(answer.err))
  local stop, levels = position.find(answer, "move_stop"), position.find(answer, "update_tp_limits")
  if stop then assert_stop(ctx, stop) end
  if levels then assert_levels(ctx, levels.levels) end
  if ctx.plan_revision == 0 and not position.find(answer, "full_exit") then
    assert.is_truthy(stop and levels and position.find(answer, "set_ratchet"), "a first plan that is not whole")
  end
end

describe("any position", function()
  for _, profile in ipairs { "DEFAULT", "CHALLENGE_100", "TREND" } do
    it("gets a valid answer under " .. profile, function()
      math.randomseed(20251212)
      local policy = assert(position.open("policies", { profile = profile }))
      for _ = 1, CASES do
        local ctx = random_position()
        assert_valid(ctx, position.ask(policy, ctx))
      end
    end)
  end

  it("is not told the same twice", function()
    math.randomseed(7)
    local policy = assert(position.open("policies"))
    local compared = 0
    for _ = 1, CASES do
      local ctx = random_position()
      local answer = position.ask(policy, ctx)
      if ctx.plan_revision == 0 and answer.result == "ok" and not position.find(answer, "full_exit") then
        local pnl = math.abs(ctx.pnl_pct)
        local again = position.ask(policy, position.accept(ctx, answer))
        assert.is_nil(position.find(again, "update_tp_limits"))
        if pnl < 1.4 then
          compared = compared + 1
          assert.equal("keep", again.result)
        end
      end
    end
    assert.is_true(compared > 50)
  end)

  it("is answered the same by a fresh policy: nothing is kept between consults", function()
    math.randomseed(11)
    local policy = assert(position.open("policies"))
    for _ = 1, 300 do assert(policy:pure(random_position())) end
  end)

  it("is answered with a tenth of the budget at most", function()
    math.randomseed(13)
    local policy, most = assert(position.open("policies")), 0
    for _ = 1, 1000 do
      position.ask(policy, random_position())
      most = math.max(most, policy:info().last_instructions)
    end
    assert.is_true(most > 0 and most <= 20000, most .. " instructions")
  end)

  it("of every regime is met", function()
    math.randomseed(3)
    local policy, seen = assert(position.open("policies")), {}
    for _ = 1, 300 do
      local answer = position.ask(policy, random_position())
      if answer.regime then seen[answer.regime] = true end
    end
    for _, name in ipairs(REGIMES) do assert.is_true(seen[name], name) end
  end)
end)
