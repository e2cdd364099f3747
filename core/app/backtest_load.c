/* SPDX-License-Identifier: Apache-2.0 */
/* Input of a backtest: klines joined per symbol, instruments, brackets, funding, entries; every mismatch is named. */
#include "app/backtest.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct eb_bt_symbol *)a)->name, ((const struct eb_bt_symbol *)b)->name);
}

static struct eb_bt_symbol *find(struct eb_bt_data *d, const char *name)
{
    for (unsigned i = 0; i < d->symbol_count; i++) {
        if (strcmp(d->symbol[i].name, name) == 0) {
            return &d->symbol[i];
        }
    }
    return NULL;
}

/* Loads files and joins those of one symbol; hands each joined series to take. */
static int load_series(const char *const *file, unsigned count, const char *symbol,
                       int (*take)(struct eb_bt_data *d, struct eb_series *s, struct eb_err *err), struct eb_bt_data *d,
                       struct eb_err *err)
{
    EB_ASSERT(count > 0);
    struct eb_series *part = calloc(count, sizeof *part);
    if (part == NULL) {
        (void)eb_err_set(err, EB_E_MEMORY, "backtest", "out of memory");
        return EB_E_MEMORY;
    }
    int rc = EB_OK;
    unsigned loaded = 0;
    while (rc == EB_OK && loaded < count) {
        rc = eb_kline_load(file[loaded], symbol, &part[loaded], err);
        loaded += rc == EB_OK;
    }
    for (unsigned i = 0; rc == EB_OK && i < loaded; i++) {
        if (part[i].row == NULL) {
            continue; /* joined into an earlier one */
        }
        struct eb_series *same = calloc(loaded, sizeof *same);
        unsigned n = 0;
        if (same == NULL) {
            rc = eb_err_set(err, EB_E_MEMORY, "backtest", "out of memory");
            break;
        }
        for (unsigned k = i; k < loaded; k++) {
            if (part[k].row != NULL && strcmp(part[k].symbol, part[i].symbol) == 0) {
                same[n++] = part[k];
                if (k != i) {
                    memset(&part[k], 0, sizeof part[k]);
                }
            }
        }
        memset(&part[i], 0, sizeof part[i]);
        struct eb_series joined;
        memset(&joined, 0, sizeof joined);
        rc = eb_series_join(same, n, &joined, err);
        for (unsigned k = 0; rc != EB_OK && k < n; k++) {
            eb_series_deinit(&same[k]);
        }
        free(same);
        rc = rc == EB_OK ? take(d, &joined, err) : rc;
    }
    for (unsigned i = 0; i < loaded; i++) {
        eb_series_deinit(&part[i]);
    }
    free(part);
    return rc;
}

static int take_bars(struct eb_bt_data *d, struct eb_series *s, struct eb_err *err)
{
    if (d->symbol_count >= EB_BT_SYMBOLS_MAX) {
        eb_series_deinit(s);
        return eb_err_set(err, EB_E_FULL, "backtest", "more than %d symbols", EB_BT_SYMBOLS_MAX);
    }
    struct eb_bt_symbol *y = &d->symbol[d->symbol_count++];
    memcpy(y->name, s->symbol, sizeof y->name);
    y->bars = *s;
    return EB_OK;
}

static int take_marks(struct eb_bt_data *d, struct eb_series *s, struct eb_err *err)
{
    struct eb_bt_symbol *y = find(d, s->symbol);
    int rc = EB_OK;
    if (y == NULL) {
        rc = EB_E_NOT_FOUND;
        (void)eb_err_set(err, rc, "backtest", "%s: --mark-klines of %s, but no --klines of that symbol", s->file,
                         s->symbol);
    } else if (s->length_ms != y->bars.length_ms) {
        rc = EB_E_INVALID;
        (void)eb_err_set(err, rc, "backtest",
                         "%s: mark bars of %lld ms beside bars of %lld ms: give mark klines of the same interval",
                         s->file, (long long)s->length_ms, (long long)y->bars.length_ms);
    }
    if (rc != EB_OK) {
        eb_series_deinit(s);
        return rc;
    }
    y->marks = *s;
    y->has_marks = true;
    return EB_OK;
}

static int load_funding(const struct eb_bt_options *o, struct eb_bt_data *d, struct eb_err *err)
{
    for (unsigned i = 0; i < o->funding_count; i++) {
        struct eb_funding part[2];
        memset(part, 0, sizeof part);
        int rc = eb_funding_load(o->funding[i], o->symbol, &part[1], err);
        if (rc != EB_OK) {
            return rc;
        }
        struct eb_bt_symbol *y = find(d, part[1].symbol);
        if (y == NULL) {
            rc = eb_err_set(err, EB_E_NOT_FOUND, "backtest", "%s: funding of %s, but no --klines of that symbol",
                            o->funding[i], part[1].symbol);
            eb_funding_deinit(&part[1]);
            return rc;
        }
        if (y->funding.count == 0) {
            eb_funding_deinit(&y->funding);
            y->funding = part[1];
            continue;
        }
        part[0] = y->funding;
        struct eb_funding joined;
        memset(&joined, 0, sizeof joined);
        rc = eb_funding_join(part, 2, &joined, err);
        if (rc != EB_OK) {
            eb_funding_deinit(&part[1]);
            return rc;
        }
        y->funding = joined;
    }
    return EB_OK;
}

static int set_instruments(const struct eb_bt_options *o, struct eb_bt_data *d, struct eb_err *err)
{
    struct eb_exchange_info info;
    memset(&info, 0, sizeof info);
    int rc = o->instruments != NULL ? eb_exchange_info_load(o->instruments, &info, err) : EB_OK;
    for (unsigned i = 0; rc == EB_OK && i < d->symbol_count; i++) {
        struct eb_bt_symbol *y = &d->symbol[i];
        if (o->instruments != NULL) {
            const struct eb_ev_instrument *found;
            rc = eb_exchange_info_find(&info, y->name, &found, err);
            if (rc == EB_OK) {
                y->inst = *found;
            }
        } else {
            memcpy(y->inst.symbol, y->name, sizeof y->inst.symbol);
            y->inst.tick = o->tick;
            y->inst.step = o->step;
            y->inst.min_qty = o->min_qty;
            y->inst.min_notional = o->min_notional;
        }
        y->inst.trading = true;     /* a list of today may call settled what traded then */
        y->inst.percent_up_ppm = 0; /* history is not refused for bands of another day */
        y->inst.percent_down_ppm = 0;
        y->inst.market_take_bound_ppm = 0;
        y->inst.max_qty.e8 = 0; /* a level is one fill */
        y->inst.market_max_qty.e8 = 0;
        y->inst.maintenance_ppm = o->maintenance_ppm;
    }
    if (info.item != NULL) {
        eb_exchange_info_deinit(&info);
    }
    return rc;
}

static int load_entries(const struct eb_bt_options *o, struct eb_bt_data *d, struct eb_err *err)
{
    d->is_every = eb_every_is(o->entries);
    if (d->is_every) {
        return eb_every_parse(o->entries, &d->every, err);
    }
    int rc = eb_entries_load(o->entries, &d->entries, err);
    for (size_t i = 0; rc == EB_OK && i < d->entries.count; i++) {
        const struct eb_entry *e = &d->entries.entry[i];
        const struct eb_bt_symbol *y = find(d, e->symbol);
        if (y == NULL) {
            return eb_err_set(err, EB_E_NOT_FOUND, "backtest", "%s:%u: no --klines of symbol %s", d->entries.file,
                              e->line, e->symbol);
        }
        if (e->quantity.e8 % y->inst.step.e8 != 0) {
            char step[EB_DECIMAL_TEXT_MAX];
            (void)eb_decimal_format(y->inst.step.e8, 8, step);
            return eb_err_set(err, EB_E_INVALID, "backtest", "%s:%u: quantity is no multiple of the step %s of %s",
                              d->entries.file, e->line, step, e->symbol);
        }
    }
    return rc;
}

int eb_bt_load(const struct eb_bt_options *o, struct eb_bt_data *d, struct eb_err *err)
{
    memset(d, 0, sizeof *d);
    d->symbol = calloc(o->klines_count > 0 ? o->klines_count : 1, sizeof *d->symbol);
    if (d->symbol == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "backtest", "out of memory");
    }
    int rc = load_series(o->klines, o->klines_count, o->symbol, take_bars, d, err);
    if (rc == EB_OK) {
        qsort(d->symbol, d->symbol_count, sizeof *d->symbol, by_name);
        rc = o->mark_count > 0 ? load_series(o->mark_klines, o->mark_count, o->symbol, take_marks, d, err) : EB_OK;
    }
    rc = rc == EB_OK ? load_funding(o, d, err) : rc;
    rc = rc == EB_OK ? set_instruments(o, d, err) : rc;
    if (rc == EB_OK && o->brackets != NULL) {
        rc = eb_brackets_load(o->brackets, &d->brackets, err);
        d->has_brackets = rc == EB_OK;
        for (unsigned i = 0; rc == EB_OK && i < d->symbol_count; i++) {
            rc = eb_brackets_check(&d->brackets, d->symbol[i].name, err);
        }
    }
    rc = rc == EB_OK ? load_entries(o, d, err) : rc;
    if (rc != EB_OK) {
        eb_bt_data_deinit(d);
    }
    return rc;
}

void eb_bt_data_deinit(struct eb_bt_data *d)
{
    for (unsigned i = 0; i < d->symbol_count; i++) {
        eb_series_deinit(&d->symbol[i].bars);
        eb_series_deinit(&d->symbol[i].marks);
        eb_funding_deinit(&d->symbol[i].funding);
    }
    free(d->symbol);
    if (d->has_brackets) {
        eb_brackets_deinit(&d->brackets);
    }
    if (!d->is_every && d->entries.entry != NULL) {
        eb_entries_deinit(&d->entries);
    }
    memset(d, 0, sizeof *d);
}

void eb_bt_result_deinit(struct eb_bt_result *r)
{
    free(r->episode);
    free(r->exit);
    free(r->exit_next);
    memset(r, 0, sizeof *r);
}
