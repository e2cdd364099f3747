/* SPDX-License-Identifier: Apache-2.0 */
/* WebSockets of the client: messages both ways, signs of life, and each way to end. */
#define _GNU_SOURCE

#include "site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"

#define SECOND INT64_C(1000000000)

static int send_text(struct ear *e, const char *text)
{
    return e->site->web.ops->send(e->s, text, strlen(text));
}

static void ear_close(struct ear *e)
{
    e->site->web.ops->close(e->s);
    e->s = NULL;
}

static void test_a_thousand_each_way(void **state)
{
    struct site s = {0};
    struct ear e = {0};
    uint64_t hash = 0;
    site_open(&s, *state);
    ear_open(&e, &s, site_ws(&s, "/ws?streams=a/b&x=%20"), 1 << 16);
    assert_int_equal(send_text(&e, "early"), EB_E_END);
    rig_until(s.rig, &e.opened, 1);
    for (int i = 0; i < 1000; i++) {
        char text[400];
        int n = snprintf(text, sizeof(text), "%d %0*d", i, i % 300 + 1, i);
        hash = eb_hash64(hash, text, (size_t)n);
        assert_int_equal(send_text(&e, text), EB_OK);
    }
    rig_until(s.rig, &e.texts, 1000);
    assert_true(e.hash == hash);
    assert_int_equal(s.texts, 1000);
    ear_close(&e);
    rig_until(s.rig, &s.closed, 1);
    assert_int_equal(e.closed, 0);
    site_close(&s);
}

static void test_long_messages(void **state)
{
    struct site s = {.options = {.message_max = 4 << 20}};
    struct ear e = {0};
    size_t sizes[] = {125, 126, 65535, 65536, 1 << 20};
    char *text = malloc(1 << 20);
    assert_non_null(text);
    memset(text, 'm', 1 << 20);
    site_open(&s, *state);
    ear_open(&e, &s, site_ws(&s, "/ws"), 1 << 20);
    rig_until(s.rig, &e.opened, 1);
    for (size_t i = 0; i < EB_COUNT(sizes); i++) {
        assert_int_equal(s.web.ops->send(e.s, text, sizes[i]), EB_OK);
        rig_until(s.rig, &e.texts, (int)i + 1);
        assert_int_equal(e.len, sizes[i]);
    }
    free(text);
    ear_close(&e);
    site_close(&s);
}

static void after(void *user)
{
    ((struct ear *)user)->passes++;
}

static void test_signs_of_life_and_after_texts(void **state)
{
    struct site s = {0};
    struct ear e = {0};
    site_open(&s, *state);
    s.web.ops->after_texts(s.web.web, after, &e);
    ear_open(&e, &s, site_ws(&s, "/ws"), 1000);
    rig_until(s.rig, &e.opened, 1);
    assert_int_equal(send_text(&e, "ping me"), EB_OK);
    rig_until(s.rig, &e.heard, 1);
    rig_until(s.rig, &s.ponged, 1); /* the ping was answered */
    assert_int_equal(e.passes, 0);  /* no text came */
    assert_int_equal(send_text(&e, "one"), EB_OK);
    rig_until(s.rig, &e.texts, 1);
    rig_until(s.rig, &e.passes, 1);
    (void)rig_idle(s.rig, 10);
    assert_int_equal(e.passes, 1);
    ear_close(&e);
    site_close(&s);
}

static void test_the_server_ends_it(void **state)
{
    struct site s = {0};
    struct ear e[2] = {0};
    site_open(&s, *state);
    ear_open(&e[0], &s, site_ws(&s, "/ws?listenKey=secret"), 1000);
    rig_until(s.rig, &e[0].opened, 1);
    assert_int_equal(send_text(&e[0], "close me"), EB_OK);
    rig_until(s.rig, &e[0].closed, 1);
    assert_int_equal(e[0].status, 4001);
    assert_int_equal(e[0].err.code, EB_E_END);
    assert_null(strstr(e[0].err.msg, "secret"));
    assert_int_equal(send_text(&e[0], "late"), EB_E_END);
    ear_open(&e[1], &s, site_ws(&s, "/ws"), 1000);
    rig_until(s.rig, &e[1].opened, 1);
    assert_int_equal(send_text(&e[1], "cut me"), EB_OK);
    rig_until(s.rig, &e[1].closed, 1);
    assert_int_equal(e[1].status, 0);
    assert_int_equal(e[1].err.code, EB_E_END);
    (void)rig_idle(s.rig, 20);
    assert_int_equal(e[0].closed + e[1].closed, 2);
    assert_int_equal(s.closed, 0); /* the server ended both itself */
    ear_close(&e[0]);
    ear_close(&e[1]);
    site_close(&s);
}

static void test_refused(void **state)
{
    struct site s = {0};
    struct rough r = {0};
    struct ear e[3] = {0};
    char url[64];
    site_open(&s, *state);
    ear_open(&e[0], &s, site_ws(&s, "/refused?token=secret"), 1000);
    rig_until(s.rig, &e[0].closed, 1);
    assert_int_equal(e[0].status, 403);
    assert_int_equal(e[0].err.code, EB_E_REFUSED);
    assert_non_null(strstr(e[0].err.msg, "403"));
    assert_null(strstr(e[0].err.msg, "secret"));
    rough_open(&r, NULL);
    rough_close(&r);
    (void)snprintf(url, sizeof(url), "ws://localhost:%u/", (unsigned)r.port);
    ear_open(&e[1], &s, url, 1000); /* nobody listens */
    rig_until(s.rig, &e[1].closed, 1);
    assert_int_equal(e[1].status, 0);
    ear_open(&e[2], &s, "ws://name.invalid/", 1000);
    rig_until(s.rig, &e[2].closed, 1);
    assert_non_null(strstr(e[2].err.msg, "name.invalid"));
    for (int i = 0; i < 3; i++) {
        ear_close(&e[i]);
    }
    struct eb_web_socket *none = NULL;
    assert_int_equal(s.web.ops->open(s.web.web, "http://x/", 10, SECOND, &ear_handlers, &e, &none, &s.rig->err),
                     EB_E_INVALID);
    site_close(&s);
}

/* What a server says after, or instead of, the handshake. */
static struct {
    const char *bytes;
    size_t len;
    const char *head; /* instead of an accepted handshake */
} script;

static void serve_script(struct rough *r, int fd, int nth)
{
    char head[4096];
    (void)nth;
    if (!rough_request(r, fd, head, sizeof(head))) {
        return;
    }
    if (script.head != NULL) {
        rough_say(fd, script.head);
    } else {
        rough_accept(fd, head);
        (void)send(fd, script.bytes, script.len, MSG_NOSIGNAL);
    }
    while (recv(fd, head, sizeof(head), 0) > 0) {}
}

static void run_script(void **state, struct ear *e, size_t message_max)
{
    struct site s = {0};
    struct rough r = {0};
    char url[64];
    site_open(&s, *state);
    rough_open(&r, serve_script);
    (void)snprintf(url, sizeof(url), "ws://127.0.0.1:%u/", (unsigned)r.port);
    ear_open(e, &s, url, message_max);
    rig_until(s.rig, &e->closed, 1);
    ear_close(e);
    site_close(&s);
    rough_close(&r);
}

static void test_wrong_frames(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        int code;
    } cases[] = {
        {"\x82\x01x", 3, EB_E_INVALID},          /* binary */
        {"\x81\x81zzzzx", 7, EB_E_INVALID},      /* masked */
        {"\xc1\x01x", 3, EB_E_INVALID},          /* compressed */
        {"\x80\x01x", 3, EB_E_INVALID},          /* continues nothing */
        {"\x01\x01x\x81\x01x", 6, EB_E_INVALID}, /* begins within */
        {"\x83\x01x", 3, EB_E_INVALID},          /* unknown */
        {"\x09\x00", 2, EB_E_INVALID},           /* a fragmented ping */
        {"\x89\x7e\x00\x7e", 4, EB_E_INVALID},   /* a long ping */
        {"\x88\x01x", 3, EB_E_INVALID},          /* half a code */
        {"\x81\x7e\x00\x7f", 4, EB_E_FULL},      /* longer than 126 */
        {"\x01\x40", 2, 0},                      /* set below: fragments that are too long together */
        {"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10, EB_E_FULL},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct ear e = {0};
        char two[256] = "\x01\x40";
        script.bytes = cases[i].bytes;
        script.len = cases[i].len;
        script.head = NULL;
        if (cases[i].code == 0) {
            memset(two + 2, 'x', 64);
            memcpy(two + 66, "\x80\x3f", 2);
            script.bytes = two;
            script.len = 68;
        }
        run_script(state, &e, 126);
        assert_int_equal(e.texts, 0);
        assert_int_equal(e.err.code, cases[i].code == 0 ? EB_E_FULL : cases[i].code);
        assert_int_equal(e.status, 0);
    }
}

static void test_fragments_and_pings_between(void **state)
{
    static const char bytes[] = "\x01\x03one\x89\x02pp\x00\x03two\x8a\x00\x80\x00\x81\x00\x88\x04\x03\xf3hi";
    struct ear e = {0};
    script.bytes = bytes;
    script.len = sizeof(bytes) - 1;
    script.head = NULL;
    run_script(state, &e, 6);
    assert_int_equal(e.texts, 2); /* "onetwo" and an empty one */
    assert_true(e.hash == eb_hash64(eb_hash64(0, "onetwo", 6), "", 0));
    assert_int_equal(e.heard, 2);
    assert_int_equal(e.status, 1011);
    assert_non_null(strstr(e.err.msg, "hi"));
}

#define OF_ANOTHER_KEY                                                \
    "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

static void test_handshakes_that_are_none(void **state)
{
    static const char *const heads[] = {
        "nonsense\r\n\r\n",
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        (OF_ANOTHER_KEY),
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    };
    for (size_t i = 0; i < EB_COUNT(heads); i++) {
        struct ear e = {0};
        script.head = heads[i];
        run_script(state, &e, 100);
        assert_int_equal(e.opened, 0);
        assert_int_equal(e.status, i == 3 ? 200 : 0);
    }
}

static void serve_silence(struct rough *r, int fd, int nth)
{
    char head[4096];
    (void)nth;
    while (rough_request(r, fd, head, sizeof(head))) {}
}

static void test_a_deadline_for_opening(void **state)
{
    struct site s = {0};
    struct rough r = {0};
    struct ear e = {.site = &s};
    char url[64];
    site_open(&s, *state);
    rough_open(&r, serve_silence);
    (void)snprintf(url, sizeof(url), "ws://127.0.0.1:%u/", (unsigned)r.port);
    assert_int_equal(s.web.ops->open(s.web.web, url, 10, SECOND / 20, &ear_handlers, &e, &e.s, &s.rig->err), EB_OK);
    rig_until(s.rig, &e.closed, 1);
    assert_int_equal(e.err.code, EB_E_BUDGET);
    ear_close(&e);
    site_close(&s);
    rough_close(&r);
}

static void test_leaving_within_a_text(void **state)
{
    struct site s = {0};
    struct ear e[10] = {0};
    site_open(&s, *state);
    for (int i = 0; i < 10; i++) {
        ear_open(&e[i], &s, site_ws(&s, "/ws"), 1000);
        e[i].leaves = i != 0;
        rig_until(s.rig, &e[i].opened, 1);
        assert_int_equal(send_text(&e[i], "a"), EB_OK);
        assert_int_equal(send_text(&e[i], "b"), EB_OK);
        rig_until(s.rig, &e[i].texts, i == 0 ? 2 : 1);
    }
    rig_until(s.rig, &s.closed, 9);
    for (int i = 1; i < 10; i++) {
        assert_int_equal(e[i].texts, 1);
        assert_int_equal(e[i].closed, 0);
    }
    site_close(&s); /* with one open */
    (void)rig_idle(s.rig, 10);
    assert_int_equal(e[0].closed, 0);
}

static void serve_deaf(struct rough *r, int fd, int nth)
{
    char head[4096];
    (void)nth;
    if (rough_request(r, fd, head, sizeof(head))) {
        rough_accept(fd, head);
        while (!atomic_load(&r->over)) {
            (void)usleep(1000);
        }
    }
}

static void test_a_server_that_does_not_read(void **state)
{
    struct site s = {0};
    struct rough r = {0};
    struct ear e = {0};
    char url[64];
    char *text = malloc(1 << 20);
    assert_non_null(text);
    memset(text, 'x', 1 << 20);
    site_open(&s, *state);
    rough_open(&r, serve_deaf);
    (void)snprintf(url, sizeof(url), "ws://127.0.0.1:%u/", (unsigned)r.port);
    ear_open(&e, &s, url, 100);
    rig_until(s.rig, &e.opened, 1);
    int full = EB_OK;
    for (int i = 0; i < 64 && full == EB_OK; i++) { /* what sockets take, and a million bytes more */
        full = s.web.ops->send(e.s, text, 1 << 20);
    }
    assert_int_equal(full, EB_E_FULL);
    assert_int_equal(e.closed, 0);
    free(text);
    ear_close(&e);
    site_close(&s);
    rough_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_CASE(test_a_thousand_each_way),
        RIG_CASE(test_long_messages),
        RIG_CASE(test_signs_of_life_and_after_texts),
        RIG_CASE(test_the_server_ends_it),
        RIG_CASE(test_refused),
        RIG_CASE(test_wrong_frames),
        RIG_CASE(test_fragments_and_pings_between),
        RIG_CASE(test_handshakes_that_are_none),
        RIG_CASE(test_a_deadline_for_opening),
        RIG_CASE(test_leaving_within_a_text),
        RIG_CASE(test_a_server_that_does_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
