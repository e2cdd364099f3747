/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects behind ctx, ctx.legs, ctx.features, ctx.memory and ctx.signals.
 *
 *     read --> table of values (of ctx, of a time frame) --> not there: missing() answers, and notes that it is wanted
 *     next consult --> eb_view_fill(): every field that is wanted, before the script runs
 *
 * A read that finds its value in a table costs a tenth of a call into C, and a set reads the same fields each time.
 * Scripts never see these tables: __index of a userdata leads to them, and no function of the sandbox leads there.
 * Legs and memory have an __index function each, over names or entries; no read allocates.
 */
#define _POSIX_C_SOURCE 200809L

#include "policy/view.h"

#include <lauxlib.h>
#include <stddef.h>
#include <string.h>

#include "policy/names.h"
#include "policy/set.h"

enum { COPY_COST = 4 }; /* instructions that copying an entry stands for */

/* The payload of legs and memories: which one it stands for. */
struct part {
    int index;
};

/* The payload of an object whose fields lie in a table: ctx itself, or a time frame of it. */
struct face {
    const struct eb_field *fields;
    const char *name;
    int frame;       /* -1: ctx */
    uint64_t wanted; /* bit per field: the set has read it at least once */
};
enum { FACE_VALUES = 1, FACE_NAMES, FACE_FRAMES, FACE_SLOTS = FACE_FRAMES + EB_TF_COUNT - 1 }; /* its user values */

static const struct eb_context *bound(lua_State *L)
{
    const struct eb_context *ctx = eb_sandbox_of(L)->ctx;
    if (ctx == NULL) {
        luaL_error(L, "ctx has values only while decide(ctx) runs");
    }
    return ctx;
}

static int64_t load_i64(const char *at)
{
    int64_t v;
    memcpy(&v, at, sizeof(v));
    return v;
}

static void push_scaled(lua_State *L, int64_t value, double scale)
{
    lua_pushnumber(L, (double)value / scale);
}

static void push_scaled_if(lua_State *L, bool known, int64_t value, double scale)
{
    if (known) {
        push_scaled(L, value, scale);
    } else {
        lua_pushnil(L);
    }
}

static void push_count(lua_State *L, const struct eb_field *f, const char *at)
{
    uint16_t v16;
    uint32_t v32;
    if (f->kind == EB_F_COUNT16) {
        memcpy(&v16, at, sizeof(v16));
        lua_pushinteger(L, v16);
    } else if (f->kind == EB_F_COUNT32) {
        memcpy(&v32, at, sizeof(v32));
        lua_pushinteger(L, v32);
    } else {
        lua_pushinteger(L, (uint8_t)*at);
    }
}

static void push_ms(lua_State *L, bool known, int64_t ms)
{
    if (known) {
        lua_pushinteger(L, ms);
    } else {
        lua_pushnil(L);
    }
}

void eb_field_push(lua_State *L, const struct eb_field *f, const void *base, const struct eb_context *ctx, bool warm)
{
    const char *at = (const char *)base + f->offset;
    switch (f->kind) {
    case EB_F_TEXT:
        if (*at == '\0') {
            lua_pushnil(L);
        } else {
            lua_pushlstring(L, at, strnlen(at, f->size));
        }
        break;
    case EB_F_ENUM:
        lua_pushstring(L, (uint8_t)*at < f->size ? f->names[(uint8_t)*at] : "?");
        break;
    case EB_F_COUNT:
    case EB_F_COUNT16:
    case EB_F_COUNT32:
        push_count(L, f, at);
        break;
    case EB_F_BOOL:
        lua_pushboolean(L, *at != 0);
        break;
    case EB_F_AMOUNT:
        push_scaled_if(L, load_i64(at) != 0, load_i64(at), 1e8);
        break;
    case EB_F_SIGNED:
        push_scaled(L, load_i64(at), 1e8);
        break;
    case EB_F_MS:
        push_ms(L, load_i64(at) != 0, load_i64(at));
        break;
    case EB_F_AGE_MS:
        push_ms(L, load_i64(at) >= 0, load_i64(at));
        break;
    case EB_F_RATIO:
        push_scaled(L, load_i64(at), 1e6);
        break;
    case EB_F_RATIO_NIL:
        push_scaled_if(L, load_i64(at) != 0, load_i64(at), 1e6);
        break;
    case EB_F_PCT:
        push_scaled(L, load_i64(at), 1e4);
        break;
    case EB_F_PCT_E8:
        push_scaled(L, load_i64(at), 1e6);
        break;
    case EB_F_IN_R:
        push_scaled_if(L, ctx->r.e8 != 0, load_i64(at), 1e6);
        break;
    case EB_F_WARM_AMOUNT:
        push_scaled_if(L, warm, load_i64(at), 1e8);
        break;
    case EB_F_WARM_PCT:
        push_scaled_if(L, warm, load_i64(at), 1e4);
        break;
    case EB_F_WARM_RATIO:
        push_scaled_if(L, warm, load_i64(at), 1e6);
        break;
    case EB_F_SIGN:
        lua_pushinteger(L, *at == EB_LONG ? 1 : -1);
        break;
    case EB_F_AGE:
        push_ms(L, load_i64(at) != 0 && ctx->now_ms >= load_i64(at), ctx->now_ms - load_i64(at));
        break;
    }
}

static int unknown_field(lua_State *L, const char *of)
{
    return luaL_error(L, "%s has no field '%s'", of, eb_push_text(L, 2));
}

/* Looks up the key at 2 in the closure's table: the field's number, or -1 with the object on the stack, or -2. */
static int look_up(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    switch (lua_rawget(L, lua_upvalueindex(1))) {
    case LUA_TNUMBER:
        return (int)lua_tointeger(L, -1);
    case LUA_TUSERDATA:
        return -1;
    default: /* an int from Lua, not an enum */
        return -2;
    }
}

static void push_field(lua_State *L, const struct face *face, int field)
{
    const struct eb_context *ctx = bound(L);
    if (face->frame < 0) {
        eb_field_push(L, &face->fields[field], ctx, ctx, true);
    } else {
        const struct eb_features *features = &ctx->features[face->frame];
        eb_field_push(L, &face->fields[field], features, ctx, features->warm);
    }
}

/* A read that found nothing in the table of values at 1. Upvalues: names with numbers of fields, the face. */
static int missing(lua_State *L)
{
    struct face *face = lua_touserdata(L, lua_upvalueindex(2));
    int field = look_up(L);
    if (field < 0) {
        return unknown_field(L, face->name);
    }
    push_field(L, face, field);
    face->wanted |= UINT64_C(1) << field;
    if (!lua_isnil(L, -1)) {
        lua_pushvalue(L, 2);
        lua_pushvalue(L, -2);
        lua_rawset(L, 1);
    }
    return 1;
}

static int features_index(lua_State *L)
{
    return look_up(L) == -1 ? 1 : unknown_field(L, "ctx.features (m1, m5, m15, h1)");
}

/* Those of the fields at `only` (a bit each) that the set wants, of the object at the top of the stack. */
static void fill(lua_State *L, uint64_t only)
{
    const struct face *face = lua_touserdata(L, -1);
    uint64_t left = face->wanted & only;
    if (left == 0) {
        return;
    }
    int object = lua_gettop(L);
    (void)lua_getiuservalue(L, object, FACE_VALUES);
    (void)lua_getiuservalue(L, object, FACE_NAMES);
    for (int field = 0; left != 0; field++, left >>= 1) {
        if ((left & 1U) != 0) {
            (void)lua_rawgeti(L, object + 2, field + 1);
            push_field(L, face, field);
            lua_rawset(L, object + 1);
        }
    }
    lua_settop(L, object);
}

void eb_view_fill(lua_State *L)
{
    luaL_checkstack(L, 8, NULL);
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, EB_REF_CTX);
    fill(L, UINT64_MAX);
    for (int i = 0; i < EB_TF_COUNT; i++) {
        (void)lua_getiuservalue(L, -1, FACE_FRAMES + i);
        fill(L, UINT64_MAX);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void eb_view_fill_planned(lua_State *L)
{
    size_t field = 0;
    while (eb_context_fields[field].offset != offsetof(struct eb_context, planned)) {
        field++;
    }
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, EB_REF_CTX);
    fill(L, UINT64_C(1) << field);
    lua_pop(L, 1);
}

static int leg_total(lua_State *L)
{
    const struct eb_context *ctx = bound(L);
    return ctx->leg_count < EB_LEGS_MAX ? ctx->leg_count : EB_LEGS_MAX;
}

static int legs_index(lua_State *L)
{
    if (!lua_isinteger(L, 2)) {
        return unknown_field(L, "ctx.legs (a list)");
    }
    lua_Integer i = lua_tointeger(L, 2);
    if (i < 1 || i > leg_total(L)) {
        lua_pushnil(L);
    } else {
        (void)lua_rawgeti(L, lua_upvalueindex(1), i);
    }
    return 1;
}

static int legs_len(lua_State *L)
{
    lua_pushinteger(L, leg_total(L));
    return 1;
}

static int leg_index(lua_State *L)
{
    const struct part *part = lua_touserdata(L, 1);
    int field = look_up(L);
    if (field < 0) {
        return unknown_field(L, "ctx.legs[i]");
    }
    if (part->index >= leg_total(L)) {
        return luaL_error(L, "ctx.legs[%d] is not there any more: do not keep legs from one decide to the next",
                          part->index + 1);
    }
    const struct eb_context *ctx = bound(L);
    eb_field_push(L, &eb_leg_fields[field], &ctx->legs[part->index], ctx, true);
    return 1;
}

/* Whole numbers come back as integers, so that a counter prints as it was written. */
void eb_memory_value_push(lua_State *L, const struct eb_memory_entry *e)
{
    switch ((enum eb_memory_kind)e->kind) {
    case EB_MEM_NONE:
        lua_pushnil(L);
        break;
    case EB_MEM_BOOL:
        lua_pushboolean(L, e->number != 0.0);
        break;
    case EB_MEM_NUMBER:
        if (e->number >= -0x1p53 && e->number <= 0x1p53 && e->number == (double)(int64_t)e->number) {
            lua_pushinteger(L, (int64_t)e->number);
        } else {
            lua_pushnumber(L, e->number);
        }
        break;
    case EB_MEM_TEXT:
        lua_pushlstring(L, e->text, strnlen(e->text, sizeof(e->text)));
        break;
    }
}

static int memory_find(const struct eb_memory *m, const char *key)
{
    for (int i = 0; i < m->count && i < EB_MEMORY_MAX; i++) {
        if (strncmp(m->entry[i].key, key, sizeof(m->entry[i].key)) == 0) {
            return i;
        }
    }
    return -1;
}

/* What the view object at 1 shows: part 0 is ctx.memory, part 1 ctx.signals. */
static const struct eb_memory *shown(lua_State *L)
{
    const struct part *part = lua_touserdata(L, 1);
    const struct eb_context *ctx = bound(L);
    return part->index == 0 ? &ctx->memory : &ctx->signals;
}

static int memory_index(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING) {
        return unknown_field(L, "ctx.memory or ctx.signals (keys are texts)");
    }
    const struct eb_memory *m = shown(L);
    int i = memory_find(m, lua_tostring(L, 2));
    if (i < 0) {
        lua_pushnil(L);
    } else {
        eb_memory_value_push(L, &m->entry[i]);
    }
    return 1;
}

static int memory_next(lua_State *L)
{
    const struct eb_memory *m = shown(L);
    int i = lua_type(L, 2) == LUA_TSTRING ? memory_find(m, lua_tostring(L, 2)) + 1 : 0;
    if (i >= m->count || i >= EB_MEMORY_MAX) {
        lua_pushnil(L);
        return 1;
    }
    const struct eb_memory_entry *e = &m->entry[i];
    lua_pushlstring(L, e->key, strnlen(e->key, sizeof(e->key)));
    eb_memory_value_push(L, e);
    return 2;
}

static int memory_len(lua_State *L)
{
    const struct eb_memory *m = shown(L);
    lua_pushinteger(L, m->count < EB_MEMORY_MAX ? m->count : EB_MEMORY_MAX);
    return 1;
}

/* copy(ctx.memory), copy(ctx.signals) or copy(table): a plain table with the same keys and values. */
int eb_view_copy(lua_State *L)
{
    lua_settop(L, 1);
    if (lua_type(L, 1) == LUA_TTABLE) {
        uint64_t count = 0;
        lua_createtable(L, (int)(lua_rawlen(L, 1) & 0xffff), 0);
        for (lua_pushnil(L); lua_next(L, 1) != 0; count++) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, 2);
        }
        eb_sandbox_charge(L, count * COPY_COST);
        return 1;
    }
    if (lua_type(L, 1) != LUA_TUSERDATA || luaL_getmetafield(L, 1, "__pairs") == LUA_TNIL) {
        return luaL_error(L, "copy: expected a table, ctx.memory or ctx.signals, got %s", eb_push_text(L, 1));
    }
    const struct eb_memory *m = shown(L);
    eb_sandbox_charge(L, m->count * (uint64_t)COPY_COST);
    eb_memory_push(L, m);
    return 1;
}

static int memory_pairs(lua_State *L)
{
    lua_pushcfunction(L, memory_next);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

static int refuse_write(lua_State *L)
{
    return luaL_error(L, "ctx is read-only: '%s'", eb_push_text(L, 2));
}

/* Makes a metatable whose __index closure owns the table at the top of the stack; replaces that table. */
static void wrap(lua_State *L, const char *name, lua_CFunction index)
{
    lua_createtable(L, 0, 4);
    lua_insert(L, -2);
    lua_pushcclosure(L, index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
}

/* A new view object with the metatable at index `meta`. */
static void push_part(lua_State *L, int meta, int index)
{
    struct part *part = lua_newuserdatauv(L, sizeof(*part), 0);
    part->index = index;
    lua_pushvalue(L, meta);
    lua_setmetatable(L, -2);
}

/* Replaces the metatable at the top of the stack by one object that has it. */
static void become_object(lua_State *L)
{
    push_part(L, lua_gettop(L), 0);
    lua_remove(L, -2);
}

static void push_names(lua_State *L, const struct eb_field *fields, size_t count)
{
    lua_createtable(L, 0, (int)count + 3);
    for (size_t i = 0; i < count; i++) {
        lua_pushinteger(L, (lua_Integer)i);
        lua_setfield(L, -2, fields[i].name);
    }
}

static const struct face ctx_face = {eb_context_fields, "ctx", -1, 0};

/* A new object of `count` fields, and below it the table of values that its reads go to. */
static void push_face(lua_State *L, const struct face *as, size_t count)
{
    EB_ASSERT(count <= 64); /* bits of `wanted` */
    struct face *face = lua_newuserdatauv(L, sizeof(*face), FACE_SLOTS);
    *face = *as;
    lua_createtable(L, 0, (int)count + 4);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(L, as->fields[i].name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    (void)lua_setiuservalue(L, -3, FACE_NAMES);
    lua_createtable(L, 0, 1); /* of the values: what is not there */
    push_names(L, as->fields, count);
    lua_pushvalue(L, -4);
    lua_pushcclosure(L, missing, 2);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_createtable(L, 0, 3); /* of the object */
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushstring(L, as->name);
    lua_setfield(L, -2, "__name");
    lua_setmetatable(L, -3);
    lua_pushvalue(L, -1);
    (void)lua_setiuservalue(L, -3, FACE_VALUES);
    lua_insert(L, -2);
}

/* ctx is at index `ctx`: it also holds the frames, so that they can be filled. */
static void push_features(lua_State *L, int ctx)
{
    lua_createtable(L, 0, EB_TF_COUNT);
    for (int i = 0; i < EB_TF_COUNT; i++) {
        const struct face face = {eb_feature_fields, "ctx.features.*", i, 0};
        push_face(L, &face, eb_feature_field_count);
        lua_remove(L, -2);
        lua_pushvalue(L, -1);
        (void)lua_setiuservalue(L, ctx, FACE_FRAMES + i);
        lua_setfield(L, -2, eb_lua_timeframes[i]);
    }
    wrap(L, "ctx.features", features_index);
    become_object(L);
}

static void push_legs(lua_State *L)
{
    push_names(L, eb_leg_fields, eb_leg_field_count);
    wrap(L, "ctx.legs[i]", leg_index);
    int meta = lua_gettop(L);
    lua_createtable(L, EB_LEGS_MAX, 0);
    for (int i = 0; i < EB_LEGS_MAX; i++) {
        push_part(L, meta, i);
        lua_rawseti(L, -2, i + 1);
    }
    lua_remove(L, meta);
    wrap(L, "ctx.legs", legs_index);
    lua_pushcfunction(L, legs_len);
    lua_setfield(L, -2, "__len");
    become_object(L);
}

static void push_memory(lua_State *L, const char *name, int index)
{
    lua_createtable(L, 0, 0);
    wrap(L, name, memory_index);
    lua_pushcfunction(L, memory_pairs);
    lua_setfield(L, -2, "__pairs");
    lua_pushcfunction(L, memory_len);
    lua_setfield(L, -2, "__len");
    push_part(L, lua_gettop(L), index);
    lua_remove(L, -2);
}

void eb_view_push(lua_State *L)
{
    luaL_checkstack(L, 16, NULL);
    push_face(L, &ctx_face, eb_context_field_count); /* values, ctx */
    push_features(L, lua_gettop(L));
    lua_setfield(L, -3, "features");
    push_legs(L);
    lua_setfield(L, -3, "legs");
    push_memory(L, "ctx.memory", 0);
    lua_setfield(L, -3, "memory");
    push_memory(L, "ctx.signals", 1);
    lua_setfield(L, -3, "signals");
    lua_remove(L, -2);
}
