/* SPDX-License-Identifier: Apache-2.0 */
/* The turn with the real engine and the simulated exchange: decided, protected, exited, whatever the store does. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct world w;

static struct eb_evidence evidence(eb_symbol_id symbol)
{
    struct eb_evidence e;
    assert_true(eb_engine_evidence(eb_host_engine(w.host), 2 * symbol, &e));
    return e;
}

static uint64_t held(void)
{
    struct eb_turn_times t;
    eb_host_turn_times(w.host, &t);
    return t.held;
}

static void a_position_is_decided_protected_and_exited(void **state)
{
    (void)state;
    world_open(&w, &(struct world_options){.seed = 1});
    world_enter(&w, 0, EB_LONG);
    world_wait(&w, 1000);
    assert_int_equal(evidence(0).protection, EB_PROTECTED);
    assert_int_equal(evidence(0).ctx.stop.e8, INT64_C(9850000000));
    assert_int_equal(evidence(0).ctx.leg_count, 3);
    assert_int_equal(world_our_trades(&w), 0);
    world_price(&w, 0, INT64_C(10060000000)); /* 0.4 R */
    assert_int_equal(w.exits[EB_EXIT_TARGET], 1);
    assert_int_equal(world_our_trades(&w), 1);
    world_price(&w, 0, INT64_C(10000000000)); /* back to entry: the ratchet */
    assert_int_equal(w.exits[EB_EXIT_STOP], 1);
    assert_int_equal(w.episodes, 1);
    assert_false(world_is_open(&w, 0));
    struct eb_err err;
    assert_int_equal(eb_sim_check(w.sim, &err), EB_OK);
    world_close(&w);
}

static void orders_wait_for_the_journal_and_later_ones_need_no_wait(void **state)
{
    (void)state;
    world_open(&w, &(struct world_options){.seed = 1, .lag = true});
    eb_memory_store_sync(w.store, UINT64_MAX);
    world_enter(&w, 1, EB_SHORT);
    world_price(&w, 1, INT64_C(10001000000));
    struct eb_sim_account_view account;
    eb_sim_account(w.sim, &account);
    assert_int_equal(account.conditional_orders, 0);
    assert_true(held() > 0);
    eb_memory_store_sync(w.store, UINT64_MAX);
    eb_host_release_held(w.host);
    eb_sim_account(w.sim, &account);
    assert_int_equal(account.conditional_orders, 1);
    assert_int_equal(held(), 0);
    /* the permit is durable: the stop leaves at once though its own record is not */
    world_price(&w, 1, INT64_C(10150000000));
    world_price(&w, 1, INT64_C(10151000000));
    assert_int_equal(w.exits[EB_EXIT_STOP], 1);
    assert_false(world_is_open(&w, 1));
    world_close(&w);
}

static void a_disk_that_fails_stops_no_exit(void **state)
{
    (void)state;
    world_open(&w, &(struct world_options){.seed = 1});
    world_enter(&w, 2, EB_LONG);
    world_wait(&w, 1000);
    eb_memory_store_set_failing(w.store, true);
    world_enter(&w, 3, EB_LONG); /* its permit will never be durable, its backstop leaves all the same */
    world_wait(&w, 1000);
    struct eb_sim_account_view account;
    eb_sim_account(w.sim, &account);
    assert_int_equal(account.conditional_orders, 2);
    world_price(&w, 2, INT64_C(9840000000));
    world_price(&w, 3, INT64_C(9840000000));
    world_wait(&w, 500);
    assert_false(world_is_open(&w, 2));
    assert_false(world_is_open(&w, 3));
    assert_int_equal(w.alerts[EB_ALERT_STORE_FAILED], 1);
    world_close(&w);
}

/* A port that refuses at once must not make a turn endless: the engine has to wait between its attempts. */
static void a_venue_that_refuses_everything_ends_no_turn_and_is_asked_again(void **state)
{
    (void)state;
    world_open(&w, &(struct world_options){.seed = 1});
    for (eb_symbol_id s = 0; s < WORLD_SYMBOLS; s++) {
        world_enter(&w, s, s % 2 == 0 ? EB_LONG : EB_SHORT);
    }
    world_wait(&w, 500);
    world_refuse_everything(&w, true);
    uint64_t before = w.steps;
    for (eb_symbol_id s = 0; s < WORLD_SYMBOLS; s++) {
        world_price(&w, s, s % 2 == 0 ? INT64_C(9800000000) : INT64_C(10200000000));
    }
    world_wait(&w, 3000);
    assert_true(w.steps - before < 3000);
    world_refuse_everything(&w, false);
    world_wait(&w, 8000);
    for (eb_symbol_id s = 0; s < WORLD_SYMBOLS; s++) {
        assert_false(world_is_open(&w, s));
    }
    struct eb_err err;
    assert_int_equal(eb_sim_check(w.sim, &err), EB_OK);
    world_close(&w);
}

static void a_random_market_with_faults_keeps_the_account_whole(void **state)
{
    (void)state;
    uint64_t episodes = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        world_open(&w, &(struct world_options){.seed = seed, .faults = true, .wild_policy = true});
        world_walk(&w, 2000);
        struct eb_err err = {0};
        if (eb_sim_check(w.sim, &err) != EB_OK) {
            fail_msg("seed %d: %s", (int)seed, err.msg);
        }
        struct eb_turn_times t;
        eb_host_turn_times(w.host, &t);
        assert_int_equal(t.refused, 0);
        assert_int_equal(t.overflows, 0);
        assert_int_equal(t.lost, 0);
        episodes += w.episodes;
        world_close(&w);
    }
    assert_true(episodes > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_position_is_decided_protected_and_exited),
        cmocka_unit_test(orders_wait_for_the_journal_and_later_ones_need_no_wait),
        cmocka_unit_test(a_disk_that_fails_stops_no_exit),
        cmocka_unit_test(a_venue_that_refuses_everything_ends_no_turn_and_is_asked_again),
        cmocka_unit_test(a_random_market_with_faults_keeps_the_account_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
