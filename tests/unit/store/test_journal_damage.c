/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are not what they should be: no journal at all, another program's, another schema's, cut, with flipped
 * bytes, without their log. Either the state is what it was, or the file is put aside or refused with a word; it is
 * never silently another.
 */
#define _POSIX_C_SOURCE 200809L

#include "wreck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

static void expect_refused(struct wreck *f, const char *what)
{
    struct eb_recovery found;
    uint64_t hash;
    struct wreck_bytes before = wreck_read(f->path);
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_E_REFUSED);
    if (strstr(f->err.msg, what) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", f->err.msg, what);
    }
    struct wreck_bytes after = wreck_read(f->path);
    assert_int_equal(before.len, after.len); /* it is somebody's: not touched */
    assert_memory_equal(before.data, after.data, before.len);
    free(before.data);
    free(after.data);
}

/* ---- what is no journal ------------------------------------------------------------------------------------------ */

static void garbage_is_put_aside(void **state)
{
    struct wreck *f = *state;
    unsigned char noise[9000];
    struct eb_rng rng;
    eb_rng_seed(&rng, 4);
    for (size_t i = 0; i < sizeof(noise); i++) {
        noise[i] = (unsigned char)eb_rng_next(&rng);
    }
    wreck_write(f->path, "", (struct wreck_bytes){noise, sizeof(noise)});
    wreck_expect_aside(f, "not a database");
}

static void an_empty_file_is_a_new_journal(void **state)
{
    struct wreck *f = *state;
    struct eb_recovery found;
    uint64_t hash;
    unsigned char none = 0;
    wreck_write(f->path, "", (struct wreck_bytes){&none, 0});
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
    assert_int_equal(found.found, EB_JOURNAL_NEW);
}

static void a_database_of_another_program_is_refused(void **state)
{
    struct wreck *f = *state;
    wreck_write(f->path, "", (struct wreck_bytes){NULL, 0});
    wreck_sql(f->path, "CREATE TABLE songs(title TEXT); INSERT INTO songs VALUES('one')");
    expect_refused(f, "another program");
    wreck_sql(f->path, "PRAGMA application_id = 252006673");
    expect_refused(f, "252006673");
    struct eb_journal_reader *r;
    assert_int_equal(eb_journal_reader_open(f->path, &r, &f->err), EB_E_REFUSED);
    assert_non_null(strstr(f->err.msg, "no journal"));
}

static void another_schema_is_refused_with_a_remedy(void **state)
{
    struct wreck *f = *state;
    wreck_lay_out(f, &f->clean);
    wreck_sql(f->path, "PRAGMA user_version = 99");
    expect_refused(f, "journal schema 99 (made by build 0.1 test)");
    assert_non_null(strstr(f->err.msg, "move the file away"));
    assert_non_null(strstr(f->err.msg, "adopted from the venue"));
    struct eb_journal_reader *r;
    assert_int_equal(eb_journal_reader_open(f->path, &r, &f->err), EB_E_REFUSED);
    assert_non_null(strstr(f->err.msg, "read it with build 0.1 test"));
}

static void a_reader_does_not_keep_an_engine_from_starting(void **state)
{
    struct wreck *f = *state;
    struct eb_journal_reader *r;
    wreck_lay_out(f, &f->clean);
    assert_int_equal(eb_journal_reader_open(f->path, &r, &f->err), EB_OK);
    struct eb_recovery found;
    uint64_t hash;
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
    assert_true(hash == f->clean.hash);
    eb_journal_reader_close(r);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

static void expect_cut(struct wreck *f, const struct wreck_image *image, size_t len)
{
    struct eb_recovery found;
    uint64_t hash;
    struct wreck_image less = *image;
    less.db.len = len;
    wreck_lay_out(f, &less);
    int rc = scene_recover(&f->options, &found, &hash, &f->err);
    bool same = rc == EB_OK && hash == image->hash && found.seq == image->seq;
    bool fresh = rc == EB_OK && len == 0 && found.found == EB_JOURNAL_NEW;
    if (!same && !fresh && !(rc == EB_OK && found.found == EB_JOURNAL_CORRUPT) && rc != EB_E_REFUSED) {
        fail_msg("cut at %d of %d: code %d, found %d, %s", (int)len, (int)image->db.len, rc, found.found, f->err.msg);
    }
    if (rc == EB_OK && found.found == EB_JOURNAL_CORRUPT) {
        (void)unlink(found.aside);
    }
}

static void a_file_that_was_cut_is_put_aside(void **state)
{
    struct wreck *f = *state;
    wreck_fold_log_in(f, &f->cut);
    for (size_t len = 0; len < f->clean.db.len; len += 1531) {
        expect_cut(f, &f->clean, len);
    }
    for (size_t len = 0; len < f->cut.db.len; len += WRECK_PAGE) {
        expect_cut(f, &f->cut, len);
    }
}

/* What a journal with one byte changed may be: itself, aside, refused; or without its last record, which is told. */
static void expect_known(struct wreck *f, const struct wreck_image *image, const char *where, size_t at)
{
    struct eb_recovery found;
    uint64_t hash;
    f->err.msg[0] = '\0';
    int rc = scene_recover(&f->options, &found, &hash, &f->err);
    if (rc == EB_E_REFUSED && f->err.msg[0] != '\0') {
        return;
    }
    if (rc == EB_OK && found.found == EB_JOURNAL_CORRUPT && found.why[0] != '\0' && wreck_exists(found.aside)) {
        char log[sizeof(found.aside) + 8];
        (void)unlink(found.aside);
        (void)snprintf(log, sizeof(log), "%s-wal", found.aside);
        (void)unlink(log);
        return;
    }
    bool same = rc == EB_OK && found.seq == image->seq && hash == image->hash;
    bool shorter = rc == EB_OK && found.seq < image->seq && hash == image->hashes[found.seq] &&
                   (found.why[0] != '\0' || strcmp(where, "log") == 0);
    if (!same && !shorter) {
        fail_msg("%s, byte %d: code %d, found %d, %d of %d records, %s%s", where, (int)at, rc, found.found,
                 (int)found.seq, (int)image->seq, found.why, f->err.msg);
    }
}

/* Every field of a page's head, the text of the tables at the end of the first one, and a walk over the rest. */
static size_t next_byte(size_t at)
{
    return at % WRECK_PAGE < 32 ? at + 1 : at > WRECK_PAGE - 900 && at < WRECK_PAGE ? at + 2 : at + 127;
}

static void flip_pages(struct wreck *f, struct wreck_image *image, const char *where)
{
    size_t flips = 0;
    for (size_t at = 0; at < image->db.len; at = next_byte(at)) {
        unsigned char was = image->db.data[at];
        static const unsigned char masks[] = {0x01, 0x80, 0xff};
        image->db.data[at] ^= masks[flips % EB_COUNT(masks)];
        wreck_lay_out(f, image);
        expect_known(f, image, where, at);
        image->db.data[at] = was;
        flips++;
    }
    print_message("%s: %d flips in %d bytes\n", where, (int)flips, (int)image->db.len);
}

static void flipped_bytes_of_a_closed_file_are_never_another_state(void **state)
{
    struct wreck *f = *state;
    flip_pages(f, &f->clean, "closed");
}

static void flipped_bytes_of_a_cut_file_are_never_another_state(void **state)
{
    struct wreck *f = *state;
    wreck_fold_log_in(f, &f->cut);
    flip_pages(f, &f->cut, "cut");
}

/* A page that counts one row less than it has hides its last one, and every row that is left has a good checksum. */
static void a_page_that_hides_a_row_is_seen(void **state)
{
    struct wreck *f = *state;
    unsigned leaves = 0;
    wreck_fold_log_in(f, &f->cut);
    for (size_t page = WRECK_PAGE; page < f->cut.db.len; page += WRECK_PAGE) {
        unsigned char *head = f->cut.db.data + page;
        unsigned count = (unsigned)head[3] << 8 | head[4];
        if (head[0] != 0x0d || count == 0) { /* the leaf of a table */
            continue;
        }
        head[3] = (unsigned char)((count - 1) >> 8);
        head[4] = (unsigned char)(count - 1);
        wreck_lay_out(f, &f->cut);
        expect_known(f, &f->cut, "a row less", page);
        head[3] = (unsigned char)(count >> 8);
        head[4] = (unsigned char)count;
        leaves++;
    }
    assert_true(leaves > 5);
}

/* The head says whether there is a log: without this byte SQLite would take the file alone for the whole truth. */
static void a_head_that_denies_its_log_is_damage(void **state)
{
    static const unsigned char heads[][2] = {{2, 1}, {1, 2}, {1, 1}, {2, 0}, {3, 2}, {2, 3}, {0, 0}};
    struct wreck *f = *state;
    for (size_t i = 0; i < EB_COUNT(heads); i++) {
        struct eb_recovery found;
        uint64_t hash;
        memcpy(f->cut.db.data + 18, heads[i], 2);
        wreck_lay_out(f, &f->cut);
        assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
        assert_int_equal(found.found, EB_JOURNAL_CORRUPT);
        char log[sizeof(found.aside) + 8];
        (void)snprintf(log, sizeof(log), "%s-wal", found.aside);
        assert_int_equal(unlink(log), 0);
        assert_int_equal(unlink(found.aside), 0);
    }
}

/* In the log of an engine that died: what SQLite would leave out without a word is found out, but for the end of the
 * last transaction, which looks like one that was cut by a loss of power. */
static void flipped_bytes_of_a_log_are_told(void **state)
{
    struct wreck *f = *state;
    struct eb_recovery found;
    uint64_t hash;
    size_t flips = 0;
    size_t told = 0;
    assert_true(f->cut.wal.len > 20 * WRECK_PAGE);
    for (size_t at = 0; at < f->cut.wal.len; at += at < 100 ? 1 : 197) {
        unsigned char was = f->cut.wal.data[at];
        f->cut.wal.data[at] ^= 0x10;
        wreck_lay_out(f, &f->cut);
        expect_known(f, &f->cut, "log", at);
        f->cut.wal.data[at] = was;
        flips++;
    }
    /* a frame in the middle: told, and nothing is lost silently */
    for (size_t frame = 1; frame + 12 < f->cut.wal.len / (WRECK_PAGE + 24); frame++) {
        size_t at = 32 + frame * (WRECK_PAGE + 24) + 500;
        f->cut.wal.data[at] ^= 0x10;
        wreck_lay_out(f, &f->cut);
        assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
        assert_int_equal(found.found, EB_JOURNAL_CORRUPT);
        assert_non_null(strstr(found.why, "before its end"));
        char log[sizeof(found.aside) + 8];
        (void)snprintf(log, sizeof(log), "%s-wal", found.aside);
        assert_true(wreck_exists(log)); /* file and log are kept together */
        (void)unlink(log);
        (void)unlink(found.aside);
        f->cut.wal.data[at] ^= 0x10;
        told++;
    }
    assert_true(told > 5);
    print_message("log: %d flips in %d bytes\n", (int)flips, (int)f->cut.wal.len);
}

static void a_log_that_ends_early_is_a_loss_of_power(void **state)
{
    struct wreck *f = *state;
    struct eb_recovery found;
    uint64_t hash;
    struct wreck_image less = f->cut;
    uint64_t shortest = f->cut.seq;
    while (less.wal.len > 12 * WRECK_PAGE) {
        less.wal.len -= 1777;
        wreck_lay_out(f, &less);
        assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
        assert_int_equal(found.found == EB_JOURNAL_CUT || found.found == EB_JOURNAL_NEW, 1);
        assert_true(found.seq <= shortest);
        assert_true(found.found == EB_JOURNAL_NEW || hash == f->cut.hashes[found.seq]);
        shortest = found.seq;
    }
    assert_true(shortest < f->cut.seq);
}

static void a_log_without_its_file_is_put_aside(void **state)
{
    struct wreck *f = *state;
    struct eb_recovery found;
    uint64_t hash;
    wreck_lay_out(f, &f->cut);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
    assert_int_equal(found.found, EB_JOURNAL_CORRUPT);
    assert_non_null(strstr(found.why, "is missing, and its log is not"));
    char log[sizeof(found.aside) + 8];
    (void)snprintf(log, sizeof(log), "%s-wal", found.aside);
    assert_true(wreck_exists(log));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, wreck_set_up, wreck_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(garbage_is_put_aside),
        CASE(an_empty_file_is_a_new_journal),
        CASE(a_database_of_another_program_is_refused),
        CASE(another_schema_is_refused_with_a_remedy),
        CASE(a_reader_does_not_keep_an_engine_from_starting),
        CASE(a_file_that_was_cut_is_put_aside),
        CASE(flipped_bytes_of_a_closed_file_are_never_another_state),
        CASE(flipped_bytes_of_a_cut_file_are_never_another_state),
        CASE(a_page_that_hides_a_row_is_seen),
        CASE(a_head_that_denies_its_log_is_damage),
        CASE(flipped_bytes_of_a_log_are_told),
        CASE(a_log_that_ends_early_is_a_loss_of_power),
        CASE(a_log_without_its_file_is_put_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
