"""`make demo` from start to Ctrl-C, in an unused copy of the project."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.support.postgres import free_port
from tests.support.sandbox import eventually

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS_TO_STOP = 10


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A fresh clone, with a space in its path."""
    clone = tmp_path / "a fresh clone"
    clone.mkdir()
    for name in ("manage.py", "storekit", "integrations", "menus", "tables", "orders", "templates"):
        copy = shutil.copy if (ROOT / name).is_file() else shutil.copytree
        copy(ROOT / name, clone / name)
    return clone


@pytest.fixture
def demo(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The demo in its own process group, as a terminal would start it; its output is in the file `output`."""
    settings = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "ENV_FILE", "DEBUG")
    environment = {name: value for name, value in os.environ.items() if name not in settings}
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "storekit.demo"],
            cwd=folder,
            env=environment | {"PORT": str(free_port()), "POS_PORT": str(free_port())},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    yield process
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _still_running(group: int) -> list[str]:
    """Return the commands of a group's processes, without zombies and those that are ending (they have no command)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, pgrp = stat.read_text().rpartition(")")[2].split()[:3]
            command = (stat.parent / "cmdline").read_text().replace("\0", " ")
            if int(pgrp) == group and state != "Z" and command:
                found.append(command)
    return found


@pytest.mark.any_database("the demo brings its own SQLite")
def test_the_demo_stops_soon_and_leaves_no_process_behind(demo: subprocess.Popen[bytes], folder: Path) -> None:
    output = folder / "output"
    eventually(lambda: "storekit is ready: " in output.read_text() or demo.poll() is not None, seconds=90)
    code = re.search(r"collection code (\w+)\) is on the till", output.read_text())
    till = re.search(r"Till +(\S+)", output.read_text())
    assert code, output.read_text()
    assert till
    assert code[1] in requests.get(till[1], timeout=10).text

    table = re.search(r"Table 7 +(\S+)", output.read_text())
    assert table
    (bill,) = requests.get(table[1].replace("/t/", "/api/v1/tables/").rstrip("/"), timeout=10).json()["bills"]
    assert bill["lines"][0]["quantity"] == "2"

    # As Ctrl-C in a terminal does.
    os.killpg(demo.pid, signal.SIGINT)

    assert demo.wait(timeout=SECONDS_TO_STOP) == 0
    assert _still_running(demo.pid) == []
