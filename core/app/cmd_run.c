/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exitbrain run: configuration -> paper run -> what became of every position. Without --config the embedded default:
 * a simulated account, the engine LIVE on it, whatever the modes of the environment say.
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/clock.h"
#include "app/commands.h"
#include "app/config.h"
#include "app/output.h"
#include "app/paper_loop.h"
#include "app/paper_report.h"
#include "app/record.h"
#include "app/when.h"

extern char **environ;

#define DOCUMENT_MAX ((size_t)256 << 20)
#define FRAME_MS (15 * INT64_C(60000))
#define DAY_MS (24 * INT64_C(3600000))

static const struct eb_option options[] = {
    {"config", EB_OPT_VALUE, "FILE",
     "configuration (exitbrain.lua); without it the embedded default runs LIVE on paper"},
    {"venue", EB_OPT_VALUE, "paper", "where orders go: a simulated account and exchange"},
    {"for", EB_OPT_VALUE, "TIME", "stops by itself (60s, 10m, 2h); default: until Ctrl-C"},
    {"json", EB_OPT_VALUE, "FILE|-", "what became of every position, as one document"},
    {"out", EB_OPT_VALUE, "DIR", "where the run is recorded; default: a new directory in ~/.local/state/exitbrain"},
    {"policies", EB_OPT_VALUE, "DIR", "policy set; default: the shipped one"},
    {"seed", EB_OPT_VALUE, "N", "of the simulated market; default 1"},
    {"speed", EB_OPT_VALUE, "X", "simulated time per wall time, 0.01 to 1000; default 1"},
    {"start", EB_OPT_VALUE, "TIME",
     "simulated time of the beginning (ISO 8601 or epoch ms, cut to 15 minutes); with the same seed and start a run "
     "repeats itself; default: now"},
    {"print-config", EB_OPT_FLAG, NULL, "prints the effective configuration and ends"},
};

struct job {
    const struct eb_args *args;
    struct eb_config config;
    struct eb_paper_options o;
    struct eb_paper *paper;
    struct eb_view view;
    char dir[EB_RECORD_PATH_MAX], tape[EB_RECORD_PATH_MAX];
    int64_t for_ms, ran_ms;
};

/* ---- configuration ----------------------------------------------------------------------------------------------- */

static int take_options(const struct eb_args *a, struct eb_config *c, struct eb_err *err)
{
    static const char *const keys[][2] = {{"seed", "paper.seed"}, {"speed", "paper.speed"}, {"policies", "policy.dir"}};
    int rc = EB_OK;
    for (size_t i = 0; rc == EB_OK && i < EB_COUNT(keys); i++) {
        char what[32];
        const char *text = eb_args_text(a, keys[i][0]);
        (void)snprintf(what, sizeof(what), "--%s", keys[i][0]);
        rc = text != NULL ? eb_config_set(c, keys[i][1], what, text, EB_FROM_COMMAND_LINE, err) : EB_OK;
    }
    return rc;
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
    return rc == EB_OK ? take_options(job->args, c, err) : rc;
}

static int check_venue(const struct eb_args *a, struct eb_err *err)
{
    static const char *const venues[] = {"paper", "binance", NULL};
    int64_t venue = 0;
    int rc = eb_args_choice(a, "venue", venues, &venue, err);
    if (rc == EB_OK && venue != 0) {
        return eb_err_set(err, EB_E_INVALID, "run",
                          "--venue binance: this version has no connection to Binance, a later one will; --venue paper "
                          "is what there is");
    }
    return rc;
}

static int read_options(struct job *job, struct eb_err *err)
{
    const struct eb_args *a = job->args;
    int64_t start_ms = eb_clock_epoch_ms();
    int rc = check_venue(a, err);
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
    const char *policies = job->config.policies[0] != '\0' ? job->config.policies : NULL;
    rc = rc == EB_OK ? eb_policy_choose(policies, &job->o.choice, err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    job->o.choice.profile = job->config.profile[0] != '\0' ? job->config.profile : NULL;
    job->o.config = job->config;
    job->o.start_ms = start_ms - start_ms % FRAME_MS;
    job->o.length_ms = (int64_t)((eb_i128)job->for_ms * job->config.paper.speed_ppm / EB_PPM);
    return EB_OK;
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

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

static int begin(struct job *job, struct eb_err *err)
{
    int rc = eb_record_create(eb_args_text(job->args, "out"), eb_clock_epoch_ms(), job->dir, err);
    if (rc != EB_OK) {
        job->dir[0] = '\0';
        return rc;
    }
    rc = eb_record_path(job->dir, EB_RECORD_TAPE, job->tape, err);
    rc = rc == EB_OK ? write_config(job, err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    job->o.tape = job->tape;
    job->o.listener = eb_view_line;
    job->o.listener_user = &job->view;
    job->paper = calloc(1, sizeof(*job->paper));
    if (job->paper == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "run", "out of memory");
    }
    return eb_paper_open(job->paper, &job->o, err);
}

static int report(struct job *job, bool *good, struct eb_err *err)
{
    const char *json = eb_args_text(job->args, "json");
    char path[EB_RECORD_PATH_MAX];
    struct eb_paper_verdict verdict;
    struct eb_buffer text;
    eb_buffer_init(&text, DOCUMENT_MAX);
    int rc = eb_paper_judge(job->paper, &verdict, err);
    if (rc == EB_OK) {
        *good = verdict.good;
        eb_paper_json(job->paper, &verdict, job->ran_ms, &text);
        rc = eb_record_path(job->dir, EB_RECORD_REPORT, path, err);
        rc = rc == EB_OK ? eb_output_write(path, &text, err) : rc;
        rc = rc == EB_OK && json != NULL ? eb_output_write(json, &text, err) : rc;
    }
    if (rc == EB_OK && (json == NULL || strcmp(json, "-") != 0)) {
        eb_buffer_clear(&text);
        eb_paper_summary(job->paper, &verdict, job->ran_ms, eb_may_colour(stdout), &text);
        (void)eb_buffer_printf(&text, "record   %s (exitbrain explain SYMBOL --record %s)\n", job->dir, job->dir);
        rc = eb_output_write("-", &text, err);
    } else if (rc == EB_OK && !verdict.good) {
        eb_complain("run", "%s", eb_buffer_str(&verdict.problems));
    }
    eb_paper_verdict_deinit(&verdict);
    eb_buffer_deinit(&text);
    return rc;
}

static enum eb_status work(struct job *job, struct eb_err *err)
{
    bool json_only = eb_args_text(job->args, "json") != NULL && strcmp(eb_args_text(job->args, "json"), "-") == 0;
    bool good = false;
    eb_view_open(&job->view, json_only ? stderr : stdout);
    int rc = begin(job, err);
    bool begun = rc == EB_OK;
    if (begun && json_only) {
        fprintf(stderr, "record   %s\n", job->dir);
    }
    rc = rc == EB_OK
             ? eb_paper_loop(job->paper, &job->view, job->for_ms, job->config.paper.speed_ppm, &job->ran_ms, err)
             : rc;
    rc = rc == EB_OK ? report(job, &good, err) : rc;
    if (job->paper != NULL) {
        struct eb_err closing = {0};
        if (eb_paper_close(job->paper, &closing) != EB_OK && rc == EB_OK) {
            rc = eb_err_set(err, closing.code, "run", "%s", closing.msg);
        }
        free(job->paper);
    }
    eb_view_close(&job->view);
    if (!begun && job->dir[0] != '\0') {
        eb_record_remove(job->dir);
    }
    return rc == EB_OK && good ? EB_STATUS_DONE : begun ? EB_STATUS_BAD_NEWS : EB_STATUS_USAGE;
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
    free(job);
    return status;
}

const struct eb_subcommand eb_cmd_run = {
    .name = "run",
    .arguments = "[OPTIONS]",
    .summary = "the engine, in the foreground, one account",
    .about =
        "Six simulated symbols whose history ends in a known regime, positions that another system opens, and the\n"
        "engine that exits them. At the end every position is explained. Exit status 0: each was decided by the\n"
        "policy, protected in time, and every exit agrees with the exchange's own books.",
    .option = options,
    .option_count = EB_COUNT(options),
    .run = run,
};
