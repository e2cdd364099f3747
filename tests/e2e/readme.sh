#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# README.md keeps its word: each command of a ```console block is run in a copy of what it touches, and must print what
# stands below it. A line of `...` stands for any lines; hashes of policy sets are not compared.
set -u
cd "$EB_ROOT" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tree/build" "$work/tree/tests/golden"
cp -r policies lua examples "$work/tree"
cp -r tests/golden/default_policies "$work/tree/tests/golden"
cp "$EB_BIN" "$work/tree/build/exitbrain"
printf '#!/bin/sh\nexec "%s/tree/build/exitbrain" "$@"\n' "$work" >"$work/tree/run"
chmod +x "$work/tree/run"

# case-N.command and case-N.expected from the blocks.
awk -v work="$work" '
  /^```/ { inside = !inside && $0 == "```console"; close(out); out = ""; next }
  inside && (/^\$ / || more) {
    if (!more) { close(out); command = work "/case-" ++n ".command"; out = work "/case-" n ".expected"; printf "" >out }
    print more ? $0 : substr($0, 3) >command
    more = /\\$/
    if (!more) close(command)
    next
  }
  inside { print >out }
' README.md

unhashed() { sed -E -e 's/\([0-9a-f]{12}\)/(hash)/' -e 's/[0-9a-f]{64}/hash/' -e 's/ +$//'; }

# Whether the lines of $1 match those of $2, where a line of ... in $2 stands for any.
matches() {
  awk 'NR == FNR { got[++n] = $0; next }
       $0 == "..." { any = 1; next }
       { if (any) { while (at < n && got[at + 1] != $0) at++ }
         if (got[++at] != $0) { print "line " at " is: " got[at] "\nREADME.md:  " $0; exit bad = 1 }
         any = 0 }
       END { if (!bad && !any && at < n) { print "more: " got[at + 1]; bad = 1 } exit bad }' "$1" "$2"
}

overall=0 count=0
for expected in $(ls "$work"/case-*.expected | sort -V); do
  command=$(cat "${expected%.expected}.command")
  name=${command//$'\\\n'/}
  count=$((count + 1))
  (cd "$work/tree" && eval "$command") >"$work/out" 2>"$work/err"
  [ -s "$work/out" ] || mv "$work/err" "$work/out" # what a terminal would show
  unhashed <"$work/out" >"$work/got"
  unhashed <"$expected" >"$work/want"
  if matches "$work/got" "$work/want"; then
    echo "ok readme $count: ${name:0:60}"
  else
    echo "not ok readme $count: ${name:0:60}"
    overall=1
  fi
done
[ $count -ge 5 ] || { echo "not ok readme: its commands were not found"; overall=1; }
exit $overall
