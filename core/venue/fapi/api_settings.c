/* SPDX-License-Identifier: Apache-2.0 */
/* What an account is set to: modes, leverage, margin types, fees, limits; its income; its listen key. */
#include "venue/fapi/api.h"

#include "venue/fapi/book.h"

#define MONEY_DECIMALS 8
#define INCOME_DEFAULT 100
#define INCOME_MAX 1000

static const char success[] = "{\"code\":200,\"msg\":\"success\"}";

static void finish(struct fapi_call *c, int32_t code)
{
    if (code != 0) {
        fapi_fail(c, code, NULL);
    } else {
        fapi_put(c->out, success);
    }
}

static const char *name_of(const struct fapi_call *c, uint32_t symbol)
{
    return fapi_symbol_at(c->f, symbol)->inst.symbol;
}

/* ---- modes ------------------------------------------------------------------------------------------------------- */

static void get_dual(struct fapi_call *c)
{
    fapi_put(c->out, "{");
    fapi_j_bool(c->out, "dualSidePosition", fapi_hedge(c->a));
    fapi_put(c->out, "}");
}

static void set_dual(struct fapi_call *c)
{
    bool on = false;
    if (fapi_get_bool(c, "dualSidePosition", true, &on)) {
        finish(c, fapi_set_hedge(c->a, on));
    }
}

static void get_multi(struct fapi_call *c)
{
    fapi_put(c->out, "{");
    fapi_j_bool(c->out, "multiAssetsMargin", fapi_multi_assets(c->a));
    fapi_put(c->out, "}");
}

static void set_multi(struct fapi_call *c)
{
    bool on = false;
    if (fapi_get_bool(c, "multiAssetsMargin", true, &on)) {
        finish(c, fapi_set_multi_assets(c->a, on));
    }
}

static void get_config(struct fapi_call *c)
{
    struct eb_buffer *b = c->out;
    fapi_put(b, "{");
    fapi_j_i64(b, "feeTier", 0);
    fapi_j_bool(b, "canTrade", fapi_can_trade(c->a));
    fapi_j_bool(b, "canDeposit", true);
    fapi_j_bool(b, "canWithdraw", true);
    fapi_j_bool(b, "dualSidePosition", fapi_hedge(c->a));
    fapi_j_i64(b, "updateTime", 0);
    fapi_j_bool(b, "multiAssetsMargin", fapi_multi_assets(c->a));
    fapi_j_i64(b, "tradeGroupId", -1);
    fapi_put(b, "}");
}

static void get_fee_burn(struct fapi_call *c)
{
    fapi_put(c->out, "{\"feeBurn\":false}");
}

/* ---- symbols ----------------------------------------------------------------------------------------------------- */

/* Calls put for the symbol that was named, or for each, as elements of a list. */
static void each_symbol(struct fapi_call *c, void (*put)(struct fapi_call *c, uint32_t symbol))
{
    uint32_t symbol = FAPI_NONE;
    (void)fapi_get_symbol(c, "symbol", false, &symbol);
    if (c->code != 0) {
        return;
    }
    fapi_put(c->out, "[");
    uint32_t to = symbol != FAPI_NONE ? symbol + 1 : fapi_symbol_count(c->f);
    for (uint32_t i = symbol != FAPI_NONE ? symbol : 0; i < to; i++) {
        put(c, i);
    }
    fapi_put(c->out, "]");
}

static void put_config(struct fapi_call *c, uint32_t symbol)
{
    struct eb_buffer *b = c->out;
    int64_t leverage_ppm = fapi_leverage_ppm(c->a, symbol);
    fapi_j_open(b, "{");
    fapi_j_text(b, "symbol", name_of(c, symbol));
    fapi_j_text(b, "marginType", fapi_cross(c->a, symbol) ? "CROSSED" : "ISOLATED");
    fapi_j_bool(b, "isAutoAddMargin", false);
    fapi_j_i64(b, "leverage", leverage_ppm / EB_PPM);
    fapi_j_e8(b, "maxNotionalValue", fapi_notional_max(c->f, symbol, leverage_ppm).e8, 0);
    fapi_put(b, "}");
}

static void get_symbol_config(struct fapi_call *c)
{
    each_symbol(c, put_config);
}

static void put_brackets(struct fapi_call *c, uint32_t symbol)
{
    struct eb_buffer *b = c->out;
    struct fapi_bracket bracket[FAPI_TIERS];
    size_t count = fapi_brackets(c->f, symbol, bracket);
    fapi_j_open(b, "{");
    fapi_j_text(b, "symbol", name_of(c, symbol));
    fapi_j_key(b, "notionalCoef");
    fapi_put(b, "1.0");
    fapi_j_key(b, "brackets");
    fapi_put(b, "[");
    for (size_t i = 0; i < count; i++) {
        fapi_j_open(b, "{");
        fapi_j_i64(b, "bracket", (int64_t)i + 1);
        fapi_j_i64(b, "initialLeverage", bracket[i].leverage);
        fapi_j_bare(b, "notionalCap", bracket[i].cap.e8 / EB_E8 * EB_E8);
        fapi_j_bare(b, "notionalFloor", bracket[i].floor.e8);
        fapi_j_bare(b, "maintMarginRatio", bracket[i].maintenance_ppm * (EB_E8 / EB_PPM));
        fapi_j_bare(b, "cum", bracket[i].cum.e8);
        fapi_put(b, "}");
    }
    fapi_put(b, "]}");
}

static void get_brackets(struct fapi_call *c)
{
    each_symbol(c, put_brackets);
}

static void put_quantile(struct fapi_call *c, uint32_t symbol)
{
    struct fapi_position p;
    bool first = fapi_position(c->a, symbol, 0, &p);
    bool second = fapi_hedge(c->a) && fapi_position(c->a, symbol, 1, &p);
    if (!first && !second) {
        return;
    }
    fapi_j_open(c->out, "{");
    fapi_j_text(c->out, "symbol", name_of(c, symbol));
    fapi_j_key(c->out, "adlQuantile");
    fapi_put(c->out,
             fapi_hedge(c->a) ? "{\"LONG\":1,\"SHORT\":1,\"HEDGE\":0}}" : "{\"LONG\":0,\"SHORT\":0,\"BOTH\":1}}");
}

static void get_quantiles(struct fapi_call *c)
{
    each_symbol(c, put_quantile);
}

static void get_commission(struct fapi_call *c)
{
    uint32_t symbol = FAPI_NONE;
    if (!fapi_get_symbol(c, "symbol", true, &symbol)) {
        return;
    }
    fapi_put(c->out, "{");
    fapi_j_text(c->out, "symbol", name_of(c, symbol));
    fapi_j_e8(c->out, "makerCommissionRate", c->f->c.fee_maker_ppm * (EB_E8 / EB_PPM), 4);
    fapi_j_e8(c->out, "takerCommissionRate", c->f->c.fee_taker_ppm * (EB_E8 / EB_PPM), 4);
    fapi_j_text(c->out, "rpiCommissionRate", "0.00005");
    fapi_put(c->out, "}");
}

static void get_trading_status(struct fapi_call *c)
{
    uint32_t symbol = FAPI_NONE;
    (void)fapi_get_symbol(c, "symbol", false, &symbol);
    if (c->code == 0) {
        fapi_put(c->out, "{\"indicators\":{}");
        fapi_j_i64(c->out, "updateTime", eb_fapi_now_ms(c->f));
        fapi_put(c->out, "}");
    }
}

static void set_leverage(struct fapi_call *c)
{
    uint32_t symbol = FAPI_NONE;
    uint64_t leverage = 0;
    (void)fapi_get_symbol(c, "symbol", true, &symbol);
    (void)fapi_get_u64(c, "leverage", true, &leverage);
    if (c->code == 0 && (leverage == 0 || leverage > 1000)) {
        fapi_fail(c, -4028, NULL);
    }
    int32_t code = c->code == 0 ? fapi_set_leverage(c->a, symbol, (int64_t)leverage * EB_PPM) : 0;
    if (code != 0) {
        fapi_fail(c, code, NULL);
    }
    if (c->code != 0) {
        return;
    }
    fapi_put(c->out, "{");
    fapi_j_u64(c->out, "leverage", leverage);
    fapi_j_e8(c->out, "maxNotionalValue", fapi_notional_max(c->f, symbol, (int64_t)leverage * EB_PPM).e8, 0);
    fapi_j_text(c->out, "symbol", name_of(c, symbol));
    fapi_put(c->out, "}");
}

static void set_margin_type(struct fapi_call *c)
{
    static const struct fapi_word kinds[] = {{"ISOLATED", 0}, {"CROSSED", 1}};
    uint32_t symbol = FAPI_NONE;
    uint8_t cross = 0;
    (void)fapi_get_symbol(c, "symbol", true, &symbol);
    (void)fapi_get_word(c, "marginType", true, kinds, EB_COUNT(kinds), -1130, &cross);
    if (c->code == 0) {
        finish(c, fapi_set_cross(c->a, symbol, cross != 0));
    }
}

static void set_margin(struct fapi_call *c)
{
    static const struct fapi_word kinds[] = {{"1", 1}, {"2", 2}};
    static const struct fapi_word sides[] = {{"BOTH", EB_PS_BOTH}, {"LONG", EB_PS_LONG}, {"SHORT", EB_PS_SHORT}};
    uint32_t symbol = FAPI_NONE;
    int64_t amount = 0;
    uint8_t kind = 1;
    uint8_t side = EB_PS_BOTH;
    (void)fapi_get_symbol(c, "symbol", true, &symbol);
    (void)fapi_get_word(c, "positionSide", false, sides, EB_COUNT(sides), -4060, &side);
    (void)fapi_get_e8(c, "amount", true, &amount);
    (void)fapi_get_word(c, "type", true, kinds, EB_COUNT(kinds), -1130, &kind);
    if (c->code == 0 && fapi_hedge(c->a) != (side != EB_PS_BOTH)) {
        fapi_fail(c, -4061, NULL);
    }
    if (c->code == 0 && amount <= 0) {
        fapi_fail(c, -4055, NULL);
    }
    eb_money signed_amount = {kind == 1 ? amount : -amount};
    int32_t code = c->code == 0 ? fapi_add_margin(c->a, symbol, side == EB_PS_SHORT ? 1 : 0, signed_amount) : 0;
    if (code != 0) {
        fapi_fail(c, code, NULL);
    }
    if (c->code != 0) {
        return;
    }
    fapi_put(c->out, "{");
    fapi_j_bare(c->out, "amount", amount);
    fapi_put(c->out, ",\"code\":200,\"msg\":\"Successfully modify position margin.\"");
    fapi_j_i64(c->out, "type", kind);
    fapi_put(c->out, "}");
}

static void get_order_limits(struct fapi_call *c)
{
    struct fapi_caps caps = fapi_limits_caps(c->f);
    fapi_put(c->out, "[{\"rateLimitType\":\"ORDERS\",\"interval\":\"SECOND\",\"intervalNum\":10");
    fapi_j_i64(c->out, "limit", caps.orders_10s);
    fapi_put(c->out, "},{\"rateLimitType\":\"ORDERS\",\"interval\":\"MINUTE\",\"intervalNum\":1");
    fapi_j_i64(c->out, "limit", caps.orders_1m);
    fapi_put(c->out, "}]");
}

/* ---- income ------------------------------------------------------------------------------------------------------ */

static const char *const income_names[] = {"REALIZED_PNL", "COMMISSION", "FUNDING_FEE", "TRANSFER"};

struct incomes {
    struct fapi_call *c;
    uint32_t symbol;
    uint8_t kind;
    int64_t from_ms, to_ms;
    size_t limit, skip, matched, written;
    bool by_kind, counting;
};

static void put_income(struct fapi_call *c, const struct fapi_income *i)
{
    struct eb_buffer *b = c->out;
    const char *kind = i->kind < EB_COUNT(income_names) ? income_names[i->kind] : "";
    fapi_j_open(b, "{");
    fapi_j_text(b, "symbol", i->symbol != FAPI_NONE ? name_of(c, i->symbol) : "");
    fapi_j_text(b, "incomeType", kind);
    fapi_j_e8(b, "income", i->amount.e8, MONEY_DECIMALS);
    fapi_j_text(b, "asset", "USDT");
    fapi_j_text(b, "info", kind);
    fapi_j_i64(b, "time", i->time_ms);
    fapi_j_u64(b, "tranId", i->id);
    fapi_j_key(b, "tradeId");
    fapi_put(b, "\"");
    if (i->trade_id != 0) {
        fapi_put_u64(b, i->trade_id);
    }
    fapi_put(b, "\"}");
}

static void visit_income(void *user, const struct fapi_income *i)
{
    struct incomes *s = user;
    if (i->time_ms < s->from_ms || i->time_ms > s->to_ms || (s->by_kind && i->kind != s->kind) ||
        (s->symbol != FAPI_NONE && i->symbol != s->symbol)) {
        return;
    }
    if (s->counting) {
        s->matched++;
    } else if (s->skip > 0) {
        s->skip--;
    } else if (s->written < s->limit) {
        s->written++;
        put_income(s->c, i);
    }
}

static void get_income(struct fapi_call *c)
{
    static const struct fapi_word kinds[] = {{"REALIZED_PNL", FAPI_INCOME_PNL},
                                             {"COMMISSION", FAPI_INCOME_FEE},
                                             {"FUNDING_FEE", FAPI_INCOME_FUNDING},
                                             {"TRANSFER", FAPI_INCOME_TRANSFER}};
    struct incomes s = {.c = c, .symbol = FAPI_NONE};
    uint64_t page = 1;
    (void)fapi_get_symbol(c, "symbol", false, &s.symbol);
    s.by_kind = fapi_get_word(c, "incomeType", false, kinds, EB_COUNT(kinds), -1130, &s.kind);
    (void)fapi_get_u64(c, "page", false, &page);
    bool from = fapi_get_window(c, &s.from_ms, &s.to_ms);
    s.limit = fapi_get_limit(c, INCOME_DEFAULT, INCOME_MAX);
    if (c->code != 0) {
        return;
    }
    s.counting = true;
    fapi_incomes(c->a, visit_income, &s);
    s.counting = false;
    bool paged = from || fapi_param(c->p, "page") != NULL;
    if (paged) {
        s.skip = page > 0 && page < 1000000 ? (size_t)(page - 1) * s.limit : 0;
    } else {
        s.skip = s.matched > s.limit ? s.matched - s.limit : 0;
    }
    fapi_put(c->out, "[");
    fapi_incomes(c->a, visit_income, &s);
    fapi_put(c->out, "]");
}

/* ---- listen key -------------------------------------------------------------------------------------------------- */

static void put_key(struct fapi_call *c, const char *key)
{
    if (key == NULL) {
        fapi_fail(c, -1125, NULL);
        return;
    }
    fapi_put(c->out, "{");
    fapi_j_text(c->out, "listenKey", key);
    fapi_put(c->out, "}");
}

void fapi_do_key_start(struct fapi_call *c)
{
    put_key(c, fapi_listen_key_start(c->f, c->a));
}

void fapi_do_key_ping(struct fapi_call *c)
{
    put_key(c, fapi_listen_key_ping(c->f, c->a));
}

void fapi_do_key_stop(struct fapi_call *c)
{
    fapi_listen_key_stop(c->f, c->a);
    fapi_put(c->out, "{}");
}

struct fapi_routes fapi_routes_settings(void)
{
    static const struct fapi_endpoint rows[] = {
        {"GET", "/fapi/v1/positionSide/dual", FAPI_SIGNED, FAPI_W_FIXED, 30, 0, 0, 0, get_dual},
        {"POST", "/fapi/v1/positionSide/dual", FAPI_TRADE, FAPI_W_FIXED, 1, 0, 0, 0, set_dual},
        {"GET", "/fapi/v1/multiAssetsMargin", FAPI_SIGNED, FAPI_W_FIXED, 30, 0, 0, 0, get_multi},
        {"POST", "/fapi/v1/multiAssetsMargin", FAPI_TRADE, FAPI_W_FIXED, 1, 0, 0, 0, set_multi},
        {"GET", "/fapi/v1/accountConfig", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, 0, get_config},
        {"GET", "/fapi/v1/feeBurn", FAPI_SIGNED, FAPI_W_FIXED, 30, 0, 0, 0, get_fee_burn},
        {"GET", "/fapi/v1/symbolConfig", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, 0, get_symbol_config},
        {"GET", "/fapi/v1/leverageBracket", FAPI_SIGNED, FAPI_W_FIXED, 1, 0, 0, 0, get_brackets},
        {"GET", "/fapi/v1/commissionRate", FAPI_SIGNED, FAPI_W_FIXED, 20, 0, 0, 0, get_commission},
        {"GET", "/fapi/v1/rateLimit/order", FAPI_SIGNED, FAPI_W_FIXED, 1, 0, 0, 0, get_order_limits},
        {"GET", "/fapi/v1/income", FAPI_SIGNED, FAPI_W_FIXED, 30, 0, 0, 0, get_income},
        {"GET", "/fapi/v1/adlQuantile", FAPI_SIGNED, FAPI_W_FIXED, 5, 0, 0, 0, get_quantiles},
        {"GET", "/fapi/v1/apiTradingStatus", FAPI_SIGNED, FAPI_W_SYMBOL, 1, 10, 0, 0, get_trading_status},
        {"POST", "/fapi/v1/leverage", FAPI_TRADE, FAPI_W_FIXED, 1, 0, 0, 0, set_leverage},
        {"POST", "/fapi/v1/marginType", FAPI_TRADE, FAPI_W_FIXED, 1, 0, 0, 0, set_margin_type},
        {"POST", "/fapi/v1/positionMargin", FAPI_TRADE, FAPI_W_FIXED, 1, 0, 0, 0, set_margin},
        {"POST", "/fapi/v1/listenKey", FAPI_KEYED, FAPI_W_FIXED, 1, 0, 0, 0, fapi_do_key_start},
        {"PUT", "/fapi/v1/listenKey", FAPI_KEYED, FAPI_W_FIXED, 1, 0, 0, 0, fapi_do_key_ping},
        {"DELETE", "/fapi/v1/listenKey", FAPI_KEYED, FAPI_W_FIXED, 1, 0, 0, 0, fapi_do_key_stop},
    };
    return (struct fapi_routes){rows, EB_COUNT(rows)};
}
