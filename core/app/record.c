/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of runs. Names sort by time, so the newest is the last. */
#define _POSIX_C_SOURCE 200809L

#include "app/record.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/ledger.h"
#include "app/state_dir.h"

#define PREFIX "run-"

static const char area[] = "record";
static const char *const files[] = {EB_RECORD_TAPE,
                                    EB_RECORD_CONFIG,
                                    EB_RECORD_REPORT,
                                    EB_RECORD_LOG,
                                    EB_RECORD_LOG ".1",
                                    EB_STATE_JOURNAL,
                                    EB_STATE_JOURNAL "-wal",
                                    EB_STATE_JOURNAL "-shm",
                                    EB_STATE_JOURNAL ".lock",
                                    "engine",
                                    "instances",
                                    "control.sock",
                                    "venue.sock",
                                    EB_LEDGER_FILE,
                                    EB_LEDGER_FILE ".1"};

static int failed(const char *path, struct eb_err *err)
{
    return eb_err_set(err, EB_E_IO, area, "%s: %s", path, strerror(errno));
}

int eb_record_path(const char *dir, const char *name, char out[EB_RECORD_PATH_MAX], struct eb_err *err)
{
    int n = snprintf(out, EB_RECORD_PATH_MAX, "%s/%s", dir, name);
    return n > 0 && n < EB_RECORD_PATH_MAX ? EB_OK
                                           : eb_err_set(err, EB_E_INVALID, area, "%.60s...: path too long", dir);
}

static int default_place(char out[EB_RECORD_PATH_MAX], struct eb_err *err)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state != NULL && state[0] == '/') {
        return eb_record_path(state, "exitbrain", out, err);
    }
    if (home != NULL && home[0] == '/') {
        return eb_record_path(home, ".local/state/exitbrain", out, err);
    }
    return eb_record_path(".", "exitbrain-runs", out, err);
}

/* mkdir -p; what exists is fine. */
static int make_dirs(const char *path, struct eb_err *err)
{
    char part[EB_RECORD_PATH_MAX];
    size_t len = strlen(path);
    for (size_t i = 1; i <= len && len < sizeof(part); i++) {
        if (path[i] == '/' || path[i] == '\0') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdir(part, 0777) != 0 && errno != EEXIST) {
                return failed(part, err);
            }
        }
    }
    return EB_OK;
}

static int is_run(const struct dirent *d)
{
    return strncmp(d->d_name, PREFIX, strlen(PREFIX)) == 0;
}

/* Whether it is gone: a run that goes on stays. */
static bool remove_run(const char *place, const char *name)
{
    char dir[EB_RECORD_PATH_MAX];
    struct eb_err ignored;
    if (eb_record_path(place, name, dir, &ignored) != EB_OK || eb_state_running(dir)) {
        return false;
    }
    eb_record_remove(dir);
    return true;
}

void eb_record_remove(const char *dir)
{
    char path[EB_RECORD_PATH_MAX];
    struct eb_err ignored;
    for (size_t i = 0; i < EB_COUNT(files); i++) {
        if (eb_record_path(dir, files[i], path, &ignored) == EB_OK) {
            (void)unlink(path);
        }
    }
    eb_record_remove_keys(dir);
    (void)rmdir(dir);
}

void eb_record_remove_keys(const char *dir)
{
    char path[EB_RECORD_PATH_MAX];
    struct eb_err ignored;
    if (eb_record_path(dir, EB_RECORD_KEYS "/paper.key", path, &ignored) == EB_OK) {
        (void)unlink(path);
    }
    if (eb_record_path(dir, EB_RECORD_KEYS, path, &ignored) == EB_OK) {
        (void)rmdir(path);
    }
}

static void keep_newest(const char *place)
{
    struct dirent **list;
    int n = scandir(place, &list, is_run, alphasort);
    int excess = n - EB_RECORDS_KEPT;
    for (int i = 0; i < n; i++) {
        if (excess > 0 && remove_run(place, list[i]->d_name)) {
            excess--;
        }
        free(list[i]);
    }
    if (n >= 0) {
        free(list);
    }
}

void eb_record_tidy(void)
{
    char place[EB_RECORD_PATH_MAX];
    struct eb_err ignored;
    if (default_place(place, &ignored) == EB_OK) {
        keep_newest(place);
    }
}

/* Nothing that somebody keeps there is written over. */
static int create_named(const char *dir, char out[EB_RECORD_PATH_MAX], struct eb_err *err)
{
    char path[EB_RECORD_PATH_MAX];
    int n = snprintf(out, EB_RECORD_PATH_MAX, "%s", dir);
    if (n <= 0 || n >= EB_RECORD_PATH_MAX) {
        return eb_err_set(err, EB_E_INVALID, area, "--out: path empty or too long");
    }
    int rc = make_dirs(dir, err);
    for (size_t i = 0; rc == EB_OK && i < EB_COUNT(files); i++) {
        rc = eb_record_path(dir, files[i], path, err);
        if (rc == EB_OK && access(path, F_OK) == 0) {
            rc = eb_err_set(err, EB_E_INVALID, area, "%s: is there already (another run's?): name another directory",
                            path);
        }
    }
    return rc;
}

int eb_record_create(const char *out_dir, int64_t now_ms, char dir[EB_RECORD_PATH_MAX], struct eb_err *err)
{
    if (out_dir != NULL) {
        return create_named(out_dir, dir, err);
    }
    char place[EB_RECORD_PATH_MAX];
    char name[64];
    char stamp[32];
    struct tm t;
    time_t seconds = (time_t)(now_ms / 1000);
    int rc = default_place(place, err);
    rc = rc == EB_OK ? make_dirs(place, err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    if (gmtime_r(&seconds, &t) == NULL || strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &t) == 0) {
        return eb_err_set(err, EB_E_INVALID, area, "the clock of this machine makes no sense");
    }
    for (int i = 0; i < 100; i++) { /* runs of the same second */
        (void)snprintf(name, sizeof(name), PREFIX "%s-%02d", stamp, i);
        rc = eb_record_path(place, name, dir, err);
        if (rc != EB_OK || mkdir(dir, 0700) == 0) {
            keep_newest(place);
            return rc;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    return failed(dir, err);
}

static bool has_tape(const char *dir)
{
    char tape[EB_RECORD_PATH_MAX];
    struct eb_err ignored;
    return eb_record_path(dir, EB_RECORD_TAPE, tape, &ignored) == EB_OK && access(tape, R_OK) == 0;
}

static int newest(char dir[EB_RECORD_PATH_MAX], struct eb_err *err)
{
    char place[EB_RECORD_PATH_MAX];
    struct dirent **list;
    bool found = false;
    int rc = default_place(place, err);
    if (rc != EB_OK) {
        return rc;
    }
    int n = scandir(place, &list, is_run, alphasort);
    for (int i = n; i > 0; i--) {
        found = found || (eb_record_path(place, list[i - 1]->d_name, dir, err) == EB_OK && has_tape(dir));
        free(list[i - 1]);
    }
    if (n >= 0) {
        free(list);
    }
    return found ? EB_OK
                 : eb_err_set(err, EB_E_NOT_FOUND, area,
                              "no run is recorded in %s: start one with `exitbrain run`, or name one with --record",
                              place);
}

int eb_record_find(const char *where, char tape[EB_RECORD_PATH_MAX], struct eb_err *err)
{
    char dir[EB_RECORD_PATH_MAX];
    struct stat st;
    int rc = EB_OK;
    if (where == NULL) {
        rc = newest(dir, err);
    } else if (stat(where, &st) != 0) {
        return eb_err_set(err, EB_E_NOT_FOUND, area, "%s: %s", where, strerror(errno));
    } else {
        int n = snprintf(S_ISDIR(st.st_mode) ? dir : tape, EB_RECORD_PATH_MAX, "%s", where);
        rc = n < EB_RECORD_PATH_MAX ? EB_OK : eb_err_set(err, EB_E_INVALID, area, "--record: path too long");
        if (!S_ISDIR(st.st_mode)) {
            return rc;
        }
    }
    rc = rc == EB_OK ? eb_record_path(dir, EB_RECORD_TAPE, tape, err) : rc;
    if (rc == EB_OK && access(tape, R_OK) != 0) {
        return eb_err_set(err, EB_E_NOT_FOUND, area, "%s: %s", tape, strerror(errno));
    }
    return rc;
}
