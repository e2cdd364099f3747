-- SPDX-License-Identifier: Apache-2.0
-- examples/fixed_ladder: one answer from its settings, then silence.

local position = require "position"

local DIR = "examples/fixed_ladder"

describe("fixed_ladder", function()
  local function first(settings, over)
    local policy = assert(position.open(DIR, { settings = settings }))
    local answer = position.ask(policy, position.new(over))
    assert.equal("ok", answer.result, answer.err)
    return answer, policy
  end

  it("answers with the figures of its settings", function()
    local answer = first()
    assert.equal(4, #answer.decisions)
    assert.equal(1.5, position.find(answer, "move_stop").pct)
    local legs = {}
    for i, level in ipairs(position.find(answer, "update_tp_limits").levels) do
      legs[i] = { level.r, level.fraction }
    end
    assert.same({ { 0.4, 0.35 }, { 0.8, 0.35 }, { 1.6, 0.3 } }, legs)
    local trail = position.find(answer, "set_trailing")
    assert.equal(1.0, trail.activation_r)
    assert.equal(0.8, trail.callback_pct)
    assert.equal(1, #trail.tighten)
    assert.equal(1.4, trail.tighten[1].r)
    assert.equal(0.5, trail.tighten[1].callback_pct)
    local rules = position.find(answer, "set_ratchet").rules
    assert.equal("entry", rules[1].to)
    assert.equal(0, rules[1].offset_pct or 0)
    assert.equal("first_hit", rules[2].to)
    assert.equal(2, rules[2].after_hits)
  end)

  it("names neither regime nor profile", function()
    local answer = first()
    assert.is_nil(answer.profile)
    assert.is_true(answer.regime == nil or answer.regime == "UNKNOWN")
  end)

  it("is silent once it has a plan, and asks not to be asked", function()
    local _, policy = first()
    local ctx = position.new { plan_revision = 1, stop = 98.5, r = 1.5 }
    local answer = position.ask(policy, ctx)
    assert.equal("keep", answer.result)
    assert.is_true(answer.wake.at_ms > ctx.now_ms + 300000)
  end)

  it("replaces a built-in plan, but not after a hit", function()
    local over = { plan_revision = 1, r_provisional = true, r = 2, stop = 98 }
    local _, policy = first(nil, over)
    over.hits = 1
    assert.equal("keep", position.ask(policy, position.new(over)).result)
  end)

  it("takes other figures", function()
    local answer = first { "stop_pct=2", "legs={{1,60},{2,20}}", "trail={activation_r=2,callback_pct=1}",
      "ratchet=false" }
    assert.equal(2, position.find(answer, "move_stop").pct)
    assert.equal(0.2, position.find(answer, "update_tp_limits").levels[2].fraction)
    assert.equal(0, #(position.find(answer, "set_trailing").tighten or {}))
    assert.is_nil(position.find(answer, "set_ratchet"))
  end)

  it("goes without trailing for trail=false", function()
    assert.is_nil(position.find(first { "trail=false" }, "set_trailing"))
  end)

  for _, wrong in ipairs { "legs={{1,60},{2,60}}", "legs={{0,60}}", "stop_pct=0", "stops=1", "trail=true",
    "trail={activation_r=1,callback_pct=0}", "trail={activation_r=1,callback_pct=1,tighten={{2,1},{2,0.5}}}" } do
    it("refuses " .. wrong, function()
      local policy, err = position.open(DIR, { settings = { wrong } })
      assert.is_nil(policy)
      assert.matches(wrong:match("^%w+"), tostring(err), 1, true)
    end)
  end
end)
