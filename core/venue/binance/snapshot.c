/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The complete picture: positions and both lists of orders, all three or nothing.
 *
 *     positionRisk, openOrders, openAlgoOrders -> rows -> (their symbols' bars) -> BEGIN, POSITION, OPEN_ORDER, END
 *
 * Reads lag behind the stream by hundreds of milliseconds. So a row that is older than what the stream said last of its
 * leg is told as the stream has it, and a leg that the stream has just opened is not flat because a read lacks it.
 */
#include "venue/binance/inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/order.h"

#define ROWS_MAX 20000
#define WAITING_MAX 4
#define LAG_NS (2000 * BN_NS_IN_MS) /* by which a read may be behind the stream */

struct order_row {
    uint32_t symbol, record; /* record: BN_NO_RECORD none */
    struct eb_ev_open_order o;
};
#define UNLISTED_MAX 8
/* A position in a symbol that the exchange's list does not have: nothing can be done for it, but say so. */
struct unlisted {
    char name[EB_SYMBOL_MAX];
    bool seen; /* in this picture */
};
struct bn_picture {
    struct unlisted unlisted[UNLISTED_MAX]; /* name "": free */
    bool under_way, failed, read;           /* read: all is there, symbols are waited for */
    unsigned due, waiting;                  /* reads; further pictures that were asked for */
    int64_t asked_ns, read_ns;
    uint64_t generation;
    struct bn_position_row *position;
    size_t positions, positions_cap;
    struct order_row *order;
    size_t orders, orders_cap;
    char why[EB_LINK_TEXT_MAX];
};

int bn_picture_create(struct eb_binance *b)
{
    b->picture = calloc(1, sizeof(*b->picture));
    return b->picture != NULL ? EB_OK : EB_E_MEMORY;
}

void bn_picture_destroy(struct eb_binance *b)
{
    if (b->picture != NULL) {
        free(b->picture->position);
        free(b->picture->order);
        free(b->picture);
    }
}

void bn_picture_forget(struct eb_binance *b)
{
    struct bn_picture *p = b->picture;
    p->under_way = p->failed = p->read = false;
    p->due = p->waiting = 0;
    p->positions = p->orders = 0;
    p->generation++;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static void *grow(void *rows, size_t *cap, size_t size)
{
    size_t next = *cap == 0 ? 64 : *cap * 2;
    void *grown = next <= (size_t)ROWS_MAX * 2 ? realloc(rows, next * size) : NULL;
    if (grown != NULL) {
        *cap = next;
    }
    return grown;
}

static int take_position(void *user, const struct bn_position_row *r)
{
    struct eb_binance *b = user;
    struct bn_picture *p = b->picture;
    if (r->qty.e8 == 0 || r->position_side > EB_PS_SHORT) {
        return EB_OK;
    }
    if (p->positions == p->positions_cap) {
        void *grown = grow(p->position, &p->positions_cap, sizeof(*p->position));
        if (grown == NULL) {
            return EB_E_FULL;
        }
        p->position = grown;
    }
    p->position[p->positions++] = *r;
    return EB_OK;
}

static int take_order(void *user, const struct bn_order *o)
{
    struct eb_binance *b = user;
    struct bn_picture *p = b->picture;
    struct bn_symbol *s = bn_symbol_seen(b, o->symbol);
    if (s == NULL) {
        return b->stage >= BN_GREETED ? EB_OK : EB_E_END;
    }
    struct bn_record *r = bn_record_of(b, s, o);
    bool child = r != NULL && r->algo && !o->algo;
    if (p->orders == p->orders_cap) {
        void *grown = grow(p->order, &p->orders_cap, sizeof(*p->order));
        if (grown == NULL) {
            return EB_E_FULL;
        }
        p->order = grown;
    }
    uint8_t state = child ? (uint8_t)(o->state == EB_OS_NEW ? EB_OS_TRIGGERED : o->state) : o->state;
    if (r != NULL && r->state == EB_OS_NONE) { /* else its state is for answers and the stream to tell */
        bn_record_state(b, r, state);
    }
    struct order_row *row = &p->order[p->orders++];
    row->symbol = bn_symbol_index(b, s);
    row->record = r != NULL ? (uint32_t)(r - b->orders.record) : BN_NO_RECORD;
    row->o = (struct eb_ev_open_order){.client_id = r != NULL ? r->id : o->client_id,
                                       .venue_order_id = child ? r->venue_id : o->venue_id,
                                       .position_side = o->position_side,
                                       .order_side = o->order_side,
                                       .type = child ? (uint8_t)EB_ORDER_STOP_MARKET : o->type,
                                       .state = state,
                                       .close_position = o->close_position,
                                       .reduce_only = o->reduce_only,
                                       .qty = o->qty,
                                       .filled = o->filled,
                                       .price = o->price,
                                       .trigger = o->trigger};
    return EB_OK;
}

/* ---- telling ----------------------------------------------------------------------------------------------------- */

static void start(struct eb_binance *b);

static void tell_failure(struct eb_binance *b)
{
    eb_log(b->c.log, EB_LOG_WARN, "snapshot.failed", EB_STR("why", b->picture->why));
    struct eb_event ev = bn_event(b, EB_EV_SNAPSHOT_FAILED, EB_NO_SYMBOL);
    bn_tell(b, &ev);
}

/* The next one that waits; those that cannot be asked for have failed. */
static void end(struct eb_binance *b)
{
    struct bn_picture *p = b->picture;
    uint64_t epoch = b->epoch;
    p->under_way = p->read = false;
    while (epoch == b->epoch && p->waiting > 0 && !p->under_way) {
        p->waiting--;
        start(b);
        if (p->due == 0) {
            p->under_way = false;
            tell_failure(b);
        }
    }
}

static void fail(struct eb_binance *b)
{
    uint64_t epoch = b->epoch;
    tell_failure(b);
    if (epoch == b->epoch) {
        end(b);
    }
    if (epoch == b->epoch) {
        bn_flush(b);
    }
}

/* Rows into legs, each by whichever is newer; and legs that no row names. */
static void merge(struct eb_binance *b, bool *named)
{
    struct bn_picture *p = b->picture;
    for (size_t i = 0; i < p->positions; i++) {
        const struct bn_position_row *r = &p->position[i];
        struct bn_symbol *s = bn_symbol_find(b, r->symbol);
        if (s == NULL || s->id == EB_NO_SYMBOL) {
            continue;
        }
        struct bn_leg *l = &s->leg[r->position_side];
        named[3 * s->id + r->position_side] = true;
        if (r->update_ms < l->known_ms) {
            bn_leg_terms(l, r);
            continue;
        }
        bool opens = l->qty.e8 == 0 || l->side != r->side;
        if (opens) {
            l->adopted = !(b->watching || l->known);
            l->opened_ms = 0;
        }
        bn_leg_from_row(l, r);
    }
}

/* What a complete picture lacks is flat, unless the stream has opened it just now. */
static void settle_leg(struct eb_binance *b, struct bn_leg *l, bool named)
{
    bool fresh = l->heard_ns != 0 && l->heard_ns > b->picture->asked_ns - LAG_NS;
    if (!named && l->qty.e8 > 0 && !fresh) {
        l->qty.e8 = 0;
        l->opened_ms = 0;
    }
    l->known = true;
}

static void tell_positions(struct eb_binance *b, const bool *named)
{
    uint64_t epoch = b->epoch;
    for (uint32_t i = 0; i < b->c.symbols_max && epoch == b->epoch; i++) {
        struct bn_symbol *s = b->by_id[i] != BN_NO_RECORD ? &b->symbol[b->by_id[i]] : NULL;
        for (unsigned leg = 0; s != NULL && leg < EB_COUNT(s->leg) && epoch == b->epoch; leg++) {
            settle_leg(b, &s->leg[leg], named[3 * i + leg]);
            if (s->leg[leg].qty.e8 > 0) {
                s->held_ns = 0; /* told now, whatever is still missing */
                bn_leg_tell(b, s, leg);
            }
        }
    }
}

/* The stream has said since that it has ended; a record may be another order's by now. */
static bool has_ended(const struct eb_binance *b, const struct order_row *row)
{
    const struct bn_record *r = row->record != BN_NO_RECORD ? &b->orders.record[row->record] : NULL;
    bool same = r != NULL && r->used && (r->venue_id == row->o.venue_order_id || r->child_id == row->o.venue_order_id);
    return same && eb_order_is_terminal((enum eb_order_state)r->state);
}

static void tell_orders(struct eb_binance *b)
{
    struct bn_picture *p = b->picture;
    uint64_t epoch = b->epoch;
    for (size_t i = 0; i < p->orders && epoch == b->epoch; i++) {
        struct eb_event ev = bn_event(b, EB_EV_OPEN_ORDER, b->symbol[p->order[i].symbol].id);
        ev.u.open_order = p->order[i].o;
        if (ev.symbol != EB_NO_SYMBOL && !has_ended(b, &p->order[i])) {
            bn_tell(b, &ev);
        }
    }
}

static void tell(struct eb_binance *b, const bool *named)
{
    uint64_t epoch = b->epoch;
    struct eb_event ev = bn_event(b, EB_EV_SNAPSHOT_BEGIN, EB_NO_SYMBOL);
    bn_tell(b, &ev);
    if (epoch == b->epoch) {
        tell_positions(b, named);
    }
    if (epoch == b->epoch) {
        tell_orders(b);
    }
    if (epoch != b->epoch) {
        return;
    }
    b->watching = b->private_up;
    ev = bn_event(b, EB_EV_SNAPSHOT_END, EB_NO_SYMBOL);
    bn_tell(b, &ev);
    if (epoch == b->epoch) {
        end(b);
    }
}

static bool waits_for_symbols(const struct eb_binance *b)
{
    if (bn_now_ns(b) - b->picture->read_ns >= b->c.history_wait_ms * BN_NS_IN_MS) {
        return false; /* symbols that appear one after the other do not hold it for ever */
    }
    for (uint32_t i = 0; i < b->c.symbols_max; i++) {
        if (b->by_id[i] != BN_NO_RECORD && bn_symbol_held(b, &b->symbol[b->by_id[i]])) {
            return true;
        }
    }
    return false;
}

void bn_picture_released(struct eb_binance *b)
{
    uint64_t epoch = b->epoch;
    if (!b->picture->read || waits_for_symbols(b)) {
        return;
    }
    b->picture->read = false;
    bool *named = calloc((size_t)3 * b->c.symbols_max, sizeof(*named));
    if (named == NULL) {
        (void)snprintf(b->picture->why, sizeof(b->picture->why), "out of memory");
        fail(b);
        return;
    }
    merge(b, named);
    tell(b, named);
    free(named);
    if (epoch == b->epoch) {
        bn_flush(b);
    }
}

static void note_unlisted(struct eb_binance *b, const char *name)
{
    struct unlisted *u = b->picture->unlisted, *at = NULL;
    for (unsigned i = 0; i < UNLISTED_MAX; i++) {
        if (strcmp(u[i].name, name) == 0) {
            u[i].seen = true;
            return;
        }
        at = at == NULL && u[i].name[0] == '\0' ? &u[i] : at;
    }
    if (at != NULL) {
        (void)snprintf(at->name, sizeof(at->name), "%s", name);
        at->seen = true;
        bn_trouble(
            b, "position.unlisted", name, true,
            "%s: the account holds a position in it, and it is none of the exchange's USDS-M symbols: nothing of "
            "it is managed or protected; look there",
            name);
    }
}

static void end_unlisted(struct eb_binance *b)
{
    struct unlisted *u = b->picture->unlisted;
    uint64_t epoch = b->epoch;
    for (unsigned i = 0; i < UNLISTED_MAX && epoch == b->epoch; i++) {
        bool over = u[i].name[0] != '\0' && !u[i].seen;
        u[i].seen = false;
        if (over) {
            char name[EB_SYMBOL_MAX];
            memcpy(name, u[i].name, sizeof(name));
            u[i].name[0] = '\0';
            bn_trouble(b, "position.unlisted", name, false, "%s: the position is gone, or its symbol is listed", name);
        }
    }
}

/* All that was read concerns symbols that are introduced now: their bars first, for a moment. */
static void introduce(struct eb_binance *b)
{
    struct bn_picture *p = b->picture;
    uint64_t epoch = b->epoch;
    for (size_t i = 0; i < p->positions && epoch == b->epoch; i++) {
        if (bn_symbol_seen(b, p->position[i].symbol) == NULL && epoch == b->epoch &&
            bn_symbol_find(b, p->position[i].symbol) == NULL) {
            note_unlisted(b, p->position[i].symbol);
        }
    }
    if (epoch == b->epoch) {
        end_unlisted(b);
    }
    if (epoch == b->epoch) {
        p->read = true;
        p->read_ns = bn_now_ns(b);
        bn_picture_released(b);
    }
}

enum { READ_POSITIONS = 0, READ_ORDERS, READ_ALGO_ORDERS };

static void read_done(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct bn_picture *p = b->picture;
    struct eb_err err = {0};
    uint64_t epoch = b->epoch;
    if (tag >> 2 != p->generation) {
        return;
    }
    unsigned which = (unsigned)(tag & 3);
    p->due--;
    if (!p->failed && r->outcome != BN_ACCEPTED) {
        p->failed = true;
        bn_say_result(r, p->why, sizeof(p->why));
    } else if (!p->failed) {
        int rc = which == READ_POSITIONS
                     ? bn_decode_positions(r->body, r->len, take_position, b, &err)
                     : bn_decode_orders(r->body, r->len, which == READ_ALGO_ORDERS, take_order, b, &err);
        if (epoch != b->epoch) {
            return;
        }
        p->failed = rc != EB_OK;
        (void)snprintf(p->why, sizeof(p->why), "%s", rc == EB_E_FULL ? "more rows than can be held" : err.msg);
    }
    if (p->due > 0) {
        return;
    }
    if (p->failed) {
        fail(b);
    } else {
        introduce(b);
    }
}

static void start(struct eb_binance *b)
{
    static const char *const path[] = {"/fapi/v3/positionRisk", "/fapi/v1/openOrders", "/fapi/v1/openAlgoOrders"};
    struct bn_picture *p = b->picture;
    p->under_way = true;
    p->failed = p->read = false;
    p->positions = p->orders = 0;
    p->due = 0;
    p->generation++;
    p->asked_ns = bn_now_ns(b);
    for (unsigned i = 0; i < EB_COUNT(path); i++) {
        uint16_t weight = i == READ_POSITIONS ? 5 : 40;
        if (bn_read(b, path[i], NULL, weight, BN_PRIORITY_SNAPSHOT, read_done, p->generation << 2 | i) == EB_OK) {
            p->due++;
        } else {
            p->failed = true;
            (void)snprintf(p->why, sizeof(p->why), "%s cannot be asked for now: banned, or too much waits", path[i]);
        }
    }
}

int bn_port_snapshot(void *venue, struct eb_err *err)
{
    struct eb_binance *b = venue;
    struct bn_picture *p = b->picture;
    if (b->stage < BN_GREETED) {
        return bn_not_connected(b, err);
    }
    if (p->under_way) {
        if (p->waiting == WAITING_MAX) {
            return eb_err_set(err, EB_E_FULL, "binance", "%u pictures of the account are waited for already",
                              WAITING_MAX + 1u);
        }
        p->waiting++;
        return EB_OK;
    }
    start(b);
    if (p->due == 0) {
        p->under_way = false;
        return eb_err_set(err, EB_E_REFUSED, "binance", "%s", p->why);
    }
    return EB_OK;
}
