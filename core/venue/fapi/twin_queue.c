/* SPDX-License-Identifier: Apache-2.0 */
/* What will happen in the twin: a heap by time, then by order of asking. */
#include <stdlib.h>

#include "venue/fapi/twin_inner.h"

static bool before(const struct twin_event *a, const struct twin_event *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->seq < b->seq;
}

static void swap(struct eb_fapi_twin *t, size_t a, size_t b)
{
    struct twin_event e = t->heap[a];
    t->heap[a] = t->heap[b];
    t->heap[b] = e;
}

void fapi_twin_add(struct eb_fapi_twin *t, struct twin_event e, int64_t at_ns)
{
    if (t->count == t->cap) {
        t->cap = t->cap > 0 ? 2 * t->cap : 256;
        t->heap = realloc(t->heap, t->cap * sizeof(*t->heap));
        EB_ASSERT(t->heap != NULL); /* a test's machine */
    }
    e.at_ns = at_ns > t->now_ns ? at_ns : t->now_ns;
    e.seq = ++t->seq;
    t->heap[t->count] = e;
    for (size_t i = t->count++; i > 0 && before(&t->heap[i], &t->heap[(i - 1) / 2]); i = (i - 1) / 2) {
        swap(t, i, (i - 1) / 2);
    }
}

struct twin_event fapi_twin_take(struct eb_fapi_twin *t)
{
    struct twin_event e = t->heap[0];
    t->heap[0] = t->heap[--t->count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t c = 2 * i + 1; c <= 2 * i + 2 && c < t->count; c++) {
            least = before(&t->heap[c], &t->heap[least]) ? c : least;
        }
        if (least == i) {
            return e;
        }
        swap(t, i, least);
        i = least;
    }
}
