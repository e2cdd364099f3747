/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as an exchange may write it tomorrow: members nobody knows, rows of another market among one's own, numbers in
 * quotes and texts without. What goes in is this exchange's own JSON, in one pass from left to right.
 */
#include <string.h>

#include "venue/fapi/faults_inner.h"

#define DEPTH_MAX 24
#define STRANGER "BTCUSD_PERP"

static const char unknown[] = "\"_new\":{\"of\":[1,null,\"x\",{\"y\":2.50}]}";

struct level {
    bool list, first; /* first: nothing stands in it yet */
    size_t row;       /* list: where its last object begins in out; SIZE_MAX none */
};
struct pass {
    struct eb_buffer *out;
    unsigned kinds;
    struct level level[DEPTH_MAX];
    unsigned depth;
};

static void put(struct pass *p, const char *text, size_t len)
{
    (void)eb_buffer_add(p->out, text, len);
}

static bool plain_number(const char *text, size_t len)
{
    size_t i = len > 0 && text[0] == '-' ? 1 : 0;
    size_t begin = i;
    size_t points = 0;
    if (len - i > 1 && text[i] == '0' && text[i + 1] != '.') {
        return false;
    }
    for (; i < len; i++) {
        points += text[i] == '.' ? 1 : 0;
        if ((text[i] < '0' || text[i] > '9') && (text[i] != '.' || i == begin)) {
            return false;
        }
    }
    return len > begin && len < 20 && points < 2 && text[len - 1] != '.';
}

/* Behind the closing quote of the text that begins at `at`. */
static const char *text_end(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        at += *at == '\\' ? 1 : 0;
    }
    return at < end ? at + 1 : end;
}

/* ---- rows of another market -------------------------------------------------------------------------------------- */

/* The row with another symbol and another's ids. */
static void put_stranger(struct pass *p, const char *row, size_t len)
{
    static const struct {
        const char *key, *value;
    } swaps[] = {{"\"symbol\":\"", STRANGER},   {"\"s\":\"", STRANGER}, {"\"clientOrderId\":\"", "cm"},
                 {"\"clientAlgoId\":\"", "cm"}, {"\"c\":\"", "cm"},     {"\"caid\":\"", "cm"}};
    const char *end = row + len;
    while (row < end) {
        size_t hit = EB_COUNT(swaps);
        for (size_t i = 0; i < EB_COUNT(swaps) && *row == '"'; i++) {
            size_t n = strlen(swaps[i].key);
            hit = (size_t)(end - row) > n && memcmp(row, swaps[i].key, n) == 0 ? i : hit;
        }
        if (hit < EB_COUNT(swaps)) {
            size_t n = strlen(swaps[hit].key);
            put(p, swaps[hit].key, n);
            put(p, swaps[hit].value, strlen(swaps[hit].value));
            put(p, "\"", 1);
            row = text_end(row + n - 1, end);
        } else if ((size_t)(end - row) >= 6 && memcmp(row, "\"st\":1", 6) == 0) {
            put(p, "\"st\":2", 6);
            row += 6;
        } else {
            put(p, row++, 1);
        }
    }
}

static bool of_symbol(const char *row, size_t len)
{
    for (size_t i = 0; i + 10 < len; i++) {
        if (memcmp(row + i, "\"symbol\":\"", 10) == 0 || memcmp(row + i, "\"s\":\"", 5) == 0) {
            return true;
        }
    }
    return false;
}

/* A list ends: a row that is like its last one, of a symbol of another market. */
static void add_row(struct pass *p, const struct level *l)
{
    size_t len = p->out->len;
    if ((p->kinds & FAULT_ODD_STRANGERS) == 0 || l->row == SIZE_MAX || p->out->failed ||
        !of_symbol(p->out->data + l->row, len - l->row)) {
        return;
    }
    struct eb_buffer row;
    eb_buffer_init(&row, len + 1); /* its own room: what it is copied from may move */
    (void)eb_buffer_add(&row, p->out->data + l->row, len - l->row);
    if (!row.failed) {
        put(p, ",", 1);
        put_stranger(p, row.data, row.len);
    }
    eb_buffer_deinit(&row);
}

/* ---- one pass ---------------------------------------------------------------------------------------------------- */

static bool open_level(struct pass *p, char bracket)
{
    if (p->depth == DEPTH_MAX) {
        return false;
    }
    if (p->depth > 0 && p->level[p->depth - 1].list) {
        p->level[p->depth - 1].row = bracket == '{' ? p->out->len : SIZE_MAX;
    }
    p->level[p->depth++] = (struct level){.list = bracket == '[', .first = true, .row = SIZE_MAX};
    put(p, &bracket, 1);
    return true;
}

static bool close_level(struct pass *p, char bracket)
{
    if (p->depth == 0) {
        return false;
    }
    const struct level l = p->level[--p->depth];
    if (bracket == ']') {
        add_row(p, &l);
    }
    put(p, &bracket, 1);
    return true;
}

/* Unknown members come first in their object. */
static void begin_members(struct pass *p, char next)
{
    struct level *l = &p->level[p->depth - 1];
    if (l->first && !l->list && (p->kinds & FAULT_ODD_UNKNOWN) != 0) {
        put(p, unknown, sizeof(unknown) - 1);
        put(p, ",", next == '}' ? 0 : 1);
    }
    l->first = false;
}

static const char *one_text(struct pass *p, const char *at, const char *end)
{
    const char *stop = text_end(at, end);
    size_t len = (size_t)(stop - at);
    bool key = stop < end && *stop == ':';
    bool bare = !key && len > 2 && (p->kinds & FAULT_ODD_BARE) != 0 && plain_number(at + 1, len - 2);
    put(p, bare ? at + 1 : at, bare ? len - 2 : len);
    return stop;
}

static const char *one_number(struct pass *p, const char *at, const char *end)
{
    const char *stop = at;
    while (stop < end && strchr("+-.0123456789eE", *stop) != NULL && *stop != '\0') {
        stop++;
    }
    bool quoted = (p->kinds & FAULT_ODD_QUOTED) != 0 && p->depth > 1; /* not an answer's own id, code and status */
    put(p, "\"", quoted ? 1 : 0);
    put(p, at, (size_t)(stop - at));
    put(p, "\"", quoted ? 1 : 0);
    return stop;
}

bool fapi_json_odd(struct eb_buffer *out, const char *text, size_t len, unsigned kinds)
{
    struct pass p = {.out = out, .kinds = kinds};
    const char *end = text + len;
    for (const char *at = text; at < end;) {
        if (p.depth > 0) {
            begin_members(&p, *at);
        }
        if (*at == '{' || *at == '[') {
            if (!open_level(&p, *at)) {
                return false;
            }
            at++;
        } else if (*at == '}' || *at == ']') {
            if (!close_level(&p, *at)) {
                return false;
            }
            at++;
        } else if (*at == '"') {
            at = one_text(&p, at, end);
        } else if (*at == '-' || (*at >= '0' && *at <= '9')) {
            at = one_number(&p, at, end);
        } else {
            put(&p, at++, 1);
        }
    }
    return p.depth == 0 && !out->failed;
}

bool fapi_json_stranger(struct eb_buffer *out, const char *text, size_t len)
{
    struct pass p = {.out = out};
    if (!of_symbol(text, len)) {
        return false;
    }
    put_stranger(&p, text, len);
    return !out->failed;
}
