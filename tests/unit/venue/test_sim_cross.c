/* SPDX-License-Identifier: Apache-2.0 */
/* Cross margin: sums against a slow calculation over a random course, liquidation, and symbols of both kinds. */
#include "venue/fixture.h"

#include "base/decimal.h"
#include "base/rng.h"

static struct probe *start(const char *balance, bool hedge, bool cross)
{
    struct eb_sim_config c;
    eb_sim_config_default(&c);
    c.symbols_max = 2;
    c.hedge = hedge;
    c.balance = (eb_money){e8(balance)};
    c.fee_taker_ppm = c.fee_maker_ppm = 0;
    struct probe *p = probe_new(&c);
    struct eb_err err = {0};
    for (eb_symbol_id id = 0; id < 2; id++) {
        assert_int_equal(eb_sim_set_cross(p->sim, id, cross, &err), EB_OK);
        assert_int_equal(eb_sim_is_cross(p->sim, id), cross);
    }
    return p;
}

static void price(struct probe *p, eb_symbol_id symbol, int64_t at_e8)
{
    const struct eb_sim_quote q = {{at_e8}, {at_e8}, {at_e8}, {at_e8}};
    assert_int_equal(eb_sim_price(p->sim, symbol, &q), EB_OK);
}

static void enter(struct probe *p, eb_symbol_id symbol, enum eb_side side, const char *qty)
{
    const struct eb_sim_entry e = {.symbol = symbol, .side = (uint8_t)side, .qty = qt(qty)};
    struct eb_err err = {0};
    assert_int_equal(eb_sim_open(p->sim, &e, NULL, &err), EB_OK);
}

static eb_price end_of(struct probe *p, eb_position_id slot)
{
    struct eb_sim_position v;
    assert_true(eb_sim_position(p->sim, slot, &v));
    return v.liquidation;
}

/* Maintenance 1 %, wallet 100, 500 at 2.000. */
static void the_formula(void **state)
{
    (void)state;
    struct probe *p = start("100", false, true);
    price(p, 0, e8("2"));
    enter(p, 0, EB_LONG, "500");
    /* (100 - 1000) / (500 * -0.99) */
    assert_int_equal(end_of(p, 0).e8, e8("1.81818182"));
    price(p, 0, e8("1.8182"));
    assert_int_equal(held(p, 0), e8("500"));
    price(p, 0, e8("1.8181"));
    assert_int_equal(held(p, 0), 0);
    assert_true(last_trade(p)->liquidation);
    probe_free(p);
    p = start("100", false, true);
    price(p, 0, e8("2"));
    enter(p, 0, EB_SHORT, "500");
    /* (100 + 1000) / (500 * 1.01), down */
    assert_int_equal(end_of(p, 0).e8, e8("2.17821782"));
    probe_free(p);
}

static void the_others_count(void **state)
{
    (void)state;
    struct probe *p = start("1000", false, true);
    price(p, 0, e8("2"));
    price(p, 1, e8("100"));
    enter(p, 0, EB_LONG, "500");
    assert_int_equal(end_of(p, 0).e8, 0); /* the wallet covers a fall to zero */
    enter(p, 1, EB_SHORT, "50");
    price(p, 1, e8("110")); /* unrealized -500, maintenance 55 */
    /* (1000 - 55 - 500 - 1000) / (500 * -0.99) = 1.1212..., up */
    assert_int_equal(end_of(p, 0).e8, e8("1.12121213"));
    struct eb_sim_cross c;
    eb_sim_cross(p->sim, &c);
    assert_int_equal(c.wallet.e8, e8("1000"));
    assert_int_equal(c.unrealized.e8, e8("-500"));
    assert_int_equal(c.maintenance.e8, e8("65"));
    assert_int_equal(eb_sim_maintenance(p->sim, 2, px("110")).e8, e8("55"));
    assert_int_equal(eb_sim_maintenance(p->sim, 1, px("110")).e8, 0);
    probe_free(p);
}

static void isolated_margin_is_no_part_of_it(void **state)
{
    (void)state;
    struct probe *p = start("1000", false, false);
    struct eb_err err = {0};
    assert_int_equal(eb_sim_set_cross(p->sim, 0, true, &err), EB_OK);
    price(p, 0, e8("2"));
    price(p, 1, e8("100"));
    enter(p, 0, EB_LONG, "500");
    enter(p, 1, EB_LONG, "50"); /* margin 500 */
    struct eb_sim_cross c;
    eb_sim_cross(p->sim, &c);
    assert_int_equal(c.wallet.e8, e8("500"));
    price(p, 1, e8("50")); /* it ends, and takes its margin with it */
    assert_int_equal(held(p, 2), 0);
    assert_int_equal(held(p, 0), e8("500"));
    eb_sim_cross(p->sim, &c);
    assert_int_equal(c.wallet.e8, e8("500"));
    assert_int_equal(eb_sim_set_cross(p->sim, 0, false, &err), EB_E_REFUSED);
    assert_int_equal(eb_sim_set_cross(p->sim, 7, false, &err), EB_E_NOT_FOUND);
    probe_free(p);
}

static int64_t unrealized(const struct eb_sim_position *v, int64_t at_e8)
{
    eb_i128 gain = v->side == EB_LONG ? at_e8 - v->entry.e8 : v->entry.e8 - at_e8;
    return (int64_t)eb_div_round(gain * v->qty.e8, EB_E8, EB_ROUND_FLOOR);
}

/* Whatever happens, the kept sums are those of the positions, and nobody stays who cannot pay. */
static void sums_stay_true(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct probe *p = start("1000", seed % 2 == 0, true);
        struct eb_rng rng;
        int64_t at[2] = {e8("2"), e8("100")};
        struct eb_err err = {0};
        eb_rng_seed(&rng, seed);
        for (int step = 0; step < 400; step++) {
            eb_symbol_id id = (eb_symbol_id)eb_rng_range(&rng, 0, 1);
            at[id] += at[id] / 200 * eb_rng_range(&rng, -3, 3);
            at[id] -= at[id] % e8("0.1");
            at[id] = at[id] > e8("0.5") ? at[id] : e8("0.5");
            price(p, id, at[id]);
            const struct eb_sim_entry e = {.symbol = id,
                                           .side = (uint8_t)eb_rng_range(&rng, 0, 1),
                                           .qty = {eb_rng_range(&rng, 1, 40) * (id == 0 ? EB_E8 * 20 : EB_E8 / 2)}};
            if (eb_rng_chance(&rng, 1, 6)) {
                (void)eb_sim_open(p->sim, &e, NULL, &err); /* refused where the margin is short: fine */
            }
            int64_t gains = 0, maintenance = 0;
            for (eb_position_id slot = 0; slot < 4; slot++) {
                struct eb_sim_position v;
                if (eb_sim_position(p->sim, slot, &v)) {
                    gains += unrealized(&v, at[slot / 2]);
                    maintenance += eb_sim_maintenance(p->sim, slot, (eb_price){at[slot / 2]}).e8;
                }
            }
            struct eb_sim_cross c;
            eb_sim_cross(p->sim, &c);
            assert_int_equal(c.unrealized.e8, gains);
            assert_int_equal(c.maintenance.e8, maintenance);
            assert_int_equal(eb_sim_check(p->sim, &err), EB_OK);
        }
        probe_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_formula),
        cmocka_unit_test(the_others_count),
        cmocka_unit_test(isolated_margin_is_no_part_of_it),
        cmocka_unit_test(sums_stay_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
