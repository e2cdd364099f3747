#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An exchange that lies: liar.py MODE COUNT_FILE [REST_OF_A_SIMULATED_EXCHANGE]

Answers requests as MODE says, notes each without its query, and prints its address. In mode `odd` it passes them on to
a simulated exchange and mixes into the answers what a client must live with.
"""
import http.client
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

mode, count_file = sys.argv[1], sys.argv[2]
behind = urlsplit(sys.argv[3]).netloc if len(sys.argv) > 3 else None
lock, count = threading.Lock(), 0

ODD_SYMBOL = {"symbol": "币安人生USDT", "status": "QUANTUM", "contractType": "PERPETUAL_2031", "quoteAsset": "USDT",
              "marginAsset": "USDT", "filters": [{"filterType": "FUTURE_FILTER", "tickSize": "1e-05"}], "st": 7}
ODD_POSITION = {"symbol": "NOWHEREUSD_PERP", "positionSide": "BOTH", "positionAmt": "1E+3", "entryPrice": 1e-05,
                "updateTime": 9007199254740993, "new": {"deep": [[[1]]]}}
ODD_ORDER = {"symbol": "NOWHEREUSDT", "orderId": 18446744073709551615, "clientOrderId": "x" * 300, "side": "SELL",
             "type": "MYSTERY", "status": "NEW", "origQty": "1e5", "price": 1e-7}
ODD_ALGO = {"symbol": "NOWHEREUSDT", "algoId": 18446744073709551615, "clientAlgoId": "y" * 36, "algoType": "VP",
            "side": "SELL", "orderType": "MYSTERY", "algoStatus": "NEW", "quantity": "1e5",
            "triggerPrice": "1E-7"}


def odd(path, text):
    d = json.loads(text)
    if path.endswith("/exchangeInfo"):
        d["symbols"].append(ODD_SYMBOL)
        d["rateLimits"].append({"rateLimitType": "PATIENCE", "interval": "EON", "intervalNum": "1", "limit": "1"})
    elif path.endswith("/positionRisk"):
        for row in d:  # as other encoders would write it
            row["markPrice"] = float(row["markPrice"])
            row["unheard"] = {"of": [None, True]}
        d.append(ODD_POSITION)
    elif path.endswith("/openOrders"):
        d.append(dict(ODD_ORDER, side="HOLD") if mode == "word" else ODD_ORDER)
    elif path.endswith("/openAlgoOrders"):
        d.append(ODD_ALGO)
    elif path.endswith("/balance"):
        d.append({"asset": "MOON", "balance": "1e2", "walletBalance": "1e2"})
    return json.dumps(d).encode()


class Liar(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body, more=()):
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in more:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def raw(self, data):
        self.close_connection = True
        self.wfile.write(data)

    def pass_on(self):
        c = http.client.HTTPConnection(behind, timeout=20)
        n = int(self.headers.get("Content-Length") or 0)
        c.request(self.command, self.path, self.rfile.read(n) if n else None,
                  {k: v for k, v in self.headers.items() if k.lower() == "x-mbx-apikey"})
        a = c.getresponse()
        text = a.read()
        path = urlsplit(self.path).path
        return self.answer(a.status, odd(path, text) if mode in ("odd", "word") and a.status == 200 else text,
                           [(k, v) for k, v in a.getheaders() if k.lower().startswith("x-mbx")])

    def lie(self):
        path = urlsplit(self.path).path
        codes = {"unknown_key": (401, -2008, "Invalid Api-Key ID."),
                 "no_permission": (401, -2015, "Invalid API-key, IP, or permissions for action."),
                 "bad_signature": (400, -1022, "Signature for this request is not valid.")}
        if mode in codes and not self.headers.get("X-MBX-APIKEY"):
            return self.pass_on()
        if mode in ("ban", "wall") and path.endswith("/time") and count < 4:
            return self.pass_on()
        if mode in codes:
            status, code, msg = codes[mode]
            return self.answer(status, json.dumps({"code": code, "msg": msg}))
        if mode == "ban":
            until = int((time.time() + 120) * 1000)
            return self.answer(418, '{"code":-1003,"msg":"Way too many requests; IP banned until %d."}' % until,
                               [("Retry-After", "120")])
        if mode == "wall":
            return self.answer(403, "<html><body>403 Forbidden</body></html>")
        answers = {"html": "<html><body>Maintenance</body></html>", "truncated": '{"serverTime":17000000',
                   "deep": "[" * 100000, "empty": "", "scientific": '{"serverTime":1.7e99}',
                   "wrong_type": '{"serverTime":[{}],"symbols":{"a":1},"code":"x"}',
                   "bytes": bytes(range(256)) * 16, "oversized": b'{"a":"' + b"x" * (24 << 20) + b'"}'}
        if mode in answers:
            return self.answer(200, answers[mode])
        if mode == "garbage":
            return self.raw(b"\x00\x01\x02 this is no HTTP\r\n\r\n")
        if mode == "cut":
            return self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"serverTime\":")
        if mode == "head":
            return self.raw(b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"y" * (2 << 20) + b"\r\n\r\n")
        raise SystemExit("unknown mode " + mode)

    def handle_request(self):
        global count
        with lock:
            count += 1
            kind = "keyed" if self.headers.get("X-MBX-APIKEY") else "public"
            with open(count_file, "a", encoding="ascii") as f:
                f.write("%s %s\n" % (kind, self.path.split("?")[0]))
        return self.pass_on() if mode in ("odd", "word") else self.lie()

    do_GET = do_POST = do_PUT = do_DELETE = handle_request


server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
server.daemon_threads = True
print("http://127.0.0.1:%d" % server.server_address[1], flush=True)
server.serve_forever()
