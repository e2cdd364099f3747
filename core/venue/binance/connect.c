/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The beginning of a connection. Nothing that happens to the account while it is read falls between: its stream stands
 * before the first read of positions, and what it says is kept until ready.
 *
 *     clock -> accountConfig, exchangeInfo, balance, private stream -> brackets, symbolConfig, positions, both lists
 *           -> hello -> INSTRUMENT of those that matter, bars -> ACCOUNT -> ready -> kept events
 *
 * A read that fails ends it: an error is never "no positions".
 */
#include "venue/binance/inner.h"

#include <stdio.h>
#include <string.h>

#define PRIVATE_WAIT_NS (20000 * BN_NS_IN_MS)
#define PHASE_WAIT_NS (60000 * BN_NS_IN_MS) /* reads end by their own deadlines; this is for those that never do */
#define READ_ANSWER_MAX ((size_t)24 << 20)
#define READ_DEADLINE_MS 20000
#define TRAILING_MIN_PPM 1000 /* callbackRate 0.1 to 20 %, since 2026-10-23 */
#define TRAILING_MAX_PPM 200000

struct reading {
    const char *path;
    uint8_t security;
    uint16_t weight;
    int (*take)(struct eb_binance *b, const struct bn_result *r, struct eb_err *err);
};

static void read_done(void *user, uint64_t tag, const struct bn_result *r);

/* ---- words ------------------------------------------------------------------------------------------------------- */

static const char *remedy_of(const struct bn_result *r)
{
    switch (r->code) {
    case -2014:
    case -2015:
    case -2008:
    case -1002:
        return ": check key, its permission for futures, its list of IP addresses, and that it is of this environment";
    case -1022:
        return ": the secret does not belong to the key, or is of another kind";
    case -1021:
    case -5028:
        return ": this machine's time jumps, or the way to the exchange is very slow";
    case -1003:
        return ": too many requests from this address; other programs share its limit";
    default: /* codes of the exchange are no enum */
        return r->outcome == BN_UNKNOWN ? ": check the network and the exchange's address" : "";
    }
}

void bn_say_result(const struct bn_result *r, char *out, size_t cap)
{
    if (r->code != 0) {
        (void)snprintf(out, cap, "%d %s%s", r->code, r->msg, remedy_of(r));
    } else if (r->http != 0 && r->outcome != BN_ACCEPTED) {
        (void)snprintf(out, cap, "HTTP %d %s%s", r->http, r->msg, remedy_of(r));
    } else {
        (void)snprintf(out, cap, "%s%s", r->msg, remedy_of(r));
    }
}

/* ---- what is read ------------------------------------------------------------------------------------------------ */

static int take_account_config(struct eb_binance *b, const struct bn_result *r, struct eb_err *err)
{
    struct bn_account_config c;
    int rc = bn_decode_account_config(r->body, r->len, &c, err);
    if (rc == EB_OK) {
        bn_config_take(b, &c);
    }
    return rc;
}

static int take_balance(struct eb_binance *b, const struct bn_result *r, struct eb_err *err)
{
    return bn_decode_balance(r->body, r->len, &b->balance, err);
}

static int position_row(void *user, const struct bn_position_row *r)
{
    struct eb_binance *b = user;
    struct bn_symbol *s = r->qty.e8 > 0 ? bn_symbol_find(b, r->symbol) : NULL;
    if (s != NULL && r->position_side <= EB_PS_SHORT) {
        s->wanted = true;
        bn_leg_from_row(&s->leg[r->position_side], r);
        s->leg[r->position_side].adopted = true;
    }
    return EB_OK;
}

static int take_positions(struct eb_binance *b, const struct bn_result *r, struct eb_err *err)
{
    return bn_decode_positions(r->body, r->len, position_row, b, err);
}

static int order_row(void *user, const struct bn_order *o)
{
    struct eb_binance *b = user;
    struct bn_symbol *s = bn_symbol_find(b, o->symbol);
    if (s != NULL) {
        s->wanted = true;
    }
    return EB_OK;
}

static int take_orders(struct eb_binance *b, const struct bn_result *r, struct eb_err *err)
{
    return bn_decode_orders(r->body, r->len, false, order_row, b, err);
}

static int take_algo_orders(struct eb_binance *b, const struct bn_result *r, struct eb_err *err)
{
    return bn_decode_orders(r->body, r->len, true, order_row, b, err);
}

static const struct reading readings[] = {
    {"/fapi/v1/accountConfig", BN_SIGNED, 5, take_account_config},
    {"/fapi/v1/exchangeInfo", BN_PUBLIC, 1, bn_symbols_take},
    {"/fapi/v3/balance", BN_SIGNED, 5, take_balance},
    {"/fapi/v1/leverageBracket", BN_SIGNED, 1, bn_symbols_take_brackets},
    {"/fapi/v1/symbolConfig", BN_SIGNED, 5, bn_symbols_take_configs},
    {"/fapi/v3/positionRisk", BN_SIGNED, 5, take_positions},
    {"/fapi/v1/openOrders", BN_SIGNED, 40, take_orders},
    {"/fapi/v1/openAlgoOrders", BN_SIGNED, 40, take_algo_orders},
};
#define FIRST_OF_PICTURE 3

/* false: the connection is lost. */
static bool ask(struct eb_binance *b, unsigned which)
{
    struct eb_err err = {0};
    struct bn_call call;
    memset(&call, 0, sizeof(call));
    call.method = "GET";
    call.path = readings[which].path;
    bn_params_init(&call.params);
    call.security = readings[which].security;
    call.priority = BN_PRIORITY_SNAPSHOT;
    call.weight = readings[which].weight;
    call.answer_max = READ_ANSWER_MAX;
    call.deadline_ms = READ_DEADLINE_MS;
    call.done = read_done;
    call.user = b;
    call.tag = which;
    int rc = bn_rest_call(b->rest, &call, &err);
    if (rc != EB_OK) {
        bn_lose(b, rc, "%s: %s", readings[which].path, err.msg);
        return false;
    }
    b->reads_due++;
    return true;
}

static void begin_phase(struct eb_binance *b, enum bn_stage stage, unsigned from, unsigned to)
{
    b->stage = stage;
    b->phase_ns = bn_now_ns(b);
    for (unsigned i = from; i < to; i++) {
        if (!ask(b, i)) {
            return;
        }
    }
}

/* ---- hello and ready --------------------------------------------------------------------------------------------- */

static void greet(struct eb_binance *b)
{
    struct eb_link_hello h;
    struct eb_err err = {0};
    uint64_t epoch = b->epoch;
    memset(&h, 0, sizeof(h));
    bool refused = b->multi_assets && b->c.refuse_multi_assets;
    h.can_trade = b->can_trade && !refused;
    h.multi_assets = b->multi_assets;
    h.now_ms = bn_rest_now_ms(b->rest);
    h.speed_ppm = b->c.speed_ppm;
    h.can = (struct eb_link_can){.market_orders = true,
                                 .conditional_orders = true,
                                 .close_position = true,
                                 .trailing = true,
                                 .trailing_min_ppm = TRAILING_MIN_PPM,
                                 .trailing_max_ppm = TRAILING_MAX_PPM,
                                 .trigger_sources = 1u << EB_SRC_MARK | 1u << EB_SRC_LAST,
                                 .modes = EB_CAN_ONE_WAY | EB_CAN_HEDGE,
                                 .batch_max = 5,
                                 .client_id_max = 36,
                                 .conditional_max = 200};
    (void)snprintf(h.name, sizeof(h.name), "Binance USDS-M futures");
    (void)snprintf(h.account, sizeof(h.account), "%s", b->c.account);
    b->stage = BN_GREETED;
    b->phase_ns = bn_now_ns(b);
    bool wanted = b->c.listener.hello(b->c.listener.user, &h, &err);
    if (epoch != b->epoch) {
        return;
    }
    if (!wanted) {
        bn_lose(b, err.code != EB_OK ? err.code : EB_E_REFUSED, "%s",
                err.msg[0] != '\0' ? err.msg : "the exchange was not wanted");
        return;
    }
    for (uint32_t i = 0; i < b->symbols && epoch == b->epoch; i++) {
        if (b->symbol[i].wanted) {
            (void)bn_symbol_introduce(b, &b->symbol[i]);
        }
    }
    if (epoch == b->epoch) {
        bn_arm_timer(b);
        bn_release(b);
    }
}

void bn_connect_released(struct eb_binance *b)
{
    uint64_t epoch = b->epoch;
    if (b->stage != BN_GREETED || bn_any_held(b)) {
        return;
    }
    bn_account_tell(b);
    if (epoch != b->epoch) {
        return;
    }
    int64_t now_ns = bn_now_ns(b);
    b->stage = BN_READY;
    b->account_next_ns = now_ns + b->c.account_every_ms * BN_NS_IN_MS;
    b->list_next_ns = now_ns + b->c.filters_every_ms * BN_NS_IN_MS;
    b->second_ns = now_ns;
    eb_log(b->c.log, EB_LOG_INFO, "venue.ready", EB_I64("symbols", b->symbols), EB_I64("watched", b->introduced),
           EB_BOOL("hedge", b->hedge), EB_I64("ms", (now_ns - b->began_ns) / BN_NS_IN_MS));
    if (b->c.listener.ready != NULL) {
        b->c.listener.ready(b->c.listener.user);
    }
    if (epoch == b->epoch) {
        bn_events_replay(b);
    }
    if (epoch == b->epoch) {
        bn_flush(b);
    }
}

/* ---- phases ------------------------------------------------------------------------------------------------------ */

static void go_on(struct eb_binance *b)
{
    if (b->stage == BN_READING && b->reads_due == 0 && b->private_up) {
        begin_phase(b, BN_PICTURE, FIRST_OF_PICTURE, EB_COUNT(readings));
    } else if (b->stage == BN_PICTURE && b->reads_due == 0) {
        greet(b);
    }
}

static void read_done(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    const struct reading *what = &readings[tag];
    struct eb_err err = {0};
    uint64_t epoch = b->epoch;
    char said[EB_LINK_TEXT_MAX];
    b->reads_due--;
    if (r->outcome != BN_ACCEPTED) {
        bn_say_result(r, said, sizeof(said));
        bn_lose(b, EB_E_IO, "%s: %s", what->path, said);
        return;
    }
    int rc = what->take(b, r, &err);
    if (epoch != b->epoch) {
        return;
    }
    if (rc != EB_OK) {
        bn_lose(b, rc, "%s: its answer cannot be read: %s", what->path, err.msg);
        return;
    }
    go_on(b);
}

void bn_connect_private_up(struct eb_binance *b)
{
    go_on(b);
}

static void clock_known(void *user, bool known)
{
    struct eb_binance *b = user;
    if (b->stage != BN_CLOCK) {
        return;
    }
    if (!known) {
        bn_lose(b, EB_E_IO, "%s does not tell its time: %.160s: check the network and the address", b->c.rest,
                bn_rest_clock_why(b->rest));
        return;
    }
    bn_streams_start(b->streams);
    if (b->wsapi != NULL && b->c.orders_by != EB_BINANCE_ORDERS_REST) {
        bn_wsapi_connect(b->wsapi);
    }
    begin_phase(b, BN_READING, 0, FIRST_OF_PICTURE);
}

void bn_connect_second(struct eb_binance *b)
{
    int64_t now_ns = bn_now_ns(b);
    if (b->stage == BN_READING && bn_streams_up(b->streams, BN_STREAM_PRIVATE) && !b->private_up) {
        b->private_up = true;
        go_on(b);
        return;
    }
    bool waits = b->stage == BN_READING && b->reads_due == 0 && !b->private_up;
    if (waits && now_ns - b->phase_ns > PRIVATE_WAIT_NS) {
        bn_lose(
            b, EB_E_IO,
            "%s: the account's stream cannot be opened, and without it nothing of the account would be heard: check "
            "binance.ws_private and the network",
            b->c.ws_private);
    } else if (b->stage != BN_READY && b->stage != BN_GREETED && now_ns - b->phase_ns > PHASE_WAIT_NS) {
        bn_lose(b, EB_E_IO, "%s: the exchange does not answer: check the network", b->c.rest);
    }
}

int bn_connect(void *link, struct eb_err *err)
{
    struct eb_binance *b = link;
    if (b->stage != BN_ABSENT) {
        return eb_err_set(err, EB_E_INVALID, "binance", "there is a connection already");
    }
    b->epoch++;
    b->stage = BN_CLOCK;
    b->began_ns = b->phase_ns = bn_now_ns(b);
    b->reads_due = 0;
    b->config_read = false;
    int rc = bn_rest_sync_clock(b->rest, clock_known, b);
    if (rc != EB_OK) {
        b->stage = BN_ABSENT;
        return eb_err_set(err, rc, "binance", "%s: the exchange's clock cannot be asked for: %s", b->c.rest,
                          eb_err_text(rc));
    }
    bn_arm_timer(b);
    return EB_OK;
}
