/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the lives of one world have recorded, one store per life, and what must be true of it:
 *
 *     store of life 1 [.. what was durable when it died] -> store of life 2 [..] -> ...     a fold gives the live state
 *     image of the live engine -> another engine -> the same image; with the later records -> the live state
 *     clone of the live engine -> the same events -> the same actions
 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "store/replay.h"

#define STORE_MIB 64
#define TWIN_STEPS 400

/* ---- the port of the life under way ------------------------------------------------------------------------------ */

static struct world_life *life(struct world *w)
{
    return &w->life[w->lives - 1];
}

static struct eb_store_port inner(const struct world *w)
{
    return eb_memory_store_port(w->life[w->lives - 1].store);
}

static uint64_t append(void *store, const struct eb_event *ev, const struct eb_witness *witness, bool durable)
{
    struct world *w = store;
    if (world_dies(w)) {
        return UINT64_MAX; /* nobody will ever know */
    }
    struct eb_store_port port = inner(w);
    uint64_t seq = port.append(port.store, ev, witness, durable);
    return seq == 0 ? 0 : life(w)->base + seq;
}

uint64_t world_durable_seq(const struct world *w)
{
    struct eb_store_port port = inner(w);
    return w->life[w->lives - 1].base + port.durable_seq(port.store);
}

static uint64_t durable_seq(void *store)
{
    return world_durable_seq(store);
}

static bool failed(void *store)
{
    struct eb_store_port port = inner(store);
    return port.failed(port.store);
}

struct eb_store_port world_store_port(struct world *w)
{
    return (struct eb_store_port){
        .store = w, .append = append, .durable_seq = durable_seq, .failed = failed, .wants_quiet = w->quiet_records};
}

bool world_life_begin(struct world *w, struct eb_err *err)
{
    const struct eb_memory_store_config memory = {
        .limit_bytes = (size_t)STORE_MIB << 20, .quiet = w->quiet_records, .lag = w->permille[WORLD_F_STORE_LAG] > 0};
    uint64_t base = w->lives > 0 ? life(w)->base + life(w)->upto : 0;
    EB_ASSERT(w->lives < WORLD_LIVES_MAX);
    struct world_life *next = &w->life[w->lives];
    *next = (struct world_life){.base = base, .upto = UINT64_MAX};
    if (eb_memory_store_create(&memory, &next->store, err) != EB_OK) {
        return false;
    }
    w->lives++;
    return true;
}

void world_life_end(struct world *w)
{
    struct eb_store_port port = inner(w);
    life(w)->upto = port.durable_seq(port.store);
    if (w->image_len > 0 && w->image_seq > life(w)->base + life(w)->upto) {
        w->image_len = 0; /* made of what was lost */
    }
}

/* ---- all lives as one source ------------------------------------------------------------------------------------- */

struct chain {
    const struct world *w;
    uint32_t at;
    uint64_t taken; /* durable records of this life */
    struct eb_memory_cursor cursor;
};

static int chain_next(void *source, struct eb_decoded_event *out, struct eb_err *err)
{
    struct chain *c = source;
    for (;;) {
        const struct world_life *l = &c->w->life[c->at];
        int rc = c->taken >= l->upto ? EB_E_END : eb_memory_cursor_next(&c->cursor, out, err);
        if (rc == EB_OK) {
            c->taken += out->durable;
            return rc;
        }
        if (rc != EB_E_END || c->at + 1 == c->w->lives) {
            return rc;
        }
        c->at++;
        c->taken = 0;
        c->cursor = eb_memory_store_cursor(c->w->life[c->at].store);
    }
}

/* Durable records after seq, through engine; hear (may be NULL) each step. */
bool world_fold(struct world *w, struct eb_engine *engine, uint64_t after, world_hear hear)
{
    struct world_fold *f = w->fold;
    struct chain chain = {.w = w, .cursor = eb_memory_store_cursor(w->life[0].store)};
    struct eb_err err = {0};
    uint64_t seq = 0;
    for (;;) {
        int rc = chain_next(&chain, &f->record, &err);
        if (rc != EB_OK) {
            ORACLE_CHECK(&w->oracle, rc == EB_E_END, "a record cannot be read: %s", err.msg);
            return rc == EB_E_END;
        }
        if (!f->record.durable || ++seq <= after) {
            continue;
        }
        rc = eb_engine_step(engine, &f->record.ev, &f->actions);
        bool same = rc == EB_OK && f->actions.durable;
        ORACLE_CHECK(&w->oracle, same, "record %llu (kind %u) is %s in the fold", (unsigned long long)seq,
                     f->record.ev.kind, rc != EB_OK ? eb_err_name(rc) : "quiet");
        if (!same) {
            return false;
        }
        if (hear != NULL) {
            hear(w, &f->record.ev, &f->actions, engine);
        }
    }
}

/* ---- images ------------------------------------------------------------------------------------------------------ */

static size_t write_image(struct world *w, const struct eb_engine *e, unsigned char *out, size_t cap)
{
    uint32_t cursor = 0;
    size_t at = 0;
    for (;;) {
        size_t len = 0;
        EB_ASSERT(at + 4 + EB_IMAGE_PART_MAX <= cap);
        int rc = eb_engine_image_part(e, &cursor, out + at + 4, EB_IMAGE_PART_MAX, &len);
        if (rc == EB_E_END) {
            return at;
        }
        ORACLE_CHECK(&w->oracle, rc == EB_OK, "a part of the image cannot be written: %s", eb_err_name(rc));
        uint32_t n = (uint32_t)len;
        memcpy(out + at, &n, 4);
        at += 4 + len;
    }
}

bool world_image_load(struct world *w, struct eb_engine *e, const unsigned char *image, size_t len)
{
    struct eb_err err = {0};
    int rc = EB_OK;
    for (size_t at = 0; at < len && rc == EB_OK;) {
        uint32_t n;
        memcpy(&n, image + at, 4);
        rc = eb_engine_image_load(e, image + at + 4, n, &err);
        at += 4 + n;
    }
    rc = rc == EB_OK ? eb_engine_image_done(e, world_ns(w, w->now_ms), w->now_ms, &err) : rc;
    ORACLE_CHECK(&w->oracle, rc == EB_OK, "an image cannot be loaded: %s", err.msg);
    return rc == EB_OK;
}

struct eb_engine *world_engine(struct world *w)
{
    struct eb_err err;
    struct eb_engine *e;
    EB_ASSERT(eb_engine_create(&w->engine_config, &e, &err) == EB_OK);
    return e;
}

void world_image(struct world *w, const struct eb_engine *e)
{
    w->image_len = write_image(w, e, w->image, WORLD_IMAGE_MAX);
    w->image_seq = eb_engine_durable_count(e);
}

/* An image of the live engine goes through another engine and comes out the same. */
static void round_trip(struct world *w)
{
    const struct eb_engine *live = eb_host_engine(w->host);
    struct eb_engine *e = world_engine(w);
    world_image(w, live);
    w->figures.images++;
    if (world_image_load(w, e, w->image, w->image_len)) {
        ORACLE_CHECK(&w->oracle, eb_engine_durable_hash(e) == eb_engine_durable_hash(live),
                     "an engine that was loaded has another durable state");
        size_t len = write_image(w, e, w->image + w->image_len, WORLD_IMAGE_MAX - w->image_len);
        ORACLE_CHECK(&w->oracle, len == w->image_len && memcmp(w->image, w->image + w->image_len, len) == 0,
                     "the image of an engine that was loaded is another");
    }
    eb_engine_destroy(e);
}

/* ---- a clone beside ---------------------------------------------------------------------------------------------- */

void world_twin_end(struct world *w)
{
    eb_engine_destroy(w->twin);
    w->twin = NULL;
}

void world_twin_step(struct world *w, const struct eb_event *ev, const struct eb_actions *actions)
{
    if (w->twin == NULL) {
        return;
    }
    struct eb_actions *own = &w->fold->actions;
    (void)eb_engine_step(w->twin, ev, own);
    bool same = own->count == actions->count && own->ctx_count == actions->ctx_count &&
                own->durable == actions->durable &&
                memcmp(own->action, actions->action, own->count * sizeof own->action[0]) == 0;
    ORACLE_CHECK(&w->oracle, same, "a clone of the engine steps in another way");
    if (--w->twin_steps == 0) {
        ORACLE_CHECK(&w->oracle,
                     eb_engine_durable_hash(w->twin) == eb_engine_durable_hash(eb_host_engine(w->host)) &&
                         eb_engine_next_deadline(w->twin) == eb_engine_next_deadline(eb_host_engine(w->host)),
                     "a clone of the engine comes to another state");
        world_twin_end(w);
    }
}

int64_t world_look_next(const struct world *w)
{
    return w->suspended || w->down ? INT64_MAX : w->look_ms;
}

/* Between turns, now and then. */
void world_look_due(struct world *w)
{
    struct eb_rng *r = &w->rng[WORLD_S_CRASH];
    if (w->suspended || w->down || w->dead || w->now_ms < w->look_ms) {
        return;
    }
    w->look_ms = w->now_ms + eb_rng_range(r, 5000, 90000);
    if (eb_rng_below(r, 2) == 0) {
        round_trip(w);
    } else if (w->twin == NULL) {
        struct eb_err err;
        EB_ASSERT(eb_engine_clone(eb_host_engine(w->host), &w->twin, &err) == EB_OK);
        w->twin_steps = TWIN_STEPS;
        w->figures.clones++;
    }
}

/* ---- at the end -------------------------------------------------------------------------------------------------- */

static void check_durable(struct world *w, uint64_t after, const char *what)
{
    struct eb_engine *e = world_engine(w);
    bool well = after == 0 || world_image_load(w, e, w->image, w->image_len);
    if (well && world_fold(w, e, after, NULL)) {
        ORACLE_CHECK(&w->oracle, eb_engine_durable_hash(e) == w->figures.durable_hash, "%s gives another durable state",
                     what);
    }
    eb_engine_destroy(e);
}

static void check_all(struct world *w)
{
    struct eb_err err = {0};
    struct eb_replay_result r;
    struct eb_engine *e = world_engine(w);
    struct eb_memory_cursor cursor = eb_memory_store_cursor(w->life[0].store);
    int rc = eb_replay_fold(eb_memory_cursor_source(&cursor), e, INT64_MAX, false, &r, &err);
    ORACLE_CHECK(&w->oracle, rc == EB_OK, "the fold of all records fails: %s", err.msg);
    ORACLE_CHECK(&w->oracle, r.differed == 0 && r.durable_hash == w->figures.durable_hash,
                 "the fold of all records gives another durable state; the first other step is record %llu",
                 (unsigned long long)r.first_differed);
    eb_engine_destroy(e);
}

void world_check_record(struct world *w)
{
    struct eb_turn_times times;
    eb_host_turn_times(w->host, &times);
    if (times.lost > 0) {
        ORACLE_CHECK(&w->oracle, w->store_failed, "a record was lost though the store stands");
        return;
    }
    check_durable(w, 0, "the fold of durable records");
    if (w->image_len > 0 && w->image_seq > 0) {
        check_durable(w, w->image_seq, "an image with the records after it");
    }
    if (w->quiet_records && w->lives == 1) { /* what was observed in another life is not in this one */
        check_all(w);
    }
}
