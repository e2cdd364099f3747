/* SPDX-License-Identifier: Apache-2.0 */
/* Timers: never early, once each, replaced, stopped and closed from anywhere; one due at once starves nobody. */
#define _GNU_SOURCE

#include "rig.h"

#include <string.h>
#include <time.h>

struct probe {
    struct eb_timer *t;
    int fired;
    int64_t at_ns;
    int order;
    struct eb_timer *other; /* closed by the callback */
    int again;              /* how often it sets itself to 0 */
};
static int fired_order;

static void fire(void *user)
{
    struct probe *p = user;
    p->fired++;
    p->at_ns = eb_monotonic_ns();
    p->order = ++fired_order;
    if (p->again > 0) {
        p->again--;
        eb_timer_set(p->t, 0);
    }
}

static void fire_and_close(void *user)
{
    struct probe *p = user;
    fire(p);
    eb_timer_close(p->t);
    eb_timer_close(p->other);
    p->t = NULL;
    p->other = NULL;
}

static void open_timer(struct rig *r, void (*f)(void *), struct probe *p)
{
    assert_int_equal(eb_timer_open(r->loop, f, p, &p->t, &r->err), EB_OK);
}

static void never_early(void **state)
{
    struct rig *r = *state;
    static const int64_t delays[] = {1, 999999, 1000000, 1000001, 3500000, 20000000};
    for (size_t i = 0; i < EB_COUNT(delays); i++) {
        struct probe p = {0};
        open_timer(r, fire, &p);
        int64_t begin = eb_monotonic_ns();
        eb_timer_set(p.t, delays[i]);
        rig_until(r, &p.fired, 1);
        assert_true(p.at_ns - begin >= delays[i]);
        rig_idle(r, 5);
        assert_int_equal(p.fired, 1); /* one shot */
        eb_timer_close(p.t);
    }
}

static void due_at_once_is_the_next_pass_in_order(void **state)
{
    struct rig *r = *state;
    struct probe p[3];
    memset(p, 0, sizeof(p));
    struct probe far = {0};
    open_timer(r, fire, &far);
    eb_timer_set(far.t, INT64_C(50000000000));
    for (int i = 0; i < 3; i++) {
        open_timer(r, fire, &p[i]);
    }
    eb_timer_set(p[2].t, 0);
    eb_timer_set(p[0].t, -5);
    eb_timer_set(p[1].t, 0);
    eb_timer_set(p[2].t, 0); /* replaced: the last now */
    assert_int_equal(p[0].fired + p[1].fired + p[2].fired, 0);
    eb_loop_once(r->loop, true);
    assert_int_equal(far.fired, 0); /* nor was it waited for */
    eb_timer_close(far.t);
    assert_true(p[0].fired == 1 && p[1].fired == 1 && p[2].fired == 1);
    assert_true(p[0].order < p[1].order && p[1].order < p[2].order);
    for (int i = 0; i < 3; i++) {
        eb_timer_close(p[i].t);
    }
}

static void due_at_once_again_and_again_lets_others_run(void **state)
{
    struct rig *r = *state;
    struct probe busy = {.again = 1 << 30};
    struct probe other = {0};
    open_timer(r, fire, &busy);
    open_timer(r, fire, &other);
    eb_timer_set(busy.t, 0);
    eb_timer_set(other.t, 2000000);
    rig_until(r, &other.fired, 1);
    assert_true(busy.fired > 1);
    int before = busy.fired;
    eb_loop_once(r->loop, false);
    assert_int_equal(busy.fired, before + 1); /* once a pass */
    eb_timer_close(busy.t);
    eb_timer_close(other.t);
}

static void one_pass_is_over_when_something_was_done(void **state)
{
    struct rig *r = *state;
    struct probe p = {0};
    struct probe far = {0};
    open_timer(r, fire, &p);
    open_timer(r, fire, &far);
    eb_timer_set(far.t, INT64_C(50000000000));
    eb_timer_set(p.t, 1000000);
    (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL); /* due before the pass begins */
    eb_loop_once(r->loop, true);
    assert_int_equal(p.fired, 1);
    assert_int_equal(far.fired, 0);
    eb_timer_set(p.t, 1000000); /* not due: waited for */
    eb_loop_once(r->loop, true);
    assert_int_equal(p.fired, 2);
    assert_int_equal(far.fired, 0);
    eb_timer_close(p.t);
    eb_timer_close(far.t);
}

static void a_new_setting_replaces_the_old(void **state)
{
    struct rig *r = *state;
    struct probe p = {0};
    open_timer(r, fire, &p);
    eb_timer_set(p.t, 0);
    eb_timer_set(p.t, INT64_C(3600000000000));
    rig_idle(r, 10);
    assert_int_equal(p.fired, 0);
    eb_timer_set(p.t, INT64_MAX); /* in three hundred years, and no overflow */
    rig_idle(r, 5);
    assert_int_equal(p.fired, 0);
    eb_timer_set(p.t, 1);
    rig_until(r, &p.fired, 1);
    eb_timer_close(p.t);
}

static void stopped_ones_do_not_fire(void **state)
{
    struct rig *r = *state;
    struct probe p = {0};
    open_timer(r, fire, &p);
    eb_timer_stop(p.t); /* never set */
    eb_timer_set(p.t, 0);
    eb_timer_stop(p.t);
    eb_timer_set(p.t, 1000000);
    eb_timer_stop(p.t);
    rig_idle(r, 10);
    assert_int_equal(p.fired, 0);
    eb_timer_close(p.t);
}

static void closed_from_their_own_callback(void **state)
{
    struct rig *r = *state;
    static const int64_t delays[] = {0, 1000000};
    for (size_t i = 0; i < EB_COUNT(delays); i++) {
        struct probe p = {0};
        struct probe victim = {0}; /* due at the same moment: closed by the other */
        open_timer(r, fire_and_close, &p);
        open_timer(r, fire, &victim);
        p.other = victim.t;
        eb_timer_set(p.t, delays[i]);
        eb_timer_set(victim.t, delays[i]);
        rig_until(r, &p.fired, 1);
        rig_idle(r, 5);
        assert_int_equal(p.fired, 1);
        assert_int_equal(victim.fired, 0);
    }
}

static void closing_an_open_or_missing_one(void **state)
{
    struct rig *r = *state;
    struct probe p = {0};
    open_timer(r, fire, &p);
    eb_timer_set(p.t, 0);
    eb_timer_close(p.t);
    eb_timer_close(NULL);
    eb_loop_run(r->loop); /* returns: a closed timer is nothing to wait for */
    assert_int_equal(p.fired, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_CASE(never_early),
        RIG_CASE(due_at_once_is_the_next_pass_in_order),
        RIG_CASE(due_at_once_again_and_again_lets_others_run),
        RIG_CASE(one_pass_is_over_when_something_was_done),
        RIG_CASE(a_new_setting_replaces_the_old),
        RIG_CASE(stopped_ones_do_not_fire),
        RIG_CASE(closed_from_their_own_callback),
        RIG_CASE(closing_an_open_or_missing_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
