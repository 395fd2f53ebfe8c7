"""A whole storekit on free ports with its own database, for benchmarks and fault tests."""

import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from storekit.demo import story
from storekit.demo.browser import Browser
from storekit.demo.processes import Processes
from tests.support.postgres import free_port, start_postgres
from tests.support.processes import CODE
from tests.support.redis import running_redis
from tests.support.sandbox import eventually

_EMAIL, _PASSWORD, _HIGH_STREET = "bench@example.com", "correct horse battery", "45454565682155"


@dataclass(frozen=True)
class Stack:
    """A running storekit with its sandbox POS: addresses, and the environment for further processes of it."""

    url: str
    pos_url: str
    venue: str
    api_key: str
    folder: Path
    environment: Mapping[str, str]
    process_ids: Mapping[str, int]
    """By name: sandbox, web, worker."""

    def connect(self) -> None:
        """Connect the venue as a manager does, also when it was connected before."""
        browser = Browser()
        story.log_in(browser, url=self.url, email=_EMAIL, password=_PASSWORD)
        story.connect(browser, url=self.url, venue=self.venue, location=_HIGH_STREET)


@contextlib.contextmanager
def sqlite_alone(
    *, has_worker: bool = True, connects: bool = True, settings: Mapping[str, str] | None = None
) -> Iterator[Stack]:
    """Run storekit as on a desk: everything in one SQLite file. `settings` go into the processes' environment."""
    with tempfile.TemporaryDirectory() as folder:
        databases = {"DATABASE_URL": f"sqlite:///{folder}/db", "REDIS_URL": ""}
        with _stack(Path(folder), {**databases, **(settings or {})}, has_worker=has_worker, connects=connects) as up:
            yield up


@contextlib.contextmanager
def postgresql_and_redis(
    *, has_worker: bool = True, connects: bool = True, settings: Mapping[str, str] | None = None
) -> Iterator[Stack]:
    """Run storekit as in production, on one machine. `settings` go into the processes' environment."""
    server = start_postgres()
    try:
        with contextlib.ExitStack() as opened:
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
            databases = {"DATABASE_URL": server.url, "REDIS_URL": opened.enter_context(running_redis())}
            stack = _stack(folder, {**databases, **(settings or {})}, has_worker=has_worker, connects=connects)
            yield opened.enter_context(stack)
    finally:
        server.stop()


@contextlib.contextmanager
def _stack(folder: Path, settings: dict[str, str], *, has_worker: bool, connects: bool = True) -> Iterator[Stack]:
    port, pos_port = free_port(), free_port()
    url, pos_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{pos_port}"
    environment = os.environ | _environment(folder, url, pos_url) | settings
    processes = Processes(folder=CODE, environment=environment)
    try:
        processes.start("sandbox", ["-m", "integrations.sandbox", "--port", str(pos_port)], log=folder / "pos.log")
        processes.run("manage.py", "migrate", "--no-input", "-v", "0")
        processes.run("manage.py", "createsuperuser", "--no-input")
        gunicorn = ["-m", "gunicorn", "storekit.wsgi", "-c", "python:storekit.gunicorn"]
        processes.start("web", [*gunicorn, "--bind", f"127.0.0.1:{port}"], log=folder / "web.log")
        if has_worker:
            processes.start("worker", ["manage.py", "qcluster"], log=folder / "worker.log")
        else:
            # Without a worker no order is taken, and whoever asks for none starts one later.
            processes.start("heart", ["-m", "tests.support.heart"], log=folder / "heart.log")
        printed = processes.run("manage.py", "create_venue", *_venue_options())
        processes.wait_for("sandbox", f"{pos_url}/sandbox/health")
        # Not /readyz: that also asks for a worker, and for clocks that agree, which a test's fast clock does not.
        processes.wait_for("web", f"{url}/healthz")
        api_key = json.loads(printed)["api_key"]
        up = Stack(url, pos_url, "bench", api_key, folder, environment, processes.ids())
        if connects:
            up.connect()
            processes.run("manage.py", "sync_menu", "bench")
            eventually(lambda: story.read_menu(url=url, venue="bench")["ordering"]["ready"], seconds=60)
        requests.put(f"{pos_url}/sandbox/faults", json={"order_delay": 0}, timeout=5).raise_for_status()
        yield up
    finally:
        processes.stop()


def _environment(folder: Path, url: str, pos_url: str) -> dict[str, str]:
    realm = f"{pos_url}/realms/k-series/protocol/openid-connect"
    return {
        "DJANGO_SETTINGS_MODULE": "storekit.settings",
        "ENV_FILE": os.devnull,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "MEDIA_ROOT": str(folder / "media"),
        "EMAIL_URL": f"filemail:///{folder}/mail",
        "PUBLIC_URL": url,
        "LIGHTSPEED_API_URL": pos_url,
        "LIGHTSPEED_AUTH_URL": f"{realm}/auth",
        "LIGHTSPEED_TOKEN_URL": f"{realm}/token",
        "DJANGO_SUPERUSER_EMAIL": _EMAIL,
        "DJANGO_SUPERUSER_PASSWORD": _PASSWORD,
        "LOG_LEVEL": "WARNING",
    }


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
