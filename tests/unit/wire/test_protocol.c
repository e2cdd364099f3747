/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: what is written is what is read, and nothing else is read as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "venue/wire/frames.h"
#include "venue/wire/protocol.h"

static uint64_t word(struct eb_rng *r)
{
    static const uint64_t edges[] = {0, 1, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN, UINT32_MAX};
    return eb_rng_chance(r, 1, 4) ? edges[eb_rng_below(r, EB_COUNT(edges))] : eb_rng_next(r);
}

static int64_t i64(struct eb_rng *r)
{
    return (int64_t)word(r);
}

static uint8_t below(struct eb_rng *r, unsigned count)
{
    return (uint8_t)eb_rng_below(r, count);
}

static void text(struct eb_rng *r, char *out, size_t cap)
{
    size_t len = eb_rng_chance(r, 1, 3) ? cap - 1 : (size_t)eb_rng_below(r, cap);
    for (size_t i = 0; i < len; i++) {
        out[i] = (char)eb_rng_range(r, 1, 127);
    }
}

static eb_client_id client_id(struct eb_rng *r)
{
    eb_client_id id;
    memset(&id, 0, sizeof(id));
    id.instance = (uint32_t)word(r);
    id.episode = (uint32_t)word(r);
    id.attempt = (uint16_t)word(r);
    id.purpose = below(r, 256);
    id.leg = below(r, 256);
    id.slice = below(r, 256);
    return id;
}

static void fill_hello(struct eb_rng *r, struct eb_wire_hello *v)
{
    v->protocol = (uint32_t)word(r);
    v->lockstep = eb_rng_chance(r, 1, 2);
    v->wants_events = eb_rng_chance(r, 1, 2);
    text(r, v->name, sizeof(v->name));
    text(r, v->account, sizeof(v->account));
    v->now_ms = i64(r);
    v->speed_ppm = i64(r);
}

static void fill_order(struct eb_rng *r, struct eb_order_request *v)
{
    v->client_id = client_id(r);
    v->symbol = (uint32_t)word(r);
    v->position = (uint32_t)word(r);
    v->order_side = below(r, 2);
    v->position_side = below(r, 3);
    v->type = below(r, EB_ORDER_STOP_MARKET + 1);
    v->purpose = below(r, EB_PURPOSE_COUNT);
    v->reason = below(r, EB_EXIT_REASON_COUNT);
    v->close_intent = eb_rng_chance(r, 1, 2);
    v->reduce_only = eb_rng_chance(r, 1, 2);
    v->close_position = eb_rng_chance(r, 1, 2);
    v->urgent = eb_rng_chance(r, 1, 2);
    v->qty.e8 = i64(r);
    v->price.e8 = i64(r);
    v->trigger.e8 = i64(r);
    v->level.e8 = i64(r);
    v->needs_seq = word(r);
}

static void fill_view(struct eb_rng *r, struct eb_link_view *v)
{
    v->wallet.e8 = i64(r);
    v->pnl.e8 = i64(r);
    v->fees.e8 = i64(r);
    v->funding.e8 = i64(r);
    v->rejected = word(r);
    v->orders = word(r);
    v->trades = word(r);
}

/* Every field of a message of this kind by chance; what it does not carry stays 0. */
static void fill(struct eb_rng *r, enum eb_wire_kind kind, struct eb_wire_message *m)
{
    memset(m, 0, sizeof(*m));
    m->kind = (uint16_t)kind;
    switch (kind) {
    case EB_WIRE_HELLO:
        fill_hello(r, &m->u.hello);
        break;
    case EB_WIRE_TICK:
        m->u.tick.number = word(r);
        m->u.tick.now_ms = i64(r);
        m->u.tick.due_ns = i64(r);
        break;
    case EB_WIRE_ACK:
        m->u.ack.number = word(r);
        m->u.ack.next_deadline_ms = i64(r);
        break;
    case EB_WIRE_SUBMIT:
        fill_order(r, &m->u.order);
        break;
    case EB_WIRE_CANCEL:
    case EB_WIRE_QUERY:
        m->u.target.client_id = client_id(r);
        m->u.target.venue_order_id = word(r);
        m->u.target.symbol = (uint32_t)word(r);
        m->u.target.type = below(r, EB_ORDER_STOP_MARKET + 1);
        break;
    case EB_WIRE_REFRESH:
        m->u.symbol = (uint32_t)word(r);
        break;
    case EB_WIRE_TRADES:
        m->u.trades.symbol = (uint32_t)word(r);
        m->u.trades.after = word(r);
        m->u.trades.oldest = word(r);
        m->u.trades.newest = word(r);
        break;
    case EB_WIRE_VIEW:
        fill_view(r, &m->u.view);
        break;
    case EB_WIRE_SAID:
        m->u.said.code = (int32_t)word(r);
        text(r, m->u.said.text, sizeof(m->u.said.text));
        break;
    case EB_WIRE_HAND:
        text(r, m->u.said.text, sizeof(m->u.said.text));
        break;
    case EB_WIRE_READY:
    case EB_WIRE_SNAPSHOT:
    case EB_WIRE_END:
        break;
    }
}

static void read_back(const unsigned char *bytes, size_t len, struct eb_record *record)
{
    size_t used;
    struct eb_err err;
    assert_int_equal(eb_record_read(bytes, len, &used, record, &err), EB_OK);
    assert_int_equal(used, len);
}

static void every_message_comes_back(void **state)
{
    (void)state;
    struct eb_rng r;
    eb_rng_seed(&r, 7);
    for (unsigned round = 0; round < 2000; round++) {
        for (unsigned kind = EB_WIRE_HELLO; kind < EB_WIRE_END; kind++) {
            struct eb_wire_message in;
            struct eb_wire_message out;
            struct eb_record record;
            struct eb_err err = {0};
            unsigned char bytes[EB_RECORD_MAX];
            size_t len = 0;
            fill(&r, (enum eb_wire_kind)kind, &in);
            assert_int_equal(eb_wire_encode(&in, bytes, sizeof(bytes), &len), EB_OK);
            read_back(bytes, len, &record);
            assert_int_equal(eb_wire_decode(&record, &out, &err), EB_OK);
            assert_memory_equal(&in, &out, sizeof(in));
        }
    }
}

static void a_cut_payload_is_refused(void **state)
{
    (void)state;
    struct eb_rng r;
    eb_rng_seed(&r, 8);
    for (unsigned kind = EB_WIRE_HELLO; kind < EB_WIRE_END; kind++) {
        struct eb_wire_message m;
        struct eb_record record;
        struct eb_err err = {0};
        unsigned char bytes[EB_RECORD_MAX];
        size_t len = 0;
        fill(&r, (enum eb_wire_kind)kind, &m);
        assert_int_equal(eb_wire_encode(&m, bytes, sizeof(bytes), &len), EB_OK);
        for (size_t cap = 0; cap < len; cap++) {
            size_t ignored;
            assert_int_equal(eb_wire_encode(&m, bytes, cap, &ignored), EB_E_FULL);
        }
        assert_int_equal(eb_wire_encode(&m, bytes, sizeof(bytes), &len), EB_OK);
        read_back(bytes, len, &record);
        size_t whole = record.len;
        for (record.len = 0; record.len < whole; record.len++) {
            assert_int_equal(eb_wire_decode(&record, &m, &err), EB_E_CORRUPT);
        }
        record.len = whole + 1; /* the checksum's first byte: one too many */
        assert_int_equal(eb_wire_decode(&record, &m, &err), EB_E_CORRUPT);
    }
}

static void garbage_is_refused_or_within_range(void **state)
{
    (void)state;
    struct eb_rng r;
    unsigned char bytes[700];
    unsigned taken = 0;
    eb_rng_seed(&r, 9);
    for (unsigned round = 0; round < 200000; round++) {
        struct eb_wire_message m;
        struct eb_err err = {0};
        struct eb_record record = {.kind = (uint16_t)eb_rng_range(&r, EB_WIRE_HELLO - 1, EB_WIRE_END),
                                   .version = (uint16_t)eb_rng_range(&r, 0, 2),
                                   .payload = bytes,
                                   .len = (size_t)eb_rng_below(&r, eb_rng_chance(&r, 1, 2) ? 130 : sizeof(bytes))};
        for (size_t i = 0; i < record.len; i++) {
            bytes[i] = eb_rng_chance(&r, 1, 2) ? (unsigned char)eb_rng_below(&r, 4) : (unsigned char)eb_rng_next(&r);
        }
        if (eb_wire_decode(&record, &m, &err) != EB_OK) {
            assert_true(err.code == EB_E_CORRUPT && err.msg[0] != '\0');
            continue;
        }
        taken++;
        assert_int_equal(record.version, 1);
        if (m.kind == EB_WIRE_SUBMIT) {
            assert_true(m.u.order.purpose < EB_PURPOSE_COUNT && m.u.order.type <= EB_ORDER_STOP_MARKET);
        }
    }
    assert_true(taken > 0);
}

static void what_cannot_be_is_not_written(void **state)
{
    (void)state;
    unsigned char bytes[EB_RECORD_MAX];
    size_t len;
    struct eb_wire_message m = {.kind = EB_WIRE_END};
    assert_int_equal(eb_wire_encode(&m, bytes, sizeof(bytes), &len), EB_E_INVALID);
    m = (struct eb_wire_message){.kind = EB_WIRE_SUBMIT, .u.order.purpose = EB_PURPOSE_COUNT};
    assert_int_equal(eb_wire_encode(&m, bytes, sizeof(bytes), &len), EB_E_INVALID);
    m = (struct eb_wire_message){.kind = EB_WIRE_HAND};
    memset(m.u.said.text, 'x', sizeof(m.u.said.text));
    assert_int_equal(eb_wire_encode(&m, bytes, sizeof(bytes), &len), EB_E_INVALID);
}

/* ---- frames ------------------------------------------------------------------------------------------------------ */

static void records_in_any_pieces(void **state)
{
    (void)state;
    static unsigned char stream[100000];
    static struct eb_frames frames;
    static struct eb_wire_message sent[200];
    struct eb_rng r;
    size_t size = 0;
    eb_rng_seed(&r, 10);
    for (unsigned i = 0; i < EB_COUNT(sent); i++) {
        size_t len;
        fill(&r, (enum eb_wire_kind)eb_rng_range(&r, EB_WIRE_HELLO, EB_WIRE_END - 1), &sent[i]);
        assert_int_equal(eb_wire_encode(&sent[i], stream + size, sizeof(stream) - size, &len), EB_OK);
        size += len;
    }
    for (unsigned longest = 1; longest < 2000; longest = longest * 2 + 1) {
        unsigned got = 0;
        memset(&frames, 0, sizeof(frames));
        for (size_t at = 0; at < size;) {
            size_t piece = (size_t)eb_rng_range(&r, 1, longest);
            piece = piece < size - at ? piece : size - at;
            const char *bytes = (const char *)stream + at;
            size_t left = piece;
            struct eb_record record;
            struct eb_err err = {0};
            int rc;
            while ((rc = eb_frames_next(&frames, &bytes, &left, &record, &err)) == EB_OK) {
                struct eb_wire_message m;
                assert_int_equal(eb_wire_decode(&record, &m, &err), EB_OK);
                assert_memory_equal(&m, &sent[got], sizeof(m));
                got++;
            }
            assert_int_equal(rc, EB_E_END);
            assert_int_equal(left, 0);
            at += piece;
        }
        assert_int_equal(got, EB_COUNT(sent));
    }
}

static void a_broken_record_ends_it(void **state)
{
    (void)state;
    static struct eb_frames frames;
    unsigned char bytes[EB_RECORD_MAX];
    struct eb_wire_message m = {.kind = EB_WIRE_ACK, .u.ack = {5, 6}};
    struct eb_record record;
    struct eb_err err = {0};
    size_t len;
    for (unsigned bit = 0; bit < 8 * 28; bit++) {
        assert_int_equal(eb_wire_encode(&m, bytes, sizeof(bytes), &len), EB_OK);
        assert_int_equal(len, 28);
        bytes[bit / 8] = (unsigned char)(bytes[bit / 8] ^ 1u << bit % 8);
        memset(&frames, 0, sizeof(frames));
        const char *at = (const char *)bytes;
        size_t left = len;
        int rc = eb_frames_next(&frames, &at, &left, &record, &err);
        assert_true(rc == EB_E_CORRUPT || rc == EB_E_END); /* END: its length says that more follows */
        assert_true(rc == EB_E_END || err.code == EB_E_CORRUPT);
    }
    memset(bytes, 0xff, sizeof(bytes)); /* a length beyond any record */
    for (size_t piece = 1; piece < 14; piece++) {
        memset(&frames, 0, sizeof(frames));
        int rc = EB_E_END;
        for (size_t at = 0; rc == EB_E_END && at < 28; at += piece) {
            const char *next = (const char *)bytes + at;
            size_t left = piece;
            rc = eb_frames_next(&frames, &next, &left, &record, &err);
        }
        assert_int_equal(rc, EB_E_CORRUPT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_comes_back),
        cmocka_unit_test(a_cut_payload_is_refused),
        cmocka_unit_test(garbage_is_refused_or_within_range),
        cmocka_unit_test(what_cannot_be_is_not_written),
        cmocka_unit_test(records_in_any_pieces),
        cmocka_unit_test(a_broken_record_ends_it),
    };
    return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
