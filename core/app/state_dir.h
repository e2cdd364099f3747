/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory of an engine's state: journal, control socket, and who runs there.
 *
 *     DIR/journal.db  journal.db.lock  engine (pid and socket of the process)  control.sock  venue.sock
 *     PLACE/current -> the directory of the engine that was started last; PLACE as in record.h
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define EB_STATE_PATH_MAX 1024
#define EB_STATE_SOCKET_MAX 108 /* a local socket's path with its zero: the system's limit */
#define EB_STATE_JOURNAL "journal.db"

/* dir/name into out. EB_E_INVALID when it is too long. */
EB_NODISCARD int eb_state_path(const char *dir, const char *name, char *out, size_t cap, struct eb_err *err);
/* Makes dir with mode 0700 where it is missing, its parents too, and looks whether it can be written. EB_E_IO. */
EB_NODISCARD int eb_state_make(const char *dir, struct eb_err *err);
/* The directory called name (for example "live") in the place of all states. */
EB_NODISCARD int eb_state_named(const char *name, char out[EB_STATE_PATH_MAX], struct eb_err *err);
/* A socket's path for dir: dir/name where that is short enough, else one in the runtime directory named after dir. */
EB_NODISCARD int eb_state_socket_for(const char *dir, const char *name, char out[EB_STATE_SOCKET_MAX],
                                     struct eb_err *err);
/* Writes that this process runs in dir and where its control socket is, and makes dir the current one. */
EB_NODISCARD int eb_state_announce(const char *dir, const char *socket, struct eb_err *err);
/* Takes that back (the current one stays). */
void eb_state_withdraw(const char *dir);
/* Whether another process seems to be at work in dir. */
bool eb_state_running(const char *dir);

/* Which engine instances this directory has had: remembers one more; whether one was. Outlives a journal that was
 * damaged or moved away, so that its orders are known as a predecessor's and not another engine's. */
EB_NODISCARD int eb_state_add_instance(const char *dir, uint32_t instance, struct eb_err *err);
bool eb_state_had_instance(const char *dir, uint32_t instance);

/* ---- for commands that look for an engine ---- */

/* The directory that is meant: dir itself, or NULL: of the engine that was started last. EB_E_NOT_FOUND. */
EB_NODISCARD int eb_state_find(const char *dir, char out[EB_STATE_PATH_MAX], struct eb_err *err);
/* The control socket that was announced in dir. EB_E_NOT_FOUND: no engine ran there, or none announced a socket. */
EB_NODISCARD int eb_state_socket(const char *dir, char out[EB_STATE_SOCKET_MAX], struct eb_err *err);
