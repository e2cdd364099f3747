/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal's thread: the only one that writes the database while it runs.
 *
 *     ring -> BEGIN, rows, COMMIT (whatever is there, up to a bound) -> durable, progress()
 *          -> between batches one small piece of keeping (journal_keep.c) -> sleep until woken
 *
 * After the first error nothing is written any more: what is durable stays durable and a beginning of the truth.
 */
#define _POSIX_C_SOURCE 200809L

#include "store/journal_inner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define BATCH_RECORDS 2000
#define BATCH_BYTES ((size_t)4 << 20)

static int64_t monotonic_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- shared ------------------------------------------------------------------------------------------------------ */

/* The exchange pairs with the one before sleeping: either the thread sees what was pushed, or this sees that it sleeps.
 * At most one post is ever outstanding. */
void eb_journal_wake(struct eb_journal *j)
{
    if (atomic_exchange(&j->sleeping, false)) {
        (void)sem_post(&j->wake);
    }
}

static void tell(struct eb_journal *j)
{
    (void)pthread_mutex_lock(&j->lock);
    (void)pthread_cond_broadcast(&j->moved);
    (void)pthread_mutex_unlock(&j->lock);
    if (j->progress != NULL) {
        j->progress(j->user);
    }
}

static void copy_reason(char out[EB_REASON_MAX], const char *reason)
{
    (void)snprintf(out, EB_REASON_MAX, "%.*s", EB_REASON_MAX - 1, reason);
}

void eb_journal_fail(struct eb_journal *j, const char *reason)
{
    (void)pthread_mutex_lock(&j->lock);
    if (j->failure[0] == '\0') {
        copy_reason(j->failure, reason);
    }
    (void)pthread_mutex_unlock(&j->lock);
    atomic_store_explicit(&j->failed, true, memory_order_release);
}

void eb_journal_set_why(struct eb_journal *j, const char *why)
{
    (void)pthread_mutex_lock(&j->lock);
    copy_reason(j->why, why);
    (void)pthread_mutex_unlock(&j->lock);
}

/* ---- batches ----------------------------------------------------------------------------------------------------- */

bool eb_journal_fail_by(struct eb_journal *j, const char *what)
{
    char reason[EB_REASON_MAX];
    eb_sql_reason(j->db, what, reason, sizeof(reason));
    eb_sql_rollback(j->db);
    j->thread.dead = true;
    eb_journal_fail(j, reason);
    tell(j);
    return false;
}

static bool insert_record(struct eb_journal *j, const struct eb_journal_item *item, size_t len)
{
    sqlite3_stmt *s = j->thread.insert;
    (void)sqlite3_bind_int64(s, 1, (int64_t)item->seq);
    (void)sqlite3_bind_int64(s, 2, item->ms);
    (void)sqlite3_bind_int(s, 3, item->kind);
    if (item->symbol == EB_NO_SYMBOL) {
        (void)sqlite3_bind_null(s, 4);
    } else {
        (void)sqlite3_bind_int64(s, 4, item->symbol);
    }
    (void)sqlite3_bind_blob(s, 5, item->bytes, (int)(len - EB_ITEM_HEAD), SQLITE_STATIC);
    return eb_sql_run(s, NULL) == EB_OK;
}

static bool insert_hash(struct eb_journal *j, const struct eb_journal_item *item)
{
    unsigned char bytes[EB_HASH_ROW];
    sqlite3_stmt *s = j->thread.insert_hash;
    eb_rows_seal_hash(item->seq, item->hash, bytes);
    (void)sqlite3_bind_int64(s, 1, (int64_t)item->seq);
    (void)sqlite3_bind_blob(s, 2, bytes, sizeof(bytes), SQLITE_STATIC);
    return eb_sql_run(s, NULL) == EB_OK;
}

/* Writes what was popped and as much more as there is. *last, *hash: what is committed once this is. */
static bool fill(struct eb_journal *j, size_t len, uint64_t *last, uint64_t *hash)
{
    struct eb_journal_item *item = &j->thread.item;
    size_t bytes = 0;
    for (uint32_t n = 0;; n++) {
        bool record = item->type == EB_ITEM_RECORD;
        if (!(record ? insert_record(j, item, len) : insert_hash(j, item))) {
            return false;
        }
        *(record ? last : hash) = item->seq;
        j->thread.ms = record ? item->ms : j->thread.ms;
        bytes += len;
        if (n >= BATCH_RECORDS || bytes >= BATCH_BYTES || eb_ring_pop(j->ring, item, sizeof(*item), &len) != EB_OK) {
            return true;
        }
    }
}

static void published(struct eb_journal *j, int64_t began_ns)
{
    int64_t took_ns = monotonic_ns() - began_ns;
    atomic_store(&j->last_commit_ns, took_ns);
    if (took_ns > atomic_load(&j->longest_commit_ns)) {
        atomic_store(&j->longest_commit_ns, took_ns);
    }
    atomic_fetch_add(&j->commits, 1);
    atomic_store_explicit(&j->durable, j->thread.seq, memory_order_release);
    tell(j);
}

/* One transaction; false when there was nothing to write, or it failed. */
static bool write_batch(struct eb_journal *j)
{
    struct eb_journal_thread *t = &j->thread;
    size_t len = 0;
    uint64_t last = t->seq;
    uint64_t hash = t->hash_seq;
    if (t->dead || eb_ring_pop(j->ring, &t->item, sizeof(t->item), &len) != EB_OK) {
        return false;
    }
    int64_t began_ns = monotonic_ns();
    if (eb_sql_exec(j->db, "BEGIN IMMEDIATE", NULL) != EB_OK) {
        return eb_journal_fail_by(j, "begin");
    }
    if (!fill(j, len, &last, &hash)) {
        return eb_journal_fail_by(j, "write");
    }
    if (eb_sql_exec(j->db, "COMMIT", NULL) != EB_OK) {
        return eb_journal_fail_by(j, "commit");
    }
    t->seq = last;
    t->hash_seq = hash;
    published(j, began_ns);
    return true;
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static void sleep_until_woken(struct eb_journal *j)
{
    (void)atomic_exchange(&j->sleeping, true);
    bool work = eb_ring_used(j->ring) > 0 && !j->thread.dead;
    bool done = j->thread.job_runs && atomic_load(&j->thread.job->done);
    if ((work || done || atomic_load(&j->stop)) && atomic_exchange(&j->sleeping, false)) {
        return; /* nobody has posted, nor will */
    }
    while (sem_wait(&j->wake) != 0 && errno == EINTR) {}
}

static void *run(void *user)
{
    struct eb_journal *j = user;
    for (;;) {
        bool wrote = write_batch(j);
        bool more = !atomic_load(&j->failed) && !atomic_load(&j->stop) && eb_journal_keep(j);
        if (wrote || more) {
            continue;
        }
        if (atomic_load(&j->stop)) {
            return NULL;
        }
        sleep_until_woken(j);
    }
}

/* Signals are the main thread's: none may end up here, in the middle of a commit. */
int eb_journal_spawn(pthread_t *id, void *(*body)(void *), void *user)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(id, NULL, body, user);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static int count_pages(void *user, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    ((struct eb_journal *)user)->thread.wal_pages = pages;
    return SQLITE_OK;
}

int eb_journal_thread_start(struct eb_journal *j, struct eb_err *err)
{
    struct eb_journal_thread *t = &j->thread;
    int rc = eb_sql_prepare(j->db, "INSERT INTO record(seq, ms, kind, symbol, bytes) VALUES(?1, ?2, ?3, ?4, ?5)",
                            &t->insert, err);
    rc = rc == EB_OK ? eb_sql_prepare(j->db, "INSERT INTO hash(seq, bytes) VALUES(?1, ?2)", &t->insert_hash, err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    t->seq = t->hash_seq = t->tried_seq = j->base_seq;
    t->ms = j->last_ms;
    t->look_back = true;
    (void)sqlite3_wal_hook(j->db, count_pages, j);
    int failure = eb_journal_spawn(&t->id, run, j);
    return failure == 0 ? EB_OK
                        : eb_err_set(err, EB_E_MEMORY, "journal", "%s: no thread: %s", j->path, strerror(failure));
}

void eb_journal_thread_stop(struct eb_journal *j)
{
    atomic_store(&j->stop, true);
    eb_journal_wake(j);
    (void)pthread_join(j->thread.id, NULL);
    eb_journal_keep_end(j);
    (void)sqlite3_wal_hook(j->db, NULL, NULL);
}
