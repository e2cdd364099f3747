/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditional orders: a service beside the matching engine, with ids of its own.
 *
 *     NEW -> TRIGGERING -> TRIGGERED, with a regular order as its child -> FINISHED      algo_trigger.c
 *      |         +-> REJECTED: the child was refused
 *      +-> CANCELED, or EXPIRED: nothing is left that it could close, or its time is over
 */
#include "venue/fapi/book.h"

#include <string.h>

#define CALLBACK_MIN_PPM 1000
#define CALLBACK_MAX_PPM 200000

static bool is_limit(const struct fapi_terms *t)
{
    return t->type == FAPI_STOP || t->type == FAPI_TAKE_PROFIT;
}

eb_price fapi_algo_price(const struct fapi_account *a, const struct fapi_algo *o)
{
    const struct eb_sim_quote *q = &a->symbol[o->t.symbol].quote;
    return o->t.mark_price || q->last.e8 <= 0 ? q->mark : q->last;
}

/* ---- checks ------------------------------------------------------------------------------------------------------ */

static int32_t check_close_position(struct fapi_account *a, const struct fapi_terms *t)
{
    if (t->type != FAPI_STOP_MARKET && t->type != FAPI_TAKE_PROFIT_MARKET) {
        return -4136;
    }
    if (t->qty.e8 != 0) {
        return -4137;
    }
    struct fapi_position p;
    if (!fapi_position(a, t->symbol, fapi_leg(a, t), &p) || (p.side == EB_LONG) != (t->side == EB_SELL)) {
        return -4509;
    }
    const struct fapi_store *s = &a->algos;
    for (uint32_t at = s->open_first; at != FAPI_STORE_NONE; at = s->entry[at].open_next) {
        const struct fapi_terms *o = &a->algo[at].t;
        if (o->symbol == t->symbol && o->close_position && o->type == t->type && o->side == t->side &&
            o->position_side == t->position_side) {
            return -4130;
        }
    }
    return 0;
}

/* The price of a conditional limit order may not be far from its own trigger. */
static int32_t check_limit_price(const struct fapi_symbol *y, const struct fapi_terms *t)
{
    bool matched = t->price_match[0] != '\0' && strcmp(t->price_match, "NONE") != 0;
    if (matched) {
        return t->price.e8 != 0 ? -1106 : 0;
    }
    int32_t code = fapi_check_price(y, t->price, false);
    code = code == 0 ? fapi_check_band(y, t->side, t->price, t->trigger) : code;
    return code == -4016 ? -4183 : code == -4024 ? -4184 : code;
}

static int32_t check_notional(const struct fapi_account *a, const struct fapi_symbol *y, const struct fapi_terms *t)
{
    eb_money notional;
    eb_price price = t->price.e8 > 0 ? t->price : t->trigger;
    if (fapi_closes(a, t) || y->inst.min_notional.e8 <= 0 || price.e8 <= 0) {
        return 0;
    }
    bool enough = eb_notional(price, t->qty, EB_ROUND_FLOOR, &notional) && notional.e8 >= y->inst.min_notional.e8;
    return enough ? 0 : -4164;
}

static int32_t check_trailing(const struct fapi_symbol *y, const struct fapi_terms *t, eb_price now)
{
    if (t->callback_ppm < CALLBACK_MIN_PPM || t->callback_ppm > CALLBACK_MAX_PPM) {
        return -2007;
    }
    if (t->trigger.e8 != 0) {
        return -2021;
    }
    if (t->activate.e8 == 0) {
        return 0;
    }
    int32_t code = fapi_check_price(y, t->activate, false);
    bool beyond = t->side == EB_BUY ? t->activate.e8 < now.e8 : t->activate.e8 > now.e8;
    return code == 0 && now.e8 > 0 && !beyond ? -2021 : code;
}

static bool met(const struct fapi_terms *t, eb_price now)
{
    bool stop = t->type == FAPI_STOP || t->type == FAPI_STOP_MARKET;
    bool rising = stop == (t->side == EB_BUY);
    return now.e8 > 0 && (rising ? now.e8 >= t->trigger.e8 : now.e8 <= t->trigger.e8);
}

static bool conditional(uint8_t type)
{
    return type == FAPI_STOP || type == FAPI_STOP_MARKET || type == FAPI_TAKE_PROFIT ||
           type == FAPI_TAKE_PROFIT_MARKET || type == FAPI_TRAILING;
}

static const struct fapi_algo *find_named(struct fapi_account *a, const char *client_id, bool open)
{
    const struct fapi_algo *found = NULL;
    uint32_t at = fapi_store_first_key(&a->algos, fapi_text_key(FAPI_NONE, client_id));
    for (; at != FAPI_STORE_NONE; at = fapi_store_next_key(&a->algos, at)) {
        const struct fapi_algo *o = &a->algo[at];
        if (strcmp(o->t.client_id, client_id) == 0 && o->open) {
            return o;
        }
        found = found == NULL && !open && strcmp(o->t.client_id, client_id) == 0 ? o : found;
    }
    return found;
}

static int32_t check(struct fapi_account *a, const struct fapi_terms *t)
{
    int32_t code = conditional(t->type) ? fapi_check_common(a, t) : -1116;
    if (code != 0) {
        return code;
    }
    if (!fapi_account_sync(a, t->symbol)) {
        return -1122;
    }
    const struct fapi_symbol *y = fapi_symbol_at(a->f, t->symbol);
    const struct fapi_algo probe = {.t = *t};
    eb_price now = fapi_algo_price(a, &probe);
    if (t->close_position) {
        code = check_close_position(a, t);
    } else {
        code = fapi_check_qty(y, t->qty, false); /* as a market order only once it is one */
    }
    if (code == 0 && t->type == FAPI_TRAILING) {
        code = check_trailing(y, t, now);
    } else if (code == 0) {
        code = fapi_check_price(y, t->trigger, true);
    }
    if (code == 0 && is_limit(t)) {
        code = check_limit_price(y, t);
    }
    code = code == 0 && !t->close_position ? check_notional(a, y, t) : code;
    if (code == 0 && t->type != FAPI_TRAILING && met(t, now)) {
        code = -2021;
    }
    if (code == 0 && t->client_id[0] != '\0' && find_named(a, t->client_id, true) != NULL) {
        code = -4116;
    }
    return code == 0 && a->algos.open_count >= a->slots_max ? -4045 : code;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

int32_t fapi_algo_place(struct fapi_account *a, const struct fapi_terms *t, const struct fapi_algo **out)
{
    int32_t code = check(a, t);
    if (code != 0) {
        return code;
    }
    struct fapi_terms terms = *t;
    uint64_t id = ++a->algo_id;
    if (terms.client_id[0] == '\0') {
        fapi_name_make(a, id, terms.client_id);
    }
    uint32_t at = fapi_store_add(&a->algos, id, fapi_text_key(FAPI_NONE, terms.client_id));
    if (at == FAPI_STORE_NONE) {
        return -4045;
    }
    struct fapi_algo *o = &a->algo[at];
    int64_t now_ms = eb_fapi_now_ms(a->f);
    *o = (struct fapi_algo){
        .t = terms, .id = id, .status = FAPI_ALGO_NEW, .time_ms = now_ms, .update_ms = now_ms, .open = true};
    a->symbol[t->symbol].algos++;
    if (t->tif == FAPI_GTD) {
        int64_t at_ms = t->good_till_ms - (now_ms - a->f->now_ms);
        a->due_ms = at_ms < a->due_ms ? at_ms : a->due_ms;
    }
    fapi_news_algo(a, o);
    if (t->type == FAPI_TRAILING) {
        if (o->t.activate.e8 == 0) {
            o->t.activate = fapi_algo_price(a, o);
        }
        fapi_algo_follow(a, o);
    }
    *out = o;
    return 0;
}

void fapi_algo_close(struct fapi_account *a, struct fapi_algo *o, enum fapi_algo_status status)
{
    EB_ASSERT(o->open);
    o->open = false;
    o->status = (uint8_t)status;
    o->update_ms = eb_fapi_now_ms(a->f);
    fapi_store_close(&a->algos, (uint32_t)(o - a->algo));
    a->symbol[o->t.symbol].algos--;
    fapi_news_algo(a, o);
}

int32_t fapi_algo_cancel(struct fapi_account *a, uint64_t id, const struct fapi_algo **out)
{
    uint32_t at = fapi_store_find(&a->algos, id);
    if (at == FAPI_STORE_NONE || a->algo[at].status != FAPI_ALGO_NEW) {
        return -2011; /* also while it triggers: from there on only its child can be cancelled */
    }
    fapi_algo_close(a, &a->algo[at], FAPI_ALGO_CANCELED);
    *out = &a->algo[at];
    return 0;
}

uint32_t fapi_algo_cancel_all(struct fapi_account *a, uint32_t symbol)
{
    uint32_t count = 0;
    uint32_t at = a->algos.open_first;
    while (at != FAPI_STORE_NONE) {
        uint32_t next = a->algos.entry[at].open_next;
        struct fapi_algo *o = &a->algo[at];
        if ((symbol == FAPI_NONE || o->t.symbol == symbol) && o->status == FAPI_ALGO_NEW) {
            fapi_algo_close(a, o, FAPI_ALGO_CANCELED);
            count++;
        }
        at = next;
    }
    return count;
}

const struct fapi_algo *fapi_algo_find(struct fapi_account *a, uint64_t id, const char *client_id)
{
    if (id != 0) {
        uint32_t at = fapi_store_find(&a->algos, id);
        return at != FAPI_STORE_NONE ? &a->algo[at] : NULL;
    }
    return client_id != NULL && client_id[0] != '\0' ? find_named(a, client_id, false) : NULL;
}

void fapi_algos(struct fapi_account *a, uint32_t symbol, bool open_only,
                void (*visit)(void *user, const struct fapi_algo *o), void *user)
{
    const struct fapi_store *s = &a->algos;
    uint32_t at = open_only ? s->open_first : s->first;
    while (at != FAPI_STORE_NONE) {
        uint32_t next = open_only ? s->entry[at].open_next : s->entry[at].next;
        if (symbol == FAPI_NONE || a->algo[at].t.symbol == symbol) {
            visit(user, &a->algo[at]);
        }
        at = next;
    }
}
