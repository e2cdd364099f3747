/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: one table per subcommand is what is parsed, what --help prints, and what an error suggests from.
 *
 *     argv -> eb_args_parse(command table) -> eb_args -> typed readers, each with the option's name in its message
 */
#pragma once

#include <stdio.h>

#include "app/value.h"

/* What a command answers to whoever started it. */
enum eb_status { EB_STATUS_DONE = 0, EB_STATUS_BAD_NEWS = 1, EB_STATUS_USAGE = 2, EB_STATUS_UNREACHABLE = 3 };

enum eb_option_kind {
    EB_OPT_FLAG,  /* no value */
    EB_OPT_VALUE, /* one value, given at most once */
    EB_OPT_EACH,  /* one value each time, as often as wanted */
    EB_OPT_LIST,  /* one or more values, up to the next option */
};
struct eb_option {
    const char *name; /* without the dashes */
    enum eb_option_kind kind;
    const char *arg;  /* how help names its value; NULL for a flag */
    const char *help; /* NULL: works, but is not shown */
};

struct eb_args;
struct eb_subcommand {
    const char *name;
    const char *arguments; /* for the usage line: "SYMBOL[:SIDE] [OPTIONS]" */
    const char *summary;   /* one line */
    const char *about;     /* more lines for --help, or NULL */
    const struct eb_option *option;
    unsigned option_count;
    unsigned positional_min, positional_max;
    enum eb_status (*run)(const struct eb_args *args);
};

struct eb_given {
    const struct eb_option *option;
    const char *value; /* NULL for a flag; borrowed from argv */
};
struct eb_args {
    const struct eb_subcommand *command;
    struct eb_given *given; /* in the order of the command line; owned */
    unsigned given_count;
    const char **positional; /* owned; strings borrowed from argv */
    unsigned positional_count;
    bool help; /* --help was among them: nothing else was checked */
};

/* Parses argv[0..argc), what follows the subcommand's name. EB_E_INVALID with the nearest name for an unknown option, a
 * value that is missing or not wanted, an option given twice, too few or many arguments. eb_args_deinit() it always. */
EB_NODISCARD int eb_args_parse(const struct eb_subcommand *command, int argc, char **argv, struct eb_args *out,
                               struct eb_err *err);
void eb_args_deinit(struct eb_args *args);

/* Whether it was given; its value (the last one) or NULL; all values, NULL-terminated, the list owned by the caller.
 * Names that are not in the command's table are a programmer's error. */
bool eb_args_has(const struct eb_args *args, const char *name);
const char *eb_args_text(const struct eb_args *args, const char *name);
EB_NODISCARD int eb_args_list(const struct eb_args *args, const char *name, const char *const **out, unsigned *count,
                              struct eb_err *err);

/* Typed values; *out stays what it was when the option was not given. */
EB_NODISCARD int eb_args_decimal(const struct eb_args *args, const char *name, int64_t min_e8, int64_t max_e8,
                                 int64_t *out_e8, struct eb_err *err);
EB_NODISCARD int eb_args_ratio(const struct eb_args *args, const char *name, enum eb_ratio_unit unit, int64_t min_ppm,
                               int64_t max_ppm, int64_t *out_ppm, struct eb_err *err);
EB_NODISCARD int eb_args_duration(const struct eb_args *args, const char *name, int64_t min_ms, int64_t max_ms,
                                  int64_t *out_ms, struct eb_err *err);
EB_NODISCARD int eb_args_integer(const struct eb_args *args, const char *name, int64_t min, int64_t max, int64_t *out,
                                 struct eb_err *err);
EB_NODISCARD int eb_args_choice(const struct eb_args *args, const char *name, const char *const *names, int64_t *out,
                                struct eb_err *err);

/* The --help page of one command. */
void eb_command_help(const struct eb_subcommand *command, FILE *to);
