# SPDX-License-Identifier: Apache-2.0
"""Challengers of a running engine: its pages, a reload, a loop without end, a restart."""
import json
import os
import signal
import sys

from rig import Rig, case, until
import rig

TMP = sys.argv[1]
FOLDER = os.path.join(TMP, "rig")
BUSY = ("--speed", "60")


def rows(r):
    return {t["owner"]: t for t in r.ask("owners", "--ledger").get("ledger", [])}


def lines(r, event, owner):
    with open(os.path.join(r.state, "ledger.jsonl")) as f:
        told = [json.loads(line) for line in f]
    return [d for d in told if d["event"] == event and d["owner"] == owner]


r = Rig(FOLDER, scene="paper", seed=2, sim=BUSY)
mine = os.path.join(FOLDER, "mine")
os.mkdir(mine)


def write(text):
    with open(os.path.join(mine, "init.lua"), "w") as f:
        f.write(text)


SET = """local settings = { stop_pct = %s }
return { name = "mine", version = "1", settings = settings, decide = function(ctx)
  if ctx.plan_revision > 0 then return nil end
  return { type = "move_stop", pct = settings.stop_pct }
end }
"""
write(SET % "1")
CHALLENGERS = ("--challenger", "mine = %s stop_pct=0.8" % mine, "--challenger", "loops = %s/loops" % TMP)
r.start(options=CHALLENGERS)
done = until(lambda: rows(r) if rows(r).get("owner", {}).get("episodes", 0) >= 3 and
             rows(r).get("mine", {}).get("episodes", 0) >= 1 else None, 60)
case("episodes of both", bool(done), rows(r))
done = done or rows(r)
case("owner first, then by name", list(done) == ["owner", "loops", "mine"], list(done))
case("pairs", done["mine"]["against_owner"]["episodes"] >= 1 and done["owner"]["against_owner"]["episodes"] == 0, done)
status = {c["name"]: c for c in r.status()["challengers"]}
case("status names them", set(status) == {"mine", "loops"} and status["mine"]["consults"] > 0 and
     status["mine"]["failures"] == 0, status)
case("a loop without end is told", status["loops"]["failures"] >= 3 and status["loops"]["quarantines"] >= 1 and
     "instructions" in status["loops"]["failure"], status["loops"])
doctor = r.ask("doctor")
notes = [f for f in doctor["findings"] if f["check"] == "challenger.failing"]
case("doctor: a note, nothing bad", len(notes) == 1 and notes[0]["severity"] == "note" and
     "challenger loops" in notes[0]["evidence"] and not [f for f in r.findings() if "loops" in f["evidence"]], notes)
text = r.command("owners", "--ledger")[1]
case("a page for people", all(w in text for w in ("owner", "mine", "loops", "sum R", "against owner")), text)
later = r.ask("owners", "--ledger", "--since", "2100-01-01T00:00:00Z")["ledger"]
case("since", all(t["episodes"] == 0 for t in later), later)
status, said = r.command("owners", "--ledger", "--since", "tomorrow")
case("since what", status == 2 and "--since" in said, said)

# A reload of one of them, and one that is refused.
before = {c["name"]: c["sha256"] for c in r.status()["challengers"]}
status, said = r.command("reload", "--challenger", "mine")
case("unchanged", status == 0 and "challenger mine unchanged" in said, said)
write(SET % "2")
status, said = r.command("reload", "--challenger", "mine", "--json")
case("reload swaps", status == 0 and json.loads(said)["outcome"] == "swapped", said)
after = {c["name"]: c["sha256"] for c in r.status()["challengers"]}
case("only that one", after["mine"] != before["mine"] and after["loops"] == before["loops"], (before, after))
write("return { name = 'mine',\n")
status, said = r.command("reload", "--challenger", "mine")
case("reload refused with its line", status == 1 and "init.lua:" in said and "refused" in said, said)
case("the set stays", {c["name"]: c["sha256"] for c in r.status()["challengers"]} == after)
status, said = r.command("reload", "--challenger", "nobody")
case("reload of nobody", status == 1 and "no challenger is called nobody" in said, said)
status, said = r.command("reload", "--challenger", "mine", "--confirm", "12345678")
case("nothing is staged", status == 2 and "staged" in said, said)
until(lambda: rows(r)["mine"]["partial"] >= 1, 60)
case("what was open then is partial", rows(r)["mine"]["partial"] >= 1, rows(r)["mine"])

# Killed: the owner's episodes go on, theirs are lost.
write(SET % "3")
until(lambda: rows(r)["mine"]["open"] >= 1 and rows(r)["owner"]["open"] >= 1, 60)
counted = rows(r)["owner"]["episodes"]
until(lambda: len(lines(r, "begin", "mine")) > len(lines(r, "end", "mine")), 10)
r.stop(signal.SIGKILL)
with open(os.path.join(r.state, "ledger.jsonl"), "a") as f:
    f.write('{"v":1,"event":"end","owner":"mi')
r.start(options=("--challenger", "mine = " + mine))
now = rows(r)
case("the ledger is read back", now["owner"]["episodes"] >= counted, (now["owner"], counted))
case("open ones of a challenger are lost", now["mine"]["lost"] >= 1, now["mine"])
case("a line that was cut off is told", "1 damaged line" in (r.ask("owners", "--ledger")["trouble"] or ""))
case("who does not run is named", "loops does not run now" in r.command("owners", "--ledger")[1] and
     not now["loops"]["running"] and now["mine"]["running"])
case("the owner's go on as partial", until(lambda: rows(r)["owner"]["partial"] > 0, 60), rows(r)["owner"])
case("it ends well", r.stop() == 0, r.tail())
r.close()
sys.exit(rig.FAILED)
