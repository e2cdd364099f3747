#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/WALKTHROUGH.md, command by command, as a new user would: live/walkthrough.py.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
EB_BUILD=${EB_BUILD:-$(dirname "$EB_BIN")}
T=$TMP/t
mkdir -p "$T/build" "$T/tests/golden"
cp -r "$EB_ROOT/policies" "$EB_ROOT/lua" "$EB_ROOT/examples" "$T"
cp -r "$EB_ROOT/tests/golden/default_policies" "$T/tests/golden"
cp "$EB_BIN" "$T/build/exitbrain"

# `./run` of a clone, with what was built elsewhere.
cat >"$T/run" <<END
#!/usr/bin/env bash
if [ "\${1-}" = spec ]; then
  shift
  LUA_PATH="$T/lua/?.lua;$T/lua/?/init.lua;;" LUA_CPATH="$EB_BUILD/?.so;;" exec lua5.4 "\$(command -v busted)" "\$@"
fi
case \${1-} in --version) ;; "" | -*) set -- run "\$@" ;; esac
exec "$T/build/exitbrain" "\$@"
END
chmod +x "$T/run"
PYTHONDONTWRITEBYTECODE=1 python3 "$EB_ROOT/tests/e2e/live/walkthrough.py" "$EB_ROOT/docs/WALKTHROUGH.md" "$T" ||
  FAILED=1

if [ "$EB_BUILD" = "$EB_ROOT/build/release" ]; then
  expect run-spec 0 "0 failures / 0 errors" -- "$EB_ROOT/run" spec "$EB_ROOT/examples/strategies/chandelier"
else
  echo "SKIPPED run-spec ./run builds in build/release, and this is another build"
fi
finish
