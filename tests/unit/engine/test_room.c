/* SPDX-License-Identifier: Apache-2.0 */
/* A clone into room that was made before: the same engine as a plain clone, whatever was opened since. */
#include "fixture.h"

#include <stdlib.h>

/* What an engine does with prices up to its first target, and how it stands then. */
static void walk(struct eb_engine *e, const struct fx *f, uint64_t hashes[8], unsigned *submits)
{
    struct eb_actions *out = malloc(sizeof(*out));
    assert_non_null(out);
    *submits = 0;
    for (int i = 0; i < 8; i++) {
        struct eb_event ev = fx_event(f, EB_EV_PRICE, 0);
        eb_price at = {e8("100") + e8("0.5") * i};
        ev.now_ms += 100 * i;
        ev.now_ns += INT64_C(100000000) * i;
        ev.u.price = (struct eb_ev_price){.source = EB_SRC_LAST, .price = at, .ask = at, .min = at, .max = at};
        assert_int_equal(eb_engine_step(e, &ev, out), EB_OK);
        for (uint16_t k = 0; k < out->count; k++) {
            *submits += out->action[k].kind == EB_ACT_SUBMIT;
        }
        hashes[i] = eb_engine_durable_hash(e);
    }
    free(out);
}

static void room_becomes_a_clone(void **state)
{
    (void)state;
    for (unsigned hedge = 0; hedge < 2; hedge++) {
        struct eb_engine_config c = fx_config();
        struct eb_engine *plain = NULL;
        struct eb_engine *room = NULL;
        struct eb_err err;
        uint64_t a[8];
        uint64_t b[8];
        unsigned a_submits;
        unsigned b_submits;
        c.hedge = hedge == 1;
        c.target_source = EB_TARGET_LAST;
        struct fx *f = fx_new(&c);
        struct eb_engine_config told = eb_engine_configuration(f->e);
        assert_memory_equal(&told, &c, sizeof(c));
        assert_int_equal(eb_engine_room(&told, 1 + hedge * 1000, &room, &err), EB_OK); /* what is missing is made */
        fx_mark(f, "100");
        struct eb_verdict v = v_none();
        v_stop(&v, "98");
        v_legs(&v, 1, (const int64_t[][2]){{EB_PPM, EB_PPM / 2}});
        fx_say(f, &v);
        if (hedge == 1) {
            struct eb_ev_position p = fx_pos(EB_LONG, "10", "100");
            p.position_side = EB_PS_LONG;
            fx_position(f, &p);
        } else {
            fx_open(f, EB_LONG, "10", "100");
        }
        assert_int_equal(eb_engine_clone(f->e, &plain, &err), EB_OK);
        eb_engine_clone_into(f->e, room);
        assert_true(eb_engine_durable_hash(room) == eb_engine_durable_hash(f->e));
        walk(plain, f, a, &a_submits);
        walk(room, f, b, &b_submits);
        assert_memory_equal(a, b, sizeof(a));
        assert_true(a[0] != a[7]); /* the target was met */
        assert_int_equal(a_submits, 1);
        assert_int_equal(b_submits, 1);
        eb_engine_destroy(plain);
        eb_engine_destroy(room);
        fx_free(f);
    }
}

static void no_room_for_a_wrong_configuration(void **state)
{
    (void)state;
    struct eb_engine_config c = fx_config();
    struct eb_engine *room = NULL;
    struct eb_err err;
    c.symbols_max = 0;
    assert_int_equal(eb_engine_room(&c, 5, &room, &err), EB_E_INVALID);
    assert_null(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_becomes_a_clone),
        cmocka_unit_test(no_room_for_a_wrong_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
