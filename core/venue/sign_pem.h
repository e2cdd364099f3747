/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys from PEM without a trace: OpenSSL 3.0 reads PEM through buffers on the heap that it frees as they are,
 * so the text is decoded in a room of ours, and OpenSSL is given numbers.
 */
#pragma once

#include <openssl/types.h>

/* An Ed25519 key (PKCS #8) or an RSA key (PKCS #8 or PKCS #1), not encrypted; NULL for anything else, and when there is
 * no memory. The first key of the text counts. EVP_PKEY_free() it. */
EVP_PKEY *eb_pem_private_key(const char *pem);
