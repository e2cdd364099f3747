/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening: whose file is it, is it whole, and what state does it hold.
 *
 *     lock -> log, marks, schema, account, pages -> newest image -> records behind it -> engine
 *        refused: somebody else's, another schema's          damaged: put aside, a new one begins
 *
 * A damaged file is never repaired and never written to again: it is evidence, and the venue knows the positions.
 */
#define _POSIX_C_SOURCE 200809L

#include "store/journal_inner.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char area[] = "journal";

#define RING_BYTES ((size_t)8 << 20)
#define KEEP_MS (INT64_C(7) * 24 * 3600 * 1000)
#define KEEP_BYTES (UINT64_C(2) << 30)
#define IMAGE_EVERY 20000
#define HASH_EVERY 2000
#define EPOCH_2025_MS INT64_C(1735689600000)
#define FOLD_CHUNK 512
/* A look at every page, as far as it gets: a start must not take long because a journal is large. */
#define LOOK_CLEAN_NS INT64_C(200000000)
#define LOOK_CUT_NS INT64_C(2000000000)

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- a new file -------------------------------------------------------------------------------------------------- */

static int number_meta(sqlite3 *db, const char *key, int64_t value, struct eb_err *err)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRId64, value);
    return eb_rows_put_meta(db, key, text, err);
}

/* Tenths of a second since 2025: two journals of one account are not made in the same tenth, and the later has the
 * larger number until 2038. 0 and 1 are for tests and tools. */
static uint32_t new_instance(void)
{
    uint32_t instance = (uint32_t)((clock_ns(CLOCK_REALTIME) / 1000000 - EPOCH_2025_MS) / 100);
    return instance >= 2 ? instance : 2;
}

static int create(struct eb_journal *j, struct eb_recovery *found, struct eb_err *err)
{
    found->instance = new_instance();
    int rc = eb_sql_writer_settings(j->db, err);
    rc = rc == EB_OK ? eb_sql_exec(j->db, "BEGIN IMMEDIATE", err) : rc;
    rc = rc == EB_OK ? eb_rows_create(j->db, err) : rc;
    rc = rc == EB_OK ? eb_rows_put_meta(j->db, "account", j->account, err) : rc;
    rc = rc == EB_OK ? eb_rows_put_meta(j->db, "created_by", j->build, err) : rc;
    rc = rc == EB_OK ? eb_rows_put_meta(j->db, "closed", "", err) : rc;
    rc = rc == EB_OK ? number_meta(j->db, "created_ms", clock_ns(CLOCK_REALTIME) / 1000000, err) : rc;
    rc = rc == EB_OK ? number_meta(j->db, "instance", found->instance, err) : rc;
    return rc == EB_OK ? eb_sql_exec(j->db, "COMMIT", err) : rc;
}

/* ---- whose file it is -------------------------------------------------------------------------------------------- */

static int other_schema(struct eb_journal *j, int64_t schema, struct eb_err *err)
{
    char build[EB_META_TEXT_MAX];
    if (eb_rows_get_meta(j->db, "created_by", build, NULL) != EB_OK) {
        build[0] = '\0';
    }
    return eb_err_set(err, EB_E_REFUSED, area,
                      "%s: has journal schema %" PRId64 " (made by build %s), this build writes %d: run that build "
                      "until the account is flat, stop it and move the file away; or move it away now: open positions "
                      "are then adopted from the venue",
                      j->path, schema, build[0] != '\0' ? build : "(unknown)", EB_JOURNAL_SCHEMA);
}

/* Asked before anything is set: another program's file stays as it is. *fresh: there is nothing in it. */
static int look_at_marks(struct eb_journal *j, bool *fresh, struct eb_err *err)
{
    int64_t application = 0;
    int64_t schema = 0;
    int64_t tables = 0;
    int rc = eb_sql_integer(j->db, "PRAGMA application_id", &application, err);
    rc = rc == EB_OK ? eb_sql_integer(j->db, "PRAGMA user_version", &schema, err) : rc;
    rc = rc == EB_OK ? eb_sql_integer(j->db, "SELECT count(*) FROM sqlite_schema", &tables, err) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    *fresh = application == 0 && schema == 0 && tables == 0;
    if (*fresh) {
        return EB_OK;
    }
    if (application != EB_JOURNAL_APPLICATION) {
        return eb_err_set(err, EB_E_REFUSED, area,
                          "%s: is a database of another program (application id %" PRId64 "): name another file",
                          j->path, application);
    }
    return schema == EB_JOURNAL_SCHEMA ? EB_OK : other_schema(j, schema, err);
}

static int look_at_account(struct eb_journal *j, struct eb_err *err)
{
    char account[EB_META_TEXT_MAX];
    int rc = eb_rows_get_meta(j->db, "account", account, err);
    if (rc != EB_OK) {
        return rc == EB_E_NOT_FOUND ? EB_E_CORRUPT : rc;
    }
    if (account[0] == '\0' || strcmp(account, j->account) == 0) {
        return EB_OK;
    }
    if (j->account[0] != '\0') {
        return eb_err_set(err, EB_E_REFUSED, area,
                          "%s: belongs to account %s, this engine has %s: use another state directory, or the keys of "
                          "that account",
                          j->path, account, j->account);
    }
    (void)snprintf(j->account, sizeof(j->account), "%.*s", (int)sizeof(j->account) - 1, account);
    return EB_OK;
}

static int out_of_time(void *until_ns)
{
    return clock_ns(CLOCK_MONOTONIC) > *(int64_t *)until_ns;
}

static int look_at_pages(struct eb_journal *j, int64_t for_ns, struct eb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    int64_t until_ns = clock_ns(CLOCK_MONOTONIC) + for_ns;
    int rc = eb_sql_prepare(j->db, "PRAGMA quick_check(1)", &stmt, err);
    sqlite3_progress_handler(j->db, 10000, out_of_time, &until_ns);
    rc = rc == EB_OK ? eb_sql_next(stmt, err) : rc;
    if (rc == EB_OK && strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") != 0) {
        rc = eb_sql_say(j->db, err, EB_E_CORRUPT, "%.200s", (const char *)sqlite3_column_text(stmt, 0));
    } else if ((sqlite3_errcode(j->db) & 0xff) == SQLITE_INTERRUPT) {
        rc = EB_OK; /* as far as it got it is whole, and what is folded has checksums of its own */
    }
    sqlite3_progress_handler(j->db, 0, NULL, NULL);
    (void)sqlite3_finalize(stmt);
    return rc;
}

/* ---- what it holds ----------------------------------------------------------------------------------------------- */

/* The last record of a journal that was cut may be one that a dying disk wrote; nothing stands on it. */
static int drop_tail(struct eb_journal *j, struct eb_fold *f, struct eb_recovery *found, struct eb_err *err)
{
    int64_t last = 0;
    int rc = eb_sql_integer(j->db, "SELECT max(seq) FROM record", &last, err);
    if (rc != EB_OK || found->found == EB_JOURNAL_CLEAN || last < 1 || f->seq + 1 != (uint64_t)last) {
        return rc == EB_OK ? EB_E_CORRUPT : rc;
    }
    j->drop_tail = true;
    (void)snprintf(found->why, sizeof(found->why), "the last record (%" PRIu64 ") is damaged and was left out",
                   f->seq + 1);
    return EB_OK;
}

static int fold(struct eb_journal *j, struct eb_fold *f, struct eb_recovery *found, struct eb_err *err)
{
    static const struct eb_fold_limit all = {.until_seq = UINT64_MAX, .until_ms = INT64_MAX};
    int rc = eb_fold_begin(f, &f->image[f->images - 1], err);
    for (uint32_t i = 0; i < f->segments && rc == EB_OK; i++) {
        if (f->segment[i].base_seq >= f->seq && !f->segment[i].readable) {
            rc = eb_fold_refuse_schema(j->db, f->segment[i].build, f->segment[i].codec, err);
        }
    }
    while (rc == EB_OK) {
        rc = eb_fold_some(f, &all, FOLD_CHUNK, err);
    }
    if (rc == EB_E_CORRUPT) {
        rc = drop_tail(j, f, found, err);
    }
    return rc == EB_E_END ? EB_OK : rc;
}

static void tell(struct eb_journal *j, struct eb_fold *f, struct eb_recovery *found)
{
    const struct eb_segment_row *newest = &f->segment[f->segments - 1];
    const struct eb_fold_result *r = &f->result;
    memcpy(found->build, newest->build, sizeof(found->build));
    found->segments = f->segments;
    found->folded = r->replay.stepped;
    found->seq = f->seq;
    found->differed = r->replay.differed + r->disagree;
    found->last_ms = f->last_ms;
    found->last_ns = f->last_ns;
    found->mode = eb_engine_mode(f->engine);
    found->has_mode = true;
    if (found->differed != 0) {
        uint64_t first = r->replay.first_differed != 0 ? r->replay.first_differed : r->first_disagree;
        (void)snprintf(found->why, sizeof(found->why),
                       "from record %" PRIu64 " on it folds differently than for build %.30s", first, newest->build);
    }
    j->last_seq = f->seq;
    j->last_segment = newest->id;
    j->last_ms = f->last_ms;
    j->last_ns = f->last_ns;
}

/* A file that was closed properly says how many records there are: fewer are a loss that no page check sees. */
static int look_at_end(struct eb_journal *j, const struct eb_fold *f, const struct eb_recovery *found,
                       struct eb_err *err)
{
    uint64_t closed = 0;
    if (found->found != EB_JOURNAL_CLEAN) {
        return EB_OK;
    }
    int rc = eb_rows_get_meta_u64(j->db, "closed", &closed, err);
    return rc == EB_OK && closed != f->seq
               ? eb_sql_say(j->db, err, EB_E_CORRUPT, "was closed after record %" PRIu64 ", the last is %" PRIu64,
                            closed, f->seq)
               : rc;
}

static int recover(struct eb_journal *j, struct eb_recovery *found, struct eb_engine **state, struct eb_err *err)
{
    struct eb_fold f = {.db = NULL};
    int rc = eb_fold_open(&f, j->db, err);
    if (rc == EB_OK && f.segments == 0 && f.images == 0) { /* made, and its engine died before it began */
        found->found = EB_JOURNAL_NEW;
        eb_fold_close(&f);
        return EB_OK;
    }
    if (rc == EB_OK && (f.images == 0 || f.segments == 0)) {
        rc = eb_sql_say(j->db, err, EB_E_CORRUPT, "has no %s", f.images == 0 ? "image of the state" : "segment");
    }
    rc = rc == EB_OK ? fold(j, &f, found, err) : rc;
    rc = rc == EB_OK ? look_at_end(j, &f, found, err) : rc;
    if (rc == EB_OK) {
        tell(j, &f, found);
        *state = f.engine;
        f.engine = NULL;
    }
    eb_fold_close(&f);
    return rc;
}

static int read_existing(struct eb_journal *j, struct eb_recovery *found, struct eb_engine **state, struct eb_err *err)
{
    char closed[EB_META_TEXT_MAX] = "";
    uint64_t instance = 0;
    int rc = eb_rows_check_tables(j->db, err);
    rc = rc == EB_OK ? look_at_account(j, err) : rc;
    rc = rc == EB_OK ? eb_rows_get_meta(j->db, "closed", closed, err) : rc;
    rc = rc == EB_OK ? eb_rows_get_meta_u64(j->db, "instance", &instance, err) : rc;
    if (rc == EB_E_NOT_FOUND || (rc == EB_OK && (instance < 2 || instance > UINT32_MAX))) {
        rc = eb_sql_say(j->db, err, EB_E_CORRUPT, "does not say which engine's it is");
    }
    if (rc != EB_OK) {
        return rc;
    }
    found->instance = (uint32_t)instance;
    found->found = closed[0] != '\0' ? EB_JOURNAL_CLEAN : EB_JOURNAL_CUT;
    rc = look_at_pages(j, found->found == EB_JOURNAL_CLEAN ? LOOK_CLEAN_NS : LOOK_CUT_NS, err);
    return rc == EB_OK ? recover(j, found, state, err) : rc;
}

/* ---- aside ------------------------------------------------------------------------------------------------------- */

static bool present(const char *path, const char *suffix, off_t more_than)
{
    char name[EB_JOURNAL_PATH_MAX + 8];
    struct stat st;
    (void)snprintf(name, sizeof(name), "%s%s", path, suffix);
    return stat(name, &st) == 0 && st.st_size > more_than;
}

/* FILE, its log and its shared memory become FILE.damaged-MS, ...-wal and ...-shm: still a database, for who looks. */
static int put_aside(struct eb_journal *j, struct eb_recovery *found, struct eb_err *err)
{
    static const char *const suffix[] = {"-shm", "-wal", ""};
    char from[EB_JOURNAL_PATH_MAX + 8];
    char to[EB_JOURNAL_PATH_MAX + 48];
    int64_t now_ms = clock_ns(CLOCK_REALTIME) / 1000000;
    for (size_t i = 0; i < EB_COUNT(suffix); i++) {
        (void)snprintf(from, sizeof(from), "%s%s", j->path, suffix[i]);
        (void)snprintf(to, sizeof(to), "%s.damaged-%" PRId64 "%s", j->path, now_ms, suffix[i]);
        if (present(j->path, suffix[i], -1) && rename(from, to) != 0) {
            return eb_err_set(err, EB_E_IO, area, "%s: damaged, and cannot be renamed to %s: %s", from, to,
                              strerror(errno));
        }
    }
    (void)snprintf(found->aside, sizeof(found->aside), "%.*s", (int)sizeof(found->aside) - 1, to);
    return EB_OK;
}

/* The versions in the head say whether there is a log. What SQLite would make of a damaged one: a file that may only be
 * read, or one whose log does not count. 2, 2: with a log; 1, 1: a copy made by `journal export`, which has none. */
static bool strange_version(const char *path)
{
    unsigned char head[20] = {0};
    FILE *f = fopen(path, "rbe");
    bool whole = f != NULL && fread(head, 1, sizeof(head), f) == sizeof(head);
    if (f != NULL) {
        (void)fclose(f);
    }
    bool copy = head[18] == 1 && head[19] == 1 && !present(path, "-wal", 0);
    return whole && memcmp(head, "SQLite format 3", 16) == 0 && !copy && !(head[18] == 2 && head[19] == 2);
}

static int open_whole(struct eb_journal *j, struct eb_recovery *found, struct eb_engine **state, struct eb_err *err)
{
    bool fresh = false;
    if (!present(j->path, "", 0) && present(j->path, "-wal", 0)) {
        return eb_err_set(err, EB_E_CORRUPT, area, "%s: is missing, and its log is not", j->path);
    }
    if (eb_journal_wal_damaged(j->path)) {
        return eb_err_set(err, EB_E_CORRUPT, area, "%s-wal: is damaged before its end", j->path);
    }
    if (strange_version(j->path)) {
        return eb_err_set(err, EB_E_CORRUPT, area, "%s: its head and its log do not belong together", j->path);
    }
    int rc = eb_sql_open_writer(j->path, &j->db, err);
    rc = rc == EB_OK ? look_at_marks(j, &fresh, err) : rc;
    if (rc == EB_OK && fresh) {
        found->found = EB_JOURNAL_NEW;
        return create(j, found, err);
    }
    return rc == EB_OK ? read_existing(j, found, state, err) : rc;
}

static int open_or_renew(struct eb_journal *j, struct eb_recovery *found, struct eb_engine **state, struct eb_err *err)
{
    struct eb_err damage = {.msg = ""};
    int rc = open_whole(j, found, state, &damage);
    if (rc != EB_E_CORRUPT) {
        if (rc != EB_OK && err != NULL) {
            *err = damage;
        }
        return rc;
    }
    eb_sql_close(j->db);
    j->db = NULL;
    memset(found, 0, sizeof(*found));
    found->found = EB_JOURNAL_CORRUPT;
    j->drop_tail = false;
    const char *what = strncmp(damage.msg, j->path, strlen(j->path)) == 0 ? damage.msg + strlen(j->path) : damage.msg;
    (void)snprintf(found->why, sizeof(found->why), "the journal is damaged: %.70s", what + strspn(what, ": "));
    rc = put_aside(j, found, err);
    rc = rc == EB_OK ? eb_sql_open_writer(j->path, &j->db, err) : rc;
    return rc == EB_OK ? create(j, found, err) : rc;
}

/* ---- the door ---------------------------------------------------------------------------------------------------- */

static int take_options(struct eb_journal *j, const struct eb_journal_options *o, struct eb_err *err)
{
    const char *account = o->account != NULL ? o->account : "";
    struct stat st;
    if (o->path == NULL || o->path[0] == '\0' || strlen(o->path) >= sizeof(j->path)) {
        return eb_err_set(err, EB_E_INVALID, area, "path: empty or longer than %zu bytes", sizeof(j->path) - 1);
    }
    if (strlen(account) >= sizeof(j->account)) {
        return eb_err_set(err, EB_E_INVALID, area, "account: at most %zu bytes", sizeof(j->account) - 1);
    }
    if (stat(o->path, &st) == 0 && !S_ISREG(st.st_mode)) {
        return eb_err_set(err, EB_E_IO, area, "%s: is no regular file", o->path);
    }
    memcpy(j->path, o->path, strlen(o->path) + 1);
    memcpy(j->account, account, strlen(account) + 1);
    memcpy(j->build, o->build, sizeof(j->build));
    j->build[sizeof(j->build) - 1] = '\0';
    j->ring_bytes = o->ring_bytes != 0 ? o->ring_bytes : RING_BYTES;
    j->keep_ms = o->keep_ms != 0 ? o->keep_ms : KEEP_MS;
    j->keep_bytes = o->keep_bytes != 0 ? o->keep_bytes : KEEP_BYTES;
    j->image_every = o->image_every != 0 ? o->image_every : IMAGE_EVERY;
    j->hash_every = o->hash_every != 0 ? o->hash_every : HASH_EVERY;
    j->hash_every = j->hash_every < j->image_every ? j->hash_every : j->image_every; /* an image is made at a hash */
    j->progress = o->progress;
    j->user = o->user;
    return EB_OK;
}

/* Beyond a limit on the size of files the system would end the process; ignored, the write fails with EFBIG instead. */
static void survive_file_limit(void)
{
    struct sigaction ignore;
    memset(&ignore, 0, sizeof(ignore));
    ignore.sa_handler = SIG_IGN;
    (void)sigaction(SIGXFSZ, &ignore, NULL);
}

static struct eb_journal *allocate(void)
{
    struct eb_journal *j = calloc(1, sizeof(*j));
    pthread_condattr_t monotonic;
    if (j == NULL) {
        return NULL;
    }
    j->lock_fd = -1;
    atomic_init(&j->durable, 0);
    EB_ASSERT(sem_init(&j->wake, 0, 0) == 0 && pthread_mutex_init(&j->lock, NULL) == 0);
    EB_ASSERT(pthread_condattr_init(&monotonic) == 0 && pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(&j->moved, &monotonic) == 0);
    (void)pthread_condattr_destroy(&monotonic);
    return j;
}

int eb_journal_open(const struct eb_journal_options *o, struct eb_journal **out, struct eb_recovery *found,
                    struct eb_engine **state, struct eb_err *err)
{
    *out = NULL;
    *state = NULL;
    memset(found, 0, sizeof(*found));
    struct eb_journal *j = allocate();
    if (j == NULL) {
        return eb_err_set(err, EB_E_MEMORY, area, "no memory for %zu bytes", sizeof(*j));
    }
    survive_file_limit();
    int rc = take_options(j, o, err);
    rc = rc == EB_OK ? eb_journal_lock(j, err) : rc;
    rc = rc == EB_OK ? open_or_renew(j, found, state, err) : rc;
    if (rc != EB_OK) {
        eb_engine_destroy(*state);
        *state = NULL;
        eb_journal_free(j);
        return rc;
    }
    *out = j;
    return EB_OK;
}

void eb_journal_free(struct eb_journal *j)
{
    (void)sqlite3_finalize(j->thread.insert);
    (void)sqlite3_finalize(j->thread.insert_hash);
    eb_sql_close(j->db);
    eb_ring_destroy(j->ring);
    eb_journal_unlock(j);
    (void)pthread_cond_destroy(&j->moved);
    (void)pthread_mutex_destroy(&j->lock);
    (void)sem_destroy(&j->wake);
    free(j);
}
