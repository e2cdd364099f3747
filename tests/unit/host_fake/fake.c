/* SPDX-License-Identifier: Apache-2.0 */
/* The scripted engine and the ports that write themselves down. */
#include "fake.h"

#include <stdlib.h>
#include <string.h>

#define TRACE_MAX 65536

struct fake fake;
static struct eb_buffer last;

struct eb_engine {
    int nothing;
};

static const char *kind_name(uint16_t kind)
{
    static const char *const names[EB_EV_COUNT] = {
        "CLOCK",   "PRICE",    "PATH",       "BAR",           "FUNDING", "INSTRUMENT", "ACCOUNT",
        "BEGIN",   "POSITION", "OPEN_ORDER", "END",           "FAILED",  "FILL",       "ORDER",
        "COMMAND", "POLICY",   "VERDICT",    "POLICY_FAILED", "CONFIG",
    };
    return kind < EB_EV_COUNT ? names[kind] : "?";
}

#define NOTE(...)                                             \
    do {                                                      \
        if (!fake.silent) {                                   \
            (void)eb_buffer_printf(&fake.trace, __VA_ARGS__); \
        }                                                     \
    } while (0)

/* ---- The engine ------------------------------------------------------------------------------------------------- */

int eb_engine_create(const struct eb_engine_config *c, struct eb_engine **out, struct eb_err *err)
{
    *out = NULL;
    if (c->symbols_max == 0) {
        return eb_err_set(err, EB_E_INVALID, "engine.create", "symbols_max");
    }
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? EB_OK : EB_E_MEMORY;
}

void eb_engine_destroy(struct eb_engine *e)
{
    free(e);
}

int eb_engine_step(struct eb_engine *e, const struct eb_event *ev, struct eb_actions *out)
{
    (void)e;
    memset(out, 0x5a, sizeof(*out)); /* whatever the host still wanted of the last step is gone */
    out->count = 0;
    out->ctx_count = 0;
    out->durable = false;
    fake.steps++;
    NOTE("step %s", kind_name(ev->kind));
    if (ev->kind == EB_EV_VERDICT) {
        NOTE(" %u/%d", ev->position, (int)ev->u.verdict.ctx->consult_id);
    } else if (ev->kind == EB_EV_ORDER) {
        NOTE(" %u state %d", ev->u.order.client_id.episode, ev->u.order.state);
    }
    NOTE("; ");
    return fake.on_step != NULL ? fake.on_step(&fake, ev, out) : EB_OK;
}

int64_t eb_engine_next_deadline(const struct eb_engine *e)
{
    (void)e;
    return fake.deadline_ns;
}

uint32_t eb_engine_symbol_count(const struct eb_engine *e)
{
    (void)e;
    return 3;
}

const struct eb_witness *eb_engine_witness(const struct eb_engine *e)
{
    (void)e;
    return fake.witness;
}

/* ---- The ports -------------------------------------------------------------------------------------------------- */

static int venue_submit(void *venue, const struct eb_order_request *order, struct eb_err *err)
{
    struct fake *f = venue;
    (void)err;
    NOTE("submit %u; ", order->client_id.episode);
    return f->on_submit != NULL ? f->on_submit(f, order) : EB_OK;
}

static int venue_cancel(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                        struct eb_err *err)
{
    struct fake *f = venue;
    (void)venue_order_id;
    (void)symbol;
    (void)type;
    (void)err;
    NOTE("cancel %u; ", id.episode);
    return f->cancel_code;
}

static int venue_query(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                       struct eb_err *err)
{
    struct fake *f = venue;
    (void)venue_order_id;
    (void)symbol;
    (void)type;
    (void)err;
    NOTE("query %u; ", id.episode);
    return f->query_code;
}

static int venue_snapshot(void *venue, struct eb_err *err)
{
    struct fake *f = venue;
    (void)err;
    NOTE("snapshot; ");
    return f->on_snapshot != NULL ? f->on_snapshot(f) : EB_OK;
}

static int venue_refresh(void *venue, eb_symbol_id symbol, struct eb_err *err)
{
    struct fake *f = venue;
    (void)err;
    NOTE("refresh %u; ", symbol);
    return f->refresh_code;
}

static enum eb_policy_result policy_consult(void *policy, const struct eb_context *ctx, struct eb_verdict *out,
                                            struct eb_err *err)
{
    struct fake *f = policy;
    NOTE("ask %u/%d; ", ctx->position, (int)ctx->consult_id);
    return f->on_ask != NULL ? f->on_ask(f, ctx, out, err) : EB_POLICY_OK;
}

static void policy_idle(void *policy)
{
    (void)policy;
    NOTE("idle; ");
}

static uint64_t store_append(void *store, const struct eb_event *ev, const struct eb_witness *witness, bool durable)
{
    struct fake *f = store;
    (void)ev;
    NOTE("append %s%s; ", durable ? "durable" : "quiet", witness != NULL ? " witness" : "");
    if (f->append_fails) {
        return 0;
    }
    f->appended += durable ? 1 : 0;
    return f->appended;
}

static uint64_t store_durable(void *store)
{
    return ((struct fake *)store)->durable;
}

static bool store_failed(void *store)
{
    return ((struct fake *)store)->store_failed;
}

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    (void)user;
    NOTE("observe %s %u", kind_name(ev->kind), actions->count);
    if (actions->count > 0 && actions->action[0].kind == EB_ACT_ALERT) {
        NOTE(" alert %d", actions->action[0].u.alert.kind);
    }
    NOTE("; ");
}

/* ---- Use -------------------------------------------------------------------------------------------------------- */

struct eb_host_config fake_config(void)
{
    static const struct eb_venue_ops ops = {venue_submit, venue_cancel, venue_query, venue_snapshot, venue_refresh};
    struct eb_host_config c = {
        .venue = {.venue = &fake, .ops = &ops},
        .policy = {.policy = &fake, .consult = policy_consult, .idle = policy_idle},
        .store = {.store = &fake, .append = store_append, .durable_seq = store_durable, .failed = store_failed},
        .observer = observe,
        .observer_user = &fake,
    };
    c.engine.symbols_max = 4;
    return c;
}

void fake_open_with(const struct eb_host_config *c)
{
    fake = (struct fake){.deadline_ns = INT64_MAX, .durable = UINT64_MAX};
    eb_buffer_init(&fake.trace, TRACE_MAX);
    eb_buffer_init(&last, TRACE_MAX);
    struct eb_err err;
    EB_ASSERT(eb_host_create(c, &fake.host, &err) == EB_OK);
}

struct fake *fake_open(void)
{
    struct eb_host_config c = fake_config();
    fake_open_with(&c);
    return &fake;
}

void fake_close(void)
{
    eb_host_destroy(fake.host);
    eb_buffer_deinit(&fake.trace);
    eb_buffer_deinit(&last);
}

const char *fake_trace(void)
{
    eb_buffer_clear(&last);
    (void)eb_buffer_text(&last, eb_buffer_str(&fake.trace));
    EB_ASSERT(!fake.trace.failed);
    eb_buffer_clear(&fake.trace);
    return eb_buffer_str(&last);
}

struct eb_event fake_event(enum eb_event_kind kind, int64_t now)
{
    return (struct eb_event){
        .kind = (uint16_t)kind, .now_ns = now, .now_ms = now, .symbol = EB_NO_SYMBOL, .position = EB_NO_POSITION};
}

static struct eb_action *add(struct eb_actions *out, enum eb_action_kind kind)
{
    struct eb_action *a = &out->action[out->count++];
    memset(a, 0, sizeof(*a));
    a->kind = (uint8_t)kind;
    return a;
}

void fake_submit(struct eb_actions *out, uint32_t id, uint64_t needs_seq, bool urgent)
{
    struct eb_action *a = add(out, EB_ACT_SUBMIT);
    a->u.submit.client_id = (eb_client_id){.instance = 1, .episode = id};
    a->u.submit.needs_seq = needs_seq;
    a->u.submit.urgent = urgent;
}

void fake_cancel(struct eb_actions *out, uint32_t id)
{
    add(out, EB_ACT_CANCEL)->u.cancel.client_id = (eb_client_id){.instance = 1, .episode = id};
}

void fake_query(struct eb_actions *out, uint32_t id)
{
    add(out, EB_ACT_QUERY)->u.query.client_id = (eb_client_id){.instance = 1, .episode = id};
}

void fake_consult(struct eb_actions *out, eb_position_id position, uint64_t consult_id)
{
    struct eb_context *ctx = &out->ctx[out->ctx_count];
    memset(ctx, 0, sizeof(*ctx));
    ctx->position = position;
    ctx->consult_id = consult_id;
    add(out, EB_ACT_CONSULT)->u.consult.ctx = out->ctx_count++;
}

void fake_plain(struct eb_actions *out, enum eb_action_kind kind)
{
    (void)add(out, kind);
}

int fake_fill_and_position(struct fake *f, const struct eb_order_request *order)
{
    if (order->client_id.episode == 1) {
        struct eb_event fill = fake_event(EB_EV_FILL, 999); /* a venue does not decide what time it is */
        eb_host_sink(f->host, &fill);
        struct eb_ev_position position = {.leverage_ppm = 7};
        struct eb_event told = fake_event(EB_EV_POSITION, 0);
        told.u.venue_position = &position;
        eb_host_sink(f->host, &told);
        memset(&position, 0x5a, sizeof(position));
    }
    return EB_OK;
}
