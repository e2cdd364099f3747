/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of state; everything about their names is here. */
#define _DEFAULT_SOURCE
#define _POSIX_C_SOURCE 200809L

#include "app/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"

static const char area[] = "state";
#define START_S 60

static const char engine_file[] = "engine";
static const char instances_file[] = "instances";

static int failed(const char *path, struct eb_err *err)
{
    return eb_err_set(err, EB_E_IO, area, "%s: %s", path, strerror(errno));
}

int eb_state_path(const char *dir, const char *name, char *out, size_t cap, struct eb_err *err)
{
    int n = snprintf(out, cap, "%s/%s", dir, name);
    return n > 0 && (size_t)n < cap
               ? EB_OK
               : eb_err_set(err, EB_E_INVALID, area, "%.60s...: path too long (%zu bytes at most)", dir, cap - 1);
}

static int place(char out[EB_STATE_PATH_MAX], struct eb_err *err)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state != NULL && state[0] == '/') {
        return eb_state_path(state, "exitbrain", out, EB_STATE_PATH_MAX, err);
    }
    if (home != NULL && home[0] == '/') {
        return eb_state_path(home, ".local/state/exitbrain", out, EB_STATE_PATH_MAX, err);
    }
    return eb_state_path(".", "exitbrain-runs", out, EB_STATE_PATH_MAX, err);
}

int eb_state_make(const char *dir, struct eb_err *err)
{
    char part[EB_STATE_PATH_MAX];
    size_t len = strlen(dir);
    if (len == 0 || len >= sizeof(part)) {
        return eb_err_set(err, EB_E_INVALID, area, "directory: path empty or too long");
    }
    for (size_t i = 1; i <= len; i++) {
        if (dir[i] == '/' || dir[i] == '\0') {
            memcpy(part, dir, i);
            part[i] = '\0';
            if (mkdir(part, i == len ? 0700 : 0755) != 0 && errno != EEXIST) {
                return failed(part, err);
            }
        }
    }
    return access(dir, W_OK | X_OK) == 0 ? EB_OK : failed(dir, err);
}

int eb_state_named(const char *name, char out[EB_STATE_PATH_MAX], struct eb_err *err)
{
    char root[EB_STATE_PATH_MAX];
    int rc = place(root, err);
    return rc == EB_OK ? eb_state_path(root, name, out, EB_STATE_PATH_MAX, err) : rc;
}

/* Where everybody may make directories, one is ours only if we are its owner and nobody else can write there. */
static int private_directory(const char *dir, struct eb_err *err)
{
    struct stat st;
    if ((mkdir(dir, 0700) != 0 && errno != EEXIST) || lstat(dir, &st) != 0) {
        return failed(dir, err);
    }
    return S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 0077) == 0
               ? EB_OK
               : eb_err_set(err, EB_E_REFUSED, area,
                            "%s: is somebody else's, or open to others: no socket is made there; remove it, or set "
                            "XDG_RUNTIME_DIR or control.socket",
                            dir);
}

int eb_state_socket_for(const char *dir, const char *name, char out[EB_STATE_SOCKET_MAX], struct eb_err *err)
{
    if (eb_state_path(dir, name, out, EB_STATE_SOCKET_MAX, NULL) == EB_OK) {
        return EB_OK;
    }
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    uint64_t h = eb_hash64(EB_HASH64_SEED, dir, strlen(dir));
    char place_of[EB_STATE_SOCKET_MAX];
    bool shared = runtime == NULL || runtime[0] != '/' || strlen(runtime) >= EB_STATE_SOCKET_MAX - 64;
    int n = shared ? snprintf(place_of, sizeof(place_of), "/tmp/exitbrain-%u", (unsigned)geteuid())
                   : snprintf(place_of, sizeof(place_of), "%s/exitbrain", runtime);
    int rc = shared ? private_directory(place_of, err) : EB_OK;
    if (rc != EB_OK) {
        return rc;
    }
    n = n < EB_STATE_SOCKET_MAX ? snprintf(out, EB_STATE_SOCKET_MAX, "%s/%016" PRIx64 "-%s", place_of, h, name) : 0;
    return n > 0 && n < EB_STATE_SOCKET_MAX
               ? EB_OK
               : eb_err_set(err, EB_E_INVALID, area, "%.60s...: too long for a socket: set control.socket", dir);
}

/* A file is whole or not there. */
static int write_whole(const char *path, const char *text, struct eb_err *err)
{
    char temporary[EB_STATE_PATH_MAX];
    int n = snprintf(temporary, sizeof(temporary), "%s.new", path);
    if (n <= 0 || (size_t)n >= sizeof(temporary)) {
        return eb_err_set(err, EB_E_INVALID, area, "%.60s...: path too long", path);
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return failed(temporary, err);
    }
    size_t len = strlen(text);
    bool good = write(fd, text, len) == (ssize_t)len;
    good = close(fd) == 0 && good;
    return good && rename(temporary, path) == 0 ? EB_OK : failed(path, err);
}

/* PLACE/current, replaced at once so that a reader always finds one. A place that cannot be written is no reason not to
 * run: --state finds the engine then. */
static void make_current(const char *dir)
{
    char root[EB_STATE_PATH_MAX];
    char link[EB_STATE_PATH_MAX];
    char temporary[EB_STATE_PATH_MAX];
    char *whole = realpath(dir, NULL);
    char own[32];
    (void)snprintf(own, sizeof(own), ".current-%ld", (long)getpid());
    if (whole != NULL && place(root, NULL) == EB_OK && eb_state_make(root, NULL) == EB_OK &&
        eb_state_path(root, "current", link, sizeof(link), NULL) == EB_OK &&
        eb_state_path(root, own, temporary, sizeof(temporary), NULL) == EB_OK) {
        (void)unlink(temporary);
        if (symlink(whole, temporary) == 0 && rename(temporary, link) != 0) {
            (void)unlink(temporary);
        }
    }
    free(whole);
}

int eb_state_announce(const char *dir, const char *socket, struct eb_err *err)
{
    char path[EB_STATE_PATH_MAX];
    char text[EB_STATE_SOCKET_MAX + 64];
    (void)snprintf(text, sizeof(text), "pid %ld\nsocket %s\n", (long)getpid(), socket);
    int rc = eb_state_path(dir, engine_file, path, sizeof(path), err);
    rc = rc == EB_OK ? write_whole(path, text, err) : rc;
    if (rc == EB_OK) {
        make_current(dir);
    }
    return rc;
}

void eb_state_withdraw(const char *dir)
{
    char path[EB_STATE_PATH_MAX];
    if (eb_state_path(dir, engine_file, path, sizeof(path), NULL) == EB_OK) {
        (void)unlink(path);
    }
}

/* A shared lock, so that two who look do not see each other; an engine that is just starting tries again. */
bool eb_state_running(const char *dir)
{
    char path[EB_STATE_PATH_MAX];
    if (eb_state_path(dir, EB_STATE_JOURNAL ".lock", path, sizeof(path), NULL) != EB_OK) {
        return false;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) { /* one that has just been made gets its lock in a moment */
        struct stat st;
        return stat(dir, &st) == 0 && time(NULL) - st.st_mtime < START_S;
    }
    bool held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    (void)close(fd);
    return held;
}

bool eb_state_had_instance(const char *dir, uint32_t instance)
{
    char path[EB_STATE_PATH_MAX];
    char line[32];
    char wanted[32];
    bool found = false;
    FILE *f = eb_state_path(dir, instances_file, path, sizeof(path), NULL) == EB_OK ? fopen(path, "re") : NULL;
    (void)snprintf(wanted, sizeof(wanted), "%" PRIu32 "\n", instance);
    while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
        found = strcmp(line, wanted) == 0;
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return found;
}

int eb_state_add_instance(const char *dir, uint32_t instance, struct eb_err *err)
{
    char path[EB_STATE_PATH_MAX];
    int rc = eb_state_path(dir, instances_file, path, sizeof(path), err);
    if (rc != EB_OK || eb_state_had_instance(dir, instance)) {
        return rc;
    }
    FILE *f = fopen(path, "ae");
    bool good = f != NULL && fprintf(f, "%" PRIu32 "\n", instance) > 0;
    good = f != NULL && fclose(f) == 0 && good;
    return good ? EB_OK : failed(path, err);
}

int eb_state_find(const char *dir, char out[EB_STATE_PATH_MAX], struct eb_err *err)
{
    char path[EB_STATE_PATH_MAX];
    struct stat st;
    if (dir == NULL) {
        int rc = eb_state_named("current", path, err);
        if (rc != EB_OK) {
            return rc;
        }
        char *whole = realpath(path, NULL);
        int n = whole != NULL ? snprintf(out, EB_STATE_PATH_MAX, "%s", whole) : 0;
        free(whole);
        return n > 0 && n < EB_STATE_PATH_MAX
                   ? EB_OK
                   : eb_err_set(err, EB_E_NOT_FOUND, area,
                                "no engine was started here yet: `exitbrain run`, or name its directory with --state");
    }
    if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
        return eb_err_set(err, EB_E_NOT_FOUND, area, "%s: no such directory of an engine's state", dir);
    }
    int n = snprintf(out, EB_STATE_PATH_MAX, "%s", dir);
    return n > 0 && n < EB_STATE_PATH_MAX ? EB_OK : eb_err_set(err, EB_E_INVALID, area, "--state: path too long");
}

int eb_state_socket(const char *dir, char out[EB_STATE_SOCKET_MAX], struct eb_err *err)
{
    char path[EB_STATE_PATH_MAX];
    char line[EB_STATE_SOCKET_MAX + 16];
    int rc = eb_state_path(dir, engine_file, path, sizeof(path), err);
    FILE *f = rc == EB_OK ? fopen(path, "re") : NULL;
    bool found = false;
    if (rc == EB_OK && f == NULL && errno == EACCES) { /* not the same as an engine that does not run */
        return eb_err_set(err, EB_E_IO, area, "%s: %s: ask as the user that the engine runs as", dir, strerror(EACCES));
    }
    while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "socket ", 7) == 0) {
            int n = snprintf(out, EB_STATE_SOCKET_MAX, "%s", line + 7);
            found = n > 0 && n < EB_STATE_SOCKET_MAX;
        }
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return found ? EB_OK : eb_err_set(err, EB_E_NOT_FOUND, area, "no engine runs with its state in %s", dir);
}
