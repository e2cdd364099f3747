/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exitbrain sim: the simulated exchange in a process of its own.
 *
 *     --listen ADDR:PORT  Binance's protocol, at wall time: sim_serve.c
 *     --listen unix:PATH  records over a local socket, in virtual time: core/venue/simd
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "app/clock.h"
#include "app/commands.h"
#include "app/output.h"
#include "app/sim_serve.h"
#include "app/when.h"
#include "venue/simd/simd.h"

#define DAY_MS (24 * INT64_C(3600000))
#define FRAME_MS (15 * INT64_C(60000))
#define SEED_MAX INT64_C(9999999999999)
#define TRADES_MAX ((size_t)1 << 30)
#define BALANCE_MAX (INT64_C(1000000000) * EB_E8)
#define BUSY_COUNT 12
#define STILL_COUNT 150

static const struct eb_option options[] = {
    {"listen", EB_OPT_VALUE, "ADDR:PORT|unix:PATH",
     "ADDR:PORT: Binance's protocol (port 0: any that is free); unix:PATH: the engine's own, in virtual time"},
    {"feed", EB_OPT_VALUE, "scene|klines:FILE,...|ticks:FILE|held",
     "ADDR:PORT: where prices come from: the scene, kline files, a recording of raw streams, or control alone"},
    {"instruments", EB_OPT_VALUE, "FILE", "ADDR:PORT: an exchangeInfo file for names and filters"},
    {"keys", EB_OPT_VALUE, "DIR", "ADDR:PORT: NAME.key for each account; made with one account where there is none"},
    {"cross", EB_OPT_FLAG, NULL, "ADDR:PORT: accounts begin in cross margin"},
    {"tls", EB_OPT_FLAG, NULL, "ADDR:PORT: https and wss, with a certificate of its own in the directory of keys"},
    {"control", EB_OPT_FLAG, NULL, "ADDR:PORT: POST /sim/... moves prices, edits positions, injects faults"},
    {"faults", EB_OPT_VALUE, "FILE", "ADDR:PORT: one {\"name\": FAULT, ...} or VERB {...} of /sim/ a line"},
    {"ids-after", EB_OPT_VALUE, "N",
     "ADDR:PORT: added to ids of orders and trades, up to 1e18: what clients do beyond 2^53; default 0"},
    {"no-limits", EB_OPT_FLAG, NULL, "ADDR:PORT: weights and order counts are told and not enforced"},
    {"any-class", EB_OPT_FLAG, NULL, "ADDR:PORT: streams are served whatever class they are asked for at"},
    {"scene", EB_OPT_VALUE, "paper|busy:N|still:N",
     "paper: six scripted symbols; busy: N symbols that never rest; still: N positions that hardly move; default "
     "paper"},
    {"seed", EB_OPT_VALUE, "N", "of the market; default 1"},
    {"start", EB_OPT_VALUE, "TIME", "time of the beginning (unix:PATH: cut to 15 minutes); default now"},
    {"speed", EB_OPT_VALUE, "X|max", "virtual time per wall time; max: as fast as the engine follows; default 1"},
    {"tick", EB_OPT_VALUE, "TIME", "between two prices of a symbol, 10ms to 1s; default 50ms"},
    {"latency", EB_OPT_VALUE, "TIME", "to the exchange and, again, back; default 15ms"},
    {"balance", EB_OPT_VALUE, "N", "wallet at the beginning; default 10000"},
    {"for", EB_OPT_VALUE, "TIME",
     "virtual length: then it ends (busy: once prices were driven through every stop and all is flat)"},
    {"hedge", EB_OPT_FLAG, NULL, "the account is in hedge mode"},
    {"slots", EB_OPT_VALUE, "N", "conditional orders that the account may have; default 200"},
    {"fee-taker-bps", EB_OPT_VALUE, "N", "default 4"},
    {"fee-maker-bps", EB_OPT_VALUE, "N", "default 2"},
    {"free-clock", EB_OPT_FLAG, NULL, "the clock goes on while the engine thinks, or is down"},
    {"leave-with-client", EB_OPT_FLAG, NULL, "does not end after --for; unix:PATH: ends when its first engine is gone"},
    {"trades", EB_OPT_VALUE, "FILE|-", "at the end, also by SIGTERM: every trade, as CSV"},
};

static const char *const of_sockets[] = {"feed",    "instruments", "keys",      "cross",     "tls",
                                         "control", "faults",      "no-limits", "any-class", "ids-after"};
static const char *const of_records[] = {"free-clock", "tick"};

struct job {
    const struct eb_args *args;
    struct eb_simd_config c;
    struct eb_loop *loop;
    struct eb_simd *simd;
    struct eb_log log;
    const char *trades;
};

static void log_line(void *user, enum eb_log_level level, const char *line)
{
    (void)user;
    (void)level;
    fprintf(stderr, "%s\n", line);
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

static int read_listen(struct job *job, struct eb_err *err)
{
    const char *listen = eb_args_text(job->args, "listen");
    if (listen == NULL || strcmp(listen, "unix:") == 0) {
        return eb_err_set(err, EB_E_INVALID, "sim", "--listen ADDR:PORT or unix:PATH says where engines connect");
    }
    job->c.path = strncmp(listen, "unix:", 5) == 0 ? listen + 5 : NULL;
    for (size_t i = 0; job->c.path != NULL && i < EB_COUNT(of_sockets); i++) {
        if (eb_args_has(job->args, of_sockets[i])) {
            return eb_err_set(err, EB_E_INVALID, "sim", "--%s is for --listen ADDR:PORT", of_sockets[i]);
        }
    }
    for (size_t i = 0; job->c.path == NULL && i < EB_COUNT(of_records); i++) {
        if (eb_args_has(job->args, of_records[i])) {
            return eb_err_set(err, EB_E_INVALID, "sim", "--%s is for --listen unix:PATH", of_records[i]);
        }
    }
    return EB_OK;
}

static int read_scene(struct job *job, struct eb_err *err)
{
    static const struct {
        const char *name;
        uint8_t kind;
        uint32_t count;
    } scenes[] = {{"paper", EB_SCENE_PAPER, EB_SCENE_PAPER_SYMBOLS},
                  {"busy", EB_SCENE_BUSY, BUSY_COUNT},
                  {"still", EB_SCENE_STILL, STILL_COUNT}};
    const char *text = eb_args_text(job->args, "scene");
    text = text != NULL ? text : "paper";
    size_t len = strcspn(text, ":");
    for (size_t i = 0; i < EB_COUNT(scenes); i++) {
        if (strlen(scenes[i].name) != len || strncmp(scenes[i].name, text, len) != 0) {
            continue;
        }
        int64_t count = scenes[i].count;
        job->c.scene = scenes[i].kind;
        if (text[len] == ':' && job->c.scene == EB_SCENE_PAPER) {
            return eb_err_set(err, EB_E_INVALID, "sim", "--scene paper has six symbols, always");
        }
        int rc = text[len] == ':' ? eb_value_integer("--scene", text + len + 1, 2, EB_SCENE_SYMBOLS_MAX, &count, err)
                                  : EB_OK;
        job->c.count = (uint32_t)count;
        return rc;
    }
    return eb_err_set(err, EB_E_INVALID, "sim", "--scene %.40s: paper, busy:N or still:N", text);
}

static int read_numbers(struct job *job, struct eb_err *err)
{
    const struct eb_args *a = job->args;
    struct eb_simd_config *c = &job->c;
    const char *speed = eb_args_text(a, "speed");
    int64_t seed = 1;
    int64_t slots = 200;
    int64_t bps = EB_IN_BPS;
    c->speed_ppm = EB_PPM;
    c->tick_ms = EB_SCENE_TICK_MS;
    c->latency_ms = 15;
    c->balance.e8 = 10000 * EB_E8;
    c->fee_taker_ppm = 4 * bps;
    c->fee_maker_ppm = 2 * bps;
    int rc = eb_args_integer(a, "seed", 0, SEED_MAX, &seed, err);
    if (rc == EB_OK && speed != NULL && strcmp(speed, "max") == 0) {
        c->speed_ppm = 0;
    } else if (rc == EB_OK) {
        rc = eb_args_ratio(a, "speed", EB_IN_ONE, EB_PPM / 100, 10000 * EB_PPM, &c->speed_ppm, err);
    }
    rc = rc == EB_OK ? eb_args_duration(a, "tick", 10, 1000, &c->tick_ms, err) : rc;
    rc = rc == EB_OK ? eb_args_duration(a, "latency", 0, 60000, &c->latency_ms, err) : rc;
    rc = rc == EB_OK ? eb_args_decimal(a, "balance", EB_E8, BALANCE_MAX, &c->balance.e8, err) : rc;
    rc = rc == EB_OK ? eb_args_duration(a, "for", 1000, 3650 * DAY_MS, &c->length_ms, err) : rc;
    rc = rc == EB_OK ? eb_args_integer(a, "slots", 1, 1000000, &slots, err) : rc;
    rc = rc == EB_OK ? eb_args_ratio(a, "fee-taker-bps", EB_IN_BPS, 0, 100000, &c->fee_taker_ppm, err) : rc;
    rc = rc == EB_OK ? eb_args_ratio(a, "fee-maker-bps", EB_IN_BPS, 0, 100000, &c->fee_maker_ppm, err) : rc;
    c->seed = (uint64_t)seed;
    c->slots_max = (uint32_t)slots;
    return rc;
}

static int read_start(struct job *job, struct eb_err *err)
{
    int64_t start_ms = eb_clock_epoch_ms();
    const char *text = eb_args_text(job->args, "start");
    int rc = text != NULL ? eb_when_parse("--start", text, 0, &start_ms, err) : EB_OK;
    /* Clients of sockets compare clocks. */
    job->c.start_ms = job->c.path != NULL ? start_ms - start_ms % FRAME_MS : start_ms;
    return rc;
}

static int read_options(struct job *job, struct eb_err *err)
{
    const struct eb_args *a = job->args;
    int rc = read_listen(job, err);
    rc = rc == EB_OK ? read_scene(job, err) : rc;
    rc = rc == EB_OK ? read_numbers(job, err) : rc;
    rc = rc == EB_OK ? read_start(job, err) : rc;
    job->c.hedge = eb_args_has(a, "hedge");
    job->c.free_clock = eb_args_has(a, "free-clock");
    job->c.leave_with_client = eb_args_has(a, "leave-with-client");
    job->c.ends = !job->c.leave_with_client;
    job->trades = eb_args_text(a, "trades");
    if (rc == EB_OK && job->trades != NULL) {
        rc = eb_output_probe(job->trades, err);
    }
    /* Whoever started it for himself alone knows who connects: only what is wrong is worth a line. */
    job->log = (struct eb_log){.sink = log_line,
                               .min_level = job->c.leave_with_client ? EB_LOG_WARN : EB_LOG_INFO,
                               .now_ms = eb_clock_epoch_ms()};
    job->c.log = &job->log;
    return rc;
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

static int write_trades(struct job *job, struct eb_err *err)
{
    struct eb_buffer csv;
    eb_buffer_init(&csv, TRADES_MAX);
    int rc = eb_simd_trades_csv(job->simd, &csv);
    rc = rc == EB_OK ? eb_output_write(job->trades, &csv, err)
                     : eb_err_set(err, rc, "sim", "the trades are too many to be written: %s", eb_err_text(rc));
    eb_buffer_deinit(&csv);
    return rc;
}

static void stop(void *user, int number)
{
    (void)number;
    eb_loop_stop(((struct job *)user)->loop);
}

static void tell_beginning(struct job *job)
{
    job->log.now_ms = eb_clock_epoch_ms();
    eb_log(&job->log, EB_LOG_INFO, "sim.listening", EB_STR("path", job->c.path), EB_I64("start_ms", job->c.start_ms),
           EB_I64("seed", (int64_t)job->c.seed), EB_PPM6("speed", job->c.speed_ppm),
           EB_BOOL("free_clock", job->c.free_clock));
}

static enum eb_status serve(struct job *job, struct eb_err *err)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    struct eb_signal *signals[EB_COUNT(numbers)] = {NULL};
    enum eb_status status = EB_STATUS_USAGE;
    int rc = eb_simd_open(job->loop, &job->c, &job->simd, err);
    for (size_t i = 0; rc == EB_OK && i < EB_COUNT(numbers); i++) {
        rc = eb_signal_open(job->loop, numbers[i], stop, job, &signals[i], err);
    }
    if (rc == EB_OK) {
        tell_beginning(job);
        eb_loop_run(job->loop);
        rc = job->trades != NULL ? write_trades(job, err) : EB_OK;
        status = rc == EB_OK ? EB_STATUS_DONE : EB_STATUS_BAD_NEWS;
    }
    for (size_t i = 0; i < EB_COUNT(numbers); i++) {
        eb_signal_close(signals[i]);
    }
    eb_simd_close(job->simd);
    return status;
}

static enum eb_status serve_sockets(struct job *job, struct eb_err *err)
{
    const struct eb_simd_config *c = &job->c;
    const struct eb_sim_serve s = {.args = job->args,
                                   .listen = eb_args_text(job->args, "listen"),
                                   .scene = c->scene,
                                   .count = c->count,
                                   .seed = c->seed,
                                   .start_ms = c->start_ms,
                                   .length_ms = c->length_ms,
                                   .speed_ppm = c->speed_ppm,
                                   .latency_ms = c->latency_ms,
                                   .balance = c->balance,
                                   .fee_taker_ppm = c->fee_taker_ppm,
                                   .fee_maker_ppm = c->fee_maker_ppm,
                                   .slots_max = c->slots_max,
                                   .hedge = c->hedge,
                                   .trades = job->trades,
                                   .log = &job->log};
    return eb_sim_serve(&s, err);
}

static enum eb_status run(const struct eb_args *a)
{
    struct job job = {.args = a};
    struct eb_err err = {0};
    enum eb_status status = EB_STATUS_USAGE;
    int rc = read_options(&job, &err);
    if (rc == EB_OK && job.c.path == NULL) {
        status = serve_sockets(&job, &err);
    } else if (rc == EB_OK && eb_loop_create(&job.loop, &err) == EB_OK) {
        status = serve(&job, &err);
        eb_loop_destroy(job.loop);
    }
    if (status != EB_STATUS_DONE) {
        eb_complain("sim", "%s", err.msg);
    }
    return status;
}

const struct eb_subcommand eb_cmd_sim = {
    .name = "sim",
    .arguments = "--listen ADDR:PORT|unix:PATH [OPTIONS]",
    .summary = "the simulated exchange in a process of its own",
    .about =
        "With ADDR:PORT it speaks Binance's protocol (REST, streams, WebSocket API) to any client, at wall time, and "
        "says\n"
        "on standard output where it listens and which keys it knows. With unix:PATH it speaks to `exitbrain run "
        "--venue\n"
        "unix:PATH`: then its clock is virtual and waits for the engine (but with --free-clock): a run repeats itself "
        "whatever the\n"
        "machine does, and while the engine is down the clock stands. `exitbrain hand` does to its account and its\n"
        "market what others do. Connections are logged on standard error.",
    .option = options,
    .option_count = EB_COUNT(options),
    .run = run,
};
