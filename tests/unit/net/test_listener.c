/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners: whose socket it is, who may connect, what stands in the way, and what happens when descriptors run out. */
#define _GNU_SOURCE

#include "pair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void nobody_accepts(void *user, struct eb_stream *s)
{
    (void)user;
    (void)s;
    fail_msg("a connection where none can be");
}

/* Opens at path and expects this failure, whose message has all three texts. */
static void refused(struct rig *r, const char *path, int code, const char *a, const char *b)
{
    struct eb_listener *l = NULL;
    r->err = (struct eb_err){0};
    assert_int_equal(eb_listener_open(r->loop, path, 100, nobody_accepts, NULL, &l, &r->err), code);
    assert_null(l);
    assert_int_equal(r->err.code, code);
    assert_non_null(strstr(r->err.msg, path));
    assert_non_null(strstr(r->err.msg, a));
    assert_non_null(strstr(r->err.msg, b));
}

/* A bound socket, as a process leaves it behind that was killed. */
static void leave_behind(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    (void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
    (void)close(fd);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static void only_its_user_may_connect(void **state)
{
    struct rig *r = *state;
    static const mode_t masks[] = {0, 022, 077, 0777};
    for (size_t i = 0; i < EB_COUNT(masks); i++) {
        mode_t before = umask(masks[i]);
        struct eb_listener *l = NULL;
        int code = eb_listener_open(r->loop, rig_path(r, "s"), 100, nobody_accepts, NULL, &l, &r->err);
        (void)umask(before);
        assert_int_equal(code, EB_OK);
        assert_int_equal(mode_of(rig_path(r, "s")), 0600);
        eb_listener_close(l);
        assert_int_equal(access(rig_path(r, "s"), F_OK), -1); /* removed */
    }
    eb_listener_close(NULL);
}

static void missing_directories_are_made(void **state)
{
    struct rig *r = *state;
    mode_t before = umask(0);
    struct eb_listener *l = NULL;
    int code = eb_listener_open(r->loop, rig_path(r, "a//b/c/s"), 100, nobody_accepts, NULL, &l, &r->err);
    (void)umask(before);
    assert_int_equal(code, EB_OK);
    assert_int_equal(mode_of(rig_path(r, "a")), 0700);
    assert_int_equal(mode_of(rig_path(r, "a/b/c")), 0700);
    assert_int_equal(mode_of(rig_path(r, "a/b/c/s")), 0600);
    eb_listener_close(l);
}

static void a_name_without_directory(void **state)
{
    struct rig *r = *state;
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(chdir(r->dir), 0);
    struct eb_listener *l = NULL;
    int code = eb_listener_open(r->loop, "s", 100, nobody_accepts, NULL, &l, &r->err);
    bool there = access(rig_path(r, "s"), F_OK) == 0;
    eb_listener_close(l);
    assert_int_equal(fchdir(here), 0);
    (void)close(here);
    assert_int_equal(code, EB_OK);
    assert_true(there);
}

/* ---- what stands in the way ---- */

static void a_path_that_is_too_long(void **state)
{
    struct rig *r = *state;
    char path[120];
    memset(path, 'x', sizeof(path));
    memcpy(path, r->dir, strlen(r->dir));
    path[strlen(r->dir)] = '/';
    path[108] = '\0';
    refused(r, path, EB_E_INVALID, "at most 107 bytes", "shorter one (control.socket");
    assert_int_equal(access(r->dir, F_OK), 0);
    path[107] = '\0';
    struct eb_listener *l = NULL;
    assert_int_equal(eb_listener_open(r->loop, path, 100, nobody_accepts, NULL, &l, &r->err), EB_OK);
    int fd = rig_client(path);
    assert_true(fd >= 0); /* the longest one works */
    (void)close(fd);
    eb_listener_close(l);
}

static void directories_that_cannot_be(void **state)
{
    struct rig *r = *state;
    rig_write(rig_path(r, "file"), "x");
    refused(r, rig_path(r, "file/s"), EB_E_IO, "directory", "not a directory");
    refused(r, rig_path(r, "file/deep/s"), EB_E_IO, rig_path(r, "file/deep"), "not a directory");
    assert_int_equal(symlink("nowhere", rig_path(r, "dangling")), 0);
    refused(r, rig_path(r, "dangling/s"), EB_E_IO, "directory", "no such file");
}

/* Root may write anywhere, so it becomes somebody for a moment. */
static void a_directory_of_somebody_else(void **state)
{
    struct rig *r = *state;
    bool root = geteuid() == 0;
    assert_int_equal(chmod(r->dir, root ? 0755 : 0555), 0);
    if (root && seteuid(65534) != 0) {
        skip();
    }
    refused(r, rig_path(r, "s"), EB_E_IO, r->dir, "permission denied");
    refused(r, rig_path(r, "deep/s"), EB_E_IO, rig_path(r, "deep"), "permission denied");
    assert_int_equal(root ? seteuid(0) : 0, 0);
    assert_int_equal(chmod(r->dir, 0700), 0);
}

static void what_is_no_socket_is_left_alone(void **state)
{
    struct rig *r = *state;
    rig_write(rig_path(r, "s"), "precious");
    refused(r, rig_path(r, "s"), EB_E_REFUSED, "no socket", "choose another");
    char text[64];
    rig_read(rig_path(r, "s"), text, sizeof(text));
    assert_string_equal(text, "precious");
    refused(r, r->dir, EB_E_REFUSED, "no socket", "");
    assert_int_equal(symlink("nowhere", rig_path(r, "link")), 0);
    refused(r, rig_path(r, "link"), EB_E_REFUSED, "no socket", "");
    assert_int_equal(mkfifo(rig_path(r, "fifo"), 0600), 0);
    refused(r, rig_path(r, "fifo"), EB_E_REFUSED, "no socket", "");
}

static void a_stale_socket_is_replaced(void **state)
{
    struct pair p = {0};
    struct rig *r = *state;
    leave_behind(rig_path(r, "s"));
    assert_int_equal(rig_client(rig_path(r, "s")), -1);
    assert_int_equal(errno, ECONNREFUSED);
    pair_open(&p, r);
    assert_int_equal(mode_of(p.path), 0600);
    pair_close(&p);
}

static void a_live_socket_is_not(void **state)
{
    struct pair p = {0};
    pair_open(&p, *state);
    for (int i = 0; i < 3; i++) {
        refused(p.rig, p.path, EB_E_REFUSED, "in use", "another process listens");
    }
    assert_int_equal(eb_stream_write(p.here.s, "still", 5), EB_OK);
    rig_until(p.rig, &p.there.bytes, 5);
    pair_close(&p);
}

static void a_live_socket_of_another_kind_is_not(void **state)
{
    struct rig *r = *state;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    (void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", rig_path(r, "s"));
    assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
    refused(r, a.sun_path, EB_E_REFUSED, "in use", "");
    (void)close(fd);
}

static void the_socket_of_a_successor_stays(void **state)
{
    struct rig *r = *state;
    struct eb_listener *l = NULL;
    assert_int_equal(eb_listener_open(r->loop, rig_path(r, "s"), 100, nobody_accepts, NULL, &l, &r->err), EB_OK);
    assert_int_equal(rename(rig_path(r, "s"), rig_path(r, "old")), 0);
    leave_behind(rig_path(r, "s"));
    eb_listener_close(l);
    assert_int_equal(access(rig_path(r, "s"), F_OK), 0);
}

/* ---- accepting ---- */

struct crowd {
    struct eb_listener *l;
    int accepted;
    bool closes; /* the listener, with the first */
};

static void count_and_close(void *user, struct eb_stream *s)
{
    struct crowd *c = user;
    assert_non_null(c->l);
    c->accepted++;
    eb_stream_close(s);
    if (c->closes) {
        eb_listener_close(c->l);
        c->l = NULL;
    }
}

static void open_crowd(struct crowd *c, struct rig *r)
{
    assert_int_equal(eb_listener_open(r->loop, rig_path(r, "s"), 100, count_and_close, c, &c->l, &r->err), EB_OK);
}

static void many_at_once(void **state)
{
    struct rig *r = *state;
    struct crowd c = {0};
    open_crowd(&c, r);
    int fds[100];
    for (size_t i = 0; i < EB_COUNT(fds); i++) {
        fds[i] = rig_client(rig_path(r, "s"));
        assert_true(fds[i] >= 0);
    }
    rig_until(r, &c.accepted, 100);
    for (size_t i = 0; i < EB_COUNT(fds); i++) {
        char byte = 0;
        assert_int_equal(recv(fds[i], &byte, 1, 0), 0);
        (void)close(fds[i]);
    }
    eb_listener_close(c.l);
}

static void closing_it_while_others_wait(void **state)
{
    struct rig *r = *state;
    struct crowd c = {.closes = true};
    open_crowd(&c, r);
    int fds[5];
    for (size_t i = 0; i < EB_COUNT(fds); i++) {
        fds[i] = rig_client(rig_path(r, "s"));
        assert_true(fds[i] >= 0);
    }
    rig_until(r, &c.accepted, 1);
    rig_idle(r, 5);
    assert_int_equal(c.accepted, 1);
    char byte = 0;
    for (size_t i = 0; i < EB_COUNT(fds); i++) {
        assert_true(recv(fds[i], &byte, 1, 0) <= 0); /* and they know */
        (void)close(fds[i]);
    }
    struct crowd again = {0};
    open_crowd(&again, r); /* the path is free at once */
    eb_listener_close(again.l);
}

static void it_survives_running_out_of_descriptors(void **state)
{
    struct rig *r = *state;
    struct crowd c = {0};
    open_crowd(&c, r);
    rig_exhaust(r, 1);
    int client = rig_client(rig_path(r, "s")); /* the last one: the kernel connects, nobody can accept */
    assert_true(client >= 0);
    assert_true(rig_idle(r, 250) < 50); /* tries, more than once, and sleeps in between */
    assert_int_equal(c.accepted, 0);
    rig_relieve(r);
    rig_until(r, &c.accepted, 1);
    (void)close(client);
    eb_listener_close(c.l);
}

static void no_descriptor_is_lost(void **state)
{
    struct rig *r = *state;
    int before = 0;
    for (int i = 0; i < 201; i++) {
        struct pair p = {.here.finishes = i % 2 == 0, .there.finishes = i % 3 == 0};
        pair_open(&p, r);
        assert_int_equal(eb_stream_write(p.there.s, "hello", 5), EB_OK);
        rig_until(r, &p.here.bytes, 5);
        pair_close(&p);
        refused(r, r->dir, EB_E_REFUSED, "no socket", "");
        leave_behind(rig_path(r, "s"));
        eb_loop_once(r->loop, false);
        if (i == 0) {
            before = rig_descriptors(); /* what the loop opens for good is open now */
        }
    }
    assert_int_equal(rig_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_CASE(only_its_user_may_connect),
        RIG_CASE(missing_directories_are_made),
        RIG_CASE(a_name_without_directory),
        RIG_CASE(a_path_that_is_too_long),
        RIG_CASE(directories_that_cannot_be),
        RIG_CASE(a_directory_of_somebody_else),
        RIG_CASE(what_is_no_socket_is_left_alone),
        RIG_CASE(a_stale_socket_is_replaced),
        RIG_CASE(a_live_socket_is_not),
        RIG_CASE(a_live_socket_of_another_kind_is_not),
        RIG_CASE(the_socket_of_a_successor_stays),
        RIG_CASE(many_at_once),
        RIG_CASE(closing_it_while_others_wait),
        RIG_CASE(it_survives_running_out_of_descriptors),
        RIG_CASE(no_descriptor_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
