# SPDX-License-Identifier: Apache-2.0
"""Money: fees, slippage, funding, liquidation, marks, the end of the data. Taker 4 bps, maintenance 1 % by default."""
from harness import T0, backtest, entries, klines, main, same

HOLD = "if ctx.plan_revision == 0 then return d.stop_pct(5) end"
FLAT = "100 100 100 100"


def case_fees_are_ceiled_and_pnl_is_floored_at_1e_8():
    # price 0.00000123, step 0.1, size 0.7: fee 0.7 * 123e-8 * 0.0004 = 3.444e-10 -> 1e-8, also at the exit. One tick
    # up is 0.7e-8 of gain -> 0; one tick down is 0.7e-8 of loss -> -1e-8.
    row, grid = "0.00000123 0.00000124 0.00000122 ", ("--tick", "0.00000001", "--step", "0.1")
    for last, pnl in (("0.00000124", "0"), ("0.00000122", "-0.00000001")):
        run = backtest([row + last], "if ctx.plan_revision == 0 then return d.stop_pct(10) end",
                       entries=entries("0 AAA LONG 0.7 1"), grid=grid)
        # stop 0.000001107 -> 0.00000111; R = 12e-8; r = (pnl - 2e-8) / (12e-8 * 0.7 = 8.4e-8)
        r = {"0": "-0.238095", "-0.00000001": "-0.357143"}[pnl]
        same(run.money(), f"pnl {pnl} fees 0.00000002 funding 0 r {r}")


def case_slippage_is_exact_then_to_the_adverse_tick():
    # 3.3 bps of 100: a LONG pays 100.033 -> 100.1, a SHORT gets 99.967 -> 99.9; the close at 100 likewise.
    # Fees 10 * 100.1 * 0.0004 = 0.4004 and 10 * 99.9 * 0.0004 = 0.3996. 5 % of the entry: 95.095 -> 95.1, R 5;
    # 99.9 * 1.05 = 104.895 -> 104.8, R 4.9. r = (-2 - 0.8) / 50 and / 49.
    run = backtest([FLAT], HOLD, "--slippage-bps", "3.3")
    same(run.heads(), "AAA LONG 0..60000 entry 100.1 x 10 stop 95.1 R 5")
    same(run.exits(fee=True), "60000 99.9 x 10 end_of_data fee 0.3996")
    same(run.money(), "pnl -2 fees 0.8 funding 0 r -0.056000")
    run = backtest([FLAT], HOLD, "--slippage-bps", "3.3", entries="every:1000,side=short")
    same(run.heads(), "AAA SHORT 0..60000 entry 99.9 x 10 stop 104.8 R 4.9")
    same(run.money(), "pnl -2 fees 0.8 funding 0 r -0.057143")
    # a price off the grid is rounded for the fill even without slippage: bought at 100.1, sold at 100
    run = backtest(["100.05 100.05 100.05 100.05"], HOLD, entries=entries("0 AAA LONG 10 10"))
    same(run.heads(), "AAA LONG 0..60000 entry 100.1 x 10 stop 95.1 R 5")
    same(run.exits(), "60000 100 x 10 end_of_data")
    same(run.walked(), "mfe -0.010000 mae -0.010000")  # the path is the price as it was: (100.05 - 100.1) / 5


def funding(*rows):
    return "calc_time,funding_interval_hours,last_funding_rate\n" + "".join(f"{T0 + t},8,{rate}\n" for t, rate in rows)


def case_funding_by_the_open_of_the_first_bar_at_or_after_it():
    # LONG of 10. 60,999 ms is floored to 60 s: due at the second open (101): 10 * 101 * 0.0001 = 0.101 paid.
    # 120,001 -> 120 s: third open (102), a negative rate: 10 * 102 * 0.0002 = 0.204 received. 179 s is after the
    # third open and before the fourth (103): 10 * 103 * 0.0001 = 0.103 paid there. Net 0: -0.101 + 0.204 - 0.103.
    bars = ["100 100 100 100", "101 101 101 101", "102 102 102 102", "103 103 103 103"]
    file = {"AAAUSDT-funding.csv": funding((60_999, "0.0001"), (120_001, "-0.0002"), (179_000, "0.0001"))}
    options = ("--funding", "@AAAUSDT-funding.csv")
    # pnl 30, fees 0.4 + 10 * 103 * 0.0004 = 0.812, R 5: r = 29.188 / 50
    same(backtest(bars, HOLD, *options, files=file).money(), "pnl 30 fees 0.812 funding 0 r 0.583760")
    # a SHORT the other way round, and one more at the first open: not paid by the position that is opened there
    first = {"AAAUSDT-funding.csv": funding((0, "0.5"), (60_000, "0.0001"), (120_000, "0.0002"))}
    run = backtest(bars, HOLD, *options, files=first, entries="every:1000,side=short")
    # received 0.101 + 0.204; pnl -30, r = (-30 - 0.812 + 0.305) / 50
    same(run.money(), "pnl -30 fees 0.812 funding 0.305 r -0.610140")


def case_funding_is_rounded_half_even_and_comes_before_the_gap():
    # LONG of 0.1, rate 1e-7. At 0.5 it owes 0.1 * 0.5 * 1e-7 = 0.5e-8 -> 0; at 1.5 1.5e-8 -> 2e-8.
    bars, grid = ["0.5 1.5 0.5 1.5", "0.5 1.5 0.5 1.5", "1.5 1.5 0.4 0.4"], ("--tick", "0.1", "--step", "0.1")
    policy = "if ctx.plan_revision == 0 then return d.stop_at(0.1) end"
    file = {"AAAUSDT-funding.csv": funding((60_000, "0.0000001"), (120_000, "0.0000001"))}
    run = backtest(bars, policy, "--funding", "@AAAUSDT-funding.csv", files=file, entries=entries("0 AAA LONG 0.1 1"),
                   grid=grid)
    if [e["funding"] for e in run.episodes()] != ["-0.00000002"]:
        raise AssertionError(run.money())
    # a position that its stop ends at this very P0 has paid first: 10 * 94 * 0.0001
    run = backtest([FLAT, "94 94 94 94"], HOLD, "--funding", "@AAAUSDT-funding.csv",
                   files={"AAAUSDT-funding.csv": funding((60_000, "0.0001"))})
    same(run.exits(), "60000 94 x 10 stop")
    same(run.money(), "pnl -60 fees 0.776 funding -0.094 r -1.217400")  # (-60 - 0.776 - 0.094) / 50


def case_policies_see_when_the_next_funding_is_due_and_the_rate_of_the_last():
    # At 0 nothing was paid yet; from 60 s on 0.01 %, from 120 s on -0.02 %, and then nothing more is known to be due.
    policy = f"""
        local seen = string.format("%.4f %d", ctx.funding_rate_pct, (ctx.next_funding_ms or {T0}) - {T0})
        if ctx.plan_revision == 0 then return d.stop_at(seen == "0.0000 60000" and 95 or 90) end
        local wanted = {{ [60000] = "0.0000 60000", [120000] = "0.0100 120000", [180000] = "-0.0200 0" }}
        if seen ~= wanted[ctx.now_ms - {T0}] then return d.partial_close(0.1) end
        if ctx.next_funding_ms == nil then return d.full_exit() end"""
    run = backtest([FLAT] * 5, policy, "--funding", "@AAAUSDT-funding.csv",
                   files={"AAAUSDT-funding.csv": funding((60_999, "0.0001"), (120_000, "-0.0002"))})
    same(run.heads(), "AAA LONG 0..180000 entry 100 x 10 stop 95 R 5")
    same(run.exits(), "180000 100 x 10 policy")


def case_liquidation_on_the_way():
    # Leverage 80: margin 12.5, maintenance 1 %: (1000 - 12.5) / (10 * 0.99) = 99.747 -> 99.8, nearer to the entry. The
    # stop may not be beyond 99.8 + 1 % of entry = 100.8: behind price, so no stop is legal. Filled at its price without
    # slippage; taker 10 * 99.8 * 0.0004. SHORT: (1000 + 12.5) / 10.1 = 100.2475 -> 100.2.
    run = backtest(["100 100 98 99"], HOLD, "--slippage-bps", "0", entries="every:1000,side=long,leverage=80")
    same(run.exits(fee=True), "20000 99.8 x 10 liquidation fee 0.3992")
    run = backtest(["100 102 100 101"], HOLD, entries="every:1000,side=short,leverage=80")
    same(run.exits(fee=True), "20000 100.2 x 10 liquidation fee 0.4008")


def case_liquidation_by_a_gap_costs_the_margin_at_most():
    # Leverage 10: margin 100, (1000 - 100) / 9.9 = 90.909 -> 91. Open 85: 150 lost by price, 100 by rule; R = 5:
    # r of the exit -15 / 5, r of the episode (-100 - 0.4 - 0.34) / 50. A gap to 90.5 loses 95, less than the margin.
    run = backtest([FLAT, "85 86 84 85"], HOLD)
    same(run.exits(fee=True, r=True), "60000 85 x 10 liquidation fee 0.34 r -3.000000")
    same(run.money(), "pnl -100 fees 0.74 funding 0 r -2.014800")
    run = backtest([FLAT, "90.5 91 90 90.5"], HOLD)
    same(run.money(), "pnl -95 fees 0.762 funding 0 r -1.915240")
    # after half was closed at 100 the margin is 50: 75 lost by price, 50 by rule
    half = "if ctx.plan_revision == 0 then return { d.stop_pct(5), d.partial_close(0.5) } end"
    run = backtest([FLAT, "85 86 84 85"], half)
    same(run.exits(), ["0 100 x 5 policy", "60000 85 x 5 liquidation"])
    same(run.money(), "pnl -50 fees 0.77 funding 0 r -1.015400")  # 0.4 + 0.2 + 0.17


def case_liquidation_after_an_increase_with_another_leverage():
    # 10 at 100 with 10x, then 10 at 100 with 20x: the leverage of a symbol is one, margin 2000 / 20 = 100. Price
    # (2000 - 100) / 19.8 = 95.959 -> 96; stop 95 moves to 96 + 1 = 97. A gap to 90 would lose 200: 100 by rule.
    run = backtest([FLAT, FLAT, "90 90 90 90"], HOLD, "--adds",
                   entries=entries("0 AAA LONG 10 10", "60000 AAA LONG 10 20"))
    same(run.exits(), "120000 90 x 20 liquidation")
    same(run.money(), "pnl -100 fees 1.52 funding 0 r -2.030400")  # 0.8 + 20 * 90 * 0.0004; R 5 of the first 10


def case_tiers_of_maintenance():
    # 1000 of notional in a tier of 5 % with 20 of maintenance amount: (1000 - 100 - 20) / (10 * 0.95) = 92.63 -> 92.7.
    # The stop of 5 % = 95 stands: the buffer ends at 93.7. A gap to 92.7 is met inclusively, one to 92.8 is a stop.
    tiers = """[{"symbol":"AAAUSDT","brackets":[
      {"bracket":1,"initialLeverage":50,"notionalCap":500,"notionalFloor":0,"maintMarginRatio":0.01,"cum":0},
      {"bracket":2,"initialLeverage":20,"notionalCap":5000,"notionalFloor":500,"maintMarginRatio":0.05,"cum":20}]}]"""
    for first, reason in (("92.7", "liquidation"), ("92.8", "stop")):
        run = backtest([FLAT, f"{first} 93 92 93"], HOLD, "--brackets", "@tiers.json", files={"tiers.json": tiers})
        same(run.exits(), f"60000 {first} x 10 {reason}")


MARKED = """
if ctx.plan_revision > 0 then return nil end
return { d.stop_pct(2), d.ratchet { { after_hits = 1, to = "entry" } }, d.targets { { r = 1, fraction = 0.5 } } }
"""


def marked(last, mark, *options, **more):
    return backtest(last, MARKED, "--mark-klines", "@mark/AAAUSDT-1m-mark.csv", *options,
                    files={"mark/AAAUSDT-1m-mark.csv": klines(mark)}, **more)


def case_stops_watch_the_mark_and_fill_at_the_last_price_of_then():
    # The last price falls to 97, the mark to 98.1 only: nothing. In bar 1 the mark goes from 100 to 97, past 98 after
    # 2/3 of the way, when the last price has gone 2/3 from 100 to 96: 97.3333 -> 97.3 for the seller.
    last, mark = ["100 100 97 100", "100 100 96 97"], ["100 100 98.1 100", "100 100 97 97"]
    run = marked(last, mark)
    same(run.exits(), "80000 97.3 x 10 stop")
    if run.document["summary"]["stop_source"] != "mark":
        raise AssertionError(run.document["summary"])
    # a SHORT meets 102 on the mark's way from 100 to 103: 2/3 of the last price's way to 104 is 102.6667 -> 102.7
    run = marked(["100 104 100 103"], ["100 103 100 103"], entries="every:1000,side=short")
    same(run.exits(), "20000 102.7 x 10 stop")
    # the mark opens beyond: at the last price's open
    run = marked(["100 100 100 100", "99 99 99 99"], ["100 100 100 100", "97 98 97 98"])
    same(run.exits(), "60000 99 x 10 stop")


def case_new_stops_are_judged_by_the_mark():
    # Bar 0 hits leg 1 at 102 of the last price; the ratchet wants 100. The mark, at its high of 99.9, has crossed that:
    # parked, and 99.9 - 0.2 = 99.7 stands. It is met in the mark's way down to 99.5 (1/2 of it), when the last price is
    # half way from 102 to 101: 101.5.
    run = marked(["100 102 99.9 101"], ["99.9 99.9 99.5 99.5"])
    same(run.exits(), ["40000 102 x 5 target 1", "60000 101.5 x 5 stop"])
    # The mark stands at 101 at its high: 100 is not crossed and stands; met at 2/3 of the mark's way to 99.5
    run = marked(["100 102 99.9 101.1"], ["100 101 99.5 99.5"])
    same(run.exits(), ["40000 102 x 5 target 1", "60000 101.4 x 5 stop"])


def case_the_end_of_data_is_a_market_fill_at_the_last_close():
    # 103 - 0.0515 = 102.9485 -> 102.9; entry 100.05 -> 100.1. The position was open to the end: its path is walked.
    run = backtest(["100 104 99 103"], HOLD, "--slippage-bps", "5")
    same(run.exits(fee=True), "60000 102.9 x 10 end_of_data fee 0.4116")
    same(run.walked(), "mfe 0.780000 mae -0.220000")  # (104 - 100.1) / 5, (99 - 100.1) / 5


main(globals())
