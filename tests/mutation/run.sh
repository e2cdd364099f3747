#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each figure of policies/ made a little wrong, one at a time: at least one spec must fail. Prints a line for each
# mutant, and a survivor as a failure with its place. EB_MUTANTS=FROM-TO runs some of them.
set -u
cd "$EB_ROOT" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
lua5.4 tests/mutation/mutants.lua list policies >"$work/list" || exit 1
count=$(wc -l <"$work/list")
from=1 to=$count
[ -z "${EB_MUTANTS-}" ] || { from=${EB_MUTANTS%-*} to=${EB_MUTANTS#*-}; }

# Specs in the order in which they are likely to notice: the file's own, then the quick ones, those of thousands of
# cases last.
specs_for() {
  local own
  own=tests/spec/$(echo "${1%.lua}" | tr / _)_spec.lua
  [ -e "$own" ] && echo "$own"
  printf '%s\n' tests/spec/*_spec.lua | grep -vxF -e "$own" | awk '
    /(property|limits|strategies|combinators|legacy|owners|verdict_shapes)_spec/ { late[++count] = $0; next }
    { print }
    END { for (i = 1; i <= count; i++) print late[i] }'
}

# A checkout in which only the policies differ: specs name their sets relative to it.
one() {
  local number=$1 root=$work/$1 file line column old new
  IFS=$'\t' read -r file line column old new < <(awk -v n="$number" 'NR == n' "$work/list")
  mkdir -p "$root/policies"
  cp -r lua examples tests docs "$root/"
  lua5.4 tests/mutation/mutants.lua write policies "$root/policies" "$number" || return 1
  # shellcheck disable=SC2046
  if (cd "$root" && EB_ROOT=$root LUA_CPATH="$EB_BUILD/?.so;;" \
    LUA_PATH="$root/lua/?.lua;$root/lua/?/init.lua;$root/policies/?.lua;$root/tests/spec/?.lua;;" timeout 120 \
    lua5.4 "$(command -v busted)" --no-keep-going -o TAP $(specs_for "$file") >"$root/tap" 2>&1); then
    echo "not ok mutation policies/$file:$line:$column $old -> $new: no spec notices"
  elif grep -q '^not ok' "$root/tap"; then
    echo "ok mutation policies/$file:$line:$column $old -> $new"
  else
    echo "not ok mutation policies/$file:$line:$column $old -> $new: the specs did not run: $(tail -1 "$root/tap")"
  fi
  rm -rf "$root"
}
export -f one specs_for
export work
# Mutant 0 is none: the specs must pass on the set as it is, or every mutant would seem to be noticed.
if ! one 0 | grep -q 'no spec notices$'; then
  echo "not ok mutation: the specs fail on the unchanged set"
  exit 1
fi
seq "$from" "$to" | xargs -P "$(nproc)" -I{} bash -c 'one {}' | tee "$work/result"
[ "$(grep -c '^ok ' "$work/result")" -eq $((to - from + 1)) ]
