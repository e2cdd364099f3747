/* SPDX-License-Identifier: Apache-2.0 */
/* Findings in words: one sentence each, short enough for an alert. */
#include <string.h>

#include "domain/lint.h"
#include <exitbrain/text.h>

struct words {
    const char *name;
    const char *text; /* # is `is`, $ is `limit`, & is the item */
};

static const struct words words[EB_LINT_COUNT] = {
    [EB_LINT_STOP_NEAR] = {"stop_near", "stop lies # from entry, at least $ is needed to measure R"},
    [EB_LINT_STOP_BUFFER] = {"stop_buffer", "stop lies # from entry, the liquidation buffer begins at $: brought in"},
    [EB_LINT_STOP_CROSSED] = {"stop_crossed", "stop # is past the price $ already: it would be parked"},
    [EB_LINT_STOP_LOOSER] = {"stop_looser", "stop # is looser than the one in force, $: not taken"},
    [EB_LINT_FRACTIONS] = {"fractions", "fractions of the legs sum to #, at most $"},
    [EB_LINT_ORDER] = {"order", "leg & lies # from entry, nearer than the one listed before it, $"},
    [EB_LINT_LEG_NOTHING] = {"leg_nothing", "leg & would close #, less than one step of $"},
    [EB_LINT_LEG_QUANTITY] = {"leg_quantity", "leg & would close #, below the minimum quantity $"},
    [EB_LINT_LEG_NOTIONAL] = {"leg_notional", "leg & is worth # at its price, below the minimum notional $"},
    [EB_LINT_REST] = {"rest", "the legs leave # over, below $ that the stop can trade"},
    [EB_LINT_LEG_FEES] = {"leg_fees", "leg & lies # from entry, a round trip costs $"},
    [EB_LINT_LEG_CROSSED] = {"leg_crossed", "leg & at # is reached already at $: it would be parked"},
    [EB_LINT_LEG_FAR] = {"leg_far", "leg & lies # from entry, beyond $: hardly ever reached"},
    [EB_LINT_LEG_RANGE] = {"leg_range", "leg & at # lies outside the venue's prices (limit $)"},
    [EB_LINT_ROOM_ORDERS] = {"room_orders", "# legs would rest, the venue takes $ orders of a symbol"},
    [EB_LINT_ROOM_SLICES] = {"room_slices", "leg & needs # orders, $ can work at a time"},
    [EB_LINT_TRAIL_NEVER] = {"trail_never", "the trail starts # from entry, the legs have closed everything at $"},
    [EB_LINT_TRAIL_LOOSENS] = {"trail_loosens", "step & of the trail widens the callback to #, from $"},
    [EB_LINT_RATCHET_LOOSENS] = {"ratchet_loosens", "ratchet rule & gives #, looser than an earlier one's $"},
    [EB_LINT_RATCHET_FIRES] = {"ratchet_fires", "ratchet rule & sets the stop to #, where price is then ($)"},
    [EB_LINT_RATCHET_NEVER] = {"ratchet_never", "ratchet rule & waits for # hits, there are $ legs"},
};

const char *eb_lint_name(enum eb_lint_code code)
{
    return (unsigned)code < EB_LINT_COUNT && words[code].name != NULL ? words[code].name : "?";
}

struct line {
    char *out;
    size_t size, len;
};

static void put(struct line *l, const char *text, size_t len)
{
    for (size_t i = 0; i < len && l->len + 1 < l->size; i++) {
        l->out[l->len++] = text[i];
    }
}

size_t eb_lint_figure(enum eb_lint_unit unit, int64_t value, char out[EB_LINT_FIGURE_MAX])
{
    static const uint8_t scale[] = {[EB_LINT_PCT] = 4, [EB_LINT_FRACTION] = 6, [EB_LINT_PRICE] = 8,
                                    [EB_LINT_QTY] = 8, [EB_LINT_MONEY] = 8,    [EB_LINT_NUMBER] = 0};
    char text[EB_DECIMAL_TEXT_MAX];
    struct line l = {.out = out, .size = EB_LINT_FIGURE_MAX};
    put(&l, text, eb_decimal_format(value, scale[unit], text));
    put(&l, " %", unit == EB_LINT_PCT ? 2 : 0);
    out[l.len] = '\0';
    return l.len;
}

void eb_lint_text(const struct eb_lint_finding *f, char *out, size_t size)
{
    struct line l = {.out = out, .size = size};
    const char *text = f->code < EB_LINT_COUNT && words[f->code].text != NULL ? words[f->code].text : "";
    for (; *text != '\0'; text++) {
        char figure[EB_LINT_FIGURE_MAX];
        size_t len = 1;
        const char *from = text;
        if (*text == '#' || *text == '$') {
            len = eb_lint_figure((enum eb_lint_unit)f->unit, *text == '#' ? f->is : f->limit, figure);
            from = figure;
        } else if (*text == '&') {
            len = eb_lint_figure(EB_LINT_NUMBER, f->item, figure);
            from = figure;
        }
        put(&l, from, len);
    }
    if (size > 0) {
        out[l.len] = '\0';
    }
}
