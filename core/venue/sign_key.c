/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key file: read into locked memory and cut there, so that its text never lies anywhere else.
 *
 *     bytes -> lines -> api_key, secret or private_key (in lines, or the path of a PEM file beside it) -> key_make
 *
 * Messages name file and line and quote nothing: what stands in the wrong place may be the secret.
 */
#define _POSIX_C_SOURCE 200809L
#include "venue/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "venue/sign_room.h"

#define FILE_MAX ((size_t)32 * 1024) /* a PEM of RSA with 4,096 bits has 3.2 KiB */
#define PATH_TEXT_MAX 1024

struct room {
    char key_file[FILE_MAX + 1];
    char pem_file[FILE_MAX + 1];
};

struct fields {
    const char *path;
    unsigned line; /* of what is being read, for messages */
    char *api_key, *secret, *pem, *pem_path;
};

/* ---- files ------------------------------------------------------------------------------------------------------ */

/* like: of a file that the caller has judged; this one may be open to nobody else. NULL: the caller has judged it. */
static int read_file(const char *path, char *into, const struct stat *like, struct stat *st, struct eb_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return eb_err_set(err, EB_E_IO, "key", "%s: %s", path, strerror(errno));
    }
    int rc = EB_OK;
    size_t used = 0;
    if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode)) {
        rc = eb_err_set(err, EB_E_INVALID, "key", "%s: not a regular file", path);
    } else if (like != NULL && ((st->st_mode & 077 & ~like->st_mode) != 0 || st->st_uid != like->st_uid)) {
        rc = eb_err_set(err, EB_E_REFUSED, "key",
                        "%s: others may read it, or it has another owner than the key file: chmod 600 it", path);
    }
    while (rc == EB_OK) {
        ssize_t n = read(fd, into + used, FILE_MAX + 1 - used);
        if (n == 0) {
            break;
        }
        if (n < 0 && errno != EINTR) {
            rc = eb_err_set(err, EB_E_IO, "key", "%s: %s", path, strerror(errno));
        }
        used += n > 0 ? (size_t)n : 0;
        if (used > FILE_MAX) {
            rc = eb_err_set(err, EB_E_INVALID, "key", "%s: larger than %zu bytes: no key file", path, FILE_MAX);
        }
    }
    (void)close(fd);
    if (rc == EB_OK && memchr(into, '\0', used) != NULL) {
        rc = eb_err_set(err, EB_E_INVALID, "key", "%s: not a text file", path);
    }
    into[used > FILE_MAX ? FILE_MAX : used] = '\0';
    return rc;
}

/* ---- lines ------------------------------------------------------------------------------------------------------ */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts blanks at both ends in place. */
static char *trim(char *text)
{
    while (is_blank(*text)) {
        text++;
    }
    size_t len = strlen(text);
    while (len > 0 && is_blank(text[len - 1])) {
        text[--len] = '\0';
    }
    if (len >= 2 && (text[0] == '"' || text[0] == '\'') && text[len - 1] == text[0]) {
        text[len - 1] = '\0';
        text++;
    }
    return text;
}

static int wrong(const struct fields *f, const char *what, struct eb_err *err)
{
    return eb_err_set(err, EB_E_INVALID, "key", "%s:%u: %s", f->path, f->line, what);
}

/* A PEM that begins at value and goes on in the following lines; *rest is what follows it. Blanks before its lines,
 * as an indented block has them, are taken out. */
static int take_pem(struct fields *f, char *value, char **rest, struct eb_err *err)
{
    size_t used = strlen(value);
    unsigned first = f->line;
    while (strncmp(value, "-----END", strlen("-----END")) != 0) {
        if (*rest == NULL) {
            f->line = first;
            return wrong(f, "the private key that begins here has no line -----END ...-----", err);
        }
        char *line = *rest, *end = strchr(line, '\n');
        *rest = end == NULL ? NULL : end + 1;
        if (end != NULL) {
            *end = '\0';
        }
        f->line++;
        line = trim(line);
        size_t len = strlen(line);
        f->pem[used++] = '\n'; /* there is room: the text only moves towards the front of its own place */
        memmove(f->pem + used, line, len + 1);
        value = f->pem + used;
        used += len;
    }
    return EB_OK;
}

static int take_line(struct fields *f, char *line, char **rest, struct eb_err *err)
{
    line = trim(line);
    if (line[0] == '\0' || line[0] == '#') {
        return EB_OK;
    }
    char *equals = strchr(line, '=');
    if (equals == NULL) {
        return wrong(f, "no NAME = VALUE", err);
    }
    *equals = '\0';
    char *name = trim(line), *value = trim(equals + 1);
    bool is_private = strcmp(name, "private_key") == 0, inline_pem = strncmp(value, "-----BEGIN", 10) == 0;
    char **into = strcmp(name, "api_key") == 0  ? &f->api_key
                  : strcmp(name, "secret") == 0 ? &f->secret
                  : is_private                  ? (inline_pem ? &f->pem : &f->pem_path)
                                                : NULL;
    if (into == NULL) {
        return wrong(f, "not one of api_key, secret, private_key", err);
    }
    if (*into != NULL) {
        return wrong(f, "given a second time", err);
    }
    if (value[0] == '\0') {
        return wrong(f, "without a value", err);
    }
    *into = value;
    return is_private && inline_pem ? take_pem(f, value, rest, err) : EB_OK;
}

static int take_lines(struct fields *f, char *text, struct eb_err *err)
{
    char *rest = text;
    while (rest != NULL) {
        char *line = rest, *end = strchr(line, '\n');
        rest = end == NULL ? NULL : end + 1;
        if (end != NULL) {
            *end = '\0';
        }
        f->line++;
        int rc = take_line(f, line, &rest, err);
        if (rc != EB_OK) {
            return rc;
        }
    }
    int given = (f->secret != NULL) + (f->pem != NULL) + (f->pem_path != NULL);
    if (f->api_key == NULL || given == 0) {
        return eb_err_set(err, EB_E_INVALID, "key", "%s: %s", f->path,
                          f->api_key == NULL ? "api_key is missing" : "secret or private_key is missing");
    }
    return given == 1 ? EB_OK
                      : eb_err_set(err, EB_E_INVALID, "key", "%s: more than one of secret and private_key", f->path);
}

/* ---- the key ---------------------------------------------------------------------------------------------------- */

static int read_pem_beside(const struct fields *f, const struct stat *like, char *into, char **secret,
                           struct eb_err *err)
{
    char path[PATH_TEXT_MAX];
    struct stat st = {0};
    const char *slash = f->pem_path[0] == '/' ? NULL : strrchr(f->path, '/');
    int folder = slash == NULL ? 0 : (int)(slash - f->path + 1);
    int n = snprintf(path, sizeof(path), "%.*s%s", folder, f->path, f->pem_path);
    if (n < 0 || (size_t)n >= sizeof(path)) {
        return eb_err_set(err, EB_E_INVALID, "key", "%s: the path of private_key is too long", f->path);
    }
    if (access(path, F_OK) != 0) { /* not quoted: it may be a secret in the wrong place */
        return eb_err_set(err, EB_E_IO, "key", "%s: private_key names no file that can be found beside it: %s", f->path,
                          strerror(errno));
    }
    int rc = read_file(path, into, like, &st, err);
    char *begin = rc == EB_OK ? strstr(into, "-----BEGIN") : NULL;
    if (rc == EB_OK && begin == NULL) {
        rc = eb_err_set(err, EB_E_INVALID, "key", "%s: no PEM", path);
    }
    *secret = begin;
    return rc;
}

static int load(const char *path, struct room *room, struct eb_binance_key **out, struct eb_err *err)
{
    struct fields f = {.path = path};
    struct stat st = {0};
    int rc = read_file(path, room->key_file, NULL, &st, err);
    if (rc == EB_OK) {
        rc = take_lines(&f, room->key_file, err);
    }
    char *secret = f.secret != NULL ? f.secret : f.pem;
    if (rc == EB_OK && f.pem_path != NULL) {
        rc = read_pem_beside(&f, &st, room->pem_file, &secret, err);
    }
    if (rc != EB_OK) {
        return rc;
    }
    if (f.secret != NULL && strncmp(secret, "-----BEGIN", 10) == 0) {
        return eb_err_set(err, EB_E_INVALID, "key", "%s: a private key is named private_key, not secret", path);
    }
    struct eb_err why = {0};
    rc = eb_binance_key_make(f.api_key, secret, out, &why);
    return rc == EB_OK ? EB_OK : eb_err_set(err, rc, "key", "%s: %s", path, why.msg);
}

int eb_binance_key_load(const char *path, struct eb_binance_key **out, struct eb_err *err)
{
    struct room *room = eb_room_take(sizeof(*room));
    if (room == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "key", "%s: no memory that stays out of core dumps", path);
    }
    int rc = load(path, room, out, err);
    eb_room_give(room, sizeof(*room));
    return rc;
}
