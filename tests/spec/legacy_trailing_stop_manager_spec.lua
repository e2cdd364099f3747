-- SPDX-License-Identifier: Apache-2.0
-- The trailing stop manager: entry at 1.5 %, 1.5 % locked at 3 %, then 1 % behind the best price.

local legacy = require "legacy"
local position = require "position"

local near = legacy.near
local NAME = "trailing_stop_manager"

describe("trailing stop manager", function()
  it("begins with a stop at 2 % and half at 3 %", function()
    local life = legacy.begin(NAME)
    local first = life.first
    near(98, life:stop())
    assert.equal("3@50", legacy.levels(position.find(first, "update_tp_limits")))
    assert.is_nil(position.find(first, "set_trailing"))
    assert.equal(NAME, first.profile)
  end)

  for _, case in ipairs {
    { 1.49, 98 }, { 1.5, 100 }, { 2.99, 100 }, { 3.0, 101.5 }, { 4.99, 101.5 }, { 5.0, 103.95 }, { 8.0, 106.92 },
  } do
    it(string.format("at a profit of %.2f %% has the stop at %.2f", case[1], case[2]), function()
      local life = legacy.begin(NAME, { tick = 0.0001 })
      life:at(100 + case[1])
      near(case[2], life:stop())
    end)
  end

  it("does the same for a SHORT", function()
    local life = legacy.begin(NAME, { side = "SHORT", tick = 0.0001 })
    life:at(98.5)
    near(100, life:stop())
    life:at(97)
    near(98.5, life:stop())
    life:at(95)
    near(95.95, life:stop())
  end)

  it("trails the best price, not the present one", function()
    local life = legacy.begin(NAME, { tick = 0.0001 })
    life:at(105.5, { peak = 106 })
    near(104.94, life:stop())
  end)

  it("moves the stop by a tenth of a percent or not at all", function()
    local life = legacy.begin(NAME, { tick = 0.0001 })
    life:at(105)
    assert.equal("keep", life:at(105.1).result) -- 104.049
    life:at(105.102)
    near(104.051, life:stop()) -- 104.05098, rounded to the tick that loses less
  end)

  it("keeps what is tighter, and says nothing twice", function()
    local life = legacy.begin(NAME)
    life:at(105)
    near(103.95, life:stop())
    assert.equal("keep", life:at(104).result)
    assert.equal("keep", life:at(105).result)
  end)

  it("is off duty with QT_TRAILING_STOP_ENABLED=false", function()
    local set, err = position.open("policies",
      { settings = { 'owner="trailing_stop_manager"', "qt_trailing_stop_enabled=false" } })
    assert.is_nil(set)
    assert.matches("owner: trailing_stop_manager is off duty", tostring(err), 1, true)
  end)
end)
