/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bump arena over one block of the caller: how a structure with many arrays is created in one allocation, and where
 * temporaries of a turn live. It never grows and frees nothing singly; a mark taken earlier gives back all after it.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct eb_arena {
    unsigned char *block; /* borrowed */
    size_t size;
    size_t used;
};

/* Begins an empty arena over size bytes at block, which must outlive it. */
void eb_arena_init(struct eb_arena *a, void *block, size_t size);
/* Returns count * size zeroed bytes aligned to align (a power of two), or NULL when they do not fit: nothing is taken
 * then. Valid until a reset to an earlier mark. */
EB_NODISCARD void *eb_arena_alloc(struct eb_arena *a, size_t count, size_t size, size_t align);
/* The place to come back to, and coming back (0: to the beginning). */
size_t eb_arena_mark(const struct eb_arena *a);
void eb_arena_reset(struct eb_arena *a, size_t mark);
/* Bytes that are left, before alignment. */
size_t eb_arena_left(const struct eb_arena *a);

/* count objects of a type, zeroed; NULL when they do not fit. */
#define EB_ARENA_NEW(arena, type, count) ((type *)eb_arena_alloc((arena), (count), sizeof(type), _Alignof(type)))
