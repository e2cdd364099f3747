# SPDX-License-Identifier: Apache-2.0
"""A busy scene on a simulated exchange in its own process, and an engine that may be killed at any moment of it.

    exchange (lockstep: its clock stands while the engine is down) -> trades.csv, the truth
    engine, started again after each kill, from the same state directory
"""
import collections
import csv
import json
import os
import random
import signal
import subprocess
import time


class Scene:
    def __init__(self, binary, folder, seed, length="5m", symbols=12, latency="0ms", options=()):
        self.binary, self.folder = binary, folder
        self.socket = os.path.join(folder, "v.sock")
        self.state = os.path.join(folder, "state")
        self.trades = os.path.join(folder, "trades.csv")
        self.options = list(options)
        os.makedirs(folder, exist_ok=True)
        self.log = open(os.path.join(folder, "sim.log"), "w")
        self.sim = subprocess.Popen(
            [binary, "sim", "--listen", "unix:" + self.socket, "--scene", f"busy:{symbols}", "--seed", str(seed),
             "--start", "2025-06-01T12:00:00Z", "--speed", "max", "--tick", "100ms", "--latency", latency,
             "--for", length, "--trades", self.trades] + list(options), stdout=self.log, stderr=self.log)
        self.engine = None

    def start(self):
        env = dict(os.environ, EXITBRAIN_ORDERS_ABSENT_AFTER="100ms")
        out = open(os.path.join(self.folder, "engine.out"), "a")
        self.engine = subprocess.Popen(
            [self.binary, "run", "--venue", "unix:" + self.socket, "--state", self.state,
             "--policies", os.path.join(os.environ["EB_ROOT"], "examples/fixed_ladder")],
            stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=env)

    def kill(self):
        self.engine.send_signal(signal.SIGKILL)
        self.engine.wait()

    def over(self):
        return self.sim.poll() is not None

    def wait(self, limit):
        """Until the exchange has ended by itself; False when it has not in time."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self.over():
                return True
            if self.engine and self.engine.poll() is not None:
                return self.over() or self._last_chance()
            time.sleep(0.02)
        return False

    def _last_chance(self):
        time.sleep(0.5)
        return self.over()

    def close(self):
        for process in (self.engine, self.sim):
            if process and process.poll() is None:
                process.kill()
                process.wait()
        self.log.close()

    def fills(self):
        """What matters of all fills of ours: how often each happened."""
        with open(self.trades, newline="") as f:
            rows = [r for r in csv.DictReader(f)]
        wanted = ("symbol", "side", "leg", "purpose", "quantity", "price")
        return collections.Counter(tuple(r[k] for k in wanted) for r in rows if r["client_id"]), len(rows)

    def events(self, *names):
        path = os.path.join(self.state, "engine.log")
        found = []
        if os.path.exists(path):
            with open(path) as f:
                for line in f:
                    try:
                        event = json.loads(line)
                    except ValueError:
                        continue  # cut off by the kill
                    if event.get("event") in names:
                        found.append(event)
        return found


STAGES = ("while starting", "nothing under way", "sent and filled, nothing of it recorded",
          "sent and filled, the order recorded", "resting at the exchange, not recorded",
          "recorded, no answer known: asked", "another system traded, not recorded")


def stages(scene, kills):
    """How far each killed engine had come, by what the start after it found."""
    found = collections.Counter()
    after = None
    for e in scene.events("recovery.done", "recovery.compared"):
        if e["event"] == "recovery.done":
            after = e["journal"] != "new"
        elif after and e["connects"] == 1:
            after = None
            which = [i for i, key in ((2, "trades_ours"), (3, "fills"), (4, "orders"), (5, "unanswered"),
                                      (6, "trades_foreign")) if e[key]]
            found[STAGES[which[0] if which else 1]] += 1
    found[STAGES[0]] += max(0, kills - sum(found.values()))
    return found


def uninterrupted(binary, folder, seed, **kw):
    scene = Scene(binary, folder, seed, **kw)
    try:
        scene.start()
        began = time.monotonic()
        if not scene.wait(120):
            raise RuntimeError("the uninterrupted run did not end")
        return scene.fills(), time.monotonic() - began
    finally:
        scene.close()


def interrupted(binary, folder, seed, kills, span, **kw):
    """Kills at random moments of a run that takes `span` seconds by itself. -> fills, kills done, stages."""
    chance = random.Random(seed * 1000 + 7)
    scene = Scene(binary, folder, seed, **kw)
    done = 0
    try:
        while not scene.over():
            scene.start()
            if done == kills:
                if not scene.wait(180):
                    raise RuntimeError("the interrupted run did not end")
                break
            time.sleep(chance.uniform(0.02, min(0.5 * span, 1.5 * span / kills + 0.05)))
            if scene.over():
                break
            scene.kill()
            done += 1
        return scene.fills(), done, stages(scene, done)
    finally:
        scene.close()
