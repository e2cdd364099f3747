/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte streams over unix sockets.
 *
 *     write --> the system at once, as far as it takes --> the rest to chunks --> one chunk at a time --> drained
 *
 * A stream ends once: closed is told, then only close or finish are left. After a finish nobody owns it any more; it
 * writes its rest by itself (the loop's ring of leaving streams), as long as the other side goes on reading.
 */
#define _GNU_SOURCE

#include "net/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/inner.h"

#define CHUNK_SIZE 65536
#define SOCKET_PATH_MAX 107 /* sun_path of a unix socket, without its zero */

struct chunk {
    struct chunk *next;
    size_t used, cap;
    char bytes[];
};

struct eb_stream {
    struct eb_link leaving; /* first: in the loop's ring after a finish */
    uv_pipe_t uv;
    uv_connect_t connect;
    uv_write_t write;
    struct eb_loop *loop;
    const struct eb_stream_handlers *h; /* NULL: nobody listens */
    struct eb_stream_handlers handlers;
    void *user;
    struct eb_timer *linger; /* after a finish */
    size_t lingering;        /* bytes left when it was set */
    size_t limit, waiting;
    struct chunk *first, *last; /* first is with libuv while writing */
    struct chunk *spare;        /* taken before bytes leave, so that no write fails half way */
    bool open, writing, paused, reading;
    bool ended;                     /* closed was told, or is owed to nobody */
    bool closed;                    /* eb_stream_close() or eb_stream_finish() was called */
    bool broken;                    /* nothing can be written any more */
    char path[SOCKET_PATH_MAX + 1]; /* for messages; "" an accepted one */
};

/* ---- ending ---- */

static void chunks_free(struct eb_stream *s)
{
    struct chunk *c = s->first;
    while (c != NULL) {
        struct chunk *next = c->next;
        free(c);
        c = next;
    }
    free(s->spare);
    s->first = NULL;
    s->last = NULL;
    s->spare = NULL;
}

static void closed_cb(uv_handle_t *handle)
{
    struct eb_stream *s = handle->data;
    chunks_free(s); /* libuv gave back what was being written before this */
    free(s);
}

static void shut(struct eb_stream *s)
{
    if (uv_is_closing((uv_handle_t *)&s->uv)) {
        return;
    }
    eb_link_remove(&s->leaving);
    eb_timer_close(s->linger);
    s->linger = NULL;
    s->broken = true;
    uv_close((uv_handle_t *)&s->uv, closed_cb);
}

static void read_stop(struct eb_stream *s)
{
    if (s->reading) {
        (void)uv_read_stop((uv_stream_t *)&s->uv);
        s->reading = false;
    }
}

/* Tells the end, once. what: "read", "written", "connected". A peer that went away is an end, whatever noticed it. */
static void end(struct eb_stream *s, int uv_code, const char *what)
{
    read_stop(s);
    if (s->closed) {
        shut(s); /* nobody's any more: what it still had to write can no longer be written */
        return;
    }
    if (s->ended) {
        return;
    }
    s->ended = true;
    struct eb_err err = {0};
    if (uv_code == UV_EOF || uv_code == UV_ECONNRESET || uv_code == UV_EPIPE) {
        (void)eb_err_set(&err, EB_E_END, "stream", "the other side closed the connection");
    } else if (!s->open) {
        (void)eb_uv_err(&err, uv_code, "stream.connect", "cannot connect to '%s'", s->path);
    } else {
        (void)eb_uv_err(&err, uv_code, "stream", "the connection could not be %s", what);
    }
    if (s->h != NULL && s->h->closed != NULL) {
        s->h->closed(s->user, &err);
    }
}

/* ---- reading ---- */

static void alloc_cb(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct eb_stream *s = handle->data;
    *buf = uv_buf_init(s->loop->read_buffer, sizeof(s->loop->read_buffer));
}

static void read_cb(uv_stream_t *uv, ssize_t n, const uv_buf_t *buf)
{
    struct eb_stream *s = uv->data;
    if (n < 0) {
        end(s, (int)n, "read");
    } else if (n > 0 && !s->paused) { /* paused and broken: only its end is still of interest */
        s->h->data(s->user, buf->base, (size_t)n);
    }
}

static void read_start(struct eb_stream *s)
{
    if (s->reading || s->paused || !s->open || s->ended || s->closed || s->h == NULL) {
        return;
    }
    s->reading = true;
    int r = uv_read_start((uv_stream_t *)&s->uv, alloc_cb, read_cb);
    EB_ASSERT(r == 0); /* fails only for a stream that is not open, and this one is */
}

void eb_stream_pause(struct eb_stream *s, bool paused)
{
    s->paused = paused;
    if (!paused) {
        read_start(s);
    } else if (!s->broken) { /* a broken one is read for its end, or nobody would hear of it */
        read_stop(s);
    }
}

/* ---- writing ---- */

static void write_next(struct eb_stream *s);

static void write_cb(uv_write_t *req, int status)
{
    struct eb_stream *s = req->data;
    struct chunk *c = s->first;
    s->first = c->next;
    if (s->first == NULL) {
        s->last = NULL;
    }
    s->writing = false;
    s->waiting -= c->used;
    free(c);
    if (uv_is_closing((uv_handle_t *)&s->uv)) {
        return;
    }
    if (status < 0) {
        s->broken = true;
        if (!s->reading) { /* else what the other side said last is read first, and then its end */
            end(s, status, "written");
        }
    } else if (s->first != NULL) {
        write_next(s);
    } else if (s->closed) {
        shut(s);
    } else if (s->h != NULL && s->h->drained != NULL && !s->ended) {
        s->h->drained(s->user);
    }
}

static void write_next(struct eb_stream *s)
{
    if (s->writing || s->first == NULL || !s->open || s->broken) {
        return;
    }
    s->writing = true;
    s->write.data = s;
    uv_buf_t buf = {.base = s->first->bytes, .len = s->first->used};
    int r = uv_write(&s->write, (uv_stream_t *)&s->uv, &buf, 1, write_cb);
    EB_ASSERT(r == 0); /* a failing write is told to write_cb; only a stream that is not open is refused here */
}

/* Room for len more bytes behind all that waits: NULL when there is no memory. May be the spare one, not yet linked. */
static struct chunk *room_for(struct eb_stream *s, size_t len)
{
    struct chunk *last = s->last;
    bool with_libuv = s->writing && last == s->first;
    if (last != NULL && !with_libuv && last->cap - last->used >= len) {
        return last;
    }
    if (s->spare != NULL && s->spare->cap >= len) {
        return s->spare;
    }
    size_t cap = len > CHUNK_SIZE ? len : CHUNK_SIZE;
    struct chunk *c = malloc(sizeof(*c) + cap);
    if (c == NULL) {
        return NULL;
    }
    c->next = NULL;
    c->used = 0;
    c->cap = cap;
    free(s->spare);
    s->spare = c;
    return c;
}

static void chunk_link(struct eb_stream *s, struct chunk *c)
{
    s->spare = NULL;
    if (s->last != NULL) {
        s->last->next = c;
    } else {
        s->first = c;
    }
    s->last = c;
}

int eb_stream_write(struct eb_stream *s, const void *bytes, size_t len)
{
    if (s->ended || s->closed || s->broken) {
        return EB_E_END;
    }
    if (s->waiting > 0 && (s->waiting >= s->limit || len > s->limit - s->waiting)) {
        return EB_E_FULL;
    }
    if (len == 0) {
        return EB_OK;
    }
    struct chunk *c = room_for(s, len);
    if (c == NULL) {
        return EB_E_MEMORY;
    }
    size_t sent = 0;
    if (s->waiting == 0 && s->open) {
        /* Cast: libuv does not change what it writes. Any failure is found again, and told, by the write below. */
        uv_buf_t buf = {.base = (char *)(uintptr_t)bytes, .len = len};
        int r = uv_try_write((uv_stream_t *)&s->uv, &buf, 1);
        sent = r > 0 ? (size_t)r : 0;
    }
    if (sent == len) {
        return EB_OK;
    }
    memcpy(c->bytes + c->used, (const char *)bytes + sent, len - sent);
    c->used += len - sent;
    s->waiting += len - sent;
    if (c == s->spare) {
        chunk_link(s, c);
    }
    write_next(s);
    return EB_OK;
}

size_t eb_stream_waiting(const struct eb_stream *s)
{
    return s->waiting;
}

/* ---- beginning ---- */

/* NULL when there is no memory. */
static struct eb_stream *stream_make(struct eb_loop *l, size_t limit, struct eb_err *err)
{
    struct eb_stream *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        (void)eb_err_set(err, EB_E_MEMORY, "stream.open", "no memory for a connection");
        return NULL;
    }
    eb_link_init(&s->leaving);
    s->loop = l;
    s->limit = limit;
    EB_ASSERT(uv_pipe_init(&l->uv, &s->uv, 0) == 0);
    s->uv.data = s;
    l->open[EB_HANDLE_STREAM]++;
    return s;
}

int eb_socket_path_check(const char *path, const char *where, struct eb_err *err)
{
    size_t len = strlen(path);
    if (len == 0) {
        return eb_err_set(err, EB_E_INVALID, where, "the path of the socket is empty");
    }
    if (len > SOCKET_PATH_MAX) {
        return eb_err_set(err, EB_E_INVALID, where,
                          "the path of a socket has at most %d bytes, and '%s' has %zu: choose a shorter one "
                          "(control.socket in the configuration)",
                          SOCKET_PATH_MAX, path, len);
    }
    return EB_OK;
}

static void connect_cb(uv_connect_t *req, int status)
{
    struct eb_stream *s = req->data;
    if (uv_is_closing((uv_handle_t *)&s->uv)) {
        return;
    }
    if (status < 0) {
        s->broken = true;
        end(s, status, "connected");
        return;
    }
    s->open = true;
    write_next(s);
    read_start(s);
    if (!s->closed && s->h->opened != NULL) {
        s->h->opened(s->user);
    }
}

int eb_stream_connect(struct eb_loop *l, const char *path, size_t limit, const struct eb_stream_handlers *h, void *user,
                      struct eb_stream **out, struct eb_err *err)
{
    int r = eb_socket_path_check(path, "stream.connect", err);
    if (r != EB_OK) {
        return r;
    }
    struct eb_stream *s = stream_make(l, limit, err);
    if (s == NULL) {
        return EB_E_MEMORY;
    }
    memcpy(s->path, path, strlen(path) + 1);
    eb_stream_handle(s, h, user);
    s->connect.data = s;
    uv_pipe_connect(&s->connect, &s->uv, path, connect_cb);
    *out = s;
    return EB_OK;
}

int eb_stream_adopt(struct eb_loop *l, int fd, size_t limit, struct eb_stream **out, struct eb_err *err)
{
    struct eb_stream *s = stream_make(l, limit, err);
    if (s == NULL) {
        (void)close(fd);
        return EB_E_MEMORY;
    }
    int r = uv_pipe_open(&s->uv, fd);
    if (r != 0) {
        (void)close(fd);
        eb_stream_close(s);
        return eb_uv_err(err, r, "stream.accept", "cannot take over an accepted connection");
    }
    s->open = true;
    *out = s;
    return EB_OK;
}

void eb_stream_handle(struct eb_stream *s, const struct eb_stream_handlers *h, void *user)
{
    s->handlers = *h;
    s->h = &s->handlers;
    s->user = user;
    read_start(s);
}

/* ---- leaving ---- */

void eb_stream_close(struct eb_stream *s)
{
    if (s == NULL) {
        return;
    }
    s->closed = true;
    s->loop->open[EB_HANDLE_STREAM]--;
    shut(s);
}

/* Bytes that the system has not taken. Of the chunk that is being written, libuv knows how much is left. */
static size_t left(const struct eb_stream *s)
{
    size_t with_libuv = s->writing ? s->first->used : 0;
    return s->waiting - with_libuv + uv_stream_get_write_queue_size((const uv_stream_t *)&s->uv);
}

static void linger_over(void *user)
{
    struct eb_stream *s = user;
    size_t now = left(s);
    if (now >= s->lingering) { /* nobody has read anything meanwhile, or the loop is being destroyed */
        shut(s);
        return;
    }
    s->lingering = now;
    eb_timer_set(s->linger, s->loop->linger_ns);
}

void eb_stream_finish(struct eb_stream *s)
{
    if (s == NULL) {
        return;
    }
    if (s->waiting == 0 || s->broken || eb_timer_make(s->loop, linger_over, s, &s->linger, NULL) != EB_OK) {
        eb_stream_close(s);
        return;
    }
    s->closed = true;
    s->loop->open[EB_HANDLE_STREAM]--;
    read_stop(s);
    eb_link_append(&s->loop->leaving, &s->leaving);
    s->lingering = left(s);
    eb_timer_set(s->linger, s->loop->linger_ns);
}

void eb_stream_hurry(struct eb_loop *l, int64_t within_ns)
{
    for (struct eb_link *at = l->leaving.next; at != &l->leaving; at = at->next) {
        struct eb_stream *s = (struct eb_stream *)at;
        s->lingering = 0;
        eb_timer_set(s->linger, within_ns);
    }
}

int eb_stream_peer(const struct eb_stream *s, struct eb_peer *out, struct eb_err *err)
{
    uv_os_fd_t fd = -1;
    int r = uv_fileno((const uv_handle_t *)&s->uv, &fd);
    if (r != 0) {
        return eb_uv_err(err, r, "stream.peer", "cannot tell who is on the other side");
    }
    struct ucred who;
    socklen_t len = sizeof(who);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0) {
        return eb_sys_err(err, errno, "stream.peer", "cannot tell who is on the other side");
    }
    *out = (struct eb_peer){.uid = who.uid, .gid = who.gid, .pid = who.pid};
    return EB_OK;
}
