/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two passes over a document: jsmn cuts it into tokens, then check() walks text and tokens together and refuses what
 * jsmn lets pass (a comma too many, a key without value, words that are no JSON, anything after the end, depth). While
 * it walks it writes into each token where its value ends among the tokens, so that stepping over a value is one read.
 */
#include "venue/tokens.h"

#include <limits.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

_Static_assert(sizeof(struct eb_token) == sizeof(jsmntok_t) && sizeof(int) == sizeof(jsmntype_t), "the same size");
_Static_assert(offsetof(struct eb_token, type) == offsetof(jsmntok_t, type) &&
                   offsetof(struct eb_token, start) == offsetof(jsmntok_t, start) &&
                   offsetof(struct eb_token, end) == offsetof(jsmntok_t, end) &&
                   offsetof(struct eb_token, size) == offsetof(jsmntok_t, size) &&
                   offsetof(struct eb_token, past) == offsetof(jsmntok_t, parent),
               "the same layout");

/* ---- the second pass -------------------------------------------------------------------------------------------- */

enum expect { EXPECT_VALUE, EXPECT_ITEM_OR_END, EXPECT_KEY_OR_END, EXPECT_KEY, EXPECT_COLON, EXPECT_MORE, EXPECT_END };

struct check {
    const char *text;
    size_t len, pos;
    struct eb_token *token;
    int count, at; /* tokens there are; the next one */
    int depth;
    int open[EB_TOKENS_DEPTH_MAX]; /* containers around the present place */
    enum expect expect;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits(const char *text, size_t len, size_t from)
{
    while (from < len && is_digit(text[from])) {
        from++;
    }
    return from;
}

static bool is_number(const char *text, size_t len)
{
    size_t i = len > 0 && text[0] == '-' ? 1 : 0, from = i;
    i = digits(text, len, i);
    if (i == from || (text[from] == '0' && i > from + 1)) {
        return false;
    }
    if (i < len && text[i] == '.') {
        from = i + 1;
        i = digits(text, len, from);
        if (i == from) {
            return false;
        }
    }
    if (i < len && (text[i] == 'e' || text[i] == 'E')) {
        from = i + 1;
        if (from < len && (text[from] == '+' || text[from] == '-')) {
            from++;
        }
        i = digits(text, len, from);
        if (i == from) {
            return false;
        }
    }
    return i == len;
}

static bool is_word(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(text, word, len) == 0;
}

/* A string or a bare word at pos, which must be the next token. */
static bool take_scalar(struct check *c)
{
    if (c->at >= c->count) {
        return false;
    }
    struct eb_token *t = &c->token[c->at];
    bool quoted = c->text[c->pos] == '"';
    if (t->type != (quoted ? (int)JSMN_STRING : (int)JSMN_PRIMITIVE) || (size_t)t->start != c->pos + (quoted ? 1 : 0)) {
        return false;
    }
    const char *text = c->text + t->start;
    size_t len = (size_t)(t->end - t->start);
    if (quoted) {
        for (size_t i = 0; i < len; i++) {
            if ((unsigned char)text[i] < ' ') {
                c->pos = (size_t)t->start + i;
                return false;
            }
        }
    } else if (!is_number(text, len) && !is_word(text, len, "true") && !is_word(text, len, "false") &&
               !is_word(text, len, "null")) {
        return false;
    }
    c->pos = (size_t)t->end + (quoted ? 1 : 0);
    t->past = ++c->at;
    return true;
}

static bool begin_value(struct check *c)
{
    char first = c->text[c->pos];
    if (first != '{' && first != '[') {
        c->expect = EXPECT_MORE;
        return c->depth > 0 && take_scalar(c); /* a document is an object or an array */
    }
    if (c->at >= c->count || c->depth >= EB_TOKENS_DEPTH_MAX || (size_t)c->token[c->at].start != c->pos) {
        return false;
    }
    c->expect = first == '{' ? EXPECT_KEY_OR_END : EXPECT_ITEM_OR_END;
    c->open[c->depth++] = c->at++;
    c->pos++;
    return true;
}

static bool end_container(struct check *c)
{
    struct eb_token *t = &c->token[c->open[c->depth - 1]];
    if (c->text[c->pos] != (t->type == (int)JSMN_OBJECT ? '}' : ']')) {
        return false;
    }
    t->past = c->at;
    c->depth--;
    c->pos++;
    c->expect = c->depth > 0 ? EXPECT_MORE : EXPECT_END;
    return true;
}

static bool more(struct check *c)
{
    if (c->text[c->pos] != ',') {
        return end_container(c);
    }
    c->expect = c->token[c->open[c->depth - 1]].type == (int)JSMN_OBJECT ? EXPECT_KEY : EXPECT_VALUE;
    c->pos++;
    return true;
}

static bool key(struct check *c)
{
    c->expect = EXPECT_COLON;
    return c->text[c->pos] == '"' && take_scalar(c);
}

static bool step(struct check *c)
{
    char next = c->text[c->pos];
    switch (c->expect) {
    case EXPECT_VALUE:
        return begin_value(c);
    case EXPECT_ITEM_OR_END:
        return next == ']' ? end_container(c) : begin_value(c);
    case EXPECT_KEY_OR_END:
        return next == '}' ? end_container(c) : key(c);
    case EXPECT_KEY:
        return key(c);
    case EXPECT_COLON:
        c->expect = EXPECT_VALUE;
        c->pos++;
        return next == ':';
    case EXPECT_MORE:
        return more(c);
    case EXPECT_END:
        return false;
    }
    return false;
}

/* Byte at which it goes wrong in *at. */
static bool check(const char *text, size_t len, struct eb_token *token, int count, size_t *at)
{
    struct check c = {.text = text, .len = len, .token = token, .count = count, .expect = EXPECT_VALUE};
    while (c.pos < len) {
        char next = text[c.pos];
        if (next == ' ' || next == '\n' || next == '\r' || next == '\t') {
            c.pos++;
        } else if (!step(&c)) {
            break;
        }
    }
    *at = c.pos;
    return c.pos == len && c.expect == EXPECT_END && c.at == count;
}

int eb_tokens_parse(struct eb_tokens *out, const char *name, const char *text, size_t len, struct eb_token *room,
                    int cap, struct eb_err *err)
{
    if (len > INT_MAX || cap < 0) {
        return eb_err_set(err, EB_E_FULL, "tokens", "%s: %zu bytes are too many", name, len);
    }
    jsmn_parser parser;
    jsmn_init(&parser);
    int count = jsmn_parse(&parser, text, len, (jsmntok_t *)room, (unsigned)cap);
    if (count == JSMN_ERROR_NOMEM) {
        return eb_err_set(err, EB_E_FULL, "tokens", "%s: more than %d values in %zu bytes of JSON", name, cap, len);
    }
    if (count == JSMN_ERROR_PART) {
        return eb_err_set(err, EB_E_INVALID, "tokens", "%s: the JSON breaks off (%zu bytes)", name, len);
    }
    if (count <= 0) {
        return eb_err_set(err, EB_E_INVALID, "tokens", "%s: no JSON at byte %u of %zu", name, parser.pos, len);
    }
    size_t at = 0;
    if (!check(text, len, room, count, &at)) {
        return eb_err_set(err, EB_E_INVALID, "tokens", "%s: no JSON at byte %zu of %zu", name, at, len);
    }
    *out = (struct eb_tokens){.text = text, .token = room, .count = count};
    return EB_OK;
}

/* ---- questions -------------------------------------------------------------------------------------------------- */

static const struct eb_token *token_of(struct eb_tok v)
{
    return v.in == NULL ? NULL : &v.in->token[v.at];
}

struct eb_tok eb_tok_root(const struct eb_tokens *t)
{
    return t->count > 0 ? (struct eb_tok){.in = t, .at = 0} : EB_TOK_NONE;
}

enum eb_tok_kind eb_tok_kind(struct eb_tok v)
{
    const struct eb_token *t = token_of(v);
    if (t == NULL) {
        return EB_TOK_ABSENT;
    }
    if (t->type == (int)JSMN_OBJECT) {
        return EB_TOK_OBJECT;
    }
    if (t->type == (int)JSMN_ARRAY) {
        return EB_TOK_ARRAY;
    }
    if (t->type == (int)JSMN_STRING) {
        return EB_TOK_STRING;
    }
    char first = v.in->text[t->start];
    return first == 't' || first == 'f' ? EB_TOK_BOOL : first == 'n' ? EB_TOK_NULL : EB_TOK_NUMBER;
}

static bool reads(const struct eb_tokens *in, int at, const char *text, size_t len)
{
    const struct eb_token *t = &in->token[at];
    return (size_t)(t->end - t->start) == len && memcmp(in->text + t->start, text, len) == 0;
}

struct eb_tok eb_tok_get(struct eb_tok object, const char *key_text)
{
    const struct eb_token *t = token_of(object);
    if (t == NULL || t->type != (int)JSMN_OBJECT) {
        return EB_TOK_NONE;
    }
    size_t len = strlen(key_text);
    for (int at = object.at + 1; at < t->past; at = object.in->token[at + 1].past) {
        if (reads(object.in, at, key_text, len)) {
            return (struct eb_tok){.in = object.in, .at = at + 1};
        }
    }
    return EB_TOK_NONE;
}

struct eb_tok eb_tok_first(struct eb_tok container)
{
    const struct eb_token *t = token_of(container);
    if (t == NULL || (t->type != (int)JSMN_OBJECT && t->type != (int)JSMN_ARRAY) || t->size == 0) {
        return EB_TOK_NONE;
    }
    int at = container.at + (t->type == (int)JSMN_OBJECT ? 2 : 1);
    return (struct eb_tok){.in = container.in, .at = at, .end = t->past, .keyed = t->type == (int)JSMN_OBJECT};
}

struct eb_tok eb_tok_next(struct eb_tok element)
{
    const struct eb_token *t = token_of(element);
    if (t == NULL || t->past >= element.end) {
        return EB_TOK_NONE;
    }
    element.at = t->past + (element.keyed ? 1 : 0);
    return element;
}

size_t eb_tok_size(struct eb_tok container)
{
    enum eb_tok_kind kind = eb_tok_kind(container);
    return kind == EB_TOK_OBJECT || kind == EB_TOK_ARRAY ? (size_t)token_of(container)->size : 0;
}

const char *eb_tok_key(struct eb_tok element, size_t *len)
{
    *len = 0;
    if (element.in == NULL || !element.keyed) {
        return NULL;
    }
    const struct eb_token *t = &element.in->token[element.at - 1];
    *len = (size_t)(t->end - t->start);
    return element.in->text + t->start;
}

const char *eb_tok_raw(struct eb_tok v, size_t *len)
{
    const struct eb_token *t = token_of(v);
    *len = t == NULL ? 0 : (size_t)(t->end - t->start);
    return t == NULL ? NULL : v.in->text + t->start;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

struct unescape {
    const char *from;
    size_t len, at;
    char *out;
    size_t cap, used;
};

static bool put(struct unescape *u, uint32_t byte)
{
    if (u->used + 1 >= u->cap || byte == 0) {
        return false;
    }
    u->out[u->used++] = (char)byte;
    return true;
}

static bool put_code_point(struct unescape *u, uint32_t c)
{
    if (c < 0x80) {
        return put(u, c);
    }
    if (c < 0x800) {
        return put(u, 0xc0 | c >> 6) && put(u, 0x80 | (c & 0x3f));
    }
    if (c < 0x10000) {
        return put(u, 0xe0 | c >> 12) && put(u, 0x80 | (c >> 6 & 0x3f)) && put(u, 0x80 | (c & 0x3f));
    }
    return put(u, 0xf0 | c >> 18) && put(u, 0x80 | (c >> 12 & 0x3f)) && put(u, 0x80 | (c >> 6 & 0x3f)) &&
           put(u, 0x80 | (c & 0x3f));
}

/* The four digits after "\u", which jsmn has seen to be there. */
static bool four_digits(struct unescape *u, uint32_t *out)
{
    if (u->len - u->at < 4) {
        return false;
    }
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = u->from[u->at++];
        uint32_t digit = is_digit(c)            ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                                                : (uint32_t)(c - 'A') + 10;
        value = value << 4 | (digit & 15);
    }
    *out = value;
    return true;
}

static bool put_escaped_code(struct unescape *u)
{
    uint32_t high = 0, low = 0;
    if (!four_digits(u, &high)) {
        return false;
    }
    if (high < 0xd800 || high > 0xdfff) {
        return put_code_point(u, high);
    }
    if (high > 0xdbff || u->len - u->at < 6 || u->from[u->at] != '\\' || u->from[u->at + 1] != 'u') {
        return false; /* half of a pair */
    }
    u->at += 2;
    if (!four_digits(u, &low) || low < 0xdc00 || low > 0xdfff) {
        return false;
    }
    return put_code_point(u, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
}

static bool put_escape(struct unescape *u)
{
    if (u->at >= u->len) {
        return false;
    }
    char c = u->from[u->at++];
    switch (c) {
    case 'b':
        return put(u, '\b');
    case 'f':
        return put(u, '\f');
    case 'n':
        return put(u, '\n');
    case 'r':
        return put(u, '\r');
    case 't':
        return put(u, '\t');
    case 'u':
        return put_escaped_code(u);
    default: /* a quote or a slash of either kind: jsmn lets nothing else pass */
        return put(u, (unsigned char)c);
    }
}

bool eb_tok_text(struct eb_tok v, char *out, size_t cap)
{
    if (eb_tok_kind(v) != EB_TOK_STRING) {
        return false;
    }
    struct unescape u = {.out = out, .cap = cap};
    u.from = eb_tok_raw(v, &u.len);
    while (u.at < u.len) {
        unsigned char c = (unsigned char)u.from[u.at++];
        if (!(c == '\\' ? put_escape(&u) : put(&u, c))) {
            return false;
        }
    }
    if (u.used >= cap) {
        return false;
    }
    out[u.used] = '\0';
    return true;
}

bool eb_tok_is(struct eb_tok v, const char *text)
{
    enum eb_tok_kind kind = eb_tok_kind(v);
    return (kind == EB_TOK_STRING || kind == EB_TOK_NUMBER) && reads(v.in, v.at, text, strlen(text));
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

static const char *figure_of(struct eb_tok v, size_t *len)
{
    enum eb_tok_kind kind = eb_tok_kind(v);
    return kind == EB_TOK_STRING || kind == EB_TOK_NUMBER ? eb_tok_raw(v, len) : NULL;
}

bool eb_tok_e8(struct eb_tok v, int64_t *out)
{
    size_t len = 0;
    const char *text = figure_of(v, &len);
    if (text == NULL) {
        return false;
    }
    int rc = eb_decimal_parse(text, len, false, EB_ROUND_HALF_EVEN, out);
    return rc == EB_OK || (rc == EB_E_INVALID && eb_decimal_parse_json(text, len, out) == EB_OK);
}

bool eb_tok_u64(struct eb_tok v, uint64_t *out)
{
    size_t len = 0;
    const char *text = figure_of(v, &len);
    if (text == NULL || len == 0) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(text[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value)) {
            return false;
        }
    }
    *out = value;
    return true;
}

bool eb_tok_i64(struct eb_tok v, int64_t *out)
{
    size_t len = 0;
    const char *text = figure_of(v, &len);
    bool negative = text != NULL && len > 0 && text[0] == '-';
    size_t i = negative ? 1 : 0;
    if (text == NULL || len == i) {
        return false;
    }
    int64_t value = 0; /* kept negative, so that INT64_MIN needs no special case */
    for (; i < len; i++) {
        if (!is_digit(text[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, (int64_t)(text[i] - '0'), &value)) {
            return false;
        }
    }
    if (!negative && value == INT64_MIN) {
        return false;
    }
    *out = negative ? value : -value;
    return true;
}

bool eb_tok_bool(struct eb_tok v, bool *out)
{
    size_t len = 0;
    const char *text = eb_tok_raw(v, &len);
    enum eb_tok_kind kind = eb_tok_kind(v);
    if (kind != EB_TOK_BOOL && kind != EB_TOK_STRING) {
        return false;
    }
    bool yes = is_word(text, len, "true") || is_word(text, len, "TRUE");
    if (!yes && !is_word(text, len, "false") && !is_word(text, len, "FALSE")) {
        return false;
    }
    *out = yes;
    return true;
}
