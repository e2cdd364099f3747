/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole Lua boundary as C sees it: no lua_State in any signature.
 *
 *     directory -> eb_policy_open (read once, hash, compile, schema, self tests) -> consult(ctx) -> verdict
 *
 * What an embedder needs of it is in exitbrain/policy.h; the rest is the program's own.
 */
#pragma once

#include "base/buffer.h"
#include "base/log.h"
#include <exitbrain/policy.h>

/* One consult. Total: whatever the script does ends in one of the results within the budget. A breach of budget,
 * memory or sandbox drops the Lua state and rebuilds it from the bytes in memory before returning. */
enum eb_policy_result eb_policy_consult(struct eb_policy *p, const struct eb_context *ctx, struct eb_verdict *out,
                                        struct eb_err *err);

/* The same consult in a state of its own that has decided nothing yet: what every consult must equal (purity). Counts
 * neither as consult nor as failure. About the cost of loading the set. */
enum eb_policy_result eb_policy_consult_fresh(struct eb_policy *p, const struct eb_context *ctx, struct eb_verdict *out,
                                              struct eb_err *err);

/*
 * For trials beside a set that is in use: a set is never used by two threads at a time, but its bytes may be.
 *
 *     set in force --eb_policy_copy--> bytes and settings --eb_policy_build, on another thread--> a twin
 */

/* A set of the same bytes, settings and limits without a Lua state, owned by the caller: only eb_policy_build() or
 * eb_policy_close() may follow. It has no log. EB_E_MEMORY. */
int eb_policy_copy(const struct eb_policy *p, struct eb_policy **out, struct eb_err *err);
/* Compiles and tries what eb_policy_copy() made; codes of eb_policy_open(). After a failure it is only to be closed. */
int eb_policy_build(struct eb_policy *p, struct eb_err *err);
/* A state that has decided nothing yet, counters at 0: nothing that a trial left behind reaches a decision. EB_E_MEMORY
 * ...: then the next consult tries again. */
int eb_policy_renew(struct eb_policy *p, struct eb_err *err);
/* Where log() of the script goes from now on; NULL drops it. */
void eb_policy_set_log(struct eb_policy *p, const struct eb_log *log);

/* Steps the garbage collector between turns. */
void eb_policy_idle(struct eb_policy *p);

/* The settings in force as Lua text "name = value", one a line, sorted. */
int eb_policy_settings(const struct eb_policy *p, struct eb_buffer *out);

/* A Lua configuration file ("return { key = value }") or literal, evaluated in the same sandbox without any library:
 * visits every scalar with its dotted path. Used by app/config. visit returns EB_OK to go on. */
struct eb_lua_value {
    const char *path; /* "legs[1].r" */
    enum { EB_LV_NIL, EB_LV_BOOL, EB_LV_NUMBER, EB_LV_TEXT } kind;
    bool is_integer;
    double number;
    const char *text;
    int line; /* of the key in the file where known, else 0 */
};
int eb_lua_table_read(const char *name, const char *text, size_t len,
                      int (*visit)(void *user, const struct eb_lua_value *v, struct eb_err *err), void *user,
                      struct eb_err *err);
