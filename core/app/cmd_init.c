/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exitbrain init: a directory to run a service from.
 *
 *     DIR/exitbrain.lua   every key with range and meaning; a simulated account, SHADOW
 *     DIR/policies/       a copy of the shipped set, to be edited
 *     DIR/state/          journal, log, sockets          DIR/keys/binance.key   a place for a key
 *
 * Nothing that is there is written over: it is looked at, named, and kept.
 */
#define _DEFAULT_SOURCE
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/config.h"
#include "app/doc.h"
#include "app/key_file.h"
#include "app/output.h"
#include "app/share.h"
#include "app/state_dir.h"
#include "feed/text_source.h"

#define DOCUMENT_MAX ((size_t)1 << 20)
#define PATH_MAX_HERE EB_SHARE_PATH_MAX
#define DEPTH_MAX 4
#define SECRET 0600

static const char area[] = "init";

static const struct eb_option options[] = {
    {"json", EB_OPT_FLAG, NULL, "one JSON document on standard output"},
};

enum what { CONFIG = 0, POLICIES, STATE, KEYS, KEY, WHAT_COUNT };
static const char *const name_of[WHAT_COUNT] = {[CONFIG] = "exitbrain.lua",
                                                [POLICIES] = "policies",
                                                [STATE] = "state",
                                                [KEYS] = "keys",
                                                [KEY] = "keys/binance.key"};

struct job {
    char dir[PATH_MAX_HERE];
    char path[WHAT_COUNT][PATH_MAX_HERE];
    char socket[EB_STATE_SOCKET_MAX]; /* of the simulated exchange */
    bool kept[WHAT_COUNT];            /* it was there */
    unsigned policies;                /* files copied */
};

static int failed(const char *path, struct eb_err *err)
{
    return eb_err_set(err, EB_E_IO, area, "%s: %s", path, strerror(errno));
}

static int join(const char *dir, const char *name, char out[PATH_MAX_HERE], struct eb_err *err)
{
    int n = snprintf(out, PATH_MAX_HERE, "%s/%s", dir, name);
    return n > 0 && n < PATH_MAX_HERE ? EB_OK : eb_err_set(err, EB_E_INVALID, area, "%.60s...: path too long", dir);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* A directory of this user alone; one that is there must be so already if `strict`. */
static int make_dir(const char *path, bool strict, bool *kept, struct eb_err *err)
{
    struct stat st;
    if (mkdir(path, 0700) == 0) {
        *kept = false;
        return EB_OK;
    }
    if (errno != EEXIST) {
        return failed(path, err);
    }
    *kept = true;
    if (strict) {
        return eb_key_dir_check(path, err);
    }
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode)
               ? EB_OK
               : eb_err_set(err, EB_E_REFUSED, area, "%s: is no directory: move it away", path);
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

/* A new file, or the one that is there. A file that could not be written whole is taken away again. */
static int write_new(const char *path, const char *text, size_t len, bool *kept, struct eb_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, SECRET);
    *kept = fd < 0 && errno == EEXIST;
    if (fd < 0) {
        return *kept ? EB_OK : failed(path, err);
    }
    bool good = write_all(fd, text, len) && fsync(fd) == 0;
    int why = errno;
    good = close(fd) == 0 && good;
    if (!good) {
        (void)unlink(path);
        errno = why;
        return failed(path, err);
    }
    return EB_OK;
}

static int copy_file(const char *from, const char *to, struct eb_err *err)
{
    struct eb_buffer text;
    bool kept;
    int rc = eb_text_read_all(from, &text, err);
    if (rc == EB_OK) {
        rc = write_new(to, eb_buffer_str(&text), text.len, &kept, err);
        eb_buffer_deinit(&text);
    }
    return rc;
}

static bool is_lua(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len > 4 && strcmp(name + len - 4, ".lua") == 0;
}

/* Every .lua file of a set and its folders, into a directory that is there. */
/* NOLINTNEXTLINE(misc-no-recursion): DEPTH_MAX deep */
static int copy_set(struct job *job, const char *from, const char *to, unsigned depth, struct eb_err *err)
{
    DIR *d = opendir(from);
    struct dirent *e;
    int rc = d != NULL ? EB_OK : failed(from, err);
    while (rc == EB_OK && d != NULL && (e = readdir(d)) != NULL) {
        char source[PATH_MAX_HERE];
        char target[PATH_MAX_HERE];
        struct stat st;
        bool kept;
        if (e->d_name[0] == '.') {
            continue;
        }
        rc = join(from, e->d_name, source, err);
        rc = rc == EB_OK ? join(to, e->d_name, target, err) : rc;
        if (rc == EB_OK && stat(source, &st) != 0) {
            rc = failed(source, err);
        } else if (rc == EB_OK && S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
            rc = make_dir(target, false, &kept, err);
            rc = rc == EB_OK ? copy_set(job, source, target, depth + 1, err) : rc;
        } else if (rc == EB_OK && S_ISREG(st.st_mode) && is_lua(e->d_name)) {
            rc = copy_file(source, target, err);
            job->policies++;
        }
    }
    if (d != NULL) {
        (void)closedir(d);
    }
    return rc;
}

/* ---- configuration ----------------------------------------------------------------------------------------------- */

static const char head[] =
    "-- Configuration of Exit Brain, written by `exitbrain init`.\n"
    "--\n"
    "-- A table and no program: nothing but literals. A key that does not exist, a wrong unit or a value out of\n"
    "-- range is refused with its line. What is commented out shows its default. Every key has a variable of the\n"
    "-- environment, named behind it, which wins over this file; --print-config shows what is in force.\n"
    "--\n"
    "-- Who decides, and whether orders leave, is said by the first three of `mode` together:\n"
    "--   exit_mode      LEGACY: legacy owners of the set, if it has any   EXIT_BRAIN_V3: the brain, or own "
    "strategies\n"
    "--   executor_mode  SHADOW: fills are virtual, nothing is sent        LIVE: orders leave, if the next one lets "
    "them\n"
    "--   live_rollout   DISABLED: the kill switch, nothing is sent        ENABLED\n"
    "-- A change counts after a restart; `exitbrain mode` changes them until then.\n";

/* What init decides; everything else keeps its default. */
static int decide(const struct job *job, struct eb_config *c, struct eb_err *err)
{
    char address[EB_STATE_SOCKET_MAX + 8];
    (void)snprintf(address, sizeof(address), "unix:%s", job->socket);
    const char *const keys[][2] = {
        {"mode.exit_mode", "EXIT_BRAIN_V3"},    {"mode.executor_mode", "SHADOW"},     {"mode.live_rollout", "DISABLED"},
        {"mode.legacy_trailing_stop", "false"}, {"policy.dir", job->path[POLICIES]},  {"venue.address", address},
        {"state.dir", job->path[STATE]},        {"binance.key_file", job->path[KEY]},
    };
    int rc = EB_OK;
    eb_config_default(c);
    for (size_t i = 0; rc == EB_OK && i < EB_COUNT(keys); i++) {
        rc = eb_config_set(c, keys[i][0], keys[i][0], keys[i][1], EB_FROM_FILE, err);
    }
    return rc;
}

/* The printed configuration, with every key that was not decided commented out. */
static void comment_out(const char *printed, struct eb_buffer *out)
{
    static const char decided[] = " -- from the file";
    while (*printed != '\0') {
        size_t len = strcspn(printed, "\n");
        size_t tail = sizeof(decided) - 1;
        bool key = len > 4 && strncmp(printed, "    ", 4) == 0 && strncmp(printed + 4, "--", 2) != 0;
        bool ours = len > tail && strncmp(printed + len - tail, decided, tail) == 0;
        (void)eb_buffer_printf(out, "%s%.*s\n", key && !ours ? "    -- " : "",
                               (int)(ours  ? len - tail
                                     : key ? len - 4
                                           : len),
                               printed + (key && !ours ? 4 : 0));
        printed += len + (printed[len] == '\n' ? 1 : 0);
    }
}

static int write_config(struct job *job, struct eb_err *err)
{
    struct eb_config config;
    struct eb_buffer printed;
    struct eb_buffer text;
    eb_buffer_init(&printed, DOCUMENT_MAX);
    eb_buffer_init(&text, DOCUMENT_MAX);
    int rc = decide(job, &config, err);
    if (rc == EB_OK) {
        eb_config_print(&config, &printed);
        (void)eb_buffer_text(&text, head);
        comment_out(eb_buffer_str(&printed), &text);
        rc = printed.failed || text.failed
                 ? eb_err_set(err, EB_E_MEMORY, area, "out of memory")
                 : write_new(job->path[CONFIG], eb_buffer_str(&text), text.len, &job->kept[CONFIG], err);
    }
    if (rc == EB_OK) { /* what is there, by whomever: a service is to start with it */
        eb_config_default(&config);
        rc = eb_config_read(&config, job->path[CONFIG], err);
    }
    eb_buffer_deinit(&printed);
    eb_buffer_deinit(&text);
    return rc;
}

/* ---- the directory ----------------------------------------------------------------------------------------------- */

/* DIR, made where it is missing, as an absolute path: the configuration names it. */
static int place(struct job *job, const char *dir, struct eb_err *err)
{
    int rc = eb_state_make(dir, err);
    char *whole = rc == EB_OK ? realpath(dir, NULL) : NULL;
    if (rc == EB_OK && whole == NULL) {
        rc = failed(dir, err);
    }
    if (rc == EB_OK && whole != NULL && strlen(whole) >= sizeof(job->dir)) {
        rc = eb_err_set(err, EB_E_INVALID, area, "%.60s...: path too long", whole);
    }
    if (rc == EB_OK) {
        (void)snprintf(job->dir, sizeof(job->dir), "%s", whole);
    }
    free(whole);
    for (unsigned i = 0; rc == EB_OK && i < WHAT_COUNT; i++) {
        rc = join(job->dir, name_of[i], job->path[i], err);
    }
    if (rc == EB_OK && eb_state_path(job->path[STATE], "venue.sock", job->socket, sizeof(job->socket), NULL) != EB_OK) {
        rc = eb_err_set(err, EB_E_INVALID, area,
                        "%s: too long, a socket in its state/ may have at most %zu bytes: name a shorter one", job->dir,
                        sizeof(job->socket) - 1);
    }
    return rc;
}

/* Whoever can write in DIR can put another configuration there. */
static int check_dir(const struct job *job, struct eb_err *err)
{
    struct stat st;
    if (stat(job->dir, &st) != 0) {
        return failed(job->dir, err);
    }
    return (st.st_mode & 022) == 0 ? EB_OK
                                   : eb_err_set(err, EB_E_REFUSED, area,
                                                "%s: mode %03o lets others write there: chmod go-w %s, or name another",
                                                job->dir, (unsigned)(st.st_mode & 0777), job->dir);
}

static const char key_text[] = "# An API key of Binance USDS-M futures, with the permission for futures and no other.\n"
                               "# One of the two, without the # in front:\n"
                               "#\n"
                               "# api_key = ...\n"
                               "# secret = ...              (a system-generated key: HMAC)\n"
                               "#\n"
                               "# api_key = ...\n"
                               "# private_key = binance.pem (an Ed25519 or RSA key: the PEM file beside this one)\n";

static int make_key(struct job *job, struct eb_err *err)
{
    int rc = make_dir(job->path[KEYS], true, &job->kept[KEYS], err);
    rc = rc == EB_OK ? write_new(job->path[KEY], key_text, strlen(key_text), &job->kept[KEY], err) : rc;
    return rc == EB_OK ? eb_key_file_check(job->path[KEY], err) : rc;
}

static int make_policies(struct job *job, struct eb_err *err)
{
    char shipped[EB_SHARE_PATH_MAX];
    int rc = eb_share_policies(shipped, err);
    rc = rc == EB_OK ? make_dir(job->path[POLICIES], false, &job->kept[POLICIES], err) : rc;
    return rc == EB_OK && !job->kept[POLICIES] ? copy_set(job, shipped, job->path[POLICIES], 0, err) : rc;
}

/* Keys first: what is wrong with them is said before anything else is made. */
static int make(struct job *job, const char *dir, struct eb_err *err)
{
    int rc = place(job, dir, err);
    rc = rc == EB_OK ? check_dir(job, err) : rc;
    rc = rc == EB_OK ? make_key(job, err) : rc;
    rc = rc == EB_OK ? make_dir(job->path[STATE], true, &job->kept[STATE], err) : rc;
    rc = rc == EB_OK ? make_policies(job, err) : rc;
    return rc == EB_OK ? write_config(job, err) : rc;
}

/* ---- what is said ------------------------------------------------------------------------------------------------ */

static void tell_made(const struct job *job, struct eb_buffer *out)
{
    static const char *const about[WHAT_COUNT] = {
        [CONFIG] = "the configuration: a simulated account, SHADOW, every key with its range",
        [POLICIES] = "a copy of the shipped policies: edit them here",
        [STATE] = "journal, log and sockets",
        [KEYS] = "API keys, for you alone",
        [KEY] = "for the key of an account at Binance, when there is one",
    };
    (void)eb_buffer_printf(out, "%s\n", job->dir);
    for (unsigned i = 0; i < WHAT_COUNT; i++) {
        (void)eb_buffer_printf(out, "  %-16s  %s%s\n", name_of[i], job->kept[i] ? "(was there: kept as it is) " : "",
                               about[i]);
    }
}

/* As a shell reads it: a path with a blank can be pasted. */
static void tell_word(const char *text, struct eb_buffer *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-,:@%=";
    if (text[strspn(text, plain)] == '\0') {
        (void)eb_buffer_text(out, text);
        return;
    }
    (void)eb_buffer_text(out, "'");
    for (size_t n; *text != '\0'; text += n) {
        n = strcspn(text, "'");
        (void)eb_buffer_printf(out, "%.*s", (int)n, text);
        if (text[n] == '\'') {
            (void)eb_buffer_text(out, "'\\''");
            n++;
        }
    }
    (void)eb_buffer_text(out, "'");
}

static void tell_steps(const struct job *job, struct eb_buffer *out)
{
    (void)eb_buffer_text(
        out,
        "\nNext\n"
        "  1 demo    exitbrain run                       an account of its own for as long as it runs, all modes on:\n"
        "                                                nothing of the above is touched\n"
        "  2 shadow  exitbrain sim --listen unix:");
    tell_word(job->socket, out);
    (void)eb_buffer_text(out, " &\n            exitbrain run --config ");
    tell_word(job->path[CONFIG], out);
    (void)eb_buffer_printf(
        out,
        "\n"
        "            the brain decides about every position of a simulated account that stays; fills are virtual,\n"
        "            nothing is sent. From another terminal: exitbrain status, positions, explain SYMBOL, doctor\n"
        "  3 LIVE    once doctor finds nothing wrong, in %s:\n"
        "            executor_mode = \"LIVE\", live_rollout = \"ENABLED\"; then start it again. Orders leave now, on "
        "the\n"
        "            simulated account. `exitbrain mode` shows the flags and who set them\n"
        "  4 Binance a key in keys/binance.key; in the configuration address = \"binance\" (section venue) and\n"
        "            environment = \"demo\", later \"live\" (section binance). exitbrain doctor --venue --config ...\n"
        "            looks at the account; LIVE wants that once\n"
        "\n"
        "What each flag changes (variable, key in section mode)\n"
        "  EXIT_MODE                   exit_mode      LEGACY         legacy owners of the set decide, if any\n"
        "                                             EXIT_BRAIN_V3  the brain decides, or own strategies\n"
        "  EXIT_EXECUTOR_MODE          executor_mode  SHADOW         fills are virtual, nothing is sent\n"
        "                                             LIVE           orders leave, if the next flag lets them\n"
        "  EXIT_BRAIN_V3_LIVE_ROLLOUT  live_rollout   DISABLED       the kill switch: nothing is sent\n"
        "                                             ENABLED        orders leave, if EXIT_EXECUTOR_MODE=LIVE\n",
        job->path[CONFIG]);
}

static void tell_doc(const struct job *job, struct eb_buffer *out)
{
    static const char *const member[WHAT_COUNT] = {
        [CONFIG] = "config", [POLICIES] = "policies", [STATE] = "state", [KEYS] = "keys", [KEY] = "key_file"};
    struct eb_doc d = {.out = out};
    eb_doc_begin(&d, NULL, '{');
    eb_doc_text(&d, "dir", job->dir);
    for (unsigned i = 0; i < WHAT_COUNT; i++) {
        eb_doc_begin(&d, member[i], '{');
        eb_doc_text(&d, "path", job->path[i]);
        eb_doc_bool(&d, "kept", job->kept[i]);
        eb_doc_end(&d, '}');
    }
    eb_doc_int(&d, "policy_files", job->policies);
    eb_doc_text(&d, "venue_socket", job->socket);
    eb_doc_end(&d, '}');
    (void)eb_buffer_text(out, "\n");
}

static enum eb_status run(const struct eb_args *a)
{
    static struct job job;
    struct eb_err err = {0};
    struct eb_buffer out;
    eb_buffer_init(&out, DOCUMENT_MAX);
    int rc = make(&job, a->positional_count > 0 ? a->positional[0] : ".", &err);
    if (rc == EB_OK && eb_args_has(a, "json")) {
        tell_doc(&job, &out);
    } else if (rc == EB_OK) {
        tell_made(&job, &out);
        tell_steps(&job, &out);
    }
    enum eb_status status = rc == EB_OK ? EB_STATUS_DONE : EB_STATUS_USAGE;
    if (rc == EB_OK && eb_output_write("-", &out, &err) != EB_OK) {
        status = EB_STATUS_BAD_NEWS;
    }
    eb_buffer_deinit(&out);
    if (status != EB_STATUS_DONE) {
        eb_complain("init", "%s", err.msg);
    }
    return status;
}

const struct eb_subcommand eb_cmd_init = {
    .name = "init",
    .arguments = "[DIR] [OPTIONS]",
    .summary = "makes a directory to run a service from: configuration, policies, places for state and keys",
    .about =
        "DIR is the current directory if it is left out. Nothing that is there is written over: it is looked at and\n"
        "named. A key file or directory that others may read is refused. Exit status 2: something is refused.",
    .option = options,
    .option_count = EB_COUNT(options),
    .positional_max = 1,
    .run = run,
};
