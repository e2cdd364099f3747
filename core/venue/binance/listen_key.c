/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of the user stream: made, kept alive, made anew.
 *
 *     POST -> key -> private socket        PUT every 20 min, its answer checked: -1125 -> POST, a new socket, a gap
 *
 * After "listenKeyExpired", or once the exchange has forgotten the key, a socket stays open and says nothing: so the
 * key's end is the stream's end. A key that ended while no socket was there to say so is found by asking: a socket that
 * is opened with it would be deaf.
 */
#include "venue/binance/streams_inner.h"

#include <stdio.h>
#include <string.h>

#include "venue/binance/codec.h"

#define PATH "/fapi/v1/listenKey"
#define RETRY_KEEP_MS 60000
#define STALE_MS 3000000 /* of 60 min of validity: without a confirmation it is made anew */
#define NO_SUCH_KEY (-1125)

static int64_t now_of(const struct bn_streams *s)
{
    return bn_rest_now_ns(s->rest);
}

static struct bn_line *line_of(struct bn_streams *s)
{
    return &s->class[BN_STREAM_PRIVATE].line[0];
}

bool bn_listen_expired(const struct bn_streams *s, const char *text, size_t len)
{
    /* A short event; whoever decodes it sees it too, but the key is ours to replace. */
    return len < 512 && strstr(text, "\"listenKeyExpired\"") && s->listen.have;
}

void bn_listen_gone(struct bn_streams *s, const char *why)
{
    s->listen.have = false;
    s->listen.retry_ns = 0;
    uint32_t epoch = s->epoch;
    bn_line_lose(line_of(s), why);
    if (s->epoch == epoch && s->started)
        bn_listen_tend(s, now_of(s));
}

void bn_listen_doubt(struct bn_streams *s)
{
    s->listen.keep_ns = 0;
}

static void failed(struct bn_streams *s, const struct bn_result *r)
{
    struct bn_listen *l = &s->listen;
    l->retry_ns = now_of(s) + 4 * bn_reconnect_ns(l->failures++, ++s->salt);
    eb_log(s->c.log, EB_LOG_WARN, "binance.listen_key_failed", EB_I64("http", r->http), EB_I64("code", r->code),
           EB_STR("msg", r->msg));
    if (l->failures < 3 || l->trouble)
        return;
    l->trouble = true;
    char text[300];
    snprintf(text, sizeof text,
             "the user stream's key cannot be made (HTTP %d, %d: %.120s); the account is known by "
             "questions only until it can",
             r->http, (int)r->code, r->msg);
    bn_streams_trouble(s, "listen_key.refused", "", true, text);
}

static void confirmed(struct bn_streams *s)
{
    struct bn_listen *l = &s->listen;
    l->failures = 0;
    l->confirmed_ns = now_of(s);
    l->keep_ns = l->confirmed_ns + s->c.listen_key_every_ms * BN_MS;
    if (l->trouble) {
        l->trouble = false;
        bn_streams_trouble(s, "listen_key.refused", "", false, "the user stream has a key");
    }
}

/* A key as it is now; a new one needs a new socket, opened beside the old. */
static void adopt(struct bn_streams *s, const char *key)
{
    struct bn_listen *l = &s->listen;
    struct bn_line *line = line_of(s);
    bool changed = strcmp(l->key, key) != 0;
    snprintf(l->key, sizeof l->key, "%s", key);
    l->have = true;
    confirmed(s);
    if (line->current < 0)
        bn_line_tend(line, now_of(s));
    else if (changed)
        line->renew_ns = 0;
}

static void on_made(void *user, uint64_t tag, const struct bn_result *r)
{
    struct bn_streams *s = user;
    char key[256];
    struct eb_err err = {.msg = ""};
    if (tag != s->epoch)
        return;
    s->listen.asking = false;
    if (r->outcome == BN_ACCEPTED && bn_decode_listen_key(r->body, r->len, key, sizeof key, &err) == EB_OK && key[0])
        adopt(s, key);
    else
        failed(s, r);
}

static void on_kept(void *user, uint64_t tag, const struct bn_result *r)
{
    struct bn_streams *s = user;
    struct bn_listen *l = &s->listen;
    char key[256];
    if (tag != s->epoch)
        return;
    l->keeping = false;
    if (r->outcome == BN_ACCEPTED) {
        if (bn_decode_listen_key(r->body, r->len, key, sizeof key, NULL) == EB_OK && key[0])
            adopt(s, key);
        else
            confirmed(s); /* older answers are empty */
    } else if (r->code == NO_SUCH_KEY) {
        bn_listen_gone(s, "the exchange does not know the listen key any more");
    } else {
        l->keep_ns = now_of(s) + RETRY_KEEP_MS * BN_MS;
        eb_log(s->c.log, EB_LOG_WARN, "binance.listen_key_not_kept", EB_I64("http", r->http), EB_I64("code", r->code));
    }
}

static bool ask(struct bn_streams *s, const char *method, void (*done)(void *, uint64_t, const struct bn_result *))
{
    struct bn_call call = {.method = method,
                           .path = PATH,
                           .security = BN_KEYED,
                           .priority = BN_PRIORITY_CLOCK,
                           .weight = 1,
                           .answer_max = 4096,
                           .done = done,
                           .user = s,
                           .tag = s->epoch};
    bn_params_init(&call.params);
    struct eb_err err = {.msg = ""};
    if (bn_rest_call(s->rest, &call, &err) == EB_OK)
        return true;
    struct bn_result r = {.outcome = BN_REJECTED, .msg = err.msg, .body = ""};
    failed(s, &r);
    return false;
}

void bn_listen_tend(struct bn_streams *s, int64_t now)
{
    struct bn_listen *l = &s->listen;
    if (!s->started)
        return;
    if (l->have && now - l->confirmed_ns >= STALE_MS * BN_MS) {
        l->have = false; /* POST gives the same key while it lives: the socket stays then */
        l->retry_ns = 0;
    }
    if (!l->have && !l->asking && now >= l->retry_ns) {
        l->asking = true;
        l->asking = ask(s, "POST", on_made);
    } else if (l->have && !l->keeping && now >= l->keep_ns) {
        l->keeping = true;
        l->keep_ns = now + RETRY_KEEP_MS * BN_MS;
        l->keeping = ask(s, "PUT", on_kept);
    }
}
