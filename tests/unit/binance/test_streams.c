/* SPDX-License-Identifier: Apache-2.0 */
/* Market and public streams: subscriptions within their limits, silence, loss, renewal without a gap. */
#include "binance/rest_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "venue/binance/streams_inner.h"

#define MARKET "stream.example/market"
#define PUBLIC "stream.example/public"

struct heard {
    struct rest_world *w;
    struct bn_streams *s;
    unsigned messages[BN_STREAM_CLASSES], ups[BN_STREAM_CLASSES], downs[BN_STREAM_CLASSES];
    char last[512];
    int64_t read_ns;
    bool stop_at_message;
};

static void message(void *user, enum bn_stream_class class, const char *text, size_t len, int64_t read_ns)
{
    struct heard *h = user;
    h->messages[class]++;
    snprintf(h->last, sizeof h->last, "%.*s", (int)len, text);
    h->read_ns = read_ns;
    if (h->stop_at_message)
        bn_streams_stop(h->s);
}

static void state_told(void *user, enum bn_stream_class class, bool up, const char *why)
{
    struct heard *h = user;
    (*(up ? &h->ups[class] : &h->downs[class]))++;
    assert_non_null(why);
}

static void trouble(void *user, const struct eb_link_trouble *t)
{
    rw_trouble(((struct heard *)user)->w, t);
}

static struct heard *begin(void)
{
    struct heard *h = calloc(1, sizeof *h);
    assert_non_null(h);
    h->w = rw_new(true);
    web_double_answer(h->w->web, "POST /fapi/v1/listenKey", 200, "", "{\"listenKey\":\"KEY1\"}");
    struct bn_stream_events e = {.user = h, .message = message, .state = state_told, .trouble = trouble};
    struct eb_err err;
    assert_int_equal(bn_streams_create(&h->w->c, h->w->rest, &e, &h->s, &err), EB_OK);
    bn_streams_start(h->s);
    return h;
}

static void end(struct heard *h)
{
    bn_streams_destroy(h->s);
    rw_free(h->w);
    free(h);
}

static void say(struct heard *h, const char *where, const char *stream)
{
    char text[300];
    snprintf(text, sizeof text, "{\"stream\":\"%s\",\"data\":{\"e\":\"x\",\"s\":\"S\"}}", stream);
    web_double_text(web_double_socket(h->w->web, where), text);
}

/* A second's mark prices and books of all, for so many seconds. */
static void live(struct heard *h, int64_t seconds, const char *symbol)
{
    char mark[80], book[80];
    snprintf(mark, sizeof mark, "%s@markPrice@1s", symbol);
    snprintf(book, sizeof book, "%s@bookTicker", symbol);
    for (int64_t i = 0; i < seconds; i++) {
        for (size_t k = 0; k < h->w->web->sockets; k++) {
            struct eb_web_socket *s = &h->w->web->socket[k];
            char text[300];
            if (!s->open || strstr(s->url, "private"))
                continue;
            snprintf(text, sizeof text, "{\"stream\":\"%s\",\"data\":{}}", strstr(s->url, "market") ? mark : book);
            web_double_text(s, text);
        }
        web_double_run(h->w->web, 1000);
    }
}

/* An account that was flat for long, and its first position: nothing was down. */
static void a_first_symbol_long_after_the_start_is_no_trouble(void **state)
{
    (void)state;
    struct heard *h = begin();
    web_double_run(h->w->web, 60000);
    assert_int_equal(bn_streams_watch(h->s, "BTCUSDT"), EB_OK);
    web_double_run(h->w->web, 300);
    assert_string_equal(h->w->troubles, "");
    assert_false(rw_troubled(h->w, "stream.market.down"));
    end(h);
}

static void a_symbol_is_subscribed_on_both_classes(void **state)
{
    (void)state;
    struct heard *h = begin();
    assert_int_equal(bn_streams_watch(h->s, "BTCUSDT"), EB_OK);
    assert_int_equal(bn_streams_watch(h->s, "btcusdt"), EB_OK); /* again: nothing */
    web_double_run(h->w->web, 300);
    struct eb_web_socket *m = web_double_socket(h->w->web, MARKET), *p = web_double_socket(h->w->web, PUBLIC);
    assert_string_equal(m->url, "wss://stream.example/market/stream");
    assert_string_equal(p->url, "wss://stream.example/public/stream");
    assert_int_equal(m->sent_count, 1);
    assert_string_equal(m->sent[0],
                        "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@markPrice@1s\",\"btcusdt@aggTrade\","
                        "\"btcusdt@kline_1m\"],\"id\":1}");
    assert_string_equal(p->sent[0], "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@bookTicker\"],\"id\":1}");
    assert_false(bn_streams_up(h->s, BN_STREAM_MARKET)); /* open is not talking */
    web_double_text(m, "{\"result\":null,\"id\":1}");
    assert_false(bn_streams_up(h->s, BN_STREAM_MARKET));
    assert_int_equal(h->messages[BN_STREAM_MARKET], 0);
    say(h, MARKET, "btcusdt@markPrice@1s");
    assert_true(bn_streams_up(h->s, BN_STREAM_MARKET));
    assert_int_equal(h->ups[BN_STREAM_MARKET], 1);
    assert_string_equal(h->last, "{\"e\":\"x\",\"s\":\"S\"}"); /* without its envelope */
    assert_int_equal(h->read_ns, h->w->web->now_ns);
    assert_int_equal(bn_streams_watch(h->s, "A\"B"), EB_E_INVALID);
    assert_int_equal(bn_streams_watch(h->s, ""), EB_E_INVALID);
    end(h);
}

static void many_symbols_keep_to_the_exchanges_limits(void **state)
{
    (void)state;
    struct heard *h = begin();
    for (int i = 0; i < 700; i++) {
        char name[24];
        snprintf(name, sizeof name, "SYM%dUSDT", i);
        assert_int_equal(bn_streams_watch(h->s, name), EB_OK);
    }
    web_double_run(h->w->web, 8000);
    assert_int_equal(web_double_sockets(h->w->web, MARKET), 3); /* 341 symbols of three streams each */
    assert_int_equal(web_double_sockets(h->w->web, PUBLIC), 1);
    size_t streams = 0;
    for (size_t k = 0; k < h->w->web->sockets; k++) {
        struct eb_web_socket *s = &h->w->web->socket[k];
        size_t here = 0;
        for (size_t i = 0; i < s->sent_count; i++) {
            for (const char *at = s->sent[i]; (at = strchr(at, '@')); at++)
                here += strncmp(at, "@1s", 3) != 0;
            assert_true(strlen(s->sent[i]) < 4096);
            if (i >= 8) /* at most 10 a second, with room for pongs */
                assert_true(s->sent_ns[i] - s->sent_ns[i - 8] >= INT64_C(1000000000));
        }
        assert_true(here <= 1024);
        streams += here;
    }
    assert_int_equal(streams, 700 * 4);
    end(h);
}

static void more_symbols_than_configured_are_refused(void **state)
{
    (void)state;
    struct heard *h = begin();
    h->s->max = 2;
    assert_int_equal(bn_streams_watch(h->s, "A"), EB_OK);
    assert_int_equal(bn_streams_watch(h->s, "B"), EB_OK);
    assert_int_equal(bn_streams_watch(h->s, "C"), EB_E_FULL);
    end(h);
}

static void a_silent_market_is_cut_and_comes_back(void **state)
{
    (void)state;
    struct heard *h = begin();
    assert_int_equal(bn_streams_watch(h->s, "BTCUSDT"), EB_OK);
    web_double_run(h->w->web, 300);
    live(h, 5, "btcusdt");
    struct eb_web_socket *old = web_double_socket(h->w->web, MARKET);
    web_double_run(h->w->web, 9000 - 1000);
    assert_int_equal(h->downs[BN_STREAM_MARKET], 0);
    web_double_run(h->w->web, 3000);
    assert_int_equal(h->downs[BN_STREAM_MARKET], 1);
    assert_true(old->closed_here);
    web_double_run(h->w->web, 2000);
    assert_int_equal(web_double_sent_with(web_double_socket(h->w->web, MARKET), "btcusdt@aggTrade"), 1);
    assert_false(bn_streams_up(h->s, BN_STREAM_MARKET));
    live(h, 1, "btcusdt");
    assert_true(bn_streams_up(h->s, BN_STREAM_MARKET));
    assert_int_equal(h->ups[BN_STREAM_MARKET], 2);
    end(h);
}

static void a_resting_book_is_renewed_beside_the_old(void **state)
{
    (void)state;
    struct heard *h = begin();
    assert_int_equal(bn_streams_watch(h->s, "BTCUSDT"), EB_OK);
    web_double_run(h->w->web, 300);
    live(h, 2, "btcusdt");
    struct eb_web_socket *old = web_double_socket(h->w->web, PUBLIC);
    for (int i = 0; i < 80; i++) {
        say(h, MARKET, "btcusdt@markPrice@1s");
        web_double_run(h->w->web, 1000);
    }
    assert_int_equal(h->downs[BN_STREAM_PUBLIC], 0);
    assert_true(old->closed_here);
    assert_int_equal(web_double_sockets(h->w->web, PUBLIC), 1);
    end(h);
}

static void a_lost_socket_is_told_once_and_opened_again(void **state)
{
    (void)state;
    struct heard *h = begin();
    assert_int_equal(bn_streams_watch(h->s, "BTCUSDT"), EB_OK);
    web_double_run(h->w->web, 300);
    live(h, 1, "btcusdt");
    h->w->web->refuse_sockets = 503;
    web_double_drop(web_double_socket(h->w->web, MARKET), 1006);
    assert_int_equal(h->downs[BN_STREAM_MARKET], 1);
    size_t before = h->w->web->sockets;
    web_double_run(h->w->web, 60000);
    assert_int_equal(h->downs[BN_STREAM_MARKET], 1);
    assert_true(rw_troubled(h->w, "stream.market.down"));
    assert_in_range(h->w->web->sockets - before, 5, 12); /* with a backoff */
    h->w->web->refuse_sockets = 0;
    for (int i = 0; i < 40 && web_double_sockets(h->w->web, MARKET) == 0; i++)
        web_double_run(h->w->web, 1000);
    say(h, MARKET, "btcusdt@markPrice@1s");
    assert_int_equal(h->ups[BN_STREAM_MARKET], 2);
    assert_false(rw_troubled(h->w, "stream.market.down"));
    end(h);
}

static void a_symbol_that_is_never_heard_is_named_and_subscribed_again(void **state)
{
    (void)state;
    struct heard *h = begin();
    assert_int_equal(bn_streams_watch(h->s, "BTCUSDT"), EB_OK);
    assert_int_equal(bn_streams_watch(h->s, "ETHUSDT"), EB_OK);
    web_double_run(h->w->web, 300);
    live(h, 8, "btcusdt");
    assert_false(rw_troubled(h->w, "stream.market.symbol_silent"));
    live(h, 5, "btcusdt");
    assert_non_null(strstr(h->w->troubles, "stream.market.symbol_silent ethusdt"));
    struct eb_web_socket *m = web_double_socket(h->w->web, MARKET);
    assert_int_equal(web_double_sent_with(m, "ethusdt@markPrice@1s"), 2);
    assert_int_equal(web_double_sent_with(m, "btcusdt@markPrice@1s"), 1);
    say(h, MARKET, "ethusdt@kline_1m"); /* not what must come every second */
    assert_true(rw_troubled(h->w, "stream.market.symbol_silent"));
    say(h, MARKET, "ethusdt@markPrice@1s");
    assert_false(rw_troubled(h->w, "stream.market.symbol_silent"));
    end(h);
}

static void a_renewal_leaves_no_gap_and_tells_no_price_twice(void **state)
{
    (void)state;
    struct heard *h = begin();
    h->s->c.rollover_ms = 100000;
    assert_int_equal(bn_streams_watch(h->s, "BTCUSDT"), EB_OK);
    web_double_run(h->w->web, 300);
    live(h, 99, "btcusdt");
    struct eb_web_socket *old = web_double_socket(h->w->web, MARKET);
    unsigned seconds = 0;
    bool two = false;
    for (; !old->over && seconds < 20; seconds++) {
        unsigned before = h->messages[BN_STREAM_MARKET];
        live(h, 1, "btcusdt");
        two |= web_double_sockets(h->w->web, MARKET) == 2;
        if (!old->over)
            assert_int_equal(h->messages[BN_STREAM_MARKET] - before, 1);
    }
    assert_true(two);
    assert_true(old->closed_here);
    assert_int_equal(h->downs[BN_STREAM_MARKET], 0);
    assert_int_equal(web_double_sockets(h->w->web, MARKET), 1);
    live(h, 30, "btcusdt");
    assert_int_equal(h->downs[BN_STREAM_MARKET], 0);
    assert_int_equal(h->w->raised, 0);
    end(h);
}

static void a_follower_that_never_talks_does_not_replace(void **state)
{
    (void)state;
    struct heard *h = begin();
    h->s->c.rollover_ms = 100000;
    assert_int_equal(bn_streams_watch(h->s, "BTCUSDT"), EB_OK);
    web_double_run(h->w->web, 300);
    struct eb_web_socket *old = web_double_socket(h->w->web, MARKET);
    for (int i = 0; i < 250; i++) {
        web_double_text(old, "{\"stream\":\"btcusdt@markPrice@1s\",\"data\":{}}");
        web_double_run(h->w->web, 1000);
    }
    assert_false(old->over);
    assert_true(bn_streams_up(h->s, BN_STREAM_MARKET));
    end(h);
}

static void a_refused_subscription_is_told(void **state)
{
    (void)state;
    struct heard *h = begin();
    assert_int_equal(bn_streams_watch(h->s, "BTCUSDT"), EB_OK);
    web_double_run(h->w->web, 300);
    web_double_text(web_double_socket(h->w->web, MARKET),
                    "{\"error\":{\"code\":2,\"msg\":\"Invalid request\"},\"id\":1}");
    assert_true(rw_troubled(h->w, "stream.refused"));
    web_double_text(web_double_socket(h->w->web, MARKET), "{\"result\":null,\"id\":2}");
    assert_false(rw_troubled(h->w, "stream.refused"));
    assert_int_equal(h->messages[BN_STREAM_MARKET], 0);
    end(h);
}

static void stopping_within_a_message_is_fine(void **state)
{
    (void)state;
    struct heard *h = begin();
    assert_int_equal(bn_streams_watch(h->s, "BTCUSDT"), EB_OK);
    web_double_run(h->w->web, 300);
    h->stop_at_message = true;
    say(h, MARKET, "btcusdt@markPrice@1s");
    assert_int_equal(web_double_sockets(h->w->web, "stream.example"), 0);
    web_double_run(h->w->web, 60000);
    assert_int_equal(web_double_sockets(h->w->web, "stream.example"), 0);
    h->stop_at_message = false;
    bn_streams_start(h->s);
    web_double_run(h->w->web, 300);
    assert_int_equal(web_double_sent_with(web_double_socket(h->w->web, MARKET), "btcusdt@markPrice@1s"), 1);
    end(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_symbol_long_after_the_start_is_no_trouble),
        cmocka_unit_test(a_symbol_is_subscribed_on_both_classes),
        cmocka_unit_test(many_symbols_keep_to_the_exchanges_limits),
        cmocka_unit_test(more_symbols_than_configured_are_refused),
        cmocka_unit_test(a_silent_market_is_cut_and_comes_back),
        cmocka_unit_test(a_resting_book_is_renewed_beside_the_old),
        cmocka_unit_test(a_lost_socket_is_told_once_and_opened_again),
        cmocka_unit_test(a_symbol_that_is_never_heard_is_named_and_subscribed_again),
        cmocka_unit_test(a_renewal_leaves_no_gap_and_tells_no_price_twice),
        cmocka_unit_test(a_follower_that_never_talks_does_not_replace),
        cmocka_unit_test(a_refused_subscription_is_told),
        cmocka_unit_test(stopping_within_a_message_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
