"""Queue what has just become due every two seconds, so that it need not wait for the minute's sweep.

`registry.TICKS` names the functions to call. Each is given two moments, `since` (exclusive) and `until`, and queues
each thing that became due between them once. While nothing is due they only read. Several workers tick at the same
time, so whatever a function queues must be safe to queue twice; what the ticks miss, the sweeps find.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django import db
from django.utils.module_loading import import_string

from storekit.db import clock
from storekit.queue import registry

logger = logging.getLogger(__name__)

_EVERY_SECONDS = 2.0
# After an error, such as a lost database: do not ask it all the time, nor fill the log.
_PAUSE_SECONDS = 30.0
# What became due longer ago has been found by a sweep.
_MAX_LOOK_BACK = timedelta(minutes=1)


class Ticker:
    """Calls the functions in `registry.TICKS` whenever two seconds have passed. Never raises."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._next = monotonic()
        # What became due while no worker was running need not wait for the sweep either.
        start = clock.now() - _MAX_LOOK_BACK
        self._checked_until: dict[str, datetime] = dict.fromkeys(registry.TICKS, start)

    def tick(self) -> None:
        """Call often; does something every two seconds."""
        if self._monotonic() < self._next:
            return
        pause = _EVERY_SECONDS
        for name in self._checked_until:
            try:
                self._call(name)
            except Exception:
                # The process that guards the workers must go on, whatever is wrong with the database or the queue.
                logger.exception("%s failed; trying again in %.0f seconds", name, _PAUSE_SECONDS)
                pause = _PAUSE_SECONDS
        self._next = self._monotonic() + pause

    def _call(self, name: str) -> None:
        until = clock.now()
        since = max(self._checked_until[name], until - _MAX_LOOK_BACK)
        if since < until:
            db.close_old_connections()
            import_string(name)(since=since, until=until)
        # Also when the clock was set back: continue from the new time.
        self._checked_until[name] = until
