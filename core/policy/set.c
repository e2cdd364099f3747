/* SPDX-License-Identifier: Apache-2.0 */
/* Loading: the names that a set is given, the schema of what init.lua returns, its self test. */
#include "policy/set.h"

#include <lauxlib.h>
#include <string.h>

#include "policy/reader.h"
#include "policy/units.h"
#include "policy/view.h"

static const char where[] = "policy.load";

uint64_t eb_set_consult_quota(const struct eb_policy *p)
{
    return p->memory_max / 8;
}

static uint64_t load_quota(const struct eb_policy *p)
{
    return (uint64_t)p->memory_max * 64;
}

/* What a set may name beyond the allow list. */
static void add_names(lua_State *L)
{
    lua_pushcfunction(L, eb_set_require);
    lua_setfield(L, -2, "require");
    lua_pushcfunction(L, eb_set_modules);
    lua_setfield(L, -2, "modules");
    lua_pushcfunction(L, eb_set_owner);
    lua_setfield(L, -2, "owner");
    lua_pushcfunction(L, eb_view_copy);
    lua_setfield(L, -2, "copy");
    eb_set_push_functions(L, eb_sandbox_of(L)->user);
    lua_setfield(L, -2, "host");
}

struct build_job {
    struct eb_policy *p;
    bool test;
    bool done; /* false with err filled: refused, nothing was raised */
    struct eb_err *err;
};

/* A field that must be a function, kept in the registry at ref. */
static bool read_function(struct eb_reader *r, const char *name, bool required, int ref, bool *present)
{
    int type = eb_reader_field(r, name);
    *present = type == LUA_TFUNCTION;
    if (type != LUA_TFUNCTION && (required || type != LUA_TNIL)) {
        struct eb_at at = {r->at, name, 0};
        return eb_reader_refuse(r->L, r->err, &at, "function");
    }
    lua_rawseti(r->L, LUA_REGISTRYINDEX, ref);
    return true;
}

static bool read_label(struct eb_reader *r, const char *name, char out[EB_NAME_MAX])
{
    out[0] = '\0';
    if (!eb_reader_name(r, name, out, EB_NAME_MAX)) {
        return false;
    }
    if (out[0] == '\0') {
        struct eb_at at = {r->at, name, 0};
        return eb_reader_say(r->err, &at, "missing: a text that names it");
    }
    return true;
}

/* A field that may be a table, left on the stack; an empty one where it is not there. */
static bool read_table(struct eb_reader *r, const char *name)
{
    int type = eb_reader_field(r, name);
    if (type != LUA_TTABLE && type != LUA_TNIL) {
        struct eb_at at = {r->at, name, 0};
        return eb_reader_refuse(r->L, r->err, &at, "table");
    }
    if (type == LUA_TNIL) {
        lua_pop(r->L, 1);
        lua_createtable(r->L, 0, 0);
    }
    return true;
}

/* The value at the top of the stack is what init.lua returned. */
static bool read_schema(lua_State *L, struct build_job *job)
{
    static const struct eb_at root = {NULL, "init.lua", 0};
    struct eb_policy *p = job->p;
    struct eb_reader r;
    bool has_decide;
    if (!eb_reader_open(&r, L, job->err, &root) || !read_label(&r, "name", p->name) ||
        !read_label(&r, "version", p->version) || !read_function(&r, "decide", true, EB_REF_DECIDE, &has_decide) ||
        !read_function(&r, "self_test", false, EB_REF_SELF_TEST, &p->has_self_test) ||
        !read_function(&r, "migrate", false, EB_REF_MIGRATE, &p->has_migrate) ||
        !read_function(&r, "legacy", false, EB_REF_LEGACY, &p->has_legacy) || !read_table(&r, "presets") ||
        !read_table(&r, "settings") || !eb_settings_apply(L, lua_gettop(L) - 1, p, job->err)) {
        return false;
    }
    return eb_reader_close(
        &r, "what init.lua returns (name, version, decide, legacy, migrate, settings, presets, self_test)");
}

/* The self test raises, or returns false and a text, when something is wrong. */
static bool run_self_test(lua_State *L, struct build_job *job)
{
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, EB_REF_SELF_TEST);
    lua_call(L, 0, 2);
    if (lua_isboolean(L, -2) && !lua_toboolean(L, -2)) {
        (void)eb_err_set(job->err, EB_E_SCRIPT, where, "self_test: %s", eb_push_text(L, -1));
        return false;
    }
    return true;
}

/* A file that returns nothing is true to require. */
static bool returns_table(lua_State *L, struct build_job *job)
{
    bool nothing = lua_isboolean(L, -1) && lua_toboolean(L, -1);
    if (nothing) {
        (void)eb_err_set(
            job->err, EB_E_INVALID, where,
            "init.lua: returns nothing: it must end with return { name = ..., version = ..., decide = ... }");
    }
    return !nothing;
}

static int build(lua_State *L)
{
    struct build_job *job = lua_touserdata(L, 1);
    lua_createtable(L, 0, 16);
    eb_units_push(L, true);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "@exitbrain/unit.lua"); /* in the place of the library's file, which is for a stock Lua */
    lua_setfield(L, -2, "exitbrain.unit");
    lua_rawseti(L, LUA_REGISTRYINDEX, EB_REF_LOADED);
    eb_view_push(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, EB_REF_CTX);
    lua_pushcfunction(L, eb_set_require);
    lua_pushstring(L, "init");
    lua_call(L, 1, 1);
    if (!returns_table(L, job) || !read_schema(L, job)) {
        return 0;
    }
    if (job->test && job->p->has_self_test && !run_self_test(L, job)) {
        return 0;
    }
    lua_settop(L, 0);
    (void)lua_gc(L, LUA_GCCOLLECT);
    (void)lua_gc(L, LUA_GCSTOP);
    job->done = true;
    return 0;
}

int eb_set_build(struct eb_policy *p, struct eb_sandbox *box, bool test, struct eb_err *err)
{
    struct eb_err unwanted;
    err = err != NULL ? err : &unwanted;
    struct eb_sandbox_options opt = {
        .heap = p->heap, .used_max = p->memory_max, .library = true, .add_names = add_names, .user = p, .log = p->log};
    struct build_job job = {.p = p, .test = test, .err = err};
    int code = eb_sandbox_open(box, &opt, err);
    if (code != EB_OK) {
        return code;
    }
    eb_sandbox_begin(box, p->load_instructions_max, load_quota(p));
    if (eb_sandbox_run(box, build, &job, err) == EB_POLICY_OK && job.done) {
        box->settled = box->used;
        return EB_OK;
    }
    eb_sandbox_close(box);
    return err->code;
}
