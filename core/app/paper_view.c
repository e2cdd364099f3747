/* SPDX-License-Identifier: Apache-2.0 */
/* Drawing with plain ANSI: up to where the last drawing began, erase, draw, in one write. Lines never wrap. */
#include "app/paper_view.h"

#include <inttypes.h>
#include <string.h>

#include "app/output.h"
#include "domain/order.h"

#define DRAWING_MAX ((size_t)1 << 20)
#define NO_WRAP "\033[?7l"
#define WRAP "\033[?7h"

void eb_view_open(struct eb_view *v, FILE *to)
{
    memset(v, 0, sizeof(*v));
    v->to = to;
    v->live = to != NULL && eb_is_terminal(to);
    v->colour = to != NULL && eb_may_colour(to);
    eb_table_init(&v->table, "lllrrrrlrrl");
    eb_buffer_init(&v->text, DRAWING_MAX);
}

void eb_view_close(struct eb_view *v)
{
    eb_table_deinit(&v->table);
    eb_buffer_deinit(&v->text);
    v->to = NULL;
}

void eb_view_line(void *user, int64_t now_ms, const char *line)
{
    struct eb_view *v = user;
    char at[EB_TIME_TEXT_MAX];
    if (v->live) {
        (void)snprintf(v->line[v->next++ % EB_VIEW_LINES], sizeof(v->line[0]), "%.12s %s",
                       eb_time_text(now_ms, at) + 11, line);
    } else if (v->to != NULL) {
        fprintf(v->to, "%.12s %s\n", eb_time_text(now_ms, at) + 11, line);
        fflush(v->to);
    }
}

static void amount_cell(struct eb_table *t, enum eb_colour colour, int64_t e8)
{
    char text[EB_DECIMAL_TEXT_MAX] = "";
    if (e8 != 0) {
        (void)eb_decimal_format(e8, 8, text);
    }
    eb_table_cell(t, colour, "%s", text);
}

static int64_t next_target(const struct eb_context *c)
{
    for (unsigned i = 0; i < c->leg_count; i++) {
        if (c->legs[i].state == EB_LEG_ARMED || c->legs[i].state == EB_LEG_RESTING) {
            return c->legs[i].price.e8;
        }
    }
    return 0;
}

static void position_row(struct eb_table *t, const struct eb_evidence *v)
{
    const struct eb_context *c = &v->ctx;
    char text[EB_RATIO_TEXT_MAX];
    enum eb_colour pnl = c->pnl_ppm > 0 ? EB_GREEN : c->pnl_ppm < 0 ? EB_RED : EB_PLAIN;
    bool safe = v->protection == EB_PROTECTED || v->protection == EB_PROTECTED_FOREIGN;
    eb_table_cell(t, EB_PLAIN, "%s", eb_side_name((enum eb_side)c->side));
    eb_table_cell(t, EB_PLAIN, "%s", eb_regime_name((enum eb_regime)c->regime));
    amount_cell(t, EB_PLAIN, c->qty.e8);
    amount_cell(t, EB_PLAIN, c->price.e8);
    eb_table_cell(t, pnl, "%s", eb_ratio_text(c->pnl_ppm, 10000, text));
    eb_table_cell(t, pnl, "%s", eb_ratio_text(c->pnl_r_ppm, EB_PPM, text));
    eb_table_cell(t, EB_PLAIN, "%s", eb_stop_name((enum eb_stop_kind)c->stop_kind));
    amount_cell(t, EB_PLAIN, c->stop.e8);
    amount_cell(t, EB_PLAIN, next_target(c));
    eb_table_cell(t, safe ? EB_GREEN : EB_RED, "%s", eb_protection_name((enum eb_protection)v->protection));
}

static void positions(struct eb_view *v, struct eb_paper *p)
{
    const struct eb_engine *e = eb_host_engine(p->host);
    eb_table_clear(&v->table);
    eb_table_heads(&v->table, "symbol|side|regime|quantity|price|pnl %|R|stop by|stop|next target|backstop");
    for (eb_symbol_id i = 0; i < EB_PAPER_SYMBOLS; i++) {
        struct eb_evidence evidence;
        bool open = eb_engine_evidence(e, i * 2, &evidence) && evidence.open;
        eb_table_cell(&v->table, EB_PLAIN, "%s", eb_engine_symbol_name(e, i));
        if (open) {
            position_row(&v->table, &evidence);
            continue;
        }
        for (unsigned k = 1; k < v->table.columns; k++) {
            if (k == 4) {
                amount_cell(&v->table, EB_DIM, p->market.symbol[i].price.e8);
            } else {
                eb_table_cell(&v->table, EB_DIM, "%s", k == 1 ? "flat" : "");
            }
        }
    }
    eb_table_render(&v->table, "", v->colour, &v->text);
}

static unsigned count_lines(const char *text)
{
    unsigned n = 0;
    for (; *text != '\0'; text++) {
        n += *text == '\n' ? 1 : 0;
    }
    return n;
}

void eb_view_draw(struct eb_view *v, struct eb_paper *p)
{
    if (!v->live) {
        return;
    }
    struct eb_sim_account_view a;
    struct eb_engine_stats s;
    char at[EB_TIME_TEXT_MAX];
    char wallet[EB_DECIMAL_TEXT_MAX];
    eb_sim_account(p->sim, &a);
    eb_engine_stats(eb_host_engine(p->host), &s);
    (void)eb_decimal_format_fixed(a.wallet.e8 / 1000000, 2, wallet);
    eb_buffer_clear(&v->text);
    if (v->drawn > 0) {
        (void)eb_buffer_printf(&v->text, "\033[%uA\r\033[J", v->drawn);
    }
    (void)eb_buffer_text(&v->text, NO_WRAP);
    size_t began = v->text.len;
    (void)eb_buffer_printf(&v->text,
                           "%.19s simulated  %s  wallet %s  open %u  protected %u  consults %" PRIu64
                           "  orders %" PRIu64 "  (Ctrl-C ends)\n\n",
                           eb_time_text(p->now_ms, at), eb_mode_name(&p->o.config.engine.mode), wallet,
                           s.open_positions, s.protected_positions, s.consults, s.submits);
    positions(v, p);
    (void)eb_buffer_text(&v->text, "\n");
    unsigned first = v->next > EB_VIEW_LINES ? v->next - EB_VIEW_LINES : 0;
    for (unsigned i = first; i < v->next; i++) {
        (void)eb_buffer_printf(&v->text, "%s\n", v->line[i % EB_VIEW_LINES]);
    }
    v->drawn = count_lines(eb_buffer_str(&v->text) + began);
    (void)eb_buffer_text(&v->text, WRAP);
    (void)fwrite(eb_buffer_str(&v->text), 1, v->text.len, v->to);
    fflush(v->to);
}
