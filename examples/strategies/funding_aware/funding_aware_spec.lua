-- SPDX-License-Identifier: Apache-2.0
-- Payments that are worth waiting for, and those that are not; both sides by one text.
local testing = require "exitbrain.testing"

local DIR = debug.getinfo(1, "S").source:match("^@(.*)/")
local MINUTE = 60000

-- A price so many percent from an entry of 100 towards profit.
local function at(side, pct) return side == "SHORT" and 100 - pct or 100 + pct end

for _, side in ipairs { "LONG", "SHORT" } do
  describe("funding_aware, " .. side, function()
    local policy
    before_each(function() policy = testing.open(DIR) end)

    local function first(over)
      local ctx = testing.long { side = side }
      for key, value in pairs(over or {}) do ctx[key] = value end
      return ctx, testing.answers(policy, ctx)
    end

    -- The position at a profit in percent, `minutes` before a payment of `cost` percent (negative: received).
    local function before(minutes, cost, pct, over)
      local ctx, answer = first()
      ctx = testing.after(ctx, answer, { price = at(side, pct) })
      ctx.next_funding_ms, ctx.funding_rate_pct = ctx.now_ms + minutes * MINUTE, ctx.sign * cost
      for key, value in pairs(over or {}) do ctx[key] = value end
      return ctx
    end

    it("plans two halves, from two ATRs of hours", function()
      local ctx, answer = first { features = { m1 = testing.features(), m5 = testing.features(),
        m15 = testing.features(), h1 = testing.features { atr = 0.6 } } }
      testing.has_stop_at(ctx, answer, at(side, -1.2))
      testing.has_targets(testing.after(ctx, answer), answer, { { at(side, 1.2), 0.5 }, { at(side, 3), 0.5 } })
      ctx, answer = first { features = { m1 = testing.features(), m5 = testing.features(), m15 = testing.features(),
        h1 = testing.features { warm = false, bars = 2 } } }
      testing.has_stop_at(ctx, answer, at(side, -2))
    end)

    it("secures the entry at 1 R", function()
      local ctx = before(300, 0.5, 0.6)
      testing.has_stop_at(ctx, testing.answers(policy, ctx), at(side, 0.08))
      testing.keeps(policy, before(300, 0.5, 0.59))
    end)

    it("asks to be woken a quarter of an hour before the payment", function()
      local ctx = before(15.5, 0.5, 0.2)
      assert.equal(ctx.next_funding_ms - 15 * MINUTE, testing.keeps(policy, ctx).wake.at_ms)
    end)

    it("leaves where the payment is more than a quarter of the way to the target", function()
      -- First target at 0.6 %, price at 0.2 %: the way is 0.4 %, worth 0.1 %.
      testing.exits(testing.answers(policy, before(15, 0.101, 0.2)), "funding of 0.1010 % is due for 0.1000 % to gain")
      assert.is_nil(testing.find(testing.answers(policy, before(15, 0.099, 0.2)), "full_exit"))
    end)

    it("looks at the nearest target that was not hit, else at one R", function()
      local ctx = before(15, 0.21, 0.7)
      ctx.legs[1].state = "hit" -- the next one lies at 1.5 %: the way is 0.8 %, worth 0.2 %
      testing.exits(testing.answers(policy, ctx), "for 0.2000 % to gain")
      ctx.funding_rate_pct = ctx.sign * 0.19
      assert.is_nil(testing.find(testing.answers(policy, ctx), "full_exit"))
      testing.exits(testing.answers(policy, before(15, 0.16, 1.6, { legs = {} })), "for 0.1500 % to gain")
    end)

    it("stays behind a close stop where there is more to gain", function()
      local ctx = before(15, 0.03, 0.3)
      local answer = testing.answers(policy, ctx)
      testing.has_stop_at(ctx, answer, at(side, -0.3))
      assert.equal("close stop over a funding payment", testing.find(answer, "move_stop").reason)
      local after = testing.after(ctx, answer, { price = at(side, 0.39) })
      assert.is_nil(testing.keeps(policy, after).wake) -- asked again each cycle: the rate moves
      testing.has_stop_at(ctx, testing.answers(policy, testing.after(ctx, answer, { price = at(side, 0.41) })),
        at(side, -0.19))
    end)

    it("does nothing for a payment that is received, small, over or not known", function()
      testing.keeps(policy, before(15, -0.3, 0.3))
      testing.keeps(policy, before(15, 0.0049, 0.3))
      assert.equal("ok", testing.answers(policy, before(15, 0.0051, 0.3)).result)
      testing.keeps(policy, before(0, 0.5, 0.3))
      testing.keeps(policy, before(15, 0.5, 0.3, { next_funding_ms = 0 }))
    end)

    it("manages a position that was found open until a person agrees to the exit", function()
      local answer = testing.answers(policy, before(15, 0.101, 0.2, { adopted = true }))
      testing.exits(answer, "funding")
      assert.is_truthy(testing.find(answer, "move_stop"))
    end)

    it("plans before it looks", function()
      local _, answer = first { next_funding_ms = testing.NOON + MINUTE, funding_rate_pct = side == "LONG" and 2 or -2 }
      assert.is_truthy(testing.find(answer, "update_tp_limits"))
      assert.is_nil(testing.find(answer, "full_exit"))
    end)
  end)
end

describe("funding_aware refuses", function()
  for setting, complaint in pairs {
    ["stop_atr=0.15"] = "stop_atr: expected a number from 0.2 to 20, got 0.15", ["stop_atr=21"] = "stop_atr",
    ["stop_pct=0.1"] = "stop_pct", ["stop_pct=51"] = "stop_pct", ["first_r=0.05"] = "first_r",
    ["first_r=3.0"] = "more than", ["second_r=0.5"] = "more than 1 R", ["second_r=51"] = "second_r",
    ["before_minutes=0"] = "before_minutes",
    ["before_minutes=241"] = "before_minutes", ["ignore_pct=-1"] = "ignore_pct", ["ignore_pct=6"] = "ignore_pct",
    ["hope=-0.1"] = "hope", ["hope=1.1"] = "hope", ["close_stop_pct=0"] = "close_stop_pct",
    ["close_stop_pct=21"] = "close_stop_pct",
  } do
    it(setting, function()
      assert.matches(complaint, testing.refusal(DIR, { settings = { setting } }), 1, true)
    end)
  end
end)
