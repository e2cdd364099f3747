/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a turn.
 *
 *     event -> step -> journal -> submits, cancels ... to the venue -> observer -> consults, oldest first:
 *                                                                         policy -> verdict -> step -> ...
 *
 * Whatever the venue says meanwhile is queued, and runs as a turn of its own when the verdicts are through.
 */
#include "host/inner.h"

#include <string.h>

#include "base/cut.h"

/* ---- Journal ---------------------------------------------------------------------------------------------------- */

static uint64_t durable_seq(const struct eb_host *h)
{
    return h->store.durable_seq != NULL ? h->store.durable_seq(h->store.store) : UINT64_MAX;
}

/* A durable event that was not taken leaves a hole: from then on numbers of records and of steps disagree, and no
 * later record makes an earlier permit durable. */
static bool store_broken(const struct eb_host *h)
{
    return h->times.lost > 0 || (h->store.failed != NULL && h->store.failed(h->store.store));
}

static void journal(struct eb_host *h, const struct eb_event *ev)
{
    bool durable = h->actions.durable;
    if (h->store.append == NULL || (!durable && !h->store.wants_quiet)) {
        return;
    }
    /* A quiet event needs no witness: a fold that has it has everything that the engine observed. */
    const struct eb_witness *witness = durable ? eb_engine_witness(h->engine) : NULL;
    uint64_t seq = h->store.append(h->store.store, ev, witness, durable);
    h->appended = true;
    if (durable && seq == 0) {
        h->times.lost++;
    }
}

/* ---- Handing out ------------------------------------------------------------------------------------------------ */

/* What the host itself has to say of an order that is not, or not yet, the venue's. */
static void tell_order(struct eb_host *h, const struct eb_ev_order *order, eb_symbol_id symbol)
{
    struct eb_event ev = {.kind = EB_EV_ORDER, .symbol = symbol, .position = EB_NO_POSITION};
    ev.u.order = *order;
    ev.u.order.venue_ms = h->now_ms;
    eb_host_queue(h, &ev);
}

static void reject(struct eb_host *h, const struct eb_order_request *order)
{
    const struct eb_ev_order told = {.client_id = order->client_id, .state = EB_OS_REJECTED, .reject = EB_REJ_RETRY};
    tell_order(h, &told, order->symbol);
}

static void send_submit(struct eb_host *h, const struct eb_order_request *order)
{
    struct eb_err err;
    if (h->venue.ops->submit(h->venue.venue, order, &err) != EB_OK) {
        reject(h, order);
    }
}

/* A decision that waited long is made anew, whether or not its record is durable by now: prices have moved on, the
 * engine counts the time after which an order that the venue does not know can no longer arrive from its own submit,
 * and what a broken store holds back for ever must not keep a stop from what it would have closed. */
static void leave(void *user, const struct eb_held_order *held)
{
    struct eb_host *h = user;
    if (h->now_ns - held->since_ns > EB_HELD_MAX_MS * INT64_C(1000000)) {
        reject(h, &held->order);
    } else {
        send_submit(h, &held->order);
    }
}

void eb_host_sweep(struct eb_host *h)
{
    if (h->held.count > 0 && h->venue.ops != NULL) {
        const struct eb_held_limit limit = {.durable_seq = h->times.lost > 0 ? 0 : durable_seq(h),
                                            .urgent = store_broken(h),
                                            .too_old_ns = h->now_ns - EB_HELD_MAX_MS * INT64_C(1000000)};
        eb_held_queue_sweep(&h->held, &limit, leave, h);
    }
}

static void submit(struct eb_host *h, const struct eb_order_request *order)
{
    bool wait = order->needs_seq > 0 && h->store.append != NULL &&
                (h->times.lost > 0 || order->needs_seq > durable_seq(h)) && !(order->urgent && store_broken(h));
    if (!wait) {
        send_submit(h, order);
    } else if (eb_held_queue_push(&h->held, order, h->now_ns) != EB_OK) {
        reject(h, order);
    }
}

/* An order that waits is unknown to the venue: a cancel takes it back, and the venue hears of neither. */
static void cancel(struct eb_host *h, const struct eb_action *a)
{
    struct eb_ev_order told = {.client_id = a->u.cancel.client_id, .venue_order_id = a->u.cancel.venue_order_id};
    if (h->held.count > 0 && eb_held_queue_remove(&h->held, told.client_id)) {
        told.state = EB_OS_CANCELED;
        tell_order(h, &told, a->u.cancel.symbol);
        return;
    }
    struct eb_err err;
    if (h->venue.ops->cancel(h->venue.venue, told.client_id, told.venue_order_id, a->u.cancel.symbol, a->u.cancel.type,
                             &err) != EB_OK) {
        told.cancel_failed = true; /* its state stays what the engine knows: NONE tells nothing */
        told.reject = EB_REJ_RETRY;
        tell_order(h, &told, a->u.cancel.symbol);
    }
}

/* Asked of the venue, an order that waits would be absent, and be sent anew while the first may still leave. */
static void query(struct eb_host *h, const struct eb_action *a)
{
    struct eb_ev_order told = {.client_id = a->u.query.client_id, .venue_order_id = a->u.query.venue_order_id};
    if (h->held.count > 0 && eb_held_queue_has(&h->held, told.client_id)) {
        told.state = EB_OS_PENDING;
        told.from_query = true;
        tell_order(h, &told, a->u.query.symbol);
        return;
    }
    struct eb_err err;
    (void)h->venue.ops->query(h->venue.venue, told.client_id, told.venue_order_id, a->u.query.symbol, a->u.query.type,
                              &err); /* refused: asked again by the engine's own deadline */
}

static void snapshot(struct eb_host *h)
{
    struct eb_err err;
    if (h->venue.ops->snapshot(h->venue.venue, &err) != EB_OK) {
        const struct eb_event ev = {.kind = EB_EV_SNAPSHOT_FAILED, .symbol = EB_NO_SYMBOL, .position = EB_NO_POSITION};
        eb_host_queue(h, &ev);
    }
}

static void hand_out_one(struct eb_host *h, const struct eb_action *a)
{
    struct eb_err err;
    switch ((enum eb_action_kind)a->kind) {
    case EB_ACT_SUBMIT:
        submit(h, &a->u.submit);
        return;
    case EB_ACT_CANCEL:
        cancel(h, a);
        return;
    case EB_ACT_QUERY:
        query(h, a);
        return;
    case EB_ACT_SNAPSHOT:
        snapshot(h);
        return;
    case EB_ACT_REFRESH_PRICE:
        (void)h->venue.ops->refresh_price(h->venue.venue, a->u.refresh.symbol, &err);
        return;
    case EB_ACT_CONSULT: /* after everything else: take_consults */
    case EB_ACT_ALERT:   /* the observer's */
    case EB_ACT_EXIT:
    case EB_ACT_EPISODE_END:
        return;
    case EB_ACT_COUNT:
        break;
    }
    EB_ASSERT(false); /* the engine made an action that does not exist */
}

static void hand_out(struct eb_host *h)
{
    EB_ASSERT(h->actions.count <= EB_ACTIONS_MAX && h->actions.ctx_count <= EB_CONSULTS_MAX);
    if (h->venue.ops == NULL) {
        return;
    }
    eb_host_sweep(h); /* those of earlier steps go first */
    for (uint16_t i = 0; i < h->actions.count; i++) {
        hand_out_one(h, &h->actions.action[i]);
    }
}

/* ---- Steps and verdicts ----------------------------------------------------------------------------------------- */

/* Copies this step's contexts behind those that wait. answered: consults of this turn whose verdict was stepped. */
static void take_consults(struct eb_host *h, uint32_t answered)
{
    if (h->actions.ctx_count == 0) {
        return;
    }
    for (uint16_t i = 0; i < h->actions.count; i++) {
        const struct eb_action *a = &h->actions.action[i];
        if (a->kind != EB_ACT_CONSULT) {
            continue;
        }
        EB_ASSERT(a->u.consult.ctx < h->actions.ctx_count && h->consult_count < CONSULTS_OF_TURN);
        const struct eb_context *ctx = &h->actions.ctx[a->u.consult.ctx];
        for (uint32_t k = 0; k < answered; k++) {
            EB_ASSERT(h->consult[k].position != ctx->position); /* a verdict must not ask for the next: endless */
        }
        h->consult[h->consult_count++] = *ctx;
    }
}

/* An alarm of the host's own, in the actions that everybody is through with. */
static void alarm(struct eb_host *h, const struct eb_event *ev, enum eb_alert_kind kind, const char *text)
{
    if (h->observer == NULL) {
        return;
    }
    struct eb_action *a = &h->actions.action[0];
    memset(a, 0, sizeof(*a));
    a->kind = EB_ACT_ALERT;
    a->u.alert.kind = (uint8_t)kind;
    a->u.alert.symbol = EB_NO_SYMBOL;
    a->u.alert.position = EB_NO_POSITION;
    size_t len = strlen(text);
    EB_ASSERT(len < sizeof(a->u.alert.text));
    memcpy(a->u.alert.text, text, len);
    h->actions.count = 1;
    h->actions.ctx_count = 0;
    h->actions.durable = false;
    h->observer(h->observer_user, ev, &h->actions);
}

static int run_step(struct eb_host *h, const struct eb_event *ev, uint32_t answered)
{
    int rc = eb_engine_step(h->engine, ev, &h->actions);
    if (rc != EB_OK) {
        h->times.refused++;
        return rc;
    }
    journal(h, ev);
    hand_out(h);
    if (h->observer != NULL) {
        h->observer(h->observer_user, ev, &h->actions);
    }
    take_consults(h, answered);
    if (!h->store_failed && h->store.append != NULL && (h->actions.durable || h->held.count > 0) && store_broken(h)) {
        h->store_failed = true;
        alarm(h, ev, EB_ALERT_STORE_FAILED, "the journal takes no more: only permitted exits and backstops leave");
    }
    return EB_OK;
}

/* Asks the policy into h->verdict or h->failed. */
static enum eb_policy_result ask(struct eb_host *h, const struct eb_context *ctx)
{
    struct eb_err err = {.code = EB_OK, .where = "", .msg = "no policy set is loaded"};
    enum eb_policy_result result = EB_POLICY_NONE;
    memset(&h->verdict, 0, sizeof(h->verdict)); /* journaled: nothing of an earlier answer may show through */
    if (h->policy.consult != NULL) {
        err.msg[0] = '\0';
        result = h->policy.consult(h->policy.policy, ctx, &h->verdict, &err);
        h->consulted = true;
    }
    if (result == EB_POLICY_OK || result == EB_POLICY_KEEP) {
        h->verdict.keep = h->verdict.keep || result == EB_POLICY_KEEP;
        return result;
    }
    bool known = (int)result > 0 && (int)result < EB_POLICY_RESULT_COUNT;
    memset(&h->failed, 0, sizeof(h->failed));
    h->failed.ctx = ctx;
    h->failed.result = (uint8_t)(known ? result : EB_POLICY_INVALID);
    eb_text_cut(h->failed.message, sizeof(h->failed.message), err.msg);
    return (enum eb_policy_result)h->failed.result;
}

static int answer(struct eb_host *h, uint32_t i)
{
    const struct eb_context *ctx = &h->consult[i];
    struct eb_event ev = {
        .now_ns = h->now_ns, .now_ms = h->now_ms, .symbol = ctx->position / 2, .position = ctx->position};
    enum eb_policy_result result = ask(h, ctx);
    if (result == EB_POLICY_OK || result == EB_POLICY_KEEP) {
        ev.kind = EB_EV_VERDICT;
        ev.u.verdict = (struct eb_ev_verdict){.ctx = ctx, .verdict = &h->verdict};
    } else {
        ev.kind = EB_EV_POLICY_FAILED;
        ev.u.policy_failed = &h->failed;
    }
    return run_step(h, &ev, i + 1);
}

static void measure(struct eb_host *h, int64_t began_ns)
{
    int64_t took = h->clock(h->clock_user) - began_ns;
    h->times.longest_ns = took > h->times.longest_ns ? took : h->times.longest_ns;
}

void eb_host_flush(struct eb_host *h)
{
    if (h->appended && h->store.flush != NULL) {
        h->store.flush(h->store.store);
    }
    h->appended = false;
}

int eb_host_run(struct eb_host *h, const struct eb_event *ev)
{
    int64_t began_ns = h->clock != NULL ? h->clock(h->clock_user) : 0;
    h->times.turns++;
    h->consult_count = 0;
    int rc = run_step(h, ev, 0);
    eb_host_flush(h);
    for (uint32_t i = 0; i < h->consult_count; i++) {
        int answered = answer(h, i);
        rc = rc != EB_OK ? rc : answered;
    }
    if (h->clock != NULL) {
        measure(h, began_ns);
    }
    return rc;
}

/* ---- The queue -------------------------------------------------------------------------------------------------- */

static void note(struct eb_host *h, int code)
{
    h->code = h->code != EB_OK ? h->code : code;
}

void eb_host_queue(struct eb_host *h, const struct eb_event *ev)
{
    int rc = eb_event_queue_push(&h->events, ev);
    if (rc == EB_E_FULL) {
        h->times.overflows++;
        h->events_lost = true;
    } else if (rc != EB_OK) {
        h->times.refused++;
    }
    note(h, rc);
}

static int drain_some(struct eb_host *h, uint32_t *budget)
{
    struct eb_event *ev;
    while ((ev = eb_event_queue_peek(&h->events)) != NULL) {
        if (*budget == 0) {
            return EB_E_BUDGET;
        }
        --*budget;
        ev->now_ns = h->now_ns; /* one now for the whole call */
        ev->now_ms = h->now_ms;
        note(h, eb_host_run(h, ev));
        eb_event_queue_drop(&h->events);
    }
    return EB_OK;
}

/* Something that the venue told is gone, and nobody knows what: only a complete picture can make up for it. It is
 * asked for by a command, as an operator would, so that the journal has it. */
static void heal(struct eb_host *h)
{
    static const struct eb_ev_command command = {
        .verb = EB_CMD_SNAPSHOT, .who = "host", .why = "events of the venue were lost: the queue was full"};
    struct eb_event ev = {.now_ns = h->now_ns,
                          .now_ms = h->now_ms,
                          .kind = EB_EV_COMMAND,
                          .symbol = EB_NO_SYMBOL,
                          .position = EB_NO_POSITION};
    ev.u.command = &command;
    alarm(h, &ev, EB_ALERT_EVENTS_LOST, "the queue of venue events was full");
    note(h, eb_host_run(h, &ev));
}

int eb_host_drain(struct eb_host *h)
{
    uint32_t budget = EB_TURN_CHAIN_MAX(h->symbols_max);
    int rc = drain_some(h, &budget);
    if (h->events_lost && rc == EB_OK) {
        heal(h);
        rc = drain_some(h, &budget);
        h->events_lost = false; /* a queue too small for the picture itself would ask for ever */
    }
    return rc;
}
