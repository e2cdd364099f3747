/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One consult inside a state: which function of the set answers, whose answer it is, which memory it sees.
 *
 *     context --> migrate(memory, version, owner)? --> decide(ctx) or legacy(ctx) --> verdict, owner, memory
 *
 * Memory and plan belong to one owner of the set: another one reads an empty memory and has planned nothing. What the
 * script sees is then a copy of the context that says so, bound in the place of the original.
 */
#include "policy/set.h"

#include <lauxlib.h>
#include <string.h>

#include "policy/verdict.h"
#include "policy/view.h"

static const char where[] = "policy.ask";

struct ask_job {
    struct eb_policy *p;
    struct eb_verdict *out;
    struct eb_err *err;
    bool valid;
};

/* Binds a copy of the context that scripts may be shown something else in. */
static struct eb_context *bind_copy(lua_State *L, struct eb_asked *a)
{
    a->shown = *a->ctx;
    eb_sandbox_of(L)->ctx = &a->shown;
    return &a->shown;
}

static void hide(lua_State *L, struct eb_asked *a)
{
    struct eb_context *shown = bind_copy(L, a);
    memset(&shown->memory, 0, sizeof(shown->memory));
    shown->planned = false;
    eb_view_fill_planned(L);
}

/* Lets the set say what its memory is today. A mistake in it is final, whatever pcall the script has around it. */
static void migrate(lua_State *L, struct eb_asked *a)
{
    const struct eb_context *ctx = a->ctx;
    struct eb_memory memory = {.count = 0};
    a->migration = EB_MIGRATION_REFUSED;
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, EB_REF_MIGRATE);
    eb_memory_push(L, &ctx->memory);
    lua_pushstring(L, ctx->memory.version);
    lua_pushstring(L, ctx->owner[0] != '\0' ? ctx->owner : NULL);
    lua_call(L, 3, 1);
    struct eb_err err;
    if (!eb_memory_read(L, "migrate", &memory, &err)) {
        a->migration = EB_MIGRATION_INVALID;
        luaL_error(L, "%s", err.msg);
    }
    lua_pop(L, 1);
    bind_copy(L, a)->memory = memory;
    a->migration = EB_MIGRATION_DONE;
}

/* From here on `owner` answers: what ctx says of memory and plan is its own, or nothing. */
static void begin_as(lua_State *L, struct eb_policy *p, const char *owner)
{
    struct eb_asked *a = &p->asked;
    const struct eb_context *ctx = a->ctx;
    if (ctx->owner[0] != '\0' && strcmp(ctx->owner, owner) != 0) {
        hide(L, a);
        return;
    }
    if (a->migration == EB_MIGRATION_DONE) {
        return;
    }
    if (eb_sandbox_of(L)->ctx != ctx) {
        eb_sandbox_of(L)->ctx = ctx;
        eb_view_fill_planned(L);
    }
    bool versioned = ctx->memory.count > 0 && ctx->memory.version[0] != '\0';
    if (p->has_migrate && versioned && strcmp(ctx->memory.version, p->version) != 0) {
        migrate(L, a);
    }
}

static bool has_failed(const struct eb_asked *a)
{
    return a->migration == EB_MIGRATION_REFUSED || a->migration == EB_MIGRATION_INVALID;
}

int eb_set_owner(lua_State *L)
{
    size_t len = 0;
    const char *name = luaL_checklstring(L, 1, &len);
    struct eb_policy *p = eb_sandbox_of(L)->user;
    struct eb_asked *a = &p->asked;
    if (eb_sandbox_of(L)->ctx == NULL) {
        return luaL_error(L, "owner('%s') says who answers a consult: it belongs inside decide", name);
    }
    if (len == 0 || len >= sizeof(a->owner) || strlen(name) != len) {
        return luaL_error(L, "owner('%s'): a text of 1 to %d bytes", name, (int)sizeof(a->owner) - 1);
    }
    if (a->owner[0] != '\0' && strcmp(a->owner, name) != 0) {
        return luaL_error(L, "owner('%s'): '%s' answers this consult already", name, a->owner);
    }
    if (has_failed(a)) {
        return luaL_error(L, "owner('%s') belongs inside decide: migrate is running, or has failed", name);
    }
    if (a->owner[0] == '\0') {
        memcpy(a->owner, name, len + 1);
        begin_as(L, p, name);
    }
    return 0;
}

static int ask(lua_State *L)
{
    struct ask_job *job = lua_touserdata(L, 1);
    struct eb_asked *a = &job->p->asked;
    bool legacy = a->ctx->exit_mode == EB_EXIT_MODE_LEGACY;
    eb_view_fill(L);
    begin_as(L, job->p, job->p->name);
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, legacy ? EB_REF_LEGACY : EB_REF_DECIDE);
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, EB_REF_CTX);
    lua_call(L, 1, 2);
    job->valid = eb_verdict_read(L, 2, job->out, job->err);
    return 0;
}

static bool same_memory(const struct eb_memory *a, const struct eb_memory *b)
{
    bool same = a->count == b->count;
    for (unsigned i = 0; same && i < a->count; i++) { /* both are sorted by key */
        const struct eb_memory_entry *x = &a->entry[i];
        const struct eb_memory_entry *y = &b->entry[i];
        same = x->kind == y->kind && x->number == y->number && strcmp(x->key, y->key) == 0 &&
               strcmp(x->text, y->text) == 0;
    }
    return same;
}

/* What a set gives back as it got it is not said again: the journal would have it once more, and nothing else. */
static bool is_news(const struct eb_policy *p, const struct eb_memory *before, const struct eb_memory *after)
{
    bool versioned = before->version[0] != '\0' && strcmp(before->version, p->version) != 0;
    return versioned || !same_memory(before, after);
}

/* Who answered, and that what the memory was migrated to or emptied to is kept. */
static bool complete(struct eb_policy *p, struct eb_verdict *out, struct eb_err *err)
{
    struct eb_asked *a = &p->asked;
    if (has_failed(a)) {
        (void)eb_err_set(err, EB_E_INVALID, where, "migrate failed, and decide went on as if nothing had happened");
        return false;
    }
    if (a->owner[0] != '\0' && out->owner[0] != '\0' && strcmp(a->owner, out->owner) != 0) {
        (void)eb_err_set(err, EB_E_INVALID, where, "owner: \"%s\" in the second result, \"%s\" by owner()", out->owner,
                         a->owner);
        return false;
    }
    if (a->owner[0] == '\0' && out->owner[0] != '\0' && strcmp(p->name, out->owner) != 0) {
        (void)eb_err_set(err, EB_E_INVALID, where,
                         "owner: \"%s\" in the second result: what ctx says of memory and plan was that of \"%s\"; say "
                         "owner \"%s\" inside decide, before they are read",
                         out->owner, p->name, out->owner);
        return false;
    }
    if (out->owner[0] == '\0') {
        memcpy(out->owner, a->owner[0] != '\0' ? a->owner : p->name, sizeof(out->owner));
    }
    bool own = a->ctx->owner[0] == '\0' || strcmp(a->ctx->owner, out->owner) == 0;
    if (own && !out->has_memory && a->migration == EB_MIGRATION_DONE) {
        out->memory = a->shown.memory;
        out->has_memory = true;
    }
    if (own && a->migration == EB_MIGRATION_NONE && out->has_memory) {
        out->has_memory = is_news(p, &a->ctx->memory, &out->memory);
    }
    if (out->has_memory) {
        memcpy(out->memory.version, p->version, sizeof(out->memory.version));
    }
    memcpy(out->policy_hash, p->hash, sizeof(out->policy_hash));
    return true;
}

enum eb_policy_result eb_set_ask(struct eb_policy *p, struct eb_sandbox *box, const struct eb_context *ctx,
                                 struct eb_verdict *out, struct eb_err *err)
{
    struct eb_err unwanted;
    struct ask_job job = {.p = p, .out = out, .err = err != NULL ? err : &unwanted};
    if (ctx->exit_mode == EB_EXIT_MODE_LEGACY && !p->has_legacy) {
        (void)eb_err_set(job.err, EB_E_SCRIPT, where, "EXIT_MODE is LEGACY, and the set has no `legacy` function");
        return EB_POLICY_ERROR;
    }
    eb_sandbox_begin(box, p->instructions_max, eb_set_consult_quota(p));
    p->asked.ctx = box->ctx = ctx;
    p->asked.owner[0] = '\0';
    p->asked.migration = EB_MIGRATION_NONE;
    enum eb_policy_result result = eb_sandbox_run(box, ask, &job, job.err);
    box->ctx = NULL;
    p->last_instructions = box->spent;
    if (result == EB_POLICY_ERROR && p->asked.migration == EB_MIGRATION_INVALID) {
        return EB_POLICY_INVALID;
    }
    if (result != EB_POLICY_OK) {
        return result;
    }
    if (!job.valid || !complete(p, out, job.err)) {
        return EB_POLICY_INVALID;
    }
    return out->keep ? EB_POLICY_KEEP : EB_POLICY_OK;
}
