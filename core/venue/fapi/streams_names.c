/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stream's name says: "btcusdt@markPrice@1s", "!ticker@arr", "btcusdt_perpetual@continuousKline_1m". Names are
 * exact, symbols in lower case; a name that says nothing is no error, it is silent, as at the exchange.
 */
#include "venue/fapi/streams.h"

#include <stdio.h>
#include <string.h>

#define ON(cls) (1u << (cls))
#define PUBLIC (ON(FAPI_CLASS_LEGACY) | ON(FAPI_CLASS_PUBLIC))
#define MARKET (ON(FAPI_CLASS_LEGACY) | ON(FAPI_CLASS_MARKET))
#define EITHER (ON(FAPI_CLASS_LEGACY) | ON(FAPI_CLASS_PUBLIC) | ON(FAPI_CLASS_MARKET))

/* Names that are complete; of all symbols those that begin with '!', else what follows the symbol's '@'. */
static const struct {
    const char *name;
    uint8_t kind, served;
    bool mini;
    uint8_t levels;
    int16_t every_ms;
} complete[] = {
    {"!markPrice@arr", FAPI_S_MARK, MARKET, false, 0, 3000},
    {"!markPrice@arr@3s", FAPI_S_MARK, MARKET, false, 0, 3000},
    {"!markPrice@arr@1s", FAPI_S_MARK, MARKET, false, 0, 1000},
    {"!ticker@arr", FAPI_S_TICKER, MARKET, false, 0, 1000},
    {"!miniTicker@arr", FAPI_S_TICKER, MARKET, true, 0, 1000},
    {"!bookTicker", FAPI_S_BOOK, PUBLIC, false, 0, 5000},
    {"!forceOrder@arr", FAPI_S_FORCED, MARKET, false, 0, 0},
    {"!contractInfo", FAPI_S_INFO, MARKET, false, 0, 0},
    {"markPrice", FAPI_S_MARK, MARKET, false, 0, 3000},
    {"markPrice@3s", FAPI_S_MARK, MARKET, false, 0, 3000},
    {"markPrice@1s", FAPI_S_MARK, MARKET, false, 0, 1000},
    {"aggTrade", FAPI_S_AGG, MARKET, false, 0, 0},
    {"trade", FAPI_S_TRADE, EITHER, false, 0, 0}, /* not documented; clients ask for it at either */
    {"bookTicker", FAPI_S_BOOK, PUBLIC, false, 0, 0},
    {"ticker", FAPI_S_TICKER, MARKET, false, 0, 2000},
    {"miniTicker", FAPI_S_TICKER, MARKET, true, 0, 2000},
    {"forceOrder", FAPI_S_FORCED, MARKET, false, 0, 0},
    {"rpiDepth@500ms", FAPI_S_DEPTH, PUBLIC, false, 0, 500},
};

static bool take_complete(const char *name, struct fapi_stream *out)
{
    for (size_t i = 0; i < EB_COUNT(complete); i++) {
        if (strcmp(complete[i].name, name) == 0) {
            out->kind = complete[i].kind;
            out->served = complete[i].served;
            out->mini = complete[i].mini;
            out->levels = complete[i].levels;
            out->every_ms = complete[i].every_ms;
            return true;
        }
    }
    return false;
}

/* "depth", "depth5" ... with "@100ms" and its like. */
static bool take_depth(const char *rest, struct fapi_stream *out)
{
    static const struct {
        const char *text;
        int16_t value;
    } levels[] = {{"20", 20}, {"10", 10}, {"5", 5}},
      speeds[] = {{"", 250}, {"@0ms", 100}, {"@100ms", 100}, {"@250ms", 250}, {"@500ms", 500}, {"@1000ms", 1000}};
    if (strncmp(rest, "depth", 5) != 0) {
        return false;
    }
    rest += 5;
    out->served = PUBLIC;
    for (size_t i = 0; out->levels == 0 && i < EB_COUNT(levels); i++) {
        size_t len = strlen(levels[i].text);
        if (strncmp(rest, levels[i].text, len) == 0) {
            out->levels = (uint8_t)levels[i].value;
            rest += len;
        }
    }
    for (size_t i = 0; i < EB_COUNT(speeds); i++) {
        if (strcmp(rest, speeds[i].text) == 0) {
            out->kind = FAPI_S_DEPTH;
            out->every_ms = speeds[i].value;
            return true;
        }
    }
    return true; /* of this class, and silent */
}

static void take_kline(const char *rest, struct fapi_stream *out)
{
    static const char plain[] = "kline_", continuous[] = "continuousKline_";
    const char *interval = NULL;
    out->served = MARKET;
    if (strncmp(rest, plain, sizeof(plain) - 1) == 0) {
        interval = rest + sizeof(plain) - 1;
    } else if (strncmp(rest, continuous, sizeof(continuous) - 1) == 0) {
        interval = rest + sizeof(continuous) - 1;
        out->continuous = true;
    }
    if (interval != NULL && strlen(interval) < sizeof(out->interval) && fapi_interval_ms(interval, &out->interval_ms)) {
        (void)snprintf(out->interval, sizeof(out->interval), "%s", interval);
        out->kind = FAPI_S_KLINE;
        out->every_ms = 250;
    }
}

/* The symbol of a name in lower case; len bytes. */
static uint32_t find_lower(const struct eb_fapi *f, const char *name, size_t len)
{
    char upper[EB_SYMBOL_MAX];
    if (len >= sizeof(upper)) {
        return FAPI_NONE;
    }
    for (size_t i = 0; i < len; i++) {
        if (name[i] >= 'A' && name[i] <= 'Z') {
            return FAPI_NONE;
        }
        upper[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 'a' + 'A') : name[i];
    }
    upper[len] = '\0';
    return fapi_symbol_find(f, upper);
}

void fapi_stream_parse(const struct eb_fapi *f, const char *name, struct fapi_stream *out)
{
    static const char perpetual[] = "_perpetual";
    *out = (struct fapi_stream){.kind = FAPI_S_OTHER, .symbol = FAPI_NONE, .served = MARKET};
    const char *at = strchr(name, '@');
    if (name[0] == '!') {
        (void)take_complete(name, out);
        return;
    }
    if (at == NULL) {
        out->kind = FAPI_S_USER;
        out->served = ON(FAPI_CLASS_LEGACY) | ON(FAPI_CLASS_PRIVATE);
        return;
    }
    size_t len = (size_t)(at - name);
    if (!take_complete(at + 1, out) && !take_depth(at + 1, out)) {
        take_kline(at + 1, out);
    }
    if (out->continuous) {
        size_t tail = sizeof(perpetual) - 1;
        len = len > tail && strncmp(at - tail, perpetual, tail) == 0 ? len - tail : 0;
    }
    out->symbol = find_lower(f, name, len);
    if (out->symbol == FAPI_NONE) {
        out->kind = FAPI_S_OTHER;
        out->every_ms = 0;
    }
}
