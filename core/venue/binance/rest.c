/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of REST calls: what may leave goes at once, what may not waits by priority and age until its deadline.
 *
 *     bn_rest_call() -> queue -> bn_rest_pump(): stop? key? clock? budget? -> rest_send.c -> done
 *
 * One timer: the earliest deadline, backoff, window or end of a stop.
 */
#include "venue/binance/rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venue/binance/rest_inner.h"

#define PROBE_FIRST_MS INT64_C(1000)
#define PROBE_READS_MS INT64_C(60000)
#define PROBE_ORDERS_MS INT64_C(8000) /* an exit that waits is money; it is one order at a time */

static const char where[] = "binance";

int64_t bn_rest_now_ns(const struct bn_rest *r)
{
    return r->c.web.ops->now_ns(r->c.web.web);
}

int64_t bn_rest_ns(const struct bn_rest *r, int64_t ms)
{
    return (int64_t)((__int128)ms * BN_MS * 1000000 / r->c.speed_ppm);
}

int64_t bn_backoff_ms(uint32_t tries)
{
    return INT64_C(200) << (tries < 4 ? tries : 4);
}

/* ---- entries --------------------------------------------------------------------------------------------------- */

static void enqueue(struct bn_rest *r, struct bn_entry *e)
{
    struct bn_entry *after = r->last;
    while (after && (after->call.priority > e->call.priority ||
                     (after->call.priority == e->call.priority && after->age > e->age)))
        after = after->prev;
    e->prev = after;
    e->next = after ? after->next : r->first;
    *(e->prev ? &e->prev->next : &r->first) = e;
    *(e->next ? &e->next->prev : &r->last) = e;
    e->state = BN_ENTRY_QUEUED;
    r->queued++;
}

static void dequeue(struct bn_rest *r, struct bn_entry *e)
{
    *(e->prev ? &e->prev->next : &r->first) = e->next;
    *(e->next ? &e->next->prev : &r->last) = e->prev;
    e->prev = e->next = NULL;
    r->queued--;
}

static void release(struct bn_rest *r, struct bn_entry *e)
{
    e->state = BN_ENTRY_FREE;
    e->web = NULL;
    e->next = r->free;
    r->free = e;
    r->taken -= r->taken > 0;
}

void bn_rest_finish(struct bn_rest *r, struct bn_entry *e, const struct bn_result *result)
{
    void (*done)(void *, uint64_t, const struct bn_result *) = e->call.done;
    void *user = e->call.user;
    uint64_t tag = e->call.tag;
    if (e->state == BN_ENTRY_QUEUED)
        dequeue(r, e);
    if (result->outcome == BN_UNKNOWN)
        r->unknown++;
    else if (result->outcome == BN_REJECTED)
        r->refused++;
    release(r, e);
    done(user, tag, result);
}

void bn_rest_requeue(struct bn_rest *r, struct bn_entry *e, int64_t delay_ms)
{
    e->web = NULL;
    e->not_before_ns = bn_rest_now_ns(r) + delay_ms * BN_MS;
    enqueue(r, e);
}

/* It has not been sent, or what was sent certainly was not executed (an UNKNOWN of a mutating call never waits). */
static void give_up(struct bn_rest *r, struct bn_entry *e, enum eb_reject_class why, const char *msg)
{
    bool tried = e->last.msg[0] != 0;
    struct bn_result result = {.outcome = BN_REJECTED, .reject = (uint8_t)why, .msg = msg, .body = ""};
    struct bn_judged last = e->last;
    if (tried) {
        result.outcome = last.outcome;
        result.reject = last.outcome == BN_REJECTED ? last.reject : (uint8_t)EB_REJ_NONE;
        result.code = last.code;
        result.http = last.http;
        result.msg = last.msg;
    }
    bn_rest_finish(r, e, &result);
}

/* ---- what forbids everything ----------------------------------------------------------------------------------- */

int bn_rest_forbidden(const struct bn_rest *r, uint8_t security, bool mutating, struct eb_err *err)
{
    int64_t now = bn_rest_now_ns(r);
    if (r->stop_ns > now) {
        long long s = (r->stop_ns - now) / (1000 * BN_MS) + 1;
        return eb_err_set(err, EB_E_REFUSED, where, "the exchange wants silence for %lld s more: %s", s, r->stop_why);
    }
    const struct bn_gate *g = &r->gate[mutating];
    if (security != BN_PUBLIC && g->closed && g->probe_ns > now) {
        long long s = (g->probe_ns - now) / (1000 * BN_MS) + 1;
        return eb_err_set(err, EB_E_REFUSED, where, "the exchange refuses the key; tried again in %lld s", s);
    }
    return EB_OK;
}

int64_t bn_gate_wait_ns(const struct bn_gate *g)
{
    int64_t ms = PROBE_FIRST_MS << (g->refusals < 6 ? g->refusals : 6);
    return (ms < g->probe_max_ms ? ms : g->probe_max_ms) * BN_MS;
}

void bn_rest_probe(struct bn_rest *r, uint8_t security, bool mutating)
{
    struct bn_gate *g = &r->gate[mutating];
    if (security != BN_PUBLIC && g->closed)
        g->probe_ns = bn_rest_now_ns(r) + bn_gate_wait_ns(g);
}

/* true: e may not leave because of a stop or the key; it is over, or *wake says when to look again. */
static bool held_back(struct bn_rest *r, struct bn_entry *e, int64_t now, int64_t *wake, bool *over)
{
    if (r->stop_ns > now) {
        *over = r->stop_ns >= e->deadline_ns;
        if (*over)
            give_up(r, e, EB_REJ_RETRY, r->stop_why);
        else if (r->stop_ns < *wake)
            *wake = r->stop_ns;
        return true;
    }
    struct bn_gate *g = &r->gate[e->call.mutating];
    if (e->call.security == BN_PUBLIC || !g->closed)
        return false;
    if (g->probe_ns > now) {
        *over = true;
        give_up(r, e, EB_REJ_ALARM, "the exchange refuses the key");
        return true;
    }
    bn_rest_probe(r, e->call.security, e->call.mutating);
    return false;
}

/* ---- the pump -------------------------------------------------------------------------------------------------- */

struct pass {
    int64_t now, wake;
    bool weight_short, orders_short; /* something more urgent waits for it */
};

static void sooner(struct pass *p, int64_t at_ns)
{
    if (at_ns < p->wake)
        p->wake = at_ns;
}

/* Looks at one entry. true: the queue has changed. */
static bool look_at(struct bn_rest *r, struct bn_entry *e, struct pass *p)
{
    bool over = false;
    if (e->withdrawn) {
        give_up(r, e, EB_REJ_RETRY, "taken back before it left");
        return true;
    }
    if (e->deadline_ns <= p->now) {
        give_up(r, e, EB_REJ_RETRY, "not sent: its time was over before the exchange's limits let it go");
        return true;
    }
    sooner(p, e->deadline_ns);
    if (e->not_before_ns > p->now) {
        sooner(p, e->not_before_ns);
        return false;
    }
    if (!e->call.mutating && r->reads >= BN_READS_MAX)
        return false;
    if (e->call.security == BN_SIGNED && !bn_rest_clock_good(r)) {
        if (!r->clock.running && !r->clock.failures)
            bn_clock_doubt(r);
        return false;
    }
    if ((e->call.weight && p->weight_short) || (e->call.orders && p->orders_short))
        return false;
    int64_t wait = bn_rest_wait_ms(r, e->call.priority, e->call.weight, e->call.orders);
    if (wait > 0) {
        p->weight_short |= e->call.weight > 0;
        p->orders_short |= e->call.orders > 0;
        sooner(p, p->now + bn_rest_ns(r, wait));
        return false;
    }
    if (held_back(r, e, p->now, &p->wake, &over))
        return over;
    dequeue(r, e);
    bn_rest_send(r, e);
    return true;
}

/* Entries that ended while they were handed over: told from here, since calls never answer within themselves. */
static void tell_ended(struct bn_rest *r)
{
    r->ended = false;
    for (size_t i = 0; i < BN_QUEUE_MAX; i++) {
        struct bn_entry *e = &r->entries[i];
        if (e->state == BN_ENTRY_ENDED)
            give_up(r, e, EB_REJ_ALARM, "the request could not be made");
    }
}

void bn_rest_pump(struct bn_rest *r)
{
    if (r->pumping) {
        r->again = true;
        return;
    }
    r->pumping = true;
    struct pass p;
    do {
        r->again = false;
        p = (struct pass){.now = bn_rest_now_ns(r), .wake = BN_NEVER};
        for (struct bn_entry *e = r->first; e;) {
            struct bn_entry *next = e->next;
            if (look_at(r, e, &p)) {
                r->again = true; /* callbacks may have changed anything */
                break;
            }
            e = next;
        }
    } while (r->again);
    r->pumping = false;
    if (r->ended)
        p.wake = p.now;
    int64_t delay = p.wake == BN_NEVER ? -1 : p.wake > p.now ? p.wake - p.now : 0;
    r->c.web.ops->timer_set(r->timer, delay);
}

static void on_timer(void *user)
{
    struct bn_rest *r = user;
    if (r->ended)
        tell_ended(r);
    bn_rest_pump(r);
}

int bn_rest_call(struct bn_rest *r, const struct bn_call *call, struct eb_err *err)
{
    if (call->params.failed)
        return eb_err_set(err, EB_E_INVALID, where, "%s %s: parameters too many or too long", call->method, call->path);
    int code = bn_rest_forbidden(r, call->security, call->mutating, err);
    if (code != EB_OK)
        return code;
    struct bn_entry *e = call->priority >= BN_PRIORITY_RESERVED && r->taken >= BN_QUEUE_READS ? NULL : r->free;
    if (!e)
        return eb_err_set(err, EB_E_FULL, where, "%u calls wait already", (unsigned)r->taken);
    r->free = e->next;
    r->taken++;
    *e = (struct bn_entry){.call = *call, .rest = r, .age = r->ages++};
    e->deadline_ns = bn_rest_now_ns(r) + (call->deadline_ms > 0 ? call->deadline_ms : r->c.timeout_ms) * BN_MS;
    enqueue(r, e);
    r->again = true; /* for a pump that is running */
    if (r->pumping)
        return EB_OK;
    /* The most urgent one goes at once. Nothing is told within the call: what would be is left to the timer. */
    struct pass p = {.now = bn_rest_now_ns(r), .wake = BN_NEVER};
    if (r->first != e || !look_at(r, e, &p) || r->ended)
        r->c.web.ops->timer_set(r->timer, 0);
    return EB_OK;
}

bool bn_rest_withdraw(struct bn_rest *r, uint64_t tag)
{
    for (struct bn_entry *e = r->first; e != NULL; e = e->next) {
        if (e->call.mutating && e->call.tag == tag) {
            e->withdrawn = true;
            r->c.web.ops->timer_set(r->timer, 0);
            return true;
        }
    }
    return false;
}

void bn_rest_drop_all(struct bn_rest *r)
{
    for (size_t i = 0; i < BN_QUEUE_MAX; i++) {
        struct bn_entry *e = &r->entries[i];
        if (e->state == BN_ENTRY_FREE)
            continue;
        if (e->state == BN_ENTRY_UNDER_WAY) {
            r->c.web.ops->cancel(e->web);
            bn_budget_settle(&r->budget, e->call.weight, e->call.orders);
        } else if (e->state == BN_ENTRY_QUEUED) {
            dequeue(r, e);
        }
        release(r, e);
    }
    r->reads = r->mutating = 0;
    r->ended = false;
    r->clock.running = false;
    r->clock.waiters = 0;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static int make(struct bn_rest *r, const struct eb_binance_config *c, struct eb_err *err)
{
    r->c = *c;
    if (r->c.speed_ppm <= 0)
        r->c.speed_ppm = 1000000;
    int n = snprintf(r->base, sizeof r->base, "%s", c->rest);
    if (n < 0 || (size_t)n >= sizeof r->base)
        return eb_err_set(err, EB_E_INVALID, where, "the base URL of REST is longer than %zu", sizeof r->base - 1);
    if (c->key) {
        n = snprintf(r->key_header, sizeof r->key_header, "X-MBX-APIKEY: %s", eb_binance_key_id(c->key));
        if (n < 0 || (size_t)n >= sizeof r->key_header)
            return eb_err_set(err, EB_E_INVALID, where, "the API key is too long");
    }
    r->headers[0] = r->key_header;
    bn_budget_init(&r->budget, c->weight_share_pct, c->orders_share_pct);
    r->entries = calloc(BN_QUEUE_MAX, sizeof *r->entries);
    if (!r->entries)
        return eb_err_set(err, EB_E_MEMORY, where, "no memory for the queue of calls");
    for (size_t i = BN_QUEUE_MAX; i-- > 0;)
        release(r, &r->entries[i]);
    int code = c->web.ops->timer_open(c->web.web, on_timer, r, &r->timer, err);
    return code != EB_OK ? code : bn_clock_open(r, err);
}

int bn_rest_create(const struct eb_binance_config *c, struct bn_rest **out, struct eb_err *err)
{
    struct bn_rest *r = calloc(1, sizeof *r);
    if (!r)
        return eb_err_set(err, EB_E_MEMORY, where, "no memory for calls");
    r->gate[false].probe_max_ms = PROBE_READS_MS;
    r->gate[true].probe_max_ms = PROBE_ORDERS_MS;
    int code = make(r, c, err);
    if (code != EB_OK) {
        bn_rest_destroy(r);
        return code;
    }
    *out = r;
    return EB_OK;
}

/* The API key is not for core dumps; the pointer is volatile so that this is not optimized away. */
static void wipe(char *bytes, size_t len)
{
    volatile char *at = bytes;
    while (len-- > 0)
        *at++ = 0;
}

void bn_rest_destroy(struct bn_rest *r)
{
    if (!r)
        return;
    if (r->entries)
        bn_rest_drop_all(r);
    bn_clock_close(r);
    if (r->timer)
        r->c.web.ops->timer_close(r->timer);
    wipe(r->key_header, sizeof r->key_header);
    wipe(r->url, sizeof r->url);
    free(r->entries);
    free(r);
}
