/* SPDX-License-Identifier: Apache-2.0 */
/* A backtest's result for people. */
#pragma once

#include "app/backtest.h"

/* Totals, exits by reason and a line per symbol. */
void eb_bt_summary(const struct eb_bt_options *o, const struct eb_bt_data *d, const struct eb_bt_result *r,
                   const char *policy, bool colour, struct eb_buffer *out);
