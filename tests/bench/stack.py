"""A whole storekit on free ports with a database of its own, for measuring."""

import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from storekit.demo import story
from storekit.demo.browser import Browser
from storekit.demo.processes import Processes
from tests.support.postgres import free_port, start_postgres
from tests.support.redis import running_redis

_FOLDER = Path(__file__).resolve().parent.parent.parent
_EMAIL, _PASSWORD, _HIGH_STREET = "bench@example.com", "correct horse battery", "45454565682155"


@dataclass(frozen=True)
class Stack:
    """Addresses of one running storekit and its sandbox POS."""

    url: str
    pos_url: str
    venue: str
    api_key: str


@contextlib.contextmanager
def sqlite_alone() -> Iterator[Stack]:
    """The default of a desk: everything in one SQLite file."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _stack(Path(folder), {"DATABASE_URL": f"sqlite:///{folder}/db"}) as up,
    ):
        yield up


@contextlib.contextmanager
def postgresql_and_redis() -> Iterator[Stack]:
    """The set-up of production on one machine."""
    server = start_postgres()
    try:
        with contextlib.ExitStack() as opened:
            folder = opened.enter_context(tempfile.TemporaryDirectory())
            databases = {"DATABASE_URL": server.url, "REDIS_URL": opened.enter_context(running_redis())}
            yield opened.enter_context(_stack(Path(folder), databases))
    finally:
        server.stop()


@contextlib.contextmanager
def _stack(folder: Path, databases: dict[str, str]) -> Iterator[Stack]:
    port, pos_port = free_port(), free_port()
    url, pos_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{pos_port}"
    realm = f"{pos_url}/realms/k-series/protocol/openid-connect"
    environment = os.environ | {
        "ENV_FILE": os.devnull,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "PUBLIC_URL": url,
        "LIGHTSPEED_API_URL": pos_url,
        "LIGHTSPEED_AUTH_URL": f"{realm}/auth",
        "LIGHTSPEED_TOKEN_URL": f"{realm}/token",
        "DJANGO_SUPERUSER_EMAIL": _EMAIL,
        "DJANGO_SUPERUSER_PASSWORD": _PASSWORD,
        "LOG_LEVEL": "WARNING",
        **databases,
    }
    processes = Processes(folder=_FOLDER, environment=environment)
    try:
        processes.run("manage.py", "migrate", "--no-input", "-v", "0")
        processes.run("manage.py", "createcachetable")
        processes.run("manage.py", "createsuperuser", "--no-input")
        processes.start("sandbox", ["-m", "integrations.sandbox", "--port", str(pos_port)], log=folder / "pos.log")
        gunicorn = ["-m", "gunicorn", "storekit.wsgi", "-c", "python:storekit.gunicorn"]
        processes.start("web", [*gunicorn, "--bind", f"127.0.0.1:{port}"], log=folder / "web.log")
        processes.start("worker", ["manage.py", "qcluster"], log=folder / "worker.log")
        processes.wait_for("sandbox", f"{pos_url}/sandbox/health")
        processes.wait_for("web", f"{url}/readyz")
        printed = processes.run("manage.py", "create_venue", *_venue_options())
        browser = Browser()
        story.log_in(browser, url=url, email=_EMAIL, password=_PASSWORD)
        story.connect(browser, url=url, venue="bench", location=_HIGH_STREET)
        processes.run("manage.py", "sync_menu", "bench")
        requests.put(f"{pos_url}/sandbox/faults", json={"order_delay": 0}, timeout=5).raise_for_status()
        yield Stack(url=url, pos_url=pos_url, venue="bench", api_key=json.loads(printed)["api_key"])
    finally:
        processes.stop()


def _venue_options() -> list[str]:
    options = {
        "slug": "bench",
        "name": "Bench",
        "timezone": "Europe/London",
        "country": "GB",
        "currency": "GBP",
        "email": _EMAIL,
    }
    return [part for name, value in options.items() for part in (f"--{name}", value)]
