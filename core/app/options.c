/* SPDX-License-Identifier: Apache-2.0 */
/* Long options only: `--name value`, `--name=value`, `--` ends them, -h is --help. `-` alone is a value. */
#define _POSIX_C_SOURCE 200809L

#include "app/options.h"

#include <stdlib.h>
#include <string.h>

#include "feed/nearest.h"

#define HELP_COLUMN 30
#define HELP_WIDTH 100

static const char where[] = "options";

static const struct eb_option *find(const struct eb_subcommand *c, const char *name, size_t len)
{
    for (unsigned i = 0; i < c->option_count; i++) {
        if (strlen(c->option[i].name) == len && strncmp(c->option[i].name, name, len) == 0) {
            return &c->option[i];
        }
    }
    return NULL;
}

static const struct eb_option *known(const struct eb_args *args, const char *name)
{
    const struct eb_option *o = find(args->command, name, strlen(name));
    EB_ASSERT(o != NULL);
    return o;
}

static int unknown(const struct eb_subcommand *c, const char *name, struct eb_err *err)
{
    struct eb_nearest near = {0};
    char hint[EB_NEAREST_TEXT_MAX];
    eb_nearest_offer(&near, name, "help");
    for (unsigned i = 0; i < c->option_count; i++) {
        if (c->option[i].help != NULL) {
            eb_nearest_offer(&near, name, c->option[i].name);
        }
    }
    if (near.name == NULL) {
        return eb_err_set(err, EB_E_INVALID, where, "--%.60s: no such option (exitbrain %s --help lists them)", name,
                          c->name);
    }
    (void)snprintf(hint, sizeof(hint), "--%.60s", near.name);
    return eb_err_set(err, EB_E_INVALID, where, "--%.60s: no such option: did you mean %s?", name, hint);
}

static bool is_option(const char *arg)
{
    return strncmp(arg, "--", 2) == 0;
}

static void keep(struct eb_args *args, const struct eb_option *o, const char *value)
{
    args->given[args->given_count++] = (struct eb_given){o, value};
}

/* Takes the option at argv[*at] with its values and leaves *at behind them. */
static int take_option(struct eb_args *args, int argc, char **argv, int *at, struct eb_err *err)
{
    const char *name = argv[(*at)++] + 2;
    const char *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct eb_option *o = find(args->command, name, len);
    if (o == NULL) {
        char shown[64];
        (void)snprintf(shown, sizeof(shown), "%.*s", (int)(len < 60 ? len : 60), name);
        return unknown(args->command, shown, err);
    }
    if (o->kind == EB_OPT_FLAG) {
        if (equals != NULL) {
            return eb_err_set(err, EB_E_INVALID, where, "--%s takes no value", o->name);
        }
        keep(args, o, NULL);
        return EB_OK;
    }
    if (o->kind == EB_OPT_VALUE && eb_args_has(args, o->name)) {
        return eb_err_set(err, EB_E_INVALID, where, "--%s is given twice", o->name);
    }
    if (equals != NULL) {
        keep(args, o, equals + 1);
        return EB_OK;
    }
    if (*at >= argc || is_option(argv[*at])) {
        return eb_err_set(err, EB_E_INVALID, where, "--%s wants a value: --%s %s", o->name, o->name, o->arg);
    }
    do {
        keep(args, o, argv[(*at)++]);
    } while (o->kind == EB_OPT_LIST && *at < argc && !is_option(argv[*at]));
    return EB_OK;
}

static int take_positional(struct eb_args *args, const char *value, struct eb_err *err)
{
    if (args->positional_count >= args->command->positional_max) {
        return eb_err_set(err, EB_E_INVALID, where, "\"%.60s\": one argument too many: exitbrain %s %s", value,
                          args->command->name, args->command->arguments);
    }
    args->positional[args->positional_count++] = value;
    return EB_OK;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

int eb_args_parse(const struct eb_subcommand *command, int argc, char **argv, struct eb_args *out, struct eb_err *err)
{
    size_t room = (size_t)argc + 1;
    *out = (struct eb_args){.command = command, .help = wants_help(argc, argv)};
    out->given = calloc(room, sizeof(*out->given));
    out->positional = calloc(room, sizeof(*out->positional));
    if (out->given == NULL || out->positional == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory");
    }
    bool options = true;
    int rc = EB_OK;
    for (int at = 0; rc == EB_OK && at < argc && !out->help;) {
        if (options && strcmp(argv[at], "--") == 0) {
            options = false;
            at++;
        } else if (options && is_option(argv[at])) {
            rc = take_option(out, argc, argv, &at, err);
        } else if (options && argv[at][0] == '-' && argv[at][1] != '\0') {
            rc = eb_err_set(err, EB_E_INVALID, where, "%.60s: options are written in full, with two dashes", argv[at]);
        } else {
            rc = take_positional(out, argv[at++], err);
        }
    }
    if (rc == EB_OK && !out->help && out->positional_count < command->positional_min) {
        rc = eb_err_set(err, EB_E_INVALID, where, "an argument is missing: exitbrain %s %s", command->name,
                        command->arguments);
    }
    return rc;
}

void eb_args_deinit(struct eb_args *args)
{
    free(args->given);
    free(args->positional);
    memset(args, 0, sizeof(*args));
}

bool eb_args_has(const struct eb_args *args, const char *name)
{
    const struct eb_option *o = known(args, name);
    for (unsigned i = 0; i < args->given_count; i++) {
        if (args->given[i].option == o) {
            return true;
        }
    }
    return false;
}

const char *eb_args_text(const struct eb_args *args, const char *name)
{
    const struct eb_option *o = known(args, name);
    const char *text = NULL;
    for (unsigned i = 0; i < args->given_count; i++) {
        text = args->given[i].option == o ? args->given[i].value : text;
    }
    return text;
}

int eb_args_list(const struct eb_args *args, const char *name, const char *const **out, unsigned *count,
                 struct eb_err *err)
{
    const struct eb_option *o = known(args, name);
    const char **list = calloc(args->given_count + 1u, sizeof(*list));
    if (list == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory");
    }
    *count = 0;
    for (unsigned i = 0; i < args->given_count; i++) {
        if (args->given[i].option == o) {
            list[(*count)++] = args->given[i].value;
        }
    }
    *out = list;
    return EB_OK;
}

/* ---- typed ------------------------------------------------------------------------------------------------------- */

#define WHAT_MAX 48
static const char *with_dashes(const char *name, char out[WHAT_MAX])
{
    (void)snprintf(out, WHAT_MAX, "--%s", name);
    return out;
}

int eb_args_decimal(const struct eb_args *args, const char *name, int64_t min_e8, int64_t max_e8, int64_t *out_e8,
                    struct eb_err *err)
{
    char what[WHAT_MAX];
    const char *text = eb_args_text(args, name);
    return text == NULL ? EB_OK : eb_value_decimal(with_dashes(name, what), text, min_e8, max_e8, out_e8, err);
}

int eb_args_ratio(const struct eb_args *args, const char *name, enum eb_ratio_unit unit, int64_t min_ppm,
                  int64_t max_ppm, int64_t *out_ppm, struct eb_err *err)
{
    char what[WHAT_MAX];
    const char *text = eb_args_text(args, name);
    return text == NULL ? EB_OK : eb_value_ratio(with_dashes(name, what), text, unit, min_ppm, max_ppm, out_ppm, err);
}

int eb_args_duration(const struct eb_args *args, const char *name, int64_t min_ms, int64_t max_ms, int64_t *out_ms,
                     struct eb_err *err)
{
    char what[WHAT_MAX];
    const char *text = eb_args_text(args, name);
    return text == NULL ? EB_OK : eb_value_duration(with_dashes(name, what), text, min_ms, max_ms, out_ms, err);
}

int eb_args_integer(const struct eb_args *args, const char *name, int64_t min, int64_t max, int64_t *out,
                    struct eb_err *err)
{
    char what[WHAT_MAX];
    const char *text = eb_args_text(args, name);
    return text == NULL ? EB_OK : eb_value_integer(with_dashes(name, what), text, min, max, out, err);
}

int eb_args_choice(const struct eb_args *args, const char *name, const char *const *names, int64_t *out,
                   struct eb_err *err)
{
    char what[WHAT_MAX];
    const char *text = eb_args_text(args, name);
    return text == NULL ? EB_OK : eb_value_choice(with_dashes(name, what), text, names, out, err);
}

/* ---- help -------------------------------------------------------------------------------------------------------- */

/* Writes text from HELP_COLUMN on, broken at blanks. */
static void wrap(FILE *to, const char *text)
{
    size_t room = HELP_WIDTH - HELP_COLUMN;
    while (strlen(text) > room) {
        size_t cut = room;
        while (cut > 0 && text[cut] != ' ') {
            cut--;
        }
        cut = cut > 0 ? cut : room;
        fprintf(to, "%.*s\n%*s", (int)cut, text, HELP_COLUMN, "");
        text += cut + (text[cut] == ' ' ? 1 : 0);
    }
    fprintf(to, "%s\n", text);
}

void eb_command_help(const struct eb_subcommand *command, FILE *to)
{
    fprintf(to, "usage: exitbrain %s %s\n%s\n", command->name, command->arguments, command->summary);
    if (command->about != NULL) {
        fprintf(to, "\n%s\n", command->about);
    }
    fprintf(to, "\n");
    for (unsigned i = 0; i <= command->option_count; i++) {
        static const struct eb_option help = {"help", EB_OPT_FLAG, NULL, "this page"};
        const struct eb_option *o = i < command->option_count ? &command->option[i] : &help;
        if (o->help == NULL) {
            continue;
        }
        char left[80];
        int n = snprintf(left, sizeof(left), "  --%s%s%s", o->name, o->arg != NULL ? " " : "",
                         o->arg != NULL ? o->arg : "");
        if (n >= HELP_COLUMN) {
            fprintf(to, "%s\n%*s", left, HELP_COLUMN, "");
        } else {
            fprintf(to, "%-*s", HELP_COLUMN, left);
        }
        wrap(to, o->help);
    }
}
