/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A backtest: history through the same engine, host and policies.
 *
 *     klines, entries -> feed/walk -> eb_turn <-> policies (Lua)          exits -> report -> JSON, CSV
 *                            └-> venue/sim (fills, fees, funding, liquidation) -┘
 */
#pragma once

#include <stdio.h>

#include "base/buffer.h"
#include "base/decimal.h"
#include "feed/brackets.h"
#include "feed/entries.h"
#include "feed/exchange_info.h"
#include "feed/funding.h"
#include "feed/kline.h"
#include "feed/walk.h"

#define EB_BT_SYMBOLS_MAX 1000

enum eb_bt_path { EB_BT_ADVERSE = 0, EB_BT_FAVOURABLE, EB_BT_WORST };

/* All that a run depends on; strings and arrays are borrowed. */
struct eb_bt_options {
    const char *const *klines;
    unsigned klines_count;
    const char *const *mark_klines;
    unsigned mark_count;
    const char *const *funding;
    unsigned funding_count;
    const char *symbol;          /* --symbol: overrides the file name's; NULL */
    const char *entries;         /* file or every:N */
    const char *policies;        /* directory */
    const char *lib_dir;         /* lua/exitbrain */
    const char *const *settings; /* NULL-terminated --set list, or NULL */
    const char *profile;         /* in force, else EXIT_BRAIN_PROFILE; NULL: none */
    const char *instruments;     /* exchangeInfo or NULL: then tick and step */
    eb_price tick;
    eb_qty step, min_qty;
    eb_money min_notional;
    const char *brackets;
    int64_t maintenance_ppm;
    eb_money balance;
    bool hedge, adds;
    int64_t fee_taker_ppm, fee_maker_ppm, slippage_ppm;
    enum eb_bt_path path;
    bool no_quiet; /* walk every bar in full */
    bool progress; /* a bar on standard error */
};

struct eb_bt_exit {
    int64_t time_ms;
    eb_price price, entry, risk; /* entry and R as they stood then */
    eb_qty qty;
    uint8_t reason, leg;
    int64_t r_ppm;
    bool has_r;
    eb_money fee, pnl;
};
struct eb_bt_episode {
    uint32_t symbol;
    uint8_t side, regime;
    bool closed, has_risk;
    char profile[EB_NAME_MAX];
    int64_t opened_ms, closed_ms;
    eb_price entry, initial_stop, risk, best, worst;
    eb_qty qty;
    eb_money pnl, fees, funding;
    int64_t r_ppm, mfe_ppm, mae_ppm;
    uint32_t first_exit, exits; /* chained through exit_next */
    uint32_t last_exit;
};

/* What a run produced: growing arrays, owned. */
struct eb_bt_result {
    struct eb_bt_episode *episode;
    size_t episode_count, episode_cap;
    struct eb_bt_exit *exit;
    uint32_t *exit_next;
    size_t exit_count, exit_cap;
    uint64_t bars, quiet_bars, missed_slots;
    size_t gaps;
    int64_t missing;
    uint64_t consults, policy_failures;
    char first_failure[EB_REASON_MAX]; /* of the policy */
    size_t differing;                  /* --path worst: episodes whose r differs between the two orders */
    size_t both;                       /* --path worst: episodes compared */
    int64_t r_sum_adverse_ppm, r_sum_favourable_ppm;
};
void eb_bt_result_deinit(struct eb_bt_result *r);

/* One symbol's input. */
struct eb_bt_symbol {
    char name[EB_SYMBOL_MAX];
    struct eb_series bars, marks;
    struct eb_funding funding;
    bool has_marks;
    struct eb_ev_instrument inst;
    size_t row, mark_row, funding_at;
    size_t next_entry; /* index into eb_bt_data.entries */
    int phase;         /* 0..4 of the bar under way */
    bool flat_before;
    uint32_t opened; /* episodes opened by every:N: sides alternate */
    struct eb_walk_bar bar;
    uint32_t episode[2]; /* index + 1 of the open episode per leg */
};

/* Input of a run: loaded once, walked once or twice. */
struct eb_bt_data {
    struct eb_bt_symbol *symbol; /* sorted by name */
    unsigned symbol_count;
    struct eb_brackets brackets;
    bool has_brackets;
    bool is_every;
    struct eb_every every;
    struct eb_entries entries;
};
int eb_bt_load(const struct eb_bt_options *o, struct eb_bt_data *d, struct eb_err *err);
void eb_bt_data_deinit(struct eb_bt_data *d);

struct eb_policy;
/* Runs the whole history; on an error what was gathered is freed. */
int eb_bt_run(const struct eb_bt_options *o, struct eb_bt_data *d, struct eb_policy *policy, struct eb_bt_result *out,
              struct eb_err *err);

/* The report of interfaces.md as one JSON document, byte-identical from run to run. */
int eb_bt_json(const struct eb_bt_options *o, const struct eb_bt_data *d, const struct eb_bt_result *r,
               const char *policy_sha256, struct eb_buffer *out);
int eb_bt_csv(const struct eb_bt_data *d, const struct eb_bt_result *r, struct eb_buffer *out);
