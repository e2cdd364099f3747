/* SPDX-License-Identifier: Apache-2.0 */
/* every:N and its options. */
#include <string.h>

#include "base/decimal.h"
#include "feed/entries.h"
#include "feed/nearest.h"

#define PREFIX "every:"
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define ROWS_DIGITS_MAX 8
#define KEY_MAX 16
#define NOTIONAL_DEFAULT (1000 * EB_E8)
#define LEVERAGE_DEFAULT (10 * EB_PPM)

struct part {
    const char *text;
    size_t len;
};

static const char *const keys[] = {"side", "notional", "leverage"};

static bool parse_rows(struct part p, uint32_t *out);
static int parse_option(struct part p, unsigned *seen, struct eb_every *out, struct eb_err *err);

bool eb_every_is(const char *spec)
{
    return strncmp(spec, PREFIX, PREFIX_LEN) == 0;
}

int eb_every_parse(const char *spec, struct eb_every *out, struct eb_err *err)
{
    struct eb_every every = {.notional = {NOTIONAL_DEFAULT}, .leverage_ppm = LEVERAGE_DEFAULT};
    if (!eb_every_is(spec)) {
        return eb_err_set(err, EB_E_INVALID, "every", "expected every:N, got '%.40s'", spec);
    }
    unsigned seen = 0;
    const char *at = spec + PREFIX_LEN;
    struct part part = {at, strcspn(at, ",")};
    if (!parse_rows(part, &every.rows)) {
        return eb_err_set(err, EB_E_INVALID, "every",
                          "every:N needs a whole number of rows from 1 to 99999999, got '%.*s'",
                          (int)(part.len < 40 ? part.len : 40), part.text);
    }
    while (part.text[part.len] == ',') {
        at = part.text + part.len + 1;
        part = (struct part){at, strcspn(at, ",")};
        int rc = parse_option(part, &seen, &every, err);
        if (rc != EB_OK) {
            return rc;
        }
    }
    *out = every;
    return EB_OK;
}

static bool parse_rows(struct part p, uint32_t *out)
{
    uint32_t value = 0;
    if (p.len == 0 || p.len > ROWS_DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < p.len; i++) {
        if (p.text[i] < '0' || p.text[i] > '9') {
            return false;
        }
        value = value * 10 + (uint32_t)(p.text[i] - '0');
    }
    *out = value;
    return value > 0;
}

static bool is(struct part p, const char *word)
{
    return p.len == strlen(word) && memcmp(p.text, word, p.len) == 0;
}

static int unknown_key(struct part key, struct eb_err *err)
{
    char name[KEY_MAX + 1], hint[EB_NEAREST_TEXT_MAX];
    size_t len = key.len < KEY_MAX ? key.len : KEY_MAX;
    struct eb_nearest nearest = {0};
    memcpy(name, key.text, len);
    name[len] = '\0';
    for (size_t i = 0; i < EB_COUNT(keys); i++) {
        eb_nearest_offer(&nearest, name, keys[i]);
    }
    return eb_err_set(err, EB_E_INVALID, "every", "unknown option '%s' of every:N (side, notional, leverage)%s", name,
                      eb_nearest_text(&nearest, hint));
}

static bool parse_value(size_t key, struct part value, struct eb_every *out)
{
    int64_t e8 = 0;
    if (key == 0) {
        out->side = is(value, "long") ? EB_EVERY_LONG : EB_EVERY_SHORT;
        return is(value, "long") || is(value, "short");
    }
    if (eb_decimal_parse(value.text, value.len, true, EB_ROUND_FLOOR, &e8) != EB_OK || e8 <= 0) {
        return false;
    }
    if (key == 1) {
        out->notional.e8 = e8;
        return true;
    }
    out->leverage_ppm = e8 / (EB_E8 / EB_PPM);
    return e8 >= EB_E8 && e8 <= EB_LEVERAGE_MAX * EB_E8;
}

static int parse_option(struct part p, unsigned *seen, struct eb_every *out, struct eb_err *err)
{
    static const char *const wanted[] = {"long or short", "an amount above 0", "1 to 500"};
    const char *equals = memchr(p.text, '=', p.len);
    struct part key = {p.text, equals != NULL ? (size_t)(equals - p.text) : p.len};
    size_t k = 0;
    while (k < EB_COUNT(keys) && !is(key, keys[k])) {
        k++;
    }
    if (k == EB_COUNT(keys)) {
        return unknown_key(key, err);
    }
    if (equals == NULL) {
        return eb_err_set(err, EB_E_INVALID, "every", "option %s of every:N has no value: expected %s=...", keys[k],
                          keys[k]);
    }
    if ((*seen & (1U << k)) != 0) {
        return eb_err_set(err, EB_E_INVALID, "every", "option %s of every:N is given twice", keys[k]);
    }
    *seen |= 1U << k;
    struct part value = {equals + 1, p.len - key.len - 1};
    if (!parse_value(k, value, out)) {
        return eb_err_set(err, EB_E_INVALID, "every", "option %s of every:N: expected %s, got '%.*s'", keys[k],
                          wanted[k], (int)(value.len < 40 ? value.len : 40), value.text);
    }
    return EB_OK;
}
