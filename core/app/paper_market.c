/* SPDX-License-Identifier: Apache-2.0 */
/* The market moves: histories, scenes, ticks and the bars that they make. */
#include "app/paper_market.h"

#include <string.h>

#include "app/paper_scenes.h"
#include "domain/instrument.h"

#define MINUTE_MS INT64_C(60000)
#define HISTORY_BARS 1500 /* 25 hours: every time frame is warm */
#define NOISE_PPM 90
#define FAR_PPM 250000 /* this far from where it began a price is led back */
#define ENTRY_FROM_MS 1500
#define ENTRY_TO_MS 5000

/* A time of the tables in a scene of another length, on the grid of ticks. */
static int64_t scaled(const struct eb_paper_market *m, int64_t at_ms)
{
    int64_t at = at_ms * m->scene_ms / EB_PAPER_SCENE_MS;
    return at - at % EB_PAPER_TICK_MS;
}

static int begin_price(struct eb_paper_market *m, unsigned i, const struct eb_script_point *point, unsigned count,
                       struct eb_err *err)
{
    struct eb_paper_symbol *s = &m->symbol[i];
    for (unsigned k = 0; k < count; k++) {
        s->script[k] = (struct eb_script_point){scaled(m, point[k].at_ms), point[k].offset_ppm};
    }
    const struct eb_gen_config c = {.seed = eb_rng_next(&m->rng),
                                    .start = s->price,
                                    .tick = s->inst.tick,
                                    .step_ms = EB_PAPER_TICK_MS,
                                    .noise_ppm = NOISE_PPM,
                                    .script = s->script,
                                    .script_count = count};
    return eb_gen_init(&s->gen, &c, err);
}

static void insert_entry(struct eb_paper_market *m, const struct eb_paper_entry *e)
{
    EB_ASSERT(m->entry_count < EB_PAPER_ENTRIES_MAX);
    unsigned at = m->entry_count++;
    while (at > 0 && m->entry[at - 1].at_ms > e->at_ms) {
        m->entry[at] = m->entry[at - 1];
        at--;
    }
    m->entry[at] = *e;
}

static int first_scene(struct eb_paper_market *m, struct eb_err *err)
{
    int rc = EB_OK;
    for (unsigned i = 0; rc == EB_OK && i < EB_PAPER_SYMBOLS; i++) {
        rc = begin_price(m, i, eb_paper_defs[i].script, eb_paper_defs[i].script_count, err);
    }
    for (unsigned i = 0; i < eb_paper_first_entry_count; i++) {
        struct eb_paper_entry e = eb_paper_first_entries[i];
        e.at_ms = e.at_ms > 0 ? scaled(m, e.at_ms) : e.at_ms;
        insert_entry(m, &e);
    }
    return rc;
}

/* A position by chance, and a story for it: by chance too, unless the price has to be led back. */
static int later_scene(struct eb_paper_market *m, struct eb_err *err)
{
    int rc = EB_OK;
    for (unsigned i = 0; rc == EB_OK && i < EB_PAPER_SYMBOLS; i++) {
        struct eb_paper_symbol *s = &m->symbol[i];
        int64_t leverage = eb_rng_range(&m->rng, 3, 10);
        struct eb_paper_entry e = {.at_ms = scaled(m, eb_rng_range(&m->rng, ENTRY_FROM_MS, ENTRY_TO_MS)),
                                   .symbol = i,
                                   .side = (uint8_t)eb_rng_range(&m->rng, EB_LONG, EB_SHORT),
                                   .leverage_ppm = leverage * EB_PPM,
                                   .notional = {eb_rng_range(&m->rng, 6, 30) * 100 * EB_E8}};
        unsigned story = (unsigned)eb_rng_range(&m->rng, 0, (int64_t)eb_paper_story_count - 1);
        int64_t away_ppm = (int64_t)((eb_i128)(s->price.e8 - s->first.e8) * EB_PPM / s->first.e8);
        if (away_ppm > FAR_PPM || away_ppm < -FAR_PPM) {
            story = 0;
            e.side = away_ppm > 0 ? EB_SHORT : EB_LONG;
        }
        int64_t r_ppm = 100000 / leverage < 20000 ? 100000 / leverage : 20000;
        int64_t sign = e.side == EB_LONG ? 1 : -1;
        struct eb_script_point point[EB_PAPER_SCRIPT_MAX];
        const struct eb_paper_story *from = &eb_paper_stories[story];
        for (unsigned k = 0; k < from->count; k++) {
            point[k] = from->point[k];
            point[k].offset_ppm = sign * from->point[k].offset_ppm * r_ppm / EB_PPM;
        }
        rc = begin_price(m, i, point, from->count, err);
        insert_entry(m, &e);
    }
    return rc;
}

static int begin_scene(struct eb_paper_market *m, struct eb_err *err)
{
    m->scene_began_ms = m->now_ms;
    m->entry_count = m->next_entry = 0;
    return m->scene++ == 0 ? first_scene(m, err) : later_scene(m, err);
}

int eb_paper_market_init(struct eb_paper_market *m, uint64_t seed, int64_t start_ms, int64_t scene_ms,
                         struct eb_err *err)
{
    memset(m, 0, sizeof(*m));
    m->start_ms = m->now_ms = start_ms;
    m->scene_ms = scene_ms;
    eb_rng_seed(&m->rng, seed);
    int rc = EB_OK;
    for (unsigned i = 0; rc == EB_OK && i < EB_PAPER_SYMBOLS; i++) {
        const struct eb_paper_def *def = &eb_paper_defs[i];
        struct eb_paper_symbol *s = &m->symbol[i];
        s->inst = def->inst;
        s->regime = def->regime;
        s->first = s->price = def->price;
        const struct eb_gen_history h = {.symbol = def->inst.symbol,
                                         .seed = eb_rng_next(&m->rng),
                                         .regime = def->regime,
                                         .side = def->side,
                                         .last = def->price,
                                         .tick = def->inst.tick,
                                         .end_ms = start_ms,
                                         .bars = HISTORY_BARS};
        rc = eb_gen_scripted(&h, &s->history, err);
    }
    rc = rc == EB_OK ? begin_scene(m, err) : rc;
    if (rc != EB_OK) {
        eb_paper_market_deinit(m);
    }
    return rc;
}

void eb_paper_market_deinit(struct eb_paper_market *m)
{
    for (unsigned i = 0; i < EB_PAPER_SYMBOLS; i++) {
        eb_series_deinit(&m->symbol[i].history);
    }
}

int64_t eb_paper_market_next(const struct eb_paper_market *m)
{
    return m->now_ms + EB_PAPER_TICK_MS;
}

static void grow_bar(struct eb_paper_symbol *s, int64_t now_ms)
{
    struct eb_ev_bar *b = &s->bar;
    if (b->length_ms == 0) {
        int64_t open_ms = now_ms - EB_PAPER_TICK_MS; /* a tick belongs to the time that it ends */
        *b = (struct eb_ev_bar){open_ms - open_ms % MINUTE_MS, MINUTE_MS, s->price, s->price, s->price, s->price};
    }
    b->high = s->price.e8 > b->high.e8 ? s->price : b->high;
    b->low = s->price.e8 < b->low.e8 ? s->price : b->low;
    b->close = s->price;
}

int eb_paper_market_tick(struct eb_paper_market *m, struct eb_err *err)
{
    if (m->now_ms - m->scene_began_ms >= m->scene_ms) {
        int rc = begin_scene(m, err);
        if (rc != EB_OK) {
            return rc;
        }
    }
    m->now_ms += EB_PAPER_TICK_MS;
    for (unsigned i = 0; i < EB_PAPER_SYMBOLS; i++) {
        (void)eb_gen_next(&m->symbol[i].gen, &m->symbol[i].price);
        grow_bar(&m->symbol[i], m->now_ms);
    }
    return EB_OK;
}

const struct eb_paper_entry *eb_paper_market_entry(struct eb_paper_market *m)
{
    bool due = m->next_entry < m->entry_count && m->scene_began_ms + m->entry[m->next_entry].at_ms <= m->now_ms;
    return due ? &m->entry[m->next_entry++] : NULL;
}

eb_qty eb_paper_quantity(const struct eb_paper_symbol *s, eb_money notional, eb_price price)
{
    struct eb_instrument inst;
    int64_t qty;
    eb_instrument_from_event(&inst, &s->inst);
    if (!eb_mul_div(notional.e8, EB_E8, price.e8, EB_ROUND_FLOOR, &qty)) {
        return (eb_qty){0};
    }
    eb_qty rounded = eb_round_qty_down(&inst, (eb_qty){qty}, true);
    return eb_qty_is_tradable(&inst, rounded) ? rounded : (eb_qty){0};
}

bool eb_paper_closed_bar(struct eb_paper_market *m, eb_symbol_id symbol, struct eb_ev_bar *out)
{
    struct eb_ev_bar *b = &m->symbol[symbol].bar;
    if (b->length_ms == 0 || m->now_ms < b->open_ms + b->length_ms) {
        return false;
    }
    *out = *b;
    b->length_ms = 0;
    return true;
}
