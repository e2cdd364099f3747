/* SPDX-License-Identifier: Apache-2.0 */
/* Key files of the simulated exchange: made where there are none, read where there are. */
#define _GNU_SOURCE

#include "app/sim_accounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "app/key_file.h"
#include "app/state_dir.h"
#include "base/hash.h"

#define PATH_MAX_ 1024
#define FILE_MAX 16384
#define RANDOM 32

static const char area[] = "sim";

/* ---- making ------------------------------------------------------------------------------------------------------ */

static int make_key(const char *dir, struct eb_err *err)
{
    unsigned char random[2 * RANDOM];
    char api_key[2 * RANDOM + 1], secret[2 * RANDOM + 1], path[PATH_MAX_];
    int n = snprintf(path, sizeof(path), "%s/paper.key", dir);
    if (n < 0 || (size_t)n >= sizeof(path) || getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        return eb_err_set(err, EB_E_IO, area, "%.200s/paper.key cannot be made: %s", dir, strerror(errno));
    }
    eb_hex(random, RANDOM, api_key);
    eb_hex(random + RANDOM, RANDOM, secret);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL) {
        return eb_err_set(err, EB_E_IO, area, "%.200s: %s", path, strerror(errno));
    }
    (void)fprintf(file, "# a key of the simulated exchange: good nowhere else\napi_key = %s\nsecret = %s\n", api_key,
                  secret);
    return fclose(file) == 0 ? EB_OK : eb_err_set(err, EB_E_IO, area, "%.200s: %s", path, strerror(errno));
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static int read_file(const char *path, char out[FILE_MAX], struct eb_err *err)
{
    FILE *file = fopen(path, "re");
    size_t len = file != NULL ? fread(out, 1, FILE_MAX - 1, file) : 0;
    bool ok = file != NULL && ferror(file) == 0 && feof(file) != 0;
    if (file != NULL) {
        (void)fclose(file);
    }
    out[len] = '\0';
    return ok ? EB_OK : eb_err_set(err, EB_E_IO, area, "%.300s cannot be read, or is no key file", path);
}

/* The value of "name = value", or NULL. */
static char *value_of(const char *text, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        line += strspn(line, " \t");
        if (strncmp(line, name, len) != 0) {
            continue;
        }
        const char *at = line + len + strspn(line + len, " \t");
        if (*at == '=') {
            at += 1 + strspn(at + 1, " \t");
            return strndup(at, strcspn(at, " \t\r\n"));
        }
    }
    return NULL;
}

static int add(struct eb_sim_accounts *a, const char *dir, const char *name, struct eb_err *err)
{
    char path[PATH_MAX_], text[FILE_MAX];
    if (a->count == EB_SIM_ACCOUNTS_MAX) {
        return eb_err_set(err, EB_E_INVALID, area, "%.200s: at most %d accounts", dir, EB_SIM_ACCOUNTS_MAX);
    }
    (void)snprintf(path, sizeof(path), "%.700s/%.200s.key", dir, name);
    int rc = eb_key_file_check(path, err);
    rc = rc == EB_OK ? read_file(path, text, err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    struct eb_fapi_account *y = &a->account[a->count++];
    *y = (struct eb_fapi_account){.can_trade = true};
    y->name = strdup(name);
    y->api_key = value_of(text, "api_key");
    y->secret = value_of(text, "secret");
    if (y->secret == NULL) {
        (void)snprintf(path, sizeof(path), "%.700s/%.200s.pub", dir, name);
        rc = read_file(path, text, err);
        y->secret = rc == EB_OK ? strdup(text) : NULL;
    }
    if (rc == EB_OK && (y->name == NULL || y->api_key == NULL || y->secret == NULL)) {
        rc = eb_err_set(err, EB_E_INVALID, area,
                        "%.300s/%.100s.key: api_key = ... and secret = ... are needed (or NAME.pub beside it)", dir,
                        name);
    }
    explicit_bzero(text, sizeof(text));
    return rc;
}

static int is_key(const struct dirent *d)
{
    size_t len = strlen(d->d_name);
    return len > 4 && d->d_name[0] != '.' && strcmp(d->d_name + len - 4, ".key") == 0 &&
           strcmp(d->d_name, "tls.key") != 0;
}

int eb_sim_accounts_load(const char *dir, struct eb_sim_accounts *out, struct eb_err *err)
{
    struct dirent **found = NULL;
    memset(out, 0, sizeof(*out));
    int rc = eb_state_make(dir, err);
    int count = rc == EB_OK ? scandir(dir, &found, is_key, alphasort) : -1;
    if (rc == EB_OK && count == 0) {
        free(found);
        found = NULL;
        rc = make_key(dir, err);
        count = rc == EB_OK ? scandir(dir, &found, is_key, alphasort) : -1;
    }
    if (rc == EB_OK && count < 0) {
        rc = eb_err_set(err, EB_E_IO, area, "%.300s: %s", dir, strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        found[i]->d_name[strlen(found[i]->d_name) - 4] = '\0';
        rc = rc == EB_OK ? add(out, dir, found[i]->d_name, err) : rc;
        free(found[i]);
    }
    free(found);
    return rc;
}

static void forget(const char *text)
{
    if (text != NULL) {
        explicit_bzero((void *)(uintptr_t)text, strlen(text));
        free((void *)(uintptr_t)text);
    }
}

void eb_sim_accounts_deinit(struct eb_sim_accounts *a)
{
    for (size_t i = 0; i < a->count; i++) {
        free((void *)(uintptr_t)a->account[i].name);
        forget(a->account[i].api_key);
        forget(a->account[i].secret);
    }
    a->count = 0;
}
