/* SPDX-License-Identifier: Apache-2.0 */
/* Free lists by size over chunks that only ever grow in number, and the heap of libc. */
#include "policy/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { CHUNK_BYTES = 32 * 1024, SMALL_MAX = EB_POOL_GRAIN * EB_POOL_CLASSES };

static void *libc_resize(void *user, void *block, size_t size)
{
    (void)user;
    if (size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, size);
}

const struct eb_heap eb_heap_libc = {libc_resize, NULL, true};

void eb_pool_init(struct eb_pool *p, const struct eb_heap *heap)
{
    memset(p, 0, sizeof(*p));
    p->heap = *heap;
}

static void *get(void *at)
{
    void *next;
    memcpy(&next, at, sizeof(next));
    return next;
}

static void set(void *at, void *next)
{
    memcpy(at, &next, sizeof(next));
}

static bool add_chunk(struct eb_pool *p)
{
    char *chunk = p->heap.resize(p->heap.user, NULL, CHUNK_BYTES);
    if (chunk == NULL) {
        return false;
    }
    set(chunk, p->chunks);
    p->chunks = chunk;
    p->cut = chunk + EB_POOL_GRAIN;
    p->left = CHUNK_BYTES - EB_POOL_GRAIN;
    return true;
}

static void *take_small(struct eb_pool *p, size_t size)
{
    size_t grains = (size + EB_POOL_GRAIN - 1) / EB_POOL_GRAIN;
    void *block = p->free_list[grains];
    if (block != NULL) {
        p->free_list[grains] = get(block);
        return block;
    }
    if (p->left < grains * EB_POOL_GRAIN && !add_chunk(p)) {
        return NULL;
    }
    block = p->cut;
    p->cut += grains * EB_POOL_GRAIN;
    p->left -= grains * EB_POOL_GRAIN;
    return block;
}

static bool is_small(const struct eb_pool *p, size_t size)
{
    return p->heap.pooled && size <= SMALL_MAX;
}

static void *take(struct eb_pool *p, size_t size)
{
    return is_small(p, size) ? take_small(p, size) : p->heap.resize(p->heap.user, NULL, size);
}

static void give(struct eb_pool *p, void *block, size_t size)
{
    if (is_small(p, size)) {
        size_t grains = (size + EB_POOL_GRAIN - 1) / EB_POOL_GRAIN;
        set(block, p->free_list[grains]);
        p->free_list[grains] = block;
    } else {
        (void)p->heap.resize(p->heap.user, block, 0);
    }
}

void *eb_pool_resize(struct eb_pool *p, void *block, size_t old, size_t size)
{
    EB_ASSERT((block == NULL) == (old == 0));
    if (block == NULL) {
        return size == 0 ? NULL : take(p, size);
    }
    if (size == 0) {
        give(p, block, old);
        return NULL;
    }
    if (!is_small(p, old) && !is_small(p, size)) {
        return p->heap.resize(p->heap.user, block, size);
    }
    void *moved = take(p, size);
    if (moved != NULL) {
        memcpy(moved, block, old < size ? old : size);
        give(p, block, old);
    }
    return moved;
}

void eb_pool_free(struct eb_pool *p)
{
    while (p->chunks != NULL) {
        void *next = get(p->chunks);
        (void)p->heap.resize(p->heap.user, p->chunks, 0);
        p->chunks = next;
    }
    eb_pool_init(p, &(struct eb_heap){p->heap.resize, p->heap.user, p->heap.pooled});
}
