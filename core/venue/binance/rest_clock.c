/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exchange's time: measured by three round trips, of which the shortest counts, halved; kept by the monotonic
 * clock.
 *
 *     GET time x 3 -> at_ms at the middle of the trip -> bn_rest_now_ns() - at_ns later: bn_rest_now_ms()
 *
 * Measured again every 10 min, and at once when a timestamp was refused: then signed calls wait for the first answer.
 * Wall time is never asked: it jumps.
 */
#include "venue/binance/rest_inner.h"

#include <stdio.h>

#include "venue/binance/codec.h"

#define ROUNDS 3
#define EVERY_MS 600000

static void measure(struct bn_rest *r);

int64_t bn_rest_now_ms(const struct bn_rest *r)
{
    const struct bn_clock *k = &r->clock;
    __int128 passed = (__int128)(bn_rest_now_ns(r) - k->at_ns) * r->c.speed_ppm / 1000000;
    return k->at_ms + (int64_t)(passed / BN_MS);
}

bool bn_rest_clock_known(const struct bn_rest *r)
{
    return r->clock.known;
}

bool bn_rest_clock_good(const struct bn_rest *r)
{
    return r->clock.known && !r->clock.doubted;
}

int64_t bn_rest_offset_ms(const struct bn_rest *r, int64_t *round_trip_ns)
{
    if (round_trip_ns)
        *round_trip_ns = r->clock.trip_ns;
    return r->clock.known ? r->clock.correction_ms : 0;
}

const char *bn_rest_clock_why(const struct bn_rest *r)
{
    return r->clock.why;
}

static void arm(struct bn_rest *r, int64_t ms)
{
    r->c.web.ops->timer_set(r->clock.timer, ms * BN_MS);
}

/* All three are over. */
static void conclude(struct bn_rest *r)
{
    struct bn_clock *k = &r->clock;
    bool known = k->answered > 0;
    k->running = false;
    if (known) {
        k->failures = 0;
        k->measured_ns = bn_rest_now_ns(r);
        arm(r, EVERY_MS);
    } else {
        /* The old clock is better than silence; without any there is nothing to sign with. */
        k->doubted = false;
        k->failures++;
        arm(r, bn_backoff_ms(k->failures) * 5);
        eb_log(r->c.log, EB_LOG_WARN, "binance.clock_unmeasured", EB_I64("failures", k->failures),
               EB_STR("why", k->why));
    }
    size_t n = k->waiters;
    k->waiters = 0;
    for (size_t i = 0; i < n; i++)
        k->waiter[i].done(k->waiter[i].user, known);
    bn_rest_pump(r);
}

static void adopt(struct bn_rest *r, int64_t server_ms, const struct bn_result *result)
{
    struct bn_clock *k = &r->clock;
    int64_t trip = result->answered_ns - result->sent_ns;
    if (trip < 0 || (k->answered++ > 0 && trip >= k->best_ns))
        return;
    int64_t middle = result->sent_ns + trip / 2;
    bool first = k->answered == 1;
    if (k->known && first) {
        __int128 passed = (__int128)(middle - k->at_ns) * r->c.speed_ppm / 1000000;
        k->correction_ms = server_ms - (k->at_ms + (int64_t)(passed / BN_MS));
    }
    k->best_ns = k->trip_ns = trip;
    k->at_ns = middle;
    k->at_ms = server_ms;
    k->known = true;
    k->doubted = false;
    if (first)
        bn_rest_pump(r);
}

static void on_time(void *user, uint64_t tag, const struct bn_result *result)
{
    (void)tag;
    struct bn_rest *r = user;
    int64_t server_ms = 0;
    if (result->outcome == BN_ACCEPTED && bn_decode_time(result->body, result->len, &server_ms, NULL) == EB_OK &&
        server_ms > 0)
        adopt(r, server_ms, result);
    else
        snprintf(r->clock.why, sizeof r->clock.why, "%s", result->msg[0] ? result->msg : "an answer without a time");
    if (++r->clock.rounds < ROUNDS)
        measure(r);
    else
        conclude(r);
}

static void measure(struct bn_rest *r)
{
    struct bn_call call = {.method = "GET",
                           .path = "/fapi/v1/time",
                           .security = BN_PUBLIC,
                           .priority = BN_PRIORITY_CLOCK,
                           .weight = 1,
                           .answer_max = 4096,
                           .deadline_ms = r->c.timeout_ms < 5000 ? r->c.timeout_ms : 5000,
                           .done = on_time,
                           .user = r};
    bn_params_init(&call.params);
    while (bn_rest_call(r, &call, NULL) != EB_OK)
        if (++r->clock.rounds >= ROUNDS) {
            arm(r, 1000); /* banned or full: concluded by the timer, never within a call */
            return;
        }
}

static void begin(struct bn_rest *r)
{
    r->clock.running = true;
    r->clock.rounds = r->clock.answered = 0;
    measure(r);
}

static void on_timer(void *user)
{
    struct bn_rest *r = user;
    if (!r->clock.running)
        begin(r);
    else if (r->clock.rounds >= ROUNDS)
        conclude(r);
}

void bn_clock_doubt(struct bn_rest *r)
{
    r->clock.doubted = true;
    if (!r->clock.running)
        begin(r);
}

int bn_rest_sync_clock(struct bn_rest *r, void (*done)(void *user, bool known), void *user)
{
    struct bn_clock *k = &r->clock;
    if (k->waiters == BN_CLOCK_WAITERS)
        return EB_E_FULL;
    k->waiter[k->waiters].done = done;
    k->waiter[k->waiters].user = user;
    k->waiters++;
    if (!k->running)
        begin(r);
    return EB_OK;
}

int bn_clock_open(struct bn_rest *r, struct eb_err *err)
{
    return r->c.web.ops->timer_open(r->c.web.web, on_timer, r, &r->clock.timer, err);
}

void bn_clock_close(struct bn_rest *r)
{
    if (r->clock.timer)
        r->c.web.ops->timer_close(r->clock.timer);
    r->clock.timer = NULL;
}
