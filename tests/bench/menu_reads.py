"""How fast storefronts read a menu of 1,000 products.

The floor is a bare view that sends the same bytes from the same gunicorn.
"""

import contextlib
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from storekit.demo.processes import Processes
from tests.support.postgres import free_port, start_postgres

_FOLDER = Path(__file__).resolve().parent.parent.parent
_PATH = "/api/v1/venues/bench/menu"
_FILL = "from tests.bench.filled_menu import fill; fill(slug='bench', products=1000)"
_ROUNDS, _SECONDS, _CONNECTIONS = 7, 2.0, 8


@dataclass(frozen=True)
class _Servers:
    """storekit and the floor, both running, with the same menu."""

    folder: Path
    storekit: int
    floor: int

    def answers_a_second(self, port: int, headers: dict[str, str], *, status: int) -> float:
        """Run one round of the load in a process of its own; return the answers per second."""
        lines = [f"GET {_PATH} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
        request = self.folder / "request"
        request.write_bytes(("\r\n".join(lines) + "\r\n\r\n").encode())
        numbers = [str(port), str(_SECONDS), str(_CONNECTIONS), str(status)]
        command = [sys.executable, "-m", "tests.bench.load", *numbers, str(request)]
        done = subprocess.run(command, cwd=_FOLDER, check=True, capture_output=True, text=True, timeout=60)
        return float(done.stdout)


def rows() -> list[tuple[str, str, str, str]]:
    """Return what was measured, storekit's median, the floor's median, and the median of the rounds' ratios."""
    measured = []
    for name, database in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
        with database() as url, _servers(url) as up:
            etags = {port: _etag(port) for port in (up.storekit, up.floor)}
            for kind, status in (("gzip", 200), ("304", 304)):
                rounds = [_round(up, etags if status == 304 else {}, status) for _ in range(_ROUNDS)]
                ours, floor = (statistics.median(column) for column in zip(*rounds, strict=True))
                ratio = statistics.median(one / other for one, other in rounds)
                what = f"menu reads, {name}, {kind}"
                measured.append((what, f"{ours:.0f}/s", f"floor {floor:.0f}/s", f"{ratio:.2f}"))
    return measured


def _round(up: _Servers, etags: dict[int, str], status: int) -> tuple[float, float]:
    # One right after the other, so that other work on the machine affects both.
    ours, floor = (
        up.answers_a_second(port, _headers() | ({"If-None-Match": etags[port]} if etags else {}), status=status)
        for port in (up.storekit, up.floor)
    )
    return ours, floor


def _headers() -> dict[str, str]:
    return {"Accept-Encoding": "gzip", "Accept-Language": "fr-FR, fr;q=0.9, en;q=0.5", "Accept": "*/*"}


def _etag(port: int) -> str:
    answer = requests.get(f"http://127.0.0.1:{port}{_PATH}", headers=_headers(), timeout=30)
    answer.raise_for_status()
    return answer.headers["ETag"]


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


@contextlib.contextmanager
def _servers(database: str) -> Iterator[_Servers]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        up = _Servers(folder=folder, storekit=free_port(), floor=free_port())
        environment = os.environ | {
            "ENV_FILE": os.devnull,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "storekit.settings"),
            "LOG_LEVEL": "WARNING",
            "DATABASE_URL": database,
            "FLOOR_BODY": str(folder / "menu.gz"),
        }
        processes = Processes(folder=_FOLDER, environment=environment)
        try:
            processes.run("manage.py", "migrate", "--no-input", "-v", "0")
            processes.run("manage.py", "shell", "--no-imports", "-c", _FILL)
            _start(processes, "storekit.wsgi", "storekit.gunicorn", up.storekit, folder)
            processes.wait_for("storekit.wsgi", f"http://127.0.0.1:{up.storekit}{_PATH}")
            # The same bytes, as sent over the network.
            url = f"http://127.0.0.1:{up.storekit}{_PATH}"
            with requests.get(url, headers=_headers(), stream=True, timeout=30) as answer:
                (folder / "menu.gz").write_bytes(answer.raw.read(decode_content=False))
            _start(processes, "tests.bench.floor_app", "tests.bench.floor_gunicorn", up.floor, folder)
            processes.wait_for("tests.bench.floor_app", f"http://127.0.0.1:{up.floor}{_PATH}")
            yield up
        finally:
            processes.stop()


def _start(processes: Processes, application: str, settings: str, port: int, folder: Path) -> None:
    gunicorn = ["-m", "gunicorn", application, "-c", f"python:{settings}", "--bind", f"127.0.0.1:{port}"]
    processes.start(application, gunicorn, log=folder / f"{application}.log")
