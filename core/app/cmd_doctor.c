/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exitbrain doctor: what is wrong with the running engine. With --venue: the preflight of the exchange that the
 * configuration names, without an engine.
 *
 *     --config -> run_binance.h -> eb_binance_preflight -> findings -> page or document; DIR/preflight.json
 */
#include <stdlib.h>
#include <string.h>

#include "app/clock.h"
#include "app/commands.h"
#include "app/control.h"
#include "app/output.h"
#include "app/run_binance.h"
#include "venue/binance/binance.h"

extern char **environ;

#define MEMBERS_MAX 4096
#define DOCUMENT_MAX ((size_t)1 << 20)
#define PATIENCE_MS INT64_C(90000)
#define NS_IN_MS INT64_C(1000000)

static const struct eb_option options[] = {
    {"all", EB_OPT_FLAG, NULL, "checks that found nothing too, with what they have seen"},
    {"venue", EB_OPT_FLAG, NULL, "the preflight of the exchange, which LIVE wants once; needs no engine"},
    {"config", EB_OPT_VALUE, "FILE",
     "with --venue: the configuration (exitbrain.lua); also --state, --json, --timeout"},
    EB_ASK_OPTIONS,
};

/* ---- the running engine ------------------------------------------------------------------------------------------ */

static enum eb_status ask(const struct eb_args *a)
{
    struct eb_buffer members;
    struct eb_doc d = {.out = &members};
    eb_buffer_init(&members, MEMBERS_MAX);
    if (eb_args_has(a, "all")) {
        eb_doc_bool(&d, "all", true);
    }
    enum eb_status status = eb_control_ask(a, "doctor", eb_buffer_str(&members));
    eb_buffer_deinit(&members);
    return status;
}

/* ---- the preflight ----------------------------------------------------------------------------------------------- */

struct job {
    const struct eb_args *args;
    struct eb_config config;
    struct eb_run_binance binance;
    struct eb_preflight found;
    struct eb_loop *loop;
    struct eb_timer *patience;
    int64_t patience_ms;
    const char *state_dir; /* NULL: nothing is stored */
};

static void on_found(void *user, const struct eb_binance_finding *f)
{
    eb_preflight_add(&((struct job *)user)->found, f->name, f->severity, f->text, f->remedy);
}

static void on_done(void *user, int worst)
{
    struct job *job = user;
    job->found.worst = worst;
    eb_loop_stop(job->loop);
}

static void on_patience(void *user)
{
    eb_loop_stop(((struct job *)user)->loop);
}

/* A preflight does not connect: nobody hears of these. */
static bool on_hello(void *user, const struct eb_link_hello *hello, struct eb_err *err)
{
    (void)user;
    (void)hello;
    (void)err;
    return true;
}

static eb_symbol_id on_symbol(void *user, const char *name)
{
    (void)user;
    (void)name;
    return EB_NO_SYMBOL;
}

static void on_event(void *user, const struct eb_event *ev)
{
    (void)user;
    (void)ev;
}

static void on_lost(void *user, const struct eb_err *err)
{
    (void)user;
    (void)err;
}

static int read_config(struct job *job, struct eb_err *err)
{
    const char *file = eb_args_text(job->args, "config");
    const char *state = eb_args_text(job->args, "state");
    struct eb_config *c = &job->config;
    eb_config_default(c);
    int rc = file != NULL ? eb_config_read(c, file, err) : EB_OK;
    rc = rc == EB_OK ? eb_config_environment(c, environ, true, err) : rc;
    rc = rc == EB_OK && state != NULL ? eb_config_set(c, "state.dir", "--state", state, EB_FROM_COMMAND_LINE, err) : rc;
    job->state_dir = c->state_dir[0] != '\0' ? c->state_dir : NULL;
    job->patience_ms = PATIENCE_MS;
    rc = rc == EB_OK ? eb_args_duration(job->args, "timeout", 1000, 600000, &job->patience_ms, err) : rc;
    rc = rc == EB_OK && job->state_dir != NULL ? eb_state_make(job->state_dir, err) : rc;
    return rc == EB_OK ? eb_run_binance_prepare(&job->binance, c, job->state_dir, err) : rc;
}

static int examine(struct job *job, struct eb_err *err)
{
    const struct eb_link_listener listener = {
        .user = job, .hello = on_hello, .symbol = on_symbol, .event = on_event, .lost = on_lost};
    struct eb_venue_binance *v = &job->binance.venue;
    job->found.of = eb_run_binance_of(&job->binance);
    job->found.at_ms = eb_clock_epoch_ms();
    job->found.worst = -1;
    int rc = eb_venue_binance_open(v, job->loop, &listener, err);
    rc = rc == EB_OK ? eb_timer_open(job->loop, on_patience, job, &job->patience, err) : rc;
    rc = rc == EB_OK ? eb_binance_preflight(v->binance, on_found, on_done, job, err) : rc;
    if (rc == EB_OK) {
        eb_timer_set(job->patience, job->patience_ms * NS_IN_MS);
        eb_loop_run(job->loop);
        job->found.at_ms = eb_clock_epoch_ms();
    }
    return rc;
}

/* What it comes to: the exchange did not answer at all, something is refused, or it may begin. */
static enum eb_status status_of(const struct job *job)
{
    if (job->found.worst < 0) {
        return EB_STATUS_UNREACHABLE;
    }
    return job->found.worst >= 2 ? EB_STATUS_BAD_NEWS : EB_STATUS_DONE;
}

static int tell(struct job *job, struct eb_err *err)
{
    struct eb_buffer out;
    eb_buffer_init(&out, DOCUMENT_MAX);
    if (eb_args_has(job->args, "json")) {
        eb_preflight_json(&job->found, &out);
    } else {
        eb_preflight_text(&job->found, eb_may_colour(stdout), &out);
    }
    int rc = eb_output_write("-", &out, err);
    eb_buffer_deinit(&out);
    return rc;
}

static enum eb_status conclude(struct job *job, struct eb_err *err)
{
    enum eb_status status = status_of(job);
    if (job->found.worst < 0) {
        (void)eb_err_set(err, EB_E_NOT_FOUND, "doctor", "%s does not answer in time: look at the network%s",
                         job->found.of.rest, job->found.count > 0 ? "; what was found until then is above" : "");
    }
    if (job->found.count > 0 || job->found.worst >= 0) {
        int rc = tell(job, job->found.worst < 0 ? NULL : err);
        status = rc == EB_OK ? status : EB_STATUS_BAD_NEWS;
    }
    if (job->found.worst >= 0 && job->state_dir != NULL &&
        eb_preflight_write(job->state_dir, &job->found, err) != EB_OK) {
        return EB_STATUS_BAD_NEWS;
    }
    if (job->found.worst >= 0 && job->state_dir == NULL) {
        fprintf(stderr, "not stored, since no state.dir is named: LIVE wants it there\n");
    }
    return status;
}

static enum eb_status preflight(const struct eb_args *a)
{
    struct eb_err err = {0};
    enum eb_status status = EB_STATUS_USAGE;
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL) {
        eb_complain("doctor", "out of memory");
        return EB_STATUS_BAD_NEWS;
    }
    job->args = a;
    int rc = read_config(job, &err);
    rc = rc == EB_OK ? eb_loop_create(&job->loop, &err) : rc;
    rc = rc == EB_OK ? examine(job, &err) : rc;
    if (rc == EB_OK) {
        status = conclude(job, &err);
    }
    eb_venue_binance_close(&job->binance.venue);
    if (job->loop != NULL) {
        eb_timer_close(job->patience);
        eb_loop_destroy(job->loop);
    }
    if (err.code != EB_OK) {
        eb_complain("doctor", "%s", err.msg);
    }
    free(job);
    return status;
}

static enum eb_status run(const struct eb_args *a)
{
    bool venue = eb_args_has(a, "venue");
    if (!venue && eb_args_text(a, "config") != NULL) {
        eb_complain("doctor", "--config belongs to --venue; a running engine is named by --state");
        return EB_STATUS_USAGE;
    }
    return venue ? preflight(a) : ask(a);
}

const struct eb_subcommand eb_cmd_doctor = {
    .name = "doctor",
    .arguments = "[--venue] [OPTIONS]",
    .summary = "what is wrong with the running engine, or (--venue) with the exchange's account: evidence and remedy",
    .about =
        "Exit status 0: nothing is; 1: something is. --venue looks at key, permissions, clock, modes, order slots,\n"
        "streams and filters of the account, without placing an order, and keeps the result beside the state: LIVE\n"
        "wants one that is not older than 30 days. 3: the exchange does not answer.",
    .option = options,
    .option_count = EB_COUNT(options),
    .run = run,
};
