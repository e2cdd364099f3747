/* SPDX-License-Identifier: Apache-2.0 */
/*
 *     PEM -> base64 -> DER, in a room -> PKCS #8 -> Ed25519: by OpenSSL -> EVP_PKEY
 *                                                -> RSA: eight numbers -> secure BIGNUMs -> EVP_PKEY
 *
 * Every length is checked against what is there: the file is a person's and may be anything.
 */
#include "venue/sign_pem.h"

#include <stdint.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "venue/sign_room.h"

#define RSA_NUMBERS 8

struct der {
    const uint8_t *at;
    size_t len;
};

/* ---- base64 ----------------------------------------------------------------------------------------------------- */

static int base64_digit(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* Bytes decoded, 0 when it is no base64. out has room for text_len / 4 * 3 + 3. */
static size_t base64(const char *text, size_t text_len, uint8_t *out)
{
    uint32_t bits = 0;
    size_t used = 0, digits = 0, padding = 0;
    for (size_t i = 0; i < text_len; i++) {
        char c = text[i];
        if (c == '\n' || c == '\r' || c == ' ' || c == '\t') {
            continue;
        }
        int digit = c == '=' ? 0 : base64_digit(c);
        if (digit < 0 || (c != '=' && padding > 0)) {
            return 0;
        }
        padding += c == '=';
        bits = bits << 6 | (uint32_t)digit;
        if (++digits % 4 == 0) {
            out[used++] = (uint8_t)(bits >> 16);
            out[used++] = (uint8_t)(bits >> 8);
            out[used++] = (uint8_t)bits;
            bits = 0;
        }
    }
    return digits % 4 == 0 && padding <= 2 && used > padding ? used - padding : 0;
}

/* ---- DER -------------------------------------------------------------------------------------------------------- */

enum { DER_INTEGER = 0x02, DER_OCTETS = 0x04, DER_OID = 0x06, DER_SEQUENCE = 0x30 };

/* Takes the next element, which must be of that kind. */
static bool take(struct der *from, uint8_t kind, struct der *out)
{
    if (from->len < 2 || from->at[0] != kind) {
        return false;
    }
    size_t len = from->at[1], head = 2;
    if (len >= 0x80) {
        size_t bytes = len & 0x7f;
        if (bytes == 0 || bytes > 3 || from->len < 2 + bytes) {
            return false;
        }
        len = 0;
        for (size_t i = 0; i < bytes; i++) {
            len = len << 8 | from->at[2 + i];
        }
        head += bytes;
    }
    if (len > from->len - head) {
        return false;
    }
    *out = (struct der){.at = from->at + head, .len = len};
    from->at += head + len;
    from->len -= head + len;
    return true;
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

static EVP_PKEY *rsa_from(OSSL_PARAM *params)
{
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

/* RSAPrivateKey of PKCS #1: version, then the numbers in this order. */
static EVP_PKEY *read_rsa(struct der key)
{
    static const char *const names[RSA_NUMBERS] = {OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
                                                   OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
                                                   OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
                                                   OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
    struct der list, part;
    BIGNUM *number[RSA_NUMBERS] = {0};
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    bool good = build != NULL && take(&key, DER_SEQUENCE, &list) && take(&list, DER_INTEGER, &part);
    for (size_t i = 0; good && i < RSA_NUMBERS; i++) {
        number[i] = BN_secure_new();
        good = number[i] != NULL && take(&list, DER_INTEGER, &part) && part.len > 0 && part.len < 1024 &&
               BN_bin2bn(part.at, (int)part.len, number[i]) != NULL &&
               OSSL_PARAM_BLD_push_BN(build, names[i], number[i]) == 1;
    }
    params = good ? OSSL_PARAM_BLD_to_param(build) : NULL;
    pkey = params != NULL ? rsa_from(params) : NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    for (size_t i = 0; i < RSA_NUMBERS; i++) {
        BN_clear_free(number[i]);
    }
    return pkey;
}

static bool is_oid(struct der oid, const char *bytes, size_t len)
{
    return oid.len == len && memcmp(oid.at, bytes, len) == 0;
}

/* PrivateKeyInfo of PKCS #8: version, algorithm, the key; what may follow is not needed. */
static EVP_PKEY *read_pkcs8(struct der document)
{
    const unsigned char *whole = document.at;
    long whole_len = (long)document.len;
    struct der list, algorithm, oid, version, key;
    if (!take(&document, DER_SEQUENCE, &list) || !take(&list, DER_INTEGER, &version) ||
        !take(&list, DER_SEQUENCE, &algorithm) || !take(&algorithm, DER_OID, &oid) || !take(&list, DER_OCTETS, &key)) {
        return NULL;
    }
    if (is_oid(oid, "\x2b\x65\x70", 3)) {
        return d2i_AutoPrivateKey(NULL, &whole,
                                  whole_len); /* the way by which 3.0 keeps this kind in its secure heap */
    }
    return is_oid(oid, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9) ? read_rsa(key) : NULL;
}

EVP_PKEY *eb_pem_private_key(const char *pem)
{
    static const struct {
        const char *begin, *end;
        EVP_PKEY *(*read)(struct der document);
    } kinds[] = {
        {"-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", read_pkcs8},
        {"-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----", read_rsa},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const char *begin = strstr(pem, kinds[i].begin), *end = begin != NULL ? strstr(begin, kinds[i].end) : NULL;
        if (end == NULL) {
            continue;
        }
        begin += strlen(kinds[i].begin);
        size_t text_len = (size_t)(end - begin), size = text_len + 4;
        uint8_t *room = eb_room_take(size);
        size_t len = room != NULL ? base64(begin, text_len, room) : 0;
        EVP_PKEY *pkey = len > 0 ? kinds[i].read((struct der){.at = room, .len = len}) : NULL;
        eb_room_give(room, size);
        return pkey;
    }
    return NULL;
}
