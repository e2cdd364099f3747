/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of the account: errors, time, key, modes, balance, positions. Answers that are whole or nothing. */
#include "venue/binance/codec.h"

#include <limits.h>
#include <string.h>

#include "venue/binance/words.h"

/* ---- errors ----------------------------------------------------------------------------------------------------- */

int bn_decode_error(const char *text, size_t len, int32_t *code, char *msg, size_t cap)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "error", text, len, NULL);
    int64_t number = 0;
    int rc = d.read.rc;
    if (rc == EB_OK) {
        struct eb_tok value = eb_tok_get(root, "code");
        bool there = eb_tok_i64(value, &number) && number < 0 && number >= INT32_MIN; /* 200 is a success */
        rc = there ? EB_OK : EB_E_NOT_FOUND;
    }
    if (rc == EB_OK) {
        *code = (int32_t)number;
        if (cap > 0) {
            bn_value_shown(eb_tok_get(root, "msg"), msg, cap);
        }
    }
    bn_doc_close(&d);
    return rc;
}

/* ---- small answers ---------------------------------------------------------------------------------------------- */

int bn_decode_time(const char *text, size_t len, int64_t *ms, struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "time", text, len, err);
    int64_t told = d.read.rc == EB_OK ? bn_get_i64(&d.read, root, "serverTime") : 0;
    if (d.read.rc == EB_OK && told <= 0) {
        bn_doc_wrong(&d.read, "serverTime", "is no time");
    }
    if (d.read.rc == EB_OK) {
        *ms = told;
    }
    bn_doc_close(&d);
    return d.read.rc;
}

int bn_decode_listen_key(const char *text, size_t len, char *out, size_t cap, struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "listen key", text, len, err);
    struct eb_tok key = eb_tok_get(root, "listenKey");
    int rc = d.read.rc;
    if (rc == EB_OK && !bn_has(key)) {
        rc = eb_err_set(err, EB_E_NOT_FOUND, "binance", "listen key: there is none in the answer");
    } else if (rc == EB_OK && !eb_tok_text(key, out, cap)) {
        rc = eb_err_set(err, EB_E_INVALID, "binance", "listen key: it is no text, or too long");
    }
    for (const char *c = out; rc == EB_OK && *c != '\0'; c++) { /* it becomes part of a URL */
        bool good = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_' ||
                    *c == '-' || *c == '.';
        if (!good) {
            rc = eb_err_set(err, EB_E_INVALID, "binance", "listen key: it holds a character that a URL cannot");
        }
    }
    bn_doc_close(&d);
    return rc;
}

static bool need_flag(struct bn_reader *r, struct eb_tok object, const char *key)
{
    if (!bn_has(eb_tok_get(object, key))) {
        bn_doc_wrong(r, key, "is missing");
    }
    return bn_get_flag(r, object, key);
}

int bn_decode_account_config(const char *text, size_t len, struct bn_account_config *out, struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "account configuration", text, len, err);
    memset(out, 0, sizeof(*out));
    if (d.read.rc == EB_OK) {
        out->hedge = need_flag(&d.read, root, "dualSidePosition");
        out->multi_assets = need_flag(&d.read, root, "multiAssetsMargin");
        out->can_trade = need_flag(&d.read, root, "canTrade");
        int64_t tier = bn_get_i64_or_0(&d.read, root, "feeTier");
        out->fee_tier = tier >= 0 && tier <= INT_MAX ? (int)tier : 0;
    }
    bn_doc_close(&d);
    return d.read.rc;
}

/* ---- settings of symbols ---------------------------------------------------------------------------------------- */

static bool is_isolated(struct eb_tok margin_type)
{
    return eb_tok_is(margin_type, "ISOLATED") || eb_tok_is(margin_type, "isolated");
}

struct config_rows {
    int (*row)(void *user, const struct bn_symbol_config *r);
    void *user;
};

static int config_row(struct bn_reader *r, struct eb_tok object, void *user)
{
    const struct config_rows *rows = user;
    struct bn_symbol_config c = {0};
    bn_get_symbol(r, object, "symbol", c.symbol);
    c.isolated = is_isolated(eb_tok_get(object, "marginType"));
    c.leverage_ppm = bn_get_leverage_ppm(r, object, "leverage");
    return r->rc == EB_OK ? rows->row(rows->user, &c) : r->rc;
}

int bn_decode_symbol_config(const char *text, size_t len, int (*row)(void *user, const struct bn_symbol_config *r),
                            void *user, struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "symbol configuration", text, len, err);
    int rc = bn_doc_rows(&d, root, config_row, &(struct config_rows){.row = row, .user = user});
    bn_doc_close(&d);
    return rc;
}

/* ---- balance ---------------------------------------------------------------------------------------------------- */

int bn_decode_balance(const char *text, size_t len, eb_money *wallet, struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "balance", text, len, err);
    bool listed = eb_tok_kind(root) == EB_TOK_ARRAY;
    struct eb_tok list = listed ? root : eb_tok_get(root, "assets"), chosen = EB_TOK_NONE;
    for (struct eb_tok a = eb_tok_first(list); eb_tok_kind(a) != EB_TOK_ABSENT; a = eb_tok_next(a)) {
        if (eb_tok_kind(chosen) == EB_TOK_ABSENT || eb_tok_is(eb_tok_get(a, "asset"), "USDT")) {
            chosen = a;
        }
        if (eb_tok_is(eb_tok_get(a, "asset"), "USDT")) {
            break;
        }
    }
    if (d.read.rc == EB_OK && eb_tok_kind(chosen) == EB_TOK_ABSENT) {
        bn_doc_wrong(&d.read, "assets", "is missing or empty");
    }
    int64_t e8 = bn_get_e8(&d.read, chosen, listed ? "balance" : "walletBalance");
    if (d.read.rc == EB_OK) {
        wallet->e8 = e8;
    }
    bn_doc_close(&d);
    return d.read.rc;
}

/* ---- positions -------------------------------------------------------------------------------------------------- */

struct position_rows {
    int (*row)(void *user, const struct bn_position_row *r);
    void *user;
};

/* 0 unknown: the exchange says 0 where there is none, and figures below it or beyond all prices where none is near. */
static eb_price liquidation_of(struct eb_tok object)
{
    int64_t e8 = 0;
    bool there = eb_tok_e8(eb_tok_get(object, "liquidationPrice"), &e8);
    return (eb_price){there && e8 > 0 ? e8 : 0};
}

static void read_margin(struct bn_reader *r, struct eb_tok object, struct bn_position_row *out)
{
    struct eb_tok type = eb_tok_get(object, "marginType"); /* v2 only */
    int64_t isolated = bn_get_e8_or_0(r, object, "isolatedMargin");
    out->isolated =
        bn_has(type) ? is_isolated(type) : isolated != 0 || bn_get_e8_or_0(r, object, "isolatedWallet") != 0;
    int64_t initial = bn_get_e8_or_0(r, object, "positionInitialMargin");
    if (initial == 0) {
        initial = bn_get_e8_or_0(r, object, "initialMargin");
    }
    out->margin.e8 = out->isolated ? isolated : initial;
}

static int position_row(struct bn_reader *r, struct eb_tok object, void *user)
{
    const struct position_rows *rows = user;
    struct bn_position_row p = {0};
    bn_get_symbol(r, object, "symbol", p.symbol);
    p.position_side = bn_word_position_side(r, object, "positionSide");
    bn_read_amount(r, object, "positionAmt", p.position_side, &p.side, &p.qty);
    bool open = p.qty.e8 != 0;
    p.entry.e8 = bn_get_amount(r, object, "entryPrice", open);
    if (open && p.entry.e8 == 0) {
        bn_doc_wrong(r, "entryPrice", "is no price");
    }
    p.mark.e8 = bn_get_amount(r, object, "markPrice", false);
    p.liquidation = open ? liquidation_of(object) : (eb_price){0};
    read_margin(r, object, &p);
    p.leverage_ppm = bn_get_leverage_ppm(r, object, "leverage");
    p.update_ms = bn_get_i64_or_0(r, object, "updateTime");
    return r->rc == EB_OK ? rows->row(rows->user, &p) : r->rc;
}

int bn_decode_positions(const char *text, size_t len, int (*row)(void *user, const struct bn_position_row *r),
                        void *user, struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "positions", text, len, err);
    int rc = bn_doc_rows(&d, root, position_row, &(struct position_rows){.row = row, .user = user});
    bn_doc_close(&d);
    return rc;
}
