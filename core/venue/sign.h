/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and signatures: HMAC-SHA256 (secret text), Ed25519 and RSA (PEM private keys), by OpenSSL.
 *
 * A key file is text: "NAME = VALUE" lines, # comments; api_key, and either secret (HMAC) or private_key (path of a PEM
 * file beside it, or the PEM itself in lines to its END). The caller has checked the key file's owner and mode; a PEM
 * file beside it must have the same owner and be open to nobody else (EB_E_REFUSED). Secrets live in memory of their
 * own that is locked, kept out of core dumps, and wiped when it is given back. A key is used by one thread at a time.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

enum eb_binance_key_kind { EB_BINANCE_HMAC = 0, EB_BINANCE_ED25519, EB_BINANCE_RSA };
struct eb_binance_key;
/* EB_E_IO, EB_E_INVALID with file and line, EB_E_MEMORY. Messages never hold any part of a secret. */
EB_NODISCARD int eb_binance_key_load(const char *path, struct eb_binance_key **out, struct eb_err *err);
/* From texts (tests, embedders). secret: HMAC secret, or PEM of a private key. */
EB_NODISCARD int eb_binance_key_make(const char *api_key, const char *secret, struct eb_binance_key **out,
                                     struct eb_err *err);
void eb_binance_key_free(struct eb_binance_key *k); /* NULL is fine */
enum eb_binance_key_kind eb_binance_key_kind(const struct eb_binance_key *k);
const char *eb_binance_key_id(const struct eb_binance_key *k); /* the API key: not for logs */
/* First 8 hexadecimal digits of SHA-256 of the API key: may be shown. */
const char *eb_binance_key_name(const struct eb_binance_key *k);

/* Signature of payload as the wire has it: lower-case hex (HMAC) or base64 (Ed25519, RSA), not percent-encoded.
 * EB_E_FULL when cap is too small (EB_BINANCE_SIGNATURE_MAX is enough for RSA of 4,096 bits). */
#define EB_BINANCE_SIGNATURE_MAX 700
EB_NODISCARD int eb_binance_sign(const struct eb_binance_key *k, const char *payload, size_t len, char *out, size_t cap,
                                 size_t *out_len);
/* The other side: verifies what a client sent; the same forms. */
EB_NODISCARD bool eb_binance_verify(const struct eb_binance_key *k, const char *payload, size_t len,
                                    const char *signature, size_t signature_len);
/* A key that can only verify: HMAC secret or PEM of a public key. */
EB_NODISCARD int eb_binance_key_public(const char *api_key, const char *secret_or_pem, struct eb_binance_key **out,
                                       struct eb_err *err);
