/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of words; view, verdict and the module for specs read it. */
#include "policy/names.h"

const char *const eb_lua_sides[2] = {[EB_LONG] = "LONG", [EB_SHORT] = "SHORT"};

const char *const eb_lua_regimes[EB_REGIME_COUNT] = {
    [EB_REGIME_UNKNOWN] = "UNKNOWN",   [EB_REGIME_TREND] = "TREND", [EB_REGIME_RANGE] = "RANGE",
    [EB_REGIME_VOLATILE] = "VOLATILE", [EB_REGIME_CHOP] = "CHOP",   [EB_REGIME_NORMAL] = "NORMAL",
};

const char *const eb_lua_consult_reasons[EB_CONSULT_REASON_COUNT] = {
    [EB_CONSULT_NEW] = "new",
    [EB_CONSULT_CYCLE] = "cycle",
    [EB_CONSULT_HIT] = "hit",
    [EB_CONSULT_SIZE] = "size",
    [EB_CONSULT_MARGIN] = "margin",
    [EB_CONSULT_MODE] = "mode",
    [EB_CONSULT_REJECTION] = "rejection",
    [EB_CONSULT_RELOAD] = "reload",
    [EB_CONSULT_ADOPTED] = "adopted",
    [EB_CONSULT_SIGNAL] = "signal",
};

const char *const eb_lua_exit_modes[EB_EXIT_MODE_COUNT] = {
    [EB_EXIT_MODE_LEGACY] = "LEGACY",
    [EB_EXIT_MODE_EXIT_BRAIN_V3] = "EXIT_BRAIN_V3",
};

const char *const eb_lua_stop_kinds[EB_STOP_KIND_COUNT] = {
    [EB_STOP_NONE] = "none",       [EB_STOP_PLAN] = "plan",
    [EB_STOP_RATCHET] = "ratchet", [EB_STOP_RISK_FLOOR] = "risk_floor",
    [EB_STOP_TRAIL] = "trail",     [EB_STOP_PROTECTIVE] = "protective",
};

const char *const eb_lua_leg_states[EB_LEG_STATE_COUNT] = {
    [EB_LEG_FREE] = "free",     [EB_LEG_ARMED] = "armed",     [EB_LEG_PARKED] = "parked", [EB_LEG_RESTING] = "resting",
    [EB_LEG_FIRING] = "firing", [EB_LEG_PARTIAL] = "partial", [EB_LEG_HIT] = "hit",
};

const char *const eb_lua_timeframes[EB_TF_COUNT] = {
    [EB_TF_1M] = "m1",
    [EB_TF_5M] = "m5",
    [EB_TF_15M] = "m15",
    [EB_TF_1H] = "h1",
};

const char *const eb_lua_decisions[EB_DECISION_KIND_COUNT] = {
    [EB_NO_CHANGE] = "no_change",       [EB_PARTIAL_CLOSE] = "partial_close",
    [EB_MOVE_STOP] = "move_stop",       [EB_UPDATE_TP_LIMITS] = "update_tp_limits",
    [EB_SET_TRAILING] = "set_trailing", [EB_SET_RATCHET] = "set_ratchet",
    [EB_FULL_EXIT] = "full_exit",
};

const char *const eb_lua_ratchet_to[2] = {[EB_RATCHET_ENTRY] = "entry", [EB_RATCHET_FIRST_HIT] = "first_hit"};

const char *const eb_lua_results[EB_POLICY_RESULT_COUNT] = {
    [EB_POLICY_OK] = "ok",         [EB_POLICY_KEEP] = "keep",     [EB_POLICY_ERROR] = "error",
    [EB_POLICY_BUDGET] = "budget", [EB_POLICY_MEMORY] = "memory", [EB_POLICY_INVALID] = "invalid",
    [EB_POLICY_NONE] = "none",
};
