-- SPDX-License-Identifier: Apache-2.0
-- A source file as the rules see it: lines, code with comments and literals blanked, functions, excuses.
--   path + text -> { path, kind, text, lines, code, code_lines, functions, includes, excuses }

local source = {}

local function split(text)
  local lines = {}
  for line in (text:sub(-1) == "\n" and text or text .. "\n"):gmatch("(.-)\n") do lines[#lines + 1] = line end
  return lines
end

local function spaces(text) return (text:gsub("[^\n]", " ")) end

-- Where the token that starts at `at` ends, for each opening that hides text from the rules.
local function literal_end(text, at, quote)
  local from = at + 1
  while true do
    local hit = text:find("[\\" .. quote .. "\n]", from)
    if not hit or text:sub(hit, hit) ~= "\\" then return hit or #text end
    from = hit + 2
  end
end

local openers = {
  c = { "/%*", "//", '"', "'" },
  lua = { "%-%-%[(=*)%[", "%-%-", "%[(=*)%[", '"', "'" },
}

local function token_end(text, opener, first, last, level)
  if opener == "/%*" then return select(2, text:find("*/", last + 1, true)) or #text end
  if level then return select(2, text:find("]" .. level .. "]", last + 1, true)) or #text end
  if opener == "//" or opener == "%-%-" then return (text:find("\n", last + 1, true) or #text + 1) - 1 end
  return literal_end(text, first, opener)
end

-- The next opening at or after `at`; `seen` remembers where each was found last, so that the text is scanned once.
local function next_opening(text, at, list, seen)
  local best
  for _, opener in ipairs(list) do
    local hit = seen[opener]
    if hit == nil or hit and hit.first < at then
      local first, last, level = text:find(opener, at)
      hit = first and { opener = opener, first = first, last = last, level = level } or false
      seen[opener] = hit
    end
    if hit and (not best or hit.first < best.first) then best = hit end
  end
  return best
end

-- The text with the inside of comments, strings and character constants made blank; line numbers stay.
function source.blank(text, language)
  local out, at, seen = {}, 1, {}
  while at <= #text do
    local hit = next_opening(text, at, openers[language], seen)
    if not hit then break end
    local stop = token_end(text, hit.opener, hit.first, hit.last, hit.level)
    out[#out + 1] = text:sub(at, hit.first - 1)
    out[#out + 1] = spaces(text:sub(hit.first, stop))
    at = stop + 1
  end
  out[#out + 1] = text:sub(at)
  return table.concat(out)
end

-- Function definitions, as clang-format lays them out: "{" and "}" in column 1. No table or struct opens so.
local function functions(code_lines)
  local found, open = {}, nil
  for number, line in ipairs(code_lines) do
    if line:match("^{%s*$") and not open then
      local first = number - 1
      while first > 1 and not code_lines[first - 1]:match("^%s*$") and not code_lines[first - 1]:match("[;}]%s*$")
        and not code_lines[first - 1]:match("^#") do
        first = first - 1
      end
      local signature = table.concat(code_lines, " ", first, number - 1)
      open = { first = first, name = signature:match("([%w_]+)%s*%("), static = signature:match("^%s*static") ~= nil }
    elseif line:match("^}") and open then
      open.last = number
      found[#found + 1] = open
      open = nil
    end
  end
  return found
end

local function includes(lines, code_lines)
  local found = {}
  for number, line in ipairs(lines) do
    if code_lines[number]:match("^%s*#%s*include") then
      local open, name = line:match('#%s*include%s*([<"])([^">]+)[">]')
      if name then found[#found + 1] = { line = number, name = name, quoted = open == '"' } end
    end
  end
  return found
end

local comment_opening = { c = "/%*", h = "/%*", lua = "%-%-", md = "<!%-%-" }

-- A comment "tidy-ok: why" excuses its own line and the next one.
local function excuses(lines, kind)
  local found = {}
  for number, line in ipairs(lines) do
    local why = line:match((comment_opening[kind] or "#") .. " tidy%-ok:(.*)")
    if why then
      why = why:gsub("%*/.*$", ""):gsub("%-%->.*$", ""):match("^%s*(.-)%s*$")
      found[#found + 1] = { line = number, why = why, used = false }
    end
  end
  return found
end

local kinds = { c = "c", h = "h", lua = "lua", md = "md", sh = "sh", py = "py", cmake = "cmake" }

function source.kind(path, text)
  if path:match("CMakeLists%.txt$") then return "cmake" end
  local extension = path:match("%.([%w]+)$")
  if extension then return kinds[extension] or "other" end
  return text:match("^#![^\n]*sh\n") and "sh" or "other"
end

function source.new(path, text)
  local file = { path = path, text = text, kind = source.kind(path, text), lines = split(text) }
  local language = (file.kind == "c" or file.kind == "h") and "c" or file.kind == "lua" and "lua" or nil
  if language then
    file.code = source.blank(text, language)
    file.code_lines = split(file.code)
  end
  file.functions = language == "c" and functions(file.code_lines) or {}
  file.includes = language == "c" and includes(file.lines, file.code_lines) or {}
  file.excuses = excuses(file.lines, file.kind)
  return file
end

return source
