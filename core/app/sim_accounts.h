/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts of a simulated exchange from a directory of key files: NAME.key is what a client of account NAME reads;
 * where its key is no HMAC secret, NAME.pub holds the public one (PEM).
 */
#pragma once

#include "venue/fapi/fapi.h"

#define EB_SIM_ACCOUNTS_MAX 64
struct eb_sim_accounts {
    size_t count;
    struct eb_fapi_account account[EB_SIM_ACCOUNTS_MAX]; /* name, api_key, secret are owned; the rest the caller's */
};
/* Reads them in order of name. A directory without any gets paper.key with a new key, mode 0600; a missing one is made.
 * EB_E_INVALID (a file, its line), EB_E_IO, EB_E_REFUSED (others may read it). */
EB_NODISCARD int eb_sim_accounts_load(const char *dir, struct eb_sim_accounts *out, struct eb_err *err);
void eb_sim_accounts_deinit(struct eb_sim_accounts *a);
