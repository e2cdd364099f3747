/* SPDX-License-Identifier: Apache-2.0 */
/* A set with one figure changed: the question behind "what decides this level?". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/origin.h"
#include "policy/set.h"

static const char where[] = "policy.vary";

void eb_figure_text(double value, bool integer, char *out, size_t size)
{
    bool whole = integer && value >= -1e15 && value <= 1e15;
    (void)snprintf(out, size, whole ? "%.0f" : "%.14g", value);
    if (!whole && strtod(out, NULL) != value) {
        (void)snprintf(out, size, "%.17g", value);
    }
    if (!integer && strpbrk(out, ".en") == NULL) { /* 2 would become a whole number */
        size_t len = strlen(out);
        (void)snprintf(out + len, size - len, ".0");
    }
}

/* One override more, behind the others: it wins. */
static int override(struct eb_policy *p, const struct eb_origin *figure, const char *value, struct eb_err *err)
{
    char text[EB_ORIGIN_PATH_MAX + 48];
    int n = snprintf(text, sizeof(text), "%s=%s", figure->path, value);
    size_t count = p->override_count;
    char **list = p->heap.resize(p->heap.user, p->overrides, (count + 1) * sizeof(*list));
    if (list == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "no memory for a setting more");
    }
    p->overrides = list;
    list[count] = p->heap.resize(p->heap.user, NULL, (size_t)n + 1);
    if (list[count] == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "no memory for a setting more");
    }
    memcpy(list[count], text, (size_t)n + 1);
    p->override_count = count + 1;
    return EB_OK;
}

/* The figure's bytes in its file become others. */
static int replace(struct eb_policy *p, const struct eb_origin *figure, const char *value, struct eb_err *err)
{
    struct eb_source *f = eb_sources_find(&p->sources, figure->file);
    size_t len = strlen(value);
    if (f == NULL || figure->len == 0 || figure->at + figure->len > f->len) {
        return eb_err_set(err, EB_E_NOT_FOUND, where, "%s: no such number in the set", figure->file);
    }
    char *text = p->heap.resize(p->heap.user, NULL, f->len - figure->len + len);
    if (text == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "no memory for a changed file");
    }
    memcpy(text, f->text, figure->at);
    memcpy(text + figure->at, value, len); /* NOLINT(bugprone-not-null-terminated-result): sources have a length */
    memcpy(text + figure->at + len, f->text + figure->at + figure->len, f->len - figure->at - figure->len);
    (void)p->heap.resize(p->heap.user, f->text, 0);
    f->text = text;
    f->len = f->len - figure->len + len;
    return EB_OK;
}

int eb_policy_vary(const struct eb_policy *p, const struct eb_origin *figure, bool named, double value,
                   struct eb_policy **out, struct eb_err *err)
{
    char text[48];
    struct eb_policy *twin;
    eb_figure_text(value, figure->integer, text, sizeof(text));
    *out = NULL;
    int code = eb_policy_copy(p, &twin, err);
    if (code != EB_OK) {
        return code;
    }
    code = named ? override(twin, figure, text, err) : replace(twin, figure, text, err);
    code = code == EB_OK ? eb_set_build(twin, &twin->box, false, err) : code;
    if (code != EB_OK) {
        eb_policy_close(twin);
        return code;
    }
    *out = twin;
    return EB_OK;
}
