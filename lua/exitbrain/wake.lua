-- SPDX-License-Identifier: Apache-2.0
-- When a policy wants to be asked again: the earliest of its times, and the nearest of its prices on either side.
-- It only suppresses cycle consults: hits, size, margin and mode changes always consult (docs/POLICIES.md).

---@class exitbrain.lib.wake
local wake = {}

-- The end of the current bar of `bar_ms`: nothing that is computed from closed bars changes before.
function wake.bar_end(now_ms, bar_ms) return (now_ms // bar_ms + 1) * bar_ms end

-- times: times in ms, past ones are ignored; prices: levels, each counted on the side of the price where it lies.
function wake.at(ctx, times, prices)
  local out, now_ms = {}, ctx.now_ms
  for i = 1, #times do
    local at = times[i]
    if at > now_ms and (out.at_ms == nil or at < out.at_ms) then out.at_ms = at end
  end
  local now = ctx.price
  for i = 1, now and #prices or 0 do
    local level = prices[i]
    if level > now then
      if out.above == nil or level < out.above then out.above = level end
    elseif level > 0 and (out.below == nil or level > out.below) then
      out.below = level
    end
  end
  return out
end

return wake
