/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded and published payloads, all of them: each must decode, to what its own text says. Real data are read in
 * place (EXITBRAIN_DATA); without them the cases are SKIPPED.
 *
 *     unit_binance_payloads --fields      the table of fields used, as docs/VENUES.md has it
 */
#define _POSIX_C_SOURCE 200809L
#include "venue/binance/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "feed/exchange_info.h"
#include "feed/text_source.h"

static const char *real_file(const char *name)
{
    static char path[1024];
    const char *root = getenv("EXITBRAIN_DATA");
    int n = snprintf(path, sizeof(path), "%s/%s", root != NULL ? root : EB_TEST_ROOT "/../shared/data", name);
    if (n < 0 || (size_t)n >= sizeof(path) || access(path, R_OK) != 0) {
        print_message("SKIPPED: no %s (EXITBRAIN_DATA names the directory of real market data)\n", name);
        return NULL;
    }
    return path;
}

static bool read_whole(const char *name, struct eb_buffer *out)
{
    const char *path = real_file(name);
    struct eb_err err = {0};
    if (path != NULL && eb_text_read_all(path, out, &err) != EB_OK) {
        fail_msg("%s: %s", path, err.msg);
    }
    return path != NULL;
}

/* ---- published samples ------------------------------------------------------------------------------------------- */

#define SAMPLES "payloads/nautilus_crate/futures/"

static void market_samples(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        enum bn_market_kind kind;
        int64_t price;
    } cases[] = {
        {"agg_trade_stream", BN_MARKET_TRADE, 100000},
        {"trade_stream", BN_MARKET_TRADE, 100000},
        {"book_ticker_stream", BN_MARKET_BOOK, 2535190000},
        {"mark_price_stream", BN_MARKET_MARK, 1179415000000},
        {"kline_stream_closed", BN_MARKET_KLINE, 0},
        {"kline_stream_open", BN_MARKET_KLINE, 0},
        {"depth_update_stream", BN_MARKET_OTHER, 0},
        {"liquidation_stream", BN_MARKET_OTHER, 0},
        {"ticker_stream", BN_MARKET_OTHER, 0},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        char name[128];
        struct eb_buffer text = {0};
        struct bn_market m;
        struct eb_err err = {0};
        (void)snprintf(name, sizeof(name), SAMPLES "market_data_json/%s.json", cases[i].file);
        if (!read_whole(name, &text)) {
            skip();
        }
        if (bn_decode_market(eb_buffer_str(&text), text.len, &m, &err) != EB_OK || m.kind != cases[i].kind ||
            m.price.e8 != cases[i].price) {
            fail_msg("%s: kind %d, %s", name, m.kind, err.msg);
        }
        assert_int_equal(m.closed, strstr(name, "closed") != NULL);
        eb_buffer_deinit(&text);
    }
}

static void user_samples(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        enum bn_user_kind kind;
        enum eb_order_state state;
        bool fill, liquidation;
    } cases[] = {
        {"account_update", BN_USER_ACCOUNT, EB_OS_NONE, false, false},
        {"account_update_bnfcr", BN_USER_ACCOUNT, EB_OS_NONE, false, false},
        {"algo_update_canceled", BN_USER_ALGO, EB_OS_CANCELED, false, false},
        {"algo_update_new", BN_USER_ALGO, EB_OS_NEW, false, false},
        {"order_update_new", BN_USER_ORDER, EB_OS_NEW, false, false},
        {"order_update_trade", BN_USER_ORDER, EB_OS_PARTIAL, true, false},
        {"order_update_trade_partial", BN_USER_ORDER, EB_OS_PARTIAL, true, false},
        {"order_update_calculated", BN_USER_ORDER, EB_OS_FILLED, true, true},
        {"order_update_calculated_pending", BN_USER_ORDER, EB_OS_NEW, false, true},
        {"order_update_adl", BN_USER_ORDER, EB_OS_NEW, true, true},
        {"order_update_insurance", BN_USER_ORDER, EB_OS_NEW, true, true},
        {"order_update_settlement", BN_USER_ORDER, EB_OS_FILLED, true, true},
        {"order_update_delivery", BN_USER_ORDER, EB_OS_FILLED, true, true},
        {"trade_lite", BN_USER_TRADE_LITE, EB_OS_NONE, true, false},
    };
    static struct bn_user user;
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        char name[128];
        struct eb_buffer text = {0};
        struct eb_err err = {0};
        (void)snprintf(name, sizeof(name), SAMPLES "user_data_json/%s.json", cases[i].file);
        if (!read_whole(name, &text)) {
            skip();
        }
        if (bn_decode_user(eb_buffer_str(&text), text.len, &user, &err) != EB_OK || user.kind != cases[i].kind ||
            user.order.state != cases[i].state || user.fill.there != cases[i].fill ||
            user.fill.liquidation != cases[i].liquidation) {
            fail_msg("%s: kind %d, state %d, %s", name, user.kind, user.order.state, err.msg);
        }
        if (strcmp(cases[i].file, "account_update") == 0) {
            assert_int_equal(user.positions, 3);
            assert_true(user.position[2].side == EB_SHORT && user.position[2].qty.e8 == 10 * EB_E8);
        }
        eb_buffer_deinit(&text);
    }
}

static struct bn_order last_order;
static struct bn_position_row last_position;

static int on_order(void *user, const struct bn_order *o)
{
    last_order = *o;
    ++*(int *)user;
    return EB_OK;
}

static int on_position(void *user, const struct bn_position_row *p)
{
    last_position = *p;
    ++*(int *)user;
    return EB_OK;
}

static void answer_samples(void **state)
{
    (void)state;
    struct eb_buffer account = {0}, balance = {0}, algo = {0}, order = {0}, risk = {0};
    if (!read_whole(SAMPLES "http_json/account_info_v2.json", &account) ||
        !read_whole(SAMPLES "http_json/balance.json", &balance) ||
        !read_whole(SAMPLES "http_json/open_algo_orders.json", &algo) ||
        !read_whole(SAMPLES "http_json/order_response.json", &order) ||
        !read_whole(SAMPLES "http_json/position_risk.json", &risk)) {
        skip();
    }
    eb_money wallet = {0};
    int rows = 0;
    struct bn_order o;
    assert_int_equal(bn_decode_balance(eb_buffer_str(&account), account.len, &wallet, NULL), EB_OK);
    assert_int_equal(wallet.e8, 2372469206);
    assert_int_equal(bn_decode_balance(eb_buffer_str(&balance), balance.len, &wallet, NULL), EB_OK);
    assert_int_equal(wallet.e8, 12212345678);
    assert_int_equal(bn_decode_orders(eb_buffer_str(&algo), algo.len, true, on_order, &rows, NULL), EB_OK);
    assert_true(rows == 1 && last_order.venue_id == 123456789 && last_order.mark_triggered);
    assert_int_equal(last_order.trigger.e8, 45000 * EB_E8);
    assert_int_equal(bn_decode_order(eb_buffer_str(&order), order.len, false, &o, NULL), EB_OK);
    assert_true(o.venue_id == 12345678 && o.price.e8 == 50000 * EB_E8 && o.state == EB_OS_NEW);
    assert_int_equal(bn_decode_positions(eb_buffer_str(&risk), risk.len, on_position, &rows, NULL), EB_OK);
    assert_true(rows == 2 && last_position.leverage_ppm == 20 * EB_PPM && last_position.qty.e8 == 100000);
    assert_int_equal(last_position.liquidation.e8, 45000 * EB_E8);
    struct bn_account_config config; /* account v2 has no position mode: that must not pass for one-way */
    assert_int_equal(bn_decode_account_config(eb_buffer_str(&account), account.len, &config, NULL), EB_E_INVALID);
    eb_buffer_deinit(&account);
    eb_buffer_deinit(&balance);
    eb_buffer_deinit(&algo);
    eb_buffer_deinit(&order);
    eb_buffer_deinit(&risk);
}

/* ---- recorded streams -------------------------------------------------------------------------------------------- */

struct tally {
    size_t lines, other, mark, trade, book, kline, refused;
};

/* The decimal text that follows the key in a payload, read by itself. */
static int64_t figure_after(const char *text, size_t len, const char *key)
{
    size_t key_len = strlen(key);
    for (size_t i = 0; i + key_len < len; i++) {
        if (memcmp(text + i, key, key_len) == 0) {
            const char *from = text + i + key_len, *end = memchr(from, '"', len - i - key_len);
            int64_t e8 = -1;
            assert_non_null(end);
            assert_int_equal(eb_decimal_parse(from, (size_t)(end - from), true, EB_ROUND_FLOOR, &e8), EB_OK);
            return e8;
        }
    }
    fail_msg("no %s in %.*s", key, (int)len, text);
    return 0;
}

static void take_payload(const char *text, size_t len, struct tally *t)
{
    struct bn_market m;
    bn_unwrap(&text, &len);
    t->lines++;
    if (bn_decode_market(text, len, &m, NULL) != EB_OK) {
        t->refused++;
        return;
    }
    t->other += m.kind == BN_MARKET_OTHER;
    t->mark += m.kind == BN_MARKET_MARK;
    t->kline += m.kind == BN_MARKET_KLINE;
    if (m.kind == BN_MARKET_BOOK) {
        t->book++;
        assert_int_equal(m.price.e8, figure_after(text, len, "\"b\":\""));
        assert_int_equal(m.ask.e8, figure_after(text, len, "\"a\":\""));
    } else if (m.kind == BN_MARKET_TRADE) {
        t->trade++;
        assert_int_equal(m.price.e8, figure_after(text, len, "\"p\":\""));
    } else if (m.kind == BN_MARKET_KLINE) {
        assert_int_equal(m.bar.close.e8, figure_after(text, len, "\"c\":\""));
        assert_int_equal(m.bar.length_ms, 60000);
    }
}

/* Lines "TIME<separator>{...}"; those without a payload are headings. */
static void take_lines(const struct eb_buffer *text, struct tally *t)
{
    const char *at = eb_buffer_str(text), *end = at + text->len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        const char *from = at >= end || *at < '0' || *at > '9' ? NULL : memchr(at, '{', (size_t)(stop - at));
        if (from != NULL) {
            take_payload(from, (size_t)(stop - from), t);
        }
        at = stop + 1;
    }
}

static void six_minutes_of_raw_ticks(void **state)
{
    (void)state;
    struct eb_buffer text = {0};
    struct tally t = {0};
    if (!read_whole("ticks/btcusdt_usdm_ws_20240808.gz", &text)) {
        skip();
    }
    take_lines(&text, &t);
    eb_buffer_deinit(&text);
    /* The others are 6,551 depth updates and the recorder's own snapshot of the book. */
    assert_true(t.lines == 93954 && t.book == 66089 && t.trade == 21313 && t.other == 6552 && t.refused == 0);
}

static void a_recorded_session(void **state)
{
    (void)state;
    struct eb_buffer text = {0};
    struct tally t = {0};
    if (!read_whole("payloads/cryptofeed_BINANCE_FUTURES.ws.1.0.gz", &text)) {
        skip();
    }
    take_lines(&text, &t);
    eb_buffer_deinit(&text);
    assert_true(t.book == 613 && t.trade == 91 && t.kline == 67 && t.other == 764 && t.refused == 0);
}

static void recorded_books_by_request(void **state)
{
    (void)state;
    struct eb_buffer text = {0};
    size_t documents = 0;
    if (!read_whole("payloads/cryptofeed_BINANCE_FUTURES.http.0.0.gz", &text)) {
        skip();
    }
    struct eb_token *room = calloc(100000, sizeof(*room));
    assert_non_null(room);
    const char *at = eb_buffer_str(&text), *end = at + text.len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at)), *from;
        stop = stop == NULL ? end : stop;
        from = memchr(at, '{', (size_t)(stop - at));
        if (from != NULL) {
            struct eb_tokens tokens;
            struct bn_market m;
            assert_int_equal(eb_tokens_parse(&tokens, "depth", from, (size_t)(stop - from), room, 100000, NULL), EB_OK);
            assert_true(eb_tok_size(eb_tok_get(eb_tok_root(&tokens), "bids")) > 100);
            int rc = bn_decode_market(from, (size_t)(stop - from), &m, NULL);
            assert_true(rc != EB_OK || m.kind == BN_MARKET_OTHER); /* no price whatever it is taken for */
            documents++;
        }
        at = stop + 1;
    }
    free(room);
    eb_buffer_deinit(&text);
    assert_int_equal(documents, 4);
}

/* ---- instruments, against the other reader of them --------------------------------------------------------------- */

struct compare {
    struct eb_exchange_info *info;
    size_t usable, refused, trading;
};

static int on_instrument(void *user, const struct bn_instrument *r)
{
    struct compare *c = user;
    const struct eb_ev_instrument *in = NULL;
    c->usable += r->usable;
    c->refused += !r->usable;
    c->trading += r->usable && r->inst.trading;
    if (!r->usable) {
        assert_true(r->why[0] != '\0');
        return EB_OK;
    }
    assert_int_equal(eb_exchange_info_find(c->info, r->inst.symbol, &in, NULL), EB_OK);
    const struct eb_ev_instrument *my = &r->inst;
    assert_true(my->tick.e8 == in->tick.e8 && my->min_price.e8 == in->min_price.e8 &&
                my->max_price.e8 == in->max_price.e8 && my->step.e8 == in->step.e8 &&
                my->min_qty.e8 == in->min_qty.e8 && my->max_qty.e8 == in->max_qty.e8 &&
                my->market_step.e8 == in->market_step.e8 && my->market_min_qty.e8 == in->market_min_qty.e8 &&
                my->market_max_qty.e8 == in->market_max_qty.e8 && my->min_notional.e8 == in->min_notional.e8 &&
                my->percent_up_ppm == in->percent_up_ppm && my->percent_down_ppm == in->percent_down_ppm &&
                my->market_take_bound_ppm == in->market_take_bound_ppm && my->maintenance_ppm == in->maintenance_ppm &&
                my->max_orders == in->max_orders && my->trading == in->trading);
    return EB_OK;
}

static void check_instruments(const char *name, size_t skip_to, size_t symbols, uint32_t weight)
{
    struct eb_buffer text = {0};
    struct eb_exchange_info info;
    struct bn_limits limits;
    struct eb_err err = {0};
    if (!read_whole(name, &text)) {
        skip();
    }
    const char *from = eb_buffer_str(&text) + skip_to, *end = strchr(from, skip_to > 0 ? '\n' : '\0');
    from = strchr(from, '{');
    assert_true(from != NULL && end != NULL);
    assert_int_equal(eb_exchange_info_parse(name, from, (size_t)(end - from), &info, &err), EB_OK);
    struct compare c = {.info = &info};
    assert_int_equal(bn_decode_exchange_info(from, (size_t)(end - from), &limits, on_instrument, &c, &err), EB_OK);
    assert_int_equal(c.usable + c.refused, symbols);
    assert_int_equal(limits.weight_1m, weight);
    assert_int_equal(limits.orders_1m, 1200);
    assert_int_equal(limits.orders_10s, 300);
    print_message("%s: %zu usable, %zu trading, %zu refused\n", name, c.usable, c.trading, c.refused);
    assert_true(c.trading > symbols / 2);
    eb_exchange_info_deinit(&info);
    eb_buffer_deinit(&text);
}

static void instruments_of_2025(void **state)
{
    (void)state;
    check_instruments("exchange/fapi_exchangeInfo_demo_20251126.json.gz", 0, 647, 6000);
}

static void instruments_of_2021(void **state)
{
    (void)state;
    check_instruments("exchange/fapi_exchangeInfo_mainnet_20210721.json.gz", 0, 122, 2400);
    check_instruments("payloads/cryptofeed_BINANCE_FUTURES.0.gz", 1, 122, 2400);
}

/* ---- recorded trades --------------------------------------------------------------------------------------------- */

struct sums {
    size_t rows;
    int64_t fees, qty;
    uint64_t last;
};

static int on_trade(void *user, const struct bn_trade_row *r)
{
    struct sums *s = user;
    s->rows++;
    s->fees += r->fill.fee.e8;
    s->qty += r->order_side == EB_BUY ? r->fill.qty.e8 : -r->fill.qty.e8;
    assert_true(r->fill.trade_id > s->last && !r->fill.fee_other && r->fill.time_ms > 1740000000000);
    s->last = r->fill.trade_id;
    return EB_OK;
}

/* symbol,id,orderId,side,price,qty,realizedPnl,quoteQty,commission,commissionAsset,time,positionSide,maker,buyer */
static size_t row_as_json(char *row, char *out, size_t cap)
{
    enum { COLUMNS = 14 };
    char *column[COLUMNS] = {0};
    size_t n = 0;
    for (char *at = row; at != NULL && n < COLUMNS; n++) {
        column[n] = at;
        at = strchr(at, ',');
        if (at != NULL) {
            *at++ = '\0';
        }
    }
    assert_int_equal(n, COLUMNS);
    int len =
        snprintf(out, cap,
                 "{\"symbol\":\"%s\",\"id\":%s,\"orderId\":%s,\"side\":\"%s\",\"price\":\"%s\",\"qty\":\"%s\","
                 "\"commission\":\"%s\",\"commissionAsset\":\"%s\",\"time\":%s,\"positionSide\":\"%s\",\"maker\":%s}",
                 column[0], column[1], column[2], column[3], column[4], column[5], column[8], column[9], column[10],
                 column[11], column[12][0] == 'T' ? "true" : "false");
    assert_true(len > 0 && (size_t)len < cap);
    return (size_t)len;
}

static void recorded_trades(void **state)
{
    (void)state;
    struct eb_text_source *source = NULL;
    const char *path = real_file("payloads/userTrades_BTCUSDT_demo_202506.csv.gz"), *line;
    if (path == NULL) {
        skip();
    }
    assert_int_equal(eb_text_open(path, &source, NULL), EB_OK);
    enum { ROOM = 100000 };
    char *json = malloc(ROOM);
    size_t used = 1, len = 0;
    int64_t fees = 0;
    assert_non_null(json);
    json[0] = '[';
    assert_int_equal(eb_text_next(source, &line, &len, NULL), EB_OK); /* the heading */
    while (eb_text_next(source, &line, &len, NULL) == EB_OK) {
        char row[512];
        int64_t fee = 0;
        (void)snprintf(row, sizeof(row), "%.*s", (int)len, line);
        used += row_as_json(row, json + used, ROOM - used);
        json[used++] = ',';
        size_t column = 0;
        const char *at = row;
        while (column < 8) { /* cut in place: zeros between columns */
            at += strlen(at) + 1;
            column++;
        }
        assert_int_equal(eb_decimal_parse(at, strlen(at), true, EB_ROUND_FLOOR, &fee), EB_OK);
        fees += fee;
    }
    json[used - 1] = ']';
    eb_text_close(source);
    struct sums s = {0};
    assert_int_equal(bn_decode_trades(json, used, on_trade, &s, NULL), EB_OK);
    assert_int_equal(s.rows, 197);
    assert_int_equal(s.fees, fees);
    free(json);
}

/* ---- the table of fields ----------------------------------------------------------------------------------------- */

static const char *const fields[] = {
    "markPriceUpdate | s p | string | symbol, mark",
    "markPriceUpdate | r T | string, integer | funding rate (\"\": none) and its next time",
    "aggTrade, trade | s p a t | string, integer | symbol, last price, id; trade only with X = MARKET",
    "bookTicker | s b a u | string, integer | symbol, best bid and ask, update id; a side of 0: no book",
    "kline | k.t k.T k.o k.h k.l k.c k.x | integer, string, bool | a bar, and whether it is complete",
    "all market payloads | e E st | string, integer | kind, exchange's time, 2: coin-margined",
    "answers to subscriptions | id result error code | any | whether it was refused",
    "envelopes | stream data | string, object | only data is read",
    "ORDER_TRADE_UPDATE | T E | integer | times of event",
    "ORDER_TRADE_UPDATE | o.s o.c o.i | string, integer | symbol, client id, orderId",
    "ORDER_TRADE_UPDATE | o.S o.ps o.o o.ot o.f | words | side, position side, type, first type (a child's is "
    "conditional), time in force",
    "ORDER_TRADE_UPDATE | o.X o.x o.er | words | state, what happened, why it expired",
    "ORDER_TRADE_UPDATE | o.q o.z o.p o.sp o.ap | string | quantity, filled, price, trigger, average",
    "ORDER_TRADE_UPDATE | o.t o.l o.L o.n o.N o.m o.T | integer, string, bool | a trade: id, quantity, price, fee, its "
    "asset, maker, time",
    "ORDER_TRADE_UPDATE | o.R o.cp o.pP o.wt o.si | bool, word, integer | reduce-only, closes the position, price "
    "protection, trigger source, parent's id where it is told",
    "ALGO_UPDATE | o.caid o.aid o.ai | string, integer | client id, algoId, the child's orderId (\"\": none yet)",
    "ALGO_UPDATE | o.at o.o o.s o.S o.ps o.f o.q o.p o.tp o.wt o.R o.cp o.pP | as above | terms; at: CONDITIONAL",
    "ALGO_UPDATE | o.X o.aq o.ap o.rm | word, string | state (FINISHED by what aq says), executed, average, reason",
    "ACCOUNT_UPDATE | a.m | word | why",
    "ACCOUNT_UPDATE | a.B[].a a.B[].wb | string | wallet of USDT, else of the first asset",
    "ACCOUNT_UPDATE | a.P[].s pa ep ps mt iw | string | symbol, signed amount, entry, side, margin type, isolated "
    "wallet",
    "ACCOUNT_CONFIG_UPDATE | ac.s ac.l ai.j | string, integer, bool | leverage of a symbol; multi-assets mode",
    "MARGIN_CALL | p[0].s | string | a symbol",
    "TRADE_LITE | s c S i t l L m T | as above | a hint of a trade",
    "listenKeyExpired | e | word | the stream is over",
    "order (POST, GET, DELETE order, openOrders, order.place) | symbol clientOrderId orderId status type timeInForce "
    "side "
    "positionSide origQty executedQty price stopPrice avgPrice reduceOnly closePosition priceProtect workingType "
    "updateTime | as above | avgPrice is not in answers to new orders",
    "algoOrder (POST, GET, openAlgoOrders, algoOrder.place) | symbol clientAlgoId algoId algoStatus orderType (or "
    "type) "
    "algoType timeInForce side positionSide quantity actualQty actualPrice actualOrderId price triggerPrice reduceOnly "
    "closePosition priceProtect workingType updateTime | as above | DELETE answers ids and code 200 only",
    "positionRisk v2, v3 | symbol positionSide positionAmt entryPrice markPrice liquidationPrice isolatedMargin "
    "isolatedWallet positionInitialMargin initialMargin updateTime; v2: leverage marginType | string, integer | "
    "liquidation <= 0 or beyond range: unknown",
    "userTrades | symbol id orderId side positionSide price qty commission commissionAsset maker time | as above | "
    "trades",
    "accountConfig | dualSidePosition multiAssetsMargin canTrade feeTier | bool, integer | modes; each must be there",
    "symbolConfig | symbol leverage marginType | string, integer | settings of a symbol",
    "balance, account | asset balance; assets[].asset walletBalance | string | wallet of USDT, else of the first asset",
    "exchangeInfo | rateLimits[].rateLimitType interval intervalNum limit | words, integer | limits",
    "exchangeInfo | symbols[].symbol status contractType marginAsset quoteAsset st maintMarginPercent marketTakeBound "
    "| "
    "string | instrument",
    "exchangeInfo | filters PRICE_FILTER, LOT_SIZE, MARKET_LOT_SIZE, MIN_NOTIONAL, PERCENT_PRICE, MAX_NUM_ORDERS, "
    "MAX_NUM_ALGO_ORDERS | string, integer | the grid and its bounds",
    "leverageBracket | symbol brackets[].notionalFloor maintMarginRatio | number | rate of the lowest bracket",
    "klines | columns 1 to 5 and 7 | integer, string | bars",
    "premiumIndex | symbol markPrice indexPrice lastFundingRate nextFundingTime time | string, integer | mark by "
    "request",
    "bookTicker (REST) | bidPrice askPrice time | string, integer | book by request",
    "time, listenKey | serverTime, listenKey | integer, string | clock, key of the user stream",
    "errors | code msg | integer, string | negative codes only",
};

static int print_fields(void)
{
    (void)printf("| document | fields | on the wire | meaning here |\n|---|---|---|---|\n");
    for (size_t i = 0; i < EB_COUNT(fields); i++) {
        (void)printf("| %s |\n", fields[i]);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(market_samples),      cmocka_unit_test(user_samples),
        cmocka_unit_test(answer_samples),      cmocka_unit_test(six_minutes_of_raw_ticks),
        cmocka_unit_test(a_recorded_session),  cmocka_unit_test(recorded_books_by_request),
        cmocka_unit_test(instruments_of_2025), cmocka_unit_test(instruments_of_2021),
        cmocka_unit_test(recorded_trades),
    };
    if (argc > 1 && strcmp(argv[1], "--fields") == 0) {
        return print_fields();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
