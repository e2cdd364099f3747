/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was sent, what was told and reported of it, and what really happened by the exchange's trail.
 *
 * An intent is all orders of one purpose and leg in one episode. When one more of them leaves, no more may be executed
 * in the end than was reported before, may still come of those that are under way, and it asks for: an attempt that is
 * sent although another has been executed unheard shows as more.
 */
#include "town.h"

#include <string.h>

#include "domain/order.h"

static struct town_order *find(struct town *t, eb_client_id id)
{
    for (unsigned i = t->orders; i-- > 0;) {
        if (eb_client_id_equal(t->order[i].id, id)) {
            return &t->order[i];
        }
    }
    return NULL;
}

static struct town_intent *intent_of(struct town *t, eb_client_id id)
{
    for (unsigned i = t->intents; i-- > 0;) {
        struct town_intent *n = &t->intent[i];
        if (n->episode == id.episode && n->purpose == id.purpose && n->leg == id.leg) {
            return n;
        }
    }
    EB_ASSERT(t->intents < TOWN_INTENTS);
    struct town_intent *n = &t->intent[t->intents++];
    *n = (struct town_intent){.episode = id.episode, .purpose = id.purpose, .leg = id.leg};
    return n;
}

static bool same_intent(eb_client_id a, eb_client_id b)
{
    return a.episode == b.episode && a.purpose == b.purpose && a.leg == b.leg;
}

/* What may still be reported of an order. */
static int64_t outstanding_e8(const struct town_order *o)
{
    int64_t most_e8 = o->ended ? o->told.e8 : o->qty.e8;
    return most_e8 > o->credited.e8 ? most_e8 - o->credited.e8 : 0;
}

void town_books_submit(struct town *t, const struct eb_order_request *o)
{
    struct town_intent *n = intent_of(t, o->client_id);
    int64_t may_e8 = n->credited.e8 + o->qty.e8;
    for (unsigned i = 0; i < t->orders; i++) {
        if (same_intent(t->order[i].id, o->client_id)) {
            may_e8 += outstanding_e8(&t->order[i]);
        }
    }
    n->intended.e8 = may_e8 > n->intended.e8 ? may_e8 : n->intended.e8;
    if (find(t, o->client_id) != NULL) {
        town_fail(t, "a client id was sent twice: episode %u purpose %u attempt %u", o->client_id.episode, o->purpose,
                  o->client_id.attempt);
    }
    EB_ASSERT(t->orders < TOWN_ORDERS);
    t->order[t->orders++] =
        (struct town_order){.id = o->client_id, .slot = o->position, .type = o->type, .qty = o->qty};
    t->figures.submits++;
    t->figures.purposes[o->purpose]++;
    town_say(t, "submit %s slot %u leg %u attempt %u: %.4f at %.4f/%.4f", eb_purpose_name((enum eb_purpose)o->purpose),
             o->position, o->client_id.leg, o->client_id.attempt, (double)o->qty.e8 / 1e8, (double)o->price.e8 / 1e8,
             (double)o->trigger.e8 / 1e8);
}

static void order_told(struct town *t, const struct eb_ev_order *told)
{
    struct town_order *o = find(t, told->client_id);
    if (o == NULL) {
        return;
    }
    o->told.e8 = told->filled.e8 > o->told.e8 ? told->filled.e8 : o->told.e8;
    bool ended = eb_order_is_terminal((enum eb_order_state)told->state) || told->state == EB_OS_ABSENT;
    o->ended = o->ended || (ended && !told->cancel_failed);
    town_say(t, "order %s slot %u attempt %u: %s%s%s code %d class %u",
             eb_purpose_name((enum eb_purpose)told->client_id.purpose), o->slot, told->client_id.attempt,
             eb_order_state_name((enum eb_order_state)told->state), told->cancel_failed ? ", cancel failed" : "",
             told->from_query ? ", asked" : "", told->code, told->reject);
}

static void exit_reported(struct town *t, const struct eb_exit *x)
{
    t->figures.exits++;
    t->figures.reasons[x->reason]++;
    struct town_order *o = x->client_id.instance != 0 ? find(t, x->client_id) : NULL;
    town_say(t, "exit slot %u %s %.4f%s", x->position, eb_exit_reason_name((enum eb_exit_reason)x->reason),
             (double)x->qty.e8 / 1e8, o == NULL ? ", not ours" : "");
    if (o != NULL) {
        o->credited.e8 += x->qty.e8;
        intent_of(t, x->client_id)->credited.e8 += x->qty.e8;
    }
}

static void tell(const struct town *t, const struct eb_event *ev)
{
    if (!t->o.verbose) {
        return;
    }
    if (ev->kind == EB_EV_POSITION) {
        town_say(t, "position %s leg %u: %s %.4f", eb_engine_symbol_name(eb_host_engine(t->host), ev->symbol),
                 ev->u.venue_position->position_side, eb_side_name((enum eb_side)ev->u.venue_position->side),
                 (double)ev->u.venue_position->qty.e8 / 1e8);
    } else if (ev->kind == EB_EV_FILL) {
        town_say(t, "fill %s %s %.4f trade %llu%s", eb_engine_symbol_name(eb_host_engine(t->host), ev->symbol),
                 ev->u.fill.order_side == EB_BUY ? "BUY" : "SELL", (double)ev->u.fill.qty.e8 / 1e8,
                 (unsigned long long)ev->u.fill.trade_id, ev->u.fill.client_id.instance == 0 ? ", not ours" : "");
    } else if (ev->kind == EB_EV_SNAPSHOT_BEGIN || ev->kind == EB_EV_SNAPSHOT_END ||
               ev->kind == EB_EV_SNAPSHOT_FAILED) {
        town_say(t, "picture: %s",
                 ev->kind == EB_EV_SNAPSHOT_BEGIN ? "begins"
                 : ev->kind == EB_EV_SNAPSHOT_END ? "complete"
                                                  : "failed");
    } else if (ev->kind == EB_EV_OPEN_ORDER) {
        town_say(t, "picture: order %s %s", eb_engine_symbol_name(eb_host_engine(t->host), ev->symbol),
                 eb_order_state_name((enum eb_order_state)ev->u.open_order.state));
    }
}

void town_books_step(struct town *t, const struct eb_event *ev, const struct eb_actions *actions)
{
    tell(t, ev);
    if (ev->kind == EB_EV_ORDER) {
        order_told(t, &ev->u.order);
    }
    for (uint16_t i = 0; i < actions->count; i++) {
        const struct eb_action *a = &actions->action[i];
        if (a->kind == EB_ACT_EXIT) {
            exit_reported(t, &a->u.exit);
        } else if (a->kind == EB_ACT_ALERT) {
            town_say(t, "alert %u slot %u: %s", a->u.alert.kind, a->u.alert.position, a->u.alert.text);
        } else if (a->kind == EB_ACT_CANCEL) {
            town_say(t, "cancel %s attempt %u", eb_purpose_name((enum eb_purpose)a->u.cancel.client_id.purpose),
                     a->u.cancel.client_id.attempt);
        } else if (a->kind == EB_ACT_EPISODE_END) {
            town_say(t, "episode of slot %u ends%s", a->u.end.position, a->u.end.reconciled ? "" : ", unexplained");
        }
    }
}

/* ---- the end: the trail against the books ------------------------------------------------------------------------ */

/* Of no order more is reported than was executed. Less is where its fill was heard when the position that it closed was
 * known to be smaller or gone already, and had been reported as closed by others: counted. */
static void judge_order(struct town *t, const struct eb_sim_trade *trade, size_t count, const struct town_order *o)
{
    int64_t really_e8 = 0;
    for (size_t i = 0; i < count; i++) {
        really_e8 += eb_client_id_equal(trade[i].client_id, o->id) ? trade[i].qty.e8 : 0;
    }
    t->figures.unattributed += really_e8 > o->credited.e8;
    if (really_e8 < o->credited.e8) {
        town_fail(t, "%s slot %u episode %u attempt %u: executed %.4f, reported %.4f",
                  eb_purpose_name((enum eb_purpose)o->id.purpose), o->slot, o->id.episode, o->id.attempt,
                  (double)really_e8 / 1e8, (double)o->credited.e8 / 1e8);
    }
}

static void judge_intent(struct town *t, const struct eb_sim_trade *trade, size_t count, const struct town_intent *n)
{
    int64_t really_e8 = 0;
    for (size_t i = 0; i < count; i++) {
        const eb_client_id *id = &trade[i].client_id;
        bool its = id->instance != 0 && id->episode == n->episode && id->purpose == n->purpose && id->leg == n->leg;
        really_e8 += its ? trade[i].qty.e8 : 0;
    }
    bool whole =
        n->purpose == EB_PURPOSE_BACKSTOP || n->purpose == EB_PURPOSE_BRIDGE; /* the position, whatever it is */
    if (!whole && really_e8 > n->intended.e8) {
        town_fail(t, "double exit: %s leg %u episode %u: intended %.4f, executed %.4f",
                  eb_purpose_name((enum eb_purpose)n->purpose), n->leg, n->episode, (double)n->intended.e8 / 1e8,
                  (double)really_e8 / 1e8);
    }
}

void town_books_judge(struct town *t)
{
    size_t count;
    const struct eb_sim_trade *trade = eb_sim_trades(fapi_account_sim(t->account), &count);
    for (unsigned i = 0; i < t->intents; i++) {
        judge_intent(t, trade, count, &t->intent[i]);
    }
    for (unsigned i = 0; i < t->orders; i++) {
        judge_order(t, trade, count, &t->order[i]);
    }
}
