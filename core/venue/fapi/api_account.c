/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Positions, balances and what became of them. The newer answers (v3) hold only what is there: a position, or orders;
 * what is missing in them is flat.
 */
#include "venue/fapi/api.h"

#include <string.h>

#include "venue/fapi/book.h"

#define ENTRY_DECIMALS 5
#define MONEY_DECIMALS 8
#define TRADES_DEFAULT 500
#define TRADES_MAX 1000
#define HEDGE_MARK 2 /* of marked[]: bit of leg 1; leg 0 is 1 */

unsigned fapi_legs(const struct fapi_account *a)
{
    return fapi_hedge(a) ? 2 : 1;
}

uint8_t fapi_leg_side(const struct fapi_account *a, unsigned leg)
{
    if (!fapi_hedge(a)) {
        return EB_PS_BOTH;
    }
    return leg == 0 ? EB_PS_LONG : EB_PS_SHORT;
}

/* ---- which symbols ----------------------------------------------------------------------------------------------- */

static void mark_order(void *user, const struct fapi_order *o)
{
    struct fapi_api *api = user;
    api->marked[o->t.symbol] |= o->t.position_side == EB_PS_SHORT ? HEDGE_MARK : 1;
}

struct rows {
    struct fapi_call *c;
    uint32_t symbol; /* FAPI_NONE: all */
    bool all;        /* flat ones as well */
    void (*put)(struct fapi_call *c, uint32_t symbol, unsigned leg, const struct fapi_position *p);
};

/* Calls put for each leg that is to be shown. */
static void each_position(const struct rows *r)
{
    struct fapi_call *c = r->c;
    struct fapi_api *api = fapi_api_of(c->f);
    if (!r->all) {
        fapi_orders(c->a, r->symbol, true, mark_order, api);
    }
    uint32_t from = r->symbol != FAPI_NONE ? r->symbol : 0;
    uint32_t to = r->symbol != FAPI_NONE ? r->symbol + 1 : api->marks;
    unsigned legs = fapi_legs(c->a);
    for (uint32_t i = from; i < to; i++) {
        const struct fapi_holding *h = &c->a->symbol[i];
        uint8_t marked = api->marked[i];
        api->marked[i] = 0;
        if (!r->all && marked == 0 && !h->held[0] && !h->held[1]) {
            continue;
        }
        for (unsigned leg = 0; leg < legs; leg++) {
            struct fapi_position p = {.position_side = fapi_leg_side(c->a, leg)};
            bool open = fapi_position(c->a, i, leg, &p);
            if (!open) {
                p.mark = fapi_symbol_at(c->f, i)->quote_now.mark;
                p.leverage_ppm = fapi_leverage_ppm(c->a, i);
                p.cross = fapi_cross(c->a, i);
            }
            if (open || r->all || (marked & (leg == 0 ? 1 : HEDGE_MARK)) != 0) {
                r->put(c, i, leg, &p);
            }
        }
    }
}

static int64_t signed_of(const struct fapi_position *p, int64_t e8)
{
    int64_t size = e8 < 0 ? -e8 : e8;
    return p->side == EB_SHORT ? -size : size;
}

/* ---- positions --------------------------------------------------------------------------------------------------- */

static void put_position_v3(struct fapi_call *c, uint32_t symbol, unsigned leg, const struct fapi_position *p)
{
    (void)leg;
    const struct fapi_symbol *y = fapi_symbol_at(c->f, symbol);
    struct eb_buffer *b = c->out;
    fapi_j_open(b, "{");
    fapi_j_text(b, "symbol", y->inst.symbol);
    fapi_j_text(b, "positionSide", fapi_position_side_name(p->position_side));
    fapi_j_e8(b, "positionAmt", signed_of(p, p->qty.e8), y->quantity_precision);
    fapi_j_e8(b, "entryPrice", p->entry.e8, y->price_precision);
    fapi_j_e8(b, "breakEvenPrice", p->break_even.e8, y->price_precision);
    fapi_j_e8(b, "markPrice", p->mark.e8, MONEY_DECIMALS);
    fapi_j_e8(b, "unRealizedProfit", p->unrealized.e8, MONEY_DECIMALS);
    fapi_j_zero(b, "liquidationPrice", p->liquidation.e8, MONEY_DECIMALS);
    fapi_j_zero(b, "isolatedMargin", p->isolated_margin.e8, MONEY_DECIMALS);
    fapi_j_zero(b, "notional", signed_of(p, p->notional.e8), MONEY_DECIMALS);
    fapi_j_text(b, "marginAsset", y->margin);
    fapi_j_zero(b, "isolatedWallet", p->isolated_wallet.e8, MONEY_DECIMALS);
    fapi_j_zero(b, "initialMargin", p->initial_margin.e8, MONEY_DECIMALS);
    fapi_j_zero(b, "maintMargin", p->maintenance_margin.e8, MONEY_DECIMALS);
    fapi_j_zero(b, "positionInitialMargin", p->initial_margin.e8, MONEY_DECIMALS);
    fapi_j_text(b, "openOrderInitialMargin", "0");
    fapi_j_i64(b, "adl", p->qty.e8 == 0 ? 0 : p->unrealized.e8 > 0 ? 2 : 1);
    fapi_j_text(b, "bidNotional", "0");
    fapi_j_text(b, "askNotional", "0");
    fapi_j_i64(b, "updateTime", p->update_ms);
    fapi_put(b, "}");
}

static void put_leverage(struct eb_buffer *b, int64_t leverage_ppm)
{
    fapi_j_key(b, "leverage");
    fapi_put(b, "\"");
    fapi_put_i64(b, leverage_ppm / EB_PPM);
    fapi_put(b, "\"");
}

static void put_position_v2(struct fapi_call *c, uint32_t symbol, unsigned leg, const struct fapi_position *p)
{
    (void)leg;
    const struct fapi_symbol *y = fapi_symbol_at(c->f, symbol);
    struct eb_buffer *b = c->out;
    fapi_j_open(b, "{");
    fapi_j_text(b, "symbol", y->inst.symbol);
    fapi_j_e8(b, "positionAmt", signed_of(p, p->qty.e8), y->quantity_precision);
    fapi_j_e8(b, "entryPrice", p->entry.e8, y->price_precision);
    fapi_j_e8(b, "breakEvenPrice", p->break_even.e8, y->price_precision);
    fapi_j_e8(b, "markPrice", p->mark.e8, MONEY_DECIMALS);
    fapi_j_e8(b, "unRealizedProfit", p->unrealized.e8, MONEY_DECIMALS);
    fapi_j_zero(b, "liquidationPrice", p->liquidation.e8, MONEY_DECIMALS);
    put_leverage(b, p->leverage_ppm);
    fapi_j_e8(b, "maxNotionalValue", fapi_notional_max(c->f, symbol, p->leverage_ppm).e8, 0);
    fapi_j_text(b, "marginType", p->cross ? "cross" : "isolated");
    fapi_j_e8(b, "isolatedMargin", p->isolated_margin.e8, MONEY_DECIMALS);
    fapi_j_text(b, "isAutoAddMargin", "false");
    fapi_j_text(b, "positionSide", fapi_position_side_name(p->position_side));
    fapi_j_zero(b, "notional", signed_of(p, p->notional.e8), MONEY_DECIMALS);
    fapi_j_zero(b, "isolatedWallet", p->isolated_wallet.e8, MONEY_DECIMALS);
    fapi_j_i64(b, "updateTime", p->update_ms);
    fapi_put(b, "}");
}

static void do_positions(struct fapi_call *c, bool v2)
{
    struct rows r = {.c = c, .symbol = FAPI_NONE, .all = v2, .put = v2 ? put_position_v2 : put_position_v3};
    (void)fapi_get_symbol(c, "symbol", false, &r.symbol);
    if (c->code == 0) {
        fapi_put(c->out, "[");
        each_position(&r);
        fapi_put(c->out, "]");
    }
}

void fapi_do_positions_v2(struct fapi_call *c)
{
    do_positions(c, true);
}

void fapi_do_positions_v3(struct fapi_call *c)
{
    do_positions(c, false);
}

/* ---- the account ------------------------------------------------------------------------------------------------- */

static void put_account_position(struct fapi_call *c, uint32_t symbol, const struct fapi_position *p, bool v2)
{
    const struct fapi_symbol *y = fapi_symbol_at(c->f, symbol);
    struct eb_buffer *b = c->out;
    fapi_j_open(b, "{");
    fapi_j_text(b, "symbol", y->inst.symbol);
    fapi_j_text(b, "positionSide", fapi_position_side_name(p->position_side));
    fapi_j_e8(b, "positionAmt", signed_of(p, p->qty.e8), y->quantity_precision);
    fapi_j_e8(b, "unrealizedProfit", p->unrealized.e8, MONEY_DECIMALS);
    fapi_j_e8(b, "isolatedMargin", p->isolated_margin.e8, MONEY_DECIMALS);
    fapi_j_zero(b, "notional", signed_of(p, p->notional.e8), MONEY_DECIMALS);
    fapi_j_zero(b, "isolatedWallet", p->isolated_wallet.e8, MONEY_DECIMALS);
    fapi_j_zero(b, "initialMargin", p->initial_margin.e8, MONEY_DECIMALS);
    fapi_j_zero(b, "maintMargin", p->maintenance_margin.e8, MONEY_DECIMALS);
    if (v2) {
        fapi_j_zero(b, "positionInitialMargin", p->initial_margin.e8, MONEY_DECIMALS);
        fapi_j_text(b, "openOrderInitialMargin", "0");
        put_leverage(b, p->leverage_ppm);
        fapi_j_bool(b, "isolated", !p->cross);
        fapi_j_e8(b, "entryPrice", p->entry.e8, ENTRY_DECIMALS);
        fapi_j_e8(b, "breakEvenPrice", p->break_even.e8, ENTRY_DECIMALS);
        fapi_j_e8(b, "maxNotional", fapi_notional_max(c->f, symbol, p->leverage_ppm).e8, 0);
        fapi_j_text(b, "bidNotional", "0");
        fapi_j_text(b, "askNotional", "0");
    }
    fapi_j_i64(b, "updateTime", p->update_ms);
    fapi_put(b, "}");
}

static void put_account_position_v2(struct fapi_call *c, uint32_t symbol, unsigned leg, const struct fapi_position *p)
{
    (void)leg;
    put_account_position(c, symbol, p, true);
}

static void put_account_position_v3(struct fapi_call *c, uint32_t symbol, unsigned leg, const struct fapi_position *p)
{
    (void)leg;
    put_account_position(c, symbol, p, false);
}

struct amount {
    const char *name;
    int64_t e8;
};

static void put_amounts(struct eb_buffer *b, const struct amount *amount, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fapi_j_e8(b, amount[i].name, amount[i].e8, MONEY_DECIMALS);
    }
}

static int64_t sum(int64_t a, int64_t b)
{
    int64_t out;
    return eb_add_i64(a, b, &out) ? out : a;
}

static void put_assets(struct eb_buffer *b, const struct fapi_balance *w, bool v2)
{
    const struct amount amounts[] = {{"walletBalance", w->wallet.e8},
                                     {"unrealizedProfit", w->unrealized.e8},
                                     {"marginBalance", sum(w->wallet.e8, w->unrealized.e8)},
                                     {"maintMargin", w->maintenance.e8},
                                     {"initialMargin", w->initial.e8},
                                     {"positionInitialMargin", w->position_initial.e8},
                                     {"openOrderInitialMargin", w->order_initial.e8},
                                     {"crossWalletBalance", w->cross_wallet.e8},
                                     {"crossUnPnl", w->cross_unrealized.e8},
                                     {"availableBalance", w->available.e8},
                                     {"maxWithdrawAmount", w->available.e8}};
    fapi_j_key(b, "assets");
    fapi_put(b, "[{");
    fapi_j_text(b, "asset", "USDT");
    put_amounts(b, amounts, EB_COUNT(amounts));
    if (v2) {
        fapi_j_bool(b, "marginAvailable", true);
    }
    fapi_j_i64(b, "updateTime", w->update_ms);
    fapi_put(b, "}]");
}

static void put_rights(struct fapi_call *c)
{
    struct eb_buffer *b = c->out;
    fapi_j_i64(b, "feeTier", 0);
    fapi_j_bool(b, "feeBurn", false);
    fapi_j_bool(b, "canTrade", fapi_can_trade(c->a));
    fapi_j_bool(b, "canDeposit", true);
    fapi_j_bool(b, "canWithdraw", true);
    fapi_j_i64(b, "updateTime", 0);
    fapi_j_bool(b, "multiAssetsMargin", fapi_multi_assets(c->a));
    fapi_j_i64(b, "tradeGroupId", -1);
}

static void do_account(struct fapi_call *c, bool v2)
{
    struct fapi_balance w = {0};
    fapi_balance_of(c->a, &w);
    const struct amount totals[] = {{"totalInitialMargin", w.initial.e8},
                                    {"totalMaintMargin", w.maintenance.e8},
                                    {"totalWalletBalance", w.wallet.e8},
                                    {"totalUnrealizedProfit", w.unrealized.e8},
                                    {"totalMarginBalance", sum(w.wallet.e8, w.unrealized.e8)},
                                    {"totalPositionInitialMargin", w.position_initial.e8},
                                    {"totalOpenOrderInitialMargin", w.order_initial.e8},
                                    {"totalCrossWalletBalance", w.cross_wallet.e8},
                                    {"totalCrossUnPnl", w.cross_unrealized.e8},
                                    {"availableBalance", w.available.e8},
                                    {"maxWithdrawAmount", w.available.e8}};
    fapi_put(c->out, "{");
    if (v2) {
        put_rights(c);
    }
    put_amounts(c->out, totals, EB_COUNT(totals));
    put_assets(c->out, &w, v2);
    fapi_j_key(c->out, "positions");
    fapi_put(c->out, "[");
    const struct rows r = {
        .c = c, .symbol = FAPI_NONE, .all = v2, .put = v2 ? put_account_position_v2 : put_account_position_v3};
    each_position(&r);
    fapi_put(c->out, "]}");
}

void fapi_do_account_v2(struct fapi_call *c)
{
    do_account(c, true);
}

void fapi_do_account_v3(struct fapi_call *c)
{
    do_account(c, false);
}

void fapi_do_balance(struct fapi_call *c)
{
    struct fapi_balance w = {0};
    fapi_balance_of(c->a, &w);
    const struct amount amounts[] = {{"balance", w.wallet.e8},
                                     {"crossWalletBalance", w.cross_wallet.e8},
                                     {"crossUnPnl", w.cross_unrealized.e8},
                                     {"availableBalance", w.available.e8},
                                     {"maxWithdrawAmount", w.available.e8}};
    fapi_put(c->out, "[{");
    fapi_j_text(c->out, "accountAlias", "SgsR");
    fapi_j_text(c->out, "asset", "USDT");
    put_amounts(c->out, amounts, EB_COUNT(amounts));
    fapi_j_bool(c->out, "marginAvailable", true);
    fapi_j_i64(c->out, "updateTime", w.update_ms);
    fapi_put(c->out, "}]");
}

/* ---- trades ------------------------------------------------------------------------------------------------------ */

static void put_trade(struct fapi_call *c, const struct eb_sim_trade *t)
{
    const struct fapi_symbol *y = fapi_symbol_at(c->f, t->symbol);
    struct eb_buffer *b = c->out;
    fapi_j_open(b, "{");
    fapi_j_bool(b, "buyer", t->order_side == EB_BUY);
    fapi_j_e8(b, "commission", t->fee.e8, MONEY_DECIMALS);
    fapi_j_text(b, "commissionAsset", y->margin);
    fapi_j_u64(b, "id", t->trade_id);
    fapi_j_bool(b, "maker", t->maker);
    fapi_j_u64(b, "orderId", t->venue_order_id);
    fapi_j_e8(b, "price", t->price.e8, y->price_precision);
    fapi_j_e8(b, "qty", t->qty.e8, y->quantity_precision);
    fapi_j_e8(b, "quoteQty", fapi_quote_e8(t->price, t->qty), y->price_precision);
    fapi_j_e8(b, "realizedPnl", t->pnl.e8, MONEY_DECIMALS);
    fapi_j_text(b, "side", fapi_side_name(t->order_side));
    fapi_j_text(b, "positionSide", fapi_position_side_name(t->position_side));
    fapi_j_text(b, "symbol", y->inst.symbol);
    fapi_j_i64(b, "time", t->venue_ms);
    fapi_put(b, "}");
}

struct wanted {
    uint32_t symbol;
    uint64_t order_id, from_id;
    int64_t from_ms, to_ms;
};

static bool is_wanted(const struct wanted *w, const struct eb_sim_trade *t)
{
    return t->symbol == w->symbol && (w->order_id == 0 || t->venue_order_id == w->order_id) &&
           t->trade_id >= w->from_id && t->venue_ms >= w->from_ms && t->venue_ms <= w->to_ms;
}

static void do_trades(struct fapi_call *c)
{
    struct wanted w = {.symbol = FAPI_NONE};
    (void)fapi_get_symbol(c, "symbol", true, &w.symbol);
    (void)fapi_get_u64(c, "orderId", false, &w.order_id);
    bool by_id = fapi_get_u64(c, "fromId", false, &w.from_id);
    bool from = fapi_get_window(c, &w.from_ms, &w.to_ms);
    size_t limit = fapi_get_limit(c, TRADES_DEFAULT, TRADES_MAX);
    if (c->code == 0 && by_id && (from || w.to_ms != INT64_MAX)) {
        fapi_fail(c, -1128, NULL);
    }
    if (c->code != 0) {
        return;
    }
    size_t count = 0;
    const struct eb_sim_trade *t = eb_sim_trades(fapi_account_sim(c->a), &count);
    size_t at = 0;
    if (!by_id && !from) { /* the latest: from the end until there are enough */
        size_t found = 0;
        for (at = count; at > 0 && found < limit; at--) {
            found += is_wanted(&w, &t[at - 1]) ? 1 : 0;
        }
    }
    fapi_put(c->out, "[");
    for (size_t written = 0; at < count && written < limit; at++) {
        if (is_wanted(&w, &t[at])) {
            put_trade(c, &t[at]);
            written++;
        }
    }
    fapi_put(c->out, "]");
}

struct fapi_routes fapi_routes_account(void)
{
    static const struct fapi_endpoint rows[] = {
        {"GET", "/fapi/v2/positionRisk", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, 0, fapi_do_positions_v2},
        {"GET", "/fapi/v3/positionRisk", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, 0, fapi_do_positions_v3},
        {"GET", "/fapi/v2/account", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, 0, fapi_do_account_v2},
        {"GET", "/fapi/v3/account", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, 0, fapi_do_account_v3},
        {"GET", "/fapi/v2/balance", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, 0, fapi_do_balance},
        {"GET", "/fapi/v3/balance", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, 0, fapi_do_balance},
        {"GET", "/fapi/v1/userTrades", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, 0, do_trades},
    };
    return (struct fapi_routes){rows, EB_COUNT(rows)};
}
