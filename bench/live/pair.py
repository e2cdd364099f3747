# SPDX-License-Identifier: Apache-2.0
"""A simulated exchange and its engine as two processes, and the engine's answers.

    exitbrain sim  <-- unix socket --  exitbrain run --state DIR  <-- control socket -- Engine.ask
"""
import json
import os
import socket
import subprocess
import sys
import time

GIVE_UP_S = 120


class Engine:
    """A running engine, asked over its control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(GIVE_UP_S)
        self.socket.connect(path)
        self.rest = b""
        self.number = 0

    def ask(self, command):
        self.number += 1
        question = {"v": 1, "id": str(self.number), "cmd": command, "args": {"want": "doc"}}
        self.socket.sendall(json.dumps(question).encode() + b"\n")
        while b"\n" not in self.rest:
            more = self.socket.recv(1 << 20)
            if not more:
                raise ConnectionError("the engine closed the control socket")
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        answer = json.loads(line)
        if not answer["ok"]:
            raise RuntimeError(answer["error"])
        return answer["doc"]


class Pair:
    """Both processes in a folder of their own; settings are configuration keys as environment variables."""

    def __init__(self, binary, folder, scene, sim_options=(), settings=None):
        os.makedirs(folder)
        self.folder, self.binary = folder, binary
        self.venue = os.path.join(folder, "venue.sock")
        self.state = os.path.join(folder, "state")
        self.environment = dict(os.environ, XDG_STATE_HOME=folder, **(settings or {}))
        self.engine = None
        self.sim = self.start("sim", ["--listen", "unix:" + self.venue, "--scene", scene, *sim_options])
        self.wait_for(self.venue, self.sim)

    def start(self, command, options):
        with open(os.path.join(self.folder, command + ".said"), "ab") as said:
            return subprocess.Popen([self.binary, command, *options], stdout=said, stderr=said,
                                    stdin=subprocess.DEVNULL, env=self.environment)

    def wait_for(self, path, process):
        until = time.monotonic() + GIVE_UP_S
        while not os.path.exists(path):
            self.must_live(process, until)

    def must_live(self, process, until):
        if process.poll() is not None or time.monotonic() > until:
            sys.exit(f"a process ended or does not answer: see {self.folder}/*.said")
        time.sleep(0.001)

    def run(self, options=()):
        """Starts the engine: the moment of its exec, and the engine once it answers."""
        began = time.monotonic()
        self.engine = self.start("run", ["--venue", "unix:" + self.venue, "--state", self.state, *options])
        control = os.path.join(self.state, "control.sock")
        self.wait_for(control, self.engine)
        while True:
            try:
                return began, Engine(control)
            except (ConnectionRefusedError, FileNotFoundError):
                self.must_live(self.engine, began + GIVE_UP_S)

    def end(self, process):
        if process is not None and process.poll() is None:
            process.terminate()
            process.wait(GIVE_UP_S)

    def end_all(self):
        self.end(self.engine)
        self.end(self.sim)
