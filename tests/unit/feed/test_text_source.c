/* SPDX-License-Identifier: Apache-2.0 */
/* Lines out of plain, gzip and zip files; what is damaged says so. */
#include "feed/text_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"

/* Reads all lines, joined with '|', into out; the code at the end. */
static int read_lines(const char *path, char *out, size_t cap, struct eb_err *err)
{
    struct eb_text_source *s = NULL;
    const char *line;
    size_t len, used = 0, count = 0;
    out[0] = '\0';
    int rc = eb_text_open(path, &s, err);
    while (rc == EB_OK && (rc = eb_text_next(s, &line, &len, err)) == EB_OK) {
        count++;
        assert_int_equal(eb_text_line(s), count);
        used += (size_t)snprintf(out + used, cap - used, "%.*s|", (int)len, line);
        assert_true(used < cap);
    }
    eb_text_close(s);
    return rc;
}

static void lines_come_whole_whatever_the_packing(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {{"", ""},
                 {"a", "a|"},
                 {"a\n", "a|"},
                 {"a\nb", "a|b|"},
                 {"a\r\nb\r\n", "a|b|"},
                 {"\n\na\n", "||a|"},
                 {"\xef\xbb\xbf"
                  "a\n",
                  "a|"},
                 {"a\rb\n", "a\rb|"}};
    char out[64];
    struct eb_err err;
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        const char *paths[] = {file_write("x.csv", cases[c].text), file_write_gzip("x.csv.gz", cases[c].text),
                               file_write_zip("x.zip", cases[c].text, 1, false)};
        for (size_t p = 0; p < EB_COUNT(paths); p++) {
            assert_int_equal(read_lines(paths[p], out, sizeof(out), &err), EB_E_END);
            assert_string_equal(out, cases[c].want);
        }
    }
}

static void a_missing_line_end_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool want;
    } cases[] = {{"a\nb", true}, {"a\nb\n", false}};
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        struct eb_text_source *s = NULL;
        const char *line;
        size_t len;
        assert_int_equal(eb_text_open(file_write("x.csv", cases[c].text), &s, NULL), EB_OK);
        assert_int_equal(eb_text_next(s, &line, &len, NULL), EB_OK);
        assert_false(eb_text_unended(s));
        assert_int_equal(eb_text_next(s, &line, &len, NULL), EB_OK);
        assert_int_equal(eb_text_unended(s), cases[c].want);
        eb_text_close(s);
    }
}

/* Larger than the block, with lines that lie across its end. */
static void long_files_keep_every_byte(void **state)
{
    (void)state;
    size_t size = 3 * 1000 * 1000, lines = 0, bytes = 0;
    char *text = malloc(size + 1);
    assert_non_null(text);
    for (size_t i = 0; i < size; i++) {
        text[i] = i % 997 == 996 ? '\n' : (char)('a' + i % 26);
    }
    text[size] = '\0';
    const char *paths[] = {file_write("big.csv", text), file_write_gzip("big.csv.gz", text),
                           file_write_zip("big.zip", text, 1, false)};
    for (size_t p = 0; p < EB_COUNT(paths); p++) {
        struct eb_text_source *s = NULL;
        const char *line;
        size_t len, at = 0;
        assert_int_equal(eb_text_open(paths[p], &s, NULL), EB_OK);
        while (eb_text_next(s, &line, &len, NULL) == EB_OK) {
            assert_memory_equal(line, text + at, len);
            at += len + 1;
            lines++;
            bytes += len;
        }
        eb_text_close(s);
        struct eb_buffer whole;
        assert_int_equal(eb_text_read_all(paths[p], &whole, NULL), EB_OK);
        assert_int_equal(whole.len, size);
        assert_int_equal(strcmp(eb_buffer_str(&whole), text), 0);
        eb_buffer_deinit(&whole);
    }
    assert_int_equal(lines, 3 * (size / 997 + 1));
    assert_int_equal(bytes, 3 * (size - size / 997));
    free(text);
}

static void an_endless_line_is_refused(void **state)
{
    (void)state;
    struct eb_err err = {0};
    char out[16], *text = malloc(EB_TEXT_LINE_MAX + 8);
    assert_non_null(text);
    memset(text, 'x', EB_TEXT_LINE_MAX + 7);
    text[0] = 'a';
    text[1] = '\n';
    text[EB_TEXT_LINE_MAX + 7] = '\0';
    int rc = read_lines(file_write("x.csv", text), out, sizeof(out), &err);
    assert_error(&err, rc, EB_E_INVALID, "x.csv:2", "line longer");
    assert_string_equal(out, "a|");
    free(text);
}

static void damaged_and_wrong_files_say_so(void **state)
{
    (void)state;
    char out[4096], many[2001];
    for (size_t i = 0; i < sizeof(many) - 1; i++) {
        many[i] = (char)('0' + (i * i / 7) % 10);
    }
    many[sizeof(many) - 1] = '\0';
    const char *cut_gz = file_write_gzip("cut.csv.gz", many);
    file_truncate(cut_gz, 20);
    const char *no_crc = file_write_gzip("crc.csv.gz", many);
    file_truncate(no_crc, 8);
    const char *cut_zip = file_write_zip("cut.zip", many, 1, false);
    file_truncate(cut_zip, 30);
    struct {
        const char *path;
        int want;
        const char *one, *two;
    } cases[] = {
        {cut_gz, EB_E_IO, "cut.csv.gz", "truncated"},
        {no_crc, EB_E_IO, "crc.csv.gz", "truncated"},
        {cut_zip, EB_E_INVALID, "cut.zip", "truncated or damaged"},
    };
    struct eb_err err = {0};
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        int rc = read_lines(cases[c].path, out, sizeof(out), &err);
        assert_error(&err, rc, cases[c].want, cases[c].one, cases[c].two);
        struct eb_buffer whole;
        rc = eb_text_read_all(cases[c].path, &whole, &err);
        assert_error(&err, rc, cases[c].want, cases[c].one, cases[c].two);
    }
}

static void archives_of_other_shapes_say_so(void **state)
{
    (void)state;
    char out[64];
    struct eb_err err = {0};
    int rc = read_lines(file_write_zip("none.zip", "a\n", 0, false), out, sizeof(out), &err);
    assert_error(&err, rc, EB_E_INVALID, "none.zip", "holds 0 files");
    rc = read_lines(file_write_zip("two.zip", "a\n", 2, false), out, sizeof(out), &err);
    assert_error(&err, rc, EB_E_INVALID, "two.zip", "holds 2 files");
    rc = read_lines(file_write_zip("secret.zip", "a\n", 1, true), out, sizeof(out), &err);
    assert_error(&err, rc, EB_E_INVALID, "secret.zip", "encrypted");
    rc = read_lines(file_write_bytes("bare.zip", "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22), out, sizeof(out),
                    &err);
    assert_error(&err, rc, EB_E_INVALID, "bare.zip", NULL);
    rc = read_lines(file_write("plain.zip", "a,b\n"), out, sizeof(out), &err);
    assert_error(&err, rc, EB_E_INVALID, "plain.zip", "not what its name says");
    rc = read_lines(file_write("plain.gz", "a,b\n"), out, sizeof(out), &err);
    assert_error(&err, rc, EB_E_INVALID, "plain.gz", "not what its name says");
    rc = read_lines(file_write("empty.gz", ""), out, sizeof(out), &err);
    assert_error(&err, rc, EB_E_INVALID, "empty.gz", "empty");
    rc = read_lines(file_path("absent.csv"), out, sizeof(out), &err);
    assert_error(&err, rc, EB_E_IO, "absent.csv", "cannot be opened");
    rc = read_lines("/tmp", out, sizeof(out), &err);
    assert_error(&err, rc, EB_E_IO, "/tmp", "cannot be read");
}

static void a_changed_byte_in_an_archive_is_found(void **state)
{
    (void)state;
    struct eb_err err = {0};
    char out[4096], text[2001];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    const char *paths[] = {file_write_gzip("flip.csv.gz", text), file_write_zip("flip.zip", text, 1, false)};
    static const long from_end[] = {6, -1}; /* in the checksum of the gzip; the zip's checksum: see below */
    for (size_t p = 0; p < EB_COUNT(paths); p++) {
        FILE *file = fopen(paths[p], "r+b");
        assert_non_null(file);
        /* The zip's entry data begin after the folder's and its own local header; its first byte is enough. */
        assert_int_equal(from_end[p] > 0 ? fseek(file, -from_end[p], SEEK_END) : fseek(file, 37 + 37, SEEK_SET), 0);
        int byte = fgetc(file);
        assert_int_equal(fseek(file, -1, SEEK_CUR), 0);
        assert_true(fputc(byte ^ 0x55, file) != EOF);
        assert_int_equal(fclose(file), 0);
        int rc = read_lines(paths[p], out, sizeof(out), &err);
        assert_error(&err, rc, EB_E_IO, "truncated or damaged", NULL);
    }
}

static void the_whole_text_is_bounded(void **state)
{
    (void)state;
    struct eb_err err = {0};
    struct eb_buffer whole;
    size_t size = EB_TEXT_WHOLE_MAX + 1;
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, ' ', size);
    text[size] = '\0';
    int rc = eb_text_read_all(file_write_gzip("bomb.json.gz", text), &whole, &err); /* 64 KiB hold 64 MiB of blanks */
    assert_error(&err, rc, EB_E_FULL, "bomb.json.gz", "at most");
    free(text);
    assert_int_equal(eb_text_read_all(file_write("empty.json", ""), &whole, &err), EB_OK);
    assert_int_equal(whole.len, 0);
    assert_string_equal(eb_buffer_str(&whole), "");
    eb_buffer_deinit(&whole);
}

static void names_in_messages_are_bounded(void **state)
{
    (void)state;
    char path[300];
    memset(path, 'd', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    memcpy(path + 294, "x.csv", 5);
    assert_int_equal(strlen(eb_path_shown(path)), EB_PATH_SHOWN);
    assert_non_null(strstr(eb_path_shown(path), "x.csv"));
    assert_string_equal(eb_path_shown("a/b.csv"), "a/b.csv");
    assert_string_equal(eb_path_base("a/b.csv"), "b.csv");
    assert_string_equal(eb_path_base("b.csv"), "b.csv");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_whole_whatever_the_packing),
        cmocka_unit_test(a_missing_line_end_is_known),
        cmocka_unit_test(long_files_keep_every_byte),
        cmocka_unit_test(an_endless_line_is_refused),
        cmocka_unit_test(damaged_and_wrong_files_say_so),
        cmocka_unit_test(archives_of_other_shapes_say_so),
        cmocka_unit_test(a_changed_byte_in_an_archive_is_found),
        cmocka_unit_test(the_whole_text_is_bounded),
        cmocka_unit_test(names_in_messages_are_bounded),
    };
    return cmocka_run_group_tests_name("feed/text_source", tests, files_setup, files_teardown);
}
