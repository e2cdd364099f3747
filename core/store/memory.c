/* SPDX-License-Identifier: Apache-2.0 */
/* The store in memory: a list of chunks, each a run of whole records; the last grows until the next does not fit. */
#include "store/memory.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)256 * 1024) /* many times EB_RECORD_MAX, so that little is left over at its end */
#define LIMIT_DEFAULT ((size_t)64 * 1024 * 1024)

struct eb_memory_chunk {
    struct eb_memory_chunk *next;
    size_t used;
    unsigned char bytes[CHUNK_BYTES];
};
struct eb_memory_store {
    struct eb_memory_store_config config;
    struct eb_memory_chunk *first, *last;
    size_t bytes;
    uint64_t count, durable_count, synced;
    bool failing;
};

int eb_memory_store_create(const struct eb_memory_store_config *c, struct eb_memory_store **out, struct eb_err *err)
{
    struct eb_memory_store *s = calloc(1, sizeof(*s));
    *out = s;
    if (s == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "memory.create", "no memory for %zu bytes", sizeof(*s));
    }
    s->config = *c;
    s->config.limit_bytes = c->limit_bytes != 0 ? c->limit_bytes : LIMIT_DEFAULT;
    return EB_OK;
}

void eb_memory_store_destroy(struct eb_memory_store *s)
{
    if (s == NULL) {
        return;
    }
    for (struct eb_memory_chunk *chunk = s->first; chunk != NULL;) {
        struct eb_memory_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(s);
}

/* Opens the chunk that the next record goes to. */
static bool add_chunk(struct eb_memory_store *s)
{
    struct eb_memory_chunk *chunk = malloc(sizeof(*chunk));
    if (chunk == NULL) {
        return false;
    }
    chunk->next = NULL;
    chunk->used = 0;
    if (s->last != NULL) {
        s->last->next = chunk;
    } else {
        s->first = chunk;
    }
    s->last = chunk;
    return true;
}

static uint64_t append(void *store, const struct eb_event *ev, const struct eb_witness *witness, bool durable)
{
    struct eb_memory_store *s = store;
    if (s->failing) {
        return 0;
    }
    if ((s->last == NULL || CHUNK_BYTES - s->last->used < EB_RECORD_MAX) && !add_chunk(s)) {
        return 0;
    }
    size_t room = CHUNK_BYTES - s->last->used;
    size_t left = s->config.limit_bytes - s->bytes;
    size_t len;
    if (eb_encode_event(ev, witness, durable, s->last->bytes + s->last->used, room < left ? room : left, &len) !=
        EB_OK) {
        return 0;
    }
    s->last->used += len;
    s->bytes += len;
    s->count++;
    s->durable_count += durable ? 1 : 0;
    return s->durable_count;
}

static uint64_t durable_seq(void *store)
{
    const struct eb_memory_store *s = store;
    return s->config.lag || s->failing ? s->synced : s->durable_count;
}

static bool failed(void *store)
{
    return ((const struct eb_memory_store *)store)->failing;
}

struct eb_store_port eb_memory_store_port(struct eb_memory_store *s)
{
    return (struct eb_store_port){
        .store = s, .append = append, .durable_seq = durable_seq, .failed = failed, .wants_quiet = s->config.quiet};
}

void eb_memory_store_sync(struct eb_memory_store *s, uint64_t seq)
{
    uint64_t upto = seq < s->durable_count ? seq : s->durable_count;
    if (!s->failing && upto > s->synced) {
        s->synced = upto;
    }
}

void eb_memory_store_set_failing(struct eb_memory_store *s, bool failing)
{
    if (failing && !s->failing && !s->config.lag) {
        s->synced = s->durable_count; /* what was durable stays so */
    }
    s->failing = failing;
}

uint64_t eb_memory_store_count(const struct eb_memory_store *s)
{
    return s->count;
}

uint64_t eb_memory_store_durable_count(const struct eb_memory_store *s)
{
    return s->durable_count;
}

size_t eb_memory_store_bytes(const struct eb_memory_store *s)
{
    return s->bytes;
}

struct eb_memory_cursor eb_memory_store_cursor(const struct eb_memory_store *s)
{
    return (struct eb_memory_cursor){.store = s};
}

int eb_memory_cursor_next(struct eb_memory_cursor *c, struct eb_decoded_event *out, struct eb_err *err)
{
    if (c->chunk == NULL) {
        c->chunk = c->store->first;
        c->at = 0;
    }
    while (c->chunk != NULL && c->at == c->chunk->used) {
        if (c->chunk->next == NULL) {
            return EB_E_END; /* here the store goes on */
        }
        c->chunk = c->chunk->next;
        c->at = 0;
    }
    if (c->chunk == NULL) {
        return EB_E_END;
    }
    size_t used;
    int rc = eb_decode_event(c->chunk->bytes + c->at, c->chunk->used - c->at, &used, out, err);
    EB_ASSERT(rc != EB_E_END); /* records are whole */
    if (rc == EB_OK) {
        c->at += used;
    }
    return rc;
}

static int next(void *source, struct eb_decoded_event *out, struct eb_err *err)
{
    return eb_memory_cursor_next(source, out, err);
}

struct eb_record_source eb_memory_cursor_source(struct eb_memory_cursor *c)
{
    return (struct eb_record_source){.source = c, .next = next};
}
