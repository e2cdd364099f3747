/* SPDX-License-Identifier: Apache-2.0 */
/* Where the shipped files lie: beside the checkout that the program was built in, or in share/exitbrain. */
#pragma once

#include <stddef.h>

#include "base/err.h"

#define EB_SHARE_PATH_MAX 1024

/* The directory of the default policies, and that of lua/exitbrain. EB_E_NOT_FOUND says where they were looked for. */
EB_NODISCARD int eb_share_policies(char out[EB_SHARE_PATH_MAX], struct eb_err *err);
EB_NODISCARD int eb_share_library(char out[EB_SHARE_PATH_MAX], struct eb_err *err);
