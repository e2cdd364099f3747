#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# journal and replay over what a run has left: every verb, as lines and as JSON, damage, wrong questions, and that the
# journal, the tape and the report of one run tell the same.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

"$EB_BIN" run --for 2s --speed 60 --start 2025-06-01T12:00:00Z --json "$TMP/report.json" >/dev/null 2>&1 ||
  not_ok "the run to read"
run=$(echo "$XDG_STATE_HOME"/exitbrain/run-*)
journal=$run/journal.db

# ---- ls, check ----
expect ls 0 "account sim-1-" "2 images" "segment  began (UTC)" "LIVE" "closed" -- "$EB_BIN" journal ls
expect ls-file 0 "$journal" -- "$EB_BIN" journal ls --journal "$journal"
expect ls-state 0 "$journal" -- "$EB_BIN" journal ls --state "$run"
expect check 0 "whole" "the fold equals the engine's state at" -- "$EB_BIN" journal check

# ---- show ----
expect show 0 "price" "mark" -- "$EB_BIN" journal show
[ "$("$EB_BIN" journal show | grep -c '^ *[0-9]')" = 50 ] && ok show-fifty || not_ok show-fifty
expect show-from 0 "       1  2025-06-01 12:00:00.000  BTCUSDT      instrument     tick 0.1, step 0.001" \
  -- "$EB_BIN" journal show --from 1 --limit 3
expect show-start 0 "start by engine: a process begins" -- "$EB_BIN" journal show --kind command
expect show-verdict 0 "move_stop to" "update_tp_limits" "asked because of" "-> ETHUSDT" "plan (RANGE, RANGE): stop" \
  -- "$EB_BIN" journal show --kind verdict --symbol ETHUSDT --from 1
expect show-fill 0 "sell " " at " "fee " "-> BTCUSDT LONG target" -- \
  "$EB_BIN" journal show --kind fill --symbol BTCUSDT --from 1
expect show-none 0 "no record matches" -- "$EB_BIN" journal show --kind config
"$EB_BIN" journal show --symbol XRPUSDT --from 1 --to 400 | grep '^ *[0-9]' | grep -qv XRPUSDT &&
  not_ok show-symbol || ok show-symbol

# ---- JSON of everything, and what it says together ----
"$EB_BIN" journal ls --json >"$TMP/ls.json"
"$EB_BIN" journal check --json >"$TMP/check.json"
"$EB_BIN" journal show --json --limit 7 >"$TMP/show.json"
"$EB_BIN" journal ledger --json >"$TMP/ledger.json"
"$EB_BIN" journal export >"$TMP/all.jsonl"
"$EB_BIN" journal export --out "$TMP/some.jsonl" --from 10 --to 20
"$EB_BIN" replay --json --verify >"$TMP/replay.json" || not_ok replay-status
"$EB_BIN" replay "$run/run.tape" --json --verify >"$TMP/tape.json" || not_ok replay-tape-status
"$EB_BIN" replay --json --at 100 >"$TMP/at.json"
python3 - "$TMP" <<'END' || not_ok documents
import json, sys
def load(name): return json.load(open(f"{sys.argv[1]}/{name}"))
def lines(name): return [json.loads(l) for l in open(f"{sys.argv[1]}/{name}")]
ls, check, show, ledger = (load(n + ".json") for n in ("ls", "check", "show", "ledger"))
replay, tape, at, report = (load(n + ".json") for n in ("replay", "tape", "at", "report"))
records = lines("all.jsonl")
last = ls["last_seq"]
def claim(name, good): print(("ok " if good else "not ok ") + name)
claim("json-ls", ls["segments"][0]["ending"] == "closed" and ls["segments"][0]["readable"] and last > 200)
claim("json-check", check["whole"] and check["records"] == last and check["hashes"] >= 1 and check["damage"] is None)
claim("json-show", [r["seq"] for r in show["records"]] == list(range(last - 6, last + 1)))
claim("json-export", [r["seq"] for r in records] == list(range(1, last + 1)))
claim("json-export-range", [r["seq"] for r in lines("some.jsonl")] == list(range(10, 21)))
claim("json-records-in-time", all(a["ms"] <= b["ms"] for a, b in zip(records, records[1:])))
claim("json-who", any(r["kind"] == "command" and r["verb"] == "start" and r["who"] == "engine" for r in records))
claim("json-replay", replay["same"] and replay["kind"] == "journal" and replay["durable"] == last)
claim("json-verify", replay["verify"]["equal"] == replay["verify"]["asked"] > 10 and replay["verify"]["other_set"] == 0)
claim("json-replay-tape", tape["same"] and tape["kind"] == "tape" and tape["stepped"] > 10 * last)
claim("journal-and-tape-fold-to-one-state", replay["hash"] == tape["hash"] and replay["positions"] == tape["positions"])
claim("json-at", at["durable"] == 100 and at["same"] and at["hash"] != replay["hash"] and len(at["positions"]) > 0)
# Exits of the ledger are those of the report, which tells of episodes that have ended.
def exits(episodes): return sorted((e["symbol"], e["side"], x["time_ms"], x["price"], x["quantity"], x["reason"],
                                    str(x["leg"]), str(x["r"]), x["fee"]) for e in episodes for x in e["exits"])
told, kept = exits(ledger["episodes"]), exits(report["episodes"])
ended = exits(e for e in ledger["episodes"] if e["closed_ms"])
claim("ledger-equals-report", ended == kept and len(kept) > 20)
fills = [r for r in records if r["kind"] == "fill" and r["client_id"]]
claim("ledger-equals-fills", len(fills) == len(told))
END

# ---- ledger ----
expect ledger 0 "time (UTC)" "BTCUSDT" "target" "stop" "exits of" -- "$EB_BIN" journal ledger
expect ledger-one 0 "SOLUSDT" -- "$EB_BIN" journal ledger --symbol SOLUSDT
"$EB_BIN" journal ledger --symbol SOLUSDT | grep -q BTCUSDT && not_ok ledger-only || ok ledger-only

# A shadow engine's ledger: what it would have done.
"$EB_BIN" run --print-config | sed 's/executor_mode = "LIVE"/executor_mode = "SHADOW"/' >"$TMP/shadow.lua"
"$EB_BIN" run --config "$TMP/shadow.lua" --for 2s --speed 60 --start 2025-06-01T12:00:00Z --out "$TMP/shadow-run" \
  >"$TMP/shadow.out" 2>&1
expect shadow-ledger 0 "BTCUSDT" "virtual" "of them virtual" -- "$EB_BIN" journal ledger --state "$TMP/shadow-run"
expect shadow-check 0 "whole" -- "$EB_BIN" journal check --state "$TMP/shadow-run"

# ---- copies and damage ----
expect copy 0 -- "$EB_BIN" journal export --sqlite "$TMP/copy.db"
expect copy-again 2 "already exists" -- "$EB_BIN" journal export --sqlite "$TMP/copy.db"
expect copy-check 0 "whole" -- "$EB_BIN" journal check --journal "$TMP/copy.db"
expect export-again 2 "File exists" -- "$EB_BIN" journal export --out "$TMP/some.jsonl"
python3 - "$TMP/copy.db" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
blob = bytearray(db.execute("SELECT bytes FROM record WHERE seq = 40").fetchone()[0])
blob[30] ^= 1
db.execute("UPDATE record SET bytes = ? WHERE seq = 40", (bytes(blob),))
db.commit()
END
expect damage 1 "record 40" "checksum" -- "$EB_BIN" journal check --journal "$TMP/copy.db"
expect damage-json 1 '"whole":false' "record 40" -- "$EB_BIN" journal check --json --journal "$TMP/copy.db"
expect damage-show 1 "record 40" -- "$EB_BIN" journal show --from 30 --journal "$TMP/copy.db"
expect damage-replay 1 "record 40" -- "$EB_BIN" replay "$TMP/copy.db"
head -c 20000 /dev/urandom >"$TMP/noise"
expect noise 1 "not a database" -- "$EB_BIN" journal ls --journal "$TMP/noise"
python3 -c "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('CREATE TABLE t(a)'); db.commit()" \
  "$TMP/other.db"
expect other 2 "this is no journal" -- "$EB_BIN" journal ls --journal "$TMP/other.db"

# ---- another policy ----
cp -r "$EB_ROOT/policies" "$TMP/set"
sed -i 's/\(base_stop_pct *= *\)[0-9.]*/\13.1/' "$TMP/set/settings.lua"
expect verify-other 1 "different" "then:" "now:" "given by another set" -- "$EB_BIN" replay --policies "$TMP/set"
expect verify-broken 2 "init.lua" -- "$EB_BIN" replay --policies "$TMP"

# ---- wrong questions ----
expect no-verb 2 "an argument is missing" -- "$EB_BIN" journal
expect bad-verb 2 "did you mean show?" -- "$EB_BIN" journal shw
expect bad-kind 2 "did you mean fill?" -- "$EB_BIN" journal show --kind fil
expect bad-symbol 2 "did you mean BTCUSDT?" -- "$EB_BIN" journal show --symbol BTCUST
expect bad-range 2 "--from 9 lies behind --to 3" -- "$EB_BIN" journal show --from 9 --to 3
expect bad-from 2 "--from" -- "$EB_BIN" journal show --from x
expect no-file 2 "$TMP/none" "there is no journal" -- "$EB_BIN" journal ls --journal "$TMP/none"
expect no-file-replay 2 "there is no journal" -- "$EB_BIN" replay "$TMP/none"
expect no-engine 2 "no engine" -- env XDG_STATE_HOME="$TMP/nowhere" "$EB_BIN" journal ls
expect empty-directory 2 "neither journal.db nor run.tape" -- "$EB_BIN" replay "$TMP/set"
finish
