-- SPDX-License-Identifier: Apache-2.0
-- Rules that tighten the stop while a position runs. Each proposes a price; the tightest counts, and only if it is
-- tighter than the stop in force and the price has not passed it yet.

local check = require "exitbrain.check"
local rules_draft = require "exitbrain.rules.draft"
local curve = require "exitbrain.curve"
local unit = require "exitbrain.unit"

local stops = {}

local WHERE = { "r", "pct", "atr", "price" }

-- From this profit on the stop lies at entry plus `offset`, or plus `fees` taker fees (2) if that is more.
--     rules.breakeven_after(r(1))     rules.breakeven_after(pct(1.5), { offset = pct(0.1), fees = 2 })
function stops.breakeven_after(at, options)
  options = options or {}
  check.keys("breakeven_after", options, { "offset", "fees" })
  check.unit("breakeven_after", at, { "r", "pct", "atr" }, 1e-6, 1000)
  local offset, fees = options.offset or unit.pct(0), options.fees or 2
  check.unit("breakeven_after.offset", offset, { "pct" }, 0, 50)
  check.number("breakeven_after.fees", fees, 0, 20)
  local offset_pct = unit.value(offset)
  return {
    name = "breakeven",
    keep = function(ctx, draft)
      local target = draft.entry * (1 + draft.sign * math.max(offset_pct, fees * ctx.fee_taker_pct) / 100)
      if not rules_draft.is_tighter(draft, target) then return end
      if rules_draft.reached(draft, at) then rules_draft.tighten(draft, target, "breakeven") end
    end,
  }
end

-- Steps { profit, stop }: when the profit has reached the one, the stop goes to the other.
--     rules.lock_steps { { r(1), r(0) }, { r(2), r(1) }, { pct(8), pct(6) } }
function stops.lock_steps(steps)
  check.list("lock_steps", steps, 1, 12, function(path, step)
    check.list(path, step, 2, 2, function(here, at) check.unit(here, at, WHERE, -1000, 1e10) end)
  end)
  return {
    name = "lock_steps",
    keep = function(ctx, draft)
      for i = 1, #steps do
        local target = unit.to_price(steps[i][2], ctx)
        if target and rules_draft.is_tighter(draft, target) and rules_draft.reached(draft, steps[i][1]) then
          rules_draft.tighten(draft, target, "locked at " .. tostring(steps[i][1]))
        end
      end
    end,
  }
end

local function distance(ctx, at)
  local pct = unit.to_pct(at, ctx)
  return pct and pct / 100 * ctx.entry
end

-- In a regime (or in one of several) the stop lies at most this far behind the price; it moves in steps of `step` of
-- entry (0.1 %).
--     rules.tighten_on_regime("VOLATILE", atr(1))     rules.tighten_on_regime({ "CHOP", "RANGE" }, pct(1))
function stops.tighten_on_regime(names, at, options)
  options = options or {}
  if type(names) ~= "table" then names = { names } end
  check.keys("tighten_on_regime", options, { "step" })
  check.list("tighten_on_regime", names, 1, 5, function(path, name)
    check.one_of(path, name, { "TREND", "RANGE", "VOLATILE", "CHOP", "NORMAL" })
  end)
  check.unit("tighten_on_regime[2]", at, { "r", "pct", "atr" }, 1e-6, 1000)
  local step = options.step or unit.pct(0.1)
  check.unit("tighten_on_regime.step", step, { "pct" }, 0.001, 50)
  local wanted = {}
  for _, name in ipairs(names) do wanted[name] = true end
  return {
    name = "on_regime",
    keep = function(ctx, draft)
      local regime = rules_draft.regime(draft)
      local behind = wanted[regime] and distance(ctx, at)
      if not behind or draft.price == nil then return end
      local least = distance(ctx, step)
      rules_draft.tighten(draft, draft.price - draft.sign * behind, "tight in a market of " .. regime, least)
      if draft.in_force then
        rules_draft.wake_level(draft, draft.in_force + draft.sign * (behind + least))
      end
    end,
  }
end

-- The stop moves with time from `from` to `to`, over `over_ms` after the first `after_ms`, in steps of `step` (0.1 R);
-- where the price is behind it already, the position ends.
--     rules.time_decay { from = r(-1), to = r(0.2), over_ms = 24 * 3600000 }
function stops.time_decay(options)
  check.keys("time_decay", options, { "from", "to", "over_ms", "after_ms", "step" })
  local from, to, after_ms = options.from, options.to, options.after_ms or 0
  check.unit("time_decay.from", from, { "r", "pct" }, -1000, 1000)
  check.unit("time_decay.to", to, { unit.kind(from) }, unit.value(from) + 1e-6, 1000)
  check.number("time_decay.over_ms", options.over_ms, 60000, 366 * 86400000)
  check.number("time_decay.after_ms", after_ms, 0, 366 * 86400000)
  local step = options.step or (to - from) / 10
  check.unit("time_decay.step", step, { unit.kind(from) }, 1e-6, 1000)
  local points = { { 0, from }, { options.over_ms, to } }
  local step_ms = math.max(10000, options.over_ms * (unit.value(step) / unit.value(to - from)) // 1)

  -- The level of now, in whole steps, so that it does not creep; and when the next one is due.
  local function level(ctx, draft)
    if not rules_draft.is_old(draft, after_ms) then return nil end
    local gone = (draft.age_ms - after_ms) // step_ms * step_ms
    local begun_ms = draft.now_ms - draft.age_ms + after_ms
    if gone < options.over_ms then rules_draft.wake_at(draft, begun_ms + gone + step_ms) end
    return unit.to_price(curve.between(points, gone), ctx)
  end
  return {
    name = "time_decay",
    close = function(ctx, draft)
      if not ctx.planned or draft.price == nil then return nil end
      local at = level(ctx, draft)
      draft.decayed = at
      if at and draft.sign * (draft.price - at) <= draft.half_tick then return "out of time: not beyond the stop" end
      if at then rules_draft.wake_level(draft, at) end
    end,
    keep = function(_, draft)
      if draft.decayed then rules_draft.tighten(draft, draft.decayed, "time has passed") end
    end,
  }
end

return stops
