/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cursor over bytes that either writes values or reads them, so that one walk over the fields of a struct is both its
 * encoder and its decoder and the two cannot disagree. Little-endian; no value is ever read or written beyond size.
 * After the first failure it does nothing more: a walk needs one check, at its end.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct eb_cursor {
    unsigned char *out;      /* writing: NULL else */
    const unsigned char *in; /* reading: NULL else */
    size_t size;             /* of either */
    size_t at;
    int code;         /* EB_OK; EB_E_FULL: writing beyond size; EB_E_INVALID: a value that may not be, in a struct;
                         EB_E_CORRUPT: the same in bytes, or bytes that end early */
    const char *what; /* the name of what failed; static */
};

struct eb_cursor eb_cursor_writer(unsigned char *out, size_t size);
struct eb_cursor eb_cursor_reader(const unsigned char *in, size_t size);
/* Ends the walk for a value named what that may not be. */
void eb_cursor_refuse(struct eb_cursor *w, const char *what);

/* Each writes *v, or reads it (0 after a failure). */
void eb_cursor_u8(struct eb_cursor *w, uint8_t *v);
void eb_cursor_u16(struct eb_cursor *w, uint16_t *v);
void eb_cursor_u32(struct eb_cursor *w, uint32_t *v);
void eb_cursor_u64(struct eb_cursor *w, uint64_t *v);
void eb_cursor_i32(struct eb_cursor *w, int32_t *v);
void eb_cursor_i64(struct eb_cursor *w, int64_t *v);
/* The 64 bits of a double, whatever they mean. */
void eb_cursor_f64(struct eb_cursor *w, double *v);
/* One byte, 0 or 1. */
void eb_cursor_bool(struct eb_cursor *w, bool *v);
/* One byte below count: an enum, or a number of things. */
void eb_cursor_below(struct eb_cursor *w, uint8_t *v, unsigned count, const char *what);
/* A zero-terminated text in cap (2..256) bytes: its length in one byte, then itself. What lies behind it is zeroed. */
void eb_cursor_text(struct eb_cursor *w, char *text, size_t cap, const char *what);
void eb_cursor_bytes(struct eb_cursor *w, uint8_t *bytes, size_t len);
