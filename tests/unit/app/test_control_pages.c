/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of the control socket: what each says, as text and as a document, of an engine whose state is known. */
#define _GNU_SOURCE

#include "app/control_world.h"

/* A minute later: BTCUSDT has gained, ETHUSDT has lost a little. */
static void later(void)
{
    w.l->now_ms += 5000;
    w.l->now_ns = w.l->now_ms * 1000000;
    mark(BTC, 10015 * (EB_E8 / 100) + 123);
    mark(ETH, 10050 * (EB_E8 / 100));
}

static void put_seen(void)
{
    struct eb_seen_order *o = calloc(3, sizeof(*o));
    assert_non_null(o);
    o[0] = (struct eb_seen_order){.symbol = ETH,
                                  .order = {.venue_order_id = 77,
                                            .order_side = EB_BUY,
                                            .type = EB_ORDER_STOP_MARKET,
                                            .state = EB_OS_NEW,
                                            .close_position = true,
                                            .trigger.e8 = 110 * EB_E8}};
    o[1] = (struct eb_seen_order){.symbol = BTC,
                                  .ours = true,
                                  .order = {.client_id = {.instance = 1, .episode = 99, .purpose = EB_PURPOSE_TARGET},
                                            .venue_order_id = 78,
                                            .order_side = EB_SELL,
                                            .type = EB_ORDER_LIMIT_GTC,
                                            .state = EB_OS_NEW,
                                            .reduce_only = true,
                                            .qty.e8 = EB_E8,
                                            .price.e8 = 120 * EB_E8}};
    struct eb_own_order own;
    assert_true(eb_engine_orders(eb_host_engine(w.l->host), BTC * 2, &own, 1) > 0);
    o[2] = (struct eb_seen_order){.symbol = BTC, .ours = true, .order = {.client_id = own.client_id}};
    w.l->seen = (struct eb_seen_orders){.order = o, .count = 3, .cap = 3, .at_ms = T0};
}

/* The longest line. */
static size_t width(const char *text)
{
    size_t most = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        most = len > most ? len : most;
        text += len + (text[len] == '\n' ? 1 : 0);
    }
    return most;
}

/* Neither a page nor a document may contain what looks like an unfinished printf or a foreign byte. */
static void assert_clean(const char *text)
{
    assert_null(strstr(text, "(null)"));
    for (; *text != '\0'; text++) {
        assert_true(*text == '\n' || (unsigned char)*text >= 0x20);
    }
}

static void status_is_one_page(void **state)
{
    (void)state;
    later();
    eb_delay_add(&w.l->price_delay, 120000);
    w.l->prices = 2;
    eb_alarm_raise(w.l->alarms, "unprotected", "BTCUSDT", "no stop at the venue", w.l->now_ms - 3000);
    eb_alarm_raise(w.l->alarms, "unprotected", "BTCUSDT", "no stop at the venue", w.l->now_ms - 2000);
    eb_alarm_raise(w.l->alarms, "policy_refused", "", "was refused and is over", w.l->now_ms);
    eb_alarm_end(w.l->alarms, "policy_refused", "", w.l->now_ms);
    cJSON *a = expect_answer(ask_once("status", ""), 0, "LIVE: orders are sent");
    static const char *const says[] = {
        "EXIT_MODE=EXIT_BRAIN_V3 (default)",
        "exitbrain sim, account paper-1: connected, prices are taken",
        "2023-11-14 22:15:05.000 UTC of the venue, in step with this engine",
        "2 open, ",
        " 0 undecided",
        "exit-brain 1.0.0",
        "records durable",
        "2 taken; delay p50 12",
        "a new journal: nothing to recover",
        "alarms    1\n",
        "unprotected BTCUSDT: no stop at the venue (2.0 s ago, 2 times)",
    };
    const char *text = text_at(a, "text");
    for (size_t i = 0; i < EB_COUNT(says); i++) {
        assert_says(text, says[i]);
    }
    assert_null(strstr(text, "is over"));
    assert_clean(text);
    assert_string_equal(text_at(a, "doc.mode"), "LIVE");
    assert_string_equal(text_at(a, "doc.venue.stage"), "running");
    assert_true(flag_at(a, "doc.venue.connected"));
    assert_int_equal(number_at(a, "doc.positions.open"), 2);
    assert_int_equal(number_at(a, "doc.positions.undecided"), 0);
    assert_int_equal(strlen(text_at(a, "doc.policy.sha256")), 64);
    assert_true(cJSON_IsNull(at(a, "doc.policy.staged")));
    assert_int_equal(number_at(a, "doc.loop.price_delay.count"), 1);
    assert_string_equal(text_at(a, "doc.start.found"), "new");
    assert_int_equal(cJSON_GetArraySize(at(a, "doc.alarms")), 1);
    assert_int_equal(number_at(a, "doc.alarms.0.count"), 2);
    cJSON_Delete(a);
}

static void status_tells_what_is_not_well(void **state)
{
    (void)state;
    w.l->stage = EB_LIVE_OFFLINE;
    (void)snprintf(w.l->offline_why, sizeof(w.l->offline_why), "the other side closed the connection");
    w.l->yields = true;
    w.l->recovery =
        (struct eb_recovery){.found = EB_JOURNAL_CORRUPT, .aside = "/x/journal.db.1", .why = "it was damaged"};
    cJSON *a = expect_answer(ask_once("status", "\"colour\":true"), 0, "NOT connected");
    const char *text = text_at(a, "text");
    assert_says(text, "the other side closed the connection");
    assert_says(text, "this one yields to SHADOW");
    assert_says(text, "the journal was DAMAGED");
    assert_says(text, "/x/journal.db.1");
    assert_says(text, "protect-only: it was damaged");
    assert_says(text, "\033[31m"); /* in red */
    assert_string_equal(text_at(a, "doc.venue.stage"), "offline");
    assert_false(flag_at(a, "doc.venue.connected"));
    assert_true(flag_at(a, "doc.yields"));
    assert_string_equal(text_at(a, "doc.start.found"), "corrupt");
    assert_string_equal(text_at(a, "doc.start.protect_only"), "it was damaged");
    cJSON_Delete(a);
}

static void positions_fit_the_terminal(void **state)
{
    (void)state;
    later();
    cJSON *a = expect_answer(ask_once("positions", ""), 0, "BTCUSDT  LONG");
    const char *text = text_at(a, "text");
    assert_says(text, "+0.15"); /* per cent */
    assert_says(text, "plan");
    assert_says(text, "profile");
    assert_says(text, "verdict");
    assert_says(text, "5.0 s");
    assert_says(text, "100.15 "); /* the mark, on the grid */
    assert_null(strstr(text, "100.15000123"));
    assert_clean(text);
    size_t all = width(text);
    assert_string_equal(text_at(a, "doc.positions.0.symbol"), "BTCUSDT");
    assert_string_equal(text_at(a, "doc.positions.0.price"), "100.15000123");
    assert_string_equal(text_at(a, "doc.positions.0.stop_kind"), "plan");
    assert_string_equal(text_at(a, "doc.positions.0.owner"), "brain");
    assert_true(flag_at(a, "doc.positions.0.decided"));
    assert_false(flag_at(a, "doc.positions.0.adopted"));
    assert_int_equal(number_at(a, "doc.positions.0.verdict_age_ms"), 5000);
    assert_string_equal(text_at(a, "doc.positions.1.side"), "SHORT");
    assert_true(flag_at(a, "doc.positions.1.adopted"));
    assert_null(at(a, "doc.ended"));
    cJSON_Delete(a);
    for (int columns = 100; columns >= 80; columns -= 20) {
        char args[32];
        (void)snprintf(args, sizeof(args), "\"columns\":%d", columns);
        a = ask_once("positions", args);
        text = text_at(a, "text");
        assert_true(width(text) <= (size_t)columns && (size_t)columns < all);
        assert_says(text, "stop"); /* what matters most stays */
        assert_says(text, "backstop");
        assert_null(strstr(text, "profile"));
        cJSON_Delete(a);
    }
    a = ask_once("positions", "\"columns\":10"); /* no table fits: it is as narrow as it can be, and whole */
    assert_says(text_at(a, "text"), "BTCUSDT");
    cJSON_Delete(a);
}

static void positions_of_one_symbol_and_ended_ones(void **state)
{
    (void)state;
    cJSON *a = ask_once("positions", "\"symbol\":\"ETHUSDT\"");
    assert_int_equal(cJSON_GetArraySize(at(a, "doc.positions")), 1);
    assert_null(strstr(text_at(a, "text"), "BTCUSDT"));
    cJSON_Delete(a);
    cJSON_Delete(expect_answer(ask_once("positions", "\"symbol\":\"SOLUSDT\""), 0, "no such position is open"));
    position(BTC, EB_LONG, 0, false); /* closed by another hand */
    a = expect_answer(ask_once("positions", "\"all\":true"), 0, "ended");
    assert_int_equal(cJSON_GetArraySize(at(a, "doc.positions")), 1);
    assert_int_equal(cJSON_GetArraySize(at(a, "doc.ended")), 1);
    assert_string_equal(text_at(a, "doc.ended.0.symbol"), "BTCUSDT");
    assert_string_equal(text_at(a, "doc.ended.0.quantity"), "10");
    cJSON_Delete(a);
    position(ETH, EB_SHORT, 0, false);
    cJSON_Delete(expect_answer(ask_once("positions", ""), 0, "no position is open"));
    w.l->stage = EB_LIVE_OFFLINE;
    cJSON_Delete(expect_answer(ask_once("positions", ""), 0, "as far as is known"));
}

static void orders_tell_whose_they_are(void **state)
{
    (void)state;
    cJSON *a = expect_answer(ask_once("orders", ""), 0, "orders of others are not known yet");
    assert_int_equal(cJSON_GetArraySize(at(a, "doc.orders")), 4); /* a backstop and a resting target each */
    assert_says(text_at(a, "text"), "backstop");
    assert_says(text_at(a, "text"), "soft 1");
    cJSON_Delete(a);
    put_seen();
    a = expect_answer(ask_once("orders", ""), 0, "orders of others as of 2023-11-14 22:15:00.000 UTC");
    assert_int_equal(cJSON_GetArraySize(at(a, "doc.orders")), 6); /* one of ours was known already */
    assert_string_equal(text_at(a, "doc.orders.0.whose"), "ours");
    assert_string_equal(text_at(a, "doc.orders.0.symbol"), "BTCUSDT");
    assert_string_equal(text_at(a, "doc.orders.0.side"), "SELL");
    assert_string_equal(text_at(a, "doc.orders.4.whose"), "foreign");
    assert_string_equal(text_at(a, "doc.orders.4.trigger"), "110");
    assert_true(flag_at(a, "doc.orders.4.closes_all"));
    assert_true(cJSON_IsNull(at(a, "doc.orders.4.client_id")));
    assert_string_equal(text_at(a, "doc.orders.5.whose"), "orphan");
    assert_string_equal(text_at(a, "doc.orders.5.venue_id"), "78");
    assert_clean(text_at(a, "text"));
    cJSON_Delete(a);
    a = ask_once("orders", "\"symbol\":\"ETHUSDT\",\"columns\":80");
    assert_int_equal(cJSON_GetArraySize(at(a, "doc.orders")), 3);
    assert_true(width(text_at(a, "text")) <= 80);
    cJSON_Delete(a);
    cJSON_Delete(expect_answer(ask_once("orders", "\"symbol\":\"SOLUSDT\""), 0, "no order stands"));
}

static void owners_tell_who_and_why(void **state)
{
    (void)state;
    put_seen();
    cJSON *a = expect_answer(ask_once("owners", ""), 0, "EXIT_MODE=EXIT_BRAIN_V3");
    assert_says(text_at(a, "text"), "1 stop");
    assert_says(text_at(a, "text"), "QT_TRAILING_STOP_ENABLED=true (default)");
    assert_string_equal(text_at(a, "doc.positions.0.owner"), "brain");
    assert_string_equal(text_at(a, "doc.positions.0.opened_by"), "signals");
    assert_int_equal(number_at(a, "doc.positions.0.foreign_orders"), 0);
    assert_int_equal(number_at(a, "doc.positions.1.foreign_stops"), 1);
    cJSON_Delete(a);
    cJSON_Delete(ask_once("release", "\"symbol\":\"BTCUSDT\""));
    a = expect_answer(ask_once("owners", ""), 0, "released by an operator; its backstop stays");
    assert_string_equal(text_at(a, "doc.positions.0.owner"), "released");
    cJSON_Delete(a);
    cJSON_Delete(ask_once("mode", "\"exit\":\"LEGACY\",\"yes\":true"));
    a = expect_answer(ask_once("owners", ""), 0, "EXIT_MODE=LEGACY (a command)");
    assert_string_equal(text_at(a, "doc.mode"), "LEGACY");
    assert_string_equal(text_at(a, "doc.positions.1.owner"), "position_monitor");
    assert_says(text_at(a, "text"), "the legacy owners of the policy set decide, orders are sent");
    cJSON_Delete(a);
    cJSON_Delete(ask_once("mode", "\"executor\":\"SHADOW\",\"yes\":true"));
    cJSON_Delete(expect_answer(ask_once("owners", ""), 0, "EXIT_EXECUTOR_MODE=SHADOW (a command)"));
    w.l->yields = true;
    cJSON_Delete(expect_answer(ask_once("owners", ""), 0, "EXIT_EXECUTOR_MODE=SHADOW (yields to another engine)"));
}

static void explain_is_as_of_now(void **state)
{
    (void)state;
    later();
    cJSON *a = expect_answer(ask_once("explain", "\"symbol\":\"BTCUSDT\""), 0, "BTCUSDT LONG");
    const char *text = text_at(a, "text");
    assert_says(text, "as of 2023-11-14 22:15:05.000 UTC");
    assert_says(text, w.dir);
    assert_says(text, "100.15000123"); /* the price of just now, though no level was near */
    assert_says(text, "exit-brain 1.0.0");
    assert_says(text, "in force");
    assert_clean(text);
    assert_string_equal(text_at(a, "doc.positions.0.price"), "100.15000123");
    assert_true(cJSON_GetArraySize(at(a, "doc.positions.0.levels")) >= 3);
    assert_string_equal(text_at(a, "doc.positions.0.stages.owner"), "brain");
    assert_string_equal(text_at(a, "doc.mode"), "LIVE");
    cJSON_Delete(a);
    cJSON_Delete(expect_answer(ask_once("explain", "\"symbol\":\"ETHUSDT:SHORT\""), 0, "found open"));
    expect_error(ask_once("explain", "\"symbol\":\"ETHUSDT:LONG\""), 1, "ETHUSDT: no LONG position was seen");
    expect_error(ask_once("explain", "\"symbol\":\"SOLUSDT\""), 1, "SOLUSDT: no position was seen");
    expect_error(ask_once("explain", "\"symbol\":\"ETHUSD\""), 2, "did you mean ETHUSDT?");
}

static void the_doctor_is_asked_through_it(void **state)
{
    (void)state;
    cJSON *a = ask_once("doctor", ""); /* an engine without last prices is not well */
    assert_true(flag_at(a, "ok"));
    assert_int_equal(number_at(a, "status"), 1);
    assert_says(text_at(a, "text"), "prices");
    assert_true(cJSON_GetArraySize(at(a, "doc.findings")) > 0);
    size_t brief = strlen(text_at(a, "text"));
    cJSON_Delete(a);
    a = ask_once("doctor", "\"all\":true");
    assert_true(strlen(text_at(a, "text")) > brief);
    cJSON_Delete(a);
}

/* Keys and secrets live in files that no page reads: nothing of the environment or of the configuration's texts. */
static void secrets_are_on_no_page(void **state)
{
    (void)state;
    static const char *const commands[] = {"status", "positions", "orders", "owners", "doctor", "version"};
    assert_int_equal(setenv("BINANCE_API_SECRET", "hunter2-secret", 1), 0);
    (void)snprintf(w.l->o.config.on_alarm, sizeof(w.l->o.config.on_alarm), "notify --token hunter2-token");
    for (size_t i = 0; i < EB_COUNT(commands); i++) {
        cJSON *a = ask_once(commands[i], "\"colour\":true");
        char *text = cJSON_PrintUnformatted(a);
        assert_null(strstr(text, "hunter2"));
        cJSON_free(text);
        cJSON_Delete(a);
    }
    assert_int_equal(unsetenv("BINANCE_API_SECRET"), 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup_live, teardown)
    const struct CMUnitTest tests[] = {
        CASE(status_is_one_page),         CASE(status_tells_what_is_not_well),
        CASE(positions_fit_the_terminal), CASE(positions_of_one_symbol_and_ended_ones),
        CASE(orders_tell_whose_they_are), CASE(owners_tell_who_and_why),
        CASE(explain_is_as_of_now),       CASE(the_doctor_is_asked_through_it),
        CASE(secrets_are_on_no_page),
    };
    return cmocka_run_group_tests_name("app/control_pages", tests, NULL, NULL);
}
