/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run of a backtest: the phases of all symbols' bars in time order, entries at P0, funding, and what came of it.
 *
 *     P0: funding due -> gap checks -> entry      segments 1..3      P3: bar closed, cycle instant      end of data
 */
#include "app/backtest_inner.h"

#include <stdlib.h>
#include <string.h>

#include "app/progress.h"

/* ---- what the walk asks for ---- */

static int walk_turn(void *user, const struct eb_event *ev)
{
    return eb_turn(((struct eb_bt_run *)user)->host, ev);
}

static void walk_time(void *user, int64_t now_ns, int64_t now_ms)
{
    struct eb_bt_run *r = user;
    r->now_ms = now_ms;
    eb_sim_set_time(r->sim, now_ns, now_ms);
}

static void walk_path_price(void *user, eb_position_id slot, eb_price price)
{
    eb_sim_set_path_price(((struct eb_bt_run *)user)->sim, slot, price, false);
}

static bool walk_venue_next(void *user, eb_position_id slot, bool of_mark, bool of_last, eb_price from, eb_price to,
                            eb_price *at, bool *liquidation)
{
    enum eb_sim_hit what = EB_SIM_HIT_SOFT;
    unsigned scope = (of_mark ? EB_SIM_HIT_LIQUIDATION : 0U) | (of_last ? EB_SIM_HIT_SOFT : 0U);
    bool found = eb_sim_path_next(((struct eb_bt_run *)user)->sim, slot, scope, from, to, at, &what);
    *liquidation = found && what == EB_SIM_HIT_LIQUIDATION;
    return found;
}

static void walk_venue_at(void *user, eb_position_id slot, bool liquidation, eb_price at)
{
    eb_sim_path_at(((struct eb_bt_run *)user)->sim, slot, liquidation ? EB_SIM_HIT_LIQUIDATION : EB_SIM_HIT_SOFT, at);
}

/* A liquidation that the mark's P0 shows fills at the last price's P0, as every fill of the mark does. */
static void walk_venue_point(void *user, eb_position_id slot, eb_price p0)
{
    struct eb_bt_run *r = user;
    eb_price at;
    enum eb_sim_hit what;
    if (eb_sim_path_next(r->sim, slot, EB_SIM_HIT_LIQUIDATION, p0, p0, &at, &what)) {
        eb_sim_path_at(r->sim, slot, EB_SIM_HIT_LIQUIDATION, r->d->symbol[slot / 2].bar.bar.open);
    }
}

static bool walk_venue_quiet(void *user, eb_position_id slot, eb_price *low, eb_price *high)
{
    return eb_sim_quiet_band(((struct eb_bt_run *)user)->sim, slot, low, high);
}

static const struct eb_walk_ops walk_ops = {
    .turn = walk_turn,
    .set_time = walk_time,
    .path_price = walk_path_price,
    .venue_next = walk_venue_next,
    .venue_at = walk_venue_at,
    .venue_point = walk_venue_point,
    .venue_quiet = walk_venue_quiet,
};

/* ---- creation ---- */

static int add_symbols(struct eb_bt_run *r, struct eb_err *err)
{
    for (unsigned i = 0; i < r->d->symbol_count; i++) {
        struct eb_bt_symbol *y = &r->d->symbol[i];
        struct eb_event ev;
        memset(&ev, 0, sizeof ev);
        ev.symbol = i;
        ev.position = EB_NO_POSITION;
        ev.kind = EB_EV_INSTRUMENT;
        ev.u.instrument = &y->inst;
        int rc = eb_turn(r->host, &ev);
        if (rc != EB_OK) {
            struct eb_instrument inst;
            eb_instrument_from_event(&inst, &y->inst);
            (void)eb_instrument_validate(&inst, err);
            return rc;
        }
        struct eb_sim_tier tier[EB_SIM_TIERS_MAX];
        size_t n = 0;
        for (size_t s = 0; r->d->has_brackets && s < r->d->brackets.symbol_count; s++) {
            const struct eb_bracket_symbol *b = &r->d->brackets.symbol[s];
            for (uint32_t k = 0; strcmp(b->symbol, y->name) == 0 && k < b->count && n < EB_SIM_TIERS_MAX; k++) {
                const struct eb_bracket *t = &r->d->brackets.tier[b->first + k];
                tier[n++] = (struct eb_sim_tier){t->notional_cap, t->maintenance_ppm, t->cum};
            }
        }
        rc = eb_sim_add_instrument(r->sim, i, &y->inst, tier, n, err);
        if (rc != EB_OK) {
            return rc;
        }
    }
    return EB_OK;
}

static int create(struct eb_bt_run *r, struct eb_policy_port policy, struct eb_err *err)
{
    const struct eb_bt_options *o = r->o;
    struct eb_sim_config sc;
    eb_sim_config_default(&sc);
    sc.symbols_max = r->d->symbol_count;
    sc.orders_max = 4096 + 64 * r->d->symbol_count;
    sc.trades_max = 8000000;
    sc.slots_max = 1048576;
    sc.balance = o->balance;
    sc.hedge = o->hedge;
    sc.margin_check = false;
    sc.fee_taker_ppm = o->fee_taker_ppm;
    sc.fee_maker_ppm = o->fee_maker_ppm;
    sc.slippage_ppm = o->slippage_ppm;
    sc.tell_foreign = false;
    int rc = eb_sim_create(&sc, &r->sim, err);
    if (rc != EB_OK) {
        return rc;
    }
    struct eb_host_config hc;
    memset(&hc, 0, sizeof hc);
    eb_engine_config_default(&hc.engine);
    hc.engine.symbols_max = r->d->symbol_count;
    hc.engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, true, true};
    hc.engine.bars = true;
    hc.engine.hedge = o->hedge;
    hc.engine.backstop = false; /* in bars a backstop never fires before the soft stop (semantics 11) */
    hc.engine.snapshot_ms = 0;
    hc.engine.orders_per_minute_max = 1200;
    hc.engine.maintenance_ppm = o->maintenance_ppm;
    hc.engine.fee_taker_ppm = o->fee_taker_ppm;
    hc.engine.fee_maker_ppm = o->fee_maker_ppm;
    hc.venue = eb_sim_port(r->sim);
    hc.policy = policy;
    hc.observer = eb_bt_observe;
    hc.observer_user = r;
    rc = eb_host_create(&hc, &r->host, err);
    if (rc != EB_OK) {
        return rc;
    }
    eb_sim_set_sink(r->sim, eb_host_sink, r->host);
    r->walk = (struct eb_walk){
        .engine = eb_host_engine(r->host), .ops = &walk_ops, .user = r, .order = r->order, .no_quiet = o->no_quiet};
    struct eb_event ev;
    memset(&ev, 0, sizeof ev);
    ev.symbol = EB_NO_SYMBOL;
    ev.position = EB_NO_POSITION;
    ev.kind = EB_EV_ACCOUNT;
    ev.u.account = (struct eb_ev_account){o->balance, o->hedge};
    rc = eb_turn(r->host, &ev);
    return rc == EB_OK ? add_symbols(r, err) : rc;
}

/* ---- P0: funding, entries ---- */

static bool is_open(const struct eb_bt_run *r, unsigned symbol, unsigned leg)
{
    enum eb_side side;
    return eb_engine_open_side(eb_host_engine(r->host), symbol * 2 + leg, &side);
}

/* What a policy may know of funding: when the next payment is due, and the rate of the last one. */
static int tell_funding(struct eb_bt_run *r, unsigned i)
{
    const struct eb_bt_symbol *y = &r->d->symbol[i];
    const struct eb_funding *f = &y->funding;
    struct eb_event ev;
    memset(&ev, 0, sizeof ev);
    ev.kind = EB_EV_FUNDING;
    ev.symbol = i;
    ev.position = EB_NO_POSITION;
    ev.now_ms = y->bar.bar.open_ms;
    ev.now_ns = y->bar.bar.open_ms * 1000000;
    ev.u.funding.rate_e8 = y->funding_at > 0 ? f->row[y->funding_at - 1].rate_e8 : 0;
    ev.u.funding.next_ms = y->funding_at < f->count ? f->row[y->funding_at].time_ms : 0;
    return eb_turn(r->host, &ev);
}

static int pay_funding(struct eb_bt_run *r, unsigned i)
{
    struct eb_bt_symbol *y = &r->d->symbol[i];
    size_t before = y->funding_at;
    while (y->funding_at < y->funding.count && y->funding.row[y->funding_at].time_ms <= y->bar.bar.open_ms) {
        int64_t rate = y->funding.row[y->funding_at++].rate_e8;
        eb_price price = y->bar.has_mark ? y->bar.mark.open : y->bar.bar.open;
        for (unsigned leg = 0; leg < 2; leg++) {
            eb_money amount = {0};
            if (!is_open(r, i, leg)) {
                continue;
            }
            int rc = eb_sim_pay_funding(r->sim, i * 2 + leg, price, rate, &amount);
            if (rc != EB_OK) {
                return rc;
            }
            if (y->episode[leg] != 0) {
                r->out->episode[y->episode[leg] - 1].funding.e8 += amount.e8;
            }
        }
    }
    bool news = y->funding_at != before || (y->row == 0 && y->funding.count > 0);
    return news ? tell_funding(r, i) : EB_OK;
}

static int send_point(struct eb_bt_run *r, eb_position_id slot, const struct eb_walk_bar *b)
{
    struct eb_event ev;
    memset(&ev, 0, sizeof ev);
    ev.now_ms = b->bar.open_ms;
    ev.now_ns = b->bar.open_ms * 1000000;
    ev.symbol = slot / 2;
    ev.position = slot;
    ev.kind = EB_EV_PATH;
    ev.u.path.kind = EB_PATH_POINT;
    ev.u.path.from = b->bar.open;
    ev.u.path.to = b->bar.open;
    ev.u.path.has_mark = b->has_mark;
    ev.u.path.mark_from = b->mark.open;
    ev.u.path.mark_to = b->mark.open;
    return eb_turn(r->host, &ev);
}

/* Opens (or, with --adds, adds to) a position at P0: it is filled and consulted there. */
static int open_position(struct eb_bt_run *r, unsigned i, const struct eb_entry *e, struct eb_err *err)
{
    struct eb_bt_symbol *y = &r->d->symbol[i];
    unsigned leg = r->o->hedge && e->side == EB_SHORT ? 1 : 0;
    eb_position_id slot = i * 2 + leg;
    bool add = is_open(r, i, leg);
    if (!add) {
        int rc = eb_bt_begin(r, i, leg, e, err);
        rc = rc == EB_OK ? send_point(r, slot, &y->bar) : rc;
        if (rc != EB_OK) {
            return rc;
        }
    }
    eb_sim_set_path_price(r->sim, slot, y->bar.bar.open, false);
    struct eb_sim_entry entry = {.symbol = i,
                                 .side = (uint8_t)e->side,
                                 .qty = e->quantity,
                                 .price = y->bar.bar.open,
                                 .leverage_ppm = e->leverage_ppm,
                                 .strategy_id = e->strategy_id};
    struct eb_sim_fill fill;
    memset(&fill, 0, sizeof fill);
    r->opening = y->episode[leg];
    int rc = eb_sim_open(r->sim, &entry, &fill, err);
    if (rc != EB_OK) {
        char text[sizeof err->msg];
        memcpy(text, err->msg, sizeof text);
        return eb_err_set(err, rc, "backtest", "%s: the entry at %lld cannot be opened: %.300s", y->name,
                          (long long)y->bar.bar.open_ms, text);
    }
    struct eb_bt_episode *ep = &r->out->episode[r->opening - 1];
    ep->fees.e8 += fill.fee.e8;
    r->opening = 0;
    if (!add) {
        ep->entry = fill.price;
    }
    return r->taken != NULL ? eb_bt_keep_entry(r, e, ep, add, err) : EB_OK;
}

static int enter_every(struct eb_bt_run *r, unsigned i, struct eb_err *err)
{
    struct eb_bt_symbol *y = &r->d->symbol[i];
    const struct eb_every *v = &r->d->every;
    if (y->row % v->rows != 0) {
        return EB_OK;
    }
    bool is_short = v->side == EB_EVERY_SHORT || (v->side == EB_EVERY_ALTERNATE && y->opened % 2 == 1);
    if (r->o->hedge ? r->open_before[is_short] : !y->flat_before) { /* a position is one side of it in hedge mode */
        r->out->missed_slots++;
        return EB_OK;
    }
    struct eb_entry e;
    memset(&e, 0, sizeof e);
    e.side = is_short ? EB_SHORT : EB_LONG;
    e.leverage_ppm = v->leverage_ppm;
    struct eb_instrument inst;
    eb_instrument_from_event(&inst, &y->inst);
    int64_t qty;
    if (!eb_mul_div(v->notional.e8, EB_E8, y->bar.bar.open.e8, EB_ROUND_FLOOR, &qty)) {
        return eb_err_set(err, EB_E_OVERFLOW, "backtest", "%s: notional / open does not fit", y->name);
    }
    e.quantity = eb_round_qty_down(&inst, (eb_qty){qty}, false);
    if (e.quantity.e8 <= 0 || e.quantity.e8 < inst.min_qty.e8) {
        return eb_err_set(err, EB_E_INVALID, "backtest",
                          "%s: the notional of --entries buys less than the minimum quantity at %lld: raise notional=",
                          y->name, (long long)y->bar.bar.open_ms);
    }
    y->opened++;
    return open_position(r, i, &e, err);
}

static unsigned leg_of(const struct eb_bt_run *r, const struct eb_entry *e)
{
    return r->o->hedge && e->side == EB_SHORT ? 1 : 0;
}

/* The next row of this symbol that is due, NULL when none. */
static const struct eb_entry *next_due(struct eb_bt_run *r, const struct eb_bt_symbol *y, size_t *at)
{
    while (*at < r->entries->count && strcmp(r->entries->entry[*at].symbol, y->name) != 0) {
        (*at)++;
    }
    bool due = *at < r->entries->count && r->entries->entry[*at].time_ms <= y->bar.bar.open_ms;
    return due ? &r->entries->entry[*at] : NULL;
}

/* A walk of entries that are fixed already (--path worst): an increase belongs to the position that it increased, and
 * waits for another pass with it, or is without effect where that has ended. True: not to be opened now. */
static bool put_off(struct eb_bt_run *r, unsigned i, const struct eb_entry *e, bool busy)
{
    struct eb_bt_symbol *y = &r->d->symbol[i];
    if (e->adds_to_ms == 0) {
        if (busy) {
            r->deferred->entry[r->deferred->count++] = *e;
        }
        return busy;
    }
    uint32_t open = y->episode[leg_of(r, e)];
    if (open != 0 && r->out->episode[open - 1].opened_ms == e->adds_to_ms) {
        return false;
    }
    for (size_t k = 0; k < r->deferred->count; k++) {
        const struct eb_entry *d = &r->deferred->entry[k];
        if (d->adds_to_ms == 0 && d->time_ms == e->adds_to_ms && d->side == e->side &&
            strcmp(d->symbol, y->name) == 0) {
            r->deferred->entry[r->deferred->count++] = *e;
            break;
        }
    }
    return true;
}

static int enter_listed(struct eb_bt_run *r, unsigned i, struct eb_err *err)
{
    struct eb_bt_symbol *y = &r->d->symbol[i];
    for (const struct eb_entry *e; (e = next_due(r, y, &y->next_entry)) != NULL; y->next_entry++) {
        unsigned leg = leg_of(r, e);
        bool busy = is_open(r, i, leg) || (r->o->hedge ? r->open_before[leg] : !y->flat_before);
        if (r->deferred != NULL && put_off(r, i, e, busy)) {
            continue;
        }
        enum eb_side held;
        bool add = r->o->adds && eb_engine_open_side(eb_host_engine(r->host), i * 2 + leg, &held) && held == e->side;
        if (busy && !add) { /* also when it ended at this very P0: rows are decided from the state before it */
            return eb_err_set(err, EB_E_INVALID, "backtest",
                              "%s:%u: %s already has an open position at %lld; remove the row%s", r->entries->file,
                              e->line, y->name, (long long)y->bar.bar.open_ms,
                              r->o->adds ? " (--adds takes the same side only, of a position still open)"
                                         : ", or use --adds for a size increase");
        }
        int rc = open_position(r, i, e, err);
        if (rc != EB_OK) {
            return rc;
        }
    }
    return EB_OK;
}

static int phase_open(struct eb_bt_run *r, unsigned i, struct eb_err *err)
{
    struct eb_bt_symbol *y = &r->d->symbol[i];
    y->bar.symbol = i;
    y->bar.bar = eb_series_bar(&y->bars, y->row);
    y->bar.has_mark = false;
    if (y->has_marks) {
        while (y->mark_row < y->marks.count && y->marks.row[y->mark_row].open_ms < y->bar.bar.open_ms) {
            y->mark_row++;
        }
        y->bar.has_mark = y->mark_row < y->marks.count && y->marks.row[y->mark_row].open_ms == y->bar.bar.open_ms;
        if (!y->bar.has_mark) {
            return eb_err_set(err, EB_E_INVALID, "backtest",
                              "%s: no mark bar opens at %lld: the mark klines must cover %s", y->marks.file,
                              (long long)y->bar.bar.open_ms, y->bars.file);
        }
        y->bar.mark = eb_series_bar(&y->marks, y->mark_row);
    }
    r->open_before[0] = is_open(r, i, 0);
    r->open_before[1] = is_open(r, i, 1);
    y->flat_before = !r->open_before[0] && !r->open_before[1];
    size_t at = y->next_entry;
    y->bar.told = r->o->adds && r->entries != NULL && next_due(r, y, &at) != NULL;
    int rc = pay_funding(r, i);
    rc = rc == EB_OK ? eb_walk_open(&r->walk, &y->bar) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    return r->entries == NULL ? enter_every(r, i, err) : enter_listed(r, i, err);
}

/* ---- the schedule ---- */

static int64_t next_time(const struct eb_bt_symbol *y)
{
    if (y->row >= y->bars.count) {
        return INT64_MAX;
    }
    struct eb_ev_bar bar = eb_series_bar(&y->bars, y->row);
    return eb_walk_time_ms(&bar, y->phase);
}

/* The symbol whose next phase comes first; at one time bars close before the next ones open, then by name. */
static unsigned pick(const struct eb_bt_data *d)
{
    unsigned best = UINT32_MAX;
    int64_t best_ms = INT64_MAX;
    for (unsigned i = 0; i < d->symbol_count; i++) {
        int64_t at = next_time(&d->symbol[i]);
        bool opens = d->symbol[i].phase == 0;
        if (at < best_ms || (at == best_ms && at != INT64_MAX && !opens && d->symbol[best].phase == 0)) {
            best = i;
            best_ms = at;
        }
    }
    return best;
}

/* Soft legs that rest would be thought to explain the close of the last bar: the engine lets go of the symbol first. */
static int take_back_orders(struct eb_bt_run *r, unsigned i)
{
    if (!is_open(r, i, 0) && !is_open(r, i, 1)) {
        return EB_OK;
    }
    static const struct eb_ev_command release = {.verb = EB_CMD_RELEASE, .who = "backtest", .why = "end of data"};
    struct eb_event ev;
    memset(&ev, 0, sizeof ev);
    ev.now_ms = r->now_ms;
    ev.now_ns = r->now_ms * 1000000;
    ev.symbol = i;
    ev.position = EB_NO_POSITION;
    ev.kind = EB_EV_COMMAND;
    ev.u.command = &release;
    return eb_turn(r->host, &ev);
}

static int end_of_data(struct eb_bt_run *r, unsigned i, struct eb_err *err)
{
    struct eb_bt_symbol *y = &r->d->symbol[i];
    for (size_t k = r->entries != NULL ? y->next_entry : SIZE_MAX; r->entries != NULL && k < r->entries->count; k++) {
        if (strcmp(r->entries->entry[k].symbol, y->name) == 0) {
            return eb_err_set(err, EB_E_INVALID, "backtest",
                              "%s:%u: no bar of %s at or after %lld: give klines that reach it", r->entries->file,
                              r->entries->entry[k].line, y->name, (long long)r->entries->entry[k].time_ms);
        }
    }
    int rc = take_back_orders(r, i);
    for (unsigned leg = 0; leg < 2 && rc == EB_OK; leg++) {
        if (!is_open(r, i, leg)) {
            continue;
        }
        eb_sim_set_path_price(r->sim, i * 2 + leg, y->bar.bar.close, false);
        r->ending = true;
        struct eb_sim_fill fill;
        rc = eb_sim_close(r->sim, i * 2 + leg, (eb_qty){0}, y->bar.bar.close, &fill, err);
        r->ending = false;
        if (rc != EB_OK) {
            return rc;
        }
        eb_bt_close_at_end(r, &fill);
    }
    return rc;
}

static int run_phase(struct eb_bt_run *r, unsigned i, struct eb_err *err)
{
    struct eb_bt_symbol *y = &r->d->symbol[i];
    int rc = y->phase == 0 ? phase_open(r, i, err) : eb_walk_segment(&r->walk, &y->bar, y->phase);
    if (rc != EB_OK || y->phase++ < 3) {
        return rc;
    }
    y->phase = 0;
    rc = eb_walk_close(&r->walk, &y->bar);
    y->row++;
    return rc == EB_OK && y->row == y->bars.count ? end_of_data(r, i, err) : rc;
}

static int run_all(struct eb_bt_run *r, struct eb_err *err)
{
    uint64_t total = 0;
    uint64_t done = 0;
    for (unsigned i = 0; i < r->d->symbol_count; i++) {
        struct eb_bt_symbol *y = &r->d->symbol[i];
        y->row = y->mark_row = y->next_entry = 0;
        y->funding_at = 0;
        y->phase = 0;
        y->opened = 0;
        y->episode[0] = y->episode[1] = 0;
        total += y->bars.count;
        while (y->funding_at < y->funding.count && y->bars.count > 0 &&
               y->funding.row[y->funding_at].time_ms < y->bars.row[0].open_ms) {
            y->funding_at++;
        }
    }
    for (unsigned i = pick(r->d); i != UINT32_MAX; i = pick(r->d)) {
        struct eb_bt_symbol *y = &r->d->symbol[i];
        int rc = run_phase(r, i, err);
        if (rc != EB_OK) {
            return err->code != EB_OK ? rc
                                      : eb_err_set(err, rc, "backtest", "%s: the engine refused an event at %lld (%s)",
                                                   y->name, (long long)r->now_ms, eb_err_text(rc));
        }
        if (y->phase == 0 && (++done & 0xfff) == 0 && r->o->progress) {
            eb_progress(done, total);
        }
    }
    return EB_OK;
}

int eb_bt_run_once(struct eb_bt_run *r, struct eb_policy_port policy, struct eb_err *err)
{
    memset(err, 0, sizeof *err);
    int rc = create(r, policy, err);
    rc = rc == EB_OK ? run_all(r, err) : rc;
    if (r->host != NULL) {
        struct eb_engine_stats stats;
        eb_engine_stats(eb_host_engine(r->host), &stats);
        r->out->consults += stats.consults;
    }
    r->out->bars += r->walk.bars;
    r->out->quiet_bars += r->walk.quiet_bars;
    eb_host_destroy(r->host);
    eb_sim_destroy(r->sim);
    r->host = NULL;
    r->sim = NULL;
    return rc;
}
