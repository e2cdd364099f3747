# SPDX-License-Identifier: Apache-2.0
"""`exitbrain sim` behind its sockets and engines that manage its account through Binance's protocol.

    Exchange: POST /sim/VERB moves prices, edits positions, injects faults; state and trades are the truth
    Engine:   a state directory, a configuration, run, doctor and commands from outside
"""
import collections
import hashlib
import hmac
import http.client
import json
import os
import signal
import ssl
import subprocess
import threading
import time
import urllib.parse

BIN = os.environ["EB_BIN"]
FAILED = 0
SAYING = threading.Lock()


def case(name, good, detail=""):
    global FAILED
    with SAYING:
        print(("ok " if good else "not ok ") + name, flush=True)
        if not good:
            FAILED = 1
            print("#", str(detail).replace("\n", "\n#   "), flush=True)
    return good


def until(what, seconds=30.0, every=0.05):
    """The first true value of what(), or the last one when the time is over."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value or time.monotonic() > end:
            return value
        time.sleep(every)


def is_ours(order):
    return order["client_id"].startswith("xb")


def e8(text):
    """Decimal text as a whole number of 1e-8: sums must be exact."""
    whole, _, part = text.partition(".")
    return int(whole + part.ljust(8, "0"))


class Exchange:
    def __init__(self, folder, *options, feed="held", latency="0s"):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.log = open(os.path.join(folder, "sim.log"), "a")
        self.process = subprocess.Popen(
            [BIN, "sim", "--listen", "127.0.0.1:0", "--control", "--keys", os.path.join(folder, "keys"),
             "--feed", feed, "--latency", latency, *options],
            stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL, text=True)
        told = json.loads(self.process.stdout.readline())
        self.rest, self.ws = told["listening"]["rest"], told["listening"]["ws"]
        self.ca_file = told["ca_file"]
        self.keys = {a["name"]: a["key_file"] for a in told["accounts"]}

    def sim(self, verb, **args):
        """What /sim/VERB answers; a refusal is the test's own mistake, unless it asks for `refusal`."""
        refusal = args.pop("refusal", False)
        answer = self._ask("POST", "/sim/" + verb, json.dumps(args), {"Content-Type": "application/json"})
        if not answer["ok"] and not refusal:
            raise RuntimeError("/sim/%s %s: %s" % (verb, args, answer["error"]))
        return answer

    def _ask(self, method, path, body=None, headers=None):
        scheme, _, address = self.rest.partition("://")
        if scheme == "https":
            context = ssl.create_default_context(cafile=self.ca_file)
            link = http.client.HTTPSConnection(address, timeout=30, context=context)
        else:
            link = http.client.HTTPConnection(address, timeout=30)
        try:
            link.request(method, path, body, headers or {})
            return json.loads(link.getresponse().read())
        finally:
            link.close()

    def signed(self, method, path, account="paper", **params):
        """What somebody else does with a key of the account."""
        with open(self.keys[account]) as f:
            key = dict(line.strip().split(" = ", 1) for line in f if " = " in line)
        query = urllib.parse.urlencode({**params, "timestamp": int(time.time() * 1000), "recvWindow": 30000})
        query += "&signature=" + hmac.new(key["secret"].encode(), query.encode(), hashlib.sha256).hexdigest()
        return self._ask(method, path + "?" + query, headers={"X-MBX-APIKEY": key["api_key"]})

    def price(self, symbol, price):
        self.sim("price", symbol=symbol, price=str(price))

    def open(self, symbol, side, quantity, leverage=5, **more):
        self.sim("open", symbol=symbol, side=side, quantity=str(quantity), leverage=str(leverage), **more)

    def state(self, **args):
        return self.sim("state", **args)

    def position(self, symbol, **args):
        """Signed quantity in 1e-8, 0 flat; in hedge mode both legs together."""
        return sum(e8(p["quantity"]) * (1 if p["side"] == "LONG" else -1)
                   for p in self.state(**args)["positions"] if p["symbol"] == symbol)

    def stops(self, symbol, state=None):
        """Conditional orders of ours that protect: what rests, and is not stuck on its way."""
        return [o for o in (state or self.state())["orders"]
                if o["symbol"] == symbol and o["algo"] and is_ours(o) and o["status"] == "NEW"]

    def trades(self, **args):
        return self.sim("trades", **args)["trades"]

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.log.close()


def lua(value):
    if isinstance(value, dict):
        return "{ %s }" % ", ".join("%s = %s" % (k, lua(v)) for k, v in value.items())
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value)


LIVE = {"exit_mode": "EXIT_BRAIN_V3", "executor_mode": "LIVE", "live_rollout": "ENABLED"}


class Engine:
    def __init__(self, exchange, folder, name="engine", key="paper", mode=None, binance=None, **sections):
        self.exchange = exchange
        self.folder = folder
        self.name = name
        self.state = os.path.join(folder, name)
        self.config = os.path.join(folder, name + ".lua")
        self.process = None
        os.makedirs(folder, exist_ok=True)
        x = exchange
        addresses = {"environment": "custom", "key_file": x.keys[key], "rest": x.rest, "ws_public": x.ws + "/public",
                     "ws_market": x.ws + "/market", "ws_private": x.ws + "/private", "ws_api": x.ws + "/ws-fapi/v1"}
        if x.ca_file:
            addresses["ca_file"] = x.ca_file
        self.write({"mode": {**LIVE, **(mode or {})}, "venue": {"address": "binance"}, "state": {"dir": self.state},
                    "binance": {**addresses, **(binance or {})}, **sections})

    def write(self, config):
        with open(self.config, "w") as f:
            f.write("return " + lua(config) + "\n")

    def run_once(self, *words, seconds=60):
        done = subprocess.run([BIN, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, text=True, timeout=seconds)
        return done.returncode, done.stdout

    def preflight(self, *words):
        return self.run_once("doctor", "--venue", "--config", self.config, *words)

    def start(self, wait=True):
        self.out = open(os.path.join(self.folder, self.name + ".out"), "a")
        self.process = subprocess.Popen([BIN, "run", "--config", self.config, "--for", "1h"], stdout=self.out,
                                        stderr=self.out, stdin=subprocess.DEVNULL)
        self.out.close()
        return self.running() if wait else True

    def begin(self):
        """The preflight, then LIVE. False: what was said is in the folder."""
        status, said = self.preflight()
        return status == 0 and self.start() or case(self.name + " begins", False, said)

    def running(self, seconds=30):
        over = lambda: self.process.poll() is not None
        until(lambda: self.status().get("venue", {}).get("stage") == "running" or over(), seconds)
        return not over()

    def command(self, *words):
        return self.run_once(*words, "--state", self.state)

    def ask(self, *words):
        status, said = self.command(*words, "--json")
        try:
            return json.loads(said)
        except ValueError:
            return {"status": status, "said": said}

    def status(self):
        return self.ask("status")

    def positions(self):
        return {(p["symbol"], p["side"]): p for p in self.ask("positions").get("positions", [])}

    def position(self, symbol):
        return next((p for key, p in self.positions().items() if key[0] == symbol), {})

    def alarms(self):
        return [a["name"] for a in self.status().get("alarms", [])]

    def log(self, *events):
        found = []
        try:
            with open(os.path.join(self.state, "engine.log")) as f:
                for line in f:
                    try:
                        event = json.loads(line)
                    except ValueError:
                        continue  # being written
                    if not events or event.get("event") in events:
                        found.append(event)
        except FileNotFoundError:
            pass
        return found

    def tail(self, lines=12):
        try:
            with open(os.path.join(self.folder, self.name + ".out")) as f:
                return "".join(f.readlines()[-lines:])
        except FileNotFoundError:
            return ""

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode if self.process else None


# ---- the audit -------------------------------------------------------------------------------------------------------

WHOLE = ("stop", "full_exit", "flatten", "backstop", "bridge")  # purposes that close a position, however large it is


def intent_of(client_id):
    """What an order is for: its id without attempt and slice."""
    return client_id.rsplit("-", 1)[0]


def audit(exchange, engine, **account):
    """What is wrong with the trail, [] nothing: no order of ours opened, and none was executed twice.

    What an intent (a target, a stop, a backstop of an episode) closed in all its orders is at most what it asked for:
    a part its largest order, a whole close the position. That positions are not overshot is the exchange's own check.
    """
    wrong = []
    state = exchange.state(**account)
    if state["check"]:
        wrong.append("the exchange's books: " + state["check"])
    asked, closed, most = collections.Counter(), collections.Counter(), collections.Counter()
    for o in engine.log("order.submitted"):
        intent = intent_of(o["client_id"])
        asked[intent] = max(asked[intent], e8(o["quantity"]))
    for t in exchange.trades(**account):
        most[t["symbol"]] = max(most[t["symbol"]], e8(t["after"]), e8(t["closed"]))
        if not t["client_id"]:
            continue
        intent = intent_of(t["client_id"])
        if t["closed"] != t["quantity"]:
            wrong.append("an order of ours opened or increased: %s" % t)
        closed[intent] += e8(t["closed"])
        if intent not in asked:
            wrong.append("%s was executed and is not in the engine's log" % intent)
        elif closed[intent] > (most[t["symbol"]] if t["purpose"] in WHOLE else asked[intent]):
            wrong.append("%s closed %d e-8 of %d asked: twice" % (intent, closed[intent], asked[intent]))
    return wrong
