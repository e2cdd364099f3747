/* SPDX-License-Identifier: Apache-2.0 */
/* A clone steps exactly as its original does, observed state included, and nothing of it touches the original. */
#include "fixture.h"

#include <stdlib.h>

static const int64_t LEGS[3][2] = {{500000, 300000}, {1000000, 300000}, {2000000, 400000}};

static struct fx *busy(const struct eb_engine_config *c)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    v_trail(&v, 500000, 8000);
    fx_mark(f, "100");
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    fx_order(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_OS_NEW);
    fx_mark(f, "101.2");
    fx_last(f, "101.3");
    return f;
}

/* The same test with a clone of its engine. */
static struct fx *beside(const struct fx *f)
{
    struct fx *g = malloc(sizeof *g);
    struct eb_err err = {0};
    assert_non_null(g);
    *g = *f;
    assert_int_equal(eb_engine_clone(f->e, &g->e, &err), EB_OK);
    return g;
}

static void same(const struct fx *a, const struct fx *b, eb_position_id position)
{
    assert_int_equal(a->log_count, b->log_count);
    assert_memory_equal(a->log, b->log, a->log_count * sizeof a->log[0]);
    assert_true(eb_engine_durable_hash(a->e) == eb_engine_durable_hash(b->e));
    assert_int_equal(eb_engine_next_deadline(a->e), eb_engine_next_deadline(b->e));
    struct eb_evidence x = fx_evidence(a, position);
    struct eb_evidence y = fx_evidence(b, position);
    assert_memory_equal(&x, &y, sizeof x);
}

static void go_on(struct fx *f)
{
    fx_run(f, 2500);
    fx_book(f, "101", "101.1"); /* the first leg */
    const struct eb_order_request leg = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    fx_filled(f, &leg, "101");
    fx_mark(f, "103");
    fx_run(f, 12000); /* prices go stale, a cycle passes */
    fx_mark(f, "102");
    const struct eb_order_request stop = *fx_submit(f, EB_PURPOSE_STOP, 0);
    fx_fill(f, &stop, "102", "3");
    fx_order(f, stop.client_id, EB_OS_UNKNOWN);
    fx_run(f, 700);
}

static struct eb_engine_config config(void)
{
    struct eb_engine_config c = fx_config();
    c.backstop = true;
    c.snapshot_ms = 30000;
    return c;
}

static void a_clone_steps_as_the_original_does(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = busy(&c);
    struct fx *g = beside(f);
    same(f, g, 0);
    go_on(f);
    go_on(g);
    same(f, g, 0);
    fx_free(f);
    fx_free(g);
}

static void the_original_knows_nothing_of_it(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = busy(&c);
    struct fx *g = beside(f);
    uint64_t hash = eb_engine_durable_hash(f->e);
    int64_t due = eb_engine_next_deadline(f->e);
    struct eb_evidence before = fx_evidence(f, 0);
    go_on(g);
    assert_true(hash == eb_engine_durable_hash(f->e) && hash != eb_engine_durable_hash(g->e));
    assert_int_equal(eb_engine_next_deadline(f->e), due);
    struct eb_evidence after = fx_evidence(f, 0);
    assert_memory_equal(&before, &after, sizeof before);
    fx_free(f); /* the clone lives on */
    fx_mark(g, "95");
    fx_free(g);
}

static void hedge_legs_and_bar_walks_too(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.hedge = true;
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    struct eb_ev_position p = fx_pos(EB_SHORT, "5", "100");
    p.position_side = EB_PS_SHORT;
    fx_position(f, &p);
    struct fx *g = beside(f);
    fx_mark(f, "103");
    fx_mark(g, "103");
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    same(f, g, 1);
    fx_free(f);
    fx_free(g);

    c = fx_config();
    c.bars = true;
    f = fx_new(&c);
    fx_path(f, EB_PATH_POINT, "100", "100"); /* where the path stands is known before anything is open */
    g = beside(f);
    fx_open(f, EB_LONG, "5", "100");
    fx_open(g, EB_LONG, "5", "100");
    assert_px(fx_evidence(g, 0).ctx.price, "100");
    same(f, g, 0);
    fx_free(f);
    fx_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clone_steps_as_the_original_does),
        cmocka_unit_test(the_original_knows_nothing_of_it),
        cmocka_unit_test(hedge_legs_and_bar_walks_too),
    };
    return cmocka_run_group_tests_name("engine/clone", tests, NULL, NULL);
}
