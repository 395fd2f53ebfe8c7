"""All of the demo's processes are gone when it ends, even if one of them was killed before."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storekit.demo.processes import Processes
from tests.support.sandbox import eventually

# Like a task worker: a process that others hang on, which do not notice when it is killed.
_PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    started = Processes(folder=tmp_path, environment=os.environ)
    yield started
    started.stop()


def _is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="children of children are found in /proc")
def test_the_children_of_a_killed_process_are_stopped_too(processes: Processes, tmp_path: Path) -> None:
    log = tmp_path / "log"
    processes.start("task worker", ["-c", _PARENT], log=log)
    orphan = int(eventually(log.read_text))
    assert processes.first_to_end() is None
    parent = int(Path(f"/proc/{orphan}/stat").read_text().rpartition(")")[2].split()[1])

    os.kill(parent, signal.SIGKILL)

    assert eventually(processes.first_to_end) == "task worker"
    assert _is_running(orphan)
    processes.stop()
    eventually(lambda: not _is_running(orphan))
