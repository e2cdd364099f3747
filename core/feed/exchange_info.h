/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instruments from Binance's exchangeInfo (GET /fapi/v1/exchangeInfo), a file that may be plain, .gz or .zip.
 *
 * A symbol that cannot be used (filter missing, tick 0) does not spoil the others: it is kept with its reason, which
 * comes out when it is asked for. pricePrecision and quantityPrecision are display figures and never read.
 */
#pragma once

#include <stddef.h>

#include <exitbrain/event.h>

#include "base/err.h"

struct eb_refused_symbol {
    char symbol[EB_SYMBOL_MAX]; /* cut when longer */
    char why[160];              /* names the filter */
};

struct eb_exchange_info {
    size_t count;
    struct eb_ev_instrument *item; /* sorted by symbol; owned */
    size_t refused_count;
    struct eb_refused_symbol *refused; /* sorted by symbol; owned */
    char file[128];                    /* the end of its path, for messages */
};

/* Loads a file, or parses text of len bytes called name in messages. out is written on success only;
 * eb_exchange_info_deinit() it. EB_E_INVALID: no JSON, no list of symbols, a symbol twice; EB_E_IO; EB_E_MEMORY. */
EB_NODISCARD int eb_exchange_info_load(const char *path, struct eb_exchange_info *out, struct eb_err *err);
EB_NODISCARD int eb_exchange_info_parse(const char *name, const char *text, size_t len, struct eb_exchange_info *out,
                                        struct eb_err *err);
void eb_exchange_info_deinit(struct eb_exchange_info *info);

/*
 * The instrument of a symbol, borrowed until deinit. EB_E_NOT_FOUND names the nearest symbol there is; EB_E_INVALID
 * says why the symbol was refused. Required are PRICE_FILTER and LOT_SIZE; what else is not given is 0 (struct
 * eb_instrument says what that means). percent_*_ppm are multipliers (1.05 is 1,050,000), maintenance_ppm is
 * maintMarginPercent / 100.
 */
EB_NODISCARD int eb_exchange_info_find(const struct eb_exchange_info *info, const char *symbol,
                                       const struct eb_ev_instrument **out, struct eb_err *err);
