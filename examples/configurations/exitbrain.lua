-- SPDX-License-Identifier: Apache-2.0
-- A configuration for `exitbrain run --config examples/configurations/exitbrain.lua`.
--
-- It is a table and no program: nothing but literals. A key that does not exist, a wrong unit or a value out of range
-- is refused with its line. What is left out keeps its default; `exitbrain run --print-config` shows every key with its
-- range and meaning. Each key has an environment variable (EXITBRAIN_GUARD_MAX_LOSS_PCT ...), which wins over the file.
return {
  -- Orders leave only when LIVE and ENABLED. Without this section: LEGACY, SHADOW, DISABLED, nothing is sent.
  mode = {
    exit_mode = "EXIT_BRAIN_V3",  -- EXIT_MODE
    executor_mode = "LIVE",       -- EXIT_EXECUTOR_MODE; "SHADOW": virtual fills, for a comparison
    live_rollout = "ENABLED",     -- EXIT_BRAIN_V3_LIVE_ROLLOUT: the kill switch
  },

  policy = {
    dir = "",      -- empty: the shipped set; "policies" or "/etc/exitbrain/policies" for one that you edit
    profile = "",  -- EXIT_BRAIN_PROFILE: pins a profile (CHALLENGE_100); empty: by regime
  },

  -- What is allowed, whatever the policies prefer.
  guard = {
    min_stop_distance_pct = 0.2,   -- of entry; also how far behind price a protective stop stands
    liquidation_buffer_pct = 1.5,  -- wider than the default of 1
    max_loss_pct = 1,              -- of the balance, at a stop that is moved away
    allow_loosen = false,
    on_no_legal_stop = "alarm",    -- or "close"
    act_on_adopted = false,        -- policy closes of positions that were found open wait for a person
    orders_per_minute = 60,        -- of one episode, then its cap trips
  },

  price = {
    stop_source = "mark",
    target_source = "book",  -- the side at which a target would execute; else last
    max_jump_pct = 5,
    max_age_mark = "3s",
    max_age_last = "2s",
  },

  cycle = { interval = "10s", consult_at_least = "5m", failures_max = 3, quarantine = "1m" },

  backstop = {
    enabled = true,
    distance_r = 0.3,        -- beyond the soft stop, or
    distance_min_bps = 20,   -- of entry, whichever is more
    protect_within = "5s",   -- unprotected longer is an alarm
  },

  -- The simulated account of `--venue paper`.
  paper = { balance = 25000, latency = "40ms", seed = 7 },
}
