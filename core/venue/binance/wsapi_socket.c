/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections of the WebSocket API: one that is used, one that is to replace it, old ones that finish their answers.
 *
 *     opening -> logging on (Ed25519) -> up = current -> draining: no new calls, closed once nothing waits
 *
 * Replaced before the exchange cuts it at 24 h, when a call had no answer in time, and when not even a ping was heard.
 */
#include "venue/binance/wsapi_inner.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

#define OPEN_MS 10000
#define LOGON_WEIGHT 2
#define HANDSHAKE_WEIGHT 5

int64_t bn_reconnect_ns(uint32_t failures, uint64_t salt)
{
    int64_t delay = INT64_C(250) << (failures < 7 ? failures : 7);
    if (delay > 30000)
        delay = 30000;
    return (delay + (int64_t)(eb_hash64_u64(salt, failures) % (uint64_t)(delay / 4))) * BN_MS;
}

static void enter(struct bn_ws_conn *conn, enum bn_ws_conn_state state)
{
    conn->state = (uint8_t)state;
    conn->since_ns = bn_rest_now_ns(conn->w->rest);
}

static void drop(struct bn_ws_conn *conn)
{
    conn->w->c.web.ops->close(conn->socket);
    conn->socket = NULL;
    enter(conn, BN_CONN_NONE);
    if (conn->w->current == conn->index)
        conn->w->current = -1;
}

/* It ended, by the other side or by our decision: what it carried is unknown. */
static void fail(struct bn_ws_conn *conn, const char *why)
{
    struct bn_wsapi *w = conn->w;
    bool mattered = conn->state != BN_CONN_DRAINING;
    snprintf(w->why, sizeof w->why, "%.150s", why);
    drop(conn);
    if (mattered) {
        w->losses++;
        w->retry_ns = bn_rest_now_ns(w->rest) + bn_reconnect_ns(w->failures++, ++w->salt);
        eb_log(w->c.log, EB_LOG_WARN, "binance.ws_api_lost", EB_STR("why", w->why));
    }
    bn_ws_lost(w, conn, w->why);
    bn_ws_pump(w);
}

/* ---- up -------------------------------------------------------------------------------------------------------- */

static void up(struct bn_ws_conn *conn)
{
    struct bn_wsapi *w = conn->w;
    if (w->current >= 0 && w->current != conn->index)
        enter(&w->conn[w->current], BN_CONN_DRAINING);
    enter(conn, BN_CONN_UP);
    w->current = conn->index;
    w->suspect = false;
    w->retry_ns = 0;
    eb_log(w->c.log, EB_LOG_INFO, "binance.ws_api_up", EB_BOOL("logged_on", conn->logon_id != 0));
    bn_ws_pump(w);
}

static void log_on(struct bn_ws_conn *conn)
{
    struct bn_wsapi *w = conn->w;
    struct bn_params none;
    bn_params_init(&none);
    conn->logon_id = ++w->generation << BN_WS_ID_SHIFT | (uint64_t)(BN_WS_CALLS + conn->index);
    struct bn_ws_request q = {.id = conn->logon_id,
                              .method = "session.logon",
                              .params = &none,
                              .auth = BN_WS_SIGNED,
                              .key = w->c.key,
                              .recv_window_ms = w->c.recv_window_ms,
                              .timestamp_ms = bn_rest_now_ms(w->rest)};
    struct bn_text out = {.at = w->out, .cap = sizeof w->out}, payload = {.at = w->payload, .cap = sizeof w->payload};
    enter(conn, BN_CONN_LOGGING_ON);
    if (!bn_ws_write(&q, &out, &payload) || w->c.web.ops->send(conn->socket, out.at, out.len) != EB_OK)
        fail(conn, "session.logon could not be sent");
}

static void logged_on(struct bn_ws_conn *conn, const struct bn_ws_answer *a)
{
    struct bn_wsapi *w = conn->w;
    bn_rest_used(w->rest, a->weight_1m, a->orders_10s, a->orders_1m);
    if (a->status == 200 && a->code == 0) {
        up(conn);
        return;
    }
    struct bn_judged j;
    bn_judge_ws(a->status, a->code, a->msg, false, bn_rest_now_ms(w->rest), 0, &j);
    /* A server without it says that it does not know the method: the messages are signed then. */
    if (j.outcome == BN_REJECTED && !j.key && j.next == BN_NEXT_DONE) {
        w->no_logon = true;
        conn->logon_id = 0;
        up(conn);
        return;
    }
    bn_rest_learn(w->rest, &j, BN_SIGNED, false);
    if (j.key && w->failures < 7)
        w->failures = 7; /* 30 s and more: a refused key is not asked again and again */
    fail(conn, j.msg);
}

/* ---- handlers -------------------------------------------------------------------------------------------------- */

static void on_opened(void *user)
{
    struct bn_ws_conn *conn = user;
    struct bn_wsapi *w = conn->w;
    conn->heard_ns = bn_rest_now_ns(w->rest);
    if (eb_binance_key_kind(w->c.key) == EB_BINANCE_ED25519 && !w->no_logon)
        log_on(conn);
    else
        up(conn);
}

static void on_text(void *user, const char *text, size_t len)
{
    struct bn_ws_conn *conn = user;
    struct bn_wsapi *w = conn->w;
    conn->heard_ns = bn_rest_now_ns(w->rest);
    struct bn_ws_answer a;
    struct eb_err err;
    if (bn_ws_read(text, len, w->tokens, BN_WS_TOKENS, &a, &err) != EB_OK) {
        /* Whose answer it was cannot be told: all that wait are unknown. */
        fail(conn, err.msg);
        return;
    }
    if (conn->state == BN_CONN_LOGGING_ON && (!a.has_id || a.id == conn->logon_id))
        logged_on(conn, &a);
    else if (a.has_id)
        bn_ws_answered(w, conn, &a);
    else if (conn->waiting > 0 && a.code != 0)
        fail(conn, a.msg); /* an error without an id */
}

static void on_heard(void *user)
{
    struct bn_ws_conn *conn = user;
    conn->heard_ns = bn_rest_now_ns(conn->w->rest);
}

static void on_closed(void *user, int status, const struct eb_err *err)
{
    struct bn_ws_conn *conn = user;
    char why[160];
    snprintf(why, sizeof why, "the WebSocket API's connection was lost (%d): %.100s", status, err->msg);
    fail(conn, why);
}

void bn_ws_open(struct bn_wsapi *w)
{
    static const struct eb_web_socket_handlers handlers = {
        .opened = on_opened, .text = on_text, .heard = on_heard, .closed = on_closed};
    struct bn_ws_conn *conn = NULL;
    for (int i = 0; i < BN_WS_CONNS; i++)
        if (w->conn[i].state == BN_CONN_NONE)
            conn = &w->conn[i];
    struct eb_err err = {.msg = ""};
    int64_t now = bn_rest_now_ns(w->rest);
    if (!conn) {
        w->retry_ns = now + 500 * BN_MS; /* one of two hung connections drains; "at once" would spin until it has */
        return;
    }
    w->retry_ns = now + 60000 * BN_MS;
    if (!bn_rest_book(w->rest, BN_PRIORITY_CLOCK, HANDSHAKE_WEIGHT + LOGON_WEIGHT, 0)) {
        w->retry_ns = now + 1000 * BN_MS;
        return;
    }
    bn_rest_unbook(w->rest, HANDSHAKE_WEIGHT + LOGON_WEIGHT, 0); /* it stays counted until the exchange says more */
    enter(conn, BN_CONN_OPENING);
    conn->waiting = 0;
    conn->logon_id = 0;
    conn->heard_ns = now;
    if (w->c.web.ops->open(w->c.web.web, w->url, BN_WS_MESSAGE_MAX, OPEN_MS * BN_MS, &handlers, conn, &conn->socket,
                           &err) == EB_OK)
        return;
    enter(conn, BN_CONN_NONE);
    snprintf(w->why, sizeof w->why, "%.150s", err.msg);
    w->retry_ns = now + bn_reconnect_ns(w->failures++, ++w->salt);
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

static bool is_coming(const struct bn_wsapi *w)
{
    for (int i = 0; i < BN_WS_CONNS; i++)
        if (w->conn[i].state == BN_CONN_OPENING || w->conn[i].state == BN_CONN_LOGGING_ON)
            return true;
    return false;
}

static void sooner(int64_t *wake, int64_t at)
{
    if (at < *wake)
        *wake = at;
}

/* true: a connection has failed, and the failure has done everything else. */
static bool tend_conn(struct bn_wsapi *w, struct bn_ws_conn *conn, int64_t now, int64_t *wake)
{
    int64_t patience = w->c.timeout_ms * BN_MS, silent = w->c.silent_user_ms * BN_MS;
    switch ((enum bn_ws_conn_state)conn->state) {
    case BN_CONN_NONE:
    case BN_CONN_OPENING: /* the socket's own deadline */
        return false;
    case BN_CONN_LOGGING_ON:
        if (now - conn->since_ns >= patience) {
            fail(conn, "session.logon had no answer");
            return true;
        }
        sooner(wake, conn->since_ns + patience);
        return false;
    case BN_CONN_UP:
        if (now - conn->heard_ns >= silent) {
            fail(conn, "nothing was heard from the WebSocket API, not even a ping");
            return true;
        }
        sooner(wake, conn->heard_ns + silent);
        if (now - conn->since_ns >= 60000 * BN_MS)
            w->failures = 0;
        return false;
    case BN_CONN_DRAINING:
        if (conn->waiting == 0)
            drop(conn);
        else if (now - conn->since_ns >= 2 * patience) {
            fail(conn, "the old connection of the WebSocket API did not answer any more");
            return true;
        } else
            sooner(wake, conn->since_ns + 2 * patience);
        return false;
    }
    return false;
}

void bn_ws_tend(struct bn_wsapi *w, int64_t now, int64_t *wake)
{
    for (int i = 0; i < BN_WS_CONNS; i++)
        if (tend_conn(w, &w->conn[i], now, wake))
            return;
    if (!w->wanted || is_coming(w))
        return;
    int64_t due = w->retry_ns;
    if (w->current >= 0 && !w->suspect) {
        int64_t renew = w->conn[w->current].since_ns + w->c.rollover_ms * BN_MS;
        due = renew > due ? renew : due;
    }
    if (due <= now && !bn_rest_clock_good(w->rest)) {
        w->retry_ns = due = now + 100 * BN_MS; /* nothing could be signed */
    } else if (due <= now) {
        bn_ws_open(w);
        due = w->retry_ns;
    }
    sooner(wake, due);
}

void bn_wsapi_connect(struct bn_wsapi *w)
{
    if (w->wanted)
        return;
    w->wanted = true;
    w->failures = 0;
    w->retry_ns = 0;
    bn_ws_pump(w);
}

void bn_ws_close_all(struct bn_wsapi *w)
{
    for (int i = 0; i < BN_WS_CONNS; i++)
        if (w->conn[i].state != BN_CONN_NONE)
            drop(&w->conn[i]);
    w->current = -1;
    w->suspect = false;
}

/* ---- facts ----------------------------------------------------------------------------------------------------- */

void bn_wsapi_facts(const struct bn_wsapi *w, void (*fact)(void *user, const struct eb_link_fact *f), void *user)
{
    bool usable = bn_wsapi_usable(w);
    struct eb_link_fact f = {.name = "ws_api.state", .well = usable};
    f.value = usable ? "up" : is_coming(w) ? "connecting" : w->wanted ? "waiting" : "off";
    f.note = usable ? "" : w->why[0] ? w->why : "orders go by REST meanwhile";
    fact(user, &f);
    bool logged = usable && w->conn[w->current].logon_id != 0;
    fact(user,
         &(struct eb_link_fact){.name = "ws_api.logged_on", .value = logged ? "yes" : "no", .note = "", .well = true});
    char text[64];
    snprintf(text, sizeof text, "%llu sent, %llu lost connections", (unsigned long long)w->sent,
             (unsigned long long)w->losses);
    fact(user, &(struct eb_link_fact){.name = "ws_api.calls", .value = text, .note = "", .well = true});
}
