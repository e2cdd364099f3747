/* SPDX-License-Identifier: Apache-2.0 */
/* Frames, without a connection: what is written is read again, in pieces of any size. */
#define _GNU_SOURCE

#include "rig.h"

#include <stdlib.h>
#include <string.h>

#include "net/ws_frame.h"

static void test_round_trip(void **state)
{
    static const size_t sizes[] = {0, 1, 7, 8, 9, 125, 126, 127, 1000, 65535, 65536, 70000};
    static const uint8_t mask[4] = {0x12, 0xf3, 0x00, 0x9a};
    (void)state;
    char *text = malloc(70000);
    char *wire = malloc(70000 + EB_WS_HEAD_MAX);
    assert_non_null(text);
    assert_non_null(wire);
    for (size_t i = 0; i < 70000; i++) {
        text[i] = (char)('a' + i % 26);
    }
    for (size_t i = 0; i < EB_COUNT(sizes); i++) {
        for (int masked = 0; masked < 2; masked++) {
            size_t head = eb_ws_head((uint8_t *)wire, EB_WS_TEXT, sizes[i], masked ? mask : NULL);
            if (masked) {
                eb_ws_mask(wire + head, text, sizes[i], mask, 0);
            } else {
                memcpy(wire + head, text, sizes[i]);
            }
            for (size_t piece = 1; piece <= head + sizes[i]; piece = piece * 5 + 2) {
                struct eb_ws_reader r;
                enum eb_ws_event e = EB_WS_MORE;
                eb_ws_reader_init(&r, masked == 1, 70000);
                for (size_t at = 0; at < head + sizes[i] && e == EB_WS_MORE;) {
                    size_t left = head + sizes[i] - at;
                    size_t used = 0;
                    e = eb_ws_read(&r, wire + at, left < piece ? left : piece, &used);
                    assert_true(used > 0);
                    at += used;
                }
                assert_int_equal(e, EB_WS_MESSAGE);
                assert_int_equal(r.len, sizes[i]);
                assert_memory_equal(r.text, text, sizes[i]);
                assert_int_equal(r.text[r.len], '\0');
                eb_ws_reader_deinit(&r);
            }
        }
    }
    free(text);
    free(wire);
}

static void test_masking_from_any_byte(void **state)
{
    static const uint8_t mask[4] = {1, 2, 3, 4};
    char whole[40] = {0};
    char parts[40] = {0};
    (void)state;
    eb_ws_mask(whole, whole, sizeof(whole), mask, 0);
    for (size_t at = 0; at < sizeof(parts); at += 3) {
        size_t n = sizeof(parts) - at < 3 ? sizeof(parts) - at : 3;
        eb_ws_mask(parts + at, parts + at, n, mask, at);
    }
    assert_memory_equal(whole, parts, sizeof(whole));
}

static void test_keys(void **state)
{
    char out[EB_WS_ACCEPT_SIZE];
    char longer[80];
    (void)state;
    assert_true(eb_ws_accept("dGhlIHNhbXBsZSBub25jZQ==", out));
    assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    memset(longer, 'k', sizeof(longer));
    longer[79] = '\0';
    assert_false(eb_ws_accept(longer, out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_masking_from_any_byte),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
