-- SPDX-License-Identifier: Apache-2.0
-- An account that loses while a position is open, and strategies of every kind under the guard; both sides.
local testing = require "exitbrain.testing"

local DIR = debug.getinfo(1, "S").source:match("^@(.*)/")

-- A price so many percent from an entry of 100 towards profit.
local function at(side, pct) return side == "SHORT" and 100 - pct or 100 + pct end

local function read(name)
  local file = assert(io.open(DIR .. "/" .. name, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

for _, side in ipairs { "LONG", "SHORT" } do
  describe("drawdown_guard, " .. side, function()
    local policy
    before_each(function() policy = testing.open(DIR) end)

    local function first(over)
      local ctx = testing.long { side = side, balance = 1000 }
      for key, value in pairs(over or {}) do ctx[key] = value end
      return ctx, testing.answers(policy, ctx)
    end

    -- The position of 1000 at a profit in percent, the balance another one.
    local function later(balance, pct, over)
      local ctx, answer = first()
      over = over or {}
      over.balance, over.price = balance, at(side, pct)
      return testing.after(ctx, answer, over)
    end

    it("plans what the inner strategy plans, and remembers what the account has", function()
      local ctx, answer = first()
      testing.has_stop_at(ctx, answer, at(side, -1.5))
      testing.has_targets(testing.after(ctx, answer), answer, { { at(side, 2.25), 0.5 } })
      local trail = testing.find(answer, "set_trailing")
      assert.near(1.5, trail.activation_r, 1e-9)
      assert.near(1.0, trail.callback_pct, 1e-9)
      assert.near(1000, answer.memory.guard_equity, 1e-9)
      assert.is_truthy(answer.memory.mark)
    end)

    it("has nothing to say while the account stands, and looks twice a minute", function()
      local ctx = later(1000, 0.5)
      local answer = testing.keeps(policy, ctx)
      assert.equal(ctx.now_ms + 30000, answer.wake.at_ms)
      assert.is_nil(answer.memory)
      testing.keeps(policy, later(986, 0))
      testing.keeps(policy, later(1000, -1.4)) -- 14 of 1000
    end)

    it("reduces at half of the limit, once", function()
      local ctx = later(985, 0)
      local answer = testing.answers(policy, ctx)
      assert.equal(0.5, testing.find(answer, "partial_close").fraction)
      assert.equal("account: 1.50 % lost", testing.find(answer, "partial_close").reason)
      assert.is_true(answer.memory.guard_reduced)
      assert.near(1000, answer.memory.guard_equity, 1e-9)
      assert.is_truthy(answer.memory.mark) -- what the inner strategy remembers is still there
      testing.keeps(policy, testing.after(ctx, answer, { qty = 5, leg_base = 10 }))
      assert.is_truthy(testing.find(testing.answers(policy, later(995, -1)), "partial_close")) -- 5 and 10 of 1000
    end)

    it("ends the position at the limit, as an emergency", function()
      local ctx = later(970, 0)
      local answer = testing.answers(policy, ctx)
      testing.exits(answer, "account: 3.00 % lost since the position opened", true)
      assert.equal(1, #answer.decisions)
      assert.same({ at_ms = ctx.now_ms + 30000 }, answer.wake)
      assert.is_nil(testing.find(testing.answers(policy, later(970.5, 0)), "full_exit"))
      testing.exits(testing.answers(policy, later(980, -1)), "3.00 %", true)
    end)

    it("manages a position that was found open until a person agrees to the exit", function()
      local _, answer = first { adopted = true, memory = { guard_equity = 2000 } }
      testing.exits(answer, "account", true)
      testing.has_stop_at(testing.long { side = side }, answer, at(side, -1.5))
    end)

    it("does without a balance", function()
      local ctx, answer = first { balance = 0 }
      assert.is_nil(answer.memory.guard_equity)
      testing.keeps(policy, testing.after(ctx, answer))
      testing.keeps(policy, later(0, -1))
    end)

    -- Another strategy in inner.lua, of the body of its decide.
    local function guarding(body)
      local set = "return { settings = {}, decide = function(ctx) " .. body .. " end }"
      return testing.set { ["init.lua"] = read "init.lua", ["inner.lua"] = set }
    end

    it("guards any strategy: one that says one thing, nothing, or leaves by itself", function()
      local over = { side = side, balance = 900, memory = { guard_equity = 1000 }, plan_revision = 1, r = 1,
        stop = at(side, -1) }
      policy = guarding 'return { type = "move_stop", pct = 1 }'
      local answer = testing.answers(policy, testing.long { side = side, balance = 1000 })
      assert.equal("move_stop", answer.decisions[1].type)
      assert.near(1000, answer.memory.guard_equity, 1e-9)
      policy = guarding ""
      testing.exits(testing.answers(policy, testing.long(over)), "account", true)
      policy = guarding 'return { type = "full_exit", reason = "mine" }'
      testing.exits(testing.answers(policy, testing.long(over)), "mine")
      over.balance = 980
      policy = guarding 'return { { type = "partial_close", fraction = 0.1, reason = "mine" } }'
      assert.equal("mine", testing.find(testing.answers(policy, testing.long(over)), "partial_close").reason)
    end)

    it("never puts off a look that the inner strategy wants sooner, and changes nothing of its tables", function()
      policy = guarding 'return nil, { wake = { at_ms = ctx.now_ms + 12000, above = ctx.price * 2 } }'
      local ctx = testing.long { side = side, balance = 1000, memory = { guard_equity = 1000 } }
      local wake = testing.keeps(policy, ctx).wake
      assert.equal(ctx.now_ms + 12000, wake.at_ms)
      assert.near(ctx.price * 2, wake.above, 1e-6)
    end)
  end)
end

describe("drawdown_guard refuses", function()
  for setting, complaint in pairs {
    ["exit_pct=0"] = "exit_pct: expected a number from 0.1 to 100, got 0", ["exit_pct=101"] = "exit_pct",
    ["reduce_pct=3.5"] = "reduce_pct: expected a number from 0.1 to 3, got 3.5", ["reduce_pct=0"] = "reduce_pct",
    ["reduce_fraction=0"] = "reduce_fraction", ["reduce_fraction=1.1"] = "reduce_fraction",
    ["look_every_s=5"] = "look_every_s", ["look_every_s=301"] = "look_every_s",
    ["inner.stop_pct=0.1"] = "inner.stop_pct",
    ["inner.stop_pct=51"] = "inner.stop_pct", ["inner.target_r=0.05"] = "inner.target_r",
    ["inner.target_r=51"] = "inner.target_r", ["inner.trail_pct=0.06"] = "inner.trail_pct",
    ["inner.trail_pct=51"] = "trail_pct",
  } do
    it(setting, function()
      assert.matches(complaint, testing.refusal(DIR, { settings = { setting } }), 1, true)
    end)
  end
end)
