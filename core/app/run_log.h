/* SPDX-License-Identifier: Apache-2.0 */
/* Where structured logs of a run go: a file that is kept below a size, or standard error. */
#pragma once

#include "app/outlet.h"
#include "base/log.h"

#define EB_RUN_LOG_MAX_BYTES (INT64_C(16) << 20) /* then it becomes FILE.1, and a new one begins */
struct eb_run_log {
    struct eb_log log; /* to be given to whoever logs */
    struct eb_outlet to;
    bool owned;
    char path[1024];
    int64_t bytes;
    void (*said)(void *user, int64_t now_ms, const char *line); /* what policies log, as a line to be read; or NULL */
    void *said_user;
};
/* path "-": standard error. A file that is made is its owner's alone. EB_E_IO. */
EB_NODISCARD int eb_run_log_open(struct eb_run_log *l, const char *path, enum eb_log_level least, struct eb_err *err);
void eb_run_log_close(struct eb_run_log *l);
