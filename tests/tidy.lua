-- SPDX-License-Identifier: Apache-2.0
-- Lint as a test: lua5.4 tests/tidy.lua.
--   files -> source.new -> every rule -> findings "path:line: rule: message", then "ok RULE" or "not ok RULE"
-- A comment "tidy-ok: why" excuses findings on its line and the next; an excuse that excuses nothing is a finding.

local root = arg[0]:match("^(.*)/tests/tidy%.lua$") or "."
package.path = root .. "/tests/?.lua;" .. package.path

local source = require "tidy.source"
local rules = require "tidy.rules"
local selftest = require "tidy.selftest"

local function quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function lines_of(command)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

-- Tracked files and those about to be; without git, every file outside build directories.
local function list_files()
  local inside = "cd " .. quote(root) .. " && "
  local files = lines_of(inside .. "git -c safe.directory='*' ls-files -co --exclude-standard 2>/dev/null")
  if #files == 0 then
    files = lines_of(inside .. "find . -type f -not -path './build/*' -not -path './.git/*' | sed 's|^./||'")
  end
  table.sort(files)
  return files
end

local function read(path)
  local handle = io.open(root .. "/" .. path, "rb")
  if not handle then return nil end -- deleted, not yet committed
  local text = handle:read("a")
  handle:close()
  return text
end

-- path -> file, and who is included or required by anybody.
local function build_tree(files)
  local tree = { included = {}, required = {} }
  tree.executable = function(path) return os.execute("test -x " .. quote(root .. "/" .. path)) == true end
  for _, file in ipairs(files) do
    tree[file.path] = file
    for _, include in ipairs(file.includes) do tree.included[include.name] = true end
    if file.kind == "lua" then
      for name in file.text:gmatch("require%s*%(?%s*[\"']([%w_.]+)[\"']") do tree.required[name] = true end
    end
  end
  return tree
end

-- findings of one file under every rule, excuses applied.
local function check_file(file, tree)
  local findings = {}
  for _, rule in ipairs(rules) do
    rule.check(file, function(line, message)
      for _, excuse in ipairs(file.excuses) do
        if excuse.line == line or excuse.line == line - 1 then
          excuse.used = true
          return
        end
      end
      findings[#findings + 1] = { path = file.path, line = line, rule = rule.name, message = message }
    end, tree)
  end
  for _, excuse in ipairs(file.excuses) do
    local problem = excuse.why == "" and "an excuse says why" or not excuse.used and "excuses nothing: take it out"
    if problem then
      findings[#findings + 1] = { path = file.path, line = excuse.line, rule = "excuses", message = problem }
    end
  end
  return findings
end

-- Every header must compile alone, with warnings as errors.
local function check_headers(files, findings)
  local headers = {}
  for _, file in ipairs(files) do
    if file.kind == "h" and (file.path:match("^core/") or file.path:match("^include/")) then
      headers[#headers + 1] = file.path
    end
  end
  if #headers == 0 then return end
  local list = os.tmpname()
  local handle = assert(io.open(list, "w"))
  handle:write(table.concat(headers, "\n"), "\n")
  handle:close()
  local compile = "${CC:-cc} -std=c11 -Wall -Wextra -Werror -Icore -Iinclude $LUA_CFLAGS -fsyntax-only -x c "
    .. '-include "$1" /dev/null >&2 || echo "$1"'
  local command = ("cd %s && export LUA_CFLAGS=\"$(pkg-config --cflags lua5.4)\" && xargs -P 2 -n 1 sh -c %s - < %s")
    :format(quote(root), quote(compile), list)
  for _, path in ipairs(lines_of(command)) do
    findings[#findings + 1] = { path = path, line = 1, rule = "header-alone", message = "does not compile alone" }
  end
  os.remove(list)
end

local function main()
  local failed = not selftest.run(function(path, text, others)
    local files = { source.new(path, text) }
    for other, body in pairs(others or {}) do files[#files + 1] = source.new(other, body) end
    return check_file(files[1], build_tree(files))
  end)

  local files = {}
  for _, path in ipairs(list_files()) do
    local text = read(path)
    if text and not text:find("\0", 1, true) then files[#files + 1] = source.new(path, text) end
  end
  local tree = build_tree(files)
  local findings = {}
  for _, file in ipairs(files) do table.move(check_file(file, tree), 1, 1e6, #findings + 1, findings) end
  check_headers(files, findings)

  local per_rule = { excuses = 0, ["header-alone"] = 0 }
  for _, rule in ipairs(rules) do per_rule[rule.name] = 0 end
  for _, f in ipairs(findings) do
    print(("%s:%d: %s: %s"):format(f.path, f.line, f.rule, f.message))
    per_rule[f.rule] = per_rule[f.rule] + 1
    failed = true
  end
  local names = {}
  for name in pairs(per_rule) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do print((per_rule[name] == 0 and "ok tidy/" or "not ok tidy/") .. name) end
  os.exit(not failed)
end

main()
