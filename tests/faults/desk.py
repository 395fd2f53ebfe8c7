"""What a test asks of a running storekit from inside: a process of its own that answers a line with a line of JSON."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]
_FOLDER = Path(__file__).resolve().parent.parent.parent
_SERVE = "from tests.faults.desk_process import serve; serve()"


class Desk:
    """This end of the line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def prepare(self) -> None:
        """Gives the venue tables, discount codes and the settings that the orders ask for."""
        self._ask("prepare")

    def hold_orders_for_later(self, *, hold: bool) -> None:
        """Changes whether orders for later wait until shortly before their time, also those that are there."""
        self._ask("hold" if hold else "let go")

    def orders(self) -> list[Json]:
        """Every order as storekit has it: its way to the till, its references so far, and what was told of it."""
        found: list[Json] = self._ask("orders")
        return found

    def _ask(self, what: str) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def open_desk(environment: Mapping[str, str]) -> Iterator[Desk]:
    """A desk in the storekit that has this environment."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", _SERVE],
        cwd=_FOLDER,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Desk(process)
    finally:
        process.kill()
        process.wait()
