/* SPDX-License-Identifier: Apache-2.0 */
/* Who of the policy set answers: it is remembered with the plan, and another one begins anew. */
#include "fixture.h"

static void name(struct eb_verdict *v, const char *owner)
{
    memset(v->owner, 0, sizeof v->owner);
    memcpy(v->owner, owner, strlen(owner));
}

static void remember(struct eb_verdict *v, const char *key)
{
    v->has_memory = true;
    v->memory.count = 1;
    memcpy(v->memory.version, "1.0", 4);
    memcpy(v->memory.entry[0].key, key, strlen(key) + 1);
    v->memory.entry[0].kind = EB_MEM_BOOL;
    v->memory.entry[0].number = 1.0;
}

/* A position whose plan "brain" gave, and what it remembers. */
static struct fx *of_brain(void)
{
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    name(&v, "brain");
    remember(&v, "first");
    fx_open_with(f, EB_LONG, "10", "100", &v);
    return f;
}

static struct eb_context seen(const struct fx *f)
{
    return fx_evidence(f, 0).ctx;
}

static void the_owner_and_its_plan_are_shown(void **state)
{
    (void)state;
    struct fx *f = of_brain();
    struct eb_context c = seen(f);
    assert_string_equal(c.owner, "brain");
    assert_true(c.planned);
    assert_int_equal(c.exit_mode, EB_EXIT_MODE_EXIT_BRAIN_V3);
    assert_string_equal(c.memory.version, "1.0");
    assert_int_equal(c.memory.count, 1);
    fx_free(f);
}

static void an_answer_without_a_name_leaves_the_owner(void **state)
{
    (void)state;
    struct fx *f = of_brain();
    struct eb_verdict v = v_none();
    v_stop(&v, "98.5");
    fx_verdict(f, &v);
    assert_string_equal(seen(f).owner, "brain");
    assert_true(seen(f).planned);
    assert_int_equal(seen(f).memory.count, 1);
    fx_free(f);
}

static void another_owner_has_no_memory_and_no_plan(void **state)
{
    (void)state;
    struct fx *f = of_brain();
    struct eb_verdict v = v_none();
    name(&v, "monitor");
    fx_verdict(f, &v); /* keeps what stands */
    assert_string_equal(seen(f).owner, "monitor");
    assert_int_equal(seen(f).memory.count, 0);
    assert_string_equal(seen(f).memory.version, "");
    assert_false(seen(f).planned);
    assert_px(fx_stop(f), "98"); /* and the stop of the last owner holds */
    v_partial(&v, 100000);
    fx_verdict(f, &v);
    assert_false(seen(f).planned); /* a close is no plan */
    struct eb_verdict plan = v_none();
    v_stop(&plan, "98.5");
    name(&plan, "monitor");
    remember(&plan, "second");
    fx_filled(f, fx_submit(f, EB_PURPOSE_PARTIAL, 0), "100");
    fx_verdict(f, &plan);
    assert_true(seen(f).planned);
    assert_string_equal(seen(f).memory.entry[0].key, "second");
    fx_free(f);
}

static void a_refused_answer_changes_no_owner(void **state)
{
    (void)state;
    struct fx *f = of_brain();
    struct eb_verdict v = v_none();
    static const int64_t too_much[][2] = {{1000000, 800000}, {2000000, 800000}};
    v_legs(&v, 2, too_much);
    name(&v, "monitor");
    fx_verdict(f, &v);
    assert_string_equal(seen(f).owner, "brain");
    assert_int_equal(seen(f).memory.count, 1);
    assert_true(seen(f).planned);
    fx_free(f);
}

static void the_built_in_plan_is_nobodys(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct fx *f = fx_new(&c);
    f->result = EB_POLICY_ERROR;
    fx_mark(f, "100");
    fx_open(f, EB_LONG, "10", "100");
    assert_int_equal(seen(f).plan_revision, 1);
    assert_false(seen(f).planned);
    assert_string_equal(seen(f).owner, "");
    fx_free(f);
}

static void the_next_position_has_no_owner_yet(void **state)
{
    (void)state;
    struct fx *f = of_brain();
    fx_flat(f);
    f->mute = true;
    fx_wait(f, 1000);
    fx_open(f, EB_LONG, "5", "100");
    assert_string_equal(seen(f).owner, "");
    assert_false(seen(f).planned);
    fx_free(f);
}

static void another_set(struct fx *f, uint8_t hash, bool legacy)
{
    struct eb_ev_policy p = {.hash = {hash}, .legacy = legacy, .name = "set"};
    struct eb_event ev = fx_event(f, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &p;
    assert_int_equal(fx_step(f, &ev), EB_OK);
    fx_clock(f);
}

static void a_set_with_legacy_owners_decides_in_legacy_mode(void **state)
{
    (void)state;
    struct fx *f = of_brain();
    another_set(f, 1, true);
    fx_clear(f);
    fx_mode(f, EB_EXIT_MODE_LEGACY, true, true);
    fx_clock(f);
    assert_true(eb_engine_owns(f->e, EB_EXIT_MODE_LEGACY) && fx_evidence(f, 0).owned);
    assert_int_equal(f->asked_count, 1);
    assert_int_equal(f->asked[0].exit_mode, EB_EXIT_MODE_LEGACY);
    assert_int_equal(f->asked[0].reason, EB_CONSULT_MODE);
    fx_mark(f, "97"); /* and its orders leave */
    assert_int_equal(fx_submits(f, EB_PURPOSE_STOP), 1);
    fx_free(f);
}

static void a_set_without_only_looks_on(void **state)
{
    (void)state;
    struct fx *f = of_brain();
    another_set(f, 1, true);
    fx_mode(f, EB_EXIT_MODE_LEGACY, true, true);
    fx_clock(f);
    another_set(f, 2, false);
    fx_clear(f);
    assert_false(eb_engine_owns(f->e, EB_EXIT_MODE_LEGACY) || fx_evidence(f, 0).owned);
    fx_run(f, 30000);
    fx_mark(f, "97");
    assert_int_equal(f->asked_count, 0);
    assert_int_equal(fx_count(f, EB_ACT_SUBMIT), 0);
    another_set(f, 3, true); /* until one comes that does */
    assert_int_equal(f->asked_count, 1);
    fx_free(f);
}

static void a_position_that_nobody_had_gets_a_plan(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    c.mode.exit_mode = EB_EXIT_MODE_LEGACY;
    struct fx *f = fx_new(&c);
    fx_mark(f, "100");
    fx_open(f, EB_LONG, "10", "100");
    assert_int_equal(fx_alerts(f, EB_ALERT_FOREIGN_OWNER), 1);
    assert_int_equal(f->asked_count, 0);
    f->result = EB_POLICY_ERROR;
    another_set(f, 1, true);
    assert_int_equal(f->asked_count, 1);
    assert_px(fx_stop(f), "98"); /* and if its owner fails, the built-in one */
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_owner_and_its_plan_are_shown),
        cmocka_unit_test(an_answer_without_a_name_leaves_the_owner),
        cmocka_unit_test(another_owner_has_no_memory_and_no_plan),
        cmocka_unit_test(a_refused_answer_changes_no_owner),
        cmocka_unit_test(the_built_in_plan_is_nobodys),
        cmocka_unit_test(the_next_position_has_no_owner_yet),
        cmocka_unit_test(a_set_with_legacy_owners_decides_in_legacy_mode),
        cmocka_unit_test(a_set_without_only_looks_on),
        cmocka_unit_test(a_position_that_nobody_had_gets_a_plan),
    };
    return cmocka_run_group_tests_name("engine/owner", tests, NULL, NULL);
}
