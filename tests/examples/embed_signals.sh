#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# examples/embed_signals: a strategy of its own with a host's signal and a host's function, from the build and, by its
# own CMakeLists.txt, against an installed CMake package, shared and static. Also what that package refuses.
set -u
cd "$EB_ROOT" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
overall=0
example=examples/embed_signals

verdict() {
  local name=$1
  shift
  if "$@"; then echo "ok embed_signals $name"; else echo "not ok embed_signals $name"; overall=1; fi
}

small() {
  [ "$(wc -l <$example/embed_signals.c)" -lt 150 ] &&
    ! grep '^#include' $example/embed_signals.c | grep -v -e '<exitbrain/' -e '<stdio.h>'
}

# Half is sold in front of the wall at 2.5325; in doubt the rest is trailed closely; then the model changes its mind.
cat >"$work/expected" <<'END'
target    199 at 2.531
policy    199 at 2.533
END

# prints PROGRAM SET [LIBRARY]: what is expected.
prints() { "$@" >"$work/got" && diff -u "$work/expected" "$work/got"; }

# A strategy by itself, far from any library: what is missing, and then the same with it.
lacks_library() {
  cp -r $example/strategy "$work/alone"
  ! "$work/shared/embed_signals" "$work/alone" 2>"$work/log" &&
    grep -q "exitbrain.*no library lies beside the set: open it with lib_dir" "$work/log" ||
    { cat "$work/log"; return 1; }
}

# Without a confidence there is nobody to leave: the stop and the target are all that is left.
checks() { "$EB_BIN" check $example/strategy >"$work/out" 2>&1 || { cat "$work/out"; return 1; }; }

install_it() {
  cmake --install "$EB_BUILD" --prefix "$work/prefix" >"$work/log" 2>&1 || { cat "$work/log"; return 1; }
}

configure() {
  local kind=$1
  shift
  cmake -G Ninja -S "${source:-$example}" -B "$work/$kind" -DCMAKE_PREFIX_PATH="$work/prefix" \
    -DEXITBRAIN_KIND="$kind" "$@" \
    -DCMAKE_BUILD_TYPE=Release >"$work/log" 2>&1
}

builds() {
  if configure "$1" && cmake --build "$work/$1" >"$work/log" 2>&1; then return 0; fi
  cat "$work/log"
  return 1
}

# refuses TEXT KIND [OPTION...]: does not configure, and says why.
refuses() {
  local text=$1
  shift
  ! configure "$@" && grep -q -- "$text" "$work/log" || { cat "$work/log"; return 1; }
}

says_where() {
  grep -q -- "-- policies: $work/prefix/share/exitbrain/policies, their library: $work/prefix/share/" "$work/log"
}

# The consumer's own text, with something else in the place of find_package's version.
other_version() {
  mkdir -p "$work/other"
  sed "s/find_package(ExitBrain 0.1/find_package(ExitBrain $1/" $example/CMakeLists.txt >"$work/other/CMakeLists.txt"
  cp $example/embed_signals.c "$work/other"
}

verdict "is small and uses public headers only" small
verdict "has a strategy that check accepts, without the program" checks
verdict "prints every exit, from the build" prints "$EB_BUILD/example_embed_signals" $example/strategy
verdict "installs" install_it
verdict "builds against the installed package, shared" builds shared
configure shared
verdict "knows where policies and library are" says_where
verdict "prints the same with the shared library" prints "$work/shared/embed_signals" $example/strategy
verdict "says that a strategy elsewhere lacks the library" lacks_library
verdict "prints the same of one elsewhere, with it" prints "$work/shared/embed_signals" "$work/alone" \
  "$work/prefix/share/exitbrain/lua/exitbrain"
verdict "builds against the installed package, static" builds static
mv "$work/prefix" "$work/gone"
verdict "needs nothing of the package once it is static" prints "$work/static/embed_signals" $example/strategy
mv "$work/gone" "$work/moved"
mv "$work/moved" "$work/prefix"
verdict "refuses a component that is none" refuses "no component header: shared or static" header
other_version 9.0
source=$work/other verdict "refuses a version that it is not" refuses "version: 0.1" newer
exit $overall
