/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS as a filter between the bytes of a connection and what is said over it. No sockets.
 *
 *     wire --> eb_tls_feed() --> eb_tls_read() --> plain          plain --> eb_tls_write() --> eb_tls_out() --> wire
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct ssl_ctx_st;
struct x509_store_st;
struct eb_tls;

/* The system's trusted roots and those of ca_file (PEM; NULL: none). Freed by X509_STORE_free(). EB_E_IO names the
 * file, EB_E_MEMORY. */
EB_NODISCARD int eb_tls_roots(const char *ca_file, struct x509_store_st **out, struct eb_err *err);
/* What clients have in common: TLS 1.2 or 1.3, these roots. Freed by SSL_CTX_free(). */
EB_NODISCARD int eb_tls_client(struct x509_store_st *roots, struct ssl_ctx_st **out, struct eb_err *err);
/* What a server's connections have in common: its certificate and key, PEM files. EB_E_IO names the file. */
EB_NODISCARD int eb_tls_server(const char *certificate, const char *key, struct ssl_ctx_st **out, struct eb_err *err);

/* One connection: name is the server's (a DNS name or a numeric address, asked for and, if verify, insisted on), or
 * NULL at the server itself. */
EB_NODISCARD int eb_tls_open(struct ssl_ctx_st *ctx, const char *name, bool verify, struct eb_tls **out,
                             struct eb_err *err);
void eb_tls_close(struct eb_tls *t); /* NULL is fine */
/* Bytes from the wire. EB_OK or EB_E_MEMORY. */
int eb_tls_feed(struct eb_tls *t, const char *bytes, size_t len);
/* One more step of the handshake: EB_OK when it is over, EB_E_STALE when more bytes are needed, EB_E_REFUSED and why
 * when it failed: a certificate that is not trusted is told as such. There may be bytes for the wire in each case. */
int eb_tls_shake(struct eb_tls *t, struct eb_err *err);
/* Up to cap plain bytes: EB_OK and *len > 0, EB_E_STALE when there are none now, EB_E_END, EB_E_IO. */
int eb_tls_read(struct eb_tls *t, char *out, size_t cap, size_t *len, struct eb_err *err);
/* Whether eb_tls_read() may have more: what was fed is not used up. */
bool eb_tls_has_more(const struct eb_tls *t);
/* All of it. EB_OK, EB_E_IO. */
int eb_tls_write(struct eb_tls *t, const char *bytes, size_t len);
/* Says that no more will be written. */
void eb_tls_bye(struct eb_tls *t);
/* What has to go over the wire now; eb_tls_out_done() forgets it. */
size_t eb_tls_out(struct eb_tls *t, const char **bytes);
void eb_tls_out_done(struct eb_tls *t);
