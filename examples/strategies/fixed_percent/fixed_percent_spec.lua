-- SPDX-License-Identifier: Apache-2.0
-- The ladder in percent: planned once, moved when it is edited; both sides by one text.
local testing = require "exitbrain.testing"

local DIR = debug.getinfo(1, "S").source:match("^@(.*)/")

-- A price so many percent from an entry of 100 towards profit.
local function at(side, pct) return side == "SHORT" and 100 - pct or 100 + pct end

for _, side in ipairs { "LONG", "SHORT" } do
  describe("fixed_percent, " .. side, function()
    local policy
    before_each(function() policy = testing.open(DIR) end)

    local function first()
      local ctx = testing.long { side = side }
      return ctx, testing.answers(policy, ctx)
    end

    it("plans stop, ladder, ratchet and trail at once", function()
      local ctx, answer = first()
      testing.has_stop_at(ctx, answer, at(side, -2))
      testing.has_targets(ctx, answer, { { at(side, 1), 0.25 }, { at(side, 2), 0.25 }, { at(side, 3), 0.25 } })
      local trail = testing.find(answer, "set_trailing")
      assert.near(1.5, trail.activation_r, 1e-6)
      assert.near(1.0, trail.callback_pct, 1e-6)
      local rules = testing.find(answer, "set_ratchet").rules
      assert.equal(1, #rules)
      assert.equal(1, rules[1].after_hits)
      assert.equal("entry", rules[1].to)
      assert.near(0.08, rules[1].offset_pct, 1e-9) -- two taker fees
    end)

    it("has nothing to add, wherever the price goes", function()
      local ctx, answer = first()
      for _, pct in ipairs { -1.9, 0.5, 2.5, 9 } do
        testing.keeps(policy, testing.after(ctx, answer, { price = at(side, pct) }))
      end
      testing.keeps(policy, testing.hit(testing.after(ctx, answer, { price = at(side, 2) }), 2))
    end)

    it("moves what was not sold yet when the ladder was edited", function()
      local ctx, answer = first()
      ctx = testing.hit(testing.after(ctx, answer, { price = at(side, 1.2) }), 1)
      policy = testing.open(DIR, { settings = { "ladder={{1.0,25},{4.0,50},{5.0,25}}" } })
      ctx.reason = "reload"
      answer = testing.answers(policy, ctx)
      testing.has_targets(ctx, answer, { { at(side, 4), 0.5 }, { at(side, 5), 0.25 } })
      assert.is_nil(testing.find(answer, "move_stop"))
      testing.keeps(policy, testing.after(ctx, answer))
    end)

    it("leaves no runner where the ladder sells all", function()
      policy = testing.open(DIR, { settings = { "ladder={{1.5,40},{3.0,60}}" } })
      local ctx, answer = first()
      testing.has_targets(ctx, answer, { { at(side, 1.5), 0.4 }, { at(side, 3), 0.6 } })
    end)
  end)
end

describe("fixed_percent refuses", function()
  for setting, complaint in pairs {
    ["stop_pct=0.1"] = "stop_pct: expected a number from 0.2 to 50, got 0.1", ["stop_pct=51"] = "stop_pct",
    ["ladder={{1.0,60},{2.0,60}}"] = "the fractions sum to 1.2, more than the position",
    ["ladder={{2.0,20},{1.0,20}}"] = "more than 2 %", ["ladder={{95.0,20}}"] = "ladder[1][1]",
    ["secure_after_hits=4"] = "secure_after_hits: expected a whole number from 1 to 3",
    ["secure_after_hits=0"] = "hits",
    ["trail_from_pct=0.01"] = "trail_from_pct", ["trail_from_pct=91"] = "trail_from_pct",
    ["trail_pct=0.06"] = "trail_pct", ["trail_pct=51"] = "trail_pct",
  } do
    it(setting, function()
      assert.matches(complaint, testing.refusal(DIR, { settings = { setting } }), 1, true)
    end)
  end
end)
