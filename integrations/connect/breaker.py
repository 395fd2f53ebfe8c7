"""A circuit breaker for each connection: remembers whose POS does not answer, so that no call waits for it in vain.

Two orders or payments in a row without an answer open it. While it is open nothing is called, and callers get `PosDown`
at once. When its time is over one order or payment is let through to try; if that is answered the breaker closes, else
it stays open for longer. The state is in the connection's row, so every process and host knows it. A POS that answers
costs no query.
"""

from datetime import datetime, timedelta

from django.db.models import F

from integrations.models import Connection
from integrations.pos import PosDown
from storekit.db import clock

OPENS_AFTER = 2
_FIRST_PAUSE = timedelta(seconds=10)
_LONGER_PAUSE = timedelta(seconds=30)
# Longer than a call with its time-outs: a process that dies while it tries blocks the others no longer than this.
TRIAL = timedelta(seconds=30)


class Breaker:
    """The breaker of one connection, for the calls of one `PointOfSale`.

    Args:
        connection: freshly loaded.
    """

    def __init__(self, connection: Connection) -> None:
        self._row = Connection.objects.filter(pk=connection.pk)
        self._failures = connection.unanswered_calls
        self._open_until = connection.breaker_open_until

    def check(self, *, urgent: bool) -> None:
        """Raise `PosDown` unless a call may be made now.

        Args:
            urgent: an order or a payment. Only such a call may be the one that tries, since a POS whose menu calls hang
                may still take orders.

        Raises:
            PosDown: the POS did not answer lately; `retry_after` says when to try again.
        """
        if self._open_until is None:
            return
        now = clock.now()
        if self._open_until > now:
            raise _down(self._open_until - now)
        if not urgent:
            return
        # The first to get here tries; the others wait for what it finds.
        until = now + TRIAL
        if not self._row.filter(breaker_open_until=self._open_until).update(breaker_open_until=until):
            raise _down(_FIRST_PAUSE)
        self._open_until = until

    def answered(self) -> None:
        """Close the breaker: the POS answered, whatever it said."""
        if self._failures or self._open_until is not None:
            self._row.update(unanswered_calls=0, breaker_open_until=None)
            self._failures, self._open_until = 0, None

    def unanswered(self) -> None:
        """Count a call without an answer; open the breaker after enough of them, or if the trial call fails."""
        self._row.update(unanswered_calls=F("unanswered_calls") + 1)
        self._failures += 1
        pause = _FIRST_PAUSE if self._open_until is None else _LONGER_PAUSE
        # When several calls fail at once, only the first sets the pause. The count is read again, as a call that was
        # answered since then has closed the breaker.
        self._row.filter(breaker_open_until=self._open_until, unanswered_calls__gte=OPENS_AFTER).update(
            breaker_open_until=clock.now() + pause
        )


def is_open(*, connection: Connection, now: datetime) -> bool:
    """Return whether calls to this POS are held back at the moment."""
    return connection.breaker_open_until is not None and connection.breaker_open_until > now


def _down(retry_after: timedelta) -> PosDown:
    return PosDown(
        "The POS has not responded for a while, so storekit is waiting before it tries again.", retry_after=retry_after
    )
