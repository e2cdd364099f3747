# SPDX-License-Identifier: Apache-2.0
"""An account that `exitbrain run --venue binance` manages, over real sockets: what it does by itself, and what it makes
of what others do to the account meanwhile. Scenes run side by side, each with an exchange and an engine of its own.

    run_live.py FOLDER [SCENE...]
"""
import os
import random
import signal
import sys
import threading
import time

import rig
from rig import Engine, Exchange, audit, case, e8, is_ours, until

SOON = 20.0  # generous: this machine may be busy
RESTARTED = 100.0  # many starts in a minute use up its weight: the next one then waits for the minute after
QUICK = {"cycle": {"interval": "1s"}, "account": {"snapshot_interval": "5s"}}


def text(e):
    return "%d.%08d" % (e // 10 ** 8, e % 10 ** 8)


def between(a, b, tick="0.00001"):
    return text((e8(a) + e8(b)) // 2 // e8(tick) * e8(tick))


def beyond(level, up, tick, ticks=3):
    return text(e8(level) + up * ticks * e8(tick))


def ours(x, symbol, algo=None):
    return [o for o in x.state()["orders"]
            if o["symbol"] == symbol and is_ours(o) and (algo is None or o["algo"] == algo)]


def planned(e, symbol):
    p = e.position(symbol)
    return p if p.get("decided") and p.get("protection") == "protected" else None


def flat(x, e, symbol):
    """At the exchange, in the engine's mind, and without orders of ours."""
    return x.position(symbol) == 0 and not e.position(symbol) and not ours(x, symbol)


def clean(name, x, e, **account):
    wrong = audit(x, e, **account)
    case(name + ": the trail", not wrong, wrong)


def tls(folder):
    """Encrypted, with a certificate of its own: from the preflight to the last exit."""
    x = Exchange(folder, "--tls")
    e = Engine(x, folder, **QUICK)
    try:
        status, said = e.preflight()
        case("tls: the preflight passes", status == 0 and "LIVE may begin" in said, said)
        status, said = Engine(x, folder, "blind", binance={"ca_file": ""}).preflight()
        case("tls: a certificate of nobody we know is refused", status == 1 and "certificate" in said, (status, said))
        case("tls: runs", e.start(), e.tail())
        x.open("BTCUSDT", "LONG", "0.04")
        x.open("ETHUSDT", "SHORT", "1.2")
        for symbol in ("BTCUSDT", "ETHUSDT"):
            case("tls: %s is planned and protected" % symbol, until(lambda: planned(e, symbol), SOON), e.tail())
            case("tls: %s has a stop at the exchange" % symbol, x.stops(symbol), x.state())
        for symbol in ("BTCUSDT", "ETHUSDT"):
            at = e.position(symbol)["unprotected_ms"]
            case("tls: %s was bare for a moment only" % symbol, at < 5000, at)
        plan = e.position("BTCUSDT")
        x.price("BTCUSDT", beyond(plan["target"], 1, "0.1"))
        case("tls: the target is taken", until(lambda: 0 < x.position("BTCUSDT") < e8("0.04"), SOON), e.tail())
        plan = e.position("ETHUSDT")
        x.price("ETHUSDT", between(plan["stop"], plan["backstop"], "0.01"))
        case("tls: the stop fires", until(lambda: flat(x, e, "ETHUSDT"), SOON), (x.state(), e.tail()))
        plan = until(lambda: planned(e, "BTCUSDT"), SOON)
        x.price("BTCUSDT", beyond(plan["backstop"], -1, "0.1"))
        case("tls: what jumps beyond both is closed", until(lambda: flat(x, e, "BTCUSDT"), SOON), (x.state(), e.tail()))
        sent = [t for t in x.trades() if t["client_id"]]
        known = until(lambda: e.status()["orders"]["fills"] == len(sent), SOON)
        case("tls: fills are all known", known, (e.status(), sent))
        wallet = lambda: (x.state()["wallet"], e.status()["venue"]["wallet"])
        case("tls: so is the wallet", until(lambda: len({e8(w) for w in wallet()}) == 1, SOON), wallet())
        case("tls: no alarm stands", until(lambda: not e.alarms(), SOON), e.alarms())
        clean("tls", x, e)
    finally:
        case("tls: ends", e.stop() == 0, e.tail())
        x.close()


def shadow(folder):
    """Nothing is sent, whatever happens; and what would be is known."""
    x = Exchange(folder)
    e = Engine(x, folder, mode={"executor_mode": "SHADOW", "live_rollout": "DISABLED"}, **QUICK)
    try:
        case("shadow: runs without a preflight", e.start(), e.tail())
        x.open("SOLUSDT", "LONG", "24")
        plan = until(lambda: (p := e.position("SOLUSDT")) and p["decided"] and p, SOON)
        case("shadow: planned", plan, e.tail())
        x.price("SOLUSDT", beyond(plan["target"], 1, "0.01"))
        until(lambda: False, 2)
        x.price("SOLUSDT", beyond(plan["stop"], -1, "0.01", 30))
        met = until(lambda: "stop" in e.tail(30).split("plan (", 1)[-1], SOON)
        case("shadow: the stop is seen", met, e.tail(30))
        case("shadow: nothing was sent", not ours(x, "SOLUSDT") and not [t for t in x.trades() if t["client_id"]] and
             x.position("SOLUSDT") == e8("24"), (x.state(), x.trades()))
    finally:
        e.stop()
        x.close()


def hands(folder):
    """Others add, reduce, flip, close and deleverage; what is left is protected, and nothing of ours stays."""
    x = Exchange(folder)
    e = Engine(x, folder, **QUICK)
    try:
        x.open("BTCUSDT", "LONG", "0.04")
        if not e.begin():
            return
        adopted = until(lambda: planned(e, "BTCUSDT"), SOON)
        case("hands: found open, adopted and protected", adopted and adopted["adopted"], (adopted, e.tail()))
        x.open("BTCUSDT", "LONG", "0.02")
        case("hands: added to", until(lambda: e.position("BTCUSDT").get("left") == "0.06", SOON), e.position("BTCUSDT"))
        x.sim("close", symbol="BTCUSDT", quantity="0.01")
        case("hands: reduced", until(lambda: e.position("BTCUSDT").get("left") == "0.05", SOON), e.position("BTCUSDT"))
        case("hands: still protected", until(lambda: planned(e, "BTCUSDT"), SOON) and x.stops("BTCUSDT"), x.state())
        said = x.signed("POST", "/fapi/v1/order", symbol="BTCUSDT", side="SELL", type="MARKET", quantity="0.09")
        case("hands: a flip is possible", "orderId" in said, said)
        short = until(lambda: (p := planned(e, "BTCUSDT")) and p["side"] == "SHORT" and p, SOON)
        case("hands: flipped: the new side is planned", short and short["left"] == "0.04", (short, e.tail()))
        guards = lambda: [o["side"] for o in x.stops("BTCUSDT")] == ["BUY"]
        case("hands: flipped: and its stop alone rests", until(guards, SOON), x.state()["orders"])
        x.sim("close", symbol="BTCUSDT")
        case("hands: closed by others: orders go", until(lambda: flat(x, e, "BTCUSDT"), SOON), (x.state(), e.tail()))
        x.open("ETHUSDT", "LONG", "1.2")
        until(lambda: planned(e, "ETHUSDT"), SOON)
        x.sim("deleverage", symbol="ETHUSDT", quantity="0.4")
        case("hands: deleveraged in part", until(lambda: e.position("ETHUSDT").get("left") == "0.8", SOON), e.tail())
        x.sim("deleverage", symbol="ETHUSDT", quantity="0.8")
        case("hands: deleveraged", until(lambda: flat(x, e, "ETHUSDT"), SOON), (x.state(), e.tail()))
        x.sim("price", symbol="SOLUSDT", price="158.5")
        x.open("SOLUSDT", "LONG", "24", 20)
        p = until(lambda: planned(e, "SOLUSDT"), SOON)
        x.sim("fault", name="stuck_triggering")
        x.price("SOLUSDT", beyond(p["liquidation"], -1, "0.01", 5))
        case("hands: beyond liquidation", until(lambda: flat_but_stuck(x, e, "SOLUSDT"), SOON), (x.state(), e.tail()))
        clean("hands", x, e)
    finally:
        case("hands: ends", e.stop() == 0, e.tail())
        x.close()


def flat_but_stuck(x, e, symbol):
    return x.position(symbol) == 0 and not e.position(symbol) and not [o for o in ours(x, symbol)
                                                                       if o["status"] != "TRIGGERING"]


def foreign(folder):
    """Somebody's own stop and target stand: they count, and they stay."""
    x = Exchange(folder)
    e = Engine(x, folder, **QUICK)
    stop = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET",
            "workingType": "MARK_PRICE", "clientAlgoId": "by-hand-1", "closePosition": "true"}
    try:
        x.open("BTCUSDT", "LONG", "0.04")
        said = x.signed("POST", "/fapi/v1/algoOrder", triggerPrice="100000", **stop)
        case("foreign: a stop by hand", "algoId" in said, said)
        if not e.begin():
            return
        safe = until(lambda: (p := e.position("BTCUSDT")) and p["protection"].startswith("protected") and p, SOON)
        case("foreign: protected", safe, (e.position("BTCUSDT"), e.tail()))
        rests = lambda: [o for o in x.stops("BTCUSDT") if not o["close_position"]]
        case("foreign: ours rests as a quantity stop", until(rests, SOON), x.state()["orders"])
        theirs = lambda: [o for o in x.state()["orders"] if o["client_id"] == "by-hand-1"]
        case("foreign: theirs is left alone", len(theirs()) == 1, x.state()["orders"])
        said = x.signed("DELETE", "/fapi/v1/algoOrder", clientAlgoId="by-hand-1")
        case("foreign: it goes", until(lambda: not theirs(), SOON) == True, said)
        still = lambda: (p := e.position("BTCUSDT")) and p["protection"] == "protected" and x.stops("BTCUSDT")
        case("foreign: ours protects alone", until(still, SOON), (e.position("BTCUSDT"), e.tail()))
        plan = e.position("BTCUSDT")
        x.price("BTCUSDT", beyond(plan["backstop"], -1, "0.1", 50))
        case("foreign: flat", until(lambda: flat(x, e, "BTCUSDT"), SOON), (x.state(), e.tail()))
        clean("foreign", x, e)
    finally:
        case("foreign: ends", e.stop() == 0, e.tail())
        x.close()


def hedge(folder):
    """Both sides of one symbol at once."""
    x = Exchange(folder, "--hedge")
    e = Engine(x, folder, **QUICK)
    try:
        if not e.begin():
            return
        x.open("BTCUSDT", "LONG", "0.04")
        x.open("BTCUSDT", "SHORT", "0.02")
        both = lambda: [p for p in e.positions().values() if p["decided"] and p["protection"] == "protected"]
        safe = until(lambda: len(both()) == 2, SOON)
        case("hedge: both sides are planned and protected", safe, (e.positions(), e.tail()))
        legs = lambda: sorted((o["position_side"], o["side"]) for o in x.stops("BTCUSDT"))
        case("hedge: a stop for each", legs() == [("LONG", "SELL"), ("SHORT", "BUY")], x.state()["orders"])
        long_, short = e.positions()[("BTCUSDT", "LONG")], e.positions()[("BTCUSDT", "SHORT")]
        x.price("BTCUSDT", between(long_["stop"], long_["backstop"], "0.1"))
        one = lambda: [p["side"] for p in x.state()["positions"]] == ["SHORT"]
        case("hedge: the long side is stopped out, the short one stays", until(one, SOON), (x.state(), e.tail()))
        until(lambda: both() and both()[0]["side"] == "SHORT", SOON)
        short = e.positions()[("BTCUSDT", "SHORT")]
        x.price("BTCUSDT", beyond(short["backstop"], 1, "0.1", 50))
        case("hedge: the short one too", until(lambda: flat(x, e, "BTCUSDT"), SOON), (x.state(), e.tail()))
        clean("hedge", x, e)
    finally:
        case("hedge: ends", e.stop() == 0, e.tail())
        x.close()


def refused(folder):
    """What LIVE must not begin with, and what it says and does when that happens while it runs."""
    x = Exchange(folder)
    e = Engine(x, folder, **QUICK)
    try:
        x.sim("mode", multi_assets=True)
        status, said = e.preflight()
        case("refused: multi-assets mode", status == 1 and "multi_assets" in said and "LIVE is refused" in said, said)
        status, said = e.run_once("run", "--config", e.config, "--for", "2s")
        case("refused: nor does it run", status == 2 and "doctor --venue" in said, (status, said))
        allowed = Engine(x, folder, "allowed", binance={"allow_multi_assets": True}, **QUICK)
        status, said = allowed.preflight()
        case("refused: unless that is allowed", status == 0, said)
        x.sim("mode", multi_assets=False)
        x.sim("fault", name="refuse", code=-2015, path="/fapi/v1/order/test", method="POST", count=-1)
        status, said = e.preflight()
        case("refused: a key that may not trade", status == 1 and "-2015" in said and "LIVE is refused" in said, said)
        x.sim("clear")
        x.sim("fault", name="key_refused", ms=600000)
        began = time.monotonic()
        status, said = e.preflight("--timeout", "20s")
        case("refused: a key that the exchange does not know", status in (1, 3) and "-2015" in said and
             time.monotonic() - began < 60, (status, said))
        x.sim("clear")
        status, said = e.preflight()
        case("refused: then all is well", status == 0, said)
        case("refused: it runs", e.start(), e.tail())
        x.open("BTCUSDT", "LONG", "0.04")
        case("refused: protected", until(lambda: planned(e, "BTCUSDT"), SOON), e.tail())
        x.sim("fault", name="key_refused", ms=4000)
        x.sim("disconnect")
        said = until(lambda: [a for a in e.alarms() if "key" in a], SOON)
        case("refused: an alarm while it runs", said, e.alarms())
        over = until(lambda: not [a for a in e.alarms() if "key" in a], 40)
        case("refused: which ends", over, e.alarms())
        plan = until(lambda: planned(e, "BTCUSDT"), SOON)
        x.price("BTCUSDT", between(plan["stop"], plan["backstop"], "0.1"))
        case("refused: and exits go on", until(lambda: flat(x, e, "BTCUSDT"), 60), (x.state(), e.tail()))
        clean("refused", x, e)
    finally:
        case("refused: ends", e.stop() == 0, e.tail())
        x.close()


SYMBOLS = {"BTCUSDT": ("0.04", "0.1"), "ETHUSDT": ("1.2", "0.01"), "SOLUSDT": ("24", "0.01"),
           "XRPUSDT": ("1800", "0.0001")}


def killed(folder):
    """kill -9 while orders are on their way: what is started again finds all, and sends nothing twice."""
    x = Exchange(folder, "--balance", "1000000", latency="20ms")
    e = Engine(x, folder, **QUICK)
    chance = random.Random(4)
    kills = 0
    try:
        if not e.begin():
            return
        for turn in range(3):
            for symbol, (quantity, _) in SYMBOLS.items():
                x.open(symbol, ("LONG", "SHORT")[turn % 2], quantity)
            time.sleep(chance.uniform(0, 0.3))
            e.stop(signal.SIGKILL)
            kills += 1
            e.start(wait=False)
            for symbol in SYMBOLS:
                safe = until(lambda: planned(e, symbol), RESTARTED)
                if not case("killed %d: %s protected" % (turn, symbol), safe, e.tail()):
                    return
            for symbol, (_, tick) in SYMBOLS.items():
                x.price(symbol, beyond(e.position(symbol)["target"], 1 - 2 * (turn % 2), tick))
            time.sleep(chance.uniform(0, 0.2))
            e.stop(signal.SIGKILL)
            kills += 1
            e.start(wait=False)
            for symbol in SYMBOLS:
                plan = until(lambda: planned(e, symbol), RESTARTED)
                if not case("killed %d: %s still protected" % (turn, symbol), plan, e.tail()):
                    return
                x.price(symbol, between(plan["stop"], plan["backstop"], SYMBOLS[symbol][1]))
            time.sleep(chance.uniform(0, 1.2))
            e.stop(signal.SIGKILL)
            kills += 1
            e.start(wait=False)
            for symbol in SYMBOLS:
                over = until(lambda: flat(x, e, symbol), 60)
                case("killed %d: %s flat" % (turn, symbol), over, (x.state(), e.tail()))
        wrong = [w for w in audit(x, e) if "not in the engine's log" not in w]
        case("killed: %d times, nothing was sent twice" % kills, not wrong, wrong)
    finally:
        case("killed: ends", e.stop() == 0, e.tail())
        x.close()


SCENES = {"tls": tls, "shadow": shadow, "hands": hands, "foreign": foreign, "hedge": hedge, "refused": refused,
          "killed": killed}


def play(name, folder):
    try:
        SCENES[name](os.path.join(folder, name))
    except Exception as e:  # a scene that breaks is a failure, and the others go on
        case(name + " is played to its end", False, repr(e))


def main():
    threads = [threading.Thread(target=play, args=(name, sys.argv[1])) for name in sys.argv[2:] or SCENES]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return rig.FAILED


if __name__ == "__main__":
    sys.exit(main())
