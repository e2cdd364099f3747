# SPDX-License-Identifier: Apache-2.0
"""docs/WALKTHROUGH.md keeps its word: in a copy of what its reader has, each ```lua block is saved under the name in
its first line, each command of a ```console block is run in one shell, and must print what stands below it.

A line of `...` stands for any lines, `...` within a line for any text. Times, durations and counts of files are not
compared, other figures to a thousandth; a hash of the page stands for the one that was printed in its place, also in
later commands. Questions are asked again until the answer is right, everything else is said once.

    walkthrough.py PAGE FOLDER        FOLDER: where `./run` and all else lies
"""
import os
import re
import signal
import subprocess
import sys
import time

QUESTION = re.compile(r"\./run (status|positions|owners|explain|orders|plan|doctor)\b|tail ")
PATIENCE_S = 60
NUMBER = r"[-+]?\d+(?:\.\d+)?"
PIECES = re.compile(
    r"(?P<any>\.\.\.)|(?P<hash>\b[0-9a-f]{64}\b|\b(?=[0-9a-f]*\d)[0-9a-f]{12}\b)"
    r"|(?P<time>\d\d\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}|\d\d:\d\d:\d\d\.\d{3})"
    r"|(?P<measure>\d[\d.]* (?:ms|us|s|KiB|KB|GB|files|contexts|seconds)\b|\d+ of (?=\d+ contexts))"
    r"|(?P<version>\d+\.\d+\.\d+)|(?P<number>" + NUMBER + r")|(?P<blank>\s+)")


class Page:
    """Lines of the page as patterns, and what its hashes stand for."""

    def __init__(self):
        self.hashes = {}

    def line(self, wanted, got):
        """Whether one printed line is what the page says; hashes that it teaches."""
        pattern, checks, at = "", [], 0
        for m in PIECES.finditer(wanted):
            pattern += re.escape(wanted[at:m.start()])
            at = m.end()
            kind = m.lastgroup
            if kind == "any":
                pattern += ".*?"
            elif kind == "blank":
                pattern += r"\s+"
            elif kind == "version":
                pattern += re.escape(m.group())
            elif kind == "time":
                pattern += re.sub(r"\\?\d", r"\\d", re.escape(m.group()))
            elif kind == "measure":
                pattern += r"\d[\d.]*" + re.escape(m.group()).lstrip("0123456789.\\")
            else:
                pattern += r"([0-9a-f]{%d})" % len(m.group()) if kind == "hash" else "(" + NUMBER + ")"
                checks.append((kind, m.group()))
        found = re.fullmatch(pattern + re.escape(wanted[at:]) + r"\s*", got)
        learnt = {}
        for (kind, said), real in zip(checks, found.groups() if found else ()):
            if kind == "number" and not near(float(said), float(real)):
                return False
            if kind == "hash" and len(said) == 12 and self.hashes.get(said, real) != real:
                return False
            if kind == "hash":
                learnt[said] = real
        if found:
            self.hashes.update(learnt)
        return bool(found)

    def mismatch(self, wanted, got):
        """None, or the first line that is not as the page says."""
        at, skipping = 0, False
        for line in wanted:
            if line == "...":
                skipping = True
                continue
            start = at
            while skipping and at < len(got) and not self.line(line, got[at]):
                at += 1
            if at >= len(got) or not self.line(line, got[at]):
                printed_lines = "\n         ".join(got[start:start + 30])
                return "page:    %s\nprinted: %s" % (line, printed_lines or "(nothing more)")
            at, skipping = at + 1, False
        if not skipping and at < len(got):
            return "printed beyond the page: " + got[at]
        return None

    def command(self, text):
        for said, real in self.hashes.items():
            text = text.replace(said, real)
        return text


def near(a, b):
    return abs(a - b) <= max(0.02, 0.001 * abs(a))


def blocks(path):
    """("file", name, text) and ("command", text, [lines expected]) of the page, in order."""
    with open(path) as f:
        text = f.read()
    for kind, body in re.findall(r"^```(lua|console)\n(.*?)^```$", text, re.M | re.S):
        if kind == "lua":
            name = re.match(r"-- (\S+\.lua)\n", body)
            if name:
                yield "file", name.group(1), body
            continue
        for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
            lines = part.rstrip("\n").split("\n")
            count = 1
            while lines[count - 1].endswith("\\"):
                count += 1
            yield "command", "\n".join(lines[:count]), lines[count:]


class Shell:
    """One bash that runs the reader's commands one after another."""

    def __init__(self, folder):
        self.folder, self.count = folder, 0
        self.bash = subprocess.Popen(["bash"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                     stderr=subprocess.DEVNULL, start_new_session=True)

    def run(self, command):
        """The file that the command prints to; it has ended, unless it is in the background."""
        self.count += 1
        base = os.path.join(os.path.dirname(self.folder), "said-%d" % self.count)
        with open(base + ".sh", "w") as f:
            f.write(command + "\n")
        self.bash.stdin.write("source %s.sh >%s 2>&1 </dev/null; echo done\n" % (base, base))
        self.bash.stdin.flush()
        self.bash.stdout.readline()
        return base

    def close(self):
        os.killpg(self.bash.pid, signal.SIGKILL)
        self.bash.wait()


def printed(path):
    with open(path) as f:
        return [line.rstrip() for line in f.read().rstrip("\n").split("\n")] if os.path.getsize(path) else []


def of_this_machine(lines):
    """Without what the doctor notes of a machine that is busy with others: no page can say that beforehand."""
    kept, within = [], False
    for line in lines:
        within = line.startswith("note  price.delay") or (within and line.startswith("      "))
        if not within:
            kept.append(line)
    if len(kept) < len(lines):
        kept = [line.replace("nothing wrong, 2 notes", "nothing wrong, 1 note") for line in kept]
    return kept


def obey(shell, page, command, wanted):
    """What is wrong with what the command prints, or None."""
    end = time.monotonic() + PATIENCE_S
    said = shell.run(page.command(command))
    while True:
        wrong = page.mismatch(wanted, of_this_machine(printed(said))) if wanted else None
        if wrong is None or time.monotonic() > end:
            return wrong
        if QUESTION.match(command):
            time.sleep(0.2)
            said = shell.run(page.command(command))
        elif command.endswith("&"):
            time.sleep(0.1)
        else:
            return wrong


def main():
    path, folder = sys.argv[1:3]
    page, shell, count, failed = Page(), Shell(folder), 0, False
    try:
        for kind, what, rest in blocks(path):
            if kind == "file":
                os.makedirs(os.path.join(folder, os.path.dirname(what)), exist_ok=True)
                with open(os.path.join(folder, what), "w") as f:
                    f.write(rest)
                continue
            count += 1
            wrong = obey(shell, page, what, rest)
            name = "walkthrough %d: %s" % (count, what.replace("\\\n", " ")[:70])
            print("ok " + name if wrong is None else "not ok " + name, flush=True)
            if wrong is not None:
                failed = True
                print("\n".join("#   " + line for line in wrong.split("\n")))
                break
    finally:
        shell.close()
    if count < 30 and not failed:
        print("not ok walkthrough: its commands were not found")
        failed = True
    return failed


sys.exit(main())
