/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store in memory: encoded records in chunks, up to a limit. For tests, simulation and backtests that look back;
 * durability and failure are what the owner says they are.
 */
#pragma once

#include "store/store.h"

struct eb_memory_store;

struct eb_memory_store_config {
    size_t limit_bytes; /* of records; beyond it append fails. 0: 64 MiB */
    bool quiet;         /* quiet events are kept too */
    bool lag;           /* a record is durable only after eb_memory_store_sync(); else at once */
};

/* Creates an empty store, owned by the caller. EB_E_MEMORY. */
int eb_memory_store_create(const struct eb_memory_store_config *c, struct eb_memory_store **out, struct eb_err *err);
void eb_memory_store_destroy(struct eb_memory_store *s);
/* The port for a host; s must outlive it. */
struct eb_store_port eb_memory_store_port(struct eb_memory_store *s);

/* Everything up to durable record seq, or up to what there is if less, is durable from now on. Never goes back. */
void eb_memory_store_sync(struct eb_memory_store *s, uint64_t seq);
/* While failing, append refuses and nothing becomes durable. */
void eb_memory_store_set_failing(struct eb_memory_store *s, bool failing);

/* Records, durable ones among them, and their bytes. */
uint64_t eb_memory_store_count(const struct eb_memory_store *s);
uint64_t eb_memory_store_durable_count(const struct eb_memory_store *s);
size_t eb_memory_store_bytes(const struct eb_memory_store *s);

/* Reads from the beginning; the store may grow meanwhile. One cursor is one struct of the caller. */
struct eb_memory_cursor {
    const struct eb_memory_store *store;
    const struct eb_memory_chunk *chunk; /* NULL: before the first */
    size_t at;
};
struct eb_memory_cursor eb_memory_store_cursor(const struct eb_memory_store *s);
/* EB_OK, EB_E_END. */
int eb_memory_cursor_next(struct eb_memory_cursor *c, struct eb_decoded_event *out, struct eb_err *err);
/* As a source; the cursor must outlive it. */
struct eb_record_source eb_memory_cursor_source(struct eb_memory_cursor *c);
