/* SPDX-License-Identifier: Apache-2.0 */
/* A process that ends and another that begins with its image: what was recorded until then, and nothing else. */
#pragma once

#include "fixture.h"

#define REBORN_BYTES (128 * 1024)

struct image {
    unsigned char bytes[REBORN_BYTES];
    size_t at[64]; /* where each part begins; parts + 1 of them are meant */
    unsigned parts;
};

/* The durable state of e as it is now. */
void image_take(const struct eb_engine *e, struct image *out);
/* Gives all parts to e, which is new: the first code that is not EB_OK, or that of image_done. */
int image_give(const struct image *m, struct eb_engine *e, int64_t now_ns, int64_t now_ms, struct eb_err *err);
/* Another process at the time of f, with the state of m. It rests. */
struct fx *reborn(const struct image *m, const struct eb_engine_config *c, const struct fx *f);
/* The command START, and a picture of one position of symbol 0 (qty "0": none) and so many open orders. */
void fx_start(struct fx *f, bool settled);
void fx_picture(struct fx *f, enum eb_side side, const char *qty, const char *entry,
                const struct eb_ev_open_order *orders, unsigned count);
/* An order of ours as a picture lists it. */
struct eb_ev_open_order as_listed(const struct eb_order_request *o);
