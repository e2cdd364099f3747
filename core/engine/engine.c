/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The step: one event in, actions out.
 *
 *     quiet price -> one cache line, done
 *     else: witness -> apply(event) -> drive(desired against working) -> bands, deadline, invariants
 */
#include "engine/state.h"

#include <string.h>

#include "base/cut.h"

int64_t eb_engine_next_deadline(const struct eb_engine *e)
{
    int64_t at;
    if (e->resting) {
        return INT64_MAX;
    }
    if (eb_sweep_pending(e)) {
        return 0;
    }
    int64_t next = e->snapshot_due_ns;
    if (eb_deadline_first(e, &at) != UINT32_MAX && at < next) {
        next = at;
    }
    return next;
}

void eb_text_copy(char *dst, size_t cap, const char *src)
{
    size_t n = 0;
    while (n + 1 < cap && src[n] != '\0') {
        dst[n] = src[n];
        n++;
    }
    memset(dst + n, 0, cap - n);
}

struct eb_action *eb_emit(struct eb_engine *e, enum eb_action_kind kind)
{
    struct eb_actions *out = e->out;
    for (unsigned i = 0; kind == EB_ACT_SNAPSHOT && i < out->count; i++) {
        if (out->action[i].kind == EB_ACT_SNAPSHOT) {
            return &out->action[i]; /* one picture answers whoever asks in this step */
        }
    }
    EB_ASSERT(out->count < EB_ACTIONS_MAX); /* bounded by orders per slot, consults and reports of one step */
    struct eb_action *a = &out->action[out->count++];
    memset(a, 0, sizeof *a);
    a->kind = (uint8_t)kind;
    if (kind == EB_ACT_SNAPSHOT && e->asked_count < EB_ASKED_MAX) {
        e->asked_ms[e->asked_count++] = e->ev->now_ms;
    }
    return a;
}

void eb_alert(struct eb_engine *e, const struct eb_slot *s, enum eb_alert_kind kind, eb_price price, int32_t code,
              const char *text)
{
    struct eb_action *a = eb_emit(e, EB_ACT_ALERT);
    a->u.alert.kind = (uint8_t)kind;
    a->u.alert.symbol = s != NULL ? eb_slot_symbol(e, s) : EB_NO_SYMBOL;
    a->u.alert.position = s != NULL ? eb_slot_index(e, s) : EB_NO_POSITION;
    a->u.alert.price = price;
    a->u.alert.code = code;
    eb_text_cut(a->u.alert.text, sizeof a->u.alert.text, text);
    e->stats.alerts++;
}

/* ---- witness: what was observed of the symbol before a slow step ---- */

void eb_witness_take(struct eb_engine *e, eb_symbol_id id)
{
    struct eb_witness *w = &e->witness;
    const struct eb_symbol *y = &e->symbol[id];
    memset(w, 0, sizeof *w);
    w->symbol = id;
    w->foreign_conditional = e->foreign_conditional;
    for (unsigned i = 0; i < EB_SRC_COUNT; i++) {
        const struct eb_hot *h = eb_hot_of(e, id, (enum eb_price_source)i);
        w->price[i].e8 = h->price;
        w->received_ns[i] = h->received_ns;
        w->min[i].e8 = h->min;
        w->max[i].e8 = h->max;
        if (i == EB_SRC_BOOK) {
            w->ask.e8 = h->ask;
        }
    }
    w->jump_price = y->jump_price;
    w->jump_from = y->jump_from;
    w->jump_ns = y->jump_ns;
    w->jump_source = y->jump_source;
    w->substitute_price = y->substitute_price;
    w->substitute_ns = y->substitute_ns;
    w->gated = y->gated;
    w->pictured = e->in_snapshot;
    for (unsigned leg = 0; leg < 2; leg++) {
        const struct eb_slot *s = eb_slot_at(e, id * 2 + leg);
        w->best[leg] = s->best;
        w->worst[leg] = s->worst;
        w->path[leg] = s->path;
        w->path_mark[leg] = s->path_mark;
        w->soft_since_ns[leg] = s->soft_since_ns;
    }
    e->has_witness = true;
}

static void witness_restore(struct eb_engine *e, const struct eb_witness *w)
{
    eb_symbol_id id = w->symbol;
    struct eb_symbol *y = &e->symbol[id];
    e->foreign_conditional = w->foreign_conditional;
    for (unsigned i = 0; i < EB_SRC_COUNT; i++) {
        struct eb_hot *h = eb_hot_of(e, id, (enum eb_price_source)i);
        h->price = w->price[i].e8;
        h->ask = i == EB_SRC_BOOK ? w->ask.e8 : w->price[i].e8;
        h->received_ns = w->received_ns[i];
        h->min = w->min[i].e8;
        h->max = w->max[i].e8;
    }
    y->jump_price = w->jump_price;
    y->jump_from = w->jump_from;
    y->jump_ns = w->jump_ns;
    y->jump_source = w->jump_source;
    y->substitute_price = w->substitute_price;
    y->substitute_ns = w->substitute_ns;
    y->gated = w->gated;
    e->in_snapshot = w->pictured;
    for (unsigned leg = 0; leg < 2; leg++) {
        struct eb_slot *s = eb_slot_at(e, id * 2 + leg);
        s->best = w->best[leg];
        s->worst = w->worst[leg];
        s->path = w->path[leg];
        s->path_mark = w->path_mark[leg];
        s->soft_since_ns = w->soft_since_ns[leg];
    }
}

const struct eb_witness *eb_engine_witness(const struct eb_engine *e)
{
    return e->has_witness ? &e->witness : NULL;
}

/* ---- events that are not about one position ---- */

static int step_instrument(struct eb_engine *e, const struct eb_event *ev)
{
    if (ev->symbol >= e->c.symbols_max) {
        return EB_E_FULL;
    }
    struct eb_instrument inst;
    eb_instrument_from_event(&inst, ev->u.instrument);
    if (eb_instrument_validate(&inst, NULL) != EB_OK) {
        return EB_E_INVALID;
    }
    struct eb_symbol *y = &e->symbol[ev->symbol];
    if (y->known && eb_filters_hash(&y->inst) == eb_filters_hash(&inst)) {
        return EB_OK; /* a start tells them all again */
    }
    if (!y->known) {
        eb_market_init(&y->market);
    }
    y->inst = inst;
    y->known = true;
    if (ev->symbol >= e->symbol_count) {
        e->symbol_count = ev->symbol + 1;
    }
    eb_touch(e);
    if (eb_slot_at(e, ev->symbol * 2)->d.episode != 0 || eb_slot_at(e, ev->symbol * 2 + 1)->d.episode != 0) {
        eb_witness_take(e, ev->symbol);
        for (unsigned leg = 0; leg < 2; leg++) {
            eb_episode_mode(e, eb_slot_at(e, ev->symbol * 2 + leg));
        }
        eb_finish_symbol(e, ev->symbol); /* levels and protection are seen with other filters */
    }
    return EB_OK;
}

/* What is due for one symbol. Both legs share it, so that one witness covers them. */
static void clock_symbol(struct eb_engine *e, eb_symbol_id id)
{
    eb_fold_extremes(e, id);
    for (unsigned leg = 0; leg < 2; leg++) {
        eb_episode_mode(e, eb_slot_at(e, id * 2 + leg));
    }
    bool acts = !e->symbol[id].gated;
    for (unsigned leg = 0; leg < 2; leg++) { /* what there is to close, before anything closes it */
        struct eb_slot *s = eb_slot_at(e, id * 2 + leg);
        eb_order_timers(e, s);
        if (acts) {
            eb_position_claim_timer(e, s);
        }
    }
    if (acts) {
        eb_jump_timer(e, id);
    }
    eb_finish_symbol(e, id);
}

/* One durable thing at a time: a CLOCK step acts for one symbol, or emits consults for up to 16 slots. */
#define EB_CLOCK_SLOTS 4 /* slots served by one CLOCK step: a turn stays far below 1 ms, the next step goes on */

static void step_clock(struct eb_engine *e, const struct eb_event *ev)
{
    if (ev->witness != NULL) {
        if (ev->witness->sweep != EB_SWEEP_NONE) {
            eb_sweep_again(e, ev->witness);
        } else {
            clock_symbol(e, ev->witness->symbol);
        }
        return;
    }
    if (e->resting) {
        return;
    }
    if (eb_sweep_pending(e)) {
        eb_sweep(e);
        return;
    }
    if (ev->now_ns >= e->snapshot_due_ns) {
        e->snapshot_due_ns = eb_next_picture_ns(e);
        eb_emit(e, EB_ACT_SNAPSHOT);
        return;
    }
    for (unsigned n = 0; n < EB_CLOCK_SLOTS; n++) {
        int64_t at;
        uint32_t first = eb_deadline_first(e, &at);
        if (first == UINT32_MAX || at > ev->now_ns) {
            return;
        }
        eb_witness_take(e, first / 2);
        clock_symbol(e, first / 2);
        if (e->dirty || e->out->count > EB_ACTIONS_MAX / 2 || e->out->ctx_count >= EB_CONSULTS_MAX - 1) {
            return;
        }
    }
}

/* Brings both legs of a symbol up to date after whatever was applied to them. */
void eb_finish_symbol(struct eb_engine *e, eb_symbol_id id)
{
    bool acts = !e->symbol[id].gated;
    for (unsigned leg = 0; leg < 2; leg++) {
        struct eb_slot *s = eb_slot_at(e, id * 2 + leg);
        if (s->d.episode != 0) {
            eb_slots_claim(e, s);
            if (acts && eb_trail_hold(&s->d.plan.trail, &e->symbol[id].inst, eb_side_of(s), s->d.entry, s->d.r)) {
                eb_touch(e);
            }
            eb_drive(e, s);
        }
    }
    eb_bands_rebuild(e, id);
    for (unsigned leg = 0; leg < 2; leg++) {
        struct eb_slot *s = eb_slot_at(e, id * 2 + leg);
        bool answers = e->ev->kind == EB_EV_VERDICT || e->ev->kind == EB_EV_POLICY_FAILED;
        bool asks = acts && !answers && !eb_start_waits(e, s); /* a verdict never causes another consult in its turn */
        if (s->wants_consult && asks) {
            s->wants_consult = false;
            eb_consult_now(e, s, (enum eb_consult_reason)s->consult_reason);
        } else if (e->ev->kind == EB_EV_CLOCK && s->d.episode != 0 && acts) {
            eb_consult_due(e, s);
        }
        eb_schedule(e, s);
        eb_check_slot(e, s);
    }
}

static void apply_symbol_event(struct eb_engine *e, const struct eb_event *ev)
{
    switch ((enum eb_event_kind)ev->kind) {
    case EB_EV_PRICE:
        eb_step_price(e, ev);
        break;
    case EB_EV_PATH:
        eb_step_path(e, ev);
        break;
    case EB_EV_POSITION:
        eb_step_position(e, ev);
        break;
    case EB_EV_OPEN_ORDER:
        eb_step_snapshot(e, ev);
        break;
    case EB_EV_FILL:
        eb_step_fill(e, ev);
        break;
    case EB_EV_ORDER:
        eb_step_order(e, ev);
        break;
    case EB_EV_VERDICT:
        eb_step_verdict(e, ev);
        break;
    case EB_EV_POLICY_FAILED:
        eb_step_policy_failed(e, ev);
        break;
    case EB_EV_COMMAND:
        eb_step_command(e, ev);
        break;
    case EB_EV_SIGNAL:
        eb_step_signal(e, ev);
        break;
    case EB_EV_CLOCK:
    case EB_EV_BAR:
    case EB_EV_FUNDING:
    case EB_EV_INSTRUMENT:
    case EB_EV_ACCOUNT:
    case EB_EV_SNAPSHOT_BEGIN:
    case EB_EV_SNAPSHOT_END:
    case EB_EV_SNAPSHOT_FAILED:
    case EB_EV_POLICY:
    case EB_EV_CONFIG:
    case EB_EV_COUNT:
        EB_ASSERT(ev->kind == EB_EV_PRICE); /* not an event about a symbol */
    }
}

static void step_policy(struct eb_engine *e, const struct eb_ev_policy *p)
{
    if (memcmp(e->policy_hash, p->hash, EB_HASH_SIZE) == 0 && e->policy_legacy == p->legacy) {
        return; /* a start tells it again */
    }
    memcpy(e->policy_hash, p->hash, EB_HASH_SIZE);
    e->policy_legacy = p->legacy;
    eb_sweep_start(e, EB_SWEEP_RELOAD);
    eb_touch(e);
}

/* Events without a symbol, or that only feed observed state. */
static int step_account_wide(struct eb_engine *e, const struct eb_event *ev)
{
    switch ((enum eb_event_kind)ev->kind) {
    case EB_EV_CLOCK:
        step_clock(e, ev);
        return EB_OK;
    case EB_EV_INSTRUMENT:
        return step_instrument(e, ev);
    case EB_EV_BAR:
        return eb_market_add(&e->symbol[ev->symbol].market, &ev->u.bar);
    case EB_EV_FUNDING:
        e->symbol[ev->symbol].funding_rate_e8 = ev->u.funding.rate_e8;
        e->symbol[ev->symbol].next_funding_ms = ev->u.funding.next_ms;
        return EB_OK;
    case EB_EV_ACCOUNT:
        e->balance = ev->u.account.balance;
        if (e->hedge != ev->u.account.hedge) {
            e->hedge = ev->u.account.hedge;
            eb_sweep_start(e, EB_SWEEP_MODE);
            eb_touch(e);
        }
        return EB_OK;
    case EB_EV_SNAPSHOT_BEGIN:
    case EB_EV_SNAPSHOT_END:
    case EB_EV_SNAPSHOT_FAILED:
        eb_step_snapshot(e, ev);
        return EB_OK;
    case EB_EV_COMMAND:
        eb_step_command(e, ev);
        return EB_OK;
    case EB_EV_POLICY:
        step_policy(e, ev->u.policy);
        return EB_OK;
    case EB_EV_SIGNAL:
        eb_step_signal(e, ev);
        return EB_OK;
    case EB_EV_CONFIG:
        eb_set_mode(e, &ev->u.config);
        return EB_OK;
    case EB_EV_PRICE:
    case EB_EV_PATH:
    case EB_EV_POSITION:
    case EB_EV_OPEN_ORDER:
    case EB_EV_FILL:
    case EB_EV_ORDER:
    case EB_EV_VERDICT:
    case EB_EV_POLICY_FAILED:
    case EB_EV_COUNT:
        break;
    }
    return EB_E_INVALID;
}

static bool needs_symbol(const struct eb_event *ev)
{
    return !(ev->kind == EB_EV_CLOCK || ev->kind == EB_EV_INSTRUMENT || ev->kind == EB_EV_ACCOUNT ||
             ev->kind == EB_EV_SNAPSHOT_BEGIN || ev->kind == EB_EV_SNAPSHOT_END || ev->kind == EB_EV_SNAPSHOT_FAILED ||
             ev->kind == EB_EV_POLICY || ev->kind == EB_EV_CONFIG ||
             ((ev->kind == EB_EV_COMMAND || ev->kind == EB_EV_SIGNAL) && ev->symbol == EB_NO_SYMBOL));
}

static int step_slow(struct eb_engine *e, const struct eb_event *ev)
{
    if (ev->kind >= EB_EV_COUNT) {
        return EB_E_INVALID;
    }
    bool about_symbol = needs_symbol(ev);
    if (about_symbol && (ev->symbol >= e->symbol_count || !e->symbol[ev->symbol].known)) {
        return EB_E_NOT_FOUND;
    }
    if (ev->position != EB_NO_POSITION && ev->position / 2 != ev->symbol && about_symbol) {
        return EB_E_INVALID;
    }
    if (ev->kind == EB_EV_PATH && !eb_path_valid(e, ev)) {
        return EB_E_INVALID;
    }
    int taken = ev->kind == EB_EV_SIGNAL ? eb_signal_check(e, ev) : EB_OK;
    if (taken != EB_OK) {
        return taken;
    }
    e->has_witness = false;
    if (ev->witness != NULL) {
        if (ev->witness->symbol >= e->symbol_count || ev->witness->jump_source >= EB_SRC_COUNT) {
            return EB_E_INVALID;
        }
        witness_restore(e, ev->witness);
        e->resting = true; /* a fold: whoever goes on from here has to say START */
    } else if (about_symbol && e->resting) {
        e->symbol[ev->symbol].gated = true;
    }
    if (!about_symbol || ev->kind == EB_EV_BAR || ev->kind == EB_EV_FUNDING) {
        return step_account_wide(e, ev);
    }
    eb_witness_take(e, ev->symbol);
    eb_fold_extremes(e, ev->symbol);
    for (unsigned leg = 0; leg < 2; leg++) {
        eb_episode_mode(e, eb_slot_at(e, ev->symbol * 2 + leg));
    }
    apply_symbol_event(e, ev);
    eb_finish_symbol(e, ev->symbol);
    return EB_OK;
}

/* The price path: no lock, no allocation, no Lua, one cache line. */
static bool quiet_price(struct eb_engine *e, const struct eb_event *ev)
{
    if (ev->kind != EB_EV_PRICE || ev->symbol >= e->symbol_count || ev->witness != NULL) {
        return false;
    }
    const struct eb_ev_price *p = &ev->u.price;
    if (p->source >= EB_SRC_COUNT) {
        return false;
    }
    struct eb_hot *h = eb_hot_of(e, ev->symbol, (enum eb_price_source)p->source);
    if (p->min.e8 <= h->low || p->max.e8 >= h->high || p->price.e8 <= h->low || p->ask.e8 >= h->high) {
        return false; /* of a book, min and max are the sides where targets execute: look at bid and ask as well */
    }
    h->price = p->price.e8;
    h->ask = p->ask.e8;
    h->min = p->min.e8 < h->min ? p->min.e8 : h->min;
    h->max = p->max.e8 > h->max ? p->max.e8 : h->max;
    h->received_ns = ev->now_ns;
    h->venue_ms = p->venue_ms;
    return true;
}

/* The same for a whole bar of the walk. */
static bool quiet_bar(struct eb_engine *e, const struct eb_event *ev)
{
    if (ev->kind != EB_EV_PATH || ev->u.path.kind != EB_PATH_QUIET || ev->position >= e->symbol_count * 2) {
        return false;
    }
    struct eb_slot *s = eb_slot_at(e, ev->position);
    const struct eb_ev_path *p = &ev->u.path;
    if (!s->d.open || !s->band_ok || p->from.e8 <= s->band_low.e8 || p->to.e8 >= s->band_high.e8) {
        return false; /* no such bar is quiet: the walk is refused */
    }
    eb_price high = p->to;
    eb_price low = p->from;
    bool is_long = s->d.side == EB_LONG;
    s->best = eb_better_of(eb_side_of(s), s->best, is_long ? high : low);
    s->worst = eb_is_better(eb_side_of(s), s->worst, is_long ? low : high) ? (is_long ? low : high) : s->worst;
    return true;
}

int eb_engine_step(struct eb_engine *e, const struct eb_event *ev, struct eb_actions *out)
{
    out->count = 0;
    out->ctx_count = 0;
    out->durable = false;
    e->last_now_ns = ev->now_ns;
    e->last_now_ms = ev->now_ms;
    e->stats.steps++;
    if (ev->kind == EB_EV_PRICE) {
        e->stats.price_events++;
    }
    if (quiet_price(e, ev) || quiet_bar(e, ev)) {
        return EB_OK;
    }
    e->ev = ev;
    e->out = out;
    e->dirty = false;
    int rc = step_slow(e, ev);
    out->durable = e->dirty;
    if (e->dirty) {
        e->durable_count++;
        e->stats.durable_steps++;
    }
    e->ev = NULL;
    e->out = NULL;
    return rc;
}
