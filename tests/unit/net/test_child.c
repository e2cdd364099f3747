/* SPDX-License-Identifier: Apache-2.0 */
/* Children: what they are given, what became of them, and that nothing of them is left, whoever ends first. */
#define _GNU_SOURCE

#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct ward {
    struct eb_child *c;
    int exited, status;
    bool closes;
};

static void on_exited(void *user, int status)
{
    struct ward *w = user;
    w->exited++;
    w->status = status;
    if (w->closes) {
        eb_child_close(w->c);
        w->c = NULL;
    }
}

static struct eb_child_options shell(const char *script)
{
    static const char *argv[8][6];
    static unsigned next;
    const char **a = argv[next++ % 8];
    a[0] = "sh";
    a[1] = "-c";
    a[2] = script;
    a[3] = NULL;
    return (struct eb_child_options){.argv = a};
}

static void start(struct rig *r, struct ward *w, const struct eb_child_options *o)
{
    *w = (struct ward){.closes = w->closes};
    assert_int_equal(eb_child_start(r->loop, o, on_exited, w, &w->c, &r->err), EB_OK);
    assert_int_equal(w->exited, 0);
}

/* Runs it to its end; its status. */
static int status_of(struct rig *r, const struct eb_child_options *o)
{
    struct ward w = {0};
    start(r, &w, o);
    rig_until(r, &w.exited, 1);
    assert_int_equal(waitpid(eb_child_pid(w.c), NULL, WNOHANG), -1); /* reaped */
    assert_int_equal(errno, ECHILD);
    eb_child_signal(w.c, SIGKILL); /* nobody is meant any more */
    eb_child_close(w.c);
    return w.status;
}

static int status_of_script(struct rig *r, const char *script)
{
    struct eb_child_options o = shell(script);
    return status_of(r, &o);
}

/* ---- what became of it ---- */

static void statuses(void **state)
{
    struct rig *r = *state;
    assert_int_equal(status_of_script(r, "exit 0"), 0);
    assert_int_equal(status_of_script(r, "exit 7"), 7);
    assert_int_equal(status_of_script(r, "kill -9 $$"), 128 + 9);
    assert_int_equal(status_of_script(r, "kill -TERM $$"), 128 + 15);
    const char *const argv[] = {"true", NULL}; /* looked up in PATH */
    assert_int_equal(status_of(r, &(struct eb_child_options){.argv = argv}), 0);
}

static void signals_reach_it(void **state)
{
    struct rig *r = *state;
    struct ward w = {0};
    struct eb_child_options o = shell("exec sleep 600");
    start(r, &w, &o);
    assert_int_equal(kill(eb_child_pid(w.c), 0), 0);
    eb_child_signal(w.c, SIGTERM);
    rig_until(r, &w.exited, 1);
    assert_int_equal(w.status, 128 + SIGTERM);
    eb_child_close(w.c);
}

static void the_loop_waits_for_it(void **state)
{
    struct rig *r = *state;
    struct ward w = {.closes = true};
    struct eb_child_options o = shell("sleep 0.05");
    start(r, &w, &o);
    eb_loop_run(r->loop);
    assert_int_equal(w.exited, 1);
    assert_null(w.c);
    eb_child_close(NULL);
}

static void several_at_once(void **state)
{
    struct rig *r = *state;
    struct ward w[20];
    memset(w, 0, sizeof(w));
    char scripts[20][32];
    for (size_t i = 0; i < EB_COUNT(w); i++) {
        w[i].closes = i % 2 == 0;
        (void)snprintf(scripts[i], sizeof(scripts[i]), "exit %zu", i);
        struct eb_child_options o = shell(scripts[i]);
        start(r, &w[i], &o);
    }
    for (size_t i = 0; i < EB_COUNT(w); i++) {
        rig_until(r, &w[i].exited, 1);
        assert_int_equal(w[i].status, i);
        eb_child_close(w[i].c);
    }
}

static void what_cannot_be_started(void **state)
{
    struct rig *r = *state;
    struct eb_child *c = NULL;
    static const char *const names[] = {"no-such-program-anywhere", "/no/such/program", "/etc/passwd", "/"};
    for (size_t i = 0; i < EB_COUNT(names); i++) {
        const char *const argv[] = {names[i], NULL};
        struct eb_child_options o = {.argv = argv, .input = "x", .quiet = true, .dies_with_us = true};
        r->err = (struct eb_err){0};
        assert_int_equal(eb_child_start(r->loop, &o, on_exited, NULL, &c, &r->err), EB_E_IO);
        assert_non_null(strstr(r->err.msg, names[i]));
        assert_non_null(strstr(r->err.msg, i < 2 ? "no such file" : "permission denied"));
    }
    const char *const none[] = {NULL};
    const char *const empty[] = {"", NULL};
    assert_int_equal(eb_child_start(r->loop, &(struct eb_child_options){.argv = none}, on_exited, NULL, &c, &r->err),
                     EB_E_INVALID);
    assert_int_equal(eb_child_start(r->loop, &(struct eb_child_options){.argv = empty}, on_exited, NULL, &c, &r->err),
                     EB_E_INVALID);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* and no zombie of the attempts */
    assert_int_equal(errno, ECHILD);
    assert_null(c);
}

static void children_of_others_are_left_to_them(void **state)
{
    struct rig *r = *state;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(9);
    }
    assert_int_equal(status_of_script(r, "exit 3"), 3);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 9);
}

/* ---- what it is given ---- */

static void input_reaches_it(void **state)
{
    struct rig *r = *state;
    char script[128];
    (void)snprintf(script, sizeof(script), "cat > %s", rig_path(r, "out"));
    struct eb_child_options o = shell(script);
    o.input = "{\"alarm\":\"unprotected\"}\n";
    assert_int_equal(status_of(r, &o), 0);
    char text[64];
    rig_read(rig_path(r, "out"), text, sizeof(text));
    assert_string_equal(text, o.input);
    o.input = "";
    assert_int_equal(status_of(r, &o), 0);
}

static void long_input_reaches_it_or_is_not_wanted(void **state)
{
    struct rig *r = *state;
    size_t len = (size_t)1 << 20; /* more than a pipe holds */
    char *input = malloc(len + 1);
    assert_non_null(input);
    memset(input, 'x', len);
    input[len] = '\0';
    struct eb_child_options o = shell("[ \"$(cat | wc -c)\" -eq 1048576 ]");
    o.input = input;
    assert_int_equal(status_of(r, &o), 0);
    o = shell("exit 3");
    o.input = input;
    assert_int_equal(status_of(r, &o), 3);
    o = shell("exec 0<&-; sleep 0.05; exit 4"); /* goes on without reading */
    o.input = input;
    assert_int_equal(status_of(r, &o), 4);
    free(input);
}

static void without_input_it_reads_nothing(void **state)
{
    struct rig *r = *state;
    assert_int_equal(status_of_script(r, "read line && exit 1; [ \"$(readlink /proc/$$/fd/0)\" = /dev/null ]"), 0);
}

static void a_quiet_one_says_nothing(void **state)
{
    struct rig *r = *state;
    struct eb_child_options o = shell("echo not to be seen; echo nor this >&2; "
                                      "[ \"$(readlink /proc/$$/fd/1)\" = /dev/null ] && "
                                      "[ \"$(readlink /proc/$$/fd/2)\" = /dev/null ]");
    o.quiet = true;
    assert_int_equal(status_of(r, &o), 0);
    char script[128];
    (void)snprintf(script, sizeof(script), "[ \"$(readlink /proc/$$/fd/2)\" = \"$(readlink /proc/%d/fd/2)\" ]",
                   (int)getpid());
    assert_int_equal(status_of_script(r, script), 0); /* others speak where we do */
}

static void it_inherits_no_descriptor(void **state)
{
    struct rig *r = *state;
    int careless = open("/dev/null", O_RDONLY); /* NOLINT: without O_CLOEXEC is the case */
    assert_true(careless > 2);
    int far = fcntl(careless, F_DUPFD, 200);
    assert_true(far >= 200);
    char script[128];
    (void)snprintf(script, sizeof(script), "[ ! -e /proc/$$/fd/%d ] && [ ! -e /proc/$$/fd/%d ]", careless, far);
    struct eb_child_options o = shell(script);
    assert_int_equal(status_of(r, &o), 0);
    o.input = "x";
    o.quiet = true;
    assert_int_equal(status_of(r, &o), 0);
    (void)close(careless);
    (void)close(far);
}

static void it_starts_with_ordinary_signals(void **state)
{
    struct rig *r = *state;
    sigset_t blocked;
    sigset_t before;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGUSR2);
    assert_int_equal(sigprocmask(SIG_BLOCK, &blocked, &before), 0);
    /* Neither blocked, as that one is, nor ignored, as SIGPIPE is (13). */
    assert_int_equal(status_of_script(r, "while read key value; do case $key in "
                                         "SigBlk:) [ $((0x$value)) -eq 0 ] || exit 1;; "
                                         "SigIgn:) [ $((0x$value & 0x1000)) -eq 0 ] || exit 2;; "
                                         "esac; done < /proc/self/status"),
                     0);
    assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

/* ---- how long it may run ---- */

/* Starts a child that is to be killed after ms, and has started another by then: its number, 0 when it was too slow. */
static int grandchild_of_a_killed_one(struct rig *r, int64_t ms)
{
    const char *path = rig_path(r, "grandchild");
    char script[256];
    (void)snprintf(script, sizeof(script), "trap '' TERM; sleep 600 & echo $! > %s; wait", path);
    struct eb_child_options o = shell(script);
    o.kill_after_ms = ms;
    assert_int_equal(status_of(r, &o), 128 + SIGKILL);
    char text[64];
    rig_read(path, text, sizeof(text));
    return strchr(text, '\n') == NULL ? 0 : (int)strtol(text, NULL, 10);
}

static void it_is_killed_with_what_it_started(void **state)
{
    struct rig *r = *state;
    int grandchild = 0;
    for (int64_t ms = 250; grandchild == 0; ms *= 4) { /* a machine may be slow, but not for ever */
        assert_true(ms < 60000);
        grandchild = grandchild_of_a_killed_one(r, ms);
    }
    for (int i = 0; i < 3000 && !rig_process_ended(grandchild); i++) {
        rig_idle(r, 10);
    }
    assert_true(rig_process_ended(grandchild));
}

static void one_that_is_done_in_time_is_not_killed(void **state)
{
    struct rig *r = *state;
    struct eb_child_options o = shell("exit 5");
    o.kill_after_ms = INT64_MAX; /* no overflow either */
    assert_int_equal(status_of(r, &o), 5);
    o.kill_after_ms = 60000;
    assert_int_equal(status_of(r, &o), 5);
}

/* It is gone, and no zombie of it is left either. */
static void is_reaped(struct rig *r, int pid)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d", pid);
    for (int i = 0; i < 3000 && access(path, F_OK) == 0; i++) {
        rig_idle(r, 10);
    }
    assert_int_equal(access(path, F_OK), -1);
}

static void a_forgotten_one_gets_its_input_and_is_reaped(void **state)
{
    struct rig *r = *state;
    struct ward w = {0};
    char script[256];
    (void)snprintf(script, sizeof(script), "cat > %s; echo $$ > %s; exec sleep 600", rig_path(r, "out"),
                   rig_path(r, "done"));
    struct eb_child_options o = shell(script);
    o.input = "to be read after it was forgotten\n";
    start(r, &w, &o);
    int pid = eb_child_pid(w.c);
    eb_child_close(w.c);
    eb_loop_run(r->loop); /* at most its input keeps the loop */
    assert_int_equal(rig_number(r, rig_path(r, "done")), pid);
    char text[64];
    rig_read(rig_path(r, "out"), text, sizeof(text));
    assert_string_equal(text, o.input);
    assert_int_equal(kill(pid, SIGKILL), 0);
    is_reaped(r, pid);
    assert_int_equal(w.exited, 0);
}

static void the_limit_of_a_forgotten_one_holds(void **state)
{
    struct rig *r = *state;
    struct ward w = {0};
    struct eb_child_options o = shell("exec sleep 600");
    o.kill_after_ms = 50;
    start(r, &w, &o);
    int pid = eb_child_pid(w.c);
    eb_child_close(w.c);
    is_reaped(r, pid);
    assert_int_equal(w.exited, 0);
}

static void destroying_leaves_it_alone(void **state)
{
    struct rig *r = *state;
    struct ward w = {0};
    struct eb_child_options o = shell("exec sleep 600");
    o.kill_after_ms = 600000;
    start(r, &w, &o);
    int pid = eb_child_pid(w.c);
    eb_child_close(w.c);
    eb_loop_destroy(r->loop);
    assert_int_equal(eb_loop_create(&r->loop, &r->err), EB_OK);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* ---- who ends first ---- */

/* A process with a loop of its own, which starts a child that writes its number to path and sleeps. */
static pid_t parent_of_one(const char *path, bool dies_with_us)
{
    pid_t pid = fork();
    if (pid != 0) {
        return pid;
    }
    struct eb_loop *l = NULL;
    struct eb_child *c = NULL;
    char script[256];
    (void)snprintf(script, sizeof(script), "echo $$ > %s; exec sleep 600", path);
    struct eb_child_options o = shell(script);
    o.dies_with_us = dies_with_us;
    if (eb_loop_create(&l, NULL) != EB_OK || eb_child_start(l, &o, on_exited, NULL, &c, NULL) != EB_OK) {
        _exit(1);
    }
    eb_loop_run(l);
    _exit(2);
}

static void it_dies_with_us_however_we_end(void **state)
{
    struct rig *r = *state;
    static const int signals[] = {SIGKILL, SIGTERM};
    for (size_t i = 0; i < EB_COUNT(signals); i++) {
        const char *path = rig_path(r, i == 0 ? "first" : "second");
        pid_t parent = parent_of_one(path, true);
        int child = rig_number(NULL, path);
        assert_int_equal(kill(parent, signals[i]), 0);
        assert_int_equal(waitpid(parent, NULL, 0), parent);
        for (int n = 0; n < 3000 && !rig_process_ended(child); n++) {
            (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        }
        assert_true(rig_process_ended(child));
    }
    /* and one that was not asked to goes on: the test can tell */
    pid_t parent = parent_of_one(rig_path(r, "third"), false);
    int child = rig_number(NULL, rig_path(r, "third"));
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    (void)nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    assert_false(rig_process_ended(child));
    assert_int_equal(kill(child, SIGKILL), 0);
}

static void no_descriptor_is_lost(void **state)
{
    struct rig *r = *state;
    int before = 0;
    for (int i = 0; i < 201; i++) {
        struct ward w = {.closes = true};
        const char *const argv[] = {i % 3 == 2 ? "no-such-program" : "true", NULL};
        struct eb_child_options o = {.argv = argv, .input = i % 2 == 0 ? "x" : NULL, .quiet = i % 5 == 0};
        int code = eb_child_start(r->loop, &o, on_exited, &w, &w.c, &r->err);
        assert_int_equal(code, i % 3 == 2 ? EB_E_IO : EB_OK);
        rig_until(r, &w.exited, code == EB_OK ? 1 : 0);
        eb_loop_once(r->loop, false);
        before = i == 1 ? rig_descriptors() : before;
    }
    assert_int_equal(rig_descriptors(), before);
}

/* ---- what it says ---- */

struct said {
    struct ward w;
    int lines;
    char line[8][EB_CHILD_LINE_MAX];
    bool closes; /* its child, at the first line */
    int lines_at_end;
};

static void on_line(void *user, const char *line)
{
    struct said *s = user;
    assert_true(s->lines < 8);
    (void)snprintf(s->line[s->lines++], EB_CHILD_LINE_MAX, "%s", line);
    if (s->closes) {
        eb_child_close(s->w.c);
        s->w.c = NULL;
    }
}

static void on_end_of_lines(void *user, int status)
{
    struct said *s = user;
    s->w.exited++;
    s->w.status = status;
    s->lines_at_end = s->lines;
}

static void listen_to(struct rig *r, struct said *s, const char *script)
{
    struct eb_child_options o = shell(script);
    o.line = on_line;
    assert_int_equal(eb_child_start(r->loop, &o, on_end_of_lines, s, &s->w.c, &r->err), EB_OK);
}

static void its_lines_are_read_before_its_end_is_told(void **state)
{
    static struct said s;
    struct rig *r = *state;
    memset(&s, 0, sizeof(s));
    listen_to(r, &s, "echo one; sleep 0.05; printf 'tw'; sleep 0.05; printf 'o\\n\\nrest'; exit 3");
    rig_until(r, &s.w.exited, 1);
    assert_int_equal(s.w.status, 3);
    assert_int_equal(s.lines_at_end, 4);
    assert_string_equal(s.line[0], "one");
    assert_string_equal(s.line[1], "two");
    assert_string_equal(s.line[2], "");
    assert_string_equal(s.line[3], "rest");
    eb_child_close(s.w.c);
}

static void a_long_line_is_cut(void **state)
{
    static struct said s;
    struct rig *r = *state;
    memset(&s, 0, sizeof(s));
    listen_to(r, &s, "head -c 20000 /dev/zero | tr '\\0' x; echo; echo next");
    rig_until(r, &s.w.exited, 1);
    assert_int_equal(s.lines, 2);
    assert_int_equal(strlen(s.line[0]), EB_CHILD_LINE_MAX - 1);
    assert_string_equal(s.line[1], "next");
    eb_child_close(s.w.c);
}

static void one_that_is_forgotten_is_not_heard(void **state)
{
    static struct said s;
    struct rig *r = *state;
    memset(&s, 0, sizeof(s));
    s.closes = true;
    listen_to(r, &s, "echo one; echo two; sleep 0.05; echo three");
    rig_until(r, &s.lines, 1);
    (void)rig_idle(r, 200);
    assert_int_equal(s.lines, 1);
    assert_int_equal(s.w.exited, 0);
}

/* What a terminal sends to our group does not reach it. */
static void one_apart_leads_a_group_of_its_own(void **state)
{
    static struct said s;
    struct rig *r = *state;
    memset(&s, 0, sizeof(s));
    struct eb_child_options o = shell("sleep 0.2");
    o.line = on_line;
    o.apart = true;
    assert_int_equal(eb_child_start(r->loop, &o, on_end_of_lines, &s, &s.w.c, &r->err), EB_OK);
    assert_int_equal(getpgid(eb_child_pid(s.w.c)), eb_child_pid(s.w.c));
    rig_until(r, &s.w.exited, 1);
    eb_child_close(s.w.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_CASE(statuses),
        RIG_CASE(signals_reach_it),
        RIG_CASE(the_loop_waits_for_it),
        RIG_CASE(several_at_once),
        RIG_CASE(what_cannot_be_started),
        RIG_CASE(children_of_others_are_left_to_them),
        RIG_CASE(input_reaches_it),
        RIG_CASE(long_input_reaches_it_or_is_not_wanted),
        RIG_CASE(without_input_it_reads_nothing),
        RIG_CASE(a_quiet_one_says_nothing),
        RIG_CASE(it_inherits_no_descriptor),
        RIG_CASE(it_starts_with_ordinary_signals),
        RIG_CASE(it_is_killed_with_what_it_started),
        RIG_CASE(one_that_is_done_in_time_is_not_killed),
        RIG_CASE(a_forgotten_one_gets_its_input_and_is_reaped),
        RIG_CASE(the_limit_of_a_forgotten_one_holds),
        RIG_CASE(destroying_leaves_it_alone),
        RIG_CASE(it_dies_with_us_however_we_end),
        RIG_CASE(its_lines_are_read_before_its_end_is_told),
        RIG_CASE(a_long_line_is_cut),
        RIG_CASE(one_that_is_forgotten_is_not_heard),
        RIG_CASE(one_apart_leads_a_group_of_its_own),
        RIG_CASE(no_descriptor_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
