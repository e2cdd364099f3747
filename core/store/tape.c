/* SPDX-License-Identifier: Apache-2.0 */
/* Writing tapes. The header's walk is shared with the reader through tape_header.h. */
#include "store/tape.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "store/tape_header.h"

#define GZ_BUFFER (128 * 1024)

struct eb_tape {
    gzFile file;
    bool failed;
    uint64_t count, durable_count;
    char path[EB_TAPE_PATH_MAX];
    unsigned char record[EB_RECORD_MAX];
};

static int put(struct eb_tape *t, const void *bytes, size_t len)
{
    if (!t->failed && gzwrite(t->file, bytes, (unsigned)len) != (int)len) {
        t->failed = true;
    }
    return t->failed ? EB_E_IO : EB_OK;
}

/* err with what zlib or the system says of this file. */
static int io_error(struct eb_tape *t, struct eb_err *err)
{
    int code = Z_OK;
    const char *text = gzerror(t->file, &code);
    return eb_err_set(err, EB_E_IO, "tape.write", "%s: %s after %llu events", t->path,
                      code == Z_ERRNO || text[0] == '\0' ? strerror(errno) : text, (unsigned long long)t->count);
}

static int put_header(struct eb_tape *t, const struct eb_tape_info *info)
{
    struct eb_tape_info copy = *info;
    copy.schema = EB_CODEC_SCHEMA;
    struct eb_cursor w = eb_cursor_writer(t->record + EB_RECORD_HEAD, sizeof(t->record) - EB_RECORD_OVERHEAD);
    eb_cursor_tape_info(&w, &copy);
    if (w.code != EB_OK) {
        return EB_E_INVALID;
    }
    size_t len = eb_record_seal(t->record, EB_REC_HEADER, EB_TAPE_VERSION, w.at);
    int rc = put(t, EB_TAPE_MAGIC, EB_TAPE_MAGIC_LEN);
    return rc != EB_OK ? rc : put(t, t->record, len);
}

int eb_tape_create(const char *path, const struct eb_tape_info *info, struct eb_tape **out, struct eb_err *err)
{
    *out = NULL;
    size_t len = strlen(path);
    if (len >= EB_TAPE_PATH_MAX) {
        return eb_err_set(err, EB_E_INVALID, "tape.create", "a path of %zu bytes, at most %d", len,
                          EB_TAPE_PATH_MAX - 1);
    }
    struct eb_tape *t = calloc(1, sizeof(*t));
    if (t == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "tape.create", "no memory for %zu bytes", sizeof(*t));
    }
    memcpy(t->path, path, len + 1);
    errno = 0;
    t->file = gzopen(path, "wbx1"); /* x: a tape is never overwritten; 1: it is compressed on the turn's thread */
    if (t->file == NULL) {
        int rc = eb_err_set(err, EB_E_IO, "tape.create", "%s: %s", path, errno != 0 ? strerror(errno) : "no memory");
        free(t);
        return rc;
    }
    (void)gzbuffer(t->file, GZ_BUFFER);
    int rc = put_header(t, info);
    if (rc != EB_OK) {
        rc = rc == EB_E_IO ? io_error(t, err)
                           : eb_err_set(err, rc, "tape.create", "%s: the configuration is out of range", path);
        (void)gzclose(t->file);
        (void)remove(path); /* it was made here: a tape without a header helps nobody, and its name is taken */
        free(t);
        return rc;
    }
    *out = t;
    return EB_OK;
}

int eb_tape_append(struct eb_tape *t, const struct eb_event *ev, const struct eb_witness *witness, bool durable)
{
    size_t len;
    int rc = eb_encode_event(ev, witness, durable, t->record, sizeof(t->record), &len);
    rc = rc != EB_OK ? rc : put(t, t->record, len);
    if (rc == EB_OK) {
        t->count++;
        t->durable_count += durable ? 1 : 0;
    }
    return rc;
}

static uint64_t append(void *store, const struct eb_event *ev, const struct eb_witness *witness, bool durable)
{
    struct eb_tape *t = store;
    return eb_tape_append(t, ev, witness, durable) == EB_OK ? t->durable_count : 0;
}

static bool failed(void *store)
{
    return ((const struct eb_tape *)store)->failed;
}

struct eb_store_port eb_tape_store_port(struct eb_tape *t)
{
    return (struct eb_store_port){.store = t, .append = append, .failed = failed, .wants_quiet = true};
}

int eb_tape_flush(struct eb_tape *t, struct eb_err *err)
{
    if (!t->failed && gzflush(t->file, Z_SYNC_FLUSH) != Z_OK) {
        t->failed = true;
    }
    return t->failed ? io_error(t, err) : EB_OK;
}

int eb_tape_close(struct eb_tape *t, struct eb_err *err)
{
    struct eb_cursor w = eb_cursor_writer(t->record + EB_RECORD_HEAD, sizeof(t->record) - EB_RECORD_OVERHEAD);
    eb_cursor_u64(&w, &t->count);
    eb_cursor_u64(&w, &t->durable_count);
    size_t len = eb_record_seal(t->record, EB_REC_END, EB_TAPE_VERSION, w.at);
    int rc = put(t, t->record, len) == EB_OK ? EB_OK : io_error(t, err);
    if (gzclose(t->file) != Z_OK && rc == EB_OK) {
        rc = eb_err_set(err, EB_E_IO, "tape.close", "%s: %s", t->path, strerror(errno));
    }
    free(t);
    return rc;
}

uint64_t eb_tape_count(const struct eb_tape *t)
{
    return t->count;
}
