/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cross margin: positions whose margin is whatever the account has beyond its isolated ones.
 *
 *     mark or position of a symbol changes -> its share of the account's sums -> is the account's margin enough still?
 *
 * Sums are kept, so that a price costs the same whatever the number of positions. All money is int64 at 1e-8.
 */
#include "venue/sim/internal.h"

static eb_price mark_of(const struct sim_symbol *s, const struct sim_position *p)
{
    return s->quote.mark.e8 > 0 ? s->quote.mark : p->entry; /* no mark yet: nothing gained, nothing lost */
}

void eb_sim_cross_refresh(struct eb_sim *sim, struct sim_symbol *s)
{
    int64_t unrealized = 0, maintenance = 0;
    for (unsigned leg = 0; s->cross && leg < 2; leg++) {
        const struct sim_position *p = &s->position[leg];
        int64_t rate, cum;
        if (p->qty.e8 > 0) {
            unrealized += eb_sim_unrealized_of(p, mark_of(s, p));
            maintenance += eb_sim_maintenance_of(s, p, mark_of(s, p), &rate, &cum);
        }
    }
    sim->account.cross_unrealized += unrealized - s->cross_unrealized;
    sim->account.cross_maintenance += maintenance - s->cross_maintenance;
    s->cross_unrealized = unrealized;
    s->cross_maintenance = maintenance;
}

int64_t eb_sim_cross_wallet(const struct eb_sim *sim)
{
    return sim->account.wallet.e8 - (sim->account.margin.e8 - sim->account.cross_margin);
}

/*
 * The exchange's formula. Upper case is the account without this symbol:
 * price = (wallet - MAINTENANCE + UNREALIZED + sum of cum - sum of side * q * entry) / (sum of q * (rate - side)),
 * sums over the legs of this symbol, which in hedge mode end together.
 */
static eb_price cross_price(const struct eb_sim *sim, const struct sim_symbol *s)
{
    eb_price none = {0};
    int64_t others = eb_sim_cross_wallet(sim) - (sim->account.cross_maintenance - s->cross_maintenance) +
                     (sim->account.cross_unrealized - s->cross_unrealized);
    eb_i128 num = (eb_i128)others * EB_E8, den = 0;
    for (unsigned leg = 0; leg < 2; leg++) {
        const struct sim_position *p = &s->position[leg];
        if (p->qty.e8 == 0) {
            continue;
        }
        int64_t rate, cum, sign = p->side == EB_LONG ? 1 : -1;
        (void)eb_sim_maintenance_of(s, p, mark_of(s, p), &rate, &cum);
        num += (eb_i128)cum * EB_E8 - sign * (eb_i128)p->qty.e8 * p->entry.e8;
        den += (eb_i128)p->qty.e8 * (rate - sign * EB_PPM);
    }
    eb_i128 scaled;
    int64_t price;
    if (den == 0 || __builtin_mul_overflow(num, (eb_i128)EB_PPM, &scaled)) {
        return none;
    }
    bool net_long = den < 0;
    scaled = net_long ? -scaled : scaled;
    den = net_long ? -den : den;
    if (scaled <= 0 || !eb_div_i64(scaled, den, net_long ? EB_ROUND_CEIL : EB_ROUND_FLOOR, &price)) {
        return none; /* the account covers a fall to zero */
    }
    return (eb_price){price};
}

eb_price eb_sim_liquidation_of(const struct eb_sim *sim, const struct sim_symbol *s, unsigned leg)
{
    if (!s->cross || s->position[leg].qty.e8 == 0) {
        return s->position[leg].liquidation;
    }
    return cross_price(sim, s);
}

/* ---- liquidation ------------------------------------------------------------------------------------------------- */

static bool is_short_of_margin(const struct eb_sim *sim)
{
    const struct sim_account *a = &sim->account;
    return a->cross_maintenance > 0 && eb_sim_cross_wallet(sim) + a->cross_unrealized <= a->cross_maintenance;
}

/* What the account has ordered is taken back before anything of it is sold. */
static void expire_orders(struct eb_sim *sim)
{
    for (eb_symbol_id id = 0; id < sim->config.symbols_max; id++) {
        struct sim_symbol *s = &sim->symbol[id];
        uint32_t i = s->cross ? s->first : SIM_NONE;
        while (i != SIM_NONE) {
            uint32_t next = sim->order[i].next;
            if (!sim->order[i].conditional) {
                eb_sim_order_close(sim, i, EB_OS_EXPIRED, -2023);
                eb_sim_tell_order(sim, &sim->order[i]);
            }
            i = next;
        }
    }
}

static struct sim_symbol *largest(const struct eb_sim *sim)
{
    struct sim_symbol *found = NULL;
    for (eb_symbol_id id = 0; id < sim->config.symbols_max; id++) {
        struct sim_symbol *s = &sim->symbol[id];
        bool more = found == NULL || s->cross_maintenance > found->cross_maintenance;
        if (s->known && s->cross && (s->position[0].qty.e8 > 0 || s->position[1].qty.e8 > 0) && more) {
            found = s;
        }
    }
    return found;
}

void eb_sim_cross_check(struct eb_sim *sim)
{
    if (!is_short_of_margin(sim)) {
        return;
    }
    expire_orders(sim);
    while (is_short_of_margin(sim)) {
        struct sim_symbol *s = largest(sim);
        if (s == NULL) {
            return;
        }
        for (unsigned leg = 0; leg < 2; leg++) {
            if (s->position[leg].qty.e8 > 0) {
                eb_sim_liquidate(sim, s, leg, mark_of(s, &s->position[leg]));
            }
        }
    }
}

/* ---- settings and views ------------------------------------------------------------------------------------------ */

int eb_sim_set_cross(struct eb_sim *sim, eb_symbol_id symbol, bool cross, struct eb_err *err)
{
    static const char where[] = "sim.set_cross";
    struct sim_symbol *s = sim_symbol_of(sim, symbol);
    if (s == NULL) {
        return eb_err_set(err, EB_E_NOT_FOUND, where, "symbol %u is not known", symbol);
    }
    if (s->position[0].qty.e8 > 0 || s->position[1].qty.e8 > 0) {
        return eb_err_set(err, EB_E_REFUSED, where, "%s: a position is open", s->inst.symbol);
    }
    s->cross = cross;
    return EB_OK;
}

bool eb_sim_is_cross(const struct eb_sim *sim, eb_symbol_id symbol)
{
    const struct sim_symbol *s = sim_symbol_of(sim, symbol);
    return s != NULL && s->cross;
}

void eb_sim_cross(const struct eb_sim *sim, struct eb_sim_cross *out)
{
    *out = (struct eb_sim_cross){
        .wallet = {eb_sim_cross_wallet(sim)},
        .unrealized = {sim->account.cross_unrealized},
        .maintenance = {sim->account.cross_maintenance},
    };
}

eb_money eb_sim_maintenance(const struct eb_sim *sim, eb_position_id slot, eb_price price)
{
    const struct sim_symbol *s = sim_symbol_of(sim, slot / 2);
    int64_t rate, cum;
    if (s == NULL || s->position[slot % 2].qty.e8 == 0) {
        return (eb_money){0};
    }
    return (eb_money){eb_sim_maintenance_of(s, &s->position[slot % 2], price, &rate, &cum)};
}
