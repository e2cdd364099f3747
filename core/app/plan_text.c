/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page of `plan` for people: causes with numbers, then a table of levels by position that names them. A few
 * positions are shown whole; of many, those that change most.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/answer_words.h"
#include "app/plan.h"

#define EVERY_MAX 16    /* so many positions are all shown */
#define CHOSEN 12       /* of more, so many that change most */
#define QUIET_MAX 8     /* differences that move nothing, by name */
#define FILES_MAX 3     /* of one cause, by name */
#define VALUE_SHOWN 32  /* characters of a setting's value */
#define VALUE_BEFORE 10 /* of them before the first difference, where that is far behind */

const char *eb_plan_level_name(uint8_t kind, uint8_t leg, bool pending, bool whole, char out[EB_PLAN_LEVEL_MAX])
{
    if (whole) {
        (void)snprintf(out, EB_PLAN_LEVEL_MAX, "position");
    } else if (pending) {
        (void)snprintf(out, EB_PLAN_LEVEL_MAX, "trail begins");
    } else if (kind != EB_STOP_NONE) {
        (void)snprintf(out, EB_PLAN_LEVEL_MAX, "stop (%s)", eb_stop_name((enum eb_stop_kind)kind));
    } else if (leg != 0) {
        (void)snprintf(out, EB_PLAN_LEVEL_MAX, "target %u", leg);
    } else {
        (void)snprintf(out, EB_PLAN_LEVEL_MAX, "stop (parked)");
    }
    return out;
}

static const char *plural(unsigned n)
{
    return n == 1 ? "" : "s";
}

/* ---- causes ------------------------------------------------------------------------------------------------------ */

/* How many bytes to leave out of both, where they would be cut before they differ: then the place shows. */
static size_t same_beginning(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] != '\0' && a[n] == b[n]) {
        n++;
    }
    bool shown = n < VALUE_SHOWN - 3 || (strlen(a) <= VALUE_SHOWN && strlen(b) <= VALUE_SHOWN);
    n = shown ? 0 : n - VALUE_BEFORE;
    while (n > 0 && ((unsigned char)a[n] & 0xc0) == 0x80) { /* not within a character */
        n--;
    }
    return n;
}

static void value(const char *text, size_t from, struct eb_buffer *out)
{
    bool cut = strlen(text + from) > VALUE_SHOWN;
    (void)eb_buffer_printf(out, "%s%.*s%s", from > 0 ? "..." : "", cut ? VALUE_SHOWN - 3 : VALUE_SHOWN, text + from,
                           cut ? "..." : "");
}

static void difference(const struct eb_plan *p, unsigned i, struct eb_buffer *out)
{
    const struct eb_difference *d = &p->difference.at[i];
    if (d->kind == EB_DIFFERENCE_FILE) {
        (void)eb_buffer_printf(out, "%s %s", d->name,
                               d->before == NULL  ? "is new"
                               : d->after == NULL ? "is gone"
                                                  : "changed");
        return;
    }
    (void)eb_buffer_printf(out, "%s%s%s ", p->origin[i], p->origin[i][0] != '\0' ? " " : "", d->name);
    size_t from = same_beginning(d->before, d->after);
    value(d->before, from, out);
    (void)eb_buffer_text(out, " -> ");
    value(d->after, from, out);
}

/* Ends the line that began at `begin` with more text, on a line of its own where both do not fit. */
static void end_line(struct eb_buffer *out, size_t begin, unsigned columns, const char *indent, const char *more)
{
    size_t len = out->len - begin;
    bool fits = columns == 0 || more[0] == '\0' || len + 2 + strlen(more) <= columns;
    (void)eb_buffer_printf(out, "%s%s%s\n", more[0] == '\0' ? "" : fits ? ": " : ":\n", fits ? "" : indent, more);
}

/* Of many files the first: another set altogether. */
static unsigned parts_of(const struct eb_plan *p, unsigned index, unsigned columns, size_t *begin,
                         struct eb_buffer *out)
{
    const struct eb_plan_cause *c = &p->cause[index];
    unsigned shown = 0;
    unsigned files = 0;
    for (unsigned i = 0; i < p->difference.count; i++) {
        bool file = p->difference.at[i].kind == EB_DIFFERENCE_FILE;
        if ((c->parts >> i & 1) == 0 || (file && files++ >= FILES_MAX)) {
            continue;
        }
        if (shown++ == 0) {
            (void)eb_buffer_printf(out, "  [%u] ", index + 1);
        } else {
            end_line(out, *begin, columns, "", "");
            *begin = out->len;
            (void)eb_buffer_printf(out, "      %s ", c->how == EB_PLAN_EITHER ? "or" : "and");
        }
        difference(p, i, out);
    }
    return files > FILES_MAX ? files - FILES_MAX : 0;
}

static void cause(const struct eb_plan *p, unsigned index, unsigned columns, struct eb_buffer *out)
{
    const struct eb_plan_cause *c = &p->cause[index];
    char tail[96];
    size_t begin = out->len;
    unsigned more = parts_of(p, index, columns, &begin, out);
    if (more > 0) {
        end_line(out, begin, columns, "", "");
        begin = out->len;
        (void)eb_buffer_printf(out, "      and %u more file%s (--json)", more, plural(more));
    }
    (void)snprintf(tail, sizeof(tail), "%u level%s of %u position%s%s", c->levels, plural(c->levels), c->positions,
                   plural(c->positions),
                   c->how == EB_PLAN_EITHER     ? ", either would be enough"
                   : c->how == EB_PLAN_TOGETHER ? ", together"
                                                : "");
    end_line(out, begin, columns, "      ", tail);
}

/* A file of settings that differ is told of by its settings. */
static bool holds_settings(const struct eb_plan *p, unsigned file)
{
    size_t len = strlen(p->difference.at[file].name);
    bool holds = false;
    for (unsigned i = 0; i < p->difference.count; i++) {
        holds = holds || (strncmp(p->origin[i], p->difference.at[file].name, len) == 0 && p->origin[i][len] == ':');
    }
    return holds;
}

bool eb_plan_is_quiet(const struct eb_plan *p, unsigned index)
{
    uint64_t heard = 0;
    for (unsigned i = 0; i < p->cause_count; i++) {
        heard |= p->cause[i].parts;
    }
    return (heard >> index & 1) == 0 && !holds_settings(p, index);
}

static void quiet(const struct eb_plan *p, struct eb_buffer *out)
{
    unsigned count = 0;
    for (unsigned i = 0; i < p->difference.count; i++) {
        if (eb_plan_is_quiet(p, i) && count++ < QUIET_MAX) {
            (void)eb_buffer_text(out, count == 1 ? "  differs, and moves nothing now:\n    " : "\n    ");
            difference(p, i, out);
        }
    }
    if (count > QUIET_MAX) {
        (void)eb_buffer_printf(out, "\n    and %u more (--json)", count - QUIET_MAX);
    }
    (void)eb_buffer_text(out, count > 0 ? "\n" : "");
}

static void causes(const struct eb_plan *p, unsigned columns, struct eb_buffer *out)
{
    for (unsigned i = 0; i < p->cause_count; i++) {
        cause(p, i, columns, out);
    }
    if (!p->cut) { /* else nobody knows */
        quiet(p, out);
    }
    if (p->cut) {
        (void)eb_buffer_printf(out,
                               "  cut: %u of %u differences were tried one by one; causes that are not named here may "
                               "be\n  among the others\n",
                               p->trials < p->difference.count ? p->trials : p->difference.count,
                               p->difference.count + p->difference.more);
    }
    if (p->unknown > 0) {
        (void)eb_buffer_printf(out, "  [?] the cause of %u change%s was not found\n", p->unknown, plural(p->unknown));
    }
}

/* ---- levels ------------------------------------------------------------------------------------------------------ */

static const char *note(const struct eb_plan_row *r, enum eb_colour *colour)
{
    static const struct {
        uint16_t mark;
        uint8_t colour;
        const char *text;
    } known[] = {
        {EB_PLAN_CLOSES, EB_RED, "CLOSED AT ONCE"},  {EB_PLAN_REDUCES, EB_RED, "REDUCED AT ONCE"},
        {EB_PLAN_ASKS, EB_YELLOW, "asks a person"},  {EB_PLAN_FIRES, EB_RED, "FIRES AT ONCE"},
        {EB_PLAN_PARKED, EB_RED, "PARKED: crossed"}, {EB_PLAN_NEW, EB_YELLOW, "new"},
        {EB_PLAN_GONE, EB_YELLOW, "gone"},           {EB_PLAN_UNPARKED, EB_YELLOW, "no longer parked"},
        {EB_PLAN_SIZE, EB_YELLOW, "other size"},     {EB_PLAN_HIT, EB_DIM, "hit"},
    };
    for (size_t i = 0; i < EB_COUNT(known); i++) {
        if ((r->marks & known[i].mark) != 0) {
            *colour = (r->marks & EB_PLAN_ANYWAY) != 0 ? EB_DIM : (enum eb_colour)known[i].colour;
            return known[i].text;
        }
    }
    return "";
}

static const char *why(const struct eb_plan_row *r, char out[16])
{
    if ((r->marks & EB_PLAN_CHANGED) == 0) {
        return "";
    }
    if ((r->marks & EB_PLAN_ANYWAY) != 0) {
        return "so too in force";
    }
    if (r->cause == EB_PLAN_NO_CAUSE) {
        return "[?]";
    }
    (void)snprintf(out, 16, "[%u]", r->cause + 1u);
    return out;
}

static const char *price(eb_price at, eb_price tick, char out[EB_DECIMAL_TEXT_MAX])
{
    return at.e8 != 0 ? eb_price_text(at, tick, out) : "-";
}

static void size(const struct eb_plan_row *r, struct eb_table *t)
{
    bool two = r->qty_now.e8 != r->qty_after.e8 && r->qty_now.e8 != 0 && (r->qty_after.e8 != 0 || r->whole);
    int64_t one = r->qty_after.e8 != 0 ? r->qty_after.e8 : r->qty_now.e8;
    if (two) {
        eb_table_cell(t, EB_PLAIN, "%s -> %s", EB_AMOUNT(r->qty_now.e8), EB_AMOUNT(r->qty_after.e8));
    } else {
        eb_table_cell(t, EB_PLAIN, "%s", one != 0 ? EB_AMOUNT(one) : "");
    }
}

static void row(struct eb_table *t, const struct eb_plan_position *p, const struct eb_plan_row *r)
{
    char name[EB_PLAN_LEVEL_MAX];
    char number[16];
    char now[EB_DECIMAL_TEXT_MAX];
    char after[EB_DECIMAL_TEXT_MAX];
    enum eb_colour colour = EB_PLAIN;
    const char *text = note(r, &colour);
    bool loud = r->moves && (r->marks & EB_PLAN_ANYWAY) == 0;
    int64_t way = r->moved_r_ppm < 0 ? -r->moved_r_ppm : r->moved_r_ppm;
    enum eb_colour far = loud && way > EB_RELOAD_LEVEL_R_PPM ? EB_YELLOW : EB_PLAIN;
    eb_table_cell(t, EB_PLAIN, "%s", eb_plan_level_name(r->key.kind, r->key.leg, r->key.pending, r->whole, name));
    eb_table_cell(t, EB_PLAIN, "%s", r->whole ? "" : price(r->now, p->tick, now));
    eb_table_cell(t, loud ? EB_BOLD : EB_PLAIN, "%s", r->whole ? "" : price(r->after, p->tick, after));
    eb_table_cell(t, far, "%s", r->moves && r->moved_r_ppm != 0 ? EB_IN_R(r->moved_r_ppm) : "");
    eb_table_cell(t, EB_PLAIN, "%s", r->moves ? EB_PERCENT(r->moved_ppm) : "");
    size(r, t);
    eb_table_cell(t, colour, "%s", text);
    eb_table_cell(t, EB_PLAIN, "%s", why(r, number));
}

/* ---- positions --------------------------------------------------------------------------------------------------- */

static const char *remark(const struct eb_plan_position *p)
{
    if (!p->expected) {
        return p->released ? "not asked: released by an operator"
               : p->firing ? "not asked: it is being closed"
                           : "not asked: it has another owner";
    }
    return p->untried    ? "could not be judged: no fresh price, or nobody may ask about it now"
           : p->fails    ? "the policy fails on it, as the set in force does"
           : !p->changed ? "nothing changes"
                         : "";
}

static void head(const struct eb_plan_position *p, const struct eb_plan_view *view, struct eb_buffer *out)
{
    size_t begin = out->len;
    (void)eb_buffer_printf(out, "%s%s %s%s  %s at %s, price %s", eb_colour_code(EB_BOLD, view->colour), p->symbol,
                           eb_side_name((enum eb_side)p->side), eb_colour_code(EB_PLAIN, view->colour),
                           EB_AMOUNT(p->qty.e8), EB_TICKED(p->entry, p->tick),
                           p->price.e8 > 0 ? EB_TICKED(p->price, p->tick) : "?");
    if (p->r.e8 > 0) {
        (void)eb_buffer_printf(out, ", R %s", EB_TICKED(p->r, p->tick));
    }
    if (strcmp(p->owner_now, p->owner_after) != 0) {
        (void)eb_buffer_printf(out, ", owner %s -> %s", p->owner_now[0] != '\0' ? p->owner_now : "?",
                               p->owner_after[0] != '\0' ? p->owner_after : "?");
    }
    end_line(out, begin, view->columns, "  ", remark(p));
}

/* One table, so that columns stand below each other, and the heads of positions between its lines. */
static void table(const struct eb_plan *p, const uint32_t *chosen, unsigned count, const struct eb_plan_view *view,
                  struct eb_buffer *out)
{
    struct eb_table t;
    struct eb_buffer lines;
    eb_table_init(&t, "lrrrrrll");
    eb_buffer_init(&lines, EB_PLAN_PAGE_MAX);
    eb_table_heads(&t, "level|now|after|R|%|size|note|why");
    for (unsigned i = 0; i < count; i++) {
        const struct eb_plan_position *at = &p->position[chosen[i]];
        for (unsigned k = 0; k < at->rows; k++) {
            row(&t, at, &p->row[at->first + k]);
        }
    }
    eb_table_render_within(&t, "fed", view->columns > 2 ? view->columns - 2 : 0, view->colour, &lines);
    const char *line = eb_buffer_str(&lines);
    for (unsigned i = 0, left = 1; *line != '\0'; line += strcspn(line, "\n") + 1) {
        while (left == 0 && i < count) {
            head(&p->position[chosen[i]], view, out);
            left = p->position[chosen[i++]].rows;
        }
        (void)eb_buffer_printf(out, "  %.*s\n", (int)strcspn(line, "\n"), line);
        left--;
    }
    eb_buffer_deinit(&lines);
    eb_table_deinit(&t);
}

static int heavier(const void *a, const void *b)
{
    const struct eb_plan_position *const *x = a;
    const struct eb_plan_position *const *y = b;
    return (*x)->weight != (*y)->weight ? ((*x)->weight > (*y)->weight ? -1 : 1) : (*x > *y) - (*x < *y);
}

/* The positions that are shown, in that order; how many. */
static unsigned choose(const struct eb_plan *p, bool all, uint32_t *chosen, const struct eb_plan_position **by_weight)
{
    for (uint32_t i = 0; i < p->count; i++) {
        chosen[i] = i;
        by_weight[i] = &p->position[i];
    }
    if (all || p->count <= EVERY_MAX) {
        return p->count;
    }
    unsigned count = 0;
    qsort(by_weight, p->count, sizeof(*by_weight), heavier); /* NOLINT(bugprone-sizeof-expression): pointers */
    while (count < CHOSEN && count < p->count && by_weight[count]->changed) {
        chosen[count] = (uint32_t)(by_weight[count] - p->position);
        count++;
    }
    return count;
}

static void rest(const struct eb_plan *p, unsigned shown, struct eb_buffer *out)
{
    unsigned changed = 0;
    unsigned odd = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        changed += p->position[i].changed;
        odd += !p->position[i].changed && (p->position[i].untried || !p->position[i].expected);
    }
    (void)eb_buffer_printf(out, "%u position%s shown, of %u that change and %u in all", shown, plural(shown), changed,
                           p->count);
    if (odd > 0) {
        (void)eb_buffer_printf(out, " (%u were not asked or could not be judged)", odd);
    }
    (void)eb_buffer_text(out, ": --all shows every level of every one\n");
}

static bool anything_moves(const struct eb_plan *p)
{
    bool moves = false;
    for (uint32_t i = 0; i < p->row_count; i++) {
        moves = moves || p->row[i].moves;
    }
    return moves;
}

void eb_plan_text(const struct eb_plan *p, const struct eb_plan_view *view, struct eb_buffer *out)
{
    uint32_t *chosen = malloc((p->count + 1) * sizeof(*chosen));
    const struct eb_plan_position **by_weight = malloc((p->count + 1) * sizeof(const struct eb_plan_position *));
    causes(p, view->columns, out);
    (void)eb_buffer_text(out, p->count > 0 ? "\n" : "");
    if (chosen == NULL || by_weight == NULL) {
        (void)eb_buffer_text(out, "  no memory to show the levels (--json has them)\n");
    } else if (p->count > 0) {
        unsigned shown = choose(p, view->all, chosen, by_weight);
        if (shown > 0) {
            table(p, chosen, shown, view, out);
            (void)eb_buffer_text(out, anything_moves(p)
                                          ? "R and %: how far a level moves, + towards profit; % of the entry price\n"
                                          : "");
        }
        if (shown < p->count) {
            rest(p, shown, out);
        }
    }
    free(chosen);
    free(by_weight);
}
