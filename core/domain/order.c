/* SPDX-License-Identifier: Apache-2.0 */
/* Order states and client order ids; see order.h. */
#include "domain/order.h"

#include <string.h>

bool eb_order_is_terminal(enum eb_order_state s)
{
    switch (s) {
    case EB_OS_FILLED:
    case EB_OS_CANCELED:
    case EB_OS_EXPIRED:
    case EB_OS_REJECTED:
    case EB_OS_ABSENT:
        return true;
    case EB_OS_NONE:
    case EB_OS_PENDING:
    case EB_OS_NEW:
    case EB_OS_PARTIAL:
    case EB_OS_TRIGGERING:
    case EB_OS_TRIGGERED:
    case EB_OS_UNKNOWN:
    case EB_OS_COUNT:
        break;
    }
    return false;
}

bool eb_order_is_open(enum eb_order_state s)
{
    return s != EB_OS_NONE && s != EB_OS_COUNT && !eb_order_is_terminal(s);
}

/* How far an order has come; equal ranks may follow each other (PARTIAL after PARTIAL). */
static int rank(enum eb_order_state s)
{
    switch (s) {
    case EB_OS_NONE:
    case EB_OS_PENDING:
    case EB_OS_UNKNOWN:
        return 0;
    case EB_OS_NEW:
        return 1;
    case EB_OS_TRIGGERING:
        return 2;
    case EB_OS_TRIGGERED:
        return 3;
    case EB_OS_PARTIAL:
        return 4;
    case EB_OS_FILLED:
    case EB_OS_CANCELED:
    case EB_OS_EXPIRED:
    case EB_OS_REJECTED:
    case EB_OS_ABSENT:
    case EB_OS_COUNT:
        break;
    }
    return 5;
}

bool eb_order_may_become(enum eb_order_state from, enum eb_order_state to)
{
    if (eb_order_is_terminal(from)) {
        return false;
    }
    return from == EB_OS_UNKNOWN || to == EB_OS_UNKNOWN || rank(to) >= rank(from);
}

static const char *const state_names[EB_OS_COUNT] = {
    [EB_OS_NONE] = "none",           [EB_OS_PENDING] = "pending",   [EB_OS_NEW] = "new",
    [EB_OS_PARTIAL] = "partial",     [EB_OS_FILLED] = "filled",     [EB_OS_CANCELED] = "canceled",
    [EB_OS_EXPIRED] = "expired",     [EB_OS_REJECTED] = "rejected", [EB_OS_TRIGGERING] = "triggering",
    [EB_OS_TRIGGERED] = "triggered", [EB_OS_UNKNOWN] = "unknown",   [EB_OS_ABSENT] = "absent",
};
static const char *const purpose_names[EB_PURPOSE_COUNT] = {
    [EB_PURPOSE_STOP] = "stop",         [EB_PURPOSE_FULL_EXIT] = "full_exit", [EB_PURPOSE_FLATTEN] = "flatten",
    [EB_PURPOSE_BACKSTOP] = "backstop", [EB_PURPOSE_BRIDGE] = "bridge",       [EB_PURPOSE_TARGET] = "target",
    [EB_PURPOSE_PARTIAL] = "partial",   [EB_PURPOSE_SOFT] = "soft",
};
static const char *const reject_names[EB_REJ_COUNT] = {
    [EB_REJ_NONE] = "none",     [EB_REJ_RETRY] = "retry",
    [EB_REJ_FIX] = "fix",       [EB_REJ_CLOCK] = "clock",
    [EB_REJ_BAND] = "band",     [EB_REJ_REDUCE_ONLY] = "reduce_only",
    [EB_REJ_SLOTS] = "slots",   [EB_REJ_WOULD_TRIGGER] = "would_trigger",
    [EB_REJ_EXISTS] = "exists", [EB_REJ_DUPLICATE] = "duplicate",
    [EB_REJ_GONE] = "gone",     [EB_REJ_MODE] = "mode",
    [EB_REJ_ALARM] = "alarm",
};
static const char *const exit_names[EB_EXIT_REASON_COUNT] = {
    [EB_EXIT_TARGET] = "target",           [EB_EXIT_STOP] = "stop",           [EB_EXIT_TRAILING] = "trailing",
    [EB_EXIT_POLICY] = "policy",           [EB_EXIT_EMERGENCY] = "emergency", [EB_EXIT_LIQUIDATION] = "liquidation",
    [EB_EXIT_END_OF_DATA] = "end_of_data", [EB_EXIT_EXTERNAL] = "external",   [EB_EXIT_FLATTEN] = "flatten",
};
static const char *const regime_names[EB_REGIME_COUNT] = {
    [EB_REGIME_UNKNOWN] = "UNKNOWN",   [EB_REGIME_TREND] = "TREND", [EB_REGIME_RANGE] = "RANGE",
    [EB_REGIME_VOLATILE] = "VOLATILE", [EB_REGIME_CHOP] = "CHOP",   [EB_REGIME_NORMAL] = "NORMAL",
};

static const char *name_of(const char *const *names, unsigned n, unsigned i)
{
    return i < n && names[i] != NULL ? names[i] : "?";
}

const char *eb_order_state_name(enum eb_order_state s)
{
    return name_of(state_names, EB_OS_COUNT, (unsigned)s);
}
const char *eb_purpose_name(enum eb_purpose p)
{
    return name_of(purpose_names, EB_PURPOSE_COUNT, (unsigned)p);
}
const char *eb_reject_name(enum eb_reject_class c)
{
    return name_of(reject_names, EB_REJ_COUNT, (unsigned)c);
}
const char *eb_exit_reason_name(enum eb_exit_reason r)
{
    return name_of(exit_names, EB_EXIT_REASON_COUNT, (unsigned)r);
}
const char *eb_side_name(enum eb_side s)
{
    return s == EB_LONG ? "LONG" : "SHORT";
}
const char *eb_regime_name(enum eb_regime r)
{
    return name_of(regime_names, EB_REGIME_COUNT, (unsigned)r);
}

static const char digits36[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static size_t put36(char *out, size_t at, uint32_t v)
{
    char tmp[8];
    size_t n = 0;
    do {
        tmp[n++] = digits36[v % 36];
        v /= 36;
    } while (v != 0);
    while (n > 0) {
        out[at++] = tmp[--n];
    }
    return at;
}

size_t eb_client_id_format(eb_client_id id, char out[EB_CLIENT_ID_TEXT_MAX])
{
    size_t at = 0;
    out[at++] = 'x';
    out[at++] = 'b';
    at = put36(out, at, id.instance); /* at most 7 characters */
    out[at++] = '-';
    at = put36(out, at, id.episode); /* 7 */
    out[at++] = '-';
    out[at++] = digits36[id.purpose % 36];
    at = put36(out, at, id.leg); /* 2 */
    out[at++] = '-';
    at = put36(out, at, id.attempt); /* 7 */
    out[at++] = '.';
    at = put36(out, at, id.slice); /* 2 */
    out[at] = '\0';
    EB_ASSERT(at < EB_CLIENT_ID_TEXT_MAX);
    return at;
}

/* Reads base 36 up to max; stops at the first other character. */
static bool get36(const char **text, uint32_t max, uint32_t *out)
{
    uint64_t v = 0;
    const char *start = *text;
    for (;; (*text)++) {
        const char *d = **text != '\0' ? strchr(digits36, **text) : NULL;
        if (d == NULL) {
            break;
        }
        v = v * 36 + (uint64_t)(d - digits36);
        if (v > max) {
            return false;
        }
    }
    *out = (uint32_t)v;
    return *text != start;
}

bool eb_client_id_parse(const char *text, eb_client_id *out)
{
    uint32_t instance;
    uint32_t episode;
    uint32_t leg;
    uint32_t attempt;
    uint32_t slice;
    if (text[0] != 'x' || text[1] != 'b') {
        return false;
    }
    const char *p = text + 2;
    if (!get36(&p, UINT32_MAX, &instance) || *p++ != '-' || !get36(&p, UINT32_MAX, &episode) || *p++ != '-' ||
        *p < '0' || *p >= '0' + EB_PURPOSE_COUNT) {
        return false;
    }
    uint8_t purpose = (uint8_t)(*p++ - '0');
    if (!get36(&p, UINT8_MAX, &leg) || *p++ != '-' || !get36(&p, UINT32_MAX, &attempt) || *p++ != '.' ||
        !get36(&p, UINT8_MAX, &slice) || *p != '\0' || instance == 0) {
        return false;
    }
    *out = (eb_client_id){.instance = instance,
                          .episode = episode,
                          .attempt = attempt,
                          .purpose = purpose,
                          .leg = (uint8_t)leg,
                          .slice = (uint8_t)slice};
    char again[EB_CLIENT_ID_TEXT_MAX]; /* one id has one text: no leading zeros */
    (void)eb_client_id_format(*out, again);
    return strcmp(text, again) == 0;
}

bool eb_client_id_equal(eb_client_id a, eb_client_id b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

bool eb_client_id_is_ours(eb_client_id id, uint32_t instance)
{
    return id.instance != 0 && id.instance == instance;
}
