/* SPDX-License-Identifier: Apache-2.0 */
/* A plain table -> eb_context, through the same declared fields by which the view shows it. */
#include "policy/plain.h"

#include <lauxlib.h>
#include <string.h>

#include "base/decimal.h"
#include "policy/names.h"
#include "policy/view.h"

static const char *const fields_beside[] = {"features", "legs", "memory", "memory_version", "signals"};

static const struct eb_field *find_field(const struct eb_field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

static int64_t scaled(lua_State *L, const struct eb_field *f, int scale)
{
    int64_t value = 0;
    if (lua_type(L, -1) != LUA_TNUMBER || !eb_from_double((double)lua_tonumber(L, -1), scale, &value)) {
        luaL_error(L, "%s: expected a finite number, got %s", f->name, luaL_tolstring(L, -1, NULL));
    }
    return value;
}

static int64_t whole(lua_State *L, const struct eb_field *f, int64_t lo, int64_t hi)
{
    int ok = 0;
    int64_t value = lua_type(L, -1) == LUA_TNUMBER ? lua_tointegerx(L, -1, &ok) : 0;
    if (!ok || value < lo || value > hi) {
        luaL_error(L, "%s: expected a whole number from %I to %I, got %s", f->name, (LUAI_UACINT)lo, (LUAI_UACINT)hi,
                   luaL_tolstring(L, -1, NULL));
    }
    return value;
}

static uint8_t word(lua_State *L, const struct eb_field *f)
{
    for (size_t i = 0; lua_type(L, -1) == LUA_TSTRING && i < f->size; i++) {
        if (strcmp(f->names[i], lua_tostring(L, -1)) == 0) {
            return (uint8_t)i;
        }
    }
    luaL_error(L, "%s: '%s' is not one of its words", f->name, luaL_tolstring(L, -1, NULL));
    return 0;
}

static void store_text(lua_State *L, const struct eb_field *f, char *at)
{
    size_t len = 0;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    if (text == NULL || len >= f->size) {
        luaL_error(L, "%s: expected a text of at most %d bytes", f->name, (int)f->size - 1);
    } else {
        memcpy(at, text, len + 1);
    }
}

static void store_bool(lua_State *L, const struct eb_field *f, char *at)
{
    luaL_argexpected(L, lua_isboolean(L, -1), lua_gettop(L), f->name);
    *at = (char)lua_toboolean(L, -1);
}

static void store_i64(char *at, int64_t value)
{
    memcpy(at, &value, sizeof(value));
}

/* Decimals of the integer that a kind is held in; 0 for the kinds that are no scaled number. */
static int scale_of(enum eb_field_kind kind)
{
    switch (kind) {
    case EB_F_AMOUNT:
    case EB_F_SIGNED:
    case EB_F_WARM_AMOUNT:
        return 8;
    case EB_F_RATIO:
    case EB_F_RATIO_NIL:
    case EB_F_IN_R:
    case EB_F_WARM_RATIO:
    case EB_F_PCT_E8:
        return 6;
    case EB_F_PCT:
    case EB_F_WARM_PCT:
        return 4;
    case EB_F_TEXT:
    case EB_F_ENUM:
    case EB_F_COUNT:
    case EB_F_COUNT16:
    case EB_F_COUNT32:
    case EB_F_BOOL:
    case EB_F_MS:
    case EB_F_AGE_MS:
    case EB_F_SIGN:
    case EB_F_AGE:
        break;
    }
    return 0;
}

/* The value at the top of the stack into the struct at base. Computed fields are left to derive(). */
static void store(lua_State *L, const struct eb_field *f, void *base)
{
    char *at = (char *)base + f->offset;
    uint16_t v16;
    uint32_t v32;
    switch (f->kind) {
    case EB_F_TEXT:
        store_text(L, f, at);
        break;
    case EB_F_ENUM:
        *at = (char)word(L, f);
        break;
    case EB_F_COUNT:
        *at = (char)whole(L, f, 0, UINT8_MAX);
        break;
    case EB_F_COUNT16:
        v16 = (uint16_t)whole(L, f, 0, UINT16_MAX);
        memcpy(at, &v16, sizeof(v16));
        break;
    case EB_F_COUNT32:
        v32 = (uint32_t)whole(L, f, 0, UINT32_MAX);
        memcpy(at, &v32, sizeof(v32));
        break;
    case EB_F_BOOL:
        store_bool(L, f, at);
        break;
    case EB_F_MS:
    case EB_F_AGE_MS:
        store_i64(at, whole(L, f, -1, INT64_MAX));
        break;
    case EB_F_SIGN:
    case EB_F_AGE:
        break;
    case EB_F_AMOUNT:
    case EB_F_SIGNED:
    case EB_F_RATIO:
    case EB_F_RATIO_NIL:
    case EB_F_PCT:
    case EB_F_PCT_E8:
    case EB_F_IN_R:
    case EB_F_WARM_AMOUNT:
    case EB_F_WARM_PCT:
    case EB_F_WARM_RATIO:
        store_i64(at, scaled(L, f, scale_of(f->kind)));
        break;
    }
}

/* Every entry of the table at the top of the stack into the struct at base. `of` names the table. */
static void store_all(lua_State *L, const struct eb_field *fields, size_t count, void *base, const char *of)
{
    int table = lua_gettop(L);
    luaL_argexpected(L, lua_istable(L, table), table, of);
    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        const struct eb_field *f = find_field(fields, count, key);
        bool beside = false;
        for (size_t i = 0; fields == eb_context_fields && i < EB_COUNT(fields_beside); i++) {
            beside = beside || strcmp(key, fields_beside[i]) == 0;
        }
        if (f == NULL && !beside) {
            luaL_error(L, "%s has no field '%s'", of, key);
        } else if (f != NULL) {
            store(L, f, base);
        }
        lua_settop(L, table + 1);
    }
}

static bool given(lua_State *L, int table, const char *name)
{
    bool here = lua_getfield(L, table, name) != LUA_TNIL;
    lua_pop(L, 1);
    return here;
}

static void read_features(lua_State *L, int table, struct eb_context *c)
{
    if (lua_getfield(L, table, "features") == LUA_TTABLE) {
        for (int i = 0; i < EB_TF_COUNT; i++) {
            if (lua_getfield(L, -1, eb_lua_timeframes[i]) != LUA_TNIL) {
                struct eb_features *f = &c->features[i];
                f->warm = true;
                f->bars = 21;
                store_all(L, eb_feature_fields, eb_feature_field_count, f, "features.*");
            }
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}

static void read_legs(lua_State *L, int table, struct eb_context *c)
{
    if (lua_getfield(L, table, "legs") == LUA_TTABLE) {
        lua_Unsigned n = lua_rawlen(L, -1);
        if (n > EB_LEGS_MAX) {
            luaL_error(L, "legs: more than %d", EB_LEGS_MAX);
        }
        for (lua_Unsigned i = 0; i < n; i++) {
            struct eb_leg_view *leg = &c->legs[i];
            leg->id = (uint8_t)(i + 1);
            leg->state = EB_LEG_ARMED;
            (void)lua_rawgeti(L, -1, (lua_Integer)i + 1);
            store_all(L, eb_leg_fields, eb_leg_field_count, leg, "legs[i]");
            lua_pop(L, 1);
            c->hits = (uint8_t)(c->hits + (leg->state == EB_LEG_HIT));
        }
        c->leg_count = (uint8_t)n;
    }
    lua_pop(L, 1);
}

static void read_memory_entry(lua_State *L, const char *of, struct eb_memory_entry *e)
{
    size_t len = 0;
    const char *key = luaL_checklstring(L, -2, &len);
    if (len >= sizeof(e->key)) {
        luaL_error(L, "%s.%s: the key is too long", of, key);
    }
    memset(e, 0, sizeof(*e));
    memcpy(e->key, key, len + 1);
    if (lua_isboolean(L, -1)) {
        e->kind = EB_MEM_BOOL;
        e->number = lua_toboolean(L, -1) ? 1.0 : 0.0;
    } else if (lua_type(L, -1) == LUA_TNUMBER) {
        e->kind = EB_MEM_NUMBER;
        e->number = (double)lua_tonumber(L, -1);
    } else {
        const char *text = luaL_checklstring(L, -1, &len);
        if (len >= sizeof(e->text)) {
            luaL_error(L, "%s.%s: the text is too long", of, key);
        }
        e->kind = EB_MEM_TEXT;
        memcpy(e->text, text, len + 1);
    }
}

/* memory or signals: flat tables of scalars. */
static void read_memory(lua_State *L, int table, const char *of, struct eb_memory *m)
{
    if (lua_getfield(L, table, of) == LUA_TTABLE) {
        lua_pushnil(L);
        while (lua_next(L, -2) != 0) {
            struct eb_memory_entry e;
            if (m->count >= EB_MEMORY_MAX) {
                luaL_error(L, "%s: more than %d entries", of, EB_MEMORY_MAX);
            }
            read_memory_entry(L, of, &e);
            int place = m->count++;
            for (; place > 0 && strcmp(m->entry[place - 1].key, e.key) > 0; place--) {
                m->entry[place] = m->entry[place - 1];
            }
            m->entry[place] = e;
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}

/* The version of the set that wrote the memory, which a migration is told. */
static void read_memory_version(lua_State *L, int table, struct eb_memory *m)
{
    static const struct eb_field field = {"memory_version", EB_F_TEXT, 0, NULL, sizeof(m->version)};
    if (lua_getfield(L, table, "memory_version") != LUA_TNIL) {
        store_text(L, &field, m->version);
    }
    lua_pop(L, 1);
}

static const struct eb_context defaults = {
    .consult_id = 1,
    .exit_mode = EB_EXIT_MODE_EXIT_BRAIN_V3,
    .episode = 1,
    .live = true,
    .symbol = "BTCUSDT",
    .now_ms = INT64_C(1700000000000),
    .entry = {100 * EB_E8},
    .qty = {EB_E8},
    .balance = {10000 * EB_E8},
    .leverage_ppm = 10 * EB_PPM,
    .fee_taker_ppm = 400,
    .fee_maker_ppm = 200,
    .min_stop_distance_ppm = 2000,
    .liquidation_buffer_ppm = 10000,
    .tick = {EB_E8 / 100},
    .step = {EB_E8 / 1000},
    .min_qty = {EB_E8 / 1000},
    .min_notional = {5 * EB_E8},
};

static int64_t ratio(int64_t a, int64_t b, int64_t den)
{
    int64_t out = 0;
    return den > 0 && eb_mul_div(a, b, den, EB_ROUND_HALF_AWAY, &out) ? out : 0;
}

static void follow_prices(lua_State *L, int t, struct eb_context *c)
{
    if (!given(L, t, "price")) {
        c->price = given(L, t, "mark") ? c->mark : c->entry;
    }
    eb_price *const same[] = {&c->mark, &c->last, &c->bid, &c->ask};
    static const char *const names[] = {"mark", "last", "bid", "ask"};
    for (size_t i = 0; i < EB_COUNT(names); i++) {
        if (!given(L, t, names[i])) {
            *same[i] = c->price;
        }
    }
    bool price_better = c->side == EB_LONG ? c->price.e8 > c->entry.e8 : c->price.e8 < c->entry.e8;
    if (!given(L, t, "peak")) {
        c->peak = price_better ? c->price : c->entry;
    }
    if (c->stop.e8 != 0 && !given(L, t, "stop_kind")) {
        c->stop_kind = EB_STOP_PLAN;
    }
    if (c->stop.e8 != 0 && c->stop_kind == EB_STOP_PLAN && !given(L, t, "plan_stop")) {
        c->plan_stop = c->stop;
    }
}

static void follow_sizes(lua_State *L, int t, struct eb_context *c)
{
    c->leg_base = given(L, t, "leg_base") ? c->leg_base : c->qty;
    c->first_qty = given(L, t, "first_qty") ? c->first_qty : c->leg_base;
    if (!given(L, t, "notional")) {
        c->notional.e8 = ratio(c->qty.e8, c->price.e8, EB_E8);
    }
    if (!given(L, t, "margin")) {
        c->margin.e8 = ratio(c->notional.e8, EB_PPM, c->leverage_ppm);
    }
    for (int i = 0; i < c->leg_count; i++) {
        if (c->legs[i].qty.e8 == 0) {
            c->legs[i].qty.e8 = ratio(c->leg_base.e8, c->legs[i].fraction_ppm, EB_PPM);
        }
    }
}

static void follow_results(lua_State *L, int t, struct eb_context *c)
{
    int64_t move = (c->side == EB_LONG ? 1 : -1) * (c->price.e8 - c->entry.e8);
    int64_t best = (c->side == EB_LONG ? 1 : -1) * (c->peak.e8 - c->entry.e8);
    if (!given(L, t, "pnl")) {
        c->pnl.e8 = ratio(move, c->qty.e8, EB_E8);
    }
    if (!given(L, t, "pnl_pct")) {
        c->pnl_ppm = ratio(move, EB_PPM, c->entry.e8);
    }
    if (!given(L, t, "pnl_r")) {
        c->pnl_r_ppm = ratio(move, EB_PPM, c->r.e8);
    }
    if (!given(L, t, "mfe_r")) {
        c->mfe_r_ppm = best > 0 ? ratio(best, EB_PPM, c->r.e8) : 0;
    }
    if (!given(L, t, "mae_r")) {
        c->mae_r_ppm = c->pnl_r_ppm < 0 ? c->pnl_r_ppm : 0;
    }
}

/* The field that is computed the other way round in ctx. */
static void follow_age(lua_State *L, int t, struct eb_context *c)
{
    if (!given(L, t, "opened_ms") && lua_getfield(L, t, "age_ms") != LUA_TNIL) {
        c->opened_ms = c->now_ms - luaL_checkinteger(L, -1);
        lua_pop(L, 1);
    }
}

static void follow_plan(lua_State *L, int t, struct eb_context *c)
{
    if (c->opened_ms == 0) {
        c->opened_ms = c->now_ms;
    }
    if (c->reason != EB_CONSULT_NEW && !given(L, t, "plan_revision")) {
        c->plan_revision = 1;
    }
    if (!given(L, t, "planned")) {
        c->planned = c->plan_revision > 0 && !c->r_provisional;
    }
}

static void check_sign(lua_State *L, int t, const struct eb_context *c)
{
    if (lua_getfield(L, t, "sign") != LUA_TNIL && lua_tointeger(L, -1) != (c->side == EB_LONG ? 1 : -1)) {
        luaL_error(L, "sign: does not agree with side");
    }
    lua_pop(L, 1);
}

void eb_plain_context(lua_State *L, int index, bool fill, struct eb_context *out)
{
    int t = lua_absindex(L, index);
    luaL_checkstack(L, 20, NULL);
    *out = fill ? defaults
                : (struct eb_context){.consult_id = 1, .exit_mode = EB_EXIT_MODE_EXIT_BRAIN_V3, .price_age_ms = -1};
    lua_pushvalue(L, t);
    read_features(L, t, out);
    read_legs(L, t, out);
    read_memory(L, t, "memory", &out->memory);
    read_memory_version(L, t, &out->memory);
    read_memory(L, t, "signals", &out->signals);
    store_all(L, eb_context_fields, eb_context_field_count, out, "ctx");
    lua_pop(L, 1);
    check_sign(L, t, out);
    follow_age(L, t, out);
    if (fill) {
        follow_plan(L, t, out);
        follow_prices(L, t, out);
        follow_sizes(L, t, out);
        follow_results(L, t, out);
    }
}

static void set_fields(lua_State *L, const struct eb_field *fields, size_t count, const void *base,
                       const struct eb_context *c, bool warm)
{
    for (size_t i = 0; i < count; i++) {
        eb_field_push(L, &fields[i], base, c, warm);
        lua_setfield(L, -2, fields[i].name);
    }
}

void eb_plain_context_push(lua_State *L, const struct eb_context *c)
{
    luaL_checkstack(L, 8, NULL);
    lua_createtable(L, 0, (int)eb_context_field_count + 5);
    set_fields(L, eb_context_fields, eb_context_field_count, c, c, true);
    lua_createtable(L, 0, EB_TF_COUNT);
    for (int i = 0; i < EB_TF_COUNT; i++) {
        lua_createtable(L, 0, (int)eb_feature_field_count);
        set_fields(L, eb_feature_fields, eb_feature_field_count, &c->features[i], c, c->features[i].warm);
        lua_setfield(L, -2, eb_lua_timeframes[i]);
    }
    lua_setfield(L, -2, "features");
    lua_createtable(L, c->leg_count, 0);
    for (int i = 0; i < c->leg_count && i < EB_LEGS_MAX; i++) {
        lua_createtable(L, 0, (int)eb_leg_field_count);
        set_fields(L, eb_leg_fields, eb_leg_field_count, &c->legs[i], c, true);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "legs");
    eb_memory_push(L, &c->memory);
    lua_setfield(L, -2, "memory");
    lua_pushstring(L, c->memory.version);
    lua_setfield(L, -2, "memory_version");
    eb_memory_push(L, &c->signals);
    lua_setfield(L, -2, "signals");
}
