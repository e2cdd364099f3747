/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded default run without a wall clock: what its first minute promises for every seed, that it repeats itself,
 * and that the judge sees what is wrong.
 */
#include "app/paper_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/explain.h"

#define START_MS INT64_C(1748779200000) /* 2025-06-01 12:00 UTC */
#define MINUTE_MS INT64_C(60000)

static struct eb_paper *open_run(uint32_t seed, int64_t length_ms)
{
    struct eb_paper_options o;
    struct eb_err err = {0};
    struct eb_paper *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    memset(&o, 0, sizeof(o));
    eb_config_default(&o.config);
    o.config.engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, true, true};
    o.config.paper.seed = seed;
    o.start_ms = START_MS;
    o.length_ms = length_ms;
    (void)snprintf(o.choice.dir, sizeof(o.choice.dir), "%s", EB_TEST_ROOT "/policies");
    (void)snprintf(o.choice.lib_dir, sizeof(o.choice.lib_dir), "%s", EB_TEST_ROOT "/lua/exitbrain");
    if (eb_paper_open(p, &o, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    return p;
}

static void run_to(struct eb_paper *p, int64_t after_ms)
{
    struct eb_err err = {0};
    if (eb_paper_advance(p, START_MS + after_ms, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
}

static void settle(struct eb_paper *p)
{
    struct eb_err err = {0};
    assert_int_equal(eb_paper_settle(p, &err), EB_OK);
}

static void close_run(struct eb_paper *p)
{
    struct eb_err err = {0};
    assert_int_equal(eb_paper_close(p, &err), EB_OK);
    free(p);
}

static void judge(struct eb_paper *p, struct eb_paper_verdict *v)
{
    struct eb_err err = {0};
    assert_int_equal(eb_paper_judge(p, v, &err), EB_OK);
}

static void the_first_minute_shows_everything(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 12; seed++) {
        struct eb_paper *p = open_run(seed, MINUTE_MS);
        struct eb_paper_verdict v;
        size_t regimes[EB_REGIME_COUNT] = {0};
        size_t reasons[EB_EXIT_REASON_COUNT] = {0};
        size_t adopted = 0;
        size_t shorts = 0;
        run_to(p, MINUTE_MS);
        settle(p);
        judge(p, &v);
        if (!v.good) {
            fail_msg("seed %u: %s", seed, eb_buffer_str(&v.problems));
        }
        assert_int_equal(p->book.count, 8);
        for (size_t i = 0; i < p->book.count; i++) {
            const struct eb_book_episode *ep = &p->book.episode[i];
            assert_true(ep->closed && ep->decided && ep->was_protected && v.episode_reconciled[i]);
            assert_true(ep->protected_after_ms <= 1000);
            regimes[ep->regime]++;
            adopted += ep->adopted ? 1 : 0;
            shorts += ep->side == EB_SHORT ? 1 : 0;
            for (size_t k = 0; k < ep->exit_count; k++) {
                reasons[ep->exit[k].reason]++;
            }
        }
        assert_int_equal(adopted, 3);
        assert_true(shorts >= 3 && shorts <= 5);
        for (unsigned r = EB_REGIME_UNKNOWN + 1; r < EB_REGIME_COUNT; r++) {
            assert_true(regimes[r] > 0);
        }
        assert_int_equal(regimes[EB_REGIME_UNKNOWN], 0);
        assert_true(reasons[EB_EXIT_TARGET] > 0 && reasons[EB_EXIT_STOP] > 0 && reasons[EB_EXIT_TRAILING] > 0);
        eb_paper_verdict_deinit(&v);
        close_run(p);
    }
}

/* Two runs to the same moment, one in small pieces: the same engine, the same document. */
static void a_run_repeats_itself(void **state)
{
    (void)state;
    struct eb_paper *a = open_run(5, 3 * MINUTE_MS);
    struct eb_paper *b = open_run(5, 3 * MINUTE_MS);
    run_to(a, 3 * MINUTE_MS);
    for (int64_t at = 7; at < 3 * MINUTE_MS; at += 613) {
        run_to(b, at);
    }
    run_to(b, 3 * MINUTE_MS);
    settle(a);
    settle(b);
    assert_true(a->book.count > 8); /* later scenes open positions too */
    assert_int_equal(a->book.count, b->book.count);
    assert_true(eb_engine_durable_hash(eb_host_engine(a->host)) == eb_engine_durable_hash(eb_host_engine(b->host)));
    close_run(a);
    close_run(b);
}

static void a_short_run_is_told_faster(void **state)
{
    (void)state;
    struct eb_paper *p = open_run(1, EB_PAPER_SCENE_MIN_MS);
    struct eb_paper_verdict v;
    run_to(p, EB_PAPER_SCENE_MIN_MS);
    settle(p);
    judge(p, &v);
    assert_true(v.good);
    for (size_t i = 0; i < p->book.count; i++) {
        assert_true(p->book.episode[i].closed);
    }
    eb_paper_verdict_deinit(&v);
    close_run(p);
}

static void what_is_open_is_explained_and_no_failure(void **state)
{
    (void)state;
    struct eb_paper *p = open_run(1, MINUTE_MS);
    struct eb_paper_verdict v;
    struct eb_buffer text;
    run_to(p, 13000);
    settle(p);
    judge(p, &v);
    assert_true(v.good);
    const struct eb_book_episode *ep = &p->book.episode[0];
    assert_false(ep->closed);
    eb_buffer_init(&text, 1 << 20);
    eb_explain_text(ep, "set", false, &text);
    static const char *const words[] = {"BTCUSDT LONG",
                                        "found open",
                                        "regime TREND",
                                        "protected at",
                                        "fired at",
                                        "the trail has not started",
                                        "waiting: the price has not reached it",
                                        "in force",
                                        "another stop is tighter"};
    for (size_t i = 0; i < EB_COUNT(words); i++) {
        if (strstr(eb_buffer_str(&text), words[i]) == NULL) {
            fail_msg("no \"%s\" in\n%s", words[i], eb_buffer_str(&text));
        }
    }
    eb_buffer_deinit(&text);
    eb_paper_verdict_deinit(&v);
    close_run(p);
}

/* Whatever the engine's books say more, less or otherwise than the exchange's is found. */
static void the_judge_is_not_fooled(void **state)
{
    (void)state;
    for (int lie = 0; lie < 7; lie++) {
        struct eb_paper *p = open_run(1, MINUTE_MS);
        struct eb_paper_verdict v;
        run_to(p, MINUTE_MS);
        settle(p);
        struct eb_book_episode *ep = &p->book.episode[1];
        assert_true(ep->closed && ep->exit_count == 3);
        switch (lie) {
        case 0:
            ep->exit[1].qty.e8 += 1;
            break;
        case 1:
            ep->exit[2].price.e8 += 1;
            break;
        case 2:
            ep->exit[0].fee.e8 = 0;
            break;
        case 3:
            ep->exit_count = 2;
            break;
        case 4:
            ep->decided = false;
            break;
        case 5:
            ep->unprotected_ms = p->o.config.engine.protect_ms + 1;
            break;
        default:
            ep->exit[1].client_id.attempt++;
            break;
        }
        judge(p, &v);
        assert_false(v.good);
        assert_true(v.problems.len > 0);
        assert_true(lie != 4 ? v.decided : !v.decided);
        assert_true(lie != 5 ? v.is_protected : !v.is_protected);
        assert_true(lie == 4 || lie == 5 ? v.reconciled : !v.reconciled);
        eb_paper_verdict_deinit(&v);
        close_run(p);
    }
}

static void in_shadow_nothing_is_sent_and_the_run_is_not_good(void **state)
{
    (void)state;
    struct eb_paper_options o;
    struct eb_paper_verdict v;
    struct eb_err err = {0};
    struct eb_sim_stats stats;
    struct eb_paper *good = open_run(1, MINUTE_MS);
    o = good->o;
    close_run(good);
    o.config.engine.mode.executor_live = false;
    struct eb_paper *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    assert_int_equal(eb_paper_open(p, &o, &err), EB_OK);
    run_to(p, MINUTE_MS);
    settle(p);
    judge(p, &v);
    eb_sim_stats(p->sim, &stats);
    assert_int_equal(stats.submits, 0);
    assert_false(v.good);
    assert_non_null(strstr(eb_buffer_str(&v.problems), "mode is not LIVE"));
    eb_paper_verdict_deinit(&v);
    close_run(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_minute_shows_everything),
        cmocka_unit_test(a_run_repeats_itself),
        cmocka_unit_test(a_short_run_is_told_faster),
        cmocka_unit_test(what_is_open_is_explained_and_no_failure),
        cmocka_unit_test(the_judge_is_not_fooled),
        cmocka_unit_test(in_shadow_nothing_is_sent_and_the_run_is_not_good),
    };
    return cmocka_run_group_tests_name("app/paper", tests, NULL, NULL);
}
