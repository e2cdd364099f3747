# SPDX-License-Identifier: Apache-2.0
"""Tiny histories through `exitbrain backtest`, what came of them as lines of text, and the texts written by hand.

    bars, policy (Lua), options -> the program -> its JSON -> lines -> compared with what the rules say, ok or not ok
"""
import json, os, subprocess, sys, tempfile

BIN, ROOT = os.environ["EB_BIN"], os.environ["EB_ROOT"]
T0 = 1_699_999_200_000  # ms, a full hour: every time below is shown as milliseconds since then
MINUTE = 60_000
HEAD = 'local d = require "exitbrain.decision"\n'
failed = False


class Run:
    """One call of the program: document is None where it failed; log is what it said on standard error."""

    def __init__(self, status, document, log, raw):
        self.status, self.document, self.log, self.raw, self.csv = status, document, log, raw, []

    def episodes(self):
        if self.document is None:
            raise AssertionError(f"status {self.status}: {self.log.strip()}")
        return self.document["episodes"]

    def exits(self, fee=False, r=False):
        """One line an exit: `#id` where an episode begins, time, price, quantity, reason, and the leg of a target."""
        lines = []
        for e in self.episodes():
            for n, x in enumerate(e["exits"]):
                line = f"#{e['id']} " if n == 0 and len(self.episodes()) > 1 else ""
                line += f"{x['time_ms'] - T0} {x['price']} x {x['quantity']} {x['reason']}"
                line += f" {x['leg']}" if x["leg"] is not None else ""
                line += f" fee {x['fee']}" if fee else ""
                line += f" r {x['r']}" if r else ""
                lines.append(line)
        return lines

    def heads(self):
        return [f"{e['symbol'][:-4]} {e['side']} {e['opened_ms'] - T0}..{e['closed_ms'] - T0} entry {e['entry_price']}"
                f" x {e['quantity']} stop {e['initial_stop']} R {e['risk']}" for e in self.episodes()]

    def money(self):
        return [f"pnl {e['pnl']} fees {e['fees']} funding {e['funding']} r {e['r']}" for e in self.episodes()]

    def walked(self):
        return [f"mfe {e['mfe_r']} mae {e['mae_r']}" for e in self.episodes()]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as out:
        out.write(text)
    return path


def klines(rows, start=0):
    """rows: "open high low close"; None is a bar that is missing. Six columns, a minute each."""
    lines = []
    for n, row in enumerate(rows):
        if row is not None:
            lines.append(f"{T0 + start + n * MINUTE},{row.replace(' ', ',')},1")
    return "\n".join(lines) + "\n"


def backtest(rows, decide=None, *options, entries="every:1000,side=long", policies=None, files=None, environment=None,
             grid=("--tick", "0.1", "--step", "0.1")):
    """rows: of AAAUSDT, or {symbol: rows}. decide: the body of decide(ctx), or a whole init.lua that begins with
    `return` or `local`. files: {name: text} of the temporary directory; an option that begins with @ names one."""
    with tempfile.TemporaryDirectory() as folder:
        series = rows if isinstance(rows, dict) else {"AAAUSDT": rows}
        paths = [write(f"{folder}/{symbol}-1m.csv", klines(bars)) for symbol, bars in series.items()]
        for name, text in (files or {}).items():
            write(f"{folder}/{name}", text)
        if decide is not None:
            text = f'{HEAD}return {{ name = "case", version = "1", decide = function(ctx)\n{decide}\nend }}\n'
            policies = os.path.dirname(write(f"{folder}/set/init.lua", text))
        words = [BIN, "backtest", *(["--klines", *paths] if paths else []), *grid]
        words += ["--policies", policies or f"{ROOT}/examples/fixed_ladder"]
        words += ["--entries", entries if entries.startswith("every:") else write(f"{folder}/entries.csv", entries)]
        words += [f"{folder}/{o[1:]}" if o.startswith("@") else o for o in options]
        done = subprocess.run([*words, "--json", f"{folder}/out.json"], capture_output=True, text=True,
                              env={**os.environ, **(environment or {})})
        raw = open(f"{folder}/out.json").read() if done.returncode == 0 else None
        run = Run(done.returncode, json.loads(raw) if raw else None, done.stderr, raw)
        if os.path.exists(f"{folder}/out/episodes.csv"):
            run.csv = open(f"{folder}/out/episodes.csv").read().splitlines()
        return run


def entries(*rows):
    """rows: "time symbol side quantity leverage [strategy]", time in ms since T0."""
    lines = ["time_ms,symbol,side,quantity,leverage,strategy_id"]
    for row in rows:
        time, symbol, *rest = row.split()
        lines.append(",".join([str(T0 + int(time)), symbol + "USDT", *rest] + ([""] if len(rest) == 3 else [])))
    return "\n".join(lines) + "\n"


def same(got, wanted):
    """Lines of text, or a text with one a line: what differs as an error."""
    wanted = [line.strip() for line in wanted.strip().splitlines()] if isinstance(wanted, str) else wanted
    if got != wanted:
        raise AssertionError("\n  got    " + "\n         ".join(got) + "\n  wanted " + "\n         ".join(wanted))


def refused(run, *words):
    """Status 2 and a message that has all these words."""
    if run.status != 2 or any(w not in run.log for w in words):
        raise AssertionError(f"status {run.status}, wanted 2 and {words}: {run.log.strip()}")


def main(cases):
    """Runs every function whose name begins with `case_`, in order; the name is the result line's."""
    for name, case in list(cases.items()):
        if not name.startswith("case_"):
            continue
        try:
            case()
            problem = None
        except AssertionError as error:
            problem = error
        print(f"{'not ok' if problem else 'ok'} backtest {name[5:].replace('_', ' ')}", flush=True)
        if problem:
            print(problem)
            global failed
            failed = True
    sys.exit(1 if failed else 0)
