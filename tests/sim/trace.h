/* SPDX-License-Identifier: Apache-2.0 */
/* The trace of a run: a hash over every action, and the last events that were not quiet, to be read afterwards. */
#pragma once

#include <stdio.h>

#include <exitbrain/engine.h>

#define TRACE_KEPT 40
#define TRACE_ACTIONS 12

struct trace_entry {
    uint64_t number;
    struct eb_event ev;
    struct eb_ev_position position;
    struct eb_ev_command command;
    struct eb_ev_signal signal;
    char answer[160]; /* VERDICT, POLICY_FAILED */
    bool durable;
    uint16_t count;
    struct eb_action action[TRACE_ACTIONS];
};

struct trace {
    uint64_t hash, number;
    bool verbose;
    uint32_t next, held;
    struct trace_entry entry[TRACE_KEPT];
};

void trace_begin(struct trace *t, bool verbose);
/* After each step; engine for its durable hash, now and then. */
void trace_step(struct trace *t, const struct eb_event *ev, const struct eb_actions *actions,
                const struct eb_engine *engine);
/* The last events, oldest first, a line each with its actions beneath. */
void trace_print(const struct trace *t, FILE *out);
