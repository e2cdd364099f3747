/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal from inside, and who may touch what:
 *
 *     the caller's thread   opening, beginning, closing; append, with the ring's head, and the engine
 *     the journal's thread  between begin and close: the database, the ring's tail, everything under `thread`
 *     an image's thread     its own connection and engine, and the job that it was given
 *
 * What they share is atomic, or under the lock. Private to core/store.
 */
#pragma once

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "base/ring.h"
#include "store/journal.h"
#include "store/journal_fold.h"

/* What goes through the ring: this head, and the record's bytes behind it. */
enum eb_item_type { EB_ITEM_RECORD = 0, EB_ITEM_HASH };
struct eb_journal_item {
    uint8_t type; /* enum eb_item_type */
    uint16_t kind;
    eb_symbol_id symbol;
    uint64_t seq;
    int64_t ms;    /* RECORD */
    uint64_t hash; /* HASH */
    unsigned char bytes[EB_RECORD_MAX];
};
#define EB_ITEM_HEAD offsetof(struct eb_journal_item, bytes)

/* An image that is being made by a thread of its own. */
struct eb_image_job {
    pthread_t thread;
    atomic_bool done, cancel;
    struct eb_journal *journal; /* its path, and to wake its thread */
    uint64_t target;            /* a record after which there is a hash */
    /* valid once done */
    struct eb_image_head head;
    unsigned char *parts; /* u32 length and bytes, one after the other; owned */
    size_t len, cap;
    struct eb_fold_result result;
    char why[EB_REASON_MAX]; /* "": it is good */
};

/* What the journal's thread alone knows. */
struct eb_journal_thread {
    pthread_t id;
    bool dead; /* the disk has failed: nothing is written any more */
    sqlite3_stmt *insert, *insert_hash;
    struct eb_journal_item item;
    uint64_t seq;      /* the last record that is committed */
    uint64_t hash_seq; /* the last hash that is committed */
    int64_t ms;        /* time of the last record */
    int wal_pages;     /* in the log, by the last commit */
    int checkpoint_at; /* pages in the log at which they are next copied to the file; 0: the default */
    /* images */
    struct eb_image_job *job; /* being made, or being written */
    bool job_runs;
    uint32_t written;   /* parts of it */
    size_t written_at;  /* bytes of its parts */
    uint64_t tried_seq; /* an image was last tried at this record */
    /* what is removed: everything before this image, which stays */
    bool look_back;      /* it is to be found out */
    uint64_t remove_to;  /* records up to here go; 0: nothing to do */
    uint64_t removed_to; /* and are gone up to here */
    bool compact;        /* pages are to be given back */
};

struct eb_journal {
    char path[EB_JOURNAL_PATH_MAX];
    char account[EB_NAME_MAX];
    char build[EB_NAME_MAX * 2];
    size_t ring_bytes;
    int64_t keep_ms;
    uint64_t keep_bytes;
    uint32_t image_every, hash_every;
    void (*progress)(void *user);
    void *user;
    int lock_fd;
    sqlite3 *db;

    /* what opening found */
    uint64_t last_seq; /* the last record */
    uint32_t last_segment;
    bool drop_tail; /* what stands behind it goes */
    int64_t last_ms, last_ns;

    /* the caller's side */
    struct eb_engine *engine;
    struct eb_ring *ring;
    struct eb_journal_item item;
    uint64_t base_seq, base_count; /* of this segment: a number of the engine is base_count + (seq - base_seq) */
    uint64_t appended;             /* seq of the last record that went into the ring */
    int64_t event_ms, event_ns;    /* of it */
    uint64_t hashed;               /* seq of the last hash that was taken */
    bool idles;                    /* eb_journal_idle is called between turns */
    bool flushes;                  /* the host says when to write: it need not be said within append */
    bool begun, hole;
    size_t ring_used_max;

    /* shared */
    _Atomic uint64_t durable; /* seq */
    atomic_bool failed, stop, sleeping;
    _Atomic uint64_t commits, images, hashes, disagree;
    _Atomic int64_t longest_commit_ns, last_commit_ns;
    sem_t wake;
    pthread_mutex_t lock;
    pthread_cond_t moved; /* durable or failed did */
    char failure[EB_REASON_MAX];
    char why[EB_REASON_MAX];

    struct eb_journal_thread thread;
};

/* ---- journal_open.c, journal_lock.c ---- */
EB_NODISCARD int eb_journal_lock(struct eb_journal *j, struct eb_err *err);
void eb_journal_unlock(struct eb_journal *j);
/* Frees everything but the engine; the thread has ended. */
void eb_journal_free(struct eb_journal *j);

/* ---- journal_wal.c ---- */
/* The log beside path is damaged where it was durable once, so that SQLite would leave out what follows. */
bool eb_journal_wal_damaged(const char *path);

/* ---- journal_thread.c ---- */
EB_NODISCARD int eb_journal_thread_start(struct eb_journal *j, struct eb_err *err);
/* Everything in the ring is written (unless it has failed); then the thread is gone. */
void eb_journal_thread_stop(struct eb_journal *j);
/* Wakes the journal's thread; from any thread, never waits. */
void eb_journal_wake(struct eb_journal *j);
/* Nothing more is taken; the first reason is kept. From any thread. */
void eb_journal_fail(struct eb_journal *j, const char *reason);
/* The same for what SQLite said last, on the journal's thread, which writes no more. Returns false. */
bool eb_journal_fail_by(struct eb_journal *j, const char *what);
void eb_journal_set_why(struct eb_journal *j, const char *why);

/* ---- journal_keep.c ---- */
/* What the thread does between batches, a small piece at a time; true: there is more to do at once. */
bool eb_journal_keep(struct eb_journal *j);
/* Ends what is under way; the thread has ended. */
void eb_journal_keep_end(struct eb_journal *j);

/* ---- journal_job.c ---- */
/* Begins to make an image as of record target. NULL when there is no thread or memory. */
struct eb_image_job *eb_image_job_start(struct eb_journal *j, uint64_t target);
/* Joins its thread, however far it is; what it made is valid then. */
void eb_image_job_join(struct eb_image_job *job);
void eb_image_job_free(struct eb_image_job *job);

/* A thread that gets no signals: 0 or an errno. */
int eb_journal_spawn(pthread_t *id, void *(*body)(void *), void *user);
