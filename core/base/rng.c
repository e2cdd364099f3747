/* SPDX-License-Identifier: Apache-2.0 */
/* xoshiro256** (state transition and scrambler of Blackman and Vigna), its seed spread by splitmix64. */
#include "base/rng.h"

static uint64_t splitmix64(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

void eb_rng_seed(struct eb_rng *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        r->s[i] = splitmix64(&seed);
    }
}

uint64_t eb_rng_next(struct eb_rng *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

uint64_t eb_rng_below(struct eb_rng *r, uint64_t n)
{
    EB_ASSERT(n > 0);
    uint64_t uneven = (0 - n) % n; /* 2^64 mod n: so many low draws would favour the low results */
    uint64_t draw = eb_rng_next(r);
    while (draw < uneven) {
        draw = eb_rng_next(r);
    }
    return draw % n;
}

bool eb_rng_chance(struct eb_rng *r, uint64_t num, uint64_t den)
{
    return eb_rng_below(r, den) < num;
}

int64_t eb_rng_range(struct eb_rng *r, int64_t lo, int64_t hi)
{
    EB_ASSERT(lo <= hi);
    uint64_t span = (uint64_t)hi - (uint64_t)lo;
    uint64_t offset = span == UINT64_MAX ? eb_rng_next(r) : eb_rng_below(r, span + 1);
    return (int64_t)((uint64_t)lo + offset);
}

struct eb_rng eb_rng_split(struct eb_rng *r)
{
    struct eb_rng child;
    eb_rng_seed(&child, eb_rng_next(r));
    return child;
}
