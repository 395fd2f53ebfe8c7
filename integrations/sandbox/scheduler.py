"""Delayed jobs: one thread and a heap of due times."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger("django.sandbox")


class Scheduler:
    """Run small jobs one by one when they are due. Jobs must not wait for the network."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._started = False

    def after(self, seconds: float, job: Callable[[], None]) -> None:
        """Run `job` once, in `seconds` seconds."""
        with self._wake:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), job))
            if not self._started:
                self._started = True
                threading.Thread(target=self._run, name="scheduler", daemon=True).start()
            self._wake.notify()

    def clear(self) -> None:
        """Discard all pending jobs."""
        with self._wake:
            self._due.clear()

    def _run(self) -> None:
        while True:
            job = self._next()
            try:
                job()
            except Exception:
                # A failing job must not stop the others.
                logger.exception("A scheduled job failed")

    def _next(self) -> Callable[[], None]:
        with self._wake:
            while True:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._wake.wait(wait)


scheduler = Scheduler()
