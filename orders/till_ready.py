"""Orders that failed because no till was ready, once the POS reports that one is.

Those wanted for later are sent again automatically. For the others staff decide, because the guest may have left or
the kitchen may be making it already: the pages offer to send them in one click.
"""

from contextlib import suppress

from django.db.models import Q

from integrations.models import Connection
from integrations.pos import RefusalCause
from orders.injection.retry_policy import TIME_TO_ACT
from orders.models import CLOSED_STATUSES, Injection, Order
from orders.staff_actions import NotPossible, send_again
from storekit.db import clock
from storekit.models import Venue

_CAUSES = (RefusalCause.NOT_ACCEPTING, RefusalCause.NO_DEVICES, RefusalCause.NOT_PICKED_UP)
_BY = "storekit"
_MOST_PER_RUN = 200


def failed_as_not_ready(*, injection: Injection) -> bool:
    """Return whether the order failed because no till was ready, and nobody has dealt with it."""
    failed = injection.state == Injection.State.FAILED and injection.order.status not in CLOSED_STATUSES
    return failed and injection.error_code in _CAUSES


def is_sent_when_ready(*, injection: Injection) -> bool:
    """Return whether the order is sent again automatically when the till is ready: it is wanted for later."""
    return failed_as_not_ready(injection=injection) and _is_for_later(injection.order)


def can_be_sent_now(*, injection: Injection, connection: Connection | None) -> bool:
    """Return whether the POS has become ready since the order failed because it was not."""
    if connection is None or not connection.pos_ready or connection.readiness_at is None:
        return False
    # The order's last delivery, not its failure, which may be processed after a notification that came later.
    tried_at = injection.accepted_at or injection.failed_at
    return failed_as_not_ready(injection=injection) and (tried_at is None or connection.readiness_at > tried_at)


def connection_of(venue: Venue) -> Connection | None:
    """Return the venue's connection, if it has one; it may be loaded with the venue."""
    return getattr(venue, "connection", None)


def send_waiting_orders(*, venue_id: int | None = None) -> int:
    """Send again the orders wanted for later that failed before the POS became ready; return how many.

    Safe to call at any time, any number of times and from any number of processes.

    Args:
        venue_id: only this venue's orders; None for all venues.
    """
    failed = Injection.objects.filter(
        state=Injection.State.FAILED,
        error_code__in=_CAUSES,
        order__scheduled_for__gt=clock.now() + TIME_TO_ACT,
        order__venue__connection__pos_ready=True,
        order__venue__connection__status=Connection.Status.CONNECTED,
    ).exclude(order__status__in=CLOSED_STATUSES)
    rows = failed.filter(Q(order__venue=venue_id) if venue_id is not None else Q())
    sent = 0
    for injection in rows.select_related("order__venue__connection").order_by("failed_at")[:_MOST_PER_RUN]:
        if can_be_sent_now(injection=injection, connection=injection.order.venue.connection):
            # Another process or staff may have been faster.
            with suppress(NotPossible):
                send_again(order=injection.order, by=_BY)
                sent += 1
    return sent


def _is_for_later(order: Order) -> bool:
    return order.scheduled_for is not None and order.scheduled_for - TIME_TO_ACT > clock.now()
