"""The sandbox POS as a separate process, for tests that need a POS."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import requests

ROOT = Path(__file__).resolve().parents[2]

Found = TypeVar("Found")


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sandbox_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "integrations.sandbox", *arguments]


def sandbox_environment(**changes: str) -> dict[str, str]:
    """Return the environment without a developer's own storekit settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIGHTSPEED_")}
    return kept | changes


@contextmanager
def running_sandbox(*arguments: str) -> Iterator[str]:
    """Start a sandbox POS on a free port, wait until it responds, yield its base URL, and stop it."""
    port = free_port()
    process = subprocess.Popen(
        sandbox_command("--port", str(port), *arguments),
        cwd=ROOT,
        env=sandbox_environment(),
        stdout=subprocess.DEVNULL,
    )
    base_url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: _responds(base_url, process), "the sandbox POS to respond", seconds=15)
        yield base_url
    finally:
        process.terminate()
        process.wait(timeout=10)


def _responds(base_url: str, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"the sandbox POS ended with exit code {process.returncode} before it responded")
    try:
        return requests.get(f"{base_url}/sandbox/health", timeout=1).ok
    except (requests.ConnectionError, requests.Timeout):
        return False


def eventually(probe: Callable[[], Found], what: str = "it", *, seconds: float = 5) -> Found:
    """Call a function until its result is true, and return the result. Fail after some seconds."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.01)
