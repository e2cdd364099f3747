# SPDX-License-Identifier: Apache-2.0
"""Simulated hours in less wall time: memory, descriptors and journal of both processes, and whether they stay flat.

    hours.py BINARY FOLDER HOURS SPEED SYMBOLS TICK SAMPLE_SECONDS JOURNAL_KEEP

A line through the samples after the warm-up tells the slope. It is flat where the growth along it, from the end of the
warm-up to the end, is below 2 % of what there is, or below 1 MiB; descriptors where no more than 2 came to stay. The
exchange keeps its books for as long as it runs, so many bytes for each trade: beyond that it has to be flat.
"""
import os
import signal
import sys
import time

from pair import Pair

WARM_UP = 0.25  # of the time: caches fill, the book of ended episodes reaches its bound
GROWTH_SHARE = 0.02
GROWTH_KIB = 1024
DESCRIPTORS = 2
BOOKS_BYTES = 512  # of the exchange, for each fill of the engine: its trade, the entry's, and the room that doubles
ROWS = 40


class Stopped(Exception):
    """Ctrl-C or SIGTERM: what there is by then is told."""


def field(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    return 0


def look(pid):
    return {"rss": field(pid, "VmRSS"), "threads": field(pid, "Threads"), "fds": len(os.listdir(f"/proc/{pid}/fd"))}


def size_of(folder):
    """KiB of the files of a state."""
    total = 0
    for name in os.listdir(folder):
        try:
            total += os.stat(os.path.join(folder, name)).st_size
        except FileNotFoundError:
            pass
    return total // 1024


def slope(points):
    """Least squares: growth of y per x, and along the whole of them."""
    n = len(points)
    mean_x = sum(x for x, _ in points) / n
    mean_y = sum(y for _, y in points) / n
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    per = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
    return per, per * (points[-1][0] - points[0][0]), mean_y


def sample(pair, engine, began, began_ms):
    status = engine.ask("status")
    row = {"wall": time.monotonic() - began, "hours": (status["now_ms"] - began_ms) / 3600e3,
           "state": size_of(pair.state), "fills": status["orders"]["fills"], "open": status["positions"]["open"],
           "alarms": len(status["alarms"])}
    for name, process in (("engine", pair.engine), ("sim", pair.sim)):
        row.update({f"{name} {key}": value for key, value in look(process.pid).items()})
    return row


def head():
    print(f"{'hours':>7} {'wall s':>7} {'engine KiB':>11} {'fds':>4} {'thr':>4} {'sim KiB':>8} {'fds':>4} "
          f"{'state KiB':>10} {'fills':>9} {'open':>5} {'alarms':>6}")


def tell(row):
    print(f"{row['hours']:7.2f} {row['wall']:7.0f} {row['engine rss']:11} {row['engine fds']:4} "
          f"{row['engine threads']:4} {row['sim rss']:8} {row['sim fds']:4} {row['state']:10} {row['fills']:9} "
          f"{row['open']:5} {row['alarms']:6}", flush=True)


def verdict(rows):
    after = [r for r in rows if r["hours"] >= rows[-1]["hours"] * WARM_UP]
    good = True
    print()
    for who in ("engine", "sim"):
        if len(after) < 5:
            print("too few samples after the warm-up for a slope: longer, or more often")
            return False
        per, growth, mean = slope([(r["hours"], r[who + " rss"]) for r in after])
        books = (after[-1]["fills"] - after[0]["fills"]) * BOOKS_BYTES / 1024 if who == "sim" else 0
        flat = growth - books <= max(GROWTH_SHARE * mean, GROWTH_KIB)
        fds = [r[who + " fds"] for r in after]
        fd_per, fd_growth, _ = slope([(r["hours"], r[who + " fds"]) for r in after])
        fds_flat = fd_growth < DESCRIPTORS and min(fds[len(fds) // 2:]) - min(fds[:len(fds) // 2]) <= DESCRIPTORS
        good = good and flat and fds_flat
        print(f"{who:7} memory {per:+9.2f} KiB per simulated hour, {growth:+8.0f} KiB along {len(after)} samples of "
              f"{mean:.0f} KiB: {'flat' if flat else 'NOT FLAT'}{' but for its books' if books else ''}")
        print(f"{'':7} descriptors {fd_per:+7.4f} per simulated hour, {min(fds)}..{max(fds)}: "
              f"{'flat' if fds_flat else 'NOT FLAT'}")
    per, growth, mean = slope([(r["hours"], r["state"]) for r in after])
    print(f"state   {per:+.1f} KiB per simulated hour, {mean:.0f} KiB on average, at most "
          f"{max(r['state'] for r in rows)} KiB (old records go after an image, log and journal)")
    hours, took_s = rows[-1]["hours"], rows[-1]["wall"]
    print(f"{hours:.2f} simulated hours in {took_s:.0f} s of wall time: {hours * 3600 / took_s:.1f} times as fast")
    return good


def watch(pair, hours, every_s):
    began, engine = pair.run()
    began_ms = engine.ask("status")["now_ms"]
    rows = []
    shown = 0
    try:
        while not rows or rows[-1]["hours"] < hours:
            rows.append(sample(pair, engine, began, began_ms))
            if rows[-1]["hours"] >= shown * hours / ROWS:
                shown += 1
                tell(rows[-1])
            time.sleep(every_s)
    except Stopped:
        print("stopped:")
    except (OSError, RuntimeError) as gone:
        lament(pair, gone)
    return rows


def lament(pair, gone):
    """What the engine said last, and how each process ended."""
    time.sleep(1)
    print(f"the engine is gone: {gone}; ended as engine {pair.engine.poll()}, exchange {pair.sim.poll()}")
    for name in ("run.said", "sim.said", "state/engine.log"):
        with open(os.path.join(pair.folder, name), encoding="utf-8", errors="replace") as said:
            print(f"{name}:", *said.readlines()[-5:], sep="\n  ")
    sys.exit(1)


def stop(*_):
    raise Stopped


def main():
    binary, folder, hours, speed, symbols, tick, every_s, keep = sys.argv[1:]
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"busy:{symbols}, tick {tick}, speed {speed}, journal keeps {keep}, {hours} simulated hours")
    pair = Pair(binary, folder, f"busy:{symbols}", ["--speed", speed, "--tick", tick, "--balance", "1000000"],
                {"EXITBRAIN_JOURNAL_KEEP": keep, "EXITBRAIN_LOG_LEVEL": "warn"})
    head()
    try:
        rows = watch(pair, float(hours), float(every_s))
    finally:
        pair.end_all()
    return 0 if verdict(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
