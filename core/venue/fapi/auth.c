/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks, and whether he may: key, time, signature. The signature is over the text as it was sent, query and body
 * joined without a sign between them, the parameter `signature` left out.
 */
#include "venue/fapi/api.h"

#include <string.h>

#define WINDOW_MS 5000
#define WINDOW_MAX_MS 60000
#define AHEAD_MS 1000

static bool named(const char *part, const char *end, const char *name)
{
    size_t len = strlen(name);
    return (size_t)(end - part) >= len && memcmp(part, name, len) == 0 && (part + len == end || part[len] == '=');
}

/* The parts of a form but the signature's, joined again. */
static void add_without(struct eb_buffer *room, const char *text, size_t len)
{
    const char *end = text + len;
    bool first = true;
    while (text < end) {
        const char *stop = memchr(text, '&', (size_t)(end - text));
        stop = stop != NULL ? stop : end;
        if (!named(text, stop, "signature")) {
            if (!first) {
                (void)eb_buffer_add(room, "&", 1);
            }
            (void)eb_buffer_add(room, text, (size_t)(stop - text));
            first = false;
        }
        text = stop + 1;
    }
}

const char *fapi_auth_payload(struct eb_buffer *room, const char *query, const char *body, size_t body_len, size_t *len)
{
    eb_buffer_clear(room);
    add_without(room, query, strlen(query));
    add_without(room, body, body_len);
    *len = room->len;
    return room->failed ? NULL : eb_buffer_str(room);
}

void fapi_auth_sorted(struct eb_buffer *room, const struct fapi_params *p)
{
    eb_buffer_clear(room);
    const struct fapi_param *done = NULL;
    for (;;) { /* few parameters: the next by name each time */
        const struct fapi_param *next = NULL;
        for (unsigned i = 0; i < p->count; i++) {
            const struct fapi_param *v = &p->at[i];
            bool later = done == NULL || strcmp(v->name, done->name) > 0;
            if (later && strcmp(v->name, "signature") != 0 && (next == NULL || strcmp(v->name, next->name) < 0)) {
                next = v;
            }
        }
        if (next == NULL) {
            return;
        }
        if (done != NULL) {
            (void)eb_buffer_add(room, "&", 1);
        }
        (void)eb_buffer_text(room, next->name);
        (void)eb_buffer_add(room, "=", 1);
        (void)eb_buffer_text(room, next->value);
        done = next;
    }
}

static bool shaped(const char *key)
{
    for (const char *k = key; *k != '\0'; k++) {
        if (!((*k >= 'a' && *k <= 'z') || (*k >= 'A' && *k <= 'Z') || (*k >= '0' && *k <= '9') || *k == '-' ||
              *k == '_')) {
            return false;
        }
    }
    return key[0] != '\0';
}

static void check_key(struct fapi_call *c, const char *key, enum fapi_security s)
{
    c->a = shaped(key) ? fapi_account_by_key(c->f, key) : NULL;
    if (!shaped(key)) {
        fapi_fail(c, -2014, NULL);
    } else if (c->a == NULL || (s == FAPI_TRADE && !fapi_can_trade(c->a))) {
        fapi_fail(c, -2015, NULL);
    }
}

static void check_time(struct fapi_call *c)
{
    int64_t sent_ms = 0;
    int64_t window_ms = WINDOW_MS;
    (void)fapi_get_ms(c, "timestamp", true, &sent_ms);
    (void)fapi_get_ms(c, "recvWindow", false, &window_ms);
    if (c->code != 0) {
        return;
    }
    if (window_ms > WINDOW_MAX_MS) {
        fapi_fail_text(c, -1131, "recvWindow must be less than 60000.");
        return;
    }
    int64_t now_ms = eb_fapi_now_ms(c->f);
    if (sent_ms >= now_ms + AHEAD_MS) {
        fapi_fail_text(c, -1021, "Timestamp for this request was 1000ms ahead of the server's time.");
    } else if (now_ms - sent_ms > window_ms) {
        fapi_fail(c, -1021, NULL);
    }
}

void fapi_auth_http(struct fapi_call *c, enum fapi_security s, const struct eb_fapi_request *r)
{
    if (s == FAPI_PUBLIC || c->code != 0) {
        return;
    }
    check_key(c, r->api_key != NULL ? r->api_key : "", s);
    if (s == FAPI_KEYED) {
        return;
    }
    const char *signature = NULL;
    (void)fapi_get_text(c, "signature", true, &signature);
    check_time(c);
    if (c->code != 0) {
        return;
    }
    size_t len = 0;
    const char *payload = fapi_auth_payload(&fapi_api_of(c->f)->scratch, r->query, r->body, r->body_len, &len);
    if (payload == NULL) {
        fapi_fail(c, -1101, NULL);
    } else if (!eb_binance_verify(fapi_account_key(c->a), payload, len, signature, strlen(signature))) {
        fapi_fail(c, -1022, NULL);
    }
}

void fapi_auth_ws(struct fapi_call *c, enum fapi_security s, struct fapi_account *logged)
{
    if (s == FAPI_PUBLIC || c->code != 0) {
        return;
    }
    const char *key = fapi_param(c->p, "apiKey");
    if (logged != NULL && fapi_param(c->p, "signature") == NULL &&
        (key == NULL || fapi_account_by_key(c->f, key) == logged)) {
        c->a = logged;
        if (s == FAPI_TRADE && !fapi_can_trade(logged)) {
            fapi_fail(c, -2015, NULL);
        }
        if (s != FAPI_KEYED) {
            check_time(c);
        }
        return;
    }
    const char *text = NULL;
    if (!fapi_get_text(c, "apiKey", true, &text)) {
        return;
    }
    check_key(c, text, s);
    if (s == FAPI_KEYED) {
        return;
    }
    const char *signature = NULL;
    (void)fapi_get_text(c, "signature", true, &signature);
    check_time(c);
    if (c->code != 0) {
        return;
    }
    struct eb_buffer *room = &fapi_api_of(c->f)->scratch;
    fapi_auth_sorted(room, c->p);
    if (room->failed ||
        !eb_binance_verify(fapi_account_key(c->a), room->data, room->len, signature, strlen(signature))) {
        fapi_fail(c, -1022, NULL);
    }
}
