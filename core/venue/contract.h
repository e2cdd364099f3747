/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A symbol's unit of quantity. The engine counts in the base asset; an exchange may count in contracts of so much base
 * each. Only a venue's link knows of contracts: what it tells and what it is handed is in the base asset.
 */
#pragma once

#include "base/decimal.h"
#include "base/err.h"

struct eb_contract {
    int64_t base_e8; /* base asset in one unit of the exchange's quantity; 100,000,000: it counts in the base asset */
};
#define EB_CONTRACT_BASE ((struct eb_contract){EB_E8})

/* Exact both ways. EB_E_OVERFLOW; EB_E_INVALID: not a whole number at 1e-8, which a step of
 * the INSTRUMENT (told in base) excludes. *out untouched then. */
EB_NODISCARD int eb_contract_to_base(struct eb_contract c, int64_t units_e8, eb_qty *out);
EB_NODISCARD int eb_contract_from_base(struct eb_contract c, eb_qty qty, int64_t *units_e8);
