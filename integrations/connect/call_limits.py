"""Our own cap on calls to a venue's POS: how many at once, and how fast those that can wait may follow each other.

Lightspeed publishes no rate limits (K-Series API documentation, https://api-docs.lsk.lightspeed.app/), so the cap is
ours. Orders and payments may use every place; calls that can wait leave one free and keep a pause between them. So an
order never waits behind the hundred calls of a large reconciliation.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from integrations.pos import Throttled

PAUSE_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 20.0
_AGAIN_AFTER = timedelta(seconds=2)


class CallLimits:
    """The cap within this process, by connection. Safe to use from many threads.

    Args:
        at_once: how many calls of one connection may run at once, 1 or more.
        pause: seconds between the starts of two calls of one connection that can wait.
        monotonic: the clock, in seconds.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        *,
        at_once: int,
        pause: float = PAUSE_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._at_once = at_once
        self._pause = pause
        self._monotonic = monotonic
        self._sleep = sleep
        self._freed = threading.Condition()
        self._running: dict[Hashable, int] = defaultdict(int)
        self._next_start: dict[Hashable, float] = {}

    @contextmanager
    def place(self, connection: Hashable, *, urgent: bool, longest_wait: float | None = None) -> Iterator[None]:
        """Hold a place for one call; wait for it if all are taken.

        Args:
            connection: whose POS is called.
            urgent: an order or a payment; everything else can wait.
            longest_wait: seconds to wait for a place; 20 if None.

        Raises:
            Throttled: no place became free in that time.
        """
        wait = _LONGEST_WAIT_SECONDS if longest_wait is None else min(_LONGEST_WAIT_SECONDS, longest_wait)
        places = self._at_once if urgent else max(1, self._at_once - 1)
        with self._freed:
            if not self._freed.wait_for(lambda: self._running[connection] < places, wait):
                raise Throttled(
                    "storekit is making too many calls to this venue's POS at the moment.", retry_after=_AGAIN_AFTER
                )
            self._running[connection] += 1
            pause = 0.0 if urgent else self._reserve_start(connection)
        try:
            if pause > 0:
                self._sleep(pause)
            yield
        finally:
            with self._freed:
                self._running[connection] -= 1
                if not self._running[connection]:
                    del self._running[connection]
                self._freed.notify_all()

    def _reserve_start(self, connection: Hashable) -> float:
        """Take the next moment at which a call that can wait may start; return the seconds until then."""
        now = self._monotonic()
        start = max(now, self._next_start.get(connection, now))
        self._next_start[connection] = start + self._pause
        return start - now
