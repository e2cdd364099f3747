/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One writer: FILE.lock is held by flock() for as long as the journal is open, so that it goes with the process however
 * that ends. The number of the process stands in it, for the error message of the next one. The file itself stays: who
 * removed it would let two processes lock two files.
 */
#define _DEFAULT_SOURCE

#include "store/journal_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static const char area[] = "journal";

/* Others look by taking the lock for an instant. */
#define TRIES 20
#define TRY_NS 10000000

static bool take(int fd)
{
    for (int i = 0; i < TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            return true;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return false;
        }
        const struct timespec pause = {.tv_nsec = TRY_NS};
        (void)nanosleep(&pause, NULL);
    }
    errno = EWOULDBLOCK;
    return false;
}

static int refuse(const char *path, int fd, struct eb_err *err)
{
    char holder[24];
    if (errno != EWOULDBLOCK) {
        return eb_err_set(err, EB_E_IO, area, "%s.lock: %s", path, strerror(errno));
    }
    ssize_t n = pread(fd, holder, sizeof(holder) - 1, 0);
    holder[n > 0 ? n : 0] = '\0';
    holder[strspn(holder, "0123456789")] = '\0';
    return eb_err_set(err, EB_E_REFUSED, area,
                      "%s: another engine writes it (process %s): stop that one first, or use another state directory",
                      path, holder[0] != '\0' ? holder : "unknown");
}

/* On a full disk the lock holds without the number. */
static void sign(int fd)
{
    char pid[24];
    int n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) == 0) {
        (void)!pwrite(fd, pid, (size_t)n, 0);
    }
}

int eb_journal_lock(struct eb_journal *j, struct eb_err *err)
{
    char path[EB_JOURNAL_PATH_MAX + 8];
    (void)snprintf(path, sizeof(path), "%s.lock", j->path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return eb_err_set(err, EB_E_IO, area, "%s: %s", path, strerror(errno));
    }
    if (!take(fd)) {
        int rc = refuse(j->path, fd, err);
        (void)close(fd);
        return rc;
    }
    sign(fd);
    j->lock_fd = fd;
    return EB_OK;
}

void eb_journal_unlock(struct eb_journal *j)
{
    if (j->lock_fd >= 0) {
        (void)close(j->lock_fd); /* and the lock with it */
        j->lock_fd = -1;
    }
}

bool eb_journal_is_held(const char *path)
{
    char name[EB_JOURNAL_PATH_MAX + 8];
    (void)snprintf(name, sizeof(name), "%s.lock", path);
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return false;
    }
    bool held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    (void)close(fd);
    return held;
}
