/* SPDX-License-Identifier: Apache-2.0 */
/* What streams say: each form, when it comes, and books that a client can follow. */
#include "street.h"

static struct eb_fapi *f;
static struct socket one, two;

static int begin_with(uint8_t feed, uint8_t scene, uint32_t count)
{
    struct eb_fapi_config c = held_config();
    c.feed = feed;
    c.scene = scene;
    c.scene_count = count;
    f = open_street(&c, NULL);
    memset(&one, 0, sizeof(one));
    memset(&two, 0, sizeof(two));
    return 0;
}

static int begin_scene(void **state)
{
    (void)state;
    return begin_with(EB_FAPI_FEED_SCENE, EB_SCENE_PAPER, 6);
}

static int begin_held(void **state)
{
    (void)state;
    return begin_with(EB_FAPI_FEED_HELD, 0, 0);
}

static int end(void **state)
{
    (void)state;
    hang_up(&one);
    hang_up(&two);
    close_street(f);
    return 0;
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t kind;
        bool of_symbol;
        int64_t every_ms;
        bool on_public, on_market;
    } cases[] = {
        {"btcusdt@markPrice", FAPI_S_MARK, true, 3000, false, true},
        {"btcusdt@markPrice@1s", FAPI_S_MARK, true, 1000, false, true},
        {"!markPrice@arr", FAPI_S_MARK, false, 3000, false, true},
        {"!markPrice@arr@1s", FAPI_S_MARK, false, 1000, false, true},
        {"btcusdt@aggTrade", FAPI_S_AGG, true, 0, false, true},
        {"btcusdt@trade", FAPI_S_TRADE, true, 0, true, true},
        {"btcusdt@bookTicker", FAPI_S_BOOK, true, 0, true, false},
        {"!bookTicker", FAPI_S_BOOK, false, 5000, true, false},
        {"btcusdt@kline_1m", FAPI_S_KLINE, true, 250, false, true},
        {"btcusdt@kline_1M", FAPI_S_KLINE, true, 250, false, true},
        {"btcusdt_perpetual@continuousKline_4h", FAPI_S_KLINE, true, 250, false, true},
        {"btcusdt@depth", FAPI_S_DEPTH, true, 250, true, false},
        {"btcusdt@depth@100ms", FAPI_S_DEPTH, true, 100, true, false},
        {"btcusdt@depth20@500ms", FAPI_S_DEPTH, true, 500, true, false},
        {"btcusdt@depth5", FAPI_S_DEPTH, true, 250, true, false},
        {"btcusdt@miniTicker", FAPI_S_TICKER, true, 2000, false, true},
        {"!ticker@arr", FAPI_S_TICKER, false, 1000, false, true},
        {"btcusdt@forceOrder", FAPI_S_FORCED, true, 0, false, true},
        {"!forceOrder@arr", FAPI_S_FORCED, false, 0, false, true},
        {"!contractInfo", FAPI_S_INFO, false, 0, false, true},
        {"pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1", FAPI_S_USER, false, 0, false, false},
        {"BTCUSDT@aggTrade", FAPI_S_OTHER, false, 0, false, true}, /* lower case only */
        {"nosuch@aggTrade", FAPI_S_OTHER, false, 0, false, true},
        {"btcusdt@kline_7m", FAPI_S_OTHER, true, 0, false, true},
        {"btcusdt@kline_", FAPI_S_OTHER, true, 0, false, true},
        {"btcusdt@depth7", FAPI_S_OTHER, true, 0, true, false},
        {"btcusdt@continuousKline_1m", FAPI_S_OTHER, false, 0, false, true},
        {"@", FAPI_S_OTHER, false, 0, false, true},
        {"!", FAPI_S_OTHER, false, 0, false, true},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct fapi_stream is;
        fapi_stream_parse(f, cases[i].name, &is);
        if (is.kind != cases[i].kind || (is.symbol != FAPI_NONE) != cases[i].of_symbol ||
            is.every_ms != cases[i].every_ms || ((is.served >> FAPI_CLASS_PUBLIC) & 1) != cases[i].on_public ||
            ((is.served >> FAPI_CLASS_MARKET) & 1) != cases[i].on_market) {
            fail_msg("%s: kind %d, symbol %u, every %d ms, served %x", cases[i].name, is.kind, is.symbol,
                     (int)is.every_ms, is.served);
        }
    }
}

/* One of each form, with what a client reads from it. */
static void test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *stream, *event;
        const char *fields[16];
    } cases[] = {
        {"btcusdt@markPrice@1s", "markPriceUpdate", {"E", "s", "p", "ap", "i", "P", "r", "T", "st"}},
        {"btcusdt@aggTrade", "aggTrade", {"E", "s", "a", "p", "q", "nq", "f", "l", "T", "m", "st"}},
        {"btcusdt@trade", "trade", {"E", "T", "s", "t", "p", "q", "X", "m", "st"}},
        {"btcusdt@bookTicker", "bookTicker", {"u", "E", "T", "s", "ps", "b", "B", "a", "A", "st"}},
        {"btcusdt@kline_1m", "kline", {"E", "s", "k.t", "k.T", "k.s", "k.i", "k.f", "k.L", "k.o", "k.c", "k.x", "k.Q"}},
        {"btcusdt_perpetual@continuousKline_1m", "continuous_kline", {"E", "ps", "ct", "k.t", "k.i", "k.v", "k.x"}},
        {"btcusdt@depth10@100ms", "depthUpdate", {"E", "T", "s", "ps", "U", "u", "pu", "b", "a", "st"}},
        {"btcusdt@depth@100ms", "depthUpdate", {"E", "T", "s", "U", "u", "pu", "b", "a"}},
        {"btcusdt@miniTicker", "24hrMiniTicker", {"E", "s", "c", "o", "h", "l", "v", "q", "st"}},
        {"btcusdt@ticker", "24hrTicker", {"p", "P", "w", "c", "Q", "o", "h", "l", "v", "q", "O", "C", "F", "L", "n"}},
        {"!bookTicker", "bookTicker", {"u", "s", "b", "B", "a", "A"}},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "/ws/%s", cases[i].stream);
        assert_int_equal(dial(f, &one, path, ""), 0);
        int64_t since = f->now_ms;
        run_to(f, f->now_ms + 6000);
        assert_true(one.count > 0);
        assert_string_equal(field(one.text[0], "e"), cases[i].event);
        for (size_t k = 0; k < 16 && cases[i].fields[k] != NULL; k++) {
            if (field(one.text[0], cases[i].fields[k])[0] == '\0') {
                fail_msg("%s without %s: %s", cases[i].stream, cases[i].fields[k], one.text[0]);
            }
        }
        long long at = strtoll(field(one.text[0], "E"), NULL, 10);
        assert_true(at >= since && at <= f->now_ms);
        hang_up(&one);
    }
}

static void test_values(void **state)
{
    (void)state;
    const struct fapi_symbol *y = fapi_symbol_at(f, fapi_symbol_find(f, "DOGEUSDT"));
    assert_int_equal(dial(f, &one, "/ws/dogeusdt@markPrice@1s", ""), 0);
    const struct eb_sim_quote q = {.mark = {20480001}, .last = {20481000}, .bid = {20480000}, .ask = {20482000}};
    fapi_quote(f, fapi_symbol_find(f, "DOGEUSDT"), &q);
    run_to(f, T0 + 1000);
    assert_string_equal(field(last_of(&one), "p"), "0.20480001");
    assert_string_equal(field(last_of(&one), "s"), "DOGEUSDT");
    assert_int_equal(strtoll(field(last_of(&one), "T"), NULL, 10), y->funding_next_ms);
    assert_int_equal(dial(f, &two, "/ws/dogeusdt@bookTicker", ""), 0);
    run_to(f, T0 + 3000);
    assert_string_equal(field(last_of(&two), "b"), "0.20480");
    assert_string_equal(field(last_of(&two), "a"), "0.20482");
}

static void test_decimals(void **state)
{
    (void)state;
    static const struct {
        int64_t e8;
        int decimals;
        const char *text;
    } cases[] = {{0, 0, "0"},
                 {0, 2, "0.00"},
                 {1, 0, "0.00000001"},
                 {1, 8, "0.00000001"},
                 {-150000000, 1, "-1.5"},
                 {6180030000000, 2, "61800.30"},
                 {6180030000000, 0, "61800.3"},
                 {INT64_MAX, 2, "92233720368.54775807"},
                 {INT64_MIN, 0, "-92233720368.54775808"}};
    struct eb_buffer b;
    eb_buffer_init(&b, 100);
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        eb_buffer_clear(&b);
        fapi_put_e8(&b, cases[i].e8, cases[i].decimals);
        assert_string_equal(eb_buffer_str(&b), cases[i].text);
    }
    eb_buffer_deinit(&b);
}

/* Every stream wants the same text once, in an envelope where it is to be. */
static void test_publish_by_name(void **state)
{
    (void)state;
    assert_false(fapi_stream_wanted(f, "!forceOrder@arr"));
    assert_int_equal(dial(f, &one, "/market/stream", "streams=!forceOrder@arr/btcusdt@forceOrder"), 0);
    assert_int_equal(dial(f, &two, "/market/ws/!forceOrder@arr", ""), 0);
    assert_true(fapi_stream_wanted(f, "!forceOrder@arr"));
    uint32_t id = fapi_symbol_find(f, "BTCUSDT");
    fapi_market_forced(f, id, EB_SELL, (eb_qty){1400000}, (eb_price){9910 * EB_E8}, (eb_price){9911 * EB_E8});
    assert_int_equal(one.count, 2);
    assert_int_equal(two.count, 1);
    assert_string_equal(field(two.text[0], "o.S"), "SELL");
    assert_string_equal(field(two.text[0], "o.q"), "0.014");
    assert_string_equal(field(two.text[0], "o.ap"), "9911.0");
    assert_string_equal(field(one.text[1], "stream"), "!forceOrder@arr");
    assert_string_equal(field(one.text[1], "data.o.X"), "FILLED");
    fapi_symbol_at(f, id)->muted[FAPI_S_FORCED] = true;
    fapi_market_forced(f, id, EB_SELL, (eb_qty){1400000}, (eb_price){9910 * EB_E8}, (eb_price){9911 * EB_E8});
    assert_int_equal(two.count, 1);
}

static void test_arrays(void **state)
{
    (void)state;
    assert_int_equal(dial(f, &one, "/market/ws/!markPrice@arr@1s", ""), 0);
    assert_int_equal(dial(f, &two, "/market/ws/!ticker@arr", ""), 0);
    (void)snprintf(fapi_symbol_at(f, 1)->contract, sizeof(fapi_symbol_at(f, 1)->contract), "TRADIFI_PERPETUAL");
    fapi_symbol_at(f, 2)->muted[FAPI_S_MARK] = true;
    run_to(f, T0 + 1000);
    assert_int_equal(one.count, 2); /* those of traditional markets in a message of their own */
    struct eb_token room[1024];
    struct eb_tokens tokens;
    struct eb_err err;
    assert_int_equal(eb_tokens_parse(&tokens, "marks", one.text[0], strlen(one.text[0]), room, 1024, &err), EB_OK);
    assert_int_equal(eb_tok_size(eb_tok_root(&tokens)), 5); /* six, less two, and one of the other market */
    unsigned coin = 0;
    for (struct eb_tok t = eb_tok_first(eb_tok_root(&tokens)); eb_tok_kind(t) != EB_TOK_ABSENT; t = eb_tok_next(t)) {
        coin += eb_tok_is(eb_tok_get(t, "st"), "2") ? 1 : 0;
        assert_true(eb_tok_is(eb_tok_get(t, "e"), "markPriceUpdate"));
    }
    assert_int_equal(coin, 1);
    assert_int_equal(eb_tokens_parse(&tokens, "marks", one.text[1], strlen(one.text[1]), room, 1024, &err), EB_OK);
    assert_int_equal(eb_tok_size(eb_tok_root(&tokens)), 1);
    assert_int_equal(two.count, 2);
    assert_int_equal(eb_tokens_parse(&tokens, "tickers", two.text[0], strlen(two.text[0]), room, 1024, &err), EB_OK);
    assert_int_equal(eb_tok_size(eb_tok_root(&tokens)), 6);
}

/* A candle is told as closed once, with the figures of the candle that the API gives. */
static struct fapi_kline asked;
static void take(void *user, const struct fapi_kline *k)
{
    (void)user;
    asked = *k;
}

static void test_candles_close(void **state)
{
    (void)state;
    int64_t next = T0 - T0 % 180000 + 180000;
    assert_int_equal(dial(f, &one, "/market/ws/ethusdt@kline_3m", ""), 0);
    run_to(f, next - 1);
    assert_true(one.count > 10);
    assert_string_equal(field(last_of(&one), "k.x"), "false");
    assert_int_equal(strtoll(field(last_of(&one), "k.t"), NULL, 10), next - 180000);
    forget(&one);
    run_to(f, next);
    unsigned closed = 0;
    for (unsigned i = 0; i < one.count; i++) {
        closed += strcmp(field(one.text[i], "k.x"), "true") == 0 ? 1 : 0;
    }
    assert_int_equal(closed, 1);
    assert_string_equal(field(one.text[0], "k.x"), "true");
    uint32_t id = fapi_symbol_find(f, "ETHUSDT");
    assert_true(fapi_klines(f, id, "3m", next - 180000, next - 1, 1, false, take, NULL));
    char text[64];
    static const char *const keys[] = {"k.o", "k.h", "k.l", "k.c"};
    const int64_t values[] = {asked.open.e8, asked.high.e8, asked.low.e8, asked.close.e8};
    for (size_t i = 0; i < 4; i++) {
        struct eb_buffer b;
        eb_buffer_init(&b, sizeof(text));
        fapi_put_e8(&b, values[i], 2);
        assert_string_equal(field(one.text[0], keys[i]), b.data);
        eb_buffer_deinit(&b);
    }
    assert_int_equal(strtoll(field(one.text[0], "k.n"), NULL, 10), asked.trades);
    assert_true(asked.closed);
}

/* ---- a client's book --------------------------------------------------------------------------------------------- */

struct side {
    struct fapi_level level[2000];
    uint32_t count;
};

static void set_level(struct side *s, int64_t price, int64_t qty)
{
    uint32_t i = 0;
    while (i < s->count && s->level[i].price.e8 != price) {
        i++;
    }
    if (qty == 0 && i < s->count) {
        s->level[i] = s->level[--s->count];
    } else if (qty != 0) {
        assert_true(i < 2000);
        s->level[i] = (struct fapi_level){{price}, {qty}};
        s->count += i == s->count ? 1 : 0;
    }
}

static void apply_side(struct side *s, struct eb_tok levels)
{
    for (struct eb_tok t = eb_tok_first(levels); eb_tok_kind(t) != EB_TOK_ABSENT; t = eb_tok_next(t)) {
        int64_t price, qty;
        assert_true(eb_tok_e8(eb_tok_first(t), &price));
        assert_true(eb_tok_e8(eb_tok_next(eb_tok_first(t)), &qty));
        set_level(s, price, qty);
    }
}

static void assert_side(const struct side *s, const struct fapi_level *level, uint32_t count)
{
    assert_int_equal(s->count, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t k = 0;
        while (k < s->count && s->level[k].price.e8 != level[i].price.e8) {
            k++;
        }
        assert_true(k < s->count);
        assert_int_equal(s->level[k].qty.e8, level[i].qty.e8);
    }
}

static void from_book(struct side *bid, struct side *ask, const struct fapi_book *b)
{
    bid->count = ask->count = b->count;
    memcpy(bid->level, b->bid, sizeof(b->bid));
    memcpy(ask->level, b->ask, sizeof(b->ask));
}

/* As the exchange tells clients to: the first message that covers the number of GET depth, then each that follows. */
static void test_book_can_be_followed(void **state)
{
    (void)state;
    static struct side bid, ask;
    static struct eb_token room[4096];
    static struct fapi_book book;
    uint32_t id = fapi_symbol_find(f, "BTCUSDT");
    assert_int_equal(dial(f, &one, "/public/ws/btcusdt@depth@100ms", ""), 0);
    run_to(f, T0 + 1050);
    forget(&one);
    fapi_depth(f, id, 1000, &book);
    from_book(&bid, &ask, &book);
    uint64_t at = 0;
    for (int i = 0; i < 30; i++) {
        run_to(f, f->now_ms + 1000);
        for (unsigned k = 0; k < one.count; k++) {
            struct eb_tokens tokens;
            struct eb_err err;
            uint64_t first = 0, last = 0, before = 0;
            assert_int_equal(eb_tokens_parse(&tokens, "depth", one.text[k], strlen(one.text[k]), room, 4096, &err),
                             EB_OK);
            struct eb_tok root = eb_tok_root(&tokens);
            assert_true(eb_tok_u64(eb_tok_get(root, "U"), &first) && eb_tok_u64(eb_tok_get(root, "u"), &last));
            assert_true(eb_tok_u64(eb_tok_get(root, "pu"), &before));
            if (last < book.update_id) {
                continue; /* told before the book was asked for */
            }
            assert_true(at == 0 ? first <= book.update_id && last >= book.update_id : before == at);
            at = last;
            apply_side(&bid, eb_tok_get(root, "b"));
            apply_side(&ask, eb_tok_get(root, "a"));
        }
        forget(&one);
    }
    assert_int_not_equal(at, 0);
    const struct fapi_top top = f->streams->due[0].node[0]->last.top; /* of the last message */
    fapi_depth_make(fapi_symbol_at(f, id), &top, 1000, &book);
    assert_int_equal(book.count, FAPI_DEPTH_MAX);
    assert_side(&bid, book.bid, book.count);
    assert_side(&ask, book.ask, book.count);
}

static void test_day(void **state)
{
    (void)state;
    struct fapi_ticker t;
    uint32_t id = fapi_symbol_find(f, "SOLUSDT");
    run_to(f, T0 + 130000);
    fapi_ticker_24h(f, id, &t);
    const struct fapi_market_symbol *s = &f->market->symbol[id];
    uint32_t first = s->bars.count - (FAPI_DAY_MINUTES - 1);
    int64_t high = s->open.high.e8, low = s->open.low.e8, volume = s->open.volume.e8;
    for (uint32_t i = first; i < s->bars.count; i++) {
        const struct fapi_bar *b = fapi_bars_at(s, i);
        high = b->high.e8 > high ? b->high.e8 : high;
        low = b->low.e8 < low ? b->low.e8 : low;
        volume += b->volume.e8;
    }
    assert_int_equal(t.high.e8, high);
    assert_int_equal(t.low.e8, low);
    assert_int_equal(t.volume.e8, volume);
    assert_int_equal(t.open.e8, fapi_bars_at(s, first)->open.e8);
    assert_int_equal(t.last.e8, s->pub.quote_now.last.e8);
    assert_true(t.average.e8 > low && t.average.e8 < high);
    assert_int_equal(t.open_ms, T0 + 130000 - (T0 + 130000) % 60000 - (FAPI_DAY_MINUTES - 1) * FAPI_MINUTE_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names, begin_held, end),
        cmocka_unit_test_setup_teardown(test_forms, begin_scene, end),
        cmocka_unit_test_setup_teardown(test_values, begin_held, end),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test_setup_teardown(test_publish_by_name, begin_held, end),
        cmocka_unit_test_setup_teardown(test_arrays, begin_held, end),
        cmocka_unit_test_setup_teardown(test_candles_close, begin_scene, end),
        cmocka_unit_test_setup_teardown(test_book_can_be_followed, begin_scene, end),
        cmocka_unit_test_setup_teardown(test_day, begin_scene, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
