/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for standard output or error that never wait for whoever reads them: a terminal that was stopped with Ctrl-S, a
 * pager, a log service that hangs must not hold up the engine. What is not taken at once is lost. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct eb_outlet {
    int fd; /* -1: closed */
    bool owned, is_socket;
};

/* Of a descriptor that stays open meanwhile. Never fails: what cannot be had without waiting is had with it. */
void eb_outlet_open(struct eb_outlet *o, int fd);
/* False when some of it was lost. */
bool eb_outlet_write(struct eb_outlet *o, const char *bytes, size_t len);
void eb_outlet_close(struct eb_outlet *o);
