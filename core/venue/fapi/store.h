/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where orders are found: by id, by text, open ones, all in order of arrival. Bounded: the oldest closed one is
 * forgotten when room is needed. What an order is lies in an array of the owner, at the same index.
 */
#pragma once

#include "base/err.h"

#define FAPI_STORE_NONE UINT32_MAX

struct fapi_entry {
    uint64_t id, key;              /* key: hash of its text */
    uint32_t by_id, by_key;        /* next in the chain of its bucket, newest first */
    uint32_t prev, next;           /* all, by arrival; next alone: list of free ones */
    uint32_t open_prev, open_next; /* open ones, by arrival */
    uint32_t closed_next;          /* closed ones, by the time they closed */
    bool used, open;
};
struct fapi_store {
    struct fapi_entry *entry;
    uint32_t *id_bucket, *key_bucket;
    uint32_t capacity, mask;
    uint32_t free, first, last, open_first, open_last, closed_first, closed_last, open_count;
};
/* capacity: 1..2^20. EB_E_MEMORY. */
EB_NODISCARD int fapi_store_create(struct fapi_store *s, uint32_t capacity);
void fapi_store_destroy(struct fapi_store *s);
/* An open entry; FAPI_STORE_NONE when all are open. */
uint32_t fapi_store_add(struct fapi_store *s, uint64_t id, uint64_t key);
void fapi_store_close(struct fapi_store *s, uint32_t at);
uint32_t fapi_store_find(const struct fapi_store *s, uint64_t id);
/* The newest with this key, and the next older one: equal keys are almost always equal texts, but not surely. */
uint32_t fapi_store_first_key(const struct fapi_store *s, uint64_t key);
uint32_t fapi_store_next_key(const struct fapi_store *s, uint32_t at);
