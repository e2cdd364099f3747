/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making the exchange and moving it.
 *
 *     eb_fapi_run(now): what is due before now, each at its own time: market -> accounts -> keys -> sockets -> faults
 */
#include "venue/fapi/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "venue/fapi/book.h"
#include "venue/fapi/faults.h"
#include "venue/simd/scene.h"

#define STRATEGY "signals"
#define ROUNDS_AT_ONE_TIME 1000 /* parts that are due at one time may make each other due; more is a loop */

static const char area[] = "sim";

void eb_fapi_config_default(struct eb_fapi_config *c)
{
    memset(c, 0, sizeof(*c));
    c->feed = EB_FAPI_FEED_SCENE;
    c->scene = EB_SCENE_PAPER;
    c->scene_count = EB_SCENE_PAPER_SYMBOLS;
    c->seed = 1;
    c->speed_ppm = EB_PPM;
    c->fee_taker_ppm = 400;
    c->fee_maker_ppm = 200;
    c->classes_strict = true;
}

static int check(const struct eb_fapi_config *c, struct eb_err *err)
{
    if (c->accounts == 0 || c->account == NULL) {
        return eb_err_set(err, EB_E_INVALID, area, "accounts: at least one is needed");
    }
    for (size_t i = 0; i < c->accounts; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(c->account[i].api_key, c->account[j].api_key) == 0 ||
                strcmp(c->account[i].name, c->account[j].name) == 0) {
                return eb_err_set(err, EB_E_INVALID, area, "accounts: %.40s has the name or the key of another",
                                  c->account[i].name);
            }
        }
    }
    if (c->start_ms <= 0) {
        return eb_err_set(err, EB_E_INVALID, area, "start_ms: a time after 1970 is needed");
    }
    return EB_OK;
}

int eb_fapi_create(const struct eb_fapi_config *c, struct eb_fapi **out, struct eb_err *err)
{
    int rc = check(c, err);
    struct eb_fapi *f = rc == EB_OK ? calloc(1, sizeof(*f)) : NULL;
    if (f == NULL) {
        return rc != EB_OK ? rc : eb_err_set(err, EB_E_MEMORY, area, "out of memory");
    }
    f->c = *c;
    f->log = c->log != NULL ? *c->log : (struct eb_log){0};
    f->now_ms = c->start_ms;
    rc = fapi_faults_create(f, &f->faults, err);
    rc = rc == EB_OK ? fapi_streams_create(f, &f->streams, err) : rc;
    rc = rc == EB_OK ? fapi_market_create(f, &f->c, &f->market, err) : rc;
    rc = rc == EB_OK ? fapi_accounts_create(f, &f->c, &f->accounts, err) : rc;
    rc = rc == EB_OK ? fapi_api_create(f, &f->api, err) : rc;
    f->c.account = NULL;
    f->c.files = NULL;
    f->c.instruments = NULL;
    if (rc != EB_OK) {
        eb_fapi_destroy(f);
        return rc;
    }
    *out = f;
    return EB_OK;
}

void eb_fapi_destroy(struct eb_fapi *f)
{
    if (f != NULL) {
        fapi_api_destroy(f->api);
        fapi_accounts_destroy(f->accounts);
        fapi_market_destroy(f->market);
        fapi_streams_destroy(f->streams);
        fapi_faults_destroy(f->faults);
        free(f);
    }
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

int64_t eb_fapi_now_ms(const struct eb_fapi *f)
{
    return f->now_ms + f->skew_ms;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t eb_fapi_next_ms(const struct eb_fapi *f)
{
    int64_t next_ms = earlier(fapi_market_next_ms(f), fapi_streams_next_ms(f));
    next_ms = earlier(next_ms, fapi_faults_next_ms(f));
    next_ms = earlier(next_ms, fapi_listen_keys_next_ms(f));
    struct fapi_account *a;
    for (size_t i = 0; (a = fapi_account_at((struct eb_fapi *)(uintptr_t)f, i)) != NULL; i++) {
        next_ms = earlier(next_ms, fapi_account_next_ms(a));
    }
    return next_ms;
}

static void run_at(struct eb_fapi *f, int64_t at_ms)
{
    f->now_ms = at_ms;
    f->log.now_ms = at_ms;
    fapi_market_run(f, at_ms);
    struct fapi_account *a;
    for (size_t i = 0; (a = fapi_account_at(f, i)) != NULL; i++) {
        fapi_account_run(a, at_ms);
    }
    fapi_listen_keys_run(f);
    fapi_streams_run(f, at_ms);
    fapi_faults_run(f);
}

void eb_fapi_run(struct eb_fapi *f, int64_t now_ms)
{
    unsigned rounds = 0;
    for (int64_t next_ms = eb_fapi_next_ms(f); next_ms <= now_ms; next_ms = eb_fapi_next_ms(f)) {
        int64_t at_ms = next_ms > f->now_ms ? next_ms : f->now_ms;
        rounds = at_ms > f->now_ms ? 0 : rounds + 1;
        if (rounds > ROUNDS_AT_ONE_TIME) {
            eb_log(&f->log, EB_LOG_ERROR, "exchange.busy", EB_I64("at_ms", at_ms));
            break;
        }
        run_at(f, at_ms);
    }
    if (now_ms > f->now_ms) {
        f->now_ms = now_ms;
        f->log.now_ms = now_ms;
        struct fapi_account *a;
        for (size_t i = 0; (a = fapi_account_at(f, i)) != NULL; i++) {
            fapi_account_run(a, now_ms);
        }
    }
}

/* ---- what others do ---------------------------------------------------------------------------------------------- */

void fapi_market_entry(struct eb_fapi *f, const struct eb_scene_entry *e)
{
    struct fapi_account *a = fapi_account_at(f, 0);
    const struct fapi_symbol *y = fapi_symbol_at(f, e->symbol);
    if (a == NULL || y == NULL || y->quote_now.last.e8 <= 0) {
        return;
    }
    bool before = e->at_ms < f->c.start_ms;
    unsigned leg = fapi_hedge(a) && e->side == EB_SHORT ? 1 : 0;
    struct fapi_position held;
    eb_price price = {y->quote_now.last.e8 + (int64_t)((eb_i128)y->quote_now.last.e8 * e->offset_ppm / EB_PPM)};
    price.e8 -= price.e8 % y->inst.tick.e8;
    int64_t qty_e8 = 0;
    if (fapi_position(a, e->symbol, leg, &held) || price.e8 <= 0 ||
        !eb_mul_div(e->notional.e8, EB_E8, price.e8, EB_ROUND_FLOOR, &qty_e8)) {
        return; /* still busy with its last position */
    }
    qty_e8 -= qty_e8 % y->inst.step.e8;
    if (qty_e8 < y->inst.min_qty.e8 || qty_e8 <= 0) {
        return;
    }
    const struct eb_sim_entry entry = {.symbol = e->symbol,
                                       .side = e->side,
                                       .exact = before,
                                       .qty = {qty_e8},
                                       .price = before ? price : (eb_price){0},
                                       .leverage_ppm = e->leverage_ppm,
                                       .strategy_id = STRATEGY};
    struct eb_err err = {0};
    fapi_account_clock(a);
    if (fapi_hand_leverage(a, e->symbol, e->leverage_ppm, &err) != EB_OK ||
        eb_sim_open(a->sim, &entry, NULL, &err) != EB_OK) { /* no margin left: the other system's affair */
        eb_log(&f->log, EB_LOG_INFO, "entry.refused", EB_STR("symbol", y->inst.symbol), EB_STR("why", err.msg));
    }
}

/* ---- truth ------------------------------------------------------------------------------------------------------- */

struct eb_sim *eb_fapi_sim(struct eb_fapi *f, const char *account)
{
    struct fapi_account *a = fapi_account_by_name(f, account);
    return a != NULL ? fapi_account_sim(a) : NULL;
}

uint32_t eb_fapi_symbols(const struct eb_fapi *f)
{
    return fapi_symbol_count(f);
}

const char *eb_fapi_symbol_name(const struct eb_fapi *f, uint32_t symbol)
{
    return symbol < fapi_symbol_count(f) ? fapi_symbol_at(f, symbol)->inst.symbol : "";
}
