#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/VENUES.md against the program: every code with its class, endpoint, method, verb and fault is there; what the
# page shows of `exitbrain sim` runs as it stands.
set -u -o pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

page=docs/VENUES.md

python3 - "$page" <<'END' && ok lists || not_ok lists
import re, sys
page = open(sys.argv[1], encoding="utf-8").read()
read = lambda name: re.sub(r"\s+", " ", open("core/venue/" + name, encoding="utf-8").read())
missing = []
rows = {}
for name, codes in re.findall(r"^\| ([A-Z_a-z]+) \| ((?:-\d+ ?)+) \|", page, re.M):
    rows.update({code: name for code in codes.split()})
table = re.findall(r'\{(-\d+), EB_REJ_(\w+), ?"', read("codes.c"))
assert len(table) > 100
unknown = set(re.findall(r"code == (-\d+)", read("codes.c").split("eb_code_outcome_unknown")[1].split("}")[0]))
for code, name in table:
    wanted = "unknown" if code in unknown else "none" if name == "NONE" else name
    if rows.get(code) != wanted:
        missing.append("code %s: %s, the page says %s" % (code, wanted, rows.get(code)))
for folder in ("market", "account", "settings", "orders", "algo"):
    routes = re.findall(r'\{"(?:GET|POST|PUT|DELETE)", "/fapi/([^"]+)"', read("fapi/api_%s.c" % folder))
    assert routes
    missing += ["endpoint " + r for r in routes if "`%s`" % r not in page and "`/fapi/%s`" % r not in page]
methods = re.findall(r'\{"([a-zA-Z0-9/.]+)", FAPI_', read("fapi/api_ws.c"))
faults = re.findall(r'\{"(\w+)", FAULT_', read("fapi/faults_rules.c"))
verbs = re.findall(r'\{"(\w+)", do_', read("fapi/control.c"))
assert methods and len(faults) > 20 and len(verbs) > 15
missing += ["method " + m for m in methods if "`%s`" % m not in page]
control, fault_rows = page.split("### Control")[1].split("### Faults")[0], page.split("### Faults\n")[1]
missing += ["verb " + v for v in verbs if not re.search(r"^\|[^|]*\b%s\b" % v, control, re.M)]
missing += ["fault " + f for f in faults if not re.search(r"^\|[^|]*\b%s\b" % f, fault_rows, re.M)]
print("\n".join("# not on the page: " + m for m in missing))
sys.exit(bool(missing))
END

# The four lines of curl, at a port that is free.
"$EB_BIN" sim --listen 127.0.0.1:0 --keys "$TMP/keys" --control >"$TMP/sim.out" 2>"$TMP/sim.err" &
sim=$!
trap 'kill $sim 2>/dev/null; rm -rf "$TMP"' EXIT
until_true 30 test -s "$TMP/sim.out"
rest=$(sed 's/.*"rest":"\([^"]*\)".*/\1/' "$TMP/sim.out")
n=0
while IFS= read -r line; do
  n=$((n + 1))
  expect "curl-$n" 0 '"ok":true' -- bash -c "${line//http:\/\/127.0.0.1:8090/$rest} -sf"
done < <(grep -o '^    curl -X POST .*' "$page" | sed 's/^ *//')
[ $n -ge 4 ] && ok curl-lines || not_ok curl-lines
curl -sf -X POST "$rest/sim/clear" -d '{}' >/dev/null || not_ok clear

# The commands of the first section, on this exchange instead.
"$EB_BIN" init "$TMP/demo" >/dev/null && cp "$TMP/keys/paper.key" "$TMP/demo/keys/binance.key"
ws=ws${rest#http}
streams="ws_public = \"$ws/public\", ws_market = \"$ws/market\", ws_private = \"$ws/private\""
sed -i -e 's|^\( *\)address = .*|\1address = "binance",|' \
  -e "s|^\( *\)-- environment = .*|\1environment = \"custom\", rest = \"$rest\", $streams,|" \
  -e "s|^\( *\)-- key_file = .*|\1key_file = \"$TMP/demo/keys/binance.key\",|" "$TMP/demo/exitbrain.lua"
expect first-doctor 0 "LIVE may begin" -- "$EB_BIN" doctor --venue --config "$TMP/demo/exitbrain.lua"
expect first-shadow 0 "found open" -- "$EB_BIN" run --config "$TMP/demo/exitbrain.lua" --for 6s
sed -i -e 's|executor_mode = "SHADOW"|executor_mode = "LIVE"|' \
  -e 's|live_rollout = "DISABLED"|live_rollout = "ENABLED"|' "$TMP/demo/exitbrain.lua"
expect first-live 0 "plan (" -- "$EB_BIN" run --config "$TMP/demo/exitbrain.lua" --for 8s
curl -sf -X POST "$rest/sim/state" -d '{}' | grep -q '"algo":true' && ok first-protects || not_ok first-protects
finish
