/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile scripts: each ends within its limits, in the result that it deserves, and the set works afterwards. */
#define _POSIX_C_SOURCE 200809L

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct hostile {
    const char *name, *body;
    enum eb_policy_result result;
    const char *message; /* part of it */
};

static const struct hostile scripts[] = {
    /* loops */
    {"loop", "while true do end", EB_POLICY_BUDGET, "more than 200000 instructions"},
    {"pcall loop", "while true do pcall(function() while true do end end) end", EB_POLICY_BUDGET, NULL},
    {"pcall nested", "local function f(n) while true do if n > 0 then pcall(f, n - 1) end end end f(5)",
     EB_POLICY_BUDGET, NULL},
    {"pcall of error", "local e = {} while true do pcall(error, e) end", EB_POLICY_BUDGET, NULL},
    {"goto", "::a:: goto a", EB_POLICY_BUDGET, NULL},
    {"for", "for i = 1, math.huge do end", EB_POLICY_BUDGET, NULL},
    {"sort always true",
     "local t = {} for i = 1, 1000 do t[i] = i end "
     "while true do pcall(table.sort, t, function() return true end) end",
     EB_POLICY_BUDGET, NULL},
    {"sort by a C function", "local t = {} for i = 1, 1000 do t[i] = i end while true do table.sort(t, math.max) end",
     EB_POLICY_BUDGET, NULL},
    {"next quadratic", "local t = {} for i = 1, 2000 do t['k' .. i] = i end for k in next, t do end", EB_POLICY_BUDGET,
     NULL},
    {"insert shifts",
     "local t = {} for i = 1, 3000 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t, 1) end",
     EB_POLICY_BUDGET, NULL},
    {"long format", "while true do local s = string.format('%.99f', 1e308) end", EB_POLICY_BUDGET, NULL},
    {"tostring loop", "while true do local s = tostring(0.1) end", EB_POLICY_BUDGET, NULL},
    {"compare long", "local a, b = ('x'):rep(1000) .. 'a', ('x'):rep(1000) .. 'b' while a < b do end", EB_POLICY_BUDGET,
     NULL},
    {"close with pcall", "while true do local x <close> = nil pcall(function() while true do end end) end",
     EB_POLICY_BUDGET, NULL},
    /* memory */
    {"table grows", "local t = {} local i = 0 while true do i = i + 1 t[i] = {} end", EB_POLICY_MEMORY,
     "one block larger"},
    {"memory in pcall", "while true do pcall(function() local t = {} for i = 1, 1e9 do t[i] = {} end end) end",
     EB_POLICY_MEMORY, NULL},
    {"long string", "local s = 'x' while true do s = s .. s end", EB_POLICY_MEMORY, "longer than 1024"},
    {"long string in pcall", "while true do pcall(function() local s = 'x' while true do s = s .. s end end) end",
     EB_POLICY_MEMORY, "longer than 1024"},
    {"garbage", "local a = ('x'):rep(1000) while true do local s = a .. 'y' end", EB_POLICY_MEMORY, "may request"},
    {"big table", "local t = {} for i = 1, 1e7 do t[i] = 0 end", EB_POLICY_MEMORY, "one block larger"},
    {"recursion", "local function f() return 1 + f() end f()", EB_POLICY_MEMORY, "endless recursion"},
    {"varargs", "local function f(...) return f(1, ...) end f()", EB_POLICY_MEMORY, NULL},
    {"says so itself", "error('not enough memory', 0)", EB_POLICY_MEMORY, NULL},
    /* C functions */
    {"rep bomb", "return ('x'):rep(1e9)", EB_POLICY_ERROR, "string.rep: the result would exceed 1024"},
    {"rep of nothing", "return string.rep('', 1e12)", EB_POLICY_ERROR, "exceed"},
    {"rep overflow", "return string.rep('xx', math.maxinteger)", EB_POLICY_ERROR, "exceed"},
    {"rep separator", "return string.rep('', 1000, ('x'):rep(1000))", EB_POLICY_ERROR, "exceed"},
    {"concat bomb", "local t = {} for i = 1, 1000 do t[i] = 'xxxx' end return table.concat(t)", EB_POLICY_ERROR,
     "exceed 1024"},
    {"concat range", "return table.concat({}, '', 1, 1e9)", EB_POLICY_ERROR, "more than 1024 elements"},
    {"concat edge", "return table.concat({}, '', math.mininteger, math.maxinteger)", EB_POLICY_ERROR,
     "more than 1024 elements"},
    {"unpack bomb", "return table.unpack({}, 1, 1e8)", EB_POLICY_ERROR, "more than 200 values"},
    {"unpack edge", "return table.unpack({}, math.mininteger, math.maxinteger)", EB_POLICY_ERROR, "more than 200"},
    {"sort size", "local t = {} for i = 1, 2000 do t[i] = i end table.sort(t)", EB_POLICY_ERROR,
     "more than 1024 elements"},
    {"pattern", "return string.find(('a'):rep(30), ('.-'):rep(20) .. 'b')", EB_POLICY_ERROR,
     "patterns are not available"},
    {"pattern method", "return ('a'):find('a*')", EB_POLICY_ERROR, "patterns are not available"},
    {"format pointer", "return string.format('%p', {})", EB_POLICY_ERROR, "'%p' is not available"},
    {"format quoted", "return string.format('%q', 'x')", EB_POLICY_ERROR, "'%q' is not available"},
    {"format no value", "return string.format('%d %d', 1)", EB_POLICY_ERROR, "no value for directive 2"},
    {"format cut", "return string.format('%', 1)", EB_POLICY_ERROR, "not available"},
    {"format length", "return string.format('%s%s', ('x'):rep(1000), ('x'):rep(1000))", EB_POLICY_MEMORY,
     "longer than"},
    /* what must not be there */
    {"setmetatable", "return setmetatable({}, {})", EB_POLICY_ERROR, "unknown global 'setmetatable'"},
    {"getmetatable", "return getmetatable('').__index", EB_POLICY_ERROR, "unknown global 'getmetatable'"},
    {"rawset", "rawset(string, 'x', 1)", EB_POLICY_ERROR, "unknown global 'rawset'"},
    {"coroutine", "return coroutine.wrap(function() end)", EB_POLICY_ERROR, "unknown global 'coroutine'"},
    {"xpcall", "xpcall(error, function() while true do end end)", EB_POLICY_ERROR, "unknown global 'xpcall'"},
    {"load", "load('return 1')()", EB_POLICY_ERROR, "unknown global 'load'"},
    {"dofile", "dofile('/etc/passwd')", EB_POLICY_ERROR, "unknown global 'dofile'"},
    {"os", "return os.time()", EB_POLICY_ERROR, "unknown global 'os'"},
    {"io", "return io.open('/etc/passwd')", EB_POLICY_ERROR, "unknown global 'io'"},
    {"debug", "debug.sethook() while true do end", EB_POLICY_ERROR, "unknown global 'debug'"},
    {"collectgarbage", "collectgarbage('stop')", EB_POLICY_ERROR, "unknown global 'collectgarbage'"},
    {"_G", "return _G", EB_POLICY_ERROR, "unknown global '_G'"},
    {"print", "print(1)", EB_POLICY_ERROR, "unknown global 'print'"},
    {"utf8", "return utf8.char(1)", EB_POLICY_ERROR, "unknown global 'utf8'"},
    {"random", "return math.random()", EB_POLICY_ERROR, "a nil value (field 'random')"},
    {"pow", "return math.exp(1)", EB_POLICY_ERROR, "a nil value (field 'exp')"},
    {"gsub", "return ('x'):gsub('x', 'y')", EB_POLICY_ERROR, "a nil value (method 'gsub')"},
    {"dump", "return string.dump(function() end)", EB_POLICY_ERROR, "a nil value (field 'dump')"},
    {"move", "table.move({}, 1, 1e10, 2)", EB_POLICY_ERROR, "a nil value (field 'move')"},
    {"arithmetic on text", "return '1' + 1", EB_POLICY_ERROR, "arithmetic on a string value"},
    /* what must not be written */
    {"global", "leak = 1", EB_POLICY_ERROR, "global 'leak' may not be created"},
    {"global function", "function leak() end", EB_POLICY_ERROR, "global 'leak' may not be created"},
    {"replace a global", "pcall = nil", EB_POLICY_ERROR, "global 'pcall' may not be created"},
    {"replace a library", "math.floor = nil", EB_POLICY_ERROR, "library tables are read-only: 'floor'"},
    {"extend a library", "string.x = 1", EB_POLICY_ERROR, "library tables are read-only: 'x'"},
    {"insert into a library", "table.insert(math, 1)", EB_POLICY_ERROR, "read-only"},
    {"sort a library", "table.sort(_ENV) _ENV[1] = 2", EB_POLICY_ERROR, "may not be created"},
    {"write ctx", "ctx.stop = 1", EB_POLICY_ERROR, "ctx is read-only: 'stop'"},
    {"write legs", "ctx.legs[1].price = 1", EB_POLICY_ERROR, "ctx is read-only: 'price'"},
    {"write memory", "ctx.memory.x = 1", EB_POLICY_ERROR, "ctx is read-only: 'x'"},
    {"require outside", "return require 'os'", EB_POLICY_ERROR, "inside decide"},
    /* errors of every shape */
    {"error table", "error({ code = 1 })", EB_POLICY_ERROR, "the error value is a table, not a text"},
    {"error nil", "error()", EB_POLICY_ERROR, "the error value is a nil"},
    {"error number", "error(42)", EB_POLICY_ERROR, "error value 42"},
    {"error userdata", "error(ctx)", EB_POLICY_ERROR, "the error value is a userdata"},
    {"error function", "error(error)", EB_POLICY_ERROR, "the error value is a function"},
    {"error in error", "local ok, e = pcall(error, {}) error(e.x.y)", EB_POLICY_ERROR, "attempt to index a nil value"},
    {"error long", "error(('x'):rep(1000))", EB_POLICY_ERROR, "..."},
    {"assert table", "assert(false, {})", EB_POLICY_ERROR, "the error value is a table"},
    {"assert nothing", "assert(nil)", EB_POLICY_ERROR, "assertion failed!"},
    {"call nil", "local x x()", EB_POLICY_ERROR, "init.lua:3: attempt to call a nil value"},
    {"pairs without order", "for k in pairs({ [{}] = 1 }) do end", EB_POLICY_ERROR, "a key of type table has no order"},
    {"integer division", "return 1 // 0", EB_POLICY_ERROR, "attempt to divide by zero"},
};

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void test_hostile(void **state)
{
    (void)state;
    double worst = 0.0;
    const char *worst_name = "";
    unsigned wrong = 0;
    for (size_t i = 0; i < EB_COUNT(scripts); i++) {
        const struct hostile *h = &scripts[i];
        struct eb_context ctx;
        struct eb_verdict out;
        struct eb_err err = {.code = EB_OK};
        struct eb_policy_info info;
        fixture_context(&ctx);
        struct eb_policy *p = fixture_decide(h->body);
        for (uint64_t round = 1; round <= 2; round++) { /* the second time in what the first has left */
            double began = seconds();
            enum eb_policy_result result = eb_policy_consult(p, &ctx, &out, &err);
            double took = seconds() - began;
            if (getenv("EB_VERBOSE") != NULL) {
                print_message("%6.2f ms %s\n", took * 1e3, h->name);
            }
            if (took > worst) {
                worst = took;
                worst_name = h->name;
            }
            if (result != h->result || (h->message != NULL && strstr(err.msg, h->message) == NULL)) {
                print_error("%s: result %d instead of %d: %s\n", h->name, (int)result, (int)h->result, err.msg);
                wrong++;
                break;
            }
            eb_policy_info(p, &info);
            bool breach = result == EB_POLICY_BUDGET || result == EB_POLICY_MEMORY;
            assert_int_equal(info.rebuilds, breach ? round : 0);
            assert_int_equal(info.failures, round);
        }
        eb_policy_close(p);
    }
    print_message("worst of %zu hostile scripts: %.1f ms (%s)\n", EB_COUNT(scripts), worst * 1e3, worst_name);
    assert_int_equal(wrong, 0);
    assert_true(worst < 5.0);
}

/* What is allowed does what it says: each must hold inside the sandbox. */
static const char *const truths[] = {
    "math.floor(2.7) == 2 and math.ceil(2.1) == 3 and math.abs(-3) == 3 and math.max(1, 5, 2) == 5",
    "math.sqrt(9) == 3 and math.fmod(7, 3) == 1 and math.type(1) == 'integer' and math.tointeger(3.0) == 3",
    "math.ult(1, -1) and math.modf(3.5) == 3 and math.huge > 1e308 and math.pi > 3.14",
    "3 ^ 2 == 9 and math.maxinteger + 1 == math.mininteger",
    "string.format('%5.2f|%d|%s|%%|%x', 1.005, 3, 'x', 255) == ' 1.00|3|x|%|ff'",
    "string.format('%s %s', {}, math.floor) == 'table function'",
    "string.format('%s', ctx) == 'ctx' and tostring(ctx.legs) == 'ctx.legs'",
    "tostring({}) == 'table' and tostring(pairs) == 'function' and tostring(nil) == 'nil' and tostring(1.5) == '1.5'",
    "('abc'):upper() == 'ABC' and ('ABC'):lower() == 'abc' and ('abc'):sub(2, 3) == 'bc' and #('abc') == 3",
    "('abc'):rep(3, '-') == 'abc-abc-abc' and ('x'):rep(-1) == '' and ('a'):byte() == 97 and string.char(97) == 'a'",
    "('a.b'):find('.', 1, true) == 2 and ('abc'):find('c') == 3 and ('abc'):find('z') == nil",
    "tonumber('12') == 12 and tonumber('0x10') == 16 and tonumber('z') == nil and tonumber('ff', 16) == 255",
    "tonumber(('1'):rep(100)) == nil and tonumber(7) == 7",
    "select('#', 1, nil, 2) == 3 and select(2, 'a', 'b') == 'b' and rawlen({ 1, 2 }) == 2 and rawequal(up, up)",
    "table.concat({ 1, 'b', 2.5 }, ',') == '1,b,2.5' and table.concat({}) == '' and table.unpack({ 7, 8 }) == 7",
    "(function() local t = { 3, 1, 2 } table.sort(t) return t[1] == 1 and t[2] == 2 and t[3] == 3 end)()",
    "(function() local t = { 'b', 'a', 'B' } table.sort(t, function(x, y) return x > y end) return t[1] == 'b' end)()",
    "(function() local t = { 1, 2 } table.insert(t, 1, 0) return t[1] == 0 and t[3] == 2 end)()",
    "(function() local t = { 1, 2 } table.insert(t, 9) return table.remove(t) == 9 and table.remove(t, 1) == 1 end)()",
    "(function() local ok, e = pcall(error, 'x', 0) return ok == false and e == 'x' end)()",
    "(function() local ok, a, b = pcall(function() return 1, 2 end) return ok and a == 1 and b == 2 end)()",
    "(function() local ok, e = pcall(error, { v = 3 }) return not ok and e.v == 3 end)()",
    "type(ctx) == 'userdata' and next({}) == nil and next({ 5 }) == 1",
    "0.1 + 0.2 ~= 0.3 and 7 // 2 == 3 and -7 % 3 == 2 and 1 / 0 == math.huge",
};

static void test_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < EB_COUNT(truths); i++) {
        char body[512];
        struct eb_verdict out;
        struct eb_err err;
        (void)snprintf(body, sizeof(body), "assert(%s) return nil", truths[i]);
        if (fixture_ask(body, &out, &err) != EB_POLICY_KEEP) {
            fail_msg("not true: %s: %s", truths[i], err.msg);
        }
    }
}

/* The same order in each of many states, whose string hashes have different seeds. */
static void test_order(void **state)
{
    (void)state;
    const char *body =
        "local t = { [3] = 1, [1] = 1, [2.5] = 1, [-1] = 1, b = 1, a = 1, ab = 1, B = 1, [true] = 1, [false] = 1 }\n"
        "local s, n = '', 0\n"
        "for k in pairs(t) do s = s .. tostring(k) .. ' ' n = n + 1 end\n"
        "local u, k = '', next(t) while k ~= nil do u = u .. tostring(k) .. ' ' k = next(t, k) end\n"
        "assert(s == u, u)\n"
        "return { type = 'no_change', reason = s }";
    for (int i = 0; i < 50; i++) {
        struct eb_verdict out;
        struct eb_err err;
        assert_int_equal(fixture_ask(body, &out, &err), EB_POLICY_OK);
        assert_string_equal(out.decision[0].reason, "-1 1 2.5 3 B a ab b false true ");
    }
}

static void test_pairs_while_changing(void **state)
{
    (void)state;
    struct eb_verdict out;
    struct eb_err err;
    const char *body =
        "local t, seen = { a = 1, b = 2, c = 3, d = 4 }, ''\n"
        "for k, v in pairs(t) do seen = seen .. k .. v t.b = nil t.z = 9 if k == 'c' then t.d = 5 end end\n"
        "return { type = 'no_change', reason = seen }";
    assert_int_equal(fixture_ask(body, &out, &err), EB_POLICY_OK);
    assert_string_equal(out.decision[0].reason, "a1c3d5");
}

static void test_sort_is_stable(void **state)
{
    (void)state;
    struct eb_verdict out;
    struct eb_err err;
    const char *body = "local t = {} for i = 1, 300 do t[i] = { k = i % 7, i = i } end\n"
                       "table.sort(t, function(a, b) return a.k < b.k end)\n"
                       "for i = 2, 300 do local a, b = t[i - 1], t[i]\n"
                       "assert(a.k < b.k or (a.k == b.k and a.i < b.i), i) end\n"
                       "local u = { 3, 1, 'x' } assert(not pcall(table.sort, u)) assert(u[1] == 3 and u[3] == 'x')\n"
                       "table.sort({}) table.sort({ 1 })";
    if (fixture_ask(body, &out, &err) != EB_POLICY_KEEP) {
        fail_msg("%s", err.msg);
    }
}

static unsigned lines_written;

static void count_line(void *user, enum eb_log_level level, const char *line)
{
    (void)user;
    (void)level;
    lines_written++;
    fixture_holds(line, "\"event\":\"policy.log");
}

static void test_log_quota(void **state)
{
    (void)state;
    struct eb_log log = {.sink = count_line, .min_level = EB_LOG_DEBUG};
    struct eb_policy_options opt = {.log = &log};
    struct eb_err err;
    struct eb_context ctx;
    struct eb_verdict out;
    fixture_context(&ctx);
    struct eb_policy *p = fixture_try(
        "return { name = 't', version = '1', decide = function(ctx) for i = 1, 100 do log('line ' .. i) end end }",
        &opt, &err);
    assert_non_null(p);
    lines_written = 0;
    assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_KEEP);
    assert_int_equal(lines_written, EB_LOG_LINES);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_KEEP);
    }
    assert_int_equal(lines_written, EB_LOG_LINES_MINUTE);
    ctx.now_ms += 60000; /* the next minute: one line says how many were dropped */
    assert_int_equal(eb_policy_consult(p, &ctx, &out, &err), EB_POLICY_KEEP);
    assert_int_equal(lines_written, EB_LOG_LINES_MINUTE + 1 + EB_LOG_LINES);
    eb_policy_close(p);
}

/* The budget does not depend on what an earlier consult left on the counter. */
static void test_instructions_are_counted_afresh(void **state)
{
    (void)state;
    struct eb_policy *p = fixture_decide("for i = 1, 1000 do end");
    struct eb_context ctx;
    struct eb_verdict out;
    struct eb_policy_info info;
    fixture_context(&ctx);
    uint64_t first = 0;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(eb_policy_consult(p, &ctx, &out, NULL), EB_POLICY_KEEP);
        eb_policy_info(p, &info);
        first = i == 0 ? info.last_instructions : first;
        assert_int_equal(info.last_instructions, first);
    }
    assert_true(first >= 1000 && first <= 1100);
    eb_policy_close(p);
}

/* Garbage of many consults is collected between turns and, where there are none, before memory runs short. */
static void test_garbage(void **state)
{
    (void)state;
    for (int idle = 0; idle < 2; idle++) {
        struct eb_policy *p = fixture_decide("local t = {} for i = 1, 500 do t[i] = { i } end");
        struct eb_context ctx;
        struct eb_verdict out;
        struct eb_policy_info info;
        size_t most = 0;
        fixture_context(&ctx);
        for (int i = 0; i < 3000; i++) {
            assert_int_equal(eb_policy_consult(p, &ctx, &out, NULL), EB_POLICY_KEEP);
            for (int k = 0; idle && k < 20; k++) {
                eb_policy_idle(p);
            }
            eb_policy_info(p, &info);
            most = info.memory_used > most ? info.memory_used : most;
        }
        assert_int_equal(info.rebuilds, 0);
        assert_true(most < (idle ? 2u : 4u) * 1024 * 1024);
        eb_policy_close(p);
    }
}

/* A collection is spread over calls: none of them frees the garbage of a hundred consults at once. */
static void test_idle_goes_in_steps(void **state)
{
    (void)state;
    struct eb_policy *p = fixture_decide("local t = {} for i = 1, 20 do t[i] = { i } end");
    struct eb_context ctx;
    struct eb_verdict out;
    struct eb_policy_info info;
    size_t largest = 0;
    size_t freed = 0;
    fixture_context(&ctx);
    for (int i = 0; i < 5000; i++) {
        assert_int_equal(eb_policy_consult(p, &ctx, &out, NULL), EB_POLICY_KEEP);
        eb_policy_info(p, &info);
        size_t before = info.memory_used;
        eb_policy_idle(p);
        eb_policy_info(p, &info);
        size_t drop = before > info.memory_used ? before - info.memory_used : 0;
        largest = drop > largest ? drop : largest;
        freed += drop;
        assert_true(info.memory_used < (size_t)1024 * 1024);
    }
    assert_true(freed > (size_t)4 * 1024 * 1024);
    assert_true(largest < (size_t)192 * 1024);
    eb_policy_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_pairs_while_changing),
        cmocka_unit_test(test_sort_is_stable),
        cmocka_unit_test(test_log_quota),
        cmocka_unit_test(test_instructions_are_counted_afresh),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_idle_goes_in_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
