#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 at random moments of a busy scene, the exchange's clock standing meanwhile: no exit doubled, no leg lost.
# EB_KILLS: how many; 20 unless told (./test long: 200).
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
export EB_ROOT EB_BIN PYTHONDONTWRITEBYTECODE=1
python3 "$EB_ROOT/tests/e2e/kill/run.py" "${EB_KILLS:-20}" "$TMP" || FAILED=1
finish
