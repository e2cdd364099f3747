/* SPDX-License-Identifier: Apache-2.0 */
/* Records: the frame with its checksum, and the walk over an event. What a policy said is in codec_policy.c. */
#include "store/codec.h"

#include <string.h>

#include "base/hash.h"
#include "base/cursor.h"

#define FLAG_DURABLE 1u
#define FLAG_WITNESS 2u

#define U8(f) eb_cursor_u8(w, &(f))
#define U32(f) eb_cursor_u32(w, &(f))
#define U64(f) eb_cursor_u64(w, &(f))
#define I64(f) eb_cursor_i64(w, &(f))
#define E8(f) eb_cursor_i64(w, &(f).e8)
#define BOOL(f) eb_cursor_bool(w, &(f))
#define BELOW(f, count) eb_cursor_below(w, &(f), (count), #f)
#define TEXT(f) eb_cursor_text(w, (f), sizeof(f), #f)

/* A record holds at most one verdict with its context and one witness; texts cost no more than their arrays. */
_Static_assert(sizeof(struct eb_decoded_event) + EB_RECORD_OVERHEAD + 64 <= EB_RECORD_MAX, "any event fits a record");

/* ---- Walks ------------------------------------------------------------------------------------------------------ */

static void wire_client_id(struct eb_cursor *w, eb_client_id *v)
{
    U32(v->instance);
    U32(v->episode);
    U32(v->attempt);
    U8(v->purpose);
    U8(v->leg);
    U8(v->slice);
}

static void wire_price(struct eb_cursor *w, struct eb_ev_price *v)
{
    BELOW(v->source, EB_SRC_COUNT);
    BOOL(v->from_rest);
    E8(v->price);
    E8(v->ask);
    E8(v->min);
    E8(v->max);
    I64(v->venue_ms);
}

static void wire_path(struct eb_cursor *w, struct eb_ev_path *v)
{
    BELOW(v->kind, EB_PATH_QUIET + 1);
    BOOL(v->has_mark);
    E8(v->from);
    E8(v->to);
    E8(v->mark_from);
    E8(v->mark_to);
}

static void wire_bar(struct eb_cursor *w, struct eb_ev_bar *v)
{
    I64(v->open_ms);
    I64(v->length_ms);
    E8(v->open);
    E8(v->high);
    E8(v->low);
    E8(v->close);
}

static void wire_instrument(struct eb_cursor *w, struct eb_ev_instrument *v)
{
    TEXT(v->symbol);
    E8(v->tick);
    E8(v->min_price);
    E8(v->max_price);
    E8(v->step);
    E8(v->min_qty);
    E8(v->max_qty);
    E8(v->market_step);
    E8(v->market_min_qty);
    E8(v->market_max_qty);
    E8(v->min_notional);
    I64(v->percent_up_ppm);
    I64(v->percent_down_ppm);
    I64(v->market_take_bound_ppm);
    I64(v->maintenance_ppm);
    U32(v->max_orders);
    U32(v->max_algo_orders);
    BOOL(v->trading);
}

static void wire_position(struct eb_cursor *w, struct eb_ev_position *v)
{
    BELOW(v->position_side, EB_PS_SHORT + 1);
    BELOW(v->side, EB_SHORT + 1);
    BOOL(v->adopted);
    E8(v->qty);
    E8(v->entry);
    E8(v->liquidation);
    E8(v->margin);
    I64(v->leverage_ppm);
    I64(v->opened_ms);
    I64(v->venue_ms);
    TEXT(v->strategy_id);
}

static void wire_open_order(struct eb_cursor *w, struct eb_ev_open_order *v)
{
    wire_client_id(w, &v->client_id);
    U64(v->venue_order_id);
    BELOW(v->position_side, EB_PS_SHORT + 1);
    BELOW(v->order_side, EB_SELL + 1);
    BELOW(v->type, EB_ORDER_STOP_MARKET + 1);
    BELOW(v->state, EB_OS_COUNT);
    BOOL(v->close_position);
    BOOL(v->reduce_only);
    E8(v->qty);
    E8(v->filled);
    E8(v->price);
    E8(v->trigger);
}

static void wire_fill(struct eb_cursor *w, struct eb_ev_fill *v)
{
    wire_client_id(w, &v->client_id);
    U64(v->venue_order_id);
    U64(v->trade_id);
    E8(v->price);
    E8(v->qty);
    E8(v->fee);
    BELOW(v->order_side, EB_SELL + 1);
    BELOW(v->position_side, EB_PS_SHORT + 1);
    BOOL(v->maker);
    BOOL(v->liquidation);
    I64(v->venue_ms);
}

static void wire_order(struct eb_cursor *w, struct eb_ev_order *v)
{
    wire_client_id(w, &v->client_id);
    U64(v->venue_order_id);
    BELOW(v->state, EB_OS_COUNT);
    BELOW(v->reject, EB_REJ_COUNT);
    BOOL(v->cancel_failed);
    BOOL(v->from_query);
    eb_cursor_i32(w, &v->code);
    E8(v->filled);
    I64(v->venue_ms);
}

static void wire_command(struct eb_cursor *w, struct eb_ev_command *v)
{
    BELOW(v->verb, EB_CMD_COUNT);
    eb_cursor_config(w, &v->mode);
    BOOL(v->settled);
    U64(v->id);
    TEXT(v->who);
    TEXT(v->why);
}

static void wire_policy(struct eb_cursor *w, struct eb_ev_policy *v)
{
    eb_cursor_bytes(w, v->hash, sizeof(v->hash));
    BOOL(v->legacy);
    TEXT(v->name);
    TEXT(v->version);
    TEXT(v->who);
    TEXT(v->why);
}

static void wire_signal(struct eb_cursor *w, struct eb_ev_signal *v)
{
    eb_cursor_memory_entry(w, &v->value);
    I64(v->expires_ms);
    U64(v->id);
    TEXT(v->who);
    TEXT(v->why);
}

static void wire_witness(struct eb_cursor *w, struct eb_witness *v)
{
    U32(v->symbol);
    U32(v->foreign_conditional);
    for (size_t i = 0; i < EB_SRC_COUNT; i++) {
        E8(v->price[i]);
        I64(v->received_ns[i]);
        E8(v->min[i]);
        E8(v->max[i]);
    }
    E8(v->ask);
    E8(v->jump_price);
    E8(v->jump_from);
    I64(v->jump_ns);
    BELOW(v->jump_source, EB_SRC_COUNT);
    E8(v->substitute_price);
    I64(v->substitute_ns);
    for (size_t i = 0; i < 2; i++) {
        E8(v->best[i]);
        E8(v->worst[i]);
        E8(v->path[i]);
        E8(v->path_mark[i]);
        I64(v->soft_since_ns[i]);
    }
    U64(v->absent);
    U8(v->sweep);
    BOOL(v->gated);
    BOOL(v->pictured);
}

/* An event and where its payloads are: borrowed ones when writing, room for them when reading. */
struct parts {
    struct eb_event *ev;
    struct eb_witness *witness;
    struct eb_ev_instrument *instrument;
    struct eb_ev_position *position;
    struct eb_ev_command *command;
    struct eb_ev_policy *policy;
    struct eb_ev_signal *signal;
    struct eb_ev_policy_failed *failed;
    struct eb_context *ctx;
    struct eb_verdict *verdict;
};

static void wire_payload(struct eb_cursor *w, const struct parts *p)
{
    struct eb_event *ev = p->ev;
    switch ((enum eb_event_kind)ev->kind) {
    case EB_EV_CLOCK:
    case EB_EV_SNAPSHOT_BEGIN:
    case EB_EV_SNAPSHOT_END:
    case EB_EV_SNAPSHOT_FAILED:
        return;
    case EB_EV_PRICE:
        wire_price(w, &ev->u.price);
        return;
    case EB_EV_PATH:
        wire_path(w, &ev->u.path);
        return;
    case EB_EV_BAR:
        wire_bar(w, &ev->u.bar);
        return;
    case EB_EV_FUNDING:
        I64(ev->u.funding.rate_e8);
        I64(ev->u.funding.next_ms);
        return;
    case EB_EV_INSTRUMENT:
        wire_instrument(w, p->instrument);
        return;
    case EB_EV_ACCOUNT:
        E8(ev->u.account.balance);
        BOOL(ev->u.account.hedge);
        return;
    case EB_EV_POSITION:
        wire_position(w, p->position);
        return;
    case EB_EV_OPEN_ORDER:
        wire_open_order(w, &ev->u.open_order);
        return;
    case EB_EV_FILL:
        wire_fill(w, &ev->u.fill);
        return;
    case EB_EV_ORDER:
        wire_order(w, &ev->u.order);
        return;
    case EB_EV_COMMAND:
        wire_command(w, p->command);
        return;
    case EB_EV_POLICY:
        wire_policy(w, p->policy);
        return;
    case EB_EV_SIGNAL:
        wire_signal(w, p->signal);
        return;
    case EB_EV_VERDICT:
        eb_cursor_context(w, p->ctx);
        eb_cursor_verdict(w, p->verdict);
        return;
    case EB_EV_POLICY_FAILED:
        BELOW(p->failed->result, EB_POLICY_RESULT_COUNT);
        TEXT(p->failed->message);
        eb_cursor_context(w, p->ctx);
        return;
    case EB_EV_CONFIG:
        eb_cursor_config(w, &ev->u.config);
        return;
    case EB_EV_COUNT:
        break;
    }
    eb_cursor_refuse(w, "kind");
}

static void wire_event(struct eb_cursor *w, const struct parts *p, uint8_t *flags)
{
    I64(p->ev->now_ns);
    I64(p->ev->now_ms);
    U32(p->ev->symbol);
    U32(p->ev->position);
    BELOW(*flags, (FLAG_DURABLE | FLAG_WITNESS) + 1);
    if ((*flags & FLAG_WITNESS) != 0) {
        wire_witness(w, p->witness);
    }
    if (w->code == EB_OK) {
        wire_payload(w, p);
    }
}

/* ---- Encoding --------------------------------------------------------------------------------------------------- */

/* Finds the payloads that an event points at; EB_E_INVALID when one is missing. A writing walk changes nothing, which
 * is why constness may go. */
static int borrow_parts(const struct eb_event *ev, struct parts *p)
{
    const void *payload = ev; /* those without a pointer carry their own */
    switch ((enum eb_event_kind)ev->kind) {
    case EB_EV_INSTRUMENT:
        payload = p->instrument = (struct eb_ev_instrument *)ev->u.instrument;
        break;
    case EB_EV_POSITION:
        payload = p->position = (struct eb_ev_position *)ev->u.venue_position;
        break;
    case EB_EV_COMMAND:
        payload = p->command = (struct eb_ev_command *)ev->u.command;
        break;
    case EB_EV_POLICY:
        payload = p->policy = (struct eb_ev_policy *)ev->u.policy;
        break;
    case EB_EV_SIGNAL:
        payload = p->signal = (struct eb_ev_signal *)ev->u.signal;
        break;
    case EB_EV_VERDICT:
        p->ctx = (struct eb_context *)ev->u.verdict.ctx;
        p->verdict = (struct eb_verdict *)ev->u.verdict.verdict;
        return p->ctx == NULL || p->verdict == NULL ? EB_E_INVALID : EB_OK;
    case EB_EV_POLICY_FAILED:
        p->failed = (struct eb_ev_policy_failed *)ev->u.policy_failed;
        p->ctx = p->failed != NULL ? (struct eb_context *)p->failed->ctx : NULL;
        return p->ctx == NULL ? EB_E_INVALID : EB_OK;
    case EB_EV_CLOCK:
    case EB_EV_PRICE:
    case EB_EV_PATH:
    case EB_EV_BAR:
    case EB_EV_FUNDING:
    case EB_EV_ACCOUNT:
    case EB_EV_SNAPSHOT_BEGIN:
    case EB_EV_OPEN_ORDER:
    case EB_EV_SNAPSHOT_END:
    case EB_EV_SNAPSHOT_FAILED:
    case EB_EV_FILL:
    case EB_EV_ORDER:
    case EB_EV_CONFIG:
    case EB_EV_COUNT:
        break;
    }
    return payload == NULL ? EB_E_INVALID : EB_OK;
}

size_t eb_record_seal(unsigned char *out, uint16_t kind, uint16_t version, size_t len)
{
    EB_ASSERT(len <= EB_RECORD_MAX - EB_RECORD_OVERHEAD);
    struct eb_cursor w = eb_cursor_writer(out, len + EB_RECORD_OVERHEAD);
    uint32_t length = (uint32_t)len;
    eb_cursor_u32(&w, &length);
    eb_cursor_u16(&w, &kind);
    eb_cursor_u16(&w, &version);
    w.at += len;
    uint32_t crc = eb_crc32c(0, out, w.at);
    eb_cursor_u32(&w, &crc);
    return w.at;
}

int eb_encode_event(const struct eb_event *ev, const struct eb_witness *witness, bool durable, unsigned char *out,
                    size_t cap, size_t *len)
{
    if (cap < EB_RECORD_OVERHEAD) {
        return EB_E_FULL;
    }
    struct eb_event copy = *ev;
    struct parts parts = {.ev = &copy, .witness = (struct eb_witness *)witness};
    int rc = borrow_parts(ev, &parts);
    if (rc != EB_OK) {
        return rc;
    }
    uint8_t flags = (uint8_t)((durable ? FLAG_DURABLE : 0) | (witness != NULL ? FLAG_WITNESS : 0));
    struct eb_cursor w = eb_cursor_writer(out + EB_RECORD_HEAD, cap - EB_RECORD_OVERHEAD);
    wire_event(&w, &parts, &flags);
    if (w.code == EB_OK) {
        *len = eb_record_seal(out, ev->kind, EB_EVENT_VERSION, w.at);
    }
    return w.code;
}

/* ---- Decoding --------------------------------------------------------------------------------------------------- */

int eb_record_read(const unsigned char *in, size_t avail, size_t *used, struct eb_record *out, struct eb_err *err)
{
    *used = EB_RECORD_OVERHEAD;
    if (avail < EB_RECORD_OVERHEAD) {
        return EB_E_END;
    }
    struct eb_cursor w = eb_cursor_reader(in, avail);
    uint32_t length = 0;
    eb_cursor_u32(&w, &length);
    eb_cursor_u16(&w, &out->kind);
    eb_cursor_u16(&w, &out->version);
    if (length > EB_RECORD_MAX - EB_RECORD_OVERHEAD) {
        return eb_err_set(err, EB_E_CORRUPT, "codec",
                          "a record of %u bytes, at most %d are possible: the data are damaged", length,
                          EB_RECORD_MAX - EB_RECORD_OVERHEAD);
    }
    *used = length + EB_RECORD_OVERHEAD;
    if (avail < *used) {
        return EB_E_END;
    }
    out->payload = in + w.at;
    out->len = length;
    w.at += length;
    uint32_t crc = 0;
    eb_cursor_u32(&w, &crc);
    if (crc != eb_crc32c(0, in, *used - sizeof(crc))) {
        return eb_err_set(err, EB_E_CORRUPT, "codec", "a record of %u bytes fails its checksum: the data are damaged",
                          length);
    }
    return EB_OK;
}

/* Room of the kind that is to be read, zeroed: what a record leaves out (entries that do not count) is 0. */
static void clear_for(struct eb_decoded_event *out, uint16_t kind)
{
    out->ev = (struct eb_event){.kind = kind};
    switch ((enum eb_event_kind)kind) {
    case EB_EV_INSTRUMENT:
        memset(&out->instrument, 0, sizeof(out->instrument));
        out->ev.u.instrument = &out->instrument;
        return;
    case EB_EV_POSITION:
        memset(&out->position, 0, sizeof(out->position));
        out->ev.u.venue_position = &out->position;
        return;
    case EB_EV_COMMAND:
        memset(&out->command, 0, sizeof(out->command));
        out->ev.u.command = &out->command;
        return;
    case EB_EV_POLICY:
        memset(&out->policy, 0, sizeof(out->policy));
        out->ev.u.policy = &out->policy;
        return;
    case EB_EV_SIGNAL:
        memset(&out->signal, 0, sizeof(out->signal));
        out->ev.u.signal = &out->signal;
        return;
    case EB_EV_VERDICT:
        memset(&out->ctx, 0, sizeof(out->ctx));
        memset(&out->verdict, 0, sizeof(out->verdict));
        out->ev.u.verdict = (struct eb_ev_verdict){.ctx = &out->ctx, .verdict = &out->verdict};
        return;
    case EB_EV_POLICY_FAILED:
        memset(&out->ctx, 0, sizeof(out->ctx));
        memset(&out->failed, 0, sizeof(out->failed));
        out->failed.ctx = &out->ctx;
        out->ev.u.policy_failed = &out->failed;
        return;
    case EB_EV_CLOCK:
    case EB_EV_PRICE:
    case EB_EV_PATH:
    case EB_EV_BAR:
    case EB_EV_FUNDING:
    case EB_EV_ACCOUNT:
    case EB_EV_SNAPSHOT_BEGIN:
    case EB_EV_OPEN_ORDER:
    case EB_EV_SNAPSHOT_END:
    case EB_EV_SNAPSHOT_FAILED:
    case EB_EV_FILL:
    case EB_EV_ORDER:
    case EB_EV_CONFIG:
    case EB_EV_COUNT:
        return;
    }
}

int eb_record_event(const struct eb_record *record, struct eb_decoded_event *out, struct eb_err *err)
{
    if (record->kind >= EB_EV_COUNT || record->version != EB_EVENT_VERSION) {
        return eb_err_set(
            err, EB_E_CORRUPT, "codec",
            "a record of kind %u version %u; this build reads kinds below %d in version %d: use the build "
            "that the header names, or start a new journal",
            record->kind, record->version, EB_EV_COUNT, EB_EVENT_VERSION);
    }
    clear_for(out, record->kind);
    memset(&out->witness, 0, sizeof(out->witness));
    struct parts parts = {&out->ev,     &out->witness, &out->instrument, &out->position, &out->command,
                          &out->policy, &out->signal,  &out->failed,     &out->ctx,      &out->verdict};
    struct eb_cursor w = eb_cursor_reader(record->payload, record->len);
    uint8_t flags = 0;
    wire_event(&w, &parts, &flags);
    out->durable = (flags & FLAG_DURABLE) != 0;
    out->ev.witness = (flags & FLAG_WITNESS) != 0 ? &out->witness : NULL;
    if (w.code == EB_OK && w.at != record->len) {
        eb_cursor_refuse(&w, "length");
    }
    if (w.code != EB_OK) {
        return eb_err_set(err, EB_E_CORRUPT, "codec",
                          "a record of kind %u: %s is out of range: written by another build "
                          "under the same version, or forged",
                          record->kind, w.what);
    }
    return EB_OK;
}

int eb_decode_event(const unsigned char *in, size_t avail, size_t *used, struct eb_decoded_event *out,
                    struct eb_err *err)
{
    struct eb_record record;
    int rc = eb_record_read(in, avail, used, &record, err);
    return rc != EB_OK ? rc : eb_record_event(&record, out, err);
}
