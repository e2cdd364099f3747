-- SPDX-License-Identifier: Apache-2.0
-- Take-profit ladders: lists of { r, fraction, soft }, rising in r, fractions of the leg base.
-- Fractions are whole millionths, as the engine counts them, so that a ladder that sums to 1 still does after scaling.

local ladder = {}

local WHOLE = 1000000

local function millionths(fraction) return math.floor(fraction * WHOLE + 0.5) end

-- { { r, percent, soft }, ... } or the same with names -> levels.
function ladder.from_percent(legs)
  local levels = {}
  for i, leg in ipairs(legs) do
    local percent = leg.percent or leg[2]
    levels[i] = { r = leg.r or leg[1], fraction = percent / 100, soft = leg.soft or leg[3] or false }
  end
  return levels
end

function ladder.sum(levels)
  local total = 0
  for _, level in ipairs(levels) do total = total + millionths(level.fraction) end
  return total / WHOLE
end

-- What the position's own legs say: fraction taken or on its way, profit (percent of entry) of the furthest of those
-- legs, and whether one is on its way.
function ladder.taken(ctx)
  local total, furthest, moving = 0, nil, false
  for _, leg in ipairs(ctx.legs) do
    local state = leg.state
    local on_its_way = state == "firing" or state == "partial" or leg.filled > 0 and state ~= "hit"
    if state == "hit" or on_its_way then
      local pct = ctx.sign * (leg.price - ctx.entry) / ctx.entry * 100
      total = total + millionths(leg.fraction)
      if furthest == nil or pct > furthest then furthest = pct end
      moving = moving or on_its_way
    end
  end
  return total / WHOLE, furthest, moving
end

-- The legs beyond `beyond_r` (nil: all), sized for the `free` part of the position: their share of what is then left is
-- the same as in the whole ladder, and so is the runner's. Empty where nothing lies beyond.
function ladder.ahead(levels, beyond_r, free)
  local rest, share = WHOLE, 0
  local chosen = {}
  for _, level in ipairs(levels) do
    local part = millionths(level.fraction)
    rest = rest - part
    if beyond_r == nil or level.r > beyond_r then
      share = share + part
      chosen[#chosen + 1] = { r = level.r, fraction = part, soft = level.soft }
    end
  end
  local room = millionths(free)
  local out, given = {}, 0
  for i, level in ipairs(chosen) do
    local part = level.fraction * room // (share + rest)
    if rest == 0 and i == #chosen then part = room - given end
    given = given + part
    level.fraction = part / WHOLE
    if part > 0 then out[#out + 1] = level end
  end
  return out
end

-- No target nearer than `least_r`: a leg that is moves out to it, and legs that meet there become one.
function ladder.at_least(levels, least_r)
  local out = {}
  for _, level in ipairs(levels) do
    local last = out[#out]
    local r = math.max(level.r, math.ceil(least_r * WHOLE) / WHOLE)
    if last and last.r >= r then
      last.fraction = (millionths(last.fraction) + millionths(level.fraction)) / WHOLE
      last.soft = last.soft and level.soft
    else
      out[#out + 1] = { r = r, fraction = level.fraction, soft = level.soft }
    end
  end
  return out
end

return ladder
