/* SPDX-License-Identifier: Apache-2.0 */
/* Findings in, one file, and the question whether it still holds. */
#define _POSIX_C_SOURCE 200809L

#include "app/preflight.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/output.h"
#include "app/table.h"
#include "feed/text_source.h"
#include "generated/version.h"

#define DOCUMENT_MAX ((size_t)1 << 20)
#define DAY_MS (24 * INT64_C(3600000))
#define AHEAD_MS INT64_C(3600000) /* a file from further in the future was made by another clock */
#define REMEDY "run `exitbrain doctor --venue` with this configuration"

static const char area[] = "preflight";

void eb_preflight_add(struct eb_preflight *p, const char *name, uint8_t severity, const char *text, const char *remedy)
{
    if (p->count == EB_PREFLIGHT_MAX) {
        p->left_out++;
        return;
    }
    struct eb_preflight_finding *f = &p->finding[p->count++];
    f->severity = severity;
    (void)snprintf(f->name, sizeof(f->name), "%s", name);
    (void)snprintf(f->text, sizeof(f->text), "%s", text);
    (void)snprintf(f->remedy, sizeof(f->remedy), "%s", remedy);
}

/* ---- what is shown ----------------------------------------------------------------------------------------------- */

static const char *const words[] = {"fine", "note", "BAD"};

void eb_preflight_text(const struct eb_preflight *p, bool colour, struct eb_buffer *out)
{
    static const enum eb_colour paint[] = {EB_GREEN, EB_YELLOW, EB_RED};
    unsigned counts[EB_COUNT(words)] = {0};
    for (unsigned pass = EB_COUNT(words); pass > 0; pass--) {
        for (unsigned i = 0; i < p->count; i++) {
            const struct eb_preflight_finding *f = &p->finding[i];
            if (f->severity != pass - 1) {
                continue;
            }
            counts[f->severity]++;
            (void)eb_buffer_printf(out, "%s%-4s%s  %-20s  %s\n", eb_colour_code(paint[f->severity], colour),
                                   words[f->severity], eb_colour_code(EB_PLAIN, colour), f->name, f->text);
            if (f->severity > 0 && f->remedy[0] != '\0') {
                (void)eb_buffer_printf(out, "      %-20s  %s\n", "remedy", f->remedy);
            }
        }
    }
    (void)eb_buffer_printf(out, "%s, account %s, key %s: %u looked at, %u wrong, %u note%s: LIVE %s\n",
                           p->of.environment, p->of.account, p->of.key, p->count + p->left_out, counts[2], counts[1],
                           counts[1] == 1 ? "" : "s", p->worst < 2 ? "may begin" : "is refused");
}

void eb_preflight_json(const struct eb_preflight *p, struct eb_buffer *out)
{
    static const char *const names[] = {"fine", "note", "bad"};
    struct eb_doc d = {.out = out};
    eb_doc_begin(&d, NULL, '{');
    eb_doc_text(&d, "version", EB_VERSION " " EB_COMMIT);
    eb_doc_int(&d, "at_ms", p->at_ms);
    eb_doc_text(&d, "environment", p->of.environment);
    eb_doc_text(&d, "rest", p->of.rest);
    eb_doc_text(&d, "account", p->of.account);
    eb_doc_text(&d, "key", p->of.key);
    eb_doc_bool(&d, "live", p->worst >= 0 && p->worst < 2);
    eb_doc_int(&d, "worst", p->worst);
    eb_doc_int(&d, "left_out", p->left_out);
    eb_doc_begin(&d, "findings", '[');
    for (unsigned i = 0; i < p->count; i++) {
        const struct eb_preflight_finding *f = &p->finding[i];
        eb_doc_begin(&d, NULL, '{');
        eb_doc_text(&d, "check", f->name);
        eb_doc_text(&d, "severity", names[f->severity < EB_COUNT(names) ? f->severity : 2]);
        eb_doc_text(&d, "text", f->text);
        eb_doc_text(&d, "remedy", f->remedy);
        eb_doc_end(&d, '}');
    }
    eb_doc_end(&d, ']');
    eb_doc_end(&d, '}');
    (void)eb_buffer_text(out, "\n");
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static int failed(const char *path, struct eb_err *err)
{
    return eb_err_set(err, EB_E_IO, area, "%s: %s", path, strerror(errno));
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        text += n;
        len -= (size_t)n;
    }
    return true;
}

static int replace(const char *path, const struct eb_buffer *text, struct eb_err *err)
{
    char beside[EB_STATE_PATH_MAX];
    int n = snprintf(beside, sizeof(beside), "%s.new", path);
    if (n < 0 || n >= (int)sizeof(beside)) {
        return eb_err_set(err, EB_E_INVALID, area, "%.60s...: path too long", path);
    }
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return failed(beside, err);
    }
    bool good = write_all(fd, eb_buffer_str(text), text->len) && fsync(fd) == 0;
    int why = errno;
    good = close(fd) == 0 && good;
    if (!good || rename(beside, path) != 0) {
        errno = good ? errno : why;
        int rc = failed(beside, err);
        (void)unlink(beside);
        return rc;
    }
    return EB_OK;
}

int eb_preflight_write(const char *dir, const struct eb_preflight *p, struct eb_err *err)
{
    char path[EB_STATE_PATH_MAX];
    struct eb_buffer text;
    eb_buffer_init(&text, DOCUMENT_MAX);
    eb_preflight_json(p, &text);
    int rc = eb_state_path(dir, EB_PREFLIGHT_FILE, path, sizeof(path), err);
    rc = rc == EB_OK && text.failed ? eb_err_set(err, EB_E_MEMORY, area, "out of memory") : rc;
    rc = rc == EB_OK ? replace(path, &text, err) : rc;
    eb_buffer_deinit(&text);
    return rc;
}

/* ---- whether it holds -------------------------------------------------------------------------------------------- */

static int refuse(struct eb_err *err, const char *why)
{
    return eb_err_set(err, EB_E_REFUSED, area, "LIVE on this exchange wants a preflight: %s: " REMEDY, why);
}

static bool differs(const cJSON *root, const char *key, const char *wanted)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, key));
    return text == NULL || strcmp(text, wanted) != 0;
}

static int judge(const cJSON *root, const struct eb_preflight_of *of, int64_t now_ms, struct eb_err *err)
{
    const cJSON *at = cJSON_GetObjectItemCaseSensitive(root, "at_ms");
    const cJSON *live = cJSON_GetObjectItemCaseSensitive(root, "live");
    char why[200];
    if (!cJSON_IsNumber(at) || !cJSON_IsBool(live) || !(at->valuedouble >= 0 && at->valuedouble < 9e15)) {
        return refuse(err, "the stored one cannot be read");
    }
    if (differs(root, "environment", of->environment) || differs(root, "rest", of->rest)) {
        return refuse(err, "the stored one was of another exchange (binance.environment)");
    }
    if (differs(root, "key", of->key)) {
        return refuse(err, "the stored one was made with another key");
    }
    if (differs(root, "account", of->account)) {
        return refuse(err, "the stored one was of another account (binance.account)");
    }
    int64_t age_ms = now_ms - (int64_t)at->valuedouble;
    if (age_ms > EB_PREFLIGHT_DAYS * DAY_MS || age_ms < -AHEAD_MS) {
        (void)snprintf(why, sizeof(why), "the stored one is %" PRId64 " days old, %d are good", age_ms / DAY_MS,
                       EB_PREFLIGHT_DAYS);
        return refuse(err, age_ms < 0 ? "the stored one was made by a clock that was ahead" : why);
    }
    return cJSON_IsTrue(live) ? EB_OK : refuse(err, "the stored one found something that must be put right first");
}

int eb_preflight_check(const char *dir, const struct eb_preflight_of *of, int64_t now_ms, struct eb_err *err)
{
    char path[EB_STATE_PATH_MAX];
    struct eb_buffer text;
    struct eb_err unread;
    struct stat st;
    int rc = eb_state_path(dir, EB_PREFLIGHT_FILE, path, sizeof(path), err);
    if (rc != EB_OK) {
        return rc;
    }
    if (lstat(path, &st) != 0) {
        return refuse(err, "none was made");
    }
    if (!S_ISREG(st.st_mode) || st.st_size > (off_t)DOCUMENT_MAX || eb_text_read_all(path, &text, &unread) != EB_OK) {
        return refuse(err, "the stored one cannot be read");
    }
    cJSON *root = cJSON_ParseWithLength(eb_buffer_str(&text), text.len);
    rc = judge(root, of, now_ms, err); /* of what is no JSON every question is answered "no" */
    cJSON_Delete(root);
    eb_buffer_deinit(&text);
    return rc;
}
