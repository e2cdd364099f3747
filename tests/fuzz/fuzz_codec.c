/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes into the codec. As they are, they must be refused or waited for within bounds; sealed as a payload of the
 * kind that the first byte names, they must be refused or decode to an event that encodes to the same bytes.
 */
#include "store/codec.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct eb_decoded_event event;
static unsigned char record[EB_RECORD_MAX], again[EB_RECORD_MAX];

static void canonical_or_refused(size_t len)
{
    size_t used = 0;
    struct eb_err err;
    int rc = eb_decode_event(record, len, &used, &event, &err);
    EB_ASSERT(rc == EB_OK || rc == EB_E_CORRUPT);
    if (rc == EB_OK) {
        size_t written = 0;
        rc = eb_encode_event(&event.ev, event.ev.witness, event.durable, again, sizeof(again), &written);
        EB_ASSERT(rc == EB_OK && written == len && memcmp(record, again, len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t used = 0;
    struct eb_err err;
    int rc = eb_decode_event(data, size, &used, &event, &err);
    EB_ASSERT(rc == EB_OK || rc == EB_E_CORRUPT || (rc == EB_E_END && used > size));
    if (size > 0 && size - 1 <= EB_RECORD_MAX - EB_RECORD_OVERHEAD) {
        memcpy(record + EB_RECORD_HEAD, data + 1, size - 1);
        canonical_or_refused(eb_record_seal(record, data[0] % (EB_EV_COUNT + 1), 1, size - 1));
    }
    return 0;
}
