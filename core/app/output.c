/* SPDX-License-Identifier: Apache-2.0 */
/* Documents out, and questions about terminals. */
#define _POSIX_C_SOURCE 200809L

#include "app/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const char *path, struct eb_err *err)
{
    return eb_err_set(err, EB_E_IO, "output", "%s: %s", path, strerror(errno));
}

int eb_output_write(const char *path, const struct eb_buffer *text, struct eb_err *err)
{
    if (text->failed) {
        return eb_err_set(err, EB_E_FULL, "output", "%s: the document is larger than %zu bytes", path, text->limit);
    }
    bool standard = strcmp(path, "-") == 0;
    FILE *f = standard ? stdout : fopen(path, "we");
    if (f == NULL) {
        return failed(path, err);
    }
    bool ok = fwrite(eb_buffer_str(text), 1, text->len, f) == text->len && fflush(f) == 0;
    int rc = ok ? EB_OK : failed(standard ? "standard output" : path, err);
    if (!standard && fclose(f) != 0 && rc == EB_OK) {
        rc = failed(path, err);
    }
    return rc;
}

int eb_output_probe(const char *path, struct eb_err *err)
{
    struct stat s;
    if (strcmp(path, "-") == 0) {
        return EB_OK;
    }
    if (stat(path, &s) == 0) {
        errno = S_ISDIR(s.st_mode) ? EISDIR : 0;
        return errno != 0 || access(path, W_OK) != 0 ? failed(path, err) : EB_OK;
    }
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    bool good = errno == ENOENT && folder != NULL && access(folder, W_OK | X_OK) == 0;
    int rc = good ? EB_OK : failed(path, err);
    free(folder);
    return rc;
}

bool eb_is_terminal(FILE *stream)
{
    return isatty(fileno(stream)) == 1;
}

bool eb_may_colour(FILE *stream)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return eb_is_terminal(stream) && (no == NULL || no[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

void eb_complain(const char *command, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "exitbrain %s: ", command);
    vfprintf(stderr, fmt, args);
    fprintf(stderr, "\n");
    va_end(args);
}
