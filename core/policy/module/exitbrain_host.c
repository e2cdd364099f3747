/* SPDX-License-Identifier: Apache-2.0 */
/*
 * require "exitbrain_host": the production sandbox inside a stock Lua, so that specs test what will run.
 *
 *     host.open { dir = | files = { ["init.lua"] = text }, lib =, settings = { "stop_pct=2" }, profile =,
 *                 qt_trailing_stop_enabled =, functions = { name = function } }
 *         -> policy | nil, message
 *     host.context { price = 101 } -> a whole table of ctx fields: the rest by default, or following
 *     policy:consult(ctx) -> "ok" | "keep" | "error" ..., verdict | nil, message     such a ctx; what is nil is unknown
 *     policy:consult_fresh(ctx)   the same in a state of its own
 *     policy:pure(ctx) -> true | false, message     twice in a row and fresh: the same verdict, byte by byte
 *     policy:info() policy:settings() policy:log() policy:idle() policy:close()     host.version host.fields
 *     host.unit     the module exitbrain.unit
 */
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

#include "generated/version.h"
#include "policy/names.h"
#include "policy/plain.h"
#include "policy/set.h"
#include "policy/units.h"
#include "policy/view.h"

static const char type_name[] = "exitbrain.policy";

enum { LOG_BYTES_MAX = 64 * 1024, SETTINGS_MAX = 64 };

struct loaded;

/* A function of the spec that scripts call as host.NAME. */
struct spec_function {
    struct loaded *of;
    char name[EB_NAME_MAX];
};

struct loaded {
    struct eb_policy *policy; /* NULL: closed */
    lua_State *L;             /* of the consult that runs, with the table of functions at index 3 */
    char raised[256];         /* what a function raised in it */
    struct spec_function function[EB_FUNCTIONS_MAX];
    struct eb_log log;
    struct eb_buffer lines;
};

static void take_line(void *user, enum eb_log_level level, const char *line)
{
    (void)level;
    struct eb_buffer *lines = user;
    (void)eb_buffer_printf(lines, "%s\n", line);
}

static struct loaded *check(lua_State *L)
{
    struct loaded *l = luaL_checkudata(L, 1, type_name);
    luaL_argcheck(L, l->policy != NULL, 1, "the policy is closed");
    return l;
}

/* A text field of the options at 1, or NULL. Its memory lives as long as the options. */
static const char *text_option(lua_State *L, const char *name)
{
    const char *text = NULL;
    if (lua_getfield(L, 1, name) != LUA_TNIL) {
        text = luaL_checkstring(L, -1);
    }
    lua_pop(L, 1);
    return text;
}

static uint64_t count_option(lua_State *L, const char *name)
{
    lua_Integer value = 0;
    if (lua_getfield(L, 1, name) != LUA_TNIL) {
        value = luaL_checkinteger(L, -1);
        luaL_argcheck(L, value > 0, 1, name);
    }
    lua_pop(L, 1);
    return (uint64_t)value;
}

/* A boolean field of the options into *value; NULL where it is not there. */
static const bool *bool_option(lua_State *L, const char *name, bool *value)
{
    int type = lua_getfield(L, 1, name);
    luaL_argcheck(L, type == LUA_TNIL || type == LUA_TBOOLEAN, 1, name);
    *value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return type == LUA_TNIL ? NULL : value;
}

/* Fills list, closed by NULL, from the list of texts in options.settings. */
static void settings_option(lua_State *L, const char *list[SETTINGS_MAX + 1])
{
    lua_Integer count = 0;
    if (lua_getfield(L, 1, "settings") != LUA_TNIL) {
        luaL_checktype(L, -1, LUA_TTABLE);
        while (lua_rawgeti(L, -1, count + 1) != LUA_TNIL) {
            luaL_argcheck(L, count < SETTINGS_MAX, 1, "too many settings");
            list[count++] = luaL_checkstring(L, -1);
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    list[count] = NULL;
    lua_pop(L, 1);
}

/* options.files as texts; the array is a userdata left on the stack. */
static struct eb_policy_text *files_option(lua_State *L, size_t *count)
{
    struct eb_policy_text *texts = lua_newuserdatauv(L, EB_SOURCES_MAX * sizeof(*texts), 0);
    *count = 0;
    if (lua_getfield(L, 1, "files") != LUA_TNIL) {
        luaL_checktype(L, -1, LUA_TTABLE);
        lua_pushnil(L);
        while (lua_next(L, -2) != 0) {
            luaL_argcheck(L, *count < EB_SOURCES_MAX, 1, "too many files");
            luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING, 1, "files: names are texts");
            struct eb_policy_text *t = &texts[(*count)++];
            t->name = lua_tostring(L, -2);
            t->text = luaL_checklstring(L, -1, &t->len);
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
    return texts;
}

/* host.NAME of a script: what the spec's function returns, or nothing, also when it raises. */
static bool call_spec(void *user, const struct eb_context *ctx, const double *args, unsigned count, double *result)
{
    (void)ctx;
    const struct spec_function *f = user;
    lua_State *L = f->of->L;
    int top = lua_gettop(L);
    luaL_checkstack(L, EB_FUNCTION_ARGS_MAX + 4, NULL);
    lua_getfield(L, 3, f->name);
    for (unsigned i = 0; i < count; i++) {
        lua_pushnumber(L, args[i]);
    }
    bool failed = lua_pcall(L, (int)count, 1, 0) != LUA_OK;
    if (failed) {
        (void)snprintf(f->of->raised, sizeof(f->of->raised), "%s", luaL_tolstring(L, -1, NULL));
    }
    bool known = !failed && lua_type(L, -1) == LUA_TNUMBER;
    *result = known ? (double)lua_tonumber(L, -1) : 0.0;
    lua_settop(L, top);
    return known;
}

/* options.functions as the host's; the table of them stays with the policy at index 2. */
static unsigned functions_option(lua_State *L, struct loaded *l, struct eb_policy_function list[EB_FUNCTIONS_MAX])
{
    unsigned count = 0;
    if (lua_getfield(L, 1, "functions") != LUA_TNIL) {
        luaL_checktype(L, -1, LUA_TTABLE);
        lua_pushnil(L);
        while (lua_next(L, -2) != 0) {
            size_t len = 0;
            const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &len) : NULL;
            luaL_argcheck(L, name != NULL && len < EB_NAME_MAX, 1, "functions: names are texts of at most 31 bytes");
            luaL_argcheck(L, lua_type(L, -1) == LUA_TFUNCTION, 1, "functions: expected functions");
            luaL_argcheck(L, count < EB_FUNCTIONS_MAX, 1, "too many functions");
            struct spec_function *f = &l->function[count];
            f->of = l;
            (void)snprintf(f->name, sizeof(f->name), "%s", name != NULL ? name : "");
            list[count++] = (struct eb_policy_function){.name = f->name, .call = call_spec, .user = f};
            lua_pop(L, 1);
        }
    }
    (void)lua_setiuservalue(L, 2, 1);
    return count;
}

static void refuse_unknown(lua_State *L)
{
    static const char *const known[] = {"dir",
                                        "files",
                                        "lib",
                                        "settings",
                                        "profile",
                                        "qt_trailing_stop_enabled",
                                        "functions",
                                        "memory_max",
                                        "instructions_max",
                                        "load_instructions_max"};
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        lua_pop(L, 1);
        bool found = false;
        for (size_t i = 0; lua_type(L, -1) == LUA_TSTRING && i < EB_COUNT(known); i++) {
            found = found || strcmp(known[i], lua_tostring(L, -1)) == 0;
        }
        if (!found) {
            luaL_error(L, "host.open: unknown option '%s'", luaL_tolstring(L, -1, NULL));
        }
    }
}

static int host_open(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    refuse_unknown(L);
    struct loaded *l = lua_newuserdatauv(L, sizeof(*l), 1);
    memset(l, 0, sizeof(*l));
    eb_buffer_init(&l->lines, LOG_BYTES_MAX);
    l->log = (struct eb_log){.sink = take_line, .user = &l->lines, .min_level = EB_LOG_DEBUG};
    luaL_setmetatable(L, type_name);
    const char *settings[SETTINGS_MAX + 1];
    settings_option(L, settings);
    const char *dir = text_option(L, "dir");
    size_t count = 0;
    const struct eb_policy_text *texts = files_option(L, &count);
    luaL_argcheck(L, (dir != NULL) != (count > 0), 1, "give dir or files");
    bool trailing_stop;
    struct eb_policy_function functions[EB_FUNCTIONS_MAX];
    unsigned function_count = functions_option(L, l, functions);
    struct eb_policy_options opt = {
        .lib_dir = text_option(L, "lib"),
        .settings = settings,
        .profile = text_option(L, "profile"),
        .qt_trailing_stop_enabled = bool_option(L, "qt_trailing_stop_enabled", &trailing_stop),
        .instructions_max = count_option(L, "instructions_max"),
        .load_instructions_max = count_option(L, "load_instructions_max"),
        .memory_max = (size_t)count_option(L, "memory_max"),
        .log = &l->log,
        .functions = functions,
        .function_count = function_count,
    };
    struct eb_err err = {.code = EB_OK};
    if (eb_policy_open_with(&eb_heap_libc, dir, texts, count, &opt, &l->policy, &err) != EB_OK) {
        luaL_pushfail(L);
        lua_pushstring(L, err.msg);
        return 2;
    }
    lua_settop(L, 2);
    return 1;
}

static int host_context(lua_State *L)
{
    struct eb_context ctx;
    lua_settop(L, 1);
    if (lua_isnil(L, 1)) {
        lua_createtable(L, 0, 0);
        lua_replace(L, 1);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    eb_plain_context(L, 1, true, &ctx);
    eb_plain_context_push(L, &ctx);
    return 1;
}

static int policy_close(lua_State *L)
{
    struct loaded *l = luaL_checkudata(L, 1, type_name);
    eb_policy_close(l->policy);
    l->policy = NULL;
    eb_buffer_deinit(&l->lines);
    return 0;
}

typedef enum eb_policy_result (*consult_function)(struct eb_policy *p, const struct eb_context *ctx,
                                                  struct eb_verdict *out, struct eb_err *err);

/* Lets the consult call functions of the spec; between begin and end the table of them is at index 3. */
static void begin_consult(lua_State *L, struct loaded *l)
{
    lua_settop(L, 2);
    (void)lua_getiuservalue(L, 1, 1);
    l->L = L;
    l->raised[0] = '\0';
}

static void end_consult(lua_State *L, struct loaded *l)
{
    l->L = NULL;
    if (l->raised[0] != '\0') {
        luaL_error(L, "a function of the host raised: %s", l->raised);
    }
}

static int consult_with(lua_State *L, consult_function consult)
{
    struct loaded *l = check(L);
    struct eb_context ctx;
    struct eb_verdict out;
    struct eb_err err = {.code = EB_OK};
    luaL_checktype(L, 2, LUA_TTABLE);
    eb_plain_context(L, 2, false, &ctx);
    begin_consult(L, l);
    enum eb_policy_result result = consult(l->policy, &ctx, &out, &err);
    end_consult(L, l);
    lua_pushstring(L, eb_lua_results[result]);
    if (result == EB_POLICY_OK || result == EB_POLICY_KEEP) {
        eb_plain_verdict_push(L, &out);
        return 2;
    }
    lua_pushnil(L);
    lua_pushstring(L, err.msg);
    return 3;
}

static int policy_consult(lua_State *L)
{
    return consult_with(L, eb_policy_consult);
}

static int policy_consult_fresh(lua_State *L)
{
    return consult_with(L, eb_policy_consult_fresh);
}

static int policy_pure(lua_State *L)
{
    static const consult_function ways[3] = {eb_policy_consult, eb_policy_consult, eb_policy_consult_fresh};
    static const char *const names[3] = {"first", "second", "fresh"};
    struct loaded *l = check(L);
    struct eb_context ctx;
    luaL_checktype(L, 2, LUA_TTABLE);
    eb_plain_context(L, 2, false, &ctx);
    begin_consult(L, l);
    struct eb_verdict *out = lua_newuserdatauv(L, 3 * sizeof(*out), 0);
    enum eb_policy_result result[3];
    for (int i = 0; i < 3; i++) {
        memset(&out[i], 0, sizeof(out[i]));
        result[i] = ways[i](l->policy, &ctx, &out[i], NULL);
        /* NOLINTNEXTLINE(*-memory-comparison,cert-exp42-c,cert-flp37-c): verdicts are zeroed before they are written */
        if (result[i] != result[0] || memcmp(&out[i], &out[0], sizeof(out[0])) != 0) {
            end_consult(L, l);
            lua_pushboolean(L, 0);
            lua_pushfstring(L, "the %s consult answers differently: the set keeps state of its own", names[i]);
            return 2;
        }
    }
    end_consult(L, l);
    lua_pushboolean(L, 1);
    return 1;
}

static int policy_info(lua_State *L)
{
    struct eb_policy_info info;
    eb_policy_info(check(L)->policy, &info);
    lua_createtable(L, 0, 9);
    lua_pushstring(L, info.name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, info.version);
    lua_setfield(L, -2, "version");
    lua_pushstring(L, info.hash_text);
    lua_setfield(L, -2, "hash");
    lua_pushboolean(L, info.legacy);
    lua_setfield(L, -2, "legacy");
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"files", info.files},       {"consults", info.consults},       {"failures", info.failures},
        {"rebuilds", info.rebuilds}, {"memory_used", info.memory_used}, {"last_instructions", info.last_instructions}};
    for (size_t i = 0; i < EB_COUNT(counts); i++) {
        lua_pushinteger(L, (lua_Integer)counts[i].value);
        lua_setfield(L, -2, counts[i].name);
    }
    return 1;
}

static int policy_settings(lua_State *L)
{
    struct loaded *l = check(L);
    lua_pushlstring(L, eb_buffer_str(&l->policy->settings), l->policy->settings.len);
    return 1;
}

/* What log() has written since the last call, one JSON object a line. */
static int policy_log(lua_State *L)
{
    struct loaded *l = check(L);
    lua_pushlstring(L, eb_buffer_str(&l->lines), l->lines.len);
    eb_buffer_clear(&l->lines);
    return 1;
}

static int policy_idle(lua_State *L)
{
    eb_policy_idle(check(L)->policy);
    return 0;
}

static void set_names(lua_State *L, const char *name, const struct eb_field *fields, size_t count)
{
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(L, fields[i].name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, name);
}

/* The names that ctx, a leg and a time frame have, so that documents can be checked against them. */
static void push_fields(lua_State *L)
{
    lua_createtable(L, 0, 3);
    set_names(L, "ctx", eb_context_fields, eb_context_field_count);
    set_names(L, "legs", eb_leg_fields, eb_leg_field_count);
    set_names(L, "features", eb_feature_fields, eb_feature_field_count);
}

int luaopen_exitbrain_host(lua_State *L);

int luaopen_exitbrain_host(lua_State *L)
{
    static const luaL_Reg methods[] = {{"consult", policy_consult},   {"consult_fresh", policy_consult_fresh},
                                       {"pure", policy_pure},         {"info", policy_info},
                                       {"settings", policy_settings}, {"log", policy_log},
                                       {"idle", policy_idle},         {"close", policy_close},
                                       {"__gc", policy_close},        {NULL, NULL}};
    luaL_checkversion(L);
    luaL_newmetatable(L, type_name);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, host_open);
    lua_setfield(L, -2, "open");
    lua_pushcfunction(L, host_context);
    lua_setfield(L, -2, "context");
    push_fields(L);
    lua_setfield(L, -2, "fields");
    eb_units_push(L, false);
    lua_setfield(L, -2, "unit");
    lua_pushstring(L, EB_VERSION);
    lua_setfield(L, -2, "version");
    return 1;
}
