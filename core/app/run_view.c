/* SPDX-License-Identifier: Apache-2.0 */
/* Drawing with plain ANSI: up to where the last drawing began, then line over line, in one write. (Terminals keep what
 * is erased as a whole among the lines to scroll back to.) What does not fit is cut, since the way back up is counted
 * in lines and ends at the top of the screen. */
#define _DEFAULT_SOURCE /* struct winsize */

#include "app/run_view.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>

#include "app/output.h"
#include "domain/order.h"

#define DRAWING_MAX ((size_t)1 << 20)
#define ERASE_LINE "\033[K"
#define ERASE_BELOW "\033[J"
#define LINES_BESIDE 4u /* state, blank, heads, blank */
#define ROWS_OF_ALL 12u /* so many symbols are shown although they are flat */

void eb_view_open(struct eb_view *v, FILE *to)
{
    memset(v, 0, sizeof(*v));
    v->to = to;
    v->out.fd = -1;
    if (to != NULL) {
        (void)fflush(to);
        eb_outlet_open(&v->out, fileno(to));
    }
    v->live = to != NULL && eb_is_terminal(to);
    v->colour = to != NULL && eb_may_colour(to);
    eb_table_init(&v->table, "llrrrrrlrll");
    eb_buffer_init(&v->text, DRAWING_MAX);
    eb_buffer_init(&v->drawing, DRAWING_MAX);
}

void eb_view_close(struct eb_view *v)
{
    eb_table_deinit(&v->table);
    eb_buffer_deinit(&v->text);
    eb_buffer_deinit(&v->drawing);
    eb_outlet_close(&v->out);
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
        char whole[EB_LINE_MAX + 32];
        int n = snprintf(whole, sizeof(whole), "%.12s %s\n", eb_time_text(now_ms, at) + 11, line);
        if (n > 0 && (size_t)n < sizeof(whole)) {
            (void)eb_outlet_write(&v->out, whole, (size_t)n);
        }
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

/* The mark price has more digits than anybody reads: on the grid of the symbol. */
static int64_t readable(int64_t price_e8, int64_t tick_e8)
{
    int64_t ticks;
    return eb_div_i64(price_e8, tick_e8, EB_ROUND_HALF_EVEN, &ticks) ? ticks * tick_e8 : price_e8;
}

/* The columns that matter most come first: a narrow terminal shows those. */
static void position_row(struct eb_table *t, const struct eb_evidence *v, int64_t tick_e8)
{
    const struct eb_context *c = &v->ctx;
    char text[EB_RATIO_TEXT_MAX];
    enum eb_colour pnl = c->pnl_ppm > 0 ? EB_GREEN : c->pnl_ppm < 0 ? EB_RED : EB_PLAIN;
    bool safe = v->protection == EB_PROTECTED || v->protection == EB_PROTECTED_FOREIGN;
    eb_table_cell(t, EB_PLAIN, "%s", eb_side_name((enum eb_side)c->side));
    amount_cell(t, EB_PLAIN, c->qty.e8);
    amount_cell(t, EB_PLAIN, readable(c->price.e8, tick_e8));
    eb_table_cell(t, pnl, "%s", eb_ratio_text(c->pnl_ppm, 10000, text));
    eb_table_cell(t, pnl, "%s", eb_ratio_text(c->pnl_r_ppm, EB_PPM, text));
    amount_cell(t, EB_PLAIN, c->stop.e8);
    eb_table_cell(t, EB_PLAIN, "%s", eb_stop_name((enum eb_stop_kind)c->stop_kind));
    amount_cell(t, EB_PLAIN, next_target(c));
    eb_table_cell(t, safe ? EB_GREEN : EB_RED, "%s", eb_protection_name((enum eb_protection)v->protection));
    eb_table_cell(t, EB_PLAIN, "%s", eb_regime_name((enum eb_regime)c->regime));
}

/* Symbols with a position, and a few others while there is room. */
static unsigned positions(struct eb_view *v, const struct eb_live *l, unsigned room)
{
    const struct eb_engine *e = eb_host_engine(l->host);
    uint32_t slots = eb_engine_symbol_count(e) * 2;
    unsigned rows = 0;
    unsigned left_out = 0;
    eb_table_clear(&v->table);
    eb_table_heads(&v->table, "symbol|side|quantity|price|pnl %|R|stop|stop by|target|backstop|regime");
    for (eb_position_id i = 0; i < slots; i++) {
        struct eb_evidence evidence;
        bool open = eb_engine_evidence(e, i, &evidence) && evidence.open;
        bool listed = slots <= 2 * ROWS_OF_ALL && i % 2 == 0;
        if (!open && !listed) {
            continue;
        }
        if (rows == room) {
            left_out += open ? 1 : 0;
            continue;
        }
        rows++;
        eb_table_cell(&v->table, EB_PLAIN, "%s", eb_engine_symbol_name(e, i / 2));
        if (open) {
            position_row(&v->table, &evidence, evidence.ctx.tick.e8);
            continue;
        }
        for (unsigned k = 1; k < v->table.columns; k++) {
            eb_table_cell(&v->table, EB_DIM, "%s", k == 1 ? "flat" : "");
        }
    }
    eb_table_render(&v->table, "", v->colour, &v->text);
    if (left_out > 0) {
        (void)eb_buffer_printf(&v->text, "and %u more: `exitbrain positions`\n", left_out);
        rows++;
    }
    return rows;
}

/* The length of a colour code at text, 0 where there is none. */
static size_t code_length(const char *text)
{
    size_t n = strncmp(text, "\033[", 2) == 0 ? strcspn(text, "m") : 0;
    return n > 0 && text[n] == 'm' ? n + 1 : 0;
}

unsigned eb_view_fit(const char *text, unsigned columns, unsigned lines, struct eb_buffer *out)
{
    unsigned line = 0;
    bool fresh = true;
    for (unsigned column = 0; *text != '\0' && line < lines;) {
        size_t code = code_length(text);
        bool begins = ((unsigned char)*text & 0xc0u) != 0x80u; /* a character, not the rest of one */
        if (fresh) {
            (void)eb_buffer_text(out, ERASE_LINE);
            fresh = false;
        }
        column += code == 0 && begins && *text != '\n' ? 1 : 0;
        if (code > 0 || *text == '\n' || column <= columns) {
            (void)eb_buffer_add(out, text, code > 0 ? code : 1);
        }
        if (*text == '\n') {
            line++;
            column = 0;
            fresh = true;
        }
        text += code > 0 ? code : 1;
    }
    return line;
}

static void state_line(struct eb_view *v, const struct eb_live *l)
{
    struct eb_engine_stats s;
    char at[EB_TIME_TEXT_MAX];
    char wallet[EB_DECIMAL_TEXT_MAX];
    struct eb_ev_config mode = eb_engine_mode(eb_host_engine(l->host));
    eb_engine_stats(eb_host_engine(l->host), &s);
    (void)eb_decimal_format_fixed(l->view.wallet.e8 / 1000000, 2, wallet);
    (void)eb_buffer_printf(&v->text,
                           "%.8s simulated  %s  wallet %s  open %u  protected %u  (Ctrl-C ends)  consults %" PRIu64
                           "  orders %" PRIu64 "\n\n",
                           eb_time_text(l->now_ms, at) + 11, eb_mode_name(&mode), wallet, s.open_positions,
                           s.protected_positions, s.consults, s.submits);
}

void eb_view_draw(struct eb_view *v, const struct eb_live *l)
{
    if (!v->live || l->host == NULL) {
        return;
    }
    struct winsize size = {0};
    bool known = ioctl(fileno(v->to), TIOCGWINSZ, &size) == 0 && size.ws_row > 1 && size.ws_col > 0;
    unsigned lines = known ? size.ws_row - 1u : UINT_MAX; /* the cursor stands below the last */
    unsigned rows = lines > LINES_BESIDE ? lines - LINES_BESIDE : 0;
    eb_buffer_clear(&v->text);
    state_line(v, l);
    rows -= positions(v, l, rows);
    unsigned room = rows < EB_VIEW_LINES ? rows : EB_VIEW_LINES;
    (void)eb_buffer_text(&v->text, "\n");
    for (unsigned i = v->next > room ? v->next - room : 0; i < v->next; i++) {
        (void)eb_buffer_printf(&v->text, "%s\n", v->line[i % EB_VIEW_LINES]);
    }
    eb_buffer_clear(&v->drawing);
    if (v->drawn > 0) {
        (void)eb_buffer_printf(&v->drawing, "\033[%uA\r", v->drawn);
    }
    v->drawn = eb_view_fit(eb_buffer_str(&v->text), known ? size.ws_col : UINT_MAX, lines, &v->drawing);
    (void)eb_buffer_text(&v->drawing, ERASE_BELOW);
    if (!eb_outlet_write(&v->out, eb_buffer_str(&v->drawing), v->drawing.len)) {
        v->drawn = 0; /* where it was cut is not known: the next one begins below */
    }
}
