/* SPDX-License-Identifier: Apache-2.0 */
/* What operators do through the control socket (semantics 8): the command that is stepped, and what the answer says. */
#define _GNU_SOURCE

#include "app/control_world.h"

static struct eb_evidence evidence(eb_symbol_id symbol)
{
    struct eb_evidence v;
    assert_true(eb_engine_evidence(eb_host_engine(w.l->host), symbol * 2, &v));
    return v;
}

/* Orders that were sent since the last look, of one purpose. */
static unsigned sent(enum eb_purpose purpose)
{
    unsigned n = 0;
    for (unsigned i = 0; i < w.orders; i++) {
        n += w.order[i].purpose == (uint8_t)purpose ? 1 : 0;
    }
    return n;
}

static void pause_and_resume(void **state)
{
    (void)state;
    cJSON *a =
        expect_answer(ask_once("pause", "\"why\":\"news\""), 0, "paused: no consult, no target, no partial close");
    assert_says(text_at(a, "text"), "for 2 positions");
    assert_true(flag_at(a, "doc.paused"));
    assert_false(flag_at(a, "doc.already"));
    assert_true(eb_engine_paused(eb_host_engine(w.l->host)));
    assert_int_equal(w.last.verb, EB_CMD_PAUSE);
    assert_string_equal(w.last.why, "news");
    cJSON_Delete(a);
    a = expect_answer(ask_once("pause", ""), 0, "was paused already");
    assert_true(flag_at(a, "doc.already"));
    cJSON_Delete(a);
    a = expect_answer(ask_once("resume", ""), 0, "resumed");
    assert_false(flag_at(a, "doc.paused"));
    assert_false(eb_engine_paused(eb_host_engine(w.l->host)));
    cJSON_Delete(a);
    cJSON_Delete(expect_answer(ask_once("resume", ""), 0, "was not paused"));
}

static void flatten_asks_first(void **state)
{
    (void)state;
    cJSON *a = ask_once("flatten", "");
    assert_string_equal(text_at(a, "confirm"), "ALL");
    assert_says(text_at(a, "error"), "BTCUSDT LONG 10, ETHUSDT SHORT 5");
    expect_error(a, EB_STATUS_USAGE, "closes 2 positions at market");
    a = ask_once("flatten", "\"symbol\":\"ETHUSDT\"");
    assert_string_equal(text_at(a, "confirm"), "ETHUSDT");
    expect_error(a, EB_STATUS_USAGE, "closes 1 position at market: ETHUSDT SHORT 5; confirm it with --yes");
    expect_error(ask_once("flatten", "\"symbol\":\"ETHUSDT\",\"yes\":false"), EB_STATUS_USAGE, "confirm it");
    assert_int_equal(w.commands, 0);
    assert_int_equal(sent(EB_PURPOSE_FLATTEN), 0);
}

static void flatten_closes(void **state)
{
    (void)state;
    cJSON *a = expect_answer(ask_once("flatten", "\"symbol\":\"BTCUSDT\",\"yes\":true,\"why\":\"enough\""), 0,
                             "closing 1 position at market");
    assert_says(text_at(a, "text"), "BTCUSDT LONG 10: its backstop at 98.7 stays until it is flat");
    assert_true(flag_at(a, "doc.sent"));
    assert_string_equal(text_at(a, "doc.closing.0.symbol"), "BTCUSDT");
    assert_int_equal(cJSON_GetArraySize(at(a, "doc.closing")), 1);
    assert_true(evidence(BTC).firing);
    assert_false(evidence(ETH).firing);
    assert_int_equal(sent(EB_PURPOSE_FLATTEN), 1);
    cJSON_Delete(a);
    a = expect_answer(ask_once("flatten", "\"yes\":true"), 0, "closing 2 positions at market");
    assert_says(text_at(a, "text"), "new positions get only the built-in stop until `exitbrain resume`");
    assert_true(evidence(ETH).firing);
    assert_true(eb_engine_flattening(eb_host_engine(w.l->host)));
    cJSON_Delete(a);
    cJSON_Delete(expect_answer(ask_once("resume", ""), 0, "resumed"));
    assert_false(eb_engine_flattening(eb_host_engine(w.l->host)));
}

static void flatten_of_nothing(void **state)
{
    (void)state;
    cJSON *a = expect_answer(ask_once("flatten", "\"symbol\":\"SOLUSDT\",\"yes\":true"), 0, "nothing to close");
    assert_false(flag_at(a, "doc.sent"));
    cJSON_Delete(a);
    expect_error(ask_once("flatten", "\"symbol\":\"SOLUSD\",\"yes\":true"), 2, "did you mean SOLUSDT?");
    w.l->stage = EB_LIVE_OFFLINE;
    cJSON_Delete(expect_answer(ask_once("flatten", "\"symbol\":\"BTCUSDT\",\"yes\":true"), 0, "as soon as it is"));
}

static void flatten_in_shadow_sends_nothing(void **state)
{
    (void)state;
    expect_error(ask_once("flatten", ""), EB_STATUS_USAGE, "in SHADOW: nothing will be sent");
    cJSON *a = expect_answer(ask_once("flatten", "\"yes\":true"), 1, "SHADOW: nothing sent; 2 positions stay open");
    assert_says(text_at(a, "text"), "EXIT_EXECUTOR_MODE=SHADOW (default)");
    assert_null(strstr(text_at(a, "text"), "ROLLOUT")); /* it does not hold anything back */
    assert_false(flag_at(a, "doc.sent"));
    assert_int_equal(cJSON_GetArraySize(at(a, "doc.open")), 2);
    assert_int_equal(w.last.verb, EB_CMD_FLATTEN); /* journaled all the same */
    assert_true(evidence(BTC).open);
    cJSON_Delete(a);
}

static void release_names_what_stays(void **state)
{
    (void)state;
    cJSON *a = expect_answer(ask_once("release", "\"symbol\":\"BTCUSDT\""), 0, "BTCUSDT is released");
    assert_says(text_at(a, "text"), "its backstop at 98.7 stays");
    assert_string_equal(text_at(a, "doc.released.0.backstop"), "98.7");
    assert_true(evidence(BTC).released);
    assert_false(evidence(ETH).released);
    cJSON_Delete(a);
    a = expect_answer(ask_once("release", "\"symbol\":\"BTCUSDT\""), 0, "was released already");
    assert_true(flag_at(a, "doc.already"));
    cJSON_Delete(a);
    a = expect_answer(ask_once("adopt", "\"symbol\":\"BTCUSDT\""), 0, "BTCUSDT is taken back");
    assert_false(evidence(BTC).released);
    assert_string_equal(text_at(a, "doc.owner"), "brain");
    cJSON_Delete(a);
    cJSON_Delete(expect_answer(ask_once("adopt", "\"symbol\":\"BTCUSDT\""), 0, "was not released"));
    unsigned before = w.commands;
    expect_error(ask_once("release", "\"symbol\":\"SOLUSDT\""), 1, "SOLUSDT: no position is open: nothing to release");
    expect_error(ask_once("adopt", "\"symbol\":\"SOLUSDT\""), 1, "nothing to adopt");
    expect_error(ask_once("release", "\"symbol\":\"BTC\""), 2, "BTC: no such symbol");
    assert_int_equal(w.commands, before);
}

static void adopt_in_legacy_gives_it_to_a_legacy_owner(void **state)
{
    (void)state;
    cJSON *a = expect_answer(ask_once("mode", "\"exit\":\"LEGACY\",\"yes\":true"), 0, "LIVE -> LEGACY");
    assert_says(text_at(a, "text"), "the legacy owners of the set own the exits");
    cJSON_Delete(a);
    a = expect_answer(ask_once("adopt", "\"symbol\":\"BTCUSDT\""), 0, "the legacy owners of the set own its exits");
    assert_string_equal(text_at(a, "doc.owner"), "legacy");
    cJSON_Delete(a);
}

static void adopt_in_legacy_is_not_enough_without_one(void **state)
{
    (void)state;
    const struct eb_ev_policy without = {.hash = {9}, .name = "without"};
    struct eb_event ev = eb_live_event(w.l, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &without;
    step(&ev);
    cJSON *a = expect_answer(ask_once("mode", "\"exit\":\"LEGACY\",\"yes\":true"), 0, "LIVE -> LEGACY");
    assert_says(text_at(a, "text"), "nobody here owns the exits");
    cJSON_Delete(a);
    a = expect_answer(ask_once("adopt", "\"symbol\":\"BTCUSDT\""), 1, "EXIT_MODE=LEGACY gives its exits");
    cJSON_Delete(a);
    a = expect_answer(ask_once("owners", ""), 0, "nobody here decides");
    assert_string_equal(text_at(a, "doc.positions.0.owner"), "legacy");
    cJSON_Delete(a);
}

static void confirm_is_for_what_was_found_open(void **state)
{
    (void)state;
    cJSON *a = expect_answer(ask_once("confirm", "\"symbol\":\"ETHUSDT\""), 0, "closes that its policy decides act");
    assert_false(flag_at(a, "doc.already"));
    assert_int_equal(w.last.verb, EB_CMD_CONFIRM);
    cJSON_Delete(a);
    a = expect_answer(ask_once("confirm", "\"symbol\":\"BTCUSDT\""), 0, "it was seen opening");
    assert_true(flag_at(a, "doc.already"));
    cJSON_Delete(a);
}

static void rearm_names_the_targets(void **state)
{
    (void)state;
    cJSON *a = expect_answer(ask_once("rearm", "\"symbol\":\"BTCUSDT\""), 0, "no target is parked");
    assert_int_equal(number_at(a, "doc.armed"), 0);
    cJSON_Delete(a);
    /* found open with the price beyond its targets: they are parked */
    mark(SOL, 103 * EB_E8);
    position(SOL, EB_LONG, EB_E8, true);
    struct eb_evidence v = evidence(SOL);
    unsigned parked = 0;
    for (unsigned i = 0; i < v.level_count; i++) {
        parked += v.level[i].leg != 0 && v.level[i].state == EB_LEG_PARKED ? 1 : 0;
    }
    assert_true(parked > 0);
    a = expect_answer(ask_once("rearm", "\"symbol\":\"SOLUSDT\""), 0, "is armed again");
    assert_int_equal(number_at(a, "doc.armed"), (int)parked);
    assert_int_equal(cJSON_GetArraySize(at(a, "doc.targets")), (int)parked);
    cJSON_Delete(a);
}

/* ---- modes ------------------------------------------------------------------------------------------------------- */

static void mode_without_a_flag_is_a_question(void **state)
{
    (void)state;
    cJSON *a = expect_answer(ask_once("mode", ""), 0, "LIVE: orders are sent");
    assert_string_equal(text_at(a, "doc.mode.comes_to"), "LIVE");
    assert_string_equal(text_at(a, "doc.mode.executor_mode"), "LIVE");
    assert_int_equal(w.commands, 0);
    cJSON_Delete(a);
}

static void live_to_shadow_lists_the_backstops(void **state)
{
    (void)state;
    cJSON *a = ask_once("mode", "\"executor\":\"SHADOW\"");
    assert_string_equal(text_at(a, "confirm"), "SHADOW");
    expect_error(a, EB_STATUS_USAGE, "LIVE -> SHADOW with 2 open positions");
    assert_int_equal(w.commands, 0);
    a = expect_answer(ask_once("mode", "\"executor\":\"SHADOW\",\"yes\":true"), 0, "LIVE -> SHADOW");
    assert_says(text_at(a, "text"), "BTCUSDT LONG 10: its backstop at 98.7 stays");
    assert_says(text_at(a, "text"), "ETHUSDT SHORT 5: its backstop at 101.3 stays");
    assert_says(text_at(a, "text"), "until the next start, which takes the modes of the configuration: LIVE");
    assert_string_equal(text_at(a, "doc.before.comes_to"), "LIVE");
    assert_string_equal(text_at(a, "doc.mode.comes_to"), "SHADOW");
    assert_string_equal(text_at(a, "doc.positions.0.backstop"), "98.7");
    struct eb_ev_config mode = eb_engine_mode(eb_host_engine(w.l->host));
    assert_false(mode.executor_live);
    assert_true(mode.rollout_enabled);
    cJSON_Delete(a);
}

static void shadow_to_live_wants_a_confirmation(void **state)
{
    (void)state;
    cJSON *a = ask_once("mode", "\"executor\":\"LIVE\"");
    assert_string_equal(text_at(a, "confirm"), "LIVE");
    expect_error(a, EB_STATUS_USAGE, "SHADOW -> LIVE: from now on orders are sent; 2 open positions are decided anew");
    a = expect_answer(ask_once("mode", "\"executor\":\"LIVE\",\"yes\":true"), 0, "SHADOW -> LIVE");
    assert_says(text_at(a, "text"), "rebuilt from the venue");
    struct eb_ev_config mode = eb_engine_mode(eb_host_engine(w.l->host));
    assert_true(mode.executor_live && mode.rollout_enabled);
    cJSON_Delete(a);
}

static void what_changes_nothing_needs_no_confirmation(void **state)
{
    (void)state;
    /* the kill switch, while the executor is in shadow anyway */
    cJSON *a = expect_answer(ask_once("mode", "\"rollout\":\"DISABLED\""), 0, "SHADOW -> SHADOW");
    assert_string_equal(text_at(a, "doc.mode.live_rollout"), "DISABLED");
    cJSON_Delete(a);
    expect_error(ask_once("mode", "\"rollout\":\"ON\""), EB_STATUS_USAGE, "DISABLED, ENABLED");
    expect_error(ask_once("mode", "\"exit\":\"LEGACY\""), EB_STATUS_USAGE, "their exits change hands");
}

static void one_that_yields_stays_in_shadow(void **state)
{
    (void)state;
    w.l->yields = true;
    expect_error(ask_once("mode", "\"executor\":\"LIVE\",\"yes\":true"), 1, "another engine works on this account");
    assert_int_equal(w.commands, 0);
}

int main(void)
{
#define LIVE(f) cmocka_unit_test_setup_teardown(f, setup_live, teardown)
#define SHADOW(f) cmocka_unit_test_setup_teardown(f, setup_shadow, teardown)
    const struct CMUnitTest tests[] = {
        LIVE(pause_and_resume),
        LIVE(flatten_asks_first),
        LIVE(flatten_closes),
        LIVE(flatten_of_nothing),
        SHADOW(flatten_in_shadow_sends_nothing),
        LIVE(release_names_what_stays),
        LIVE(adopt_in_legacy_gives_it_to_a_legacy_owner),
        LIVE(adopt_in_legacy_is_not_enough_without_one),
        LIVE(confirm_is_for_what_was_found_open),
        LIVE(rearm_names_the_targets),
        LIVE(mode_without_a_flag_is_a_question),
        LIVE(live_to_shadow_lists_the_backstops),
        SHADOW(shadow_to_live_wants_a_confirmation),
        SHADOW(what_changes_nothing_needs_no_confirmation),
        SHADOW(one_that_yields_stays_in_shadow),
    };
    return cmocka_run_group_tests_name("app/control_verbs", tests, NULL, NULL);
}
