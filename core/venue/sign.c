/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One key: the text of its owner becomes an OpenSSL context once, and signs from it as often as wanted.
 *
 *     secret text -> SHA-256 of both HMAC pads, copied for each payload -> hex
 *     PEM         -> EVP_PKEY (Ed25519: kept; RSA: per signature)       -> base64
 *
 * None of it lies in ordinary memory while nobody signs. Three habits of OpenSSL 3.0 forbid the plain way: its EVP_MAC
 * keeps a copy of an HMAC secret on the heap, its PEM reader frees buffers as they are (sign_pem.h), and an RSA key
 * that is kept caches its primes there. So the pads are hashed here, and an RSA key lives as text in a room of ours.
 */
#include "venue/sign.h"

#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/hash.h"
#include "venue/sign_pem.h"
#include "venue/sign_room.h"

#define API_KEY_MAX 160
#define SECRET_MAX 1024
#define NAME_DIGITS 8
#define HMAC_BYTES 32
#define HMAC_BLOCK 64
#define SIGNATURE_BYTES_MAX 512 /* RSA of 4,096 bits */
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096

struct eb_binance_key {
    enum eb_binance_key_kind kind;
    bool can_sign;
    EVP_MD_CTX *inner, *outer; /* HMAC: after the pads */
    EVP_MD_CTX *md;            /* what is computed just now */
    EVP_PKEY *pkey;            /* Ed25519, public keys */
    char *pem;                 /* RSA: the private key, in a room of pem_size */
    size_t pem_size;
    char api_key[API_KEY_MAX + 1];
    char name[NAME_DIGITS + 1];
};

/* ---- making ----------------------------------------------------------------------------------------------------- */

static bool is_plain(const char *text, size_t max)
{
    size_t len = 0;
    while (len <= max && text[len] >= '!' && text[len] <= '~') {
        len++;
    }
    return len > 0 && len <= max && text[len] == '\0';
}

static bool is_pem(const char *text)
{
    return strncmp(text, "-----BEGIN", strlen("-----BEGIN")) == 0;
}

/* SHA-256 after one block of the secret, each byte turned by pad. */
static EVP_MD_CTX *padded(const uint8_t block[HMAC_BLOCK], uint8_t pad)
{
    uint8_t turned[HMAC_BLOCK];
    for (size_t i = 0; i < HMAC_BLOCK; i++) {
        turned[i] = block[i] ^ pad;
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(ctx, turned, sizeof(turned)) == 1;
    eb_room_wipe(turned, sizeof(turned));
    if (!good) {
        EVP_MD_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

static int make_hmac(struct eb_binance_key *k, const char *secret, struct eb_err *err)
{
    uint8_t block[HMAC_BLOCK] = {0};
    size_t len = strlen(secret);
    if (!is_plain(secret, SECRET_MAX)) {
        return eb_err_set(err, EB_E_INVALID, "key", "the secret is empty, too long, or holds blanks");
    }
    if (len <= HMAC_BLOCK) {
        memcpy(block, secret, len); /* NOLINT(bugprone-not-null-terminated-result): bytes, no text */
    } else {
        (void)EVP_Digest(secret, len, block, NULL, EVP_sha256(), NULL); /* RFC 2104: long keys are hashed */
    }
    k->inner = padded(block, 0x36);
    k->outer = padded(block, 0x5c);
    k->md = EVP_MD_CTX_new();
    eb_room_wipe(block, sizeof(block));
    if (k->inner == NULL || k->outer == NULL || k->md == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "key", "OpenSSL has no SHA-256, or no memory for it");
    }
    k->kind = EB_BINANCE_HMAC;
    k->can_sign = true;
    return EB_OK;
}

/* Fails instead of asking a person for a pass phrase. */
static int no_pass_phrase(char *buffer, int size, int writing, void *user)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)user;
    return -1;
}

static EVP_PKEY *read_public(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *pkey = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, no_pass_phrase, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error(); /* its texts are for nobody, and must not be found by the next who looks */
    return pkey;
}

static int keep_as_text(struct eb_binance_key *k, const char *pem, struct eb_err *err)
{
    size_t size = strlen(pem) + 1;
    EVP_PKEY_free(k->pkey);
    k->pkey = NULL;
    k->pem = eb_room_take(size);
    if (k->pem == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "key", "no memory that stays out of core dumps");
    }
    k->pem_size = size;
    memcpy(k->pem, pem, size);
    return EB_OK;
}

static int make_pem(struct eb_binance_key *k, const char *pem, bool private, struct eb_err *err)
{
    const char *which = private ? "private" : "public";
    k->pkey = private ? eb_pem_private_key(pem) : read_public(pem);
    k->md = EVP_MD_CTX_new();
    ERR_clear_error();
    if (k->pkey == NULL || k->md == NULL) {
        return eb_err_set(err, EB_E_INVALID, "key",
                          "no %s key in PEM: it is cut, encrypted with a pass phrase, or of another kind", which);
    }
    int type = EVP_PKEY_get_base_id(k->pkey), bits = EVP_PKEY_get_bits(k->pkey);
    if (type == EVP_PKEY_ED25519) {
        k->kind = EB_BINANCE_ED25519;
    } else if (type == EVP_PKEY_RSA && bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX) {
        k->kind = EB_BINANCE_RSA;
    } else {
        return eb_err_set(err, EB_E_INVALID, "key", "the %s key is neither Ed25519 nor RSA of %d to %d bits", which,
                          RSA_BITS_MIN, RSA_BITS_MAX);
    }
    k->can_sign = private;
    return k->kind == EB_BINANCE_RSA && private ? keep_as_text(k, pem, err) : EB_OK;
}

static void name_key(struct eb_binance_key *k)
{
    struct eb_sha256 hash;
    uint8_t digest[EB_HASH_SIZE];
    eb_sha256_init(&hash);
    eb_sha256_add(&hash, k->api_key, strlen(k->api_key));
    eb_sha256_final(&hash, digest);
    eb_hex(digest, NAME_DIGITS / 2, k->name);
    eb_room_wipe(&hash, sizeof(hash));
}

static int make(const char *api_key, const char *secret, bool private, struct eb_binance_key **out, struct eb_err *err)
{
    if (!is_plain(api_key, API_KEY_MAX)) {
        return eb_err_set(err, EB_E_INVALID, "key", "api_key is empty, too long, or holds blanks");
    }
    int rc = eb_room_open(err);
    if (rc != EB_OK) {
        return rc;
    }
    struct eb_binance_key *k = eb_room_take(sizeof(*k));
    if (k == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "key", "no memory that stays out of core dumps");
    }
    rc = is_pem(secret) ? make_pem(k, secret, private, err) : make_hmac(k, secret, err);
    if (rc != EB_OK) {
        eb_binance_key_free(k);
        return rc;
    }
    memcpy(k->api_key, api_key, strlen(api_key));
    name_key(k);
    *out = k;
    return EB_OK;
}

int eb_binance_key_make(const char *api_key, const char *secret, struct eb_binance_key **out, struct eb_err *err)
{
    return make(api_key, secret, true, out, err);
}

int eb_binance_key_public(const char *api_key, const char *secret_or_pem, struct eb_binance_key **out,
                          struct eb_err *err)
{
    return make(api_key, secret_or_pem, false, out, err);
}

void eb_binance_key_free(struct eb_binance_key *k)
{
    if (k != NULL) {
        EVP_MD_CTX_free(k->inner);
        EVP_MD_CTX_free(k->outer);
        EVP_MD_CTX_free(k->md);
        EVP_PKEY_free(k->pkey);
        eb_room_give(k->pem, k->pem_size);
        eb_room_give(k, sizeof(*k));
    }
}

enum eb_binance_key_kind eb_binance_key_kind(const struct eb_binance_key *k)
{
    return k->kind;
}

const char *eb_binance_key_id(const struct eb_binance_key *k)
{
    return k->api_key;
}

const char *eb_binance_key_name(const struct eb_binance_key *k)
{
    return k->name;
}

/* ---- signing ---------------------------------------------------------------------------------------------------- */

static bool hmac(const struct eb_binance_key *k, const char *payload, size_t len, uint8_t out[HMAC_BYTES])
{
    unsigned written = 0;
    return EVP_MD_CTX_copy_ex(k->md, k->inner) == 1 && EVP_DigestUpdate(k->md, payload, len) == 1 &&
           EVP_DigestFinal_ex(k->md, out, &written) == 1 && EVP_MD_CTX_copy_ex(k->md, k->outer) == 1 &&
           EVP_DigestUpdate(k->md, out, HMAC_BYTES) == 1 && EVP_DigestFinal_ex(k->md, out, &written) == 1;
}

static const EVP_MD *digest_of(const struct eb_binance_key *k)
{
    return k->kind == EB_BINANCE_RSA ? EVP_sha256() : NULL; /* Ed25519 has its own */
}

static bool sign_pkey(const struct eb_binance_key *k, const char *payload, size_t len, uint8_t *out, size_t *out_len)
{
    EVP_PKEY *pkey = k->pkey != NULL ? k->pkey : eb_pem_private_key(k->pem);
    *out_len = SIGNATURE_BYTES_MAX;
    bool good = pkey != NULL && EVP_DigestSignInit(k->md, NULL, digest_of(k), NULL, pkey) == 1 &&
                EVP_DigestSign(k->md, out, out_len, (const unsigned char *)payload, len) == 1;
    (void)EVP_MD_CTX_reset(k->md);
    if (pkey != k->pkey) {
        EVP_PKEY_free(pkey);
    }
    return good;
}

static bool verify_pkey(const struct eb_binance_key *k, const char *payload, size_t len, const uint8_t *raw, size_t n)
{
    EVP_PKEY *pkey = k->pkey != NULL ? k->pkey : eb_pem_private_key(k->pem);
    bool good = pkey != NULL && EVP_DigestVerifyInit(k->md, NULL, digest_of(k), NULL, pkey) == 1 &&
                EVP_DigestVerify(k->md, raw, n, (const unsigned char *)payload, len) == 1;
    (void)EVP_MD_CTX_reset(k->md);
    if (pkey != k->pkey) {
        EVP_PKEY_free(pkey);
    }
    ERR_clear_error();
    return good;
}

int eb_binance_sign(const struct eb_binance_key *k, const char *payload, size_t len, char *out, size_t cap,
                    size_t *out_len)
{
    uint8_t raw[SIGNATURE_BYTES_MAX];
    size_t raw_len = HMAC_BYTES;
    if (!k->can_sign) {
        return EB_E_REFUSED;
    }
    bool is_hmac = k->kind == EB_BINANCE_HMAC;
    if (!(is_hmac ? hmac(k, payload, len, raw) : sign_pkey(k, payload, len, raw, &raw_len))) {
        ERR_clear_error();
        return EB_E_MEMORY;
    }
    size_t text_len = is_hmac ? 2 * raw_len : (raw_len + 2) / 3 * 4;
    if (text_len >= cap) {
        return EB_E_FULL;
    }
    if (is_hmac) {
        eb_hex(raw, raw_len, out);
    } else {
        (void)EVP_EncodeBlock((unsigned char *)out, raw, (int)raw_len);
    }
    *out_len = text_len;
    return EB_OK;
}

/* ---- verifying -------------------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool same_hmac(const uint8_t expected[HMAC_BYTES], const char *text, size_t len)
{
    uint8_t given[HMAC_BYTES];
    if (len != 2 * (size_t)HMAC_BYTES) {
        return false;
    }
    for (size_t i = 0; i < HMAC_BYTES; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        given[i] = (uint8_t)(high << 4 | low);
    }
    return CRYPTO_memcmp(expected, given, HMAC_BYTES) == 0; /* takes as long for a near miss */
}

/* Strict base64: OpenSSL's own would take blanks around it. */
static bool is_base64(const char *text, size_t len, size_t *padding)
{
    *padding = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
        if (c == '=' && i + 2 >= len) {
            ++*padding;
        } else if (!digit || *padding > 0) {
            return false;
        }
    }
    return len > 0 && len % 4 == 0;
}

bool eb_binance_verify(const struct eb_binance_key *k, const char *payload, size_t len, const char *signature,
                       size_t signature_len)
{
    uint8_t raw[EB_BINANCE_SIGNATURE_MAX];
    size_t padding = 0;
    if (k->kind == EB_BINANCE_HMAC) {
        return hmac(k, payload, len, raw) && same_hmac(raw, signature, signature_len);
    }
    if (signature_len / 4 * 3 > sizeof(raw) || !is_base64(signature, signature_len, &padding)) {
        return false;
    }
    int decoded = EVP_DecodeBlock(raw, (const unsigned char *)signature, (int)signature_len);
    return decoded > 0 && verify_pkey(k, payload, len, raw, (size_t)decoded - padding);
}
