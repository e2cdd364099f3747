/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One lua_State that can do no harm: what it may call, how much it may compute, how much it may allocate.
 *
 *     eb_sandbox_open -> eb_sandbox_run(protected C function) -> ... -> eb_sandbox_close
 *
 * Work is counted in VM instructions, to the grain of the hook. C functions of the library charge what they cost beyond
 * an instruction, and the bytes that one run may request are limited too: copying long strings executes nothing.
 * A breach is sticky: no pcall of the script can go on after it, and the owner must throw the state away.
 */
#pragma once

#include <lua.h>

#include "policy/policy.h"
#include "policy/pool.h"

enum eb_breach { EB_BREACH_NONE = 0, EB_BREACH_BUDGET, EB_BREACH_MEMORY, EB_BREACH_STATE };

#define EB_HOOK_GRAIN 100       /* instructions between two looks of the hook (facts/reliability 2.2) */
#define EB_SANDBOX_STRING 1024  /* bytes of the longest string: comparing two costs one instruction */
#define EB_SANDBOX_LIST 1024    /* elements that sort and concat take */
#define EB_SANDBOX_UNPACK 200   /* values that unpack returns */
#define EB_LOG_LINES 8          /* lines of log() per consult */
#define EB_LOG_LINES_MINUTE 120 /* lines of log() per minute of context time */

struct eb_sandbox {
    lua_State *L; /* NULL: closed */
    struct eb_pool pool;
    size_t used, used_max;             /* as Lua counts */
    uint64_t requested, requested_max; /* bytes, since eb_sandbox_begin */
    uint64_t spent, budget;            /* instructions, since eb_sandbox_begin */
    size_t settled;                    /* bytes in use after the last complete collection */
    bool collecting;                   /* a collection was begun and is not complete */
    enum eb_breach breach;
    const char *refused;          /* why the allocator last said no: static text */
    const struct eb_context *ctx; /* bound while a consult runs, else NULL */
    void *user;                   /* of the owner, for its own C functions */
    const struct eb_log *log;
    int64_t log_window_ms;
    unsigned log_lines, log_minute_lines;
    uint64_t log_dropped;
};

/* library: the allow list, with what add_names sets in the table at the top of the stack; else nothing may be
 * named. The sandbox must not move while it is open. EB_E_MEMORY when there is no room; closed then. */
struct eb_sandbox_options {
    struct eb_heap heap;
    size_t used_max;
    bool library;
    void (*add_names)(lua_State *L); /* NULL: nothing more */
    void *user;
    const struct eb_log *log;
};
int eb_sandbox_open(struct eb_sandbox *s, const struct eb_sandbox_options *opt, struct eb_err *err);
void eb_sandbox_close(struct eb_sandbox *s);

/* Begins a run: nothing spent, nothing requested, whole quota of log lines. One block has at most an eighth of
 * requested_max. */
void eb_sandbox_begin(struct eb_sandbox *s, uint64_t budget, uint64_t requested_max);

/*
 * Calls f with arg as its one argument (light userdata): the only place where C enters Lua, and where every way to end
 * is told apart. OK, or ERROR, BUDGET, MEMORY with the message in err. s->breach says whether the state must go.
 */
enum eb_policy_result eb_sandbox_run(struct eb_sandbox *s, lua_CFunction f, void *arg, struct eb_err *err);

/* A garbage collection step of bounded size, if enough garbage has come together since the last complete one. */
void eb_sandbox_idle(struct eb_sandbox *s);
/* A complete collection, if less than `room` bytes are left below the cap. */
void eb_sandbox_make_room(struct eb_sandbox *s, uint64_t room);

/* For C functions inside a run. */
struct eb_sandbox *eb_sandbox_of(lua_State *L);
/* Adds work to what was spent; raises on expiry. */
void eb_sandbox_charge(lua_State *L, uint64_t instructions);

/* Pushes a list of the keys of the table at index, sorted: numbers, strings by bytes, false, true. Raises for keys of
 * other types, which have no order that two runs share. */
void eb_push_sorted_keys(lua_State *L, int index);

/* Pushes text of any value, without addresses. */
const char *eb_push_text(lua_State *L, int index);

/* In library.c: builds the environment and leaves it on the stack. */
void eb_library_push(lua_State *L, void (*add_names)(lua_State *L));
/* In library.c: pushes a read-only face of the table at the top of the stack, in its place. */
void eb_library_seal(lua_State *L, lua_CFunction on_write);
/* In iterate.c. */
int eb_lib_pairs(lua_State *L);
int eb_lib_next(lua_State *L);
int eb_lib_sort(lua_State *L);
