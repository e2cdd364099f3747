/* SPDX-License-Identifier: Apache-2.0 */
/* TLS: who is believed, and that everything else works as without it. */
#define _GNU_SOURCE

#include "site.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "net/certificate.h"

static void certificate(struct site *s, struct rig *r, const char *names, int days)
{
    s->options.certificate = rig_path(r, "cert.pem");
    s->options.key = rig_path(r, "key.pem");
    assert_int_equal(eb_certificate_make(s->options.certificate, s->options.key, names, days, &r->err), EB_OK);
}

/* url at another name of this server */
static const char *named(struct site *s, const char *scheme, const char *host, const char *path)
{
    (void)snprintf(s->url, sizeof(s->url), "%s://%s:%u%s", scheme, host, (unsigned)eb_httpd_port(s->server), path);
    return s->url;
}

static void refused(struct site *s, const char *host, const char *why)
{
    struct got g;
    struct ear e = {0};
    ask(s, "POST", named(s, "https", host, "/o?signature=secret"), NULL, &g);
    assert_int_equal(g.fate, EB_WEB_NOT_SENT);
    assert_int_equal(g.err.code, EB_E_REFUSED);
    assert_null(strstr(g.err.msg, "secret"));
    ear_open(&e, s, named(s, "wss", host, "/ws?listenKey=secret"), 1000);
    rig_until(s->rig, &e.closed, 1);
    assert_int_equal(e.opened, 0);
    assert_int_equal(e.err.code, EB_E_REFUSED);
    if (strstr(e.err.msg, why) == NULL) {
        fail_msg("wanted '%s' in '%s'", why, e.err.msg);
    }
    assert_null(strstr(e.err.msg, "secret"));
    s->web.ops->close(e.s);
    assert_int_equal(s->requests, 0);
}

static void accepted(struct site *s, const char *host)
{
    struct got g;
    struct ear e = {0};
    for (int i = 0; i < 3; i++) {
        ask(s, "POST", named(s, "https", host, "/o"), "a=1", &g);
        assert_int_equal(g.fate, EB_WEB_ANSWERED);
        assert_non_null(strstr(g.body, "POST|/o||the key|a=1|"));
    }
    ear_open(&e, s, named(s, "wss", host, "/ws"), 1 << 20);
    rig_until(s->rig, &e.opened, 1);
    assert_int_equal(s->web.ops->send(e.s, "hello", 5), EB_OK);
    rig_until(s->rig, &e.texts, 1);
    assert_string_equal(e.last, "hello");
    s->web.ops->close(e.s);
}

static void test_nobody_vouches(void **state)
{
    struct site s = {0};
    certificate(&s, *state, "DNS:localhost,IP:127.0.0.1", 30);
    site_open(&s, *state);
    refused(&s, "127.0.0.1", "self-signed");
    site_close(&s);
}

static void test_trusted_by_its_file(void **state)
{
    struct site s = {0};
    certificate(&s, *state, "DNS:localhost,IP:127.0.0.1", 30);
    s.client.ca_file = s.options.certificate;
    site_open(&s, *state);
    accepted(&s, "127.0.0.1");
    accepted(&s, "localhost");
    site_close(&s);
}

static void test_another_name(void **state)
{
    struct site s = {0};
    certificate(&s, *state, "DNS:example.com", 30);
    s.client.ca_file = s.options.certificate;
    site_open(&s, *state);
    refused(&s, "localhost", "ostname mismatch");
    refused(&s, "127.0.0.1", "IP address mismatch");
    site_close(&s);
}

static void test_expired(void **state)
{
    struct site s = {0};
    certificate(&s, *state, "IP:127.0.0.1", -1);
    s.client.ca_file = s.options.certificate;
    site_open(&s, *state);
    refused(&s, "127.0.0.1", "expired");
    site_close(&s);
}

static void test_loopback_may_be_excepted(void **state)
{
    struct site s = {0};
    certificate(&s, *state, "DNS:example.com", -1);
    s.client.loopback_unsafe = true;
    site_open(&s, *state);
    accepted(&s, "127.0.0.1");
    accepted(&s, "localhost");
    site_close(&s);
}

static void test_bursts_and_long_messages(void **state)
{
    struct site s = {.options = {.message_max = 1 << 21}};
    struct ear e = {0};
    struct got g;
    static char text[1 << 20];
    memset(text, 'q', sizeof(text));
    certificate(&s, *state, "IP:127.0.0.1", 30);
    s.client.ca_file = s.options.certificate;
    site_open(&s, *state);
    ear_open(&e, &s, site_ws(&s, "/ws"), 1 << 20);
    rig_until(s.rig, &e.opened, 1);
    assert_int_equal(s.web.ops->send(e.s, text, sizeof(text)), EB_OK);
    rig_until(s.rig, &e.texts, 1);
    assert_int_equal(e.len, sizeof(text));
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(s.web.ops->send(e.s, "0123456789", 10), EB_OK);
    }
    rig_until(s.rig, &e.texts, 1001);
    (void)ask_only(&s, "GET", site_url(&s, "/long?1000000"), INT64_C(20000000000), 1 << 20, &g);
    rig_until(s.rig, &g.done, 1);
    assert_int_equal(g.len, 1000000);
    s.web.ops->close(e.s);
    rig_until(s.rig, &s.closed, 1);
    site_close(&s);
}

static void test_no_tls_where_it_is_wanted(void **state)
{
    struct site s = {0};
    struct ear e = {0};
    struct got g;
    site_open(&s, *state); /* plain */
    ask(&s, "POST", named(&s, "https", "127.0.0.1", "/"), NULL, &g);
    assert_int_equal(g.fate, EB_WEB_NOT_SENT);
    ear_open(&e, &s, named(&s, "wss", "127.0.0.1", "/ws"), 10);
    rig_until(s.rig, &e.closed, 1);
    assert_int_equal(e.opened, 0);
    s.web.ops->close(e.s);
    site_close(&s);
}

static void test_files_that_are_none(void **state)
{
    struct rig *r = *state;
    struct eb_httpd *server = NULL;
    struct eb_web_real *web = NULL;
    struct eb_httpd_handlers none = {0};
    struct eb_httpd_options o = {.address = "127.0.0.1", .certificate = "/nowhere/c.pem", .key = "/nowhere/k.pem"};
    assert_int_equal(eb_httpd_open(r->loop, &o, &none, NULL, &server, &r->err), EB_E_IO);
    assert_non_null(strstr(r->err.msg, "/nowhere/c.pem"));
    struct eb_web_options w = {.ca_file = "/nowhere/roots.pem"};
    assert_int_equal(eb_web_open(r->loop, &w, &web, &r->err), EB_E_IO);
    assert_non_null(strstr(r->err.msg, "/nowhere/roots.pem"));
}

static void test_certificates(void **state)
{
    struct rig *r = *state;
    const char *cert = rig_path(r, "c.pem");
    const char *key = rig_path(r, "k.pem");
    struct stat st;
    char text[64];
    assert_int_equal(eb_certificate_make(cert, key, "DNS:localhost", 30, &r->err), EB_OK);
    assert_int_equal(eb_certificate_make(cert, key, "DNS:localhost,IP:::1", 30, &r->err), EB_OK); /* replaces */
    assert_int_equal(stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    rig_read(cert, text, sizeof(text));
    assert_non_null(strstr(text, "BEGIN CERTIFICATE"));
    assert_int_equal(eb_certificate_make(cert, key, "localhost", 30, &r->err), EB_E_INVALID);
    assert_int_equal(eb_certificate_make("/nowhere/c.pem", key, "DNS:a", 30, &r->err), EB_E_IO);
    assert_non_null(strstr(r->err.msg, "/nowhere/c.pem"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_CASE(test_nobody_vouches),
        RIG_CASE(test_trusted_by_its_file),
        RIG_CASE(test_another_name),
        RIG_CASE(test_expired),
        RIG_CASE(test_loopback_may_be_excepted),
        RIG_CASE(test_bursts_and_long_messages),
        RIG_CASE(test_no_tls_where_it_is_wanted),
        RIG_CASE(test_files_that_are_none),
        RIG_CASE(test_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
