/* SPDX-License-Identifier: Apache-2.0 */
/* What is on its way: a heap by due time, then by order of setting out. */
#include <stdlib.h>
#include <string.h>

#include "venue/fapi/faults_inner.h"

struct wait_item *fapi_wait_new(size_t text)
{
    struct wait_item *w = calloc(1, sizeof(struct wait_item) + text);
    if (w != NULL) {
        w->size = sizeof(struct wait_item) + text;
    }
    return w;
}

static bool before(const struct wait_item *a, const struct wait_item *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->seq < b->seq;
}

static void up(struct fapi_faults *x, size_t i)
{
    while (i > 0 && before(x->heap[i], x->heap[(i - 1) / 2])) {
        struct wait_item *w = x->heap[i];
        x->heap[i] = x->heap[(i - 1) / 2];
        x->heap[(i - 1) / 2] = w;
        i = (i - 1) / 2;
    }
}

static void down(struct fapi_faults *x, size_t i)
{
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < x->count; child++) {
            least = before(x->heap[child], x->heap[least]) ? child : least;
        }
        if (least == i) {
            return;
        }
        struct wait_item *w = x->heap[i];
        x->heap[i] = x->heap[least];
        x->heap[least] = w;
        i = least;
    }
}

void fapi_wait_add(struct fapi_faults *x, struct wait_item *w, int64_t due_ms)
{
    if (w->size > FAULT_WAITING_MAX - x->bytes) {
        free(w);
        return;
    }
    if (x->count == x->cap) {
        size_t cap = x->cap > 0 ? 2 * x->cap : 64;
        struct wait_item **heap = realloc(x->heap, cap * sizeof(struct wait_item *));
        if (heap == NULL) {
            free(w);
            return;
        }
        x->heap = heap;
        x->cap = cap;
    }
    w->due_ms = due_ms;
    w->seq = ++x->seq;
    x->bytes += w->size;
    x->heap[x->count] = w;
    up(x, x->count++);
}

static struct wait_item *take_at(struct fapi_faults *x, size_t i)
{
    struct wait_item *w = x->heap[i];
    x->bytes -= w->size;
    x->heap[i] = x->heap[--x->count];
    if (i < x->count) {
        down(x, i);
        up(x, i);
    }
    return w;
}

struct wait_item *fapi_wait_take(struct fapi_faults *x, int64_t now_ms)
{
    return x->count > 0 && x->heap[0]->due_ms <= now_ms ? take_at(x, 0) : NULL;
}

int64_t fapi_wait_next_ms(const struct fapi_faults *x)
{
    return x->count > 0 ? x->heap[0]->due_ms : INT64_MAX;
}

void fapi_wait_drop(struct fapi_faults *x, bool (*drop)(const struct wait_item *w, const void *user), const void *user)
{
    size_t kept = 0;
    for (size_t i = 0; i < x->count; i++) {
        if (drop(x->heap[i], user)) {
            x->bytes -= x->heap[i]->size;
            free(x->heap[i]);
        } else {
            x->heap[kept++] = x->heap[i];
        }
    }
    if (kept < x->count) {
        x->count = kept;
        for (size_t i = kept / 2 + 1; i-- > 0;) {
            if (i < kept) {
                down(x, i);
            }
        }
    }
}
