/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes into the wire: as a stream in pieces they must be records, refused or waited for; sealed as a payload of
 * the message that the first byte names, they must be refused or decode to one that encodes to the same bytes.
 */
#include <string.h>

#include "venue/wire/frames.h"
#include "venue/wire/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct eb_frames frames;
static unsigned char sealed[EB_RECORD_MAX], again[EB_RECORD_MAX];

static void take(const struct eb_record *record)
{
    struct eb_wire_message m;
    struct eb_err err = {0};
    int rc = eb_wire_decode(record, &m, &err);
    EB_ASSERT(rc == EB_OK || (rc == EB_E_CORRUPT && err.msg[0] != '\0'));
}

/* In pieces as long as the first byte says. */
static void as_stream(const uint8_t *data, size_t size)
{
    size_t piece = size > 0 ? data[0] + 1u : 1;
    frames.len = 0;
    for (size_t at = 0; at < size; at += piece) {
        const char *bytes = (const char *)data + at;
        size_t left = piece < size - at ? piece : size - at;
        struct eb_record record;
        struct eb_err err = {0};
        int rc;
        while ((rc = eb_frames_next(&frames, &bytes, &left, &record, &err)) == EB_OK) {
            take(&record);
        }
        if (rc == EB_E_CORRUPT) {
            return;
        }
        EB_ASSERT(rc == EB_E_END && left == 0);
    }
}

static void as_payload(const uint8_t *data, size_t size)
{
    struct eb_wire_message m;
    struct eb_record record;
    struct eb_err err = {0};
    size_t used;
    size_t written = 0;
    if (size == 0 || size - 1 > EB_RECORD_MAX - EB_RECORD_OVERHEAD) {
        return;
    }
    uint16_t kind = (uint16_t)(EB_WIRE_HELLO + data[0] % (EB_WIRE_END - EB_WIRE_HELLO + 1));
    memcpy(sealed + EB_RECORD_HEAD, data + 1, size - 1);
    size_t len = eb_record_seal(sealed, kind, 1, size - 1);
    EB_ASSERT(eb_record_read(sealed, len, &used, &record, &err) == EB_OK && used == len);
    take(&record);
    if (eb_wire_decode(&record, &m, &err) == EB_OK) {
        EB_ASSERT(eb_wire_encode(&m, again, sizeof(again), &written) == EB_OK);
        EB_ASSERT(written == len && memcmp(sealed, again, len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    as_stream(data, size);
    as_payload(data, size);
    return 0;
}
