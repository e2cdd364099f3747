-- SPDX-License-Identifier: Apache-2.0
-- The two walls: where they begin, how they close, what they sell; both sides by one text.
local testing = require "exitbrain.testing"

local DIR = debug.getinfo(1, "S").source:match("^@(.*)/")

-- A price so many percent from an entry of 100 towards profit.
local function at(side, pct) return side == "SHORT" and 100 - pct or 100 + pct end

for _, side in ipairs { "LONG", "SHORT" } do
  describe("time_decay, " .. side, function()
    local policy
    before_each(function() policy = testing.open(DIR) end)

    local function first()
      local ctx = testing.long { side = side }
      return ctx, testing.answers(policy, ctx)
    end

    -- The same position some hours old, at a profit in percent of entry.
    local function aged(hours, pct, ctx, answer)
      if ctx == nil then ctx, answer = first() end
      return testing.after(ctx, answer, { now_ms = ctx.opened_ms + math.floor(hours * testing.HOUR),
        price = at(side, pct) })
    end

    it("begins with both walls far away", function()
      local ctx, answer = first()
      testing.has_stop_at(ctx, answer, at(side, -2))
      testing.has_targets(testing.after(ctx, answer), answer, { { at(side, 2), 0.4 }, { at(side, 4), 0.6 } })
      assert.is_true(testing.find(answer, "set_trailing").off)
      assert.equal(0, #testing.find(answer, "set_ratchet").rules)
      assert.same({ step = 0 }, answer.memory)
    end)

    it("says nothing until the first step, and asks for it", function()
      local ctx = aged(4, 0.5)
      assert.equal(ctx.opened_ms + 6 * testing.HOUR, testing.keeps(policy, ctx).wake.at_ms)
      ctx = aged(5.99, 0.5)
      assert.equal(ctx.opened_ms + 6 * testing.HOUR, testing.keeps(policy, ctx).wake.at_ms)
      assert.equal("ok", testing.answers(policy, aged(6, 0.5)).result)
    end)

    it("moves both in steps, once each", function()
      local ctx = aged(6.5, 0.5) -- step 1 of 10: 92.5 % of the way to the targets, 90 % of the stop
      local answer = testing.answers(policy, ctx)
      testing.has_stop_at(ctx, answer, at(side, -1.8))
      testing.has_targets(ctx, answer, { { at(side, 1.85), 0.4 }, { at(side, 3.7), 0.6 } })
      assert.equal(2, #answer.decisions)
      assert.equal("time decay: step 1 of 10", answer.decisions[1].reason)
      ctx = aged(7.9, 0.5, ctx, answer)
      assert.equal(ctx.opened_ms + 8 * testing.HOUR, testing.keeps(policy, ctx).wake.at_ms)
    end)

    it("ends with the targets at a quarter and the stop at entry", function()
      local ctx = aged(24, 0.3)
      local answer = testing.answers(policy, ctx)
      testing.has_stop_at(ctx, answer, at(side, 0))
      testing.has_targets(ctx, answer, { { at(side, 0.5), 0.4 }, { at(side, 1), 0.6 } })
      testing.keeps(policy, aged(90, 0.3, ctx, answer))
    end)

    it("sells what a wall has come to, and knows it", function()
      local ctx = aged(24, 0.7)
      local answer = testing.answers(policy, ctx)
      assert.equal(0.4, testing.find(answer, "partial_close").fraction)
      testing.has_targets(ctx, answer, { { at(side, 1), 0.6 } })
      assert.same({ step = 10 }, answer.memory)
      testing.keeps(policy, aged(25, 0.7, ctx, answer))
      testing.exits(testing.answers(policy, aged(24, 1)), "last target has come")
    end)

    it("goes on from a target that was hit", function()
      local ctx, answer = first()
      ctx = testing.hit(testing.after(ctx, answer, { price = at(side, 2) }), 1)
      ctx.now_ms, ctx.price, ctx.age_ms = ctx.opened_ms + 24 * testing.HOUR, at(side, 0.8), nil
      ctx = testing.after(ctx, { decisions = {}, memory = answer.memory }, { now_ms = ctx.now_ms })
      testing.has_targets(ctx, testing.answers(policy, ctx), { { at(side, 1), 0.6 } })
    end)

    it("goes on from where it was", function()
      local ctx = aged(14, 0.3)
      local answer = testing.answers(policy, ctx)
      testing.has_targets(ctx, answer, { { at(side, 1.25), 0.4 }, { at(side, 2.5), 0.6 } })
      ctx = aged(24, 0.3, ctx, answer)
      testing.has_targets(ctx, testing.answers(policy, ctx), { { at(side, 0.5), 0.4 }, { at(side, 1), 0.6 } })
    end)

    it("sells nothing of a position that was found open, and leaves it when a person agrees", function()
      local ctx = aged(24, 0.7)
      ctx.adopted = true
      local answer = testing.answers(policy, ctx)
      testing.has_targets(ctx, answer, { { at(side, 0.5), 0.4 }, { at(side, 1), 0.6 } })
      assert.is_nil(testing.find(answer, "partial_close"))
      ctx = aged(24, -0.5)
      ctx.adopted = true
      testing.exits(testing.answers(policy, ctx), "the stop has come to the price")
    end)

    it("waits for a leg that is firing", function()
      local ctx = aged(6, 2)
      ctx.legs[1].state = "firing"
      testing.keeps(policy, ctx)
    end)

    it("leaves where the stop has come to the price", function()
      testing.exits(testing.answers(policy, aged(24, -0.01)), "the stop has come to the price")
      testing.exits(testing.answers(policy, aged(14, -1)), "the stop has come to the price")
      local answer = testing.answers(policy, aged(14, -0.99))
      assert.is_nil(testing.find(answer, "full_exit"))
      assert.equal(60000, testing.answers(policy, aged(24, -1)).wake.at_ms - aged(24, -1).now_ms)
    end)

    it("takes another owner's position from the beginning", function()
      local ctx = testing.long { side = side, price = at(side, 1), plan_revision = 3, planned = false, hits = 1,
        stop = at(side, -1), plan_stop = at(side, -1), stop_kind = "plan", r = 2,
        legs = { { id = 1, state = "hit", soft = false, r = 0.5, fraction = 0.25, price = at(side, 1), qty = 2.5,
          filled = 2.5 } }, leg_base = 10, qty = 7.5 }
      local answer = testing.answers(policy, ctx)
      testing.has_stop_at(ctx, answer, at(side, -1))
      testing.has_targets(ctx, answer, { { at(side, 2), 0.3 }, { at(side, 4), 0.45 } })
      assert.same({ step = 0 }, answer.memory)
    end)

    it("takes other figures", function()
      policy = testing.open(DIR, { settings = { "stop_left=0.5", "steps=1", "closing_hours=1", "still_hours=1" } })
      local ctx = aged(2, 0)
      testing.has_stop_at(ctx, testing.answers(policy, ctx), at(side, -1))
    end)
  end)
end

describe("time_decay refuses", function()
  for setting, complaint in pairs {
    ["stop_pct=0"] = "stop_pct: expected a number from 0.2 to 50, got 0", ["stop_pct=51"] = "stop_pct",
    ["stop_pct=50"] = "legs[2] in percent of entry: expected a number from 0.01 to 95, got 100",
    ["legs={{1,60},{2,60}}"] = "legs: expected fractions that sum to at most 1, got 1.2",
    ["legs={{2,40},{1,60}}"] = "legs[2].r: expected more than 2", ["still_hours=-1"] = "still_hours",
    ["closing_hours=0"] = "closing_hours", ["steps=0"] = "steps: expected a whole number from 1 to 100",
    ["steps=2.5"] = "steps", ["target_left=0"] = "target_left", ["target_left=1.5"] = "target_left",
    ["stop_left=-0.1"] = "stop_left", ["stop_left=1.1"] = "stop_left",
  } do
    it(setting, function()
      assert.matches(complaint, testing.refusal(DIR, { settings = { setting } }), 1, true)
    end)
  end
end)
