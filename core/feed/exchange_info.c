/* SPDX-License-Identifier: Apache-2.0 */
/* One table says which key of which filter goes where; what it cannot fill is a reason to refuse that symbol. */
#include "feed/exchange_info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/instrument.h"
#include "feed/json.h"
#include "feed/nearest.h"
#include "feed/text_source.h"

enum unit { UNIT_E8, UNIT_PPM, UNIT_COUNT };

struct rule {
    const char *filter; /* NULL: a key of the symbol itself */
    const char *key;
    enum unit unit;
    bool required;
    size_t offset; /* in struct eb_ev_instrument */
};

#define AT(field) offsetof(struct eb_ev_instrument, field)
static const struct rule rules[] = {
    {"PRICE_FILTER", "tickSize", UNIT_E8, true, AT(tick)},
    {"PRICE_FILTER", "minPrice", UNIT_E8, true, AT(min_price)},
    {"PRICE_FILTER", "maxPrice", UNIT_E8, true, AT(max_price)},
    {"LOT_SIZE", "stepSize", UNIT_E8, true, AT(step)},
    {"LOT_SIZE", "minQty", UNIT_E8, true, AT(min_qty)},
    {"LOT_SIZE", "maxQty", UNIT_E8, true, AT(max_qty)},
    {"MARKET_LOT_SIZE", "stepSize", UNIT_E8, false, AT(market_step)},
    {"MARKET_LOT_SIZE", "minQty", UNIT_E8, false, AT(market_min_qty)},
    {"MARKET_LOT_SIZE", "maxQty", UNIT_E8, false, AT(market_max_qty)},
    {"MIN_NOTIONAL", "notional", UNIT_E8, false, AT(min_notional)},
    {"PERCENT_PRICE", "multiplierUp", UNIT_PPM, false, AT(percent_up_ppm)},
    {"PERCENT_PRICE", "multiplierDown", UNIT_PPM, false, AT(percent_down_ppm)},
    {"MAX_NUM_ORDERS", "limit", UNIT_COUNT, false, AT(max_orders)},
    {"MAX_NUM_ALGO_ORDERS", "limit", UNIT_COUNT, false, AT(max_algo_orders)},
    {NULL, "marketTakeBound", UNIT_PPM, false, AT(market_take_bound_ppm)},
    {NULL, "maintMarginPercent", UNIT_PPM, false, AT(maintenance_ppm)},
};

static int read_symbols(const char *name, const cJSON *root, struct eb_exchange_info *info, struct eb_err *err);

int eb_exchange_info_load(const char *path, struct eb_exchange_info *out, struct eb_err *err)
{
    struct eb_buffer text;
    int rc = eb_text_read_all(path, &text, err);
    if (rc != EB_OK) {
        return rc;
    }
    rc = eb_exchange_info_parse(eb_path_shown(path), eb_buffer_str(&text), text.len, out, err);
    eb_buffer_deinit(&text);
    return rc;
}

int eb_exchange_info_parse(const char *name, const char *text, size_t len, struct eb_exchange_info *out,
                           struct eb_err *err)
{
    cJSON *root = NULL;
    struct eb_exchange_info info = {0};
    int rc = eb_json_parse(name, text, len, &root, err);
    if (rc != EB_OK) {
        return rc;
    }
    (void)snprintf(info.file, sizeof(info.file), "%s", eb_path_shown(name));
    rc = read_symbols(name, root, &info, err);
    cJSON_Delete(root);
    if (rc != EB_OK) {
        eb_exchange_info_deinit(&info);
        return rc;
    }
    *out = info;
    return EB_OK;
}

void eb_exchange_info_deinit(struct eb_exchange_info *info)
{
    free(info->item);
    free(info->refused);
    memset(info, 0, sizeof(*info));
}

static int compare_item(const void *a, const void *b)
{
    return strcmp(((const struct eb_ev_instrument *)a)->symbol, ((const struct eb_ev_instrument *)b)->symbol);
}

static int compare_refused(const void *a, const void *b)
{
    return strcmp(((const struct eb_refused_symbol *)a)->symbol, ((const struct eb_refused_symbol *)b)->symbol);
}

int eb_exchange_info_find(const struct eb_exchange_info *info, const char *symbol, const struct eb_ev_instrument **out,
                          struct eb_err *err)
{
    size_t low = 0, high = info->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(info->item[middle].symbol, symbol);
        if (order == 0) {
            *out = &info->item[middle];
            return EB_OK;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    for (size_t i = 0; i < info->refused_count; i++) {
        if (strcmp(info->refused[i].symbol, symbol) == 0) {
            return eb_err_set(err, EB_E_INVALID, "exchange_info", "%s: symbol %s cannot be used: %s", info->file,
                              symbol, info->refused[i].why);
        }
    }
    struct eb_nearest nearest = {0};
    char hint[EB_NEAREST_TEXT_MAX];
    for (size_t i = 0; i < info->count; i++) {
        eb_nearest_offer(&nearest, symbol, info->item[i].symbol);
    }
    return eb_err_set(err, EB_E_NOT_FOUND, "exchange_info", "%s: unknown symbol %.*s among %zu%s", info->file,
                      EB_NEAREST_MAX, symbol, info->count, eb_nearest_text(&nearest, hint));
}

/* ---- one symbol ------------------------------------------------------------------------------------------------- */

static const cJSON *filter_of(const cJSON *symbol, const char *type)
{
    const cJSON *filter;
    cJSON_ArrayForEach(filter, cJSON_GetObjectItemCaseSensitive(symbol, "filters"))
    {
        const char *name = eb_json_text(filter, "filterType");
        if (name != NULL && strcmp(name, type) == 0) {
            return filter;
        }
    }
    return NULL;
}

static int value_of(const cJSON *item, enum unit unit, int64_t *out)
{
    int64_t count;
    int rc = EB_OK;
    switch (unit) {
    case UNIT_E8:
        return eb_json_e8(item, out);
    case UNIT_PPM:
        return eb_json_ppm(item, out);
    case UNIT_COUNT:
        rc = eb_json_e8(item, &count);
        if (rc == EB_OK && (count < 0 || count / EB_E8 > UINT32_MAX)) {
            rc = EB_E_OVERFLOW;
        }
        *out = rc == EB_OK ? count / EB_E8 : 0;
        return rc;
    }
    return EB_E_INVALID;
}

/* false and `why` when the rule cannot be met. */
static bool apply(const struct rule *rule, const cJSON *symbol, struct eb_ev_instrument *in, char *why, size_t why_size)
{
    const cJSON *object = rule->filter != NULL ? filter_of(symbol, rule->filter) : symbol;
    const char *owner = rule->filter != NULL ? rule->filter : "symbol";
    int64_t value = 0;
    int rc = value_of(cJSON_GetObjectItemCaseSensitive(object, rule->key), rule->unit, &value);
    const char *what = NULL;
    if (rc == EB_E_NOT_FOUND) {
        what = rule->required ? "is missing" : NULL;
    } else if (rc != EB_OK) {
        what = rc == EB_E_OVERFLOW ? "is too large" : "is no number";
    } else if (value < 0) {
        what = "is negative";
    }
    if (what != NULL) {
        (void)snprintf(why, why_size, "%s.%s %s", owner, rule->key, what);
        return false;
    }
    if (rule->unit == UNIT_COUNT) {
        uint32_t count = (uint32_t)value;
        memcpy((char *)in + rule->offset, &count, sizeof(count));
    } else {
        memcpy((char *)in + rule->offset, &value, sizeof(value)); /* amounts and ratios are one int64 each */
    }
    return true;
}

static bool read_instrument(const cJSON *symbol, struct eb_ev_instrument *in, char *why, size_t why_size)
{
    for (size_t i = 0; i < EB_COUNT(rules); i++) {
        if (!apply(&rules[i], symbol, in, why, why_size)) {
            return false;
        }
    }
    in->maintenance_ppm /= 100; /* the document says percent */
    const char *status = eb_json_text(symbol, "status");
    in->trading = status != NULL && strcmp(status, "TRADING") == 0;
    struct eb_instrument checked;
    struct eb_err err = {0};
    eb_instrument_from_event(&checked, in);
    if (eb_instrument_validate(&checked, &err) != EB_OK) {
        size_t prefix = strlen(in->symbol) + 2; /* "SYMBOL: " is said by whoever reports it */
        bool named = strncmp(err.msg, in->symbol, prefix - 2) == 0 && strlen(err.msg) > prefix;
        (void)snprintf(why, why_size, "%.*s", (int)why_size - 1, named ? err.msg + prefix : err.msg);
        return false;
    }
    return true;
}

static void take_symbol(const cJSON *symbol, struct eb_exchange_info *info)
{
    struct eb_ev_instrument in = {0};
    struct eb_refused_symbol no = {0};
    const char *name = eb_json_text(symbol, "symbol");
    bool good = false;
    if (name == NULL || name[0] == '\0') {
        (void)snprintf(no.symbol, sizeof(no.symbol), "?");
        (void)snprintf(no.why, sizeof(no.why), "it has no name");
    } else if (strlen(name) >= EB_SYMBOL_MAX) {
        (void)snprintf(no.symbol, sizeof(no.symbol), "%.*s", EB_SYMBOL_MAX - 1, name);
        (void)snprintf(no.why, sizeof(no.why), "its name is longer than %d bytes", EB_SYMBOL_MAX - 1);
    } else {
        (void)snprintf(no.symbol, sizeof(no.symbol), "%s", name);
        (void)snprintf(in.symbol, sizeof(in.symbol), "%s", name);
        good = read_instrument(symbol, &in, no.why, sizeof(no.why));
    }
    if (good) {
        info->item[info->count++] = in;
    } else {
        info->refused[info->refused_count++] = no;
    }
}

/* ---- all symbols ------------------------------------------------------------------------------------------------ */

static int read_symbols(const char *name, const cJSON *root, struct eb_exchange_info *info, struct eb_err *err)
{
    const cJSON *symbols = cJSON_GetObjectItemCaseSensitive(root, "symbols"), *symbol;
    int count = cJSON_GetArraySize(symbols);
    if (!cJSON_IsArray(symbols) || count == 0) {
        return eb_err_set(err, EB_E_INVALID, "exchange_info",
                          "%s: no list `symbols`: expected the answer of exchangeInfo", name);
    }
    info->item = calloc((size_t)count, sizeof(*info->item));
    info->refused = calloc((size_t)count, sizeof(*info->refused));
    if (info->item == NULL || info->refused == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "exchange_info", "%s: out of memory for %d symbols", name, count);
    }
    cJSON_ArrayForEach(symbol, symbols)
    {
        take_symbol(symbol, info);
    }
    qsort(info->item, info->count, sizeof(*info->item), compare_item);
    qsort(info->refused, info->refused_count, sizeof(*info->refused), compare_refused);
    for (size_t i = 1; i < info->count; i++) {
        if (strcmp(info->item[i - 1].symbol, info->item[i].symbol) == 0) {
            return eb_err_set(err, EB_E_INVALID, "exchange_info", "%s: symbol %s is listed twice", name,
                              info->item[i].symbol);
        }
    }
    return EB_OK;
}
