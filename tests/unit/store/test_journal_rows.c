/* SPDX-License-Identifier: Apache-2.0 */
/* Journals whose pages are whole and whose rows are not: what is missing, another's, resealed, or hidden. */
#define _POSIX_C_SOURCE 200809L

#include "wreck.h"
#include "store/journal_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#define WAIT_MS 60000

static void rows_that_are_missing_are_damage(void **state)
{
    static const struct {
        const char *sql, *why;
    } cases[] = {
        {"DELETE FROM record WHERE seq = 30", "record 30 is missing"},
        {"DELETE FROM record WHERE seq = 1", "record 1 is missing"},
        {"DELETE FROM image", "no image"},
        {"DELETE FROM image_part", "part 1 of"},
        {"DELETE FROM segment WHERE id = 1", ""},
        {"DELETE FROM meta WHERE key = 'instance'", "which engine's"},
        {"DELETE FROM meta WHERE key = 'closed'", ""},
        {"UPDATE meta SET value = '12345' WHERE key = 'instance'", "checksum"},
        {"UPDATE meta SET value = '7' WHERE key = 'closed'", "checksum"},
        {"UPDATE record SET bytes = zeroblob(200) WHERE seq = 20", "record 20"},
        {"UPDATE record SET bytes = (SELECT bytes FROM record WHERE seq = 21) WHERE seq = 20", ""},
        {"UPDATE record SET kind = 3 WHERE seq = 20", "another's"},
        {"UPDATE record SET symbol = NULL WHERE seq = 20", ""},
        {"UPDATE hash SET bytes = zeroblob(12) WHERE seq = 7", "checksum"},
        {"UPDATE segment SET bytes = zeroblob(100)", "segment 1"},
        {"UPDATE image_part SET bytes = zeroblob(100)", "part 1"},
        {"DROP TABLE hash", "table \"hash\""},
        {"ALTER TABLE record RENAME COLUMN ms TO sm", "table \"record\""},
    };
    struct wreck *f = *state;
    wreck_fold_log_in(f, &f->cut);
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_recovery found;
        uint64_t hash;
        wreck_lay_out(f, &f->cut);
        wreck_sql(f->path, cases[i].sql);
        assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
        bool told = found.found == EB_JOURNAL_CORRUPT || found.differed > 0; /* a record in another's place differs */
        if (!told || strstr(found.why, cases[i].why) == NULL) {
            fail_msg("%s: found %d, %s", cases[i].sql, found.found, found.why);
        }
        if (found.found == EB_JOURNAL_CORRUPT) {
            (void)unlink(found.aside);
        }
    }
}

/* Nothing that a page check sees: a file that was closed says how many records there are. */
static void a_closed_file_with_fewer_records_is_damaged(void **state)
{
    struct wreck *f = *state;
    sqlite3 *db;
    char more[24];
    (void)snprintf(more, sizeof(more), "%d", (int)f->clean.seq + 1);
    wreck_lay_out(f, &f->clean);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(eb_rows_put_meta(db, "closed", more, &f->err), EB_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    wreck_expect_aside(f, "was closed after record");
}

static void a_last_record_that_is_damaged_is_left_out(void **state)
{
    struct wreck *f = *state;
    char sql[128];
    struct eb_recovery found;
    struct scene_life life;
    uint64_t hash;
    wreck_fold_log_in(f, &f->cut);
    wreck_lay_out(f, &f->cut);
    (void)snprintf(sql, sizeof(sql), "UPDATE record SET bytes = zeroblob(99) WHERE seq = %d", (int)f->cut.seq);
    wreck_sql(f->path, sql);
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
    assert_int_equal(found.found, EB_JOURNAL_CUT);
    assert_int_equal(found.seq, f->cut.seq - 1);
    assert_true(hash == f->cut.hashes[f->cut.seq - 1]);
    assert_non_null(strstr(found.why, "is damaged and was left out"));
    /* and what follows takes its number */
    assert_int_equal(scene_begin(&life, &f->options, &f->err), EB_OK);
    struct scene s;
    scene_resume(&s, 9, life.engine, eb_journal_port(life.journal));
    scene_run_to(&s, f->cut.seq + 20);
    assert_int_equal(eb_journal_sync(life.journal, WAIT_MS, &f->err), EB_OK);
    hash = eb_engine_durable_hash(life.engine);
    uint64_t count = eb_engine_durable_count(life.engine);
    assert_int_equal(scene_end(&life, false, &f->err), EB_OK);
    scene_close(&s);
    uint64_t got;
    assert_int_equal(scene_recover(&f->options, &found, &got, &f->err), EB_OK);
    assert_true(got == hash);
    assert_int_equal(found.seq, count);
    assert_string_equal(found.why, "");
}

static void a_hash_that_disagrees_is_told_and_the_facts_are_taken(void **state)
{
    struct wreck *f = *state;
    struct eb_recovery found;
    uint64_t hash;
    wreck_fold_log_in(f, &f->cut);
    wreck_lay_out(f, &f->cut);
    /* a record taken out and the gap closed: nothing but the hashes tells, as with a build that folds differently */
    wreck_sql(f->path, "DELETE FROM record WHERE seq = 40; UPDATE record SET seq = seq - 1 WHERE seq > 40");
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
    assert_int_equal(found.found, EB_JOURNAL_CUT);
    assert_true(found.differed > 0);
    assert_non_null(strstr(found.why, "folds differently than for build 0.1 test"));
    assert_true(hash != 0 && hash != f->cut.hash);
    assert_int_equal(found.seq, f->cut.seq - 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, wreck_set_up, wreck_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(rows_that_are_missing_are_damage),
        CASE(a_closed_file_with_fewer_records_is_damaged),
        CASE(a_last_record_that_is_damaged_is_left_out),
        CASE(a_hash_that_disagrees_is_told_and_the_facts_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
