/* SPDX-License-Identifier: Apache-2.0 */
/* Lines are written as they come; a disk or a reader that takes none loses them, and nothing else. */
#define _POSIX_C_SOURCE 200809L

#include "app/run_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/policy_said.h"
#include "app/words.h"

static bool open_file(struct eb_run_log *l)
{
    struct stat st;
    int fd = open(l->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (fd < 0) {
        return false;
    }
    bool regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    l->to = (struct eb_outlet){.fd = fd, .owned = true};
    l->bytes = regular ? (int64_t)st.st_size : INT64_MIN / 2; /* a pipe or a device is not moved away */
    return true;
}

static void rotate(struct eb_run_log *l)
{
    char old[sizeof(l->path) + 4];
    (void)snprintf(old, sizeof(old), "%s.1", l->path);
    eb_outlet_close(&l->to);
    (void)rename(l->path, old);
    (void)open_file(l); /* where that fails, the next line tries again */
}

static void sink(void *user, enum eb_log_level level, const char *line)
{
    struct eb_run_log *l = user;
    char whole[EB_LOG_LINE_MAX + 2];
    (void)level;
    bool is_open = !l->owned || l->to.fd >= 0 || open_file(l);
    int n = snprintf(whole, sizeof(whole), "%s\n", line);
    if (is_open && n > 0 && (size_t)n < sizeof(whole) && eb_outlet_write(&l->to, whole, (size_t)n)) {
        l->bytes += n;
    }
    if (l->owned && l->bytes > EB_RUN_LOG_MAX_BYTES) {
        rotate(l);
    }
    char text[EB_LINE_MAX];
    if (l->said != NULL && eb_policy_said(line, text, sizeof(text))) {
        l->said(l->said_user, l->log.now_ms, text);
    }
}

int eb_run_log_open(struct eb_run_log *l, const char *path, enum eb_log_level least, struct eb_err *err)
{
    memset(l, 0, sizeof(*l));
    l->log = (struct eb_log){.sink = sink, .user = l, .min_level = least};
    if (strcmp(path, "-") == 0) {
        eb_outlet_open(&l->to, STDERR_FILENO);
        return EB_OK;
    }
    l->to.fd = -1;
    int n = snprintf(l->path, sizeof(l->path), "%s", path);
    if (n <= 0 || (size_t)n >= sizeof(l->path)) {
        return eb_err_set(err, EB_E_INVALID, "run", "--log: path empty or too long");
    }
    if (!open_file(l)) {
        return eb_err_set(err, EB_E_IO, "run", "--log: %s: %s", path, strerror(errno));
    }
    l->owned = true;
    return EB_OK;
}

void eb_run_log_close(struct eb_run_log *l)
{
    if (l->log.sink != NULL) {
        eb_outlet_close(&l->to);
        l->owned = false;
    }
}
