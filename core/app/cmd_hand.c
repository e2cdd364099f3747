/* SPDX-License-Identifier: Apache-2.0 */
/* exitbrain hand: one thing that somebody else does at the simulated exchange. */
#include <string.h>

#include "app/commands.h"
#include "app/output.h"
#include "venue/wire/client.h"

#define PATIENCE_NS INT64_C(10000000000)

static const struct eb_option options[] = {
    {"venue", EB_OPT_VALUE, "unix:PATH", "the socket of a running `exitbrain sim`"},
};

struct job {
    struct eb_loop *loop;
    struct eb_wire_client *wire;
    const char *path;
    char text[EB_LINK_TEXT_MAX];
    enum eb_status status;
};

static void finish(struct job *job, enum eb_status status)
{
    job->status = status;
    eb_loop_stop(job->loop);
}

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

static void on_ready(void *user)
{
    struct job *job = user;
    if (eb_wire_client_hand(job->wire, job->text) != EB_OK) {
        eb_complain("hand", "%s: the exchange takes nothing", job->path);
        finish(job, EB_STATUS_UNREACHABLE);
    }
}

static void on_said(void *user, const struct eb_link_said *said)
{
    struct job *job = user;
    if (said->code == EB_OK) {
        printf("%s\n", said->text);
    } else {
        eb_complain("hand", "%s", said->text);
    }
    finish(job, said->code == EB_OK ? EB_STATUS_DONE : EB_STATUS_BAD_NEWS);
}

static void on_lost(void *user, const struct eb_err *err)
{
    struct job *job = user;
    eb_complain("hand", "%s: %s (is `exitbrain sim` running?)", job->path, err->msg);
    finish(job, EB_STATUS_UNREACHABLE);
}

static void on_patience(void *user)
{
    struct job *job = user;
    eb_complain("hand", "%s: no answer within 10 s", job->path);
    finish(job, EB_STATUS_UNREACHABLE);
}

static int join_words(const struct eb_args *a, struct job *job, struct eb_err *err)
{
    size_t len = 0;
    for (unsigned i = 0; i < a->positional_count; i++) {
        int n = snprintf(job->text + len, sizeof(job->text) - len, "%s%s", i > 0 ? " " : "", a->positional[i]);
        if (n < 0 || (size_t)n >= sizeof(job->text) - len) {
            return eb_err_set(err, EB_E_INVALID, "hand", "more than %d characters are no hand", EB_LINK_TEXT_MAX - 1);
        }
        len += (size_t)n;
    }
    return EB_OK;
}

static int say(struct job *job, struct eb_err *err)
{
    const struct eb_wire_client_config c = {.loop = job->loop,
                                            .path = job->path,
                                            .name = "exitbrain hand",
                                            .symbols_max = 1,
                                            .listener = {.user = job,
                                                         .hello = on_hello,
                                                         .symbol = on_symbol,
                                                         .event = on_event,
                                                         .ready = on_ready,
                                                         .said = on_said,
                                                         .lost = on_lost}};
    struct eb_timer *patience = NULL;
    int rc = eb_wire_client_create(&c, &job->wire, err);
    rc = rc == EB_OK ? eb_wire_client_connect(job->wire, err) : rc;
    rc = rc == EB_OK ? eb_timer_open(job->loop, on_patience, job, &patience, err) : rc;
    if (rc == EB_OK) {
        eb_timer_set(patience, PATIENCE_NS);
        eb_loop_run(job->loop);
    }
    eb_timer_close(patience);
    eb_wire_client_destroy(job->wire);
    return rc;
}

static enum eb_status run(const struct eb_args *a)
{
    struct job job = {.path = eb_args_text(a, "venue"), .status = EB_STATUS_USAGE};
    struct eb_err err = {0};
    int rc = EB_OK;
    if (job.path == NULL) {
        rc = eb_err_set(&err, EB_E_INVALID, "hand", "--venue unix:PATH says which exchange is meant");
    } else if (strncmp(job.path, "unix:", 5) == 0) {
        job.path += 5;
    }
    rc = rc == EB_OK ? join_words(a, &job, &err) : rc;
    rc = rc == EB_OK ? eb_loop_create(&job.loop, &err) : rc;
    rc = rc == EB_OK ? say(&job, &err) : rc;
    eb_loop_destroy(job.loop);
    if (rc != EB_OK) {
        eb_complain("hand", "%s", err.msg);
    }
    return job.status;
}

const struct eb_subcommand eb_cmd_hand = {
    .name = "hand",
    .arguments = "--venue unix:PATH WORDS...",
    .summary = "does at the simulated exchange what others do: opens, closes, moves a price, breaks something",
    .about =
        "    open SYMBOL LONG|SHORT NOTIONAL [LEVERAGE]    add SYMBOL NOTIONAL      reduce SYMBOL QUANTITY|all\n"
        "    stop SYMBOL LONG|SHORT TRIGGER [QUANTITY]     limit SYMBOL LONG|SHORT QUANTITY PRICE\n"
        "    cancel SYMBOL ours|all-foreign|all            leverage SYMBOL X        deleverage SYMBOL QUANTITY|all\n"
        "    price SYMBOL PRICE    release SYMBOL          mute SYMBOL [mark|last|book|rest|all]    unmute SYMBOL\n"
        "    fault NAME N          fault NAME rate 1/20    faults off               delist SYMBOL   list SYMBOL\n"
        "    halt    go    funding    drop    status    trades\n\n"
        "SYMBOL '*' (quoted) means all of them for release, mute and unmute. Exit status 1: it was refused, 3: nobody "
        "there.",
    .option = options,
    .option_count = EB_COUNT(options),
    .positional_min = 1,
    .positional_max = 8,
    .run = run,
};
