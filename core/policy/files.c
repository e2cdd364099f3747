/* SPDX-License-Identifier: Apache-2.0 */
/* Directory -> eb_sources, through descriptors only: what was looked at is what is read. */
#define _GNU_SOURCE

#include "policy/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char where[] = "policy.files";

enum { ENTRIES_MAX = 1000, BYTECODE_MARK = 0x1b };

/* A file or folder on its way in: how people see it, and how require sees it. */
struct place {
    const char *dir;
    char name[EB_SOURCE_NAME_MAX];
    size_t prefix; /* bytes of name that are no part of the path */
    int depth;
};

static const char *shown(const struct place *p)
{
    return p->name + (p->name[p->prefix] == '/' ? p->prefix + 1 : p->prefix);
}

static bool is_lua(const char *name)
{
    size_t len = strlen(name);
    return len > 4 && strcmp(name + len - 4, ".lua") == 0;
}

/* Letters, digits, _ and -; a dot only before lua: what require "a.b" can say. */
static bool is_sayable(const char *name, bool file)
{
    size_t len = strlen(name) - (file ? 4 : 0);
    return len > 0 && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == len;
}

static struct eb_source *new_source(struct eb_sources *s, const char *name, size_t len, struct eb_err *err)
{
    if (s->count >= EB_SOURCES_MAX) {
        (void)eb_err_set(err, EB_E_FULL, where, "%s: more than %d files", name, EB_SOURCES_MAX);
        return NULL;
    }
    if (len > EB_SOURCE_BYTES_MAX || len > EB_SOURCES_BYTES_MAX - s->bytes) {
        (void)eb_err_set(err, EB_E_FULL, where, "%s: a file has at most %zu bytes, a set %zu", name,
                         EB_SOURCE_BYTES_MAX, EB_SOURCES_BYTES_MAX);
        return NULL;
    }
    struct eb_source *f = &s->file[s->count];
    int n = snprintf(f->name, sizeof(f->name), "%s", name);
    if (n < 0 || (size_t)n >= sizeof(f->name)) {
        (void)eb_err_set(err, EB_E_FULL, where, "%s: the name is too long", name);
        return NULL;
    }
    f->text = s->heap.resize(s->heap.user, NULL, len + 1);
    if (f->text == NULL) {
        (void)eb_err_set(err, EB_E_MEMORY, where, "no memory for %s", name);
        return NULL;
    }
    f->len = len;
    f->used = false;
    s->count++;
    s->bytes += len;
    return f;
}

static int check_text(const struct eb_source *f, struct eb_err *err)
{
    if (f->len > 0 && f->text[0] == BYTECODE_MARK) {
        return eb_err_set(err, EB_E_REFUSED, where, "%s is precompiled: only Lua text is loaded", f->name);
    }
    if (f->len >= 3 && memcmp(f->text, "\xef\xbb\xbf", 3) == 0) {
        return eb_err_set(err, EB_E_REFUSED, where, "%s begins with a byte order mark: save it as UTF-8 without one",
                          f->name);
    }
    if (memchr(f->text, '\0', f->len) != NULL) {
        return eb_err_set(err, EB_E_REFUSED, where, "%s holds a zero byte: it is no Lua text", f->name);
    }
    return EB_OK;
}

int eb_sources_add(struct eb_sources *s, const char *name, const char *text, size_t len, struct eb_err *err)
{
    struct eb_source *f = new_source(s, name, len, err);
    if (f == NULL) {
        return err != NULL ? err->code : EB_E_FULL;
    }
    memcpy(f->text, text, len);
    return check_text(f, err);
}

static int check_mode(const struct place *p, const struct stat *st, struct eb_err *err)
{
    if ((st->st_mode & S_IWOTH) != 0) {
        return eb_err_set(err, EB_E_REFUSED, where, "%s/%s may be written by anybody: chmod o-w", p->dir, shown(p));
    }
    return EB_OK;
}

static int read_bytes(int fd, struct eb_source *f, const struct place *p, struct eb_err *err)
{
    size_t got = 0;
    while (got <= f->len) { /* one byte more than fstat said: a file that grows is not what was checked */
        ssize_t n = read(fd, f->text + got, f->len + 1 - got);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return eb_err_set(err, EB_E_IO, where, "%s/%s: %s", p->dir, shown(p), strerror(errno));
        }
        if (n == 0) {
            break;
        }
        got += (size_t)n;
    }
    if (got != f->len) {
        return eb_err_set(err, EB_E_IO, where, "%s/%s changed while it was read: try again", p->dir, shown(p));
    }
    return check_text(f, err);
}

static int read_open_file(struct eb_sources *s, int fd, const struct place *p, struct eb_err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return eb_err_set(err, EB_E_IO, where, "%s/%s: %s", p->dir, shown(p), strerror(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return eb_err_set(err, EB_E_REFUSED, where, "%s/%s is no regular file", p->dir, shown(p));
    }
    int code = check_mode(p, &st, err);
    if (code != EB_OK) {
        return code;
    }
    struct eb_source *f = new_source(s, p->name, (size_t)st.st_size, err);
    if (f == NULL) {
        return err != NULL ? err->code : EB_E_FULL;
    }
    return read_bytes(fd, f, p, err);
}

static int refuse_open(const struct place *p, struct eb_err *err)
{
    if (errno == ELOOP) {
        return eb_err_set(err, EB_E_REFUSED, where, "%s/%s is a symbolic link: a set holds its own files", p->dir,
                          shown(p));
    }
    return eb_err_set(err, EB_E_IO, where, "%s/%s: %s", p->dir, shown(p), strerror(errno));
}

/* NOLINTBEGIN(misc-no-recursion): folders go EB_SOURCE_DEPTH_MAX deep */
static int read_folder(struct eb_sources *s, int fd, const struct place *p, struct eb_err *err);

static int read_entry(struct eb_sources *s, int parent, const char *entry, const struct place *up, struct eb_err *err)
{
    if (entry[0] == '.') {
        return EB_OK;
    }
    struct stat st;
    struct place p = {.dir = up->dir, .prefix = up->prefix, .depth = up->depth + 1};
    int n = snprintf(p.name, sizeof(p.name), "%s%s%s", up->name, up->name[0] != '\0' ? "/" : "", entry);
    if (n < 0 || (size_t)n >= sizeof(p.name)) {
        return eb_err_set(err, EB_E_FULL, where, "%s/%s/%s: the name is too long", up->dir, shown(up), entry);
    }
    if (fstatat(parent, entry, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return eb_err_set(err, EB_E_IO, where, "%s/%s: %s", p.dir, shown(&p), strerror(errno));
    }
    bool folder = S_ISDIR(st.st_mode);
    if (!folder && !is_lua(entry)) {
        return EB_OK;
    }
    if (!is_sayable(entry, !folder)) {
        return eb_err_set(err, EB_E_REFUSED, where, "%s/%s: require cannot say this name: rename it", p.dir, shown(&p));
    }
    int fd = openat(parent, entry, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (folder ? O_DIRECTORY : 0));
    if (fd < 0) {
        return refuse_open(&p, err);
    }
    if (folder) {
        return read_folder(s, fd, &p, err); /* closes fd */
    }
    int code = read_open_file(s, fd, &p, err);
    (void)close(fd);
    return code;
}

static int read_entries(struct eb_sources *s, DIR *d, const struct place *p, struct eb_err *err)
{
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(d);
        if (e == NULL) {
            return errno == 0 ? EB_OK : eb_err_set(err, EB_E_IO, where, "%s/%s: %s", p->dir, shown(p), strerror(errno));
        }
        if (s->entries++ >= ENTRIES_MAX) {
            return eb_err_set(err, EB_E_FULL, where, "%s/%s: more than %d entries: no policy set", p->dir, shown(p),
                              ENTRIES_MAX);
        }
        int code = read_entry(s, dirfd(d), e->d_name, p, err);
        if (code != EB_OK) {
            return code;
        }
    }
}

/* Owns fd. */
static int read_folder(struct eb_sources *s, int fd, const struct place *p, struct eb_err *err)
{
    struct stat st;
    int code = fstat(fd, &st) == 0 ? check_mode(p, &st, err)
                                   : eb_err_set(err, EB_E_IO, where, "%s/%s: %s", p->dir, shown(p), strerror(errno));
    if (code == EB_OK && p->depth > EB_SOURCE_DEPTH_MAX) {
        code = eb_err_set(err, EB_E_FULL, where, "%s/%s: more than %d folders deep", p->dir, shown(p),
                          EB_SOURCE_DEPTH_MAX);
    }
    if (code != EB_OK) {
        (void)close(fd);
        return code;
    }
    DIR *d = fdopendir(fd);
    if (d == NULL) {
        (void)close(fd);
        return eb_err_set(err, EB_E_IO, where, "%s/%s: %s", p->dir, shown(p), strerror(errno));
    }
    code = read_entries(s, d, p, err);
    (void)closedir(d);
    return code;
}

/* NOLINTEND(misc-no-recursion) */

int eb_sources_read(struct eb_sources *s, const char *dir, const char *prefix, struct eb_err *err)
{
    struct place p = {.dir = dir, .prefix = strlen(prefix)};
    (void)snprintf(p.name, sizeof(p.name), "%s", prefix);
    int fd = open(dir, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (fd < 0) {
        int code = errno == ENOENT ? EB_E_NOT_FOUND : EB_E_IO;
        return eb_err_set(err, code, where, "%s: %s", dir, strerror(errno));
    }
    return read_folder(s, fd, &p, err);
}

void eb_sources_sort(struct eb_sources *s)
{
    for (unsigned i = 1; i < s->count; i++) {
        struct eb_source moving = s->file[i];
        unsigned place = i;
        while (place > 0 && strcmp(s->file[place - 1].name, moving.name) > 0) {
            s->file[place] = s->file[place - 1];
            place--;
        }
        s->file[place] = moving;
    }
}

struct eb_source *eb_sources_find(struct eb_sources *s, const char *name)
{
    for (unsigned i = 0; i < s->count; i++) {
        if (strcmp(s->file[i].name, name) == 0) {
            return &s->file[i];
        }
    }
    return NULL;
}

void eb_sources_free(struct eb_sources *s)
{
    for (unsigned i = 0; i < s->count; i++) {
        (void)s->heap.resize(s->heap.user, s->file[i].text, 0);
    }
    s->count = 0;
    s->bytes = 0;
}
