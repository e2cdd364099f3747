/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account: balance, modes, margins, and positions as the stream tells them, with the terms (liquidation price,
 * margin) that only positionRisk knows.
 *
 *     ACCOUNT_UPDATE -> leg -> POSITION     then positionRisk of the symbol, one under way and one a second -> POSITION
 *     accountConfig, balance every minute: a change of the position mode is not pushed
 */
#include "venue/binance/inner.h"

#include <stdio.h>
#include <string.h>

#define RISK_EVERY_NS (1000 * BN_NS_IN_MS)
#define MARGIN_CALL_NS (60000 * BN_NS_IN_MS)
#define POSITION_RISK "/fapi/v3/positionRisk"

/* ---- positions --------------------------------------------------------------------------------------------------- */

void bn_leg_tell(struct eb_binance *b, struct bn_symbol *s, unsigned leg)
{
    struct bn_leg *l = &s->leg[leg];
    if (bn_symbol_held(b, s)) {
        l->pending = true;
        return;
    }
    l->pending = false;
    const struct eb_ev_position p = {.position_side = (uint8_t)leg,
                                     .side = l->side,
                                     .adopted = l->adopted,
                                     .qty = l->qty,
                                     .entry = l->entry,
                                     .liquidation = l->qty.e8 > 0 ? l->liquidation : (eb_price){0},
                                     .margin = l->qty.e8 > 0 ? l->margin : (eb_money){0},
                                     .leverage_ppm = s->leverage_ppm,
                                     .opened_ms = l->opened_ms,
                                     .venue_ms = l->known_ms};
    struct eb_event ev = bn_event(b, EB_EV_POSITION, s->id);
    ev.u.venue_position = &p;
    bn_tell(b, &ev);
}

/* Both legs of a symbol on cross margin have one liquidation price, that of the larger: it lies beyond the mark in
 * favour of the smaller one, which no stop of that can run into. */
static eb_price own_liquidation(const struct bn_position_row *r)
{
    bool others =
        r->mark.e8 > 0 && (r->side == EB_LONG ? r->liquidation.e8 > r->mark.e8 : r->liquidation.e8 < r->mark.e8);
    return others ? (eb_price){0} : r->liquidation;
}

void bn_leg_terms(struct bn_leg *leg, const struct bn_position_row *r)
{
    if (r->qty.e8 > 0 && leg->qty.e8 > 0 && r->side == leg->side) {
        leg->liquidation = own_liquidation(r);
        leg->margin = r->margin;
    }
}

void bn_leg_from_row(struct bn_leg *leg, const struct bn_position_row *r)
{
    leg->side = r->side;
    leg->qty = r->qty;
    leg->entry = r->entry;
    leg->known = true;
    leg->known_ms = r->update_ms > leg->known_ms ? r->update_ms : leg->known_ms;
    leg->liquidation = own_liquidation(r);
    leg->margin = r->margin;
}

static void config_of_symbol_came(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct bn_symbol *s = &b->symbol[tag];
    struct eb_err err = {0};
    uint64_t epoch = b->epoch;
    int64_t before_ppm = s->leverage_ppm;
    s->config_under_way = false;
    int rc = r->outcome == BN_ACCEPTED ? bn_symbols_take_configs(b, r, &err) : EB_E_IO;
    if (rc != EB_OK) {
        eb_log(b->c.log, EB_LOG_WARN, "leverage.unread", EB_STR("symbol", s->name), EB_I64("code", r->code),
               EB_STR("why", r->outcome == BN_ACCEPTED ? err.msg : r->msg));
    }
    bool told = s->id != EB_NO_SYMBOL && s->leverage_ppm != before_ppm;
    for (unsigned leg = 0; told && leg < EB_COUNT(s->leg) && epoch == b->epoch; leg++) {
        if (s->leg[leg].qty.e8 > 0) {
            bn_leg_tell(b, s, leg);
        }
    }
    if (epoch == b->epoch) {
        bn_release(b);
    }
    if (epoch == b->epoch) {
        bn_flush(b);
    }
}

static void ask_config(struct eb_binance *b, struct bn_symbol *s)
{
    struct bn_params p;
    if (s->config_under_way) {
        return;
    }
    bn_params_init(&p);
    bn_param_text(&p, "symbol", s->name);
    s->config_under_way = bn_read(b, "/fapi/v1/symbolConfig", &p, 5, BN_PRIORITY_QUERY, config_of_symbol_came,
                                  bn_symbol_index(b, s)) == EB_OK;
}

static void position_heard(struct eb_binance *b, struct bn_symbol *s, const struct bn_user_position *p, int64_t at_ms)
{
    struct bn_leg *l = &s->leg[p->position_side];
    if (at_ms < l->known_ms) {
        return; /* a picture that was newer has been told */
    }
    bool was_open = l->qty.e8 > 0;
    bool opens = p->qty.e8 > 0 && (!was_open || p->side != l->side);
    bool resized = p->qty.e8 != l->qty.e8 || opens;
    if (opens) { /* what was known of another position is no term of this one */
        l->adopted = !(b->watching || (l->known && !was_open) || was_open);
        l->opened_ms = l->adopted ? 0 : at_ms;
        l->liquidation.e8 = 0;
        l->margin.e8 = 0;
    }
    if (p->qty.e8 == 0) {
        l->liquidation.e8 = 0;
        l->margin.e8 = 0;
        l->opened_ms = 0;
    }
    l->known = true;
    l->side = p->qty.e8 > 0 ? p->side : l->side;
    l->qty = p->qty;
    l->entry = p->entry;
    l->known_ms = at_ms;
    l->heard_ns = bn_now_ns(b);
    s->isolated = p->qty.e8 > 0 ? !p->cross : s->isolated;
    if (p->qty.e8 > 0 && !p->cross && p->isolated.e8 > 0) {
        l->margin = p->isolated;
    }
    if (p->qty.e8 > 0 && (resized || p->cross)) {
        bn_risk_want(b, s);
    }
    if (opens) {
        ask_config(b, s); /* its leverage is as old as the connection, but for what was pushed */
        bn_hold_for_terms(b, s);
    }
    bn_leg_tell(b, s, p->position_side);
}

/* ---- their terms ------------------------------------------------------------------------------------------------- */

struct risk {
    struct eb_binance *b;
    struct bn_symbol *s;
};

static int take_risk(void *user, const struct bn_position_row *r)
{
    struct risk *t = user;
    if (strcmp(r->symbol, t->s->name) != 0 || r->position_side > EB_PS_SHORT) {
        return EB_OK;
    }
    struct bn_leg *l = &t->s->leg[r->position_side];
    const struct bn_leg before = *l;
    uint64_t epoch = t->b->epoch;
    if (r->update_ms >= l->known_ms && r->qty.e8 == l->qty.e8) {
        bn_leg_from_row(l, r);
    } else { /* sizes are the stream's to tell, and the picture's; a lagging row still has terms nearer than none */
        bn_leg_terms(l, r);
    }
    bool news = l->liquidation.e8 != before.liquidation.e8 || l->margin.e8 != before.margin.e8 ||
                l->entry.e8 != before.entry.e8 || l->side != before.side;
    if (l->qty.e8 > 0 && (news || l->pending)) {
        bn_leg_tell(t->b, t->s, r->position_side);
    }
    return epoch == t->b->epoch ? EB_OK : EB_E_END;
}

static int take_any_risk(void *user, const struct bn_position_row *r)
{
    struct risk *t = user;
    t->s = bn_symbol_find(t->b, r->symbol);
    return t->s != NULL && t->s->id != EB_NO_SYMBOL ? take_risk(t, r) : EB_OK;
}

static void risk_came(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct risk t = {b, &b->symbol[tag]};
    struct eb_err err = {0};
    uint64_t epoch = b->epoch;
    t.s->risk_under_way = false;
    t.s->risk_next_ns = bn_now_ns(b) + RISK_EVERY_NS;
    b->count.rereads++;
    int rc = r->outcome == BN_ACCEPTED && t.s->id != EB_NO_SYMBOL
                 ? bn_decode_positions(r->body, r->len, take_risk, &t, &err)
                 : EB_E_IO;
    if (epoch != b->epoch) {
        return;
    }
    if (rc != EB_OK) {
        eb_log(b->c.log, EB_LOG_WARN, "position.unread", EB_STR("symbol", t.s->name), EB_I64("code", r->code),
               EB_STR("why", r->outcome == BN_ACCEPTED ? err.msg : r->msg));
    }
    bn_release(b);
    if (epoch == b->epoch) {
        bn_flush(b);
    }
}

static void ask_risk(struct eb_binance *b, struct bn_symbol *s)
{
    struct bn_params p;
    bn_params_init(&p);
    bn_param_text(&p, "symbol", s->name);
    s->risk_under_way = bn_read(b, POSITION_RISK, &p, 5, BN_PRIORITY_QUERY, risk_came, bn_symbol_index(b, s)) == EB_OK;
    s->risk_wanted = !s->risk_under_way;
    s->risk_next_ns = bn_now_ns(b) + RISK_EVERY_NS;
}

void bn_risk_want(struct eb_binance *b, struct bn_symbol *s)
{
    if (!s->risk_under_way && bn_now_ns(b) >= s->risk_next_ns) {
        ask_risk(b, s);
    } else {
        s->risk_wanted = true;
    }
}

static void all_risk_came(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct risk t = {b, NULL};
    struct eb_err err = {0};
    uint64_t epoch = b->epoch;
    (void)tag;
    b->all_risk_asked = false;
    b->all_risk_next_ns = bn_now_ns(b) + RISK_EVERY_NS;
    b->count.rereads++;
    int rc = r->outcome == BN_ACCEPTED ? bn_decode_positions(r->body, r->len, take_any_risk, &t, &err) : EB_E_IO;
    if (epoch != b->epoch) {
        return;
    }
    if (rc != EB_OK) {
        eb_log(b->c.log, EB_LOG_WARN, "positions.unread", EB_I64("code", r->code),
               EB_STR("why", r->outcome == BN_ACCEPTED ? err.msg : r->msg));
    }
    bn_flush(b);
}

/* Cross margin is one wallet: what happens to one position moves the liquidation price of all. */
static bool others_on_cross(const struct eb_binance *b, const struct bn_user *u)
{
    for (uint32_t i = 0; i < b->c.symbols_max; i++) {
        const struct bn_symbol *s = b->by_id[i] != BN_NO_RECORD ? &b->symbol[b->by_id[i]] : NULL;
        bool open = s != NULL && !s->isolated && (s->leg[0].qty.e8 > 0 || s->leg[1].qty.e8 > 0 || s->leg[2].qty.e8 > 0);
        bool named = false;
        for (size_t k = 0; open && k < u->positions && k < BN_USER_POSITIONS_MAX; k++) {
            named = named || strcmp(u->position[k].symbol, s->name) == 0; /* it is read again by itself */
        }
        if (open && !named) {
            return true;
        }
    }
    return false;
}

static void ask_all_risk(struct eb_binance *b)
{
    int64_t now_ns = bn_now_ns(b);
    if (!b->all_risk_wanted || b->all_risk_asked || now_ns < b->all_risk_next_ns) {
        return;
    }
    b->all_risk_asked = bn_read(b, POSITION_RISK, NULL, 5, BN_PRIORITY_QUERY, all_risk_came, 0) == EB_OK;
    b->all_risk_wanted = !b->all_risk_asked;
    b->all_risk_next_ns = now_ns + RISK_EVERY_NS;
}

/* ---- the account as a whole -------------------------------------------------------------------------------------- */

void bn_account_tell(struct eb_binance *b)
{
    struct eb_event ev = bn_event(b, EB_EV_ACCOUNT, EB_NO_SYMBOL);
    ev.u.account = (struct eb_ev_account){.balance = b->balance, .hedge = b->hedge};
    bn_tell(b, &ev);
}

void bn_account_event(struct eb_binance *b, const struct bn_user *u)
{
    uint64_t epoch = b->epoch;
    if (u->has_balance && u->balance.e8 != b->balance.e8) {
        b->balance = u->balance;
        bn_account_tell(b);
    }
    for (size_t i = 0; i < u->positions && i < BN_USER_POSITIONS_MAX && epoch == b->epoch; i++) {
        const struct bn_user_position *p = &u->position[i];
        struct bn_symbol *s = bn_symbol_find(b, p->symbol);
        bool matters = s == NULL || p->qty.e8 > 0 || s->id != EB_NO_SYMBOL;
        s = matters ? bn_symbol_seen(b, p->symbol) : NULL;
        if (s != NULL && epoch == b->epoch && p->position_side <= EB_PS_SHORT) {
            position_heard(b, s, p, u->time_ms != 0 ? u->time_ms : u->event_ms);
        }
    }
    if (epoch == b->epoch && others_on_cross(b, u)) {
        b->all_risk_wanted = true;
        ask_all_risk(b);
    }
    if (u->truncated && epoch == b->epoch) {
        bn_gap(b, "more positions changed at once than an event can hold");
    }
}

void bn_account_leverage(struct eb_binance *b, const struct bn_user *u)
{
    struct bn_symbol *s = bn_symbol_find(b, u->symbol);
    uint64_t epoch = b->epoch;
    if (s == NULL) {
        b->count.unknown_symbols++;
        return;
    }
    s->leverage_ppm = u->leverage_ppm > 0 ? u->leverage_ppm : s->leverage_ppm;
    for (unsigned leg = 0; s->id != EB_NO_SYMBOL && leg < EB_COUNT(s->leg) && epoch == b->epoch; leg++) {
        if (s->leg[leg].qty.e8 > 0) {
            bn_leg_tell(b, s, leg);
            if (epoch == b->epoch) {
                bn_risk_want(b, s); /* margin and liquidation price have changed with it */
            }
        }
    }
}

void bn_account_assets(struct eb_binance *b, bool multi_assets)
{
    b->multi_assets = multi_assets;
    bn_trouble(
        b, "margin.multi_assets", "", multi_assets && b->c.refuse_multi_assets,
        "the account is in multi-assets mode: liquidation prices and margins are not those of one wallet. Turn it "
        "off at the exchange, or allow it by binance.allow_multi_assets");
}

void bn_account_margin_call(struct eb_binance *b, const struct bn_user *u)
{
    struct bn_symbol *s = bn_symbol_find(b, u->symbol);
    uint64_t epoch = b->epoch;
    if (s == NULL) {
        b->count.unknown_symbols++;
        return;
    }
    b->count.margin_calls++;
    s->margin_called_ns = bn_now_ns(b);
    bn_trouble(b, "margin.call", s->name, true,
               "%s: the exchange calls for margin, liquidation is near: add margin or reduce", s->name);
    if (epoch == b->epoch && s->id != EB_NO_SYMBOL) {
        bn_risk_want(b, s);
    }
}

/* ---- once a minute ----------------------------------------------------------------------------------------------- */

void bn_config_take(struct eb_binance *b, const struct bn_account_config *c)
{
    bool changed = b->config_read && c->hedge != b->hedge && b->stage >= BN_GREETED;
    bool multi = c->multi_assets != b->multi_assets;
    bool trade = b->config_read && c->can_trade != b->can_trade;
    uint64_t epoch = b->epoch;
    b->hedge = c->hedge;
    b->can_trade = c->can_trade;
    b->config_read = true;
    if (multi || c->multi_assets) {
        bn_account_assets(b, c->multi_assets);
    }
    if (!c->can_trade || trade) {
        bn_trouble(b, "key.cannot_trade", "", !c->can_trade,
                   "the exchange does not let this key trade: enable futures for it, or use another key");
    }
    if (b->changed_mode && !changed) {
        b->changed_mode = false;
        bn_trouble(b, "position_mode", "", false, "the position mode stays as it is");
    }
    if (!changed || epoch != b->epoch) {
        return;
    }
    b->changed_mode = true;
    bn_trouble(b, "position_mode", "", true, "somebody changed the account's position mode: it is %s now",
               c->hedge ? "hedge" : "one-way");
    if (epoch == b->epoch) {
        bn_account_tell(b);
    }
    if (epoch == b->epoch) {
        bn_gap(b, "the position mode was changed");
    }
}

static void config_came(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct bn_account_config c;
    struct eb_err err = {0};
    (void)tag;
    b->account_under_way = false;
    int rc = r->outcome == BN_ACCEPTED ? bn_decode_account_config(r->body, r->len, &c, &err) : EB_E_IO;
    if (rc == EB_OK) {
        bn_config_take(b, &c);
    } else {
        eb_log(b->c.log, EB_LOG_WARN, "account.unread", EB_I64("code", r->code),
               EB_STR("why", r->outcome == BN_ACCEPTED ? err.msg : r->msg));
    }
    bn_flush(b);
}

static void balance_came(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct eb_err err = {0};
    eb_money wallet;
    (void)tag;
    int rc = r->outcome == BN_ACCEPTED ? bn_decode_balance(r->body, r->len, &wallet, &err) : EB_E_IO;
    if (rc == EB_OK && wallet.e8 != b->balance.e8) {
        b->balance = wallet;
        bn_account_tell(b);
    } else if (rc != EB_OK) {
        eb_log(b->c.log, EB_LOG_WARN, "balance.unread", EB_I64("code", r->code),
               EB_STR("why", r->outcome == BN_ACCEPTED ? err.msg : r->msg));
    }
    bn_flush(b);
}

void bn_account_reread(struct eb_binance *b)
{
    b->account_next_ns = bn_now_ns(b) + b->c.account_every_ms * BN_NS_IN_MS;
    if (b->account_under_way) {
        return;
    }
    b->account_under_way = bn_read(b, "/fapi/v1/accountConfig", NULL, 5, BN_PRIORITY_READ, config_came, 0) == EB_OK;
    if (bn_read(b, "/fapi/v3/balance", NULL, 5, BN_PRIORITY_READ, balance_came, 0) != EB_OK) {
        b->account_next_ns = bn_now_ns(b) + RISK_EVERY_NS; /* not now: in a second */
    }
}

static void end_margin_calls(struct eb_binance *b, int64_t now_ns)
{
    uint64_t epoch = b->epoch;
    for (uint32_t i = 0; i < b->symbols && epoch == b->epoch; i++) {
        struct bn_symbol *s = &b->symbol[i];
        if (s->margin_called_ns != 0 && now_ns - s->margin_called_ns > MARGIN_CALL_NS) {
            s->margin_called_ns = 0;
            bn_trouble(b, "margin.call", s->name, false, "no call for margin for a minute");
        }
    }
}

void bn_account_second(struct eb_binance *b)
{
    int64_t now_ns = bn_now_ns(b);
    if (now_ns >= b->account_next_ns) {
        bn_account_reread(b);
    }
    end_margin_calls(b, now_ns);
    ask_all_risk(b);
    for (uint32_t i = 0; i < b->c.symbols_max; i++) {
        struct bn_symbol *s = b->by_id[i] != BN_NO_RECORD ? &b->symbol[b->by_id[i]] : NULL;
        if (s != NULL && s->risk_wanted && !s->risk_under_way && now_ns >= s->risk_next_ns) {
            ask_risk(b, s);
        }
    }
}
