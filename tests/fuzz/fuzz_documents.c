/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the other documents of the feed: exchangeInfo, leverage brackets, funding rates, entries, every:N. The
 * first byte chooses the reader. An error, or contents that hold what the rest of the program relies on.
 */
#define _GNU_SOURCE

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "feed/brackets.h"
#include "feed/entries.h"
#include "feed/exchange_info.h"
#include "feed/funding.h"

static void try_exchange_info(const char *text, size_t len)
{
    struct eb_exchange_info info;
    struct eb_err err;
    if (eb_exchange_info_parse("fuzz", text, len, &info, &err) != EB_OK) {
        return;
    }
    for (size_t i = 0; i < info.count; i++) {
        const struct eb_ev_instrument *in = NULL;
        EB_ASSERT(eb_exchange_info_find(&info, info.item[i].symbol, &in, &err) == EB_OK && in == &info.item[i]);
        EB_ASSERT(in->tick.e8 > 0 && in->step.e8 > 0);
    }
    eb_exchange_info_deinit(&info);
}

static void try_brackets(const char *text, size_t len)
{
    struct eb_brackets b;
    struct eb_err err;
    if (eb_brackets_parse("fuzz", text, len, &b, &err) != EB_OK) {
        return;
    }
    for (size_t i = 0; i < b.symbol_count; i++) {
        for (int64_t n = 0; n < INT64_MAX / 8; n = n * 7 + 1) {
            const struct eb_bracket *t = eb_brackets_find(&b, b.symbol[i].symbol, (eb_money){n});
            EB_ASSERT(t != NULL && t->notional_floor.e8 <= n && t->maintenance_ppm > 0 && t->max_leverage > 0);
        }
    }
    eb_brackets_deinit(&b);
}

static void try_file(const uint8_t *data, size_t size, bool entries)
{
    char path[64];
    struct eb_err err;
    int fd = memfd_create("in", 0);
    int n = snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    EB_ASSERT(fd >= 0 && n > 0 && (size_t)n < sizeof(path));
    EB_ASSERT(size == 0 || write(fd, data, size) == (ssize_t)size);
    struct eb_funding f;
    struct eb_entries e;
    if (entries && eb_entries_load(path, &e, &err) == EB_OK) {
        for (size_t i = 0; i < e.count; i++) {
            EB_ASSERT(e.entry[i].quantity.e8 > 0 && e.entry[i].leverage_ppm >= EB_PPM && e.entry[i].symbol[0] != '\0');
            EB_ASSERT(i == 0 || e.entry[i].time_ms >= e.entry[i - 1].time_ms);
        }
        eb_entries_deinit(&e);
    } else if (!entries && eb_funding_load(path, "XUSDT", &f, &err) == EB_OK) {
        for (size_t i = 0; i < f.count; i++) {
            EB_ASSERT(f.row[i].rate_e8 < EB_E8 && f.row[i].rate_e8 > -EB_E8 && f.row[i].time_ms % 1000 == 0);
            EB_ASSERT(i == 0 || f.row[i].time_ms > f.row[i - 1].time_ms);
        }
        eb_funding_deinit(&f);
    }
    (void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    char *text = malloc(size); /* of the rest, with a zero behind it */
    EB_ASSERT(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    struct eb_every every;
    struct eb_err err;
    switch (data[0] % 5) {
    case 0:
        try_exchange_info(text, size - 1);
        break;
    case 1:
        try_brackets(text, size - 1);
        break;
    case 2:
        try_file(data + 1, size - 1, true);
        break;
    case 3:
        try_file(data + 1, size - 1, false);
        break;
    default:
        EB_ASSERT(eb_every_parse(text, &every, &err) != EB_OK || (every.rows > 0 && every.notional.e8 > 0));
        break;
    }
    free(text);
    return 0;
}
