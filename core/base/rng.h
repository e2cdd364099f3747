/* SPDX-License-Identifier: Apache-2.0 */
/* xoshiro256** seeded through splitmix64 (Blackman, Vigna 2018): the only source of chance, always from a seed. */
#pragma once

#include "base/err.h"

struct eb_rng {
    uint64_t s[4];
};
void eb_rng_seed(struct eb_rng *r, uint64_t seed);
uint64_t eb_rng_next(struct eb_rng *r);
/* Uniform in [0, n), n > 0, without modulo bias. */
uint64_t eb_rng_below(struct eb_rng *r, uint64_t n);
/* True with probability num / den. */
bool eb_rng_chance(struct eb_rng *r, uint64_t num, uint64_t den);
/* Uniform in [lo, hi]. */
int64_t eb_rng_range(struct eb_rng *r, int64_t lo, int64_t hi);
/* An independent stream: drawing from it does not shift the parent (one draw is taken). */
struct eb_rng eb_rng_split(struct eb_rng *r);
