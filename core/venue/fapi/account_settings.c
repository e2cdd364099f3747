/* SPDX-License-Identifier: Apache-2.0 */
/* Modes of an account, leverage and margin type of a symbol: set as the exchange lets them be set. */
#include "venue/fapi/book.h"

static bool has_positions(const struct fapi_account *a, uint32_t symbol)
{
    for (uint32_t i = 0; i < a->symbols; i++) {
        if ((symbol == FAPI_NONE || i == symbol) && (a->symbol[i].held[0] || a->symbol[i].held[1])) {
            return true;
        }
    }
    return false;
}

static void count_one(void *user, const struct fapi_order *o)
{
    (void)o;
    ++*(uint32_t *)user;
}

static bool has_orders(struct fapi_account *a, uint32_t symbol)
{
    uint32_t count = 0;
    fapi_orders(a, symbol, true, count_one, &count);
    return count > 0 || (symbol == FAPI_NONE ? a->algos.open_count > 0 : a->symbol[symbol].algos > 0);
}

bool fapi_hedge(const struct fapi_account *a)
{
    struct eb_sim_account_view v;
    eb_sim_account(a->sim, &v);
    return v.hedge;
}

bool fapi_multi_assets(const struct fapi_account *a)
{
    return a->multi_assets;
}

int32_t fapi_set_hedge(struct fapi_account *a, bool hedge)
{
    if (hedge == fapi_hedge(a)) {
        return -4059;
    }
    if (has_positions(a, FAPI_NONE)) {
        return -4068;
    }
    struct eb_err ignored = {0};
    fapi_account_clock(a);
    return has_orders(a, FAPI_NONE) || eb_sim_set_hedge(a->sim, hedge, &ignored) != EB_OK ? -4067 : 0;
}

int32_t fapi_set_multi_assets(struct fapi_account *a, bool on)
{
    if (on == a->multi_assets) {
        return -4171;
    }
    for (uint32_t i = 0; on && i < a->symbols; i++) {
        if (has_positions(a, i) && !fapi_cross(a, i)) {
            return -4167;
        }
    }
    a->multi_assets = on;
    fapi_news_multi_assets(a);
    return 0;
}

int64_t fapi_leverage_ppm(const struct fapi_account *a, uint32_t symbol)
{
    int64_t leverage_ppm = eb_sim_leverage_ppm(a->sim, symbol);
    return leverage_ppm > 0 ? leverage_ppm : FAPI_LEVERAGE_DEFAULT; /* of a symbol that does not trade */
}

bool fapi_cross(const struct fapi_account *a, uint32_t symbol)
{
    return eb_sim_is_cross(a->sim, symbol);
}

int32_t fapi_set_leverage(struct fapi_account *a, uint32_t symbol, int64_t leverage_ppm)
{
    struct fapi_bracket bracket[FAPI_TIERS];
    if (symbol >= a->symbols || !fapi_account_sync(a, symbol)) {
        return -1121;
    }
    (void)fapi_brackets(a->f, symbol, bracket);
    if (leverage_ppm < EB_PPM || leverage_ppm % EB_PPM != 0 || leverage_ppm > bracket[0].leverage * EB_PPM) {
        return -4028;
    }
    eb_money most = fapi_notional_max(a->f, symbol, leverage_ppm);
    for (unsigned leg = 0; leg < 2; leg++) {
        struct fapi_position p;
        bool held = fapi_position(a, symbol, leg, &p);
        if (held && (p.notional.e8 < 0 ? -p.notional.e8 : p.notional.e8) > most.e8) {
            return -2027;
        }
        if (held && !p.cross && leverage_ppm < p.leverage_ppm) {
            return -4161; /* isolated positions: not down */
        }
    }
    struct eb_err ignored = {0};
    a->quiet = true; /* the exchange tells the leverage, not the position */
    int rc = eb_sim_set_leverage(a->sim, symbol, leverage_ppm, &ignored);
    a->quiet = false;
    if (rc != EB_OK) {
        return -2028;
    }
    fapi_news_leverage(a, symbol);
    return 0;
}

int32_t fapi_set_cross(struct fapi_account *a, uint32_t symbol, bool cross)
{
    if (symbol >= a->symbols || !fapi_account_sync(a, symbol)) {
        return -1121;
    }
    if (cross == fapi_cross(a, symbol)) {
        return -4046;
    }
    if (!cross && a->multi_assets) {
        return -4168;
    }
    if (has_orders(a, symbol)) {
        return -4047;
    }
    struct eb_err ignored = {0};
    if (has_positions(a, symbol) || eb_sim_set_cross(a->sim, symbol, cross, &ignored) != EB_OK) {
        return -4048;
    }
    fapi_news_account(a, "MARGIN_TYPE_CHANGE", symbol, 0);
    return 0;
}

int32_t fapi_add_margin(struct fapi_account *a, uint32_t symbol, unsigned leg, eb_money amount)
{
    struct fapi_position p;
    struct fapi_balance b;
    if (symbol >= a->symbols || !fapi_account_sync(a, symbol)) {
        return -1121;
    }
    if (leg > 1 || !fapi_position(a, symbol, leg, &p) || p.cross) {
        return -4054;
    }
    fapi_balance_of(a, &b);
    if (amount.e8 > b.available.e8) {
        return -4050;
    }
    struct eb_err ignored = {0};
    a->quiet = true;
    int rc = eb_sim_add_margin(a->sim, 2 * symbol + leg, amount, &ignored);
    a->quiet = false;
    if (rc != EB_OK) {
        return -4051;
    }
    fapi_news_account(a, "MARGIN_TRANSFER", symbol, leg);
    return 0;
}
