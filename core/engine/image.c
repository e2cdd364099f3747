/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The durable state as parts: HEAD, SYMBOLS (a few each), SIGNALS (a few each), SLOT (each that ever held a position),
 * END with the hash.
 *
 *     engine --eb_engine_image_part--> store        store --eb_engine_image_load--> new engine --image_done--> at rest
 *
 * A part is its kind, its version and its fields. An engine that was loaded rests: it hears what it is told and acts on
 * nothing until the command START.
 */
#include "engine/image.h"

#include <string.h>

enum part { PART_HEAD = 1, PART_SYMBOLS, PART_SLOT, PART_END, PART_SIGNALS };
static const uint8_t version[] = {
    [PART_HEAD] = 2, [PART_SYMBOLS] = 1, [PART_SLOT] = 2, [PART_END] = 1, [PART_SIGNALS] = 1};

#define SYMBOLS_OF_PART 40 /* at some 200 bytes each */
#define SIGNALS_OF_PART 64
_Static_assert(sizeof(struct eb_slot) < EB_IMAGE_PART_MAX, "any slot fits a part");
_Static_assert(SIGNALS_OF_PART *(sizeof(struct eb_signal) + 8) < EB_IMAGE_PART_MAX, "so do these signals");
_Static_assert(SYMBOLS_OF_PART *(sizeof(struct eb_instrument) + 64) < EB_IMAGE_PART_MAX, "and so do these symbols");

#define U8(f) eb_cursor_u8(w, &(f))
#define U32(f) eb_cursor_u32(w, &(f))
#define U64(f) eb_cursor_u64(w, &(f))
#define I64(f) eb_cursor_i64(w, &(f))
#define E8(f) eb_cursor_i64(w, &(f).e8)
#define BOOL(f) eb_cursor_bool(w, &(f))
#define TEXT(f) eb_cursor_text(w, (f), sizeof(f), #f)

/* ---- walks ------------------------------------------------------------------------------------------------------- */

static uint32_t slots_used(const struct eb_engine *e)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->symbol_count * 2; i++) {
        n += eb_slot_at(e, i)->d.episode != 0;
    }
    return n;
}

static void walk_head(struct eb_cursor *w, struct eb_engine *e, uint32_t *symbols, uint32_t *slots)
{
    U32(*symbols);
    U32(*slots);
    U64(e->durable_count);
    U32(e->episode_serial);
    eb_cursor_below(w, &e->mode.exit_mode, EB_EXIT_MODE_COUNT, "exit_mode");
    BOOL(e->mode.executor_live);
    BOOL(e->mode.rollout_enabled);
    BOOL(e->hedge);
    BOOL(e->paused);
    BOOL(e->flattening);
    U32(e->flatten_upto);
    U32(e->starts);
    U32(e->life_serial);
    I64(e->hold_ms);
    for (unsigned i = 0; i < EB_COMMANDS_KEPT; i++) {
        U64(e->command_id[i]);
    }
    eb_cursor_below(w, &e->command_next, EB_COMMANDS_KEPT, "command_next");
    eb_cursor_bytes(w, e->policy_hash, sizeof e->policy_hash);
    BOOL(e->policy_legacy);
    for (unsigned i = 0; i < EB_COMMANDS_KEPT; i++) {
        U64(e->signal_id[i]);
    }
    eb_cursor_below(w, &e->signal_id_next, EB_COMMANDS_KEPT, "signal_id_next");
    U32(e->signal_count);
}

static void walk_signals(struct eb_cursor *w, struct eb_engine *e, uint32_t first)
{
    for (uint32_t i = first; i < first + SIGNALS_OF_PART && i < e->signal_count; i++) {
        struct eb_signal *v = &e->signal[i];
        U32(v->symbol);
        TEXT(v->value.key);
        eb_cursor_below(w, &v->value.kind, EB_MEM_TEXT + 1, "kind");
        eb_cursor_f64(w, &v->value.number);
        TEXT(v->value.text);
        I64(v->expires_ms);
        I64(v->set_ms);
        TEXT(v->who);
    }
}

static void walk_symbol(struct eb_cursor *w, struct eb_symbol *y)
{
    struct eb_instrument *v = &y->inst;
    BOOL(y->known);
    TEXT(v->symbol);
    E8(v->tick);
    E8(v->min_price);
    E8(v->max_price);
    E8(v->step);
    E8(v->min_qty);
    E8(v->max_qty);
    E8(v->market_step);
    E8(v->market_min_qty);
    E8(v->market_max_qty);
    E8(v->min_notional);
    I64(v->percent_up_ppm);
    I64(v->percent_down_ppm);
    I64(v->market_take_bound_ppm);
    U32(v->max_orders);
    U32(v->max_algo_orders);
    I64(v->maintenance_ppm);
    BOOL(v->trading);
    U64(y->trade_newest);
    U64(y->trade_upto);
    U64(y->trade_window);
    I64(y->trade_window_ms);
    I64(y->trade_newest_ms);
}

static void walk_symbols(struct eb_cursor *w, const struct eb_engine *e, uint32_t first)
{
    for (uint32_t i = first; i < first + SYMBOLS_OF_PART && i < e->symbol_count; i++) {
        walk_symbol(w, &e->symbol[i]);
    }
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* The cursor counts: head, parts of symbols, parts of signals, slots, end. A walk that writes changes nothing:
 * constness may go. */
static void write_part(struct eb_cursor *w, const struct eb_engine *e, enum part kind, uint32_t at)
{
    uint8_t k = (uint8_t)kind;
    uint8_t v = version[kind];
    U8(k);
    U8(v);
    switch (kind) {
    case PART_HEAD: {
        uint32_t symbols = e->symbol_count;
        uint32_t slots = slots_used(e);
        walk_head(w, (struct eb_engine *)e, &symbols, &slots);
        return;
    }
    case PART_SYMBOLS:
        U32(at);
        walk_symbols(w, e, at);
        return;
    case PART_SIGNALS:
        U32(at);
        walk_signals(w, (struct eb_engine *)e, at);
        return;
    case PART_SLOT:
        U32(at);
        eb_image_slot(w, eb_slot_at(e, at));
        return;
    case PART_END: {
        uint64_t hash = eb_engine_durable_hash(e);
        U64(hash);
        return;
    }
    }
}

int eb_engine_image_part(const struct eb_engine *e, uint32_t *cursor, unsigned char *out, size_t cap, size_t *len)
{
    uint32_t symbol_parts = (e->symbol_count + SYMBOLS_OF_PART - 1) / SYMBOLS_OF_PART;
    uint32_t first_signal = 1 + symbol_parts;
    uint32_t first_slot = first_signal + (e->signal_count + SIGNALS_OF_PART - 1) / SIGNALS_OF_PART;
    uint32_t end = first_slot + e->symbol_count * 2;
    uint32_t at = *cursor;
    while (at >= first_slot && at < end && eb_slot_at(e, at - first_slot)->d.episode == 0) {
        at++;
    }
    if (at > end) {
        return EB_E_END;
    }
    struct eb_cursor w = eb_cursor_writer(out, cap);
    if (at == 0) {
        write_part(&w, e, PART_HEAD, 0);
    } else if (at < first_signal) {
        write_part(&w, e, PART_SYMBOLS, (at - 1) * SYMBOLS_OF_PART);
    } else if (at < first_slot) {
        write_part(&w, e, PART_SIGNALS, (at - first_signal) * SIGNALS_OF_PART);
    } else {
        write_part(&w, e, at < end ? PART_SLOT : PART_END, at - first_slot);
    }
    if (w.code == EB_OK) {
        *len = w.at;
        *cursor = at + 1;
    }
    return w.code;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static int corrupt(struct eb_err *err, const char *what)
{
    return eb_err_set(err, EB_E_CORRUPT, "engine.image",
                      "%s: the image is damaged, or another build wrote it under the same version", what);
}

static int read_head(struct eb_engine *e, struct eb_cursor *w, struct eb_err *err)
{
    uint32_t symbols = 0;
    if (e->load.head) {
        return corrupt(err, "a second head");
    }
    walk_head(w, e, &symbols, &e->load.slots);
    if (w->code == EB_OK && symbols > e->c.symbols_max) {
        return eb_err_set(err, EB_E_FULL, "engine.image", "%u symbols, configured are %u: raise symbols_max", symbols,
                          e->c.symbols_max);
    }
    e->load.head = true;
    e->symbol_count = w->code == EB_OK ? symbols : 0;
    if (w->code != EB_OK || e->signal_count > EB_SIGNALS_MAX) {
        e->signal_count = 0;
        return corrupt(err, "the number of signals");
    }
    return EB_OK;
}

static int read_signals(struct eb_engine *e, struct eb_cursor *w, struct eb_err *err)
{
    uint32_t first = 0;
    U32(first);
    if (first != e->load.signals || first >= e->signal_count || e->load.symbols != e->symbol_count) {
        return corrupt(err, "signals out of order");
    }
    walk_signals(w, e, first);
    uint32_t end = first + SIGNALS_OF_PART;
    e->load.signals = end < e->signal_count ? end : e->signal_count;
    for (uint32_t i = first; w->code == EB_OK && i < e->load.signals; i++) {
        if (!eb_signal_stored_ok(e, i)) {
            return corrupt(err, "a signal that cannot be");
        }
    }
    return EB_OK;
}

static int read_symbols(struct eb_engine *e, struct eb_cursor *w, struct eb_err *err)
{
    uint32_t first = 0;
    U32(first);
    if (first != e->load.symbols || first >= e->symbol_count) {
        return corrupt(err, "symbols out of order");
    }
    walk_symbols(w, e, first);
    uint32_t end = first + SYMBOLS_OF_PART;
    e->load.symbols = end < e->symbol_count ? end : e->symbol_count;
    for (uint32_t i = first; w->code == EB_OK && i < e->load.symbols; i++) {
        if (e->symbol[i].known && eb_instrument_validate(&e->symbol[i].inst, NULL) != EB_OK) {
            return corrupt(err, "filters that cannot be");
        }
    }
    return EB_OK;
}

static int read_slot(struct eb_engine *e, struct eb_cursor *w, struct eb_err *err)
{
    uint32_t at = 0;
    U32(at);
    if (at >= e->symbol_count * 2 || e->load.symbols != e->symbol_count || e->load.slots == 0 ||
        eb_slot_at(e, at)->d.episode != 0 || !e->symbol[at / 2].known) {
        return corrupt(err, "a position out of order");
    }
    struct eb_slot *s = eb_slot_at(e, at);
    eb_image_slot(w, s);
    e->load.slots--;
    return w->code != EB_OK || s->d.episode != 0 ? EB_OK : corrupt(err, "a position that never was");
}

int eb_engine_image_load(struct eb_engine *e, const unsigned char *part, size_t len, struct eb_err *err)
{
    struct eb_cursor reader = eb_cursor_reader(part, len);
    struct eb_cursor *w = &reader;
    uint8_t kind = 0;
    uint8_t v = 0;
    U8(kind);
    U8(v);
    if (e->stats.steps > 0 || e->resting) {
        return eb_err_set(err, EB_E_INVALID, "engine.image", "an engine that was used cannot be loaded");
    }
    if (kind < PART_HEAD || kind > PART_SIGNALS || v != version[kind]) {
        return eb_err_set(err, EB_E_CORRUPT, "engine.image",
                          "a part of kind %u version %u: another build wrote it, or it is damaged", kind, v);
    }
    if ((kind != PART_HEAD && !e->load.head) || e->load.end) {
        return corrupt(err, "parts out of order");
    }
    int rc = EB_OK;
    switch ((enum part)kind) {
    case PART_HEAD:
        rc = read_head(e, w, err);
        break;
    case PART_SYMBOLS:
        rc = read_symbols(e, w, err);
        break;
    case PART_SIGNALS:
        rc = read_signals(e, w, err);
        break;
    case PART_SLOT:
        rc = read_slot(e, w, err);
        break;
    case PART_END:
        U64(e->load.hash);
        e->load.end = true;
        break;
    }
    if (rc == EB_OK && (w->code != EB_OK || w->at != len)) {
        rc = corrupt(err, w->code != EB_OK ? w->what : "length");
    }
    return rc;
}

/* ---- what follows from it ---------------------------------------------------------------------------------------- */

static void rebuild_slot(struct eb_engine *e, struct eb_slot *s, int64_t now_ms)
{
    s->unprotected_since_ms = s->d.open ? now_ms : 0;
    eb_slots_claim(e, s);
    e->stats.open_positions += s->d.open;
    for (unsigned i = 0; i < EB_ORDERS_MAX; i++) {
        const struct eb_order *o = &s->order[i];
        if (o->state != EB_OS_NONE && o->type == EB_ORDER_STOP_MARKET) {
            e->stats.conditional_orders++;
            eb_slots_hold(e, s);
        }
    }
}

int eb_engine_image_done(struct eb_engine *e, int64_t now_ns, int64_t now_ms, struct eb_err *err)
{
    if (!e->load.head || !e->load.end || e->load.slots != 0 || e->load.symbols != e->symbol_count ||
        e->load.signals != e->signal_count) {
        return corrupt(err, "parts are missing");
    }
    if (eb_engine_durable_hash(e) != e->load.hash) {
        return corrupt(err, "hash");
    }
    e->last_now_ns = now_ns;
    e->last_now_ms = now_ms;
    eb_rest(e);
    for (uint32_t i = 0; i < e->symbol_count; i++) {
        for (unsigned leg = 0; leg < 2; leg++) {
            struct eb_slot *s = eb_slot_at(e, i * 2 + leg);
            if (s->d.episode != 0) {
                rebuild_slot(e, s, now_ms);
            }
        }
        eb_bands_rebuild(e, i);
    }
    return EB_OK;
}
