/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The venue port: requests of the engine. A request meets its fate (lost, unanswered, refused), travels request_ms, and
 * is served by eb_sim_execute_request(), at once where there is no latency.
 */
#include "venue/sim/internal.h"

static struct sim_target target_of(const struct eb_order_request *req)
{
    return (struct sim_target){.id = req->client_id, .symbol = req->symbol, .type = req->type};
}

int32_t eb_sim_arrive(struct eb_sim *sim, const struct eb_order_request *req, const struct sim_fate *fate,
                      uint32_t *index)
{
    bool ours = sim_id_is_ours(&req->client_id);
    int32_t code = fate->reject != 0 ? fate->reject : eb_sim_validate(sim, req);
    *index = SIM_NONE;
    if (code == 0) {
        *index = eb_sim_order_add(sim, req, ours);
        code = *index == SIM_NONE ? -2025 : 0;
    }
    if (code != 0) {
        sim->stats.rejected++;
        return code;
    }
    struct sim_order *o = &sim->order[*index];
    o->muted = fate->mute;
    if (o->conditional) {
        eb_sim_tell_order(sim, o);
    } else {
        eb_sim_match_new(sim, *index);
    }
    return 0;
}

static void serve_submit(struct eb_sim *sim, const struct eb_order_request *req, const struct sim_fate *fate)
{
    struct sim_target target = target_of(req);
    if (fate->unknown_done) {
        eb_sim_tell_outcome(sim, &target, EB_OS_UNKNOWN, -1007, false, 0);
    } else if (fate->no_reply) {
        eb_sim_tell_outcome(sim, &target, EB_OS_UNKNOWN, -1007, false, sim->config.timeout_ms);
    }
    uint32_t index;
    int32_t code = eb_sim_arrive(sim, req, fate, &index);
    if (code != 0 && !fate->unknown_done && !fate->no_reply) {
        eb_sim_tell_outcome(sim, &target, EB_OS_REJECTED, code, false, 0);
    }
}

static void serve_cancel(struct eb_sim *sim, const struct sim_target *target, const struct sim_fate *fate)
{
    if (fate->unknown_done || fate->no_reply) {
        eb_sim_tell_outcome(sim, target, EB_OS_UNKNOWN, -1007, true, fate->no_reply ? sim->config.timeout_ms : 0);
    }
    uint32_t index = eb_sim_order_find_open(sim, target);
    bool gone = index == SIM_NONE;
    if (!gone && sim->order[index].conditional) {
        gone = sim->order[index].state != EB_OS_NEW; /* it is triggering: there is nothing to cancel any more */
    } else if (!gone && eb_sim_strikes(sim, EB_SIM_F_CANCEL_FILLED)) {
        eb_sim_fill_resting(sim, index, true);
        gone = true;
    }
    if (!gone) {
        eb_sim_order_close(sim, index, EB_OS_CANCELED, 0);
        eb_sim_tell_order(sim, &sim->order[index]);
    } else if (!fate->unknown_done && !fate->no_reply) {
        eb_sim_tell_outcome(sim, target, EB_OS_UNKNOWN, -2011, true, 0);
    }
}

static void serve_query(struct eb_sim *sim, const struct sim_target *target)
{
    uint32_t index = eb_sim_order_find(sim, target);
    if (index == SIM_NONE) {
        eb_sim_tell_outcome(sim, target, EB_OS_ABSENT, -2013, false, 0);
    } else {
        eb_sim_tell_query(sim, &sim->order[index]);
    }
}

void eb_sim_execute_request(struct eb_sim *sim, const struct sim_item *item)
{
    const struct sim_symbol *s;
    switch ((enum sim_item_kind)item->kind) {
    case SIM_ITEM_SUBMIT:
        serve_submit(sim, &item->u.submit.req, &item->u.submit.fate);
        break;
    case SIM_ITEM_CANCEL:
        serve_cancel(sim, &item->u.target.target, &item->u.target.fate);
        break;
    case SIM_ITEM_QUERY:
        serve_query(sim, &item->u.target.target);
        break;
    case SIM_ITEM_SNAPSHOT:
        eb_sim_snapshot(sim);
        break;
    case SIM_ITEM_REFRESH:
        s = sim_symbol_of(sim, item->u.symbol);
        if (s != NULL) {
            eb_sim_tell_price(sim, s, EB_SRC_MARK, true);
        }
        break;
    case SIM_ITEM_EVENT:
    case SIM_ITEM_TRIGGER:
        break; /* not requests: queue.c */
    }
}

/* On its way, or served right away: then nothing of it stays in the queue between two calls. */
static void send(struct eb_sim *sim, const struct sim_item *request)
{
    if (sim->config.request_ms <= 0) {
        eb_sim_execute_request(sim, request);
    } else {
        struct sim_item *item = eb_sim_queue_add(sim, (enum sim_item_kind)request->kind, sim->config.request_ms);
        item->u = request->u;
    }
    eb_sim_flush(sim);
}

/* ---- port -------------------------------------------------------------------------------------------------------- */

static int port_submit(void *venue, const struct eb_order_request *order, struct eb_err *err)
{
    struct eb_sim *sim = venue;
    if (!eb_sim_trail_has_room(sim)) {
        return eb_err_set(err, EB_E_FULL, "sim.submit", "the audit trail has reached trades_max (%u)",
                          sim->config.trades_max);
    }
    sim->stats.submits++;
    struct sim_fate fate = eb_sim_draw_fate(sim, order);
    if (fate.lost) {
        return EB_OK;
    }
    if (fate.unknown_not) {
        struct sim_target target = target_of(order);
        eb_sim_tell_outcome(sim, &target, EB_OS_UNKNOWN, -1007, false, sim->config.request_ms);
        eb_sim_flush(sim);
        return EB_OK;
    }
    struct sim_item item = {.kind = SIM_ITEM_SUBMIT};
    item.u.submit.req = *order;
    item.u.submit.fate = fate;
    send(sim, &item);
    return EB_OK;
}

static int port_cancel(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                       struct eb_err *err)
{
    (void)err;
    struct eb_sim *sim = venue;
    sim->stats.cancels++;
    struct sim_fate fate = eb_sim_draw_fate(sim, NULL);
    struct sim_item item = {.kind = SIM_ITEM_CANCEL};
    item.u.target.target =
        (struct sim_target){.id = id, .venue_order_id = venue_order_id, .symbol = symbol, .type = type};
    item.u.target.fate = fate;
    if (fate.unknown_not) {
        eb_sim_tell_outcome(sim, &item.u.target.target, EB_OS_UNKNOWN, -1007, true, sim->config.request_ms);
        eb_sim_flush(sim);
    } else if (!fate.lost) {
        send(sim, &item);
    }
    return EB_OK;
}

static int port_query(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                      struct eb_err *err)
{
    (void)err;
    struct eb_sim *sim = venue;
    sim->stats.queries++;
    if (eb_sim_strikes(sim, EB_SIM_F_QUERY)) {
        return EB_OK;
    }
    struct sim_item item = {.kind = SIM_ITEM_QUERY};
    item.u.target.target =
        (struct sim_target){.id = id, .venue_order_id = venue_order_id, .symbol = symbol, .type = type};
    send(sim, &item);
    return EB_OK;
}

static int port_snapshot(void *venue, struct eb_err *err)
{
    (void)err;
    struct eb_sim *sim = venue;
    sim->stats.snapshots++;
    struct sim_item item = {.kind = SIM_ITEM_SNAPSHOT};
    send(sim, &item);
    return EB_OK;
}

static int port_refresh_price(void *venue, eb_symbol_id symbol, struct eb_err *err)
{
    struct eb_sim *sim = venue;
    if (sim_symbol_of(sim, symbol) == NULL) {
        return eb_err_set(err, EB_E_NOT_FOUND, "sim.refresh_price", "symbol %u is not known", symbol);
    }
    struct sim_item item = {.kind = SIM_ITEM_REFRESH};
    item.u.symbol = symbol;
    send(sim, &item);
    return EB_OK;
}

struct eb_venue eb_sim_port(struct eb_sim *sim)
{
    static const struct eb_venue_ops ops = {
        .submit = port_submit,
        .cancel = port_cancel,
        .query = port_query,
        .snapshot = port_snapshot,
        .refresh_price = port_refresh_price,
    };
    return (struct eb_venue){.venue = sim, .ops = &ops};
}
