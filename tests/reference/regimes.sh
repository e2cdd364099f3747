#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shares of the regimes and their changes per day, over generated months and over the real ones; see regimes.lua.
set -u
EB_ROOT=${EB_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)}
export EB_ROOT LUA_CPATH="${EB_BUILD:-$EB_ROOT/build/release}/?.so;;"
overall=0
lua5.4 "$EB_ROOT/tests/reference/regimes.lua" || overall=1
if [ -n "${EXITBRAIN_DATA-}" ] && [ -d "$EXITBRAIN_DATA/klines_1m" ]; then
  lua5.4 "$EB_ROOT/tests/reference/regimes.lua" "$EXITBRAIN_DATA"/klines_1m/*.csv.gz || overall=1
else
  echo "SKIPPED regimes of real months: EXITBRAIN_DATA is not set"
fi
exit $overall
