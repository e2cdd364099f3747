/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What LIVE requires once: everything that an exit needs is tried for real, but for an order that trades.
 *
 *     clock -> filters -> account -> test order -> conditional orders -> streams and WebSocket API -> limits -> done
 *
 * It has calls, streams and a connection of its own, so that nothing of the link's state is touched. Answers come one
 * after another; the two waits (streams, WebSocket API) run together. The end is told by the timer, never in a call.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venue/binance/codec.h"
#include "venue/binance/inner.h"
#include "venue/binance/rest_inner.h"

#define STREAMS_WAIT_MS 20000
#define POLL_MS 100
#define SLOTS_MAX 200 /* conditional orders of an account, over all symbols */
#define INFO_MAX ((size_t)16 << 20)

enum { WELL = 0, NOTICE, REFUSED };

struct bn_preflight {
    struct eb_binance *b;
    struct eb_binance_config c;
    void (*found)(void *user, const struct eb_binance_finding *f);
    void (*done)(void *user, int worst);
    void *user;
    struct bn_rest *rest;
    struct bn_wsapi *wsapi;
    struct bn_streams *streams;
    struct eb_web_timer *timer;
    int worst;
    bool waiting, over; /* waiting: for streams and the WebSocket API */
    int64_t until_ns, began_ns;
    bool heard[BN_STREAM_CLASSES], ws_told;
    int64_t heard_ns[BN_STREAM_CLASSES];
    bool hedge;
    struct eb_ev_instrument instrument; /* to try with */
    unsigned usable, unusable;
    unsigned conditionals;
};

static void find(struct bn_preflight *p, const char *name, int severity, const char *remedy, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
static void find(struct bn_preflight *p, const char *name, int severity, const char *remedy, const char *fmt, ...)
{
    char text[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (severity > p->worst)
        p->worst = severity;
    p->found(p->user,
             &(struct eb_binance_finding){
                 .name = name, .text = text, .remedy = severity == WELL ? "" : remedy, .severity = (uint8_t)severity});
}

static void failed(struct bn_preflight *p, const char *name, const char *remedy, const struct bn_result *r)
{
    find(p, name, REFUSED, remedy, "%s (HTTP %d, code %d): %.200s",
         r->outcome == BN_UNKNOWN ? "no usable answer" : "refused", r->http, (int)r->code, r->msg);
}

/* Everything else is found: the timer tells. */
static void end(struct bn_preflight *p)
{
    p->over = true;
    p->c.web.ops->timer_set(p->timer, 0);
}

static void destroy(struct bn_preflight *p)
{
    bn_streams_destroy(p->streams);
    bn_wsapi_destroy(p->wsapi);
    bn_rest_destroy(p->rest);
    if (p->timer)
        p->c.web.ops->timer_close(p->timer);
    free(p);
}

void bn_preflight_end(struct eb_binance *b)
{
    if (b->preflight)
        destroy(b->preflight);
    b->preflight = NULL;
}

static void ask(struct bn_preflight *p, struct bn_call *call,
                void (*done)(void *user, uint64_t tag, const struct bn_result *r))
{
    struct eb_err err = {.msg = ""};
    call->done = done;
    call->user = p;
    if (bn_rest_call(p->rest, call, &err) == EB_OK)
        return;
    struct bn_result r = {.outcome = BN_REJECTED, .msg = err.msg, .body = ""};
    done(p, 0, &r);
}

static struct bn_call get(const char *path, uint16_t weight, enum bn_security security)
{
    struct bn_call call = {.method = "GET",
                           .path = path,
                           .security = (uint8_t)security,
                           .priority = BN_PRIORITY_READ,
                           .weight = weight,
                           .answer_max = INFO_MAX};
    bn_params_init(&call.params);
    return call;
}

/* ---- limits, the last ------------------------------------------------------------------------------------------ */

static void find_limits(struct bn_preflight *p)
{
    const struct bn_budget *b = &p->rest->budget;
    uint64_t share = (uint64_t)b->weight.used * 100 / b->weight.limit;
    bool ours = share > 50;
    find(p, "rate_limits", ours ? NOTICE : WELL,
         "see which other programs use this address and this key: their share is missing when it matters",
         "%u of %u weight used this minute, orders %u of %u in 10 s and %u of %u a minute", (unsigned)b->weight.used,
         (unsigned)b->weight.limit, (unsigned)b->orders_10s.used, (unsigned)b->orders_10s.limit,
         (unsigned)b->orders_1m.used, (unsigned)b->orders_1m.limit);
    end(p);
}

/* ---- streams and WebSocket API --------------------------------------------------------------------------------- */

static void on_message(void *user, enum bn_stream_class class, const char *text, size_t len, int64_t read_ns)
{
    (void)text, (void)len;
    struct bn_preflight *p = user;
    if (!p->heard[class])
        p->heard_ns[class] = read_ns;
    p->heard[class] = true;
}

static void on_state(void *user, enum bn_stream_class class, bool up, const char *why)
{
    (void)why;
    if (class == BN_STREAM_PRIVATE && up)
        on_message(user, class, "", 0, bn_rest_now_ns(((struct bn_preflight *)user)->rest));
}

static void find_stream(struct bn_preflight *p, const char *name, enum bn_stream_class class, int otherwise,
                        const char *remedy)
{
    if (p->heard[class])
        find(p, name, WELL, "", "%s after %" PRId64 " ms", class == BN_STREAM_PRIVATE ? "open" : "heard",
             (p->heard_ns[class] - p->began_ns) / BN_MS);
    else
        find(p, name, otherwise, remedy, "%s: nothing was heard of %s within %d s",
             bn_streams_up(p->streams, class) ? "it is open" : "it did not open",
             class == BN_STREAM_PRIVATE ? "the account" : p->instrument.symbol, STREAMS_WAIT_MS / 1000);
}

static void find_streams(struct bn_preflight *p)
{
    find_stream(p, "streams.market", BN_STREAM_MARKET, REFUSED,
                "check binance.ws_market: a stream asked for at an address that is not its own stays silent");
    find_stream(p, "streams.public", BN_STREAM_PUBLIC, NOTICE,
                "check binance.ws_public; the book of a symbol that hardly trades may rest");
    bool key = bn_streams_has_key(p->streams);
    find(p, "listen_key", key ? WELL : REFUSED, "the key must be allowed to read futures accounts",
         key ? "made" : "the exchange made none");
    find_stream(p, "streams.private", BN_STREAM_PRIVATE, REFUSED,
                "check binance.ws_private: without it fills are known only when they are asked for");
}

static void find_ws_api(struct bn_preflight *p)
{
    if (!p->wsapi)
        find(p, "ws_api", WELL, "", "not used: orders go by REST");
    else if (bn_wsapi_usable(p->wsapi))
        find(p, "ws_api", WELL, "", "open%s",
             eb_binance_key_kind(p->c.key) == EB_BINANCE_ED25519 ? ", logged on" : ", orders are signed one by one");
    else
        find(p, "ws_api", p->c.orders_by == EB_BINANCE_ORDERS_WS ? REFUSED : NOTICE,
             "check binance.ws_api, or let orders go by REST", "it could not be used; orders would go by REST");
}

static bool all_heard(const struct bn_preflight *p)
{
    return p->heard[0] && p->heard[1] && p->heard[2] && (!p->wsapi || bn_wsapi_usable(p->wsapi));
}

static void poll(struct bn_preflight *p)
{
    if (!all_heard(p) && bn_rest_now_ns(p->rest) < p->until_ns) {
        p->c.web.ops->timer_set(p->timer, POLL_MS * BN_MS);
        return;
    }
    p->waiting = false;
    find_streams(p);
    find_ws_api(p);
    find_limits(p);
}

static void on_timer(void *user)
{
    struct bn_preflight *p = user;
    if (p->waiting)
        poll(p);
    if (!p->over)
        return;
    void (*done)(void *, int) = p->done;
    void *whom = p->user;
    int worst = p->worst;
    p->b->preflight = NULL;
    destroy(p);
    done(whom, worst);
}

static void listen(struct bn_preflight *p)
{
    struct bn_stream_events events = {.user = p, .message = on_message, .state = on_state};
    struct eb_err err = {.msg = ""};
    if (bn_streams_create(&p->c, p->rest, &events, &p->streams, &err) != EB_OK ||
        bn_streams_watch(p->streams, p->instrument.symbol) != EB_OK) {
        find(p, "streams.market", REFUSED, "", "they could not be begun: %.200s", err.msg);
        end(p);
        return;
    }
    if (p->c.ws_api[0] && p->c.orders_by != EB_BINANCE_ORDERS_REST &&
        bn_wsapi_create(&p->c, p->rest, &p->wsapi, &err) == EB_OK)
        bn_wsapi_connect(p->wsapi);
    p->began_ns = bn_rest_now_ns(p->rest);
    p->until_ns = p->began_ns + STREAMS_WAIT_MS * BN_MS;
    p->waiting = true;
    bn_streams_start(p->streams);
    p->c.web.ops->timer_set(p->timer, POLL_MS * BN_MS);
}

/* ---- orders ---------------------------------------------------------------------------------------------------- */

static int count_conditional(void *user, const struct bn_order *o)
{
    (void)o;
    ((struct bn_preflight *)user)->conditionals++;
    return EB_OK;
}

static void on_conditionals(void *user, uint64_t tag, const struct bn_result *r)
{
    (void)tag;
    struct bn_preflight *p = user;
    struct eb_err err = {.msg = ""};
    if (r->outcome != BN_ACCEPTED) {
        failed(p, "slots.conditional", "without this list it cannot be told which stops rest", r);
    } else if (bn_decode_orders(r->body, r->len, true, count_conditional, p, &err) != EB_OK) {
        find(p, "slots.conditional", REFUSED, "the exchange's answers have changed", "unreadable: %.200s", err.msg);
    } else {
        int severity = p->conditionals >= SLOTS_MAX ? REFUSED : p->conditionals >= SLOTS_MAX * 3 / 4 ? NOTICE : WELL;
        find(p, "slots.conditional", severity,
             "cancel conditional orders that nobody needs: a position without a slot has no stop at the exchange",
             "%u of %d used", p->conditionals, SLOTS_MAX);
    }
    listen(p);
}

static void on_test(void *user, uint64_t tag, const struct bn_result *r)
{
    (void)tag;
    struct bn_preflight *p = user;
    if (r->outcome == BN_ACCEPTED)
        find(p, "order.test", WELL, "", "the exchange would take a market order for %s", p->instrument.symbol);
    else if (r->outcome == BN_REJECTED && r->code == -2019)
        find(p, "order.test", NOTICE, "exits need no margin; positions are opened by others",
             "the key may trade, but the wallet has no margin for the smallest order of %s", p->instrument.symbol);
    else
        failed(p, "order.test", "allow futures trading for the key; see the exchange's reason", r);
    struct bn_call call = get("/fapi/v1/openAlgoOrders", 40, BN_SIGNED);
    ask(p, &call, on_conditionals);
}

/* The smallest quantity whose notional is allowed, a fifth more for the price's sake; 0: none. */
static eb_qty smallest(const struct eb_ev_instrument *i, eb_price mark)
{
    eb_qty step = i->market_step.e8 > 0 ? i->market_step : i->step;
    eb_qty least = i->market_min_qty.e8 > i->min_qty.e8 ? i->market_min_qty : i->min_qty, out = {0};
    int64_t steps = 0;
    if (mark.e8 <= 0 || step.e8 <= 0)
        return out;
    __int128 need = (__int128)i->min_notional.e8 * 120000000 / mark.e8; /* at 1e-8 */
    if (need < least.e8)
        need = least.e8;
    if (!eb_div_i64(need, step.e8, EB_ROUND_CEIL, &steps) || steps > INT64_MAX / step.e8)
        return out;
    out.e8 = (steps > 0 ? steps : 1) * step.e8;
    return out;
}

static void on_mark(void *user, uint64_t tag, const struct bn_result *r)
{
    (void)tag;
    struct bn_preflight *p = user;
    struct bn_premium premium;
    struct eb_err err = {.msg = ""};
    struct bn_call call = {.method = "POST",
                           .path = "/fapi/v1/order/test",
                           .security = BN_SIGNED,
                           .priority = BN_PRIORITY_QUERY,
                           .weight = 1,
                           .mutating = true};
    bn_params_init(&call.params);
    if (r->outcome != BN_ACCEPTED) {
        failed(p, "order.test", "the mark price could not be read", r);
        listen(p);
        return;
    }
    int code = bn_decode_premium(r->body, r->len, &premium, &err);
    if (code == EB_OK) {
        struct eb_order_request o = {.client_id = {.instance = 1, .episode = 1, .purpose = EB_PURPOSE_TARGET},
                                     .order_side = EB_BUY,
                                     .position_side = (uint8_t)(p->hedge ? EB_PS_LONG : EB_PS_BOTH),
                                     .type = EB_ORDER_MARKET,
                                     .qty = smallest(&p->instrument, premium.mark)};
        code = bn_encode_order(&o, p->instrument.symbol, p->hedge, &call.params, &err);
    }
    if (code != EB_OK) {
        find(p, "order.test", REFUSED, "the exchange's answers have changed", "no test order: %.200s", err.msg);
        listen(p);
        return;
    }
    ask(p, &call, on_test);
}

/* ---- the account ----------------------------------------------------------------------------------------------- */

static void find_modes(struct bn_preflight *p, const struct bn_account_config *a)
{
    find(p, "key.permissions", a->can_trade ? WELL : REFUSED, "allow futures trading for this key at the exchange",
         "the key %s reads the account and may%s trade", eb_binance_key_name(p->c.key), a->can_trade ? "" : " not");
    p->hedge = a->hedge;
    find(p, "position_mode", WELL, "", a->hedge ? "hedge: long and short side by side" : "one-way");
    if (!a->multi_assets)
        find(p, "multi_assets", WELL, "", "off");
    else
        find(p, "multi_assets", p->c.refuse_multi_assets ? REFUSED : NOTICE,
             "switch it off at the exchange, or allow it in the configuration: figures of risk are not those of one "
             "wallet",
             "on");
}

static void on_account(void *user, uint64_t tag, const struct bn_result *r)
{
    (void)tag;
    struct bn_preflight *p = user;
    struct bn_account_config a;
    struct eb_err err = {.msg = ""};
    if (r->outcome != BN_ACCEPTED) {
        failed(p, "key.permissions",
               r->code == -1022
                   ? "the secret or private key does not belong to this api_key: copy both into the key file again"
                   : "check that the key is of this environment (demo keys are not live keys), may read and trade "
                     "futures, and that this address is on its list",
               r);
        find_limits(p); /* without an account there is nothing more to try */
        return;
    }
    if (bn_decode_account_config(r->body, r->len, &a, &err) != EB_OK) {
        find(p, "key.permissions", REFUSED, "the exchange's answers have changed", "unreadable: %.200s", err.msg);
        find_limits(p);
        return;
    }
    find_modes(p, &a);
    struct bn_call call = get("/fapi/v1/premiumIndex", 1, BN_PUBLIC);
    bn_param_text(&call.params, "symbol", p->instrument.symbol);
    ask(p, &call, on_mark);
}

/* ---- filters --------------------------------------------------------------------------------------------------- */

static int take_symbol(void *user, const struct bn_instrument *i)
{
    struct bn_preflight *p = user;
    *(i->usable ? &p->usable : &p->unusable) += 1;
    if (i->usable && i->inst.trading && (p->instrument.symbol[0] == 0 || strcmp(i->inst.symbol, "BTCUSDT") == 0))
        p->instrument = i->inst;
    return EB_OK;
}

static void on_info(void *user, uint64_t tag, const struct bn_result *r)
{
    (void)tag;
    struct bn_preflight *p = user;
    struct bn_limits limits = {0};
    struct eb_err err = {.msg = ""};
    if (r->outcome != BN_ACCEPTED) {
        failed(p, "filters", "check binance.rest", r);
        end(p);
        return;
    }
    int code = bn_decode_exchange_info(r->body, r->len, &limits, take_symbol, p, &err);
    if (code != EB_OK || p->instrument.symbol[0] == 0) {
        find(p, "filters", REFUSED, "the exchange's answers have changed", "unreadable, or no symbol trades: %.200s",
             err.msg);
        end(p);
        return;
    }
    bn_rest_limits(p->rest, limits.weight_1m, limits.orders_10s, limits.orders_1m);
    find(p, "filters", WELL, "", "%u symbols can be managed, %u cannot", p->usable, p->unusable);
    struct bn_call call = get("/fapi/v1/accountConfig", 5, BN_SIGNED);
    ask(p, &call, on_account);
}

/* ---- the clock, the first -------------------------------------------------------------------------------------- */

static void on_clock(void *user, bool known)
{
    struct bn_preflight *p = user;
    int64_t trip = 0;
    if (!known) {
        find(p, "clock.offset", REFUSED,
             "check binance.rest, the network, binance.ca_file for a certificate of your own, and that the exchange "
             "serves this address's country",
             "the exchange's time was not answered: %s", bn_rest_clock_why(p->rest));
        end(p);
        return;
    }
    bn_rest_offset_ms(p->rest, &trip);
    trip /= BN_MS;
    int severity = trip >= 2 * p->c.recv_window_ms ? REFUSED : trip >= 1000 ? NOTICE : WELL;
    find(p, "clock.offset", severity, "the way to the exchange is slow: exits are as late as this says",
         "the exchange's time is known to %" PRId64 " ms, by a round trip of %" PRId64 " ms", (trip + 1) / 2, trip);
    struct bn_call call = get("/fapi/v1/exchangeInfo", 1, BN_PUBLIC);
    call.deadline_ms = 3 * p->c.timeout_ms;
    ask(p, &call, on_info);
}

int eb_binance_preflight(struct eb_binance *b, void (*found)(void *user, const struct eb_binance_finding *f),
                         void (*done)(void *user, int worst), void *user, struct eb_err *err)
{
    if (b->preflight || b->stage != BN_ABSENT)
        return eb_err_set(err, EB_E_INVALID, "binance", "a preflight needs a link that is not connected");
    struct bn_preflight *p = calloc(1, sizeof *p);
    if (!p)
        return eb_err_set(err, EB_E_MEMORY, "binance", "no memory for the preflight");
    *p = (struct bn_preflight){.b = b, .c = b->c, .found = found, .done = done, .user = user};
    p->c.listener = (struct eb_link_listener){.user = NULL};
    p->c.symbols_max = 1;
    int code = p->c.web.ops->timer_open(p->c.web.web, on_timer, p, &p->timer, err);
    if (code == EB_OK)
        code = bn_rest_create(&p->c, &p->rest, err);
    if (code == EB_OK)
        code = bn_rest_sync_clock(p->rest, on_clock, p);
    if (code != EB_OK) {
        destroy(p);
        return code;
    }
    b->preflight = p;
    return EB_OK;
}
