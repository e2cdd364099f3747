-- SPDX-License-Identifier: Apache-2.0
-- Rules -> one decide function. Each rule is a table of pure functions, of which it has those that it needs:
--
--     name     as messages and memory keys show it, at most 12 bytes
--     slot     "targets", "trailing" or "ratchet": the part of a plan that is this rule's alone
--     figures  a text of what the plan is made of: when it differs from what was planned, the plan is made anew
--     memory   names that the rule remembers: rule.keys.NAME is the key of ctx.memory then
--     risk(ctx) -> how far the first stop may lie on the loss side, percent of entry, or nil; the least of all counts
--     plan(ctx, draft, why) -> its decision of a new plan, or nil; draft.r is what R will be
--     keep(ctx, draft) -> a decision of its slot, or nil; it may propose a stop and ask to be woken (rules/draft.lua)
--     close(ctx, draft) -> why the position ends, or nil; with a fraction as second result that part of it, once; with
--              true as third as an emergency
--
-- A position without an accepted plan of this owner gets stop, targets, trailing and ratchet in one answer; afterwards
-- only what changes is said. Stops only ever get tighter, closes come last, and nothing to say is nil with a wake.

local check = require "exitbrain.check"
local decide = require "exitbrain.decision"
local draft = require "exitbrain.rules.draft"
local ladder = require "exitbrain.ladder"
local stop = require "exitbrain.stop"
local wake = require "exitbrain.wake"

local combine = {}

local SLOTS = { "targets", "trailing", "ratchet" }
local CLEAR = {
  targets = function(why) return decide.targets({}, why) end,
  trailing = function(why) return decide.trailing(nil, why) end,
  ratchet = function(why) return decide.ratchet({}, why) end,
}
local PHASES = { "risk", "plan", "keep", "close" }
local MEMORY_MAX, OWN_ENTRIES = 16, 2     -- of the engine; `base` and `mark` below
local UNCONFIRMED_MS = 60000              -- an exit that waits for a person is asked for again after this
local LONGEST_MS = 300000                 -- the engine asks after five minutes anyway
local GROWN = "size increased"            -- then R is measured anew

-- A number that stands for the figures of a plan.
local function mark_of(text)
  local mark = 0
  for i = 1, #text do mark = (mark * 33 + string.byte(text, i)) % 4294967291 end
  return mark
end

local function add(built, rule, path)
  check.keys(path, rule, { "name", "slot", "figures", "memory", "keys", "risk", "plan", "keep", "close" })
  check.text(path .. ".name", rule.name, 12)
  for _, phase in ipairs(PHASES) do
    if rule[phase] then
      check.func(path .. "." .. phase, rule[phase])
      local list = built[phase]
      list[#list + 1] = rule
    end
  end
  if rule.slot then
    check.one_of(path .. ".slot", rule.slot, SLOTS)
    local other = built.slots[rule.slot]
    if other then error(path .. ": " .. rule.name .. " and " .. other.name .. " both set the " .. rule.slot
      .. ": keep one of them", 0) end
    built.slots[rule.slot] = rule
  end
  -- Rules of one name are told apart by their order, so that their memories cannot clash.
  local count = (built.names[rule.name] or 0) + 1
  built.names[rule.name] = count
  local prefix = rule.name .. (count > 1 and count or "") .. "."
  for _, key in ipairs(rule.memory or {}) do
    check.text(path .. ".memory", prefix .. key, 23)
    rule.keys = rule.keys or {}
    rule.keys[key] = prefix .. key
    built.keys[#built.keys + 1] = prefix .. key
  end
  built.figures[#built.figures + 1] = rule.figures
end

local function build(list)
  if type(list) ~= "table" then check.fail("rules", "a list of rules", list) end
  local built = { risk = {}, plan = {}, keep = {}, close = {}, slots = {}, names = {}, keys = {}, figures = {} }
  for i, rule in ipairs(list) do
    if type(rule) ~= "table" then check.fail("rules[" .. i .. "]", "a rule", rule) end
    add(built, rule, "rules[" .. i .. "]")
  end
  if #built.risk == 0 then error("rules: none sets the first stop: add rules.initial_stop(unit.pct(1.5))", 0) end
  if #built.keys > MEMORY_MAX - OWN_ENTRIES then
    error("rules: they remember " .. #built.keys .. " values, at most " .. MEMORY_MAX - OWN_ENTRIES .. " fit", 0)
  end
  local mark = 0
  for _, text in ipairs(built.figures) do mark = (mark * 31 + mark_of(text)) % 4294967291 end
  built.mark = mark
  return built
end

local function size(ctx) return ctx.leg_base or ctx.qty end

local function needs_plan(ctx, base)
  if not ctx.planned then
    if ctx.plan_revision == 0 then return "new position" end
    return ctx.r_provisional and "instead of the built-in plan" or "instead of another owner's plan"
  end
  return base and size(ctx) > base and GROWN or nil
end

-- What fills each slot, in the order of SLOTS; what no rule fills is cleared where an earlier plan may have filled it.
local function fill(built, ctx, d, why, list)
  for _, slot in ipairs(SLOTS) do
    local rule = built.slots[slot]
    if rule then
      list[#list + 1] = rule.plan(ctx, d, why)
    elseif ctx.plan_revision > 0 then
      list[#list + 1] = CLEAR[slot](why)
    end
  end
  draft.remember(d, "base", size(ctx))
  draft.remember(d, "mark", built.mark)
end

local function open(built, ctx, d, why, list)
  local pct
  for _, rule in ipairs(built.risk) do
    local one = rule.risk(ctx)
    if one and (pct == nil or one < pct) then pct = one end
  end
  if pct == nil then error("rules: no rule knows where the first stop lies: end initial_stop with a unit.pct", 0) end
  list[1], d.r = (why == GROWN and stop.first or stop.next)(ctx, pct, why)
  fill(built, ctx, d, why, list)
end

-- Other figures for a position that is under way: stop and R stay, and no leg is set behind the price.
local function change(built, ctx, d, list)
  local _, _, moving = ladder.taken(ctx)
  if moving then return true end -- not under the feet of a leg that is firing
  d.r, d.beyond_pct = ctx.r, ctx.pnl_pct
  fill(built, ctx, d, "the rules have changed", list)
  return false
end

-- The first rule that ends the position, else the first that takes a part of it.
local function closes(built, ctx, d)
  local part
  for _, rule in ipairs(built.close) do
    local reason, fraction, emergency = rule.close(ctx, d)
    if reason and not fraction then
      return emergency and decide.emergency_exit(reason) or decide.full_exit(reason), nil
    end
    local done = rule.keys and rule.keys.done
    if reason and done == nil then
      error("rules: " .. rule.name .. ' closes a part: give it memory = { "done" }, or it would do so again', 0)
    end
    if reason and not part and not ctx.memory[done] then
      part, d.done = decide.partial_close(fraction, reason), done
    end
  end
  return nil, part
end

-- What is remembered is replaced as a whole, so everything of these rules that stays is said again.
local function memory_of(built, ctx, changes)
  local memory = { base = ctx.memory.base, mark = ctx.memory.mark }
  for _, key in ipairs(built.keys) do memory[key] = ctx.memory[key] end
  for key, value in pairs(changes) do memory[key] = value end
  return memory
end

local function answer(built, ctx, d, list, exit, again)
  local extras = { regime = d.regime }
  if exit then
    -- A position that was found open is closed by a person's confirmation; until then it is managed.
    list[#list + 1] = exit
    extras.wake = { at_ms = d.now_ms + UNCONFIRMED_MS }
  elseif #list == 0 and not again and not d.every_cycle then
    draft.wake_at(d, d.now_ms + LONGEST_MS)
    extras.wake = wake.at(ctx, d.times, d.prices)
  end
  if d.changes then extras.memory = memory_of(built, ctx, d.changes) end
  return #list > 0 and list or nil, extras
end

local function run(built, ctx)
  local d = draft.new(ctx)
  local exit, part = closes(built, ctx, d)
  if exit and not ctx.adopted then return exit, { regime = d.regime } end
  local list, base, again = {}, ctx.memory.base, false
  local why = needs_plan(ctx, base)
  if why then
    open(built, ctx, d, why, list)
  else
    if base ~= size(ctx) then draft.remember(d, "base", size(ctx)) end -- another hand may have reduced it
    if ctx.memory.mark ~= built.mark then
      again = change(built, ctx, d, list)
    else
      for _, rule in ipairs(built.keep) do list[#list + 1] = rule.keep(ctx, d) end
    end
    if d.stop then list[#list + 1] = decide.stop_at(d.stop, d.why) end
  end
  if part then
    list[#list + 1] = part
    draft.remember(d, d.done, true)
  end
  return answer(built, ctx, d, list, exit, again)
end

-- rules: a list, or a function that returns one; it is called when settings are in force, so that it may read them.
-- Results: decide, and a function for self_test, which raises where the rules are wrong.
function combine.decide(rules)
  local make = rules
  if type(rules) == "table" then make = function() return rules end end
  check.func("rules", make)
  local built
  local function decide_by_rules(ctx)
    built = built or build(make())
    return run(built, ctx)
  end
  return decide_by_rules, function() build(make()) end
end

-- A whole set of rules: { name, version, settings, rules = function() return { ... } end }, with the rules as a list in
-- `rules` or in the table itself where they read no settings; self_test, migrate, presets and legacy if wanted.
function combine.strategy(spec)
  check.keys("rules.strategy", spec,
    { "name", "version", "settings", "rules", "self_test", "migrate", "presets", "legacy" })
  if spec.rules and #spec > 0 then
    error("rules.strategy: rules stand in the table itself and in `rules`: choose one place", 0)
  end
  local by_rules, test = combine.decide(spec.rules or { table.unpack(spec) })
  return {
    name = spec.name, version = spec.version, settings = spec.settings, migrate = spec.migrate,
    presets = spec.presets, legacy = spec.legacy, decide = by_rules,
    self_test = function()
      test()
      if spec.self_test then return spec.self_test() end
    end,
  }
end

return combine
