/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal: durable events in SQLite, written by a thread of its own.
 *
 *     turn --append--> encoded record --> ring --> journal thread: batch, COMMIT (WAL, synchronous=FULL)
 *                                                        |--> durable_seq (atomic), progress()
 *     start: newest image + the durable records after it --> fold --> engine
 *
 * A file belongs to one account and one engine instance. It consists of segments, one per start of an engine: build,
 * configuration, schema, an image of the engine's durable state, then records. Hashes of the live state stand between
 * records, so that any later fold can be compared. Readers (`journal ls`, `explain --at`) open it read-only while it
 * is written. One writer: an exclusive lock on FILE.lock for as long as it is open.
 */
#pragma once

#include "store/replay.h"

#define EB_JOURNAL_SCHEMA 1 /* of the tables: PRAGMA user_version */

struct eb_journal;

struct eb_journal_options {
    const char *path;             /* of the database file; its directory must exist */
    const char *account;          /* whose positions these are; "" takes what the file says */
    char build[EB_NAME_MAX * 2];  /* version and commit, for segments */
    size_t ring_bytes;            /* between turn and thread; 0: 8 MiB */
    int64_t keep_ms;              /* records older than this, and before the newest image, are removed; 0: 7 days */
    uint64_t keep_bytes;          /* beyond this size of the file they are removed whatever their age; 0: 2 GiB */
    uint32_t image_every;         /* durable records between images made while it runs; 0: 20,000 */
    uint32_t hash_every;          /* durable records between hashes; 0: 2,000 */
    void (*progress)(void *user); /* from the journal thread: durable_seq moved or the disk failed; may be NULL */
    void *user;
};

enum eb_journal_found {
    EB_JOURNAL_NEW = 0, /* there was none */
    EB_JOURNAL_CLEAN,   /* it was closed properly */
    EB_JOURNAL_CUT,     /* its engine died */
    EB_JOURNAL_CORRUPT, /* what was there is damaged: it was put aside, a new one begins */
};

/* What opening found and folding gave. */
struct eb_recovery {
    uint8_t found;               /* enum eb_journal_found */
    char aside[256];             /* CORRUPT: where the damaged file is now */
    char why[EB_REASON_MAX];     /* why to start protect-only; "" no reason */
    char build[EB_NAME_MAX * 2]; /* of the build that wrote the newest segment */
    uint32_t instance;           /* epoch of this journal's engine, part of every order id */
    uint32_t segments;
    uint64_t folded;          /* records stepped after the image */
    uint64_t seq;             /* number of the last durable record */
    uint64_t differed;        /* folded steps that are not durable now, or hashes that disagree */
    int64_t last_ms, last_ns; /* of the last event; 0 none */
    struct eb_ev_config mode; /* as last journaled */
    bool has_mode;
};

/*
 * Opens or creates the file, takes the lock, and reads what is there. EB_E_REFUSED: another engine has it (names the
 * process), another account's, or another schema's (says what to do); EB_E_IO. Damage is no error: see found.
 * `state` gets an engine (owned by the caller) with the recovered state under the configuration that was recorded; NULL
 * when there is nothing to recover. Nothing is written yet.
 */
EB_NODISCARD int eb_journal_open(const struct eb_journal_options *o, struct eb_journal **out, struct eb_recovery *found,
                                 struct eb_engine **state, struct eb_err *err);
/*
 * Begins a new segment for engine, whose durable state is what was recovered (or new), and starts the thread. Waits
 * until header and image are durable. EB_E_IO.
 */
EB_NODISCARD int eb_journal_begin(struct eb_journal *j, struct eb_engine *engine, const struct eb_engine_config *config,
                                  int64_t now_ms, struct eb_err *err);
/* The port for a host. append never waits; durable_seq counts as the engine does. */
struct eb_store_port eb_journal_port(struct eb_journal *j);
/* Between turns: takes the hash of the engine's state if one is due, so that no turn waits for it (about 2 us a
 * position). Optional: who never calls it has the hash taken within append. */
void eb_journal_idle(struct eb_journal *j);
/* Everything appended so far is durable, or the disk has failed. */
bool eb_journal_settled(const struct eb_journal *j);
/* Waits for that, at most so long; then EB_E_STALE. EB_E_IO when the disk has failed and something is lost. */
EB_NODISCARD int eb_journal_sync(struct eb_journal *j, int64_t timeout_ms, struct eb_err *err);
/* Ends the thread after everything is durable, writes a last image with its hash and marks the file as closed properly
 * (engine NULL: does neither). Frees all. EB_E_IO when something could not be written. */
EB_NODISCARD int eb_journal_close(struct eb_journal *j, struct eb_engine *engine, int64_t now_ms, struct eb_err *err);

struct eb_journal_stats {
    uint64_t appended, durable; /* numbers of records, as the engine counts */
    uint64_t commits, images;   /* images made while it runs */
    uint64_t hashes, disagree;  /* hashes of the live state that folds made while it runs compared; of them different */
    int64_t longest_commit_ns, last_commit_ns;
    size_t ring_used, ring_used_max, ring_capacity;
    uint64_t file_bytes, free_bytes; /* of the file with its WAL; of the file system */
    bool failed;
    char failure[EB_REASON_MAX]; /* what the disk or SQLite said */
    char why[EB_REASON_MAX];     /* what keeps images or the removal of old records from going on; "" nothing */
};
void eb_journal_stats(const struct eb_journal *j, struct eb_journal_stats *out);

/* Whether a process holds the journal at path for writing now. */
bool eb_journal_is_held(const char *path);

/* ---- Reading, beside a running engine too ------------------------------------------------------------------------ */

struct eb_journal_reader;
/* Opens read-only. EB_E_NOT_FOUND, EB_E_IO, EB_E_CORRUPT, EB_E_REFUSED (schema, with a remedy). */
EB_NODISCARD int eb_journal_reader_open(const char *path, struct eb_journal_reader **out, struct eb_err *err);
void eb_journal_reader_close(struct eb_journal_reader *r);

struct eb_journal_segment {
    uint32_t id;
    char build[EB_NAME_MAX * 2];
    uint32_t schema; /* EB_CODEC_SCHEMA of the build that wrote it */
    int64_t began_ms;
    uint64_t first_seq, last_seq; /* of the records that are kept; 0: none */
    uint64_t bytes;               /* of them */
    bool closed;                  /* the newest one, and its engine has closed it properly */
    bool readable;                /* this build reads its schema: config is meant */
    struct eb_engine_config config;
};
uint32_t eb_journal_segments(const struct eb_journal_reader *r);
EB_NODISCARD int eb_journal_segment(struct eb_journal_reader *r, uint32_t index, struct eb_journal_segment *out,
                                    struct eb_err *err);
struct eb_journal_meta {
    char account[EB_NAME_MAX];
    uint32_t instance, schema;
    int64_t created_ms;           /* wall clock */
    uint64_t first_seq, last_seq; /* of the records that are kept; 0: none */
    uint32_t images;
    bool closed;
};
void eb_journal_meta(const struct eb_journal_reader *r, struct eb_journal_meta *out);

struct eb_fold_result {
    struct eb_replay_result replay; /* first_differed is a record's number */
    uint64_t hashes, disagree;      /* recorded hashes of the live state that were compared; of them different */
    uint64_t first_disagree;        /* number of the record before the first of these; 0 none */
};
/* A new engine (owned by the caller) with the state as of until_ms (INT64_MAX: the end), folded from the newest image
 * before it (from_start: from the oldest there is, so that all hashes are compared); observe (may be NULL) hears of
 * each step after the image, and finds the engine in *out, which is another one from each new segment on.
 * EB_E_NOT_FOUND when nothing that old is kept, EB_E_CORRUPT, EB_E_REFUSED for a segment of another schema. */
EB_NODISCARD int eb_journal_fold(struct eb_journal_reader *r, int64_t until_ms, bool from_start,
                                 void (*observe)(void *user, const struct eb_event *ev, const struct eb_actions *a),
                                 void *user, struct eb_engine **out, struct eb_fold_result *result, struct eb_err *err);

/* One folded record, for those who want to know more; valid during the call. */
struct eb_fold_step {
    const struct eb_engine *engine; /* after the step; another one from each new segment on */
    uint64_t seq;
    const struct eb_decoded_event *record;
    const struct eb_actions *actions;
    bool differed; /* durable then and not now, or refused now */
};
struct eb_fold_range {
    uint64_t after;     /* the fold begins at the newest image that has no record beyond this one; UINT64_MAX: newest */
    uint64_t until_seq; /* and ends with this record; 0: no limit */
    int64_t until_ms;   /* and with this time; INT64_MAX: no limit */
    void (*observe)(void *user, const struct eb_fold_step *step); /* may be NULL */
    void *user;
};
/* The same with a range of records. Where nothing that old is kept it begins at the oldest image. */
EB_NODISCARD int eb_journal_fold_range(struct eb_journal_reader *r, const struct eb_fold_range *range,
                                       struct eb_engine **out, struct eb_fold_result *result, struct eb_err *err);

/* All records from seq `from` on as a source, whatever their segment. One at a time. */
EB_NODISCARD int eb_journal_records(struct eb_journal_reader *r, uint64_t from, struct eb_record_source *out,
                                    struct eb_err *err);
/* Number of the record that this source gave last. */
uint64_t eb_journal_record_seq(const struct eb_journal_reader *r);
/* Looks at every page and record: EB_OK, or EB_E_CORRUPT with the first damage in err. */
EB_NODISCARD int eb_journal_check(struct eb_journal_reader *r,
                                  void (*progress)(void *user, uint64_t done, uint64_t all), void *user,
                                  struct eb_err *err);
/* Writes a copy of what is there now as a database of its own; path must not exist. EB_E_IO, EB_E_CORRUPT. */
EB_NODISCARD int eb_journal_copy(struct eb_journal_reader *r, const char *path, struct eb_err *err);
