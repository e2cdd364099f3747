/* SPDX-License-Identifier: Apache-2.0 */
/* What an exchange lacks, and what an engine says to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "venue/link.h"

static struct eb_link_can everything(void)
{
    return (struct eb_link_can){.market_orders = true,
                                .conditional_orders = true,
                                .close_position = true,
                                .trigger_sources = 1u << EB_SRC_MARK,
                                .modes = EB_CAN_ONE_WAY | EB_CAN_HEDGE,
                                .client_id_max = 36};
}

static void refused(const struct eb_link_can *can, bool hedge, bool backstop, const char *why)
{
    struct eb_engine_config c;
    struct eb_err err = {0};
    memset(&c, 0, sizeof(c));
    c.hedge = hedge;
    c.backstop = backstop;
    int rc = eb_link_suits(can, &c, &err);
    assert_int_equal(rc, why == NULL ? EB_OK : EB_E_REFUSED);
    assert_true(why == NULL || strstr(err.msg, why) != NULL);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    struct eb_link_can can = everything();
    refused(&can, false, true, NULL);
    refused(&can, true, true, NULL);
    can.market_orders = false;
    refused(&can, false, true, "no market orders");
    can = everything();
    can.modes = EB_CAN_ONE_WAY;
    refused(&can, true, true, "no hedge mode");
    refused(&can, false, true, NULL);
    can.modes = EB_CAN_HEDGE;
    refused(&can, false, true, "no one-way mode");
    can = everything();
    can.client_id_max = 32;
    refused(&can, false, true, "32 characters");
}

static void a_setting_does_without(void **state)
{
    (void)state;
    struct eb_link_can can = everything();
    can.conditional_orders = false;
    refused(&can, false, true, "backstop.enabled = false");
    refused(&can, false, false, NULL);
    can = everything();
    can.trigger_sources = 1u << EB_SRC_LAST;
    refused(&can, false, true, "mark price");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(a_setting_does_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
