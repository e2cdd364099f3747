#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`exitbrain backtest` with examples/fixed_ladder against ladder.py, which shares no code with it: every exit, price,
quantity, fee, pnl and r must be the same text. Also: the same run twice gives the same bytes, and so does a walk
without the short cut for quiet bars (--no-quiet).

Data flow: bars (generated months; small random markets; real months below EXITBRAIN_DATA) -> both -> one line a case.
"""
import json, os, random, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT, BIN = os.environ["EB_ROOT"], os.environ["EB_BIN"]
HERE = os.path.dirname(os.path.abspath(__file__))
MARKETS = int(os.environ.get("EB_REFERENCE_MARKETS", "200"))
START = 1_700_000_400_000  # ms, a full minute

# name: options of both programs
VARIATIONS = {
    "as shipped": [],
    "long": ["--entries", "every:240,side=long"],
    "short": ["--entries", "every:240,side=short"],
    "favourable path": ["--path", "favourable"],
    "slippage and fees": ["--slippage-bps", "3", "--fee-taker-bps", "4.5"],
    "narrow stop, early trail, two thresholds": [
        "--set", "stop_pct=0.6", "--set", "legs={{0.5,15},{1,20},{2,30}}",
        "--set", "trail={activation_r=0.5,callback_pct=0.5,tighten={{1,0.35},{2.5,0.2}}}"],
    "trail at once, short": [
        "--entries", "every:60,side=short,notional=777", "--set",
        "trail={activation_r=0,callback_pct=0.9,tighten={{0.5,0.6}}}"],
    "no ratchet, no trail": ["--set", "ratchet=false", "--set", "trail=false", "--entries", "every:17"],
    "ratchet without trail, long": ["--set", "trail=false", "--entries", "every:240,side=long"],
    "runner without targets to the end": ["--set", "legs={{1,25},{3,25}}"],
}
# Real months: symbol of the file -> tick and step of its time.
GRIDS = dict(ALGOUSDT=("0.0001", "0.1"), AVAXUSDT=("0.001", "1"), BTCUSDT=("0.1", "0.001"), DOGEUSDT=("0.00001", "1"),
             DOTUSDT=("0.001", "0.1"), ETHUSDT=("0.01", "0.001"), FILUSDT=("0.001", "0.1"), NEARUSDT=("0.001", "1"),
             SOLUSDT=("0.01", "1"), XRPUSDT=("0.0001", "0.1"))
failed = False


def report(name, problem):
    global failed
    failed = failed or bool(problem)
    print(("not ok " if problem else "ok ") + name, flush=True)
    if problem:
        print(problem)


def engine(arguments, out):
    policy = [] if "--policies" in arguments else ["--policies", ROOT + "/examples/fixed_ladder"]
    done = subprocess.run([BIN, "backtest", *policy, *arguments, "--json", out], capture_output=True, text=True)
    return "" if done.returncode == 0 else f"exitbrain: status {done.returncode}: {done.stderr.strip()[-300:]}"


def ladder(arguments, out):
    done = subprocess.run([sys.executable, HERE + "/ladder.py", *arguments, "--json", out], capture_output=True,
                          text=True)
    return "" if done.returncode == 0 else f"ladder.py: {done.stderr.strip()[-300:]}"


def difference(arguments, folder):
    """(what differs or "", why both refuse or "", episodes)."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        return difference_in(arguments, own + "/engine.json", own + "/ladder.json")


def difference_in(arguments, mine, theirs):
    arguments = arguments if "--entries" in arguments else [*arguments, "--entries", "every:240"]
    one, two = engine(arguments, mine), ladder(arguments, theirs)
    if one or two:
        return ("" if one and two else one or two), (one if one and two else ""), []
    a, b = json.load(open(mine)), json.load(open(theirs))
    if a["bars"] != b["bars"]:
        return f"bars: {a['bars']} and {b['bars']}", "", []
    for x, y in zip(a["episodes"], b["episodes"]):
        if x != y:
            return f"exitbrain {json.dumps(x)}\nladder.py {json.dumps(y)}\n{arguments}", "", []
    count = len(a["episodes"]), len(b["episodes"])
    return ("" if count[0] == count[1] else f"episodes: {count[0]} and {count[1]}"), "", a["episodes"]


def write(path, rows, scale, six):
    with open(path, "w") as out:
        for n, prices in enumerate(rows):
            opened = START + 60_000 * n
            texts = [f"{p // 10**scale}.{p % 10**scale:0{scale}d}" for p in prices]
            tail = ["1"] if six else ["1", str(opened + 59_999), "1", "1", "1", "1", "0"]
            print(opened, *texts, *tail, sep=",", file=out)


def walk(seed, count, price, volatility, gaps):
    """A random walk: open, high, low, close as integers of the last place; now and then a gap or a flat bar."""
    chance, rows = random.Random(seed), []
    for _ in range(count):
        scale = price * volatility
        first = max(50, price + (int(chance.gauss(0, 4 * scale)) if chance.random() < gaps else 0))
        last = max(50, first + int(chance.gauss(0, scale)))
        high = max(first, last) + int(abs(chance.gauss(0, scale / 2)))
        low = max(40, min(first, last) - int(abs(chance.gauss(0, scale / 2))))
        if chance.random() < 0.02:
            first = last = high = low = price
        rows.append((first, max(first, high), min(first, low), last))
        price = last
    return rows


def every_way(name, base, folder):
    """All variations on one month; what was met is counted, so that a month without trails is not taken for a proof."""
    reasons, problem = set(), ""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda options: difference(base + options, folder), VARIATIONS.values()))
    for label, (what, refused, episodes) in zip(VARIATIONS, results):
        problem = problem or (f"{label}: {what or refused}" if what or refused else "")
        reasons |= {x["reason"] for episode in episodes for x in episode["exits"]}
    missing = {"target", "stop", "trailing"} - reasons
    report(f"reference {name}", problem or (f"no exit by {', '.join(sorted(missing))}" if missing else ""))


def generated(folder):
    months = ((1, 250_700, 0.0011, "0.001", "1"), (2, 9_500_000, 0.0008, "0.1", "0.001"),
              (3, 61_230, 0.0015, "0.0005", "0.1"))
    for seed, price, volatility, tick, step in months:
        scale = {"0.001": 3, "0.1": 2, "0.0005": 4}[tick]
        path = f"{folder}/GEN{seed}USDT-1m-made.csv"
        write(path, walk(seed, 43_200, price, volatility, 0.001), scale, six=seed % 2 == 0)
        every_way(f"generated month, seed {seed}", ["--klines", path, "--tick", tick, "--step", step], folder)


def small_market(seed, folder):
    """Coarse grids, tiny positions, gaps: where rounding, merging and parking decide."""
    chance, path = random.Random(seed), f"{folder}/SMALL{seed}USDT-1m-made.csv"
    price, volatility = chance.choice((300, 1000, 5000, 40_000)), chance.choice((0.002, 0.005, 0.01))
    write(path, walk(seed, chance.randint(2, 300), price, volatility, 0.1), 2, six=chance.random() < 0.5)
    stop = chance.choice(("0.5", "1.5", "3", "1.23456") if price > 1000 else ("3", "5.4321"))
    tick = chance.choice([t for t in ("0.01", "0.05", "0.1") if float(t) * 4 <= price / 100 * float(stop) / 100] or
                         ["0.01"])
    size = chance.choice((3, 7, 40, 900))  # steps of the least quantity that a position holds, about
    step, least = chance.choice((("0.1", "0.7"), ("1", "1"), ("0.001", "0"), ("1", "20")))
    notional = round(price / 100 * max(float(step), float(least)) * size * 1.7, 2)
    legs = chance.choice(("{{0.4,35},{0.8,35},{1.6,30}}", "{{0.2,5},{0.3,5},{1,90}}", "{{0.1,40},{0.12,40},{0.6,20}}",
                          "{{1,99}}", "{{0.05,50},{0.5,20}}", "{{0.5,33.3333},{1,33.3333},{1.5,33.3334}}"))
    trail = chance.choice(("false", "{activation_r=1,callback_pct=0.8,tighten={{1.4,0.5}}}",
                           "{activation_r=0,callback_pct=0.6}",
                           "{activation_r=0.5,callback_pct=2,tighten={{0.7,1},{1,0.1}}}"))
    return difference([
        "--klines", path, "--tick", tick, "--step", step, "--min-qty", least, "--path",
        chance.choice(("adverse", "favourable")), "--slippage-bps", chance.choice(("0", "2", "7.5")), "--entries",
        f"every:{chance.choice((1, 3, 7, 20))},leverage=1,notional={notional}", "--set", "stop_pct=" + stop, "--set",
        "legs=" + legs, "--set", "trail=" + trail, "--set", "ratchet=" + chance.choice(("true", "true", "false"))],
        folder)


def small_markets(folder):
    refused = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda seed: small_market(seed, folder), range(MARKETS)))
    for seed, (what, both_refuse, _) in enumerate(results):
        no_plan = "no legal stop" in what  # ladder.py has no built-in plan
        refused += no_plan or bool(both_refuse)
        if what and not no_plan:
            report(f"reference random market, seed {seed}", what)
            return
    report(f"reference {MARKETS} random markets", "" if refused * 5 <= MARKETS else f"{refused} were refused")


def real(folder):
    data = os.environ.get("EXITBRAIN_DATA", "")
    months = sorted(f for f in os.listdir(data + "/klines_1m") if f.endswith(".gz")) if data else []
    months = [f for f in months if f.split("-")[0] in GRIDS]
    if len(months) < 3:
        print("SKIPPED reference real months: EXITBRAIN_DATA names fewer than three")
        return
    for month in months if os.environ.get("EB_REFERENCE_ALL") else months[:4]:
        tick, step = GRIDS[month.split("-")[0]]
        base = ["--klines", f"{data}/klines_1m/{month}", "--tick", tick, "--step", step]
        every_way("real month " + month.split(".")[0], base, folder)


def same_bytes(folder):
    path = folder + "/GEN1USDT-1m-made.csv"
    base = ["--klines", path, "--tick", "0.001", "--step", "1", "--entries", "every:60"]
    shipped = ["--policies", ROOT + "/policies"]
    for name, options in (("fixed ladder", []), ("shipped policies", shipped), ("worst path", ["--path", "worst"])):
        files = [f"{folder}/{n}.json" for n in "abc"]
        problem = engine(base + options, files[0]) or engine(base + options, files[1]) or engine(
            base + options + ["--no-quiet"], files[2])
        texts = [open(f, "rb").read() for f in files] if not problem else []
        report(f"reference two runs are the same bytes, {name}", problem or ("" if texts[0] == texts[1] else "differ"))
        report(f"reference every bar walked in full gives the same bytes, {name}",
               problem or ("" if texts[0] == texts[2] else "differ"))


def main():
    done = subprocess.run([sys.executable, HERE + "/ladder.py", "--selftest"], capture_output=True, text=True)
    report("reference ladder.py agrees with the worked example", done.stderr if done.returncode else "")
    with tempfile.TemporaryDirectory() as folder:
        generated(folder)
        small_markets(folder)
        same_bytes(folder)
        real(folder)
    sys.exit(failed)


if __name__ == "__main__":
    main()
