/* SPDX-License-Identifier: Apache-2.0 */
/* What REST tells of its health, and the shared limits as others book and report them. */
#include "venue/binance/rest_inner.h"

#include <stdio.h>

void bn_rest_limits(struct bn_rest *r, uint32_t weight_1m, uint32_t orders_10s, uint32_t orders_1m)
{
    bn_budget_limits(&r->budget, weight_1m, orders_10s, orders_1m);
}

void bn_rest_used(struct bn_rest *r, uint32_t weight_1m, uint32_t orders_10s, uint32_t orders_1m)
{
    int64_t now = bn_rest_now_ms(r);
    bn_budget_told(&r->budget, now, now, weight_1m, orders_10s, orders_1m);
}

int64_t bn_rest_wait_ms(struct bn_rest *r, uint8_t priority, uint32_t weight, uint32_t orders)
{
    bool patient = priority >= BN_PRIORITY_PATIENT && priority < BN_PRIORITY_CLOCK;
    uint8_t share = priority >= BN_PRIORITY_HISTORY               ? BN_SHARE_HALF
                    : patient || priority >= BN_PRIORITY_RESERVED ? BN_SHARE_PART
                                                                  : BN_SHARE_ALL;
    return bn_budget_wait_ms(&r->budget, bn_rest_now_ms(r), share, weight, orders);
}

bool bn_rest_starves(struct bn_rest *r, void (*done)(void *user, uint64_t tag, const struct bn_result *result),
                     uint64_t tag, int64_t ms)
{
    for (const struct bn_entry *e = r->first; e; e = e->next) {
        if (e->call.done == done && e->call.tag == tag)
            return bn_rest_wait_ms(r, e->call.priority, e->call.weight, e->call.orders) > ms;
    }
    return false;
}

bool bn_rest_book(struct bn_rest *r, uint8_t priority, uint32_t weight, uint32_t orders)
{
    int64_t now = bn_rest_now_ms(r);
    if (bn_rest_forbidden(r, BN_PUBLIC, true, NULL) != EB_OK || bn_rest_wait_ms(r, priority, weight, orders) > 0)
        return false;
    bn_budget_book(&r->budget, now, weight, orders);
    return true;
}

void bn_rest_unbook(struct bn_rest *r, uint32_t weight, uint32_t orders)
{
    bn_budget_settle(&r->budget, weight, orders);
}

struct teller {
    void (*fact)(void *user, const struct eb_link_fact *f);
    void *user;
};

static void tell(const struct teller *t, const char *name, const char *value, bool well, const char *note)
{
    t->fact(t->user, &(struct eb_link_fact){.name = name, .value = value, .note = well ? "" : note, .well = well});
}

static void tell_number(const struct teller *t, const char *name, int64_t value, bool well, const char *note)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    tell(t, name, text, well, note);
}

static void tell_window(const struct teller *t, const char *name, const struct bn_window *w, int64_t now_ms)
{
    char text[48];
    uint32_t used = now_ms / w->length_ms == w->index ? w->used : w->under_way;
    snprintf(text, sizeof text, "%u/%u", (unsigned)used, (unsigned)w->limit);
    tell(t, name, text, (uint64_t)used * 10 <= (uint64_t)w->limit * 9,
         "nearly used up; do other programs use this key or address?");
}

static void tell_clock(const struct teller *t, const struct bn_rest *r)
{
    const struct bn_clock *k = &r->clock;
    if (!k->known) {
        tell(t, "clock.offset_ms", "unknown", false, "the exchange's time was not answered yet: nothing can be signed");
        return;
    }
    bool calm = k->correction_ms > -500 && k->correction_ms < 500;
    tell_number(t, "clock.offset_ms", k->correction_ms, calm,
                "so far was our time off when it was last measured; a computer that slept, or is overloaded?");
    tell_number(t, "clock.round_trip_ms", k->trip_ns / BN_MS, k->trip_ns < 1000 * BN_MS,
                "the way to the exchange is slow");
    tell_number(t, "clock.age_s", (bn_rest_now_ns(r) - k->measured_ns) / (1000 * BN_MS), k->failures == 0,
                "the exchange's time could not be measured again");
}

void bn_rest_facts(const struct bn_rest *r, void (*fact)(void *user, const struct eb_link_fact *f), void *user)
{
    struct teller t = {.fact = fact, .user = user};
    int64_t now = bn_rest_now_ms(r);
    tell_clock(&t, r);
    tell_window(&t, "weight.used_1m", &r->budget.weight, now);
    tell_window(&t, "orders.used_10s", &r->budget.orders_10s, now);
    tell_window(&t, "orders.used_1m", &r->budget.orders_1m, now);
    tell_number(&t, "rest.queued", r->queued, r->queued < BN_QUEUE_MAX / 2, "calls wait: limits, or a slow network");
    tell_number(&t, "rest.under_way", (int64_t)r->reads + r->mutating, true, "");
    tell_number(&t, "rest.sent", (int64_t)r->sent, true, "");
    tell_number(&t, "rest.repeated", (int64_t)r->repeated, true, "");
    tell_number(&t, "rest.unknown", (int64_t)r->unknown, true, "");
    bool stopped = r->stop_ns > bn_rest_now_ns(r);
    tell(&t, "rest.stopped", stopped ? r->stop_why : "no", !stopped, "the exchange wants silence; resting stops stand");
    bool refused = r->gate[0].closed || r->gate[1].closed;
    tell(&t, "key.refused", refused ? "yes" : "no", !refused, "check the key: environment, permissions, addresses");
}
