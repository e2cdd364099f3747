-- SPDX-License-Identifier: Apache-2.0
-- For specs of policies, in a stock Lua with exitbrain_host.so on its path: positions as the engine would show them,
-- what it shows after an answer was accepted, and what can be said of an answer. Not for the sandbox, where it raises.
--
--     local testing = require "exitbrain.testing"
--     local policy = testing.open("my_set", { settings = { "stop_pct=2" } })
--     local ctx = testing.long { entry = 100, price = 101 }
--     local answer = testing.ask(policy, ctx)
--     testing.has_stop_at(ctx, answer, 98)
--     testing.keeps(policy, testing.after(ctx, answer, { price = 101.5 }))
--
-- Contexts are plain tables of ctx fields; consult shows them to the set through the real view, and what is not right
-- in one is an error. An amount or a time of 0 is one that is not known: the set sees nil.

local host = require "exitbrain_host"

---@class exitbrain.lib.testing
local testing = {}

testing.NOON = 1750000500000 -- a time inside a 15-minute bar
testing.HOUR = 3600000

local LIB = assert(package.searchpath("exitbrain.decision", package.path)):match("^(.*)/[^/]*$")

-- Loads the set of a directory, or raises its message. options: settings, profile ... as exitbrain_host.open has them.
function testing.open(dir, options)
  local all = { dir = dir, lib = LIB }
  for key, value in pairs(options or {}) do all[key] = value end
  return assert(host.open(all))
end

-- The same for a set that is written down in the spec: a text is its init.lua, a table maps names to texts.
function testing.set(files, options)
  if type(files) == "string" then files = { ["init.lua"] = files } end
  local all = { files = files, lib = LIB }
  for key, value in pairs(options or {}) do all[key] = value end
  return assert(host.open(all))
end

-- Why a set is refused; raises when it is not. files: as above, or a directory.
function testing.refusal(files, options)
  local is_dir = type(files) == "string" and not files:find("return", 1, true)
  local ok, err = pcall(is_dir and testing.open or testing.set, files, options)
  if ok then error("the set is not refused", 2) end
  return tostring(err)
end

-- Calm bars; `over` says what differs.
function testing.features(over)
  local f = {
    warm = true, bars = 21, close = 100, atr = 0.3, atr_pct = 0.3, vol_bar_pct = 0.3, vol_std_bar_pct = 0.3,
    vol_day_pct = 2.9, trend_pct = 0.1, avg_range_pct = 0.65, efficiency = 0.2,
  }
  for key, value in pairs(over or {}) do f[key] = value end
  return f
end

-- 15-minute features of which the default set and exitbrain.regime make each regime.
testing.MARKET = {
  TREND = { trend_pct = -1.8, efficiency = 0.5 },
  RANGE = { trend_pct = 0.1, avg_range_pct = 0.3 },
  VOLATILE = { vol_day_pct = 9.0, trend_pct = 2.0, efficiency = 0.5 },
  CHOP = { efficiency = 0.05, avg_range_pct = 0.9 },
  NORMAL = {},
}

-- As the engine counts: prices and money at 1e-8, percentages at 1e-4, r at 1e-6.
local function round(value, grid) return math.floor(value * grid + 0.5) / grid end

local function in_r(ctx, price) return round(ctx.sign * (price - ctx.entry) / ctx.r, 1e6) end

-- What follows from the rest, so that a spec need not say it; the host looks whether the whole is a context.
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
  local best = ctx.sign * (ctx.price - ctx.entry) > 0 and ctx.price or ctx.entry
  if ctx.peak == nil or ctx.sign * (best - ctx.peak) > 0 then ctx.peak = best end
  if ctx.r and ctx.r > 0 then
    ctx.pnl_r, ctx.mfe_r = in_r(ctx, ctx.price), math.max(0, in_r(ctx, ctx.peak))
    ctx.mae_r = math.min(ctx.mae_r or 0, ctx.pnl_r)
  end
  host.context(ctx)
  return ctx
end

-- A LONG of 10 at 100 with 2x that the engine has just seen open; `over` says what is different: fields of ctx, and
-- `market`, what the 15-minute features differ by (testing.MARKET.TREND).
function testing.long(over)
  over = over or {}
  local ctx = {
    symbol = "SOLUSDT", strategy_id = "trend", side = "LONG", episode = 7, plan_revision = 0, reason = "new",
    now_ms = testing.NOON, opened_ms = testing.NOON, price_age_ms = 100, entry = 100, price = over.entry or 100,
    qty = 10, leverage = 2, balance = 10000, stop_kind = "none", hits = 0, adopted = false, live = false,
    r_provisional = false, trailing_active = false, regime = "UNKNOWN", fee_taker_pct = 0.04, fee_maker_pct = 0.02,
    min_stop_distance_pct = 0.2, liquidation_buffer_pct = 1, tick = 0.01, step = 0.001, min_qty = 0.001,
    min_notional = 5, legs = {}, memory = {}, signals = {}, exit_mode = "EXIT_BRAIN_V3",
    planned = (over.plan_revision or 0) > 0 and not over.r_provisional,
    features = {
      m1 = testing.features(), m5 = testing.features(), m15 = testing.features(over.market), h1 = testing.features(),
    },
  }
  for key, value in pairs(over) do
    if key ~= "market" then ctx[key] = value end
  end
  return derive(ctx)
end

-- The same for a SHORT.
function testing.short(over)
  local all = { side = "SHORT" }
  for key, value in pairs(over or {}) do all[key] = value end
  return testing.long(all)
end

-- A set's answer: { result = "ok" | "keep" | "error" ..., err, decisions = { ... }, memory, wake, regime, profile }.
function testing.ask(policy, ctx)
  local result, verdict, err = policy:consult(ctx)
  local answer = { result = result, err = err, decisions = {} }
  for key, value in pairs(verdict or {}) do answer[key] = value end
  return answer
end

-- The decision of a type, or nil; role "risk_floor" is a stop beside the plan's.
function testing.find(answer, kind, role)
  local found
  for _, decision in ipairs(answer.decisions) do
    if decision.type == kind and (decision.role or "plan") == (role or "plan") then
      assert(found == nil, "two decisions of the type " .. kind)
      found = decision
    end
  end
  return found
end

-- Where a move_stop, or a level, would lie before rounding to the tick.
function testing.stop_price(ctx, decision)
  return decision.price or ctx.entry * (1 - ctx.sign * decision.pct / 100)
end

function testing.level_price(ctx, level)
  return level.price or level.pct and ctx.entry * (1 + ctx.sign * level.pct / 100)
    or ctx.entry + ctx.sign * level.r * ctx.r
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
  local price = on_tick(ctx, testing.stop_price(ctx, decision), ctx.sign == 1)
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
    legs[#legs + 1] = {
      id = #legs + 1, state = "armed", soft = level.soft or false, r = level.r or 0, fraction = level.fraction,
      price = on_tick(ctx, testing.level_price(ctx, level), ctx.sign == -1), qty = ctx.leg_base * level.fraction,
      filled = 0,
    }
  end
  ctx.legs = legs
end

-- Decisions that form a plan: with one of them, the plan that stands is its owner's.
local PLANS = { move_stop = true, update_tp_limits = true, set_trailing = true, set_ratchet = true }

local function set_owner(ctx, answer)
  if answer.owner == nil or answer.owner == ctx.owner then return end
  if ctx.owner then ctx.planned, ctx.memory = false, answer.memory or {} end
  ctx.owner = answer.owner
end

-- The context of the next cycle, `answer` accepted; `over` says what has changed since, most of all the price. Stop,
-- targets, partial closes, memory and regime are followed; trail and ratchet are the engine's and not played here.
function testing.after(ctx, answer, over)
  local after = copy(ctx)
  after.reason, after.now_ms = "cycle", ctx.now_ms + 10000
  if #answer.decisions > 0 then after.plan_revision = ctx.plan_revision + 1 end
  after.memory = answer.memory or after.memory
  after.regime, after.profile = answer.regime or after.regime, answer.profile or after.profile
  set_owner(after, answer)
  for _, decision in ipairs(answer.decisions) do
    after.planned = after.planned or PLANS[decision.type] or false
    if decision.type == "move_stop" and decision.role ~= "risk_floor" then set_stop(after, decision) end
    if decision.type == "update_tp_limits" then set_legs(after, decision.levels) end
    if decision.type == "partial_close" then
      after.qty = math.max(after.qty - decision.fraction * after.leg_base, 0)
    end
  end
  for key, value in pairs(over or {}) do
    if key == "market" then after.features.m15 = testing.features(value) else after[key] = value end
  end
  return derive(after)
end

-- The first `count` legs hit, in order, as if the price had been there.
function testing.hit(ctx, count)
  local after = copy(ctx)
  for i = 1, count do
    local leg = after.legs[i]
    if leg.state ~= "hit" then
      leg.state, leg.filled = "hit", leg.qty
      after.qty = after.qty - leg.qty
    end
  end
  after.hits, after.reason = count, "hit"
  return derive(after)
end

-- What follows raises where it is not so, whatever the framework of the spec; the last argument is a tolerance.

local function describe(answer)
  local kinds = {}
  for i, decision in ipairs(answer.decisions) do kinds[i] = decision.type end
  return answer.result .. (answer.err and " (" .. answer.err .. ")" or "") .. ": " .. table.concat(kinds, ", ")
end

local function wanted(what, got) error("expected " .. what .. ", got " .. got, 3) end

-- The answer puts the stop at this price, to half a tick.
function testing.has_stop_at(ctx, answer, price, tolerance)
  local stop = testing.find(answer, "move_stop")
  if stop == nil then wanted("a stop at " .. price, describe(answer)) end
  local at = testing.stop_price(ctx, stop)
  if math.abs(at - price) > (tolerance or ctx.tick / 2) then wanted("a stop at " .. price, tostring(at)) end
end

-- The answer's targets: { { price, fraction }, ... }. Levels in R need ctx.r: give testing.after(ctx, answer).
function testing.has_targets(ctx, answer, targets, tolerance)
  local decision = testing.find(answer, "update_tp_limits")
  if decision == nil then wanted(#targets .. " targets", describe(answer)) end
  if #decision.levels ~= #targets then wanted(#targets .. " targets", tostring(#decision.levels)) end
  for i, level in ipairs(decision.levels) do
    local price, near = testing.level_price(ctx, level), tolerance or ctx.tick / 2
    if math.abs(price - targets[i][1]) > near then
      wanted("target " .. i .. " at " .. targets[i][1], tostring(price))
    end
    if math.abs(level.fraction - targets[i][2]) > 1e-6 then
      wanted("target " .. i .. " of " .. targets[i][2], tostring(level.fraction))
    end
  end
end

-- The position ends (`emergency`: as one), and its reason has these words, if given.
function testing.exits(answer, words, emergency)
  local exit = testing.find(answer, "full_exit")
  if exit == nil then wanted("a full exit", describe(answer)) end
  local reason = exit.reason or "no reason"
  if words and not reason:find(words, 1, true) then wanted("an exit for " .. words, reason) end
  if (emergency or false) ~= (exit.emergency or false) then
    wanted(emergency and "an emergency" or "no emergency", tostring(exit.emergency))
  end
end

-- The set has nothing to say of this position.
function testing.keeps(policy, ctx)
  local answer = testing.ask(policy, ctx)
  if answer.result ~= "keep" then wanted("nothing to say", describe(answer)) end
  return answer
end

-- The set accepts the position with a valid answer, and gives the same one in a state of its own. The answer.
function testing.answers(policy, ctx)
  local answer = testing.ask(policy, ctx)
  if answer.result ~= "ok" and answer.result ~= "keep" then wanted("a valid answer", describe(answer)) end
  local pure, err = policy:pure(ctx)
  if not pure then error(err, 2) end
  return answer
end

return testing
