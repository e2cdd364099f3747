# SPDX-License-Identifier: Apache-2.0
"""Between an engine and its exchange: a socket that passes bytes on, and can cut, hold or turn to another exchange."""
import os
import socket
import threading


class Between:
    def __init__(self, path, upstream):
        self.upstream = upstream
        self.cut_after = []   # bytes from the exchange after which the next connections are cut
        self.cut_always = 0   # and all others; 0: none
        self.seen = 0         # connections of the engine
        self.held = threading.Event()
        self.held.set()       # cleared: nothing is passed on, and nothing closed
        self.pairs = set()
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.path = path
        self.listener.bind(path)
        self.listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            self.seen += 1
            limit = self.cut_after.pop(0) if self.cut_after else self.cut_always
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(self.upstream)
            except OSError:
                near.close()
                continue
            with self.lock:
                self.pairs.add((near, far))
            threading.Thread(target=self._pass, args=(near, far, 0), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, limit), daemon=True).start()

    def _pass(self, source, to, limit):
        passed = 0
        try:
            while True:
                part = source.recv(min(65536, limit - passed) if limit else 65536)
                if not part:
                    break
                self.held.wait()
                to.sendall(part)
                passed += len(part)
                if limit and passed >= limit:
                    break
        except OSError:
            pass
        self._end(source, to)

    @staticmethod
    def _end(*pair):
        for s in pair:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def drop(self):
        with self.lock:
            pairs, self.pairs = self.pairs, set()
        for pair in pairs:
            self._end(*pair)

    def close(self):
        self.held.set()
        self.listener.close()
        self.drop()
        os.unlink(self.path)
