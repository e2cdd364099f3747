/* SPDX-License-Identifier: Apache-2.0 */
/* See fixture.h. */
#include "venue/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"

int64_t e8(const char *text)
{
    int64_t out = 0;
    assert_int_equal(eb_decimal_parse(text, strlen(text), true, EB_ROUND_FLOOR, &out), EB_OK);
    return out;
}

eb_price px(const char *text)
{
    return (eb_price){text == NULL ? 0 : e8(text)};
}

eb_qty qt(const char *text)
{
    return (eb_qty){e8(text)};
}

struct eb_ev_instrument instrument(const char *symbol, const char *tick, const char *step)
{
    struct eb_ev_instrument inst = {
        .tick = px(tick),
        .step = qt(step),
        .min_qty = qt(step),
        .maintenance_ppm = 10000,
        .trading = true,
    };
    (void)snprintf(inst.symbol, sizeof(inst.symbol), "%s", symbol);
    return inst;
}

static void listen(void *user, const struct eb_event *ev)
{
    struct probe *p = user;
    assert_true(p->count < HEARD_MAX);
    assert_false(p->inside);
    p->inside = true;
    struct heard *h = &p->heard[p->count++];
    h->ev = *ev;
    if (ev->kind == EB_EV_POSITION) {
        h->position = *ev->u.venue_position;
        h->ev.u.venue_position = &h->position;
    }
    if (p->react != NULL) {
        p->react(p, &h->ev);
    }
    p->inside = false;
}

struct probe *probe_new(const struct eb_sim_config *c)
{
    struct probe *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    struct eb_err err = {0};
    assert_int_equal(eb_sim_create(c, &p->sim, &err), EB_OK);
    eb_sim_set_sink(p->sim, listen, p);
    p->venue = eb_sim_port(p->sim);
    p->now_ms = 1700000000000;
    eb_sim_set_time(p->sim, 0, p->now_ms);
    struct eb_ev_instrument xyz = instrument("XYZUSDT", "0.001", "1");
    assert_int_equal(eb_sim_add_instrument(p->sim, 0, &xyz, NULL, 0, &err), EB_OK);
    if (c->symbols_max > 1) {
        struct eb_ev_instrument abc = instrument("ABCUSDT", "0.1", "0.001");
        assert_int_equal(eb_sim_add_instrument(p->sim, 1, &abc, NULL, 0, &err), EB_OK);
    }
    return p;
}

void probe_free(struct probe *p)
{
    eb_sim_destroy(p->sim);
    free(p);
}

void probe_reattach(struct probe *p)
{
    eb_sim_set_sink(p->sim, listen, p);
}

void probe_clear(struct probe *p)
{
    p->count = 0;
}

void probe_run(struct probe *p, int64_t ms)
{
    p->now_ms += ms;
    eb_sim_run(p->sim, (p->now_ms - 1700000000000) * 1000000, p->now_ms);
}

size_t heard_count(const struct probe *p, enum eb_event_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < p->count; i++) {
        n += p->heard[i].ev.kind == (uint16_t)kind ? 1u : 0u;
    }
    return n;
}

const struct eb_event *heard_nth(const struct probe *p, enum eb_event_kind kind, size_t n)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->heard[i].ev.kind == (uint16_t)kind && n-- == 0) {
            return &p->heard[i].ev;
        }
    }
    fail_msg("fewer events of kind %d than asked for: %s", (int)kind, heard_text(p));
    return NULL;
}

const struct eb_event *heard_last(const struct probe *p, enum eb_event_kind kind)
{
    size_t n = heard_count(p, kind);
    return heard_nth(p, kind, n > 0 ? n - 1 : 0);
}

const char *heard_text(const struct probe *p)
{
    static const char *const states[EB_OS_COUNT] = {"none",       "pending",   "new",     "partial",
                                                    "filled",     "canceled",  "expired", "rejected",
                                                    "triggering", "triggered", "unknown", "absent"};
    static const char *const kinds[EB_EV_COUNT] = {
        [EB_EV_PRICE] = "price",      [EB_EV_FUNDING] = "funding",
        [EB_EV_ACCOUNT] = "A",        [EB_EV_POSITION] = "P",
        [EB_EV_FILL] = "F",           [EB_EV_SNAPSHOT_BEGIN] = "begin",
        [EB_EV_SNAPSHOT_END] = "end", [EB_EV_SNAPSHOT_FAILED] = "failed",
        [EB_EV_OPEN_ORDER] = "open",
    };
    static char text[8192];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < p->count && len + 32 < sizeof(text); i++) {
        const struct eb_event *ev = &p->heard[i].ev;
        const char *word = ev->kind == EB_EV_ORDER ? states[ev->u.order.state] : kinds[ev->kind];
        const char *mark = ev->kind == EB_EV_ORDER && ev->u.order.cancel_failed ? "!" : "";
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%s", i > 0 ? " " : "", word != NULL ? word : "?",
                                mark);
    }
    return text;
}

eb_client_id client_id(enum eb_purpose purpose, unsigned leg, unsigned attempt)
{
    return (eb_client_id){
        .instance = 1, .episode = 1, .attempt = (uint16_t)attempt, .purpose = (uint8_t)purpose, .leg = (uint8_t)leg};
}

static unsigned fresh(void)
{
    static unsigned attempt = 100; /* ids of one test never collide by accident */
    return attempt++ % 65000;
}

struct eb_order_request market(enum eb_order_side side, const char *qty)
{
    return (struct eb_order_request){
        .client_id = client_id(EB_PURPOSE_STOP, 0, fresh()),
        .order_side = (uint8_t)side,
        .type = EB_ORDER_MARKET,
        .purpose = EB_PURPOSE_STOP,
        .reduce_only = true,
        .qty = qt(qty),
    };
}

struct eb_order_request limit_gtc(enum eb_order_side side, const char *qty, const char *price, unsigned leg)
{
    struct eb_order_request req = market(side, qty);
    req.client_id = client_id(EB_PURPOSE_SOFT, leg, fresh());
    req.purpose = EB_PURPOSE_SOFT;
    req.type = EB_ORDER_LIMIT_GTC;
    req.price = px(price);
    return req;
}

struct eb_order_request stop_close(enum eb_order_side side, const char *trigger)
{
    struct eb_order_request req = market(side, "0");
    req.client_id = client_id(EB_PURPOSE_BACKSTOP, 0, fresh());
    req.purpose = EB_PURPOSE_BACKSTOP;
    req.type = EB_ORDER_STOP_MARKET;
    req.reduce_only = false;
    req.close_position = true;
    req.trigger = px(trigger);
    return req;
}

int32_t submit(struct probe *p, const struct eb_order_request *req)
{
    size_t before = p->count;
    struct eb_err err;
    assert_int_equal(p->venue.ops->submit(p->venue.venue, req, &err), EB_OK);
    for (size_t i = before; i < p->count; i++) {
        const struct eb_event *ev = &p->heard[i].ev;
        if (ev->kind == EB_EV_ORDER && ev->u.order.state == EB_OS_REJECTED) {
            assert_int_equal(ev->u.order.reject, eb_sim_code_class(ev->u.order.code));
            return ev->u.order.code;
        }
    }
    return 0;
}

void cancel(struct probe *p, const struct eb_order_request *req)
{
    struct eb_err err;
    assert_int_equal(p->venue.ops->cancel(p->venue.venue, req->client_id, 0, req->symbol, req->type, &err), EB_OK);
}

void query(struct probe *p, const struct eb_order_request *req)
{
    struct eb_err err;
    assert_int_equal(p->venue.ops->query(p->venue.venue, req->client_id, 0, req->symbol, req->type, &err), EB_OK);
}

void open_position(struct probe *p, enum eb_side side, const char *qty, const char *price, int leverage)
{
    struct eb_sim_entry entry = {
        .side = (uint8_t)side, .qty = qt(qty), .price = px(price), .leverage_ppm = leverage * EB_PPM};
    struct eb_err err = {0};
    int code = eb_sim_open(p->sim, &entry, NULL, &err);
    if (code != EB_OK) {
        fail_msg("open: %s", err.msg);
    }
}

void quote(struct probe *p, const char *mark, const char *last, const char *bid, const char *ask)
{
    struct eb_sim_quote q = {.mark = px(mark), .last = px(last), .bid = px(bid), .ask = px(ask)};
    assert_int_equal(eb_sim_price(p->sim, 0, &q), EB_OK);
}

int64_t held(struct probe *p, eb_position_id slot)
{
    struct eb_err err = {0};
    if (eb_sim_check(p->sim, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    struct eb_sim_position position;
    return eb_sim_position(p->sim, slot, &position) ? position.qty.e8 : 0;
}

const struct eb_sim_trade *last_trade(const struct probe *p)
{
    size_t count;
    const struct eb_sim_trade *trade = eb_sim_trades(p->sim, &count);
    assert_true(count > 0);
    return &trade[count - 1];
}
