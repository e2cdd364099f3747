/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A watched directory and its subdirectories one level down.
 *
 *     inotify (through libuv) --> the quiet timer begins anew --> it fires --> are all directories still watched?
 *        no: watch them, and wait once more, since something may be written there already          yes: changed()
 *
 * inotify watches an inode, not a name: a directory that is removed and made again, moved away, or reached by a
 * symbolic link that now points elsewhere is silent for ever. So its name is looked at once a second as well. Hidden
 * directories (.git) are not watched: what happens in there all the time is nobody's change.
 */
#define _GNU_SOURCE

#include "net/loop.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "net/inner.h"

#define WHERE "watch.open"
#define LOOK_NS INT64_C(1000000000)

/* One directory under inotify. */
struct spot {
    uv_fs_event_t uv;
    struct spot *next;
    struct eb_watch *watch;
    dev_t dev;
    ino_t ino;
    bool seen;     /* by the scan under way */
    bool doubtful; /* something happened to the directory itself */
    char path[];
};

struct eb_watch {
    struct eb_loop *loop;
    struct spot *spots; /* the directory itself is one of them */
    struct eb_timer *quiet, *look;
    int64_t quiet_ns;
    void (*changed)(void *user);
    void *user;
    dev_t dev; /* of the directory when last looked at; 0, 0 when there was none */
    ino_t ino;
    char dir[];
};

/* ---- spots ---- */

/* What concerns the directory itself comes with its own name: it may be gone, and a new one have the same inode. */
static void event_cb(uv_fs_event_t *uv, const char *name, int events, int status)
{
    (void)status; /* what went wrong shows when the directory is looked at */
    struct spot *s = uv->data;
    const char *slash = strrchr(s->path, '/');
    if ((events & UV_RENAME) != 0 && (name == NULL || strcmp(name, slash == NULL ? s->path : slash + 1) == 0)) {
        s->doubtful = true;
    }
    eb_timer_set(s->watch->quiet, s->watch->quiet_ns);
}

static void spot_closed_cb(uv_handle_t *handle)
{
    free(handle->data);
}

static void spot_close(struct spot *s)
{
    uv_close((uv_handle_t *)&s->uv, spot_closed_cb);
}

static int watch_failed(struct eb_err *err, int uv_code, const char *dir)
{
    if (uv_code == UV_ENOSPC) {
        return eb_err_set(err, EB_E_IO, WHERE,
                          "cannot watch the directory '%s': this user watches too many already; raise the sysctl "
                          "fs.inotify.max_user_watches",
                          dir);
    }
    if (uv_code == UV_EMFILE) {
        return eb_err_set(err, EB_E_IO, WHERE,
                          "cannot watch the directory '%s': too many open files or inotify instances; raise the limit "
                          "of open files or the sysctl fs.inotify.max_user_instances",
                          dir);
    }
    return eb_uv_err(err, uv_code, WHERE, "cannot watch the directory '%s'", dir);
}

static int spot_open(struct eb_watch *w, const char *path, const struct stat *st, struct eb_err *err)
{
    size_t len = strlen(path);
    struct spot *s = calloc(1, sizeof(*s) + len + 1);
    if (s == NULL) {
        return eb_err_set(err, EB_E_MEMORY, WHERE, "no memory to watch '%s'", path);
    }
    memcpy(s->path, path, len + 1);
    EB_ASSERT(uv_fs_event_init(&w->loop->uv, &s->uv) == 0);
    s->uv.data = s;
    s->watch = w;
    s->dev = st->st_dev;
    s->ino = st->st_ino;
    s->seen = true;
    int r = uv_fs_event_start(&s->uv, event_cb, path, 0);
    if (r != 0) {
        spot_close(s);
        return watch_failed(err, r, path);
    }
    s->next = w->spots;
    w->spots = s;
    return EB_OK;
}

/* ---- scanning ---- */

/* Watches the directory path, whose status is st, unless it is watched already; *added when it was not. */
static int visit(struct eb_watch *w, const char *path, const struct stat *st, bool *added, struct eb_err *err)
{
    for (struct spot *s = w->spots; s != NULL; s = s->next) {
        if (s->dev == st->st_dev && s->ino == st->st_ino && !s->doubtful) {
            s->seen = true;
            return EB_OK;
        }
    }
    int r = spot_open(w, path, st, err);
    *added = *added || r == EB_OK;
    return r;
}

static bool drop_unseen(struct eb_watch *w)
{
    bool dropped = false;
    struct spot **at = &w->spots;
    while (*at != NULL) {
        struct spot *s = *at;
        if (s->seen) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        spot_close(s);
        dropped = true;
    }
    return dropped;
}

/* Visits the subdirectories; the first failure is returned, the others are visited all the same. */
static int visit_below(struct eb_watch *w, bool *added, struct eb_err *err)
{
    DIR *d = opendir(w->dir);
    if (d == NULL) {
        return eb_sys_err(err, errno, WHERE, "cannot read the directory '%s'", w->dir);
    }
    int first = EB_OK;
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (e->d_name[0] == '.' || (e->d_type != DT_DIR && e->d_type != DT_LNK && e->d_type != DT_UNKNOWN)) {
            continue;
        }
        char path[PATH_MAX];
        int n = snprintf(path, sizeof(path), "%s/%s", w->dir, e->d_name);
        struct stat st;
        if (n < 0 || (size_t)n >= sizeof(path) || stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
            continue; /* gone meanwhile, a link that leads nowhere, or one to a file */
        }
        int r = visit(w, path, &st, added, first == EB_OK ? err : NULL);
        first = first == EB_OK ? r : first;
    }
    (void)closedir(d);
    return first;
}

/* Brings what is watched up to what is there; *other when it is not what was watched before. */
static int scan_all(struct eb_watch *w, bool *other, struct eb_err *err)
{
    for (struct spot *s = w->spots; s != NULL; s = s->next) {
        s->seen = false;
    }
    struct stat st;
    int failure = stat(w->dir, &st) != 0 ? errno : !S_ISDIR(st.st_mode) ? ENOTDIR : 0;
    int r =
        failure != 0 ? watch_failed(err, uv_translate_sys_error(failure), w->dir) : visit(w, w->dir, &st, other, err);
    w->dev = r == EB_OK ? st.st_dev : 0; /* one that is there but cannot be watched is found again by looking */
    w->ino = r == EB_OK ? st.st_ino : 0;
    if (r == EB_OK) {
        r = visit_below(w, other, err);
    }
    *other = drop_unseen(w) || *other;
    return r;
}

/* True when what is watched is not what was watched before. A failure is that of a directory that is just being made or
 * removed: there will be another event, or another look. */
static bool scan(struct eb_watch *w)
{
    bool other = false;
    (void)scan_all(w, &other, NULL);
    return other;
}

static void quiet_cb(void *user)
{
    struct eb_watch *w = user;
    if (scan(w)) {
        eb_timer_set(w->quiet, w->quiet_ns);
        return;
    }
    w->changed(w->user); /* may close w */
}

static void look_cb(void *user)
{
    struct eb_watch *w = user;
    struct stat st;
    bool there = stat(w->dir, &st) == 0 && S_ISDIR(st.st_mode);
    if (there ? st.st_dev != w->dev || st.st_ino != w->ino : w->dev != 0 || w->ino != 0) {
        (void)scan(w);
        eb_timer_set(w->quiet, w->quiet_ns);
    }
    eb_timer_set(w->look, LOOK_NS);
}

/* ---- life ---- */

static void watch_free(struct eb_watch *w)
{
    while (w->spots != NULL) {
        struct spot *s = w->spots;
        w->spots = s->next;
        spot_close(s);
    }
    eb_timer_close(w->quiet);
    eb_timer_close(w->look);
    free(w); /* what libuv still holds are spots and timers, which call nothing any more */
}

int eb_watch_open(struct eb_loop *l, const char *dir, int64_t quiet_ms, void (*changed)(void *user), void *user,
                  struct eb_watch **out, struct eb_err *err)
{
    size_t len = strlen(dir);
    if (len == 0 || len >= PATH_MAX || quiet_ms < 0 || quiet_ms > 86400000) {
        return eb_err_set(err, EB_E_INVALID, WHERE, "a directory and 0..86400000 ms of quiet are wanted");
    }
    struct eb_watch *w = calloc(1, sizeof(*w) + len + 1);
    if (w == NULL) {
        return eb_err_set(err, EB_E_MEMORY, WHERE, "no memory to watch a directory");
    }
    memcpy(w->dir, dir, len + 1);
    w->loop = l;
    w->quiet_ns = quiet_ms * 1000000;
    w->changed = changed;
    w->user = user;
    bool other = false;
    int r = eb_timer_make(l, quiet_cb, w, &w->quiet, err);
    if (r == EB_OK) {
        r = eb_timer_make(l, look_cb, w, &w->look, err);
    }
    if (r == EB_OK) {
        r = scan_all(w, &other, err);
    }
    if (r != EB_OK) {
        watch_free(w);
        return r;
    }
    eb_timer_set(w->look, LOOK_NS);
    l->open[EB_HANDLE_WATCH]++;
    *out = w;
    return EB_OK;
}

void eb_watch_close(struct eb_watch *w)
{
    if (w == NULL) {
        return;
    }
    w->loop->open[EB_HANDLE_WATCH]--;
    watch_free(w);
}
