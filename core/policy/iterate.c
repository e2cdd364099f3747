/* SPDX-License-Identifier: Apache-2.0 */
/* pairs, next and sort with one order on every machine: Lua's own depends on a seed made of addresses and time. */
#include "policy/sandbox.h"

#include <lauxlib.h>
#include <string.h>

enum { KEY_COST = 12 }; /* instructions that looking at a key, or comparing two, stands for */

/* Numbers before strings before false before true; -1 for what has no order. */
static int key_class(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        return 0;
    case LUA_TSTRING:
        return 1;
    case LUA_TBOOLEAN:
        return lua_toboolean(L, index) ? 3 : 2;
    default: /* an int from Lua, not an enum */
        luaL_error(L, "a key of type %s has no order: use numbers, strings or booleans", luaL_typename(L, index));
        return -1;
    }
}

/* Bytes, not the locale's collation. */
static bool text_less(lua_State *L, int a, int b)
{
    size_t len_a = 0;
    size_t len_b = 0;
    const char *text_a = lua_tolstring(L, a, &len_a);
    const char *text_b = lua_tolstring(L, b, &len_b);
    int order = memcmp(text_a, text_b, len_a < len_b ? len_a : len_b);
    return order < 0 || (order == 0 && len_a < len_b);
}

static bool key_less(lua_State *L, int a, int b)
{
    int class_a = key_class(L, a);
    int class_b = key_class(L, b);
    if (class_a != class_b) {
        return class_a < class_b;
    }
    if (class_a == 0) {
        return lua_compare(L, a, b, LUA_OPLT) != 0;
    }
    return class_a == 1 && text_less(L, a, b);
}

/* Whether the value at the top comes before the one below it. order 0: as keys, else the script's function there. */
static bool comes_before(lua_State *L, int order)
{
    eb_sandbox_charge(L, KEY_COST);
    if (order == 0) {
        return key_less(L, -1, -2);
    }
    if (lua_isnil(L, order)) {
        if (lua_type(L, -1) == LUA_TSTRING && lua_type(L, -2) == LUA_TSTRING) {
            return text_less(L, -1, -2);
        }
        return lua_compare(L, -1, -2, LUA_OPLT) != 0;
    }
    lua_pushvalue(L, order);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -4);
    lua_call(L, 2, 1);
    bool before = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return before;
}

/* Merges from[lo, mid) and from[mid, hi) into to[lo, hi); of equals the left one stays first. */
static void merge(lua_State *L, int from, int to, lua_Integer lo, lua_Integer mid, lua_Integer hi, int order)
{
    lua_Integer left = lo;
    lua_Integer right = mid;
    for (lua_Integer out = lo; out < hi; out++) {
        bool take_right = left >= mid;
        if (!take_right && right < hi) {
            lua_rawgeti(L, from, left);
            lua_rawgeti(L, from, right);
            take_right = comes_before(L, order);
            lua_pop(L, 2);
        }
        lua_rawgeti(L, from, take_right ? right++ : left++);
        lua_rawseti(L, to, out);
    }
}

/* Sorts list[1..n] by a merge sort whose calls depend on the values alone. Leaves the sorted list on the stack: the
 * table at list or a new one. */
static void push_sorted(lua_State *L, int list, lua_Integer n, int order)
{
    lua_createtable(L, (int)n, 0);
    lua_pushvalue(L, list);
    int to = lua_gettop(L) - 1;
    int from = to + 1;
    for (lua_Integer width = 1; width < n; width *= 2) {
        for (lua_Integer lo = 1; lo <= n; lo += 2 * width) {
            lua_Integer mid = lo + width <= n + 1 ? lo + width : n + 1;
            lua_Integer hi = mid + width <= n + 1 ? mid + width : n + 1;
            merge(L, from, to, lo, mid, hi, order);
        }
        int swap = from;
        from = to;
        to = swap;
    }
    lua_pushvalue(L, from);
    lua_replace(L, from < to ? from : to);
    lua_settop(L, from < to ? from : to);
}

void eb_push_sorted_keys(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    lua_Integer n = 0;
    bool sorted = true;
    luaL_checkstack(L, 12, NULL);
    lua_createtable(L, (int)(lua_rawlen(L, index) & 0xffff), 0);
    int list = lua_gettop(L);
    lua_pushnil(L); /* the previous key stays below the current one while order is looked at */
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        lua_pop(L, 1);
        (void)key_class(L, -1);
        sorted = sorted && (n == 0 || key_less(L, -2, -1));
        n++;
        lua_pushvalue(L, -1);
        lua_rawseti(L, list, n);
        lua_pushvalue(L, -1);
        lua_replace(L, -3);
    }
    lua_settop(L, list);
    eb_sandbox_charge(L, (uint64_t)n);
    if (!sorted) {
        push_sorted(L, list, n, 0);
        lua_remove(L, list);
    }
}

/* Upvalues: sorted keys, how many were visited. Keys whose value has gone are passed over. */
static int step_pairs(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(2));
    for (;;) {
        at++;
        if (lua_rawgeti(L, lua_upvalueindex(1), at) == LUA_TNIL) {
            return 1;
        }
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL) {
            lua_pushinteger(L, at);
            lua_replace(L, lua_upvalueindex(2));
            return 2;
        }
        lua_pop(L, 2);
    }
}

int eb_lib_pairs(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TUSERDATA && luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    eb_push_sorted_keys(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, step_pairs, 2);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

/* The smallest key above the one given. Without a traversal's state this looks at every key. */
int eb_lib_next(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    bool from_start = lua_isnil(L, 2);
    if (!from_start) {
        (void)key_class(L, 2);
    }
    lua_pushnil(L); /* 3: best so far */
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        eb_sandbox_charge(L, KEY_COST);
        lua_pop(L, 1);
        (void)key_class(L, 4);
        if ((from_start || key_less(L, 2, 4)) && (lua_isnil(L, 3) || key_less(L, 4, 3))) {
            lua_pushvalue(L, 4);
            lua_replace(L, 3);
        }
    }
    if (lua_isnil(L, 3)) {
        return 1;
    }
    lua_pushvalue(L, 3);
    (void)lua_rawget(L, 1);
    return 2;
}

/* Stable, and the list changes only when every comparison was done. */
int eb_lib_sort(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TFUNCTION);
    }
    if (n > EB_SANDBOX_LIST) {
        return luaL_error(L, "table.sort: more than %d elements", EB_SANDBOX_LIST);
    }
    lua_settop(L, 2);
    lua_createtable(L, (int)n, 0);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, i);
        lua_rawseti(L, 3, i);
    }
    push_sorted(L, 3, n, 2);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        lua_rawseti(L, 1, i);
    }
    return 0;
}
