/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of configuration keys. Sections are the parts before the point and stand together. */
#include "app/config.h"

#include <stddef.h>

#include "venue/binance/binance.h"

#define AT(field) .offset = offsetof(struct eb_config, field), .size = sizeof(((struct eb_config *)0)->field)

static const char *const exit_modes[] = {
    [EB_EXIT_MODE_LEGACY] = "LEGACY", [EB_EXIT_MODE_EXIT_BRAIN_V3] = "EXIT_BRAIN_V3", NULL};
static const char *const executor_modes[] = {"SHADOW", "LIVE", NULL};
static const char *const rollouts[] = {"DISABLED", "ENABLED", NULL};
static const char *const stop_sources[] = {[EB_SRC_MARK] = "mark", [EB_SRC_LAST] = "last", NULL};
static const char *const target_sources[] = {
    [EB_TARGET_BOOK] = "book", [EB_TARGET_LAST] = "last", [EB_TARGET_MARK] = "mark", NULL};
static const char *const log_levels[] = {"debug", "info", "warn", "error", "alarm", NULL};
static const char *const environments[] = {[EB_BINANCE_LIVE] = "live",
                                           [EB_BINANCE_DEMO] = "demo",
                                           [EB_BINANCE_TESTNET] = "testnet",
                                           [EB_BINANCE_CUSTOM] = "custom",
                                           NULL};
static const char *const orders_by[] = {
    [EB_BINANCE_ORDERS_AUTO] = "auto", [EB_BINANCE_ORDERS_REST] = "rest", [EB_BINANCE_ORDERS_WS] = "ws", NULL};
static const char *const no_legal_stop[] = {[EB_NO_STOP_ALARM] = "alarm", [EB_NO_STOP_CLOSE] = "close", NULL};

#define CHOICE(n, env, list, field, text)                                                                      \
    {                                                                                                          \
        .name = (n), .environment = (env), .kind = EB_KEY_CHOICE, .choices = (list), AT(field), .help = (text) \
    }
#define BOOL(n, env, field, text)                                                         \
    {                                                                                     \
        .name = (n), .environment = (env), .kind = EB_KEY_BOOL, AT(field), .help = (text) \
    }
#define RATIO(n, u, low, high, field, text)                                                                    \
    {                                                                                                          \
        .name = (n), .kind = EB_KEY_RATIO, .unit = (u), .min = (low), .max = (high), AT(field), .help = (text) \
    }
#define TIME(n, low, high, field, text)                                                              \
    {                                                                                                \
        .name = (n), .kind = EB_KEY_DURATION, .min = (low), .max = (high), AT(field), .help = (text) \
    }
#define WHOLE(n, low, high, field, text)                                                            \
    {                                                                                               \
        .name = (n), .kind = EB_KEY_INTEGER, .min = (low), .max = (high), AT(field), .help = (text) \
    }
#define TEXT(n, env, field, text)                                                         \
    {                                                                                     \
        .name = (n), .environment = (env), .kind = EB_KEY_TEXT, AT(field), .help = (text) \
    }

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

/* Ranges are those of eb_engine_create(), so that a message names the key as it was written. */
static const struct eb_config_key keys[] = {
    CHOICE("mode.exit_mode", "EXIT_MODE", exit_modes, engine.mode.exit_mode,
           "who decides exits: legacy owners of the policy set, or the brain and own strategies"),
    CHOICE("mode.executor_mode", "EXIT_EXECUTOR_MODE", executor_modes, engine.mode.executor_live,
           "whether orders are sent"),
    CHOICE("mode.live_rollout", "EXIT_BRAIN_V3_LIVE_ROLLOUT", rollouts, engine.mode.rollout_enabled,
           "kill switch: orders leave only when LIVE and ENABLED"),
    BOOL("mode.legacy_trailing_stop", "QT_TRAILING_STOP_ENABLED", legacy_trailing,
         "whether trailing_stop_manager may own positions; the brain's own trailing does not ask"),

    TEXT("policy.dir", NULL, policies, "directory of the policy set; empty: the shipped one"),
    TEXT("policy.profile", "EXIT_BRAIN_PROFILE", profile, "profile that the set pins; empty or DEFAULT: by regime"),
    TEXT("policy.challengers", NULL, challengers,
         "sets that are compared with the owner, in shadow: NAME = DIR [SETTING=LUA ...]; ...; at most 4"),
    BOOL("policy.watch", NULL, watch, "saved policy files are tried and taken over by themselves"),
    TIME("policy.watch_quiet", 10, MINUTE, watch_quiet_ms, "after the last change of a file"),

    TEXT("venue.address", NULL, venue, "binance, or unix:PATH of a simulated exchange; empty: one of its own"),

    TEXT("state.dir", NULL, state_dir, "journal and control socket; empty: a new directory for each run"),
    TEXT("control.socket", NULL, control, "path of the control socket; empty: in the state's directory"),
    TEXT("alarm.command", NULL, on_alarm, "program run for each alarm, with JSON on its standard input"),
    CHOICE("log.level", NULL, log_levels, log_level, "least level of the log's lines"),

    TIME("journal.keep", HOUR, 8760 * HOUR, journal_keep_ms, "older records go, once an image stands behind them"),
    WHOLE("journal.image_every", 100, 10000000, journal_image_every, "durable records between images of the state"),
    WHOLE("journal.hash_every", 10, 1000000, journal_hash_every, "durable records between hashes of the state"),

    RATIO("guard.min_stop_distance_pct", EB_IN_PERCENT, 0, 100000, engine.min_stop_distance_ppm, "of entry"),
    RATIO("guard.liquidation_buffer_pct", EB_IN_PERCENT, 0, 200000, engine.liquidation_buffer_ppm,
          "of entry: no stop is set nearer to liquidation"),
    RATIO("guard.max_loss_pct", EB_IN_PERCENT, 0, EB_PPM, engine.max_loss_ppm,
          "of the balance: bound on the loss at a stop that is loosened"),
    RATIO("guard.builtin_stop_pct", EB_IN_PERCENT, 1000, 500000, engine.builtin_stop_ppm,
          "of entry: the plan that stands in while no policy answers"),
    RATIO("guard.maintenance_pct", EB_IN_PERCENT, 0, 500000, engine.maintenance_ppm,
          "maintenance margin where the instrument does not say"),
    CHOICE("guard.on_no_legal_stop", NULL, no_legal_stop, engine.on_no_legal_stop, "when no stop is allowed anywhere"),
    BOOL("guard.allow_loosen", NULL, engine.allow_loosen, "consent to policies that move a stop away from price"),
    BOOL("guard.act_on_adopted", NULL, engine.act_on_adopted,
         "policy closes of positions that were found open act without confirmation"),
    WHOLE("guard.orders_per_minute", 4, 1200, engine.orders_per_minute_max, "per episode, before the cap trips"),

    CHOICE("price.stop_source", NULL, stop_sources, engine.stop_source, "stops, trails and liquidation watch it"),
    CHOICE("price.target_source", NULL, target_sources, engine.target_source, "targets watch it; book: else last"),
    RATIO("price.max_jump_pct", EB_IN_PERCENT, 1000, EB_PPM, engine.max_jump_ppm,
          "a larger jump awaits a second observation"),
    TIME("price.max_age_mark", 100, MINUTE, engine.max_age_mark_ms, "an older mark price is stale"),
    TIME("price.max_age_last", 100, MINUTE, engine.max_age_last_ms, "the same for last and book"),

    TIME("cycle.interval", 100, 10 * MINUTE, engine.cycle_ms, "between consults of one position"),
    TIME("cycle.consult_at_least", SECOND, 24 * HOUR, engine.consult_max_ms, "no wake condition suppresses longer"),
    WHOLE("cycle.failures_max", 1, 1000, engine.failures_max, "policy failures in a row before quarantine"),
    TIME("cycle.quarantine", 0, 24 * HOUR, engine.quarantine_ms, "between consults of a quarantined position"),

    BOOL("backstop.enabled", NULL, engine.backstop, "a conditional stop rests at the venue"),
    RATIO("backstop.distance_r", EB_IN_ONE, 0, 10 * EB_PPM, engine.backstop_r_ppm, "beyond the soft stop, in R, or"),
    RATIO("backstop.distance_min_bps", EB_IN_BPS, 0, 200000, engine.backstop_min_ppm, "of entry, whichever is more"),
    RATIO("backstop.renew_r", EB_IN_ONE, 1, 10 * EB_PPM, engine.backstop_renew_r_ppm,
          "renewed when it can be this much tighter"),
    TIME("backstop.renew_interval", 0, HOUR, engine.backstop_renew_ms, "at least between renewals"),
    TIME("backstop.protect_within", 100, HOUR, engine.protect_ms, "unprotected longer is an alarm"),
    TIME("backstop.confirmed_for", SECOND, HOUR, engine.confirm_ms, "how long a confirmation is good"),
    TIME("backstop.triggering_max", 100, MINUTE, engine.triggering_ms, "triggering longer is no protection"),
    WHOLE("backstop.slots", 0, 100000, engine.slots_max, "conditional orders of the account"),
    WHOLE("backstop.slots_reserve", 0, 100000, engine.slots_reserve, "kept free for bridges"),

    TIME("orders.query_unknown", 10, MINUTE, engine.unknown_query_ms, "between queries of an order of unknown fate"),
    TIME("orders.absent_after", 100, 2 * MINUTE, engine.absent_after_ms,
         "since the last possible send, then absent counts"),
    TIME("orders.full_close_interval", 100, MINUTE, engine.full_close_ms,
         "between full closes of an episode whose cap has tripped"),
    TIME("orders.soft_fallback", 0, 10 * MINUTE, engine.soft_fallback_ms,
         "at or beyond a resting leg this long, then market for the rest"),

    TIME("account.snapshot_interval", 0, HOUR, engine.snapshot_ms, "between complete pictures; 0s: never by itself"),
    RATIO("account.fee_taker_bps", EB_IN_BPS, 0, 100000, engine.fee_taker_ppm, "what policies are told"),
    RATIO("account.fee_maker_bps", EB_IN_BPS, -100000, 100000, engine.fee_maker_ppm, "what policies are told"),
    WHOLE("account.symbols_max", 1, 20000, engine.symbols_max, "symbols that can be known at once"),
    WHOLE("account.instance", 0, UINT32_MAX, engine.instance,
          "epoch of this instance, part of every order id; 0: the journal's own"),

    {.name = "paper.balance",
     .kind = EB_KEY_DECIMAL,
     .min = EB_E8,
     .max = 1000000000 * EB_E8,
     AT(paper.balance),
     .help = "wallet of the simulated account"},
    TIME("paper.latency", 0, 10 * SECOND, paper.latency_ms, "one way to the simulated exchange and back"),
    WHOLE("paper.seed", 1, UINT32_MAX, paper.seed, "of the simulated market"),
    RATIO("paper.speed", EB_IN_ONE, 10000, 1000 * EB_PPM, paper.speed_ppm, "simulated time per wall time"),

    CHOICE("binance.environment", NULL, environments, binance.environment,
           "which exchange the key belongs to; custom: the addresses below"),
    TEXT("binance.key_file", NULL, binance.key_file,
         "file of the API key, mode 600; a name without / is looked for in $CREDENTIALS_DIRECTORY first"),
    TEXT("binance.account", NULL, binance.account, "name of the account in journals; empty: environment and key"),
    TEXT("binance.rest", NULL, binance.rest, "https://HOST; empty: the environment's"),
    TEXT("binance.ws_public", NULL, binance.ws_public, "wss://HOST/public; empty: the environment's"),
    TEXT("binance.ws_market", NULL, binance.ws_market, "wss://HOST/market; empty: the environment's"),
    TEXT("binance.ws_private", NULL, binance.ws_private, "wss://HOST/private; empty: the environment's"),
    TEXT("binance.ws_api", NULL, binance.ws_api, "wss://HOST/ws-fapi/v1; empty: the environment's; none: not used"),
    TEXT("binance.ca_file", NULL, binance.ca_file, "further trusted roots (PEM), added to the system's"),
    BOOL("binance.loopback_unsafe", NULL, binance.loopback_unsafe,
         "certificates of loopback addresses are not verified; all others always are"),
    CHOICE("binance.orders_by", NULL, orders_by, binance.orders_by,
           "auto: the WebSocket API while it is logged on and well, else REST"),
    TIME("binance.recv_window", 100, MINUTE, binance.recv_window_ms,
         "a request that is older at the exchange is refused"),
    TIME("binance.timeout", SECOND, MINUTE, binance.timeout_ms, "of one request; then an order's outcome is unknown"),
    WHOLE("binance.weight_share_pct", 10, 100, binance.weight_share_pct,
          "of the address's request weight that is used at most; exits may use all of it"),
    WHOLE("binance.orders_share_pct", 10, 100, binance.orders_share_pct,
          "of the account's order counts that are used at most; exits may use all of them"),
    WHOLE("binance.history_bars", 0, 1500, binance.history_bars, "one-minute bars that are read of a new symbol"),
    TIME("binance.history_wait", 0, MINUTE, binance.history_wait_ms,
         "a position is decided at the latest so long after its symbol appeared"),
    BOOL("binance.allow_multi_assets", NULL, binance.allow_multi_assets,
         "consent to LIVE while margin comes from several assets: risk figures are of one wallet"),
    TIME("binance.keep_alive", MINUTE, 50 * MINUTE, binance.keep_alive_ms,
         "of the user stream's key, which dies at 60m"),
    TIME("binance.rollover", MINUTE, 24 * HOUR, binance.rollover_ms, "age at which sockets are renewed; cut at 24h"),
    TIME("binance.silent_market", SECOND, HOUR, binance.silent_market_ms,
         "a market stream without a message is renewed"),
    TIME("binance.silent_user", SECOND, HOUR, binance.silent_user_ms, "the same of the user stream, pings count"),
    TIME("binance.account_every", SECOND, HOUR, binance.account_every_ms, "account and modes are read again"),
    TIME("binance.filters_every", MINUTE, 24 * HOUR, binance.filters_every_ms, "symbols and filters are read again"),
};
_Static_assert(EB_COUNT(keys) <= EB_CONFIG_KEYS_MAX, "sources are kept per key");

const struct eb_config_key *eb_config_keys(unsigned *count)
{
    *count = EB_COUNT(keys);
    return keys;
}
