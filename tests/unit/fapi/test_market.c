/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols, and what a price that moves brings with it. */
#include "street.h"

#include "domain/instrument.h"

static const char *data_file(const char *name)
{
    static char path[512];
    const char *root = getenv("EXITBRAIN_DATA");
    if (root == NULL) {
        print_message("SKIPPED: EXITBRAIN_DATA names no folder of real data\n");
        skip();
    }
    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    return path;
}

static void test_held_prices_stand(void **state)
{
    (void)state;
    const struct eb_fapi_config c = held_config();
    struct eb_fapi *f = open_street(&c, NULL);
    assert_int_equal(fapi_symbol_count(f), 6);
    uint32_t id = fapi_symbol_find(f, "BTCUSDT");
    assert_int_not_equal(id, FAPI_NONE);
    assert_int_equal(fapi_symbol_find(f, "BTCUSD"), FAPI_NONE);
    assert_int_equal(fapi_symbol_find(f, ""), FAPI_NONE);
    const struct fapi_symbol *y = fapi_symbol_at(f, id);
    assert_string_equal(y->base, "BTC");
    assert_string_equal(y->quote, "USDT");
    assert_string_equal(y->status, "TRADING");
    struct eb_sim_quote before = y->quote_now;
    run_to(f, T0 + 3600000);
    assert_memory_equal(&before, &y->quote_now, sizeof(before));
    assert_int_equal(street.prices[0], 6); /* each was told once */
    assert_int_equal(street.prices[1], 6);

    fapi_market_hold(f, id, true);
    const struct eb_sim_quote q = {.last = {before.last.e8 + y->inst.tick.e8}, .mark = {before.mark.e8 + 12345}};
    fapi_quote(f, id, &q);
    assert_int_equal(y->quote_now.last.e8, q.last.e8);
    assert_int_equal(y->quote_now.mark.e8, q.mark.e8);
    assert_int_equal(y->quote_now.bid.e8, before.bid.e8); /* not given: it stays */
    assert_int_equal(street.prices[0], 7);
    assert_int_equal(street.last.last.e8, q.last.e8);
    assert_int_equal(fapi_market_prints(f, id), 1);
    assert_int_equal(fapi_market_print_at(f, id, 0)->price.e8, q.last.e8);
    assert_int_equal(fapi_market_print_at(f, id, 0)->time_ms, T0 + 3600000);
    assert_false(fapi_market_print_at(f, id, 0)->buyer_maker);
    close_street(f);
}

static void test_exchange_info(void **state)
{
    (void)state;
    struct eb_fapi_config c = held_config();
    c.instruments = data_file("exchange/fapi_exchangeInfo_demo_20251126.json.gz");
    struct eb_fapi *f = open_street(&c, NULL);
    unsigned trading = 0, other = 0;
    assert_true(fapi_symbol_count(f) > 600);
    for (uint32_t i = 0; i < fapi_symbol_count(f); i++) {
        const struct fapi_symbol *y = fapi_symbol_at(f, i);
        trading += strcmp(y->status, "TRADING") == 0 ? 1 : 0;
        other += strcmp(y->status, "TRADING") != 0 ? 1 : 0;
        assert_int_equal(fapi_symbol_find(f, y->inst.symbol), i);
        assert_true(y->base[0] != '\0' && y->quote[0] != '\0');
        assert_int_equal(y->quote_now.last.e8 % y->inst.tick.e8, 0);
        assert_true(y->quote_now.bid.e8 > 0 && y->quote_now.bid.e8 < y->quote_now.ask.e8);
        assert_true(y->inst.min_price.e8 <= y->quote_now.bid.e8);
    }
    assert_true(trading > 500 && other > 50);
    const struct fapi_symbol *y = fapi_symbol_at(f, fapi_symbol_find(f, "BTCUSDT"));
    assert_int_equal(y->price_precision, 2);
    assert_int_equal(y->quantity_precision, 3);
    assert_int_equal(y->onboard_ms, INT64_C(1569398400000));
    assert_string_equal(y->contract, "PERPETUAL");
    run_to(f, T0 + 1000);
    close_street(f);
}

static void test_bad_configurations(void **state)
{
    (void)state;
    static const char *const none[] = {"/nonexistent/BTCUSDT-1m.csv"};
    struct eb_err err;
    struct eb_fapi_config c = held_config();
    c.instruments = "/nonexistent/info.json";
    close_street(open_street(&c, &err));
    assert_int_equal(err.code, EB_E_IO);
    c = held_config();
    c.feed = EB_FAPI_FEED_KLINES;
    close_street(open_street(&c, &err));
    assert_int_equal(err.code, EB_E_INVALID);
    c.files = none;
    c.file_count = 1;
    close_street(open_street(&c, &err));
    assert_int_equal(err.code, EB_E_IO);
    c.feed = EB_FAPI_FEED_TICKS;
    close_street(open_street(&c, &err));
    assert_int_equal(err.code, EB_E_IO);
    c.speed_ppm = 0;
    close_street(open_street(&c, &err));
    assert_int_equal(err.code, EB_E_INVALID);
    c.feed = 17;
    close_street(open_street(&c, &err));
    assert_int_equal(err.code, EB_E_INVALID);
    c = held_config();
    c.feed = EB_FAPI_FEED_SCENE;
    c.scene = EB_SCENE_BUSY;
    c.scene_count = 1;
    close_street(open_street(&c, &err));
    assert_int_equal(err.code, EB_E_INVALID);
}

static struct eb_fapi *open_scene(uint8_t kind, uint32_t count)
{
    struct eb_fapi_config c = held_config();
    c.feed = EB_FAPI_FEED_SCENE;
    c.scene = kind;
    c.scene_count = count;
    return open_street(&c, NULL);
}

static void test_scene(void **state)
{
    (void)state;
    struct eb_fapi *f = open_scene(EB_SCENE_PAPER, 6);
    const struct fapi_market_symbol *s = &f->market->symbol[0];
    int64_t first = s->pub.quote_now.last.e8;
    assert_true(s->bars.count >= 1500); /* its history, up to the minute that runs */
    assert_int_equal(fapi_bars_at(s, s->bars.count - 1)->open_ms, T0 - T0 % FAPI_MINUTE_MS - FAPI_MINUTE_MS);
    int64_t close = fapi_bars_at(s, s->bars.count - 1)->close.e8;
    assert_true(close > first / 10 * 9 && close < first / 10 * 11);
    run_to(f, T0 + 45000);
    const struct fapi_symbol *y = &s->pub;
    assert_true(y->quote_now.last.e8 > first); /* the script leads it up */
    assert_int_equal(y->quote_now.last.e8 % y->inst.tick.e8, 0);
    assert_int_not_equal(y->quote_now.mark.e8 % y->inst.tick.e8, 0);
    assert_int_equal(y->quote_now.ask.e8 - y->quote_now.bid.e8, 2 * y->inst.tick.e8);
    assert_true(street.entries >= 6);
    assert_true(street.entry.at_ms > T0 && street.entry.at_ms <= T0 + 45000); /* in the exchange's time */
    assert_int_equal(f->market->now_ms, T0 + 45000);

    fapi_market_hold(f, 0, true);
    int64_t held = y->quote_now.last.e8;
    run_to(f, T0 + 50000);
    assert_int_equal(y->quote_now.last.e8, held);
    fapi_market_hold(f, 0, false);
    run_to(f, T0 + 51000);
    assert_int_not_equal(y->quote_now.last.e8, held);
    close_street(f);
}

/* The same seed, the same market, however it is asked to move. */
static void test_scenes_repeat(void **state)
{
    (void)state;
    struct eb_fapi *f = open_scene(EB_SCENE_BUSY, 150);
    run_to(f, T0 + 7000);
    struct fapi_symbol first = f->market->symbol[77].pub;
    unsigned entries = street.entries;
    close_street(f);
    f = open_scene(EB_SCENE_BUSY, 150);
    f->now_ms = T0 + 7000;
    fapi_market_run(f, T0 + 7000); /* at once */
    assert_int_equal(f->market->symbol[77].pub.quote_now.last.e8, first.quote_now.last.e8);
    assert_int_equal(f->market->symbol[77].pub.trade_id, first.trade_id);
    assert_int_equal(street.entries, entries);
    close_street(f);
}

static void test_status_and_filters(void **state)
{
    (void)state;
    const struct eb_fapi_config c = held_config();
    struct eb_fapi *f = open_street(&c, NULL);
    struct socket one;
    struct eb_err err = {0};
    assert_int_equal(dial(f, &one, "/market/ws/!contractInfo", ""), 0);
    if (fapi_market_status(f, 2, "SETTLING", &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    assert_false(fapi_symbol_at(f, 2)->inst.trading);
    assert_string_equal(field(last_of(&one), "cs"), "SETTLING");
    assert_string_equal(field(last_of(&one), "s"), fapi_symbol_at(f, 2)->inst.symbol);
    assert_int_equal(fapi_market_status(f, 2, "", &err), EB_E_INVALID);
    assert_int_equal(fapi_market_status(f, 2, "A_WORD_THAT_IS_MUCH_TOO_LONG", &err), EB_E_INVALID);
    struct eb_ev_instrument inst = fapi_symbol_at(f, 2)->inst;
    inst.tick.e8 *= 10;
    inst.min_price = inst.tick;
    if (fapi_market_filters(f, 2, &inst, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(fapi_symbol_at(f, 2)->inst.tick.e8, inst.tick.e8);
    inst.tick.e8 = 0;
    assert_int_equal(fapi_market_filters(f, 2, &inst, &err), EB_E_INVALID);
    assert_int_not_equal(fapi_symbol_at(f, 2)->inst.tick.e8, 0);
    hang_up(&one);
    close_street(f);
}

static void test_funding_time(void **state)
{
    (void)state;
    const struct eb_fapi_config c = held_config();
    struct eb_fapi *f = open_street(&c, NULL);
    int64_t eight = INT64_C(8) * 3600000, next = T0 - T0 % eight + eight;
    assert_int_equal(fapi_symbol_at(f, 3)->funding_next_ms, next);
    run_to(f, next - 1);
    assert_int_equal(fapi_symbol_at(f, 3)->funding_next_ms, next);
    run_to(f, next);
    assert_int_equal(fapi_symbol_at(f, 3)->funding_next_ms, next + eight);
    close_street(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_held_prices_stand),  cmocka_unit_test(test_exchange_info),
        cmocka_unit_test(test_bad_configurations), cmocka_unit_test(test_scene),
        cmocka_unit_test(test_scenes_repeat),      cmocka_unit_test(test_status_and_filters),
        cmocka_unit_test(test_funding_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
