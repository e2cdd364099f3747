/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eb_context as a script sees it: read-only userdata over the context bound to the sandbox, never a copy. The objects
 * live as long as the state; what a script kept of an earlier consult shows the present one, so nothing is ever stale.
 */
#pragma once

#include "policy/sandbox.h"

/* How a member of a struct crosses to Lua, and back in the module for specs. "Or nil" where zero means unknown. */
enum eb_field_kind {
    EB_F_TEXT,    /* char array, "" is nil */
    EB_F_ENUM,    /* uint8_t index of names */
    EB_F_COUNT,   /* uint8_t */
    EB_F_COUNT16, /* uint16_t */
    EB_F_COUNT32, /* uint32_t */
    EB_F_BOOL,
    EB_F_AMOUNT,    /* int64 at 1e-8, or nil */
    EB_F_SIGNED,    /* int64 at 1e-8, zero is zero */
    EB_F_MS,        /* int64 milliseconds, or nil */
    EB_F_AGE_MS,    /* int64 milliseconds, negative is nil */
    EB_F_RATIO,     /* ppm as a ratio */
    EB_F_RATIO_NIL, /* the same, or nil */
    EB_F_PCT,       /* ppm as percent */
    EB_F_PCT_E8,    /* 1e-8 as percent */
    EB_F_IN_R,      /* ppm of R: nil while the context has no R */
    EB_F_WARM_AMOUNT,
    EB_F_WARM_PCT,
    EB_F_WARM_RATIO, /* of features: nil while not warm */
    EB_F_SIGN,       /* 1 LONG, -1 SHORT: computed */
    EB_F_AGE,        /* since opened_ms: computed */
};
struct eb_field {
    const char *name;
    enum eb_field_kind kind;
    size_t offset;
    const char *const *names; /* EB_F_ENUM */
    size_t size;              /* names, or bytes of the char array */
};
extern const struct eb_field eb_context_fields[];
extern const struct eb_field eb_leg_fields[];
extern const struct eb_field eb_feature_fields[];
extern const size_t eb_context_field_count, eb_leg_field_count, eb_feature_field_count;

/* Creates the objects of a state (inside a run) and leaves ctx on the stack. */
void eb_view_push(lua_State *L);

/* Of the context that was bound just now, inside a run: the fields that the set reads; or `planned` alone, where the
 * binding changed to a copy that differs in it and in its memory. A run that skips it would read the last consult. */
void eb_view_fill(lua_State *L);
void eb_view_fill_planned(lua_State *L);

/* copy(ctx.memory): for policies. */
int eb_view_copy(lua_State *L);

/* Pushes one field of the struct at base as Lua sees it. c: the context that it belongs to; warm: of its features. */
void eb_field_push(lua_State *L, const struct eb_field *f, const void *base, const struct eb_context *c, bool warm);

/* A policy memory entry's value; whole numbers come back as integers. The whole memory as a plain table. */
void eb_memory_value_push(lua_State *L, const struct eb_memory_entry *e);
void eb_memory_push(lua_State *L, const struct eb_memory *m);
