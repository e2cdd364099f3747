/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls over the WebSocket API: written, signed and sent at once, or refused so that the caller takes REST.
 *
 *     bn_wsapi_call() -> budget -> wsapi_codec.c -> socket ... answer by id -> outcome -> done
 *
 * A connection that is lost makes UNKNOWN of every call that it carried. Nothing is allocated on the way of an order.
 */
#include "venue/binance/wsapi_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char where[] = "binance";

static void release(struct bn_ws_call *c)
{
    c->state = BN_WS_FREE;
    c->generation = 0;
}

/* Leaves the connection it was sent on. */
static void settle(struct bn_wsapi *w, struct bn_ws_call *c)
{
    if (c->state != BN_WS_SENT)
        return;
    w->conn[c->conn].waiting--;
    bn_rest_unbook(w->rest, c->call.weight, c->call.orders);
}

static void finish(struct bn_ws_call *c, const struct bn_result *result)
{
    void (*done)(void *, uint64_t, const struct bn_result *) = c->call.done;
    void *user = c->call.user;
    uint64_t tag = c->call.tag;
    release(c);
    done(user, tag, result);
}

static void finish_judged(struct bn_ws_call *c, const struct bn_judged *judged, int64_t now)
{
    struct bn_judged j = *judged;
    struct bn_result result = {.outcome = j.outcome,
                               .reject = j.reject,
                               .code = j.code,
                               .http = j.http,
                               .msg = j.msg,
                               .body = "",
                               .sent_ns = c->sent_ns,
                               .answered_ns = now};
    finish(c, &result);
}

static void finish_unknown(struct bn_ws_call *c, const char *why, int64_t now)
{
    struct bn_judged j = {.outcome = BN_UNKNOWN};
    snprintf(j.msg, sizeof j.msg, "%s", why);
    finish_judged(c, &j, now);
}

/* ---- sending --------------------------------------------------------------------------------------------------- */

static int transmit(struct bn_wsapi *w, struct bn_ws_call *c)
{
    struct bn_ws_conn *conn = &w->conn[w->current];
    struct bn_text out = {.at = w->out, .cap = sizeof w->out}, payload = {.at = w->payload, .cap = sizeof w->payload};
    bool logged = eb_binance_key_kind(w->c.key) == EB_BINANCE_ED25519 && !w->no_logon;
    struct bn_ws_request q = {.method = c->call.path,
                              .params = &c->call.params,
                              .key = w->c.key,
                              .recv_window_ms = w->c.recv_window_ms,
                              .timestamp_ms = bn_rest_now_ms(w->rest),
                              .auth = (uint8_t)(c->call.security == BN_PUBLIC ? BN_WS_PLAIN
                                                : logged                      ? BN_WS_TIMED
                                                                              : BN_WS_SIGNED)};
    c->generation = ++w->generation;
    q.id = c->generation << BN_WS_ID_SHIFT | (uint64_t)(c - w->calls);
    if (!bn_ws_write(&q, &out, &payload))
        return EB_E_INVALID;
    if (!bn_rest_book(w->rest, c->call.priority, c->call.weight, c->call.orders))
        return EB_E_FULL;
    int code = w->c.web.ops->send(conn->socket, out.at, out.len);
    if (code != EB_OK) {
        bn_rest_unbook(w->rest, c->call.weight, c->call.orders);
        return code;
    }
    c->state = BN_WS_SENT;
    c->conn = conn->index;
    c->sent_ns = bn_rest_now_ns(w->rest);
    conn->waiting++;
    w->sent++;
    return EB_OK;
}

bool bn_wsapi_usable(const struct bn_wsapi *w)
{
    return w->current >= 0 && !w->suspect && w->conn[w->current].state == BN_CONN_UP;
}

static struct bn_ws_call *free_call(struct bn_wsapi *w)
{
    for (unsigned i = 0; i < BN_WS_CALLS; i++) {
        struct bn_ws_call *c = &w->calls[(w->hand + i) % BN_WS_CALLS];
        if (c->state == BN_WS_FREE) {
            w->hand = (w->hand + i + 1) % BN_WS_CALLS;
            return c;
        }
    }
    return NULL;
}

int bn_wsapi_call(struct bn_wsapi *w, const struct bn_call *call, struct eb_err *err)
{
    if (!bn_wsapi_usable(w))
        return eb_err_set(err, EB_E_END, where, "the WebSocket API is not connected");
    if (call->params.failed)
        return eb_err_set(err, EB_E_INVALID, where, "%s: parameters too many or too long", call->path);
    if (call->security != BN_PUBLIC && !bn_rest_clock_good(w->rest))
        return eb_err_set(err, EB_E_END, where, "the exchange's time is being measured");
    int code = bn_rest_forbidden(w->rest, call->security, call->mutating, err);
    if (code != EB_OK)
        return code;
    struct bn_ws_call *c = free_call(w);
    if (!c)
        return eb_err_set(err, EB_E_FULL, where, "%u calls wait already", (unsigned)BN_WS_CALLS);
    c->call = *call;
    c->tries = c->clock_tries = 0;
    c->last.msg[0] = 0;
    c->deadline_ns = bn_rest_now_ns(w->rest) + (call->deadline_ms > 0 ? call->deadline_ms : w->c.timeout_ms) * BN_MS;
    code = transmit(w, c);
    if (code != EB_OK) {
        release(c);
        return eb_err_set(err, code, where, "%s cannot leave over the WebSocket API now", call->path);
    }
    bn_rest_probe(w->rest, call->security, call->mutating);
    w->again = true; /* for a pump that is running */
    if (c->deadline_ns < w->wake_ns) {
        w->wake_ns = c->deadline_ns;
        w->c.web.ops->timer_set(w->timer, w->wake_ns - bn_rest_now_ns(w->rest));
    }
    return EB_OK;
}

/* ---- answers --------------------------------------------------------------------------------------------------- */

static void wait_for(struct bn_wsapi *w, struct bn_ws_call *c, const struct bn_judged *j, int64_t delay_ms)
{
    c->last = *j;
    c->state = BN_WS_WAITS;
    c->not_before_ns = bn_rest_now_ns(w->rest) + delay_ms * BN_MS;
}

static void refused(struct bn_wsapi *w, struct bn_ws_call *c, const struct bn_ws_answer *a)
{
    struct bn_judged j;
    int64_t now_ms = bn_rest_now_ms(w->rest), now = bn_rest_now_ns(w->rest);
    bn_judge_ws(a->status, a->code, a->msg, c->call.mutating, now_ms,
                a->retry_after_ms > now_ms ? a->retry_after_ms - now_ms : 0, &j);
    bn_rest_learn(w->rest, &j, c->call.security, c->call.mutating);
    if (j.next == BN_NEXT_AGAIN)
        wait_for(w, c, &j, bn_backoff_ms(c->tries++));
    else if (j.next == BN_NEXT_CLOCK && c->clock_tries++ < 2)
        wait_for(w, c, &j, 0);
    else
        finish_judged(c, &j, now);
}

static void accepted(struct bn_wsapi *w, struct bn_ws_call *c, const struct bn_ws_answer *a)
{
    struct bn_judged j = {.outcome = BN_ACCEPTED, .http = a->status};
    bn_rest_learn(w->rest, &j, c->call.security, c->call.mutating);
    memcpy(w->body, a->result, a->result_len);
    w->body[a->result_len] = 0;
    struct bn_result result = {.outcome = BN_ACCEPTED,
                               .http = a->status,
                               .msg = "",
                               .body = w->body,
                               .len = a->result_len,
                               .sent_ns = c->sent_ns,
                               .answered_ns = bn_rest_now_ns(w->rest)};
    finish(c, &result);
}

void bn_ws_answered(struct bn_wsapi *w, struct bn_ws_conn *conn, const struct bn_ws_answer *a)
{
    size_t index = a->id & ((UINT64_C(1) << BN_WS_ID_SHIFT) - 1);
    struct bn_ws_call *c = index < BN_WS_CALLS ? &w->calls[index] : NULL;
    if (!c || c->state != BN_WS_SENT || c->conn != conn->index || c->generation != a->id >> BN_WS_ID_SHIFT) {
        w->late++;
        return;
    }
    settle(w, c);
    bn_rest_used(w->rest, a->weight_1m, a->orders_10s, a->orders_1m);
    if (a->status == 200 && a->code == 0 && a->result_len > 0 && a->result_len < sizeof w->body)
        accepted(w, c, a);
    else
        refused(w, c, a);
    bn_ws_pump(w);
}

void bn_ws_lost(struct bn_wsapi *w, const struct bn_ws_conn *conn, const char *why)
{
    int64_t now = bn_rest_now_ns(w->rest);
    for (unsigned i = 0; i < BN_WS_CALLS; i++) {
        struct bn_ws_call *c = &w->calls[i];
        if (c->state != BN_WS_SENT || c->conn != conn->index)
            continue;
        settle(w, c);
        finish_unknown(c, why, now);
    }
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

static void tend_call(struct bn_wsapi *w, struct bn_ws_call *c, int64_t now, int64_t *wake)
{
    if (c->state == BN_WS_SENT && c->deadline_ns <= now) {
        settle(w, c);
        w->suspect = true;
        finish_unknown(c, "no answer over the WebSocket API in time", now);
    } else if (c->state == BN_WS_WAITS && (c->deadline_ns <= now || !bn_wsapi_usable(w))) {
        finish_judged(c, &c->last, now); /* what it waits after was certainly not executed, or a read */
    } else if (c->state == BN_WS_WAITS && c->not_before_ns <= now) {
        bool may = c->call.security == BN_PUBLIC || bn_rest_clock_good(w->rest);
        int code = may ? transmit(w, c) : EB_E_FULL;
        if (code == EB_E_FULL)
            c->not_before_ns = now + 20 * BN_MS;
        else if (code != EB_OK)
            finish_judged(c, &c->last, now);
    }
    if (c->state != BN_WS_FREE && c->deadline_ns < *wake)
        *wake = c->deadline_ns;
    if (c->state == BN_WS_WAITS && c->not_before_ns < *wake)
        *wake = c->not_before_ns;
}

void bn_ws_pump(struct bn_wsapi *w)
{
    w->again = true;
    if (w->pumping)
        return; /* what is told from here may end in here again */
    w->pumping = true;
    int64_t now = 0, wake = BN_NEVER;
    while (w->again) {
        w->again = false;
        now = bn_rest_now_ns(w->rest);
        wake = BN_NEVER;
        for (unsigned i = 0; i < BN_WS_CALLS; i++)
            if (w->calls[i].state != BN_WS_FREE)
                tend_call(w, &w->calls[i], now, &wake);
        bn_ws_tend(w, now, &wake);
    }
    w->pumping = false;
    w->wake_ns = wake;
    w->c.web.ops->timer_set(w->timer, wake == BN_NEVER ? -1 : wake > now ? wake - now : 0);
}

static void on_timer(void *user)
{
    bn_ws_pump(user);
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static int make(struct bn_wsapi *w, const struct eb_binance_config *c, struct eb_err *err)
{
    w->c = *c;
    w->current = -1;
    int n = snprintf(w->url, sizeof w->url, "%s?returnRateLimits=true", c->ws_api);
    if (n < 0 || (size_t)n >= sizeof w->url)
        return eb_err_set(err, EB_E_INVALID, where, "the URL of the WebSocket API is too long");
    for (uint8_t i = 0; i < BN_WS_CONNS; i++) {
        w->conn[i].w = w;
        w->conn[i].index = i;
    }
    w->calls = calloc(BN_WS_CALLS, sizeof *w->calls);
    if (!w->calls)
        return eb_err_set(err, EB_E_MEMORY, where, "no memory for calls of the WebSocket API");
    return c->web.ops->timer_open(c->web.web, on_timer, w, &w->timer, err);
}

int bn_wsapi_create(const struct eb_binance_config *c, struct bn_rest *rest, struct bn_wsapi **out, struct eb_err *err)
{
    if (!c->key)
        return eb_err_set(err, EB_E_INVALID, where, "the WebSocket API needs a key");
    struct bn_wsapi *w = calloc(1, sizeof *w);
    if (!w)
        return eb_err_set(err, EB_E_MEMORY, where, "no memory for the WebSocket API");
    w->rest = rest;
    int code = make(w, c, err);
    if (code != EB_OK) {
        bn_wsapi_destroy(w);
        return code;
    }
    *out = w;
    return EB_OK;
}

void bn_wsapi_disconnect(struct bn_wsapi *w)
{
    w->wanted = false;
    bn_ws_close_all(w);
    int64_t now = bn_rest_now_ns(w->rest);
    for (unsigned i = 0; i < BN_WS_CALLS; i++) {
        struct bn_ws_call *c = &w->calls[i];
        if (c->state == BN_WS_SENT) {
            settle(w, c);
            finish_unknown(c, "the connection was ended before the answer", now);
        } else if (c->state == BN_WS_WAITS) {
            finish_judged(c, &c->last, now);
        }
    }
    w->wake_ns = BN_NEVER;
    w->c.web.ops->timer_set(w->timer, -1);
}

void bn_wsapi_destroy(struct bn_wsapi *w)
{
    if (!w)
        return;
    bn_ws_close_all(w);
    if (w->timer)
        w->c.web.ops->timer_close(w->timer);
    free(w->calls);
    free(w);
}
