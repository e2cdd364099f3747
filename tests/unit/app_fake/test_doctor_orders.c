/* SPDX-License-Identifier: Apache-2.0 */
/* The doctor on orders and owners: other systems' hands, orders that nobody knows, stops at the exchange, modes. */
#include "doctor_scene.h"

#include <stdio.h>
#include <string.h>

#include "doctor_doubles.h"
#include "domain/order.h"

#define MINUTE 60000

/* ---- two owners -------------------------------------------------------------------------------------------------- */

static void another_systems_target_on_a_position(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_LONG);
    scene_run(s, 15000);
    (void)scene_foreign(s, 0, EB_SELL, 105 * EB_E8, false);
    scene_run(s, 15000);
    const struct eb_finding *f = scene_look(s, "owner.foreign");
    assert_string_equal(f->subject, "AAAUSDT LONG");
    scene_says(f, "1 order of others would close it: SELL LIMIT 1 at 105, reduce only");
    scene_says(f, "exitbrain release AAAUSDT");
    scene_free(s);
}

/* What the legacy trailing manager does: a conditional order that closes the position. */
static void another_systems_stop_on_a_position(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_SHORT);
    scene_run(s, 15000);
    (void)scene_foreign(s, 0, EB_BUY, 101 * EB_E8, true);
    scene_run(s, 15000);
    scene_says(scene_look(s, "owner.foreign"), "BUY STOP_MARKET all at 101");
    scene_free(s);
}

static void others_orders_beside_positions_are_a_note(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_LONG);
    (void)scene_foreign(s, 0, EB_BUY, 95 * EB_E8, false);
    (void)scene_foreign(s, 2, EB_SELL, 105 * EB_E8, false);
    scene_run(s, 15000);
    (void)scene_look(s, "");
    const struct eb_finding *f = scene_found(s, "orders.foreign");
    assert_int_equal(f->severity, EB_NOTE);
    scene_says(f, "2 orders of others that close no open position, the first: AAAUSDT BUY LIMIT 1 at 95");
    scene_free(s);
}

static void hedge_mode_tells_the_legs_apart(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->engine.hedge = true;
    scene_begin(s);
    struct eb_ev_position p = {.position_side = EB_PS_LONG,
                               .side = EB_LONG,
                               .qty.e8 = 10 * EB_E8,
                               .entry.e8 = 100 * EB_E8,
                               .opened_ms = s->now_ms};
    scene_open_at(s, 0, &p);
    struct eb_seen_order *o = scene_foreign(s, 0, EB_SELL, 105 * EB_E8, false);
    o->order.position_side = EB_PS_SHORT; /* opens a SHORT leg: no exit of the LONG one */
    scene_run(s, 15000);
    (void)scene_look(s, "");
    (void)scene_found(s, "orders.foreign");
    o->order.position_side = EB_PS_LONG;
    scene_run(s, 10000);
    (void)scene_look(s, "owner.foreign");
    scene_free(s);
}

static void the_legacy_trailing_manager(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_LONG);
    scene_set(s, "mode.legacy_trailing_stop", "true", EB_FROM_ENVIRONMENT);
    const struct eb_finding *f = scene_look(s, "owner.legacy_trailing");
    scene_says(f, "QT_TRAILING_STOP_ENABLED=true (environment) while EXIT_MODE=EXIT_BRAIN_V3");
    scene_set(s, "mode.legacy_trailing_stop", "true", EB_FROM_DEFAULT); /* nobody has said anything */
    (void)scene_look(s, "");
    assert_int_equal(scene_found(s, "owner.legacy_trailing")->severity, EB_NOTE);
    scene_policy_set(s, true); /* here it is one owner among others: one to a position */
    scene_set(s, "mode.legacy_trailing_stop", "true", EB_FROM_ENVIRONMENT);
    (void)scene_look(s, "");
    scene_says(scene_found(s, "owner.legacy_trailing"), "owns what is assigned to it and nothing else");
    scene_free(s);
}

static void another_engine(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_LONG);
    s->live->other_engine = 77;
    scene_says(scene_look(s, "engine.other"), "engine 77");
    scene_free(s);
    s = scene_new();
    s->engine.mode.executor_live = false; /* as the one that yields commands itself */
    scene_open(s, 0, EB_LONG);
    s->live->o.config.engine.mode.executor_live = true;
    s->live->other_engine = 77;
    s->live->yields = true;
    scene_says(scene_look(s, "engine.yielded"), "engine 77 has orders here, this one is 1");
    assert_int_equal(s->found.notes, 0);
    scene_free(s);
}

/* ---- modes ------------------------------------------------------------------------------------------------------- */

static struct scene *in_modes(const char *exit, const char *executor, const char *rollout)
{
    struct scene *s = scene_new();
    scene_set(s, "mode.exit_mode", exit != NULL ? exit : "LEGACY", exit != NULL ? EB_FROM_FILE : EB_FROM_DEFAULT);
    scene_set(s, "mode.executor_mode", executor != NULL ? executor : "SHADOW",
              executor != NULL ? EB_FROM_ENVIRONMENT : EB_FROM_DEFAULT);
    scene_set(s, "mode.live_rollout", rollout != NULL ? rollout : "DISABLED",
              rollout != NULL ? EB_FROM_COMMAND_LINE : EB_FROM_DEFAULT);
    s->engine.mode = s->live->o.config.engine.mode;
    scene_open(s, 0, EB_LONG);
    scene_run(s, 15000);
    return s;
}

static void flags_that_silently_mean_shadow(void **state)
{
    (void)state;
    struct scene *s = in_modes("EXIT_BRAIN_V3", "LIVE", NULL); /* the kill switch was forgotten */
    const struct eb_finding *f = scene_look(s, "mode.shadow");
    scene_says(f, "EXIT_EXECUTOR_MODE=LIVE (environment), EXIT_BRAIN_V3_LIVE_ROLLOUT=DISABLED (default)");
    scene_says(f, "EXIT_BRAIN_V3_LIVE_ROLLOUT is not ENABLED, though EXIT_EXECUTOR_MODE asks for LIVE");
    scene_free(s);
    s = in_modes("EXIT_BRAIN_V3", NULL, "ENABLED");
    f = scene_look(s, "mode.shadow");
    scene_says(f, "EXIT_EXECUTOR_MODE=SHADOW (default), EXIT_BRAIN_V3_LIVE_ROLLOUT=ENABLED (command line)");
    scene_says(f, "EXIT_EXECUTOR_MODE is not LIVE");
    scene_free(s);
    s = in_modes("EXIT_BRAIN_V3", NULL, NULL); /* nobody has asked for shadow */
    scene_says(scene_look(s, "mode.shadow"), "though nothing says SHADOW outright");
    scene_free(s);
}

static void shadow_that_is_meant_is_a_note(void **state)
{
    (void)state;
    struct scene *s = in_modes("EXIT_BRAIN_V3", "SHADOW", "DISABLED");
    (void)scene_look(s, "");
    scene_says(scene_found(s, "mode.shadow"), "nothing is sent");
    assert_int_equal(s->found.notes, 1);
    scene_run(s, 3 * MINUTE);
    (void)scene_look(s, "");
    scene_free(s);
}

static void shadow_by_a_command(void **state)
{
    (void)state;
    struct scene *s = in_modes("EXIT_BRAIN_V3", "SHADOW", "ENABLED");
    s->live->o.config.engine.mode.executor_live = true; /* what the configuration says */
    scene_says(scene_look(s, "mode.shadow"), "by a command");
    scene_says(scene_found(s, "mode.shadow"), "EXIT_EXECUTOR_MODE=SHADOW (a command)");
    scene_free(s);
    s = in_modes("EXIT_BRAIN_V3", "LIVE", "ENABLED");
    s->live->o.config.engine.mode.executor_live = false;
    (void)scene_look(s, "");
    scene_says(scene_found(s, "mode.differs"), "configured: SHADOW");
    scene_free(s);
}

static void legacy_mode_without_legacy_owners(void **state)
{
    (void)state;
    struct scene *s = in_modes(NULL, NULL, NULL);
    const struct eb_finding *f = scene_look(s, "mode.legacy");
    scene_says(f, "EXIT_MODE=LEGACY (default)");
    scene_says(f, "the policy set has none");
    scene_says(f, "1 positions are open");
    scene_run(s, 2 * MINUTE);
    (void)scene_look(s, "mode.legacy");
    scene_says(scene_found(s, "stage.consult"), "the policy set has no legacy owners");
    scene_free(s);
    s = in_modes("LEGACY", "LIVE", "ENABLED");
    scene_run(s, 2 * MINUTE);
    (void)scene_look(s, "mode.legacy");
    scene_free(s);
}

static void legacy_mode_with_legacy_owners(void **state)
{
    (void)state;
    struct scene *s = in_modes("LEGACY", "LIVE", "ENABLED");
    scene_policy_set(s, true);
    scene_run(s, 2 * MINUTE);
    (void)scene_look(s, ""); /* decided about, protected, orders leave */
    assert_false(scene_has(s, "mode.legacy") || scene_has(s, "stage.consult"));
    scene_free(s);
    s = in_modes("LEGACY", "LIVE", "DISABLED"); /* who owns is one thing, what is sent another */
    scene_policy_set(s, true);
    scene_run(s, 2 * MINUTE);
    (void)scene_look(s, "mode.shadow");
    scene_free(s);
}

/* ---- our own orders ---------------------------------------------------------------------------------------------- */

static void an_order_that_no_episode_remembers(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    scene_open(s, 0, EB_LONG);
    scene_run(s, 15000);
    struct eb_seen_order *o = &s->live->seen.order[s->live->seen.count++]; /* in the picture, not told to the engine */
    memset(o, 0, sizeof(*o));
    o->ours = true;
    o->symbol = 2;
    o->order = (struct eb_ev_open_order){.client_id = {.instance = 1, .episode = 9, .purpose = EB_PURPOSE_BACKSTOP},
                                         .order_side = EB_SELL,
                                         .type = EB_ORDER_STOP_MARKET,
                                         .state = EB_OS_NEW,
                                         .close_position = true,
                                         .trigger.e8 = 90 * EB_E8};
    const struct eb_finding *f = scene_look(s, "orders.orphaned");
    assert_string_equal(f->subject, "CCCUSDT");
    scene_says(f, "SELL STOP_MARKET all at 90");
    scene_says(f, "episode 9 is not open");
    o->order.client_id.episode = 1; /* of the open one: it has ended since the picture */
    (void)scene_look(s, "");
    scene_free(s);
}

static void an_order_whose_fate_is_unknown(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    struct eb_own_order own[8];
    scene_open(s, 0, EB_LONG);
    scene_run(s, 15000);
    s->mute = true;
    s->price_e8[0] = 102 * EB_E8 + EB_E8 / 2; /* target 1: nothing is heard of its order */
    scene_run(s, 500);
    uint32_t n = eb_engine_orders(eb_host_engine(s->live->host), 0, own, 8);
    for (uint32_t i = 0; i < n && i < 8; i++) {
        if (own[i].purpose == EB_PURPOSE_TARGET) {
            scene_order_state(s, 0, own[i].client_id, EB_OS_UNKNOWN);
        }
    }
    scene_run(s, 11000);
    (void)scene_look(s, ""); /* it is asked about */
    scene_run(s, 2000);
    const struct eb_finding *f = scene_look(s, "orders.unknown");
    scene_says(f, "(target, 3) was sent 13.");
    scene_free(s);
}

/* ---- stops at the exchange --------------------------------------------------------------------------------------- */

static void a_stop_that_was_never_confirmed(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->mute = true;
    scene_open(s, 0, EB_LONG);
    scene_run(s, 4500);
    (void)scene_look(s, "");
    scene_run(s, 2000);
    const struct eb_finding *f = scene_look(s, "backstop.missing");
    scene_says(f, "no confirmed stop at the exchange for 6.5 s (at most 5.0 s)");
    scene_free(s);
}

static void an_account_without_slots(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->engine.slots_max = 3;
    s->engine.slots_reserve = 1;
    for (eb_symbol_id i = 0; i < SCENE_SYMBOLS; i++) {
        scene_open(s, i, EB_LONG);
    }
    scene_run(s, 15000);
    const struct eb_finding *f = scene_look(s, "backstop.unprotectable");
    scene_says(f, "2 conditional orders of ours, 3 allowed, 1 of them kept for renewals");
    assert_int_equal(s->found.bad, 2);
    scene_free(s);
}

static void a_stop_that_only_somebody_else_has(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->rejects = true; /* ours is refused */
    scene_begin(s);
    (void)scene_foreign(s, 0, EB_SELL, 96 * EB_E8, true);
    scene_open(s, 0, EB_LONG);
    scene_picture(s);
    scene_run(s, 15000);
    (void)scene_look(s, "backstop.foreign_only");
    assert_int_equal(s->found.bad, 1);
    scene_free(s);
}

static void backstops_that_are_off(void **state)
{
    (void)state;
    struct scene *s = scene_new();
    s->engine.backstop = false;
    scene_open(s, 0, EB_LONG);
    scene_run(s, 15000);
    (void)scene_look(s, "");
    scene_says(scene_found(s, "backstop.off"), "for 1 open positions");
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_systems_target_on_a_position),
        cmocka_unit_test(another_systems_stop_on_a_position),
        cmocka_unit_test(others_orders_beside_positions_are_a_note),
        cmocka_unit_test(hedge_mode_tells_the_legs_apart),
        cmocka_unit_test(the_legacy_trailing_manager),
        cmocka_unit_test(another_engine),
        cmocka_unit_test(flags_that_silently_mean_shadow),
        cmocka_unit_test(shadow_that_is_meant_is_a_note),
        cmocka_unit_test(shadow_by_a_command),
        cmocka_unit_test(legacy_mode_without_legacy_owners),
        cmocka_unit_test(legacy_mode_with_legacy_owners),
        cmocka_unit_test(an_order_that_no_episode_remembers),
        cmocka_unit_test(an_order_whose_fate_is_unknown),
        cmocka_unit_test(a_stop_that_was_never_confirmed),
        cmocka_unit_test(an_account_without_slots),
        cmocka_unit_test(a_stop_that_only_somebody_else_has),
        cmocka_unit_test(backstops_that_are_off),
    };
    return cmocka_run_group_tests_name("app/doctor, orders", tests, NULL, NULL);
}
