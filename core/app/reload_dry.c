/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of positions, and a set run on a clone; see reload_dry.h. Runs on the worker's thread. */
#include "app/reload_dry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRESH_NS INT64_C(3000000000) /* an older price is not told once more a cycle later: it stays as old as it is */
#define AGAIN_MAX_MS 600000

static const char area[] = "reload.trial";

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

static void take_level(const struct eb_evidence *v, const struct eb_level_evidence *from, struct eb_dry_level *to)
{
    *to = (struct eb_dry_level){.kind = from->kind,
                                .leg = from->leg,
                                .pending = from->kind == EB_STOP_TRAIL && !v->ctx.trailing_active,
                                .parked = from->state == EB_LEG_PARKED,
                                .hit = from->state == EB_LEG_HIT,
                                .fires = from->state == EB_LEG_FIRING || from->state == EB_LEG_PARTIAL,
                                .price = from->price,
                                .qty = from->qty};
    if (from->leg == 0) {
        to->qty.e8 = 0; /* a stop is for all that remains: its size is no part of the plan */
    }
}

static void take(const struct eb_evidence *v, struct eb_dry_picture *out)
{
    memset(out, 0, sizeof(*out));
    out->open = v->open;
    out->qty = v->ctx.qty;
    out->r = v->ctx.r;
    memcpy(out->owner, v->ctx.owner, sizeof(out->owner));
    out->stale = v->verdicts_stale;
    for (unsigned i = 0; v->open && i < v->level_count; i++) {
        take_level(v, &v->level[i], &out->level[out->level_count++]);
    }
}

static uint32_t count_open(const struct eb_engine *e)
{
    uint32_t open = 0;
    enum eb_side side;
    for (eb_position_id p = 0; p < eb_engine_symbol_count(e) * 2; p++) {
        open += eb_engine_open_side(e, p, &side);
    }
    return open;
}

static void look(struct eb_dry *d, const struct eb_engine *e, eb_position_id id, struct eb_evidence *v)
{
    d->place[id] = UINT32_MAX;
    if (!eb_engine_evidence(e, id, v) || !v->open) {
        return;
    }
    struct eb_dry_position *p = &d->position[d->count];
    memset(p, 0, sizeof(*p));
    p->id = id;
    memcpy(p->symbol, v->ctx.symbol, sizeof(p->symbol));
    p->side = v->ctx.side;
    p->expected = v->owned && !v->released && !v->firing;
    p->released = v->released;
    p->firing = v->firing;
    p->entry = v->ctx.entry;
    p->price = v->ctx.price;
    p->tick = v->ctx.tick;
    take(v, &p->now);
    d->paused = d->paused || v->paused;
    d->place[id] = d->count++;
}

int eb_dry_open(struct eb_dry *d, const struct eb_engine *e, int64_t now_ms, struct eb_err *err)
{
    *d = (struct eb_dry){.slots = eb_engine_symbol_count(e) * 2, .now_ms = now_ms};
    uint32_t open = count_open(e);
    struct eb_evidence *v = malloc(sizeof(*v));
    d->position = malloc((open + 1) * sizeof(*d->position));
    d->place = malloc((d->slots + 1) * sizeof(*d->place));
    if (v == NULL || d->position == NULL || d->place == NULL) {
        free(v);
        return eb_err_set(err, EB_E_MEMORY, area, "no memory for the trial of %u positions", open);
    }
    for (eb_position_id id = 0; id < d->slots; id++) {
        look(d, e, id, v);
    }
    free(v);
    return EB_OK;
}

void eb_dry_close(struct eb_dry *d)
{
    free(d->position);
    free(d->place);
    memset(d, 0, sizeof(*d));
}

/* ---- a run ------------------------------------------------------------------------------------------------------- */

struct run {
    struct eb_dry *d;
    struct eb_host *host;
    struct eb_policy *policy;
    struct eb_dry_problem *problem;
    const atomic_bool *stop;
    bool candidate;
    int64_t now_ms;
};

static struct eb_dry_position *position_of(const struct run *r, eb_position_id id)
{
    uint32_t place = id < r->d->slots ? r->d->place[id] : UINT32_MAX;
    return place != UINT32_MAX ? &r->d->position[place] : NULL;
}

static struct eb_dry_answer *answer_of(const struct run *r, eb_position_id id)
{
    struct eb_dry_position *p = position_of(r, id);
    return p == NULL ? NULL : r->candidate ? &p->next : &p->old;
}

/* Once for each position; the words are those of the first one. */
static void fails(struct run *r, eb_position_id id, bool refused, const char *text)
{
    struct eb_dry_position *p = position_of(r, id);
    struct eb_dry_answer *a = answer_of(r, id);
    if (p == NULL || a->fails) {
        return;
    }
    a->fails = true;
    if (!r->candidate || p->old.fails || r->problem == NULL) {
        return;
    }
    if (r->problem->count++ == 0) {
        r->problem->position = id;
        r->problem->refused = refused;
        (void)snprintf(r->problem->text, sizeof(r->problem->text), "%s", text);
    }
}

/* The policy itself, so that the whole of what it says is kept: events carry its beginning. */
static enum eb_policy_result consult(void *user, const struct eb_context *ctx, struct eb_verdict *out,
                                     struct eb_err *err)
{
    struct run *r = user;
    if (atomic_load(r->stop)) {
        (void)eb_err_set(err, EB_E_STALE, area, "the trial was given up");
        return EB_POLICY_NONE;
    }
    enum eb_policy_result result = eb_policy_consult(r->policy, ctx, out, err);
    if (result != EB_POLICY_OK && result != EB_POLICY_KEEP) {
        fails(r, ctx->position, false, err->msg);
    }
    return result;
}

static void idle(void *user)
{
    eb_policy_idle(((struct run *)user)->policy);
}

/* Backstops, bridges and resting legs protect or wait; what else leaves closes. */
static bool is_close(const struct eb_order_request *o)
{
    switch ((enum eb_purpose)o->purpose) {
    case EB_PURPOSE_STOP:
    case EB_PURPOSE_FULL_EXIT:
    case EB_PURPOSE_FLATTEN:
    case EB_PURPOSE_TARGET:
    case EB_PURPOSE_PARTIAL:
        return true;
    case EB_PURPOSE_BACKSTOP:
    case EB_PURPOSE_BRIDGE:
    case EB_PURPOSE_SOFT:
    case EB_PURPOSE_COUNT:
        break;
    }
    return false;
}

static void closes(struct run *r, eb_position_id id, eb_qty qty)
{
    struct eb_dry_answer *a = answer_of(r, id);
    if (a != NULL) {
        a->closes = true;
        a->closed.e8 += qty.e8;
    }
}

static void hear_alert(struct run *r, const struct eb_alert *alert)
{
    struct eb_dry_answer *a = answer_of(r, alert->position);
    if (alert->kind == EB_ALERT_VERDICT_REFUSED) {
        fails(r, alert->position, true, alert->text);
    } else if (alert->kind == EB_ALERT_NEEDS_CONFIRMATION && a != NULL) {
        a->asks = true;
    }
}

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct run *r = user;
    bool answers = ev->kind == EB_EV_VERDICT || ev->kind == EB_EV_POLICY_FAILED;
    struct eb_dry_answer *a = answers ? answer_of(r, ev->position) : NULL;
    if (a != NULL) {
        a->asked = true;
    }
    for (uint16_t i = 0; i < actions->count; i++) {
        const struct eb_action *act = &actions->action[i];
        if (act->kind == EB_ACT_ALERT) {
            hear_alert(r, &act->u.alert);
        } else if (act->kind == EB_ACT_SUBMIT && is_close(&act->u.submit)) {
            closes(r, act->u.submit.position, act->u.submit.qty);
        } else if (act->kind == EB_ACT_EXIT && act->u.exit.virtual_fill) {
            closes(r, act->u.exit.position, act->u.exit.qty);
        }
    }
}

static struct eb_event event(const struct run *r, enum eb_event_kind kind, eb_symbol_id symbol)
{
    return (struct eb_event){.now_ns = r->now_ms * INT64_C(1000000),
                             .now_ms = r->now_ms,
                             .kind = (uint16_t)kind,
                             .symbol = symbol,
                             .position = EB_NO_POSITION};
}

/* A paused engine asks nobody anything: on the clone it goes on, to see what the set would do then. */
static int announce(struct run *r)
{
    int rc = EB_OK;
    if (r->d->paused) {
        static const struct eb_ev_command resume = {.verb = EB_CMD_RESUME, .who = "trial", .why = "dry run"};
        struct eb_event ev = event(r, EB_EV_COMMAND, EB_NO_SYMBOL);
        ev.u.command = &resume;
        rc = eb_turn(r->host, &ev);
    }
    struct eb_policy_info info;
    struct eb_ev_policy policy;
    eb_policy_info(r->policy, &info);
    memset(&policy, 0, sizeof(policy));
    memcpy(policy.hash, info.hash, sizeof(policy.hash));
    policy.legacy = info.legacy;
    if (memcmp(policy.hash, eb_engine_policy_hash(eb_host_engine(r->host)), sizeof(policy.hash)) == 0) {
        policy.hash[0] ^= 1; /* told again, the set in force is no reload: then nobody would be asked */
    }
    struct eb_event ev = event(r, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &policy;
    return rc == EB_OK ? eb_turn(r->host, &ev) : rc;
}

static int tell_price(struct run *r, eb_symbol_id symbol, enum eb_price_source source, int64_t ask_e8)
{
    eb_price at;
    int64_t received_ns;
    if (!eb_engine_price(eb_host_engine(r->host), symbol, source, &at, &received_ns) || at.e8 <= 0 ||
        r->d->now_ms * INT64_C(1000000) - received_ns > FRESH_NS) {
        return EB_OK;
    }
    struct eb_event ev = event(r, EB_EV_PRICE, symbol);
    ev.u.price = (struct eb_ev_price){.source = (uint8_t)source, .price = at, .ask = at, .min = at, .max = at};
    if (source == EB_SRC_BOOK) {
        ev.u.price.ask.e8 = ask_e8;
        ev.u.price.min.e8 = ask_e8; /* lowest ask, highest bid */
    }
    return eb_turn(r->host, &ev);
}

/* Nothing has moved: the same prices again, so that they are fresh. */
static int tell_prices(struct run *r, struct eb_evidence *v)
{
    int rc = EB_OK;
    for (uint32_t i = 0; rc == EB_OK && i < r->d->count; i++) {
        eb_symbol_id symbol = r->d->position[i].id / 2;
        if (!eb_engine_evidence(eb_host_engine(r->host), r->d->position[i].id, v) || !v->open) {
            continue;
        }
        int64_t ask_e8 = v->ctx.ask.e8;
        for (unsigned source = 0; rc == EB_OK && source < EB_SRC_COUNT; source++) {
            rc = tell_price(r, symbol, (enum eb_price_source)source, ask_e8);
        }
    }
    return rc;
}

/* The instant by which every position is due once more. */
static int64_t when_again(const struct run *r, struct eb_evidence *v)
{
    int64_t at = r->now_ms;
    for (uint32_t i = 0; i < r->d->count; i++) {
        if (r->d->position[i].expected && eb_engine_evidence(eb_host_engine(r->host), r->d->position[i].id, v) &&
            v->open && v->next_consult_ms > at) {
            at = v->next_consult_ms;
        }
    }
    return at < r->now_ms + AGAIN_MAX_MS ? at : r->now_ms + AGAIN_MAX_MS;
}

static int ask_all(struct run *r, struct eb_evidence *v)
{
    int rc = announce(r);
    rc = rc == EB_OK ? eb_host_clock(r->host, r->now_ms * INT64_C(1000000), r->now_ms) : rc;
    if (rc != EB_OK || atomic_load(r->stop)) {
        return rc;
    }
    r->d->again_ms = r->d->again_ms != 0 ? r->d->again_ms : when_again(r, v);
    r->now_ms = r->d->again_ms;
    rc = tell_prices(r, v);
    return rc == EB_OK ? eb_host_clock(r->host, r->now_ms * INT64_C(1000000), r->now_ms) : rc;
}

static int run_on_host(struct run *r, struct eb_err *err)
{
    struct eb_evidence *v = malloc(sizeof(*v));
    if (v == NULL) {
        return eb_err_set(err, EB_E_MEMORY, area, "no memory for evidence");
    }
    int rc = ask_all(r, v);
    if (rc != EB_OK) {
        rc = eb_err_set(err, rc, area, "a turn of the trial failed: %s", eb_err_text(rc));
    }
    for (uint32_t i = 0; rc == EB_OK && i < r->d->count; i++) {
        struct eb_dry_answer *a = answer_of(r, r->d->position[i].id);
        (void)eb_engine_evidence(eb_host_engine(r->host), r->d->position[i].id, v);
        take(v, &a->after);
    }
    free(v);
    return rc;
}

int eb_dry_run(struct eb_dry *d, struct eb_engine *e, struct eb_policy *policy, bool candidate,
               struct eb_dry_problem *problem, const atomic_bool *stop, struct eb_err *err)
{
    struct run r = {
        .d = d, .policy = policy, .problem = problem, .stop = stop, .candidate = candidate, .now_ms = d->now_ms};
    struct eb_host_config c;
    memset(&c, 0, sizeof(c));
    c.engine.symbols_max = d->slots > 0 ? d->slots / 2 : 1;
    c.policy = (struct eb_policy_port){.policy = &r, .consult = consult, .idle = idle};
    c.observer = observe;
    c.observer_user = &r;
    int rc = eb_host_create_around(&c, e, &r.host, err);
    if (rc != EB_OK) {
        eb_engine_destroy(e);
        return rc;
    }
    rc = run_on_host(&r, err);
    eb_host_destroy(r.host);
    return rc;
}
