# SPDX-License-Identifier: Apache-2.0
"""The two orders of a bar, gaps, names, and the document itself."""
import random

from harness import ROOT, T0, backtest, entries, klines, main, refused, same

FLAT = "100 100 100 100"
PLAN = """
if ctx.plan_revision > 0 then return nil end
return { d.stop_pct(2), d.targets { { r = 1, fraction = 1 } } }
"""
BOTH = "100 102 98 100"  # of a LONG with stop 98 and target 102 the order decides


def case_both_orders_of_one_bar():
    same(backtest([BOTH], PLAN).exits(), "20000 98 x 10 stop")
    same(backtest([BOTH], PLAN, "--path", "adverse").exits(), "20000 98 x 10 stop")
    same(backtest([BOTH], PLAN, "--path", "favourable").exits(), "20000 102 x 10 target 1")
    short = {"entries": "every:1000,side=short"}
    same(backtest([BOTH], PLAN, **short).exits(), "20000 102 x 10 stop")
    same(backtest([BOTH], PLAN, "--path", "favourable", **short).exits(), "20000 98 x 10 target 1")


def paths(run):
    p = run.document["summary"]["paths"]
    return (f"adverse {p['adverse_r_sum']} favourable {p['favourable_r_sum']} differ {p['differing']}"
            f" of {p['compared']} share {p['differing_share']}")


def case_worst_takes_the_lower_of_both():
    # Episode 1: adverse -1 R (98: -20 - 0.792, / 20 = -1.0396), favourable +1 R (20 - 0.808 = 0.9596). Episode 2, at
    # 120 s: after a bar that both walk alike it runs to the end at 101: (10 - 0.804) / 20 = 0.4598.
    run = backtest([BOTH, FLAT, "100 101 99 101"], PLAN, "--path", "worst", entries="every:2,side=long")
    same(run.exits(), ["#1 20000 98 x 10 stop", "#2 180000 101 x 10 end_of_data"])
    same([paths(run)], "adverse -0.579800 favourable 1.419400 differ 1 of 2 share 0.500000")
    # where the favourable order is the worse one: it arms the trail of 1 R at 102.5 (1 % behind: 101.475 -> 101.5)
    # before the way down; adverse goes down first, and ends at the close of the data. -> 101.5 < 102.5.
    trail = """
    if ctx.plan_revision > 0 then return nil end
    return { d.stop_pct(2), d.trailing { activation_r = 1, callback_pct = 1 } }
    """
    run = backtest(["100 102.5 99 102.5"], trail, "--path", "worst")
    same(run.exits(), "40000 101.5 x 10 trailing")
    # adverse (25 - 0.81) / 20, favourable (15 - 0.806) / 20
    same([paths(run)], "adverse 1.209500 favourable 0.709700 differ 1 of 1 share 1.000000")


def case_worst_walks_the_entries_of_the_adverse_run():
    # A target at 99.9 for everything, parked where price is above it; stop 4 %. Bar 0, adverse: 99.5 arms it, the way
    # up meets it: 99.9. Favourable: 99.5 comes last but one, and 99.8 is behind the target: the position lives on. So
    # the entry of bar 1 (99.8: 10 = 1000 / 99.8; stop 95.808 -> 95.9, R = 3.9) finds the symbol busy there, and is
    # walked by itself. Bar 2 goes down to 96: the stop of the first (96), not of the second, which leaves at 97.
    policy = """
    if ctx.plan_revision > 0 then return nil end
    return { d.stop_pct(4), d.targets { { price = 99.9, fraction = 1 } } }
    """
    bars = ["100 101 99.5 99.8", "99.8 99.8 99.8 99.8", "99.8 99.8 96 97"]
    run = backtest(bars, policy, "--path", "worst", entries="every:1,side=long")
    same(run.exits(), ["#1 160000 96 x 10 stop", "#2 180000 97 x 10 end_of_data"])
    # 1: adverse (-1 - 0.7996) / 40 = -0.04499, favourable (-40 - 0.784) / 40 = -1.0196;
    # 2: in both (-28 - 0.7872) / 39 = -0.738133
    same([paths(run)], "adverse -0.783123 favourable -1.757733 differ 1 of 2 share 0.500000")


def case_worst_repeats_increases_and_strategies():
    # 10 at 100, 10 more at 101 (entry 100.5, leg 1 of 20 at 102.5), then a bar that meets 98 and 102.5: adverse -50,
    # favourable +40 less fees. The strategy decides the stop: "wide" has 3 % = 97, which that bar does not meet.
    policy = """
    if ctx.plan_revision > 0 then return nil end
    local pct = ctx.strategy_id == "wide" and 3 or 2
    return { d.stop_pct(pct), d.targets { { price = 102.5, fraction = 1 } } }
    """
    bars = [FLAT, "101 101 101 101", "101 102.5 98 101"]
    rows = entries("0 AAA LONG 10 10", "60000 AAA LONG 10 10")
    run = backtest(bars, policy, "--adds", "--path", "worst", entries=rows)
    same(run.exits(), "140000 98 x 20 stop")
    # fees 0.4 + 0.404 and 20 * 98 * 0.0004 = 0.784, or 20 * 102.5 * 0.0004 = 0.82; first R * first size = 20
    same([paths(run)], "adverse -2.579400 favourable 1.918800 differ 1 of 1 share 1.000000")
    rows = entries("0 AAA LONG 10 10 wide", "60000 AAA LONG 10 10 wide")
    run = backtest(bars, policy, "--adds", "--path", "worst", entries=rows)
    same(run.exits(), "160000 102.5 x 20 target 1")
    same([paths(run)], "adverse 1.279200 favourable 1.279200 differ 0 of 1 share 0.000000")  # (40 - 1.624) / 30


def case_worst_leaves_out_an_increase_of_what_has_ended():
    # Trail of 1 % from 1 R. Favourable: 102.5, then down through 101.475 -> 101.5: gone in bar 0. Adverse: 102.5 comes
    # second, it closes at 102.4 and is increased there: entry 101.2. The end: (24 - 0.4 - 0.4096 - 0.8192) / 20 against
    # (15 - 0.4 - 0.406) / 20.
    policy = """
    if ctx.plan_revision > 0 then return nil end
    return { d.stop_pct(2), d.trailing { activation_r = 1, callback_pct = 1 } }
    """
    run = backtest(["100 102.5 99 102.4", "102.4 102.4 102.4 102.4"], policy, "--adds", "--path", "worst",
                   entries=entries("0 AAA LONG 10 10", "60000 AAA LONG 10 10"))
    same(run.exits(), "40000 101.5 x 10 trailing")
    same([paths(run)], "adverse 1.118560 favourable 0.709700 differ 1 of 1 share 1.000000")


def case_worst_keeps_the_sides_of_hedge_mode_apart():
    run = backtest([BOTH], PLAN, "--hedge", "--path", "worst", entries=entries("0 AAA LONG 10 10", "0 AAA SHORT 10 10"))
    same(run.exits(), ["#1 20000 98 x 10 stop", "#2 20000 102 x 10 stop"])
    # LONG -1.0396 or 0.9596; SHORT (-20 - 0.808) / 20 or (20 - 0.792) / 20
    same([paths(run)], "adverse -2.080000 favourable 1.920000 differ 2 of 2 share 1.000000")


def case_missing_bars_are_warned_of_and_counted():
    run = backtest([FLAT, FLAT, None, None, "97 97 97 97", None, FLAT], PLAN)
    same(run.exits(), "240000 97 x 10 stop")  # at the open behind the gap
    summary = run.document["summary"]
    if (summary["gaps"], summary["missing_bars"], run.document["bars"]) != (2, 3, 4):
        raise AssertionError(summary)
    if "AAAUSDT: 3 bars are missing in 2 gaps" not in run.log:
        raise AssertionError(run.log)


def case_rows_out_of_order_are_errors():
    twice = klines([FLAT]) + klines([FLAT])
    back = klines([FLAT, FLAT, FLAT]) + klines([FLAT], start=60_000)
    for text, word in ((twice, "duplicate"), (back, "step")):
        run = backtest({}, PLAN, "--klines", "@AAAUSDT-1m.csv", files={"AAAUSDT-1m.csv": text})
        if run.status != 2 or str(T0) not in run.log and str(T0 + 60_000) not in run.log:
            raise AssertionError(f"{word}: status {run.status}: {run.log}")
    wide = "".join(f"{T0 + n * 300_000},100,100,100,100,1\n" for n in range(2))
    five = {"m/AAAUSDT-5m.csv": wide}
    refused(backtest([FLAT, FLAT], PLAN, "--mark-klines", "@m/AAAUSDT-5m.csv", files=five), "interval")
    late = {"m/AAAUSDT-1m.csv": klines([FLAT, FLAT], start=60_000)}
    refused(backtest([FLAT, FLAT], PLAN, "--mark-klines", "@m/AAAUSDT-1m.csv", files=late), "AAAUSDT", str(T0))


def market(bars):
    """A rising market with noise: enough closed bars for every time frame."""
    chance, price, rows = random.Random(7), 10_000, []
    for _ in range(bars):
        last = price + chance.randint(-25, 30)
        high, low = max(price, last) + chance.randint(0, 20), min(price, last) - chance.randint(0, 20)
        rows.append(" ".join(f"{p / 100:.2f}" for p in (price, high, low, last)))
        price = last
    return rows


REGIMES = {"TREND", "RANGE", "VOLATILE", "CHOP", "NORMAL"}


def case_shipped_policies_name_regime_and_profile():
    options = {"policies": f"{ROOT}/policies", "grid": ("--tick", "0.01", "--step", "0.1"), "entries": "every:240"}
    run = backtest(market(2000), None, **options)
    named = {(e["regime"], e["profile"]) for e in run.episodes()}
    if not named or any(r not in REGIMES or p != r for r, p in named) or run.document["profile"] != "DEFAULT":
        raise AssertionError(named)
    if (run.episodes()[0]["regime"], run.episodes()[0]["profile"]) != ("NORMAL", "NORMAL"):  # nothing is warm yet
        raise AssertionError(run.episodes()[0])
    if run.document["summary"]["policy_failures"] != 0:
        raise AssertionError(run.log)
    # pinned by the environment: written into the document and into each episode; the regime stays its own
    run = backtest(market(600), None, environment={"EXIT_BRAIN_PROFILE": "CHALLENGE_100"}, **options)
    if run.document["profile"] != "CHALLENGE_100" or {e["profile"] for e in run.episodes()} != {"CHALLENGE_100"}:
        raise AssertionError(run.document["profile"])
    # modes of the environment do not matter
    modes = {"EXIT_MODE": "LEGACY", "EXIT_EXECUTOR_MODE": "SHADOW", "EXIT_BRAIN_V3_LIVE_ROLLOUT": "DISABLED"}
    if backtest(market(600), None, **options).raw != backtest(market(600), None, environment=modes, **options).raw:
        raise AssertionError("the modes of the environment changed the result")


def case_the_same_run_gives_the_same_bytes():
    options = {"policies": f"{ROOT}/policies", "grid": ("--tick", "0.01", "--step", "0.1"), "entries": "every:50"}
    for extra in ([], ["--path", "worst"], ["--hedge", "--slippage-bps", "2"]):
        one, two = (backtest(market(1000), None, *extra, **options) for _ in range(2))
        if one.raw is None or one.raw != two.raw:
            raise AssertionError(f"{extra}: {one.log}")
        if backtest(market(1000), None, *extra, "--no-quiet", **options).raw != one.raw:
            raise AssertionError(f"{extra}: differs where every bar is walked in full")


def case_the_document_has_the_fields_of_its_contract():
    run = backtest({"AAAUSDT": [BOTH], "BBBUSDT": [BOTH]}, PLAN)
    if list(run.document) != ["policy_sha256", "profile", "bars", "summary", "episodes"]:
        raise AssertionError(list(run.document))
    wanted = ("id symbol side opened_ms closed_ms entry_price quantity initial_stop risk regime profile exits pnl fees"
              " funding r mfe_r mae_r").split()
    if [list(e) for e in run.episodes()] != [wanted, wanted]:
        raise AssertionError(run.episodes())
    if list(run.episodes()[0]["exits"][0]) != "time_ms price quantity reason leg r fee".split():
        raise AssertionError(run.episodes()[0]["exits"])
    if [(e["id"], e["symbol"], e["regime"]) for e in run.episodes()] != [(1, "AAAUSDT", None), (2, "BBBUSDT", None)]:
        raise AssertionError(run.episodes())
    if run.document["bars"] != 2 or len(run.document["policy_sha256"]) != 64 or not run.raw.endswith("}\n"):
        raise AssertionError(run.raw)


def case_the_table_of_episodes():
    # The second is closed at once: it never had a risk. Names are the policy's, whatever is in them.
    policy = """
    if ctx.side == "SHORT" then return d.full_exit() end
    return { d.stop_pct(2) }, { regime = "RANGE", profile = 'a,"b"' }
    """
    run = backtest({"AAAUSDT": [FLAT, FLAT], "BBBUSDT": [FLAT, FLAT]}, policy, "--out", "@out",
                   entries=entries("0 AAA LONG 10 10", "60000 BBB SHORT 10 10"))
    same(run.csv, f"""
        id,symbol,side,opened_ms,closed_ms,entry_price,quantity,initial_stop,risk,regime,profile,\
exits,pnl,fees,funding,r,mfe_r,mae_r
        1,AAAUSDT,LONG,{T0},{T0 + 120_000},100,10,98,2,RANGE,"a,""b""\",1,0,0.8,0,-0.040000,0.000000,0.000000
        2,BBBUSDT,SHORT,{T0 + 60_000},{T0 + 60_000},100,10,0,0,,,1,0,0.8,0,,,""")


main(globals())
