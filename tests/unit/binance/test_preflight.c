/* SPDX-License-Identifier: Apache-2.0 */
/* The preflight against the simulated exchange, in virtual time: all well, and each way in which it is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "venue/binance/binance.h"
#include "venue/fapi/fapi.h"
#include "venue/sign.h"

#define API_KEY "preflight-key-0123456789"
#define SECRET "preflight-secret-0123456789"
#define FINDINGS 16
/* RFC 8032, test 1 */
#define PRIVATE_PEM                                                      \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" \
    "-----END PRIVATE KEY-----\n"
#define PUBLIC_PEM                                                   \
    "-----BEGIN PUBLIC KEY-----\n"                                   \
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n" \
    "-----END PUBLIC KEY-----\n"

struct flight {
    struct eb_fapi_account account;
    struct eb_fapi_config f;
    struct eb_binance_config c;
    const char *secret; /* the client's */
    struct eb_fapi *exchange;
    struct eb_fapi_twin *twin;
    struct eb_binance_key *key;
    struct eb_binance *b;
    char name[FINDINGS][32], text[FINDINGS][400], remedy[FINDINGS][200];
    uint8_t severity[FINDINGS];
    size_t findings;
    int worst; /* -1: not done */
    unsigned done;
};

static bool on_hello(void *user, const struct eb_link_hello *hello, struct eb_err *err)
{
    (void)user, (void)hello, (void)err;
    fail_msg("a preflight does not connect");
    return false;
}

static eb_symbol_id on_symbol(void *user, const char *name)
{
    (void)user, (void)name;
    return EB_NO_SYMBOL;
}

static void on_event(void *user, const struct eb_event *ev)
{
    (void)user, (void)ev;
    fail_msg("a preflight tells nothing but findings");
}

static void on_lost(void *user, const struct eb_err *err)
{
    (void)user, (void)err;
}

static void on_found(void *user, const struct eb_binance_finding *f)
{
    struct flight *x = user;
    assert_true(x->findings < FINDINGS && x->done == 0);
    snprintf(x->name[x->findings], sizeof x->name[0], "%s", f->name);
    snprintf(x->text[x->findings], sizeof x->text[0], "%.390s", f->text);
    snprintf(x->remedy[x->findings], sizeof x->remedy[0], "%.190s", f->remedy);
    x->severity[x->findings++] = f->severity;
    assert_true(f->text[0] != 0 && (f->severity == 0 || f->remedy[0] != 0));
    assert_null(strstr(f->text, API_KEY));
    assert_null(strstr(f->text, SECRET));
}

static void on_done(void *user, int worst)
{
    struct flight *x = user;
    x->worst = worst;
    x->done++;
}

static struct flight *flight_new(void)
{
    struct flight *x = calloc(1, sizeof *x);
    assert_non_null(x);
    eb_fapi_config_default(&x->f);
    x->account = (struct eb_fapi_account){
        .name = "main", .api_key = API_KEY, .secret = SECRET, .balance = {INT64_C(1000000000000)}, .can_trade = true};
    x->f.account = &x->account;
    x->f.accounts = 1;
    x->f.start_ms = INT64_C(1700000000000);
    x->f.classes_strict = true;
    x->secret = SECRET;
    x->worst = -1;
    eb_binance_config_default(&x->c);
    x->c.rest = "http://127.0.0.1";
    x->c.ws_public = "ws://127.0.0.1/public";
    x->c.ws_market = "ws://127.0.0.1/market";
    x->c.ws_private = "ws://127.0.0.1/private";
    x->c.ws_api = "ws://127.0.0.1/ws-fapi/v1";
    x->c.account = "test";
    x->c.listener = (struct eb_link_listener){
        .user = x, .hello = on_hello, .symbol = on_symbol, .event = on_event, .lost = on_lost};
    return x;
}

static void fly(struct flight *x, int64_t ms)
{
    struct eb_err err = {.msg = ""};
    int64_t latency_ms = 15;
    assert_int_equal(eb_fapi_create(&x->f, &x->exchange, &err), EB_OK);
    assert_int_equal(eb_fapi_twin_create(x->exchange, latency_ms, &x->twin, &err), EB_OK);
    assert_int_equal(eb_binance_key_make(API_KEY, x->secret, &x->key, &err), EB_OK);
    x->c.key = x->key;
    x->c.web = eb_fapi_twin_port(x->twin);
    assert_int_equal(eb_binance_create(&x->c, &x->b, &err), EB_OK);
    assert_int_equal(eb_binance_preflight(x->b, on_found, on_done, x, &err), EB_OK);
    assert_int_equal(x->findings, 0); /* nothing within the call */
    for (int64_t t = 100; t <= ms && !x->done; t += 100)
        eb_fapi_twin_run(x->twin, x->f.start_ms + t);
}

static void land(struct flight *x)
{
    eb_binance_destroy(x->b);
    eb_fapi_twin_destroy(x->twin);
    eb_fapi_destroy(x->exchange);
    eb_binance_key_free(x->key);
    free(x);
}

static int severity_of(const struct flight *x, const char *name)
{
    for (size_t i = 0; i < x->findings; i++)
        if (strcmp(x->name[i], name) == 0)
            return x->severity[i];
    return -1;
}

static void show(const struct flight *x)
{
    for (size_t i = 0; i < x->findings; i++)
        print_message("    %u %s: %s | %s\n", x->severity[i], x->name[i], x->text[i], x->remedy[i]);
}

static void an_account_that_is_well_is_well(void **state)
{
    (void)state;
    static const char *const names[] = {
        "clock.offset",      "filters",        "key.permissions", "position_mode",   "multi_assets", "order.test",
        "slots.conditional", "streams.market", "listen_key",      "streams.private", "ws_api",       "rate_limits"};
    struct flight *x = flight_new();
    fly(x, 60000);
    show(x);
    assert_int_equal(x->done, 1);
    for (size_t i = 0; i < EB_COUNT(names); i++)
        assert_int_equal(severity_of(x, names[i]), 0);
    assert_true(severity_of(x, "streams.public") >= 0);
    assert_true(x->worst <= 1);
    land(x);
}

static void an_ed25519_key_is_logged_on(void **state)
{
    (void)state;
    struct flight *x = flight_new();
    x->account.secret = PUBLIC_PEM;
    x->secret = PRIVATE_PEM;
    fly(x, 60000);
    show(x);
    assert_int_equal(severity_of(x, "order.test"), 0);
    assert_int_equal(severity_of(x, "ws_api"), 0);
    assert_non_null(strstr(x->text[11], "logged on"));
    land(x);
}

static void a_wrong_secret_is_refused(void **state)
{
    (void)state;
    struct flight *x = flight_new();
    x->secret = "another-secret-0123456789";
    fly(x, 60000);
    assert_int_equal(x->done, 1);
    assert_int_equal(x->worst, 2);
    assert_int_equal(severity_of(x, "clock.offset"), 0);
    assert_int_equal(severity_of(x, "key.permissions"), 2);
    land(x);
}

static void a_key_that_may_not_trade_is_refused(void **state)
{
    (void)state;
    struct flight *x = flight_new();
    x->account.can_trade = false;
    fly(x, 60000);
    assert_int_equal(x->worst, 2);
    assert_int_equal(severity_of(x, "key.permissions"), 2);
    land(x);
}

static void multi_assets_are_refused_unless_allowed(void **state)
{
    (void)state;
    for (int allowed = 0; allowed < 2; allowed++) {
        struct flight *x = flight_new();
        x->account.multi_assets = true;
        x->c.refuse_multi_assets = !allowed;
        fly(x, 60000);
        assert_int_equal(x->done, 1);
        assert_int_equal(severity_of(x, "multi_assets"), allowed ? 1 : 2);
        land(x);
    }
}

static void hedge_mode_is_tried_with_its_sides(void **state)
{
    (void)state;
    struct flight *x = flight_new();
    x->account.hedge = true;
    fly(x, 60000);
    assert_int_equal(severity_of(x, "order.test"), 0);
    land(x);
}

static void a_stream_at_the_wrong_address_is_silent_and_named(void **state)
{
    (void)state;
    struct flight *x = flight_new();
    x->c.ws_market = "ws://127.0.0.1/public";
    fly(x, 60000);
    assert_int_equal(x->done, 1);
    assert_int_equal(severity_of(x, "streams.market"), 2);
    assert_int_equal(severity_of(x, "streams.private"), 0);
    land(x);
}

static void one_that_is_under_way_ends_with_its_link(void **state)
{
    (void)state;
    struct flight *x = flight_new();
    fly(x, 200);
    assert_int_equal(x->done, 0);
    struct eb_err err;
    assert_int_equal(eb_binance_preflight(x->b, on_found, on_done, x, &err), EB_E_INVALID); /* one at a time */
    land(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_that_is_well_is_well),
        cmocka_unit_test(an_ed25519_key_is_logged_on),
        cmocka_unit_test(a_wrong_secret_is_refused),
        cmocka_unit_test(a_key_that_may_not_trade_is_refused),
        cmocka_unit_test(multi_assets_are_refused_unless_allowed),
        cmocka_unit_test(hedge_mode_is_tried_with_its_sides),
        cmocka_unit_test(a_stream_at_the_wrong_address_is_silent_and_named),
        cmocka_unit_test(one_that_is_under_way_ends_with_its_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
