/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine cannot do without at an exchange: asked once, before the first order. */
#include "venue/link.h"

int eb_link_suits(const struct eb_link_can *can, const struct eb_engine_config *c, struct eb_err *err)
{
    static const char where[] = "venue";
    if (!can->market_orders) {
        return eb_err_set(err, EB_E_REFUSED, where, "the exchange has no market orders: an exit could rest unfilled");
    }
    if ((can->modes & (c->hedge ? EB_CAN_HEDGE : EB_CAN_ONE_WAY)) == 0) {
        return eb_err_set(err, EB_E_REFUSED, where, "the exchange has no %s mode", c->hedge ? "hedge" : "one-way");
    }
    if (can->client_id_max < EB_CLIENT_ID_TEXT_MAX - 1) {
        return eb_err_set(err, EB_E_REFUSED, where,
                          "the exchange's client order ids have %u characters, ours %d: orders could not be told apart",
                          can->client_id_max, EB_CLIENT_ID_TEXT_MAX - 1);
    }
    if (c->backstop && (!can->conditional_orders || (can->trigger_sources & (1u << EB_SRC_MARK)) == 0)) {
        return eb_err_set(err, EB_E_REFUSED, where,
                          "the exchange has no conditional orders on the mark price: no stop could rest there "
                          "(backstop.enabled = false does without)");
    }
    return EB_OK;
}
