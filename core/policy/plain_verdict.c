/* SPDX-License-Identifier: Apache-2.0 */
/* eb_verdict -> a plain table, in the words and units in which decide would have written it. */
#include "policy/plain.h"

#include <lauxlib.h>

#include "policy/names.h"
#include "policy/view.h"

static void set_number(lua_State *L, const char *name, int64_t value, double scale)
{
    if (value != 0) {
        lua_pushnumber(L, (double)value / scale);
        lua_setfield(L, -2, name);
    }
}

static void set_text(lua_State *L, const char *name, const char *text)
{
    if (text[0] != '\0') {
        lua_pushstring(L, text);
        lua_setfield(L, -2, name);
    }
}

static void set_bool(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

static void set_count(lua_State *L, const char *name, int64_t value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

static void push_levels(lua_State *L, const struct eb_decision *d)
{
    lua_createtable(L, d->u.targets.count, 0);
    for (int i = 0; i < d->u.targets.count; i++) {
        const struct eb_leg_spec *leg = &d->u.targets.leg[i];
        lua_createtable(L, 0, 4);
        set_number(L, "r", leg->r_ppm, 1e6);
        set_number(L, "pct", leg->pct_ppm, 1e4);
        set_number(L, "price", leg->price.e8, 1e8);
        set_number(L, "fraction", leg->fraction_ppm, 1e6);
        set_bool(L, "soft", leg->soft);
        if (leg->id != 0) {
            set_count(L, "id", leg->id);
        }
        lua_rawseti(L, -2, i + 1);
    }
}

static void set_trailing(lua_State *L, const struct eb_decision *d)
{
    if (d->u.trailing.off) {
        set_bool(L, "off", true);
        return;
    }
    lua_pushnumber(L, (double)d->u.trailing.activation_r_ppm / 1e6);
    lua_setfield(L, -2, "activation_r");
    set_number(L, "callback_pct", d->u.trailing.callback_ppm, 1e4);
    if (d->u.trailing.curve_count == 0) {
        return;
    }
    lua_createtable(L, d->u.trailing.curve_count, 0);
    for (int i = 0; i < d->u.trailing.curve_count; i++) {
        lua_createtable(L, 0, 2);
        lua_pushnumber(L, (double)d->u.trailing.curve[i].r_ppm / 1e6);
        lua_setfield(L, -2, "r");
        set_number(L, "callback_pct", d->u.trailing.curve[i].callback_ppm, 1e4);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "tighten");
}

static void push_rules(lua_State *L, const struct eb_decision *d)
{
    lua_createtable(L, d->u.ratchet.count, 0);
    for (int i = 0; i < d->u.ratchet.count; i++) {
        const struct eb_ratchet_rule *rule = &d->u.ratchet.rule[i];
        lua_createtable(L, 0, 3);
        set_count(L, "after_hits", rule->after_hits);
        set_text(L, "to", eb_lua_ratchet_to[rule->to]);
        lua_pushnumber(L, (double)rule->offset_ppm / 1e4);
        lua_setfield(L, -2, "offset_pct");
        lua_rawseti(L, -2, i + 1);
    }
}

static void set_stop(lua_State *L, const struct eb_decision *d)
{
    set_number(L, "pct", d->u.stop.pct_ppm, 1e4);
    set_number(L, "price", d->u.stop.price.e8, 1e8);
    set_number(L, "risk_price", d->u.stop.risk_price.e8, 1e8);
    set_text(L, "role", d->u.stop.risk_floor ? "risk_floor" : "plan");
    set_bool(L, "allow_loosen", d->u.stop.allow_loosen);
}

static void push_decision(lua_State *L, const struct eb_decision *d)
{
    lua_createtable(L, 0, 8);
    set_text(L, "type", eb_lua_decisions[d->kind]);
    set_text(L, "reason", d->reason);
    set_number(L, "confidence", d->confidence_ppm, 1e6);
    switch ((enum eb_decision_kind)d->kind) {
    case EB_PARTIAL_CLOSE:
        set_number(L, "fraction", d->u.partial.fraction_ppm, 1e6);
        set_bool(L, "emergency", d->emergency);
        break;
    case EB_MOVE_STOP:
        set_stop(L, d);
        break;
    case EB_UPDATE_TP_LIMITS:
        push_levels(L, d);
        lua_setfield(L, -2, "levels");
        break;
    case EB_SET_TRAILING:
        set_trailing(L, d);
        break;
    case EB_SET_RATCHET:
        push_rules(L, d);
        lua_setfield(L, -2, "rules");
        break;
    case EB_FULL_EXIT:
        set_bool(L, "emergency", d->emergency);
        break;
    case EB_NO_CHANGE:
    case EB_DECISION_KIND_COUNT:
        break;
    }
}

void eb_memory_push(lua_State *L, const struct eb_memory *m)
{
    lua_createtable(L, 0, m->count);
    for (int i = 0; i < m->count; i++) {
        eb_memory_value_push(L, &m->entry[i]);
        lua_setfield(L, -2, m->entry[i].key);
    }
}

void eb_plain_verdict_push(lua_State *L, const struct eb_verdict *v)
{
    luaL_checkstack(L, 12, NULL);
    lua_createtable(L, 0, 5);
    lua_createtable(L, v->count, 0);
    for (int i = 0; i < v->count; i++) {
        push_decision(L, &v->decision[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "decisions");
    if (v->has_memory) {
        eb_memory_push(L, &v->memory);
        lua_setfield(L, -2, "memory");
    }
    if (v->wake.set) {
        lua_createtable(L, 0, 3);
        if (v->wake.at_ms != 0) {
            set_count(L, "at_ms", v->wake.at_ms);
        }
        set_number(L, "above", v->wake.above.e8, 1e8);
        set_number(L, "below", v->wake.below.e8, 1e8);
        lua_setfield(L, -2, "wake");
    }
    if (v->regime != EB_REGIME_UNKNOWN) {
        set_text(L, "regime", eb_lua_regimes[v->regime]);
    }
    set_text(L, "profile", v->profile);
    set_text(L, "owner", v->owner);
}
