/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prices: one payload of a market stream. This is the price path: one walk over the keys (all of one letter) notes
 * where each value is, then those of the kind are read. Nothing is allocated; a payload with more values than any price
 * has (a depth update) is taken for another kind.
 */
#include "venue/binance/codec.h"

#include <string.h>

#include "venue/binance/read.h"

#define MARKET_ROOM 160

/* Where the value of each one-letter key is among the tokens; 0: not there, since token 0 is the object itself. */
struct letters {
    const struct eb_tokens *in;
    int16_t at[128];
};

static void note(struct letters *l, struct eb_tok object)
{
    memset(l->at, 0, sizeof(l->at));
    l->in = object.in;
    for (struct eb_tok v = eb_tok_first(object); v.in != NULL; v = eb_tok_next(v)) {
        size_t len = 0;
        const char *key = eb_tok_key(v, &len);
        if (len == 1 && (unsigned char)key[0] < 128 && l->at[(unsigned char)key[0]] == 0) {
            l->at[(unsigned char)key[0]] = (int16_t)v.at;
        }
    }
}

static struct eb_tok letter(const struct letters *l, char key)
{
    int at = l->at[(unsigned char)key];
    return at == 0 ? EB_TOK_NONE : (struct eb_tok){.in = l->in, .at = at};
}

static int64_t price_of(struct bn_reader *r, const struct letters *l, char key)
{
    char name[2] = {key, '\0'};
    int64_t e8 = bn_value_e8(r, letter(l, key), name);
    if (e8 <= 0) {
        bn_doc_wrong(r, name, "is no price");
    }
    return e8;
}

static int64_t time_of(struct bn_reader *r, const struct letters *l, char key, bool required)
{
    struct eb_tok v = letter(l, key);
    int64_t ms = 0;
    if (bn_has(v) ? !eb_tok_i64(v, &ms) || ms < 0 : required) {
        bn_doc_wrong(r, (char[2]){key, '\0'}, "is no time");
        return 0;
    }
    return ms;
}

static uint64_t id_of(struct bn_reader *r, const struct letters *l, char key)
{
    struct eb_tok v = letter(l, key);
    uint64_t id = 0;
    if (bn_has(v) && !eb_tok_u64(v, &id)) {
        bn_doc_wrong(r, (char[2]){key, '\0'}, "is no id");
    }
    return id;
}

static void read_mark(struct bn_reader *r, const struct letters *l, struct bn_market *out)
{
    out->kind = BN_MARKET_MARK;
    out->price.e8 = price_of(r, l, 'p');
    struct eb_tok rate = letter(l, 'r'); /* "" for delivery contracts */
    out->rate_e8 = bn_has(rate) ? bn_value_e8(r, rate, "r") : 0;
    out->next_funding_ms = time_of(r, l, 'T', false);
}

static void read_trade(struct bn_reader *r, const struct letters *l, char id, struct bn_market *out)
{
    struct eb_tok kind = letter(l, 'X');
    if (bn_has(kind) && !eb_tok_is(kind, "MARKET")) {
        return; /* by insurance or ADL: at no price that anybody else could have had */
    }
    out->kind = BN_MARKET_TRADE;
    out->price.e8 = price_of(r, l, 'p');
    out->update_id = id_of(r, l, id);
}

static void read_book(struct bn_reader *r, const struct letters *l, struct bn_market *out)
{
    int64_t bid = bn_value_e8(r, letter(l, 'b'), "b"), ask = bn_value_e8(r, letter(l, 'a'), "a");
    if (bid < 0 || ask < 0) {
        bn_doc_wrong(r, bid < 0 ? "b" : "a", "is no price");
    }
    if (bid == 0 || ask == 0) {
        return; /* a side is empty: there is no book to speak of */
    }
    out->kind = BN_MARKET_BOOK;
    out->price.e8 = bid;
    out->ask.e8 = ask;
    out->update_id = id_of(r, l, 'u');
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void read_kline(struct bn_reader *r, const struct letters *l, struct bn_market *out)
{
    struct eb_tok k = letter(l, 'k');
    struct letters bar;
    if (eb_tok_kind(k) != EB_TOK_OBJECT) {
        bn_doc_wrong(r, "k", "is no object");
        return;
    }
    note(&bar, k);
    out->kind = BN_MARKET_KLINE;
    struct eb_ev_bar *b = &out->bar;
    b->open_ms = time_of(r, &bar, 't', true);
    b->length_ms = time_of(r, &bar, 'T', true) - b->open_ms + 1;
    b->open.e8 = price_of(r, &bar, 'o');
    b->close.e8 = price_of(r, &bar, 'c');
    b->high.e8 = most(price_of(r, &bar, 'h'), most(b->open.e8, b->close.e8));
    b->low.e8 = least(price_of(r, &bar, 'l'), least(b->open.e8, b->close.e8));
    if (b->length_ms <= 0) {
        bn_doc_wrong(r, "k.T", "lies before k.t");
    }
    if (!eb_tok_bool(letter(&bar, 'x'), &out->closed)) {
        bn_doc_wrong(r, "k.x", "is neither true nor false");
    }
}

/* {"result":null,"id":1}, {"error":{..},"id":1}, {"code":2,"msg":"..","id":1} */
static void read_ack(struct bn_reader *r, struct eb_tok root, struct bn_market *out)
{
    bool result = eb_tok_kind(eb_tok_get(root, "result")) != EB_TOK_ABSENT;
    out->failed = eb_tok_kind(eb_tok_get(root, "error")) == EB_TOK_OBJECT ||
                  eb_tok_kind(eb_tok_get(root, "code")) != EB_TOK_ABSENT;
    if (!result && !out->failed) {
        bn_doc_wrong(r, "e", "is missing");
        return;
    }
    out->kind = BN_MARKET_ACK;
    if (!eb_tok_u64(eb_tok_get(root, "id"), &out->update_id)) {
        out->update_id = 0; /* not ours: those are whole numbers */
    }
}

static void read_event(struct bn_reader *r, struct eb_tok root, struct bn_market *out)
{
    struct letters l;
    note(&l, root);
    struct eb_tok kind = letter(&l, 'e');
    if (eb_tok_kind(kind) == EB_TOK_ABSENT) {
        read_ack(r, root, out);
        return;
    }
    if (eb_tok_is(kind, "bookTicker")) {
        read_book(r, &l, out);
    } else if (eb_tok_is(kind, "aggTrade")) {
        read_trade(r, &l, 'a', out);
    } else if (eb_tok_is(kind, "markPriceUpdate")) {
        read_mark(r, &l, out);
    } else if (eb_tok_is(kind, "trade")) {
        read_trade(r, &l, 't', out);
    } else if (eb_tok_is(kind, "kline")) {
        read_kline(r, &l, out);
    }
    if (out->kind != BN_MARKET_OTHER) {
        bn_value_symbol(r, letter(&l, 's'), "s", out->symbol);
        out->event_ms = time_of(r, &l, 'E', false);
        out->coin_margined = eb_tok_is(eb_tok_get(root, "st"), "2");
    }
}

int bn_decode_market(const char *text, size_t len, struct bn_market *out, struct eb_err *err)
{
    struct eb_token room[MARKET_ROOM];
    struct eb_tokens tokens;
    struct bn_reader r = {.what = "market stream", .err = err};
    memset(out, 0, sizeof(*out));
    r.rc = eb_tokens_parse(&tokens, r.what, text, len, room, MARKET_ROOM, err);
    if (r.rc == EB_E_FULL) {
        return EB_OK;
    }
    if (r.rc == EB_OK && eb_tok_kind(eb_tok_root(&tokens)) != EB_TOK_OBJECT) {
        bn_doc_wrong(&r, "the message", "is no object");
    }
    if (r.rc == EB_OK) {
        read_event(&r, eb_tok_root(&tokens), out);
    }
    if (r.rc != EB_OK) {
        memset(out, 0, sizeof(*out)); /* what is half read decides nothing */
    }
    return r.rc;
}

/* ---- the envelope ----------------------------------------------------------------------------------------------- */

static size_t after_blanks(const char *text, size_t len, size_t at)
{
    while (at < len && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n')) {
        at++;
    }
    return at;
}

/* Past the string that begins at `at`; len when it does not end. */
static size_t after_string(const char *text, size_t len, size_t at)
{
    for (at++; at < len && text[at] != '"'; at++) {
        at += text[at] == '\\';
    }
    return at < len ? at + 1 : len;
}

/* Past the value that begins at `at`. Judges nothing: whatever it cuts out is parsed by somebody. */
static size_t after_value(const char *text, size_t len, size_t at)
{
    int depth = 0;
    while (at < len) {
        char c = text[at];
        if (c == '"') {
            at = after_string(text, len, at);
        } else if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
            return at;
        } else {
            depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
            at++;
        }
        if (depth == 0 && (c == '"' || c == '}' || c == ']')) {
            return at;
        }
    }
    return len;
}

void bn_unwrap(const char **text, size_t *len)
{
    const char *t = *text;
    size_t n = *len, at = after_blanks(t, n, 0), data = 0, data_end = 0;
    bool stream = false;
    if (at >= n || t[at] != '{') {
        return;
    }
    at = after_blanks(t, n, at + 1);
    while (at < n && t[at] == '"' && !(stream && data != 0)) {
        size_t key = at + 1, key_end = after_string(t, n, at) - 1;
        at = after_blanks(t, n, key_end + 1);
        if (at >= n || t[at] != ':' || key_end - key == 1) {
            return; /* payloads have keys of one letter, envelopes do not */
        }
        size_t value = after_blanks(t, n, at + 1), value_end = after_value(t, n, value);
        if (key_end - key == 6 && memcmp(t + key, "stream", 6) == 0) {
            stream = true;
        } else if (key_end - key == 4 && memcmp(t + key, "data", 4) == 0) {
            data = value;
            data_end = value_end;
        }
        at = after_blanks(t, n, value_end);
        at = at < n && t[at] == ',' ? after_blanks(t, n, at + 1) : at;
    }
    if (stream && data_end > data) {
        *text = t + data;
        *len = data_end - data;
    }
}
