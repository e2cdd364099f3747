/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's side. Symbols are translated here and nowhere else: the exchange's indices come with its INSTRUMENT
 * events, the engine's ids from the listener.
 *
 *     stream -> eb_frames -> messages -> listener         port -> one record on the stack -> one write
 */
#define _POSIX_C_SOURCE 200809L

#include "venue/wire/client.h"

#include <stdlib.h>
#include <string.h>

#include "venue/wire/frames.h"

#define WRITE_LIMIT ((size_t)4 << 20)      /* bytes that may wait: an exchange that reads nothing is as good as gone */
#define ENGINE_IDS_MAX (UINT32_C(1) << 20) /* beyond any engine's symbols: a listener's mistake */
#define MESSAGE_MAX 1024                   /* bytes of any message as a record */
#define NOT_TOLD (EB_NO_SYMBOL - 1)        /* of an index that no INSTRUMENT has introduced */

static const char where[] = "venue";

enum state { ABSENT = 0, CONNECTING, GREETING, GREETED };

struct eb_wire_client {
    struct eb_wire_client_config c;
    char *path, *name; /* owned */
    struct eb_stream *stream;
    enum state state;
    uint64_t connection;           /* number of this one: callbacks may end it and begin another */
    eb_symbol_id *to_engine;       /* by the exchange's index; NOT_TOLD, EB_NO_SYMBOL: left out */
    eb_symbol_id *to_exchange;     /* by the engine's id; EB_NO_SYMBOL: not there */
    uint32_t engine_ids;           /* room of it */
    struct eb_frames frames;       /* of what is read */
    struct eb_decoded_event event; /* reused */
};

/* ---- the connection's end ---------------------------------------------------------------------------------------- */

void eb_wire_client_disconnect(struct eb_wire_client *w)
{
    eb_stream_close(w->stream);
    w->stream = NULL;
    w->state = ABSENT;
}

static void lose(struct eb_wire_client *w, const struct eb_err *err)
{
    struct eb_err why = *err;
    eb_wire_client_disconnect(w);
    w->c.listener.lost(w->c.listener.user, &why);
}

bool eb_wire_client_connected(const struct eb_wire_client *w)
{
    return w->state == GREETED;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static int not_sent(const struct eb_wire_client *w, struct eb_err *err)
{
    return eb_err_set(err, EB_E_IO, where, "%s: no connection to the exchange: not sent", w->path);
}

static int write_message(struct eb_wire_client *w, const struct eb_wire_message *m, struct eb_err *err)
{
    unsigned char record[MESSAGE_MAX];
    size_t len;
    int rc = eb_wire_encode(m, record, sizeof(record), &len);
    if (rc != EB_OK) {
        return eb_err_set(err, rc, where, "%s: a message of kind %u that cannot be written: %s", w->path, m->kind,
                          eb_err_text(rc));
    }
    rc = eb_stream_write(w->stream, record, len);
    if (rc != EB_OK) {
        return eb_err_set(err, EB_E_IO, where, "%s: not sent: %s", w->path,
                          rc == EB_E_FULL ? "the exchange does not read what waits for it already" : eb_err_text(rc));
    }
    return EB_OK;
}

static int send_message(struct eb_wire_client *w, const struct eb_wire_message *m, struct eb_err *err)
{
    return w->state == GREETED ? write_message(w, m, err) : not_sent(w, err);
}

/* The exchange's index of a symbol of the engine's; EB_E_NOT_FOUND. */
static int translate(const struct eb_wire_client *w, eb_symbol_id symbol, eb_symbol_id *out, struct eb_err *err)
{
    if (w->state != GREETED) {
        return not_sent(w, err);
    }
    *out = symbol < w->engine_ids ? w->to_exchange[symbol] : EB_NO_SYMBOL;
    if (*out == EB_NO_SYMBOL) {
        return eb_err_set(err, EB_E_NOT_FOUND, where, "%s: the exchange does not trade the engine's symbol %u", w->path,
                          symbol);
    }
    return EB_OK;
}

static int port_submit(void *venue, const struct eb_order_request *order, struct eb_err *err)
{
    struct eb_wire_client *w = venue;
    struct eb_wire_message m = {.kind = EB_WIRE_SUBMIT, .u.order = *order};
    int rc = translate(w, order->symbol, &m.u.order.symbol, err);
    m.u.order.position = 2 * m.u.order.symbol + (order->position & 1u);
    return rc == EB_OK ? send_message(w, &m, err) : rc;
}

static int send_target(struct eb_wire_client *w, enum eb_wire_kind kind, eb_client_id id, uint64_t venue_order_id,
                       eb_symbol_id symbol, uint8_t type, struct eb_err *err)
{
    struct eb_wire_message m = {.kind = (uint16_t)kind};
    m.u.target = (struct eb_wire_target){.client_id = id, .venue_order_id = venue_order_id, .type = type};
    int rc = translate(w, symbol, &m.u.target.symbol, err);
    return rc == EB_OK ? send_message(w, &m, err) : rc;
}

static int port_cancel(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                       struct eb_err *err)
{
    return send_target(venue, EB_WIRE_CANCEL, id, venue_order_id, symbol, type, err);
}

static int port_query(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                      struct eb_err *err)
{
    return send_target(venue, EB_WIRE_QUERY, id, venue_order_id, symbol, type, err);
}

static int port_snapshot(void *venue, struct eb_err *err)
{
    const struct eb_wire_message m = {.kind = EB_WIRE_SNAPSHOT};
    return send_message(venue, &m, err);
}

static int port_refresh_price(void *venue, eb_symbol_id symbol, struct eb_err *err)
{
    struct eb_wire_message m = {.kind = EB_WIRE_REFRESH};
    int rc = translate(venue, symbol, &m.u.symbol, err);
    return rc == EB_OK ? send_message(venue, &m, err) : rc;
}

struct eb_venue eb_wire_client_port(struct eb_wire_client *w)
{
    static const struct eb_venue_ops ops = {
        .submit = port_submit,
        .cancel = port_cancel,
        .query = port_query,
        .snapshot = port_snapshot,
        .refresh_price = port_refresh_price,
    };
    return (struct eb_venue){.venue = w, .ops = &ops};
}

int eb_wire_client_ack(struct eb_wire_client *w, uint64_t tick, int64_t next_deadline_ms)
{
    const struct eb_wire_message m = {.kind = EB_WIRE_ACK, .u.ack = {tick, next_deadline_ms}};
    return send_message(w, &m, NULL);
}

int eb_wire_client_ask_trades(struct eb_wire_client *w, eb_symbol_id symbol, uint64_t after)
{
    struct eb_wire_message m = {.kind = EB_WIRE_TRADES, .u.trades = {.after = after}};
    int rc = translate(w, symbol, &m.u.trades.symbol, NULL);
    return rc == EB_OK ? send_message(w, &m, NULL) : rc;
}

int eb_wire_client_ask_view(struct eb_wire_client *w)
{
    const struct eb_wire_message m = {.kind = EB_WIRE_VIEW};
    return send_message(w, &m, NULL);
}

int eb_wire_client_hand(struct eb_wire_client *w, const char *text)
{
    struct eb_wire_message m = {.kind = EB_WIRE_HAND};
    size_t len = strnlen(text, sizeof(m.u.said.text));
    if (len == sizeof(m.u.said.text)) {
        return EB_E_INVALID;
    }
    memcpy(m.u.said.text, text, len);
    return send_message(w, &m, NULL);
}

/* ---- the same as a link ------------------------------------------------------------------------------------------ */

static int link_connect(void *link, struct eb_err *err)
{
    return eb_wire_client_connect(link, err);
}

static void link_disconnect(void *link)
{
    eb_wire_client_disconnect(link);
}

static bool link_connected(const void *link)
{
    return eb_wire_client_connected(link);
}

static struct eb_venue link_port(void *link)
{
    return eb_wire_client_port(link);
}

static int link_ack(void *link, uint64_t tick, int64_t next_deadline_ms)
{
    return eb_wire_client_ack(link, tick, next_deadline_ms);
}

static int link_ask_trades(void *link, eb_symbol_id symbol, uint64_t after)
{
    return eb_wire_client_ask_trades(link, symbol, after);
}

static int link_ask_view(void *link)
{
    return eb_wire_client_ask_view(link);
}

static int link_hand(void *link, const char *text)
{
    return eb_wire_client_hand(link, text);
}

struct eb_link eb_wire_client_link(struct eb_wire_client *w)
{
    static const struct eb_link_ops ops = {
        .connect = link_connect,
        .disconnect = link_disconnect,
        .connected = link_connected,
        .port = link_port,
        .ack = link_ack,
        .ask_trades = link_ask_trades,
        .ask_view = link_ask_view,
        .hand = link_hand,
    };
    return (struct eb_link){w, &ops};
}

/* ---- what the exchange says -------------------------------------------------------------------------------------- */

static int broken(const struct eb_wire_client *w, const char *what, struct eb_err *err)
{
    return eb_err_set(err, EB_E_CORRUPT, where, "%s: the exchange broke the protocol: %s", w->path, what);
}

/* Room for the engine's id in the table back. */
static int reserve_id(struct eb_wire_client *w, eb_symbol_id id, struct eb_err *err)
{
    if (id < w->engine_ids) {
        return EB_OK;
    }
    uint32_t wanted = w->engine_ids > 0 ? w->engine_ids : 64;
    while (wanted <= id && wanted < ENGINE_IDS_MAX) {
        wanted *= 2;
    }
    if (wanted <= id) {
        return eb_err_set(err, EB_E_INVALID, where, "symbol id %u is beyond the %u that are possible", id,
                          ENGINE_IDS_MAX);
    }
    eb_symbol_id *table = realloc(w->to_exchange, wanted * sizeof(*table));
    if (table == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory");
    }
    for (uint32_t i = w->engine_ids; i < wanted; i++) {
        table[i] = EB_NO_SYMBOL;
    }
    w->to_exchange = table;
    w->engine_ids = wanted;
    return EB_OK;
}

static int introduce(struct eb_wire_client *w, eb_symbol_id index, const char *name, struct eb_err *err)
{
    eb_symbol_id *to = &w->to_engine[index];
    if (*to != NOT_TOLD) {
        return EB_OK; /* its filters have changed */
    }
    *to = w->c.listener.symbol(w->c.listener.user, name);
    if (*to == EB_NO_SYMBOL) {
        return EB_OK;
    }
    int rc = reserve_id(w, *to, err);
    if (rc != EB_OK) {
        return rc;
    }
    eb_symbol_id before = w->to_exchange[*to];
    if (before != EB_NO_SYMBOL) { /* refused by the engine, so that its id was given again: nobody's prices */
        w->to_engine[before] = EB_NO_SYMBOL;
    }
    w->to_exchange[*to] = index;
    return EB_OK;
}

static int take_event(struct eb_wire_client *w, const struct eb_record *record, struct eb_err *err)
{
    struct eb_event *ev = &w->event.ev;
    int rc = eb_record_event(record, &w->event, err);
    if (rc != EB_OK) {
        return rc;
    }
    if (ev->symbol == EB_NO_SYMBOL) {
        w->c.listener.event(w->c.listener.user, ev);
        return EB_OK;
    }
    if (ev->symbol >= w->c.symbols_max) {
        return eb_err_set(err, EB_E_FULL, where, "%s: the exchange has more than the %u symbols that are wanted",
                          w->path, w->c.symbols_max);
    }
    rc = ev->kind == EB_EV_INSTRUMENT ? introduce(w, ev->symbol, ev->u.instrument->symbol, err) : EB_OK;
    eb_symbol_id symbol = w->to_engine[ev->symbol];
    if (rc != EB_OK || symbol == NOT_TOLD) {
        return rc != EB_OK ? rc : broken(w, "an event of a symbol that it has not introduced", err);
    }
    if (symbol != EB_NO_SYMBOL) {
        ev->symbol = symbol;
        ev->position = ev->position == EB_NO_POSITION ? EB_NO_POSITION : 2 * symbol + (ev->position & 1u);
        w->c.listener.event(w->c.listener.user, ev);
    }
    return EB_OK;
}

/* What an earlier connection had written was read to its end before this one was greeted. */
static struct eb_link_hello introduction(const struct eb_wire_hello *hello)
{
    struct eb_link_hello told = {.lockstep = hello->lockstep,
                                 .settled = true,
                                 .can_trade = true,
                                 .talkative = true,
                                 .can = {.market_orders = true,
                                         .conditional_orders = true,
                                         .close_position = true,
                                         .trigger_sources = 1u << EB_SRC_MARK,
                                         .modes = EB_CAN_ONE_WAY | EB_CAN_HEDGE,
                                         .batch_max = 1,
                                         .client_id_max = EB_CLIENT_ID_TEXT_MAX - 1},
                                 .now_ms = hello->now_ms,
                                 .speed_ppm = hello->speed_ppm};
    memcpy(told.name, hello->name, sizeof(told.name));
    memcpy(told.account, hello->account, sizeof(told.account));
    return told;
}

static int take_hello(struct eb_wire_client *w, const struct eb_wire_hello *hello, struct eb_err *err)
{
    if (w->state != GREETING) {
        return broken(w, "it introduces itself twice", err);
    }
    if (hello->protocol != EB_WIRE_PROTOCOL) {
        return eb_err_set(err, EB_E_INVALID, where,
                          "%s: the exchange speaks protocol %u, this program %d: use the same "
                          "build at both ends",
                          w->path, hello->protocol, EB_WIRE_PROTOCOL);
    }
    w->state = GREETED;
    uint64_t connection = w->connection;
    const struct eb_link_hello told = introduction(hello);
    if (!w->c.listener.hello(w->c.listener.user, &told, err) && connection == w->connection) {
        return err->code != EB_OK ? err->code : eb_err_set(err, EB_E_REFUSED, where, "the exchange was not wanted");
    }
    return EB_OK;
}

static int take_trades(struct eb_wire_client *w, const struct eb_link_trades *told, struct eb_err *err)
{
    struct eb_link_trades t = *told;
    if (t.symbol >= w->c.symbols_max || w->to_engine[t.symbol] == NOT_TOLD) {
        return broken(w, "trades of a symbol that it has not introduced", err);
    }
    t.symbol = w->to_engine[t.symbol];
    if (w->c.listener.trades != NULL) {
        w->c.listener.trades(w->c.listener.user, &t);
    }
    return EB_OK;
}

/* What it says instead of a greeting is why it will not have us. */
static int take_said(struct eb_wire_client *w, const struct eb_link_said *said, struct eb_err *err)
{
    if (w->state == GREETING) {
        return eb_err_set(err, EB_E_REFUSED, where, "%s: the exchange refuses the connection: %s", w->path, said->text);
    }
    if (w->c.listener.said != NULL) {
        w->c.listener.said(w->c.listener.user, said);
    }
    return EB_OK;
}

static int take_message(struct eb_wire_client *w, const struct eb_record *record, struct eb_err *err)
{
    struct eb_wire_message m;
    int rc = eb_wire_decode(record, &m, err);
    if (rc != EB_OK) {
        return rc;
    }
    if (w->state == GREETING && m.kind != EB_WIRE_HELLO && m.kind != EB_WIRE_SAID) {
        return broken(w, "it speaks before it has introduced itself", err);
    }
    const struct eb_link_listener *l = &w->c.listener;
    switch ((enum eb_wire_kind)m.kind) {
    case EB_WIRE_HELLO:
        return take_hello(w, &m.u.hello, err);
    case EB_WIRE_READY:
        if (l->ready != NULL) {
            l->ready(l->user);
        }
        return EB_OK;
    case EB_WIRE_TICK:
        if (l->tick != NULL) {
            l->tick(l->user, &m.u.tick);
        }
        return EB_OK;
    case EB_WIRE_TRADES:
        return take_trades(w, &m.u.trades, err);
    case EB_WIRE_VIEW:
        if (l->view != NULL) {
            l->view(l->user, &m.u.view);
        }
        return EB_OK;
    case EB_WIRE_SAID:
        return take_said(w, &m.u.said, err);
    case EB_WIRE_ACK:
    case EB_WIRE_SUBMIT:
    case EB_WIRE_CANCEL:
    case EB_WIRE_QUERY:
    case EB_WIRE_SNAPSHOT:
    case EB_WIRE_REFRESH:
    case EB_WIRE_HAND:
    case EB_WIRE_END:
        break;
    }
    return broken(w, "a message that only a client sends", err);
}

static int take_record(struct eb_wire_client *w, const struct eb_record *record, struct eb_err *err)
{
    if (record->kind >= EB_REC_FIRST) {
        return take_message(w, record, err);
    }
    return w->state == GREETED ? take_event(w, record, err) : broken(w, "an event before its introduction", err);
}

/* ---- the stream -------------------------------------------------------------------------------------------------- */

static void on_data(void *user, const char *bytes, size_t len)
{
    struct eb_wire_client *w = user;
    struct eb_record record;
    struct eb_err err = {0};
    uint64_t connection = w->connection;
    int rc = EB_OK;
    while (rc == EB_OK && w->stream != NULL && w->connection == connection) { /* a callback may have ended it */
        rc = eb_frames_next(&w->frames, &bytes, &len, &record, &err);
        rc = rc == EB_OK ? take_record(w, &record, &err) : rc;
    }
    if (rc != EB_OK && rc != EB_E_END && w->stream != NULL && w->connection == connection) {
        lose(w, &err);
    }
}

static void on_opened(void *user)
{
    struct eb_wire_client *w = user;
    struct eb_err err = {0};
    struct eb_wire_message m = {.kind = EB_WIRE_HELLO};
    m.u.hello = (struct eb_wire_hello){
        .protocol = EB_WIRE_PROTOCOL, .lockstep = w->c.lockstep, .wants_events = w->c.wants_events};
    memcpy(m.u.hello.name, w->name, strlen(w->name) + 1);
    w->state = GREETING;
    if (write_message(w, &m, &err) != EB_OK) {
        lose(w, &err);
    }
}

static void on_closed(void *user, const struct eb_err *err)
{
    lose(user, err);
}

int eb_wire_client_connect(struct eb_wire_client *w, struct eb_err *err)
{
    static const struct eb_stream_handlers handlers = {.opened = on_opened, .data = on_data, .closed = on_closed};
    if (w->stream != NULL) {
        return eb_err_set(err, EB_E_INVALID, where, "%s: there is a connection already", w->path);
    }
    w->connection++;
    w->frames.len = 0;
    for (uint32_t i = 0; i < w->c.symbols_max; i++) {
        w->to_engine[i] = NOT_TOLD;
    }
    for (uint32_t i = 0; i < w->engine_ids; i++) {
        w->to_exchange[i] = EB_NO_SYMBOL;
    }
    int rc = eb_stream_connect(w->c.loop, w->path, WRITE_LIMIT, &handlers, w, &w->stream, err);
    w->state = rc == EB_OK ? CONNECTING : ABSENT;
    return rc;
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

int eb_wire_client_create(const struct eb_wire_client_config *c, struct eb_wire_client **out, struct eb_err *err)
{
    if (c->symbols_max == 0 || c->symbols_max > ENGINE_IDS_MAX || strlen(c->name) >= EB_NAME_MAX) {
        return eb_err_set(err, EB_E_INVALID, where, "%u symbols (1..%u wanted), or a name of %d bytes and more: \"%s\"",
                          c->symbols_max, ENGINE_IDS_MAX, EB_NAME_MAX, c->name);
    }
    struct eb_wire_client *w = calloc(1, sizeof(*w));
    if (w == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory");
    }
    w->c = *c;
    w->path = strdup(c->path);
    w->name = strdup(c->name);
    w->to_engine = calloc(c->symbols_max, sizeof(*w->to_engine));
    if (w->path == NULL || w->name == NULL || w->to_engine == NULL) {
        eb_wire_client_destroy(w);
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory");
    }
    *out = w;
    return EB_OK;
}

void eb_wire_client_destroy(struct eb_wire_client *w)
{
    if (w == NULL) {
        return;
    }
    eb_wire_client_disconnect(w);
    free(w->path);
    free(w->name);
    free(w->to_engine);
    free(w->to_exchange);
    free(w);
}
