/* SPDX-License-Identifier: Apache-2.0 */
/* exitbrain signal: tells the policies of a running engine something, of one symbol or of all, or lists what stands. */
#include "app/commands.h"
#include "app/control.h"
#include "app/output.h"

#define MEMBERS_MAX 4096

/* SYMBOL NAME VALUE, NAME VALUE; with --clear: SYMBOL NAME, NAME. */
static bool place(const struct eb_args *a, struct eb_doc *d)
{
    bool clear = eb_args_has(a, "clear");
    unsigned words = clear ? 1 : 2;
    unsigned given = (unsigned)a->positional_count;
    if (given == 0 && !clear && eb_args_text(a, "for") == NULL) {
        return true;
    }
    if (given != words && given != words + 1) {
        eb_complain("signal",
                    clear ? "--clear takes [SYMBOL] NAME" : "[SYMBOL] NAME VALUE are needed, or NAME --clear");
        return false;
    }
    unsigned at = 0;
    if (given == words + 1) {
        eb_doc_text(d, "symbol", a->positional[at++]);
    }
    eb_doc_text(d, "name", a->positional[at++]);
    if (clear) {
        eb_doc_bool(d, "clear", true);
    } else {
        eb_doc_text(d, "value", a->positional[at]);
    }
    return true;
}

static enum eb_status run(const struct eb_args *a)
{
    static const char *const texts[] = {"for", "why", "id"};
    struct eb_buffer members;
    struct eb_doc d = {.out = &members};
    enum eb_status status = EB_STATUS_USAGE;
    eb_buffer_init(&members, MEMBERS_MAX);
    if (place(a, &d)) {
        for (size_t i = 0; i < EB_COUNT(texts); i++) {
            const char *text = eb_args_text(a, texts[i]);
            if (text != NULL) {
                eb_doc_text(&d, texts[i], text);
            }
        }
        status = eb_control_ask(a, "signal", eb_buffer_str(&members));
    }
    eb_buffer_deinit(&members);
    return status;
}

static const struct eb_option options[] = {
    {"for", EB_OPT_VALUE, "TIME", "it stands so long (30s, 10m, 2h); without: until it is taken back"},
    {"clear", EB_OPT_FLAG, NULL, "takes it back"},
    {"why", EB_OPT_VALUE, "TEXT", "is journaled with it"},
    {"id", EB_OPT_VALUE, "HEX", "16 hexadecimal digits: the same id again is the same signal, taken once"},
    EB_ASK_OPTIONS,
};

const struct eb_subcommand eb_cmd_signal = {
    .name = "signal",
    .arguments = "[[SYMBOL] NAME VALUE] [--for TIME] [--clear] [OPTIONS]",
    .summary = "tells policies something (ctx.signals.NAME), or lists what they are told",
    .about =
        "Without a symbol it is said of all; a symbol's own comes first. VALUE: true, false, a number, else text.\n"
        "Where it changes something, positions are consulted and it is journaled with who and why. The shipped\n"
        "policies read risk_mode (NORMAL, CONSERVATIVE, CRITICAL, ESS_ACTIVE), confidence (0 to 1), tp_hint_pct,\n"
        "sl_hint_pct, trail_hint_pct and liquidity_usd.",
    .positional_max = 3,
    .option = options,
    .option_count = EB_COUNT(options),
    .run = run,
};
