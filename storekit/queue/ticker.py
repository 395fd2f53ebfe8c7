"""Looking every two seconds at what has just become due, so that it need not wait for the minute's sweep.

The looks are named in `registry.TICKS`: functions that are given two moments, `since` (exclusive) and `until`, and
nudge what became due between them, each thing once. They only read while nothing is due. Several workers look at the
same time, so what they nudge has to be safe to be nudged twice; what they miss, the sweeps find.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django import db
from django.utils import timezone
from django.utils.module_loading import import_string

from storekit.queue import registry

logger = logging.getLogger(__name__)

_EVERY_SECONDS = 2.0
# After an error, a database that is gone for instance: it is not asked all the time, nor the log filled.
_PAUSE_SECONDS = 30.0
# What became due longer ago has been found by a sweep.
_LOOKED_BACK = timedelta(minutes=1)


class Ticker:
    """Calls the looks when it is time for the next ones. Never raises."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._next = monotonic()
        self._seen: dict[str, datetime] = dict.fromkeys(registry.TICKS, timezone.now())

    def tick(self) -> None:
        """To be called often; does something every two seconds."""
        if self._monotonic() < self._next:
            return
        pause = _EVERY_SECONDS
        for look in self._seen:
            try:
                self._look(look)
            except Exception:
                # Whoever guards the workers must go on, whatever is wrong with the database or the queue.
                logger.exception("%s failed; it is tried again in %.0f seconds", look, _PAUSE_SECONDS)
                pause = _PAUSE_SECONDS
        self._next = self._monotonic() + pause

    def _look(self, look: str) -> None:
        until = timezone.now()
        since = max(self._seen[look], until - _LOOKED_BACK)
        if since < until:
            db.close_old_connections()
            import_string(look)(since=since, until=until)
        # Also when the clock was set back: then it goes on from there.
        self._seen[look] = until
