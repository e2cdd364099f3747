#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# examples/embed: built by the build itself, and again against what `cmake --install` leaves, found by pkg-config alone.
# Both must print the same orders and exits.
set -u
cd "$EB_ROOT" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
overall=0 pc=

verdict() {
  local name=$1
  shift
  if "$@"; then echo "ok embed $name"; else echo "not ok embed $name"; overall=1; fi
}

same() { diff -u "$1" "$2"; }

small() {
  [ "$(wc -l <examples/embed/embed.c)" -lt 150 ] &&
    ! grep '^#include' examples/embed/embed.c | grep -v -e '<exitbrain/' -e '<stdio.h>'
}

cat >"$work/expected" <<'END'
submit  backstop  SELL all at 2.458  xb1-1-30-1.0
submit  target    SELL 139 at market  xb1-1-51-2.0
exit    target    139 at 2.522
submit  target    SELL 139 at market  xb1-1-52-3.0
exit    target    139 at 2.537
submit  stop      SELL 120 at market  xb1-1-00-4.0
exit    trailing  120 at 2.525
END

# built PROGRAM SET: runs it and keeps what it printed; fails when it does not end flat.
built() { "$1" "$2" >"$work/got"; }

install_it() {
  cmake --install "$EB_BUILD" --prefix "$work/prefix" >"$work/log" 2>&1 || { cat "$work/log"; return 1; }
  pc=$(dirname "$(find "$work/prefix" -name exitbrain.pc)")
  [ -n "$pc" ]
}

flags() { PKG_CONFIG_PATH=$pc pkg-config "$@" exitbrain; }

# The directories that pkg-config names hold what they should.
finds_data() {
  [ -f "$(flags --variable=policies)/init.lua" ] && [ -f "$(flags --variable=lua)/decision.lua" ]
}

compile() {
  local out=$1
  shift
  # shellcheck disable=SC2046
  ${CC:-cc} -std=c11 -Wall -Wextra -Werror $(flags --cflags) examples/embed/embed.c -o "$out" "$@"
}

# Each public header compiles alone.
headers() {
  local header name
  for header in "$work"/prefix/include/exitbrain/*.h; do
    name=exitbrain/$(basename "$header")
    echo "#include <$name>" >"$work/one.c"
    # shellcheck disable=SC2046
    ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror $(flags --cflags) -fsyntax-only "$work/one.c" || return 1
  done
}

verdict "is small and uses public headers only" small
verdict "runs from the build" built "$EB_BUILD/example_embed" examples/fixed_ladder
verdict "prints every order and exit" same "$work/expected" "$work/got"
verdict "ends flat with the shipped policies" built "$EB_BUILD/example_embed" policies
verdict "installs" install_it
verdict "public headers stand alone" headers
verdict "says where policies and library are" finds_data
# shellcheck disable=SC2046
verdict "builds against the installed shared library" compile "$work/shared" $(flags --libs)
export LD_LIBRARY_PATH=$pc/..
verdict "runs with the installed shared library" built "$work/shared" examples/fixed_ladder
verdict "prints the same with the shared library" same "$work/expected" "$work/got"
verdict "finds the installed policies and their library" built "$work/shared" "$work/prefix/share/exitbrain/policies"
# shellcheck disable=SC2046
verdict "builds against the installed static library" \
  compile "$work/static" "$pc/../libexitbrain.a" $(flags --static --libs | tr ' ' '\n' | grep -v '^-lexitbrain$')
unset LD_LIBRARY_PATH
verdict "runs with the installed static library" built "$work/static" examples/fixed_ladder
verdict "prints the same with the static library" same "$work/expected" "$work/got"
exit $overall
