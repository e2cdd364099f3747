-- SPDX-License-Identifier: Apache-2.0
-- A month of minutes of a market that never was, the same on every machine (integers only): stretches of trend, range
-- and storm, and funding rates that lean to where it goes. It begins on a Monday at midnight.
--     lua5.4 month.lua SEED KLINES.csv FUNDING.csv
math.randomseed(tonumber(arg[1]))

local START_MS, MINUTE_MS, MINUTES, FUNDING_MINUTES = 1704067200000, 60000, 30 * 1440, 480
local PARTS = 4 -- steps of a minute
-- Drift and noise of a minute, millionths of the price.
local KINDS = {
  { 12, 1800 }, { -12, 1800 }, { 0, 1200 }, { 0, 6000 }, { 5, 2600 }, { -5, 2600 }, { 30, 2400 }, { -30, 2400 },
}

local klines, funding = assert(io.open(arg[2], "w")), assert(io.open(arg[3], "w"))

local function shown(e5) -- a price of 1e-5 on the grid of 0.01
  local ticks = math.max(1, (e5 + 500) // 1000)
  return string.format("%d.%02d", ticks // 100, ticks % 100)
end

local function noise(size) return (math.random(-size, size) + math.random(-size, size)) // 2 end

funding:write("calc_time,funding_interval_hours,last_funding_rate\n")
local price, left, kind = 10000000, 0, KINDS[1]
for minute = 0, MINUTES - 1 do
  local at_ms = START_MS + minute * MINUTE_MS
  if minute % FUNDING_MINUTES == 0 then
    local rate_e8 = math.abs(kind[1]) * 6000 + math.random(0, 9999)
    funding:write(string.format("%d,8,%s0.%08d\n", at_ms, kind[1] < 0 and "-" or "", rate_e8))
  end
  if left == 0 then left, kind = math.random(120, 900), KINDS[math.random(#KINDS)] end
  left = left - 1
  local open, high, low = price, price, price
  for _ = 1, PARTS do
    price = price + price * (kind[1] + noise(kind[2])) // (PARTS * 1000000)
    high, low = math.max(high, price), math.min(low, price)
  end
  klines:write(string.format("%d,%s,%s,%s,%s,1\n", at_ms, shown(open), shown(high), shown(low), shown(price)))
end
klines:close()
funding:close()
