/* SPDX-License-Identifier: Apache-2.0 */
/* The loop's life and clocks, wake-ups from threads, signals, work on another thread, the service manager. */
#define _GNU_SOURCE

#include "rig.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- life ---- */

static void stop(void *user)
{
    eb_loop_stop(user);
}

static void it_runs_until_stopped_or_done(void **state)
{
    struct rig *r = *state;
    eb_loop_run(r->loop); /* nothing to wait for */
    eb_loop_once(r->loop, false);
    struct eb_timer *a = NULL;
    struct eb_timer *b = NULL;
    assert_int_equal(eb_timer_open(r->loop, stop, r->loop, &a, NULL), EB_OK);
    assert_int_equal(eb_timer_open(r->loop, stop, r->loop, &b, NULL), EB_OK);
    eb_timer_set(a, 1000000);
    eb_timer_set(b, INT64_C(3600000000000));
    int64_t begin = eb_monotonic_ns();
    eb_loop_run(r->loop);
    assert_true(eb_monotonic_ns() - begin < INT64_C(3000000000000));
    eb_loop_once(r->loop, false); /* does not wait for b */
    eb_loop_stop(r->loop);        /* and a destroy after this still closes everything */
    eb_timer_close(a);
    eb_timer_close(b);
    eb_loop_destroy(NULL);
}

/* What is said on standard error, and by which signal a process ends that destroys a loop with this open. */
static void leaks_with(void (*leak)(struct eb_loop *l), const char *named)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], 2);
        (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0}); /* it is meant to end so */
        struct eb_loop *l = NULL;
        if (eb_loop_create(&l, NULL) == EB_OK) {
            leak(l);
            eb_loop_destroy(l);
        }
        _exit(0);
    }
    (void)close(ends[1]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    char said[1024] = "";
    assert_true(read(ends[0], said, sizeof(said) - 1) > 0);
    assert_non_null(strstr(said, named));
    (void)close(ends[0]);
}

static void nothing(void *user)
{
    (void)user;
}

static void leak_two_timers(struct eb_loop *l)
{
    struct eb_timer *t = NULL;
    struct eb_timer *u = NULL;
    if (eb_timer_open(l, nothing, NULL, &t, NULL) != EB_OK || eb_timer_open(l, nothing, NULL, &u, NULL) != EB_OK) {
        _exit(1);
    }
}

static void leak_a_wake(struct eb_loop *l)
{
    struct eb_wake *w = NULL;
    if (eb_wake_open(l, nothing, NULL, &w, NULL) != EB_OK) {
        _exit(1);
    }
}

static void a_forgotten_handle_ends_the_process(void **state)
{
    (void)state;
    leaks_with(leak_two_timers, "2 open: timer");
    leaks_with(leak_a_wake, "1 open: wake");
}

static void the_clocks(void **state)
{
    (void)state;
    int64_t mono = eb_monotonic_ns();
    int64_t boot = eb_boottime_ns();
    int64_t last = mono;
    for (int i = 0; i < 1000; i++) {
        int64_t now = eb_monotonic_ns();
        assert_true(now >= last);
        last = now;
    }
    assert_true(last > mono);
    assert_true(boot >= mono); /* the same, and what was slept */
    int64_t wall_s = eb_wall_ms() / 1000;
    assert_true(llabs(wall_s - (int64_t)time(NULL)) <= 60);
}

static void broken_pipes_are_errors_of_writes(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1); /* and we are still here */
    (void)close(ends[1]);
}

/* ---- wake-ups ---- */

static struct eb_wake *the_wake;
static int woken;

static void on_wake(void *user)
{
    (void)user;
    woken++;
}

static void on_wake_close(void *user)
{
    on_wake(user);
    eb_wake_close(the_wake);
}

static void *send_many(void *user)
{
    for (int i = 0; i < 1000; i++) {
        eb_wake_send(user);
    }
    return NULL;
}

static void threads_wake_the_loop(void **state)
{
    struct rig *r = *state;
    woken = 0;
    assert_int_equal(eb_wake_open(r->loop, on_wake, NULL, &the_wake, &r->err), EB_OK);
    pthread_t threads[4];
    for (size_t i = 0; i < EB_COUNT(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, send_many, the_wake), 0);
    }
    rig_until(r, &woken, 1);
    for (size_t i = 0; i < EB_COUNT(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_true(woken <= 4000);
    int before = woken; /* a wake-up after the last callback is not lost */
    eb_wake_send(the_wake);
    rig_until(r, &woken, before + 1);
    eb_wake_close(the_wake);
}

static void a_wake_closes_itself(void **state)
{
    struct rig *r = *state;
    woken = 0;
    assert_int_equal(eb_wake_open(r->loop, on_wake_close, NULL, &the_wake, &r->err), EB_OK);
    eb_wake_send(the_wake);
    rig_until(r, &woken, 1);
    assert_int_equal(eb_wake_open(r->loop, on_wake, NULL, &the_wake, &r->err), EB_OK);
    eb_wake_send(the_wake);
    eb_wake_close(the_wake); /* what was sent comes to nothing */
    eb_wake_close(NULL);
    rig_idle(r, 5);
    assert_int_equal(woken, 1);
}

/* ---- signals ---- */

static struct eb_signal *the_signal;
static int came;

static void on_signal(void *user, int number)
{
    assert_ptr_equal(user, &came);
    assert_int_equal(number, SIGUSR1);
    came++;
}

static void on_signal_close(void *user, int number)
{
    on_signal(user, number);
    eb_signal_close(the_signal);
}

static void signals_come_as_callbacks(void **state)
{
    struct rig *r = *state;
    came = 0;
    struct eb_signal *second = NULL;
    assert_int_equal(eb_signal_open(r->loop, SIGUSR1, on_signal, &came, &the_signal, &r->err), EB_OK);
    assert_int_equal(eb_signal_open(r->loop, SIGUSR1, on_signal, &came, &second, &r->err), EB_OK);
    assert_int_equal(raise(SIGUSR1), 0);
    rig_until(r, &came, 2); /* each of them */
    eb_signal_close(second);
    eb_signal_close(the_signal);
    assert_int_equal(eb_signal_open(r->loop, SIGUSR1, on_signal_close, &came, &the_signal, &r->err), EB_OK);
    assert_int_equal(raise(SIGUSR1), 0);
    rig_until(r, &came, 3);
    eb_signal_close(NULL);
    assert_int_equal(eb_signal_open(r->loop, SIGKILL, on_signal, &came, &the_signal, &r->err), EB_E_IO);
    assert_non_null(strstr(r->err.msg, "signal 9"));
}

/* ---- work ---- */

struct job {
    pthread_t loop_thread;
    atomic_bool worked_elsewhere;
    int done;
};

static void work(void *user)
{
    struct job *j = user;
    (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    atomic_store(&j->worked_elsewhere, pthread_equal(pthread_self(), j->loop_thread) == 0);
}

static void done(void *user)
{
    struct job *j = user;
    assert_true(atomic_load(&j->worked_elsewhere)); /* and so before */
    assert_true(pthread_equal(pthread_self(), j->loop_thread) != 0);
    j->done++;
}

static void work_is_done_elsewhere_and_told_here(void **state)
{
    struct rig *r = *state;
    struct job jobs[8];
    memset(jobs, 0, sizeof(jobs));
    for (size_t i = 0; i < EB_COUNT(jobs); i++) {
        jobs[i].loop_thread = pthread_self();
        assert_int_equal(eb_work_run(r->loop, work, done, &jobs[i], &r->err), EB_OK);
    }
    eb_loop_run(r->loop); /* work is something to wait for */
    for (size_t i = 0; i < EB_COUNT(jobs); i++) {
        assert_int_equal(jobs[i].done, 1);
    }
}

static void destroying_waits_for_work(void **state)
{
    (void)state;
    struct eb_loop *l = NULL;
    assert_int_equal(eb_loop_create(&l, NULL), EB_OK);
    struct job j = {.loop_thread = pthread_self()};
    assert_int_equal(eb_work_run(l, work, done, &j, NULL), EB_OK);
    eb_loop_destroy(l);
    assert_int_equal(j.done, 1);
}

/* ---- descriptors ---- */

static void on_stream(void *user, struct eb_stream *s)
{
    (void)user;
    eb_stream_close(s);
}

static void on_ended(void *user, const struct eb_err *err)
{
    struct rig *r = user;
    r->err = *err;
}

static void on_child(void *user, int status)
{
    (void)user;
    (void)status;
}

static int failures;

/* Either it works, or it says why not. */
static bool opened_or_said(const struct rig *r, int code)
{
    if (code != EB_OK) {
        failures++;
        assert_int_equal(code, EB_E_IO);
        assert_non_null(strstr(r->err.msg, "too many open files"));
    }
    return code == EB_OK;
}

static void open_each_kind(struct rig *r, struct eb_loop *l)
{
    static const struct eb_stream_handlers handlers = {.closed = on_ended};
    static const char *const argv[] = {"true", NULL};
    static const struct eb_child_options options = {.argv = argv, .input = "x", .quiet = true};
    struct eb_wake *wake = NULL;
    struct eb_signal *sig = NULL;
    struct eb_listener *listener = NULL;
    struct eb_stream *stream = NULL;
    struct eb_watch *watch = NULL;
    struct eb_child *child = NULL;
    const char *path = rig_path(r, "s");
    (void)opened_or_said(r, eb_wake_open(l, nothing, NULL, &wake, &r->err));
    (void)opened_or_said(r, eb_signal_open(l, SIGUSR1, on_signal, &came, &sig, &r->err));
    (void)opened_or_said(r, eb_listener_open(l, path, 100, on_stream, NULL, &listener, &r->err));
    if (opened_or_said(r, eb_stream_connect(l, path, 100, &handlers, r, &stream, &r->err))) {
        eb_loop_once(l, false); /* its failure is told later, and only once */
    }
    (void)opened_or_said(r, eb_watch_open(l, r->dir, 10, nothing, NULL, &watch, &r->err));
    (void)opened_or_said(r, eb_child_start(l, &options, on_child, NULL, &child, &r->err));
    eb_child_close(child);
    eb_watch_close(watch);
    eb_stream_close(stream);
    eb_listener_close(listener);
    eb_signal_close(sig);
    eb_wake_close(wake);
}

static void running_out_of_descriptors_is_said_at_each_point(void **state)
{
    struct rig *r = *state;
    open_each_kind(r, r->loop); /* libuv keeps some for the process */
    eb_loop_once(r->loop, false);
    int before = rig_descriptors();
    int last = 1;
    for (size_t spare = 0; last > 0; spare++) {
        assert_true(spare < 40);
        struct eb_loop *l = NULL;
        failures = 0;
        rig_exhaust(r, spare);
        if (opened_or_said(r, eb_loop_create(&l, &r->err))) {
            open_each_kind(r, l);
            eb_loop_destroy(l);
        }
        rig_relieve(r);
        if (l == NULL) { /* libuv 1.44 loses one of a loop that it cannot make: such a process ends anyway */
            before = rig_descriptors();
        }
        last = failures;
    }
    assert_int_equal(rig_descriptors(), before);
    while (waitpid(-1, NULL, 0) > 0) {
        /* those that were still running when their loop was destroyed */
    }
}

/* ---- the service manager ---- */

static void it_hears_of_us(void **state)
{
    struct rig *r = *state;
    (void)unsetenv("NOTIFY_SOCKET");
    eb_service_notify("READY=1"); /* nobody there: nothing happens */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    (void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", rig_path(r, "notify"));
    assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", a.sun_path, 1), 0);
    eb_service_notify("READY=1\nSTATUS=12 positions");
    char said[128] = "";
    assert_true(recv(fd, said, sizeof(said) - 1, 0) > 0);
    assert_string_equal(said, "READY=1\nSTATUS=12 positions");
    (void)close(fd);
    eb_service_notify("WATCHDOG=1"); /* it is gone: that is its affair */
    (void)unsetenv("NOTIFY_SOCKET");
}

static void it_says_how_often(void **state)
{
    (void)state;
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
    assert_int_equal(eb_service_watchdog_ns(), 0);
    assert_int_equal(setenv("WATCHDOG_USEC", "10000000", 1), 0);
    assert_int_equal(eb_service_watchdog_ns(), INT64_C(5000000000));
    assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0); /* meant for another process */
    assert_int_equal(eb_service_watchdog_ns(), 0);
    (void)unsetenv("WATCHDOG_PID");
    assert_int_equal(setenv("WATCHDOG_USEC", "soon", 1), 0);
    assert_int_equal(eb_service_watchdog_ns(), 0);
    (void)unsetenv("WATCHDOG_USEC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_CASE(it_runs_until_stopped_or_done),
        RIG_CASE(a_forgotten_handle_ends_the_process),
        RIG_CASE(the_clocks),
        RIG_CASE(broken_pipes_are_errors_of_writes),
        RIG_CASE(threads_wake_the_loop),
        RIG_CASE(a_wake_closes_itself),
        RIG_CASE(signals_come_as_callbacks),
        RIG_CASE(work_is_done_elsewhere_and_told_here),
        RIG_CASE(destroying_waits_for_work),
        RIG_CASE(running_out_of_descriptors_is_said_at_each_point),
        RIG_CASE(it_hears_of_us),
        RIG_CASE(it_says_how_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
