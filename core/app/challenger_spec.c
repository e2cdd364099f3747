/* SPDX-License-Identifier: Apache-2.0 */
/* Words, quotes, braces. What a setting's value is, the policy host decides. */
#include "app/challenger_spec.h"

#include <stdio.h>
#include <string.h>

#include "app/ledger.h"

static const char area[] = "challenger";
static const char form[] = "NAME = DIR [SETTING=LUA ...]; ...";

struct reading {
    const char *at;
    struct eb_err *err;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct reading *r)
{
    while (is_blank(*r->at)) {
        r->at++;
    }
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static int read_name(struct reading *r, struct eb_challenger_spec *s)
{
    size_t len = 0;
    while (is_name(r->at[len])) {
        len++;
    }
    if (len == 0 || len >= sizeof(s->name)) {
        return eb_err_set(r->err, EB_E_INVALID, area,
                          "\"%.40s\": a challenger begins with its name, 1 to %zu letters, digits, - or _: %s", r->at,
                          sizeof(s->name) - 1, form);
    }
    memcpy(s->name, r->at, len);
    r->at += len;
    skip_blanks(r);
    if (*r->at != '=') {
        return eb_err_set(r->err, EB_E_INVALID, area, "challenger %s: \"=\" and a directory are wanted behind it: %s",
                          s->name, form);
    }
    r->at++;
    if (strcmp(s->name, EB_LEDGER_OWNER) == 0) {
        return eb_err_set(r->err, EB_E_INVALID, area, "challenger %s: the ledger calls the engine's own set so",
                          s->name);
    }
    return EB_OK;
}

/* The end of a word: blanks and ';' end it, but not within quotes or braces. NULL: one of those is not closed. */
static const char *end_of_word(const char *at)
{
    unsigned depth = 0;
    char quote = '\0';
    for (; *at != '\0'; at++) {
        if (quote != '\0' && *at == '\\' && at[1] != '\0') {
            at++;
        } else if (quote != '\0') {
            quote = *at == quote ? '\0' : quote;
        } else if (*at == '"' || *at == '\'') {
            quote = *at;
        } else if (*at == '{') {
            depth++;
        } else if (*at == '}') {
            depth -= depth > 0 ? 1 : 0;
        } else if (depth == 0 && (is_blank(*at) || *at == ';')) {
            break;
        }
    }
    return quote == '\0' && depth == 0 ? at : NULL;
}

static int read_dir(struct reading *r, struct eb_challenger_spec *s)
{
    skip_blanks(r);
    const char *begin = r->at;
    const char *end = end_of_word(begin);
    size_t len = end != NULL ? (size_t)(end - begin) : 0;
    r->at = end != NULL ? end : r->at;
    bool quoted = len >= 2 && (*begin == '"' || *begin == '\'') && begin[len - 1] == *begin;
    begin += quoted ? 1 : 0;
    len -= quoted ? 2 : 0;
    if (end == NULL || len == 0 || len >= sizeof(s->dir)) {
        return eb_err_set(r->err, EB_E_INVALID, area, "challenger %s: the directory of its policy set is wanted: %s",
                          s->name, form);
    }
    memcpy(s->dir, begin, len);
    return EB_OK;
}

static int read_settings(struct reading *r, struct eb_challenger_spec *s)
{
    unsigned count = 0;
    size_t used = 0;
    for (skip_blanks(r); *r->at != '\0' && *r->at != ';'; skip_blanks(r)) {
        const char *begin = r->at;
        const char *end = end_of_word(begin);
        if (end == NULL) {
            return eb_err_set(r->err, EB_E_INVALID, area, "challenger %s: %.60s: a quote or brace is not closed",
                              s->name, begin);
        }
        size_t len = (size_t)(end - begin);
        const char *equals = memchr(begin, '=', len);
        if (equals == NULL || equals == begin || equals + 1 == end) {
            return eb_err_set(r->err, EB_E_INVALID, area,
                              "challenger %s: \"%.*s\": a setting is NAME=LUA, without blanks around the \"=\"; a "
                              "directory with blanks in its name needs quotes",
                              s->name, (int)(len < 60 ? len : 60), begin);
        }
        if (count == EB_CHALLENGER_SETTINGS_MAX || used + len + 1 > sizeof(s->text)) {
            return eb_err_set(r->err, EB_E_INVALID, area, "challenger %s: at most %d settings of %d bytes together",
                              s->name, EB_CHALLENGER_SETTINGS_MAX, EB_CHALLENGER_TEXT_MAX - 1);
        }
        s->has_profile = s->has_profile || ((size_t)(equals - begin) == 7 && memcmp(begin, "profile", 7) == 0);
        memcpy(s->text + used, begin, len);
        s->text[used + len] = '\0';
        s->setting[count++] = s->text + used;
        used += len + 1;
        r->at = end;
    }
    return EB_OK;
}

static int read_one(struct reading *r, struct eb_challenger_spec *s)
{
    memset(s, 0, sizeof(*s));
    int rc = read_name(r, s);
    rc = rc == EB_OK ? read_dir(r, s) : rc;
    return rc == EB_OK ? read_settings(r, s) : rc;
}

int eb_challenger_specs(const char *text, struct eb_challenger_spec out[EB_CHALLENGERS_MAX], unsigned *count,
                        struct eb_err *err)
{
    struct reading r = {text, err};
    *count = 0;
    for (;;) {
        while (is_blank(*r.at) || *r.at == ';') {
            r.at++;
        }
        if (*r.at == '\0') {
            return EB_OK;
        }
        if (*count == EB_CHALLENGERS_MAX) {
            return eb_err_set(err, EB_E_INVALID, area, "more than %d challengers: \"%.40s\"", EB_CHALLENGERS_MAX, r.at);
        }
        struct eb_challenger_spec *s = &out[*count];
        int rc = read_one(&r, s);
        if (rc != EB_OK) {
            return rc;
        }
        for (unsigned i = 0; i < *count; i++) {
            if (strcmp(out[i].name, s->name) == 0) {
                return eb_err_set(err, EB_E_INVALID, area, "challenger %s: given twice", s->name);
            }
        }
        ++*count;
    }
}
