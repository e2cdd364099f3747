/* SPDX-License-Identifier: Apache-2.0 */
/* What is written is read again, whatever the event; what is damaged is told; what is cut is waited for. */
#include "fill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/cursor.h"

#define ROUNDS 300

static struct eb_decoded_event given, got;
static unsigned char record[EB_RECORD_MAX], again[EB_RECORD_MAX];

static size_t encode_given(void)
{
    size_t len = 0;
    assert_int_equal(eb_encode_event(&given.ev, given.ev.witness, given.durable, record, sizeof(record), &len), EB_OK);
    return len;
}

/* Equal in everything but where payloads are. */
static void assert_same_event(const struct eb_decoded_event *a, const struct eb_decoded_event *b)
{
    assert_int_equal(a->durable, b->durable);
    assert_int_equal(a->ev.witness != NULL, b->ev.witness != NULL);
    assert_memory_equal(&a->witness, &b->witness, sizeof(a->witness));
    struct eb_event ea = a->ev;
    struct eb_event eb = b->ev;
    ea.witness = eb.witness = NULL;
    switch ((int)ea.kind) {
    case EB_EV_INSTRUMENT:
        assert_memory_equal(ea.u.instrument, eb.u.instrument, sizeof(a->instrument));
        break;
    case EB_EV_POSITION:
        assert_memory_equal(ea.u.venue_position, eb.u.venue_position, sizeof(a->position));
        break;
    case EB_EV_COMMAND:
        assert_memory_equal(ea.u.command, eb.u.command, sizeof(a->command));
        break;
    case EB_EV_POLICY:
        assert_memory_equal(ea.u.policy, eb.u.policy, sizeof(a->policy));
        break;
    case EB_EV_SIGNAL:
        assert_memory_equal(ea.u.signal, eb.u.signal, sizeof(a->signal));
        break;
    case EB_EV_VERDICT:
        assert_memory_equal(ea.u.verdict.ctx, eb.u.verdict.ctx, sizeof(a->ctx));
        assert_memory_equal(ea.u.verdict.verdict, eb.u.verdict.verdict, sizeof(a->verdict));
        break;
    case EB_EV_POLICY_FAILED:
        assert_memory_equal(ea.u.policy_failed->ctx, eb.u.policy_failed->ctx, sizeof(a->ctx));
        assert_int_equal(ea.u.policy_failed->result, eb.u.policy_failed->result);
        assert_string_equal(ea.u.policy_failed->message, eb.u.policy_failed->message);
        break;
    default:
        assert_memory_equal(&ea, &eb, sizeof(ea));
        return;
    }
    memset(&ea.u, 0, sizeof(ea.u));
    memset(&eb.u, 0, sizeof(eb.u));
    assert_memory_equal(&ea, &eb, sizeof(ea));
}

static void every_event_comes_back(void **state)
{
    (void)state;
    struct eb_rng rng;
    eb_rng_seed(&rng, 1);
    for (int kind = 0; kind < EB_EV_COUNT; kind++) {
        for (int round = 0; round < ROUNDS; round++) {
            fill_event(&rng, (enum eb_event_kind)kind, &given);
            size_t len = encode_given();
            size_t used = 0;
            memset(&got, 0x5a, sizeof(got));
            assert_int_equal(eb_decode_event(record, sizeof(record), &used, &got, NULL), EB_OK);
            assert_int_equal(used, len);
            if (!given.ev.witness) {
                memset(&got.witness, 0, sizeof(got.witness));
            }
            assert_same_event(&given, &got);
            size_t len2 = 0;
            assert_int_equal(eb_encode_event(&got.ev, got.ev.witness, got.durable, again, len, &len2), EB_OK);
            assert_int_equal(len2, len);
            assert_memory_equal(again, record, len);
        }
    }
}

/* A field that is added to a struct is lost by every store until codec.c and fill.c know it: this is the reminder.
 * Extend both walks, give the kind its next version, then change the size here. */
static void no_struct_has_grown_unnoticed(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t is, known;
    } sizes[] = {
        {"price", sizeof(struct eb_ev_price), 48},       {"path", sizeof(struct eb_ev_path), 40},
        {"bar", sizeof(struct eb_ev_bar), 48},           {"funding", sizeof(struct eb_ev_funding), 16},
        {"account", sizeof(struct eb_ev_account), 16},   {"instrument", sizeof(struct eb_ev_instrument), 152},
        {"position", sizeof(struct eb_ev_position), 96}, {"open_order", sizeof(struct eb_ev_open_order), 64},
        {"fill", sizeof(struct eb_ev_fill), 72},         {"order", sizeof(struct eb_ev_order), 48},
        {"command", sizeof(struct eb_ev_command), 144},  {"policy", sizeof(struct eb_ev_policy), 225},
        {"config", sizeof(struct eb_ev_config), 3},      {"policy_failed", sizeof(struct eb_ev_policy_failed), 112},
        {"witness", sizeof(struct eb_witness), 248},     {"context", sizeof(struct eb_context), 3752},
        {"verdict", sizeof(struct eb_verdict), 5528},    {"engine_config", sizeof(struct eb_engine_config), 256},
        {"event", sizeof(struct eb_event), 112},         {"signal", sizeof(struct eb_ev_signal), 216},
    };
    for (size_t i = 0; i < EB_COUNT(sizes); i++) {
        if (sizes[i].is != sizes[i].known) {
            fail_msg("struct %s has %zu bytes, the codec knows %zu", sizes[i].name, sizes[i].is, sizes[i].known);
        }
    }
}

static void any_flipped_bit_is_found(void **state)
{
    (void)state;
    struct eb_rng rng;
    eb_rng_seed(&rng, 2);
    for (int kind = 0; kind < EB_EV_COUNT; kind++) {
        fill_event(&rng, (enum eb_event_kind)kind, &given);
        size_t len = encode_given();
        for (size_t at = 0; at < len; at++) {
            unsigned char was = record[at];
            for (unsigned bit = 0; bit < 8; bit++) {
                record[at] = was ^ (unsigned char)(1u << bit);
                size_t used;
                struct eb_err err;
                int rc = eb_decode_event(record, len, &used, &got, &err);
                /* a length that says more than there is waits for more; nothing else may pass */
                assert_true(rc == EB_E_CORRUPT || (rc == EB_E_END && at < 4 && used > len));
            }
            record[at] = was;
        }
    }
}

static void a_cut_record_is_waited_for(void **state)
{
    (void)state;
    struct eb_rng rng;
    eb_rng_seed(&rng, 3);
    for (int kind = 0; kind < EB_EV_COUNT; kind++) {
        fill_event(&rng, (enum eb_event_kind)kind, &given);
        size_t len = encode_given();
        for (size_t avail = 0; avail < len; avail++) {
            unsigned char *exact = malloc(avail > 0 ? avail : 1); /* so that a sanitizer sees a read beyond */
            memcpy(exact, record, avail);
            size_t used = 0;
            assert_int_equal(eb_decode_event(exact, avail, &used, &got, NULL), EB_E_END);
            assert_true(used > avail && used <= len);
            free(exact);
        }
        for (size_t cap = 0; cap < len; cap++) {
            unsigned char *exact = malloc(cap > 0 ? cap : 1);
            size_t none;
            assert_int_equal(eb_encode_event(&given.ev, given.ev.witness, given.durable, exact, cap, &none), EB_E_FULL);
            free(exact);
        }
    }
}

/* Bytes of a payload changed and sealed anew: a forged record decodes to what encodes to it, or is refused. */
static void forged_records_are_refused_or_canonical(void **state)
{
    (void)state;
    struct eb_rng rng;
    eb_rng_seed(&rng, 4);
    unsigned refused = 0;
    for (int round = 0; round < 20000; round++) {
        fill_event(&rng, (enum eb_event_kind)(round % EB_EV_COUNT), &given);
        size_t len = encode_given();
        for (uint64_t n = eb_rng_below(&rng, 4) + 1; n > 0; n--) {
            record[EB_RECORD_HEAD + eb_rng_below(&rng, len - EB_RECORD_OVERHEAD)] = (uint8_t)eb_rng_next(&rng);
        }
        (void)eb_record_seal(record, given.ev.kind, EB_EVENT_VERSION, len - EB_RECORD_OVERHEAD);
        size_t used;
        struct eb_err err;
        int rc = eb_decode_event(record, len, &used, &got, &err);
        if (rc != EB_OK) {
            assert_int_equal(rc, EB_E_CORRUPT);
            refused++;
            continue;
        }
        size_t len2 = 0;
        assert_int_equal(eb_encode_event(&got.ev, got.ev.witness, got.durable, again, sizeof(again), &len2), EB_OK);
        assert_int_equal(len2, len);
        assert_memory_equal(again, record, len);
    }
    assert_true(refused > 1000 && refused < 19000);
}

static void other_versions_and_kinds_name_a_remedy(void **state)
{
    (void)state;
    static const struct {
        uint16_t kind, version;
        size_t extra; /* bytes more than the payload has */
        const char *says;
    } cases[] = {{EB_EV_CLOCK, EB_EVENT_VERSION + 1, 0, "the build that the header names"},
                 {EB_EV_CLOCK, 1, 0, "the build that the header names"}, /* before commands had modes */
                 {EB_EV_COUNT, EB_EVENT_VERSION, 0, "the build that the header names"},
                 {EB_REC_END, EB_EVENT_VERSION, 0, "the build that the header names"},
                 {EB_EV_CLOCK, EB_EVENT_VERSION, 1, "length is out of range"}};
    struct eb_rng rng;
    eb_rng_seed(&rng, 5);
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        fill_event(&rng, EB_EV_CLOCK, &given);
        size_t payload = encode_given() - EB_RECORD_OVERHEAD + cases[i].extra;
        size_t len = eb_record_seal(record, cases[i].kind, cases[i].version, payload);
        struct eb_err err;
        size_t used;
        assert_int_equal(eb_decode_event(record, len, &used, &got, &err), EB_E_CORRUPT);
        assert_non_null(strstr(err.msg, cases[i].says));
    }
    memset(record, 0xff, sizeof(record));
    struct eb_err err;
    size_t used;
    assert_int_equal(eb_decode_event(record, sizeof(record), &used, &got, &err), EB_E_CORRUPT);
    assert_non_null(strstr(err.msg, "damaged"));
}

static void an_event_that_is_none_is_not_written(void **state)
{
    (void)state;
    size_t len;
    static const uint16_t empty[] = {EB_EV_INSTRUMENT, EB_EV_POSITION, EB_EV_COMMAND,       EB_EV_POLICY, EB_EV_SIGNAL,
                                     EB_EV_VERDICT,    EB_EV_COUNT,    EB_EV_POLICY_FAILED, 999};
    for (size_t i = 0; i < EB_COUNT(empty); i++) {
        struct eb_event ev = {.kind = empty[i]};
        assert_int_equal(eb_encode_event(&ev, NULL, true, record, sizeof(record), &len), EB_E_INVALID);
    }
    struct eb_event price = {.kind = EB_EV_PRICE};
    price.u.price.source = EB_SRC_COUNT;
    assert_int_equal(eb_encode_event(&price, NULL, true, record, sizeof(record), &len), EB_E_INVALID);

    static struct eb_ev_command endless = {.verb = EB_CMD_PAUSE};
    memset(endless.who, 'x', sizeof(endless.who));
    struct eb_event command = {.kind = EB_EV_COMMAND};
    command.u.command = &endless;
    assert_int_equal(eb_encode_event(&command, NULL, true, record, sizeof(record), &len), EB_E_INVALID);

    struct eb_rng rng;
    eb_rng_seed(&rng, 6);
    fill_event(&rng, EB_EV_VERDICT, &given);
    given.verdict.count = EB_DECISIONS_MAX + 1;
    assert_int_equal(eb_encode_event(&given.ev, NULL, true, record, sizeof(record), &len), EB_E_INVALID);
}

/* The bytes of one record, written out by hand: other programs read them, and they must not change unnoticed. */
static void the_bytes_are_these(void **state)
{
    (void)state;
    struct eb_event ev = {
        .kind = EB_EV_FUNDING, .now_ns = 0x0102030405060708, .now_ms = -2, .symbol = 3, .position = EB_NO_POSITION};
    ev.u.funding = (struct eb_ev_funding){.rate_e8 = -1, .next_ms = 0x10};
    static const unsigned char expected[] = {
        0x29, 0,    0,    0,    EB_EV_FUNDING,
        0,    3,    0, /* 41 bytes, kind, version */
        8,    7,    6,    5,    4,
        3,    2,    1, /* now_ns */
        0xfe, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, /* now_ms */
        3,    0,    0,    0,    0xff,
        0xff, 0xff, 0xff, 1, /* symbol, position, flags: durable */
        0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0x10, 0,
        0,    0,    0,    0,    0,
        0, /* rate, next */
    };
    size_t len = 0;
    assert_int_equal(eb_encode_event(&ev, NULL, true, record, sizeof(record), &len), EB_OK);
    assert_int_equal(len, sizeof(expected) + 4);
    assert_memory_equal(record, expected, sizeof(expected));
    uint32_t crc = eb_crc32c(0, expected, sizeof(expected));
    const unsigned char tail[] = {(unsigned char)crc, (unsigned char)(crc >> 8), (unsigned char)(crc >> 16),
                                  (unsigned char)(crc >> 24)};
    assert_memory_equal(record + sizeof(expected), tail, sizeof(tail));
}

static void engine_configurations_come_back(void **state)
{
    (void)state;
    struct eb_rng rng;
    eb_rng_seed(&rng, 7);
    for (int round = 0; round < ROUNDS; round++) {
        struct eb_engine_config in;
        struct eb_engine_config out;
        fill_engine_config(&rng, &in);
        memset(&out, 0, sizeof(out));
        struct eb_cursor w = eb_cursor_writer(record, sizeof(record));
        eb_cursor_engine_config(&w, &in);
        assert_int_equal(w.code, EB_OK);
        struct eb_cursor r = eb_cursor_reader(record, w.at);
        eb_cursor_engine_config(&r, &out);
        assert_int_equal(r.code, EB_OK);
        assert_int_equal(r.at, w.at);
        assert_memory_equal(&in, &out, sizeof(in));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_comes_back),
        cmocka_unit_test(no_struct_has_grown_unnoticed),
        cmocka_unit_test(any_flipped_bit_is_found),
        cmocka_unit_test(a_cut_record_is_waited_for),
        cmocka_unit_test(forged_records_are_refused_or_canonical),
        cmocka_unit_test(other_versions_and_kinds_name_a_remedy),
        cmocka_unit_test(an_event_that_is_none_is_not_written),
        cmocka_unit_test(the_bytes_are_these),
        cmocka_unit_test(engine_configurations_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
