"""Placing an order of eight lines with modifiers on PostgreSQL; the floor is bare SQL that writes the same rows.

Both run in turns in one process, on the same database connection with the same settings. The database has a menu of a
thousand products and thousands of orders.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.postgres import start_postgres

_FOLDER = Path(__file__).resolve().parent.parent.parent


def rows() -> list[tuple[str, str, str, str]]:
    """Return what was measured, storekit's median, the floor's median, and the median of the rounds' ratios."""
    server = start_postgres()
    try:
        found = _rounds(server.url)
    finally:
        server.stop()
    ours, floor = (statistics.median(found[name]) for name in ("storekit", "raw"))
    ratio = statistics.median(one / other for one, other in zip(found["storekit"], found["raw"], strict=True))
    what = f"placing an order, PostgreSQL, {found['queries']} queries for {found['rows']} rows"
    return [(what, f"{ours:.0f}/s", f"floor {floor:.0f}/s", f"{ratio:.2f}")]


def _rounds(database_url: str) -> dict[str, Any]:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url,
        "LOG_LEVEL": "WARNING",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.placing_round"],
        cwd=_FOLDER,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
