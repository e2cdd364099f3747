/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of the WebSocket API. A request's parameters are sorted by name, joined unencoded and signed; the JSON then
 * holds them as texts, so that what was signed is what is sent. Nothing is allocated.
 */
#include "venue/binance/wsapi_inner.h"

#include <stdio.h>
#include <string.h>

#include "venue/codes.h"

#define ITEMS_MAX (BN_PARAMS_MAX + 3)

struct item {
    const char *key, *value;
    size_t len;
    bool number;
};
struct items {
    struct item item[ITEMS_MAX];
    size_t count;
};

static void insert(struct items *s, const char *key, const char *value, size_t len, bool number)
{
    size_t at = s->count++;
    while (at > 0 && strcmp(s->item[at - 1].key, key) > 0) {
        s->item[at] = s->item[at - 1];
        at--;
    }
    s->item[at] = (struct item){.key = key, .value = value, .len = len, .number = number};
}

/* Whatever we write is printable; a quote or a backslash is escaped, control characters are refused. */
static void json_string(struct bn_text *t, const char *value, size_t len)
{
    bn_text_str(t, "\"");
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)value[i] < 0x20)
            t->failed = true;
        if (value[i] != '"' && value[i] != '\\')
            continue;
        bn_text_add(t, value + from, i - from);
        bn_text_str(t, "\\");
        from = i;
    }
    bn_text_add(t, value + from, len - from);
    bn_text_str(t, "\"");
}

static void write_items(const struct items *s, struct bn_text *out, const char *signature, size_t signature_len)
{
    for (size_t i = 0; i < s->count; i++) {
        bn_text_str(out, i ? ",\"" : "\"");
        bn_text_str(out, s->item[i].key);
        bn_text_str(out, "\":");
        if (s->item[i].number)
            bn_text_add(out, s->item[i].value, s->item[i].len);
        else
            json_string(out, s->item[i].value, s->item[i].len);
    }
    if (signature_len > 0) {
        bn_text_str(out, ",\"signature\":");
        json_string(out, signature, signature_len);
    }
}

static bool sign(const struct items *s, const struct eb_binance_key *key, struct bn_text *payload, char *signature,
                 size_t cap, size_t *len)
{
    for (size_t i = 0; i < s->count; i++) {
        if (i > 0)
            bn_text_str(payload, "&");
        bn_text_str(payload, s->item[i].key);
        bn_text_str(payload, "=");
        bn_text_add(payload, s->item[i].value, s->item[i].len);
    }
    return !payload->failed && eb_binance_sign(key, payload->at, payload->len, signature, cap, len) == EB_OK;
}

static size_t digits_of(int64_t n, char room[24])
{
    struct bn_text t = {.at = room, .cap = 24};
    bn_text_i64(&t, n);
    return t.len;
}

bool bn_ws_write(const struct bn_ws_request *q, struct bn_text *out, struct bn_text *payload)
{
    struct items s = {.count = 0};
    char timestamp[24], window[24], signature[EB_BINANCE_SIGNATURE_MAX];
    size_t signature_len = 0;
    for (size_t i = 0; i < q->params->count; i++)
        insert(&s, q->params->item[i].key, bn_params_value(q->params, i), q->params->item[i].len, false);
    if (q->auth != BN_WS_PLAIN) {
        insert(&s, "timestamp", timestamp, digits_of(q->timestamp_ms, timestamp), true);
        insert(&s, "recvWindow", window, digits_of(q->recv_window_ms, window), true);
    }
    if (q->auth == BN_WS_SIGNED) {
        if (!q->key)
            return false;
        const char *id = eb_binance_key_id(q->key);
        insert(&s, "apiKey", id, strlen(id), false);
        if (!sign(&s, q->key, payload, signature, sizeof signature, &signature_len))
            return false;
    }
    bn_text_str(out, "{\"id\":");
    bn_text_i64(out, (int64_t)q->id);
    bn_text_str(out, ",\"method\":\"");
    bn_text_str(out, q->method);
    bn_text_str(out, "\",\"params\":{");
    write_items(&s, out, signature, signature_len);
    bn_text_str(out, "}}");
    return !out->failed;
}

/* ---- answers --------------------------------------------------------------------------------------------------- */

static void read_limits(struct eb_tok limits, struct bn_ws_answer *out)
{
    for (struct eb_tok l = eb_tok_first(limits); eb_tok_kind(l) != EB_TOK_ABSENT; l = eb_tok_next(l)) {
        uint64_t count = 0;
        int64_t every = 0;
        if (!eb_tok_u64(eb_tok_get(l, "count"), &count) || !eb_tok_i64(eb_tok_get(l, "intervalNum"), &every) ||
            count >= UINT32_MAX)
            continue;
        struct eb_tok type = eb_tok_get(l, "rateLimitType"), interval = eb_tok_get(l, "interval");
        if (eb_tok_is(type, "REQUEST_WEIGHT") && eb_tok_is(interval, "MINUTE") && every == 1)
            out->weight_1m = (uint32_t)count;
        else if (eb_tok_is(type, "ORDERS") && eb_tok_is(interval, "SECOND") && every == 10)
            out->orders_10s = (uint32_t)count;
        else if (eb_tok_is(type, "ORDERS") && eb_tok_is(interval, "MINUTE") && every == 1)
            out->orders_1m = (uint32_t)count;
    }
}

static void read_error(struct eb_tok error, struct bn_ws_answer *out)
{
    int64_t code = 0;
    if (eb_tok_i64(eb_tok_get(error, "code"), &code) && code >= INT32_MIN && code <= INT32_MAX)
        out->code = (int32_t)code;
    if (!eb_tok_text(eb_tok_get(error, "msg"), out->msg, sizeof out->msg))
        snprintf(out->msg, sizeof out->msg, "an error without a text");
    int64_t at = 0;
    if (eb_tok_i64(eb_tok_get(eb_tok_get(error, "data"), "retryAfter"), &at))
        out->retry_after_ms = at;
}

int bn_ws_read(const char *text, size_t len, struct eb_token *room, int cap, struct bn_ws_answer *out,
               struct eb_err *err)
{
    struct eb_tokens t;
    *out = (struct bn_ws_answer){
        .result = "", .weight_1m = BN_NOT_TOLD, .orders_10s = BN_NOT_TOLD, .orders_1m = BN_NOT_TOLD};
    int code = eb_tokens_parse(&t, "answer", text, len, room, cap, err);
    if (code != EB_OK)
        return code;
    struct eb_tok root = eb_tok_root(&t);
    out->has_id = eb_tok_u64(eb_tok_get(root, "id"), &out->id);
    int64_t status = 0;
    if (!eb_tok_i64(eb_tok_get(root, "status"), &status) || status < 100 || status > 599)
        return eb_err_set(err, EB_E_INVALID, "binance", "an answer of the WebSocket API without a status");
    out->status = (int)status;
    read_error(eb_tok_get(root, "error"), out);
    read_limits(eb_tok_get(root, "rateLimits"), out);
    struct eb_tok result = eb_tok_get(root, "result");
    if (eb_tok_kind(result) == EB_TOK_OBJECT || eb_tok_kind(result) == EB_TOK_ARRAY) {
        const struct eb_token *at = &t.token[result.at];
        out->result = text + at->start;
        out->result_len = (size_t)(at->end - at->start);
    }
    return EB_OK;
}
