/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a kline file: an error or a sound series. The bytes go through the same reader as a file, archives
 * included; what is accepted must hold what every later stage relies on, and survive being written and read again.
 */
#define _GNU_SOURCE

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "feed/kline.h"

static void check(const struct eb_series *s)
{
    EB_ASSERT(s->count > 0 && s->length_ms > 0);
    int64_t missing = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct eb_ev_bar b = eb_series_bar(s, i);
        EB_ASSERT(b.low.e8 > 0 && b.low.e8 <= b.open.e8 && b.open.e8 <= b.high.e8);
        EB_ASSERT(b.low.e8 <= b.close.e8 && b.close.e8 <= b.high.e8);
        EB_ASSERT(i == 0 || b.open_ms >= s->row[i - 1].open_ms + s->length_ms);
        missing += eb_series_missing_before(s, i);
    }
    EB_ASSERT(missing == s->missing);
}

static void path_of(int fd, char *out, size_t size)
{
    int n = snprintf(out, size, "/proc/self/fd/%d", fd);
    EB_ASSERT(n > 0 && (size_t)n < size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct eb_series s, again;
    struct eb_err err;
    int in = memfd_create("in", 0), out = memfd_create("out", 0);
    EB_ASSERT(in >= 0 && out >= 0);
    EB_ASSERT(size == 0 || write(in, data, size) == (ssize_t)size);
    path_of(in, path, sizeof(path));
    if (eb_kline_load(path, "XUSDT", &s, &err) == EB_OK) {
        check(&s);
        path_of(out, path, sizeof(path));
        if (s.count > 1) {
            EB_ASSERT(eb_series_write_csv(&s, path, 12, size % 2 == 0, &err) == EB_OK);
            EB_ASSERT(eb_kline_load(path, "XUSDT", &again, &err) == EB_OK);
            EB_ASSERT(again.count == s.count && again.length_ms == s.length_ms);
            EB_ASSERT(memcmp(again.row, s.row, s.count * sizeof(*s.row)) == 0);
            eb_series_deinit(&again);
        }
        eb_series_deinit(&s);
    }
    (void)close(in);
    (void)close(out);
    return 0;
}
