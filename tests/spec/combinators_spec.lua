-- SPDX-License-Identifier: Apache-2.0
-- exitbrain.rules: each rule alone through the real sandbox, then what they make together.

local random = require "random"
local testing = require "exitbrain.testing"

local HOUR = testing.HOUR

-- A strategy of rules written as Lua, with a first stop of 2 % unless told otherwise. It sees rules, unit, pct, r, atr
-- and price.
local function strategy(rules, first)
  return testing.set([[
    local rules, unit = require "exitbrain.rules", require "exitbrain.unit"
    local pct, r, atr, price = unit.pct, unit.r, unit.atr, unit.price
    local S = { figure = 1 }
    return rules.strategy { name = "t", version = "1", settings = S, rules = function()
      return { ]] .. (first or "rules.initial_stop(pct(2))") .. ", " .. rules .. [[ }
    end }]])
end

local function refused(rules, words, first)
  local ok, err = pcall(strategy, rules, first)
  assert.is_false(ok, "not refused: " .. rules)
  assert.matches(words, tostring(err), 1, true)
end

-- The position a cycle after its first plan; R is 2 unless the stop is another. `over` says what changed since.
local function planned(policy, over, born)
  local ctx = testing.long(born)
  local answer = testing.answers(policy, ctx)
  assert.equal("ok", answer.result, answer.err)
  return testing.after(ctx, answer, over)
end

local function later(ctx, over)
  local out = {}
  for key, value in pairs(ctx) do out[key] = value end
  for key, value in pairs(over) do out[key] = value end
  return testing.after(out, { decisions = {} }, { now_ms = over.now_ms or ctx.now_ms })
end

local SIDES = { LONG = 1, SHORT = -1 }

-- The price this many percent of entry (100) in favour.
local function at(side, pct) return 100 + SIDES[side] * pct end

describe("a plan that takes another owner's place", function()
  -- R is 9 and stays so; the stop in force lies 9 % away.
  local function taken(side, pct)
    local policy = strategy "rules.trail_pct(pct(1), { from = pct(3) }), rules.scale_out { { pct(2), 1 } }"
    local ctx = testing.long { side = side, owner = "wide", planned = false, plan_revision = 3, reason = "reload",
      entry = 100, r = 9, stop = at(side, -9), price = at(side, pct) }
    local answer = testing.answers(policy, ctx)
    assert.equal("ok", answer.result, answer.err)
    return testing.find(answer, "move_stop"), testing.find(answer, "set_trailing")
  end

  for side in pairs(SIDES) do
    it("counts in the R that stands: " .. side, function()
      local stop, trailing = taken(side, 1)
      assert.equal(2, stop.pct)
      assert.is_true(math.abs(trailing.activation_r - 1 / 3) < 1e-6) -- 3 % of a R that is 9 %
    end)

    it("sets no ratchet that the price has passed: " .. side, function()
      local policy = strategy "rules.ratchet()"
      local ctx = testing.long { side = side, owner = "wide", planned = false, plan_revision = 3, r = 2, entry = 100,
        stop = at(side, -2), price = at(side, -1), hits = 1,
        legs = { { id = 1, state = "hit", price = at(side, 2), fraction = 0.5, r = 1 } } }
      assert.equal(2, testing.find(testing.answers(policy, ctx), "set_ratchet").rules[1].after_hits)
      ctx.price = at(side, 1)
      assert.equal(1, testing.find(testing.answers(policy, testing.long(ctx)), "set_ratchet").rules[1].after_hits)
    end)

    it("leaves the stop where the price has passed its own: " .. side, function()
      assert.equal(at(side, -9), (taken(side, -3)).price)
      assert.equal(2, (taken(side, -1.9)).pct)
    end)
  end
end)

describe("the first plan", function()
  local POLICY = strategy [[
    rules.scale_out { { r(1), 0.5 }, { pct(3), 0.25, soft = true }, runner = true },
    rules.trail_pct(pct(1.5), { from = pct(2), tighten = { { r(3), pct(1) } } }),
    rules.ratchet()]]

  for side in pairs(SIDES) do
    it("has stop, targets, trailing and ratchet: " .. side, function()
      local ctx = testing.long { side = side }
      local answer = testing.answers(POLICY, ctx)
      assert.equal("ok", answer.result, answer.err)
      local kinds = {}
      for i, decision in ipairs(answer.decisions) do kinds[i] = decision.type end
      assert.same({ "move_stop", "update_tp_limits", "set_trailing", "set_ratchet" }, kinds)
      testing.has_stop_at(ctx, answer, at(side, -2))
      local after = testing.after(ctx, answer)
      assert.equal(2, after.r)
      testing.has_targets(after, answer, { { at(side, 2), 0.5 }, { at(side, 3), 0.25 } })
      local levels = answer.decisions[2].levels
      assert.same({ 1, 3, true }, { levels[1].r, levels[2].pct, levels[2].soft })
      local trailing = testing.find(answer, "set_trailing")
      assert.same({ 1, 1.5, { { r = 3, callback_pct = 1 } } },
        { trailing.activation_r, trailing.callback_pct, trailing.tighten })
      assert.same({ { after_hits = 1, to = "entry", offset_pct = 0.08 },
        { after_hits = 2, to = "first_hit", offset_pct = 0 } }, testing.find(answer, "set_ratchet").rules)
      assert.same({ base = 10 }, { base = answer.memory.base })
      testing.keeps(POLICY, after)
      testing.keeps(POLICY, testing.hit(after, 1))
    end)
  end

  it("takes the first stop that is known, and the nearest of all rules", function()
    local two_atr = strategy("", "rules.initial_stop(atr(4), pct(2))")
    testing.has_stop_at(testing.long(), testing.ask(two_atr, testing.long()), 98.8)
    local cold = testing.long { features = {} }
    testing.has_stop_at(cold, testing.ask(two_atr, cold), 98)
    local by_price = strategy("", "rules.initial_stop(price(97))")
    testing.has_stop_at(testing.long(), testing.ask(by_price, testing.long()), 97)
    local short = testing.short() -- for which that price is no stop: as near as the guard allows
    testing.has_stop_at(short, testing.ask(by_price, short), 100.21)
    local careful = strategy "rules.max_loss { margin_pct = 3 }, rules.max_loss { balance_pct = 0.1 }"
    local ctx = testing.long() -- margin 500, balance 10000, size 1000
    testing.has_stop_at(ctx, testing.ask(careful, ctx), 99)
    ctx = testing.long { balance = 0, leverage = 5 }
    testing.has_stop_at(ctx, testing.ask(careful, ctx), 99.4)
    ctx = testing.long { balance = 0, leverage = 0 }
    testing.has_stop_at(ctx, testing.ask(careful, ctx), 98)
  end)

  it("respects guard, liquidation and the stop in force", function()
    local ctx = testing.long { liquidation = 98.5 } -- 1 % of buffer
    testing.has_stop_at(ctx, testing.ask(POLICY, ctx), 99.5)
    ctx = testing.long { liquidation = 99.1 } -- hardly room: the stop is there, R is measured to what is legal
    local stop = testing.find(testing.ask(POLICY, ctx), "move_stop")
    assert.near(100.1, stop.price, 1e-9)
    assert.near(99.79, stop.risk_price, 1e-9)
    ctx = testing.long { stop = 99, plan_revision = 1, r_provisional = true, r = 1 }
    local answer = testing.ask(POLICY, ctx)
    testing.has_stop_at(ctx, answer, 99)
    assert.matches("instead of the built-in plan", answer.decisions[1].reason, 1, true)
    ctx = testing.long { stop = 101, price = 102, plan_revision = 3, r = 2, owner = "other" }
    answer = testing.ask(POLICY, ctx)
    testing.has_stop_at(ctx, answer, 101)
    assert.is_nil(answer.decisions[1].risk_price) -- R stays what it was
    assert.matches("instead of another owner's plan", answer.decisions[1].reason, 1, true)
  end)

  it("clears what no rule of it fills, where another plan stood", function()
    local bare = strategy ""
    assert.equal(1, #testing.ask(bare, testing.long()).decisions)
    local answer = testing.ask(bare, testing.long { plan_revision = 2, r = 2, stop = 98, planned = false })
    assert.same({}, testing.find(answer, "update_tp_limits").levels)
    assert.is_true(testing.find(answer, "set_trailing").off)
    assert.same({}, testing.find(answer, "set_ratchet").rules)
  end)

  it("is made again when the size has grown, not when it has shrunk", function()
    local ctx = planned(POLICY)
    local more = later(ctx, { qty = 15, leg_base = 15, reason = "size" })
    local answer = testing.answers(POLICY, more)
    assert.matches("size increased", answer.decisions[1].reason, 1, true)
    assert.equal(15, answer.memory.base)
    local less = testing.keeps(POLICY, later(ctx, { qty = 5, leg_base = 5 }))
    assert.equal(5, less.memory.base)
  end)

  it("goes on with what is left where legs were hit", function()
    local ctx = testing.hit(planned(POLICY), 1)
    ctx.planned = false
    local levels = testing.find(testing.answers(POLICY, ctx), "update_tp_limits").levels
    assert.equal(1, #levels)
    assert.same({ 3, 0.25 }, { levels[1].pct, levels[1].fraction })
  end)
end)

describe("other figures by a reload", function()
  local function made_of(target) return strategy("rules.scale_out { { r(" .. target .. "), 0.5 }, runner = true }") end

  it("change the targets, not the stop, and say so once", function()
    local old, new = made_of(1), made_of(2)
    local ctx = planned(old)
    local answer = testing.answers(new, ctx)
    assert.is_nil(testing.find(answer, "move_stop"))
    assert.equal("the rules have changed", answer.decisions[1].reason)
    testing.has_targets(ctx, answer, { { 104, 0.5 } })
    testing.keeps(new, testing.after(ctx, answer))
  end)

  it("set no leg behind the price, and wait for a leg that is firing", function()
    local ctx = planned(made_of(1), { price = 103 })
    local answer = testing.answers(made_of(1.4), ctx)
    assert.is_nil(testing.find(answer, "update_tp_limits"))
    ctx.legs[1].state = "firing"
    answer = testing.keeps(made_of(2), ctx)
    assert.is_nil(answer.wake)
    assert.is_nil(answer.memory)
  end)
end)

describe("stops", function()
  for side, sign in pairs(SIDES) do
    it("breakeven_after: " .. side, function()
      local policy = strategy "rules.breakeven_after(r(1))"
      local ctx = planned(policy, { price = at(side, 1.9) }, { side = side })
      local wake = testing.keeps(policy, ctx).wake
      assert.near(at(side, 2), sign == 1 and wake.above or wake.below, 1e-9)
      ctx = later(ctx, { price = at(side, 2) })
      local answer = testing.answers(policy, ctx)
      testing.has_stop_at(ctx, answer, at(side, 0.08)) -- two taker fees
      assert.equal("breakeven", answer.decisions[1].reason)
      testing.keeps(policy, testing.after(ctx, answer))
      testing.keeps(policy, later(testing.after(ctx, answer), { price = at(side, 5) }))
    end)

    it("lock_steps: " .. side, function()
      local policy = strategy "rules.lock_steps { { r(1), r(0) }, { r(2), r(1) }, { pct(8), atr(10) } }"
      local ctx = planned(policy, { price = at(side, 2.5) }, { side = side })
      local answer = testing.answers(policy, ctx)
      testing.has_stop_at(ctx, answer, 100)
      ctx = later(testing.after(ctx, answer), { price = at(side, 9) })
      answer = testing.answers(policy, ctx)
      testing.has_stop_at(ctx, answer, at(side, 3))
      assert.equal("locked at 8 %", answer.decisions[1].reason)
      ctx = later(ctx, { features = {} }) -- no ATR: the step below
      testing.has_stop_at(ctx, testing.answers(policy, ctx), at(side, 2))
    end)

    it("tighten_on_regime: " .. side, function()
      local policy = strategy [[rules.tighten_on_regime("VOLATILE", pct(1), { step = pct(0.2) })]]
      local ctx = planned(policy, { price = at(side, 0.5) }, { side = side })
      local answer = testing.keeps(policy, ctx)
      assert.equal("NORMAL", answer.regime)
      local bar_end = (ctx.now_ms // 900000 + 1) * 900000
      assert.equal(bar_end, testing.keeps(policy, later(ctx, { now_ms = bar_end - 200000 })).wake.at_ms)
      ctx = testing.after(ctx, { decisions = {} }, { market = testing.MARKET.VOLATILE })
      answer = testing.answers(policy, ctx)
      assert.equal("VOLATILE", answer.regime)
      testing.has_stop_at(ctx, answer, at(side, -0.5))
      assert.equal("tight in a market of VOLATILE", answer.decisions[1].reason)
      ctx = later(testing.after(ctx, answer), { price = at(side, 0.69) }) -- less than a step
      answer = testing.keeps(policy, ctx)
      assert.near(at(side, 0.7), sign == 1 and answer.wake.above or answer.wake.below, 1e-9)
      ctx = later(ctx, { price = at(side, 0.75) })
      testing.has_stop_at(ctx, testing.answers(policy, ctx), at(side, -0.25))
    end)

    it("time_decay: " .. side, function()
      local policy = strategy "rules.time_decay { from = r(-1), to = r(0), over_ms = 10 * 3600000, after_ms = 3600000 }"
      local ctx = planned(policy, { price = at(side, 0.5) }, { side = side })
      assert.equal(ctx.now_ms + 300000, testing.keeps(policy, ctx).wake.at_ms) -- the engine asks then anyway
      assert.equal(ctx.opened_ms + HOUR,
        testing.keeps(policy, later(ctx, { now_ms = ctx.opened_ms + HOUR - 1000 })).wake.at_ms)
      ctx = later(ctx, { now_ms = ctx.opened_ms + 6 * HOUR })
      local answer = testing.answers(policy, ctx)
      testing.has_stop_at(ctx, answer, at(side, -1))
      assert.equal("time has passed", answer.decisions[1].reason)
      ctx = later(testing.after(ctx, answer), { now_ms = ctx.opened_ms + 7 * HOUR - 60000 })
      assert.equal(ctx.opened_ms + 7 * HOUR, testing.keeps(policy, ctx).wake.at_ms)
      ctx = later(ctx, { now_ms = ctx.opened_ms + 30 * HOUR })
      testing.has_stop_at(ctx, testing.answers(policy, ctx), 100)
      ctx = later(ctx, { price = at(side, -0.2) })
      testing.exits(testing.answers(policy, ctx), "out of time: not beyond the stop")
    end)
  end

  it("only ever get tighter, and the tightest of several counts", function()
    local policy = strategy "rules.breakeven_after(r(0.5)), rules.lock_steps { { r(0.5), r(0.4) }, { r(0.6), r(0.2) } }"
    local ctx = planned(policy, { price = 101.5 })
    local answer = testing.answers(policy, ctx)
    assert.equal(1, #answer.decisions)
    testing.has_stop_at(ctx, answer, 100.8)
    ctx = later(ctx, { stop = 100.9 })
    testing.keeps(policy, ctx)
  end)

  it("are none where the price has passed them", function()
    local policy = strategy "rules.lock_steps { { r(0.5), r(1) } }"
    testing.keeps(policy, planned(policy, { price = 101.5 }))
    local ctx = planned(policy, { price = 102.5 })
    testing.has_stop_at(ctx, testing.answers(policy, ctx), 102)
  end)
end)

describe("trail_atr", function()
  local POLICY = strategy [[rules.trail_atr(3, { from = r(1), timeframe = "h1", otherwise = pct(1.25), renew = 0.2 })]]
  local function h1(atr) return { h1 = testing.features { atr = atr } } end
  local function callback(answer) return testing.find(answer, "set_trailing").callback_pct end

  it("follows at so many ATR of the best price", function()
    assert.near(0.9, callback(testing.answers(POLICY, testing.long())), 1e-9)
    assert.near(0.6, callback(testing.answers(POLICY, testing.long { peak = 150 })), 1e-9)
    assert.near(1.25, callback(testing.answers(POLICY, testing.long { features = {} })), 1e-9)
    assert.near(50, callback(testing.answers(POLICY, testing.long { features = h1(40) })), 1e-9)
    assert.near(0.05, callback(testing.answers(POLICY, testing.long { features = h1(0.001) })), 1e-9)
  end)

  it("is renewed when the ATR has changed enough, and goes on running", function()
    local ctx = planned(POLICY)
    local wake = testing.keeps(POLICY, ctx).wake
    assert.equal(ctx.now_ms + 300000, wake.at_ms) -- before the hour ends
    testing.keeps(POLICY, later(ctx, { features = h1(0.359) }))
    testing.keeps(POLICY, later(ctx, { features = {} }))
    local answer = testing.answers(POLICY, later(ctx, { features = h1(0.361) }))
    assert.near(1.083, callback(answer), 1e-9)
    assert.equal(1, testing.find(answer, "set_trailing").activation_r)
    answer = testing.answers(POLICY, later(ctx, { features = h1(0.2), trailing_active = true }))
    assert.equal(0, testing.find(answer, "set_trailing").activation_r)
    testing.keeps(POLICY, testing.after(ctx, answer, { features = h1(0.2) }))
  end)

  it("asks at the end of its bar", function()
    local policy = strategy "rules.trail_atr(3, { timeframe = \"m5\" })"
    local ctx = planned(policy)
    assert.equal((ctx.now_ms // 300000 + 1) * 300000, testing.keeps(policy, ctx).wake.at_ms)
  end)
end)

describe("exits", function()
  it("loss_guard is an emergency", function()
    local policy = strategy "rules.loss_guard(pct(5))"
    for side, sign in pairs(SIDES) do
      local ctx = planned(policy, { price = at(side, -1) }, { side = side })
      local wake = testing.keeps(policy, ctx).wake
      assert.near(at(side, -5), sign == 1 and wake.below or wake.above, 1e-9)
      testing.exits(testing.answers(policy, later(ctx, { price = at(side, -5) })), "loss guard: -5.00 %", true)
    end
  end)

  it("time_stop, below a profit or in any case", function()
    local policy = strategy "rules.time_stop { after_ms = 3600000, below = pct(-1) }"
    local ctx = planned(policy, { price = 98.5 })
    assert.equal(ctx.now_ms + 300000, testing.keeps(policy, ctx).wake.at_ms)
    local old = later(ctx, { now_ms = ctx.opened_ms + HOUR })
    testing.exits(testing.answers(policy, old), "time stop after 1.0 h")
    local wake = testing.keeps(policy, later(old, { price = 99.5 })).wake
    assert.near(99, wake.below, 1e-9)
    testing.keeps(policy, later(ctx, { now_ms = ctx.opened_ms + HOUR - 1 }))
    testing.keeps(policy, later(old, { opened_ms = 0 })) -- an age that is not known is none
    policy = strategy "rules.time_stop { after_ms = 60000 }"
    ctx = planned(policy, { price = 110 })
    assert.equal(ctx.opened_ms + 60000, testing.keeps(policy, ctx).wake.at_ms)
    testing.exits(testing.answers(policy, later(ctx, { now_ms = ctx.opened_ms + 60000 })))
  end)

  it("no_progress counts the best profit so far", function()
    local policy = strategy "rules.no_progress { within_ms = 3600000, reach = r(0.5) }"
    for side in pairs(SIDES) do
      local ctx = planned(policy, { price = at(side, 0.9) }, { side = side })
      local old = later(ctx, { now_ms = ctx.opened_ms + HOUR })
      testing.exits(testing.answers(policy, old), "no progress: 0.5 R never reached")
      testing.keeps(policy, later(old, { peak = at(side, 1), price = at(side, -0.5) }))
    end
  end)

  it("stalled waits for a new best price", function()
    local policy = strategy "rules.stalled { for_ms = 3600000, by = pct(0.5) }"
    for side, sign in pairs(SIDES) do
      local ctx = planned(policy, nil, { side = side })
      local answer = testing.keeps(policy, ctx)
      assert.same({ 100, ctx.now_ms }, { answer.memory["stalled.best"], answer.memory["stalled.since_ms"] })
      assert.equal(10, answer.memory.base)
      assert.near(at(side, 0.5), sign == 1 and answer.wake.above or answer.wake.below, 1e-9)
      local since = ctx.now_ms
      ctx = testing.after(ctx, answer, { price = at(side, 0.4) })
      assert.is_nil(testing.keeps(policy, ctx).memory)
      testing.exits(testing.answers(policy, later(ctx, { now_ms = since + HOUR })), "stalled for 60 minutes")
      answer = testing.keeps(policy, later(ctx, { price = at(side, 0.5), now_ms = since + HOUR }))
      assert.equal(since + HOUR, answer.memory["stalled.since_ms"])
    end
  end)

  it("funding_guard leaves before a payment that is too dear", function()
    local policy = strategy "rules.funding_guard { max_pct = 0.05, before_ms = 60000 }"
    local due = testing.NOON + HOUR
    local ctx = planned(policy, { next_funding_ms = due, funding_rate_pct = 0.06 })
    assert.equal(ctx.now_ms + 300000, testing.keeps(policy, ctx).wake.at_ms)
    testing.exits(testing.answers(policy, later(ctx, { now_ms = due - 60000 })), "funding of 0.0600 % is due")
    testing.exits(testing.answers(policy, later(ctx, { now_ms = due - 1 })))
    testing.keeps(policy, later(ctx, { now_ms = due }))
    testing.keeps(policy, later(ctx, { now_ms = due - 60001 }))
    assert.is_nil(testing.keeps(policy, later(ctx, { now_ms = due - 60000, funding_rate_pct = 0.05 })).wake)
    local short = planned(policy, { next_funding_ms = due, funding_rate_pct = 0.06, now_ms = due - 1000 },
      { side = "SHORT" })
    testing.keeps(policy, short) -- is paid, not paying
    testing.exits(testing.answers(policy, later(short, { funding_rate_pct = -0.06 })))
  end)

  it("session_close ends what was open at the time", function()
    local policy = strategy "rules.session_close { hour = 20, minute = 55, days = { 1, 5 } }"
    local friday = 1750366500000 -- Thursday, 19 June 2025, 20:55 UTC, and a day
    local day = 86400000
    friday = friday + day
    local ctx = planned(policy, nil, { opened_ms = friday - 120000, now_ms = friday - 110000 })
    assert.equal(friday, testing.keeps(policy, ctx).wake.at_ms)
    testing.exits(testing.answers(policy, later(ctx, { now_ms = friday })), "the session is over")
    testing.exits(testing.answers(policy, later(ctx, { now_ms = friday + day })))
    local after = planned(policy, nil, { opened_ms = friday + 1000, now_ms = friday + 2000 })
    testing.keeps(policy, after) -- opened after the close
    testing.keeps(policy, later(after, { now_ms = friday + 3 * day - 1 }))
    testing.exits(testing.answers(policy, later(after, { now_ms = friday + 3 * day }))) -- Monday
    testing.keeps(policy, later(after, { opened_ms = 0, now_ms = friday + 3 * day }))
  end)

  it("exit_when asks a function of ctx", function()
    local policy = strategy [[
      rules.exit_when(function(ctx) return ctx.signals.risk_mode == "ESS_ACTIVE" end, "stop trading",
        { emergency = true }),
      rules.exit_when(function(ctx) return ctx.leverage > 20 and "leverage " .. ctx.leverage end, "x")]]
    local ctx = planned(policy)
    assert.is_nil(testing.keeps(policy, ctx).wake) -- each cycle
    testing.exits(testing.answers(policy, later(ctx, { signals = { risk_mode = "ESS_ACTIVE" } })), "stop trading", true)
    testing.exits(testing.answers(policy, later(ctx, { leverage = 25 })), "leverage 25")
    policy = strategy [[rules.exit_when(function() return false end, "never", { every_ms = 60000 })]]
    assert.equal(planned(policy).now_ms + 60000, testing.keeps(policy, planned(policy)).wake.at_ms)
  end)

  it("reduce_when takes a part once, each rule its own", function()
    local policy = strategy [[
      rules.reduce_when(function(ctx) return ctx.pnl_pct > 1 end, 0.25, "one percent"),
      rules.reduce_when(function(ctx) return ctx.pnl_pct > 2 end, 0.5, "two percent")]]
    local ctx = planned(policy, { price = 101.5 })
    local answer = testing.answers(policy, ctx)
    assert.same({ "partial_close", 0.25, "one percent" },
      { answer.decisions[1].type, answer.decisions[1].fraction, answer.decisions[1].reason })
    assert.is_true(answer.memory["reduce.done"])
    assert.is_nil(answer.memory["reduce2.done"])
    ctx = testing.after(ctx, answer)
    assert.equal(7.5, ctx.qty)
    testing.keeps(policy, ctx)
    ctx = later(ctx, { price = 103 })
    answer = testing.answers(policy, ctx)
    assert.equal("two percent", answer.decisions[1].reason)
    assert.is_true(answer.memory["reduce.done"] and answer.memory["reduce2.done"])
    testing.keeps(policy, testing.after(ctx, answer))
    ctx = planned(policy, { price = 103 }) -- both at once: one after the other
    answer = testing.answers(policy, ctx)
    assert.equal("one percent", answer.decisions[1].reason)
    assert.equal("two percent", testing.ask(policy, testing.after(ctx, answer)).decisions[1].reason)
  end)

  it("of an adopted position are asked of a person, and it is managed until then", function()
    local policy = strategy "rules.loss_guard(pct(5)), rules.breakeven_after(r(1))"
    local ctx = testing.long { adopted = true, price = 94 }
    local answer = testing.answers(policy, ctx)
    assert.same({ "move_stop", "full_exit" }, { answer.decisions[1].type, answer.decisions[#answer.decisions].type })
    assert.equal(ctx.now_ms + 60000, answer.wake.at_ms)
    answer = testing.answers(policy, testing.long { price = 94 })
    assert.equal(1, #answer.decisions)
  end)
end)

describe("a strategy", function()
  it("reads its settings when they are in force", function()
    local text = [[
      local rules, unit = require "exitbrain.rules", require "exitbrain.unit"
      local S = { stop_pct = 2 }
      return rules.strategy { name = "t", version = "1", settings = S,
        rules = function() return { rules.initial_stop(unit.pct(S.stop_pct)) } end,
        self_test = function() if S.stop_pct == 7 then error("seven", 0) end end }]]
    local ctx = testing.long()
    testing.has_stop_at(ctx, testing.ask(testing.set(text, { settings = { "stop_pct=3" } }), ctx), 97)
    assert.matches("seven", testing.refusal(text, { settings = { "stop_pct=7" } }), 1, true)
    assert.matches("initial_stop[1]: expected unit.pct from 1e-08 to 10000000000, got 0 %",
      testing.refusal(text, { settings = { "stop_pct=0" } }), 1, true)
  end)

  it("may list its rules in the table itself", function()
    local policy = testing.set [[
      local rules, unit = require "exitbrain.rules", require "exitbrain.unit"
      return rules.strategy { name = "t", version = "1", rules.initial_stop(unit.pct(1)) }]]
    testing.has_stop_at(testing.long(), testing.ask(policy, testing.long()), 99)
  end)

  it("takes rules of one's own", function()
    local policy = strategy [[{ name = "mine", keep = function(ctx, draft)
      if ctx.pnl_pct > 1 then rules.draft.tighten(draft, ctx.entry, "mine") end
      rules.draft.wake_level(draft, 123) end }]]
    local ctx = planned(policy)
    assert.equal(123, testing.keeps(policy, ctx).wake.above)
    testing.has_stop_at(ctx, testing.answers(policy, later(ctx, { price = 101.5 })), 100)
  end)

  for rules, words in pairs {
    ["rules.trail_pct(pct(1)), rules.trail_atr(2)"] =
      "rules[3]: trail_atr and trail_pct both set the trailing: keep one of them",
    ["5"] = "rules[2]: expected a rule, got 5",
    ["{ name = \"x\", kep = 1 }"] = 'rules[2]: unknown key "kep"',
    ["{ name = \"x\", keep = 1 }"] = "rules[2].keep: expected a function, got 1",
    ["{ name = \"x\", slot = \"stop\" }"] = "rules[2].slot: expected one of targets, trailing, ratchet",
    ["rules.initial_stop(atr(2))"] = "initial_stop: 2 ATR (m15) is not known while bars are warming: end with a pct",
    ["rules.initial_stop(1.5)"] =
      "initial_stop[1]: expected unit.pct, unit.atr, unit.price, got 1.5: write unit.pct(1.5)",
    ["rules.initial_stop()"] = "initial_stop: expected a list of 1 to 8 elements, got 0",
    ["rules.max_loss { margin_pct = 1, balance_pct = 1 }"] = "max_loss: give margin_pct or balance_pct",
    ["rules.max_loss { margin = 1 }"] = 'max_loss: unknown key "margin": there are margin_pct, balance_pct',
    ["rules.max_loss { margin_pct = 0 }"] = "max_loss: expected a number from 0.01 to 100, got 0",
    ["rules.ratchet { { 0, \"entry\" } }"] = "ratchet[1].after_hits: expected a whole number from 1 to 12, got 0",
    ["rules.ratchet { { 1, \"entry\" }, fees = -1 }"] = "ratchet.fees: expected a number from 0 to 20, got -1",
    ["rules.scale_out { { r(1), 0.5 } }"] = "ladder: the fractions sum to 0.5",
    ["rules.breakeven_after(r(-1))"] = "breakeven_after: expected unit.r from 1e-06 to 1000, got -1 R",
    ["rules.breakeven_after(r(1), { offset = 0.1 })"] = "breakeven_after.offset: expected unit.pct, got 0.1",
    ["rules.breakeven_after(r(1), { fees = 21 })"] = "breakeven_after.fees: expected a number from 0 to 20, got 21",
    ["rules.lock_steps { { r(1) } }"] = "lock_steps[1]: expected a list of 2 to 2 elements, got 1",
    ["rules.tighten_on_regime(\"WILD\", pct(1))"] = "tighten_on_regime[1]: expected one of TREND",
    ["rules.tighten_on_regime(\"CHOP\", 1)"] = "tighten_on_regime[2]: expected unit.r, unit.pct, unit.atr, got 1",
    ["rules.tighten_on_regime(\"CHOP\", pct(1), { step = r(1) })"] = "tighten_on_regime.step: expected unit.pct",
    ["rules.time_decay { from = r(-1), to = pct(0), over_ms = 3600000 }"] = "time_decay.to: expected unit.r, got 0 %",
    ["rules.time_decay { from = r(0), to = r(-1), over_ms = 3600000 }"] = "time_decay.to: expected unit.r from 1e-06",
    ["rules.time_decay { from = r(-1), to = r(0), over_ms = 1 }"] = "time_decay.over_ms: expected a number from 60000",
    ["rules.time_decay { from = r(-1), to = r(0), over_ms = 1e6, after_ms = -1 }"] = "time_decay.after_ms: expected",
    ["rules.time_decay { from = r(-1), to = r(0), over_ms = 1e6, step = pct(1) }"] = "time_decay.step: expected unit.r",
    ["rules.trail_pct(r(1))"] = "trail_pct: expected unit.pct, got 1 R",
    ["rules.trail_pct(pct(1), { from = atr(1) })"] = "trail_pct.from: expected unit.r, unit.pct, got 1 ATR (m15)",
    ["rules.trail_pct(pct(1), { tighten = { { r(1), 1 } } })"] = "trail_pct.tighten[1][2]: expected unit.pct, got 1",
    ["rules.trail_atr(0)"] = "trail_atr: expected a number from 0.1 to 100, got 0",
    ["rules.trail_atr(1, { timeframe = \"d1\" })"] = "unit.atr: expected a time frame",
    ["rules.trail_atr(1, { otherwise = 2 })"] = "trail_atr.otherwise: expected unit.pct, got 2",
    ["rules.trail_atr(1, { renew = 0 })"] = "trail_atr.renew: expected a number from 0.01 to 10, got 0",
    ["rules.loss_guard(12)"] = "loss_guard: expected unit.pct, got 12: write unit.pct(12)",
    ["rules.time_stop { after = 5 }"] = 'time_stop: unknown key "after": there are after_ms, below',
    ["rules.time_stop { after_ms = 5 }"] = "time_stop.after_ms: expected a number from 1000",
    ["rules.time_stop { after_ms = 5000, below = 0 }"] = "time_stop.below: expected unit.r, unit.pct, unit.atr, got 0",
    ["rules.no_progress { within_ms = 5000 }"] = "no_progress.reach: expected unit.r, unit.pct, unit.atr, got nil",
    ["rules.no_progress { reach = r(1) }"] = "no_progress.within_ms: expected a number",
    ["rules.stalled { for_ms = 1 }"] = "stalled.for_ms: expected a number from 10000",
    ["rules.stalled { for_ms = 1e6, by = 1 }"] = "stalled.by: expected unit.r",
    ["rules.funding_guard { max_pct = -1 }"] = "funding_guard.max_pct: expected a number from 0 to 10, got -1",
    ["rules.funding_guard { max_pct = 1, before_ms = 1 }"] = "funding_guard.before_ms: expected a number from 10000",
    ["rules.session_close { hour = 24 }"] = "session_close.hour: expected a whole number from 0 to 23, got 24: take 23",
    ["rules.session_close { hour = 1, minute = 60 }"] = "session_close.minute: expected a whole number from 0 to 59",
    ["rules.session_close { hour = 1, days = { 0 } }"] = "session_close.days[1]: expected a whole number from 1 to 7",
    ["rules.exit_when(true, \"x\")"] = "exit_when: expected a function, got true",
    ["rules.exit_when(function() end)"] = "exit_when.reason: expected a text of 1 to 95 bytes, got nil",
    ["rules.exit_when(function() end, \"x\", { every_ms = 1 })"] = "exit_when.every_ms: expected a number from 10000",
    ["rules.reduce_when(function() end, 2, \"x\")"] = "reduce_when.fraction: expected a number from 1e-06 to 1, got 2",
  } do
    it("is refused for " .. rules, function() refused(rules, words) end)
  end

  it("is refused without a first stop, with too much to remember, or in no shape", function()
    refused("rules.breakeven_after(r(1))", "rules: none sets the first stop: add rules.initial_stop(unit.pct(1.5))",
      "rules.ratchet()")
    local many = {}
    for i = 1, 8 do many[i] = "rules.stalled { for_ms = 1e6 }" end
    refused(table.concat(many, ","), "rules: they remember 16 values, at most 14 fit")
    local head = 'local rules = require "exitbrain.rules" return rules.strategy { name = "t", version = "1", '
    assert.matches('rules.strategy: unknown key "rule"', testing.refusal(head .. "rule = {} }"), 1, true)
    assert.matches("rules: expected a function, got 5", testing.refusal(head .. "rules = 5 }"), 1, true)
    assert.matches("rules: expected a list of rules, got nil", testing.refusal(head .. "rules = function() end }"), 1,
      true)
    assert.matches("choose one place", testing.refusal(head .. "rules = {}, {} }"), 1, true)
  end)

  it("gives any position a valid answer, and does not repeat itself", function()
    local policy = strategy [[
      rules.max_loss { margin_pct = 10 }, rules.scale_out { { r(0.5), 0.25 }, { atr(6), 0.25 }, { pct(6), 0.25 },
        runner = true }, rules.ratchet(), rules.breakeven_after(r(1)), rules.lock_steps { { r(2), r(1) } },
      rules.trail_atr(3), rules.tighten_on_regime({ "VOLATILE", "CHOP" }, atr(2)), rules.loss_guard(pct(12.5)),
      rules.time_decay { from = r(-1), to = r(0.1), over_ms = 86400000 }, rules.stalled { for_ms = 4 * 3600000 },
      rules.time_stop { after_ms = 48 * 3600000, below = r(0) }, rules.funding_guard { max_pct = 0.05 },
      rules.no_progress { within_ms = 7200000, reach = r(0.3) },
      rules.reduce_when(function(ctx) return ctx.pnl_pct > 4 end, 0.1, "four percent")]]
    math.randomseed(20261122)
    local compared = 0
    for _ = 1, 1500 do
      local ctx = random.position()
      local answer = testing.ask(policy, ctx)
      random.assert_valid(ctx, answer)
      local stop = testing.find(answer, "move_stop")
      if stop and ctx.plan_revision == 0 and answer.result == "ok" and not testing.find(answer, "full_exit") then
        local again = testing.ask(policy, testing.after(ctx, answer))
        assert.is_nil(testing.find(again, "update_tp_limits"))
        assert.is_nil(testing.find(again, "set_trailing"))
        compared = compared + 1
      end
      if compared % 50 == 1 then assert(policy:pure(ctx)) end
    end
    assert.is_true(compared > 100)
  end)

  it("tells a rule that closes parts to remember it", function()
    local policy = strategy [[{ name = "part", close = function() return "x", 0.5 end }]]
    local answer = testing.ask(policy, testing.long())
    assert.matches('rules: part closes a part: give it memory = { "done" }', answer.err, 1, true)
  end)
end)
