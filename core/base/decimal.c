/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact decimals. Text flows in through scan() (syntax) and value_of() (digits to a magnitude and what was cut off,
 * then one rounding); out through format(). Between them only checked integers, products in __int128.
 */
#include "base/decimal.h"

#define SCALE_E8 8
#define EXPONENT_CAP INT64_C(1000000000000000) /* beyond the length of any text, so capping never changes a value */

static const uint64_t MAGNITUDE_MAX = INT64_MAX; /* INT64_MIN is left out: every amount read can be negated */

/* ---- division and checked sums ---------------------------------------------------------------------------------- */

eb_i128 eb_div_round(eb_i128 num, eb_i128 den, enum eb_round mode)
{
    EB_ASSERT(den > 0);
    eb_i128 quotient = num / den;        /* truncates towards zero */
    eb_i128 rest = num - quotient * den; /* has the sign of num */
    if (rest == 0) {
        return quotient;
    }
    eb_i128 rest_abs = rest < 0 ? -rest : rest;
    eb_i128 to_next = den - rest_abs; /* compared with rest_abs instead of doubling it, which could overflow */
    eb_i128 away = num < 0 ? -1 : 1;
    bool step = false;
    switch (mode) {
    case EB_ROUND_FLOOR:
        step = num < 0;
        break;
    case EB_ROUND_CEIL:
        step = num > 0;
        break;
    case EB_ROUND_HALF_AWAY:
        step = rest_abs >= to_next;
        break;
    case EB_ROUND_HALF_EVEN:
        step = rest_abs > to_next || (rest_abs == to_next && (quotient % 2) != 0);
        break;
    }
    return step ? quotient + away : quotient;
}

bool eb_div_i64(eb_i128 num, eb_i128 den, enum eb_round mode, int64_t *out)
{
    eb_i128 q = eb_div_round(num, den, mode);
    if (q < INT64_MIN || q > INT64_MAX) {
        return false;
    }
    *out = (int64_t)q;
    return true;
}

bool eb_mul_div(int64_t a, int64_t b, int64_t den, enum eb_round mode, int64_t *out)
{
    return eb_div_i64((eb_i128)a * b, den, mode, out);
}

bool eb_add_i64(int64_t a, int64_t b, int64_t *out)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        return false;
    }
    *out = sum;
    return true;
}

bool eb_sub_i64(int64_t a, int64_t b, int64_t *out)
{
    int64_t difference;
    if (__builtin_sub_overflow(a, b, &difference)) {
        return false;
    }
    *out = difference;
    return true;
}

bool eb_price_add(eb_price a, eb_price b, eb_price *out)
{
    return eb_add_i64(a.e8, b.e8, &out->e8);
}

bool eb_price_sub(eb_price a, eb_price b, eb_price *out)
{
    return eb_sub_i64(a.e8, b.e8, &out->e8);
}

bool eb_qty_add(eb_qty a, eb_qty b, eb_qty *out)
{
    return eb_add_i64(a.e8, b.e8, &out->e8);
}

bool eb_qty_sub(eb_qty a, eb_qty b, eb_qty *out)
{
    int64_t difference;
    if (!eb_sub_i64(a.e8, b.e8, &difference) || difference < 0) {
        return false;
    }
    out->e8 = difference;
    return true;
}

bool eb_money_add(eb_money a, eb_money b, eb_money *out)
{
    return eb_add_i64(a.e8, b.e8, &out->e8);
}

bool eb_money_sub(eb_money a, eb_money b, eb_money *out)
{
    return eb_sub_i64(a.e8, b.e8, &out->e8);
}

bool eb_notional(eb_price price, eb_qty qty, enum eb_round mode, eb_money *out)
{
    return eb_mul_div(price.e8, qty.e8, EB_E8, mode, &out->e8);
}

/* ---- text to number --------------------------------------------------------------------------------------------- */

/* The parts of a number's text, borrowed from it. */
struct parts {
    bool negative;
    const char *whole;
    size_t whole_len;
    const char *fraction;
    size_t fraction_len;
    int64_t exponent;
};

/* A magnitude under construction: digits kept, and what is known about those cut off. */
struct magnitude {
    uint64_t value;
    bool overflow;
    unsigned first_cut; /* the digit right after the last one kept */
    bool rest_cut;      /* a digit other than zero after that one */
};

static size_t digits_at(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[n] >= '0' && text[n] <= '9') {
        n++;
    }
    return n;
}

static bool scan_exponent(const char *text, size_t len, int64_t *out)
{
    bool negative = len > 0 && text[0] == '-';
    size_t i = negative || (len > 0 && text[0] == '+') ? 1 : 0;
    size_t digits = digits_at(text + i, len - i);
    if (digits == 0 || i + digits != len) {
        return false;
    }
    int64_t e = 0;
    for (; i < len; i++) {
        e = e * 10 + (text[i] - '0');
        if (e > EXPONENT_CAP) {
            e = EXPONENT_CAP;
        }
    }
    *out = negative ? -e : e;
    return true;
}

static bool scan(const char *text, size_t len, bool with_exponent, struct parts *p)
{
    if (len == 0) { /* text may be NULL then */
        return false;
    }
    p->negative = text[0] == '-';
    size_t i = p->negative ? 1 : 0;
    p->whole = text + i;
    p->whole_len = digits_at(text + i, len - i);
    i += p->whole_len;
    p->fraction = text + i;
    p->fraction_len = 0;
    p->exponent = 0;
    if (p->whole_len == 0) {
        return false;
    }
    if (i < len && text[i] == '.') {
        i++;
        p->fraction = text + i;
        p->fraction_len = digits_at(text + i, len - i);
        i += p->fraction_len;
        if (p->fraction_len == 0) {
            return false;
        }
    }
    if (with_exponent && i < len && (text[i] == 'e' || text[i] == 'E')) {
        return scan_exponent(text + i + 1, len - i - 1, &p->exponent);
    }
    return i == len;
}

static inline void keep_digit(struct magnitude *m, unsigned digit)
{
    const uint64_t tenth = INT64_MAX / 10;
    if (m->value > tenth || (m->value == tenth && digit > INT64_MAX % 10)) {
        m->overflow = true;
        return;
    }
    m->value = m->value * 10 + digit;
}

/* Takes the digits of one part; `keep` of them (counted from the first, may be negative) belong to the magnitude. */
static void take_digits(struct magnitude *m, const char *digits, size_t len, int64_t keep)
{
    size_t kept = keep <= 0 ? 0 : ((uint64_t)keep < len ? (size_t)keep : len);
    for (size_t i = 0; i < kept; i++) {
        keep_digit(m, (unsigned)(digits[i] - '0'));
    }
    for (size_t i = kept; i < len; i++) {
        unsigned digit = (unsigned)(digits[i] - '0');
        if ((int64_t)i == keep) {
            m->first_cut = digit;
        } else if (digit != 0) {
            m->rest_cut = true;
        }
    }
}

static bool rounds_up(const struct magnitude *m, bool negative, enum eb_round mode)
{
    bool any = m->first_cut != 0 || m->rest_cut;
    switch (mode) {
    case EB_ROUND_FLOOR:
        return any && negative;
    case EB_ROUND_CEIL:
        return any && !negative;
    case EB_ROUND_HALF_AWAY:
        return m->first_cut >= 5;
    case EB_ROUND_HALF_EVEN:
        return m->first_cut > 5 || (m->first_cut == 5 && (m->rest_cut || (m->value & 1) != 0));
    }
    return false;
}

static int value_of(const struct parts *p, bool exact, enum eb_round mode, int64_t *out)
{
    struct magnitude m = {0};
    int64_t keep = (int64_t)p->whole_len + p->exponent + SCALE_E8; /* digits, from the first, that are kept */
    take_digits(&m, p->whole, p->whole_len, keep);
    int64_t keep_fraction = keep - (int64_t)p->whole_len;
    take_digits(&m, p->fraction, p->fraction_len, keep_fraction);
    /* Ends after 19 rounds at the latest: a value that is not zero overflows by then. */
    for (int64_t i = (int64_t)p->fraction_len; i < keep_fraction && m.value != 0 && !m.overflow; i++) {
        keep_digit(&m, 0);
    }
    if (exact && (m.first_cut != 0 || m.rest_cut)) {
        return EB_E_INVALID;
    }
    if (!m.overflow && rounds_up(&m, p->negative, mode)) {
        m.value++;
    }
    if (m.overflow || m.value > MAGNITUDE_MAX) {
        return EB_E_OVERFLOW;
    }
    *out = p->negative ? -(int64_t)m.value : (int64_t)m.value;
    return EB_OK;
}

int eb_decimal_parse(const char *text, size_t len, bool exact, enum eb_round mode, int64_t *out_e8)
{
    struct parts p;
    if (!scan(text, len, false, &p)) {
        return EB_E_INVALID;
    }
    return value_of(&p, exact, mode, out_e8);
}

int eb_decimal_parse_json(const char *text, size_t len, int64_t *out_e8)
{
    struct parts p;
    if (!scan(text, len, true, &p)) {
        return EB_E_INVALID;
    }
    return value_of(&p, false, EB_ROUND_HALF_AWAY, out_e8);
}

/* ---- number to text --------------------------------------------------------------------------------------------- */

/* Writes value with `scale` decimals, of which only the first that are not trailing zeros when `shortest`. */
static size_t format(int64_t value, int scale, bool shortest, char out[EB_DECIMAL_TEXT_MAX])
{
    EB_ASSERT(scale >= 0 && scale <= 18);
    char reversed[EB_DECIMAL_TEXT_MAX];
    size_t n = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int decimals = scale;
    while (shortest && decimals > 0 && rest % 10 == 0) {
        rest /= 10;
        decimals--;
    }
    for (int i = 0; i < decimals; i++) {
        reversed[n++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (decimals > 0) {
        reversed[n++] = '.';
    }
    do {
        reversed[n++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest != 0);
    if (value < 0) {
        reversed[n++] = '-';
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = reversed[n - 1 - i];
    }
    out[n] = '\0';
    return n;
}

size_t eb_decimal_format(int64_t value, int scale, char out[EB_DECIMAL_TEXT_MAX])
{
    return format(value, scale, true, out);
}

size_t eb_decimal_format_fixed(int64_t value, int scale, char out[EB_DECIMAL_TEXT_MAX])
{
    return format(value, scale, false, out);
}

/* ---- doubles from Lua ------------------------------------------------------------------------------------------- */

bool eb_from_double(double x, int scale, int64_t *out)
{
    EB_ASSERT(scale == 4 || scale == 6 || scale == 8);
    double scaled = x * (scale == 4 ? 1e4 : scale == 6 ? 1e6 : 1e8);
    if (!(scaled > -0x1p63 && scaled < 0x1p63)) { /* written so that nan is out too */
        return false;
    }
    int64_t whole = (int64_t)scaled;
    double fraction = scaled - (double)whole; /* exact: from 2^53 on there is none */
    if (fraction >= 0.5) {
        whole++;
    } else if (fraction <= -0.5) {
        whole--;
    }
    *out = whole;
    return true;
}
