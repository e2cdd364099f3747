/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are not what they should be: no journal at all, another program's, another schema's, cut, with flipped
 * bytes, without their log. Either the state is what it was, or the file is put aside or refused with a word; it is
 * never silently another.
 */
#define _POSIX_C_SOURCE 200809L

#include "journal_scene.h"
#include "shim_vfs.h"
#include "store/journal_rows.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#define WAIT_MS 60000
#define RECORDS 60
#define PAGE 4096

struct bytes {
    unsigned char *data;
    size_t len;
};

/* A small journal as it lies on the disk, and what it holds. */
struct image {
    struct bytes db, wal;
    uint64_t seq, hash;
    uint64_t *hashes;
};

struct fixture {
    char dir[SCENE_PATH_MAX];
    char path[SCENE_PATH_MAX + 16];
    struct eb_journal_options options;
    struct image clean, cut;
    struct eb_err err;
};

/* ---- files ------------------------------------------------------------------------------------------------------- */

static struct bytes read_file(const char *path)
{
    struct bytes b = {NULL, 0};
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (f != NULL) {
        assert_int_equal(fstat(fileno(f), &st), 0);
        b.data = malloc((size_t)st.st_size + 1);
        assert_non_null(b.data);
        b.len = fread(b.data, 1, (size_t)st.st_size, f);
        (void)fclose(f);
    }
    return b;
}

static void write_file(const char *path, const char *suffix, struct bytes b)
{
    char name[SCENE_PATH_MAX + 32];
    (void)snprintf(name, sizeof(name), "%s%s", path, suffix);
    (void)unlink(name);
    if (b.data != NULL) {
        FILE *f = fopen(name, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(b.data, 1, b.len, f), b.len);
        (void)fclose(f);
    }
}

static void lay_out(struct fixture *f, const struct image *image)
{
    write_file(f->path, "", image->db);
    write_file(f->path, "-wal", image->wal);
    write_file(f->path, "-shm", (struct bytes){NULL, 0});
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* ---- the journals ------------------------------------------------------------------------------------------------ */

static void make(struct fixture *f, struct image *image, bool properly)
{
    char wal[SCENE_PATH_MAX + 32];
    struct scene_life life;
    struct scene s;
    (void)snprintf(wal, sizeof(wal), "%s-wal", f->path);
    assert_int_equal(scene_begin(&life, &f->options, &f->err), EB_OK);
    scene_open(&s, 3, life.engine, eb_journal_port(life.journal));
    for (uint64_t n = 6; n <= RECORDS; n += 6) { /* several transactions */
        scene_run_to(&s, n);
        assert_int_equal(eb_journal_sync(life.journal, WAIT_MS, &f->err), EB_OK);
    }
    image->seq = eb_engine_durable_count(life.engine);
    image->hash = eb_engine_durable_hash(life.engine);
    image->hashes = malloc((image->seq + 1) * sizeof(*image->hashes));
    assert_non_null(image->hashes);
    memcpy(image->hashes, s.hash, (image->seq + 1) * sizeof(*image->hashes));
    if (!properly) { /* as it lies there when the process is gone: most of it in the log */
        image->db = read_file(f->path);
        image->wal = read_file(wal);
    }
    assert_int_equal(scene_end(&life, properly, &f->err), EB_OK);
    if (properly) {
        image->db = read_file(f->path);
    }
    (void)unlink(f->path);
    scene_close(&s);
}

/* The same journal with its log in the file: cut, and nothing but pages. */
static void fold_log_in(struct fixture *f, struct image *image)
{
    sqlite3 *db;
    lay_out(f, image);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    free(image->db.data);
    free(image->wal.data);
    image->db = read_file(f->path);
    image->wal = (struct bytes){NULL, 0};
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    shim_install(); /* nothing is really synced: thousands of files are opened */
    scene_place(f->dir);
    f->options = scene_options(f->dir, f->path);
    f->options.image_every = 1000;
    f->options.hash_every = 7;
    make(f, &f->clean, true);
    make(f, &f->cut, false);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    struct image *all[] = {&f->clean, &f->cut};
    for (size_t i = 0; i < EB_COUNT(all); i++) {
        free(all[i]->db.data);
        free(all[i]->wal.data);
        free(all[i]->hashes);
    }
    scene_remove(f->dir);
    free(f);
    shim_remove();
    return 0;
}

static void expect_aside(struct fixture *f, const char *why)
{
    struct eb_recovery found;
    uint64_t hash;
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
    assert_int_equal(found.found, EB_JOURNAL_CORRUPT);
    assert_non_null(strstr(found.why, why));
    assert_true(exists(found.aside));
    assert_int_equal(strncmp(found.aside, f->path, strlen(f->path)), 0);
    assert_int_equal(found.seq, 0);
    assert_true(found.instance >= 2);
    (void)unlink(found.aside);
    /* the new one is one */
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
    assert_int_equal(found.found, EB_JOURNAL_NEW);
}

static void expect_refused(struct fixture *f, const char *what)
{
    struct eb_recovery found;
    uint64_t hash;
    struct bytes before = read_file(f->path);
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_E_REFUSED);
    if (strstr(f->err.msg, what) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", f->err.msg, what);
    }
    struct bytes after = read_file(f->path);
    assert_int_equal(before.len, after.len); /* it is somebody's: not touched */
    assert_memory_equal(before.data, after.data, before.len);
    free(before.data);
    free(after.data);
}

/* ---- what is no journal ------------------------------------------------------------------------------------------ */

static void garbage_is_put_aside(void **state)
{
    struct fixture *f = *state;
    unsigned char noise[9000];
    struct eb_rng rng;
    eb_rng_seed(&rng, 4);
    for (size_t i = 0; i < sizeof(noise); i++) {
        noise[i] = (unsigned char)eb_rng_next(&rng);
    }
    write_file(f->path, "", (struct bytes){noise, sizeof(noise)});
    expect_aside(f, "not a database");
}

static void an_empty_file_is_a_new_journal(void **state)
{
    struct fixture *f = *state;
    struct eb_recovery found;
    uint64_t hash;
    unsigned char none = 0;
    write_file(f->path, "", (struct bytes){&none, 0});
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
    assert_int_equal(found.found, EB_JOURNAL_NEW);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    char *text = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK) {
        fail_msg("%s: %s", sql, text);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_database_of_another_program_is_refused(void **state)
{
    struct fixture *f = *state;
    write_file(f->path, "", (struct bytes){NULL, 0});
    run_sql(f->path, "CREATE TABLE songs(title TEXT); INSERT INTO songs VALUES('one')");
    expect_refused(f, "another program");
    run_sql(f->path, "PRAGMA application_id = 252006673");
    expect_refused(f, "252006673");
    struct eb_journal_reader *r;
    assert_int_equal(eb_journal_reader_open(f->path, &r, &f->err), EB_E_REFUSED);
    assert_non_null(strstr(f->err.msg, "no journal"));
}

static void another_schema_is_refused_with_a_remedy(void **state)
{
    struct fixture *f = *state;
    lay_out(f, &f->clean);
    run_sql(f->path, "PRAGMA user_version = 99");
    expect_refused(f, "journal schema 99 (made by build 0.1 test)");
    assert_non_null(strstr(f->err.msg, "move the file away"));
    assert_non_null(strstr(f->err.msg, "adopted from the venue"));
    struct eb_journal_reader *r;
    assert_int_equal(eb_journal_reader_open(f->path, &r, &f->err), EB_E_REFUSED);
    assert_non_null(strstr(f->err.msg, "read it with build 0.1 test"));
}

static void a_reader_does_not_keep_an_engine_from_starting(void **state)
{
    struct fixture *f = *state;
    struct eb_journal_reader *r;
    lay_out(f, &f->clean);
    assert_int_equal(eb_journal_reader_open(f->path, &r, &f->err), EB_OK);
    struct eb_recovery found;
    uint64_t hash;
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
    assert_true(hash == f->clean.hash);
    eb_journal_reader_close(r);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

static void expect_cut(struct fixture *f, const struct image *image, size_t len)
{
    struct eb_recovery found;
    uint64_t hash;
    struct image less = *image;
    less.db.len = len;
    lay_out(f, &less);
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
    struct fixture *f = *state;
    fold_log_in(f, &f->cut);
    for (size_t len = 0; len < f->clean.db.len; len += 1531) {
        expect_cut(f, &f->clean, len);
    }
    for (size_t len = 0; len < f->cut.db.len; len += PAGE) {
        expect_cut(f, &f->cut, len);
    }
}

/* What a journal with one byte changed may be: itself, aside, refused; or without its last record, which is told. */
static void expect_known(struct fixture *f, const struct image *image, const char *where, size_t at)
{
    struct eb_recovery found;
    uint64_t hash;
    f->err.msg[0] = '\0';
    int rc = scene_recover(&f->options, &found, &hash, &f->err);
    if (rc == EB_E_REFUSED && f->err.msg[0] != '\0') {
        return;
    }
    if (rc == EB_OK && found.found == EB_JOURNAL_CORRUPT && found.why[0] != '\0' && exists(found.aside)) {
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
    return at % PAGE < 32 ? at + 1 : at > PAGE - 900 && at < PAGE ? at + 2 : at + 127;
}

static void flip_pages(struct fixture *f, struct image *image, const char *where)
{
    size_t flips = 0;
    for (size_t at = 0; at < image->db.len; at = next_byte(at)) {
        unsigned char was = image->db.data[at];
        static const unsigned char masks[] = {0x01, 0x80, 0xff};
        image->db.data[at] ^= masks[flips % EB_COUNT(masks)];
        lay_out(f, image);
        expect_known(f, image, where, at);
        image->db.data[at] = was;
        flips++;
    }
    print_message("%s: %d flips in %d bytes\n", where, (int)flips, (int)image->db.len);
}

static void flipped_bytes_of_a_closed_file_are_never_another_state(void **state)
{
    struct fixture *f = *state;
    flip_pages(f, &f->clean, "closed");
}

static void flipped_bytes_of_a_cut_file_are_never_another_state(void **state)
{
    struct fixture *f = *state;
    fold_log_in(f, &f->cut);
    flip_pages(f, &f->cut, "cut");
}

/* A page that counts one row less than it has hides its last one, and every row that is left has a good checksum. */
static void a_page_that_hides_a_row_is_seen(void **state)
{
    struct fixture *f = *state;
    unsigned leaves = 0;
    fold_log_in(f, &f->cut);
    for (size_t page = PAGE; page < f->cut.db.len; page += PAGE) {
        unsigned char *head = f->cut.db.data + page;
        unsigned count = (unsigned)head[3] << 8 | head[4];
        if (head[0] != 0x0d || count == 0) { /* the leaf of a table */
            continue;
        }
        head[3] = (unsigned char)((count - 1) >> 8);
        head[4] = (unsigned char)(count - 1);
        lay_out(f, &f->cut);
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
    struct fixture *f = *state;
    for (size_t i = 0; i < EB_COUNT(heads); i++) {
        struct eb_recovery found;
        uint64_t hash;
        memcpy(f->cut.db.data + 18, heads[i], 2);
        lay_out(f, &f->cut);
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
    struct fixture *f = *state;
    struct eb_recovery found;
    uint64_t hash;
    size_t flips = 0;
    size_t told = 0;
    assert_true(f->cut.wal.len > 20 * PAGE);
    for (size_t at = 0; at < f->cut.wal.len; at += at < 100 ? 1 : 197) {
        unsigned char was = f->cut.wal.data[at];
        f->cut.wal.data[at] ^= 0x10;
        lay_out(f, &f->cut);
        expect_known(f, &f->cut, "log", at);
        f->cut.wal.data[at] = was;
        flips++;
    }
    /* a frame in the middle: told, and nothing is lost silently */
    for (size_t frame = 1; frame + 12 < f->cut.wal.len / (PAGE + 24); frame++) {
        size_t at = 32 + frame * (PAGE + 24) + 500;
        f->cut.wal.data[at] ^= 0x10;
        lay_out(f, &f->cut);
        assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
        assert_int_equal(found.found, EB_JOURNAL_CORRUPT);
        assert_non_null(strstr(found.why, "before its end"));
        char log[sizeof(found.aside) + 8];
        (void)snprintf(log, sizeof(log), "%s-wal", found.aside);
        assert_true(exists(log)); /* file and log are kept together */
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
    struct fixture *f = *state;
    struct eb_recovery found;
    uint64_t hash;
    struct image less = f->cut;
    uint64_t shortest = f->cut.seq;
    while (less.wal.len > 12 * PAGE) {
        less.wal.len -= 1777;
        lay_out(f, &less);
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
    struct fixture *f = *state;
    struct eb_recovery found;
    uint64_t hash;
    lay_out(f, &f->cut);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
    assert_int_equal(found.found, EB_JOURNAL_CORRUPT);
    assert_non_null(strstr(found.why, "is missing, and its log is not"));
    char log[sizeof(found.aside) + 8];
    (void)snprintf(log, sizeof(log), "%s-wal", found.aside);
    assert_true(exists(log));
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

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
    struct fixture *f = *state;
    fold_log_in(f, &f->cut);
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_recovery found;
        uint64_t hash;
        lay_out(f, &f->cut);
        run_sql(f->path, cases[i].sql);
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
    struct fixture *f = *state;
    sqlite3 *db;
    char more[24];
    (void)snprintf(more, sizeof(more), "%d", (int)f->clean.seq + 1);
    lay_out(f, &f->clean);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(eb_rows_put_meta(db, "closed", more, &f->err), EB_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    expect_aside(f, "was closed after record");
}

static void a_last_record_that_is_damaged_is_left_out(void **state)
{
    struct fixture *f = *state;
    char sql[128];
    struct eb_recovery found;
    struct scene_life life;
    uint64_t hash;
    fold_log_in(f, &f->cut);
    lay_out(f, &f->cut);
    (void)snprintf(sql, sizeof(sql), "UPDATE record SET bytes = zeroblob(99) WHERE seq = %d", (int)f->cut.seq);
    run_sql(f->path, sql);
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
    struct fixture *f = *state;
    struct eb_recovery found;
    uint64_t hash;
    fold_log_in(f, &f->cut);
    lay_out(f, &f->cut);
    /* a record taken out and the gap closed: nothing but the hashes tells, as with a build that folds differently */
    run_sql(f->path, "DELETE FROM record WHERE seq = 40; UPDATE record SET seq = seq - 1 WHERE seq > 40");
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
    assert_int_equal(found.found, EB_JOURNAL_CUT);
    assert_true(found.differed > 0);
    assert_non_null(strstr(found.why, "folds differently than for build 0.1 test"));
    assert_true(hash != 0 && hash != f->cut.hash);
    assert_int_equal(found.seq, f->cut.seq - 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
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
        CASE(rows_that_are_missing_are_damage),
        CASE(a_closed_file_with_fewer_records_is_damaged),
        CASE(a_last_record_that_is_damaged_is_left_out),
        CASE(a_hash_that_disagrees_is_told_and_the_facts_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
