/* SPDX-License-Identifier: Apache-2.0 */
/* The link against the simulated exchange in its own words: by REST and by the WebSocket API, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "link_world.h"
#include "venue/fapi/fapi.h"

#define START INT64_C(1700000000000)

struct street {
    struct eb_fapi *exchange;
    struct eb_fapi_twin *twin;
    int64_t now_ms;
    struct link_world *w;
    char name[EB_SYMBOL_MAX];
    eb_price price; /* of the symbol at the beginning */
};

static void pass(void *other, int64_t ms)
{
    struct street *t = other;
    for (int64_t left = ms; left > 0; left -= 10) {
        t->now_ms += left < 10 ? left : 10;
        eb_fapi_twin_run(t->twin, t->now_ms);
    }
}

static void control(struct street *t, const char *verb, const char *json)
{
    struct eb_buffer out;
    eb_buffer_init(&out, 1 << 16);
    int rc = eb_fapi_control(t->exchange, verb, json, strlen(json), &out);
    if (rc != 0) {
        fail_msg("%s %s: %d %s", verb, json, rc, eb_buffer_str(&out));
    }
    eb_buffer_deinit(&out);
}

static void quote(struct street *t, int64_t price)
{
    char json[128];
    (void)snprintf(json, sizeof(json), "{\"symbol\":\"%s\",\"price\":\"%lld\"}", t->name, (long long)price);
    control(t, "price", json);
}

static void open_position(struct street *t, const char *side)
{
    char json[160];
    (void)snprintf(json, sizeof(json), "{\"symbol\":\"%s\",\"side\":\"%s\",\"quantity\":\"0.5\",\"leverage\":\"10\"}",
                   t->name, side);
    control(t, "open", json);
}

static struct street *street_new(bool hedge, bool ws)
{
    struct street *t = calloc(1, sizeof(*t));
    struct eb_err err = {0};
    struct eb_fapi_config f;
    const struct eb_fapi_account account = {.name = "main",
                                            .api_key = LW_KEY,
                                            .secret = LW_SECRET,
                                            .balance = {1000000 * EB_E8},
                                            .hedge = hedge,
                                            .can_trade = true};
    assert_non_null(t);
    eb_fapi_config_default(&f);
    f.account = &account;
    f.accounts = 1;
    f.start_ms = START;
    f.feed = EB_FAPI_FEED_HELD;
    f.classes_strict = true;
    f.control = true;
    if (eb_fapi_create(&f, &t->exchange, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(eb_fapi_twin_create(t->exchange, 5, &t->twin, &err), EB_OK);
    (void)snprintf(t->name, sizeof(t->name), "%s", eb_fapi_symbol_name(t->exchange, 0));
    t->now_ms = START;
    t->w = lw_create_on(eb_fapi_twin_port(t->twin), pass, t);
    t->w->c.ws_api = ws ? "ws://127.0.0.1:1/ws-fapi/v1" : "";
    t->w->c.orders_by = ws ? EB_BINANCE_ORDERS_WS : EB_BINANCE_ORDERS_REST;
    quote(t, 50000);
    return t;
}

static void street_end(struct street *t)
{
    lw_destroy(t->w);
    eb_fapi_twin_destroy(t->twin);
    eb_fapi_destroy(t->exchange);
    free(t);
}

static int up_rest(void **state)
{
    *state = street_new(false, false);
    return 0;
}

static int up_ws(void **state)
{
    *state = street_new(false, true);
    return 0;
}

static int up_hedge(void **state)
{
    *state = street_new(true, false);
    return 0;
}

static int down(void **state)
{
    street_end(*state);
    return 0;
}

static const struct eb_ev_order *last_order(struct link_world *w)
{
    return &lw_last(w, EB_EV_ORDER)->ev.u.order;
}

static void submit(struct link_world *w, struct eb_order_request *o)
{
    struct eb_err err = {0};
    if (w->port.ops->submit(w->port.venue, o, &err) != EB_OK) {
        fail_msg("submit: %s", err.msg);
    }
    lw_run(w, 200);
}

static struct eb_order_request stop_at(int64_t price, uint32_t attempt)
{
    struct eb_order_request o = lw_order(0, EB_ORDER_STOP_MARKET, EB_PURPOSE_BACKSTOP, attempt);
    o.trigger.e8 = price * EB_E8;
    return o;
}

static struct eb_order_request close_all(uint32_t attempt)
{
    struct eb_order_request o = lw_order(0, EB_ORDER_MARKET, EB_PURPOSE_STOP, attempt);
    o.qty.e8 = EB_E8 / 2;
    return o;
}

static void test_a_position_from_open_to_stopped(void **state)
{
    struct street *t = *state;
    struct link_world *w = t->w;
    lw_connect(w);
    open_position(t, "LONG");
    lw_run(w, 2000);
    const struct eb_ev_position *p = &lw_last(w, EB_EV_POSITION)->position;
    assert_int_equal(p->qty.e8, EB_E8 / 2);
    assert_int_equal(p->side, EB_LONG);
    assert_true(p->liquidation.e8 > 0 && p->liquidation.e8 < p->entry.e8);
    assert_int_equal(p->leverage_ppm, 10 * EB_PPM);
    assert_true(lw_count(w, EB_EV_PRICE) > 0);
    struct eb_order_request o = stop_at(49000, 1);
    submit(w, &o);
    assert_int_equal(last_order(w)->state, EB_OS_NEW);
    uint64_t algo_id = last_order(w)->venue_order_id;
    assert_true(algo_id != 0);
    quote(t, 48900);
    lw_run(w, 3000);
    assert_int_equal(last_order(w)->state, EB_OS_FILLED);
    assert_int_equal(last_order(w)->venue_order_id, algo_id);
    assert_int_equal(last_order(w)->filled.e8, EB_E8 / 2);
    const struct eb_ev_fill *f = &lw_last(w, EB_EV_FILL)->ev.u.fill;
    assert_memory_equal(&f->client_id, &o.client_id, sizeof(o.client_id));
    assert_int_equal(lw_last(w, EB_EV_POSITION)->position.qty.e8, 0);
    assert_int_equal(w->gaps, 0);
    assert_int_equal(w->b->count.unreadable, 0);
}

static void test_a_close_at_market(void **state)
{
    struct street *t = *state;
    struct link_world *w = t->w;
    open_position(t, "LONG");
    lw_connect(w);
    lw_run(w, 500);
    struct eb_order_request o = close_all(1);
    submit(w, &o);
    assert_int_equal(last_order(w)->state, EB_OS_FILLED);
    assert_int_equal(lw_count(w, EB_EV_FILL), 1);
    assert_int_equal(lw_last(w, EB_EV_POSITION)->position.qty.e8, 0);
    o = close_all(2);
    submit(w, &o);
    assert_int_equal(last_order(w)->state, EB_OS_REJECTED);
    assert_int_equal(last_order(w)->reject, EB_REJ_REDUCE_ONLY);
    eb_client_id id = lw_id(EB_PURPOSE_STOP, 1);
    struct eb_err err = {0};
    assert_int_equal(w->port.ops->query(w->port.venue, id, 0, 0, EB_ORDER_MARKET, &err), EB_OK);
    lw_run(w, 200);
    assert_true(last_order(w)->from_query);
    assert_int_equal(last_order(w)->state, EB_OS_FILLED);
}

static void test_resting_orders_pictures_and_cancels(void **state)
{
    struct street *t = *state;
    struct link_world *w = t->w;
    struct eb_err err = {0};
    open_position(t, "LONG");
    lw_connect(w);
    lw_run(w, 500);
    struct eb_order_request stop = stop_at(49000, 1);
    submit(w, &stop);
    struct eb_order_request soft = lw_order(0, EB_ORDER_LIMIT_GTC, EB_PURPOSE_SOFT, 1);
    soft.price.e8 = 51000 * EB_E8;
    submit(w, &soft);
    assert_int_equal(last_order(w)->state, EB_OS_NEW);
    lw_forget(w);
    assert_int_equal(w->port.ops->snapshot(w->port.venue, &err), EB_OK);
    lw_run(w, 500);
    assert_int_equal(lw_count(w, EB_EV_SNAPSHOT_END), 1);
    assert_int_equal(lw_count(w, EB_EV_OPEN_ORDER), 2);
    assert_int_equal(lw_last(w, EB_EV_POSITION)->position.qty.e8, EB_E8 / 2);
    assert_int_equal(w->port.ops->cancel(w->port.venue, soft.client_id, 0, 0, soft.type, &err), EB_OK);
    lw_run(w, 200);
    assert_int_equal(last_order(w)->state, EB_OS_CANCELED);
    assert_int_equal(w->port.ops->cancel(w->port.venue, stop.client_id, 0, 0, stop.type, &err), EB_OK);
    lw_run(w, 200);
    assert_int_equal(last_order(w)->state, EB_OS_CANCELED);
    assert_memory_equal(&last_order(w)->client_id, &stop.client_id, sizeof(stop.client_id));
    assert_int_equal(w->port.ops->cancel(w->port.venue, stop.client_id, 0, 0, stop.type, &err), EB_OK);
    lw_run(w, 200);
    assert_true(last_order(w)->cancel_failed);
    assert_int_equal(last_order(w)->reject, EB_REJ_GONE);
}

/* What happened while the account was not heard is asked for, with the ids of the orders that did it. */
static void test_trades_that_were_missed(void **state)
{
    struct street *t = *state;
    struct link_world *w = t->w;
    open_position(t, "LONG");
    lw_connect(w);
    lw_run(w, 500);
    struct eb_order_request stop = stop_at(49000, 1);
    submit(w, &stop);
    w->link.ops->disconnect(w->link.link);
    quote(t, 48900);
    lw_run(w, 3000);
    lw_forget(w);
    lw_connect(w);
    assert_int_equal(w->link.ops->ask_trades(w->link.link, 0, 0), EB_OK);
    lw_run(w, 1000);
    assert_int_equal(w->trades_told, 1);
    assert_int_equal(lw_count(w, EB_EV_FILL), 2); /* the opening by others, and the stop */
    assert_memory_equal(&lw_last(w, EB_EV_FILL)->ev.u.fill.client_id, &stop.client_id, sizeof(stop.client_id));
    uint64_t newest = w->trades[0].newest;
    assert_int_equal(w->link.ops->ask_trades(w->link.link, 0, newest), EB_OK);
    lw_run(w, 1000);
    assert_int_equal(w->trades_told, 2);
    assert_int_equal(w->trades[1].oldest, newest);
    assert_int_equal(w->trades[1].newest, newest);
    assert_int_equal(lw_count(w, EB_EV_FILL), 2);
}

static void test_hedge_mode(void **state)
{
    struct street *t = *state;
    struct link_world *w = t->w;
    lw_connect(w);
    assert_true(lw_last(w, EB_EV_ACCOUNT)->ev.u.account.hedge);
    open_position(t, "SHORT");
    lw_run(w, 2000);
    const struct eb_ev_position *p = &lw_last(w, EB_EV_POSITION)->position;
    assert_int_equal(p->position_side, EB_PS_SHORT);
    assert_int_equal(p->side, EB_SHORT);
    struct eb_order_request o = close_all(1);
    o.order_side = EB_BUY;
    o.position_side = EB_PS_SHORT;
    o.position = 1;
    o.reduce_only = false;
    submit(w, &o);
    assert_int_equal(last_order(w)->state, EB_OS_FILLED);
    assert_int_equal(lw_last(w, EB_EV_POSITION)->position.qty.e8, 0);
}

static void test_a_cut_of_everything(void **state)
{
    struct street *t = *state;
    struct link_world *w = t->w;
    open_position(t, "LONG");
    lw_connect(w);
    lw_run(w, 500);
    control(t, "disconnect", "{}");
    lw_run(w, 15000);
    assert_int_equal(w->losts, 0);
    assert_int_equal(w->gaps, 1);
    lw_forget(w);
    quote(t, 50100);
    lw_run(w, 2000);
    assert_true(lw_count(w, EB_EV_PRICE) > 0); /* subscribed again */
}

int main(void)
{
#define R(f) cmocka_unit_test_setup_teardown(f, up_rest, down)
#define W(f)                                     \
    {                                            \
#f " by WebSocket", f, up_ws, down, NULL \
    }
    const struct CMUnitTest tests[] = {
        R(test_a_position_from_open_to_stopped),
        W(test_a_position_from_open_to_stopped),
        R(test_a_close_at_market),
        W(test_a_close_at_market),
        R(test_resting_orders_pictures_and_cancels),
        W(test_resting_orders_pictures_and_cancels),
        R(test_trades_that_were_missed),
        cmocka_unit_test_setup_teardown(test_hedge_mode, up_hedge, down),
        R(test_a_cut_of_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
