-- SPDX-License-Identifier: Apache-2.0
-- examples/strategies, all of them: any position gets a valid answer, at once and whole, and is not told the same
-- twice. Two of them in the strategies/ of the default set answer for what is theirs. Each one has a spec of its own.

local host = require "exitbrain_host"
local position = require "position"
local random = require "random"

local ROOT = os.getenv("EB_ROOT") or "."
local FOLDER = ROOT .. "/examples/strategies"
local CASES = 400

local function listed(command)
  local out, list = {}, io.popen(command)
  for name in list:lines() do out[#out + 1] = name end
  list:close()
  return out
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local NAMES = listed("cd '" .. FOLDER .. "' && ls -d */ | tr -d /")

local function open(name, settings)
  return assert(host.open { dir = FOLDER .. "/" .. name, lib = ROOT .. "/lua/exitbrain", settings = settings })
end

-- Funding, sessions and accounts that matter: what random.position leaves as it is.
local function any_position(name)
  local ctx = random.position()
  if math.random(2) == 1 then
    ctx.next_funding_ms = ctx.now_ms + math.random(-10, 60) * 60000
    ctx.funding_rate_pct = math.random(-100, 100) / 100
  end
  local ahead = math.random(0, 7 * 24) * position.HOUR
  ctx.now_ms, ctx.opened_ms = ctx.now_ms + ahead, ctx.opened_ms > 0 and ctx.opened_ms + ahead or 0
  if ctx.next_funding_ms then ctx.next_funding_ms = ctx.next_funding_ms + ahead end
  if ctx.planned and math.random(2) == 1 then
    ctx.owner = name
    ctx.memory = { step = math.random(0, 10), guard_equity = ctx.balance * math.random(50, 150) / 100 }
  end
  return ctx
end

it("there are at least six, each with a spec of its own", function()
  assert.is_true(#NAMES >= 6)
  for _, name in ipairs(NAMES) do assert.is_truthy(read(FOLDER .. "/" .. name .. "/" .. name .. "_spec.lua")) end
end)

for _, name in ipairs(NAMES) do
  describe("examples/strategies/" .. name, function()
    it("gives any position a valid answer, the same from a fresh state", function()
      math.randomseed(17)
      local policy, kinds, most = open(name), {}, 0
      for i = 1, CASES do
        local ctx = any_position(name)
        local answer = position.ask(policy, ctx)
        random.assert_valid(ctx, answer)
        most = math.max(most, policy:info().last_instructions)
        for _, decision in ipairs(answer.decisions) do kinds[decision.type] = true end
        if i % 20 == 0 then assert(policy:pure(ctx)) end
      end
      assert.is_true(kinds.move_stop and kinds.update_tp_limits)
      assert.is_true(most > 0 and most <= 20000, most .. " instructions: a tenth of the budget at most")
    end)

    it("does not say the same twice", function()
      math.randomseed(23)
      local policy, kept = open(name), 0
      for _ = 1, CASES do
        local ctx = random.position()
        ctx.adopted, ctx.opened_ms, ctx.peak, ctx.signals = false, ctx.now_ms, ctx.price, {} -- nothing ends it
        local answer = position.ask(policy, ctx)
        if ctx.plan_revision == 0 and math.abs(ctx.pnl_pct) < 0.1 then
          local again = position.ask(policy, position.accept(ctx, answer))
          kept = kept + (again.result == "keep" and 1 or 0)
          assert.is_nil(position.find(again, "update_tp_limits"))
          local third = position.ask(policy, position.accept(position.accept(ctx, answer), again))
          assert.equal("keep", third.result)
        end
      end
      assert.is_true(kept > 0 or name == "session_close")
    end)

    it("is named as its folder, and carries its first stop for LONG and SHORT alike", function()
      local policy = open(name)
      assert.equal(name, policy:info().name)
      local long = position.stop_price(position.new(), position.find(position.ask(policy, position.new()), "move_stop"))
      local ctx = position.new { side = "SHORT" }
      local short = position.stop_price(ctx, position.find(position.ask(policy, ctx), "move_stop"))
      assert.near(100 - long, short - 100, 1e-6)
      assert.is_true(long < 100)
    end)

    it("is described in examples/README.md, with every setting that it has", function()
      local readme = read(ROOT .. "/examples/README.md")
      local row = readme:match("\n(|[^\n]*%(strategies/" .. name .. "/init%.lua%)[^\n]*)")
      assert.is_truthy(row, name .. " has no row")
      local settings = read(FOLDER .. "/" .. name .. "/init.lua"):match "local settings = (%b{})"
      for setting in settings:gmatch "\n  ([%w_]+) =" do
        assert.matches("`" .. setting .. "`", row, 1, true)
      end
    end)
  end)
end

describe("in the strategies/ of the default set", function()
  local function files(names)
    local out = {}
    for _, path in ipairs(listed("cd '" .. ROOT .. "/policies' && find . -name '*.lua' -type f")) do
      out[path:sub(3)] = read(ROOT .. "/policies/" .. path)
    end
    for _, name in ipairs(names) do
      for _, file in ipairs(listed("cd '" .. FOLDER .. "/" .. name .. "' && ls *.lua")) do
        out["strategies/" .. name .. "/" .. file] = read(FOLDER .. "/" .. name .. "/" .. file)
      end
    end
    return out
  end

  local function set(names, settings)
    return assert(host.open { files = files(names), lib = ROOT .. "/lua/exitbrain", settings = settings })
  end

  local RULES = 'strategy_rules={ { symbol = "BTCUSDT", use = "chandelier" },'
    .. ' { strategy = "scalp", use = "drawdown_guard" } }'
  local TWO = { "chandelier", "drawdown_guard" }

  it("two of them answer for a symbol and for a strategy_id, the brain for the rest", function()
    local policy = set(TWO, { RULES })
    for _, case in ipairs { { "BTCUSDT", "trend", "chandelier", 0.9 }, { "BTCUSDT", "scalp", "chandelier", 0.9 },
      { "ETHUSDT", "scalp", "drawdown_guard", 1.5 }, { "ETHUSDT", "trend", "brain", 2.5 } } do
      for _, side in ipairs { "LONG", "SHORT" } do
        local ctx = position.new { symbol = case[1], strategy_id = case[2], side = side }
        local answer = position.ask(policy, ctx)
        assert.equal(case[3], answer.owner)
        local stop = position.stop_price(ctx, position.find(answer, "move_stop"))
        assert.near(100 - ctx.sign * case[4], stop, 1e-6)
        local after = position.accept(ctx, answer)
        assert.equal("keep", position.ask(policy, after).result)
        assert.is_true(policy:pure(after))
      end
    end
  end)

  it("they are set by their names, those of their own parts too", function()
    local policy = set(TWO, { RULES, "strategies.chandelier.atr_mult=4.0",
      "strategies.drawdown_guard.inner.stop_pct=2.5" })
    local function stop(over)
      local ctx = position.new(over)
      return position.stop_price(ctx, position.find(position.ask(policy, ctx), "move_stop"))
    end
    assert.near(98.8, stop { symbol = "BTCUSDT" }, 1e-6)
    assert.near(97.5, stop { strategy_id = "scalp" }, 1e-6)
    local policy_or_nil, err = host.open { files = files(TWO), lib = ROOT .. "/lua/exitbrain",
      settings = { "strategies.chandelier.atr_mult=0.1" } }
    assert.is_nil(policy_or_nil)
    assert.matches("atr_mult: expected a number from 0.5 to 20, got 0.1", tostring(err), 1, true)
  end)

  it("one takes a position over from the brain, and gives it back", function()
    local brain, policy = set(TWO), set(TWO, { RULES })
    local ctx = position.new { symbol = "BTCUSDT" }
    ctx = position.accept(ctx, position.ask(brain, ctx))
    ctx.reason = "reload"
    local answer = position.ask(policy, ctx)
    assert.equal("chandelier", answer.owner)
    assert.equal(0, #position.find(answer, "update_tp_limits").levels)
    ctx = position.accept(ctx, answer)
    assert.equal("keep", position.ask(policy, ctx).result)
    answer = position.ask(brain, ctx)
    assert.equal("brain", answer.owner)
    assert.is_true(#position.find(answer, "update_tp_limits").levels > 0)
  end)

  it("all of them load beside one another", function()
    local policy = set(NAMES)
    for _, name in ipairs(NAMES) do
      local one = set(NAMES, { 'owner="' .. name .. '"' })
      assert.equal(name, position.ask(one, position.new()).owner)
      one:close()
    end
    assert.equal("brain", position.ask(policy, position.new()).owner)
  end)
end)
