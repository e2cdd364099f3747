/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two laws, over runs of chance: a fold of durable events alone comes to the same durable state (architecture 3), and
 * the quiet bands change nothing that the engine does (semantics 4). What else may not happen aborts by itself.
 */
#include "chaos.h"

#include <stdlib.h>

/* Per case; EXITBRAIN_SEEDS asks for more. */
static unsigned seeds(void)
{
    const char *text = getenv("EXITBRAIN_SEEDS");
    int64_t n = 0;
    bool given = text != NULL && eb_decimal_parse(text, strlen(text), true, EB_ROUND_FLOOR, &n) == EB_OK && n >= EB_E8;
    return given ? (unsigned)(n / EB_E8) : 40;
}

static struct chaos_plan plan(bool bands)
{
    struct chaos_plan p = {.config = fx_config(), .with_fold = true, .with_slow = bands, .adds = true};
    p.config.allow_loosen = true;
    p.config.orders_per_minute_max = 30;
    p.config.max_loss_ppm = 500000;
    return p;
}

static void run(struct chaos_plan p, uint64_t first_seed)
{
    unsigned durable = 0;
    for (uint64_t seed = first_seed; seed < first_seed + seeds(); seed++) {
        struct chaos *c = chaos_new(&p, seed);
        chaos_run(c, 1200);
        durable += c->durable;
        chaos_free(c);
    }
    assert_true(durable > seeds() * 60);
}

static void firing_alone(void **state)
{
    (void)state;
    run(plan(true), 1);
}

static void with_backstop(void **state)
{
    (void)state;
    struct chaos_plan p = plan(true);
    p.config.backstop = true;
    p.config.slots_max = 4;
    p.config.slots_reserve = 1;
    run(p, 10000);
}

static void with_operator_and_pictures(void **state)
{
    (void)state;
    struct chaos_plan p = plan(true);
    p.config.backstop = true;
    p.config.snapshot_ms = 30000;
    p.operators = p.pictures = p.signals = true;
    run(p, 20000);
}

static void with_modes(void **state)
{
    (void)state;
    struct chaos_plan p = plan(true);
    p.config.backstop = true;
    p.operators = p.pictures = p.modes = p.signals = true;
    run(p, 30000);
}

static void in_hedge_mode(void **state)
{
    (void)state;
    struct chaos_plan p = plan(true);
    p.config.backstop = true;
    p.operators = p.pictures = p.hedge = true;
    run(p, 40000);
}

static void in_shadow(void **state)
{
    (void)state;
    struct chaos_plan p = plan(true);
    p.config.mode.executor_live = false;
    p.operators = true;
    run(p, 50000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(firing_alone), cmocka_unit_test(with_backstop), cmocka_unit_test(with_operator_and_pictures),
        cmocka_unit_test(with_modes),   cmocka_unit_test(in_hedge_mode), cmocka_unit_test(in_shadow),
    };
    return cmocka_run_group_tests_name("engine/law", tests, NULL, NULL);
}
