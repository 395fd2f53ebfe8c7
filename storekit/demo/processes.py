"""The processes of the demo: started together, and all gone when it ends, however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import requests

_TAKEN_IN_SECONDS = 1
_GRACE_SECONDS = 15


class DemoError(Exception):
    """The demo cannot go on; `str(error)` says why and what to do."""


def require_free_port(port: int, *, variable: str) -> None:
    """Raises `DemoError` when something else listens on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise DemoError(
                f"Port {port} is taken. Choose another one, for instance: {variable}={port + 10} make demo"
            ) from error


class Processes:
    """Child processes in this process group, so that Ctrl-C in a terminal reaches each of them at once."""

    def __init__(self, *, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, arguments: Sequence[str], *, log: Path) -> None:
        """Starts `python <arguments>` with its output in a log file."""
        with log.open("wb") as output:
            self._children[name] = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def run(self, *arguments: str, extra: Mapping[str, str] | None = None) -> str:
        """Runs `python <arguments>` to its end and returns what it printed.

        Raises:
            DemoError: when it fails, with its last words.
        """
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment | dict(extra or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            raise DemoError(f"{' '.join(arguments)} failed: {(done.stderr or done.stdout).strip()[-2000:]}")
        return done.stdout

    def wait_for(self, name: str, url: str, *, seconds: float = 60) -> None:
        """Waits until a child answers at the address.

        Raises:
            DemoError: when it ends or does not answer in time.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._children[name].poll() is not None:
                raise DemoError(f"The {name} stopped while it was starting; its log says why.")
            with suppress(requests.ConnectionError, requests.Timeout):
                if requests.get(url, timeout=2).ok:
                    return
            time.sleep(0.1)
        raise DemoError(f"The {name} did not answer at {url} within {seconds:.0f} seconds.")

    def first_to_end(self) -> str | None:
        """The name of a child that has ended, or None while all are running."""
        return next((name for name, child in self._children.items() if child.poll() is not None), None)

    def stop(self) -> None:
        """Asks every child to stop, and ends by force what is left of them and of their own children."""
        family = [pid for child in self._children.values() for pid in _descendants(child.pid)]
        # Ctrl-C has reached them too. A task worker that is told a second time while it still takes in the first one
        # waits for itself for ever.
        self._wait_for_all(seconds=_TAKEN_IN_SECONDS)
        for child in self._children.values():
            with suppress(ProcessLookupError):
                child.terminate()
        self._wait_for_all(seconds=_GRACE_SECONDS)
        for pid in [*(child.pid for child in self._children.values() if child.poll() is None), *family]:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)

    def _wait_for_all(self, *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for child in self._children.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=max(0.1, deadline - time.monotonic()))


def _descendants(pid: int) -> list[int]:
    """Children of children: a task worker's own processes survive the death of their parent. Empty without /proc."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *_descendants(child)]
    return found
