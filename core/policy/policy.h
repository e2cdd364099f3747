/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole Lua boundary as C sees it: no lua_State in any signature.
 *
 *     directory -> eb_policy_open (read once, hash, compile, schema, self tests) -> consult(ctx) -> verdict
 */
#pragma once

#include <stddef.h>

#include "base/buffer.h"
#include "base/log.h"
#include <exitbrain/decision.h>
#include <exitbrain/host.h>

struct eb_policy;

/* What a set may use. Zero fields take the default. */
struct eb_policy_options {
    const char *lib_dir;            /* lua/exitbrain: what `require "exitbrain.x"` reaches; NULL: next to the set */
    const char *const *settings;    /* "name=lua literal", overrides of the set's settings; NULL-terminated or NULL */
    const char *profile;            /* EXIT_BRAIN_PROFILE; NULL DEFAULT */
    uint64_t instructions_max;      /* 200,000 per consult */
    uint64_t load_instructions_max; /* 20,000,000 while loading and in self tests */
    size_t memory_max;              /* 4 MiB */
    const struct eb_log *log;       /* for the script's log(); NULL drops it */
};

/* Loads and tries a set; on failure *out is NULL and err says file:line and what to do. */
int eb_policy_open(const char *dir, const struct eb_policy_options *opt, struct eb_policy **out, struct eb_err *err);
void eb_policy_close(struct eb_policy *p);

/* One consult. Total: whatever the script does ends in one of the results within the budget. A breach of budget,
 * memory or sandbox drops the Lua state and rebuilds it from the bytes in memory before returning. */
enum eb_policy_result eb_policy_consult(struct eb_policy *p, const struct eb_context *ctx, struct eb_verdict *out,
                                        struct eb_err *err);

/* The same consult in a state of its own that has decided nothing yet: what every consult must equal (purity). Counts
 * neither as consult nor as failure. About the cost of loading the set. */
enum eb_policy_result eb_policy_consult_fresh(struct eb_policy *p, const struct eb_context *ctx, struct eb_verdict *out,
                                              struct eb_err *err);

/* Steps the garbage collector between turns. */
void eb_policy_idle(struct eb_policy *p);

struct eb_policy_info {
    const char *name, *version;
    uint8_t hash[EB_HASH_SIZE]; /* over file names, bytes and effective settings */
    char hash_text[2 * EB_HASH_SIZE + 1];
    unsigned files;
    uint64_t consults, failures, rebuilds;
    size_t memory_used;
    uint64_t last_instructions; /* used by the last consult, to the hook's grain of 100 */
};
void eb_policy_info(const struct eb_policy *p, struct eb_policy_info *out);

/* The settings in force as Lua text "name = value", one a line, sorted. */
int eb_policy_settings(const struct eb_policy *p, struct eb_buffer *out);

/* As a port for the host. */
struct eb_policy_port eb_policy_as_port(struct eb_policy *p);

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
