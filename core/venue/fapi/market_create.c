/* SPDX-License-Identifier: Apache-2.0 */
/* A market is made: symbols, the feed that moves them, the index of their names; and taken apart. */
#include "venue/fapi/market.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define INDEX_ROOM 4 /* places per symbol: chains stay short */

static int make_feed(struct fapi_market *m, const struct eb_fapi_config *c, const struct fapi_names *names,
                     struct eb_err *err)
{
    switch ((enum eb_fapi_feed)c->feed) {
    case EB_FAPI_FEED_SCENE:
        return fapi_feed_scene(m, c, names, err);
    case EB_FAPI_FEED_KLINES:
        return fapi_feed_klines(m, c, names, err);
    case EB_FAPI_FEED_TICKS:
        return fapi_feed_ticks(m, c, names, err);
    case EB_FAPI_FEED_HELD:
        return fapi_feed_held(m, c, names, err);
    }
    return eb_err_set(err, EB_E_INVALID, "market", "there is no feed %d", c->feed);
}

int fapi_market_index(struct fapi_market *m, struct eb_err *err)
{
    m->index_size = m->count * INDEX_ROOM + 1;
    m->index = calloc(m->index_size, sizeof(*m->index));
    if (m->index == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "market", "out of memory for %u symbols", m->count);
    }
    for (uint32_t i = 0; i < m->index_size; i++) {
        m->index[i] = FAPI_NONE;
    }
    for (uint32_t id = 0; id < m->count; id++) {
        const char *name = m->symbol[id].pub.inst.symbol;
        uint64_t at = eb_hash64(EB_HASH64_SEED, name, strlen(name));
        while (m->index[at % m->index_size] != FAPI_NONE) {
            at++;
        }
        m->index[at % m->index_size] = id;
    }
    return EB_OK;
}

int fapi_market_create(struct eb_fapi *f, const struct eb_fapi_config *c, struct fapi_market **out, struct eb_err *err)
{
    (void)f;
    struct fapi_names *names = NULL;
    struct fapi_market *m = calloc(1, sizeof(*m));
    if (m == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "market", "out of memory");
    }
    m->start_ms = m->now_ms = c->start_ms;
    m->beat_ms = m->funding_ms = c->start_ms;
    int rc = c->instruments != NULL ? fapi_names_load(c->instruments, &names, err) : EB_OK;
    rc = rc == EB_OK ? make_feed(m, c, names, err) : rc;
    rc = rc == EB_OK ? fapi_market_index(m, err) : rc;
    fapi_names_free(names);
    if (rc != EB_OK) {
        fapi_market_destroy(m);
        return rc;
    }
    fapi_market_fund(m);
    *out = m;
    return EB_OK;
}

void fapi_market_destroy(struct fapi_market *m)
{
    if (m == NULL) {
        return;
    }
    if (m->feed.destroy != NULL) {
        m->feed.destroy(m->feed.state);
    }
    for (uint32_t i = 0; i < m->count; i++) {
        free(m->symbol[i].bars.row);
    }
    free(m->symbol);
    free(m->index);
    free(m);
}
