/* SPDX-License-Identifier: Apache-2.0 */
/* The pump: lanes in one array, a ring of those that wait. Each lane is in the ring at most once, so it never fills. */
#include "host/pump.h"

#include <stdlib.h>

#define SYMBOLS_MAX 20000
#define LANES_PER_SYMBOL (2 * EB_SRC_COUNT)

struct lane {
    struct eb_ev_price price;
    bool waits;
};
struct eb_pump {
    uint32_t symbols;
    uint32_t lanes;
    uint32_t head, count; /* of the ring */
    uint64_t merged;
    uint32_t *ring; /* lane numbers */
    struct lane lane[];
};

int eb_pump_create(uint32_t symbols_max, struct eb_pump **out, struct eb_err *err)
{
    *out = NULL;
    if (symbols_max == 0 || symbols_max > SYMBOLS_MAX) {
        return eb_err_set(err, EB_E_INVALID, "pump.create", "symbols_max %u: 1 to %d", symbols_max, SYMBOLS_MAX);
    }
    uint32_t lanes = symbols_max * LANES_PER_SYMBOL;
    struct eb_pump *p = calloc(1, sizeof(*p) + lanes * (sizeof(p->lane[0]) + sizeof(p->ring[0])));
    if (p == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "pump.create", "no memory for %u symbols", symbols_max);
    }
    p->symbols = symbols_max;
    p->lanes = lanes;
    p->ring = (uint32_t *)(void *)&p->lane[lanes];
    *out = p;
    return EB_OK;
}

void eb_pump_destroy(struct eb_pump *p)
{
    free(p);
}

/* Fills in extremes that were left out, and says whether the observation makes sense. Of a book they are the sides at
 * which targets execute: the lowest ask and the highest bid. */
static bool complete(struct eb_ev_price *price)
{
    bool book = price->source == EB_SRC_BOOK;
    eb_price low = book ? price->ask : price->price;
    price->min = price->min.e8 != 0 ? price->min : low;
    price->max = price->max.e8 != 0 ? price->max : price->price;
    return price->price.e8 > 0 && low.e8 > 0 && price->min.e8 > 0 && price->min.e8 <= low.e8 &&
           price->max.e8 >= price->price.e8;
}

static void merge(struct eb_ev_price *into, const struct eb_ev_price *price)
{
    eb_price min = price->min.e8 < into->min.e8 ? price->min : into->min;
    eb_price max = price->max.e8 > into->max.e8 ? price->max : into->max;
    *into = *price;
    into->min = min;
    into->max = max;
}

int eb_pump_price(struct eb_pump *p, eb_symbol_id symbol, const struct eb_ev_price *price)
{
    struct eb_ev_price seen = *price;
    if (symbol >= p->symbols || price->source >= EB_SRC_COUNT || !complete(&seen)) {
        return EB_E_INVALID;
    }
    uint32_t number = symbol * LANES_PER_SYMBOL + (price->from_rest ? EB_SRC_COUNT : 0u) + price->source;
    struct lane *lane = &p->lane[number];
    if (lane->waits) {
        merge(&lane->price, &seen);
        p->merged++;
        return EB_OK;
    }
    lane->price = seen;
    lane->waits = true;
    p->ring[(p->head + p->count) % p->lanes] = number;
    p->count++;
    return EB_OK;
}

size_t eb_pump_waiting(const struct eb_pump *p)
{
    return p->count;
}

uint64_t eb_pump_merged(const struct eb_pump *p)
{
    return p->merged;
}

int eb_pump_drain(struct eb_pump *p, struct eb_host *h, int64_t now_ns, int64_t now_ms, size_t max)
{
    int code = EB_OK;
    for (size_t n = 0; n < max && p->count > 0; n++) {
        uint32_t number = p->ring[p->head];
        p->head = (p->head + 1) % p->lanes;
        p->count--;
        struct lane *lane = &p->lane[number];
        struct eb_event ev = {.kind = EB_EV_PRICE,
                              .now_ns = now_ns,
                              .now_ms = now_ms,
                              .symbol = number / LANES_PER_SYMBOL,
                              .position = EB_NO_POSITION};
        ev.u.price = lane->price;
        lane->waits = false; /* before the turn: a port may bring the next price of this lane */
        int rc = eb_turn(h, &ev);
        code = code != EB_OK ? code : rc;
    }
    return code;
}
