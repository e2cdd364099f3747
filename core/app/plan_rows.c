/* SPDX-License-Identifier: Apache-2.0 */
/* Every level of every open position, now and under the candidate; see plan.h. */
#include "app/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"

#define ROWS_MAX (2 * EB_EVIDENCE_LEVELS_MAX + 1) /* of one position: what goes, what comes, and the whole */

#define WEIGHT_CLOSE INT64_C(1000000000000000)
#define WEIGHT_PARK INT64_C(1000000000000)
#define WEIGHT_MOVE_MAX INT64_C(1000000000) /* of one level: 1000 R */
#define WEIGHT_APPEAR EB_PPM                /* as much as 1 R */

static const char area[] = "plan";

/* The whole first, then stops, the trail that has not begun, targets by number. */
static unsigned rank(const struct eb_plan_row *r)
{
    return r->whole                      ? 0
           : r->key.leg != 0             ? 100u + r->key.leg
           : r->key.pending              ? 50
           : r->key.kind != EB_STOP_NONE ? 1u + r->key.kind
                                         : 40; /* the stop that is parked */
}

static void insert(struct eb_plan_row *row, unsigned count, const struct eb_plan_row *r)
{
    unsigned at = count;
    for (; at > 0 && rank(&row[at - 1]) > rank(r); at--) {
        row[at] = row[at - 1];
    }
    row[at] = *r;
}

/* From one price to another, as a part of `unit`, + towards profit; 0 where that cannot be said. */
static int64_t moved(const struct eb_dry_position *p, eb_price from, eb_price to, eb_price unit)
{
    int64_t way;
    int64_t v;
    if (unit.e8 <= 0 || !eb_sub_i64(to.e8, from.e8, &way)) {
        return 0;
    }
    way = p->side == EB_LONG ? way : -way;
    return eb_mul_div(way, EB_PPM, unit.e8, EB_ROUND_HALF_EVEN, &v) ? v : 0;
}

static unsigned marks_of(const struct eb_dry_level *now, const struct eb_dry_level *next,
                         const struct eb_dry_level *old)
{
    if (eb_dry_same_level(now, next) && now->fires == next->fires) {
        return now->hit ? EB_PLAN_HIT : 0;
    }
    bool both = now != &eb_dry_no_level && next != &eb_dry_no_level;
    bool parks = next->parked && !(now->parked && now->price.e8 == next->price.e8);
    unsigned marks = EB_PLAN_CHANGED;
    marks |= now == &eb_dry_no_level ? EB_PLAN_NEW : next == &eb_dry_no_level ? EB_PLAN_GONE : 0;
    marks |= parks ? EB_PLAN_PARKED : 0;
    marks |= both && now->parked && !next->parked ? EB_PLAN_UNPARKED : 0;
    marks |= (next->fires || next->hit) && !now->fires && !now->hit ? EB_PLAN_FIRES : 0;
    marks |= both && now->qty.e8 != next->qty.e8 ? EB_PLAN_SIZE : 0;
    marks |= eb_dry_same_level(old, next) && old->fires == next->fires ? EB_PLAN_ANYWAY : 0;
    return marks;
}

static struct eb_plan_row begin(const struct eb_dry_position *p, uint32_t index, const struct eb_dry_level *key)
{
    struct eb_plan_row r;
    const struct eb_dry_level *now = eb_dry_level_of(&p->now, key);
    memset(&r, 0, sizeof(r));
    r.position = index;
    r.key = (struct eb_dry_level){.kind = key->kind, .leg = key->leg, .pending = key->pending};
    r.now = now->price;
    r.qty_now = now->qty;
    r.cause = EB_PLAN_NO_CAUSE;
    return r;
}

static struct eb_plan_row level_row(const struct eb_dry_position *p, uint32_t index, const struct eb_dry_level *key)
{
    struct eb_plan_row r = begin(p, index, key);
    const struct eb_dry_level *now = eb_dry_level_of(&p->now, key);
    const struct eb_dry_level *next = eb_dry_level_of(&p->next.after, key);
    const struct eb_dry_level *old = eb_dry_level_of(&p->old.after, key);
    if (!p->expected) {
        r.after = r.otherwise = r.now;
        r.qty_after = r.qty_now;
        r.marks = now->hit ? EB_PLAN_HIT : 0;
        return r;
    }
    r.otherwise = old->price;
    if (eb_dry_gone(p, &p->next)) { /* levels of what is closed tell nothing */
        return r;
    }
    r.after = next->price;
    r.qty_after = next->qty;
    r.moves = r.now.e8 != 0 && r.after.e8 != 0 && r.now.e8 != r.after.e8;
    if (r.moves) {
        r.moved_ppm = moved(p, r.now, r.after, p->entry);
        r.moved_r_ppm = moved(p, r.now, r.after, p->now.r.e8 > 0 ? p->now.r : p->next.after.r);
    }
    r.marks = (uint16_t)marks_of(now, next, old);
    return r;
}

static struct eb_plan_row whole_row(const struct eb_dry_position *p, uint32_t index)
{
    const struct eb_dry_answer *next = &p->next;
    struct eb_plan_row r = begin(p, index, &(struct eb_dry_level){0});
    r.now = r.otherwise = (eb_price){0};
    r.whole = true;
    r.qty_now = p->now.qty;
    r.qty_after.e8 = next->closed.e8 < p->now.qty.e8 ? p->now.qty.e8 - next->closed.e8 : 0;
    bool anyway = next->closes ? p->old.closes && p->old.closed.e8 >= next->closed.e8 : p->old.asks;
    r.marks = (uint16_t)(EB_PLAN_CHANGED | (anyway ? EB_PLAN_ANYWAY : 0) |
                         (!next->closes         ? EB_PLAN_ASKS
                          : r.qty_after.e8 == 0 ? EB_PLAN_CLOSES
                                                : EB_PLAN_REDUCES));
    return r;
}

static int64_t weight_of(const struct eb_plan_row *r)
{
    if ((r->marks & EB_PLAN_CHANGED) == 0 || (r->marks & EB_PLAN_ANYWAY) != 0) {
        return 0;
    }
    int64_t way = r->moved_r_ppm < 0 ? -r->moved_r_ppm : r->moved_r_ppm;
    int64_t weight = 1 + (way < WEIGHT_MOVE_MAX ? way : WEIGHT_MOVE_MAX);
    weight += (r->marks & (EB_PLAN_NEW | EB_PLAN_GONE)) != 0 ? WEIGHT_APPEAR : 0;
    weight += (r->marks & (EB_PLAN_PARKED | EB_PLAN_FIRES | EB_PLAN_ASKS)) != 0 ? WEIGHT_PARK : 0;
    weight += (r->marks & (EB_PLAN_CLOSES | EB_PLAN_REDUCES)) != 0 ? WEIGHT_CLOSE : 0;
    return weight;
}

/* Into row, which has place for ROWS_MAX. */
static unsigned rows_of(const struct eb_dry_position *p, uint32_t index, struct eb_plan_row *row)
{
    unsigned count = 0;
    if (p->expected && (p->next.closes || p->next.asks)) {
        row[count++] = whole_row(p, index);
    }
    for (unsigned i = 0; i < p->now.level_count; i++) {
        struct eb_plan_row r = level_row(p, index, &p->now.level[i]);
        insert(row, count++, &r);
    }
    for (unsigned i = 0; p->expected && !eb_dry_gone(p, &p->next) && i < p->next.after.level_count; i++) {
        const struct eb_dry_level *l = &p->next.after.level[i];
        if (eb_dry_level_of(&p->now, l) == &eb_dry_no_level) {
            struct eb_plan_row r = level_row(p, index, l);
            insert(row, count++, &r);
        }
    }
    return count;
}

static void describe(struct eb_plan *out, const struct eb_dry_position *p, uint32_t index)
{
    struct eb_plan_position *to = &out->position[index];
    memset(to, 0, sizeof(*to));
    memcpy(to->symbol, p->symbol, sizeof(to->symbol));
    to->side = p->side;
    to->qty = p->now.qty;
    to->entry = p->entry;
    to->price = p->price;
    to->tick = p->tick;
    to->r = p->now.r;
    memcpy(to->owner_now, p->now.owner, sizeof(to->owner_now));
    memcpy(to->owner_after, p->expected ? p->next.after.owner : p->now.owner, sizeof(to->owner_after));
    to->expected = p->expected;
    to->released = p->released;
    to->firing = p->firing;
    to->untried = p->expected && eb_dry_untried(p);
    to->fails = p->expected && p->next.fails;
    to->first = out->row_count;
    to->rows = rows_of(p, index, &out->row[out->row_count]);
    out->row_count += to->rows;
    for (unsigned i = 0; i < to->rows; i++) {
        int64_t weight = weight_of(&out->row[to->first + i]);
        to->weight += weight;
        to->changed = to->changed || weight > 0;
    }
}

int eb_plan_rows(struct eb_plan *out, const struct eb_dry *d, struct eb_err *err)
{
    memset(out, 0, sizeof(*out));
    eb_buffer_init(&out->text, EB_PLAN_PAGE_MAX);
    eb_buffer_init(&out->doc, EB_PLAN_PAGE_MAX);
    out->position = malloc((d->count + 1) * sizeof(*out->position));
    out->row = malloc(((size_t)d->count * ROWS_MAX + 1) * sizeof(*out->row));
    if (out->position == NULL || out->row == NULL) {
        return eb_err_set(err, EB_E_MEMORY, area, "no memory for the levels of %u positions", d->count);
    }
    for (uint32_t i = 0; i < d->count; i++) {
        describe(out, &d->position[i], i);
        out->count++;
    }
    return EB_OK;
}

void eb_plan_free(struct eb_plan *p)
{
    if (p == NULL) {
        return;
    }
    free(p->position);
    free(p->row);
    eb_differences_free(&p->difference);
    eb_buffer_deinit(&p->text);
    eb_buffer_deinit(&p->doc);
    free(p);
}
