/* SPDX-License-Identifier: Apache-2.0 */
/* The scripted market, the doubles of what an account calls, and what it tells as lines of text. */
#include "fapi_book/rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venue/fapi/faults.h"

#define START_MS INT64_C(1700000000000)

static struct rig *rig; /* the doubles' */

int64_t e8(const char *text)
{
    int64_t out = 0;
    assert_int_equal(eb_decimal_parse(text, strlen(text), true, EB_ROUND_FLOOR, &out), EB_OK);
    return out;
}

/* ---- doubles ----------------------------------------------------------------------------------------------------- */

uint32_t fapi_symbol_count(const struct eb_fapi *f)
{
    (void)f;
    return RIG_SYMBOLS;
}

struct fapi_symbol *fapi_symbol_at(const struct eb_fapi *f, uint32_t symbol)
{
    (void)f;
    return &rig->symbol[symbol];
}

int64_t eb_fapi_now_ms(const struct eb_fapi *f)
{
    return f->now_ms + f->skew_ms;
}

bool fapi_fault_stuck_triggering(struct eb_fapi *f)
{
    (void)f;
    return rig->stuck;
}

int64_t fapi_trigger_delay_ms(const struct eb_fapi *f)
{
    (void)f;
    return rig->trigger_ms;
}

__attribute__((format(printf, 1, 2))) static void hear(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(rig->heard + rig->len, sizeof(rig->heard) - rig->len, format, args);
    va_end(args);
    assert_true(n > 0 && rig->len + (size_t)n < sizeof(rig->heard));
    rig->len += (size_t)n;
}

static const char *number(int64_t value)
{
    static char text[4][EB_DECIMAL_TEXT_MAX];
    static unsigned at;
    at = (at + 1) % 4;
    (void)eb_decimal_format(value, 8, text[at]);
    return text[at];
}

static const char *id_of(const char *client_id)
{
    return strlen(client_id) == 22 ? "*" : strncmp(client_id, "web_", 4) == 0 ? "web" : client_id;
}

void fapi_news_order(struct fapi_account *a, const struct fapi_order *o, const char *execution,
                     const struct fapi_trade *t)
{
    static const char *const statuses[] = {"NEW",      "PARTIALLY_FILLED", "FILLED",          "CANCELED",
                                           "REJECTED", "EXPIRED",          "EXPIRED_IN_MATCH"};
    assert_ptr_equal(a, rig->a);
    bool auto_closed = strncmp(o->t.client_id, "autoclose-", 10) == 0;
    hear("%s %s %s", execution, auto_closed ? "autoclose" : id_of(o->t.client_id), statuses[o->status]);
    if (t != NULL) {
        hear(" %s@%s z%s rp%s%s", number(t->qty.e8), number(t->price.e8), number(o->filled.e8), number(t->realized.e8),
             t->maker ? " maker" : "");
    }
    if (o->expire_reason != 0) {
        hear(" er%u", o->expire_reason);
    }
    hear("\n");
}

void fapi_news_algo(struct fapi_account *a, const struct fapi_algo *o)
{
    static const char *const statuses[] = {"NEW",       "CANCELED", "EXPIRED", "TRIGGERING",
                                           "TRIGGERED", "REJECTED", "FINISHED"};
    assert_ptr_equal(a, rig->a);
    hear("ALGO %s %s%s%s%s", id_of(o->t.client_id), statuses[o->status], o->child_id != 0 ? " child" : "",
         o->t.type == FAPI_TRAILING && o->activated ? " active" : "", o->reason[0] != '\0' ? " rm=" : "");
    hear("%s\n", o->reason);
}

void fapi_news_account(struct fapi_account *a, const char *reason, uint32_t symbol, unsigned leg)
{
    struct fapi_position p;
    hear("ACCOUNT %s", reason);
    if (symbol != FAPI_NONE) {
        bool held = fapi_position(a, symbol, leg, &p);
        hear(" %s%s", held && p.side == EB_SHORT ? "-" : "", number(held ? p.qty.e8 : 0));
    }
    hear("\n");
}

void fapi_news_leverage(struct fapi_account *a, uint32_t symbol)
{
    hear("LEVERAGE %s\n", number(fapi_leverage_ppm(a, symbol) * 100));
}

void fapi_news_multi_assets(struct fapi_account *a)
{
    hear("MULTI %d\n", fapi_multi_assets(a));
}

void fapi_news_margin_call(struct fapi_account *a, uint32_t symbol, unsigned leg)
{
    (void)a;
    hear("CALL %u %u\n", symbol, leg);
}

/* ---- rig --------------------------------------------------------------------------------------------------------- */

static void make_symbol(struct fapi_symbol *y, const char *name, const char *tick, const char *step, const char *price)
{
    *y = (struct fapi_symbol){.status = "TRADING", .price_precision = 2, .quantity_precision = 3, .leverage_max = 125};
    (void)snprintf(y->inst.symbol, sizeof(y->inst.symbol), "%s", name);
    y->inst.tick.e8 = e8(tick);
    y->inst.min_price.e8 = e8(tick);
    y->inst.max_price.e8 = e8("1000000");
    y->inst.step.e8 = y->inst.min_qty.e8 = e8(step);
    y->inst.max_qty.e8 = e8("1000");
    y->inst.market_max_qty.e8 = e8("120");
    y->inst.min_notional.e8 = e8("100");
    y->inst.percent_up_ppm = 1050000;
    y->inst.percent_down_ppm = 950000;
    y->inst.market_take_bound_ppm = 50000;
    y->inst.maintenance_ppm = 4000;
    y->inst.trading = true;
    int64_t at = e8(price);
    y->quote_now = (struct eb_sim_quote){{at}, {at}, {at - y->inst.tick.e8}, {at + y->inst.tick.e8}};
}

struct rig *rig_new(const struct rig_options *options)
{
    static const struct rig_options none;
    const struct rig_options *o = options != NULL ? options : &none;
    struct rig *r = calloc(1, sizeof(*r));
    assert_non_null(r);
    rig = r;
    make_symbol(&r->symbol[BTC], "BTCUSDT", "0.10", "0.001", "50000");
    make_symbol(&r->symbol[ETH], "ETHUSDT", "0.01", "0.001", "3000");
    make_symbol(&r->symbol[DUST], "DUSTUSDT", "0.01", "1", "1");
    r->symbol[DUST].inst.tick.e8 = 0;
    r->symbol[DUST].inst.trading = false;
    r->f.now_ms = START_MS;
    const struct eb_fapi_account account = {.name = "main",
                                            .api_key = "key",
                                            .secret = "secret",
                                            .balance = {(o->balance > 0 ? o->balance : 100000) * EB_E8},
                                            .hedge = o->hedge,
                                            .can_trade = !o->no_trade,
                                            .cross = o->cross};
    struct eb_fapi_config c = {.start_ms = START_MS,
                               .account = &account,
                               .accounts = 1,
                               .fee_taker_ppm = 400,
                               .fee_maker_ppm = 200,
                               .slots_max = o->slots_max};
    struct eb_err err = {0};
    assert_int_equal(fapi_accounts_create(&r->f, &c, &r->f.accounts, &err), EB_OK);
    r->a = fapi_account_by_key(&r->f, "key");
    assert_non_null(r->a);
    return r;
}

void rig_free(struct rig *r)
{
    rig_check(r);
    rig_drop(r);
}

void rig_drop(struct rig *r)
{
    fapi_accounts_destroy(r->f.accounts);
    free(r);
}

void rig_run(struct rig *r, int64_t ms)
{
    int64_t until_ms = r->f.now_ms + ms;
    for (int64_t next_ms; (next_ms = fapi_account_next_ms(r->a)) <= until_ms;) {
        r->f.now_ms = next_ms > r->f.now_ms ? next_ms : r->f.now_ms;
        fapi_account_run(r->a, r->f.now_ms);
    }
    r->f.now_ms = until_ms;
    fapi_account_run(r->a, until_ms);
}

static void quote(struct rig *r, uint32_t symbol, const struct eb_sim_quote *q)
{
    struct eb_sim_quote *now = &r->symbol[symbol].quote_now;
    now->mark = q->mark.e8 > 0 ? q->mark : now->mark;
    now->last = q->last.e8 > 0 ? q->last : now->last;
    now->bid = q->bid.e8 > 0 ? q->bid : now->bid;
    now->ask = q->ask.e8 > 0 ? q->ask : now->ask;
    const struct eb_sim_quote all = *now; /* as the market tells it */
    fapi_account_price(r->a, symbol, &all);
}

void rig_price(struct rig *r, uint32_t symbol, const char *price)
{
    int64_t at = e8(price), tick = r->symbol[symbol].inst.tick.e8;
    quote(r, symbol, &(struct eb_sim_quote){{at}, {at}, {at - tick}, {at + tick}});
}

void rig_mark(struct rig *r, uint32_t symbol, const char *price)
{
    quote(r, symbol, &(struct eb_sim_quote){.mark = {e8(price)}});
}

void rig_last(struct rig *r, uint32_t symbol, const char *price)
{
    quote(r, symbol, &(struct eb_sim_quote){.last = {e8(price)}});
}

void rig_forget(struct rig *r)
{
    r->len = 0;
    r->heard[0] = '\0';
}

void rig_heard(struct rig *r, const char *expected)
{
    assert_string_equal(r->heard, expected);
    rig_forget(r);
}

/* ---- terms ------------------------------------------------------------------------------------------------------- */

struct fapi_terms rig_market(uint8_t side, const char *qty)
{
    return (struct fapi_terms){.symbol = BTC,
                               .type = FAPI_MARKET,
                               .side = side,
                               .result = true,
                               .qty = {e8(qty)},
                               .price_match = "NONE",
                               .stp = "EXPIRE_MAKER"};
}

struct fapi_terms rig_limit(uint8_t side, const char *qty, const char *price)
{
    struct fapi_terms t = rig_market(side, qty);
    t.type = FAPI_LIMIT;
    t.price.e8 = e8(price);
    return t;
}

struct fapi_terms rig_stop(uint8_t type, uint8_t side, const char *qty, const char *trigger)
{
    struct fapi_terms t = rig_market(side, qty);
    t.type = type;
    t.trigger.e8 = e8(trigger);
    t.mark_price = true;
    return t;
}

struct fapi_terms rig_named(struct fapi_terms t, const char *client_id)
{
    (void)snprintf(t.client_id, sizeof(t.client_id), "%s", client_id);
    return t;
}

struct fapi_terms rig_reduce(struct fapi_terms t)
{
    t.reduce_only = true;
    return t;
}

struct fapi_terms rig_leg(struct fapi_terms t, uint8_t position_side)
{
    t.position_side = position_side;
    return t;
}

const struct fapi_order *rig_place(struct rig *r, struct fapi_terms t)
{
    const struct fapi_order *o = NULL;
    assert_int_equal(fapi_order_place(r->a, &t, &o), 0);
    return o;
}

const struct fapi_algo *rig_algo(struct rig *r, struct fapi_terms t)
{
    const struct fapi_algo *o = NULL;
    assert_int_equal(fapi_algo_place(r->a, &t, &o), 0);
    return o;
}

void rig_open(struct rig *r, uint32_t symbol, uint8_t side, const char *qty)
{
    struct fapi_terms t = rig_market(side, qty);
    t.symbol = symbol;
    if (fapi_hedge(r->a)) {
        t.position_side = side == EB_BUY ? EB_PS_LONG : EB_PS_SHORT;
    }
    (void)rig_place(r, t);
    rig_forget(r);
}

eb_qty rig_size(struct rig *r, uint32_t symbol, unsigned leg)
{
    struct fapi_position p;
    return fapi_position(r->a, symbol, leg, &p) ? p.qty : (eb_qty){0};
}

void rig_check(struct rig *r)
{
    struct eb_err err = {0};
    if (eb_sim_check(r->a->sim, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
}
