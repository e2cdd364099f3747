/* SPDX-License-Identifier: Apache-2.0 */
/* Typed fields out of a script's tables. Everything is raw access: no metamethod of anybody runs here. */
#include "policy/reader.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "policy/units.h"

static const char where[] = "policy.verdict";

enum { PATH_MAX_TEXT = 160, VALUE_MAX_TEXT = 64 };

/* NOLINTNEXTLINE(misc-no-recursion): as deep as decision[i].levels[i].price */
static size_t add_path(const struct eb_at *at, char *out, size_t size)
{
    size_t used = at->up != NULL ? add_path(at->up, out, size) : 0;
    if (used >= size) {
        return used;
    }
    int n = at->name == NULL ? snprintf(out + used, size - used, "[%d]", at->index)
                             : snprintf(out + used, size - used, "%s%s", used > 0 ? "." : "", at->name);
    return used + (n > 0 ? (size_t)n : 0);
}

bool eb_reader_say(struct eb_err *err, const struct eb_at *at, const char *text)
{
    char path[PATH_MAX_TEXT] = "";
    (void)add_path(at, path, sizeof(path));
    (void)eb_err_set(err, EB_E_INVALID, where, "%s: %s", path[0] != '\0' ? path : "second result", text);
    return false;
}

/* The value as a complaint shows it; no conversion in place, for that would change the table. */
static void show(lua_State *L, char *out, size_t size)
{
    char unit[24];
    switch (lua_type(L, -1)) {
    case LUA_TNUMBER: {
        double x = (double)lua_tonumber(L, -1);
        if (isnan(x)) {
            (void)snprintf(out, size, "nan");
        } else {
            (void)snprintf(out, size, "%.14g", x);
        }
        break;
    }
    case LUA_TBOOLEAN:
        (void)snprintf(out, size, "%s", lua_toboolean(L, -1) ? "true" : "false");
        break;
    case LUA_TSTRING:
        (void)snprintf(out, size, "\"%.40s\"", lua_tostring(L, -1));
        break;
    default: /* an int from Lua, not an enum */
        if (eb_unit_text(L, -1, unit, sizeof(unit))) {
            (void)snprintf(out, size, "%.23s (a unit: see exitbrain.decision)", unit);
        } else {
            (void)snprintf(out, size, "%s", lua_typename(L, lua_type(L, -1)));
        }
        break;
    }
}

bool eb_reader_refuse(lua_State *L, struct eb_err *err, const struct eb_at *at, const char *expected)
{
    char value[VALUE_MAX_TEXT];
    char text[PATH_MAX_TEXT + VALUE_MAX_TEXT];
    show(L, value, sizeof(value));
    (void)snprintf(text, sizeof(text), "expected %s, got %s", expected, value);
    return eb_reader_say(err, at, text);
}

bool eb_reader_open(struct eb_reader *r, lua_State *L, struct eb_err *err, const struct eb_at *at)
{
    r->L = L;
    r->err = err;
    r->at = at;
    r->table = lua_gettop(L);
    r->seen = 0;
    r->asked_count = 0;
    if (lua_type(L, -1) != LUA_TTABLE) {
        return eb_reader_refuse(L, err, at, "table");
    }
    luaL_checkstack(L, 8, NULL);
    return true;
}

int eb_reader_field(struct eb_reader *r, const char *name)
{
    EB_ASSERT(r->asked_count < EB_READER_NAMES);
    r->asked[r->asked_count++] = name;
    lua_pushstring(r->L, name);
    int type = lua_rawget(r->L, r->table);
    r->seen += type != LUA_TNIL;
    return type;
}

static bool was_asked(const struct eb_reader *r, const char *name)
{
    for (int i = 0; i < r->asked_count; i++) {
        if (strcmp(r->asked[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Names the first unknown key in byte order, so that the complaint is the same on every run. */
static bool complain_unknown(struct eb_reader *r, const char *of)
{
    lua_State *L = r->L;
    const char *first = NULL;
    const char *other = NULL;
    lua_pushnil(L);
    while (lua_next(L, r->table) != 0) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) {
            other = lua_typename(L, lua_type(L, -1));
        } else if (!was_asked(r, lua_tostring(L, -1)) && (first == NULL || strcmp(lua_tostring(L, -1), first) < 0)) {
            first = lua_tostring(L, -1);
        }
    }
    char text[160];
    if (first != NULL) {
        (void)snprintf(text, sizeof(text), "unknown key '%.40s' in %s", first, of);
    } else {
        (void)snprintf(text, sizeof(text), "a key of type %s in %s", other != NULL ? other : "?", of);
    }
    return eb_reader_say(r->err, r->at, text);
}

bool eb_reader_close(struct eb_reader *r, const char *of)
{
    int keys = 0;
    lua_pushnil(r->L);
    while (lua_next(r->L, r->table) != 0) {
        lua_pop(r->L, 1);
        if (++keys > r->seen) {
            lua_pop(r->L, 1);
            return complain_unknown(r, of);
        }
    }
    return true;
}

static bool refuse_field(struct eb_reader *r, const char *name, const char *expected)
{
    struct eb_at at = {r->at, name, 0};
    return eb_reader_refuse(r->L, r->err, &at, expected);
}

static bool in_range(const struct eb_range *range, double x, int64_t *out)
{
    bool above = range->lo_open ? x > range->lo : x >= range->lo; /* false for nan */
    bool below = range->hi_open ? x < range->hi : x <= range->hi;
    int64_t value;
    if (!above || !below || !eb_from_double(x, range->scale, &value)) {
        return false;
    }
    if (range->lo_open && range->lo == 0.0 && value == 0) {
        return false; /* above zero, but not by one unit: zero would mean "not given" */
    }
    *out = value;
    return true;
}

/* A number of the right kind that is too large or too small to be held: says what can be. */
static bool refuse_number(struct eb_reader *r, const char *name, const struct eb_range *range, double x)
{
    char expected[80];
    double unit = 1.0;
    for (int i = 0; i < range->scale; i++) {
        unit *= 10.0;
    }
    double most = range->hi < 9.2e18 / unit ? range->hi : 9.2e18 / unit;
    bool kind = isfinite(x) && x > range->lo && x < range->hi;
    (void)snprintf(expected, sizeof(expected), "%s (from %.2g to %.2g)", range->text, 1.0 / unit, most);
    return refuse_field(r, name, kind ? expected : range->text);
}

bool eb_reader_number(struct eb_reader *r, const char *name, const struct eb_range *range, int64_t *out, bool *present)
{
    int type = eb_reader_field(r, name);
    bool here = type != LUA_TNIL;
    if (here && type != LUA_TNUMBER) {
        return refuse_field(r, name, range->text);
    }
    if (here && !in_range(range, (double)lua_tonumber(r->L, -1), out)) {
        return refuse_number(r, name, range, (double)lua_tonumber(r->L, -1));
    }
    if (present != NULL) {
        *present = here;
    } else if (!here) {
        return refuse_field(r, name, range->text);
    }
    lua_pop(r->L, 1);
    return true;
}

bool eb_reader_integer(struct eb_reader *r, const char *name, int64_t lo, int64_t hi, int64_t *out, bool *present)
{
    int type = eb_reader_field(r, name);
    bool here = type != LUA_TNIL;
    int whole = 0;
    int64_t value = here && type == LUA_TNUMBER ? lua_tointegerx(r->L, -1, &whole) : 0;
    if ((here && (!whole || value < lo || value > hi)) || (!here && present == NULL)) {
        char expected[80];
        (void)snprintf(expected, sizeof(expected), "integer from %lld to %lld", (long long)lo, (long long)hi);
        return refuse_field(r, name, expected);
    }
    if (here) {
        *out = value;
    }
    if (present != NULL) {
        *present = here;
    }
    lua_pop(r->L, 1);
    return true;
}

bool eb_reader_bool(struct eb_reader *r, const char *name, bool *out)
{
    int type = eb_reader_field(r, name);
    if (type != LUA_TNIL && type != LUA_TBOOLEAN) {
        return refuse_field(r, name, "true or false");
    }
    *out = type == LUA_TBOOLEAN && lua_toboolean(r->L, -1);
    lua_pop(r->L, 1);
    return true;
}

bool eb_reader_word(struct eb_reader *r, const char *name, const char *const *words, int count, int *out, bool *present)
{
    int type = eb_reader_field(r, name);
    bool here = type != LUA_TNIL;
    int found = -1;
    for (int i = 0; type == LUA_TSTRING && i < count; i++) {
        if (strcmp(words[i], lua_tostring(r->L, -1)) == 0) {
            found = i;
        }
    }
    if (found < 0 && (here || present == NULL)) {
        char expected[160] = "one of";
        size_t used = strlen(expected);
        for (int i = 0; i < count && used < sizeof(expected); i++) {
            int n = snprintf(expected + used, sizeof(expected) - used, "%s %s", i > 0 ? "," : "", words[i]);
            used += n > 0 ? (size_t)n : 0;
        }
        return refuse_field(r, name, expected);
    }
    if (here) {
        *out = found;
    }
    if (present != NULL) {
        *present = here;
    }
    lua_pop(r->L, 1);
    return true;
}

bool eb_reader_reason(struct eb_reader *r, const char *name, char *out, size_t size)
{
    int type = eb_reader_field(r, name);
    if (type != LUA_TNIL && type != LUA_TSTRING) {
        return refuse_field(r, name, "text");
    }
    size_t len = 0;
    const char *text = type == LUA_TSTRING ? lua_tolstring(r->L, -1, &len) : "";
    size_t keep = len < size ? len : size - 1;
    while (keep < len && keep > 0 && ((unsigned char)text[keep] & 0xc0u) == 0x80u) {
        keep--; /* not in the middle of a UTF-8 character */
    }
    for (size_t i = 0; i < keep; i++) {
        out[i] = (unsigned char)text[i] < 0x20u || text[i] == 0x7f ? ' ' : text[i];
    }
    out[keep] = '\0';
    lua_pop(r->L, 1);
    return true;
}

bool eb_reader_name(struct eb_reader *r, const char *name, char *out, size_t size)
{
    int type = eb_reader_field(r, name);
    size_t len = 0;
    const char *text = type == LUA_TSTRING ? lua_tolstring(r->L, -1, &len) : NULL;
    bool fits = text != NULL && len > 0 && len < size && strlen(text) == len;
    if (type != LUA_TNIL && !fits) {
        char expected[64];
        (void)snprintf(expected, sizeof(expected), "text of 1 to %zu bytes", size - 1);
        return refuse_field(r, name, expected);
    }
    if (fits) {
        memcpy(out, text, len + 1);
    }
    lua_pop(r->L, 1);
    return true;
}

bool eb_reader_elements(lua_State *L, struct eb_err *err, const struct eb_at *at, int max, int *count,
                        bool (*each)(lua_State *L, struct eb_err *err, const struct eb_at *at, void *arg), void *arg)
{
    struct eb_reader r;
    if (!eb_reader_open(&r, L, err, at)) {
        return false;
    }
    lua_Unsigned n = lua_rawlen(L, r.table);
    if (n > (lua_Unsigned)max) {
        char text[64];
        (void)snprintf(text, sizeof(text), "more than %d elements", max);
        return eb_reader_say(err, at, text);
    }
    r.seen = (int)n;
    if (!eb_reader_close(&r, "a list")) {
        return false;
    }
    for (int i = 1; i <= (int)n; i++) {
        struct eb_at here = {at, NULL, i};
        (void)lua_rawgeti(L, r.table, i);
        if (!each(L, err, &here, arg)) {
            return false;
        }
        lua_settop(L, r.table);
    }
    *count = (int)n;
    return true;
}

bool eb_reader_list(struct eb_reader *r, const char *name, int max, int *count,
                    bool (*each)(lua_State *L, struct eb_err *err, const struct eb_at *at, void *arg), void *arg)
{
    *count = 0;
    if (eb_reader_field(r, name) != LUA_TNIL) {
        struct eb_at at = {r->at, name, 0};
        if (!eb_reader_elements(r->L, r->err, &at, max, count, each, arg)) {
            return false;
        }
    }
    lua_pop(r->L, 1);
    return true;
}
