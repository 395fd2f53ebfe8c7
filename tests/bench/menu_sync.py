"""Syncing a large menu; the floor is parsing the same JSON and writing the same rows with bare `executemany`.

The POS's answer comes over a real socket, from a server that only sends prepared bytes. Each round runs in a process
of its own with an empty database, so that its peak memory is that of a worker.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.bench.generated_menu import MENU_ID, menu_bytes
from tests.support.postgres import start_postgres

_ROUNDS = 3
_CHANGED = 0.01
_FOLDER = Path(__file__).resolve().parent.parent.parent


def rows() -> list[tuple[str, str, str, str]]:
    """Return for each database: the first sync to the floor, later ones to the first, then queries and peak memory."""
    with _pos() as pos_url:
        found = []
        for name, database in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
            rounds = []
            for _ in range(_ROUNDS):
                with database() as url:
                    rounds.append(_round(pos_url, url))
            found += _table(name, rounds)
    return found


def _table(name: str, rounds: list[dict[str, float]]) -> list[tuple[str, str, str, str]]:
    def row(what: str, measured: str, to: str, reference: str) -> tuple[str, str, str, str]:
        median = statistics.median(one[measured] for one in rounds)
        slowest = max(one[measured] for one in rounds)
        ratio = statistics.median(one[measured] / one[to] for one in rounds)
        return (f"menu sync, {name}: {what}", f"{median:.2f} s", f"{slowest:.2f} s", f"{ratio:.2f}{reference}")

    peak, queries = (max(one[measured] for one in rounds) for measured in ("peak", "queries"))
    return [
        row("floor, parse and executemany", "floor", "floor", ""),
        row("first", "first", "floor", ""),
        row("unchanged", "unchanged", "first", " of the first"),
        row("1% changed", "changed", "first", " of the first"),
        (f"menu sync, {name}: most queries, peak memory", f"{queries:.0f}", f"{peak:.0f} MB", ""),
    ]


# --- One round, in a process of its own ------------------------------------------------------------------------------


def _round(pos_url: str, database_url: str) -> dict[str, float]:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url,
        "LIGHTSPEED_API_URL": pos_url,
        "LOG_LEVEL": "WARNING",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.menu_sync_round"],
        cwd=_FOLDER,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
        check=True,
    )
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


@contextlib.contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/db"


@contextlib.contextmanager
def _postgresql() -> Iterator[str]:
    server = start_postgres()
    try:
        yield server.url
    finally:
        server.stop()


# --- The POS ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _pos() -> Iterator[str]:
    """Run a server with the large menu; PUT /changed and PUT /unchanged choose which one it answers with."""
    menus = {"/unchanged": menu_bytes(), "/changed": menu_bytes(changed=_CHANGED)}
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(menus))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _handler(menus: dict[str, bytes]) -> type[BaseHTTPRequestHandler]:
    answers: dict[str, bytes] = {
        "/o/op/1/menu/list": json.dumps([{"menuName": "Large menu", "ikentooMenuId": MENU_ID}]).encode(),
        "/o/op/1/itemAvailability": json.dumps({"data": [], "metadata": {"total": 0, "totalPages": 0}}).encode(),
        "/i/allergens": b"[]",
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body are two writes: with Nagle's algorithm the second waits 40 ms for the first to be acknowledged.
        disable_nagle_algorithm = True

        def do_PUT(self) -> None:
            answers[f"/o/op/2/menu/load/{MENU_ID}"] = menus[self.path]
            self._answer(b"{}")

        def do_GET(self) -> None:
            self._answer(answers[self.path.partition("?")[0]])

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
