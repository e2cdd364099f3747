/* SPDX-License-Identifier: Apache-2.0 */
/* Records in memory and lines on the disk. A record stands where its episode began; its end fills it in. */
#define _POSIX_C_SOURCE 200809L

#include "app/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feed/text_source.h"

#define PATH_MAX_BYTES 1100
#define WAITING_MAX \
    ((size_t)4 << 20) /* bytes that wait to be written; beyond it the oldest records are only in memory */

struct eb_ledger {
    char path[PATH_MAX_BYTES]; /* "": in memory only */
    int fd;
    int64_t bytes;
    struct eb_buffer waiting;
    struct eb_ledger_record *record; /* owned */
    size_t count, cap;
    size_t in_state[EB_LEDGER_STATE_COUNT]; /* records by state: so many are looked for, no more */
    unsigned damaged;                       /* lines that were not read */
    bool memory_failed, write_failed;
    char failure[96]; /* why it is not written */
    char trouble[240];
};

/* ---- trouble ----------------------------------------------------------------------------------------------------- */

static void tell_trouble(struct eb_ledger *l)
{
    size_t at = 0;
    l->trouble[0] = '\0';
    if (l->damaged > 0) {
        int n = snprintf(l->trouble, sizeof(l->trouble), "%u damaged line%s of %s left out", l->damaged,
                         l->damaged == 1 ? "" : "s", EB_LEDGER_FILE);
        at = n > 0 ? (size_t)n : 0;
    }
    if (l->write_failed) {
        (void)snprintf(l->trouble + at, sizeof(l->trouble) - at, "%s%s is not written: %s", at > 0 ? "; " : "",
                       EB_LEDGER_FILE, l->failure);
    }
}

static void fail(struct eb_ledger *l, const char *why)
{
    l->write_failed = true;
    (void)snprintf(l->failure, sizeof(l->failure), "%s", why);
    tell_trouble(l);
}

const char *eb_ledger_trouble(const struct eb_ledger *l)
{
    return l->trouble;
}

bool eb_ledger_write_failed(const struct eb_ledger *l)
{
    return l->write_failed;
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

static bool same_episode(const struct eb_ledger_record *a, const struct eb_ledger_record *b)
{
    return a->opened_ms == b->opened_ms && a->side == b->side && strcmp(a->symbol, b->symbol) == 0 &&
           strcmp(a->owner, b->owner) == 0;
}

static void set(struct eb_ledger *l, struct eb_ledger_record *r, enum eb_ledger_state state)
{
    l->in_state[r->state]--;
    l->in_state[state]++;
    r->state = (uint8_t)state;
}

/* The newest record of that episode, in that state; NULL. */
static struct eb_ledger_record *find(struct eb_ledger *l, const struct eb_ledger_record *r, enum eb_ledger_state state)
{
    size_t left = l->in_state[state];
    for (size_t i = l->count; i > 0 && left > 0; i--) {
        struct eb_ledger_record *known = &l->record[i - 1];
        if (known->state == state && same_episode(known, r)) {
            return known;
        }
        left -= known->state == state ? 1 : 0;
    }
    return NULL;
}

/* The oldest half goes when there are twice as many as are kept, so that it happens seldom. */
static struct eb_ledger_record *add(struct eb_ledger *l)
{
    if (l->count == (size_t)2 * EB_LEDGER_RECORDS_MAX) {
        size_t gone = l->count - EB_LEDGER_RECORDS_MAX;
        for (size_t i = 0; i < gone; i++) {
            l->in_state[l->record[i].state]--;
        }
        memmove(&l->record[0], &l->record[gone], EB_LEDGER_RECORDS_MAX * sizeof(*l->record));
        l->count = EB_LEDGER_RECORDS_MAX;
    }
    if (l->count == l->cap) {
        size_t cap = l->cap > 0 ? 2 * l->cap : 64;
        struct eb_ledger_record *more = realloc(l->record, cap * sizeof(*more));
        if (more == NULL) {
            l->memory_failed = true;
            return NULL;
        }
        l->record = more;
        l->cap = cap;
    }
    l->in_state[EB_LEDGER_OPEN]++;
    return memset(&l->record[l->count++], 0, sizeof(*l->record));
}

/* The engine's own goes on after a restart, with its journal; a challenger begins anew, and what it had is lost. */
static void take_begin(struct eb_ledger *l, const struct eb_ledger_record *r)
{
    struct eb_ledger_record *open = find(l, r, EB_LEDGER_OPEN);
    bool own = strcmp(r->owner, EB_LEDGER_OWNER) == 0;
    struct eb_ledger_record *lost = own ? find(l, r, EB_LEDGER_LOST) : NULL;
    if (open != NULL && !own) {
        set(l, open, EB_LEDGER_LOST);
        open = NULL;
    }
    if (lost != NULL) {
        set(l, lost, EB_LEDGER_OPEN);
    } else if (open == NULL && (open = add(l)) != NULL) {
        *open = *r;
        open->state = EB_LEDGER_OPEN;
    }
}

static void take_end(struct eb_ledger *l, const struct eb_ledger_record *r)
{
    struct eb_ledger_record *known = find(l, r, EB_LEDGER_OPEN);
    if (known == NULL && r->state == EB_LEDGER_CENSORED) { /* of one that had ended well before */
        known = find(l, r, EB_LEDGER_COMPLETE);
    }
    known = known != NULL ? known : add(l);
    if (known != NULL) {
        uint8_t before = known->state;
        *known = *r;
        known->state = before;
        set(l, known, (enum eb_ledger_state)r->state);
    }
}

size_t eb_ledger_count(const struct eb_ledger *l)
{
    return l->count;
}

const struct eb_ledger_record *eb_ledger_at(const struct eb_ledger *l, size_t index)
{
    return index < l->count ? &l->record[index] : NULL;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static void read_back(struct eb_ledger *l, const char *path)
{
    struct eb_text_source *s;
    const char *line;
    size_t len;
    int rc = eb_text_open(path, &s, NULL);
    if (rc != EB_OK) {
        l->damaged += access(path, F_OK) == 0 && rc != EB_E_NOT_FOUND ? 1 : 0;
        return;
    }
    while ((rc = eb_text_next(s, &line, &len, NULL)) != EB_E_END) {
        struct eb_ledger_record r;
        bool begins;
        if (rc != EB_OK && rc != EB_E_INVALID) {
            l->damaged++;
            break;
        }
        if (rc == EB_OK && len == 0) {
            continue; /* ends one that was cut off */
        }
        if (rc != EB_OK || eb_ledger_parse(line, len, &r, &begins) != EB_OK) {
            l->damaged++;
        } else if (begins) {
            take_begin(l, &r);
        } else {
            take_end(l, &r);
        }
    }
    eb_text_close(s);
}

static bool open_file(struct eb_ledger *l)
{
    struct stat st;
    l->fd = open(l->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (l->fd < 0 || fstat(l->fd, &st) != 0) {
        fail(l, strerror(errno));
        return false;
    }
    l->bytes = (int64_t)st.st_size;
    return true;
}

/* A line that was cut off must not swallow the next one. */
static void end_last_line(struct eb_ledger *l)
{
    char last = '\n';
    int fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && l->bytes > 0 && pread(fd, &last, 1, (off_t)l->bytes - 1) == 1 && last != '\n') {
        (void)eb_buffer_text(&l->waiting, "\n");
    }
    if (fd >= 0) {
        (void)close(fd);
    }
}

int eb_ledger_open(const char *dir, struct eb_ledger **out, struct eb_err *err)
{
    char old[PATH_MAX_BYTES + 4];
    struct eb_ledger *l = calloc(1, sizeof(*l));
    *out = l;
    if (l == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "ledger", "out of memory");
    }
    l->fd = -1;
    eb_buffer_init(&l->waiting, WAITING_MAX);
    int n = dir != NULL ? snprintf(l->path, sizeof(l->path), "%s/%s", dir, EB_LEDGER_FILE) : 0;
    if (dir == NULL || n <= 0 || n >= (int)sizeof(l->path)) {
        l->path[0] = '\0';
        return EB_OK;
    }
    (void)snprintf(old, sizeof(old), "%s.1", l->path);
    read_back(l, old);
    read_back(l, l->path);
    for (size_t i = 0; i < l->count; i++) {
        if (l->record[i].state == EB_LEDGER_OPEN) {
            set(l, &l->record[i], EB_LEDGER_LOST);
        }
    }
    tell_trouble(l);
    if (open_file(l)) {
        end_last_line(l);
    }
    return EB_OK;
}

static void rotate(struct eb_ledger *l)
{
    char old[PATH_MAX_BYTES + 4];
    (void)snprintf(old, sizeof(old), "%s.1", l->path);
    (void)close(l->fd);
    l->fd = -1;
    if (rename(l->path, old) != 0) {
        fail(l, strerror(errno));
    }
    (void)open_file(l);
}

/* What could not be written stays and is tried again. */
void eb_ledger_flush(struct eb_ledger *l)
{
    if (l->path[0] == '\0' || l->waiting.len == 0 || (l->fd < 0 && !open_file(l))) {
        return;
    }
    const char *bytes = eb_buffer_str(&l->waiting);
    size_t done = 0;
    while (done < l->waiting.len) {
        ssize_t n = write(l->fd, bytes + done, l->waiting.len - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            fail(l, n < 0 ? strerror(errno) : "nothing was taken");
            break;
        }
        done += (size_t)n;
    }
    l->bytes += (int64_t)done;
    if (done == l->waiting.len) {
        eb_buffer_clear(&l->waiting);
        l->write_failed = false;
        tell_trouble(l);
    } else if (done > 0) {
        memmove(l->waiting.data, l->waiting.data + done, l->waiting.len - done + 1);
        l->waiting.len -= done;
    }
    if (l->bytes > EB_LEDGER_MAX_BYTES) {
        rotate(l);
    }
}

static void write_line(struct eb_ledger *l, const struct eb_ledger_record *r, bool begins)
{
    size_t before = l->waiting.len;
    if (l->path[0] == '\0') {
        return;
    }
    eb_ledger_line(r, begins, &l->waiting);
    if (l->waiting.failed &&
        l->waiting.data != NULL) { /* a disk that has taken nothing for thousands of episodes: whole lines stay */
        l->waiting.len = before;
        l->waiting.data[before] = '\0';
        l->waiting.failed = false;
    }
}

void eb_ledger_begin(struct eb_ledger *l, const struct eb_ledger_record *r)
{
    take_begin(l, r);
    write_line(l, r, true);
}

void eb_ledger_end(struct eb_ledger *l, const struct eb_ledger_record *r)
{
    take_end(l, r);
    write_line(l, r, false);
}

void eb_ledger_censor(struct eb_ledger *l, const struct eb_ledger_record *r)
{
    struct eb_ledger_record *known = find(l, r, EB_LEDGER_COMPLETE);
    if (known != NULL) {
        set(l, known, EB_LEDGER_CENSORED);
        write_line(l, known, false);
    }
}

void eb_ledger_close(struct eb_ledger *l)
{
    if (l == NULL) {
        return;
    }
    eb_ledger_flush(l);
    if (l->fd >= 0) {
        (void)close(l->fd);
    }
    eb_buffer_deinit(&l->waiting);
    free(l->record);
    free(l);
}
