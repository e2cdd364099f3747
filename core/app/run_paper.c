/* SPDX-License-Identifier: Apache-2.0 */
/* The child's command line, its first line, and the configuration that follows from it. */
#define _POSIX_C_SOURCE 200809L

#include "app/run_paper.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/record.h"
#include "base/decimal.h"

#define PATIENCE_NS INT64_C(30000000000)

static const char area[] = "run";

static void copy_text(const cJSON *item, char *out, size_t room)
{
    const char *text = cJSON_GetStringValue(item);
    if (text != NULL && strlen(text) < room) {
        memcpy(out, text, strlen(text) + 1);
    }
}

static void on_line(void *user, const char *line)
{
    struct eb_run_paper *p = user;
    if (p->told) {
        return;
    }
    cJSON *root = cJSON_ParseWithLength(line, strlen(line));
    const cJSON *at = cJSON_GetObjectItemCaseSensitive(root, "listening");
    const cJSON *account = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, "accounts"), 0);
    copy_text(cJSON_GetObjectItemCaseSensitive(at, "rest"), p->rest, sizeof(p->rest));
    copy_text(cJSON_GetObjectItemCaseSensitive(at, "ws"), p->ws, sizeof(p->ws));
    copy_text(cJSON_GetObjectItemCaseSensitive(account, "key_file"), p->key_file, sizeof(p->key_file));
    cJSON_Delete(root);
    p->told = p->rest[0] != '\0' && p->ws[0] != '\0' && p->key_file[0] != '\0';
    if (p->told) {
        eb_loop_stop(p->loop);
    }
}

static void on_exited(void *user, int status)
{
    struct eb_run_paper *p = user;
    p->ended = true;
    p->status = status;
    if (!p->told) {
        eb_loop_stop(p->loop);
    }
}

static void on_patience(void *user)
{
    eb_loop_stop(((struct eb_run_paper *)user)->loop);
}

static int launch(struct eb_run_paper *p, const struct eb_config *c, const char *dir, int64_t start_ms,
                  int64_t length_ms, struct eb_err *err)
{
    char self[1024];
    char keys[EB_CONFIG_TEXT_MAX];
    char text[5][EB_DECIMAL_TEXT_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n <= 0) {
        return eb_err_set(err, EB_E_IO, area, "/proc/self/exe: %s: the simulated exchange cannot be started",
                          strerror(errno));
    }
    self[n] = '\0';
    n = snprintf(keys, sizeof(keys), "%s/" EB_RECORD_KEYS, dir);
    if (n < 0 || (size_t)n >= sizeof(keys)) {
        return eb_err_set(err, EB_E_INVALID, area, "%.60s...: path too long", dir);
    }
    (void)snprintf(text[0], sizeof(text[0]), "%" PRId64, c->paper.seed);
    (void)snprintf(text[1], sizeof(text[1]), "%" PRId64, start_ms);
    (void)eb_decimal_format(c->paper.balance.e8, 8, text[2]);
    (void)snprintf(text[3], sizeof(text[3]), "%" PRId64 "ms", c->paper.latency_ms);
    (void)snprintf(text[4], sizeof(text[4]), "%" PRId64 "ms", length_ms);
    const char *argv[24] = {self,
                            "sim",
                            "--listen",
                            "127.0.0.1:0",
                            "--scene",
                            "paper",
                            "--seed",
                            text[0],
                            "--start",
                            text[1],
                            "--balance",
                            text[2],
                            "--latency",
                            text[3],
                            "--keys",
                            keys,
                            "--leave-with-client",
                            NULL};
    unsigned count = 17;
    if (length_ms > 0) {
        argv[count++] = "--for";
        argv[count++] = text[4];
    }
    if (c->engine.hedge) {
        argv[count++] = "--hedge";
    }
    argv[count] = NULL;
    const struct eb_child_options o = {.argv = argv, .line = on_line, .apart = true, .dies_with_us = true};
    return eb_child_start(p->loop, &o, on_exited, p, &p->child, err);
}

int eb_run_paper_start(struct eb_run_paper *p, struct eb_loop *loop, const struct eb_config *c, const char *dir,
                       int64_t start_ms, int64_t length_ms, struct eb_err *err)
{
    struct eb_timer *patience = NULL;
    memset(p, 0, sizeof(*p));
    p->loop = loop;
    int rc = launch(p, c, dir, start_ms, length_ms, err);
    rc = rc == EB_OK ? eb_timer_open(loop, on_patience, p, &patience, err) : rc;
    if (rc == EB_OK) {
        eb_timer_set(patience, PATIENCE_NS);
        eb_loop_run(loop);
    }
    eb_timer_close(patience);
    if (rc == EB_OK && !p->told) {
        rc = p->ended ? eb_err_set(err, EB_E_IO, area, "the simulated exchange ended before it listened (status %d)",
                                   p->status)
                      : eb_err_set(err, EB_E_IO, area, "the simulated exchange does not say where it listens");
    }
    return rc;
}

void eb_run_paper_config(const struct eb_run_paper *p, struct eb_config *c)
{
    struct eb_config_binance *b = &c->binance;
    b->environment = EB_BINANCE_CUSTOM;
    (void)snprintf(b->rest, sizeof(b->rest), "%s", p->rest);
    (void)snprintf(b->ws_public, sizeof(b->ws_public), "%s/public", p->ws);
    (void)snprintf(b->ws_market, sizeof(b->ws_market), "%s/market", p->ws);
    (void)snprintf(b->ws_private, sizeof(b->ws_private), "%s/private", p->ws);
    (void)snprintf(b->ws_api, sizeof(b->ws_api), "%s/ws-fapi/v1", p->ws);
    (void)snprintf(b->key_file, sizeof(b->key_file), "%s", p->key_file);
    (void)snprintf(b->account, sizeof(b->account), "paper-%u", (unsigned)eb_child_pid(p->child));
}

void eb_run_paper_stop(struct eb_run_paper *p)
{
    if (p->child != NULL && !p->ended) {
        eb_child_signal(p->child, SIGTERM);
    }
    eb_child_close(p->child);
    p->child = NULL;
}
