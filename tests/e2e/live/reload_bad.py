# SPDX-License-Identifier: Apache-2.0
"""Sets that are saved wrong beside three open positions. Each is refused with its reason in status, or waited for; the
set in force, its plans and its stops stay as they were, and the next good save is taken."""
import os
import shutil
import sys
import time

import rig
from rig import Rig, case, until


class Desk:
    """The set in force, what it holds, and edits that go wrong."""

    def __init__(self, folder):
        self.r = Rig(folder, scene="still:3")
        self.good = os.path.join(folder, "good")
        shutil.copytree(self.r.policies, self.good)
        self.r.start()
        self.comments = 0

    def path(self, name):
        return os.path.join(self.r.policies, name)

    def read(self, name):
        with open(os.path.join(self.good, name)) as f:
            return f.read()

    def write(self, name, data):
        """In place, as `cat >` does."""
        with open(self.path(name), "wb" if isinstance(data, bytes) else "w") as f:
            f.write(data)

    def replace(self, name, data):
        """Rename-over: what most editors do."""
        beside = os.path.join(self.r.folder, "beside")
        with open(beside, "w") as f:
            f.write(data)
        os.rename(beside, self.path(name))

    def restore(self, name):
        path = self.path(name)
        if os.path.lexists(path):
            os.remove(path)
        shutil.copy(os.path.join(self.good, name), path)

    def policy(self):
        return self.r.status().get("policy", {})

    def alarm(self):
        """Why the last save was not taken, as status tells it; "" where nothing is wrong."""
        alarms = self.r.status().get("alarms", [])
        return next((a["text"] for a in alarms if a["name"] == "policy_refused"), "")

    def held(self):
        """Plans and stops: what must not move."""
        positions = self.r.ask("positions").get("positions", [])
        rows = [(p["symbol"], p["side"], p["left"], p["stop"], p["stop_kind"], p["target"], p["backstop"], p["owner"],
                 p["decided"], p["quarantined"]) for p in positions]
        orders = self.r.ask("orders").get("orders", [])
        return rows, sorted(str((o["symbol"], o.get("price"), o.get("trigger"), o.get("quantity"))) for o in orders)


def refused(desk, name, why, spoil, repair):
    """Status says why within seconds; nothing has moved; with the repair the complaint ends."""
    before, held = desk.policy(), desk.held()
    spoil()
    said = until(lambda: why in desk.alarm() and desk.alarm(), 30)
    case(name + ": refused, and status says why", said, "status says: " + repr(desk.alarm()))
    page = desk.r.command("status")[1]
    case(name + ": on the page", why in page, page)
    after = desk.policy()
    case(name + ": the old set stays", after["sha256"] == before["sha256"] and after["failures"] == before["failures"]
         and after["staged"] is None, after)
    now = desk.held()
    case(name + ": plan, stop and orders stay", len(now[0]) == 3 and now == held, (held, now))
    repair()
    case(name + ": repaired, the complaint ends", until(lambda: desk.alarm() == "", 30), desk.alarm())
    case(name + ": still the same set", desk.policy()["sha256"] == before["sha256"], desk.policy())


def text_cases(desk):
    """An edit of one file that makes the set worthless; what it must say; where."""
    init, settings = desk.read("init.lua"), desk.read("settings.lua")
    decide = "decide = owners.decide,"
    edits = [
        ("syntax error", "settings.lua", "settings.lua:", settings + "\nlocal = 3\n"),
        ("self test: a setting out of its range", "settings.lua",
         "base_stop_pct: expected a number from", settings.replace("base_stop_pct = 2.5", "base_stop_pct = 900")),
        ("self test: raises", "init.lua", "the ladder leaks",
         init.replace("self_test = function()", "self_test = function() error('the ladder leaks')")),
        ("self test: never ends", "init.lua", "more than",
         init.replace("self_test = function()", "self_test = function() while true do end")),
        ("raises while it loads", "init.lua", "init.lua:1: no", "error('no')\n"),
        ("never finishes loading", "init.lua", "more than", "while true do end\n" + init),
        ("unknown module", "init.lua", "plunner", init.replace('require "owners"', 'require "plunner"')),
        ("unknown key", "init.lua", "unknown key 'decides'", init.replace(decide, "decides = 1,\n" + decide)),
        ("decide raises", "init.lua", "out of ideas",
         init.replace(decide, "decide = function() error('out of ideas') end,")),
        ("decide never ends", "init.lua", "more than",
         init.replace(decide, "decide = function() while true do end end,")),
        ("decide answers nonsense", "init.lua", "decision.type: expected one of",
         init.replace(decide, "decide = function() return { type = 'stop_loss', pct = 2 } end,")),
        ("decide answers no number", "init.lua", "decision.pct: expected number > 0, got nan",
         init.replace(decide, "decide = function() return { type = 'move_stop', pct = 0 / 0 } end,")),
        ("migrate raises", "init.lua", "what a mess",
         init.replace('version = "1.0.0"', 'version = "2.0.0", migrate = function() error("what a mess") end')),
        ("migrate returns no memory", "init.lua", "migrate.legs",
         init.replace('version = "1.0.0"', 'version = "2.0.0", migrate = function() return { legs = {} } end')),
        ("migrate returns no table", "init.lua", "migrate",
         init.replace('version = "1.0.0"', 'version = "2.0.0", migrate = function() return 7 end')),
        ("half of a file", "planner.lua", "planner.lua:", # up to the middle of a statement
         "function planner.stop(".join(desk.read("planner.lua").split("function planner.stop(")[:1] + [""])),
        ("an empty file", "settings.lua", "settings.lua is empty", ""),
    ]
    for name, file, why, text in edits:
        assert text != desk.read(file), name
        refused(desk, name, why, lambda: desk.replace(file, text), lambda: desk.restore(file))


def file_cases(desk):
    def link():
        os.rename(desk.path("settings.lua"), os.path.join(desk.r.folder, "elsewhere.lua"))
        os.symlink(os.path.join(desk.r.folder, "elsewhere.lua"), desk.path("settings.lua"))

    def open_to_all(name, mode):
        os.chmod(desk.path(name), mode)
        desk.write("planner.lua", desk.read("planner.lua"))  # rights alone are no save: something is written too

    refused(desk, "symbolic link", "symbolic link", link, lambda: desk.restore("settings.lua"))
    refused(desk, "bytecode", "precompiled", lambda: desk.write("settings.lua", b"\x1bLua\x54\x00\x19\x93\r\n\x1a\n"),
            lambda: desk.restore("settings.lua"))
    refused(desk, "a zero byte", "zero byte", lambda: desk.write("settings.lua", b"return {\0}\n"),
            lambda: desk.restore("settings.lua"))
    refused(desk, "a file that anybody may write", "chmod o-w", lambda: open_to_all("settings.lua", 0o666),
            lambda: desk.restore("settings.lua"))
    refused(desk, "a directory that anybody may write", "chmod o-w", lambda: open_to_all("", 0o777),
            lambda: open_to_all("", 0o755))
    refused(desk, "a file that is gone", "planner", lambda: os.remove(desk.path("planner.lua")),
            lambda: desk.restore("planner.lua"))


def taken(desk, name, save):
    """The next good save is taken at once, whatever was refused before it, and moves nothing."""
    before, held = desk.policy(), desk.held()
    save()
    case(name + ": taken over", until(lambda: desk.policy()["sha256"] != before["sha256"], 30), desk.alarm())
    case(name + ": without a complaint, nothing moved", desk.alarm() == "" and desk.held() == held, desk.held())


def saves_in_pieces(desk):
    """An editor that writes slowly: what lies there in between is not taken, what is whole is."""
    def remark():
        desk.comments += 1
        return desk.read("planner.lua") + "-- remark %d\n" % desk.comments

    def two_halves():
        text = remark()
        with open(desk.path("planner.lua"), "w") as f:
            f.write(text[:len(text) // 2])
            f.flush()
            half = until(lambda: "planner.lua:" in desk.alarm(), 30)
            case("written in two halves: the half is refused", half, desk.alarm())
            f.write(text[len(text) // 2:])

    def drop_by_drop():
        text = remark()
        with open(desk.path("planner.lua"), "w") as f:
            for i in range(0, len(text), len(text) // 20):
                f.write(text[i:i + len(text) // 20])
                f.flush()
                time.sleep(0.02)

    taken(desk, "renamed over", lambda: desk.replace("planner.lua", remark()))
    taken(desk, "written in two halves", two_halves)
    taken(desk, "written drop by drop", drop_by_drop)
    taken(desk, "written in place", lambda: desk.write("planner.lua", remark()))


def main():
    desk = Desk(os.path.join(sys.argv[1], "rig"))
    try:
        ready = until(lambda: desk.r.status().get("positions", {}).get("protected") == 3
                      and desk.r.status()["positions"]["undecided"] == 0, 60)
        if case("three positions are decided and protected", ready, desk.r.status()):
            text_cases(desk)
            file_cases(desk)
            saves_in_pieces(desk)
            case("alive, nothing wrong", desk.r.engine.poll() is None and desk.r.findings() == [], desk.r.findings())
            case("ends well", desk.r.stop() == 0, desk.r.tail())
    finally:
        desk.r.close()
    sys.exit(rig.FAILED)


main()
