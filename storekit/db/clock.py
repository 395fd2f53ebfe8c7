"""The clock that all hosts share: the database's.

Whether something is due is decided on one host by a moment that another host wrote. So both go by the database's clock,
and a host whose own clock is wrong, or is set while it runs, sends nothing too late. Each process compares its clock
with the database's every half minute, and at once when its clock was set.
"""

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

_COMPARED_EVERY = 30.0
# Less is noise, and a busy database answers late: then the clocks are compared again the next time.
_SMALLEST_DIFFERENCE = 1.0
_SLOWEST_ANSWER = 1.0
# How far this host's two clocks may drift apart before one was set.
_SET = 1.0


class _Difference:
    """How far this process's host is ahead of the database, as last compared."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self._compared_at: float | None = None
        self._gap = 0.0

    def is_old(self) -> bool:
        monotonic = time.monotonic()
        if self._compared_at is None or monotonic - self._compared_at > _COMPARED_EVERY:
            return True
        return abs(timezone.now().timestamp() - monotonic - self._gap) > _SET

    def compare(self) -> None:
        # First, so that other threads, and calls after an error, do not ask as well.
        self._compared_at = time.monotonic()
        self._gap = timezone.now().timestamp() - self._compared_at
        if connection.in_atomic_block and connection.needs_rollback:
            return
        try:
            seconds = seconds_ahead_of_database()
        except DatabaseError:
            return
        if time.monotonic() - self._compared_at < _SLOWEST_ANSWER:
            self.ahead = timedelta(seconds=seconds if abs(seconds) >= _SMALLEST_DIFFERENCE else 0.0)


_difference = _Difference()


def now() -> datetime:
    """Return the current moment, in UTC, by the database's clock; by this host's on SQLite, which has none."""
    if settings.FOLLOW_DATABASE_CLOCK and connection.vendor != "sqlite" and _difference.is_old():
        _difference.compare()
    return timezone.now() - _difference.ahead


def seconds_ahead_of_database() -> float:
    """Return by how many seconds this host's clock is ahead of the database's; 0 on SQLite, which has none."""
    if connection.vendor == "sqlite":
        return 0.0
    with connection.cursor() as cursor:
        before = timezone.now()
        cursor.execute("SELECT clock_timestamp()")
        (at,) = cursor.fetchone()
        after = timezone.now()
    middle: datetime = before + (after - before) / 2
    return float((middle - at).total_seconds())
