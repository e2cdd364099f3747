/* SPDX-License-Identifier: Apache-2.0 */
/* exitbrain reload, plan, rollback: policies of the running engine (reload.h), which tries them and says what moves. */
#define _DEFAULT_SOURCE

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/control.h"
#include "app/output.h"

#define MEMBERS_MAX 16384

/* The engine works elsewhere: a directory is named in full. */
static bool add_directory(const struct eb_args *a, struct eb_doc *d)
{
    if (a->positional_count == 0) {
        return true;
    }
    char *whole = realpath(a->positional[0], NULL);
    if (whole == NULL) {
        eb_complain(a->command->name, "%s: %s", a->positional[0], strerror(errno));
        return false;
    }
    eb_doc_text(d, "dir", whole);
    free(whole);
    return true;
}

struct wanted {
    const char *why, *confirm, *challenger; /* NULL: not given */
    bool all;
};

static enum eb_status ask(const struct eb_args *a, struct wanted w)
{
    struct eb_buffer members;
    struct eb_doc d = {.out = &members};
    enum eb_status status = EB_STATUS_USAGE;
    eb_buffer_init(&members, MEMBERS_MAX);
    if (add_directory(a, &d)) {
        if (w.why != NULL) {
            eb_doc_text(&d, "why", w.why);
        }
        if (w.confirm != NULL) {
            eb_doc_text(&d, "confirm", w.confirm);
        }
        if (w.challenger != NULL) {
            eb_doc_text(&d, "challenger", w.challenger);
        }
        if (w.all) {
            eb_doc_bool(&d, "all", true);
        }
        status = eb_control_ask(a, a->command->name, eb_buffer_str(&members));
    }
    eb_buffer_deinit(&members);
    return status;
}

static enum eb_status reload(const struct eb_args *a)
{
    return ask(a, (struct wanted){.why = eb_args_text(a, "why"),
                                  .confirm = eb_args_text(a, "confirm"),
                                  .challenger = eb_args_text(a, "challenger")});
}

static enum eb_status rollback(const struct eb_args *a)
{
    return ask(a, (struct wanted){.why = eb_args_text(a, "why")});
}

static enum eb_status plan(const struct eb_args *a)
{
    return ask(a, (struct wanted){.all = eb_args_has(a, "all")});
}

static const struct eb_option reload_options[] = {
    {"confirm", EB_OPT_VALUE, "HASH", "swaps the staged set with this hash (its first 8 digits do)"},
    {"why", EB_OPT_VALUE, "TEXT", "is journaled with the change"},
    {"challenger", EB_OPT_VALUE, "NAME", "the set of this challenger instead of the owner's"},
    EB_ASK_OPTIONS,
};
static const struct eb_option rollback_options[] = {
    {"why", EB_OPT_VALUE, "TEXT", "is journaled with the change"},
    EB_ASK_OPTIONS,
};
static const struct eb_option plan_options[] = {
    {"all", EB_OPT_FLAG, NULL, "every level of every position, where there are many"},
    EB_ASK_OPTIONS,
};

const struct eb_subcommand eb_cmd_reload = {
    .name = "reload",
    .arguments = "[DIR] [OPTIONS]",
    .summary = "tries a policy set on every open position, then takes it over, or says why not",
    .about =
        "Without DIR: the directory of the set in force, as it is now. What would park a level, move a stop or move\n"
        "a target by more than 0.25 R is STAGED in LIVE: --confirm takes it over. Exit status 0: swapped or\n"
        "unchanged; 1: refused or staged.",
    .option = reload_options,
    .option_count = EB_COUNT(reload_options),
    .positional_max = 1,
    .run = reload,
};

const struct eb_subcommand eb_cmd_plan = {
    .name = "plan",
    .arguments = "[DIR] [OPTIONS]",
    .summary = "what would change on every open position if the set in DIR were loaded now",
    .about =
        "Levels now and then, what would be parked, closed or fire at once, and which setting or file each change is\n"
        "due to: found by taking back one difference at a time and asking again, on a copy of the engine. Without\n"
        "DIR: the directory of the set in force, as it is now. Exit status 0: it could be taken over as it is; 1: it\n"
        "is refused, or would have to be confirmed.",
    .option = plan_options,
    .option_count = EB_COUNT(plan_options),
    .positional_max = 1,
    .run = plan,
};

const struct eb_subcommand eb_cmd_rollback = {
    .name = "rollback",
    .arguments = "[OPTIONS]",
    .summary = "back to the policy set before",
    .option = rollback_options,
    .option_count = EB_COUNT(rollback_options),
    .run = rollback,
};
