"""What every call to a venue's POS passes through: the circuit breaker and our own cap on calls."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from integrations.connect.breaker import Breaker
from integrations.connect.call_limits import CallLimits
from integrations.models import Connection
from integrations.pos import PosError, Unreachable

_LIMITS = CallLimits(at_once=settings.POS_CALLS_PER_PROCESS)


class ConnectionGuard:
    """The guard of one connection's calls; implements `integrations.pos.CallGuard`.

    Args:
        connection: freshly loaded.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection_id = connection.pk
        self._breaker = Breaker(connection)

    @contextmanager
    def call(self, *, urgent: bool) -> Iterator[None]:
        """Let one call pass, and remember whether it was answered.

        Raises:
            PosDown: the POS did not answer lately, so it is not called.
            Throttled: too many calls of this connection are under way.
        """
        self._breaker.check()
        with _LIMITS.place(self._connection_id, urgent=urgent):
            try:
                yield
            except Unreachable:
                self._breaker.unanswered()
                raise
            except PosError:
                self._breaker.answered()
                raise
            self._breaker.answered()
