#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# examples/configurations: each is valid, says what it seems to say, and a short run under it ends well.
set -u -o pipefail
cd "$EB_ROOT" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
overall=0

verdict() {
  local name=$1
  shift
  if "$@"; then echo "ok configuration $name"; else echo "not ok configuration $name"; overall=1; fi
}

# Without the remarks on where a value comes from.
print() { "$EB_BIN" run --config "$1" --print-config | sed 's/ -- from the .*//' >"$2"; }
says() { grep -qF -e "$2" "$1"; }
same() { diff -u "$1" "$2"; }

# refused TEXT COMMAND...: status 2, and the message names the place.
refused() {
  local text=$1 status
  shift
  "$@" >"$work/refused" 2>&1
  status=$?
  grep -qF -e "$text" "$work/refused" && [ $status = 2 ] || { cat "$work/refused"; return 1; }
}

runs() {
  "$EB_BIN" run --config "$1" --for 2s --speed 30 --out "$work/record" >"$work/run" || { cat "$work/run"; return 1; }
}

# wrong KEY EDIT: the message about a copy that sed has edited names the key and its line.
wrong() {
  local key=$1 line
  sed "$2" examples/configurations/exitbrain.lua >"$work/wrong.lua"
  line=$(grep -n "$key" "$work/wrong.lua" | head -n 1 | cut -d: -f1)
  refused "wrong.lua:$line: guard.$key" "$EB_BIN" run --config "$work/wrong.lua" --print-config
}

# docs/OPERATIONS.md names every key with its default, and every alert.
documented() {
  echo "return {}" >"$work/empty.lua"
  print "$work/empty.lua" "$work/defaults"
  awk '/^  [a-z_]+ = \{/ { section = $1 }
       /^    [a-z_]+ = / { sub(/,$/, ""); key = $1; sub(/^ *[a-z_]+ = /, "")
                           print "| `" section "." key "` | `" $0 "` |" }' "$work/defaults" >"$work/keys"
  grep -o '\[EB_ALERT_[A-Z_]*\] = "[a-z_]*"' core/app/words.c | sed 's/.*"\(.*\)"/- **\1**:/' >>"$work/keys"
  [ "$(wc -l <"$work/keys")" -gt 40 ] || return 1
  while IFS= read -r line; do
    grep -qF -e "$line" docs/OPERATIONS.md || { echo "docs/OPERATIONS.md lacks $line"; return 1; }
  done <"$work/keys"
}

for file in examples/configurations/*.lua; do
  name=$(basename "$file")
  verdict "$name is valid" print "$file" "$work/first"
  verdict "$name, printed, reads back the same" print "$work/first" "$work/second"
  verdict "$name, read back" same "$work/first" "$work/second"
done
print examples/configurations/exitbrain.lua "$work/first"
verdict "exitbrain.lua sets the liquidation buffer" says "$work/first" "liquidation_buffer_pct = 1.5,"
verdict "exitbrain.lua leaves the rest as it is" says "$work/first" "builtin_stop_pct = 2,"
verdict "exitbrain.lua runs" runs examples/configurations/exitbrain.lua
verdict "an unknown key is refused with its line" wrong max_los_pct 's/max_loss_pct/max_los_pct/'
verdict "a value out of range is refused with its line" wrong max_loss_pct 's/max_loss_pct = 1,/max_loss_pct = 150,/'
verdict "a wrong type is refused with its line" wrong allow_loosen 's/allow_loosen = false/allow_loosen = 0/'
verdict "every key and alert is documented" documented
exit $overall
