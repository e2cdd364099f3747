/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what an exchange sends: tokens, the envelope, and every decoder, which the first byte chooses. Each must
 * refuse or give what the rest of the program relies on: names that end, quantities that are not negative, sides and
 * states that exist.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "venue/binance/codec.h"
#include "venue/tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ends(const char *text, size_t cap)
{
    return memchr(text, '\0', cap) != NULL;
}

static void check_order(const struct bn_order *o)
{
    EB_ASSERT(ends(o->symbol, sizeof(o->symbol)) && ends(o->client_text, sizeof(o->client_text)));
    EB_ASSERT(o->state < EB_OS_COUNT && o->order_side <= EB_SELL && o->position_side <= EB_PS_SHORT);
    EB_ASSERT(o->qty.e8 >= 0 && o->filled.e8 >= 0 && o->price.e8 >= 0 && o->trigger.e8 >= 0 && o->average.e8 >= 0);
    EB_ASSERT(o->type <= EB_ORDER_STOP_MARKET && ends(o->reject_text, sizeof(o->reject_text)));
}

static void check_bar(const struct eb_ev_bar *b)
{
    EB_ASSERT(b->low.e8 > 0 && b->low.e8 <= b->open.e8 && b->low.e8 <= b->close.e8 && b->high.e8 >= b->open.e8 &&
              b->high.e8 >= b->close.e8 && b->length_ms > 0);
}

static int on_order(void *user, const struct bn_order *o)
{
    (void)user;
    check_order(o);
    return EB_OK;
}

static int on_position(void *user, const struct bn_position_row *p)
{
    (void)user;
    EB_ASSERT(p->qty.e8 >= 0 && (p->qty.e8 == 0 || p->entry.e8 > 0) && p->liquidation.e8 >= 0 && p->side <= EB_SHORT);
    EB_ASSERT(p->leverage_ppm >= 0 && ends(p->symbol, sizeof(p->symbol)));
    return EB_OK;
}

static int on_trade(void *user, const struct bn_trade_row *t)
{
    (void)user;
    EB_ASSERT(t->fill.qty.e8 >= 0 && t->fill.price.e8 >= 0 && ends(t->symbol, sizeof(t->symbol)));
    return EB_OK;
}

static int on_config(void *user, const struct bn_symbol_config *c)
{
    (void)user;
    EB_ASSERT(c->leverage_ppm >= 0 && ends(c->symbol, sizeof(c->symbol)));
    return EB_OK;
}

static int on_bar(void *user, const struct eb_ev_bar *bar)
{
    (void)user;
    check_bar(bar);
    return EB_OK;
}

static int on_instrument(void *user, const struct bn_instrument *i)
{
    (void)user;
    EB_ASSERT(ends(i->inst.symbol, sizeof(i->inst.symbol)) && ends(i->why, sizeof(i->why)));
    EB_ASSERT(i->usable ? i->inst.tick.e8 > 0 && i->inst.step.e8 > 0 : i->why[0] != '\0');
    return EB_OK;
}

static int on_bracket(void *user, const char *symbol, int64_t ppm)
{
    (void)user;
    EB_ASSERT(ends(symbol, EB_SYMBOL_MAX) && ppm >= 0 && ppm <= EB_PPM);
    return EB_OK;
}

static void try_market(const char *text, size_t len)
{
    struct bn_market m;
    const char *from = text, *end = text + len;
    bn_unwrap(&text, &len);
    EB_ASSERT(text >= from && text + len <= end);
    if (bn_decode_market(text, len, &m, NULL) != EB_OK) {
        EB_ASSERT(m.kind == BN_MARKET_OTHER);
        return;
    }
    bool priced = m.kind == BN_MARKET_MARK || m.kind == BN_MARKET_TRADE || m.kind == BN_MARKET_BOOK;
    EB_ASSERT(!priced || (m.price.e8 > 0 && m.symbol[0] != '\0' && ends(m.symbol, sizeof(m.symbol))));
    EB_ASSERT(m.kind != BN_MARKET_BOOK || m.ask.e8 > 0);
    if (m.kind == BN_MARKET_KLINE) {
        check_bar(&m.bar);
    }
}

static void try_user(const char *text, size_t len)
{
    static struct bn_user user;
    if (bn_decode_user(text, len, &user, NULL) != EB_OK) {
        EB_ASSERT(user.kind == BN_USER_OTHER);
        return;
    }
    check_order(&user.order);
    EB_ASSERT(!user.fill.there || (user.fill.qty.e8 > 0 && user.fill.price.e8 > 0));
    EB_ASSERT(user.positions <= BN_USER_POSITIONS_MAX && ends(user.symbol, sizeof(user.symbol)));
    for (size_t i = 0; i < user.positions; i++) {
        EB_ASSERT(user.position[i].qty.e8 >= 0 && (user.position[i].qty.e8 == 0 || user.position[i].entry.e8 > 0));
    }
}

static void try_small(const char *text, size_t len)
{
    struct bn_account_config config;
    struct bn_premium premium;
    struct bn_book book;
    struct bn_order order;
    eb_money wallet;
    int64_t ms = 0;
    int32_t code = 0;
    char msg[32], key[64];
    EB_ASSERT(bn_decode_error(text, len, &code, msg, sizeof(msg)) != EB_OK || (code < 0 && ends(msg, sizeof(msg))));
    EB_ASSERT(bn_decode_time(text, len, &ms, NULL) != EB_OK || ms > 0);
    EB_ASSERT(bn_decode_listen_key(text, len, key, sizeof(key), NULL) != EB_OK || ends(key, sizeof(key)));
    EB_ASSERT(bn_decode_premium(text, len, &premium, NULL) != EB_OK || premium.mark.e8 > 0);
    EB_ASSERT(bn_decode_book(text, len, &book, NULL) != EB_OK || (book.bid.e8 > 0 && book.ask.e8 > 0));
    if (bn_decode_account_config(text, len, &config, NULL) != EB_OK ||
        bn_decode_balance(text, len, &wallet, NULL) != EB_OK) {
        wallet.e8 = 0;
    }
    for (int algo = 0; algo < 2; algo++) {
        if (bn_decode_order(text, len, algo == 1, &order, NULL) == EB_OK) {
            check_order(&order);
        }
    }
}

static int try_list(unsigned which, const char *text, size_t len)
{
    struct bn_limits limits;
    switch (which) {
    case 0:
        return bn_decode_orders(text, len, false, on_order, NULL, NULL);
    case 1:
        return bn_decode_orders(text, len, true, on_order, NULL, NULL);
    case 2:
        return bn_decode_positions(text, len, on_position, NULL, NULL);
    case 3:
        return bn_decode_trades(text, len, on_trade, NULL, NULL);
    case 4:
        return bn_decode_klines(text, len, on_bar, NULL, NULL);
    case 5:
        return bn_decode_symbol_config(text, len, on_config, NULL, NULL);
    case 6:
        return bn_decode_brackets(text, len, on_bracket, NULL, NULL);
    default:
        return bn_decode_exchange_info(text, len, &limits, on_instrument, NULL, NULL);
    }
}

/* Walks whatever was parsed, through every question. */
static void walk(struct eb_tok v)
{
    char text[16];
    int64_t number = 0;
    uint64_t id = 0;
    bool flag = false;
    size_t count = 0, len = 0;
    EB_ASSERT(!eb_tok_text(v, text, sizeof(text)) || ends(text, sizeof(text)));
    EB_ASSERT(!eb_tok_i64(v, &number) || !eb_tok_bool(v, &flag));
    EB_ASSERT(!eb_tok_u64(v, &id) || eb_tok_raw(v, &len) != NULL);
    EB_ASSERT(!eb_tok_e8(v, &number) || number != INT64_MIN);
    for (struct eb_tok e = eb_tok_first(v); eb_tok_kind(e) != EB_TOK_ABSENT; e = eb_tok_next(e)) {
        walk(e); /* as deep as the parser lets a document be */
        count++;
    }
    EB_ASSERT(count == eb_tok_size(v));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const char *text = (const char *)data + 1;
    size_t len = size - 1;
    unsigned which = data[0] % 12;
    if (which == 8) {
        try_market(text, len);
    } else if (which == 9) {
        try_user(text, len);
    } else if (which == 10) {
        try_small(text, len);
    } else if (which == 11) {
        struct eb_tokens t;
        static struct eb_token room[4096];
        int rc = eb_tokens_parse(&t, "fuzz", text, len, room, 4096, NULL);
        EB_ASSERT(rc == EB_OK || rc == EB_E_INVALID || rc == EB_E_FULL);
        if (rc == EB_OK) {
            walk(eb_tok_root(&t));
        }
    } else {
        int rc = try_list(which, text, len);
        EB_ASSERT(rc == EB_OK || rc == EB_E_INVALID);
    }
    return 0;
}
