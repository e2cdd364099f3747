# SPDX-License-Identifier: Apache-2.0
"""The doctor: nothing wrong when healthy, and exactly the cause named in each broken scene."""
import glob
import json
import os
import signal
import sys
import time

import rig
from rig import Rig, case, until

FAKETIME = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
IGNORED = {"alarm"}  # an alarm stands beside its cause


def named(r):
    return sorted({f["check"] for f in r.findings()} - IGNORED)


def names_only(name, r, *checks, seconds=15):
    """The doctor names these causes and no other."""
    wanted = sorted(checks)
    seen = until(lambda: named(r) == wanted and wanted, seconds) or named(r)
    findings = r.findings()
    whole = all(f["evidence"] and f["cause"] and f["remedy"] for f in findings)
    case(name, seen == wanted and whole, f"{seen} instead of {wanted}: {json.dumps(findings)[:1500]}")


def healthy(r, name="healthy"):
    ok = until(lambda: r.command("doctor")[0] == 0, 20)
    case(name, ok, r.command("doctor")[1])


def market(folder):
    r = Rig(folder, scene="still:3", sim=("--speed", "4"))
    try:
        r.start()
        until(lambda: r.status()["positions"]["protected"] == 3)
        healthy(r)
        symbol = r.ask("positions")["positions"][0]["symbol"]
        side = r.ask("positions")["positions"][0]["side"]

        r.hand("mute", symbol, "all")
        names_only("stale prices", r, "prices.stale")
        r.hand("unmute", symbol, "all")
        healthy(r, "prices again")

        r.command("pause", "--why", "scene")
        names_only("paused", r, "engine.paused")
        r.command("resume")

        r.command("release", symbol)
        names_only("released", r, "position.released")
        r.command("adopt", symbol)
        healthy(r, "adopted again")

        position = r.ask("positions")["positions"][0]
        r.hand("stop", symbol, side, position["stop"], position["left"])
        names_only("two owners", r, "owner.foreign", seconds=40)
        r.hand("cancel", symbol, "all-foreign")
        healthy(r, "one owner again")

        r.edit("adapter.lua", "function adapter.decide(ctx)", "function adapter.decide(ctx")
        names_only("policy refused", r, "policy.refused")
        r.edit("adapter.lua", "function adapter.decide(ctx", "function adapter.decide(ctx)")
        r.edit("tp_profiles.lua", "{ 1.0, 25, HARD }, { 2.0", "{ 1.6, 25, HARD }, { 2.0")
        staged = until(lambda: [f for f in r.ask("doctor")["findings"] if f["check"] == "policy.staged" and
                                f["severity"] == "note"])
        case("policy staged", staged and "--confirm" in staged[0]["remedy"], r.ask("doctor"))
        r.edit("tp_profiles.lua", "{ 1.6, 25, HARD }, { 2.0", "{ 1.0, 25, HARD }, { 2.0")
        healthy(r, "policy as before")
    finally:
        r.close()


def modes(folder):
    """Flags that silently mean shadow, and owners that are not in the set (the shipped one has them)."""
    config = os.path.join(folder, "exitbrain.lua")
    brain_only = os.path.join(rig.ROOT, "examples", "fixed_ladder")
    scenes = (
        ("shadow by executor mode", 'mode = { exit_mode = "EXIT_BRAIN_V3", live_rollout = "ENABLED" }', {},
         ("mode.shadow",), "EXIT_EXECUTOR_MODE"),
        ("shadow by rollout", 'mode = { exit_mode = "EXIT_BRAIN_V3", executor_mode = "LIVE" }', {}, ("mode.shadow",),
         "EXIT_BRAIN_V3_LIVE_ROLLOUT"),
        ("legacy owns exits", 'mode = { executor_mode = "LIVE", live_rollout = "ENABLED" }', {}, ("mode.legacy",),
         "EXIT_MODE"),
        ("legacy trailing on", 'mode = { exit_mode = "EXIT_BRAIN_V3", executor_mode = "LIVE", live_rollout = "ENABLED",'
         ' legacy_trailing_stop = true }', {}, ("owner.legacy_trailing",), "QT_TRAILING_STOP_ENABLED"),
    )
    r = Rig(folder, scene="still:2", sim=("--speed", "4"))
    try:
        for i, (name, text, env, checks, flag) in enumerate(scenes):
            with open(config, "w") as f:
                policies = brain_only if name.startswith("legacy") else r.policies
                f.write("return { %s, policy = { dir = %s } }\n" % (text, json.dumps(policies)))
            r.start(config=config, env=env)
            names_only(name, r, *checks)
            said = " ".join(f["evidence"] + f["remedy"] for f in r.findings())
            case(name + ": names the flag", flag in said, said)
            r.stop()
    finally:
        r.close()


def failing_policy(folder):
    r = Rig(folder, scene="still:2", sim=("--speed", "8"))
    try:
        path = os.path.join(r.policies, "init.lua")
        text = open(path).read()
        r.start()
        until(lambda: r.status()["positions"]["protected"] == 2)
        r.stop()
        with open(path, "w") as f:  # what the trial at start cannot know: it fails only for a plan that stands
            f.write(text.replace("decide = owners.decide,",
                                 "decide = function(ctx) if ctx.plan_revision > 0 then error('no') end "
                                 "return (owners.decide(ctx)) end,"))
        r.start()
        names_only("policy quarantined", r, "policy.quarantined", seconds=30)
    finally:
        r.close()


def process(folder):
    """The loop, the clock, the exchange, the disk, another engine."""
    r = Rig(folder, scene="still:2", sim=("--free-clock",))
    try:
        r.start()
        until(lambda: r.status()["positions"]["protected"] == 2)
        healthy(r, "healthy on a clock of its own")
        r.engine.send_signal(signal.SIGSTOP)
        time.sleep(8)
        r.engine.send_signal(signal.SIGCONT)
        names_only("stopped for a while", r, "loop.gap")
        r.stop()
        clock = os.path.join(folder, "clock")
        if not FAKETIME:
            print("SKIPPED a clock that jumps: libfaketime is not installed")
        for name, jump in (("forward", "+3600"), ("back", "-3600")) if FAKETIME else ():
            with open(clock, "w") as f:
                f.write("+0\n")
            r.start(env={"LD_PRELOAD": FAKETIME[0], "DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1",
                         "FAKETIME_TIMESTAMP_FILE": clock})
            until(lambda: r.status()["positions"]["protected"] == 2)
            time.sleep(2)
            with open(clock, "w") as f:
                f.write(jump + "\n")
            names_only("clock an hour " + name, r, "clock.offset")
            doc = r.status()
            case(f"clock an hour {name}: protected all the same",
                 doc["positions"]["protected"] == 2 and doc["loop"]["events_refused"] == 0, doc)
            r.stop()
        r.start()
        until(lambda: r.status()["positions"]["protected"] == 2)
        r.sim.kill()
        r.sim.wait()
        names_only("exchange gone", r, "venue.offline")
    finally:
        r.close()


def disk(folder):
    """A file that may not grow stands for a full disk: stops go on, nothing new is decided, and it is said."""
    r = Rig(folder, scene="still:2", sim=("--speed", "4"))
    try:
        r.start(prefix=("bash", "-c", 'ulimit -f 400; trap "" XFSZ; exec "$@"', "-"))
        until(lambda: r.status()["positions"]["protected"] == 2)
        for i in range(4000):
            if r.command("pause" if i % 2 == 0 else "resume")[0] not in (0, 1) or r.status()["journal"]["failed"]:
                break
        found = until(lambda: "journal.failed" in named(r), 10)
        case("disk full", found, named(r))
        case("disk full: protected all the same", r.status()["positions"]["protected"] == 2)
        r.hand("add", r.ask("positions")["positions"][0]["symbol"], "2000")  # its new target waits for the disk
        begin = r.status()["now_ms"]
        case("disk full: the clock goes on", until(lambda: r.status()["now_ms"] > begin + 5000), r.status())
    finally:
        r.close()


def others(folder):
    """A second engine on the same account, and on the same journal."""
    a = Rig(folder, scene="still:2", sim=("--speed", "4"))
    try:
        a.start()
        until(lambda: a.status()["positions"]["protected"] == 2)
        status, said = 0, ""
        first = a.engine
        a.start(wait=False)
        second, a.engine = a.engine, first
        case("the same journal twice", second.wait(30) == 2, second.returncode)
        case("the same journal twice: says who has it", str(first.pid) in a.tail(), a.tail())
        state = a.state
        a.state = os.path.join(folder, "other")
        a.start()
        until(lambda: a.status().get("yields"), 10)
        names_only("another engine", a, "engine.yielded", "owner.foreign")
        a.stop()
        a.state, a.engine = state, first
        healthy(a, "the first engine goes on")
    finally:
        a.close()


SCENES = {"market": market, "modes": modes, "policy": failing_policy, "process": process, "disk": disk,
          "others": others}


def main():
    for name in sys.argv[2:] or SCENES:
        SCENES[name](os.path.join(sys.argv[1], name))
    return rig.FAILED


if __name__ == "__main__":
    sys.exit(main())
