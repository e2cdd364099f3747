/* SPDX-License-Identifier: Apache-2.0 */
/* Which policy set, which library, which profile. */
#include "app/policy_args.h"

#include <stdlib.h>
#include <string.h>

#include "app/value.h"

static int read_legacy_trailing(bool *out, struct eb_err *err)
{
    static const char name[] = "QT_TRAILING_STOP_ENABLED";
    static const char *const booleans[] = {"false", "true", NULL};
    const char *text = getenv(name);
    int64_t value = 1;
    int rc = text != NULL && text[0] != '\0' ? eb_value_choice(name, text, booleans, &value, err) : EB_OK;
    *out = value == 1;
    return rc;
}

int eb_policy_choose(const char *dir, struct eb_policy_choice *out, struct eb_err *err)
{
    memset(out, 0, sizeof(*out));
    const char *profile = getenv("EXIT_BRAIN_PROFILE");
    if (profile != NULL && profile[0] != '\0') {
        if (strlen(profile) >= EB_NAME_MAX) {
            return eb_err_set(err, EB_E_INVALID, "policy", "EXIT_BRAIN_PROFILE: \"%.40s...\": at most %d bytes",
                              profile, EB_NAME_MAX - 1);
        }
        out->profile = profile;
    }
    int rc = read_legacy_trailing(&out->legacy_trailing, err);
    if (rc != EB_OK) {
        return rc;
    }
    if (eb_share_library(out->lib_dir, err) != EB_OK) {
        out->lib_dir[0] = '\0';
    }
    if (dir == NULL) {
        return eb_share_policies(out->dir, err);
    }
    if (strlen(dir) >= sizeof(out->dir)) {
        return eb_err_set(err, EB_E_INVALID, "policy", "%.60s...: path too long", dir);
    }
    memcpy(out->dir, dir, strlen(dir) + 1);
    return EB_OK;
}

int eb_policy_open_choice(const struct eb_policy_choice *choice, const char *const *settings, const struct eb_log *log,
                          struct eb_policy **out, struct eb_err *err)
{
    const struct eb_policy_options opt = {.lib_dir = choice->lib_dir[0] != '\0' ? choice->lib_dir : NULL,
                                          .settings = settings,
                                          .profile = choice->profile,
                                          .qt_trailing_stop_enabled = &choice->legacy_trailing,
                                          .log = log};
    return eb_policy_open(choice->dir, &opt, out, err);
}
