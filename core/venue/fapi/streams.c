/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes: a stream that is wanted, who wants it, and when it is due. Those of what happens to a symbol are found by
 * index, the others by name; those that are due at an interval stand in a list of that interval.
 */
#include "venue/fapi/streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define TEXT_LIMIT ((size_t)4 << 20) /* all symbols in one array, with room */

static const int64_t cadences[FAPI_CADENCES] = {100, 250, 500, 1000, 2000, 3000, 5000};

int fapi_streams_create(struct eb_fapi *f, struct fapi_streams **out, struct eb_err *err)
{
    (void)f;
    struct fapi_streams *st = calloc(1, sizeof(*st));
    if (st == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "streams", "out of memory");
    }
    for (size_t i = 0; i < FAPI_NESTED_MAX; i++) {
        eb_buffer_init(&st->text[i], TEXT_LIMIT);
        eb_buffer_init(&st->combined[i], TEXT_LIMIT + (size_t)2 * FAPI_STREAM_NAME_MAX);
    }
    for (size_t i = 0; i < FAPI_CADENCES; i++) {
        st->due[i].next_ms = INT64_MAX;
    }
    st->session_ms = INT64_MAX;
    *out = st;
    return EB_OK;
}

static void free_node(struct fapi_node *n)
{
    free(n->who);
    free(n);
}

void fapi_streams_destroy(struct fapi_streams *st)
{
    if (st == NULL) {
        return;
    }
    while (st->session != NULL) { /* their other ends are gone: nobody is told */
        struct eb_fapi_session *s = st->session;
        st->session = s->next;
        free(s->node);
        free(s);
    }
    for (size_t i = 0; i < FAPI_BUCKETS; i++) {
        for (struct fapi_node *n = st->bucket[i], *next; n != NULL; n = next) {
            next = n->next;
            free_node(n);
        }
    }
    for (size_t i = 0; i < FAPI_CADENCES; i++) {
        free(st->due[i].node);
    }
    for (size_t i = 0; i < FAPI_NESTED_MAX; i++) {
        eb_buffer_deinit(&st->text[i]);
        eb_buffer_deinit(&st->combined[i]);
    }
    free(st->event);
    free(st);
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

static struct fapi_node **bucket_of(struct fapi_streams *st, const char *name)
{
    return &st->bucket[eb_hash64(EB_HASH64_SEED, name, strlen(name)) % FAPI_BUCKETS];
}

struct fapi_node *fapi_node_named(const struct eb_fapi *f, const char *name)
{
    struct fapi_node *n = *bucket_of(fapi_streams_of(f), name);
    while (n != NULL && strcmp(n->name, name) != 0) {
        n = n->next;
    }
    return n;
}

static bool is_event(const struct fapi_stream *is)
{
    return is->symbol != FAPI_NONE && (is->kind == FAPI_S_AGG || is->kind == FAPI_S_TRADE || is->kind == FAPI_S_BOOK);
}

/* Streams that show nothing while prices stand, unless trade goes on. */
static bool wants_events(const struct fapi_stream *is)
{
    return is_event(is) || is->kind == FAPI_S_KLINE || is->kind == FAPI_S_DEPTH;
}

struct fapi_node *fapi_node_of(const struct eb_fapi *f, uint32_t symbol, enum fapi_stream_kind kind)
{
    const struct fapi_streams *st = fapi_streams_of(f);
    return symbol < st->symbols ? st->event[symbol][kind - FAPI_S_AGG] : NULL;
}

bool fapi_events_wanted(const struct eb_fapi *f)
{
    return fapi_streams_of(f)->events > 0;
}

static int cadence_of(int64_t every_ms)
{
    for (int i = 0; i < FAPI_CADENCES; i++) {
        if (cadences[i] == every_ms) {
            return i;
        }
    }
    return -1;
}

/* Room for one more pointer in a list that grows. */
static bool make_room(void **list, uint32_t *cap, uint32_t count)
{
    if (count < *cap) {
        return true;
    }
    uint32_t more = *cap == 0 ? 4 : *cap * 2;
    void *grown = realloc(*list, more * sizeof(void *));
    if (grown == NULL) {
        return false;
    }
    *list = grown;
    *cap = more;
    return true;
}

/* Puts a node where it will be found when it is due or something happens; false: no memory. */
static bool place(struct eb_fapi *f, struct fapi_node *n)
{
    struct fapi_streams *st = fapi_streams_of(f);
    int i = cadence_of(n->is.every_ms);
    if (is_event(&n->is) && st->event == NULL) {
        st->event = calloc(fapi_symbol_count(f), sizeof(*st->event));
        st->symbols = st->event != NULL ? fapi_symbol_count(f) : 0;
    }
    if (is_event(&n->is)) {
        if (st->event == NULL) {
            return false;
        }
        st->event[n->is.symbol][n->is.kind - FAPI_S_AGG] = n;
    }
    if (i >= 0) {
        void *list = st->due[i].node;
        bool roomy = make_room(&list, &st->due[i].cap, st->due[i].count);
        st->due[i].node = list;
        if (!roomy) {
            return false;
        }
        st->due[i].node[st->due[i].count++] = n;
        int64_t next = f->now_ms - f->now_ms % cadences[i] + cadences[i];
        st->due[i].next_ms = st->due[i].count == 1 ? next : st->due[i].next_ms;
    }
    st->events += wants_events(&n->is) ? 1 : 0;
    return true;
}

static void unplace(struct fapi_streams *st, const struct fapi_node *n)
{
    int i = cadence_of(n->is.every_ms);
    if (is_event(&n->is)) {
        st->event[n->is.symbol][n->is.kind - FAPI_S_AGG] = NULL;
    }
    for (uint32_t k = 0; i >= 0 && k < st->due[i].count; k++) {
        if (st->due[i].node[k] == n) {
            st->due[i].node[k] = st->due[i].node[--st->due[i].count];
            st->due[i].next_ms = st->due[i].count > 0 ? st->due[i].next_ms : INT64_MAX;
            break;
        }
    }
    st->events -= wants_events(&n->is) ? 1 : 0;
}

static struct fapi_node *make_node(struct eb_fapi *f, const char *name)
{
    struct fapi_node **bucket = bucket_of(fapi_streams_of(f), name);
    struct fapi_node *n = calloc(1, sizeof(*n));
    if (n == NULL) {
        return NULL;
    }
    (void)snprintf(n->name, sizeof(n->name), "%s", name);
    fapi_stream_parse(f, name, &n->is);
    if (!place(f, n)) {
        free_node(n);
        return NULL;
    }
    n->next = *bucket;
    *bucket = n;
    return n;
}

static void drop_node(struct fapi_streams *st, struct fapi_node *n)
{
    struct fapi_node **at = bucket_of(st, n->name);
    while (*at != n) {
        at = &(*at)->next;
    }
    *at = n->next;
    unplace(st, n);
    free_node(n);
}

struct fapi_node *fapi_node_join(struct eb_fapi *f, const char *name, struct eb_fapi_session *s, bool silent)
{
    struct fapi_streams *st = fapi_streams_of(f);
    struct fapi_node *n = fapi_node_named(f, name);
    n = n != NULL ? n : make_node(f, name);
    if (n == NULL) {
        return NULL;
    }
    n->wanted++;
    if (!silent) {
        void *list = n->who;
        bool roomy = make_room(&list, &n->cap, n->count);
        n->who = list;
        if (!roomy) {
            n->wanted--;
            st->swept = true;
            return NULL;
        }
        n->who[n->count++] = s;
    }
    return n;
}

void fapi_node_leave(struct eb_fapi *f, struct fapi_node *n, struct eb_fapi_session *s)
{
    struct fapi_streams *st = fapi_streams_of(f);
    for (uint32_t i = 0; i < n->count; i++) {
        if (n->who[i] == s) {
            n->who[i] = n->who[--n->count];
            break;
        }
    }
    n->wanted--;
    if (n->wanted == 0 && st->busy == 0) {
        drop_node(st, n);
    } else if (n->wanted == 0) {
        st->swept = true;
    }
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

void fapi_sending(struct eb_fapi *f)
{
    fapi_streams_of(f)->busy++;
}

static void sweep(struct fapi_streams *st)
{
    for (size_t i = 0; i < FAPI_BUCKETS; i++) {
        for (struct fapi_node *n = st->bucket[i], *next; n != NULL; n = next) {
            next = n->next;
            if (n->wanted == 0) {
                drop_node(st, n);
            }
        }
    }
}

void fapi_sent(struct eb_fapi *f)
{
    struct fapi_streams *st = fapi_streams_of(f);
    EB_ASSERT(st->busy > 0);
    if (--st->busy == 0 && st->swept) {
        st->swept = false;
        fapi_sessions_reap(f);
        sweep(st);
    }
}

struct eb_buffer *fapi_scratch(struct eb_fapi *f)
{
    struct fapi_streams *st = fapi_streams_of(f);
    if (st->busy >= FAPI_NESTED_MAX) {
        return NULL;
    }
    eb_buffer_clear(&st->text[st->busy]);
    return &st->text[st->busy];
}

/* Delivers to one socket; combined is made by the first that wants it. */
static void deliver(struct eb_fapi_session *s, const struct fapi_node *n, const char *text, size_t len,
                    struct eb_buffer *combined)
{
    if (s->dead) {
        return;
    }
    if (!s->combined) {
        fapi_deliver(s->f, &s->peer, FAPI_ROUTE_MARKET, text, len);
        return;
    }
    if (combined->len == 0) {
        fapi_put(combined, "{\"stream\":");
        (void)eb_buffer_json_string(combined, n->name);
        fapi_put(combined, ",\"data\":");
        (void)eb_buffer_add(combined, text, len);
        fapi_put(combined, "}");
    }
    if (!combined->failed) {
        fapi_deliver(s->f, &s->peer, FAPI_ROUTE_MARKET, combined->data, combined->len);
    }
}

void fapi_node_publish(struct eb_fapi *f, struct fapi_node *n, const char *text, size_t len)
{
    struct fapi_streams *st = fapi_streams_of(f);
    if (st->busy >= FAPI_NESTED_MAX || n->count == 0) {
        return;
    }
    struct eb_buffer *combined = &st->combined[st->busy];
    eb_buffer_clear(combined);
    fapi_sending(f);
    for (uint32_t i = 0, count = n->count; i < count && i < n->count; i++) {
        deliver(n->who[i], n, text, len, combined);
    }
    fapi_sent(f);
}

bool fapi_stream_wanted(const struct eb_fapi *f, const char *stream)
{
    const struct fapi_node *n = fapi_node_named(f, stream);
    return n != NULL && n->count > 0;
}

void fapi_stream_publish(struct eb_fapi *f, const char *stream, const char *payload, size_t len)
{
    struct fapi_node *n = fapi_node_named(f, stream);
    if (n != NULL) {
        fapi_node_publish(f, n, payload, len);
    }
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static void run_due(struct eb_fapi *f, int i, int64_t now_ms)
{
    struct fapi_streams *st = fapi_streams_of(f);
    st->due[i].next_ms = now_ms - now_ms % cadences[i] + cadences[i];
    fapi_sending(f); /* no node goes while the list is walked */
    for (uint32_t k = 0; k < st->due[i].count; k++) {
        struct fapi_node *n = st->due[i].node[k];
        if (n->count > 0) {
            fapi_tell_due(f, n, now_ms);
        }
    }
    fapi_sent(f);
}

void fapi_streams_run(struct eb_fapi *f, int64_t now_ms)
{
    struct fapi_streams *st = fapi_streams_of(f);
    for (int i = 0; i < FAPI_CADENCES; i++) {
        if (st->due[i].count > 0 && st->due[i].next_ms <= now_ms) {
            run_due(f, i, now_ms);
        }
    }
    if (st->session_ms <= now_ms) {
        fapi_sessions_run(f, now_ms);
    }
}

int64_t fapi_streams_next_ms(const struct eb_fapi *f)
{
    const struct fapi_streams *st = fapi_streams_of(f);
    int64_t next = st->session_ms;
    for (int i = 0; i < FAPI_CADENCES; i++) {
        next = st->due[i].next_ms < next ? st->due[i].next_ms : next;
    }
    return next;
}
