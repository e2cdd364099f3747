/* SPDX-License-Identifier: Apache-2.0 */
/* The messages as bytes: one walk over the fields of each, which both writes and reads. */
#include "venue/wire/protocol.h"

#include <string.h>

#include "base/cursor.h"

/* Version of the payload of every message; a change of a struct gives its kind the next number. */
#define MESSAGE_VERSION 1

#define U8(f) eb_cursor_u8(w, &(f))
#define U32(f) eb_cursor_u32(w, &(f))
#define U64(f) eb_cursor_u64(w, &(f))
#define I64(f) eb_cursor_i64(w, &(f))
#define E8(f) eb_cursor_i64(w, &(f).e8)
#define BOOL(f) eb_cursor_bool(w, &(f))
#define BELOW(f, count) eb_cursor_below(w, &(f), (count), #f)
#define TEXT(f) eb_cursor_text(w, (f), sizeof(f), #f)

static void wire_client_id(struct eb_cursor *w, eb_client_id *v)
{
    U32(v->instance);
    U32(v->episode);
    eb_cursor_u32(w, &v->attempt);
    U8(v->purpose);
    U8(v->leg);
    U8(v->slice);
}

static void wire_hello(struct eb_cursor *w, struct eb_wire_hello *v)
{
    U32(v->protocol);
    BOOL(v->lockstep);
    BOOL(v->wants_events);
    TEXT(v->name);
    TEXT(v->account);
    I64(v->now_ms);
    I64(v->speed_ppm);
}

static void wire_order(struct eb_cursor *w, struct eb_order_request *v)
{
    wire_client_id(w, &v->client_id);
    U32(v->symbol);
    U32(v->position);
    BELOW(v->order_side, EB_SELL + 1);
    BELOW(v->position_side, EB_PS_SHORT + 1);
    BELOW(v->type, EB_ORDER_STOP_MARKET + 1);
    BELOW(v->purpose, EB_PURPOSE_COUNT);
    BELOW(v->reason, EB_EXIT_REASON_COUNT);
    BOOL(v->close_intent);
    BOOL(v->reduce_only);
    BOOL(v->close_position);
    BOOL(v->urgent);
    E8(v->qty);
    E8(v->price);
    E8(v->trigger);
    E8(v->level);
    U64(v->needs_seq);
}

static void wire_target(struct eb_cursor *w, struct eb_wire_target *v)
{
    wire_client_id(w, &v->client_id);
    U64(v->venue_order_id);
    U32(v->symbol);
    BELOW(v->type, EB_ORDER_STOP_MARKET + 1);
}

static void wire_view(struct eb_cursor *w, struct eb_link_view *v)
{
    E8(v->wallet);
    E8(v->pnl);
    E8(v->fees);
    E8(v->funding);
    U64(v->rejected);
    U64(v->orders);
    U64(v->trades);
}

/* A text too long for eb_cursor_text(): its length in two bytes. */
static void wire_long_text(struct eb_cursor *w, char text[EB_LINK_TEXT_MAX])
{
    uint16_t len = 0;
    if (w->out != NULL) {
        const char *end = memchr(text, '\0', EB_LINK_TEXT_MAX);
        if (end == NULL) {
            eb_cursor_refuse(w, "text");
            return;
        }
        len = (uint16_t)(end - text);
    }
    eb_cursor_u16(w, &len);
    if (len >= EB_LINK_TEXT_MAX) {
        eb_cursor_refuse(w, "text");
        return;
    }
    eb_cursor_bytes(w, (uint8_t *)text, len);
    if (w->out == NULL && w->code == EB_OK && memchr(text, '\0', len) != NULL) {
        eb_cursor_refuse(w, "text"); /* would come back shorter */
    }
}

static void wire_payload(struct eb_cursor *w, struct eb_wire_message *m)
{
    switch ((enum eb_wire_kind)m->kind) {
    case EB_WIRE_HELLO:
        wire_hello(w, &m->u.hello);
        return;
    case EB_WIRE_READY:
    case EB_WIRE_SNAPSHOT:
        return;
    case EB_WIRE_TICK:
        U64(m->u.tick.number);
        I64(m->u.tick.now_ms);
        I64(m->u.tick.due_ns);
        return;
    case EB_WIRE_ACK:
        U64(m->u.ack.number);
        I64(m->u.ack.next_deadline_ms);
        return;
    case EB_WIRE_SUBMIT:
        wire_order(w, &m->u.order);
        return;
    case EB_WIRE_CANCEL:
    case EB_WIRE_QUERY:
        wire_target(w, &m->u.target);
        return;
    case EB_WIRE_REFRESH:
        U32(m->u.symbol);
        return;
    case EB_WIRE_TRADES:
        U32(m->u.trades.symbol);
        U64(m->u.trades.after);
        U64(m->u.trades.oldest);
        U64(m->u.trades.newest);
        return;
    case EB_WIRE_VIEW:
        wire_view(w, &m->u.view);
        return;
    case EB_WIRE_HAND:
        wire_long_text(w, m->u.said.text);
        return;
    case EB_WIRE_SAID:
        eb_cursor_i32(w, &m->u.said.code);
        wire_long_text(w, m->u.said.text);
        return;
    case EB_WIRE_END:
        break;
    }
    eb_cursor_refuse(w, "kind");
}

int eb_wire_encode(const struct eb_wire_message *m, unsigned char *out, size_t cap, size_t *len)
{
    if (cap < EB_RECORD_OVERHEAD) {
        return EB_E_FULL;
    }
    size_t room = cap < EB_RECORD_MAX ? cap : EB_RECORD_MAX;
    struct eb_cursor w = eb_cursor_writer(out + EB_RECORD_HEAD, room - EB_RECORD_OVERHEAD);
    wire_payload(&w, (struct eb_wire_message *)m); /* a writing walk changes nothing */
    if (w.code == EB_OK) {
        *len = eb_record_seal(out, m->kind, MESSAGE_VERSION, w.at);
    }
    return w.code;
}

int eb_wire_decode(const struct eb_record *record, struct eb_wire_message *out, struct eb_err *err)
{
    if (record->kind < EB_WIRE_HELLO || record->kind >= EB_WIRE_END || record->version != MESSAGE_VERSION) {
        return eb_err_set(
            err, EB_E_CORRUPT, "wire",
            "a message of kind %u version %u; this build reads kinds %d to %d in version %d: use the same "
            "build at both ends",
            record->kind, record->version, EB_WIRE_HELLO, EB_WIRE_END - 1, MESSAGE_VERSION);
    }
    memset(out, 0, sizeof(*out));
    out->kind = record->kind;
    struct eb_cursor w = eb_cursor_reader(record->payload, record->len);
    wire_payload(&w, out);
    if (w.code == EB_OK && w.at != record->len) {
        eb_cursor_refuse(&w, "length");
    }
    if (w.code != EB_OK) {
        return eb_err_set(err, EB_E_CORRUPT, "wire", "a message of kind %u: %s is out of range", record->kind, w.what);
    }
    return EB_OK;
}
