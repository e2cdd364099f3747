/* SPDX-License-Identifier: Apache-2.0 */
/* Constructors, arithmetic and conversions of units. Every function's first upvalue says whether it is charged. */
#include "policy/units.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "policy/names.h"
#include "policy/sandbox.h"

static const char type_name[] = "exitbrain.unit";

enum unit_kind { UNIT_PRICE, UNIT_R, UNIT_ATR, UNIT_PCT, UNIT_KIND_COUNT };

struct unit {
    double value;
    uint8_t kind;      /* enum unit_kind */
    uint8_t timeframe; /* UNIT_ATR: index of eb_lua_timeframes, else 0 */
};

/* What one call costs beyond its instruction: an object is made, or a few fields of ctx are read. */
enum { UNIT_COST = 16, TEXT_MAX = 48 };

static const char *const constructors[UNIT_KIND_COUNT] = {
    [UNIT_PRICE] = "price", [UNIT_R] = "r", [UNIT_ATR] = "atr", [UNIT_PCT] = "pct"};

static void charge(lua_State *L)
{
    if (lua_toboolean(L, lua_upvalueindex(1))) {
        eb_sandbox_charge(L, UNIT_COST);
    }
}

static const struct unit *peek(lua_State *L, int index)
{
    return luaL_testudata(L, index, type_name);
}

/* "R", "percent", "ATR (m15)", "a number": the ruler as messages name it. */
static const char *ruler(lua_State *L, int index, char out[TEXT_MAX])
{
    const struct unit *u = peek(L, index);
    if (u == NULL) {
        (void)snprintf(out, TEXT_MAX, "a %s", luaL_typename(L, index));
        return out;
    }
    switch ((enum unit_kind)u->kind) {
    case UNIT_PRICE:
        return "price";
    case UNIT_R:
        return "R";
    case UNIT_PCT:
        return "percent";
    case UNIT_ATR:
    case UNIT_KIND_COUNT:
        break;
    }
    (void)snprintf(out, TEXT_MAX, "ATR (%s)", eb_lua_timeframes[u->timeframe]);
    return out;
}

bool eb_unit_text(lua_State *L, int index, char *out, size_t size)
{
    char name[TEXT_MAX];
    const struct unit *u = peek(L, index);
    if (u == NULL) {
        return false;
    }
    const char *of = u->kind == UNIT_PCT ? "%" : ruler(L, index, name);
    if (u->kind == UNIT_PRICE) {
        (void)snprintf(out, size, "price %.14g", u->value);
    } else {
        (void)snprintf(out, size, "%.14g %s", u->value, of);
    }
    return true;
}

static int push_unit(lua_State *L, const struct unit *like, double value)
{
    if (!isfinite(value)) {
        char name[TEXT_MAX];
        (void)snprintf(name, sizeof(name), "%g", value);
        return luaL_error(L, "unit.%s: expected a finite number, got %s", constructors[like->kind],
                          isnan(value) ? "nan" : name);
    }
    struct unit *u = lua_newuserdatauv(L, sizeof(*u), 0);
    *u = *like;
    u->value = value + 0.0; /* no -0: it would print as one */
    luaL_setmetatable(L, type_name);
    return 1;
}

static int construct(lua_State *L, enum unit_kind kind)
{
    charge(L);
    struct unit u = {.kind = (uint8_t)kind};
    if (lua_type(L, 1) != LUA_TNUMBER) {
        char text[TEXT_MAX];
        if (!eb_unit_text(L, 1, text, sizeof(text))) {
            (void)snprintf(text, sizeof(text), "%s", luaL_typename(L, 1));
        }
        return luaL_error(L, "unit.%s: expected a number, got %s", constructors[kind], text);
    }
    if (kind == UNIT_ATR) {
        const char *name = luaL_optstring(L, 2, "m15");
        while (u.timeframe < EB_TF_COUNT && strcmp(name, eb_lua_timeframes[u.timeframe]) != 0) {
            u.timeframe++;
        }
        if (u.timeframe == EB_TF_COUNT) {
            return luaL_error(L, "unit.atr: expected a time frame (m1, m5, m15, h1), got '%s'", name);
        }
    }
    return push_unit(L, &u, (double)lua_tonumber(L, 1));
}

static int new_price(lua_State *L)
{
    return construct(L, UNIT_PRICE);
}

static int new_r(lua_State *L)
{
    return construct(L, UNIT_R);
}

static int new_atr(lua_State *L)
{
    return construct(L, UNIT_ATR);
}

static int new_pct(lua_State *L)
{
    return construct(L, UNIT_PCT);
}

/* The operands as units of one ruler, or an error "cannot add R and percent". */
static void same_ruler(lua_State *L, const char *verb, const struct unit **a, const struct unit **b)
{
    charge(L);
    *a = peek(L, 1);
    *b = peek(L, 2);
    if (*a == NULL || *b == NULL || (*a)->kind != (*b)->kind || (*a)->timeframe != (*b)->timeframe) {
        char first[TEXT_MAX];
        char second[TEXT_MAX];
        luaL_error(L, "cannot %s %s and %s: convert with unit.to_price, to_pct or to_r", verb, ruler(L, 1, first),
                   ruler(L, 2, second));
    }
}

static int op_add(lua_State *L)
{
    const struct unit *a;
    const struct unit *b;
    same_ruler(L, "add", &a, &b);
    return push_unit(L, a, a->value + b->value);
}

static int op_sub(lua_State *L)
{
    const struct unit *a;
    const struct unit *b;
    same_ruler(L, "subtract", &a, &b);
    return push_unit(L, a, a->value - b->value);
}

static int op_eq(lua_State *L)
{
    const struct unit *a;
    const struct unit *b;
    same_ruler(L, "compare", &a, &b);
    lua_pushboolean(L, a->value == b->value);
    return 1;
}

static int op_lt(lua_State *L)
{
    const struct unit *a;
    const struct unit *b;
    same_ruler(L, "compare", &a, &b);
    lua_pushboolean(L, a->value < b->value);
    return 1;
}

static int op_le(lua_State *L)
{
    const struct unit *a;
    const struct unit *b;
    same_ruler(L, "compare", &a, &b);
    lua_pushboolean(L, a->value <= b->value);
    return 1;
}

static int op_unm(lua_State *L)
{
    charge(L);
    const struct unit *u = peek(L, 1);
    return push_unit(L, u, -u->value);
}

static int op_mul(lua_State *L)
{
    charge(L);
    int at = peek(L, 1) != NULL ? 1 : 2;
    const struct unit *u = peek(L, at);
    if (lua_type(L, 3 - at) != LUA_TNUMBER) {
        char first[TEXT_MAX];
        char second[TEXT_MAX];
        return luaL_error(L, "cannot multiply %s by %s: only by a number", ruler(L, 1, first), ruler(L, 2, second));
    }
    return push_unit(L, u, u->value * (double)lua_tonumber(L, 3 - at));
}

static int op_div(lua_State *L)
{
    charge(L);
    const struct unit *u = peek(L, 1);
    if (u == NULL || lua_type(L, 2) != LUA_TNUMBER) {
        char first[TEXT_MAX];
        char second[TEXT_MAX];
        return luaL_error(L, "cannot divide %s by %s: only a unit by a number", ruler(L, 1, first),
                          ruler(L, 2, second));
    }
    return push_unit(L, u, u->value / (double)lua_tonumber(L, 2));
}

static int op_text(lua_State *L)
{
    charge(L);
    char text[TEXT_MAX];
    lua_pushstring(L, eb_unit_text(L, 1, text, sizeof(text)) ? text : type_name);
    return 1;
}

static int unit_kind(lua_State *L)
{
    charge(L);
    const struct unit *u = peek(L, 1);
    if (u == NULL) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushstring(L, constructors[u->kind]);
    if (u->kind != UNIT_ATR) {
        return 1;
    }
    lua_pushstring(L, eb_lua_timeframes[u->timeframe]);
    return 2;
}

static const struct unit *check_unit(lua_State *L, const char *of, int arg)
{
    const struct unit *u = peek(L, arg);
    if (u == NULL) {
        luaL_error(L, "unit.%s: expected a unit (unit.price, r, atr or pct), got %s", of, luaL_typename(L, arg));
    }
    return u;
}

static int unit_value(lua_State *L)
{
    charge(L);
    lua_pushnumber(L, check_unit(L, "value", 1)->value);
    return 1;
}

/* A number of ctx; false when it is nil there. */
static bool ctx_number(lua_State *L, int ctx, const char *name, double *out)
{
    bool known = lua_getfield(L, ctx, name) == LUA_TNUMBER;
    *out = known ? (double)lua_tonumber(L, -1) : 0.0;
    lua_pop(L, 1);
    return known;
}

static bool ctx_atr(lua_State *L, int ctx, const struct unit *u, double *out)
{
    (void)lua_getfield(L, ctx, "features");
    (void)lua_getfield(L, -1, eb_lua_timeframes[u->timeframe]);
    bool known = ctx_number(L, lua_gettop(L), "atr", out);
    lua_pop(L, 2);
    return known;
}

/* R as a price distance: the argument at `given`, else ctx.r. */
static bool known_r(lua_State *L, int ctx, int given, double *out)
{
    if (given != 0 && !lua_isnoneornil(L, given)) {
        *out = (double)luaL_checknumber(L, given);
        luaL_argcheck(L, *out > 0.0 && isfinite(*out), given, "R is a price distance above 0");
        return true;
    }
    return ctx_number(L, ctx, "r", out);
}

/* A place as ctx sees it: `distance` from entry towards profit, as a price. */
struct place {
    double entry, sign, distance;
};

/* false when ctx does not know the ruler. */
static bool locate(lua_State *L, const struct unit *u, int ctx, int given, struct place *out)
{
    double length = 0.0;
    bool known = true;
    if (!ctx_number(L, ctx, "entry", &out->entry) || !ctx_number(L, ctx, "sign", &out->sign)) {
        luaL_error(L, "unit: ctx has no entry or sign: is this the ctx of decide?");
    }
    switch ((enum unit_kind)u->kind) {
    case UNIT_PRICE:
        out->distance = out->sign * (u->value - out->entry);
        return true;
    case UNIT_R:
        known = known_r(L, ctx, given, &length);
        break;
    case UNIT_ATR:
        known = ctx_atr(L, ctx, u, &length);
        break;
    case UNIT_PCT:
        out->distance = out->entry * u->value / 100.0;
        return true;
    case UNIT_KIND_COUNT:
        break;
    }
    out->distance = length * u->value;
    return known;
}

/* nil and why. */
static int not_known(lua_State *L, const struct unit *u)
{
    lua_pushnil(L);
    if (u->kind == UNIT_R) {
        lua_pushstring(L, "R is not known before the first plan: give it as the third argument, a price distance");
    } else {
        (void)lua_pushfstring(L, "the ATR of %s is not warm: too few closed bars", eb_lua_timeframes[u->timeframe]);
    }
    return 2;
}

static const struct unit *convertible(lua_State *L, const char *of)
{
    charge(L);
    const struct unit *u = check_unit(L, of, 1);
    if (lua_type(L, 2) != LUA_TUSERDATA && lua_type(L, 2) != LUA_TTABLE) {
        luaL_error(L, "unit.%s: the second argument is ctx, got %s", of, luaL_typename(L, 2));
    }
    lua_settop(L, 3);
    return u;
}

static int to_price(lua_State *L)
{
    const struct unit *u = convertible(L, "to_price");
    struct place at = {0};
    if (!locate(L, u, 2, 3, &at)) {
        return not_known(L, u);
    }
    lua_pushnumber(L, u->kind == UNIT_PRICE ? u->value : at.entry + at.sign * at.distance);
    return 1;
}

static int to_pct(lua_State *L)
{
    const struct unit *u = convertible(L, "to_pct");
    struct place at = {0};
    if (!locate(L, u, 2, 3, &at)) {
        return not_known(L, u);
    }
    lua_pushnumber(L, u->kind == UNIT_PCT ? u->value : at.distance / at.entry * 100.0);
    return 1;
}

static int to_r(lua_State *L)
{
    const struct unit *u = convertible(L, "to_r");
    static const struct unit one_r = {.kind = UNIT_R};
    struct place at = {0};
    double r = 0.0;
    if (u->kind == UNIT_R) {
        lua_pushnumber(L, u->value);
        return 1;
    }
    if (!locate(L, u, 2, 3, &at)) {
        return not_known(L, u);
    }
    if (!known_r(L, 2, 3, &r)) {
        return not_known(L, &one_r);
    }
    lua_pushnumber(L, at.distance / r);
    return 1;
}

/* first(ctx, u, v, ...): the first of them that ctx can convert, or nil. */
static int first_known(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TUSERDATA && lua_type(L, 1) != LUA_TTABLE) {
        return luaL_error(L, "unit.first: the first argument is ctx, got %s", luaL_typename(L, 1));
    }
    int count = lua_gettop(L);
    for (int i = 2; i <= count; i++) {
        struct place at = {0};
        charge(L); /* for each: there may be as many as a call takes */
        if (locate(L, check_unit(L, "first", i), 1, 0, &at)) {
            lua_pushvalue(L, i);
            return 1;
        }
    }
    lua_pushnil(L);
    return 1;
}

void eb_units_push(lua_State *L, bool charged)
{
    static const luaL_Reg operators[] = {
        {"__add", op_add}, {"__sub", op_sub}, {"__mul", op_mul}, {"__div", op_div},       {"__unm", op_unm},
        {"__eq", op_eq},   {"__lt", op_lt},   {"__le", op_le},   {"__tostring", op_text}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"price", new_price},   {"r", new_r},        {"atr", new_atr},
                                         {"pct", new_pct},       {"kind", unit_kind}, {"value", unit_value},
                                         {"to_price", to_price}, {"to_pct", to_pct},  {"to_r", to_r},
                                         {"first", first_known}, {NULL, NULL}};
    (void)luaL_newmetatable(L, type_name);
    lua_pushboolean(L, charged);
    luaL_setfuncs(L, operators, 1);
    lua_pop(L, 1);
    luaL_newlibtable(L, functions);
    lua_pushboolean(L, charged);
    luaL_setfuncs(L, functions, 1);
}
