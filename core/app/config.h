/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration: defaults <- exitbrain.lua (a table, no code) <- environment <- command line, strict at each step.
 *
 * Every key is one row of one table (config_keys.c): section and name, environment variable, kind, unit, range, help,
 * and the field that it sets. An unknown key, a wrong kind or unit, or a value out of range is an error that names the
 * place and what is allowed.
 */
#pragma once

#include "app/challenger_spec.h"
#include "app/value.h"
#include "base/buffer.h"
#include <exitbrain/engine.h>

#define EB_CONFIG_TEXT_MAX 512
#define EB_CONFIG_KEYS_MAX 96

struct eb_config {
    struct eb_engine_config engine;
    bool legacy_trailing;              /* QT_TRAILING_STOP_ENABLED: whether the legacy trailing manager may run */
    char policies[EB_CONFIG_TEXT_MAX]; /* "": the shipped set */
    char profile[EB_NAME_MAX];         /* "": DEFAULT */
    char challengers[EB_CHALLENGER_TEXT_MAX]; /* challenger_spec.h; "": none */
    bool watch;                               /* saved policy files reload by themselves */
    int64_t watch_quiet_ms;
    char state_dir[EB_CONFIG_TEXT_MAX]; /* "": a new directory for each run */
    char control[EB_CONFIG_TEXT_MAX];   /* path of the control socket; "": in the state's directory */
    char venue[EB_CONFIG_TEXT_MAX];     /* "binance", "unix:PATH" of a simulated exchange; "" or "paper": of our own */
    char on_alarm[EB_CONFIG_TEXT_MAX];  /* program that is run for each alarm; "": none */
    int64_t journal_keep_ms;
    int64_t journal_image_every, journal_hash_every; /* durable records */
    uint8_t log_level;                               /* enum eb_log_level */
    struct {
        eb_money balance;
        int64_t latency_ms; /* one way to the simulated exchange, and back */
        int64_t seed;
        int64_t speed_ppm; /* simulated time per wall time */
    } paper;
    struct eb_config_binance {
        uint8_t environment;                                       /* enum eb_binance_environment */
        char rest[EB_CONFIG_TEXT_MAX], ws_api[EB_CONFIG_TEXT_MAX]; /* "": the environment's; so with the next */
        char ws_public[EB_CONFIG_TEXT_MAX], ws_market[EB_CONFIG_TEXT_MAX], ws_private[EB_CONFIG_TEXT_MAX];
        char key_file[EB_CONFIG_TEXT_MAX];
        char account[EB_NAME_MAX]; /* "": environment and the key's name */
        char ca_file[EB_CONFIG_TEXT_MAX];
        bool loopback_unsafe, allow_multi_assets;
        uint8_t orders_by; /* enum eb_binance_orders_by */
        int64_t recv_window_ms, timeout_ms, history_wait_ms, keep_alive_ms, rollover_ms;
        int64_t silent_market_ms, silent_user_ms, account_every_ms, filters_every_ms;
        uint32_t weight_share_pct, orders_share_pct, history_bars;
    } binance;
    uint8_t source[EB_CONFIG_KEYS_MAX]; /* enum eb_config_source of each row */
};

enum eb_binance_environment {
    EB_BINANCE_LIVE = 0,
    EB_BINANCE_DEMO,
    EB_BINANCE_TESTNET,
    EB_BINANCE_CUSTOM,
};

enum eb_config_source { EB_FROM_DEFAULT = 0, EB_FROM_FILE, EB_FROM_ENVIRONMENT, EB_FROM_COMMAND_LINE };

enum eb_key_kind {
    EB_KEY_CHOICE, /* one of choices */
    EB_KEY_BOOL,
    EB_KEY_RATIO,    /* a number in `unit`, held in ppm */
    EB_KEY_DURATION, /* a text with its unit, held in ms */
    EB_KEY_INTEGER,
    EB_KEY_DECIMAL, /* an amount at 1e-8 */
    EB_KEY_TEXT,
};
struct eb_config_key {
    const char *name;        /* "guard.min_stop_distance_pct" */
    const char *environment; /* an established name; NULL: EXITBRAIN_GUARD_MIN_STOP_DISTANCE_PCT */
    enum eb_key_kind kind;
    enum eb_ratio_unit unit;
    const char *const *choices; /* NULL-terminated */
    int64_t min, max;
    size_t offset, size; /* of the field in struct eb_config */
    const char *help;
};
const struct eb_config_key *eb_config_keys(unsigned *count);

#define EB_CONFIG_NAME_MAX 80
/* The environment variable of a key. */
const char *eb_config_variable(const struct eb_config_key *key, char out[EB_CONFIG_NAME_MAX]);

/* The safe defaults: shadow, nothing is sent. */
void eb_config_default(struct eb_config *c);
/* Reads a file, or text called name. EB_E_INVALID with "name:line: key: ...", EB_E_IO. */
EB_NODISCARD int eb_config_read(struct eb_config *c, const char *path, struct eb_err *err);
EB_NODISCARD int eb_config_read_text(struct eb_config *c, const char *name, const char *text, size_t len,
                                     struct eb_err *err);
/* Takes what the environment ("NAME=value", NULL-terminated) says; modes false: but for the mode section. An unknown
 * EXITBRAIN_ variable is an error. Empty values count as not set. */
EB_NODISCARD int eb_config_environment(struct eb_config *c, char *const *environment, bool modes, struct eb_err *err);
/* Sets one key from text; what names the place in messages. */
EB_NODISCARD int eb_config_set(struct eb_config *c, const char *name, const char *what, const char *text,
                               enum eb_config_source source, struct eb_err *err);

/* The effective configuration as a file that can be read again, with range, source and meaning of each key. */
void eb_config_print(const struct eb_config *c, struct eb_buffer *out);
