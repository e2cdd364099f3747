# SPDX-License-Identifier: Apache-2.0
"""A simulated exchange and an engine as people run them: two processes, a state directory, commands from outside."""
import json
import os
import shutil
import signal
import subprocess
import time

BIN = os.environ["EB_BIN"]
ROOT = os.environ["EB_ROOT"]
FAILED = 0


def case(name, good, detail=""):
    global FAILED
    print(("ok " if good else "not ok ") + name, flush=True)
    if not good:
        FAILED = 1
        print("#", detail, flush=True)
    return good


def until(what, seconds=20.0, every=0.05):
    """The first true value of what(), or the last one when the time is over."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value or time.monotonic() > end:
            return value
        time.sleep(every)


class Rig:
    def __init__(self, folder, scene="still:3", seed=1, sim=(), policies="policies"):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.socket = os.path.join(folder, "v.sock")
        self.state = os.path.join(folder, "state")
        self.policies = os.path.join(folder, "set")
        shutil.copytree(os.path.join(ROOT, policies), self.policies)
        self.out = open(os.path.join(folder, "out"), "a")
        self.engine = self.sim = None
        self.start_sim(scene, seed, sim)

    def start_sim(self, scene, seed, options=()):
        self.sim = subprocess.Popen(
            [BIN, "sim", "--listen", "unix:" + self.socket, "--scene", scene, "--seed", str(seed), *options],
            stdout=self.out, stderr=self.out, stdin=subprocess.DEVNULL)
        until(lambda: os.path.exists(self.socket))

    def start(self, options=(), env=None, prefix=(), config=None, wait=True):
        given = ["--policies", self.policies] if config is None else ["--config", config]
        self.engine = subprocess.Popen(
            [*prefix, BIN, "run", "--venue", "unix:" + self.socket, "--state", self.state, *given, *options],
            stdout=self.out, stderr=self.out, stdin=subprocess.DEVNULL, env=dict(os.environ, **(env or {})))
        if wait:
            until(lambda: self.status().get("venue", {}).get("stage") == "running" or self.engine.poll() is not None)

    def command(self, *words):
        """Exit status and what was printed."""
        done = subprocess.run([BIN, *words, "--state", self.state], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def ask(self, *words):
        status, said = self.command(*words, "--json")
        try:
            return json.loads(said)
        except ValueError:
            return {"status": status, "said": said}

    def status(self):
        return self.ask("status")

    def hand(self, *words):
        done = subprocess.run([BIN, "hand", "--venue", self.socket, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=20)
        if done.returncode:
            print("# hand", words, done.stdout)
        return done.returncode

    def findings(self):
        doc = self.ask("doctor")
        return [f for f in doc.get("findings", []) if f.get("severity") == "bad"]

    def edit(self, name, old, new):
        """As an editor saves: a new file that takes the old one's place."""
        path = os.path.join(self.policies, name)
        with open(path) as f:
            text = f.read()
        assert old in text, (name, old)
        with open(path + "~", "w") as f:
            f.write(text.replace(old, new, 1))
        os.rename(path + "~", path)

    def stop(self, number=signal.SIGTERM):
        if self.engine and self.engine.poll() is None:
            self.engine.send_signal(number)
            try:
                self.engine.wait(20)
            except subprocess.TimeoutExpired:
                self.engine.kill()
                self.engine.wait()
        return self.engine.returncode if self.engine else None

    def close(self):
        self.stop()
        if self.sim.poll() is None:
            self.sim.terminate()
            try:
                self.sim.wait(10)
            except subprocess.TimeoutExpired:
                self.sim.kill()
                self.sim.wait()
        self.out.close()

    def tail(self, lines=15):
        with open(os.path.join(self.folder, "out")) as f:
            return "".join(f.readlines()[-lines:])
