# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments of a busy scene: the fills are those of the uninterrupted run.

    run.py KILLS FOLDER [FIRST_SEED]
"""
import collections
import os
import sys
import time

from scene import STAGES, interrupted, uninterrupted


def difference(plain, cut):
    lines = []
    for key in sorted(set(plain) | set(cut)):
        if plain[key] != cut[key]:
            lines.append(f"#   {' '.join(key)}: {plain[key]} times, {cut[key]} with kills")
    return lines


def main():
    wanted, folder = int(sys.argv[1]), sys.argv[2]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    binary = os.environ["EB_BIN"]
    total, failed, stages, fills = 0, 0, collections.Counter(), 0
    while total < wanted:
        latency = "20ms" if seed % 2 == 0 else "0ms"  # on their way when the engine dies, or not
        (plain, trades), span = uninterrupted(binary, os.path.join(folder, f"plain{seed}"), seed, latency=latency)
        began = time.monotonic()
        (cut, cut_trades), done, found = interrupted(binary, os.path.join(folder, f"cut{seed}"), seed,
                                                     min(20, wanted - total), span, latency=latency)
        stages += found
        total += done
        fills += sum(plain.values())
        name = f"kill-9 seed {seed}, latency {latency}: {done} kills, {sum(plain.values())} fills"
        if plain == cut and trades == cut_trades and sum(plain.values()) > 0:
            print("ok", name)
        else:
            failed = 1
            print("not ok", name)
            print("\n".join(difference(plain, cut)[:20]))
            if trades != cut_trades:
                print(f"#   trades of all: {trades}, with kills {cut_trades}")
        print(f"# plain {span:.1f} s, with kills {time.monotonic() - began:.1f} s", flush=True)
        seed += 1
    print(f"# {total} kills, {fills} fills; how far the killed engine had come:")
    for s in STAGES:
        print(f"#   {s:40} {stages[s]:5}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
