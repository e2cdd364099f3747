# SPDX-License-Identifier: Apache-2.0
"""What may go wrong between the engine and the exchange, each alone and in pairs.

A life of a position is opened, takes its first target and is stopped out; before each of these three steps the fault is
set anew. A fault is a list of (verb, arguments) for /sim/.
"""



def fault(name, **more):
    return ("fault", {"name": name, **more})


ALGO = {"path": "/fapi/v1/algoOrder"}
NEW = {"method": "POST"}


class Case:
    """A fault and a life under it. Arguments may be a function of the life, which has symbol, quantity and tick.

    at      the steps before which it is set
    by      the ways that orders take
    close   how the position ends: by our stop, or by the backstop at the exchange
    relief  what ends the fault, (seconds after it was set, verb, arguments)
    struck  faults that have to have struck
    alone   with an engine of its own, since what it leaves behind takes minutes
    """

    def __init__(self, name, *verbs, at=("open", "target", "stop"), by=("ws", "rest"), close="stop", relief=(),
                 struck=None, alone=False, patience=30.0):
        self.name, self.verbs, self.at, self.by, self.close = name, verbs, at, by, close
        self.relief, self.alone, self.patience = relief, alone, patience
        self.struck = struck if struck is not None else [v[1]["name"] for v in verbs if v[0] == "fault"]


def requests():
    for name in ("lose_request", "hang_request", "lose_answer", "hang_answer", "503_unavailable", "503_throttled",
                 "1006", "1001", "1000", "5028", "not_json"):
        yield Case(name, fault(name, count=2, **NEW))
    for name in ("503_unknown", "500", "502", "504", "408", "1007"):
        yield Case(name + ", executed", fault(name, count=2, executed=True, **NEW))
        yield Case(name + ", not executed", fault(name, count=2, executed=False, **NEW))
    yield Case("403", fault("403", **NEW), at=("stop",), close="backstop", alone=True, struck=[])
    yield Case("503_throttled, reductions exempt", fault("503_throttled", exempt=True, count=4, **NEW), struck=[])
    yield Case("refuse -2022", fault("refuse", code=-2022, count=2, **NEW))
    yield Case("refuse -1021", fault("refuse", code=-1021, count=2, **NEW))
    yield Case("refuse -1015", fault("refuse", code=-1015, **NEW))
    yield Case("refuse -2021", fault("refuse", code=-2021, **NEW, **ALGO), struck=[])
    yield Case("refuse -4045", fault("refuse", code=-4045, **NEW, **ALGO), struck=[])
    yield Case("refuse -2011 on cancel", fault("refuse", code=-2011, method="DELETE"), at=("target", "stop"), struck=[])
    yield Case("lost cancel", fault("lose_answer", count=3, method="DELETE"), at=("target", "stop"), struck=[])
    yield Case("delay_request 1500 ms", fault("delay_request", ms=1500, count=2, **NEW))
    yield Case("delay_answer 3 s", fault("delay_answer", ms=3000, count=2, **NEW))
    yield Case("stale_answer", fault("stale_answer", count=12), struck=[])
    yield Case("reads fail", fault("503_unknown", count=8, method="GET", path="/fapi/"), struck=[])


def limits():
    yield Case("rate_limit 3 s", fault("rate_limit", ms=3000), struck=[])
    yield Case("ban 3 s", fault("ban", ms=3000), struck=[])
    yield Case("key_refused 3 s", fault("key_refused", ms=3000), at=("stop",), struck=[])


def events():
    yield Case("duplicate_events", fault("duplicate_events", count=20))
    yield Case("reorder_events", fault("reorder_events", count=20, ms=300))
    yield Case("drop_events", fault("drop_events", count=2))
    yield Case("delay_events 1 s", fault("delay_events", count=20))
    yield Case("silent user 4 s", fault("silent", route="user", ms=4000))
    yield Case("silent market 4 s", fault("silent", route="market", ms=4000))
    yield Case("silent api 4 s", fault("silent", route="api", ms=4000), by=("ws",), struck=[])
    yield Case("stuck_triggering", fault("stuck_triggering"), at=("stop",), close="backstop")


def connections():
    for name in ("public", "market", "private", "api"):
        by = ("ws",) if name == "api" else ("ws", "rest")
        yield Case("disconnect " + name, ("disconnect", {"class": name}), by=by)
    yield Case("disconnect all", ("disconnect", {}))
    yield Case("expire_listen_key", ("expire_listen_key", {}))
    yield Case("latency 300 ms", ("latency", {"request_ms": 300, "answer_ms": 300, "event_ms": 500, "market_ms": 200}))
    yield Case("latency of triggers 1500 ms", ("latency", {"trigger_ms": 1500}), at=("stop",), close="backstop")
    yield Case("skew +2 s", ("skew", {"ms": 2000}))
    yield Case("skew -2 s", ("skew", {"ms": -2000}))


def oddities():
    for name in ("unknown_keys", "cm_symbols", "numbers_as_text", "text_as_numbers"):
        yield Case(name, fault(name, ms=20000))


def others():
    """What others and the exchange itself change meanwhile."""
    yield Case("filters: market orders of a third", ("filters", lambda l: {
        "symbol": l.symbol, "market_max_qty": l.part(3)}), relief=(4, "filters", lambda l: {
            "symbol": l.symbol, "market_max_qty": l.part(1, 100)}))
    yield Case("filters: a larger least notional", ("filters", lambda l: {
        "symbol": l.symbol, "min_notional": "3000"}), relief=(4, "filters", lambda l: {
            "symbol": l.symbol, "min_notional": "5"}))
    yield Case("trading halts for 3 s", ("status", lambda l: {"symbol": l.symbol, "status": "SETTLING"}), at=("stop",),
               relief=(3, "status", lambda l: {"symbol": l.symbol, "status": "TRADING"}))
    yield Case("a thin book", ("depth", lambda l: {"symbol": l.symbol, "per_tick": l.part(8)}),
               relief=(4, "depth", lambda l: {"symbol": l.symbol, "per_tick": "0"}))
    yield Case("leverage is changed", ("signed", lambda l: {"method": "POST", "path": "/fapi/v1/leverage",
                                                            "symbol": l.symbol, "leverage": 10}), at=("target", "stop"))


ALONE = [*requests(), *limits(), *events(), *connections(), *oddities(), *others()]

PAIRS = [
    Case("fills untold twice: lose_answer + drop_events", fault("lose_answer", count=2, **NEW),
         fault("drop_events", count=3)),
    Case("executed unseen: 503_unknown + private cut", fault("503_unknown", count=2, executed=True, **NEW),
         ("disconnect", {"class": "private"})),
    Case("no answer, no stream: hang_answer + expire_listen_key", fault("hang_answer", count=2, **NEW),
         ("expire_listen_key", {})),
    Case("an old truth: 1007 executed + stale_answer", fault("1007", count=2, executed=True, **NEW),
         fault("stale_answer", count=12), struck=["1007"]),
    Case("late and twice: delay_request + duplicate_events", fault("delay_request", ms=1500, count=2, **NEW),
         fault("duplicate_events", count=20)),
    Case("deaf and refused: silent user + refuse -2022", fault("silent", route="user", ms=4000),
         fault("refuse", code=-2022, count=2, **NEW)),
    Case("banned unknowing: lose_answer + ban", fault("lose_answer", **NEW), fault("ban", ms=3000), struck=[]),
    Case("queries fail too: 1007 not executed + reads fail", fault("1007", count=2, executed=False, **NEW),
         fault("503_unknown", count=6, method="GET", path="/fapi/"), struck=["1007"]),
    Case("out of time and order: skew -2 s + reorder_events", ("skew", {"ms": -2000}),
         fault("reorder_events", count=20, ms=300)),
    Case("cut while it answers: hang_request + disconnect all", fault("hang_request", count=2, **NEW),
         ("disconnect", {})),
]
