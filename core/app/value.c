/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of values. A range is part of the message, in the unit in which the value was written. */
#include "app/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "feed/nearest.h"

static const char where[] = "value";

static const struct {
    const char *name;
    int64_t ms;
} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};

static const char *unit_name(enum eb_ratio_unit unit)
{
    return unit == EB_IN_BPS ? " bps" : unit == EB_IN_PERCENT ? " %" : "";
}

/* low .. high in their unit; an end beyond any sensible value is left out. */
static int out_of_range(const char *what, const char *text, int64_t low, int64_t high, int scale, const char *unit,
                        struct eb_err *err)
{
    char from[EB_DECIMAL_TEXT_MAX];
    char to[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(low, scale, from);
    (void)eb_decimal_format(high, scale, to);
    if (high >= INT64_MAX / 2) {
        return eb_err_set(err, EB_E_INVALID, where, "%s: %s is out of range: at least %s%s", what, text, from, unit);
    }
    return eb_err_set(err, EB_E_INVALID, where, "%s: %s is out of range: %s .. %s%s", what, text, from, to, unit);
}

static int not_a(const char *what, const char *text, const char *kind, struct eb_err *err)
{
    return eb_err_set(err, EB_E_INVALID, where, "%s: \"%.60s\" is no %s", what, text, kind);
}

int eb_value_decimal(const char *what, const char *text, int64_t min_e8, int64_t max_e8, int64_t *out_e8,
                     struct eb_err *err)
{
    int64_t v;
    if (eb_decimal_parse(text, strlen(text), true, EB_ROUND_FLOOR, &v) != EB_OK) {
        return not_a(what, text, "plain decimal number of at most 8 decimals (like 0.001)", err);
    }
    if (v < min_e8 || v > max_e8) {
        return out_of_range(what, text, min_e8, max_e8, 8, "", err);
    }
    *out_e8 = v;
    return EB_OK;
}

int eb_value_ratio(const char *what, const char *text, enum eb_ratio_unit unit, int64_t min_ppm, int64_t max_ppm,
                   int64_t *out_ppm, struct eb_err *err)
{
    int64_t v;
    if (eb_decimal_parse(text, strlen(text), true, EB_ROUND_FLOOR, &v) != EB_OK) {
        return not_a(what, text, "plain decimal number (like 2.5)", err);
    }
    int scale = unit == EB_IN_BPS ? 2 : unit == EB_IN_PERCENT ? 4 : 6;
    eb_i128 scaled = (eb_i128)v * (int64_t)unit;
    if (scaled % EB_E8 != 0) {
        return eb_err_set(err, EB_E_INVALID, where, "%s: %s has more than %d decimals", what, text, scale);
    }
    if (scaled / EB_E8 < min_ppm || scaled / EB_E8 > max_ppm) {
        return out_of_range(what, text, min_ppm, max_ppm, scale, unit_name(unit), err);
    }
    *out_ppm = (int64_t)(scaled / EB_E8);
    return EB_OK;
}

int eb_value_duration(const char *what, const char *text, int64_t min_ms, int64_t max_ms, int64_t *out_ms,
                      struct eb_err *err)
{
    size_t digits = strspn(text, "0123456789.");
    int64_t unit = 0;
    for (size_t i = 0; i < EB_COUNT(units); i++) {
        unit = strcmp(text + digits, units[i].name) == 0 ? units[i].ms : unit;
    }
    if (digits > 0 && text[digits] == '\0') {
        return eb_err_set(err, EB_E_INVALID, where, "%s: %s has no unit: write %ss (or ms, m, h, d)", what, text, text);
    }
    int64_t v;
    if (unit == 0 || eb_decimal_parse(text, digits, true, EB_ROUND_FLOOR, &v) != EB_OK) {
        return not_a(what, text, "time with its unit (like 250ms, 60s, 10m, 2h, 1d)", err);
    }
    eb_i128 scaled = (eb_i128)v * unit;
    if (scaled % EB_E8 != 0) {
        return eb_err_set(err, EB_E_INVALID, where, "%s: %s is no whole number of milliseconds", what, text);
    }
    if (scaled / EB_E8 < min_ms || scaled / EB_E8 > max_ms) {
        char from[EB_DURATION_TEXT_MAX];
        char to[EB_DURATION_TEXT_MAX];
        return eb_err_set(err, EB_E_INVALID, where, "%s: %s is out of range: %s .. %s", what, text,
                          eb_duration_text(min_ms, from), eb_duration_text(max_ms, to));
    }
    *out_ms = (int64_t)(scaled / EB_E8);
    return EB_OK;
}

const char *eb_duration_text(int64_t ms, char out[EB_DURATION_TEXT_MAX])
{
    size_t i = EB_COUNT(units);
    while (i > 1 && (ms == 0 || ms % units[i - 1].ms != 0)) {
        i--;
    }
    (void)snprintf(out, EB_DURATION_TEXT_MAX, "%" PRId64 "%s", ms / units[i - 1].ms, units[i - 1].name);
    return out;
}

int eb_value_integer(const char *what, const char *text, int64_t min, int64_t max, int64_t *out, struct eb_err *err)
{
    size_t sign = text[0] == '-' ? 1 : 0;
    size_t len = strlen(text);
    if (len == sign || strspn(text + sign, "0123456789") != len - sign) {
        return not_a(what, text, "whole number", err);
    }
    eb_i128 v = 0;
    for (size_t i = sign; i < len && v <= INT64_MAX; i++) {
        v = v * 10 + (text[i] - '0');
    }
    v = sign != 0 ? -v : v;
    if (v < min || v > max) {
        return out_of_range(what, text, min, max, 0, "", err);
    }
    *out = (int64_t)v;
    return EB_OK;
}

int eb_value_choice(const char *what, const char *text, const char *const *names, int64_t *out, struct eb_err *err)
{
    char list[200] = "";
    struct eb_nearest near = {0};
    for (size_t i = 0, used = 0; names[i] != NULL; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (int64_t)i;
            return EB_OK;
        }
        eb_nearest_offer(&near, text, names[i]);
        int n = snprintf(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "", names[i]);
        used += n > 0 && (size_t)n < sizeof(list) - used ? (size_t)n : 0;
    }
    char hint[EB_NEAREST_TEXT_MAX];
    return eb_err_set(err, EB_E_INVALID, where, "%s: \"%.60s\" is not one of %s%s", what, text, list,
                      eb_nearest_text(&near, hint));
}
