/* SPDX-License-Identifier: Apache-2.0 */
/* What a backtest books: every exit as its fill happens, every episode as it ends; and the runs that `worst` needs. */
#include "app/backtest_inner.h"

#include <stdlib.h>
#include <string.h>

#include "app/progress.h"
#include "policy/policy.h"

static bool grow(void **array, size_t *cap, size_t count, size_t size)
{
    if (count < *cap) {
        return true;
    }
    size_t next = *cap > 0 ? *cap * 2 : 256;
    void *p = realloc(*array, next * size);
    if (p == NULL) {
        return false;
    }
    *array = p;
    *cap = next;
    return true;
}

int eb_bt_begin(struct eb_bt_run *r, unsigned symbol, unsigned leg, const struct eb_entry *e, struct eb_err *err)
{
    struct eb_bt_result *out = r->out;
    struct eb_bt_symbol *y = &r->d->symbol[symbol];
    if (!grow((void **)&out->episode, &out->episode_cap, out->episode_count, sizeof *out->episode)) {
        return eb_err_set(err, EB_E_MEMORY, "backtest", "out of memory after %zu episodes", out->episode_count);
    }
    struct eb_bt_episode *ep = &out->episode[out->episode_count++];
    memset(ep, 0, sizeof *ep);
    ep->symbol = symbol;
    ep->side = (uint8_t)e->side;
    ep->opened_ms = y->bar.bar.open_ms;
    ep->qty = e->quantity;
    y->episode[leg] = (uint32_t)out->episode_count;
    return EB_OK;
}

static bool book_exit(struct eb_bt_run *r, struct eb_bt_episode *ep, const struct eb_exit *x)
{
    struct eb_bt_result *out = r->out;
    size_t next_cap = out->exit_cap;
    if (!grow((void **)&out->exit_next, &next_cap, out->exit_count, sizeof *out->exit_next) ||
        !grow((void **)&out->exit, &out->exit_cap, out->exit_count, sizeof *out->exit)) {
        return false;
    }
    struct eb_bt_exit *b = &out->exit[out->exit_count];
    memset(b, 0, sizeof *b);
    b->time_ms = x->venue_ms;
    b->price = x->price;
    b->entry = x->entry;
    b->risk = x->r;
    b->qty = x->qty;
    b->reason = x->reason;
    b->leg = x->reason == EB_EXIT_TARGET ? x->leg : 0;
    b->fee = x->fee;
    int64_t favour = ep->side == EB_LONG ? x->price.e8 - x->entry.e8 : x->entry.e8 - x->price.e8;
    if (!eb_mul_div(favour, x->qty.e8, EB_E8, EB_ROUND_FLOOR, &b->pnl.e8)) {
        return false;
    }
    if (x->reason == EB_EXIT_LIQUIDATION) { /* the loss is capped at the margin, which the venue knows */
        size_t count;
        const struct eb_sim_trade *t = eb_sim_trades(r->sim, &count);
        EB_ASSERT(count > 0 && t[count - 1].liquidation && t[count - 1].slot == x->position);
        b->pnl = t[count - 1].pnl;
    }
    b->has_r = x->r.e8 > 0 && eb_mul_div(favour, EB_PPM, x->r.e8, EB_ROUND_HALF_EVEN, &b->r_ppm);
    ep->pnl.e8 += b->pnl.e8;
    ep->fees.e8 += b->fee.e8;
    out->exit_next[out->exit_count] = 0;
    uint32_t at = (uint32_t)++out->exit_count; /* index + 1 */
    if (ep->first_exit == 0) {
        ep->first_exit = at;
    } else {
        out->exit_next[ep->last_exit - 1] = at;
    }
    ep->last_exit = at;
    ep->exits++;
    ep->closed_ms = x->venue_ms;
    return true;
}

void eb_bt_finish(struct eb_bt_episode *ep)
{
    eb_i128 net = (eb_i128)ep->pnl.e8 - ep->fees.e8 + ep->funding.e8;
    eb_i128 risk = (eb_i128)ep->risk.e8 * ep->qty.e8;
    ep->has_risk = risk > 0;
    if (!ep->has_risk) {
        return;
    }
    ep->r_ppm = (int64_t)eb_div_round(net * EB_PPM * EB_E8, risk, EB_ROUND_HALF_EVEN);
    int64_t best = ep->side == EB_LONG ? ep->best.e8 - ep->entry.e8 : ep->entry.e8 - ep->best.e8;
    int64_t worst = ep->side == EB_LONG ? ep->worst.e8 - ep->entry.e8 : ep->entry.e8 - ep->worst.e8;
    ep->mfe_ppm = (int64_t)eb_div_round((eb_i128)best * EB_PPM, ep->risk.e8, EB_ROUND_HALF_EVEN);
    ep->mae_ppm = (int64_t)eb_div_round((eb_i128)worst * EB_PPM, ep->risk.e8, EB_ROUND_HALF_EVEN);
}

static void book_end(struct eb_bt_episode *ep, const struct eb_episode_end *end)
{
    ep->closed = true;
    ep->initial_stop = end->initial_stop;
    ep->risk = end->first_r;
    ep->best = end->best;
    ep->worst = end->worst;
    ep->regime = end->regime;
    memcpy(ep->profile, end->profile, sizeof ep->profile);
}

static struct eb_bt_episode *episode_of(struct eb_bt_run *r, eb_position_id slot)
{
    uint32_t at = r->d->symbol[slot / 2].episode[slot & 1];
    return at != 0 ? &r->out->episode[at - 1] : NULL;
}

void eb_bt_observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct eb_bt_run *r = user;
    if (ev->kind == EB_EV_POLICY_FAILED && r->out->policy_failures++ == 0) {
        memcpy(r->out->first_failure, ev->u.policy_failed->message, sizeof r->out->first_failure);
    }
    for (unsigned i = 0; i < actions->count; i++) {
        const struct eb_action *a = &actions->action[i];
        if (a->kind == EB_ACT_EXIT) {
            struct eb_bt_episode *ep = episode_of(r, a->u.exit.position);
            struct eb_exit x = a->u.exit;
            if (r->ending) {
                x.reason = EB_EXIT_END_OF_DATA;
                x.venue_ms = r->now_ms;
            }
            EB_ASSERT(ep != NULL && book_exit(r, ep, &x));
            if (r->ending) {
                r->ending_episode = r->d->symbol[x.position / 2].episode[x.position & 1];
                r->ending_exit = (uint32_t)r->out->exit_count;
            }
        } else if (a->kind == EB_ACT_EPISODE_END) {
            struct eb_bt_episode *ep = episode_of(r, a->u.end.position);
            EB_ASSERT(ep != NULL);
            book_end(ep, &a->u.end);
            r->d->symbol[a->u.end.position / 2].episode[a->u.end.position & 1] = 0;
        }
    }
}

/* The engine saw its position taken away at the path's price; what it really brought is in the fill. */
void eb_bt_close_at_end(struct eb_bt_run *r, const struct eb_sim_fill *fill)
{
    EB_ASSERT(r->ending_episode != 0 && r->ending_exit != 0);
    struct eb_bt_episode *ep = &r->out->episode[r->ending_episode - 1];
    struct eb_bt_exit *x = &r->out->exit[r->ending_exit - 1];
    ep->pnl.e8 += fill->pnl.e8 - x->pnl.e8;
    ep->fees.e8 += fill->fee.e8 - x->fee.e8;
    x->pnl = fill->pnl;
    x->fee = fill->fee;
    x->price = fill->price;
    int64_t favour = ep->side == EB_LONG ? x->price.e8 - x->entry.e8 : x->entry.e8 - x->price.e8;
    x->has_r = x->risk.e8 > 0 && eb_mul_div(favour, EB_PPM, x->risk.e8, EB_ROUND_HALF_EVEN, &x->r_ppm);
    ep->closed_ms = r->now_ms;
    r->ending_episode = r->ending_exit = 0;
}

/* ---- order of the report, and the runs that it needs ---- */

static const struct eb_bt_data *sort_data; /* qsort has no user pointer; one report is sorted at a time */

static int by_time(const void *a, const void *b)
{
    const struct eb_bt_episode *x = a;
    const struct eb_bt_episode *y = b;
    if (x->opened_ms != y->opened_ms) {
        return x->opened_ms < y->opened_ms ? -1 : 1;
    }
    int names = strcmp(sort_data->symbol[x->symbol].name, sort_data->symbol[y->symbol].name);
    return names != 0 ? names : (int)x->side - (int)y->side;
}

static int finish(const struct eb_bt_data *d, struct eb_bt_result *r, struct eb_err *err)
{
    for (size_t i = 0; i < r->episode_count; i++) {
        if (!r->episode[i].closed) {
            return eb_err_set(err, EB_E_INVALID, "backtest", "%s: the episode of %lld never ended: report this",
                              d->symbol[r->episode[i].symbol].name, (long long)r->episode[i].opened_ms);
        }
        eb_bt_finish(&r->episode[i]);
    }
    sort_data = d;
    if (r->episode_count > 0) {
        qsort(r->episode, r->episode_count, sizeof *r->episode, by_time);
    }
    return EB_OK;
}

int eb_bt_keep_entry(struct eb_bt_run *r, const struct eb_entry *e, const struct eb_bt_episode *ep, bool add,
                     struct eb_err *err)
{
    if (!grow((void **)&r->taken->entry, &r->taken_cap, r->taken->count, sizeof *r->taken->entry)) {
        return eb_err_set(err, EB_E_MEMORY, "backtest", "out of memory after %zu entries", r->taken->count);
    }
    const struct eb_bt_symbol *y = &r->d->symbol[ep->symbol];
    struct eb_entry *kept = &r->taken->entry[r->taken->count++];
    *kept = *e;
    kept->time_ms = y->bar.bar.open_ms;
    kept->adds_to_ms = add ? ep->opened_ms : 0;
    memcpy(kept->symbol, y->name, sizeof kept->symbol); /* every:N names none */
    return EB_OK;
}

static void copy_exits(struct eb_bt_result *to, struct eb_bt_episode *ep, const struct eb_bt_result *from,
                       const struct eb_bt_episode *src)
{
    uint32_t at = src->first_exit;
    *ep = *src;
    ep->first_exit = ep->last_exit = 0;
    while (at != 0) {
        size_t next_cap = to->exit_cap;
        EB_ASSERT(grow((void **)&to->exit_next, &next_cap, to->exit_count, sizeof *to->exit_next) &&
                  grow((void **)&to->exit, &to->exit_cap, to->exit_count, sizeof *to->exit));
        to->exit[to->exit_count] = from->exit[at - 1];
        to->exit_next[to->exit_count] = 0;
        uint32_t mine = (uint32_t)++to->exit_count;
        if (ep->first_exit == 0) {
            ep->first_exit = mine;
        } else {
            to->exit_next[ep->last_exit - 1] = mine;
        }
        ep->last_exit = mine;
        at = from->exit_next[at - 1];
    }
}

/* Per (symbol, opened_ms) the lower r of both orders; both lists are sorted. */
static void take_worse(struct eb_bt_result *out, const struct eb_bt_result *fav)
{
    size_t k = 0;
    for (size_t i = 0; i < out->episode_count; i++) {
        struct eb_bt_episode *a = &out->episode[i];
        out->r_sum_adverse_ppm += a->r_ppm;
        while (k < fav->episode_count && by_time(&fav->episode[k], a) < 0) {
            k++;
        }
        if (k == fav->episode_count || by_time(&fav->episode[k], a) != 0) {
            continue;
        }
        const struct eb_bt_episode *f = &fav->episode[k++];
        out->both++;
        out->differing += f->r_ppm != a->r_ppm;
        out->r_sum_favourable_ppm += f->r_ppm;
        if (f->r_ppm < a->r_ppm) {
            copy_exits(out, a, fav, f);
        }
    }
}

/* The whole run under the favourable order with the adverse run's entries (todo, freed); rows that find their symbol
 * still busy wait for another pass, so that every entry is walked. */
static int run_favourable(const struct eb_bt_options *o, struct eb_bt_data *d, struct eb_policy_port policy,
                          struct eb_entries todo, struct eb_bt_result *out, struct eb_err *err)
{
    struct eb_bt_result fav;
    memset(&fav, 0, sizeof fav);
    int rc = EB_OK;
    while (rc == EB_OK && todo.count > 0) {
        struct eb_entries later;
        memset(&later, 0, sizeof later);
        later.entry = calloc(todo.count, sizeof *later.entry);
        if (later.entry == NULL) {
            rc = eb_err_set(err, EB_E_MEMORY, "backtest", "out of memory");
            break;
        }
        struct eb_bt_run run = {
            .o = o, .d = d, .out = &fav, .entries = &todo, .deferred = &later, .order = EB_WALK_FAVOURABLE};
        rc = eb_bt_run_once(&run, policy, err);
        free(todo.entry);
        todo = later;
    }
    free(todo.entry);
    rc = rc == EB_OK ? finish(d, &fav, err) : rc;
    if (rc == EB_OK) {
        take_worse(out, &fav);
    }
    eb_bt_result_deinit(&fav);
    return rc;
}

int eb_bt_run(const struct eb_bt_options *o, struct eb_bt_data *d, struct eb_policy *policy, struct eb_bt_result *out,
              struct eb_err *err)
{
    memset(out, 0, sizeof *out);
    struct eb_policy_port port = eb_policy_as_port(policy);
    for (unsigned i = 0; i < d->symbol_count; i++) {
        out->gaps += d->symbol[i].bars.gaps;
        out->missing += d->symbol[i].bars.missing;
    }
    struct eb_entries taken;
    memset(&taken, 0, sizeof taken);
    struct eb_bt_run run = {.o = o,
                            .d = d,
                            .out = out,
                            .entries = d->is_every ? NULL : &d->entries,
                            .taken = o->path == EB_BT_WORST ? &taken : NULL,
                            .order = o->path == EB_BT_FAVOURABLE ? EB_WALK_FAVOURABLE : EB_WALK_ADVERSE};
    int rc = eb_bt_run_once(&run, port, err);
    rc = rc == EB_OK ? finish(d, out, err) : rc;
    if (rc == EB_OK && o->path == EB_BT_WORST) {
        rc = run_favourable(o, d, port, taken, out, err);
    } else {
        free(taken.entry);
    }
    if (o->progress) {
        eb_progress_end();
    }
    if (rc != EB_OK) {
        eb_bt_result_deinit(out);
    }
    return rc;
}
