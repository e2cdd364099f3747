# SPDX-License-Identifier: Apache-2.0
"""From the exec of `exitbrain run` to every position protected, by wall clock.

    start.py BINARY FOLDER REPEATS

Asked over one connection every few milliseconds, so that what asking costs is small and is part of the figure.
"""
import os
import sys
import time

from pair import GIVE_UP_S, Pair

ASK_S = 0.005
RANK_S = 60

CASES = [
    # positions, slots of the venue and of the engine (None: the real 200, 10 of them kept), protected, goal in seconds
    ("150 positions, real limits", 150, None, 150, 1.0),
    ("1,000 positions, limits lifted", 1000, 5000, 1000, 3.0),
    ("1,000 positions, real limits", 1000, None, 190, None),
]


def pair_of(binary, folder, count, slots):
    options = ["--balance", "1000000"] + (["--slots", str(slots)] if slots else [])
    return Pair(binary, folder, f"still:{count}", options, {"EXITBRAIN_BACKSTOP_SLOTS": str(slots)} if slots else None)


def measure(pair, count, protected):
    """Seconds from exec until it answers, has seen all positions, and so many of them are protected."""
    began, engine = pair.run()
    figures = {"answers": time.monotonic() - began}
    while "protected" not in figures:
        told = engine.ask("status")["positions"]
        now = time.monotonic() - began
        if told["open"] == count:
            figures.setdefault("seen", now)
            if told["protected"] >= protected:
                figures["protected"] = now
        if now > GIVE_UP_S:
            sys.exit(f"after {GIVE_UP_S} s: {told}: see {pair.folder}")
        time.sleep(ASK_S)
    return figures, engine, began


def at_risk(position):
    """What would be lost at liquidation."""
    return abs(float(position["entry"]) - float(position["liquidation"] or 0)) * float(position["left"])


def out_of_rank(positions, slots):
    """Protected positions that are not among those with most at risk."""
    ranked = sorted(positions, key=at_risk, reverse=True)
    return sum(p["protection"] == "protected" for p in ranked[slots:])


def wait_for_rank(engine, began, count, slots):
    """Seconds until those with most at risk hold the slots and all others are listed (None: never), and the fewest that
    were protected meanwhile."""
    fewest = slots
    while time.monotonic() - began < RANK_S:
        positions = engine.ask("positions")["positions"]
        safe = sum(p["protection"] == "protected" for p in positions)
        listed = sum(p["protection"] == "unprotectable" for p in positions)
        fewest = min(fewest, safe)
        wrong = out_of_rank(positions, slots)
        if (safe, listed, wrong) == (slots, count - slots, 0):
            return time.monotonic() - began, fewest, 0
        time.sleep(0.05)
    return None, fewest, wrong


def one(binary, folder, name, count, slots, protected, goal):
    pair = pair_of(binary, folder, count, slots)
    try:
        first, engine, began = measure(pair, count, protected)
        short = protected < count
        rank, fewest, wrong = wait_for_rank(engine, began, count, protected) if short else (None, None, None)
        pair.end(pair.engine)
        again = measure(pair, count, protected)[0]["protected"]  # from the journal, the orders standing
    finally:
        pair.end_all()
    good = rank is not None if short else max(first["protected"], again) < goal
    aim = f"{protected} by rank" if short else f"< {goal:g} s"
    print(f"{name:31} {first['answers']:8.3f} {first['seen']:8.3f} {first['protected']:10.3f} {again:8.3f}   "
          f"{aim:12} {'met' if good else 'NOT MET'}")
    if short:
        took = f"after {rank:.3f} s" if rank is not None else f"not within {RANK_S} s ({wrong} are not)"
        print(f"  the {protected} with most at risk, all others listed UNPROTECTABLE: {took}; "
              f"fewest protected meanwhile: {fewest}")
    sys.stdout.flush()
    return good


def main():
    binary, folder, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3])
    print(f"{'seconds from exec to':31} {'answer':>8} {'seen':>8} {'protected':>10} {'restart':>8}   goal")
    results = [one(binary, os.path.join(folder, f"{number}-{i}"), *case)
               for number, case in enumerate(CASES) for i in range(repeats)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
