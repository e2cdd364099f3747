/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line: a socket that counts and, while it is being replaced, another beside it.
 *
 *     opening -> open -> SUBSCRIBE ... -> talking = up        lost, silent -> both closed, opened again after a backoff
 *     renewal: a second one is opened, subscribes everything, talks -> becomes the one that counts, the old one closes
 *
 * So a renewal leaves no gap. Of market lines only the counting socket is heard, so that no price is told twice; of the
 * private one both are, since an event that is told twice is harmless and one that is missed is not.
 */
#include "venue/binance/streams_inner.h"

#include <stdio.h>
#include <string.h>

#include "venue/binance/codec.h"

#define OPEN_MS 10000
#define MESSAGE_MAX ((size_t)1 << 20)
#define SYMBOLS_A_MESSAGE 25 /* times three streams: some 2 KiB, well within what the exchange takes */
#define SETTLE_MS 1000       /* a new private socket counts after so long: there is no first message to wait for */
#define QUIET_MS 5000        /* a book may rest: a new public socket counts after so long */

static bool is_private(const struct bn_line *l)
{
    return l->class == BN_STREAM_PRIVATE;
}

static int64_t now_of(const struct bn_line *l)
{
    return bn_rest_now_ns(l->s->rest);
}

static struct bn_sock *current(struct bn_line *l)
{
    return l->current < 0 ? NULL : &l->sock[l->current];
}

static void close_sock(struct bn_sock *k)
{
    struct bn_line *l = k->line;
    if (k->state != BN_SOCK_NONE)
        l->s->c.web.ops->close(k->socket);
    k->socket = NULL;
    k->state = BN_SOCK_NONE;
    if (l->current >= 0 && &l->sock[l->current] == k)
        l->current = -1;
}

void bn_line_close(struct bn_line *l)
{
    for (int i = 0; i < 2; i++)
        close_sock(&l->sock[i]);
    l->up = false;
    l->retry_ns = 0;
    l->failures = 0;
}

/* Its symbols have to be heard anew: by this socket. */
static void hear_anew(struct bn_line *l, int64_t now)
{
    if (is_private(l))
        return;
    l->unheard = bn_line_count(l);
    for (uint32_t i = 0; i < l->unheard; i++) {
        struct bn_watched *w = &l->s->watched[l->first + i];
        w->heard[l->class] = w->again[l->class] = false;
        if (w->asked_ns[l->class])
            w->asked_ns[l->class] = now;
    }
}

void bn_line_lose(struct bn_line *l, const char *why)
{
    struct bn_streams *s = l->s;
    for (int i = 0; i < 2; i++)
        close_sock(&l->sock[i]);
    l->up = false;
    l->reconnects++;
    l->retry_ns = now_of(l) + bn_reconnect_ns(l->failures++, ++s->salt);
    for (uint32_t i = 0; !is_private(l) && i < bn_line_count(l); i++)
        s->watched[l->first + i].asked_ns[l->class] = 0;
    bn_class_judge(s, (enum bn_stream_class)l->class, why);
}

/* ---- subscriptions --------------------------------------------------------------------------------------------- */

static void write_streams(struct bn_text *t, const struct bn_line *l, const char *name, bool *first)
{
    static const char *const market[] = {"@markPrice@1s", "@aggTrade", "@kline_1m", NULL};
    static const char *const book[] = {"@bookTicker", NULL};
    for (const char *const *kind = l->class == BN_STREAM_MARKET ? market : book; *kind; kind++) {
        bn_text_str(t, *first ? "\"" : ",\"");
        bn_text_str(t, name);
        bn_text_str(t, *kind);
        bn_text_str(t, "\"");
        *first = false;
    }
}

/* Those that were asked for and kept silent first, then the next that were not asked for on this socket. */
static unsigned write_batch(struct bn_text *t, struct bn_line *l, struct bn_sock *k, int64_t now)
{
    unsigned n = 0;
    bool first = true;
    uint32_t count = bn_line_count(l);
    for (uint32_t i = 0; i < count && n < SYMBOLS_A_MESSAGE; i++) {
        struct bn_watched *w = &l->s->watched[l->first + i];
        bool fresh = i == k->subscribed, again = w->again[l->class] && i < k->subscribed;
        if (!fresh && !again)
            continue;
        write_streams(t, l, w->name, &first);
        w->again[l->class] = false;
        if (!w->heard[l->class])
            w->asked_ns[l->class] = now;
        k->subscribed += fresh;
        n++;
    }
    return n;
}

static void subscribe(struct bn_sock *k, int64_t now)
{
    struct bn_line *l = k->line;
    if (is_private(l) || k->state != BN_SOCK_OPEN || (k->sent_ns && now - k->sent_ns < BN_TICK_MS * BN_MS))
        return;
    uint32_t before = k->subscribed;
    struct bn_text t = {.at = l->s->out, .cap = sizeof l->s->out};
    bn_text_str(&t, "{\"method\":\"SUBSCRIBE\",\"params\":[");
    if (write_batch(&t, l, k, now) == 0)
        return;
    bn_text_str(&t, "],\"id\":");
    bn_text_i64(&t, (int64_t)++k->messages);
    bn_text_str(&t, "}");
    EB_ASSERT(!t.failed);
    k->sent_ns = now;
    if (l->s->c.web.ops->send(k->socket, t.at, t.len) != EB_OK)
        k->subscribed = before; /* asked for again at the next occasion */
}

void bn_line_ask(struct bn_line *l, int64_t now)
{
    subscribe(&l->sock[0], now);
    subscribe(&l->sock[1], now);
}

/* ---- standing -------------------------------------------------------------------------------------------------- */

static void judge_up(struct bn_line *l)
{
    struct bn_sock *k = current(l);
    bool up = k && k->state == BN_SOCK_OPEN && (l->class != BN_STREAM_MARKET || k->talked);
    if (up == l->up)
        return;
    l->up = up;
    bn_class_judge(l->s, (enum bn_stream_class)l->class, up ? "connected" : "not talking");
}

static bool may_take_over(const struct bn_line *l, const struct bn_sock *k, int64_t now)
{
    if (k->state != BN_SOCK_OPEN || k->subscribed < (is_private(l) ? 0 : bn_line_count(l)))
        return false;
    if (is_private(l))
        return now - k->opened_ns >= SETTLE_MS * BN_MS;
    return k->talked || (l->class == BN_STREAM_PUBLIC && now - k->opened_ns >= QUIET_MS * BN_MS);
}

static void take_over(struct bn_line *l, struct bn_sock *k, int64_t now)
{
    struct bn_sock *old = current(l);
    if (old)
        close_sock(old);
    l->current = (int)(k - l->sock);
    hear_anew(l, now);
    eb_log(l->s->c.log, EB_LOG_INFO, "binance.stream_renewed", EB_STR("stream", l->s->class[l->class].name),
           EB_I64("line", l->index));
}

/* ---- handlers -------------------------------------------------------------------------------------------------- */

static void on_opened(void *user)
{
    struct bn_sock *k = user;
    struct bn_line *l = k->line;
    int64_t now = now_of(l);
    k->state = BN_SOCK_OPEN;
    k->opened_ns = k->heard_ns = k->text_ns = now;
    subscribe(k, now);
    if (is_private(l)) /* a key that ended while its socket was being opened is silence, and nothing says so */
        bn_listen_doubt(l->s);
    if (l->current < 0) {
        l->current = (int)(k - l->sock);
        hear_anew(l, now);
        judge_up(l);
    }
}

/* {"stream":"btcusdt@markPrice@1s","data":...: the symbol was heard. Once all were, nothing is looked up any more. */
static void heard_name(struct bn_line *l, const char *text, size_t len)
{
    static const char lead[] = "{\"stream\":\"";
    size_t from = sizeof lead - 1;
    const char *at = len > from ? memchr(text + from, '@', len - from < 64 ? len - from : 64) : NULL;
    if (!at || (l->class == BN_STREAM_MARKET && strncmp(at, "@markPrice", 10) != 0))
        return;
    struct bn_watched *w = bn_watched_find(l->s, text + from, (size_t)(at - text) - from);
    if (!w || w->heard[l->class])
        return;
    w->heard[l->class] = true;
    l->unheard -= l->unheard > 0;
    if (!w->late[l->class])
        return;
    w->late[l->class] = false;
    char name[48];
    snprintf(name, sizeof name, "stream.%s.symbol_silent", l->s->class[l->class].name);
    bn_streams_trouble(l->s, name, w->name, false, "it is heard");
}

/* An answer to a subscription. */
static void on_control(struct bn_line *l, const struct bn_market *m)
{
    struct bn_class *c = &l->s->class[l->class];
    if (!m->failed) {
        if (c->refused)
            bn_streams_trouble(l->s, "stream.refused", c->name, false, "subscriptions are accepted again");
        c->refused = false;
        return;
    }
    c->refused = true;
    char text[160];
    snprintf(text, sizeof text, "the exchange refused a subscription of the %s stream; what it was for stays silent",
             l->s->class[l->class].name);
    bn_streams_trouble(l->s, "stream.refused", l->s->class[l->class].name, true, text);
}

static bool is_data(struct bn_line *l, const char *text, size_t len)
{
    if (len > 11 && memcmp(text, "{\"stream\":\"", 11) == 0)
        return true;
    struct bn_market m;
    if (bn_decode_market(text, len, &m, NULL) != EB_OK || m.kind != BN_MARKET_ACK)
        return true; /* whoever decodes it says what is wrong with it */
    on_control(l, &m);
    return false;
}

static void on_market(struct bn_sock *k, const char *text, size_t len, int64_t now)
{
    struct bn_line *l = k->line;
    struct bn_streams *s = l->s;
    if (!is_data(l, text, len))
        return;
    bool counts = l->current >= 0 && k == &l->sock[l->current];
    if (!k->talked) {
        k->talked = true;
        if (counts)
            judge_up(l);
        else if (may_take_over(l, k, now))
            take_over(l, k, now);
        counts = l->current >= 0 && k == &l->sock[l->current];
    }
    if (!counts || !s->started)
        return;
    if (l->unheard > 0)
        heard_name(l, text, len);
    bn_unwrap(&text, &len);
    s->events.message(s->events.user, (enum bn_stream_class)l->class, text, len, now);
}

static void on_text(void *user, const char *text, size_t len)
{
    struct bn_sock *k = user;
    struct bn_line *l = k->line;
    struct bn_streams *s = l->s;
    int64_t now = now_of(l);
    struct bn_class *c = &s->class[l->class];
    k->heard_ns = k->text_ns = c->text_ns = now;
    c->messages++;
    if (!is_private(l)) {
        on_market(k, text, len, now);
        return;
    }
    k->talked = true;
    bool expired = bn_listen_expired(s, text, len);
    uint32_t epoch = s->epoch;
    bn_unwrap(&text, &len);
    s->events.message(s->events.user, BN_STREAM_PRIVATE, text, len, now);
    if (expired && s->epoch == epoch)
        bn_listen_gone(s, "the listen key has expired");
}

static void on_heard(void *user)
{
    struct bn_sock *k = user;
    k->heard_ns = now_of(k->line);
}

static void on_closed(void *user, int status, const struct eb_err *err)
{
    struct bn_sock *k = user;
    struct bn_line *l = k->line;
    struct bn_streams *s = l->s;
    bool counted = l->current >= 0 && k == &l->sock[l->current], opened = k->state == BN_SOCK_OPEN;
    struct bn_sock *other = &l->sock[k == &l->sock[0]];
    char why[200];
    /* What the private socket's error says may hold its address, and the key in it. */
    snprintf(why, sizeof why, "the socket was lost (%d): %.120s", status, is_private(l) ? "" : err->msg);
    close_sock(k);
    if (counted && other->state == BN_SOCK_OPEN && (is_private(l) || may_take_over(l, other, now_of(l)))) {
        take_over(l, other, now_of(l)); /* its follower stands already */
        return;
    }
    bool key_refused = is_private(l) && !opened && status >= 400 && status < 500;
    if (counted || other->state == BN_SOCK_NONE)
        bn_line_lose(l, why);
    else
        l->renew_ns = now_of(l) + bn_reconnect_ns(l->failures++, ++s->salt); /* the one that counts goes on */
    if (key_refused && s->started)
        s->listen.have = false;
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

void bn_line_open(struct bn_line *l)
{
    static const struct eb_web_socket_handlers handlers = {
        .opened = on_opened, .text = on_text, .heard = on_heard, .closed = on_closed};
    struct bn_streams *s = l->s;
    struct bn_sock *k = &l->sock[l->sock[0].state != BN_SOCK_NONE];
    if (k->state != BN_SOCK_NONE)
        return;
    char url[640];
    struct bn_text t = {.at = url, .cap = sizeof url};
    bn_text_str(&t, s->base[l->class]);
    bn_text_str(&t, is_private(l) ? "/ws?listenKey=" : "/stream");
    if (is_private(l))
        bn_text_encoded(&t, s->listen.key, strlen(s->listen.key));
    struct eb_err err = {.msg = ""};
    int64_t now = now_of(l);
    *k = (struct bn_sock){.line = l, .state = BN_SOCK_OPENING, .opened_ns = now};
    l->retry_ns = 0;
    l->renew_ns = now + s->c.rollover_ms * BN_MS - s->c.rollover_ms / 100 * (l->index % 5) * BN_MS;
    int code =
        t.failed ? EB_E_INVALID
                 : s->c.web.ops->open(s->c.web.web, url, MESSAGE_MAX, OPEN_MS * BN_MS, &handlers, k, &k->socket, &err);
    if (code == EB_OK)
        return;
    k->state = BN_SOCK_NONE;
    l->retry_ns = now + bn_reconnect_ns(l->failures++, ++s->salt);
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

/* true: the line was lost. */
static bool silent(struct bn_line *l, struct bn_sock *k, int64_t now)
{
    const struct eb_binance_config *c = &l->s->c;
    if (is_private(l)) {
        if (now - k->heard_ns < c->silent_user_ms * BN_MS)
            return false;
        bn_line_lose(l, "nothing was heard on the user stream, not even a ping");
        return true;
    }
    if (bn_line_count(l) == 0 || k->subscribed == 0)
        return false;
    if (l->class == BN_STREAM_MARKET) {
        if (now - k->text_ns < c->silent_market_ms * BN_MS)
            return false;
        bn_line_lose(l, "the stream went silent");
        return true;
    }
    /* A book may rest; its socket is renewed beside the old one, which costs nothing if it was well. */
    if (now - k->text_ns >= 6 * c->silent_market_ms * BN_MS && l->renew_ns > now)
        l->renew_ns = now;
    return false;
}

void bn_line_tend(struct bn_line *l, int64_t now)
{
    struct bn_sock *k = current(l), *other = k ? &l->sock[1 - l->current] : NULL;
    bool coming = l->sock[0].state == BN_SOCK_OPENING || l->sock[1].state == BN_SOCK_OPENING;
    if (!k) {
        bool may = is_private(l) ? l->s->listen.have : bn_line_count(l) > 0;
        if (may && !coming && now >= l->retry_ns)
            bn_line_open(l);
        return;
    }
    if (silent(l, k, now))
        return;
    if (now - k->opened_ns >= 60000 * BN_MS && other->state == BN_SOCK_NONE && l->renew_ns - now > BN_MS)
        l->failures = 0;
    bn_line_ask(l, now);
    if (other->state == BN_SOCK_NONE) {
        if (now >= l->renew_ns && (!is_private(l) || l->s->listen.have))
            bn_line_open(l);
    } else if (may_take_over(l, other, now)) {
        take_over(l, other, now);
    } else if (now - other->opened_ns >= 60000 * BN_MS) {
        close_sock(other); /* it never came to talk */
        l->renew_ns = now + bn_reconnect_ns(l->failures++, ++l->s->salt);
    }
}
