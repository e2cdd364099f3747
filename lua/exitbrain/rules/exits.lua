-- SPDX-License-Identifier: Apache-2.0
-- Rules that end a position, or take a part of it.

local check = require "exitbrain.check"
local rules_draft = require "exitbrain.rules.draft"
local unit = require "exitbrain.unit"

local exits = {}

local DAY_MS, YEAR_MS = 86400000, 366 * 86400000

-- Out at this loss, as an emergency: the last net under every stop.
--     rules.loss_guard(pct(12.5))
function exits.loss_guard(at)
  check.unit("loss_guard", at, { "pct" }, 0.01, 100)
  local limit = unit.value(at)
  return {
    name = "loss_guard",
    close = function(ctx, draft)
      if ctx.pnl_pct <= -limit then return string.format("loss guard: %.2f %%", ctx.pnl_pct), nil, true end
      rules_draft.wake_level(draft, draft.entry * (1 - draft.sign * limit / 100))
    end,
  }
end

-- After this time out, if the profit is `below` this then (if left out: in any case).
--     rules.time_stop { after_ms = 48 * 3600000, below = pct(-2) }
function exits.time_stop(options)
  check.keys("time_stop", options, { "after_ms", "below" })
  check.number("time_stop.after_ms", options.after_ms, 1000, YEAR_MS)
  local below = options.below
  if below then check.unit("time_stop.below", below, { "r", "pct", "atr" }, -1000, 1000) end
  return {
    name = "time_stop",
    close = function(ctx, draft)
      if not rules_draft.is_old(draft, options.after_ms) then return nil end
      local level = below and unit.to_price(below, ctx)
      if below and (level == nil or draft.price == nil) then return nil end
      if below and draft.sign * (draft.price - level) >= 0 then
        rules_draft.wake_level(draft, level)
        return nil
      end
      return string.format("time stop after %.1f h", draft.age_ms / 3600000)
    end,
  }
end

-- Out after this time if the best profit so far has never reached `reach`.
--     rules.no_progress { within_ms = 2 * 3600000, reach = r(0.5) }
function exits.no_progress(options)
  check.keys("no_progress", options, { "within_ms", "reach" })
  check.number("no_progress.within_ms", options.within_ms, 1000, YEAR_MS)
  check.unit("no_progress.reach", options.reach, { "r", "pct", "atr" }, 1e-6, 1000)
  return {
    name = "no_progress",
    close = function(ctx, draft)
      if not rules_draft.is_old(draft, options.within_ms) then return nil end
      local level, peak = unit.to_price(options.reach, ctx), ctx.peak
      if level == nil or peak == nil or draft.sign * (peak - level) >= 0 then return nil end
      return "no progress: " .. tostring(options.reach) .. " never reached"
    end,
  }
end

-- Out when there has been no new best price for this time; new is one that is better by `by` (0.25 R).
--     rules.stalled { for_ms = 3600000, by = r(0.25) }
function exits.stalled(options)
  check.keys("stalled", options, { "for_ms", "by" })
  check.number("stalled.for_ms", options.for_ms, 10000, YEAR_MS)
  local by = options.by or unit.r(0.25)
  check.unit("stalled.by", by, { "r", "pct", "atr" }, 1e-6, 1000)
  local rule = { name = "stalled", memory = { "best", "since_ms" } }
  function rule.close(ctx, draft)
    local peak, more = ctx.peak, unit.to_pct(by, ctx)
    if not ctx.planned or peak == nil or more == nil then return nil end
    local best, since_ms = ctx.memory[rule.keys.best], ctx.memory[rule.keys.since_ms]
    local step = more / 100 * draft.entry
    if best == nil or draft.sign * (peak - best) >= step then
      rules_draft.remember(draft, rule.keys.best, peak)
      rules_draft.remember(draft, rule.keys.since_ms, draft.now_ms)
      best, since_ms = peak, draft.now_ms
    elseif draft.now_ms - since_ms >= options.for_ms then
      return string.format("stalled for %.0f minutes", (draft.now_ms - since_ms) / 60000)
    end
    rules_draft.wake_at(draft, since_ms + options.for_ms)
    rules_draft.wake_level(draft, best + draft.sign * step)
  end
  return rule
end

-- Out before a funding payment that costs more than `max_pct` of the position, `before_ms` ahead (10 minutes).
--     rules.funding_guard { max_pct = 0.05, before_ms = 600000 }
function exits.funding_guard(options)
  check.keys("funding_guard", options, { "max_pct", "before_ms" })
  check.number("funding_guard.max_pct", options.max_pct, 0, 10)
  local before_ms = options.before_ms or 600000
  check.number("funding_guard.before_ms", before_ms, 10000, DAY_MS)
  return {
    name = "funding",
    close = function(ctx, draft)
      local due_ms = ctx.next_funding_ms
      if due_ms == nil or due_ms <= draft.now_ms then return nil end
      if due_ms - draft.now_ms > before_ms then
        rules_draft.wake_at(draft, due_ms - before_ms)
        return nil
      end
      draft.every_cycle = true -- the rate moves until it is paid
      local cost = draft.sign * ctx.funding_rate_pct
      if cost > options.max_pct then return string.format("funding of %.4f %% is due", cost) end
    end,
  }
end

local function is_day(days, ms)
  if days == nil then return true end
  local day = (ms // DAY_MS + 3) % 7 + 1 -- 1 Monday .. 7 Sunday; the first of January 1970 was a Thursday
  for i = 1, #days do
    if days[i] == day then return true end
  end
  return false
end

-- The last closing time at or before `ms` and the first one after it.
local function closings(ms, offset_ms, days)
  local last = (ms - offset_ms) // DAY_MS * DAY_MS + offset_ms
  local next_one = last + DAY_MS
  for _ = 1, 7 do
    if not is_day(days, last) then last = last - DAY_MS end
    if not is_day(days, next_one) then next_one = next_one + DAY_MS end
  end
  return last, next_one
end

-- Out at a time of day (UTC), on the days given (1 Monday .. 7 Sunday; if left out: every day); positions that were
-- opened later go on to the next one.
--     rules.session_close { hour = 20, minute = 55, days = { 5 } }
function exits.session_close(options)
  check.keys("session_close", options, { "hour", "minute", "days" })
  local minute, days = options.minute or 0, options.days
  check.integer("session_close.hour", options.hour, 0, 23)
  check.integer("session_close.minute", minute, 0, 59)
  if days then
    check.list("session_close.days", days, 1, 7, function(path, day) check.integer(path, day, 1, 7) end)
  end
  local offset_ms = options.hour * 3600000 + minute * 60000
  return {
    name = "session",
    close = function(ctx, draft)
      local last, next_one = closings(draft.now_ms, offset_ms, days)
      if ctx.opened_ms and ctx.opened_ms < last then return "the session is over" end
      rules_draft.wake_at(draft, next_one)
    end,
  }
end

local function asked(what, fn, reason, options)
  options = options or {}
  check.keys(what, options, { "every_ms", "emergency" })
  check.func(what, fn)
  check.text(what .. ".reason", reason, 95)
  if options.every_ms ~= nil then check.number(what .. ".every_ms", options.every_ms, 10000, DAY_MS) end
  return function(ctx, draft)
    local answer = fn(ctx)
    if answer then return type(answer) == "string" and answer or reason end
    if options.every_ms then
      rules_draft.wake_at(draft, draft.now_ms + options.every_ms)
    else
      draft.every_cycle = true
    end
  end
end

-- Out when a function of ctx says so, by true or by a text that is the reason; it is asked each cycle of 10 s, or every
-- `every_ms`.
--     rules.exit_when(function(ctx) return ctx.signals.risk_mode == "CRITICAL" end, "risk mode", { emergency = true })
function exits.exit_when(fn, reason, options)
  local ask = asked("exit_when", fn, reason, options)
  local emergency = options and options.emergency or false
  return {
    name = "exit_when",
    close = function(ctx, draft)
      local why = ask(ctx, draft)
      return why, nil, why and emergency
    end,
  }
end

-- A part of the position out, once, when a function of ctx says so.
--     rules.reduce_when(function(ctx) return ctx.pnl_pct > 5 end, 0.3, "five percent")
function exits.reduce_when(fn, fraction, reason, options)
  local ask = asked("reduce_when", fn, reason, options)
  check.number("reduce_when.fraction", fraction, 0.000001, 1)
  local rule = { name = "reduce", memory = { "done" } }
  function rule.close(ctx, draft)
    if not ctx.planned or ctx.memory[rule.keys.done] then return nil end
    return ask(ctx, draft), fraction
  end
  return rule
end

return exits
