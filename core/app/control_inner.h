/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the control server share and nobody else sees.
 *
 *     line --control_request.c--> eb_request --table, control_*.c--> answer --control.c--> line
 */
#pragma once

#include <cjson/cJSON.h>

#include "app/answer.h"
#include "app/control.h"

struct eb_control;
struct eb_control_client;

/* Keys of args. A command names those that it takes, and those that it cannot do without, as bits. */
enum eb_control_arg {
    EB_ARG_COLOUR = 0,
    EB_ARG_COLUMNS,
    EB_ARG_WANT,
    EB_ARG_SYMBOL,
    EB_ARG_ALL,
    EB_ARG_YES,
    EB_ARG_ID,
    EB_ARG_WHY,
    EB_ARG_DIR,
    EB_ARG_CONFIRM,
    EB_ARG_EXECUTOR,
    EB_ARG_ROLLOUT,
    EB_ARG_EXIT,
    EB_ARG_LEDGER,
    EB_ARG_SINCE,
    EB_ARG_CHALLENGER,
    EB_ARG_NAME,
    EB_ARG_VALUE,
    EB_ARG_FOR,
    EB_ARG_CLEAR,
    EB_ARG_COUNT
};
#define EB_ARG(name) (1u << EB_ARG_##name)

/* Values of args; texts are borrowed from the request, NULL where not given. */
struct eb_control_args {
    bool colour, all, yes, ledger, clear;
    int64_t columns; /* 0: as wide as it is */
    uint64_t id;     /* idempotency id; 0 not given */
    const char *want, *symbol, *why, *dir, *confirm, *executor, *rollout, *exit, *since, *challenger, *name, *value,
        *for_how_long;
};

enum eb_control_when {
    EB_ANSWER_NOW = 0,
    EB_ANSWER_DURABLE, /* when record seq is */
    EB_ANSWER_LATER,   /* when eb_request_ready() is called */
};

struct eb_request;
struct eb_control_command {
    const char *name;
    unsigned takes, needs;
    enum eb_control_when (*run)(struct eb_request *q);
};
extern const struct eb_control_command eb_control_commands[];
extern const unsigned eb_control_command_count;

#define EB_CONTROL_ID_MAX 65 /* bytes of a request's id with its zero */

/* One request on its way to its answer. May outlive its client. */
struct eb_request {
    struct eb_request *next;
    struct eb_control *control;
    struct eb_control_client *client; /* NULL: gone meanwhile */
    struct eb_live *live;
    cJSON *root; /* what was asked */
    char id[EB_CONTROL_ID_MAX];
    bool has_id;
    char who[EB_NAME_MAX];
    const struct eb_control_command *command;
    struct eb_control_args args;
    struct eb_answer answer;
    enum eb_control_when when;
    uint64_t seq; /* EB_ANSWER_DURABLE: the record that must be durable; 0 none */
};

/*
 * Reads one line into q, whose root is then owned by it. EB_OK, or what is wrong with it, in q->answer.err too;
 * EB_E_CORRUPT for what is no request at all.
 */
EB_NODISCARD int eb_request_read(struct eb_request *q, const char *line, size_t len);
/* An error instead of an answer: the status of the command line, and why. Returns EB_ANSWER_NOW. */
enum eb_control_when eb_request_refuse(struct eb_request *q, enum eb_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A request that was put off has its answer now: it goes when q->seq is durable. */
void eb_request_ready(struct eb_request *q);

/*
 * Steps an operator's command with the id of the request, or one of our own. false: it was not taken, and q says so.
 * A command whose id was seen before with the same meaning is not stepped again: *again, and q->seq is the first one's.
 */
EB_NODISCARD bool eb_request_command(struct eb_request *q, struct eb_ev_command *c, eb_symbol_id symbol, bool *again);

/* A line of the answer for people. */
void eb_request_say(struct eb_request *q, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Every open position of a symbol (EB_NO_SYMBOL: of all) with its backstop, as a list of the document; how many. */
unsigned eb_request_list(struct eb_request *q, eb_symbol_id symbol, const char *key);
/* The same as lines for people: "  BTCUSDT LONG 0.05; its backstop at 66000 stays". */
void eb_request_backstops(struct eb_request *q, eb_symbol_id symbol, const char *until);
unsigned eb_open_count(const struct eb_live *l, eb_symbol_id symbol);

/* control_verbs.c, control_mode.c, control_policy.c, control_signal.c */
enum eb_control_when eb_control_pause(struct eb_request *q);
enum eb_control_when eb_control_resume(struct eb_request *q);
enum eb_control_when eb_control_flatten(struct eb_request *q);
enum eb_control_when eb_control_release(struct eb_request *q);
enum eb_control_when eb_control_adopt(struct eb_request *q);
enum eb_control_when eb_control_allow(struct eb_request *q);
enum eb_control_when eb_control_rearm(struct eb_request *q);
enum eb_control_when eb_control_mode(struct eb_request *q);
enum eb_control_when eb_control_reload(struct eb_request *q);
enum eb_control_when eb_control_plan(struct eb_request *q);
enum eb_control_when eb_control_rollback(struct eb_request *q);
enum eb_control_when eb_control_signal(struct eb_request *q);
