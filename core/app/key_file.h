/* SPDX-License-Identifier: Apache-2.0 */
/* Files with API keys: whose they are and who else may read them, looked at before anything is read. */
#pragma once

#include "base/err.h"

/* EB_OK: a regular file of this user (no symbolic link) that nobody else may read, write or execute. EB_E_NOT_FOUND:
 * there is none. EB_E_REFUSED: what is wrong with it, and the command that puts it right. EB_E_IO. */
EB_NODISCARD int eb_key_file_check(const char *path, struct eb_err *err);
/* The same of one that a service manager handed over (systemd credentials): it may be root's, and opened to this user
 * by its group or a list; others may not read it. */
EB_NODISCARD int eb_key_credential_check(const char *path, struct eb_err *err);
/* The same for a directory that holds some, or other things of this user alone. */
EB_NODISCARD int eb_key_dir_check(const char *path, struct eb_err *err);
