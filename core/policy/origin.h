/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the figures of a policy set stand, and the set as it would be with another figure in their place.
 *
 *     settings in force + sources in memory --tokens--> path, value, file:line       eb_origins_read
 *     a set + "stop_pct=2" (or a number in a file)  --> a twin to ask the same question     eb_policy_vary
 *
 * No annotations are needed: what decides a level is found by changing one figure and asking again.
 */
#pragma once

#include "policy/policy.h"

#define EB_ORIGIN_PATH_MAX 128
#define EB_ORIGIN_FILE_MAX 96
#define EB_ORIGINS_MAX 1024 /* settings of one set, tables included; more are left out */

enum eb_origin_kind { EB_ORIGIN_TABLE = 0, EB_ORIGIN_NUMBER, EB_ORIGIN_TEXT, EB_ORIGIN_BOOL };

/* One setting, or one number that is written in a file. */
struct eb_origin {
    char path[EB_ORIGIN_PATH_MAX]; /* as --set takes it: "legs.2.1"; of a number: the name before it, or "" */
    char file[EB_ORIGIN_FILE_MAX]; /* within the set; "" where it was not found */
    int line;                      /* from 1; 0 where it was not found */
    uint8_t kind;                  /* enum eb_origin_kind */
    bool integer;                  /* without fraction in Lua */
    bool overridden;               /* given by --set or the environment: the file holds another value */
    double value;                  /* EB_ORIGIN_NUMBER: in force; EB_ORIGIN_BOOL: 0 or 1 */
    size_t at, len;                /* where a number is a literal: its bytes in the file; len 0 else */
};
struct eb_origins {
    struct eb_origin *item; /* sorted as settings are shown; owned */
    unsigned count;
};

/* Every setting of a built set with its place. Literal tables are found exactly; a setting that is computed has the
 * line of its key. EB_E_MEMORY. */
int eb_origins_read(const struct eb_policy *p, struct eb_origins *out, struct eb_err *err);
/* Every number that is written in the set's own files that were loaded, in order; for sets without settings. */
int eb_origins_numbers(const struct eb_policy *p, struct eb_origins *out, struct eb_err *err);
void eb_origins_free(struct eb_origins *o);
/* NULL when there is none of that path. */
const struct eb_origin *eb_origins_find(const struct eb_origins *o, const char *path);

/* A twin of the set with `value` in the place of one figure, built without its self test; owned by the caller. A
 * setting (named: from eb_origins_read) is overridden, a number (from eb_origins_numbers) is replaced in the text.
 * Codes of eb_policy_open(): a figure that the set refuses while it loads. */
int eb_policy_vary(const struct eb_policy *p, const struct eb_origin *figure, bool named, double value,
                   struct eb_policy **out, struct eb_err *err);

/* The shortest text of a figure that reads back as the same number; a whole one without a point if `integer`. */
void eb_figure_text(double value, bool integer, char *out, size_t size);
