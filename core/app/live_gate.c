/* SPDX-License-Identifier: Apache-2.0 */
/* Whether orders may leave on this exchange: what its greeting said of the account, and what the start was told. */
#include "app/live_inner.h"

int eb_live_may_trade(const struct eb_live *l, struct eb_err *err)
{
    if (l->connects > 0 && !l->venue.can_trade) {
        return eb_err_set(err, EB_E_REFUSED, "run",
                          "LIVE: the exchange says that this key may not trade: give it the permission for futures, or "
                          "stay in SHADOW");
    }
    if (l->connects > 0 && l->venue.multi_assets && !l->o.allow_multi_assets) {
        return eb_err_set(err, EB_E_REFUSED, "run",
                          "LIVE: the account's margin comes from several assets, and risk figures are those of one "
                          "wallet: switch multi-assets mode off, or set binance.allow_multi_assets");
    }
    return l->o.may_trade != NULL ? l->o.may_trade(l->o.may_trade_user, err) : EB_OK;
}
