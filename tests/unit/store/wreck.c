/* SPDX-License-Identifier: Apache-2.0 */
/* Making journals to damage. */
#define _POSIX_C_SOURCE 200809L

#include "wreck.h"

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

#include "shim_vfs.h"

#define WAIT_MS 60000

struct wreck_bytes wreck_read(const char *path)
{
    struct wreck_bytes b = {NULL, 0};
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

void wreck_write(const char *path, const char *suffix, struct wreck_bytes b)
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

void wreck_lay_out(struct wreck *f, const struct wreck_image *image)
{
    wreck_write(f->path, "", image->db);
    wreck_write(f->path, "-wal", image->wal);
    wreck_write(f->path, "-shm", (struct wreck_bytes){NULL, 0});
}

bool wreck_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void make(struct wreck *f, struct wreck_image *image, bool properly)
{
    char wal[SCENE_PATH_MAX + 32];
    struct scene_life life;
    struct scene s;
    (void)snprintf(wal, sizeof(wal), "%s-wal", f->path);
    assert_int_equal(scene_begin(&life, &f->options, &f->err), EB_OK);
    scene_open(&s, 3, life.engine, eb_journal_port(life.journal));
    for (uint64_t n = 6; n <= WRECK_RECORDS; n += 6) { /* several transactions */
        scene_run_to(&s, n);
        assert_int_equal(eb_journal_sync(life.journal, WAIT_MS, &f->err), EB_OK);
    }
    image->seq = eb_engine_durable_count(life.engine);
    image->hash = eb_engine_durable_hash(life.engine);
    image->hashes = malloc((image->seq + 1) * sizeof(*image->hashes));
    assert_non_null(image->hashes);
    memcpy(image->hashes, s.hash, (image->seq + 1) * sizeof(*image->hashes));
    if (!properly) { /* as it lies there when the process is gone: most of it in the log */
        image->db = wreck_read(f->path);
        image->wal = wreck_read(wal);
    }
    assert_int_equal(scene_end(&life, properly, &f->err), EB_OK);
    if (properly) {
        image->db = wreck_read(f->path);
    }
    (void)unlink(f->path);
    scene_close(&s);
}

void wreck_fold_log_in(struct wreck *f, struct wreck_image *image)
{
    sqlite3 *db;
    wreck_lay_out(f, image);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    free(image->db.data);
    free(image->wal.data);
    image->db = wreck_read(f->path);
    image->wal = (struct wreck_bytes){NULL, 0};
}

int wreck_set_up(void **state)
{
    struct wreck *f = calloc(1, sizeof(*f));
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

int wreck_tear_down(void **state)
{
    struct wreck *f = *state;
    struct wreck_image *all[] = {&f->clean, &f->cut};
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

void wreck_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    char *text = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK) {
        fail_msg("%s: %s", sql, text);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void wreck_expect_aside(struct wreck *f, const char *why)
{
    struct eb_recovery found;
    uint64_t hash;
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
    assert_int_equal(found.found, EB_JOURNAL_CORRUPT);
    assert_non_null(strstr(found.why, why));
    assert_true(wreck_exists(found.aside));
    assert_int_equal(strncmp(found.aside, f->path, strlen(f->path)), 0);
    assert_int_equal(found.seq, 0);
    assert_true(found.instance >= 2);
    (void)unlink(found.aside);
    /* the new one is one */
    assert_int_equal(scene_recover(&f->options, &found, &hash, &f->err), EB_OK);
    assert_int_equal(found.found, EB_JOURNAL_NEW);
}
