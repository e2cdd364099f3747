/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See outcome.h. Two questions, in this order: may it have been executed, and is it worth sending again. Whatever is
 * not known to mean "not executed" is UNKNOWN where it matters (mutating), and asked again where it does not.
 */
#include "venue/binance/outcome.h"

#include <stdio.h>
#include <string.h>

#include "venue/binance/codec.h"
#include "venue/codes.h"

#define STOP_429_MS 60000   /* where the exchange names no time: its window */
#define STOP_418_MS 120000  /* the shortest ban there is */
#define STOP_403_MS 120000  /* the firewall wants minutes */
#define STOP_MAX_MS 3600000 /* asked again after an hour, whatever a header says: bans that are longer say so again */

static void unknown(struct bn_judged *j, bool mutating)
{
    j->outcome = BN_UNKNOWN;
    j->reject = EB_REJ_NONE;
    j->next = mutating ? BN_NEXT_DONE : BN_NEXT_AGAIN;
}

static void refused(struct bn_judged *j, enum eb_reject_class why, enum bn_next next)
{
    j->outcome = BN_REJECTED;
    j->reject = (uint8_t)why;
    j->next = (uint8_t)next;
}

static void stop(struct bn_judged *j, int64_t wait_ms)
{
    refused(j, EB_REJ_RETRY, BN_NEXT_STOP);
    j->wait_ms = wait_ms < 1000 ? 1000 : wait_ms > STOP_MAX_MS ? STOP_MAX_MS : wait_ms;
}

static bool number_at(const char *text, int64_t *out)
{
    int64_t n = 0;
    size_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9' && i < 17; i++)
        n = n * 10 + (text[i] - '0');
    *out = n;
    return i > 0;
}

/* "... IP banned until 1700000000000 ..." */
static bool banned_until(const char *msg, int64_t *until_ms)
{
    const char *at = strstr(msg, "until ");
    return at && number_at(at + 6, until_ms) && *until_ms > INT64_C(1000000000000);
}

static void too_many(struct bn_judged *j, int64_t now_ms, int64_t retry_after_ms)
{
    int64_t until_ms = 0;
    if (banned_until(j->msg, &until_ms) && until_ms > now_ms)
        stop(j, until_ms - now_ms);
    else if (retry_after_ms > 0)
        stop(j, retry_after_ms);
    else
        stop(j, j->http == 418 ? STOP_418_MS : STOP_429_MS);
}

static bool names_the_key(int32_t code)
{
    switch (code) {
    case -1002:
    case -1022:
    case -2008:
    case -2014:
    case -2015:
    case -2017:
    case -4056:
    case -4057:
        return true;
    default:
        return false;
    }
}

/* A code of the exchange below 500. */
static void by_code(struct bn_judged *j, bool mutating, int64_t now_ms, int64_t retry_after_ms)
{
    if (j->code == -1003) {
        too_many(j, now_ms, retry_after_ms);
    } else if (j->code == -1015) {
        refused(j, EB_REJ_RETRY, BN_NEXT_ORDERS);
    } else if (eb_code_outcome_unknown(j->code)) {
        unknown(j, mutating);
    } else if (names_the_key(j->code)) {
        refused(j, EB_REJ_ALARM, BN_NEXT_DONE);
        j->key = true;
        j->signature = j->code == -1022;
    } else {
        enum eb_reject_class class = eb_code_class(j->code);
        enum bn_next next = class == EB_REJ_CLOCK   ? BN_NEXT_CLOCK
                            : class == EB_REJ_RETRY ? BN_NEXT_AGAIN
                                                    : BN_NEXT_DONE;
        refused(j, class == EB_REJ_NONE ? EB_REJ_ALARM : class, next);
    }
}

static void judge(struct bn_judged *j, bool mutating, bool json, int64_t now_ms, int64_t retry_after_ms)
{
    if (j->http == 418 || j->http == 429) {
        if (j->code == -1015)
            refused(j, EB_REJ_RETRY, BN_NEXT_ORDERS);
        else
            too_many(j, now_ms, retry_after_ms);
    } else if (j->code == -1008 || (j->http == 503 && json && strncmp(j->msg, "Service Unavailable", 19) == 0)) {
        refused(j, EB_REJ_RETRY, BN_NEXT_AGAIN);
    } else if (j->http >= 500 || j->http == 408) {
        if (j->code == -1003)
            too_many(j, now_ms, retry_after_ms);
        else
            unknown(j, mutating);
    } else if (j->code != 0) {
        by_code(j, mutating, now_ms, retry_after_ms);
    } else if (j->http == 401) {
        refused(j, EB_REJ_ALARM, BN_NEXT_DONE);
        j->key = true;
    } else if (j->http == 403) {
        stop(j, retry_after_ms > 0 ? retry_after_ms : STOP_403_MS);
        j->reject = EB_REJ_ALARM;
    } else {
        unknown(j, mutating);
    }
}

/* ---- HTTP ------------------------------------------------------------------------------------------------------ */

/* The first byte that is no blank; 0 for an empty answer. */
static char begins_with(const struct eb_web_answer *a)
{
    size_t i = strspn(a->body, " \t\r\n");
    return i < a->len ? a->body[i] : '\0';
}

/* An answer of 2xx that tells a refusal all the same. Large ones are documents, never that. */
static bool refusal_in_disguise(const struct eb_web_answer *a, struct bn_judged *j)
{
    return a->len < 1024 && begins_with(a) == '{' &&
           bn_decode_error(a->body, a->len, &j->code, j->msg, sizeof j->msg) == EB_OK && j->code < 0;
}

static void answered(const struct eb_web_answer *a, bool mutating, int64_t now_ms, struct bn_judged *j)
{
    char text[24];
    int64_t seconds = 0;
    if (eb_web_header(a, "retry-after", text, sizeof text) && number_at(text, &seconds) && seconds > 86400)
        seconds = 86400;
    char first = begins_with(a);
    bool json = first == '{' || first == '[';
    if (a->status >= 200 && a->status < 300) {
        if (!json) {
            snprintf(j->msg, sizeof j->msg, "HTTP %d with an answer that is no document", a->status);
            unknown(j, mutating);
            return;
        }
        if (!refusal_in_disguise(a, j)) {
            j->code = 0;
            j->msg[0] = 0;
            j->outcome = BN_ACCEPTED;
            return;
        }
    } else if (!json || bn_decode_error(a->body, a->len, &j->code, j->msg, sizeof j->msg) != EB_OK) {
        j->code = 0;
        const char *b =
            json && a->len < 512 && strstr(a->body, "\"Service Unavailable") ? "Service Unavailable." : NULL;
        if (b)
            snprintf(j->msg, sizeof j->msg, "%s", b);
        else
            snprintf(j->msg, sizeof j->msg, "HTTP %d without an error code", a->status);
    }
    judge(j, mutating, json, now_ms, seconds * 1000);
}

void bn_judge_http(const struct eb_web_answer *a, bool mutating, int64_t now_ms, struct bn_judged *j)
{
    *j = (struct bn_judged){.http = a->status};
    switch ((enum eb_web_fate)a->fate) {
    case EB_WEB_ANSWERED:
        answered(a, mutating, now_ms, j);
        return;
    case EB_WEB_NOT_SENT:
        refused(j, EB_REJ_RETRY, BN_NEXT_AGAIN);
        break;
    case EB_WEB_UNKNOWN:
    case EB_WEB_UNREADABLE:
        unknown(j, mutating);
        break;
    }
    snprintf(j->msg, sizeof j->msg, "%.150s", a->err.msg);
}

void bn_judge_ws(int status, int32_t code, const char *msg, bool mutating, int64_t now_ms, int64_t retry_after_ms,
                 struct bn_judged *j)
{
    *j = (struct bn_judged){.http = status, .code = code};
    snprintf(j->msg, sizeof j->msg, "%s", msg);
    judge(j, mutating, true, now_ms, retry_after_ms);
}
