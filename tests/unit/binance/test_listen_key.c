/* SPDX-License-Identifier: Apache-2.0 */
/* The user stream: its key's whole life, silence, loss and renewal. */
#include "binance/rest_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "venue/binance/streams_inner.h"

#define POST "POST /fapi/v1/listenKey"
#define PUT "PUT /fapi/v1/listenKey"
#define PRIVATE "stream.example/private"

struct ears {
    struct rest_world *w;
    struct bn_streams *s;
    unsigned messages, ups, downs;
    char why[200];
};

static void message(void *user, enum bn_stream_class class, const char *text, size_t len, int64_t read_ns)
{
    struct ears *h = user;
    assert_int_equal(class, BN_STREAM_PRIVATE);
    assert_true(len > 0 && text[0] == '{' && read_ns > 0);
    h->messages++;
}

static void state_told(void *user, enum bn_stream_class class, bool up, const char *why)
{
    struct ears *h = user;
    assert_int_equal(class, BN_STREAM_PRIVATE);
    (*(up ? &h->ups : &h->downs))++;
    snprintf(h->why, sizeof h->why, "%s", why);
    assert_null(strstr(why, "KEY1"));
}

static void trouble(void *user, const struct eb_link_trouble *t)
{
    rw_trouble(((struct ears *)user)->w, t);
}

static struct ears *begin(const char *key)
{
    struct ears *h = calloc(1, sizeof *h);
    assert_non_null(h);
    h->w = rw_new(true);
    if (key)
        web_double_answer(h->w->web, POST, 200, "", key);
    web_double_answer(h->w->web, PUT, 200, "", "{}");
    struct bn_stream_events e = {.user = h, .message = message, .state = state_told, .trouble = trouble};
    struct eb_err err;
    assert_int_equal(bn_streams_create(&h->w->c, h->w->rest, &e, &h->s, &err), EB_OK);
    bn_streams_start(h->s);
    web_double_run(h->w->web, 500);
    return h;
}

static void end(struct ears *h)
{
    bn_streams_destroy(h->s);
    rw_free(h->w);
    free(h);
}

/* Pings every three minutes, as the exchange sends them. */
static void minutes(struct ears *h, int n)
{
    for (int i = 0; i < n; i++) {
        web_double_run(h->w->web, 60000);
        struct eb_web_socket *s = web_double_socket(h->w->web, PRIVATE);
        if (s && s->open && i % 3 == 2)
            web_double_heard(s);
    }
}

static void a_key_is_made_and_listened_to(void **state)
{
    (void)state;
    struct ears *h = begin("{\"listenKey\":\"KEY1\"}");
    struct eb_web_call *post = web_double_last(h->w->web, POST, 0);
    assert_non_null(strstr(post->headers, RW_API_KEY));
    assert_string_equal(post->query, ""); /* neither signed nor stamped */
    assert_string_equal(web_double_socket(h->w->web, PRIVATE)->url, "wss://stream.example/private/ws?listenKey=KEY1");
    assert_int_equal(h->ups, 1);
    web_double_text(web_double_socket(h->w->web, PRIVATE), "{\"e\":\"ACCOUNT_UPDATE\"}");
    assert_int_equal(h->messages, 1);
    end(h);
}

static void it_is_kept_alive_every_twenty_minutes(void **state)
{
    (void)state;
    struct ears *h = begin("{\"listenKey\":\"KEY1\"}");
    minutes(h, 19);
    assert_int_equal(web_double_count(h->w->web, PUT), 1); /* asked for once when the socket was open */
    minutes(h, 120);
    assert_in_range(web_double_count(h->w->web, PUT), 7, 8);
    assert_int_equal(web_double_count(h->w->web, POST), 1);
    assert_int_equal(h->downs, 0);
    end(h);
}

static void a_key_that_the_exchange_forgot_is_replaced_with_a_gap(void **state)
{
    (void)state;
    struct ears *h = begin("{\"listenKey\":\"KEY1\"}");
    web_double_once(h->w->web, PUT, EB_WEB_ANSWERED, 400, "",
                    "{\"code\":-1125,\"msg\":\"This listenKey does not exist.\"}");
    web_double_answer(h->w->web, POST, 200, "", "{\"listenKey\":\"KEY2\"}");
    struct eb_web_socket *old = web_double_socket(h->w->web, PRIVATE);
    minutes(h, 21);
    assert_true(old->closed_here);
    assert_int_equal(h->downs, 1);
    assert_int_equal(h->ups, 2);
    assert_non_null(strstr(web_double_socket(h->w->web, PRIVATE)->url, "KEY2"));
    end(h);
}

static void an_expired_key_ends_a_stream_that_looks_alive(void **state)
{
    (void)state;
    struct ears *h = begin("{\"listenKey\":\"KEY1\"}");
    web_double_answer(h->w->web, POST, 200, "", "{\"listenKey\":\"KEY2\"}");
    struct eb_web_socket *old = web_double_socket(h->w->web, PRIVATE);
    web_double_text(old, "{\"e\":\"listenKeyExpired\",\"E\":1736996475556,\"listenKey\":\"KEY1\"}");
    assert_int_equal(h->downs, 1);
    assert_true(old->closed_here);
    web_double_run(h->w->web, 1000);
    assert_int_equal(h->ups, 2);
    assert_non_null(strstr(web_double_socket(h->w->web, PRIVATE)->url, "KEY2"));
    end(h);
}

static void a_failed_keep_alive_is_repeated_before_the_key_dies(void **state)
{
    (void)state;
    struct ears *h = begin("{\"listenKey\":\"KEY1\"}");
    web_double_answer(h->w->web, PUT, 500, "", "<html>");
    minutes(h, 49);
    assert_true(web_double_count(h->w->web, PUT) > 10);
    assert_int_equal(h->downs, 0);
    minutes(h, 2);
    assert_int_equal(web_double_count(h->w->web, POST), 2); /* the same key, extended: the socket stays */
    assert_int_equal(h->downs, 0);
    end(h);
}

static void without_a_key_it_is_told_and_tried_again(void **state)
{
    (void)state;
    struct ears *h = begin(NULL);
    web_double_answer(h->w->web, POST, 200, "", "{}"); /* an answer without a key is none */
    web_double_run(h->w->web, 120000);
    assert_int_equal(h->ups, 0);
    assert_true(rw_troubled(h->w, "listen_key.refused"));
    assert_true(rw_troubled(h->w, "stream.private.down"));
    assert_in_range(web_double_count(h->w->web, POST), 3, 12);
    web_double_answer(h->w->web, POST, 200, "", "{\"listenKey\":\"KEY1\"}");
    web_double_run(h->w->web, 180000);
    assert_int_equal(h->ups, 1);
    assert_string_equal(h->w->troubles, "");
    end(h);
}

static void silence_without_pings_is_a_dead_socket(void **state)
{
    (void)state;
    struct ears *h = begin("{\"listenKey\":\"KEY1\"}");
    minutes(h, 15); /* nothing but pings: alive */
    assert_int_equal(h->downs, 0);
    web_double_run(h->w->web, 362000);
    assert_int_equal(h->downs, 1);
    web_double_run(h->w->web, 1000);
    assert_int_equal(h->ups, 2);
    end(h);
}

static void a_socket_refused_with_its_key_gets_a_new_key(void **state)
{
    (void)state;
    struct ears *h = begin("{\"listenKey\":\"KEY1\"}");
    h->w->web->refuse_sockets = 400;
    web_double_drop(web_double_socket(h->w->web, PRIVATE), 1006);
    web_double_run(h->w->web, 3000);
    assert_true(web_double_count(h->w->web, POST) >= 2);
    h->w->web->refuse_sockets = 0;
    web_double_run(h->w->web, 30000);
    assert_int_equal(h->ups, 2);
    end(h);
}

/* It expired while no socket was there: one that is opened with it is accepted and never says anything. */
static void a_key_that_died_with_its_socket_is_replaced(void **state)
{
    (void)state;
    struct ears *h = begin("{\"listenKey\":\"KEY1\"}");
    web_double_run(h->w->web, 1000);
    size_t asked = web_double_count(h->w->web, PUT);
    web_double_once(h->w->web, PUT, EB_WEB_ANSWERED, 400, "",
                    "{\"code\":-1125,\"msg\":\"This listenKey does not exist.\"}");
    web_double_answer(h->w->web, POST, 200, "", "{\"listenKey\":\"KEY2\"}");
    web_double_drop(web_double_socket(h->w->web, PRIVATE), 1006);
    for (int i = 0; i < 100 && web_double_count(h->w->web, PUT) == asked; i++)
        web_double_run(h->w->web, 20);
    assert_true(web_double_socket(h->w->web, PRIVATE)->open); /* asked once there is somebody to be told */
    web_double_run(h->w->web, 5000);
    assert_non_null(strstr(web_double_socket(h->w->web, PRIVATE)->url, "KEY2"));
    assert_int_equal(web_double_count(h->w->web, PUT), asked + 2); /* the second: of the new key */
    assert_true(h->ups > h->downs);
    minutes(h, 10);
    assert_int_equal(web_double_count(h->w->web, PUT), asked + 2); /* then again when it is time */
    end(h);
}

static void a_renewal_hears_both_and_tells_no_gap(void **state)
{
    (void)state;
    struct ears *h = begin("{\"listenKey\":\"KEY1\"}");
    h->s->class[BN_STREAM_PRIVATE].line[0].renew_ns = h->w->web->now_ns + 1000 * INT64_C(1000000);
    struct eb_web_socket *old = web_double_socket(h->w->web, PRIVATE);
    web_double_run(h->w->web, 1050);
    for (int i = 0; i < 100 && web_double_sockets(h->w->web, PRIVATE) < 2; i++)
        web_double_run(h->w->web, 20);
    assert_int_equal(web_double_sockets(h->w->web, PRIVATE), 2);
    struct eb_web_socket *young = web_double_socket(h->w->web, PRIVATE);
    web_double_text(old, "{\"e\":\"x\"}");
    web_double_text(young, "{\"e\":\"x\"}");
    assert_int_equal(h->messages, 2);
    web_double_run(h->w->web, 4000);
    assert_true(old->closed_here);
    assert_false(young->over);
    assert_int_equal(h->downs, 0);
    end(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_made_and_listened_to),
        cmocka_unit_test(it_is_kept_alive_every_twenty_minutes),
        cmocka_unit_test(a_key_that_the_exchange_forgot_is_replaced_with_a_gap),
        cmocka_unit_test(an_expired_key_ends_a_stream_that_looks_alive),
        cmocka_unit_test(a_failed_keep_alive_is_repeated_before_the_key_dies),
        cmocka_unit_test(without_a_key_it_is_told_and_tried_again),
        cmocka_unit_test(silence_without_pings_is_a_dead_socket),
        cmocka_unit_test(a_socket_refused_with_its_key_gets_a_new_key),
        cmocka_unit_test(a_key_that_died_with_its_socket_is_replaced),
        cmocka_unit_test(a_renewal_hears_both_and_tells_no_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
