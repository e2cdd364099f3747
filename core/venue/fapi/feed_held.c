/* SPDX-License-Identifier: Apache-2.0 */
/* Prices that stand until a hand moves them: the symbols of an exchangeInfo file, or a few by default. */
#include "venue/fapi/market.h"

#include "venue/simd/scene_tables.h"

static void stand(struct eb_fapi *f, void *state, int64_t now_ms)
{
    (void)f;
    (void)state;
    (void)now_ms;
}

static int64_t never(const struct eb_fapi *f, const void *state)
{
    (void)f;
    (void)state;
    return INT64_MAX;
}

static void nothing(void *state)
{
    (void)state;
}

int fapi_feed_held(struct fapi_market *m, const struct eb_fapi_config *c, const struct fapi_names *names,
                   struct eb_err *err)
{
    (void)c;
    int rc = EB_OK;
    if (names != NULL) {
        rc = fapi_market_add_all(m, names, err);
    }
    for (uint32_t i = 0; names == NULL && rc == EB_OK && i < EB_SCENE_PAPER_SYMBOLS; i++) {
        const struct eb_scene_def *def = &eb_scene_defs[i];
        uint32_t id;
        rc = fapi_market_add(m, NULL, def->inst.symbol, &def->inst, def->price, &id, err);
    }
    for (uint32_t i = 0; i < m->count; i++) {
        m->symbol[i].rested = true;
        m->symbol[i].basis_ppm = 0; /* whoever moves prices by hand expects the mark that he gives */
        m->symbol[i].pub.quote_now.mark = m->symbol[i].pub.quote_now.last;
    }
    m->feed = (struct fapi_feed){NULL, stand, never, nothing};
    return rc;
}
