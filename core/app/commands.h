/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands, each in a file of its own: cmd_<name>.c defines one of these. */
#pragma once

#include "app/options.h"

extern const struct eb_subcommand eb_cmd_run;
extern const struct eb_subcommand eb_cmd_backtest;
extern const struct eb_subcommand eb_cmd_explain;
extern const struct eb_subcommand eb_cmd_check;
