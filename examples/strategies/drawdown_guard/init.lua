-- SPDX-License-Identifier: Apache-2.0
-- Drawdown guard: another strategy (inner.lua; put your own there) under a limit for the whole account. Equity, which
-- is balance and unrealised result, is remembered when the position is first seen; if it falls far below that, by this
-- position or by any other, this one is reduced, and then ends. A withdrawal looks like a loss, and counts as one.
--     inner.decide(ctx) -> its decisions, and the guard's behind them

local check = require "exitbrain.check"
local decide = require "exitbrain.decision"
local inner = require "inner"

local settings = {
  exit_pct = 3.0,          -- of that equity lost: the position ends, as an emergency
  reduce_pct = 1.5,        -- of that equity lost: a part of it goes, once
  reduce_fraction = 0.5,   -- of the size
  look_every_s = 30,       -- the account may lose while this symbol stands still
  inner = inner.settings,
}

local function equity_of(ctx) return ctx.balance and ctx.balance > 0 and ctx.balance + ctx.pnl or nil end

local function copy(of)
  local out = {}
  for key, value in pairs(of or {}) do out[key] = value end
  return out
end

local function has(list, kind)
  for _, decision in ipairs(list) do
    if decision.type == kind then return true end
  end
  return false
end

-- The list with what the guard adds; an inner strategy that leaves or reduces needs no help with it.
local function guard(ctx, list, extras, own, lost_pct)
  if has(list, "full_exit") then return list end
  if lost_pct >= settings.exit_pct then
    if not ctx.adopted then list = {} end -- else a person has to agree, and it is managed until then
    list[#list + 1] = decide.emergency_exit(string.format("account: %.2f %% lost since the position opened", lost_pct))
    extras.wake = {} -- if a person has to agree, it is asked for again at the next look
  elseif lost_pct >= settings.reduce_pct and ctx.planned and not own.guard_reduced
    and not has(list, "partial_close") then
    list[#list + 1] = decide.partial_close(settings.reduce_fraction, string.format("account: %.2f %% lost", lost_pct))
    own.guard_reduced = true
  end
  return list
end

-- What is remembered is replaced as a whole: what the inner strategy remembers, and the guard's own.
local function remember(ctx, extras, own)
  local known = ctx.memory.guard_equity == own.guard_equity and ctx.memory.guard_reduced == own.guard_reduced
  if known and extras.memory == nil then return end
  extras.memory = copy(extras.memory or ctx.memory)
  for key, value in pairs(own) do extras.memory[key] = value end
end

local function decide_guarded(ctx)
  local answer, extras = inner.decide(ctx)
  local list = answer and answer.type and { answer } or copy(answer) -- one decision, a list, or nil
  extras = copy(extras)
  local equity, was = equity_of(ctx), ctx.memory
  local own = { guard_equity = was.guard_equity or equity, guard_reduced = was.guard_reduced }
  if equity and own.guard_equity > 0 then
    list = guard(ctx, list, extras, own, (own.guard_equity - equity) / own.guard_equity * 100)
  end
  remember(ctx, extras, own)
  if extras.wake then
    extras.wake = copy(extras.wake)
    local soon = ctx.now_ms + settings.look_every_s * 1000 // 1
    extras.wake.at_ms = math.min(extras.wake.at_ms or soon, soon)
  end
  return #list > 0 and list or nil, extras
end

return {
  name = "drawdown_guard",
  version = "1.0.0",
  settings = settings,
  decide = decide_guarded,
  self_test = function()
    check.number("exit_pct", settings.exit_pct, 0.1, 100)
    check.number("reduce_pct", settings.reduce_pct, 0.1, settings.exit_pct)
    check.number("reduce_fraction", settings.reduce_fraction, 0.01, 1)
    check.integer("look_every_s", settings.look_every_s, 10, 300)
    if inner.self_test then return inner.self_test() end
  end,
}
