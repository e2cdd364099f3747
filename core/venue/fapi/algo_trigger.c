/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prices meet conditional orders: TRIGGERING, after a while the child order, and what becomes of both.
 *
 *     eb_sim_price() -> fapi_algo_triggers() -> fire() -> (later) send_child() -> its fills are told -> TRIGGERED,
 *     and FINISHED once the child is closed
 *
 * Loops walk the open ones by their links: an order that closes meanwhile keeps its own, and is passed over.
 */
#include "venue/fapi/book.h"

#include <stdio.h>
#include <string.h>

#include "venue/fapi/faults.h"

/* ---- what price does --------------------------------------------------------------------------------------------- */

static eb_price trail_level(const struct fapi_algo *o)
{
    int64_t back = o->t.side == EB_SELL ? -o->t.callback_ppm : o->t.callback_ppm;
    eb_price level;
    enum eb_round mode = o->t.side == EB_SELL ? EB_ROUND_FLOOR : EB_ROUND_CEIL; /* met at it, not before */
    return eb_mul_div(o->extreme.e8, EB_PPM + back, EB_PPM, mode, &level.e8) ? level : o->extreme;
}

void fapi_algo_follow(struct fapi_account *a, struct fapi_algo *o)
{
    eb_price now = fapi_algo_price(a, o);
    bool buy = o->t.side == EB_BUY;
    if (now.e8 <= 0) {
        return;
    }
    if (!o->activated) {
        if (buy ? now.e8 > o->t.activate.e8 : now.e8 < o->t.activate.e8) {
            return;
        }
        o->activated = true;
        o->extreme = now;
        o->update_ms = eb_fapi_now_ms(a->f);
        fapi_news_algo(a, o);
    } else if (buy ? now.e8 < o->extreme.e8 : now.e8 > o->extreme.e8) {
        o->extreme = now;
    }
}

static bool rising(const struct fapi_terms *t)
{
    bool stop = t->type == FAPI_STOP || t->type == FAPI_STOP_MARKET || t->type == FAPI_TRAILING;
    return stop == (t->side == EB_BUY);
}

/* priceProtect: no trigger while mark and last are too far apart. */
static bool protected(const struct fapi_account *a, const struct fapi_algo *o)
{
    const struct eb_sim_quote *q = &a->symbol[o->t.symbol].quote;
    if (!o->t.price_protect || q->mark.e8 <= 0 || q->last.e8 <= 0) {
        return false;
    }
    int64_t apart = q->mark.e8 > q->last.e8 ? q->mark.e8 - q->last.e8 : q->last.e8 - q->mark.e8;
    return (eb_i128)apart * EB_PPM > (eb_i128)q->mark.e8 * FAPI_TRIGGER_PROTECT_PPM;
}

/* Whether it is met; nearer: and before price could reach the liquidation price of what it closes. */
static bool met(struct fapi_account *a, const struct fapi_algo *o, bool nearer)
{
    eb_price now = fapi_algo_price(a, o);
    if (now.e8 <= 0 || (o->t.type == FAPI_TRAILING && !o->activated)) {
        return false;
    }
    eb_price level = o->t.type == FAPI_TRAILING ? trail_level(o) : o->t.trigger;
    if ((rising(&o->t) ? now.e8 < level.e8 : now.e8 > level.e8) || protected(a, o)) {
        return false;
    }
    struct fapi_position p;
    if (!nearer || !fapi_position(a, o->t.symbol, fapi_leg(a, &o->t), &p) || p.liquidation.e8 <= 0) {
        return true;
    }
    return p.side == EB_LONG ? level.e8 > p.liquidation.e8 : level.e8 < p.liquidation.e8;
}

/* ---- the child --------------------------------------------------------------------------------------------------- */

static void finish(struct fapi_account *a, struct fapi_algo *o, const struct fapi_order *child)
{
    int64_t average = 0;
    if (child->filled.e8 > 0 && eb_div_i64(child->quote_e16, child->filled.e8, EB_ROUND_HALF_EVEN, &average)) {
        o->child_average.e8 = average;
    }
    o->child_filled = child->filled;
    fapi_algo_close(a, o, FAPI_ALGO_FINISHED);
}

static void reject(struct fapi_account *a, struct fapi_algo *o, int32_t code)
{
    const char *text = code == -2022 ? "Reduce Only reject" : eb_code_text(code);
    (void)snprintf(o->reason, sizeof(o->reason), "%s", text);
    fapi_algo_close(a, o, FAPI_ALGO_REJECTED);
}

/* What the matching engine is asked for in its place. */
static int32_t child_terms(struct fapi_account *a, const struct fapi_algo *o, struct fapi_terms *t)
{
    const struct fapi_symbol *y = fapi_symbol_at(a->f, o->t.symbol);
    *t = o->t;
    if (o->t.type == FAPI_STOP || o->t.type == FAPI_TAKE_PROFIT) {
        t->type = FAPI_LIMIT;
        return fapi_check_limit(y, t);
    }
    t->type = FAPI_MARKET;
    t->price = (eb_price){0};
    if (!o->t.close_position) {
        return fapi_check_qty(y, t->qty, true);
    }
    struct fapi_position p;
    if (!fapi_position(a, o->t.symbol, fapi_leg(a, &o->t), &p) || (p.side == EB_LONG) != (o->t.side == EB_SELL)) {
        return -2022;
    }
    t->qty = p.qty;
    return 0;
}

static void send_child(struct fapi_account *a, struct fapi_algo *o)
{
    struct fapi_terms t;
    struct fapi_order *child = NULL;
    int32_t code = fapi_account_sync(a, o->t.symbol) ? child_terms(a, o, &t) : -1122;
    if (code == -2022 && o->t.close_position) {
        fapi_algo_close(a, o, FAPI_ALGO_EXPIRED); /* flat meanwhile: that was the goal */
        return;
    }
    code = code == 0 ? fapi_order_send(a, &t, o, o->t.close_position, &child) : code;
    if (code != 0) {
        reject(a, o, code);
        return;
    }
    o->child_id = child->id;
    o->status = FAPI_ALGO_TRIGGERED; /* told after the child's fills, as at the exchange */
    o->update_ms = eb_fapi_now_ms(a->f);
    fapi_news_algo(a, o);
    if (!child->open) {
        finish(a, o, child);
    }
}

void fapi_algo_child_closed(struct fapi_account *a, const struct fapi_order *child)
{
    uint32_t at = child->algo_id != 0 ? fapi_store_find(&a->algos, child->algo_id) : FAPI_STORE_NONE;
    if (at != FAPI_STORE_NONE && a->algo[at].status == FAPI_ALGO_TRIGGERED) {
        finish(a, &a->algo[at], child);
    }
}

static void fire(struct fapi_account *a, struct fapi_algo *o)
{
    int64_t *due_ms = &a->algo_due_ms[o - a->algo];
    o->status = FAPI_ALGO_TRIGGERING;
    o->trigger_ms = o->update_ms = eb_fapi_now_ms(a->f);
    fapi_news_algo(a, o);
    if (fapi_fault_stuck_triggering(a->f)) {
        *due_ms = INT64_MAX;
        return;
    }
    int64_t delay_ms = fapi_trigger_delay_ms(a->f);
    if (delay_ms <= 0) {
        send_child(a, o);
        return;
    }
    *due_ms = a->now_ms + delay_ms;
    a->due_ms = *due_ms < a->due_ms ? *due_ms : a->due_ms;
}

void fapi_algo_triggers(void *account, eb_symbol_id symbol, bool nearer)
{
    struct fapi_account *a = account;
    uint32_t at = a->symbol[symbol].algos > 0 ? a->algos.open_first : FAPI_STORE_NONE;
    while (at != FAPI_STORE_NONE) {
        struct fapi_algo *o = &a->algo[at];
        if (o->open && o->t.symbol == symbol && o->status == FAPI_ALGO_NEW) {
            if (o->t.type == FAPI_TRAILING && nearer) {
                fapi_algo_follow(a, o);
            }
            if (met(a, o, nearer)) {
                fire(a, o);
            }
        }
        at = a->algos.entry[at].open_next;
    }
}

/* ---- what else ends it ------------------------------------------------------------------------------------------- */

void fapi_algo_position_changed(struct fapi_account *a, uint32_t symbol, unsigned leg)
{
    struct fapi_position p;
    bool held = fapi_position(a, symbol, leg, &p);
    uint32_t at = a->symbol[symbol].algos > 0 ? a->algos.open_first : FAPI_STORE_NONE;
    while (at != FAPI_STORE_NONE) {
        struct fapi_algo *o = &a->algo[at];
        bool about = o->open && o->t.symbol == symbol && o->t.close_position && fapi_leg(a, &o->t) == leg;
        if (about && o->status == FAPI_ALGO_NEW && (!held || (p.side == EB_LONG) != (o->t.side == EB_SELL))) {
            fapi_algo_close(a, o, FAPI_ALGO_EXPIRED);
        }
        at = a->algos.entry[at].open_next;
    }
}

void fapi_algos_run(struct fapi_account *a)
{
    int64_t ahead_ms = eb_fapi_now_ms(a->f) - a->f->now_ms;
    uint32_t at = a->algos.open_first;
    while (at != FAPI_STORE_NONE) {
        struct fapi_algo *o = &a->algo[at];
        int64_t due_ms = INT64_MAX;
        if (o->open && o->status == FAPI_ALGO_TRIGGERING) {
            due_ms = a->algo_due_ms[at];
        } else if (o->open && o->status == FAPI_ALGO_NEW && o->t.tif == FAPI_GTD) {
            due_ms = o->t.good_till_ms - ahead_ms;
        }
        if (due_ms > a->now_ms) {
            a->due_ms = due_ms < a->due_ms ? due_ms : a->due_ms;
        } else if (o->status == FAPI_ALGO_TRIGGERING) {
            send_child(a, o);
        } else {
            fapi_algo_close(a, o, FAPI_ALGO_EXPIRED);
        }
        at = a->algos.entry[at].open_next;
    }
}
