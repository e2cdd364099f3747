/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that people read: times of the exchange that do not fit together make no odd figures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "app/words.h"

static void the_end_of(int64_t opened_ms, int64_t closed_ms, const char *line)
{
    struct eb_action a;
    char out[EB_LINE_MAX] = "";
    memset(&a, 0, sizeof(a));
    a.kind = EB_ACT_EPISODE_END;
    a.u.end.symbol = EB_NO_SYMBOL;
    a.u.end.side = EB_SHORT;
    a.u.end.opened_ms = opened_ms;
    a.u.end.closed_ms = closed_ms;
    assert_true(eb_line_of_action(NULL, &a, NULL, out));
    assert_string_equal(out, line);
}

static void an_episode_lasts_some_seconds(void **state)
{
    (void)state;
    the_end_of(1000, 1000, "account SHORT ended after 0.0 s");
    the_end_of(1000, 63450, "account SHORT ended after 62.4 s");
}

/* The exchange's clock was put right meanwhile. */
static void and_never_less_than_none(void **state)
{
    (void)state;
    the_end_of(5000, 3050, "account SHORT ended after 0.0 s");
    the_end_of(5000, 4950, "account SHORT ended after 0.0 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_episode_lasts_some_seconds),
        cmocka_unit_test(and_never_less_than_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
