/* SPDX-License-Identifier: Apache-2.0 */
/* The failing disk: a VFS whose files wrap those of the default one. */
#define _POSIX_C_SOURCE 200809L

#include "shim_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_MAX_BYTES 1200

struct shim_file {
    sqlite3_file base;
    sqlite3_file *real;
    const char *path; /* of SQLite, valid while it is open; NULL for a temporary one */
};

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    sqlite3_io_methods methods;
    pthread_mutex_t lock;
    enum shim_failure failure;
    uint64_t at, calls;
    bool forever, happened, keep;
} shim = {.lock = PTHREAD_MUTEX_INITIALIZER};

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct shim_file *)f)->real;
}

/* Whether this call fails, and how. */
static int judge(bool is_sync)
{
    int rc = SQLITE_OK;
    (void)pthread_mutex_lock(&shim.lock);
    if (shim.failure != SHIM_FSYNC || is_sync) {
        shim.calls++;
        bool fails = shim.at != 0 && (shim.calls == shim.at || (shim.forever && shim.calls > shim.at));
        if (fails && shim.failure != SHIM_NONE) {
            shim.happened = true;
            rc = shim.failure == SHIM_FULL && !is_sync ? SQLITE_FULL
                 : is_sync                             ? SQLITE_IOERR_FSYNC
                                                       : SQLITE_IOERR_WRITE;
        }
    }
    (void)pthread_mutex_unlock(&shim.lock);
    return rc;
}

/* ---- what was synced --------------------------------------------------------------------------------------------- */

static void copy_file(const char *from, const char *to)
{
    char buffer[65536];
    size_t n;
    FILE *in = fopen(from, "rb");
    FILE *out = in != NULL ? fopen(to, "wb") : NULL;
    while (out != NULL && (n = fread(buffer, 1, sizeof(buffer), in)) > 0) {
        (void)fwrite(buffer, 1, n, out);
    }
    if (out != NULL) {
        (void)fclose(out);
    }
    if (in != NULL) {
        (void)fclose(in);
    }
}

static void keep_synced(const char *path)
{
    char to[PATH_MAX_BYTES];
    if (shim.keep && path != NULL) {
        (void)snprintf(to, sizeof(to), "%s.synced", path);
        copy_file(path, to);
    }
}

static void restore(const char *path, const char *suffix)
{
    char name[PATH_MAX_BYTES];
    char synced[PATH_MAX_BYTES];
    (void)snprintf(name, sizeof(name), "%s%s", path, suffix);
    (void)snprintf(synced, sizeof(synced), "%s%s.synced", path, suffix);
    (void)unlink(name);
    copy_file(synced, name);
}

void shim_lose_power(const char *path)
{
    char name[PATH_MAX_BYTES];
    restore(path, "");
    restore(path, "-wal");
    (void)snprintf(name, sizeof(name), "%s-shm", path);
    (void)unlink(name);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static int shim_close(sqlite3_file *f)
{
    struct shim_file *s = (struct shim_file *)f;
    int rc = s->real->pMethods != NULL ? s->real->pMethods->xClose(s->real) : SQLITE_OK;
    free(s->real);
    return rc;
}
static int shim_read(sqlite3_file *f, void *out, int n, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xRead(real_of(f), out, n, at);
}
static int shim_write(sqlite3_file *f, const void *in, int n, sqlite3_int64 at)
{
    int rc = judge(false);
    if (rc != SQLITE_OK) {
        /* a full disk takes a part */
        (void)real_of(f)->pMethods->xWrite(real_of(f), in, n / 2, at);
        return rc;
    }
    return real_of(f)->pMethods->xWrite(real_of(f), in, n, at);
}
static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int rc = judge(false);
    return rc != SQLITE_OK ? SQLITE_IOERR_TRUNCATE : real_of(f)->pMethods->xTruncate(real_of(f), size);
}
static int shim_sync(sqlite3_file *f, int flags)
{
    (void)flags;
    int rc = judge(true);
    if (rc == SQLITE_OK) {
        keep_synced(((struct shim_file *)f)->path);
    }
    return rc;
}
static int shim_size(sqlite3_file *f, sqlite3_int64 *out)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), out);
}
static int shim_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}
static int shim_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}
static int shim_reserved(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}
static int shim_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}
static int shim_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}
static int shim_characteristics(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
static int shim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}
static int shim_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}
static void shim_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}
static int shim_shm_unmap(sqlite3_file *f, int delete_it)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), delete_it);
}

/* ---- the file system --------------------------------------------------------------------------------------------- */

static int shim_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out_flags)
{
    struct shim_file *s = (struct shim_file *)f;
    (void)vfs;
    memset(s, 0, sizeof(*s));
    s->real = calloc(1, (size_t)shim.real->szOsFile);
    if (s->real == NULL) {
        return SQLITE_NOMEM;
    }
    int rc = shim.real->xOpen(shim.real, path, s->real, flags, out_flags);
    if (rc != SQLITE_OK) {
        free(s->real);
        return rc;
    }
    s->path = path;
    s->base.pMethods = &shim.methods;
    return SQLITE_OK;
}

static int shim_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
    char synced[PATH_MAX_BYTES];
    (void)vfs;
    (void)sync_dir;
    int rc = judge(false);
    if (rc != SQLITE_OK) {
        return SQLITE_IOERR_DELETE;
    }
    rc = shim.real->xDelete(shim.real, path, 0);
    (void)snprintf(synced, sizeof(synced), "%s.synced", path);
    (void)unlink(synced);
    return rc;
}

static int shim_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
    (void)vfs;
    return shim.real->xAccess(shim.real, path, flags, out);
}
static int shim_full_path(sqlite3_vfs *vfs, const char *path, int n, char *out)
{
    (void)vfs;
    return shim.real->xFullPathname(shim.real, path, n, out);
}
static int shim_randomness(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    return shim.real->xRandomness(shim.real, n, out);
}
static int shim_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return shim.real->xSleep(shim.real, us);
}
static int shim_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    (void)vfs;
    return shim.real->xCurrentTimeInt64(shim.real, out);
}
static int shim_error(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    return shim.real->xGetLastError(shim.real, n, out);
}

void shim_install(void)
{
    shim.real = sqlite3_vfs_find(NULL);
    shim.methods = (sqlite3_io_methods){.iVersion = 2,
                                        .xClose = shim_close,
                                        .xRead = shim_read,
                                        .xWrite = shim_write,
                                        .xTruncate = shim_truncate,
                                        .xSync = shim_sync,
                                        .xFileSize = shim_size,
                                        .xLock = shim_lock,
                                        .xUnlock = shim_unlock,
                                        .xCheckReservedLock = shim_reserved,
                                        .xFileControl = shim_control,
                                        .xSectorSize = shim_sector,
                                        .xDeviceCharacteristics = shim_characteristics,
                                        .xShmMap = shim_shm_map,
                                        .xShmLock = shim_shm_lock,
                                        .xShmBarrier = shim_shm_barrier,
                                        .xShmUnmap = shim_shm_unmap};
    shim.vfs = (sqlite3_vfs){.iVersion = 2,
                             .szOsFile = (int)sizeof(struct shim_file),
                             .mxPathname = shim.real->mxPathname,
                             .zName = "shim",
                             .xOpen = shim_open,
                             .xDelete = shim_delete,
                             .xAccess = shim_access,
                             .xFullPathname = shim_full_path,
                             .xRandomness = shim_randomness,
                             .xSleep = shim_sleep,
                             .xGetLastError = shim_error,
                             .xCurrentTimeInt64 = shim_time};
    (void)sqlite3_vfs_register(&shim.vfs, 1);
    shim_arm(SHIM_NONE, 0, false);
}

void shim_remove(void)
{
    (void)sqlite3_vfs_unregister(&shim.vfs);
}

void shim_arm(enum shim_failure failure, uint64_t n, bool forever)
{
    (void)pthread_mutex_lock(&shim.lock);
    shim.failure = failure;
    shim.at = n;
    shim.forever = forever;
    shim.calls = 0;
    shim.happened = false;
    (void)pthread_mutex_unlock(&shim.lock);
}

uint64_t shim_calls(void)
{
    (void)pthread_mutex_lock(&shim.lock);
    uint64_t calls = shim.calls;
    (void)pthread_mutex_unlock(&shim.lock);
    return calls;
}

bool shim_failed(void)
{
    (void)pthread_mutex_lock(&shim.lock);
    bool failed = shim.happened;
    (void)pthread_mutex_unlock(&shim.lock);
    return failed;
}

void shim_keep_synced(bool keep)
{
    shim.keep = keep;
}
