/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the exchange tells: builds events and puts them into the queue, with the faults of a stream (dropped, delayed,
 * doubled, out of order). Replies to requests can be late, but whether they come at all is the fate of the request.
 */
#include "venue/sim/internal.h"

#include <string.h>

static int64_t draw_delay(struct eb_sim *sim)
{
    if (!eb_sim_strikes(sim, EB_SIM_F_DELAY)) {
        return 0;
    }
    int64_t max = sim->config.faults.delay_max_ms > 0 ? sim->config.faults.delay_max_ms : 1000;
    return eb_rng_range(&sim->delay_rng, 1, max);
}

static struct eb_event *put(struct eb_sim *sim, enum eb_event_kind kind, eb_symbol_id symbol, int64_t after_ms)
{
    struct sim_item *item = eb_sim_queue_add(sim, SIM_ITEM_EVENT, sim->config.event_ms + after_ms);
    struct eb_event *ev = &item->u.event.ev;
    *ev = (struct eb_event){.symbol = symbol, .position = EB_NO_POSITION, .kind = (uint16_t)kind};
    return ev;
}

/* An event of the stream; NULL when it is dropped. */
static struct eb_event *put_stream(struct eb_sim *sim, enum eb_event_kind kind, eb_symbol_id symbol)
{
    if (eb_sim_strikes(sim, EB_SIM_F_DROP)) {
        return NULL;
    }
    return put(sim, kind, symbol, draw_delay(sim));
}

static void fill_from_trade(struct eb_ev_fill *f, const struct eb_sim_trade *t)
{
    *f = (struct eb_ev_fill){
        .client_id = t->client_id,
        .venue_order_id = t->venue_order_id,
        .trade_id = t->trade_id,
        .price = t->price,
        .qty = t->qty,
        .fee = t->fee,
        .order_side = t->order_side,
        .position_side = t->position_side,
        .maker = t->maker,
        .liquidation = t->liquidation,
        .venue_ms = t->venue_ms,
    };
}

static void tell_fill(struct eb_sim *sim, const struct eb_sim_trade *t)
{
    struct eb_event *ev = put_stream(sim, EB_EV_FILL, t->symbol);
    if (ev != NULL) {
        fill_from_trade(&ev->u.fill, t);
    }
}

static void order_from(struct eb_ev_order *out, const struct sim_order *o)
{
    /* A conditional order's child has an id of its own; from its first fill on that is the order which is spoken of. */
    bool child =
        o->child_id != 0 && (o->state == EB_OS_PARTIAL || o->state == EB_OS_FILLED || o->state == EB_OS_EXPIRED);
    *out = (struct eb_ev_order){
        .client_id = o->req.client_id,
        .venue_order_id = child ? o->child_id : o->id,
        .state = o->state,
        .reject = o->state == EB_OS_REJECTED ? (uint8_t)eb_sim_code_class(o->code) : (uint8_t)EB_REJ_NONE,
        .code = o->code,
        .filled = o->filled,
        .venue_ms = o->changed_ms,
    };
}

static bool is_told(const struct eb_sim *sim, const struct sim_order *o)
{
    return !o->muted && (o->ours || sim->config.tell_foreign);
}

void eb_sim_tell_order(struct eb_sim *sim, const struct sim_order *o)
{
    if (!is_told(sim, o)) {
        return;
    }
    struct eb_event *ev = put_stream(sim, EB_EV_ORDER, o->req.symbol);
    if (ev != NULL) {
        order_from(&ev->u.order, o);
    }
}

void eb_sim_tell_execution(struct eb_sim *sim, const struct sim_order *o, size_t first)
{
    /* What the venue does itself (liquidation) is always told: nobody else could. */
    bool of_venue = first < sim->trade_count && sim->trade[first].liquidation;
    if (o == NULL ? !sim->config.tell_foreign && !of_venue : !is_told(sim, o)) {
        return;
    }
    bool early = o != NULL && first < sim->trade_count && eb_sim_strikes(sim, EB_SIM_F_REORDER);
    if (early) {
        eb_sim_tell_order(sim, o);
    }
    for (size_t i = first; i < sim->trade_count; i++) {
        tell_fill(sim, &sim->trade[i]);
        if (eb_sim_strikes(sim, EB_SIM_F_DUPLICATE)) {
            tell_fill(sim, &sim->trade[i]);
        }
    }
    if (o != NULL && !early) {
        eb_sim_tell_order(sim, o);
    }
}

void eb_sim_tell_outcome(struct eb_sim *sim, const struct sim_target *target, enum eb_order_state state, int32_t code,
                         bool cancel_failed, int64_t after_ms)
{
    struct eb_event *ev = put(sim, EB_EV_ORDER, target->symbol, after_ms + draw_delay(sim));
    bool refusal = state == EB_OS_REJECTED || cancel_failed; /* an ABSENT order has a code, but nobody refused it */
    ev->u.order = (struct eb_ev_order){
        .client_id = target->id,
        .venue_order_id = target->venue_order_id,
        .state = (uint8_t)state,
        .reject = refusal ? (uint8_t)eb_sim_code_class(code) : (uint8_t)EB_REJ_NONE,
        .cancel_failed = cancel_failed,
        .from_query = state == EB_OS_ABSENT,
        .code = code,
        .venue_ms = sim->now_ms,
    };
}

void eb_sim_tell_query(struct eb_sim *sim, struct sim_order *o)
{
    int64_t delay = draw_delay(sim);
    o->muted = false;
    uint32_t count = 0;
    for (uint32_t at = o->last_trade; at != 0; at = sim->trade[at - 1].earlier) {
        count++;
    }
    for (uint32_t k = sim->config.query_fills ? count : 0; k > 0; k--) { /* oldest first: the chain runs backwards */
        uint32_t at = o->last_trade;
        for (uint32_t skip = 1; skip < k; skip++) {
            at = sim->trade[at - 1].earlier;
        }
        fill_from_trade(&put(sim, EB_EV_FILL, o->req.symbol, delay)->u.fill, &sim->trade[at - 1]);
    }
    struct eb_event *ev = put(sim, EB_EV_ORDER, o->req.symbol, delay);
    order_from(&ev->u.order, o);
    ev->u.order.from_query = true;
}

void eb_sim_position_view(const struct eb_sim *sim, const struct sim_symbol *s, unsigned leg,
                          struct eb_ev_position *out)
{
    const struct sim_position *p = &s->position[leg];
    *out = (struct eb_ev_position){
        .position_side = sim_position_side(sim, leg),
        .side = p->side,
        .adopted = p->opened_seq <= sim->sink_seq,
        .qty = p->qty,
        .entry = p->entry,
        .liquidation = eb_sim_liquidation_of(sim, s, leg),
        .margin = p->margin,
        .leverage_ppm = p->leverage_ppm,
        .opened_ms = p->opened_ms,
        .venue_ms = p->changed_ms,
    };
    memcpy(out->strategy_id, p->strategy_id, sizeof(out->strategy_id));
}

void eb_sim_tell_position(struct eb_sim *sim, const struct sim_symbol *s, unsigned leg)
{
    if (!sim->config.tell_position || eb_sim_strikes(sim, EB_SIM_F_DROP)) {
        return;
    }
    struct sim_item *item = eb_sim_queue_add(sim, SIM_ITEM_EVENT, sim->config.event_ms + draw_delay(sim));
    item->u.event.ev =
        (struct eb_event){.symbol = sim_id_of(sim, s), .position = EB_NO_POSITION, .kind = (uint16_t)EB_EV_POSITION};
    eb_sim_position_view(sim, s, leg, &item->u.event.position);
}

void eb_sim_tell_account(struct eb_sim *sim)
{
    if (!sim->config.tell_account) {
        return;
    }
    struct eb_event *ev = put_stream(sim, EB_EV_ACCOUNT, EB_NO_SYMBOL);
    if (ev != NULL) {
        ev->u.account = (struct eb_ev_account){.balance = sim->account.wallet, .hedge = sim->account.hedge};
    }
}

void eb_sim_tell_price(struct eb_sim *sim, const struct sim_symbol *s, enum eb_price_source source, bool from_rest)
{
    eb_price price = source == EB_SRC_MARK ? s->quote.mark : source == EB_SRC_LAST ? s->quote.last : s->quote.bid;
    if (price.e8 <= 0 || (source == EB_SRC_BOOK && s->quote.ask.e8 <= 0)) {
        return;
    }
    struct eb_ev_price *p = &put(sim, EB_EV_PRICE, sim_id_of(sim, s), 0)->u.price;
    *p = (struct eb_ev_price){
        .source = (uint8_t)source, .from_rest = from_rest, .price = price, .min = price, .max = price};
    p->venue_ms = sim->now_ms;
    if (source == EB_SRC_BOOK) { /* lowest ask and highest bid: the sides at which targets execute */
        p->ask = s->quote.ask;
        p->min = s->quote.ask;
    }
}

void eb_sim_tell_funding(struct eb_sim *sim, const struct sim_symbol *s)
{
    struct eb_event *ev = put_stream(sim, EB_EV_FUNDING, sim_id_of(sim, s));
    if (ev != NULL) {
        ev->u.funding = (struct eb_ev_funding){.rate_e8 = s->funding_rate_e8, .next_ms = s->funding_next_ms};
    }
}
