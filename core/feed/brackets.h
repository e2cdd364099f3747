/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leverage brackets: maintenance margin by notional.
 *
 * Two layouts are told apart by their shape: Binance's leverageBracket (a list of {symbol, brackets}, or one such
 * object), and the one that freqtrade keeps ("BTC/USDT:USDT": tiers, each with Binance's raw bracket under info).
 * A tier counts from its floor (inclusive) to the next tier's floor; maintenance margin = notional * rate - cum, which
 * is the same from both sides of a floor. notionalCoef is not applied: the venue has done so.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct eb_bracket {
    eb_money notional_floor, notional_cap; /* cap INT64_MAX: no limit that fits */
    int64_t maintenance_ppm;               /* 0.4 % is 4,000 */
    eb_money cum;                          /* maintenance amount that is deducted */
    uint32_t max_leverage;
};

struct eb_bracket_symbol {
    char symbol[EB_SYMBOL_MAX];
    uint32_t first, count; /* of eb_brackets.tier */
};

struct eb_brackets {
    size_t symbol_count;
    struct eb_bracket_symbol *symbol; /* sorted by name; owned */
    size_t tier_count;
    struct eb_bracket *tier; /* of each symbol rising by floor; owned */
    char file[128];          /* the end of its path, for messages */
};

/* Loads a file, or parses text of len bytes called name in messages. out is written on success only;
 * eb_brackets_deinit() it. EB_E_INVALID names symbol and tier: key missing, no number, first floor not 0, floors not
 * rising, floor other than the cap before, rate outside (0, 1), no leverage, a symbol twice or without tiers. */
EB_NODISCARD int eb_brackets_load(const char *path, struct eb_brackets *out, struct eb_err *err);
EB_NODISCARD int eb_brackets_parse(const char *name, const char *text, size_t len, struct eb_brackets *out,
                                   struct eb_err *err);
void eb_brackets_deinit(struct eb_brackets *b);

/* The tier of a notional (its size counts, not its sign), the last one for what exceeds it; NULL for a symbol that is
 * not listed. Borrowed until deinit. */
const struct eb_bracket *eb_brackets_find(const struct eb_brackets *b, const char *symbol, eb_money notional);

/* EB_OK when the symbol is listed, else EB_E_NOT_FOUND with the nearest name. */
EB_NODISCARD int eb_brackets_check(const struct eb_brackets *b, const char *symbol, struct eb_err *err);
