-- SPDX-License-Identifier: Apache-2.0
-- A first stop against the liquidation buffer on a coarse grid: rounding takes it nearer than R may be, so the plan has
-- to say what R is measured to. Without that the engine would refuse all of it.

local position = require "position"
local side = require "exitbrain.side"

-- Found by tests/unit/host/test_any_position.c: 207 of room, and 2 ticks are 200, but on the grid 149 are left.
local function short_of_room()
  return position.new { side = "SHORT", entry = 36750.83969133, price = 36700, tick = 100, qty = 1.25,
    liquidation = 37325.66051727 }
end

describe("a stop", function()
  it("lies on the grid, nearer to the price", function()
    local long, short = { sign = 1, tick = 0.25 }, { sign = -1, tick = 0.25 }
    local cases = { [10] = { 10, 10 }, [10.01] = { 10.25, 10 }, [10.24] = { 10.25, 10 }, [0.2] = { 0.25, 0 } }
    for price, want in pairs(cases) do
      assert.same(want, { side.on_grid(long, price), side.on_grid(short, price) })
    end
    assert.near(0.3, side.on_grid({ sign = 1, tick = 0.1 }, 0.1 + 0.2), 1e-9) -- what floating point adds is no tick
    assert.equal(7.123, side.on_grid({ sign = 1 }, 7.123))
  end)

  for _, setting in ipairs { 'owner="brain"', 'owner="position_monitor"' } do
    it("that is too near for R comes with what R is: " .. setting, function()
      local policy = assert(position.open("policies", { settings = { setting } }))
      local ctx = short_of_room()
      local stop = position.find(position.ask(policy, ctx), "move_stop")
      assert.equal(36900, stop.price)
      assert.is_true(stop.risk_price - ctx.entry > 2 * ctx.tick)
    end)
  end
end)
