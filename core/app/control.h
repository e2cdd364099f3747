/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: one JSON object a line each way.
 *
 *     {"v":1,"id":"...","cmd":"flatten","args":{"symbol":"BTCUSDT","yes":true,"why":"..."}}
 *     {"v":1,"id":"...","ok":true,"status":0,"text":"...","doc":{...}}      status: exit status of the command line
 *     {"v":1,"id":"...","ok":false,"status":2,"error":"..."}
 *
 * text is what a person reads (args.colour, args.columns), doc what --json prints. A command that changes something is
 * answered when its record is durable. Requests are at most EB_CONTROL_REQUEST_MAX bytes, answers EB_CONTROL_ANSWER_MAX;
 * who connects must be this user or root. A client that sends garbage is told so and dropped; one that does not read is
 * dropped when its answers no longer fit.
 */
#pragma once

#include "app/doc.h"
#include "app/options.h"
#include "base/buffer.h"

#define EB_CONTROL_VERSION 1
#define EB_CONTROL_REQUEST_MAX 65536
#define EB_CONTROL_ANSWER_MAX ((size_t)16 << 20)
#define EB_CONTROL_CLIENTS_MAX 32

struct eb_live;
struct eb_control;
/* Listens at path. EB_E_REFUSED when another engine does (its remedy in err), EB_E_IO. */
EB_NODISCARD int eb_control_open(struct eb_live *live, const char *path, struct eb_control **out, struct eb_err *err);
void eb_control_close(struct eb_control *c);
/* The journal has moved on: answers that wait for it may go. */
void eb_control_progress(struct eb_control *c);

/* ---- the other side: a command of the command line ---- */

/* Asks the running engine of `state` (NULL: the newest) and prints its answer: the exit status of the program. args: the
 * members of "args" as JSON text without braces, "" none. EB_STATUS_UNREACHABLE when no engine answers. */
enum eb_status eb_control_ask(const struct eb_args *args, const char *cmd, const char *members);
