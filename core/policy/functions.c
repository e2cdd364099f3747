/* SPDX-License-Identifier: Apache-2.0 */
/* host.NAME(number...): functions of the embedding program, called by scripts inside decide, within their budget. */
#include "policy/set.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "policy/lex.h"

static const char where[] = "policy.functions";

enum { NAMES_BYTES_MAX = 200 };
enum { CALL_COST = 100 }; /* instructions, where a function does not say */

static const struct eb_policy_function *function_of(lua_State *L)
{
    const struct eb_policy *p = eb_sandbox_of(L)->user;
    return &p->functions[lua_tointeger(L, lua_upvalueindex(1))];
}

static int call_function(lua_State *L)
{
    const struct eb_policy_function *f = function_of(L);
    const struct eb_context *ctx = eb_sandbox_of(L)->ctx;
    double args[EB_FUNCTION_ARGS_MAX];
    int count = lua_gettop(L);
    if (ctx == NULL) {
        return luaL_error(L, "host.%s answers only while decide(ctx) runs", f->name);
    }
    if (count > EB_FUNCTION_ARGS_MAX) {
        return luaL_error(L, "host.%s: more than %d arguments", f->name, EB_FUNCTION_ARGS_MAX);
    }
    for (int i = 0; i < count; i++) {
        args[i] = (double)lua_tonumber(L, i + 1);
        if (lua_type(L, i + 1) != LUA_TNUMBER || !isfinite(args[i])) {
            return luaL_error(L, "host.%s: argument %d: expected a finite number, got %s", f->name, i + 1,
                              eb_push_text(L, i + 1));
        }
    }
    eb_sandbox_charge(L, f->cost != 0 ? f->cost : CALL_COST);
    double result = 0.0;
    if (!f->call(f->user, ctx, args, (unsigned)count, &result)) {
        lua_pushnil(L);
        return 1;
    }
    if (!isfinite(result)) {
        return luaL_error(L, "host.%s: the program answered with a number that is not finite", f->name);
    }
    lua_pushnumber(L, result);
    return 1;
}

static int no_function(lua_State *L)
{
    const struct eb_policy *p = eb_sandbox_of(L)->user;
    char names[NAMES_BYTES_MAX] = "none";
    size_t used = 0;
    for (unsigned i = 0; i < p->function_count && used < sizeof(names); i++) {
        int n = snprintf(names + used, sizeof(names) - used, "%s%s", i > 0 ? ", " : "", p->functions[i].name);
        used += n > 0 ? (size_t)n : 0;
    }
    return luaL_error(L, "no function host.%s; this program has registered: %s", eb_push_text(L, 2), names);
}

static int no_write(lua_State *L)
{
    return luaL_error(L, "host is read-only: '%s'", eb_push_text(L, 2));
}

void eb_set_push_functions(lua_State *L, const struct eb_policy *p)
{
    lua_createtable(L, 0, (int)p->function_count);
    for (unsigned i = 0; i < p->function_count; i++) {
        lua_pushinteger(L, (lua_Integer)i);
        lua_pushcclosure(L, call_function, 1);
        lua_setfield(L, -2, p->functions[i].name);
    }
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, no_function);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    eb_library_seal(L, no_write);
}

static int check_function(const struct eb_policy_function *list, unsigned at, struct eb_err *err)
{
    const struct eb_policy_function *f = &list[at];
    if (f->name == NULL || f->call == NULL) {
        return eb_err_set(err, EB_E_INVALID, where, "functions[%u]: name and call must be given", at);
    }
    if (!eb_lex_is_name(f->name) || strlen(f->name) >= EB_NAME_MAX) {
        return eb_err_set(err, EB_E_INVALID, where, "functions[%u]: '%.40s' is no name that a script can write", at,
                          f->name);
    }
    for (unsigned i = 0; i < at; i++) {
        if (strcmp(list[i].name, f->name) == 0) {
            return eb_err_set(err, EB_E_INVALID, where, "functions[%u]: '%s' stands in the list twice", at, f->name);
        }
    }
    return EB_OK;
}

int eb_set_copy_functions(struct eb_policy *p, const struct eb_policy_function *list, unsigned count,
                          struct eb_err *err)
{
    if (count > EB_FUNCTIONS_MAX) {
        return eb_err_set(err, EB_E_FULL, where, "more than %d functions", EB_FUNCTIONS_MAX);
    }
    for (unsigned i = 0; i < count; i++) {
        int code = check_function(list, i, err);
        if (code != EB_OK) {
            return code;
        }
        struct eb_policy_function *f = &p->functions[i];
        *f = list[i];
        memcpy(p->function_names[i], list[i].name, strlen(list[i].name) + 1);
        f->name = p->function_names[i];
    }
    p->function_count = count;
    return EB_OK;
}
