/* SPDX-License-Identifier: Apache-2.0 */
/* Signals through the control socket: said, shown, taken back; what is wrong is told; the disk is waited for. */
#define _GNU_SOURCE

#include "app/control_world.h"

static struct eb_memory_entry shown(const char *symbol, const char *name)
{
    struct eb_evidence v;
    const struct eb_engine *e = eb_host_engine(w.l->host);
    assert_true(eb_engine_evidence(e, eb_engine_symbol(e, symbol) * 2, &v));
    for (unsigned i = 0; i < v.ctx.signals.count; i++) {
        if (strcmp(v.ctx.signals.entry[i].key, name) == 0) {
            return v.ctx.signals.entry[i];
        }
    }
    return (struct eb_memory_entry){.kind = EB_MEM_NONE};
}

static void a_signal_reaches_policies_and_pages(void **state)
{
    (void)state;
    uint64_t before = w.appended;
    cJSON *a = expect_answer(
        ask_once("signal", "\"symbol\":\"BTCUSDT\",\"name\":\"risk_mode\",\"value\":\"CRITICAL\",\"why\":\"news\""), 0,
        "BTCUSDT risk_mode = CRITICAL; the policy is asked");
    assert_true(flag_at(a, "doc.changed"));
    assert_string_equal(text_at(a, "doc.value"), "CRITICAL");
    cJSON_Delete(a);
    assert_true(w.appended > before);
    assert_string_equal(shown("BTCUSDT", "risk_mode").text, "CRITICAL");
    assert_int_equal(shown("ETHUSDT", "risk_mode").kind, EB_MEM_NONE);
    a = expect_answer(ask_once("signal", "\"name\":\"confidence\",\"value\":\"0.1\",\"for\":\"10m\""), 0,
                      "all symbols: confidence = 0.1");
    assert_true(number_at(a, "doc.record") > 0);
    cJSON_Delete(a);
    assert_true(shown("ETHUSDT", "confidence").number == 0.1);
    a = expect_answer(ask_once("signal", ""), 0, "risk_mode");
    assert_says(text_at(a, "text"), "10 m");
    assert_string_equal(text_at(a, "doc.signals.0.symbol"), "BTCUSDT");
    assert_string_equal(text_at(a, "doc.signals.0.type"), "text");
    assert_string_equal(text_at(a, "doc.signals.1.value"), "0.1");
    assert_true(cJSON_IsNull(at(a, "doc.signals.1.symbol")));
    cJSON_Delete(a);
    a = expect_answer(ask_once("status", ""), 0, "BTCUSDT risk_mode=CRITICAL, all confidence=0.1");
    assert_string_equal(text_at(a, "doc.signals.0.name"), "risk_mode");
    cJSON_Delete(a);
    cJSON_Delete(expect_answer(ask_once("signal", "\"symbol\":\"BTCUSDT\",\"name\":\"risk_mode\",\"clear\":true"), 0,
                               "is taken back"));
    cJSON_Delete(expect_answer(ask_once("signal", "\"name\":\"confidence\",\"clear\":true"), 0, "is taken back"));
    cJSON_Delete(expect_answer(ask_once("signal", ""), 0, "no signal stands"));
}

static void values_have_types(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum eb_memory_kind kind;
        double number;
        const char *is;
    } cases[] = {
        {"true", EB_MEM_BOOL, 1.0, ""},   {"false", EB_MEM_BOOL, 0.0, ""},      {"-1.5e3", EB_MEM_NUMBER, -1500.0, ""},
        {"0", EB_MEM_NUMBER, 0.0, ""},    {"nan", EB_MEM_TEXT, 0.0, "nan"},     {"0x10", EB_MEM_TEXT, 0.0, "0x10"},
        {"'12'", EB_MEM_TEXT, 0.0, "12"}, {"1e999", EB_MEM_TEXT, 0.0, "1e999"}, {"", EB_MEM_TEXT, 0.0, ""},
        {"a b", EB_MEM_TEXT, 0.0, "a b"}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        char args[128];
        (void)snprintf(args, sizeof(args), "\"symbol\":\"BTCUSDT\",\"name\":\"x\",\"value\":\"%s\"", cases[i].text);
        cJSON *a = expect_answer(ask_once("signal", args), 0, "BTCUSDT x = ");
        bool like_a_number = cases[i].kind == EB_MEM_TEXT && strpbrk(cases[i].is, "012n") != NULL;
        assert_int_equal(strstr(text_at(a, "text"), "(a text, not a number)") != NULL, like_a_number);
        cJSON_Delete(a);
        struct eb_memory_entry x = shown("BTCUSDT", "x");
        assert_int_equal(x.kind, cases[i].kind);
        assert_true(x.number == cases[i].number);
        assert_string_equal(x.text, cases[i].is);
    }
}

static void the_same_again_changes_nothing(void **state)
{
    (void)state;
    static const char one[] = "\"name\":\"x\",\"value\":\"1\",\"id\":\"00000000000000aa\"";
    cJSON_Delete(expect_answer(ask_once("signal", one), 0, "the policy is asked"));
    uint64_t before = w.appended;
    cJSON *a = expect_answer(ask_once("signal", "\"name\":\"x\",\"value\":\"1\""), 0, "nothing changed");
    assert_false(flag_at(a, "doc.changed"));
    cJSON_Delete(a);
    assert_int_equal(w.appended, before);
    cJSON_Delete(expect_answer(ask_once("signal", "\"name\":\"x\",\"value\":\"2\""), 0, "the policy is asked"));
    cJSON_Delete(expect_answer(ask_once("signal", one), 0, "nothing changed")); /* a retry that comes late */
    assert_true(shown("BTCUSDT", "x").number == 2.0);
}

static void it_is_answered_when_it_is_durable(void **state)
{
    (void)state;
    w.held = true;
    struct client c = client();
    send_text(&c, "{\"v\":1,\"id\":\"q\",\"cmd\":\"signal\",\"args\":{\"name\":\"x\",\"value\":\"1\"}}\n");
    assert_true(is_silent(&c));
    w.durable = UINT64_MAX;
    eb_control_progress(w.l->control);
    cJSON_Delete(expect_answer(receive(&c), 0, "x = 1"));
    hang_up(&c);
}

static void what_is_wrong_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *args, *says;
    } cases[] = {
        {"\"name\":\"1st\",\"value\":\"1\"", "a word of letters, digits and _"},
        {"\"name\":\"twenty_four_characters__\",\"value\":\"1\"", "at most 23"},
        {"\"name\":\"x\"", "give a value (and for how long), or clear, not both"},
        {"\"name\":\"x\",\"value\":\"1\",\"clear\":true", "not both"},
        {"\"name\":\"x\",\"clear\":true,\"for\":\"1m\"", "not both"},
        {"\"name\":\"x\",\"value\":\"a text that is longer than thirty-one\"", "a text of at most 31 bytes"},
        {"\"name\":\"x\",\"value\":\"1\",\"for\":\"10\"", "for: 10 has no unit"},
        {"\"value\":\"1\"", "args.name: is missing"},
        {"\"symbol\":\"BTC\",\"name\":\"x\",\"value\":\"1\"", "BTC: no such symbol"},
        {"\"name\":\"x\",\"valeu\":\"1\"", "args.valeu: signal does not take it"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        expect_error(ask_once("signal", cases[i].args), EB_STATUS_USAGE, cases[i].says);
    }
    assert_int_equal(eb_engine_signals(eb_host_engine(w.l->host), NULL, 0), 0);
}

static void no_more_room_is_bad_news(void **state)
{
    (void)state;
    char args[64];
    for (int i = 0; i < 16; i++) {
        (void)snprintf(args, sizeof(args), "\"name\":\"n%d\",\"value\":\"1\"", i);
        cJSON_Delete(expect_answer(ask_once("signal", args), 0, "the policy is asked"));
    }
    expect_error(ask_once("signal", "\"name\":\"more\",\"value\":\"1\""), EB_STATUS_BAD_NEWS,
                 "16 stand, and a symbol would be shown more than 16 names");
    cJSON_Delete(expect_answer(ask_once("status", ""), 0, "and 10 more (exitbrain signal)"));
}

int main(void)
{
#define LIVE(f) cmocka_unit_test_setup_teardown(f, setup_live, teardown)
    const struct CMUnitTest tests[] = {
        LIVE(a_signal_reaches_policies_and_pages), LIVE(values_have_types),     LIVE(the_same_again_changes_nothing),
        LIVE(it_is_answered_when_it_is_durable),   LIVE(what_is_wrong_is_told), LIVE(no_more_room_is_bad_news),
    };
    return cmocka_run_group_tests_name("app/control_signal", tests, NULL, NULL);
}
