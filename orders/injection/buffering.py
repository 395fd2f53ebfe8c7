"""Orders for later that are held back until shortly before their time, and move when the venue changes how shortly."""

from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from integrations.connect.venue_settings import settings_of
from orders.injection.scheduling import first_attempt_at
from orders.models import Injection
from orders.queue import enqueue_injection
from storekit.db.due_rows import due_now
from storekit.models import Venue


def move_held(*, venue_id: int | None = None) -> int:
    """Brings the time of every order that is held back in step with its venue's settings; returns how many moved.

    Args:
        venue_id: of one venue only; None for all.
    """
    venues = Venue.objects.filter(pk__in=_held().values("order__venue"))
    if venue_id is not None:
        venues = venues.filter(pk=venue_id)
    return sum(_move_those_of(venue) for venue in venues)


def _held() -> QuerySet[Injection]:
    return Injection.objects.filter(state=Injection.State.SCHEDULED, next_attempt_at__isnull=False)


def _move_those_of(venue: Venue) -> int:
    mapping, now = settings_of(venue=venue), timezone.now()
    # What is due by now is on its way.
    held = _held().filter(order__venue=venue, next_attempt_at__gt=now)
    moved = 0
    for pk, at, scheduled_for in list(held.values_list("pk", "next_attempt_at", "order__scheduled_for")):
        wanted = first_attempt_at(scheduled_for=scheduled_for, now=now, settings=mapping) or due_now()
        if wanted == at:
            continue
        with transaction.atomic():
            if _held().filter(pk=pk, next_attempt_at=at).update(next_attempt_at=wanted, due_since=wanted):
                moved += 1
                if wanted <= now:
                    transaction.on_commit(partial(enqueue_injection, injection_id=pk))
    return moved
