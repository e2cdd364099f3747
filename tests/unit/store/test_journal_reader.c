/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a journal: beside its engine, record by record, as of a moment, all of it, as a copy. */
#define _DEFAULT_SOURCE

#include "journal_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#define WAIT_MS 60000
#define RECORDS 700

/* One journal for all cases: two lives, the second still running. */
static struct {
    char dir[SCENE_PATH_MAX];
    char path[SCENE_PATH_MAX + 16];
    struct scene_life life;
    struct scene scene;
    uint64_t first_life; /* records of it */
    uint64_t hash[2 * RECORDS];
} g;
static struct eb_err err;

static void ok(int rc)
{
    if (rc != EB_OK) {
        fail_msg("%d: %s", rc, err.msg);
    }
}

static void live(uint64_t until, bool new)
{
    struct eb_journal_options o = scene_options(g.dir, g.path);
    ok(scene_begin(&g.life, &o, &err));
    (new ? scene_open : scene_resume)(&g.scene, new ? 1 : 2, g.life.engine, eb_journal_port(g.life.journal));
    uint64_t from = g.life.found.seq;
    scene_run_to(&g.scene, until);
    uint64_t count = eb_engine_durable_count(g.life.engine);
    assert_true(count < EB_COUNT(g.hash));
    memcpy(g.hash + from, g.scene.hash + from, (count - from + 1) * sizeof(g.hash[0]));
    ok(eb_journal_sync(g.life.journal, WAIT_MS, &err));
}

static int set_up(void **state)
{
    (void)state;
    scene_place(g.dir);
    live(RECORDS, true);
    g.first_life = eb_engine_durable_count(g.life.engine);
    scene_close(&g.scene);
    ok(scene_end(&g.life, true, &err));
    live(g.first_life + 300, false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scene_close(&g.scene);
    ok(scene_end(&g.life, true, &err));
    scene_remove(g.dir);
    return 0;
}

static struct eb_journal_reader *open_reader(void)
{
    struct eb_journal_reader *r;
    ok(eb_journal_reader_open(g.path, &r, &err));
    return r;
}

static uint64_t last(void)
{
    return eb_engine_durable_count(g.life.engine);
}

/* ---- what is in it ----------------------------------------------------------------------------------------------- */

static void it_tells_what_it_is(void **state)
{
    (void)state;
    struct eb_journal_reader *r = open_reader();
    struct eb_journal_meta m;
    eb_journal_meta(r, &m);
    assert_string_equal(m.account, "scene");
    assert_int_equal(m.instance, g.life.found.instance);
    assert_int_equal(m.schema, EB_JOURNAL_SCHEMA);
    assert_int_equal(m.first_seq, 1);
    assert_int_equal(m.last_seq, last());
    assert_true(m.images >= 2);
    assert_false(m.closed);
    assert_true(m.created_ms > SCENE_START_MS);
    eb_journal_reader_close(r);
    eb_journal_reader_close(NULL);
}

static void it_tells_of_each_life(void **state)
{
    (void)state;
    struct eb_journal_reader *r = open_reader();
    struct eb_journal_segment s[2];
    assert_int_equal(eb_journal_segments(r), 2);
    for (uint32_t i = 0; i < 2; i++) {
        ok(eb_journal_segment(r, i, &s[i], &err));
        assert_string_equal(s[i].build, "0.1 test");
        assert_int_equal(s[i].id, i + 1);
        assert_int_equal(s[i].schema, EB_CODEC_SCHEMA);
        assert_true(s[i].readable);
        assert_false(s[i].closed);
        assert_true(s[i].bytes > 100 * (s[i].last_seq - s[i].first_seq));
        assert_int_equal(s[i].config.symbols_max, SCENE_SYMBOLS);
        assert_int_equal(s[i].config.instance, g.life.found.instance);
    }
    assert_int_equal(s[0].first_seq, 1);
    assert_int_equal(s[0].last_seq, g.first_life);
    assert_int_equal(s[1].first_seq, g.first_life + 1);
    assert_int_equal(s[1].last_seq, last());
    assert_int_equal(eb_journal_segment(r, 2, &s[0], &err), EB_E_NOT_FOUND);
    eb_journal_reader_close(r);
}

static void what_is_no_journal_is_told(void **state)
{
    (void)state;
    struct eb_journal_reader *r;
    char path[SCENE_PATH_MAX + 16];
    (void)snprintf(path, sizeof(path), "%s/none", g.dir);
    assert_int_equal(eb_journal_reader_open(path, &r, &err), EB_E_NOT_FOUND);
    assert_null(r);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    for (int i = 0; i < 1000; i++) {
        (void)fputs("no database", f);
    }
    (void)fclose(f);
    assert_int_equal(eb_journal_reader_open(path, &r, &err), EB_E_CORRUPT);
    assert_non_null(strstr(err.msg, path));
    assert_int_equal(eb_journal_reader_open(g.dir, &r, &err), EB_E_IO);
    assert_int_equal(unlink(path), 0);
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

static void records_come_in_order_from_anywhere(void **state)
{
    (void)state;
    static struct eb_decoded_event ev;
    static const uint64_t from[] = {0, 1, 2, 255, 256, 257, 700, 999};
    struct eb_journal_reader *r = open_reader();
    for (size_t i = 0; i < EB_COUNT(from); i++) {
        struct eb_record_source source;
        uint64_t expected = from[i] > 0 ? from[i] : 1;
        int rc;
        ok(eb_journal_records(r, from[i], &source, &err));
        while ((rc = source.next(source.source, &ev, &err)) == EB_OK) {
            assert_int_equal(eb_journal_record_seq(r), expected);
            assert_true(ev.durable);
            expected++;
        }
        assert_int_equal(rc, EB_E_END);
        assert_int_equal(expected, last() + 1);
    }
    struct eb_record_source source;
    ok(eb_journal_records(r, last() + 1, &source, &err));
    assert_int_equal(source.next(source.source, &ev, &err), EB_E_END);
    eb_journal_reader_close(r);
}

static void a_reader_follows_a_writer(void **state)
{
    (void)state;
    static struct eb_decoded_event ev;
    struct eb_journal_reader *r = open_reader();
    struct eb_record_source source;
    uint64_t seen = last();
    ok(eb_journal_records(r, seen + 1, &source, &err));
    for (int round = 0; round < 20; round++) {
        scene_run_to(&g.scene, last() + 5);
        ok(eb_journal_sync(g.life.journal, WAIT_MS, &err));
        int rc;
        while ((rc = source.next(source.source, &ev, &err)) == EB_OK) {
            seen++;
        }
        assert_int_equal(rc, EB_E_END);
        assert_int_equal(seen, last());
    }
    eb_journal_reader_close(r);
}

/* ---- folds ------------------------------------------------------------------------------------------------------- */

struct heard {
    struct eb_engine **engine;
    uint64_t steps, wrong;
    int64_t last_ms;
};

static void hear(void *user, const struct eb_event *ev, const struct eb_actions *a)
{
    struct heard *h = user;
    h->steps++;
    h->last_ms = ev->now_ms;
    h->wrong += !a->durable || *h->engine == NULL || eb_engine_symbol_count(*h->engine) > SCENE_SYMBOLS ? 1 : 0;
}

static void a_fold_of_everything_agrees_with_every_hash(void **state)
{
    (void)state;
    struct eb_journal_reader *r = open_reader();
    struct eb_engine *e;
    struct heard heard = {.engine = &e};
    struct eb_fold_result result;
    ok(eb_journal_fold(r, INT64_MAX, true, hear, &heard, &e, &result, &err));
    assert_true(eb_engine_durable_hash(e) == eb_engine_durable_hash(g.life.engine));
    assert_int_equal(heard.steps, last());
    assert_int_equal(heard.wrong, 0);
    assert_int_equal(result.replay.stepped, last());
    assert_int_equal(result.replay.differed, 0);
    assert_int_equal(result.disagree, 0);
    assert_true(result.hashes >= last() / 20 - 2); /* each of them, and the second life's beginning */
    eb_engine_destroy(e);
    ok(eb_journal_fold(r, INT64_MAX, false, NULL, NULL, &e, &result, &err));
    assert_true(eb_engine_durable_hash(e) == eb_engine_durable_hash(g.life.engine));
    assert_true(result.replay.stepped < last() - g.first_life + 1);
    eb_engine_destroy(e);
    eb_journal_reader_close(r);
}

static void a_fold_until_a_moment_is_the_state_of_then(void **state)
{
    (void)state;
    struct eb_journal_reader *r = open_reader();
    for (int64_t s = 0; s < 120; s += 13) {
        int64_t until = SCENE_START_MS + s * 1000;
        struct eb_engine *e;
        struct eb_engine *same;
        struct heard heard = {.engine = &e};
        struct eb_fold_result result;
        ok(eb_journal_fold(r, until, true, hear, &heard, &e, &result, &err));
        ok(eb_journal_fold(r, until, false, NULL, NULL, &same, NULL, &err));
        assert_true(heard.last_ms <= until);
        assert_true(eb_engine_durable_hash(e) == g.hash[result.replay.stepped]);
        assert_true(eb_engine_durable_hash(e) == eb_engine_durable_hash(same));
        eb_engine_destroy(e);
        eb_engine_destroy(same);
    }
    struct eb_engine *e;
    ok(eb_journal_fold(r, 0, false, NULL, NULL, &e, NULL, &err)); /* before everything: an engine that knows nothing */
    assert_true(eb_engine_durable_hash(e) == g.hash[0]);
    eb_engine_destroy(e);
    eb_journal_reader_close(r);
}

struct range {
    uint64_t first, last, steps;
};

static void hear_step(void *user, const struct eb_fold_step *step)
{
    struct range *h = user;
    h->first = h->steps == 0 ? step->seq : h->first;
    h->last = step->seq;
    h->steps++;
    assert_false(step->differed);
    assert_true(step->actions->durable && step->record->durable);
    assert_int_equal(eb_engine_durable_count(step->engine), step->seq);
    assert_true(step->seq >= EB_COUNT(g.hash) || g.hash[step->seq] == 0 ||
                eb_engine_durable_hash(step->engine) == g.hash[step->seq]);
}

static void a_fold_of_a_range_begins_near_it(void **state)
{
    (void)state;
    static const uint64_t cases[][2] = {{0, 50}, {0, 0}, {500, 520}, {690, 710}, {800, 0}, {900, 901}, {5000, 0}};
    struct eb_journal_reader *r = open_reader();
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct range heard = {.steps = 0};
        struct eb_engine *e;
        struct eb_fold_result result;
        const struct eb_fold_range range = {.after = cases[i][0],
                                            .until_seq = cases[i][1],
                                            .until_ms = INT64_MAX,
                                            .observe = hear_step,
                                            .user = &heard};
        ok(eb_journal_fold_range(r, &range, &e, &result, &err));
        assert_int_equal(result.disagree, 0);
        assert_true(heard.steps == 0 || heard.first <= cases[i][0] + 1);
        if (heard.steps > 0) {
            assert_int_equal(heard.last, cases[i][1] != 0 ? cases[i][1] : last());
            assert_int_equal(eb_engine_durable_count(e), heard.last);
        }
        eb_engine_destroy(e);
    }
    eb_journal_reader_close(r);
}

/* ---- check and copy ---------------------------------------------------------------------------------------------- */

static void count_words(void *user, uint64_t done, uint64_t all)
{
    uint64_t *words = user;
    ++*words;
    assert_true(done <= all);
}

static void a_copy_is_the_same_journal(void **state)
{
    (void)state;
    char copy[SCENE_PATH_MAX + 16];
    uint64_t words = 0;
    (void)snprintf(copy, sizeof(copy), "%s/copy.db", g.dir);
    struct eb_journal_reader *r = open_reader();
    ok(eb_journal_check(r, count_words, &words, &err));
    assert_true(words > 0);
    ok(eb_journal_copy(r, copy, &err));
    assert_int_equal(eb_journal_copy(r, copy, &err), EB_E_IO); /* nothing is written over */
    assert_non_null(strstr(err.msg, copy));
    eb_journal_reader_close(r);
    struct eb_engine *e;
    ok(eb_journal_reader_open(copy, &r, &err));
    ok(eb_journal_check(r, NULL, NULL, &err));
    ok(eb_journal_fold(r, INT64_MAX, true, NULL, NULL, &e, NULL, &err));
    assert_true(eb_engine_durable_hash(e) == eb_engine_durable_hash(g.life.engine));
    eb_engine_destroy(e);
    eb_journal_reader_close(r);

    struct scene_life life; /* and an engine may go on with it */
    char other[SCENE_PATH_MAX + 16];
    struct eb_journal_options o = scene_options(g.dir, other);
    o.path = copy;
    ok(scene_begin(&life, &o, &err));
    assert_true(eb_engine_durable_hash(life.engine) == eb_engine_durable_hash(g.life.engine));
    assert_int_equal(life.found.found, EB_JOURNAL_CUT);
    ok(scene_end(&life, true, &err));
    (void)unlink(copy);
    (void)snprintf(copy, sizeof(copy), "%s/copy.db.lock", g.dir);
    (void)unlink(copy);
}

static void a_check_finds_what_is_wrong(void **state)
{
    static const struct {
        const char *sql, *says;
    } cases[] = {
        {"DELETE FROM record WHERE seq = 5", "record 5 is missing"},
        {"UPDATE record SET bytes = zeroblob(50) WHERE seq = 6", "record 6"},
        {"UPDATE record SET ms = 0 WHERE seq = 7", "record 7 is another's"},
        {"UPDATE hash SET bytes = zeroblob(12) WHERE seq = 20", "the hash after record 20"},
        {"UPDATE image SET bytes = zeroblob(40) WHERE seq = 0", "the image after record 0"},
        {"DELETE FROM image_part WHERE id = 1", "part 1 of"},
        {"UPDATE segment SET bytes = zeroblob(10) WHERE id = 2", "segment 2"},
        {"UPDATE meta SET value = 'x' WHERE key = 'account'", "account"},
    };
    (void)state;
    char copy[SCENE_PATH_MAX + 16];
    (void)snprintf(copy, sizeof(copy), "%s/copy.db", g.dir);
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_journal_reader *r = open_reader();
        sqlite3 *db;
        ok(eb_journal_copy(r, copy, &err));
        eb_journal_reader_close(r);
        assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, cases[i].sql, NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_changes(db), 1);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        int rc = eb_journal_reader_open(copy, &r, &err);
        rc = rc == EB_OK ? eb_journal_check(r, NULL, NULL, &err) : rc;
        if (rc != EB_E_CORRUPT || strstr(err.msg, cases[i].says) == NULL || strstr(err.msg, copy) == NULL) {
            fail_msg("%s: %d, %s", cases[i].sql, rc, err.msg);
        }
        eb_journal_reader_close(r);
        (void)unlink(copy);
    }
}

/* Somebody who may read the file and write nowhere near it. */
static int read_as_nobody(const char *path)
{
    struct eb_journal_reader *r;
    struct eb_engine *e;
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
        return 2;
    }
    if (eb_journal_reader_open(path, &r, &err) != EB_OK || eb_journal_check(r, NULL, NULL, &err) != EB_OK ||
        eb_journal_fold(r, INT64_MAX, true, NULL, NULL, &e, NULL, &err) != EB_OK) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    eb_engine_destroy(e);
    eb_journal_reader_close(r);
    return 0;
}

static void a_place_that_cannot_be_written_is_no_obstacle(void **state)
{
    (void)state;
    char copy[SCENE_PATH_MAX + 32];
    char dir[SCENE_PATH_MAX + 16];
    (void)snprintf(dir, sizeof(dir), "%s/shut", g.dir);
    (void)snprintf(copy, sizeof(copy), "%s/copy #1?.db", dir);
    assert_int_equal(chmod(g.dir, 0755), 0);
    assert_int_equal(mkdir(dir, 0755), 0);
    struct eb_journal_reader *r = open_reader();
    ok(eb_journal_copy(r, copy, &err));
    eb_journal_reader_close(r);
    assert_int_equal(chmod(dir, 0555), 0);
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(read_as_nobody(copy));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(unlink(copy), 0); /* and nothing was left beside it */
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_tells_what_it_is),
        cmocka_unit_test(it_tells_of_each_life),
        cmocka_unit_test(what_is_no_journal_is_told),
        cmocka_unit_test(records_come_in_order_from_anywhere),
        cmocka_unit_test(a_reader_follows_a_writer),
        cmocka_unit_test(a_fold_of_everything_agrees_with_every_hash),
        cmocka_unit_test(a_fold_until_a_moment_is_the_state_of_then),
        cmocka_unit_test(a_fold_of_a_range_begins_near_it),
        cmocka_unit_test(a_copy_is_the_same_journal),
        cmocka_unit_test(a_check_finds_what_is_wrong),
        cmocka_unit_test(a_place_that_cannot_be_written_is_no_obstacle),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
