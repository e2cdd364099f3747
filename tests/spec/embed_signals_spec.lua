-- SPDX-License-Identifier: Apache-2.0
-- examples/embed_signals/strategy with a host of the spec's own.

local host = require "exitbrain_host"

local ROOT = os.getenv("EB_ROOT") or "."

local function open(functions)
  return assert(host.open { dir = ROOT .. "/examples/embed_signals/strategy", functions = functions })
end

local function ask(policy, ctx)
  ctx = host.context(ctx)
  local result, answer, err = policy:consult(ctx)
  assert.is_true(result == "ok" or result == "keep", err)
  assert.is_true(policy:pure(ctx))
  return answer
end

local OPEN = { reason = "signal", entry = 100, price = 101, stop = 98.5, owner = "by-signals" }

local function standing(signals, memory)
  local ctx = { signals = signals, memory = memory }
  for k, v in pairs(OPEN) do ctx[k] = v end
  return ctx
end

describe("the strategy of embed_signals", function()
  it("sells before the wall that the host names", function()
    for side, wall in pairs { LONG = 110, SHORT = 90 } do
      local asked = {}
      local policy = open { wall = function(...) asked = { ... } return wall end }
      local list = ask(policy, { side = side, entry = 100 }).decisions
      assert.equal(1.5, list[1].pct)
      assert.near(wall * (side == "LONG" and 0.999 or 1.001), list[2].levels[1].price, 1e-9)
      assert.equal(0.5, list[2].levels[1].fraction)
      assert.same({ 100.0, side == "LONG" and 1.0 or -1.0 }, asked)
    end
  end)

  it("does without walls", function()
    assert.equal(1, #ask(open { wall = function() end }, { entry = 100 }).decisions)
    assert.equal(1, #ask(open(), { entry = 100 }).decisions)
  end)

  it("keeps its plan while the host is confident, or silent", function()
    assert.equal(0, #ask(open(), standing {}).decisions)
    assert.equal(0, #ask(open(), standing { confidence = 0.5 }).decisions)
  end)

  it("trails closely in doubt, and says so once", function()
    local answer = ask(open(), standing { confidence = 0.49 })
    assert.equal("set_trailing", answer.decisions[1].type)
    assert.equal(0.4, answer.decisions[1].callback_pct)
    assert.equal(0, answer.decisions[1].activation_r)
    assert.same({ doubted = true }, answer.memory)
    assert.equal(0, #ask(open(), standing({ confidence = 0.2 }, answer.memory)).decisions)
  end)

  it("leaves when nothing is left of confidence, also before there is a plan", function()
    assert.equal("full_exit", ask(open(), standing { confidence = 0.19 }).decisions[1].type)
    assert.equal("full_exit", ask(open(), { signals = { confidence = 0 } }).decisions[1].type)
  end)
end)
