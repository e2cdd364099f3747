/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated exchange of a run's own that speaks Binance's protocol: this program again, as `exitbrain sim`, behind
 * sockets of the loopback; the run connects to it as it would to the real one.
 *
 *     eb_run_paper_start -> child: `sim --listen 127.0.0.1:0` -> its first line: addresses, key file
 *     -> eb_run_paper_config: section binance, environment custom
 */
#pragma once

#include "app/config.h"
#include "net/loop.h"

struct eb_run_paper {
    struct eb_loop *loop;
    struct eb_child *child; /* NULL: there is none */
    char rest[128], ws[128], key_file[EB_CONFIG_TEXT_MAX];
    bool told, ended;
    int status;
};
/* Starts it and waits for its line; dir: of the run, where its keys are put. length_ms: 0 without end. EB_E_IO: it did
 * not begin; what it said about that is on standard error. */
EB_NODISCARD int eb_run_paper_start(struct eb_run_paper *p, struct eb_loop *loop, const struct eb_config *c,
                                    const char *dir, int64_t start_ms, int64_t length_ms, struct eb_err *err);
/* Addresses and key of it into section binance. */
void eb_run_paper_config(const struct eb_run_paper *p, struct eb_config *c);
/* Ends it. */
void eb_run_paper_stop(struct eb_run_paper *p);
