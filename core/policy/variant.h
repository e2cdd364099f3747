/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between two sets, one thing at a time, and sets that have only some of it: how `plan` finds out what a
 * level moved for.
 *
 *     before, after --eb_policy_differences--> settings by their values, then files by their bytes
 *     after, before, which of them to take back --eb_policy_variant--> a set that can be consulted
 *
 * Settings and files are independent of each other: where a file is taken back, the settings that differ keep the
 * values that they are to have, so that a file of settings is a difference of its own only if it is more than that.
 */
#pragma once

#include "policy/policy.h"

#define EB_DIFFERENCES_MAX 64
#define EB_DIFFERENCE_NAME_MAX 128

enum eb_difference_kind { EB_DIFFERENCE_SETTING = 0, EB_DIFFERENCE_FILE };

struct eb_difference {
    uint8_t kind;                      /* enum eb_difference_kind */
    char name[EB_DIFFERENCE_NAME_MAX]; /* "trail.callback_pct", "legs.2.1"; "planner.lua", "exitbrain/ladder.lua" */
    /* Of a setting, its values as Lua text; of a file "" where it is and NULL where it is not. Owned. */
    char *before, *after;
};
struct eb_differences {
    struct eb_difference at[EB_DIFFERENCES_MAX];
    unsigned count;
    unsigned more; /* that did not fit */
};

/* Settings that both sets have and whose values differ, as deep as both can be overridden; then files of the sets, and
 * of the library where either uses them. A setting that only one of them has belongs to its file. EB_E_MEMORY;
 * eb_differences_free() in every case. */
int eb_policy_differences(const struct eb_policy *before, const struct eb_policy *after, struct eb_differences *out,
                          struct eb_err *err);
void eb_differences_free(struct eb_differences *d);

/* `after` with those differences taken back whose bits are set in back (0: as it is), owned by the caller; its self
 * test is not run. Neither set is changed. Codes of eb_policy_open(): one file may not load without another. */
int eb_policy_variant(const struct eb_policy *before, const struct eb_policy *after, const struct eb_differences *d,
                      uint64_t back, struct eb_policy **out, struct eb_err *err);
