"""What happens to three hundred payments at tables under all kinds of faults, on PostgreSQL and Redis."""

import os
import tempfile
from datetime import timedelta
from pathlib import Path

from tests.faults.conditions import conditions_for
from tests.faults.table_payments import PAYMENT_CONDITIONS, Evening, run_evening
from tests.support.fast_clock import FastClock
from tests.support.stack import postgresql_and_redis, sqlite_alone

_SPEED = 10
_DISK_MEGABYTES = 512
_PAYMENTS = int(os.environ.get("PAYMENTS", "300"))


def rows() -> list[tuple[str, str, str, str]]:
    """Return how many were paid, were not charged, and went wrong; the last must be none.

    Runs on SQLite if the environment has `ON=sqlite`, with fewer payments if its `PAYMENTS` says how many.
    """
    on_sqlite = os.environ.get("ON") == "sqlite"
    clock = FastClock.from_now_on(_SPEED)
    with tempfile.TemporaryDirectory() as folder:
        settings = clock.as_environment(step_file=Path(folder) / "step")
        stack = (
            sqlite_alone(has_worker=False, settings=settings)
            if on_sqlite
            else postgresql_and_redis(has_worker=False, settings=settings, disk_megabytes=_DISK_MEGABYTES)
        )
        with stack as up:
            evening = Evening(
                payments=_PAYMENTS,
                at_once=16,
                tables=40,
                conditions=[*conditions_for(up), *PAYMENT_CONDITIONS],
                condition_seconds=1.0,
                settled_within=timedelta(minutes=60),
            )
            found = run_evening(up, clock, evening)
    bad = (found.wrong, found.lost, found.lied_to, found.unfinished, found.authorised_for_ever)
    for line in (line for lines in bad for line in lines):
        print(line)
    wrong = f"{sum(map(len, bad))} wrong, lost, unfinished or authorised for ever"
    on = "SQLite" if on_sqlite else "PostgreSQL"
    return [
        (
            f"{_PAYMENTS} payments on 40 tables, everything fails, {on}",
            f"{found.paid} paid",
            f"{found.not_charged} not charged, {len(found.told)} told to staff",
            wrong,
        ),
        ("  charged, and on the till", f"{found.charged}", f"{found.applied}", ""),
        ("  refused at once", f"{sum(found.refused.values())}", "", ""),
        ("  settled after the last condition", f"{found.seconds:.0f} s at {_SPEED} times the speed", "", ""),
    ]
