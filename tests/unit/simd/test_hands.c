/* SPDX-License-Identifier: Apache-2.0 */
/* Hands: each does what it says, and what is wrong is named. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"

static struct player p;

static int setup(void **state)
{
    int rc = rig_setup(state);
    struct rig *r = *state;
    r->c.scene = EB_SCENE_STILL;
    r->c.count = 4;
    p = (struct player){.acks = true};
    return rc;
}

static int teardown(void **state)
{
    player_close(&p);
    return rig_teardown(state);
}

static void begin(struct rig *r)
{
    rig_open(r);
    player_open(r, &p, true);
    player_ticks(&p, 2);
}

static void says(const char *text)
{
    if (player_hand(&p, text) != EB_OK) {
        fail_msg("%s: %s", text, p.text);
    }
}

static void refuses(const char *text, const char *with)
{
    assert_int_not_equal(player_hand(&p, text), EB_OK);
    if (strstr(p.text, with) == NULL) {
        fail_msg("\"%s\" answers \"%s\", which does not say \"%s\"", text, p.text, with);
    }
}

/* What status says of one key. */
static long long status(const char *key)
{
    char name[32];
    says("status");
    (void)snprintf(name, sizeof(name), "%s=", key);
    const char *at = strstr(p.text, name);
    assert_non_null(at);
    return strtoll(at + strlen(name), NULL, 10);
}

static bool is(const char *key, const char *value)
{
    char pair[64];
    says("status");
    (void)snprintf(pair, sizeof(pair), "%s=%s", key, value);
    return strstr(p.text, pair) != NULL;
}

static void positions_are_opened_and_closed(void **state)
{
    begin(*state);
    assert_int_equal(status("positions"), 4);
    eb_qty before = p.position[0].qty;
    says("add SIM0001USDT 1000");
    player_ticks(&p, 1);
    assert_true(p.position[0].qty.e8 > before.e8);
    assert_true(p.position[0].adopted); /* it was there before anybody listened */
    says("reduce SIM0002USDT all");
    assert_int_equal(status("positions"), 3);
    says("open SIM0002USDT LONG 2000 7");
    player_ticks(&p, 1);
    assert_int_equal(p.position[2].side, EB_LONG);
    assert_int_equal(p.position[2].leverage_ppm, 7 * EB_PPM);
    assert_false(p.position[2].adopted);
    assert_string_equal(p.position[2].strategy_id, "hand");
    says("leverage SIM0002USDT 3");
    player_ticks(&p, 1);
    assert_int_equal(p.position[2].leverage_ppm, 3 * EB_PPM);
    says("deleverage SIM0002USDT all");
    says("close SIM0003USDT all");
    assert_int_equal(status("positions"), 2);
    says("funding");
    assert_string_equal(p.text, "funding of 2 positions paid");
    says("trades");
    assert_string_equal(p.text, "9");
}

static void positions_of_both_sides(void **state)
{
    struct rig *r = *state;
    r->c.hedge = true;
    begin(r);
    says("open SIM0001USDT SHORT 2000");
    assert_int_equal(status("positions"), 5);
    refuses("close SIM0001USDT all", "name LONG or SHORT");
    says("close SIM0001USDT all SHORT");
    refuses("close SIM0001USDT all SHORT", "no such position");
    assert_int_equal(status("positions"), 4);
}

static void who_opens_while_nobody_listens(void **state)
{
    struct rig *r = *state;
    begin(r);
    says("close SIM0001USDT all");
    eb_wire_client_disconnect(p.wire);
    says("open SIM0001USDT LONG 2000");
    player_close(&p);
    p = (struct player){.acks = true};
    player_open(r, &p, true);
    player_ticks(&p, 1);
    assert_true(p.position[0].adopted);
    assert_true(p.position[0].qty.e8 > 0);
}

static void orders_of_others(void **state)
{
    begin(*state);
    says("stop SIM0001USDT LONG 60000");
    says("stop SIM0001USDT LONG 59000 0.001");
    says("limit SIM0001USDT LONG 0.001 63000");
    assert_int_equal(status("orders"), 1);
    assert_int_equal(status("conditional"), 2);
    says("cancel SIM0001USDT ours");
    assert_int_equal(status("conditional"), 2);
    says("cancel SIM0001USDT all-foreign");
    assert_string_equal(p.text, "3 orders cancelled");
    assert_int_equal(status("conditional"), 0);
    refuses("stop SIM0001USDT LONG 90000", "-2021");
    refuses("cancel SIM0001USDT mine", "ours, all-foreign or all wanted");
}

static void prices_are_held_and_released(void **state)
{
    struct rig *r = *state;
    begin(r);
    eb_price before = p.last[1];
    says("price SIM0002USDT 3000.004");
    player_ticks(&p, 3);
    assert_int_equal(p.last[1].e8, 3000 * EB_E8);
    player_ticks(&p, 30);
    assert_int_equal(p.last[1].e8, 3000 * EB_E8);
    says("release SIM0002USDT");
    player_ticks(&p, 3);
    assert_in_range(p.last[1].e8, 2999 * EB_E8, 3001 * EB_E8);
    assert_int_not_equal(p.last[1].e8, before.e8);
    says("release *");
    player_ticks(&p, 2);
    assert_in_range(p.last[1].e8, 2999 * EB_E8, 3001 * EB_E8);
    assert_in_range(p.last[0].e8, 62500 * EB_E8, 62600 * EB_E8);
}

static void prices_are_muted(void **state)
{
    struct rig *r = *state;
    begin(r);
    says("mute SIM0001USDT mark");
    says("mute SIM0002USDT");
    says("mute SIM0003USDT rest");
    player_ticks(&p, 2);
    uint64_t before = p.kinds[EB_EV_PRICE];
    uint64_t number = p.tick.number;
    player_ticks(&p, 10);
    assert_int_equal(p.kinds[EB_EV_PRICE] - before, (p.tick.number - number) * (12 - 1 - 3));
    struct eb_venue port = eb_wire_client_port(p.wire);
    struct eb_err err;
    says("halt");
    says("status"); /* what was on its way has come */
    before = p.kinds[EB_EV_PRICE];
    assert_int_equal(port.ops->refresh_price(port.venue, 0, &err), EB_OK);
    assert_int_equal(port.ops->refresh_price(port.venue, 1, &err), EB_OK);
    assert_int_equal(port.ops->refresh_price(port.venue, 2, &err), EB_OK);
    says("status");
    assert_int_equal(p.kinds[EB_EV_PRICE] - before, 1); /* of the first: only its stream is muted */
    says("unmute *");
    says("go");
    player_ticks(&p, 2);
    before = p.kinds[EB_EV_PRICE];
    number = p.tick.number;
    player_ticks(&p, 10);
    assert_int_equal(p.kinds[EB_EV_PRICE] - before, (p.tick.number - number) * 12);
}

static void the_clock_is_halted(void **state)
{
    struct rig *r = *state;
    r->c.speed_ppm = 10 * EB_PPM;
    begin(r);
    says("halt");
    rig_idle(r, 20);
    assert_true(is("clock", "halted"));
    int64_t then = eb_simd_now_ms(r->simd);
    rig_idle(r, 60);
    assert_int_equal(eb_simd_now_ms(r->simd), then);
    says("go");
    player_ticks(&p, 3);
    assert_true(eb_simd_now_ms(r->simd) > then);
}

static void symbols_leave_and_come_back(void **state)
{
    begin(*state);
    uint64_t before = p.kinds[EB_EV_INSTRUMENT];
    says("delist SIM0001USDT");
    player_ticks(&p, 1);
    assert_int_equal(p.kinds[EB_EV_INSTRUMENT], before + 1);
    refuses("limit SIM0001USDT LONG 0.001 63000", "-1122");
    says("list SIM0001USDT");
    says("limit SIM0001USDT LONG 0.001 63000");
}

static void faults_strike(void **state)
{
    struct rig *r = *state;
    struct eb_sim_stats stats;
    begin(r);
    struct eb_venue port = eb_wire_client_port(p.wire);
    struct eb_err err;
    says("fault snapshot 1");
    assert_int_equal(port.ops->snapshot(port.venue, &err), EB_OK);
    player_ticks(&p, 2);
    assert_int_equal(p.kinds[EB_EV_SNAPSHOT_FAILED], 1);
    says("fault snapshot 1");
    player_close(&p);
    p = (struct player){.acks = true};
    player_open(r, &p, true);
    player_ticks(&p, 2);
    assert_int_equal(p.kinds[EB_EV_SNAPSHOT_FAILED], 1); /* a first picture fails, too, and time goes on */
    assert_int_equal(p.pictures, 0);
    port = eb_wire_client_port(p.wire);
    assert_int_equal(port.ops->snapshot(port.venue, &err), EB_OK);
    player_pictured(&p);
    says("fault drop rate 1/1");
    says("open SIM0001USDT LONG 1000");
    says("faults off");
    eb_sim_stats(eb_simd_sim(r->simd), &stats);
    assert_true(stats.faults[EB_SIM_F_DROP] > 0);
    refuses("fault nothing 3", "no such fault: lost, no_reply");
    refuses("fault drop many", "how many times");
    refuses("fault drop rate 3/2", "NUM/DEN, at most 1");
    refuses("fault drop 3 2022", "of the fault reject only");
    says("fault reject 1 2019");
    refuses("faults on", "off wanted");
}

static void clients_are_dropped(void **state)
{
    struct rig *r = *state;
    begin(r);
    p.returns = true;
    says("drop");
    assert_string_equal(p.text, "1 clients dropped");
    player_ticks(&p, 3);
    assert_int_equal(p.lost, 1);
    assert_int_equal(p.hellos, 2);
}

static void what_is_wrong_is_named(void **state)
{
    begin(*state);
    refuses("", "nothing was said");
    refuses("   ", "nothing was said");
    refuses("dance", "no such hand: open, add");
    refuses("open SIM0001USDT", "2 words are too few: open SYMBOL");
    refuses("open SIM0001USDT LONG 5 5 5", "too many");
    refuses("open BTC LONG 100", "\"BTC\": no such symbol, SIM0001USDT is one");
    refuses("open SIM0001USDT up 100", "\"up\": LONG or SHORT wanted");
    refuses("open SIM0001USDT LONG many", "\"many\": a number above 0");
    refuses("open SIM0001USDT LONG -5", "a number above 0");
    refuses("open SIM0001USDT LONG 1", "less than the least quantity");
    refuses("open SIM0001USDT LONG 100 0.5", "a leverage of 1 to 1000");
    refuses("leverage SIM0001USDT 0", "\"0\": a number above 0");
    refuses("reduce SIM0001USDT 0.0000000001", "a number above 0 with at most 8 decimals");
    refuses("reduce SIM0001USDT 900", "-2022");
    refuses("price SIM0001USDT 0", "a number above 0");
    refuses("price SIM0001USDT 100000001", "at most 100000000");
    refuses("mute SIM0001USDT everything", "mark, last, book");
    refuses("a b c d e f g h i", "too many words");
    refuses("open SIM0001USDT LONG 1000000000000000000000000000000000000000000000000000000", "too long a one");
    assert_int_equal(eb_wire_client_hand(p.wire, "open SIM0001USDT LONG 1000"), EB_OK); /* a player may have hands */
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(positions_are_opened_and_closed),
        CASE(positions_of_both_sides),
        CASE(who_opens_while_nobody_listens),
        CASE(orders_of_others),
        CASE(prices_are_held_and_released),
        CASE(prices_are_muted),
        CASE(the_clock_is_halted),
        CASE(symbols_leave_and_come_back),
        CASE(faults_strike),
        CASE(clients_are_dropped),
        CASE(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests_name("hands", tests, NULL, NULL);
}
