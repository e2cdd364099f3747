/* SPDX-License-Identifier: Apache-2.0 */
/* The vocabulary that Lua and C share: names of enum values, in the order of their enums. */
#pragma once

#include <exitbrain/decision.h>

extern const char *const eb_lua_sides[2];
extern const char *const eb_lua_regimes[EB_REGIME_COUNT];
extern const char *const eb_lua_consult_reasons[EB_CONSULT_REASON_COUNT];
extern const char *const eb_lua_exit_modes[EB_EXIT_MODE_COUNT];
extern const char *const eb_lua_stop_kinds[EB_STOP_KIND_COUNT];
extern const char *const eb_lua_leg_states[EB_LEG_STATE_COUNT];
extern const char *const eb_lua_timeframes[EB_TF_COUNT];
extern const char *const eb_lua_decisions[EB_DECISION_KIND_COUNT];
extern const char *const eb_lua_ratchet_to[2];
extern const char *const eb_lua_results[EB_POLICY_RESULT_COUNT];
