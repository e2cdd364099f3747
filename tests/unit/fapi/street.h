/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A market and its streams without accounts, API and faults: doubles of those, and sockets that remember what they
 * hear. Included by one file per test, since others of this folder link the real ones.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venue/fapi/streams.h"
#include "venue/simd/scene.h"

#define T0 (INT64_C(1750000000) * 1000 + 400000) /* 2025-06-15 15:13:20: no quarter of an hour, no minute */
#define HEARD_MAX 400

struct fapi_account {
    const char *key;
};

struct socket {
    char *text[HEARD_MAX]; /* owned */
    unsigned count, pings;
    int closed; /* code; -1 open */
    struct eb_fapi_session *session;
    struct eb_fapi *f;
    bool leaves; /* at the first message */
};

static struct {
    struct fapi_account account[2];
    unsigned prices[2]; /* told to accounts */
    struct eb_sim_quote last;
    unsigned entries, api_texts, gone;
    struct eb_scene_entry entry;
} street;

/* ---- doubles ----------------------------------------------------------------------------------------------------- */

struct fapi_account *fapi_account_at(struct eb_fapi *f, size_t i)
{
    (void)f;
    return i < 2 ? &street.account[i] : NULL;
}

void fapi_account_price(struct fapi_account *a, uint32_t symbol, const struct eb_sim_quote *q)
{
    (void)symbol;
    street.prices[a - street.account]++;
    street.last = *q;
}

struct eb_sim *fapi_account_sim(struct fapi_account *a)
{
    (void)a;
    static struct eb_sim *sim;
    struct eb_sim_config c;
    struct eb_err err;
    eb_sim_config_default(&c);
    c.symbols_max = 1000;
    if (sim == NULL) {
        assert_int_equal(eb_sim_create(&c, &sim, &err), EB_OK);
    }
    return sim;
}

void fapi_market_entry(struct eb_fapi *f, const struct eb_scene_entry *e)
{
    (void)f;
    street.entries++;
    street.entry = *e;
}

struct fapi_account *fapi_listen_key_account(struct eb_fapi *f, const char *listen_key)
{
    (void)f;
    for (size_t i = 0; i < 2; i++) {
        if (street.account[i].key != NULL && strcmp(street.account[i].key, listen_key) == 0) {
            return &street.account[i];
        }
    }
    return NULL;
}

void fapi_deliver(struct eb_fapi *f, const struct eb_fapi_peer *peer, enum fapi_route route, const char *text,
                  size_t len)
{
    (void)f;
    (void)route;
    assert_int_equal(strlen(text), len);
    peer->send(peer->peer, text, len);
}

void fapi_ws_request(struct eb_fapi *f, const struct eb_fapi_peer *peer, const char *address, const char *text,
                     size_t len, struct fapi_account **logged)
{
    (void)f;
    (void)address;
    *logged = &street.account[0];
    street.api_texts++;
    peer->send(peer->peer, text, len);
}

int fapi_limits_connect(struct eb_fapi *f, const char *peer, bool api)
{
    (void)f;
    (void)peer;
    (void)api;
    return 0;
}

void fapi_peer_gone(struct eb_fapi *f, const struct eb_fapi_peer *peer)
{
    (void)f;
    (void)peer;
    street.gone++;
}

/* ---- the exchange ------------------------------------------------------------------------------------------------ */

static inline struct eb_fapi_config held_config(void)
{
    return (struct eb_fapi_config){
        .start_ms = T0, .feed = EB_FAPI_FEED_HELD, .seed = 7, .speed_ppm = EB_PPM, .classes_strict = true};
}

/* error NULL: it has to succeed. */
static inline struct eb_fapi *open_street(const struct eb_fapi_config *c, struct eb_err *error)
{
    struct eb_err err = {0};
    struct eb_fapi *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    memset(&street, 0, sizeof(street));
    f->c = *c;
    f->now_ms = c->start_ms;
    assert_int_equal(fapi_streams_create(f, &f->streams, &err), EB_OK);
    int rc = fapi_market_create(f, c, &f->market, &err);
    if (error == NULL && rc != EB_OK) {
        fail_msg("%s", err.msg);
    }
    if (error != NULL) {
        *error = err;
        error->code = rc;
    }
    return f;
}

static inline void close_street(struct eb_fapi *f)
{
    fapi_market_destroy(f->market);
    fapi_streams_destroy(f->streams);
    free(f);
}

/* Moves as the exchange does: to each time at which something wants to happen. */
static inline void run_to(struct eb_fapi *f, int64_t until_ms)
{
    for (;;) {
        int64_t a = fapi_market_next_ms(f), b = fapi_streams_next_ms(f), next = a < b ? a : b;
        if (next > until_ms) {
            break;
        }
        f->now_ms = next > f->now_ms ? next : f->now_ms;
        fapi_market_run(f, f->now_ms);
        fapi_streams_run(f, f->now_ms);
        assert_true(fapi_market_next_ms(f) > f->now_ms);
        assert_true(fapi_streams_next_ms(f) > f->now_ms);
    }
    f->now_ms = until_ms;
}

/* ---- sockets ----------------------------------------------------------------------------------------------------- */

static inline void hear(void *peer, const char *text, size_t len)
{
    struct socket *s = peer;
    if (s->leaves && s->session != NULL) {
        struct eb_fapi_session *session = s->session;
        s->session = NULL;
        eb_fapi_session_gone(session);
    }
    if (s->count < HEARD_MAX) {
        s->text[s->count] = calloc(1, len + 1);
        assert_non_null(s->text[s->count]);
        memcpy(s->text[s->count], text, len);
    }
    s->count++;
}

static inline void pinged(void *peer)
{
    ((struct socket *)peer)->pings++;
}

static inline void closed(void *peer, int code)
{
    struct socket *s = peer;
    s->closed = code;
    s->session = NULL;
}

static inline void forget(struct socket *s)
{
    for (unsigned i = 0; i < s->count && i < HEARD_MAX; i++) {
        free(s->text[i]);
    }
    s->count = 0;
}

static inline int dial(struct eb_fapi *f, struct socket *s, const char *path, const char *query)
{
    memset(s, 0, sizeof(*s));
    s->closed = -1;
    s->f = f;
    const struct eb_fapi_peer peer = {s, hear, pinged, closed};
    return eb_fapi_session_open(f, path, query, "127.0.0.1", &peer, &s->session);
}

static inline void hang_up(struct socket *s)
{
    if (s->session != NULL) {
        eb_fapi_session_gone(s->session);
        s->session = NULL;
    }
    forget(s);
}

static inline void say(struct socket *s, const char *text)
{
    eb_fapi_session_text(s->session, text, strlen(text));
}

static inline const char *last_of(const struct socket *s)
{
    return s->count > 0 && s->count <= HEARD_MAX ? s->text[s->count - 1] : "";
}

/* The value under a key of an object's text, "" where there is none. Nested keys by "k.c". */
static inline const char *field(const char *json, const char *path)
{
    static struct eb_token room[4096];
    static char out[4][256];
    static unsigned turn;
    struct eb_tokens tokens;
    struct eb_err err;
    char key[64];
    if (eb_tokens_parse(&tokens, "message", json, strlen(json), room, 4096, &err) != EB_OK) {
        fail_msg("%s in %.200s", err.msg, json);
    }
    struct eb_tok t = eb_tok_root(&tokens);
    for (const char *at = path; *at != '\0';) {
        size_t n = strcspn(at, ".");
        (void)snprintf(key, sizeof(key), "%.*s", (int)n, at);
        t = eb_tok_get(t, key);
        at += n + (at[n] == '.' ? 1 : 0);
    }
    size_t len;
    const char *raw = eb_tok_raw(t, &len);
    char *text = out[turn++ % 4];
    (void)snprintf(text, sizeof(out[0]), "%.*s", raw != NULL ? (int)len : 0, raw != NULL ? raw : "");
    return text;
}
