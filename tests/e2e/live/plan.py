# SPDX-License-Identifier: Apache-2.0
"""Three live positions and a person who asks what an edit would do to them: levels now and then, what is parked or
closed, and which setting or file is behind each change. Then twelve positions, and two hundred."""
import json
import os
import shutil
import sys

import rig
from rig import Rig, case, until

SETTINGS = "return {\n  stop_pct = 2,\n  first_r = 1,\n  unused = 7,\n}\n"
INIT = """local S = require "settings"
local ladder = require "ladder"
return { name = "planned", version = "1", settings = S, decide = function(ctx)
  if ctx.plan_revision > 0 and not ctx.r_provisional and ctx.reason ~= "reload" then return nil end
  return { { type = "move_stop", pct = S.stop_pct }, { type = "update_tp_limits", levels = ladder(S, ctx) } }
end }
"""
LADDER = """return function(S, ctx)
  return { { r = S.first_r, fraction = 0.5 }, { r = 3, fraction = 0.5 } }
end
"""


def write(folder, name, text):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "w") as f:
        f.write(text)


def write_set(folder, settings=SETTINGS, init=INIT, ladder=LADDER):
    shutil.rmtree(folder, ignore_errors=True)
    write(folder, "settings.lua", settings)
    write(folder, "init.lua", init)
    write(folder, "ladder.lua", ladder)
    return folder


class Desk:
    """Edits beside the set in force, and what plan says of them."""

    def __init__(self, r):
        self.r = r
        self.folder = os.path.join(r.folder, "edit")

    def plan(self, *words, **files):
        """Exit status, the page and the document of an edit."""
        write_set(self.folder, **files)
        status, page = self.r.command("plan", self.folder, *words)
        if page.startswith("planned") and any(len(line) > 100 for line in page.splitlines()):
            case("at most 100 columns", False, page)
        return status, page, self.r.ask("plan", self.folder)


def causes(doc, level):
    """What is behind a level, for each position that it changes of: {"alone: stop_pct"}."""
    plan = doc["plan"]
    found = set()
    for p in plan["positions"]:
        for row in p["levels"]:
            if row["level"] == level and "changed" in row["marks"]:
                cause = plan["causes"][row["cause"]] if row["cause"] is not None else None
                found.add("none" if cause is None else cause["how"] + ": " + ", ".join(
                    plan["differences"][i]["name"] for i in cause["differences"]))
    return found


def levels(doc, level):
    return [row for p in doc["plan"]["positions"] for row in p["levels"] if row["level"] == level]


def settings_and_files(desk):
    status, page, doc = desk.plan(settings=SETTINGS.replace("stop_pct = 2", "stop_pct = 1.5"))
    case("a setting: would have to be confirmed", status == 1, page)
    case("a setting: named with its line",
         "[1] settings.lua:2 stop_pct 2 -> 1.5: 3 levels of 3 positions" in page, page)
    case("a setting: the cause of each stop", causes(doc, "stop (plan)") == {"alone: stop_pct"}, doc)
    case("a setting: both levels, and the way between",
         all(row["now"] and row["after"] and abs(float(row["moved_r"]) - 0.25) < 0.01
             for row in levels(doc, "stop (plan)")), doc)
    case("a setting: targets stay", not causes(doc, "target 1") and len(levels(doc, "target 1")) == 3, doc)

    status, page, doc = desk.plan(ladder=LADDER.replace("r = 3", "r = 3.2"))
    case("a file: as it is", status == 0, page)
    case("a file: named", "[1] ladder.lua changed: 3 levels of 3 positions" in page, page)
    case("a file: the cause", causes(doc, "target 2") == {"alone: ladder.lua"}, doc)

    both = SETTINGS.replace("stop_pct = 2", "stop_pct = 1.5").replace("unused = 7", "unused = 8")
    status, page, doc = desk.plan(
        settings=both, ladder=LADDER.replace("S.first_r", "S.first_r + 0.1").replace("r = 3", "r = 3.2"))
    case("both: each has its own", causes(doc, "stop (plan)") == {"alone: stop_pct"}
         and causes(doc, "target 1") == causes(doc, "target 2") == {"alone: ladder.lua"}, doc)
    case("both: what moves nothing",
         "differs, and moves nothing now:\n    settings.lua:4 unused 7 -> 8\n" in page, page)

    status, page, doc = desk.plan(settings=SETTINGS.replace("first_r = 1", "first_r = 1.1"),
                                  ladder=LADDER.replace("S.first_r", "S.first_r * 1.1"))
    case("together: a setting and a file", causes(doc, "target 1") == {"together: first_r, ladder.lua"}, doc)


def parked_and_closed(desk):
    beyond = INIT.replace("pct = S.stop_pct", "price = ctx.price * (1 + 0.004 * ctx.sign),"
                         " risk_price = ctx.entry * (1 - 0.02 * ctx.sign)")
    status, page, doc = desk.plan(init=beyond)
    rows = levels(doc, "stop (parked)")
    case("parked: status", status == 1 and "3 levels would be parked" in page, page)
    case("parked: each is named", len(rows) == 3 and all("parked" in row["marks"] for row in rows)
         and page.count("PARKED: crossed") == 3, page)
    case("parked: the cause", causes(doc, "stop (parked)") == {"alone: init.lua"}, doc)

    leave = INIT.replace("  return {", "  if ctx.side == 'SHORT' then return { type = 'full_exit' } end\n  return {", 1)
    status, page, doc = desk.plan(init=leave)
    shorts = [p["symbol"] for p in doc["plan"]["positions"] if p["side"] == "SHORT"]
    case("asked: found open, so a person decides", shorts and page.count("asks a person") == len(shorts), page)
    for symbol in shorts:
        desk.r.command("confirm", symbol)
    status, page, doc = desk.plan(init=leave)
    case("closed: said of each", status == 1 and page.count("CLOSED AT ONCE") == len(shorts), page)
    case("closed: the cause", causes(doc, "position") == {"alone: init.lua"}, doc)


def statuses(desk):
    r = desk.r
    status, page = r.command("plan", r.policies)
    case("the set in force", status == 0 and "unchanged" in page, page)
    status, page, _ = desk.plan(ladder="return function( return end\n")
    case("a broken set", status == 1 and "ladder.lua:1:" in page, page)
    status, page, _ = desk.plan(init=INIT.replace("S.stop_pct", "S.nosuch"))
    case("a set that fails", status == 1 and "refused" in page, page)
    status, page = r.command("plan", os.path.join(r.folder, "nowhere"))
    case("no such directory", status == 2 and "nowhere" in page, page)


def staged(desk):
    """A saved file that waits for a person: plan without a directory shows what it waits for."""
    r = desk.r
    before = r.status()["policy"]["sha256"]
    r.edit("settings.lua", "stop_pct = 2", "stop_pct = 1.8")
    case("staged: waits", until(lambda: r.status()["policy"].get("staged")), r.status())
    status, page = r.command("plan")
    case("staged: plan shows it", status == 1 and "settings.lua:2 stop_pct 2 -> 1.8: 3 levels" in page, page)
    case("staged: nothing is loaded", r.status()["policy"]["sha256"] == before)


def three(folder):
    r = Rig(os.path.join(folder, "three"), scene="still:3", sim=("--tick", "50ms", "--speed", "1", "--free-clock"))
    desk = Desk(r)
    try:
        write_set(r.policies)
        r.start()
        ready = until(lambda: r.status().get("positions", {}).get("protected") == 3, 40)
        if not case("three positions protected", ready, r.tail()):
            return
        before = r.status()["policy"]["sha256"], r.ask("orders")["orders"]
        settings_and_files(desk)
        parked_and_closed(desk)
        statuses(desk)
        after = r.status()["policy"]["sha256"], r.ask("orders")["orders"]
        case("plans change nothing", [o["client_id"] for o in before[1]] == [o["client_id"] for o in after[1]]
             and before[0] == after[0], (before, after))
        staged(desk)
        case("stopped", r.stop() == 0, r.tail())
    finally:
        r.close()


def decided(r):
    positions = r.status().get("positions", {})
    return positions.get("open", 0) - positions.get("undecided", 0)


def many(folder, count):
    r = Rig(os.path.join(folder, str(count)), scene="still:%d" % count,
            sim=("--tick", "200ms", "--speed", "1", "--free-clock"))
    desk = Desk(r)
    try:
        write_set(r.policies)
        r.start()
        ready = until(lambda: decided(r) == count, 90)  # an exchange has fewer places for stops than 200
        if not case("%d positions with plans" % count, ready, r.tail()):
            return
        edit = {"settings": SETTINGS.replace("stop_pct = 2", "stop_pct = 1.5")}
        status, page, doc = desk.plan(**edit)
        case("%d: every position is in the document" % count, len(doc["plan"]["positions"]) == count
             and causes(doc, "stop (plan)") == {"alone: stop_pct"}, json.dumps(doc)[:2000])
        shown = page.count("stop (plan)")
        case("%d: a page that can be read" % count, status == 1 and len(page.splitlines()) < 110
             and shown == (count if count <= 16 else 12), page)
        if count > 16:
            case("%d: the rest is counted" % count, "12 positions shown, of %d that change" % count in page, page)
            _, page, _ = desk.plan("--all", **edit)
            case("%d: all on demand" % count, page.count("stop (plan)") == count, page[:2000])
        print("# %d positions: tried in %d us, causes in %d us, %d trials" % (
            count, doc["took_us"], doc["plan"]["causes_took_us"], doc["plan"]["trials"]))
    finally:
        r.close()


def main():
    three(sys.argv[1])
    many(sys.argv[1], 12)
    many(sys.argv[1], 200)
    return rig.FAILED


if __name__ == "__main__":
    sys.exit(main())
