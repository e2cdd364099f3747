/* SPDX-License-Identifier: Apache-2.0 */
/* The loop under test, with limits of time, files and processes around it. */
#define _GNU_SOURCE

#include "rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_NS INT64_C(60000000000)

static struct rig rig; /* one case at a time */

int rig_setup(void **state)
{
    memset(&rig, 0, sizeof(rig));
    (void)snprintf(rig.dir, sizeof(rig.dir), "/tmp/eb-net-XXXXXX");
    if (mkdtemp(rig.dir) == NULL || eb_loop_create(&rig.loop, &rig.err) != EB_OK) {
        return -1;
    }
    (void)alarm(100);
    *state = &rig;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

int rig_teardown(void **state)
{
    struct rig *r = *state;
    eb_loop_destroy(r->loop);
    (void)alarm(0);
    return nftw(r->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *rig_path(struct rig *r, const char *name)
{
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", r->dir, name);
    return path;
}

static void over(void *user)
{
    *(bool *)user = true;
}

void rig_until(struct rig *r, const int *flag, int want)
{
    bool late = false;
    struct eb_timer *limit = NULL;
    assert_int_equal(eb_timer_open(r->loop, over, &late, &limit, NULL), EB_OK);
    eb_timer_set(limit, LIMIT_NS);
    while (*flag < want && !late) {
        eb_loop_once(r->loop, true);
    }
    eb_timer_close(limit);
    if (late) {
        fail_msg("waited in vain: %d, wanted %d", *flag, want);
    }
}

int rig_idle(struct rig *r, int64_t ms)
{
    bool late = false;
    struct eb_timer *t = NULL;
    assert_int_equal(eb_timer_open(r->loop, over, &late, &t, NULL), EB_OK);
    eb_timer_set(t, ms * 1000000);
    int passes = 0;
    while (!late) {
        eb_loop_once(r->loop, true);
        passes++;
    }
    eb_timer_close(t);
    return passes;
}

void rig_exhaust(struct rig *r, size_t spare)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    r->limit = limit.rlim_cur;
    limit.rlim_cur = EB_COUNT(r->taken);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    r->taken_count = 0;
    for (int fd = open("/dev/null", O_RDONLY | O_CLOEXEC); fd >= 0; fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) {
        assert_true(r->taken_count < EB_COUNT(r->taken));
        r->taken[r->taken_count++] = fd;
    }
    assert_int_equal(errno, EMFILE);
    assert_true(r->taken_count > spare);
    for (size_t i = 0; i < spare; i++) {
        (void)close(r->taken[--r->taken_count]);
    }
}

void rig_relieve(struct rig *r)
{
    while (r->taken_count > 0) {
        (void)close(r->taken[--r->taken_count]);
    }
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = (rlim_t)r->limit;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

int rig_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    int count = 0;
    while (readdir(d) != NULL) {
        count++;
    }
    (void)closedir(d);
    return count - 3; /* ".", ".." and the directory itself */
}

void rig_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

void rig_read(const char *path, char *out, size_t cap)
{
    out[0] = '\0';
    FILE *f = fopen(path, "r");
    if (f != NULL) {
        size_t n = fread(out, 1, cap - 1, f);
        out[n] = '\0';
        (void)fclose(f);
    }
}

int rig_client(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    assert_true(strlen(path) < sizeof(a.sun_path));
    memcpy(a.sun_path, path, strlen(path) + 1);
    if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) != 0) {
        int failure = errno;
        (void)close(fd);
        errno = failure;
        return -1;
    }
    return fd;
}

static void short_wait(struct rig *r)
{
    if (r != NULL) {
        (void)rig_idle(r, 10);
    } else {
        (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
}

int rig_number(struct rig *r, const char *path)
{
    int64_t until = eb_monotonic_ns() + LIMIT_NS;
    char text[64];
    for (rig_read(path, text, sizeof(text)); strchr(text, '\n') == NULL; rig_read(path, text, sizeof(text))) {
        assert_true(eb_monotonic_ns() < until);
        short_wait(r);
    }
    return (int)strtol(text, NULL, 10);
}

bool rig_process_ended(int pid)
{
    char path[64];
    char text[512];
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    rig_read(path, text, sizeof(text));
    const char *state = strrchr(text, ')');
    return state == NULL || strncmp(state, ") Z", 3) == 0;
}
