/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host in C: the public headers, libexitbrain, and nothing else.  usage: embed [POLICY_DIR]
 *
 *     INSTRUMENT, POSITION, PRICE --eb_turn--> engine <--> policy set
 *     submit() prints an order and answers it --FILL, ORDER--> the same engine --> observe() prints exits
 *
 * The venue here fills every market order at once. A real one sends, and calls eb_host_sink() when it hears.
 */
#include <exitbrain/policy.h>
#include <exitbrain/text.h>

#include <stdio.h>

#define START_MS INT64_C(1700000000000) /* a real host reads its clocks */
#define E8(thousandths) ((thousandths)*INT64_C(100000))

struct desk {
    struct eb_host *host;
    int64_t now_ms;
    eb_price price;
    uint64_t trades;
    bool flat;
};

static struct eb_event event(const struct desk *d, enum eb_event_kind kind)
{
    int64_t now_ns = (d->now_ms - START_MS + 1) * 1000000;
    return (struct eb_event){.kind = (uint16_t)kind, .now_ms = d->now_ms, .now_ns = now_ns, .position = EB_NO_POSITION};
}

/* The venue's side of things: it does not block, and answers by events. */
static void tell_order(struct desk *d, eb_client_id id, enum eb_order_state state)
{
    struct eb_event ev = event(d, EB_EV_ORDER);
    ev.u.order = (struct eb_ev_order){.client_id = id, .state = (uint8_t)state, .venue_ms = d->now_ms};
    eb_host_sink(d->host, &ev);
}

static int submit(void *venue, const struct eb_order_request *o, struct eb_err *err)
{
    struct desk *d = venue;
    bool market = o->type == EB_ORDER_MARKET;
    char id[EB_CLIENT_ID_TEXT_MAX], qty[EB_DECIMAL_TEXT_MAX], at[EB_DECIMAL_TEXT_MAX];
    (void)err;
    eb_client_id_format(o->client_id, id);
    eb_decimal_format(o->qty.e8, 8, qty);
    eb_decimal_format(o->type == EB_ORDER_STOP_MARKET ? o->trigger.e8 : o->price.e8, 8, at);
    printf("submit  %-9s %-4s %s at %s  %s\n", eb_purpose_name((enum eb_purpose)o->purpose),
           o->order_side == EB_BUY ? "BUY" : "SELL", o->close_position ? "all" : qty, market ? "market" : at, id);
    if (!market) { /* rests: a backstop, or a soft target that nobody here trades against */
        tell_order(d, o->client_id, EB_OS_NEW);
        return EB_OK;
    }
    struct eb_event ev = event(d, EB_EV_FILL);
    ev.u.fill = (struct eb_ev_fill){.client_id = o->client_id, .trade_id = ++d->trades, .qty = o->qty};
    ev.u.fill.price = d->price;
    eb_host_sink(d->host, &ev);
    return EB_OK;
}

static int cancel(void *venue, eb_client_id id, uint64_t order_id, eb_symbol_id s, uint8_t type, struct eb_err *err)
{
    (void)order_id, (void)s, (void)type, (void)err;
    tell_order(venue, id, EB_OS_CANCELED);
    return EB_OK;
}

/* Nothing gets lost here, so that no question is ever open. */
static int query(void *venue, eb_client_id id, uint64_t order_id, eb_symbol_id s, uint8_t type, struct eb_err *err)
{
    (void)venue, (void)id, (void)order_id, (void)s, (void)type, (void)err;
    return EB_E_REFUSED;
}
static int snapshot(void *venue, struct eb_err *err)
{
    (void)venue, (void)err;
    return EB_E_REFUSED;
}
static int refresh_price(void *venue, eb_symbol_id s, struct eb_err *err)
{
    (void)venue, (void)s, (void)err;
    return EB_E_REFUSED;
}
static const struct eb_venue_ops venue_ops = {submit, cancel, query, snapshot, refresh_price};

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct desk *d = user;
    char qty[EB_DECIMAL_TEXT_MAX], price[EB_DECIMAL_TEXT_MAX];
    (void)ev;
    for (unsigned i = 0; i < actions->count; i++) {
        const struct eb_exit *x = &actions->action[i].u.exit;
        if (actions->action[i].kind == EB_ACT_EXIT) {
            eb_decimal_format(x->qty.e8, 8, qty);
            eb_decimal_format(x->price.e8, 8, price);
            printf("exit    %-9s %s at %s\n", eb_exit_reason_name((enum eb_exit_reason)x->reason), qty, price);
        }
        d->flat = d->flat || actions->action[i].kind == EB_ACT_EPISODE_END;
    }
}

static int run(struct desk *d)
{
    static const int64_t walk[] = {2507, 2500, 2515, 2522, 2531, 2537, 2546, 2540, 2531, 2525, 2515, 2500, 2450};
    const struct eb_ev_instrument inst = {"DEMOUSDT", .tick = {E8(1)}, .step = {EB_E8}, .trading = true};
    const struct eb_ev_position opened = {.qty = {398 * EB_E8}, .entry = {E8(2507)}, .leverage_ppm = 10 * EB_PPM};
    struct eb_event ev = event(d, EB_EV_INSTRUMENT); /* the first one: symbol 0 */
    ev.u.instrument = &inst;
    int rc = eb_turn(d->host, &ev);
    for (size_t i = 0; rc == EB_OK && i < sizeof walk / sizeof walk[0] && !d->flat; i++) {
        eb_price p = d->price = (eb_price){E8(walk[i])};
        d->now_ms += 1000;
        ev = event(d, EB_EV_PRICE);
        ev.u.price = (struct eb_ev_price){.source = EB_SRC_MARK, .price = p, .ask = p, .min = p, .max = p};
        rc = eb_turn(d->host, &ev);
        if (rc == EB_OK && i == 0) { /* somebody has opened a LONG */
            ev = event(d, EB_EV_POSITION);
            ev.u.venue_position = &opened;
            rc = eb_turn(d->host, &ev);
        }
        rc = rc == EB_OK ? eb_host_clock(d->host, ev.now_ns, ev.now_ms) : rc;
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct desk d = {.now_ms = START_MS};
    struct eb_host_config c = {.venue = {&d, &venue_ops}, .observer = observe, .observer_user = &d};
    struct eb_policy *policy = NULL;
    struct eb_err err = {0};
    eb_engine_config_default(&c.engine); /* in shadow: nothing would be sent */
    c.engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, .executor_live = true, .rollout_enabled = true};
    c.engine.target_source = EB_TARGET_MARK; /* one price for everything */
    c.engine.snapshot_ms = 0;                /* this venue has no complete pictures to give */
    int rc = eb_policy_open(argc > 1 ? argv[1] : "policies", NULL, &policy, &err);
    if (rc == EB_OK) {
        c.policy = eb_policy_as_port(policy);
        rc = eb_host_create(&c, &d.host, &err);
    }
    rc = rc == EB_OK ? run(&d) : rc;
    if (rc != EB_OK) {
        fprintf(stderr, "embed: %s: %s\n", eb_err_text(rc), err.msg);
    }
    eb_host_destroy(d.host);
    eb_policy_close(policy);
    return rc == EB_OK && d.flat ? 0 : 1;
}
