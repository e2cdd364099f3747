/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A journal that an earlier build has left, kept here as a file: it opens, and folds to what that build's engine was.
 * One of another schema is refused with a remedy, and not touched.
 *
 * Where this fails because the engine decides or counts otherwise now, that is what the users of the last release would
 * meet: raise EB_CODEC_SCHEMA with the change (their journals are then refused with a remedy instead of folded wrongly)
 * and write the file anew: EB_WRITE_FIXTURE=1 unit_store_journal_release
 */
#define _POSIX_C_SOURCE 200809L

#include "journal_scene.h"
#include "store/journal_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define STORED EB_TEST_ROOT "/tests/unit/store/journal-1.db"
#define RECORDS 130
#define WAIT_MS 60000

struct fixture {
    char dir[SCENE_PATH_MAX];
    char path[SCENE_PATH_MAX + 16];
    struct eb_journal_options options;
    struct eb_err err;
};

static void copy_file(const char *from, const char *to)
{
    char buffer[65536];
    size_t n;
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    assert_true(in != NULL && out != NULL);
    while ((n = fread(buffer, 1, sizeof(buffer), in)) > 0) {
        assert_int_equal(fwrite(buffer, 1, n, out), n);
    }
    (void)fclose(in);
    assert_int_equal(fclose(out), 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    scene_place(f->dir);
    f->options = scene_options(f->dir, f->path);
    f->options.image_every = 50;
    f->options.hash_every = 10;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    scene_remove(f->dir);
    free(f);
    return 0;
}

/* Writes the file anew: two lives, the second cut off, as one database without a log. */
static void write_stored(struct fixture *f)
{
    struct scene_life life;
    struct scene s;
    struct eb_journal_reader *r;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(scene_begin(&life, &f->options, &f->err), EB_OK);
        (i == 0 ? scene_open : scene_resume)(&s, 11, life.engine, eb_journal_port(life.journal));
        scene_run_to(&s, (uint64_t)(i + 1) * RECORDS / 2);
        assert_int_equal(eb_journal_sync(life.journal, WAIT_MS, &f->err), EB_OK);
        scene_close(&s);
        assert_int_equal(scene_end(&life, i == 0, &f->err), EB_OK);
    }
    (void)unlink(STORED);
    assert_int_equal(eb_journal_reader_open(f->path, &r, &f->err), EB_OK);
    assert_int_equal(eb_journal_copy(r, STORED, &f->err), EB_OK);
    eb_journal_reader_close(r);
    assert_int_equal(unlink(f->path), 0);
}

static void expect_remedy(struct fixture *f, int rc)
{
    assert_int_equal(rc, EB_E_REFUSED);
    assert_non_null(strstr(f->err.msg, "build 0.1 test"));
    assert_non_null(strstr(f->err.msg, "move it away now: open positions are then adopted from the venue"));
}

static void a_stored_journal_opens_or_is_refused_with_a_remedy(void **state)
{
    struct fixture *f = *state;
    struct eb_recovery found;
    struct eb_journal_reader *r;
    struct eb_journal_segment segment;
    uint64_t hash;
    if (getenv("EB_WRITE_FIXTURE") != NULL) {
        write_stored(f);
    }
    copy_file(STORED, f->path);
    assert_int_equal(eb_journal_reader_open(f->path, &r, &f->err), EB_OK);
    assert_int_equal(eb_journal_segments(r), 2);
    assert_int_equal(eb_journal_segment(r, 1, &segment, &f->err), EB_OK);
    eb_journal_reader_close(r);
    assert_string_equal(segment.build, "0.1 test");
    int rc = scene_recover(&f->options, &found, &hash, &f->err);
    if (segment.schema != EB_CODEC_SCHEMA) { /* EB_CODEC_SCHEMA has been raised since */
        expect_remedy(f, rc);
        return;
    }
    if (rc != EB_OK || found.differed != 0 || found.why[0] != '\0') {
        fail_msg("%s%s (see the head of this file)", rc != EB_OK ? f->err.msg : "", found.why);
    }
    assert_int_equal(found.found, EB_JOURNAL_CUT);
    assert_int_equal(found.segments, 2);
    assert_int_equal(found.seq, segment.last_seq);
    assert_true(found.seq >= RECORDS && found.folded > 0);
    assert_true(hash != 0);
}

static void every_stored_record_folds_as_it_did(void **state)
{
    struct fixture *f = *state;
    struct eb_journal_reader *r;
    struct eb_journal_segment segment;
    struct eb_fold_result result;
    struct eb_engine *e;
    copy_file(STORED, f->path);
    assert_int_equal(eb_journal_reader_open(f->path, &r, &f->err), EB_OK);
    assert_int_equal(eb_journal_segment(r, 0, &segment, &f->err), EB_OK);
    int rc = eb_journal_fold(r, INT64_MAX, true, NULL, NULL, &e, &result, &f->err);
    if (segment.schema != EB_CODEC_SCHEMA) {
        expect_remedy(f, rc);
    } else {
        assert_int_equal(rc, EB_OK);
        assert_int_equal(eb_journal_check(r, NULL, NULL, &f->err), EB_OK);
        assert_true(result.hashes >= 10);
        assert_int_equal(result.disagree + result.replay.differed, 0);
        eb_engine_destroy(e);
    }
    eb_journal_reader_close(r);
}

/* The same journal, as one of a build with other records would look. */
static void claim_schema(const char *path, uint32_t codec)
{
    struct eb_segment_row *row;
    uint32_t count;
    sqlite3 *db;
    struct eb_err err;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(eb_rows_segments(db, &row, &count, &err), EB_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM segment", NULL, NULL, NULL), SQLITE_OK);
    for (uint32_t i = 0; i < count; i++) {
        row[i].codec = codec;
        if (!row[i].readable) {
            eb_engine_config_default(&row[i].config);
        }
        assert_int_equal(eb_rows_put_segment(db, &row[i], &err), EB_OK);
    }
    free(row);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_journal_of_another_schema_is_refused_with_a_remedy(void **state)
{
    struct fixture *f = *state;
    struct eb_recovery found;
    struct stat before;
    struct stat after;
    uint64_t hash;
    copy_file(STORED, f->path);
    claim_schema(f->path, EB_CODEC_SCHEMA + 1);
    assert_int_equal(stat(f->path, &before), 0);
    expect_remedy(f, scene_recover(&f->options, &found, &hash, &f->err));
    char schema[48];
    (void)snprintf(schema, sizeof(schema), "schema %d, this build reads %d", EB_CODEC_SCHEMA + 1, EB_CODEC_SCHEMA);
    assert_non_null(strstr(f->err.msg, schema));
    assert_int_equal(stat(f->path, &after), 0);
    assert_int_equal(before.st_size, after.st_size); /* neither changed nor put aside */
    assert_int_equal(before.st_ino, after.st_ino);

    struct eb_journal_reader *r; /* it can be listed, not read */
    struct eb_journal_segment segment;
    struct eb_record_source source;
    static struct eb_decoded_event ev;
    struct eb_engine *e;
    assert_int_equal(eb_journal_reader_open(f->path, &r, &f->err), EB_OK);
    assert_int_equal(eb_journal_segment(r, 0, &segment, &f->err), EB_OK);
    assert_false(segment.readable);
    assert_int_equal(eb_journal_records(r, 0, &source, &f->err), EB_OK);
    expect_remedy(f, source.next(source.source, &ev, &f->err));
    expect_remedy(f, eb_journal_fold(r, INT64_MAX, false, NULL, NULL, &e, NULL, &f->err));
    assert_null(e);
    eb_journal_reader_close(r);
}

/* Its bytes are as they were written, and yet this build cannot read them: no damage, so it is not put aside. */
static void a_record_that_this_build_does_not_know_is_refused_with_a_remedy(void **state)
{
    struct fixture *f = *state;
    struct scene_life life;
    struct scene s;
    struct eb_recovery found;
    sqlite3 *db;
    sqlite3_stmt *stmt;
    uint64_t hash;
    unsigned char record[EB_RECORD_OVERHEAD + 8] = {0};
    assert_int_equal(scene_begin(&life, &f->options, &f->err), EB_OK);
    scene_open(&s, 11, life.engine, eb_journal_port(life.journal));
    scene_run_to(&s, 40);
    assert_int_equal(eb_journal_sync(life.journal, WAIT_MS, &f->err), EB_OK);
    scene_close(&s);
    assert_int_equal(scene_end(&life, false, &f->err), EB_OK);

    size_t len = eb_record_seal(record, EB_EV_FILL, EB_EVENT_VERSION + 1, 8);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "UPDATE record SET bytes = ?1 WHERE seq = 20", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_bind_blob(stmt, 1, record, (int)len, SQLITE_STATIC), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    expect_remedy(f, scene_recover(&f->options, &found, &hash, &f->err));
    assert_non_null(strstr(f->err.msg, "record 20: "));
    assert_int_equal(access(f->path, F_OK), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_stored_journal_opens_or_is_refused_with_a_remedy),
        CASE(every_stored_record_folds_as_it_did),
        CASE(a_record_that_this_build_does_not_know_is_refused_with_a_remedy),
        CASE(a_journal_of_another_schema_is_refused_with_a_remedy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
