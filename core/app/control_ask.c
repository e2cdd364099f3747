/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line's side of the control socket: find the engine, ask, wait, print.
 *
 *     options --> socket path --> one line there, one line back --> text or document, exit status
 */
#define _DEFAULT_SOURCE
#define _POSIX_C_SOURCE 200809L

#include "app/control.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/clock.h"
#include "app/output.h"
#include "app/state_dir.h"

#define COLUMNS 100 /* where nobody looks at a terminal */
#define TYPED_MAX 80
#define RETRY_MS 20
#define LINE_MAX_BYTES (EB_CONTROL_ANSWER_MAX + 4096)

static const char area[] = "control";

/* ---- one line there, one line back ------------------------------------------------------------------------------- */

static int unreachable(const char *path, const char *why, struct eb_err *err)
{
    return eb_err_set(err, EB_E_NOT_FOUND, area, "no engine answers at %.200s (%s): %s", path, why,
                      strcmp(why, strerror(EACCES)) == 0
                          ? "ask as the user that it runs as"
                          : "start it with `exitbrain run`, or name another with --state");
}

/* Waits until fd is ready for what, at most until deadline_ns. EB_E_STALE. */
static int wait_for(int fd, short what, int64_t deadline_ns, struct eb_err *err)
{
    for (;;) {
        int64_t left_ms = (deadline_ns - eb_clock_monotonic_ns()) / 1000000;
        struct pollfd p = {.fd = fd, .events = what};
        int n = left_ms > 0 ? poll(&p, 1, left_ms < 3600000 ? (int)left_ms : 3600000) : 0;
        if (n > 0) {
            return EB_OK;
        }
        if (n == 0 && left_ms <= 0) {
            return eb_err_set(err, EB_E_STALE, area,
                              "the engine does not answer in time: it is stopped or overloaded; what was asked for may "
                              "still be done (exitbrain doctor, or --timeout for more patience)");
        }
        if (n < 0 && errno != EINTR) {
            return eb_err_set(err, EB_E_IO, area, "poll: %s", strerror(errno));
        }
    }
}

static int connect_to(const char *path, int64_t deadline_ns, int *out, struct eb_err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(address.sun_path)) {
        return eb_err_set(err, EB_E_INVALID, area, "--socket: %.60s...: a socket's path has at most %zu bytes", path,
                          sizeof(address.sun_path) - 1);
    }
    memcpy(address.sun_path, path, len);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = fd < 0 ? eb_err_set(err, EB_E_IO, area, "socket: %s", strerror(errno)) : EB_OK;
    while (rc == EB_OK && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        bool queue_full = errno == EAGAIN && eb_clock_monotonic_ns() < deadline_ns;
        rc = queue_full ? EB_OK : unreachable(path, strerror(errno), err);
        (void)poll(NULL, 0, queue_full ? RETRY_MS : 0);
    }
    if (rc != EB_OK && fd >= 0) {
        (void)close(fd);
    }
    *out = fd;
    return rc;
}

static int send_line(int fd, const struct eb_buffer *line, int64_t deadline_ns, struct eb_err *err)
{
    size_t sent = 0;
    int rc = EB_OK;
    while (rc == EB_OK && sent < line->len) {
        ssize_t n = send(fd, eb_buffer_str(line) + sent, line->len - sent, MSG_NOSIGNAL);
        if (n >= 0) {
            sent += (size_t)n;
        } else if (errno == EAGAIN) {
            rc = wait_for(fd, POLLOUT, deadline_ns, err);
        } else if (errno != EINTR) {
            rc = eb_err_set(err, EB_E_NOT_FOUND, area, "the engine ended while it was asked: %s", strerror(errno));
        }
    }
    return rc;
}

static int receive_line(int fd, struct eb_buffer *line, int64_t deadline_ns, struct eb_err *err)
{
    char part[65536];
    for (;;) {
        ssize_t n = recv(fd, part, sizeof(part), 0);
        if (n > 0) {
            const char *end = memchr(part, '\n', (size_t)n);
            int rc = eb_buffer_add(line, part, end != NULL ? (size_t)(end - part) : (size_t)n);
            if (rc != EB_OK || end != NULL) {
                return rc == EB_OK ? EB_OK : eb_err_set(err, rc, area, "the engine's answer is too long");
            }
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            return eb_err_set(err, EB_E_NOT_FOUND, area,
                              "the engine ended before it answered: what was asked for may have been done (exitbrain "
                              "journal ls shows it)");
        } else if (errno == EAGAIN) {
            int rc = wait_for(fd, POLLIN, deadline_ns, err);
            if (rc != EB_OK) {
                return rc;
            }
        }
    }
}

static int exchange(const char *path, const struct eb_buffer *request, int64_t timeout_ms, struct eb_buffer *answer,
                    bool *reached, struct eb_err *err)
{
    int fd = -1;
    int64_t deadline_ns = eb_clock_monotonic_ns() + timeout_ms * 1000000;
    int rc = connect_to(path, deadline_ns, &fd, err);
    if (rc != EB_OK) {
        return rc;
    }
    *reached = true;
    rc = send_line(fd, request, deadline_ns, err);
    rc = rc == EB_OK ? receive_line(fd, answer, deadline_ns, err) : rc;
    (void)close(fd);
    return rc;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static int find_socket(const struct eb_args *a, char out[EB_STATE_SOCKET_MAX], struct eb_err *err)
{
    const char *given = eb_args_text(a, "socket");
    char dir[EB_STATE_PATH_MAX];
    if (given != NULL) {
        int n = snprintf(out, EB_STATE_SOCKET_MAX, "%s", given);
        return n < EB_STATE_SOCKET_MAX
                   ? EB_OK
                   : eb_err_set(err, EB_E_INVALID, area, "--socket: %.60s...: a socket's path has at most %d bytes",
                                given, EB_STATE_SOCKET_MAX - 1);
    }
    int rc = eb_state_find(eb_args_text(a, "state"), dir, err);
    if (rc != EB_OK) {
        return rc;
    }
    rc = eb_state_socket(dir, out, err);
    return rc == EB_E_NOT_FOUND
               ? eb_err_set(err, rc, area,
                            "no engine runs with its state in %.200s: start it with `exitbrain run`, or name another "
                            "with --state",
                            dir)
               : rc;
}

static unsigned columns_of(const struct eb_args *a)
{
    struct winsize size = {0};
    if (eb_args_has(a, "wide")) {
        return 0;
    }
    bool known = eb_is_terminal(stdout) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : COLUMNS;
}

static void build(const struct eb_args *a, const char *cmd, const char *members, bool yes, struct eb_buffer *out)
{
    bool json = eb_args_has(a, "json");
    eb_buffer_clear(out);
    (void)eb_buffer_printf(out, "{\"v\":%d,\"id\":\"1\",\"cmd\":", EB_CONTROL_VERSION);
    (void)eb_buffer_json_string(out, cmd);
    (void)eb_buffer_printf(out, ",\"args\":{%s%s\"want\":\"%s\",\"colour\":%s,\"columns\":%u%s}}\n", members,
                           members[0] != '\0' ? "," : "", json ? "doc" : "text",
                           eb_may_colour(stdout) ? "true" : "false", columns_of(a), yes ? ",\"yes\":true" : "");
}

/* A person types the word, or it is not done. */
static bool is_agreed(const char *cmd, const char *message, const char *word)
{
    char typed[TYPED_MAX];
    fprintf(stderr, "exitbrain %s: %s\ntype %s to do it: ", cmd, message, word);
    fflush(stderr);
    if (fgets(typed, sizeof(typed), stdin) == NULL) {
        return false;
    }
    typed[strcspn(typed, "\r\n")] = '\0';
    return strcmp(typed, word) == 0;
}

/* The document as the engine wrote it: the last member of its answer, and no text before it can contain the key
 * unescaped. */
static const char *document(const char *answer, size_t len, size_t *doc_len)
{
    static const char key[] = ",\"doc\":";
    const char *at = strstr(answer, key);
    if (at == NULL || len == 0 || answer[len - 1] != '}') {
        return NULL;
    }
    at += sizeof(key) - 1;
    *doc_len = len - 1 - (size_t)(at - answer);
    return at;
}

static int print(const struct eb_args *a, const cJSON *root, const struct eb_buffer *answer, struct eb_err *err)
{
    size_t len = 0;
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "text"));
    if (eb_args_has(a, "json")) {
        text = document(eb_buffer_str(answer), answer->len, &len);
    } else if (text != NULL) {
        len = strlen(text);
    }
    if (text == NULL) {
        return eb_err_set(err, EB_E_CORRUPT, area,
                          "the engine's answer lacks what was asked for: is it of another "
                          "version?");
    }
    bool newline = len == 0 || text[len - 1] != '\n';
    bool good = fwrite(text, 1, len, stdout) == len && (!newline || len == 0 || fputc('\n', stdout) != EOF);
    return good && fflush(stdout) == 0 ? EB_OK : eb_err_set(err, EB_E_IO, area, "standard output: %s", strerror(errno));
}

/* What an answer comes to: it is printed, or err says why not. agreed (NULL: nobody is asked): a person has confirmed
 * what the engine wants confirmed, so that it is to be asked for anew. */
static enum eb_status conclude(const struct eb_args *a, const char *cmd, const struct eb_buffer *answer, bool *agreed,
                               struct eb_err *err)
{
    cJSON *root = cJSON_ParseWithLength(eb_buffer_str(answer), answer->len);
    const cJSON *status = cJSON_GetObjectItemCaseSensitive(root, "status");
    const char *error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "error"));
    const char *word = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "confirm"));
    enum eb_status result = EB_STATUS_BAD_NEWS;
    if (!cJSON_IsNumber(status) || status->valueint < 0 || status->valueint > EB_STATUS_UNREACHABLE) {
        (void)eb_err_set(err, EB_E_CORRUPT, area, "what answers there is no engine of this program");
    } else if (error == NULL) {
        result = print(a, root, answer, err) == EB_OK ? (enum eb_status)status->valueint : EB_STATUS_BAD_NEWS;
    } else if (word != NULL && agreed != NULL && eb_is_terminal(stdin) && eb_is_terminal(stderr)) {
        result = EB_STATUS_USAGE;
        *agreed = is_agreed(cmd, error, word);
        if (!*agreed) {
            (void)eb_err_set(err, EB_E_REFUSED, area, "not confirmed: nothing was done");
        }
    } else {
        result = (enum eb_status)status->valueint;
        (void)eb_err_set(err, EB_E_REFUSED, area, "%s", error);
    }
    cJSON_Delete(root);
    return result;
}

/* Once, and once more where a person has to confirm it. */
static enum eb_status converse(const struct eb_args *a, const char *cmd, const char *members, const char *path,
                               int64_t timeout_ms, bool *reached, struct eb_err *err)
{
    struct eb_buffer request;
    struct eb_buffer answer;
    enum eb_status status = EB_STATUS_USAGE;
    eb_buffer_init(&request, EB_CONTROL_REQUEST_MAX + 256);
    eb_buffer_init(&answer, LINE_MAX_BYTES);
    for (bool yes = false, agreed = true; agreed; yes = true) {
        agreed = false;
        build(a, cmd, members, yes, &request);
        eb_buffer_clear(&answer);
        int rc = request.failed ? eb_err_set(err, EB_E_FULL, area, "the arguments are too long")
                                : exchange(path, &request, timeout_ms, &answer, reached, err);
        status = rc == EB_OK      ? conclude(a, cmd, &answer, yes ? NULL : &agreed, err)
                 : request.failed ? EB_STATUS_USAGE
                                  : EB_STATUS_UNREACHABLE;
    }
    eb_buffer_deinit(&request);
    eb_buffer_deinit(&answer);
    return status;
}

static enum eb_status ask(const struct eb_args *a, const char *cmd, const char *members, bool *reached,
                          struct eb_err *err)
{
    char path[EB_STATE_SOCKET_MAX];
    bool patient = strcmp(cmd, "reload") == 0 || strcmp(cmd, "plan") == 0;
    int64_t timeout_ms = patient ? 60000 : 10000;
    int rc = eb_args_duration(a, "timeout", 1, INT64_C(3600000), &timeout_ms, err);
    rc = rc == EB_OK ? find_socket(a, path, err) : rc;
    *reached = rc != EB_OK && rc != EB_E_NOT_FOUND; /* nothing else is to be tried */
    if (rc != EB_OK) {
        return rc == EB_E_INVALID ? EB_STATUS_USAGE : EB_STATUS_UNREACHABLE;
    }
    return converse(a, cmd, members, path, timeout_ms, reached, err);
}

enum eb_status eb_control_ask_if(const struct eb_args *args, const char *cmd, const char *members, bool *reached,
                                 struct eb_err *err)
{
    *err = (struct eb_err){0};
    enum eb_status status = ask(args, cmd, members, reached, err);
    if (*reached && err->code != EB_OK) {
        eb_complain(cmd, "%s", err->msg);
    }
    return status;
}

enum eb_status eb_control_ask(const struct eb_args *args, const char *cmd, const char *members)
{
    bool reached;
    struct eb_err err;
    enum eb_status status = eb_control_ask_if(args, cmd, members, &reached, &err);
    if (!reached) {
        eb_complain(cmd, "%s", err.msg);
    }
    return status;
}
