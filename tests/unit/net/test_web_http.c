/* SPDX-License-Identifier: Apache-2.0 */
/* Requests: what became of each, said precisely. */
#define _GNU_SOURCE

#include "site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SECOND INT64_C(1000000000)

static const char *at_port(uint16_t port, const char *path)
{
    static char url[128];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", (unsigned)port, path);
    return url;
}

static void test_everything_arrives_as_sent(void **state)
{
    struct site s = {0};
    struct got g;
    site_open(&s, *state);
    ask(&s, "GET", site_url(&s, "/a%20b/../c?x=%41+1&signature=ab%2Fcd"), NULL, &g);
    assert_int_equal(g.fate, EB_WEB_ANSWERED);
    assert_int_equal(g.status, 200);
    assert_string_equal(g.body, "GET|/a%20b/../c|x=%41+1&signature=ab%2Fcd|the key||127.0.0.1");
    assert_true(g.sent_ns > 0 && g.answered_ns >= g.sent_ns);
    ask(&s, "POST", site_url(&s, "/o?x"), "a=1&b=2", &g);
    assert_string_equal(g.body, "POST|/o|x|the key|a=1&b=2|127.0.0.1");
    ask(&s, "POST", site_url(&s, "/o?x"), NULL, &g);
    assert_string_equal(g.body, "POST|/o|x|the key||127.0.0.1");
    ask(&s, "PUT", site_url(&s, "/o"), "z", &g);
    assert_string_equal(g.body, "PUT|/o||the key|z|127.0.0.1");
    ask(&s, "DELETE", site_url(&s, "/o?orderId=1"), NULL, &g);
    assert_string_equal(g.body, "DELETE|/o|orderId=1|the key||127.0.0.1");
    ask(&s, "DELETE", site_url(&s, "/o"), "q=1", &g);
    assert_string_equal(g.body, "DELETE|/o||the key|q=1|127.0.0.1");
    site_close(&s);
}

static void test_other_names_of_this_machine(void **state)
{
    struct site s = {.options = {.address = "::1"}};
    struct site t = {0};
    struct got g;
    struct ear e = {0};
    char url[64];
    site_open(&s, *state);
    (void)snprintf(url, sizeof(url), "http://[::1]:%u?q", (unsigned)eb_httpd_port(s.server));
    ask(&s, "GET", url, NULL, &g);
    assert_int_equal(g.fate, EB_WEB_ANSWERED);
    assert_string_equal(g.body, "GET|/|q|the key||::1");
    (void)snprintf(url, sizeof(url), "ws://[::1]:%u/ws", (unsigned)eb_httpd_port(s.server));
    ear_open(&e, &s, url, 10);
    rig_until(s.rig, &e.opened, 1);
    s.web.ops->close(e.s);
    site_open(&t, *state); /* 127.0.0.1 only: of the two addresses of localhost, one is refused */
    for (int i = 0; i < 3; i++) {
        (void)snprintf(url, sizeof(url), "http://localhost:%u/", (unsigned)eb_httpd_port(t.server));
        ask(&s, "POST", url, NULL, &g);
        assert_int_equal(g.fate, EB_WEB_ANSWERED);
    }
    struct ear f = {0};
    (void)snprintf(url, sizeof(url), "ws://localhost:%u/ws", (unsigned)eb_httpd_port(t.server));
    ear_open(&f, &s, url, 10);
    rig_until(s.rig, &f.opened, 1);
    s.web.ops->close(f.s);
    site_close(&s);
    site_close(&t);
}

static void test_headers_of_an_answer(void **state)
{
    struct site s = {0};
    struct got g;
    char value[16];
    site_open(&s, *state);
    ask(&s, "GET", site_url(&s, "/status/429"), NULL, &g);
    assert_int_equal(g.fate, EB_WEB_ANSWERED);
    assert_int_equal(g.status, 429);
    assert_string_equal(g.body, "no");
    struct eb_web_answer a = {.headers = g.headers};
    assert_true(eb_web_header(&a, "retry-after", value, sizeof(value)));
    assert_string_equal(value, "7");
    assert_true(eb_web_header(&a, "x-two", value, sizeof(value)));
    assert_string_equal(value, "a b");
    assert_false(eb_web_header(&a, "x-tw", value, sizeof(value)));
    assert_false(eb_web_header(&a, "x-two", value, 3));
    site_close(&s);
}

static void serve_many(struct rough *r, int fd, int nth)
{
    char head[4096];
    (void)nth;
    while (rough_request(r, fd, head, sizeof(head))) {
        rough_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    }
}

static void test_connections_stay_warm(void **state)
{
    struct site s = {0};
    struct rough r = {0};
    struct got g;
    site_open(&s, *state);
    rough_open(&r, serve_many);
    for (int i = 0; i < 20; i++) {
        ask(&s, i % 2 == 0 ? "POST" : "GET", at_port(r.port, "/x"), NULL, &g);
        assert_int_equal(g.fate, EB_WEB_ANSWERED);
    }
    assert_int_equal(atomic_load(&r.requests), 20);
    assert_int_equal(atomic_load(&r.connections), 1);
    site_close(&s);
    rough_close(&r);
}

/* Answers the first request of a connection; closes when the second has come, having read it. */
static void serve_one_then_close(struct rough *r, int fd, int nth)
{
    char head[4096];
    (void)nth;
    if (rough_request(r, fd, head, sizeof(head))) {
        rough_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        (void)rough_request(r, fd, head, sizeof(head));
    }
}

static void never_twice(void **state, const char *method, int requests, uint8_t fate)
{
    struct site s = {0};
    struct rough r = {0};
    struct got g;
    site_open(&s, *state);
    rough_open(&r, serve_one_then_close);
    ask(&s, "GET", at_port(r.port, "/x"), NULL, &g);
    assert_int_equal(g.fate, EB_WEB_ANSWERED);
    ask(&s, method, at_port(r.port, "/order?signature=secret"), strcmp(method, "PUT") == 0 ? "body" : NULL, &g);
    assert_int_equal(g.fate, fate);
    assert_null(strstr(g.err.msg, "secret"));
    (void)rig_idle(*state, 50);
    assert_int_equal(atomic_load(&r.requests), requests);
    site_close(&s);
    rough_close(&r);
}

static void test_an_order_is_never_written_twice(void **state)
{
    never_twice(state, "POST", 2, EB_WEB_UNKNOWN);
    never_twice(state, "PUT", 2, EB_WEB_UNKNOWN);
    never_twice(state, "DELETE", 2, EB_WEB_UNKNOWN);
    never_twice(state, "GET", 3, EB_WEB_ANSWERED); /* a question may be asked again */
}

static void test_not_sent(void **state)
{
    struct site s = {0};
    struct got g;
    struct rough r = {0};
    site_open(&s, *state);
    rough_open(&r, serve_many);
    rough_close(&r); /* nobody listens there now */
    ask(&s, "POST", at_port(r.port, "/order?signature=secret"), NULL, &g);
    assert_int_equal(g.fate, EB_WEB_NOT_SENT);
    assert_non_null(strstr(g.err.msg, "POST http://127.0.0.1"));
    assert_null(strstr(g.err.msg, "secret"));
    ask(&s, "POST", "http://name.invalid/order?signature=secret", NULL, &g);
    assert_int_equal(g.fate, EB_WEB_NOT_SENT);
    assert_non_null(strstr(g.err.msg, "name.invalid"));
    assert_null(strstr(g.err.msg, "secret"));
    site_close(&s);
}

/* A server that takes connections and says nothing at TLS: the request has not left when time is up. */
static void serve_nothing(struct rough *r, int fd, int nth)
{
    char head[4096];
    (void)nth;
    while (recv(fd, head, sizeof(head), 0) > 0) {}
    (void)r;
}

static void test_deadlines(void **state)
{
    struct site s = {0};
    struct got g;
    struct rough r = {0};
    char url[64];
    site_open(&s, *state);
    rough_open(&r, serve_nothing);
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/x", (unsigned)r.port);
    (void)ask_only(&s, "POST", url, SECOND / 10, 100, &g);
    rig_until(s.rig, &g.done, 1);
    assert_int_equal(g.fate, EB_WEB_NOT_SENT);
    (void)ask_only(&s, "POST", site_url(&s, "/never"), SECOND / 10, 100, &g);
    rig_until(s.rig, &g.done, 1);
    assert_int_equal(g.fate, EB_WEB_UNKNOWN);
    assert_int_equal(g.err.code, EB_E_BUDGET);
    rig_until(s.rig, &s.gone, 1); /* and the server hears that nobody waits any more */
    site_close(&s);
    rough_close(&r);
}

static void test_lost_answers(void **state)
{
    struct site s = {0};
    struct got g;
    site_open(&s, *state);
    ask(&s, "POST", site_url(&s, "/cut"), NULL, &g);
    assert_int_equal(g.fate, EB_WEB_UNKNOWN);
    assert_int_equal(s.requests, 1);
    (void)ask_only(&s, "GET", site_url(&s, "/long?101"), SECOND * 20, 100, &g);
    rig_until(s.rig, &g.done, 1);
    assert_int_equal(g.fate, EB_WEB_UNREADABLE);
    assert_int_equal(g.err.code, EB_E_FULL);
    (void)ask_only(&s, "GET", site_url(&s, "/long?100"), SECOND * 20, 100, &g);
    rig_until(s.rig, &g.done, 1);
    assert_int_equal(g.fate, EB_WEB_ANSWERED);
    assert_int_equal(g.len, 100);
    site_close(&s);
}

static const char *nonsense;

static void serve_nonsense(struct rough *r, int fd, int nth)
{
    char head[4096];
    (void)nth;
    if (rough_request(r, fd, head, sizeof(head))) {
        rough_say(fd, nonsense);
    }
}

static void test_unreadable_answers(void **state)
{
    static const char *const texts[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "nonsense\r\n\r\n",
    };
    for (size_t i = 0; i < EB_COUNT(texts); i++) {
        struct site s = {0};
        struct rough r = {0};
        struct got g;
        nonsense = texts[i];
        site_open(&s, *state);
        rough_open(&r, serve_nonsense);
        ask(&s, "POST", at_port(r.port, "/x"), NULL, &g);
        if (g.fate != EB_WEB_UNREADABLE) {
            fail_msg("answer %zu: fate %d, %s", i, g.fate, g.err.msg);
        }
        assert_string_equal(g.body, "");
        assert_int_equal(atomic_load(&r.requests), 1);
        site_close(&s);
        rough_close(&r);
    }
}

static void test_redirects_are_answers(void **state)
{
    struct site s = {0};
    struct rough r = {0};
    struct got g;
    nonsense = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
    site_open(&s, *state);
    rough_open(&r, serve_nonsense);
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    ask(&s, "GET", at_port(r.port, "/x"), NULL, &g);
    assert_int_equal(unsetenv("http_proxy"), 0);
    assert_int_equal(g.fate, EB_WEB_ANSWERED);
    assert_int_equal(g.status, 302);
    assert_int_equal(atomic_load(&r.requests), 1);
    site_close(&s);
    rough_close(&r);
}

static void test_bad_requests(void **state)
{
    static const char *const urls[] = {
        "",        "ftp://x/",         "http//x",        "http://",         "http://a b/",        "http://u:p@h/",
        "ws://x/", "http://x:0/",      "http://x:99999", "http://x:12a/",   "http://[::1/",       "http://[zz]/",
        "https",   "http://x/\r\nA:b", "http://x/#a",    "http://ex\\am/p", "http://exa\"mple/a", "http://x:/",
    };
    struct site s = {0};
    struct eb_web_call *call = NULL;
    struct got g;
    site_open(&s, *state);
    for (size_t i = 0; i < EB_COUNT(urls); i++) {
        struct eb_web_request r = {.method = "GET", .url = urls[i], .deadline_ns = SECOND, .answer_max = 10};
        assert_int_equal(s.web.ops->request(s.web.web, &r, got_done, &g, &call, &s.rig->err), EB_E_INVALID);
        assert_true(s.rig->err.msg[0] != '\0');
    }
    struct eb_web_request r = {.method = "BREW", .url = "http://127.0.0.1/", .deadline_ns = SECOND};
    assert_int_equal(s.web.ops->request(s.web.web, &r, got_done, &g, &call, &s.rig->err), EB_E_INVALID);
    static const char *const broken[] = {"A: b\r\nC: d", NULL};
    r.method = "GET";
    r.headers = broken;
    assert_int_equal(s.web.ops->request(s.web.web, &r, got_done, &g, &call, &s.rig->err), EB_E_INVALID);
    site_close(&s);
}

struct nest {
    struct site *site;
    struct got got, *other;
    struct eb_web_call *cancels;
    bool closes;
    int done;
};

static void nest_done(void *user, const struct eb_web_answer *a)
{
    struct nest *n = user;
    n->done++;
    assert_int_equal(a->fate, EB_WEB_ANSWERED);
    if (n->cancels != NULL) {
        n->site->web.ops->cancel(n->cancels);
    }
    if (n->closes) {
        eb_web_close(n->site->real);
        n->site->real = NULL;
    }
}

static void test_cancel_and_close_within_done(void **state)
{
    struct site s = {0};
    struct got other, looked_up;
    struct nest n = {.site = &s};
    struct eb_web_call *call = NULL;
    site_open(&s, *state);
    n.cancels = ask_only(&s, "GET", site_url(&s, "/never"), SECOND * 50, 10, &other);
    rig_until(s.rig, &s.requests, 1);
    struct eb_web_request r = {
        .method = "GET", .url = site_url(&s, "/a"), .deadline_ns = SECOND * 20, .answer_max = 99};
    assert_int_equal(s.web.ops->request(s.web.web, &r, nest_done, &n, &call, &s.rig->err), EB_OK);
    rig_until(s.rig, &n.done, 1);
    rig_until(s.rig, &s.gone, 1);
    assert_int_equal(other.done, 0);
    /* Closed in an answer, while two others are under way. */
    n.cancels = NULL;
    n.closes = true;
    (void)ask_only(&s, "GET", site_url(&s, "/never"), SECOND * 50, 10, &other);
    (void)ask_only(&s, "GET", "http://localhost:1/x", SECOND * 50, 10, &looked_up); /* may be refused before that */
    r.url = site_url(&s, "/a");
    assert_int_equal(s.web.ops->request(s.web.web, &r, nest_done, &n, &call, &s.rig->err), EB_OK);
    rig_until(s.rig, &n.done, 2);
    (void)rig_idle(s.rig, 20);
    assert_int_equal(other.done, 0);
    site_close(&s);
}

static void fired(void *user)
{
    (*(int *)user)++;
}

static void test_timers(void **state)
{
    struct site s = {0};
    struct eb_web_timer *t[3] = {NULL};
    int count[3] = {0};
    site_open(&s, *state);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(s.web.ops->timer_open(s.web.web, fired, &count[i], &t[i], &s.rig->err), EB_OK);
    }
    s.web.ops->timer_set(t[0], SECOND / 100);
    s.web.ops->timer_set(t[1], 0);
    s.web.ops->timer_set(t[1], -1);
    rig_until(s.rig, &count[0], 1);
    assert_int_equal(count[1], 0);
    s.web.ops->timer_close(t[0]);
    s.web.ops->timer_close(NULL);
    assert_true(s.web.ops->now_ns(s.web.web) > 0);
    site_close(&s); /* with two left */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_CASE(test_everything_arrives_as_sent),
        RIG_CASE(test_other_names_of_this_machine),
        RIG_CASE(test_headers_of_an_answer),
        RIG_CASE(test_connections_stay_warm),
        RIG_CASE(test_an_order_is_never_written_twice),
        RIG_CASE(test_not_sent),
        RIG_CASE(test_deadlines),
        RIG_CASE(test_lost_answers),
        RIG_CASE(test_unreadable_answers),
        RIG_CASE(test_redirects_are_answers),
        RIG_CASE(test_bad_requests),
        RIG_CASE(test_cancel_and_close_within_done),
        RIG_CASE(test_timers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
