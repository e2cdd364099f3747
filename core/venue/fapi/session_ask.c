/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clients ask of a socket of streams: {"method":"SUBSCRIBE","params":["btcusdt@aggTrade"],"id":1} and so on. The
 * id comes back as it was sent: number, text or null.
 */
#include "venue/fapi/streams.h"

#include <stdio.h>
#include <string.h>

enum code { UNKNOWN_PROPERTY = 0, WRONG_VALUE = 1, WRONG_REQUEST = 2, WRONG_JSON = 3 };

struct ask {
    struct eb_fapi_session *s;
    struct eb_tok root, params;
    char id[128]; /* as JSON */
};

/* The last thing that happens to a request: the socket may be over after it. */
static void answer(const struct ask *a, const struct eb_buffer *b)
{
    struct eb_fapi *f = a->s->f;
    fapi_sending(f);
    if (!b->failed) {
        fapi_deliver(f, &a->s->peer, FAPI_ROUTE_API, b->data, b->len);
    }
    fapi_sent(f);
}

static void say_error(const struct ask *a, enum code code, const char *msg)
{
    struct eb_buffer *b = fapi_scratch(a->s->f);
    if (b != NULL) {
        fapi_put(b, "{\"error\":{\"code\":");
        fapi_put_i64(b, (int)code);
        fapi_put(b, ",\"msg\":");
        (void)eb_buffer_json_string(b, msg);
        fapi_put(b, "},\"id\":");
        fapi_put(b, a->id);
        fapi_put(b, "}");
        answer(a, b);
    }
}

static void say_result(const struct ask *a, const char *result)
{
    struct eb_buffer *b = fapi_scratch(a->s->f);
    if (b != NULL) {
        fapi_put(b, "{\"result\":");
        fapi_put(b, result);
        fapi_put(b, ",\"id\":");
        fapi_put(b, a->id);
        fapi_put(b, "}");
        answer(a, b);
    }
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

/* True when params is a list of names that fit. */
static bool names_good(const struct ask *a)
{
    char name[FAPI_STREAM_NAME_MAX];
    if (eb_tok_kind(a->params) != EB_TOK_ARRAY) {
        say_error(a, WRONG_REQUEST, "Invalid request: params must be a list of stream names");
        return false;
    }
    if (eb_tok_size(a->params) > FAPI_STREAMS_OF_SOCKET) {
        say_error(a, WRONG_REQUEST, "Invalid request: too many parameters");
        return false;
    }
    for (struct eb_tok t = eb_tok_first(a->params); eb_tok_kind(t) != EB_TOK_ABSENT; t = eb_tok_next(t)) {
        if (eb_tok_kind(t) != EB_TOK_STRING || !eb_tok_text(t, name, sizeof(name)) || name[0] == '\0') {
            say_error(a, WRONG_REQUEST, "Invalid request: stream name must be a string of at most 95 bytes");
            return false;
        }
    }
    return true;
}

static void subscribe(const struct ask *a)
{
    char name[FAPI_STREAM_NAME_MAX];
    if (!names_good(a)) {
        return;
    }
    for (struct eb_tok t = eb_tok_first(a->params); eb_tok_kind(t) != EB_TOK_ABSENT; t = eb_tok_next(t)) {
        enum fapi_joined joined = eb_tok_text(t, name, sizeof(name)) ? fapi_session_join(a->s, name, "") : FAPI_JOINED;
        if (joined != FAPI_JOINED) {
            say_error(a, WRONG_REQUEST,
                      joined == FAPI_JOIN_FULL ? "Invalid request: too many streams, a connection has at most 1024"
                                               : "Invalid request: out of memory");
            return;
        }
    }
    say_result(a, "null");
}

static void unsubscribe(const struct ask *a)
{
    char name[FAPI_STREAM_NAME_MAX];
    if (!names_good(a)) {
        return;
    }
    for (struct eb_tok t = eb_tok_first(a->params); eb_tok_kind(t) != EB_TOK_ABSENT; t = eb_tok_next(t)) {
        if (eb_tok_text(t, name, sizeof(name))) {
            fapi_session_leave(a->s, name);
        }
    }
    say_result(a, "null");
}

static void list(const struct ask *a)
{
    struct eb_buffer *b = fapi_scratch(a->s->f);
    if (b == NULL) {
        return;
    }
    fapi_put(b, "{\"result\":[");
    const char *between = "";
    for (uint32_t i = 0; i < a->s->nodes; i++, between = ",") {
        fapi_put(b, between);
        (void)eb_buffer_json_string(b, a->s->node[i]->name);
    }
    for (unsigned i = 0; i < a->s->keys; i++, between = ",") {
        fapi_put(b, between);
        (void)eb_buffer_json_string(b, a->s->key[i].key);
    }
    fapi_put(b, "],\"id\":");
    fapi_put(b, a->id);
    fapi_put(b, "}");
    answer(a, b);
}

/* ---- properties -------------------------------------------------------------------------------------------------- */

static bool is_combined(const struct ask *a)
{
    struct eb_tok name = eb_tok_first(a->params);
    if (eb_tok_kind(name) != EB_TOK_STRING) {
        say_error(a, WRONG_REQUEST, "Invalid request: property name must be a string");
        return false;
    }
    if (!eb_tok_is(name, "combined")) {
        say_error(a, UNKNOWN_PROPERTY, "Unknown property");
        return false;
    }
    return true;
}

static void set_property(const struct ask *a)
{
    if (!is_combined(a)) {
        return;
    }
    struct eb_tok value = eb_tok_next(eb_tok_first(a->params));
    bool on;
    if (eb_tok_kind(value) != EB_TOK_BOOL || !eb_tok_bool(value, &on)) {
        say_error(a, WRONG_VALUE, "Invalid value type: expected Boolean");
        return;
    }
    a->s->combined = on;
    say_result(a, "null");
}

static void get_property(const struct ask *a)
{
    if (is_combined(a)) {
        say_result(a, a->s->combined ? "true" : "false");
    }
}

/* ---- one request ------------------------------------------------------------------------------------------------- */

/* The id as it is to come back; false: it is neither number nor text nor null. */
static bool read_id(struct ask *a)
{
    struct eb_tok id = eb_tok_get(a->root, "id");
    enum eb_tok_kind kind = eb_tok_kind(id);
    size_t len;
    const char *raw = eb_tok_raw(id, &len);
    (void)snprintf(a->id, sizeof(a->id), "null");
    if (kind == EB_TOK_ABSENT || kind == EB_TOK_NULL) {
        return true;
    }
    if ((kind != EB_TOK_NUMBER && kind != EB_TOK_STRING) || len + 3 > sizeof(a->id)) {
        return false;
    }
    const char *quote = kind == EB_TOK_STRING ? "\"" : "";
    (void)snprintf(a->id, sizeof(a->id), "%s%.*s%s", quote, (int)len, raw, quote);
    return true;
}

void fapi_session_ask(struct eb_fapi_session *s, const char *text, size_t len)
{
    static const struct {
        const char *name;
        void (*does)(const struct ask *a);
    } methods[] = {{"SUBSCRIBE", subscribe},
                   {"UNSUBSCRIBE", unsubscribe},
                   {"LIST_SUBSCRIPTIONS", list},
                   {"SET_PROPERTY", set_property},
                   {"GET_PROPERTY", get_property}};
    struct fapi_streams *st = fapi_streams_of(s->f);
    struct eb_tokens tokens;
    struct ask a = {.s = s, .id = "null"};
    int rc = eb_tokens_parse(&tokens, "request", text, len, st->room, FAPI_ASK_TOKENS, NULL);
    if (rc != EB_OK) {
        say_error(&a, rc == EB_E_FULL ? WRONG_REQUEST : WRONG_JSON,
                  rc == EB_E_FULL ? "Invalid request: too many parameters" : "Invalid JSON: expected value");
        return;
    }
    a.root = eb_tok_root(&tokens);
    a.params = eb_tok_get(a.root, "params");
    if (!read_id(&a)) {
        say_error(&a, WRONG_REQUEST, "Invalid request: request ID must be an unsigned integer");
        return;
    }
    struct eb_tok method = eb_tok_get(a.root, "method");
    if (eb_tok_kind(method) == EB_TOK_ABSENT) {
        say_error(&a, WRONG_REQUEST, "Invalid request: missing field `method`");
        return;
    }
    for (size_t i = 0; i < EB_COUNT(methods); i++) {
        if (eb_tok_is(method, methods[i].name)) {
            methods[i].does(&a);
            return;
        }
    }
    size_t shown = 0;
    const char *raw = eb_tok_raw(method, &shown);
    char msg[256];
    (void)snprintf(msg, sizeof(msg),
                   "Invalid request: unknown variant `%.*s`, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, "
                   "`LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`",
                   shown < 40 ? (int)shown : 40, raw != NULL ? raw : "");
    say_error(&a, WRONG_REQUEST, msg);
}
