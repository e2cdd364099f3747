#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second calculation of the bar backtest for the policy set examples/fixed_ladder; it shares no code with the engine.

Data flow: kline files -> bars -> every:N entries -> Episode.move() over open, extremes and close -> one JSON document.

Prices, quantities, money and basis points are integers of 1e-8; r and fractions are integers of 1e-6 (MICRO).
A SHORT is walked in a mirror, its prices negated: for both sides "down" is then adverse, an entry and a stop round up,
a target and a market exit round down, and each rule is written once.

Left out on purpose: liquidation, funding, mark prices, adds, hedge mode, the built-in plan. Compare with leverage that
keeps liquidation away. `--selftest` checks the worked example of the specification number by number.
"""
import argparse, gzip, json, os, re, sys

E8, MICRO, BPS, MIN_STOP = 10**8, 10**6, 10**12, 2000          # MIN_STOP: 0.2 % of entry, in millionths


def dec(text):
    """Decimal text, not negative, to an integer of 1e-8."""
    whole, _, part = text.strip().partition(".")
    assert not part[8:].strip("0"), f"more than 8 decimals: {text}"
    return int(whole + part[:8].ljust(8, "0"))


def shortest(v):
    return "-" * (v < 0) + f"{abs(v) // E8}.{abs(v) % E8:08d}".rstrip("0").rstrip(".")


def ratio(num, den):
    """num / den with 6 decimals, half to even."""
    q, rest = divmod(abs(num) * MICRO, den)
    q += 2 * rest > den or (2 * rest == den and q % 2)
    return "-" * (num < 0 < q) + f"{q // MICRO}.{q % MICRO:06d}"


def down(num, den, grid):
    return num // (den * grid) * grid


def up(num, den, grid):
    return -down(-num, den, grid)


def ladder(size, legs, step, least):
    """(id, r, quantity) per leg: one too small joins the next, the last the one before; so does a small rest."""
    rows, whole = [[n, r, part] for n, (r, part) in enumerate(legs, 1)], sum(part for _, part in legs) == MICRO
    while rows:
        cut = [down(size * part, MICRO, step) for _, _, part in rows]
        cut[-1] += size - sum(cut) if whole else 0
        small = next((i for i, quantity in enumerate(cut) if quantity < least), None)
        if small is None or len(rows) == 1:
            cut[-1] += size - sum(cut) if size - sum(cut) < least else 0
            return [(n, r, quantity) for (n, r, _), quantity in zip(rows, cut) if quantity >= least]
        gone = rows.pop(small)
        rows[min(small, len(rows) - 1)][2] += gone[2]
    return []


class Episode:
    """One position from its entry at `ms` until nothing is left; prices inside are mirrored for a SHORT."""

    def __init__(self, o, ms, side, price, size):
        self.o, self.ms, self.side, self.size, self.left = o, ms, side, size, size
        self.peak = self.best = self.worst = side * price
        self.entry = up(side * price * BPS + price * o.slippage_bps, BPS, o.tick)
        self.floor = self.held = self.first_stop = up(self.entry * MICRO - abs(self.entry) * o.stop, MICRO, o.tick)
        self.risk, self.nearest = self.entry - self.floor, max(2 * o.tick * MICRO, abs(self.entry) * MIN_STOP)
        assert self.risk * MICRO >= self.nearest and self.floor < self.peak, f"entry at {ms}: no legal stop"
        self.legs = sorted((down(self.entry * MICRO + r * self.risk, MICRO, o.tick), n, quantity)
                           for n, r, quantity in ladder(size, o.legs, o.step, o.least))
        self.hit, self.exits, self.pnl, self.fees = [], [], 0, self.fee(self.entry, size)

    def fee(self, price, quantity):
        return -(-abs(price) * quantity * self.o.fee_taker_bps // 10**20)

    def stop(self):
        """The stop in force: plan and ratchet (floor), or the trail, which names the exit only if strictly tighter."""
        run = (self.peak - self.entry) * MICRO
        if self.o.trail and run >= self.o.trail[0][0] * self.risk:
            callback = [c for r, c in self.o.trail if run >= r * self.risk][-1]
            trail = up(self.peak * MICRO - abs(self.peak) * callback, MICRO, self.o.tick)
            if trail < self.peak:
                self.held = max(self.held, trail)        # what it has reached stays, also where rounding takes it back
        if self.held > self.floor:
            return self.held, "trailing"
        return self.floor, "stop"

    def fill(self, ms, level, quantity, reason, leg=None):
        price = down(level * BPS - abs(level) * self.o.slippage_bps, BPS, self.o.tick)
        fee, gain = self.fee(price, quantity), price - self.entry
        self.left, self.fees, self.pnl = self.left - quantity, self.fees + fee, self.pnl + gain * quantity // E8
        self.exits.append(dict(time_ms=ms, price=shortest(abs(price)), quantity=shortest(quantity), reason=reason,
                               leg=leg, r=ratio(gain, self.risk), fee=shortest(fee)))

    def ratchet(self, level, price):
        """To entry after the first leg, to the first leg's level after the next; never to a level already crossed."""
        self.hit.append(level)
        target = self.entry if len(self.hit) == 1 else self.hit[0]
        behind = down(price * MICRO - self.nearest, MICRO, self.o.tick)
        self.floor = max(self.floor, target if target < price else behind)

    def move(self, ms, a, b, gap=False):
        """Price travels from a to b: each level between fills at itself, at b where the travel is a gap."""
        (stop, reason), a, at = self.stop(), self.side * a, self.side * b
        due = [leg for leg in self.legs if a < leg[0] <= at]     # a leg at or behind a waits for price to come back
        if at <= stop:
            at = at if gap else stop
            self.fill(ms, at, self.left, reason)
        for level, n, quantity in due:
            price = at if gap else level
            self.legs.remove((level, n, quantity))
            self.fill(ms, price, quantity, "target", n)
            self.o.ratchet and self.ratchet(level, price)
            at = at if self.left else price
            self.observe(price)
        self.observe(at)
        self.best, self.worst = max(self.best, at), min(self.worst, at)

    def observe(self, price):
        """Where the path stops: peak, and what the trail reaches by it."""
        self.peak = max(self.peak, price)
        self.stop()

    def record(self):
        return dict(side="LONG" if self.side > 0 else "SHORT", opened_ms=self.ms, closed_ms=self.exits[-1]["time_ms"],
                    entry_price=shortest(abs(self.entry)), quantity=shortest(self.size),
                    initial_stop=shortest(abs(self.first_stop)), risk=shortest(self.risk), regime=None, profile=None,
                    exits=self.exits, pnl=shortest(self.pnl), fees=shortest(self.fees), funding="0",
                    r=ratio((self.pnl - self.fees) * E8, self.risk * self.size),
                    mfe_r=ratio(self.best - self.entry, self.risk), mae_r=ratio(self.worst - self.entry, self.risk))


def read(path):
    """Bars of one file: open time, length in ms (None without a close time), open, high, low, close."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as lines:
        rows = [line.split(",") for line in lines if line[0].isdigit()]
    unit = 1000 if int(rows[0][0]) >= 10**15 else 1
    return [(int(row[0]) // unit, int(row[6]) // unit - int(row[0]) // unit + 1 if len(row) > 6 else None,
             *map(dec, row[1:5])) for row in rows]


def backtest(o, bars):
    done, live, side, last = [], None, 1, None
    interval = min((after[0] - bar[0] for bar, after in zip(bars, bars[1:])), default=60000)
    assert interval > 0, "klines: a duplicate or a step back in time"
    for row, (ms, length, first, high, low, close) in enumerate(bars):
        slot, length = row % o.every == 0 and not live, length or interval
        if live:
            live.move(ms, last, first, gap=True)
        if slot:
            side, size = o.side or side, down(o.notional * E8, first, o.step)
            assert size >= o.least, "entries: the notional is below the minimum quantity"
            live, side = Episode(o, ms, side, first, size), -side
            done.append(live)
        near, far = (low, high) if live and (live.side > 0) == (o.path == "adverse") else (high, low)
        for k, (a, b) in enumerate(((first, near), (near, far), (far, close)), 1):
            if live and live.left:
                live.move(ms + length * k // 3, a, b)
        live, last = live if live and live.left else None, close
    if live:
        live.fill(ms + length, live.side * close, live.left, "end_of_data")
    return [episode.record() for episode in done]


def options(argv):
    p = argparse.ArgumentParser(description="independent calculation of `exitbrain backtest` for examples/fixed_ladder")
    for default, names in (("0", "tick step min-qty slippage-bps"), ("4", "fee-taker-bps"), ("2", "fee-maker-bps")):
        for name in names.split():
            p.add_argument("--" + name, type=dec, default=default)
    for name, default in dict(path="adverse", entries="every:240", symbol=None, json="-").items():
        p.add_argument("--" + name, default=default)
    p.add_argument("--klines", nargs="+", default=[]), p.add_argument("--set", action="append", default=[])
    p.add_argument("--selftest", action="store_true")
    o = p.parse_args(argv)
    s = dict(stop_pct="1.5", legs="{{0.4,35},{0.8,35},{1.6,30}}", ratchet="true",
             trail="{activation_r=1.0,callback_pct=0.8,tighten={{1.4,0.5}}}")
    s.update(item.split("=", 1) for item in o.set)
    percent, micro = lambda t: (dec(t) + 5000) // 10000, lambda t: (dec(t) + 50) // 100          # half away from zero
    pairs = lambda t: [(micro(r), percent(part)) for r, part in re.findall(r"([\d.]+)\s*,\s*([\d.]+)\s*\}", t)]
    head = dict(re.findall(r"(activation_r|callback_pct)\s*=\s*([\d.]+)", s["trail"]))
    assert o.path in ("adverse", "favourable") and len(s) == 4 and len(head) in (0, 2), "unknown or incomplete setting"
    o.stop, o.legs, o.ratchet = percent(s["stop_pct"]), pairs(s["legs"]), s["ratchet"] == "true"
    o.trail = head and [(micro(head["activation_r"]), percent(head["callback_pct"]))] + pairs(s["trail"])
    every = dict(item.split("=") for item in o.entries.replace(":", "=").split(","))
    o.every, o.notional, o.least = int(every["every"]), dec(every.get("notional", "1000")), max(o.min_qty, o.step)
    o.side = {"": 0, "long": 1, "short": -1}[every.get("side", "")]
    return o


def selftest():
    """The worked example of the specification."""
    o, bar = options("--tick 0.001 --step 1".split()), (0, 60000, *map(dec, ("2.507", "2.546", "2.500", "2.520")))
    trial, got, levels = Episode(o, 0, 1, bar[2], 398 * E8), backtest(o, [bar])[0], []
    for trial.peak in map(dec, ("2.543", "2.544", "2.546", "2.558", "2.5588", "2.559")):
        levels.append(shortest(trial.stop()[0]))
    for level, _, _ in trial.legs:
        trial.ratchet(level, level)
        levels.append(shortest(trial.floor))
    ladder_rows = [(shortest(level), shortest(quantity)) for level, _, quantity in trial.legs]
    exits = [(x["time_ms"], x["quantity"], x["price"], x["reason"]) for x in got["exits"]]
    assert [got[key] for key in ("quantity", "initial_stop", "risk", "pnl", "fees", "r")] == [
        "398", "2.47", "0.037", "8.257", "0.8015316", "0.506279"] and trial.fees == dec("0.3991144"), got
    assert levels == "2.47 2.524 2.526 2.538 2.547 2.547 2.507 2.521 2.521".split(), levels
    assert ladder_rows == [("2.521", "139"), ("2.536", "139"), ("2.566", "120")], ladder_rows
    assert exits == [(40000, "139", "2.521", "target"), (40000, "139", "2.536", "target"),
                     (60000, "120", "2.526", "trailing")], exits
    print("worked example: every number agrees")


def main(o):
    series, episodes = {}, []
    for bars, path in sorted((read(path), path) for path in o.klines):
        series.setdefault(o.symbol or os.path.basename(path).split("-")[0], []).extend(bars)
    for symbol, bars in series.items():
        episodes += [dict(symbol=symbol, **episode) for episode in backtest(o, bars)]
    episodes.sort(key=lambda episode: (episode["opened_ms"], episode["symbol"]))
    answer = dict(policy_sha256=None, profile=None, bars=sum(map(len, series.values())), summary={},
                  episodes=[dict(id=n, **episode) for n, episode in enumerate(episodes, 1)])
    with sys.stdout if o.json == "-" else open(o.json, "w") as out:
        print(json.dumps(answer, separators=(",", ":")), file=out)


if __name__ == "__main__":
    settings = options(sys.argv[1:])
    selftest() if settings.selftest else main(settings)
