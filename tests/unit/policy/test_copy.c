/* SPDX-License-Identifier: Apache-2.0 */
/* A twin of a set: the same bytes, settings and hash, a state of its own, whatever becomes of the first. */
#include "fixture.h"

#include <string.h>

/* Answers with how often its state was asked: impure, which is what shows whose state it is. */
static const char counting[] = "local S = { pct = 1.5, profile = 'none' }\n"
                               "local asked = 0\n"
                               "return { name = 'set', version = '1', settings = S, decide = function(ctx)\n"
                               "  asked = asked + 1; log('asked')\n"
                               "  return { type = 'move_stop', pct = S.pct, reason = S.profile .. asked } end,\n"
                               "  self_test = function() assert(S.pct < 5, 'too far') end }\n";

static void expect_answer(struct eb_policy *p, const char *reason, int64_t pct_ppm)
{
    struct eb_context ctx;
    struct eb_verdict out;
    struct eb_err err = {.msg = ""};
    fixture_context(&ctx);
    if (eb_policy_consult(p, &ctx, &out, &err) != EB_POLICY_OK) {
        fail_msg("%s", err.msg);
    }
    assert_string_equal(out.decision[0].reason, reason);
    assert_int_equal(out.decision[0].u.stop.pct_ppm, pct_ppm);
}

static void count_lines(void *user, enum eb_log_level level, const char *line)
{
    (void)level;
    fixture_holds(line, "policy.log");
    ++*(unsigned *)user;
}

static void test_twin(void **state)
{
    (void)state;
    static const char *const settings[] = {"pct=2.5", NULL};
    unsigned lines = 0;
    const struct eb_log log = {.sink = count_lines, .user = &lines};
    const struct eb_policy_options opt = {.settings = settings, .profile = "TREND", .log = &log};
    struct eb_err err = {.msg = ""};
    struct eb_policy *twin = NULL;
    struct eb_policy_info a;
    struct eb_policy_info b;
    struct eb_policy *p = fixture_try(counting, &opt, &err);
    if (p == NULL) {
        fail_msg("%s", err.msg);
    }
    expect_answer(p, "TREND1", 25000);
    assert_int_equal(lines, 1);
    assert_int_equal(eb_policy_copy(p, &twin, &err), EB_OK);
    assert_int_equal(eb_policy_build(twin, &err), EB_OK);
    eb_policy_info(p, &a);
    eb_policy_info(twin, &b);
    assert_string_equal(a.hash_text, b.hash_text);
    assert_string_equal(b.name, "set");
    assert_int_equal(b.consults, 0);
    eb_policy_close(p);
    expect_answer(twin, "TREND1", 25000); /* a state of its own, and it lives on alone */
    expect_answer(twin, "TREND2", 25000);
    assert_int_equal(lines, 1); /* it has no log */
    eb_policy_set_log(twin, &log);
    expect_answer(twin, "TREND3", 25000);
    assert_int_equal(lines, 2);
    assert_int_equal(eb_policy_renew(twin, &err), EB_OK);
    expect_answer(twin, "TREND1", 25000); /* what a trial left behind is gone */
    eb_policy_info(twin, &b);
    assert_int_equal(b.consults, 1);
    assert_string_equal(a.hash_text, b.hash_text);
    assert_int_equal(lines, 3); /* the log stays */
    eb_policy_close(twin);
}

/* Copying can run out of memory at any request, and leaves nothing behind. */
static void test_no_memory(void **state)
{
    (void)state;
    const struct eb_policy_text text = {"init.lua", counting, sizeof(counting) - 1};
    static const char *const settings[] = {"pct=2", NULL};
    const struct eb_policy_options opt = {.settings = settings, .profile = "TREND"};
    struct fail_heap f = {.pooled = true};
    const struct eb_heap heap = fixture_heap(&f);
    struct eb_policy *p = NULL;
    struct eb_err err;
    assert_int_equal(eb_policy_open_with(&heap, NULL, &text, 1, &opt, &p, &err), EB_OK);
    size_t blocks = f.blocks;
    int code = EB_E_MEMORY;
    for (uint64_t nth = 1; code != EB_OK; nth++) {
        struct eb_policy *twin = NULL;
        f.requests = 0;
        f.fail_at = nth;
        code = eb_policy_copy(p, &twin, &err);
        code = code == EB_OK ? eb_policy_build(twin, &err) : code;
        eb_policy_close(twin);
        assert_true(nth < 1000);
        assert_true(code == EB_OK || code == EB_E_MEMORY);
        assert_int_equal(f.blocks, blocks);
    }
    f.fail_at = 0;
    eb_policy_close(p);
    assert_int_equal(f.blocks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twin),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
