/* SPDX-License-Identifier: Apache-2.0 */
/* See budget.h. */
#include "venue/binance/budget.h"

void bn_budget_init(struct bn_budget *b, uint32_t weight_share_pct, uint32_t orders_share_pct)
{
    *b = (struct bn_budget){.weight = {.length_ms = 60000, .limit = 2400},
                            .orders_10s = {.length_ms = 10000, .limit = 300},
                            .orders_1m = {.length_ms = 60000, .limit = 1200},
                            .weight_share_pct = weight_share_pct,
                            .orders_share_pct = orders_share_pct};
}

void bn_budget_limits(struct bn_budget *b, uint32_t weight_1m, uint32_t orders_10s, uint32_t orders_1m)
{
    if (weight_1m)
        b->weight.limit = weight_1m;
    if (orders_10s)
        b->orders_10s.limit = orders_10s;
    if (orders_1m)
        b->orders_1m.limit = orders_1m;
}

/* Time may step back a little when the clock is measured again: an older window is the present one. */
static void turn(struct bn_window *w, int64_t now_ms)
{
    int64_t index = now_ms / w->length_ms;
    if (index == w->index || (index < w->index && index + 1 == w->index))
        return;
    w->index = index;
    w->used = w->under_way; /* it may be counted on either side of the boundary */
}

static int64_t wait_of(struct bn_window *w, int64_t now_ms, uint32_t share_pct, uint32_t cost)
{
    if (cost == 0)
        return 0;
    turn(w, now_ms);
    uint64_t may = (uint64_t)w->limit * share_pct / 100;
    /* A call that costs more than the share would wait for ever: it goes alone, in an empty window. */
    if (w->used == 0 || (uint64_t)w->used + cost <= may)
        return 0;
    return (w->index + 1) * w->length_ms - now_ms;
}

static int64_t longest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static uint32_t percent(uint8_t share, uint32_t part_pct)
{
    return share == BN_SHARE_ALL ? 100 : share == BN_SHARE_HALF ? part_pct / 2 : part_pct;
}

int64_t bn_budget_wait_ms(struct bn_budget *b, int64_t now_ms, uint8_t share, uint32_t weight, uint32_t orders)
{
    int64_t wait = wait_of(&b->weight, now_ms, percent(share, b->weight_share_pct), weight);
    wait = longest(wait, wait_of(&b->orders_10s, now_ms, percent(share, b->orders_share_pct), orders));
    return longest(wait, wait_of(&b->orders_1m, now_ms, percent(share, b->orders_share_pct), orders));
}

static void add(struct bn_window *w, int64_t now_ms, uint32_t cost)
{
    turn(w, now_ms);
    w->used += cost;
    w->under_way += cost;
}

void bn_budget_book(struct bn_budget *b, int64_t now_ms, uint32_t weight, uint32_t orders)
{
    add(&b->weight, now_ms, weight);
    add(&b->orders_10s, now_ms, orders);
    add(&b->orders_1m, now_ms, orders);
}

static void less(struct bn_window *w, uint32_t cost)
{
    w->under_way -= w->under_way < cost ? w->under_way : cost;
}

void bn_budget_settle(struct bn_budget *b, uint32_t weight, uint32_t orders)
{
    less(&b->weight, weight);
    less(&b->orders_10s, orders);
    less(&b->orders_1m, orders);
}

static void told(struct bn_window *w, int64_t now_ms, int64_t sent_ms, uint32_t used)
{
    turn(w, now_ms);
    if (used == BN_NOT_TOLD || sent_ms / w->length_ms != w->index)
        return;
    w->used = used > UINT32_MAX - w->under_way ? UINT32_MAX : used + w->under_way;
}

void bn_budget_told(struct bn_budget *b, int64_t now_ms, int64_t sent_ms, uint32_t weight, uint32_t orders_10s,
                    uint32_t orders_1m)
{
    told(&b->weight, now_ms, sent_ms, weight);
    told(&b->orders_10s, now_ms, sent_ms, orders_10s);
    told(&b->orders_1m, now_ms, sent_ms, orders_1m);
}

void bn_budget_orders_full(struct bn_budget *b, int64_t now_ms)
{
    turn(&b->orders_10s, now_ms);
    if (b->orders_10s.used < b->orders_10s.limit)
        b->orders_10s.used = b->orders_10s.limit;
}
