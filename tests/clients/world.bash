# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts that let clients from npm talk to `exitbrain sim`: clients in $TMP/clients, an exchange with keys.

# clients_ready: copies of the scripts beside the installed packages, of the versions that are pinned.
clients_ready() {
  local installed=$EB_ROOT/build/clients wanted found
  if [ ! -d "$installed/node_modules" ]; then
    not_ok "clients: they are installed (./test e2e does that)"
    return 1
  fi
  mkdir -p "$TMP/clients"
  cp "$EB_ROOT"/tests/clients/*.mjs "$TMP/clients/"
  ln -s "$installed/node_modules" "$TMP/clients/node_modules"
  wanted=$(node -p 'Object.entries(require(process.argv[1]).dependencies).map((d) => d.join(" ")).join("\n")' \
    "$EB_ROOT/tests/clients/package.json")
  found=$(echo "$wanted" | while read -r name _; do
    echo "$name $(node -p 'require(process.argv[1]).version' "$installed/node_modules/$name/package.json")"
  done)
  if [ -n "$wanted" ] && [ "$wanted" = "$found" ]; then ok "clients: versions are the pinned ones"; else
    echo "# $found"
    not_ok "clients: versions are the pinned ones"
  fi
}

# Keys of accounts: two with a secret, one with an Ed25519 pair.
keys_make() {
  local name
  mkdir -p "$TMP/keys" && chmod 700 "$TMP/keys"
  for name in oneway hedge; do
    printf 'api_key = %s\nsecret = %s\n' "$(openssl rand -hex 32)" "$(openssl rand -hex 32)" >"$TMP/keys/$name.key"
  done
  openssl genpkey -algorithm ed25519 -out "$TMP/keys/ed25519.pem" 2>/dev/null
  openssl pkey -in "$TMP/keys/ed25519.pem" -pubout -out "$TMP/keys/ed25519.pub"
  printf 'api_key = %s\n' "$(openssl rand -hex 32)" >"$TMP/keys/ed25519.key"
  chmod 600 "$TMP"/keys/*
}

# sim_start OPTION...: an exchange of its own; exports where it listens as lib.mjs wants it.
sim_start() {
  local at
  rm -rf "$TMP/keys" && keys_make
  : >"$TMP/sim.out"
  "$EB_BIN" sim --listen 127.0.0.1:0 --control --keys "$TMP/keys" "${SIM_FEED[@]}" "$@" \
    >"$TMP/sim.out" 2>"$TMP/sim.log" &
  SIM=$!
  until_true 20 grep -q listening "$TMP/sim.out" || return 1
  at=$(sed 's/.*"rest":"http\(s\{0,1\}\):\/\/\([^"]*\)".*/\1 \2/' "$TMP/sim.out")
  export EB_SIM_REST="http${at% *}://${at#* }" EB_SIM_WS="ws${at% *}://${at#* }" EB_SIM_KEYS=$TMP/keys
  unset NODE_EXTRA_CA_CERTS
  if grep -q '"ca_file":"' "$TMP/sim.out"; then
    NODE_EXTRA_CA_CERTS=$(sed 's/.*"ca_file":"\([^"]*\)".*/\1/' "$TMP/sim.out")
    export NODE_EXTRA_CA_CERTS
  fi
}
SIM_FEED=(--feed held --balance 100000)
SIM=

sim_stop() {
  [ -z "$SIM" ] || { kill -TERM "$SIM" 2>/dev/null; wait "$SIM" 2>/dev/null; }
  SIM=
}

# sim_hand VERB JSON
sim_hand() { curl -sS --cacert "${NODE_EXTRA_CA_CERTS:-/dev/null}" -d "$2" "$EB_SIM_REST/sim/$1"; }
sim_state() { sim_hand state "{\"account\":\"$1\"}"; }
