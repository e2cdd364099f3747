/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands: cmd_<name>.c defines one of these, or a family of those that only ask the running engine. */
#pragma once

#include "app/options.h"

extern const struct eb_subcommand eb_cmd_run;
extern const struct eb_subcommand eb_cmd_status;
extern const struct eb_subcommand eb_cmd_positions;
extern const struct eb_subcommand eb_cmd_orders;
extern const struct eb_subcommand eb_cmd_owners;
extern const struct eb_subcommand eb_cmd_doctor;
extern const struct eb_subcommand eb_cmd_pause;
extern const struct eb_subcommand eb_cmd_resume;
extern const struct eb_subcommand eb_cmd_flatten;
extern const struct eb_subcommand eb_cmd_release;
extern const struct eb_subcommand eb_cmd_adopt;
extern const struct eb_subcommand eb_cmd_confirm;
extern const struct eb_subcommand eb_cmd_rearm;
extern const struct eb_subcommand eb_cmd_mode;
extern const struct eb_subcommand eb_cmd_signal;
extern const struct eb_subcommand eb_cmd_reload;
extern const struct eb_subcommand eb_cmd_plan;
extern const struct eb_subcommand eb_cmd_rollback;
extern const struct eb_subcommand eb_cmd_backtest;
extern const struct eb_subcommand eb_cmd_explain;
extern const struct eb_subcommand eb_cmd_journal;
extern const struct eb_subcommand eb_cmd_replay;
extern const struct eb_subcommand eb_cmd_check;
extern const struct eb_subcommand eb_cmd_init;
extern const struct eb_subcommand eb_cmd_sim;
extern const struct eb_subcommand eb_cmd_hand;
