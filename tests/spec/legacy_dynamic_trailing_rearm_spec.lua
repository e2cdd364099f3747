-- SPDX-License-Identifier: Apache-2.0
-- Dynamic trailing rearm: the callback's scale over profit, its brakes, and the split of the target.

local legacy = require "legacy"
local position = require "position"

local near, levels = legacy.near, legacy.levels
local NAME = "dynamic_trailing_rearm"
local OLD = { opened_ms = position.NOON - 300000 } -- exactly five minutes

local function old(over)
  local out = { opened_ms = OLD.opened_ms }
  for key, value in pairs(over or {}) do out[key] = value end
  return out
end

local function callback(answer)
  local trailing = position.find(answer, "set_trailing")
  return trailing and trailing.callback_pct
end

describe("dynamic trailing rearm", function()
  it("begins with a stop at 2.5 % and all of it at 6 %, without a trail", function()
    local life = legacy.begin(NAME)
    local first = life.first
    near(97.5, life:stop())
    assert.equal("6@100", levels(position.find(first, "update_tp_limits")))
    assert.is_nil(position.find(first, "set_trailing"))
  end)

  it("takes a model's target", function()
    local first = legacy.begin(NAME, { signals = { tp_hint_pct = 12 } }).first
    assert.equal("12@100", levels(position.find(first, "update_tp_limits")))
  end)

  -- With a usual callback of 4 %, so that no step is hidden by the least callback.
  for _, case in ipairs {
    { 2, 4 }, { 4.99, 4 }, { 5, 3 }, { 9.99, 3 }, { 10, 2 }, { 14.99, 2 }, { 15, 1.2 }, { 19.99, 1.2 }, { 20, 0.8 },
  } do
    it(string.format("at %.2f %% of profit trails by %.2f %% of 4", case[1], case[2]), function()
      local life = legacy.begin(NAME, old(), { "callback_pct=4.0" })
      local answer = life:at(100 + case[1])
      near(case[2], callback(answer))
      near(0, position.find(answer, "set_trailing").activation_r)
      life = legacy.begin(NAME, old { side = "SHORT" }, { "callback_pct=4.0" })
      near(case[2], callback(life:at(100 - case[1])))
    end)
  end

  it("usually trails by 1.5 %, from 2 % of profit on", function()
    local life = legacy.begin(NAME, old())
    assert.is_nil(callback(life:at(101.99)))
    near(1.5, callback(life:at(102)))
    near(1.125, callback(legacy.begin(NAME, old()):at(105)))
  end)

  it("never trails nearer than 0.5 % nor wider than 5 %", function()
    near(0.5, callback(legacy.begin(NAME, old()):at(120)))
    near(5, callback(legacy.begin(NAME, old(), { "callback_pct=8.0" }):at(102)))
  end)

  it("waits until a position is five minutes old", function()
    for _, case in ipairs { { 299999, false }, { 300000, true } } do
      local life = legacy.begin(NAME)
      local ctx = position.accept(life.ctx, { decisions = {} }, { price = 103, now_ms = life.ctx.opened_ms + case[1] })
      assert.equal(case[2], callback(position.ask(life.policy, ctx)) ~= nil)
    end
  end)

  describe("changes the callback", function()
    local function trailing(settings)
      local life = legacy.begin(NAME, old(), settings)
      assert.is_truthy(callback(life:at(103)))
      return life, life.ctx.memory.changed_ms
    end

    it("thirty seconds after the last change at the earliest", function()
      for _, case in ipairs { { 29999, false }, { 30000, true } } do
        local life, changed = trailing()
        local ctx = position.accept(life.ctx, { decisions = {} }, { price = 106, now_ms = changed + case[1] })
        assert.equal(case[2], callback(position.ask(life.policy, ctx)) ~= nil)
      end
    end)

    it("only by more than ten percent of it", function()
      for _, case in ipairs { { 0.90, false }, { 0.895, true } } do
        local life, changed = trailing { "scale.2.2=" .. case[1] }
        local ctx = position.accept(life.ctx, { decisions = {} }, { price = 106, now_ms = changed + 60000 })
        assert.equal(case[2], callback(position.ask(life.policy, ctx)) ~= nil)
      end
    end)

    it("never to a wider one, and scales the usual one, not the last", function()
      local life, changed = trailing()
      life.ctx.now_ms = changed + 60000
      near(0.75, callback(life:at(110)))
      life.ctx.now_ms = changed + 120000
      assert.is_nil(callback(life:at(106)))
      life.ctx.now_ms = changed + 180000
      assert.is_nil(callback(life:at(110)))
    end)
  end)

  describe("splits the target", function()
    local SIGNALS = { tp_hint_pct = 20 }

    it("above 5 %: half at two thirds of it, half at all of it", function()
      local life = legacy.begin(NAME, { signals = SIGNALS })
      assert.is_nil(position.find(life:at(105), "update_tp_limits"))
      assert.equal("13.2@50 20@50", levels(position.find(life:at(105.01), "update_tp_limits")))
      assert.is_nil(position.find(life:at(104), "update_tp_limits"))
      assert.is_nil(position.find(life:at(106), "update_tp_limits"))
    end)

    it("above 10 %: 30, 40 and 30 % at half, three quarters and all of it", function()
      local life = legacy.begin(NAME, { signals = SIGNALS })
      assert.equal("13.2@50 20@50", levels(position.find(life:at(110), "update_tp_limits")))
      assert.equal("15@40 20@30", levels(position.find(life:at(110.01), "update_tp_limits"))) -- 10 is passed
      local first = legacy.begin(NAME, { signals = SIGNALS, price = 110.01 }).first
      assert.equal("10@30 15@40 20@30", levels(position.find(first, "update_tp_limits")))
    end)

    it("what was taken counts for the nearest part", function()
      local life = legacy.begin(NAME, { signals = SIGNALS })
      life:at(106)
      life.ctx = position.hit(life.ctx, 1)
      assert.equal("15@20 20@30", levels(position.find(life:at(114), "update_tp_limits")))
    end)
  end)
end)
