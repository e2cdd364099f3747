#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second calculation of the market features; it shares no code with the engine and rounds exact fractions once.

    features.py FILE ROWS     the features of m1, m5, m15, h1 after the first ROWS bars of a 1-minute kline file (.gz)
    features.py --walk ROWS   the same over the generated bars of tests/unit/domain/test_market.c

The figures expected in tests/unit/domain/test_market.c and tests/unit/feed/test_market_real.c were printed by this.
"""
import gzip, sys
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 60
E8 = 10**8


def half_away(x):
    return int(abs(x) + Fraction(1, 2)) * (1 if x >= 0 else -1)


def root(x):
    return Fraction((Decimal(x.numerator) / Decimal(x.denominator)).sqrt())


def read(path):
    for line in gzip.open(path, "rt"):
        if line[0].isdigit():
            t, *rest = line.split(",")
            yield int(t), *(int(Decimal(v) * E8) for v in rest[:4])


def walk():
    """Bars from a linear congruential generator; one minute in 97 is missing."""
    x, price, t = 12345, 2 * 10**10, 1_700_000_040_000 // 3_600_000 * 3_600_000
    while True:
        v = []
        for _ in range(3):
            x = (x * 6364136223846793005 + 1442695040888963407) % 2**64
            v.append((x >> 33) % 20001)
        opened, price = price, price + (v[0] - 10000) * 1000
        row = t, opened, max(opened, price) + v[1] * 500, min(opened, price) - v[2] * 500, price
        if (t // 60000) % 97:
            yield row
        t += 60000


def frames(rows, minutes):
    """Closed frame bars [high, low, close]; a frame ends with its last minute or before the first bar after it."""
    out, start, bar, length = [], None, None, minutes * 60000
    for t, _, high, low, close in rows:
        if bar and t >= start + length:
            out.append(bar)
            bar = None
        if not bar:
            start, bar = t // length * length, [high, low, close]
        bar = [max(bar[0], high), min(bar[1], low), close]
        if t + 60000 == start + length:
            out.append(bar)
            bar = None
    return out


def features(bars, minutes):
    bars = bars[-21:]
    if len(bars) < 15:
        return [len(bars)] + [0] * 9
    close = [b[2] for b in bars]
    true = [max(b[0], a[2]) - min(b[1], a[2]) for a, b in zip(bars, bars[1:])][-14:]
    r = [Fraction(b - a, a) for a, b in zip(close, close[1:])]
    last20, mean = bars[-20:], sum(r) / len(r)
    sma = Fraction(sum(b[2] for b in last20), len(last20))
    square = sum(x * x for x in r) / len(r)
    walked = sum(abs(b - a) for a, b in zip(close, close[1:]))
    values = [Fraction(sum(true), 14) / 10**6, Fraction(sum(true), 14) / close[-1], root(square),
              root(sum((x - mean) ** 2 for x in r) / len(r)), root(square * (1440 // minutes)), (close[-1] - sma) / sma,
              sum(Fraction(b[0] - b[1], b[2]) for b in last20) / len(last20),
              Fraction(abs(close[-1] - close[0]), walked) if walked else Fraction(0)]
    return [len(bars), close[-1]] + [half_away(v * 10**6) for v in values]


if __name__ == "__main__":
    count, source = int(sys.argv[2]), walk() if sys.argv[1] == "--walk" else read(sys.argv[1])
    rows = [row for row, _ in zip(source, range(count))]
    for m in (1, 5, 15, 60):
        print("{" + ", ".join(map(str, features(frames(rows, m), m))) + "},")
