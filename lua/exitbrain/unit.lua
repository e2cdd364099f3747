-- SPDX-License-Identifier: Apache-2.0
-- Prices, R, ATR and percent as values of their own types: pct(1.5) + r(1) is an error, not a number.
-- A policy set gets this module from its host (core/policy/units.c) and never loads this file, which is for specs in a
-- stock Lua; docs/POLICIES.md lists the functions.

---@type exitbrain.lib.unit
local unit = require "exitbrain_host".unit

return unit
