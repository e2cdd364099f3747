#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The rules of the backtest (docs/SEMANTICS.md, Bars) over tiny histories, every figure worked out by hand in
# tests/e2e/backtest/*_cases.py. tests/e2e/backtest_rules.sh NAME... runs soft, closes, money, entries or report alone.
set -u
EB_ROOT=${EB_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)}
EB_BIN=${EB_BIN:-$EB_ROOT/build/release/exitbrain}
export EB_ROOT EB_BIN PYTHONDONTWRITEBYTECODE=1
[ $# -gt 0 ] || set -- soft closes money entries report
overall=0
for name; do
  python3 "$EB_ROOT/tests/e2e/backtest/${name}_cases.py" || overall=1
done
exit $overall
