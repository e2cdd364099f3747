#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# exitbrain init: what it makes, that it never writes over anything, whom it refuses, and that what it made runs.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
umask 022
DIR=$TMP/service
SIM=
RUN=
trap 'kill $SIM $RUN 2>/dev/null; rm -rf "$TMP"' EXIT

mode_is() { # NAME PATH MODE
  [ "$(stat -c %a "$2")" = "$3" ] && ok "$1" || { echo "# $2: $(stat -c %a "$2")"; not_ok "$1"; }
}

expect help 0 "usage: exitbrain init" "--json" -- "$EB_BIN" init --help
expect fresh 0 exitbrain.lua policies keys/binance.key "1 demo" "2 shadow" "3 LIVE" "EXIT_MODE " "EXIT_EXECUTOR_MODE " \
  "EXIT_BRAIN_V3_LIVE_ROLLOUT " "unix:$DIR/state/venue.sock" -- "$EB_BIN" init "$DIR"
for dir in . policies state keys; do mode_is "mode-of-$dir" "$DIR/$dir" 700; done
mode_is mode-of-key "$DIR/keys/binance.key" 600
mode_is mode-of-config "$DIR/exitbrain.lua" 600
diff -r "$DIR/policies" "$EB_ROOT/policies" && ok policies-are-the-shipped-ones || not_ok policies-are-the-shipped-ones
expect policies-are-good 0 "exit-brain" "sha256" -- "$EB_BIN" check "$DIR/policies"

# Every key is there; what is commented out is the default, so that taking the comments away changes nothing.
printed() { "$EB_BIN" run --config "$1" --print-config | sed 's/ -- from the .*//'; }
printed "$DIR/exitbrain.lua" >"$TMP/in-force"
sed 's/^    -- \([a-z_]* = .*,\)$/    \1/' "$DIR/exitbrain.lua" >"$TMP/outright.lua"
printed "$TMP/outright.lua" >"$TMP/outright"
same() { # NAME ONE OTHER
  [ -s "$2" ] && diff "$2" "$3" && ok "$1" || not_ok "$1"
}
same comments-show-defaults "$TMP/in-force" "$TMP/outright"
same every-key "$TMP/in-force" <(sed -n '/^return/,$p' "$TMP/outright.lua")
[ "$(grep -c '^    -- [a-z_]* = ' "$DIR/exitbrain.lua")" -gt 40 ] && ok most-is-commented || not_ok most-is-commented
for line in 'exit_mode = "EXIT_BRAIN_V3",' 'executor_mode = "SHADOW",' 'live_rollout = "DISABLED",' \
  'legacy_trailing_stop = false,' "dir = \"$DIR/policies\"," "dir = \"$DIR/state\","; do
  grep -qxF "    $line" "$DIR/exitbrain.lua" || { echo "# lacks $line"; not_ok "outright-${line%% *}"; }
done

# A second time: named, kept, whatever is in it.
echo 'return { guard = { max_loss_pct = 1 } }' >"$DIR/exitbrain.lua"
echo '-- mine' >>"$DIR/policies/risk.lua"
rm "$DIR/policies/init.lua"
expect again 0 "exitbrain.lua     (was there: kept as it is)" "policies          (was there: kept as it is)" \
  "keys/binance.key  (was there: kept as it is)" -- "$EB_BIN" init "$DIR"
grep -q 'max_loss_pct = 1' "$DIR/exitbrain.lua" && grep -q 'mine' "$DIR/policies/risk.lua" &&
  [ ! -e "$DIR/policies/init.lua" ] && ok nothing-written-over || not_ok nothing-written-over
expect no-force 2 "--force: no such option" -- "$EB_BIN" init "$DIR" --force
printf 'return {\n  guard = { max_los_pct = 1 } }\n' >"$DIR/exitbrain.lua"
expect broken-config 2 "exitbrain.lua:2: guard.max_los_pct: no such key" "did you mean guard.max_loss_pct?" -- \
  "$EB_BIN" init "$DIR"
rm -r "$DIR/exitbrain.lua" "$DIR/policies"

# Keys that others can get at.
for bits in 640 604 660 601; do
  chmod $bits "$DIR/keys/binance.key"
  expect "key-$bits" 2 "keys/binance.key: mode $bits lets others at it: chmod 600" -- "$EB_BIN" init "$DIR"
done
[ ! -e "$DIR/exitbrain.lua" ] && ok refused-before-anything-is-made || not_ok refused-before-anything-is-made
mv "$DIR/keys/binance.key" "$TMP/elsewhere"
chmod 600 "$TMP/elsewhere"
ln -s "$TMP/elsewhere" "$DIR/keys/binance.key"
expect key-link 2 "keys/binance.key: is a symbolic link" -- "$EB_BIN" init "$DIR"
rm "$DIR/keys/binance.key"
mkdir "$DIR/keys/binance.key"
expect key-folder 2 "keys/binance.key: is no file" -- "$EB_BIN" init "$DIR"
rmdir "$DIR/keys/binance.key"
chmod 750 "$DIR/keys"
expect keys-open 2 "keys: mode 750 lets others at it: chmod 700" -- "$EB_BIN" init "$DIR"
chmod 700 "$DIR/keys"
if [ "$(id -u)" = 0 ]; then
  echo secret >"$DIR/keys/binance.key"
  chmod 600 "$DIR/keys/binance.key"
  chown 12345 "$DIR/keys/binance.key"
  expect key-owner 2 "binance.key: belongs to user 12345" -- "$EB_BIN" init "$DIR"
  rm "$DIR/keys/binance.key"
else
  echo "SKIPPED key-owner only root can give a file away"
fi
echo 'api=secret' >"$DIR/keys/binance.key"
chmod 600 "$DIR/keys/binance.key"
expect good-key 0 "keys/binance.key  (was there" -- "$EB_BIN" init "$DIR"
[ "$(cat "$DIR/keys/binance.key")" = api=secret ] && ok key-untouched || not_ok key-untouched

# Places where it cannot or should not be.
mkdir "$TMP/open"
chmod 777 "$TMP/open"
expect open-place 2 "$TMP/open: mode 777 lets others write there" -- "$EB_BIN" init "$TMP/open"
touch "$TMP/file"
expect no-place 2 "$TMP/file" "Not a directory" -- "$EB_BIN" init "$TMP/file/x"
long=$TMP/$(printf 'x%.0s' {1..100})
expect long-place 2 "a socket in its state/ may have at most 107 bytes" -- "$EB_BIN" init "$long"
expect here 0 "$TMP/here" -- sh -c "mkdir -m 700 '$TMP/here' && cd '$TMP/here' && '$EB_BIN' init"
expect json 0 '{"dir":"'"$TMP"'/here"' '"config":{"path":"'"$TMP"'/here/exitbrain.lua","kept":true}' \
  '"key_file":{"path"' '"policy_files":0' -- "$EB_BIN" init "$TMP/here" --json

# What it made runs: the steps that it prints, the simulated exchange first.
"$EB_BIN" sim --listen "unix:$DIR/state/venue.sock" --speed 4 2>"$TMP/sim" &
SIM=$!
for _ in $(seq 100); do [ -S "$DIR/state/venue.sock" ] && break; sleep 0.1; done
start() { # begins to run, and waits until the doctor judges
  "$EB_BIN" run --config "$DIR/exitbrain.lua" --for 300s >"$TMP/run" 2>&1 &
  RUN=$!
  for _ in $(seq 300); do
    "$EB_BIN" doctor --state "$DIR/state" >"$TMP/doctor" 2>&1
    grep -q "checks, " "$TMP/doctor" && break
    sleep 0.1
  done
}
start
expect shadow-runs 0 "checks, nothing wrong" "note  mode.shadow" "EXIT_EXECUTOR_MODE=SHADOW (file)" -- \
  "$EB_BIN" doctor --state "$DIR/state"
expect shadow-status 0 "SHADOW: decisions are made" -- "$EB_BIN" status --state "$DIR/state"
kill -TERM $RUN
wait $RUN
status=$?
[ $status = 0 ] && ok shadow-ends ||
  { sed 's/^/#   /' "$TMP/run" | tail -n 20; echo "# status $status"; not_ok shadow-ends; }

# One flag alone: LIVE is asked for, and silently is not.
export EXIT_EXECUTOR_MODE=LIVE
start
unset EXIT_EXECUTOR_MODE
expect silent-shadow 1 "BAD   mode.shadow" "EXIT_EXECUTOR_MODE=LIVE (environment)" \
  "EXIT_BRAIN_V3_LIVE_ROLLOUT=DISABLED (file)" "1 wrong" -- "$EB_BIN" doctor --state "$DIR/state"
kill -TERM $RUN
wait $RUN
RUN=
finish
