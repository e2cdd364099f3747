/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the clients: connections, HELLO, requests in the order in which they arrive.
 *
 * A HELLO waits for a whole pass of the loop before it is answered. In that pass everything is read that others had
 * written before: what a dead client asked for is done when the next one looks.
 */
#include "venue/simd/inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS_MAX 64
#define GREET_HOPS 3 /* the pass under way is one, the one after it complete */

/* ---- life of a connection ---------------------------------------------------------------------------------------- */

void eb_simd_drop(struct simd_client *c, const char *why)
{
    struct eb_simd *s = c->simd;
    if (c->stream == NULL) {
        return;
    }
    eb_stream_close(c->stream);
    c->stream = NULL;
    s->client_count--;
    enum eb_log_level level = c->greeted && !c->hello.wants_events ? EB_LOG_DEBUG : EB_LOG_INFO; /* hands have a line */
    eb_log(eb_simd_log(s), level, "client.gone", EB_I64("client", c->number), EB_STR("name", c->hello.name),
           EB_STR("why", why), EB_BOOL("lockstep", s->owner == c), EB_I64("venue_ms", s->now_ms));
    if (s->owner == c) {
        eb_simd_clock_give(s, NULL);
    }
    if (s->c.leave_with_client && s->first == c) {
        s->done = true;
        eb_loop_stop(s->loop);
    }
}

void eb_simd_reap(struct eb_simd *s)
{
    struct simd_client **at = &s->clients;
    while (*at != NULL) {
        struct simd_client *c = *at;
        if (c->stream == NULL) {
            *at = c->next;
            s->first = s->first == c ? NULL : s->first;
            free(c);
        } else {
            at = &c->next;
        }
    }
}

/* Says why, and ends the connection once that is written. */
static void refuse(struct simd_client *c, const char *why)
{
    struct eb_wire_message m = {.kind = EB_WIRE_SAID, .u.said = {.code = EB_E_REFUSED}};
    (void)snprintf(m.u.said.text, sizeof(m.u.said.text), "%s", why);
    eb_simd_answer(c->simd, c, &m);
    eb_simd_answered(c->simd, c);
    if (c->stream != NULL) {
        struct eb_stream *stream = c->stream;
        c->stream = NULL;
        c->simd->client_count--;
        eb_log(eb_simd_log(c->simd), EB_LOG_WARN, "client.refused", EB_I64("client", c->number), EB_STR("why", why));
        eb_stream_finish(stream);
    }
}

/* ---- greeting ---------------------------------------------------------------------------------------------------- */

static void greet(struct eb_simd *s, struct simd_client *c)
{
    bool events = c->hello.wants_events;
    bool given = events && c->hello.lockstep && !s->c.free_clock && s->owner == NULL;
    if (events) {
        eb_simd_clock_arrive(s);
    }
    eb_simd_flush(s); /* what was told before is not for it */
    c->greeted = true;
    if (given) {
        eb_simd_clock_give(s, c);
    }
    if (events && s->first == NULL && !s->done) {
        s->first = c;
    }
    eb_log(eb_simd_log(s), events ? EB_LOG_INFO : EB_LOG_DEBUG, "client.greeted", EB_I64("client", c->number),
           EB_STR("name", c->hello.name), EB_BOOL("events", events), EB_BOOL("lockstep", given),
           EB_I64("venue_ms", s->now_ms));
    if (events && !given && !s->c.free_clock && s->owner == NULL) {
        eb_log(eb_simd_log(s), EB_LOG_WARN, "clock.stands", EB_STR("why", "no client has asked for lockstep"));
    }
    eb_simd_introduce(s, c);
}

void eb_simd_greet_fired(void *user)
{
    struct eb_simd *s = user;
    bool more = false;
    for (struct simd_client *c = s->clients; c != NULL; c = c->next) {
        if (c->stream == NULL || !c->introduced || c->greeted) {
            continue;
        }
        c->hops--;
        if (c->hops == 0) {
            greet(s, c);
        } else {
            more = true;
        }
    }
    if (more) {
        eb_timer_set(s->greet, 0);
    }
    eb_simd_reap(s);
}

static void take_hello(struct simd_client *c, const struct eb_wire_hello *hello)
{
    if (hello->protocol != EB_WIRE_PROTOCOL) {
        char why[160];
        (void)snprintf(why, sizeof(why), "protocol %u is spoken here %d: use the same build at both ends",
                       hello->protocol, EB_WIRE_PROTOCOL);
        refuse(c, why);
        return;
    }
    c->hello = *hello;
    c->introduced = true;
    c->hops = GREET_HOPS;
    eb_timer_set(c->simd->greet, 0);
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

/* On its way to the exchange: until it has arrived there, nobody else is greeted. */
static void sent(struct eb_simd *s)
{
    s->arrive_ms = s->now_ms + s->c.latency_ms;
}

static void take_submit(struct eb_simd *s, struct simd_client *c, const struct eb_order_request *order)
{
    struct eb_venue port = eb_sim_port(s->sim);
    struct eb_err err = {0};
    if (port.ops->submit(port.venue, order, &err) != EB_OK) {
        eb_simd_drop(c, err.msg); /* it must not believe that it was taken */
    }
    sent(s);
}

static void take_snapshot(struct eb_simd *s, struct simd_client *c)
{
    struct eb_venue port = eb_sim_port(s->sim);
    if (c->hello.wants_events && !c->pictured) {
        eb_simd_picture(s, c);
        return;
    }
    if (s->snapshot_faults > 0) {
        s->snapshot_faults--;
        eb_sim_fault_next(s->sim, EB_SIM_F_SNAPSHOT, 1, 0);
    }
    (void)port.ops->snapshot(port.venue, NULL);
}

static void take_view(struct eb_simd *s, struct simd_client *c)
{
    struct eb_sim_account_view a;
    struct eb_sim_stats stats;
    struct eb_wire_message m = {.kind = EB_WIRE_VIEW};
    eb_sim_account(s->sim, &a);
    eb_sim_stats(s->sim, &stats);
    m.u.view = (struct eb_link_view){.wallet = a.wallet,
                                     .pnl = a.pnl,
                                     .fees = a.fees,
                                     .funding = a.funding,
                                     .rejected = stats.rejected,
                                     .orders = stats.submits,
                                     .trades = stats.trades};
    eb_simd_answer(s, c, &m);
    eb_simd_answered(s, c);
}

static void take_hand(struct eb_simd *s, struct simd_client *c, const char *text)
{
    struct eb_wire_message m = {.kind = EB_WIRE_SAID};
    eb_simd_hand(s, text, &m.u.said);
    eb_log(eb_simd_log(s), EB_LOG_INFO, "hand", EB_STR("text", text), EB_I64("code", m.u.said.code),
           EB_STR("said", m.u.said.text), EB_I64("venue_ms", s->now_ms));
    eb_simd_answer(s, c, &m);
    eb_simd_answered(s, c);
}

static const char *take_request(struct eb_simd *s, struct simd_client *c, const struct eb_wire_message *m)
{
    struct eb_venue port = eb_sim_port(s->sim);
    const struct eb_wire_target *t = &m->u.target;
    switch ((enum eb_wire_kind)m->kind) {
    case EB_WIRE_SUBMIT:
        take_submit(s, c, &m->u.order);
        return NULL;
    case EB_WIRE_CANCEL:
        (void)port.ops->cancel(port.venue, t->client_id, t->venue_order_id, t->symbol, t->type, NULL);
        sent(s);
        return NULL;
    case EB_WIRE_QUERY:
        (void)port.ops->query(port.venue, t->client_id, t->venue_order_id, t->symbol, t->type, NULL);
        return NULL;
    case EB_WIRE_SNAPSHOT:
        take_snapshot(s, c);
        return NULL;
    case EB_WIRE_REFRESH:
        (void)port.ops->refresh_price(port.venue, m->u.symbol, NULL);
        return NULL;
    case EB_WIRE_TRADES:
        eb_simd_tell_trades(s, c, &m->u.trades);
        return NULL;
    case EB_WIRE_VIEW:
        take_view(s, c);
        return NULL;
    case EB_WIRE_HAND:
        take_hand(s, c, m->u.said.text);
        return NULL;
    case EB_WIRE_ACK:
        if (s->owner == c) {
            if (m->u.ack.number > s->tick) {
                return "it acknowledges a tick that never was";
            }
            eb_simd_clock_ack(s, &m->u.ack);
        }
        return NULL;
    case EB_WIRE_HELLO:
        return "it introduces itself twice";
    case EB_WIRE_READY:
    case EB_WIRE_TICK:
    case EB_WIRE_SAID:
    case EB_WIRE_END:
        break;
    }
    return "it sends what only the exchange sends";
}

/* Why a message cannot be taken; NULL when it can. */
static const char *unfit(const struct eb_simd *s, const struct simd_client *c, const struct eb_wire_message *m)
{
    eb_symbol_id symbol = 0;
    if (!c->introduced) {
        return m->kind == EB_WIRE_HELLO ? NULL : "it speaks before it has introduced itself";
    }
    if (!c->greeted) {
        return "it speaks before it was greeted";
    }
    switch ((enum eb_wire_kind)m->kind) {
    case EB_WIRE_SUBMIT:
        symbol = m->u.order.symbol;
        break;
    case EB_WIRE_CANCEL:
    case EB_WIRE_QUERY:
        symbol = m->u.target.symbol;
        break;
    case EB_WIRE_REFRESH:
        symbol = m->u.symbol;
        break;
    case EB_WIRE_TRADES:
        symbol = m->u.trades.symbol;
        break;
    case EB_WIRE_HELLO:
    case EB_WIRE_READY:
    case EB_WIRE_TICK:
    case EB_WIRE_ACK:
    case EB_WIRE_SNAPSHOT:
    case EB_WIRE_VIEW:
    case EB_WIRE_HAND:
    case EB_WIRE_SAID:
    case EB_WIRE_END:
        break;
    }
    return symbol < s->symbols ? NULL : "it names a symbol that does not exist";
}

static void take_record(struct eb_simd *s, struct simd_client *c, const struct eb_record *record)
{
    struct eb_wire_message m;
    struct eb_err err = {0};
    if (record->kind < EB_REC_FIRST) {
        eb_simd_drop(c, "it sends events");
        return;
    }
    if (eb_wire_decode(record, &m, &err) != EB_OK) {
        eb_simd_drop(c, err.msg);
        return;
    }
    const char *why = unfit(s, c, &m);
    if (why == NULL && !c->introduced) {
        take_hello(c, &m.u.hello);
        return;
    }
    why = why == NULL ? take_request(s, c, &m) : why;
    if (why != NULL) {
        eb_simd_drop(c, why);
    }
}

/* ---- the stream -------------------------------------------------------------------------------------------------- */

static void on_data(void *user, const char *bytes, size_t len)
{
    struct simd_client *c = user;
    struct eb_simd *s = c->simd;
    struct eb_record record;
    struct eb_err err = {0};
    int rc = EB_OK;
    while (rc == EB_OK && c->stream != NULL) {
        rc = eb_frames_next(&c->frames, &bytes, &len, &record, &err);
        if (rc == EB_OK) {
            take_record(s, c, &record);
        }
    }
    if (rc == EB_E_CORRUPT) {
        eb_simd_drop(c, err.msg);
    }
    eb_simd_flush(s);
    if (s->c.speed_ppm != 0) {
        eb_simd_clock_go(s); /* what was asked for may be due before what the timer waits for */
    }
    eb_simd_reap(s);
}

static void on_closed(void *user, const struct eb_err *err)
{
    struct simd_client *c = user;
    struct eb_simd *s = c->simd;
    eb_simd_drop(c, err->msg);
    eb_simd_reap(s);
}

/* Somebody who has connected and never said a word makes way. */
static bool make_room(struct eb_simd *s)
{
    struct simd_client *silent = NULL;
    for (struct simd_client *c = s->clients; c != NULL; c = c->next) {
        silent = c->stream != NULL && !c->introduced ? c : silent; /* the list has the newest first */
    }
    if (s->client_count >= CLIENTS_MAX && silent != NULL) {
        eb_simd_drop(silent, "it never introduced itself, and others wait");
    }
    return s->client_count < CLIENTS_MAX;
}

void eb_simd_accept(void *user, struct eb_stream *stream)
{
    static const struct eb_stream_handlers handlers = {.data = on_data, .closed = on_closed};
    struct eb_simd *s = user;
    struct simd_client *c = make_room(s) ? calloc(1, sizeof(*c)) : NULL;
    if (c == NULL) {
        eb_log(eb_simd_log(s), EB_LOG_WARN, "client.refused", EB_STR("why", "too many connections, or no memory"));
        eb_stream_close(stream);
        eb_simd_reap(s);
        return;
    }
    *c = (struct simd_client){.next = s->clients, .simd = s, .stream = stream, .number = ++s->client_serial};
    s->clients = c;
    s->client_count++;
    eb_stream_handle(stream, &handlers, c);
    eb_simd_reap(s);
}
