-- SPDX-License-Identifier: Apache-2.0
-- Hybrid TP/SL: three bands of confidence, three plans, and the change between them.

local legacy = require "legacy"
local position = require "position"

local near, levels = legacy.near, legacy.levels
local NAME = "hybrid_tpsl"

local function plan(signals, settings, over)
  over = over or {}
  over.signals = signals
  local life = legacy.begin(NAME, over, settings)
  local first = life.first
  local trailing = position.find(first, "set_trailing")
  return {
    stop = life:stop(),
    levels = levels(position.find(first, "update_tp_limits")),
    callback = trailing.callback_pct, activation = trailing.activation_r,
  }
end

local function assert_base(got)
  near(98, got.stop)
  assert.equal("3@100", got.levels)
  near(1.5, got.callback)
  near(1.5, got.activation) -- 3 %, twice the callback, in R of 2 %
end

local function assert_middle(got)
  near(98, got.stop)
  assert.equal("3@100", got.levels)
  near(0.75, got.callback)
  near(0.75, got.activation)
end

describe("hybrid TP/SL", function()
  it("takes the base where confidence is low, not known or no number", function()
    for _, confidence in ipairs { 0.1999, 0, -3, "sure", true } do assert_base(plan { confidence = confidence }) end
    assert_base(plan {})
  end)

  it("halves the trail in between", function()
    for _, confidence in ipairs { 0.20, 0.5, 0.7999 } do assert_middle(plan { confidence = confidence }) end
  end)

  it("takes the model's target and trail where confidence is high, and a nearer stop", function()
    for _, confidence in ipairs { 0.80, 1 } do
      local got = plan { confidence = confidence, tp_hint_pct = 9, trail_hint_pct = 0.9 }
      near(98.2, got.stop)
      assert.equal("3@50 9@50", got.levels)
      near(0.9, got.callback)
      near(1, got.activation) -- 1.8 % in R of 1.8 %
    end
  end)

  it("takes dynamic_tpsl's base where the model gives no figure", function()
    local got = plan { confidence = 0.9 }
    assert.equal("3@50 6@50", got.levels)
    near(2, got.callback)
  end)

  it("takes the model's target only where it is farther", function()
    assert.equal("3@100", plan({ confidence = 0.9, tp_hint_pct = 3 }).levels)
    assert.equal("3@100", plan({ confidence = 0.9, tp_hint_pct = 1 }).levels)
  end)

  it("trails by 0.1 to 5 %, from 0.2 % of profit on at the earliest", function()
    near(5, plan({ confidence = 0.9, trail_hint_pct = 30 }).callback)
    local got = plan({ confidence = 0.9, trail_hint_pct = 0.05 }, { "activation_factor=1.0" })
    near(0.1, got.callback)
    near(0.2 / 1.8, got.activation)
  end)

  it("is mirrored for a SHORT", function()
    near(101.8, plan({ confidence = 0.9 }, nil, { side = "SHORT" }).stop)
  end)

  describe("another confidence", function()
    it("brings another plan, a nearer stop with it", function()
      local life = legacy.begin(NAME, { tick = 0.001 })
      local answer = life:at(100.5, { signals = { confidence = 0.9 }, reason = "signal" })
      near(98.2, life:stop())
      assert.equal("3@50 6@50", levels(position.find(answer, "update_tp_limits")))
      near(2, position.find(answer, "set_trailing").callback_pct)
      near(2, position.find(answer, "set_trailing").activation_r) -- 4 % in R, which stays 2 %
      assert.equal("keep", life:at(100.6).result)
    end)

    it("never a looser stop", function()
      local life = legacy.begin(NAME, { signals = { confidence = 0.9 } })
      local answer = life:at(100.5, { signals = {} })
      assert.equal("3@100", levels(position.find(answer, "update_tp_limits")))
      near(98.2, life:stop())
    end)

    it("sets no stop that the price has passed already", function()
      local life = legacy.begin(NAME)
      life:at(98.1, { signals = { confidence = 0.9 } })
      near(98, life:stop())
    end)
  end)
end)
