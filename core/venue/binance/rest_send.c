/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call on its way: the query, the timestamp and the signature of this moment, then what its answer means.
 *
 * All parameters stand in the query, for all verbs, and are percent-encoded before they are signed. The timestamp is
 * that of leaving, not of queueing. No query ever stands in a message.
 */
#include "venue/binance/rest_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char where[] = "binance";

/* ---- what all calls learn -------------------------------------------------------------------------------------- */

void bn_rest_trouble(struct bn_rest *r, const char *name, bool raised, const char *text)
{
    eb_log(r->c.log, raised ? EB_LOG_ALARM : EB_LOG_INFO, raised ? "binance.trouble" : "binance.trouble_over",
           EB_STR("name", name), EB_STR("text", text));
    struct eb_link_trouble t = {.name = name, .subject = "", .text = text, .raised = raised};
    if (r->c.listener.trouble)
        r->c.listener.trouble(r->c.listener.user, &t);
}

static void stop_all(struct bn_rest *r, const struct bn_judged *j)
{
    int64_t until = bn_rest_now_ns(r) + bn_rest_ns(r, j->wait_ms);
    if (until <= r->stop_ns)
        return;
    bool raised = r->stop_ns > 0;
    r->stop_ns = until;
    snprintf(r->stop_why, sizeof r->stop_why, "rate limited (HTTP %d, %d)", j->http, (int)j->code);
    char text[480];
    snprintf(
        text, sizeof text,
        "%s: nothing is sent for %lld s, not even exits, since going on turns a limit into a ban; resting stops at "
        "the exchange stand; look for other programs behind the same address",
        r->stop_why, (long long)(j->wait_ms / 1000));
    if (!raised)
        bn_rest_trouble(r, "rate_limited", true, text);
}

static void key_refused(struct bn_rest *r, const struct bn_judged *j, bool mutating)
{
    struct bn_gate *g = &r->gate[mutating];
    /* A single odd request can have a bad signature; a bad secret has it always. */
    if (j->signature && ++g->bad_signatures < 3)
        return;
    bool before = r->gate[0].closed || r->gate[1].closed;
    g->refusals += g->closed && g->refusals < UINT32_MAX ? 1 : 0;
    g->closed = true;
    g->probe_ns = bn_rest_now_ns(r) + bn_gate_wait_ns(g);
    if (before)
        return;
    char text[320];
    snprintf(text, sizeof text,
             "the exchange refuses the key for %s (HTTP %d, %d): check that it is of this environment, allows futures, "
             "and that this address is on its list; tried again less and less often",
             mutating ? "orders" : "reading", j->http, (int)j->code);
    bn_rest_trouble(r, "key.refused", true, text);
}

static void key_accepted(struct bn_rest *r, bool mutating)
{
    struct bn_gate *g = &r->gate[mutating];
    g->bad_signatures = 0;
    g->refusals = 0;
    if (!g->closed)
        return;
    g->closed = false;
    if (!mutating && r->gate[1].closed) { /* whatever was wrong with the key is over: an order may try at once */
        r->gate[1].refusals = 0;
        r->gate[1].probe_ns = bn_rest_now_ns(r);
    }
    if (!r->gate[0].closed && !r->gate[1].closed)
        bn_rest_trouble(r, "key.refused", false, "the exchange accepts the key");
}

/* Codes of orders and their parameters are given by what stands behind the check of the key. */
static bool judged_by_its_merits(const struct bn_judged *j)
{
    return j->outcome == BN_ACCEPTED ||
           (j->outcome == BN_REJECTED && j->next == BN_NEXT_DONE && !j->key && j->code <= -2010);
}

void bn_rest_learn(struct bn_rest *r, const struct bn_judged *j, uint8_t security, bool mutating)
{
    if (j->next == BN_NEXT_STOP) {
        stop_all(r, j);
        return;
    }
    if (j->next == BN_NEXT_ORDERS)
        bn_budget_orders_full(&r->budget, bn_rest_now_ms(r));
    else if (j->next == BN_NEXT_CLOCK)
        bn_clock_doubt(r);
    else if (j->key && security != BN_PUBLIC)
        key_refused(r, j, mutating);
    if (security == BN_SIGNED && judged_by_its_merits(j))
        key_accepted(r, mutating);
    if (j->outcome == BN_ACCEPTED) {
        if (r->stop_ns > 0 && r->stop_ns <= bn_rest_now_ns(r)) {
            r->stop_ns = 0;
            bn_rest_trouble(r, "rate_limited", false, "the exchange answers again");
        }
    }
}

/* ---- the answer ------------------------------------------------------------------------------------------------ */

static uint32_t count_in(const struct eb_web_answer *a, const char *name)
{
    char text[16];
    if (!eb_web_header(a, name, text, sizeof text))
        return BN_NOT_TOLD;
    char *end = NULL;
    unsigned long n = strtoul(text, &end, 10);
    return end == text || n >= UINT32_MAX ? BN_NOT_TOLD : (uint32_t)n;
}

static void count_answer(struct bn_rest *r, const struct bn_entry *e, const struct eb_web_answer *a)
{
    bn_budget_settle(&r->budget, e->call.weight, e->call.orders);
    if (a->fate != EB_WEB_ANSWERED)
        return;
    /* The weight told by the book ticker is known to be wrong. */
    bool lies = strcmp(e->call.path, "/fapi/v1/ticker/bookTicker") == 0;
    bn_budget_told(&r->budget, bn_rest_now_ms(r), e->sent_ms, lies ? BN_NOT_TOLD : count_in(a, "x-mbx-used-weight-1m"),
                   count_in(a, "x-mbx-order-count-10s"), count_in(a, "x-mbx-order-count-1m"));
}

/* The delay before it is sent again; -1: it is over. */
static int64_t again_in(struct bn_rest *r, struct bn_entry *e, const struct bn_judged *j)
{
    switch ((enum bn_next)j->next) {
    case BN_NEXT_DONE:
        return -1;
    case BN_NEXT_AGAIN:
        return bn_backoff_ms(e->tries++);
    case BN_NEXT_CLOCK:
        return e->clock_tries++ < 2 ? 0 : -1; /* waits for the clock */
    case BN_NEXT_ORDERS:
        return bn_backoff_ms(e->tries++); /* and then for the window */
    case BN_NEXT_STOP:
        return bn_rest_now_ns(r) + bn_rest_ns(r, j->wait_ms) < e->deadline_ns ? 0 : -1;
    }
    return -1;
}

static void on_answer(void *user, const struct eb_web_answer *a)
{
    struct bn_entry *e = user;
    struct bn_rest *r = e->rest;
    struct bn_judged j;
    e->web = NULL;
    *(e->call.mutating ? &r->mutating : &r->reads) -= 1;
    count_answer(r, e, a);
    bn_judge_http(a, e->call.mutating, bn_rest_now_ms(r), &j);
    bn_rest_learn(r, &j, e->call.security, e->call.mutating);
    bool accepted = j.outcome == BN_ACCEPTED;
    int64_t delay = accepted ? -1 : again_in(r, e, &j);
    if (delay >= 0 && bn_rest_now_ns(r) + delay * BN_MS < e->deadline_ns) {
        e->last = j;
        r->repeated++;
        bn_rest_requeue(r, e, delay);
    } else {
        struct bn_result result = {.outcome = j.outcome,
                                   .reject = j.reject,
                                   .code = j.code,
                                   .http = j.http,
                                   .msg = j.msg,
                                   .body = accepted ? a->body : "",
                                   .len = accepted ? a->len : 0,
                                   .sent_ns = a->sent_ns,
                                   .answered_ns = a->answered_ns};
        bn_rest_finish(r, e, &result);
    }
    bn_rest_pump(r);
}

/* ---- sending --------------------------------------------------------------------------------------------------- */

static bool write_url(struct bn_rest *r, const struct bn_entry *e)
{
    struct bn_text t = {.at = r->url, .cap = sizeof r->url};
    bn_text_str(&t, r->base);
    bn_text_str(&t, e->call.path);
    bool is_signed = e->call.security == BN_SIGNED;
    if (e->call.params.count == 0 && !is_signed)
        return !t.failed;
    bn_text_str(&t, "?");
    size_t query = t.len;
    bn_params_query(&e->call.params, &t);
    if (!is_signed)
        return !t.failed;
    bn_text_str(&t, e->call.params.count ? "&recvWindow=" : "recvWindow=");
    bn_text_i64(&t, r->c.recv_window_ms);
    bn_text_str(&t, "&timestamp=");
    bn_text_i64(&t, bn_rest_now_ms(r));
    char signature[EB_BINANCE_SIGNATURE_MAX];
    size_t len = 0;
    if (t.failed || !r->c.key ||
        eb_binance_sign(r->c.key, r->url + query, t.len - query, signature, sizeof signature, &len) != EB_OK)
        return false;
    bn_text_str(&t, "&signature=");
    bn_text_encoded(&t, signature, len);
    return !t.failed;
}

static void end_unsent(struct bn_rest *r, struct bn_entry *e, const char *why)
{
    e->last = (struct bn_judged){.outcome = BN_REJECTED, .reject = EB_REJ_ALARM};
    snprintf(e->last.msg, sizeof e->last.msg, "%.150s", why);
    e->state = BN_ENTRY_ENDED;
    r->ended = true;
}

void bn_rest_send(struct bn_rest *r, struct bn_entry *e)
{
    struct eb_err err = {.where = where};
    if (!write_url(r, e)) {
        end_unsent(r, e, "the request is too long or cannot be signed");
        return;
    }
    int64_t now = bn_rest_now_ns(r), left = e->deadline_ns - now, most = r->c.timeout_ms * BN_MS;
    struct eb_web_request q = {.method = e->call.method,
                               .url = r->url,
                               .headers = e->call.security == BN_PUBLIC ? NULL : r->headers,
                               .deadline_ns = !e->call.mutating && left > most ? most : left,
                               .answer_max = e->call.answer_max ? e->call.answer_max : (size_t)1 << 20};
    e->state = BN_ENTRY_UNDER_WAY;
    e->sent_ms = bn_rest_now_ms(r);
    if (r->c.web.ops->request(r->c.web.web, &q, on_answer, e, &e->web, &err) != EB_OK) {
        end_unsent(r, e, err.msg);
        return;
    }
    bn_budget_book(&r->budget, e->sent_ms, e->call.weight, e->call.orders);
    *(e->call.mutating ? &r->mutating : &r->reads) += 1;
    r->sent++;
}
