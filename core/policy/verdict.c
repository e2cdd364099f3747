/* SPDX-License-Identifier: Apache-2.0 */
/* One reader per kind of decision over policy/reader; then the second result: memory, wake, regime, profile, owner. */
#include "policy/verdict.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "policy/names.h"
#include "policy/reader.h"

#define NO_LIMIT ((double)INFINITY) /* what int64 holds is the limit */

static const struct eb_range price_range = {"number > 0", 8, 0.0, NO_LIMIT, true, true};
static const struct eb_range pct_range = {"number > 0", 4, 0.0, NO_LIMIT, true, true};
static const struct eb_range r_range = {"number > 0", 6, 0.0, NO_LIMIT, true, true};
static const struct eb_range r_or_zero_range = {"number >= 0", 6, 0.0, NO_LIMIT, false, true};
static const struct eb_range fraction_range = {"number > 0 and <= 1", 6, 0.0, 1.0, true, false};
static const struct eb_range confidence_range = {"number from 0 to 1", 6, 0.0, 1.0, false, false};
static const struct eb_range callback_range = {"number > 0 and < 100", 4, 0.0, 100.0, true, true};
static const struct eb_range offset_range = {"number > -100 and < 100", 4, -100.0, 100.0, true, true};

static const char *const titles[EB_DECISION_KIND_COUNT] = {
    [EB_NO_CHANGE] = "a no_change decision",       [EB_PARTIAL_CLOSE] = "a partial_close decision",
    [EB_MOVE_STOP] = "a move_stop decision",       [EB_UPDATE_TP_LIMITS] = "an update_tp_limits decision",
    [EB_SET_TRAILING] = "a set_trailing decision", [EB_SET_RATCHET] = "a set_ratchet decision",
    [EB_FULL_EXIT] = "a full_exit decision",
};

static const char *const stop_roles[2] = {"plan", "risk_floor"};

static bool read_partial(struct eb_reader *r, struct eb_decision *d)
{
    return eb_reader_number(r, "fraction", &fraction_range, &d->u.partial.fraction_ppm, NULL) &&
           eb_reader_bool(r, "emergency", &d->emergency);
}

static bool read_stop(struct eb_reader *r, struct eb_decision *d)
{
    bool by_pct = false;
    bool by_price = false;
    bool has_risk = false;
    bool has_role = false;
    int role = 0;
    if (!eb_reader_number(r, "pct", &pct_range, &d->u.stop.pct_ppm, &by_pct) ||
        !eb_reader_number(r, "price", &price_range, &d->u.stop.price.e8, &by_price) ||
        !eb_reader_number(r, "risk_price", &price_range, &d->u.stop.risk_price.e8, &has_risk) ||
        !eb_reader_word(r, "role", stop_roles, 2, &role, &has_role) ||
        !eb_reader_bool(r, "allow_loosen", &d->u.stop.allow_loosen)) {
        return false;
    }
    d->u.stop.risk_floor = role == 1;
    if (by_pct == by_price) {
        return eb_reader_say(r->err, r->at, "give exactly one of pct, price");
    }
    return true;
}

static bool read_leg(lua_State *L, struct eb_err *err, const struct eb_at *at, void *arg)
{
    struct eb_decision *d = arg;
    struct eb_leg_spec *leg = &d->u.targets.leg[at->index - 1];
    struct eb_reader r;
    bool by_r = false;
    bool by_pct = false;
    bool by_price = false;
    bool has_id = false;
    int64_t id = 0;
    if (!eb_reader_open(&r, L, err, at) || !eb_reader_number(&r, "r", &r_range, &leg->r_ppm, &by_r) ||
        !eb_reader_number(&r, "pct", &pct_range, &leg->pct_ppm, &by_pct) ||
        !eb_reader_number(&r, "price", &price_range, &leg->price.e8, &by_price) ||
        !eb_reader_number(&r, "fraction", &fraction_range, &leg->fraction_ppm, NULL) ||
        !eb_reader_bool(&r, "soft", &leg->soft) || !eb_reader_integer(&r, "id", 1, 255, &id, &has_id) ||
        !eb_reader_close(&r, "a level")) {
        return false;
    }
    leg->id = (uint8_t)id;
    if (by_r + by_pct + by_price != 1) {
        return eb_reader_say(err, at, "give exactly one of r, pct, price");
    }
    for (int i = 0; has_id && i < at->index - 1; i++) {
        if (d->u.targets.leg[i].id == leg->id) {
            return eb_reader_say(err, at, "this id stands in an earlier level");
        }
    }
    return true;
}

static bool read_targets(struct eb_reader *r, struct eb_decision *d)
{
    int count = 0;
    if (eb_reader_field(r, "levels") != LUA_TTABLE) {
        struct eb_at at = {r->at, "levels", 0};
        return eb_reader_refuse(r->L, r->err, &at, "list of levels");
    }
    struct eb_at at = {r->at, "levels", 0};
    if (!eb_reader_elements(r->L, r->err, &at, EB_LEGS_MAX, &count, read_leg, d)) {
        return false;
    }
    d->u.targets.count = (uint8_t)count;
    lua_pop(r->L, 1);
    return true;
}

static bool read_curve_point(lua_State *L, struct eb_err *err, const struct eb_at *at, void *arg)
{
    struct eb_decision *d = arg;
    struct eb_curve_point *point = &d->u.trailing.curve[at->index - 1];
    struct eb_reader r;
    if (!eb_reader_open(&r, L, err, at) || !eb_reader_number(&r, "r", &r_or_zero_range, &point->r_ppm, NULL) ||
        !eb_reader_number(&r, "callback_pct", &callback_range, &point->callback_ppm, NULL) ||
        !eb_reader_close(&r, "a tightening step")) {
        return false;
    }
    if (at->index > 1 && point->r_ppm <= point[-1].r_ppm) {
        return eb_reader_say(err, at, "r must rise from step to step");
    }
    return true;
}

static bool read_trailing(struct eb_reader *r, struct eb_decision *d)
{
    int count = 0;
    if (!eb_reader_bool(r, "off", &d->u.trailing.off)) {
        return false;
    }
    if (d->u.trailing.off) {
        return true; /* anything else is then an unknown key */
    }
    if (!eb_reader_number(r, "activation_r", &r_or_zero_range, &d->u.trailing.activation_r_ppm, NULL) ||
        !eb_reader_number(r, "callback_pct", &callback_range, &d->u.trailing.callback_ppm, NULL) ||
        !eb_reader_list(r, "tighten", EB_CURVE_MAX, &count, read_curve_point, d)) {
        return false;
    }
    d->u.trailing.curve_count = (uint8_t)count;
    return true;
}

static bool read_ratchet_rule(lua_State *L, struct eb_err *err, const struct eb_at *at, void *arg)
{
    struct eb_decision *d = arg;
    struct eb_ratchet_rule *rule = &d->u.ratchet.rule[at->index - 1];
    struct eb_reader r;
    bool has_offset = false;
    int64_t hits = 0;
    int to = 0;
    if (!eb_reader_open(&r, L, err, at) || !eb_reader_integer(&r, "after_hits", 1, EB_LEGS_MAX, &hits, NULL) ||
        !eb_reader_word(&r, "to", eb_lua_ratchet_to, 2, &to, NULL) ||
        !eb_reader_number(&r, "offset_pct", &offset_range, &rule->offset_ppm, &has_offset) ||
        !eb_reader_close(&r, "a ratchet rule")) {
        return false;
    }
    rule->after_hits = (uint8_t)hits;
    rule->to = (uint8_t)to;
    return true;
}

static bool read_ratchet(struct eb_reader *r, struct eb_decision *d)
{
    int count = 0;
    if (eb_reader_field(r, "rules") != LUA_TTABLE) {
        struct eb_at at = {r->at, "rules", 0};
        return eb_reader_refuse(r->L, r->err, &at, "list of rules");
    }
    struct eb_at at = {r->at, "rules", 0};
    if (!eb_reader_elements(r->L, r->err, &at, EB_RATCHET_MAX, &count, read_ratchet_rule, d)) {
        return false;
    }
    d->u.ratchet.count = (uint8_t)count;
    lua_pop(r->L, 1);
    return true;
}

static bool read_kind(struct eb_reader *r, struct eb_decision *d)
{
    switch ((enum eb_decision_kind)d->kind) {
    case EB_NO_CHANGE:
        return true;
    case EB_PARTIAL_CLOSE:
        return read_partial(r, d);
    case EB_MOVE_STOP:
        return read_stop(r, d);
    case EB_UPDATE_TP_LIMITS:
        return read_targets(r, d);
    case EB_SET_TRAILING:
        return read_trailing(r, d);
    case EB_SET_RATCHET:
        return read_ratchet(r, d);
    case EB_FULL_EXIT:
        return eb_reader_bool(r, "emergency", &d->emergency);
    case EB_DECISION_KIND_COUNT:
        break;
    }
    return false;
}

/* Two answers to one question have no order of precedence: refused. A plan stop and a risk floor are two questions. */
static bool is_repeated(const struct eb_verdict *out, const struct eb_decision *d)
{
    for (const struct eb_decision *e = out->decision; e < d; e++) {
        if (e->kind == d->kind && (d->kind != EB_MOVE_STOP || e->u.stop.risk_floor == d->u.stop.risk_floor)) {
            return true;
        }
    }
    return false;
}

/* at->index from 1, also for a decision that stands alone. */
static bool read_decision(lua_State *L, struct eb_err *err, const struct eb_at *at, void *arg)
{
    struct eb_verdict *out = arg;
    struct eb_decision *d = &out->decision[at->index - 1];
    struct eb_reader r;
    bool has_confidence = false;
    int kind = 0;
    if (!eb_reader_open(&r, L, err, at) ||
        !eb_reader_word(&r, "type", eb_lua_decisions, EB_DECISION_KIND_COUNT, &kind, NULL) ||
        !eb_reader_reason(&r, "reason", d->reason, sizeof(d->reason)) ||
        !eb_reader_number(&r, "confidence", &confidence_range, &d->confidence_ppm, &has_confidence)) {
        return false;
    }
    d->kind = (uint8_t)kind;
    if (!read_kind(&r, d)) {
        return false;
    }
    bool off = kind == EB_SET_TRAILING && d->u.trailing.off;
    if (!eb_reader_close(&r, off ? "a set_trailing decision with off=true" : titles[kind])) {
        return false;
    }
    if (is_repeated(out, d)) {
        return eb_reader_say(err, at, "repeats an earlier decision of this type");
    }
    out->count = (uint8_t)at->index;
    return true;
}

static bool read_decisions(lua_State *L, struct eb_verdict *out, struct eb_err *err)
{
    static const struct eb_at root = {NULL, "decision", 1};
    int type = lua_type(L, -1);
    if (type == LUA_TNIL) {
        return true;
    }
    if (type != LUA_TTABLE) {
        return eb_reader_refuse(L, err, &root, "nil, a decision or a list of decisions");
    }
    lua_pushnil(L);
    bool empty = lua_next(L, -2) == 0;
    if (empty) {
        return true;
    }
    lua_pop(L, 2);
    if (lua_rawlen(L, -1) == 0) {
        return read_decision(L, err, &root, out);
    }
    int count = 0;
    return eb_reader_elements(L, err, &root, EB_DECISIONS_MAX, &count, read_decision, out);
}

/* The value at the top of the stack as a memory entry. */
static bool read_memory_value(lua_State *L, struct eb_err *err, const struct eb_at *at, struct eb_memory_entry *e)
{
    size_t len = 0;
    const char *text;
    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
        e->kind = EB_MEM_BOOL;
        e->number = lua_toboolean(L, -1) ? 1.0 : 0.0;
        return true;
    case LUA_TNUMBER:
        e->kind = EB_MEM_NUMBER;
        e->number = (double)lua_tonumber(L, -1) + 0.0; /* no -0: it would come back as 0 */
        return isfinite(e->number) || eb_reader_refuse(L, err, at, "finite number");
    case LUA_TSTRING:
        text = lua_tolstring(L, -1, &len);
        if (len >= sizeof(e->text) || strlen(text) != len) {
            return eb_reader_refuse(L, err, at, "text of at most 31 bytes");
        }
        e->kind = EB_MEM_TEXT;
        memcpy(e->text, text, len + 1);
        return true;
    default: /* an int from Lua, not an enum */
        return eb_reader_refuse(L, err, at, "boolean, number or text");
    }
}

/* Key and value are at the top of the stack. */
static bool read_memory_entry(lua_State *L, struct eb_err *err, const struct eb_at *up, struct eb_memory *m)
{
    size_t len = 0;
    const char *key = lua_tolstring(L, -2, &len);
    struct eb_at at = {up, key, 0};
    if (len == 0 || len >= EB_MEMORY_KEY_MAX || strlen(key) != len) {
        return eb_reader_say(err, &at, "keys of memory have 1 to 23 bytes");
    }
    if (m->count >= EB_MEMORY_MAX) {
        return eb_reader_say(err, up, "more than 16 entries");
    }
    int place = m->count; /* sorted, so that equal memories are equal bytes */
    while (place > 0 && strcmp(m->entry[place - 1].key, key) > 0) {
        m->entry[place] = m->entry[place - 1];
        place--;
    }
    struct eb_memory_entry *e = &m->entry[place];
    memset(e, 0, sizeof(*e));
    memcpy(e->key, key, len + 1);
    m->count++;
    return read_memory_value(L, err, &at, e);
}

static bool has_text_keys(lua_State *L)
{
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) {
            lua_pop(L, 1);
            return false;
        }
    }
    return true;
}

static bool read_entries(lua_State *L, struct eb_err *err, const struct eb_at *at, struct eb_memory *m)
{
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        if (lua_type(L, -2) != LUA_TSTRING || !read_memory_entry(L, err, at, m)) {
            lua_pop(L, 2);
            return false;
        }
        lua_pop(L, 1);
    }
    return true;
}

/* In sorted order, so that of several mistakes every run names the same one. */
static void complain_entries(lua_State *L, struct eb_err *err, const struct eb_at *at, struct eb_memory *m)
{
    int table = lua_gettop(L);
    memset(m, 0, sizeof(*m));
    eb_push_sorted_keys(L, table);
    bool ok = true;
    for (lua_Integer i = 1; ok; i++) {
        (void)lua_rawgeti(L, table + 1, i);
        lua_pushvalue(L, -1);
        (void)lua_rawget(L, table);
        ok = read_memory_entry(L, err, at, m);
        lua_settop(L, table + 1);
    }
}

/* The table at the top of the stack. */
static bool read_memory_table(lua_State *L, struct eb_err *err, const struct eb_at *at, struct eb_memory *m)
{
    if (read_entries(L, err, at, m)) {
        return true;
    }
    if (!has_text_keys(L)) {
        return eb_reader_say(err, at, "keys of memory are texts");
    }
    complain_entries(L, err, at, m);
    return false;
}

bool eb_memory_read(lua_State *L, const char *of, struct eb_memory *out, struct eb_err *err)
{
    struct eb_at at = {NULL, of, 0};
    memset(out, 0, sizeof(*out));
    if (lua_isnil(L, -1)) {
        return true;
    }
    return lua_istable(L, -1) ? read_memory_table(L, err, &at, out)
                              : eb_reader_refuse(L, err, &at, "nil or a table of what is remembered");
}

static bool read_memory(struct eb_reader *r, struct eb_verdict *out)
{
    struct eb_at at = {r->at, "memory", 0};
    int type = eb_reader_field(r, "memory");
    if (type != LUA_TNIL && type != LUA_TTABLE) {
        return eb_reader_refuse(r->L, r->err, &at, "table");
    }
    out->has_memory = type == LUA_TTABLE;
    if (out->has_memory && !read_memory_table(r->L, r->err, &at, &out->memory)) {
        return false;
    }
    lua_pop(r->L, 1);
    return true;
}

static bool read_wake(struct eb_reader *up, struct eb_wake *w)
{
    struct eb_at at = {up->at, "wake", 0};
    struct eb_reader r;
    bool has_time = false;
    bool has_above = false;
    bool has_below = false;
    if (eb_reader_field(up, "wake") != LUA_TNIL) {
        if (!eb_reader_open(&r, up->L, up->err, &at) ||
            !eb_reader_integer(&r, "at_ms", 1, INT64_MAX, &w->at_ms, &has_time) ||
            !eb_reader_number(&r, "above", &price_range, &w->above.e8, &has_above) ||
            !eb_reader_number(&r, "below", &price_range, &w->below.e8, &has_below) || !eb_reader_close(&r, "wake")) {
            return false;
        }
        if (!has_time && !has_above && !has_below) {
            return eb_reader_say(up->err, &at, "give at_ms, above or below");
        }
        w->set = true;
    }
    lua_pop(up->L, 1);
    return true;
}

static bool read_extras(lua_State *L, struct eb_verdict *out, struct eb_err *err)
{
    static const struct eb_at root = {NULL, "", 0};
    if (lua_isnil(L, -1)) {
        return true;
    }
    struct eb_reader r;
    bool has_regime = false;
    int regime = 0;
    if (!eb_reader_open(&r, L, err, &root) || !read_memory(&r, out) || !read_wake(&r, &out->wake) ||
        !eb_reader_word(&r, "regime", eb_lua_regimes, EB_REGIME_COUNT, &regime, &has_regime) ||
        !eb_reader_name(&r, "profile", out->profile, sizeof(out->profile)) ||
        !eb_reader_name(&r, "owner", out->owner, sizeof(out->owner)) ||
        !eb_reader_close(&r, "the second result (memory, wake, regime, profile, owner)")) {
        return false;
    }
    out->regime = (uint8_t)regime;
    return true;
}

bool eb_verdict_read(lua_State *L, int index, struct eb_verdict *out, struct eb_err *err)
{
    memset(out, 0, sizeof(*out));
    index = lua_absindex(L, index);
    int top = lua_gettop(L);
    lua_pushvalue(L, index);
    bool ok = read_decisions(L, out, err);
    if (ok) {
        lua_pushvalue(L, index + 1);
        ok = read_extras(L, out, err);
    }
    lua_settop(L, top);
    out->keep = out->count == 0;
    return ok;
}
