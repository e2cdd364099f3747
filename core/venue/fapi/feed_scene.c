/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scene as the market: its prices, its histories as candles, and what "other systems" want to open. A scene begins at
 * a quarter of an hour; it is moved to where this exchange begins, its histories by whole minutes.
 */
#include "venue/fapi/market.h"

#include <stdlib.h>

#include "venue/simd/scene.h"

#define QUARTER_MS (15 * FAPI_MINUTE_MS)
#define MANY_SYMBOLS 100
#define MANY_TICK_MS 100 /* ten prices a second of each are a busy market */

struct scene_feed {
    struct eb_scene *scene;
    int64_t shift_ms; /* from the scene's time to the exchange's */
    bool began, failed;
};

static void enter(struct eb_fapi *f, const struct scene_feed *x, const struct eb_scene_entry *e)
{
    struct eb_scene_entry moved = *e;
    moved.at_ms += x->shift_ms;
    fapi_market_entry(f, &moved);
}

static void run(struct eb_fapi *f, void *state, int64_t now_ms)
{
    struct scene_feed *x = state;
    struct fapi_market *m = fapi_market_of(f);
    const struct eb_scene_entry *e;
    while (!x->began && (e = eb_scene_earlier(x->scene)) != NULL) {
        enter(f, x, e);
    }
    x->began = true;
    while (!x->failed && eb_scene_next(x->scene) + x->shift_ms <= now_ms) {
        struct eb_err err = {0};
        m->now_ms = eb_scene_next(x->scene) + x->shift_ms;
        if (eb_scene_tick(x->scene, &err) != EB_OK) {
            eb_log(&f->log, EB_LOG_ERROR, "market.scene", EB_STR("message", err.msg));
            x->failed = true;
            return;
        }
        for (uint32_t i = 0; i < m->count; i++) {
            fapi_market_tick(f, i, eb_scene_symbol(x->scene, i)->price);
        }
        while ((e = eb_scene_entry(x->scene)) != NULL) {
            enter(f, x, e);
        }
    }
}

static int64_t next_ms(const struct eb_fapi *f, const void *state)
{
    (void)f;
    const struct scene_feed *x = state;
    return x->failed ? INT64_MAX : eb_scene_next(x->scene) + x->shift_ms;
}

static void destroy(void *state)
{
    struct scene_feed *x = state;
    eb_scene_destroy(x->scene);
    free(x);
}

static void take_history(const struct scene_feed *x, uint32_t symbol, struct fapi_market_symbol *s)
{
    int64_t minutes_ms = x->shift_ms - x->shift_ms % FAPI_MINUTE_MS;
    size_t count = eb_scene_bars(x->scene, symbol);
    for (size_t i = 0; i < count; i++) {
        struct eb_ev_bar b = eb_scene_bar(x->scene, symbol, i);
        b.open_ms += minutes_ms;
        fapi_bars_history(s, &b);
    }
}

int fapi_feed_scene(struct fapi_market *m, const struct eb_fapi_config *c, const struct fapi_names *names,
                    struct eb_err *err)
{
    struct scene_feed *x = calloc(1, sizeof(*x));
    if (x == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "market", "out of memory");
    }
    m->feed = (struct fapi_feed){x, run, next_ms, destroy};
    x->shift_ms = c->start_ms % QUARTER_MS;
    bool many = c->scene != EB_SCENE_PAPER && c->scene_count > MANY_SYMBOLS;
    const struct eb_scene_config sc = {.kind = c->scene,
                                       .count = c->scene_count,
                                       .seed = c->seed,
                                       .start_ms = c->start_ms - x->shift_ms,
                                       .length_ms = c->scene_length_ms,
                                       .tick_ms = many ? MANY_TICK_MS : EB_SCENE_TICK_MS};
    int rc = eb_scene_create(&sc, &x->scene, err);
    for (uint32_t i = 0; rc == EB_OK && i < eb_scene_count(x->scene); i++) {
        const struct eb_scene_symbol *y = eb_scene_symbol(x->scene, i);
        uint32_t id;
        rc = fapi_market_add(m, names, y->inst.symbol, &y->inst, y->price, &id, err);
        if (rc == EB_OK) {
            take_history(x, i, &m->symbol[id]);
        }
    }
    return rc;
}
