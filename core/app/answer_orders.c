/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders that stand: ours as the engine knows them, and what the last complete picture of the venue showed besides,
 * which is either somebody else's or one of ours that the engine does not know.
 */
#include "app/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/answer_words.h"
#include "domain/order.h"

#define OWN_MAX 64 /* of one position slot at a time */

static const char *type_name(uint8_t type)
{
    static const char *const name[] = {[EB_ORDER_MARKET] = "market",
                                       [EB_ORDER_LIMIT_IOC] = "limit IOC",
                                       [EB_ORDER_LIMIT_GTC] = "limit",
                                       [EB_ORDER_STOP_MARKET] = "stop market"};
    return type < EB_COUNT(name) ? name[type] : "?";
}

/* One line of the table, whoever's it is. */
struct line {
    eb_symbol_id symbol;
    const char *whose; /* "ours", "foreign", "orphan" */
    char purpose[32], id[EB_CLIENT_ID_TEXT_MAX];
    const char *side; /* "BUY", "" unknown */
    uint8_t type, state;
    bool closes_all;
    eb_qty qty, filled;
    eb_price price, trigger;
    int64_t age_ms; /* below 0: unknown */
    uint64_t venue_order_id;
};

static struct line of_ours(const struct eb_live *l, eb_position_id slot, const struct eb_own_order *o)
{
    enum eb_side side;
    bool known = eb_engine_open_side(eb_host_engine(l->host), slot, &side);
    struct line x = {.symbol = slot / 2,
                     .whose = "ours",
                     .side = !known            ? ""
                             : side == EB_LONG ? "SELL"
                                               : "BUY",
                     .type = o->type,
                     .state = o->state,
                     .qty = o->qty,
                     .filled = o->filled,
                     .price = o->price,
                     .trigger = o->trigger,
                     .age_ms = o->sent_ms > 0 ? eb_live_now_ms(l) - o->sent_ms : -1,
                     .venue_order_id = o->venue_order_id};
    const char *purpose = eb_purpose_name((enum eb_purpose)o->purpose);
    if (o->leg != 0) {
        (void)snprintf(x.purpose, sizeof(x.purpose), "%s %u", purpose, o->leg);
    } else {
        (void)snprintf(x.purpose, sizeof(x.purpose), "%s", purpose);
    }
    (void)eb_client_id_format(o->client_id, x.id);
    return x;
}

static struct line of_picture(const struct eb_seen_order *seen)
{
    const struct eb_ev_open_order *o = &seen->order;
    struct line x = {.symbol = seen->symbol,
                     .whose = seen->ours ? "orphan" : "foreign",
                     .side = o->order_side == EB_BUY ? "BUY" : "SELL",
                     .type = o->type,
                     .state = o->state,
                     .closes_all = o->close_position,
                     .qty = o->qty,
                     .filled = o->filled,
                     .price = o->price,
                     .trigger = o->trigger,
                     .age_ms = -1,
                     .venue_order_id = o->venue_order_id};
    (void)snprintf(x.purpose, sizeof(x.purpose), "%s",
                   o->close_position ? "closes all"
                   : o->reduce_only  ? "reduces"
                                     : "may open");
    if (seen->ours) {
        (void)eb_client_id_format(o->client_id, x.id);
    }
    return x;
}

/* Whether the engine works with this order, or did when the picture was taken: else it is of an earlier life. */
static bool is_known(const struct eb_live *l, const struct eb_seen_order *seen)
{
    if (seen->known) {
        return true; /* if it is not among the engine's own any more, it has ended since */
    }
    struct eb_own_order own[OWN_MAX];
    for (unsigned leg = 0; seen->symbol != EB_NO_SYMBOL && leg < 2; leg++) {
        uint32_t n = eb_engine_orders(eb_host_engine(l->host), seen->symbol * 2 + leg, own, OWN_MAX);
        for (uint32_t i = 0; i < n && i < OWN_MAX; i++) {
            if (eb_client_id_equal(own[i].client_id, seen->order.client_id)) {
                return true;
            }
        }
    }
    return false;
}

/* Calls take for each order of a symbol, or of all; returns how many there are. */
static unsigned each(const struct eb_live *l, eb_symbol_id symbol,
                     void (*take)(void *user, const struct eb_live *l, const struct line *x), void *user)
{
    const struct eb_engine *e = eb_host_engine(l->host);
    struct eb_own_order own[OWN_MAX];
    unsigned count = 0;
    eb_position_id first = symbol == EB_NO_SYMBOL ? 0 : symbol * 2;
    eb_position_id end = symbol == EB_NO_SYMBOL ? eb_engine_symbol_count(e) * 2 : symbol * 2 + 2;
    for (eb_position_id slot = first; slot < end; slot++) {
        uint32_t n = eb_engine_orders(e, slot, own, OWN_MAX);
        for (uint32_t i = 0; i < n && i < OWN_MAX; i++, count++) {
            struct line x = of_ours(l, slot, &own[i]);
            take(user, l, &x);
        }
    }
    for (size_t i = 0; i < l->seen.count; i++) {
        const struct eb_seen_order *seen = &l->seen.order[i];
        bool asked = symbol == EB_NO_SYMBOL || seen->symbol == symbol;
        if (asked && !(seen->ours && is_known(l, seen))) {
            struct line x = of_picture(seen);
            take(user, l, &x);
            count++;
        }
    }
    return count;
}

static void take_row(void *user, const struct eb_live *l, const struct line *x)
{
    struct eb_table *t = user;
    enum eb_colour c = strcmp(x->whose, "ours") == 0 ? EB_PLAIN : EB_YELLOW;
    const char *name = eb_engine_symbol_name(eb_host_engine(l->host), x->symbol);
    eb_table_cell(t, EB_PLAIN, "%s", name[0] != '\0' ? name : "?");
    eb_table_cell(t, c, "%s", x->whose);
    eb_table_cell(t, EB_PLAIN, "%s", x->purpose);
    eb_table_cell(t, EB_PLAIN, "%s", x->side);
    eb_table_cell(t, EB_PLAIN, "%s", type_name(x->type));
    eb_table_cell(t, EB_PLAIN, "%s", x->qty.e8 > 0 ? EB_AMOUNT(x->qty.e8) : "all");
    eb_table_cell(t, EB_PLAIN, "%s", x->filled.e8 > 0 ? EB_AMOUNT(x->filled.e8) : "");
    eb_table_cell(t, EB_PLAIN, "%s",
                  x->trigger.e8 > 0 ? EB_AMOUNT(x->trigger.e8)
                  : x->price.e8 > 0 ? EB_AMOUNT(x->price.e8)
                                    : "");
    eb_table_cell(t, EB_PLAIN, "%s", eb_order_state_name((enum eb_order_state)x->state));
    eb_table_cell(t, EB_PLAIN, "%s", x->age_ms >= 0 ? EB_AGE(x->age_ms) : "");
    eb_table_cell(t, EB_DIM, "%s", x->id);
}

static void take_doc(void *user, const struct eb_live *l, const struct line *x)
{
    struct eb_doc *d = user;
    char number[24];
    (void)snprintf(number, sizeof(number), "%" PRIu64, x->venue_order_id);
    eb_doc_begin(d, NULL, '{');
    eb_doc_text(d, "symbol", eb_engine_symbol_name(eb_host_engine(l->host), x->symbol));
    eb_doc_text(d, "whose", x->whose);
    eb_doc_text(d, "purpose", x->purpose);
    eb_doc_text(d, "side", x->side);
    eb_doc_text(d, "type", type_name(x->type));
    eb_doc_text(d, "state", eb_order_state_name((enum eb_order_state)x->state));
    eb_doc_bool(d, "closes_all", x->closes_all);
    eb_doc_e8_or_null(d, "quantity", x->qty.e8);
    eb_doc_e8(d, "filled", x->filled.e8);
    eb_doc_e8_or_null(d, "price", x->price.e8);
    eb_doc_e8_or_null(d, "trigger", x->trigger.e8);
    eb_doc_int(d, "age_ms", x->age_ms);
    eb_doc_text(d, "client_id", x->id[0] != '\0' ? x->id : NULL);
    eb_doc_text(d, "venue_id", x->venue_order_id != 0 ? number : NULL);
    eb_doc_end(d, '}');
}

static void text(const struct eb_live *l, eb_symbol_id symbol, struct eb_answer *a)
{
    struct eb_table t;
    eb_table_init(&t, "lllllrrrlrl");
    eb_table_heads(&t, "symbol|whose|purpose|side|type|quantity|filled|at|state|age|id");
    if (each(l, symbol, take_row, &t) > 0) {
        eb_table_render_within(&t, "kgjd", a->columns, a->colour, &a->text);
    } else {
        (void)eb_buffer_text(&a->text, "no order stands\n");
    }
    eb_table_deinit(&t);
    if (l->seen.at_ms > 0) {
        (void)eb_buffer_printf(&a->text, "orders of others as of %s UTC\n", EB_TIME(l->seen.at_ms));
    } else {
        (void)eb_buffer_text(&a->text, "orders of others are not known yet: no complete picture of the venue so far\n");
    }
}

void eb_answer_orders(const struct eb_live *l, eb_symbol_id symbol, struct eb_answer *a)
{
    if (!a->no_text) {
        text(l, symbol, a);
    }
    if (!a->no_doc) {
        eb_doc_int(&a->doc, "at_ms", eb_live_now_ms(l));
        eb_doc_int(&a->doc, "picture_ms", l->seen.at_ms);
        eb_doc_begin(&a->doc, "orders", '[');
        (void)each(l, symbol, take_doc, &a->doc);
        eb_doc_end(&a->doc, ']');
    }
}
