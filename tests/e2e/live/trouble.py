# SPDX-License-Identifier: Apache-2.0
"""Connections that break at the worst moment, an exchange that falls silent or is another one, and output that nobody
reads: the engine goes on, or says that it does not.
"""
import fcntl
import os
import signal
import subprocess
import sys
import time

import rig
from between import Between
from rig import BIN, Rig, case, until

IN_HISTORY = 3000  # bytes: behind HELLO, in the middle of what an exchange tells in the beginning


class Broken(Rig):
    """A rig whose engine reaches the exchange through something that breaks."""

    def __init__(self, folder, **kw):
        super().__init__(folder, **kw)
        self.near = os.path.join(folder, "near.sock")
        self.between = Between(self.near, self.socket)

    def begin(self, state="state", env=None, config="", options=(), wait=True, **kw):
        self.state = os.path.join(self.folder, state)
        path = os.path.join(self.folder, "exitbrain.lua")
        with open(path, "w") as f:
            f.write('return { policy = { dir = "%s" }, cycle = { interval = "1s" }, %s }\n' % (self.policies, config))
        mode = {"EXIT_MODE": "EXIT_BRAIN_V3", "EXIT_EXECUTOR_MODE": "LIVE", "EXIT_BRAIN_V3_LIVE_ROLLOUT": "ENABLED"}
        self.engine = subprocess.Popen(
            [BIN, "run", "--venue", "unix:" + self.near, "--state", self.state, "--config", path, *options],
            stdin=subprocess.DEVNULL, env={**os.environ, **mode, **(env or {})},
            **{"stdout": self.out, "stderr": self.out, **kw})
        if wait:
            until(self.is_running)

    def stage(self):
        return self.status().get("venue", {}).get("stage")

    def is_running(self):
        return self.stage() == "running" or self.engine.poll() is not None

    def protected(self, count):
        return until(lambda: self.status().get("positions", {}).get("protected") == count)

    def alarms(self):
        return [a["name"] for a in self.status().get("alarms", [])]

    def reconnected(self, before, seconds=20):
        """Connected once more than before, and at work."""
        return until(lambda: (v := self.status().get("venue", {})).get("stage") == "running" and
                     v["reconnects"] > before, seconds)

    def close(self):
        self.between.close()
        super().close()


def beginnings(folder):
    """The first connection breaks while history is read: what a start does is done by the second one."""
    r = Broken(folder, sim=("--speed", "4"))
    try:
        r.begin()
        r.protected(3)
        r.stop()
        r.between.cut_after = [IN_HISTORY]
        r.begin(env={"EXIT_EXECUTOR_MODE": "SHADOW"})
        until(lambda: r.status()["venue"]["reconnects"] == 1 and r.is_running())
        case("cut in the beginning: the configured modes", r.status().get("executor_mode") == "SHADOW", r.status())
        case("cut in the beginning: connected twice", r.status()["venue"]["reconnects"] == 1, r.status()["venue"])
        r.stop()
        r.begin()
        r.protected(3)
        r.stop(signal.SIGKILL)
        with open(os.path.join(r.state, "journal.db"), "wb") as f:
            f.write(b"this is no journal\n" * 1000)
        r.between.cut_after = [IN_HISTORY]
        r.begin()
        r.protected(3)
        case("cut in the beginning: connected twice once more", r.status()["venue"]["reconnects"] == 1)
        case("cut in the beginning: a damaged journal begins paused", r.status().get("paused"), r.status())
        case("cut in the beginning: and says so", "protect_only" in r.alarms(), r.alarms())
        r.stop()
    finally:
        r.close()


def unstable(folder):
    """Each connection breaks shortly after its greeting: never long enough offline to be called that."""
    r = Broken(folder, sim=("--speed", "4"))
    try:
        r.begin()
        r.protected(3)
        r.between.cut_always = IN_HISTORY
        r.between.drop()
        began = r.between.seen
        said = until(lambda: "venue_offline" in r.alarms(), 25)
        case("a connection that comes and goes is an alarm", said, r.alarms())
        until(lambda: False, 5)
        tried = r.between.seen - began
        case("a connection that comes and goes is tried less and less often", 0 < tried < 30, tried)
        r.between.cut_always = 0
        r.between.drop()
        case("and is used once it stays", r.reconnected(0) and r.protected(3), r.status())
        over = until(lambda: "venue_offline" not in r.alarms(), 30)
        case("then the alarm is over", over, r.alarms())
    finally:
        r.close()


def silent(folder):
    """The connection stands and nothing comes: an exchange that runs is left and joined again."""
    r = Broken(folder, sim=("--free-clock", "--speed", "4"))
    try:
        r.begin()
        r.protected(3)
        r.between.held.clear()
        gone = until(lambda: r.stage() != "running", 40)
        case("an exchange that says nothing is left", gone, r.status().get("venue"))
        r.between.held.set()
        case("and joined again", r.reconnected(0) and r.protected(3), r.status().get("venue"))
    finally:
        r.close()


def behind(folder):
    """The exchange's clock stood for a while, ours did not: it is the same exchange all the same."""
    r = Broken(folder, sim=("--free-clock", "--speed", "4"))
    try:
        r.begin()
        r.protected(3)
        r.hand("halt")
        time.sleep(1.5)
        r.between.drop()
        case("a clock that stood", r.reconnected(0), (r.status().get("venue"), r.tail(3)))
        r.hand("go")
        before = r.status()["now_ms"]
        case("time goes on", until(lambda: r.status()["now_ms"] > before + 2000, 10), before)
        well = r.protected(3) and until(lambda: r.command("doctor")[0] == 0)
        case("and so do prices", well, r.command("doctor")[1])
    finally:
        r.close()


def earlier(folder):
    """The exchange was begun anew: its clock is behind what the journal knows."""
    for name, options in (("in step", ("--speed", "4")), ("free", ("--free-clock", "--speed", "4"))):
        place = os.path.join(folder, name.replace(" ", ""))
        r = Broken(place, sim=("--start", "2025-06-01T12:00:00Z", *options[:-1], "100"))
        try:
            r.begin()
            r.protected(3)
            until(lambda: r.status()["now_ms"] > 1748779200000 + 120000, 20)
            r.command("pause")
            r.command("resume")  # the last that the journal remembers
            r.stop()
            r.sim.terminate()
            r.sim.wait()
            r.start_sim("still:3", 1, ("--start", "2025-06-01T12:00:00Z", *options))
            r.begin()
            case(f"an exchange begun anew ({name}): protected", r.protected(3), r.status())
            case(f"an exchange begun anew ({name}): protect-only, says why",
                 r.status().get("paused") and r.status()["start"]["protect_only"], r.status().get("start"))
            before = r.status()["now_ms"]
            on = until(lambda: r.status()["now_ms"] > before + 2000, 10)
            case(f"an exchange begun anew ({name}): time goes on", on, (before, r.status()["now_ms"]))
        finally:
            r.close()


def another(folder):
    """Somebody starts another exchange at the address; then the right one is back."""
    r = Broken(folder, sim=("--speed", "4"))
    other = os.path.join(folder, "other.sock")
    second = subprocess.Popen([BIN, "sim", "--listen", "unix:" + other, "--scene", "still:3", "--seed", "9"],
                              stdout=r.out, stderr=r.out, stdin=subprocess.DEVNULL)
    try:
        until(lambda: os.path.exists(other))
        r.begin()
        r.protected(3)
        r.between.upstream = other
        r.between.drop()
        said = until(lambda: "venue_offline" in r.alarms(), 15)
        case("another account: not taken for ours, an alarm", said, r.status())
        case("another account: says which", "account" in r.command("doctor")[1], r.command("doctor")[1])
        r.between.upstream = r.socket
        r.between.drop()
        case("the right one again", r.reconnected(0) and r.protected(3), r.status())
    finally:
        second.terminate()
        second.wait()
        r.close()


def picture(folder):
    """The first picture fails while the exchange's clock waits for the engine."""
    r = Broken(folder, sim=("--speed", "20"))
    try:
        r.hand("fault", "snapshot", "1")
        r.begin()
        case("a picture that fails is asked for again", r.protected(3), r.status())
    finally:
        r.close()


def two(folder):
    """Of two engines the later one yields, and the first does not because its connection broke."""
    r = Broken(folder, scene="still:2", sim=("--free-clock", "--speed", "4"))
    second = os.path.join(folder, "second")
    b = None
    try:
        for symbol in [p["symbol"] for p in (r.begin(), r.protected(2), r.ask("positions"))[2]["positions"]]:
            r.hand("reduce", symbol, "all")
        until(lambda: r.status()["positions"]["open"] == 0 and r.status()["orders"]["working"] == 0)
        b = subprocess.Popen([BIN, "run", "--venue", "unix:" + r.socket, "--state", second, "--policies", r.policies],
                             stdout=r.out, stderr=r.out, stdin=subprocess.DEVNULL)

        def status_of_b():
            mine, r.state = r.state, second
            try:
                return r.status()
            finally:
                r.state = mine
        until(lambda: status_of_b().get("venue", {}).get("stage") == "running")
        r.hand("open", "SIM0001USDT", "LONG", "1000")
        yields = until(lambda: status_of_b().get("yields"), 60)
        case("the later one yields", yields and not r.status()["yields"], (status_of_b(), r.status()))
        r.between.drop()
        r.reconnected(0)
        time.sleep(2)
        case("the first stays LIVE when its connection broke", r.status().get("executor_mode") == "LIVE", r.status())
    finally:
        if b:
            b.terminate()
            b.wait()
        r.close()


def unread(folder):
    """Standard error is a pipe that nobody reads, as a terminal that was stopped with Ctrl-S is."""
    r = Broken(folder, scene="busy:6", sim=("--speed", "20"))
    ours, its = os.pipe()
    fcntl.fcntl(its, fcntl.F_SETPIPE_SZ, 4096)
    try:
        r.begin(options=("--log", "-"), env={"EXITBRAIN_LOG_LEVEL": "debug"}, stderr=its, wait=False)
        until(r.is_running, 10)
        first = r.status().get("now_ms", 0)
        on = until(lambda: r.status().get("now_ms", 0) > first + 20000, 15)
        case("output that nobody reads holds up nothing", on, (first, r.status()))
        case("nor the end", r.stop() == 0, r.engine.returncode)
    finally:
        os.close(ours)
        os.close(its)
        r.close()


SCENES = {"beginnings": beginnings, "unstable": unstable, "silent": silent, "behind": behind, "earlier": earlier,
          "another": another, "picture": picture, "two": two, "unread": unread}


def main():
    for name in sys.argv[2:] or SCENES:
        SCENES[name](os.path.join(sys.argv[1], name))
    return rig.FAILED


if __name__ == "__main__":
    sys.exit(main())
