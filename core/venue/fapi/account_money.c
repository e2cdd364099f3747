/* SPDX-License-Identifier: Apache-2.0 */
/* Positions, balances, brackets, funding and income: what is asked of the money that eb_sim keeps. */
#include "venue/fapi/book.h"

#define CALL_PERCENT 80      /* of the margin eaten by maintenance: a margin call */
#define CALMED_PERCENT 70    /* below it the next one counts as new */
#define FUNDING_SEEN_MS 1000 /* how long a change of the funding time by hand may stay unseen */

/* ---- brackets ---------------------------------------------------------------------------------------------------- */

size_t fapi_tiers(const struct fapi_symbol *y, struct eb_sim_tier out[FAPI_TIERS])
{
    static const int64_t caps[FAPI_TIERS] = {100000, 1000000, 10000000, 50000000, 0};
    static const int64_t times[FAPI_TIERS] = {1, 2, 5, 10, 25};
    const int64_t rate_max = EB_PPM / 2;
    int64_t base = y->inst.maintenance_ppm > 0 ? y->inst.maintenance_ppm : 5000;
    /* Lists name one rate for all symbols; where so much leverage is allowed, half of its margin is what is kept. */
    int64_t kept = y->leverage_max > 0 ? EB_PPM / (2 * (int64_t)y->leverage_max) : base;
    base = kept > 0 && kept < base ? kept : base;
    size_t n = 0;
    for (int64_t before = 0; n < FAPI_TIERS && before < rate_max; n++) {
        int64_t rate = base * times[n] < rate_max ? base * times[n] : rate_max;
        /* What makes the margin continuous at the edge: the lower bracket's end pays the difference of the rates. */
        int64_t cum = n == 0 ? 0 : out[n - 1].cum.e8 + out[n - 1].cap.e8 / EB_PPM * (rate - before);
        out[n] = (struct eb_sim_tier){.cap = {caps[n] * EB_E8}, .maintenance_ppm = rate, .cum = {cum}};
        before = rate;
    }
    out[n - 1].cap.e8 = 0;
    return n;
}

size_t fapi_brackets(const struct eb_fapi *f, uint32_t symbol, struct fapi_bracket out[FAPI_TIERS])
{
    const struct fapi_symbol *y = fapi_symbol_at(f, symbol);
    struct eb_sim_tier tier[FAPI_TIERS];
    size_t n = fapi_tiers(y, tier);
    for (size_t i = 0; i < n; i++) {
        int64_t most = EB_PPM / (2 * tier[i].maintenance_ppm);
        most = most > 0 ? most : 1;
        if (i == 0) {
            most = y->leverage_max > 0 ? (int64_t)y->leverage_max : most < 125 ? most : 125;
        } else {
            most = most < (int64_t)out[i - 1].leverage ? most : (int64_t)out[i - 1].leverage;
        }
        out[i] = (struct fapi_bracket){
            .leverage = (uint32_t)most,
            .floor = {i > 0 ? tier[i - 1].cap.e8 : 0},
            .cap = {tier[i].cap.e8 > 0 ? tier[i].cap.e8 : INT64_MAX},
            .cum = tier[i].cum,
            .maintenance_ppm = tier[i].maintenance_ppm,
        };
    }
    return n;
}

eb_money fapi_notional_max(const struct eb_fapi *f, uint32_t symbol, int64_t leverage_ppm)
{
    struct fapi_bracket b[FAPI_TIERS];
    size_t n = fapi_brackets(f, symbol, b);
    eb_money most = b[0].cap; /* a hand may have set more than the brackets allow */
    for (size_t i = 0; i < n && b[i].leverage * EB_PPM >= leverage_ppm; i++) {
        most = b[i].cap;
    }
    return most;
}

/* ---- positions --------------------------------------------------------------------------------------------------- */

static eb_price mark_of(const struct fapi_account *a, uint32_t symbol, eb_price entry)
{
    const struct eb_sim_quote *q = &a->symbol[symbol].quote;
    return q->mark.e8 > 0 ? q->mark : q->last.e8 > 0 ? q->last : entry;
}

static int64_t product(eb_price price, eb_qty qty)
{
    eb_money out;
    return eb_notional(price, qty, EB_ROUND_HALF_EVEN, &out) ? out.e8 : INT64_MAX / 4; /* beyond any account */
}

static int64_t share(int64_t money_e8, int64_t leverage_ppm)
{
    int64_t out;
    return eb_mul_div(money_e8, EB_PPM, leverage_ppm, EB_ROUND_CEIL, &out) ? out : money_e8;
}

/* Where closing at once would give back what opening has cost. */
static eb_price break_even(const struct fapi_account *a, const struct eb_sim_position *p)
{
    eb_price out;
    int64_t ratio_ppm = EB_PPM + (p->side == EB_LONG ? a->fee_taker_ppm : -a->fee_taker_ppm);
    return eb_mul_div(p->entry.e8, ratio_ppm, EB_PPM, EB_ROUND_HALF_EVEN, &out.e8) ? out : p->entry;
}

bool fapi_position(struct fapi_account *a, uint32_t symbol, unsigned leg, struct fapi_position *out)
{
    if (symbol >= a->symbols || leg > 1) {
        return false;
    }
    struct eb_sim_position p = {0};
    bool hedge = fapi_hedge(a);
    *out = (struct fapi_position){
        .side = leg == 1 ? EB_SHORT : EB_LONG,
        .position_side = !hedge     ? EB_PS_BOTH
                         : leg == 1 ? EB_PS_SHORT
                                    : EB_PS_LONG,
        .mark = mark_of(a, symbol, (eb_price){0}),
        .leverage_ppm = fapi_leverage_ppm(a, symbol),
        .cross = fapi_cross(a, symbol),
    };
    if (!a->symbol[symbol].held[leg] || !eb_sim_position(a->sim, 2 * symbol + leg, &p)) {
        return false;
    }
    int64_t sign = p.side == EB_LONG ? 1 : -1;
    eb_price mark = mark_of(a, symbol, p.entry);
    int64_t notional = product(mark, p.qty);
    out->side = p.side;
    out->qty = p.qty;
    out->entry = p.entry;
    out->break_even = break_even(a, &p);
    out->mark = mark;
    out->liquidation = p.liquidation;
    out->unrealized.e8 = sign * (notional - product(p.entry, p.qty));
    out->notional.e8 = sign * notional;
    out->leverage_ppm = p.leverage_ppm;
    out->initial_margin.e8 = share(notional, p.leverage_ppm);
    out->maintenance_margin = eb_sim_maintenance(a->sim, 2 * symbol + leg, mark);
    out->isolated_wallet.e8 = p.cross ? 0 : p.margin.e8;
    out->isolated_margin.e8 = p.cross ? 0 : p.margin.e8 + out->unrealized.e8;
    out->update_ms = p.changed_ms;
    return true;
}

/* ---- balance ----------------------------------------------------------------------------------------------------- */

struct order_margin {
    const struct fapi_account *a;
    int64_t e8;
};

static void add_order_margin(void *user, const struct fapi_order *o)
{
    struct order_margin *m = user;
    if (!fapi_closes(m->a, &o->t)) {
        int64_t notional = product(o->t.price, (eb_qty){o->t.qty.e8 - o->filled.e8});
        m->e8 += share(notional, fapi_leverage_ppm(m->a, o->t.symbol));
    }
}

void fapi_balance_of(struct fapi_account *a, struct fapi_balance *out)
{
    struct eb_sim_account_view v;
    eb_sim_account(a->sim, &v);
    *out = (struct fapi_balance){.wallet = v.wallet, .update_ms = a->update_ms};
    int64_t isolated = 0, cross_initial = 0;
    for (uint32_t i = 0; i < a->symbols; i++) {
        for (unsigned leg = 0; leg < 2; leg++) {
            struct fapi_position p;
            if (!a->symbol[i].held[leg] || !fapi_position(a, i, leg, &p)) {
                continue;
            }
            out->unrealized.e8 += p.unrealized.e8;
            out->position_initial.e8 += p.initial_margin.e8;
            out->maintenance.e8 += p.maintenance_margin.e8;
            isolated += p.isolated_wallet.e8;
            out->cross_unrealized.e8 += p.cross ? p.unrealized.e8 : 0;
            cross_initial += p.cross ? p.initial_margin.e8 : 0;
        }
    }
    struct order_margin m = {.a = a};
    fapi_orders(a, FAPI_NONE, true, add_order_margin, &m);
    out->order_initial.e8 = m.e8;
    out->initial.e8 = out->position_initial.e8 + m.e8;
    out->cross_wallet.e8 = v.wallet.e8 - isolated;
    int64_t available = out->cross_wallet.e8 + out->cross_unrealized.e8 - cross_initial - m.e8;
    out->available.e8 = available > 0 ? available : 0;
}

/* ---- margin calls ------------------------------------------------------------------------------------------------ */

static bool eaten(int64_t maintenance, int64_t margin, int64_t percent)
{
    return maintenance > 0 && (eb_i128)maintenance * 100 >= (eb_i128)margin * percent;
}

void fapi_margin_calls(struct fapi_account *a, uint32_t symbol)
{
    for (unsigned leg = 0; leg < 2; leg++) {
        struct fapi_holding *h = &a->symbol[symbol];
        struct fapi_position p;
        struct eb_sim_cross c;
        if (!h->held[leg] || !fapi_position(a, symbol, leg, &p)) {
            h->warned[leg] = false;
            continue;
        }
        eb_sim_cross(a->sim, &c);
        int64_t maintenance = p.cross ? c.maintenance.e8 : p.maintenance_margin.e8;
        int64_t margin = p.cross ? c.wallet.e8 + c.unrealized.e8 : p.isolated_margin.e8;
        if (!h->warned[leg] && eaten(maintenance, margin, CALL_PERCENT)) {
            h->warned[leg] = true;
            fapi_news_margin_call(a, symbol, leg);
        } else if (!eaten(maintenance, margin, CALMED_PERCENT)) {
            h->warned[leg] = false;
        }
    }
}

/* ---- funding and income ------------------------------------------------------------------------------------------ */

static void pay(struct fapi_account *a, uint32_t symbol)
{
    const struct fapi_symbol *y = fapi_symbol_at(a->f, symbol);
    for (unsigned leg = 0; leg < 2; leg++) {
        eb_money paid = {0};
        struct fapi_position p;
        if (!fapi_position(a, symbol, leg, &p) ||
            eb_sim_pay_funding(a->sim, 2 * symbol + leg, p.mark, y->funding_rate_e8, &paid) != EB_OK || paid.e8 == 0) {
            continue;
        }
        a->update_ms = eb_fapi_now_ms(a->f);
        fapi_income_add(a, FAPI_INCOME_FUNDING, symbol, 0, paid);
        fapi_news_account(a, "FUNDING_FEE", p.cross ? FAPI_NONE : symbol, leg);
    }
}

void fapi_funding_run(struct fapi_account *a)
{
    if (a->now_ms < a->funding_next_ms && a->now_ms < a->funding_seen_ms + FUNDING_SEEN_MS) {
        return;
    }
    a->funding_seen_ms = a->now_ms;
    a->funding_next_ms = INT64_MAX;
    for (uint32_t i = 0; i < a->symbols; i++) {
        struct fapi_holding *h = &a->symbol[i];
        if (h->funding_ms > 0 && a->now_ms >= h->funding_ms) {
            pay(a, i);
            h->funding_ms = 0;
        }
        int64_t next_ms = fapi_symbol_at(a->f, i)->funding_next_ms; /* the market has moved on before accounts do */
        if (next_ms > a->now_ms) {
            h->funding_ms = next_ms;
            a->funding_next_ms = next_ms < a->funding_next_ms ? next_ms : a->funding_next_ms;
        }
    }
}

void fapi_income_add(struct fapi_account *a, enum fapi_income_kind kind, uint32_t symbol, uint64_t trade_id,
                     eb_money amount)
{
    a->income[a->incomes % FAPI_INCOMES_KEPT] = (struct fapi_income){
        .time_ms = eb_fapi_now_ms(a->f),
        .id = a->incomes + 1,
        .trade_id = trade_id,
        .symbol = symbol,
        .kind = (uint8_t)kind,
        .amount = amount,
    };
    a->incomes++;
}

void fapi_incomes(struct fapi_account *a, void (*visit)(void *user, const struct fapi_income *i), void *user)
{
    uint64_t from = a->incomes > FAPI_INCOMES_KEPT ? a->incomes - FAPI_INCOMES_KEPT : 0;
    for (uint64_t i = from; i < a->incomes; i++) {
        visit(user, &a->income[i % FAPI_INCOMES_KEPT]);
    }
}
