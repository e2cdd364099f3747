/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: one JSON object a line each way.
 *
 *     {"v":1,"id":"...","cmd":"flatten","args":{"symbol":"BTCUSDT","yes":true,"why":"..."}}
 *     {"v":1,"id":"...","ok":true,"status":0,"text":"...","doc":{...}}      status: exit status of the command line
 *     {"v":1,"id":"...","ok":false,"status":2,"error":"...","confirm":"BTCUSDT"}
 *
 * text is what a person reads (args.colour, args.columns), doc what --json prints; args.want ("text", "doc") leaves out
 * the other. confirm: with "yes":true in args it would be done; the word is what a person is asked to type. A command
 * that changes something is answered when its record is durable; the same args.id (16 hexadecimal digits) again is the
 * same command and is done once. Answers of one client may overtake each other: id tells whose each is.
 *
 * Requests are at most EB_CONTROL_REQUEST_MAX bytes, answers EB_CONTROL_ANSWER_MAX; who connects must be this user or
 * root. A client that sends what is no JSON object is told so and dropped; one that does not read is dropped when its
 * answers no longer fit.
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
/* What waits for its record is told that the engine stops. Comes before live->reload is destroyed, and the loop does
 * not run between. NULL is fine. */
void eb_control_close(struct eb_control *c);
/* The journal has moved on: answers that wait for it may go. */
void eb_control_progress(struct eb_control *c);

/* ---- the other side: a command of the command line ---- */

/* Options of each such command: which engine, how the answer looks, how long to wait for it. */
#define EB_ASK_OPTIONS                                                                                              \
    {"state", EB_OPT_VALUE, "DIR", "directory of the engine's state; default: the one that was started last"},      \
        {"socket", EB_OPT_VALUE, "PATH", "its control socket, where it is not in that directory"},                  \
        {"json", EB_OPT_FLAG, NULL, "one JSON document on standard output"},                                        \
        {"wide", EB_OPT_FLAG, NULL, "tables with all columns; default: what fits the terminal, else 100"},          \
    {                                                                                                               \
        "timeout", EB_OPT_VALUE, "TIME", "how long to wait for the answer; default 10s, for trials of policies 60s" \
    }

/* Asks the running engine that the options name and prints its answer: the exit status of the program. members: those
 * of "args" as JSON text without braces, "" none. On a terminal it asks a person where the engine wants a confirmation.
 * EB_STATUS_UNREACHABLE when no engine answers. */
enum eb_status eb_control_ask(const struct eb_args *args, const char *cmd, const char *members);
/* The same, but where no engine could be reached it says nothing, *reached is false and err tells why. */
enum eb_status eb_control_ask_if(const struct eb_args *args, const char *cmd, const char *members, bool *reached,
                                 struct eb_err *err);
