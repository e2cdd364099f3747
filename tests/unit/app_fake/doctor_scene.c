/* SPDX-License-Identifier: Apache-2.0 */
/* The scene: a host, a scripted policy, an exchange that keeps stops and tells pictures. */
#include "doctor_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/order.h"

#define STEP_MS 500
#define PICTURE_MS 10000

/* ---- policy ------------------------------------------------------------------------------------------------------ */

static struct eb_decision *add(struct eb_verdict *v, enum eb_decision_kind kind)
{
    struct eb_decision *d = &v->decision[v->count++];
    d->kind = (uint8_t)kind;
    (void)snprintf(d->reason, sizeof(d->reason), "scripted");
    return d;
}

static enum eb_policy_result consult(void *policy, const struct eb_context *ctx, struct eb_verdict *v,
                                     struct eb_err *err)
{
    struct scene *s = policy;
    memset(v, 0, sizeof(*v));
    if (s->policy == SCENE_RAISES) {
        (void)eb_err_set(err, EB_E_SCRIPT, "scene", "init.lua:7: attempt to index a nil value");
        return EB_POLICY_ERROR;
    }
    if (s->policy == SCENE_NONE) {
        (void)eb_err_set(err, EB_E_NOT_FOUND, "scene", "no policy set is loaded");
        return EB_POLICY_NONE;
    }
    v->keep =
        s->policy == SCENE_KEEPS || (ctx->plan_revision > 0 && !ctx->r_provisional && s->policy != SCENE_NONSENSE);
    if (v->keep) {
        return EB_POLICY_KEEP;
    }
    bool up = ctx->side == EB_LONG;
    struct eb_decision *stop = add(v, EB_MOVE_STOP);
    stop->u.stop.price.e8 = up == (s->policy != SCENE_NONSENSE) ? 98 * EB_E8 : 102 * EB_E8;
    if (s->policy != SCENE_ONLY_A_STOP) {
        struct eb_decision *legs = add(v, EB_UPDATE_TP_LIMITS);
        legs->u.targets.count = 2;
        legs->u.targets.leg[0] = (struct eb_leg_spec){.r_ppm = EB_PPM, .fraction_ppm = 300000};
        legs->u.targets.leg[1] = (struct eb_leg_spec){.r_ppm = 2 * EB_PPM, .fraction_ppm = 300000};
        struct eb_decision *trail = add(v, EB_SET_TRAILING);
        trail->u.trailing.activation_r_ppm = 3 * EB_PPM;
        trail->u.trailing.callback_ppm = 10000;
    }
    if (s->policy == SCENE_SLEEPS) {
        v->wake = (struct eb_wake){.set = true, .at_ms = ctx->now_ms + 3600000};
    }
    return EB_POLICY_OK;
}

/* ---- exchange ---------------------------------------------------------------------------------------------------- */

static struct eb_event event(const struct scene *s, enum eb_event_kind kind, eb_symbol_id symbol)
{
    return (struct eb_event){.kind = (uint16_t)kind,
                             .now_ms = s->now_ms,
                             .now_ns = s->now_ms * 1000000,
                             .symbol = symbol,
                             .position = EB_NO_POSITION};
}

static void turn(struct scene *s, const struct eb_event *ev)
{
    assert_int_equal(eb_turn(s->live->host, ev), EB_OK);
    s->live->now_ms = ev->now_ms;
    s->live->now_ns = ev->now_ns;
}

static void tell(struct scene *s, eb_symbol_id symbol, const struct eb_ev_order *o)
{
    struct eb_event ev = event(s, EB_EV_ORDER, symbol);
    ev.u.order = *o;
    eb_host_sink(s->live->host, &ev);
}

static int submit(void *venue, const struct eb_order_request *o, struct eb_err *err)
{
    struct scene *s = venue;
    (void)err;
    if (s->rejects) {
        tell(s, o->symbol,
             &(struct eb_ev_order){.client_id = o->client_id, .state = EB_OS_REJECTED, .reject = EB_REJ_FIX});
    } else if (!s->mute && o->type == EB_ORDER_STOP_MARKET) {
        assert_true(s->order_count < SCENE_ORDERS);
        s->order[s->order_count++] = (struct eb_seen_order){.symbol = o->symbol,
                                                            .ours = true,
                                                            .order = {.client_id = o->client_id,
                                                                      .venue_order_id = ++s->venue_ids,
                                                                      .position_side = o->position_side,
                                                                      .order_side = o->order_side,
                                                                      .type = o->type,
                                                                      .state = EB_OS_NEW,
                                                                      .close_position = o->close_position,
                                                                      .reduce_only = o->reduce_only,
                                                                      .qty = o->qty,
                                                                      .trigger = o->trigger}};
        tell(s, o->symbol,
             &(struct eb_ev_order){.client_id = o->client_id, .venue_order_id = s->venue_ids, .state = EB_OS_NEW});
    }
    return EB_OK;
}

static int cancel(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                  struct eb_err *err)
{
    struct scene *s = venue;
    (void)type;
    (void)err;
    for (unsigned i = 0; i < s->order_count; i++) {
        if (eb_client_id_equal(s->order[i].order.client_id, id)) {
            s->order[i] = s->order[--s->order_count];
            break;
        }
    }
    tell(s, symbol, &(struct eb_ev_order){.client_id = id, .venue_order_id = venue_order_id, .state = EB_OS_CANCELED});
    return EB_OK;
}

static int query(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                 struct eb_err *err)
{
    (void)venue;
    (void)id;
    (void)venue_order_id;
    (void)symbol;
    (void)type;
    (void)err;
    return EB_OK; /* and never an answer */
}

static int snapshot(void *venue, struct eb_err *err)
{
    (void)venue;
    (void)err;
    return EB_OK; /* scene_run() tells pictures at times of its own */
}

static int refresh_price(void *venue, eb_symbol_id symbol, struct eb_err *err)
{
    (void)venue;
    (void)symbol;
    (void)err;
    return EB_OK;
}

static const struct eb_venue_ops ops = {submit, cancel, query, snapshot, refresh_price};

void scene_picture(struct scene *s)
{
    struct eb_event ev = event(s, EB_EV_SNAPSHOT_BEGIN, EB_NO_SYMBOL);
    turn(s, &ev);
    for (eb_symbol_id i = 0; i < SCENE_SYMBOLS; i++) {
        if (s->position[i].qty.e8 > 0) {
            ev = event(s, EB_EV_POSITION, i);
            ev.u.venue_position = &s->position[i];
            turn(s, &ev);
        }
    }
    struct eb_seen_orders *seen = &s->live->seen;
    seen->count = 0;
    for (unsigned i = 0; i < s->order_count; i++) {
        if (s->blind && s->order[i].ours) {
            continue;
        }
        ev = event(s, EB_EV_OPEN_ORDER, s->order[i].symbol);
        ev.u.open_order = s->order[i].order;
        turn(s, &ev);
        seen->order[seen->count++] = s->order[i];
    }
    ev = event(s, EB_EV_SNAPSHOT_END, EB_NO_SYMBOL);
    turn(s, &ev);
    seen->at_ms = s->now_ms;
}

struct eb_seen_order *scene_foreign(struct scene *s, eb_symbol_id symbol, enum eb_order_side side, int64_t price_e8,
                                    bool stop)
{
    assert_true(s->order_count < SCENE_ORDERS);
    struct eb_seen_order *o = &s->order[s->order_count++];
    memset(o, 0, sizeof(*o));
    o->symbol = symbol;
    o->order = (struct eb_ev_open_order){.venue_order_id = ++s->venue_ids,
                                         .order_side = (uint8_t)side,
                                         .type = stop ? EB_ORDER_STOP_MARKET : EB_ORDER_LIMIT_GTC,
                                         .state = EB_OS_NEW,
                                         .close_position = stop,
                                         .reduce_only = !stop,
                                         .qty.e8 = stop ? 0 : EB_E8};
    *(stop ? &o->order.trigger : &o->order.price) = (eb_price){price_e8};
    return o;
}

void scene_order_state(struct scene *s, eb_symbol_id symbol, eb_client_id id, enum eb_order_state state)
{
    struct eb_event ev = event(s, EB_EV_ORDER, symbol);
    ev.u.order = (struct eb_ev_order){.client_id = id, .state = (uint8_t)state};
    turn(s, &ev);
}

/* ---- store ------------------------------------------------------------------------------------------------------- */

static uint64_t append(void *store, const struct eb_event *ev, const struct eb_witness *witness, bool durable)
{
    struct scene *s = store;
    (void)ev;
    (void)witness;
    if (s->store_full) {
        return 0;
    }
    s->appended += durable ? 1 : 0;
    return s->appended;
}

static uint64_t durable_seq(void *store)
{
    const struct scene *s = store;
    return s->durable < s->appended ? s->durable : s->appended;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

void scene_set(struct scene *s, const char *key, const char *value, enum eb_config_source source)
{
    struct eb_err err = {0};
    assert_int_equal(eb_config_set(&s->live->o.config, key, key, value, source, &err), EB_OK);
}

struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->live = calloc(1, sizeof(*s->live));
    assert_non_null(s->live);
    eb_config_default(&s->live->o.config);
    scene_set(s, "mode.exit_mode", "EXIT_BRAIN_V3", EB_FROM_FILE);
    scene_set(s, "mode.executor_mode", "LIVE", EB_FROM_FILE);
    scene_set(s, "mode.live_rollout", "ENABLED", EB_FROM_ENVIRONMENT);
    scene_set(s, "mode.legacy_trailing_stop", "false", EB_FROM_FILE);
    s->engine = s->live->o.config.engine;
    s->engine.symbols_max = SCENE_SYMBOLS;
    s->engine.instance = 1; /* of the configuration 0: the journal says it */
    s->now_ms = SCENE_START_MS;
    s->durable = UINT64_MAX;
    (void)snprintf(s->live->o.choice.dir, sizeof(s->live->o.choice.dir), "%s/policies", EB_TEST_ROOT);
    (void)snprintf(s->live->venue.name, sizeof(s->live->venue.name), "scene");
    s->live->o.config.watch = true;
    s->live->seen.order = calloc(SCENE_ORDERS, sizeof(*s->live->seen.order));
    assert_non_null(s->live->seen.order);
    s->live->stage = EB_LIVE_RUNNING;
    s->live->connects = 1;
    s->live->started_ms = s->live->ready_ms = s->live->now_ms = s->now_ms;
    s->live->seen.at_ms = s->now_ms;
    return s;
}

void scene_free(struct scene *s)
{
    eb_host_destroy(s->live->host);
    eb_book_deinit(&s->live->book);
    free(s->live->seen.order);
    free(s->live);
    free(s);
}

static void introduce(struct scene *s, eb_symbol_id symbol)
{
    struct eb_ev_instrument inst = {.tick.e8 = EB_E8 / 100,
                                    .step.e8 = EB_E8 / 1000,
                                    .min_qty.e8 = EB_E8 / 1000,
                                    .min_notional.e8 = 5 * EB_E8,
                                    .maintenance_ppm = 5000,
                                    .trading = true};
    (void)snprintf(inst.symbol, sizeof(inst.symbol), "%c%c%cUSDT", (char)('A' + symbol), (char)('A' + symbol),
                   (char)('A' + symbol));
    struct eb_event ev = event(s, EB_EV_INSTRUMENT, symbol);
    ev.u.instrument = &inst;
    turn(s, &ev);
}

void scene_begin(struct scene *s)
{
    struct eb_host_config c;
    struct eb_err err = {0};
    memset(&c, 0, sizeof(c));
    s->live->o.config.engine = s->engine;
    c.engine = s->engine;
    c.venue = (struct eb_venue){s, &ops};
    c.policy = (struct eb_policy_port){.policy = s, .consult = consult};
    c.store = (struct eb_store_port){.store = s, .append = append, .durable_seq = durable_seq};
    c.observer = eb_book_observe;
    c.observer_user = &s->live->book;
    assert_int_equal(eb_host_create(&c, &s->live->host, &err), EB_OK);
    s->live->book.engine = eb_host_engine(s->live->host);
    struct eb_event ev = event(s, EB_EV_ACCOUNT, EB_NO_SYMBOL);
    ev.u.account.balance.e8 = 10000 * EB_E8;
    ev.u.account.hedge = s->engine.hedge;
    turn(s, &ev);
    for (eb_symbol_id i = 0; i < SCENE_SYMBOLS; i++) {
        introduce(s, i);
        s->price_e8[i] = 100 * EB_E8;
    }
    scene_run(s, 0);
}

static void tell_price(struct scene *s, eb_symbol_id symbol, enum eb_price_source source)
{
    eb_price at = {s->price_e8[symbol]};
    struct eb_event ev = event(s, EB_EV_PRICE, symbol);
    ev.u.price = (struct eb_ev_price){.source = (uint8_t)source, .price = at, .ask = at, .min = at, .max = at};
    turn(s, &ev);
}

static void tell_prices(struct scene *s)
{
    for (eb_symbol_id i = 0; i < SCENE_SYMBOLS; i++) {
        for (unsigned source = 0; s->price_e8[i] > 0 && source < EB_SRC_COUNT; source++) {
            if (source == EB_SRC_MARK ? !s->no_mark : !s->mark_only) {
                tell_price(s, i, (enum eb_price_source)source);
            }
        }
    }
}

void scene_run(struct scene *s, int64_t ms)
{
    for (int64_t done = 0; done <= ms; done += STEP_MS) {
        s->now_ms += done > 0 ? STEP_MS : 0;
        if (s->stopped) {
            s->live->now_ms = s->now_ms; /* the clock is read, nothing else happens */
            continue;
        }
        tell_prices(s);
        if (done > 0 && s->now_ms % PICTURE_MS == 0) {
            scene_picture(s);
        }
        assert_int_equal(eb_host_clock(s->live->host, s->now_ms * 1000000, s->now_ms), EB_OK);
    }
}

void scene_open_at(struct scene *s, eb_symbol_id symbol, const struct eb_ev_position *p)
{
    if (s->live->host == NULL) {
        scene_begin(s);
    }
    s->position[symbol] = *p;
    struct eb_event ev = event(s, EB_EV_POSITION, symbol);
    ev.u.venue_position = &s->position[symbol];
    turn(s, &ev);
}

void scene_open(struct scene *s, eb_symbol_id symbol, enum eb_side side)
{
    const struct eb_ev_position p = {.side = (uint8_t)side,
                                     .qty.e8 = 10 * EB_E8,
                                     .entry.e8 = 100 * EB_E8,
                                     .leverage_ppm = 5 * EB_PPM,
                                     .opened_ms = s->now_ms};
    scene_open_at(s, symbol, &p);
}

void scene_command(struct scene *s, enum eb_command verb, eb_symbol_id symbol)
{
    const struct eb_ev_command c = {.verb = (uint8_t)verb, .who = "test", .why = "scene"};
    struct eb_event ev = event(s, EB_EV_COMMAND, symbol);
    ev.u.command = &c;
    turn(s, &ev);
}

/* ---- what the doctor says ---------------------------------------------------------------------------------------- */

static void show(const struct scene *s)
{
    struct eb_buffer text;
    eb_buffer_init(&text, 1u << 20);
    eb_doctor_text(&s->found, false, false, &text);
    print_message("%s\n", eb_buffer_str(&text));
    eb_buffer_deinit(&text);
}

void scene_policy_set(struct scene *s, bool legacy)
{
    struct eb_ev_policy p = {.hash = {(uint8_t)(1 + legacy)}, .legacy = legacy, .name = "scene"};
    struct eb_event ev = event(s, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &p;
    turn(s, &ev);
}

const struct eb_finding *scene_look(struct scene *s, const char *check)
{
    const struct eb_finding *first = NULL;
    eb_doctor_examine(s->live, &s->found);
    for (unsigned i = 0; i < s->found.count; i++) {
        const struct eb_finding *f = &s->found.finding[i];
        if (f->severity == EB_BAD && strcmp(f->check, check) != 0) {
            show(s);
            fail_msg("%s is bad, which \"%s\" does not explain", f->check, check);
        }
        first = first == NULL && f->severity == EB_BAD ? f : first;
        if (f->severity != EB_FINE) {
            assert_true(f->evidence[0] != '\0' && f->cause[0] != '\0' && f->remedy[0] != '\0');
        }
    }
    if ((first != NULL) != (check[0] != '\0')) {
        show(s);
        fail_msg("nothing is bad instead of %s", check);
    }
    return first;
}

const struct eb_finding *scene_found(const struct scene *s, const char *check)
{
    for (unsigned i = 0; i < s->found.count; i++) {
        if (s->found.finding[i].severity != EB_FINE && strcmp(s->found.finding[i].check, check) == 0) {
            return &s->found.finding[i];
        }
    }
    show(s);
    fail_msg("%s is not found", check);
    return NULL;
}

bool scene_has(const struct scene *s, const char *check)
{
    bool has = false;
    for (unsigned i = 0; i < s->found.count; i++) {
        has = has || (s->found.finding[i].severity != EB_FINE && strcmp(s->found.finding[i].check, check) == 0);
    }
    return has;
}

void scene_says(const struct eb_finding *f, const char *text)
{
    if (strstr(f->evidence, text) == NULL && strstr(f->cause, text) == NULL && strstr(f->remedy, text) == NULL &&
        strstr(f->subject, text) == NULL) {
        fail_msg("%s (%s) does not say \"%s\": %s / %s / %s", f->check, f->subject, text, f->evidence, f->cause,
                 f->remedy);
    }
}
