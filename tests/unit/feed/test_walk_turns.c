/* SPDX-License-Identifier: Apache-2.0 */
/* The bar walk: when a policy is asked on the way, and from when its answer holds (semantics 10, 11). */
#include "feed/walk.h"

#include "walk_world.h"

#define PERCENT INT64_C(10000)

/* ---- verdicts on the way ---- */

static void stop_follows_hits(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    if (ctx->plan_revision == 0) {
        ww_plan(v, "98", 2, (const struct ww_leg[]){{"101", 30, false}, {"103", 30, false}});
    } else if (ctx->reason == EB_CONSULT_HIT && w->seed == 0) {
        w->seed = 1;
        ww_add(v, EB_MOVE_STOP)->u.stop.price = ww_px("100.7");
        struct eb_decision *d = ww_add(v, EB_UPDATE_TP_LIMITS); /* 103 is replaced by something nearer */
        d->u.targets.count = 1;
        d->u.targets.leg[0] = (struct eb_leg_spec){.price = ww_px("101.5"), .fraction_ppm = 30 * PERCENT};
    }
}

static void a_verdict_is_in_force_for_the_rest_of_the_path(void **state)
{
    (void)state;
    struct ww *w = ww_with(stop_follows_hits);
    ww_opened(w, ww_long_100);
    ww_step(w, "100", "103.5", "99", "100");
    ww_saw(w, "0 L at 100\n20000 L 100>99\n40000 L 99>101\n= 101 x 3 target 1\n? hit\n"
              "40000 L 101>101.5\n= 101.5 x 3 target 2\n? hit\n40000 L 101.5>103.5\n"
              "60000 L 103.5>100.7\n= 100.7 x 4 stop\n60000 bar\n");
    ww_free(w);
}

static void closes_at_each_consult(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)w;
    if (ctx->plan_revision == 0) {
        ww_plan(v, "98", 1, (const struct ww_leg[]){{"101", 30, false}});
    } else {
        ww_add(v, EB_PARTIAL_CLOSE)->u.partial.fraction_ppm = 10 * PERCENT;
    }
}

static void what_a_verdict_closes_is_not_consulted_before_p3(void **state)
{
    (void)state;
    struct ww *w = ww_with(closes_at_each_consult);
    ww_opened(w, ww_long_100); /* asked at its P3 too: 1 of 10 is gone */
    ww_step(w, "100", "102", "99", "101.5");
    ww_saw(w,
           "0 L at 100\n20000 L 100>99\n40000 L 99>101\n= 101 x 3 target 1\n? hit\n= 101 x 1 policy\n40000 L 101>102\n"
           "60000 L 102>101.5\n60000 bar\n60000 L close 101.5\n? cycle\n= 101.5 x 1 policy\n");
    ww_free(w);
}

static void asleep_above_102(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)w;
    if (ctx->plan_revision == 0) {
        ww_plan(v, "98", 1, (const struct ww_leg[]){{"103", 30, false}});
    }
    v->wake = (struct eb_wake){.set = true, .above = ww_px("102")};
}

static void wake_is_asked_at_p3_only_and_holds_back_no_hit(void **state)
{
    (void)state;
    struct ww *w = ww_with(asleep_above_102);
    ww_opened(w, ww_long_100);
    ww_step(w, "100", "102.5", "99", "101.9");
    ww_saw(w, "0 L at 100\n20000 L 100>99\n40000 L 99>102.5\n60000 L 102.5>101.9\n60000 bar\n60000 L close 101.9\n");
    w->walk.no_quiet = false; /* then the instant itself is left out */
    ww_step(w, "101.9", "102.5", "99", "101.9");
    ww_saw(w, "20000 L quiet 99..102.5\n60000 bar\n");
    ww_step(w, "101.9", "103", "99", "101");
    ww_saw(
        w,
        "20000 L 101.9>99\n40000 L 99>103\n= 103 x 3 target 1\n? hit\n40000 L 103>103\n60000 L 103>101\n60000 bar\n");
    ww_step(w, "101", "102", "101", "102");
    ww_saw(w, "20000 L quiet 101..102\n60000 bar\n60000 L close 102\n? cycle\n");
    ww_free(w);
}

/* Where stops watch a mark, so does the wake. */
static void wake_is_judged_by_the_mark(void **state)
{
    (void)state;
    struct ww *w = ww_with(asleep_above_102);
    ww_opened(w, ww_long_100);
    w->walk.no_quiet = false;
    struct eb_walk_bar b = ww_bar(w, "100", "102", "100", "102");
    ww_mark(&b, "100", "101.9", "100", "101.9");
    ww_walk(w, &b, NULL);
    assert_int_equal(w->consults, 1);
    b = ww_bar(w, "102", "102", "101", "101");
    ww_mark(&b, "101.9", "102", "101.9", "102");
    ww_walk(w, &b, NULL);
    assert_int_equal(w->consults, 2);
    ww_free(w);
}

static void asleep_for_good(struct ww *w, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)w;
    if (ctx->plan_revision == 0) {
        ww_plan(v, "98", 0, NULL);
    }
    v->wake = (struct eb_wake){.set = true, .at_ms = INT64_MAX};
}

static void five_minutes_always_consult(void **state)
{
    (void)state;
    struct ww *w = ww_with(asleep_for_good);
    ww_opened(w, ww_long_100); /* asked at 0 s of the first minute */
    assert_int_equal(w->consults, 1);
    for (unsigned minute = 2; minute <= 10; minute++) {
        ww_step(w, "100", "100", "100", "100");
        assert_int_equal(w->consults, 1 + minute / 5);
    }
    ww_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verdict_is_in_force_for_the_rest_of_the_path),
        cmocka_unit_test(what_a_verdict_closes_is_not_consulted_before_p3),
        cmocka_unit_test(wake_is_asked_at_p3_only_and_holds_back_no_hit),
        cmocka_unit_test(wake_is_judged_by_the_mark),
        cmocka_unit_test(five_minutes_always_consult),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
