/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between two sets. The settings are compared in the text that both were rendered to (settings.c), whose
 * form is one only: keys sorted, one blank around =, a comma and a blank between entries, no line breaks within.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/set.h"
#include "policy/variant.h"

static const char where[] = "policy.differences";

/* A piece of rendered text: a value, or the entries of a table. */
struct piece {
    const char *at;
    size_t len;
};

struct entry {
    struct piece key;   /* empty: its place in the list */
    struct piece value; /* as Lua text */
    unsigned place;
};

struct walk {
    struct eb_differences *out;
    char path[EB_DIFFERENCE_NAME_MAX];
    bool failed; /* no memory */
};

/* ---- the rendered form ------------------------------------------------------------------------------------------- */

/* Behind the value, key or bracketed key that begins at `at`: the first of the characters in `stop` outside of tables
 * and texts, or the end. */
static const char *skip(const char *at, const char *end, const char *stop)
{
    int depth = 0;
    for (bool text = false; at < end; at++) {
        if (text) {
            text = *at != '"'; /* a quote within is written as a number */
            continue;
        }
        if (depth == 0 && strchr(stop, *at) != NULL) {
            return at;
        }
        text = *at == '"';
        depth += *at == '{' || *at == '[' ? 1 : *at == '}' || *at == ']' ? -1 : 0;
    }
    return end;
}

/* The next entry of *rest, which moves on; false behind the last. stop: what ends an entry. */
static bool next_entry(struct piece *rest, const char *stop, struct entry *out)
{
    if (rest->len == 0) {
        return false;
    }
    const char *end = rest->at + rest->len;
    const char *last = skip(rest->at, end, stop);
    const char *equals = skip(rest->at, last, "=");
    unsigned place = out->place + 1;
    *out = (struct entry){.value = {rest->at, (size_t)(last - rest->at)}, .place = place};
    if (equals < last) {
        out->key = (struct piece){rest->at, (size_t)(equals - rest->at) - 1};
        out->value = (struct piece){equals + 2, (size_t)(last - equals) - 2};
    }
    rest->at = last + (last < end ? 1 : 0);
    rest->at += rest->at < end && *rest->at == ' ' ? 1 : 0;
    rest->len = (size_t)(end - rest->at);
    return true;
}

static bool same(struct piece a, struct piece b)
{
    if (a.len != b.len || a.at == NULL || b.at == NULL) {
        return a.len == b.len;
    }
    return memcmp(a.at, b.at, a.len) == 0;
}

static bool is_table(struct piece p)
{
    return p.len >= 2 && p.at[0] == '{';
}

static struct piece inside(struct piece p)
{
    return (struct piece){p.at + 1, p.len - 2};
}

/* Whether an override could name this key: a name, or a number in its place. */
static bool can_be_named(const struct entry *e)
{
    return e->key.len == 0 || (e->key.at[0] != '[' && memchr(e->key.at, '.', e->key.len) == NULL);
}

/* Two tables of the same keys, each of which can be named: what differs is in their entries. */
static bool same_shape(struct piece a, struct piece b)
{
    struct entry x = {.place = 0};
    struct entry y = {.place = 0};
    bool shape = is_table(a) && is_table(b);
    struct piece ra = shape ? inside(a) : a;
    struct piece rb = shape ? inside(b) : b;
    while (shape) {
        bool more = next_entry(&ra, ",", &x);
        if (more != next_entry(&rb, ",", &y)) {
            return false;
        }
        if (!more) {
            return true;
        }
        shape = same(x.key, y.key) && can_be_named(&x);
    }
    return false;
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static char *copy(const char *at, size_t len)
{
    char *text = malloc(len + 1);
    if (text != NULL) {
        memcpy(text, at, len);
        text[len] = '\0';
    }
    return text;
}

static void add(struct walk *w, enum eb_difference_kind kind, const char *name, const struct piece *before,
                const struct piece *after)
{
    if (w->out->count == EB_DIFFERENCES_MAX) {
        w->out->more++;
        return;
    }
    struct eb_difference *d = &w->out->at[w->out->count++];
    memset(d, 0, sizeof(*d));
    d->kind = (uint8_t)kind;
    (void)snprintf(d->name, sizeof(d->name), "%s", name);
    d->before = before != NULL ? copy(before->at, before->len) : NULL;
    d->after = after != NULL ? copy(after->at, after->len) : NULL;
    w->failed = w->failed || (before != NULL && d->before == NULL) || (after != NULL && d->after == NULL);
}

/* Appends a key to the path; false when that becomes too long to be named. */
static bool go_down(struct walk *w, const struct entry *e)
{
    size_t used = strlen(w->path);
    size_t room = sizeof(w->path) - used;
    int n = e->key.len > 0 ? snprintf(w->path + used, room, "%s%.*s", used > 0 ? "." : "", (int)e->key.len, e->key.at)
                           : snprintf(w->path + used, room, "%s%u", used > 0 ? "." : "", e->place);
    return n > 0 && (size_t)n < room;
}

/* NOLINTBEGIN(misc-no-recursion): as deep as settings go */
static void compare(struct walk *w, struct piece before, struct piece after)
{
    if (same(before, after)) {
        return;
    }
    size_t used = strlen(w->path);
    struct entry x = {.place = 0};
    struct entry y = {.place = 0};
    if (!same_shape(before, after)) {
        add(w, EB_DIFFERENCE_SETTING, w->path, &before, &after);
        return;
    }
    struct piece rb = inside(before);
    struct piece ra = inside(after);
    while (next_entry(&rb, ",", &x) && next_entry(&ra, ",", &y)) {
        if (go_down(w, &x)) {
            compare(w, x.value, y.value);
        }
        w->path[used] = '\0';
    }
}
/* NOLINTEND(misc-no-recursion) */

static bool find(struct piece rest, struct piece key, struct entry *out)
{
    *out = (struct entry){.place = 0};
    while (next_entry(&rest, "\n", out)) {
        if (same(out->key, key)) {
            return true;
        }
    }
    return false;
}

static void compare_settings(struct walk *w, const struct eb_policy *before, const struct eb_policy *after)
{
    struct piece rest = {eb_buffer_str(&before->settings), before->settings.len};
    const struct piece all = {eb_buffer_str(&after->settings), after->settings.len};
    struct entry x = {.place = 0};
    struct entry y;
    while (next_entry(&rest, "\n", &x)) {
        if (can_be_named(&x) && find(all, x.key, &y)) {
            w->path[0] = '\0';
            if (go_down(w, &x)) {
                compare(w, x.value, y.value);
            }
        }
    }
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static const struct eb_source *source(const struct eb_policy *p, const char *name)
{
    for (unsigned i = 0; i < p->sources.count; i++) {
        if (strcmp(p->sources.file[i].name, name) == 0) {
            return &p->sources.file[i];
        }
    }
    return NULL;
}

/* A file of the library that neither set has loaded decides nothing. */
static bool matters(const struct eb_source *f)
{
    return f != NULL && (f->used || strncmp(f->name, "exitbrain/", 10) != 0);
}

static void compare_file(struct walk *w, const struct eb_source *before, const struct eb_source *after)
{
    static const struct piece there = {"", 0};
    bool equal = before != NULL && after != NULL && before->len == after->len &&
                 memcmp(before->text, after->text, before->len) == 0;
    if (!equal && (matters(before) || matters(after))) {
        add(w, EB_DIFFERENCE_FILE, before != NULL ? before->name : after->name, before != NULL ? &there : NULL,
            after != NULL ? &there : NULL);
    }
}

int eb_policy_differences(const struct eb_policy *before, const struct eb_policy *after, struct eb_differences *out,
                          struct eb_err *err)
{
    struct walk w = {.out = out};
    memset(out, 0, sizeof(*out));
    compare_settings(&w, before, after);
    for (unsigned i = 0; i < after->sources.count; i++) {
        compare_file(&w, source(before, after->sources.file[i].name), &after->sources.file[i]);
    }
    for (unsigned i = 0; i < before->sources.count; i++) {
        if (source(after, before->sources.file[i].name) == NULL) {
            compare_file(&w, &before->sources.file[i], NULL);
        }
    }
    return w.failed ? eb_err_set(err, EB_E_MEMORY, where, "no memory to compare policy sets") : EB_OK;
}

void eb_differences_free(struct eb_differences *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        free(d->at[i].before);
        free(d->at[i].after);
    }
    d->count = 0;
}
