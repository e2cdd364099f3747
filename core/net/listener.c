/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A unix socket that listens. Its file is 0600 from its first moment: on Linux the mode of the descriptor before bind()
 * becomes the mode of the file, whatever the umask of other threads does meanwhile.
 *
 *     path --> is anything there? (stale: removed) --> bind, listen --> poll --> accept4 --> stream --> accepted()
 *
 * It accepts by itself instead of through libuv, which closes connections when descriptors run out: here they wait in
 * the backlog until there are some again.
 */
#define _GNU_SOURCE

#include "net/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/inner.h"

#define WHERE "listener.open"
#define ACCEPTS_PER_PASS 16         /* others want their turn, too */
#define RETRY_NS INT64_C(100000000) /* after an accept that failed, for descriptors or memory */
#define BACKLOG 128

struct eb_listener {
    uv_poll_t uv;
    struct eb_loop *loop;
    struct eb_timer *retry;
    size_t limit;
    void (*accepted)(void *user, struct eb_stream *s);
    void *user;
    int fd;
    bool closed;
    dev_t dev; /* of the file that was made: another's is not removed */
    ino_t ino;
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
};

/* ---- the way to the file ---- */

static void address(const char *path, struct sockaddr_un *a)
{
    memset(a, 0, sizeof(*a));
    a->sun_family = AF_UNIX;
    memcpy(a->sun_path, path, strlen(path) + 1); /* eb_socket_path_check() knows that it fits */
}

/* Makes each missing directory of path (all of it before its last '/') with mode 0700. */
static int directories(const char *path, struct eb_err *err)
{
    char dir[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    for (size_t i = 1; path[i] != '\0'; i++) {
        if (path[i] != '/') {
            continue;
        }
        memcpy(dir, path, i);
        dir[i] = '\0';
        struct stat st;
        if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode)) {
            continue;
        }
        if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
            return eb_sys_err(err, errno, WHERE, "cannot make the directory '%s' for the socket '%s'", dir, path);
        }
    }
    return EB_OK;
}

/* Whoever may listen at path: EB_OK when nobody does (a stale socket is removed), else why not. */
static int make_way(const char *path, struct eb_err *err)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        return errno == ENOENT ? EB_OK : eb_sys_err(err, errno, WHERE, "cannot look at '%s'", path);
    }
    if (!S_ISSOCK(st.st_mode)) {
        return eb_err_set(err, EB_E_REFUSED, WHERE,
                          "'%s' exists and is no socket: it is left as it is; move it away or choose another path",
                          path);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return eb_sys_err(err, errno, WHERE, "cannot make a socket");
    }
    struct sockaddr_un a;
    address(path, &a);
    int failure = connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0 ? 0 : errno;
    (void)close(fd);
    if (failure == ENOENT) {
        return EB_OK; /* gone meanwhile */
    }
    if (failure == ECONNREFUSED) {
        if (unlink(path) != 0 && errno != ENOENT) {
            return eb_sys_err(err, errno, WHERE, "cannot remove the socket '%s', on which nobody listens", path);
        }
        return EB_OK;
    }
    if (failure == 0 || failure == EAGAIN || failure == EPROTOTYPE) {
        return eb_err_set(err, EB_E_REFUSED, WHERE,
                          "the socket '%s' is in use: another process listens on it; stop that one or choose another "
                          "path",
                          path);
    }
    return eb_sys_err(err, failure, WHERE, "cannot find out who listens on '%s'", path);
}

/* The directory of path for a message: "." for a bare name. */
static void directory_of(const char *path, char *out, size_t cap)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    if (len == 0 || len >= cap) {
        memcpy(out, ".", 2);
        return;
    }
    memcpy(out, path, len);
    out[len] = '\0';
}

static int listen_at(struct eb_listener *l, struct eb_err *err)
{
    char dir[sizeof(l->path)];
    directory_of(l->path, dir, sizeof(dir));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return eb_sys_err(err, errno, WHERE, "cannot make a socket");
    }
    struct sockaddr_un a;
    address(l->path, &a);
    struct stat st = {0};
    int r = EB_OK;
    if (fchmod(fd, 0600) != 0) {
        r = eb_sys_err(err, errno, WHERE, "cannot keep others from the socket '%s'", l->path);
    } else if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) != 0) {
        r = errno == EADDRINUSE
                ? eb_err_set(err, EB_E_REFUSED, WHERE, "the socket '%s' is in use: another process has just made it",
                             l->path)
                : eb_sys_err(err, errno, WHERE, "cannot make the socket '%s' in the directory '%s'", l->path, dir);
    } else if (lstat(l->path, &st) != 0 || listen(fd, BACKLOG) != 0) {
        r = eb_sys_err(err, errno, WHERE, "cannot listen on '%s'", l->path);
        (void)unlink(l->path);
    } else if ((st.st_mode & 0777) != 0600 && chmod(l->path, 0600) != 0) { /* a kernel that does it otherwise */
        r = eb_sys_err(err, errno, WHERE, "cannot keep others from the socket '%s'", l->path);
        (void)unlink(l->path);
    }
    if (r != EB_OK) {
        (void)close(fd);
        return r;
    }
    l->fd = fd;
    l->dev = st.st_dev;
    l->ino = st.st_ino;
    return EB_OK;
}

/* ---- accepting ---- */

static void poll_cb(uv_poll_t *uv, int status, int events);

static void retry(void *user)
{
    struct eb_listener *l = user;
    EB_ASSERT(uv_poll_start(&l->uv, UV_READABLE, poll_cb) == 0);
}

static void poll_cb(uv_poll_t *uv, int status, int events)
{
    (void)status; /* an error of the listening socket shows in accept4 as well */
    (void)events;
    struct eb_listener *l = uv->data;
    for (int i = 0; i < ACCEPTS_PER_PASS && !l->closed; i++) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) {
            continue;
        }
        if (fd < 0 && errno == EAGAIN) {
            return;
        }
        struct eb_stream *s = NULL;
        if (fd < 0 || eb_stream_adopt(l->loop, fd, l->limit, &s, NULL) != EB_OK) {
            (void)uv_poll_stop(&l->uv); /* it would be readable, and fail, again and again */
            eb_timer_set(l->retry, RETRY_NS);
            return;
        }
        l->accepted(l->user, s);
    }
}

/* ---- life ---- */

static void closed_cb(uv_handle_t *handle)
{
    free(handle->data);
}

int eb_listener_open(struct eb_loop *loop, const char *path, size_t limit,
                     void (*accepted)(void *user, struct eb_stream *s), void *user, struct eb_listener **out,
                     struct eb_err *err)
{
    int r = eb_socket_path_check(path, WHERE, err);
    if (r != EB_OK || (r = directories(path, err)) != EB_OK || (r = make_way(path, err)) != EB_OK) {
        return r;
    }
    struct eb_listener *l = calloc(1, sizeof(*l));
    if (l == NULL) {
        return eb_err_set(err, EB_E_MEMORY, WHERE, "no memory for a listener");
    }
    l->loop = loop;
    l->limit = limit;
    l->accepted = accepted;
    l->user = user;
    memcpy(l->path, path, strlen(path) + 1);
    r = eb_timer_make(loop, retry, l, &l->retry, err);
    if (r == EB_OK) {
        r = listen_at(l, err);
    }
    if (r != EB_OK) {
        eb_timer_close(l->retry);
        free(l);
        return r;
    }
    int u = uv_poll_init(&loop->uv, &l->uv, l->fd);
    if (u != 0) {
        (void)unlink(path);
        (void)close(l->fd);
        eb_timer_close(l->retry);
        free(l);
        return eb_uv_err(err, u, WHERE, "cannot wait for connections on '%s'", path);
    }
    l->uv.data = l;
    retry(l);
    loop->open[EB_HANDLE_LISTENER]++;
    *out = l;
    return EB_OK;
}

void eb_listener_close(struct eb_listener *l)
{
    if (l == NULL) {
        return;
    }
    l->closed = true;
    l->loop->open[EB_HANDLE_LISTENER]--;
    struct stat st;
    if (lstat(l->path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino) {
        (void)unlink(l->path);
    }
    eb_timer_close(l->retry);
    uv_close((uv_handle_t *)&l->uv, closed_cb);
    (void)close(l->fd); /* who waits in the backlog hears of it now */
}
