"""Start and kill storekit's own processes in a test."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.conf import settings
from django.db import connection

CODE = Path(os.environ.get("STOREKIT_CODE") or Path(__file__).resolve().parent.parent.parent)
"""The checkout whose storekit is run: this one, unless a benchmark measures another."""


def environment() -> dict[str, str]:
    """Return the environment with which a child process uses this test's database, POS and web server."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": url,
        "PUBLIC_URL": settings.PUBLIC_URL,
        "LIGHTSPEED_API_URL": settings.LIGHTSPEED_API_URL,
        "LIGHTSPEED_AUTH_URL": settings.LIGHTSPEED_AUTH_URL,
        "LIGHTSPEED_TOKEN_URL": settings.LIGHTSPEED_TOKEN_URL,
    }


class Worker:
    """A task worker (`manage.py qcluster`) in a process group of its own.

    Args:
        environ: its environment; None for this test's (see `environment`).
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "qcluster"],
            cwd=CODE,
            env=environment() if environ is None else dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self) -> None:
        """Send SIGKILL to every process of the worker at once, as when the machine dies."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def has_ended(self) -> bool:
        """Return whether its main process has ended, so that a supervisor would start another."""
        return self._process.poll() is not None

    def members(self) -> list[int]:
        """Return the process ids below the sentinel: workers, monitor and pusher."""
        (sentinel,) = children_of(self._process.pid)
        return children_of(sentinel)

    def members_if_started(self) -> list[int]:
        """Return the same, or an empty list while the worker is starting."""
        with contextlib.suppress(OSError, ValueError):
            return self.members()
        return []


def children_of(pid: int) -> list[int]:
    """Return the ids of a process's children."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextlib.contextmanager
def worker() -> Iterator[Worker]:
    """Run a task worker until the block ends."""
    started = Worker()
    try:
        yield started
    finally:
        started.kill()


def run_python(code: str) -> subprocess.Popen[str]:
    """Start a Django process that runs `code`, with pipes for its output; for races between processes."""
    start = "import django; django.setup()\n"
    return subprocess.Popen(
        [sys.executable, "-c", start + code],
        cwd=CODE,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
