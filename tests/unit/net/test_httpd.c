/* SPDX-License-Identifier: Apache-2.0 */
/* The server, spoken to byte by byte. */
#define _GNU_SOURCE

#include "site.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int dial(struct site *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(eb_httpd_port(s->server)),
                            .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static void say(int fd, const char *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void say_text(int fd, const char *text)
{
    say(fd, text, strlen(text));
}

/* Reads until `want` has come `times`, or the connection ended; -1 reset, 0 ended, 1 came. */
static int hear(struct site *s, int fd, const char *want, int times, char *out, size_t cap)
{
    size_t len = 0;
    out[0] = '\0';
    for (int turns = 0; turns < 20000; turns++) {
        ssize_t n = recv(fd, out + len, cap - 1 - len, 0);
        if (n == 0) {
            return 0;
        }
        if (n < 0 && errno != EAGAIN) {
            return -1;
        }
        len += n > 0 ? (size_t)n : 0;
        out[len] = '\0';
        int found = 0;
        for (const char *p = want == NULL ? NULL : strstr(out, want); p != NULL; p = strstr(p + 1, want)) {
            found++;
        }
        if (want != NULL && found >= times) {
            return 1;
        }
        (void)rig_idle(s->rig, 1);
    }
    fail_msg("heard only '%s'", out);
    return -1;
}

static void test_pipelined(void **state)
{
    static const char all[] = "GET /1?a HTTP/1.1\r\nHost: x\r\n\r\n"
                              "POST /2 HTTP/1.1\r\nHost: x\r\n\r\n" /* no body, and none announced */
                              "POST /3 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\r\n"
                              "POST /4 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "2\r\nde\r\n3;x=y\r\nfgh\r\n0\r\nTrailer: t\r\n\r\n"
                              "DELETE /5?b HTTP/1.1\r\nX-MBX-APIKEY:   k  \r\n\r\n";
    struct site s = {0};
    char out[4096];
    site_open(&s, *state);
    for (size_t step = 1; step < sizeof(all); step = step * 3 + 1) { /* whole, and in pieces of any size */
        int fd = dial(&s);
        for (size_t at = 0; at < sizeof(all) - 1; at += step) {
            size_t n = sizeof(all) - 1 - at < step ? sizeof(all) - 1 - at : step;
            say(fd, all + at, n);
            if (step < 20) {
                (void)rig_idle(s.rig, 1);
            }
        }
        assert_int_equal(hear(&s, fd, "DELETE|/5|b|k||127.0.0.1", 1, out, sizeof(out)), 1);
        assert_non_null(strstr(out, "GET|/1|a|-||"));
        assert_non_null(strstr(out, "POST|/2||-||"));
        assert_non_null(strstr(out, "POST|/3||-|abc|"));
        assert_non_null(strstr(out, "POST|/4||-|defgh|"));
        (void)close(fd);
    }
    site_close(&s);
}

static void test_a_row_behind_an_open_call(void **state)
{
    static const char row[] = "GET /never HTTP/1.1\r\n\r\nGET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
    struct site s = {0};
    char out[4096];
    site_open(&s, *state);
    int fd = dial(&s);
    say(fd, row, sizeof(row) - 1);
    rig_until(s.rig, &s.requests, 1);
    (void)rig_idle(s.rig, 20);
    assert_int_equal(s.requests, 1);
    eb_httpd_answer(s.held, 200, "", "first", 5);
    assert_int_equal(s.requests, 1); /* handlers do not nest */
    assert_int_equal(hear(&s, fd, "GET|/b", 1, out, sizeof(out)), 1);
    assert_true(strstr(out, "first") < strstr(out, "GET|/a"));
    say(fd, row, sizeof(row) - 1);
    rig_until(s.rig, &s.requests, 4);
    (void)close(fd); /* leaves before the answer */
    rig_until(s.rig, &s.gone, 1);
    site_close(&s);
}

static void test_bad_requests(void **state)
{
    static const struct {
        const char *text, *status;
    } cases[] = {
        {"nonsense\r\n\r\n", "400"},
        {"GET / HTTP/2.0\r\n\r\n", "400"},
        {"GET  / HTTP/1.1\r\n\r\n", "400"},
        {"GET http://x/ HTTP/1.1\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nA b: c\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
        {"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", "413"},
        {"POST / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n", "413"},
        {"POST / HTTP/1.1\r\nContent-Length: 9999999999999\r\n\r\n", "400"},
        {"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "400"},
    };
    struct site s = {.options = {.body_max = 1000}};
    char out[4096];
    site_open(&s, *state);
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        int fd = dial(&s);
        say(fd, cases[i].text, strlen(cases[i].text));
        assert_int_equal(hear(&s, fd, NULL, 0, out, sizeof(out)), 0); /* said, then closed */
        if (strncmp(out + 9, cases[i].status, 3) != 0) {
            fail_msg("%zu: wanted %s, got %s", i, cases[i].status, out);
        }
        assert_non_null(strstr(out, "Connection: close"));
        (void)close(fd);
    }
    assert_int_equal(s.requests, 0);
    site_close(&s);
}

static void test_long_heads(void **state)
{
    struct site s = {0};
    char out[4096];
    char line[256];
    memset(line, 'x', sizeof(line));
    memcpy(line, "H: ", 3);
    memcpy(line + 254, "\r\n", 2);
    site_open(&s, *state);
    int fd = dial(&s);
    say_text(fd, "GET / HTTP/1.1\r\n");
    for (int i = 0; i < 65; i++) { /* more headers than anybody has */
        say(fd, line, sizeof(line));
    }
    say(fd, "\r\n", 2);
    assert_int_equal(hear(&s, fd, NULL, 0, out, sizeof(out)), 0);
    assert_memory_equal(out + 9, "431", 3);
    (void)close(fd);
    site_close(&s);
}

static void test_keep_alive_or_not(void **state)
{
    struct site s = {0};
    char out[4096];
    site_open(&s, *state);
    int fd = dial(&s);
    say_text(fd, "GET /a HTTP/1.1\r\nConnection: Close\r\n\r\n");
    assert_int_equal(hear(&s, fd, NULL, 0, out, sizeof(out)), 0);
    assert_non_null(strstr(out, "GET|/a"));
    (void)close(fd);
    fd = dial(&s);
    say_text(fd, "GET /b HTTP/1.0\r\n\r\n");
    assert_int_equal(hear(&s, fd, NULL, 0, out, sizeof(out)), 0);
    assert_non_null(strstr(out, "GET|/b"));
    (void)close(fd);
    fd = dial(&s);
    say_text(fd, "POST /c HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_int_equal(hear(&s, fd, "100 Continue\r\n\r\n", 1, out, sizeof(out)), 1);
    say(fd, "ok", 2);
    assert_int_equal(hear(&s, fd, "POST|/c||-|ok|", 1, out, sizeof(out)), 1);
    say_text(fd, "HEAD /d HTTP/1.1\r\n\r\n");
    assert_int_equal(hear(&s, fd, "\r\n\r\n", 1, out, sizeof(out)), 1);
    assert_null(strstr(out, "HEAD|/d"));
    say_text(fd, "GET /cut HTTP/1.1\r\n\r\n");
    assert_int_equal(hear(&s, fd, NULL, 0, out, sizeof(out)), -1); /* reset */
    (void)close(fd);
    site_close(&s);
}

static void test_more_than_allowed(void **state)
{
    struct site s = {.options = {.connections_max = 3}};
    char out[256];
    int fd[4];
    site_open(&s, *state);
    for (int i = 0; i < 4; i++) {
        fd[i] = dial(&s);
        (void)rig_idle(s.rig, 5);
    }
    assert_int_equal(hear(&s, fd[3], NULL, 0, out, sizeof(out)), -1);
    (void)close(fd[3]);
    (void)close(fd[0]);
    (void)rig_idle(s.rig, 20);
    fd[0] = dial(&s); /* there is room again */
    say_text(fd[0], "GET /a HTTP/1.1\r\n\r\n");
    assert_int_equal(hear(&s, fd[0], "GET|/a", 1, out, sizeof(out)), 1);
    for (int i = 0; i < 3; i++) {
        (void)close(fd[i]);
    }
    site_close(&s);
}

static int upgrade(struct site *s)
{
    static const char head[] =
        "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    char out[1024];
    int fd = dial(s);
    say(fd, head, sizeof(head) - 1);
    assert_int_equal(hear(s, fd, "\r\n\r\n", 1, out, sizeof(out)), 1);
    assert_non_null(strstr(out, "101 "));
    assert_non_null(strstr(out, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")); /* RFC 6455, 1.3 */
    return fd;
}

static void test_frames_of_a_client(void **state)
{
    struct site s = {.options = {.message_max = 100}};
    char out[1024];
    site_open(&s, *state);
    int fd = upgrade(&s);
    /* RFC 6455, 5.7: "Hello" masked; a ping of it; in two fragments with the ping between. */
    say(fd, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
    assert_int_equal(hear(&s, fd, "\x81\x05Hello", 1, out, sizeof(out)), 1);
    say(fd, "\x89\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
    assert_int_equal(hear(&s, fd, "\x8a\x05Hello", 1, out, sizeof(out)), 1);
    assert_int_equal(s.texts, 1);
    say(fd, "\x88\x82\x01\x01\x01\x01\x02\xe9", 8); /* 1000 */
    assert_int_equal(hear(&s, fd, NULL, 0, out, sizeof(out)), 0);
    assert_memory_equal(out, "\x88\x02\x03\xe8", 4);
    assert_int_equal(s.closed, 1);
    (void)close(fd);
    fd = upgrade(&s);
    say(fd, "\x81\x05Hello", 7); /* not masked */
    assert_int_equal(hear(&s, fd, NULL, 0, out, sizeof(out)), 0);
    assert_memory_equal(out, "\x88\x02\x03\xea", 4);
    (void)close(fd);
    fd = upgrade(&s);
    say(fd, "\x81\xfe\x00\x65zzzz", 8); /* 101 bytes */
    assert_int_equal(hear(&s, fd, NULL, 0, out, sizeof(out)), 0);
    assert_memory_equal(out, "\x88\x02\x03\xf1", 4);
    assert_int_equal(s.closed, 3);
    (void)close(fd);
    fd = upgrade(&s);
    (void)close(fd); /* without a word */
    rig_until(s.rig, &s.closed, 4);
    site_close(&s);
}

static void test_one_that_reads_nothing_is_cut(void **state)
{
    struct site s = {.options = {.waiting_max = 1 << 20}};
    static char text[1 << 18];
    memset(text, 'x', sizeof(text));
    site_open(&s, *state);
    int fd = upgrade(&s);
    int r = EB_OK;
    for (int i = 0; i < 200 && r == EB_OK; i++) {
        r = eb_httpd_send(s.peer, text, sizeof(text));
    }
    assert_int_equal(r, EB_E_FULL);
    assert_int_equal(s.closed, 0); /* not within the call */
    assert_int_equal(eb_httpd_send(s.peer, "x", 1), EB_E_END);
    rig_until(s.rig, &s.closed, 1);
    (void)close(fd);
    site_close(&s);
}

static void test_places_that_cannot_be(void **state)
{
    struct site s = {0};
    struct eb_httpd *other = NULL;
    struct eb_httpd_handlers none = {0};
    site_open(&s, *state);
    struct eb_httpd_options o = {.address = "127.0.0.1", .port = eb_httpd_port(s.server)};
    assert_int_equal(eb_httpd_open(s.rig->loop, &o, &none, NULL, &other, &s.rig->err), EB_E_REFUSED);
    assert_non_null(strstr(s.rig->err.msg, "in use"));
    o.address = "localhost";
    assert_int_equal(eb_httpd_open(s.rig->loop, &o, &none, NULL, &other, &s.rig->err), EB_E_INVALID);
    eb_httpd_close(NULL);
    site_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_CASE(test_pipelined),
        RIG_CASE(test_a_row_behind_an_open_call),
        RIG_CASE(test_bad_requests),
        RIG_CASE(test_long_heads),
        RIG_CASE(test_keep_alive_or_not),
        RIG_CASE(test_more_than_allowed),
        RIG_CASE(test_frames_of_a_client),
        RIG_CASE(test_one_that_reads_nothing_is_cut),
        RIG_CASE(test_places_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
