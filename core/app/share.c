/* SPDX-License-Identifier: Apache-2.0 */
/* Looks upwards from the executable (a checkout, wherever it was moved), then where it was installed or built. */
#define _POSIX_C_SOURCE 200809L

#include "app/share.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "generated/version.h"

#define LEVELS_UP 4

static bool holds(const char *root, const char *inside)
{
    char path[EB_SHARE_PATH_MAX + 64];
    int n = snprintf(path, sizeof(path), "%s/%s", root, inside);
    return n > 0 && (size_t)n < sizeof(path) && access(path, R_OK) == 0;
}

/* A root holds both, so that a stray folder called policies is not mistaken for ours. */
static bool is_root(const char *root)
{
    return holds(root, "policies/init.lua") && holds(root, "lua/exitbrain/decision.lua");
}

/* The directory of the running program without its last part, again and again. */
static bool above_program(char root[EB_SHARE_PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", root, EB_SHARE_PATH_MAX - 32);
    if (n <= 0) {
        return false;
    }
    root[n] = '\0';
    for (int level = 0; level < LEVELS_UP; level++) {
        char *slash = strrchr(root, '/');
        if (slash == NULL || slash == root) {
            return false;
        }
        *slash = '\0';
        if (is_root(root)) {
            return true;
        }
        size_t len = strlen(root);
        memcpy(root + len, "/share/exitbrain", sizeof("/share/exitbrain"));
        if (is_root(root)) {
            return true;
        }
        root[len] = '\0';
    }
    return false;
}

static int find(const char *inside, char out[EB_SHARE_PATH_MAX], struct eb_err *err)
{
    static const char *const fixed[] = {EB_SHARE_DIR, EB_SOURCE_DIR};
    char root[EB_SHARE_PATH_MAX] = "";
    bool found = above_program(root);
    for (size_t i = 0; !found && i < EB_COUNT(fixed); i++) {
        found = is_root(fixed[i]);
        (void)snprintf(root, sizeof(root), "%s", fixed[i]);
    }
    if (!found) {
        return eb_err_set(
            err, EB_E_NOT_FOUND, "share",
            "no %s above the program, in %s or %s: install the program or name a directory with --policies", inside,
            EB_SHARE_DIR, EB_SOURCE_DIR);
    }
    int n = snprintf(out, EB_SHARE_PATH_MAX, "%s/%s", root, inside);
    return n > 0 && n < EB_SHARE_PATH_MAX ? EB_OK : eb_err_set(err, EB_E_FULL, "share", "%s: path too long", root);
}

int eb_share_policies(char out[EB_SHARE_PATH_MAX], struct eb_err *err)
{
    return find("policies", out, err);
}

int eb_share_library(char out[EB_SHARE_PATH_MAX], struct eb_err *err)
{
    return find("lua/exitbrain", out, err);
}
