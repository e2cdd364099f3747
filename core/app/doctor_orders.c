/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of orders: other systems' hands on a position, orders that nobody remembers or knows the fate of, whether a
 * stop rests at the exchange for each position. Others' orders are those of the last complete picture.
 */
#include "app/doctor_inner.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/answer_words.h"
#include "domain/order.h"

#define OWN_MAX 32 /* an engine keeps fewer orders of one position */
#define ORDER_TEXT_MAX 112

/* "SELL STOP_MARKET 0.05 at 98, close position". */
static const char *order_text(const struct eb_ev_open_order *o, char out[ORDER_TEXT_MAX])
{
    static const char *const type[] = {[EB_ORDER_MARKET] = "MARKET",
                                       [EB_ORDER_LIMIT_IOC] = "LIMIT",
                                       [EB_ORDER_LIMIT_GTC] = "LIMIT",
                                       [EB_ORDER_STOP_MARKET] = "STOP_MARKET"};
    eb_price at = o->trigger.e8 > 0 ? o->trigger : o->price;
    (void)snprintf(out, ORDER_TEXT_MAX, "%s %s %s at %s%s", o->order_side == EB_BUY ? "BUY" : "SELL",
                   o->type < EB_COUNT(type) ? type[o->type] : "order", o->close_position ? "all" : EB_AMOUNT(o->qty.e8),
                   EB_AMOUNT(at.e8), o->reduce_only ? ", reduce only" : "");
    return out;
}

/* Whether it would close or reduce the position in this slot. */
static bool closes(const struct eb_exam *x, const struct eb_seen_order *s, eb_position_id position, enum eb_side side)
{
    bool second = s->order.position_side == EB_PS_SHORT;
    bool closing = (s->order.order_side == EB_SELL) == (side == EB_LONG);
    bool one_way = !eb_engine_hedge(x->engine);
    return s->symbol == position / 2 && closing && (one_way || second == (position % 2 == 1));
}

/* ---- others' orders ---------------------------------------------------------------------------------------------- */

/* A stop of others that is all the protection there is: backstop.foreign_only says so. */
static bool protects(const struct eb_seen_order *s, const struct eb_evidence *v)
{
    return v->protection == EB_PROTECTED_FOREIGN && s->order.type == EB_ORDER_STOP_MARKET;
}

void eb_check_foreign_owner(struct eb_exam *x, const struct eb_patient *p)
{
    const struct eb_seen_orders *seen = &x->live->seen;
    const struct eb_seen_order *first = NULL;
    unsigned count = 0;
    char text[ORDER_TEXT_MAX];
    for (size_t i = 0; p->ours && i < seen->count; i++) {
        const struct eb_seen_order *s = &seen->order[i];
        if (!s->ours && closes(x, s, p->position, (enum eb_side)p->v->ctx.side) && !protects(s, p->v)) {
            first = first != NULL ? first : s;
            count++;
        }
    }
    if (first != NULL) {
        struct eb_finding *f = eb_finding_add(x, EB_BAD, p->subject);
        EB_SAY(f->evidence, "%u order%s of others would close it: %s%s (picture %s old)", count, count > 1 ? "s" : "",
               order_text(&first->order, text), count > 1 ? " ..." : "", EB_AGE(x->now_ms - seen->at_ms));
        EB_SAY(f->cause,
               "two owners: another system, or a person, holds exits of a position that the brain decides about");
        EB_SAY(f->remedy,
               "stop the other owner and cancel its orders, or `exitbrain release %s` leaves the position to "
               "it; `exitbrain owners` lists all",
               p->v->ctx.symbol);
    }
}

static bool closes_any(const struct eb_exam *x, const struct eb_seen_order *s)
{
    for (unsigned leg = 0; leg < 2; leg++) {
        enum eb_side side;
        eb_position_id position = s->symbol * 2 + leg;
        if (eb_engine_open_side(x->engine, position, &side) && closes(x, s, position, side)) {
            return true;
        }
    }
    return false;
}

void eb_check_foreign_orders(struct eb_exam *x)
{
    const struct eb_seen_orders *seen = &x->live->seen;
    const struct eb_seen_order *first = NULL;
    unsigned count = 0;
    char text[ORDER_TEXT_MAX];
    for (size_t i = 0; i < seen->count; i++) {
        const struct eb_seen_order *s = &seen->order[i];
        if (!s->ours && s->order.client_id.instance == 0 && !closes_any(x, s)) {
            first = first != NULL ? first : s;
            count++;
        }
    }
    EB_SAY(x->fine, "%zu orders in the last complete picture, none of others beside positions", seen->count);
    if (first != NULL) {
        eb_find(x, EB_NOTE, "", "somebody else's entries, or exits of a position that is gone",
                "nothing, if they are known; forgotten ones are cancelled at the exchange, by whoever placed them",
                "%u orders of others that close no open position, the first: %s %s", count,
                eb_engine_symbol_name(x->engine, first->symbol), order_text(&first->order, text));
    }
}

/* ---- our own ----------------------------------------------------------------------------------------------------- */

static bool engine_knows(const struct eb_exam *x, const struct eb_seen_order *s)
{
    struct eb_own_order own[OWN_MAX];
    for (unsigned leg = 0; leg < 2; leg++) {
        uint32_t n = eb_engine_orders(x->engine, s->symbol * 2 + leg, own, OWN_MAX);
        for (uint32_t i = 0; i < n && i < OWN_MAX; i++) {
            if (eb_client_id_equal(own[i].client_id, s->order.client_id)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether its episode was open when the picture was taken: then its order has ended since, or is being swept. */
static bool lived_then(const struct eb_exam *x, uint32_t episode)
{
    const struct eb_book *b = &x->live->book;
    for (size_t i = b->count; i > 0; i--) {
        if (b->episode[i - 1].episode == episode) {
            return !b->episode[i - 1].closed || b->episode[i - 1].closed_ms >= x->live->seen.at_ms - 2000;
        }
    }
    for (unsigned leg = 0; leg < eb_engine_symbol_count(x->engine) * 2; leg++) {
        struct eb_evidence v;
        enum eb_side side;
        if (eb_engine_open_side(x->engine, leg, &side) && eb_engine_evidence(x->engine, leg, &v) &&
            v.ctx.episode == episode) {
            return true;
        }
    }
    return false;
}

void eb_check_orphans(struct eb_exam *x)
{
    const struct eb_seen_orders *seen = &x->live->seen;
    EB_SAY(x->fine, "every order of ours in the last complete picture belongs to an episode");
    for (size_t i = 0; i < seen->count; i++) {
        const struct eb_seen_order *s = &seen->order[i];
        char id[EB_CLIENT_ID_TEXT_MAX];
        char text[ORDER_TEXT_MAX];
        if (!s->ours || engine_knows(x, s) || lived_then(x, s->order.client_id.episode)) {
            continue;
        }
        (void)eb_client_id_format(s->order.client_id, id);
        struct eb_finding *f = eb_finding_add(x, EB_BAD, eb_engine_symbol_name(x->engine, s->symbol));
        EB_SAY(f->evidence, "%s (%s) stands at the exchange; episode %" PRIu32 " is not open (picture %s old)", id,
               order_text(&s->order, text), s->order.client_id.episode, EB_AGE(x->now_ms - seen->at_ms));
        EB_SAY(f->cause, "an order of this engine that no episode remembers: its journal was lost, or its cancel");
        EB_SAY(f->remedy, "cancel it at the exchange by that id; if it comes back, keep the journal and the log");
    }
}

void eb_check_unknown(struct eb_exam *x)
{
    int64_t limit_ms = 2 * x->config->absent_after_ms;
    eb_position_id end = eb_engine_symbol_count(x->engine) * 2;
    EB_SAY(x->fine, "no order's fate is unknown for longer than %s", EB_AGE(limit_ms));
    for (eb_position_id position = 0; x->running && position < end; position++) {
        struct eb_own_order own[OWN_MAX];
        uint32_t n = eb_engine_orders(x->engine, position, own, OWN_MAX);
        for (uint32_t i = 0; i < n && i < OWN_MAX; i++) {
            int64_t age_ms = x->now_ms - own[i].sent_ms;
            if (own[i].state != EB_OS_UNKNOWN || age_ms <= limit_ms) {
                continue;
            }
            char id[EB_CLIENT_ID_TEXT_MAX];
            (void)eb_client_id_format(own[i].client_id, id);
            struct eb_finding *f = eb_finding_add(x, EB_BAD, eb_engine_symbol_name(x->engine, position / 2));
            EB_SAY(f->evidence, "%s (%s, %s) was sent %s ago and nobody knows what became of it", id,
                   eb_purpose_name((enum eb_purpose)own[i].purpose), EB_AMOUNT(own[i].qty.e8), EB_AGE(age_ms));
            EB_SAY(f->cause,
                   "the exchange answers neither the order nor the questions about it; its quantity is blocked");
            EB_SAY(f->remedy, "look for that id at the exchange; the engine goes on asking every %s by itself",
                   EB_AGE(x->config->unknown_query_ms));
        }
    }
}

/* ---- backstops --------------------------------------------------------------------------------------------------- */

/* Whether a stop is to rest at the exchange at all, and what is known of it is fresh. */
static bool expected(const struct eb_exam *x, const struct eb_patient *p)
{
    return x->running && x->config->backstop && p->v->ctx.live && !p->v->released && p->v->owned;
}

void eb_check_backstops_off(struct eb_exam *x)
{
    EB_SAY(x->fine, "backstops are on");
    if (!x->config->backstop && x->mode.executor_live && x->mode.rollout_enabled) {
        eb_find(x, EB_NOTE, "", "backstop.enabled = false: while the engine is down, nothing stands at the exchange",
                "backstop.enabled = true and a restart", "no stop rests at the exchange for %u open positions",
                x->open);
    }
}

void eb_check_unprotected(struct eb_exam *x, const struct eb_patient *p)
{
    int64_t since_ms = eb_engine_unprotected_since(x->engine, p->position);
    int64_t bare_ms = since_ms > 0 ? x->now_ms - since_ms : 0;
    bool bare = p->v->protection == EB_UNPROTECTED || p->v->protection == EB_PROTECTION_PENDING;
    if (expected(x, p) && bare && bare_ms > x->config->protect_ms) {
        struct eb_finding *f = eb_finding_add(x, EB_BAD, p->subject);
        EB_SAY(f->evidence, "no confirmed stop at the exchange for %s (at most %s)%s", EB_AGE(bare_ms),
               EB_AGE(x->config->protect_ms),
               p->v->protection == EB_PROTECTION_PENDING ? "; one was sent and is not confirmed" : "");
        EB_SAY(f->cause, "%s",
               p->v->ctx.plan_revision == 0
                   ? "there is no plan yet that it could follow"
                   : "the exchange has refused it, has not confirmed it, or somebody has cancelled it");
        EB_SAY(f->remedy,
               "the engine tries again by itself, and its soft stop watches; `exitbrain explain %s` and the "
               "log's order lines say why; `exitbrain flatten %s` closes",
               p->v->ctx.symbol, p->v->ctx.symbol);
    }
}

void eb_check_unprotectable(struct eb_exam *x, const struct eb_patient *p)
{
    if (expected(x, p) && p->v->protection == EB_UNPROTECTABLE) {
        struct eb_engine_stats s;
        eb_engine_stats(x->engine, &s);
        struct eb_finding *f = eb_finding_add(x, EB_BAD, p->subject);
        EB_SAY(f->evidence,
               "UNPROTECTABLE: %" PRIu32 " conditional orders of ours, %" PRIu32 " allowed, %" PRIu32
               " of them kept for renewals",
               s.conditional_orders, x->config->slots_max, x->config->slots_reserve);
        EB_SAY(f->cause, "the account has no slot left for its stop: those that would lose more have them");
        EB_SAY(f->remedy,
               "close positions or cancel other systems' conditional orders; backstop.slots says how many the "
               "account may have");
    }
}

void eb_check_foreign_stop(struct eb_exam *x, const struct eb_patient *p)
{
    if (expected(x, p) && p->v->protection == EB_PROTECTED_FOREIGN) {
        struct eb_finding *f = eb_finding_add(x, EB_BAD, p->subject);
        EB_SAY(f->evidence, "the only stop at the exchange that would close it is not ours");
        EB_SAY(f->cause, "whoever placed it may cancel or move it; ours does not stand beside it yet");
        EB_SAY(f->remedy, "let its owner cancel it, ours takes its place; or leave it if that owner is trusted: "
                          "`exitbrain owners`");
    }
}
