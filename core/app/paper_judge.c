/* SPDX-License-Identifier: Apache-2.0 */
/* Engine against exchange: every exit is found in the audit trail, every closing trade among the exits. */
#include "app/paper_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/words.h"
#include "domain/order.h"

#define PROBLEMS_MAX ((size_t)1 << 20)

struct judge {
    const struct eb_paper *p;
    struct eb_paper_verdict *v;
    size_t cursor[EB_PAPER_SYMBOLS * 2]; /* trades of a slot looked at so far */
};

static void problem(struct judge *j, const struct eb_book_episode *ep, const char *what)
{
    (void)eb_buffer_printf(&j->v->problems, "%s %s of %" PRId64 ": %s\n", ep->last.ctx.symbol,
                           eb_side_name((enum eb_side)ep->side), ep->opened_ms, what);
}

/* The next trade that made a position of this slot smaller; NULL when there are no more. */
static const struct eb_sim_trade *next_closing(struct judge *j, eb_position_id slot)
{
    size_t count;
    const struct eb_sim_trade *t = eb_sim_trades(j->p->sim, &count);
    while (j->cursor[slot] < count) {
        const struct eb_sim_trade *at = &t[j->cursor[slot]++];
        if (at->slot == slot && at->closed.e8 > 0) {
            return at;
        }
    }
    return NULL;
}

static bool same(const struct eb_book_exit *x, const struct eb_sim_trade *t)
{
    return x->price.e8 == t->price.e8 && x->qty.e8 == t->closed.e8 && x->fee.e8 == t->fee.e8 &&
           x->time_ms == t->venue_ms && (t->liquidation || eb_client_id_equal(x->client_id, t->client_id));
}

static bool is_reconciled(struct judge *j, const struct eb_book_episode *ep)
{
    struct eb_sim_position held;
    eb_qty after = ep->qty;
    for (size_t i = 0; i < ep->exit_count; i++) {
        const struct eb_sim_trade *t = next_closing(j, ep->position);
        if (t == NULL || !same(&ep->exit[i], t)) {
            problem(j, ep, "an exit that the exchange's audit trail does not have");
            return false;
        }
        after = t->after;
    }
    if (ep->closed) {
        bool good = ep->exit_count > 0 && after.e8 == 0 && ep->explained;
        if (!good) {
            problem(j, ep, "ended, but its exits do not explain the whole way to flat");
        }
        return good;
    }
    bool open = eb_sim_position(j->p->sim, ep->position, &held);
    if (!open || held.qty.e8 != ep->last.ctx.qty.e8 || held.side != ep->side) {
        problem(j, ep, "engine and exchange disagree about what is left of it");
        return false;
    }
    return true;
}

static bool is_protected(struct judge *j, const struct eb_book_episode *ep)
{
    int64_t allowed_ms = j->p->o.config.engine.protect_ms;
    if (ep->was_protected && ep->unprotected_ms <= allowed_ms) {
        return true;
    }
    int64_t life_ms = (ep->closed ? ep->closed_ms : j->p->now_ms) - ep->seen_ms;
    if (!ep->was_protected && life_ms < allowed_ms) {
        return true; /* it was gone, or the run was over, before it had to be */
    }
    problem(j, ep,
            ep->was_protected ? "was without a confirmed stop for longer than backstop.protect_within"
                              : "never had a confirmed stop at the exchange");
    return false;
}

/* What the exchange closed and nobody booked. */
static bool nothing_left(struct judge *j)
{
    bool good = true;
    for (eb_position_id slot = 0; slot < EB_PAPER_SYMBOLS * 2; slot++) {
        struct eb_sim_position held;
        enum eb_side side;
        bool at_venue = eb_sim_position(j->p->sim, slot, &held);
        bool at_engine = eb_engine_open_side(eb_host_engine(j->p->host), slot, &side);
        if (next_closing(j, slot) != NULL || at_venue != at_engine) {
            (void)eb_buffer_printf(&j->v->problems,
                                   "%s: the exchange has a closing trade or position unknown to the engine\n",
                                   eb_engine_symbol_name(eb_host_engine(j->p->host), slot / 2));
            good = false;
        }
    }
    return good;
}

int eb_paper_judge(const struct eb_paper *p, struct eb_paper_verdict *out, struct eb_err *err)
{
    struct judge j = {.p = p, .v = out};
    const struct eb_book *b = &p->book;
    memset(out, 0, sizeof(*out));
    eb_buffer_init(&out->problems, PROBLEMS_MAX);
    out->episode_reconciled = calloc(b->count + 1, sizeof(bool));
    out->episode_protected = calloc(b->count + 1, sizeof(bool));
    if (out->episode_reconciled == NULL || out->episode_protected == NULL || b->memory_failed) {
        return eb_err_set(err, EB_E_MEMORY, "paper", "out of memory for the books of %zu episodes", b->count);
    }
    out->decided = out->reconciled = out->is_protected = true;
    for (size_t i = 0; i < b->count; i++) {
        const struct eb_book_episode *ep = &b->episode[i];
        out->episode_reconciled[i] = is_reconciled(&j, ep);
        out->episode_protected[i] = is_protected(&j, ep);
        out->reconciled = out->reconciled && out->episode_reconciled[i];
        out->is_protected = out->is_protected && out->episode_protected[i];
        if (!ep->decided) {
            problem(&j, ep, "no plan of the policy was ever accepted");
            out->decided = false;
        }
    }
    out->reconciled = nothing_left(&j) && out->reconciled;
    struct eb_err check = {0};
    bool sound = eb_sim_check(p->sim, &check) == EB_OK;
    if (!sound) {
        (void)eb_buffer_printf(&out->problems, "the exchange's books: %s\n", check.msg);
    }
    if (strcmp(eb_mode_name(&p->o.config.engine.mode), "LIVE") != 0) {
        (void)eb_buffer_text(&out->problems, "mode is not LIVE: nothing was sent\n");
        sound = false;
    }
    out->good = sound && out->decided && out->reconciled && out->is_protected;
    return EB_OK;
}

void eb_paper_verdict_deinit(struct eb_paper_verdict *v)
{
    eb_buffer_deinit(&v->problems);
    free(v->episode_reconciled);
    free(v->episode_protected);
    memset(v, 0, sizeof(*v));
}
