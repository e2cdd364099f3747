-- SPDX-License-Identifier: Apache-2.0
-- How the market divides into regimes: real months through the shipped set in the real sandbox, one consult at the end
-- of each 15-minute bar, as its wake asks for. Features are computed here and share no code with the engine.
--     regimes.lua FILE.csv.gz...     1-minute bars; without files generated months take their place
-- Prints the share of all minutes and the changes per day, for the default and for V3_FAITHFUL; a line per criterion.

local host = require "exitbrain_host"

local ROOT = assert(os.getenv "EB_ROOT", "EB_ROOT")
local NAMES = { "TREND", "RANGE", "VOLATILE", "CHOP", "NORMAL" }
local BAR_MS, BARS, MEAN_BARS, ATR_BARS, WARM_BARS = 900000, 21, 20, 14, 15
local BARS_PER_DAY = 86400000 / BAR_MS

local function ppm(x) return math.floor(math.abs(x) * 1e6 + 0.5) / 1e4 * (x < 0 and -1 or 1) end -- percent, on the grid

-- 15-minute bars { end_ms, high, low, close } of rows { ms, open, high, low, close }.
local function frames(rows)
  local bars, bar, start
  bars = {}
  for _, row in ipairs(rows) do
    local begin = row[1] - row[1] % BAR_MS
    if begin ~= start then
      bar, start = { begin + BAR_MS, row[3], row[4], row[5] }, begin
      bars[#bars + 1] = bar
    end
    bar[2], bar[3], bar[4] = math.max(bar[2], row[3]), math.min(bar[3], row[4]), row[5]
  end
  return bars
end

-- What docs/POLICIES.md calls features.m15, after the bar `last`.
local function features(bars, last)
  local first = math.max(1, last - BARS + 1)
  local count = last - first + 1
  if count < WARM_BARS then return { warm = false, bars = count } end
  local close, squares, sum, walked, mean, ranges, true_range = bars[last][4], 0, 0, 0, 0, 0, 0
  for i = first + 1, last do
    local before, bar = bars[i - 1][4], bars[i]
    local r = (bar[4] - before) / before
    squares, sum, walked = squares + r * r, sum + r, walked + math.abs(bar[4] - before)
    if i > last - ATR_BARS then true_range = true_range + math.max(bar[2], before) - math.min(bar[3], before) end
  end
  local from = math.max(first, last - MEAN_BARS + 1)
  for i = from, last do
    mean, ranges = mean + bars[i][4], ranges + (bars[i][2] - bars[i][3]) / bars[i][4]
  end
  local n, m = count - 1, last - from + 1
  mean = mean / m
  local vol, atr = math.sqrt(squares / n), true_range / ATR_BARS
  return {
    warm = true, bars = count, close = close, atr = atr, atr_pct = ppm(atr / close), vol_bar_pct = ppm(vol),
    vol_std_bar_pct = ppm(math.sqrt(math.max(0, squares / n - (sum / n) ^ 2))),
    vol_day_pct = ppm(vol * math.sqrt(BARS_PER_DAY)), trend_pct = ppm((close - mean) / mean),
    avg_range_pct = ppm(ranges / m),
    efficiency = walked > 0 and ppm(math.abs(close - bars[first][4]) / walked) / 100 or 0,
  }
end

-- { minutes per regime, changes } of one file under one set; what comes before the first warm bar is not counted.
local function measure(policy, series)
  local minutes, changes, current, memory = {}, 0, nil, {}
  for _, name in ipairs(NAMES) do minutes[name] = 0 end
  for _, f in ipairs(series) do
    local ctx = host.context {
      reason = "cycle", plan_revision = 1, r = 2, stop = 98, plan_stop = 98, stop_kind = "plan", entry = 100,
      price = 100, now_ms = f.now_ms, opened_ms = f.now_ms, memory = memory, episode = 1,
    }
    ctx.features.m15 = f.m15
    local result, answer, err = policy:consult(ctx)
    assert(result == "ok" or result == "keep", err)
    memory = answer.memory or memory
    if f.m15.warm then
      if current and answer.regime ~= current then changes = changes + 1 end
      current = answer.regime
      minutes[current] = minutes[current] + BAR_MS // 60000
    end
  end
  return minutes, changes
end

local function series_of(rows)
  local bars, out = frames(rows), {}
  for i = 1, #bars do out[i] = { now_ms = math.tointeger(bars[i][1]), m15 = features(bars, i) } end
  return out
end

-- ---- markets --------------------------------------------------------------------------------------------------------

local function real(path)
  local rows = {}
  local pipe = assert(io.popen("gzip -dc '" .. path .. "'"))
  for line in pipe:lines() do
    local t, o, h, l, c = line:match "^(%d+),([%d.]+),([%d.]+),([%d.]+),([%d.]+)"
    if t then rows[#rows + 1] = { math.tointeger(t), tonumber(o), tonumber(h), tonumber(l), tonumber(c) } end
  end
  assert(pipe:close() and #rows > 0, path .. ": no bars")
  return rows
end

-- A month of six-hour spells: calm, drifting, turning every few bars, stormy, and in between.
local SPELLS = { { 0.02, 0, 0 }, { 0.04, 0.006, 0 }, { 0.03, 0, 0.10 }, { 0.30, 0, 0 }, { 0.07, 0, 0 } }
local function generated(seed)
  local x, price, rows = seed, 100, {}
  local function chance()
    x = x * 6364136223846793005 + 1442695040888963407
    return (x >> 33) / 2 ^ 31 * 2 - 1
  end
  local start = 1700006400000 // 86400000 * 86400000
  for i = 0, 30 * 1440 - 1 do
    local spell = SPELLS[(i // 360 + seed) % #SPELLS + 1]
    local turn = (i // 20) % 2 == 0 and 1 or -1
    local move = (chance() + chance()) * spell[1] + spell[2] + turn * spell[3] / 2
    local after = price * (1 + move / 100)
    local wick = math.abs(chance()) * spell[1] / 200 * price
    rows[#rows + 1] = { start + i * 60000, price, math.max(price, after) + wick, math.min(price, after) - wick, after }
    price = after
  end
  return rows
end

-- ---- report ---------------------------------------------------------------------------------------------------------

local failed = 0
local function verdict(good, name)
  if not good then failed = 1 end
  print((good and "ok " or "not ok ") .. name)
end

local function row(label, minutes, changes, days)
  local total, text = 0, {}
  for _, name in ipairs(NAMES) do total = total + minutes[name] end
  for i, name in ipairs(NAMES) do text[i] = string.format("%8.2f", 100 * minutes[name] / total) end
  print(string.format("%-14s %s %12.2f", label, table.concat(text, " "), changes / days))
  return total
end

local function add(sum, minutes, changes)
  for _, name in ipairs(NAMES) do sum[name] = (sum[name] or 0) + minutes[name] end
  sum.changes = (sum.changes or 0) + changes
end

local function report(title, policy, markets)
  local sum, days_of_all = {}, 0
  print(string.format("%-14s %s %12s", title, " " .. table.concat({ "  TREND", "   RANGE", "VOLATILE", "    CHOP",
    "  NORMAL" }, " "), "changes/day"))
  for _, market in ipairs(markets) do
    local minutes, changes = measure(policy, market.series)
    local days = #market.series / BARS_PER_DAY
    row(market.name, minutes, changes, days)
    add(sum, minutes, changes)
    days_of_all = days_of_all + days
  end
  local total = row("all", sum, sum.changes, days_of_all)
  return sum, total, sum.changes / days_of_all
end

local markets = {}
for i, path in ipairs(arg) do
  local name = path:match "([^/]+)$"
  markets[i] = { name = name:match "^%w+", series = series_of(real(path)) }
end
local of_real = #markets > 0
for seed = 1, of_real and 0 or 3 do
  markets[seed] = { name = "generated " .. seed, series = series_of(generated(seed)) }
end

local function open(profile)
  return assert(host.open { dir = ROOT .. "/policies", lib = ROOT .. "/lua/exitbrain", profile = profile })
end

local where = of_real and "real months" or "generated months"
local sum, total, changes = report("default", open(), markets)
for _, name in ipairs(NAMES) do
  verdict(sum[name] / total >= 0.01, string.format("regimes: %s holds 1 %% of all minutes of the %s", name, where))
end
verdict(changes <= 6, string.format("regimes: no flicker, 6 changes a day at most in the %s", where))
sum, total = report("V3_FAITHFUL", open "V3_FAITHFUL", markets)
verdict(sum.CHOP == 0, "regimes: V3_FAITHFUL never finds CHOP in the " .. where)
verdict(sum.RANGE / total > 0.7 and sum.VOLATILE / total < 0.005,
  "regimes: V3_FAITHFUL finds RANGE most of the time and VOLATILE hardly ever in the " .. where)
os.exit(failed)
