# SPDX-License-Identifier: Apache-2.0
"""What opens positions and increases them, in one-way and in hedge mode, and what is refused."""
from harness import backtest, entries, main, refused, same

FLAT = "100 100 100 100"
HOLD = "if ctx.plan_revision == 0 then return d.stop_pct(5) end"
PLAN = """
if ctx.plan_revision > 0 then return nil, { wake = { at_ms = ctx.now_ms + 86400000 } } end
return { d.stop_pct(2), d.targets { { r = 1, fraction = 0.5 }, { r = 2, fraction = 0.5 } } },
  { wake = { at_ms = ctx.now_ms + 86400000 } }
"""


def case_rows_open_at_the_first_bar_at_or_after_them():
    run = backtest([FLAT, "101 101 101 101", "102 102 102 102"], HOLD, entries=entries("60001 AAA SHORT 2 10"))
    same(run.heads(), "AAA SHORT 120000..180000 entry 102 x 2 stop 107.1 R 5.1")
    run = backtest([FLAT, FLAT, None, "103 103 103 103"], HOLD, entries=entries("60001 AAA LONG 2 10"))
    same(run.heads(), "AAA LONG 180000..240000 entry 103 x 2 stop 97.9 R 5.1")  # 97.85 -> 97.9, which loses less


def case_rows_that_are_refused():
    bars = [FLAT, FLAT, FLAT]
    head = "time_ms,symbol,side,quantity,leverage,strategy_id\n"
    row = "1699999200000,AAAUSDT,LONG,2,10,\n"
    for text, words in (
            ("time,symbol,side,quantity,leverage,strategy_id\n" + row, ["header"]),
            (head, []),
            (head + row.replace("LONG", "UP"), ["LONG", "SHORT"]),
            (head + row.replace("AAAUSDT", "BBBUSDT"), ["BBBUSDT"]),
            (head + row.replace(",2,", ",0,"), ["quantity"]),
            (head + row.replace(",2,", ",-2,"), ["quantity"]),
            (head + row.replace(",2,", ",2.05,"), ["step"]),
            (head + row.replace(",10,", ",0,"), ["leverage"]),
            (head + row.replace(",10,", ",501,"), ["leverage"]),
            (head + row.replace(",2,10,", ",2,"), ["column"]),
            (head + row.replace("1699999200000", "1699999380001"), ["no bar"]),
    ):
        refused(backtest(bars, HOLD, entries=text), *words)
    # 0.3 is on the step and below the least quantity
    refused(backtest(bars, HOLD, "--min-qty", "0.5", entries=entries("0 AAA LONG 0.3 10")), "AAAUSDT")
    refused(backtest(bars, HOLD, "--min-notional", "50", entries=entries("0 AAA LONG 0.3 10")), "AAAUSDT")
    refused(backtest(bars, HOLD, "--min-qty", "20", entries="every:1"), "AAAUSDT", "minimum")


def case_a_row_for_an_open_position_is_refused():
    bars = [FLAT, FLAT, FLAT]
    for second in ("60000 AAA LONG 2 10", "60000 AAA SHORT 2 10", "0 AAA LONG 2 10", "0 AAA SHORT 2 10"):
        refused(backtest(bars, HOLD, entries=entries("0 AAA LONG 2 10", second)), "AAAUSDT", "open position", ":3:")
    # of the other side also with --adds
    refused(backtest(bars, HOLD, "--adds", entries=entries("0 AAA LONG 2 10", "60000 AAA SHORT 2 10")), "AAAUSDT")
    # ended at P3 of bar 0: room at P0 of bar 1, although both are the same millisecond
    close = HOLD + '\nif ctx.reason == "cycle" then return d.full_exit() end'
    run = backtest(bars, close, entries=entries("0 AAA LONG 2 10", "60000 AAA SHORT 2 10"))
    same(run.exits(), ["#1 60000 100 x 2 policy", "#2 120000 100 x 2 policy"])
    # ended at P0 of bar 1 by its stop: no room, with --adds neither
    gap = [FLAT, "94 94 94 94", FLAT]
    for options in ((), ("--adds",)):
        refused(backtest(gap, HOLD, *options, entries=entries("0 AAA LONG 2 10", "60000 AAA LONG 2 10")), "AAAUSDT")


def case_every_takes_the_slots_that_find_it_flat():
    # rows 0, 2, 4 ... LONG at 0 is stopped at P0 of row 2 (94): slot 2 is lost. SHORT at row 4, LONG is next.
    bars = [FLAT, FLAT, "94 94 94 94", FLAT, FLAT, "100 106 100 100", FLAT, FLAT]
    run = backtest(bars, HOLD, entries="every:2,notional=200,leverage=5")
    same(run.heads(), """
        AAA LONG 0..120000 entry 100 x 2 stop 95 R 5
        AAA SHORT 240000..320000 entry 100 x 2 stop 105 R 5
        AAA LONG 360000..480000 entry 100 x 2 stop 95 R 5""")
    if run.document["summary"]["missed_slots"] != 1:
        raise AssertionError(run.document["summary"])
    # notional / open floored to the step: 1000 / 70 = 14.28 -> 14.2
    run = backtest(["70 70 70 70"], HOLD)
    same(run.heads(), "AAA LONG 0..60000 entry 70 x 14.2 stop 66.5 R 3.5")


def case_an_increase_re_bases():
    # 10 at 100: stop 98, legs 102 and 104, 5 each. Bar 1 opens at 101: 10 more. Entry (1000 + 1010) / 20 = 100.5; the
    # stop stays; R stays 2 (the policy gives no plan after it): legs 102.5 and 104.5, 10 each of 20.
    run = backtest([FLAT, "101 103 100.9 101", "101 105 101 105"], PLAN, "--adds",
                   entries=entries("0 AAA LONG 10 10", "60000 AAA LONG 10 10"))
    same(run.exits(r=True), ["100000 102.5 x 10 target 1 r 1.000000", "160000 104.5 x 10 target 2 r 2.000000"])
    # first entry, size and R; fees 0.4 + 0.404 + 0.41 + 0.418; pnl 20 + 40; r = (60 - 1.632) / 20
    same(run.heads(), "AAA LONG 0..160000 entry 100 x 10 stop 98 R 2")
    same(run.money(), "pnl 60 fees 1.632 funding 0 r 2.918400")
    same(run.walked(), "mfe 2.250000 mae 0.000000")  # of the whole way, from the first entry: (104.5 - 100) / 2
    # the stop that stays is a stop
    run = backtest([FLAT, "101 101 97 97"], PLAN, "--adds",
                   entries=entries("0 AAA LONG 10 10", "60000 AAA LONG 10 10"))
    same(run.exits(r=True), "80000 98 x 20 stop r -1.250000")


def case_an_increase_takes_the_first_plan_after_it():
    # Asked for the size, it moves the stop to 99: R = 100.5 - 99 = 1.5, and the exit at 99 is -1 of it. The episode's
    # risk stays the first: 2 * 10; r = (20 * -1.5 - (0.4 + 0.404 + 0.792)) / 20.
    policy = 'if ctx.reason == "size" then return d.stop_at(99) end' + PLAN
    run = backtest([FLAT, "101 101 97 97"], policy, "--adds",
                   entries=entries("0 AAA LONG 10 10", "60000 AAA LONG 10 10"))
    same(run.exits(r=True), "80000 99 x 20 stop r -1.000000")
    same(run.money(), "pnl -30 fees 1.596 funding 0 r -1.579800")


def case_an_increase_is_judged_by_the_price_at_which_it_is_made():
    # One leg at 0.4 R: 100.8, stop 98. Three quiet bars, asleep: nobody was told that price is 98.5 now. 90 more at
    # 98.5 put the entry at (1000 + 8865) / 100 = 98.65 and the leg at 99.45 -> 99.4: not crossed by 98.5 (it would be
    # by the 100 of the first open), so it is met on the way up, half of 100.
    policy = PLAN.replace("{ r = 1, fraction = 0.5 }, { r = 2, fraction = 0.5 }", "{ r = 0.4, fraction = 0.5 }")
    rows = entries("0 AAA LONG 10 10", "180000 AAA LONG 90 10")
    bars = [FLAT, "100 100.5 98.5 98.5", "98.5 98.5 98.5 98.5", "98.5 99.4 98.5 98.5"]
    run = backtest(bars, policy, "--adds", entries=rows)
    same(run.exits(), ["220000 99.4 x 50 target 1", "240000 98.5 x 50 end_of_data"])


def case_no_exit_is_somebody_elses():
    run = backtest([FLAT, "101 103 100.9 101", "101 105 101 105"], PLAN, "--adds",
                   entries=entries("0 AAA LONG 10 10", "60000 AAA LONG 10 10", "120000 AAA LONG 5 10"))
    if any(x["reason"] in ("external", "flatten") for e in run.episodes() for x in e["exits"]):
        raise AssertionError(run.exits())


def case_hedge_mode_has_both_sides():
    # LONG low first, SHORT high first, each on its own path: 98 at 20 s and 102 at 20 s of the same bar.
    run = backtest([FLAT, "100 102 98 100"], PLAN, "--hedge",
                   entries=entries("0 AAA LONG 10 10", "0 AAA SHORT 5 10"))
    same(run.exits(), ["#1 80000 98 x 10 stop", "#2 80000 102 x 5 stop"])
    same(run.heads(), ["AAA LONG 0..80000 entry 100 x 10 stop 98 R 2", "AAA SHORT 0..80000 entry 100 x 5 stop 102 R 2"])
    # one side's targets are the other's stop; increases of one side leave the other alone
    run = backtest([FLAT, FLAT, "100 102 100 101", "101 101 98 98"], PLAN, "--hedge", "--adds",
                   entries=entries("0 AAA LONG 10 10", "0 AAA SHORT 5 10", "60000 AAA SHORT 5 10"))
    same(run.exits(), """
        #1 160000 102 x 5 target 1
        200000 98 x 5 stop
        #2 140000 102 x 10 stop""")
    # every: alternates, and looks at the side whose turn it is
    run = backtest([FLAT, FLAT, FLAT], PLAN, "--hedge", entries="every:1")
    same(run.heads(), """
        AAA LONG 0..180000 entry 100 x 10 stop 98 R 2
        AAA SHORT 60000..180000 entry 100 x 10 stop 102 R 2""")
    if run.document["summary"]["missed_slots"] != 1:
        raise AssertionError(run.document["summary"])


def case_dust_by_notional_in_hedge_mode():
    # 1 at 100 in steps of 0.1, least notional 50. Leg 1: 60 % at 102 is 61.2, but the 0.4 that it would leave is worth
    # 40.8 at 102: it takes everything. In one-way mode reductions have no least notional: 0.6 and 0.4.
    policy = PLAN.replace("fraction = 0.5 }, { r = 2, fraction = 0.5", "fraction = 0.6 }, { r = 2, fraction = 0.4")
    options = ("--min-notional", "50")
    rows = entries("0 AAA LONG 1 10")
    same(backtest(["100 105 99 100"], policy, "--hedge", *options, entries=rows).exits(), "40000 102 x 1 target 1")
    same(backtest(["100 105 99 100"], policy, *options, entries=rows).exits(),
         ["40000 102 x 0.6 target 1", "40000 104 x 0.4 target 2"])
    # a leg that is itself below it merges into the next: 40 % of 1 at 102 is 40.8; at leg 2's price and id
    policy = PLAN.replace("fraction = 0.5 }, { r = 2, fraction = 0.5", "fraction = 0.4 }, { r = 2, fraction = 0.6")
    same(backtest(["100 105 99 100"], policy, "--hedge", *options, entries=rows).exits(), "40000 104 x 1 target 2")
    # a stop closes what is left, whatever it is worth: 0.5 * 98 = 49
    policy = PLAN.replace("{ r = 2, fraction = 0.5 }", "")
    run = backtest(["100 102 99 99", "99 99 97 97"], policy, "--hedge", *options, entries=rows)
    same(run.exits(), ["40000 102 x 0.5 target 1", "80000 98 x 0.5 stop"])


def case_a_short_leg_below_the_minimum_by_a_gap():
    # SHORT of 1, leg 1 of 0.5 at 97 (stop 3 %): worth 48.5 there, least 48. Filled at P0 = 94, where it is worth 47.
    policy = """
    if ctx.plan_revision > 0 then return nil end
    return { d.stop_pct(3), d.targets { { r = 1, fraction = 0.5 } } }
    """
    run = backtest([FLAT, "94 95 93 94"], policy, "--hedge", "--min-notional", "48",
                   entries=entries("0 AAA SHORT 1 10"))
    same(run.exits(), ["60000 94 x 0.5 target 1", "120000 94 x 0.5 end_of_data"])


def case_a_level_is_one_fill_whatever_the_lot_limit():
    limits = """{"symbols":[{"symbol":"AAAUSDT","status":"TRADING","filters":[
      {"filterType":"PRICE_FILTER","tickSize":"0.1","minPrice":"0.1","maxPrice":"10000"},
      {"filterType":"LOT_SIZE","stepSize":"0.1","minQty":"0.1","maxQty":"4"},
      {"filterType":"MARKET_LOT_SIZE","stepSize":"0.1","minQty":"0.1","maxQty":"2"},
      {"filterType":"MIN_NOTIONAL","notional":"5"}]}]}"""
    run = backtest(["100 102 99 100", "100 100 97 97"], PLAN, "--instruments", "@limits.json",
                   files={"limits.json": limits}, grid=())
    same(run.exits(), ["40000 102 x 5 target 1", "80000 98 x 5 stop"])


main(globals())
