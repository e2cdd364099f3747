/* SPDX-License-Identifier: Apache-2.0 */
/* exitbrain check: loads a policy set as the engine would (files, schema, self test), tries it, lints its answers in
 * the standard contexts, and says what it is. */
#include <inttypes.h>

#include "app/clock.h"
#include "app/commands.h"
#include "app/doc.h"
#include "app/lint_report.h"
#include "app/output.h"
#include "app/policy_args.h"
#include "app/policy_said.h"
#include "app/trial.h"
#include "app/words.h"
#include "domain/lint.h"

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
    char text[EB_LINE_MAX];
    if (eb_policy_said(line, text, sizeof(text))) {
        eb_complain("check", "%s", text);
    }
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

struct checked {
    const char *dir;
    struct eb_policy *policy;
    struct eb_lint_report *report;
    const char *trial; /* what a first try failed with; NULL: it did not */
};

static bool is_good(const struct checked *c)
{
    return c->trial == NULL && eb_lint_report_count(c->report, EB_LINT_ERROR) == 0;
}

static void document(const struct checked *c, char *settings, struct eb_buffer *out)
{
    struct eb_policy_info info;
    struct eb_doc j = {.out = out};
    eb_policy_info(c->policy, &info);
    eb_doc_begin(&j, NULL, '{');
    eb_doc_bool(&j, "ok", is_good(c));
    eb_doc_text(&j, "dir", c->dir);
    if (c->trial != NULL) {
        eb_doc_text(&j, "error", c->trial);
    }
    eb_doc_text(&j, "name", info.name);
    eb_doc_text(&j, "version", info.version);
    eb_doc_text(&j, "sha256", info.hash_text);
    eb_doc_int(&j, "files", info.files);
    eb_doc_int(&j, "memory_bytes", (int64_t)info.memory_used);
    settings_json(&j, settings);
    eb_lint_report_json(c->report, &j);
    eb_doc_end(&j, '}');
    (void)eb_buffer_text(out, "\n");
}

static void page(const struct checked *c, const char *settings, struct eb_buffer *out)
{
    struct eb_policy_info info;
    eb_policy_info(c->policy, &info);
    (void)eb_buffer_printf(out, "%s %s\n%s\nsha256 %s, %u files, %zu KiB of memory\n\n%s%s", info.name, info.version,
                           c->dir, info.hash_text, info.files, info.memory_used / 1024, settings,
                           settings[0] != '\0' ? "\n" : "");
    eb_lint_report_text(c->report, out);
}

static int print(const struct checked *c, bool json, struct eb_err *err)
{
    struct eb_buffer settings;
    struct eb_buffer out;
    eb_buffer_init(&settings, DOCUMENT_MAX);
    eb_buffer_init(&out, DOCUMENT_MAX);
    int rc = eb_policy_settings(c->policy, &settings);
    char *text = settings.len > 0 ? settings.data : (char[]){""};
    if (rc != EB_OK) {
        rc = eb_err_set(err, rc, "check", "%s: its settings cannot be shown: %s", c->dir, eb_err_text(rc));
    } else if (json) {
        document(c, text, &out);
    } else {
        page(c, text, &out);
    }
    rc = rc == EB_OK ? eb_output_write("-", &out, err) : rc;
    if (rc == EB_OK && c->trial != NULL && !json) {
        eb_complain("check", "%s", c->trial);
    }
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

/* A set that loads: tried, linted, printed. */
static enum eb_status check(struct eb_policy *policy, const char *dir, bool json)
{
    struct eb_err trial = {0};
    struct eb_err err = {0};
    struct checked c = {.dir = dir, .policy = policy};
    c.trial = eb_trial(policy, &trial) != EB_OK ? trial.msg : NULL;
    enum eb_status status = EB_STATUS_BAD_NEWS;
    eb_policy_set_log(policy, NULL); /* said once, not by every context */
    if (eb_lint_report_make(policy, &c.report, &err) != EB_OK || print(&c, json, &err) != EB_OK) {
        print_bad(dir, c.trial != NULL ? &trial : &err, json);
    } else {
        status = is_good(&c) ? EB_STATUS_DONE : EB_STATUS_BAD_NEWS;
    }
    eb_lint_report_free(c.report);
    return status;
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
    enum eb_status status = EB_STATUS_BAD_NEWS;
    if (eb_policy_open_choice(&choice, settings, &log, &policy, &err) != EB_OK) {
        print_bad(choice.dir, &err, json);
    } else {
        status = check(policy, choice.dir, json);
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
    .summary = "loads, self-tests, tries and lints a policy set, without an account",
    .about =
        "DIR is a directory with an init.lua; default: the shipped set. Its answers in some thousand standard\n"
        "contexts (both sides, three sizes, leverage 1 to 50, four symbols, both position modes, five markets) are\n"
        "looked through for levels that cannot be what was meant; each is said with the setting that causes it.\n"
        "Some are asked again as after a start (no bars, age or balance), and in a fresh Lua state.\n"
        "Exit status 1: the set is refused, or something is an error; warnings leave it 0.",
    .option = options,
    .option_count = EB_COUNT(options),
    .positional_max = 1,
    .run = run,
};
