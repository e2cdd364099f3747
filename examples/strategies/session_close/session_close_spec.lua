-- SPDX-License-Identifier: Apache-2.0
-- Days, nights and weekends of a position; both sides by one text.
local testing = require "exitbrain.testing"

local DIR = debug.getinfo(1, "S").source:match("^@(.*)/")
local HOUR = testing.HOUR
local MONDAY = 1750032000000 // (24 * HOUR) * 24 * HOUR -- 16 June 2025, midnight UTC
local FRIDAY = MONDAY + 4 * 24 * HOUR

-- A price so many percent from an entry of 100 towards profit.
local function at(side, pct) return side == "SHORT" and 100 - pct or 100 + pct end

local function time(day_ms, hour, minute) return day_ms + hour * HOUR + (minute or 0) * 60000 end

for _, side in ipairs { "LONG", "SHORT" } do
  describe("session_close, " .. side, function()
    local policy
    before_each(function() policy = testing.open(DIR) end)

    local function first(now_ms)
      local ctx = testing.long { side = side, now_ms = now_ms, opened_ms = now_ms }
      return ctx, testing.answers(policy, ctx)
    end

    -- A position of one time, seen at another, at a profit in percent.
    local function later(opened_ms, now_ms, pct, over)
      local ctx, answer = first(opened_ms)
      over = over or {}
      over.now_ms, over.price = now_ms, at(side, pct)
      return testing.after(ctx, answer, over)
    end

    it("plans a half at 1 R and a trail for the rest", function()
      local ctx, answer = first(time(MONDAY, 12))
      testing.has_stop_at(ctx, answer, at(side, -2))
      testing.has_targets(testing.after(ctx, answer), answer, { { at(side, 2), 0.5 } })
      local trail = testing.find(answer, "set_trailing")
      assert.near(1, trail.activation_r, 1e-9)
      assert.near(1.2, trail.callback_pct, 1e-9)
    end)

    it("leaves it alone by day", function()
      for _, hour in ipairs { 7, 12, 20 } do
        testing.keeps(policy, later(time(MONDAY, 7), time(MONDAY, hour), 1))
      end
      local wake = testing.keeps(policy, later(time(MONDAY, 20), time(MONDAY, 20, 42), 1)).wake
      assert.equal(time(MONDAY, 20, 45), wake.at_ms)
    end)

    it("stands behind a close stop by night, which follows in steps", function()
      local ctx = later(time(MONDAY, 12), time(MONDAY, 20, 45), 1)
      local answer = testing.answers(policy, ctx)
      testing.has_stop_at(ctx, answer, at(side, 0.2))
      assert.equal("close stop outside the session", testing.find(answer, "move_stop").reason)
      local after = testing.after(ctx, answer, { price = at(side, 1.19) })
      local wake = testing.keeps(policy, after).wake
      assert.near(at(side, 1.2), side == "LONG" and wake.above or wake.below, 1e-6)
      after = testing.after(ctx, answer, { price = at(side, 1.21) })
      testing.has_stop_at(after, testing.answers(policy, after), at(side, 0.41))
    end)

    it("wakes with the session", function()
      local ctx = later(time(MONDAY, 6), time(MONDAY, 6, 58), -1.9)
      ctx.stop = at(side, -1.95)
      assert.equal(time(MONDAY, 7), testing.keeps(policy, ctx).wake.at_ms)
      ctx = later(time(MONDAY, 12), time(MONDAY, 12) + 18 * HOUR + 59 * 60000, 1)
      assert.equal("ok", testing.answers(policy, ctx).result)
    end)

    it("carries nothing through the weekend", function()
      testing.keeps(policy, later(time(FRIDAY, 12), time(FRIDAY, 20, 44), 1))
      testing.exits(testing.answers(policy, later(time(FRIDAY, 12), time(FRIDAY, 20, 45), 1)), "the session is over")
      testing.exits(testing.answers(policy, later(time(FRIDAY, 12), time(FRIDAY, 20, 45) + 30 * HOUR, 1)), "session")
      assert.is_nil(testing.find(testing.answers(policy, later(time(MONDAY, 12), time(MONDAY, 21), 1)), "full_exit"))
      assert.is_nil(testing.find(testing.answers(policy, later(time(FRIDAY, 21), time(FRIDAY, 22), 1)), "full_exit"))
    end)

    it("may be told never to be flat, or each day", function()
      policy = testing.open(DIR, { settings = { "flat_days={}" } })
      assert.is_nil(testing.find(testing.answers(policy, later(time(FRIDAY, 12), time(FRIDAY, 21), 1)), "full_exit"))
      policy = testing.open(DIR, { settings = { "flat_days={1,2,3,4,5,6,7}" } })
      testing.exits(testing.answers(policy, later(time(MONDAY, 12), time(MONDAY, 21), 1)), "session")
    end)

    it("manages a position that was found open until a person agrees to the exit", function()
      local answer = testing.answers(policy, later(time(FRIDAY, 12), time(FRIDAY, 21), 1, { adopted = true }))
      testing.exits(answer, "session")
      testing.has_stop_at(later(time(FRIDAY, 12), time(FRIDAY, 21), 1), answer, at(side, 0.2))
    end)
  end)
end

describe("session_close refuses", function()
  for setting, complaint in pairs {
    ["close_hour=24"] = "hour: expected a whole number from 0 to 23, got 24",
    ["open_hour=21"] = "open_hour: expected a whole number from 0 to 20, got 21", ["open_hour=-1"] = "open_hour",
    ["close_hour=0"] = "close_hour", ["close_minute=60"] = "minute", ["close_minute=1.5"] = "minute",
    ["flat_days={8}"] = "days[1]: expected a whole number from 1 to 7, got 8", ["night_stop_pct=0"] = "night_stop_pct",
    ["night_stop_pct=21"] = "night_stop_pct", ["night_step_pct=0"] = "night_step_pct",
    ["night_step_pct=21"] = "night_step", ["stop_pct=0.1"] = "stop_pct", ["stop_pct=51"] = "stop_pct",
    ["trail_pct=0.06"] = "trail_pct",
    ["trail_pct=51"] = "trail_pct",
  } do
    it(setting, function()
      assert.matches(complaint, testing.refusal(DIR, { settings = { setting } }), 1, true)
    end)
  end
end)
