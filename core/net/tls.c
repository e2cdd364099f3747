/* SPDX-License-Identifier: Apache-2.0 */
/* TLS by OpenSSL over buffers in memory: the connection moves the bytes, so that its latency is the system's. */
#define _GNU_SOURCE

#include "net/tls.h"

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct eb_tls {
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
};

/* The reason of the last error of OpenSSL, without its file names; what else it remembers is forgotten. */
static const char *reason(void)
{
    unsigned long code = ERR_peek_last_error();
    const char *text = code == 0 ? NULL : ERR_reason_error_string(code);
    ERR_clear_error();
    return text == NULL ? "no reason given" : text;
}

int eb_tls_roots(const char *ca_file, struct x509_store_st **out, struct eb_err *err)
{
    X509_STORE *store = X509_STORE_new();
    if (store == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "tls.roots", "no memory for trusted certificates");
    }
    if (X509_STORE_set_default_paths(store) != 1) {
        X509_STORE_free(store);
        return eb_err_set(err, EB_E_IO, "tls.roots", "the system's trusted certificates cannot be read: %s", reason());
    }
    if (ca_file != NULL && X509_STORE_load_file(store, ca_file) != 1) {
        X509_STORE_free(store);
        return eb_err_set(err, EB_E_IO, "tls.roots",
                          "cannot read trusted certificates from '%s' (%s): it must be a file of PEM certificates",
                          ca_file, reason());
    }
    ERR_clear_error();
    *out = store;
    return EB_OK;
}

static SSL_CTX *context(const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (ctx == NULL) {
        return NULL;
    }
    (void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    /* A peer that hangs up without a good-bye is an end like any other: messages have lengths of their own. */
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_COMPRESSION);
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    return ctx;
}

int eb_tls_client(struct x509_store_st *roots, struct ssl_ctx_st **out, struct eb_err *err)
{
    SSL_CTX *ctx = context(TLS_client_method());
    if (ctx == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "tls.client", "cannot set up TLS: %s", reason());
    }
    SSL_CTX_set1_cert_store(ctx, roots);
    *out = ctx;
    return EB_OK;
}

int eb_tls_server(const char *certificate, const char *key, struct ssl_ctx_st **out, struct eb_err *err)
{
    SSL_CTX *ctx = context(TLS_server_method());
    if (ctx == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "tls.server", "cannot set up TLS: %s", reason());
    }
    int r = EB_OK;
    if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1) {
        r = eb_err_set(err, EB_E_IO, "tls.server", "cannot use the certificate of '%s': %s", certificate, reason());
    } else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) {
        r = eb_err_set(err, EB_E_IO, "tls.server", "cannot use the key of '%s' with the certificate of '%s': %s", key,
                       certificate, reason());
    }
    if (r != EB_OK) {
        SSL_CTX_free(ctx);
        return r;
    }
    *out = ctx;
    return EB_OK;
}

static bool is_numeric(const char *name)
{
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

static bool set_name(SSL *ssl, const char *name, bool verify)
{
    SSL_set_verify(ssl, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    if (is_numeric(name)) { /* no server name indication for addresses (RFC 6066) */
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
    }
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

int eb_tls_open(struct ssl_ctx_st *ctx, const char *name, bool verify, struct eb_tls **out, struct eb_err *err)
{
    struct eb_tls *t = calloc(1, sizeof(*t));
    SSL *ssl = t == NULL ? NULL : SSL_new(ctx);
    BIO *in = ssl == NULL ? NULL : BIO_new(BIO_s_mem());
    BIO *wire = in == NULL ? NULL : BIO_new(BIO_s_mem());
    if (wire == NULL || (name != NULL && !set_name(ssl, name, verify))) {
        (void)BIO_free(in);
        (void)BIO_free(wire);
        SSL_free(ssl);
        free(t);
        return eb_err_set(err, EB_E_MEMORY, "tls.open", "cannot set up a TLS connection: %s", reason());
    }
    (void)BIO_set_mem_eof_return(in, -1); /* an empty buffer is not the end */
    (void)BIO_set_mem_eof_return(wire, -1);
    SSL_set_bio(ssl, in, wire);
    if (name == NULL) {
        SSL_set_accept_state(ssl);
    } else {
        SSL_set_connect_state(ssl);
    }
    *t = (struct eb_tls){.ssl = ssl, .in = in, .out = wire};
    *out = t;
    return EB_OK;
}

void eb_tls_close(struct eb_tls *t)
{
    if (t == NULL) {
        return;
    }
    SSL_free(t->ssl);
    free(t);
}

int eb_tls_feed(struct eb_tls *t, const char *bytes, size_t len)
{
    EB_ASSERT(len <= INT_MAX);
    return BIO_write(t->in, bytes, (int)len) == (int)len ? EB_OK : EB_E_MEMORY;
}

int eb_tls_shake(struct eb_tls *t, struct eb_err *err)
{
    ERR_clear_error();
    int r = SSL_do_handshake(t->ssl);
    if (r == 1) {
        return EB_OK;
    }
    int why = SSL_get_error(t->ssl, r);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        return EB_E_STALE;
    }
    long verdict = SSL_get_verify_result(t->ssl);
    if (verdict != X509_V_OK && SSL_get_verify_mode(t->ssl) != SSL_VERIFY_NONE) {
        ERR_clear_error();
        return eb_err_set(err, EB_E_REFUSED, "tls", "the server's certificate is not trusted: %s",
                          X509_verify_cert_error_string(verdict));
    }
    return eb_err_set(err, EB_E_REFUSED, "tls", "no TLS connection: %s", reason());
}

int eb_tls_read(struct eb_tls *t, char *out, size_t cap, size_t *len, struct eb_err *err)
{
    ERR_clear_error();
    int r = SSL_read_ex(t->ssl, out, cap, len);
    if (r == 1) {
        return EB_OK;
    }
    switch (SSL_get_error(t->ssl, r)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return EB_E_STALE;
    case SSL_ERROR_ZERO_RETURN:
        return eb_err_set(err, EB_E_END, "tls", "the other side closed the connection");
    default:
        return eb_err_set(err, EB_E_IO, "tls", "the encrypted connection broke: %s", reason());
    }
}

bool eb_tls_has_more(const struct eb_tls *t)
{
    return BIO_pending(t->in) > 0 || SSL_has_pending(t->ssl) == 1;
}

int eb_tls_write(struct eb_tls *t, const char *bytes, size_t len)
{
    size_t done = 0;
    ERR_clear_error();
    if (len == 0 || (SSL_write_ex(t->ssl, bytes, len, &done) == 1 && done == len)) {
        return EB_OK; /* the buffer takes all of it at once */
    }
    ERR_clear_error();
    return EB_E_IO;
}

void eb_tls_bye(struct eb_tls *t)
{
    if (SSL_is_init_finished(t->ssl)) {
        (void)SSL_shutdown(t->ssl);
    }
    ERR_clear_error();
}

size_t eb_tls_out(struct eb_tls *t, const char **bytes)
{
    char *data = NULL;
    long len = BIO_get_mem_data(t->out, &data);
    *bytes = data;
    return len > 0 ? (size_t)len : 0;
}

void eb_tls_out_done(struct eb_tls *t)
{
    (void)BIO_reset(t->out);
}
