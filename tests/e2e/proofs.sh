#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/DEFECTS.md and docs/RELIABILITY.md name tests: each file and each case that they name exists, and each defect has
# one.
#     engine/test_fill.c a_fill_is_applied_once        below tests/unit/, cases by their name
#     risk_spec.lua "forced exits"                     below tests/spec/, a case by (the beginning of) its text
set -u
cd "$EB_ROOT" || exit 2
exec python3 - <<'END'
import re, sys

failed = False
UNIT = re.compile(r"\b([a-z_]+/test_[a-z_]+\.c)((?: [a-z][a-z0-9_]*_[a-z0-9_]*)*)")
SPEC = re.compile(r"\b([a-z0-9_]+_spec\.lua)((?: (?:and )?\"[^\"]*\")*)")


def report(name, problem=""):
    global failed
    failed = failed or bool(problem)
    print(("not ok " if problem else "ok ") + name + (": " + problem if problem else ""))


def read(path):
    try:
        return open(path, encoding="utf8").read()
    except OSError:
        return None


def cases_of(text):
    """Literal parts of the names of cases; a name may be put together: it("under " .. profile, ...)."""
    return re.findall(r"""(?:describe|it)\(\s*(?:\w+ \.\. )?["']([^"']*)["']""", text)


def unit_missing(file, cases):
    text = read("tests/unit/" + file)
    if text is None:
        return [file]
    return [f"{file} {c}" for c in cases if not re.search(r"cmocka_unit_test\w*\(\s*%s\b" % re.escape(c), text)]


def spec_missing(file, cases):
    text = read("tests/spec/" + file)
    if text is None:
        return [file]
    known = cases_of(text)
    return [f"{file} {c}" for c in cases
            if not any(k.startswith(c) or len(k) > 12 and (c.startswith(k) or c.endswith(k)) for k in known)]


def check(text):
    """What is named and does not exist; how many cases are named."""
    gone, count = [], 0
    for file, names in UNIT.findall(text):
        gone += unit_missing(file, names.split())
        count += len(names.split())
    for file, names in SPEC.findall(text):
        cases = re.findall(r'"([^"]*)"', names)
        gone += spec_missing(file, cases)
        count += len(cases)
    return gone, count


# - **B7** what it was. *Excluded by:* ... *Proven by:* files and cases; ...
entries = re.split(r"^- \*\*(B\d+)\*\* ", read("docs/DEFECTS.md"), flags=re.M)
defects = dict(zip(entries[1::2], (re.sub(r"\s+", " ", entry) for entry in entries[2::2])))
for n in range(1, 31):
    row = defects.get(f"B{n}")
    gone, count = check(row.split("*Proven by:*")[1]) if row else (["no entry"], 0)
    report(f"defect B{n} is proven by a test", "; ".join(gone) or ("" if count else "no case is named"))
gone, _ = check(re.sub(r"\s+", " ", read("docs/RELIABILITY.md")))
report("tests that docs/RELIABILITY.md names", "; ".join(gone))
sys.exit(failed)
END
