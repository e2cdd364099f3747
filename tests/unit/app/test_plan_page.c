/* SPDX-License-Identifier: Apache-2.0 */
/* Rows and marks of a plan from pictures made by hand, and its page for one position, for 12 and for 200. */
#include "plan_world.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct plan_world p;

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

static struct eb_dry_level stop_at(double price)
{
    return (struct eb_dry_level){.kind = EB_STOP_PLAN, .price.e8 = (int64_t)(price * 1e8 + 0.5)};
}

static struct eb_dry_level target_at(unsigned leg, double price, int64_t qty)
{
    return (struct eb_dry_level){.leg = (uint8_t)leg, .price.e8 = (int64_t)(price * 1e8 + 0.5), .qty.e8 = qty * EB_E8};
}

static void add(struct eb_dry_picture *to, struct eb_dry_level l)
{
    assert_true(to->level_count < EB_EVIDENCE_LEVELS_MAX);
    to->level[to->level_count++] = l;
}

/* LONG of 10 at 100, R = 2, asked and judged, as it is under both sets. */
static struct eb_dry_position position_of(const char *symbol)
{
    struct eb_dry_position d;
    memset(&d, 0, sizeof(d));
    (void)snprintf(d.symbol, sizeof(d.symbol), "%s", symbol);
    d.expected = true;
    d.entry.e8 = 100 * EB_E8;
    d.price.e8 = 101 * EB_E8;
    d.tick.e8 = EB_E8 / 100;
    d.now = (struct eb_dry_picture){.open = true, .qty.e8 = 10 * EB_E8, .r.e8 = 2 * EB_E8};
    d.old = (struct eb_dry_answer){.after = d.now, .asked = true};
    d.next = d.old;
    return d;
}

/* The same level everywhere. */
static void everywhere(struct eb_dry_position *d, struct eb_dry_level l)
{
    add(&d->now, l);
    add(&d->old.after, l);
    add(&d->next.after, l);
}

/* Another one under the candidate. */
static void otherwise(struct eb_dry_position *d, struct eb_dry_level now, struct eb_dry_level next)
{
    add(&d->now, now);
    add(&d->old.after, now);
    add(&d->next.after, next);
}

static void plan_of(struct eb_dry_position *position, uint32_t count)
{
    const struct eb_dry d = {.position = position, .count = count};
    struct eb_err err = {.msg = ""};
    eb_plan_free(p.plan);
    p.plan = calloc(1, sizeof(*p.plan));
    assert_non_null(p.plan);
    assert_int_equal(eb_plan_rows(p.plan, &d, &err), EB_OK);
}

static int teardown(void **state)
{
    (void)state;
    eb_plan_free(p.plan);
    p.plan = NULL;
    return 0;
}

static void expect_marks(const struct eb_plan_row *r, unsigned marks)
{
    assert_int_equal(r->marks, marks);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static void a_row_says_what_becomes_of_its_level(void **state)
{
    (void)state;
    struct eb_dry_level parked = target_at(2, 103, 3);
    struct eb_dry_level fires = target_at(4, 105, 1);
    struct eb_dry_level hit = target_at(5, 101, 2);
    struct eb_dry_level begins = {.kind = EB_STOP_TRAIL, .pending = true, .price.e8 = 104 * EB_E8};
    struct eb_dry_position d = position_of("AUSDT");
    parked.parked = fires.fires = hit.hit = true;
    otherwise(&d, target_at(1, 102, 4), target_at(1, 102.5, 4));
    otherwise(&d, target_at(2, 103, 3), parked);
    otherwise(&d, target_at(3, 104, 3), target_at(3, 104, 2));
    otherwise(&d, target_at(4, 105, 1), fires);
    everywhere(&d, hit);
    otherwise(&d, stop_at(98), stop_at(97.5));
    add(&d.now, target_at(6, 110, 1));
    add(&d.old.after, target_at(6, 110, 1));
    add(&d.next.after, begins);
    plan_of(&d, 1);
    const struct eb_plan_row *r = plan_world_row(&p, 0, EB_STOP_NONE, 1);
    expect_marks(r, EB_PLAN_CHANGED);
    assert_true(r->moves);
    assert_int_equal(r->moved_r_ppm, 250000);
    assert_int_equal(r->moved_ppm, 5000);
    expect_marks(plan_world_row(&p, 0, EB_STOP_NONE, 2), EB_PLAN_CHANGED | EB_PLAN_PARKED);
    expect_marks(plan_world_row(&p, 0, EB_STOP_NONE, 3), EB_PLAN_CHANGED | EB_PLAN_SIZE);
    expect_marks(plan_world_row(&p, 0, EB_STOP_NONE, 4), EB_PLAN_CHANGED | EB_PLAN_FIRES);
    expect_marks(plan_world_row(&p, 0, EB_STOP_NONE, 5), EB_PLAN_HIT);
    expect_marks(plan_world_row(&p, 0, EB_STOP_NONE, 6), EB_PLAN_CHANGED | EB_PLAN_GONE);
    r = plan_world_row(&p, 0, EB_STOP_PLAN, 0);
    expect_marks(r, EB_PLAN_CHANGED);
    assert_int_equal(r->moved_r_ppm, -250000);
    r = plan_world_row(&p, 0, EB_STOP_TRAIL, 0);
    expect_marks(r, EB_PLAN_CHANGED | EB_PLAN_NEW);
    assert_false(r->moves);
    static const char *const order[] = {"stop (plan)", "trail begins", "target 1", "target 2",
                                        "target 3",    "target 4",     "target 5", "target 6"};
    assert_int_equal(p.plan->row_count, EB_COUNT(order));
    for (unsigned i = 0; i < EB_COUNT(order); i++) {
        char name[EB_PLAN_LEVEL_MAX];
        const struct eb_plan_row *at = &p.plan->row[i];
        assert_string_equal(eb_plan_level_name(at->key.kind, at->key.leg, at->key.pending, at->whole, name), order[i]);
    }
    const char *page = plan_world_page(&p, false);
    static const char *const says[] = {"FIRES AT ONCE", "PARKED: crossed", "3 -> 2", "gone", "new", "hit", "-0.25"};
    for (size_t i = 0; i < EB_COUNT(says); i++) {
        reload_world_holds(page, says[i]);
    }
}

static void what_comes_back_and_what_is_done_anyway(void **state)
{
    (void)state;
    struct eb_dry_position d = position_of("AUSDT");
    struct eb_dry_level parked = target_at(1, 102, 4);
    parked.parked = true;
    otherwise(&d, parked, target_at(1, 102, 4));
    add(&d.now, stop_at(98));
    add(&d.old.after, stop_at(99));
    add(&d.next.after, stop_at(99));
    plan_of(&d, 1);
    expect_marks(plan_world_row(&p, 0, EB_STOP_NONE, 1), EB_PLAN_CHANGED | EB_PLAN_UNPARKED);
    expect_marks(plan_world_row(&p, 0, EB_STOP_PLAN, 0), EB_PLAN_CHANGED | EB_PLAN_ANYWAY);
    assert_int_equal(plan_world_row(&p, 0, EB_STOP_PLAN, 0)->otherwise.e8, 99 * EB_E8);
    assert_true(p.plan->position[0].changed); /* by the first */
    d.now.level_count = d.old.after.level_count = d.next.after.level_count = 0;
    add(&d.now, stop_at(98));
    add(&d.old.after, stop_at(99));
    add(&d.next.after, stop_at(99));
    plan_of(&d, 1);
    assert_false(p.plan->position[0].changed);
}

static void the_whole_position(void **state)
{
    (void)state;
    static const struct {
        int64_t closed, old_closed;
        bool closes, asks;
        unsigned marks;
        int64_t left;
        const char *says;
    } cases[] = {
        {10, 0, true, false, EB_PLAN_CHANGED | EB_PLAN_CLOSES, 0, "CLOSED AT ONCE"},
        {3, 0, true, false, EB_PLAN_CHANGED | EB_PLAN_REDUCES, 7, "REDUCED AT ONCE"},
        {3, 3, true, false, EB_PLAN_CHANGED | EB_PLAN_REDUCES | EB_PLAN_ANYWAY, 7, "so too in force"},
        {0, 0, false, true, EB_PLAN_CHANGED | EB_PLAN_ASKS, 10, "asks a person"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_dry_position d = position_of("AUSDT");
        everywhere(&d, stop_at(98));
        d.next.closes = cases[i].closes;
        d.next.asks = cases[i].asks;
        d.next.closed.e8 = cases[i].closed * EB_E8;
        d.old.closes = cases[i].old_closed > 0;
        d.old.closed.e8 = cases[i].old_closed * EB_E8;
        plan_of(&d, 1);
        const struct eb_plan_row *r = plan_world_whole(&p, 0);
        expect_marks(r, cases[i].marks);
        assert_int_equal(r->qty_after.e8, cases[i].left * EB_E8);
        reload_world_holds(plan_world_page(&p, false), cases[i].says);
        const struct eb_plan_row *stop = plan_world_row(&p, 0, EB_STOP_PLAN, 0);
        expect_marks(stop, 0); /* levels of what is closed tell nothing */
        assert_int_equal(stop->after.e8, cases[i].left == 0 ? 0 : 98 * EB_E8);
    }
}

static void who_is_not_asked_says_why(void **state)
{
    (void)state;
    struct eb_dry_position d[5];
    for (unsigned i = 0; i < 5; i++) {
        d[i] = position_of("AUSDT");
        everywhere(&d[i], stop_at(98));
        d[i].expected = i >= 3;
    }
    d[0].released = true;
    d[1].firing = true;
    (void)snprintf(d[3].now.owner, sizeof(d[3].now.owner), "brain");
    (void)snprintf(d[3].next.after.owner, sizeof(d[3].next.after.owner), "chandelier");
    d[3].next.asked = false;
    d[4].next.fails = true;
    plan_of(d, 5);
    const char *page = plan_world_page(&p, false);
    reload_world_holds(page, "R 2: not asked: released by an operator\n");
    reload_world_holds(page, "not asked: it is being closed\n");
    reload_world_holds(page, "not asked: it has another owner\n");
    reload_world_holds(page, "R 2, owner brain -> chandelier:\n  could not be judged: ");
    reload_world_holds(page, "the policy fails on it, as the set in force does\n");
    assert_int_equal(plan_world_row(&p, 0, EB_STOP_PLAN, 0)->after.e8, 98 * EB_E8);
}

/* ---- pages ------------------------------------------------------------------------------------------------------- */

/* Of each third position the stop moves, farther the later it comes; the last one is closed. */
static void many(unsigned count)
{
    struct eb_dry_position *d = calloc(count, sizeof(*d));
    assert_non_null(d);
    for (unsigned i = 0; i < count; i++) {
        char symbol[EB_SYMBOL_MAX];
        (void)snprintf(symbol, sizeof(symbol), "1000LONG%03uUSDT", i);
        d[i] = position_of(symbol);
        if (i % 3 == 0) {
            otherwise(&d[i], stop_at(90), stop_at(90.01 + 0.01 * i));
        } else {
            everywhere(&d[i], stop_at(90));
        }
        everywhere(&d[i], target_at(1, 104, 5));
    }
    d[count - 1].next.closes = true;
    d[count - 1].next.closed.e8 = 10 * EB_E8;
    plan_of(d, count);
    free(d);
}

static unsigned lines_of(const char *page)
{
    unsigned n = 0;
    for (; *page != '\0'; page++) {
        n += *page == '\n';
    }
    return n;
}

static void few_are_shown_whole(void **state)
{
    (void)state;
    many(12);
    const char *page = plan_world_page(&p, false);
    for (unsigned i = 0; i < 12; i++) {
        char symbol[32];
        (void)snprintf(symbol, sizeof(symbol), "1000LONG%03uUSDT LONG", i);
        reload_world_holds(page, symbol);
    }
    assert_null(strstr(page, "--all"));
    assert_true(lines_of(page) < 60);
}

static void of_many_those_that_change_most(void **state)
{
    (void)state;
    many(200);
    const char *page = plan_world_page(&p, false);
    const char *first = strstr(page, "1000LONG199USDT LONG  10 at 100, price 101, R 2\n"); /* is closed */
    const char *second = strstr(page, "1000LONG198USDT");
    const char *third = strstr(page, "1000LONG195USDT");
    assert_true(first != NULL && second != NULL && third != NULL && first < second && second < third);
    assert_null(strstr(page, "1000LONG000USDT"));
    reload_world_holds(page, "12 positions shown, of 68 that change and 200 in all: --all shows");
    assert_true(lines_of(page) < 60);
    page = plan_world_page(&p, true);
    reload_world_holds(page, "1000LONG000USDT");
    reload_world_holds(page, "1000LONG001USDT LONG  10 at 100, price 101, R 2: nothing changes\n");
    assert_null(strstr(page, "--all"));
}

static void programs_have_all_of_it(void **state)
{
    (void)state;
    many(200);
    eb_plan_render(p.plan, &(struct eb_plan_view){.no_text = true});
    assert_int_equal(p.plan->text.len, 0);
    struct eb_buffer whole;
    eb_buffer_init(&whole, (size_t)8 << 20);
    (void)eb_buffer_printf(&whole, "{%s}", eb_buffer_str(&p.plan->doc));
    cJSON *doc = cJSON_Parse(eb_buffer_str(&whole));
    const cJSON *positions = cJSON_GetObjectItem(cJSON_GetObjectItem(doc, "plan"), "positions");
    assert_int_equal(cJSON_GetArraySize(positions), 200);
    const cJSON *level = cJSON_GetArrayItem(cJSON_GetObjectItem(cJSON_GetArrayItem(positions, 3), "levels"), 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(level, "level")), "stop (plan)");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(level, "now")), "90");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(level, "after")), "90.04");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(level, "in_force")), "90");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(level, "moved_r")), "0.020000");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(level, "moved_pct")), "0.040000");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(level, "marks")), 1);
    cJSON_Delete(doc);
    eb_buffer_deinit(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_says_what_becomes_of_its_level),
        cmocka_unit_test(what_comes_back_and_what_is_done_anyway),
        cmocka_unit_test(the_whole_position),
        cmocka_unit_test(who_is_not_asked_says_why),
        cmocka_unit_test(few_are_shown_whole),
        cmocka_unit_test(of_many_those_that_change_most),
        cmocka_unit_test(programs_have_all_of_it),
    };
    return cmocka_run_group_tests_name("app/plan_page", tests, NULL, teardown);
}
