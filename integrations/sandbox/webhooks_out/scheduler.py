"""Things to do a little later: one thread, one heap of due times."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger("django.sandbox")


class Scheduler:
    """Runs small jobs when they are due, one after the other; nothing that waits for a network belongs here."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._started = False

    def after(self, seconds: float, job: Callable[[], None]) -> None:
        """Run `job` once, `seconds` from now."""
        with self._wake:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), job))
            if not self._started:
                self._started = True
                threading.Thread(target=self._run, name="scheduler", daemon=True).start()
            self._wake.notify()

    def clear(self) -> None:
        """Forget everything that was to be done."""
        with self._wake:
            self._due.clear()

    def _run(self) -> None:
        while True:
            job = self._next()
            try:
                job()
            except Exception:
                # One broken job must not stop the clock for all the others.
                logger.exception("a scheduled job failed")

    def _next(self) -> Callable[[], None]:
        with self._wake:
            while True:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._wake.wait(wait)


scheduler = Scheduler()
