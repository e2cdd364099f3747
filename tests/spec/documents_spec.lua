-- SPDX-License-Identifier: Apache-2.0
-- What docs/POLICIES.md promises of the library is there, and what a policy reads or writes is named in it.

local ROOT = assert(package.searchpath("exitbrain.decision", package.path)):match("^(.*)/lua/exitbrain/")

local function read(path)
  local file = assert(io.open(ROOT .. "/" .. path))
  local text = file:read("a")
  file:close()
  return text
end

local PROMISED = {
  unit = "price r atr pct to_price to_pct to_r first kind value",
  decision = "stop_pct stop_at stop risk_floor targets trailing ratchet partial_close full_exit emergency_exit "
    .. "no_change",
  rules = "strategy decide initial_stop max_loss scale_out ratchet trail_pct trail_atr breakeven_after lock_steps "
    .. "tighten_on_regime time_decay loss_guard time_stop no_progress stalled session_close funding_guard exit_when "
    .. "reduce_when",
  ladder = "build in_r from_percent sum taken ahead at_least",
  curve = "of_units by_atr from_pairs between",
  stop = "first", regime = "of", side = "price pct tighter on_grid", wake = "at bar_end",
  check = "number integer one_of keys list unit levels",
  testing = "open set refusal long short after hit ask find has_stop_at has_targets exits keeps answers",
}

local function names(text, name) return text:find("%f[%w_]" .. name .. "%f[^%w_]") ~= nil end

describe("docs/POLICIES.md", function()
  local text = read("docs/POLICIES.md")

  for module, list in pairs(PROMISED) do
    it("promises of exitbrain." .. module .. " what is there", function()
      local lib = require("exitbrain." .. module)
      for name in list:gmatch("%S+") do
        assert.equal("function", type(lib[name]), module .. "." .. name)
        assert.is_true(names(text, name), name)
      end
    end)
  end

  it("leaves out no rule and no decision", function()
    for _, module in ipairs { "rules", "decision" } do
      for name, value in pairs(require("exitbrain." .. module)) do
        if type(value) == "function" then assert.is_true(names(text, name), module .. "." .. name) end
      end
    end
  end)

  it("names every owner of the shipped set and every signal that it reads", function()
    local host = require "exitbrain_host"
    local ok, why = host.open { dir = ROOT .. "/policies", lib = ROOT .. "/lua/exitbrain",
      settings = { 'owner="nobody"' } }
    assert.is_nil(ok)
    local owners = why:match("one of (.-), got")
    for name in owners:gmatch("[%w_]+") do assert.is_true(name == "auto" or names(text, name), name) end
    local read_there, count = read("policies/signals.lua"), 0
    for name in read_there:gmatch('number%(ctx, "([%w_]+)"') do
      assert.is_true(names(text, name), name)
      count = count + 1
    end
    assert.is_true(count >= 5 and names(read_there, "risk_mode") and names(text, "risk_mode"))
  end)

  it("fits two pages", function()
    local lines = select(2, text:gsub("\n", ""))
    assert.is_true(lines <= 190, lines .. " lines")
  end)
end)
