-- SPDX-License-Identifier: Apache-2.0
-- The rules: each is { name, check = function(file, report, tree) } and calls report(line, message) per finding.

local layers = require "tidy.layers"

local rules = {}
local function rule(name, check) rules[#rules + 1] = { name = name, check = check } end

local LIMIT = { file = 600, fn = 70, line = 120, policy = 120, bytes = 256 * 1024 }

local is_c = { c = true, h = true }
local is_source = { c = true, h = true, lua = true, sh = true, py = true, cmake = true }

-- found(line) for each line of code that calls `name`; a longer word that ends so is no call.
local function calls(file, name, found)
  for number, line in ipairs(file.code_lines) do
    if line:find("%f[%w_]" .. name .. "%s*%(") then found(number) end
  end
end

local function enclosing(file, number)
  for _, fn in ipairs(file.functions) do
    if number >= fn.first and number <= fn.last then return fn end
  end
end

---- layering ------------------------------------------------------------------------------------------------------

local function check_own(folder, include, report)
  local target = include.name:match("^(.+)/[^/]+$")
  if include.name == "generated/version.h" then
    if layers.pure[folder] then report(include.line, folder .. " does not know its build") end
  elseif not target then
    report(include.line, 'write "folder/' .. include.name .. '"')
  elseif target ~= folder and not layers.has(layers.may[folder], target) then
    report(include.line, folder .. " may not include " .. target .. " (docs/ARCHITECTURE.md)")
  end
end

local function check_library(folder, include, report)
  local name = include.name
  if name:match("^exitbrain/") then return end
  for _, entry in ipairs(layers.library) do
    if name:match(entry[1]) then
      if not layers.has(entry[2], folder) then report(include.line, name .. " belongs to " .. entry[2] .. " only") end
      return
    end
  end
  local pure = layers.pure[folder]
  if pure and not layers.has(pure, name:match("^(.-)%.h$") or name) then
    report(include.line, folder .. " may not use " .. name)
  end
end

rule("layering", function(file, report)
  local folder = layers.folder(file.path)
  for _, include in ipairs(file.includes) do
    if folder and not layers.may[folder] then
      report(include.line, "core/" .. folder .. " is not in the table of layers")
    elseif folder then
      (include.quoted and check_own or check_library)(folder, include, report)
    elseif file.path:match("^include/") or file.path:match("^examples/") then
      if include.quoted or include.name:match("^core/") then
        report(include.line, "only <exitbrain/...> and system headers: this is what an embedder sees")
      end
    end
  end
end)

rule("own-header-first", function(file, report, tree)
  local own = file.path:match("^core/(.+)%.c$")
  if not own or not tree["core/" .. own .. ".h"] then return end
  local first = file.includes[1]
  if not first or first.name ~= own .. ".h" then
    report(first and first.line or 1, 'the first include is "' .. own .. '.h", so that it is known to compile alone')
  end
end)

---- size ------------------------------------------------------------------------------------------------------------

rule("file-length", function(file, report)
  if is_source[file.kind] and #file.lines >= LIMIT.file then
    report(1, #file.lines .. " lines, fewer than " .. LIMIT.file .. " wanted: which second idea is in here?")
  end
  if file.path:match("^policies/") and file.kind == "lua" and #file.lines > LIMIT.policy then
    report(1, #file.lines .. " lines, a policy file has one idea and at most " .. LIMIT.policy)
  end
end)

rule("function-length", function(file, report)
  for _, fn in ipairs(file.functions) do
    local length = fn.last - fn.first + 1
    if length >= LIMIT.fn then report(fn.first, fn.name .. " has " .. length .. " lines, fewer than " .. LIMIT.fn) end
  end
end)

rule("line-length", function(file, report)
  if not is_source[file.kind] then return end
  for number, line in ipairs(file.lines) do
    local length = utf8.len(line) or #line
    if length > LIMIT.line then report(number, length .. " columns, at most " .. LIMIT.line) end
  end
end)

rule("file-size", function(file, report)
  if #file.text > LIMIT.bytes then report(1, #file.text .. " bytes: data is read in place, not kept here") end
end)

---- what code may not call --------------------------------------------------------------------------------------------

local banned = {
  sprintf = "snprintf", vsprintf = "vsnprintf", strcpy = "eb_buf or memcpy with a size", strcat = "eb_buf",
  strncpy = "memcpy with a size", strncat = "eb_buf", strtok = "a loop over the text", gets = "fgets",
  atoi = "a checked parser (base/decimal.h)", atol = "a checked parser", atoll = "a checked parser",
  atof = "eb_price_parse and its like", sscanf = "a checked parser", scanf = "a checked parser",
  alloca = "a bounded array", assert = "EB_ASSERT", rand = "base/rng.h", srand = "base/rng.h", random = "base/rng.h",
  system = "posix_spawn", popen = "posix_spawn", signal = "sigaction",
}

rule("banned-call", function(file, report)
  if not is_c[file.kind] then return end
  for name, instead in pairs(banned) do
    calls(file, name, function(number) report(number, name .. "(): use " .. instead) end)
  end
end)

local impure = { "time", "clock", "clock_gettime", "gettimeofday", "localtime", "gmtime", "getenv", "nanosleep" }
local printing = { "printf", "fprintf", "vfprintf", "puts", "fputs", "putchar", "fopen", "fwrite", "perror", "exit" }
local allocating = { "malloc", "calloc", "realloc", "aligned_alloc", "strdup", "strndup", "free" }

rule("pure-layers", function(file, report)
  local folder = layers.folder(file.path)
  if not layers.pure[folder or ""] then return end
  for _, name in ipairs(impure) do
    calls(file, name, function(number) report(number, name .. "() in " .. folder .. ": it arrives as an event") end)
  end
  if folder == "base" then return end
  for _, name in ipairs(printing) do
    calls(file, name, function(number) report(number, name .. "() in " .. folder .. ": it leaves as an action") end)
  end
  for _, name in ipairs(allocating) do
    calls(file, name, function(number)
      local fn = enclosing(file, number)
      if not (fn and fn.name and (fn.name:match("_create$") or fn.name:match("_destroy$"))) then
        report(number, name .. "() in " .. folder .. ": only a _create or _destroy function allocates or frees")
      end
    end)
  end
end)

rule("no-floating-point", function(file, report)
  local folder = layers.folder(file.path)
  if folder ~= "domain" and folder ~= "engine" or file.path:match("/market[^/]*$") then return end
  for number, line in ipairs(file.code_lines) do
    local word = line:match("%f[%w_]double%f[^%w_]") or line:match("%f[%w_]float%f[^%w_]")
    if word then report(number, word .. ": the order path has integers; statistics live in market*") end
  end
end)

-- What files of one folder share with each other and with nobody else.
local inner_prefix = { ["venue/binance"] = "^bn_", ["venue/fapi"] = "^fapi_" }

rule("public-prefix", function(file, report)
  local folder = layers.folder(file.path)
  if not folder then return end
  for _, fn in ipairs(file.functions) do
    local name = fn.name or ""
    local inner = inner_prefix[folder] and name:match(inner_prefix[folder])
    if not fn.static and not inner and not name:match("^eb_") and not name:match("^luaopen_") and name ~= "main" then
      report(fn.first, name .. " is not static and has no eb_ prefix")
    end
  end
end)

---- form --------------------------------------------------------------------------------------------------------------

rule("head", function(file, report)
  if not is_source[file.kind] then return end
  local at = file.lines[1]:match("^#!") and 2 or 1
  if not (file.lines[at] or ""):find("SPDX-License-Identifier: Apache-2.0", 1, true) then
    return report(at, "the first line is the SPDX line")
  end
  local comment = { c = "^/%*", h = "^/%*", lua = "^%-%-" }
  local next_line = file.lines[at + 1] or ""
  if comment[file.kind] and not next_line:match(comment[file.kind]) then
    report(at + 1, "a head comment follows the SPDX line: purpose and data flow")
  end
end)

rule("pragma-once", function(file, report)
  if file.kind == "h" and select(2, file.code:gsub("#pragma once", "")) ~= 1 then report(1, "one #pragma once") end
end)

rule("white-space", function(file, report)
  if file.kind == "other" and not file.path:match("%.json$") then return end
  for number, line in ipairs(file.lines) do
    if line:find("\t", 1, true) then report(number, "tab") end
    if line:find("[ \r]$") then report(number, "trailing white space") end
  end
  if file.text ~= "" and file.text:sub(-1) ~= "\n" then report(#file.lines, "no newline at the end") end
end)

-- Built from pieces, so that this file does not find itself.
local unfinished = { "TO" .. "DO", "FIX" .. "ME", "XX" .. "X", "HA" .. "CK" }
local unfinished_phrases = { "not " .. "implemented", "place" .. "holder" }
local workplace = {
  "^/wor" .. "k/", "[^%w._-]/wor" .. "k/", "^/far" .. "m/", "[^%w._-]/far" .. "m/", "%.librar" .. "y/", "far" .. "m%-",
}

rule("unfinished", function(file, report)
  for number, line in ipairs(file.lines) do
    for _, word in ipairs(unfinished) do
      if line:find("%f[%w_]" .. word .. "%f[^%w_]") then report(number, word .. ": finish it or write an issue") end
    end
    for _, phrase in ipairs(unfinished_phrases) do
      if line:lower():find(phrase, 1, true) then report(number, phrase .. ": finish it or write an issue") end
    end
  end
end)

rule("workplace", function(file, report)
  for number, line in ipairs(file.lines) do
    for _, pattern in ipairs(workplace) do
      if line:find(pattern) then report(number, "a path or name of one machine: " .. line:match(pattern)) end
    end
  end
end)

rule("one-title", function(file, report)
  if file.kind ~= "md" then return end
  local titles, fenced = 0, false
  for _, line in ipairs(file.lines) do
    if line:match("^%s*```") then fenced = not fenced end
    if not fenced and line:match("^# ") then titles = titles + 1 end
  end
  if titles ~= 1 then report(1, titles .. " titles (lines with one #), one wanted") end
end)

---- what would silently never run ------------------------------------------------------------------------------------

rule("dead-file", function(file, report, tree)
  local folder, deeper = layers.folder(file.path)
  if folder and file.kind == "c" and deeper and file.path ~= "core/policy/module/" .. file.path:match("[^/]+$") then
    report(1, "no target of cmake/layers.cmake compiles this folder")
  end
  local header = file.path:match("^core/(.+%.h)$")
  if header and not tree.included[header] then report(1, "nobody includes this header") end
  local policy = file.path:match("^policies/(.+)%.lua$")
  if policy and not policy:match("init$") and not tree.required[policy:gsub("/", ".")] then
    report(1, "no file requires this policy")
  end
  if file.path:match("^tests/%w+/[^/]+%.sh$") and not tree.executable(file.path) then
    report(1, "not executable, so ./test would pass it over")
  end
end)

rule("test-has-cases", function(file, report)
  if file.path:match("^tests/unit/.*/test_[^/]+%.c$") and not file.code:find("cmocka_run_group_tests", 1, true) then
    report(1, "runs no cmocka group")
  end
end)

return rules
