/* SPDX-License-Identifier: Apache-2.0 */
/* All that `plan` has found out, for programs. */
#include "app/answer_words.h"
#include "app/plan.h"

static const char *const how_name[] = {
    [EB_PLAN_ALONE] = "alone", [EB_PLAN_TOGETHER] = "together", [EB_PLAN_EITHER] = "either"};

static void difference(const struct eb_plan *p, unsigned i, struct eb_doc *d)
{
    const struct eb_difference *x = &p->difference.at[i];
    bool file = x->kind == EB_DIFFERENCE_FILE;
    eb_doc_begin(d, NULL, '{');
    eb_doc_text(d, "kind", file ? "file" : "setting");
    eb_doc_text(d, "name", x->name);
    if (file) {
        eb_doc_text(d, "change", x->before == NULL ? "new" : x->after == NULL ? "gone" : "changed");
    } else {
        eb_doc_text(d, "at", p->origin[i][0] != '\0' ? p->origin[i] : NULL);
        eb_doc_text(d, "before", x->before);
        eb_doc_text(d, "after", x->after);
    }
    eb_doc_bool(d, "quiet", eb_plan_is_quiet(p, i));
    eb_doc_end(d, '}');
}

static void cause(const struct eb_plan *p, const struct eb_plan_cause *c, struct eb_doc *d)
{
    eb_doc_begin(d, NULL, '{');
    eb_doc_text(d, "how", how_name[c->how]);
    eb_doc_int(d, "levels", c->levels);
    eb_doc_int(d, "positions", c->positions);
    eb_doc_begin(d, "differences", '[');
    for (unsigned i = 0; i < p->difference.count; i++) {
        if ((c->parts >> i & 1) != 0) {
            eb_doc_int(d, NULL, i);
        }
    }
    eb_doc_end(d, ']');
    eb_doc_end(d, '}');
}

static void marks(const struct eb_plan_row *r, struct eb_doc *d)
{
    static const struct {
        uint16_t mark;
        const char *name;
    } known[] = {
        {EB_PLAN_CHANGED, "changed"}, {EB_PLAN_ANYWAY, "anyway"},     {EB_PLAN_NEW, "new"},     {EB_PLAN_GONE, "gone"},
        {EB_PLAN_PARKED, "parked"},   {EB_PLAN_UNPARKED, "unparked"}, {EB_PLAN_FIRES, "fires"}, {EB_PLAN_SIZE, "size"},
        {EB_PLAN_CLOSES, "closes"},   {EB_PLAN_REDUCES, "reduces"},   {EB_PLAN_ASKS, "asks"},   {EB_PLAN_HIT, "hit"},
    };
    eb_doc_begin(d, "marks", '[');
    for (size_t i = 0; i < EB_COUNT(known); i++) {
        if ((r->marks & known[i].mark) != 0) {
            eb_doc_text(d, NULL, known[i].name);
        }
    }
    eb_doc_end(d, ']');
}

static void ppm_or_null(struct eb_doc *d, const char *key, bool known, int64_t ppm)
{
    if (known) {
        eb_doc_ppm(d, key, ppm);
    } else {
        eb_doc_null(d, key);
    }
}

static void level(const struct eb_plan_position *p, const struct eb_plan_row *r, struct eb_doc *d)
{
    char name[EB_PLAN_LEVEL_MAX];
    eb_doc_begin(d, NULL, '{');
    eb_doc_text(d, "level", eb_plan_level_name(r->key.kind, r->key.leg, r->key.pending, r->whole, name));
    eb_doc_e8_or_null(d, "now", r->now.e8);
    eb_doc_e8_or_null(d, "after", r->after.e8);
    eb_doc_e8_or_null(d, "in_force", r->otherwise.e8);
    ppm_or_null(d, "moved_r", r->moves && p->r.e8 > 0, r->moved_r_ppm);
    ppm_or_null(d, "moved_pct", r->moves, r->moved_ppm * 100);
    eb_doc_e8_or_null(d, "quantity_now", r->qty_now.e8);
    eb_doc_e8_or_null(d, "quantity_after", r->qty_after.e8);
    marks(r, d);
    if (r->cause != EB_PLAN_NO_CAUSE) {
        eb_doc_int(d, "cause", r->cause);
    } else {
        eb_doc_null(d, "cause");
    }
    eb_doc_end(d, '}');
}

static void position(const struct eb_plan *p, const struct eb_plan_position *x, struct eb_doc *d)
{
    eb_doc_begin(d, NULL, '{');
    eb_doc_text(d, "symbol", x->symbol);
    eb_doc_text(d, "side", eb_side_name((enum eb_side)x->side));
    eb_doc_e8(d, "quantity", x->qty.e8);
    eb_doc_e8(d, "entry", x->entry.e8);
    eb_doc_e8_or_null(d, "price", x->price.e8);
    eb_doc_e8_or_null(d, "r", x->r.e8);
    eb_doc_text(d, "owner_now", x->owner_now[0] != '\0' ? x->owner_now : NULL);
    eb_doc_text(d, "owner_after", x->owner_after[0] != '\0' ? x->owner_after : NULL);
    eb_doc_bool(d, "asked", x->expected);
    eb_doc_bool(d, "judged", x->expected && !x->untried);
    eb_doc_bool(d, "fails", x->fails);
    eb_doc_bool(d, "changed", x->changed);
    eb_doc_begin(d, "levels", '[');
    for (unsigned i = 0; i < x->rows; i++) {
        level(x, &p->row[x->first + i], d);
    }
    eb_doc_end(d, ']');
    eb_doc_end(d, '}');
}

void eb_plan_doc(const struct eb_plan *p, struct eb_doc *d)
{
    eb_doc_begin(d, "plan", '{');
    eb_doc_begin(d, "differences", '[');
    for (unsigned i = 0; i < p->difference.count; i++) {
        difference(p, i, d);
    }
    eb_doc_end(d, ']');
    eb_doc_begin(d, "causes", '[');
    for (unsigned i = 0; i < p->cause_count; i++) {
        cause(p, &p->cause[i], d);
    }
    eb_doc_end(d, ']');
    eb_doc_int(d, "unknown", p->unknown);
    eb_doc_bool(d, "cut", p->cut);
    eb_doc_int(d, "differences_left_out", p->difference.more);
    eb_doc_int(d, "trials", p->trials);
    eb_doc_int(d, "causes_took_us", p->took_ns / 1000);
    eb_doc_begin(d, "positions", '[');
    for (uint32_t i = 0; i < p->count; i++) {
        position(p, &p->position[i], d);
    }
    eb_doc_end(d, ']');
    eb_doc_end(d, '}');
}

/* A page that is too long for an answer says so in its place. */
void eb_plan_render(struct eb_plan *p, const struct eb_plan_view *view)
{
    struct eb_doc d = {.out = &p->doc};
    if (!view->no_text) {
        eb_plan_text(p, view, &p->text);
    }
    if (p->text.failed) {
        eb_buffer_clear(&p->text);
        (void)eb_buffer_printf(&p->text, "  the levels of %u positions are too many for one answer: leave out --all\n",
                               p->count);
    }
    if (!view->no_doc) {
        eb_plan_doc(p, &d);
    }
    if (p->doc.failed) {
        eb_buffer_clear(&p->doc);
        d.comma = false;
        eb_doc_null(&d, "plan");
        eb_doc_text(&d, "plan_left_out", "the levels of all positions are too many for one answer");
    }
}
