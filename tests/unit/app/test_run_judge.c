/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a run: the engine's exits against the exchange's trades, and what counts as protected and decided. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/run_report.h"

#define OPENED_MS INT64_C(1700000000000)
#define EPISODES 3
#define EXITS 3

/* A run that is over: its engine, books and the exchange's trail. Only what the judge looks at is there. */
struct world {
    struct eb_live *live;
    struct eb_book_episode episode[EPISODES];
    struct eb_book_exit exit[EPISODES][EXITS];
    struct eb_run_verdict verdict;
    bool judged;
};

static struct eb_event event_of(enum eb_event_kind kind, eb_symbol_id symbol)
{
    return (struct eb_event){.kind = (uint16_t)kind,
                             .symbol = symbol,
                             .position = EB_NO_POSITION,
                             .now_ms = OPENED_MS,
                             .now_ns = OPENED_MS * 1000000};
}

static void world_open(struct world *w, bool live)
{
    struct eb_err err = {0};
    struct eb_host_config c;
    struct eb_ev_instrument inst = {.symbol = "AAAUSDT",
                                    .tick.e8 = EB_E8 / 100,
                                    .step.e8 = EB_E8 / 1000,
                                    .min_qty.e8 = EB_E8 / 1000,
                                    .trading = true};
    memset(w, 0, sizeof(*w));
    memset(&c, 0, sizeof(c));
    eb_engine_config_default(&c.engine);
    c.engine.symbols_max = 2;
    c.engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, live, true};
    w->live = calloc(1, sizeof(*w->live));
    assert_non_null(w->live);
    assert_int_equal(eb_host_create(&c, &w->live->host, &err), EB_OK);
    struct eb_event ev = event_of(EB_EV_INSTRUMENT, 0);
    ev.u.instrument = &inst;
    assert_int_equal(eb_turn(w->live->host, &ev), EB_OK);
    w->live->o.own_venue = true;
    w->live->o.config.engine = c.engine;
    w->live->started_ms = OPENED_MS;
    w->live->now_ms = OPENED_MS + 600000;
    w->live->book.episode = w->episode;
}

static void world_close(struct world *w)
{
    if (w->judged) {
        eb_run_verdict_deinit(&w->verdict);
    }
    eb_trail_free(&w->live->trail);
    eb_host_destroy(w->live->host);
    free(w->live);
}

static const struct eb_run_verdict *judge(struct world *w)
{
    struct eb_err err = {0};
    if (w->judged) {
        eb_run_verdict_deinit(&w->verdict);
    }
    assert_int_equal(eb_run_judge(w->live, &w->verdict, &err), EB_OK);
    w->judged = true;
    return &w->verdict;
}

static void assert_bad(struct world *w, const char *says)
{
    const struct eb_run_verdict *v = judge(w);
    assert_false(v->good);
    if (strstr(eb_buffer_str(&v->problems), says) == NULL) {
        fail_msg("\"%s\" is not in: %s", says, eb_buffer_str(&v->problems));
    }
}

/* An episode that was decided and protected, LONG, 10 coins, with no exits yet. */
static struct eb_book_episode *episode(struct world *w, int64_t opened_ms, bool closed)
{
    size_t i = w->live->book.count++;
    assert_true(i < EPISODES);
    struct eb_book_episode *ep = &w->episode[i];
    *ep = (struct eb_book_episode){.side = EB_LONG,
                                   .closed = closed,
                                   .decided = true,
                                   .explained = true,
                                   .was_protected = true,
                                   .seen_ms = opened_ms,
                                   .opened_ms = opened_ms,
                                   .closed_ms = closed ? opened_ms + 60000 : 0,
                                   .qty.e8 = 10 * EB_E8,
                                   .exit = w->exit[i]};
    memcpy(ep->last.ctx.symbol, "AAAUSDT", sizeof("AAAUSDT"));
    return ep;
}

static struct eb_ev_fill trade(struct world *w, enum eb_order_side side, int64_t coins, int64_t price, int64_t at_ms)
{
    const struct eb_ev_fill f = {.trade_id = w->live->trail.count + 1,
                                 .price.e8 = price * EB_E8,
                                 .qty.e8 = coins * EB_E8,
                                 .fee.e8 = 1000,
                                 .order_side = (uint8_t)side,
                                 .venue_ms = at_ms};
    eb_trail_add(&w->live->trail, 0, &f);
    return f;
}

/* A sale of the exchange, and the exit that the engine booked for it. */
static struct eb_book_exit *sold(struct world *w, struct eb_book_episode *ep, int64_t coins, int64_t price,
                                 int64_t at_ms)
{
    struct eb_ev_fill f = trade(w, EB_SELL, coins, price, at_ms);
    f.client_id = (eb_client_id){.instance = 7, .episode = 1, .attempt = (uint32_t)ep->exit_count + 1};
    w->live->trail.trade[w->live->trail.count - 1].fill.client_id = f.client_id;
    assert_true(ep->exit_count < EXITS);
    struct eb_book_exit *x = &ep->exit[ep->exit_count++];
    *x = (struct eb_book_exit){.time_ms = f.venue_ms,
                               .price = f.price,
                               .qty = f.qty,
                               .fee = f.fee,
                               .client_id = f.client_id,
                               .reason = EB_EXIT_TARGET};
    return x;
}

/* 10 coins bought and sold in two parts, all of it booked. */
static struct eb_book_episode *whole_episode(struct world *w, int64_t opened_ms)
{
    struct eb_book_episode *ep = episode(w, opened_ms, true);
    (void)trade(w, EB_BUY, 10, 100, opened_ms);
    (void)sold(w, ep, 4, 101, opened_ms + 1000);
    (void)sold(w, ep, 6, 99, opened_ms + 2000);
    return ep;
}

static void engine_holds(struct world *w, int64_t coins)
{
    struct eb_ev_position p = {
        .side = EB_LONG, .qty.e8 = coins * EB_E8, .entry.e8 = 100 * EB_E8, .leverage_ppm = 5 * EB_PPM};
    struct eb_event ev = event_of(EB_EV_POSITION, 0);
    ev.u.venue_position = &p;
    assert_int_equal(eb_turn(w->live->host, &ev), EB_OK);
}

static void every_exit_is_a_trade_and_every_trade_an_exit(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, true);
    (void)whole_episode(&w, OPENED_MS);
    (void)whole_episode(&w, OPENED_MS + 100000); /* the same slot again: its own trades */
    const struct eb_run_verdict *v = judge(&w);
    assert_string_equal(eb_buffer_str(&v->problems), "");
    assert_true(v->good && v->decided && v->reconciled && v->is_protected);
    assert_true(v->episode_reconciled[0] && v->episode_reconciled[1] && v->episode_protected[1]);
    world_close(&w);
}

static void an_exit_that_differs_is_found(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, true);
    struct eb_book_exit *x = &whole_episode(&w, OPENED_MS)->exit[1];
    const struct eb_book_exit right = *x;
    x->price.e8++;
    assert_bad(&w, "an exit that the exchange's audit trail does not have");
    *x = right;
    x->qty.e8--;
    assert_bad(&w, "an exit that the exchange's audit trail does not have");
    *x = right;
    x->fee.e8++;
    assert_bad(&w, "an exit that the exchange's audit trail does not have");
    *x = right;
    x->time_ms++;
    assert_bad(&w, "an exit that the exchange's audit trail does not have");
    *x = right;
    x->client_id.attempt++;
    assert_bad(&w, "an exit that the exchange's audit trail does not have");
    *x = right;
    assert_true(judge(&w)->good);
    world_close(&w);
}

static void a_liquidation_has_no_order_of_ours(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, true);
    struct eb_book_exit *x = &whole_episode(&w, OPENED_MS)->exit[1];
    memset(&x->client_id, 0, sizeof(x->client_id));
    assert_false(judge(&w)->good);
    w.live->trail.trade[2].fill.liquidation = true;
    assert_true(judge(&w)->good);
    world_close(&w);
}

static void a_trade_that_nobody_booked_is_found(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, true);
    struct eb_book_episode *ep = whole_episode(&w, OPENED_MS);
    (void)trade(&w, EB_BUY, 3, 100, OPENED_MS + 200000);
    (void)trade(&w, EB_SELL, 3, 100, OPENED_MS + 201000);
    assert_bad(&w, "AAAUSDT: the exchange has a closing trade or position unknown to the engine");
    assert_true(w.verdict.episode_reconciled[0]); /* the episode is not to blame */
    w.live->trail.count -= 2;
    assert_true(judge(&w)->good);
    ep->explained = false;
    assert_bad(&w, "ended, but its exits do not explain the whole way to flat");
    ep->explained = true;
    ep->exit_count = 1; /* and one that belongs to an episode */
    assert_bad(&w, "ended, but its exits do not explain the whole way to flat");
    world_close(&w);
}

static void what_is_left_must_agree(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, true);
    struct eb_book_episode *ep = episode(&w, OPENED_MS, false);
    (void)trade(&w, EB_BUY, 10, 100, OPENED_MS);
    (void)sold(&w, ep, 4, 101, OPENED_MS + 1000);
    ep->last.ctx.qty.e8 = 6 * EB_E8;
    assert_bad(&w, "unknown to the engine"); /* it holds nothing */
    engine_holds(&w, 6);
    assert_true(judge(&w)->good);
    ep->last.ctx.qty.e8 = 5 * EB_E8;
    assert_bad(&w, "engine and exchange disagree about what is left of it");
    world_close(&w);
}

/* More was bought meanwhile, and as much sold: the size agrees, the sale is nobody's. */
static void a_sale_that_leaves_the_size_right_is_found_too(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, true);
    struct eb_book_episode *ep = episode(&w, OPENED_MS, false);
    engine_holds(&w, 10);
    (void)trade(&w, EB_BUY, 10, 100, OPENED_MS);
    (void)trade(&w, EB_BUY, 3, 100, OPENED_MS + 1000);
    (void)trade(&w, EB_SELL, 3, 101, OPENED_MS + 2000);
    ep->last.ctx.qty.e8 = 10 * EB_E8;
    assert_bad(&w, "AAAUSDT: the exchange has a closing trade or position unknown to the engine");
    w.live->trail.count = 1;
    assert_true(judge(&w)->good);
    w.live->trail.count = 2; /* what was added is no exit */
    ep->last.ctx.qty.e8 = 13 * EB_E8;
    assert_true(judge(&w)->good);
    world_close(&w);
}

/* One sale of 14 closes the 10 and begins a short of 4. */
static void a_flip_is_an_exit_and_a_beginning(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, true);
    struct eb_book_episode *ep = episode(&w, OPENED_MS, true);
    (void)trade(&w, EB_BUY, 10, 100, OPENED_MS);
    sold(&w, ep, 14, 101, OPENED_MS + 1000)->qty.e8 = 10 * EB_E8;
    struct eb_book_episode *after = episode(&w, OPENED_MS + 1000, true);
    after->side = EB_SHORT;
    struct eb_ev_fill f = trade(&w, EB_BUY, 4, 100, OPENED_MS + 2000);
    after->exit[after->exit_count++] =
        (struct eb_book_exit){.time_ms = f.venue_ms, .price = f.price, .qty = f.qty, .fee = f.fee};
    assert_true(judge(&w)->good);
    w.exit[0][0].qty.e8 = 14 * EB_E8;
    assert_bad(&w, "an exit that the exchange's audit trail does not have");
    world_close(&w);
}

static void what_was_there_before_the_run_is_not_judged(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, true);
    (void)trade(&w, EB_BUY, 5, 100, OPENED_MS - 20000);
    (void)trade(&w, EB_SELL, 5, 100, OPENED_MS - 10000);
    (void)whole_episode(&w, OPENED_MS);
    assert_true(judge(&w)->good);
    world_close(&w);
}

static void protection_may_take_its_time_and_no_more(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, true);
    struct eb_book_episode *ep = whole_episode(&w, OPENED_MS);
    int64_t allowed_ms = w.live->o.config.engine.protect_ms;
    ep->unprotected_ms = allowed_ms;
    assert_true(judge(&w)->good);
    ep->unprotected_ms = allowed_ms + 1;
    assert_bad(&w, "was without a confirmed stop for longer than backstop.protect_within");
    assert_false(w.verdict.episode_protected[0]);
    ep->was_protected = false;
    assert_bad(&w, "never had a confirmed stop at the exchange");
    ep->closed_ms = ep->seen_ms + allowed_ms - 1; /* gone before it had to be */
    assert_true(judge(&w)->good);
    world_close(&w);
}

static void the_policy_must_have_decided(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, true);
    whole_episode(&w, OPENED_MS)->decided = false;
    assert_bad(&w, "no plan of the policy was ever accepted");
    assert_true(w.verdict.reconciled && w.verdict.is_protected);
    assert_false(w.verdict.decided);
    world_close(&w);
}

static void a_run_in_shadow_is_no_good_run(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, false);
    (void)whole_episode(&w, OPENED_MS);
    assert_bad(&w, "mode is not LIVE: nothing was sent");
    world_close(&w);
}

/* Others trade there as well, and their trades were not asked for. */
static void at_an_exchange_of_others_the_engine_is_believed(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, true);
    struct eb_book_episode *ep = whole_episode(&w, OPENED_MS);
    w.live->o.own_venue = false;
    w.live->trail.count = 0;
    assert_true(judge(&w)->good);
    ep->explained = false;
    assert_false(judge(&w)->good);
    assert_false(w.verdict.episode_reconciled[0]);
    world_close(&w);
}

/* An exchange that goes on while it is asked: what happened after the moment of comparison counts on neither side. */
static void books_are_compared_as_of_a_moment(void **state)
{
    (void)state;
    struct world w;
    world_open(&w, true);
    struct eb_book_episode *ep = whole_episode(&w, OPENED_MS);
    const struct eb_ev_fill last = w.live->trail.trade[2].fill;
    w.live->trail.count = 2; /* the last sale came after it */
    assert_bad(&w, "audit trail does not have");
    w.live->cut_ms = OPENED_MS + 1500;
    eb_trail_add(&w.live->late, 0, &last);
    assert_true(judge(&w)->good);
    w.live->late.count = 0; /* nobody heard of it, and still all is closed */
    assert_bad(&w, "disagree about what is left");
    w.live->late.count = 1;
    ep->exit[0].price.e8++; /* before it every exit is looked at as ever */
    assert_bad(&w, "audit trail does not have");
    ep->exit[0].price.e8--;
    (void)episode(&w, OPENED_MS + 1800, false); /* what began later is not judged */
    w.episode[1].decided = w.episode[1].was_protected = false;
    assert_true(judge(&w)->good);
    eb_trail_free(&w.live->late);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_exit_is_a_trade_and_every_trade_an_exit),
        cmocka_unit_test(an_exit_that_differs_is_found),
        cmocka_unit_test(a_liquidation_has_no_order_of_ours),
        cmocka_unit_test(a_trade_that_nobody_booked_is_found),
        cmocka_unit_test(what_is_left_must_agree),
        cmocka_unit_test(books_are_compared_as_of_a_moment),
        cmocka_unit_test(a_sale_that_leaves_the_size_right_is_found_too),
        cmocka_unit_test(a_flip_is_an_exit_and_a_beginning),
        cmocka_unit_test(what_was_there_before_the_run_is_not_judged),
        cmocka_unit_test(protection_may_take_its_time_and_no_more),
        cmocka_unit_test(the_policy_must_have_decided),
        cmocka_unit_test(a_run_in_shadow_is_no_good_run),
        cmocka_unit_test(at_an_exchange_of_others_the_engine_is_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
