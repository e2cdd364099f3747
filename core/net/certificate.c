/* SPDX-License-Identifier: Apache-2.0 */
/* Self-signed certificates by OpenSSL: key (P-256) --> certificate --> two files, each written beside and renamed. */
#define _GNU_SOURCE

#include "net/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_S INT64_C(86400)
#define BEFORE_DAYS 30 /* valid since: clocks differ, and tests want one that has expired */

static int io_error(struct eb_err *err, const char *what, const char *path)
{
    return eb_err_set(err, EB_E_IO, "certificate", "cannot %s '%s': %s", what, path, strerror(errno));
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        bytes += n;
        len -= (size_t)n;
    }
    return fsync(fd) == 0;
}

/* path as a whole or not at all. */
static int file_write(const char *path, mode_t mode, BIO *pem, struct eb_err *err)
{
    char beside[4096];
    char *bytes = NULL;
    long len = BIO_get_mem_data(pem, &bytes);
    int n = snprintf(beside, sizeof(beside), "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof(beside)) {
        return eb_err_set(err, EB_E_INVALID, "certificate", "the path of a file is too long");
    }
    (void)unlink(beside); /* left by one that was stopped half way */
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) {
        return io_error(err, "make", beside);
    }
    bool good = write_all(fd, bytes, (size_t)len);
    if (close(fd) != 0 || !good) {
        int r = io_error(err, "write", beside);
        (void)unlink(beside);
        return r;
    }
    if (rename(beside, path) != 0) {
        int r = io_error(err, "replace", path);
        (void)unlink(beside);
        return r;
    }
    return EB_OK;
}

static bool extend(X509 *cert, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool good = e != NULL && X509_add_ext(cert, e, -1) == 1;
    X509_EXTENSION_free(e);
    return good;
}

static bool fill(X509 *cert, EVP_PKEY *key, int days)
{
    unsigned char serial[8];
    if (RAND_bytes(serial, sizeof(serial)) != 1) {
        return false;
    }
    uint64_t number = 0;
    memcpy(&number, serial, sizeof(number));
    X509_NAME *name = X509_get_subject_name(cert);
    return X509_set_version(cert, 2) == 1 && ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), number >> 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(cert), -BEFORE_DAYS * DAY_S) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(cert), days * DAY_S) != NULL &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"exitbrain", -1, -1, 0) == 1 &&
           X509_set_issuer_name(cert, name) == 1 && X509_set_pubkey(cert, key) == 1 &&
           extend(cert, NID_basic_constraints, "critical,CA:TRUE") && extend(cert, NID_subject_key_identifier, "hash");
}

static int make(X509 *cert, EVP_PKEY *key, const char *names, int days, struct eb_err *err)
{
    if (!fill(cert, key, days)) {
        return eb_err_set(err, EB_E_MEMORY, "certificate", "the certificate cannot be made");
    }
    if (!extend(cert, NID_subject_alt_name, names)) {
        return eb_err_set(err, EB_E_INVALID, "certificate",
                          "'%s' are no names of a server: write them as DNS:localhost,IP:127.0.0.1", names);
    }
    if (X509_sign(cert, key, EVP_sha256()) == 0) {
        return eb_err_set(err, EB_E_MEMORY, "certificate", "the certificate cannot be signed");
    }
    return EB_OK;
}

int eb_certificate_make(const char *cert_path, const char *key_path, const char *names, int days, struct eb_err *err)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    BIO *cert_pem = BIO_new(BIO_s_mem());
    BIO *key_pem = BIO_new(BIO_s_secmem());
    int r = EB_OK;
    if (key == NULL || cert == NULL || cert_pem == NULL || key_pem == NULL) {
        r = eb_err_set(err, EB_E_MEMORY, "certificate", "no memory for a certificate");
    } else {
        r = make(cert, key, names, days, err);
    }
    if (r == EB_OK && (PEM_write_bio_X509(cert_pem, cert) != 1 ||
                       PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL) != 1)) {
        r = eb_err_set(err, EB_E_MEMORY, "certificate", "no memory for a certificate");
    }
    if (r == EB_OK) {
        r = file_write(key_path, 0600, key_pem, err);
    }
    if (r == EB_OK) {
        r = file_write(cert_path, 0644, cert_pem, err);
    }
    (void)BIO_free(cert_pem);
    (void)BIO_free(key_pem);
    X509_free(cert);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return r;
}
