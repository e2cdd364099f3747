/* SPDX-License-Identifier: Apache-2.0 */
/*
 * require(name) and modules(prefix) over the bytes in memory.
 *
 *     "a.b" --> a/b.lua or a/b/init.lua of the set, or of the library for exitbrain.*
 *
 * A folder with an init.lua is a set of its own: its files find each other by the names that they have when that folder
 * is the set, so that a strategy's directory can be copied into another set as it is.
 */
#include "policy/set.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "policy/lex.h"

enum { LOOK_UP_COST = 200 }; /* instructions that comparing the name with those of all files stands for */

static const char init_file[] = "init.lua";

/* "a.b" -> "a/b"; false when it names no file that a set could have. */
static bool path_of(const char *name, char out[EB_SOURCE_NAME_MAX])
{
    size_t len = strlen(name);
    if (len == 0 || len + sizeof("/init.lua") > EB_SOURCE_NAME_MAX || name[0] == '.' || name[len - 1] == '.' ||
        strstr(name, "..") != NULL || strpbrk(name, "/\\") != NULL) {
        return false;
    }
    for (size_t i = 0; i <= len; i++) {
        out[i] = name[i] == '.' ? '/' : name[i];
    }
    return true;
}

/* The file base/path with its ending, or NULL, also where the name would be too long. */
static struct eb_source *find(struct eb_policy *p, const char *base, const char *path, const char *ending)
{
    char name[EB_SOURCE_NAME_MAX];
    int n = snprintf(name, sizeof(name), "%s%s%s", base, path, ending);
    return n > 0 && (size_t)n < sizeof(name) ? eb_sources_find(&p->sources, name) : NULL;
}

/*
 * The file whose code calls, "" for none. A chunk that ends in `return require "x"` has left its frame by then: the
 * require that runs it is still there, with the file's name as its first local.
 */
static void caller_of(lua_State *L, char out[EB_SOURCE_NAME_MAX])
{
    lua_Debug ar;
    out[0] = '\0';
    for (int level = 1; lua_getstack(L, level, &ar) != 0; level++) {
        (void)lua_getinfo(L, "Sf", &ar);
        bool loads = lua_tocfunction(L, -1) == eb_set_require;
        lua_pop(L, 1);
        if (ar.source[0] == '@') {
            (void)snprintf(out, EB_SOURCE_NAME_MAX, "%s", ar.source + 1);
            return;
        }
        if (loads && lua_getlocal(L, &ar, 1) != NULL) {
            (void)snprintf(out, EB_SOURCE_NAME_MAX, "%s", lua_tostring(L, -1) + 1);
            lua_pop(L, 1);
            return;
        }
    }
}

/* The folder, with its slash, that is a set of its own around the calling file; "" for the set itself. */
static void home_of(lua_State *L, struct eb_policy *p, char out[EB_SOURCE_NAME_MAX])
{
    caller_of(L, out);
    for (char *slash = strrchr(out, '/'); slash != NULL; slash = strrchr(out, '/')) {
        slash[1] = '\0';
        if (find(p, out, init_file, "") != NULL) {
            return;
        }
        slash[0] = '\0';
    }
    out[0] = '\0';
}

static struct eb_source *choose(lua_State *L, struct eb_policy *p, const char *base, const char *path)
{
    struct eb_source *file = find(p, base, path, ".lua");
    struct eb_source *folder = find(p, base, path, "/init.lua");
    if (file != NULL && folder != NULL) {
        luaL_error(L, "'%s' and '%s' go by the same name: remove one of them", file->name, folder->name);
    }
    return file != NULL ? file : folder;
}

static bool is_blank(const struct eb_source *f)
{
    size_t n = 0;
    while (n < f->len && f->text[n] != '\0' && strchr(" \t\r\n", f->text[n]) != NULL) {
        n++;
    }
    return n == f->len;
}

/* Whether a file of the library is wanted from a set that was opened without one. */
static bool lacks_library(const struct eb_policy *p, const char *path)
{
    bool has = false;
    for (unsigned i = 0; !has && i < p->sources.count; i++) {
        has = strncmp(p->sources.file[i].name, "exitbrain/", 10) == 0;
    }
    return !has && strncmp(path, "exitbrain/", 10) == 0;
}

/* The file that the calling file means by the path of a name, or NULL. */
static struct eb_source *resolve(lua_State *L, struct eb_policy *p, const char *path)
{
    char home[EB_SOURCE_NAME_MAX];
    home_of(L, p, home);
    struct eb_source *f = home[0] != '\0' ? choose(L, p, home, path) : NULL;
    return f != NULL ? f : choose(L, p, "", path);
}

/* Runs the file and leaves what it returned. */
static void run_file(lua_State *L, struct eb_source *f)
{
    char chunk[EB_SOURCE_NAME_MAX + 1];
    (void)snprintf(chunk, sizeof(chunk), "@%s", f->name);
    f->used = true;
    int line = eb_lex_find_pow(f->text, f->len);
    if (line > 0) {
        luaL_error(L, "%s:%d: '^' is pow(), whose last bits differ between machines: write x^2, x*x*x or math.sqrt(x)",
                   f->name, line);
    }
    if (luaL_loadbufferx(L, f->text, f->len, chunk, "t") != LUA_OK) {
        (void)lua_error(L);
    }
    lua_call(L, 0, 1);
}

/* Pushes what is known under that name: what the file returned, the mark of one that is being loaded, or nil. Files go
 * by "@a/b.lua", modules of the host by their own names. */
static int push_loaded(lua_State *L, const struct eb_source *f, const char *name)
{
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, EB_REF_LOADED);
    (void)lua_pushfstring(L, "%s%s", f != NULL ? "@" : "", f != NULL ? f->name : name);
    return lua_rawget(L, 2);
}

int eb_set_require(lua_State *L)
{
    static const char loading[] = "being loaded";
    const char *name = luaL_checkstring(L, 1);
    struct eb_sandbox *s = eb_sandbox_of(L);
    char path[EB_SOURCE_NAME_MAX] = "";
    lua_settop(L, 1);
    eb_sandbox_charge(L, LOOK_UP_COST);
    struct eb_source *f = path_of(name, path) ? resolve(L, s->user, path) : NULL;
    int type = push_loaded(L, f, name[0] != '@' ? name : "");
    if (type == LUA_TLIGHTUSERDATA) {
        return luaL_error(L, "require '%s': the file is still being loaded: files require each other in a circle",
                          name);
    }
    if (type != LUA_TNIL) {
        return 1;
    }
    if (s->ctx != NULL) {
        return luaL_error(L, "require '%s' inside decide: write it at the top of the file", name);
    }
    if (f == NULL) {
        return luaL_error(L, "require '%s': no file '%s%s' in the set or the library (%s)", name, path,
                          path[0] != '\0' ? ".lua" : "",
                          lacks_library(s->user, path) ? "no library lies beside the set: open it with lib_dir"
                                                       : "only those can be reached");
    }
    if (is_blank(f) && strcmp(f->name, init_file) != 0) { /* while it is saved; else its caller would find `true` */
        return luaL_error(L, "require '%s': %s is empty", name, f->name);
    }
    (void)lua_pushfstring(L, "@%s", f->name);
    lua_replace(L, 1); /* where caller_of() looks */
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, (void *)(uintptr_t)loading);
    lua_rawset(L, 2);
    run_file(L, f);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, 2);
    return 1;
}

/* One module below a prefix: where its own name stands in that of its file. */
struct module {
    const char *name;
    size_t len;
};

/* Whether the file is a module directly below base; files of a folder that has no init.lua are nobody's. */
static bool is_module(const struct eb_source *f, const char *base, struct module *out)
{
    size_t skip = strlen(base);
    if (strncmp(f->name, base, skip) != 0 || strncmp(f->name, "exitbrain/", 10) == 0) {
        return false;
    }
    out->name = f->name + skip;
    out->len = strcspn(out->name, "/");
    if (out->name[out->len] == '\0') {
        out->len -= sizeof(".lua") - 1;
        return strcmp(out->name, init_file) != 0;
    }
    return strcmp(out->name + out->len + 1, init_file) == 0;
}

static int order_of(const struct module *a, const struct module *b)
{
    int order = memcmp(a->name, b->name, a->len < b->len ? a->len : b->len);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static unsigned collect(lua_State *L, const struct eb_policy *p, const char *base, struct module found[EB_SOURCES_MAX])
{
    unsigned count = 0;
    for (unsigned i = 0; i < p->sources.count; i++) {
        struct module m;
        if (!is_module(&p->sources.file[i], base, &m)) {
            continue;
        }
        unsigned place = count;
        while (place > 0 && order_of(&found[place - 1], &m) > 0) {
            found[place] = found[place - 1];
            place--;
        }
        if (place > 0 && order_of(&found[place - 1], &m) == 0) {
            lua_pushlstring(L, m.name, m.len);
            luaL_error(L, "'%s%s.lua' and '%s%s/init.lua' go by the same name: remove one of them", base,
                       lua_tostring(L, -1), base, lua_tostring(L, -1));
        }
        found[place] = m;
        count++;
    }
    return count;
}

int eb_set_modules(lua_State *L)
{
    const char *prefix = luaL_checkstring(L, 1);
    struct eb_sandbox *s = eb_sandbox_of(L);
    char path[EB_SOURCE_NAME_MAX] = "";
    char base[2 * EB_SOURCE_NAME_MAX];
    struct module found[EB_SOURCES_MAX];
    if (s->ctx != NULL) {
        return luaL_error(L, "modules('%s') inside decide: ask at the top of the file", prefix);
    }
    if (prefix[0] != '\0' && !path_of(prefix, path)) {
        return luaL_error(L, "modules('%s'): name a folder of the set, such as 'strategies'", prefix);
    }
    eb_sandbox_charge(L, LOOK_UP_COST);
    home_of(L, s->user, base);
    (void)snprintf(base + strlen(base), sizeof(base) - strlen(base), "%s%s", path, path[0] != '\0' ? "/" : "");
    unsigned count = collect(L, s->user, base, found);
    lua_createtable(L, (int)count, 0);
    for (unsigned i = 0; i < count; i++) {
        lua_pushlstring(L, found[i].name, found[i].len);
        if (prefix[0] != '\0') {
            (void)lua_pushfstring(L, "%s.%s", prefix, lua_tostring(L, -1));
            lua_replace(L, -2);
        }
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}
