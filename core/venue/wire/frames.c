/* SPDX-License-Identifier: Apache-2.0 */
/* A record that is whole in what was read is not copied; only one that is cut is put together in held. */
#include "venue/wire/frames.h"

#include <string.h>

static void take(const char **bytes, size_t *len, size_t n)
{
    *bytes += n;
    *len -= n;
}

/* One record from what is held and what follows it: its length is known after its first bytes. */
static int complete(struct eb_frames *f, const char **bytes, size_t *len, struct eb_record *out, struct eb_err *err)
{
    for (;;) {
        size_t used;
        int rc = eb_record_read(f->held, f->len, &used, out, err);
        if (rc == EB_OK) {
            f->len = 0; /* held stays as it is until the next call */
        }
        if (rc != EB_E_END || *len == 0) {
            return rc;
        }
        EB_ASSERT(used > f->len && used <= sizeof(f->held));
        size_t n = used - f->len < *len ? used - f->len : *len;
        memcpy(f->held + f->len, *bytes, n);
        f->len += n;
        take(bytes, len, n);
    }
}

int eb_frames_next(struct eb_frames *f, const char **bytes, size_t *len, struct eb_record *out, struct eb_err *err)
{
    if (f->len > 0) {
        return complete(f, bytes, len, out, err);
    }
    size_t used;
    int rc = eb_record_read((const unsigned char *)*bytes, *len, &used, out, err);
    if (rc == EB_OK) {
        take(bytes, len, used);
    } else if (rc == EB_E_END && *len > 0) {
        return complete(f, bytes, len, out, err);
    }
    return rc;
}
