/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks that fail: call n of write, sync, truncate and delete, for every n of a scene, once or for good, with each kind
 * of error. Nothing crashes, nothing is called durable that is not, the reason is told, and the file stays whole. And
 * loss of power: only what was synced is there.
 */
#define _POSIX_C_SOURCE 200809L

#include "journal_scene.h"
#include "shim_vfs.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 60000
#define RECORDS 60
#define CALLS_MAX 5000

/* Hashes by record of the scene that every case plays, without any store. */
static struct scene reference;

static int set_up(void **state)
{
    struct eb_engine_config c;
    struct eb_engine *e;
    (void)state;
    scene_config(&c);
    assert_int_equal(eb_engine_create(&c, &e, NULL), EB_OK);
    scene_open(&reference, 5, e, (struct eb_store_port){.append = NULL});
    scene_run_to(&reference, 7 * RECORDS);
    eb_engine_destroy(e);
    shim_install();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shim_remove();
    scene_close(&reference);
    return 0;
}

/* The engine's own instance is part of no hash as long as no order leaves: shadow. */
static void play(struct scene_life *life, struct scene *s)
{
    struct eb_err err;
    scene_open(s, 5, life->engine, eb_journal_port(life->journal));
    for (uint64_t n = 10; n <= RECORDS; n += 10) { /* many small commits, and the images that lie between */
        scene_run_to(s, n);
        (void)!eb_journal_sync(life->journal, WAIT_MS, &err);
    }
}

static struct eb_journal_options options(const char *dir, char path[SCENE_PATH_MAX + 16])
{
    struct eb_journal_options o = scene_options(dir, path);
    o.image_every = 30;
    o.hash_every = 10;
    o.keep_ms = 20000;
    return o;
}

static void expect_whole(const struct eb_journal_options *o, uint64_t durable, const char *what, uint64_t n)
{
    struct eb_recovery found;
    struct eb_err err = {.msg = ""};
    uint64_t hash;
    if (scene_recover(o, &found, &hash, &err) != EB_OK) {
        fail_msg("%s %d: %s", what, (int)n, err.msg);
    }
    if (found.found == EB_JOURNAL_CORRUPT || found.seq < durable || found.differed != 0 || found.why[0] != '\0' ||
        (found.found != EB_JOURNAL_NEW && hash != reference.hash[found.seq])) {
        fail_msg("%s %d: found %d, %d of %d durable records, %s", what, (int)n, found.found, (int)found.seq,
                 (int)durable, found.why);
    }
}

/* One life with call n failing; false when it was over before that. */
static bool live_with_failure(enum shim_failure failure, uint64_t n, bool forever, const char *what)
{
    char dir[SCENE_PATH_MAX];
    char path[SCENE_PATH_MAX + 16];
    struct scene_life life;
    struct scene s = {.engine = NULL};
    struct eb_err err = {.msg = ""};
    scene_place(dir);
    struct eb_journal_options o = options(dir, path);
    shim_arm(failure, n, forever);
    uint64_t durable = 0;
    int rc = scene_begin(&life, &o, &err);
    if (rc == EB_OK) {
        play(&life, &s);
        struct eb_store_port port = eb_journal_port(life.journal);
        struct eb_journal_stats stats;
        eb_journal_stats(life.journal, &stats);
        durable = port.durable_seq(port.store);
        assert_true(durable <= eb_engine_durable_count(life.engine));
        assert_true(stats.failed ? stats.failure[0] != '\0' : durable == eb_engine_durable_count(life.engine));
        bool failed = stats.failed;
        rc = scene_end(&life, true, &err);
        assert_true(!failed || rc == EB_E_IO);
        scene_close(&s);
    }
    assert_true(rc == EB_OK || err.msg[0] != '\0');
    bool happened = shim_failed();
    assert_true(happened || rc == EB_OK);
    shim_arm(SHIM_NONE, 0, false);
    expect_whole(&o, durable, what, n);
    scene_remove(dir);
    return happened;
}

static void every_call_fails(enum shim_failure failure, bool forever, const char *what)
{
    uint64_t n = 1;
    while (n < CALLS_MAX && live_with_failure(failure, n, forever, what)) {
        n++;
    }
    assert_true(n > 40 && n < CALLS_MAX);
    print_message("%s: %d places\n", what, (int)n - 1);
}

static void a_write_that_fails_once(void **state)
{
    (void)state;
    every_call_fails(SHIM_EIO, false, "EIO once");
}

static void a_disk_that_is_gone(void **state)
{
    (void)state;
    every_call_fails(SHIM_EIO, true, "EIO for good");
}

static void a_disk_that_is_full(void **state)
{
    (void)state;
    every_call_fails(SHIM_FULL, true, "full");
}

static void a_sync_that_fails(void **state)
{
    (void)state;
    uint64_t n = 1;
    while (n < CALLS_MAX && live_with_failure(SHIM_FSYNC, n, false, "fsync")) {
        n++;
    }
    assert_true(n > 10 && n < CALLS_MAX);
    print_message("fsync: %d places\n", (int)n - 1);
}

/* A life that ends at some moment; then the disk has what was synced, and the next life must find all of it. */
static void what_was_durable_survives_a_loss_of_power(void **state)
{
    (void)state;
    shim_keep_synced(true);
    for (uint64_t records = 1; records <= RECORDS; records += 7) {
        char dir[SCENE_PATH_MAX];
        char path[SCENE_PATH_MAX + 16];
        struct scene_life life;
        struct scene s;
        struct eb_err err = {.msg = ""};
        scene_place(dir);
        struct eb_journal_options o = options(dir, path);
        shim_arm(SHIM_NONE, 0, false);
        assert_int_equal(scene_begin(&life, &o, &err), EB_OK);
        scene_open(&s, 5, life.engine, eb_journal_port(life.journal));
        for (uint64_t n = 1; n <= records; n++) {
            scene_run_to(&s, n);
            assert_int_equal(eb_journal_sync(life.journal, WAIT_MS, &err), EB_OK);
        }
        struct eb_store_port port = eb_journal_port(life.journal);
        uint64_t durable = port.durable_seq(port.store);
        assert_true(durable >= records);
        shim_arm(SHIM_EIO, 1, true); /* the end of the process writes nothing that counts */
        (void)!scene_end(&life, false, &err);
        scene_close(&s);
        shim_arm(SHIM_NONE, 0, false);
        shim_keep_synced(false);
        shim_lose_power(path);
        expect_whole(&o, durable, "power", records);
        shim_keep_synced(true);
        scene_remove(dir);
    }
    shim_keep_synced(false);
}

/* With the real disk: the system's limit on the size of files, whose signal would end the process. */
static void a_limit_on_the_size_of_files(void **state)
{
    (void)state;
    char dir[SCENE_PATH_MAX];
    char path[SCENE_PATH_MAX + 16];
    struct scene_life life;
    struct scene s;
    struct rlimit before;
    struct eb_err err = {.msg = ""};
    struct sigaction fatal; /* whatever started this test may have ignored it */
    memset(&fatal, 0, sizeof(fatal));
    fatal.sa_handler = SIG_DFL;
    assert_int_equal(sigaction(SIGXFSZ, &fatal, NULL), 0);
    shim_remove();
    scene_place(dir);
    struct eb_journal_options o = options(dir, path);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit low = {.rlim_cur = 10000, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    assert_int_equal(scene_begin(&life, &o, &err), EB_E_IO); /* on this thread, too, whose signal would be deadly */
    low.rlim_cur = 200000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    assert_int_equal(scene_begin(&life, &o, &err), EB_OK);
    scene_open(&s, 5, life.engine, eb_journal_port(life.journal));
    struct eb_store_port port = eb_journal_port(life.journal);
    for (uint64_t n = 10; n <= 6 * RECORDS && !port.failed(port.store); n += 10) {
        scene_run_to(&s, n);
        (void)!eb_journal_sync(life.journal, WAIT_MS, &err);
    }
    assert_true(port.failed(port.store));
    scene_run_to(&s, eb_engine_durable_count(life.engine) + 1);
    assert_true(s.lost > 0); /* whatever it was that failed, nothing is taken any more, and that is told */
    assert_int_equal(eb_journal_sync(life.journal, WAIT_MS, &err), EB_E_IO);
    uint64_t durable = port.durable_seq(port.store);
    assert_int_equal(scene_end(&life, true, &err), EB_E_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    expect_whole(&o, durable, "EFBIG", 0);
    scene_close(&s);
    scene_remove(dir);
    shim_install();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_that_fails_once),
        cmocka_unit_test(a_disk_that_is_gone),
        cmocka_unit_test(a_disk_that_is_full),
        cmocka_unit_test(a_sync_that_fails),
        cmocka_unit_test(what_was_durable_survives_a_loss_of_power),
        cmocka_unit_test(a_limit_on_the_size_of_files),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
