/* SPDX-License-Identifier: Apache-2.0 */
/* Regular orders placed, changed, cancelled: checks, then eb_sim, whose events (events.c) keep the record. */
#include "venue/fapi/book.h"

#include <string.h>

static struct eb_order_request request_of(const struct fapi_account *a, const struct fapi_terms *t, bool whole)
{
    struct eb_order_request r = {
        .symbol = t->symbol,
        .position = 2 * t->symbol + fapi_leg(a, t),
        .order_side = t->side,
        .position_side = t->position_side,
        .reduce_only = t->reduce_only || (whole && !fapi_hedge(a)),
        .qty = t->qty,
        .price = t->price,
    };
    if (t->type == FAPI_MARKET) {
        r.type = EB_ORDER_MARKET;
        r.price = (eb_price){0};
    } else {
        r.type = t->tif == FAPI_IOC || t->tif == FAPI_FOK ? EB_ORDER_LIMIT_IOC : EB_ORDER_LIMIT_GTC;
    }
    if (!eb_client_id_parse(t->client_id, &r.client_id)) {
        r.client_id = (eb_client_id){0};
    } else {
        r.purpose = r.client_id.purpose;
    }
    return r;
}

/* ---- checks that need the account -------------------------------------------------------------------------------- */

struct claims {
    const struct fapi_account *a;
    const struct fapi_terms *t;
    int64_t e8;
};

static void add_claim(void *user, const struct fapi_order *o)
{
    struct claims *c = user;
    if (o->t.side == c->t->side && fapi_closes(c->a, &o->t) && fapi_leg(c->a, &o->t) == fapi_leg(c->a, c->t)) {
        c->e8 += o->t.qty.e8 - o->filled.e8;
    }
}

/* A reducing market order beyond its position is cut to it, unless others rest that would reduce it too. */
static int32_t check_reduction(struct fapi_account *a, const struct fapi_terms *t)
{
    struct fapi_position p;
    if (!t->reduce_only || t->type != FAPI_MARKET || !fapi_position(a, t->symbol, fapi_leg(a, t), &p) ||
        t->qty.e8 <= p.qty.e8) {
        return 0;
    }
    struct claims c = {.a = a, .t = t};
    fapi_orders(a, t->symbol, true, add_claim, &c);
    return c.e8 > 0 ? -2022 : 0;
}

/* What an order would open needs margin that nothing else uses, and room in its leverage's bracket. */
static int32_t check_opening(struct fapi_account *a, const struct fapi_terms *t)
{
    const struct fapi_symbol *y = fapi_symbol_at(a->f, t->symbol);
    struct fapi_position p;
    bool held = fapi_position(a, t->symbol, fapi_leg(a, t), &p);
    eb_price price = t->type == FAPI_LIMIT ? t->price : t->side == EB_BUY ? y->quote_now.ask : y->quote_now.bid;
    price = price.e8 > 0 ? price : y->quote_now.mark;
    bool against = held && (p.side == EB_LONG) == (t->side == EB_SELL);
    int64_t opened = against ? t->qty.e8 - p.qty.e8 : t->qty.e8;
    if (fapi_closes(a, t) || opened <= 0) {
        return 0;
    }
    eb_money notional, most = fapi_notional_max(a->f, t->symbol, fapi_leverage_ppm(a, t->symbol));
    int64_t need = 0, total;
    if (!eb_notional(price, (eb_qty){opened}, EB_ROUND_CEIL, &notional) ||
        !eb_mul_div(notional.e8, EB_PPM, fapi_leverage_ppm(a, t->symbol), EB_ROUND_CEIL, &need)) {
        return -4005;
    }
    int64_t before = held && !against ? (p.notional.e8 < 0 ? -p.notional.e8 : p.notional.e8) : 0;
    if (!eb_add_i64(before, notional.e8, &total) || total > most.e8) {
        return -2027;
    }
    struct fapi_balance b;
    fapi_balance_of(a, &b);
    return need > b.available.e8 ? -2019 : 0;
}

/* All that can be said before anything happens. */
static int32_t check(struct fapi_account *a, struct fapi_terms *t)
{
    int32_t code = fapi_check_order(a, t);
    if (code == 0 && !fapi_account_sync(a, t->symbol)) {
        code = -1122;
    }
    code = code == 0 ? check_reduction(a, t) : code;
    if (code != 0) {
        return code;
    }
    struct eb_order_request r = request_of(a, t, false);
    code = eb_sim_check_order(a->sim, &r, false);
    if (code == 0 && t->tif == FAPI_FOK && t->type == FAPI_LIMIT && eb_sim_takeable(a->sim, &r).e8 < t->qty.e8) {
        code = -5021;
    }
    return code == 0 ? check_opening(a, t) : code;
}

int32_t fapi_order_test(struct fapi_account *a, const struct fapi_terms *t)
{
    struct fapi_terms terms = *t;
    return check(a, &terms);
}

/* ---- placing ----------------------------------------------------------------------------------------------------- */

static void due_at(struct fapi_account *a, int64_t server_ms)
{
    int64_t at_ms = server_ms - (eb_fapi_now_ms(a->f) - a->f->now_ms); /* the server's clock may be wrong on purpose */
    a->due_ms = at_ms < a->due_ms ? at_ms : a->due_ms;
}

int32_t fapi_order_send(struct fapi_account *a, const struct fapi_terms *t, const struct fapi_algo *parent, bool whole,
                        struct fapi_order **out)
{
    struct eb_order_request r = request_of(a, t, whole);
    int32_t code = eb_sim_check_order(a->sim, &r, whole);
    if (code != 0) {
        return code;
    }
    uint64_t id = eb_sim_reserve_id(a->sim);
    struct fapi_order *o = fapi_order_add(a, t, id);
    if (o == NULL) {
        return -2025;
    }
    if (parent != NULL) {
        o->orig_type = parent->t.type;
        o->algo_id = parent->id;
    }
    code = eb_sim_place(a->sim, &r, id, whole);
    if (code != 0) {
        fapi_order_close(a, o, FAPI_REJECTED);
        return code;
    }
    if (o->open && o->t.tif == FAPI_GTD) {
        due_at(a, o->t.good_till_ms);
    }
    *out = o;
    return 0;
}

int32_t fapi_order_place(struct fapi_account *a, const struct fapi_terms *t, const struct fapi_order **out)
{
    struct fapi_terms terms = *t;
    int32_t code = check(a, &terms);
    struct fapi_order *o = NULL;
    code = code == 0 ? fapi_order_send(a, &terms, NULL, false, &o) : code;
    if (code != 0) {
        return code;
    }
    *out = o;
    if (!t->result) { /* an ACK knows nothing of what has followed */
        a->answer = *o;
        a->answer.status = FAPI_NEW;
        a->answer.filled = (eb_qty){0};
        a->answer.quote_e16 = 0;
        a->answer.expire_reason = 0;
        a->answer.open = true;
        *out = &a->answer;
    }
    return 0;
}

/* ---- changing and cancelling ------------------------------------------------------------------------------------- */

static int32_t check_change(struct fapi_account *a, const struct fapi_order *o, uint8_t side, eb_price price,
                            eb_qty qty)
{
    const struct fapi_symbol *y = fapi_symbol_at(a->f, o->t.symbol);
    if (o->t.type != FAPI_LIMIT) {
        return -5025;
    }
    if (side != o->t.side) {
        return -1117;
    }
    if (o->amended >= FAPI_AMENDMENTS_MAX) {
        return -5026;
    }
    if (price.e8 == o->t.price.e8 && qty.e8 == o->t.qty.e8) {
        return -5027;
    }
    int32_t code = fapi_check_price(y, price, false);
    code = code == 0 ? fapi_check_qty(y, qty, false) : code;
    code = code == 0 ? fapi_check_band(y, side, price, y->quote_now.mark) : code;
    eb_money notional;
    if (code == 0 && !fapi_closes(a, &o->t) && y->inst.min_notional.e8 > 0 &&
        (!eb_notional(price, qty, EB_ROUND_FLOOR, &notional) || notional.e8 < y->inst.min_notional.e8)) {
        code = -4164;
    }
    return code;
}

static bool would_take(const struct fapi_account *a, const struct fapi_order *o, eb_price price)
{
    const struct eb_sim_quote *q = &fapi_symbol_at(a->f, o->t.symbol)->quote_now;
    return o->t.side == EB_BUY ? q->ask.e8 > 0 && price.e8 >= q->ask.e8 : q->bid.e8 > 0 && price.e8 <= q->bid.e8;
}

int32_t fapi_order_modify(struct fapi_account *a, uint64_t id, uint8_t side, eb_price price, eb_qty qty,
                          const struct fapi_order **out)
{
    struct fapi_order *o = fapi_order_at(a, id);
    if (o == NULL || !o->open || !fapi_account_sync(a, o->t.symbol)) {
        return -2013;
    }
    int32_t code = check_change(a, o, side, price, qty);
    if (code != 0) {
        return code;
    }
    *out = o;
    if (qty.e8 <= o->filled.e8 || (o->t.tif == FAPI_GTX && would_take(a, o, price))) {
        return fapi_order_cancel(a, id, out);
    }
    code = eb_sim_check_amend(a->sim, o->t.symbol, id, price, qty);
    if (code != 0) {
        return code;
    }
    o->t.price = price;
    o->t.qty = qty;
    o->amended++;
    o->update_ms = eb_fapi_now_ms(a->f);
    fapi_news_order(a, o, "AMENDMENT", NULL); /* before what it may meet at its new price */
    code = eb_sim_amend(a->sim, o->t.symbol, id, price, qty);
    EB_ASSERT(code == 0);
    return 0;
}

int32_t fapi_order_cancel(struct fapi_account *a, uint64_t id, const struct fapi_order **out)
{
    const struct fapi_order *o = fapi_order_at(a, id);
    if (o == NULL || !o->open) {
        return -2011;
    }
    fapi_account_clock(a);
    if (eb_sim_cancel_by_hand(a->sim, o->t.symbol, id, false) != EB_OK) {
        return -2011;
    }
    *out = o;
    return 0;
}

uint32_t fapi_order_cancel_all(struct fapi_account *a, uint32_t symbol)
{
    uint32_t count = 0;
    uint32_t at = a->orders.open_first;
    while (at != FAPI_STORE_NONE) {
        uint32_t next = a->orders.entry[at].open_next; /* a cancel takes none but its own order away */
        const struct fapi_order *ignored;
        if (symbol == FAPI_NONE || a->order[at].t.symbol == symbol) {
            count += fapi_order_cancel(a, a->order[at].id, &ignored) == 0 ? 1u : 0u;
        }
        at = next;
    }
    return count;
}

void fapi_orders_run(struct fapi_account *a)
{
    uint32_t at = a->orders.open_first;
    while (at != FAPI_STORE_NONE) {
        uint32_t next = a->orders.entry[at].open_next;
        const struct fapi_order *o = &a->order[at];
        if (o->t.tif == FAPI_GTD) {
            if (o->t.good_till_ms <= eb_fapi_now_ms(a->f)) {
                (void)eb_sim_expire(a->sim, o->t.symbol, o->id);
            } else {
                due_at(a, o->t.good_till_ms);
            }
        }
        at = next;
    }
}
