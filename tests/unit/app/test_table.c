/* SPDX-License-Identifier: Apache-2.0 */
/* Tables and documents: alignment, colour only where asked for, commas and escapes. */
#include "app/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "app/doc.h"

static void render(struct eb_table *t, const char *indent, bool colour, const char *expected)
{
    struct eb_buffer out;
    eb_buffer_init(&out, 4096);
    eb_table_render(t, indent, colour, &out);
    assert_string_equal(eb_buffer_str(&out), expected);
    eb_buffer_deinit(&out);
}

static void columns_are_aligned(void **state)
{
    (void)state;
    struct eb_table t;
    eb_table_init(&t, "lrl");
    eb_table_heads(&t, "name|n|why");
    eb_table_cell(&t, EB_PLAIN, "%s", "BTCUSDT");
    eb_table_cell(&t, EB_PLAIN, "%d", 7);
    eb_table_cell(&t, EB_PLAIN, "%s", "x");
    eb_table_cell(&t, EB_PLAIN, "%s", "µ"); /* one character, two bytes */
    eb_table_cell(&t, EB_PLAIN, "%d", 12345);
    eb_table_cell(&t, EB_PLAIN, "%s", "");
    render(&t, "> ", false, "> name         n  why\n> BTCUSDT      7  x\n> µ        12345\n");
    eb_table_clear(&t);
    eb_table_cell(&t, EB_PLAIN, "a");
    eb_table_cell(&t, EB_PLAIN, "b"); /* a row that is not full still ends */
    render(&t, "", false, "a  b\n");
    eb_table_deinit(&t);
}

static void colour_is_no_width(void **state)
{
    (void)state;
    struct eb_table t;
    eb_table_init(&t, "ll");
    eb_table_cell(&t, EB_GREEN, "ok");
    eb_table_cell(&t, EB_PLAIN, "1");
    eb_table_cell(&t, EB_PLAIN, "wrong");
    eb_table_cell(&t, EB_RED, "2");
    render(&t, "", true, "\033[32mok\033[0m     1\nwrong  \033[31m2\033[0m\n");
    render(&t, "", false, "ok     1\nwrong  2\n");
    eb_table_deinit(&t);
}

static void a_long_cell_is_cut(void **state)
{
    (void)state;
    struct eb_table t;
    struct eb_buffer out;
    eb_table_init(&t, "l");
    eb_table_cell(&t, EB_PLAIN, "%0600d", 1);
    eb_buffer_init(&out, 4096);
    eb_table_render(&t, "", false, &out);
    assert_int_equal(out.len, 512); /* 511 characters and the line's end */
    eb_buffer_deinit(&out);
    eb_table_deinit(&t);
}

static void documents_are_json(void **state)
{
    (void)state;
    struct eb_buffer out;
    struct eb_doc d = {.out = &out};
    const uint8_t bytes[] = {0x0f, 0xa0};
    eb_buffer_init(&out, 4096);
    eb_doc_begin(&d, NULL, '{');
    eb_doc_text(&d, "a", "x\"\n");
    eb_doc_text(&d, "none", NULL);
    eb_doc_begin(&d, "list", '[');
    eb_doc_int(&d, NULL, -1);
    eb_doc_bool(&d, NULL, true);
    eb_doc_begin(&d, NULL, '{');
    eb_doc_end(&d, '}');
    eb_doc_end(&d, ']');
    eb_doc_e8(&d, "e8", 150000000);
    eb_doc_e8_or_null(&d, "zero", 0);
    eb_doc_ppm(&d, "ppm", -500000);
    eb_doc_hex(&d, "hex", bytes, sizeof(bytes));
    eb_doc_end(&d, '}');
    assert_string_equal(eb_buffer_str(&out), "{\"a\":\"x\\\"\\n\",\"none\":null,\"list\":[-1,true,{}],\"e8\":\"1.5\","
                                             "\"zero\":null,\"ppm\":\"-0.500000\",\"hex\":\"0fa0\"}");
    eb_buffer_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned),
        cmocka_unit_test(colour_is_no_width),
        cmocka_unit_test(a_long_cell_is_cut),
        cmocka_unit_test(documents_are_json),
    };
    return cmocka_run_group_tests_name("app/table", tests, NULL, NULL);
}
