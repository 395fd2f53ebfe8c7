"""Look into a running storekit from a test: a process inside it answers each line with a line of JSON."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.sandbox import eventually

Json = dict[str, Any]
_FOLDER = Path(__file__).resolve().parent.parent.parent
_SERVE = "from tests.faults.inspector_process import serve; serve(schedules={schedules})"


class Inspector:
    """The test's end."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def prepare(self) -> None:
        """Create the tables, discount codes and settings that the orders need."""
        self._ask("prepare")

    def hold_orders_for_later(self, *, hold: bool) -> None:
        """Switch on or off whether orders for later wait until shortly before their time, existing ones included."""
        self._ask("hold" if hold else "release")

    def orders(self) -> list[Json]:
        """Return every order as storekit has it: its state, its references so far, and its alerts.

        Asked again until the database answers.
        """
        found: list[Json] = eventually(lambda: self._ask("orders"), seconds=60)
        return found

    def open_tables(self) -> dict[str, str]:
        """Sync the floor plan, let guests pay at every table, and return the tables' tokens by number."""
        found: dict[str, str] = eventually(lambda: self._ask("open_tables"), seconds=60)
        return found

    def payments(self) -> Json:
        """Return `{payments, charges}`: guests' payments as storekit has them, and what the provider has.

        Asked again until the database answers.
        """
        found: Json = eventually(lambda: self._ask("payments"), seconds=60)
        return found

    def _ask(self, question: str) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{question}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def open_inspector(environment: Mapping[str, str], *, schedules: bool = True) -> Iterator[Inspector]:
    """Start an inspector with the environment of a running storekit.

    Args:
        environment: of one of its processes.
        schedules: whether it queues the periodic tasks, by the fast clock.
    """
    process = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", _SERVE.format(schedules=schedules)],
        cwd=_FOLDER,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Inspector(process)
    finally:
        process.kill()
        process.wait()
