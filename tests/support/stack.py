"""A whole storekit on free ports with its own database, for benchmarks and fault tests."""

import contextlib
import json
import os
import secrets
import signal
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from storekit.demo import story
from storekit.demo.browser import Browser
from storekit.demo.processes import Processes
from tests.support.postgres import PostgresServer, free_port
from tests.support.processes import CODE, children_of
from tests.support.redis import RedisServer, redis_server
from tests.support.sandbox import eventually

_EMAIL, _PASSWORD, _HIGH_STREET = "bench@example.com", "correct horse battery", "45454565682155"
# One process for what would be three: each takes seconds to start.
_PREPARE = """
import django, sys
django.setup()
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0, run_syncdb=True)
call_command("createsuperuser", interactive=False, verbosity=0)
call_command("create_venue", *sys.argv[1:])
"""


@dataclass(frozen=True)
class Stack:
    """A running storekit with its sandbox POS: addresses, and the environment for further processes of it."""

    url: str
    pos_url: str
    venue: str
    api_key: str
    folder: Path
    environment: Mapping[str, str]
    processes: Processes
    """By name: sandbox, web, and worker or heart."""
    servers: "Servers"

    @property
    def process_ids(self) -> Mapping[str, int]:
        return self.processes.ids()

    def connect(self) -> None:
        """Connect the venue as a manager does, also when it was connected before."""
        browser = Browser()
        story.log_in(browser, url=self.url, email=_EMAIL, password=_PASSWORD)
        story.connect(browser, url=self.url, venue=self.venue, location=_HIGH_STREET)

    def stop_heart(self) -> None:
        """Stop what stands in for workers until there are some; its last beat lasts for a minute."""
        if "heart" in self.process_ids:
            os.kill(self.process_ids["heart"], signal.SIGKILL)

    def kill_web(self) -> None:
        """Kill the web server and its processes at once, as when its machine dies."""
        master = self.process_ids["web"]
        for pid in (master, *children_of(master)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def start_web(self) -> None:
        """Start the web server, and return when it answers."""
        port = self.url.rpartition(":")[2]
        gunicorn = ["-m", "gunicorn", "storekit.wsgi", "-c", "python:storekit.gunicorn"]
        self.processes.start("web", [*gunicorn, "--bind", f"127.0.0.1:{port}"], log=self.folder / "web.log")
        # Not /readyz: that also asks for a worker, and for clocks that agree, which a test's fast clock does not.
        self.processes.wait_for("web", f"{self.url}/healthz", seconds=180)


@dataclass(frozen=True)
class Servers:
    """What storekit keeps its rows, its cache and its queue in; None is for SQLite alone, which is a file."""

    postgres: PostgresServer | None = None
    redis: RedisServer | None = None

    def settings(self, folder: Path) -> dict[str, str]:
        """Return the environment that names them."""
        return {
            "DATABASE_URL": self.postgres.url if self.postgres else f"sqlite:///{folder}/db",
            "REDIS_URL": self.redis.url if self.redis else "",
        }


@contextlib.contextmanager
def sqlite_alone(
    *, has_worker: bool = True, connects: bool = True, settings: Mapping[str, str] | None = None
) -> Iterator[Stack]:
    """Run storekit as on a desk: everything in one SQLite file. `settings` go into the processes' environment."""
    with _stack(Servers(), settings or {}, has_worker=has_worker, connects=connects) as up:
        yield up


@contextlib.contextmanager
def postgresql_and_redis(
    *,
    has_worker: bool = True,
    connects: bool = True,
    settings: Mapping[str, str] | None = None,
    disk_megabytes: int | None = None,
) -> Iterator[Stack]:
    """Run storekit as in production, on one machine.

    Args:
        has_worker: whether a task worker runs too.
        connects: whether the venue is connected and has a menu.
        settings: go into the processes' environment.
        disk_megabytes: PostgreSQL is on a disk of that size, if this machine allows one.
    """
    server = PostgresServer(disk_megabytes=disk_megabytes)
    try:
        with redis_server() as redis:
            stack = _stack(Servers(server, redis), settings or {}, has_worker=has_worker, connects=connects)
            with stack as up:
                yield up
    finally:
        server.stop()


@contextlib.contextmanager
def _stack(servers: Servers, settings: Mapping[str, str], *, has_worker: bool, connects: bool) -> Iterator[Stack]:
    port, pos_port = free_port(), free_port()
    url, pos_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{pos_port}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = os.environ | _environment(folder, url, pos_url) | servers.settings(folder) | dict(settings)
        processes = Processes(folder=CODE, environment=environment)
        try:
            sandbox = ["-m", "integrations.sandbox", "--port", str(pos_port)]
            processes.start("sandbox", sandbox, log=folder / "pos.log")
            api_key = json.loads(processes.run("-c", _PREPARE, *_venue_options()))["api_key"]
            up = Stack(url, pos_url, "bench", api_key, folder, environment, processes, servers)
            up.start_web()
            if has_worker:
                processes.start("worker", ["manage.py", "qcluster"], log=folder / "worker.log")
            else:
                # Without a worker no order is taken, and whoever asks for none starts one later.
                processes.start("heart", ["-m", "tests.support.heart"], log=folder / "heart.log")
            processes.wait_for("sandbox", f"{pos_url}/sandbox/health")
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
