/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the control socket: what each takes, and the questions among them. */
#include "app/control_inner.h"

#include <stdlib.h>

#include "app/doctor.h"
#include "app/when.h"

/* The symbol that a question is about, if it names one. false: q says why not. */
static bool asked_symbol(struct eb_request *q, eb_symbol_id *symbol)
{
    *symbol = q->args.symbol != NULL ? eb_answer_symbol(q->live, q->args.symbol, &q->answer) : EB_NO_SYMBOL;
    return q->args.symbol == NULL || *symbol != EB_NO_SYMBOL;
}

static enum eb_control_when status(struct eb_request *q)
{
    eb_answer_status(q->live, &q->answer);
    return EB_ANSWER_NOW;
}

static enum eb_control_when positions(struct eb_request *q)
{
    eb_symbol_id symbol;
    if (asked_symbol(q, &symbol)) {
        eb_answer_positions(q->live, symbol, q->args.all, &q->answer);
    }
    return EB_ANSWER_NOW;
}

static enum eb_control_when orders(struct eb_request *q)
{
    eb_symbol_id symbol;
    if (asked_symbol(q, &symbol)) {
        eb_answer_orders(q->live, symbol, &q->answer);
    }
    return EB_ANSWER_NOW;
}

static enum eb_control_when owners(struct eb_request *q)
{
    int64_t since_ms = 0;
    if (!q->args.ledger) {
        if (q->args.since != NULL) {
            return eb_request_refuse(q, EB_STATUS_USAGE, "args.since: belongs to the ledger");
        }
        eb_answer_owners(q->live, &q->answer);
        return EB_ANSWER_NOW;
    }
    struct eb_err err = {0};
    if (q->args.since != NULL &&
        eb_when_parse("--since", q->args.since, q->live->started_ms, &since_ms, &err) != EB_OK) {
        return eb_request_refuse(q, EB_STATUS_USAGE, "%s", err.msg);
    }
    eb_answer_ledger(q->live, since_ms, &q->answer);
    return EB_ANSWER_NOW;
}

static enum eb_control_when explain(struct eb_request *q)
{
    eb_answer_explain(q->live, q->args.symbol, &q->answer);
    return EB_ANSWER_NOW;
}

static enum eb_control_when version(struct eb_request *q)
{
    eb_answer_version(q->live, &q->answer);
    return EB_ANSWER_NOW;
}

static enum eb_control_when doctor(struct eb_request *q)
{
    struct eb_findings *f = calloc(1, sizeof(*f));
    if (f == NULL) {
        return eb_request_refuse(q, EB_STATUS_BAD_NEWS, "out of memory");
    }
    eb_doctor_examine(q->live, f);
    if (!q->answer.no_text) {
        eb_doctor_text(f, q->answer.colour, q->args.all, &q->answer.text);
    }
    if (!q->answer.no_doc) {
        eb_doctor_doc(f, &q->answer.doc);
    }
    q->answer.status = f->bad > 0 ? EB_STATUS_BAD_NEWS : EB_STATUS_DONE;
    free(f);
    return EB_ANSWER_NOW;
}

#define SHOWN (EB_ARG(COLOUR) | EB_ARG(COLUMNS) | EB_ARG(WANT)) /* how the answer looks */
#define DONE (SHOWN | EB_ARG(ID) | EB_ARG(WHY))                 /* what it is remembered by */
const struct eb_control_command eb_control_commands[] = {
    {"status", SHOWN, 0, status},
    {"positions", SHOWN | EB_ARG(SYMBOL) | EB_ARG(ALL), 0, positions},
    {"orders", SHOWN | EB_ARG(SYMBOL), 0, orders},
    {"owners", SHOWN | EB_ARG(LEDGER) | EB_ARG(SINCE), 0, owners},
    {"explain", SHOWN | EB_ARG(SYMBOL), EB_ARG(SYMBOL), explain},
    {"doctor", SHOWN | EB_ARG(ALL), 0, doctor},
    {"version", SHOWN, 0, version},
    {"pause", DONE, 0, eb_control_pause},
    {"resume", DONE, 0, eb_control_resume},
    {"flatten", DONE | EB_ARG(SYMBOL) | EB_ARG(YES), 0, eb_control_flatten},
    {"release", DONE | EB_ARG(SYMBOL), EB_ARG(SYMBOL), eb_control_release},
    {"adopt", DONE | EB_ARG(SYMBOL), EB_ARG(SYMBOL), eb_control_adopt},
    {"confirm", DONE | EB_ARG(SYMBOL), EB_ARG(SYMBOL), eb_control_allow},
    {"rearm", DONE | EB_ARG(SYMBOL), EB_ARG(SYMBOL), eb_control_rearm},
    {"mode", DONE | EB_ARG(EXECUTOR) | EB_ARG(ROLLOUT) | EB_ARG(EXIT) | EB_ARG(YES), 0, eb_control_mode},
    {"signal", DONE | EB_ARG(SYMBOL) | EB_ARG(NAME) | EB_ARG(VALUE) | EB_ARG(FOR) | EB_ARG(CLEAR), 0,
     eb_control_signal},
    {"reload", SHOWN | EB_ARG(WHY) | EB_ARG(DIR) | EB_ARG(CONFIRM) | EB_ARG(CHALLENGER), 0, eb_control_reload},
    {"plan", SHOWN | EB_ARG(DIR) | EB_ARG(ALL), 0, eb_control_plan},
    {"rollback", SHOWN | EB_ARG(WHY), 0, eb_control_rollback},
};
const unsigned eb_control_command_count = EB_COUNT(eb_control_commands);
