/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of a set: what a preset, the environment and "name=literal" overrides say, written in this order into the
 * table that the files hold; and the result as text.
 */
#include "policy/set.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/lex.h"

static const char where[] = "policy.settings";

enum { NAME_BYTES_MAX = 128, LIST_BYTES_MAX = 200, INDEX_DIGITS_MAX = 3 };

static bool complain_missing(lua_State *L, int settings, const char *name, struct eb_err *err)
{
    char names[LIST_BYTES_MAX] = "";
    size_t used = 0;
    eb_push_sorted_keys(L, settings);
    int keys = lua_gettop(L);
    for (lua_Integer i = 1; lua_rawgeti(L, keys, i) != LUA_TNIL && used < sizeof(names); i++) {
        int n = snprintf(names + used, sizeof(names) - used, "%s%s", i > 1 ? ", " : "", eb_push_text(L, -1));
        used += n > 0 ? (size_t)n : 0;
        lua_settop(L, keys);
    }
    (void)eb_err_set(err, EB_E_NOT_FOUND, where, "the set has no setting '%s'; it has: %s", name,
                     names[0] != '\0' ? names : "none");
    return false;
}

/* Pushes the key of the table at the top by which it holds `part`: the text, or the number that it spells. */
static bool push_key(lua_State *L, const char *part, size_t len)
{
    int holder = lua_gettop(L);
    if (!lua_istable(L, holder)) {
        return false;
    }
    lua_pushlstring(L, part, len);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, holder) != LUA_TNIL) {
        lua_pop(L, 1);
        return true;
    }
    lua_settop(L, holder);
    lua_Integer index = 0;
    for (size_t i = 0; i < len; i++) {
        if (len > INDEX_DIGITS_MAX || part[i] < '0' || part[i] > '9') {
            return false;
        }
        index = index * 10 + (part[i] - '0');
    }
    bool found = lua_rawgeti(L, holder, index) != LUA_TNIL;
    lua_pop(L, 1);
    lua_pushinteger(L, index);
    return found;
}

/* Follows "trail.callback_pct" and leaves the table that holds the setting and its key in it. */
static bool find_setting(lua_State *L, int settings, const char *name, struct eb_err *err)
{
    lua_pushvalue(L, settings);
    for (const char *part = name;;) {
        size_t len = strcspn(part, ".");
        if (!push_key(L, part, len)) {
            return complain_missing(L, settings, name, err);
        }
        if (part[len] == '\0') {
            return true;
        }
        lua_pushvalue(L, -1);
        (void)lua_rawget(L, -3);
        lua_replace(L, -3);
        lua_pop(L, 1);
        part += len + 1;
    }
}

/* A word alone: whoever writes one means a text, and a shell has taken the quotes away. */
static bool is_word(const char *text)
{
    static const char *const values[] = {"true", "false", "nil"};
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char further[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    for (size_t i = 0; i < EB_COUNT(values); i++) {
        if (strcmp(text, values[i]) == 0) {
            return false;
        }
    }
    return strspn(text, letters) > 0 && text[strspn(text, further)] == '\0';
}

/* Pushes the value of a literal such as 1.5, "x", true or {{0.4, 35}}. */
static bool push_literal(lua_State *L, const char *name, const char *text, struct eb_err *err)
{
    if (is_word(text)) {
        (void)eb_err_set(err, EB_E_INVALID, where,
                         "setting '%s': %s is no Lua value; a text stands in quotes, in a shell '%s=\"%s\"'", name,
                         text, name, text);
        return false;
    }
    char chunk[NAME_BYTES_MAX + 8];
    (void)snprintf(chunk, sizeof(chunk), "=%s", name);
    lua_pushfstring(L, "return %s", text);
    size_t len = 0;
    const char *source = lua_tolstring(L, -1, &len);
    int status = luaL_loadbufferx(L, source, len, chunk, "t");
    if (status != LUA_OK && status != LUA_ERRSYNTAX) {
        (void)lua_error(L);
    }
    if (status != LUA_OK) {
        (void)eb_err_set(err, EB_E_INVALID, where, "setting '%s': %s is no Lua value", name, text);
        return false;
    }
    lua_call(L, 0, 1);
    lua_remove(L, -2);
    if (lua_type(L, -1) == LUA_TNUMBER && isnan((double)lua_tonumber(L, -1))) {
        (void)eb_err_set(err, EB_E_INVALID, where, "setting '%s': %s is no number", name, text);
        return false;
    }
    return true;
}

/* false in the place of a table switches something off, a table in the place of false switches it on. */
static bool is_switch(lua_State *L)
{
    bool off = lua_isboolean(L, -2) && !lua_toboolean(L, -2) && lua_istable(L, -1);
    bool on = lua_isboolean(L, -1) && !lua_toboolean(L, -1) && lua_istable(L, -2);
    return off || on;
}

/* Makes the table at `to` hold what the one at `from` does: files may keep references to it. */
static void replace_content(lua_State *L, int to, int from)
{
    lua_pushnil(L);
    while (lua_next(L, to) != 0) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, to);
    }
    lua_pushnil(L);
    while (lua_next(L, from) != 0) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, to);
    }
}

/* Holder, key and new value are at the top of the stack, where find_setting() left the first two. write: sets it. */
static bool take_value(lua_State *L, const char *name, bool write, struct eb_err *err)
{
    int value = lua_gettop(L);
    lua_pushvalue(L, -2);
    (void)lua_rawget(L, -4);
    if (lua_type(L, -1) != lua_type(L, value) && !is_switch(L)) {
        (void)eb_err_set(err, EB_E_INVALID, where, "setting '%s': expected a %s, got a %s", name, luaL_typename(L, -1),
                         luaL_typename(L, value));
        return false;
    }
    if (write && lua_istable(L, -1) && lua_istable(L, value)) {
        replace_content(L, value + 1, value);
    } else if (write) {
        lua_settop(L, value);
        lua_rawset(L, -3);
    }
    return true;
}

static bool is_override_of(const char *text, const char *name)
{
    size_t len = strlen(name);
    return strncmp(text, name, len) == 0 && text[len] == '=';
}

static bool apply_override(lua_State *L, int settings, const char *text, struct eb_err *err)
{
    char name[NAME_BYTES_MAX];
    size_t len = strcspn(text, "=");
    if (text[len] == '\0' || len == 0 || len >= sizeof(name)) {
        (void)eb_err_set(err, EB_E_INVALID, where, "setting '%s': write NAME=VALUE, for example stop_pct=1.5", text);
        return false;
    }
    memcpy(name, text, len);
    name[len] = '\0';
    if (!find_setting(L, settings, name, err) || !push_literal(L, name, text + len + 1, err) ||
        !take_value(L, name, true, err)) {
        return false;
    }
    lua_settop(L, settings);
    return true;
}

/* EXIT_BRAIN_PROFILE and QT_TRAILING_STOP_ENABLED reach a set that declares settings for them. */
static void apply_environment(lua_State *L, int settings, const struct eb_policy *p)
{
    lua_pushstring(L, "profile");
    if (lua_rawget(L, settings) == LUA_TSTRING && p->profile != NULL) {
        lua_pushstring(L, "profile");
        lua_pushstring(L, p->profile);
        lua_rawset(L, settings);
    }
    lua_pushstring(L, "qt_trailing_stop_enabled");
    if (lua_rawget(L, settings) == LUA_TBOOLEAN && p->has_trailing_stop) {
        lua_pushstring(L, "qt_trailing_stop_enabled");
        lua_pushboolean(L, p->trailing_stop);
        lua_rawset(L, settings);
    }
    lua_settop(L, settings);
}

/* NOLINTBEGIN(misc-no-recursion): tables go EB_SETTINGS_DEPTH_MAX deep */
static bool render(lua_State *L, struct eb_buffer *out, int depth, struct eb_err *err);

static bool refuse_value(lua_State *L, struct eb_err *err)
{
    (void)eb_err_set(err, EB_E_INVALID, where, "settings hold numbers, texts, booleans and tables of them, not a %s",
                     luaL_typename(L, -1));
    return false;
}

/* The shortest text that reads back as the same number. */
static void render_number(lua_State *L, struct eb_buffer *out)
{
    if (lua_isinteger(L, -1)) {
        (void)eb_buffer_printf(out, "%lld", (long long)lua_tointeger(L, -1));
        return;
    }
    double x = (double)lua_tonumber(L, -1);
    char text[40] = "0/0";
    if (isinf(x)) {
        (void)snprintf(text, sizeof(text), "%smath.huge", x < 0 ? "-" : "");
    }
    for (int digits = 14; isfinite(x) && digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, x);
        if (strtod(text, NULL) == x) {
            break;
        }
    }
    (void)eb_buffer_text(out, text);
}

static void render_text(lua_State *L, struct eb_buffer *out)
{
    size_t len = 0;
    const char *text = lua_tolstring(L, -1, &len);
    (void)eb_buffer_text(out, "\"");
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\' || c < 0x20u || c == 0x7fu) {
            (void)eb_buffer_printf(out, "\\%03u", c);
        } else {
            (void)eb_buffer_add(out, &text[i], 1);
        }
    }
    (void)eb_buffer_text(out, "\"");
}

/* Key and value at the top of the stack; `next` is the index that a list would have here. */
static bool render_entry(lua_State *L, struct eb_buffer *out, lua_Integer next, int depth, struct eb_err *err)
{
    bool listed = lua_isinteger(L, -2) && lua_tointeger(L, -2) == next;
    if (!listed && lua_type(L, -2) == LUA_TSTRING && eb_lex_is_name(lua_tostring(L, -2))) {
        (void)eb_buffer_printf(out, "%s = ", lua_tostring(L, -2));
    } else if (!listed) {
        (void)eb_buffer_text(out, "[");
        lua_pushvalue(L, -2);
        if (!render(L, out, depth, err)) {
            return false;
        }
        lua_pop(L, 1);
        (void)eb_buffer_text(out, "] = ");
    }
    return render(L, out, depth, err);
}

/* The entries of the table at the top, sorted, each followed by `after` but the last one unless it ends a line. */
static bool render_entries(lua_State *L, struct eb_buffer *out, const char *after, int depth, struct eb_err *err)
{
    int table = lua_gettop(L);
    eb_push_sorted_keys(L, table);
    lua_Integer next = 1;
    for (lua_Integer i = 1; lua_rawgeti(L, table + 1, i) != LUA_TNIL; i++) {
        if (i > 1 && after[0] != '\n') {
            (void)eb_buffer_text(out, after);
        }
        lua_pushvalue(L, -1);
        (void)lua_rawget(L, table);
        if (!render_entry(L, out, after[0] == '\n' ? 0 : next, depth, err)) {
            if (after[0] == '\n') {
                struct eb_err said = *err;
                (void)eb_err_set(err, said.code, where, "setting '%s': %s", eb_push_text(L, table + 2), said.msg);
            }
            return false;
        }
        next++;
        if (after[0] == '\n') {
            (void)eb_buffer_text(out, after);
        }
        lua_settop(L, table + 1);
    }
    lua_settop(L, table);
    return true;
}

/* The value at the top of the stack as Lua text. */
static bool render(lua_State *L, struct eb_buffer *out, int depth, struct eb_err *err)
{
    luaL_checkstack(L, 12, NULL);
    switch (lua_type(L, -1)) {
    case LUA_TNUMBER:
        render_number(L, out);
        return true;
    case LUA_TBOOLEAN:
        (void)eb_buffer_text(out, lua_toboolean(L, -1) ? "true" : "false");
        return true;
    case LUA_TSTRING:
        render_text(L, out);
        return true;
    case LUA_TTABLE:
        if (depth >= EB_SETTINGS_DEPTH_MAX) {
            (void)eb_err_set(err, EB_E_INVALID, where, "settings are nested deeper than %d", EB_SETTINGS_DEPTH_MAX);
            return false;
        }
        (void)eb_buffer_text(out, "{");
        if (!render_entries(L, out, ", ", depth + 1, err)) {
            return false;
        }
        (void)eb_buffer_text(out, "}");
        return true;
    default: /* an int from Lua, not an enum */
        return refuse_value(L, err);
    }
}

/* NOLINTEND(misc-no-recursion) */

/* One setting of a preset, key and value at the top of the stack. p->settings is room to try the value's text in. */
static bool take_preset_value(lua_State *L, int settings, struct eb_policy *p, bool write, struct eb_err *err)
{
    int value = lua_gettop(L);
    if (lua_type(L, value - 1) != LUA_TSTRING) {
        (void)eb_err_set(err, EB_E_INVALID, where, "a preset holds settings by their names, not [%s]",
                         eb_push_text(L, value - 1));
        return false;
    }
    const char *name = lua_tostring(L, value - 1);
    if (strcmp(name, "profile") == 0) {
        (void)eb_err_set(err, EB_E_INVALID, where, "'profile' is what names the preset: it cannot stand in one");
        return false;
    }
    eb_buffer_clear(&p->settings);
    bool ok = render(L, &p->settings, 0, err) && find_setting(L, settings, name, err);
    if (ok) {
        lua_pushvalue(L, value);
        ok = take_value(L, name, write, err);
    }
    lua_settop(L, value - 1);
    return ok;
}

/* The preset at the top of the stack: tries its settings, or writes them. */
static bool take_preset(lua_State *L, int settings, struct eb_policy *p, bool write, struct eb_err *err)
{
    int preset = lua_gettop(L);
    if (!lua_istable(L, preset)) {
        (void)eb_err_set(err, EB_E_INVALID, where, "expected a table of settings, got a %s", luaL_typename(L, preset));
        return false;
    }
    eb_push_sorted_keys(L, preset);
    for (lua_Integer i = 1; lua_rawgeti(L, preset + 1, i) != LUA_TNIL; i++) {
        lua_pushvalue(L, -1);
        (void)lua_rawget(L, preset);
        if (!take_preset_value(L, settings, p, write, err)) {
            return false;
        }
        lua_settop(L, preset + 1);
    }
    lua_settop(L, preset);
    return true;
}

/* Names the preset in a complaint about what it holds. */
static bool complain_preset(const char *name, struct eb_err *err)
{
    struct eb_err inner = *err;
    (void)eb_err_set(err, inner.code, where, "presets.%s: %s", name, inner.msg);
    return false;
}

/* All presets are tried, so that a mistake in one shows before it is needed. */
static bool check_presets(lua_State *L, int presets, int settings, struct eb_policy *p, struct eb_err *err)
{
    eb_push_sorted_keys(L, presets);
    int keys = lua_gettop(L);
    for (lua_Integer i = 1; lua_rawgeti(L, keys, i) != LUA_TNIL; i++) {
        if (lua_type(L, -1) != LUA_TSTRING || lua_rawlen(L, -1) == 0 || lua_rawlen(L, -1) >= EB_NAME_MAX) {
            (void)eb_err_set(err, EB_E_INVALID, where, "presets: a preset's name is a text of 1 to %d bytes, not %s",
                             EB_NAME_MAX - 1, eb_push_text(L, -1));
            return false;
        }
        lua_pushvalue(L, -1);
        (void)lua_rawget(L, presets);
        if (!take_preset(L, settings, p, false, err)) {
            return complain_preset(lua_tostring(L, keys + 1), err);
        }
        lua_settop(L, keys);
    }
    lua_settop(L, keys - 1);
    return true;
}

/* The preset that `profile` names, if it names one, with the profile that an override may have set. */
static bool apply_preset(lua_State *L, int presets, int settings, struct eb_policy *p, struct eb_err *err)
{
    for (size_t i = 0; i < p->override_count; i++) {
        if (is_override_of(p->overrides[i], "profile") && !apply_override(L, settings, p->overrides[i], err)) {
            return false;
        }
    }
    if (!check_presets(L, presets, settings, p, err)) {
        return false;
    }
    lua_pushstring(L, "profile");
    if (lua_rawget(L, settings) == LUA_TSTRING && lua_rawget(L, presets) == LUA_TTABLE &&
        !take_preset(L, settings, p, true, err)) {
        return false;
    }
    lua_settop(L, settings);
    return true;
}

/* What the set has been given as its profile, by whomever; a text that is too long is none. */
static void note_profile(lua_State *L, int settings, struct eb_policy *p)
{
    size_t len = 0;
    lua_pushstring(L, "profile");
    const char *name = lua_rawget(L, settings) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : "";
    len = len < sizeof(p->profile_in_force) ? len : 0;
    memcpy(p->profile_in_force, name, len);
    p->profile_in_force[len] = '\0';
    lua_pop(L, 1);
}

bool eb_settings_apply(lua_State *L, int presets, struct eb_policy *p, struct eb_err *err)
{
    int settings = lua_gettop(L);
    apply_environment(L, settings, p);
    if (!apply_preset(L, presets, settings, p, err)) {
        return false;
    }
    for (size_t i = 0; i < p->override_count; i++) {
        if (!apply_override(L, settings, p->overrides[i], err)) {
            return false;
        }
    }
    note_profile(L, settings, p);
    eb_buffer_clear(&p->settings);
    if (!render_entries(L, &p->settings, "\n", 0, err)) {
        return false;
    }
    if (p->settings.failed) {
        (void)eb_err_set(err, EB_E_FULL, where, "the settings are longer than %d bytes", EB_SETTINGS_TEXT_MAX);
        return false;
    }
    return true;
}
