/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading tapes, as a stream: a window of two records slides over what zlib gives. Every way in which a file can be
 * wrong has one place here: no tape, another build's, damaged in the middle, cut at its end.
 */
#include "store/tape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "store/tape_header.h"

#define WINDOW ((size_t)4 * EB_RECORD_MAX)
#define GZ_BUFFER (128 * 1024)

struct eb_tape_reader {
    gzFile file;
    struct eb_tape_info info;
    uint64_t count, durable_count;
    size_t at, end; /* of the window: bytes not given out yet */
    bool eof;       /* the file has nothing behind the window */
    bool truncated;
    int final;           /* what next answers from now on, EB_OK: it reads */
    struct eb_err error; /* the text of it */
    char path[EB_TAPE_PATH_MAX];
    unsigned char window[WINDOW];
};

void eb_cursor_tape_info(struct eb_cursor *w, struct eb_tape_info *v)
{
    eb_cursor_u32(w, &v->schema);
    eb_cursor_text(w, v->build, sizeof(v->build), "build");
    eb_cursor_i64(w, &v->created_ms);
    eb_cursor_bytes(w, v->policy.hash, sizeof(v->policy.hash));
    eb_cursor_text(w, v->policy.name, sizeof(v->policy.name), "policy.name");
    eb_cursor_text(w, v->policy.version, sizeof(v->policy.version), "policy.version");
    eb_cursor_engine_config(w, &v->engine);
}

/* Ends the reading: code, and its text with the place. */
static int finish(struct eb_tape_reader *r, int code, const char *what)
{
    r->final = eb_err_set(&r->error, code, "tape.read", "%s: after %llu events: %s", r->path,
                          (unsigned long long)r->count, what);
    return code;
}

/* Fills the window; EB_OK also when there is nothing more. */
static int fill(struct eb_tape_reader *r)
{
    memmove(r->window, r->window + r->at, r->end - r->at);
    r->end -= r->at;
    r->at = 0;
    while (!r->eof && r->end < WINDOW) {
        int got = gzread(r->file, r->window + r->end, (unsigned)(WINDOW - r->end));
        if (got > 0) {
            r->end += (size_t)got;
            continue;
        }
        int code = Z_OK;
        const char *text = gzerror(r->file, &code);
        r->eof = true;
        if (code == Z_BUF_ERROR) {
            break; /* the compressed stream is cut: what it gave is good, and the record in the window tells */
        }
        if (got < 0) {
            return finish(r, code == Z_ERRNO ? EB_E_IO : EB_E_CORRUPT, code == Z_ERRNO ? strerror(errno) : text);
        }
    }
    return EB_OK;
}

/* The next record of any kind, in the window. */
static int next_record(struct eb_tape_reader *r, struct eb_record *record)
{
    struct eb_err cause;
    size_t used;
    int rc = eb_record_read(r->window + r->at, r->end - r->at, &used, record, &cause);
    if (rc == EB_E_END && !r->eof) {
        rc = fill(r);
        if (rc != EB_OK) {
            return rc;
        }
        rc = eb_record_read(r->window + r->at, r->end - r->at, &used, record, &cause);
    }
    if (rc == EB_E_END) {
        r->truncated = true;
        return finish(r, EB_E_END,
                      r->at == r->end ? "the file was not closed; all events before are good"
                                      : "the file is cut within a record; all events before are good");
    }
    if (rc != EB_OK) {
        return finish(r, rc, cause.msg);
    }
    r->at += used;
    return EB_OK;
}

/* Checks magic and header. A cut here leaves nothing usable, so it is an error and no end. */
static int read_header(struct eb_tape_reader *r)
{
    int rc = fill(r);
    if (rc != EB_OK) {
        return rc;
    }
    if (r->end < EB_TAPE_MAGIC_LEN || memcmp(r->window, EB_TAPE_MAGIC, EB_TAPE_MAGIC_LEN) != 0) {
        return finish(r, EB_E_CORRUPT,
                      "this is no tape: it does not begin with "
                      "\"EBTAPE1\"");
    }
    r->at = EB_TAPE_MAGIC_LEN;
    struct eb_record record;
    rc = next_record(r, &record);
    if (rc == EB_E_END) {
        return finish(r, EB_E_CORRUPT, "the file is cut within its header");
    }
    if (rc != EB_OK) {
        return rc;
    }
    struct eb_cursor w = eb_cursor_reader(record.payload, record.len);
    uint32_t schema = 0;
    eb_cursor_u32(&w, &schema);
    if (record.kind != EB_REC_HEADER || record.version != EB_TAPE_VERSION || schema != EB_CODEC_SCHEMA) {
        return finish(r, EB_E_CORRUPT, "written under another schema: read it with the build that wrote it");
    }
    w = eb_cursor_reader(record.payload, record.len);
    eb_cursor_tape_info(&w, &r->info);
    if (w.code != EB_OK || w.at != record.len) {
        return finish(r, EB_E_CORRUPT,
                      "the header does not hold what this build knows: read it with the build that "
                      "wrote it");
    }
    return EB_OK;
}

int eb_tape_open(const char *path, struct eb_tape_reader **out, struct eb_err *err)
{
    *out = NULL;
    size_t len = strlen(path);
    if (len >= EB_TAPE_PATH_MAX) {
        return eb_err_set(err, EB_E_INVALID, "tape.open", "a path of %zu bytes, at most %d", len, EB_TAPE_PATH_MAX - 1);
    }
    struct eb_tape_reader *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "tape.open", "no memory for %zu bytes", sizeof(*r));
    }
    memcpy(r->path, path, len + 1);
    errno = 0;
    r->file = gzopen(path, "rb");
    if (r->file == NULL) {
        int code = errno == ENOENT ? EB_E_NOT_FOUND : EB_E_IO;
        (void)eb_err_set(err, code, "tape.open", "%s: %s", path, errno != 0 ? strerror(errno) : "no memory");
        free(r);
        return code;
    }
    (void)gzbuffer(r->file, GZ_BUFFER);
    int rc = read_header(r);
    if (rc != EB_OK) {
        if (err != NULL) {
            *err = r->error;
        }
        eb_tape_reader_close(r);
        return rc;
    }
    *out = r;
    return EB_OK;
}

void eb_tape_reader_close(struct eb_tape_reader *r)
{
    if (r != NULL) {
        (void)gzclose(r->file);
        free(r);
    }
}

const struct eb_tape_info *eb_tape_reader_info(const struct eb_tape_reader *r)
{
    return &r->info;
}

static int read_end(struct eb_tape_reader *r, const struct eb_record *record)
{
    struct eb_cursor w = eb_cursor_reader(record->payload, record->len);
    uint64_t count = 0;
    uint64_t durable_count = 0;
    eb_cursor_u64(&w, &count);
    eb_cursor_u64(&w, &durable_count);
    if (w.code != EB_OK || w.at != record->len || count != r->count || durable_count != r->durable_count) {
        return finish(r, EB_E_CORRUPT, "the end counts other events than were there: records are missing");
    }
    int rc = r->at == r->end && !r->eof ? fill(r) : EB_OK;
    if (rc != EB_OK) {
        return rc;
    }
    return r->at == r->end ? finish(r, EB_E_END, "the end") : finish(r, EB_E_CORRUPT, "something follows the end");
}

static int read_next(struct eb_tape_reader *r, struct eb_decoded_event *out)
{
    struct eb_record record;
    int rc = next_record(r, &record);
    if (rc != EB_OK) {
        return rc;
    }
    if (record.kind == EB_REC_END) {
        return read_end(r, &record);
    }
    struct eb_err cause;
    rc = eb_record_event(&record, out, &cause);
    if (rc != EB_OK) {
        return finish(r, rc, cause.msg);
    }
    r->count++;
    r->durable_count += out->durable ? 1 : 0;
    return EB_OK;
}

int eb_tape_reader_next(struct eb_tape_reader *r, struct eb_decoded_event *out, struct eb_err *err)
{
    int rc = r->final != EB_OK ? r->final : read_next(r, out);
    if (rc != EB_OK && err != NULL) {
        *err = r->error;
    }
    return rc;
}

bool eb_tape_reader_truncated(const struct eb_tape_reader *r)
{
    return r->truncated;
}

uint64_t eb_tape_reader_count(const struct eb_tape_reader *r)
{
    return r->count;
}

static int next(void *source, struct eb_decoded_event *out, struct eb_err *err)
{
    return eb_tape_reader_next(source, out, err);
}

struct eb_record_source eb_tape_reader_source(struct eb_tape_reader *r)
{
    return (struct eb_record_source){.source = r, .next = next};
}
