/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes: a fast 64-bit one for traces and state, CRC-32C for records, SHA-256 for policy sets. */
#pragma once

#include <stddef.h>

#include "base/err.h"

/* 64-bit FNV-1a style mix with a final avalanche; seed chains calls. Not for adversaries. */
#define EB_HASH64_SEED UINT64_C(0x9e3779b97f4a7c15)
uint64_t eb_hash64(uint64_t seed, const void *data, size_t len);
uint64_t eb_hash64_u64(uint64_t seed, uint64_t value);

/* CRC-32C (Castagnoli, reflected 0x82f63b78) of len bytes, continuing from crc (0 to begin). */
uint32_t eb_crc32c(uint32_t crc, const void *data, size_t len);

/* SHA-256 of len bytes (FIPS 180-4), and its lower-case hexadecimal text (64 characters and a zero). */
struct eb_sha256 {
    uint32_t h[8];
    uint64_t bytes;
    uint8_t block[64];
    size_t used;
};
void eb_sha256_init(struct eb_sha256 *s);
void eb_sha256_add(struct eb_sha256 *s, const void *data, size_t len);
void eb_sha256_final(struct eb_sha256 *s, uint8_t out[EB_HASH_SIZE]);
void eb_hex(const uint8_t *data, size_t len, char *out); /* out holds 2 * len + 1 */
