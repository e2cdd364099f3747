/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Child processes: what they are given to read, how long they may run, what became of them.
 *
 *     eb_child_start --> spawn.c --> input through a pipe --> SIGCHLD --> waitpid of each of ours --> exited()
 *                                    output, a line at a time --> line()
 *
 * A child stays in the loop's list until it was reaped, also when its owner has forgotten it: no zombies. Only our own
 * processes are waited for, never "any": another part of the program may have children, too.
 */
#define _GNU_SOURCE

#include "net/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/inner.h"

#define WHERE "child.start"
#define DRAIN_MAX 64       /* pieces: what it started itself may go on writing */
#define STATUS_UNKNOWN 255 /* somebody else has waited for it */

/* What is written to a child's standard input; frees itself when it is written or nobody reads. */
struct input {
    uv_pipe_t uv;
    uv_write_t write;
    struct eb_child *child; /* NULL: reaped, or the loop is being destroyed */
    char bytes[];
};

/* What comes from a child's standard output; frees itself once its child is gone. */
struct output {
    uv_pipe_t uv;
    struct eb_child *child; /* NULL: closing */
    size_t len;             /* of the line that has begun */
    bool cut;               /* its rest is left out */
    char bytes[EB_CHILD_LINE_MAX];
    char read[4096];
};

struct eb_child {
    struct eb_child *next; /* in the loop's list until reaped */
    struct eb_loop *loop;
    void (*exited)(void *user, int status);
    void (*line)(void *user, const char *line);
    void *user;
    struct eb_timer *kill_timer;
    struct input *input;
    struct output *output;
    pid_t pid;
    bool own_group;
    bool running;
    bool forgotten;
};

/* ---- input ---- */

static void input_closed_cb(uv_handle_t *handle)
{
    free(handle->data);
}

static void input_close(struct input *in)
{
    if (in == NULL) {
        return;
    }
    if (in->child != NULL) {
        in->child->input = NULL;
        in->child = NULL;
    }
    if (!uv_is_closing((uv_handle_t *)&in->uv)) {
        uv_close((uv_handle_t *)&in->uv, input_closed_cb);
    }
}

static void input_written_cb(uv_write_t *req, int status)
{
    (void)status; /* a child need not read what it is given */
    input_close(req->data);
}

/* Takes over fd, the writing end. */
static int input_start(struct eb_child *c, int fd, const char *text, struct eb_err *err)
{
    size_t len = strlen(text);
    struct input *in = calloc(1, sizeof(*in) + len + 1);
    if (in == NULL) {
        (void)close(fd);
        return eb_err_set(err, EB_E_MEMORY, WHERE, "no memory for a child's input");
    }
    memcpy(in->bytes, text, len);
    EB_ASSERT(uv_pipe_init(&c->loop->uv, &in->uv, 0) == 0);
    in->uv.data = in;
    in->write.data = in;
    int r = uv_pipe_open(&in->uv, fd);
    if (r != 0) {
        (void)close(fd);
        input_close(in);
        return eb_uv_err(err, r, WHERE, "cannot write to a child");
    }
    in->child = c;
    c->input = in;
    uv_buf_t buf = {.base = in->bytes, .len = len};
    EB_ASSERT(uv_write(&in->write, (uv_stream_t *)&in->uv, &buf, 1, input_written_cb) == 0);
    return EB_OK;
}

/* ---- output ---- */

static void output_close(struct output *out)
{
    if (out == NULL) {
        return;
    }
    if (out->child != NULL) {
        out->child->output = NULL;
        out->child = NULL;
    }
    if (!uv_is_closing((uv_handle_t *)&out->uv)) {
        uv_close((uv_handle_t *)&out->uv, input_closed_cb);
    }
}

static void output_room_cb(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct output *out = handle->data;
    (void)suggested;
    *buf = (uv_buf_t){.base = out->read, .len = sizeof(out->read)};
}

static void output_line(struct output *out)
{
    struct eb_child *c = out->child;
    out->bytes[out->len] = '\0';
    out->len = 0;
    out->cut = false;
    if (c != NULL && !c->forgotten) {
        c->line(c->user, out->bytes); /* may close the child */
    }
}

static void output_take(struct output *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && out->child != NULL; i++) {
        if (bytes[i] == '\n') {
            output_line(out);
        } else if (!out->cut) {
            out->bytes[out->len++] = bytes[i];
            out->cut = out->len == sizeof(out->bytes) - 1;
        }
    }
}

static void output_read_cb(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct output *out = stream->data;
    if (n > 0) {
        output_take(out, buf->base, (size_t)n);
    } else if (n < 0) {
        if (out->len > 0 && out->child != NULL) {
            output_line(out);
        }
        output_close(out);
    }
}

/* Takes over fd, the reading end. It does not keep the loop: the child does. */
static int output_start(struct eb_child *c, int fd, struct eb_err *err)
{
    struct output *out = calloc(1, sizeof(*out));
    if (out == NULL) {
        (void)close(fd);
        return eb_err_set(err, EB_E_MEMORY, WHERE, "no memory for a child's output");
    }
    EB_ASSERT(uv_pipe_init(&c->loop->uv, &out->uv, 0) == 0);
    out->uv.data = out;
    int r = uv_pipe_open(&out->uv, fd);
    if (r != 0) {
        (void)close(fd);
        output_close(out);
        return eb_uv_err(err, r, WHERE, "cannot read from a child");
    }
    out->child = c;
    c->output = out;
    uv_unref((uv_handle_t *)&out->uv);
    EB_ASSERT(uv_read_start((uv_stream_t *)&out->uv, output_room_cb, output_read_cb) == 0);
    return EB_OK;
}

/* Its end and its last lines come by two ways: what lies in the pipe is read before the end is told. */
static void output_drain(struct eb_child *c)
{
    uv_os_fd_t fd = -1;
    for (int i = 0; i < DRAIN_MAX && c->output != NULL && uv_fileno((uv_handle_t *)&c->output->uv, &fd) == 0; i++) {
        struct output *out = c->output;
        ssize_t n = read(fd, out->read, sizeof(out->read));
        if (n <= 0) {
            if (out->len > 0) {
                output_line(out);
            }
            return;
        }
        output_take(out, out->read, (size_t)n);
    }
}

/* ---- reaping ---- */

/* The loop waits for children that somebody asks about, and for no others. */
static void keep_loop(struct eb_loop *l)
{
    for (const struct eb_child *c = l->children; c != NULL; c = c->next) {
        if (!c->forgotten) {
            uv_ref((uv_handle_t *)&l->sigchld);
            return;
        }
    }
    uv_unref((uv_handle_t *)&l->sigchld);
}

static void child_free(struct eb_child *c)
{
    eb_timer_close(c->kill_timer);
    input_close(c->input);
    output_close(c->output);
    free(c);
}

/* True and its status when c has ended. */
static bool has_ended(const struct eb_child *c, int *status)
{
    int raw = 0;
    pid_t r = waitpid(c->pid, &raw, WNOHANG);
    if (r == 0 || (r < 0 && errno != ECHILD)) {
        return false;
    }
    *status = r < 0 ? STATUS_UNKNOWN : WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
    return true;
}

/* Reaps one child that has ended, if there is one. */
static bool reap_one(struct eb_loop *l)
{
    for (struct eb_child **at = &l->children; *at != NULL; at = &(*at)->next) {
        struct eb_child *c = *at;
        int status = 0;
        if (!has_ended(c, &status)) {
            continue;
        }
        output_drain(c); /* a line may close it: it is still in the list */
        c->running = false;
        *at = c->next;
        eb_timer_stop(c->kill_timer);
        if (c->forgotten) {
            child_free(c);
        } else {
            c->exited(c->user, status); /* may close c, or any other: the walk begins anew */
        }
        return true;
    }
    return false;
}

static void sigchld_cb(uv_signal_t *uv, int number)
{
    (void)number;
    struct eb_loop *l = uv->data;
    while (reap_one(l)) {}
    keep_loop(l);
}

static int sigchld_open(struct eb_loop *l, struct eb_err *err)
{
    if (l->sigchld_open) {
        return EB_OK;
    }
    int r = uv_signal_init(&l->uv, &l->sigchld);
    if (r != 0) {
        return eb_uv_err(err, r, WHERE, "cannot wait for children");
    }
    l->sigchld_open = true;
    l->sigchld.data = l;
    uv_unref((uv_handle_t *)&l->sigchld);
    r = uv_signal_start(&l->sigchld, sigchld_cb, SIGCHLD);
    return r == 0 ? EB_OK : eb_uv_err(err, r, WHERE, "cannot wait for children");
}

/* ---- starting ---- */

static void kill_now(void *user)
{
    struct eb_child *c = user;
    if (c->running) {
        (void)kill(c->own_group ? -c->pid : c->pid, SIGKILL);
    }
}

/* A descriptor above those of standard input, output and error; fd is closed if it was none. -1 with errno. */
static int above_stdio(int fd)
{
    if (fd < 0 || fd > 2) {
        return fd;
    }
    int higher = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    int failure = errno;
    (void)close(fd);
    errno = failure;
    return higher;
}

static int null_device(void)
{
    return above_stdio(open("/dev/null", O_RDWR | O_CLOEXEC));
}

/* Descriptors of a child to be: what it reads from, and our end of that when there is input (else -1). */
static int input_descriptors(const struct eb_child_options *o, int *in, int *ours)
{
    *ours = -1;
    if (o->input == NULL) {
        *in = null_device();
        return *in < 0 ? errno : 0;
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        *in = -1;
        return errno;
    }
    *in = above_stdio(ends[0]);
    *ours = ends[1];
    return *in < 0 ? errno : 0;
}

/* What it writes to, and our end of that when its lines are wanted (else -1). */
static int output_descriptors(const struct eb_child_options *o, struct eb_spawn *s, int *ours)
{
    int ends[2];
    *ours = -1;
    if (o->quiet) {
        s->out = null_device();
        s->err = s->out;
        return s->out < 0 ? errno : 0;
    }
    if (o->line == NULL) {
        return 0;
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    *ours = ends[0];
    s->out = above_stdio(ends[1]);
    return s->out < 0 ? errno : 0;
}

static void close_if_open(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

/* Starts the program; our ends of its input and output. */
static int launch(struct eb_child *c, const struct eb_child_options *o, int *to, int *from, struct eb_err *err)
{
    /* A program with a time limit leads a group: what it started itself is killed with it. */
    c->own_group = o->kill_after_ms > 0 || o->apart;
    struct eb_spawn s = {
        .argv = o->argv, .in = -1, .out = -1, .err = -1, .dies_with_us = o->dies_with_us, .own_group = c->own_group};
    *from = -1;
    int failure = input_descriptors(o, &s.in, to);
    failure = failure == 0 ? output_descriptors(o, &s, from) : failure;
    failure = failure == 0 ? eb_spawn(&s, &c->pid) : failure;
    close_if_open(s.in);
    close_if_open(s.out);
    if (failure != 0) {
        close_if_open(*to);
        close_if_open(*from);
        return eb_sys_err(err, failure, WHERE, "cannot start '%s'", o->argv[0]);
    }
    c->running = true;
    return EB_OK;
}

int eb_child_start(struct eb_loop *l, const struct eb_child_options *o, void (*exited)(void *user, int status),
                   void *user, struct eb_child **out, struct eb_err *err)
{
    if (o->argv == NULL || o->argv[0] == NULL || o->argv[0][0] == '\0') {
        return eb_err_set(err, EB_E_INVALID, WHERE, "no program is named");
    }
    int r = sigchld_open(l, err);
    if (r != EB_OK) {
        return r;
    }
    struct eb_child *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return eb_err_set(err, EB_E_MEMORY, WHERE, "no memory for a child");
    }
    c->loop = l;
    c->exited = exited;
    c->line = o->line;
    c->user = user;
    int to = -1;
    int from = -1;
    r = eb_timer_make(l, kill_now, c, &c->kill_timer, err);
    if (r == EB_OK) {
        r = launch(c, o, &to, &from, err);
    }
    if (r != EB_OK) {
        child_free(c);
        return r;
    }
    c->next = l->children;
    l->children = c;
    keep_loop(l);
    if (o->kill_after_ms > 0) {
        eb_timer_unref(c->kill_timer); /* the child itself keeps the loop */
        eb_timer_set(c->kill_timer, o->kill_after_ms > INT64_MAX / 1000000 ? INT64_MAX : o->kill_after_ms * 1000000);
    }
    l->open[EB_HANDLE_CHILD]++;
    r = from >= 0 ? output_start(c, from, err) : EB_OK;
    int fed = to >= 0 ? input_start(c, to, o->input, r == EB_OK ? err : NULL) : EB_OK;
    r = r != EB_OK ? r : fed;
    if (r != EB_OK) {
        (void)kill(c->pid, SIGKILL); /* it would run without what it is to be told, or unheard */
        eb_child_close(c);
        return r;
    }
    *out = c;
    return EB_OK;
}

/* ---- afterwards ---- */

int eb_child_pid(const struct eb_child *c)
{
    return c->pid;
}

void eb_child_signal(struct eb_child *c, int number)
{
    if (c->running) { /* not yet reaped, so that the number is still its own */
        (void)kill(c->pid, number);
    }
}

void eb_child_close(struct eb_child *c)
{
    if (c == NULL) {
        return;
    }
    c->loop->open[EB_HANDLE_CHILD]--;
    if (!c->running) {
        child_free(c);
        return;
    }
    c->forgotten = true;
    keep_loop(c->loop);
}

void eb_child_forget_all(struct eb_loop *l)
{
    while (reap_one(l)) {}
    while (l->children != NULL) {
        struct eb_child *c = l->children;
        l->children = c->next;
        child_free(c);
    }
    if (l->sigchld_open) {
        uv_close((uv_handle_t *)&l->sigchld, NULL);
    }
}
