-- SPDX-License-Identifier: Apache-2.0
-- The three thirds, the stop and the trail; both sides by one text.
local testing = require "exitbrain.testing"

local DIR = debug.getinfo(1, "S").source:match("^@(.*)/")

-- A price so many percent from an entry of 100 towards profit.
local function at(side, pct) return side == "SHORT" and 100 - pct or 100 + pct end

local function hours(over)
  local f = testing.features()
  return { m1 = f, m5 = f, m15 = f, h1 = testing.features(over) }
end

for _, side in ipairs { "LONG", "SHORT" } do
  describe("scale_out_and_trail, " .. side, function()
    local policy
    before_each(function() policy = testing.open(DIR) end)

    local function first(over)
      local ctx = testing.long { side = side, features = hours { atr = 0.5 } }
      for key, value in pairs(over or {}) do ctx[key] = value end
      return ctx, testing.answers(policy, ctx)
    end

    local function running(over)
      local ctx, answer = first()
      return testing.after(ctx, answer, over)
    end

    it("plans three thirds from two ATRs", function()
      local ctx, answer = first()
      testing.has_stop_at(ctx, answer, at(side, -1))
      testing.has_targets(testing.after(ctx, answer), answer, { { at(side, 1), 1 / 3 }, { at(side, 2), 1 / 3 } })
      local trail, rules = testing.find(answer, "set_trailing"), testing.find(answer, "set_ratchet").rules
      assert.near(1.5, trail.activation_r, 1e-9)
      assert.near(1.5, trail.callback_pct, 1e-4)
      assert.equal("entry", rules[1].to)
      assert.equal(1, rules[1].after_hits)
      assert.equal("first_hit", rules[2].to)
      assert.equal(2, rules[2].after_hits)
    end)

    it("risks a part of the account at most, and takes percent while the bars are warming", function()
      local ctx, answer = first { balance = 500 } -- 1 % of it is half a percent of the position
      testing.has_stop_at(ctx, answer, at(side, -0.5))
      ctx, answer = first { features = hours { warm = false, bars = 3 } }
      testing.has_stop_at(ctx, answer, at(side, -2))
      assert.near(2, testing.find(answer, "set_trailing").callback_pct, 1e-9)
    end)

    it("renews the trail when the ATR has changed", function()
      testing.keeps(policy, running { price = at(side, 0.5), features = hours { atr = 0.54 } })
      local answer = testing.answers(policy, running { price = at(side, 0.5), features = hours { atr = 0.4 } })
      assert.is_truthy(testing.find(answer, "set_trailing"))
    end)

    it("stands close in a storm", function()
      local ctx = running { price = at(side, 0.8), market = testing.MARKET.VOLATILE }
      local answer = testing.answers(policy, ctx)
      testing.has_stop_at(ctx, answer, at(side, 0.2))
      assert.equal("VOLATILE", answer.regime)
      testing.keeps(policy, running { price = at(side, 0.8), market = testing.MARKET.TREND })
    end)

    it("gives up what has earned nothing in two days", function()
      local born = testing.NOON
      local function after(h, pct) return running { now_ms = born + h * testing.HOUR, price = at(side, pct) } end
      testing.exits(testing.answers(policy, after(48, -0.1)), "time stop after 48.0 h")
      testing.keeps(policy, after(47.9, -0.1))
      testing.keeps(policy, after(50, 0.1))
    end)
  end)
end

describe("scale_out_and_trail refuses", function()
  for setting, complaint in pairs {
    ["stop_atr=0.1"] = "stop_atr: expected a number from 0.2 to 20, got 0.1", ["stop_atr=21"] = "stop_atr",
    ["warming_pct=0.1"] = "warming_pct", ["warming_pct=51"] = "warming_pct", ["max_loss_pct=0"] = "max_loss",
    ["max_loss_pct=101"] = "max_loss", ["first_r=0.05"] = "first_r", ["first_r=2.5"] = "more than 2.5 R",
    ["second_r=0.5"] = "more than 1 R", ["second_r=51"] = "second_r", ["trail_atr=0.1"] = "trail_atr",
    ["trail_atr=21"] = "trail_atr", ["trail_from_r=-1"] = "trail_atr.from", ["trail_from_r=21"] = "trail_from_r",
    ["volatile_atr=0.1"] = "volatile_atr", ["volatile_atr=21"] = "volatile_atr",
    ["patience_hours=0.05"] = "patience_hours", ["patience_hours=8761"] = "patience_hours",
  } do
    it(setting, function()
      assert.matches(complaint, testing.refusal(DIR, { settings = { setting } }), 1, true)
    end)
  end
end)
