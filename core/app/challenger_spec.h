/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person writes to have challengers: "NAME = DIR [SETTING=LUA ...]; NAME = DIR ...". Values are Lua literals:
 * blanks and semicolons within quotes or braces belong to them.
 */
#pragma once

#include "app/share.h"
#include "base/err.h"

#define EB_CHALLENGERS_MAX 4
#define EB_CHALLENGER_TEXT_MAX 2048
#define EB_CHALLENGER_SETTINGS_MAX 32

struct eb_challenger_spec {
    char name[EB_NAME_MAX];
    char dir[EB_SHARE_PATH_MAX];
    char text[EB_CHALLENGER_TEXT_MAX];                   /* of the settings, each with its zero */
    const char *setting[EB_CHALLENGER_SETTINGS_MAX + 1]; /* into text, NULL-terminated: do not copy the struct */
    bool has_profile;                                    /* one of them is `profile` */
};

/* Reads text into at most EB_CHALLENGERS_MAX specs. EB_E_INVALID says which challenger and what is wrong with it; an
 * empty text is none. */
EB_NODISCARD int eb_challenger_specs(const char *text, struct eb_challenger_spec out[EB_CHALLENGERS_MAX],
                                     unsigned *count, struct eb_err *err);
