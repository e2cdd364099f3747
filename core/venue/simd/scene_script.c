/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PAPER: histories in known regimes, then scenes. The first scene is a table, later ones are made from stories in
 * multiples of R, with positions and stories by chance.
 */
#include "venue/simd/scene_inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "venue/simd/scene_tables.h"

#define HISTORY_BARS 1500 /* 25 hours: every time frame is warm */
#define LATER_BARS 1440   /* that are remembered on top */
#define SCENE_MS INT64_C(60000)
#define ENTRIES_MAX 16
#define NOISE_PPM 90
#define FAR_PPM 250000 /* this far from where it began a price is led back */
#define ENTRY_FROM_MS 1500
#define ENTRY_TO_MS 5000

struct scene_script {
    struct {
        struct eb_gen gen;
        struct eb_script_point point[SCENE_SCRIPT_MAX]; /* borrowed by gen */
        eb_price first;                                 /* at the start of the run */
    } symbol[EB_SCENE_PAPER_SYMBOLS];
    struct eb_scene_entry entry[ENTRIES_MAX]; /* of this scene, by time */
    unsigned entry_count, next_entry;
    int64_t scene_ms, began_ms;
    unsigned scene;
};

/* A time of the tables in a scene of another length, on the grid of ticks. */
static int64_t scaled(const struct eb_scene *s, int64_t at_ms)
{
    int64_t at = at_ms * s->script->scene_ms / SCENE_MS;
    return at - at % s->c.tick_ms;
}

static int begin_price(struct eb_scene *s, unsigned i, const struct eb_script_point *point, unsigned count,
                       struct eb_err *err)
{
    struct eb_script_point *own = s->script->symbol[i].point;
    for (unsigned k = 0; k < count; k++) {
        own[k] = (struct eb_script_point){scaled(s, point[k].at_ms), point[k].offset_ppm};
    }
    const struct eb_gen_config c = {.seed = eb_rng_next(&s->rng),
                                    .start = s->state[i].raw,
                                    .tick = s->symbol[i].inst.tick,
                                    .step_ms = s->c.tick_ms,
                                    .noise_ppm = NOISE_PPM,
                                    .script = own,
                                    .script_count = count};
    return eb_gen_init(&s->script->symbol[i].gen, &c, err);
}

static void insert_entry(struct scene_script *sc, const struct eb_scene_entry *e)
{
    EB_ASSERT(sc->entry_count < ENTRIES_MAX);
    unsigned at = sc->entry_count++;
    while (at > 0 && sc->entry[at - 1].at_ms > e->at_ms) {
        sc->entry[at] = sc->entry[at - 1];
        at--;
    }
    sc->entry[at] = *e;
}

static int first_scene(struct eb_scene *s, struct eb_err *err)
{
    int rc = EB_OK;
    for (unsigned i = 0; rc == EB_OK && i < EB_SCENE_PAPER_SYMBOLS; i++) {
        rc = begin_price(s, i, eb_scene_defs[i].script, eb_scene_defs[i].script_count, err);
    }
    for (unsigned i = 0; i < eb_scene_first_entry_count; i++) {
        struct eb_scene_entry e = eb_scene_first_entries[i];
        e.at_ms = s->now_ms + (e.at_ms > 0 ? scaled(s, e.at_ms) : e.at_ms);
        insert_entry(s->script, &e);
    }
    return rc;
}

/* A position by chance, and a story for it: by chance too, unless the price has to be led back. */
static int later_scene(struct eb_scene *s, struct eb_err *err)
{
    int rc = EB_OK;
    for (unsigned i = 0; rc == EB_OK && i < EB_SCENE_PAPER_SYMBOLS; i++) {
        int64_t first = s->script->symbol[i].first.e8;
        int64_t leverage = eb_rng_range(&s->rng, 3, 10);
        struct eb_scene_entry e = {.at_ms = s->now_ms + scaled(s, eb_rng_range(&s->rng, ENTRY_FROM_MS, ENTRY_TO_MS)),
                                   .symbol = i,
                                   .side = (uint8_t)eb_rng_range(&s->rng, EB_LONG, EB_SHORT),
                                   .leverage_ppm = leverage * EB_PPM,
                                   .notional = {eb_rng_range(&s->rng, 6, 30) * 100 * EB_E8}};
        unsigned story = (unsigned)eb_rng_range(&s->rng, 0, (int64_t)eb_scene_story_count - 1);
        int64_t away_ppm = (int64_t)((eb_i128)(s->state[i].raw.e8 - first) * EB_PPM / first);
        if (away_ppm > FAR_PPM || away_ppm < -FAR_PPM) {
            story = 0;
            e.side = away_ppm > 0 ? EB_SHORT : EB_LONG;
        }
        int64_t r_ppm = 100000 / leverage < 20000 ? 100000 / leverage : 20000;
        int64_t sign = e.side == EB_LONG ? 1 : -1;
        struct eb_script_point point[SCENE_SCRIPT_MAX];
        const struct eb_scene_story *from = &eb_scene_stories[story];
        for (unsigned k = 0; k < from->count; k++) {
            point[k] = from->point[k];
            point[k].offset_ppm = sign * from->point[k].offset_ppm * r_ppm / EB_PPM;
        }
        rc = begin_price(s, i, point, from->count, err);
        insert_entry(s->script, &e);
    }
    return rc;
}

static int begin_scene(struct eb_scene *s, struct eb_err *err)
{
    struct scene_script *sc = s->script;
    sc->began_ms = s->now_ms;
    sc->entry_count = sc->next_entry = 0;
    return sc->scene++ == 0 ? first_scene(s, err) : later_scene(s, err);
}

static int begin_symbol(struct eb_scene *s, unsigned i, struct eb_err *err)
{
    const struct eb_scene_def *def = &eb_scene_defs[i];
    s->symbol[i].inst = def->inst;
    s->script->symbol[i].first = s->state[i].raw = def->price;
    const struct eb_gen_history h = {.symbol = def->inst.symbol,
                                     .seed = eb_rng_next(&s->rng),
                                     .regime = def->regime,
                                     .side = def->side,
                                     .last = def->price,
                                     .tick = def->inst.tick,
                                     .end_ms = s->c.start_ms,
                                     .bars = HISTORY_BARS};
    struct eb_series history;
    int rc = eb_gen_scripted(&h, &history, err);
    if (rc == EB_OK) {
        rc = eb_scene_keep(s, i, &history, HISTORY_BARS, LATER_BARS, err);
        eb_series_deinit(&history);
    }
    return rc;
}

/* Scenes of about a minute that fill the length of the run. */
static int64_t scene_length(int64_t length_ms)
{
    int64_t scenes = length_ms / SCENE_MS > 0 ? length_ms / SCENE_MS : 1;
    int64_t ms = length_ms > 0 ? length_ms / scenes : SCENE_MS;
    return ms < EB_SCENE_MIN_MS ? EB_SCENE_MIN_MS : ms;
}

int eb_scene_script_create(struct eb_scene *s, struct eb_err *err)
{
    s->script = calloc(1, sizeof(*s->script));
    if (s->script == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "scene", "out of memory");
    }
    s->script->scene_ms = scene_length(s->c.length_ms);
    int rc = EB_OK;
    for (unsigned i = 0; rc == EB_OK && i < EB_SCENE_PAPER_SYMBOLS; i++) {
        rc = begin_symbol(s, i, err);
    }
    return rc == EB_OK ? begin_scene(s, err) : rc;
}

void eb_scene_script_destroy(struct eb_scene *s)
{
    free(s->script);
    s->script = NULL;
}

int eb_scene_script_tick(struct eb_scene *s, struct eb_err *err)
{
    int64_t before_ms = s->now_ms - s->c.tick_ms;
    if (before_ms - s->script->began_ms >= s->script->scene_ms) {
        s->now_ms = before_ms; /* a scene begins where the last one ended, its first prices come with this tick */
        int rc = begin_scene(s, err);
        s->now_ms = before_ms + s->c.tick_ms;
        if (rc != EB_OK) {
            return rc;
        }
    }
    for (unsigned i = 0; i < EB_SCENE_PAPER_SYMBOLS; i++) {
        (void)eb_gen_next(&s->script->symbol[i].gen, &s->state[i].raw);
    }
    return EB_OK;
}

bool eb_scene_script_entry(struct eb_scene *s, int64_t until_ms)
{
    struct scene_script *sc = s->script;
    if (sc->next_entry >= sc->entry_count || sc->entry[sc->next_entry].at_ms > until_ms) {
        return false;
    }
    s->entry = sc->entry[sc->next_entry++];
    return true;
}
