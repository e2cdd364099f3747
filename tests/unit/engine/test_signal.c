/* SPDX-License-Identifier: Apache-2.0 */
/* Signals: who is shown what until when, who is asked about it, what is remembered, and when there is no more room. */
#include "fixture.h"

#include <stdio.h>

#include "reborn.h"

static struct eb_ev_signal text_of(const char *name, const char *text)
{
    struct eb_ev_signal g = {.who = "test"};
    (void)snprintf(g.value.key, sizeof g.value.key, "%s", name);
    if (text != NULL) {
        g.value.kind = EB_MEM_TEXT;
        (void)snprintf(g.value.text, sizeof g.value.text, "%s", text);
    }
    return g;
}

static int say(struct fx *f, eb_symbol_id symbol, const struct eb_ev_signal *g)
{
    struct eb_event ev = fx_event(f, EB_EV_SIGNAL, symbol);
    ev.u.signal = g;
    return fx_step(f, &ev);
}

static int say_text(struct fx *f, eb_symbol_id symbol, const char *name, const char *text)
{
    struct eb_ev_signal g = text_of(name, text);
    return say(f, symbol, &g);
}

static void say_until(struct fx *f, eb_symbol_id symbol, const char *name, const char *text, int64_t ms)
{
    struct eb_ev_signal g = text_of(name, text);
    g.expires_ms = f->now_ms + ms;
    assert_int_equal(say(f, symbol, &g), EB_OK);
}

/* Whatever it is asked, it wants to be left alone for ten minutes. */
static enum eb_policy_result sleepy(struct fx *f, const struct eb_context *ctx, struct eb_verdict *v)
{
    (void)f;
    v->keep = true;
    v->wake = (struct eb_wake){.set = true, .at_ms = ctx->now_ms + 600000};
    return EB_POLICY_KEEP;
}

/* A position of symbol 0 with a plan that stands. */
static struct fx *planned(const struct eb_engine_config *c)
{
    struct fx *f = fx_new(c);
    struct eb_verdict v = v_none();
    v_stop(&v, "98");
    v.wake = (struct eb_wake){.set = true, .at_ms = f->now_ms + 600000};
    fx_open_with(f, EB_LONG, "10", "100", &v);
    fx_clear(f);
    f->policy = sleepy;
    return f;
}

static struct fx *bench(void)
{
    struct eb_engine_config c = fx_config();
    return planned(&c);
}

/* "a=1 b=2" as the position would be shown now. */
static const char *seen(const struct fx *f)
{
    static char out[512];
    struct eb_evidence v = fx_evidence(f, 0);
    out[0] = '\0';
    for (unsigned i = 0; i < v.ctx.signals.count; i++) {
        const struct eb_memory_entry *x = &v.ctx.signals.entry[i];
        size_t used = strlen(out);
        (void)snprintf(out + used, sizeof out - used, "%s%s=%s", used > 0 ? " " : "", x->key, x->text);
    }
    return out;
}

static void a_signal_is_shown_and_asked_about(void **state)
{
    (void)state;
    struct fx *f = bench();
    assert_int_equal(say_text(f, 0, "risk_mode", "CRITICAL"), EB_OK);
    assert_int_equal(f->asked_count, 1);
    assert_int_equal(f->asked[0].reason, EB_CONSULT_SIGNAL);
    assert_int_equal(f->asked[0].signals.count, 1);
    assert_string_equal(f->asked[0].signals.entry[0].text, "CRITICAL");
    assert_string_equal(seen(f), "risk_mode=CRITICAL");
    assert_int_equal(say_text(f, 0, "risk_mode", NULL), EB_OK); /* taken back */
    assert_int_equal(f->asked_count, 2);
    assert_string_equal(seen(f), "");
    fx_free(f);
}

static void the_same_again_is_quiet(void **state)
{
    (void)state;
    struct fx *f = bench();
    assert_int_equal(say_text(f, 0, "x", "1"), EB_OK);
    uint64_t durable = eb_engine_durable_count(f->e);
    uint64_t hash = eb_engine_durable_hash(f->e);
    fx_clear(f);
    assert_int_equal(say_text(f, 0, "x", "1"), EB_OK);
    assert_int_equal(say_text(f, 0, "y", NULL), EB_OK); /* nothing of that name stands */
    assert_int_equal(f->asked_count, 0);
    assert_int_equal(eb_engine_durable_count(f->e), durable);
    assert_true(eb_engine_durable_hash(f->e) == hash);
    fx_free(f);
}

static void an_id_acts_once(void **state)
{
    (void)state;
    struct fx *f = bench();
    struct eb_ev_signal g = text_of("x", "1");
    g.id = 7;
    assert_int_equal(say(f, 0, &g), EB_OK);
    assert_int_equal(say_text(f, 0, "x", "2"), EB_OK);
    assert_int_equal(say(f, 0, &g), EB_OK); /* a repeated request does not undo what came after it */
    assert_string_equal(seen(f), "x=2");
    fx_free(f);
}

static void a_symbols_own_comes_before_that_of_all(void **state)
{
    (void)state;
    struct fx *f = bench();
    assert_int_equal(say_text(f, EB_NO_SYMBOL, "b", "all"), EB_OK);
    assert_int_equal(say_text(f, EB_NO_SYMBOL, "c", "all"), EB_OK);
    assert_int_equal(say_text(f, 1, "b", "other"), EB_OK);
    assert_int_equal(say_text(f, 0, "a", "own"), EB_OK);
    assert_int_equal(say_text(f, 0, "b", "own"), EB_OK);
    assert_string_equal(seen(f), "a=own b=own c=all");
    assert_int_equal(say_text(f, 0, "b", NULL), EB_OK);
    assert_string_equal(seen(f), "a=own b=all c=all");
    struct eb_signal all[8];
    assert_int_equal(eb_engine_signals(f->e, all, 8), 4);
    assert_int_equal(all[0].symbol, 0);
    assert_int_equal(all[1].symbol, 1);
    assert_int_equal(all[3].symbol, EB_NO_SYMBOL);
    assert_string_equal(all[3].value.key, "c");
    assert_string_equal(all[3].who, "test");
    assert_int_equal(all[3].set_ms, f->now_ms);
    fx_free(f);
}

static void what_concerns_all_is_a_sweep(void **state)
{
    (void)state;
    struct fx *f = bench();
    assert_int_equal(say_text(f, EB_NO_SYMBOL, "risk_mode", "ESS_ACTIVE"), EB_OK);
    assert_int_equal(f->asked_count, 0);
    fx_clock(f);
    assert_int_equal(f->asked_count, 1);
    assert_int_equal(f->asked[0].reason, EB_CONSULT_SIGNAL);
    fx_free(f);
}

static void its_end_is_asked_about(void **state)
{
    (void)state;
    struct fx *f = bench();
    say_until(f, 0, "x", "1", 25000);
    assert_string_equal(seen(f), "x=1");
    fx_clear(f);
    fx_run(f, 24000);
    assert_int_equal(f->asked_count, 0); /* it sleeps, as it asked to */
    fx_run(f, 2000);
    assert_int_equal(f->asked_count, 1);
    assert_int_equal(f->asked[0].reason, EB_CONSULT_SIGNAL);
    assert_int_equal(f->asked[0].signals.count, 0);
    assert_string_equal(seen(f), "");
    struct eb_signal none[1];
    assert_int_equal(eb_engine_signals(f->e, none, 1), 0);
    fx_run(f, 20000);
    assert_int_equal(f->asked_count, 1);
    fx_free(f);
}

static void one_that_was_said_anew_does_not_end(void **state)
{
    (void)state;
    struct fx *f = bench();
    say_until(f, EB_NO_SYMBOL, "x", "1", 10000);
    fx_clock(f);
    fx_clear(f);
    say_until(f, EB_NO_SYMBOL, "x", "1", 60000); /* the same value, longer */
    fx_run(f, 30000);
    assert_int_equal(f->asked_count, 0);
    assert_string_equal(seen(f), "x=1");
    fx_run(f, 31000);
    assert_int_equal(f->asked_count, 1);
    fx_free(f);
}

static void its_own_end_shows_that_of_all(void **state)
{
    (void)state;
    struct fx *f = bench();
    assert_int_equal(say_text(f, EB_NO_SYMBOL, "x", "all"), EB_OK);
    fx_clock(f);
    say_until(f, 0, "x", "own", 5000);
    assert_string_equal(seen(f), "x=own");
    fx_clear(f);
    fx_run(f, 6000);
    assert_int_equal(f->asked_count, 1);
    assert_string_equal(f->asked[0].signals.entry[0].text, "all");
    fx_free(f);
}

static void one_that_is_over_when_it_comes_takes_back(void **state)
{
    (void)state;
    struct fx *f = bench();
    assert_int_equal(say_text(f, 0, "x", "1"), EB_OK);
    say_until(f, 0, "x", "2", 0);
    assert_string_equal(seen(f), "");
    say_until(f, 0, "x", "3", -5000); /* and where nothing stands it is nothing */
    assert_string_equal(seen(f), "");
    fx_free(f);
}

static void what_is_no_signal_is_refused(void **state)
{
    (void)state;
    struct fx *f = bench();
    static const char *const bad[] = {"", "1st", "with space", "dash-ed", "new\nline"};
    for (size_t i = 0; i < EB_COUNT(bad); i++) {
        assert_int_equal(say_text(f, 0, bad[i], "v"), EB_E_INVALID);
    }
    struct eb_ev_signal g = text_of("x", "v");
    memset(g.value.key, 'k', sizeof g.value.key);
    assert_int_equal(say(f, 0, &g), EB_E_INVALID);
    g = text_of("x", "v");
    memset(g.value.text, 'v', sizeof g.value.text);
    assert_int_equal(say(f, 0, &g), EB_E_INVALID);
    g = text_of("x", "v");
    g.value.kind = EB_MEM_TEXT + 1;
    assert_int_equal(say(f, 0, &g), EB_E_INVALID);
    g.value.kind = EB_MEM_NUMBER;
    g.value.number = 1e300 * 1e300;
    assert_int_equal(say(f, 0, &g), EB_E_INVALID);
    g.value.number = 0.75;
    assert_int_equal(say(f, 3, &g), EB_E_NOT_FOUND); /* no such symbol */
    assert_int_equal(say(f, 0, &g), EB_OK);
    assert_true(fx_evidence(f, 0).ctx.signals.entry[0].number == 0.75);
    fx_free(f);
}

static void a_context_has_room_for_sixteen(void **state)
{
    (void)state;
    struct fx *f = bench();
    char name[8];
    for (unsigned i = 0; i < 12; i++) {
        (void)snprintf(name, sizeof name, "all%u", i);
        assert_int_equal(say_text(f, EB_NO_SYMBOL, name, "v"), EB_OK);
    }
    for (unsigned i = 0; i < 4; i++) {
        (void)snprintf(name, sizeof name, "own%u", i);
        assert_int_equal(say_text(f, 0, name, "v"), EB_OK);
    }
    assert_int_equal(say_text(f, 0, "own4", "v"), EB_E_FULL);
    assert_int_equal(say_text(f, EB_NO_SYMBOL, "all12", "v"), EB_E_FULL); /* symbol 0 has no room for it */
    assert_int_equal(say_text(f, 1, "own4", "v"), EB_OK);                 /* symbol 1 has */
    assert_int_equal(say_text(f, 0, "all3", "mine"), EB_OK);              /* a name that is shown anyway */
    assert_int_equal(fx_evidence(f, 0).ctx.signals.count, 16);
    assert_int_equal(say_text(f, 0, "own0", NULL), EB_OK);
    assert_int_equal(say_text(f, EB_NO_SYMBOL, "all12", "v"), EB_OK);
    fx_free(f);
}

/* Sixteen of each of 20 symbols are more than the table holds. */
static struct fx *crowd(int64_t for_ms, unsigned *stand)
{
    struct eb_engine_config c = fx_config();
    c.symbols_max = 20;
    struct fx *f = fx_new(&c);
    *stand = 0;
    for (unsigned i = 0; i < 20; i++) {
        struct eb_ev_instrument inst = fx_instrument(0);
        inst.symbol[1] = (char)('A' + i);
        fx_instrument_set(f, i, &inst);
    }
    for (unsigned i = 0; i < 20 * 16; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "n%u", i % 16);
        struct eb_ev_signal g = text_of(name, "v");
        g.expires_ms = for_ms != 0 ? f->now_ms + for_ms : 0;
        int rc = say(f, i / 16, &g);
        assert_int_equal(rc, *stand < EB_SIGNALS_MAX ? EB_OK : EB_E_FULL);
        *stand += rc == EB_OK;
    }
    return f;
}

static void the_table_is_bounded_and_nothing_is_lost(void **state)
{
    (void)state;
    unsigned stand;
    struct fx *f = crowd(0, &stand);
    static struct eb_signal all[EB_SIGNALS_MAX + 1];
    assert_int_equal(stand, EB_SIGNALS_MAX);
    assert_int_equal(eb_engine_signals(f->e, all, EB_COUNT(all)), EB_SIGNALS_MAX);
    uint64_t hash = eb_engine_durable_hash(f->e);
    assert_int_equal(say_text(f, 19, "more", "v"), EB_E_FULL);
    assert_true(eb_engine_durable_hash(f->e) == hash);
    assert_int_equal(say_text(f, 3, "n7", "w"), EB_OK); /* what stands may change */
    assert_int_equal(say_text(f, 3, "n7", NULL), EB_OK);
    assert_int_equal(say_text(f, 19, "more", "v"), EB_OK);
    fx_free(f);
}

static void what_has_expired_makes_room(void **state)
{
    (void)state;
    unsigned stand;
    struct fx *f = crowd(5000, &stand);
    fx_wait(f, 5000);
    assert_int_equal(say_text(f, 19, "more", "v"), EB_OK);
    struct eb_signal all[2];
    assert_int_equal(eb_engine_signals(f->e, all, 2), 1);
    assert_string_equal(all[0].value.key, "more");
    fx_free(f);
}

static void an_image_keeps_them(void **state)
{
    (void)state;
    static struct image m;
    unsigned stand;
    struct fx *f = crowd(0, &stand);
    image_take(f->e, &m);
    struct eb_engine_config c = fx_config();
    c.symbols_max = 20;
    struct fx *g = reborn(&m, &c, f);
    assert_true(eb_engine_durable_hash(g->e) == eb_engine_durable_hash(f->e));
    assert_int_equal(eb_engine_signals(g->e, NULL, 0), EB_SIGNALS_MAX);
    fx_free(f);
    fx_free(g);
}

/* A process that died before everybody had been asked: at the next cycle each is, whatever it had wished for. */
static void a_start_wakes_who_may_not_have_heard(void **state)
{
    (void)state;
    static struct image m;
    struct eb_engine_config c = fx_config();
    struct fx *f = planned(&c);
    assert_int_equal(say_text(f, EB_NO_SYMBOL, "risk_mode", "ESS_ACTIVE"), EB_OK); /* the sweep is still to come */
    image_take(f->e, &m);
    struct fx *g = reborn(&m, &c, f);
    fx_start(g, true);
    fx_picture(g, EB_LONG, "10", "100", NULL, 0);
    fx_mark(g, "100");
    fx_clear(g);
    for (int i = 0; i < 11; i++) {
        fx_run(g, 1000);
        fx_mark(g, "100");
    }
    assert_true(g->asked_count >= 1);
    assert_string_equal(g->asked[0].signals.entry[0].text, "ESS_ACTIVE");
    fx_free(f);
    fx_free(g);
}

/* One that was said of this symbol and not answered is asked about as soon as anything acts. */
static void an_unanswered_signal_is_owed(void **state)
{
    (void)state;
    static struct image m;
    struct eb_engine_config c = fx_config();
    struct fx *f = planned(&c);
    f->mute = true;
    assert_int_equal(say_text(f, 0, "risk_mode", "CRITICAL"), EB_OK);
    image_take(f->e, &m);
    struct fx *g = reborn(&m, &c, f);
    fx_start(g, true);
    fx_picture(g, EB_LONG, "10", "100", NULL, 0);
    fx_mark(g, "100");
    assert_true(g->asked_count >= 1);
    assert_int_equal(g->asked[0].reason, EB_CONSULT_SIGNAL);
    fx_free(f);
    fx_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_is_shown_and_asked_about),
        cmocka_unit_test(the_same_again_is_quiet),
        cmocka_unit_test(an_id_acts_once),
        cmocka_unit_test(a_symbols_own_comes_before_that_of_all),
        cmocka_unit_test(what_concerns_all_is_a_sweep),
        cmocka_unit_test(its_end_is_asked_about),
        cmocka_unit_test(one_that_was_said_anew_does_not_end),
        cmocka_unit_test(its_own_end_shows_that_of_all),
        cmocka_unit_test(one_that_is_over_when_it_comes_takes_back),
        cmocka_unit_test(what_is_no_signal_is_refused),
        cmocka_unit_test(a_context_has_room_for_sixteen),
        cmocka_unit_test(the_table_is_bounded_and_nothing_is_lost),
        cmocka_unit_test(what_has_expired_makes_room),
        cmocka_unit_test(an_image_keeps_them),
        cmocka_unit_test(a_start_wakes_who_may_not_have_heard),
        cmocka_unit_test(an_unanswered_signal_is_owed),
    };
    return cmocka_run_group_tests_name("engine/signal", tests, NULL, NULL);
}
