/* SPDX-License-Identifier: Apache-2.0 */
/* exitbrain status, positions, orders, owners: questions to the running engine, which makes the pages. */
#include "app/commands.h"
#include "app/control.h"
#include "app/output.h"

#define MEMBERS_MAX 4096

/* "symbol":"BTCUSDT","all":true as far as they were given. */
static enum eb_status question(const struct eb_args *a, bool may_all)
{
    struct eb_buffer members;
    struct eb_doc d = {.out = &members};
    eb_buffer_init(&members, MEMBERS_MAX);
    if (a->positional_count > 0) {
        eb_doc_text(&d, "symbol", a->positional[0]);
    }
    if (may_all && eb_args_has(a, "all")) {
        eb_doc_bool(&d, "all", true);
    }
    enum eb_status status = eb_control_ask(a, a->command->name, eb_buffer_str(&members));
    eb_buffer_deinit(&members);
    return status;
}

static enum eb_status plainly(const struct eb_args *a)
{
    return question(a, false);
}

/* "ledger":true,"since":"..." */
static enum eb_status owners(const struct eb_args *a)
{
    struct eb_buffer members;
    struct eb_doc d = {.out = &members};
    eb_buffer_init(&members, MEMBERS_MAX);
    bool ledger = eb_args_has(a, "ledger");
    const char *since = eb_args_text(a, "since");
    if (since != NULL && !ledger) {
        eb_complain("owners", "--since belongs to --ledger");
        return EB_STATUS_USAGE;
    }
    if (ledger) {
        eb_doc_bool(&d, "ledger", true);
    }
    if (since != NULL) {
        eb_doc_text(&d, "since", since);
    }
    enum eb_status status = eb_control_ask(a, "owners", eb_buffer_str(&members));
    eb_buffer_deinit(&members);
    return status;
}

static enum eb_status with_all(const struct eb_args *a)
{
    return question(a, true);
}

static const struct eb_option plain_options[] = {EB_ASK_OPTIONS};
static const struct eb_option owner_options[] = {
    {"ledger", EB_OPT_FLAG, NULL, "what episodes came to in R: the owner's, and each challenger's beside it"},
    {"since", EB_OPT_VALUE, "TIME", "with --ledger: closed then or later (ISO 8601, epoch ms, or +30s of this run)"},
    EB_ASK_OPTIONS,
};
static const struct eb_option position_options[] = {
    {"all", EB_OPT_FLAG, NULL, "those that have ended too"},
    EB_ASK_OPTIONS,
};
const struct eb_subcommand eb_cmd_status = {
    .name = "status",
    .arguments = "[OPTIONS]",
    .summary = "one page about the running engine: modes, venue, positions, policy, journal, loop, alarms",
    .option = plain_options,
    .option_count = EB_COUNT(plain_options),
    .run = plainly,
};

const struct eb_subcommand eb_cmd_positions = {
    .name = "positions",
    .arguments = "[SYMBOL] [OPTIONS]",
    .summary = "what is open: price, result, stop in force, next target, protection, owner",
    .option = position_options,
    .option_count = EB_COUNT(position_options),
    .positional_max = 1,
    .run = with_all,
};

const struct eb_subcommand eb_cmd_orders = {
    .name = "orders",
    .arguments = "[SYMBOL] [OPTIONS]",
    .summary = "orders that stand: ours with purpose and age, and those of others",
    .about = "orphan: an order with an id of this engine that it does not work with.",
    .option = plain_options,
    .option_count = EB_COUNT(plain_options),
    .positional_max = 1,
    .run = plainly,
};

const struct eb_subcommand eb_cmd_owners = {
    .name = "owners",
    .arguments = "[OPTIONS]",
    .summary = "who owns the exits of each position, by which flags, and who else has orders on it",
    .option = owner_options,
    .option_count = EB_COUNT(owner_options),
    .run = owners,
};
