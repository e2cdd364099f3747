/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate of one's own, for a server on this machine that nobody else vouches for. */
#pragma once

#include "base/err.h"

/* Makes a key and a self-signed certificate for it, PEM files, each replaced in one step: the key's with mode 0600.
 * names: "DNS:localhost,IP:127.0.0.1". days: from now until it expires; negative: it has expired. Whoever trusts the
 * certificate's file trusts this server only. EB_E_INVALID (names), EB_E_IO (names the file), EB_E_MEMORY. */
EB_NODISCARD int eb_certificate_make(const char *cert_path, const char *key_path, const char *names, int days,
                                     struct eb_err *err);
