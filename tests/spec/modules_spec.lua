-- SPDX-License-Identifier: Apache-2.0
-- require and modules over a set's files: which file a name means, and which names there are.

local host = require "exitbrain_host"

local INIT = "return { name = 'n', version = '1', decide = function() end, settings = S }"

local function open(files)
  return host.open { files = files }
end

-- What the text makes of its settings, S, in a set with these further files.
local function settings(text, files)
  files["init.lua"] = "local S = {} " .. text .. " " .. INIT
  return assert(open(files)):settings()
end

local function refused(text, files)
  files["init.lua"] = text .. " local S = {} " .. INIT
  local policy, err = open(files)
  assert.is_nil(policy)
  return err
end

describe("modules", function()
  local files = {
    ["strategies/b.lua"] = "return 'b'", ["strategies/a/init.lua"] = "return 'a'",
    ["strategies/a/parts.lua"] = "", ["strategies/a-b.lua"] = "return 'a-b'", ["strategies/lost/file.lua"] = "",
    ["strategies/init.lua"] = "return 'all'", ["strategiesx/no.lua"] = "", ["legacy/old.lua"] = "",
  }

  it("lists what lies directly below a folder, sorted", function()
    assert.equal('list = {"strategies.a", "strategies.a-b", "strategies.b"}\n',
      settings("S.list = modules 'strategies'", files))
  end)

  it("knows its own folder, and none", function()
    assert.equal('a = {"legacy", "strategies"}\nb = {}\nc = {"strategies.a.parts"}\n', settings(
      "S.a = modules '' S.b = modules 'nothing' S.c = modules 'strategies.a'",
      { ["legacy/init.lua"] = "", ["strategies/init.lua"] = "", ["strategies/a/parts.lua"] = "" }))
  end)

  it("does not list the library", function()
    local policy = assert(host.open { lib = (os.getenv("EB_ROOT") or ".") .. "/lua/exitbrain", files = { ["init.lua"] =
      "local S = { list = modules 'exitbrain' } " .. INIT } })
    assert.equal("list = {}\n", policy:settings())
  end)

  it("gives names that require takes", function()
    assert.equal('said = "aa-bb"\n', settings(
      "S.said = '' for _, name in ipairs(modules 'strategies') do S.said = S.said .. require(name) end", files))
  end)

  it("is for loading only", function()
    local policy = assert(open { ["init.lua"] =
      "return { name = 'n', version = '1', decide = function() modules 'strategies' end }" })
    local result, _, err = policy:consult(host.context())
    assert.equal("error", result)
    assert.matches("init.lua:1: modules('strategies') inside decide: ask at the top of the file", err, 1, true)
  end)

  for text, message in pairs {
    ["modules '../x'"] = "modules('../x'): name a folder of the set",
    ["modules '.'"] = "name a folder of the set",
    ["modules()"] = "string expected",
    ["modules(('x'):rep(300))"] = "name a folder of the set",
  } do
    it("refuses " .. text, function()
      assert.matches(message, refused(text, {}), 1, true)
    end)
  end

  it("refuses two files that go by one name", function()
    local both = { ["s/a.lua"] = "", ["s/a/init.lua"] = "" }
    local message = "'s/a.lua' and 's/a/init.lua' go by the same name: remove one of them"
    assert.matches(message, refused("modules 's'", both), 1, true)
    assert.matches(message, refused("require 's.a'", both), 1, true)
  end)
end)

describe("require", function()
  it("finds a folder by its init.lua", function()
    assert.equal('said = "deep"\n',
      settings("S.said = require 'strategies.deep'", { ["strategies/deep/init.lua"] = "return 'deep'" }))
  end)

  it("loads a file once, whatever it is called by", function()
    assert.equal("same = true\n",
      settings("S.same = require 's' == require 's.init'", { ["s/init.lua"] = "return {}" }))
  end)

  it("names a file that is empty, as one is in the middle of being saved", function()
    assert.matches("init.lua:1: require 'a': a.lua is empty", refused("require 'a'", { ["a.lua"] = " \n" }), 1, true)
    assert.equal("a = true\n", settings("S.a = require 'a'", { ["a.lua"] = "-- nothing yet" }))
  end)

  it("names the file that is not there", function()
    assert.matches("init.lua:1: require 'a.b': no file 'a/b.lua' in the set", refused("require 'a.b'", {}), 1, true)
  end)

  -- A strategy's directory is a set; inside another one its files still find each other.
  local function strategy(prefix)
    return {
      [prefix .. "init.lua"] = "local P = require 'parts.exit' return { name = 's', version = '1', settings = P,"
        .. " decide = function() end }",
      [prefix .. "parts/exit.lua"] = "return { pct = require 'figures', seen = modules 'parts' }",
      [prefix .. "figures.lua"] = "return require 'parts.one'",
      [prefix .. "parts/one.lua"] = "return require 'parts.two'", -- chunks that leave their frame
      [prefix .. "parts/two.lua"] = "return 2",
    }
  end

  it("reads a strategy the same way as a set and inside a set", function()
    local own = 'pct = 2\nseen = {"parts.exit", "parts.one", "parts.two"}\n'
    assert.equal(own, assert(open(strategy "")):settings())
    local files = strategy "strategies/x/"
    files["figures.lua"] = "return 99"
    files["parts/exit.lua"] = "return {}"
    assert.equal(own, settings("S = require('strategies.x').settings", files))
  end)

  it("lets a strategy use the files of the set as well", function()
    assert.equal("pct = 7\n", settings("S.pct = require 'strategies.x'",
      { ["strategies/x/init.lua"] = "return require 'common'", ["common.lua"] = "return 7" }))
  end)

  it("tells a circle", function()
    assert.matches("files require each other in a circle",
      refused("require 'a'", { ["a.lua"] = "require 'b'", ["b.lua"] = "require 'a'" }), 1, true)
  end)

  it("is for loading only, but finds again what is loaded", function()
    local policy = assert(open { ["a.lua"] = "return 1", ["b.lua"] = "return 2", ["init.lua"] =
      "require 'a' return { name = 'n', version = '1', decide = function(ctx) require(ctx.symbol) end }" })
    assert.equal("keep", (policy:consult(host.context { symbol = "a" })))
    local result, _, err = policy:consult(host.context { symbol = "b" })
    assert.equal("error", result)
    assert.matches("require 'b' inside decide: write it at the top of the file", err, 1, true)
  end)
end)
