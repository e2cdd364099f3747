/* SPDX-License-Identifier: Apache-2.0 */
/* Orders as clients know them: texts, status and averages, found by id and by (symbol, client id). */
#include "venue/fapi/book.h"

#include <string.h>

#include "base/hash.h"

struct fapi_order *fapi_order_at(struct fapi_account *a, uint64_t id)
{
    uint32_t at = fapi_store_find(&a->orders, id);
    return at != FAPI_STORE_NONE ? &a->order[at] : NULL;
}

void fapi_name_make(const struct fapi_account *a, uint64_t id, char out[FAPI_ID_MAX])
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint64_t state = eb_hash64(EB_HASH64_SEED, a->name, strlen(a->name));
    for (unsigned i = 0; i < 22; i++) {
        state = eb_hash64_u64(state, id + i);
        out[i] = digits[state % 62];
    }
    out[22] = '\0';
}

struct fapi_order *fapi_order_add(struct fapi_account *a, const struct fapi_terms *t, uint64_t id)
{
    struct fapi_terms named = *t;
    if (named.client_id[0] == '\0') {
        fapi_name_make(a, id, named.client_id);
    }
    uint32_t at = fapi_store_add(&a->orders, id, fapi_text_key(t->symbol, named.client_id));
    if (at == FAPI_STORE_NONE) {
        return NULL;
    }
    struct fapi_order *o = &a->order[at];
    int64_t now_ms = eb_fapi_now_ms(a->f);
    *o = (struct fapi_order){.t = named,
                             .id = id,
                             .status = FAPI_NEW,
                             .orig_type = t->type,
                             .time_ms = now_ms,
                             .update_ms = now_ms,
                             .open = true};
    return o;
}

void fapi_order_close(struct fapi_account *a, struct fapi_order *o, enum fapi_status status)
{
    if (o->open) {
        o->open = false;
        fapi_store_close(&a->orders, (uint32_t)(o - a->order));
    }
    o->status = (uint8_t)status;
    o->update_ms = eb_fapi_now_ms(a->f);
}

/* The open one, else the last: ids come back after an order has closed. */
static struct fapi_order *find_named(struct fapi_account *a, uint32_t symbol, const char *client_id, bool open)
{
    struct fapi_order *found = NULL;
    uint32_t at = fapi_store_first_key(&a->orders, fapi_text_key(symbol, client_id));
    for (; at != FAPI_STORE_NONE; at = fapi_store_next_key(&a->orders, at)) {
        struct fapi_order *o = &a->order[at];
        if (o->t.symbol != symbol || strcmp(o->t.client_id, client_id) != 0) {
            continue;
        }
        if (o->open) {
            return o;
        }
        found = found == NULL && !open ? o : found;
    }
    return found;
}

const struct fapi_order *fapi_order_open_named(struct fapi_account *a, uint32_t symbol, const char *client_id)
{
    return find_named(a, symbol, client_id, true);
}

const struct fapi_order *fapi_order_find(struct fapi_account *a, uint32_t symbol, uint64_t id, const char *client_id)
{
    const struct fapi_order *o = NULL;
    if (id != 0) {
        o = fapi_order_at(a, id);
    } else if (client_id != NULL && client_id[0] != '\0') {
        o = find_named(a, symbol, client_id, false);
    }
    return o != NULL && (symbol == FAPI_NONE || o->t.symbol == symbol) ? o : NULL;
}

void fapi_orders(struct fapi_account *a, uint32_t symbol, bool open_only,
                 void (*visit)(void *user, const struct fapi_order *o), void *user)
{
    const struct fapi_store *s = &a->orders;
    uint32_t at = open_only ? s->open_first : s->first;
    while (at != FAPI_STORE_NONE) {
        uint32_t next = open_only ? s->entry[at].open_next : s->entry[at].next;
        if (symbol == FAPI_NONE || a->order[at].t.symbol == symbol) {
            visit(user, &a->order[at]);
        }
        at = next;
    }
}
