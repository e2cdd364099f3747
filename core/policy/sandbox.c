/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of one lua_State: allocator with a cap, count hook, one protected call that classifies every ending. */
#include "policy/sandbox.h"

#include <lauxlib.h>
#include <string.h>

static const char where[] = "policy.sandbox";

/* The collector works in pieces of 2^10 bytes times the multiplier: some tens of microseconds each. */
enum { GC_PAUSE = 200, GC_MULTIPLIER = 25, GC_STEP_LOG2 = 10 };

static const char too_long[] = "a string longer than 1024 bytes";
static const char too_much[] = "more memory at once than a set may hold";
static const char too_big[] = "one block larger than a run may have (a huge list, endless recursion)";
static const char too_often[] = "more memory in sum than one run may request";
_Static_assert(EB_SANDBOX_STRING == 1024, "the text above names it");

struct eb_sandbox *eb_sandbox_of(lua_State *L)
{
    return *(struct eb_sandbox **)lua_getextraspace(L);
}

/* Why a block may not grow from old to size bytes, or NULL. kind: of a new object, else LUA_TNONE. Long strings are
 * refused here because no library function is asked when the script writes a..b; big blocks because passing on a huge
 * number of arguments is one instruction. */
static const char *why_not(const struct eb_sandbox *s, int kind, size_t old, size_t size)
{
    if (kind == LUA_TSTRING && size > EB_SANDBOX_STRING + 64) {
        return too_long;
    }
    if (size > s->requested_max / 8) {
        return too_big;
    }
    if (size - old > s->used_max - s->used) {
        return too_much;
    }
    return size > s->requested_max - s->requested ? too_often : NULL;
}

/* Lua's allocator. For a new block osize names the kind of object. */
static void *allocate(void *user, void *block, size_t osize, size_t nsize)
{
    struct eb_sandbox *s = user;
    size_t old = block == NULL ? 0 : osize;
    if (nsize == 0) {
        (void)eb_pool_resize(&s->pool, block, old, 0);
        s->used -= old;
        return NULL;
    }
    if (nsize > old) {
        const char *why = why_not(s, block == NULL ? (int)osize : LUA_TNONE, old, nsize);
        if (why != NULL) {
            s->refused = why;
            return NULL;
        }
    }
    void *out = eb_pool_resize(&s->pool, block, old, nsize);
    if (out == NULL) {
        if (nsize > old) {
            s->refused = "memory when the machine has none left";
            return NULL;
        }
        out = block; /* Lua relies on it that a block can always shrink */
    }
    s->requested += nsize > old ? nsize : 0;
    s->used = s->used - old + nsize;
    return out;
}

static void expire(lua_State *L, struct eb_sandbox *s, int level);

static void on_count(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct eb_sandbox *s = eb_sandbox_of(L);
    s->spent += EB_HOOK_GRAIN;
    if (s->spent > s->budget || s->breach != EB_BREACH_NONE) {
        expire(L, s, 0);
    }
}

/* From here on every single instruction raises again, wherever a pcall of the script would go on. Level: of the
 * script's function, so that the message names its line. */
static void expire(lua_State *L, struct eb_sandbox *s, int level)
{
    if (s->breach == EB_BREACH_NONE) {
        s->breach = EB_BREACH_BUDGET;
    }
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    luaL_where(L, level);
    (void)lua_pushfstring(L, "more than %d instructions: a loop that does not end, or too much work", (int)s->budget);
    lua_concat(L, 2);
    (void)lua_error(L);
}

void eb_sandbox_charge(lua_State *L, uint64_t instructions)
{
    struct eb_sandbox *s = eb_sandbox_of(L);
    s->spent += instructions;
    if (s->spent > s->budget || s->breach != EB_BREACH_NONE) {
        expire(L, s, 1);
    }
}

static int on_panic(lua_State *L)
{
    (void)L;
    eb_assert_failed("every error is raised inside a protected call", __FILE__, __LINE__);
}

static int no_name(lua_State *L)
{
    return luaL_error(L, "'%s' is not known here: only literal values", luaL_tolstring(L, 2, NULL));
}

static int no_write(lua_State *L)
{
    return luaL_error(L, "'%s' cannot be set here: only literal values", luaL_tolstring(L, 2, NULL));
}

/* The environment of a chunk is the value at LUA_RIDX_GLOBALS when it is loaded. */
static int build_environment(lua_State *L)
{
    const struct eb_sandbox_options *opt = lua_touserdata(L, 1);
    if (opt->library) {
        eb_library_push(L, opt->add_names);
    } else {
        lua_createtable(L, 0, 0);
        lua_createtable(L, 0, 1);
        lua_pushcfunction(L, no_name);
        lua_setfield(L, -2, "__index");
        lua_setmetatable(L, -2);
        eb_library_seal(L, no_write);
    }
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    (void)lua_gc(L, LUA_GCINC, GC_PAUSE, GC_MULTIPLIER, GC_STEP_LOG2);
    return 0;
}

int eb_sandbox_open(struct eb_sandbox *s, const struct eb_sandbox_options *opt, struct eb_err *err)
{
    memset(s, 0, sizeof(*s));
    eb_pool_init(&s->pool, &opt->heap);
    s->used_max = opt->used_max;
    s->requested_max = UINT64_MAX;
    s->budget = UINT64_MAX;
    s->user = opt->user;
    s->log = opt->log;
    s->L = lua_newstate(allocate, s);
    if (s->L == NULL) {
        eb_pool_free(&s->pool);
        return eb_err_set(err, EB_E_MEMORY, where, "no room for a Lua state in %zu bytes", opt->used_max);
    }
    *(struct eb_sandbox **)lua_getextraspace(s->L) = s;
    (void)lua_atpanic(s->L, on_panic);
    struct eb_sandbox_options copy = *opt;
    if (eb_sandbox_run(s, build_environment, &copy, err) != EB_POLICY_OK) {
        eb_sandbox_close(s);
        return EB_E_MEMORY; /* nothing else can go wrong in there */
    }
    return EB_OK;
}

void eb_sandbox_close(struct eb_sandbox *s)
{
    if (s->L != NULL) {
        lua_close(s->L);
        s->L = NULL;
        EB_ASSERT(s->used == 0);
        eb_pool_free(&s->pool);
    }
}

void eb_sandbox_begin(struct eb_sandbox *s, uint64_t budget, uint64_t requested_max)
{
    s->spent = 0;
    s->budget = budget;
    s->requested = 0;
    s->requested_max = requested_max;
    s->breach = EB_BREACH_NONE;
    s->refused = NULL;
    s->log_lines = 0;
    lua_sethook(s->L, on_count, LUA_MASKCOUNT, EB_HOOK_GRAIN); /* also restarts the count: no inheritance */
}

/* Turns the error value on the stack into text without calling Lua: that could allocate, and so raise. */
static void describe(lua_State *L, struct eb_err *err, int code)
{
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        (void)eb_err_set(err, code, where, "%s", lua_tostring(L, -1));
        break;
    case LUA_TNUMBER:
        (void)eb_err_set(err, code, where, "error value %.14g", (double)lua_tonumber(L, -1));
        break;
    default:
        (void)eb_err_set(err, code, where, "the error value is a %s, not a text", luaL_typename(L, -1));
    }
}

enum eb_policy_result eb_sandbox_run(struct eb_sandbox *s, lua_CFunction f, void *arg, struct eb_err *err)
{
    lua_State *L = s->L;
    int top = lua_gettop(L);
    lua_pushcfunction(L, f);
    lua_pushlightuserdata(L, arg);
    int status = lua_pcall(L, 1, 0, 0);
    enum eb_policy_result result = EB_POLICY_OK;
    if (status != LUA_OK) {
        if (s->breach == EB_BREACH_NONE && status == LUA_ERRMEM) {
            s->breach = EB_BREACH_MEMORY;
        } else if (s->breach == EB_BREACH_NONE && status != LUA_ERRRUN) {
            s->breach = EB_BREACH_STATE;
        }
        int code = EB_E_SCRIPT;
        result = EB_POLICY_ERROR;
        if (s->breach == EB_BREACH_BUDGET) {
            result = EB_POLICY_BUDGET;
            code = EB_E_BUDGET;
        } else if (s->breach == EB_BREACH_MEMORY) {
            result = EB_POLICY_MEMORY;
            code = EB_E_MEMORY;
        }
        if (result == EB_POLICY_MEMORY && s->refused != NULL) {
            (void)eb_err_set(err, code, where, "the script asked for %s", s->refused);
        } else {
            describe(L, err, code);
        }
        lua_pop(L, 1);
    }
    EB_ASSERT(lua_gettop(L) == top);
    return result;
}

static const char sweep_fence = 0; /* its address is a key of the registry */

/* The collector begins to sweep with everything dead before the first live object in its list, youngest first, in one
 * go: the garbage of many consults. A live object put there makes it go on in small steps. */
static int step_collector(lua_State *L)
{
    struct eb_sandbox *s = eb_sandbox_of(L);
    lua_createtable(L, 0, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &sweep_fence);
    s->collecting = true;
    if (lua_gc(L, LUA_GCSTEP, 0)) {
        s->collecting = false;
        s->settled = s->used;
    }
    return 0;
}

static int collect(lua_State *L)
{
    struct eb_sandbox *s = eb_sandbox_of(L);
    (void)lua_gc(L, LUA_GCCOLLECT);
    s->collecting = false;
    s->settled = s->used;
    return 0;
}

void eb_sandbox_idle(struct eb_sandbox *s)
{
    if (s->L != NULL && (s->collecting || s->used > s->settled + s->used_max / 16)) {
        (void)eb_sandbox_run(s, step_collector, NULL, NULL);
    }
}

void eb_sandbox_make_room(struct eb_sandbox *s, uint64_t room)
{
    if (s->used_max - s->used < room) {
        (void)eb_sandbox_run(s, collect, NULL, NULL);
    }
}
