/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy set, loaded from its directory and plugged into a host.
 *
 *     directory -> eb_policy_open -> eb_policy_as_port -> eb_host_config.policy
 *
 * Lua stays inside: a set sees a context and answers with a verdict, within a budget, whatever it does.
 */
#pragma once

#include <stddef.h>

#include <exitbrain/host.h>

struct eb_policy;
struct eb_log;

/*
 * A function of the embedding program that scripts call inside decide as host.NAME(number...), for what ctx does not
 * have: a model's forecast, a level from elsewhere. It must be a pure function of ctx and args: the same ones give the
 * same answer for as long as the set is loaded, or an answer would not be reproducible. Called on the thread that
 * consults the set; a candidate that is tried on another thread calls it from there.
 */
struct eb_policy_function {
    const char *name; /* a Lua name of at most 31 bytes; copied */
    /* Writes a finite number to *result; false: nil in Lua. args holds count finite numbers. It must return at once and
     * keep nothing of ctx. */
    bool (*call)(void *user, const struct eb_context *ctx, const double *args, unsigned count, double *result);
    void *user;    /* the caller's; outlives the set */
    uint32_t cost; /* of one call, in instructions of the consult's budget; 0: 100. About 100 a microsecond */
};
#define EB_FUNCTIONS_MAX 32
#define EB_FUNCTION_ARGS_MAX 8

/* What a set may use. Zero fields take the default. */
struct eb_policy_options {
    const char *lib_dir;         /* lua/exitbrain: what `require "exitbrain.x"` reaches; NULL: next to the set */
    const char *const *settings; /* "name=lua literal", overrides of the set's settings; NULL-terminated or NULL */
    const char *profile;         /* EXIT_BRAIN_PROFILE, also names a preset; NULL: the set's own */
    const bool *qt_trailing_stop_enabled;       /* QT_TRAILING_STOP_ENABLED, for a set that asks; NULL: the set's own */
    uint64_t instructions_max;                  /* 200,000 per consult */
    uint64_t load_instructions_max;             /* 20,000,000 while loading and in self tests */
    size_t memory_max;                          /* 4 MiB */
    const struct eb_log *log;                   /* for the script's log(); NULL drops it */
    const struct eb_policy_function *functions; /* copied */
    unsigned function_count;                    /* at most EB_FUNCTIONS_MAX */
};

/* Loads and tries a set, owned by the caller; opt may be NULL. On failure *out is NULL and err says file:line and what
 * to do. */
int eb_policy_open(const char *dir, const struct eb_policy_options *opt, struct eb_policy **out, struct eb_err *err);
/* Frees it; NULL is fine. No host may use its port any more. */
void eb_policy_close(struct eb_policy *p);

/* As a port for a host; valid until the set is closed. */
struct eb_policy_port eb_policy_as_port(struct eb_policy *p);

struct eb_policy_info {
    const char *name, *version, *profile; /* profile: the setting of that name in force; "" it has none */
    uint8_t hash[EB_HASH_SIZE];           /* over file names, bytes and effective settings */
    char hash_text[2 * EB_HASH_SIZE + 1];
    unsigned files;
    bool legacy; /* it can answer in LEGACY mode */
    uint64_t consults, failures, rebuilds;
    size_t memory_used;
    uint64_t last_instructions; /* used by the last consult, to the hook's grain of 100 */
};
/* Copies what is known of a loaded set; the texts belong to the set. */
void eb_policy_info(const struct eb_policy *p, struct eb_policy_info *out);
