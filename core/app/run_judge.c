/* SPDX-License-Identifier: Apache-2.0 */
/* Engine against exchange: every exit is found in the audit trail, every closing trade among the exits. */
#include "app/run_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/words.h"
#include "domain/order.h"

#define PROBLEMS_MAX ((size_t)1 << 20)

/* One position slot as the exchange's trades tell it. */
struct account {
    size_t cursor;  /* trades looked at so far */
    int64_t net_e8; /* size after them, LONG positive */
};
struct judge {
    const struct eb_live *l;
    struct eb_run_verdict *v;
    struct account *account; /* per slot; owned */
};

/* A trade that made a position smaller. */
struct closing {
    const struct eb_ev_fill *fill;
    eb_qty closed, after;
};

static void problem(struct judge *j, const struct eb_book_episode *ep, const char *what)
{
    (void)eb_buffer_printf(&j->v->problems, "%s %s of %" PRId64 ": %s\n", ep->last.ctx.symbol,
                           eb_side_name((enum eb_side)ep->side), ep->opened_ms, what);
}

static eb_position_id slot_of(const struct eb_trail_trade *t)
{
    return t->symbol * 2 + (t->fill.position_side == EB_PS_SHORT ? 1 : 0);
}

/* The next trade that made the position of this slot smaller, from `from_ms` on; false when there are no more. */
static bool next_closing(struct judge *j, eb_position_id slot, int64_t from_ms, struct closing *out)
{
    struct account *a = &j->account[slot];
    const struct eb_trail *trail = &j->l->trail;
    while (a->cursor < trail->count) {
        const struct eb_trail_trade *t = &trail->trade[a->cursor++];
        if (slot_of(t) != slot) {
            continue;
        }
        int64_t signed_e8 = t->fill.order_side == EB_BUY ? t->fill.qty.e8 : -t->fill.qty.e8;
        int64_t size_e8 = a->net_e8 < 0 ? -a->net_e8 : a->net_e8;
        bool closes = (a->net_e8 > 0) != (signed_e8 > 0) && a->net_e8 != 0;
        a->net_e8 += signed_e8;
        if (closes && t->fill.venue_ms >= from_ms) {
            out->fill = &t->fill;
            out->closed.e8 = t->fill.qty.e8 < size_e8 ? t->fill.qty.e8 : size_e8;
            out->after.e8 = size_e8 - out->closed.e8;
            return true;
        }
    }
    return false;
}

/* Whether a moment counts: where the exchange's clock did not wait for us, the books are compared as of one. */
static bool counts(const struct judge *j, int64_t at_ms)
{
    return j->l->cut_ms == 0 || at_ms <= j->l->cut_ms;
}

static bool is_closed(const struct judge *j, const struct eb_book_episode *ep)
{
    return ep->closed && counts(j, ep->closed_ms);
}

/* What the engine held in a slot at that moment: what it holds, without what was traded since. */
static int64_t own_e8(const struct judge *j, eb_position_id slot)
{
    const struct eb_trail *late = &j->l->late;
    struct eb_evidence v;
    int64_t net_e8 = 0;
    if (eb_engine_evidence(eb_host_engine(j->l->host), slot, &v) && v.open) {
        net_e8 = v.ctx.side == EB_LONG ? v.ctx.qty.e8 : -v.ctx.qty.e8;
    }
    for (size_t i = 0; i < late->count; i++) {
        if (slot_of(&late->trade[i]) == slot) {
            net_e8 -=
                late->trade[i].fill.order_side == EB_BUY ? late->trade[i].fill.qty.e8 : -late->trade[i].fill.qty.e8;
        }
    }
    return net_e8;
}

static bool same(const struct eb_book_exit *x, const struct closing *c)
{
    const struct eb_ev_fill *f = c->fill;
    return x->price.e8 == f->price.e8 && x->qty.e8 == c->closed.e8 && x->fee.e8 == f->fee.e8 &&
           x->time_ms == f->venue_ms && (f->liquidation || eb_client_id_equal(x->client_id, f->client_id));
}

/* What the exchange holds in a slot once all its trades were looked at. */
static int64_t held_e8(struct judge *j, eb_position_id slot)
{
    struct account copy = j->account[slot];
    struct closing ignored;
    while (next_closing(j, slot, INT64_MIN, &ignored)) {}
    int64_t net_e8 = j->account[slot].net_e8;
    j->account[slot] = copy;
    return net_e8;
}

static bool is_reconciled(struct judge *j, const struct eb_book_episode *ep)
{
    eb_qty after = ep->qty;
    if (!j->l->o.own_venue) { /* an exchange that others use as well: the engine's own word */
        return !ep->closed || ep->explained;
    }
    for (size_t i = 0; i < ep->exit_count; i++) {
        struct closing c;
        if (!counts(j, ep->exit[i].time_ms)) {
            break;
        }
        if (!next_closing(j, ep->position, ep->opened_ms, &c) || !same(&ep->exit[i], &c)) {
            problem(j, ep, "an exit that the exchange's audit trail does not have");
            return false;
        }
        after = c.after;
    }
    if (is_closed(j, ep)) {
        bool good = ep->exit_count > 0 && after.e8 == 0 && ep->explained;
        if (!good) {
            problem(j, ep, "ended, but its exits do not explain the whole way to flat");
        }
        return good;
    }
    int64_t net_e8 = held_e8(j, ep->position);
    int64_t booked_e8 = ep->side == EB_LONG ? ep->last.ctx.qty.e8 : -ep->last.ctx.qty.e8;
    if (net_e8 != (j->l->cut_ms == 0 ? booked_e8 : own_e8(j, ep->position))) {
        problem(j, ep, "engine and exchange disagree about what is left of it");
        return false;
    }
    return true;
}

static bool is_protected(struct judge *j, const struct eb_book_episode *ep)
{
    int64_t allowed_ms = j->l->o.config.engine.protect_ms;
    if (ep->was_protected && ep->unprotected_ms <= allowed_ms) {
        return true;
    }
    int64_t life_ms = (ep->closed ? ep->closed_ms : j->l->now_ms) - ep->seen_ms;
    if (!ep->was_protected && life_ms < allowed_ms) {
        return true; /* it was gone, or the run was over, before it had to be */
    }
    problem(j, ep,
            ep->was_protected ? "was without a confirmed stop for longer than backstop.protect_within"
                              : "never had a confirmed stop at the exchange");
    return false;
}

/* What the exchange closed and nobody booked. */
static bool nothing_left(struct judge *j, size_t slots)
{
    const struct eb_engine *e = eb_host_engine(j->l->host);
    bool good = true;
    for (eb_position_id slot = 0; slot < slots; slot++) {
        struct closing c;
        enum eb_side side;
        bool at_engine = j->l->cut_ms == 0 ? eb_engine_open_side(e, slot, &side) : own_e8(j, slot) != 0;
        bool unknown = next_closing(j, slot, j->l->started_ms, &c);
        if (unknown || (held_e8(j, slot) != 0) != at_engine) {
            (void)eb_buffer_printf(&j->v->problems,
                                   "%s: the exchange has a closing trade or position unknown to the engine\n",
                                   eb_engine_symbol_name(e, slot / 2));
            good = false;
        }
    }
    return good;
}

int eb_run_judge(const struct eb_live *l, struct eb_run_verdict *out, struct eb_err *err)
{
    struct judge j = {.l = l, .v = out};
    const struct eb_book *b = &l->book;
    size_t slots = 2 * (size_t)eb_engine_symbol_count(eb_host_engine(l->host));
    memset(out, 0, sizeof(*out));
    eb_buffer_init(&out->problems, PROBLEMS_MAX);
    out->episode_reconciled = calloc(b->count + 1, sizeof(bool));
    out->episode_protected = calloc(b->count + 1, sizeof(bool));
    j.account = calloc(slots + 1, sizeof(*j.account));
    if (j.account == NULL || l->trail.memory_failed || out->episode_reconciled == NULL ||
        out->episode_protected == NULL || b->memory_failed) {
        free(j.account);
        return eb_err_set(err, EB_E_MEMORY, "run", "out of memory for the books of %zu episodes", b->count);
    }
    out->decided = out->reconciled = out->is_protected = true;
    for (size_t i = 0; i < b->count; i++) {
        const struct eb_book_episode *ep = &b->episode[i];
        if (!counts(&j, ep->opened_ms)) { /* after the end */
            out->episode_reconciled[i] = out->episode_protected[i] = true;
            continue;
        }
        out->episode_reconciled[i] = is_reconciled(&j, ep);
        out->episode_protected[i] = is_protected(&j, ep);
        out->reconciled = out->reconciled && out->episode_reconciled[i];
        out->is_protected = out->is_protected && out->episode_protected[i];
        if (!ep->decided) {
            problem(&j, ep, "no plan of the policy was ever accepted");
            out->decided = false;
        }
    }
    out->reconciled = (!l->o.own_venue || nothing_left(&j, slots)) && out->reconciled;
    free(j.account);
    const struct eb_engine *e = eb_host_engine(l->host);
    struct eb_ev_config mode = eb_engine_mode(e);
    bool sound = mode.executor_live && mode.rollout_enabled && eb_engine_owns(e, (enum eb_exit_mode)mode.exit_mode);
    if (!sound) {
        (void)eb_buffer_text(&out->problems, "mode is not LIVE: nothing was sent\n");
    }
    out->good = sound && out->decided && out->reconciled && out->is_protected;
    return EB_OK;
}

void eb_run_verdict_deinit(struct eb_run_verdict *v)
{
    eb_buffer_deinit(&v->problems);
    free(v->episode_reconciled);
    free(v->episode_protected);
    memset(v, 0, sizeof(*v));
}
