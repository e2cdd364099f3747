# SPDX-License-Identifier: Apache-2.0
"""Three live positions, one of them owned by a strategy that behaves until a signal tells it to attack. It ends in
quarantine with its stop in force; the others are asked and hold as before; when it stops, it is trusted again."""
import os
import sys

import rig
from rig import Rig, case, until

EVIL = """local hoard = {}
local attacks = {
  [1] = function() while true do pcall(function() while true do end end) end end,
  [2] = function() for i = 1, 1e9 do hoard[i] = { i } end end,
}
return { name = "evil", version = "1", decide = function(ctx)
  local attack = attacks[ctx.signals.attack]
  if attack then return attack() end
  if not ctx.planned then return { type = "move_stop", pct = 3 } end
end }
"""
NAMES = {1: "a loop that swallows errors", 2: "a hoard of memory"}
MARK = "SIM0002USDT"


def positions(r):
    return {p["symbol"]: p for p in r.ask("positions").get("positions", [])}


def levels(p):
    return p["stop"], p["stop_kind"], p["target"], p["backstop"], p["left"], p["protection"], p["owner"]


def attack(r, number):
    name = NAMES[number]
    before = positions(r)
    status, said = r.command("signal", MARK, "attack", str(number))
    case(name + ": told", status == 0, said)
    case(name + ": in quarantine", until(lambda: positions(r)[MARK]["quarantined"], 60), r.command("status")[1])
    after = positions(r)
    case(name + ": its stop is in force", levels(after[MARK]) == levels(before[MARK]), (before[MARK], after[MARK]))
    others = [s for s in before if s != MARK]
    case(name + ": the others hold as before", len(others) == 2 and all(
        levels(after[s]) == levels(before[s]) and not after[s]["quarantined"] and after[s]["decided"] for s in others),
        after)
    alarms = r.status()["alarms"]
    case(name + ": an alarm for it, and for nobody else", any(
        a["name"] == "quarantined" and MARK in (a.get("key") or a.get("symbol") or str(a)) for a in alarms) and
        not any(s in str(a) for s in others for a in alarms), alarms)
    # Asked since: a new signal for one of the others is a reason to ask it, and it answers.
    asked = r.status()["consults"]
    r.command("signal", others[0], "confidence", "0.%d" % (90 + number))
    case(name + ": the others are asked", until(lambda: r.status()["consults"] > asked, 30), r.status()["consults"])
    case(name + ": and answer", not positions(r)[others[0]]["quarantined"] and positions(r)[others[0]]["decided"],
         positions(r)[others[0]])
    status, said = r.command("signal", MARK, "attack", "--clear")
    case(name + ": taken back", status == 0, said)
    case(name + ": trusted again", until(lambda: not positions(r)[MARK]["quarantined"], 120),
         r.command("status")[1])


def main():
    r = Rig(os.path.join(sys.argv[1], "rig"), scene="still:3")
    try:
        os.makedirs(os.path.join(r.policies, "strategies"), exist_ok=True)
        with open(os.path.join(r.policies, "strategies", "evil.lua"), "w") as f:
            f.write(EVIL)
        r.edit("owners.lua", "strategy_rules = {}", 'strategy_rules = { { symbol = "%s", use = "evil" } }' % MARK)
        r.start()
        ready = until(lambda: r.status().get("positions", {}).get("protected") == 3
                      and r.status()["positions"]["undecided"] == 0, 60)
        owners = {s: p["owner"] for s, p in positions(r).items()}
        good = case("one position is the strategy's", ready and owners.get(MARK) == "evil"
                    and sorted(owners.values()) == ["brain", "brain", "evil"], owners)
        for number in NAMES if good else ():
            attack(r, number)
        case("alive", r.engine.poll() is None, r.tail())
        case("ends well", r.stop() == 0, r.tail())
    finally:
        r.close()
    sys.exit(rig.FAILED)


main()
