# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts of this folder: result lines, a temporary directory, expectations about one command.
set -u
EB_ROOT=${EB_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)}
EB_BIN=${EB_BIN:-$EB_ROOT/build/release/exitbrain}
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
export XDG_STATE_HOME=$TMP/state
unset EXIT_MODE EXIT_EXECUTOR_MODE EXIT_BRAIN_V3_LIVE_ROLLOUT EXIT_BRAIN_PROFILE QT_TRAILING_STOP_ENABLED
FAILED=0

ok() { echo "ok $1"; }
not_ok() { echo "not ok $1"; FAILED=1; }

# expect NAME STATUS PATTERN... -- COMMAND...: exit status, and every pattern (fixed text) in what it said.
expect() {
  local name=$1 wanted=$2 patterns=() status pattern good=1
  shift 2
  while [ "$1" != -- ]; do patterns+=("$1"); shift; done
  shift
  "$@" >"$TMP/said" 2>&1 </dev/null
  status=$?
  [ $status = "$wanted" ] || { echo "# $name: status $status instead of $wanted"; good=0; }
  for pattern in "${patterns[@]}"; do
    grep -qF -- "$pattern" "$TMP/said" || { echo "# $name: does not say \"$pattern\""; good=0; }
  done
  if [ $good = 1 ]; then ok "$name"; else sed 's/^/#   /' "$TMP/said" | head -n 20; not_ok "$name"; fi
}

finish() { exit $FAILED; }

# ---- an engine that runs: state in $STATE, process $ENGINE -------------------------------------------------------

x() { local command=$1; shift; "$EB_BIN" "$command" --state "$STATE" "$@"; }
# python on a document of the engine: doc CODE COMMAND...; d is the document
doc() {
  local code=$1; shift
  x "$@" --json 2>/dev/null | python3 -c "import json, sys; d = json.load(sys.stdin); $code"
}
# until_true SECONDS COMMAND...
until_true() {
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}
