# SPDX-License-Identifier: Apache-2.0
"""What a start finds: a journal closed properly, cut, damaged, of another account, of another release; levels that were
crossed while the engine was down; a socket that cannot be made. It never refuses to protect.
"""
import os
import shutil
import signal
import sqlite3
import sys

import rig
from rig import Rig, case, until


def found(r):
    return r.status().get("start", {})


def protected(r, count):
    return until(lambda: r.status().get("positions", {}).get("protected") == count, 20)


def journal(r):
    return os.path.join(r.state, "journal.db")


def without_wal(r):
    """The whole journal in one file, as after a proper close."""
    db = sqlite3.connect(journal(r))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def lives(folder):
    r = Rig(folder, scene="still:3", sim=("--speed", "4"))
    try:
        r.start()
        protected(r, 3)
        levels = r.ask("positions")["positions"]
        r.stop()
        r.start()
        protected(r, 3)
        case("closed properly", found(r)["found"] == "clean" and found(r)["differed"] == 0, found(r))
        again = r.ask("positions")["positions"]
        case("closed properly: the same plans", [p["stop"] for p in again] == [p["stop"] for p in levels])
        sent = r.status()["orders"]["sent"]
        case("closed properly: nothing is sent again", sent == 0, sent)
        r.stop(signal.SIGKILL)
        r.start()
        protected(r, 3)
        case("cut", found(r)["found"] == "cut" and found(r)["protect_only"] is None, found(r))
        case("cut: nothing is sent again", r.status()["orders"]["sent"] == 0)
        status, said = r.command("journal", "check")
        case("journal check", status == 0, said)
        r.command("pause", "--why", "scene")
        r.stop(signal.SIGKILL)
        r.start()
        case("a pause outlives the process", r.status()["paused"], r.status())
        status, said = r.command("journal", "show", "--limit", "10000")
        case("who and why are in the journal", "scene" in said and "pause" in said, said[-400:])
    finally:
        r.close()


def damage(folder):
    r = Rig(folder, scene="still:3", sim=("--speed", "4"))
    try:
        for name, harm in (("flipped", flip), ("truncated", truncate), ("no database", garbage)):
            if r.engine is None or r.engine.poll() is not None:
                r.start()
            protected(r, 3)
            r.command("resume")
            r.stop(signal.SIGKILL)
            without_wal(r)
            harm(journal(r))
            r.start()
            ok = protected(r, 3)
            doc = found(r)
            kept = doc.get("aside")
            case(f"{name}: protected all the same", ok, r.tail())
            case(f"{name}: put aside, protect-only, says why", kept and os.path.exists(kept) and doc["protect_only"] and
                 r.status()["paused"], doc)
            case(f"{name}: LIVE all the same", r.status()["executor_mode"] == "LIVE", r.status())
            case(f"{name}: doctor", "recovery.protect_only" in [f["check"] for f in r.findings()], r.findings())
    finally:
        r.close()


def flip(path):
    """One byte of one record's payload."""
    with open(path, "r+b") as f:
        at = f.read().rfind(b"SIM0002USDT")
        f.seek(at + 3)
        f.write(b"X")


def truncate(path):
    os.truncate(path, os.path.getsize(path) // 2 // 4096 * 4096)


def garbage(path):
    with open(path, "wb") as f:
        f.write(b"this is no journal\n" * 1000)


def refused(folder):
    r = Rig(folder, scene="still:3", sim=("--speed", "4"))
    try:
        r.start()
        protected(r, 3)
        r.stop()
        r.sim.terminate()
        r.sim.wait()
        r.start_sim("still:3", 9)
        r.start(wait=False)
        case("another account: refused", r.engine.wait(30) == 2, r.engine.returncode)
        said = r.tail()
        case("another account: says what to do", "belongs to account" in said and "state directory" in said, said)
        db = sqlite3.connect(journal(r))
        db.execute("PRAGMA user_version = 99")
        db.close()
        r.start(wait=False)
        case("another release: refused", r.engine.wait(30) == 2, r.engine.returncode)
        case("another release: says what to do", "schema" in r.tail(), r.tail())
        shutil.rmtree(r.state)
        with open(r.state, "w") as f:
            f.write("a file where the directory should be\n")
        r.start(wait=False)
        case("no directory for the state", r.engine.wait(30) == 2 and r.state in r.tail(), r.tail())
        os.unlink(r.state)
        r.start(wait=False, env={"EXITBRAIN_CONTROL_SOCKET": os.path.join(folder, "out", "x.sock")})
        case("no directory for the socket", r.engine.wait(30) == 2 and "x.sock" in r.tail() or "out" in r.tail(),
             r.tail())
        r.start(wait=False, env={"EXITBRAIN_CONTROL_SOCKET": "/tmp/" + "x" * 120})
        case("a socket's path too long", r.engine.wait(30) == 2 and "control.socket" in r.tail(), r.tail())
    finally:
        r.close()


def crossed(folder):
    """The exchange's clock goes on while the engine is down, and prices with it."""
    r = Rig(folder, scene="still:3", sim=("--free-clock", "--speed", "4"))
    try:
        r.start()
        protected(r, 3)
        p = r.ask("positions")["positions"]
        target, stop = p[0], p[1]
        first = r.ask("explain", target["symbol"])["positions"][0]["levels"]
        hard = [l for l in first if l["kind"] == "target"]
        r.stop(signal.SIGKILL)
        r.hand("price", target["symbol"], hard[2]["price"])  # past the second
        r.hand("price", stop["symbol"], stop["stop"])
        r.start()
        gone = until(lambda: r.ask("positions", "--all")["positions"] and not [
            x for x in r.ask("positions")["positions"] if x["symbol"] == stop["symbol"]], 15)
        case("a stop that was crossed while down fires", gone, r.ask("positions"))
        second = until(lambda: fired(r, target["symbol"], hard[1]["leg"]), 15)
        case("a target that was crossed while down fires", second,
             r.ask("explain", target["symbol"]))
        case("nothing is parked by a restart", "levels.parked" not in [f["check"] for f in r.findings()])
    finally:
        r.close()


def fired(r, symbol, leg):
    levels = r.ask("explain", symbol)["positions"][0]["levels"]
    return [l for l in levels if l["leg"] == leg and l["state"] == "fired"]


SCENES = {"lives": lives, "damage": damage, "refused": refused, "crossed": crossed}


def main():
    for name in sys.argv[2:] or SCENES:
        SCENES[name](os.path.join(sys.argv[1], name))
    return rig.FAILED


if __name__ == "__main__":
    sys.exit(main())
