/* SPDX-License-Identifier: Apache-2.0 */
/* A journal from its making to its recovery, one idea a case. What damages it is in the other test_journal_*.c. */
#define _POSIX_C_SOURCE 200809L

#include "journal_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#define WAIT_MS 60000

struct fixture {
    char dir[SCENE_PATH_MAX];
    char path[SCENE_PATH_MAX + 16];
    struct eb_journal_options options;
    struct scene scene;
    struct scene_life life;
    struct eb_err err;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    scene_place(f->dir);
    f->options = scene_options(f->dir, f->path);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    scene_close(&f->scene);
    scene_remove(f->dir);
    free(f);
    return 0;
}

static void ok(const struct fixture *f, int rc)
{
    if (rc != EB_OK) {
        fail_msg("%d: %s", rc, f->err.msg);
    }
}

static void begin(struct fixture *f)
{
    ok(f, scene_begin(&f->life, &f->options, &f->err));
}

/* A new journal with so many durable records, all on the disk. */
static void begin_with(struct fixture *f, uint64_t records)
{
    begin(f);
    scene_open(&f->scene, 1, f->life.engine, eb_journal_port(f->life.journal));
    scene_run_to(&f->scene, records);
    ok(f, eb_journal_sync(f->life.journal, WAIT_MS, &f->err));
}

static void pause_ms(long ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* ---- making and closing ------------------------------------------------------------------------------------------ */

static void a_new_journal_begins_with_nothing(void **state)
{
    struct fixture *f = *state;
    begin(f);
    assert_int_equal(f->life.found.found, EB_JOURNAL_NEW);
    assert_true(f->life.found.instance >= 2);
    assert_int_equal(f->life.found.seq, 0);
    assert_false(f->life.found.has_mode);
    assert_string_equal(f->life.found.why, "");
    struct eb_store_port port = eb_journal_port(f->life.journal);
    assert_false(port.wants_quiet);
    assert_false(port.failed(port.store));
    assert_int_equal(port.durable_seq(port.store), 0);
    assert_true(eb_journal_settled(f->life.journal));
    struct stat st;
    char log[SCENE_PATH_MAX + 32];
    (void)snprintf(log, sizeof(log), "%s-wal", f->path);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600); /* positions are nobody else's business */
    assert_int_equal(stat(log, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    ok(f, scene_end(&f->life, true, &f->err));
    assert_int_equal(access(f->path, R_OK), 0);
}

static void an_engine_that_died_before_it_began_has_left_nothing(void **state)
{
    struct fixture *f = *state;
    struct eb_recovery found;
    uint64_t hash;
    ok(f, scene_recover(&f->options, &found, &hash, &f->err));
    uint32_t instance = found.instance;
    ok(f, scene_recover(&f->options, &found, &hash, &f->err));
    assert_int_equal(found.found, EB_JOURNAL_NEW);
    assert_int_equal(found.instance, instance); /* the file's, once it is made */
}

static void numbers_are_those_of_the_engine(void **state)
{
    struct fixture *f = *state;
    begin(f);
    scene_open(&f->scene, 1, f->life.engine, eb_journal_port(f->life.journal));
    for (int i = 0; i < 50; i++) {
        scene_run(&f->scene, 10);
        assert_int_equal(f->scene.last, eb_engine_durable_count(f->life.engine));
    }
    assert_int_equal(f->scene.lost, 0);
    ok(f, eb_journal_sync(f->life.journal, WAIT_MS, &f->err));
    struct eb_store_port port = eb_journal_port(f->life.journal);
    assert_int_equal(port.durable_seq(port.store), f->scene.last);
    struct eb_journal_stats s;
    eb_journal_stats(f->life.journal, &s);
    assert_int_equal(s.appended, f->scene.last);
    assert_int_equal(s.durable, f->scene.last);
    assert_true(s.commits >= 1 && s.commits <= f->scene.last);
    assert_true(s.longest_commit_ns >= s.last_commit_ns && s.last_commit_ns > 0);
    assert_int_equal(s.ring_used, 0);
    assert_true(s.ring_used_max > 0 && s.ring_used_max <= s.ring_capacity);
    assert_true(s.file_bytes > 4096 && s.free_bytes > 0);
    assert_false(s.failed);
    assert_true(f->scene.exits > 0); /* or the scene would show little */
    ok(f, scene_end(&f->life, true, &f->err));
}

static void recovers(struct fixture *f, bool properly, uint64_t records)
{
    begin_with(f, records);
    uint64_t count = eb_engine_durable_count(f->life.engine);
    uint64_t hash = f->scene.hash[count];
    uint32_t instance = f->life.found.instance;
    int64_t last_ms = f->scene.now_ms;
    ok(f, scene_end(&f->life, properly, &f->err));

    struct eb_recovery found;
    uint64_t got;
    ok(f, scene_recover(&f->options, &found, &got, &f->err));
    assert_int_equal(found.found, properly ? EB_JOURNAL_CLEAN : EB_JOURNAL_CUT);
    assert_true(got == hash);
    assert_int_equal(found.seq, count);
    assert_int_equal(found.instance, instance);
    assert_int_equal(found.differed, 0);
    assert_string_equal(found.why, "");
    assert_string_equal(found.build, "0.1 test");
    assert_int_equal(found.segments, 1);
    assert_true(found.has_mode);
    assert_true(properly ? found.folded == 0 : found.folded > 0);
    assert_true(found.last_ms <= last_ms && found.last_ms > last_ms - 60000);
    assert_int_equal(found.last_ns, found.last_ms * 1000000);
}

static void a_journal_that_was_closed_gives_its_state_back(void **state)
{
    recovers(*state, true, 500);
}

static void a_journal_that_was_cut_gives_its_state_back(void **state)
{
    recovers(*state, false, 150);
}

static void engines_follow_each_other(void **state)
{
    struct fixture *f = *state;
    uint64_t hash = 0;
    uint64_t count = 0;
    uint32_t instance = 0;
    for (uint64_t life = 0; life < 6; life++) {
        begin(f);
        assert_true(life == 0 || eb_engine_durable_hash(f->life.engine) == hash);
        assert_int_equal(f->life.found.segments, life);
        assert_int_equal(f->life.found.seq, count);
        assert_true(life == 0 || f->life.found.instance == instance);
        instance = f->life.found.instance;
        struct eb_store_port port = eb_journal_port(f->life.journal);
        (life == 0 ? scene_open : scene_resume)(&f->scene, life + 1, f->life.engine, port);
        if (life != 3) { /* one that does nothing */
            scene_run_to(&f->scene, count + 170);
        }
        ok(f, eb_journal_sync(f->life.journal, WAIT_MS, &f->err));
        hash = eb_engine_durable_hash(f->life.engine);
        count = eb_engine_durable_count(f->life.engine);
        assert_int_equal(port.durable_seq(port.store), count);
        scene_close(&f->scene);
        ok(f, scene_end(&f->life, life % 2 == 0, &f->err));
    }
    struct eb_journal_reader *r;
    struct eb_engine *e;
    struct eb_fold_result result;
    ok(f, eb_journal_reader_open(f->path, &r, &f->err));
    assert_int_equal(eb_journal_segments(r), 6);
    ok(f, eb_journal_fold(r, INT64_MAX, true, NULL, NULL, &e, &result, &f->err));
    assert_true(eb_engine_durable_hash(e) == hash);
    assert_true(result.replay.durable_hash == hash);
    assert_int_equal(result.replay.differed, 0);
    assert_int_equal(result.disagree, 0);
    assert_true(result.hashes >= 5 * (170 / 20));
    eb_engine_destroy(e);
    eb_journal_reader_close(r);
}

/* ---- who may have it --------------------------------------------------------------------------------------------- */

static void two_engines_cannot_have_one(void **state)
{
    struct fixture *f = *state;
    begin(f);
    struct scene_life other;
    assert_int_equal(scene_begin(&other, &f->options, &f->err), EB_E_REFUSED);
    char pid[32];
    (void)snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
    assert_non_null(strstr(f->err.msg, pid));
    assert_non_null(strstr(f->err.msg, "another engine"));
    ok(f, scene_end(&f->life, true, &f->err));
    begin(f); /* and it is free again */
    ok(f, scene_end(&f->life, true, &f->err));
}

static void another_account_is_refused(void **state)
{
    struct fixture *f = *state;
    begin_with(f, 10);
    ok(f, scene_end(&f->life, true, &f->err));
    struct scene_life other;
    f->options.account = "somebody";
    assert_int_equal(scene_begin(&other, &f->options, &f->err), EB_E_REFUSED);
    assert_non_null(strstr(f->err.msg, "account scene"));
    assert_non_null(strstr(f->err.msg, "somebody"));
    f->options.account = "";
    begin(f); /* takes what the file says */
    assert_int_equal(f->life.found.found, EB_JOURNAL_CLEAN);
    ok(f, scene_end(&f->life, true, &f->err));
    f->options.account = "scene";
    begin(f);
    ok(f, scene_end(&f->life, true, &f->err));
}

static void an_account_that_becomes_known_is_kept(void **state)
{
    struct fixture *f = *state;
    f->options.account = "";
    begin(f);
    ok(f, scene_end(&f->life, true, &f->err));
    f->options.account = "later";
    begin(f);
    ok(f, scene_end(&f->life, true, &f->err));
    f->options.account = "other";
    assert_int_equal(scene_begin(&f->life, &f->options, &f->err), EB_E_REFUSED);
}

static void places_that_cannot_be_are_errors(void **state)
{
    struct fixture *f = *state;
    char missing[SCENE_PATH_MAX + 32];
    (void)snprintf(missing, sizeof(missing), "%s/none/journal.db", f->dir);
    f->options.path = missing;
    assert_int_equal(scene_begin(&f->life, &f->options, &f->err), EB_E_IO);
    assert_non_null(strstr(f->err.msg, "No such file"));
    f->options.path = f->dir;
    assert_int_equal(scene_begin(&f->life, &f->options, &f->err), EB_E_IO);
    assert_non_null(strstr(f->err.msg, "no regular file"));
    f->options.path = "";
    assert_int_equal(scene_begin(&f->life, &f->options, &f->err), EB_E_INVALID);
    char *lock = missing; /* opening the directory has left one beside it */
    (void)snprintf(missing, sizeof(missing), "%s.lock", f->dir);
    (void)unlink(lock);
}

/* ---- while it runs ----------------------------------------------------------------------------------------------- */

static atomic_uint told;

static void hear(void *user)
{
    (void)user;
    atomic_fetch_add(&told, 1);
}

static void progress_is_told_for_each_commit(void **state)
{
    struct fixture *f = *state;
    atomic_store(&told, 0);
    f->options.progress = hear;
    begin_with(f, 300);
    ok(f, scene_end(&f->life, true, &f->err));
    assert_true(atomic_load(&told) >= 1);
}

/* Somebody with a shell of SQLite and a transaction that stays open for a while. */
static void another_writer_delays_and_nothing_is_lost(void **state)
{
    struct fixture *f = *state;
    sqlite3 *other;
    begin_with(f, 50);
    struct eb_store_port port = eb_journal_port(f->life.journal);
    uint64_t before = port.durable_seq(port.store);
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    scene_run_to(&f->scene, 100);
    assert_int_equal(eb_journal_sync(f->life.journal, 50, &f->err), EB_E_STALE);
    assert_non_null(strstr(f->err.msg, "not durable after 50 ms"));
    assert_int_equal(port.durable_seq(port.store), before);
    assert_false(eb_journal_settled(f->life.journal));
    assert_false(port.failed(port.store));
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    ok(f, eb_journal_sync(f->life.journal, WAIT_MS, &f->err));
    assert_int_equal(port.durable_seq(port.store), f->scene.last);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    ok(f, scene_end(&f->life, true, &f->err));
}

/* The ring is as small as one can be, and the first record does not fit beside the next. */
static void what_finds_no_room_is_lost_for_good(void **state)
{
    struct fixture *f = *state;
    f->options.ring_bytes = 64;
    begin(f);
    struct eb_store_port port = eb_journal_port(f->life.journal);
    scene_open(&f->scene, 1, f->life.engine, port);
    scene_run(&f->scene, 50);
    assert_true(f->scene.durable > 0);
    assert_int_equal(f->scene.lost, f->scene.durable); /* not one behind the hole */
    assert_true(port.failed(port.store));
    assert_int_equal(port.durable_seq(port.store), 0);
    assert_int_equal(eb_journal_sync(f->life.journal, WAIT_MS, &f->err), EB_E_IO);
    assert_non_null(strstr(f->err.msg, "ring"));
    struct eb_journal_stats s;
    eb_journal_stats(f->life.journal, &s);
    assert_true(s.failed);
    assert_non_null(strstr(s.failure, "ring"));
    assert_int_equal(scene_end(&f->life, true, &f->err), EB_E_IO);

    struct eb_recovery found;
    uint64_t hash;
    f->options.ring_bytes = 0;
    ok(f, scene_recover(&f->options, &found, &hash, &f->err));
    assert_int_equal(found.found, EB_JOURNAL_CUT); /* it was not closed properly: something is missing */
    assert_int_equal(found.seq, 0);
}

static void quiet_events_are_none_of_its_business(void **state)
{
    struct fixture *f = *state;
    begin_with(f, 20);
    struct eb_store_port port = eb_journal_port(f->life.journal);
    const struct eb_event ev = {.kind = EB_EV_CLOCK, .symbol = EB_NO_SYMBOL, .position = EB_NO_POSITION};
    uint64_t last = f->scene.last;
    assert_int_equal(port.append(port.store, &ev, NULL, false), last);
    ok(f, scene_end(&f->life, true, &f->err));
    struct eb_recovery found;
    uint64_t hash;
    ok(f, scene_recover(&f->options, &found, &hash, &f->err));
    assert_int_equal(found.seq, last);
}

static uint64_t hashes_of(struct fixture *f)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM hash", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    uint64_t n = (uint64_t)sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
    return n;
}

static void hashes_are_taken_in_idle_moments(void **state)
{
    struct fixture *f = *state;
    f->options.hash_every = 50;
    begin(f);
    eb_journal_idle(f->life.journal); /* from now on there are such moments */
    scene_open(&f->scene, 1, f->life.engine, eb_journal_port(f->life.journal));
    scene_run_to(&f->scene, 120);
    ok(f, eb_journal_sync(f->life.journal, WAIT_MS, &f->err));
    assert_int_equal(hashes_of(f), 0); /* a turn does not wait for it */
    eb_journal_idle(f->life.journal);
    eb_journal_idle(f->life.journal); /* one is enough */
    scene_run_to(&f->scene, 140);
    ok(f, eb_journal_sync(f->life.journal, WAIT_MS, &f->err));
    assert_int_equal(hashes_of(f), 1);
    scene_run_to(&f->scene, 400); /* there was none for long: taken after all */
    ok(f, eb_journal_sync(f->life.journal, WAIT_MS, &f->err));
    assert_int_equal(hashes_of(f), 2);
    uint64_t hash = eb_engine_durable_hash(f->life.engine);
    ok(f, scene_end(&f->life, false, &f->err));
    struct eb_recovery found;
    uint64_t got;
    ok(f, scene_recover(&f->options, &found, &got, &f->err));
    assert_true(got == hash);
    assert_int_equal(found.differed, 0);
}

/* Waits until the journal has made another image than those it had. */
static void wait_for_image(struct fixture *f, struct eb_journal_stats *s)
{
    uint64_t had = s->images;
    ok(f, eb_journal_sync(f->life.journal, WAIT_MS, &f->err));
    for (int i = 0; s->images == had && i < WAIT_MS; i++) {
        pause_ms(1);
        eb_journal_stats(f->life.journal, s);
    }
    assert_true(s->images > had);
    assert_string_equal(s->why, "");
}

static void images_are_made_while_it_runs(void **state)
{
    struct fixture *f = *state;
    begin_with(f, 100);
    struct eb_journal_stats s = {.images = 0};
    for (uint64_t n = 300; s.images < 5; n += 200) {
        scene_run_to(&f->scene, n);
        wait_for_image(f, &s);
    }
    assert_true(s.hashes >= 50);
    assert_int_equal(s.disagree, 0);
    uint64_t count = eb_engine_durable_count(f->life.engine);
    uint64_t hash = f->scene.hash[count];
    ok(f, scene_end(&f->life, false, &f->err));
    struct eb_recovery found;
    uint64_t got;
    ok(f, scene_recover(&f->options, &found, &got, &f->err));
    assert_true(got == hash);
    assert_int_equal(found.seq, count);
    assert_true(found.folded < 300); /* from the last image, not from the beginning */
}

/* A record that the engine never stepped stands for a fold that goes another way than life did. */
static void a_fold_that_differs_from_life_makes_no_image(void **state)
{
    struct fixture *f = *state;
    struct eb_journal_stats s = {.images = 0};
    begin_with(f, 105);
    struct eb_store_port port = eb_journal_port(f->life.journal);
    const struct eb_ev_command pause = {.verb = EB_CMD_PAUSE, .who = "nobody"};
    struct eb_event ev = {.kind = EB_EV_COMMAND, .symbol = EB_NO_SYMBOL, .position = EB_NO_POSITION};
    ev.now_ms = f->scene.now_ms;
    ev.now_ns = ev.now_ms * 1000000;
    ev.u.command = &pause;
    uint64_t strange = port.append(port.store, &ev, NULL, true);
    assert_true(strange > 105);
    scene_run_to(&f->scene, 300);
    ok(f, eb_journal_sync(f->life.journal, WAIT_MS, &f->err));
    for (int i = 0; s.why[0] == '\0' && i < WAIT_MS; i++) {
        pause_ms(1);
        eb_journal_stats(f->life.journal, &s);
    }
    eb_journal_stats(f->life.journal, &s); /* counts are told before the reason, and are read before it too */
    assert_non_null(strstr(s.why, "no image: the fold differs from the engine at record"));
    assert_int_equal(s.images, 0);
    assert_true(s.disagree > 0 && s.disagree < s.hashes); /* before it all was well */
    assert_false(s.failed);                               /* and life goes on */
    uint64_t last = f->scene.last;
    ok(f, scene_end(&f->life, false, &f->err));

    struct eb_recovery found;
    uint64_t hash;
    ok(f, scene_recover(&f->options, &found, &hash, &f->err));
    assert_int_equal(found.found, EB_JOURNAL_CUT);
    assert_int_equal(found.seq, last);
    assert_true(found.differed > 0);
    assert_non_null(strstr(found.why, "folds differently than for build 0.1 test"));
    struct scene_life next; /* the facts are taken, and numbers follow the engine's count, not the file's */
    ok(f, scene_begin(&next, &f->options, &f->err));
    struct scene more;
    port = eb_journal_port(next.journal);
    assert_int_equal(port.durable_seq(port.store), eb_engine_durable_count(next.engine));
    scene_resume(&more, 4, next.engine, port);
    scene_run_to(&more, 400);
    ok(f, eb_journal_sync(next.journal, WAIT_MS, &f->err));
    assert_int_equal(port.durable_seq(port.store), eb_engine_durable_count(next.engine));
    assert_int_equal(more.last, eb_engine_durable_count(next.engine));
    uint64_t then = eb_engine_durable_hash(next.engine);
    scene_close(&more);
    ok(f, scene_end(&next, false, &f->err));
    ok(f, scene_recover(&f->options, &found, &hash, &f->err));
    assert_true(hash == then);
    assert_string_equal(found.why, ""); /* from its own image on everything agrees */
}

/* Ten minutes are kept of what is nine hours. */
static void the_file_does_not_grow_without_end(void **state)
{
    struct fixture *f = *state;
    struct eb_journal_stats s = {.images = 0};
    struct stat st;
    uint64_t largest = 0;
    f->options.keep_ms = 600000;
    begin_with(f, 100);
    for (int i = 0; i < 100; i++) {
        scene_run_to(&f->scene, eb_engine_durable_count(f->life.engine) + 400);
        wait_for_image(f, &s);
        largest = s.file_bytes > largest ? s.file_bytes : largest;
    }
    uint64_t written = eb_engine_durable_count(f->life.engine) * 550; /* bytes a record, or more */
    ok(f, scene_end(&f->life, true, &f->err));
    assert_int_equal(stat(f->path, &st), 0);
    if (largest > written * 2 || (uint64_t)st.st_size > written / 3) { /* meanwhile: as slow as the disk is */
        fail_msg("%llu bytes, at most %llu, of %llu that were written", (unsigned long long)st.st_size,
                 (unsigned long long)largest, (unsigned long long)written);
    }
    struct eb_journal_reader *r;
    struct eb_journal_meta meta;
    ok(f, eb_journal_reader_open(f->path, &r, &f->err));
    eb_journal_meta(r, &meta);
    assert_true(meta.first_seq > 30000);
    ok(f, eb_journal_check(r, NULL, NULL, &f->err));
    struct eb_engine *e;
    struct eb_fold_result result;
    ok(f, eb_journal_fold(r, INT64_MAX, true, NULL, NULL, &e, &result, &f->err));
    assert_int_equal(result.disagree + result.replay.differed, 0);
    eb_engine_destroy(e);
    assert_int_equal(eb_journal_fold(r, SCENE_START_MS + 1000, false, NULL, NULL, &e, NULL, &f->err), EB_E_NOT_FOUND);
    assert_non_null(strstr(f->err.msg, "no longer kept"));
    eb_journal_reader_close(r);
}

static void a_file_that_is_too_large_loses_what_is_young(void **state)
{
    struct fixture *f = *state;
    struct eb_journal_stats s = {.images = 0};
    f->options.keep_bytes = 1 << 20;
    begin_with(f, 100);
    for (int i = 0; i < 12; i++) {
        scene_run_to(&f->scene, eb_engine_durable_count(f->life.engine) + 300);
        wait_for_image(f, &s);
    }
    ok(f, scene_end(&f->life, true, &f->err));
    struct eb_journal_reader *r;
    struct eb_journal_meta meta;
    ok(f, eb_journal_reader_open(f->path, &r, &f->err));
    eb_journal_meta(r, &meta);
    assert_true(meta.first_seq > 500);
    eb_journal_reader_close(r);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_new_journal_begins_with_nothing),
        CASE(an_engine_that_died_before_it_began_has_left_nothing),
        CASE(numbers_are_those_of_the_engine),
        CASE(a_journal_that_was_closed_gives_its_state_back),
        CASE(a_journal_that_was_cut_gives_its_state_back),
        CASE(engines_follow_each_other),
        CASE(two_engines_cannot_have_one),
        CASE(another_account_is_refused),
        CASE(an_account_that_becomes_known_is_kept),
        CASE(places_that_cannot_be_are_errors),
        CASE(progress_is_told_for_each_commit),
        CASE(another_writer_delays_and_nothing_is_lost),
        CASE(what_finds_no_room_is_lost_for_good),
        CASE(quiet_events_are_none_of_its_business),
        CASE(hashes_are_taken_in_idle_moments),
        CASE(images_are_made_while_it_runs),
        CASE(a_fold_that_differs_from_life_makes_no_image),
        CASE(the_file_does_not_grow_without_end),
        CASE(a_file_that_is_too_large_loses_what_is_young),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
