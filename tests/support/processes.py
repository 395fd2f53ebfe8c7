"""Start and kill storekit's own processes in a test.

Those for this test's database are forked from a process where Django is loaded already (see `tests.support.warm`).
"""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

CODE = Path(os.environ.get("STOREKIT_CODE") or Path(__file__).resolve().parent.parent.parent)
"""The checkout whose storekit is run: this one, unless a benchmark measures another."""

_OF_THE_TEST = ("PUBLIC_URL", "LIGHTSPEED_API_URL", "LIGHTSPEED_AUTH_URL", "LIGHTSPEED_TOKEN_URL")

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.support.warm"])


def environment() -> dict[str, str]:
    """Return the environment with which a child process uses this test's database, POS and web server."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    names = {name: getattr(settings, name) for name in _OF_THE_TEST}
    return os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": url} | names


class Worker:
    """A task worker (`manage.py qcluster`) in a process group of its own, started from nothing.

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
        self._pid = self._process.pid

    def kill(self) -> None:
        """Send SIGKILL to every process of the worker at once, as when the machine dies."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        self._process.wait()

    def has_ended(self) -> bool:
        """Return whether its main process has ended, so that a supervisor would start another."""
        return self._process.poll() is not None

    def members(self) -> list[int]:
        """Return the process ids below the sentinel: workers, monitor and pusher."""
        (sentinel,) = children_of(self._pid)
        return children_of(sentinel)

    def members_if_started(self) -> list[int]:
        """Return the same, or an empty list while the worker is starting."""
        with contextlib.suppress(OSError, ValueError):
            return self.members()
        return []


class ForkedWorker(Worker):
    """The same, forked.

    Args:
        database: the name of another database of the same server (for SQLite its file) than the test's.
        changes: settings that differ from the test's.
    """

    def __init__(self, *, database: str | None = None, **changes: Any) -> None:
        self._forked = _fork("run_worker", changes, database=database)
        assert self._forked.pid is not None
        self._pid = self._forked.pid

    def kill(self) -> None:
        """Send SIGKILL to every process of the worker at once, as when the machine dies."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        # In case it has no group of its own yet.
        self._forked.kill()
        self._forked.join()

    def has_ended(self) -> bool:
        """Return whether its main process has ended."""
        return self._forked.exitcode is not None


class ForkedPython:
    """Python code in a forked process; used as one uses a `Popen` with text pipes. Arguments as of `ForkedWorker`."""

    def __init__(self, code: str, *, database: str | None = None, **changes: Any) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="storekit-forked-")
        self._files = [Path(self._folder.name, name) for name in ("output", "errors")]
        output, errors = self._files
        self._forked = _fork("run_code", changes, code, database=database, output=output, errors=errors)

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._forked.exitcode

    def wait(self, timeout: float) -> int | None:
        """Wait for its end, `timeout` seconds at most, and return its exit code."""
        self._forked.join(timeout)
        return self.returncode

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Wait for its end, and return what it printed: output and errors."""
        if self.wait(timeout) is None:
            self._forked.kill()
            raise AssertionError(f"the process did not end within {timeout} seconds")
        output, errors = (path.read_text() if path.exists() else "" for path in self._files)
        return output, errors


def _fork(name: str, changes: dict[str, Any], *args: Any, database: str | None, **files: Path) -> ForkServerProcess:
    """Start a function of `tests.support.warm` in a process with this test's surroundings."""
    here = {key: connection.settings_dict[key] for key in ("NAME", "USER", "HOST", "PORT")}
    if database is not None:
        here["NAME"] = database
    values = {key: getattr(settings, key) for key in _OF_THE_TEST} | changes
    process = _forks.Process(target=_call_warm, args=(name, here, values, files, *args))
    process.start()
    return process


def _call_warm(name: str, database: Any, values: Any, files: Any, *args: Any) -> None:
    # Imported there, not here: the import sets Django up for processes of their own.
    from tests.support import warm  # noqa: PLC0415

    getattr(warm, name)(warm.Surroundings(database, values, **files), *args)


def children_of(pid: int) -> list[int]:
    """Return the ids of a process's children."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextlib.contextmanager
def worker(**changes: Any) -> Iterator[Worker]:
    """Run a task worker until the block ends; its settings differ from the test's by `changes`."""
    started = ForkedWorker(**changes)
    try:
        yield started
    finally:
        started.kill()


def run_python(code: str) -> ForkedPython:
    """Start a Django process that runs `code`, for races between processes."""
    return ForkedPython(code)
