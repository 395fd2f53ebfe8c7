"""Orders of venues whose POS is not connected: they wait, and are sent when it is, unless it is too late by then."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from integrations.models import Connection
from orders.models import Injection
from orders.queue import enqueue_injection
from storekit.db.due_rows import due_now

# The second is of the order whose own call found out that the consent is gone.
_UNTIL_CONNECTED = ("not_connected", "invalid_grant")
_PARKED_CODES = (*_UNTIL_CONNECTED, "unauthorised", "forbidden")
_SHORTEST_WAIT = timedelta(minutes=1)
# A sixtieth of the time that is left: a week leaves a few hundred attempts behind instead of ten thousand.
_PART = 60
_WOKEN_AT_ONCE = 500


def is_parked(*, injection: Injection) -> bool:
    """Whether the order waits for its venue to be connected."""
    return injection.error_code in _PARKED_CODES


def parked_until(*, now: datetime, settled_by: datetime) -> datetime | None:
    """When to look again whether the venue is connected; None when a person has to be told."""
    left = settled_by - now
    if left <= timedelta(0):
        return None
    return min(now + max(_SHORTEST_WAIT, left / _PART), settled_by)


def wake(*, venue_id: int) -> int:
    """Sends what waits for this venue's connection, which is there again; returns how many orders."""
    return _wake(_parked().filter(order__venue_id=venue_id))


def wake_connected() -> int:
    """Sends what waits for a connection that is there, for whoever did not tell us; returns how many orders."""
    return _wake(
        _parked().filter(
            error_code__in=_UNTIL_CONNECTED,
            next_attempt_at__gt=timezone.now(),
            order__venue__connection__status=Connection.Status.CONNECTED,
            order__venue__connection__enabled=True,
        )
    )


def _parked() -> QuerySet[Injection]:
    return Injection.objects.filter(
        state=Injection.State.WAITING, error_code__in=_PARKED_CODES, next_attempt_at__isnull=False
    )


def _wake(parked: QuerySet[Injection]) -> int:
    ids = list(parked.order_by("next_attempt_at").values_list("pk", flat=True)[:_WOKEN_AT_ONCE])
    for injection_id in ids:
        # Unless somebody took it meanwhile: then it has no time of its own.
        _parked().filter(pk=injection_id).update(next_attempt_at=due_now())
        enqueue_injection(injection_id=injection_id)
    return len(ids)
