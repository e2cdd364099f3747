/* SPDX-License-Identifier: Apache-2.0 */
/* Tiers of all symbols lie in one array; a symbol knows its stretch of it. */
#include "feed/brackets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed/json.h"
#include "feed/nearest.h"
#include "feed/text_source.h"

struct parse {
    struct eb_brackets b;
    size_t tier_cap;
    const char *name;
    struct eb_err *err;
};

static int read_root(struct parse *p, const cJSON *root);

int eb_brackets_load(const char *path, struct eb_brackets *out, struct eb_err *err)
{
    struct eb_buffer text;
    int rc = eb_text_read_all(path, &text, err);
    if (rc != EB_OK) {
        return rc;
    }
    rc = eb_brackets_parse(eb_path_shown(path), eb_buffer_str(&text), text.len, out, err);
    eb_buffer_deinit(&text);
    return rc;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct eb_bracket_symbol *)a)->symbol, ((const struct eb_bracket_symbol *)b)->symbol);
}

static int sort_symbols(struct parse *p)
{
    struct eb_brackets *b = &p->b;
    if (b->symbol_count == 0) {
        return eb_err_set(p->err, EB_E_INVALID, "brackets", "%s: no symbols", p->name);
    }
    qsort(b->symbol, b->symbol_count, sizeof(*b->symbol), compare);
    for (size_t i = 1; i < b->symbol_count; i++) {
        if (strcmp(b->symbol[i - 1].symbol, b->symbol[i].symbol) == 0) {
            return eb_err_set(p->err, EB_E_INVALID, "brackets", "%s: symbol %s is listed twice", p->name,
                              b->symbol[i].symbol);
        }
    }
    return EB_OK;
}

int eb_brackets_parse(const char *name, const char *text, size_t len, struct eb_brackets *out, struct eb_err *err)
{
    cJSON *root = NULL;
    struct parse p = {.name = name, .err = err};
    int rc = eb_json_parse(name, text, len, &root, err);
    if (rc != EB_OK) {
        return rc;
    }
    (void)snprintf(p.b.file, sizeof(p.b.file), "%s", eb_path_shown(name));
    rc = read_root(&p, root);
    cJSON_Delete(root);
    if (rc == EB_OK) {
        rc = sort_symbols(&p);
    }
    if (rc != EB_OK) {
        eb_brackets_deinit(&p.b);
        return rc;
    }
    *out = p.b;
    return EB_OK;
}

void eb_brackets_deinit(struct eb_brackets *b)
{
    free(b->symbol);
    free(b->tier);
    memset(b, 0, sizeof(*b));
}

static const struct eb_bracket_symbol *find_symbol(const struct eb_brackets *b, const char *symbol)
{
    size_t low = 0, high = b->symbol_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(b->symbol[middle].symbol, symbol);
        if (order == 0) {
            return &b->symbol[middle];
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

const struct eb_bracket *eb_brackets_find(const struct eb_brackets *b, const char *symbol, eb_money notional)
{
    const struct eb_bracket_symbol *s = find_symbol(b, symbol);
    if (s == NULL) {
        return NULL;
    }
    const struct eb_bracket *tier = b->tier + s->first;
    uint64_t size = notional.e8 < 0 ? 0 - (uint64_t)notional.e8 : (uint64_t)notional.e8;
    size_t i = s->count - 1;
    while (i > 0 && (uint64_t)tier[i].notional_floor.e8 > size) {
        i--;
    }
    return &tier[i];
}

int eb_brackets_check(const struct eb_brackets *b, const char *symbol, struct eb_err *err)
{
    if (find_symbol(b, symbol) != NULL) {
        return EB_OK;
    }
    struct eb_nearest nearest = {0};
    char hint[EB_NEAREST_TEXT_MAX];
    for (size_t i = 0; i < b->symbol_count; i++) {
        eb_nearest_offer(&nearest, symbol, b->symbol[i].symbol);
    }
    return eb_err_set(err, EB_E_NOT_FOUND, "brackets", "%s: no leverage brackets for %.*s among %zu symbols%s", b->file,
                      EB_NEAREST_MAX, symbol, b->symbol_count, eb_nearest_text(&nearest, hint));
}

/* ---- one tier --------------------------------------------------------------------------------------------------- */

static int tier_error(const struct parse *p, const char *symbol, size_t index, const char *what)
{
    return eb_err_set(p->err, EB_E_INVALID, "brackets", "%s: %s, tier %zu: %s", p->name, symbol, index + 1, what);
}

/* The raw bracket's figure `key`; false when it is missing or no number. Too large becomes INT64_MAX. */
static bool figure(const cJSON *raw, const char *key, bool ppm, int64_t *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(raw, key);
    int rc = ppm ? eb_json_ppm(item, out) : eb_json_e8(item, out);
    if (rc == EB_E_OVERFLOW) {
        *out = INT64_MAX;
        rc = EB_OK;
    }
    return rc == EB_OK;
}

static int read_tier(const struct parse *p, const char *symbol, size_t index, const cJSON *raw, struct eb_bracket *t)
{
    static const char *const keys[] = {"notionalFloor", "notionalCap", "cum", "initialLeverage", "maintMarginRatio"};
    int64_t value[EB_COUNT(keys)];
    for (size_t i = 0; i < EB_COUNT(keys); i++) {
        if (!figure(raw, keys[i], i == 4, &value[i])) {
            char what[64];
            (void)snprintf(what, sizeof(what), "%s is missing or no number", keys[i]);
            return tier_error(p, symbol, index, what);
        }
    }
    *t = (struct eb_bracket){.notional_floor = {value[0]}, .notional_cap = {value[1]}, .cum = {value[2]}};
    t->maintenance_ppm = value[4];
    if (value[4] <= 0 || value[4] >= EB_PPM) {
        return tier_error(p, symbol, index, "maintMarginRatio lies outside 0..1");
    }
    if (value[3] < EB_E8 || value[3] / EB_E8 > UINT16_MAX) {
        return tier_error(p, symbol, index, "initialLeverage is below 1 or absurd");
    }
    t->max_leverage = (uint32_t)(value[3] / EB_E8);
    if (value[0] < 0 || value[1] <= value[0] || value[2] < 0) {
        return tier_error(p, symbol, index, "notionalFloor, notionalCap and cum do not fit each other");
    }
    return EB_OK;
}

static int by_floor(const void *a, const void *b)
{
    int64_t x = ((const struct eb_bracket *)a)->notional_floor.e8,
            y = ((const struct eb_bracket *)b)->notional_floor.e8;
    return (x > y) - (x < y);
}

static int check_ladder(const struct parse *p, const char *symbol, const struct eb_bracket *tier, size_t count)
{
    if (tier[0].notional_floor.e8 != 0) {
        return tier_error(p, symbol, 0, "the lowest notionalFloor is not 0");
    }
    for (size_t i = 1; i < count; i++) {
        if (tier[i].notional_floor.e8 != tier[i - 1].notional_cap.e8) {
            return tier_error(p, symbol, i, "notionalFloor is not the notionalCap of the tier before");
        }
    }
    return EB_OK;
}

/* ---- all symbols ------------------------------------------------------------------------------------------------ */

static int reserve(struct parse *p, size_t more)
{
    size_t needed = p->b.tier_count + more;
    if (needed <= p->tier_cap) {
        return EB_OK;
    }
    size_t cap = needed > 2 * p->tier_cap ? needed : 2 * p->tier_cap;
    struct eb_bracket *grown = realloc(p->b.tier, cap * sizeof(*grown));
    if (grown == NULL) {
        return eb_err_set(p->err, EB_E_MEMORY, "brackets", "%s: out of memory for %zu tiers", p->name, cap);
    }
    p->b.tier = grown;
    p->tier_cap = cap;
    return EB_OK;
}

/* Takes one symbol; its tiers are the elements of list, or of each element the member `info`. */
static int take_symbol(struct parse *p, const char *symbol, const cJSON *list)
{
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    if (symbol == NULL || symbol[0] == '\0' || strlen(symbol) >= EB_SYMBOL_MAX || count == 0) {
        return eb_err_set(p->err, EB_E_INVALID, "brackets",
                          "%s: '%.40s' is no symbol of at most %d bytes with a list of tiers", p->name,
                          symbol != NULL ? symbol : "", EB_SYMBOL_MAX - 1);
    }
    int rc = reserve(p, (size_t)count);
    if (rc != EB_OK) {
        return rc;
    }
    struct eb_bracket_symbol *s = &p->b.symbol[p->b.symbol_count];
    (void)snprintf(s->symbol, sizeof(s->symbol), "%s", symbol);
    s->first = (uint32_t)p->b.tier_count;
    s->count = (uint32_t)count;
    struct eb_bracket *tier = p->b.tier + p->b.tier_count;
    size_t index = 0;
    const cJSON *element;
    cJSON_ArrayForEach(element, list)
    {
        const cJSON *info = cJSON_GetObjectItemCaseSensitive(element, "info");
        rc = read_tier(p, symbol, index, info != NULL ? info : element, &tier[index]);
        if (rc != EB_OK) {
            return rc;
        }
        index++;
    }
    qsort(tier, s->count, sizeof(*tier), by_floor);
    p->b.tier_count += s->count;
    p->b.symbol_count++;
    return check_ladder(p, symbol, tier, s->count);
}

/* "BTC/USDT:USDT" is BTCUSDT, "BTC/USDT:USDT-250328" BTCUSDT_250328; false for what is not of that form. */
static bool venue_symbol(const char *unified, char out[EB_SYMBOL_MAX])
{
    const char *slash = strchr(unified, '/');
    const char *colon = slash != NULL ? strchr(slash, ':') : NULL;
    if (colon == NULL) {
        return false;
    }
    const char *dash = strchr(colon, '-');
    int n = snprintf(out, EB_SYMBOL_MAX, "%.*s%.*s%s%s", (int)(slash - unified), unified, (int)(colon - slash - 1),
                     slash + 1, dash != NULL ? "_" : "", dash != NULL ? dash + 1 : "");
    return n > 0 && n < EB_SYMBOL_MAX;
}

static int take_unified(struct parse *p, const cJSON *root)
{
    const cJSON *list;
    cJSON_ArrayForEach(list, root)
    {
        char symbol[EB_SYMBOL_MAX];
        if (!venue_symbol(list->string, symbol)) {
            return eb_err_set(p->err, EB_E_INVALID, "brackets",
                              "%s: key '%.40s': expected a name like BTC/USDT:USDT, or a document of leverageBracket",
                              p->name, list->string);
        }
        int rc = take_symbol(p, symbol, list);
        if (rc != EB_OK) {
            return rc;
        }
    }
    return EB_OK;
}

static int take_binance(struct parse *p, const cJSON *object)
{
    return take_symbol(p, eb_json_text(object, "symbol"), cJSON_GetObjectItemCaseSensitive(object, "brackets"));
}

static int read_root(struct parse *p, const cJSON *root)
{
    bool one = cJSON_GetObjectItemCaseSensitive(root, "brackets") != NULL;
    int count = one ? 1 : cJSON_GetArraySize(root);
    if (!cJSON_IsArray(root) && !cJSON_IsObject(root)) {
        return eb_err_set(p->err, EB_E_INVALID, "brackets", "%s: neither a list nor an object of brackets", p->name);
    }
    p->b.symbol = calloc((size_t)count + 1, sizeof(*p->b.symbol));
    if (p->b.symbol == NULL) {
        return eb_err_set(p->err, EB_E_MEMORY, "brackets", "%s: out of memory for %d symbols", p->name, count);
    }
    if (one) {
        return take_binance(p, root);
    }
    if (cJSON_IsObject(root)) {
        return take_unified(p, root);
    }
    const cJSON *object;
    int rc = EB_OK;
    cJSON_ArrayForEach(object, root)
    {
        rc = rc == EB_OK ? take_binance(p, object) : rc;
    }
    return rc;
}
