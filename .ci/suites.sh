# SPDX-License-Identifier: Apache-2.0
# Sourced by ./test: one function per suite. A suite writes its result lines to descriptor 3 ("ok NAME", "not ok NAME",
# "SKIPPED NAME") and everything else to its log. tests/README.md is the contract of a suite's scripts.

EB_SUITES_DEFAULT=(unit spec tidy golden sim e2e reference examples asan)
EB_COVERAGE_FLOOR=90
EB_SIM_SEEDS_SHORT=30
EB_SIM_SEEDS_LONG=5000

eb_test_environment() {
  export EB_ROOT EB_BUILD=$EB_ROOT/build/release
  export EB_BIN=$EB_BUILD/exitbrain
  if [ -z "${EXITBRAIN_DATA-}" ] && [ -d "$EB_ROOT/../shared/data" ]; then
    EXITBRAIN_DATA=$(cd "$EB_ROOT/../shared/data" && pwd -P)
  fi
  [ -n "${EXITBRAIN_DATA-}" ] && export EXITBRAIN_DATA
  # A developer's own modes must not change what the tests see.
  unset EXIT_MODE EXIT_EXECUTOR_MODE EXIT_BRAIN_V3_LIVE_ROLLOUT EXIT_BRAIN_PROFILE QT_TRAILING_STOP_ENABLED
  EB_OUT=$EB_ROOT/build/test
  EB_TABLE= EB_PASSED=0 EB_FAILED=0 EB_SKIPPED=0
  mkdir -p "$EB_OUT"
}

eb_count() { grep -c "$1" "$2" || true; }

# Runs one suite, counts its result lines, shows the log if anything failed.
eb_run_suite() {
  local suite=$1 log=$EB_OUT/$1.log results=$EB_OUT/$1.results started status passed failed skipped seconds
  started=$(date +%s%N)
  : >"$log" >"$results"
  eb_say "== $suite"
  ("suite_${suite//-/_}") >>"$log" 2>&1 3>"$results" </dev/null
  status=$?
  passed=$(eb_count '^ok ' "$results")
  failed=$(eb_count '^not ok ' "$results")
  skipped=$(eb_count '^SKIPPED ' "$results")
  if [ $status -ne 0 ] && [ "$failed" = 0 ]; then
    echo "not ok $suite ended with status $status" >>"$results"
    failed=1
  fi
  if [ $((passed + failed + skipped)) = 0 ] && [ ! -e "$EB_OUT/$suite.empty" ]; then
    echo "not ok $suite ran no test" >>"$results"
    failed=1
  fi
  rm -f "$EB_OUT/$suite.empty"
  seconds=$(($(date +%s%N) - started))
  seconds=$(printf '%d.%d' $((seconds / 1000000000)) $((seconds / 100000000 % 10)))
  EB_TABLE+=$(printf '%-12s %8d %8d %8d %9s' "$suite" "$passed" "$failed" "$skipped" "$seconds")$'\n'
  EB_PASSED=$((EB_PASSED + passed)) EB_FAILED=$((EB_FAILED + failed)) EB_SKIPPED=$((EB_SKIPPED + skipped))
  if [ "$failed" -gt 0 ]; then
    eb_say "-- $suite failed; the end of $log:"
    tail -n 80 "$log" >&2
    grep '^not ok ' "$results" | head -n 40 >&2
  fi
  grep '^SKIPPED ' "$results" | head -n 20 >&2
}

eb_report() {
  printf '\n%-12s %8s %8s %8s %9s\n%s' suite passed failed skipped seconds "$EB_TABLE"
  printf '%d passed, %d failed, %d skipped\n' $EB_PASSED $EB_FAILED $EB_SKIPPED
  [ $EB_FAILED = 0 ]
}

# A suite whose folder has no files yet is not an error.
eb_no_tests() { touch "$EB_OUT/$1.empty"; }

eb_has() { compgen -G "$EB_ROOT/$1" >/dev/null; }

# eb_verdict NAME COMMAND...: the command's exit status as one result.
eb_verdict() {
  local name=$1
  shift
  if "$@"; then echo "ok $name" >&3; else echo "not ok $name" >&3; fi
}

eb_build_release() { eb_build release -DEB_TESTS=ON || { echo "not ok build release" >&3; return 1; }; }

# cmocka writes a RUN line per case and FAILED and SKIPPED lines (again in its summary); ctest -V prefixes each with the
# number of its executable. A case that was begun and not ended has failed; an executable without cases counts as one.
eb_ctest() {
  local label=${2-} only=(-LE sim)
  [ "${3-}" = sim ] && only=(-L sim)
  ctest --test-dir "$1" -V -j "$(nproc)" --no-tests=error "${only[@]}" >"$EB_OUT/ctest.out"
  cat "$EB_OUT/ctest.out"
  awk -v label="$label" '
    /^ *[0-9]+: Test command:/ { next }
    match($0, /^[0-9]+: \[ RUN +\] /) { run[$1, substr($0, RLENGTH + 1)] = "not ok"; cases[$1]++; next }
    match($0, /^[0-9]+: \[ +(OK|FAILED|SKIPPED) +\] /) {
      key = $1 SUBSEP substr($0, RLENGTH + 1)
      if (key in run) run[key] = /\[ +OK/ ? "ok" : /\[ +SKIPPED/ ? "SKIPPED" : "not ok"
      next
    }
    / Test +#[0-9]+: / {
      sub(/.*Test +#/, "")
      id = $1
      exe[id] = $2
      died[id] = !/ Passed /
    }
    END {
      for (id in exe) {
        failures = 0
        for (key in run) {
          split(key, part, SUBSEP)
          if (part[1] != id) continue
          failures += run[key] == "not ok"
          print run[key], label exe[id] "/" part[2]
        }
        if (died[id] && !failures) print "not ok", label exe[id]
        else if (!cases[id]) print "ok", label exe[id]
      }
    }' "$EB_OUT/ctest.out" | LC_ALL=C sort >&3
}

suite_unit() {
  eb_has 'tests/unit/*/test_*.c' || { eb_no_tests unit; return 0; }
  eb_build_release && eb_ctest "$EB_BUILD"
}

suite_spec() {
  eb_has 'tests/spec/*_spec.lua' || { eb_no_tests spec; return 0; }
  eb_build_release || return 1
  cd "$EB_ROOT" || return 1
  LUA_PATH="$EB_ROOT/lua/?.lua;$EB_ROOT/lua/?/init.lua;$EB_ROOT/policies/?.lua;$EB_ROOT/tests/spec/?.lua;;" \
    LUA_CPATH="$EB_BUILD/?.so;;" lua5.4 "$(command -v busted)" --pattern=_spec -o TAP tests/spec \
    examples/strategies >"$EB_OUT/spec.tap"
  local status=$?
  cat "$EB_OUT/spec.tap"
  awk '/^ok [0-9]+ - # SKIP/ { sub(/^ok [0-9]+ - # SKIP */, ""); print "SKIPPED", $0; next }
       /^(not )?ok [0-9]+ / { sub(/ok [0-9]+ (- )?/, "ok "); print }' "$EB_OUT/spec.tap" >&3
  return $status
}

suite_tidy() {
  cd "$EB_ROOT" || return 1
  lua5.4 tests/tidy.lua >"$EB_OUT/tidy.out"
  local status=$?
  cat "$EB_OUT/tidy.out"
  grep -E '^(ok|not ok|SKIPPED) ' "$EB_OUT/tidy.out" >&3
  eb_verdict luacheck eb_luacheck
  eb_verdict clang-format eb_clang_format
  return $status
}

eb_luacheck() {
  local folders=() folder
  for folder in lua policies tests examples; do [ -d "$folder" ] && folders+=("$folder"); done
  luacheck -q "${folders[@]}"
}

eb_clang_format() {
  find core include tests bench examples -name '*.[ch]' -print0 |
    xargs -0 -r -n 40 -P "$(nproc)" clang-format --dry-run -Werror || { echo "run clang-format -i"; return 1; }
}

# eb_scripts SUITE [NAME]: each executable tests/SUITE/*.sh, or one; it prints result lines, anything else is log. A few
# at once, since they wait for clocks more than they work.
eb_scripts() {
  local suite=$1 script overall=0 at_once=${EB_SCRIPTS_AT_ONCE:-4}
  for script in "$EB_ROOT/tests/$suite"/${2-*}.sh; do
    [ -x "$script" ] || continue
    while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do wait -n; done
    eb_script "$suite" "$script" &
  done
  wait
  for script in "$EB_ROOT/tests/$suite"/${2-*}.sh; do
    [ -x "$script" ] || continue
    eb_script_result "$suite" "$(basename "$script" .sh)" || overall=1
  done
  return $overall
}

# Runs one script; what it printed and its status are files.
eb_script() {
  local out=$EB_OUT/$1.$(basename "$2" .sh)
  rm -f "$out.status"
  (cd "$EB_ROOT" && timeout "${EB_SCRIPT_TIMEOUT:-900}" "$2") >"$out.out" 2>"$out.err" 3>&-
  echo $? >"$out.status"
}

eb_script_result() {
  local name=$1/$2 out=$EB_OUT/$1.$2 status
  status=$(cat "$out.status" 2>/dev/null || echo 99)
  echo "-- $name"
  cat "$out.out" "$out.err"
  grep -E '^(ok|not ok|SKIPPED) ' "$out.out" >&3 || echo "not ok $name printed no result" >&3
  if [ "$status" -ne 0 ] && ! grep -q '^not ok ' "$out.out"; then echo "not ok $name ended with status $status" >&3; fi
  [ "$status" = 0 ]
}

eb_script_suite() {
  eb_has "tests/$1/*.sh" || { eb_no_tests "$1"; return 0; }
  eb_build_release && eb_scripts "$1"
}

suite_golden() { eb_script_suite golden; }
suite_e2e() {
  eb_install_clients || { echo "not ok install clients" >&3; return 1; }
  eb_script_suite e2e
}
suite_reference() { eb_script_suite reference; }
suite_examples() { eb_script_suite examples; }

suite_sim() {
  eb_has 'tests/sim/*' || { eb_no_tests sim; return 0; }
  eb_build_release && eb_ctest "$EB_BUILD" "" sim
}

suite_asan() {
  eb_has 'tests/unit/*/test_*.c' || { eb_no_tests asan; return 0; }
  [ -r /proc/self/maps ] || { echo "SKIPPED asan: the sanitizers read /proc, which is not mounted" >&3; return 0; }
  eb_build asan-ubsan || { echo "not ok build asan-ubsan" >&3; return 1; }
  export ASAN_OPTIONS=abort_on_error=1:detect_leaks=1:detect_stack_use_after_return=1
  export UBSAN_OPTIONS=print_stacktrace=1
  export EB_BUILD=$EB_ROOT/build/asan-ubsan EB_BIN=$EB_ROOT/build/asan-ubsan/exitbrain EB_SIM_SEEDS=$EB_SIM_SEEDS_SHORT
  export EB_FAULT_SEEDS=0 # each trouble alone
  eb_ctest "$EB_BUILD" asan/
  eb_ctest "$EB_BUILD" asan/ sim
}

suite_clang() {
  eb_has 'tests/unit/*/test_*.c' || { eb_no_tests clang; return 0; }
  eb_build clang || { echo "not ok build clang" >&3; return 1; }
  eb_ctest "$EB_ROOT/build/clang" clang/
}

suite_clang_tidy() {
  mkdir -p "$EB_ROOT/build/clang" && eb_configure clang "$EB_ROOT/build/clang" || return 1
  cd "$EB_ROOT" || return 1
  eb_verdict clang-tidy eb_clang_tidy
}

# One file per run: the analyzer of clang 14 mistakes a va_list in the second file of a run for uninitialised.
eb_clang_tidy() {
  find core -name '*.c' -print0 | xargs -0 -r -n 1 -P "$(nproc)" clang-tidy --quiet -p build/clang
}

# What the unit tests, a short sim and the golden backtests reach. The floor holds for each of the three folders alone.
suite_coverage() {
  eb_build coverage || { echo "not ok build coverage" >&3; return 1; }
  local dir=$EB_ROOT/build/coverage
  find "$dir" -name '*.gcda' -delete
  ctest --test-dir "$dir" -j "$(nproc)" --no-tests=error -LE sim || return 1
  export EB_BUILD=$dir EB_BIN=$dir/exitbrain EB_SIM_SEEDS=$EB_SIM_SEEDS_SHORT
  EB_FAULT_SEEDS=0 EB_SIM_SEEDS=$EB_SIM_SEEDS_SHORT eb_ctest "$dir" "" sim 3>/dev/null || return 1
  eb_scripts golden 3>/dev/null || return 1
  cd "$EB_ROOT" || return 1
  gcovr -r . --object-directory "$dir" -f 'core/(base|domain|engine)/' --csv -o "$EB_OUT/coverage.csv" "$dir" ||
    return 1
  cat "$EB_OUT/coverage.csv"
  awk -F, -v floor="$EB_COVERAGE_FLOOR" '
    NR > 1 { split($1, part, "/"); total[part[2]] += $2; hit[part[2]] += $3 }
    END { for (f in total) { p = 100 * hit[f] / total[f]
          printf "%s coverage core/%s %.1f %% of %d lines\n", (p >= floor ? "ok" : "not ok"), f, p, total[f] } }
  ' "$EB_OUT/coverage.csv" | sort >&3
}

suite_fuzz() {
  eb_has 'tests/fuzz/fuzz_*.c' || { eb_no_tests fuzz; return 0; }
  eb_build fuzz || { echo "not ok build fuzz" >&3; return 1; }
  local target
  for target in "$EB_ROOT"/build/fuzz/fuzz_*; do
    [ -x "$target" ] && eb_verdict "$(basename "$target")" "$target" -max_total_time="${EB_FUZZ_SECONDS:-60}" \
      -artifact_prefix="$EB_OUT/"
  done
}

# Each figure of the policies made wrong: whether a spec notices.
suite_mutation() {
  eb_build_release || return 1
  EB_SCRIPT_TIMEOUT=3600 eb_scripts mutation run
}

suite_long() {
  eb_build_release || return 1
  EB_SCRIPT_TIMEOUT=3600 eb_scripts mutation run
  EB_FAULT_SEEDS=5 EB_SIM_SEEDS=$EB_SIM_SEEDS_LONG eb_ctest "$EB_BUILD" "" sim
  EB_KILLS=200 EB_SCRIPT_TIMEOUT=3600 eb_scripts e2e kill
  EB_FRESH=all eb_verdict fresh_month "$EB_BUILD/tests/unit_app_fresh_month"
}
