/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exchange over its counter: real market, accounts and API in virtual time, clients that sign, and a socket that
 * remembers what an account is told. Included by one file per test.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venue/fapi/api.h"

#define T0 INT64_C(1591702614000) /* within the receive window of the documented request of 2020 */
#define KEY_A "dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc83"
#define SECRET_A "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
#define KEY_B "hedger"
#define SECRET_B "anothersecret"
#define KEY_ED "edkey"
#define KEY_RO "reader"
/* RFC 8032, test 1 */
#define ED_PUBLIC                                                                                \
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n" \
    "-----END PUBLIC KEY-----\n"
#define ED_PRIVATE                                                                                    \
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" \
    "-----END PRIVATE KEY-----\n"

enum { A, B, ED, RO, CLIENTS };

static struct {
    struct eb_fapi *f;
    struct eb_binance_key *key[CLIENTS];
    struct fapi_reply reply;
    int64_t ahead_ms; /* how far the client's clock is */
    char ws[65536];
    struct fapi_account *logged;
    char heard[400][1600];
    unsigned count;
    struct eb_fapi_session *socket;
} it;

static const char *const client_key[CLIENTS] = {KEY_A, KEY_B, KEY_ED, KEY_RO};
static const char *const client_secret[CLIENTS] = {SECRET_A, SECRET_B, ED_PRIVATE, "readonly"};

static __attribute__((unused)) void hear(void *peer, const char *text, size_t len)
{
    (void)peer;
    assert_true(it.count < EB_COUNT(it.heard) && len < sizeof(it.heard[0]));
    memcpy(it.heard[it.count], text, len);
    it.heard[it.count++][len] = '\0';
}

static void feel(void *peer)
{
    (void)peer;
}

static void lose(void *peer, int code)
{
    (void)peer;
    (void)code;
    it.socket = NULL;
}

static uint32_t symbol(const char *name)
{
    uint32_t id = fapi_symbol_find(it.f, name);
    assert_true(id != FAPI_NONE);
    return id;
}

/* Last, mark, bid and ask of a symbol; prices in units. */
static __attribute__((unused)) void price(const char *name, int64_t units)
{
    const struct fapi_symbol *y = fapi_symbol_at(it.f, symbol(name));
    eb_price p = {units * EB_E8};
    const struct eb_sim_quote q = {.mark = p, .last = p, .bid = {p.e8 - y->inst.tick.e8}, .ask = p};
    fapi_quote(it.f, symbol(name), &q);
}

static void open_exchange(void (*change)(struct eb_fapi_config *c))
{
    static const struct eb_fapi_account accounts[] = {
        {.name = "a",
         .api_key = KEY_A,
         .secret = SECRET_A,
         .balance = {100000 * EB_E8},
         .can_trade = true,
         .cross = true},
        {.name = "b",
         .api_key = KEY_B,
         .secret = SECRET_B,
         .balance = {100000 * EB_E8},
         .can_trade = true,
         .hedge = true},
        {.name = "ed", .api_key = KEY_ED, .secret = ED_PUBLIC, .balance = {1000 * EB_E8}, .can_trade = true},
        {.name = "ro", .api_key = KEY_RO, .secret = "readonly", .balance = {1000 * EB_E8}},
    };
    struct eb_fapi_config c;
    struct eb_err err = {0};
    memset(&it, 0, sizeof(it));
    eb_fapi_config_default(&c);
    c.start_ms = T0;
    c.feed = EB_FAPI_FEED_HELD;
    c.account = accounts;
    c.accounts = EB_COUNT(accounts);
    if (change != NULL) {
        change(&c);
    }
    if (eb_fapi_create(&c, &it.f, &err) != EB_OK) {
        fail_msg("%s: %s", err.where, err.msg);
    }
    for (int i = 0; i < CLIENTS; i++) {
        assert_int_equal(eb_binance_key_make(client_key[i], client_secret[i], &it.key[i], &err), EB_OK);
    }
    eb_buffer_init(&it.reply.body, (size_t)8 << 20);
    eb_fapi_run(it.f, T0);
    price("BTCUSDT", 9100);
}

static int close_exchange(void **state)
{
    (void)state;
    if (it.socket != NULL) {
        eb_fapi_session_gone(it.socket);
    }
    for (int i = 0; i < CLIENTS; i++) {
        eb_binance_key_free(it.key[i]);
    }
    eb_buffer_deinit(&it.reply.body);
    eb_fapi_destroy(it.f);
    return 0;
}

static int open_plain(void **state)
{
    (void)state;
    open_exchange(NULL);
    return 0;
}

static int raw(const char *method, const char *path, const char *query, const char *body, const char *key)
{
    const struct eb_fapi_request r = {.method = method,
                                      .path = path,
                                      .query = query,
                                      .body = body,
                                      .body_len = strlen(body),
                                      .api_key = key,
                                      .peer = "127.0.0.1"};
    fapi_api_http(it.f, &r, &it.reply);
    return it.reply.status;
}

static const char *body(void)
{
    return eb_buffer_str(&it.reply.body);
}

static void percent(const char *text, char *out)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '+' || c == '/' || c == '=' || c == '"' || c == '[' || c == ']' || c == '{' || c == '}' || c == ',' ||
            c == ':') {
            *out++ = '%';
            *out++ = hex[c >> 4];
            *out++ = hex[c & 15];
        } else {
            *out++ = (char)c;
        }
    }
    *out = '\0';
}

/* A signed request with everything in its query; the status. */
static int ask_as(int who, const char *method, const char *path, const char *form)
{
    static char query[16384];
    char signature[EB_BINANCE_SIGNATURE_MAX + 1];
    char coded[3 * EB_BINANCE_SIGNATURE_MAX];
    size_t len = 0;
    int n = snprintf(query, sizeof(query), "%s%stimestamp=%" PRId64, form, form[0] != '\0' ? "&" : "",
                     eb_fapi_now_ms(it.f) + it.ahead_ms);
    assert_int_equal(eb_binance_sign(it.key[who], query, (size_t)n, signature, sizeof(signature) - 1, &len), EB_OK);
    signature[len] = '\0';
    percent(signature, coded);
    (void)snprintf(query + n, sizeof(query) - (size_t)n, "&signature=%s", coded);
    return raw(method, path, query, "", client_key[who]);
}

static __attribute__((unused)) int ask(const char *method, const char *path, const char *form)
{
    return ask_as(A, method, path, form);
}

/* Whether each is in the text, in this order. */
static bool in_order(const char *text, const char *const *part, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text = strstr(text, part[i]);
        if (text == NULL) {
            return false;
        }
        text += strlen(part[i]);
    }
    return true;
}

#define HAS(text, ...)                                             \
    do {                                                           \
        const char *const parts_[] = {__VA_ARGS__};                \
        if (!in_order((text), parts_, EB_COUNT(parts_))) {         \
            fail_msg("%s lacks one of %s ...", (text), parts_[0]); \
        }                                                          \
    } while (0)

/* The request and what it is answered. */
static __attribute__((unused)) void expect(int who, const char *method, const char *path, const char *form, int status,
                                           const char *part)
{
    int got = ask_as(who, method, path, form);
    if (got != status || strstr(body(), part) == NULL) {
        fail_msg("%s %s %s: %d %s\n  not %d %s", method, path, form, got, body(), status, part);
    }
}

/* The number behind "key": in the last answer. */
static __attribute__((unused)) uint64_t number(const char *text, const char *key)
{
    char want[64];
    (void)snprintf(want, sizeof(want), "\"%s\":", key);
    const char *at = strstr(text, want);
    assert_non_null(at);
    return strtoull(at + strlen(want), NULL, 10);
}

/* Begins to listen to the events of a client. */
static __attribute__((unused)) void listen_to(int who)
{
    static const struct eb_fapi_peer peer = {&it, hear, feel, lose};
    assert_int_equal(raw("POST", "/fapi/v1/listenKey", "", "", client_key[who]), 200);
    char path[128];
    const char *key = strstr(body(), ":\"");
    assert_non_null(key);
    (void)snprintf(path, sizeof(path), "/private/ws/%.64s", key + 2);
    assert_int_equal(eb_fapi_session_open(it.f, path, "", "127.0.0.1", &peer, &it.socket), 0);
}

static __attribute__((unused)) const char *send_ws(const char *text)
{
    struct eb_buffer answer;
    eb_buffer_init(&answer, sizeof(it.ws));
    fapi_api_ws(it.f, "127.0.0.1", text, strlen(text), &it.logged, &answer);
    (void)snprintf(it.ws, sizeof(it.ws), "%s", eb_buffer_str(&answer));
    eb_buffer_deinit(&answer);
    return it.ws;
}
