/* SPDX-License-Identifier: Apache-2.0 */
/* Heads and chunks as bytes: what is taken, what is refused, and that pieces are read as the whole is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "net/http_head.h"

static char bytes[8192];

static int request(const char *text, struct eb_http_head *h)
{
    size_t len = strlen(text);
    memcpy(bytes, text, len);
    assert_int_equal(eb_http_head_length(bytes, len), len);
    return eb_http_request_parse(bytes, len, h);
}

static void target_is_as_sent(void **state)
{
    (void)state;
    struct eb_http_head h;
    assert_int_equal(request("GET /a%20b/../c?x=%41+&signature=Ab HTTP/1.1\r\nX-MBX-APIKEY:  k \r\n\r\n", &h), EB_OK);
    assert_string_equal(h.target, "/a%20b/../c?x=%41+&signature=Ab");
    assert_string_equal(eb_http_header(&h, "x-mbx-apikey"), "k");
}

static void length_told_badly(void **state)
{
    (void)state;
    static const char *const bad[] = {"Content-Length: 3\r\nContent-Length: 4\r\n", "Content-Length: -1\r\n",
                                      "Content-Length: 9999999999999999999\r\n", "Content-Length: 0x3\r\n",
                                      "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"};
    for (size_t i = 0; i < EB_COUNT(bad); i++) {
        char text[256];
        struct eb_http_head h;
        size_t len = 0;
        bool chunked = false;
        (void)snprintf(text, sizeof(text), "POST / HTTP/1.1\r\n%s\r\n", bad[i]);
        assert_int_equal(request(text, &h), EB_OK);
        assert_int_equal(eb_http_body_length(&h, &len, &chunked), EB_E_INVALID);
    }
}

/* The answer to a body that comes byte by byte, which must be the one to the whole. */
static int chunks(const char *text, size_t len)
{
    char whole[4096];
    struct eb_http_chunks once = {0};
    struct eb_http_chunks again = {0};
    memcpy(whole, text, len);
    memcpy(bytes, text, len);
    int rc = eb_http_chunks_go(&once, whole, len);
    int piece = EB_E_STALE;
    for (size_t n = 1; n <= len && piece == EB_E_STALE; n++) {
        piece = eb_http_chunks_go(&again, bytes, n);
    }
    assert_int_equal(piece, rc);
    assert_int_equal(rc == EB_OK ? again.out : 0, rc == EB_OK ? once.out : 0);
    return rc;
}

static void pieces_as_the_whole(void **state)
{
    (void)state;
    char text[4096];
    assert_int_equal(chunks("5\r\nhello\r\n0\r\n\r\n", 15), EB_OK);
    assert_memory_equal(bytes, "hello", 5);
    assert_int_equal(chunks("5;a=b\r\nhello\r\n0\r\nTrailer: x\r\n\r\n", 31), EB_OK);
    assert_int_equal(chunks("5\r\nhelloX\r\n", 11), EB_E_INVALID);
    assert_int_equal(chunks("fffffffffffffffff\r\n", 19), EB_E_INVALID);
    static const struct {
        size_t len;
        int rc;
    } line[] = {{1024, EB_OK}, {1025, EB_E_INVALID}, {1026, EB_E_INVALID}, {2000, EB_E_INVALID}};
    for (size_t i = 0; i < EB_COUNT(line); i++) {
        memset(text, 'x', line[i].len);
        text[0] = '1';
        text[1] = ';';
        memcpy(text + line[i].len, "\r\na\r\n0\r\n\r\n", 10);
        assert_int_equal(chunks(text, line[i].len + 10), line[i].rc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(target_is_as_sent),
        cmocka_unit_test(length_told_badly),
        cmocka_unit_test(pieces_as_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
