/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy set between its bytes and a state that can be consulted; shared by host.c, set.c and the module for specs.
 *
 *     eb_sources -> eb_set_build (load init, schema, settings, self test) -> decide and ctx in the registry
 */
#pragma once

#include "policy/files.h"

/* Registry slots of a built state. */
enum { EB_REF_LOADED = 16, EB_REF_CTX, EB_REF_DECIDE, EB_REF_SELF_TEST, EB_REF_MIGRATE, EB_REF_LEGACY };

enum { EB_SETTINGS_TEXT_MAX = 32 * 1024, EB_SETTINGS_DEPTH_MAX = 8 };

/* What is true of one consult. */
struct eb_asked {
    const struct eb_context *ctx;
    char owner[EB_NAME_MAX]; /* as owner() said; "" not yet */
    enum {
        EB_MIGRATION_NONE,
        EB_MIGRATION_REFUSED, /* begun: it has failed unless it ends */
        EB_MIGRATION_INVALID,
        EB_MIGRATION_DONE
    } migration;
    struct eb_context shown; /* where something in it differs from ctx */
};

struct eb_policy {
    struct eb_heap heap;
    struct eb_sources sources;
    struct eb_sandbox box;
    const struct eb_log *log;
    char **overrides; /* owned copies of options.settings */
    size_t override_count;
    char *profile; /* owned; NULL none */
    bool has_trailing_stop, trailing_stop;
    uint64_t instructions_max, load_instructions_max;
    size_t memory_max;
    char name[EB_NAME_MAX], version[EB_NAME_MAX];
    bool has_self_test, has_legacy, has_migrate;
    struct eb_buffer settings; /* text of the settings in force */
    char profile_in_force[EB_NAME_MAX];
    uint8_t hash[EB_HASH_SIZE];
    char hash_text[2 * EB_HASH_SIZE + 1];
    uint64_t consults, failures, rebuilds, last_instructions;
    struct eb_asked asked;
    unsigned function_count;
    struct eb_policy_function functions[EB_FUNCTIONS_MAX];
    char function_names[EB_FUNCTIONS_MAX][EB_NAME_MAX];
};

/* What a consult or a load may request from the allocator in sum: bounds the copying that instructions do not count. */
uint64_t eb_set_consult_quota(const struct eb_policy *p);

/* Opens box and builds the set in it; closed again on failure. test: runs its self_test too. */
int eb_set_build(struct eb_policy *p, struct eb_sandbox *box, bool test, struct eb_err *err);

/* In modules.c: require(name) and modules(prefix) of a set. */
int eb_set_require(lua_State *L);
int eb_set_modules(lua_State *L);

/* In ask.c: owner(name) of a set, and one consult in a state of it. */
int eb_set_owner(lua_State *L);
enum eb_policy_result eb_set_ask(struct eb_policy *p, struct eb_sandbox *box, const struct eb_context *ctx,
                                 struct eb_verdict *out, struct eb_err *err);

/* In functions.c: pushes `host`, and takes what options.functions says. */
void eb_set_push_functions(lua_State *L, const struct eb_policy *p);
int eb_set_copy_functions(struct eb_policy *p, const struct eb_policy_function *list, unsigned count,
                          struct eb_err *err);

/* In settings.c, inside a run, the settings table at the top of the stack, that of presets at index `presets`: applies
 * the environment, the preset that the profile names and the overrides in place, then renders what is in force to
 * p->settings. false: err says which. */
bool eb_settings_apply(lua_State *L, int presets, struct eb_policy *p, struct eb_err *err);

/* In place.c, after a build that failed: a message that names a key or a setting gets the line where it is written. */
void eb_set_place(struct eb_policy *p, struct eb_err *err);

/* One text of a set that does not come from a directory. */
struct eb_policy_text {
    const char *name; /* "init.lua" */
    const char *text;
    size_t len;
};
/* eb_policy_open from a directory, or from texts where dir is NULL, with memory from heap. */
int eb_policy_open_with(const struct eb_heap *heap, const char *dir, const struct eb_policy_text *texts, size_t count,
                        const struct eb_policy_options *opt, struct eb_policy **out, struct eb_err *err);
