/* SPDX-License-Identifier: Apache-2.0 */
/* The small market. */
#define _POSIX_C_SOURCE 200809L

#include "journal_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PRICE INT64_C(10000000000) /* 100.00 */
#define TICK INT64_C(1000000)      /* 0.01 */
#define STEP_MS 200

void scene_config(struct eb_engine_config *c)
{
    eb_engine_config_default(c);
    c->symbols_max = SCENE_SYMBOLS;
    c->instance = 7;
    c->mode = (struct eb_ev_config){.exit_mode = EB_EXIT_MODE_EXIT_BRAIN_V3}; /* shadow: it fills by itself */
}

/* ---- policy ------------------------------------------------------------------------------------------------------ */

static struct eb_decision *decide(struct eb_verdict *v, enum eb_decision_kind kind)
{
    struct eb_decision *d = &v->decision[v->count++];
    d->kind = (uint8_t)kind;
    d->confidence_ppm = EB_PPM;
    memcpy(d->reason, "scene", 6);
    return d;
}

static void plan(struct eb_verdict *v)
{
    decide(v, EB_MOVE_STOP)->u.stop.pct_ppm = 10000;
    struct eb_decision *targets = decide(v, EB_UPDATE_TP_LIMITS);
    for (uint8_t i = 0; i < 3; i++) {
        targets->u.targets.leg[i] = (struct eb_leg_spec){.r_ppm = 300000 * (i + 1), .fraction_ppm = 300000};
    }
    targets->u.targets.count = 3;
    struct eb_decision *trail = decide(v, EB_SET_TRAILING);
    trail->u.trailing.activation_r_ppm = 200000;
    trail->u.trailing.callback_ppm = 4000;
    v->regime = EB_REGIME_TREND;
    memcpy(v->profile, "scene", 6);
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static void keep_hash(struct scene *s)
{
    uint64_t count = eb_engine_durable_count(s->engine);
    while (count >= s->hash_cap) {
        s->hash_cap = s->hash_cap > 0 ? s->hash_cap * 2 : 1024;
        s->hash = realloc(s->hash, s->hash_cap * sizeof(*s->hash));
        assert_non_null(s->hash);
    }
    s->hash[count] = eb_engine_durable_hash(s->engine);
}

static void step(struct scene *s, const struct eb_event *ev)
{
    assert_int_equal(eb_engine_step(s->engine, ev, s->actions), EB_OK);
    for (unsigned i = 0; i < s->actions->count; i++) {
        s->exits += s->actions->action[i].kind == EB_ACT_EXIT ? 1 : 0;
    }
    if (!s->actions->durable) {
        return;
    }
    s->durable++;
    keep_hash(s);
    if (s->port.append != NULL) {
        uint64_t number = s->port.append(s->port.store, ev, eb_engine_witness(s->engine), true);
        s->lost += number == 0 ? 1 : 0;
        s->last = number != 0 ? number : s->last;
    }
}

static struct eb_event event(const struct scene *s, enum eb_event_kind kind, eb_symbol_id symbol)
{
    return (struct eb_event){.kind = (uint16_t)kind,
                             .now_ns = s->now_ms * 1000000,
                             .now_ms = s->now_ms,
                             .symbol = symbol,
                             .position = EB_NO_POSITION};
}

/* An event and the verdicts that it asks for. */
static void turn(struct scene *s, const struct eb_event *ev)
{
    step(s, ev);
    unsigned count = s->actions->ctx_count;
    struct eb_context *ctx = calloc(count + 1u, sizeof(*ctx));
    struct eb_verdict *verdict = calloc(1, sizeof(*verdict));
    assert_true(ctx != NULL && verdict != NULL);
    memcpy(ctx, s->actions->ctx, count * sizeof(*ctx));
    for (unsigned i = 0; i < count; i++) {
        memset(verdict, 0, sizeof(*verdict));
        verdict->keep = ctx[i].plan_revision != 0 && !ctx[i].r_provisional;
        if (!verdict->keep) {
            plan(verdict);
        }
        struct eb_event answer = event(s, EB_EV_VERDICT, ctx[i].position / 2);
        answer.position = ctx[i].position;
        answer.u.verdict = (struct eb_ev_verdict){.ctx = &ctx[i], .verdict = verdict};
        step(s, &answer);
    }
    free(ctx);
    free(verdict);
}

static void price(struct scene *s, eb_symbol_id symbol)
{
    static const uint8_t sources[] = {EB_SRC_MARK, EB_SRC_LAST};
    eb_price p = {s->price_e8[symbol]};
    for (size_t i = 0; i < EB_COUNT(sources); i++) {
        struct eb_event ev = event(s, EB_EV_PRICE, symbol);
        ev.u.price =
            (struct eb_ev_price){.source = sources[i], .price = p, .ask = p, .min = p, .max = p, .venue_ms = s->now_ms};
        turn(s, &ev);
    }
}

static void position(struct scene *s, eb_symbol_id symbol, int64_t qty_e8)
{
    struct eb_ev_position p = {.side = (uint8_t)(symbol % 2),
                               .qty.e8 = qty_e8,
                               .entry.e8 = s->price_e8[symbol],
                               .leverage_ppm = 5 * EB_PPM,
                               .venue_ms = s->now_ms,
                               .strategy_id = "scene"};
    struct eb_event ev = event(s, EB_EV_POSITION, symbol);
    ev.u.venue_position = &p;
    s->qty_e8[symbol] = qty_e8;
    turn(s, &ev);
}

static void command(struct scene *s, enum eb_command verb)
{
    struct eb_ev_command c = {.verb = (uint8_t)verb, .who = "operator", .why = "because the scene says so"};
    struct eb_event ev = event(s, EB_EV_COMMAND, EB_NO_SYMBOL);
    ev.u.command = &c;
    turn(s, &ev);
}

static void clock(struct scene *s)
{
    for (int i = 0; i < 1000 && eb_engine_next_deadline(s->engine) <= s->now_ms * 1000000; i++) {
        struct eb_event ev = event(s, EB_EV_CLOCK, EB_NO_SYMBOL);
        turn(s, &ev);
    }
}

static void introduce(struct scene *s)
{
    for (eb_symbol_id i = 0; i < SCENE_SYMBOLS; i++) {
        struct eb_ev_instrument inst = {.symbol = "SAUSDT",
                                        .tick.e8 = TICK,
                                        .step.e8 = EB_E8 / 1000,
                                        .min_qty.e8 = EB_E8 / 1000,
                                        .maintenance_ppm = 10000,
                                        .trading = true};
        inst.symbol[1] = (char)('A' + i);
        struct eb_event ev = event(s, EB_EV_INSTRUMENT, i);
        ev.u.instrument = &inst;
        turn(s, &ev);
    }
    struct eb_event ev = event(s, EB_EV_ACCOUNT, EB_NO_SYMBOL);
    ev.u.account.balance.e8 = 10000 * EB_E8;
    turn(s, &ev);
    struct eb_ev_policy policy = {.hash = {1, 2, 3}, .name = "scene", .version = "1"};
    ev = event(s, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &policy;
    turn(s, &ev);
}

/* ---- the scene --------------------------------------------------------------------------------------------------- */

void scene_resume(struct scene *s, uint64_t seed, struct eb_engine *engine, struct eb_store_port port)
{
    memset(s, 0, sizeof(*s));
    eb_rng_seed(&s->rng, seed);
    s->now_ms = SCENE_START_MS + (int64_t)eb_engine_durable_count(engine) * STEP_MS;
    for (eb_symbol_id i = 0; i < SCENE_SYMBOLS; i++) {
        s->price_e8[i] = PRICE;
    }
    s->actions = calloc(1, sizeof(*s->actions));
    assert_non_null(s->actions);
    s->engine = engine;
    s->port = port;
    keep_hash(s);
}

void scene_open(struct scene *s, uint64_t seed, struct eb_engine *engine, struct eb_store_port port)
{
    scene_resume(s, seed, engine, port);
    introduce(s);
}

void scene_close(struct scene *s)
{
    free(s->actions);
    free(s->hash);
    memset(s, 0, sizeof(*s));
}

static void one(struct scene *s)
{
    s->now_ms += STEP_MS;
    for (eb_symbol_id i = 0; i < SCENE_SYMBOLS; i++) {
        s->price_e8[i] += eb_rng_range(&s->rng, -12, 12) * TICK;
        price(s, i);
        if (eb_rng_chance(&s->rng, 1, s->qty_e8[i] == 0 ? 10 : 120)) {
            position(s, i, s->qty_e8[i] == 0 ? 10 * EB_E8 : 0);
        }
    }
    if (eb_rng_chance(&s->rng, 1, eb_engine_paused(s->engine) ? 10 : 150)) {
        command(s, eb_engine_paused(s->engine) ? EB_CMD_RESUME : EB_CMD_PAUSE);
    }
    clock(s);
}

void scene_run(struct scene *s, int n)
{
    for (int i = 0; i < n; i++) {
        one(s);
    }
}

void scene_run_to(struct scene *s, uint64_t durable_count)
{
    while (eb_engine_durable_count(s->engine) < durable_count) {
        one(s);
    }
}

/* ---- with a journal ---------------------------------------------------------------------------------------------- */

void scene_place(char out[SCENE_PATH_MAX])
{
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(out, SCENE_PATH_MAX, "%.90s/eb_journal_XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(out));
}

void scene_remove(const char *dir)
{
    char path[SCENE_PATH_MAX + 300];
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        if (e->d_name[0] != '.') {
            assert_int_equal(unlink(path), 0);
        }
    }
    (void)closedir(d);
    assert_int_equal(rmdir(dir), 0);
}

struct eb_journal_options scene_options(const char *dir, char path[SCENE_PATH_MAX + 16])
{
    (void)snprintf(path, SCENE_PATH_MAX + 16, "%s/journal.db", dir);
    return (struct eb_journal_options){
        .path = path, .account = "scene", .build = "0.1 test", .image_every = 200, .hash_every = 20};
}

static int carry_over(const struct eb_engine *from, struct eb_engine *to, const struct eb_recovery *found,
                      struct eb_err *err)
{
    static unsigned char part[EB_IMAGE_PART_MAX];
    uint32_t cursor = 0;
    size_t len = 0;
    int rc;
    while ((rc = eb_engine_image_part(from, &cursor, part, sizeof(part), &len)) == EB_OK) {
        rc = eb_engine_image_load(to, part, len, err);
        assert_int_equal(rc, EB_OK);
    }
    assert_int_equal(rc, EB_E_END);
    return eb_engine_image_done(to, found->last_ns, found->last_ms, err);
}

int scene_begin(struct scene_life *l, const struct eb_journal_options *o, struct eb_err *err)
{
    struct eb_engine_config config;
    struct eb_engine *state = NULL;
    memset(l, 0, sizeof(*l));
    int rc = eb_journal_open(o, &l->journal, &l->found, &state, err);
    if (rc != EB_OK) {
        assert_null(l->journal);
        assert_null(state);
        return rc;
    }
    scene_config(&config);
    config.instance = l->found.instance;
    assert_int_equal(eb_engine_create(&config, &l->engine, NULL), EB_OK);
    if (state != NULL) {
        assert_int_equal(carry_over(state, l->engine, &l->found, err), EB_OK);
        assert_true(eb_engine_durable_hash(state) == eb_engine_durable_hash(l->engine));
        eb_engine_destroy(state);
    }
    rc = eb_journal_begin(l->journal, l->engine, &config, SCENE_START_MS, err);
    if (rc != EB_OK) {
        struct eb_err ignored;
        (void)!eb_journal_close(l->journal, NULL, 0, &ignored);
        eb_engine_destroy(l->engine);
        memset(l, 0, sizeof(*l));
    }
    return rc;
}

int scene_end(struct scene_life *l, bool properly, struct eb_err *err)
{
    int rc = eb_journal_close(l->journal, properly ? l->engine : NULL, SCENE_START_MS, err);
    eb_engine_destroy(l->engine);
    memset(l, 0, sizeof(*l));
    return rc;
}

int scene_recover(const struct eb_journal_options *o, struct eb_recovery *found, uint64_t *hash, struct eb_err *err)
{
    struct eb_journal *j = NULL;
    struct eb_engine *state = NULL;
    int rc = eb_journal_open(o, &j, found, &state, err);
    *hash = 0;
    if (rc == EB_OK) {
        *hash = state != NULL ? eb_engine_durable_hash(state) : 0;
        eb_engine_destroy(state);
        rc = eb_journal_close(j, NULL, 0, err);
    }
    return rc;
}
