/* SPDX-License-Identifier: Apache-2.0 */
/* The host's ring of events with payloads, read by number; and where the newest price of each lane stands in it. */
#include "app/tap.h"

#include <stdlib.h>

#include "host/queue.h"

struct eb_tap {
    struct eb_event_queue q;
    uint64_t first;   /* number of the oldest that is kept */
    uint64_t barrier; /* prices before it stay as they are: something else came since */
    uint64_t merged;
    uint32_t lanes;
    uint64_t lane[]; /* 1 + number of its newest price, 0 none; the last lane is that of time */
};

int eb_tap_create(uint32_t symbols_max, uint32_t capacity, struct eb_tap **out, struct eb_err *err)
{
    uint32_t lanes = symbols_max * 2 * EB_SRC_COUNT;
    struct eb_tap *t = calloc(1, sizeof(*t) + ((size_t)lanes + 1) * sizeof(t->lane[0]));
    *out = NULL;
    if (t == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "tap", "no memory for %u symbols", symbols_max);
    }
    t->lanes = lanes;
    int rc = eb_event_queue_init(&t->q, capacity, err);
    if (rc != EB_OK) {
        free(t);
        return rc;
    }
    *out = t;
    return EB_OK;
}

void eb_tap_destroy(struct eb_tap *t)
{
    if (t != NULL) {
        eb_event_queue_deinit(&t->q);
        free(t);
    }
}

static struct eb_event *at(const struct eb_tap *t, uint64_t number)
{
    EB_ASSERT(number >= t->first && number - t->first < t->q.count);
    uint64_t index = t->q.head + (number - t->first);
    return &t->q.slot[index < t->q.capacity ? index : index - t->q.capacity].ev;
}

uint64_t eb_tap_end(const struct eb_tap *t)
{
    return t->first + t->q.count;
}

const struct eb_event *eb_tap_at(const struct eb_tap *t, uint64_t number)
{
    return at(t, number);
}

void eb_tap_let_go(struct eb_tap *t, uint64_t number)
{
    while (t->first < number && t->q.count > 0) {
        eb_event_queue_drop(&t->q);
        t->first++;
    }
}

uint32_t eb_tap_capacity(const struct eb_tap *t)
{
    return t->q.capacity;
}

uint64_t eb_tap_merged(const struct eb_tap *t)
{
    return t->merged;
}

/* The lane of a price, or of time; NULL for other events and what is out of range. */
static uint64_t *lane_of(struct eb_tap *t, const struct eb_event *ev)
{
    if (ev->kind == EB_EV_CLOCK) {
        return &t->lane[t->lanes];
    }
    if (ev->kind != EB_EV_PRICE || ev->u.price.source >= EB_SRC_COUNT) {
        return NULL;
    }
    uint64_t lane = (uint64_t)ev->symbol * 2 * EB_SRC_COUNT + (ev->u.price.from_rest ? EB_SRC_COUNT : 0u);
    lane += ev->u.price.source;
    return lane < t->lanes ? &t->lane[lane] : NULL;
}

static void merge(struct eb_event *into, const struct eb_event *ev)
{
    into->now_ns = ev->now_ns;
    into->now_ms = ev->now_ms;
    if (ev->kind == EB_EV_CLOCK) {
        return;
    }
    eb_price min = into->u.price.min;
    eb_price max = into->u.price.max;
    into->u.price = ev->u.price;
    into->u.price.min = min.e8 < ev->u.price.min.e8 ? min : ev->u.price.min;
    into->u.price.max = max.e8 > ev->u.price.max.e8 ? max : ev->u.price.max;
}

int eb_tap_push(struct eb_tap *t, const struct eb_event *ev, uint64_t unread)
{
    uint64_t *lane = lane_of(t, ev);
    uint64_t from = unread > t->barrier ? unread : t->barrier;
    from = from > t->first ? from : t->first;
    if (lane != NULL && *lane > from && unread != UINT64_MAX) {
        merge(at(t, *lane - 1), ev);
        t->merged++;
        return EB_OK;
    }
    int rc = eb_event_queue_push(&t->q, ev);
    if (rc != EB_OK) {
        return rc;
    }
    if (lane != NULL) {
        *lane = eb_tap_end(t);
    } else {
        t->barrier = eb_tap_end(t);
    }
    return EB_OK;
}
