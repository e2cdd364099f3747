/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eb_lua_table_read: a table or literal in Lua's notation, without any library.
 *
 *     text -> sandbox (nothing may be named) -> value -> every scalar with its path, in sorted order -> visit
 */
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "policy/lex.h"
#include "policy/sandbox.h"

static const char where[] = "policy.config";

enum { PATH_BYTES_MAX = 256, DEPTH_MAX = 12, TEXT_BYTES_MAX = 256 * 1024 };
enum { INSTRUCTIONS_MAX = 1000000, MEMORY_BYTES_MAX = 4 * 1024 * 1024 };

struct read_job {
    const char *name, *text;
    size_t len;
    int (*visit)(void *user, const struct eb_lua_value *v, struct eb_err *err);
    void *user;
    struct eb_err *err;
    int code; /* of the visitor, or of a refusal */
    char path[PATH_BYTES_MAX];
};

/* Where a path is written: the same walk over tokens as the table constructor makes, keys appended to a path. */
struct level {
    size_t path_len;
    int next;
    bool begun; /* the element has a key or a value already */
};
struct finder {
    struct eb_lex lex;
    struct level level[DEPTH_MAX + 1];
    int depth;
    char path[PATH_BYTES_MAX];
    const char *wanted;
};

static bool add_key(struct finder *f, const char *before, const char *text, size_t len, const char *after)
{
    size_t used = f->level[f->depth].path_len;
    int n = snprintf(f->path + used, sizeof(f->path) - used, "%s%.*s%s", before, (int)len, text, after);
    f->level[f->depth].begun = true;
    return n > 0 && strcmp(f->path, f->wanted) == 0;
}

static void skip_parentheses(struct finder *f)
{
    int open = 1;
    while (open > 0 && eb_lex_next(&f->lex) != EB_TOKEN_END) {
        open += eb_lex_is(&f->lex, "(") ? 1 : eb_lex_is(&f->lex, ")") ? -1 : 0;
    }
}

/* A token where an element begins: its key, or its position. */
static bool begin_element(struct finder *f, enum eb_token token)
{
    struct level *l = &f->level[f->depth];
    struct eb_lex ahead = f->lex;
    bool named = token == EB_TOKEN_NAME && eb_lex_next(&ahead) == EB_TOKEN_SIGN && eb_lex_is(&ahead, "=");
    if (named) {
        bool found = add_key(f, l->path_len > 0 ? "." : "", f->lex.text, f->lex.len, "");
        int line = f->lex.token_line;
        f->lex = ahead;
        f->lex.token_line = line;
        return found;
    }
    if (token == EB_TOKEN_SIGN && eb_lex_is(&f->lex, "[")) {
        bool quoted = eb_lex_next(&f->lex) == EB_TOKEN_TEXT;
        return add_key(f, quoted ? "[\"" : "[", f->lex.text, f->lex.len, quoted ? "\"]" : "]");
    }
    char index[16];
    int n = snprintf(index, sizeof(index), "%d", ++l->next);
    return add_key(f, "[", index, n > 0 ? (size_t)n : 0, "]");
}

static void open_table(struct finder *f)
{
    size_t len = f->depth > 0 ? strlen(f->path) : 0;
    f->depth++;
    f->level[f->depth] = (struct level){.path_len = len};
    f->path[len] = '\0';
}

/* The line on which the element of a path begins, 0 where the text is not written so plainly. */
static int find_line(const char *text, size_t len, const char *path)
{
    struct finder f = {.wanted = path};
    eb_lex_begin(&f.lex, text, len);
    for (enum eb_token token = eb_lex_next(&f.lex); token != EB_TOKEN_END; token = eb_lex_next(&f.lex)) {
        bool sign = token == EB_TOKEN_SIGN;
        bool opens = sign && eb_lex_is(&f.lex, "{");
        if (sign && eb_lex_is(&f.lex, "}")) {
            if (--f.depth <= 0) {
                return 0;
            }
        } else if (f.depth > 0 && sign && (eb_lex_is(&f.lex, ",") || eb_lex_is(&f.lex, ";"))) {
            f.path[f.level[f.depth].path_len] = '\0';
            f.level[f.depth].begun = false;
        } else if (f.depth > 0 && !f.level[f.depth].begun && begin_element(&f, token)) {
            return f.lex.token_line;
        }
        if (opens && f.depth < DEPTH_MAX) {
            open_table(&f);
        } else if (opens) {
            return 0;
        } else if (sign && eb_lex_is(&f.lex, "(")) {
            skip_parentheses(&f);
        }
    }
    return 0;
}

static void refuse(struct read_job *job, const char *text, const char *detail)
{
    int line = find_line(job->text, job->len, job->path);
    char at[16] = "";
    if (line > 0) {
        (void)snprintf(at, sizeof(at), "%d:", line);
    }
    job->code = eb_err_set(job->err, EB_E_INVALID, where, "%s:%s %s%s%s%s", job->name, at, job->path,
                           job->path[0] != '\0' ? ": " : "", text, detail);
}

/* NOLINTBEGIN(misc-no-recursion): tables go DEPTH_MAX deep */
static bool walk(lua_State *L, struct read_job *job, int depth);

/* The scalar at the top of the stack. */
static bool visit_scalar(lua_State *L, struct read_job *job)
{
    struct eb_lua_value v = {.path = job->path, .line = find_line(job->text, job->len, job->path)};
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
        v.kind = EB_LV_NIL;
        break;
    case LUA_TBOOLEAN:
        v.kind = EB_LV_BOOL;
        v.number = lua_toboolean(L, -1) ? 1.0 : 0.0;
        break;
    case LUA_TNUMBER:
        v.kind = EB_LV_NUMBER;
        v.is_integer = lua_isinteger(L, -1);
        v.number = (double)lua_tonumber(L, -1);
        if (!isfinite(v.number)) {
            refuse(job, "not a finite number", "");
            return false;
        }
        break;
    default: /* an int from Lua, not an enum */
        v.kind = EB_LV_TEXT;
        v.text = lua_tostring(L, -1);
        if (strlen(v.text) != lua_rawlen(L, -1)) {
            refuse(job, "a text with a zero byte", "");
            return false;
        }
        break;
    }
    job->code = job->visit(job->user, &v, job->err);
    return job->code == EB_OK;
}

/* Appends the key at index to the path; false when it does not fit. */
static bool append(lua_State *L, struct read_job *job, int index)
{
    size_t used = strlen(job->path);
    size_t room = sizeof(job->path) - used;
    int n = -1;
    if (lua_isinteger(L, index)) {
        n = snprintf(job->path + used, room, "[%lld]", (long long)lua_tointeger(L, index));
    } else if (lua_type(L, index) == LUA_TSTRING && eb_lex_is_name(lua_tostring(L, index))) {
        n = snprintf(job->path + used, room, "%s%s", used > 0 ? "." : "", lua_tostring(L, index));
    } else if (lua_type(L, index) == LUA_TSTRING) {
        n = snprintf(job->path + used, room, "[\"%s\"]", lua_tostring(L, index));
    } else {
        refuse(job, "keys are names or whole numbers", "");
        return false;
    }
    if (n < 0 || (size_t)n >= room) {
        job->path[used] = '\0';
        refuse(job, "keys are too long or too deep", "");
        return false;
    }
    return true;
}

/* The table at the top of the stack, entry by entry. */
static bool walk_entries(lua_State *L, struct read_job *job, int depth)
{
    int table = lua_gettop(L);
    size_t used = strlen(job->path);
    eb_push_sorted_keys(L, table);
    for (lua_Integer i = 1; lua_rawgeti(L, table + 1, i) != LUA_TNIL; i++) {
        if (!append(L, job, -1)) {
            return false;
        }
        (void)lua_rawget(L, table);
        if (!walk(L, job, depth + 1)) {
            return false;
        }
        job->path[used] = '\0';
        lua_settop(L, table + 1);
    }
    lua_settop(L, table);
    return true;
}

static bool walk(lua_State *L, struct read_job *job, int depth)
{
    luaL_checkstack(L, 12, NULL);
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
        return visit_scalar(L, job);
    case LUA_TTABLE:
        if (depth >= DEPTH_MAX) {
            refuse(job, "nested too deep", "");
            return false;
        }
        return walk_entries(L, job, depth);
    default: /* an int from Lua, not an enum */
        refuse(job, "expected a number, text, boolean or table, got a ", luaL_typename(L, -1));
        return false;
    }
}

/* NOLINTEND(misc-no-recursion) */

/* "return" as the first word makes it a chunk, anything else a literal. */
static bool is_chunk(const struct read_job *job)
{
    struct eb_lex x;
    eb_lex_begin(&x, job->text, job->len);
    enum eb_token first = eb_lex_next(&x);
    return first == EB_TOKEN_NAME && (eb_lex_is(&x, "return") || eb_lex_is(&x, "local"));
}

struct pieces {
    struct read_job *job;
    int next; /* 0: the word return, 1: the text */
};

static const char *next_piece(lua_State *L, void *user, size_t *size)
{
    (void)L;
    struct pieces *p = user;
    switch (p->next++) {
    case 0:
        *size = sizeof("return ") - 1;
        return "return ";
    case 1:
        *size = p->job->len;
        return p->job->text;
    default: /* a count, not an enum */
        *size = 0;
        return NULL;
    }
}

static int read_table(lua_State *L)
{
    struct read_job *job = lua_touserdata(L, 1);
    char chunk[80];
    (void)snprintf(chunk, sizeof(chunk), "@%s", job->name);
    struct pieces pieces = {.job = job, .next = is_chunk(job) ? 1 : 0};
    if (lua_load(L, next_piece, &pieces, chunk, "t") != LUA_OK) {
        return lua_error(L);
    }
    lua_call(L, 0, 1);
    (void)walk(L, job, 0);
    return 0;
}

int eb_lua_table_read(const char *name, const char *text, size_t len,
                      int (*visit)(void *user, const struct eb_lua_value *v, struct eb_err *err), void *user,
                      struct eb_err *err)
{
    struct eb_err unwanted;
    err = err != NULL ? err : &unwanted;
    if (len > TEXT_BYTES_MAX) {
        return eb_err_set(err, EB_E_FULL, where, "%s: longer than %d bytes", name, TEXT_BYTES_MAX);
    }
    struct read_job job = {.name = name, .text = text, .len = len, .visit = visit, .user = user, .err = err};
    struct eb_sandbox_options opt = {.heap = eb_heap_libc, .used_max = MEMORY_BYTES_MAX};
    struct eb_sandbox box;
    int code = eb_sandbox_open(&box, &opt, err);
    if (code != EB_OK) {
        return code;
    }
    eb_sandbox_begin(&box, INSTRUCTIONS_MAX, (uint64_t)MEMORY_BYTES_MAX * 16);
    code = eb_sandbox_run(&box, read_table, &job, err) == EB_POLICY_OK ? job.code : err->code;
    eb_sandbox_close(&box);
    return code;
}
