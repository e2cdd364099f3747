-- SPDX-License-Identifier: Apache-2.0
-- Quick scalp: in for minutes. A close stop, two near targets, and four ways out of a position that does not move: no
-- progress soon, no new best price for long, the time is over, or a person (or a program) signals that risk is.
--     exitbrain signal BTCUSDT risk_mode CRITICAL

local check = require "exitbrain.check"
local rules = require "exitbrain.rules"
local unit = require "exitbrain.unit"

local pct, r = unit.pct, unit.r

local settings = {
  stop_pct = 0.6,             -- first stop, percent of entry
  first_r = 1.0,              -- 70 % of the size, R
  second_r = 2.0,             -- the rest, R
  progress_minutes = 20,      -- within so long it must have reached
  progress_r = 0.4,           -- this profit, R
  stalled_minutes = 30,       -- without a better price for so long it is over
  most_minutes = 120,         -- and after so long in any case
}

local MINUTE_MS = 60000

local function is_critical(ctx)
  return ctx.signals.risk_mode == "CRITICAL" or ctx.signals.risk_mode == "ESS_ACTIVE"
end

return rules.strategy {
  name = "quick_scalp",
  version = "1.0.0",
  settings = settings,
  rules = function()
    return {
      rules.initial_stop(pct(settings.stop_pct)),
      rules.scale_out { { r(settings.first_r), 0.7 }, { r(settings.second_r), 0.3 } },
      rules.breakeven_after(r(settings.first_r)),
      rules.exit_when(is_critical, "risk mode", { emergency = true, every_ms = MINUTE_MS }),
      rules.no_progress { within_ms = settings.progress_minutes * MINUTE_MS, reach = r(settings.progress_r) },
      rules.stalled { for_ms = settings.stalled_minutes * MINUTE_MS },
      rules.time_stop { after_ms = settings.most_minutes * MINUTE_MS },
    }
  end,
  self_test = function()
    check.number("stop_pct", settings.stop_pct, 0.2, 10)
    check.number("first_r", settings.first_r, 0.1, 20)
    check.number("second_r", settings.second_r, settings.first_r, 50)
    check.number("progress_minutes", settings.progress_minutes, 1, settings.most_minutes)
    check.number("progress_r", settings.progress_r, 0.05, settings.first_r)
    check.number("stalled_minutes", settings.stalled_minutes, 1, settings.most_minutes)
    check.number("most_minutes", settings.most_minutes, 1, 1440)
  end,
}
