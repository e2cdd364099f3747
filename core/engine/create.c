/* SPDX-License-Identifier: Apache-2.0 */
/* Creation: defaults, validation of the configuration, one allocation. */
#include "engine/state.h"

#include <stdlib.h>
#include <string.h>

#define ALIGN 64

void eb_engine_config_default(struct eb_engine_config *c)
{
    memset(c, 0, sizeof *c);
    c->symbols_max = 1200;
    c->instance = 1;
    c->mode.exit_mode = EB_EXIT_MODE_LEGACY;
    c->stop_source = EB_SRC_MARK;
    c->target_source = EB_TARGET_BOOK;
    c->on_no_legal_stop = EB_NO_STOP_ALARM;
    c->min_stop_distance_ppm = 2000;
    c->liquidation_buffer_ppm = 10000;
    c->max_loss_ppm = 20000;
    c->builtin_stop_ppm = 20000;
    c->maintenance_ppm = 10000;
    c->max_jump_ppm = 50000;
    c->max_age_mark_ms = 3000;
    c->max_age_last_ms = 2000;
    c->cycle_ms = 10000;
    c->consult_max_ms = 300000;
    c->failures_max = 3;
    c->quarantine_ms = 60000;
    c->backstop = true;
    c->backstop_r_ppm = 300000;
    c->backstop_min_ppm = 2000;
    c->backstop_renew_r_ppm = 250000;
    c->backstop_renew_ms = 10000;
    c->protect_ms = 5000;
    c->confirm_ms = 60000;
    c->triggering_ms = 2000;
    c->slots_max = 200;
    c->slots_reserve = 10;
    c->unknown_query_ms = 500;
    c->absent_after_ms = 6000;
    c->full_close_ms = 2000;
    c->soft_fallback_ms = 3000;
    c->orders_per_minute_max = 60;
    c->snapshot_ms = 30000;
    c->fee_taker_ppm = 400;
    c->fee_maker_ppm = 200;
}

struct layout {
    size_t hot, symbol, slot, heap, holder, claim, total;
};

static size_t align_up(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static struct layout layout_of(const struct eb_engine_config *c)
{
    struct layout l;
    size_t n = c->symbols_max;
    l.hot = align_up(sizeof(struct eb_engine));
    l.symbol = l.hot + align_up(n * EB_SRC_COUNT * sizeof(struct eb_hot));
    l.slot = l.symbol + align_up(n * sizeof(struct eb_symbol));
    l.heap = l.slot + align_up(n * 2 * sizeof(struct eb_slot));
    l.holder = l.heap + align_up(n * 2 * sizeof(uint32_t));
    l.claim = l.holder + align_up(n * 2 * sizeof(uint32_t));
    l.total = l.claim + align_up(n * 2 * sizeof(int64_t));
    return l;
}

size_t eb_engine_bytes(const struct eb_engine_config *c)
{
    return layout_of(c).total;
}

static int check(const struct eb_engine_config *c, struct eb_err *err)
{
    const struct {
        const char *name;
        int64_t value, low, high;
    } range[] = {
        {"symbols_max", c->symbols_max, 1, 20000},
        {"instance", c->instance, 1, UINT32_MAX},
        {"stop_source", c->stop_source, EB_SRC_MARK, EB_SRC_LAST},
        {"target_source", c->target_source, EB_TARGET_BOOK, EB_TARGET_MARK},
        {"on_no_legal_stop", c->on_no_legal_stop, EB_NO_STOP_ALARM, EB_NO_STOP_CLOSE},
        {"min_stop_distance_ppm", c->min_stop_distance_ppm, 0, 100000},
        {"liquidation_buffer_ppm", c->liquidation_buffer_ppm, 0, 200000},
        {"max_loss_ppm", c->max_loss_ppm, 0, EB_PPM},
        {"builtin_stop_ppm", c->builtin_stop_ppm, 1000, 500000},
        {"maintenance_ppm", c->maintenance_ppm, 0, 500000},
        {"max_jump_ppm", c->max_jump_ppm, 1000, EB_PPM},
        {"max_age_mark_ms", c->max_age_mark_ms, 100, 60000},
        {"max_age_last_ms", c->max_age_last_ms, 100, 60000},
        {"cycle_ms", c->cycle_ms, 100, 600000},
        {"consult_max_ms", c->consult_max_ms, 1000, 86400000},
        {"failures_max", c->failures_max, 1, 1000},
        {"quarantine_ms", c->quarantine_ms, 0, 86400000},
        {"backstop_r_ppm", c->backstop_r_ppm, 0, 10000000},
        {"backstop_min_ppm", c->backstop_min_ppm, 0, 200000},
        {"backstop_renew_r_ppm", c->backstop_renew_r_ppm, 1, 10000000},
        {"backstop_renew_ms", c->backstop_renew_ms, 0, 3600000},
        {"protect_ms", c->protect_ms, 100, 3600000},
        {"confirm_ms", c->confirm_ms, 1000, 3600000},
        {"triggering_ms", c->triggering_ms, 100, 60000},
        {"slots_max", c->slots_max, 0, 100000},
        {"slots_reserve", c->slots_reserve, 0, c->slots_max},
        {"unknown_query_ms", c->unknown_query_ms, 10, 60000},
        {"absent_after_ms", c->absent_after_ms, 100, 120000},
        {"full_close_ms", c->full_close_ms, 100, 60000},
        {"soft_fallback_ms", c->soft_fallback_ms, 0, 600000},
        {"orders_per_minute_max", c->orders_per_minute_max, 4, 1200},
        {"snapshot_ms", c->snapshot_ms, 0, 3600000},
        {"fee_taker_ppm", c->fee_taker_ppm, 0, 100000},
        {"fee_maker_ppm", c->fee_maker_ppm, -100000, 100000},
    };
    for (unsigned i = 0; i < EB_COUNT(range); i++) {
        if (range[i].value < range[i].low || range[i].value > range[i].high) {
            return eb_err_set(err, EB_E_INVALID, "engine.config", "%s = %lld: must lie in %lld .. %lld", range[i].name,
                              (long long)range[i].value, (long long)range[i].low, (long long)range[i].high);
        }
    }
    return EB_OK;
}

int eb_engine_create(const struct eb_engine_config *c, struct eb_engine **out, struct eb_err *err)
{
    *out = NULL;
    int rc = check(c, err);
    if (rc != EB_OK) {
        return rc;
    }
    struct layout l = layout_of(c);
    /* calloc, not aligned_alloc: untouched pages stay untouched; room to align by hand */
    char *raw = calloc(1, l.total + ALIGN);
    if (raw == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "engine.create", "%zu bytes for %u symbols", l.total, c->symbols_max);
    }
    char *block = raw + (ALIGN - (uintptr_t)raw % ALIGN);
    struct eb_engine *e = (struct eb_engine *)(void *)block;
    e->block = raw;
    e->c = *c;
    e->hot = (struct eb_hot *)(void *)(block + l.hot);
    e->symbol = (struct eb_symbol *)(void *)(block + l.symbol);
    e->slot = (struct eb_slot *)(void *)(block + l.slot);
    e->heap = (uint32_t *)(void *)(block + l.heap);
    e->holder = (uint32_t *)(void *)(block + l.holder);
    e->claim = (int64_t *)(void *)(block + l.claim);
    e->mode = c->mode;
    e->hedge = c->hedge;
    for (unsigned k = 0; k < EB_SWEEP_COUNT; k++) {
        e->sweep_at[k] = UINT32_MAX;
    }
    e->snapshot_due_ns = c->snapshot_ms > 0 ? 0 : INT64_MAX;
    for (uint32_t i = 0; i < c->symbols_max; i++) {
        for (unsigned k = 0; k < EB_SRC_COUNT; k++) {
            eb_hot_of(e, i, (enum eb_price_source)k)->high = INT64_MAX;
            eb_hot_of(e, i, (enum eb_price_source)k)->min = INT64_MAX; /* no price yet: any is lower */
        }
    }
    *out = e;
    return EB_OK;
}

void eb_engine_destroy(struct eb_engine *e)
{
    if (e != NULL) {
        free(e->block);
    }
}

eb_symbol_id eb_engine_symbol(const struct eb_engine *e, const char *name)
{
    for (uint32_t i = 0; i < e->symbol_count; i++) {
        if (e->symbol[i].known && strcmp(e->symbol[i].inst.symbol, name) == 0) {
            return i;
        }
    }
    return EB_NO_SYMBOL;
}

const char *eb_engine_symbol_name(const struct eb_engine *e, eb_symbol_id symbol)
{
    return symbol < e->symbol_count ? e->symbol[symbol].inst.symbol : "";
}

uint32_t eb_engine_symbol_count(const struct eb_engine *e)
{
    return e->symbol_count;
}

void eb_engine_stats(const struct eb_engine *e, struct eb_engine_stats *out)
{
    *out = e->stats;
    out->working_orders = 0;
    out->protected_positions = 0;
    for (uint32_t i = 0; i < e->symbol_count * 2; i++) {
        const struct eb_slot *s = eb_slot_at(e, i);
        for (unsigned k = 0; k < EB_ORDERS_MAX && s->d.episode != 0; k++) {
            out->working_orders += s->order[k].state != EB_OS_NONE;
        }
        enum eb_protection p = s->d.open ? eb_protection_of(e, s) : EB_UNPROTECTED;
        out->protected_positions += p == EB_PROTECTED || p == EB_PROTECTED_FOREIGN;
    }
}
