/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `exitbrain sim`, from the configuration of a run. */
#define _POSIX_C_SOURCE 200809L

#include "app/run_venue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/decimal.h"

static void exited(void *user, int status)
{
    (void)user; /* the wire tells that it is gone */
    (void)status;
}

int eb_run_venue_start(struct eb_loop *loop, const struct eb_config *c, const char *socket, int64_t start_ms,
                       int64_t length_ms, struct eb_child **out, struct eb_err *err)
{
    char self[1024];
    char listen[160];
    char text[6][EB_DECIMAL_TEXT_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n <= 0) {
        return eb_err_set(err, EB_E_IO, "run", "/proc/self/exe: %s: the simulated exchange cannot be started",
                          strerror(errno));
    }
    self[n] = '\0';
    (void)snprintf(listen, sizeof(listen), "unix:%s", socket);
    (void)snprintf(text[0], sizeof(text[0]), "%" PRId64, c->paper.seed);
    (void)snprintf(text[1], sizeof(text[1]), "%" PRId64, start_ms);
    (void)eb_decimal_format(c->paper.speed_ppm * 100, 8, text[2]);
    (void)eb_decimal_format(c->paper.balance.e8, 8, text[3]);
    (void)snprintf(text[4], sizeof(text[4]), "%" PRId64 "ms", c->paper.latency_ms);
    (void)snprintf(text[5], sizeof(text[5]), "%" PRId64 "ms", length_ms);
    const char *argv[24] = {self,
                            "sim",
                            "--listen",
                            listen,
                            "--scene",
                            "paper",
                            "--seed",
                            text[0],
                            "--start",
                            text[1],
                            "--speed",
                            text[2],
                            "--balance",
                            text[3],
                            "--latency",
                            text[4],
                            "--leave-with-client",
                            NULL};
    unsigned count = 17;
    if (length_ms > 0) {
        argv[count++] = "--for";
        argv[count++] = text[5];
    }
    if (c->engine.hedge) {
        argv[count++] = "--hedge";
    }
    argv[count] = NULL;
    const struct eb_child_options o = {.argv = argv, .dies_with_us = true};
    return eb_child_start(loop, &o, exited, NULL, out, err);
}
