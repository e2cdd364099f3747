# SPDX-License-Identifier: Apache-2.0
"""Ledgers of runs that are over: against the exchange's books, against each other, and alone."""
import json
import os
import sys
from decimal import Decimal as D

TMP = sys.argv[1]
FAILED = 0


def case(name, good, detail=""):
    global FAILED
    print(("ok " if good else "not ok ") + name, flush=True)
    if not good:
        FAILED = 1
        print("#", detail, flush=True)


def ledger(run):
    """owner -> (symbol, side, opened_ms) -> the end of its episode."""
    ends = {}
    with open(os.path.join(TMP, run, "ledger.jsonl")) as f:
        for line in f:
            d = json.loads(line)
            if d["event"] == "end":
                ends.setdefault(d["owner"], {})[d["symbol"], d["side"], d["opened_ms"]] = d
    return ends


def report(name):
    with open(os.path.join(TMP, name + ".json")) as f:
        return json.load(f)


alone, two, bad = report("alone"), report("two"), report("bad")
for name, other in (("two", two), ("bad", bad)):
    case(name + ": the owner's run is the same", alone["episodes"] == other["episodes"] and
         alone["open"] == other["open"] and alone["stats"]["wallet"] == other["stats"]["wallet"])
    case(name + ": the owner's ledger is the same", ledger("alone")["owner"] == ledger(name)["owner"])

# What the exchange booked, the ledger has: every position of this run was opened and closed in it.
books, own = two["stats"], ledger("two")["owner"]
closed = {(e["symbol"], e["side"], e["opened_ms"]): e for e in two["episodes"]}
case("every episode that ended is there", set(closed) == set(own), (len(closed), len(own)))
for key in ("pnl", "fees", "funding"):
    total = sum(D(e[key]) for e in own.values())
    if two["open"]:
        print("SKIPPED books: " + key + " a position is open at the end")
    else:
        case("books: " + key, total == D(books[key]), (str(total), books[key]))
for e in own.values():
    there = closed[e["symbol"], e["side"], e["opened_ms"]]
    reasons = {}
    for x in there["exits"]:
        reasons[x["reason"]] = reasons.get(x["reason"], 0) + 1
    risk = D(there["r"]) * D(there["quantity"])
    r = (D(e["pnl"]) - D(e["fees"]) + D(e["funding"])) / risk
    if reasons != e["exits"] or abs(r - D(e["r"])) > D("0.000001"):
        case("episode " + e["symbol"], False, (e, reasons, str(r)))
        break
else:
    case("reasons and r of every episode", len(own) > 20, len(own))
states = {e["state"] for e in own.values()}
case("found open is partial, the others complete", states == {"partial", "complete"}, states)

# The same set on the same prices, with fills at once and without the way to the exchange and back.
same = ledger("two")["same"]
pairs = [(own[k], same[k]) for k in own if k in same and own[k]["state"] == same[k]["state"] == "complete"]
complete = sum(e["state"] == "complete" for e in own.values())
case("the same set: every episode", len(pairs) > 20 and len(pairs) == complete, (len(pairs), complete))
case("the same set: the same targets, extremes, regimes", all(
    a["exits"].get("target") == b["exits"].get("target") and a["regime"] == b["regime"] and
    abs(D(a["mfe_r"]) - D(b["mfe_r"])) < D("0.2") for a, b in pairs))
case("the same set: within a tenth of an R", all(abs(D(a["r"]) - D(b["r"])) < D("0.1") for a, b in pairs),
     max(abs(D(a["r"]) - D(b["r"])) for a, b in pairs))
v3 = ledger("two")["v3"]
case("another profile differs", any(v3[k]["r"] != own[k]["r"] for k in v3 if k in own) and
     {e["policy"] for e in v3.values()} != {e["policy"] for e in own.values()})

# In shadow to the last digit, but for who it is.
both = ledger("shadow")
a, b = both["owner"], both["same"]
equal = a.keys() == b.keys() and all(
    {x: v for x, v in a[k].items() if x != "owner"} == {x: v for x, v in b[k].items() if x != "owner"} for k in a)
some = any(e["state"] == "complete" for e in a.values())
case("in shadow the same set comes to the same", equal and len(a) >= 6 and some, (len(a), len(b)))

# Those that only fail have the built-in stop, and nothing else.
for name in ("loops", "raises"):
    ends = ledger("bad")[name].values()
    case(name + ": only the built-in stop", ends and all(set(e["exits"]) <= {"stop"} for e in ends),
         [e["exits"] for e in ends])
sys.exit(FAILED)
