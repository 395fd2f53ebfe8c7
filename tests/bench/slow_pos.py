"""A POS that takes its time, for benchmarks: it takes orders for any location, some of them slowly, some never.

It knows just enough of Lightspeed's API for storekit to sync a menu and send orders. What it was asked, and when, is
kept for the benchmark to read.
"""

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.bench.generated_menu import MENU_ID, menu_bytes

Json = dict[str, Any]
_NOTHING_LEFT_OUT = {"data": [], "metadata": {"warnings": [], "total": 0, "totalPages": 0}}


@dataclass
class SlowPos:
    """What the POS does and what it was asked. Times are POSIX seconds."""

    url: str = ""
    delay: float = 0.0
    """Seconds before an order is answered, and before availability is."""
    silent: set[int] = field(default_factory=set)
    """Locations whose orders are never answered."""
    orders: dict[str, float] = field(default_factory=dict)
    """When each order was answered, by its reference."""
    under_way: Counter[int] = field(default_factory=Counter)
    most_at_once: Counter[int] = field(default_factory=Counter)
    """By location: how many calls of it ran at the same time."""
    availability_calls: int = 0
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take_order(self, body: Json) -> None:
        """Wait as long as this location's till does, then keep the order."""
        location = int(body["businessLocationId"])
        with self.lock:
            self.under_way[location] += 1
            self.most_at_once[location] = max(self.most_at_once[location], self.under_way[location])
        try:
            if location in self.silent:
                self.closing.wait(60)
            else:
                time.sleep(self.delay)
                self.orders[body["thirdPartyReference"]] = time.time()
        finally:
            with self.lock:
                self.under_way[location] -= 1


@contextlib.contextmanager
def running_slow_pos(*, products: int = 20) -> Iterator[SlowPos]:
    """Run the POS in this process until the block ends."""
    pos = SlowPos()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(pos, menu_bytes(products=products)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pos.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield pos
    finally:
        pos.closing.set()
        server.shutdown()
        server.server_close()


def _handler(pos: SlowPos, menu: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are two writes: with Nagle's algorithm the second waits 40 ms for the first to be acknowledged.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path.endswith("/menu/list"):
                self._answer([{"menuName": "Menu", "ikentooMenuId": MENU_ID}])
            elif "/menu/load/" in address.path:
                self._send(menu)
            elif address.path.endswith("/itemAvailability"):
                self._availability(address.query)
            elif address.path.endswith("/onlineOrderReadiness"):
                self._answer({"status": "READY"})
            else:
                self._answer([])

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or b"{}")
            if "/order/" in self.path:
                pos.take_order(body)
                self._answer({"status": "ok"})
            elif self.path.partition("?")[0].endswith("/itemAvailability"):
                self._availability(urlsplit(self.path).query)
            else:
                self._answer({})

        def do_PUT(self) -> None:
            self.do_POST()

        def do_DELETE(self) -> None:
            self.do_POST()

        def _availability(self, query: str) -> None:
            pos.availability_calls += 1
            time.sleep(pos.delay)
            page = int(parse_qs(query).get("page", ["0"])[0])
            self._answer(_NOTHING_LEFT_OUT | {"current": {"page": page, "pageSize": 50}})

        def _answer(self, body: Any) -> None:
            self._send(json.dumps(body).encode())

        def _send(self, body: bytes) -> None:
            with contextlib.suppress(OSError):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
