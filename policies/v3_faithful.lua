-- SPDX-License-Identifier: Apache-2.0
-- EXIT_BRAIN_PROFILE=V3_FAITHFUL: the figures that Exit Brain V3 ran with, where the default corrects them, and why
-- it does. { setting, V3's value, the default's value, reason }; other settings have V3's figure in settings.lua.
--
-- Not reproduced, since they are errors and no figures: the plan's stop that was never set (B1), exits that raised
-- (B2), fractions of what remained, which left 29 % open (B10), percent taken for a fraction in PROFIT_LOCK and
-- breakeven on the losing side (B8), RANGE that the calculator did not recognise (B4), rules without input: 48 hours,
-- volatile exit, signals (B4, B6, B17), a plan inherited by the next position (B13). Reproduced, since it is what V3
-- decided by: the calculator before the profiles (B19), volatility on the wrong time scale (B5), profiles' trailing
-- that never ran (B7), targets that know no fees (B28).

local TABLE = {
  { "regime_method", "v3", "calibrated", "V3's rules find RANGE three times in four, CHOP never, and they flicker" },
  { "volatility", "bar", "day", "thresholds of 1.5 to 4 % are daily ones; 15 minutes move 0.1 to 1 %" },
  { "regime_dwell_ms", 0, 1800000, "a regime of one bar re-plans every target for nothing" },
  { "tp_source", "dynamic", "profile", "the calculator always answered: profiles and edits of them had no effect" },
  { "one_ruler", false, true, "at 20x the stop stood at 0.5 %, targets were measured by 2.5 %: two kinds of R" },
  { "full_trail", false, true, "VOLATILE and NORMAL have a trail in the table; it was never built" },
  { "min_target_fees", 0, 2, "RANGE's first target lay within the fees of the round trip under high leverage" },
  { "ratchet_fees", 0, 2, "a stop at entry loses the fees of both sides" },
}

local faithful = { table = TABLE, preset = {} }

for _, row in ipairs(TABLE) do faithful.preset[row[1]] = row[2] end

return faithful
