/* SPDX-License-Identifier: Apache-2.0 */
/* The program: finds the subcommand, parses its options, runs it. Nothing else happens here. */
#define _POSIX_C_SOURCE 200809L

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/output.h"
#include "feed/nearest.h"
#include "generated/version.h"
#include "store/codec.h"
#include "store/journal.h"

static const struct eb_subcommand *const commands[] = {
    &eb_cmd_run,      &eb_cmd_status,  &eb_cmd_positions, &eb_cmd_orders,  &eb_cmd_owners,   &eb_cmd_explain,
    &eb_cmd_doctor,   &eb_cmd_pause,   &eb_cmd_resume,    &eb_cmd_flatten, &eb_cmd_release,  &eb_cmd_adopt,
    &eb_cmd_confirm,  &eb_cmd_rearm,   &eb_cmd_mode,      &eb_cmd_signal,  &eb_cmd_plan,     &eb_cmd_reload,
    &eb_cmd_rollback, &eb_cmd_journal, &eb_cmd_replay,    &eb_cmd_init,    &eb_cmd_backtest, &eb_cmd_check,
    &eb_cmd_sim,      &eb_cmd_hand};

static void help(FILE *to)
{
    fprintf(to, "usage: exitbrain COMMAND [OPTIONS]\n"
                "Manages the exits of leveraged futures positions: stop, targets and trailing of each one.\n\n");
    for (size_t i = 0; i < EB_COUNT(commands); i++) {
        fprintf(to, "  %-12s %s\n", commands[i]->name, commands[i]->summary);
    }
    fprintf(to,
            "\n  exitbrain COMMAND --help    options of one command\n"
            "  exitbrain --version         version, commit, schemas of its records and its journal\n\n"
            "Exit status: 0 done, 1 the answer is bad news, 2 wrong usage or configuration, 3 nothing reachable.\n");
}

static const struct eb_subcommand *find(const char *name)
{
    for (size_t i = 0; i < EB_COUNT(commands); i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static enum eb_status unknown(const char *name)
{
    struct eb_nearest near = {0};
    char hint[EB_NEAREST_TEXT_MAX];
    for (size_t i = 0; i < EB_COUNT(commands); i++) {
        eb_nearest_offer(&near, name, commands[i]->name);
    }
    fprintf(stderr, "exitbrain: \"%.60s\": no such command%s\n", name, eb_nearest_text(&near, hint));
    if (near.name == NULL) {
        fprintf(stderr, "exitbrain --help lists them\n");
    }
    return EB_STATUS_USAGE;
}

static enum eb_status dispatch(const struct eb_subcommand *command, int argc, char **argv)
{
    struct eb_args args;
    struct eb_err err = {0};
    enum eb_status status = EB_STATUS_DONE;
    if (eb_args_parse(command, argc, argv, &args, &err) != EB_OK) {
        eb_complain(command->name, "%s", err.msg);
        status = EB_STATUS_USAGE;
    } else if (args.help) {
        eb_command_help(command, stdout);
    } else {
        status = command->run(&args);
    }
    eb_args_deinit(&args);
    return status;
}

/* A standard stream that was closed would be the next file that is opened, and that file hold what is printed. What
 * stands in cannot be read from or written to, so that doing so is an error. */
static bool occupy_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        bool closed = fcntl(fd, F_GETFD) == -1;
        if (closed && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    if (!occupy_standard_streams()) {
        return EB_STATUS_USAGE;
    }
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--version") == 0) {
        printf("exitbrain %s (%s, commit %s, record schema %d, journal schema %d)\n", EB_VERSION, EB_BUILD_TYPE,
               EB_COMMIT, EB_CODEC_SCHEMA, EB_JOURNAL_SCHEMA);
        return EB_STATUS_DONE;
    }
    bool asked = strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0;
    if (asked || argc < 2) {
        const struct eb_subcommand *about = asked && argc > 2 ? find(argv[2]) : NULL;
        if (about != NULL) {
            eb_command_help(about, stdout);
        } else {
            help(asked ? stdout : stderr);
        }
        return asked ? EB_STATUS_DONE : EB_STATUS_USAGE;
    }
    const struct eb_subcommand *command = find(name);
    int status = (int)(command != NULL ? dispatch(command, argc - 2, argv + 2) : unknown(name));
    if (fflush(stdout) != 0 && status == EB_STATUS_DONE) {
        perror("exitbrain: standard output");
        status = EB_STATUS_BAD_NEWS;
    }
    return status;
}
