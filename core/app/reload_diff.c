/* SPDX-License-Identifier: Apache-2.0 */
/* What a candidate changes: its pictures against those of now, and against what the set in force would do as well. */
#include "app/reload_dry.h"

#include <string.h>

#include "base/decimal.h"

const struct eb_dry_level eb_dry_no_level;

static bool same_key(const struct eb_dry_level *a, const struct eb_dry_level *b)
{
    return a->kind == b->kind && a->leg == b->leg && a->pending == b->pending;
}

const struct eb_dry_level *eb_dry_level_of(const struct eb_dry_picture *p, const struct eb_dry_level *key)
{
    for (unsigned i = 0; i < p->level_count; i++) {
        if (same_key(&p->level[i], key)) {
            return &p->level[i];
        }
    }
    return &eb_dry_no_level;
}

bool eb_dry_same_level(const struct eb_dry_level *a, const struct eb_dry_level *b)
{
    return a->price.e8 == b->price.e8 && a->qty.e8 == b->qty.e8 && a->parked == b->parked && a->hit == b->hit;
}

static int64_t distance(eb_price a, eb_price b)
{
    return a.e8 > b.e8 ? a.e8 - b.e8 : b.e8 - a.e8;
}

/* Farther than the limit, exactly; without R nothing can be said, and any move is far. */
static bool moves_far(eb_price before, eb_price after, eb_price r)
{
    if (before.e8 == 0 || after.e8 == 0 || r.e8 <= 0) {
        return before.e8 != after.e8;
    }
    return (eb_i128)distance(before, after) * EB_PPM > (eb_i128)EB_RELOAD_LEVEL_R_PPM * r.e8;
}

static int64_t moved_r_ppm(const struct eb_reload_change *c, eb_price r)
{
    int64_t v;
    bool both = c->before.e8 != 0 && c->after.e8 != 0 && r.e8 > 0;
    return both && eb_mul_div(distance(c->before, c->after), EB_PPM, r.e8, EB_ROUND_HALF_EVEN, &v) ? v : 0;
}

static struct eb_reload_change begin(const struct eb_dry_position *p)
{
    struct eb_reload_change c;
    memset(&c, 0, sizeof(c));
    c.position = p->id;
    c.side = p->side;
    memcpy(c.symbol, p->symbol, sizeof(c.symbol));
    return c;
}

/* What a person should see first when not all fits: that which is counted pushes out that which is not. */
static void keep(struct eb_reload_report *out, const struct eb_reload_change *c)
{
    if (out->change_count < EB_RELOAD_CHANGES_MAX) {
        out->change[out->change_count] = *c;
    } else if (!c->anyway) {
        for (unsigned i = EB_RELOAD_CHANGES_MAX; i-- > 0;) {
            if (out->change[i].anyway) {
                out->change[i] = *c;
                break;
            }
        }
    }
    out->change_count++;
}

static void count_level(struct eb_reload_report *out, const struct eb_reload_change *c, eb_price r)
{
    bool stop = c->kind != EB_STOP_NONE && !c->pending;
    out->parked += c->parked;
    if (stop) {
        out->stops_moved += c->before.e8 != c->after.e8;
    } else if (c->kind != EB_STOP_NONE || c->leg != 0) { /* a stop that is parked is counted as that */
        out->levels_moved += moves_far(c->before, c->after, r);
    }
}

/* One level of either picture. True when the candidate changes it. */
static bool compare_level(const struct eb_dry_position *p, const struct eb_dry_level *key, struct eb_reload_report *out)
{
    const struct eb_dry_level *now = eb_dry_level_of(&p->now, key);
    const struct eb_dry_level *next = eb_dry_level_of(&p->next.after, key);
    const struct eb_dry_level *old = eb_dry_level_of(&p->old.after, key);
    if (eb_dry_same_level(now, next)) {
        return false;
    }
    eb_price r = p->now.r.e8 > 0 ? p->now.r : p->next.after.r;
    struct eb_reload_change c = begin(p);
    c.kind = key->kind;
    c.leg = key->leg;
    c.pending = key->pending;
    c.before = now->price;
    c.after = next->price;
    c.qty_before = now->qty;
    c.qty_after = next->qty;
    c.moved_r_ppm = moved_r_ppm(&c, r);
    c.parked = next->parked && !(now->parked && now->price.e8 == next->price.e8);
    c.anyway = eb_dry_same_level(old, next);
    keep(out, &c);
    if (!c.anyway) {
        count_level(out, &c, r);
    }
    return !c.anyway;
}

static bool compare_levels(const struct eb_dry_position *p, struct eb_reload_report *out)
{
    bool changed = false;
    for (unsigned i = 0; i < p->now.level_count; i++) {
        changed = compare_level(p, &p->now.level[i], out) || changed;
    }
    for (unsigned i = 0; i < p->next.after.level_count; i++) {
        const struct eb_dry_level *l = &p->next.after.level[i];
        if (eb_dry_level_of(&p->now, l) == &eb_dry_no_level) {
            changed = compare_level(p, l, out) || changed;
        }
    }
    return changed;
}

static bool compare_closes(const struct eb_dry_position *p, struct eb_reload_report *out)
{
    const struct eb_dry_answer *next = &p->next;
    if (!next->closes && !next->asks) {
        return false;
    }
    struct eb_reload_change c = begin(p);
    c.closes = next->closes;
    c.asks = !next->closes;
    c.qty_before = p->now.qty;
    c.qty_after.e8 = next->closed.e8 < p->now.qty.e8 ? p->now.qty.e8 - next->closed.e8 : 0;
    c.anyway = next->closes ? p->old.closes && p->old.closed.e8 >= next->closed.e8 : p->old.asks;
    keep(out, &c);
    out->closes += c.closes && !c.anyway;
    return !c.anyway;
}

bool eb_dry_untried(const struct eb_dry_position *p)
{
    return !p->next.asked || p->next.after.stale != p->now.stale;
}

bool eb_dry_gone(const struct eb_dry_position *p, const struct eb_dry_answer *a)
{
    return a->closes && (a->closed.e8 >= p->now.qty.e8 || !a->after.open);
}

void eb_dry_compare(const struct eb_dry *d, struct eb_reload_report *out)
{
    for (uint32_t i = 0; i < d->count; i++) {
        const struct eb_dry_position *p = &d->position[i];
        if (!p->expected) {
            continue;
        }
        out->positions++;
        out->untried += eb_dry_untried(p);
        out->failing += p->next.fails;
        bool changed = compare_closes(p, out);
        if (!eb_dry_gone(p, &p->next)) { /* levels of what is closed tell nothing */
            changed = compare_levels(p, out) || changed;
        }
        out->changed_positions += changed;
    }
}
