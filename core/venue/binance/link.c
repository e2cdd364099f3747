/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How things are told: events with the exchange's time, ticks after them, troubles, gaps, and the connection's end.
 *
 *     whoever has news -> bn_tell()... -> bn_flush() -> tick          timer -> once a second: what is due
 */
#include "venue/binance/inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define IDLE_NS (1000 * BN_NS_IN_MS)
#define BUSY_NS (50 * BN_NS_IN_MS) /* positions are held back, or a phase of connecting has a deadline */
#define GAP_EVERY_NS (1000 * BN_NS_IN_MS)
#define READ_ANSWER_MAX ((size_t)24 << 20)
#define READ_DEADLINE_MS 10000

static const char where[] = "binance";

uint64_t bn_epoch(const struct eb_binance *b)
{
    return b->epoch;
}

int64_t bn_now_ns(const struct eb_binance *b)
{
    return b->c.web.ops->now_ns(b->c.web.web);
}

struct eb_event bn_event(const struct eb_binance *b, enum eb_event_kind kind, eb_symbol_id symbol)
{
    struct eb_event ev;
    memset(&ev, 0, sizeof(ev));
    ev.kind = (uint16_t)kind;
    ev.symbol = symbol;
    ev.position = EB_NO_POSITION;
    ev.now_ms = bn_rest_now_ms(b->rest);
    return ev;
}

void bn_tell(struct eb_binance *b, const struct eb_event *ev)
{
    if (b->stage < BN_GREETED) {
        return;
    }
    if (b->due_ns == 0) {
        b->due_ns = bn_now_ns(b);
    }
    b->told++;
    b->c.listener.event(b->c.listener.user, ev);
}

static void tick(struct eb_binance *b)
{
    struct eb_link_tick t = {.number = ++b->ticks, .now_ms = bn_rest_now_ms(b->rest)};
    t.due_ns = b->due_ns != 0 ? b->due_ns : bn_now_ns(b);
    b->told = 0;
    b->due_ns = 0;
    if (b->c.listener.tick != NULL) {
        b->c.listener.tick(b->c.listener.user, &t);
    }
}

void bn_flush(struct eb_binance *b)
{
    if (b->stage == BN_READY && b->told > 0) {
        tick(b);
    }
}

void bn_trouble(struct eb_binance *b, const char *name, const char *subject, bool raised, const char *fmt, ...)
{
    char text[EB_LINK_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (raised) {
        eb_log(b->c.log, EB_LOG_WARN, "venue.trouble", EB_STR("name", name), EB_STR("subject", subject),
               EB_STR("text", text));
    }
    if (b->c.listener.trouble != NULL) {
        const struct eb_link_trouble t = {.name = name, .subject = subject, .text = text, .raised = raised};
        b->c.listener.trouble(b->c.listener.user, &t);
    }
}

/* What opens from here on may have opened unseen. */
static void stop_watching(struct eb_binance *b)
{
    b->watching = false;
    for (uint32_t i = 0; i < b->symbols; i++) {
        for (unsigned leg = 0; leg < EB_COUNT(b->symbol[i].leg); leg++) {
            b->symbol[i].leg[leg].known = b->symbol[i].leg[leg].qty.e8 > 0;
        }
    }
}

void bn_gap(struct eb_binance *b, const char *why)
{
    int64_t now_ns = bn_now_ns(b);
    stop_watching(b);
    if (b->stage != BN_READY) {
        return; /* the beginning asks for everything anyway */
    }
    if (b->gap_told_ns != 0 && now_ns - b->gap_told_ns < GAP_EVERY_NS) {
        b->gap_due = true;
        return;
    }
    b->gap_told_ns = now_ns;
    b->gap_due = false;
    b->count.gaps++;
    eb_log(b->c.log, EB_LOG_WARN, "venue.gap", EB_STR("why", why));
    if (b->c.listener.gap != NULL) {
        b->c.listener.gap(b->c.listener.user, why);
    }
}

int bn_read(struct eb_binance *b, const char *path, const struct bn_params *params, uint16_t weight, uint8_t priority,
            bn_done done, uint64_t tag)
{
    struct eb_err err;
    struct bn_call call;
    memset(&call, 0, sizeof(call));
    call.method = "GET";
    call.path = path;
    bn_params_init(&call.params);
    if (params != NULL) {
        call.params = *params;
    }
    call.security = BN_SIGNED;
    call.priority = priority;
    call.weight = weight;
    call.answer_max = READ_ANSWER_MAX;
    call.deadline_ms = READ_DEADLINE_MS;
    call.done = done;
    call.user = b;
    call.tag = tag;
    return bn_rest_call(b->rest, &call, &err);
}

/* ---- the end of a connection ------------------------------------------------------------------------------------- */

void bn_close(struct eb_binance *b)
{
    b->epoch++;
    b->stage = BN_ABSENT;
    b->watching = false;
    bn_ops_forget(b); /* before the calls end: their answers find nobody */
    bn_picture_forget(b);
    bn_trades_forget(b);
    bn_streams_stop(b->streams);
    bn_rest_drop_all(b->rest);
    if (b->wsapi != NULL) {
        bn_wsapi_disconnect(b->wsapi);
    }
    bn_symbols_forget(b);
    b->private_up = false;
    b->list_under_way = b->list_wanted = false;
    b->account_under_way = b->all_marks_asked = b->all_marks_wanted = false;
    b->all_risk_asked = b->all_risk_wanted = false;
    b->kept_len = 0;
    b->kept_overflow = false;
    b->told = 0;
    b->due_ns = 0;
    b->reads_due = 0;
    b->timer_ns = 0;
    b->c.web.ops->timer_set(b->timer, -1);
}

void bn_lose(struct eb_binance *b, int code, const char *fmt, ...)
{
    struct eb_err err;
    char text[sizeof(err.msg)];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    (void)eb_err_set(&err, code, where, "%s", text);
    bn_close(b);
    eb_log(b->c.log, EB_LOG_WARN, "venue.lost", EB_STR("why", text));
    b->c.listener.lost(b->c.listener.user, &err);
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

/* Never later than it is set for already: news that come one after the other must not put it off for ever. */
void bn_arm_timer(struct eb_binance *b)
{
    bool busy = b->stage != BN_READY || bn_any_held(b) || b->gap_due;
    int64_t wait_ns = busy ? BUSY_NS : IDLE_NS;
    int64_t due_ns = bn_now_ns(b) + wait_ns;
    if (b->timer_ns == 0 || due_ns < b->timer_ns) {
        b->timer_ns = due_ns;
        b->c.web.ops->timer_set(b->timer, wait_ns);
    }
}

static void once_a_second(struct eb_binance *b)
{
    uint64_t epoch = b->epoch;
    bn_account_second(b);
    if (epoch == b->epoch) {
        bn_symbols_second(b);
    }
    if (epoch == b->epoch) {
        bn_marks_second(b);
    }
    if (epoch == b->epoch) {
        bn_trades_second(b);
    }
    if (epoch == b->epoch) {
        tick(b); /* this machine's idea of the exchange's time goes on where nothing is said */
    }
}

void bn_on_timer(void *user)
{
    struct eb_binance *b = user;
    uint64_t epoch = b->epoch;
    b->timer_ns = 0;
    if (b->stage == BN_ABSENT) {
        return;
    }
    bn_connect_second(b);
    if (epoch == b->epoch && b->stage >= BN_GREETED) {
        bn_release(b);
    }
    if (epoch == b->epoch && b->gap_due) {
        bn_gap(b, "news of the account could not be read");
    }
    if (epoch == b->epoch && b->stage == BN_READY && bn_now_ns(b) - b->second_ns >= IDLE_NS) {
        b->second_ns = bn_now_ns(b);
        once_a_second(b);
    }
    if (epoch == b->epoch) {
        bn_flush(b);
    }
    if (epoch == b->epoch && b->stage != BN_ABSENT) {
        bn_arm_timer(b);
    }
}

void bn_on_pass(void *user)
{
    struct eb_binance *b = user;
    bn_flush(b);
}
