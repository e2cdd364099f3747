/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is listened to: symbols on public and market lines, the account on a private one.
 *
 *     bn_streams_watch() -> line by number of streams -> streams_socket.c -> message(), state()
 *
 * One timer: every 200 ms while something is to be asked for, else every second.
 */
#include "venue/binance/streams_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define DOWN_TROUBLE_MS 10000 /* a reconnect takes a second; what takes longer a person should know */

static const char where[] = "binance";

void bn_streams_trouble(struct bn_streams *s, const char *name, const char *subject, bool raised, const char *text)
{
    eb_log(s->c.log, raised ? EB_LOG_WARN : EB_LOG_INFO, raised ? "binance.trouble" : "binance.trouble_over",
           EB_STR("name", name), EB_STR("subject", subject), EB_STR("text", text));
    struct eb_link_trouble t = {.name = name, .subject = subject, .text = text, .raised = raised};
    if (s->events.trouble)
        s->events.trouble(s->events.user, &t);
}

/* ---- symbols --------------------------------------------------------------------------------------------------- */

struct bn_watched *bn_watched_find(struct bn_streams *s, const char *name, size_t len)
{
    size_t at = eb_hash64(EB_HASH64_SEED, name, len) % BN_WATCH_SLOTS;
    for (; s->slot[at]; at = (at + 1) % BN_WATCH_SLOTS) {
        struct bn_watched *w = &s->watched[s->slot[at] - 1];
        if (strncmp(w->name, name, len) == 0 && w->name[len] == 0)
            return w;
    }
    return NULL;
}

static void remember(struct bn_streams *s, const char *name)
{
    size_t at = eb_hash64(EB_HASH64_SEED, name, strlen(name)) % BN_WATCH_SLOTS;
    while (s->slot[at])
        at = (at + 1) % BN_WATCH_SLOTS;
    snprintf(s->watched[s->count].name, EB_SYMBOL_MAX, "%s", name);
    s->slot[at] = (uint16_t)++s->count;
}

static bool lower_case(const char *symbol, char out[EB_SYMBOL_MAX])
{
    size_t i = 0;
    for (; symbol[i] && i + 1 < EB_SYMBOL_MAX; i++) {
        unsigned char c = (unsigned char)symbol[i];
        if (c <= ' ' || c == '"' || c == '\\' || c == '@' || c == '/')
            return false;
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : symbol[i];
    }
    out[i] = 0;
    return i > 0 && symbol[i] == 0;
}

uint32_t bn_line_count(const struct bn_line *l)
{
    uint32_t n = l->s->count, per = l->s->class[l->class].per_line;
    return n <= l->first ? 0 : n - l->first < per ? n - l->first : per;
}

/* The line of the newest symbol, made where it is the first of it. */
static void add_to_class(struct bn_streams *s, enum bn_stream_class class)
{
    struct bn_class *c = &s->class[class];
    uint32_t at = (s->count - 1) / c->per_line;
    struct bn_line *l = &c->line[at];
    if (at >= c->lines) {
        *l = (struct bn_line){.s = s, .class = (uint8_t) class, .index = (uint8_t)at, .current = -1};
        l->first = at * c->per_line;
        l->sock[0].line = l->sock[1].line = l;
        if (c->lines == 0)
            c->down_ns = bn_rest_now_ns(s->rest); /* nothing was asked for before */
        c->lines = at + 1;
    }
    l->unheard++;
    if (!s->started)
        return;
    if (l->current < 0 && l->sock[0].state == BN_SOCK_NONE && l->sock[1].state == BN_SOCK_NONE && l->retry_ns == 0)
        bn_line_open(l);
}

static void arm(struct bn_streams *s, int64_t ms)
{
    s->c.web.ops->timer_set(s->timer, ms * BN_MS);
}

int bn_streams_watch(struct bn_streams *s, const char *symbol)
{
    char name[EB_SYMBOL_MAX];
    if (!lower_case(symbol, name))
        return EB_E_INVALID;
    if (bn_watched_find(s, name, strlen(name)))
        return EB_OK;
    if (s->count == s->max)
        return EB_E_FULL;
    remember(s, name);
    add_to_class(s, BN_STREAM_PUBLIC);
    add_to_class(s, BN_STREAM_MARKET);
    if (s->started)
        arm(s, 0); /* whatever else is watched now goes into the same message */
    return EB_OK;
}

void bn_streams_again(struct bn_streams *s, const char *symbol)
{
    char name[EB_SYMBOL_MAX];
    struct bn_watched *w = lower_case(symbol, name) ? bn_watched_find(s, name, strlen(name)) : NULL;
    if (!w || !w->heard[BN_STREAM_MARKET] || !s->started)
        return;
    struct bn_class *c = &s->class[BN_STREAM_MARKET];
    c->line[(uint32_t)(w - s->watched) / c->per_line].unheard++;
    w->heard[BN_STREAM_MARKET] = false;
    w->again[BN_STREAM_MARKET] = true;
    w->asked_ns[BN_STREAM_MARKET] = bn_rest_now_ns(s->rest);
    arm(s, 0);
}

/* ---- classes --------------------------------------------------------------------------------------------------- */

bool bn_streams_up(const struct bn_streams *s, enum bn_stream_class class)
{
    const struct bn_class *c = &s->class[class];
    for (uint32_t i = 0; i < c->lines; i++)
        if (!c->line[i].up)
            return false;
    return c->lines > 0;
}

bool bn_streams_has_key(const struct bn_streams *s)
{
    return s->listen.have;
}

void bn_class_judge(struct bn_streams *s, enum bn_stream_class class, const char *why)
{
    struct bn_class *c = &s->class[class];
    bool up = bn_streams_up(s, class);
    if (up == c->told_up)
        return;
    c->told_up = up;
    c->ever_up |= up;
    c->down_ns = bn_rest_now_ns(s->rest);
    char name[48];
    snprintf(name, sizeof name, "stream.%s.down", c->name);
    eb_log(s->c.log, up ? EB_LOG_INFO : EB_LOG_WARN, up ? "binance.stream_up" : "binance.stream_down",
           EB_STR("stream", c->name), EB_STR("why", why));
    if (up && c->trouble) {
        c->trouble = false;
        bn_streams_trouble(s, name, "", false, "the stream stands again");
    }
    if (s->events.state)
        s->events.state(s->events.user, class, up, why);
}

static void tend_class(struct bn_streams *s, enum bn_stream_class class, int64_t now)
{
    struct bn_class *c = &s->class[class];
    uint32_t epoch = s->epoch;
    for (uint32_t i = 0; i < c->lines && s->epoch == epoch; i++)
        bn_line_tend(&c->line[i], now);
    if (s->epoch != epoch || c->lines == 0 || c->told_up || c->trouble || now - c->down_ns < DOWN_TROUBLE_MS * BN_MS)
        return;
    c->trouble = true;
    char name[48], text[200];
    snprintf(name, sizeof name, "stream.%s.down", c->name);
    snprintf(text, sizeof text, "the %s stream is down for more than %d s and is tried again: %s", c->name,
             DOWN_TROUBLE_MS / 1000,
             class == BN_STREAM_PRIVATE ? "the account is known by questions only" : "prices are asked for by REST");
    bn_streams_trouble(s, name, "", true, text);
}

/* ---- silence of one symbol ------------------------------------------------------------------------------------- */

static void check_symbol(struct bn_streams *s, struct bn_watched *w, enum bn_stream_class class, int64_t now)
{
    int64_t patience = s->c.silent_market_ms * (class == BN_STREAM_PUBLIC ? 6 : 1) * BN_MS;
    if (w->heard[class] || w->asked_ns[class] == 0 || now - w->asked_ns[class] < patience)
        return;
    w->asked_ns[class] = now;
    w->again[class] = true;
    if (w->late[class])
        return;
    w->late[class] = true;
    char text[240], name[48];
    snprintf(name, sizeof name, "stream.%s.symbol_silent", s->class[class].name);
    snprintf(text, sizeof text,
             "nothing came of %s since it was subscribed %lld s ago; it is subscribed again. Is the stream's address "
             "that of its class, and does the symbol trade?",
             w->name, (long long)(patience / (1000 * BN_MS)));
    bn_streams_trouble(s, name, w->name, true, text);
}

static void on_timer(void *user)
{
    struct bn_streams *s = user;
    int64_t now = bn_rest_now_ns(s->rest);
    uint32_t epoch = s->epoch;
    for (int class = 0; class < BN_STREAM_CLASSES && s->epoch == epoch; class ++)
        tend_class(s, (enum bn_stream_class) class, now);
    if (s->epoch == epoch)
        bn_listen_tend(s, now);
    bool due = false;
    for (uint32_t i = 0; i < s->count && s->epoch == epoch; i++) {
        struct bn_watched *w = &s->watched[i];
        check_symbol(s, w, BN_STREAM_PUBLIC, now);
        check_symbol(s, w, BN_STREAM_MARKET, now);
        due |= w->again[0] || w->again[1] || !w->asked_ns[0] || !w->asked_ns[1];
    }
    if (s->started && s->epoch == epoch)
        arm(s, due || !s->class[BN_STREAM_PRIVATE].told_up ? BN_TICK_MS : 5 * BN_TICK_MS);
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

void bn_streams_start(struct bn_streams *s)
{
    if (s->started)
        return;
    s->started = true;
    s->epoch++;
    struct bn_class *p = &s->class[BN_STREAM_PRIVATE];
    p->line[0] = (struct bn_line){.s = s, .class = BN_STREAM_PRIVATE, .current = -1};
    p->line[0].sock[0].line = p->line[0].sock[1].line = &p->line[0];
    p->lines = 1;
    int64_t now = bn_rest_now_ns(s->rest);
    for (int class = 0; class < BN_STREAM_CLASSES; class ++) {
        s->class[class].down_ns = now;
        for (uint32_t i = 0; class != BN_STREAM_PRIVATE && i < s->class[class].lines; i++)
            bn_line_open(&s->class[class].line[i]);
    }
    s->listen = (struct bn_listen){.trouble = s->listen.trouble};
    bn_listen_tend(s, now);
    arm(s, BN_TICK_MS);
}

void bn_streams_stop(struct bn_streams *s)
{
    s->started = false;
    s->epoch++;
    for (int class = 0; class < BN_STREAM_CLASSES; class ++) {
        for (uint32_t i = 0; i < s->class[class].lines; i++)
            bn_line_close(&s->class[class].line[i]);
        s->class[class].told_up = false;
    }
    s->listen.have = false;
    s->c.web.ops->timer_set(s->timer, -1);
}

static int make(struct bn_streams *s, const struct eb_binance_config *c, struct eb_err *err)
{
    static const char *const names[] = {"public", "market", "private"};
    const char *const bases[] = {c->ws_public, c->ws_market, c->ws_private};
    s->c = *c;
    for (int i = 0; i < BN_STREAM_CLASSES; i++) {
        int n = snprintf(s->base[i], sizeof s->base[i], "%s", bases[i]);
        if (n < 0 || (size_t)n >= sizeof s->base[i])
            return eb_err_set(err, EB_E_INVALID, where, "the base URL of %s streams is too long", names[i]);
        s->class[i].name = names[i];
        s->class[i].base = s->base[i];
    }
    s->class[BN_STREAM_PUBLIC].per_line = BN_STREAMS_A_SOCKET;
    s->class[BN_STREAM_MARKET].per_line = BN_STREAMS_A_SOCKET / 3;
    uint32_t most = BN_LINES_MAX * (BN_STREAMS_A_SOCKET / 3);
    s->max = c->symbols_max < most ? c->symbols_max : most;
    s->watched = calloc(s->max ? s->max : 1, sizeof *s->watched);
    if (!s->watched)
        return eb_err_set(err, EB_E_MEMORY, where, "no memory for %u watched symbols", (unsigned)s->max);
    return c->web.ops->timer_open(c->web.web, on_timer, s, &s->timer, err);
}

int bn_streams_create(const struct eb_binance_config *c, struct bn_rest *rest, const struct bn_stream_events *events,
                      struct bn_streams **out, struct eb_err *err)
{
    struct bn_streams *s = calloc(1, sizeof *s);
    if (!s)
        return eb_err_set(err, EB_E_MEMORY, where, "no memory for streams");
    s->rest = rest;
    s->events = *events;
    int code = make(s, c, err);
    if (code != EB_OK) {
        bn_streams_destroy(s);
        return code;
    }
    *out = s;
    return EB_OK;
}

void bn_streams_destroy(struct bn_streams *s)
{
    if (!s)
        return;
    if (s->timer) {
        bn_streams_stop(s);
        s->c.web.ops->timer_close(s->timer);
    }
    free(s->watched);
    free(s);
}

/* ---- facts ----------------------------------------------------------------------------------------------------- */

static void class_facts(const struct bn_streams *s, enum bn_stream_class class,
                        void (*fact)(void *user, const struct eb_link_fact *f), void *user)
{
    const struct bn_class *c = &s->class[class];
    char name[48], value[64];
    bool up = bn_streams_up(s, class);
    uint64_t reconnects = 0;
    uint32_t unheard = 0;
    for (uint32_t i = 0; i < c->lines; i++) {
        reconnects += c->line[i].reconnects;
        unheard += class == BN_STREAM_PRIVATE ? 0 : c->line[i].unheard;
    }
    struct eb_link_fact f = {.name = name, .value = value, .note = "", .well = true};
    snprintf(name, sizeof name, "stream.%s.state", c->name);
    snprintf(value, sizeof value, "%s", up ? "up" : c->lines ? "down" : "off");
    f.well = up || c->lines == 0;
    f.note = f.well ? "" : "it is being connected again";
    fact(user, &f);
    snprintf(name, sizeof name, "stream.%s.age_ms", c->name);
    int64_t age = c->text_ns ? (bn_rest_now_ns(s->rest) - c->text_ns) / BN_MS : -1;
    snprintf(value, sizeof value, "%lld", (long long)age);
    f.well = class != BN_STREAM_MARKET || !up || (age >= 0 && age < s->c.silent_market_ms);
    f.note = f.well ? "" : "prices have stopped";
    fact(user, &f);
    if (class != BN_STREAM_PRIVATE) {
        snprintf(name, sizeof name, "stream.%s.symbols", c->name);
        snprintf(value, sizeof value, "%u of %u heard, %u sockets", (unsigned)(s->count - unheard), (unsigned)s->count,
                 (unsigned)c->lines);
        f.well = true;
        f.note = "";
        fact(user, &f);
    }
    snprintf(name, sizeof name, "stream.%s.reconnects", c->name);
    snprintf(value, sizeof value, "%llu", (unsigned long long)reconnects);
    f.well = true;
    f.note = "";
    fact(user, &f);
}

void bn_streams_facts(const struct bn_streams *s, void (*fact)(void *user, const struct eb_link_fact *f), void *user)
{
    for (int class = 0; class < BN_STREAM_CLASSES; class ++)
        class_facts(s, (enum bn_stream_class) class, fact, user);
    const struct bn_listen *l = &s->listen;
    char value[32];
    snprintf(value, sizeof value, "%lld",
             l->have ? (long long)((bn_rest_now_ns(s->rest) - l->confirmed_ns) / (1000 * BN_MS)) : -1LL);
    bool well = l->have && l->failures == 0;
    fact(user, &(struct eb_link_fact){.name = "listen_key.confirmed_s",
                                      .value = value,
                                      .note = well ? "" : "the user stream's key could not be made or kept alive",
                                      .well = well});
}
