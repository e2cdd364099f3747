/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prices as they change: minute and tape first, then the public streams, then the accounts, so that a client sees the
 * price before the fill that it leads to.
 */
#include "venue/fapi/market.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "domain/instrument.h"
#include "venue/fapi/streams.h"

#define BEAT_MS 1000
#define FUNDING_MS (INT64_C(8) * 3600 * 1000)
#define INDEX_BASIS_PPM (-37)
#define TRADE_USD 400 /* of a made up trade, about */
#define TOP_TRADES 24 /* times that: of a made up best level, about */

/* ---- questions --------------------------------------------------------------------------------------------------- */

uint32_t fapi_symbol_count(const struct eb_fapi *f)
{
    return fapi_market_of(f)->count;
}

struct fapi_symbol *fapi_symbol_at(const struct eb_fapi *f, uint32_t symbol)
{
    struct fapi_market *m = fapi_market_of(f);
    EB_ASSERT(symbol < m->count);
    return &m->symbol[symbol].pub;
}

uint32_t fapi_symbol_find(const struct eb_fapi *f, const char *name)
{
    const struct fapi_market *m = fapi_market_of(f);
    uint64_t hash = eb_hash64(EB_HASH64_SEED, name, strlen(name));
    for (uint32_t i = 0; i < m->index_size; i++) {
        uint32_t id = m->index[(hash + i) % m->index_size];
        if (id == FAPI_NONE) {
            break;
        }
        if (strcmp(m->symbol[id].pub.inst.symbol, name) == 0) {
            return id;
        }
    }
    return FAPI_NONE;
}

uint32_t fapi_market_prints(const struct eb_fapi *f, uint32_t symbol)
{
    uint64_t printed = fapi_market_of(f)->symbol[symbol].printed;
    return printed < FAPI_TAPE_MAX ? (uint32_t)printed : FAPI_TAPE_MAX;
}

const struct fapi_print *fapi_market_print_at(const struct eb_fapi *f, uint32_t symbol, uint32_t i)
{
    const struct fapi_market_symbol *s = &fapi_market_of(f)->symbol[symbol];
    EB_ASSERT(i < fapi_market_prints(f, symbol));
    uint64_t first = s->printed < FAPI_TAPE_MAX ? 0 : s->printed - FAPI_TAPE_MAX;
    return &s->tape[(first + i) % FAPI_TAPE_MAX];
}

/* ---- what a price brings with it --------------------------------------------------------------------------------- */

static eb_price shifted(eb_price p, int64_t ppm)
{
    int64_t out;
    bool fits = eb_mul_div(p.e8, EB_PPM + ppm, EB_PPM, EB_ROUND_HALF_EVEN, &out);
    return (eb_price){fits && out > 0 ? out : p.e8};
}

eb_price fapi_market_index_price(const struct fapi_market_symbol *s)
{
    return shifted(s->pub.quote_now.mark, INDEX_BASIS_PPM);
}

struct eb_sim_quote fapi_market_around(const struct fapi_market_symbol *s, eb_price last)
{
    int64_t tick = s->pub.inst.tick.e8;
    int64_t price = last.e8 - last.e8 % tick;
    price = price > 2 * tick ? price : 2 * tick; /* a bid below it is a price too */
    return (struct eb_sim_quote){.mark = shifted((eb_price){price}, s->basis_ppm),
                                 .last = {price},
                                 .bid = {price - tick},
                                 .ask = {price + tick}};
}

/* A quantity on the step, about so many units of TRADE_USD, the same for the same seed. */
static eb_qty made_up_qty(const struct fapi_symbol *y, uint64_t seed, int64_t times)
{
    int64_t one; /* a step's worth */
    int64_t steps = 1;
    if (eb_mul_div(y->quote_now.last.e8, y->inst.step.e8, EB_E8, EB_ROUND_CEIL, &one) && one > 0) {
        steps = times * TRADE_USD * EB_E8 / one;
    }
    steps = steps < 1 ? 1 : steps > 1000000000 ? 1000000000 : steps;
    steps = steps / 4 + (int64_t)(eb_hash64_u64(EB_HASH64_SEED, seed) % (uint64_t)(steps * 3 / 2 + 1));
    int64_t qty;
    if (!eb_mul_div(steps > 0 ? steps : 1, y->inst.step.e8, 1, EB_ROUND_FLOOR, &qty)) {
        qty = y->inst.step.e8;
    }
    return (eb_qty){qty > y->inst.min_qty.e8 ? qty : y->inst.min_qty.e8};
}

/* ---- changes ----------------------------------------------------------------------------------------------------- */

struct change {
    struct eb_sim_quote quote; /* fields that are 0 stay */
    eb_qty bid_qty, ask_qty;   /* 0: made up where the price has changed */
    bool print, buyer_maker;
    eb_qty qty; /* of the print; 0: made up */
};

/* True when the best bid or ask is another. */
static bool set_book(struct fapi_symbol *y, const struct change *c)
{
    struct eb_sim_quote *q = &y->quote_now;
    bool bid = c->quote.bid.e8 != 0 && c->quote.bid.e8 != q->bid.e8;
    bool ask = c->quote.ask.e8 != 0 && c->quote.ask.e8 != q->ask.e8;
    bool sized = (c->bid_qty.e8 != 0 && c->bid_qty.e8 != y->bid_qty.e8) ||
                 (c->ask_qty.e8 != 0 && c->ask_qty.e8 != y->ask_qty.e8);
    if (!bid && !ask && !sized) {
        return false;
    }
    y->update_id++;
    q->bid = bid ? c->quote.bid : q->bid;
    q->ask = ask ? c->quote.ask : q->ask;
    if (c->bid_qty.e8 != 0) {
        y->bid_qty = c->bid_qty;
    } else if (bid || y->bid_qty.e8 == 0) {
        y->bid_qty = made_up_qty(y, y->update_id * 2, TOP_TRADES);
    }
    if (c->ask_qty.e8 != 0) {
        y->ask_qty = c->ask_qty;
    } else if (ask || y->ask_qty.e8 == 0) {
        y->ask_qty = made_up_qty(y, y->update_id * 2 + 1, TOP_TRADES);
    }
    return true;
}

static const struct fapi_print *print(struct fapi_market *m, struct fapi_market_symbol *s, const struct change *c)
{
    struct fapi_print *p = &s->tape[s->printed++ % FAPI_TAPE_MAX];
    struct fapi_symbol *y = &s->pub;
    y->trade_id++;
    y->agg_id++;
    *p = (struct fapi_print){.id = y->trade_id,
                             .agg_id = y->agg_id,
                             .time_ms = m->now_ms,
                             .price = y->quote_now.last,
                             .qty = c->qty.e8 != 0 ? c->qty : made_up_qty(y, y->trade_id * 31, 1),
                             .buyer_maker = c->buyer_maker};
    fapi_bars_trade(s, p);
    return p;
}

static void tell_accounts(struct eb_fapi *f, uint32_t symbol)
{
    const struct eb_sim_quote q = fapi_symbol_at(f, symbol)->quote_now; /* a copy: accounts may lead to other prices */
    struct fapi_account *a;
    for (size_t i = 0; (a = fapi_account_at(f, i)) != NULL; i++) {
        fapi_account_price(a, symbol, &q);
    }
}

static void apply(struct eb_fapi *f, uint32_t symbol, const struct change *c)
{
    struct fapi_market *m = fapi_market_of(f);
    struct fapi_market_symbol *s = &m->symbol[symbol];
    struct eb_sim_quote *q = &s->pub.quote_now;
    fapi_bars_roll(s, m->now_ms);
    q->last = c->quote.last.e8 != 0 ? c->quote.last : q->last;
    q->mark = c->quote.mark.e8 != 0 ? c->quote.mark : q->mark;
    bool book = set_book(&s->pub, c);
    fapi_bars_mark(s);
    if (c->print) {
        fapi_tell_print(f, symbol, print(m, s, c));
    }
    if (book) {
        fapi_tell_book(f, symbol);
    }
    tell_accounts(f, symbol);
}

void fapi_quote(struct eb_fapi *f, uint32_t symbol, const struct eb_sim_quote *q)
{
    struct fapi_market *m = fapi_market_of(f);
    EB_ASSERT(symbol < m->count);
    int64_t was = m->symbol[symbol].pub.quote_now.last.e8;
    m->now_ms = m->now_ms > f->now_ms ? m->now_ms : f->now_ms; /* a hand acts now, not when the feed last did */
    const struct change c = {
        .quote = *q, .print = q->last.e8 != 0 && q->last.e8 != was, .buyer_maker = q->last.e8 < was};
    apply(f, symbol, &c);
}

void fapi_market_tick(struct eb_fapi *f, uint32_t symbol, eb_price last)
{
    struct fapi_market_symbol *s = &fapi_market_of(f)->symbol[symbol];
    if (s->held) {
        return;
    }
    int64_t was = s->pub.quote_now.last.e8;
    struct change c = {.quote = fapi_market_around(s, last)};
    c.print = true; /* a tick is a trade, also at the price of the last one */
    c.buyer_maker = c.quote.last.e8 != was ? c.quote.last.e8 < was : s->pub.trade_id % 2 == 0;
    apply(f, symbol, &c);
}

void fapi_market_print(struct eb_fapi *f, uint32_t symbol, eb_price price, eb_qty qty, bool buyer_maker)
{
    struct fapi_market_symbol *s = &fapi_market_of(f)->symbol[symbol];
    if (!s->held) {
        const struct change c = {.quote = {.mark = shifted(price, s->basis_ppm), .last = price},
                                 .print = true,
                                 .buyer_maker = buyer_maker,
                                 .qty = qty};
        apply(f, symbol, &c);
    }
}

void fapi_market_top(struct eb_fapi *f, uint32_t symbol, const struct fapi_level *bid, const struct fapi_level *ask)
{
    if (!fapi_market_of(f)->symbol[symbol].held) {
        const struct change c = {
            .quote = {.bid = bid->price, .ask = ask->price}, .bid_qty = bid->qty, .ask_qty = ask->qty};
        apply(f, symbol, &c);
    }
}

/* ---- hands ------------------------------------------------------------------------------------------------------- */

void fapi_market_hold(struct eb_fapi *f, uint32_t symbol, bool held)
{
    fapi_market_of(f)->symbol[symbol].held = held;
}

int fapi_market_filters(struct eb_fapi *f, uint32_t symbol, const struct eb_ev_instrument *inst, struct eb_err *err)
{
    struct fapi_symbol *y = fapi_symbol_at(f, symbol);
    struct eb_instrument checked;
    eb_instrument_from_event(&checked, inst);
    int rc = eb_instrument_validate(&checked, err);
    struct fapi_account *a;
    for (size_t i = 0; rc == EB_OK && (a = fapi_account_at(f, i)) != NULL; i++) {
        rc = eb_sim_add_instrument(fapi_account_sim(a), symbol, inst, NULL, 0, err);
    }
    if (rc == EB_OK) {
        y->inst = *inst;
        fapi_tell_info(f, symbol);
    }
    return rc;
}

int fapi_market_status(struct eb_fapi *f, uint32_t symbol, const char *status, struct eb_err *err)
{
    struct fapi_symbol *y = fapi_symbol_at(f, symbol);
    if (status[0] == '\0' || strlen(status) >= sizeof(y->status)) {
        return eb_err_set(err, EB_E_INVALID, "market", "a status has 1 to %zu letters", sizeof(y->status) - 1);
    }
    struct eb_ev_instrument inst = y->inst;
    inst.trading = strcmp(status, "TRADING") == 0;
    (void)snprintf(y->status, sizeof(y->status), "%s", status);
    return fapi_market_filters(f, symbol, &inst, err);
}

void fapi_market_forced(struct eb_fapi *f, uint32_t symbol, uint8_t side, eb_qty qty, eb_price price, eb_price average)
{
    fapi_tell_forced(f, symbol, side, qty, price, average);
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

/* Symbols whose prices stand trade on at them, so that a client sees a market that lives. Nothing is matched. */
static void beat(struct eb_fapi *f)
{
    struct fapi_market *m = fapi_market_of(f);
    for (uint32_t i = 0; i < m->count; i++) {
        struct fapi_market_symbol *s = &m->symbol[i];
        if (s->held || s->rested) {
            const struct change c = {.buyer_maker = s->pub.trade_id % 2 == 0};
            fapi_bars_roll(s, m->now_ms);
            fapi_tell_print(f, i, print(m, s, &c));
            s->pub.update_id++;
            fapi_tell_book(f, i);
        }
    }
}

void fapi_market_fund(struct fapi_market *m)
{
    m->funding_ms = m->now_ms - m->now_ms % FUNDING_MS + FUNDING_MS;
    for (uint32_t i = 0; i < m->count; i++) {
        m->symbol[i].pub.funding_next_ms = m->funding_ms;
    }
}

static void begin(struct eb_fapi *f)
{
    struct fapi_market *m = fapi_market_of(f);
    m->began = true;
    for (uint32_t i = 0; i < m->count; i++) {
        fapi_bars_roll(&m->symbol[i], m->now_ms);
        tell_accounts(f, i);
    }
}

void fapi_market_run(struct eb_fapi *f, int64_t now_ms)
{
    struct fapi_market *m = fapi_market_of(f);
    if (!m->began) {
        begin(f);
    }
    m->feed.run(f, m->feed.state, now_ms);
    m->now_ms = m->now_ms > now_ms ? m->now_ms : now_ms;
    if (m->now_ms >= m->funding_ms) {
        fapi_market_fund(m);
    }
    if (m->now_ms >= m->beat_ms) {
        m->beat_ms = m->now_ms - m->now_ms % BEAT_MS + BEAT_MS;
        if (fapi_events_wanted(f)) {
            beat(f);
        }
    }
}

int64_t fapi_market_next_ms(const struct eb_fapi *f)
{
    const struct fapi_market *m = fapi_market_of(f);
    if (!m->began) {
        return m->start_ms;
    }
    int64_t next = m->feed.next_ms(f, m->feed.state);
    next = next < m->funding_ms ? next : m->funding_ms;
    return fapi_events_wanted(f) && m->beat_ms < next ? m->beat_ms : next;
}
