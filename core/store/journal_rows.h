/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of a journal, row by row. Everything that a fold depends on carries its own checksum, so that a flipped
 * bit that SQLite does not see is seen here.
 *
 *     meta        key, value, crc     account, instance, created_ms, created_by, closed ("" or the last number)
 *     segment     id, bytes           one per start of an engine: a sealed record
 *     image       seq, bytes          the head of an image, written last: a sealed record
 *     image_part  id, bytes           id = seq * 65536 + part, parts from 1: the engine's bytes in a sealed record
 *     record      seq, ms, kind, symbol, bytes    bytes: the codec's record; the other columns repeat it for people
 *     hash        seq, bytes          of the live state after that record, and a CRC
 *
 * Private to core/store.
 */
#pragma once

#include "store/codec.h"
#include "store/journal_sql.h"

/* One row of segment. What stands before config can be read by any build. */
struct eb_segment_row {
    uint32_t codec; /* EB_CODEC_SCHEMA of the build that wrote it */
    uint32_t id;
    char build[EB_NAME_MAX * 2];
    int64_t began_ms;
    uint64_t base_seq;   /* records before it */
    uint64_t base_count; /* durable steps of its engine before it: they differ where a fold did */
    bool readable;       /* codec is ours: config is meant */
    struct eb_engine_config config;
};

/* The head of an image. */
struct eb_image_head {
    uint64_t seq; /* records that are in it */
    uint32_t segment, parts;
    uint64_t hash;  /* of the durable state */
    int64_t ms, ns; /* of the last event that is in it, 0 none */
};

#define EB_META_TEXT_MAX 128

/* Creates the tables and the marks of our files, within the transaction of the caller. */
EB_NODISCARD int eb_rows_create(sqlite3 *db, struct eb_err *err);
/* They are what they were made as: a changed letter in their text can hide every row. EB_E_CORRUPT. */
EB_NODISCARD int eb_rows_check_tables(sqlite3 *db, struct eb_err *err);
EB_NODISCARD int eb_rows_put_meta(sqlite3 *db, const char *key, const char *value, struct eb_err *err);
/* EB_E_NOT_FOUND, EB_E_CORRUPT. */
EB_NODISCARD int eb_rows_get_meta(sqlite3 *db, const char *key, char out[EB_META_TEXT_MAX], struct eb_err *err);
EB_NODISCARD int eb_rows_get_meta_u64(sqlite3 *db, const char *key, uint64_t *out, struct eb_err *err);

EB_NODISCARD int eb_rows_put_segment(sqlite3 *db, const struct eb_segment_row *row, struct eb_err *err);
/* All of them, oldest first, owned by the caller (free). */
EB_NODISCARD int eb_rows_segments(sqlite3 *db, struct eb_segment_row **out, uint32_t *count, struct eb_err *err);

/* The head, or one part (from 1), of an image. Replaces what was there. */
EB_NODISCARD int eb_rows_put_image_head(sqlite3 *db, const struct eb_image_head *head, struct eb_err *err);
EB_NODISCARD int eb_rows_put_image_part(sqlite3 *db, uint64_t seq, uint32_t part, const unsigned char *bytes,
                                        size_t len, struct eb_err *err);
/* The whole image of an engine; fills parts and hash of head. */
EB_NODISCARD int eb_rows_put_image(sqlite3 *db, const struct eb_engine *engine, struct eb_image_head *head,
                                   struct eb_err *err);
EB_NODISCARD int eb_rows_delete_image(sqlite3 *db, uint64_t seq, struct eb_err *err);
/* Parts without a head, and images beyond seq. */
EB_NODISCARD int eb_rows_delete_stray_images(sqlite3 *db, uint64_t seq, struct eb_err *err);
/* The heads of all whole images, oldest first, owned by the caller (free). */
EB_NODISCARD int eb_rows_images(sqlite3 *db, struct eb_image_head **out, uint32_t *count, struct eb_err *err);
/* A new engine, owned by the caller, under config and with the state of an image. EB_E_CORRUPT; EB_E_REFUSED when the
 * bytes are whole and this build cannot take them (the remedy is the caller's to say). */
EB_NODISCARD int eb_rows_load_image(sqlite3 *db, const struct eb_image_head *head,
                                    const struct eb_engine_config *config, struct eb_engine **out, struct eb_err *err);

/* The bytes of a row of hash. */
#define EB_HASH_ROW 12
void eb_rows_seal_hash(uint64_t seq, uint64_t hash, unsigned char out[EB_HASH_ROW]);
/* EB_E_CORRUPT. */
EB_NODISCARD int eb_rows_open_hash(sqlite3 *db, uint64_t seq, const unsigned char *bytes, size_t len, uint64_t *hash,
                                   struct eb_err *err);
