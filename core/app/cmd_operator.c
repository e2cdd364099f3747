/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exitbrain pause, resume, flatten, release, adopt, confirm, rearm, mode: what operators do. Each is one command to the
 * running engine, journaled there with who and why, and answered when that is durable.
 */
#include <string.h>

#include "app/commands.h"
#include "app/control.h"

#define MEMBERS_MAX 8192
#define REMEMBERED                                                                                           \
    {"why", EB_OPT_VALUE, "TEXT", "is journaled with the command"},                                          \
    {                                                                                                        \
        "id", EB_OPT_VALUE, "HEX", "16 hexadecimal digits: the same id again is the same command, done once" \
    }

static bool has_option(const struct eb_args *a, const char *name)
{
    for (unsigned i = 0; i < a->command->option_count; i++) {
        if (strcmp(a->command->option[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* What was given on the command line becomes the member of the same name. */
static enum eb_status run(const struct eb_args *a)
{
    static const char *const texts[] = {"why", "id", "executor", "rollout", "exit"};
    struct eb_buffer members;
    struct eb_doc d = {.out = &members};
    eb_buffer_init(&members, MEMBERS_MAX);
    if (a->positional_count > 0) {
        eb_doc_text(&d, "symbol", a->positional[0]);
    }
    for (size_t i = 0; i < EB_COUNT(texts); i++) {
        const char *text = has_option(a, texts[i]) ? eb_args_text(a, texts[i]) : NULL;
        if (text != NULL) {
            eb_doc_text(&d, texts[i], text);
        }
    }
    if (has_option(a, "yes") && eb_args_has(a, "yes")) {
        eb_doc_bool(&d, "yes", true);
    }
    enum eb_status status = eb_control_ask(a, a->command->name, eb_buffer_str(&members));
    eb_buffer_deinit(&members);
    return status;
}

static const struct eb_option options[] = {REMEMBERED, EB_ASK_OPTIONS};
static const struct eb_option flatten_options[] = {
    {"yes", EB_OPT_FLAG, NULL, "does it without asking; where nobody looks at a terminal it is not done without"},
    REMEMBERED,
    EB_ASK_OPTIONS,
};
static const struct eb_option mode_options[] = {
    {"executor", EB_OPT_VALUE, "LIVE|SHADOW", "EXIT_EXECUTOR_MODE: whether orders are sent"},
    {"rollout", EB_OPT_VALUE, "ENABLED|DISABLED", "EXIT_BRAIN_V3_LIVE_ROLLOUT: the kill switch"},
    {"exit", EB_OPT_VALUE, "EXIT_BRAIN_V3|LEGACY", "EXIT_MODE: who owns exits"},
    {"yes", EB_OPT_FLAG, NULL, "does it without asking"},
    REMEMBERED,
    EB_ASK_OPTIONS,
};

#define OPTIONS(list) .option = (list), .option_count = EB_COUNT(list), .run = run

const struct eb_subcommand eb_cmd_pause = {
    .name = "pause",
    .arguments = "[OPTIONS]",
    .summary = "no consult, no target, no partial close until resume; stops and backstops go on",
    OPTIONS(options),
};

const struct eb_subcommand eb_cmd_resume = {
    .name = "resume",
    .arguments = "[OPTIONS]",
    .summary = "ends pause, and what flatten said about new positions",
    OPTIONS(options),
};

const struct eb_subcommand eb_cmd_flatten = {
    .name = "flatten",
    .arguments = "[SYMBOL] [OPTIONS]",
    .summary = "closes everything, or one symbol, at market, whoever owns the exits",
    .about = "Closes first, cancels after; backstops stay until flat; orders of others are not touched. Without a\n"
             "symbol new positions get only the built-in stop until `exitbrain resume`. In SHADOW nothing is sent and\n"
             "the exit status is 1.",
    .positional_max = 1,
    OPTIONS(flatten_options),
};

const struct eb_subcommand eb_cmd_release = {
    .name = "release",
    .arguments = "SYMBOL [OPTIONS]",
    .summary = "hands off one position: nothing more is sent for it; its backstop stays and is named",
    .positional_min = 1,
    .positional_max = 1,
    OPTIONS(options),
};

const struct eb_subcommand eb_cmd_adopt = {
    .name = "adopt",
    .arguments = "SYMBOL [OPTIONS]",
    .summary = "takes a released position back",
    .positional_min = 1,
    .positional_max = 1,
    OPTIONS(options),
};

const struct eb_subcommand eb_cmd_confirm = {
    .name = "confirm",
    .arguments = "SYMBOL [OPTIONS]",
    .summary = "lets the policy close a position that was found open (over-leverage, loss guard, time stop)",
    .positional_min = 1,
    .positional_max = 1,
    OPTIONS(options),
};

const struct eb_subcommand eb_cmd_rearm = {
    .name = "rearm",
    .arguments = "SYMBOL [OPTIONS]",
    .summary = "arms parked targets of one symbol: they fire at once while price is beyond them",
    .positional_min = 1,
    .positional_max = 1,
    OPTIONS(options),
};

const struct eb_subcommand eb_cmd_mode = {
    .name = "mode",
    .arguments = "[--executor LIVE|SHADOW] [--rollout ENABLED|DISABLED] [--exit EXIT_BRAIN_V3|LEGACY] [OPTIONS]",
    .summary = "what the three modes are, or changes them until the next start",
    .about =
        "Orders leave only with EXIT_EXECUTOR_MODE=LIVE and EXIT_BRAIN_V3_LIVE_ROLLOUT=ENABLED; EXIT_MODE says who\n"
        "owns exits. What makes orders leave, or leaves open positions alone, wants a confirmation.",
    OPTIONS(mode_options),
};
