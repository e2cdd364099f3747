/* SPDX-License-Identifier: Apache-2.0 */
/* Moments. Calendar arithmetic is done here: the C library's would ask for a time zone. */
#include "app/when.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)
#define TIME_MAX_MS (INT64_C(253402300800) * 1000) /* the year 10000 */

static int wrong(const char *what, const char *text, struct eb_err *err)
{
    return eb_err_set(
        err, EB_E_INVALID, "when",
        "%s: \"%.60s\" is no time: write 2025-06-01T12:00:05Z (UTC), epoch milliseconds, or +30s from the "
        "beginning",
        what, text);
}

/* Exactly n digits. */
static bool digits(const char **at, int n, int64_t *out)
{
    *out = 0;
    for (int i = 0; i < n; i++, (*at)++) {
        if (**at < '0' || **at > '9') {
            return false;
        }
        *out = *out * 10 + (**at - '0');
    }
    return true;
}

static bool skip(const char **at, const char *any)
{
    if (**at == '\0' || strchr(any, **at) == NULL) {
        return false;
    }
    (*at)++;
    return true;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar; years begin in March, so that leap days come last. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t month_days(int64_t year, int64_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

static bool fraction(const char **at, int64_t *ms)
{
    int64_t scale = 100;
    *ms = 0;
    if (**at < '0' || **at > '9') {
        return false;
    }
    for (; **at >= '0' && **at <= '9'; (*at)++, scale /= 10) {
        *ms += (**at - '0') * scale;
    }
    return true;
}

static bool iso(const char *text, int64_t *out)
{
    int64_t year;
    int64_t month;
    int64_t day;
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    int64_t ms = 0;
    const char *at = text;
    if (!digits(&at, 4, &year) || !skip(&at, "-") || !digits(&at, 2, &month) || !skip(&at, "-") ||
        !digits(&at, 2, &day) || year < 1970 || month < 1 || month > 12 || day < 1 || day > month_days(year, month)) {
        return false;
    }
    if (skip(&at, "T ")) {
        if (!digits(&at, 2, &hour) || !skip(&at, ":") || !digits(&at, 2, &minute) ||
            (skip(&at, ":") && !digits(&at, 2, &second)) || (skip(&at, ".") && !fraction(&at, &ms))) {
            return false;
        }
    }
    (void)skip(&at, "Z");
    if (*at != '\0' || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    *out = days_of(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
    return true;
}

int eb_when_parse(const char *what, const char *text, int64_t start_ms, int64_t *out_ms, struct eb_err *err)
{
    struct eb_err unread;
    int64_t v;
    if (text[0] == '+') {
        if (eb_value_duration(what, text + 1, 0, TIME_MAX_MS, &v, &unread) != EB_OK) {
            return wrong(what, text, err);
        }
        *out_ms = start_ms + v;
        return EB_OK;
    }
    if (eb_value_integer(what, text, 0, TIME_MAX_MS, &v, &unread) == EB_OK || iso(text, &v)) {
        *out_ms = v;
        return EB_OK;
    }
    return wrong(what, text, err);
}
