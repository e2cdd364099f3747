-- SPDX-License-Identifier: Apache-2.0
-- Rules that set the trailing stop, which the engine then moves with each new best price. A plan has one of them.

local check = require "exitbrain.check"
local decide = require "exitbrain.decision"
local rules_draft = require "exitbrain.rules.draft"
local side = require "exitbrain.side"
local unit = require "exitbrain.unit"

local trail = {}

local MIN_CALLBACK_PCT, MAX_CALLBACK_PCT = 0.05, 50 -- what may be asked of the engine without doubt
local BAR_MS = { m1 = 60000, m5 = 300000, m15 = 900000, h1 = 3600000 }

local function from_of(path, options)
  local from = options.from or unit.r(1)
  check.unit(path .. ".from", from, { "r", "pct" }, 0, 1000)
  return from
end

-- The stop follows the best price at this distance, once the profit has reached `from` (1 R if left out); `tighten` are
-- nearer distances from later profits on.
--     rules.trail_pct(pct(1.5), { from = r(1), tighten = { { r(3), pct(1) } } })
function trail.trail_pct(by, options)
  options = options or {}
  check.keys("trail_pct", options, { "from", "tighten" })
  check.unit("trail_pct", by, { "pct" }, MIN_CALLBACK_PCT, MAX_CALLBACK_PCT)
  local from, figures = from_of("trail_pct", options), ""
  local steps = {}
  check.list("trail_pct.tighten", options.tighten or {}, 0, 6, function(path, step)
    check.list(path, step, 2, 2, function() end)
    check.unit(path .. "[1]", step[1], { "r", "pct" }, 0, 1000)
    check.unit(path .. "[2]", step[2], { "pct" }, MIN_CALLBACK_PCT, MAX_CALLBACK_PCT)
    steps[#steps + 1] = { from = step[1], by = step[2] }
    figures = figures .. tostring(step[1]) .. tostring(step[2])
  end)
  return {
    name = "trail_pct", slot = "trailing", figures = tostring(by) .. tostring(from) .. figures,
    plan = function(ctx, draft, why)
      return decide.trailing({ from = from, by = by, tighten = steps }, why, ctx, draft.r)
    end,
  }
end

-- The callback that the ATR asks for now, or nil while it is not known.
local function callback_of(ctx, by)
  local pct = side.callback_pct(ctx, by)
  return pct and math.max(MIN_CALLBACK_PCT, math.min(MAX_CALLBACK_PCT, pct))
end

-- The stop follows the best price at this many ATR; the distance is renewed when the ATR has changed by a tenth
-- (`renew`), and is `otherwise` (2 % if left out) while the bars are warming. timeframe: "m15" if left out.
--     rules.trail_atr(3, { from = r(1), timeframe = "h1", otherwise = pct(2) })
function trail.trail_atr(mult, options)
  options = options or {}
  check.keys("trail_atr", options, { "from", "timeframe", "otherwise", "renew" })
  check.number("trail_atr", mult, 0.1, 100)
  local from, renew = from_of("trail_atr", options), options.renew or 0.1
  local by, otherwise = unit.atr(mult, options.timeframe), options.otherwise or unit.pct(2)
  check.unit("trail_atr.otherwise", otherwise, { "pct" }, MIN_CALLBACK_PCT, MAX_CALLBACK_PCT)
  check.number("trail_atr.renew", renew, 0.01, 10)
  local bar_ms = BAR_MS[options.timeframe or "m15"]
  local rule = {
    name = "trail_atr", slot = "trailing", memory = { "callback" },
    figures = tostring(by) .. tostring(from) .. tostring(otherwise),
  }
  local function set(ctx, draft, callback, why)
    rules_draft.remember(draft, rule.keys.callback, callback)
    local active = ctx.trailing_active and unit.r(0) or from -- a trail that runs goes on running
    return decide.trailing({ from = active, by = unit.pct(callback) }, why, ctx, draft.r)
  end
  function rule.plan(ctx, draft, why) return set(ctx, draft, callback_of(ctx, by) or unit.value(otherwise), why) end
  function rule.keep(ctx, draft)
    rules_draft.wake_at(draft, (draft.now_ms // bar_ms + 1) * bar_ms)
    local used, callback = ctx.memory[rule.keys.callback], callback_of(ctx, by)
    if callback == nil or used and math.abs(callback - used) < used * renew then return nil end
    return set(ctx, draft, callback, "the ATR has changed")
  end
  return rule
end

return trail
