#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Clients from npm (tests/clients, versions of the lock file) against `exitbrain sim`: each with an exchange of its own.
set -u -o pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
. "$EB_ROOT/tests/clients/world.bash"
trap 'sim_stop; rm -rf "$TMP"' EXIT

clients_ready || finish

# client SCRIPT [SIM OPTION...]: forwards the result lines of the script.
client() {
  local script=$1 lines
  shift
  if ! sim_start "$@"; then
    sed 's/^/# /' "$TMP/sim.log"
    not_ok "clients: an exchange for $script"
    return
  fi
  timeout 300 node "$TMP/clients/$script" >"$TMP/client.out" 2>&1
  local status=$?
  lines=$(grep -cE '^(ok|not ok) ' "$TMP/client.out")
  grep -E '^(ok |not ok |#)' "$TMP/client.out"
  grep -q '^not ok ' "$TMP/client.out" && FAILED=1
  if [ $status -gt 1 ] || [ "$lines" = 0 ]; then
    tail -n 20 "$TMP/client.out" | sed 's/^/# /'
    not_ok "clients: $script ran to its end"
  else
    ok "clients: $script ran to its end"
  fi
  # What the client did is whole in the books of the exchange.
  sim_state oneway | grep -qF '"check":""' && ok "clients: books after $script" || not_ok "clients: books after $script"
  sim_stop
}

echo "# node $(node --version)"
client ccxt.mjs --tls
client ccxt_pro.mjs --tls
client connector.mjs --tls
client third.mjs
finish
