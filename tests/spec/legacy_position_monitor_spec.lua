-- SPDX-License-Identifier: Apache-2.0
-- The position monitor: first protection, the ladder of locks and targets over percent of margin, the emergency.

local legacy = require "legacy"
local position = require "position"

local near, levels = legacy.near, legacy.levels
local NAME = "position_monitor"

describe("position monitor", function()
  describe("first protection", function()
    it("is a stop at 2 %, half at 3 %, and the rest trailed by 1.5 % from there", function()
      local life = legacy.begin(NAME)
      local first = life.first
      local stop, trail = position.find(first, "move_stop"), position.find(first, "set_trailing")
      near(98, life:stop())
      assert.equal("3@50", levels(position.find(first, "update_tp_limits")))
      near(1.5, trail.callback_pct)
      near(1.5, trail.activation_r) -- 3 % in R of 2 %
      assert.equal(NAME, first.profile)
      assert.matches("position_monitor: new position", stop.reason, 1, true)
    end)

    it("is mirrored for a SHORT", function()
      local life = legacy.begin(NAME, { side = "SHORT" })
      near(102, life:stop())
      near(97, life.ctx.legs[1].price)
    end)

    it("follows a model's figures where they are usable", function()
      local life = legacy.begin(NAME, { signals = { tp_hint_pct = 8, sl_hint_pct = 4, trail_hint_pct = 9 } })
      local first = life.first
      near(96, life:stop())
      assert.equal("8@50", levels(position.find(first, "update_tp_limits")))
      near(5, position.find(first, "set_trailing").callback_pct) -- the widest that the exchange takes
      near(2, position.find(first, "set_trailing").activation_r)
    end)

    it("takes a hint of 50 % and no more, and says what it ignores", function()
      assert.equal("50@50", levels(position.find(
        legacy.begin(NAME, { signals = { tp_hint_pct = 50 } }).first, "update_tp_limits")))
      for _, wrong in ipairs { 50.5, 0, -1, "far" } do
        local life = legacy.begin(NAME, { signals = { tp_hint_pct = wrong } })
        assert.equal("3@50", levels(position.find(life.first, "update_tp_limits")))
        assert.matches("signal tp_hint_pct", life.policy:log(), 1, true)
      end
    end)
  end)

  -- Leverage 10: percent of margin are ten times the percent of price. Each case is a fresh position that is found at
  -- that profit in its second consult: targets that it has passed are left out.
  describe("ladder", function()
    local cases = {
      { pnl = 0.49, stop = 98, levels = "3@50" },        -- 4.9 % of margin: nothing
      { pnl = -0.31, stop = 98, levels = "3@50" },       -- below -3 %: hold
      { pnl = 0.7, stop = 100.1, levels = "0.8@25" },    -- 5 to 10: breakeven
      { pnl = 0.999, stop = 100.1, levels = "" },
      { pnl = 1.02, stop = 100.51, levels = "1.5@25" },  -- 10 to 20: half of the gain
      { pnl = 1.98, stop = 100.99, levels = "" },
      { pnl = 2.0, stop = 101.4, levels = "2.5@30" },    -- 20 to 35: 70 %
      { pnl = 3.4, stop = 102.38, levels = "" },
      { pnl = 3.5, stop = 102.975, levels = "" },        -- 35 to 60: 85 %
      { pnl = 5.9, stop = 105.015, levels = "" },
      { pnl = 6.0, stop = 105.4, levels = "" },          -- 60 and more: 90 %
      { pnl = 9.0, stop = 108.1, levels = "" },
    }
    for _, case in ipairs(cases) do
      it(string.format("at %.3f %% of price", case.pnl), function()
        for side, sign in pairs { LONG = 1, SHORT = -1 } do
          local life = legacy.begin(NAME, { side = side, leverage = 10, tick = 0.0001 })
          local answer = life:at(100 + sign * case.pnl)
          near(100 + sign * (case.stop - 100), life:stop())
          local targets = position.find(answer, "update_tp_limits") or position.find(life.first, "update_tp_limits")
          assert.equal(case.levels, levels(targets))
        end
      end)
    end

    it("begins exactly at its first step", function()
      assert.equal("keep", legacy.begin(NAME, { leverage = 4 }):at(101.2499).result)
      assert.equal("ok", legacy.begin(NAME, { leverage = 4 }):at(101.25).result)
    end)

    it("takes its second step exactly at ten percent of margin, half a percent away from the price", function()
      local life = legacy.begin(NAME, { leverage = 10, tick = 0.0001 })
      assert.equal("", levels(position.find(life:at(100.9999), "update_tp_limits")))
      assert.equal("1.5@25", levels(position.find(life:at(101), "update_tp_limits")))
      near(100.495, life:stop())
    end)

    it("keeps the stop half a percent away from the price", function()
      local life = legacy.begin(NAME, { leverage = 50, tick = 0.0001 })
      life:at(100.2) -- breakeven would lie at 100.1
      near(100.2 * 0.995, life:stop())
    end)

    it("moves the stop by a tenth of a percent or not at all", function()
      local life = legacy.begin(NAME, { leverage = 10, tick = 0.0001 })
      life:at(101.2)
      near(100.6, life:stop())
      assert.equal("keep", life:at(101.399).result) -- half of the gain: 100.6995
      life:at(101.4002)
      near(100.7001, life:stop())
    end)

    it("never moves it back, and sets no lower step's targets", function()
      local life = legacy.begin(NAME, { leverage = 10 })
      life:at(102.4)
      near(101.68, life:stop())
      local answer = life:at(101.75)
      assert.equal("keep", answer.result)
      near(101.68, life:stop())
      assert.equal(1, #life.ctx.legs)
      near(102.5, life.ctx.legs[1].price)
    end)

    it("counts what was taken for the nearest targets", function()
      local life = legacy.begin(NAME, { leverage = 10 })
      life:at(100.6)
      life.ctx = position.hit(life.ctx, 1) -- 25 % at 8 % of margin
      local targets = position.find(life:at(101.0), "update_tp_limits")
      assert.equal("1.5@25", levels(targets))
      life.ctx = position.hit(life.ctx, 2) -- and 25 % at 15 %
      targets = position.find(life:at(102.0), "update_tp_limits")
      assert.equal("2.5@20", levels(targets)) -- 20 % at 12, 20 % at 18 and 10 of the 30 % are taken
    end)

    it("takes 30x where leverage is not known, else what size and margin say", function()
      local life = legacy.begin(NAME, { leverage = 0 })
      assert.equal("keep", life:at(100.166).result)
      assert.equal("0.2667@25", levels(position.find(life:at(100.167), "update_tp_limits")))
      life = legacy.begin(NAME, { leverage = 0 })
      life:accept({ decisions = {} }, { price = 101 })
      life.ctx.margin = 100 -- of 1000: 10x
      assert.equal("1.5@25", levels(position.find(position.ask(life.policy, life.ctx), "update_tp_limits")))
    end)

    for pnl, expected in pairs {
      [0.5] = "0.8@25", [1.0] = "1@25 1.5@25", [2.0] = "1.2@20 1.8@20 2.5@30", [3.5] = "2@20 2.8@20 3.5@30",
      [6.0] = "3@15 4@15 5@20",
    } do
      it(string.format("plans with the whole step's targets where it is taken over at %.1f %%", pnl), function()
        local life = legacy.begin(NAME, { leverage = 10, price = 100 + pnl })
        assert.equal(expected, levels(position.find(life.first, "update_tp_limits")))
        near(98, life:stop())
      end)
    end
  end)

  describe("emergency", function()
    it("is a loss of more than ten percent of price", function()
      assert.is_nil(position.find(legacy.begin(NAME):at(90), "full_exit"))
      assert.is_true(position.find(legacy.begin(NAME):at(89.99), "full_exit").emergency)
      assert.is_true(position.find(legacy.begin(NAME, { side = "SHORT" }):at(110.01), "full_exit").emergency)
    end)

    it("of a position that was found open comes with a plan, and is asked for again after a minute", function()
      local ctx = position.new { adopted = true, price = 80, reason = "adopted" }
      local answer = position.ask(legacy.open(NAME), ctx)
      assert.is_truthy(position.find(answer, "full_exit"))
      assert.is_truthy(position.find(answer, "move_stop"))
      assert.is_truthy(position.find(answer, "update_tp_limits"))
      assert.equal(ctx.now_ms + 60000, answer.wake.at_ms)
    end)
  end)
end)
