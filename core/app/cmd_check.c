/* SPDX-License-Identifier: Apache-2.0 */
/* exitbrain check: loads a policy set as the engine would (files, schema, self test), tries it, and says what it is. */
#include <inttypes.h>

#include "app/clock.h"
#include "app/commands.h"
#include "app/doc.h"
#include "app/output.h"
#include "app/policy_args.h"
#include "app/trial.h"

#include <stdlib.h>
#include <string.h>

#define DOCUMENT_MAX ((size_t)1 << 20)

static const struct eb_option options[] = {
    {"set", EB_OPT_EACH, "NAME=LUA", "overrides a setting of the policy set"},
    {"json", EB_OPT_FLAG, NULL, "one JSON document on standard output"},
};

/* What the script logs while it loads and tests itself. */
static void log_line(void *user, enum eb_log_level level, const char *line)
{
    (void)user;
    (void)level;
    fprintf(stderr, "%s\n", line);
}

/* "name = value" lines as an object of texts. */
static void settings_json(struct eb_doc *j, char *text)
{
    eb_doc_begin(j, "settings", '{');
    for (char *line = text; *line != '\0';) {
        char *end = line + strcspn(line, "\n");
        char *next = *end == '\0' ? end : end + 1;
        char *equals = strstr(line, " = ");
        *end = '\0';
        if (equals != NULL) {
            *equals = '\0';
            eb_doc_text(j, line, equals + 3);
        }
        line = next;
    }
    eb_doc_end(j, '}');
}

static int print_good(struct eb_policy *p, const char *dir, bool json, struct eb_err *err)
{
    struct eb_policy_info info;
    struct eb_buffer settings;
    struct eb_buffer out;
    eb_policy_info(p, &info);
    eb_buffer_init(&settings, DOCUMENT_MAX);
    eb_buffer_init(&out, DOCUMENT_MAX);
    int rc = eb_policy_settings(p, &settings);
    if (rc != EB_OK) {
        rc = eb_err_set(err, rc, "check", "%s: its settings cannot be shown: %s", dir, eb_err_text(rc));
    } else if (json) {
        struct eb_doc j = {.out = &out};
        eb_doc_begin(&j, NULL, '{');
        eb_doc_bool(&j, "ok", true);
        eb_doc_text(&j, "dir", dir);
        eb_doc_text(&j, "name", info.name);
        eb_doc_text(&j, "version", info.version);
        eb_doc_text(&j, "sha256", info.hash_text);
        eb_doc_int(&j, "files", info.files);
        eb_doc_int(&j, "memory_bytes", (int64_t)info.memory_used);
        settings_json(&j, settings.len > 0 ? settings.data : (char[]){""});
        eb_doc_end(&j, '}');
        (void)eb_buffer_text(&out, "\n");
    } else {
        (void)eb_buffer_printf(&out, "%s %s\n%s\nsha256 %s, %u files, %zu KiB of memory\n\n%s", info.name, info.version,
                               dir, info.hash_text, info.files, info.memory_used / 1024, eb_buffer_str(&settings));
    }
    rc = rc == EB_OK ? eb_output_write("-", &out, err) : rc;
    eb_buffer_deinit(&out);
    eb_buffer_deinit(&settings);
    return rc;
}

static void print_bad(const char *dir, const struct eb_err *why, bool json)
{
    if (!json) {
        eb_complain("check", "%s", why->msg);
        return;
    }
    struct eb_buffer out;
    struct eb_err unwritten;
    struct eb_doc j = {.out = &out};
    eb_buffer_init(&out, DOCUMENT_MAX);
    eb_doc_begin(&j, NULL, '{');
    eb_doc_bool(&j, "ok", false);
    eb_doc_text(&j, "dir", dir);
    eb_doc_text(&j, "error", why->msg);
    eb_doc_end(&j, '}');
    (void)eb_buffer_text(&out, "\n");
    if (eb_output_write("-", &out, &unwritten) != EB_OK) {
        eb_complain("check", "%s", unwritten.msg);
    }
    eb_buffer_deinit(&out);
}

static enum eb_status run(const struct eb_args *a)
{
    struct eb_policy_choice choice;
    struct eb_policy *policy = NULL;
    struct eb_err err = {0};
    const char *const *settings = NULL;
    unsigned count;
    bool json = eb_args_has(a, "json");
    const struct eb_log log = {.sink = log_line, .now_ms = eb_clock_epoch_ms()};
    const char *dir = a->positional_count > 0 ? a->positional[0] : NULL;
    if (eb_policy_choose(dir, &choice, &err) != EB_OK || eb_args_list(a, "set", &settings, &count, &err) != EB_OK) {
        eb_complain("check", "%s", err.msg);
        return EB_STATUS_USAGE;
    }
    enum eb_status status = EB_STATUS_DONE;
    if (eb_policy_open_choice(&choice, settings, &log, &policy, &err) != EB_OK || eb_trial(policy, &err) != EB_OK) {
        print_bad(choice.dir, &err, json);
        status = EB_STATUS_BAD_NEWS;
    } else if (print_good(policy, choice.dir, json, &err) != EB_OK) {
        eb_complain("check", "%s", err.msg);
        status = EB_STATUS_BAD_NEWS;
    }
    if (policy != NULL) {
        eb_policy_close(policy);
    }
    free((void *)(uintptr_t)settings);
    return status;
}

const struct eb_subcommand eb_cmd_check = {
    .name = "check",
    .arguments = "[DIR] [OPTIONS]",
    .summary = "loads, self-tests and tries a policy set, without an account",
    .about = "DIR is a directory with an init.lua; default: the shipped set. Exit status 1: the set is refused.",
    .option = options,
    .option_count = EB_COUNT(options),
    .positional_max = 1,
    .run = run,
};
