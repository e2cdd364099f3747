# SPDX-License-Identifier: Apache-2.0
# Sourced by run and test: installs missing Debian packages and builds a preset. Silent when there is nothing to do,
# otherwise a line on standard error; standard output belongs to the caller.

EB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# What the build needs, and what each suite needs on top of it.
EB_PACKAGES_BUILD=(gcc libc6-dev cmake ninja-build pkg-config
                   liblua5.4-dev libcjson-dev libzip-dev zlib1g-dev
                   libuv1-dev libsqlite3-dev libsystemd-dev
                   libcurl4-openssl-dev libssl-dev libjsmn-dev)
eb_packages_of() {
  case $1 in
    build) echo "${EB_PACKAGES_BUILD[@]}" ;;
    unit | sim | asan) echo libcmocka-dev ;;
    examples) echo libcmocka-dev python3 ;;
    long) echo libcmocka-dev python3 lua5.4 lua-busted ;;
    spec | mutation) echo libcmocka-dev lua5.4 lua-busted ;;
    tidy) echo lua5.4 lua-check clang-format ;;
    golden) echo libcmocka-dev ;;
    e2e) echo libcmocka-dev python3 faketime lua5.4 lua-busted curl openssl $(eb_node) ;;
    reference) echo libcmocka-dev python3 ;;
    coverage) echo libcmocka-dev gcovr ;;
    clang) echo libcmocka-dev clang ;;
    clang-tidy) echo libcmocka-dev clang clang-tidy ;;
    fuzz) echo clang libclang-rt-14-dev ;;
  esac
}

# Clients from npm run on Debian's node, unless there is one of another make.
eb_node() { command -v node >/dev/null && command -v npm >/dev/null || echo nodejs npm; }

eb_say() { printf '%s\n' "$*" >&2; }
eb_die() { eb_say "$*"; exit 2; }

# eb_install PACKAGE...: does nothing once this very list was seen complete (a stamp in build/ remembers that).
eb_install() {
  local stamp missing=() package log as_root=()
  stamp=$EB_ROOT/build/.packages-$(printf '%s\n' "$@" | sort -u | cksum | tr -d ' ')
  [ -e "$stamp" ] && return 0
  if ! command -v dpkg-query >/dev/null; then
    eb_say "not a Debian system: make sure that the equivalents of these are installed: $*"
    return 0
  fi
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    eb_say "installing packages: ${missing[*]}"
    if [ "$(id -u)" != 0 ]; then
      command -v sudo >/dev/null || eb_die "not root and no sudo: run as root: apt-get install ${missing[*]}"
      as_root=(sudo)
    fi
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get -q update &&
           "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
             apt-get -qy install --no-install-recommends "${missing[@]}"
         } >"$log" 2>&1 </dev/null; then
      cat "$log" >&2
      rm -f "$log"
      eb_die "installing packages failed"
    fi
    rm -f "$log"
  fi
  mkdir -p "$EB_ROOT/build" && touch "$stamp"
}

# The exchange's clients, as tests/clients/package-lock.json pins them, into build/clients; nothing of theirs is run.
eb_install_clients() {
  local dir=$EB_ROOT/build/clients stamp
  stamp=$dir/.installed-$(cksum <"$EB_ROOT/tests/clients/package-lock.json" | tr -d ' ')
  mkdir -p "$dir"
  cp "$EB_ROOT"/tests/clients/*.json "$dir"
  [ -e "$stamp" ] && return 0
  eb_say "installing clients from npm"
  (cd "$dir" && rm -f .installed-* && npm ci --ignore-scripts --no-audit --no-fund >"$dir/npm.log" 2>&1 </dev/null) ||
    { cat "$dir/npm.log" >&2; eb_say "installing clients failed"; return 1; }
  touch "$stamp"
}

# eb_build PRESET [-DNAME=VALUE]... [TARGET...]: configures once, then builds; all of it when no target is named.
eb_build() {
  local preset=$1 dir=$EB_ROOT/build/$1 defines=() targets=() arg log started=$SECONDS
  shift
  for arg in "$@"; do
    case $arg in -D*) defines+=("$arg") ;; *) targets+=("$arg") ;; esac
  done
  mkdir -p "$dir"
  log=$dir/build.log
  (
    flock 9
    eb_configure "$preset" "$dir" "${defines[@]}" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
    # Said only if it takes long enough to wonder.
    rm -f "$dir/.status" && mkfifo "$dir/.status"
    { cmake --build "$dir" ${targets[@]:+--target "${targets[@]}"} >"$log" 2>&1; echo $?; } >"$dir/.status" &
    exec 8<"$dir/.status"
    read -r -t 2 -u 8 status || { eb_say "building ($preset)"; read -r -u 8 status; }
    [ $status = 0 ] || { tail -n 100 "$log" >&2; exit 1; }
  ) 9>"$dir/.lock" || { eb_say "building ($preset) failed: $log"; return 1; }
  [ $((SECONDS - started)) -lt 3 ] || eb_say "built ($preset) in $((SECONDS - started)) s"
}

eb_configure() {
  local preset=$1 dir=$2 define
  shift 2
  # A checkout that was moved or copied cannot use its old build directory.
  if [ -e "$dir/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$EB_ROOT" "$dir/CMakeCache.txt"; then
    find "$dir" -mindepth 1 -maxdepth 1 ! -name .lock ! -name build.log -exec rm -rf {} +
  fi
  if [ -e "$dir/build.ninja" ]; then
    for define in "$@"; do
      define=${define#-D}
      grep -q "^${define%%=*}:[A-Z]*=${define#*=}\$" "$dir/CMakeCache.txt" || { define=; break; }
    done
    [ "${define-set}" = "" ] || return 0
  fi
  (cd "$EB_ROOT" && cmake --preset "$preset" "$@")
}
