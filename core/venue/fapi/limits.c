/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clients may ask for: weight of an address per minute, orders of an account per ten seconds and per minute, in
 * fixed windows. Who goes on after 429 is banned (418), each time for longer.
 */
#include "venue/fapi/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEERS 256
#define ACCOUNTS 64
#define MINUTE_MS INT64_C(60000)
#define TEN_MS INT64_C(10000)
#define HANDSHAKE_WEIGHT 5 /* of the WebSocket API */
#define CONNECTIONS 300    /* to streams, of an address */
#define CONNECTIONS_MS (5 * MINUTE_MS)
#define PATIENCE 20            /* requests that are answered 429 before a ban */
#define BAN_MS (2 * MINUTE_MS) /* the first one; each later one is twice as long */
#define BAN_MAX_MS (INT64_C(72) * 60 * MINUTE_MS)

struct peer {
    char address[64];
    int64_t window; /* number of the minute */
    uint32_t weight, refused;
    int64_t banned_ms, ban_ms; /* until, and how long the last one was */
    int64_t connected;         /* number of the five minutes */
    uint32_t connections;
};
struct orders {
    const struct fapi_account *account;
    int64_t window_10s, window_1m;
    uint32_t in_10s, in_1m;
};
struct fapi_limits {
    struct peer peer[PEERS];
    struct orders orders[ACCOUNTS];
    size_t peers, accounts;
};

int fapi_limits_create(struct fapi_limits **out, struct eb_err *err)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? EB_OK : eb_err_set(err, EB_E_MEMORY, "sim", "out of memory");
}

void fapi_limits_destroy(struct fapi_limits *l)
{
    free(l);
}

struct fapi_caps fapi_limits_caps(const struct eb_fapi *f)
{
    return (struct fapi_caps){.weight_1m = f->c.weight_1m != 0 ? f->c.weight_1m : 2400,
                              .orders_10s = f->c.orders_10s != 0 ? f->c.orders_10s : 300,
                              .orders_1m = f->c.orders_1m != 0 ? f->c.orders_1m : 1200};
}

/* The address's entry in the present minute; the one that was silent longest gives way. */
static struct peer *peer_of(struct eb_fapi *f, const char *address)
{
    struct fapi_limits *l = fapi_api_of(f)->limits;
    int64_t window = eb_fapi_now_ms(f) / MINUTE_MS;
    struct peer *p = NULL;
    struct peer *oldest = &l->peer[0];
    for (size_t i = 0; i < l->peers && p == NULL; i++) {
        p = strncmp(l->peer[i].address, address, sizeof(p->address) - 1) == 0 ? &l->peer[i] : NULL;
        oldest = l->peer[i].window < oldest->window ? &l->peer[i] : oldest;
    }
    if (p == NULL) {
        p = l->peers < PEERS ? &l->peer[l->peers++] : oldest;
        memset(p, 0, sizeof(*p));
        (void)snprintf(p->address, sizeof(p->address), "%s", address);
        p->window = window;
    }
    if (p->window != window) {
        p->window = window;
        p->weight = 0;
        p->refused = 0;
    }
    return p;
}

static struct orders *orders_of(struct eb_fapi *f, const struct fapi_account *a)
{
    struct fapi_limits *l = fapi_api_of(f)->limits;
    struct orders *o = NULL;
    for (size_t i = 0; i < l->accounts && o == NULL; i++) {
        o = l->orders[i].account == a ? &l->orders[i] : NULL;
    }
    if (o == NULL) {
        if (l->accounts == ACCOUNTS) {
            return NULL; /* accounts beyond are not limited */
        }
        o = &l->orders[l->accounts++];
        o->account = a;
    }
    int64_t now_ms = eb_fapi_now_ms(f);
    o->in_10s = o->window_10s == now_ms / TEN_MS ? o->in_10s : 0;
    o->in_1m = o->window_1m == now_ms / MINUTE_MS ? o->in_1m : 0;
    o->window_10s = now_ms / TEN_MS;
    o->window_1m = now_ms / MINUTE_MS;
    return o;
}

static int64_t left_s(int64_t until_ms, int64_t now_ms)
{
    return until_ms > now_ms ? (until_ms - now_ms + 999) / 1000 : 1;
}

static void refuse_peer(struct fapi_call *c, struct peer *p, uint32_t cap)
{
    int64_t now_ms = eb_fapi_now_ms(c->f);
    p->refused++;
    if (p->banned_ms <= now_ms && p->refused > PATIENCE) {
        p->ban_ms = p->ban_ms == 0 ? BAN_MS : p->ban_ms * 2;
        p->ban_ms = p->ban_ms > BAN_MAX_MS ? BAN_MAX_MS : p->ban_ms;
        p->banned_ms = now_ms + p->ban_ms;
        p->refused = 0;
    }
    bool banned = p->banned_ms > now_ms;
    c->code = -1003;
    c->status = banned ? 418 : 429;
    c->retry_s = left_s(banned ? p->banned_ms : (p->window + 1) * MINUTE_MS, now_ms);
    c->text = "%s";
    if (banned) {
        (void)snprintf(c->detail, sizeof(c->detail),
                       "Way too many requests; IP(%.48s) banned until %" PRId64
                       ". Please use the websocket for live updates to avoid bans.",
                       p->address, p->banned_ms);
    } else {
        (void)snprintf(c->detail, sizeof(c->detail),
                       "Too many requests; current limit of IP(%.40s) is %" PRIu32
                       " requests per minute. Please use the websocket for live updates.",
                       p->address, cap);
    }
}

static void refuse_orders(struct fapi_call *c, uint32_t cap, int64_t length_ms)
{
    int64_t now_ms = eb_fapi_now_ms(c->f);
    c->code = -1015;
    c->status = 429;
    c->retry_s = left_s((now_ms / length_ms + 1) * length_ms, now_ms);
    c->text = "%s";
    (void)snprintf(c->detail, sizeof(c->detail), "Too many new orders; current limit is %" PRIu32 " orders per %s.",
                   cap, length_ms == MINUTE_MS ? "MINUTE" : "TEN_SECONDS");
}

/* Weight counts of every request, even one that is refused for another reason. */
void fapi_limits_take(struct fapi_call *c, const struct fapi_cost *cost)
{
    struct fapi_caps caps = fapi_limits_caps(c->f);
    bool enforced = !c->f->c.limits_off;
    struct peer *p = peer_of(c->f, c->peer);
    bool banned = p->banned_ms > eb_fapi_now_ms(c->f);
    if (!banned) {
        p->weight += cost->weight;
    }
    if (enforced && (banned || p->weight > caps.weight_1m)) {
        refuse_peer(c, p, caps.weight_1m);
        return;
    }
    struct orders *o = c->a != NULL && cost->orders_1m > 0 && c->code == 0 ? orders_of(c->f, c->a) : NULL;
    if (o == NULL) {
        return;
    }
    if (enforced && o->in_10s + cost->orders_10s > caps.orders_10s) {
        refuse_orders(c, caps.orders_10s, TEN_MS);
    } else if (enforced && o->in_1m + cost->orders_1m > caps.orders_1m) {
        refuse_orders(c, caps.orders_1m, MINUTE_MS);
    } else {
        o->in_10s += cost->orders_10s;
        o->in_1m += cost->orders_1m;
    }
}

int32_t fapi_limits_count(struct eb_fapi *f, const char *peer, struct fapi_account *a, uint32_t weight, uint32_t orders,
                          int *status)
{
    struct fapi_call c = {.f = f, .a = a, .peer = peer};
    const struct fapi_cost cost = {weight, orders, orders};
    fapi_limits_take(&c, &cost);
    *status = c.status;
    return c.code;
}

int fapi_limits_connect(struct eb_fapi *f, const char *peer, bool api)
{
    int status = 0;
    if (api) {
        return fapi_limits_count(f, peer, NULL, HANDSHAKE_WEIGHT, 0, &status) != 0 ? status : 0;
    }
    struct peer *p = peer_of(f, peer);
    int64_t window = eb_fapi_now_ms(f) / CONNECTIONS_MS;
    p->connections = p->connected == window ? p->connections + 1 : 1;
    p->connected = window;
    return !f->c.limits_off && p->connections > CONNECTIONS ? 429 : 0;
}

uint32_t fapi_limits_weight(struct eb_fapi *f, const char *peer)
{
    return peer_of(f, peer)->weight;
}

void fapi_limits_orders(struct eb_fapi *f, const struct fapi_account *a, uint32_t *in_10s, uint32_t *in_1m)
{
    const struct orders *o = orders_of(f, a);
    *in_10s = o != NULL ? o->in_10s : 0;
    *in_1m = o != NULL ? o->in_1m : 0;
}
