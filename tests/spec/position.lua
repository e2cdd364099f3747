-- SPDX-License-Identifier: Apache-2.0
-- Positions for the specs: a context as the engine would show it, and what it shows after a verdict was accepted.
--     local policy = position.open("policies");  local answer = position.ask(policy, position.new { price = 101 })

local host = require "exitbrain_host"

local position = {}

local ROOT = os.getenv("EB_ROOT") or "."

position.NOON = 1750000500000 -- a time inside a 15-minute bar
position.HOUR = 3600000

function position.open(dir, options)
  options = options or {}
  options.dir = ROOT .. "/" .. dir
  options.lib = ROOT .. "/lua/exitbrain"
  return host.open(options)
end

-- A set of one file: `body` is its decide, in it `d` the constructors of decisions, `u` the units.
function position.script(body)
  local text = 'local d, u = require "exitbrain.decision", require "exitbrain.unit" '
    .. 'return { name = "t", version = "1", ' .. "decide = function(ctx) " .. body .. " end }"
  return assert(host.open { files = { ["init.lua"] = text }, lib = ROOT .. "/lua/exitbrain" })
end

-- Calm market: RANGE, NORMAL and so on are made of this by naming what differs.
function position.features(over)
  local f = {
    warm = true, bars = 21, close = 100, atr = 0.3, atr_pct = 0.3, vol_bar_pct = 0.3, vol_std_bar_pct = 0.3,
    vol_day_pct = 2.9, trend_pct = 0.1, avg_range_pct = 0.65, efficiency = 0.2,
  }
  for key, value in pairs(over or {}) do f[key] = value end
  return f
end

-- 15-minute features of which the set makes each regime.
position.MARKET = {
  TREND = { trend_pct = -1.8, efficiency = 0.5 },
  RANGE = { trend_pct = 0.1, avg_range_pct = 0.3 },
  VOLATILE = { vol_day_pct = 9.0, trend_pct = 2.0, efficiency = 0.5 },
  CHOP = { efficiency = 0.05, avg_range_pct = 0.9 },
  NORMAL = {},
}

-- As the engine counts: prices and money at 1e-8, percentages at 1e-4.
local function round(value, grid) return math.floor(value * grid + 0.5) / grid end

local function derive(ctx)
  ctx.price = round(ctx.price, 1e8)
  ctx.sign = ctx.side == "LONG" and 1 or -1
  ctx.mark = ctx.price
  ctx.leg_base = ctx.leg_base or ctx.qty
  ctx.first_qty = ctx.first_qty or ctx.leg_base
  ctx.notional = ctx.qty * ctx.price
  ctx.margin = ctx.leverage > 0 and ctx.qty * ctx.entry / ctx.leverage or 0
  ctx.pnl = ctx.sign * (ctx.price - ctx.entry) * ctx.qty
  ctx.pnl_pct = round(ctx.sign * (ctx.price - ctx.entry) / ctx.entry * 100, 1e4)
  ctx.age_ms = ctx.now_ms - ctx.opened_ms
  ctx.leg_count = #ctx.legs
  return ctx
end

-- A LONG of 10 at 100 with 2x that the engine has just seen open; `over` says what is different. An amount or time of 0
-- is one that is not known: the policy sees nil.
function position.new(over)
  over = over or {}
  local ctx = {
    symbol = "SOLUSDT", strategy_id = "trend", side = "LONG", episode = 7, plan_revision = 0, reason = "new",
    now_ms = position.NOON, opened_ms = position.NOON, price_age_ms = 100, entry = 100, price = over.entry or 100,
    qty = 10, leverage = 2, balance = 10000, stop_kind = "none", hits = 0, adopted = false, live = false,
    r_provisional = false, trailing_active = false, regime = "UNKNOWN", fee_taker_pct = 0.04, fee_maker_pct = 0.02,
    min_stop_distance_pct = 0.2, liquidation_buffer_pct = 1, tick = 0.01, step = 0.001, min_qty = 0.001,
    min_notional = 5, legs = {}, memory = {},
    features = {
      m1 = position.features(), m5 = position.features(), m15 = position.features(over.market),
      h1 = position.features(),
    },
  }
  for key, value in pairs(over) do
    if key ~= "market" then ctx[key] = value end
  end
  return derive(ctx)
end

-- The decisions as a list, and the rest of the answer by name.
function position.ask(policy, ctx)
  local result, verdict, err = policy:consult(ctx)
  local answer = { result = result, err = err, decisions = {} }
  for key, value in pairs(verdict or {}) do answer[key] = value end
  return answer
end

-- The decision of a type; role tells the risk floor from the plan's stop.
function position.find(answer, kind, role)
  local found
  for _, decision in ipairs(answer.decisions) do
    if decision.type == kind and (decision.role or "plan") == (role or "plan") then
      assert(found == nil, "two decisions of the type " .. kind)
      found = decision
    end
  end
  return found
end

-- Where a move_stop would stand, before rounding.
function position.stop_price(ctx, decision)
  return decision.price or ctx.entry * (1 - ctx.sign * decision.pct / 100)
end

local function copy(value)
  if type(value) ~= "table" then return value end
  local out = {}
  for key, inner in pairs(value) do out[key] = copy(inner) end
  return out
end

local function on_tick(ctx, price, up)
  local ticks = price / ctx.tick
  return (up and math.ceil(ticks - 1e-6) or math.floor(ticks + 1e-6)) * ctx.tick
end

local function set_stop(ctx, decision)
  local price = on_tick(ctx, position.stop_price(ctx, decision), ctx.sign == 1)
  if ctx.stop == nil or ctx.sign * (price - ctx.stop) > 0 then ctx.stop = price end
  if ctx.r == nil or ctx.r_provisional then ctx.r = math.abs(ctx.entry - (decision.risk_price or price)) end
  ctx.stop_kind, ctx.r_provisional = "plan", false
end

local function set_legs(ctx, levels)
  local legs = {}
  for _, leg in ipairs(ctx.legs) do
    if leg.state == "hit" then legs[#legs + 1] = leg end
  end
  for _, level in ipairs(levels) do
    local price = level.price or level.pct and ctx.entry * (1 + ctx.sign * level.pct / 100)
      or ctx.entry + ctx.sign * level.r * ctx.r
    legs[#legs + 1] = {
      id = #legs + 1, state = "armed", soft = level.soft or false, r = level.r or 0, fraction = level.fraction,
      price = on_tick(ctx, price, ctx.sign == -1), qty = ctx.leg_base * level.fraction, filled = 0,
    }
  end
  ctx.legs = legs
end

-- Decisions that form a plan: with one of them, the plan that stands is its owner's.
local PLANS = { move_stop = true, update_tp_limits = true, set_trailing = true, set_ratchet = true }

-- The context of the next cycle, `answer` accepted; `over` says what has changed since.
function position.accept(ctx, answer, over)
  local after = copy(ctx)
  after.reason, after.now_ms = "cycle", ctx.now_ms + 10000
  if #answer.decisions > 0 then after.plan_revision = ctx.plan_revision + 1 end
  after.memory = answer.memory or after.memory
  after.regime, after.profile = answer.regime or after.regime, answer.profile or after.profile
  if answer.owner and answer.owner ~= after.owner then
    if after.owner then after.planned, after.memory = false, answer.memory or {} end
    after.owner = answer.owner
  end
  for _, decision in ipairs(answer.decisions) do
    after.planned = after.planned or PLANS[decision.type] or false
    if decision.type == "move_stop" and decision.role ~= "risk_floor" then set_stop(after, decision) end
    if decision.type == "update_tp_limits" then set_legs(after, decision.levels) end
  end
  for key, value in pairs(over or {}) do
    if key == "market" then after.features.m15 = position.features(value) else after[key] = value end
  end
  return derive(after)
end

-- Marks legs as hit, in order, as if the price had been there.
function position.hit(ctx, count)
  local after = copy(ctx)
  for i = 1, count do
    local leg = after.legs[i]
    leg.state, leg.filled = "hit", leg.qty
    after.qty = after.qty - leg.qty
  end
  after.hits, after.reason = count, "hit"
  return derive(after)
end

return position
