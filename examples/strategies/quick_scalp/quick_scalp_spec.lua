-- SPDX-License-Identifier: Apache-2.0
-- Two near targets and four ways out; both sides by one text.
local testing = require "exitbrain.testing"

local DIR = debug.getinfo(1, "S").source:match("^@(.*)/")
local MINUTE = 60000

-- A price so many percent from an entry of 100 towards profit.
local function at(side, pct) return side == "SHORT" and 100 - pct or 100 + pct end

for _, side in ipairs { "LONG", "SHORT" } do
  describe("quick_scalp, " .. side, function()
    local policy
    before_each(function() policy = testing.open(DIR) end)

    local function first(over)
      local ctx = testing.long { side = side }
      for key, value in pairs(over or {}) do ctx[key] = value end
      return ctx, testing.answers(policy, ctx)
    end

    -- The position some minutes later at a profit in percent; `best` is the best one so far.
    local function later(minutes, pct, best, over)
      local ctx, answer = first()
      local all = { now_ms = testing.NOON + math.floor(minutes * MINUTE), price = at(side, pct),
        peak = at(side, best or pct) }
      for key, value in pairs(over or {}) do all[key] = value end
      return testing.after(ctx, answer, all)
    end

    -- The same once it has taken notice of its best price.
    local function noticed(minutes, pct, best)
      local ctx = later(minutes, pct, best)
      return testing.after(ctx, testing.answers(policy, ctx))
    end

    local function stays(ctx) assert.is_nil(testing.find(testing.answers(policy, ctx), "full_exit")) end

    it("plans two near targets", function()
      local ctx, answer = first()
      testing.has_stop_at(ctx, answer, at(side, -0.6))
      testing.has_targets(testing.after(ctx, answer), answer, { { at(side, 0.6), 0.7 }, { at(side, 1.2), 0.3 } })
    end)

    it("secures the entry at 1 R", function()
      local ctx = later(1, 0.6)
      testing.has_stop_at(ctx, testing.answers(policy, ctx), at(side, 0.08))
      assert.is_nil(testing.find(testing.answers(policy, later(1, 0.59)), "move_stop"))
    end)

    it("gives up without progress", function()
      testing.exits(testing.answers(policy, later(20, 0.1, 0.23)), "no progress: 0.4 R never reached")
      stays(later(19.9, 0.1, 0.23))
      stays(later(20, 0.1, 0.25))
    end)

    it("gives up without a better price", function()
      local ctx = noticed(10, 0.5)
      ctx.now_ms, ctx.age_ms = ctx.now_ms + 29 * MINUTE, nil
      stays(testing.after(ctx, { decisions = {} }))
      ctx.now_ms = ctx.now_ms + 1 * MINUTE
      testing.exits(testing.answers(policy, testing.after(ctx, { decisions = {} })), "stalled for 30 minutes")
    end)

    it("takes two hours at most", function()
      testing.exits(testing.answers(policy, later(120, 1)), "time stop after 2.0 h")
      stays(later(119.9, 1))
    end)

    it("leaves when it is told that risk is critical", function()
      for _, word in ipairs { "CRITICAL", "ESS_ACTIVE" } do
        local ctx = later(1, 0.2, 0.2, { signals = { risk_mode = word }, reason = "signal" })
        testing.exits(testing.answers(policy, ctx), "risk mode", true)
      end
      stays(later(1, 0.2, 0.2, { signals = { risk_mode = "CONSERVATIVE" } }))
    end)

    it("says nothing in between, and need not be asked each cycle", function()
      local ctx = noticed(1, 0.3)
      assert.equal(ctx.now_ms + MINUTE, testing.keeps(policy, ctx).wake.at_ms)
    end)
  end)
end

describe("quick_scalp refuses", function()
  for setting, complaint in pairs {
    ["stop_pct=0.1"] = "stop_pct: expected a number from 0.2 to 10, got 0.1", ["stop_pct=11"] = "stop_pct",
    ["first_r=0.05"] = "first_r", ["first_r=2.5"] = "more than 2.5 R", ["second_r=0.5"] = "more than 1 R",
    ["second_r=51"] = "second_r", ["progress_minutes=0.5"] = "progress_minutes", ["progress_minutes=121"] = "minutes",
    ["progress_r=0.01"] = "progress_r", ["progress_r=1.5"] = "progress_r", ["stalled_minutes=0.5"] = "stalled_minutes",
    ["stalled_minutes=121"] = "stalled_minutes", ["most_minutes=10"] = "progress_minutes",
    ["most_minutes=1441"] = "most_minutes",
  } do
    it(setting, function()
      assert.matches(complaint, testing.refusal(DIR, { settings = { setting } }), 1, true)
    end)
  end
end)
