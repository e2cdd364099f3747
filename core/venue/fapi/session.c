/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets: what a path asks for, how long a socket lives, what accounts tell on it.
 *
 *     [/public|/market|/private]/ws[/<stream>...]   payloads as they are       /ws-fapi/v1   texts to the API
 *     [/public|/market|/private]/stream[?streams=]  in envelopes               listenKey=, events= where private
 *
 * An unknown listen key is accepted and silent. So is a key that has ended, after listenKeyExpired: the socket stays.
 */
#include "venue/fapi/streams.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PING_EVERY_MS (INT64_C(3) * 60 * 1000)
#define PONG_WITHIN_MS (INT64_C(10) * 60 * 1000)
#define LIFE_MS (INT64_C(24) * 3600 * 1000)
#define ASKS_PER_SECOND 10
#define SESSIONS_MAX 10000
#define CLOSE_AWAY 1001
#define CLOSE_POLICY 1008
#define HTTP_BAD 400
#define HTTP_ABSENT 404
#define HTTP_BUSY 503

/* ---- life -------------------------------------------------------------------------------------------------------- */

/* Gives up everything but the memory, which may be in use while something is being sent. */
static void end_session(struct eb_fapi_session *s)
{
    struct eb_fapi *f = s->f;
    struct fapi_streams *st = fapi_streams_of(f);
    if (s->dead) {
        return;
    }
    s->dead = true;
    fapi_peer_gone(f, &s->peer);
    st->swept = true;
    fapi_sending(f);
    fapi_sent(f); /* frees it now where nothing is being sent */
}

void fapi_sessions_reap(struct eb_fapi *f)
{
    struct fapi_streams *st = fapi_streams_of(f);
    for (struct eb_fapi_session *s = st->session, *next; s != NULL; s = next) {
        next = s->next;
        if (!s->dead) {
            continue;
        }
        for (uint32_t i = 0; i < s->nodes; i++) {
            fapi_node_leave(f, s->node[i], s);
        }
        *(s->prev != NULL ? &s->prev->next : &st->session) = s->next;
        if (s->next != NULL) {
            s->next->prev = s->prev;
        }
        st->sessions--;
        free(s->node);
        free(s);
    }
}

static void close_session(struct eb_fapi_session *s, int code)
{
    const struct eb_fapi_peer peer = s->peer;
    struct eb_fapi *f = s->f;
    fapi_sending(f); /* whatever the other side does now, s is here until the end */
    end_session(s);
    peer.close(peer.peer, code);
    fapi_sent(f);
}

void eb_fapi_session_gone(struct eb_fapi_session *s)
{
    end_session(s);
}

void eb_fapi_session_ponged(struct eb_fapi_session *s)
{
    s->ponged_ms = s->f->now_ms;
}

static int64_t wants_ms(const struct eb_fapi_session *s)
{
    int64_t next = s->opened_ms + LIFE_MS;
    next = s->ping_ms < next ? s->ping_ms : next;
    return s->ponged_ms + PONG_WITHIN_MS < next ? s->ponged_ms + PONG_WITHIN_MS : next;
}

void fapi_sessions_run(struct eb_fapi *f, int64_t now_ms)
{
    struct fapi_streams *st = fapi_streams_of(f);
    int64_t next = INT64_MAX;
    fapi_sending(f);
    for (struct eb_fapi_session *s = st->session; s != NULL; s = s->next) {
        if (s->dead) {
            continue;
        }
        if (now_ms >= s->opened_ms + LIFE_MS) {
            close_session(s, CLOSE_AWAY);
            continue;
        }
        if (now_ms >= s->ponged_ms + PONG_WITHIN_MS) {
            close_session(s, CLOSE_POLICY);
            continue;
        }
        if (now_ms >= s->ping_ms) {
            s->ping_ms = now_ms + PING_EVERY_MS;
            s->peer.ping(s->peer.peer);
        }
        next = wants_ms(s) < next ? wants_ms(s) : next;
    }
    st->session_ms = next;
    fapi_sent(f);
}

void fapi_peer_close(struct eb_fapi *f, const struct eb_fapi_peer *peer, int code)
{
    for (struct eb_fapi_session *s = fapi_streams_of(f)->session; s != NULL; s = s->next) {
        if (!s->dead && s->peer.peer == peer->peer) {
            close_session(s, code);
            return;
        }
    }
}

unsigned fapi_sessions_cut(struct eb_fapi *f, const char *class_name, int code)
{
    static const char *const names[] = {"legacy", "public", "market", "private", "api"};
    unsigned cut = 0;
    fapi_sending(f);
    for (struct eb_fapi_session *s = fapi_streams_of(f)->session; s != NULL; s = s->next) {
        if (!s->dead && (class_name[0] == '\0' || strcmp(names[s->cls], class_name) == 0)) {
            close_session(s, code);
            cut++;
        }
    }
    fapi_sent(f);
    return cut;
}

/* ---- what a socket wants ----------------------------------------------------------------------------------------- */

static enum fapi_joined join_key(struct eb_fapi_session *s, const char *key, const char *events)
{
    for (unsigned i = 0; i < s->keys; i++) {
        if (strcmp(s->key[i].key, key) == 0) {
            return FAPI_JOINED;
        }
    }
    if (s->keys == FAPI_KEYS_OF_SOCKET) {
        return FAPI_JOIN_FULL;
    }
    struct fapi_key *k = &s->key[s->keys++];
    (void)snprintf(k->key, sizeof(k->key), "%s", key);
    (void)snprintf(k->events, sizeof(k->events), "%s", events);
    bool served = !s->f->c.classes_strict || s->cls == FAPI_CLASS_PRIVATE || s->cls == FAPI_CLASS_LEGACY;
    k->account = served ? fapi_listen_key_account(s->f, key) : NULL;
    return FAPI_JOINED;
}

enum fapi_joined fapi_session_join(struct eb_fapi_session *s, const char *name, const char *events)
{
    struct fapi_stream is;
    fapi_stream_parse(s->f, name, &is);
    if (is.kind == FAPI_S_USER) {
        return join_key(s, name, events);
    }
    for (uint32_t i = 0; i < s->nodes; i++) {
        if (strcmp(s->node[i]->name, name) == 0) {
            return FAPI_JOINED;
        }
    }
    if (s->nodes == FAPI_STREAMS_OF_SOCKET) {
        return FAPI_JOIN_FULL;
    }
    if (s->nodes == s->node_cap) {
        uint32_t cap = s->node_cap == 0 ? 8 : s->node_cap * 2;
        struct fapi_node **more = realloc(s->node, cap * sizeof(struct fapi_node *));
        if (more == NULL) {
            return FAPI_JOIN_MEMORY;
        }
        s->node = more;
        s->node_cap = cap;
    }
    bool silent = s->f->c.classes_strict && (is.served & (1u << s->cls)) == 0;
    struct fapi_node *n = fapi_node_join(s->f, name, s, silent);
    if (n == NULL) {
        return FAPI_JOIN_MEMORY;
    }
    s->node[s->nodes++] = n;
    return FAPI_JOINED;
}

void fapi_session_leave(struct eb_fapi_session *s, const char *name)
{
    for (uint32_t i = 0; i < s->nodes; i++) {
        if (strcmp(s->node[i]->name, name) == 0) {
            struct fapi_node *n = s->node[i];
            memmove(&s->node[i], &s->node[i + 1], (--s->nodes - i) * sizeof(struct fapi_node *));
            fapi_node_leave(s->f, n, s);
            return;
        }
    }
    for (unsigned i = 0; i < s->keys; i++) {
        if (strcmp(s->key[i].key, name) == 0) {
            memmove(&s->key[i], &s->key[i + 1], (--s->keys - i) * sizeof(s->key[0]));
            return;
        }
    }
}

void eb_fapi_session_text(struct eb_fapi_session *s, const char *text, size_t len)
{
    if (s->dead) {
        return;
    }
    if (s->cls == FAPI_CLASS_API) {
        fapi_ws_request(s->f, &s->peer, s->address, text, len, &s->logged);
        return;
    }
    int64_t second = s->f->now_ms / 1000;
    s->in_second = second == s->second_ms ? s->in_second + 1 : 1;
    s->second_ms = second;
    if (s->in_second > ASKS_PER_SECOND) {
        close_session(s, CLOSE_POLICY);
        return;
    }
    fapi_session_ask(s, text, len);
}

/* ---- paths ------------------------------------------------------------------------------------------------------- */

static int hex_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The text up to one of `stops`, %XX undone; what follows the stop, or its end. false: too long. */
static bool next_part(const char **at, const char *stops, char *out, size_t cap)
{
    size_t n = 0;
    const char *p = *at;
    for (; *p != '\0' && strchr(stops, *p) == NULL; p++) {
        int high = p[0] == '%' ? hex_of(p[1]) : -1, low = high >= 0 ? hex_of(p[2]) : -1;
        if (n + 1 >= cap) {
            return false;
        }
        out[n++] = low >= 0 ? (char)(high * 16 + low) : *p;
        p += low >= 0 ? 2 : 0;
    }
    out[n] = '\0';
    *at = *p != '\0' ? p + 1 : p;
    return true;
}

/* "a/b/c": each is wanted. */
static int join_all(struct eb_fapi_session *s, const char *list)
{
    char name[FAPI_STREAM_NAME_MAX];
    while (*list != '\0') {
        if (!next_part(&list, "/", name, sizeof(name))) {
            return HTTP_BAD;
        }
        enum fapi_joined joined = name[0] != '\0' ? fapi_session_join(s, name, "") : FAPI_JOINED;
        if (joined != FAPI_JOINED) {
            return joined == FAPI_JOIN_FULL ? HTTP_BAD : HTTP_BUSY;
        }
    }
    return 0;
}

/* "streams=a/b", "listenKey=K&events=A/B", which may repeat. */
static int join_query(struct eb_fapi_session *s, const char *query)
{
    while (*query != '\0') {
        const char *at = query;
        char name[24], value[FAPI_STREAM_NAME_MAX];
        query += strcspn(query, "&");
        size_t len = (size_t)(query - at);
        query += *query == '&' ? 1 : 0;
        char part[FAPI_STREAMS_OF_SOCKET * 40];
        if (len >= sizeof(part)) {
            return HTTP_BAD;
        }
        memcpy(part, at, len);
        part[len] = '\0';
        at = part;
        if (!next_part(&at, "=", name, sizeof(name))) {
            continue;
        }
        int status = 0;
        if (strcmp(name, "streams") == 0) {
            char list[sizeof(part)];
            status = next_part(&at, "", list, sizeof(list)) ? join_all(s, list) : HTTP_BAD;
        } else if (strcmp(name, "listenKey") == 0) {
            bool whole = next_part(&at, "", value, sizeof(value));
            status = whole && join_key(s, value, "") == FAPI_JOINED ? 0 : HTTP_BAD;
        } else if (strcmp(name, "events") == 0 && s->keys > 0) {
            struct fapi_key *k = &s->key[s->keys - 1];
            status = next_part(&at, "", k->events, sizeof(k->events)) ? 0 : HTTP_BAD;
        }
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static const char *skip(const char *path, const char *prefix)
{
    size_t len = strlen(prefix);
    bool begins = strncmp(path, prefix, len) == 0 && (path[len] == '/' || path[len] == '\0');
    return begins ? path + len : NULL;
}

/* Class and form of a path; the rest of it, NULL: there is no such path. */
static const char *read_path(const char *path, struct eb_fapi_session *s)
{
    static const struct {
        const char *prefix;
        uint8_t cls;
    } classes[] = {{"/public", FAPI_CLASS_PUBLIC}, {"/market", FAPI_CLASS_MARKET}, {"/private", FAPI_CLASS_PRIVATE}};
    const char *rest = skip(path, "/ws-fapi/v1");
    if (rest != NULL) {
        s->cls = FAPI_CLASS_API;
        return rest[0] == '\0' || strcmp(rest, "/") == 0 ? rest : NULL;
    }
    s->cls = FAPI_CLASS_LEGACY;
    for (size_t i = 0; i < EB_COUNT(classes); i++) {
        rest = skip(path, classes[i].prefix);
        if (rest != NULL) {
            s->cls = classes[i].cls;
            path = rest;
            break;
        }
    }
    rest = skip(path, "/ws");
    if (rest == NULL) {
        rest = skip(path, "/stream");
        s->combined = true;
    }
    return rest;
}

static void list_session(struct fapi_streams *st, struct eb_fapi_session *s)
{
    s->next = st->session;
    if (s->next != NULL) {
        s->next->prev = s;
    }
    st->session = s;
    st->sessions++;
    st->session_ms = wants_ms(s) < st->session_ms ? wants_ms(s) : st->session_ms;
}

int eb_fapi_session_open(struct eb_fapi *f, const char *path, const char *query, const char *address,
                         const struct eb_fapi_peer *peer, struct eb_fapi_session **out)
{
    struct fapi_streams *st = fapi_streams_of(f);
    struct eb_fapi_session *s = st->sessions < SESSIONS_MAX ? calloc(1, sizeof(*s)) : NULL;
    if (s == NULL) {
        return HTTP_BUSY;
    }
    s->f = f;
    s->peer = *peer;
    s->opened_ms = s->ponged_ms = f->now_ms;
    s->ping_ms = f->now_ms + PING_EVERY_MS;
    (void)snprintf(s->address, sizeof(s->address), "%s", address != NULL ? address : "");
    const char *rest = read_path(path, s);
    int status = rest == NULL ? HTTP_ABSENT : fapi_limits_connect(f, s->address, s->cls == FAPI_CLASS_API);
    list_session(st, s);
    if (status == 0 && s->cls != FAPI_CLASS_API) {
        status = join_all(s, rest);
        status = status == 0 ? join_query(s, query != NULL ? query : "") : status;
    }
    if (status != 0) {
        end_session(s);
        return status;
    }
    *out = s;
    return 0;
}

/* ---- what accounts tell ------------------------------------------------------------------------------------------ */

/* Whether the payload's event is one of "A/B" (empty: any). Events begin with their name. */
static bool event_wanted(const char *events, const char *payload, size_t len)
{
    static const char head[] = "{\"e\":\"";
    size_t skip_len = sizeof(head) - 1;
    if (events[0] == '\0' || len < skip_len || memcmp(payload, head, skip_len) != 0) {
        return true;
    }
    const char *name = payload + skip_len;
    const char *end = memchr(name, '"', len - skip_len);
    size_t name_len = end != NULL ? (size_t)(end - name) : 0;
    for (const char *at = events; *at != '\0';) {
        size_t n = strcspn(at, "/,");
        if (n == name_len && memcmp(at, name, n) == 0) {
            return true;
        }
        at += n + (at[n] != '\0' ? 1 : 0);
    }
    return false;
}

static void tell_user(struct eb_fapi_session *s, const struct fapi_key *k, const char *text, size_t len)
{
    struct fapi_streams *st = fapi_streams_of(s->f);
    if (!s->combined) {
        fapi_deliver(s->f, &s->peer, FAPI_ROUTE_USER, text, len);
        return;
    }
    if (st->busy > FAPI_NESTED_MAX) {
        return;
    }
    struct eb_buffer *b = &st->combined[st->busy - 1]; /* of this nesting: sending has begun */
    eb_buffer_clear(b);
    fapi_put(b, "{\"stream\":");
    (void)eb_buffer_json_string(b, k->key);
    fapi_put(b, ",\"data\":");
    (void)eb_buffer_add(b, text, len);
    fapi_put(b, "}");
    if (!b->failed) {
        fapi_deliver(s->f, &s->peer, FAPI_ROUTE_USER, b->data, b->len);
    }
}

void fapi_user_publish(struct eb_fapi *f, struct fapi_account *a, const char *payload, size_t len)
{
    fapi_sending(f);
    for (struct eb_fapi_session *s = fapi_streams_of(f)->session; s != NULL; s = s->next) {
        for (unsigned i = 0; !s->dead && i < s->keys; i++) {
            if (s->key[i].account == a && event_wanted(s->key[i].events, payload, len)) {
                tell_user(s, &s->key[i], payload, len);
            }
        }
    }
    fapi_sent(f);
}

void fapi_listen_key_ended(struct eb_fapi *f, struct fapi_account *a, const char *listen_key, bool expired)
{
    char text[256];
    int len = snprintf(text, sizeof(text), "{\"e\":\"listenKeyExpired\",\"E\":%" PRId64 ",\"listenKey\":\"%s\"}",
                       f->now_ms + f->skew_ms, listen_key);
    if (len < 0 || (size_t)len >= sizeof(text)) {
        return;
    }
    fapi_sending(f);
    for (struct eb_fapi_session *s = fapi_streams_of(f)->session; s != NULL; s = s->next) {
        for (unsigned i = 0; !s->dead && i < s->keys; i++) {
            struct fapi_key *k = &s->key[i];
            if (k->account == a && strcmp(k->key, listen_key) == 0) {
                k->account = NULL;
                if (expired) {
                    tell_user(s, k, text, (size_t)len);
                }
            }
        }
    }
    fapi_sent(f);
}
