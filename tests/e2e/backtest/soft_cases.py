# SPDX-License-Identifier: Apache-2.0
"""Soft legs: at their level, with maker fee, only when price goes strictly beyond; what pre-empts them.

A LONG of 10 at 100 (notional 1000), stop 2 % = 98, R = 2, legs at 1 R = 102 and 2 R = 104 of 5 each.
Fees: taker 4 bps, maker 2 bps. Entry 1000 * 0.0004 = 0.4.
"""
from harness import backtest, main, same

LEGS = """
if ctx.plan_revision > 0 then return nil end
return { d.stop_pct(2), d.targets { { r = 1, fraction = 0.5, soft = true }, { r = 2, fraction = 0.5, soft = true } } }
"""


def case_a_soft_leg_that_is_touched_rests_on():
    # bar 1 ends its way up at 102 exactly; bar 2 goes to 102.1. Maker: 5 * 102 * 0.0002 = 0.102.
    # The rest leaves at the close of the last bar: 5 * 101 * 0.0004 = 0.202; r (101 - 100) / 2.
    run = backtest(["100 102 99.5 101", "101 102.1 100.5 101"], LEGS)
    same(run.exits(fee=True, r=True), """
        100000 102 x 5 target 1 fee 0.102 r 1.000000
        120000 101 x 5 end_of_data fee 0.202 r 0.500000""")
    # pnl 5 * 2 + 5 * 1; fees 0.4 + 0.102 + 0.202; r = (15 - 0.704) / (2 * 10)
    same(run.money(), "pnl 15 fees 0.704 funding 0 r 0.714800")
    same(run.walked(), "mfe 1.050000 mae -0.250000")  # 102.1 was walked by what was left; (99.5 - 100) / 2


def case_a_soft_leg_at_p0_fills_at_its_level():
    # open 103 lies beyond 102, not beyond 104: 5 at 102 at P0 itself, not at 103. The path has seen 103: (103-100)/2.
    run = backtest(["100 101 99.5 101", "103 103 100.5 101"], LEGS)
    same(run.exits(fee=True), ["60000 102 x 5 target 1 fee 0.102", "120000 101 x 5 end_of_data fee 0.202"])
    same(run.walked(), "mfe 1.500000 mae -0.250000")
    # beyond both: each at its own; maker of the second 5 * 104 * 0.0002
    run = backtest(["100 101 99.5 101", "105 105 100.5 101"], LEGS)
    same(run.exits(fee=True), ["60000 102 x 5 target 1 fee 0.102", "60000 104 x 5 target 2 fee 0.104"])
    same(run.walked(), "mfe 2.500000 mae -0.250000")
    # open exactly at 102 is not beyond it
    run = backtest(["100 101 99.5 101", "102 102 100.5 101"], LEGS)
    same(run.exits(), "120000 101 x 10 end_of_data")


def case_soft_legs_of_a_short():
    # stop 102, R = 2, legs 98 and 96. Bar 1: low 97.9 is beyond 98 at 2/3 of it; bar 2: P0 97, low 95 beyond 96.
    run = backtest(["100 101 97.9 99", "97 99 95 96"], LEGS, entries="every:1000,side=short")
    same(run.exits(fee=True), ["40000 98 x 5 target 1 fee 0.098", "100000 96 x 5 target 2 fee 0.096"])
    same(run.money(), "pnl 30 fees 0.594 funding 0 r 1.470300")  # (30 - 0.594) / 20
    # a gap down beyond both, nearest first
    run = backtest(["100 101 99 99", "95 99 95 96"], LEGS, entries="every:1000,side=short")
    same(run.exits(fee=True), ["60000 98 x 5 target 1 fee 0.098", "60000 96 x 5 target 2 fee 0.096"])


def case_slippage_does_not_touch_a_soft_leg():
    # 10 bps: entry 100.1 exactly, so stop 98.098 -> 98.1 (loses less), R = 2, legs 102.1 and 104.1.
    # Fees: entry 10 * 100.1 * 0.0004 = 0.4004; 5 * 102.1 * 0.0002 = 0.1021; 5 * 104.1 * 0.0002 = 0.1041.
    run = backtest(["100 105 99.5 101"], LEGS, "--slippage-bps", "10")
    same(run.heads(), "AAA LONG 0..40000 entry 100.1 x 10 stop 98.1 R 2")
    same(run.exits(fee=True), ["40000 102.1 x 5 target 1 fee 0.1021", "40000 104.1 x 5 target 2 fee 0.1041"])
    same(run.money(), "pnl 30 fees 0.6066 funding 0 r 1.469670")  # (30 - 0.6066) / 20


def case_a_stop_takes_back_what_rests_and_fills_once():
    # on the way: stop 98.1 less 0.0981 is 98.0019 -> 98; taker 10 * 98 * 0.0004
    run = backtest(["100 101 97 101"], LEGS, "--slippage-bps", "10")
    same(run.exits(fee=True), "20000 98 x 10 stop fee 0.392")
    # by a gap: at P0
    run = backtest(["100 101 99 101", "97 99 96 98"], LEGS)
    same(run.exits(fee=True), "60000 97 x 10 stop fee 0.388")
    # after one of them has filled the other is taken back
    run = backtest(["100 103 97 101"], LEGS, "--path", "favourable")
    same(run.exits(fee=True), ["20000 102 x 5 target 1 fee 0.102", "40000 98 x 5 stop fee 0.196"])


def case_legs_at_p0_by_index_whatever_they_are():
    # soft at 102 and 103, hard at 104 and 105, ratchet to the first hit after two. The gap to 106 meets all but the
    # last quarter: soft at their level, hard at 106. First hit is leg 1 = 102, so the rest stops at 102, not at 104.
    policy = """
    if ctx.plan_revision > 0 then return nil end
    return { d.stop_pct(2), d.ratchet { { after_hits = 2, to = "first_hit" } }, d.targets {
      { price = 102, fraction = 0.2, soft = true }, { price = 104, fraction = 0.2 },
      { price = 103, fraction = 0.2, soft = true }, { price = 105, fraction = 0.2 } } }
    """
    run = backtest(["100 101 99.5 101", "106 106 101 102"], policy)
    same(run.exits(), """
        60000 102 x 2 target 1
        60000 103 x 2 target 3
        60000 106 x 2 target 2
        60000 106 x 2 target 4
        80000 102 x 2 stop""")


def case_a_soft_leg_before_hard_ones_counts_first():
    # As most shipped profiles: one soft leg, then hard ones. The gap passes 102 (soft) and 104 (hard, filled at 105).
    policy = """
    if ctx.plan_revision > 0 then return nil end
    return { d.stop_pct(2), d.ratchet { { after_hits = 2, to = "first_hit" } }, d.targets {
      { r = 1, fraction = 0.3, soft = true }, { r = 2, fraction = 0.3 } } }
    """
    run = backtest(["100 101 99.5 101", "105 105 103 103", "103 103 101 101"], policy)
    same(run.exits(), """
        60000 102 x 3 target 1
        60000 105 x 3 target 2
        140000 102 x 4 stop""")


def case_a_whole_plan_of_soft_legs_rests():
    # Twelve legs, 101 to 112, 0.8 each: a gap to 120 fills each at its own level.
    policy = """
    if ctx.plan_revision > 0 then return nil end
    local levels = {}
    for i = 1, 12 do levels[i] = { price = 100 + i, fraction = 0.08, soft = true } end
    return { d.stop_pct(2), d.targets(levels) }
    """
    run = backtest(["100 100.5 99.5 100", "120 120 119 119"], policy)
    same(run.exits(), [f"60000 {100 + n} x 0.8 target {n}" for n in range(1, 13)] + ["120000 119 x 0.4 end_of_data"])


def case_the_end_of_data_with_resting_legs():
    run = backtest(["100 101 99.5 101"], LEGS, "--slippage-bps", "10")
    # 101 less 10 bps: 100.899 -> 100.8; pnl 10 * 0.7; fees 0.4004 + 10 * 100.8 * 0.0004 = 0.8036; r = 6.1964 / 20
    same(run.exits(fee=True), "60000 100.8 x 10 end_of_data fee 0.4032")
    same(run.money(), "pnl 7 fees 0.8036 funding 0 r 0.309820")


def case_a_full_exit_takes_back_what_rests():
    policy = LEGS.replace("return nil", 'return ctx.reason == "hit" and d.full_exit() or nil')
    # at the fill of leg 1, entered at 100.1: 102.1, then market 102.1 - 0.1021 = 101.9979 -> 101.9
    run = backtest(["100 103 99.5 101"], policy, "--slippage-bps", "10")
    same(run.exits(fee=True), ["40000 102.1 x 5 target 1 fee 0.1021", "40000 101.9 x 5 policy fee 0.2038"])
    # the same by a gap: the leg at its level, the market order where P0 is: 103 - 0.103 = 102.897 -> 102.8
    run = backtest(["100 101 99.5 101", "103 103 100.5 101"], policy, "--slippage-bps", "10")
    same(run.exits(fee=True), ["60000 102.1 x 5 target 1 fee 0.1021", "60000 102.8 x 5 policy fee 0.2056"])


main(globals())
