/* SPDX-License-Identifier: Apache-2.0 */
/* The bump arena: alignment is of addresses, so any block will do. */
#include "base/arena.h"

#include <string.h>

void eb_arena_init(struct eb_arena *a, void *block, size_t size)
{
    *a = (struct eb_arena){.block = block, .size = size};
}

void *eb_arena_alloc(struct eb_arena *a, size_t count, size_t size, size_t align)
{
    EB_ASSERT(align > 0 && (align & (align - 1)) == 0);
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    size_t padding = (size_t)(0 - ((uintptr_t)a->block + a->used)) & (align - 1);
    size_t left = a->size - a->used;
    if (padding > left || bytes > left - padding) {
        return NULL;
    }
    unsigned char *at = a->block + a->used + padding;
    a->used += padding + bytes;
    if (bytes > 0) {
        memset(at, 0, bytes);
    }
    return at;
}

size_t eb_arena_mark(const struct eb_arena *a)
{
    return a->used;
}

void eb_arena_reset(struct eb_arena *a, size_t mark)
{
    EB_ASSERT(mark <= a->used);
    a->used = mark;
}

size_t eb_arena_left(const struct eb_arena *a)
{
    return a->size - a->used;
}
