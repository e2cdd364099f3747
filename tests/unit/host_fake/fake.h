/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scripted engine in place of the real one, and ports that write down every call:
 *     "step PRICE; append d; submit 1; cancel 2; observe PRICE 2; ask 0; step VERDICT 0; ..."
 * so that a test compares the order of everything in a turn with one text.
 */
#pragma once

#include "base/buffer.h"
#include <exitbrain/host.h>

struct fake {
    /* The engine: what a step does (NULL: nothing), its refusal, its next deadline. */
    int (*on_step)(struct fake *f, const struct eb_event *ev, struct eb_actions *out);
    int64_t deadline_ns;
    const struct eb_witness *witness;
    int steps;
    /* The venue: what it does besides being written down (NULL: EB_OK). */
    int (*on_submit)(struct fake *f, const struct eb_order_request *order);
    int (*on_snapshot)(struct fake *f);
    int cancel_code, query_code, refresh_code;
    /* The policy. */
    enum eb_policy_result (*on_ask)(struct fake *f, const struct eb_context *ctx, struct eb_verdict *out,
                                    struct eb_err *err);
    /* The store. */
    uint64_t appended, durable;
    bool append_fails, store_failed;
    bool silent; /* nothing is written down: for long chains */
    struct eb_buffer trace;
    struct eb_host *host;
};

/* The one fake that the scripted engine belongs to; reset by fake_open. */
extern struct fake fake;

/* Makes a host on the fake with all ports, a store that is always durable if durable, and no quiet events. */
struct fake *fake_open(void);
struct eb_host_config fake_config(void);
void fake_open_with(const struct eb_host_config *c);
void fake_close(void);
/* The trace since the last call, as text; it begins anew. */
const char *fake_trace(void);

/* Events and actions in short. */
struct eb_event fake_event(enum eb_event_kind kind, int64_t now);
void fake_submit(struct eb_actions *out, uint32_t id, uint64_t needs_seq, bool urgent);
void fake_cancel(struct eb_actions *out, uint32_t id);
void fake_query(struct eb_actions *out, uint32_t id);
void fake_consult(struct eb_actions *out, eb_position_id position, uint64_t consult_id);
void fake_plain(struct eb_actions *out, enum eb_action_kind kind);

/* An on_submit: with order 1, tells of a fill and of a position with leverage_ppm 7, whose payload it then spoils. */
int fake_fill_and_position(struct fake *f, const struct eb_order_request *order);
