/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control server: who may connect, lines in both directions, and answers that wait until what they tell is durable.
 *
 * Clients are at most EB_CONTROL_CLIENTS_MAX. One more takes the place of whoever has been silent for longest: an
 * operator must get in although something left its connections open.
 */
#define _POSIX_C_SOURCE 200809L

#include "app/control.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/control_inner.h"
#include "base/hash.h"

#define WAITING_MAX 64 /* requests of one client that wait for their answers */
#define RECENT_MAX 32  /* commands whose ids are remembered, as many as the engine itself remembers */

struct eb_control_client {
    struct eb_control *control;
    struct eb_stream *stream; /* NULL: this place is free */
    struct eb_buffer in;      /* the beginning of a line */
    char who[EB_NAME_MAX];
    uint64_t heard; /* rises with each line of anybody */
    unsigned waiting;
};

/* A command that was stepped: the same id again is the same command. */
struct recent {
    uint64_t id, seq;
    struct eb_ev_config mode;
    eb_symbol_id symbol;
    uint8_t verb;
};

struct eb_control {
    struct eb_live *live;
    struct eb_listener *listener;
    struct eb_request *waiting; /* newest first */
    struct eb_control_client client[EB_CONTROL_CLIENTS_MAX];
    struct recent recent[RECENT_MAX];
    uint64_t commands, heard;
    char own[EB_NAME_MAX]; /* name of this user */
};

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static void free_request(struct eb_request *q)
{
    cJSON_Delete(q->root);
    eb_answer_deinit(&q->answer);
    free(q);
}

static void unlink_request(struct eb_control *c, struct eb_request *q)
{
    struct eb_request **at = &c->waiting;
    while (*at != q) {
        at = &(*at)->next;
    }
    *at = q->next;
    if (q->client != NULL) {
        q->client->waiting--;
    }
}

/* Its place is free; what it still waits for is done all the same, and told to nobody. */
static void leave(struct eb_control_client *k, bool after_writing)
{
    struct eb_stream *s = k->stream;
    k->stream = NULL;
    for (struct eb_request *q = k->control->waiting; q != NULL; q = q->next) {
        q->client = q->client == k ? NULL : q->client;
    }
    k->waiting = 0;
    eb_buffer_deinit(&k->in);
    if (after_writing) {
        eb_stream_finish(s);
    } else {
        eb_stream_close(s);
    }
}

static void say(struct eb_control_client *k, const struct eb_buffer *line)
{
    if (eb_stream_write(k->stream, eb_buffer_str(line), line->len) != EB_OK) {
        eb_log(k->control->live->o.log, EB_LOG_WARN, "control.dropped", EB_STR("who", k->who),
               EB_STR("why", "it does not read its answers"));
        leave(k, false);
    }
}

static void put_error(const struct eb_request *q, struct eb_buffer *out)
{
    (void)eb_buffer_printf(out, "\"ok\":false,\"status\":%u,\"error\":", q->answer.status);
    (void)eb_buffer_json_string(out, q->answer.err.msg);
    if (q->answer.confirm[0] != '\0') {
        (void)eb_buffer_text(out, ",\"confirm\":");
        (void)eb_buffer_json_string(out, q->answer.confirm);
    }
}

static void put_answer(const struct eb_request *q, struct eb_buffer *out)
{
    (void)eb_buffer_printf(out, "\"ok\":true,\"status\":%u", q->answer.status);
    if (!q->answer.no_text) {
        (void)eb_buffer_text(out, ",\"text\":");
        (void)eb_buffer_json_string(out, eb_buffer_str(&q->answer.text));
    }
    if (!q->answer.no_doc) {
        (void)eb_buffer_text(out, ",\"doc\":");
        (void)eb_buffer_add(out, eb_buffer_str(&q->answer.body), q->answer.body.len);
    }
}

static void put_line(const struct eb_request *q, struct eb_buffer *out)
{
    (void)eb_buffer_printf(out, "{\"v\":%d,\"id\":", EB_CONTROL_VERSION);
    if (q->has_id) {
        (void)eb_buffer_json_string(out, q->id);
    } else {
        (void)eb_buffer_text(out, "null");
    }
    (void)eb_buffer_text(out, ",");
    (q->answer.err.code != EB_OK ? put_error : put_answer)(q, out);
    (void)eb_buffer_text(out, "}\n");
}

/* Tells the client, if it is still there, and forgets the request. */
static void tell(struct eb_request *q)
{
    struct eb_buffer line;
    eb_buffer_init(&line, EB_CONTROL_ANSWER_MAX);
    eb_answer_close(&q->answer);
    put_line(q, &line);
    if (line.failed || q->answer.text.failed || q->answer.body.failed) {
        (void)eb_request_refuse(q, EB_STATUS_BAD_NEWS, "the answer is longer than %zu bytes: ask about one symbol",
                                EB_CONTROL_ANSWER_MAX);
        eb_buffer_clear(&line);
        put_line(q, &line);
    }
    if (q->client != NULL) {
        say(q->client, &line);
    }
    eb_buffer_deinit(&line);
    free_request(q);
}

/* Whether the answer may go: what it tells is durable, or will never be. */
static bool is_settled(struct eb_request *q)
{
    int durable = q->when == EB_ANSWER_DURABLE && q->seq != 0 ? eb_live_durable(q->live, q->seq) : 1;
    if (durable < 0) {
        (void)eb_request_refuse(q, EB_STATUS_BAD_NEWS,
                                "%s: done in memory, but the journal has failed: a restart may forget it (exitbrain "
                                "doctor says what is wrong with the disk)",
                                q->command->name);
    }
    return q->when != EB_ANSWER_LATER && durable != 0;
}

static void settle(struct eb_control *c, struct eb_request *q)
{
    if (is_settled(q)) {
        unlink_request(c, q);
        tell(q);
    }
}

void eb_request_ready(struct eb_request *q)
{
    EB_ASSERT(q->when == EB_ANSWER_LATER);
    q->when = EB_ANSWER_DURABLE;
    settle(q->control, q);
}

void eb_control_progress(struct eb_control *c)
{
    struct eb_request *q = c->waiting;
    while (q != NULL) {
        if (is_settled(q)) {
            unlink_request(c, q);
            tell(q);
            q = c->waiting; /* telling may have dropped a client */
        } else {
            q = q->next;
        }
    }
}

/* A request runs at once; its answer goes when it may. */
static void handle(struct eb_control_client *k, const char *line, size_t len)
{
    struct eb_control *c = k->control;
    struct eb_request *q = calloc(1, sizeof(*q));
    if (q == NULL) {
        leave(k, false);
        return;
    }
    *q = (struct eb_request){.next = c->waiting, .control = c, .client = k, .live = c->live};
    memcpy(q->who, k->who, sizeof(q->who));
    eb_answer_init(&q->answer, false, 0);
    c->waiting = q;
    k->waiting++;
    k->heard = ++c->heard;
    int rc = eb_request_read(q, line, len);
    if (rc == EB_OK && k->waiting > WAITING_MAX) {
        rc = (int)eb_request_refuse(q, EB_STATUS_BAD_NEWS, "%d requests of this connection wait already", WAITING_MAX);
    } else if (rc == EB_OK) {
        q->when = EB_ANSWER_LATER; /* it may be answered within run */
        enum eb_control_when when = q->command->run(q);
        if (when == EB_ANSWER_LATER) {
            return; /* and may be gone by now */
        }
        q->when = when;
    }
    settle(c, q);
    if (rc == EB_E_CORRUPT && k->stream != NULL) {
        leave(k, true);
    }
}

/* ---- commands ---------------------------------------------------------------------------------------------------- */

static uint64_t own_id(const struct eb_control *c)
{
    uint64_t id = eb_hash64_u64(EB_HASH64_SEED, (uint64_t)eb_wall_ms());
    id = eb_hash64_u64(id, (uint64_t)getpid());
    id = eb_hash64_u64(id, c->commands);
    return id != 0 ? id : 1;
}

static bool is_same(const struct recent *r, const struct eb_ev_command *c, eb_symbol_id symbol)
{
    return r->verb == c->verb && r->symbol == symbol && r->mode.exit_mode == c->mode.exit_mode &&
           r->mode.executor_live == c->mode.executor_live && r->mode.rollout_enabled == c->mode.rollout_enabled;
}

static const struct recent *find_recent(const struct eb_control *c, uint64_t id)
{
    for (size_t i = 0; i < RECENT_MAX; i++) {
        if (c->recent[i].id == id) {
            return &c->recent[i];
        }
    }
    return NULL;
}

bool eb_request_command(struct eb_request *q, struct eb_ev_command *command, eb_symbol_id symbol, bool *again)
{
    struct eb_control *c = q->control;
    const struct recent *before = q->args.id != 0 ? find_recent(c, q->args.id) : NULL;
    command->id = q->args.id != 0 ? q->args.id : own_id(c);
    (void)snprintf(command->who, sizeof(command->who), "%s", q->who);
    (void)snprintf(command->why, sizeof(command->why), "%s", q->args.why != NULL ? q->args.why : "");
    *again = before != NULL;
    if (before != NULL && !is_same(before, command, symbol)) {
        (void)eb_request_refuse(q, EB_STATUS_USAGE, "args.id: %016" PRIx64 " was another command's: take a new one",
                                q->args.id);
        return false;
    }
    if (before != NULL) {
        q->seq = before->seq;
    } else {
        int rc = eb_live_command(q->live, command, symbol, &q->seq);
        if (rc != EB_OK) {
            (void)eb_request_refuse(q, EB_STATUS_BAD_NEWS, "%s: the engine did not take it: %s", q->command->name,
                                    eb_err_text(rc));
            return false;
        }
        c->recent[c->commands++ % RECENT_MAX] =
            (struct recent){command->id, q->seq, command->mode, symbol, command->verb};
    }
    char id[17];
    (void)snprintf(id, sizeof(id), "%016" PRIx64, command->id);
    eb_doc_text(&q->answer.doc, "command", q->command->name);
    eb_doc_text(&q->answer.doc, "id", id);
    eb_doc_text(&q->answer.doc, "who", command->who);
    eb_doc_int(&q->answer.doc, "record", (int64_t)q->seq);
    eb_doc_bool(&q->answer.doc, "again", *again);
    return true;
}

/* ---- connections ------------------------------------------------------------------------------------------------- */

static void one_line(struct eb_control_client *k, const char *text)
{
    struct eb_request q = {.answer.status = EB_STATUS_USAGE};
    struct eb_buffer line;
    eb_buffer_init(&line, EB_CONTROL_REQUEST_MAX);
    (void)eb_err_set(&q.answer.err, EB_E_REFUSED, "control", "%s", text);
    put_line(&q, &line);
    say(k, &line);
    eb_buffer_deinit(&line);
    if (k->stream != NULL) {
        leave(k, true);
    }
}

static void data(void *user, const char *bytes, size_t len)
{
    struct eb_control_client *k = user;
    while (len > 0 && k->stream != NULL) {
        const char *newline = memchr(bytes, '\n', len);
        size_t n = newline != NULL ? (size_t)(newline - bytes) : len;
        if (k->in.len + n > EB_CONTROL_REQUEST_MAX) {
            one_line(k, "a request is at most 65536 bytes long, and one line");
            return;
        }
        if (eb_buffer_add(&k->in, bytes, n) != EB_OK) {
            leave(k, false);
            return;
        }
        bytes += n;
        len -= n;
        if (newline != NULL) {
            struct eb_buffer line = k->in; /* of our own: the client may be gone before it is read to its end */
            eb_buffer_init(&k->in, EB_CONTROL_REQUEST_MAX);
            bytes++;
            len--;
            if (line.len > 0) {
                handle(k, eb_buffer_str(&line), line.len);
            }
            eb_buffer_deinit(&line);
        }
    }
}

/* One that only stopped sending still reads what it was answered. */
static void closed(void *user, const struct eb_err *err)
{
    leave(user, err->code == EB_E_END);
}

static void name_of(uint32_t uid, char out[EB_NAME_MAX])
{
    struct passwd entry;
    struct passwd *found = NULL;
    char text[4096];
    if (getpwuid_r((uid_t)uid, &entry, text, sizeof(text), &found) == 0 && found != NULL) {
        (void)snprintf(out, EB_NAME_MAX, "%s", entry.pw_name);
    } else {
        (void)snprintf(out, EB_NAME_MAX, "uid %" PRIu32, uid);
    }
}

/* Asked once, before anything runs: a user may be looked up over a network. */
static const char *who_is(const struct eb_control *c, uint32_t uid, char out[EB_NAME_MAX])
{
    (void)snprintf(out, EB_NAME_MAX, "uid %" PRIu32, uid);
    return uid == (uint32_t)geteuid() ? c->own : uid == 0 ? "root" : out;
}

/* A free place, or that of whoever has been silent for longest and waits for nothing; NULL when all are busy. */
static struct eb_control_client *place(struct eb_control *c)
{
    struct eb_control_client *silent = NULL;
    for (size_t i = 0; i < EB_CONTROL_CLIENTS_MAX; i++) {
        struct eb_control_client *k = &c->client[i];
        if (k->stream == NULL) {
            return k;
        }
        silent = k->waiting == 0 && (silent == NULL || k->heard < silent->heard) ? k : silent;
    }
    if (silent != NULL) {
        one_line(silent, "too many connections: this one was silent for longest, another takes its place");
    }
    return silent;
}

static void accepted(void *user, struct eb_stream *s)
{
    static const struct eb_stream_handlers handlers = {.data = data, .closed = closed};
    struct eb_control *c = user;
    struct eb_peer peer;
    struct eb_err err;
    bool known = eb_stream_peer(s, &peer, &err) == EB_OK;
    struct eb_control_client *k = known ? place(c) : NULL;
    if (k == NULL) {
        eb_stream_close(s);
        return;
    }
    *k = (struct eb_control_client){.control = c, .stream = s, .heard = ++c->heard};
    eb_buffer_init(&k->in, EB_CONTROL_REQUEST_MAX);
    eb_stream_handle(s, &handlers, k);
    char uid[EB_NAME_MAX];
    (void)snprintf(k->who, sizeof(k->who), "%s", who_is(c, peer.uid, uid));
    if (peer.uid != 0 && peer.uid != (uint32_t)geteuid()) {
        eb_log(c->live->o.log, EB_LOG_WARN, "control.refused", EB_STR("who", k->who), EB_I64("pid", peer.pid));
        one_line(k, "this engine takes commands of its own user and of root only");
    }
}

int eb_control_open(struct eb_live *live, const char *path, struct eb_control **out, struct eb_err *err)
{
    struct eb_control *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "control", "out of memory");
    }
    c->live = live;
    name_of((uint32_t)geteuid(), c->own);
    int rc = eb_listener_open(live->loop, path, EB_CONTROL_ANSWER_MAX, accepted, c, &c->listener, err);
    if (rc != EB_OK) {
        free(c);
        return rc;
    }
    *out = c;
    return EB_OK;
}

void eb_control_close(struct eb_control *c)
{
    if (c == NULL) {
        return;
    }
    while (c->waiting != NULL) {
        struct eb_request *q = c->waiting;
        unlink_request(c, q);
        if (q->when == EB_ANSWER_LATER) { /* the trial that it waits for forgets it (eb_reload_destroy) */
            free_request(q);
        } else {
            (void)eb_request_refuse(q, EB_STATUS_UNREACHABLE,
                                    "%s: done, but the engine stops and has not said yet that it is durable (exitbrain "
                                    "journal ls)",
                                    q->command->name);
            tell(q);
        }
    }
    for (size_t i = 0; i < EB_CONTROL_CLIENTS_MAX; i++) {
        if (c->client[i].stream != NULL) {
            leave(&c->client[i], true);
        }
    }
    eb_listener_close(c->listener);
    free(c);
}
