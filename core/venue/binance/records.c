/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of orders: three hashes (client id, order or algo id, child's order id) over records in a ring. The oldest
 * closed one gives its place to the next; nothing is allocated after the beginning.
 */
#include "venue/binance/inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "domain/order.h"

int bn_orders_create(struct bn_orders *o)
{
    o->record = calloc(BN_ORDERS_MAX, sizeof(*o->record));
    for (unsigned i = 0; i < BN_ORDER_BUCKETS; i++) {
        o->by_id[i] = o->by_venue[i] = o->by_child[i] = BN_NO_RECORD;
    }
    return o->record != NULL ? EB_OK : EB_E_MEMORY;
}

void bn_orders_destroy(struct bn_orders *o)
{
    free(o->record);
    o->record = NULL;
}

static uint32_t id_bucket(eb_client_id id)
{
    return (uint32_t)(eb_hash64(EB_HASH64_SEED, &id, sizeof(id)) & (BN_ORDER_BUCKETS - 1));
}

static uint32_t number_bucket(uint64_t number)
{
    return (uint32_t)(eb_hash64_u64(EB_HASH64_SEED, number) & (BN_ORDER_BUCKETS - 1));
}

/* ---- chains ------------------------------------------------------------------------------------------------------ */

enum chain { BY_ID, BY_VENUE, BY_CHILD };

static uint32_t *next_of(struct bn_record *r, enum chain chain)
{
    return chain == BY_ID ? &r->next_id : chain == BY_VENUE ? &r->next_venue : &r->next_child;
}

static uint32_t *head_of(struct bn_orders *o, const struct bn_record *r, enum chain chain)
{
    return chain == BY_ID      ? &o->by_id[id_bucket(r->id)]
           : chain == BY_VENUE ? &o->by_venue[number_bucket(r->venue_id)]
                               : &o->by_child[number_bucket(r->child_id)];
}

/* What has no such id is in no chain of it, or that of 0 would be as long as the table. */
static bool in_chain(const struct bn_record *r, enum chain chain)
{
    return chain == BY_ID ? bn_id_is_ours(r->id) : chain == BY_VENUE ? r->venue_id != 0 : r->child_id != 0;
}

static void link_in(struct bn_orders *o, struct bn_record *r, enum chain chain)
{
    if (!in_chain(r, chain)) {
        return;
    }
    uint32_t *head = head_of(o, r, chain);
    *next_of(r, chain) = *head;
    *head = (uint32_t)(r - o->record);
}

static void link_out(struct bn_orders *o, struct bn_record *r, enum chain chain)
{
    if (!in_chain(r, chain)) {
        return;
    }
    uint32_t self = (uint32_t)(r - o->record);
    uint32_t *at = head_of(o, r, chain);
    while (*at != BN_NO_RECORD && *at != self) {
        at = next_of(&o->record[*at], chain);
    }
    if (*at == self) {
        *at = *next_of(r, chain);
    }
}

/* ---- finding ----------------------------------------------------------------------------------------------------- */

struct bn_record *bn_record_by_id(struct eb_binance *b, eb_client_id id)
{
    struct bn_orders *o = &b->orders;
    uint32_t at = bn_id_is_ours(id) ? o->by_id[id_bucket(id)] : BN_NO_RECORD;
    while (at != BN_NO_RECORD && !eb_client_id_equal(o->record[at].id, id)) {
        at = o->record[at].next_id;
    }
    return at != BN_NO_RECORD ? &o->record[at] : NULL;
}

struct bn_record *bn_record_by_venue(struct eb_binance *b, uint64_t venue_id, bool algo)
{
    struct bn_orders *o = &b->orders;
    uint32_t at = venue_id != 0 ? o->by_venue[number_bucket(venue_id)] : BN_NO_RECORD;
    while (at != BN_NO_RECORD && (o->record[at].venue_id != venue_id || o->record[at].algo != algo)) {
        at = o->record[at].next_venue;
    }
    return at != BN_NO_RECORD ? &o->record[at] : NULL;
}

struct bn_record *bn_record_by_child(struct eb_binance *b, uint64_t child_id)
{
    struct bn_orders *o = &b->orders;
    uint32_t at = child_id != 0 ? o->by_child[number_bucket(child_id)] : BN_NO_RECORD;
    while (at != BN_NO_RECORD && o->record[at].child_id != child_id) {
        at = o->record[at].next_child;
    }
    return at != BN_NO_RECORD ? &o->record[at] : NULL;
}

/* ---- making and changing ----------------------------------------------------------------------------------------- */

static bool spare(const struct bn_record *r)
{
    return !r->used || eb_order_is_terminal((enum eb_order_state)r->state);
}

static void forget(struct eb_binance *b, struct bn_record *r)
{
    if (!r->used) {
        return;
    }
    bn_record_state(b, r, EB_OS_CANCELED); /* no longer counted as a stop */
    link_out(&b->orders, r, BY_ID);
    link_out(&b->orders, r, BY_VENUE);
    link_out(&b->orders, r, BY_CHILD);
    b->orders.count--;
}

struct bn_record *bn_record_make(struct eb_binance *b, eb_client_id id, uint64_t venue_id, bool algo, uint32_t symbol)
{
    struct bn_orders *o = &b->orders;
    uint32_t at = o->hand;
    unsigned looked = 0;
    for (; looked < BN_ORDERS_MAX && !spare(&o->record[at]); looked++) {
        at = (at + 1) % BN_ORDERS_MAX;
    }
    if (looked == BN_ORDERS_MAX && !bn_id_is_ours(id)) {
        return NULL; /* others' orders take no place of ours */
    }
    struct bn_record *r = &o->record[at]; /* all open: the oldest is forgotten all the same */
    o->hand = (at + 1) % BN_ORDERS_MAX;
    forget(b, r);
    memset(r, 0, sizeof(*r));
    r->used = true;
    r->algo = algo;
    r->id = id;
    r->venue_id = venue_id;
    r->symbol = symbol;
    link_in(o, r, BY_ID);
    link_in(o, r, BY_VENUE);
    link_in(o, r, BY_CHILD);
    o->count++;
    return r;
}

void bn_record_venue(struct eb_binance *b, struct bn_record *r, uint64_t venue_id)
{
    if (venue_id != 0 && r->venue_id != venue_id) {
        link_out(&b->orders, r, BY_VENUE);
        r->venue_id = venue_id;
        link_in(&b->orders, r, BY_VENUE);
    }
}

void bn_record_child(struct eb_binance *b, struct bn_record *r, uint64_t child_id)
{
    if (child_id != 0 && r->child_id != child_id) {
        link_out(&b->orders, r, BY_CHILD);
        r->child_id = child_id;
        link_in(&b->orders, r, BY_CHILD);
    }
}

void bn_record_state(struct eb_binance *b, struct bn_record *r, uint8_t state)
{
    r->state = state;
    r->told_ns = bn_now_ns(b);
    bool rests = r->algo && bn_id_is_ours(r->id) && state == EB_OS_NEW && r->position_side <= EB_PS_SHORT;
    if (rests != r->rests) {
        uint32_t *stops = &b->symbol[r->symbol].leg[r->position_side].stops;
        *stops = rests ? *stops + 1 : *stops - 1;
        r->rests = rests;
    }
}

struct bn_record *bn_record_of(struct eb_binance *b, struct bn_symbol *s, const struct bn_order *o)
{
    struct bn_record *r = NULL;
    bool parent_of_it = false;
    if (o->algo) {
        r = bn_record_by_venue(b, o->venue_id, true);
    } else {
        r = bn_record_by_child(b, o->venue_id);
        r = r != NULL ? r : bn_record_by_venue(b, o->parent_algo_id, true);
        parent_of_it = r != NULL;
        r = r != NULL ? r : bn_record_by_venue(b, o->venue_id, false);
    }
    struct bn_record *named = bn_record_by_id(b, o->client_id);
    if (named != NULL && (r == NULL || !bn_id_is_ours(r->id))) {
        r = named;
    }
    bool child = !o->algo && (parent_of_it || (r != NULL ? r->algo : bn_id_is_algo(o->client_id)));
    if (r == NULL) {
        r = bn_record_make(b, o->client_id, child ? 0 : o->venue_id, o->algo || child, bn_symbol_index(b, s));
        if (r == NULL) {
            return NULL;
        }
        r->type = child ? EB_ORDER_STOP_MARKET : o->type;
        r->position_side = o->position_side;
    }
    if (child) {
        bn_record_child(b, r, o->venue_id);
    } else if (r->algo == o->algo) {
        bn_record_venue(b, r, o->venue_id);
        bn_record_child(b, r, o->algo ? o->child_id : 0);
    }
    return r;
}
