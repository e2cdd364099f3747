/* SPDX-License-Identifier: Apache-2.0 */
/* Sets that have only some of what differs: a copy, with files and overrides of the other. See variant.h. */
#include "policy/variant.h"

#include <stdio.h>
#include <string.h>

#include "policy/set.h"

static const char where[] = "policy.variant";

static int no_memory(struct eb_err *err)
{
    return eb_err_set(err, EB_E_MEMORY, where, "no memory for a variant of the policy set");
}

static void remove_file(struct eb_sources *s, const char *name)
{
    struct eb_source *f = eb_sources_find(s, name);
    if (f != NULL) {
        (void)s->heap.resize(s->heap.user, f->text, 0);
        s->bytes -= f->len;
        s->count--;
        memmove(f, f + 1, (size_t)(&s->file[s->count] - f) * sizeof(*f));
    }
}

/* The file as the set before has it, or none where it has none. */
static int take_back_file(struct eb_policy *p, const struct eb_policy *before, const char *name, struct eb_err *err)
{
    int code = EB_OK;
    remove_file(&p->sources, name);
    for (unsigned i = 0; code == EB_OK && i < before->sources.count; i++) {
        const struct eb_source *f = &before->sources.file[i];
        if (strcmp(f->name, name) == 0) {
            code = eb_sources_add(&p->sources, f->name, f->text, f->len, err);
        }
    }
    eb_sources_sort(&p->sources);
    return code;
}

/* Overrides come one after the other: this one wins. */
static int override(struct eb_policy *p, const char *name, const char *value, struct eb_err *err)
{
    const struct eb_heap *h = &p->heap;
    size_t size = strlen(name) + 1 + strlen(value) + 1;
    char *text = h->resize(h->user, NULL, size);
    char **more = h->resize(h->user, p->overrides, (p->override_count + 1) * sizeof(*more));
    p->overrides = more != NULL ? more : p->overrides;
    if (text == NULL || more == NULL) {
        (void)h->resize(h->user, text, 0);
        return no_memory(err);
    }
    (void)snprintf(text, size, "%s=%s", name, value);
    p->overrides[p->override_count++] = text;
    return EB_OK;
}

static bool is_file(const struct eb_difference *d)
{
    return d->kind == EB_DIFFERENCE_FILE;
}

static int change(struct eb_policy *p, const struct eb_policy *before, const struct eb_differences *d, uint64_t back,
                  struct eb_err *err)
{
    int code = EB_OK;
    bool files = false;
    for (unsigned i = 0; code == EB_OK && i < d->count; i++) {
        if (is_file(&d->at[i]) && (back >> i & 1) != 0) {
            files = true;
            code = take_back_file(p, before, d->at[i].name, err);
        }
    }
    for (unsigned i = 0; code == EB_OK && i < d->count; i++) {
        bool taken_back = (back >> i & 1) != 0;
        if (!is_file(&d->at[i]) && (taken_back || files)) {
            code = override(p, d->at[i].name, taken_back ? d->at[i].before : d->at[i].after, err);
        }
    }
    return code;
}

int eb_policy_variant(const struct eb_policy *before, const struct eb_policy *after, const struct eb_differences *d,
                      uint64_t back, struct eb_policy **out, struct eb_err *err)
{
    struct eb_policy *p = NULL;
    *out = NULL;
    int code = eb_policy_copy(after, &p, err);
    code = code == EB_OK ? change(p, before, d, back, err) : code;
    code = code == EB_OK ? eb_policy_renew(p, err) : code;
    if (code != EB_OK) {
        eb_policy_close(p);
        return code;
    }
    *out = p;
    return EB_OK;
}
