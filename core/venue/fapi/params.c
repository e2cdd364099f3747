/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters as clients send them: forms and JSON objects in, values checked against the exchange's forms. */
#include "venue/fapi/api.h"

#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 20

static const char range_number[] = "^([0-9]{1,20})(\\.[0-9]{1,20})?$";
static const char range_integer[] = "^[0-9]{1,20}$";
static const char range_symbol[] = "^[A-Z0-9-_.]{1,20}$";

void fapi_params_clear(struct fapi_params *p)
{
    p->count = 0;
    p->used = 0;
}

const char *fapi_param(const struct fapi_params *p, const char *name)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (strcmp(p->at[i].name, name) == 0) {
            return p->at[i].value;
        }
    }
    return NULL;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes one name or value into the room; NULL: a byte that cannot be, or no room. */
static const char *decode(struct fapi_params *p, const char *text, size_t len)
{
    const char *begin = p->text + p->used;
    for (size_t i = 0; i < len; i++) {
        char c = text[i] == '+' ? ' ' : text[i];
        if (c == '%') {
            int high = i + 2 < len ? hex(text[i + 1]) : -1;
            int low = i + 2 < len ? hex(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return NULL;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || p->used + 1 >= sizeof(p->text)) {
            return NULL;
        }
        p->text[p->used++] = c;
    }
    if (p->used >= sizeof(p->text)) {
        return NULL;
    }
    p->text[p->used++] = '\0';
    return begin;
}

/* before: how many parameters are of an earlier text. */
static int32_t keep(struct fapi_params *p, const char *name, const char *value, unsigned before)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (strcmp(p->at[i].name, name) == 0) {
            return i < before ? 0 : -1101; /* of the query: it wins */
        }
    }
    if (p->count == FAPI_PARAMS_MAX) {
        return -1101;
    }
    p->at[p->count++] = (struct fapi_param){name, value};
    return 0;
}

int32_t fapi_params_read(struct fapi_params *p, const char *text, size_t len)
{
    unsigned before = p->count;
    const char *end = text + len;
    while (text < end) {
        const char *stop = memchr(text, '&', (size_t)(end - text));
        stop = stop != NULL ? stop : end;
        const char *equals = memchr(text, '=', (size_t)(stop - text));
        equals = equals != NULL ? equals : stop;
        if (stop > text) {
            const char *name = decode(p, text, (size_t)(equals - text));
            const char *value =
                name != NULL ? decode(p, equals + (equals < stop), (size_t)(stop - equals) - (equals < stop ? 1U : 0U))
                             : NULL;
            int32_t code = value != NULL ? keep(p, name, value, before) : -1100;
            if (code != 0) {
                return code;
            }
        }
        text = stop + 1;
    }
    return 0;
}

static const char *copy(struct fapi_params *p, const char *text, size_t len)
{
    if (memchr(text, '\0', len) != NULL || len >= sizeof(p->text) - p->used) {
        return NULL;
    }
    char *at = p->text + p->used;
    memcpy(at, text, len);
    at[len] = '\0';
    p->used += len + 1;
    return at;
}

int32_t fapi_params_json(struct fapi_params *p, struct eb_tok object)
{
    unsigned before = p->count;
    for (struct eb_tok v = eb_tok_first(object); eb_tok_kind(v) != EB_TOK_ABSENT; v = eb_tok_next(v)) {
        size_t len = 0;
        const char *key = eb_tok_key(v, &len);
        const char *name = key != NULL ? copy(p, key, len) : NULL;
        const char *value = NULL;
        if (eb_tok_kind(v) == EB_TOK_NULL) {
            continue;
        }
        if (eb_tok_kind(v) == EB_TOK_STRING) {
            char *room = p->text + p->used;
            if (name != NULL && eb_tok_text(v, room, sizeof(p->text) - p->used)) {
                value = room;
                p->used += strlen(room) + 1;
            }
        } else {
            const char *raw = eb_tok_raw(v, &len);
            value = name != NULL && raw != NULL ? copy(p, raw, len) : NULL;
        }
        int32_t code = value != NULL ? keep(p, name, value, before) : -1100;
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

void fapi_fail(struct fapi_call *c, int32_t code, const char *detail)
{
    if (c->code == 0) {
        c->code = code;
        (void)snprintf(c->detail, sizeof(c->detail), "%s", detail != NULL ? detail : "");
    }
}

void fapi_fail_text(struct fapi_call *c, int32_t code, const char *text)
{
    if (c->code == 0) {
        c->code = code;
        c->text = text;
    }
}

static void fail_range(struct fapi_call *c, const char *name, const char *range)
{
    if (c->code == 0) {
        c->code = -1100;
        c->text = "%s";
        (void)snprintf(c->detail, sizeof(c->detail),
                       "Illegal characters found in parameter '%.40s'; legal range is '%s'.", name, range);
    }
}

void fapi_error_text(const struct fapi_call *c, char *out, size_t cap)
{
    const char *text = c->text != NULL ? c->text : eb_code_text(c->code);
    const char *hole = strstr(text, "%s");
    size_t head = hole != NULL ? (size_t)(hole - text) : strlen(text);
    (void)snprintf(out, cap, "%.*s%s%s", (int)head, text, hole != NULL ? c->detail : "", hole != NULL ? hole + 2 : "");
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

bool fapi_get_text(struct fapi_call *c, const char *name, bool must, const char **out)
{
    if (c->code != 0) {
        return false;
    }
    const char *value = fapi_param(c->p, name);
    if (value != NULL && value[0] != '\0') {
        *out = value;
        return true;
    }
    if (must) {
        fapi_fail(c, -1102, name);
    } else if (value != NULL) {
        fapi_fail(c, -1105, name);
    }
    return false;
}

static size_t digits(const char *text)
{
    size_t n = 0;
    while (text[n] >= '0' && text[n] <= '9') {
        n++;
    }
    return n;
}

bool fapi_get_e8(struct fapi_call *c, const char *name, bool must, int64_t *out)
{
    const char *text;
    if (!fapi_get_text(c, name, must, &text)) {
        return false;
    }
    const char *whole = text + (text[0] == '-' ? 1 : 0);
    size_t before = digits(whole);
    size_t after = whole[before] == '.' ? digits(whole + before + 1) : 0;
    const char *end = whole + before + (whole[before] == '.' ? after + 1 : 0);
    if (before == 0 || before > DIGITS_MAX || after > DIGITS_MAX || *end != '\0' ||
        (whole[before] == '.' && after == 0)) {
        fail_range(c, name, range_number);
        return false;
    }
    if (eb_decimal_parse(text, strlen(text), true, EB_ROUND_FLOOR, out) != EB_OK) {
        fapi_fail(c, -1111, name);
        return false;
    }
    return true;
}

bool fapi_get_u64(struct fapi_call *c, const char *name, bool must, uint64_t *out)
{
    const char *text;
    if (!fapi_get_text(c, name, must, &text)) {
        return false;
    }
    size_t n = digits(text);
    uint64_t v = 0;
    bool fits = n > 0 && n <= DIGITS_MAX && text[n] == '\0';
    for (size_t i = 0; fits && i < n; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        fits = v <= (UINT64_MAX - digit) / 10;
        v = v * 10 + digit;
    }
    if (!fits) {
        fail_range(c, name, range_integer);
        return false;
    }
    *out = v;
    return true;
}

bool fapi_get_ms(struct fapi_call *c, const char *name, bool must, int64_t *out)
{
    uint64_t v;
    if (!fapi_get_u64(c, name, must, &v)) {
        return false;
    }
    if (v > (uint64_t)INT64_MAX / 2) {
        fail_range(c, name, range_integer);
        return false;
    }
    *out = (int64_t)v;
    return true;
}

bool fapi_get_bool(struct fapi_call *c, const char *name, bool must, bool *out)
{
    static const struct fapi_word words[] = {{"true", 1}, {"false", 0}, {"TRUE", 1}, {"FALSE", 0}};
    uint8_t v;
    if (!fapi_get_word(c, name, must, words, EB_COUNT(words), -1130, &v)) {
        return false;
    }
    *out = v != 0;
    return true;
}

bool fapi_get_symbol(struct fapi_call *c, const char *name, bool must, uint32_t *out)
{
    const char *text;
    if (!fapi_get_text(c, name, must, &text)) {
        return false;
    }
    for (const char *s = text; *s != '\0'; s++) {
        bool fine = (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || *s == '-' || *s == '_' || *s == '.' ||
                    (unsigned char)*s >= 0x80; /* there are symbols with Chinese names */
        if (!fine) {
            fail_range(c, name, range_symbol);
            return false;
        }
    }
    *out = fapi_symbol_find(c->f, text);
    if (*out == FAPI_NONE) {
        fapi_fail(c, -1121, NULL);
        return false;
    }
    return true;
}

bool fapi_get_client_id(struct fapi_call *c, const char *name, char out[FAPI_ID_MAX])
{
    out[0] = '\0';
    const char *text;
    if (!fapi_get_text(c, name, false, &text)) {
        return false;
    }
    size_t len = strlen(text);
    bool fine = len < FAPI_ID_MAX;
    for (size_t i = 0; fine && i < len; i++) {
        char s = text[i];
        fine = (s >= 'A' && s <= 'Z') || (s >= 'a' && s <= 'z') || (s >= '0' && s <= '9') || s == '.' || s == ':' ||
               s == '/' || s == '_' || s == '-';
    }
    if (!fine) {
        fapi_fail(c, -4015, NULL);
        return false;
    }
    memcpy(out, text, len + 1);
    return true;
}

bool fapi_get_word(struct fapi_call *c, const char *name, bool must, const struct fapi_word *words, size_t count,
                   int32_t code, uint8_t *out)
{
    const char *text;
    if (!fapi_get_text(c, name, must, &text)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i].word) == 0) {
            *out = words[i].value;
            return true;
        }
    }
    fapi_fail(c, code, name);
    return false;
}

size_t fapi_get_limit(struct fapi_call *c, size_t else_limit, size_t max)
{
    uint64_t v;
    if (!fapi_get_u64(c, "limit", false, &v)) {
        return else_limit;
    }
    if (v == 0) {
        fapi_fail(c, -1130, "limit");
        return else_limit;
    }
    return v < max ? (size_t)v : max;
}
