/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look at SQLite's write-ahead log before SQLite opens it.
 *
 * SQLite ends a log at the first frame whose checksum is wrong: so looks a log whose last transaction was cut by a loss
 * of power. A frame that goes bad later, in the middle, looks the same to it, and everything behind is left out without
 * a word. Here the two are told apart: with synchronous=FULL a transaction is begun only when the one before is on the
 * disk, so that behind the first bad frame there can be the end of one transaction at most.
 */
#define _POSIX_C_SOURCE 200809L

#include "store/journal_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* https://www.sqlite.org/fileformat2.html#walformat: all numbers big-endian */
#define HEADER 32
#define FRAME_HEADER 24
#define MAGIC 0x377f0682u /* its lowest bit: checksums are of big-endian words */
#define PAGE_MIN 512
#define PAGE_MAX 65536

struct wal {
    FILE *file;
    uint32_t page;
    uint8_t salt[8];
    bool big;        /* checksums of big-endian words */
    uint32_t sum[2]; /* running */
    unsigned char *frame;
};

static uint32_t word(const unsigned char *p, bool big)
{
    return big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
               : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void add(struct wal *w, const unsigned char *data, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        w->sum[0] += word(data + i, w->big) + w->sum[1];
        w->sum[1] += word(data + i + 4, w->big) + w->sum[0];
    }
}

static bool sum_is(const struct wal *w, const unsigned char *at)
{
    return w->sum[0] == word(at, true) && w->sum[1] == word(at + 4, true);
}

/* The header of the log: false when there is nothing behind it that ever counted. *bad: it is not what was written. */
static bool read_header(struct wal *w, bool *bad)
{
    unsigned char h[HEADER];
    *bad = false;
    size_t got = fread(h, 1, sizeof(h), w->file);
    if (got < sizeof(h)) {
        return false;
    }
    w->page = word(h + 8, true);
    w->big = (h[3] & 1) != 0;
    memcpy(w->salt, h + 16, sizeof(w->salt));
    add(w, h, HEADER - 8);
    bool known =
        (word(h, true) & ~1u) == MAGIC && w->page >= PAGE_MIN && w->page <= PAGE_MAX && (w->page & (w->page - 1)) == 0;
    *bad = !known || !sum_is(w, h + HEADER - 8);
    return true;
}

/* Reads the next frame; false at the end. *good: it belongs to the chain. *end: it ends a transaction of this log. */
static bool read_frame(struct wal *w, bool *good, bool *end)
{
    size_t size = FRAME_HEADER + (size_t)w->page;
    if (fread(w->frame, 1, size, w->file) != size) {
        return false;
    }
    *end = word(w->frame + 4, true) != 0 && memcmp(w->frame + 8, w->salt, sizeof(w->salt)) == 0;
    add(w, w->frame, 8);
    add(w, w->frame + FRAME_HEADER, w->page);
    *good = memcmp(w->frame + 8, w->salt, sizeof(w->salt)) == 0 && sum_is(w, w->frame + 16);
    return true;
}

static bool damaged(struct wal *w)
{
    bool bad = false;
    bool good = true;
    bool end = false;
    unsigned ends = 0; /* of transactions, behind the first bad frame */
    if (!read_header(w, &bad)) {
        return false;
    }
    if (bad) {
        return getc(w->file) != EOF; /* a header is on the disk before the first frame is written */
    }
    w->frame = malloc(FRAME_HEADER + (size_t)w->page);
    while (w->frame != NULL && ends < 2 && read_frame(w, &good, &end)) {
        bad = bad || !good;
        ends += bad && end ? 1 : 0;
    }
    return ends >= 2;
}

bool eb_journal_wal_damaged(const char *path)
{
    char name[EB_JOURNAL_PATH_MAX + 8];
    struct wal w = {.file = NULL};
    (void)snprintf(name, sizeof(name), "%s-wal", path);
    w.file = fopen(name, "rbe");
    if (w.file == NULL) {
        return false;
    }
    bool is = damaged(&w);
    free(w.frame);
    (void)fclose(w.file);
    return is;
}
