/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host that tells its policy what only it knows.  usage: embed_signals [STRATEGY_DIR [LIBRARY_DIR]]
 *     the host's model   --SIGNAL confidence--> engine --> ctx.signals.confidence, and a consult when it changes
 *     the host's figures <--host.wall(price, sign)-- strategy/init.lua, within the consult's budget
 *
 * A signal is shown until it changes or expires; a function answers the same to the same question. LIBRARY_DIR is for a
 * strategy with none beside it (`pkg-config --variable=lua exitbrain`). examples/embed explains the rest of a host.
 */
#include <exitbrain/policy.h>
#include <exitbrain/text.h>
#include <stdio.h>

#define START_MS INT64_C(1700000000000)
#define E8(thousandths) ((thousandths)*INT64_C(100000))

struct desk {
    struct eb_host *host;
    int64_t now_ms;
    eb_price price;
    uint64_t trades;
};

static struct eb_event event(const struct desk *d, enum eb_event_kind kind)
{
    int64_t now_ns = (d->now_ms - START_MS + 1) * 1000000;
    return (struct eb_event){.kind = (uint16_t)kind, .now_ms = d->now_ms, .now_ns = now_ns, .position = EB_NO_POSITION};
}

/* Market orders are filled at once, everything else rests. */
static int submit(void *venue, const struct eb_order_request *o, struct eb_err *err)
{
    struct desk *d = venue;
    struct eb_event ev = event(d, o->type == EB_ORDER_MARKET ? EB_EV_FILL : EB_EV_ORDER);
    if (o->type == EB_ORDER_MARKET) {
        ev.u.fill = (struct eb_ev_fill){.client_id = o->client_id, .trade_id = ++d->trades, .qty = o->qty};
        ev.u.fill.price = d->price;
    } else {
        ev.u.order = (struct eb_ev_order){.client_id = o->client_id, .state = EB_OS_NEW, .venue_ms = d->now_ms};
    }
    eb_host_sink(d->host, &ev);
    return (void)err, EB_OK;
}
static int cancel(void *venue, eb_client_id id, uint64_t order_id, eb_symbol_id s, uint8_t type, struct eb_err *err)
{
    struct desk *d = venue;
    struct eb_event ev = event(d, EB_EV_ORDER);
    ev.u.order = (struct eb_ev_order){.client_id = id, .state = EB_OS_CANCELED, .venue_ms = d->now_ms};
    eb_host_sink(d->host, &ev);
    return (void)order_id, (void)s, (void)type, (void)err, EB_OK;
}
static int query(void *venue, eb_client_id id, uint64_t order_id, eb_symbol_id s, uint8_t type, struct eb_err *err)
{
    return (void)venue, (void)id, (void)order_id, (void)s, (void)type, (void)err, EB_E_REFUSED;
}
static int snapshot(void *venue, struct eb_err *err)
{
    return (void)venue, (void)err, EB_E_REFUSED;
}
static int refresh_price(void *venue, eb_symbol_id s, struct eb_err *err)
{
    return (void)venue, (void)s, (void)err, EB_E_REFUSED;
}
static const struct eb_venue_ops venue_ops = {submit, cancel, query, snapshot, refresh_price};

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    char price[EB_DECIMAL_TEXT_MAX];
    for (unsigned i = 0; i < actions->count; i++) {
        const struct eb_exit *x = &actions->action[i].u.exit;
        if (actions->action[i].kind == EB_ACT_EXIT) {
            eb_decimal_format(x->price.e8, 8, price);
            printf("%-9s %lld at %s\n", eb_exit_reason_name(x->reason), (long long)(x->qty.e8 / EB_E8), price);
        }
    }
    (void)user, (void)ev;
}

/* host.wall(price, sign): the nearest of these beyond price, above for a LONG, below for a SHORT. */
static bool wall(void *user, const struct eb_context *ctx, const double *args, unsigned count, double *result)
{
    static const double walls[] = {2.38, 2.44, 2.5325, 2.61};
    double nearest = 1e9;
    for (size_t i = 0; count == 2 && i < sizeof walls / sizeof walls[0]; i++) {
        double ahead = (walls[i] - args[0]) * args[1];
        nearest = ahead > 0 && ahead < nearest ? ahead : nearest;
    }
    *result = nearest < 1e9 ? args[0] + nearest * args[1] : 0;
    return (void)user, (void)ctx, nearest < 1e9;
}

/* Telling the same again changes nothing but its end: a model that has died says nothing a minute later. */
static int tell_confidence(struct desk *d, double confidence)
{
    const struct eb_memory_entry value = {"confidence", .kind = EB_MEM_NUMBER, .number = confidence};
    const struct eb_ev_signal signal = {.value = value, .expires_ms = d->now_ms + 60000, .who = "model"};
    struct eb_event ev = event(d, EB_EV_SIGNAL); /* of symbol 0 */
    ev.u.signal = &signal;
    return eb_turn(d->host, &ev);
}

static int run(struct desk *d)
{
    static const int64_t walk[] = {2507, 2515, 2531, 2540, 2537, 2533, 2530};
    static const double confidence[] = {0.9, 0.9, 0.8, 0.4, 0.4, 0.15, 0.15};
    const struct eb_ev_instrument inst = {"DEMOUSDT", .tick = {E8(1)}, .step = {EB_E8}, .trading = true};
    const struct eb_ev_position opened = {.qty = {398 * EB_E8}, .entry = {E8(2507)}, .leverage_ppm = 10 * EB_PPM};
    struct eb_event ev = event(d, EB_EV_INSTRUMENT); /* the first one: symbol 0 */
    ev.u.instrument = &inst;
    int rc = eb_turn(d->host, &ev);
    for (size_t i = 0; rc == EB_OK && i < sizeof walk / sizeof walk[0]; i++) {
        eb_price p = d->price = (eb_price){E8(walk[i])};
        d->now_ms += 1000;
        ev = event(d, EB_EV_PRICE);
        ev.u.price = (struct eb_ev_price){.source = EB_SRC_MARK, .price = p, .ask = p, .min = p, .max = p};
        rc = eb_turn(d->host, &ev);
        rc = rc == EB_OK ? tell_confidence(d, confidence[i]) : rc;
        ev = event(d, EB_EV_POSITION);
        ev.u.venue_position = &opened;
        rc = rc == EB_OK && i == 0 ? eb_turn(d->host, &ev) : rc;
        rc = rc == EB_OK ? eb_host_clock(d->host, ev.now_ns, ev.now_ms) : rc;
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct desk d = {.now_ms = START_MS};
    const struct eb_policy_function function = {.name = "wall", .call = wall};
    const char *lib = argc > 2 ? argv[2] : NULL;
    const struct eb_policy_options options = {.lib_dir = lib, .functions = &function, .function_count = 1};
    struct eb_host_config c = {.venue = {&d, &venue_ops}, .observer = observe, .observer_user = &d};
    struct eb_policy *policy = NULL;
    struct eb_err err = {0};
    eb_engine_config_default(&c.engine);
    c.engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, .executor_live = true, .rollout_enabled = true};
    c.engine.target_source = EB_TARGET_MARK;
    c.engine.snapshot_ms = 0;
    int rc = eb_policy_open(argc > 1 ? argv[1] : "examples/embed_signals/strategy", &options, &policy, &err);
    c.policy = rc == EB_OK ? eb_policy_as_port(policy) : c.policy;
    rc = rc == EB_OK ? eb_host_create(&c, &d.host, &err) : rc;
    rc = rc == EB_OK ? run(&d) : rc;
    if (rc != EB_OK) {
        fprintf(stderr, "embed_signals: %s: %s\n", eb_err_text(rc), err.msg);
    }
    eb_host_destroy(d.host);
    eb_policy_close(policy);
    return rc == EB_OK ? 0 : 1;
}
