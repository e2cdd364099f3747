-- SPDX-License-Identifier: Apache-2.0
-- exitbrain.testing: positions follow answers, and what is said of an answer is true or raises.

local testing = require "exitbrain.testing"

local function fails(words, fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  assert.matches(words, tostring(err), 1, true)
end

local HEAD = 'local d = require "exitbrain.decision" return { name = "t", version = "1", decide = function(ctx) '

local PLAN = testing.set(HEAD .. [[
  if ctx.planned then return nil end
  return { d.stop_pct(2, "first"), d.targets { { r = 1, fraction = 0.5 }, { pct = 5, fraction = 0.2, soft = true } } },
    { memory = { n = 1 }, regime = "TREND", profile = "p" } end }]])

describe("positions", function()
  it("are as told, and the rest follows", function()
    local ctx = testing.short { entry = 200, price = 190, r = 4, peak = 188, qty = 2 }
    assert.same({ "SHORT", -1, 5, 2.5, 3, 20, 200 },
      { ctx.side, ctx.sign, ctx.pnl_pct, ctx.pnl_r, ctx.mfe_r, ctx.pnl, ctx.margin })
    assert.equal(103, testing.long { price = 103 }.peak)
    assert.equal(100, testing.long { price = 97 }.peak)
    assert.is_true(testing.long { plan_revision = 1 }.planned)
    assert.is_false(testing.long().planned)
  end)

  it("are refused where they are none", function()
    fails("pirce", testing.long, { pirce = 3 })
    fails("reason", testing.long, { reason = "boredom" })
    fails("legs[i] has no field 'price_'", testing.long, { legs = { { price_ = 1 } } })
  end)

  for side, sign in pairs { LONG = 1, SHORT = -1 } do
    it("follow an answer: " .. side, function()
      local ctx = testing.long { side = side }
      local after = testing.after(ctx, testing.ask(PLAN, ctx), { price = 100 + sign })
      assert.same({ 100 - 2 * sign, "plan", 2, true, 1, "cycle", "TREND", "p" },
        { after.stop, after.stop_kind, after.r, after.planned, after.plan_revision, after.reason, after.regime,
          after.profile })
      assert.same({ n = 1 }, after.memory)
      assert.equal(ctx.now_ms + 10000, after.now_ms)
      assert.equal(0.5, after.pnl_r)
      assert.same({ 100 + 2 * sign, 100 + 5 * sign }, { after.legs[1].price, after.legs[2].price })
      testing.keeps(PLAN, after)
      local hit = testing.hit(after, 1)
      assert.same({ 5, 1, "hit", "hit", "armed" },
        { hit.qty, hit.hits, hit.reason, hit.legs[1].state, hit.legs[2].state })
      assert.equal(3, testing.hit(hit, 2).qty)
      assert.equal(10, after.qty) -- is not changed by it
    end)
  end

  it("follow a partial close and another owner", function()
    local ctx = testing.long { owner = "a", memory = { x = 1 }, plan_revision = 1 }
    local after = testing.after(ctx, { decisions = { { type = "partial_close", fraction = 0.3 } }, owner = "b" })
    assert.same({ 7, "b", false, {} }, { after.qty, after.owner, after.planned, after.memory })
  end)
end)

describe("assertions", function()
  local CTX = testing.long()
  local ANSWER = testing.ask(PLAN, CTX)
  local AFTER = testing.after(CTX, ANSWER)
  local EXIT = testing.ask(testing.set(HEAD .. 'return d.full_exit("time stop") end }'), CTX)
  local ALARM = testing.ask(testing.set(HEAD .. 'return d.emergency_exit("alarm") end }'), CTX)

  it("of a stop", function()
    testing.has_stop_at(CTX, ANSWER, 98)
    testing.has_stop_at(CTX, ANSWER, 97, 1)
    fails("expected a stop at 97.9, got 98", testing.has_stop_at, CTX, ANSWER, 97.9)
    fails("expected a stop at 98, got ok: full_exit", testing.has_stop_at, CTX, EXIT, 98)
  end)

  it("of targets", function()
    testing.has_targets(AFTER, ANSWER, { { 102, 0.5 }, { 105, 0.2 } })
    fails("expected 1 targets, got 2", testing.has_targets, AFTER, ANSWER, { { 102, 0.5 } })
    fails("expected target 2 at 106, got 105", testing.has_targets, AFTER, ANSWER, { { 102, 0.5 }, { 106, 0.2 } })
    fails("expected target 1 of 0.4, got 0.5", testing.has_targets, AFTER, ANSWER, { { 102, 0.4 }, { 105, 0.2 } })
    fails("got ok: full_exit", testing.has_targets, AFTER, EXIT, { { 102, 0.5 } })
  end)

  it("of exits", function()
    testing.exits(EXIT)
    testing.exits(EXIT, "time")
    testing.exits(ALARM, "alarm", true)
    fails("expected an exit for loss, got time stop", testing.exits, EXIT, "loss")
    fails("expected an emergency, got false", testing.exits, EXIT, nil, true)
    fails("expected no emergency, got true", testing.exits, ALARM)
    fails("expected a full exit, got ok: move_stop, update_tp_limits", testing.exits, ANSWER)
  end)

  it("of silence and of purity", function()
    fails("expected nothing to say, got ok: move_stop", testing.keeps, PLAN, CTX)
    assert.equal("ok", testing.answers(PLAN, CTX).result)
    fails("a valid answer, got error (", testing.answers, testing.set(HEAD .. 'error("no") end }'), CTX)
    local state = testing.set('local n = 0 return { name = "t", version = "1", decide = function() n = n + 1 '
      .. 'return { type = "move_stop", pct = n } end }')
    fails("answers differently", testing.answers, state, CTX)
  end)

  it("of a refusal", function()
    assert.matches("init.lua", testing.refusal("return 1"), 1, true)
    assert.matches("no init.lua", testing.refusal { ["a.lua"] = "return 1" }, 1, true)
    assert.matches("/nowhere", testing.refusal("/nowhere"), 1, true)
    fails("the set is not refused", testing.refusal, HEAD .. "end }")
  end)
end)

describe("in the sandbox", function()
  it("it is not there, and says so", function()
    assert.matches("require 'exitbrain_host'",
      testing.refusal('require "exitbrain.testing" return {}'), 1, true)
  end)
end)
