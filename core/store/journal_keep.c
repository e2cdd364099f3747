/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping a journal small and quick to start from, in pieces that records hardly wait for:
 *
 *     log long enough -> its pages into the file            records since the last image -> a job -> an image
 *     a new image -> what is older than it need be goes, a few hundred rows a time -> free pages back to the system
 *
 * What was removed half is no harm: images go first, so that a fold never begins where records are missing.
 */
#define _POSIX_C_SOURCE 200809L

#include "store/journal_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECKPOINT_PAGES 1000
#define PARTS_A_TIME 64
#define RECORDS_A_TIME 500
#define VACUUM_SQL "PRAGMA incremental_vacuum(128)"
#define FREE_PAGES_KEPT 1024 /* they are used again */

/* An error of keeping: a full or busy disk may get better, and records may still fit into what is free. */
static bool failed(struct eb_journal *j, const char *what)
{
    int rc = sqlite3_errcode(j->db) & 0xff;
    char reason[EB_REASON_MAX];
    if (rc != SQLITE_FULL && rc != SQLITE_BUSY && rc != SQLITE_LOCKED) {
        return eb_journal_fail_by(j, what);
    }
    eb_sql_reason(j->db, what, reason, sizeof(reason));
    eb_sql_rollback(j->db);
    eb_journal_set_why(j, reason);
    return false;
}

/* ---- the log ----------------------------------------------------------------------------------------------------- */

static bool checkpoint(struct eb_journal *j)
{
    struct eb_journal_thread *t = &j->thread;
    int log = 0;
    int done = 0;
    int rc = sqlite3_wal_checkpoint_v2(j->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &log, &done);
    bool all = rc == SQLITE_OK && log == done;
    t->checkpoint_at =
        (all ? 0 : t->wal_pages) + CHECKPOINT_PAGES; /* a reader may hold the rest: not at every commit */
    t->wal_pages = 0;
    return rc == SQLITE_OK || rc == SQLITE_BUSY ? true : failed(j, "checkpoint");
}

/* ---- images ------------------------------------------------------------------------------------------------------ */

static void forget_job(struct eb_journal_thread *t)
{
    eb_image_job_free(t->job);
    t->job = NULL;
    t->written = 0;
    t->written_at = 0;
}

static bool take_job(struct eb_journal *j)
{
    struct eb_image_job *job = j->thread.job;
    eb_image_job_join(job);
    j->thread.job_runs = false;
    atomic_fetch_add(&j->hashes, job->result.hashes);
    atomic_fetch_add(&j->disagree, job->result.disagree);
    if (job->why[0] != '\0') {
        eb_journal_set_why(j, job->why);
        forget_job(&j->thread);
    }
    return true;
}

static int write_parts(struct eb_journal *j, uint32_t *written, size_t *at)
{
    const struct eb_image_job *job = j->thread.job;
    int rc = eb_sql_exec(j->db, "BEGIN IMMEDIATE", NULL);
    for (int n = 0; rc == EB_OK && n < PARTS_A_TIME && *written < job->head.parts; n++) {
        uint32_t len;
        memcpy(&len, job->parts + *at, sizeof(len));
        rc = eb_rows_put_image_part(j->db, job->head.seq, *written + 1, job->parts + *at + sizeof(len), len, NULL);
        *at += sizeof(len) + len;
        ++*written;
    }
    if (rc == EB_OK && *written == job->head.parts) {
        rc = eb_rows_put_image_head(j->db, &job->head, NULL);
    }
    return rc == EB_OK ? eb_sql_exec(j->db, "COMMIT", NULL) : rc;
}

static bool write_image(struct eb_journal *j)
{
    struct eb_journal_thread *t = &j->thread;
    uint32_t written = t->written;
    size_t at = t->written_at;
    if (write_parts(j, &written, &at) != EB_OK) {
        forget_job(t);
        return failed(j, "image");
    }
    t->written = written;
    t->written_at = at;
    if (written == t->job->head.parts) {
        atomic_fetch_add(&j->images, 1);
        eb_journal_set_why(j, "");
        forget_job(t);
        t->look_back = true;
    }
    return true;
}

static bool start_job(struct eb_journal *j)
{
    struct eb_journal_thread *t = &j->thread;
    t->tried_seq = t->hash_seq;
    t->job = eb_image_job_start(j, t->hash_seq);
    t->job_runs = t->job != NULL;
    if (t->job == NULL) {
        eb_journal_set_why(j, "no image: no thread");
    }
    return false;
}

/* ---- what goes --------------------------------------------------------------------------------------------------- */

/* Bytes of pages that are in use. */
static int used_bytes(struct eb_journal *j, uint64_t *out)
{
    int64_t pages = 0;
    int64_t unused = 0;
    int64_t size = 0;
    int rc = eb_sql_integer(j->db, "PRAGMA page_count", &pages, NULL);
    rc = rc == EB_OK ? eb_sql_integer(j->db, "PRAGMA freelist_count", &unused, NULL) : rc;
    rc = rc == EB_OK ? eb_sql_integer(j->db, "PRAGMA page_size", &size, NULL) : rc;
    *out = (uint64_t)((pages - unused) * size);
    return rc;
}

/* The newest image that everything before may be removed of: old enough, or the file too large; never the newest one,
 * so that there is always one to fall back on and something to look back at. */
static const struct eb_image_head *oldest_wanted(const struct eb_journal *j, const struct eb_image_head *image,
                                                 uint32_t images, bool too_large)
{
    for (uint32_t i = images; i >= 2; i--) {
        if (too_large || image[i - 2].ms <= j->thread.ms - j->keep_ms) {
            return &image[i - 2];
        }
    }
    return NULL;
}

/* Images and what belongs to them, in one go: from then on every fold begins at or behind the one that stays. */
static int remove_images(struct eb_journal *j, const struct eb_image_head *image, const struct eb_image_head *stays)
{
    char sql[160];
    int rc = eb_sql_exec(j->db, "BEGIN IMMEDIATE", NULL);
    for (const struct eb_image_head *i = image; rc == EB_OK && i < stays; i++) {
        rc = eb_rows_delete_image(j->db, i->seq, NULL);
    }
    (void)snprintf(sql, sizeof(sql),
                   "DELETE FROM segment WHERE id < %" PRIu32 "; DELETE FROM hash WHERE seq <= %" PRIu64, stays->segment,
                   stays->seq);
    rc = rc == EB_OK ? eb_sql_exec(j->db, sql, NULL) : rc;
    return rc == EB_OK ? eb_sql_exec(j->db, "COMMIT", NULL) : rc;
}

static bool look_back(struct eb_journal *j)
{
    struct eb_journal_thread *t = &j->thread;
    struct eb_image_head *image = NULL;
    uint32_t images = 0;
    uint64_t bytes = 0;
    int64_t first = 0;
    t->look_back = false;
    int rc = eb_rows_images(j->db, &image, &images, NULL);
    rc = rc == EB_OK ? used_bytes(j, &bytes) : rc;
    rc = rc == EB_OK ? eb_sql_integer(j->db, "SELECT min(seq) FROM record", &first, NULL) : rc;
    const struct eb_image_head *stays = rc == EB_OK ? oldest_wanted(j, image, images, bytes > j->keep_bytes) : NULL;
    bool records = stays != NULL && first > 0 && (uint64_t)first <= stays->seq;
    if (stays != NULL && (stays != image || records)) {
        rc = remove_images(j, image, stays);
        t->remove_to = records ? stays->seq : 0;
        t->removed_to = records ? (uint64_t)first - 1 : 0;
    }
    free(image);
    return rc == EB_OK ? true : failed(j, "remove");
}

static bool remove_records(struct eb_journal *j)
{
    struct eb_journal_thread *t = &j->thread;
    char sql[96];
    uint64_t to = t->removed_to + RECORDS_A_TIME < t->remove_to ? t->removed_to + RECORDS_A_TIME : t->remove_to;
    (void)snprintf(sql, sizeof(sql), "DELETE FROM record WHERE seq <= %" PRIu64, to);
    if (eb_sql_exec(j->db, sql, NULL) != EB_OK) {
        t->remove_to = 0;
        return failed(j, "remove");
    }
    t->removed_to = to;
    if (to == t->remove_to) {
        t->remove_to = 0;
        t->compact = true;
    }
    return true;
}

static bool compact(struct eb_journal *j)
{
    struct eb_journal_thread *t = &j->thread;
    int64_t pages = 0;
    int64_t unused = 0;
    int rc = eb_sql_integer(j->db, "PRAGMA page_count", &pages, NULL);
    rc = rc == EB_OK ? eb_sql_integer(j->db, "PRAGMA freelist_count", &unused, NULL) : rc;
    t->compact = rc == EB_OK && unused > FREE_PAGES_KEPT && unused > pages / 4;
    rc = t->compact ? eb_sql_exec(j->db, VACUUM_SQL, NULL) : rc;
    if (rc != EB_OK) {
        t->compact = false;
        return failed(j, "compact");
    }
    return true;
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

bool eb_journal_keep(struct eb_journal *j)
{
    struct eb_journal_thread *t = &j->thread;
    if (t->wal_pages >= (t->checkpoint_at != 0 ? t->checkpoint_at : CHECKPOINT_PAGES)) {
        return checkpoint(j);
    }
    if (t->job_runs && atomic_load(&t->job->done)) {
        return take_job(j);
    }
    if (t->job != NULL && !t->job_runs) {
        return write_image(j);
    }
    if (t->look_back) {
        return look_back(j);
    }
    if (t->remove_to != 0) {
        return remove_records(j);
    }
    if (t->compact) {
        return compact(j);
    }
    return t->job == NULL && t->hash_seq - t->tried_seq >= j->image_every ? start_job(j) : false;
}

void eb_journal_keep_end(struct eb_journal *j)
{
    struct eb_journal_thread *t = &j->thread;
    if (t->job_runs) {
        eb_image_job_join(t->job);
        t->job_runs = false;
    }
    forget_job(t);
}
