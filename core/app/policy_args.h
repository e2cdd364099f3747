/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the policy set that a command line names, or the shipped one. */
#pragma once

#include "app/options.h"
#include "app/share.h"
#include "policy/policy.h"

struct eb_policy_choice {
    char dir[EB_SHARE_PATH_MAX];
    char lib_dir[EB_SHARE_PATH_MAX]; /* "" when there is none: then what lies beside the set is used */
    const char *profile;             /* EXIT_BRAIN_PROFILE, NULL where it is not set or empty */
    bool legacy_trailing;            /* QT_TRAILING_STOP_ENABLED, true where it is not set or empty */
};

/* dir NULL: the shipped set. The library is the shipped one, because program and library belong together. */
EB_NODISCARD int eb_policy_choose(const char *dir, struct eb_policy_choice *out, struct eb_err *err);
/* settings: NULL-terminated "name=lua" or NULL; log may be NULL. */
EB_NODISCARD int eb_policy_open_choice(const struct eb_policy_choice *choice, const char *const *settings,
                                       const struct eb_log *log, struct eb_policy **out, struct eb_err *err);
