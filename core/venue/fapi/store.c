/* SPDX-License-Identifier: Apache-2.0 */
/* Entries in two hash tables with chains and three lists; an entry moves free -> open -> closed -> free. */
#include "venue/fapi/store.h"

#include <stdlib.h>

#include "base/hash.h"

int fapi_store_create(struct fapi_store *s, uint32_t capacity)
{
    EB_ASSERT(capacity > 0 && capacity <= (1u << 20));
    uint32_t buckets = 1;
    while (buckets < capacity) {
        buckets *= 2;
    }
    *s = (struct fapi_store){.capacity = capacity, .mask = buckets - 1};
    s->entry = calloc(capacity, sizeof(*s->entry));
    s->id_bucket = calloc(buckets, sizeof(*s->id_bucket));
    s->key_bucket = calloc(buckets, sizeof(*s->key_bucket));
    if (s->entry == NULL || s->id_bucket == NULL || s->key_bucket == NULL) {
        fapi_store_destroy(s);
        return EB_E_MEMORY;
    }
    for (uint32_t i = 0; i < buckets; i++) {
        s->id_bucket[i] = s->key_bucket[i] = FAPI_STORE_NONE;
    }
    for (uint32_t i = 0; i < capacity; i++) {
        s->entry[i].next = i + 1 < capacity ? i + 1 : FAPI_STORE_NONE;
    }
    s->first = s->last = s->open_first = s->open_last = s->closed_first = s->closed_last = FAPI_STORE_NONE;
    return EB_OK;
}

void fapi_store_destroy(struct fapi_store *s)
{
    free(s->entry);
    free(s->id_bucket);
    free(s->key_bucket);
    *s = (struct fapi_store){0};
}

static uint32_t *bucket_of_id(const struct fapi_store *s, uint64_t id)
{
    return &s->id_bucket[eb_hash64_u64(EB_HASH64_SEED, id) & s->mask];
}

static uint32_t *bucket_of_key(const struct fapi_store *s, uint64_t key)
{
    return &s->key_bucket[key & s->mask];
}

static void forget(struct fapi_store *s, uint32_t at)
{
    struct fapi_entry *e = &s->entry[at];
    uint32_t *link = bucket_of_id(s, e->id);
    while (*link != at) {
        link = &s->entry[*link].by_id;
    }
    *link = e->by_id;
    link = bucket_of_key(s, e->key);
    while (*link != at) {
        link = &s->entry[*link].by_key;
    }
    *link = e->by_key;
    *(e->prev != FAPI_STORE_NONE ? &s->entry[e->prev].next : &s->first) = e->next;
    *(e->next != FAPI_STORE_NONE ? &s->entry[e->next].prev : &s->last) = e->prev;
}

static uint32_t take(struct fapi_store *s)
{
    uint32_t at = s->free;
    if (at != FAPI_STORE_NONE) {
        s->free = s->entry[at].next;
        return at;
    }
    at = s->closed_first;
    if (at != FAPI_STORE_NONE) {
        s->closed_first = s->entry[at].closed_next;
        if (s->closed_first == FAPI_STORE_NONE) {
            s->closed_last = FAPI_STORE_NONE;
        }
        forget(s, at);
    }
    return at;
}

uint32_t fapi_store_add(struct fapi_store *s, uint64_t id, uint64_t key)
{
    uint32_t at = take(s);
    if (at == FAPI_STORE_NONE) {
        return at;
    }
    struct fapi_entry *e = &s->entry[at];
    *e = (struct fapi_entry){
        .id = id,
        .key = key,
        .by_id = *bucket_of_id(s, id),
        .by_key = *bucket_of_key(s, key),
        .prev = s->last,
        .next = FAPI_STORE_NONE,
        .open_prev = s->open_last,
        .open_next = FAPI_STORE_NONE,
        .closed_next = FAPI_STORE_NONE,
        .used = true,
        .open = true,
    };
    *bucket_of_id(s, id) = at;
    *bucket_of_key(s, key) = at;
    *(s->last != FAPI_STORE_NONE ? &s->entry[s->last].next : &s->first) = at;
    s->last = at;
    *(s->open_last != FAPI_STORE_NONE ? &s->entry[s->open_last].open_next : &s->open_first) = at;
    s->open_last = at;
    s->open_count++;
    return at;
}

void fapi_store_close(struct fapi_store *s, uint32_t at)
{
    struct fapi_entry *e = &s->entry[at];
    EB_ASSERT(e->used && e->open);
    *(e->open_prev != FAPI_STORE_NONE ? &s->entry[e->open_prev].open_next : &s->open_first) = e->open_next;
    *(e->open_next != FAPI_STORE_NONE ? &s->entry[e->open_next].open_prev : &s->open_last) = e->open_prev;
    e->open = false;
    s->open_count--;
    *(s->closed_last != FAPI_STORE_NONE ? &s->entry[s->closed_last].closed_next : &s->closed_first) = at;
    s->closed_last = at;
}

uint32_t fapi_store_find(const struct fapi_store *s, uint64_t id)
{
    uint32_t at = *bucket_of_id(s, id);
    while (at != FAPI_STORE_NONE && s->entry[at].id != id) {
        at = s->entry[at].by_id;
    }
    return at;
}

static uint32_t with_key(const struct fapi_store *s, uint32_t at, uint64_t key)
{
    while (at != FAPI_STORE_NONE && s->entry[at].key != key) {
        at = s->entry[at].by_key;
    }
    return at;
}

uint32_t fapi_store_first_key(const struct fapi_store *s, uint64_t key)
{
    return with_key(s, *bucket_of_key(s, key), key);
}

uint32_t fapi_store_next_key(const struct fapi_store *s, uint32_t at)
{
    return with_key(s, s->entry[at].by_key, s->entry[at].key);
}
