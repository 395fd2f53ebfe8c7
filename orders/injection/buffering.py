"""Scheduled orders held until shortly before their time, and rescheduled when the venue changes its settings."""

from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from integrations.connect.venue_settings import settings_of
from orders.injection.scheduling import first_attempt_at
from orders.models import Injection
from orders.queue import enqueue_injection
from storekit.db import clock
from storekit.db.due_rows import due_now
from storekit.models import Venue


def reschedule_held_orders(*, venue_id: int | None = None) -> int:
    """Reschedule every held order to match its venue's settings; return how many changed.

    Args:
        venue_id: only this venue's orders; None for all venues.
    """
    venues = Venue.objects.filter(pk__in=_held().values("order__venue"))
    if venue_id is not None:
        venues = venues.filter(pk=venue_id)
    return sum(_reschedule(venue) for venue in venues)


def _held() -> QuerySet[Injection]:
    return Injection.objects.filter(state=Injection.State.SCHEDULED, next_attempt_at__isnull=False)


def _reschedule(venue: Venue) -> int:
    settings, now = settings_of(venue=venue), clock.now()
    # An order that is due by now is left to the workers.
    held = _held().filter(order__venue=venue, next_attempt_at__gt=now)
    changed = 0
    for pk, current, scheduled_for in list(held.values_list("pk", "next_attempt_at", "order__scheduled_for")):
        start = first_attempt_at(scheduled_for=scheduled_for, now=now, settings=settings) or due_now()
        if start == current:
            continue
        with transaction.atomic():
            if _held().filter(pk=pk, next_attempt_at=current).update(next_attempt_at=start, due_since=start):
                changed += 1
                if start <= now:
                    transaction.on_commit(partial(enqueue_injection, injection_id=pk))
    return changed
