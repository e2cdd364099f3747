/* SPDX-License-Identifier: Apache-2.0 */
/*
 * News of the account: one event of the user stream.
 *
 *     "e" -> one reader each -> struct bn_user; events that are not known are BN_USER_OTHER
 */
#include "venue/binance/codec.h"

#include <string.h>

#include "venue/binance/words.h"

void bn_read_amount(struct bn_reader *r, struct eb_tok object, const char *key, uint8_t position_side, uint8_t *side,
                    eb_qty *qty)
{
    int64_t e8 = bn_get_e8(r, object, key);
    *side = position_side == EB_PS_SHORT || (position_side == EB_PS_BOTH && e8 < 0) ? EB_SHORT : EB_LONG;
    qty->e8 = e8 < 0 ? -e8 : e8; /* amounts that are read can be negated */
    if (position_side == EB_PS_LONG && e8 < 0) {
        bn_doc_wrong(r, key, "is negative for a long position");
    }
}

/* ---- orders ----------------------------------------------------------------------------------------------------- */

static void read_fill(struct bn_reader *r, struct eb_tok o, struct bn_user *out)
{
    struct bn_fill *f = &out->fill;
    bool traded = strcmp(out->execution, "TRADE") == 0, calculated = strcmp(out->execution, "CALCULATED") == 0;
    if (!traded && !calculated) {
        return;
    }
    f->trade_id = bn_get_u64_or_0(r, o, "t");
    f->qty.e8 = bn_get_amount(r, o, "l", true);
    f->price.e8 = bn_get_amount(r, o, "L", true);
    f->maker = bn_get_flag(r, o, "m");
    f->liquidation = calculated || bn_is_autoclose(out->order.client_text);
    f->time_ms = bn_get_i64_or_0(r, o, "T");
    bn_read_fee(r, o, "n", "N", out->order.symbol, f);
    f->there = f->trade_id != 0 && f->qty.e8 > 0 && f->price.e8 > 0; /* a liquidation is announced before it trades */
}

static void read_order(struct bn_reader *r, struct eb_tok root, struct bn_user *out)
{
    struct eb_tok o = eb_tok_get(root, "o");
    out->kind = BN_USER_ORDER;
    bn_read_order(r, o, BN_FORM_EVENT, false, &out->order);
    bn_value_shown(eb_tok_get(o, "x"), out->execution, sizeof(out->execution));
    read_fill(r, o, out);
    memcpy(out->symbol, out->order.symbol, sizeof(out->symbol));
}

static void read_algo(struct bn_reader *r, struct eb_tok root, struct bn_user *out)
{
    out->kind = BN_USER_ALGO;
    bn_read_order(r, eb_tok_get(root, "o"), BN_FORM_ALGO_EVENT, false, &out->order);
    out->order.update_ms = out->time_ms;
    memcpy(out->symbol, out->order.symbol, sizeof(out->symbol));
}

/* A hint that something was traded: no state, no cumulative quantity. */
static void read_lite(struct bn_reader *r, struct eb_tok root, struct bn_user *out)
{
    struct bn_order *o = &out->order;
    out->kind = BN_USER_TRADE_LITE;
    bn_get_symbol(r, root, "s", out->symbol);
    memcpy(o->symbol, out->symbol, sizeof(o->symbol));
    o->venue_id = bn_get_u64(r, root, "i");
    o->order_side = bn_word_order_side(r, root, "S");
    bn_value_shown(eb_tok_get(root, "c"), o->client_text, sizeof(o->client_text));
    if (!eb_client_id_parse(o->client_text, &o->client_id)) {
        memset(&o->client_id, 0, sizeof(o->client_id));
    }
    out->fill.trade_id = bn_get_u64(r, root, "t");
    out->fill.price.e8 = bn_get_amount(r, root, "L", true);
    out->fill.qty.e8 = bn_get_amount(r, root, "l", true);
    out->fill.maker = bn_get_flag(r, root, "m");
    out->fill.time_ms = out->time_ms;
    out->fill.there = out->fill.qty.e8 > 0 && out->fill.price.e8 > 0;
}

/* ---- the account ------------------------------------------------------------------------------------------------ */

static void read_balances(struct bn_reader *r, struct eb_tok list, struct bn_user *out)
{
    for (struct eb_tok b = eb_tok_first(list); eb_tok_kind(b) != EB_TOK_ABSENT; b = eb_tok_next(b)) {
        bool dollar = eb_tok_is(eb_tok_get(b, "a"), "USDT");
        if (dollar || !out->has_balance) {
            out->balance.e8 = bn_get_e8(r, b, "wb");
            out->has_balance = true;
        }
        if (dollar) {
            return;
        }
    }
}

static void read_position(struct bn_reader *r, struct eb_tok p, struct bn_user_position *out)
{
    struct eb_tok margin = eb_tok_get(p, "mt");
    bn_get_symbol(r, p, "s", out->symbol);
    out->position_side = bn_word_position_side(r, p, "ps");
    bn_read_amount(r, p, "pa", out->position_side, &out->side, &out->qty);
    out->entry.e8 = bn_get_amount(r, p, "ep", out->qty.e8 != 0);
    if (out->qty.e8 != 0 && out->entry.e8 == 0) {
        bn_doc_wrong(r, "ep", "is no price");
    }
    out->cross = !eb_tok_is(margin, "isolated") && !eb_tok_is(margin, "ISOLATED");
    out->isolated.e8 = bn_get_e8_or_0(r, p, "iw");
}

static void read_account(struct bn_reader *r, struct eb_tok root, struct bn_user *out)
{
    struct eb_tok a = eb_tok_get(root, "a");
    out->kind = BN_USER_ACCOUNT;
    if (eb_tok_kind(a) != EB_TOK_OBJECT) {
        bn_doc_wrong(r, "a", "is no object");
        return;
    }
    bn_value_shown(eb_tok_get(a, "m"), out->reason, sizeof(out->reason));
    read_balances(r, eb_tok_get(a, "B"), out);
    for (struct eb_tok p = eb_tok_first(eb_tok_get(a, "P")); eb_tok_kind(p) != EB_TOK_ABSENT; p = eb_tok_next(p)) {
        if (out->positions == BN_USER_POSITIONS_MAX) {
            out->truncated = true;
            break;
        }
        read_position(r, p, &out->position[out->positions++]);
    }
}

static void read_config(struct bn_reader *r, struct eb_tok root, struct bn_user *out)
{
    struct eb_tok leverage = eb_tok_get(root, "ac"), assets = eb_tok_get(root, "ai");
    if (eb_tok_kind(leverage) == EB_TOK_OBJECT) {
        out->kind = BN_USER_CONFIG_LEVERAGE;
        bn_get_symbol(r, leverage, "s", out->symbol);
        out->leverage_ppm = bn_get_leverage_ppm(r, leverage, "l");
    } else if (eb_tok_kind(assets) == EB_TOK_OBJECT) {
        out->kind = BN_USER_CONFIG_ASSETS;
        out->multi_assets = bn_get_flag(r, assets, "j");
    }
}

static void read_margin_call(struct bn_reader *r, struct eb_tok root, struct bn_user *out)
{
    struct eb_tok first = eb_tok_first(eb_tok_get(root, "p"));
    out->kind = BN_USER_MARGIN_CALL;
    if (eb_tok_kind(first) != EB_TOK_ABSENT) {
        bn_get_symbol(r, first, "s", out->symbol);
    }
}

/* ---- which ------------------------------------------------------------------------------------------------------- */

static void read_event(struct bn_reader *r, struct eb_tok root, struct bn_user *out)
{
    static const struct {
        const char *name;
        void (*read)(struct bn_reader *r, struct eb_tok root, struct bn_user *out);
    } events[] = {
        {"ORDER_TRADE_UPDATE", read_order},     {"ALGO_UPDATE", read_algo},        {"ACCOUNT_UPDATE", read_account},
        {"ACCOUNT_CONFIG_UPDATE", read_config}, {"MARGIN_CALL", read_margin_call}, {"TRADE_LITE", read_lite},
    };
    struct eb_tok kind = eb_tok_get(root, "e");
    if (!bn_has(kind)) {
        bn_doc_wrong(r, "e", "is missing");
    }
    out->event_ms = bn_get_i64_or_0(r, root, "E");
    out->time_ms = bn_get_i64_or_0(r, root, "T");
    for (size_t i = 0; i < EB_COUNT(events); i++) {
        if (eb_tok_is(kind, events[i].name)) {
            r->what = events[i].name;
            events[i].read(r, root, out);
            return;
        }
    }
    if (eb_tok_is(kind, "listenKeyExpired")) {
        out->kind = BN_USER_KEY_EXPIRED;
    }
}

int bn_decode_user(const char *text, size_t len, struct bn_user *out, struct eb_err *err)
{
    struct bn_doc d;
    struct eb_tok root = bn_doc_open(&d, "user stream", text, len, err);
    memset(out, 0, sizeof(*out));
    if (d.read.rc == EB_OK) {
        read_event(&d.read, root, out);
    }
    if (d.read.rc != EB_OK) {
        memset(out, 0, sizeof(*out)); /* what is half read decides nothing */
    }
    bn_doc_close(&d);
    return d.read.rc;
}
