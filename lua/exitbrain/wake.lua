-- SPDX-License-Identifier: Apache-2.0
-- When a policy wants to be asked again: the earliest of its times, and the nearest of its prices on either side.
-- It only suppresses cycle consults: hits, size, margin and mode changes always consult (docs/POLICIES.md).

---@class exitbrain.lib.wake
local wake = {}

-- The end of the current bar of `bar_ms`: nothing that is computed from closed bars changes before.
function wake.bar_end(now_ms, bar_ms) return (now_ms // bar_ms + 1) * bar_ms end

-- times: times in ms, past ones are ignored; prices: levels, each counted on the side of the price where it lies.
function wake.at(ctx, times, prices)
  local now_ms, now = ctx.now_ms, ctx.price
  local at_ms, above, below
  for i = 1, #times do
    local at = times[i]
    if at > now_ms and (at_ms == nil or at < at_ms) then at_ms = at end
  end
  for i = 1, now and #prices or 0 do
    local level = prices[i]
    if level > now then
      if above == nil or level < above then above = level end
    elseif level > 0 and (below == nil or level > below) then
      below = level
    end
  end
  return { at_ms = at_ms, above = above, below = below }
end

return wake
