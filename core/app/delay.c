/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log-linear buckets: each power of two is divided into 32 equal parts, so that a bucket is at most 1/32 of its lower
 * end wide. Below 32 ns every value has its own; the last bucket takes everything from 68 s on.
 */
#include "app/delay.h"

#include "base/err.h"

#define PARTS_LOG2 5
#define PARTS (1u << PARTS_LOG2)

static unsigned bucket_of(uint64_t ns)
{
    if (ns < PARTS) {
        return (unsigned)ns;
    }
    unsigned top = 63u - (unsigned)__builtin_clzll(ns);
    unsigned shift = top - PARTS_LOG2;
    unsigned index = (shift + 1) * PARTS + ((unsigned)(ns >> shift) & (PARTS - 1));
    return index < EB_DELAY_BUCKETS ? index : EB_DELAY_BUCKETS - 1;
}

/* The largest value of a bucket other than the last. */
static int64_t upper_end(unsigned bucket)
{
    if (bucket < PARTS) {
        return (int64_t)bucket;
    }
    unsigned shift = bucket / PARTS - 1;
    uint64_t low = (uint64_t)(PARTS + bucket % PARTS) << shift;
    return (int64_t)(low + ((UINT64_C(1) << shift) - 1));
}

/* A bucket is full after months: all are halved, rounded up so that what is rare stays to be seen. */
static void halve(struct eb_delay *d)
{
    for (unsigned i = 0; i < EB_DELAY_BUCKETS; i++) {
        d->bucket[i] = d->bucket[i] / 2 + d->bucket[i] % 2;
    }
}

void eb_delay_add(struct eb_delay *d, int64_t ns)
{
    int64_t v = ns > 0 ? ns : 0;
    uint32_t *bucket = &d->bucket[bucket_of((uint64_t)v)];
    if (*bucket == UINT32_MAX) {
        halve(d);
    }
    (*bucket)++;
    d->count++;
    d->max_ns = v > d->max_ns ? v : d->max_ns;
}

int64_t eb_delay_at(const struct eb_delay *d, unsigned per_mille)
{
    uint64_t all = 0; /* of what the buckets hold, which halving has made less than count */
    for (unsigned i = 0; i < EB_DELAY_BUCKETS; i++) {
        all += d->bucket[i];
    }
    unsigned share = per_mille < 1000 ? per_mille : 1000;
    uint64_t rank = (all * share + 999) / 1000;
    rank = rank > 0 ? rank : 1;
    uint64_t seen = 0;
    for (unsigned i = 0; all > 0 && i + 1 < EB_DELAY_BUCKETS; i++) {
        seen += d->bucket[i];
        if (seen >= rank) {
            int64_t end = upper_end(i);
            return end < d->max_ns ? end : d->max_ns;
        }
    }
    return all > 0 ? d->max_ns : 0;
}
