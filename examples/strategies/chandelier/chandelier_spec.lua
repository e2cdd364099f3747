-- SPDX-License-Identifier: Apache-2.0
-- The chandelier: where it hangs, when it moves, when it ends a position; both sides by one text.
local testing = require "exitbrain.testing"

local DIR = debug.getinfo(1, "S").source:match("^@(.*)/")

-- A price so many percent from an entry of 100 towards profit.
local function at(side, pct) return side == "SHORT" and 100 - pct or 100 + pct end

local function features(h1) return { m1 = h1, m5 = testing.features { atr = 0.1 }, m15 = h1, h1 = h1 } end

for _, side in ipairs { "LONG", "SHORT" } do
  describe("chandelier, " .. side, function()
    local policy
    before_each(function() policy = testing.open(DIR) end)

    local function first(over)
      local ctx = testing.long { side = side }
      for key, value in pairs(over or {}) do ctx[key] = value end
      return ctx, testing.answers(policy, ctx)
    end

    local function running(over)
      local ctx, answer = first()
      return testing.after(ctx, answer, over)
    end

    it("begins three ATRs away, without targets", function()
      local ctx, answer = first()
      testing.has_stop_at(ctx, answer, at(side, -0.9))
      testing.has_targets(ctx, answer, {})
      assert.is_true(testing.find(answer, "set_trailing").off)
      assert.equal(0, #testing.find(answer, "set_ratchet").rules)
    end)

    it("begins in percent while the bars are warming", function()
      local ctx, answer = first { features = features(testing.features { warm = false, bars = 3 }) }
      testing.has_stop_at(ctx, answer, at(side, -2.5))
    end)

    it("follows the best price, also when the price comes back", function()
      local ctx = running { price = at(side, 2.5), peak = at(side, 3) }
      local answer = testing.answers(policy, ctx)
      testing.has_stop_at(ctx, answer, at(side, 2.1))
      assert.equal(1, #answer.decisions)
      assert.equal("chandelier: 0.9 % behind the best price", answer.decisions[1].reason)
      ctx = testing.after(ctx, answer)
      assert.same({ at_ms = testing.keeps(policy, ctx).wake.at_ms, [side == "LONG" and "above" or "below"] =
        at(side, 3.1) }, testing.keeps(policy, ctx).wake)
    end)

    it("asks again when the hour ends, or a step further", function()
      local ctx = running { price = at(side, 0.05) }
      local wake = testing.keeps(policy, ctx).wake
      assert.equal(0, wake.at_ms % testing.HOUR)
      assert.is_true(wake.at_ms > ctx.now_ms and wake.at_ms - ctx.now_ms <= testing.HOUR)
      assert.near(at(side, 0.1), side == "LONG" and wake.above or wake.below, 1e-6)
      testing.keeps(policy, running { price = at(side, 0.099) })
      testing.has_stop_at(ctx, testing.answers(policy, running { price = at(side, 0.101) }), at(side, -0.799))
    end)

    it("is drawn nearer when the ATR falls, and not further away when it rises", function()
      local ctx = running { price = at(side, 2), features = features(testing.features { atr = 0.2 }) }
      testing.has_stop_at(ctx, testing.answers(policy, ctx), at(side, 1.4))
      testing.keeps(policy, running { price = at(side, 0.5), features = features(testing.features { atr = 0.9 }) })
    end)

    it("keeps the least distance where nothing moves", function()
      local ctx = running { price = at(side, 2), features = features(testing.features { atr = 0 }) }
      testing.has_stop_at(ctx, testing.answers(policy, ctx), at(side, 1.8))
    end)

    it("leaves when the price is beyond the line", function()
      local calm = features(testing.features { atr = 0.2 })
      local ctx = running { price = at(side, 1.3), peak = at(side, 2), features = calm }
      local answer = testing.answers(policy, ctx)
      testing.exits(answer, "beyond the line")
      assert.equal(1, #answer.decisions)
      assert.equal(ctx.now_ms + 60000, answer.wake.at_ms)
      testing.has_stop_at(ctx, testing.answers(policy, running { price = at(side, 1.45), peak = at(side, 2),
        features = calm }), at(side, 1.4))
    end)

    it("looks again at the end of a bar, whichever time frame it is", function()
      for frame, minutes in pairs { m1 = 1, m5 = 5, m15 = 15, h1 = 60 } do
        policy = testing.open(DIR, { settings = { 'timeframe="' .. frame .. '"' } })
        local ctx = running()
        local bar_ms = minutes * 60000
        assert.equal((ctx.now_ms // bar_ms + 1) * bar_ms, testing.keeps(policy, ctx).wake.at_ms)
      end
    end)

    it("takes another time frame", function()
      policy = testing.open(DIR, { settings = { 'timeframe="m5"', "atr_mult=4.0" } })
      local calm = features(testing.features())
      local ctx, answer = first { features = calm }
      testing.has_stop_at(ctx, answer, at(side, -0.4))
      local wake = testing.keeps(policy, testing.after(ctx, answer)).wake
      assert.is_true(wake.at_ms % 300000 == 0 and wake.at_ms - ctx.now_ms <= 300000 + 10000)
    end)

    it("plans anew in the place of another owner, and no stop loosens", function()
      local ctx = testing.long { side = side, price = at(side, 1), plan_revision = 3, planned = false,
        stop = at(side, -0.5), plan_stop = at(side, -0.5), stop_kind = "plan", r = 2 }
      local answer = testing.answers(policy, ctx)
      testing.has_stop_at(ctx, answer, at(side, -0.5))
      testing.has_targets(ctx, answer, {})
    end)

    it("leaves another owner's stop where the price has passed its own", function()
      local ctx = testing.long { side = side, price = at(side, -3), plan_revision = 3, planned = false,
        stop = at(side, -5), plan_stop = at(side, -5), stop_kind = "plan", r = 5 }
      testing.has_stop_at(ctx, testing.answers(policy, ctx), at(side, -5))
    end)
  end)
end

describe("chandelier refuses", function()
  for setting, complaint in pairs {
    ["atr_mult=0"] = "atr_mult: expected a number from 0.5 to 20, got 0", ["atr_mult=21"] = "atr_mult",
    ["timeframe='h4'"] = "timeframe: expected one of m1, m5, m15, h1", ["warming_pct=0.1"] = "warming_pct",
    ["warming_pct=60"] = "warming_pct", ["step_pct=0"] = "step_pct", ["step_pct=6"] = "step_pct",
  } do
    it(setting, function()
      assert.matches(complaint, testing.refusal(DIR, { settings = { setting } }), 1, true)
    end)
  end
end)
