/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One account of the simulated exchange alone: a scripted market and clock, and a listener that writes down what the
 * account would tell its clients. The market's, the streams' and the faults' functions are doubles (rig.c).
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "venue/fapi/book.h"

enum { BTC = 0, ETH, DUST, RIG_SYMBOLS }; /* DUST: its filters are no filters, as of symbols that do not trade yet */

struct rig {
    struct eb_fapi f;
    struct fapi_symbol symbol[RIG_SYMBOLS];
    struct fapi_account *a;
    char heard[16384];
    size_t len;
    bool stuck;
    int64_t trigger_ms;
};
struct rig_options {
    bool hedge, cross, no_trade;
    int64_t balance; /* whole; 0: 100,000 */
    uint32_t slots_max;
};

int64_t e8(const char *text);
struct rig *rig_new(const struct rig_options *o); /* NULL: one-way, isolated */
void rig_free(struct rig *r);                     /* after rig_check() */
void rig_drop(struct rig *r);                     /* without it */
/* Moves time on, and what is due with it. */
void rig_run(struct rig *r, int64_t ms);
/* All prices of a symbol; bid and ask one tick around it. */
void rig_price(struct rig *r, uint32_t symbol, const char *price);
void rig_mark(struct rig *r, uint32_t symbol, const char *price); /* only the mark */
void rig_last(struct rig *r, uint32_t symbol, const char *price); /* only the last trade */
/* What was heard since the last call, one happening a line; compares and forgets. */
void rig_heard(struct rig *r, const char *expected);
void rig_forget(struct rig *r);

/* Terms: of BTC, one-way, GTC, RESULT. */
struct fapi_terms rig_market(uint8_t side, const char *qty);
struct fapi_terms rig_limit(uint8_t side, const char *qty, const char *price);
struct fapi_terms rig_stop(uint8_t type, uint8_t side, const char *qty, const char *trigger);
struct fapi_terms rig_named(struct fapi_terms t, const char *client_id);
struct fapi_terms rig_reduce(struct fapi_terms t);
struct fapi_terms rig_leg(struct fapi_terms t, uint8_t position_side);
/* Places and expects success. */
const struct fapi_order *rig_place(struct rig *r, struct fapi_terms t);
const struct fapi_algo *rig_algo(struct rig *r, struct fapi_terms t);
/* Opens by a market order of the account's own, and forgets what that has told. */
void rig_open(struct rig *r, uint32_t symbol, uint8_t side, const char *qty);
eb_qty rig_size(struct rig *r, uint32_t symbol, unsigned leg);
/* No invariant of the matching engine is broken. */
void rig_check(struct rig *r);
