#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Golden backtests: small histories, every exit written down. tests/golden/run.sh [--update] [CASE...]
#
#     CASE/args           options of `exitbrain backtest`, some a line; ROOT is the root of the checkout, # a remark
#     CASE/*.csv, *.json  made for the case, never market data
#     CASE/expected.json  the document, one exit a line, the policy's hash masked
#     CASE/fixed          texts that the document must contain whatever --update says: what the rules spell out
#
# A change of behaviour changes an expected.json in the same commit: run with --update and read the diff.
set -u
EB_ROOT=${EB_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)}
EB_BIN=${EB_BIN:-$EB_ROOT/build/release/exitbrain}
update=
[ "${1-}" = --update ] && { update=yes; shift; }
cd "$EB_ROOT/tests/golden" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
overall=0

# One episode and one exit a line, so that a diff names what moved.
readable() {
  sed -e 's/"policy_sha256":"[0-9a-f]*"/"policy_sha256":"masked"/' \
    -e 's/,"summary":/,\n"summary":/' -e 's/"episodes":\[/\n"episodes":[/' -e 's/{"id":/\n{"id":/g' \
    -e 's/{"time_ms":/\n    {"time_ms":/g' -e 's/\],"pnl":/],\n    "pnl":/g' "$1"
}

document() {
  local words=() line
  while IFS= read -r line; do
    case $line in \#* | "") continue ;; esac
    read -ra line <<<"$line"
    words+=("${line[@]/#ROOT\//$EB_ROOT/}")
  done <args
  "$EB_BIN" backtest "${words[@]}" --json "$1" >"$work/out" 2>&1 || { cat "$work/out"; return 1; }
}

golden() {
  local name=$1
  (cd "$name" && document "$work/raw") || return 1
  readable "$work/raw" >"$work/got"
  if [ -e "$name/fixed" ]; then
    while IFS= read -r line; do
      grep -qF -e "$line" "$work/got" || { echo "$name: the document lacks $line"; return 1; }
    done <"$name/fixed"
  fi
  [ -n "$update" ] && { cp "$work/got" "$name/expected.json"; return 0; }
  diff -u "$name/expected.json" "$work/got"
}

[ $# -gt 0 ] || set -- */args
for name; do
  name=${name%/args}
  if golden "$name"; then echo "ok golden $name"; else echo "not ok golden $name"; overall=1; fi
done
exit $overall
