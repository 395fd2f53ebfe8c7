"""Parked orders: the venue's POS is not connected, so they wait for the connection until their deadline."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from integrations.models import Connection
from orders.models import Injection
from orders.queue import enqueue_injection
from storekit.db import clock
from storekit.db.due_rows import due_now

# An order gets the second code if its own call found out that the authorisation is gone.
_UNTIL_CONNECTED = ("not_connected", "invalid_grant")
_PARKED_CODES = (*_UNTIL_CONNECTED, "unauthorised", "forbidden")
_SHORTEST_WAIT = timedelta(minutes=1)
# Wait a sixtieth of the time left: a week then leaves a few hundred attempts instead of ten thousand.
_WAIT_DIVISOR = 60
_MOST_PER_RELEASE = 500


def is_parked(*, injection: Injection) -> bool:
    """Return whether the order waits for its venue's connection."""
    return injection.error_code in _PARKED_CODES


def parked_until(*, now: datetime, settled_by: datetime) -> datetime | None:
    """Return when to try again, or None when it is time to alert the venue. Times are aware."""
    left = settled_by - now
    if left <= timedelta(0):
        return None
    return min(now + max(_SHORTEST_WAIT, left / _WAIT_DIVISOR), settled_by)


def release(*, venue_id: int) -> int:
    """Make the parked orders of a venue that has just been connected due; return how many."""
    return _release(_parked().filter(order__venue_id=venue_id))


def release_connected() -> int:
    """Make parked orders due whose venue is connected although no task announced it; return how many."""
    return _release(
        _parked().filter(
            error_code__in=_UNTIL_CONNECTED,
            next_attempt_at__gt=clock.now(),
            order__venue__connection__status=Connection.Status.CONNECTED,
            order__venue__connection__enabled=True,
        )
    )


def _parked() -> QuerySet[Injection]:
    return Injection.objects.filter(
        state=Injection.State.WAITING, error_code__in=_PARKED_CODES, next_attempt_at__isnull=False
    )


def _release(parked: QuerySet[Injection]) -> int:
    ids = list(parked.order_by("next_attempt_at").values_list("pk", flat=True)[:_MOST_PER_RELEASE])
    for injection_id in ids:
        # A row that a worker has claimed since then no longer matches.
        _parked().filter(pk=injection_id).update(next_attempt_at=due_now())
        enqueue_injection(injection_id=injection_id)
    return len(ids)
