/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exitbrain run: configuration -> place of the state, log, exchange -> live engine -> what became of every position.
 * Without --config the embedded default: a simulated account, the engine LIVE on it, whatever the modes of the
 * environment say.
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/clock.h"
#include "app/commands.h"
#include "app/live.h"
#include "app/output.h"
#include "app/record.h"
#include "app/run_binance.h"
#include "app/run_log.h"
#include "app/run_paper.h"
#include "app/run_report.h"
#include "app/run_venue.h"
#include "app/run_view.h"
#include "app/state_dir.h"
#include "app/venue_wire.h"
#include "app/when.h"

extern char **environ;

#define DOCUMENT_MAX ((size_t)256 << 20)
#define FRAME_MS (15 * INT64_C(60000))
#define DAY_MS (24 * INT64_C(3600000))
#define DRAW_NS INT64_C(200000000)

static const struct eb_option options[] = {
    {"config", EB_OPT_VALUE, "FILE",
     "configuration (exitbrain.lua); without it the embedded default runs LIVE on paper"},
    {"venue", EB_OPT_VALUE, "paper|binance|unix:PATH",
     "where orders go: a simulated exchange of this run's own; Binance, as section binance of the configuration says; "
     "or the socket that an `exitbrain sim` listens at"},
    {"state", EB_OPT_VALUE, "DIR",
     "journal and socket of a service: a later start goes on from there; needs an exchange that stays (--venue)"},
    {"for", EB_OPT_VALUE, "TIME",
     "stops by itself (60s, 10m, 2h); X times as much simulated time with --speed X; default: until Ctrl-C"},
    {"json", EB_OPT_VALUE, "FILE|-", "what became of every position, as one document"},
    {"out", EB_OPT_VALUE, "DIR", "where a run is recorded; default: a new directory in ~/.local/state/exitbrain"},
    {"tape", EB_OPT_VALUE, "FILE", "records quiet events too, compressed; default: only for runs without --state"},
    {"log", EB_OPT_VALUE, "FILE|-", "structured log, a JSON object a line; default: engine.log beside the journal"},
    {"policies", EB_OPT_VALUE, "DIR", "policy set; default: the shipped one"},
    {"challenger", EB_OPT_EACH, "\"NAME=DIR SETTING=LUA ...\"",
     "a further set beside the owner, in shadow, on the same inputs (exitbrain owners --ledger); at most 4"},
    {"seed", EB_OPT_VALUE, "N", "of the simulated market; default 1"},
    {"speed", EB_OPT_VALUE, "X",
     "simulated time per wall time, 0.01 to 1000; default 1: the exchange speaks Binance's protocol over sockets; any "
     "other: records over a local one, in lockstep, so that the same seed and start repeat themselves"},
    {"start", EB_OPT_VALUE, "TIME",
     "simulated time of the beginning (ISO 8601 or epoch ms, cut to 15 minutes); default: now"},
    {"print-config", EB_OPT_FLAG, NULL, "prints the effective configuration and ends"},
};

struct job {
    const struct eb_args *args;
    struct eb_config config;
    struct eb_live_options o;
    struct eb_loop *loop;
    struct eb_live *live;
    struct eb_child *venue;
    struct eb_timer *draw;
    struct eb_view view;
    struct eb_run_log log;
    struct eb_venue_wire wire;
    struct eb_run_binance binance;
    struct eb_run_paper paper;
    bool on_binance;
    bool sockets; /* an exchange of our own, over sockets as the real one */
    bool service; /* a state that lasts: --state */
    bool unreachable;
    bool opened;             /* the exchange was reached: there is something to report */
    bool live_opened, begun; /* how far it came: what is wrong is not in the options; it ran */
    char dir[EB_RECORD_PATH_MAX], tape[EB_RECORD_PATH_MAX], logfile[EB_RECORD_PATH_MAX];
    char control[EB_STATE_SOCKET_MAX], socket[EB_STATE_SOCKET_MAX];
    int64_t for_ms, start_ms;
};

/* ---- configuration ----------------------------------------------------------------------------------------------- */

static int take_options(const struct eb_args *a, struct eb_config *c, struct eb_err *err)
{
    static const char *const keys[][2] = {
        {"seed", "paper.seed"}, {"speed", "paper.speed"}, {"policies", "policy.dir"}, {"state", "state.dir"}};
    int rc = EB_OK;
    for (size_t i = 0; rc == EB_OK && i < EB_COUNT(keys); i++) {
        char what[32];
        const char *text = eb_args_text(a, keys[i][0]);
        (void)snprintf(what, sizeof(what), "--%s", keys[i][0]);
        rc = text != NULL ? eb_config_set(c, keys[i][1], what, text, EB_FROM_COMMAND_LINE, err) : EB_OK;
    }
    return rc;
}

/* Those of the command line take the place of the configured ones. */
static int take_challengers(const struct eb_args *a, struct eb_config *c, struct eb_err *err)
{
    static struct eb_challenger_spec spec[EB_CHALLENGERS_MAX];
    const char *const *given;
    unsigned count;
    struct eb_buffer text;
    int rc = eb_args_list(a, "challenger", &given, &count, err);
    if (rc != EB_OK) {
        return rc;
    }
    eb_buffer_init(&text, sizeof(c->challengers));
    for (unsigned i = 0; i < count; i++) {
        (void)eb_buffer_printf(&text, "%s%s", i > 0 ? "; " : "", given[i]);
    }
    free((void *)given);
    if (text.failed) {
        rc = eb_err_set(err, EB_E_INVALID, "run", "--challenger: at most %zu bytes together", text.limit - 1);
    } else if (count > 0) {
        rc = eb_config_set(c, "policy.challengers", "--challenger", eb_buffer_str(&text), EB_FROM_COMMAND_LINE, err);
    }
    eb_buffer_deinit(&text);
    if (rc != EB_OK) {
        return rc;
    }
    struct eb_err why = {0};
    rc = eb_challenger_specs(c->challengers, spec, &count, &why);
    return rc == EB_OK ? rc : eb_err_set(err, rc, "run", "policy.challengers (--challenger): %.400s", why.msg);
}

static int read_config(struct job *job, struct eb_err *err)
{
    const char *file = eb_args_text(job->args, "config");
    struct eb_config *c = &job->config;
    eb_config_default(c);
    int rc = EB_OK;
    if (file != NULL) {
        rc = eb_config_read(c, file, err);
    } else {
        c->engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, true, true};
    }
    rc = rc == EB_OK ? eb_config_environment(c, environ, file != NULL, err) : rc;
    rc = rc == EB_OK ? take_options(job->args, c, err) : rc;
    return rc == EB_OK ? take_challengers(job->args, c, err) : rc;
}

/* "unix:PATH" -> PATH; "binance"; "" or "paper": an exchange of our own. */
static int choose_venue(struct job *job, struct eb_err *err)
{
    const char *venue = eb_args_text(job->args, "venue");
    venue = venue != NULL ? venue : job->config.venue;
    job->o.own_venue = venue[0] == '\0' || strcmp(venue, "paper") == 0;
    job->sockets = job->o.own_venue && job->config.paper.speed_ppm == EB_PPM;
    if (job->o.own_venue) {
        return EB_OK;
    }
    if (strcmp(venue, "binance") == 0) {
        job->on_binance = true;
        return EB_OK;
    }
    if (strncmp(venue, "unix:", 5) != 0 || venue[5] == '\0') {
        return eb_err_set(err, EB_E_INVALID, "run", "--venue %s: paper, binance, or unix:PATH of an `exitbrain sim`",
                          venue);
    }
    int n = snprintf(job->socket, sizeof(job->socket), "%s", venue + 5);
    return n < (int)sizeof(job->socket)
               ? EB_OK
               : eb_err_set(err, EB_E_INVALID, "run", "--venue: path longer than %zu bytes", sizeof(job->socket) - 1);
}

static int check_service(struct job *job, struct eb_err *err)
{
    job->service = job->config.state_dir[0] != '\0';
    if (job->service && job->o.own_venue) {
        return eb_err_set(err, EB_E_INVALID, "run",
                          "--state (state.dir) remembers an account, and this run would make a new exchange: start "
                          "`exitbrain sim --listen unix:PATH` and name it with --venue (venue.address)");
    }
    if (job->service && eb_args_text(job->args, "out") != NULL) {
        return eb_err_set(err, EB_E_INVALID, "run", "--out: a service with --state keeps its record there");
    }
    return EB_OK;
}

/* Before anything is made: addresses, the key, and where orders are to leave, the preflight. */
static int check_binance(struct job *job, struct eb_err *err)
{
    const struct eb_ev_config *mode = &job->config.engine.mode;
    if (eb_args_text(job->args, "config") == NULL && eb_args_text(job->args, "print-config") == NULL) {
        return eb_err_set(
            err, EB_E_INVALID, "run",
            "--venue binance wants --config: modes and key are those of a service, not of a demonstration "
            "(`exitbrain init` writes one)");
    }
    if (eb_args_has(job->args, "print-config")) {
        return EB_OK;
    }
    const char *state = job->service ? job->config.state_dir : NULL;
    int rc = eb_run_binance_prepare(&job->binance, &job->config, state, err);
    bool leaves = mode->executor_live && mode->rollout_enabled;
    return rc == EB_OK && leaves ? eb_run_binance_may_trade(&job->binance, err) : rc;
}

static int read_options(struct job *job, struct eb_err *err)
{
    const struct eb_args *a = job->args;
    int64_t start_ms = eb_clock_epoch_ms();
    int rc = choose_venue(job, err);
    rc = rc == EB_OK ? check_service(job, err) : rc;
    rc = rc == EB_OK ? eb_args_duration(a, "for", 1000, 365 * DAY_MS, &job->for_ms, err) : rc;
    if (rc == EB_OK && eb_args_text(a, "start") != NULL) {
        rc = eb_when_parse("--start", eb_args_text(a, "start"), 0, &start_ms, err);
    }
    if (rc == EB_OK && start_ms < 30 * DAY_MS) {
        rc = eb_err_set(err, EB_E_INVALID, "run", "--start: %" PRId64 " ms is too early: a history comes before it",
                        start_ms);
    }
    if (rc == EB_OK && eb_args_text(a, "json") != NULL) {
        rc = eb_output_probe(eb_args_text(a, "json"), err);
    }
    rc = rc == EB_OK && job->on_binance ? check_binance(job, err) : rc;
    const char *policies = job->config.policies[0] != '\0' ? job->config.policies : NULL;
    rc = rc == EB_OK ? eb_policy_choose(policies, &job->o.choice, err) : rc;
    job->o.choice.profile = job->config.profile[0] != '\0' ? job->config.profile : NULL;
    job->o.choice.legacy_trailing = job->config.legacy_trailing;
    job->start_ms = start_ms - start_ms % FRAME_MS;
    return rc;
}

/* ---- the place --------------------------------------------------------------------------------------------------- */

static int write_config(struct job *job, struct eb_err *err)
{
    char path[EB_RECORD_PATH_MAX];
    struct eb_buffer text;
    eb_buffer_init(&text, DOCUMENT_MAX);
    eb_config_print(&job->config, &text);
    int rc = eb_record_path(job->dir, EB_RECORD_CONFIG, path, err);
    rc = rc == EB_OK ? eb_output_write(path, &text, err) : rc;
    eb_buffer_deinit(&text);
    return rc;
}

static int make_place(struct job *job, struct eb_err *err)
{
    if (job->service) {
        (void)snprintf(job->dir, sizeof(job->dir), "%s", job->config.state_dir);
        return eb_state_make(job->dir, err);
    }
    int rc = eb_record_create(eb_args_text(job->args, "out"), eb_clock_epoch_ms(), job->dir, err);
    if (rc != EB_OK) {
        job->dir[0] = '\0';
        return rc;
    }
    rc = eb_record_path(job->dir, EB_RECORD_TAPE, job->tape, err);
    job->o.tape = job->tape;
    return rc == EB_OK ? write_config(job, err) : rc;
}

static int choose_sockets(struct job *job, struct eb_err *err)
{
    int rc = EB_OK;
    if (job->config.control[0] != '\0') {
        int n = snprintf(job->control, sizeof(job->control), "%s", job->config.control);
        rc = n < (int)sizeof(job->control)
                 ? EB_OK
                 : eb_err_set(err, EB_E_INVALID, "run", "control.socket: longer than the %zu bytes of a socket's path",
                              sizeof(job->control) - 1);
    } else {
        rc = eb_state_socket_for(job->dir, "control.sock", job->control, err);
    }
    return rc == EB_OK && job->o.own_venue ? eb_state_socket_for(job->dir, "venue.sock", job->socket, err) : rc;
}

static int prepare(struct job *job, struct eb_err *err)
{
    const char *log = eb_args_text(job->args, "log");
    int rc = make_place(job, err);
    rc = rc == EB_OK ? eb_record_path(job->dir, EB_RECORD_LOG, job->logfile, err) : rc;
    log = log != NULL ? log : job->logfile;
    rc = rc == EB_OK ? eb_run_log_open(&job->log, log, (enum eb_log_level)job->config.log_level, err) : rc;
    rc = rc == EB_OK ? choose_sockets(job, err) : rc;
    if (eb_args_text(job->args, "tape") != NULL) {
        job->o.tape = eb_args_text(job->args, "tape");
    }
    job->o.config = job->config;
    job->o.state_dir = job->dir;
    job->o.control = job->control;
    job->o.for_ms = job->for_ms;
    job->o.on_terminal = isatty(STDERR_FILENO) != 0;
    job->o.log = &job->log.log;
    job->o.listener = strcmp(log, "-") == 0 ? NULL : eb_view_line; /* one stream of lines, not two mixed */
    job->o.listener_user = &job->view;
    job->log.said = job->o.listener;
    job->log.said_user = &job->view;
    return rc;
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

static void draw(void *user)
{
    struct job *job = user;
    eb_view_draw(&job->view, job->live);
    eb_timer_set(job->draw, DRAW_NS);
}

static int report(struct job *job, bool *good, struct eb_err *err)
{
    const char *json = eb_args_text(job->args, "json");
    struct eb_run_verdict verdict;
    struct eb_buffer text;
    char path[EB_RECORD_PATH_MAX];
    eb_buffer_init(&text, DOCUMENT_MAX);
    int rc = eb_run_judge(job->live, &verdict, err);
    if (rc == EB_OK) {
        *good = verdict.good;
        eb_run_json(job->live, &verdict, job->live->ran_ms, &text);
        rc = eb_record_path(job->dir, EB_RECORD_REPORT, path, err);
        rc = rc == EB_OK ? eb_output_write(path, &text, err) : rc;
        rc = rc == EB_OK && json != NULL ? eb_output_write(json, &text, err) : rc;
    }
    if (rc == EB_OK && (json == NULL || strcmp(json, "-") != 0)) {
        eb_buffer_clear(&text);
        eb_run_summary(job->live, &verdict, job->live->ran_ms, eb_may_colour(stdout), &text);
        (void)eb_buffer_printf(&text, "record   %s (exitbrain explain SYMBOL --record %s)\n", job->dir, job->dir);
        rc = eb_output_write("-", &text, err);
    } else if (rc == EB_OK && !verdict.good) {
        eb_complain("run", "%s", eb_buffer_str(&verdict.problems));
    }
    eb_run_verdict_deinit(&verdict);
    eb_buffer_deinit(&text);
    return rc;
}

/* At wall time the demonstration is the real client over real sockets; any other speed is virtual time, in lockstep. */
static int start_paper(struct job *job, int64_t length_ms, struct eb_err *err)
{
    int rc = eb_run_paper_start(&job->paper, job->loop, &job->config, job->dir, job->start_ms, length_ms, err);
    if (rc == EB_OK) {
        eb_run_paper_config(&job->paper, &job->config);
        rc = eb_run_binance_prepare(&job->binance, &job->config, NULL, err);
        job->o.config = job->config;
        job->o.venue_ended = &job->paper.ended;
    }
    return rc;
}

static void choose_link(struct job *job)
{
    if (!job->on_binance && !job->sockets) {
        job->o.venue = job->socket;
        job->wire.path = job->socket;
        job->o.open_venue = eb_venue_wire(&job->wire);
        return;
    }
    job->log.log.now_ms = eb_clock_epoch_ms(); /* until the exchange says its own */
    job->o.venue = job->binance.setup.rest;
    job->binance.venue.log = &job->log.log;
    job->o.open_venue = eb_venue_binance(&job->binance.venue);
    job->o.may_trade = job->on_binance ? eb_run_binance_may_trade : NULL;
    job->o.may_trade_user = &job->binance;
    job->o.allow_multi_assets = job->config.binance.allow_multi_assets;
}

static int start(struct job *job, struct eb_err *err)
{
    int64_t length_ms = (int64_t)((eb_i128)job->for_ms * job->config.paper.speed_ppm / EB_PPM);
    int rc = prepare(job, err);
    rc = rc == EB_OK ? eb_loop_create(&job->loop, err) : rc;
    rc = rc == EB_OK && job->sockets ? start_paper(job, length_ms, err) : rc;
    choose_link(job);
    job->live = calloc(1, sizeof(*job->live));
    if (rc == EB_OK && job->live == NULL) {
        rc = eb_err_set(err, EB_E_MEMORY, "run", "out of memory");
    }
    rc = rc == EB_OK ? eb_live_open(job->live, job->loop, &job->o, err) : rc;
    if (rc == EB_OK && job->o.own_venue && !job->sockets) {
        rc = eb_run_venue_start(job->loop, &job->config, job->socket, job->start_ms, length_ms, &job->venue, err);
    }
    rc = rc == EB_OK ? eb_timer_open(job->loop, draw, job, &job->draw, err) : rc;
    if (rc == EB_OK) {
        eb_timer_set(job->draw, DRAW_NS);
    }
    return rc;
}

static int finish(struct job *job, struct eb_err *err)
{
    int rc = EB_OK;
    if (job->dir[0] != '\0' && job->opened) { /* before the journal is free: whoever takes it announces itself */
        eb_state_withdraw(job->dir);
    }
    if (job->live != NULL && job->loop != NULL) {
        rc = eb_live_close(job->live, err);
    }
    free(job->live);
    job->live = NULL;
    eb_timer_close(job->draw);
    eb_child_close(job->venue);
    eb_run_paper_stop(&job->paper);
    if (job->sockets && job->dir[0] != '\0') {
        eb_record_remove_keys(job->dir);
    }
    if (job->loop != NULL) {
        eb_loop_destroy(job->loop);
    }
    eb_run_log_close(&job->log);
    return rc;
}

static enum eb_status status_of(const struct job *job, int rc, bool good)
{
    if (job->unreachable) {
        return EB_STATUS_UNREACHABLE;
    }
    if (rc == EB_OK) {
        return good ? EB_STATUS_DONE : EB_STATUS_BAD_NEWS;
    }
    /* A disk that is full may get better; wrong options, or another account's journal, do not by trying again. */
    bool may_pass = rc == EB_E_IO || rc == EB_E_MEMORY;
    return job->begun || (may_pass && job->live_opened) ? EB_STATUS_BAD_NEWS : EB_STATUS_USAGE;
}

static enum eb_status work(struct job *job, struct eb_err *err)
{
    bool json_only = eb_args_text(job->args, "json") != NULL && strcmp(eb_args_text(job->args, "json"), "-") == 0;
    bool good = job->service;
    eb_view_open(&job->view, json_only || job->service ? stderr : stdout);
    int rc = start(job, err);
    if (rc == EB_OK && json_only) {
        fprintf(stderr, "record   %s\n", job->dir);
    }
    job->live_opened = rc == EB_OK;
    if (rc == EB_OK) {
        rc = eb_live_run(job->live, err);
        job->unreachable = rc == EB_E_NOT_FOUND;
    }
    job->opened = job->live != NULL && job->live->host != NULL;
    job->begun = job->opened && job->live->started_ms != 0;
    if (job->opened && (!job->service || eb_args_text(job->args, "json") != NULL)) {
        eb_book_finish(&job->live->book, job->live->now_ms);
        rc = rc == EB_OK ? report(job, &good, err) : rc;
    }
    struct eb_err closing = {0};
    int closed = finish(job, &closing);
    if (closed != EB_OK && rc == EB_OK) {
        rc = eb_err_set(err, closed, "run", "%s", closing.msg);
    }
    eb_view_close(&job->view);
    if (!job->opened && !job->service && job->dir[0] != '\0') {
        eb_record_remove(job->dir);
    }
    eb_record_tidy();
    return status_of(job, rc, good);
}

static enum eb_status print_config(const struct job *job, struct eb_err *err)
{
    struct eb_buffer text;
    eb_buffer_init(&text, DOCUMENT_MAX);
    eb_config_print(&job->config, &text);
    int rc = eb_output_write("-", &text, err);
    eb_buffer_deinit(&text);
    return rc == EB_OK ? EB_STATUS_DONE : EB_STATUS_BAD_NEWS;
}

static enum eb_status run(const struct eb_args *a)
{
    struct eb_err err = {0};
    enum eb_status status = EB_STATUS_USAGE;
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL) {
        eb_complain("run", "out of memory");
        return EB_STATUS_BAD_NEWS;
    }
    job->args = a;
    if (read_config(job, &err) == EB_OK && read_options(job, &err) == EB_OK) {
        status = eb_args_has(a, "print-config") ? print_config(job, &err) : work(job, &err);
    }
    if (err.code != EB_OK && status != EB_STATUS_DONE) {
        eb_complain("run", "%s", err.msg);
    }
    eb_venue_binance_close(&job->binance.venue); /* where it was prepared and no more */
    free(job);
    return status;
}

const struct eb_subcommand eb_cmd_run = {
    .name = "run",
    .arguments = "[OPTIONS]",
    .summary = "the engine, in the foreground, one account",
    .about =
        "Without --venue: six simulated symbols whose history ends in a known regime, positions that another system\n"
        "opens, and the engine that exits them. At the end every position is explained. Exit status 0: each was\n"
        "decided by the policy, protected in time, and every exit agrees with the exchange's own books.\n"
        "Meanwhile, from another terminal: exitbrain status, positions, explain, doctor, reload ...",
    .option = options,
    .option_count = EB_COUNT(options),
    .run = run,
};
