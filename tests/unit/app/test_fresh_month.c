/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Lua state has lived through decides nothing: over a month of history each verdict equals that of a state that
 * was made for this one question.
 *
 *     klines (real where EXITBRAIN_DATA is set, else generated) -> backtest -> port: consult, consult_fresh, memcmp
 *
 * EB_FRESH=all compares every consult of the month (./test long); without it, some of its first ten days.
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/backtest_inner.h"
#include "feed/generator.h"
#include "policy/policy.h"

#define MONTH_MINUTES 43200
#define SLICE_MINUTES 14400
#if defined(__SANITIZE_ADDRESS__)
#define SLOWER 10
#else
#define SLOWER 1
#endif
#define EVERY_PLAN SLOWER        /* of the answers with decisions, one in so many is compared */
#define EVERY_KEEP (50 * SLOWER) /* and of the others */

/* A set under comparison, as a policy port. */
struct twin {
    struct eb_policy *set;
    bool all;
    uint64_t plans, keeps, compared_plans, compared_keeps, differing, failures;
    char first[512]; /* what failed or differed first */
};

static void complain(struct twin *t, const struct eb_context *ctx, const char *what)
{
    if (t->first[0] == '\0') {
        (void)snprintf(t->first, sizeof(t->first), "consult %" PRIu64 " of %s at %" PRId64 ": %.300s",
                       t->plans + t->keeps, ctx->symbol, ctx->now_ms, what);
    }
}

static enum eb_policy_result consult_both(void *policy, const struct eb_context *ctx, struct eb_verdict *out,
                                          struct eb_err *err)
{
    struct twin *t = policy;
    memset(out, 0, sizeof(*out));
    enum eb_policy_result result = eb_policy_consult(t->set, ctx, out, err);
    if (result != EB_POLICY_OK && result != EB_POLICY_KEEP) {
        t->failures++;
        complain(t, ctx, err->msg);
    }
    bool plan = out->count > 0;
    uint64_t *seen = plan ? &t->plans : &t->keeps;
    unsigned every = t->all ? 1 : plan ? EVERY_PLAN : EVERY_KEEP;
    if ((*seen)++ % every == 0) {
        struct eb_verdict fresh;
        struct eb_err fresh_err = {.msg = ""};
        memset(&fresh, 0, sizeof(fresh));
        enum eb_policy_result again = eb_policy_consult_fresh(t->set, ctx, &fresh, &fresh_err);
        *(plan ? &t->compared_plans : &t->compared_keeps) += 1;
        if (again != result || memcmp(&fresh, out, sizeof(fresh)) != 0) {
            t->differing++;
            complain(t, ctx, "a fresh state answers otherwise");
        }
    }
    return result;
}

/* ---- history ---- */

struct month {
    char file[512];
    bool made; /* generated, removed at the end */
};

static bool real_month(struct month *m)
{
    const char *data = getenv("EXITBRAIN_DATA");
    if (data == NULL || data[0] == '\0') {
        return false;
    }
    int n = snprintf(m->file, sizeof(m->file), "%s/klines_1m/ETHUSDT-1m-20250525-20250624.ohlcv.csv.gz", data);
    return n > 0 && (size_t)n < sizeof(m->file) && access(m->file, R_OK) == 0;
}

/* Stretches of every kind, with jumps and holes in it. */
static void generated_month(struct month *m)
{
    const char *tmp = getenv("TMPDIR");
    int n = snprintf(m->file, sizeof(m->file), "%s/eb-fresh-%ld.csv", tmp != NULL ? tmp : "/tmp", (long)getpid());
    assert_true(n > 0 && (size_t)n < sizeof(m->file));
    m->made = true;
    const struct eb_gen_config c = {.seed = 20250525,
                                    .start = {100 * EB_E8},
                                    .tick = {EB_E8 / 1000},
                                    .step_ms = 10000,
                                    .gap_ppm = 300,
                                    .missing_ppm = 100};
    struct eb_gen g;
    struct eb_series s;
    struct eb_err err = {.msg = ""};
    if (eb_gen_init(&g, &c, &err) != EB_OK ||
        eb_gen_series(&g, "GENUSDT", INT64_C(1748131200000), MONTH_MINUTES, &s, &err) != EB_OK ||
        eb_series_write_csv(&s, m->file, 12, true, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    eb_series_deinit(&s);
}

static void find_month(struct month *m)
{
    memset(m, 0, sizeof(*m));
    if (!real_month(m)) {
        generated_month(m);
    }
}

static void forget_month(const struct month *m)
{
    if (m->made) {
        assert_int_equal(unlink(m->file), 0);
    }
}

/* ---- the run ---- */

static void open_set(struct twin *t, const char *dir, const char *setting)
{
    const char *settings[] = {setting, NULL};
    const struct eb_policy_options o = {.settings = settings, .lib_dir = EB_TEST_ROOT "/lua/exitbrain"};
    struct eb_err err = {.msg = ""};
    const char *all = getenv("EB_FRESH");
    memset(t, 0, sizeof(*t));
    t->all = all != NULL && strcmp(all, "all") == 0;
    if (eb_policy_open(dir, &o, &t->set, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
}

static void live_through(struct twin *t, const char *entries)
{
    struct month m;
    find_month(&m);
    const char *const klines[] = {m.file};
    const struct eb_bt_options o = {.klines = klines,
                                    .klines_count = 1,
                                    .symbol = m.made ? "GENUSDT" : "ETHUSDT",
                                    .entries = entries,
                                    .tick = {EB_E8 / 100000},
                                    .step = {EB_E8 / 1000},
                                    .min_qty = {EB_E8 / 1000},
                                    .maintenance_ppm = 10000,
                                    .balance = {10000 * EB_E8},
                                    .fee_taker_ppm = 400,
                                    .fee_maker_ppm = 200};
    struct eb_bt_data d;
    struct eb_bt_result out;
    struct eb_err err = {.msg = ""};
    memset(&out, 0, sizeof(out));
    if (eb_bt_load(&o, &d, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    if (!t->all && d.symbol[0].bars.count > SLICE_MINUTES) {
        d.symbol[0].bars.count = SLICE_MINUTES;
    }
    struct eb_bt_run run = {.o = &o, .d = &d, .out = &out, .order = EB_WALK_ADVERSE};
    if (eb_bt_run_once(&run, (struct eb_policy_port){.policy = t, .consult = consult_both}, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    print_message("%" PRIu64 " bars, %zu episodes, %" PRIu64 " consults; compared: %" PRIu64 " of %" PRIu64
                  " plans, %" PRIu64 " of %" PRIu64 " others; %" PRIu64 " differ\n",
                  out.bars, out.episode_count, t->plans + t->keeps, t->compared_plans, t->plans, t->compared_keeps,
                  t->keeps, t->differing);
    eb_bt_result_deinit(&out);
    eb_bt_data_deinit(&d);
    forget_month(&m);
}

static void equals_fresh(const char *setting)
{
    struct twin t;
    open_set(&t, EB_TEST_ROOT "/policies", setting);
    print_message("%s: ", setting);
    live_through(&t, "every:240,notional=2000,leverage=5");
    eb_policy_close(t.set);
    if (t.differing + t.failures > 0) {
        fail_msg("%" PRIu64 " differ, %" PRIu64 " failed; first: %s", t.differing, t.failures, t.first);
    }
    assert_true(t.compared_plans > 0 && t.compared_keeps > 0);
}

static void test_default(void **state)
{
    (void)state;
    equals_fresh("profile=\"DEFAULT\"");
}

static void test_v3_faithful(void **state)
{
    (void)state;
    equals_fresh("profile=\"V3_FAITHFUL\"");
}

static void test_dynamic(void **state)
{
    (void)state;
    equals_fresh("tp_source=\"dynamic\"");
}

static void test_position_monitor(void **state)
{
    (void)state;
    equals_fresh("owner=\"position_monitor\"");
}

static void test_trailing_stop_manager(void **state)
{
    (void)state;
    equals_fresh("owner=\"trailing_stop_manager\"");
}

static void test_hybrid_tpsl(void **state)
{
    (void)state;
    equals_fresh("owner=\"hybrid_tpsl\"");
}

static void test_dynamic_trailing_rearm(void **state)
{
    (void)state;
    equals_fresh("owner=\"dynamic_trailing_rearm\"");
}

/* The proof can fail: a set that counts its questions in a variable of its own is found out. */
static void test_a_set_with_a_past_is_found_out(void **state)
{
    (void)state;
    static const char text[] = "local asked = 0\n"
                               "return { name = 'n', version = '1', decide = function(ctx)\n"
                               "  asked = asked + 1\n"
                               "  return { type = 'move_stop', pct = 2 + asked * 0.001 }\n"
                               "end }\n";
    char dir[128];
    char file[160];
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(dir, sizeof(dir), "%s/eb-past-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    (void)snprintf(file, sizeof(file), "%s/init.lua", dir);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, sizeof(text) - 1, f), sizeof(text) - 1);
    assert_int_equal(fclose(f), 0);
    struct twin t;
    open_set(&t, dir, NULL);
    live_through(&t, "every:240,notional=2000,leverage=5");
    eb_policy_close(t.set);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(dir), 0);
    assert_true(t.compared_plans > 1);
    assert_int_equal(t.differing, t.compared_plans - 1); /* all but the very first */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default),
        cmocka_unit_test(test_v3_faithful),
        cmocka_unit_test(test_dynamic),
        cmocka_unit_test(test_position_monitor),
        cmocka_unit_test(test_trailing_stop_manager),
        cmocka_unit_test(test_hybrid_tpsl),
        cmocka_unit_test(test_dynamic_trailing_rearm),
        cmocka_unit_test(test_a_set_with_a_past_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
