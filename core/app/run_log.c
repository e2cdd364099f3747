/* SPDX-License-Identifier: Apache-2.0 */
/* Lines are written as they come; a disk that takes none loses them, and nothing else. */
#define _POSIX_C_SOURCE 200809L

#include "app/run_log.h"

#include <errno.h>
#include <string.h>

static void rotate(struct eb_run_log *l)
{
    char old[sizeof(l->path) + 4];
    (void)snprintf(old, sizeof(old), "%s.1", l->path);
    (void)fclose(l->to);
    (void)rename(l->path, old);
    l->to = fopen(l->path, "ae");
    l->bytes = 0;
}

static void sink(void *user, enum eb_log_level level, const char *line)
{
    struct eb_run_log *l = user;
    if (l->to == NULL) {
        return;
    }
    int n = fprintf(l->to, "%s\n", line);
    l->bytes += n > 0 ? n : 0;
    if (level >= EB_LOG_INFO) {
        (void)fflush(l->to);
    }
    if (l->owned && l->bytes > EB_RUN_LOG_MAX_BYTES) {
        rotate(l);
    }
}

int eb_run_log_open(struct eb_run_log *l, const char *path, enum eb_log_level least, struct eb_err *err)
{
    memset(l, 0, sizeof(*l));
    l->log = (struct eb_log){.sink = sink, .user = l, .min_level = least};
    if (strcmp(path, "-") == 0) {
        l->to = stderr;
        return EB_OK;
    }
    int n = snprintf(l->path, sizeof(l->path), "%s", path);
    if (n <= 0 || (size_t)n >= sizeof(l->path)) {
        return eb_err_set(err, EB_E_INVALID, "run", "--log: path empty or too long");
    }
    l->to = fopen(path, "ae");
    if (l->to == NULL) {
        return eb_err_set(err, EB_E_IO, "run", "--log: %s: %s", path, strerror(errno));
    }
    l->owned = true;
    l->bytes = ftell(l->to);
    return EB_OK;
}

void eb_run_log_close(struct eb_run_log *l)
{
    if (l->owned && l->to != NULL) {
        (void)fclose(l->to);
    }
    l->to = NULL;
}
