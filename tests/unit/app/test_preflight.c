/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a preflight: what is kept, and when it still holds. */
#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/binance_setup.h"
#include "app/preflight.h"

#define NOW_MS INT64_C(1790000000000)
#define DAY_MS INT64_C(86400000)

static char dir[64], path[96];
static const struct eb_preflight_of of = {.environment = "live", .rest = "https://a", .account = "me", .key = "12ab"};

static int setup(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof(dir), "/tmp/eb_preflight.XXXXXX");
    (void)snprintf(path, sizeof(path), "%s/" EB_PREFLIGHT_FILE, mkdtemp(dir));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(dir);
}

static void keep(int worst, int64_t at_ms)
{
    static struct eb_preflight p;
    struct eb_err err;
    memset(&p, 0, sizeof(p));
    p.of = of;
    p.at_ms = at_ms;
    p.worst = worst;
    eb_preflight_add(&p, "clock.offset", 0, "known \"well\"", "");
    eb_preflight_add(&p, "key.permissions", (uint8_t)worst, "as it is", "put it right");
    assert_int_equal(eb_preflight_write(dir, &p, &err), EB_OK);
}

static void assert_refused(const struct eb_preflight_of *who, const char *says)
{
    struct eb_err err = {0};
    assert_int_equal(eb_preflight_check(dir, who, NOW_MS, &err), EB_E_REFUSED);
    if (strstr(err.msg, says) == NULL || strstr(err.msg, "doctor --venue") == NULL) {
        fail_msg("does not say \"%s\": %s", says, err.msg);
    }
}

static void one_that_is_good_holds_for_its_account_and_key(void **state)
{
    (void)state;
    struct eb_err err;
    struct stat st;
    assert_refused(&of, "none was made");
    keep(1, NOW_MS - 29 * DAY_MS);
    assert_int_equal(eb_preflight_check(dir, &of, NOW_MS, &err), EB_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct eb_preflight_of other = of;
    other.key = "34cd";
    assert_refused(&other, "another key");
    other = of;
    other.account = "you";
    assert_refused(&other, "another account");
    other = of;
    other.environment = "demo";
    assert_refused(&other, "another exchange");
    other = of;
    other.rest = "https://b";
    assert_refused(&other, "another exchange");
}

static void it_grows_old_and_is_not_from_the_future(void **state)
{
    (void)state;
    keep(0, NOW_MS - 31 * DAY_MS);
    assert_refused(&of, "31 days old");
    keep(0, NOW_MS + DAY_MS);
    assert_refused(&of, "clock that was ahead");
}

static void what_found_something_bad_or_cannot_be_read_does_not_hold(void **state)
{
    static const char *const texts[] = {"", "{", "[]", "null", "{\"at_ms\":\"x\"}", "{\"at_ms\":1e300,\"live\":true}"};
    (void)state;
    keep(2, NOW_MS);
    assert_refused(&of, "put right first");
    for (size_t i = 0; i < EB_COUNT(texts); i++) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        (void)fputs(texts[i], f);
        assert_int_equal(fclose(f), 0);
        assert_refused(&of, "cannot be read");
    }
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

static void only_this_machine_is_loopback(void **state)
{
    static const char *const ours[] = {"http://127.0.0.1:80", "ws://127.1.2.3/x", "http://localhost:1",
                                       "http://[::1]:90/fapi"};
    static const char *const others[] = {"http://127.evil.com",
                                         "http://1127.0.0.1",
                                         "http://localhost.evil.com",
                                         "http://[::2]",
                                         "https://fapi.binance.com",
                                         "http://128.0.0.1",
                                         ""};
    (void)state;
    for (size_t i = 0; i < EB_COUNT(ours); i++) {
        assert_true(eb_url_is_loopback(ours[i]));
    }
    for (size_t i = 0; i < EB_COUNT(others); i++) {
        assert_false(eb_url_is_loopback(others[i]));
    }
}

static void addresses_follow_the_environment(void **state)
{
    (void)state;
    static struct eb_binance_setup s;
    struct eb_config c;
    struct eb_err err;
    eb_config_default(&c);
    (void)snprintf(c.binance.key_file, sizeof(c.binance.key_file), "%s/none", dir);
    assert_int_equal(eb_binance_setup(&c, &s, &err), EB_E_NOT_FOUND); /* all else is well */
    assert_string_equal(s.rest, "https://demo-fapi.binance.com");
    c.binance.environment = EB_BINANCE_LIVE;
    (void)snprintf(c.binance.ws_api, sizeof(c.binance.ws_api), "none");
    assert_int_equal(eb_binance_setup(&c, &s, &err), EB_E_NOT_FOUND);
    assert_string_equal(s.ws_private, "wss://fstream.binance.com/private");
    assert_string_equal(s.ws_api, "");
    c.binance.environment = EB_BINANCE_CUSTOM;
    assert_int_equal(eb_binance_setup(&c, &s, &err), EB_E_INVALID);
    assert_non_null(strstr(err.msg, "binance.rest"));
    (void)snprintf(c.binance.rest, sizeof(c.binance.rest), "http://10.0.0.1:80");
    assert_int_equal(eb_binance_setup(&c, &s, &err), EB_E_REFUSED);
    (void)snprintf(c.binance.rest, sizeof(c.binance.rest), "https://user@a");
    assert_int_equal(eb_binance_setup(&c, &s, &err), EB_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_that_is_good_holds_for_its_account_and_key, setup, teardown),
        cmocka_unit_test_setup_teardown(it_grows_old_and_is_not_from_the_future, setup, teardown),
        cmocka_unit_test_setup_teardown(what_found_something_bad_or_cannot_be_read_does_not_hold, setup, teardown),
        cmocka_unit_test(only_this_machine_is_loopback),
        cmocka_unit_test(addresses_follow_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
