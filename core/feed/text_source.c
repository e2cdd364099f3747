/* SPDX-License-Identifier: Apache-2.0 */
/* One block buffer in front of three ways to fill it; lines are cut out of the block in place, without a copy. */
#define _POSIX_C_SOURCE 200809L

#include "feed/text_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zip.h>
#include <zlib.h>

#define BLOCK_SIZE ((size_t)256 << 10)
#define GZIP_BUFFER (128U << 10)

enum packing { PACKED_PLAIN, PACKED_GZIP, PACKED_ZIP };

struct eb_text_source {
    char *path;
    enum packing packing;
    FILE *file;     /* PACKED_PLAIN */
    gzFile gz;      /* PACKED_GZIP */
    zip_t *archive; /* PACKED_ZIP */
    zip_file_t *entry;
    size_t line;
    size_t begin, end; /* of what is in the block and not given away yet */
    bool exhausted;    /* the file has no more bytes */
    bool started;      /* the byte order mark has been looked for */
    bool unended;      /* the line given last had no line end */
    char block[BLOCK_SIZE];
};

static int open_packed(struct eb_text_source *s, struct eb_err *err);
static int fill(struct eb_text_source *s, struct eb_err *err);
static int read_bytes(struct eb_text_source *s, char *to, size_t cap, size_t *got, struct eb_err *err);

int eb_text_open(const char *path, struct eb_text_source **out, struct eb_err *err)
{
    struct eb_text_source *s = calloc(1, sizeof(*s));
    char *copy = strdup(path);
    if (s == NULL || copy == NULL) {
        free(s);
        free(copy);
        return eb_err_set(err, EB_E_MEMORY, "text.open", "%s: out of memory", eb_path_shown(path));
    }
    s->path = copy;
    int rc = open_packed(s, err);
    if (rc != EB_OK) {
        eb_text_close(s);
        return rc;
    }
    *out = s;
    return EB_OK;
}

void eb_text_close(struct eb_text_source *s)
{
    if (s == NULL) {
        return;
    }
    if (s->file != NULL) {
        (void)fclose(s->file);
    }
    if (s->gz != NULL) {
        (void)gzclose_r(s->gz);
    }
    if (s->entry != NULL) {
        (void)zip_fclose(s->entry);
    }
    if (s->archive != NULL) {
        zip_discard(s->archive);
    }
    free(s->path);
    free(s);
}

int eb_text_next(struct eb_text_source *s, const char **line, size_t *len, struct eb_err *err)
{
    size_t searched = 0;
    for (;;) {
        char *from = s->block + s->begin;
        char *lf = memchr(from + searched, '\n', s->end - s->begin - searched);
        size_t found = lf != NULL ? (size_t)(lf - from) : s->end - s->begin;
        if (found > EB_TEXT_LINE_MAX) {
            return eb_err_set(err, EB_E_INVALID, "text.next",
                              "%s:%zu: line longer than %d bytes: not a text file of this kind", eb_text_name(s),
                              s->line + 1, EB_TEXT_LINE_MAX);
        }
        if (lf != NULL || (s->exhausted && found > 0)) {
            s->line++;
            s->begin += found + (lf != NULL ? 1 : 0);
            s->unended = lf == NULL;
            *line = from;
            *len = lf != NULL && found > 0 && from[found - 1] == '\r' ? found - 1 : found;
            return EB_OK;
        }
        if (s->exhausted) {
            return EB_E_END;
        }
        searched = found;
        int rc = fill(s, err);
        if (rc != EB_OK) {
            return rc;
        }
    }
}

size_t eb_text_line(const struct eb_text_source *s)
{
    return s->line;
}

bool eb_text_unended(const struct eb_text_source *s)
{
    return s->unended;
}

const char *eb_text_name(const struct eb_text_source *s)
{
    return eb_path_shown(s->path);
}

int eb_text_read_all(const char *path, struct eb_buffer *out, struct eb_err *err)
{
    struct eb_text_source *s = NULL;
    eb_buffer_init(out, EB_TEXT_WHOLE_MAX);
    int rc = eb_text_open(path, &s, err);
    if (rc != EB_OK) {
        return rc;
    }
    EB_ASSERT(s != NULL);
    while (rc == EB_OK && !s->exhausted) {
        s->begin = s->end = 0;
        rc = fill(s, err);
        if (rc == EB_OK) {
            rc = eb_buffer_add(out, s->block + s->begin, s->end - s->begin);
            if (rc != EB_OK) {
                (void)eb_err_set(err, rc, "text.read", "%s: no room: at most %zu bytes", eb_text_name(s),
                                 EB_TEXT_WHOLE_MAX);
            }
        }
    }
    eb_text_close(s);
    if (rc != EB_OK) {
        eb_buffer_deinit(out);
    }
    return rc;
}

const char *eb_path_shown(const char *path)
{
    size_t len = strlen(path);
    return len > EB_PATH_SHOWN ? path + len - EB_PATH_SHOWN : path;
}

const char *eb_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static int open_zip_entry(struct eb_text_source *s, zip_uint64_t index, struct eb_err *err)
{
    zip_stat_t st;
    zip_stat_init(&st);
    if (zip_stat_index(s->archive, index, 0, &st) != 0) {
        return eb_err_set(err, EB_E_INVALID, "text.open", "%s: %s", eb_text_name(s), zip_strerror(s->archive));
    }
    if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && st.encryption_method != ZIP_EM_NONE) {
        return eb_err_set(err, EB_E_INVALID, "text.open", "%s: the zip archive is encrypted: unpack it first",
                          eb_text_name(s));
    }
    s->entry = zip_fopen_index(s->archive, index, 0);
    if (s->entry == NULL) {
        return eb_err_set(err, EB_E_INVALID, "text.open", "%s: the zip archive cannot be unpacked: %s", eb_text_name(s),
                          zip_strerror(s->archive));
    }
    return EB_OK;
}

/* Folders, and the resource forks that one desktop system adds, hold no data. */
static bool zip_name_is_data(const char *name)
{
    return name != NULL && !ends_with(name, "/") && strncmp(name, "__MACOSX/", 9) != 0;
}

static int open_zip(struct eb_text_source *s, struct eb_err *err)
{
    int code = 0;
    s->archive = zip_open(s->path, ZIP_RDONLY, &code);
    if (s->archive == NULL) {
        zip_error_t why;
        zip_error_init_with_code(&why, code);
        int rc =
            eb_err_set(err, EB_E_INVALID, "text.open", "%s: zip archive truncated or damaged (%s): download it again",
                       eb_text_name(s), zip_error_strerror(&why));
        zip_error_fini(&why);
        return rc;
    }
    zip_int64_t entries = zip_get_num_entries(s->archive, 0);
    zip_uint64_t data = 0, found = 0;
    for (zip_uint64_t i = 0; i < (zip_uint64_t)entries; i++) {
        if (zip_name_is_data(zip_get_name(s->archive, i, 0))) {
            data = found == 0 ? i : data;
            found++;
        }
    }
    if (found != 1) {
        return eb_err_set(err, EB_E_INVALID, "text.open",
                          "%s: the zip archive holds %llu files, expected exactly one%s", eb_text_name(s),
                          (unsigned long long)found, found > 1 ? ": unpack it and name the files" : "");
    }
    return open_zip_entry(s, data, err);
}

static int open_gzip(struct eb_text_source *s, struct eb_err *err)
{
    s->gz = gzopen(s->path, "rb");
    if (s->gz == NULL || gzbuffer(s->gz, GZIP_BUFFER) != 0) {
        return eb_err_set(err, EB_E_IO, "text.open", "%s: cannot be opened as gzip", eb_text_name(s));
    }
    return EB_OK;
}

/* Looks at the first bytes: names lie, and data kept under a wrong name would be read as nonsense. */
static int open_packed(struct eb_text_source *s, struct eb_err *err)
{
    unsigned char head[4] = {0};
    s->file = fopen(s->path, "rb");
    if (s->file == NULL) {
        return eb_err_set(err, EB_E_IO, "text.open", "%s: cannot be opened: check that it exists and is readable",
                          eb_text_name(s));
    }
    size_t got = fread(head, 1, sizeof(head), s->file);
    if (ferror(s->file) != 0) {
        return eb_err_set(err, EB_E_IO, "text.open", "%s: cannot be read (a directory?)", eb_text_name(s));
    }
    bool gzip = got >= 2 && head[0] == 0x1f && head[1] == 0x8b;
    bool zip = got == 4 && head[0] == 'P' && head[1] == 'K' && (head[2] == 3 || head[2] == 5) && head[3] == head[2] + 1;
    if ((!gzip && ends_with(s->path, ".gz")) || (!zip && ends_with(s->path, ".zip"))) {
        return eb_err_set(err, EB_E_INVALID, "text.open",
                          "%s: is not what its name says (%s): empty, truncated or renamed", eb_text_name(s),
                          ends_with(s->path, ".gz") ? "gzip" : "zip");
    }
    if (!gzip && !zip) {
        s->packing = PACKED_PLAIN;
        rewind(s->file);
        return EB_OK;
    }
    (void)fclose(s->file);
    s->file = NULL;
    s->packing = gzip ? PACKED_GZIP : PACKED_ZIP;
    return gzip ? open_gzip(s, err) : open_zip(s, err);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static int read_gzip(struct eb_text_source *s, char *to, size_t cap, size_t *got, struct eb_err *err)
{
    int n = gzread(s->gz, to, (unsigned)cap);
    int code = Z_OK;
    const char *why = gzerror(s->gz, &code);
    /* At the end of a truncated file gzread gives what there is, and Z_BUF_ERROR only beside it. */
    if (n < 0 || (n == 0 && code != Z_OK && code != Z_STREAM_END)) {
        return eb_err_set(err, EB_E_IO, "text.read", "%s: gzip data truncated or damaged (%s): download it again",
                          eb_text_name(s), code == Z_BUF_ERROR ? "unexpected end of file" : why);
    }
    *got = (size_t)n;
    return EB_OK;
}

static int read_zip(struct eb_text_source *s, char *to, size_t cap, size_t *got, struct eb_err *err)
{
    zip_int64_t n = zip_fread(s->entry, to, cap);
    if (n < 0) {
        return eb_err_set(err, EB_E_IO, "text.read", "%s: zip data truncated or damaged (%s): download it again",
                          eb_text_name(s), zip_file_strerror(s->entry));
    }
    *got = (size_t)n;
    return EB_OK;
}

/* *got is 0 at the end only. */
static int read_bytes(struct eb_text_source *s, char *to, size_t cap, size_t *got, struct eb_err *err)
{
    size_t most = cap < BLOCK_SIZE ? cap : BLOCK_SIZE;
    switch (s->packing) {
    case PACKED_GZIP:
        return read_gzip(s, to, most, got, err);
    case PACKED_ZIP:
        return read_zip(s, to, most, got, err);
    case PACKED_PLAIN:
        break;
    }
    *got = fread(to, 1, most, s->file);
    if (*got == 0 && ferror(s->file) != 0) {
        return eb_err_set(err, EB_E_IO, "text.read", "%s: reading failed (a directory?)", eb_text_name(s));
    }
    return EB_OK;
}

/* Moves the rest to the front of the block and reads behind it; a line is far shorter than the block. */
static int fill(struct eb_text_source *s, struct eb_err *err)
{
    size_t kept = s->end - s->begin;
    memmove(s->block, s->block + s->begin, kept);
    s->begin = 0;
    s->end = kept;
    size_t got = 0;
    int rc = read_bytes(s, s->block + kept, sizeof(s->block) - kept, &got, err);
    if (rc != EB_OK) {
        return rc;
    }
    s->end += got;
    s->exhausted = got == 0;
    if (!s->started) {
        s->started = true;
        s->begin = s->end >= 3 && memcmp(s->block, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    }
    return EB_OK;
}
