/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records out of a stream of bytes, in whatever pieces these come: both ends of the wire read through this.
 *
 *     bytes as read -> eb_frames_next() until EB_E_END: one whole record each
 */
#pragma once

#include "store/codec.h"

struct eb_frames {
    size_t len;                        /* of a record that has begun */
    unsigned char held[EB_RECORD_MAX]; /* the bytes of it that are there */
};

/* Takes from *bytes (moved on, *len reduced) up to the end of one record and finds it: borrowed until the next call.
 * EB_OK; EB_E_END when all was taken and no record is whole; EB_E_CORRUPT (too long, or its checksum fails) with the
 * cause in err: nothing that follows can be read. */
EB_NODISCARD int eb_frames_next(struct eb_frames *f, const char **bytes, size_t *len, struct eb_record *out,
                                struct eb_err *err);
