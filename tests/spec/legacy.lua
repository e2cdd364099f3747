-- SPDX-License-Identifier: Apache-2.0
-- For the specs of legacy owners: the default set with one of them pinned, and the life of a position under it.
--     local life = legacy.begin("position_monitor", { leverage = 2 });  local answer = life:at(103)

local assert = require "luassert"
local position = require "position"

local legacy = {}

function legacy.open(name, settings)
  local all = { 'owner="' .. name .. '"' }
  for _, setting in ipairs(settings or {}) do all[#all + 1] = "legacy." .. name .. "." .. setting end
  return assert(position.open("policies", { settings = all }))
end

function legacy.near(expected, got)
  assert.is_true(got ~= nil and math.abs(expected - got) < 1e-6, tostring(expected) .. " is not " .. tostring(got))
end

-- Levels as text: "3@50 6@50", percent of entry at percent of the size.
function legacy.levels(decision)
  local out = {}
  for i, level in ipairs(decision and decision.levels or {}) do
    out[i] = string.format("%.6g@%.6g", level.pct, level.fraction * 100)
  end
  return table.concat(out, " ")
end

local life = {}
life.__index = life

-- A position from its first consult on; over: as position.new.
function legacy.begin(name, over, settings)
  local self = setmetatable({ policy = legacy.open(name, settings), name = name }, life)
  self.ctx = position.new(over)
  self.first = position.ask(self.policy, self.ctx)
  assert.equal("ok", self.first.result, self.first.err)
  self:accept(self.first, {})
  return self
end

function life:accept(answer, over)
  over.peak = over.peak or self.ctx.peak
  self.ctx = position.accept(self.ctx, answer, over)
end

-- The price has gone there (and the best price with it); ten seconds later the policy is asked, and its answer counts.
function life:at(price, over)
  over = over or {}
  over.price = price
  local sign, peak = self.ctx.sign, self.ctx.peak
  over.peak = over.peak or (peak == nil or sign * (price - peak) > 0) and price or peak
  self:accept({ decisions = {} }, over)
  local answer = position.ask(self.policy, self.ctx)
  assert.is_true(answer.result == "ok" or answer.result == "keep", answer.err)
  self:accept(answer, {})
  return answer
end

-- Where the stop of an answer to this context would stand.
function legacy.stop_of(ctx, answer)
  local stop = position.find(answer, "move_stop")
  return stop and position.stop_price(ctx, stop)
end

-- The stop that the position has after this, as a price.
function life:stop() return self.ctx.stop end

return legacy
