/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop and what waits on it: timers, wake-ups from other threads, signals, work on a worker thread, byte
 * streams over local sockets, a watched directory, child processes. No word of trading.
 *
 *     libuv --> callbacks on the loop's thread, one at a time
 *
 * Every handle is owned by its creator and freed by its close function, which may be called from any callback on the
 * loop's thread, its own included: no callback of it follows. NULL is fine for each close. Memory of a handle is given
 * back by the loop's next turn, so close everything before eb_loop_destroy(), which runs what is left. Only
 * eb_wake_send() and the clocks may be called from other threads.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct eb_loop;
/* Also makes this process ignore SIGPIPE, unless it was told otherwise already. EB_E_MEMORY, EB_E_IO. */
EB_NODISCARD int eb_loop_create(struct eb_loop **out, struct eb_err *err);
/* Closes the loop; EB_ASSERTs that no handle is left open (a leak would be forever) and says of which kind. Waits for
 * work that is under way (its done is called), and a second for finished streams to write their rest. NULL is fine. */
void eb_loop_destroy(struct eb_loop *l);
/* Runs until eb_loop_stop() or nothing is left to wait for: each open handle is something, a timer only when set. */
void eb_loop_run(struct eb_loop *l);
/* One pass: waits for something to do at most if wait, then does it. */
void eb_loop_once(struct eb_loop *l, bool wait);
void eb_loop_stop(struct eb_loop *l);
/* Monotonic nanoseconds, read now (CLOCK_MONOTONIC: does not count a suspended machine); and the same that does
 * (CLOCK_BOOTTIME). */
int64_t eb_monotonic_ns(void);
int64_t eb_boottime_ns(void);
/* Epoch milliseconds of this machine's wall clock, which may jump: for logs and file names only. */
int64_t eb_wall_ms(void);

/* ---- timers: one shot each ---- */
struct eb_timer;
EB_NODISCARD int eb_timer_open(struct eb_loop *l, void (*fire)(void *user), void *user, struct eb_timer **out,
                               struct eb_err *err);
/* Fires once, delay_ns from now (at the next whole ms, never early); replaces an earlier setting. 0 or less: in the
 * next pass, in order of setting; also from its own callback, others have their turn in between. */
void eb_timer_set(struct eb_timer *t, int64_t delay_ns);
void eb_timer_stop(struct eb_timer *t);
void eb_timer_close(struct eb_timer *t);

/* ---- wake-ups from any thread; several may become one ---- */
struct eb_wake;
EB_NODISCARD int eb_wake_open(struct eb_loop *l, void (*woken)(void *user), void *user, struct eb_wake **out,
                              struct eb_err *err);
void eb_wake_send(struct eb_wake *w); /* from any thread, also from signal handlers */
void eb_wake_close(struct eb_wake *w);

/* ---- signals ---- */
struct eb_signal;
EB_NODISCARD int eb_signal_open(struct eb_loop *l, int number, void (*came)(void *user, int number), void *user,
                                struct eb_signal **out, struct eb_err *err);
void eb_signal_close(struct eb_signal *s);

/* ---- work on a worker thread ---- */
/* Runs work(user) on another thread, then done(user) on the loop's. Cannot be taken back. EB_E_MEMORY, EB_E_IO. */
EB_NODISCARD int eb_work_run(struct eb_loop *l, void (*work)(void *user), void (*done)(void *user), void *user,
                             struct eb_err *err);

/* ---- byte streams over unix sockets ---- */
struct eb_stream;
struct eb_stream_handlers {
    void (*opened)(void *user);                              /* a connection that was asked for stands; may be NULL */
    void (*data)(void *user, const char *bytes, size_t len); /* borrowed for the call */
    void (*drained)(void *user);                             /* what had to wait is with the system; may be NULL */
    /* The other side ended, or something failed (err->code EB_E_END or EB_E_IO): said once, after all that it had sent.
     * Then only eb_stream_close() is left to do, or eb_stream_finish(): one that only stopped sending still reads. */
    void (*closed)(void *user, const struct eb_err *err);
};
/* Connects; opened or closed follows, never within the call. What is written before is sent then. limit: bytes that may
 * wait to be written. Paths longer than the system's limit (107 bytes) are EB_E_INVALID. */
EB_NODISCARD int eb_stream_connect(struct eb_loop *l, const char *path, size_t limit,
                                   const struct eb_stream_handlers *h, void *user, struct eb_stream **out,
                                   struct eb_err *err);
/* Handlers of an accepted stream, before the first data. */
void eb_stream_handle(struct eb_stream *s, const struct eb_stream_handlers *h, void *user);
/* Copies and writes, trying at once and queueing what does not fit. EB_OK, and all of it is taken; else nothing is:
 * EB_E_FULL when something waits already and more than limit would, EB_E_END when the connection ended, EB_E_MEMORY.
 * So one write is as long as it likes, and what waits is at most limit or one write. */
EB_NODISCARD int eb_stream_write(struct eb_stream *s, const void *bytes, size_t len);
size_t eb_stream_waiting(const struct eb_stream *s); /* bytes not yet with the system */
/* No data is read until resumed: pushes back on the other side. That this one ended is not noticed meanwhile, unless by
 * a write. */
void eb_stream_pause(struct eb_stream *s, bool paused);
/* Closes without writing the rest; eb_stream_finish() writes the rest first, by itself, until the other side has read
 * nothing for ten seconds. Either ends the use of s: no handler is called any more. */
void eb_stream_close(struct eb_stream *s);
void eb_stream_finish(struct eb_stream *s);
/* User, group and process of the other side (SO_PEERCRED). EB_E_IO. */
struct eb_peer {
    uint32_t uid, gid;
    int32_t pid;
};
EB_NODISCARD int eb_stream_peer(const struct eb_stream *s, struct eb_peer *out, struct eb_err *err);

struct eb_listener;
/* Listens on a unix socket at path, mode 0600. A socket that nobody listens on any more is replaced; one that answers
 * is EB_E_REFUSED ("in use"); a file that is no socket is never touched (EB_E_REFUSED). Missing directories are made
 * with mode 0700; EB_E_IO names the one in which nothing can be made. accepted owns the new stream and must set its
 * handlers or close it in the call. limit as above, for each stream. While descriptors are short, connections wait. */
EB_NODISCARD int eb_listener_open(struct eb_loop *l, const char *path, size_t limit,
                                  void (*accepted)(void *user, struct eb_stream *s), void *user,
                                  struct eb_listener **out, struct eb_err *err);
/* Closes and removes the socket's file, unless another has taken its place. Accepted streams go on. */
void eb_listener_close(struct eb_listener *l);

/* ---- watched directory ---- */
struct eb_watch;
/* changed is called once nothing has changed in the directory, or in its subdirectories one level down (hidden ones
 * excepted), for quiet_ms; reading is no change. The directory itself may be removed, replaced, or reached by a link
 * that is replaced: noticed within a second. EB_E_IO names the directory. */
EB_NODISCARD int eb_watch_open(struct eb_loop *l, const char *dir, int64_t quiet_ms, void (*changed)(void *user),
                               void *user, struct eb_watch **out, struct eb_err *err);
void eb_watch_close(struct eb_watch *w);

/* ---- child processes ---- */
#define EB_CHILD_LINE_MAX 8192
struct eb_child;
struct eb_child_options {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
    const char *input;       /* written to its standard input, then closed; NULL: /dev/null */
    bool quiet;              /* standard output and error go to /dev/null, else they are inherited */
    int64_t kill_after_ms;   /* SIGKILL, to all that it started as well, when it still runs; 0 never */
    /* Each line that it writes to its standard output, without its end; those beyond EB_CHILD_LINE_MAX are cut. Not
     * with quiet. Lines come before exited, but for what it leaves to processes of its own. NULL: inherited. */
    void (*line)(void *user, const char *line);
    bool apart;        /* a process group of its own: a terminal's Ctrl-C does not reach it */
    bool dies_with_us; /* SIGTERM when the loop's thread ends, however it ends (PR_SET_PDEATHSIG); any program */
};
/* exited gets its status (128 + signal when killed by one), never within the call. EB_E_IO when it could not be started
 * (not found, not executable). It inherits no descriptor but the three. The strings are needed for the call only. */
EB_NODISCARD int eb_child_start(struct eb_loop *l, const struct eb_child_options *o,
                                void (*exited)(void *user, int status), void *user, struct eb_child **out,
                                struct eb_err *err);
int eb_child_pid(const struct eb_child *c);
/* Nothing when it has ended. */
void eb_child_signal(struct eb_child *c, int number);
/* Forgets it: it goes on by itself, gets the rest of its input and is killed by its limit as long as the loop runs;
 * exited is not called. */
void eb_child_close(struct eb_child *c);

/* ---- service manager ---- */
/* Tells systemd (NOTIFY_SOCKET; nothing without): "READY=1", "STATUS=...", "WATCHDOG=1", "STOPPING=1". */
void eb_service_notify(const char *state);
/* Interval at which the manager wants WATCHDOG=1, half of WATCHDOG_USEC, in ns; 0: it does not. */
int64_t eb_service_watchdog_ns(void);
