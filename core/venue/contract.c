/* SPDX-License-Identifier: Apache-2.0 */
/* Contracts and base asset: one multiplication, one division, nothing rounded unseen. */
#include "venue/contract.h"

int eb_contract_to_base(struct eb_contract c, int64_t units_e8, eb_qty *out)
{
    eb_i128 product = (eb_i128)units_e8 * c.base_e8;
    if (product % EB_E8 != 0) {
        return EB_E_INVALID;
    }
    product /= EB_E8;
    if (product > INT64_MAX || product < INT64_MIN) {
        return EB_E_OVERFLOW;
    }
    out->e8 = (int64_t)product;
    return EB_OK;
}

int eb_contract_from_base(struct eb_contract c, eb_qty qty, int64_t *units_e8)
{
    eb_i128 scaled = (eb_i128)qty.e8 * EB_E8;
    if (c.base_e8 <= 0 || scaled % c.base_e8 != 0) {
        return EB_E_INVALID;
    }
    scaled /= c.base_e8;
    if (scaled > INT64_MAX || scaled < INT64_MIN) {
        return EB_E_OVERFLOW;
    }
    *units_e8 = (int64_t)scaled;
    return EB_OK;
}
