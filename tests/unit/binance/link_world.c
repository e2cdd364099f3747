/* SPDX-License-Identifier: Apache-2.0 */
/* The scripted exchange of link_world.h: what it answers, and what it is that the link tells. */
#include "link_world.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

/* ---- what the exchange answers ----------------------------------------------------------------------------------- */

#define FILTERS                                                                                                  \
    "\"filters\":[{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"0.10\",\"maxPrice\":\"1000000\",\"tickSize\":" \
    "\"0.10\"},{\"filterType\":\"LOT_SIZE\",\"minQty\":\"0.001\",\"maxQty\":\"1000\",\"stepSize\":\"0.001\"},"   \
    "{\"filterType\":\"MARKET_LOT_SIZE\",\"minQty\":\"0.001\",\"maxQty\":\"120\",\"stepSize\":\"0.001\"},"       \
    "{\"filterType\":\"MAX_NUM_ORDERS\",\"limit\":200},{\"filterType\":\"MIN_NOTIONAL\",\"notional\":\"5\"},"    \
    "{\"filterType\":\"PERCENT_PRICE\",\"multiplierUp\":\"1.0500\",\"multiplierDown\":\"0.9500\","               \
    "\"multiplierDecimal\":\"4\"}],\"orderTypes\":[\"LIMIT\",\"MARKET\"],\"timeInForce\":[\"GTC\"]"
#define SYMBOL(name, base)                                                                                  \
    "{\"symbol\":\"" name "\",\"pair\":\"" name "\",\"contractType\":\"PERPETUAL\",\"status\":\"TRADING\"," \
    "\"baseAsset\":\"" base "\",\"quoteAsset\":\"USDT\",\"marginAsset\":\"USDT\",\"pricePrecision\":2,"     \
    "\"quantityPrecision\":3,\"marketTakeBound\":\"0.05\",\"triggerProtect\":\"0.0500\"," FILTERS "}"

static const char exchange_info[] =
    "{\"timezone\":\"UTC\",\"serverTime\":1700000000000,\"exchangeFilters\":[],\"rateLimits\":[{\"rateLimitType\":"
    "\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\",\"intervalNum\":1,\"limit\":2400},{\"rateLimitType\":\"ORDERS\","
    "\"interval\":\"MINUTE\",\"intervalNum\":1,\"limit\":1200},{\"rateLimitType\":\"ORDERS\",\"interval\":\"SECOND\","
    "\"intervalNum\":10,\"limit\":300}],\"symbols\":[" SYMBOL("BTCUSDT", "BTC") "," SYMBOL("ETHUSDT", "ETH") "," SYMBOL(
        "SOLUSDT", "SOL") "]}";
static const char account_config[] =
    "{\"feeTier\":0,\"canTrade\":true,\"canDeposit\":true,\"canWithdraw\":true,\"dualSidePosition\":false,"
    "\"updateTime\":0,\"multiAssetsMargin\":false,\"tradeGroupId\":-1}";
static const char balance[] =
    "[{\"accountAlias\":\"x\",\"asset\":\"USDT\",\"balance\":\"1000.5\",\"crossWalletBalance\":\"1000.5\","
    "\"crossUnPnl\":\"0\",\"availableBalance\":\"1000.5\",\"maxWithdrawAmount\":\"1000.5\",\"marginAvailable\":true,"
    "\"updateTime\":1700000000000}]";
static const char brackets[] =
    "[{\"symbol\":\"BTCUSDT\",\"brackets\":[{\"bracket\":1,\"initialLeverage\":125,\"notionalCap\":50000,"
    "\"notionalFloor\":0,\"maintMarginRatio\":0.004,\"cum\":0}]},{\"symbol\":\"ETHUSDT\",\"brackets\":[{\"bracket\":1,"
    "\"initialLeverage\":100,\"notionalCap\":50000,\"notionalFloor\":0,\"maintMarginRatio\":0.005,\"cum\":0}]},"
    "{\"symbol\":\"SOLUSDT\",\"brackets\":[{\"bracket\":1,\"initialLeverage\":50,\"notionalCap\":50000,"
    "\"notionalFloor\":0,\"maintMarginRatio\":0.01,\"cum\":0}]}]";
static const char symbol_config[] =
    "[{\"symbol\":\"BTCUSDT\",\"marginType\":\"CROSSED\",\"isAutoAddMargin\":false,\"leverage\":20,"
    "\"maxNotionalValue\":\"1000000\"},{\"symbol\":\"ETHUSDT\",\"marginType\":\"ISOLATED\",\"isAutoAddMargin\":false,"
    "\"leverage\":10,\"maxNotionalValue\":\"1000000\"},{\"symbol\":\"SOLUSDT\",\"marginType\":\"CROSSED\","
    "\"isAutoAddMargin\":false,\"leverage\":5,\"maxNotionalValue\":\"1000000\"}]";
static const char premium[] =
    "{\"symbol\":\"BTCUSDT\",\"markPrice\":\"50000\",\"indexPrice\":\"50000\",\"estimatedSettlePrice\":\"50000\","
    "\"lastFundingRate\":\"0.0001\",\"interestRate\":\"0.0001\",\"nextFundingTime\":1700006400000,\"time\":$NOW}";

/* Three bars that have closed and one that has not; the server's time is 1700000005000 and a little more. */
#define BAR(open, close) "[" #open ",\"1\",\"2\",\"0.5\",\"1.5\",\"10\"," #close ",\"10\",5,\"5\",\"5\",\"0\"]"
static const char klines[] = "[" BAR(1699999800000, 1699999859999) "," BAR(1699999860000, 1699999919999) "," BAR(
    1699999920000, 1699999979999) "," BAR(1699999980000, 1700000039999) "]";

static void script(struct web_double *d)
{
    web_double_answer(d, "GET /fapi/v1/time", 200, "", "{\"serverTime\":$NOW}");
    web_double_answer(d, "GET /fapi/v1/exchangeInfo", 200, "", exchange_info);
    web_double_answer(d, "GET /fapi/v1/accountConfig", 200, "", account_config);
    web_double_answer(d, "GET /fapi/v3/balance", 200, "", balance);
    web_double_answer(d, "GET /fapi/v1/leverageBracket", 200, "", brackets);
    web_double_answer(d, "GET /fapi/v1/symbolConfig", 200, "", symbol_config);
    web_double_answer(d, "GET /fapi/v3/positionRisk", 200, "", "[]");
    web_double_answer(d, "GET /fapi/v1/openOrders", 200, "", "[]");
    web_double_answer(d, "GET /fapi/v1/openAlgoOrders", 200, "", "[]");
    web_double_answer(d, "POST /fapi/v1/listenKey", 200, "", "{\"listenKey\":\"abcdefgh\"}");
    web_double_answer(d, "PUT /fapi/v1/listenKey", 200, "", "{\"listenKey\":\"abcdefgh\"}");
    web_double_answer(d, "GET /fapi/v1/klines", 200, "", klines);
    web_double_answer(d, "GET /fapi/v1/premiumIndex", 200, "", premium);
    web_double_answer(d, "GET /fapi/v1/userTrades", 200, "", "[]");
}

/* ---- what the link tells ----------------------------------------------------------------------------------------- */

static bool hello(void *user, const struct eb_link_hello *h, struct eb_err *err)
{
    struct link_world *w = user;
    w->hello = *h;
    w->hellos++;
    if (w->refuse_hello) {
        (void)eb_err_set(err, EB_E_REFUSED, "test", "another account was expected");
    }
    return !w->refuse_hello;
}

static eb_symbol_id symbol(void *user, const char *name)
{
    struct link_world *w = user;
    for (eb_symbol_id i = 0; i < w->given; i++) {
        if (strcmp(w->name[i], name) == 0) {
            return i;
        }
    }
    assert_true(w->given < 16);
    (void)snprintf(w->name[w->given], sizeof(w->name[0]), "%s", name);
    w->symbols++;
    return w->given++;
}

static const char *name(void *user, eb_symbol_id id)
{
    const struct link_world *w = user;
    return id < w->given ? w->name[id] : NULL;
}

static void event(void *user, const struct eb_event *ev)
{
    struct link_world *w = user;
    assert_true(w->events < LW_EVENTS);
    struct lw_event *e = &w->event[w->events++];
    e->ev = *ev;
    assert_true(ev->now_ms > INT64_C(1600000000000));
    if (ev->kind == EB_EV_POSITION) {
        e->position = *ev->u.venue_position;
    } else if (ev->kind == EB_EV_INSTRUMENT) {
        e->instrument = *ev->u.instrument;
    }
}

static void ready(void *user)
{
    ((struct link_world *)user)->readies++;
}

static void tick(void *user, const struct eb_link_tick *t)
{
    struct link_world *w = user;
    w->tick = *t;
    w->ticks++;
}

static void trades(void *user, const struct eb_link_trades *told)
{
    struct link_world *w = user;
    assert_true(w->trades_told < 16);
    w->trades[w->trades_told++] = *told;
}

static void gap(void *user, const char *why)
{
    struct link_world *w = user;
    w->gaps++;
    (void)snprintf(w->gap, sizeof(w->gap), "%s", why);
}

static void trouble(void *user, const struct eb_link_trouble *t)
{
    struct link_world *w = user;
    assert_true(w->troubles < LW_TEXTS);
    assert_true(t->text[0] != '\0');
    (void)snprintf(w->trouble[w->troubles++], sizeof(w->trouble[0]), "%c%.30s %.30s", t->raised ? '+' : '-', t->name,
                   t->subject);
}

static void lost(void *user, const struct eb_err *err)
{
    struct link_world *w = user;
    w->losts++;
    (void)snprintf(w->lost, sizeof(w->lost), "%s", err->msg);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

struct link_world *lw_create_on(struct eb_web web, void (*pass)(void *other, int64_t ms), void *other)
{
    struct link_world *w = calloc(1, sizeof(*w));
    struct eb_err err = {0};
    assert_non_null(w);
    w->pass = pass;
    w->other = other;
    assert_int_equal(eb_binance_key_make(LW_KEY, LW_SECRET, &w->key, &err), EB_OK);
    eb_binance_config_default(&w->c);
    w->c.web = web;
    w->c.key = w->key;
    w->c.rest = "http://127.0.0.1:1";
    w->c.ws_public = "ws://127.0.0.1:1/public";
    w->c.ws_market = "ws://127.0.0.1:1/market";
    w->c.ws_private = "ws://127.0.0.1:1/private";
    w->c.account = "test";
    w->c.symbols_max = 8;
    w->c.history_bars = 3;
    w->c.listener = (struct eb_link_listener){.user = w,
                                              .hello = hello,
                                              .symbol = symbol,
                                              .name = name,
                                              .event = event,
                                              .ready = ready,
                                              .tick = tick,
                                              .trades = trades,
                                              .gap = gap,
                                              .trouble = trouble,
                                              .lost = lost};
    return w;
}

static void pass_double(void *other, int64_t ms)
{
    web_double_run(other, ms);
}

struct link_world *lw_create(void)
{
    struct web_double *d = web_double_create();
    script(d);
    struct link_world *w = lw_create_on(web_double_port(d), pass_double, d);
    w->d = d;
    w->c.silent_market_ms = w->c.silent_user_ms = INT64_C(24) * 3600 * 1000; /* here nobody speaks unless asked to */
    return w;
}

void lw_open(struct link_world *w)
{
    struct eb_err err = {0};
    int rc = eb_binance_create(&w->c, &w->b, &err);
    if (rc != EB_OK) {
        fail_msg("create: %s", err.msg);
    }
    w->link = eb_binance_link(w->b);
    w->port = w->link.ops->port(w->link.link);
}

void lw_connect(struct link_world *w)
{
    struct eb_err err = {0};
    if (w->b == NULL) {
        lw_open(w);
    }
    unsigned readies = w->readies;
    assert_int_equal(w->link.ops->connect(w->link.link, &err), EB_OK);
    for (int i = 0; i < 400 && w->readies == readies && w->losts == 0; i++) {
        lw_run(w, 10);
    }
    if (w->readies == readies) {
        fail_msg("not ready: %s", w->lost);
    }
}

void lw_destroy(struct link_world *w)
{
    eb_binance_destroy(w->b);
    eb_binance_key_free(w->key);
    web_double_destroy(w->d);
    free(w);
}

void lw_run(struct link_world *w, int64_t ms)
{
    w->pass(w->other, ms);
}

static void say(struct link_world *w, const char *stream, const char *json)
{
    struct eb_web_socket *s = web_double_socket(w->d, stream);
    char now[24], text[4096];
    size_t used = 0;
    assert_non_null(s);
    (void)snprintf(now, sizeof(now), "%" PRId64, web_double_server_ms(w->d));
    for (const char *at = json; *at != '\0';) {
        assert_true(used + 32 < sizeof(text));
        if (strncmp(at, "$NOW", 4) == 0) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", now);
            at += 4;
        } else {
            text[used++] = *at++;
        }
    }
    text[used] = '\0';
    web_double_text(s, text);
}

void lw_user(struct link_world *w, const char *json)
{
    say(w, "/private", json);
}

void lw_market(struct link_world *w, const char *json)
{
    say(w, "/market", json);
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

size_t lw_count(const struct link_world *w, enum eb_event_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < w->events; i++) {
        n += w->event[i].ev.kind == kind ? 1 : 0;
    }
    return n;
}

const struct lw_event *lw_nth(const struct link_world *w, enum eb_event_kind kind, size_t n)
{
    for (size_t i = w->events; i-- > 0;) {
        if (w->event[i].ev.kind == kind && n-- == 0) {
            return &w->event[i];
        }
    }
    fail_msg("no such event of kind %d", (int)kind);
    return NULL;
}

const struct lw_event *lw_last(const struct link_world *w, enum eb_event_kind kind)
{
    return lw_nth(w, kind, 0);
}

bool lw_trouble(const struct link_world *w, const char *text)
{
    for (unsigned i = 0; i < w->troubles; i++) {
        if (strncmp(w->trouble[i], text, strlen(text)) == 0) {
            return true;
        }
    }
    return false;
}

void lw_forget(struct link_world *w)
{
    w->events = 0;
}

/* ---- things ------------------------------------------------------------------------------------------------------ */

eb_client_id lw_id(uint8_t purpose, uint32_t attempt)
{
    return (eb_client_id){.instance = 7, .episode = 3, .attempt = attempt, .purpose = purpose};
}

static char *room(void)
{
    static char text[4][4096];
    static unsigned at;
    return text[at++ % 4];
}

const char *lw_id_text(uint8_t purpose, uint32_t attempt)
{
    static char kept[16][EB_CLIENT_ID_TEXT_MAX];
    static unsigned at;
    char *text = kept[at++ % 16];
    (void)eb_client_id_format(lw_id(purpose, attempt), text);
    return text;
}

struct eb_order_request lw_order(eb_symbol_id symbol_id, uint8_t type, uint8_t purpose, uint32_t attempt)
{
    return (struct eb_order_request){.client_id = lw_id(purpose, attempt),
                                     .symbol = symbol_id,
                                     .position = symbol_id * 2,
                                     .order_side = EB_SELL,
                                     .position_side = EB_PS_BOTH,
                                     .type = type,
                                     .purpose = purpose,
                                     .close_intent = true,
                                     .reduce_only = type != EB_ORDER_STOP_MARKET,
                                     .close_position = type == EB_ORDER_STOP_MARKET,
                                     .qty = {type == EB_ORDER_STOP_MARKET ? 0 : EB_E8 / 10},
                                     .price = {type == EB_ORDER_LIMIT_IOC ? 50000 * EB_E8 : 0},
                                     .trigger = {type == EB_ORDER_STOP_MARKET ? 49000 * EB_E8 : 0}};
}

const char *lw_position_row(const char *symbol_name, const char *side, const char *amount, const char *entry,
                            const char *liquidation, int64_t update_ms)
{
    char *text = room();
    (void)snprintf(
        text, 4096,
        "{\"symbol\":\"%s\",\"positionSide\":\"%s\",\"positionAmt\":\"%s\",\"entryPrice\":\"%s\","
        "\"breakEvenPrice\":\"0\",\"markPrice\":\"%s\",\"unRealizedProfit\":\"0\",\"liquidationPrice\":"
        "\"%s\",\"isolatedMargin\":\"0\",\"notional\":\"0\",\"marginAsset\":\"USDT\",\"isolatedWallet\":\"0\","
        "\"initialMargin\":\"12.5\",\"maintMargin\":\"1\",\"positionInitialMargin\":\"12.5\","
        "\"openOrderInitialMargin\":\"0\",\"adl\":2,\"bidNotional\":\"0\",\"askNotional\":\"0\","
        "\"updateTime\":%" PRId64 "}",
        symbol_name, side, amount, entry, entry, liquidation, update_ms);
    return text;
}

const char *lw_account_update(const char *symbol_name, const char *side, const char *amount, const char *entry,
                              int64_t at_ms)
{
    char *text = room();
    (void)snprintf(text, 4096,
                   "{\"e\":\"ACCOUNT_UPDATE\",\"E\":%" PRId64 ",\"T\":%" PRId64
                   ",\"a\":{\"m\":\"ORDER\",\"B\":[{\"a\":\"USDT\",\"wb\":\"999.25\",\"cw\":\"999.25\",\"bc\":\"0\"}],"
                   "\"P\":[{\"s\":\"%s\",\"pa\":\"%s\",\"ep\":\"%s\",\"bep\":\"0\",\"cr\":\"0\",\"up\":\"0\",\"mt\":"
                   "\"cross\",\"iw\":\"0\",\"ps\":\"%s\"}]}}",
                   at_ms + 1, at_ms, symbol_name, amount, entry, side);
    return text;
}

const char *lw_order_update(const char *symbol_name, const char *client_id, uint64_t order_id, const char *execution,
                            const char *status, const char *last, const char *filled, uint64_t trade_id)
{
    char *text = room();
    (void)snprintf(
        text, 4096,
        "{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":$NOW,\"T\":$NOW,\"o\":{\"s\":\"%s\",\"c\":\"%s\",\"S\":\"SELL\",\"o\":"
        "\"MARKET\",\"f\":\"GTC\",\"q\":\"0.1\",\"p\":\"0\",\"ap\":\"49990\",\"sp\":\"0\",\"x\":\"%s\",\"X\":\"%s\","
        "\"i\":%" PRIu64
        ",\"l\":\"%s\",\"z\":\"%s\",\"L\":\"49990\",\"n\":\"0.2\",\"N\":\"USDT\",\"T\":$NOW,\"t\":%" PRIu64
        ",\"b\":\"0\",\"a\":\"0\",\"m\":false,\"R\":true,\"wt\":\"CONTRACT_PRICE\",\"ot\":\"MARKET\",\"ps\":\"BOTH\","
        "\"cp\":false,\"rp\":\"0\",\"pP\":false,\"si\":0,\"ss\":0,\"V\":\"EXPIRE_MAKER\",\"pm\":\"NONE\",\"gtd\":0,"
        "\"er\":\"0\"}}",
        symbol_name, client_id, execution, status, order_id, last, filled, trade_id);
    return text;
}

const char *lw_algo_update(const char *symbol_name, const char *client_id, uint64_t algo_id, const char *status,
                           const char *child_id, const char *child_filled)
{
    char *text = room();
    (void)snprintf(
        text, 4096,
        "{\"e\":\"ALGO_UPDATE\",\"T\":$NOW,\"E\":$NOW,\"o\":{\"caid\":\"%s\",\"aid\":%" PRIu64
        ",\"at\":\"CONDITIONAL\",\"o\":\"STOP_MARKET\",\"s\":\"%s\",\"S\":\"SELL\",\"ps\":\"BOTH\",\"f\":\"GTC\",\"q\":"
        "\"0\",\"X\":\"%s\",\"ai\":\"%s\",\"ap\":\"0\",\"aq\":\"%s\",\"act\":\"MARKET\",\"tp\":\"49000\",\"p\":\"0\","
        "\"V\":\"EXPIRE_MAKER\",\"wt\":\"MARK_PRICE\",\"pm\":\"NONE\",\"cp\":true,\"pP\":false,\"R\":false,\"tt\":0,"
        "\"gtd\":0,\"rm\":\"\",\"ia\":false}}",
        client_id, algo_id, symbol_name, status, child_id, child_filled);
    return text;
}
