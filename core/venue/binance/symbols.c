/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exchange's list of symbols, by name; those that matter are introduced to the engine and get its ids.
 *
 *     exchangeInfo, leverageBracket, symbolConfig -> symbol[]    name seen -> introduce: id, INSTRUMENT, streams, bars
 *     again every hour: what has changed -> INSTRUMENT
 *
 * Names that the list does not have (COIN-M, listed since) are counted and dropped; the list is read again once for
 * each, since a position may be in it.
 */
#include "venue/binance/inner.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

#define LIST_AGAIN_NS (60000 * BN_NS_IN_MS)
#define SYMBOL_CONFIG_WEIGHT 5

static uint64_t hash_of(const char *name)
{
    return eb_hash64(EB_HASH64_SEED, name, strlen(name));
}

struct bn_symbol *bn_symbol_find(struct eb_binance *b, const char *name)
{
    for (uint64_t at = hash_of(name);; at++) {
        uint16_t entry = b->hash[at & (BN_HASH_SLOTS - 1)];
        if (entry == 0) {
            return NULL;
        }
        if (strcmp(b->symbol[entry - 1].name, name) == 0) {
            return &b->symbol[entry - 1];
        }
    }
}

uint32_t bn_symbol_index(const struct eb_binance *b, const struct bn_symbol *s)
{
    return (uint32_t)(s - b->symbol);
}

static struct bn_symbol *add(struct eb_binance *b, const char *name)
{
    if (b->symbols == BN_SYMBOLS_MAX) {
        return NULL;
    }
    struct bn_symbol *s = &b->symbol[b->symbols++];
    memset(s, 0, sizeof(*s));
    (void)snprintf(s->name, sizeof(s->name), "%s", name);
    s->id = EB_NO_SYMBOL;
    uint64_t at = hash_of(name);
    while (b->hash[at & (BN_HASH_SLOTS - 1)] != 0) {
        at++;
    }
    b->hash[at & (BN_HASH_SLOTS - 1)] = (uint16_t)b->symbols;
    return s;
}

/* ---- introduction ------------------------------------------------------------------------------------------------ */

static void tell_instrument(struct eb_binance *b, const struct bn_symbol *s)
{
    struct eb_event ev = bn_event(b, EB_EV_INSTRUMENT, s->id);
    ev.u.instrument = &s->inst;
    bn_tell(b, &ev);
}

static void judge_status(struct eb_binance *b, const struct bn_symbol *s)
{
    bn_trouble(b, "symbol.not_trading", s->name, !s->inst.trading,
               "%s is %s at the exchange: no order is taken; look there for what becomes of its positions", s->name,
               s->status);
}

bool bn_symbol_introduce(struct eb_binance *b, struct bn_symbol *s)
{
    if (s->id != EB_NO_SYMBOL || s->refused || b->stage < BN_GREETED) {
        return s->id != EB_NO_SYMBOL;
    }
    if (!s->usable) {
        s->refused = true;
        s->unusable_told = true;
        b->list_wanted = true;
        bn_trouble(b, "symbol.unusable", s->name, true, "%s is left out, nothing of it is managed or protected: %s",
                   s->name, s->why);
        return false;
    }
    uint64_t epoch = b->epoch;
    eb_symbol_id id = b->c.listener.symbol(b->c.listener.user, s->name);
    if (epoch != b->epoch) {
        return false;
    }
    if (id == EB_NO_SYMBOL || id >= b->c.symbols_max) {
        s->refused = true;
        s->left_out_told = true;
        bn_trouble(b, "symbol.left_out", s->name, true,
                   "%s is left out, nothing of it is managed or protected: raise account.symbols_max", s->name);
        return false;
    }
    if (b->by_id[id] != BN_NO_RECORD) { /* refused by the engine, so that its id was given again */
        b->symbol[b->by_id[id]].id = EB_NO_SYMBOL;
        b->symbol[b->by_id[id]].refused = true;
    }
    s->id = id;
    b->by_id[id] = bn_symbol_index(b, s);
    b->introduced++;
    if (s->left_out_told) {
        s->left_out_told = false;
        bn_trouble(b, "symbol.left_out", s->name, false, "%s is managed", s->name);
    }
    tell_instrument(b, s);
    if (epoch != b->epoch) {
        return false;
    }
    if (!s->inst.trading) {
        judge_status(b, s);
    }
    bn_history_begin(b, s);
    if (bn_streams_watch(b->streams, s->name) != EB_OK) {
        bn_trouble(b, "streams.full", s->name, true,
                   "%s has no price streams, there are too many: give its account an engine of its own", s->name);
    }
    bn_arm_timer(b);
    return true;
}

struct bn_symbol *bn_symbol_of(struct eb_binance *b, eb_symbol_id id)
{
    if (id < b->c.symbols_max && b->by_id[id] != BN_NO_RECORD) {
        return &b->symbol[b->by_id[id]];
    }
    const char *name = b->c.listener.name != NULL ? b->c.listener.name(b->c.listener.user, id) : NULL;
    struct bn_symbol *s = name != NULL ? bn_symbol_find(b, name) : NULL;
    return s != NULL && bn_symbol_introduce(b, s) && s->id == id ? s : NULL;
}

/* Read again once for a name: what is still not there then is none of ours. */
static void stranger(struct eb_binance *b, const char *name)
{
    uint64_t hash = hash_of(name);
    b->count.unknown_symbols++;
    for (unsigned i = 0; i < BN_STRANGERS; i++) {
        if (b->stranger[i] == hash) {
            return;
        }
    }
    b->stranger[b->strangers++ % BN_STRANGERS] = hash;
    b->list_wanted = true;
    eb_log(b->c.log, EB_LOG_INFO, "symbol.unknown", EB_STR("symbol", name));
}

struct bn_symbol *bn_symbol_seen(struct eb_binance *b, const char *name)
{
    struct bn_symbol *s = bn_symbol_find(b, name);
    if (s == NULL) {
        stranger(b, name);
        return NULL;
    }
    return bn_symbol_introduce(b, s) ? s : NULL;
}

void bn_symbols_forget(struct eb_binance *b)
{
    for (uint32_t i = 0; i < b->symbols; i++) {
        struct bn_symbol *s = &b->symbol[i];
        s->id = EB_NO_SYMBOL;
        s->refused = s->wanted = s->history_due = s->premium_due = false;
        s->risk_wanted = s->risk_under_way = s->config_under_way = s->trades_wanted = false;
        s->held_ns = s->bar_ms = s->retry_ns = s->risk_next_ns = 0;
        s->kept = 0;
        s->stream_ms = 0;
        s->mark_wanted = false;
        memset(s->price_ms, 0, sizeof(s->price_ms));
        for (unsigned leg = 0; leg < EB_COUNT(s->leg); leg++) {
            uint32_t stops = s->leg[leg].stops;
            s->leg[leg] = (struct bn_leg){.stops = stops};
        }
    }
    for (uint32_t i = 0; i < b->c.symbols_max; i++) {
        b->by_id[i] = BN_NO_RECORD;
    }
    b->introduced = 0;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

struct taking {
    struct eb_binance *b;
    uint32_t added, rows;
    bool full;
    bool seen[BN_SYMBOLS_MAX];
};

static bool same(const struct eb_ev_instrument *x, const struct eb_ev_instrument *y)
{
    return x->tick.e8 == y->tick.e8 && x->min_price.e8 == y->min_price.e8 && x->max_price.e8 == y->max_price.e8 &&
           x->step.e8 == y->step.e8 && x->min_qty.e8 == y->min_qty.e8 && x->max_qty.e8 == y->max_qty.e8 &&
           x->market_step.e8 == y->market_step.e8 && x->market_min_qty.e8 == y->market_min_qty.e8 &&
           x->market_max_qty.e8 == y->market_max_qty.e8 && x->min_notional.e8 == y->min_notional.e8 &&
           x->percent_up_ppm == y->percent_up_ppm && x->percent_down_ppm == y->percent_down_ppm &&
           x->market_take_bound_ppm == y->market_take_bound_ppm && x->maintenance_ppm == y->maintenance_ppm &&
           x->max_orders == y->max_orders && x->max_algo_orders == y->max_algo_orders && x->trading == y->trading;
}

static void changed(struct eb_binance *b, struct bn_symbol *s, bool status)
{
    if (s->id == EB_NO_SYMBOL) {
        return;
    }
    eb_log(b->c.log, EB_LOG_WARN, "symbol.changed", EB_STR("symbol", s->name), EB_STR("status", s->status),
           EB_DEC8("tick", s->inst.tick), EB_DEC8("step", s->inst.step));
    uint64_t epoch = b->epoch;
    tell_instrument(b, s);
    if (status && epoch == b->epoch) {
        judge_status(b, s);
    }
}

static int take_row(void *user, const struct bn_instrument *r)
{
    struct taking *t = user;
    struct eb_binance *b = t->b;
    uint64_t epoch = b->epoch;
    struct bn_symbol *s = bn_symbol_find(b, r->inst.symbol);
    bool fresh = s == NULL;
    s = fresh ? add(b, r->inst.symbol) : s;
    t->rows++;
    if (s == NULL) {
        t->full = true;
        return EB_OK;
    }
    t->seen[bn_symbol_index(b, s)] = true;
    t->added += fresh ? 1 : 0;
    struct eb_ev_instrument inst = r->inst;
    inst.maintenance_ppm = s->inst.maintenance_ppm;
    bool differs = !same(&inst, &s->inst);
    bool status = inst.trading != s->inst.trading;
    if (!fresh && s->id != EB_NO_SYMBOL && !r->usable) {
        s->unusable_told = true;
        bn_trouble(b, "symbol.unusable", s->name, true, "%s: its new filters cannot be used, the old ones stay: %s",
                   s->name, r->why);
        return epoch == b->epoch ? EB_OK : EB_E_END;
    }
    s->inst = inst;
    s->usable = r->usable;
    if (s->usable && s->unusable_told) { /* left out until now: a picture brings what it holds */
        s->unusable_told = false;
        t->added += s->refused ? 1 : 0;
        s->refused = false;
        bn_trouble(b, "symbol.unusable", s->name, false, "%s: its filters can be used", s->name);
        if (epoch != b->epoch) {
            return EB_E_END;
        }
    }
    memcpy(s->status, r->status, sizeof(s->status));
    memcpy(s->why, r->why, sizeof(s->why));
    if (!fresh && differs) {
        changed(b, s, status);
    }
    return epoch == b->epoch ? EB_OK : EB_E_END;
}

/* What the exchange lists no longer does not trade. */
static void unlisted(struct eb_binance *b, const struct taking *t)
{
    uint64_t epoch = b->epoch;
    for (uint32_t i = 0; i < b->symbols && epoch == b->epoch; i++) {
        struct bn_symbol *s = &b->symbol[i];
        if (!t->seen[i] && s->inst.trading) {
            s->inst.trading = false;
            (void)snprintf(s->status, sizeof(s->status), "%s", "not listed");
            changed(b, s, true);
        }
    }
}

int bn_symbols_take(struct eb_binance *b, const struct bn_result *r, struct eb_err *err)
{
    struct bn_limits limits;
    struct taking t;
    uint64_t epoch = b->epoch;
    uint32_t before = b->symbols;
    memset(&t, 0, sizeof(t));
    memset(&limits, 0, sizeof(limits));
    t.b = b;
    int rc = bn_decode_exchange_info(r->body, r->len, &limits, take_row, &t, err);
    if (rc == EB_E_END || epoch != b->epoch) {
        return EB_OK; /* the listener has ended the connection */
    }
    if (rc == EB_OK && t.rows == 0) {
        return eb_err_set(err, EB_E_INVALID, "exchangeInfo", "it lists no symbol at all");
    }
    if (rc != EB_OK) {
        return rc;
    }
    bn_rest_limits(b->rest, limits.weight_1m, limits.orders_10s, limits.orders_1m);
    unlisted(b, &t);
    if (t.full && epoch == b->epoch) {
        bn_trouble(b, "symbols.full", "", true,
                   "the exchange lists more than %d symbols: the rest is not managed; a newer version is needed",
                   BN_SYMBOLS_MAX);
    }
    if (before > 0 && t.added > 0 && epoch == b->epoch) {
        bn_gap(b, "symbols were listed that were not known, or could not be used");
    }
    return EB_OK;
}

static int take_bracket(void *user, const char *symbol, int64_t maintenance_ppm)
{
    struct eb_binance *b = user;
    struct bn_symbol *s = bn_symbol_find(b, symbol);
    if (s != NULL && s->inst.maintenance_ppm != maintenance_ppm) {
        uint64_t epoch = b->epoch;
        s->inst.maintenance_ppm = maintenance_ppm;
        changed(b, s, false);
        return epoch == b->epoch ? EB_OK : EB_E_END;
    }
    return EB_OK;
}

int bn_symbols_take_brackets(struct eb_binance *b, const struct bn_result *r, struct eb_err *err)
{
    int rc = bn_decode_brackets(r->body, r->len, take_bracket, b, err);
    return rc == EB_E_END ? EB_OK : rc;
}

static int take_config(void *user, const struct bn_symbol_config *r)
{
    struct eb_binance *b = user;
    struct bn_symbol *s = bn_symbol_find(b, r->symbol);
    if (s != NULL) {
        s->config_known = true;
        s->isolated = r->isolated;
        s->leverage_ppm = r->leverage_ppm;
    }
    return EB_OK;
}

int bn_symbols_take_configs(struct eb_binance *b, const struct bn_result *r, struct eb_err *err)
{
    return bn_decode_symbol_config(r->body, r->len, take_config, b, err);
}

/* ---- again, later ------------------------------------------------------------------------------------------------ */

static void brackets_came(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct eb_err err;
    (void)tag;
    if (r->outcome == BN_ACCEPTED && bn_symbols_take_brackets(b, r, &err) != EB_OK) {
        eb_log(b->c.log, EB_LOG_WARN, "brackets.unreadable", EB_STR("why", err.msg));
    }
    bn_flush(b);
}

/* Of those that matter: what they hold is not protected, so that the list is looked at again soon. */
static bool any_unusable(const struct eb_binance *b)
{
    for (uint32_t i = 0; i < b->symbols; i++) {
        if (b->symbol[i].unusable_told && b->symbol[i].refused) {
            return true;
        }
    }
    return false;
}

static void list_came(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct eb_err err = {0};
    char said[EB_LINK_TEXT_MAX];
    (void)tag;
    b->list_under_way = false;
    uint64_t epoch = b->epoch;
    int rc = r->outcome == BN_ACCEPTED ? bn_symbols_take(b, r, &err) : EB_E_IO;
    if (epoch != b->epoch) {
        return;
    }
    bn_say_result(r, said, sizeof(said));
    bool soon = rc != EB_OK || any_unusable(b);
    b->list_next_ns = bn_now_ns(b) + (soon ? LIST_AGAIN_NS : b->c.filters_every_ms * BN_NS_IN_MS);
    bn_trouble(b, "filters.unread", "", rc != EB_OK,
               "the exchange's filters could not be read again, the old ones stay: %s",
               r->outcome == BN_ACCEPTED ? err.msg : said);
    /* A maintenance rate that changes is as rare as a filter. */
    if (rc == EB_OK &&
        bn_read(b, "/fapi/v1/leverageBracket", NULL, 1, BN_PRIORITY_HISTORY, brackets_came, 0) != EB_OK) {
        eb_log(b->c.log, EB_LOG_WARN, "brackets.unread", EB_STR("why", "they cannot be asked for now"));
    }
    bn_flush(b);
}

static int ask_list(struct eb_binance *b)
{
    struct eb_err err;
    struct bn_call call;
    memset(&call, 0, sizeof(call));
    call.method = "GET";
    call.path = "/fapi/v1/exchangeInfo";
    bn_params_init(&call.params);
    call.security = BN_PUBLIC;
    call.priority = BN_PRIORITY_READ;
    call.weight = 1;
    call.answer_max = (size_t)24 << 20;
    call.done = list_came;
    call.user = b;
    return bn_rest_call(b->rest, &call, &err);
}

void bn_symbols_second(struct eb_binance *b)
{
    int64_t now_ns = bn_now_ns(b);
    bool due = b->list_wanted || now_ns >= b->list_next_ns;
    if (due && !b->list_under_way) {
        b->list_under_way = ask_list(b) == EB_OK;
        b->list_wanted = b->list_wanted && !b->list_under_way;
        b->list_next_ns = now_ns + LIST_AGAIN_NS;
    }
    for (uint32_t i = 0; i < b->c.symbols_max; i++) {
        struct bn_symbol *s = b->by_id[i] != BN_NO_RECORD ? &b->symbol[b->by_id[i]] : NULL;
        if (s != NULL && s->retry_ns != 0 && now_ns >= s->retry_ns) {
            bn_history_begin(b, s);
        }
    }
}
