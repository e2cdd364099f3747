# SPDX-License-Identifier: Apache-2.0
"""Backtests of the shipped set over every real month, as Markdown tables.

    profiles.py DATA      DATA/klines_1m, DATA/exchange, DATA/funding_mark; EB_ROOT, EB_BUILD

Data flow: one run per case -> episodes -> groups (regime, profile, symbol, exit) -> lines of a table.
Nothing is chosen by its result: every case that is listed here is printed.
"""
import collections
import glob
import json
import os
import subprocess
import sys
import tempfile

ROOT, BUILD, DATA = os.environ["EB_ROOT"], os.environ["EB_BUILD"], sys.argv[1]
KLINES = sorted(glob.glob(DATA + "/klines_1m/*.csv.gz"))
FUNDING = sorted(glob.glob(DATA + "/funding_mark/*funding_rate*.csv.gz"))
FILTERS = sorted(glob.glob(DATA + "/exchange/fapi_exchangeInfo_demo*.json.gz"))
BRACKETS = sorted(glob.glob(DATA + "/exchange/leverage_tiers*.json.gz"))
ENTRIES = "every:240"
SETS = ["default", "V3_FAITHFUL"]
PINNED = ["TREND", "RANGE", "VOLATILE", "CHOP", "NORMAL", "CHALLENGE_100"]
PATHS = ["adverse", "worst", "favourable"]
REGIMES = ["TREND", "RANGE", "VOLATILE", "CHOP", "NORMAL"]
REASONS = ["target", "stop", "trailing", "policy", "emergency", "liquidation", "end_of_data"]


def backtest(title, name, path="adverse"):
    """The document of one run; name: "default", or what EXIT_BRAIN_PROFILE says."""
    print(title, file=sys.stderr, flush=True)
    environment = dict(os.environ) if name == "default" else dict(os.environ, EXIT_BRAIN_PROFILE=name)
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        done = subprocess.run([BUILD + "/exitbrain", "backtest", "--klines", *KLINES, "--instruments", *FILTERS,
                               "--brackets", *BRACKETS, "--funding", *FUNDING, "--entries", ENTRIES, "--path", path,
                               "--json", out.name], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{title}: {done.stderr.strip()}")
        return json.load(open(out.name))


class Sum:
    """What a group of episodes comes to."""

    def __init__(self, episodes):
        self.count = len(episodes)
        self.r = [float(e["r"]) for e in episodes]
        self.fees = self.fees_r = self.funding = 0.0
        self.exits = collections.Counter()
        for e in episodes:
            self.fees += float(e["fees"])
            self.fees_r += float(e["fees"]) / (float(e["risk"]) * float(e["quantity"]))
            self.funding += float(e["funding"])
            self.exits.update(x["reason"] for x in e["exits"])

    def figures(self):
        """Episodes, wins, sum of R, mean R, R before fees, fees in R."""
        if self.count == 0:
            return ["0", "", "", "", "", ""]
        total = sum(self.r)
        wins = 100 * sum(r > 0 for r in self.r) / self.count
        return [f"{self.count:,}", f"{wins:.1f}", f"{total:+.1f}", f"{total / self.count:+.3f}",
                f"{(total + self.fees_r) / self.count:+.3f}", f"{self.fees_r / self.count:.3f}"]

    def reasons(self, known):
        return [f"{self.exits[reason]:,}" for reason in known]


FIGURES = ["episodes", "win %", "sum R", "mean R", "before fees", "fees"]


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|---|" + "---:|" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def reasons_of(documents):
    met = {x["reason"] for d in documents for e in d["episodes"] for x in e["exits"]}
    return [r for r in REASONS if r in met] + sorted(met - set(REASONS))


def by(key, document):
    groups = collections.defaultdict(list)
    for e in document["episodes"]:
        groups[key(e)].append(e)
    return groups


def overall(runs):
    known = reasons_of(runs.values())
    rows = []
    for (name, path), document in runs.items():
        s = Sum(document["episodes"])
        summary = document["summary"]
        rows.append([f"{name}, {path}", *s.figures(), f"{s.fees:.0f}", f"{s.funding:.2f}",
                     f"{float(summary['net']):+.0f}", *s.reasons(known)])
    table(["set, path", *FIGURES, "fees, USDT", "funding", "net", *known], rows)


def grouped(label, key, order, runs, name):
    document = runs[name, "adverse"]
    known, groups = reasons_of([document]), by(key, document)
    rows = []
    for value in order or sorted(groups):
        s = Sum(groups.get(value, []))
        rows.append([str(value), *s.figures(), *s.reasons(known)])
    table([f"{name}: {label}", *FIGURES, *known], rows)


def sold(episode):
    """How much, where and why. Not when: in another order of extremes a bar has its times in another order as well."""
    return [(x["price"], x["quantity"], x["reason"]) for x in episode["exits"]]


def paths(runs):
    """Entries come every four hours where nothing is open, so that a longer episode also takes the place of others."""
    rows = []
    for name in SETS:
        first = {(e["symbol"], e["opened_ms"], e["side"]): e for e in runs[name, "adverse"]["episodes"]}
        for path in PATHS[1:]:
            other = {(e["symbol"], e["opened_ms"], e["side"]): e for e in runs[name, path]["episodes"]}
            both = first.keys() & other.keys()
            differ = [k for k in both if sold(first[k]) != sold(other[k])]
            change = sum(float(other[k]["r"]) - float(first[k]["r"]) for k in both) / len(both)
            rows.append([f"{name}, {path}", f"{len(both):,}", f"{100 * len(differ) / len(both):.1f}", f"{change:+.4f}",
                         str(len(first) - len(both)), str(len(other) - len(both))])
    table(["against adverse", "episodes in both", "exits differ, %", "mean R differs", "only adverse", "only this"],
          rows)


def matrix(documents):
    """Mean R of each pinned profile where the market was last called so."""
    rows = []
    for name, document in documents.items():
        groups = by(lambda e: e["regime"], document)
        cells = []
        for regime in REGIMES:
            s = Sum(groups.get(regime, []))
            cells.append(f"{sum(s.r) / s.count:+.3f} ({s.count})" if s.count else "")
        rows.append([name, *cells, *Sum(document["episodes"]).figures()])
    table(["profile", *REGIMES, *FIGURES], rows)


def regimes():
    print("regimes", file=sys.stderr, flush=True)
    done = subprocess.run(["lua5.4", ROOT + "/tests/reference/regimes.lua", *KLINES], capture_output=True, text=True,
                          env=dict(os.environ, LUA_CPATH=BUILD + "/?.so;;"))
    rows, head = [], None
    for line in done.stdout.splitlines():
        words = line.split()
        if words and words[-1] == "changes/day":
            if head:
                table(head, rows)
            head, rows = [words[0], *words[1:-1], "changes a day"], []
        elif words and words[0] not in ("ok", "not"):
            rows.append(words)
    if not head:
        sys.exit(f"regimes: {done.stderr.strip()}")
    table(head, rows)


HEAD = """# Results over real months

What the shipped policies do to ten months of one-minute bars of ten USDT perpetuals, 2023 to 2026 ({bars:,} bars).
It says how the engine and the figures behave. It is no statement about money to be earned: **positions are opened by
the clock**, every four hours where a symbol has none, LONG and SHORT in turn, 1,000 USDT at 10x, without any signal.
No figure of the set was chosen by these tables.

    EXITBRAIN_DATA=DIR bench/profiles.sh >docs/RESULTS.md

Commit {commit}, set `{hash}` ({name} {version}). Each run is

    exitbrain backtest --klines DIR/klines_1m/*.csv.gz
        --instruments {filters}
        --brackets {brackets}
        --funding DIR/funding_mark/*funding_rate*.csv.gz --entries {entries} --path PATH

with `EXIT_BRAIN_PROFILE` as named. Fees are 4 bps taker and 2 bps maker, slippage is 0, filters are those of November
2025, funding is known for {funding} of the ten symbols. R is what the first stop risks; `r` is after fees and funding.
A regime or profile is the one that an episode ended with; exits are counted, not episodes.

"""


def git(*words):
    return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True).stdout.strip()


def version():
    text = open(ROOT + "/policies/init.lua").read()
    return [text.split(f'{key} = "')[1].split('"')[0] for key in ("name", "version")]


def main():
    if not KLINES or len(FILTERS) != 1 or len(BRACKETS) != 1:
        sys.exit(f"{DATA}: needs klines_1m/*.csv.gz, exchange/fapi_exchangeInfo_demo*, exchange/leverage_tiers*")
    runs = {(name, path): backtest(f"{name}, {path}", name, path) for name in SETS for path in PATHS}
    pinned = {name: backtest(f"pinned {name}", name) for name in PINNED}
    document = runs["default", "adverse"]
    name, number = version()
    print(HEAD.format(bars=document["bars"], commit=git("rev-parse", "--short", "HEAD"), entries=ENTRIES,
                      hash=document["policy_sha256"][:16], name=name, version=number, funding=len(FUNDING),
                      filters="DIR/exchange/" + os.path.basename(FILTERS[0]),
                      brackets="DIR/exchange/" + os.path.basename(BRACKETS[0])), end="")
    print("## The whole\n")
    overall(runs)
    print("`before fees` and `fees` are means in R as well. `worst` asks both orders of a bar's extremes about each\n"
          "entry of the adverse run, and takes the answer that is worse.\n")
    for title, key, order in (("Per regime", lambda e: e["regime"], REGIMES), ("Per profile", lambda e: e["profile"],
                                                                             None),
                              ("Per symbol", lambda e: e["symbol"], None), ("Per side", lambda e: e["side"], None)):
        print(f"## {title}\n")
        for which in SETS:
            grouped(title[4:], key, order, runs, which)
    print("## One profile for everything\n\nMean R, and how many episodes; regimes as the set calls them.\n")
    matrix(pinned)
    print("## What the order of a bar's extremes decides\n")
    paths(runs)
    print("## Regimes\n\nPercent of all minutes after the first warm bar, and changes a day "
          "([REGIMES.md](REGIMES.md) says why).\n")
    regimes()


main()
