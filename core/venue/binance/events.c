/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What streams say, sorted: prices to the engine at once (no lock, no allocation), news of the account to account.c and
 * orders.c. Account events that come before ready are kept and told after it.
 *
 *     market, public -> bn_decode_market -> PRICE, BAR, FUNDING        private -> bn_decode_user -> account.c, orders.c
 */
#include "venue/binance/inner.h"

#include <string.h>

#define MARKS_NS (1000 * BN_NS_IN_MS)
#define MARKS_SINGLY 5 /* in that time */

/* ---- market ------------------------------------------------------------------------------------------------------ */

static void tell_price(struct eb_binance *b, struct bn_symbol *s, enum eb_price_source source,
                       const struct bn_market *m)
{
    if (m->event_ms != 0 && m->event_ms < s->price_ms[source]) {
        b->count.stale_prices++; /* an older one after a newer one, as after a renewed socket */
        return;
    }
    s->price_ms[source] = m->event_ms != 0 ? m->event_ms : s->price_ms[source];
    struct eb_event ev = bn_event(b, EB_EV_PRICE, s->id);
    ev.u.price = (struct eb_ev_price){
        .source = (uint8_t)source, .price = m->price, .min = m->price, .max = m->price, .venue_ms = m->event_ms};
    if (source == EB_SRC_BOOK) { /* lowest ask and highest bid: the sides at which targets execute */
        ev.u.price.ask = m->ask;
        ev.u.price.min = m->ask;
    }
    bn_tell(b, &ev);
}

static void tell_funding(struct eb_binance *b, struct bn_symbol *s, int64_t rate_e8, int64_t next_ms)
{
    if (next_ms == 0 || (rate_e8 == s->rate_e8 && next_ms == s->funding_ms)) {
        return;
    }
    s->rate_e8 = rate_e8;
    s->funding_ms = next_ms;
    struct eb_event ev = bn_event(b, EB_EV_FUNDING, s->id);
    ev.u.funding = (struct eb_ev_funding){.rate_e8 = rate_e8, .next_ms = next_ms};
    bn_tell(b, &ev);
}

static void on_market(struct eb_binance *b, const char *text, size_t len)
{
    struct bn_market *m = &b->market;
    struct eb_err err;
    if (bn_decode_market(text, len, m, &err) != EB_OK) {
        b->count.unreadable++;
        eb_log(b->c.log, EB_LOG_WARN, "market.unreadable", EB_STR("why", err.msg));
        return;
    }
    if (m->kind == BN_MARKET_OTHER || m->kind == BN_MARKET_ACK) {
        return;
    }
    struct bn_symbol *s = m->coin_margined ? NULL : bn_symbol_find(b, m->symbol);
    if (s == NULL || s->id == EB_NO_SYMBOL) {
        b->count.unknown_symbols++;
        return;
    }
    uint64_t epoch = b->epoch;
    switch ((enum bn_market_kind)m->kind) {
    case BN_MARKET_MARK:
        s->stream_ms = bn_rest_now_ms(b->rest);
        tell_price(b, s, EB_SRC_MARK, m);
        if (epoch == b->epoch) {
            tell_funding(b, s, m->rate_e8, m->next_funding_ms);
        }
        break;
    case BN_MARKET_TRADE:
        tell_price(b, s, EB_SRC_LAST, m);
        break;
    case BN_MARKET_BOOK:
        tell_price(b, s, EB_SRC_BOOK, m);
        break;
    case BN_MARKET_KLINE:
        if (m->closed) {
            bn_history_closed(b, s, &m->bar);
        }
        break;
    case BN_MARKET_OTHER:
    case BN_MARKET_ACK:
        break;
    }
}

/* ---- prices by request ------------------------------------------------------------------------------------------- */

/* What a request said of a mark. */
static void tell_premium(struct eb_binance *b, struct bn_symbol *s, const struct bn_premium *p)
{
    uint64_t epoch = b->epoch;
    struct eb_event ev = bn_event(b, EB_EV_PRICE, s->id);
    ev.u.price = (struct eb_ev_price){.source = EB_SRC_MARK,
                                      .from_rest = true,
                                      .price = p->mark,
                                      .min = p->mark,
                                      .max = p->mark,
                                      .venue_ms = p->time_ms};
    bool older = p->time_ms < s->price_ms[EB_SRC_MARK]; /* the stream said more since */
    if (!older) {
        s->price_ms[EB_SRC_MARK] = p->time_ms;
        bn_tell(b, &ev);
    }
    if (epoch == b->epoch) {
        tell_funding(b, s, p->rate_e8, p->next_ms);
    }
}

static void premium_came(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    bool held = (tag & 1) != 0;
    struct bn_symbol *s = &b->symbol[tag >> 1];
    struct bn_premium p;
    struct eb_err err = {0};
    uint64_t epoch = b->epoch;
    if (held) {
        s->premium_due = false;
    }
    int rc = r->outcome == BN_ACCEPTED ? bn_decode_premium(r->body, r->len, &p, &err) : EB_E_IO;
    if (rc != EB_OK) {
        eb_log(b->c.log, EB_LOG_WARN, "price.unread", EB_STR("symbol", s->name), EB_I64("code", r->code),
               EB_STR("why", r->outcome == BN_ACCEPTED ? err.msg : r->msg));
    } else if (s->id != EB_NO_SYMBOL) {
        tell_premium(b, s, &p);
    }
    if (epoch == b->epoch) {
        bn_release(b);
    }
    if (epoch == b->epoch) {
        bn_flush(b);
    }
}

/* symbol: NULL all. */
static int ask_marks(struct eb_binance *b, const char *symbol, uint8_t priority, bn_done done, uint64_t tag)
{
    struct eb_err err;
    struct bn_call call;
    memset(&call, 0, sizeof(call));
    call.method = "GET";
    call.path = "/fapi/v1/premiumIndex";
    bn_params_init(&call.params);
    if (symbol != NULL) {
        bn_param_text(&call.params, "symbol", symbol);
    }
    call.security = BN_PUBLIC;
    call.priority = priority;
    call.weight = symbol != NULL ? 1 : 10;
    call.answer_max = (size_t)4 << 20;
    call.deadline_ms = 3000; /* an old mark is worth nothing */
    call.done = done;
    call.user = b;
    call.tag = tag;
    return bn_rest_call(b->rest, &call, &err);
}

int bn_ask_premium(struct eb_binance *b, struct bn_symbol *s, uint8_t priority, bool held)
{
    return ask_marks(b, s->name, priority, premium_came, (uint64_t)bn_symbol_index(b, s) << 1 | (held ? 1 : 0));
}

struct marks {
    struct eb_binance *b;
    uint64_t epoch;
};

static int take_mark(void *user, const struct bn_premium *p)
{
    struct marks *t = user;
    struct bn_symbol *s = bn_symbol_find(t->b, p->symbol);
    if (s != NULL && s->id != EB_NO_SYMBOL && s->mark_wanted) {
        s->mark_wanted = false;
        tell_premium(t->b, s, p);
    }
    return t->epoch == t->b->epoch ? EB_OK : EB_E_END;
}

static void all_marks_came(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct marks t = {b, b->epoch};
    struct eb_err err = {0};
    (void)tag;
    b->all_marks_asked = false;
    int rc = r->outcome == BN_ACCEPTED ? bn_decode_premiums(r->body, r->len, take_mark, &t, &err) : EB_E_IO;
    if (rc != EB_OK && rc != EB_E_END) {
        eb_log(b->c.log, EB_LOG_WARN, "prices.unread", EB_I64("code", r->code),
               EB_STR("why", r->outcome == BN_ACCEPTED ? err.msg : r->msg));
    }
    if (t.epoch == b->epoch) {
        bn_flush(b);
    }
}

static int ask_all_marks(struct eb_binance *b)
{
    int rc = ask_marks(b, NULL, BN_PRIORITY_QUERY, all_marks_came, 0);
    b->all_marks_asked = rc == EB_OK;
    b->all_marks_wanted = false;
    return rc;
}

void bn_marks_second(struct eb_binance *b)
{
    if (b->all_marks_wanted && !b->all_marks_asked) {
        (void)ask_all_marks(b); /* refused: the engine asks again */
    }
}

/* A few one by one, since a breach may wait for them; more in one answer about all, of ten times the weight: where the
 * market stream is down, each position asks once a second, and the weight of the minute must last for cancels too. */
static int ask_mark(struct eb_binance *b, struct bn_symbol *s)
{
    int64_t now_ns = bn_now_ns(b);
    if (now_ns - b->marks_ns >= MARKS_NS) {
        b->marks_ns = now_ns;
        b->marks = 0;
    }
    if (b->marks < MARKS_SINGLY) {
        b->marks++;
        return bn_ask_premium(b, s, BN_PRIORITY_QUERY, false);
    }
    s->mark_wanted = true;
    if (b->all_marks_asked) {
        return EB_OK;
    }
    if (b->marks > MARKS_SINGLY) {
        b->all_marks_wanted = true; /* once a second is enough */
        return EB_OK;
    }
    b->marks++;
    return ask_all_marks(b);
}

int bn_port_refresh(void *venue, eb_symbol_id symbol, struct eb_err *err)
{
    struct eb_binance *b = venue;
    if (b->stage < BN_GREETED) {
        return bn_not_connected(b, err);
    }
    struct bn_symbol *s = bn_symbol_of(b, symbol);
    if (s == NULL) {
        return eb_err_set(err, EB_E_NOT_FOUND, "binance", "the exchange does not list the engine's symbol %u", symbol);
    }
    int64_t silent_ms = s->stream_ms != 0 ? bn_rest_now_ms(b->rest) - s->stream_ms : 0;
    if (silent_ms >= b->c.silent_market_ms) { /* its subscription may be lost though the stream stands */
        s->stream_ms = 0;
        bn_streams_again(b->streams, s->name);
    }
    int rc = ask_mark(b, s);
    return rc == EB_OK ? rc : eb_err_set(err, rc, "binance", "%s: its price cannot be asked for now", s->name);
}

/* ---- the account ------------------------------------------------------------------------------------------------- */

static void on_private(struct eb_binance *b, const char *text, size_t len)
{
    struct bn_user *u = &b->user;
    struct eb_err err;
    if (bn_decode_user(text, len, u, &err) != EB_OK) {
        b->count.unreadable++;
        eb_log(b->c.log, EB_LOG_ERROR, "account.unreadable", EB_STR("why", err.msg));
        bn_gap(b, "an event of the account could not be read"); /* whatever it was, a picture has it */
        return;
    }
    switch ((enum bn_user_kind)u->kind) {
    case BN_USER_ORDER:
        bn_order_event(b, u);
        break;
    case BN_USER_ALGO:
        bn_algo_event(b, u);
        break;
    case BN_USER_ACCOUNT:
        bn_account_event(b, u);
        break;
    case BN_USER_CONFIG_LEVERAGE:
        bn_account_leverage(b, u);
        break;
    case BN_USER_CONFIG_ASSETS:
        bn_account_assets(b, u->multi_assets);
        break;
    case BN_USER_MARGIN_CALL:
        bn_account_margin_call(b, u);
        break;
    case BN_USER_KEY_EXPIRED: /* streams.c sees to it */
    case BN_USER_TRADE_LITE:  /* says less than the order's own event, which follows */
    case BN_USER_OTHER:
        break;
    }
}

static void keep(struct eb_binance *b, const char *text, size_t len)
{
    size_t need = sizeof(len) + len + 1;
    if (b->kept_len + need > BN_KEPT_TEXT) {
        b->kept_overflow = true;
        return;
    }
    memcpy(b->kept + b->kept_len, &len, sizeof(len));
    memcpy(b->kept + b->kept_len + sizeof(len), text, len);
    b->kept[b->kept_len + sizeof(len) + len] = '\0';
    b->kept_len += need;
}

void bn_events_replay(struct eb_binance *b)
{
    uint64_t epoch = b->epoch;
    size_t end = b->kept_len;
    for (size_t at = 0; at < end && epoch == b->epoch;) {
        size_t len;
        memcpy(&len, b->kept + at, sizeof(len));
        on_private(b, b->kept + at + sizeof(len), len);
        at += sizeof(len) + len + 1;
    }
    if (epoch != b->epoch) {
        return;
    }
    b->kept_len = 0;
    if (b->kept_overflow) {
        b->kept_overflow = false;
        bn_gap(b, "more happened in the account while it was read than could be kept");
    }
}

void bn_on_message(void *user, enum bn_stream_class class, const char *text, size_t len, int64_t read_ns)
{
    struct eb_binance *b = user;
    if (b->stage == BN_ABSENT) {
        return;
    }
    if (b->due_ns == 0 && b->stage >= BN_GREETED) {
        b->due_ns = read_ns;
    }
    if (class != BN_STREAM_PRIVATE) {
        if (b->stage >= BN_GREETED) {
            on_market(b, text, len);
        }
    } else if (b->stage == BN_READY) {
        on_private(b, text, len);
    } else {
        keep(b, text, len);
    }
    if (b->told == 0) {
        b->due_ns = 0;
    }
}

/* ---- state ------------------------------------------------------------------------------------------------------- */

void bn_on_state(void *user, enum bn_stream_class class, bool up, const char *why)
{
    struct eb_binance *b = user;
    if (b->stage == BN_ABSENT || class != BN_STREAM_PRIVATE) {
        return; /* prices that do not come grow old by themselves, and bars that are missing are asked for */
    }
    b->private_up = up;
    if (!up) {
        b->watching = false;
        return;
    }
    if (b->stage == BN_READY) {
        bn_gap(b, why != NULL && why[0] != '\0' ? why : "the account's stream was cut");
        bn_flush(b);
    } else {
        bn_connect_private_up(b);
    }
}

void bn_on_trouble(void *user, const struct eb_link_trouble *t)
{
    struct eb_binance *b = user;
    if (b->c.listener.trouble != NULL) {
        b->c.listener.trouble(b->c.listener.user, t);
    }
}
