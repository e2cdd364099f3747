-- SPDX-License-Identifier: Apache-2.0
-- Every figure of the policy set, made wrong: what a spec must notice.
--     lua5.4 tests/mutation/mutants.lua list POLICIES         one line a mutant: file line column old new
--     lua5.4 tests/mutation/mutants.lua write POLICIES TO N   copies the set to TO with mutant N in it
-- A figure is a number that stands for itself: after "=", "{" or "," of a table, or in a `local NAME = NUMBER`. Numbers
-- of formulas (x * 100, i + 1, list[2]) are code and no settings.

local OPERATORS = { "+", "-", "*", "/", "%", "^", "<", ">", "~", "." }
local NOT_SETTINGS = { ["init.lua"] = true } -- versions

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

-- Tokens that matter: { text, from, to, line, column, kind }; comments are left out.
local function tokens(text)
  local out, at, line, line_from = {}, 1, 1, 1
  local function newlines(piece, from)
    for where in piece:gmatch "()\n" do line, line_from = line + 1, from + where end
  end
  while at <= #text do
    local long = text:match("^%-%-%[(=*)%[", at) or text:match("^%[(=*)%[", at)
    local kind, piece
    if long then
      local _, finish = text:find("]" .. long .. "]", at, true)
      kind, piece = text:sub(at, at) == "-" and "comment" or "string", text:sub(at, finish or #text)
    elseif text:match("^%-%-", at) then
      kind, piece = "comment", text:match("^[^\n]*", at)
    elseif text:match("^[\"']", at) then
      local quote = text:sub(at, at)
      local finish = at + 1
      while text:sub(finish, finish) ~= quote do finish = finish + (text:sub(finish, finish) == "\\" and 2 or 1) end
      kind, piece = "string", text:sub(at, finish)
    elseif text:match("^%d", at) then
      kind, piece = "number", text:match("^%d[%w%.]*", at)
    elseif text:match("^[%a_]", at) then
      kind, piece = "name", text:match("^[%w_]+", at)
    elseif text:match("^%s", at) then
      kind, piece = "space", text:match("^%s+", at)
    else
      kind, piece = "sign", text:match("^[<>=~]=", at) or text:match("^%.%.+", at) or text:sub(at, at)
    end
    if kind ~= "comment" and kind ~= "space" then
      out[#out + 1] = { text = piece, kind = kind, from = at, to = at + #piece - 1, line = line,
        column = at - line_from + 1 }
    end
    newlines(piece, at)
    at = at + #piece
  end
  return out
end

local function is_operator(token)
  if token == nil or token.kind ~= "sign" then return false end
  for _, sign in ipairs(OPERATORS) do
    if token.text:sub(1, 1) == sign then return true end
  end
  return token.text == "=="
end

-- The figures of one file: tokens in the places that hold settings.
local function figures(text)
  local all, open, out = tokens(text), {}, {}
  for i, token in ipairs(all) do
    if token.text == "{" or token.text == "(" or token.text == "[" then open[#open + 1] = token.text end
    if token.text == "}" or token.text == ")" or token.text == "]" then open[#open] = nil end
    local before, after = all[i - 1], all[i + 1]
    if token.kind == "number" and tonumber(token.text) ~= 0 and before then
      local negative = before.text == "-" and all[i - 2] and (all[i - 2].text:match "^[={,(]$" ~= nil)
      local place = negative and all[i - 2] or before
      local in_table = open[#open] == "{" and place.text:match "^[={,]$" ~= nil
      local constant = open[#open] == nil and place.text == "=" and all[i - 2].kind == "name"
        and all[i - 3] and all[i - 3].text == "local" and all[i - 2].text:match "^[A-Z]" ~= nil
      local formula = is_operator(after) and after.text ~= "*"
      if (in_table or constant) and not formula then out[#out + 1] = token end
    end
  end
  return out
end

local function shown(value)
  return math.type(value) == "float" and string.format("%.10g", value) or tostring(value)
end

-- The wrong values of a figure: whole ones (counts, hours, percent) one more and one less, others 1.1 and 0.9 of it.
local function wrong(token)
  local value = tonumber(token.text)
  if math.type(value) == "integer" then return { value + 1, value - 1 } end
  return { value * 1.1, value * 0.9 }
end

local function files(dir)
  local out = {}
  local list = io.popen("cd '" .. dir .. "' && find . -name '*.lua' -type f | sort")
  for name in list:lines() do out[#out + 1] = name:sub(3) end
  list:close()
  return out
end

local function mutants(dir)
  local out = {}
  for _, name in ipairs(files(dir)) do
    for _, token in ipairs(NOT_SETTINGS[name] and {} or figures(read(dir .. "/" .. name))) do
      for _, value in ipairs(wrong(token)) do
        out[#out + 1] = { file = name, token = token, value = shown(value) }
      end
    end
  end
  return out
end

local command, dir, to, number = table.unpack(arg)
local all = mutants(dir)
if command == "list" then
  for _, m in ipairs(all) do print(m.file, m.token.line, m.token.column, m.token.text, m.value) end
elseif command == "write" then
  local m = all[tonumber(number)]
  for _, name in ipairs(files(dir)) do
    local text = read(dir .. "/" .. name)
    if m and m.file == name then text = text:sub(1, m.token.from - 1) .. m.value .. text:sub(m.token.to + 1) end
    if name:find "/" then os.execute("mkdir -p '" .. to .. "/" .. name:match "^(.*)/" .. "'") end
    local file = assert(io.open(to .. "/" .. name, "wb"))
    file:write(text)
    file:close()
  end
end
