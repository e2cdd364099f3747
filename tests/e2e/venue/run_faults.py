# SPDX-License-Identifier: Apache-2.0
"""Lives of positions under faults, over real sockets; a table at the end.

    run_faults.py FOLDER TABLE [NAME...]      several exchanges, each with an engine of its own, share the cases
"""
import os
import queue
import sys
import threading
import time

import faults
import rig
from rig import Engine, Exchange, audit, e8, until

WORKERS = 8  # of each way that orders take
SLOW = ("not executed", "request", "-1015", "cut while", "limit", "ban", "deaf")  # these first: the others fill up
SYMBOLS = {"BTCUSDT": ("0.04", "0.1"), "ETHUSDT": ("1.2", "0.01"), "SOLUSDT": ("24", "0.01"),
           "XRPUSDT": ("1800", "0.0001"), "DOGEUSDT": ("20000", "0.00001"), "AVAXUSDT": ("200", "0.001")}
STEP = {s: e8(step) for s, step in (("BTCUSDT", "0.001"), ("ETHUSDT", "0.001"), ("SOLUSDT", "0.1"), ("XRPUSDT", "0.1"),
                                    ("DOGEUSDT", "1"), ("AVAXUSDT", "1"))}


def text(e):
    return "%d.%08d" % (e // 10 ** 8, e % 10 ** 8)


class Failed(Exception):
    pass


class Watch(threading.Thread):
    """How long the position had no stop at the exchange, as the exchange has it."""

    def __init__(self, exchange, symbol):
        super().__init__(daemon=True)
        self.exchange, self.symbol = exchange, symbol
        self.unprotected = 0.0
        self.over = threading.Event()

    def run(self):
        bare = None
        while not self.over.wait(0.1):
            state = self.exchange.state()
            open_ = any(p["symbol"] == self.symbol for p in state["positions"])
            now = time.monotonic()
            if open_ and not self.exchange.stops(self.symbol, state):
                self.unprotected += now - bare if bare else 0
                bare = now
            else:
                bare = None


class Life:
    def __init__(self, worker, case, number):
        self.x, self.e, self.case = worker.exchange, worker.engine, case
        self.symbol = list(SYMBOLS)[number % len(SYMBOLS)]
        self.quantity, self.tick = SYMBOLS[self.symbol]
        self.side = ("LONG", "SHORT")[number // len(SYMBOLS) % 2]
        self.up = 1 if self.side == "LONG" else -1
        self.seconds = self.attempts = 0
        self.relief = None
        self.step = "begin"

    def wait(self, what, why):
        if not until(what, self.case.patience):
            raise Failed("%s: not %s within %g s" % (self.step, why, self.case.patience))

    def go(self, step):
        """The next step, with the fault."""
        self.step = step
        if self.relief:
            self.relief.join()
            self.relief = None
        with open(os.path.join(self.e.folder, "steps"), "a") as f:
            print("%.3f %s: %s %s" % (time.time(), self.case.name, self.symbol, step), file=f)
        self.x.sim("clear")
        if step in self.case.at:
            for verb, args in self.case.verbs:
                self.do(verb, args)
            if self.case.relief:
                seconds, verb, args = self.case.relief
                self.relief = threading.Timer(seconds, self.do, (verb, args))
                self.relief.start()

    def do(self, verb, args):
        args = args(self) if callable(args) else args
        if verb == "signed":
            said = self.x.signed(**args)
            if "code" in said:
                raise Failed("%s: %s" % (args["path"], said))
        else:
            self.x.sim(verb, **args)

    def part(self, divisor, factor=1):
        """Of the quantity, in steps of it that every symbol has."""
        return text(e8(self.quantity) * factor // divisor // STEP[self.symbol] * STEP[self.symbol])

    def steps(self, n):
        return text(n * STEP[self.symbol])

    def to(self, *levels):
        """The price goes to the mean of levels, cut to the tick."""
        tick = e8(self.tick)
        e = sum(e8(level) for level in levels) // len(levels) // tick * tick
        self.x.price(self.symbol, text(e))

    def plan(self):
        p = self.e.position(self.symbol)
        return p if p.get("decided") and p.get("stop") else None

    def is_flat(self):
        return self.x.position(self.symbol) == 0

    def take_target(self):
        plan = self.plan()
        before = abs(self.x.position(self.symbol))
        rests = [o for o in self.x.state()["orders"] if o["symbol"] == self.symbol and not o["algo"] and rig.is_ours(o)]
        part = sum(e8(o["quantity"]) for o in rests)
        self.go("target")
        beyond = e8(plan["target"]) + self.up * 3 * e8(self.tick)
        self.x.price(self.symbol, text(beyond))
        self.wait(lambda: abs(self.x.position(self.symbol)) < before, "reduced at the target")
        left = lambda: e8(self.plan()["left"]) if self.plan() else 0
        self.wait(lambda: left() == abs(self.x.position(self.symbol)), "known with what is left")
        if part and abs(self.x.position(self.symbol)) != before - part:
            raise Failed("target: %d e-8 were to be sold, %d were" % (part, before - abs(self.x.position(self.symbol))))

    def live(self):
        self.go("open")
        self.x.open(self.symbol, self.side, self.quantity)
        self.wait(lambda: self.x.stops(self.symbol), "protected")
        self.wait(self.plan, "decided")
        self.take_target()
        self.wait(lambda: self.x.stops(self.symbol), "protected")
        plan = self.plan()
        self.go("stop")
        began = time.monotonic()
        if self.case.close == "backstop":
            beyond = e8(plan["backstop"]) - self.up * 3 * e8(self.tick)
            self.x.price(self.symbol, text(beyond))
        else:
            self.to(plan["stop"], plan["backstop"])
        self.wait(self.is_flat, "flat")
        self.seconds = time.monotonic() - began
        self.go("after")
        self.wait(lambda: not self.e.position(self.symbol), "known to be flat")
        self.wait(lambda: not [o for o in self.x.state()["orders"]
                               if o["symbol"] == self.symbol and o["status"] != "TRIGGERING"], "free of orders")
        wrong = audit(self.x, self.e)
        if wrong:
            raise Failed("; ".join(wrong))

    def run(self):
        watch = Watch(self.x, self.symbol)
        before = len(self.e.log("order.submitted"))
        struck = self.x.state()["struck"]
        watch.start()
        why = ""
        try:
            self.live()
            now = self.x.state()["struck"]
            idle = [n for n in self.case.struck if now.get(n, 0) == struck.get(n, 0)]
            why = "%s never struck" % ", ".join(idle) if idle else ""
        except (Failed, OSError, RuntimeError, KeyError, ValueError, TypeError) as e:
            why = str(e) if isinstance(e, Failed) else "%s: %r" % (self.step, e)
        watch.over.set()
        watch.join()
        self.attempts = len(self.e.log("order.submitted")) - before
        self.unprotected = watch.unprotected
        return why

    def clean(self):
        """After a failure: the next life begins without this one's remains."""
        self.x.sim("clear")
        self.x.sim("close", symbol=self.symbol, refusal=True)
        until(lambda: not self.e.position(self.symbol), 20)


class Worker(threading.Thread):
    def __init__(self, folder, number, by, cases, table):
        super().__init__(daemon=True)
        self.folder, self.number, self.by = os.path.join(folder, "%s%d" % (by, number)), number, by
        self.cases, self.table = cases, table

    def run(self):
        self.exchange = Exchange(self.folder, "--no-limits", "--balance", "1000000")
        self.engine = Engine(self.exchange, self.folder, binance={"recv_window": "1500ms", "timeout": "1500ms",
                                                                 "orders_by": "rest" if self.by == "rest" else "auto"},
                             orders={"absent_after": "2500ms"}, cycle={"interval": "1s"},
                             account={"snapshot_interval": "5s"}, log={"level": "debug"})
        try:
            if self.engine.begin():
                self.work()
        finally:
            code = self.engine.stop()
            rig.case("%s %d ends well" % (self.by, self.number), code == 0, (code, self.engine.tail()))
            self.exchange.close()

    def work(self):
        number = self.number
        while True:
            try:
                case = self.cases.get_nowait()
            except queue.Empty:
                return
            life = Life(self, case, number)
            number += 1
            why = life.run()
            self.table.append((case.name, self.by, not why, life.seconds, life.attempts, life.unprotected))
            rig.case("%s (%s)" % (case.name, self.by), not why, (why, self.folder, life.symbol, self.engine.tail()))
            if why:
                life.clean()


def write_table(path, table):
    with open(path, "w") as f:
        f.write("%-58s %-4s %-3s %9s %8s %13s\n" % ("fault", "by", "ok", "flat in s", "orders", "unprotected s"))
        for name, by, ok, seconds, attempts, unprotected in sorted(table):
            f.write("%-58s %-4s %-3s %9.1f %8d %13.2f\n" %
                    (name, by, "yes" if ok else "NO", seconds, attempts, unprotected))


def main():
    folder, path, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    every = faults.ALONE + faults.PAIRS
    table, workers = [], []
    for by in ("ws", "rest"):
        mine = [c for c in every if by in c.by and (not names or any(n in c.name for n in names))]
        shared, own = queue.Queue(), [c for c in mine if c.alone]
        for case in sorted(mine, key=lambda c: not any(word in c.name for word in SLOW)):
            if not case.alone:
                shared.put(case)
        workers += [Worker(folder, i, by, shared, table) for i in range(min(WORKERS, shared.qsize()))]
        for i, case in enumerate(own):
            alone = queue.Queue()
            alone.put(case)
            workers.append(Worker(folder, WORKERS + i, by, alone, table))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    write_table(path, table)
    print(open(path).read().replace("\n", "\n# "))
    return rig.FAILED


if __name__ == "__main__":
    sys.exit(main())
