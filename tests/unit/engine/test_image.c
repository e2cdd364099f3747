/* SPDX-License-Identifier: Apache-2.0 */
/* Images: the durable state as parts that another engine takes; whatever is damaged is refused. */
#include "chaos.h"
#include "reborn.h"

#include <stdlib.h>

static const int64_t LEGS[3][2] = {{500000, 300000}, {1000000, 300000}, {2000000, 400000}};

/* A position with everything: hit legs, a trail under way, orders, a backstop, memory, commands. */
static struct fx *busy(const struct eb_engine_config *c)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v_legs(&v, 3, LEGS);
    v_trail(&v, 500000, 8000);
    v_ratchet(&v);
    v.has_memory = true;
    v.memory.count = 1;
    v.memory.entry[0] = (struct eb_memory_entry){.key = "seen", .kind = EB_MEM_TEXT, .text = "a thing"};
    fx_mark(f, "100");
    fx_say(f, &v);
    fx_open(f, EB_LONG, "10", "100");
    if (c->backstop) {
        fx_order(f, fx_submit(f, EB_PURPOSE_BACKSTOP, 0)->client_id, EB_OS_NEW);
    }
    fx_mark(f, "101.2");
    fx_book(f, "101", "101.1");
    const struct eb_order_request o = *fx_submit(f, EB_PURPOSE_TARGET, 0);
    fx_fill(f, &o, "101", "1");
    fx_command(f, EB_CMD_PAUSE, EB_NO_SYMBOL);
    fx_command(f, EB_CMD_RESUME, EB_NO_SYMBOL);
    return f;
}

static struct eb_engine_config config(void)
{
    struct eb_engine_config c = fx_config();
    c.backstop = true;
    c.snapshot_ms = 30000;
    return c;
}

static void another_engine_takes_the_state(void **state)
{
    (void)state;
    static struct image m;
    static struct image again;
    struct eb_engine_config c = config();
    struct fx *f = busy(&c);
    image_take(f->e, &m);
    assert_int_equal(m.parts, 4); /* head, symbols, one position, end */
    c.symbols_max = 9;            /* under another configuration */
    struct fx *g = reborn(&m, &c, f);
    assert_true(eb_engine_durable_hash(g->e) == eb_engine_durable_hash(f->e));
    assert_int_equal(eb_engine_durable_count(g->e), eb_engine_durable_count(f->e));
    image_take(g->e, &again);
    assert_int_equal(again.parts, m.parts);
    assert_memory_equal(again.bytes, m.bytes, m.at[m.parts]);
    struct eb_evidence a = fx_evidence(f, 0);
    struct eb_evidence b = fx_evidence(g, 0);
    assert_int_equal(a.level_count, b.level_count);
    assert_qt(b.ctx.qty, "9");
    assert_int_equal(a.ctx.stop.e8, b.ctx.stop.e8);
    assert_string_equal(b.ctx.memory.entry[0].text, "a thing");
    assert_int_equal(a.consults, b.consults);
    assert_string_equal(a.last_reason, b.last_reason);
    assert_int_equal(eb_engine_symbol(g->e, "BBBUSDT"), 1);
    struct eb_engine_stats s;
    eb_engine_stats(g->e, &s);
    assert_int_equal(s.open_positions, 1);
    assert_int_equal(s.conditional_orders, 1);
    fx_free(f);
    fx_free(g);
}

static void an_engine_that_was_loaded_rests(void **state)
{
    (void)state;
    static struct image m;
    struct eb_engine_config c = config();
    struct fx *f = busy(&c);
    image_take(f->e, &m);
    struct fx *g = reborn(&m, &c, f);
    assert_int_equal(eb_engine_next_deadline(g->e), INT64_MAX);
    struct eb_event clock = fx_event(g, EB_EV_CLOCK, EB_NO_SYMBOL);
    assert_int_equal(fx_step(g, &clock), EB_OK);
    fx_mark(g, "97"); /* through the stop */
    fx_book(g, "97", "97.1");
    fx_snapshot_begin(g);
    fx_open(g, EB_LONG, "9", "100");
    fx_snapshot_end(g);
    assert_int_equal(g->log_count, 0);
    fx_free(f);
    fx_free(g);
}

static void an_engine_without_anything(void **state)
{
    (void)state;
    static struct image m;
    struct eb_engine_config c = config();
    struct eb_engine *a;
    struct eb_engine *b;
    struct eb_err err;
    assert_int_equal(eb_engine_create(&c, &a, &err), EB_OK);
    assert_int_equal(eb_engine_create(&c, &b, &err), EB_OK);
    image_take(a, &m);
    assert_int_equal(m.parts, 2);
    assert_int_equal(image_give(&m, b, 0, 0, &err), EB_OK);
    assert_true(eb_engine_durable_hash(a) == eb_engine_durable_hash(b));
    eb_engine_destroy(a);
    eb_engine_destroy(b);
}

/* A fold that goes on from an image comes to the state of the live engine, whatever happens. */
static void a_fold_goes_on_from_an_image(void **state)
{
    (void)state;
    static struct image m;
    struct chaos_plan p = {.config = fx_config(),
                           .with_fold = true,
                           .operators = true,
                           .modes = true,
                           .pictures = true,
                           .adds = true,
                           .signals = true};
    p.config.backstop = true;
    p.config.snapshot_ms = 30000;
    p.config.slots_max = 6;
    p.config.slots_reserve = 1;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct chaos *c = chaos_new(&p, seed);
        for (unsigned part = 0; part < 6; part++) {
            chaos_run(c, 60 + 37 * part);
            struct eb_err err;
            image_take(part % 2 == 0 ? c->fold : c->f->e, &m);
            eb_engine_destroy(c->fold);
            assert_int_equal(eb_engine_create(&p.config, &c->fold, &err), EB_OK);
            assert_int_equal(image_give(&m, c->fold, 0, 0, &err), EB_OK);
        }
        chaos_run(c, 300); /* each step is compared */
        chaos_free(c);
    }
}

static int give_to_new(const struct image *m, const struct eb_engine_config *c, uint64_t *hash, struct eb_err *err)
{
    struct eb_engine *e;
    assert_int_equal(eb_engine_create(c, &e, err), EB_OK);
    int rc = image_give(m, e, 0, 0, err);
    *hash = rc == EB_OK ? eb_engine_durable_hash(e) : 0;
    eb_engine_destroy(e);
    return rc;
}

static void a_damaged_part_is_refused_or_harmless(void **state)
{
    (void)state;
    static struct image m;
    struct eb_engine_config c = config();
    struct fx *f = busy(&c);
    image_take(f->e, &m);
    uint64_t hash = eb_engine_durable_hash(f->e);
    unsigned refused = 0;
    for (size_t at = 0; at < m.at[m.parts]; at++) {
        static const unsigned char flips[] = {0x01, 0x80, 0xff};
        for (size_t k = 0; k < EB_COUNT(flips); k++) {
            struct eb_err err = {0};
            uint64_t got;
            m.bytes[at] ^= flips[k];
            int rc = give_to_new(&m, &c, &got, &err);
            m.bytes[at] ^= flips[k];
            assert_true(rc == EB_OK ? got == hash : rc == EB_E_CORRUPT || rc == EB_E_FULL);
            refused += rc != EB_OK;
        }
    }
    assert_true(refused > 2 * m.at[m.parts]); /* what is left are figures that are only shown */
    fx_free(f);
}

static void a_part_that_is_cut_is_refused(void **state)
{
    (void)state;
    static struct image m;
    struct eb_engine_config c = config();
    struct fx *f = busy(&c);
    image_take(f->e, &m);
    for (unsigned i = 0; i < m.parts; i++) {
        for (size_t len = 0; len < m.at[i + 1] - m.at[i]; len++) {
            struct eb_engine *e;
            struct eb_err err;
            assert_int_equal(eb_engine_create(&c, &e, &err), EB_OK);
            for (unsigned k = 0; k < i; k++) {
                assert_int_equal(eb_engine_image_load(e, m.bytes + m.at[k], m.at[k + 1] - m.at[k], &err), EB_OK);
            }
            assert_int_equal(eb_engine_image_load(e, m.bytes + m.at[i], len, &err), EB_E_CORRUPT);
            eb_engine_destroy(e);
        }
    }
    fx_free(f);
}

static void parts_come_in_order_and_all_of_them(void **state)
{
    (void)state;
    static struct image m;
    static struct image less;
    struct eb_engine_config c = config();
    struct fx *f = busy(&c);
    image_take(f->e, &m);
    struct eb_err err = {0};
    uint64_t hash;
    for (unsigned out = 0; out < m.parts; out++) { /* without one of them, and with one twice */
        for (unsigned twice = 0; twice < 2; twice++) {
            less.parts = 0;
            for (unsigned i = 0; i < m.parts; i++) {
                for (unsigned n = i == out ? (twice ? 2 : 0) : 1; n > 0; n--) {
                    size_t len = m.at[i + 1] - m.at[i];
                    memcpy(less.bytes + less.at[less.parts], m.bytes + m.at[i], len);
                    less.at[less.parts + 1] = less.at[less.parts] + len;
                    less.parts++;
                }
            }
            assert_int_equal(give_to_new(&less, &c, &hash, &err), EB_E_CORRUPT);
        }
    }
    c.symbols_max = 1;
    assert_int_equal(give_to_new(&m, &c, &hash, &err), EB_E_FULL);
    assert_non_null(strstr(err.msg, "symbols_max"));
    assert_int_equal(image_give(&m, f->e, 0, 0, &err), EB_E_INVALID); /* it was used */
    fx_free(f);
}

static void a_part_needs_its_room(void **state)
{
    (void)state;
    struct eb_engine_config c = config();
    struct fx *f = busy(&c);
    unsigned char room[EB_IMAGE_PART_MAX];
    uint32_t cursor = 0;
    size_t len;
    assert_int_equal(eb_engine_image_part(f->e, &cursor, room, 7, &len), EB_E_FULL);
    assert_int_equal(cursor, 0); /* and can be asked for again */
    assert_int_equal(eb_engine_image_part(f->e, &cursor, room, sizeof room, &len), EB_OK);
    fx_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_engine_takes_the_state),
        cmocka_unit_test(an_engine_that_was_loaded_rests),
        cmocka_unit_test(an_engine_without_anything),
        cmocka_unit_test(a_fold_goes_on_from_an_image),
        cmocka_unit_test(a_damaged_part_is_refused_or_harmless),
        cmocka_unit_test(a_part_that_is_cut_is_refused),
        cmocka_unit_test(parts_come_in_order_and_all_of_them),
        cmocka_unit_test(a_part_needs_its_room),
    };
    return cmocka_run_group_tests_name("engine/image", tests, NULL, NULL);
}
