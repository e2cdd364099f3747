/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Books: the best levels, or what has changed since the last message, as updates that a client applies to the book of
 * GET depth. Each message covers (pu, u]. A message knows the book before and after it and nothing between; so GET
 * depth has what is pending told first, and takes a number of its own, which the next message covers.
 */
#include "venue/fapi/streams.h"

static void put_level(struct eb_buffer *b, const char **between, const struct fapi_symbol *y, eb_price price,
                      eb_qty qty)
{
    fapi_put(b, *between);
    *between = ",";
    fapi_put(b, "[\"");
    fapi_put_e8(b, price.e8, y->price_precision);
    fapi_put(b, "\",\"");
    fapi_put_e8(b, qty.e8, y->quantity_precision);
    fapi_put(b, "\"]");
}

static void put_levels(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_level *level, uint32_t count)
{
    const char *between = "";
    for (uint32_t i = 0; i < count; i++) {
        put_level(b, &between, y, level[i].price, level[i].qty);
    }
}

/* What turns one side into another; both best first, sign 1 where prices fall (bids). */
static void put_changes(struct eb_buffer *b, const struct fapi_symbol *y, const struct fapi_level *was, uint32_t was_n,
                        const struct fapi_level *is, uint32_t is_n, int64_t sign)
{
    const char *between = "";
    for (uint32_t i = 0, j = 0; i < was_n || j < is_n;) {
        int64_t order = i == was_n ? -1 : j == is_n ? 1 : sign * (was[i].price.e8 - is[j].price.e8);
        if (order == 0) {
            if (was[i].qty.e8 != is[j].qty.e8) {
                put_level(b, &between, y, is[j].price, is[j].qty);
            }
            i++;
            j++;
        } else if (order > 0) {
            put_level(b, &between, y, was[i++].price, (eb_qty){0});
        } else {
            put_level(b, &between, y, is[j].price, is[j].qty);
            j++;
        }
    }
}

void fapi_tell_depth(struct eb_fapi *f, struct fapi_node *n, int64_t ms)
{
    const struct fapi_symbol *y = fapi_symbol_at(f, n->is.symbol);
    const struct fapi_top top = fapi_top_of(y), was = n->last.top.update_id != 0 ? n->last.top : top;
    uint64_t first = was.update_id + 1;
    bool fresh = n->last.top.update_id == 0;
    n->last.top = top;
    if ((was.update_id == top.update_id && !fresh) || (fresh && n->is.levels == 0)) {
        return; /* nothing has changed, or there is nothing yet that it could have changed from */
    }
    struct eb_buffer *b = fapi_scratch(f);
    if (b == NULL) {
        return;
    }
    struct fapi_book before, now;
    uint32_t levels = n->is.levels > 0 ? n->is.levels : FAPI_DEPTH_MAX;
    fapi_depth_make(y, &top, levels, &now);
    fapi_put(b, "{\"e\":\"depthUpdate\"");
    fapi_put_number(b, "E", ms);
    fapi_put_number(b, "T", ms);
    fapi_put(b, ",\"s\":\"");
    fapi_put(b, y->inst.symbol);
    fapi_put(b, "\",\"ps\":\"");
    fapi_put(b, y->pair);
    fapi_put(b, "\",\"st\":1");
    fapi_put_number(b, "U", (int64_t)(first < top.update_id ? first : top.update_id));
    fapi_put_number(b, "u", (int64_t)top.update_id);
    fapi_put_number(b, "pu", (int64_t)was.update_id);
    fapi_put(b, ",\"b\":[");
    if (n->is.levels > 0) {
        put_levels(b, y, now.bid, now.count);
        fapi_put(b, "],\"a\":[");
        put_levels(b, y, now.ask, now.count);
    } else {
        fapi_depth_make(y, &was, FAPI_DEPTH_MAX, &before);
        put_changes(b, y, before.bid, before.count, now.bid, now.count, 1);
        fapi_put(b, "],\"a\":[");
        put_changes(b, y, before.ask, before.count, now.ask, now.count, -1);
    }
    fapi_put(b, "]}");
    if (!b->failed) {
        fapi_node_publish(f, n, b->data, b->len);
    }
}

void fapi_tell_depth_now(struct eb_fapi *f, uint32_t symbol)
{
    struct fapi_streams *st = fapi_streams_of(f);
    fapi_sending(f); /* no node goes while the lists are walked */
    for (int i = 0; i < FAPI_CADENCES; i++) {
        for (uint32_t k = 0; k < st->due[i].count; k++) {
            struct fapi_node *n = st->due[i].node[k];
            bool changes = n->is.kind == FAPI_S_DEPTH && n->is.symbol == symbol && n->is.levels == 0;
            if (changes && n->count > 0 && !fapi_symbol_at(f, symbol)->muted[FAPI_S_DEPTH]) {
                fapi_tell_depth(f, n, f->now_ms + f->skew_ms);
            }
        }
    }
    fapi_sent(f);
}
