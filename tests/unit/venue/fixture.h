/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated exchange with one or two symbols and a listener that keeps everything it hears. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "venue/sim/sim.h"

#define HEARD_MAX 4096

struct heard {
    struct eb_event ev;
    struct eb_ev_position position;
};

struct probe {
    struct eb_sim *sim;
    struct eb_venue venue;
    struct heard heard[HEARD_MAX];
    size_t count;
    int64_t now_ms;
    bool inside; /* the listener is running: it must not be called again from within itself */
    void (*react)(struct probe *p, const struct eb_event *ev); /* called on each event, may call the venue */
    void *user;
};

/* Decimal text to 1e-8; fails the test when it is none. */
int64_t e8(const char *text);
eb_price px(const char *text);
eb_qty qt(const char *text);

/* The instrument of the worked example: tick 0.001, step 1, minimum quantity 1. */
struct eb_ev_instrument instrument(const char *symbol, const char *tick, const char *step);

/* Creates sim with c and symbol 0 ("XYZUSDT", tick 0.001, step 1) and, with symbols_max > 1, 1 ("ABCUSDT", 0.1, 0.001);
 * maintenance 1 %. */
struct probe *probe_new(const struct eb_sim_config *c);
void probe_free(struct probe *p);
/* Attaches the listener again, as a restarted engine would. */
void probe_reattach(struct probe *p);
/* Forgets what was heard. */
void probe_clear(struct probe *p);
/* Moves time on and runs. */
void probe_run(struct probe *p, int64_t ms);

/* How many events of a kind were heard; the n-th (from 0) of it, failing where there is none; the last of it. */
size_t heard_count(const struct probe *p, enum eb_event_kind kind);
const struct eb_event *heard_nth(const struct probe *p, enum eb_event_kind kind, size_t n);
const struct eb_event *heard_last(const struct probe *p, enum eb_event_kind kind);
/* All that was heard as text: one letter an event (F fill, O order with state, P position, A account ...). */
const char *heard_text(const struct probe *p);

eb_client_id client_id(enum eb_purpose purpose, unsigned leg, unsigned attempt);
/* A reduce-only market order of symbol 0 in one-way mode. */
struct eb_order_request market(enum eb_order_side side, const char *qty);
struct eb_order_request limit_gtc(enum eb_order_side side, const char *qty, const char *price, unsigned leg);
struct eb_order_request stop_close(enum eb_order_side side, const char *trigger);
/* Submits and returns the code of the refusal heard, 0 when none was. */
int32_t submit(struct probe *p, const struct eb_order_request *req);
void cancel(struct probe *p, const struct eb_order_request *req);
void query(struct probe *p, const struct eb_order_request *req);

void open_position(struct probe *p, enum eb_side side, const char *qty, const char *price, int leverage);
void quote(struct probe *p, const char *mark, const char *last, const char *bid, const char *ask);
/* Size of a slot, 0 flat; fails the test when an invariant is violated. */
int64_t held(struct probe *p, eb_position_id slot);
const struct eb_sim_trade *last_trade(const struct probe *p);
