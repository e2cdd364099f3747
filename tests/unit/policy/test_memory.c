/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out, at every single request: a clean error or the right answer, nothing lost, and back again. */
#include "fixture.h"

#include <string.h>

#define TINY "return { name = 'n', version = '1', decide = function() end }"

static const char torture_init[] =
    "local S = { pct = 1.5 }\n"
    "local function plan(ctx) local t = {} for i = 1, 8 do t[i] = { r = i, fraction = 0.1 } end return t end\n"
    "return { name = 'n', version = '1', settings = S, self_test = function() assert(S.pct == 2) end,\n"
    "  decide = function(ctx) local s = '' for k, v in pairs({ a = 1, b = 2, c = ctx.price }) do s = s .. k .. v end\n"
    "    local ok, e = pcall(function() return ('x'):rep(100) .. ctx.now_ms end)\n"
    "    return { { type = 'update_tp_limits', levels = plan(ctx), reason = s }, { type = 'move_stop', pct = S.pct } "
    "},\n"
    "      { memory = { one = s, two = ok } } end }\n";

static int open_torture(struct fail_heap *f, struct eb_policy **p, struct eb_err *err)
{
    static const char *const list[] = {"pct=2", NULL};
    struct eb_policy_text text = {"init.lua", torture_init, sizeof(torture_init) - 1};
    struct eb_policy_options opt = {.settings = list, .profile = "DEFAULT"};
    struct eb_heap heap = fixture_heap(f);
    return eb_policy_open_with(&heap, NULL, &text, 1, &opt, p, err);
}

/* Every request for memory fails once, and from there on for ever: a clean error or a good set, nothing left behind. */
static void test_open_without_memory(void **state)
{
    (void)state;
    unsigned refused = 0;
    unsigned recovered = 0;
    for (int way = 0; way < 4; way++) {
        uint64_t n = 1;
        for (;; n++) {
            struct fail_heap f = {.fail_at = n, .for_ever = (way & 1) != 0, .pooled = (way & 2) != 0};
            struct eb_policy *p = NULL;
            struct eb_err err = {.code = EB_OK};
            int code = open_torture(&f, &p, &err);
            assert_true((code == EB_OK) == (p != NULL));
            if (code != EB_OK) {
                assert_int_equal(code, EB_E_MEMORY);
                assert_true(err.msg[0] != '\0');
                refused++;
            } else {
                recovered++;
                eb_policy_close(p);
            }
            assert_int_equal(f.blocks, 0);
            if (f.requests < n) {
                break;
            }
        }
        assert_true(n > ((way & 2) != 0 ? 8 : 300));
    }
    print_message("open: %u refused, %u opened\n", refused, recovered);
    assert_true(refused > 100);
}

static void consult_torture(bool for_ever, unsigned *failed, unsigned *answered)
{
    struct eb_context ctx;
    static struct eb_verdict expected;
    static struct eb_verdict out;
    fixture_context(&ctx);
    for (uint64_t n = 1;; n++) {
        struct fail_heap f = {.fail_at = 0};
        struct eb_policy *p = NULL;
        struct eb_err err = {.code = EB_OK};
        assert_int_equal(open_torture(&f, &p, &err), EB_OK);
        if (n == 1) {
            assert_int_equal(eb_policy_consult_fresh(p, &ctx, &expected, &err), EB_POLICY_OK);
        }
        f.fail_at = f.requests + n;
        f.for_ever = for_ever;
        enum eb_policy_result result = eb_policy_consult(p, &ctx, &out, &err);
        bool reached = f.requests >= f.fail_at;
        f.fail_at = 0;
        if (result == EB_POLICY_MEMORY) {
            (*failed)++;
            assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_OK); /* it comes back with the memory */
        } else {
            (*answered)++;
            assert_int_equal(result, EB_POLICY_OK);
        }
        assert_memory_equal(&out, &expected, sizeof(out));
        eb_policy_close(p);
        assert_int_equal(f.blocks, 0);
        if (!reached) {
            return;
        }
    }
}

static void test_consult_without_memory(void **state)
{
    (void)state;
    unsigned failed = 0;
    unsigned answered = 0;
    consult_torture(false, &failed, &answered);
    assert_true(answered > 10); /* one failure is met by a collection */
    consult_torture(true, &failed, &answered);
    assert_true(failed > 10);
    print_message("consult: %u failed cleanly, %u answered\n", failed, answered);
}

/* The cap of the set itself: too small to load is refused, whatever the size. */
static void test_memory_caps(void **state)
{
    (void)state;
    unsigned opened = 0;
    for (size_t cap = 1024; cap <= 131072; cap += 1024) {
        struct fail_heap f = {.fail_at = 0};
        struct eb_heap heap = fixture_heap(&f);
        struct eb_policy_text text = {"init.lua", TINY, sizeof(TINY) - 1};
        struct eb_policy_options opt = {.memory_max = cap};
        struct eb_policy *p = NULL;
        struct eb_err err;
        if (eb_policy_open_with(&heap, NULL, &text, 1, &opt, &p, &err) == EB_OK) {
            opened++;
            eb_policy_close(p);
        } else {
            assert_int_equal(err.code, EB_E_MEMORY);
            assert_int_equal(opened, 0);
        }
        assert_int_equal(f.blocks, 0);
    }
    assert_true(opened > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_without_memory),
        cmocka_unit_test(test_consult_without_memory),
        cmocka_unit_test(test_memory_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
