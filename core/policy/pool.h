/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small blocks of one Lua state, cut out of chunks and kept for the next ones of their size. A consult leaves garbage
 * of the same sizes each time: giving it back to malloc costs more than making it, and now and then a system call.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Where memory comes from, for C blocks and Lua alike, so that tests can fail each single request. Resizes block (NULL:
 * a new one) to size bytes; size 0 frees it. Returns NULL when there is none, leaving block as it was. */
struct eb_heap {
    void *(*resize)(void *user, void *block, size_t size);
    void *user;
    bool pooled; /* small blocks of a state go through a pool */
};
extern const struct eb_heap eb_heap_libc; /* pooled */

enum { EB_POOL_GRAIN = 16, EB_POOL_CLASSES = 32 }; /* blocks of up to 512 bytes */

struct eb_pool {
    struct eb_heap heap;
    void *free_list[EB_POOL_CLASSES + 1]; /* by size in grains; the first bytes of a free block point to the next */
    char *cut;                            /* where the next new block begins */
    size_t left;
    void *chunks; /* the first bytes of a chunk point to the next */
};

void eb_pool_init(struct eb_pool *p, const struct eb_heap *heap);
/* The same contract as of eb_heap, but old must be the size that the block has (0 for none). */
void *eb_pool_resize(struct eb_pool *p, void *block, size_t old, size_t size);
/* Gives all chunks back; every larger block must have been freed. */
void eb_pool_free(struct eb_pool *p);
