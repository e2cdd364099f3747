-- SPDX-License-Identifier: Apache-2.0
-- Session close: nothing is carried through the weekend, and what is carried through a night stands behind a close
-- stop. All times are UTC; a position that is opened after the close on a Friday stays, and goes on the next one.

local check = require "exitbrain.check"
local rules = require "exitbrain.rules"
local unit = require "exitbrain.unit"

local pct, r = unit.pct, unit.r

local settings = {
  open_hour = 7,            -- the session begins at this hour
  close_hour = 20,          -- and ends at this hour
  close_minute = 45,        -- and minute
  flat_days = { 5 },        -- days on which it ends flat: 1 Monday .. 7 Sunday; {} for none
  night_stop_pct = 0.8,     -- outside the session the stop lies at most this far behind the price, percent of entry,
  night_step_pct = 0.2,     -- and moves by at least this
  stop_pct = 2.0,           -- first stop, percent of entry
  trail_pct = 1.2,          -- the trail's distance from 1 R on, percent of the best price
}

local MINUTE_MS, DAY = 60000, 24 * 60

-- Whether the session is closed, and when that changes.
local function session(now_ms)
  local minute = now_ms // MINUTE_MS
  local opens, closes = settings.open_hour * 60, settings.close_hour * 60 + settings.close_minute
  local closed = minute % DAY < opens or minute % DAY >= closes
  return closed, (minute + ((closed and opens or closes) - minute) % DAY) * MINUTE_MS
end

local night = {
  name = "night",
  keep = function(ctx, draft)
    local closed, changes_ms = session(ctx.now_ms)
    rules.draft.wake_at(draft, changes_ms // 1)
    if not closed or ctx.price == nil then return end
    local behind, step = ctx.entry * settings.night_stop_pct / 100, ctx.entry * settings.night_step_pct / 100
    rules.draft.tighten(draft, ctx.price - ctx.sign * behind, "close stop outside the session", step)
    if ctx.stop then rules.draft.wake_level(draft, ctx.stop + ctx.sign * (behind + step)) end
  end,
}

return rules.strategy {
  name = "session_close",
  version = "1.0.0",
  settings = settings,
  rules = function()
    local weekend
    if #settings.flat_days > 0 then
      weekend = rules.session_close {
        hour = settings.close_hour, minute = settings.close_minute, days = settings.flat_days,
      }
    end
    return {
      rules.initial_stop(pct(settings.stop_pct)),
      rules.scale_out { { r(1), 0.5 }, runner = true },
      rules.trail_pct(pct(settings.trail_pct), { from = r(1) }),
      night,
      weekend,
    }
  end,
  self_test = function()
    check.integer("close_hour", settings.close_hour, 1, 23)
    check.integer("close_minute", settings.close_minute, 0, 59)
    check.integer("open_hour", settings.open_hour, 0, settings.close_hour)
    check.number("night_stop_pct", settings.night_stop_pct, 0.1, 20)
    check.number("night_step_pct", settings.night_step_pct, 0.01, 20)
    check.number("stop_pct", settings.stop_pct, 0.2, 50)
    check.number("trail_pct", settings.trail_pct, 0.1, 50)
  end,
}
