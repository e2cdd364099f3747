/* SPDX-License-Identifier: Apache-2.0 */
/* The tables that a backtest prints without --json: one line per symbol, totals, exits by reason. */
#include "app/backtest_summary.h"

#include <inttypes.h>

#include "app/table.h"
#include "domain/order.h"

struct totals {
    size_t episodes, wins;
    eb_money pnl, fees, funding;
    int64_t r_ppm, best_ppm, worst_ppm;
};

static void add(struct totals *t, const struct eb_bt_episode *ep)
{
    t->best_ppm = t->episodes == 0 || ep->r_ppm > t->best_ppm ? ep->r_ppm : t->best_ppm;
    t->worst_ppm = t->episodes == 0 || ep->r_ppm < t->worst_ppm ? ep->r_ppm : t->worst_ppm;
    t->episodes++;
    t->wins += ep->pnl.e8 - ep->fees.e8 + ep->funding.e8 > 0 ? 1 : 0;
    t->pnl.e8 += ep->pnl.e8;
    t->fees.e8 += ep->fees.e8;
    t->funding.e8 += ep->funding.e8;
    t->r_ppm += ep->r_ppm;
}

/* Two decimals are enough for people. */
static void cell(struct eb_table *t, int64_t value, int scale, bool sign)
{
    char text[EB_DECIMAL_TEXT_MAX];
    eb_i128 cents = value;
    for (int i = scale; i > 2; i--) {
        cents = i > 3 ? cents : eb_div_round(cents, 10, EB_ROUND_HALF_EVEN);
        cents = i > 3 ? eb_div_round(cents, 10, EB_ROUND_FLOOR) : cents;
    }
    (void)eb_decimal_format_fixed((int64_t)cents, 2, text);
    eb_table_cell(t, !sign || cents == 0 ? EB_PLAIN : cents > 0 ? EB_GREEN : EB_RED, "%s", text);
}

static void line(struct eb_table *table, const char *name, const struct totals *t)
{
    eb_table_cell(table, EB_PLAIN, "%s", name);
    eb_table_cell(table, EB_PLAIN, "%zu", t->episodes);
    eb_table_cell(table, EB_PLAIN, "%zu %%", t->episodes > 0 ? t->wins * 100 / t->episodes : 0);
    cell(table, t->pnl.e8, 8, true);
    cell(table, t->fees.e8, 8, false);
    cell(table, t->funding.e8, 8, false);
    cell(table, t->pnl.e8 - t->fees.e8 + t->funding.e8, 8, true);
    cell(table, t->r_ppm, 6, true);
    cell(table, t->best_ppm, 6, false);
    cell(table, t->worst_ppm, 6, false);
}

static void by_symbol(const struct eb_bt_data *d, const struct eb_bt_result *r, bool colour, struct eb_buffer *out)
{
    struct eb_table table;
    struct totals all = {0};
    eb_table_init(&table, "lrrrrrrrrr");
    eb_table_heads(&table, "symbol|episodes|won|pnl|fees|funding|net|sum R|best R|worst R");
    for (unsigned i = 0; i < d->symbol_count; i++) {
        struct totals t = {0};
        for (size_t k = 0; k < r->episode_count; k++) {
            if (r->episode[k].symbol == i) {
                add(&t, &r->episode[k]);
                add(&all, &r->episode[k]);
            }
        }
        line(&table, d->symbol[i].name, &t);
    }
    if (d->symbol_count > 1) {
        line(&table, "all", &all);
    }
    eb_table_render(&table, "", colour, out);
    eb_table_deinit(&table);
}

static void by_reason(const struct eb_bt_result *r, bool colour, struct eb_buffer *out)
{
    size_t count[EB_EXIT_REASON_COUNT] = {0};
    int64_t pnl_e8[EB_EXIT_REASON_COUNT] = {0};
    for (size_t i = 0; i < r->episode_count; i++) {
        for (uint32_t at = r->episode[i].first_exit; at != 0; at = r->exit_next[at - 1]) {
            count[r->exit[at - 1].reason]++;
            pnl_e8[r->exit[at - 1].reason] += r->exit[at - 1].pnl.e8;
        }
    }
    struct eb_table table;
    eb_table_init(&table, "lrr");
    eb_table_heads(&table, "exits by|number|pnl");
    for (unsigned k = 0; k < EB_EXIT_REASON_COUNT; k++) {
        if (count[k] > 0) {
            eb_table_cell(&table, EB_PLAIN, "%s", eb_exit_reason_name((enum eb_exit_reason)k));
            eb_table_cell(&table, EB_PLAIN, "%zu", count[k]);
            cell(&table, pnl_e8[k], 8, true);
        }
    }
    if (r->episode_count > 0) {
        (void)eb_buffer_text(out, "\n");
        eb_table_render(&table, "", colour, out);
    }
    eb_table_deinit(&table);
}

void eb_bt_summary(const struct eb_bt_options *o, const struct eb_bt_data *d, const struct eb_bt_result *r,
                   const char *policy, bool colour, struct eb_buffer *out)
{
    uint64_t bars = 0;
    for (unsigned i = 0; i < d->symbol_count; i++) {
        bars += d->symbol[i].bars.count;
    }
    (void)eb_buffer_printf(out, "policies %s, profile %s, %" PRIu64 " bars\n\n", policy,
                           o->profile != NULL ? o->profile : "DEFAULT", bars);
    by_symbol(d, r, colour, out);
    by_reason(r, colour, out);
    if (r->missed_slots > 0) {
        (void)eb_buffer_printf(out, "\nslots of every:N missed because a position was open: %" PRIu64 "\n",
                               r->missed_slots);
    }
    if (o->path == EB_BT_WORST) {
        char a[EB_DECIMAL_TEXT_MAX];
        char f[EB_DECIMAL_TEXT_MAX];
        (void)eb_decimal_format_fixed(r->r_sum_adverse_ppm, 6, a);
        (void)eb_decimal_format_fixed(r->r_sum_favourable_ppm, 6, f);
        (void)eb_buffer_printf(out,
                               "\nworst of both orders: adverse %s R, favourable %s R, %zu of %zu episodes differ\n", a,
                               f, r->differing, r->both);
    }
}
