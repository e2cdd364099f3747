/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bars: those of before a symbol appeared, by request; those that close, by stream; and what a hole between them lacks.
 * And whom that holds back: a position is told when its symbol's bars are in, or after history_wait_ms. A policy
 * without bars decides worse; a position without a stop is worse still.
 *
 *     introduced -> klines + premiumIndex -> BAR..., FUNDING -> released: POSITION, a picture, ready
 */
#include "venue/binance/inner.h"

#include <string.h>

#define AGAIN_NS (30000 * BN_NS_IN_MS)
#define BAR_MS BN_MINUTE_MS
#define TERMS_WAIT_NS (500 * BN_NS_IN_MS) /* for the exchange's liquidation price of a new position */

/* ---- holding ----------------------------------------------------------------------------------------------------- */

/* The first rows of a new position are worth a moment: of its liquidation price only an estimate is known before. */
static bool misses_terms(const struct bn_symbol *s)
{
    return s->risk_wanted || s->risk_under_way || s->config_under_way;
}

static void history_came(void *user, uint64_t tag, const struct bn_result *r);

/* Bars that the minute's weight keeps back will not come in time: nobody is held for them. */
static bool misses_bars(const struct eb_binance *b, const struct bn_symbol *s, int64_t left_ms)
{
    return s->history_due && !bn_rest_starves(b->rest, history_came, bn_symbol_index(b, s), left_ms);
}

bool bn_symbol_held(const struct eb_binance *b, const struct bn_symbol *s)
{
    int64_t left_ns = s->held_ns != 0 ? s->held_ns - bn_now_ns(b) : 0;
    return left_ns > 0 && (s->premium_due || misses_terms(s) || misses_bars(b, s, left_ns / BN_NS_IN_MS));
}

bool bn_any_held(const struct eb_binance *b)
{
    for (uint32_t i = 0; i < b->c.symbols_max; i++) {
        if (b->by_id[i] != BN_NO_RECORD && b->symbol[b->by_id[i]].held_ns != 0) {
            return true;
        }
    }
    return false;
}

void bn_hold_for_terms(struct eb_binance *b, struct bn_symbol *s)
{
    int64_t wait_ns = b->c.history_wait_ms * BN_NS_IN_MS;
    int64_t until_ns = bn_now_ns(b) + (wait_ns < TERMS_WAIT_NS ? wait_ns : TERMS_WAIT_NS);
    s->held_ns = s->held_ns > until_ns ? s->held_ns : until_ns;
    bn_arm_timer(b);
}

static void release_one(struct eb_binance *b, struct bn_symbol *s)
{
    uint64_t epoch = b->epoch;
    s->held_ns = 0;
    for (unsigned leg = 0; leg < EB_COUNT(s->leg) && epoch == b->epoch; leg++) {
        if (s->leg[leg].pending) {
            bn_leg_tell(b, s, leg);
        }
    }
}

void bn_release(struct eb_binance *b)
{
    uint64_t epoch = b->epoch;
    for (uint32_t i = 0; i < b->c.symbols_max && epoch == b->epoch; i++) {
        struct bn_symbol *s = b->by_id[i] != BN_NO_RECORD ? &b->symbol[b->by_id[i]] : NULL;
        if (s != NULL && s->held_ns != 0 && !bn_symbol_held(b, s)) {
            release_one(b, s);
        }
    }
    if (epoch == b->epoch) {
        bn_picture_released(b);
    }
    if (epoch == b->epoch) {
        bn_connect_released(b);
    }
}

/* ---- bars -------------------------------------------------------------------------------------------------------- */

static void tell_bar(struct eb_binance *b, struct bn_symbol *s, const struct eb_ev_bar *bar)
{
    if (bar->open_ms <= s->bar_ms) {
        return;
    }
    s->bar_ms = bar->open_ms;
    struct eb_event ev = bn_event(b, EB_EV_BAR, s->id);
    ev.u.bar = *bar;
    bn_tell(b, &ev);
}

static void tell_kept(struct eb_binance *b, struct bn_symbol *s)
{
    uint64_t epoch = b->epoch;
    unsigned kept = s->kept;
    struct eb_ev_bar bar[BN_KEPT_BARS];
    memcpy(bar, s->kept_bar, sizeof(bar));
    s->kept = 0;
    for (unsigned i = 0; i < kept && epoch == b->epoch; i++) {
        tell_bar(b, s, &bar[i]);
    }
}

struct bars {
    struct eb_binance *b;
    struct bn_symbol *s;
    uint64_t epoch;
    int64_t now_ms;
};

static int take_bar(void *user, const struct eb_ev_bar *bar)
{
    struct bars *t = user;
    if (bar->open_ms + BAR_MS > t->now_ms) {
        return EB_OK; /* not closed yet */
    }
    struct eb_ev_bar told = *bar;
    told.length_ms = BAR_MS;
    tell_bar(t->b, t->s, &told);
    return t->epoch == t->b->epoch ? EB_OK : EB_E_END;
}

static void history_came(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct bn_symbol *s = &b->symbol[tag];
    struct eb_err err = {0};
    struct bars t = {b, s, b->epoch, bn_rest_now_ms(b->rest)};
    bool read = r->outcome == BN_ACCEPTED && s->id != EB_NO_SYMBOL;
    int rc = read ? bn_decode_klines(r->body, r->len, take_bar, &t, &err) : EB_E_IO;
    if (t.epoch != b->epoch) {
        return;
    }
    s->history_due = false;
    if (rc != EB_OK) {
        s->retry_ns = bn_now_ns(b) + AGAIN_NS;
        eb_log(b->c.log, EB_LOG_WARN, "history.failed", EB_STR("symbol", s->name), EB_I64("code", r->code),
               EB_STR("why", read ? err.msg : r->msg));
    }
    if (s->id != EB_NO_SYMBOL) {
        tell_kept(b, s);
    }
    if (t.epoch == b->epoch) {
        bn_release(b);
    }
    if (t.epoch == b->epoch) {
        bn_flush(b);
    }
}

static uint16_t klines_weight(uint32_t limit)
{
    return limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1000 ? 5 : 10;
}

static bool ask_bars(struct eb_binance *b, struct bn_symbol *s)
{
    struct eb_err err;
    struct bn_call call;
    uint32_t limit = b->c.history_bars + 1 < 1500 ? b->c.history_bars + 1 : 1500; /* the last one is open */
    memset(&call, 0, sizeof(call));
    call.method = "GET";
    call.path = "/fapi/v1/klines";
    bn_params_init(&call.params);
    bn_param_text(&call.params, "symbol", s->name);
    bn_param_text(&call.params, "interval", "1m");
    if (s->bar_ms > 0) { /* a hole */
        bn_param_i64(&call.params, "startTime", s->bar_ms + BAR_MS);
    }
    bn_param_i64(&call.params, "limit", limit);
    call.security = BN_PUBLIC;
    call.priority = BN_PRIORITY_HISTORY;
    call.weight = klines_weight(limit);
    call.done = history_came;
    call.user = b;
    call.tag = bn_symbol_index(b, s);
    return bn_rest_call(b->rest, &call, &err) == EB_OK;
}

void bn_history_begin(struct eb_binance *b, struct bn_symbol *s)
{
    bool first = s->retry_ns == 0 && s->bar_ms == 0;
    s->retry_ns = 0;
    if (b->c.history_bars > 0 && !s->history_due) {
        s->history_due = ask_bars(b, s);
        s->retry_ns = s->history_due ? 0 : bn_now_ns(b) + AGAIN_NS;
    }
    if (first) {
        s->premium_due = bn_ask_premium(b, s, BN_PRIORITY_READ, true) == EB_OK;
        s->held_ns = bn_now_ns(b) + b->c.history_wait_ms * BN_NS_IN_MS;
    }
}

void bn_history_closed(struct eb_binance *b, struct bn_symbol *s, const struct eb_ev_bar *bar)
{
    bool hole = s->bar_ms > 0 && bar->open_ms > s->bar_ms + BAR_MS && b->c.history_bars > 0;
    if (bar->open_ms <= s->bar_ms) {
        return;
    }
    if (!s->history_due && hole && s->kept == 0) {
        s->history_due = ask_bars(b, s);
    }
    if (!s->history_due) {
        tell_bar(b, s, bar);
        return;
    }
    if (s->kept == BN_KEPT_BARS) { /* the request takes longer than they last: they are worth more than the hole */
        tell_kept(b, s);
    }
    bool follows = s->kept == 0 || bar->open_ms > s->kept_bar[s->kept - 1].open_ms;
    if (follows) {
        s->kept_bar[s->kept++] = *bar;
    }
}
