/* SPDX-License-Identifier: Apache-2.0 */
/* The documented signatures, key files good and bad, and a look for secrets in memory that a core dump would hold. */
#define _GNU_SOURCE
#include "venue/sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EB_TEST_NO_SCAN /* their shadow memory cannot be read through */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define EB_TEST_NO_SCAN
#endif
#endif

/* RFC 8032, 7.1, test 1. */
#define ED25519_PRIVATE                                                  \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" \
    "-----END PRIVATE KEY-----\n"
#define ED25519_PUBLIC                                               \
    "-----BEGIN PUBLIC KEY-----\n"                                   \
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n" \
    "-----END PUBLIC KEY-----\n"

#define SPOT "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
#define FUTURES "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"

static const struct {
    const char *secret, *payload, *signature;
} vectors[] = {
    {FUTURES,
     "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943",
     "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"},
    {FUTURES,
     "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTCquantity=1&price=9000&recvWindow=5000&timestamp=1591702613943",
     "30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4"},
    {SPOT,
     "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
     "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"},
    {SPOT,
     "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTCquantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
     "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77"},
    {SPOT,
     "apiKey=vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A&newOrderRespType=ACK&price=52000.00&"
     "quantity=0.01000000&recvWindow=100&side=SELL&symbol=BTCUSDT&timeInForce=GTC&timestamp=1645423376532&type=LIMIT",
     "cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a"},
    {ED25519_PRIVATE,
     "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=0.2&timestamp=1668481559918",
     "y9aW/+h7Ht5RYUgJlwCrziJWVCQEAVswbfIWMUW+f+Qh0+7YURsnrZrwHST7Y8ZGRlCC4fmkbiGNSmN27XYgBw=="},
};

static char folder[] = "/tmp/eb-sign-XXXXXX";
static char *rsa_private, *rsa_public, *rsa_old; /* old: PKCS #1 */

enum pem { PEM_PUBLIC, PEM_PRIVATE, PEM_OLD };

static char *pem_text(EVP_PKEY *pkey, enum pem kind)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    assert_non_null(bio);
    int written = kind == PEM_PRIVATE ? PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL)
                  : kind == PEM_OLD   ? PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL)
                                      : PEM_write_bio_PUBKEY(bio, pkey);
    assert_int_equal(written, 1);
    long len = BIO_get_mem_data(bio, &data);
    char *text = calloc(1, (size_t)len + 1);
    assert_non_null(text);
    memcpy(text, data, (size_t)len);
    BIO_free(bio);
    return text;
}

static struct eb_binance_key *key_of(const char *secret)
{
    struct eb_binance_key *k = NULL;
    struct eb_err err = {0};
    if (eb_binance_key_make("api-key", secret, &k, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    return k;
}

static void documented_signatures(void **state)
{
    (void)state;
    for (size_t i = 0; i < EB_COUNT(vectors); i++) {
        struct eb_binance_key *k = key_of(vectors[i].secret);
        for (int again = 0; again < 2; again++) { /* the context is begun anew each time */
            char out[EB_BINANCE_SIGNATURE_MAX];
            size_t len = 0;
            assert_int_equal(eb_binance_sign(k, vectors[i].payload, strlen(vectors[i].payload), out, sizeof(out), &len),
                             EB_OK);
            assert_string_equal(out, vectors[i].signature);
            assert_int_equal(len, strlen(vectors[i].signature));
            assert_int_equal(eb_binance_sign(k, vectors[i].payload, strlen(vectors[i].payload), out, len, &len),
                             EB_E_FULL);
        }
        eb_binance_key_free(k);
    }
}

static void flip(char *text, size_t at)
{
    text[at] = text[at] == 'A' ? 'B' : 'A';
}

static void round_trip(const char *private_text, const char *public_text, enum eb_binance_key_kind kind, size_t length)
{
    struct eb_binance_key *mine = key_of(private_text), *theirs = NULL;
    struct eb_err err = {0};
    char out[EB_BINANCE_SIGNATURE_MAX];
    size_t len = 0;
    assert_int_equal(eb_binance_key_public("api-key", public_text, &theirs, &err), EB_OK);
    assert_int_equal(eb_binance_key_kind(mine), kind);
    assert_int_equal(eb_binance_key_kind(theirs), kind);
    assert_int_equal(eb_binance_sign(mine, "timestamp=1", 11, out, sizeof(out), &len), EB_OK);
    assert_int_equal(len, length);
    assert_true(eb_binance_verify(theirs, "timestamp=1", 11, out, len));
    assert_true(eb_binance_verify(mine, "timestamp=1", 11, out, len));
    assert_false(eb_binance_verify(theirs, "timestamp=2", 11, out, len));
    assert_false(eb_binance_verify(theirs, "timestamp=1", 10, out, len));
    for (size_t cut = 0; cut < len; cut++) {
        assert_false(eb_binance_verify(theirs, "timestamp=1", 11, out, cut));
    }
    flip(out, len / 2);
    assert_false(eb_binance_verify(theirs, "timestamp=1", 11, out, len));
    memset(out, ' ', len);
    assert_false(eb_binance_verify(theirs, "timestamp=1", 11, out, len));
    memset(out, 'A', sizeof(out));
    assert_false(eb_binance_verify(theirs, "timestamp=1", 11, out, sizeof(out)));
    eb_binance_key_free(mine);
    eb_binance_key_free(theirs);
}

static void what_is_signed_verifies(void **state)
{
    (void)state;
    round_trip(SPOT, SPOT, EB_BINANCE_HMAC, 64);
    round_trip(ED25519_PRIVATE, ED25519_PUBLIC, EB_BINANCE_ED25519, 88);
    round_trip(rsa_private, rsa_public, EB_BINANCE_RSA, 344);
    round_trip(rsa_old, rsa_public, EB_BINANCE_RSA, 344);
}

static void hexadecimal_in_either_case_verifies(void **state)
{
    (void)state;
    struct eb_binance_key *k = key_of(vectors[0].secret);
    char upper[65];
    for (size_t i = 0; i < 65; i++) {
        char c = vectors[0].signature[i];
        upper[i] = (char)(c >= 'a' ? c - 'a' + 'A' : c);
    }
    assert_true(eb_binance_verify(k, vectors[0].payload, strlen(vectors[0].payload), upper, 64));
    upper[7] = 'g';
    assert_false(eb_binance_verify(k, vectors[0].payload, strlen(vectors[0].payload), upper, 64));
    eb_binance_key_free(k);
}

static void a_public_key_cannot_sign(void **state)
{
    (void)state;
    struct eb_binance_key *k = NULL;
    struct eb_err err = {0};
    char out[EB_BINANCE_SIGNATURE_MAX];
    size_t len = 0;
    assert_int_equal(eb_binance_key_public("api-key", ED25519_PUBLIC, &k, &err), EB_OK);
    assert_int_equal(eb_binance_sign(k, "x", 1, out, sizeof(out), &len), EB_E_REFUSED);
    eb_binance_key_free(k);
    assert_int_equal(eb_binance_key_make("api-key", ED25519_PUBLIC, &k, &err), EB_E_INVALID);
    assert_int_equal(eb_binance_key_public("api-key", ED25519_PRIVATE, &k, &err), EB_E_INVALID);
}

static void a_private_key_cut_or_damaged_is_refused(void **state)
{
    (void)state;
    char text[4096];
    size_t len = strlen(rsa_private), head = strlen("-----BEGIN PRIVATE KEY-----\n");
    for (size_t cut = head; cut + 30 < len; cut += 13) { /* shorter contents in a whole PEM */
        struct eb_binance_key *k = NULL;
        (void)snprintf(text, sizeof(text), "%.*s\n-----END PRIVATE KEY-----\n", (int)cut, rsa_private);
        assert_int_equal(eb_binance_key_make("ok", text, &k, NULL), EB_E_INVALID);
    }
    for (size_t at = head; at < len - 30; at += 7) { /* whatever stands there instead: no crash, no leak */
        struct eb_binance_key *k = NULL;
        (void)snprintf(text, sizeof(text), "%s", rsa_private);
        flip(text, at);
        if (eb_binance_key_make("ok", text, &k, NULL) == EB_OK) {
            eb_binance_key_free(k);
        }
    }
}

static void a_key_has_a_name_that_may_be_shown(void **state)
{
    (void)state;
    struct eb_binance_key *k = NULL;
    struct eb_err err = {0};
    assert_int_equal(eb_binance_key_make("abc", "secret", &k, &err), EB_OK);
    assert_string_equal(eb_binance_key_id(k), "abc");
    assert_string_equal(eb_binance_key_name(k), "ba7816bf"); /* FIPS 180-4 */
    eb_binance_key_free(k);
    eb_binance_key_free(NULL);
}

static void texts_that_are_no_keys(void **state)
{
    (void)state;
    static const struct {
        const char *api_key, *secret;
    } cases[] = {
        {"", "secret"},
        {"two words", "secret"},
        {"line\nbreak", "secret"},
        {"ok", ""},
        {"ok", "two words"},
        {"ok", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n"},
        {"ok", "-----BEGIN PRIVATE KEY-----\nnonsense!\n-----END PRIVATE KEY-----\n"},
        {"ok", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4CAQAw\n-----END ENCRYPTED PRIVATE KEY-----\n"},
        {"ok", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
               "-----END PRIVATE KEY-----\n"}, /* X25519: agrees on keys, signs nothing */
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_binance_key *k = NULL;
        struct eb_err err = {0};
        if (eb_binance_key_make(cases[i].api_key, cases[i].secret, &k, &err) != EB_E_INVALID) {
            fail_msg("case %zu was taken", i);
        }
        assert_null(k);
        assert_true(strlen(err.msg) > 0 && strstr(err.msg, "MC4C") == NULL && strstr(err.msg, "nonsense") == NULL);
    }
    char *huge = malloc(5000);
    struct eb_binance_key *k = NULL;
    assert_non_null(huge);
    memset(huge, 'x', 4999);
    huge[4999] = '\0';
    assert_int_equal(eb_binance_key_make("ok", huge, &k, NULL), EB_E_INVALID);
    assert_int_equal(eb_binance_key_make(huge, "secret", &k, NULL), EB_E_INVALID);
    free(huge);
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static const char *in_folder(const char *name)
{
    static char path[2][256];
    static unsigned turn;
    char *p = path[turn++ % 2];
    (void)snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
    return p;
}

static const char *write_file(const char *name, const char *text, size_t len, mode_t mode)
{
    const char *path = in_folder(name);
    (void)unlink(path);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static void loads(const char *text, enum eb_binance_key_kind kind)
{
    struct eb_binance_key *k = NULL;
    struct eb_err err = {0};
    const char *path = write_file("key", text, strlen(text), 0600);
    if (eb_binance_key_load(path, &k, &err) != EB_OK) {
        fail_msg("%s: %s", text, err.msg);
    }
    assert_int_equal(eb_binance_key_kind(k), kind);
    assert_string_equal(eb_binance_key_id(k), "abc");
    eb_binance_key_free(k);
}

static void key_files(void **state)
{
    (void)state;
    (void)write_file("ed.pem", ED25519_PRIVATE, strlen(ED25519_PRIVATE), 0600);
    (void)write_file("rsa.pem", rsa_private, strlen(rsa_private), 0600);
    loads("api_key = abc\nsecret = def\n", EB_BINANCE_HMAC);
    loads("# a comment\n\n  api_key=\"abc\"\r\n\tsecret = 'd=e#f'\r\n", EB_BINANCE_HMAC);
    loads("secret=def\napi_key=abc", EB_BINANCE_HMAC);
    loads("api_key = abc\nprivate_key = ed.pem\n", EB_BINANCE_ED25519);
    loads("api_key = abc\nprivate_key = rsa.pem\n", EB_BINANCE_RSA);
    loads("private_key = " ED25519_PRIVATE "api_key = abc\n", EB_BINANCE_ED25519);
    loads("api_key = abc\nprivate_key = -----BEGIN PRIVATE KEY-----\n"
          "    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\r\n    -----END PRIVATE KEY-----",
          EB_BINANCE_ED25519);
    char text[4096];
    (void)snprintf(text, sizeof(text), "private_key = %s\napi_key = abc\n", rsa_private);
    loads(text, EB_BINANCE_RSA);
    (void)snprintf(text, sizeof(text), "private_key = %s\napi_key = abc\n", in_folder("ed.pem"));
    loads(text, EB_BINANCE_ED25519);
}

static void bad_key_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "api_key is missing"},
        {"api_key = abc\n", "secret or private_key is missing"},
        {"secret = SENSITIVE\n", "api_key is missing"},
        {"# one\nSENSITIVE\n", "key:2: no NAME = VALUE"},
        {"api_key = abc\nSENSITIVE = 1\n", "key:2: not one of api_key, secret, private_key"},
        {"api_key = abc\nsecret =\n", "key:2: without a value"},
        {"api_key = abc\nsecret = SENSITIVE\nsecret = SENSITIVE\n", "key:3: given a second time"},
        {"api_key = abc\nsecret = SENSITIVE\nprivate_key = x\n", "more than one of secret and private_key"},
        {"api_key = abc\nprivate_key = SENSITIVE\n", "names no file"},
        {"api_key = abc\nprivate_key = -----BEGIN PRIVATE KEY-----\nSENSITIVE\n", "key:2: the private key that begins"},
        {"api_key = abc\nsecret = -----BEGIN SENSITIVE\n", "is named private_key"},
        {"api_key = abc\nsecret = SENSITIVE SENSITIVE\n", "holds blanks"},
        {"api_key = abc\nprivate_key = empty.pem\n", "no PEM"},
        {"api_key = abc\nprivate_key = .\n", "not a regular file"},
        {"api_key = abc\nprivate_key = open.pem\n", "chmod 600"},
    };
    (void)write_file("empty.pem", "SENSITIVE\n", 10, 0600);
    (void)write_file("open.pem", ED25519_PRIVATE, strlen(ED25519_PRIVATE), 0640);
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_binance_key *k = NULL;
        struct eb_err err = {0};
        const char *path = write_file("key", cases[i].text, strlen(cases[i].text), 0600);
        assert_int_not_equal(eb_binance_key_load(path, &k, &err), EB_OK);
        assert_null(k);
        if (strstr(err.msg, cases[i].says) == NULL || strstr(err.msg, "SENSITIVE") != NULL) {
            fail_msg("case %zu: %s", i, err.msg);
        }
    }
    struct eb_binance_key *k = NULL;
    struct eb_err err = {0};
    assert_int_equal(eb_binance_key_load(in_folder("none"), &k, &err), EB_E_IO);
    assert_int_equal(eb_binance_key_load(folder, &k, &err), EB_E_INVALID);
    assert_int_equal(eb_binance_key_load(write_file("key", "api_key = a\0b\n", 14, 0600), &k, &err), EB_E_INVALID);
    char *big = calloc(1, 70000);
    assert_non_null(big);
    memset(big, '#', 70000);
    assert_int_equal(eb_binance_key_load(write_file("key", big, 70000, 0600), &k, &err), EB_E_INVALID);
    free(big);
}

/* ---- what a core dump would hold -------------------------------------------------------------------------------- */

/* Ranges of this process that a dump takes and that may be written: [begin, end) pairs. */
static size_t dumped(uintptr_t range[][2], size_t cap)
{
    FILE *f = fopen("/proc/self/smaps", "r");
    size_t count = 0;
    char line[512];
    uintptr_t begin = 0, end = 0;
    bool writable = false;
    assert_non_null(f);
    while (fgets(line, sizeof(line), f) != NULL) {
        char *rest = NULL;
        uintptr_t from = strtoul(line, &rest, 16);
        if (rest > line && *rest == '-') {
            begin = from;
            end = strtoul(rest + 1, &rest, 16);
            writable = strncmp(rest, " rw", 3) == 0 && strstr(line, "[v") == NULL;
        } else if (strncmp(line, "VmFlags:", 8) == 0 && writable && strstr(line, " dd") == NULL) {
            assert_true(count < cap);
            range[count][0] = begin;
            range[count++][1] = end;
        }
    }
    (void)fclose(f);
    return count;
}

#define HIDE 0x5a
#define NEEDLE 24

/* How often a needle lies in memory that would be dumped. It is given hidden, so as not to be found itself. */
static size_t seen(const uint8_t hidden[NEEDLE])
{
    static uintptr_t range[4096][2];
    size_t ranges = dumped(range, EB_COUNT(range)), found = 0;
    for (size_t r = 0; r < ranges; r++) {
        for (const uint8_t *p = (const uint8_t *)range[r][0]; p + NEEDLE <= (const uint8_t *)range[r][1]; p++) {
            size_t i = 0;
            while (i < NEEDLE && (p[i] ^ HIDE) == hidden[i]) {
                i++;
            }
            found += i == NEEDLE;
        }
    }
    return found;
}

static void hide(uint8_t hidden[NEEDLE], const char *text)
{
    for (size_t i = 0; i < NEEDLE; i++) {
        hidden[i] = (uint8_t)(text[i] ^ HIDE);
    }
}

/* Writes a key file past every buffer of this process that would stay. */
static const char *write_unseen(const char *head, const char *secret)
{
    const char *path = in_folder("canary");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(setvbuf(f, NULL, _IONBF, 0), 0);
    assert_true(fputs(head, f) >= 0 && fputs(secret, f) >= 0 && fputs("\n", f) >= 0);
    assert_int_equal(fclose(f), 0);
    return path;
}

static void stays_out(const char *path, const uint8_t hidden[NEEDLE], const char *what)
{
    struct eb_binance_key *k = NULL;
    struct eb_err err = {0};
    char out[EB_BINANCE_SIGNATURE_MAX];
    size_t len = 0;
    assert_int_equal(eb_binance_key_load(path, &k, &err), EB_OK);
    assert_int_equal(eb_binance_sign(k, "timestamp=1", 11, out, sizeof(out), &len), EB_OK);
    size_t during = seen(hidden);
    eb_binance_key_free(k);
    size_t after = seen(hidden);
    if (during + after > 0) {
        fail_msg("%s: found %zu times while the key is there, %zu times after", what, during, after);
    }
}

static void secrets_stay_out_of_dumps(void **state)
{
    (void)state;
#ifdef EB_TEST_NO_SCAN
    skip();
#endif
    static const uint8_t seed[NEEDLE] = {/* of the Ed25519 key above, hidden */
                                         0xc7, 0x3b, 0xeb, 0xc7, 0xb5, 0xa7, 0x00, 0x3a, 0xe0, 0xde, 0x10, 0xae,
                                         0xc8, 0xb6, 0x76, 0x9e, 0x1e, 0x13, 0x9f, 0x33, 0x21, 0x68, 0x33, 0x43};
    char secret[NEEDLE + 1] = "";
    uint8_t hidden[NEEDLE];
    for (int i = 0; i < NEEDLE; i++) { /* made here, so that the program's own data do not hold it */
        secret[i] = (char)('a' + (i * 7 + 3) % 26);
    }
    hide(hidden, secret);
    assert_true(seen(hidden) > 0); /* the search finds what is there */
    const char *path = write_unseen("api_key = abc\nsecret = ", secret);
    explicit_bzero(secret, sizeof(secret));
    stays_out(path, hidden, "HMAC secret");

    path = write_unseen("api_key = abc\nprivate_key = ", ED25519_PRIVATE);
    hide(hidden, strstr(ED25519_PRIVATE, "IJ1hsZ3v"));
    stays_out(path, hidden, "Ed25519, PEM");
    stays_out(path, seed, "Ed25519, key");
}

enum { HIDDEN_TEXT, HIDDEN_PRIME, HIDDEN_FILED, HIDDEN_COUNT };

/* In a process of its own, so that this one never holds the key but by reading its file. */
static _Noreturn void make_rsa_file(int to)
{
    EVP_PKEY *pkey = EVP_RSA_gen(2048);
    BIGNUM *prime = NULL;
    char little[128], big[128];
    uint8_t hidden[HIDDEN_COUNT][NEEDLE];
    char *pem = pkey != NULL ? pem_text(pkey, PEM_PRIVATE) : NULL;
    bool good = pem != NULL && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_FACTOR1, &prime) == 1 &&
                BN_bn2lebinpad(prime, (unsigned char *)little, sizeof(little)) == (int)sizeof(little) &&
                BN_bn2binpad(prime, (unsigned char *)big, sizeof(big)) == (int)sizeof(big);
    if (good) {
        hide(hidden[HIDDEN_TEXT], pem + 200);
        hide(hidden[HIDDEN_PRIME], little); /* as big numbers lie in memory */
        hide(hidden[HIDDEN_FILED], big);    /* as the file has it */
        (void)write_unseen("api_key = abc\nprivate_key = ", pem);
        good = write(to, hidden, sizeof(hidden)) == (ssize_t)sizeof(hidden);
    }
    _exit(good ? 0 : 1);
}

static void an_rsa_key_stays_out_of_dumps(void **state)
{
    (void)state;
#ifdef EB_TEST_NO_SCAN
    skip();
#endif
    int pipes[2], status = 0;
    uint8_t hidden[HIDDEN_COUNT][NEEDLE];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        make_rsa_file(pipes[1]);
    }
    assert_int_equal(close(pipes[1]), 0);
    assert_int_equal(read(pipes[0], hidden, sizeof(hidden)), (int)sizeof(hidden));
    assert_int_equal(close(pipes[0]), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    stays_out(in_folder("canary"), hidden[HIDDEN_TEXT], "RSA, PEM");
    stays_out(in_folder("canary"), hidden[HIDDEN_PRIME], "RSA, prime");
    stays_out(in_folder("canary"), hidden[HIDDEN_FILED], "RSA, prime as it is filed");
}

/* ---- speed, told and not judged --------------------------------------------------------------------------------- */

static void how_long_a_signature_takes(void **state)
{
    (void)state;
    const struct {
        const char *name, *secret;
        int times;
    } cases[] = {{"HMAC", SPOT, 20000}, {"Ed25519", ED25519_PRIVATE, 300}, {"RSA 2048", rsa_private, 50}};
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct eb_binance_key *k = key_of(cases[i].secret);
        struct timespec from, to;
        char out[EB_BINANCE_SIGNATURE_MAX];
        size_t len = 0;
        (void)clock_gettime(CLOCK_MONOTONIC, &from);
        for (int n = 0; n < cases[i].times; n++) {
            assert_int_equal(eb_binance_sign(k, vectors[4].payload, strlen(vectors[4].payload), out, sizeof(out), &len),
                             EB_OK);
        }
        (void)clock_gettime(CLOCK_MONOTONIC, &to);
        int64_t ns = (to.tv_sec - from.tv_sec) * INT64_C(1000000000) + (to.tv_nsec - from.tv_nsec);
        print_message("%s: %lld ns a signature\n", cases[i].name, (long long)(ns / cases[i].times));
        eb_binance_key_free(k);
    }
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    EVP_PKEY *pkey = EVP_RSA_gen(2048);
    assert_non_null(pkey);
    rsa_private = pem_text(pkey, PEM_PRIVATE);
    rsa_old = pem_text(pkey, PEM_OLD);
    rsa_public = pem_text(pkey, PEM_PUBLIC);
    EVP_PKEY_free(pkey);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"key", "ed.pem", "rsa.pem", "empty.pem", "open.pem", "canary"};
    for (size_t i = 0; i < EB_COUNT(names); i++) {
        (void)unlink(in_folder(names[i]));
    }
    (void)rmdir(folder);
    free(rsa_private);
    free(rsa_public);
    free(rsa_old);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_stay_out_of_dumps), /* first: the other cases hold secrets of their own */
        cmocka_unit_test(an_rsa_key_stays_out_of_dumps),
        cmocka_unit_test(documented_signatures),
        cmocka_unit_test(what_is_signed_verifies),
        cmocka_unit_test(hexadecimal_in_either_case_verifies),
        cmocka_unit_test(a_public_key_cannot_sign),
        cmocka_unit_test(a_key_has_a_name_that_may_be_shown),
        cmocka_unit_test(texts_that_are_no_keys),
        cmocka_unit_test(a_private_key_cut_or_damaged_is_refused),
        cmocka_unit_test(key_files),
        cmocka_unit_test(bad_key_files),
        cmocka_unit_test(how_long_a_signature_takes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
