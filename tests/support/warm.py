"""Processes of this test's storekit that are forked from one where Django is loaded already, once for a test run.

A process that starts from nothing spends seconds on imports; most tests that need one are not about its start.
Importing this module loads Django and whatever tasks need, which is why only the fork server may do it.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - after the set-up
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from storekit.management.commands import qcluster  # noqa: E402, F401 - loaded before the fork
from storekit.queue import registry  # noqa: E402

for _name in registry.every_name():
    import_string(_name)


@dataclass(frozen=True)
class Surroundings:
    """What a forked process takes over from the test: its database, some settings, and files for what it prints."""

    database: Mapping[str, Any]
    settings: Mapping[str, Any]
    output: Path = Path(os.devnull)
    errors: Path = Path(os.devnull)

    def enter(self) -> None:
        """Make them this process's, which becomes the leader of a process group."""
        os.setsid()
        for stream, path in ((sys.stdout, self.output), (sys.stderr, self.errors)):
            opened = os.open(path, os.O_WRONLY | os.O_CREAT)
            os.dup2(opened, 1 if stream is sys.stdout else 2)
            os.close(opened)
        connections.settings["default"].update(self.database)
        for name, value in self.settings.items():
            setattr(settings, name, value)


def run_worker(surroundings: Surroundings) -> None:
    """Do what `manage.py qcluster` does."""
    surroundings.enter()
    call_command("qcluster")


def run_code(surroundings: Surroundings, code: str) -> None:
    """Run Python code."""
    surroundings.enter()
    exec(compile(code, "<test>", "exec"), {"__name__": "__main__"})
