/* SPDX-License-Identifier: Apache-2.0 */
/* Settings and numbers with their places, by the tokens of table constructors. */
#include "policy/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/set.h"
#include "policy/tables.h"

static const char where[] = "policy.origin";

enum { PARTS_MAX = 8 };

static struct eb_origin *add(struct eb_origins *o)
{
    if (o->item == NULL) {
        o->item = calloc(EB_ORIGINS_MAX, sizeof(*o->item));
    }
    if (o->item == NULL || o->count == EB_ORIGINS_MAX) {
        return NULL;
    }
    return &o->item[o->count++];
}

/* A line of the settings as text: "name = value"; each scalar and table of it becomes an item without a place. */
static bool take_setting(void *user, const struct eb_table_entry *e)
{
    struct eb_origin *item = add(user);
    if (item == NULL) {
        return false;
    }
    (void)snprintf(item->path, sizeof(item->path), "%s", e->path);
    item->kind = (uint8_t)e->kind;
    item->integer = e->integer;
    item->value = e->number;
    return true;
}

/* ---- places ---- */

/* What of `path` follows its first `skip` parts; NULL when there is nothing. */
static const char *without_parts(const char *path, int skip)
{
    for (; skip > 0 && path != NULL; skip--) {
        path = strchr(path, '.');
        path = path != NULL ? path + 1 : NULL;
    }
    return path;
}

/* Whether two settings stand below the same table once `skip` parts are taken away. */
static bool same_head(const char *a, const char *b, int skip)
{
    const char *end = without_parts(a, skip);
    size_t len = end != NULL ? (size_t)(end - a) : 0;
    return end != NULL && strncmp(a, b, len) == 0;
}

struct place {
    char path[EB_ORIGIN_PATH_MAX];
    int line;
    uint8_t kind;
    double number;
    size_t at, len;
};

/* One table constructor of a file: all that stands in it. */
struct constructor {
    struct place *place;
    unsigned count, max;
    const char *text;
    char name[EB_ORIGIN_PATH_MAX]; /* what it is given to: "steps" of `S.steps = {`; "" where nothing says */
};

static bool take_place(void *user, const struct eb_table_entry *e)
{
    struct constructor *c = user;
    if (c->count == c->max) {
        return false;
    }
    struct place *p = &c->place[c->count++];
    (void)snprintf(p->path, sizeof(p->path), "%s", e->path);
    p->line = e->line;
    p->kind = (uint8_t)e->kind;
    p->number = e->number;
    p->at = e->len > 0 ? (size_t)(e->literal - c->text) : 0;
    p->len = e->len;
    return true;
}

static const struct place *place_of(const struct constructor *c, const char *path)
{
    for (unsigned i = 0; path != NULL && i < c->count; i++) {
        if (strcmp(c->place[i].path, path) == 0) {
            return &c->place[i];
        }
    }
    return NULL;
}

/* The name of a part of the path in the file's own name: strategies/chandelier/init.lua and strategies.chandelier.x */
static bool file_is_named(const char *file, const char *path, int skip)
{
    char part[EB_ORIGIN_PATH_MAX];
    const char *begin = skip > 0 ? without_parts(path, skip - 1) : NULL;
    if (begin == NULL) {
        return false;
    }
    (void)snprintf(part, sizeof(part), "%.*s", (int)strcspn(begin, "."), begin);
    return strstr(file, part) != NULL;
}

/* An element of a list is found in a list of that name only: any list has a first element. */
static bool is_named(const struct constructor *c, const char *path, int skip)
{
    const char *rest = without_parts(path, skip);
    const char *part = skip > 0 ? without_parts(path, skip - 1) : NULL;
    if (part == NULL || rest[0] < '0' || rest[0] > '9') {
        return true;
    }
    size_t len = (size_t)(rest - part) - 1;
    return strncmp(c->name, part, len) == 0 && c->name[len] == '\0';
}

struct search {
    const struct eb_origins *o;
    long *best; /* per item: the score of what stands there now */
};

/* How much of what is set a constructor holds, if its keys follow `skip` parts of the item's path: the table of the
 * settings holds most, with the same values. Fewer parts left out are worth more than any number of keys. */
static long score_of(const struct search *s, const struct constructor *c, const char *file, const char *path, int skip)
{
    long score = 0;
    for (unsigned i = 0; i < s->o->count; i++) {
        const struct eb_origin *other = &s->o->item[i];
        bool beside = skip == 0 || same_head(path, other->path, skip);
        const struct place *p = beside ? place_of(c, without_parts(other->path, skip)) : NULL;
        score += p != NULL ? 1 + (p->len > 0 && p->number == other->value) : 0;
    }
    return score + (PARTS_MAX - skip) * 100000L + (file_is_named(file, path, skip) ? 10000L : 0);
}

static void settle(struct search *s, const struct constructor *c, const char *file)
{
    static const char none[] = "";
    const char *head = none;
    long score = 0;
    int scored = -1;
    for (unsigned i = 0; i < s->o->count; i++) {
        struct eb_origin *item = &s->o->item[i];
        const struct place *p = NULL;
        int skip = 0;
        while (skip < PARTS_MAX && without_parts(item->path, skip) != NULL &&
               ((p = place_of(c, without_parts(item->path, skip))) == NULL || !is_named(c, item->path, skip))) {
            p = NULL;
            skip++;
        }
        if (p == NULL) {
            continue;
        }
        if (skip != scored || (skip > 0 && !same_head(head, item->path, skip))) {
            score = score_of(s, c, file, item->path, skip);
            scored = skip;
            head = item->path;
        }
        if (score <= s->best[i]) {
            continue;
        }
        s->best[i] = score;
        (void)snprintf(item->file, sizeof(item->file), "%s", file);
        item->line = p->line;
        item->at = p->at;
        item->len = p->len;
        item->overridden = item->kind == EB_ORIGIN_NUMBER && p->len > 0 && p->number != item->value;
    }
}

static bool is_own(const struct eb_source *f)
{
    return f->used && strncmp(f->name, "exitbrain/", 10) != 0;
}

/* Each constructor of the file in turn, nested ones too: a set's table may stand inside what init.lua returns. */
static void search_file(struct search *s, const struct eb_source *f, struct constructor *c)
{
    struct eb_lex x;
    char name[sizeof(c->name)] = "";
    bool given = false; /* the last tokens: a name, and = */
    eb_lex_begin(&x, f->text, f->len);
    for (enum eb_token t = eb_lex_next(&x); t != EB_TOKEN_END; t = eb_lex_next(&x)) {
        if (t != EB_TOKEN_SIGN || !eb_lex_is(&x, "{")) {
            given = t == EB_TOKEN_SIGN && eb_lex_is(&x, "=");
            if (!given) {
                (void)snprintf(name, sizeof(name), "%.*s", t == EB_TOKEN_NAME ? (int)x.len : 0, x.text);
            }
            continue;
        }
        (void)snprintf(c->name, sizeof(c->name), "%s", given ? name : "");
        given = false;
        c->count = 0;
        c->text = f->text;
        struct eb_lex inside = x;
        eb_table_walk(&inside, take_place, c);
        if (c->count > 0) {
            settle(s, c, f->name);
        }
    }
}

int eb_origins_read(const struct eb_policy *p, struct eb_origins *out, struct eb_err *err)
{
    *out = (struct eb_origins){0};
    eb_table_lines(eb_buffer_str(&p->settings), p->settings.len, take_setting, out);
    struct search s = {.o = out, .best = calloc(out->count + 1, sizeof(*s.best))};
    struct constructor c = {.place = calloc(EB_ORIGINS_MAX, sizeof(*c.place)), .max = EB_ORIGINS_MAX};
    int code = EB_OK;
    if (s.best == NULL || c.place == NULL) {
        code = eb_err_set(err, EB_E_MEMORY, where, "no memory for the places of the settings");
        eb_origins_free(out);
    }
    for (unsigned i = 0; code == EB_OK && i < p->sources.count; i++) {
        if (is_own(&p->sources.file[i])) {
            search_file(&s, &p->sources.file[i], &c);
        }
    }
    free(s.best);
    free(c.place);
    return code;
}

/* ---- numbers ---- */

static void take_numbers(struct eb_origins *out, const struct eb_source *f)
{
    struct eb_lex x;
    char name[EB_ORIGIN_PATH_MAX] = "";
    char key[EB_ORIGIN_PATH_MAX] = "";
    eb_lex_begin(&x, f->text, f->len);
    for (enum eb_token t = eb_lex_next(&x); t != EB_TOKEN_END; t = eb_lex_next(&x)) {
        if (t == EB_TOKEN_NUMBER) {
            struct eb_origin *item = add(out);
            if (item == NULL) {
                return;
            }
            (void)snprintf(item->path, sizeof(item->path), "%s", key);
            (void)snprintf(item->file, sizeof(item->file), "%s", f->name);
            item->line = x.token_line;
            item->kind = EB_ORIGIN_NUMBER;
            item->value = eb_table_number(&x, &item->integer);
            item->at = (size_t)(x.text - f->text);
            item->len = x.len;
        }
        bool equals = t == EB_TOKEN_SIGN && eb_lex_is(&x, "=");
        (void)snprintf(key, sizeof(key), "%s", equals ? name : "");
        (void)snprintf(name, sizeof(name), "%.*s", t == EB_TOKEN_NAME ? (int)x.len : 0, x.text);
    }
}

int eb_origins_numbers(const struct eb_policy *p, struct eb_origins *out, struct eb_err *err)
{
    *out = (struct eb_origins){.item = calloc(EB_ORIGINS_MAX, sizeof(*out->item))};
    if (out->item == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "no memory for the numbers of the set");
    }
    for (unsigned i = 0; i < p->sources.count; i++) {
        if (is_own(&p->sources.file[i])) {
            take_numbers(out, &p->sources.file[i]);
        }
    }
    return EB_OK;
}

void eb_origins_free(struct eb_origins *o)
{
    free(o->item);
    *o = (struct eb_origins){0};
}

const struct eb_origin *eb_origins_find(const struct eb_origins *o, const char *path)
{
    for (unsigned i = 0; i < o->count; i++) {
        if (strcmp(o->item[i].path, path) == 0) {
            return &o->item[i];
        }
    }
    return NULL;
}
