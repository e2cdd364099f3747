/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allow list: what a script may name. Stock functions are taken one by one out of Lua's own libraries, behind a
 * check where their cost or their answer is not bounded by one instruction; everything else of those is dropped.
 */
#include "policy/sandbox.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

/* What one call of a guarded function costs, in instructions. */
enum { BYTES_PER_INSTRUCTION = 8, NUMBER_TEXT_COST = 100, LONG_NUMBER_TEXT_COST = 1000, PCALL_COST = 40 };

/* Calls the stock function that is the closure's upvalue with the arguments as they are. */
static int call_stock(lua_State *L)
{
    lua_CFunction stock = lua_tocfunction(L, lua_upvalueindex(1));
    return stock(L);
}

static int guarded_bytes(lua_State *L)
{
    size_t len = 0;
    (void)luaL_checklstring(L, 1, &len);
    eb_sandbox_charge(L, len / BYTES_PER_INSTRUCTION);
    return call_stock(L);
}

static int guarded_rep(lua_State *L)
{
    size_t len = 0;
    size_t sep = 0;
    (void)luaL_checklstring(L, 1, &len);
    lua_Integer n = luaL_checkinteger(L, 2);
    (void)luaL_optlstring(L, 3, "", &sep);
    if (n > EB_SANDBOX_STRING || (n > 0 && (len + sep) * (size_t)n > EB_SANDBOX_STRING)) {
        return luaL_error(L, "string.rep: the result would exceed %d bytes", EB_SANDBOX_STRING);
    }
    eb_sandbox_charge(L, n > 0 ? (uint64_t)n : 0);
    return call_stock(L);
}

/* Patterns are not offered: matching them is the known way to hang a sandbox. A plain text is found either way. */
static int guarded_find(lua_State *L)
{
    size_t len = 0;
    size_t sought = 0;
    (void)luaL_checklstring(L, 1, &len);
    const char *what = luaL_checklstring(L, 2, &sought);
    if (!lua_toboolean(L, 4)) {
        if (strpbrk(what, "^$*+?.([%-") != NULL) {
            return luaL_error(L, "string.find: patterns are not available, write string.find(s, text, init, true)");
        }
        lua_settop(L, 3);
        lua_pushboolean(L, 1);
    }
    eb_sandbox_charge(L, len * sought / 64);
    return call_stock(L);
}

/* One directive "%...c" at p; returns what follows it. Refused: %p (an address), %q and %a (text that differs). */
static const char *check_directive(lua_State *L, const char *p, int *arg)
{
    if (*p == '%') {
        return p + 1;
    }
    size_t width = strspn(p, "-+ #0123456789.");
    const char *point = memchr(p, '.', width);
    bool many_digits = point != NULL && p + width - point > 2;
    p += width;
    if (*p == '\0' || strchr("diuoxXcfFeEgGs", *p) == NULL) {
        luaL_error(L, "string.format: '%%%c' is not available", *p == '\0' ? ' ' : *p);
    }
    eb_sandbox_charge(L, many_digits ? LONG_NUMBER_TEXT_COST : NUMBER_TEXT_COST);
    (*arg)++;
    if (*p == 's') {
        (void)eb_push_text(L, *arg);
        lua_replace(L, *arg);
    }
    return p + 1;
}

static int guarded_format(lua_State *L)
{
    int count = lua_gettop(L);
    const char *format = luaL_checkstring(L, 1);
    int arg = 1;
    for (const char *p = strchr(format, '%'); p != NULL; p = strchr(p, '%')) {
        if (arg >= count && p[1] != '%') {
            return luaL_error(L, "string.format: no value for directive %d", arg);
        }
        p = check_directive(L, p + 1, &arg);
    }
    return call_stock(L);
}

static int guarded_concat(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    size_t sep = 0;
    (void)luaL_optlstring(L, 2, "", &sep);
    lua_Integer first = luaL_optinteger(L, 3, 1);
    lua_Integer last = luaL_optinteger(L, 4, (lua_Integer)lua_rawlen(L, 1));
    if (last >= first && (lua_Unsigned)last - (lua_Unsigned)first >= EB_SANDBOX_LIST) {
        return luaL_error(L, "table.concat: more than %d elements", EB_SANDBOX_LIST);
    }
    size_t total = 0;
    for (lua_Integer i = first; i <= last; i++) {
        int type = lua_rawgeti(L, 1, i);
        total += type == LUA_TSTRING ? lua_rawlen(L, -1) : 16;
        total += i < last ? sep : 0;
        eb_sandbox_charge(L, type == LUA_TNUMBER ? NUMBER_TEXT_COST : 4);
        lua_pop(L, 1);
        if (total > EB_SANDBOX_STRING) {
            return luaL_error(L, "table.concat: the result would exceed %d bytes", EB_SANDBOX_STRING);
        }
        if (i == LUA_MAXINTEGER) {
            break;
        }
    }
    return call_stock(L);
}

/* Shifting elements costs what it moves. */
static int guarded_shift(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (lua_gettop(L) >= 2) {
        eb_sandbox_charge(L, lua_rawlen(L, 1) * 4);
    }
    return call_stock(L);
}

static int guarded_unpack(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer first = luaL_optinteger(L, 2, 1);
    lua_Integer last = luaL_optinteger(L, 3, (lua_Integer)lua_rawlen(L, 1));
    if (last >= first && (lua_Unsigned)last - (lua_Unsigned)first >= EB_SANDBOX_UNPACK) {
        return luaL_error(L, "table.unpack: more than %d values", EB_SANDBOX_UNPACK);
    }
    eb_sandbox_charge(L, EB_SANDBOX_UNPACK);
    return call_stock(L);
}

/* Converting is bounded by the length that a number can sensibly have. */
static int guarded_tonumber(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TSTRING && lua_rawlen(L, 1) > 64) {
        luaL_pushfail(L);
        return 1;
    }
    eb_sandbox_charge(L, 16);
    return call_stock(L);
}

const char *eb_push_text(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        eb_sandbox_charge(L, NUMBER_TEXT_COST);
        return luaL_tolstring(L, index, NULL);
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TSTRING:
        return luaL_tolstring(L, index, NULL);
    case LUA_TUSERDATA:
        if (luaL_getmetafield(L, index, "__tostring") == LUA_TFUNCTION) { /* the host's: scripts set none */
            lua_pushvalue(L, index < 0 ? index - 1 : index);
            lua_call(L, 1, 1);
            return lua_tostring(L, -1);
        }
        if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING) {
            return lua_tostring(L, -1);
        }
        return lua_pushstring(L, "userdata");
    default: /* an int from Lua, not an enum */
        return lua_pushstring(L, luaL_typename(L, index));
    }
}

static int lib_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    (void)eb_push_text(L, 1);
    return 1;
}

/* A pcall that cannot swallow a breach: running out of instructions or memory goes through to the host. */
static int lib_pcall(lua_State *L)
{
    luaL_checkany(L, 1);
    eb_sandbox_charge(L, PCALL_COST);
    int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    struct eb_sandbox *s = eb_sandbox_of(L);
    if (s->breach == EB_BREACH_NONE && status == LUA_ERRMEM) {
        s->breach = EB_BREACH_MEMORY;
    } else if (s->breach == EB_BREACH_NONE && status != LUA_OK && status != LUA_ERRRUN) {
        s->breach = EB_BREACH_STATE;
    }
    if (s->breach != EB_BREACH_NONE) {
        return lua_error(L);
    }
    luaL_checkstack(L, 1, "too many results");
    lua_pushboolean(L, status == LUA_OK);
    lua_insert(L, 1);
    return lua_gettop(L);
}

/* log(text): to the log of the engine, within a quota; what is over it is counted, not written. */
static int lib_log(lua_State *L)
{
    luaL_checkany(L, 1);
    struct eb_sandbox *s = eb_sandbox_of(L);
    const char *text = eb_push_text(L, 1);
    int64_t now = s->ctx != NULL ? s->ctx->now_ms : 0;
    if (now - s->log_window_ms >= 60000 || now < s->log_window_ms) {
        if (s->log_dropped > 0) {
            eb_log(s->log, EB_LOG_WARN, "policy.log_dropped", EB_I64("lines", s->log_dropped));
        }
        s->log_window_ms = now;
        s->log_minute_lines = 0;
        s->log_dropped = 0;
    }
    if (s->log_lines >= EB_LOG_LINES || s->log_minute_lines >= EB_LOG_LINES_MINUTE) {
        s->log_dropped++;
        return 0;
    }
    s->log_lines++;
    s->log_minute_lines++;
    if (s->ctx != NULL) {
        eb_log(s->log, EB_LOG_INFO, "policy.log", EB_STR("text", text), EB_STR("symbol", s->ctx->symbol));
    } else {
        eb_log(s->log, EB_LOG_INFO, "policy.log", EB_STR("text", text));
    }
    return 0;
}

static int no_global(lua_State *L)
{
    return luaL_error(L, "unknown global '%s': misspelt, or not on the allow list", eb_push_text(L, 2));
}

static int no_new_global(lua_State *L)
{
    return luaL_error(L, "global '%s' may not be created: write local, or return a table", eb_push_text(L, 2));
}

static int read_only(lua_State *L)
{
    return luaL_error(L, "library tables are read-only: '%s'", eb_push_text(L, 2));
}

/* guard NULL: the stock function or constant as it is. */
struct allowed {
    const char *name;
    lua_CFunction guard;
};

static const struct allowed base_allowed[] = {
    {"assert", NULL}, {"error", NULL},    {"ipairs", NULL}, {"select", NULL},
    {"type", NULL},   {"rawequal", NULL}, {"rawlen", NULL}, {"tonumber", guarded_tonumber},
};
/* Exact in every libm; pow, exp, log and the circle functions are not, and random has no place in a replay. */
static const struct allowed math_allowed[] = {
    {"abs", NULL}, {"ceil", NULL},       {"floor", NULL}, {"fmod", NULL},       {"huge", NULL},
    {"max", NULL}, {"maxinteger", NULL}, {"min", NULL},   {"mininteger", NULL}, {"modf", NULL},
    {"pi", NULL},  {"sqrt", NULL},       {"type", NULL},  {"tointeger", NULL},  {"ult", NULL},
};
static const struct allowed string_allowed[] = {
    {"byte", guarded_bytes},  {"char", NULL},       {"find", guarded_find}, {"format", guarded_format}, {"len", NULL},
    {"lower", guarded_bytes}, {"rep", guarded_rep}, {"sub", guarded_bytes}, {"upper", guarded_bytes},
};
static const struct allowed table_allowed[] = {
    {"concat", guarded_concat},
    {"insert", guarded_shift},
    {"remove", guarded_shift},
    {"unpack", guarded_unpack},
};

/* Copies the allowed entries of the library at the top of the stack into the table below it; pops the library. */
static void take(lua_State *L, const struct allowed *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)lua_getfield(L, -1, list[i].name);
        EB_ASSERT(!lua_isnil(L, -1));
        if (list[i].guard != NULL) {
            lua_pushcclosure(L, list[i].guard, 1);
        }
        lua_setfield(L, -3, list[i].name);
    }
    lua_pop(L, 1);
}

/* Opens a stock library by its opener: luaL_requiref would hand out one that is loaded already. */
static void open_stock(lua_State *L, lua_CFunction opener)
{
    lua_pushcfunction(L, opener);
    lua_call(L, 0, 1);
}

void eb_library_seal(lua_State *L, lua_CFunction on_write)
{
    lua_createtable(L, 0, 0);
    lua_createtable(L, 0, 2);
    lua_rotate(L, -3, -1); /* face, metatable, contents */
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, on_write);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
}

/* Strings share one metatable in a state: ("x"):rep() must find the guarded functions, and nothing else in it. */
static void set_string_methods(lua_State *L)
{
    lua_pushstring(L, "");
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

static void set_function(lua_State *L, const char *name, lua_CFunction f)
{
    lua_pushcfunction(L, f);
    lua_setfield(L, -2, name);
}

/* A library table of its own under `name` in the environment at the top of the stack. */
static void add_library(lua_State *L, const char *name, lua_CFunction opener, const struct allowed *list, size_t count)
{
    lua_createtable(L, 0, (int)count + 1);
    open_stock(L, opener);
    take(L, list, count);
    if (opener == luaopen_table) {
        set_function(L, "sort", eb_lib_sort);
    }
    if (opener == luaopen_string) {
        set_string_methods(L);
    }
    eb_library_seal(L, read_only);
    lua_setfield(L, -2, name);
}

void eb_library_push(lua_State *L, void (*add_names)(lua_State *L))
{
    lua_createtable(L, 0, 24);
    open_stock(L, luaopen_base);
    take(L, base_allowed, EB_COUNT(base_allowed));
    set_function(L, "next", eb_lib_next);
    set_function(L, "pairs", eb_lib_pairs);
    set_function(L, "pcall", lib_pcall);
    set_function(L, "tostring", lib_tostring);
    set_function(L, "log", lib_log);
    if (add_names != NULL) {
        add_names(L);
    }
    add_library(L, "math", luaopen_math, math_allowed, EB_COUNT(math_allowed));
    add_library(L, "string", luaopen_string, string_allowed, EB_COUNT(string_allowed));
    add_library(L, "table", luaopen_table, table_allowed, EB_COUNT(table_allowed));
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, no_global);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    eb_library_seal(L, no_new_global);
}
