/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image while the engine runs, made by a temporary thread with a connection and an engine of its own.
 *
 *     newest image + the records behind it --fold--> state at a record after which the live engine told its hash
 *         equal to it: its parts, for the journal's thread to write            different: why, and no image
 *
 * So an image is never anything but what a recovery would give, and every one proves the fold again.
 */
#define _GNU_SOURCE /* the number of a thread, for its priority */

#include "store/journal_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHUNK 128 /* records of one read transaction */
#define NICENESS 10
#define PARTS_CAP_MAX ((size_t)1 << 30)

static bool add_part(struct eb_image_job *job, const unsigned char *part, size_t len)
{
    size_t need = job->len + sizeof(uint32_t) + len;
    if (need > job->cap) {
        size_t cap = job->cap > 0 ? job->cap * 2 : (size_t)256 * 1024;
        cap = cap > need ? cap : need;
        unsigned char *p = cap <= PARTS_CAP_MAX ? realloc(job->parts, cap) : NULL;
        if (p == NULL) {
            return false;
        }
        job->parts = p;
        job->cap = cap;
    }
    uint32_t size = (uint32_t)len;
    memcpy(job->parts + job->len, &size, sizeof(size));
    memcpy(job->parts + job->len + sizeof(size), part, len);
    job->len = need;
    job->head.parts++;
    return true;
}

static int take_parts(struct eb_image_job *job, const struct eb_fold *f, struct eb_err *err)
{
    unsigned char part[EB_IMAGE_PART_MAX];
    uint32_t cursor = 0;
    size_t len = 0;
    int rc;
    job->head = (struct eb_image_head){.seq = f->seq,
                                       .segment = f->segment[f->at].id,
                                       .hash = eb_engine_durable_hash(f->engine),
                                       .ms = f->last_ms,
                                       .ns = f->last_ns};
    while ((rc = eb_engine_image_part(f->engine, &cursor, part, sizeof(part), &len)) == EB_OK) {
        if (!add_part(job, part, len)) {
            return eb_err_set(err, EB_E_MEMORY, "journal", "no memory for an image of %zu bytes", job->len);
        }
    }
    return rc == EB_E_END ? EB_OK : eb_err_set(err, rc, "journal", "the engine gives no image");
}

static int fold(struct eb_image_job *job, struct eb_fold *f, struct eb_err *err)
{
    const struct eb_fold_limit limit = {.until_seq = job->target, .until_ms = INT64_MAX};
    int rc = f->images > 0 ? eb_fold_begin(f, &f->image[f->images - 1], err)
                           : eb_err_set(err, EB_E_CORRUPT, "journal", "there is no image to begin with");
    while (rc == EB_OK && !atomic_load(&job->cancel)) {
        rc = eb_fold_some(f, &limit, CHUNK, err);
    }
    job->result = f->result;
    if (rc != EB_E_END) {
        return rc == EB_OK ? eb_err_set(err, EB_E_STALE, "journal", "stopped") : rc;
    }
    uint64_t first = f->result.first_disagree != 0 ? f->result.first_disagree : f->result.replay.first_differed;
    if (first != 0 || f->result.hashes == 0) {
        return eb_err_set(err, EB_E_CORRUPT, "journal", "the fold differs from the engine at record %" PRIu64, first);
    }
    return EB_OK;
}

static void work(struct eb_image_job *job)
{
    struct eb_fold f = {.db = NULL};
    struct eb_err err = {.msg = ""};
    sqlite3 *db = NULL;
    int rc = eb_sql_open_reader(job->journal->path, &db, &err);
    rc = rc == EB_OK ? eb_fold_open(&f, db, &err) : rc;
    rc = rc == EB_OK ? fold(job, &f, &err) : rc;
    rc = rc == EB_OK ? take_parts(job, &f, &err) : rc;
    eb_fold_close(&f);
    eb_sql_close(db);
    if (rc != EB_OK) {
        (void)snprintf(job->why, sizeof(job->why), "no image: %.80s", err.msg);
    }
}

static void *run(void *user)
{
    struct eb_image_job *job = user;
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS); /* of this thread alone; refused: no harm */
    work(job);
    atomic_store(&job->done, true);
    eb_journal_wake(job->journal);
    return NULL;
}

struct eb_image_job *eb_image_job_start(struct eb_journal *j, uint64_t target)
{
    struct eb_image_job *job = calloc(1, sizeof(*job));
    if (job == NULL) {
        return NULL;
    }
    job->journal = j;
    job->target = target;
    if (eb_journal_spawn(&job->thread, run, job) != 0) {
        free(job);
        return NULL;
    }
    return job;
}

void eb_image_job_join(struct eb_image_job *job)
{
    atomic_store(&job->cancel, true);
    (void)pthread_join(job->thread, NULL);
}

void eb_image_job_free(struct eb_image_job *job)
{
    if (job != NULL) {
        free(job->parts);
        free(job);
    }
}
