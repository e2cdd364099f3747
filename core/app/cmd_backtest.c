/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exitbrain backtest: options -> eb_bt_options -> load, run -> summary, JSON, CSV. Modes of the environment do not
 * matter here: a backtest sends nothing to anybody.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/backtest.h"
#include "app/backtest_summary.h"
#include "app/clock.h"
#include "app/commands.h"
#include "app/doc.h"
#include "app/output.h"
#include "app/policy_args.h"
#include "app/policy_said.h"
#include "app/words.h"

#define DOCUMENT_MAX ((size_t)2 << 30)
#define SAID_SHOWN 20 /* lines of log(); a month can have millions */
#define AMOUNT_MAX (INT64_MAX / 4)

static const struct eb_option options[] = {
    {"klines", EB_OPT_LIST, "FILE...", "price bars (csv, .gz or .zip); the symbol is the file name up to the first -"},
    {"entries", EB_OPT_VALUE, "FILE|every:N",
     "what opens positions: a CSV (time_ms,symbol,side,quantity,leverage,strategy_id) or "
     "every:N[,side=long|short][,notional=1000][,leverage=10]"},
    {"policies", EB_OPT_VALUE, "DIR", "policy set; default: the shipped one"},
    {"set", EB_OPT_EACH, "NAME=LUA", "overrides a setting of the policy set"},
    {"instruments", EB_OPT_VALUE, "FILE", "exchangeInfo with the filters of the symbols; or --tick and --step"},
    {"tick", EB_OPT_VALUE, "T", "price grid of all symbols"},
    {"step", EB_OPT_VALUE, "S", "quantity grid of all symbols"},
    {"min-qty", EB_OPT_VALUE, "Q", "least quantity; default: the step"},
    {"min-notional", EB_OPT_VALUE, "N", "least notional; default 0"},
    {"brackets", EB_OPT_VALUE, "FILE", "leverage brackets, for liquidation prices"},
    {"maintenance-pct", EB_OPT_VALUE, "P", "maintenance margin where brackets do not say; default 1"},
    {"balance", EB_OPT_VALUE, "B", "wallet that policies see; default 10000"},
    {"hedge", EB_OPT_FLAG, NULL, "hedge mode: LONG and SHORT of a symbol side by side"},
    {"adds", EB_OPT_FLAG, NULL, "an entry for an open position of the same side increases it"},
    {"fee-taker-bps", EB_OPT_VALUE, "F", "default 4"},
    {"fee-maker-bps", EB_OPT_VALUE, "F", "default 2"},
    {"slippage-bps", EB_OPT_VALUE, "S", "of entries and market fills, then to the adverse tick; default 0"},
    {"funding", EB_OPT_LIST, "FILE...", "funding rates"},
    {"mark-klines", EB_OPT_LIST, "FILE...", "mark price bars of the same interval: stops and liquidation watch them"},
    {"path", EB_OPT_VALUE, "adverse|favourable|worst", "order of a bar's extremes; default adverse"},
    {"symbol", EB_OPT_VALUE, "NAME", "symbol of all files, whatever they are called"},
    {"json", EB_OPT_VALUE, "FILE|-", "the whole result, byte-identical from run to run"},
    {"out", EB_OPT_VALUE, "DIR", "writes episodes.csv into DIR"},
    {"timing", EB_OPT_VALUE, "FILE|-", "how long it took, as JSON"},
    {"no-quiet", EB_OPT_FLAG, NULL, NULL},
};

/* Lists that the options borrow, and what is measured. */
struct job {
    struct eb_bt_options o;
    const char *const *lists[4];
    struct eb_policy_choice choice;
    struct eb_policy *policy;
    int64_t began_ns, loaded_ns, ended_ns;
    uint64_t said; /* lines that the policy logged */
};

static void policy_said(void *user, enum eb_log_level level, const char *line)
{
    struct job *job = user;
    char text[EB_LINE_MAX];
    (void)level;
    if (eb_policy_said(line, text, sizeof(text)) && ++job->said <= SAID_SHOWN) {
        eb_complain("backtest", "%s", text);
    }
}

static int read_numbers(const struct eb_args *a, struct eb_bt_options *o, struct eb_err *err)
{
    const struct {
        const char *name;
        int64_t min, max, *to;
    } amount[] = {{"tick", 1, AMOUNT_MAX, &o->tick.e8},
                  {"step", 1, AMOUNT_MAX, &o->step.e8},
                  {"min-qty", 0, AMOUNT_MAX, &o->min_qty.e8},
                  {"min-notional", 0, AMOUNT_MAX, &o->min_notional.e8},
                  {"balance", 1, AMOUNT_MAX, &o->balance.e8}};
    const struct {
        const char *name;
        enum eb_ratio_unit unit;
        int64_t min, max, *to;
    } ratio[] = {{"fee-taker-bps", EB_IN_BPS, 0, 100000, &o->fee_taker_ppm},
                 {"fee-maker-bps", EB_IN_BPS, -100000, 100000, &o->fee_maker_ppm},
                 {"slippage-bps", EB_IN_BPS, 0, 100000, &o->slippage_ppm},
                 {"maintenance-pct", EB_IN_PERCENT, 0, 500000, &o->maintenance_ppm}};
    int rc = EB_OK;
    for (size_t i = 0; rc == EB_OK && i < EB_COUNT(amount); i++) {
        rc = eb_args_decimal(a, amount[i].name, amount[i].min, amount[i].max, amount[i].to, err);
    }
    for (size_t i = 0; rc == EB_OK && i < EB_COUNT(ratio); i++) {
        rc = eb_args_ratio(a, ratio[i].name, ratio[i].unit, ratio[i].min, ratio[i].max, ratio[i].to, err);
    }
    return rc;
}

static int read_lists(const struct eb_args *a, struct job *job, struct eb_err *err)
{
    struct eb_bt_options *o = &job->o;
    unsigned settings = 0;
    const struct {
        const char *name;
        unsigned *count;
    } list[] = {{"klines", &o->klines_count},
                {"mark-klines", &o->mark_count},
                {"funding", &o->funding_count},
                {"set", &settings}};
    _Static_assert(EB_COUNT(list) == EB_COUNT(job->lists), "every list is freed at the end");
    int rc = EB_OK;
    for (size_t i = 0; rc == EB_OK && i < EB_COUNT(list); i++) {
        rc = eb_args_list(a, list[i].name, &job->lists[i], list[i].count, err);
    }
    o->klines = job->lists[0];
    o->mark_klines = job->lists[1];
    o->funding = job->lists[2];
    o->settings = job->lists[3];
    return rc;
}

/* What must be given together, or not at all. */
static int check_choice(const struct eb_args *a, const struct eb_bt_options *o, struct eb_err *err)
{
    static const char *const grid[] = {"tick", "step", "min-qty", "min-notional"};
    if (o->klines_count == 0) {
        return eb_err_set(err, EB_E_INVALID, "backtest", "--klines is missing: files of price bars");
    }
    if (o->entries == NULL) {
        return eb_err_set(err, EB_E_INVALID, "backtest", "--entries is missing: a CSV file, or every:240");
    }
    for (size_t i = 0; o->instruments != NULL && i < EB_COUNT(grid); i++) {
        if (eb_args_has(a, grid[i])) {
            return eb_err_set(err, EB_E_INVALID, "backtest", "--%s beside --instruments: give one of them", grid[i]);
        }
    }
    if (o->instruments == NULL && (o->tick.e8 == 0 || o->step.e8 == 0)) {
        return eb_err_set(err, EB_E_INVALID, "backtest",
                          "--instruments FILE, or both --tick and --step, must be given");
    }
    return EB_OK;
}

static int read_options(const struct eb_args *a, struct job *job, struct eb_err *err)
{
    static const char *const paths[] = {"adverse", "favourable", "worst", NULL};
    struct eb_bt_options *o = &job->o;
    int64_t path = EB_BT_ADVERSE;
    *o = (struct eb_bt_options){.symbol = eb_args_text(a, "symbol"),
                                .entries = eb_args_text(a, "entries"),
                                .instruments = eb_args_text(a, "instruments"),
                                .brackets = eb_args_text(a, "brackets"),
                                .maintenance_ppm = 10000,
                                .balance = {10000 * EB_E8},
                                .hedge = eb_args_has(a, "hedge"),
                                .adds = eb_args_has(a, "adds"),
                                .fee_taker_ppm = 400,
                                .fee_maker_ppm = 200,
                                .no_quiet = eb_args_has(a, "no-quiet"),
                                .progress = eb_is_terminal(stderr)};
    int rc = read_lists(a, job, err);
    rc = rc == EB_OK ? read_numbers(a, o, err) : rc;
    rc = rc == EB_OK ? eb_args_choice(a, "path", paths, &path, err) : rc;
    rc = rc == EB_OK ? check_choice(a, o, err) : rc;
    rc = rc == EB_OK ? eb_policy_choose(eb_args_text(a, "policies"), &job->choice, err) : rc;
    o->path = (enum eb_bt_path)path;
    o->policies = job->choice.dir;
    o->lib_dir = job->choice.lib_dir;
    o->profile = job->choice.profile;
    return rc;
}

static void warn(const struct eb_bt_data *d, const struct eb_bt_result *r)
{
    for (unsigned i = 0; i < d->symbol_count; i++) {
        const struct eb_series *s = &d->symbol[i].bars;
        if (s->gaps > 0) {
            eb_complain("backtest", "warning: %s: %" PRId64 " bars are missing in %zu gaps", d->symbol[i].name,
                        s->missing, s->gaps);
        }
    }
    if (r->policy_failures > 0) {
        eb_complain("backtest", "warning: the policy failed %" PRIu64 " times; the first: %s", r->policy_failures,
                    r->first_failure);
    }
    if (r->policy_failures > 0 && r->policy_failures == r->consults) {
        eb_complain("backtest", "warning: every consult failed: these are exits of the built-in stop, not of the set");
    }
}

static int write_csv(const char *dir, const struct eb_bt_data *d, const struct eb_bt_result *r, struct eb_err *err)
{
    char path[EB_SHARE_PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/episodes.csv", dir);
    if (n < 0 || (size_t)n >= sizeof(path)) {
        return eb_err_set(err, EB_E_INVALID, "backtest", "--out: path too long");
    }
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        return eb_err_set(err, EB_E_IO, "backtest", "%s: %s", dir, strerror(errno));
    }
    struct eb_buffer b;
    eb_buffer_init(&b, DOCUMENT_MAX);
    (void)eb_bt_csv(d, r, &b);
    int rc = eb_output_write(path, &b, err);
    eb_buffer_deinit(&b);
    return rc;
}

static int write_timing(const char *path, const struct job *job, const struct eb_bt_result *r, struct eb_err *err)
{
    int64_t load_ms = (job->loaded_ns - job->began_ns) / 1000000;
    int64_t run_ms = (job->ended_ns - job->loaded_ns) / 1000000;
    fprintf(stderr,
            "%" PRIu64 " bars (%" PRIu64 " quiet), %" PRIu64 " consults: loaded in %" PRId64 " ms, run in %" PRId64
            " ms\n",
            r->bars, r->quiet_bars, r->consults, load_ms, run_ms);
    if (path == NULL) {
        return EB_OK;
    }
    struct eb_buffer b;
    struct eb_doc j = {.out = &b};
    eb_buffer_init(&b, 4096);
    eb_doc_begin(&j, NULL, '{');
    eb_doc_int(&j, "bars", (int64_t)r->bars);
    eb_doc_int(&j, "quiet_bars", (int64_t)r->quiet_bars);
    eb_doc_int(&j, "consults", (int64_t)r->consults);
    eb_doc_int(&j, "load_ns", job->loaded_ns - job->began_ns);
    eb_doc_int(&j, "run_ns", job->ended_ns - job->loaded_ns);
    eb_doc_end(&j, '}');
    (void)eb_buffer_text(&b, "\n");
    int rc = eb_output_write(path, &b, err);
    eb_buffer_deinit(&b);
    return rc;
}

static int report(const struct eb_args *a, struct job *job, const struct eb_bt_data *d, const struct eb_bt_result *r,
                  struct eb_err *err)
{
    struct eb_policy_info info;
    struct eb_buffer b;
    char name[2 * EB_NAME_MAX + 20];
    const char *json = eb_args_text(a, "json");
    eb_policy_info(job->policy, &info);
    job->o.profile =
        info.profile[0] != '\0' ? info.profile : job->o.profile; /* --set profile= may have named another */
    eb_buffer_init(&b, DOCUMENT_MAX);
    int rc;
    if (json != NULL) {
        (void)eb_bt_json(&job->o, d, r, info.hash_text, &b);
        rc = eb_output_write(json, &b, err);
    } else {
        (void)snprintf(name, sizeof(name), "%s %s (%.12s)", info.name, info.version, info.hash_text);
        eb_bt_summary(&job->o, d, r, name, eb_may_colour(stdout), &b);
        rc = eb_output_write("-", &b, err);
    }
    eb_buffer_deinit(&b);
    if (rc == EB_OK && eb_args_text(a, "out") != NULL) {
        rc = write_csv(eb_args_text(a, "out"), d, r, err);
    }
    return rc == EB_OK ? write_timing(eb_args_text(a, "timing"), job, r, err) : rc;
}

/* EB_OK, or what failed: bad input is EB_STATUS_USAGE; an output that could not be written EB_STATUS_BAD_NEWS. */
static enum eb_status work(const struct eb_args *a, struct job *job, struct eb_err *err)
{
    struct eb_bt_data data;
    struct eb_bt_result result;
    const struct eb_log log = {.sink = policy_said, .user = job, .min_level = EB_LOG_INFO};
    if (eb_policy_open_choice(&job->choice, job->o.settings, &log, &job->policy, err) != EB_OK) {
        return EB_STATUS_USAGE;
    }
    job->began_ns = eb_clock_monotonic_ns();
    if (eb_bt_load(&job->o, &data, err) != EB_OK) {
        return EB_STATUS_USAGE;
    }
    job->loaded_ns = eb_clock_monotonic_ns();
    enum eb_status status = EB_STATUS_USAGE;
    if (eb_bt_run(&job->o, &data, job->policy, &result, err) == EB_OK) {
        job->ended_ns = eb_clock_monotonic_ns();
        eb_policy_set_log(job->policy, NULL);
        if (job->said > SAID_SHOWN) {
            eb_complain("backtest", "%" PRIu64 " more lines of log() are not shown", job->said - SAID_SHOWN);
        }
        warn(&data, &result);
        status = report(a, job, &data, &result, err) == EB_OK ? EB_STATUS_DONE : EB_STATUS_BAD_NEWS;
        eb_bt_result_deinit(&result);
    }
    eb_bt_data_deinit(&data);
    return status;
}

static enum eb_status run(const struct eb_args *a)
{
    struct job job = {0};
    struct eb_err err = {0};
    enum eb_status status = EB_STATUS_USAGE;
    if (read_options(a, &job, &err) == EB_OK) {
        status = work(a, &job, &err);
    }
    if (status != EB_STATUS_DONE) {
        eb_complain("backtest", "%s", err.msg);
    }
    if (job.policy != NULL) {
        eb_policy_close(job.policy);
    }
    for (size_t i = 0; i < EB_COUNT(job.lists); i++) {
        free((void *)(uintptr_t)job.lists[i]);
    }
    return status;
}

const struct eb_subcommand eb_cmd_backtest = {
    .name = "backtest",
    .arguments = "--klines FILE... --entries FILE|every:N (--instruments FILE | --tick T --step S) [OPTIONS]",
    .summary = "history through the same engine and policies",
    .about = "Every exit is computed as docs/SEMANTICS.md says, bar by bar. Without --json a summary is printed.",
    .option = options,
    .option_count = EB_COUNT(options),
    .run = run,
};
