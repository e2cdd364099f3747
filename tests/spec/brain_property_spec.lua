-- SPDX-License-Identifier: Apache-2.0
-- The brain under every source of targets and under V3's figures: any position gets a valid answer, whatever is said to
-- it by signals, and what was said once is not said again.

local position = require "position"
local random = require "random"

local CASES = 1500

local VARIATIONS = {
  ["V3_FAITHFUL"] = { profile = "V3_FAITHFUL" },
  ["the dynamic calculator"] = { settings = { 'tp_source="dynamic"' } },
  ["the plain ladder"] = { settings = { 'tp_source="plain"' } },
  ["two rulers"] = { settings = { "one_ruler=false" } },
  ["no trail on full ladders"] = { settings = { "full_trail=false" } },
  ["partial closes"] = { settings = { "partials={{pct=1,fraction=0.2},{pct=4,fraction=0.3}}" } },
}

describe("the brain with", function()
  for name, options in pairs(VARIATIONS) do
    it(name .. " gives any position a valid answer", function()
      math.randomseed(20251216)
      local policy, plans = assert(position.open("policies", options)), 0
      for _ = 1, CASES do
        local ctx = random.position()
        local answer = position.ask(policy, ctx)
        random.assert_valid(ctx, answer)
        plans = plans + (position.find(answer, "update_tp_limits") and 1 or 0)
      end
      assert.is_true(plans > CASES / 4, plans .. " plans")
    end)

    it(name .. " does not repeat itself", function()
      math.randomseed(17)
      local policy, compared = assert(position.open("policies", options)), 0
      for _ = 1, CASES do
        local ctx = random.position()
        local answer = position.ask(policy, ctx)
        local exits = position.find(answer, "full_exit") or position.find(answer, "partial_close")
        if answer.result == "ok" and not exits and math.abs(ctx.pnl_pct) < 0.9 then
          ctx = position.accept(ctx, answer)
          local again = position.ask(policy, ctx)
          assert.is_nil(position.find(again, "update_tp_limits"))
          assert.is_nil(position.find(again, "set_trailing"))
          compared = compared + 1
        end
      end
      assert.is_true(compared > 30, compared .. " compared")
    end)

    it(name .. " answers as a fresh state does", function()
      math.randomseed(23)
      local policy = assert(position.open("policies", options))
      for _ = 1, 100 do assert(policy:pure(random.position())) end
    end)
  end
end)
