"""The demo's processes: started together, and all stopped when it ends, however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

_GRACE_SECONDS = 5


class DemoError(Exception):
    """The demo cannot continue; `str(error)` says why and what to do."""


def require_free_port(port: int, *, variable: str) -> None:
    """Raise `DemoError` if something else is listening on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise DemoError(
                f"Port {port} is in use. Choose another, for instance: {variable}={port + 10} make demo"
            ) from error


class Processes:
    """Child processes in this process group.

    Ctrl-C in a terminal signals the whole group, and `stop` then signals the children again; a web server or a task
    worker that is signalled twice may hang. So children block SIGINT, and only `stop` ends them.
    """

    def __init__(self, *, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._known_descendants: set[int] = set()

    def start(self, name: str, arguments: Sequence[str], *, log: Path) -> None:
        """Start `python <arguments>` with its output in a log file."""
        with log.open("wb") as output, _sigint_blocked():
            self._children[name] = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def run(self, *arguments: str, extra: Mapping[str, str] | None = None) -> str:
        """Run `python <arguments>` to its end and return what it printed.

        Raises:
            DemoError: if it fails, with the end of its output.
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
        """Wait until a child answers at the address.

        Raises:
            DemoError: if it ends or does not answer in time.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._note_descendants()
            if self._children[name].poll() is not None:
                raise DemoError(f"The {name} stopped while starting. See its log for the reason.")
            with suppress(requests.ConnectionError, requests.Timeout):
                if requests.get(url, timeout=2).ok:
                    return
            time.sleep(0.1)
        raise DemoError(f"The {name} did not answer at {url} within {seconds:.0f} seconds.")

    def ids(self) -> dict[str, int]:
        """Return the process id of every child, by name."""
        return {name: child.pid for name, child in self._children.items()}

    def first_to_end(self) -> str | None:
        """Return the name of a child that has ended, or None while all are running."""
        self._note_descendants()
        return next((name for name, child in self._children.items() if child.poll() is not None), None)

    def stop(self) -> None:
        """Ask every child to stop, then kill what is left of them and of their own children."""
        self._note_descendants()
        for child in self._children.values():
            with suppress(ProcessLookupError):
                child.terminate()
        deadline = time.monotonic() + _GRACE_SECONDS
        for child in self._children.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=max(0.1, deadline - time.monotonic()))
        for child in self._children.values():
            if child.poll() is None:
                child.kill()
        for pid in self._known_descendants:
            # The id may belong to another process by now; that one is in a process group of its own.
            with suppress(ProcessLookupError, PermissionError):
                if os.getpgid(pid) == os.getpgrp():
                    os.kill(pid, signal.SIGKILL)

    def _note_descendants(self) -> None:
        """Note the children's own children while their parent lives; afterwards they can no longer be found."""
        for child in self._children.values():
            self._known_descendants.update(_descendants(child.pid))


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Block SIGINT; a process started in the block inherits the mask, and keeps it whatever handlers it installs."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _descendants(pid: int) -> list[int]:
    """Return the ids of all descendants: a task worker's own processes outlive their parent. Empty without /proc."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *_descendants(child)]
    return found
