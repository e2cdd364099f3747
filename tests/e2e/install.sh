#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# cmake --install to a place of its own: the program finds its policies there, and everything that a service needs.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
umask 022
EB_BUILD=${EB_BUILD:-$(dirname "$EB_BIN")}
P=$TMP/prefix

if ! command -v cmake >/dev/null || [ ! -e "$EB_BUILD/cmake_install.cmake" ]; then
  echo "SKIPPED install cmake or its build directory is not here"
  exit 0
fi
expect install 0 "$P/bin/exitbrain" -- cmake --install "$EB_BUILD" --prefix "$P"
for file in share/exitbrain/policies/init.lua share/exitbrain/lua/exitbrain/decision.lua \
  share/exitbrain/systemd/exitbrain.service share/exitbrain/systemd/exitbrain-sim.service \
  share/exitbrain/systemd/README.md share/exitbrain/examples/configurations/exitbrain.lua; do
  [ -s "$P/$file" ] && ok "has-$(basename "$file")" || not_ok "has-$(basename "$file")"
done

# Moved elsewhere it still looks beside itself first, not in the checkout that it was built in.
mkdir "$TMP/moved"
mv "$P" "$TMP/moved/away"
P=$TMP/moved/away
cd "$TMP" || exit 1
expect version 0 "exitbrain 0." "commit" "record schema" "journal schema 1" -- "$P/bin/exitbrain" --version
commit=$(git -C "$EB_ROOT" -c safe.directory='*' rev-parse --short=12 HEAD 2>/dev/null)
if [ -n "$commit" ] && grep -q "EB_COMMIT \"$commit\"" "$EB_BUILD/generated/version.h" 2>/dev/null; then
  expect commit 0 "commit $commit" -- "$P/bin/exitbrain" --version
else
  echo "SKIPPED commit the build is not of a commit that git knows"
fi
expect finds-its-policies 0 "$P/share/exitbrain/policies" "exit-brain" -- "$P/bin/exitbrain" check
expect init 0 "$TMP/service" "3 LIVE" -- "$P/bin/exitbrain" init "$TMP/service"
diff -r "$P/share/exitbrain/policies" "$TMP/service/policies" && ok init-copies-them || not_ok init-copies-them
expect finds-its-library-for-an-example 0 "chandelier 1.0.0" "0 errors" -- \
  "$P/bin/exitbrain" check "$P/share/exitbrain/examples/strategies/chandelier"
expect config 0 'executor_mode = "SHADOW", -- from the file' -- \
  "$P/bin/exitbrain" run --config "$TMP/service/exitbrain.lua" --print-config
expect demo 0 -- "$P/bin/exitbrain" run --for 2s --speed 30 --out "$TMP/demo"

# The units: the path of the program follows --prefix, systemd understands them, and little is left open.
unit=$P/share/exitbrain/systemd/exitbrain.service
grep -q "^ExecStart=$TMP/prefix/bin/exitbrain run --config" "$unit" && ok unit-names-the-program ||
  not_ok unit-names-the-program
for line in Type=notify WatchdogSec=10 Restart=always StateDirectory=exitbrain 'ExecReload=/bin/kill -HUP $MAINPID' \
  NoNewPrivileges=yes ProtectSystem=strict LimitCORE=0 UMask=0077; do
  grep -qxF "$line" "$unit" || { echo "# the unit lacks $line"; not_ok "unit-${line%%=*}"; }
done
if ! command -v systemd-analyze >/dev/null; then
  echo "SKIPPED unit-verify systemd-analyze is not installed"
  echo "SKIPPED unit-security systemd-analyze is not installed"
else
  mv "$P" "$TMP/prefix" # where the unit says that the program is
  unit=$TMP/prefix/share/exitbrain/systemd/exitbrain.service
  expect unit-verify 0 -- systemd-analyze verify --man=no --recursive-errors=no "$unit"
  expect unit-verify-sim 0 -- systemd-analyze verify --man=no --recursive-errors=no "${unit%.service}-sim.service"
  expect unit-security 0 "Overall exposure level" -- systemd-analyze security --offline=true --threshold=20 "$unit"
fi
finish
