/* SPDX-License-Identifier: Apache-2.0 */
/* What another system, a person or the exchange itself does to an account; events.c tells it as they would be told. */
#include "venue/fapi/book.h"

static int synced(struct fapi_account *a, uint32_t symbol, struct eb_err *err)
{
    if (symbol >= a->symbols || !fapi_account_sync(a, symbol)) {
        return eb_err_set(err, EB_E_NOT_FOUND, "sim", "symbol %u is not traded", symbol);
    }
    return EB_OK;
}

int fapi_hand_leverage(struct fapi_account *a, uint32_t symbol, int64_t leverage_ppm, struct eb_err *err)
{
    if (leverage_ppm <= 0 || leverage_ppm == fapi_leverage_ppm(a, symbol)) {
        return EB_OK;
    }
    a->quiet = true; /* the exchange tells the leverage, not the position */
    int rc = eb_sim_set_leverage(a->sim, symbol, leverage_ppm, err);
    a->quiet = false;
    if (rc == EB_OK) {
        fapi_news_leverage(a, symbol);
    }
    return rc;
}

int fapi_hand_open(struct fapi_account *a, uint32_t symbol, uint8_t side, eb_qty qty, int64_t leverage_ppm,
                   struct eb_err *err)
{
    const struct eb_sim_entry e = {.symbol = symbol, .side = side, .qty = qty, .leverage_ppm = leverage_ppm};
    int rc = synced(a, symbol, err);
    rc = rc == EB_OK ? fapi_hand_leverage(a, symbol, leverage_ppm, err) : rc;
    return rc == EB_OK ? eb_sim_open(a->sim, &e, NULL, err) : rc;
}

int fapi_hand_close(struct fapi_account *a, uint32_t symbol, unsigned leg, eb_qty qty, struct eb_err *err)
{
    int rc = synced(a, symbol, err);
    return rc == EB_OK ? eb_sim_close(a->sim, 2 * symbol + leg, qty, (eb_price){0}, NULL, err) : rc;
}

int fapi_hand_deleverage(struct fapi_account *a, uint32_t symbol, unsigned leg, eb_qty qty, struct eb_err *err)
{
    int rc = synced(a, symbol, err);
    return rc == EB_OK ? eb_sim_deleverage(a->sim, 2 * symbol + leg, qty, (eb_price){0}, err) : rc;
}

int fapi_hand_liquidate(struct fapi_account *a, uint32_t symbol, unsigned leg, struct eb_err *err)
{
    int rc = synced(a, symbol, err);
    if (rc == EB_OK && eb_sim_liquidate_by_hand(a->sim, 2 * symbol + leg) != EB_OK) {
        rc = eb_err_set(err, EB_E_NOT_FOUND, "sim", "%s: no position, or no mark price", a->symbol[symbol].inst.symbol);
    }
    return rc;
}

int fapi_hand_fill_part(struct fapi_account *a, uint64_t order_id, eb_qty qty, struct eb_err *err)
{
    const struct fapi_order *o = fapi_order_at(a, order_id);
    if (o == NULL || !o->open) {
        return eb_err_set(err, EB_E_NOT_FOUND, "sim", "orderId: no open order has it");
    }
    int rc = synced(a, o->t.symbol, err);
    return rc == EB_OK ? eb_sim_fill_part(a->sim, o->t.symbol, order_id, qty, err) : rc;
}

void fapi_hand_transfer(struct fapi_account *a, eb_money amount)
{
    fapi_account_clock(a);
    eb_sim_transfer(a->sim, amount);
}

int fapi_hand_depth(struct fapi_account *a, uint32_t symbol, eb_qty per_tick, struct eb_err *err)
{
    int rc = synced(a, symbol, err);
    return rc == EB_OK ? eb_sim_set_depth(a->sim, symbol, per_tick) : rc;
}

void fapi_hand_ids(struct fapi_account *a, uint64_t order, uint64_t algo, uint64_t trade)
{
    for (uint32_t i = 0; i < a->symbols; i++) {
        eb_sim_skip_ids(a->sim, i, order, trade);
    }
    a->algo_id = algo > a->algo_id + 1 ? algo - 1 : a->algo_id;
}
