"""What every call to a venue's POS passes through: the circuit breaker and our own cap on calls."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings

from integrations.connect.breaker import Breaker
from integrations.connect.call_limits import CallLimits
from integrations.models import Connection
from integrations.pos import PosDown, PosError, Unreachable
from storekit.db import clock

_LIMITS = CallLimits(at_once=settings.POS_CALLS_PER_PROCESS)
_AGAIN_AFTER = timedelta(seconds=2)


class ConnectionGuard:
    """The guard of one connection's calls; implements `integrations.pos.CallGuard`.

    Args:
        connection: freshly loaded.
        start_by: when the last call must have started; None for no limit.
    """

    def __init__(self, connection: Connection, *, start_by: datetime | None = None) -> None:
        self._connection_id = connection.pk
        self._breaker = Breaker(connection)
        self._start_by = start_by

    @contextmanager
    def call(self, *, urgent: bool) -> Iterator[None]:
        """Let one call pass, and remember whether it was answered.

        Raises:
            PosDown: the POS did not answer lately, or it is too late to start, so it is not called.
            Throttled: too many calls of this connection are under way.
        """
        self._breaker.check(urgent=urgent)
        with _LIMITS.place(self._connection_id, urgent=urgent, longest_wait=self._longest_wait()):
            self._check_time()
            if not urgent:
                # Neither opens nor closes the breaker: other calls say nothing about whether orders are answered.
                yield
                return
            try:
                yield
            except Unreachable:
                self._breaker.unanswered()
                raise
            except PosError:
                self._breaker.answered()
                raise
            self._breaker.answered()

    def _longest_wait(self) -> float | None:
        """Return the seconds until the call must have started."""
        return None if self._start_by is None else max(0.0, (self._start_by - clock.now()).total_seconds())

    def _check_time(self) -> None:
        if self._start_by is not None and clock.now() > self._start_by:
            raise PosDown("storekit could not call the POS in time, so nothing was sent.", retry_after=_AGAIN_AFTER)
