-- SPDX-License-Identifier: Apache-2.0
-- Who may include what: the table of docs/ARCHITECTURE.md, which cmake/layers.cmake states for the linker.

local layers = {}

local libc = "assert ctype errno inttypes limits stdarg stdatomic stdbool stddef stdint stdlib string"

-- Folder of core/ -> other folders it may include. Everybody may include its own folder and <exitbrain/...>.
layers.may = {
  base = "",
  net = "base",
  domain = "base",
  engine = "domain base",
  policy = "engine domain base",
  store = "engine domain base",
  feed = "engine domain base",
  venue = "engine domain base",
  ["venue/sim"] = "venue engine feed domain base",
  ["venue/binance"] = "venue engine net domain base",
  ["venue/wire"] = "venue store engine net domain base",
  ["venue/fapi"] = "venue venue/simd venue/sim engine feed net domain base",
  ["venue/simd"] = "venue venue/wire venue/sim store engine feed net domain base",
  host = "venue engine policy store domain base",
  app = "host venue venue/fapi venue/wire venue/sim venue/binance venue/simd feed store policy engine domain net base",
}

-- Where the header of a library may appear: a pattern of names -> folders. What is not listed is free above engine.
layers.library = {
  { "^lua%.h$", "policy" }, { "^lauxlib%.h$", "policy" }, { "^lualib%.h$", "policy" },
  { "^uv%.h$", "net" }, { "^curl/", "net" },
  { "^sqlite3%.h$", "store" }, { "^systemd/", "net" },
  { "^zip%.h$", "feed" }, { "^zlib%.h$", "feed store" },
  { "^cjson/", "feed app" },
  { "^openssl/", "net venue" }, { "^jsmn%.h$", "venue" },
}

-- base, domain and engine see this much of the C library and nothing else.
layers.pure = { base = libc .. " stdio", domain = libc, engine = libc }

function layers.has(list, word) return (" " .. list .. " "):find(" " .. word .. " ", 1, true) ~= nil end

-- core/venue/sim/match.c -> "venue/sim"; core/policy/module/x.c -> "policy", "module"; nil outside core/.
function layers.folder(path)
  local folder = path:match("^core/(.+)/[^/]+$")
  if not folder then return nil end
  if layers.may[folder] then return folder end
  return folder:match("^[^/]+"), folder:match("/(.+)$")
end

return layers
