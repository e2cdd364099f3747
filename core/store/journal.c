/* SPDX-License-Identifier: Apache-2.0 */
/* The journal as its engine's thread sees it: beginning, appending, asking, closing. */
#define _POSIX_C_SOURCE 200809L

#include "store/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "store/journal_inner.h"

static const char area[] = "journal";

/* ---- beginning --------------------------------------------------------------------------------------------------- */

static int delete_tail(struct eb_journal *j, struct eb_err *err)
{
    char sql[128];
    (void)snprintf(sql, sizeof(sql),
                   "DELETE FROM record WHERE seq > %" PRIu64 "; DELETE FROM hash WHERE seq > %" PRIu64, j->last_seq,
                   j->last_seq);
    return eb_sql_exec(j->db, sql, err);
}

static int write_segment(struct eb_journal *j, const struct eb_engine_config *config, int64_t now_ms,
                         struct eb_err *err)
{
    struct eb_segment_row row = {.codec = EB_CODEC_SCHEMA,
                                 .id = j->last_segment + 1,
                                 .began_ms = now_ms,
                                 .base_seq = j->base_seq,
                                 .base_count = j->base_count,
                                 .config = *config};
    memcpy(row.build, j->build, sizeof(row.build));
    j->last_segment = row.id;
    return eb_rows_put_segment(j->db, &row, err);
}

static int write_image(struct eb_journal *j, const struct eb_engine *engine, uint64_t seq, struct eb_err *err)
{
    struct eb_image_head head = {.seq = seq, .segment = j->last_segment, .ms = j->event_ms, .ns = j->event_ns};
    return eb_rows_put_image(j->db, engine, &head, err);
}

static int write_beginning(struct eb_journal *j, const struct eb_engine *engine, const struct eb_engine_config *config,
                           int64_t now_ms, struct eb_err *err)
{
    int rc = eb_sql_writer_settings(j->db, err);
    rc = rc == EB_OK ? eb_sql_exec(j->db, "BEGIN IMMEDIATE", err) : rc;
    rc = rc == EB_OK && j->drop_tail ? delete_tail(j, err) : rc;
    rc = rc == EB_OK ? eb_rows_delete_stray_images(j->db, j->base_seq, err) : rc;
    rc = rc == EB_OK ? eb_rows_put_meta(j->db, "closed", "", err) : rc;
    rc = rc == EB_OK ? eb_rows_put_meta(j->db, "account", j->account, err) : rc;
    rc = rc == EB_OK ? write_segment(j, config, now_ms, err) : rc;
    rc = rc == EB_OK ? write_image(j, engine, j->base_seq, err) : rc;
    rc = rc == EB_OK ? eb_sql_exec(j->db, "COMMIT", err) : rc;
    if (rc != EB_OK) {
        eb_sql_rollback(j->db);
    }
    return rc;
}

int eb_journal_begin(struct eb_journal *j, struct eb_engine *engine, const struct eb_engine_config *config,
                     int64_t now_ms, struct eb_err *err)
{
    EB_ASSERT(!j->begun);
    j->ring = eb_ring_create(j->ring_bytes, err);
    if (j->ring == NULL) {
        return err != NULL ? err->code : EB_E_MEMORY;
    }
    j->engine = engine;
    j->base_seq = j->last_seq;
    j->base_count = eb_engine_durable_count(engine);
    j->appended = j->hashed = j->base_seq;
    j->event_ms = j->last_ms;
    j->event_ns = j->last_ns;
    int rc = write_beginning(j, engine, config, now_ms, err);
    if (rc != EB_OK) {
        return rc == EB_E_CORRUPT || rc == EB_E_REFUSED ? EB_E_IO : rc;
    }
    atomic_store(&j->durable, j->base_seq);
    rc = eb_journal_thread_start(j, err);
    j->begun = rc == EB_OK;
    return rc;
}

/* ---- appending --------------------------------------------------------------------------------------------------- */

/* The engine's number of a record. */
static uint64_t number_of(const struct eb_journal *j, uint64_t seq)
{
    return j->base_count + (seq - j->base_seq);
}

static bool push(struct eb_journal *j, size_t bytes)
{
    bool taken = eb_ring_push(j->ring, &j->item, EB_ITEM_HEAD + bytes) == EB_OK;
    size_t used = eb_ring_used(j->ring);
    j->ring_used_max = used > j->ring_used_max ? used : j->ring_used_max;
    return taken;
}

/* A host that has idle moments and none for this long is asked within a turn after all. */
#define HASH_OVERDUE 4

/* A hash that finds no room is left out: it is a comparison less. */
static void push_hash(struct eb_journal *j)
{
    j->hashed = j->appended;
    j->item.type = EB_ITEM_HASH;
    j->item.seq = j->appended;
    j->item.hash = eb_engine_durable_hash(j->engine);
    (void)push(j, 0);
}

/* A record that is not taken leaves a hole, and nothing behind a hole is of use: a fold ends there. */
static uint64_t lose(struct eb_journal *j, const char *reason)
{
    j->hole = true;
    eb_journal_fail(j, reason);
    return 0;
}

static uint64_t append(void *store, const struct eb_event *ev, const struct eb_witness *witness, bool durable)
{
    struct eb_journal *j = store;
    size_t len = 0;
    if (!durable) {
        return number_of(j, j->appended);
    }
    if (!j->begun || j->hole || atomic_load_explicit(&j->failed, memory_order_acquire)) {
        j->hole = j->begun;
        return 0;
    }
    if (eb_encode_event(ev, witness, true, j->item.bytes, sizeof(j->item.bytes), &len) != EB_OK) {
        return lose(j, "an event cannot be encoded");
    }
    j->item.type = EB_ITEM_RECORD;
    j->item.kind = ev->kind;
    j->item.symbol = ev->symbol;
    j->item.seq = j->appended + 1;
    j->item.ms = ev->now_ms;
    if (!push(j, len)) {
        return lose(j, "the disk is too slow: the ring between engine and journal is full");
    }
    j->appended++;
    j->event_ms = ev->now_ms;
    j->event_ns = ev->now_ns;
    uint64_t since = j->appended - j->hashed;
    if (since >= (j->idles ? HASH_OVERDUE : UINT64_C(1)) * j->hash_every) {
        push_hash(j);
    }
    if (!j->flushes) {
        eb_journal_wake(j);
    }
    return number_of(j, j->appended);
}

static void flush(void *store)
{
    struct eb_journal *j = store;
    j->flushes = true;
    eb_journal_wake(j);
}

static uint64_t durable_seq(void *store)
{
    struct eb_journal *j = store;
    return number_of(j, atomic_load_explicit(&j->durable, memory_order_acquire));
}

static bool failed(void *store)
{
    struct eb_journal *j = store;
    return atomic_load_explicit(&j->failed, memory_order_acquire);
}

struct eb_store_port eb_journal_port(struct eb_journal *j)
{
    return (struct eb_store_port){
        .store = j, .append = append, .durable_seq = durable_seq, .failed = failed, .flush = flush};
}

void eb_journal_idle(struct eb_journal *j)
{
    j->idles = true;
    if (j->begun && !j->hole && j->appended - j->hashed >= j->hash_every &&
        !atomic_load_explicit(&j->failed, memory_order_acquire)) {
        push_hash(j);
        eb_journal_wake(j);
    }
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static bool all_durable(const struct eb_journal *j)
{
    return atomic_load_explicit(&j->durable, memory_order_acquire) == j->appended;
}

bool eb_journal_settled(const struct eb_journal *j)
{
    return all_durable(j) || atomic_load_explicit(&j->failed, memory_order_acquire);
}

static struct timespec deadline(int64_t timeout_ms)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(timeout_ms / 1000);
    t.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static int say_failed(struct eb_journal *j, struct eb_err *err)
{
    char text[EB_REASON_MAX];
    (void)pthread_mutex_lock(&j->lock);
    memcpy(text, j->failure, sizeof(text));
    (void)pthread_mutex_unlock(&j->lock);
    return eb_err_set(err, EB_E_IO, area, "%s: %s", j->path, text);
}

int eb_journal_sync(struct eb_journal *j, int64_t timeout_ms, struct eb_err *err)
{
    const struct timespec until = deadline(timeout_ms);
    int waited = 0;
    (void)pthread_mutex_lock(&j->lock);
    while (!eb_journal_settled(j) && waited == 0) {
        waited = pthread_cond_timedwait(&j->moved, &j->lock, &until);
    }
    (void)pthread_mutex_unlock(&j->lock);
    if (all_durable(j) && !j->hole) {
        return EB_OK;
    }
    return eb_journal_settled(j)
               ? say_failed(j, err)
               : eb_err_set(err, EB_E_STALE, area, "%s: not durable after %" PRId64 " ms", j->path, timeout_ms);
}

static uint64_t size_of(const char *path, const char *suffix)
{
    char name[EB_JOURNAL_PATH_MAX + 8];
    struct stat st;
    (void)snprintf(name, sizeof(name), "%s%s", path, suffix);
    return stat(name, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static uint64_t free_bytes(const char *path)
{
    struct statvfs st;
    return statvfs(path, &st) == 0 ? (uint64_t)st.f_bavail * st.f_frsize : 0;
}

void eb_journal_stats(const struct eb_journal *journal, struct eb_journal_stats *out)
{
    struct eb_journal *j = (struct eb_journal *)journal; /* its lock is taken */
    memset(out, 0, sizeof(*out));
    out->appended = number_of(j, j->appended);
    out->durable = durable_seq(j);
    out->commits = atomic_load(&j->commits);
    out->images = atomic_load(&j->images);
    out->hashes = atomic_load(&j->hashes);
    out->disagree = atomic_load(&j->disagree);
    out->longest_commit_ns = atomic_load(&j->longest_commit_ns);
    out->last_commit_ns = atomic_load(&j->last_commit_ns);
    if (j->ring != NULL) {
        out->ring_used = eb_ring_used(j->ring);
        out->ring_used_max = j->ring_used_max;
        out->ring_capacity = eb_ring_capacity(j->ring);
    }
    out->file_bytes = size_of(j->path, "") + size_of(j->path, "-wal");
    out->free_bytes = free_bytes(j->path);
    out->failed = failed(j);
    (void)pthread_mutex_lock(&j->lock);
    memcpy(out->failure, j->failure, sizeof(out->failure));
    memcpy(out->why, j->why, sizeof(out->why));
    (void)pthread_mutex_unlock(&j->lock);
}

/* ---- closing ----------------------------------------------------------------------------------------------------- */

static int write_end(struct eb_journal *j, const struct eb_engine *engine, struct eb_err *err)
{
    char last[24];
    (void)snprintf(last, sizeof(last), "%" PRIu64, j->appended);
    int rc = eb_sql_exec(j->db, "BEGIN IMMEDIATE", err);
    rc = rc == EB_OK ? write_image(j, engine, j->appended, err) : rc;
    rc = rc == EB_OK ? eb_rows_put_meta(j->db, "closed", last, err) : rc;
    rc = rc == EB_OK ? eb_sql_exec(j->db, "COMMIT", err) : rc;
    if (rc != EB_OK) {
        eb_sql_rollback(j->db);
        return rc;
    }
    (void)sqlite3_wal_checkpoint_v2(j->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL); /* else at the next start */
    return EB_OK;
}

int eb_journal_close(struct eb_journal *j, struct eb_engine *engine, int64_t now_ms, struct eb_err *err)
{
    int rc = EB_OK;
    (void)now_ms;
    if (j->begun) {
        eb_journal_thread_stop(j);
        rc = failed(j) ? say_failed(j, err) : EB_OK;
        rc = rc == EB_OK && engine != NULL ? write_end(j, engine, err) : rc;
    }
    eb_journal_free(j);
    return rc == EB_OK || rc == EB_E_MEMORY ? rc : EB_E_IO;
}
